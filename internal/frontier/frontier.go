package frontier

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"zhengshu/internal/db"
)

//go:embed migrations/*.sql
var files embed.FS

// FileName is the store's file in its directory.
const FileName = "frontier.db"

// Store is the crawler's store. Close it when done: it writes in the background.
type Store struct {
	db   *db.DB
	own  bool
	pen  *pen
	stop context.CancelFunc
}

// Open opens the store in a file of its own in dir, made when it is absent.
func Open(ctx context.Context, dir string, now func() time.Time) (*Store, error) {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		return nil, err
	}
	d, err := db.Open(ctx, db.Config{Dir: dir, File: FileName, Now: now})
	if err != nil {
		return nil, fmt.Errorf("frontier: open: %w", err)
	}
	if _, err := d.Migrate(ctx, sub); err != nil {
		return nil, errors.Join(fmt.Errorf("frontier: open: %w", err), d.Close())
	}
	s := in(d)
	s.own = true
	return s, nil
}

// Beside opens the store that belongs to a house database: on PostgreSQL within
// it, else in a file of its own in dir.
func Beside(ctx context.Context, house *db.DB, dir string) (*Store, error) {
	if house.Dialect() == db.Postgres {
		return in(house), nil
	}
	return Open(ctx, dir, house.Now)
}

func in(d *db.DB) *Store {
	ctx, stop := context.WithCancel(context.Background())
	s := &Store{db: d, stop: stop, pen: newPen(d)}
	go s.pen.run(ctx)
	return s
}

// Close writes what is waiting and closes the file.
func (s *Store) Close() error {
	s.stop()
	err := s.pen.wait()
	if s.own {
		err = errors.Join(err, s.db.Close())
	}
	return err
}

// Round is one look at one site that waits or is under way.
type Round struct {
	ID        string
	Site      string
	Host      string // whose turn it takes
	Urgent    bool   // a person waits
	NotBefore time.Time
	Tries     int           // how often it was taken up before
	Spent     time.Duration // on it so far
	Task      []byte        // what to do, as its sender wrote it
	holder    string
}

func scanRound(r db.Scanner) (Round, error) {
	var x Round
	var ms int64
	err := r.Scan(&x.ID, &x.Site, &x.Host, &x.Urgent, &x.NotBefore, &x.Tries, &ms, &x.Task)
	x.Spent = time.Duration(ms) * time.Millisecond
	return x, err
}

// File puts rounds in the queue. One that was ever filed is left as it is, so a
// plan may be read twice; but one that waits is put first when it is filed again as
// urgent. It returns how many were new or put first.
func (s *Store) File(ctx context.Context, rounds ...Round) (int, error) {
	var added int64
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		for _, r := range rounds {
			if r.NotBefore.IsZero() {
				r.NotBefore = tx.Now()
			}
			n, err := tx.Quiet(ctx, `INSERT INTO crawl_round (id, site, host, urgent, state, filed_at, not_before, task) VALUES ($1, $2, $3, $4, 'waiting', $5, $6, $7) 
				ON CONFLICT (id) DO UPDATE SET urgent = excluded.urgent, not_before = excluded.not_before, task = excluded.task WHERE crawl_round.state = 'waiting' AND excluded.urgent AND NOT crawl_round.urgent`,
				r.ID, r.Site, r.Host, r.Urgent, tx.Now(), r.NotBefore, r.Task)
			if err != nil {
				return fmt.Errorf("frontier: file round %s: %w", r.ID, err)
			}
			added += n
		}
		return nil
	})
	return int(added), err
}

// Take hands the next round to a worker for so long; false when none may begin.
// A round whose worker gave no sign of life in time is handed out again: its
// answers are kept. urgentOnly leaves patrols to others.
func (s *Store) Take(ctx context.Context, holder string, hold time.Duration, urgentOnly bool) (r Round, ok bool, err error) {
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		now := tx.Now()
		r, err = db.One(ctx, tx, scanRound, `
			SELECT r.id, r.site, r.host, r.urgent, r.not_before, r.tries, r.spent_ms, r.task FROM crawl_round r LEFT JOIN crawl_host h ON h.host = r.host
			 WHERE (r.state = 'waiting' AND r.not_before <= $1 OR r.state = 'held' AND r.until < $1) AND (r.urgent OR NOT $2)
			   AND NOT EXISTS (SELECT 1 FROM crawl_round o WHERE o.host = r.host AND o.state = 'held' AND o.id <> r.id)
			 ORDER BY r.urgent DESC, CASE WHEN h.left_at IS NULL THEN 0 ELSE 1 END, h.left_at, r.filed_at, r.id LIMIT 1`, now, urgentOnly)
		if db.None(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("frontier: next round: %w", err)
		}
		ok, r.holder = true, holder
		// Two workers may have read the same line; the later sees that it is held.
		n, err := tx.Quiet(ctx, `UPDATE crawl_round SET state = 'held', holder = $2, until = $3, tries = tries + 1 WHERE id = $1 AND (state = 'waiting' OR state = 'held' AND until < $4)`, r.ID, holder, now.Add(hold), now)
		if err == nil && n == 0 {
			ok = false
		}
		return err
	})
	if _, busy := db.UniqueViolation(err); busy {
		return Round{}, false, nil // another worker began with this host at the same moment
	}
	return r, ok && err == nil, err
}

// ErrLost says that a round was taken from its holder meanwhile.
var ErrLost = errors.New("frontier: round is held by another worker")

func (s *Store) held(ctx context.Context, r Round, query string, args ...any) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		n, err := tx.Quiet(ctx, query+` WHERE id = $1 AND holder = $2 AND state = 'held'`, append([]any{r.ID, r.holder}, args...)...)
		if err == nil && n == 0 {
			err = ErrLost
		}
		return err
	})
}

// Hold is the holder's sign of life; spent is what it has spent since the last.
func (s *Store) Hold(ctx context.Context, r Round, hold, spent time.Duration) error {
	return s.held(ctx, r, `UPDATE crawl_round SET until = $3, spent_ms = spent_ms + $4`, s.db.Now().Add(hold), spent.Milliseconds())
}

// GiveBack puts a round back in the queue, to begin no sooner than at.
func (s *Store) GiveBack(ctx context.Context, r Round, at time.Time) error {
	if err := s.pen.flush(ctx); err != nil {
		return err
	}
	return s.held(ctx, r, `UPDATE crawl_round SET state = 'waiting', holder = '', until = NULL, not_before = $3`, at)
}

// Done ends a round. Its answers stay as those of an earlier crawl; what this
// one did not meet again is let go.
func (s *Store) Done(ctx context.Context, r Round) error {
	if err := s.pen.flush(ctx); err != nil {
		return err
	}
	if err := s.held(ctx, r, `UPDATE crawl_round SET state = 'done', until = NULL, task = $3`, []byte{}); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Quiet(ctx, `DELETE FROM crawl_page WHERE site = $1 AND round <> $2`, r.Site, r.ID); err != nil {
			return err
		}
		_, err := tx.Quiet(ctx, `INSERT INTO crawl_host (host, left_at) VALUES ($1, $2) ON CONFLICT (host) DO UPDATE SET left_at = excluded.left_at`, r.Host, tx.Now())
		return err
	})
}

// Ended lets go of what an ended look did not meet again, for a round that was
// not taken from this queue.
func (s *Store) Ended(ctx context.Context, site, round string) error {
	if err := s.pen.flush(ctx); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Quiet(ctx, `DELETE FROM crawl_page WHERE site = $1 AND round <> $2`, site, round); err != nil {
			return err
		}
		_, err := tx.Quiet(ctx, `DELETE FROM crawl_spent WHERE round = $1`, round)
		return err
	})
}

// Counts are how many rounds wait, are held and are done.
type Counts struct{ Waiting, Held, Done int }

// Counts of the queue.
func (s *Store) Counts(ctx context.Context) (c Counts, err error) {
	type row struct {
		state string
		n     int
	}
	rows, err := db.All(ctx, s.db, func(r db.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.state, &x.n)
	}, `SELECT state, count(*) FROM crawl_round GROUP BY state`)
	for _, r := range rows {
		switch r.state {
		case "waiting":
			c.Waiting = r.n
		case "held":
			c.Held = r.n
		default:
			c.Done = r.n
		}
	}
	return c, err
}

// Keep-times of what is bookkeeping.
const (
	roundsKept = 90 * 24 * time.Hour
	pagesKept  = 40 * 24 * time.Hour
	// A site that nobody has looked at for so long is known anew.
	knownKept = 400 * 24 * time.Hour
	linksKept = 4 * time.Hour
	// A link that was well serves other sites for hours; one that was not is
	// asked again soon, for it may have been a bad minute.
	wrongKept = 20 * time.Minute
)

// Tidy lets go of what is too old to be of use.
func (s *Store) Tidy(ctx context.Context) error {
	now := s.db.Now()
	return s.db.Update(ctx, func(tx *db.Tx) error {
		for _, x := range []struct {
			query string
			age   time.Duration
		}{
			{`DELETE FROM crawl_link WHERE at < $1`, linksKept}, {`DELETE FROM crawl_page WHERE at < $1`, pagesKept}, {`DELETE FROM crawl_known WHERE turn_at < $1`, knownKept},
			{`DELETE FROM crawl_round WHERE state = 'done' AND filed_at < $1`, roundsKept}, {`DELETE FROM crawl_host WHERE left_at < $1`, roundsKept},
			{`DELETE FROM crawl_spent WHERE at < $1`, roundsKept},
		} {
			if _, err := tx.Quiet(ctx, x.query, now.Add(-x.age)); err != nil {
				return fmt.Errorf("frontier: tidy: %w", err)
			}
		}
		return nil
	})
}
