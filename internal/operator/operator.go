package operator

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
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
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/signin"
)

// ID identifies a contractor.
type ID string

// Kind says whether an outside body was entrusted or an internal one appointed.
type Kind string

// The kinds.
const (
	Entrusted Kind = "entrusted"
	Internal  Kind = "internal"
)

// Name is the kind in Chinese.
func (k Kind) Name() string {
	if k == Internal {
		return "内设机构"
	}
	return "委托机构"
}

// States of a contractor.
const (
	Preparing = "preparing"
	Serving   = "serving"
	Lapsed    = "lapsed" // the agreements ended, nothing new is signed
	Ended     = "ended"
)

// Machine declares what may become of a contractor.
var Machine = passage.Machine{
	Kind: "contractor", Noun: "承办单位",
	States: map[string]string{Preparing: "筹备", Serving: "承办中", Lapsed: "协议到期", Ended: "已终止"},
	Moves: []passage.Move{
		{From: "", Act: "register", To: Preparing, Says: "登记承办单位", Guard: "承办单位不是主办单位本身", Permit: string(authz.RecordManage)},
		{From: Preparing, Act: "begin", To: Serving, Says: "开始承办", Guard: "资质审核、承办协议、保密协议齐备有效（第六条）", Permit: string(authz.RecordManage)},
		{From: Serving, Act: "lapse", To: Lapsed, Says: "协议到期", Guard: "协议已到期", Permit: "system"},
		{From: Lapsed, Act: "renew", To: Serving, Says: "恢复承办", Guard: "新一期协议有效，上一期已考核", Permit: string(authz.RecordManage)},
		{From: Preparing, Act: "end", To: Ended, Says: "终止承办", Permit: string(authz.RecordManage)},
		{From: Serving, Act: "end", To: Ended, Says: "终止承办", Permit: string(authz.RecordManage)},
		{From: Lapsed, Act: "end", To: Ended, Says: "终止承办", Permit: string(authz.RecordManage)},
	},
}

const citation = sx2021.Instrument + " 第六条"

// The clocks of Article 6.
var (
	AgreementObligation = obligation.Kind{ID: "operator_agreement", Name: "承办、保密协议到期", Clause: "S6.3", Citation: citation,
		Says: "协议到期前续签或终止承办；到期后承办人员的登录同时停止", Remind: []int{60, 30, 7}, Escalate: 3}
	AssessmentObligation = obligation.Kind{ID: "operator_assessment", Name: "承办期考核", Clause: "S6.4", Citation: citation,
		Says: "承办期满前完成结果考核，未考核不能续签", Remind: []int{30, 7}, Escalate: 7}
)

// Obligations are the clocks this module runs.
func Obligations() []obligation.Kind {
	return []obligation.Kind{AgreementObligation, AssessmentObligation}
}

// Contractor is one operator of one sponsor.
type Contractor struct {
	ID          ID
	Unit        org.UnitID // the sponsor
	UnitName    string     // joined
	Kind        Kind
	Name        string
	Body        org.UnitID // an internal body that the ledger knows as a unit
	CreditCode  string
	Contact     string
	Phone       string
	Duties      string // 承办内容
	State       string
	ServesUntil calendar.Date
	UpdatedAt   time.Time
	areaPath    string
	linePath    string
}

// StateName is the state in Chinese.
func (c Contractor) StateName() string { return Machine.Name(c.State) }

// Link is the contractor's page.
func (c Contractor) Link() string { return "/console/operators/" + string(c.ID) }

// Target names the contractor in the trail.
func (c Contractor) Target() audit.Target {
	return audit.Target{Kind: "contractor", ID: string(c.ID), Name: c.Name, Unit: string(c.Unit)}
}

// In reports whether it lies in the scope.
func (c Contractor) In(scope authz.Scope) bool {
	return c.areaPath != "" && scope.Covers(c.areaPath, c.linePath)
}

// Parts are what the service works with.
type Parts struct {
	DB          *db.DB
	Org         *org.Service
	Registry    *registry.Service
	Signin      *signin.Service
	Obligations *obligation.Service
	Store       blob.Store
	// Sources give the figures of the monthly scorecard.
	Sources []Source
}

// Service is the door of operator.
type Service struct {
	db          *db.DB
	org         *org.Service
	registry    *registry.Service
	signin      *signin.Service
	obligations *obligation.Service
	store       blob.Store
	sources     []Source
}

// New makes the service.
func New(p Parts) *Service {
	return &Service{db: p.DB, org: p.Org, registry: p.Registry, signin: p.Signin, obligations: p.Obligations, store: p.Store, sources: p.Sources}
}

const contractorSelect = `
	SELECT c.id, c.unit_id, u.name, c.kind, c.name, COALESCE(c.body_id, ''), c.credit_code, c.contact, c.phone, c.duties, c.state, c.serves_until, c.updated_at, u.area_path, u.line_path
	  FROM contractor c JOIN unit u ON u.id = c.unit_id`

func scanContractor(r db.Scanner) (Contractor, error) {
	var c Contractor
	err := r.Scan(&c.ID, &c.Unit, &c.UnitName, &c.Kind, &c.Name, &c.Body, &c.CreditCode, &c.Contact, &c.Phone, &c.Duties, &c.State, &c.ServesUntil, &c.UpdatedAt, &c.areaPath, &c.linePath)
	return c, err
}

// Contractor in scope.
func (s *Service) Contractor(ctx context.Context, q db.Querier, scope authz.Scope, id ID) (Contractor, error) {
	c, err := db.One(ctx, q, scanContractor, contractorSelect+` WHERE c.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(c.areaPath, c.linePath) {
		return Contractor{}, fault.Missing("承办单位")
	}
	return c, err
}

// Filter narrows Contractors.
type Filter struct {
	Text   string
	Unit   org.UnitID
	State  string
	Kind   Kind
	Ends   int // days from today within which the agreements end
	Limit  int // 50 when zero
	Offset int
}

// Contractors in scope, those whose agreements end first on top, and how many
// there are.
func (s *Service) Contractors(ctx context.Context, scope authz.Scope, f Filter) ([]Contractor, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	today := calendar.DateOf(s.db.Now())
	if f.Text != "" {
		like := db.Contains(f.Text)
		w.And(`lower(c.name) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\' OR u.initials LIKE ? ESCAPE '\'`, like, like, like)
	}
	w.AndIf(f.Unit != "", "c.unit_id = ?", f.Unit).AndIf(f.State != "", "c.state = ?", f.State).AndIf(f.Kind != "", "c.kind = ?", f.Kind).
		AndIf(f.Ends > 0, "c.state = 'serving' AND c.serves_until <= ?", today.AddDays(f.Ends))
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM contractor c JOIN unit u ON u.id = c.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, scanContractor, contractorSelect+` WHERE `+w.SQL()+`
		ORDER BY CASE c.state WHEN 'ended' THEN 1 ELSE 0 END, CASE WHEN c.serves_until IS NULL THEN 1 ELSE 0 END, c.serves_until, c.name, c.id
		LIMIT `+w.Arg(cmp.Or(f.Limit, 50))+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

var creditCode = regexp.MustCompile(`^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$`)

// clean trims and bounds the words of a contractor.
func clean(c *Contractor) error {
	c.Name, c.Contact, c.Phone, c.Duties = strings.TrimSpace(c.Name), strings.TrimSpace(c.Contact), strings.TrimSpace(c.Phone), strings.TrimSpace(c.Duties)
	c.CreditCode = strings.ToUpper(narrow(c.CreditCode))
	if c.Kind == Internal {
		c.CreditCode = ""
	}
	var f fault.Fields
	f.Text("name", "承办单位名称", c.Name, true, 80)
	f.Text("contact", "联系人", c.Contact, true, 30)
	f.Text("phone", "联系电话", c.Phone, true, 30)
	f.Text("duties", "承办内容", c.Duties, true, 1000)
	f.Check(c.Kind == Entrusted || c.Kind == Internal, "kind", "请选择委托机构或内设机构")
	f.Check(c.Kind != Entrusted || creditCode.MatchString(c.CreditCode), "credit_code", "请按营业执照或法人证书填写 18 位代码，不含字母 I、O、Z、S、V")
	return f.Err()
}

// narrow folds full-width letters and digits and drops blanks.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == ' ' || r == '　' || r == '\t':
			return -1
		}
		return r
	}, s)
}

// Register enters a contractor for a sponsor.
func (s *Service) Register(ctx context.Context, scope authz.Scope, c Contractor) (Contractor, error) {
	if err := clean(&c); err != nil {
		return Contractor{}, err
	}
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		u, err := s.org.UnitTx(ctx, tx, scope, c.Unit)
		if err != nil {
			return err
		}
		operator := c.Name
		if c.Body != "" {
			b, err := s.org.UnitTx(ctx, tx, scope, c.Body)
			if err != nil {
				return err
			}
			if c.Kind == Internal && b.Parent != u.ID && b.ID != u.ID {
				return fault.New(fault.Invalid, "该机构不是主办单位的内设机构，不能以书面指定方式承办；请改为委托机构并签订协议。").On("body", "请选择本单位的内设机构")
			}
			operator = b.Name
		}
		if err := rules.Refuse(sx2021.CheckOperatorApart(u.Name, operator)); err != nil {
			return err
		}
		c.ID, c.UnitName, c.UpdatedAt, c.areaPath, c.linePath = ID(ulid.Make().String()), u.Name, tx.Now(), u.AreaPath, u.LinePath
		if _, c.State, err = Machine.Take(ctx, tx, string(c.ID), "register", passage.Note{}); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO contractor (id, unit_id, kind, name, body_id, credit_code, contact, phone, duties, state, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)`,
			c.ID, c.Unit, c.Kind, c.Name, db.Null(c.Body), c.CreditCode, c.Contact, c.Phone, c.Duties, c.State, tx.Now())
		if _, dup := db.UniqueViolation(err); dup {
			return fault.New(fault.Conflict, "这家承办单位已经登记，请直接打开它的记录续签协议。").On("name", "本单位已登记同名承办单位").From(err)
		}
		if err != nil {
			return fmt.Errorf("operator: register: %w", err)
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "operator.contractor.add", Target: c.Target(), Basis: citation, After: c})
	})
	return c, err
}

// Change corrects the words of a contractor.
func (s *Service) Change(ctx context.Context, scope authz.Scope, n Contractor) (Contractor, error) {
	var c Contractor
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		before, err := s.Contractor(ctx, tx, scope, n.ID)
		if err != nil {
			return err
		}
		if before.State == Ended {
			return fault.New(fault.Conflict, "承办已经终止，不能再修改。")
		}
		c = before
		c.Name, c.CreditCode, c.Contact, c.Phone, c.Duties = n.Name, n.CreditCode, n.Contact, n.Phone, n.Duties
		if err := clean(&c); err != nil {
			return err
		}
		if err := rules.Refuse(sx2021.CheckOperatorApart(c.UnitName, c.Name)); err != nil {
			return err
		}
		c.UpdatedAt = tx.Now()
		_, err = tx.Exec(ctx, `UPDATE contractor SET name = $2, credit_code = $3, contact = $4, phone = $5, duties = $6, updated_at = $7 WHERE id = $1`,
			c.ID, c.Name, c.CreditCode, c.Contact, c.Phone, c.Duties, tx.Now())
		if _, dup := db.UniqueViolation(err); dup {
			return fault.New(fault.Conflict, "本单位已登记同名承办单位。").On("name", "本单位已登记同名承办单位").From(err)
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "operator.contractor.change", Target: c.Target(), Before: before, After: c})
	})
	return c, err
}

// facts are what CheckOperator asks about, on the day.
func (s *Service) facts(ctx context.Context, q db.Querier, c Contractor, on calendar.Date) (sx2021.Operator, error) {
	o := sx2021.Operator{InternalBody: c.Kind == Internal}
	papers, err := s.papers(ctx, q, c.ID)
	if err != nil {
		return o, err
	}
	if c.Kind == Internal {
		o.Appointment = slices.ContainsFunc(papers, func(p Paper) bool { return p.Kind == Appointment && !on.Before(p.From) })
		return o, nil
	}
	// The last review counts: one that failed takes back those before it.
	o.Qualification, err = db.One(ctx, q, db.Value[bool], `SELECT passed FROM contractor_review WHERE contractor_id = $1 AND reviewed_on <= $2 ORDER BY reviewed_on DESC, id DESC LIMIT 1`, c.ID, on)
	if err != nil && !db.None(err) {
		return o, err
	}
	service, _ := bestOn(papers, AgreementPaper, on)
	secrecy, _ := bestOn(papers, Secrecy, on)
	o.Service, o.Secrecy, o.DutiesFixed = service.law(), secrecy.law(), service.DutiesFixed
	return o, nil
}

// Breaches are what keeps the contractor from serving today.
func (s *Service) Breaches(ctx context.Context, q db.Querier, scope authz.Scope, id ID) ([]rules.Breach, error) {
	c, err := s.Contractor(ctx, q, scope, id)
	if err != nil {
		return nil, err
	}
	return s.breaches(ctx, q, c)
}

func (s *Service) breaches(ctx context.Context, q db.Querier, c Contractor) ([]rules.Breach, error) {
	on := calendar.DateOf(s.db.Now())
	o, err := s.facts(ctx, q, c, on)
	if err != nil {
		return nil, err
	}
	return sx2021.CheckOperator(o, on), nil
}

// Begin lets the contractor serve, or serve again after a lapse.
func (s *Service) Begin(ctx context.Context, scope authz.Scope, id ID) (Contractor, error) {
	var c Contractor
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if c, err = s.Contractor(ctx, tx, scope, id); err != nil {
			return err
		}
		act := "begin"
		if c.State == Lapsed {
			act = "renew"
		}
		if c.State == Preparing || c.State == Lapsed {
			breaches, err := s.breaches(ctx, tx, c)
			if err != nil {
				return err
			}
			if err := rules.Refuse(breaches); err != nil {
				return err
			}
			// The term may have begun since its papers were registered.
			if c.ServesUntil, err = s.until(ctx, tx, id); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE contractor SET serves_until = $2 WHERE id = $1`, id, c.ServesUntil); err != nil {
				return err
			}
		}
		return s.move(ctx, tx, &c, act, "")
	})
	return c, err
}

// End ends the contractor's service now: posts and sessions of its people end
// with it.
func (s *Service) End(ctx context.Context, scope authz.Scope, id ID, why string) (Contractor, error) {
	var c Contractor
	if why = strings.TrimSpace(why); why == "" || len([]rune(why)) > 500 {
		return c, fault.New(fault.Invalid, "请写明终止承办的原因，不超过 500 字。").On("why", "请填写原因，不超过 500 字")
	}
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if c, err = s.Contractor(ctx, tx, scope, id); err != nil {
			return err
		}
		if err := s.move(ctx, tx, &c, "end", why); err != nil {
			return err
		}
		today := calendar.DateOf(tx.Now())
		if _, err := tx.Exec(ctx, `UPDATE contractor_object SET ended_on = $2 WHERE contractor_id = $1 AND ended_on IS NULL`, id, today); err != nil {
			return err
		}
		staff, err := s.staff(ctx, tx, id)
		if err != nil {
			return err
		}
		for _, m := range staff {
			if err := s.endPosts(ctx, tx, c, m, "承办终止"); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE contractor_staff SET left_on = $2 WHERE contractor_id = $1 AND left_on IS NULL`, id, today); err != nil {
			return err
		}
		papers, err := s.papers(ctx, tx, id)
		if err != nil {
			return err
		}
		for _, p := range papers {
			for _, k := range Obligations() {
				if _, err := s.obligations.Annul(ctx, tx, k.ID, p.subject(c), "承办终止："+why); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return c, err
}

func (s *Service) move(ctx context.Context, tx *db.Tx, c *Contractor, act, why string) error {
	before := c.State
	var err error
	if _, c.State, err = Machine.Take(ctx, tx, string(c.ID), act, passage.Note{Says: why}); err != nil {
		return err
	}
	c.UpdatedAt = tx.Now()
	if _, err := tx.Exec(ctx, `UPDATE contractor SET state = $2, updated_at = $3 WHERE id = $1`, c.ID, c.State, tx.Now()); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "operator.contractor." + act, Target: c.Target(), Basis: citation, Before: map[string]string{"state": before}, After: map[string]string{"state": c.State, "why": why}})
}

// take keeps the one file that a form must bring.
func (s *Service) take(ctx context.Context, u *approval.Upload, kind, what string) (approval.Attachment, error) {
	if u == nil {
		return approval.Attachment{}, fault.New(fault.Invalid, what+"没有上传。").On("file", "请上传"+what)
	}
	return approval.TakeOne(ctx, s.store, u, kind, "file")
}

// LedgerHolds say why a record of the ledger stays that this module refers to.
func LedgerHolds() []registry.Hold {
	return []registry.Hold{registry.ObjectHold("已登记承办单位，保留", "contractor_object", "ended_on IS NULL")}
}
