package appraisal

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/packs"
)

// maxHits bounds what a judge may count on one line.
const maxHits = 1000

// Sheet is what one judge says of one object.
type Sheet struct {
	ID        string
	Round     string
	Object    string
	Seat      string // first, second
	JudgeID   string
	JudgeName string
	At        time.Time
	// OwnReason is why somebody of the object's own unit judged it; empty: somebody
	// else did.
	OwnReason string
	Marks     map[string]Mark // by indicator
	Evidence  []approval.Attachment
}

// SeatName is the seat in Chinese.
func SeatName(seat string) string {
	return map[string]string{"first": "评判人甲", "second": "评判人乙", "head": "负责人"}[seat]
}

func scanSheet(r db.Scanner) (Sheet, error) {
	x := Sheet{Marks: map[string]Mark{}}
	err := r.Scan(&x.ID, &x.Round, &x.Object, &x.Seat, &x.JudgeID, &x.JudgeName, &x.At, &x.OwnReason)
	return x, err
}

const sheetSelect = `SELECT h.id, h.round_id, h.object_id, h.seat, h.judge_id, h.judge_name, h.at, h.own_reason FROM appraisal_sheet h`

type markRow struct {
	sheet, indicator string
	Mark
}

func scanMark(r db.Scanner) (markRow, error) {
	var m markRow
	err := r.Scan(&m.sheet, &m.indicator, &m.Outcome, &m.Hits, &m.Whole, &m.Earned, &m.Says)
	return m, err
}

// sheets are the sheets of a round, or of one object of it, with their marks
// and evidence.
func (s *Service) sheets(ctx context.Context, q db.Querier, round, object string) ([]Sheet, error) {
	var w db.Where
	w.And("h.round_id = ?", round).AndIf(object != "", "h.object_id = ?", object)
	list, err := db.All(ctx, q, scanSheet, sheetSelect+` WHERE `+w.SQL()+` ORDER BY h.object_id, h.seat`, w.Args()...)
	if err != nil || len(list) == 0 {
		return list, err
	}
	at := map[string]int{}
	for i, x := range list {
		at[x.ID] = i
	}
	marks, err := db.All(ctx, q, scanMark, `SELECT m.sheet_id, m.indicator, m.outcome, m.hits, m.whole, m.earned, m.says FROM appraisal_mark m JOIN appraisal_sheet h ON h.id = m.sheet_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, err
	}
	type file struct {
		owner string
		approval.Attachment
	}
	files, err := db.All(ctx, q, func(r db.Scanner) (file, error) {
		var f file
		err := r.Scan(&f.owner, &f.ID, &f.Kind, &f.Name, &f.MediaType, &f.Size, &f.Blob)
		return f, err
	}, `SELECT x.owner_id, x.id, x.kind, x.name, x.media_type, x.size, x.blob FROM attachment x JOIN appraisal_sheet h ON h.id = x.owner_id WHERE x.owner_kind = 'appraisal_sheet' AND `+w.SQL()+` ORDER BY x.id`, w.Args()...)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		h := &list[at[f.owner]]
		f.OwnerKind, f.OwnerID = "appraisal_sheet", f.owner
		h.Evidence = append(h.Evidence, f.Attachment)
	}
	for _, m := range marks {
		h := &list[at[m.sheet]]
		m.Seat, m.Judge, m.JudgeID = h.Seat, h.JudgeName, h.JudgeID
		for _, f := range h.Evidence {
			m.Evidence = append(m.Evidence, string(f.Blob))
		}
		h.Marks[m.indicator] = m.Mark
	}
	return list, nil
}

// Ruling is the head's word on a line two judges differ on.
type Ruling struct {
	Object, Indicator string
	Mark
	At time.Time
}

func (s *Service) rulings(ctx context.Context, q db.Querier, round, object string) ([]Ruling, error) {
	var w db.Where
	w.And("g.round_id = ?", round).AndIf(object != "", "g.object_id = ?", object)
	return db.All(ctx, q, func(r db.Scanner) (Ruling, error) {
		x := Ruling{Mark: Mark{Seat: "head"}}
		err := r.Scan(&x.Object, &x.Indicator, &x.Outcome, &x.Says, &x.JudgeID, &x.Judge, &x.At)
		return x, err
	}, `SELECT g.object_id, g.indicator, g.outcome, g.says, g.head_id, g.head_name, g.at FROM appraisal_ruling g WHERE `+w.SQL()+` ORDER BY g.object_id, g.indicator`, w.Args()...)
}

// Entry is a line of a sheet as it came with the form.
type Entry struct {
	Indicator string
	Outcome   packs.Outcome
	Hits      int
	Whole     bool
	Earned    packs.Hundredths
	Says      string
}

// ByHandLines are the lines of a pack that a person may judge on the class.
func ByHandLines(p packs.Pack, class packs.Class) []packs.Indicator {
	var out []packs.Indicator
	for _, list := range [][]packs.Indicator{p.Indicators, p.Special} {
		for _, i := range list {
			if i.Applies(class) && ByHand(i) {
				out = append(out, i)
			}
		}
	}
	return out
}

// object of a round, which the caller has checked the scope of.
func object(ctx context.Context, q db.Querier, id string) (Object, error) {
	o, err := db.One(ctx, q, scanObject, objectSelect+` WHERE o.id = $1`, id)
	if db.None(err) {
		return o, fault.Missing("考核对象")
	}
	return o, err
}

// Form is what a judge sees: the object, the lines, and the judge's own sheet.
// Of another's sheet there is only that it is in.
type Form struct {
	Round  Round
	Object Object
	Lines  []packs.Indicator
	Own    *Sheet
	Others int
	// OwnUnit: the object is of the judge's own unit, and nobody else can judge it:
	// the sheet says why.
	OwnUnit bool
	// Barred says why the judge may not judge the object.
	Barred string
}

// Form of an object for the judge who asks.
func (s *Service) Form(ctx context.Context, scope authz.Scope, session *authz.Session, id, objectID string) (Form, error) {
	r, o, err := s.ofRound(ctx, s.DB, scope, id, objectID)
	if err != nil {
		return Form{}, err
	}
	p, err := r.Pack()
	if err != nil {
		return Form{}, err
	}
	f := Form{Round: r, Object: o, Lines: ByHandLines(p, o.Class)}
	if f.OwnUnit, err = s.ownUnit(ctx, s.DB, session, o); fault.Is(err, fault.Refused) {
		f.Barred = fault.Of(err).Says
	} else if err != nil {
		return f, err
	}
	list, err := s.sheets(ctx, s.DB, id, objectID)
	for i := range list {
		if list[i].JudgeID == session.PersonID {
			f.Own = &list[i]
		} else {
			f.Others++
		}
	}
	return f, err
}

// ofRound is a round in scope and an object of it.
func (s *Service) ofRound(ctx context.Context, q db.Querier, scope authz.Scope, id, objectID string) (Round, Object, error) {
	r, err := s.round(ctx, q, scope, id)
	if err != nil {
		return r, Object{}, err
	}
	o, err := object(ctx, q, objectID)
	if err == nil && o.Round != id {
		err = fault.Missing("考核对象")
	}
	return r, o, err
}

// ownUnit reports whether the object is of the judge's own unit. That is refused
// but where no office stands above it in this house and the province lets its own
// people judge: then to whoever has a hand in the site.
func (s *Service) ownUnit(ctx context.Context, q db.Querier, session *authz.Session, o Object) (bool, error) {
	if unit, _ := session.Unit(); org.UnitID(unit) != o.Unit {
		return false, nil
	}
	system := authz.System("appraisal")
	own, err := s.Org.UnitTx(ctx, q, system, o.Unit)
	if err != nil {
		return true, err
	}
	if o.Kind == "office" {
		return true, fault.Newf(fault.Refused, "%s是您所在的单位，不能评判本单位的监管工作，请由其他人评判。", o.Name)
	}
	_, above, err := s.Org.SuperiorOffice(ctx, q, own)
	switch {
	case err != nil:
		return true, err
	case above || own.Kind != org.Office:
		return true, fault.Newf(fault.Refused, "%s由您所在的单位主办，不能由本单位的人评判，请由其他人评判。", o.Name)
	case !s.Settings().TopOwnJudged:
		return true, fault.Newf(fault.Refused, "%s由您所在的单位主办，上面没有其他主管单位可以评判。本省没有在设置中同意由本单位人员评判，人工项目按未检测处理。", o.Name)
	}
	for _, p := range []authz.Permission{authz.ItemWrite, authz.ItemFirstReview, authz.ItemFinalReview, authz.SiteCompose, authz.SitePublish} {
		if session.May(p) {
			return true, fault.Newf(fault.Refused, "您参与%s的采编、审核或发布，不能评判，请由本单位不经手这个网站的人员评判。", o.Name)
		}
	}
	return true, nil
}

// Judge keeps a judge's sheet of an object. The first sheet takes the first
// seat, another person's the second; a judge may change the own sheet until the
// freeze, and reads no other.
func (s *Service) Judge(ctx context.Context, scope authz.Scope, session *authz.Session, id, objectID string, entries []Entry, files []approval.Upload) (Sheet, error) {
	return s.JudgeOwn(ctx, scope, session, id, objectID, entries, files, "")
}

// JudgeOwn is Judge of an object of the judge's own unit, with the reason why
// somebody of that unit does it.
func (s *Service) JudgeOwn(ctx context.Context, scope authz.Scope, session *authz.Session, id, objectID string, entries []Entry, files []approval.Upload, why string) (Sheet, error) {
	why = strings.TrimSpace(why)
	r, o, err := s.ofRound(ctx, s.DB, scope, id, objectID)
	if err != nil {
		return Sheet{}, err
	}
	p, err := r.Pack()
	if err != nil {
		return Sheet{}, err
	}
	marks, err := checked(p, o.Class, entries)
	if err != nil {
		return Sheet{}, err
	}
	taken, err := approval.TakeAll(ctx, s.Store, files)
	if err != nil {
		return Sheet{}, err
	}
	var sheet Sheet
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		actor, err := audit.PersonFrom(ctx)
		if err != nil {
			return err
		}
		r, o, err := s.ofRound(ctx, tx, scope, id, objectID)
		if err != nil {
			return err
		}
		switch {
		case r.State != Collecting:
			return fault.Newf(fault.Conflict, "这一轮现在是“%s”，不能评判。", r.StateName())
		case !o.RemovedAt.IsZero():
			return fault.Newf(fault.Conflict, "%s已移出样本，不需要评判。", o.Name)
		}
		own, err := s.ownUnit(ctx, tx, session, o)
		if err != nil {
			return err
		}
		if own {
			if err := fault.ReasonFor("own_reason", "由本单位人员评判的理由", why); err != nil {
				return err
			}
		} else {
			why = ""
		}
		have, err := s.sheets(ctx, tx, id, objectID)
		if err != nil {
			return err
		}
		sheet = Sheet{ID: ulid.Make().String(), Round: id, Object: objectID, Seat: "first", JudgeID: actor.ID, JudgeName: actor.Name, At: tx.Now(), OwnReason: why}
		mine := -1
		for i, h := range have {
			switch {
			case h.JudgeID == actor.ID:
				mine = i
			case h.Seat == "first":
				sheet.Seat = "second"
			}
		}
		if mine < 0 && len(have) > 1 {
			return fault.Newf(fault.Conflict, "%s已由两人评判，不需要第三人；两人不一致的由负责人裁定。", o.Name)
		}
		if mine >= 0 {
			sheet.ID, sheet.Seat = have[mine].ID, have[mine].Seat
			if len(have) == 2 {
				return fault.Newf(fault.Conflict, "两人的评判都已提交，不能再改；不一致的由负责人裁定。")
			}
			if _, err := tx.Exec(ctx, `DELETE FROM appraisal_mark WHERE sheet_id = $1`, sheet.ID); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE appraisal_sheet SET at = $2, own_reason = $3 WHERE id = $1`, sheet.ID, tx.Now(), why); err != nil {
				return err
			}
		} else if _, err := tx.Exec(ctx, `INSERT INTO appraisal_sheet (id, round_id, object_id, seat, judge_id, judge_name, at, own_reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			sheet.ID, id, objectID, sheet.Seat, actor.ID, actor.Name, tx.Now(), why); err != nil {
			if _, dup := db.UniqueViolation(err); dup {
				return fault.New(fault.Conflict, "另一位评判人刚刚提交，请再提交一次。").From(err)
			}
			return err
		}
		rows := make([][]any, 0, len(marks))
		for _, m := range marks {
			rows = append(rows, []any{sheet.ID, m.Indicator, string(m.Outcome), m.Hits, m.Whole, int64(m.Earned), m.Says})
		}
		if err := tx.InsertAll(ctx, "appraisal_mark", []string{"sheet_id", "indicator", "outcome", "hits", "whole", "earned", "says"}, rows); err != nil {
			return err
		}
		if err := approval.AttachAll(ctx, tx, "appraisal_sheet", sheet.ID, taken); err != nil {
			return err
		}
		// What was judged stays out of the trail until the freeze: a colleague who
		// reads the trail would no longer judge blind.
		after := map[string]any{"round": r.Number, "seat": sheet.Seat, "lines": len(marks), "files": len(taken)}
		if why != "" {
			after["own_reason"] = why
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "appraisal.sheet.keep", Target: o.Target(), Basis: citation30, After: after})
	})
	return sheet, err
}

// checked holds what a judge typed to the pack.
func checked(p packs.Pack, class packs.Class, entries []Entry) ([]Entry, error) {
	var wrong fault.Fields
	var out []Entry
	for _, e := range entries {
		i, ok := p.Indicator(e.Indicator)
		if !ok || !i.Applies(class) || !ByHand(i) {
			wrong.Add("outcome_"+e.Indicator, "这一项不由人工评判，请从页面中填写")
			continue
		}
		e.Says = strings.TrimSpace(e.Says)
		switch e.Outcome {
		case "":
			continue
		case packs.Kept, packs.Untested:
			e.Hits, e.Whole = 0, false
		case packs.Violated:
			wrong.Check(len([]rune(e.Says)) >= 4, "says_"+e.Indicator, i.Name+"评为有问题，请写明看到的情况（4 至 1000 字）")
			if i.Kind == packs.Deduct && !e.Whole {
				wrong.Check(e.Hits >= 1 && e.Hits <= maxHits, "hits_"+e.Indicator, fmt.Sprintf("%s评为有问题，请填写处数（1 至 %d）或选择整项缺失", i.Name, maxHits))
			}
		default:
			wrong.Add("outcome_"+e.Indicator, i.Name+"的评判结果无法识别，请从列表中选择")
		}
		wrong.Text("says_"+e.Indicator, i.Name+"的说明", e.Says, false, 1000)
		if i.Kind != packs.Bonus || e.Outcome != packs.Kept {
			e.Earned = 0
		}
		wrong.Check(e.Earned >= 0 && e.Earned <= i.Points.N, "earned_"+e.Indicator, fmt.Sprintf("%s最多加 %s 分", i.Name, i.Points.N))
		wrong.Check(e.Earned == 0 || len([]rune(e.Says)) >= 4, "says_"+e.Indicator, i.Name+"有加分，请写明依据（4 至 1000 字）")
		out = append(out, e)
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "没有填写任何一项评判，请至少评判一项；没有条件检查的选“未检测”并写明原因。")
	}
	return out, nil
}

// Difference is a serious line on which two judges differ.
type Difference struct {
	Object    Object
	Indicator packs.Indicator
	Marks     []Mark
	Ruled     *Mark
}

// Differences of a round in scope, those without a ruling first, and how many
// there are.
func (s *Service) Differences(ctx context.Context, scope authz.Scope, id string, limit, offset int) ([]Difference, int, error) {
	r, err := s.round(ctx, s.DB, scope, id)
	if err != nil {
		return nil, 0, err
	}
	p, err := r.Pack()
	if err != nil {
		return nil, 0, err
	}
	total, err := s.differing(ctx, s.DB, p, id, false)
	if err != nil {
		return nil, 0, err
	}
	list, err := s.differences(ctx, s.DB, p, id, differenceFilter{limit: limit, offset: offset})
	return list, total, err
}

// differenceFilter narrows differences.
type differenceFilter struct {
	unruled           bool
	object, indicator string
	limit, offset     int
}

// differingFrom joins the two sheets of an object where a serious line of theirs
// differs: a province has thousands of sheets, of which few do.
const differingFrom = `
	  FROM appraisal_sheet a JOIN appraisal_sheet b ON b.object_id = a.object_id AND b.seat = 'second'
	  JOIN appraisal_mark m ON m.sheet_id = a.id JOIN appraisal_mark n ON n.sheet_id = b.id AND n.indicator = m.indicator AND n.outcome <> m.outcome
	  JOIN appraisal_object o ON o.id = a.object_id JOIN unit v ON v.id = o.unit_id
	  LEFT JOIN appraisal_ruling g ON g.object_id = o.id AND g.indicator = m.indicator
	 WHERE `

func differingWhere(w *db.Where, p packs.Pack, round string, f differenceFilter) {
	var serious []string
	for _, i := range p.Indicators {
		if Serious(i) {
			serious = append(serious, i.ID)
		}
	}
	w.And("a.round_id = ?", round).And("a.seat = 'first'").And("o.removed_at IS NULL").And("m.indicator IN "+db.Among(w, serious)).
		AndIf(f.unruled, "g.id IS NULL").AndIf(f.object != "", "o.id = ?", f.object).AndIf(f.indicator != "", "m.indicator = ?", f.indicator)
}

// differing is how many differences a round has, or how many without a ruling.
func (s *Service) differing(ctx context.Context, q db.Querier, p packs.Pack, round string, unruled bool) (int, error) {
	var w db.Where
	differingWhere(&w, p, round, differenceFilter{unruled: unruled})
	return db.One(ctx, q, db.Value[int], `SELECT count(*)`+differingFrom+w.SQL(), w.Args()...)
}

func (s *Service) differences(ctx context.Context, q db.Querier, p packs.Pack, round string, f differenceFilter) ([]Difference, error) {
	var w db.Where
	differingWhere(&w, p, round, f)
	return db.All(ctx, q, func(r db.Scanner) (Difference, error) {
		x, y, head := Mark{Seat: "first"}, Mark{Seat: "second"}, Mark{Seat: "head"}
		var d Difference
		var indicator string
		var ruled bool
		var err error
		d.Object, err = scanObjectAnd(r, &indicator, &x.Judge, &x.JudgeID, &x.Outcome, &x.Hits, &x.Whole, &x.Earned, &x.Says, &y.Judge, &y.JudgeID, &y.Outcome, &y.Hits, &y.Whole, &y.Earned, &y.Says,
			&ruled, &head.Outcome, &head.Says, &head.JudgeID, &head.Judge)
		d.Indicator, _ = p.Indicator(indicator)
		d.Marks = []Mark{x, y}
		if ruled {
			d.Ruled = &head
		}
		return d, err
	}, `SELECT `+objectColumns+`, m.indicator, a.judge_name, a.judge_id, m.outcome, m.hits, m.whole, m.earned, m.says, b.judge_name, b.judge_id, n.outcome, n.hits, n.whole, n.earned, n.says,
	       g.id IS NOT NULL, COALESCE(g.outcome, ''), COALESCE(g.says, ''), COALESCE(g.head_id, ''), COALESCE(g.head_name, '')`+differingFrom+w.SQL()+
		` ORDER BY CASE WHEN g.id IS NULL THEN 0 ELSE 1 END, o.area_code, o.name, o.id, m.indicator LIMIT `+w.Arg(cmp.Or(f.limit, 50))+` OFFSET `+w.Arg(f.offset), w.Args()...)
}

// Rule is the head's word where two judges differ: a third person's.
func (s *Service) Rule(ctx context.Context, scope authz.Scope, id, objectID, indicator string, outcome packs.Outcome, why string) error {
	why = strings.TrimSpace(why)
	if err := fault.ReasonFor("why", "裁定理由", why); err != nil {
		return err
	}
	if outcome != packs.Kept && outcome != packs.Violated && outcome != packs.Untested {
		return fault.New(fault.Invalid, "没有选择裁定结果，请选择。").On("outcome", "请选择裁定结果")
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		actor, err := audit.PersonFrom(ctx)
		if err != nil {
			return err
		}
		r, o, err := s.ofRound(ctx, tx, scope, id, objectID)
		if err != nil {
			return err
		}
		if r.State != Collecting {
			return fault.Newf(fault.Conflict, "这一轮现在是“%s”，不能裁定分歧。", r.StateName())
		}
		p, err := r.Pack()
		if err != nil {
			return err
		}
		all, err := s.differences(ctx, tx, p, r.ID, differenceFilter{object: objectID, indicator: indicator})
		if err != nil {
			return err
		}
		if len(all) == 0 {
			return fault.New(fault.Conflict, "这一项没有分歧，不需要裁定。")
		}
		if slices.ContainsFunc(all[0].Marks, func(m Mark) bool { return m.JudgeID == actor.ID }) {
			return fault.New(fault.Refused, "您是这一项的评判人之一，不能裁定，请由另一位负责人裁定。")
		}
		if _, err := tx.Exec(ctx, `INSERT INTO appraisal_ruling (id, round_id, object_id, indicator, outcome, says, head_id, head_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			ulid.Make().String(), id, objectID, indicator, string(outcome), why, actor.ID, actor.Name, tx.Now()); err != nil {
			if _, dup := db.UniqueViolation(err); dup {
				return fault.New(fault.Conflict, "这一项已由他人裁定，请刷新后查看。").From(err)
			}
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "appraisal.sheet.rule", Target: o.Target(), Basis: citation30, After: map[string]any{"round": r.Number, "indicator": indicator, "outcome": outcome, "why": why}})
	})
}

// Progress is how far a round has come.
type Progress struct {
	Objects  int // in the sample
	One, Two int // objects with one sheet, with two
	Tested   int // sites with a finished run in the period
	Sites    int
	Open     int // serious lines without a ruling
	// Untested are the sites nobody has looked at: no run, no sheet.
	Untested []Object
	Running  []Object // a run is under way
	Appeals  int      // raised
	Waiting  int      // without an answer
	Accepted int      // objects whose unit has nothing to object
	Removed  int
}

// untestedShown bounds the list of Progress.
const untestedShown = 50

// Progress of a round in scope.
func (s *Service) Progress(ctx context.Context, scope authz.Scope, id string) (Progress, error) {
	r, err := s.round(ctx, s.DB, scope, id)
	if err != nil {
		return Progress{}, err
	}
	from, until, err := r.window()
	if err != nil {
		return Progress{}, err
	}
	p, err := db.One(ctx, s.DB, func(x db.Scanner) (Progress, error) {
		var p Progress
		err := x.Scan(&p.Objects, &p.Sites, &p.One, &p.Two, &p.Tested, &p.Accepted, &p.Removed)
		return p, err
	}, `SELECT COALESCE(sum(CASE WHEN o.removed_at IS NULL THEN 1 ELSE 0 END), 0), COALESCE(sum(CASE WHEN o.removed_at IS NULL AND o.kind = 'site' THEN 1 ELSE 0 END), 0),
	           COALESCE(sum(CASE WHEN o.removed_at IS NULL AND h.n = 1 THEN 1 ELSE 0 END), 0), COALESCE(sum(CASE WHEN o.removed_at IS NULL AND h.n = 2 THEN 1 ELSE 0 END), 0),
	           COALESCE(sum(CASE WHEN o.removed_at IS NULL AND `+ranIn+` THEN 1 ELSE 0 END), 0), COALESCE(sum(CASE WHEN o.removed_at IS NULL AND o.accepted_at IS NOT NULL THEN 1 ELSE 0 END), 0),
	           COALESCE(sum(CASE WHEN o.removed_at IS NOT NULL THEN 1 ELSE 0 END), 0)
	      FROM appraisal_object o LEFT JOIN (SELECT object_id, count(*) AS n FROM appraisal_sheet WHERE round_id = $1 GROUP BY object_id) h ON h.object_id = o.id
	     WHERE o.round_id = $1`, id, from, until)
	if err != nil {
		return p, err
	}
	if p.Untested, err = db.All(ctx, s.DB, scanObject, objectSelect+` WHERE o.round_id = $1 AND o.removed_at IS NULL AND o.kind = 'site' AND NOT `+ranIn+`
		AND NOT EXISTS (SELECT 1 FROM appraisal_sheet h WHERE h.object_id = o.id) ORDER BY o.area_code, o.name, o.id LIMIT `+fmt.Sprint(untestedShown), id, from, until); err != nil {
		return p, err
	}
	if p.Running, err = s.running(ctx, s.DB, id); err != nil {
		return p, err
	}
	if r.State == Collecting {
		pack, err := r.Pack()
		if err != nil {
			return p, err
		}
		if p.Open, err = s.differing(ctx, s.DB, pack, r.ID, true); err != nil {
			return p, err
		}
	}
	type count struct{ all, waiting int }
	c, err := db.One(ctx, s.DB, func(x db.Scanner) (count, error) {
		var c count
		return c, x.Scan(&c.all, &c.waiting)
	}, `SELECT count(*), COALESCE(sum(CASE WHEN state = 'raised' THEN 1 ELSE 0 END), 0) FROM appraisal_appeal WHERE round_id = $1`, id)
	p.Appeals, p.Waiting = c.all, c.waiting
	return p, err
}

// ranIn: a finished run of the site in the window $2 to $3.
const ranIn = `(o.kind = 'site' AND EXISTS (SELECT 1 FROM inspection_run n WHERE n.site_id = o.object_id AND n.state = 'done' AND n.finished_at >= $2 AND n.finished_at < $3))`

// running are the sampled sites being looked at right now.
func (s *Service) running(ctx context.Context, q db.Querier, id string) ([]Object, error) {
	return db.All(ctx, q, scanObject, objectSelect+` WHERE o.round_id = $1 AND o.removed_at IS NULL AND o.kind = 'site' AND EXISTS (SELECT 1 FROM inspection_run n WHERE n.site_id = o.object_id AND n.state = 'running') ORDER BY o.area_code, o.name, o.id`, id)
}

// File opens a file of a round for who may see it: evidence of a sheet and files
// of an appeal.
func (s *Service) File(ctx context.Context, scope authz.Scope, session *authz.Session, objectID, file string) (approval.Attachment, io.ReadCloser, error) {
	v, err := s.Result(ctx, scope, session, objectID)
	if err != nil {
		return approval.Attachment{}, nil, err
	}
	for _, list := range v.files() {
		for _, a := range list {
			if a.ID == file {
				r, err := s.Store.Open(ctx, blob.Ref(a.Blob))
				return a, r, err
			}
		}
	}
	return approval.Attachment{}, nil, fault.Missing("附件")
}
