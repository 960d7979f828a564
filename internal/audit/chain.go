package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"zhengshu/internal/db"
)

// Head is the end of the chain, kept outside the database too.
type Head struct {
	Seq  int64     `json:"seq"`
	Hash string    `json:"hash"`
	At   time.Time `json:"at"`
}

// batch bounds one transaction of the sequencer.
const batch = 1000

// settle is how far back the sequencer looks for entries that committed late:
// an entry takes its time at the start of its transaction.
const settle = time.Hour

// Sequencer links committed entries into the chain.
type Sequencer struct {
	db     *db.DB
	holder string // unique to this process
	file   string // head file, empty for none
}

// NewSequencer makes the sequencer of this process. headFile is replaced at
// every advance; its folder must exist.
func NewSequencer(d *db.DB, holder, headFile string) *Sequencer {
	return &Sequencer{db: d, holder: holder, file: headFile}
}

// Run links every interval until ctx ends.
func (s *Sequencer) Run(ctx context.Context, interval time.Duration) {
	t := time.NewTicker(interval)
	defer t.Stop()
	for {
		if _, err := s.Link(ctx); err != nil && ctx.Err() == nil {
			slog.ErrorContext(ctx, "audit chain did not advance", "cause", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// Close links what is left and gives up the lease: the next process need not wait
// for it to run out.
func (s *Sequencer) Close(ctx context.Context) error {
	_, err := s.Link(ctx)
	return errors.Join(err, s.db.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Quiet(ctx, `DELETE FROM lease WHERE name = 'audit.sequencer' AND holder = $1`, s.holder)
		return err
	}))
}

// Link appends a link for every committed entry that has none and returns how
// many it linked. A process that does not hold the lease links none.
func (s *Sequencer) Link(ctx context.Context) (int, error) {
	total := 0
	for {
		n, head, err := s.linkBatch(ctx)
		total += n
		if err != nil || n == 0 {
			return total, err
		}
		if err := s.keepHead(head); err != nil {
			return total, err
		}
		slog.DebugContext(ctx, "audit chain advanced", "seq", head.Seq, "hash", head.Hash)
		if n < batch {
			return total, nil
		}
	}
}

func (s *Sequencer) linkBatch(ctx context.Context) (n int, head Head, err error) {
	// A cheap look first: an idle house writes nothing.
	if idle, err := s.idle(ctx); err != nil || idle {
		return 0, Head{}, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		n = 0
		if ok, err := s.lease(ctx, tx); err != nil || !ok {
			return err
		}
		if head, err = lastLink(ctx, tx); err != nil {
			return err
		}
		rows, err := unlinked(ctx, tx, head, batch)
		if err != nil {
			return err
		}
		for _, r := range rows {
			head = Head{Seq: head.Seq + 1, Hash: chain(algorithm, head.Hash, r.hash, head.Seq+1), At: tx.Now()}
			if _, err := tx.Quiet(ctx, `INSERT INTO audit_link (seq, entry_id, entry_hash, hash, linked_at) VALUES ($1, $2, $3, $4, $5)`,
				head.Seq, r.id, r.hash, head.Hash, head.At); err != nil {
				return err
			}
		}
		n = len(rows)
		return nil
	})
	if err != nil {
		return 0, Head{}, fmt.Errorf("audit: link: %w", err)
	}
	return n, head, nil
}

func (s *Sequencer) idle(ctx context.Context) (bool, error) {
	head, err := lastLink(ctx, s.db)
	if err != nil {
		return false, err
	}
	rows, err := unlinked(ctx, s.db, head, 1)
	return len(rows) == 0, err
}

// lease takes or keeps the right to link for ten seconds.
func (s *Sequencer) lease(ctx context.Context, tx *db.Tx) (bool, error) {
	n, err := tx.Quiet(ctx, `
		INSERT INTO lease (name, holder, until) VALUES ('audit.sequencer', $1, $2)
		ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
		 WHERE lease.holder = excluded.holder OR lease.until < $3`,
		s.holder, tx.Now().Add(10*time.Second), tx.Now())
	return n > 0, err
}

func lastLink(ctx context.Context, q db.Querier) (Head, error) {
	h, err := db.One(ctx, q, scanHead, `SELECT seq, hash, linked_at FROM audit_link ORDER BY seq DESC LIMIT 1`)
	if db.None(err) {
		return Head{}, nil
	}
	return h, err
}

func scanHead(s db.Scanner) (Head, error) {
	var h Head
	err := s.Scan(&h.Seq, &h.Hash, &h.At)
	return h, err
}

type loose struct{ id, hash string }

func unlinked(ctx context.Context, q db.Querier, head Head, limit int) ([]loose, error) {
	var w db.Where
	w.AndIf(!head.At.IsZero(), "e.at > ?", head.At.Add(-settle))
	w.And("NOT EXISTS (SELECT 1 FROM audit_link l WHERE l.entry_id = e.id)")
	return db.All(ctx, q, func(s db.Scanner) (loose, error) {
		var l loose
		err := s.Scan(&l.id, &l.hash)
		return l, err
	}, `SELECT e.id, e.hash FROM audit_entry e WHERE `+w.SQL()+` ORDER BY e.at, e.id LIMIT `+w.Arg(limit), w.Args()...)
}

// keepHead replaces the head file whole, so a crash leaves the old or the new.
func (s *Sequencer) keepHead(h Head) error {
	if s.file == "" {
		return nil
	}
	b, err := json.Marshal(h)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(s.file), ".head-*")
	if err != nil {
		return fmt.Errorf("audit: keep head: %w", err)
	}
	defer os.Remove(tmp.Name())
	if _, err := tmp.Write(append(b, '\n')); err != nil {
		return errors.Join(err, tmp.Close())
	}
	if err := errors.Join(tmp.Sync(), tmp.Close()); err != nil {
		return fmt.Errorf("audit: keep head: %w", err)
	}
	return os.Rename(tmp.Name(), s.file)
}

// ReadHead reads a head file; a missing file is the zero Head.
func ReadHead(file string) (Head, error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return Head{}, nil
	}
	if err != nil {
		return Head{}, err
	}
	var h Head
	if err := json.Unmarshal(b, &h); err != nil {
		return Head{}, fmt.Errorf("审计链尾文件 %s 无法读取：%w", filepath.Base(file), err)
	}
	return h, nil
}

// Damage is one thing wrong with the trail.
type Damage struct {
	Kind    string `json:"kind"` // changed, removed, reordered, unlinked, cut
	Seq     int64  `json:"seq"`  // place in the chain, 0 for an unlinked entry
	EntryID string `json:"entry"`
	Says    string `json:"says"`
}

// Report is the outcome of Verify.
type Report struct {
	Entries int64    `json:"entries"`
	Links   int64    `json:"links"`
	Head    Head     `json:"head"`
	Damage  []Damage `json:"damage"`
}

// maxDamage bounds the report; one change never causes more than a few.
const maxDamage = 1000

// Grace is how long an entry may wait for its link: a sequencer that runs links
// within a second.
const Grace = time.Minute

// Verify reads the whole trail in one consistent moment. kept is the head from
// outside the database (zero for none). Entries made after linked need no link
// yet.
func Verify(ctx context.Context, d *db.DB, kept Head, linked time.Time) (Report, error) {
	rep := Report{Damage: []Damage{}}
	add := func(x Damage) {
		if len(rep.Damage) < maxDamage {
			rep.Damage = append(rep.Damage, x)
		}
	}
	err := d.View(ctx, func(tx *db.Tx) error {
		if err := verifyLinks(ctx, tx, kept, &rep, add); err != nil {
			return err
		}
		return verifyEntries(ctx, tx, linked, &rep, add)
	})
	return rep, err
}

func verifyLinks(ctx context.Context, tx *db.Tx, kept Head, rep *Report, add func(Damage)) error {
	rows, err := tx.Query(ctx, `
		SELECT l.seq, l.entry_id, l.entry_hash, l.hash, l.linked_at, COALESCE(e.hash, '')
		  FROM audit_link l LEFT JOIN audit_entry e ON e.id = l.entry_id ORDER BY l.seq`)
	if err != nil {
		return err
	}
	defer rows.Close()
	prev := ""
	keptFound := kept.Seq == 0
	for rows.Next() {
		var seq int64
		var id, entryHash, hash, now string
		var at time.Time
		if err := rows.Scan(&seq, &id, &entryHash, &hash, &at, &now); err != nil {
			return err
		}
		for missing := rep.Head.Seq + 1; missing < seq; missing++ {
			add(Damage{"removed", missing, "", fmt.Sprintf("第 %d 号链接不见了。", missing)})
		}
		switch {
		case now == "":
			add(Damage{"removed", seq, id, fmt.Sprintf("第 %d 号审计记录 %s 被删除。", seq, id)})
		case now != entryHash:
			add(Damage{"changed", seq, id, fmt.Sprintf("第 %d 号审计记录 %s 的摘要与入链时不同。", seq, id)})
		}
		if hash != chain(algorithmOf(hash), prev, entryHash, seq) {
			add(Damage{"reordered", seq, id, fmt.Sprintf("第 %d 号链接与前一号接不上，记录被调换、插入或链接被改动。", seq)})
		}
		if seq == kept.Seq {
			keptFound = true
			if hash != kept.Hash {
				add(Damage{"changed", seq, id, fmt.Sprintf("第 %d 号链接与库外保存的链尾不同，审计链被整体改写。", seq)})
			}
		}
		prev = hash
		rep.Head = Head{Seq: seq, Hash: hash, At: at}
		rep.Links++
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if !keptFound {
		add(Damage{"cut", kept.Seq, "", fmt.Sprintf("库外保存的链尾是第 %d 号，库内只到第 %d 号，尾部被截去。", kept.Seq, rep.Head.Seq)})
	}
	return nil
}

func verifyEntries(ctx context.Context, tx *db.Tx, linkedBefore time.Time, rep *Report, add func(Damage)) error {
	rows, err := tx.Query(ctx, `
		SELECT `+rowColumns+`, COALESCE(l.seq, 0)
		  FROM audit_entry e LEFT JOIN audit_link l ON l.entry_id = e.id ORDER BY e.at, e.id`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var r Row
		var seq int64
		err := rows.Scan(&r.ID, &r.At, &r.Actor.Kind, &r.Actor.ID, &r.Actor.Name, &r.Actor.Unit, &r.Act,
			&r.Target.Kind, &r.Target.ID, &r.Target.Name, &r.Target.Unit, &r.Basis, &r.Before, &r.After, &r.RequestID, &r.Hash, &seq)
		if err != nil {
			return err
		}
		rep.Entries++
		if r.Hash != r.digest(algorithmOf(r.Hash)) {
			add(Damage{"changed", seq, r.ID, fmt.Sprintf("审计记录 %s（第 %d 号）的内容被改动。", r.ID, seq)})
		}
		if seq == 0 && r.At.Before(linkedBefore) {
			add(Damage{"unlinked", 0, r.ID, fmt.Sprintf("审计记录 %s（%s）没有入链，可能是事后塞入的。", r.ID, r.At.Format(time.RFC3339))})
		}
	}
	return rows.Err()
}
