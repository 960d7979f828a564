package library

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
)

// EndKind is how an item ended for readers. The five are kept apart because
// readers, search engines and archives are told different things.
type EndKind string

// The five ends.
const (
	EndWithdrawn  EndKind = "withdrawn"  // 410, with the class of the reason and the day
	EndRedirected EndKind = "redirected" // 301 to the item that holds it now
	EndGone       EndKind = "gone"       // 410 without a word; the item never returns
	EndReplaced   EndKind = "replaced"   // the page stays and names its successor
	EndArchived   EndKind = "archived"   // the page stays, marked, out of the lists
)

// EndKinds in the order of the form.
var EndKinds = []EndKind{EndWithdrawn, EndRedirected, EndReplaced, EndArchived, EndGone}

// Name is the end in Chinese.
func (k EndKind) Name() string {
	switch k {
	case EndWithdrawn:
		return "撤稿"
	case EndRedirected:
		return "并入新稿"
	case EndGone:
		return "停用网址"
	case EndReplaced:
		return "已被替代"
	case EndArchived:
		return "归档"
	}
	return ""
}

// Says is what readers meet at the address.
func (k EndKind) Says() string {
	switch k {
	case EndWithdrawn:
		return "原网址说明已撤下、撤下日期和原因类别，不再显示内容"
	case EndRedirected:
		return "原网址自动转到另一篇已公开的稿件"
	case EndGone:
		return "原网址永久停用，只说明网址不再使用；稿件以后不能再公开"
	case EndReplaced:
		return "页面保留，标明已被替代并指向新稿件"
	case EndArchived:
		return "页面保留，标明已归档和归档时间，不再列入栏目；仍可搜索到"
	}
	return ""
}

// Stays reports whether the page stays.
func (k EndKind) Stays() bool { return k == EndReplaced || k == EndArchived }

// aims reports whether the end names another item.
func (k EndKind) aims() bool { return k == EndReplaced || k == EndRedirected }

// EndClasses are the classes of reason that readers of a withdrawn page are
// told; the reason itself is for the record.
var EndClasses = []string{"内容有误，核实后另行发布", "依据已经调整", "涉及个人信息或者商业秘密", "信息已过时", "发布主体变更", "其他原因"}

// End is one end of an item.
type End struct {
	ID         string
	Item       ItemID
	Kind       EndKind
	Class      string
	Target     ItemID
	Reason     string
	PersonName string
	At         time.Time
	UndoneAt   time.Time
	UndoneBy   string
	UndoneWhy  string
	// Joined: of the target's newest version.
	TargetTitle string
}

// Ending is what is to happen to an item.
type Ending struct {
	Kind   EndKind
	Class  string // of a withdrawal
	Target ItemID // of what is redirected or replaced
	Reason string
}

const endSelect = `SELECT e.id, e.item_id, e.kind, e.class, COALESCE(e.target_id, ''), e.reason, e.person_name, e.at, e.undone_at, e.undone_by, e.undone_why,
	       COALESCE((SELECT v.title FROM item i JOIN item_version v ON v.item_id = i.id AND v.no = i.version WHERE i.id = e.target_id), '')
	  FROM item_end e`

func scanEnd(r db.Scanner) (End, error) {
	var e End
	return e, r.Scan(&e.ID, &e.Item, &e.Kind, &e.Class, &e.Target, &e.Reason, &e.PersonName, &e.At, &e.UndoneAt, &e.UndoneBy, &e.UndoneWhy, &e.TargetTitle)
}

// Ends of an item in scope, newest first, undone ones too.
func (s *Service) Ends(ctx context.Context, scope authz.Scope, id ItemID) ([]End, error) {
	if _, err := s.Item(ctx, scope, id); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db, scanEnd, endSelect+` WHERE e.item_id = $1 ORDER BY e.at DESC, e.id DESC LIMIT 100`, id)
}

// EndsOf are the ends of an item that hold, newest first. Public: a page says
// how it ended.
func (s *Service) EndsOf(ctx context.Context, q db.Querier, id ItemID) ([]End, error) {
	return db.All(ctx, q, scanEnd, endSelect+` WHERE e.item_id = $1 AND e.undone_at IS NULL ORDER BY e.at DESC, e.id DESC`, id)
}

// EndedInto are the items that were redirected to an item or replaced by it:
// their pages follow it. Public: they lead there.
func (s *Service) EndedInto(ctx context.Context, q db.Querier, id ItemID) ([]ItemID, error) {
	return db.All(ctx, q, db.Value[ItemID], `SELECT DISTINCT item_id FROM item_end WHERE target_id = $1 AND undone_at IS NULL ORDER BY item_id`, id)
}

// EndItem ends an item in scope in one of the five ways.
func (s *Service) EndItem(ctx context.Context, scope authz.Scope, id ItemID, n Ending) error {
	n.Reason = manyLines(n.Reason)
	if _, err := s.Item(ctx, scope, id); err != nil { // before its form: a neighbour's item is not there
		return err
	}
	var f fault.Fields
	f.Check(slices.Contains(EndKinds, n.Kind), "kind", "请选择怎样处理")
	f.Check(n.Reason != "" && len([]rune(n.Reason)) <= 500, "reason", "请写明理由，500 字以内")
	f.Check(n.Kind != EndWithdrawn || slices.Contains(EndClasses, n.Class), "class", "请选择对外说明的原因类别")
	f.Check(!n.Kind.aims() || n.Target != "", "target", "请填写新稿件的网址或编号")
	f.Check(n.Target == "" || n.Target != id, "target", "不能指向这篇稿件自己")
	if err := f.Err(); err != nil {
		return err
	}
	if n.Kind != EndWithdrawn {
		n.Class = ""
	}
	if !n.Kind.aims() {
		n.Target = ""
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		it, err := s.ItemTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		return s.end(ctx, tx, it, n)
	})
}

func (s *Service) end(ctx context.Context, tx *db.Tx, it Item, n Ending) error {
	have, err := s.EndsOf(ctx, tx, it.ID)
	if err != nil {
		return err
	}
	has := func(k EndKind) bool { return slices.ContainsFunc(have, func(e End) bool { return e.Kind == k }) }
	switch {
	case has(EndGone):
		return fault.New(fault.Conflict, "这篇稿件的网址已经永久停用，不能再作处理。")
	case it.FirstPublishedAt.IsZero():
		return fault.New(fault.Conflict, "这篇稿件没有公开过，没有网址需要处理。")
	case (n.Kind.Stays() || n.Kind == EndWithdrawn) && !it.Live():
		return fault.New(fault.Conflict, "这篇稿件没有公开，请刷新后再看。")
	case n.Kind.Stays() && has(n.Kind):
		return fault.Newf(fault.Conflict, "这篇稿件已经作过“%s”处理，请刷新后再看。", n.Kind.Name())
	}
	if n.Target != "" {
		// Any public item will do, of whatever unit: what is live is public.
		if _, _, err := s.LiveItem(ctx, tx, n.Target); fault.Is(err, fault.NotFound) {
			return fault.New(fault.Invalid, "没有找到这篇已公开的稿件。").On("target", "请填写一篇已公开稿件的网址或编号")
		} else if err != nil {
			return err
		}
		into, err := s.EndsOf(ctx, tx, n.Target)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(into, func(e End) bool { return e.Target == it.ID }) {
			return fault.New(fault.Invalid, "那篇稿件正指向这一篇，不能互相指向。").On("target", "请填写另一篇稿件")
		}
	}
	withdrawn := false
	switch {
	case n.Kind == EndArchived:
		k, err := tx.Exec(ctx, `UPDATE item_placement SET state = 'withdrawn', top = 0, ended_at = $2, archived_at = $2 WHERE item_id = $1 AND state = 'live'`, it.ID, tx.Now())
		if err != nil {
			return err
		}
		if k == 0 {
			return fault.New(fault.Conflict, "这篇稿件不在任何栏目里，没有页面可以归档。")
		}
	case !n.Kind.Stays() && it.Live():
		if err := s.withdraw(ctx, tx, &it, n.Reason); err != nil {
			return err
		}
		withdrawn = true
	}
	if !n.Kind.Stays() { // the page has one end at a time; what it said before is past
		if err := undo(ctx, tx, it.ID, "改为“"+n.Kind.Name()+"”", EndWithdrawn, EndRedirected, EndReplaced, EndArchived); err != nil {
			return err
		}
	}
	if err := s.noteEnd(ctx, tx, it, n); err != nil {
		return err
	}
	return s.tell(ctx, tx, it.ID, withdrawn)
}

// noteEnd writes an end down.
func (s *Service) noteEnd(ctx context.Context, tx *db.Tx, it Item, n Ending) error {
	person, name, err := writer(ctx)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO item_end (id, item_id, kind, class, target_id, reason, person_id, person_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		ulid.Make().String(), it.ID, n.Kind, n.Class, db.Null(n.Target), n.Reason, person, name, tx.Now()); err != nil {
		return fmt.Errorf("library: end: %w", err)
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "library.item.end", Basis: "第十九条（三）", Target: it.Target(),
		After: map[string]any{"kind": n.Kind, "class": n.Class, "target": n.Target, "reason": n.Reason}})
}

// undo ends ends.
func undo(ctx context.Context, tx *db.Tx, id ItemID, why string, kinds ...EndKind) error {
	_, name, err := writer(ctx)
	if err != nil {
		return err
	}
	for _, k := range kinds {
		if _, err := tx.Exec(ctx, `UPDATE item_end SET undone_at = $3, undone_by = $4, undone_why = $5 WHERE item_id = $1 AND kind = $2 AND undone_at IS NULL`, id, k, tx.Now(), name, why); err != nil {
			return err
		}
	}
	return nil
}

// UndoEnd takes an item in scope out of its archive, or takes back that it was
// replaced. What was withdrawn comes back by a new review, what is gone never.
func (s *Service) UndoEnd(ctx context.Context, scope authz.Scope, id ItemID, kind EndKind, why string) error {
	if _, err := s.Item(ctx, scope, id); err != nil {
		return err
	}
	if why = oneLine(why); why == "" || len([]rune(why)) > 300 {
		return fault.New(fault.Invalid, "取消要写明理由。").On("why", "请写明理由，300 字以内")
	}
	if !kind.Stays() {
		return fault.New(fault.Refused, "已撤稿的稿件修改后重新送审才能公开；停用的网址不再启用。")
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		it, err := s.ItemTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		have, err := s.EndsOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(have, func(e End) bool { return e.Kind == kind }) {
			return fault.New(fault.Conflict, "这项处理已经取消，请刷新后再看。")
		}
		if kind == EndArchived {
			if _, err := tx.Exec(ctx, `UPDATE item_placement SET state = 'live', ended_at = NULL, archived_at = NULL WHERE item_id = $1 AND archived_at IS NOT NULL`, id); err != nil {
				return err
			}
		}
		if err := undo(ctx, tx, id, why, kind); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "library.item.end_undo", Target: it.Target(), Before: kind, After: map[string]any{"why": why}}); err != nil {
			return err
		}
		return s.tell(ctx, tx, id, false)
	})
}

// LiveChange is what the authors said of the public version against the one
// that was public before; empty for the first. Public: the page says it.
func (s *Service) LiveChange(ctx context.Context, q db.Querier, id ItemID, live int) (ChangeKind, error) {
	before, err := db.One(ctx, q, db.Value[int], `SELECT COALESCE(MAX(version_no), 0) FROM item_release WHERE item_id = $1 AND version_no < $2`, id, live)
	if err != nil {
		return "", err
	}
	return changeSince(ctx, q, id, before, live)
}
