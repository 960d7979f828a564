package library

import (
	"context"
	"fmt"
	"slices"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/rules/sx2021"
)

// Stamping is one reviewer's word on one gate.
type Stamping struct {
	Round  int // the submission the reviewer was looking at
	Gate   sx2021.Gate
	Passed bool
	Note   string // required where the gate is not passed
}

// GateStamp is one gate with the person who answers for it.
type GateStamp struct {
	Round      int
	Gate       sx2021.Gate
	Seq        int
	Passed     bool
	Stage      string
	Note       string
	PersonID   string
	PersonName string
	Unit       string
	ForName    string
	At         time.Time
}

// Signed is who stamped: 李某（代 王某）.
func (g GateStamp) Signed() string { return signed(g.PersonName, g.ForName) }

// signed is a name, with whose post it acts in.
func signed(name, via string) string {
	if via == "" {
		return name
	}
	return name + "（代 " + via + "）"
}

// acting is the post in which the person acts over an item: their own before
// one they hold for another. ok is false when none permits it.
func acting(session *authz.Session, it Item, permits ...authz.Permission) (authz.Post, bool) {
	var found authz.Post
	ok := false
	if session == nil {
		return found, false
	}
	for _, post := range session.Posts {
		one := authz.Session{Posts: []authz.Post{post}}
		if !slices.ContainsFunc(permits, func(p authz.Permission) bool { return one.May(p) && one.ScopeFor(p).Covers(it.areaPath, it.linePath) }) {
			continue
		}
		if !post.Delegated {
			return post, true
		}
		if !ok {
			found, ok = post, true
		}
	}
	return found, ok
}

func viaOf(p authz.Post) string {
	if !p.Delegated {
		return ""
	}
	return p.Via
}

// stampPost is the post in which the person may stamp gates of the item: as a
// reviewer of any step of its route that answers for gates.
func stampPost(session *authz.Session, it Item, list []Step) (authz.Post, bool) {
	var permits []authz.Permission
	for _, t := range list {
		if t.Gates {
			permits = append(permits, t.permits()...)
		}
	}
	return acting(session, it, permits...)
}

// MayStamp reports whether the signed-in person may stamp gates of an item that
// goes by these steps, apart from having written it.
func (s *Service) MayStamp(session *authz.Session, it Item, list []Step) bool {
	_, ok := stampPost(session, it, list)
	return ok && it.State == InReview
}

// Stamp is one act of one person on one gate. Any reviewer of the route may
// stamp what he answers for, at any stage; the last stamp of a gate counts.
func (s *Service) Stamp(ctx context.Context, scope authz.Scope, id ItemID, n Stamping) (Item, error) {
	var it Item
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if it, err = s.ItemTx(ctx, tx, scope, id); err != nil {
			return err
		}
		if err := s.alone(ctx, tx, it); err != nil {
			return err
		}
		return s.stamp(ctx, tx, it, n)
	})
	return it, err
}

func (s *Service) stamp(ctx context.Context, tx *db.Tx, it Item, n Stamping) error {
	session := authz.SessionFrom(ctx)
	if session == nil {
		return fault.New(fault.SignIn, "请先登录。")
	}
	n.Note = manyLines(n.Note)
	var f fault.Fields
	f.Check(slices.Contains(sx2021.Gates(), n.Gate), "gate", "请选择五关中的一关")
	f.Check(n.Passed || n.Note != "", "note", "不通过要写明理由")
	f.Check(len([]rune(n.Note)) <= 500, "note", "请压缩到 500 字以内")
	if err := f.Err(); err != nil {
		return err
	}
	if it.State != InReview || it.Round != n.Round {
		return fault.New(fault.Conflict, "这篇稿件刚被别人处理过，现在是“"+it.StateName()+"”。您没有盖上这一关，请刷新后再看。")
	}
	list, err := steps(ctx, tx, it.ID, it.Round)
	if err != nil {
		return err
	}
	post, ok := stampPost(session, it, list)
	if !ok {
		return fault.Newf(fault.Forbidden, "您不是这篇稿件审核流程上的审核人员，不能把关；请“%s”的审核人员办理。", it.UnitName)
	}
	author, err := db.One(ctx, tx, db.Value[string], `SELECT author_id FROM item_version WHERE item_id = $1 AND no = $2`, it.ID, it.Version)
	if err != nil {
		return err
	}
	if author == session.PersonID {
		return fault.New(fault.Refused, "您是本版作者，五关要由他人把关（第十九条（三））。")
	}
	seq, err := db.One(ctx, tx, db.Value[int], `SELECT coalesce(max(seq), 0) + 1 FROM item_stamp WHERE item_id = $1 AND round = $2 AND gate = $3`, it.ID, it.Round, string(n.Gate))
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO item_stamp (item_id, round, version_no, gate, seq, passed, stage, note, author_id, person_id, person_name, person_unit, for_name, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		it.ID, it.Round, it.Version, string(n.Gate), seq, n.Passed, it.Stage, n.Note, author, session.PersonID, session.Name, post.UnitName, viaOf(post), tx.Now()); err != nil {
		if _, dup := db.UniqueViolation(err); dup {
			return fault.New(fault.Conflict, "这一关刚被别人盖过，请刷新后再看。").From(err)
		}
		return fmt.Errorf("library: stamp: %w", err)
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "library.item.stamp", Basis: "第十九条（三）", Target: it.Target(),
		After: map[string]any{"round": it.Round, "version": it.Version, "gate": n.Gate, "passed": n.Passed, "note": n.Note, "for": viaOf(post)}})
}

const stampSelect = `SELECT round, gate, seq, passed, stage, note, person_id, person_name, person_unit, for_name, at FROM item_stamp`

func scanStamp(r db.Scanner) (GateStamp, error) {
	var g GateStamp
	return g, r.Scan(&g.Round, &g.Gate, &g.Seq, &g.Passed, &g.Stage, &g.Note, &g.PersonID, &g.PersonName, &g.Unit, &g.ForName, &g.At)
}

// stamps of one round, or of all for 0, in order of time.
func stamps(ctx context.Context, q db.Querier, id ItemID, round int) ([]GateStamp, error) {
	return db.All(ctx, q, scanStamp, stampSelect+` WHERE item_id = $1 AND (round = $2 OR $2 = 0) ORDER BY at, gate, seq`, id, round)
}

// standing is the last stamp of each gate, in the order of the text.
func standing(list []GateStamp) []GateStamp {
	var out []GateStamp
	for _, g := range sx2021.Gates() {
		last := -1
		for i, st := range list {
			if st.Gate == g && (last < 0 || st.Seq > list[last].Seq) {
				last = i
			}
		}
		if last >= 0 {
			out = append(out, list[last])
		}
	}
	return out
}

// Gates are the stamps that count in the newest submission of an item in
// scope, in the order of the text; a gate nobody has stamped is not among them.
func (s *Service) Gates(ctx context.Context, scope authz.Scope, id ItemID) ([]GateStamp, error) {
	it, err := s.Item(ctx, scope, id)
	if err != nil || it.Round == 0 {
		return nil, err
	}
	list, err := stamps(ctx, s.db, id, it.Round)
	return standing(list), err
}
