package impostor

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/seal"
)

var citation = sx2021.Instrument + " 第二十三条（三）"

// The clocks of a case.
var (
	VerifyDue = obligation.Kind{ID: "impostor_verify", Name: "核实假冒线索", Clause: "S23.3a", Citation: citation,
		Says: "对监测发现或网民举报的假冒政府网站与政务新媒体进行核实", Remind: []int{0}, Escalate: 1, Minutes: 20}
	ReferDue = obligation.Kind{ID: "impostor_refer", Name: "商请网信部门处理假冒", Clause: "S23.3a", Citation: citation,
		Says: "经核实后，主管单位要及时商请网信部门处理", Remind: []int{0}, Escalate: 1, Province: 3, Minutes: 15}
	StepDue = obligation.Kind{ID: "impostor_step", Name: "处置假冒网站和账号", Clause: "S23.3b", Citation: citation,
		Says: "网信部门协调电信主管、公安等部门及时处置，登记结果", Remind: []int{2, 0}, Escalate: 3, Minutes: 15}
)

// Obligations are the clocks this module runs.
func Obligations() []obligation.Kind { return []obligation.Kind{VerifyDue, ReferDue, StepDue} }

// States of a case.
const (
	Found     = "found"
	Verified  = "verified"
	Referred  = "referred"
	Disposing = "disposing"
	Gone      = "gone"
	Closed    = "closed"
	Dismissed = "dismissed"
)

// Machine declares what may become of a case.
var Machine = passage.Machine{
	Kind: "impostor", Noun: "假冒线索",
	States: map[string]string{Found: "待核实", Verified: "已核实，待商请网信", Referred: "已商请网信", Disposing: "处置中", Gone: "已无法访问，观察中", Closed: "已办结", Dismissed: "不是假冒"},
	Moves: []passage.Move{
		{From: "", Act: "find", To: Found, Says: "登记线索", Guard: "监测、网民举报或单位报告", Permit: string(authz.ImpostorReport)},
		{From: Found, Act: "verify", To: Verified, Says: "核实为假冒", Guard: "写明核实人和依据", Permit: string(authz.ImpostorVerify)},
		{From: Found, Act: "dismiss", To: Dismissed, Says: "认定不是假冒", Guard: "写明理由", Permit: string(authz.ImpostorVerify)},
		{From: Verified, Act: "dismiss", To: Dismissed, Says: "认定不是假冒", Guard: "写明理由", Permit: string(authz.ImpostorVerify)},
		{From: Dismissed, Act: "reopen", To: Found, Says: "重新核实", Guard: "写明新情况", Permit: string(authz.ImpostorVerify)},
		{From: Verified, Act: "refer", To: Referred, Says: "商请网信部门处理", Guard: "出具商请函", Permit: string(authz.ImpostorVerify)},
		{From: Referred, Act: "hand_on", To: Disposing, Says: "协调通信、公安处置", Guard: "网信部门分派", Permit: string(authz.ImpostorDispose)},
		{From: Referred, Act: "vanish", To: Gone, Says: "已无法访问", Guard: "相隔六小时以上两次查看都无法访问", Permit: "system"},
		{From: Disposing, Act: "refer", To: Referred, Says: "再次商请网信部门处理", Guard: "各部门的结果都已登记，仍可访问", Permit: string(authz.ImpostorVerify)},
		{From: Disposing, Act: "vanish", To: Gone, Says: "已无法访问", Guard: "相隔六小时以上两次查看都无法访问", Permit: "system"},
		{From: Gone, Act: "return", To: Disposing, Says: "恢复访问，继续处置", Guard: "查看时又能访问", Permit: "system"},
		{From: Closed, Act: "return", To: Disposing, Says: "恢复访问，继续处置", Guard: "查看时又能访问", Permit: "system"},
		{From: Gone, Act: "hand_on", To: Gone, Says: "协调通信、公安处置", Guard: "网信部门分派", Permit: string(authz.ImpostorDispose)},
		{From: Gone, Act: "close", To: Closed, Says: "办结", Guard: "网信、通信、公安的结果都已登记，观察期满", Permit: string(authz.ImpostorVerify)},
	},
}

// Sources of a case (readings 12).
var Sources = []struct{ Value, Name string }{{"monitor", "监测发现"}, {"public", "网民举报"}, {"unit", "单位报告"}}

// Parties are the external steps: 网信 first, which brings the others in.
var Parties = []struct {
	Value, Name string
	Role        authz.Role
	Does        string
}{
	{"cyberspace", "网信部门", authz.Cyberspace, "协调电信主管、公安等部门处置"},
	{"telecom", "通信管理部门", authz.Telecom, "处置域名解析和互联网接入服务"},
	{"police", "公安部门", authz.Police, "对开办者等人员依法打击处理"},
}

// Does is what a party, by its value, is asked to do about the case.
func (c Case) Does(party string) string {
	if party == "telecom" && c.Bare() {
		return "处置互联网接入服务（没有域名，不涉及域名解析）"
	}
	for _, p := range Parties {
		if p.Value == party {
			return p.Does
		}
	}
	return ""
}

// Measure is what a party did.
type Measure struct {
	Value, Party, Name string
	ofName             bool // needs a domain name
}

// Measures are what a party did.
var Measures = []Measure{
	{"coordinated", "cyberspace", "已协调处置", false}, {"platform", "cyberspace", "已要求平台处置账号", false},
	{"resolution", "telecom", "停止域名解析", true}, {"access", "telecom", "停止互联网接入", false}, {"both", "telecom", "停止解析并停止接入", true}, {"abroad", "telecom", "境外注册、境外接入，已采取境内阻断", false},
	{"filed", "police", "立案侦查", false}, {"punished", "police", "已依法处罚", false}, {"not_filed", "police", "不予立案", false},
	{"none", "", "无需处置", false},
}

// PartyName and the like are values in Chinese.
func PartyName(v string) string {
	for _, p := range Parties {
		if p.Value == v {
			return p.Name
		}
	}
	return v
}

// MeasureName is what was done, in Chinese.
func MeasureName(v string) string {
	for _, m := range Measures {
		if m.Value == v {
			return m.Name
		}
	}
	return v
}

// SourceName is where a case came from, in Chinese.
func SourceName(v string) string {
	for _, s := range Sources {
		if s.Value == v {
			return s.Name
		}
	}
	return v
}

// KindName is the kind in Chinese.
func KindName(v string) string {
	if v == "account" {
		return "假冒账号"
	}
	return "假冒网站"
}

// Case is one fake, or what may be one.
type Case struct {
	ID                     string
	Number                 string
	Kind                   string // site, account
	Address                string
	Shown                  string
	Name                   string
	Platform               string
	Of                     registry.Ref // what it passes itself off as; empty when not known
	OfName                 string
	Unit                   org.UnitID
	UnitName               string // joined
	Office                 org.UnitID
	OfficeName             string // joined
	Source                 string
	Reporter               string
	Contact                string // sealed
	Technique              string
	Says                   string
	State                  string
	FoundAt                time.Time
	VerifiedBy             string
	VerifiedAt             time.Time
	Verdict                string
	ReferredAt             time.Time
	ReferredTo             string
	GoneAt                 time.Time
	ClosedAt               time.Time
	Conclusion             string
	LookedAt               time.Time
	Alike                  int // to the genuine site, 0 to 100; -1: not compared
	area, line             string
	officeArea, officeLine string
}

// StateName is the state in Chinese.
func (c Case) StateName() string { return Machine.Name(c.State) }

// Link is the case's page.
func (c Case) Link() string { return "/console/impostors/" + c.ID }

// In reports whether it lies in the scope.
// The office that verifies it reads it too, though it speaks of another's site.
func (c Case) In(scope authz.Scope) bool {
	return c.area != "" && (scope.Covers(c.area, c.line) || scope.Covers(c.officeArea, c.officeLine))
}

// Target names it in the trail.
func (c Case) Target() audit.Target {
	return audit.Target{Kind: "impostor", ID: c.ID, Name: c.Number + " " + c.Shown, Unit: string(c.Unit)}
}

func (c Case) subject() obligation.Subject {
	return obligation.Subject{Kind: "impostor", ID: c.ID, Name: c.Shown}
}

// ip is the address and port of a site that is reached without a name; ok is false
// for one that has a name. The port is 0 where it is the web's own.
func (c Case) ip() (a netip.Addr, port uint16, ok bool) {
	if ap, err := netip.ParseAddrPort(c.Address); err == nil {
		return ap.Addr(), ap.Port(), true
	}
	a, err := netip.ParseAddr(strings.Trim(c.Address, "[]"))
	return a, 0, err == nil
}

// Bare reports whether it stands at an IP address: it has no name that could look
// like another, be registered or stop resolving.
func (c Case) Bare() bool {
	_, _, bare := c.ip()
	return bare && c.Kind == "site"
}

// page is where the site is opened, less the scheme: the home page of a name, the
// page that was reported of an address, which may have many tenants.
func (c Case) page() string {
	if path, ok := strings.CutPrefix(c.Shown, c.Address); ok && c.Bare() && path != "" {
		return c.Address + path
	}
	return c.Address + "/"
}

// Measures are what a party can have done about it. An account stands under the name of
// its platform, whose resolution nobody stops.
func (c Case) Measures(party string) []Measure {
	return slices.DeleteFunc(slices.Clone(Measures), func(m Measure) bool {
		return m.Party != "" && m.Party != party || m.ofName && (c.Bare() || c.Kind == "account")
	})
}

// Watched reports whether the watch looks at it by itself: only what a person
// has verified is ever contacted.
func (c Case) Watched() bool { return c.State != Found && c.State != Dismissed }

// Step is what one party was asked to do.
type Step struct {
	ID         string
	Case       string
	Round      int // which referral of the case it belongs to, from 1
	Party      string
	Unit       org.UnitID
	UnitName   string
	Letter     []string // to 网信, as it went out
	AskedOn    calendar.Date
	Due        calendar.Due
	Measure    string
	Result     string
	ResultOn   calendar.Date
	Document   string
	FileID     string
	FileName   string
	RecordedBy string
	RecordedAt time.Time
}

// spared stands for the body where a party was not asked: it had nothing to do.
const spared = "没有商请"

// Spared reports whether the party was not asked, with the reason on record.
func (p Step) Spared() bool { return p.Unit == "" && p.UnitName == spared }

// Done reports whether its result is in.
func (p Step) Done() bool { return !p.RecordedAt.IsZero() }

func (p Step) subject(c Case) obligation.Subject {
	return obligation.Subject{Kind: "impostor_step", ID: p.ID, Name: PartyName(p.Party) + "处置 " + c.Shown}
}

// Parts are what the service works with.
type Parts struct {
	DB          *db.DB
	Org         *org.Service
	Registry    *registry.Service
	Obligations *obligation.Service
	Days        calendar.Workdays
	Store       blob.Store
	Keys        *seal.Keyring
	Client      *egress.Client             // for the DNS; what is opened is asked with Manners
	Manners     *crawl.Manners             // those of the house; nil: made here
	Address     func(registry.Site) string // where a genuine site is opened; nil: http at its host
	Settings    func() sx2021.Settings
	// Still keeps the clock from asking and looking: a demonstration leaves the
	// names of the world alone. A person may still ask for a look.
	Still bool
}

// Service is the door of impostor.
type Service struct {
	Parts
	results []func(ctx context.Context, tx *db.Tx, caseID, result string, on calendar.Date, document, by string) error
}

// New makes the service.
func New(p Parts) *Service {
	if p.Manners == nil {
		p.Manners = crawl.NewManners(p.Client, crawl.Courtesy{})
	}
	return &Service{Parts: p}
}

type watchRound struct{}

// Kind names the job.
func (watchRound) Kind() string { return "impostor.watch" }

type candidateRound struct{}

// Kind names the job.
func (candidateRound) Kind() string { return "impostor.candidates" }

// Register gives the workers the periodic duties.
func (s *Service) Register(w *jobs.Workers) {
	jobs.Handle(w, func(ctx context.Context, _ watchRound) error { _, err := s.Watch(ctx); return err })
	jobs.Handle(w, func(ctx context.Context, _ candidateRound) error {
		_, asked := s.AskCandidates(ctx)
		_, looked := s.LookAtCandidates(ctx)
		return errors.Join(asked, looked)
	})
	if s.Still {
		return
	}
	jobs.Every(w, time.Hour, watchRound{})
	jobs.Every(w, 10*time.Minute, candidateRound{})
}

const caseSelect = `
	SELECT i.id, i.number, i.kind, i.address, i.shown, i.name, i.platform, i.object_kind, i.object_id, i.object_name, i.unit_id, u.name, i.office_id, f.name, i.source, i.reporter, i.contact, i.technique,
	       i.says, i.state, i.found_at, i.verified_by, i.verified_at, i.verdict, i.referred_at, i.referred_to, i.gone_at, i.closed_at, i.conclusion, i.looked_at, i.alike, u.area_path, u.line_path, f.area_path, f.line_path
	  FROM impostor i JOIN unit u ON u.id = i.unit_id JOIN unit f ON f.id = i.office_id`

func scanCase(r db.Scanner) (Case, error) {
	var c Case
	err := r.Scan(&c.ID, &c.Number, &c.Kind, &c.Address, &c.Shown, &c.Name, &c.Platform, &c.Of.Kind, &c.Of.ID, &c.OfName, &c.Unit, &c.UnitName, &c.Office, &c.OfficeName, &c.Source, &c.Reporter, &c.Contact, &c.Technique,
		&c.Says, &c.State, &c.FoundAt, &c.VerifiedBy, &c.VerifiedAt, &c.Verdict, &c.ReferredAt, &c.ReferredTo, &c.GoneAt, &c.ClosedAt, &c.Conclusion, &c.LookedAt, &c.Alike, &c.area, &c.line, &c.officeArea, &c.officeLine)
	return c, err
}

func (s *Service) caseTx(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Case, error) {
	c, err := db.One(ctx, q, scanCase, caseSelect+` WHERE i.id = $1`, id)
	if db.None(err) || err == nil && !c.In(scope) {
		return Case{}, fault.Missing("假冒线索")
	}
	return c, err
}

const stepSelect = `SELECT id, impostor_id, round, party, COALESCE(unit_id, ''), unit_name, letter, asked_on, due_on, provisional, measure, result, result_on, document, COALESCE(file_id, ''), file_name, recorded_by, recorded_at FROM impostor_step`

func scanStep(r db.Scanner) (Step, error) {
	var p Step
	var letter string
	err := r.Scan(&p.ID, &p.Case, &p.Round, &p.Party, &p.Unit, &p.UnitName, &letter, &p.AskedOn, &p.Due.On, &p.Due.Provisional, &p.Measure, &p.Result, &p.ResultOn, &p.Document, &p.FileID, &p.FileName, &p.RecordedBy, &p.RecordedAt)
	if err == nil {
		err = json.Unmarshal([]byte(letter), &p.Letter)
	}
	return p, err
}

// steps are all of a case, referral by referral.
func steps(ctx context.Context, q db.Querier, id string) ([]Step, error) {
	return db.All(ctx, q, scanStep, stepSelect+` WHERE impostor_id = $1 ORDER BY round, CASE party WHEN 'cyberspace' THEN 0 WHEN 'telecom' THEN 1 ELSE 2 END`, id)
}

// current are the steps of the last referral: what is asked of the parties now.
func current(list []Step) []Step {
	for i, p := range list {
		if p.Round == list[len(list)-1].Round {
			return list[i:]
		}
	}
	return nil
}

// answered reports whether a referral was made and nobody asked by it has still to
// answer: there is nobody left who works on the case.
func answered(list []Step) bool {
	return len(list) > 0 && !slices.ContainsFunc(list, func(p Step) bool { return !p.Done() })
}

// Dossier is a case with everything kept of it.
type Dossier struct {
	Case
	Steps   []Step
	Looks   []Look // the last ones, newest first
	Files   []approval.Attachment
	History []passage.Step
	// Until is the day of the end of the watch over a fake that is gone.
	Until calendar.Date
}

// Current are the steps of the last referral.
func (d Dossier) Current() []Step { return current(d.Steps) }

// MayReferAgain reports whether 网信 may be asked once more: all that was asked of
// the parties is answered, and the fake still stands.
func (d Dossier) MayReferAgain() bool {
	return d.State == Disposing && answered(d.Current()) && !unseen(d.Looks)
}

// LookAgain is from when on one more look that finds nothing proves that the fake
// is gone; zero where none is waited for.
func (d Dossier) LookAgain() time.Time {
	if d.State != Referred && d.State != Disposing {
		return time.Time{}
	}
	var first time.Time
	for _, l := range d.Looks {
		if l.Outcome == There {
			break
		}
		if l.Outcome == NotSeen {
			first = l.At
		}
	}
	if first.IsZero() {
		return first
	}
	return first.Add(apart)
}

// Dossier of a case in scope.
func (s *Service) Dossier(ctx context.Context, scope authz.Scope, id string) (Dossier, error) {
	c, err := s.caseTx(ctx, s.DB, scope, id)
	if err != nil {
		return Dossier{}, err
	}
	d := Dossier{Case: c}
	if d.Steps, err = steps(ctx, s.DB, id); err != nil {
		return d, err
	}
	if d.Looks, err = looks(ctx, s.DB, id, looksShown); err != nil {
		return d, err
	}
	if d.Files, err = approval.Attachments(ctx, s.DB, "impostor", id); err != nil {
		return d, err
	}
	if !d.GoneAt.IsZero() {
		d.Until = s.watchedUntil(c)
	}
	d.History, err = Machine.History(ctx, s.DB, id)
	return d, err
}

// Reveal opens what a citizen left to be reached by; it stands in the trail.
func (s *Service) Reveal(ctx context.Context, scope authz.Scope, id string) (contact string, err error) {
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		c, err := s.caseTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if c.Contact == "" {
			return fault.New(fault.Conflict, "举报人没有留下联系方式。")
		}
		b, err := s.Keys.Open(sealContact, c.Contact)
		if err != nil {
			return err
		}
		contact = string(b)
		return audit.Record(ctx, tx, audit.Entry{Act: "impostor.reveal", Target: c.Target(), Basis: citation})
	})
	return contact, err
}

// Filter narrows Cases.
type Filter struct {
	Text   string
	State  string // also "standing" for all that are not ended, and the keys of Reached
	Kind   string
	Source string
	Year   int
	Limit  int // 50 when zero
	Offset int
}

// where narrows to the scope, as it holds the units of the aliases.
func (f Filter) where(scope authz.Scope, units ...string) *db.Where {
	var w db.Where
	scope.WhereAny(&w, units...)
	like := db.Contains(f.Text)
	w.AndIf(f.Text != "", `lower(i.shown) LIKE ? ESCAPE '\' OR i.address LIKE ? ESCAPE '\' OR lower(i.name) LIKE ? ESCAPE '\' OR lower(i.object_name) LIKE ? ESCAPE '\' OR lower(i.number) LIKE ? ESCAPE '\'`, like, like, like, like, like).
		AndIf(f.State == "standing", "i.state NOT IN ('closed', 'dismissed')").AndIf(f.State != "" && f.State != "standing" && Reached[f.State] == nil, "i.state = ?", f.State).
		AndIf(f.Kind != "", "i.kind = ?", f.Kind).AndIf(f.Source != "", "i.source = ?", f.Source)
	if f.Year > 0 {
		w.And("i.found_on >= ? AND i.found_on <= ?", calendar.Date{Year: f.Year, Month: time.January, Day: 1}, calendar.Date{Year: f.Year, Month: time.December, Day: 31})
	}
	if list := Reached[f.State]; list != nil {
		w.And("i.state IN " + db.Among(&w, list))
	}
	return &w
}

// Reached are the states of a case that has come so far, whatever followed: what
// the figures count and the list can be narrowed to.
var Reached = map[string][]string{
	"confirmed":   {Verified, Referred, Disposing, Gone, Closed},
	"consulted":   {Referred, Disposing, Gone, Closed},
	"unreachable": {Gone, Closed},
}

// Cases in scope, and how many there are: what waits to be verified and is most like
// a genuine site first, then the newest.
func (s *Service) Cases(ctx context.Context, scope authz.Scope, f Filter) ([]Case, int, error) {
	w := f.where(scope, "u", "f")
	total, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM impostor i JOIN unit u ON u.id = i.unit_id JOIN unit f ON f.id = i.office_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.DB, scanCase, caseSelect+` WHERE `+w.SQL()+` ORDER BY CASE WHEN i.state = 'found' THEN i.alike ELSE -1 END DESC, i.found_at DESC, i.id DESC LIMIT `+w.Arg(cmp.Or(f.Limit, 50))+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// Clue is what somebody saw.
type Clue struct {
	Kind      string
	Address   string
	Name      string
	Platform  string
	Of        registry.Ref
	OfText    string // in words, when it is not known what of the ledger
	Source    string
	Reporter  string
	Contact   string // in the clear
	Technique string
	Says      string
}

// tidy cleans a clue and gives the address it is compared by.
func (n *Clue) tidy() (key, shown string, err error) {
	for _, p := range []*string{&n.Address, &n.Name, &n.Platform, &n.OfText, &n.Contact, &n.Says} {
		*p = strings.TrimSpace(strings.ToValidUTF8(*p, ""))
	}
	var f fault.Fields
	f.Check(n.Kind == "site" || n.Kind == "account", "kind", "请选择是网站还是账号")
	f.Text("address", "网址", n.Address, true, 500)
	f.Text("name", "对方使用的名称", n.Name, n.Kind == "account", 100)
	f.Text("platform", "平台", n.Platform, n.Kind == "account", 40)
	f.Text("says", "看到的情况", n.Says, true, 2000)
	f.Text("of_text", "被冒充的单位", n.OfText, false, 100)
	f.Text("contact", "联系方式", n.Contact, false, 100)
	if n.Address != "" && utf8.RuneCountInString(n.Address) <= 500 {
		if n.Kind == "account" {
			_, wrong := registry.NormalizeHost(bareHost(n.Address))
			if key = registry.AddressKey(n.Address); key == "" || wrong != nil || strings.ContainsAny(n.Address, " \n\r\t") {
				f.Add("address", "账号主页的网址不正确，请从浏览器或应用的“分享”中复制完整网址")
			}
			shown = n.Address
		} else if key, shown, err = siteAddress(n.Address); err != nil {
			f.Add("address", fault.Of(err).Says)
		}
	}
	if err := f.Err(); err != nil {
		return "", "", err
	}
	return key, shown, nil
}

// siteAddress is the address of a site as it is compared, and as it is shown: its
// name; or the IP address it stands at, in its one spelling, with the port where that
// is none of the web's own, shown with the path. The fault says what is wrong.
func siteAddress(typed string) (key, shown string, err error) {
	wrong := fault.New(fault.Invalid, "网址不正确，请复制完整网址，如 www.example.com 或 http://1.2.3.4/")
	if a, port, path, ok := bareAddress(typed); ok {
		if name, special := egress.Special(a); special {
			return "", "", fault.Newf(fault.Invalid, "%s 是%s地址，互联网上访问不到，不能登记为假冒网站，请核对网址", a, name)
		}
		if key = a.String(); a.Is6() {
			key = "[" + key + "]"
		}
		if port != "" && port != "80" && port != "443" {
			key += ":" + port
		}
		if shown = key; path != "/" {
			shown += path
		}
		return key, shown, nil
	}
	if key, err = registry.NormalizeHost(bareHost(typed)); err != nil {
		return "", "", wrong.From(err)
	}
	// A name that ends in a number is an IP address that is none, 1.2.3.456.
	if _, err := egress.Host(key); err != nil {
		return "", "", wrong.From(err)
	}
	return key, registry.ShownHost(key), nil
}

// bareAddress reads an address without a name, in any spelling that browsers take.
func bareAddress(typed string) (a netip.Addr, port, path string, ok bool) {
	scheme, rest, found := strings.Cut(typed, "://")
	if !found {
		scheme, rest = "http", typed
	}
	end := strings.IndexAny(rest+"/", "/?#\\")
	if v6, err := netip.ParseAddr(rest[:end]); err == nil && v6.Is6() {
		rest = "[" + rest[:end] + "]" + rest[end:] // as people write it where no URL is meant
	}
	canonical, err := crawl.Canonical("", scheme+"://"+rest)
	if err != nil {
		return a, "", "", false
	}
	u, err := url.Parse(canonical)
	if err != nil {
		return a, "", "", false
	}
	if a, err = netip.ParseAddr(u.Hostname()); err != nil {
		return a, "", "", false
	}
	// IPv4 in the dress of IPv6 is connected to as IPv4.
	return a.Unmap(), u.Port(), u.EscapedPath(), true
}

// bareHost is the host in what people paste.
func bareHost(s string) string {
	if _, rest, ok := strings.Cut(s, "://"); ok {
		s = rest
	}
	if i := strings.IndexAny(s, "/?#\\"); i >= 0 {
		s = s[:i]
	}
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		s = s[i+1:]
	}
	if host, _, ok := strings.Cut(s, ":"); ok {
		s = host
	}
	return s
}

// errStanding is a clue to what is being handled already.
type errStanding struct{ id string }

func (e errStanding) Error() string { return "impostor: case stands: " + e.id }

// open enters a clue as a case. Official addresses are never fakes: they are
// refused with where they stand in the ledger.
func (s *Service) open(ctx context.Context, tx *db.Tx, n Clue) (Case, error) {
	key, shown, err := n.tidy()
	if err != nil {
		return Case{}, err
	}
	system := authz.System("impostor.open")
	if n.Kind == "site" {
		known, err := s.Registry.KnowsHost(ctx, tx, key)
		if err != nil {
			return Case{}, err
		}
		if known {
			return Case{}, fault.Newf(fault.Refused, "%s 是本省台账登记的官方网址，不是假冒。", shown).On("address", "这是官方网址")
		}
	} else if id, err := db.One(ctx, tx, db.Value[string], `SELECT id FROM account WHERE url = $1 AND state NOT IN ('exited', 'closed') LIMIT 1`, n.Address); err == nil {
		a, err := s.Registry.Account(ctx, tx, system, registry.AccountID(id))
		if err != nil {
			return Case{}, err
		}
		return Case{}, fault.Newf(fault.Refused, "这是本省台账登记的账号“%s”，不是假冒。", a.Name).On("address", "这是官方账号")
	} else if !db.None(err) {
		return Case{}, err
	}
	if id, err := db.One(ctx, tx, db.Value[string], `SELECT id FROM impostor WHERE address = $1 AND state NOT IN ('closed', 'dismissed')`, key); err == nil {
		return Case{}, errStanding{id}
	} else if !db.None(err) {
		return Case{}, err
	}
	c := Case{ID: ulid.Make().String(), Kind: n.Kind, Address: key, Shown: shown, Name: n.Name, Platform: n.Platform, Of: n.Of, OfName: n.OfText, Source: n.Source, Reporter: n.Reporter, Technique: n.Technique, Says: n.Says, FoundAt: tx.Now(), Alike: -1}
	if n.Of.ID != "" {
		o, err := s.Registry.Object(ctx, tx, system, n.Of)
		if err != nil {
			return Case{}, err
		}
		c.OfName, c.Unit = o.Name, o.Unit
	} else if n.Kind == "site" && !c.Bare() {
		// The name itself may say whose it imitates.
		v, err := s.Registry.Lookalikes(ctx, tx, key)
		if err != nil {
			return Case{}, err
		}
		if v.Lookalike {
			c.Technique = cmp.Or(c.Technique, v.Technique)
			if site, err := s.Registry.SiteByHost(ctx, tx, system, v.Imitates); err == nil {
				c.Of, c.OfName, c.Unit = registry.Ref{Kind: sx2021.Site, ID: string(site.ID)}, site.Name, site.Unit
			} else if !fault.Is(err, fault.NotFound) {
				return Case{}, err
			}
		}
	}
	if err := s.place(ctx, tx, &c); err != nil {
		return Case{}, err
	}
	if n.Contact != "" {
		if c.Contact, err = s.Keys.Seal(sealContact, []byte(n.Contact)); err != nil {
			return Case{}, err
		}
	}
	if c.Number, err = approval.NextNumber(ctx, tx, "JM"); err != nil {
		return Case{}, err
	}
	if _, c.State, err = Machine.Take(ctx, tx, c.ID, "find", passage.Note{Says: SourceName(c.Source)}); err != nil {
		return Case{}, err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO impostor (id, number, kind, address, shown, name, platform, object_kind, object_id, object_name, unit_id, office_id, source, reporter, contact, technique, says, state, found_at, found_on, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $19)`,
		c.ID, c.Number, c.Kind, c.Address, c.Shown, c.Name, c.Platform, c.Of.Kind, c.Of.ID, c.OfName, c.Unit, c.Office, c.Source, c.Reporter, c.Contact, c.Technique, c.Says, c.State, c.FoundAt, calendar.DateOf(c.FoundAt)); err != nil {
		if _, dup := db.UniqueViolation(err); dup {
			return Case{}, fault.New(fault.Conflict, "同一网址刚刚被登记，请刷新后查看。").From(err)
		}
		return Case{}, fmt.Errorf("impostor: open: %w", err)
	}
	due := s.Days.Add(calendar.DateOf(tx.Now()), s.Settings().ImpostorVerifyWorkdays)
	if err := s.Obligations.Open(ctx, tx, obligation.Debt{Kind: VerifyDue.ID, Unit: c.Office, Subject: c.subject(), Link: c.Link(), Due: due, From: calendar.DateOf(tx.Now()), Length: calendar.WorkingDays(s.Settings().ImpostorVerifyWorkdays)}); err != nil {
		return Case{}, err
	}
	if _, err := notify.Send(ctx, tx, notify.Message{Key: "impostor:" + c.ID + ":found", Unit: string(c.Office), Link: c.Link(), Urgent: true,
		Title: SourceName(c.Source) + "：疑似" + KindName(c.Kind) + " " + c.Shown, Body: "请于" + due.On.Chinese() + "前核实。"}); err != nil {
		return Case{}, err
	}
	after := map[string]any{"kind": c.Kind, "address": c.Address, "of": c.OfName, "source": c.Source}
	return c, audit.Record(ctx, tx, audit.Entry{Act: "impostor.find", Target: c.Target(), Basis: citation, After: after})
}

// place finds the unit whose object is imitated and the office that handles
// the case; with neither known it is the office of the province.
func (s *Service) place(ctx context.Context, tx *db.Tx, c *Case) error {
	system := authz.System("impostor.place")
	if c.Unit != "" {
		u, err := s.Org.UnitTx(ctx, tx, system, c.Unit)
		if err != nil {
			return err
		}
		office, _, err := s.Org.SupervisorsOf(ctx, tx, u, u.Governs())
		if err != nil {
			return err
		}
		c.UnitName, c.Office, c.OfficeName, c.area, c.line, c.officeArea, c.officeLine = u.Name, office.ID, office.Name, u.AreaPath, u.LinePath, office.AreaPath, office.LinePath
		if office.ID != "" {
			return nil
		}
	}
	root, err := db.One(ctx, tx, db.Value[org.UnitID], `SELECT id FROM unit WHERE kind = 'office' AND level = 'province' AND abolished_on IS NULL ORDER BY area_path LIMIT 1`)
	if db.None(err) {
		return fault.New(fault.Unavailable, "单位台账中还没有省级办公厅，暂时不能登记线索。")
	}
	if err != nil {
		return err
	}
	u, err := s.Org.UnitTx(ctx, tx, system, root)
	if err != nil {
		return err
	}
	c.Office, c.OfficeName = u.ID, u.Name
	if c.Unit == "" {
		c.Unit, c.UnitName, c.area, c.line = u.ID, u.Name, u.AreaPath, u.LinePath
	}
	return nil
}

// Report enters what a unit saw, by a named person; files are what it looks
// like.
func (s *Service) Report(ctx context.Context, scope authz.Scope, n Clue, files []approval.Upload) (Case, error) {
	n.Source = "unit"
	if a, ok := audit.ActorFrom(ctx); ok {
		n.Reporter = a.Name
	}
	if n.Of.ID != "" {
		if _, err := s.Registry.Object(ctx, s.DB, scope, n.Of); err != nil {
			return Case{}, err
		}
	}
	return s.enter(ctx, n, files)
}

func (s *Service) enter(ctx context.Context, n Clue, files []approval.Upload) (c Case, err error) {
	kept, err := approval.TakeAll(ctx, s.Store, files)
	if err != nil {
		return Case{}, err
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		if c, err = s.open(ctx, tx, n); err != nil {
			return err
		}
		return approval.AttachAll(ctx, tx, "impostor", c.ID, kept)
	})
	if st, ok := err.(errStanding); ok { //nolint:errorlint // our own, never wrapped
		number, err := db.One(ctx, s.DB, db.Value[string], `SELECT number FROM impostor WHERE id = $1`, st.id)
		if err != nil {
			return Case{}, err
		}
		return Case{}, fault.Newf(fault.Conflict, "这个网址已登记为线索 %s，正在办理，不用重复登记。", number).On("address", "已在办理："+number)
	}
	return c, err
}

// document is the letter to 网信 for DOCX and PDF.
func document(c Case, p Step) *official.Document {
	d := &official.Document{Title: "关于商请处理" + KindName(c.Kind) + "的函", To: p.UnitName, Issuer: c.OfficeName, Dated: p.AskedOn.Chinese(), Sealed: true,
		Note: "系统编号：" + c.Number + "；核实人：" + c.VerifiedBy}
	for _, text := range p.Letter {
		d.Paragraph(text)
	}
	return d
}
