// Package notify tells people things in the console, once.
//
// It decides who sees a message (the people with a post at a unit, or one
// person) and that the same thing is never told twice: every message has a key
// that says what it is about. It does not decide when something is worth
// telling; the modules do. By mail and webhook it repeats what the console says,
// to whom who wants it so (outgoing.go).
package notify

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
)

// Message is one thing to read.
type Message struct {
	ID     string
	Key    string // what it is about, e.g. obligation:01J…:overdue; told once
	Unit   string
	Person string // empty: everyone with a post at the unit
	Title  string
	Body   string
	Link   string // path in the console
	Urgent bool
	At     time.Time
	Read   bool // by the person asking
}

// Send writes the message with the act it tells of and reports whether it was
// new.
func Send(ctx context.Context, tx *db.Tx, m Message) (bool, error) {
	n, err := send(ctx, tx, []Message{m})
	if err != nil || n == 0 {
		return false, err
	}
	return true, audit.Record(ctx, tx, audit.Entry{Act: "notify.send", Target: audit.Target{Kind: "message", ID: m.Key, Name: m.Title, Unit: m.Unit}})
}

// SendTo tells each of the people, at the message's unit; with nobody named
// everyone there, so that it is told at all.
func SendTo[P ~string](ctx context.Context, tx *db.Tx, people []P, m Message) error {
	if len(people) == 0 {
		_, err := Send(ctx, tx, m)
		return err
	}
	for _, p := range people {
		one := m
		one.Person, one.Key = string(p), m.Key+":"+string(p)
		if _, err := Send(ctx, tx, one); err != nil {
			return err
		}
	}
	return nil
}

// SendAll writes many messages in few statements. The caller records one audit
// entry for each thing the messages tell of.
func SendAll(ctx context.Context, tx *db.Tx, list []Message) error {
	_, err := send(ctx, tx, list)
	return err
}

func send(ctx context.Context, tx *db.Tx, list []Message) (int64, error) {
	rows := make([][]any, len(list))
	made := make([]string, len(list))
	for i, m := range list {
		made[i] = ulid.Make().String()
		rows[i] = []any{made[i], m.Key, m.Unit, db.Null(m.Person), m.Title, m.Body, m.Link, m.Urgent, tx.Now()}
	}
	n, err := tx.InsertNew(ctx, "message", []string{"id", "once_key", "unit_id", "person_id", "title", "body", "link", "urgent", "at"}, rows)
	if err != nil {
		return 0, fmt.Errorf("notify: send: %w", err)
	}
	if n == 0 {
		return 0, nil
	}
	// Those that were told already are not there under their new id.
	for some := range slices.Chunk(made, 500) {
		var ids db.Where
		if _, err := tx.Quiet(ctx, `INSERT INTO message_wait (message_id) SELECT id FROM message WHERE id IN `+db.Among(&ids, some), ids.Args()...); err != nil {
			return 0, fmt.Errorf("notify: send: %w", err)
		}
	}
	return n, nil
}

// Service is the door for the person reading.
type Service struct{ db *db.DB }

// New makes the service.
func New(d *db.DB) *Service { return &Service{db: d} }

// Filter narrows a person's messages.
type Filter struct {
	Unread bool
	Text   string // in title or body
}

// of are the conditions for the messages m with the person's mark r.
func (f Filter) of(session *authz.Session) *db.Where {
	var w db.Where
	w.And("(m.person_id IS NULL OR m.person_id = ?)", session.PersonID)
	w.And("m.unit_id IN " + db.Among(&w, units(session)))
	w.AndIf(f.Unread, "r.person_id IS NULL")
	like := db.Contains(f.Text)
	w.AndIf(f.Text != "", `(lower(m.title) LIKE ? ESCAPE '\' OR lower(m.body) LIKE ? ESCAPE '\')`, like, like)
	return &w
}

// Messages of the signed-in person, newest first: those of the units where a
// post is held or stood in for, and those to the person. It takes the session, not a scope,
// because a message belongs to its reader.
func (s *Service) Messages(ctx context.Context, session *authz.Session, f Filter, limit int) ([]Message, error) {
	if session == nil || len(session.Posts) == 0 {
		return nil, nil
	}
	w := f.of(session)
	person := w.Arg(session.PersonID)
	return db.All(ctx, s.db, func(r db.Scanner) (Message, error) {
		var m Message
		err := r.Scan(&m.ID, &m.Key, &m.Unit, &m.Person, &m.Title, &m.Body, &m.Link, &m.Urgent, &m.At, &m.Read)
		return m, err
	}, `SELECT m.id, m.once_key, m.unit_id, coalesce(m.person_id, ''), m.title, m.body, m.link, m.urgent, m.at, r.person_id IS NOT NULL
	      FROM message m LEFT JOIN read_mark r ON r.message_id = m.id AND r.person_id = `+person+`
	     WHERE `+w.SQL()+` ORDER BY m.at DESC, m.id DESC LIMIT `+w.Arg(limit), w.Args()...)
}

// MarkRead notes that the person has seen the message.
func (s *Service) MarkRead(ctx context.Context, session *authz.Session, id string) error {
	if session == nil || len(session.Posts) == 0 {
		return nil
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		var w db.Where
		message, person, at := w.Arg(id), w.Arg(session.PersonID), w.Arg(tx.Now())
		_, err := tx.Quiet(ctx, `
			INSERT INTO read_mark (message_id, person_id, at)
			SELECT m.id, `+person+`, `+at+` FROM message m WHERE m.id = `+message+`
			   AND (m.person_id = `+person+` OR m.person_id IS NULL AND m.unit_id IN `+db.Among(&w, units(session))+`)
			ON CONFLICT (message_id, person_id) DO NOTHING`, w.Args()...)
		return err
	})
}

// MarkAllRead notes that the person has seen every message the filter leaves.
func (s *Service) MarkAllRead(ctx context.Context, session *authz.Session, f Filter) error {
	if session == nil || len(session.Posts) == 0 {
		return nil
	}
	f.Unread = true
	return s.db.Update(ctx, func(tx *db.Tx) error {
		w := f.of(session)
		person, at := w.Arg(session.PersonID), w.Arg(tx.Now())
		_, err := tx.Quiet(ctx, `
			INSERT INTO read_mark (message_id, person_id, at)
			SELECT m.id, `+person+`, `+at+` FROM message m LEFT JOIN read_mark r ON r.message_id = m.id AND r.person_id = `+person+`
			 WHERE `+w.SQL()+`
			ON CONFLICT (message_id, person_id) DO NOTHING`, w.Args()...)
		return err
	})
}

// units are those where the person has a post at this moment, as deputy of
// somebody who is away too.
func units(session *authz.Session) []string {
	var out []string
	for _, p := range session.Posts {
		if !slices.Contains(out, p.UnitID) {
			out = append(out, p.UnitID)
		}
	}
	return out
}
