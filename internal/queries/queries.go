// Package queries keeps 常用查询: the conditions of a list under a name, for the
// person who saved them or the whole unit, and the columns a person likes to
// see.
//
// It decides who may see, share and delete a saved query. What a condition
// means, and whether the rows may be seen, is the list's own to decide each
// time: a saved query is an address and opens nothing that the person who
// follows it could not open.
package queries

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
)

// Query is one saved query.
type Query struct {
	ID        string
	List      string
	Name      string
	Query     string // as in the address, encoded
	Person    string
	Unit      string
	Shared    bool
	CreatedAt time.Time
}

// Most is how many queries a person keeps of one list.
const Most = 30

// Service is the door of queries.
type Service struct{ db *db.DB }

// New makes the service.
func New(d *db.DB) *Service { return &Service{d} }

const querySelect = `SELECT id, list, name, query, person_id, unit_id, shared, created_at FROM saved_query`

func scanQuery(r db.Scanner) (Query, error) {
	var q Query
	err := r.Scan(&q.ID, &q.List, &q.Name, &q.Query, &q.Person, &q.Unit, &q.Shared, &q.CreatedAt)
	return q, err
}

// Of are the queries of a list that the person sees: own ones first, then those
// that colleagues of the unit share.
func (s *Service) Of(ctx context.Context, session *authz.Session, list string) ([]Query, error) {
	unit, _ := session.Unit()
	return db.All(ctx, s.db, scanQuery, querySelect+` WHERE list = $1 AND (person_id = $2 OR shared AND unit_id = $3)
		ORDER BY CASE WHEN person_id = $2 THEN 0 ELSE 1 END, name, id LIMIT 60`, list, session.PersonID, unit)
}

// Own are all the person's queries.
func (s *Service) Own(ctx context.Context, session *authz.Session) ([]Query, error) {
	return db.All(ctx, s.db, scanQuery, querySelect+` WHERE person_id = $1 ORDER BY list, name, id`, session.PersonID)
}

// Save keeps conditions under a name. A name used before is given the new
// conditions.
func (s *Service) Save(ctx context.Context, session *authz.Session, q Query) (Query, error) {
	q.Name = strings.TrimSpace(q.Name)
	var f fault.Fields
	f.Check(q.Name != "" && len([]rune(q.Name)) <= 30, "name", "请用 1 到 30 个字起一个名称")
	f.Check(len(q.Query) <= 2000, "name", "条件太长，不能保存")
	if err := f.Err(); err != nil {
		return Query{}, err
	}
	if v, err := url.ParseQuery(q.Query); err != nil || len(v) == 0 {
		return Query{}, fault.New(fault.Invalid, "还没有设任何条件，请先在列表上筛选再保存。").On("name", "请先筛选")
	}
	q.ID, q.Person = ulid.Make().String(), session.PersonID
	q.Unit, _ = session.Unit()
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		q.CreatedAt = tx.Now()
		n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM saved_query WHERE person_id = $1 AND list = $2 AND name <> $3`, q.Person, q.List, q.Name)
		if err != nil {
			return err
		}
		if n >= Most {
			return fault.Newf(fault.Conflict, "一个列表最多保存 %d 个常用查询，请先删去不用的。", Most).On("name", "已满")
		}
		if _, err := tx.Exec(ctx, `INSERT INTO saved_query (id, list, name, query, person_id, unit_id, shared, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (person_id, list, name) DO UPDATE SET query = excluded.query, shared = excluded.shared, unit_id = excluded.unit_id`,
			q.ID, q.List, q.Name, q.Query, q.Person, q.Unit, q.Shared, q.CreatedAt); err != nil {
			return fmt.Errorf("queries: save: %w", err)
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "queries.save", Target: audit.Target{Kind: "saved_query", ID: q.ID, Name: q.Name, Unit: q.Unit}, After: q})
	})
	return q, err
}

// Delete removes one of the person's own queries.
func (s *Service) Delete(ctx context.Context, session *authz.Session, id string) (Query, error) {
	var q Query
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		q, err = db.One(ctx, tx, scanQuery, querySelect+` WHERE id = $1 AND person_id = $2`, id, session.PersonID)
		if db.None(err) {
			return fault.Missing("常用查询")
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM saved_query WHERE id = $1`, id); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "queries.delete", Target: audit.Target{Kind: "saved_query", ID: id, Name: q.Name, Unit: q.Unit}, Before: q})
	})
	return q, err
}

// Columns are the keys of the columns the person keeps for a list; nil when
// none are kept.
func (s *Service) Columns(ctx context.Context, session *authz.Session, list string) ([]string, error) {
	kept, err := db.One(ctx, s.db, db.Value[string], `SELECT columns FROM list_columns WHERE person_id = $1 AND list = $2`, session.PersonID, list)
	if db.None(err) || err == nil && kept == "" {
		return nil, nil
	}
	return strings.Split(kept, ","), err
}

// KeepColumns keeps the columns for the person's next visits; none returns to
// the usual ones.
func (s *Service) KeepColumns(ctx context.Context, session *authz.Session, list string, keys []string) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Quiet(ctx, `DELETE FROM list_columns WHERE person_id = $1 AND list = $2`, session.PersonID, list); err != nil || len(keys) == 0 {
			return err
		}
		_, err := tx.Quiet(ctx, `INSERT INTO list_columns (person_id, list, columns) VALUES ($1, $2, $3)`, session.PersonID, list, strings.Join(keys, ","))
		return err
	})
}
