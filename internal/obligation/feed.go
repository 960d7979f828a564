package obligation

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
)

func digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// NewFeed makes the person's calendar address anew; the one before ends.
func (s *Service) NewFeed(ctx context.Context, session *authz.Session) (token string, err error) {
	raw := make([]byte, 24)
	if _, err := rand.Read(raw); err != nil {
		return "", err
	}
	token = base64.RawURLEncoding.EncodeToString(raw)
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO calendar_feed (person_id, hash, created_at) VALUES ($1, $2, $3)
			ON CONFLICT (person_id) DO UPDATE SET hash = excluded.hash, created_at = excluded.created_at`, session.PersonID, digest(token), tx.Now()); err != nil {
			return err
		}
		unit, _ := session.Unit()
		return audit.Record(ctx, tx, audit.Entry{Act: "obligation.feed", Target: audit.Target{Kind: "person", ID: session.PersonID, Name: session.Name, Unit: unit}})
	})
	return token, err
}

// Feed are the open obligations of the units where the owner of the token
// holds a post that may read them, and of the last month.
func (s *Service) Feed(ctx context.Context, token string) ([]Obligation, error) {
	person, err := db.One(ctx, s.db, db.Value[string], `SELECT f.person_id FROM calendar_feed f JOIN person p ON p.id = f.person_id WHERE f.hash = $1 AND p.left_at IS NULL`, digest(token))
	if db.None(err) {
		return nil, fault.Missing("日历")
	}
	if err != nil {
		return nil, err
	}
	type held struct {
		unit string
		role authz.Role
	}
	posts, err := db.All(ctx, s.db, func(r db.Scanner) (held, error) {
		var h held
		err := r.Scan(&h.unit, &h.role)
		return h, err
	}, `SELECT unit_id, role FROM post WHERE person_id = $1 AND ended_at IS NULL`, person)
	if err != nil {
		return nil, err
	}
	var units []string
	for _, p := range posts {
		one := authz.Session{Posts: []authz.Post{{Role: p.role}}}
		if one.May(authz.ObligationRead) {
			units = append(units, p.unit)
		}
	}
	if len(units) == 0 {
		return nil, nil
	}
	var w db.Where
	w.And("o.unit_id IN ("+marks(len(units))+")", anys(units)...)
	w.And("o.state = 'open' AND o.due_on >= ?", calendar.DateOf(s.db.Now()).AddDays(-31))
	return db.All(ctx, s.db, scanObligation, obligationSelect+` WHERE `+w.SQL()+` ORDER BY o.due_on, o.id LIMIT 500`, w.Args()...)
}
