package lifecycle

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/filing"
	"zhengshu/internal/notice"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// Way is how a matter is decided.
type Way string

// The ways. All but AtOnce climb as a case, after the consent of the principal.
const (
	ToProvince   Way = "province"   // level by level to the provincial office
	ToNation     Way = "nation"     // and on to the State Council office
	ToReviewer   Way = "reviewer"   // to the office that reviews domains, Article 10
	ToSupervisor Way = "supervisor" // the object's supervisor alone
	AtOnce       Way = "at_once"    // needs no approval: the guard decides
)

// Side is who acts.
type Side string

// The sides.
const (
	Sponsor    Side = "sponsor"
	Supervisor Side = "supervisor"
)

// Group is a heading of the list of matters.
type Group string

// The groups, in the order people meet them.
const (
	OpenGroup   Group = "开设上线"
	RunGroup    Group = "运行变更"
	PauseGroup  Group = "临时下线"
	EndGroup    Group = "整合退出"
	DomainGroup Group = "域名"
)

// Groups in screen order.
var Groups = []Group{OpenGroup, RunGroup, PauseGroup, EndGroup, DomainGroup}

// Matter is one thing of Articles 7 to 10 that a person asks for or does: the
// row of the declared table. What a row does not say nobody can do.
type Matter struct {
	ID       string // offline: also the kind of its case
	Name     string // 临时下线
	Says     string // one sentence: what it is for and what follows
	Group    Group
	Clause   string
	Citation string
	Objects  []sx2021.ObjectKind // what it is about
	// From are the states in which it can be asked for; none for a matter that
	// makes a new object.
	From []string
	// Act is what it does to the object in the end, for the diagram; "" when
	// the state stays.
	Act    string
	Way    Way
	By     Side
	Fields []Field
	Files  []File
	Submit string // words of the button
	// Serious acts say what they cannot undo.
	Warn string
	// Ends: only one matter that ends an object runs at a time.
	Ends bool

	title   func(f *facts) string
	judge   func(ctx context.Context, s *Service, q db.Querier, f *facts) (verdict, error)
	ready   func(ctx context.Context, s *Service, q db.Querier, f *facts) error
	outcome func(ctx context.Context, s *Service, tx *db.Tx, f *facts) (link string, err error)
	prefill func(ctx context.Context, s *Service, q db.Querier, f *facts) (map[string]string, error)
	// open says whether it is offered beyond its states, and why not.
	open func(ctx context.Context, s *Service, q db.Querier, f *facts) (why string, err error)
}

// Opens reports whether the matter makes a new object.
func (m Matter) Opens() bool { return len(m.From) == 0 && m.Act == "plan" }

// On reports whether the matter is about objects of the kind.
func (m Matter) On(k sx2021.ObjectKind) bool { return slices.Contains(m.Objects, k) }

// FieldKind is how a field is typed and read.
type FieldKind string

// The kinds of field.
const (
	Line          FieldKind = ""
	Paragraph     FieldKind = "paragraph"
	Choice        FieldKind = "choice"
	Radio         FieldKind = "radio"
	Yes           FieldKind = "yes"
	DayField      FieldKind = "day"
	HostField     FieldKind = "host"
	ChineseField  FieldKind = "chinese_domain"
	AddressField  FieldKind = "address"
	PhoneField    FieldKind = "phone"
	SiteCodeField FieldKind = "site_code"
)

// Option is one choice of a field.
type Option struct{ Value, Label, Hint string }

// Field is one question of a matter.
type Field struct {
	Section  string
	Name     string
	Label    string
	Hint     string
	Kind     FieldKind
	Options  []Option
	Max      int // characters
	Optional bool
	Narrow   bool
	// Judged: what the rules say depends on it, so the form asks again when it
	// changes.
	Judged bool
	// Objects narrows the question to kinds of object; all when empty.
	Objects []sx2021.ObjectKind

	need    func(a *Application) bool // must be filled in, beyond Optional
	choices func(ctx context.Context, s *Service, q db.Querier, f *facts) ([]Option, error)
}

func (n Field) on(k sx2021.ObjectKind) bool {
	return len(n.Objects) == 0 || slices.Contains(n.Objects, k)
}

// File is one paper of a matter.
type File struct {
	Kind     string
	Label    string
	Hint     string
	Must     bool // the form asks for it; papers the law asks for are refused by their rule
	Multiple bool
	Objects  []sx2021.ObjectKind
}

// ConsentFile is the kind of attachment that carries the signed page of step 0.
const ConsentFile = "consent"

// otherFile is what else may come with a case.
var otherFile = File{Kind: "other", Label: "其他材料", Hint: "每个不超过 20 MB", Multiple: true}

// Application is a matter as it is asked for.
type Application struct {
	Matter      string            `json:"matter"`
	Unit        org.UnitID        `json:"unit"`   // whose object it is or will be
	Object      registry.Ref      `json:"object"` // zero for an opening
	Values      map[string]string `json:"values"`
	Principal   string            `json:"principal"`    // 主要负责同志
	ByPrincipal bool              `json:"by_principal"` // the signature is the principal's own
	ConsentOn   calendar.Date     `json:"consent_on"`
}

// Text is a field as it was filled in.
func (a *Application) Text(name string) string { return a.Values[name] }

// Ticked reports whether a yes-field was ticked.
func (a *Application) Ticked(name string) bool { return a.Values[name] == "yes" }

// Day is a date field; zero when it is empty.
func (a *Application) Day(name string) calendar.Date {
	d, _ := calendar.ParseLoose(a.Values[name]) // checked when it came in
	return d
}

func (a *Application) set(name, value string) {
	if a.Values == nil {
		a.Values = map[string]string{}
	}
	a.Values[name] = value
}

// facts is what the guards and outcomes of a matter look at.
type facts struct {
	app    *Application
	matter Matter
	unit   org.Unit
	law    sx2021.Unit
	kind   sx2021.ObjectKind
	object registry.Object // zero for an opening
	holder []org.UnitID    // one holder's units, whose exceptions count
	files  []string        // kinds of the papers that are there
	on     calendar.Date
	// final: asked at submission or decision; while the form is being filled in
	// an empty field is not yet a breach.
	final bool

	// In an outcome:
	caseID   approval.CaseID
	number   string
	kept     map[string]string // kind of paper → attachment
	external approval.ExternalAnswer
	office   org.Unit // at once, by the supervisor: who acts
}

func (f *facts) has(kind string) bool { return slices.Contains(f.files, kind) }

// verdict is what a matter's rules say: those broken, and all it was held against.
type verdict struct {
	breaches []rules.Breach
	held     []rules.Rule
	outside  bool // not of the regulation at all: no chain
}

func (v *verdict) ask(breaches []rules.Breach, held ...rules.Rule) {
	v.breaches = append(v.breaches, breaches...)
	v.held = append(v.held, held...)
}

// Checked is what the rules say of an application now.
type Checked struct {
	Matter   Matter
	Unit     org.Unit
	Object   registry.Object
	Applying org.Unit // who submits
	Standing []rules.Breach
	Lifted   []rules.Breach // the province granted an exception
	Verdicts []approval.Verdict
	// Steps of the chain from the first review on; empty when the unit may not
	// apply at all, or the matter needs no approval.
	Steps []approval.Step

	chain   []sx2021.Step // as the law has it
	outside bool          // not of the regulation at all: no chain
}

// Blocked reports whether something speaks against the application.
func (c Checked) Blocked() bool { return len(c.Standing) > 0 }

// Matters is the declared table.
func (s *Service) Matters() []Matter { return slices.Clone(s.matters) }

// Matter of an id.
func (s *Service) Matter(id string) (Matter, bool) {
	i := slices.IndexFunc(s.matters, func(m Matter) bool { return m.ID == id })
	if i < 0 {
		return Matter{}, false
	}
	return s.matters[i], true
}

// gather reads what the application is about. The scope is that of the person
// who asks, or of the house when an approval decides.
func (s *Service) gather(ctx context.Context, q db.Querier, scope authz.Scope, a *Application, on calendar.Date) (*facts, error) {
	m, ok := s.Matter(a.Matter)
	if !ok {
		return nil, fault.Missing("办理事项")
	}
	f := &facts{app: a, matter: m, on: on, kind: m.Objects[0]}
	if m.Opens() {
		a.Object = registry.Ref{}
		if a.Unit == "" {
			return nil, fault.New(fault.Invalid, "没有选择申请单位。").On("unit", "请选择申请单位")
		}
	} else {
		wrong := fault.New(fault.Invalid, "没有选择办理对象，或该对象不适用“"+m.Name+"”。").On("object", "请从台账中选择网站或账号")
		if a.Object.ID == "" {
			return nil, wrong
		}
		o, err := s.registry.Object(ctx, q, scope, a.Object)
		if err != nil {
			return nil, err
		}
		if !m.On(o.Kind) {
			return nil, wrong
		}
		f.object, f.kind, a.Unit, a.Object = o, o.Kind, o.Unit, o.Ref
		scope = authz.System("lifecycle.sponsor") // the object is in scope, so its sponsor may be named
	}
	var err error
	if f.unit, err = s.org.UnitTx(ctx, q, scope, a.Unit); err != nil {
		return nil, err
	}
	if m.Opens() && f.gone() {
		// What was asked for is the successor's now, as the case is.
		next, ok, err := s.org.Successor(ctx, q, a.Unit)
		if err != nil {
			return nil, err
		}
		if ok {
			if f.unit, err = s.org.UnitTx(ctx, q, authz.System("lifecycle.successor"), next); err != nil {
				return nil, err
			}
			a.Unit = next
		}
	}
	if f.law, err = s.lawUnit(ctx, q, f.unit); err != nil {
		return nil, err
	}
	root, err := s.rootOf(ctx, q, f.unit)
	if err != nil {
		return nil, err
	}
	f.holder, err = s.sameHolder(ctx, q, root)
	return f, err
}

// gone reports whether the unit has been abolished.
func (f *facts) gone() bool {
	return !f.unit.AbolishedOn.IsZero() && !f.unit.AbolishedOn.After(f.on)
}

// movable says why the matter cannot be asked for in the object's present
// state, or for a unit that is no more.
func (f *facts) movable() error {
	if f.matter.Opens() && f.gone() {
		return fault.Newf(fault.Refused, "“%s”已于%s撤销，也没有承接单位，不能%s；正在办理的请终止办理。", f.unit.Name, f.unit.AbolishedOn.Chinese(), f.matter.Name)
	}
	if f.matter.Opens() || slices.Contains(f.matter.From, f.object.State) {
		return nil
	}
	var names []string
	for _, st := range f.matter.From {
		names = append(names, "“"+f.object.Machine().Name(st)+"”")
	}
	return fault.Newf(fault.Conflict, "“%s”现在的状态是“%s”，不能办理%s；须在%s状态办理。", f.object.Name, f.object.StateName(), f.matter.Name, strings.Join(names, "或"))
}

// judge asks the rules.
func (s *Service) judge(ctx context.Context, q db.Querier, f *facts) (Checked, error) {
	out := Checked{Matter: f.matter, Unit: f.unit, Object: f.object, Applying: f.unit}
	if err := f.movable(); err != nil {
		return out, err
	}
	var v verdict
	var err error
	if f.matter.judge != nil {
		if v, err = f.matter.judge(ctx, s, q, f); err != nil {
			return out, err
		}
	}
	var chain []sx2021.Step
	if f.matter.Way != AtOnce {
		chain = s.chain(f)
		if f.final && !v.outside {
			consent, levels := sx2021.GovernmentConsent, sx2021.GovernmentLevels
			if chain[0].Clause == "S7.2b" {
				consent, levels = sx2021.DepartmentConsent, sx2021.DepartmentLevels
			}
			v.ask(sx2021.CheckChain(chain, []sx2021.StepDone{{Act: sx2021.Consent, Body: sx2021.ThePrincipal, Level: sx2021.Level(f.unit.Level),
				Name: f.app.Principal, On: f.app.ConsentOn, File: f.has(ConsentFile), ByPrincipal: f.app.ByPrincipal}}), consent, levels)
		}
	}
	granted, err := s.granted(ctx, q, f.holder)
	if err != nil {
		return out, err
	}
	out.Standing, out.Lifted = rules.Lift(rules.Binding(v.breaches, f.on), granted, f.on)
	out.Verdicts = verdicts(v.held, out.Standing, out.Lifted)
	out.chain, out.outside = chain, v.outside
	return out, nil
}

// route asks the rules and works out who submits and which offices decide. A
// case on its way has its offices already: there only the rules are asked.
func (s *Service) route(ctx context.Context, q db.Querier, f *facts) (Checked, error) {
	out, err := s.judge(ctx, q, f)
	if err != nil || out.outside {
		return out, err
	}
	if f.matter.By == Supervisor {
		out.Applying, err = s.supervisorOf(ctx, q, f.object)
		return out, err
	}
	if out.Applying, err = s.applyingUnit(ctx, q, f.unit, sx2021.Chain(f.law)); err != nil {
		return out, err
	}
	switch f.matter.Way {
	case AtOnce:
	case ToSupervisor:
		office, err := s.supervisorOf(ctx, q, f.object)
		if err != nil {
			return out, err
		}
		out.Steps = []approval.Step{{Kind: approval.Approve, Unit: office.ID, UnitName: office.Name, Name: office.Name + "审核"}}
	default:
		asks := ""
		if f.matter.ID == BasicInfoMatter {
			asks = "政府网站标识码"
		}
		out.Steps, err = s.steps(ctx, q, f.unit, out.chain, asks)
	}
	return out, err
}

// chain is the way of the matter for the unit.
func (s *Service) chain(f *facts) []sx2021.Step {
	switch f.matter.Way {
	case ToNation:
		return sx2021.ChainNational(f.law)
	case ToReviewer:
		chain := sx2021.Chain(f.law)
		for i, st := range chain {
			if st.Act == sx2021.Review && st.Level == sx2021.DomainReviewer(f.law) {
				chain[i].Act = sx2021.Approve
				return chain[:i+1]
			}
		}
		return chain
	}
	return sx2021.Chain(f.law)
}

func verdicts(list []rules.Rule, standing, lifted []rules.Breach) []approval.Verdict {
	var out []approval.Verdict
	seen := map[string]bool{}
	add := func(r rules.Rule) {
		if seen[r.ID] {
			return
		}
		seen[r.ID] = true
		v := approval.Verdict{OK: true, Rule: r.ID, Citation: r.Citation, Says: r.Says}
		for _, b := range standing {
			if b.Rule.ID == r.ID {
				v.OK, v.Note = false, b.Detail
			}
		}
		for _, b := range lifted {
			if b.Rule.ID == r.ID {
				v.Lifted, v.Note = true, b.Detail+"省政府办公厅已批准例外。"
			}
		}
		out = append(out, v)
	}
	for _, r := range list {
		add(r)
	}
	for _, b := range slices.Concat(standing, lifted) {
		add(b.Rule)
	}
	return out
}

// Check says what the rules say of the application as far as it is filled in,
// without the consent and the papers: the live check of the form.
func (s *Service) Check(ctx context.Context, scope authz.Scope, a Application) (Checked, error) {
	f, err := s.gather(ctx, s.db, scope, &a, s.today())
	if err != nil {
		return Checked{}, err
	}
	return s.foreseen(ctx, f)
}

// foreseen is route for who has not submitted yet: it names what a protected period
// holds back as well, which would refuse the application.
func (s *Service) foreseen(ctx context.Context, f *facts) (Checked, error) {
	c, err := s.route(ctx, s.db, f)
	if err != nil {
		return c, err
	}
	err = s.thawed(ctx, s.db, f)
	if err == nil {
		return c, nil
	}
	held := fault.Of(err)
	if held.Kind != fault.Refused {
		return c, err
	}
	for _, r := range held.Reasons {
		c.Verdicts = append(c.Verdicts, approval.Verdict{Rule: r.ID, Citation: r.Citation, Says: r.Says, Note: held.Says})
	}
	return c, nil
}

// Blank is the form of a matter before anybody typed: what the ledger and the
// unit's last application already say is filled in.
func (s *Service) Blank(ctx context.Context, scope authz.Scope, a Application) (Application, Checked, error) {
	f, err := s.gather(ctx, s.db, scope, &a, s.today())
	if err != nil {
		return a, Checked{}, err
	}
	if f.matter.Way != AtOnce {
		if err := s.remembered(ctx, f); err != nil {
			return a, Checked{}, err
		}
	}
	if f.matter.prefill != nil {
		values, err := f.matter.prefill(ctx, s, s.db, f)
		if err != nil {
			return a, Checked{}, err
		}
		for k, v := range values {
			if a.Text(k) == "" {
				a.set(k, v)
			}
		}
	}
	c, err := s.foreseen(ctx, f)
	return a, c, err
}

// remembered fills in who is asked for again and again: contact and principal
// of the unit's last application.
func (s *Service) remembered(ctx context.Context, f *facts) error {
	text, err := db.One(ctx, s.db, db.Value[string], `SELECT form FROM approval_case WHERE unit_id = $1 ORDER BY opened_at DESC, id DESC LIMIT 1`, f.unit.ID)
	if db.None(err) {
		return nil
	}
	if err != nil {
		return err
	}
	var last Application
	if json.Unmarshal([]byte(text), &last) != nil {
		return nil // another module's form
	}
	f.app.Principal = last.Principal
	for _, name := range []string{"contact", "phone"} {
		if f.app.Text(name) == "" && last.Text(name) != "" {
			f.app.set(name, last.Text(name))
		}
	}
	return nil
}

// Choices are the options of a field that depend on the ledger.
func (s *Service) Choices(ctx context.Context, scope authz.Scope, a Application) (map[string][]Option, error) {
	f, err := s.gather(ctx, s.db, scope, &a, s.today())
	if err != nil {
		return nil, err
	}
	out := map[string][]Option{}
	for _, n := range f.matter.Fields {
		if n.choices == nil || !n.on(f.kind) {
			continue
		}
		if out[n.Name], err = n.choices(ctx, s, s.db, f); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// FieldsOf are the questions of the matter for a kind of object.
func (m Matter) FieldsOf(k sx2021.ObjectKind) []Field {
	var out []Field
	for _, n := range m.Fields {
		if n.on(k) {
			out = append(out, n)
		}
	}
	return out
}

// FilesOf are the papers of the matter for a kind of object, without the
// consent.
func (m Matter) FilesOf(k sx2021.ObjectKind) []File {
	var out []File
	for _, n := range m.Files {
		if len(n.Objects) == 0 || slices.Contains(n.Objects, k) {
			out = append(out, n)
		}
	}
	return out
}

// check reads and normalises the fields.
func (f *facts) check(ctx context.Context, s *Service, q db.Querier) error {
	var w fault.Fields
	a := f.app
	values := map[string]string{}
	for _, n := range f.matter.FieldsOf(f.kind) {
		v := strings.TrimSpace(a.Text(n.Name))
		limit := n.Max
		if limit == 0 {
			limit = 200
		}
		must := !n.Optional && n.Kind != Yes || n.need != nil && n.need(a)
		switch {
		case v == "" && must && (n.Kind == Choice || n.Kind == Radio):
			w.Add(n.Name, "请选择"+n.Label)
		case v == "" && must && n.Kind == Yes:
			w.Add(n.Name, "请勾选确认："+n.Label)
		case v == "" && must:
			w.Add(n.Name, "请填写"+n.Label)
		case len([]rune(v)) > limit:
			w.Add(n.Name, n.Label+"超过 "+strconv.Itoa(limit)+" 字，请压缩")
		case v != "":
			read, wrong := n.read(v)
			if wrong != "" {
				w.Add(n.Name, wrong)
			} else {
				v = read
			}
		}
		if v != "" && (n.Kind == Choice || n.Kind == Radio) {
			options := n.Options
			if n.choices != nil {
				var err error
				if options, err = n.choices(ctx, s, q, f); err != nil {
					return err
				}
			}
			if !slices.ContainsFunc(options, func(o Option) bool { return o.Value == v }) {
				w.Add(n.Name, "请从列表中选择"+n.Label)
			}
		}
		if v != "" {
			values[n.Name] = v
		}
	}
	a.Values = values
	for _, n := range f.matter.FilesOf(f.kind) {
		w.Check(!n.Must || f.has(n.Kind), n.Kind, "请上传"+n.Label)
	}
	if f.matter.Way != AtOnce {
		a.Principal = strings.TrimSpace(a.Principal)
		switch n := len([]rune(a.Principal)); {
		case n == 0:
			w.Add("principal", "请填写主要负责同志姓名")
		case n > 30:
			w.Add("principal", "主要负责同志姓名超过 30 字，请压缩")
		}
		if a.ConsentOn.After(f.on) {
			w.Add("consent_on", "同意日期晚于今天，请核对")
		}
	}
	return w.Err()
}

// read normalises one value, or says what is wrong with it.
func (n Field) read(v string) (string, string) {
	switch n.Kind {
	case Yes:
		return "yes", ""
	case DayField:
		d, err := calendar.ParseLoose(v)
		if err != nil {
			return "", n.Label + "“" + v + "”不是日期，应像 2026-03-01"
		}
		return d.String(), ""
	case HostField:
		h, err := registry.NormalizeHost(v)
		if err != nil {
			return "", fault.Of(err).Says
		}
		return h, ""
	case ChineseField:
		if !isChineseDomain(v) {
			return "", "中文域名不符合格式，应像 某某市商务局.政务"
		}
	case AddressField:
		if !isAddress(v) {
			return "", "请填写完整网址，以 http:// 或 https:// 开头"
		}
	}
	return v, ""
}

// prepare checks form, rules, papers and the person, and says which breaches
// stand. have are the kinds of papers kept earlier or coming now.
func (s *Service) prepare(ctx context.Context, q db.Querier, scope authz.Scope, a *Application, have []string) (Checked, *facts, error) {
	f, err := s.gather(ctx, q, scope, a, s.today())
	if err != nil {
		return Checked{}, nil, err
	}
	f.files, f.final = have, true
	if err := f.movable(); err != nil {
		return Checked{}, f, err
	}
	if err := s.thawed(ctx, q, f); err != nil {
		return Checked{}, f, err
	}
	if err := f.check(ctx, s, q); err != nil {
		return Checked{}, f, err
	}
	c, err := s.route(ctx, q, f)
	if err != nil {
		return c, f, err
	}
	if err := rules.Refuse(c.Standing); err != nil {
		return c, f, onFields(err)
	}
	if f.matter.ready != nil {
		if err := f.matter.ready(ctx, s, q, f); err != nil {
			return c, f, err
		}
	}
	f.office = c.Applying
	_, err = s.applicant(ctx, c)
	return c, f, err
}

// thawed refuses what a protected period holds back.
func (s *Service) thawed(ctx context.Context, q db.Querier, f *facts) error {
	if s.frozen == nil || f.object.ID == "" {
		return nil
	}
	return s.frozen(ctx, q, f.object, f.matter.ID)
}

// alone says which case of the object already runs, where a second one would
// undo it: the same matter twice, or two that end the object.
func (s *Service) alone(ctx context.Context, q db.Querier, f *facts, but approval.CaseID) error {
	if f.matter.Opens() || f.matter.Way == AtOnce {
		return nil
	}
	open, err := s.openCases(ctx, q, f.object.Ref)
	if err != nil {
		return err
	}
	for _, c := range open {
		m, ok := s.Matter(c.Kind)
		if c.ID == but || !ok || m.ID != f.matter.ID && !(m.Ends && f.matter.Ends) {
			continue
		}
		return fault.Newf(fault.Conflict, "“%s”已有一件“%s”正在办理（%s），不能再提出%s；请先办完或撤回那一件。", f.object.Name, m.Name, c.Number, f.matter.Name)
	}
	return nil
}

// subject is how a case names its object.
func subject(r registry.Ref) string {
	if r.ID == "" {
		return ""
	}
	return string(r.Kind) + ":" + r.ID
}

// OpenCase is a case of an object that still runs.
type OpenCase struct {
	ID     approval.CaseID
	Kind   string
	Number string
	Title  string
	State  string
	At     string // the office that has it
}

func (s *Service) openCases(ctx context.Context, q db.Querier, r registry.Ref) ([]OpenCase, error) {
	return db.All(ctx, q, func(row db.Scanner) (OpenCase, error) {
		var c OpenCase
		err := row.Scan(&c.ID, &c.Kind, &c.Number, &c.Title, &c.State, &c.At)
		return c, err
	}, `SELECT c.id, c.kind, c.number, c.title, c.state, COALESCE(NULLIF(t.body, ''), u.name, '')
	      FROM approval_case c LEFT JOIN approval_step t ON t.case_id = c.id AND t.no = c.step_no LEFT JOIN unit u ON u.id = t.unit_id
	     WHERE c.subject_id = $1 AND c.state IN ('in_review', 'returned') ORDER BY c.opened_at, c.id`, subject(r))
}

// applicant is the signed-in person, who must handle the matter at the very
// unit that acts.
func (s *Service) applicant(ctx context.Context, c Checked) (*authz.Session, error) {
	session := authz.SessionFrom(ctx)
	if session == nil {
		return nil, fault.New(fault.SignIn, "请先登录。")
	}
	if c.Matter.By == Supervisor {
		if !holdsAt(session, c.Applying.ID, authz.CaseDecide) {
			return nil, fault.Newf(fault.Refused, "%s由主管单位“%s”办理，您不是该单位的经办人员。", c.Matter.Name, c.Applying.Name)
		}
		return session, nil
	}
	if !approval.MayAmend(session, approval.Case{Unit: c.Applying.ID}) {
		return nil, fault.Newf(fault.Refused, "这项申请应由“%s”提出，您不是该单位的经办人员；请联系该单位办理。", c.Applying.Name)
	}
	return session, nil
}

// holdsAt reports whether a post at the very unit permits p.
func holdsAt(session *authz.Session, unit org.UnitID, p authz.Permission) bool {
	return session != nil && slices.ContainsFunc(session.Posts, func(post authz.Post) bool {
		one := authz.Session{Posts: []authz.Post{post}}
		return post.UnitID == string(unit) && one.May(p)
	})
}

// onFields points a refusal at the fields that can mend it.
func onFields(err error) error {
	f := fault.Of(err)
	for _, r := range f.Reasons {
		switch r.ID {
		case sx2021.GovernmentConsent.ID, sx2021.DepartmentConsent.ID:
			name, says := "consent", "请上传主要负责同志签字页"
			switch {
			case strings.Contains(r.Says, "分管领导"):
				name, says = "by_principal", "须由主要负责同志本人签字"
			case strings.Contains(r.Says, "日期，"):
				name, says = "consent_on", "请填写同意日期"
			}
			f.On(name, says)
		default:
			if at, ok := mends[r.ID]; ok {
				f.On(at[0], at[1])
			}
		}
	}
	return f
}

// mends says which field of a form mends the breach of a rule.
var mends = map[string][2]string{
	sx2021.NothingForEvents.ID:    {"event", "专项工作请在门户网站开设专题"},
	sx2021.OfflineCause.ID:        {"cause", "请填写下线原因"},
	sx2021.OfflineAtMost30.ID:     {"until", "请将恢复日期改早"},
	sx2021.EmergencyCause.ID:      {"emergency", "请选择紧急下线的原因"},
	sx2021.EmergencyReported.ID:   {"report", "请上传盖章的书面报备"},
	sx2021.ExitEstablishment.ID:   {"establishment", "请上传编制部门批复文件"},
	sx2021.ExitReason.ID:          {"functions_gone", "只有不再具备行政职能的才能退出监管"},
	sx2021.ClosureReasonListed.ID: {"reason", "请选择关停原因"},
	sx2021.NameTied.ID:            {"name", "请改用能看出本地本单位的名称"},
	sx2021.AccountVerified.ID:     {"verification", "认证信息中应有主办单位名称"},
	sx2021.SameName.ID:            {"name", "请与其他平台账号名称一致"},
	sx2021.LaunchSecurity.ID:      {"report", "请上传有效的安全检测报告"},
	sx2021.AppNecessity.ID:        {"necessity", "请填写必要性说明"},
	sx2021.OneAccountPlatform.ID:  {"platform", "该平台已有账号"},
	sx2021.OneDomainEach.ID:       {"domain_kind", "该类域名已有一个"},
}

// Receipt is what became of an application.
type Receipt struct {
	Case   approval.Case // zero for an act at once
	Link   string
	Says   string
	Lifted []rules.Breach
}

// Apply submits the application and puts it before the first office; a matter
// that needs no approval is done. Everything is checked before a byte is
// stored, and again inside the transaction, where it counts.
func (s *Service) Apply(ctx context.Context, scope authz.Scope, a Application, uploads []approval.Upload) (Receipt, error) {
	have := kindsOf(uploads)
	if _, f, err := s.prepare(ctx, s.db, scope, &a, have); err != nil {
		return Receipt{}, err
	} else if err := s.alone(ctx, s.db, f, ""); err != nil {
		return Receipt{}, err
	}
	files, err := s.take(ctx, uploads)
	if err != nil {
		return Receipt{}, err
	}
	var out Receipt
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		c, f, err := s.prepare(ctx, tx, scope, &a, have)
		if err != nil {
			return err
		}
		if err := s.alone(ctx, tx, f, ""); err != nil {
			return err
		}
		out.Lifted = c.Lifted
		if f.matter.Way == AtOnce {
			return s.perform(ctx, tx, f, files, c, &out)
		}
		return s.submit(ctx, tx, f, files, c, &out)
	})
	if err != nil {
		return Receipt{}, err
	}
	return out, nil
}

func (s *Service) submit(ctx context.Context, tx *db.Tx, f *facts, files []approval.Attachment, c Checked, out *Receipt) error {
	session, err := s.applicant(ctx, c)
	if err != nil {
		return err
	}
	if out.Case, err = s.approvals.Submit(ctx, tx, approval.Application{
		Kind: f.matter.ID, Title: f.title(), Unit: c.Applying.ID, Applicant: org.PersonID(session.PersonID), Subject: subject(f.object.Ref),
		Form: f.app, ConsentBy: f.app.Principal, ConsentOn: f.app.ConsentOn, Steps: c.Steps,
	}); err != nil {
		return err
	}
	out.Link = out.Case.Link()
	out.Says = "申请已提交，编号 " + out.Case.Number + "。退回或办结时会在工作台通知您。"
	if len(c.Lifted) > 0 {
		out.Says = "申请已按省政府办公厅批准的例外提交，编号 " + out.Case.Number + "。"
	}
	if _, err := s.own(ctx, tx, "case", string(out.Case.ID), files); err != nil {
		return err
	}
	return s.remember(ctx, tx, out.Case.ID, c.Verdicts)
}

// perform does a matter that needs no approval, and keeps its paper.
func (s *Service) perform(ctx context.Context, tx *db.Tx, f *facts, files []approval.Attachment, c Checked, out *Receipt) error {
	session, err := s.applicant(ctx, c)
	if err != nil {
		return err
	}
	id := ulid.Make().String()
	if f.number, err = approval.NextNumber(ctx, tx, "BL"); err != nil {
		return err
	}
	text, err := json.Marshal(f.app)
	if err != nil {
		return fmt.Errorf("lifecycle: encode form: %w", err)
	}
	if f.kept, err = s.own(ctx, tx, "record", id, files); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO matter_record (id, number, matter, object_kind, object_id, form, person_id, person_name, unit_name, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		id, f.number, f.matter.ID, f.object.Kind, f.object.ID, string(text), session.PersonID, session.Name, c.Applying.Name, tx.Now()); err != nil {
		return fmt.Errorf("lifecycle: keep record: %w", err)
	}
	if err := audit.Record(ctx, tx, audit.Entry{Act: "lifecycle.matter." + f.matter.ID, Target: f.object.Target(), Basis: f.matter.Citation, After: f.app.Values}); err != nil {
		return err
	}
	if out.Link, err = f.matter.outcome(ctx, s, tx, f); err != nil {
		return err
	}
	if out.Link == "" {
		out.Link = CourseLink(f.object.Ref)
	}
	out.Says = "“" + f.object.Name + "”" + f.matter.Name + "已办理，编号 " + f.number + "。"
	return nil
}

func (f *facts) title() string {
	if f.matter.title != nil {
		return f.matter.title(f)
	}
	return f.unit.Name + "申请“" + f.object.Name + "”" + f.matter.Name
}

// applicationOf reads the form of a case of ours.
func (s *Service) applicationOf(c approval.Case) (Application, error) {
	if _, ok := s.Matter(c.Kind); !ok {
		return Application{}, fault.Missing("办理事项")
	}
	var a Application
	if err := json.Unmarshal(c.Form, &a); err != nil {
		return a, fmt.Errorf("lifecycle: read application %s: %w", c.ID, err)
	}
	if a.Matter == "" && c.Kind == OpeningMatter {
		return firstForm(c)
	}
	return a, nil
}

// Application as it stands, of a case in scope.
func (s *Service) Application(ctx context.Context, scope authz.Scope, id approval.CaseID) (approval.Case, Application, Checked, error) {
	c, err := s.approvals.CaseTx(ctx, s.db, scope, id)
	if err != nil {
		return c, Application{}, Checked{}, err
	}
	a, err := s.applicationOf(c)
	if err != nil {
		return c, a, Checked{}, err
	}
	f, err := s.gather(ctx, s.db, authz.System("lifecycle.amend"), &a, s.today())
	if err != nil {
		return c, a, Checked{}, err
	}
	checked, err := s.judge(ctx, s.db, f)
	if fault.Is(err, fault.Conflict) {
		err = nil // the object moved on; submitting says so
	}
	return c, a, checked, err
}

// Resubmit amends a returned application and puts it before the office that
// returned it. Unit and object cannot be exchanged; papers kept earlier stay.
func (s *Service) Resubmit(ctx context.Context, scope authz.Scope, id approval.CaseID, a Application, uploads []approval.Upload, why string) (Receipt, error) {
	var checked Checked
	var f *facts
	look := func(q db.Querier) error {
		c, err := s.approvals.CaseTx(ctx, q, scope, id)
		if err != nil {
			return err
		}
		before, err := s.applicationOf(c)
		if err != nil {
			return err
		}
		if c.State != approval.Returned {
			return fault.New(fault.Conflict, "这件申请现在是“"+c.StateName()+"”，不能补正。请刷新后再看。")
		}
		a.Matter, a.Unit, a.Object = before.Matter, before.Unit, before.Object
		have, err := approval.Attachments(ctx, q, "case", string(id))
		if err != nil {
			return err
		}
		kinds := kindsOf(uploads)
		for _, n := range have {
			kinds = append(kinds, n.Kind)
		}
		// Unit and object were in scope when the case was opened; the case is now.
		if checked, f, err = s.prepare(ctx, q, authz.System("lifecycle.resubmit"), &a, kinds); err != nil {
			return err
		}
		return s.alone(ctx, q, f, id)
	}
	if err := look(s.db); err != nil {
		return Receipt{}, err
	}
	files, err := s.take(ctx, uploads)
	if err != nil {
		return Receipt{}, err
	}
	var out Receipt
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if err := look(tx); err != nil {
			return err
		}
		if out.Case, err = s.approvals.Resubmit(ctx, tx, scope, id, f.title(), a, why); err != nil {
			return err
		}
		if _, err := s.own(ctx, tx, "case", string(id), files); err != nil {
			return err
		}
		return s.remember(ctx, tx, id, checked.Verdicts)
	})
	if err != nil {
		return Receipt{}, err
	}
	out.Link, out.Lifted, out.Says = out.Case.Link(), checked.Lifted, "已重新提交，编号 "+out.Case.Number+"。"
	return out, nil
}

func kindsOf(uploads []approval.Upload) []string {
	var out []string
	for _, u := range uploads {
		out = append(out, u.Kind)
	}
	return out
}

// take keeps the uploads' bytes; owners come in the transaction. A blob that
// never gets an owner is swept.
func (s *Service) take(ctx context.Context, uploads []approval.Upload) ([]approval.Attachment, error) {
	const most = 12
	if len(uploads) > most {
		return nil, fault.Newf(fault.Invalid, "附件超过 %d 个，请合并后再上传。", most).On("other", "附件过多")
	}
	var out []approval.Attachment
	for _, u := range uploads {
		a, err := approval.Take(ctx, s.store, u)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// own gives the papers their owner and answers with the last of each kind.
func (s *Service) own(ctx context.Context, tx *db.Tx, kind, id string, files []approval.Attachment) (map[string]string, error) {
	kept := map[string]string{}
	for _, a := range files {
		a.OwnerKind, a.OwnerID = kind, id
		have, err := approval.Attach(ctx, tx, a)
		if err != nil {
			return nil, err
		}
		kept[a.Kind] = have.ID
	}
	return kept, nil
}

func (s *Service) remember(ctx context.Context, tx *db.Tx, id approval.CaseID, list []approval.Verdict) error {
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO matter_check (case_id, verdicts, checked_at) VALUES ($1, $2, $3)
		ON CONFLICT (case_id) DO UPDATE SET verdicts = excluded.verdicts, checked_at = excluded.checked_at`, id, string(text), tx.Now()); err != nil {
		return fmt.Errorf("lifecycle: keep verdicts: %w", err)
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "lifecycle.matter.check", Target: audit.Target{Kind: "case", ID: string(id)}, After: list})
}

// decided is what the last approval brings about, in its transaction: the
// rules are asked again (two applications may have run side by side), then the
// matter's own outcome.
func (s *Service) decided(ctx context.Context, tx *db.Tx, c approval.Case) error {
	a, err := s.applicationOf(c)
	if err != nil {
		return err
	}
	f, err := s.gather(ctx, tx, authz.System("lifecycle.decided"), &a, calendar.DateOf(tx.Now()))
	if err != nil {
		return err
	}
	have, err := approval.Attachments(ctx, tx, "case", string(c.ID))
	if err != nil {
		return err
	}
	f.kept = map[string]string{}
	for _, n := range have {
		f.files = append(f.files, n.Kind)
		f.kept[n.Kind] = n.ID
	}
	f.final, f.caseID, f.number = true, c.ID, c.Number
	f.external = c.External
	if err := s.thawed(ctx, tx, f); err != nil {
		return err
	}
	checked, err := s.judge(ctx, tx, f)
	if err != nil {
		return err
	}
	if err := rules.Refuse(checked.Standing); err != nil {
		return err
	}
	if err := s.remember(ctx, tx, c.ID, checked.Verdicts); err != nil {
		return err
	}
	_, err = f.matter.outcome(ctx, s, tx, f)
	return err
}

// present shows a case. While it runs the rules are asked anew; once it has
// ended, what they said then is shown.
func (s *Service) present(ctx context.Context, c approval.Case) (approval.Presentation, error) {
	m, _ := s.Matter(c.Kind)
	p := approval.Presentation{KindName: m.Name + "申请", Amend: "/console/applications/" + string(c.ID) + "/amend"}
	a, err := s.applicationOf(c)
	if err != nil {
		return p, err
	}
	f, err := s.gather(ctx, s.db, authz.System("lifecycle.present"), &a, s.today())
	if err != nil {
		return p, err
	}
	checked, err := s.judge(ctx, s.db, f)
	if err != nil && !fault.Is(err, fault.Refused) && !fault.Is(err, fault.Conflict) {
		return p, err
	}
	if p.Facts, err = s.factsShown(ctx, f); err != nil {
		return p, err
	}
	p.Papers = map[string]string{}
	for _, n := range m.FilesOf(f.kind) {
		p.Papers[n.Kind] = n.Label
	}
	kept, err := db.One(ctx, s.db, db.Value[string], `SELECT verdicts FROM matter_check WHERE case_id = $1`, c.ID)
	if err != nil {
		return p, fmt.Errorf("lifecycle: read verdicts: %w", err)
	}
	if err := json.Unmarshal([]byte(kept), &p.Verdicts); err != nil {
		return p, err
	}
	p.Judged = "提交或办结时的核对结果"
	if c.State == approval.InReview || c.State == approval.Returned {
		p.Judged = "按当前台账核对"
		p.Verdicts = merge(p.Verdicts, checked.Verdicts)
	}
	ref := f.object.Ref
	if m.Opens() {
		if c.State != approval.Approved {
			return p, nil
		}
		if ref, err = s.madeBy(ctx, s.db, m, c.ID); err != nil || ref.ID == "" {
			return p, err
		}
		p.Result, p.ResultName = launchLink(ref), "上线清单"
	} else if c.State == approval.Approved {
		p.Result, p.ResultName = CourseLink(ref), "办理进度"
	}
	p.Related, err = s.related(ctx, ref, c)
	return p, err
}

// related are the pages of the object and of what the case brought about, for
// a reader who has the object in scope.
func (s *Service) related(ctx context.Context, ref registry.Ref, c approval.Case) ([]approval.Related, error) {
	scope := authz.ScopeFrom(ctx)
	o, err := s.registry.Object(ctx, s.db, scope, ref)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := []approval.Related{{Name: o.KindName(), Text: o.Name, Href: o.Link(), State: o.StateName()}, {Name: "办理进度", Text: "查看生命周期", Href: CourseLink(o.Ref)}}
	filings, _, err := s.filings.Items(ctx, scope, filing.Filter{Object: o.Ref, Case: c.ID, State: "all"})
	if err != nil {
		return nil, err
	}
	for _, i := range filings {
		out = append(out, approval.Related{Name: "注册和备案", Text: i.Name(), Href: i.Link(), State: i.StateName()})
	}
	notices, _, err := s.notices.Notices(ctx, scope, notice.Filter{Object: o.Ref, Case: string(c.ID), State: "all"})
	if err != nil {
		return nil, err
	}
	for _, n := range notices {
		out = append(out, approval.Related{Name: notice.KindName(n.Kind), Text: n.PublisherName, Href: n.Link(), State: n.StateName()})
	}
	end, err := s.closings.Of(ctx, s.db, scope, o.Ref)
	switch {
	case fault.Is(err, fault.NotFound):
		return out, nil
	case err == nil && end.CaseID == string(c.ID):
		out = append(out, approval.Related{Name: "关停迁移", Text: "栏目去向、归档和跳转", Href: end.Link(), State: end.StateName()})
	}
	return out, err
}

// factsShown are the lines of the form as people read them.
func (s *Service) factsShown(ctx context.Context, f *facts) ([]approval.Fact, error) {
	var out []approval.Fact
	add := func(section, name, text string) {
		out = append(out, approval.Fact{Section: section, Name: name, Text: text})
	}
	first := "申请单位"
	add(first, "单位名称", f.unit.Name)
	add(first, "单位性质", f.unit.Kind.Name()+"（"+f.unit.Level.Name()+"）")
	if f.object.ID != "" {
		add("办理对象", "名称", f.object.Name)
		add("办理对象", "类型", f.object.KindName())
		add("办理对象", "地址", f.object.Address)
		add("办理对象", "当前状态", f.object.StateName())
	}
	for _, n := range f.matter.FieldsOf(f.kind) {
		text := f.app.Text(n.Name)
		options := n.Options
		if n.choices != nil && text != "" {
			var err error
			if options, err = n.choices(ctx, s, s.db, f); err != nil {
				return nil, err
			}
		}
		for _, o := range options {
			if o.Value == text {
				text = o.Label
			}
		}
		switch n.Kind {
		case Yes:
			text = "否"
			if f.app.Ticked(n.Name) {
				text = "是"
			}
		case DayField:
			text = f.app.Day(n.Name).Chinese()
		}
		add(n.Section, n.Label, text)
	}
	signer := "主要负责同志本人"
	if !f.app.ByPrincipal {
		signer = "非主要负责同志"
	}
	const consent = "主要负责同志同意"
	add(consent, "主要负责同志", f.app.Principal)
	add(consent, "签字人", signer)
	add(consent, "同意日期", f.app.ConsentOn.Chinese())
	return out, nil
}

// merge replaces kept verdicts by newer ones of the same rule and keeps the
// rest: those of the consent do not change with the ledger.
func merge(kept, now []approval.Verdict) []approval.Verdict {
	out := slices.Clone(kept)
	for _, v := range now {
		if i := slices.IndexFunc(out, func(k approval.Verdict) bool { return k.Rule == v.Rule }); i >= 0 {
			out[i] = v
		} else {
			out = append(out, v)
		}
	}
	return out
}
