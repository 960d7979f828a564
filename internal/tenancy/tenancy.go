package tenancy

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
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// ID identifies operating rules.
type ID string

// States of operating rules.
const (
	Drafting   = "drafting"
	Consulting = "consulting"
	InForceNow = "in_force"
	Replaced   = "replaced"
)

// Machine declares what may become of operating rules.
var Machine = passage.Machine{
	Kind: "operating_rules", Noun: "运维管理细则",
	States: map[string]string{Drafting: "起草", Consulting: "征求意见", InForceNow: "有效", Replaced: "已废止"},
	Moves: []passage.Move{
		{From: "", Act: "draft", To: Drafting, Says: "起草", Permit: string(authz.RecordManage)},
		{From: Drafting, Act: "consult", To: Consulting, Says: "征求进驻单位意见", Guard: "列出进驻单位，期限在以后", Permit: string(authz.RecordManage)},
		{From: Consulting, Act: "issue", To: InForceNow, Says: "印发", Guard: "会同进驻单位、双方权责、本级主管单位、文号（第二十八条）", Permit: string(authz.RulesIssue)},
		{From: InForceNow, Act: "replace", To: Replaced, Says: "被新细则代替", Guard: "新细则印发", Permit: "system"},
		{From: InForceNow, Act: "repeal", To: Replaced, Says: "废止", Permit: string(authz.RulesIssue)},
	},
}

const citation = sx2021.Instrument + " 第二十八条"

// The clocks of Article 28.
var (
	CommentObligation = obligation.Kind{ID: "rules_comment", Name: "运维管理细则意见反馈", Clause: "S28.1", Citation: citation,
		Says: "进驻单位在期限内反馈意见；没有意见也请反馈", Remind: []int{3, 0}, Escalate: 3}
	ReceiptObligation = obligation.Kind{ID: "rules_receipt", Name: "运维管理细则签收", Clause: "S28.2", Citation: citation,
		Says: "进驻单位签收运维管理细则", Remind: []int{3, 0}, Escalate: 3}
)

// Obligations are the clocks this module runs.
func Obligations() []obligation.Kind { return []obligation.Kind{CommentObligation, ReceiptObligation} }

// Rules are one operating-rules document.
type Rules struct {
	ID             ID
	Unit           org.UnitID // 平台运维管理方
	UnitName       string     // joined
	Issuer         org.UnitID
	IssuerName     string // joined
	Platform       string
	Title          string
	OperatorDuties string
	ResidentDuties string
	ConsultedUntil calendar.Date
	Number         string
	IssuedOn       calendar.Date
	FileID         string
	FileName       string
	DraftID        string
	DraftName      string
	State          string
	UpdatedAt      time.Time
	Residents      int // joined: how many, of them heard and signed
	Heard          int
	Signed         int
	unitArea       string
	unitLine       string
	issuerArea     string
	issuerLine     string
}

// StateName is the state in Chinese.
func (o Rules) StateName() string { return Machine.Name(o.State) }

// Link is the document's page.
func (o Rules) Link() string { return "/console/operating-rules/" + string(o.ID) }

// Target names the document in the trail.
func (o Rules) Target() audit.Target {
	return audit.Target{Kind: "operating_rules", ID: string(o.ID), Name: o.Title, Unit: string(o.Unit)}
}

// DraftedIn reports whether the drafting party lies in the scope.
func (o Rules) DraftedIn(scope authz.Scope) bool {
	return o.unitArea != "" && scope.Covers(o.unitArea, o.unitLine)
}

// IssuedIn reports whether the issuer lies in the scope.
func (o Rules) IssuedIn(scope authz.Scope) bool {
	return o.issuerArea != "" && scope.Covers(o.issuerArea, o.issuerLine)
}

// Resident is one sponsor whose site lives, or is to live, on the platform.
type Resident struct {
	ID          string
	Unit        org.UnitID
	UnitName    string
	AskedAt     time.Time
	Comment     string
	CommentedAt time.Time
	CommentedBy string
	Verdict     string
	VerdictSays string
	ReceiptAt   time.Time
	ReceiptBy   string
	UrgedAt     time.Time
	OpenedOn    calendar.Date
	ExtraID     string
	ExtraName   string
	area, line  string
}

// In reports whether the resident lies in the scope.
func (r Resident) In(scope authz.Scope) bool { return r.area != "" && scope.Covers(r.area, r.line) }

// NoComment is what a resident without comments says.
const NoComment = "无意见"

// Unsettled reports whether a comment still needs a verdict.
func (r Resident) Unsettled() bool {
	return !r.CommentedAt.IsZero() && r.Comment != NoComment && r.Verdict == ""
}

// Verdicts are what may become of a comment.
var Verdicts = []struct{ Value, Name string }{{"adopted", "采纳"}, {"partly", "部分采纳"}, {"not", "不采纳"}}

// VerdictName is a verdict in Chinese.
func VerdictName(v string) string {
	for _, x := range Verdicts {
		if x.Value == v {
			return x.Name
		}
	}
	return ""
}

// Parts are what the service works with.
type Parts struct {
	DB          *db.DB
	Org         *org.Service
	Obligations *obligation.Service
	Days        calendar.Workdays
	Store       blob.Store
	Settings    func() sx2021.Settings
}

// Service is the door of tenancy.
type Service struct {
	db          *db.DB
	org         *org.Service
	obligations *obligation.Service
	days        calendar.Workdays
	store       blob.Store
	settings    func() sx2021.Settings
}

// New makes the service.
func New(p Parts) *Service {
	return &Service{db: p.DB, org: p.Org, obligations: p.Obligations, days: p.Days, store: p.Store, settings: p.Settings}
}

const rulesSelect = `
	SELECT o.id, o.unit_id, u.name, o.issuer_id, i.name, o.platform, o.title, o.operator_duties, o.resident_duties, o.consulted_until, o.number, o.issued_on,
	       COALESCE(o.file_id, ''), o.file_name, COALESCE(o.draft_id, ''), o.draft_name, o.state, o.updated_at,
	       (SELECT count(*) FROM resident r WHERE r.rules_id = o.id), (SELECT count(*) FROM resident r WHERE r.rules_id = o.id AND r.commented_at IS NOT NULL),
	       (SELECT count(*) FROM resident r WHERE r.rules_id = o.id AND r.receipt_at IS NOT NULL), u.area_path, u.line_path, i.area_path, i.line_path
	  FROM operating_rules o JOIN unit u ON u.id = o.unit_id JOIN unit i ON i.id = o.issuer_id`

func scanRules(r db.Scanner) (Rules, error) {
	var o Rules
	err := r.Scan(&o.ID, &o.Unit, &o.UnitName, &o.Issuer, &o.IssuerName, &o.Platform, &o.Title, &o.OperatorDuties, &o.ResidentDuties, &o.ConsultedUntil, &o.Number, &o.IssuedOn,
		&o.FileID, &o.FileName, &o.DraftID, &o.DraftName, &o.State, &o.UpdatedAt, &o.Residents, &o.Heard, &o.Signed, &o.unitArea, &o.unitLine, &o.issuerArea, &o.issuerLine)
	return o, err
}

// visible narrows to documents drafted or issued in the scope, or with a
// resident there from the day it was asked.
func visible(scope authz.Scope, w *db.Where) {
	var theirs, resident db.Where
	scope.WhereAny(&theirs, "u", "i")
	scope.Where(&resident, "ru")
	w.And("? OR EXISTS (SELECT 1 FROM resident r JOIN unit ru ON ru.id = r.unit_id WHERE r.rules_id = o.id AND r.asked_at IS NOT NULL AND ?)", &theirs, &resident)
}

// Rules in scope: of the drafting party, the issuer and the residents asked.
func (s *Service) Rules(ctx context.Context, q db.Querier, scope authz.Scope, id ID) (Rules, error) {
	var w db.Where
	visible(scope, &w)
	w.And("o.id = ?", id)
	o, err := db.One(ctx, q, scanRules, rulesSelect+` WHERE `+w.SQL(), w.Args()...)
	if db.None(err) {
		return Rules{}, fault.Missing("运维管理细则")
	}
	return o, err
}

// Filter narrows Documents.
type Filter struct {
	Text   string
	State  string
	Unit   org.UnitID
	Limit  int // 50 when zero
	Offset int
}

// Documents in scope, those in force first, and how many there are.
func (s *Service) Documents(ctx context.Context, scope authz.Scope, f Filter) ([]Rules, int, error) {
	var w db.Where
	visible(scope, &w)
	if f.Text != "" {
		like := db.Contains(f.Text)
		w.And(`lower(o.title) LIKE ? ESCAPE '\' OR lower(o.platform) LIKE ? ESCAPE '\' OR lower(o.number) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\'`, like, like, like, like)
	}
	w.AndIf(f.State != "", "o.state = ?", f.State).AndIf(f.Unit != "", "o.unit_id = ? OR o.issuer_id = ? OR EXISTS (SELECT 1 FROM resident r WHERE r.rules_id = o.id AND r.unit_id = ?)", f.Unit, f.Unit, f.Unit)
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM operating_rules o JOIN unit u ON u.id = o.unit_id JOIN unit i ON i.id = o.issuer_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, scanRules, rulesSelect+` WHERE `+w.SQL()+`
		ORDER BY CASE o.state WHEN 'in_force' THEN 0 WHEN 'consulting' THEN 1 WHEN 'drafting' THEN 2 ELSE 3 END, o.updated_at DESC, o.id LIMIT `+w.Arg(cmp.Or(f.Limit, 50))+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

const residentSelect = `
	SELECT r.id, r.unit_id, u.name, r.asked_at, r.comment, r.commented_at, r.commented_by, r.verdict, r.verdict_says, r.receipt_at, r.receipt_by, r.urged_at,
	       r.opened_on, COALESCE(r.extra_id, ''), r.extra_name, u.area_path, u.line_path
	  FROM resident r JOIN unit u ON u.id = r.unit_id`

func scanResident(r db.Scanner) (Resident, error) {
	var x Resident
	err := r.Scan(&x.ID, &x.Unit, &x.UnitName, &x.AskedAt, &x.Comment, &x.CommentedAt, &x.CommentedBy, &x.Verdict, &x.VerdictSays, &x.ReceiptAt, &x.ReceiptBy, &x.UrgedAt,
		&x.OpenedOn, &x.ExtraID, &x.ExtraName, &x.area, &x.line)
	return x, err
}

// Dossier is all there is of one document. A resident sees itself only.
type Dossier struct {
	Rules     Rules
	Residents []Resident
	History   []audit.Row
}

// Dossier in scope.
func (s *Service) Dossier(ctx context.Context, scope authz.Scope, id ID) (d Dossier, err error) {
	err = s.db.View(ctx, func(tx *db.Tx) error {
		if d.Rules, err = s.Rules(ctx, tx, scope, id); err != nil {
			return err
		}
		all, err := db.All(ctx, tx, scanResident, residentSelect+` WHERE r.rules_id = $1 ORDER BY u.area_path, u.name, r.id`, id)
		if err != nil {
			return err
		}
		owner := d.Rules.DraftedIn(scope) || d.Rules.IssuedIn(scope)
		d.Residents = slices.DeleteFunc(all, func(r Resident) bool { return !owner && !r.In(scope) })
		if owner {
			d.History, err = audit.Entries(ctx, tx, audit.Filter{TargetKind: "operating_rules", TargetID: string(id), Limit: 40})
		}
		return err
	})
	return d, err
}

func clean(o *Rules) error {
	o.Platform, o.Title, o.OperatorDuties, o.ResidentDuties = strings.TrimSpace(o.Platform), strings.TrimSpace(o.Title), strings.TrimSpace(o.OperatorDuties), strings.TrimSpace(o.ResidentDuties)
	var f fault.Fields
	f.Text("platform", "平台名称", o.Platform, true, 60)
	f.Text("title", "细则名称", o.Title, true, 100)
	f.Text("operator_duties", "平台运维方权责", o.OperatorDuties, false, 5000)
	f.Text("resident_duties", "进驻单位权责", o.ResidentDuties, false, 5000)
	return f.Err()
}

// Draft begins a document for the platform of a unit; its issuer is the
// supervisor of the unit's own level.
func (s *Service) Draft(ctx context.Context, scope authz.Scope, o Rules, file *approval.Upload) (Rules, error) {
	if err := clean(&o); err != nil {
		return o, err
	}
	taken, err := approval.TakeOne(ctx, s.store, file, "draft", "file")
	if err != nil {
		return o, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		u, err := s.org.UnitTx(ctx, tx, scope, o.Unit)
		if err != nil {
			return err
		}
		issuer, err := s.org.SameLevelOffice(ctx, tx, u)
		if fault.Is(err, fault.NotFound) {
			return fault.New(fault.Refused, "本级还没有登记政府办公厅（室），不能起草运维管理细则。").On("unit", "请先登记本级政府办公厅（室）")
		}
		if err != nil {
			return err
		}
		o.ID, o.UnitName, o.Issuer, o.IssuerName, o.UpdatedAt = ID(ulid.Make().String()), u.Name, issuer.ID, issuer.Name, tx.Now()
		if taken, err = approval.AttachTo(ctx, tx, "operating_rules", string(o.ID), taken); err != nil {
			return err
		}
		o.DraftID, o.DraftName = taken.ID, taken.Name
		if _, o.State, err = Machine.Take(ctx, tx, string(o.ID), "draft", passage.Note{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO operating_rules (id, unit_id, issuer_id, platform, title, operator_duties, resident_duties, number, file_name, draft_id, draft_name, state, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, '', '', $8, $9, $10, $11, $11)`,
			o.ID, o.Unit, o.Issuer, o.Platform, o.Title, o.OperatorDuties, o.ResidentDuties, db.Null(o.DraftID), o.DraftName, o.State, tx.Now()); err != nil {
			return fmt.Errorf("tenancy: draft: %w", err)
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "tenancy.rules.draft", Target: o.Target(), Basis: citation, After: o})
	})
	return o, err
}

// drafted is the document for an act of its drafting party.
func (s *Service) drafted(ctx context.Context, tx *db.Tx, scope authz.Scope, id ID) (Rules, error) {
	o, err := s.Rules(ctx, tx, scope, id)
	if err != nil {
		return o, err
	}
	if !o.DraftedIn(scope) {
		return o, fault.New(fault.Forbidden, "只有平台运维管理方（"+o.UnitName+"）可以办理。")
	}
	return o, nil
}

// Change amends a document that is not yet issued.
func (s *Service) Change(ctx context.Context, scope authz.Scope, n Rules, file *approval.Upload) (Rules, error) {
	taken, err := approval.TakeOne(ctx, s.store, file, "draft", "file")
	if err != nil {
		return n, err
	}
	var o Rules
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		before, err := s.drafted(ctx, tx, scope, n.ID)
		if err != nil {
			return err
		}
		if before.State != Drafting && before.State != Consulting {
			return fault.New(fault.Conflict, "细则已印发，不能再修改；需要调整的，请起草新的细则。")
		}
		o = before
		o.Platform, o.Title, o.OperatorDuties, o.ResidentDuties, o.UpdatedAt = n.Platform, n.Title, n.OperatorDuties, n.ResidentDuties, tx.Now()
		if err := clean(&o); err != nil {
			return err
		}
		if taken.Blob != "" {
			if taken, err = approval.AttachTo(ctx, tx, "operating_rules", string(o.ID), taken); err != nil {
				return err
			}
			o.DraftID, o.DraftName = taken.ID, taken.Name
		}
		if _, err := tx.Exec(ctx, `UPDATE operating_rules SET platform = $2, title = $3, operator_duties = $4, resident_duties = $5, draft_id = $6, draft_name = $7, updated_at = $8 WHERE id = $1`,
			o.ID, o.Platform, o.Title, o.OperatorDuties, o.ResidentDuties, db.Null(o.DraftID), o.DraftName, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "tenancy.rules.change", Target: o.Target(), Before: before, After: o})
	})
	return o, err
}

// maxResidents bounds a platform.
const maxResidents = 2000

// Include lists residents of the platform, of the drafting party's area. Those
// already listed stay as they are. During the consultation they are asked at
// once; under rules in force they owe their receipt at once.
func (s *Service) Include(ctx context.Context, scope authz.Scope, id ID, units []org.UnitID) (added int, err error) {
	if len(units) == 0 {
		return 0, fault.New(fault.Invalid, "没有选择进驻单位。").On("units", "请选择进驻单位")
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		added = 0
		o, err := s.drafted(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if o.State == Replaced {
			return fault.New(fault.Conflict, "细则已废止，不能再增加进驻单位。")
		}
		if o.Residents+len(units) > maxResidents {
			return fault.Newf(fault.Invalid, "进驻单位超过 %d 个。", maxResidents).On("units", "请分平台登记")
		}
		for _, uid := range units {
			u, err := s.org.UnitTx(ctx, tx, scope, uid)
			if err != nil {
				return err
			}
			r := Resident{ID: ulid.Make().String(), Unit: u.ID, UnitName: u.Name}
			n, err := tx.Exec(ctx, `
				INSERT INTO resident (id, rules_id, unit_id, comment, commented_by, verdict, verdict_says, receipt_by, extra_name)
				VALUES ($1, $2, $3, '', '', '', '', '', '') ON CONFLICT (rules_id, unit_id) DO NOTHING`, r.ID, id, u.ID)
			if err != nil {
				return err
			}
			if n == 0 {
				continue
			}
			added++
			if err := audit.Record(ctx, tx, audit.Entry{Act: "tenancy.resident.add", Target: o.Target(), After: map[string]string{"unit": u.Name}}); err != nil {
				return err
			}
			switch o.State {
			case Consulting:
				if err := s.ask(ctx, tx, o, r); err != nil {
					return err
				}
			case InForceNow:
				if err := s.oweReceipt(ctx, tx, o, r); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return added, err
}

func (o Rules) subject(r Resident) obligation.Subject {
	return obligation.Subject{Kind: "resident", ID: r.ID, Name: o.Title}
}

func (s *Service) ask(ctx context.Context, tx *db.Tx, o Rules, r Resident) error {
	if _, err := tx.Exec(ctx, `UPDATE resident SET asked_at = $2 WHERE id = $1`, r.ID, tx.Now()); err != nil {
		return err
	}
	return s.obligations.Open(ctx, tx, obligation.Debt{Kind: CommentObligation.ID, Unit: r.Unit, Subject: o.subject(r), Link: o.Link(), Due: calendar.Due{On: o.ConsultedUntil}})
}

func (s *Service) oweReceipt(ctx context.Context, tx *db.Tx, o Rules, r Resident) error {
	if _, err := tx.Exec(ctx, `UPDATE resident SET asked_at = COALESCE(asked_at, $2) WHERE id = $1`, r.ID, tx.Now()); err != nil {
		return err
	}
	due := s.days.Add(calendar.DateOf(tx.Now()), s.settings().RulesReceiptWorkdays)
	return s.obligations.Open(ctx, tx, obligation.Debt{Kind: ReceiptObligation.ID, Unit: r.Unit, Subject: o.subject(r), Link: o.Link(), Due: due,
		From: calendar.DateOf(tx.Now()), Length: calendar.WorkingDays(s.settings().RulesReceiptWorkdays)})
}

// Consult asks the listed residents for their comments until a day.
func (s *Service) Consult(ctx context.Context, scope authz.Scope, id ID, until calendar.Date) (Rules, error) {
	var o Rules
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if o, err = s.drafted(ctx, tx, scope, id); err != nil {
			return err
		}
		today := calendar.DateOf(tx.Now())
		switch {
		case until.IsZero() || !until.After(today):
			return fault.New(fault.Invalid, "征求意见的截止日期应在今天以后。").On("until", "请填写以后的日期")
		case until.After(today.AddDays(180)):
			return fault.New(fault.Invalid, "征求意见的期限超过 180 天，请核对日期。").On("until", "请核对日期")
		case o.State == Drafting && o.Residents == 0:
			return rules.Refuse([]rules.Breach{sx2021.RulesJoint.Breach("还没有列出进驻单位，不能征求意见；请先增加进驻单位。")})
		case o.State == Drafting && (o.DraftID == "" && o.OperatorDuties == ""):
			return fault.New(fault.Refused, "没有征求意见稿，也没有写明双方权责，进驻单位无从反馈；请先补充。")
		}
		o.ConsultedUntil = until
		if _, o.State, err = Machine.Take(ctx, tx, string(id), "consult", passage.Note{Says: "截止 " + until.String()}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE operating_rules SET state = $2, consulted_until = $3, updated_at = $4 WHERE id = $1`, id, o.State, until, tx.Now()); err != nil {
			return err
		}
		list, err := db.All(ctx, tx, scanResident, residentSelect+` WHERE r.rules_id = $1 ORDER BY r.id`, id)
		if err != nil {
			return err
		}
		for _, r := range list {
			if err := s.ask(ctx, tx, o, r); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "tenancy.rules.consult", Target: o.Target(), Basis: citation, After: map[string]any{"until": until, "residents": len(list)}})
	})
	return o, err
}

// resident is one resident for an act of its own unit.
func (s *Service) resident(ctx context.Context, q db.Querier, scope authz.Scope, id ID, unit org.UnitID) (Resident, error) {
	r, err := db.One(ctx, q, scanResident, residentSelect+` WHERE r.rules_id = $1 AND r.unit_id = $2`, id, unit)
	if db.None(err) || err == nil && !r.In(scope) {
		return r, fault.Missing("进驻单位")
	}
	return r, err
}

// Comment is what a resident says; said again before the last day it stands in
// place of the first.
func (s *Service) Comment(ctx context.Context, scope authz.Scope, id ID, unit org.UnitID, says string) error {
	says = strings.TrimSpace(says)
	if says == "" || len([]rune(says)) > 5000 {
		return fault.New(fault.Invalid, "意见没有填写，或超过 5000 字。").On("says", "请填写意见；没有意见请写“无意见”")
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		o, err := s.Rules(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		r, err := s.resident(ctx, tx, scope, id, unit)
		if err != nil {
			return err
		}
		if o.State != Consulting {
			return fault.New(fault.Conflict, "细则现在的状态是“"+o.StateName()+"”，不在征求意见。")
		}
		actor, _ := audit.ActorFrom(ctx)
		if _, err := tx.Exec(ctx, `UPDATE resident SET comment = $2, commented_at = $3, commented_by = $4, verdict = '', verdict_says = '' WHERE id = $1`, r.ID, says, tx.Now(), actor.Name); err != nil {
			return err
		}
		if _, err := s.obligations.Discharge(ctx, tx, CommentObligation.ID, o.subject(r), "已反馈"); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "tenancy.resident.comment", Target: o.Target(), Before: r.Comment, After: map[string]string{"unit": r.UnitName, "says": says}})
	})
}

// Settle says what becomes of a comment.
func (s *Service) Settle(ctx context.Context, scope authz.Scope, id ID, resident, verdict, says string) error {
	says = strings.TrimSpace(says)
	switch {
	case VerdictName(verdict) == "":
		return fault.New(fault.Invalid, "没有选择处理结果。").On("verdict", "请选择采纳、部分采纳或不采纳")
	case verdict != "adopted" && says == "":
		return fault.New(fault.Invalid, "不采纳或部分采纳的，请写明理由。").On("verdict_says", "请写明理由")
	case len([]rune(says)) > 1000:
		return fault.New(fault.Invalid, "理由超过 1000 字。").On("verdict_says", "请压缩到 1000 字以内")
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		o, err := s.drafted(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if o.State != Consulting {
			return fault.New(fault.Conflict, "细则现在的状态是“"+o.StateName()+"”，不再处理意见。")
		}
		n, err := tx.Exec(ctx, `UPDATE resident SET verdict = $3, verdict_says = $4 WHERE rules_id = $1 AND id = $2 AND commented_at IS NOT NULL`, id, resident, verdict, says)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.Missing("意见")
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "tenancy.resident.settle", Target: o.Target(), After: map[string]string{"resident": resident, "verdict": verdict, "says": says}})
	})
}

// standing is how the document stands to Article 28 for issuing.
func standing(o Rules, residents []Resident, sameLevel bool, number string, document bool) sx2021.OperatingRules {
	n := sx2021.OperatingRules{Residents: len(residents), ConsultedUntil: o.ConsultedUntil, OperatorDuties: o.OperatorDuties, ResidentDuties: o.ResidentDuties,
		SameLevel: sameLevel, Number: number, Document: document}
	for _, r := range residents {
		if !r.CommentedAt.IsZero() {
			n.Heard++
		}
		if r.Unsettled() {
			n.Unsettled++
		}
	}
	return n
}

// Check says what keeps the document of a dossier from being issued today,
// number and paper aside.
func (d Dossier) Check(today calendar.Date) []rules.Breach {
	return sx2021.CheckRulesIssue(standing(d.Rules, d.Residents, true, "x", true), today)
}

// Issue puts the rules into force in the name of the supervisor: they replace
// what was in force, and every resident owes its receipt.
func (s *Service) Issue(ctx context.Context, scope authz.Scope, id ID, number string, on calendar.Date, file *approval.Upload) (Rules, error) {
	number = strings.TrimSpace(number)
	if len([]rune(number)) > 60 {
		return Rules{}, fault.New(fault.Invalid, "文号超过 60 字。").On("number", "请填写文号，如 陕政办函〔2026〕1号")
	}
	taken, err := approval.TakeOne(ctx, s.store, file, "rules", "file")
	if err != nil {
		return Rules{}, err
	}
	var o Rules
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if o, err = s.Rules(ctx, tx, scope, id); err != nil {
			return err
		}
		if !o.IssuedIn(scope) {
			return fault.New(fault.Forbidden, "细则由"+o.IssuerName+"印发，请由该单位的主管人员办理。")
		}
		today := calendar.DateOf(tx.Now())
		if on.IsZero() {
			on = today
		}
		if on.After(today) {
			return fault.New(fault.Invalid, "印发日期在今天以后。").On("on", "请填写今天或以前的日期")
		}
		residents, err := db.All(ctx, tx, scanResident, residentSelect+` WHERE r.rules_id = $1 ORDER BY r.id`, id)
		if err != nil {
			return err
		}
		if o.State == Consulting {
			u, err := s.org.UnitTx(ctx, tx, authz.System("tenancy.issue"), o.Unit)
			if err != nil {
				return err
			}
			// Offices change between draft and issue: the one of today counts.
			level, err := s.org.SameLevelOffice(ctx, tx, u)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			if err := rules.Refuse(sx2021.CheckRulesIssue(standing(o, residents, level.ID == o.Issuer, number, taken.Blob != ""), today)); err != nil {
				return err
			}
		}
		if taken, err = approval.AttachTo(ctx, tx, "operating_rules", string(id), taken); err != nil {
			return err
		}
		before, err := db.All(ctx, tx, scanRules, rulesSelect+` WHERE o.unit_id = $1 AND o.state = 'in_force' AND o.id <> $2`, o.Unit, id)
		if err != nil {
			return err
		}
		for _, old := range before {
			if err := s.retire(ctx, tx, old, "replace", "由“"+o.Title+"”代替"); err != nil {
				return err
			}
		}
		if _, o.State, err = Machine.Take(ctx, tx, string(id), "issue", passage.Note{Says: number}); err != nil {
			return err
		}
		o.Number, o.IssuedOn, o.FileID, o.FileName = number, on, taken.ID, taken.Name
		if _, err := tx.Exec(ctx, `UPDATE operating_rules SET state = $2, number = $3, issued_on = $4, file_id = $5, file_name = $6, updated_at = $7 WHERE id = $1`,
			id, o.State, o.Number, o.IssuedOn, db.Null(o.FileID), o.FileName, tx.Now()); err != nil {
			return err
		}
		for _, r := range residents {
			if _, err := s.obligations.Annul(ctx, tx, CommentObligation.ID, o.subject(r), "细则已印发"); err != nil {
				return err
			}
			if err := s.oweReceipt(ctx, tx, o, r); err != nil {
				return err
			}
		}
		// A tenancy goes on under the rules that replace those it opened under.
		for _, old := range before {
			if _, err := tx.Exec(ctx, `
				UPDATE resident SET opened_on = (SELECT p.opened_on FROM resident p WHERE p.rules_id = $2 AND p.unit_id = resident.unit_id)
				 WHERE rules_id = $1 AND opened_on IS NULL`, id, old.ID); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "tenancy.rules.issue", Target: o.Target(), Basis: citation, After: o})
	})
	return o, err
}

// retire takes rules out of force; receipts still owed are owed no longer.
func (s *Service) retire(ctx context.Context, tx *db.Tx, o Rules, act, why string) error {
	_, state, err := Machine.Take(ctx, tx, string(o.ID), act, passage.Note{Says: why})
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE operating_rules SET state = $2, updated_at = $3 WHERE id = $1`, o.ID, state, tx.Now()); err != nil {
		return err
	}
	list, err := db.All(ctx, tx, scanResident, residentSelect+` WHERE r.rules_id = $1 AND r.receipt_at IS NULL`, o.ID)
	if err != nil {
		return err
	}
	for _, r := range list {
		if _, err := s.obligations.Annul(ctx, tx, ReceiptObligation.ID, o.subject(r), why); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "tenancy.rules." + act, Target: o.Target(), Basis: citation, After: map[string]string{"why": why}})
}

// Repeal takes rules out of force without new ones: no site may then enter.
func (s *Service) Repeal(ctx context.Context, scope authz.Scope, id ID, why string) error {
	if why = strings.TrimSpace(why); why == "" || len([]rune(why)) > 500 {
		return fault.New(fault.Invalid, "请写明废止原因，不超过 500 字。").On("why", "请填写原因，不超过 500 字")
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		o, err := s.Rules(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if !o.IssuedIn(scope) {
			return fault.New(fault.Forbidden, "细则由"+o.IssuerName+"印发，请由该单位的主管人员办理。")
		}
		return s.retire(ctx, tx, o, "repeal", why)
	})
}

// Sign is a resident's receipt.
func (s *Service) Sign(ctx context.Context, scope authz.Scope, id ID, unit org.UnitID) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		o, err := s.Rules(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		r, err := s.resident(ctx, tx, scope, id, unit)
		if err != nil {
			return err
		}
		if o.State != InForceNow {
			return fault.New(fault.Conflict, "细则现在的状态是“"+o.StateName()+"”，不需要签收。")
		}
		actor, _ := audit.ActorFrom(ctx)
		n, err := tx.Exec(ctx, `UPDATE resident SET receipt_at = $2, receipt_by = $3 WHERE id = $1 AND receipt_at IS NULL`, r.ID, tx.Now(), actor.Name)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "本单位已经签收。")
		}
		if _, err := s.obligations.Discharge(ctx, tx, ReceiptObligation.ID, o.subject(r), actor.Name+"签收"); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "tenancy.resident.sign", Target: o.Target(), Basis: citation, After: map[string]string{"unit": r.UnitName, "by": actor.Name}})
	})
}

// Urge reminds the residents that have not signed, each at most once a day. It
// returns how many.
func (s *Service) Urge(ctx context.Context, scope authz.Scope, id ID) (n int, err error) {
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		n = 0
		o, err := s.Rules(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if !o.DraftedIn(scope) && !o.IssuedIn(scope) {
			return fault.New(fault.Forbidden, "只有平台运维管理方和印发单位可以催办。")
		}
		what, cond := "签收", `r.receipt_at IS NULL`
		switch o.State {
		case InForceNow:
		case Consulting:
			what, cond = "反馈意见", `r.commented_at IS NULL`
		default:
			return fault.New(fault.Conflict, "细则现在的状态是“"+o.StateName()+"”，没有可催办的。")
		}
		today := calendar.DateOf(tx.Now())
		list, err := db.All(ctx, tx, scanResident, residentSelect+` WHERE r.rules_id = $1 AND `+cond+` AND (r.urged_at IS NULL OR r.urged_at < $2) ORDER BY r.id`, id, today.Start())
		if err != nil {
			return err
		}
		for _, r := range list {
			if _, err := tx.Exec(ctx, `UPDATE resident SET urged_at = $2 WHERE id = $1`, r.ID, tx.Now()); err != nil {
				return err
			}
			if _, err := notify.Send(ctx, tx, notify.Message{Key: "resident:" + r.ID + ":urge:" + today.String(), Unit: string(r.Unit), Link: o.Link(),
				Title: "请" + what + "：" + o.Title, Body: o.UnitName + "提醒贵单位" + what + "。依据：" + citation + "。"}); err != nil {
				return err
			}
		}
		if n = len(list); n == 0 {
			return fault.New(fault.Conflict, "今天没有需要催办的单位：都已办理，或今天已经催办过。")
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "tenancy.rules.urge", Target: o.Target(), After: map[string]any{"units": n}})
	})
	return n, err
}

// InForce is the document in force for the platform of a unit; ok is false when
// there is none.
func (s *Service) InForce(ctx context.Context, q db.Querier, scope authz.Scope, owner org.UnitID) (o Rules, ok bool, err error) {
	o, err = db.One(ctx, q, scanRules, rulesSelect+` WHERE o.unit_id = $1 AND o.state = 'in_force'`, owner)
	if db.None(err) || err == nil && !o.DraftedIn(scope) {
		return Rules{}, false, nil
	}
	return o, err == nil, err
}

// Signed reports whether the unit is a resident under the rules and has signed
// for them.
func (s *Service) Signed(ctx context.Context, q db.Querier, scope authz.Scope, id ID, unit org.UnitID) (bool, error) {
	if _, err := s.Rules(ctx, q, scope, id); err != nil {
		return false, err
	}
	n, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM resident WHERE rules_id = $1 AND unit_id = $2 AND receipt_at IS NOT NULL`, id, unit)
	return n > 0, err
}

// OpenTenancy lets a unit's sites live on the platform from today, in the
// caller's transaction: only under rules in force. scope is of the platform's
// owner. A tenancy that is open stays as it is.
func (s *Service) OpenTenancy(ctx context.Context, tx *db.Tx, scope authz.Scope, owner, resident org.UnitID) error {
	o, ok, err := s.InForce(ctx, tx, scope, owner)
	if err != nil {
		return err
	}
	if err := rules.Refuse(sx2021.CheckTenancy(ok)); err != nil {
		return err
	}
	u, err := s.org.UnitTx(ctx, tx, authz.System("tenancy.resident"), resident)
	if err != nil {
		return err
	}
	r, err := db.One(ctx, tx, scanResident, residentSelect+` WHERE r.rules_id = $1 AND r.unit_id = $2`, o.ID, resident)
	if db.None(err) {
		r = Resident{ID: ulid.Make().String(), Unit: u.ID, UnitName: u.Name}
		if _, err := tx.Exec(ctx, `
			INSERT INTO resident (id, rules_id, unit_id, comment, commented_by, verdict, verdict_says, receipt_by, extra_name)
			VALUES ($1, $2, $3, '', '', '', '', '', '')`, r.ID, o.ID, resident); err != nil {
			return err
		}
		if err := s.oweReceipt(ctx, tx, o, r); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	if !r.OpenedOn.IsZero() {
		return nil
	}
	if _, err := tx.Exec(ctx, `UPDATE resident SET opened_on = $2 WHERE id = $1`, r.ID, calendar.DateOf(tx.Now())); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "tenancy.resident.open", Target: o.Target(), Basis: citation, After: map[string]string{"unit": u.Name}})
}

// Enter opens a listed resident's tenancy from the screen, with an extra
// agreement where the two sides signed one.
func (s *Service) Enter(ctx context.Context, scope authz.Scope, id ID, resident string, file *approval.Upload) error {
	taken, err := approval.TakeOne(ctx, s.store, file, "extra", "file")
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		o, err := s.drafted(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if err := rules.Refuse(sx2021.CheckTenancy(o.State == InForceNow)); err != nil {
			return err
		}
		r, err := db.One(ctx, tx, scanResident, residentSelect+` WHERE r.rules_id = $1 AND r.id = $2`, id, resident)
		if db.None(err) {
			return fault.Missing("进驻单位")
		}
		if err != nil {
			return err
		}
		if taken.Blob != "" {
			if taken, err = approval.AttachTo(ctx, tx, "operating_rules", string(id), taken); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE resident SET extra_id = $2, extra_name = $3 WHERE id = $1`, r.ID, taken.ID, taken.Name); err != nil {
				return err
			}
		} else if !r.OpenedOn.IsZero() {
			return fault.New(fault.Conflict, r.UnitName+"已经进驻。")
		}
		return s.OpenTenancy(ctx, tx, scope, o.Unit, r.Unit)
	})
}

// File opens one file of a document in scope. An extra agreement is seen by its
// two sides.
func (s *Service) File(ctx context.Context, scope authz.Scope, id ID, file string) (approval.Attachment, io.ReadCloser, error) {
	d, err := s.Dossier(ctx, scope, id)
	if err != nil {
		return approval.Attachment{}, nil, err
	}
	a, err := approval.Attached(ctx, s.db, "operating_rules", string(id), file)
	if err != nil {
		return a, nil, err
	}
	if a.Kind == "extra" && !slices.ContainsFunc(d.Residents, func(r Resident) bool { return r.ExtraID == a.ID }) {
		return a, nil, fault.Missing("附件")
	}
	return approval.OpenAttached(ctx, s.db, s.store, "operating_rules", string(id), file)
}
