package protection

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
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// The clocks of Articles 22 and 24.
var (
	AssessmentDue = obligation.Kind{ID: "protection_assessment", Name: "等级保护测评", Clause: "S22.1", Citation: sx2021.Instrument + " 第二十二条",
		Says: "到期前完成等级保护测评并登记报告（测评周期未核实）", Remind: []int{90, 60, 30, 7}, Escalate: 7}
	CertificateDue = obligation.Kind{ID: "asset_certificate", Name: "安全设备证书到期", Clause: "S24.1", Citation: sx2021.Instrument + " 第二十四条",
		Says: "证书到期前更换证书或设备", Remind: []int{90, 60, 30, 7}, Escalate: 7}
	ContractDue = obligation.Kind{ID: "hosting_contract", Name: "托管合同到期", Clause: "S24.2", Citation: sx2021.Instrument + " 第二十四条",
		Says: "合同到期前续签或更换托管单位", Remind: []int{90, 60, 30, 7}, Escalate: 7}
	AbroadDue = obligation.Kind{ID: "hosting_abroad", Name: "境外托管迁回", Clause: "S24.2", Citation: sx2021.Instrument + " 第二十四条",
		Says: "所用服务器不得部署在境外，禁止使用境外机构提供的物理服务器和虚拟主机：迁回境内或更换服务商", Remind: []int{14, 7, 3}, Escalate: 1}
)

// Obligations are the clocks this module runs.
func Obligations() []obligation.Kind {
	return []obligation.Kind{AssessmentDue, CertificateDue, ContractDue, AbroadDue}
}

// AbroadDays is the time to bring home what stands abroad and is entered as it
// is. The text says 不得 without a period: this is ours, for the 存量 only.
const AbroadDays = 30

// Parts are what the service works with.
type Parts struct {
	DB          *db.DB
	Org         *org.Service
	Registry    *registry.Service
	Obligations *obligation.Service
	Store       blob.Store
}

// Service is the door of protection.
type Service struct {
	db          *db.DB
	org         *org.Service
	registry    *registry.Service
	obligations *obligation.Service
	store       blob.Store
}

// New makes the service.
func New(p Parts) *Service {
	return &Service{db: p.DB, org: p.Org, registry: p.Registry, obligations: p.Obligations, store: p.Store}
}

// Platform is the kind of an object that the ledger does not keep: an
// intensive platform, by its name.
const Platform sx2021.ObjectKind = "platform"

// Subject names what a record is about.
type Subject struct {
	Kind sx2021.ObjectKind
	ID   string // empty for a platform
	Name string
}

// KindName is the kind in Chinese.
func (s Subject) KindName() string {
	switch s.Kind {
	case sx2021.Site:
		return "网站"
	case sx2021.App:
		return "移动客户端"
	case Platform:
		return "平台"
	case "":
		return ""
	}
	return "账号"
}

// Grade is the 等级保护 of one object.
type Grade struct {
	ID         string
	Unit       org.UnitID
	UnitName   string // joined
	Of         Subject
	Level      int
	Filing     string
	FiledOn    calendar.Date
	AssessedOn calendar.Date
	Agency     string
	Next       calendar.Date
	UpdatedAt  time.Time
	area, line string
}

// Link is the grade's page.
func (g Grade) Link() string { return "/console/protection/" + g.ID }

// In reports whether it lies in the scope.
func (g Grade) In(scope authz.Scope) bool { return g.area != "" && scope.Covers(g.area, g.line) }

// Target names it in the trail.
func (g Grade) Target() audit.Target {
	return audit.Target{Kind: "protection_grade", ID: g.ID, Name: g.Of.Name, Unit: string(g.Unit)}
}

// Breaches are what it lacks on the day.
func (g Grade) Breaches(on calendar.Date) []rules.Breach {
	return sx2021.CheckProtection(sx2021.Protection{Level: g.Level, Filing: g.Filing, AssessedOn: g.AssessedOn, Next: g.Next}, on)
}

func (g Grade) subject() obligation.Subject {
	return obligation.Subject{Kind: "protection_grade", ID: g.ID, Name: g.Of.Name}
}

const gradeSelect = `
	SELECT g.id, g.unit_id, u.name, g.object_kind, g.object_id, g.object_name, g.level, g.filing, g.filed_on, g.assessed_on, g.agency, g.next_due, g.updated_at, u.area_path, u.line_path
	  FROM protection_grade g JOIN unit u ON u.id = g.unit_id`

func scanGrade(r db.Scanner) (Grade, error) {
	var g Grade
	err := r.Scan(&g.ID, &g.Unit, &g.UnitName, &g.Of.Kind, &g.Of.ID, &g.Of.Name, &g.Level, &g.Filing, &g.FiledOn, &g.AssessedOn, &g.Agency, &g.Next, &g.UpdatedAt, &g.area, &g.line)
	return g, err
}

// Grade in scope.
func (s *Service) Grade(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Grade, error) {
	g, err := db.One(ctx, q, scanGrade, gradeSelect+` WHERE g.id = $1`, id)
	if db.None(err) || err == nil && !g.In(scope) {
		return Grade{}, fault.Missing("等级保护记录")
	}
	return g, err
}

// Filter narrows the three lists.
type Filter struct {
	Text   string
	Unit   org.UnitID
	Level  int
	Kind   string
	Wrong  bool // only what lacks something today
	Ends   int  // days within which it expires
	Gone   bool // ended and retired ones too
	Limit  int  // 50 when zero
	Offset int
}

func (s *Service) today() calendar.Date { return calendar.DateOf(s.db.Now()) }

// Grades in scope, those due first on top.
func (s *Service) Grades(ctx context.Context, scope authz.Scope, f Filter) ([]Grade, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	if f.Text != "" {
		like := db.Contains(f.Text)
		w.And(`lower(g.object_name) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\' OR u.initials LIKE ? ESCAPE '\' OR lower(g.filing) LIKE ? ESCAPE '\'`, like, like, like, like)
	}
	today := s.today()
	w.AndIf(f.Unit != "", "g.unit_id = ?", f.Unit).AndIf(f.Level > 0, "g.level = ?", f.Level).
		AndIf(f.Ends > 0, "g.next_due <= ?", today.AddDays(f.Ends)).
		AndIf(f.Wrong, "(g.level >= 2 AND g.filing = '') OR (g.level >= 3 AND g.assessed_on IS NULL) OR g.next_due < ?", today)
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM protection_grade g JOIN unit u ON u.id = g.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, scanGrade, gradeSelect+` WHERE `+w.SQL()+` ORDER BY CASE WHEN g.next_due IS NULL THEN 1 ELSE 0 END, g.next_due, g.id LIMIT `+w.Arg(cmp.Or(f.Limit, 50))+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// object finds what a record is about and checks that it is the unit's own.
func (s *Service) object(ctx context.Context, q db.Querier, scope authz.Scope, unit org.UnitID, of Subject) (Subject, error) {
	of.Name = strings.TrimSpace(of.Name)
	if of.Kind == Platform || of.Kind == "" {
		of.ID = ""
		if of.Name == "" || len([]rune(of.Name)) > 60 {
			return of, fault.New(fault.Invalid, "没有选择网站、客户端，也没有填写平台名称。").On("object", "请选择网站或客户端，或填写平台名称")
		}
		of.Kind = Platform
		return of, nil
	}
	o, err := s.registry.Object(ctx, q, scope, registry.Ref{Kind: of.Kind, ID: of.ID})
	if err != nil {
		return of, err
	}
	if o.Unit != unit {
		return of, fault.New(fault.Invalid, o.Name+"的主办单位是"+o.UnitName+"，请以该单位登记。").On("object", "不是所选单位主办")
	}
	return Subject{Kind: o.Kind, ID: o.ID, Name: o.Name}, nil
}

func cleanGrade(g *Grade, today calendar.Date) error {
	g.Filing = strings.TrimSpace(g.Filing)
	switch {
	case g.Level < 1 || g.Level > 5:
		return fault.New(fault.Invalid, "没有选择保护等级。").On("level", "请选择第一级至第五级")
	case len([]rune(g.Filing)) > 60:
		return fault.New(fault.Invalid, "备案证明编号超过 60 字。").On("filing", "请核对编号")
	case !g.FiledOn.IsZero() && g.FiledOn.After(today):
		return fault.New(fault.Invalid, "备案日期在今天以后。").On("filed_on", "请填写今天或以前的日期")
	}
	return nil
}

// SaveGrade records the level of an object, or changes it; one object has one
// record.
func (s *Service) SaveGrade(ctx context.Context, scope authz.Scope, n Grade) (Grade, error) {
	if err := cleanGrade(&n, s.today()); err != nil {
		return n, err
	}
	var g Grade
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var before any
		var was calendar.Date
		act := "protection.grade.add"
		if n.ID != "" {
			old, err := s.Grade(ctx, tx, scope, n.ID)
			if err != nil {
				return err
			}
			before, was, act, g = old, old.Next, "protection.grade.change", old
			g.Level, g.Filing, g.FiledOn, g.UpdatedAt = n.Level, n.Filing, n.FiledOn, tx.Now()
			if err := s.due(&g); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE protection_grade SET level = $2, filing = $3, filed_on = $4, next_due = $5, updated_at = $6 WHERE id = $1`, g.ID, g.Level, g.Filing, g.FiledOn, g.Next, tx.Now()); err != nil {
				return err
			}
		} else {
			u, err := s.org.UnitTx(ctx, tx, scope, n.Unit)
			if err != nil {
				return err
			}
			g = n
			if g.Of, err = s.object(ctx, tx, scope, u.ID, n.Of); err != nil {
				return err
			}
			g.ID, g.UnitName, g.UpdatedAt, g.area, g.line = ulid.Make().String(), u.Name, tx.Now(), u.AreaPath, u.LinePath
			_, err = tx.Exec(ctx, `
				INSERT INTO protection_grade (id, unit_id, object_kind, object_id, object_name, level, filing, filed_on, agency, created_at, updated_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, $9)`, g.ID, g.Unit, g.Of.Kind, g.Of.ID, g.Of.Name, g.Level, g.Filing, g.FiledOn, tx.Now())
			if _, dup := db.UniqueViolation(err); dup {
				return fault.New(fault.Conflict, g.Of.Name+"已有等级保护记录，请打开原记录修改。").On("object", "已有记录").From(err)
			}
			if err != nil {
				return fmt.Errorf("protection: add grade: %w", err)
			}
		}
		if err := s.owe(ctx, tx, AssessmentDue.ID, g.Unit, g.subject(), g.Link(), was, g.Next, "等级已变更"); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: act, Target: g.Target(), Basis: AssessmentDue.Citation, Before: before, After: g})
	})
	return g, err
}

// due says when the next assessment is.
func (s *Service) due(g *Grade) error {
	g.Next = calendar.Date{}
	i, _, ok, err := IntervalOf(g.Level)
	if err != nil || !ok || g.AssessedOn.IsZero() {
		return err
	}
	g.Next = calendar.Months(i.Months).From(g.AssessedOn, calendar.Workdays{}).On
	return nil
}

// owe moves the clock of a record whose day was another: the one that runs
// ends, and one to the new day begins. A day that is past is owed too; a clock
// whose day stays runs on, with all it was reminded and escalated.
func (s *Service) owe(ctx context.Context, tx *db.Tx, kind string, unit org.UnitID, subject obligation.Subject, link string, was, due calendar.Date, why string) error {
	if was == due {
		return nil
	}
	if _, err := s.obligations.Discharge(ctx, tx, kind, subject, why); err != nil {
		return err
	}
	if due.IsZero() {
		return nil
	}
	return s.obligations.Open(ctx, tx, obligation.Debt{Kind: kind, Unit: unit, Subject: subject, Link: link, Due: calendar.Due{On: due}})
}

// Assessment is one 测评.
type Assessment struct {
	ID       string
	On       calendar.Date
	Agency   string
	Result   string
	FileID   string
	FileName string
	AddedBy  string
}

// Assess records an assessment with its report; the next one is counted from
// it.
func (s *Service) Assess(ctx context.Context, scope authz.Scope, id string, a Assessment, file *approval.Upload) (Grade, error) {
	a.Agency, a.Result = strings.TrimSpace(a.Agency), strings.TrimSpace(a.Result)
	switch {
	case a.On.IsZero() || a.On.After(s.today()):
		return Grade{}, fault.New(fault.Invalid, "测评日期应为今天或以前。").On("on", "请填写今天或以前的日期")
	case a.Agency == "" || len([]rune(a.Agency)) > 80:
		return Grade{}, fault.New(fault.Invalid, "测评机构没有填写。").On("agency", "请填写测评机构名称，不超过 80 字")
	case a.Result == "" || len([]rune(a.Result)) > 500:
		return Grade{}, fault.New(fault.Invalid, "测评结论没有填写。").On("result", "请填写测评结论，如 良，不超过 500 字")
	case file == nil:
		return Grade{}, fault.New(fault.Invalid, "测评报告没有上传。").On("file", "请上传测评报告")
	}
	taken, err := approval.TakeOne(ctx, s.store, file, "assessment_report", "file")
	if err != nil {
		return Grade{}, err
	}
	var g Grade
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if g, err = s.Grade(ctx, tx, scope, id); err != nil {
			return err
		}
		before := g
		if taken, err = approval.AttachTo(ctx, tx, "protection_grade", id, taken); err != nil {
			return err
		}
		actor, _ := audit.ActorFrom(ctx)
		a.ID, a.FileID, a.FileName, a.AddedBy = ulid.Make().String(), taken.ID, taken.Name, actor.Name
		if _, err := tx.Exec(ctx, `
			INSERT INTO protection_assessment (id, grade_id, assessed_on, agency, result, file_id, file_name, added_by, added_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, a.ID, id, a.On, a.Agency, a.Result, a.FileID, a.FileName, a.AddedBy, tx.Now()); err != nil {
			return fmt.Errorf("protection: assess: %w", err)
		}
		if a.On.Before(g.AssessedOn) {
			// An older report is kept for the record; the clock stays.
			return audit.Record(ctx, tx, audit.Entry{Act: "protection.assessment.add", Target: g.Target(), Basis: AssessmentDue.Citation, After: a})
		}
		g.AssessedOn, g.Agency, g.UpdatedAt = a.On, a.Agency, tx.Now()
		if err := s.due(&g); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE protection_grade SET assessed_on = $2, agency = $3, next_due = $4, updated_at = $5 WHERE id = $1`, id, g.AssessedOn, g.Agency, g.Next, tx.Now()); err != nil {
			return err
		}
		if err := s.owe(ctx, tx, AssessmentDue.ID, g.Unit, g.subject(), g.Link(), before.Next, g.Next, "已于 "+a.On.Chinese()+"测评"); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "protection.assessment.add", Target: g.Target(), Basis: AssessmentDue.Citation, Before: before, After: a})
	})
	return g, err
}

// GradeDossier is a grade with its assessments and its trail.
type GradeDossier struct {
	Grade       Grade
	Assessments []Assessment
	History     []audit.Row
}

// GradeDossier in scope.
func (s *Service) GradeDossier(ctx context.Context, scope authz.Scope, id string) (d GradeDossier, err error) {
	if d.Grade, err = s.Grade(ctx, s.db, scope, id); err != nil {
		return d, err
	}
	if d.Assessments, err = db.All(ctx, s.db, func(r db.Scanner) (Assessment, error) {
		var a Assessment
		err := r.Scan(&a.ID, &a.On, &a.Agency, &a.Result, &a.FileID, &a.FileName, &a.AddedBy)
		return a, err
	}, `SELECT id, assessed_on, agency, result, COALESCE(file_id, ''), file_name, added_by FROM protection_assessment WHERE grade_id = $1 ORDER BY assessed_on DESC, id DESC`, id); err != nil {
		return d, err
	}
	d.History, err = audit.Entries(ctx, s.db, audit.Filter{TargetKind: "protection_grade", TargetID: id, Limit: 40})
	return d, err
}

// Of is what is recorded of one object, in scope: its 等级保护, when ok, and who
// hosts it now.
func (s *Service) Of(ctx context.Context, scope authz.Scope, ref registry.Ref) (g Grade, ok bool, hosts []Hosting, err error) {
	g, err = db.One(ctx, s.db, scanGrade, gradeSelect+` WHERE g.object_kind = $1 AND g.object_id = $2`, ref.Kind, ref.ID)
	if err != nil && !db.None(err) {
		return g, false, nil, err
	}
	ok = err == nil && g.In(scope)
	hosts, err = db.All(ctx, s.db, scanHosting, hostingSelect+` WHERE h.object_kind = $1 AND h.object_id = $2 AND h.ended_on IS NULL ORDER BY h.created_at, h.id`, ref.Kind, ref.ID)
	return g, ok, slices.DeleteFunc(hosts, func(h Hosting) bool { return !h.In(scope) }), err
}

// File opens a file of a record: what is protection_grade, security_asset or
// hosting.
func (s *Service) File(ctx context.Context, scope authz.Scope, what, id, file string) (approval.Attachment, io.ReadCloser, error) {
	var err error
	switch what {
	case "protection_grade":
		_, err = s.Grade(ctx, s.db, scope, id)
	case "security_asset":
		_, err = s.Asset(ctx, s.db, scope, id)
	case "hosting":
		_, err = s.HostingByID(ctx, s.db, scope, id)
	default:
		err = fault.Missing("附件")
	}
	if err != nil {
		return approval.Attachment{}, nil, err
	}
	return approval.OpenAttached(ctx, s.db, s.store, what, id, file)
}

// LedgerHolds say why a record of the ledger stays that this module refers to.
func LedgerHolds() []registry.Hold {
	return []registry.Hold{registry.ObjectHold("已登记等级保护，保留", "protection_grade", "object_id <> ''"), registry.ObjectHold("已登记托管服务，保留", "hosting", "")}
}
