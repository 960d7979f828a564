package library

import (
	"context"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
)

// Validity is whether a document holds (有效性); empty where that is not asked.
type Validity string

// The kinds of validity.
const (
	InForce  Validity = "in_force"
	Pending  Validity = "pending"  // 尚未生效
	Amended  Validity = "amended"  // 已修改
	Expired  Validity = "expired"  // 失效: its own time is over
	Repealed Validity = "repealed" // 废止: by another document
)

// Validities in the order of lists.
var Validities = []Validity{InForce, Pending, Amended, Expired, Repealed}

// Name is the validity in Chinese.
func (v Validity) Name() string {
	switch v {
	case InForce:
		return "有效"
	case Pending:
		return "尚未生效"
	case Amended:
		return "已修改"
	case Expired:
		return "失效"
	case Repealed:
		return "废止"
	}
	return ""
}

// Holds reports whether one may still rely on the document.
func (v Validity) Holds() bool { return v == InForce || v == Amended }

// EffectID identifies an effect.
type EffectID string

// Kinds of effect.
const (
	Amends  = "amends"
	Repeals = "repeals"
)

// Effect is what one document does to another from a day on.
type Effect struct {
	ID          EffectID
	Target      ItemID
	By          ItemID // empty: it stands outside the library
	ByName      string // title and number of what stands outside
	Effect      string // Amends or Repeals
	EffectiveOn calendar.Date
	Note        string // which clauses
	PersonName  string
	CreatedAt   time.Time
	RevokedAt   time.Time
	RevokedWhy  string
	// Joined, of the public versions where there are any.
	TargetTitle, TargetNo, ByTitle, ByNo string
	ByLive                               bool
}

// Name is the effect in Chinese as it is said of the target.
func (e Effect) Name() string {
	if e.Effect == Repeals {
		return "废止"
	}
	return "修改"
}

// Begun reports whether the effect holds on a day: its day has come, and what
// does it is public or stands outside.
func (e Effect) Begun(on calendar.Date) bool {
	return e.RevokedAt.IsZero() && !e.EffectiveOn.After(on) && (e.By == "" || e.ByLive)
}

// judge says how a document stands on a day and on which day that changes
// next; the zero Date when nothing is known to come.
func judge(m Meta, effects []Effect, on calendar.Date) (Validity, calendar.Date) {
	if !m.Type.Sort().Validity {
		return "", calendar.Date{}
	}
	var next calendar.Date
	comes := func(d calendar.Date) {
		if d.After(on) && (next.IsZero() || d.Before(next)) {
			next = d
		}
	}
	comes(m.EffectiveOn)
	if !m.EndsOn.IsZero() {
		comes(m.EndsOn.AddDays(1))
	}
	amended, repealed := false, false
	for _, e := range effects {
		if !e.RevokedAt.IsZero() {
			continue
		}
		comes(e.EffectiveOn)
		if e.Begun(on) {
			amended = amended || e.Effect == Amends
			repealed = repealed || e.Effect == Repeals
		}
	}
	switch {
	case repealed:
		return Repealed, next
	case !m.EndsOn.IsZero() && on.After(m.EndsOn):
		return Expired, next
	case m.EffectiveOn.After(on):
		return Pending, next
	case amended:
		return Amended, next
	}
	return InForce, next
}

const effectSelect = `
	SELECT e.id, e.target_id, e.by_id, e.by_name, e.effect, e.effective_on, e.note, e.person_name, e.created_at, e.revoked_at, e.revoked_why,
	       tv.title, tv.doc_no, COALESCE(bv.title, ''), COALESCE(bv.doc_no, ''), COALESCE(b.live, FALSE)
	  FROM item_effect e JOIN item t ON t.id = e.target_id LEFT JOIN item_live tl ON tl.item_id = t.id
	  JOIN item_version tv ON tv.item_id = t.id AND tv.no = COALESCE(tl.version_no, t.version)
	  LEFT JOIN item b ON b.id = e.by_id LEFT JOIN item_live bl ON bl.item_id = b.id
	  LEFT JOIN item_version bv ON bv.item_id = b.id AND bv.no = COALESCE(bl.version_no, b.version)`

func scanEffect(r db.Scanner) (Effect, error) {
	var e Effect
	var by *string
	err := r.Scan(&e.ID, &e.Target, &by, &e.ByName, &e.Effect, &e.EffectiveOn, &e.Note, &e.PersonName, &e.CreatedAt, &e.RevokedAt, &e.RevokedWhy,
		&e.TargetTitle, &e.TargetNo, &e.ByTitle, &e.ByNo, &e.ByLive)
	if by != nil {
		e.By = ItemID(*by)
	}
	return e, err
}

// ValidityDue brings the validity of a document to what it is on its day.
type ValidityDue struct {
	Item ItemID `json:"item"`
}

// Kind is the job's name.
func (ValidityDue) Kind() string { return "library.validity_due" }

// settleValidity works out how the item stands today, keeps that and the day
// of the next change, and sets the job for it. It reports whether the validity
// changed.
func (s *Service) settleValidity(ctx context.Context, tx *db.Tx, id ItemID) error {
	_, err := s.settledValidity(ctx, tx, id)
	return err
}

func (s *Service) settledValidity(ctx context.Context, tx *db.Tx, id ItemID) (bool, error) {
	type row struct {
		m        Meta
		validity Validity
		due      calendar.Date
	}
	// What readers see counts; before that, what is written.
	r, err := db.One(ctx, tx, func(sc db.Scanner) (row, error) {
		var r row
		return r, sc.Scan(&r.validity, &r.due, &r.m.Type, &r.m.EffectiveOn, &r.m.EndsOn)
	}, `SELECT i.validity, i.validity_due, v.type, v.effective_on, v.ends_on
	      FROM item i LEFT JOIN item_live l ON l.item_id = i.id
	      JOIN item_version v ON v.item_id = i.id AND v.no = COALESCE(l.version_no, (SELECT max(x.no) FROM item_version x WHERE x.item_id = i.id))
	     WHERE i.id = $1`, id)
	if err != nil {
		return false, err
	}
	var effects []Effect
	if r.m.Type.Sort().Validity {
		if effects, err = db.All(ctx, tx, scanEffect, effectSelect+` WHERE e.target_id = $1 AND e.revoked_at IS NULL`, id); err != nil {
			return false, err
		}
	}
	today := calendar.DateOf(tx.Now())
	validity, due := judge(r.m, effects, today)
	if validity == r.validity && due == r.due {
		return false, nil
	}
	if _, err := tx.Exec(ctx, `UPDATE item SET validity = $2, validity_due = $3 WHERE id = $1`, id, validity, due); err != nil {
		return false, err
	}
	if !due.IsZero() && due != r.due {
		if err := jobs.Enqueue(ctx, tx, ValidityDue{id}, jobs.At(due.Start())); err != nil {
			return false, err
		}
	}
	return validity != r.validity, nil
}

// validityDue does what the day brings for one item, in a transaction of its
// own duty.
func (s *Service) validityDue(ctx context.Context, tx *db.Tx, id ItemID) error {
	it, err := s.ItemTx(ctx, tx, authz.System("library.validity"), id)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	before := it.Validity
	changed, err := s.settledValidity(ctx, tx, id)
	if err != nil {
		return err
	}
	after, err := db.One(ctx, tx, db.Value[Validity], `SELECT validity FROM item WHERE id = $1`, id)
	if err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Entry{Act: "library.item.validity", Target: it.Target(), Before: before, After: after}); err != nil {
		return err
	}
	if changed && it.Live() {
		return s.tell(ctx, tx, id, false)
	}
	return nil
}

// KeepValidity is the duty that catches up with every document whose day has
// come, whatever became of its job.
func (s *Service) KeepValidity(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "library.validity")
	due, err := db.All(ctx, s.db, db.Value[ItemID], `SELECT id FROM item WHERE validity_due <= $1 ORDER BY validity_due, id LIMIT 500`, calendar.DateOf(s.db.Now()))
	for _, id := range due {
		if err := s.db.Update(ctx, func(tx *db.Tx) error { return s.validityDue(ctx, tx, id) }); err != nil {
			return 0, fmt.Errorf("library: validity of %s: %w", id, err)
		}
	}
	return len(due), err
}

// AddEffect records that a document amends or repeals the target, both in
// scope, from a day on. The effect begins on its day, or when what does it
// goes public, whichever is later; the label then stands on the target's
// public page.
func (s *Service) AddEffect(ctx context.Context, scope authz.Scope, e Effect) (Effect, error) {
	e.ByName, e.Note = oneLine(e.ByName), oneLine(e.Note)
	var f fault.Fields
	f.Check(e.Effect == Amends || e.Effect == Repeals, "effect", "请选择修改或废止")
	f.Check(!e.EffectiveOn.IsZero(), "effective_on", "请填写从哪一天起修改或废止，例如 2026-03-01")
	f.Check((e.By != "") != (e.ByName != ""), "by", "请选择库内文件，或填写库外文件的名称和文号（二者只填一项）")
	f.Check(e.By == "" || e.By != e.Target, "by", "一份文件不能修改或废止自己，请选择另一份文件")
	f.Check(len([]rune(e.ByName)) <= 300, "by_name", "文件名称和文号不能超过 300 字，请压缩")
	f.Check(len([]rune(e.Note)) <= 300, "note", "说明不能超过 300 字，请压缩")
	if err := f.Err(); err != nil {
		return Effect{}, err
	}
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		target, err := s.ItemTx(ctx, tx, scope, e.Target)
		if err != nil {
			return err
		}
		if !target.Type.Sort().Validity {
			return fault.Newf(fault.Invalid, "“%s”不标注有效性，只有政策文件可以标注修改和废止。", target.Type.Name()).On("effect", "请在政策文件的页面办理")
		}
		if e.By != "" {
			if _, err := s.ItemTx(ctx, tx, scope, e.By); err != nil {
				return err
			}
		}
		person, name, err := writer(ctx)
		if err != nil {
			return err
		}
		e.ID, e.PersonName, e.CreatedAt = EffectID(ulid.Make().String()), name, tx.Now()
		if _, err := tx.Exec(ctx, `INSERT INTO item_effect (id, target_id, by_id, by_name, effect, effective_on, note, person_id, person_name, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			e.ID, e.Target, db.Null(e.By), e.ByName, e.Effect, e.EffectiveOn, e.Note, person, name, e.CreatedAt); err != nil {
			if _, dup := db.UniqueViolation(err); dup {
				return fault.New(fault.Conflict, "这份文件的这项修改或废止已经登记过。").On("by", "请核对；登记有误的先取消原来的登记").From(err)
			}
			return fmt.Errorf("library: effect: %w", err)
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "library.item." + e.Effect, Basis: "第十二条（一）", Target: target.Target(), Before: target.Validity,
			After: map[string]any{"by": e.By, "by_name": e.ByName, "effective_on": e.EffectiveOn.String(), "note": e.Note}}); err != nil {
			return err
		}
		return s.effectTold(ctx, tx, e)
	})
	return e, err
}

// RevokeEffect takes back an effect that was recorded by mistake; the record
// of both stays.
func (s *Service) RevokeEffect(ctx context.Context, scope authz.Scope, target ItemID, id EffectID, why string) error {
	if why = oneLine(why); why == "" || len([]rune(why)) > 300 {
		return fault.New(fault.Invalid, "取消登记要写明理由。").On("why", "请写明理由，300 字以内")
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		it, err := s.ItemTx(ctx, tx, scope, target)
		if err != nil {
			return err
		}
		e, err := db.One(ctx, tx, scanEffect, effectSelect+` WHERE e.id = $1 AND e.target_id = $2`, id, target)
		if db.None(err) {
			return fault.Missing("登记")
		}
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE item_effect SET revoked_at = $2, revoked_why = $3 WHERE id = $1 AND revoked_at IS NULL`, id, tx.Now(), why)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "这项登记已经取消，请刷新后再看。")
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "library.item.effect_revoke", Target: it.Target(), Before: map[string]any{"by": e.By, "by_name": e.ByName, "effect": e.Effect}, After: map[string]any{"why": why}}); err != nil {
			return err
		}
		return s.effectTold(ctx, tx, e)
	})
}

// effectTold settles the target and tells publishing of both pages.
func (s *Service) effectTold(ctx context.Context, tx *db.Tx, e Effect) error {
	if err := s.settleValidity(ctx, tx, e.Target); err != nil {
		return err
	}
	for _, id := range []ItemID{e.Target, e.By} {
		if id == "" {
			continue
		}
		live, err := db.One(ctx, tx, db.Value[bool], `SELECT live FROM item WHERE id = $1`, id)
		if err != nil {
			return err
		}
		if live {
			if err := s.tell(ctx, tx, id, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// settleTargets brings the documents that this one amends or repeals to what
// they are now that it went public, or ceased to be.
func (s *Service) settleTargets(ctx context.Context, tx *db.Tx, by ItemID) error {
	targets, err := db.All(ctx, tx, db.Value[ItemID], `SELECT DISTINCT target_id FROM item_effect WHERE by_id = $1 AND revoked_at IS NULL`, by)
	if err != nil {
		return err
	}
	for _, id := range targets {
		if changed, err := s.settledValidity(ctx, tx, id); err != nil || !changed {
			if err != nil {
				return err
			}
			continue
		}
		live, err := db.One(ctx, tx, db.Value[bool], `SELECT live FROM item WHERE id = $1`, id)
		if err != nil {
			return err
		}
		if live {
			if err := s.tell(ctx, tx, id, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// Effects of an item in scope: what is done to it, and what it does to others.
func (s *Service) Effects(ctx context.Context, scope authz.Scope, id ItemID) (on, by []Effect, err error) {
	if _, err := s.Item(ctx, scope, id); err != nil {
		return nil, nil, err
	}
	if on, err = db.All(ctx, s.db, scanEffect, effectSelect+` WHERE e.target_id = $1 ORDER BY e.effective_on, e.id`, id); err != nil {
		return nil, nil, err
	}
	by, err = db.All(ctx, s.db, scanEffect, effectSelect+` WHERE e.by_id = $1 ORDER BY e.effective_on, e.id`, id)
	return on, by, err
}

// LiveEffects are what has begun to be done to a live item and by it, for its
// public page. Public: what is live is public, and only that is named.
func (s *Service) LiveEffects(ctx context.Context, q db.Querier, id ItemID) (on, by []Effect, err error) {
	list, err := db.All(ctx, q, scanEffect, effectSelect+` WHERE (e.target_id = $1 OR e.by_id = $1) AND e.revoked_at IS NULL ORDER BY e.effective_on, e.id`, id)
	if err != nil {
		return nil, nil, err
	}
	today := calendar.DateOf(s.db.Now())
	for _, e := range list {
		switch {
		case !e.Begun(today):
		case e.Target == id:
			on = append(on, e)
		default:
			by = append(by, e)
		}
	}
	return on, by, nil
}

// Numbered is the document in scope with this number, or with this id.
func (s *Service) Numbered(ctx context.Context, scope authz.Scope, number string) (Item, error) {
	number = oneLine(number)
	if right, _, err := DocNumber(number); err == nil {
		number = right
	}
	var w db.Where
	scope.Where(&w, "u")
	w.And("i.id = ? OR i.id IN (SELECT n.item_id FROM item_version n WHERE n.doc_no = ? AND n.doc_no <> '')", number, number)
	list, err := db.All(ctx, s.db, scanItem, itemSelect+` WHERE `+w.SQL()+` ORDER BY i.id LIMIT 2`, w.Args()...)
	switch {
	case err != nil:
		return Item{}, err
	case len(list) == 0:
		return Item{}, fault.Newf(fault.Invalid, "信息资源库里没有找到文号为“%s”的文件。", shorten(number)).On("by", "请核对文号；不在库中的填写“库外文件的名称和文号”")
	case len(list) > 1:
		return Item{}, fault.Newf(fault.Invalid, "文号为“%s”的稿件不止一篇，无法确定是哪一篇。", shorten(number)).On("by", "请填写那份文件页面地址最后的编号")
	}
	return list[0], nil
}
