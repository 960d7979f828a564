package passage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
)

// Move is one row of a machine.
type Move struct {
	From   string // state before; empty for the first move
	Act    string // offline.begin
	To     string // state after
	Says   string // the act in Chinese, for buttons and timelines
	Guard  string // what the module checks first, in words; empty for nothing
	Permit string // permission of the route that performs it, or "system"
}

// Machine is the declared states of one kind of object.
type Machine struct {
	Kind   string            // site, item, case, letter, order
	Noun   string            // 站点: for sentences
	States map[string]string // state → Chinese name
	Moves  []Move
}

// Step is one row of an object's history.
type Step struct {
	Seq       int
	From      string
	Act       string
	To        string
	At        time.Time
	ActorID   string
	ActorName string
	Note      string
	CaseID    string
}

// Check reports what is wrong with the declaration itself.
func (m Machine) Check() error {
	seen := map[[3]string]bool{}
	for _, v := range m.Moves {
		key := [3]string{v.From, v.Act, v.To}
		if seen[key] {
			return fmt.Errorf("passage: %s declares %v twice", m.Kind, key)
		}
		seen[key] = true
		if v.From != "" && m.States[v.From] == "" || m.States[v.To] == "" {
			return fmt.Errorf("passage: %s: a state of %v has no name", m.Kind, key)
		}
		if v.Says == "" || v.Permit == "" {
			return fmt.Errorf("passage: %s: %v lacks its name or permission", m.Kind, key)
		}
	}
	return nil
}

// Name is the state in Chinese.
func (m Machine) Name(state string) string {
	if n := m.States[state]; n != "" {
		return n
	}
	return state
}

// ActName is the act in Chinese.
func (m Machine) ActName(act string) string {
	for _, v := range m.Moves {
		if v.Act == act {
			return v.Says
		}
	}
	return act
}

// Can reports whether act is declared from state.
func (m Machine) Can(state, act string) bool {
	return slices.ContainsFunc(m.Moves, func(v Move) bool { return v.From == state && v.Act == act })
}

// Declare writes the machines' moves into the database; at start, idempotent.
// Moves no longer declared stay: history refers to them.
func Declare(ctx context.Context, d *db.DB, machines ...Machine) error {
	ctx = audit.System(ctx, "passage.declare")
	return d.Update(ctx, func(tx *db.Tx) error {
		added := map[string]int{}
		for _, m := range machines {
			if err := m.Check(); err != nil {
				return err
			}
			have, err := db.All(ctx, tx, scanMove, `SELECT from_state, act, to_state FROM transition WHERE kind = $1`, m.Kind)
			if err != nil {
				return err
			}
			for _, v := range m.Moves {
				if slices.Contains(have, [3]string{v.From, v.Act, v.To}) {
					continue
				}
				if _, err := tx.Exec(ctx, `INSERT INTO transition (kind, from_state, act, to_state) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, m.Kind, v.From, v.Act, v.To); err != nil {
					return fmt.Errorf("passage: declare %s: %w", m.Kind, err)
				}
				added[m.Kind]++
			}
		}
		if len(added) == 0 {
			return nil
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "passage.declare", Target: audit.Target{Kind: "transition", Name: "状态转换表"}, After: added})
	})
}

func scanMove(s db.Scanner) ([3]string, error) {
	var m [3]string
	err := s.Scan(&m[0], &m[1], &m[2])
	return m, err
}

// Note is what is kept with a move.
type Note struct {
	Says   string // why, in words
	CaseID string // the approval it rests on
}

// Take performs act on the object and returns the state before and after. The
// caller stores the state in its own row in the same transaction and records
// the audit entry. An act not declared from the present state is a Conflict.
func (m Machine) Take(ctx context.Context, tx *db.Tx, object, act string, note Note) (from, to string, err error) {
	last, err := db.One(ctx, tx, scanStep, `
		SELECT seq, from_state, act, to_state, at, actor_id, actor_name, note, case_id
		  FROM passage WHERE kind = $1 AND object_id = $2 ORDER BY seq DESC LIMIT 1`, m.Kind, object)
	if err != nil && !db.None(err) {
		return "", "", err
	}
	from = last.To
	i := slices.IndexFunc(m.Moves, func(v Move) bool { return v.From == from && v.Act == act })
	if i < 0 {
		return from, "", fault.Newf(fault.Conflict, "%s现在的状态是“%s”，不能%s。可能刚被别人处理过，请刷新后再看。", m.Noun, m.Name(from), m.ActName(act))
	}
	to = m.Moves[i].To
	actor, ok := audit.ActorFrom(ctx)
	if !ok {
		return from, "", audit.ErrNoActor
	}
	var prev any
	if last.Seq > 0 {
		prev = last.Seq
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO passage (kind, object_id, seq, prev_seq, from_state, act, to_state, at, actor_id, actor_name, note, case_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		m.Kind, object, last.Seq+1, prev, from, act, to, tx.Now(), actor.ID, actor.Name, note.Says, note.CaseID)
	if err != nil {
		if _, dup := db.UniqueViolation(err); dup {
			return from, "", fault.Newf(fault.Conflict, "%s刚被别人处理过，请刷新后再看。", m.Noun).From(err)
		}
		return from, "", fmt.Errorf("passage: %s %s: %w", m.Kind, act, err)
	}
	return from, to, nil
}

// Begin performs the first act of new objects, which have no history yet, in
// one go, and returns their state.
func (m Machine) Begin(ctx context.Context, tx *db.Tx, objects []string, act string, note Note) (string, error) {
	i := slices.IndexFunc(m.Moves, func(v Move) bool { return v.From == "" && v.Act == act })
	if i < 0 {
		return "", fmt.Errorf("passage: %s does not begin with %s", m.Kind, act)
	}
	actor, ok := audit.ActorFrom(ctx)
	if !ok {
		return "", audit.ErrNoActor
	}
	to := m.Moves[i].To
	rows := make([][]any, len(objects))
	for n, o := range objects {
		rows[n] = []any{m.Kind, o, 1, nil, "", act, to, tx.Now(), actor.ID, actor.Name, note.Says, note.CaseID}
	}
	err := tx.InsertAll(ctx, "passage", []string{"kind", "object_id", "seq", "prev_seq", "from_state", "act", "to_state", "at", "actor_id", "actor_name", "note", "case_id"}, rows)
	if err != nil {
		return "", fmt.Errorf("passage: %s %s: %w", m.Kind, act, err)
	}
	return to, nil
}

// History is every step of the object, oldest first. The caller has checked
// the scope of the object itself.
func (m Machine) History(ctx context.Context, q db.Querier, object string) ([]Step, error) {
	return db.All(ctx, q, scanStep, `
		SELECT seq, from_state, act, to_state, at, actor_id, actor_name, note, case_id
		  FROM passage WHERE kind = $1 AND object_id = $2 ORDER BY seq`, m.Kind, object)
}

func scanStep(s db.Scanner) (Step, error) {
	var p Step
	err := s.Scan(&p.Seq, &p.From, &p.Act, &p.To, &p.At, &p.ActorID, &p.ActorName, &p.Note, &p.CaseID)
	return p, err
}
