package annual

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/reporting"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/visits"
)

var citation = sx2021.Instrument + " 第十九条（六）"

// The clocks of annual forms.
var (
	FormKind = obligation.Kind{ID: "annual_form", Name: "年度报表公开", Clause: "S19.6", Citation: citation,
		Says: "按时公开政府网站与政务新媒体年度报表", Remind: []int{30, 14, 7, 3, 0}, Escalate: 2, Minutes: 60}
	ReviewKind = obligation.Kind{ID: "annual_review", Name: "年度报表审核", Clause: "S19.6", Citation: citation,
		Says: "对报送的年度报表及时审核", Remind: []int{1, 0}, Escalate: 2, Minutes: 20}
	AddressKind = obligation.Kind{ID: "annual_address", Name: "年度报表网址回填", Clause: "S19.6", Citation: citation,
		Says: "年度报表公开后，把公开网址填回全国系统", Remind: []int{2, 0}, Escalate: 3, Minutes: 10}
)

// Obligations are the clocks of the package.
func Obligations() []obligation.Kind { return []obligation.Kind{FormKind, ReviewKind, AddressKind} }

// States of a form.
const (
	Draft     = "draft"
	Submitted = "submitted"
	Returned  = "returned"
	Approved  = "approved"
	Published = "published"
	Addressed = "addressed"
	Replaced  = "replaced"
	Ended     = "ended"
)

// Machine is what may become of a form.
var Machine = passage.Machine{Kind: "annual_form", Noun: "年度报表",
	States: map[string]string{Draft: "填报中", Submitted: "待审核", Returned: "已退回", Approved: "待公开", Published: "已公开", Addressed: "已回填网址", Replaced: "已由更正版代替", Ended: "不再填报"},
	Moves: []passage.Move{
		{To: Draft, Act: "open", Says: "列入填报", Guard: "年末在运行的网站、有账号的单位、主管单位", Permit: "system"},
		{To: Draft, Act: "begin", Says: "提前开始填报", Permit: string(authz.AnnualFill)},
		{To: Draft, Act: "correct", Says: "更正已公开的报表", Guard: "写明更正原因", Permit: string(authz.AnnualFill)},
		{From: Draft, Act: "submit", To: Submitted, Says: "报送", Guard: "年度已结束，必填项齐全，数字之间没有矛盾", Permit: string(authz.AnnualFill)},
		{From: Returned, Act: "submit", To: Submitted, Says: "报送", Guard: "年度已结束，必填项齐全，数字之间没有矛盾", Permit: string(authz.AnnualFill)},
		{From: Submitted, Act: "return", To: Returned, Says: "退回", Guard: "写明原因", Permit: string(authz.AnnualReview)},
		{From: Submitted, Act: "approve", To: Approved, Says: "审核通过", Guard: "不是报送人本人，内容与报送时一致", Permit: string(authz.AnnualReview)},
		{From: Approved, Act: "return", To: Returned, Says: "退回", Guard: "写明原因", Permit: string(authz.AnnualReview)},
		{From: Approved, Act: "publish", To: Published, Says: "公开", Guard: "内容与报送时一致", Permit: string(authz.AnnualFill)},
		{From: Published, Act: "address", To: Addressed, Says: "登记回填网址", Guard: "网址完整，填回日期不早于公开日期", Permit: string(authz.AnnualFill)},
		{From: Addressed, Act: "address", To: Addressed, Says: "更正回填网址", Permit: string(authz.AnnualFill)},
		{From: Published, Act: "replace", To: Replaced, Says: "由更正版代替", Permit: "system"},
		{From: Addressed, Act: "replace", To: Replaced, Says: "由更正版代替", Permit: "system"},
		{From: Draft, Act: "end", To: Ended, Says: "不再填报", Guard: "网站在年末前已关停或退出监管", Permit: "system"},
		{From: Returned, Act: "end", To: Ended, Says: "不再填报", Guard: "网站在年末前已关停或退出监管", Permit: "system"},
	}}

// FormID identifies one edition of a form.
type FormID string

// Form is one edition of the form of a site or unit for a year.
type Form struct {
	ID           FormID
	Kind         Kind
	Year         int
	Object       string // site, else unit
	ObjectName   string
	Unit         org.UnitID // fills it in
	UnitName     string     // joined
	Reviewer     org.UnitID // the office it goes to
	ReviewerName string     // joined
	AreaName     string     // joined: of the unit
	Edition      int
	Why          string // of a later edition
	Definition   string
	Version      int
	State        string
	DueOn        calendar.Date // zero: begun before its time
	OpenedAt     time.Time
	SubmittedID  string
	SubmittedBy  string
	SubmittedAt  time.Time
	ReturnedWhy  string
	ApprovedBy   string
	ApprovedAt   time.Time
	SHA256       string
	PublishedBy  string
	PublishedAt  time.Time
	PublishedOn  calendar.Date
	Address      string
	AddressOn    calendar.Date
	AddressBy    string
	AddressSeen  string

	content, rowsRef         string
	areaPath, linePath, line string
	area                     org.AreaID
	unitKind                 org.Kind
	since                    time.Time // of the unit
}

// StateName is the state in Chinese.
func (f Form) StateName() string { return Machine.Name(f.State) }

// Link is the form's page in the console.
func (f Form) Link() string { return "/console/annual/" + string(f.ID) }

// CellLink is the page of one cell.
func (f Form) CellLink(cell string) string { return f.Link() + "/cells/" + url.PathEscape(cell) }

// Title is the form in words.
func (f Form) Title() string {
	t := fmt.Sprintf("%s（%d 年度）", f.Kind.Name(), f.Year)
	if f.Edition > 1 {
		t += fmt.Sprintf(" 第 %d 版", f.Edition)
	}
	return t
}

// Open reports whether the form can still be filled in.
func (f Form) Open() bool { return f.State == Draft || f.State == Returned }

// Public reports whether the form was published, also one corrected since.
func (f Form) Public() bool {
	return f.State == Published || f.State == Addressed || f.State == Replaced
}

// Missed reports whether it should have been public before today.
func (f Form) Missed(today calendar.Date) bool {
	return !f.DueOn.IsZero() && f.DueOn.Before(today) && !f.Public() && f.State != Ended
}

// Target names it in the trail.
func (f Form) Target() audit.Target {
	return audit.Target{Kind: "annual_form", ID: string(f.ID), Name: f.ObjectName + " " + f.Title(), Unit: string(f.Unit)}
}

func (f Form) subject() obligation.Subject {
	return obligation.Subject{Kind: "annual_form", ID: string(f.ID), Name: f.ObjectName + " " + f.Title()}
}

// In reports whether the form lies in the scope.
func (f Form) In(scope authz.Scope) bool {
	return f.areaPath != "" && scope.Covers(f.areaPath, f.linePath)
}

// Quarters gives the frozen bulletin of a place and quarter; ok is false when
// there is none.
type Quarters func(ctx context.Context, scope authz.Scope, area org.AreaID, p assessment.Period) (c reporting.Content, ok bool, err error)

// Visits gives a hosted site's figures of a calendar year; see visits.Year.
type Visits func(ctx context.Context, scope authz.Scope, site registry.SiteID, year int) (visits.YearFigures, error)

// Fetcher is the safe way out, for looking at a published form.
type Fetcher interface {
	Get(ctx context.Context, rawURL string, o egress.Options) (*egress.Response, error)
}

// Parts are what the service works with.
type Parts struct {
	DB          *db.DB
	Org         *org.Service
	Registry    *registry.Service
	Obligations *obligation.Service
	Days        calendar.Workdays
	Store       blob.Store
	Settings    func() sx2021.Settings
	Quarters    Quarters // nil: the figures of checks are typed
	Visits      Visits   // nil: the method of counting is not told
	Fetch       Fetcher  // nil: addresses are recorded without a look
	// Ours reports whether an address is served by this house: only such are
	// looked at.
	Ours func(ctx context.Context, host string) (bool, error)
	// Place keeps a signed public statement; nil keeps none.
	Place func(name string, body []byte) error
}

// Service is the door of annual.
type Service struct {
	Parts
	quarters Quarters
	visits   Visits
}

// New makes the service.
func New(p Parts) *Service { return &Service{p, p.Quarters, p.Visits} }

type opening struct{}

// Kind names the job.
func (opening) Kind() string { return "annual.open" }

// state is the job that says anew which forms are public.
type state struct {
	Form Kind `json:"form"`
	Year int  `json:"year"`
}

// Kind names the job.
func (state) Kind() string { return "annual.state" }

// Register gives the workers the yearly opening of the forms, looked at each
// day, and the telling of what is public.
func (s *Service) Register(w *jobs.Workers) {
	jobs.Handle(w, func(ctx context.Context, _ opening) error { _, err := s.OpenYear(ctx); return err })
	jobs.Every(w, 24*time.Hour, opening{})
	jobs.Handle(w, func(ctx context.Context, j state) error { return s.StatePublic(ctx, j.Form, j.Year) })
}

const formSelect = `SELECT f.id, f.kind, f.year, f.object_id, f.object_name, f.unit_id, u.name, f.reviewer_id, r.name, a.name, f.edition, f.why, f.definition, f.version, f.state, f.due_on, f.opened_at,
	f.submitted_id, f.submitted_by, f.submitted_at, f.returned_why, f.approved_by, f.approved_at, f.sha256, f.published_by, f.published_at, f.published_on, f.address, f.address_on, f.address_by, f.address_seen,
	f.rows_ref, u.area_path, u.line_path, u.line, u.area_id, u.kind, u.created_at`

const formFrom = ` FROM annual_form f JOIN unit u ON u.id = f.unit_id JOIN unit r ON r.id = f.reviewer_id JOIN area a ON a.id = u.area_id`

func (f *Form) dest() []any {
	return []any{&f.ID, &f.Kind, &f.Year, &f.Object, &f.ObjectName, &f.Unit, &f.UnitName, &f.Reviewer, &f.ReviewerName, &f.AreaName, &f.Edition, &f.Why, &f.Definition, &f.Version, &f.State, &f.DueOn, &f.OpenedAt,
		&f.SubmittedID, &f.SubmittedBy, &f.SubmittedAt, &f.ReturnedWhy, &f.ApprovedBy, &f.ApprovedAt, &f.SHA256, &f.PublishedBy, &f.PublishedAt, &f.PublishedOn, &f.Address, &f.AddressOn, &f.AddressBy, &f.AddressSeen,
		&f.rowsRef, &f.areaPath, &f.linePath, &f.line, &f.area, &f.unitKind, &f.since}
}

func scanForm(r db.Scanner) (Form, error) {
	var f Form
	return f, r.Scan(f.dest()...)
}

// scanWhole is scanForm with the content, which lists leave where it is.
func scanWhole(r db.Scanner) (Form, error) {
	var f Form
	return f, r.Scan(append(f.dest(), &f.content)...)
}

func (s *Service) load(ctx context.Context, q db.Querier, scope authz.Scope, id FormID) (Form, error) {
	f, err := db.One(ctx, q, scanWhole, formSelect+`, f.content`+formFrom+` WHERE f.id = $1`, id)
	if db.None(err) || err == nil && !f.In(scope) {
		return Form{}, fault.Missing("年度报表")
	}
	return f, err
}

// Snapshot is a form as it was submitted: what is approved and published.
type Snapshot struct {
	Kind        Kind          `json:"kind"`
	Year        int           `json:"year"`
	Edition     int           `json:"edition"`
	Object      string        `json:"object"`
	ObjectName  string        `json:"object_name"`
	Unit        string        `json:"unit"`
	Area        string        `json:"area"`
	Definition  string        `json:"definition"`
	Version     int           `json:"version"`
	CountedAt   time.Time     `json:"counted_at"`
	Until       calendar.Date `json:"until"`
	Cells       []Kept        `json:"cells"`
	RowsSHA256  string        `json:"rows_sha256"` // of the rows behind the cells, as JSON
	SubmittedBy string        `json:"submitted_by"`
}

// Kept is one cell as submitted.
type Kept struct {
	Cell    string `json:"cell"`
	Value   string `json:"value"`
	Origin  Origin `json:"origin,omitempty"`
	Source  string `json:"source,omitempty"`
	Counted string `json:"counted,omitempty"` // what the house counted, where a person typed another value
	Why     string `json:"why,omitempty"`
	Remark  string `json:"remark,omitempty"`
	Last    string `json:"last,omitempty"` // of the year before
	Rows    int    `json:"rows,omitempty"`
	Sum     bool   `json:"sum,omitempty"`
	Partial string `json:"partial,omitempty"`
	Missing string `json:"missing,omitempty"` // why the house counted nothing
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// kept is the content as submitted, held against its digest.
func (f Form) kept() (Snapshot, error) {
	var x Snapshot
	if f.content == "" {
		return x, fmt.Errorf("annual: form %s has no content", f.ID)
	}
	if digest([]byte(f.content)) != f.SHA256 {
		return x, fault.Newf(fault.Conflict, "%s的内容与报送时的校验值不一致，内容可能被改动，请联系审计管理员核查。", f.Title())
	}
	return x, json.Unmarshal([]byte(f.content), &x)
}

// keptRows are the rows behind the cells as submitted, by cell.
func (s *Service) keptRows(ctx context.Context, f Form, x Snapshot) (map[string][]Row, error) {
	if f.rowsRef == "" {
		return map[string][]Row{}, nil
	}
	r, err := s.Store.Open(ctx, blob.Ref(f.rowsRef))
	if err != nil {
		return nil, fmt.Errorf("annual: rows of %s: %w", f.ID, err)
	}
	defer func() { _ = r.Close() }() // a reader: what was read was checked
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("annual: rows of %s: %w", f.ID, err)
	}
	if digest(b) != x.RowsSHA256 {
		return nil, fault.Newf(fault.Conflict, "%s各项数字的明细与报送时的校验值不一致，请联系审计管理员核查。", f.Title())
	}
	out := map[string][]Row{}
	return out, json.Unmarshal(b, &out)
}

// Filter narrows Forms.
type Filter struct {
	Year     int
	Kind     Kind
	State    string // "open" for those to be filled in, "late" for those missed
	Text     string
	Unit     org.UnitID
	Object   string
	Reviewer org.UnitID
	Limit    int
	Offset   int
}

func (s *Service) where(scope authz.Scope, f Filter) *db.Where {
	var w db.Where
	scope.Where(&w, "u")
	like := db.Contains(strings.TrimSpace(f.Text))
	w.AndIf(f.Year > 0, "f.year = ?", f.Year).AndIf(f.Kind != "", "f.kind = ?", f.Kind).AndIf(f.Unit != "", "f.unit_id = ?", f.Unit).AndIf(f.Object != "", "f.object_id = ?", f.Object).AndIf(f.Reviewer != "", "f.reviewer_id = ?", f.Reviewer).
		AndIf(f.Text != "", `lower(f.object_name) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\'`, like, like)
	switch f.State {
	case "":
	case "open":
		w.And("f.state IN ('draft', 'returned')")
	case "late":
		w.And("f.due_on < ? AND f.state IN ('draft', 'returned', 'submitted', 'approved')", calendar.DateOf(s.DB.Now()))
	default:
		w.And("f.state = ?", f.State)
	}
	return &w
}

// Forms in scope, those to be filled in first, by due date; and how many.
func (s *Service) Forms(ctx context.Context, scope authz.Scope, f Filter) ([]Form, int, error) {
	w := s.where(scope, f)
	total, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM annual_form f JOIN unit u ON u.id = f.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil || total == 0 {
		return nil, 0, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	list, err := db.All(ctx, s.DB, scanForm, formSelect+formFrom+` WHERE `+w.SQL()+` ORDER BY f.year DESC, CASE f.state WHEN 'submitted' THEN 0 WHEN 'returned' THEN 1 WHEN 'draft' THEN 2 WHEN 'approved' THEN 3 ELSE 4 END, u.area_path, f.kind, f.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// Tally is how many forms stand in each state.
type Tally map[string]int

// Count counts the forms in scope by state; "late" are those that were missed.
func (s *Service) Count(ctx context.Context, scope authz.Scope, f Filter) (Tally, error) {
	f.State = ""
	w := s.where(scope, f)
	type line struct {
		state   string
		n, late int
	}
	today := w.Arg(calendar.DateOf(s.DB.Now()))
	list, err := db.All(ctx, s.DB, func(r db.Scanner) (line, error) {
		var l line
		return l, r.Scan(&l.state, &l.n, &l.late)
	}, `SELECT f.state, count(*), COALESCE(sum(CASE WHEN f.due_on < `+today+` THEN 1 ELSE 0 END), 0) FROM annual_form f JOIN unit u ON u.id = f.unit_id WHERE `+w.SQL()+` GROUP BY f.state`, w.Args()...)
	out := Tally{}
	for _, l := range list {
		out[l.state] = l.n
		if l.state == Draft || l.state == Returned || l.state == Submitted || l.state == Approved {
			out["late"] += l.late
		}
	}
	return out, err
}

// Years that have forms in scope, newest first.
func (s *Service) Years(ctx context.Context, scope authz.Scope) ([]int, error) {
	var w db.Where
	scope.Where(&w, "u")
	return db.All(ctx, s.DB, db.Value[int], `SELECT DISTINCT f.year FROM annual_form f JOIN unit u ON u.id = f.unit_id WHERE `+w.SQL()+` ORDER BY f.year DESC`, w.Args()...)
}
