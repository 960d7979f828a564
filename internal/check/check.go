package check

import (
	"cmp"
	"slices"
	"strings"

	"zhengshu/internal/calendar"
	"zhengshu/internal/check/js"
)

// Severity grades a finding. Serious ones block publication and need two
// persons.
type Severity string

// The severities, 严重, 一般 and 提示.
const (
	Serious Severity = "serious"
	Error   Severity = "error"
	Advice  Severity = "advice"
)

// Outcome is what a check concluded.
type Outcome string

// The outcomes. Untested always comes with a Why.
const (
	Kept      Outcome = "kept"
	Tolerated Outcome = "tolerated"
	Violated  Outcome = "violated"
	Untested  Outcome = "untested"
)

// Says holds the Chinese texts of a check, one for each outcome it can have.
type Says struct {
	Fine      string
	Tolerated string // "" when the check tolerates nothing
	Wrong     string
	HowToFix  string
}

// Check is one rule applied to facts. Every check stands once in the table
// that Checks returns.
type Check struct {
	// ID is family.name; for findings it is the key inspection stores.
	ID   string
	Says Says
	// Articles are clause ids (S7.3a), inspection indicators (D-18, V-W-3) or
	// both, the most binding first.
	Articles []string
	Severity Severity
	// AppliesTo names the classes of page, or the subjects link, column and
	// site, the check looks at.
	AppliesTo []string
	// Objects are what the check is put to: portals, sites of departments and
	// zones, accounts, apps. Every check of Checks has some.
	Objects []Object
	// Live checks need the published page or the world around it; the others
	// are made of a draft and a preview as well.
	Live bool
	// Evidence says in Chinese what is kept as proof of a finding.
	Evidence string
	// Doubt says in Chinese what of the rule is not verified against the official
	// text; empty: nothing. It is shown as 未核实 wherever the rule is.
	Doubt string

	run func(c *Check, f *Facts) []Finding
}

// Subjects of AppliesTo beside the page classes.
const (
	OnLink   = "link"
	OnColumn = "column"
	OnSite   = "site"
)

// Finding is the conclusion of one check at one place.
type Finding struct {
	Check    string   `json:"check"`
	Severity Severity `json:"severity"`
	// Says is one Chinese sentence; personal data in it are masked.
	Says    string `json:"says"`
	Article string `json:"article"`
	// Where names the place: a tag, a link, an element, a column.
	Where string `json:"where"`
	Fix   string `json:"fix,omitempty"`
	// More are other places of the same page that break the same rule, at most
	// maxSightings.
	More    []string `json:"more,omitempty"`
	Outcome Outcome  `json:"outcome,omitempty"`
	// Why explains an outcome of untested or tolerated.
	Why string `json:"why,omitempty"`
}

// Ledger is what the register knows of the site a page belongs to. Empty
// fields are unknown and not compared.
type Ledger struct {
	SiteName      string
	SiteDomain    string
	SiteCode      string
	Sponsor       string
	ICPFiling     string
	PoliceFiling  string
	ChineseDomain string
	PartyGovMark  string // its number, or the address of its issuer's page
	// Object is what is inspected; "" is not known, and checks that depend on
	// it cannot be made.
	Object Object
	// Government is true of the portal of a people's government of county level
	// or above, which owes the national emblem.
	Government bool
	// Outward services are offered to citizens; NoServices says that the unit
	// has none, so that nothing is owed.
	NoServices bool
	// Opened is the day the site came into being.
	Opened calendar.Date
	// PoliceBy is the last day on which the site may do without the filing with the
	// public security organs, by what the province chose; zero: not known.
	PoliceBy calendar.Date
	// OfficialMailboxes and OfficialPhones are published by the unit itself
	// and no leak.
	OfficialMailboxes []string
	OfficialPhones    []string
}

// Facts are everything the checks may look at. A nil or empty part leaves the
// checks about it out.
type Facts struct {
	Page *Page
	// Class is the class of the page; "" lets Classify guess.
	Class   Class
	Ledger  *Ledger
	Lexicon *Lexicon // nil: the built-in one
	Links   []LinkResult
	Columns []Column
	Home    *Home
	Access  *Access
	Item    *Item
	Server  *Server       // of a site
	Account *AccountFacts // of new media
	// Attachments are the files a site offers, with the text read in them.
	Attachments []Attachment
	// Alternates are the same page fetched as somebody else.
	Alternates []Alternate
	// Dress are the style sheets of the site that the page wears; nil where nobody read
	// them.
	Dress *Dress
	// Baseline is what a named person last accepted of the page.
	Baseline *Baseline
	// Search is what a trial of the site's own search came to.
	Search *Search
	// Rendered are the sights of a real browser, one for each width.
	Rendered []Rendered
	// ShownBefore is the instant of publication that the page showed when it was
	// last looked at and answered otherwise; "" when it did not, or showed none.
	ShownBefore string
	// Dated are the pages of one site with the instants they show.
	Dated []Dated
	// Pardoned reports whether a person found that a place of the page keeps a check;
	// nil: of none.
	Pardoned func(checkID, where string) bool
	// Staging says that the page is not published yet.
	Staging bool
	Today   calendar.Date
	Limits  Limits

	// kept for one Run
	view      *concealedView
	spans     []Span
	unwrapped map[string][]js.Layer
	barriers  map[string]*barrier
	states    []LinkState
}

// Limits are the thresholds of a pack. A zero value is "not given" and makes
// the checks that need it answer untested.
type Limits struct {
	// HomeStaleDays: days without anything new on the home page (V-W-3).
	HomeStaleDays int
	// NewsStaleDays: for 动态、要闻 columns (V-W-4.1).
	NewsStaleDays int
	// PolicyStaleMonths: for 通知公告、政策文件 columns (V-W-4.1).
	PolicyStaleMonths int
	// MinProbesPerDay and FailedShare (in hundredths of a per cent, 500 for
	// 5 %) judge access over a window of AccessDays days (V-W-2).
	MinProbesPerDay int
	AccessDays      int
	FailedShare     int
	// GuideMissing: so many key classes missing from a guide count towards V-W-6.2.
	GuideMissing int
}

// Run applies every check that has facts to look at and returns all
// conclusions in the order of the table.
func Run(f Facts) []Finding {
	out := make([]Finding, 0, len(table()))
	f.run(func(*Check) bool { return true }, func(fs []Finding) { out = append(out, fs...) })
	return out
}

// RunUnkept is Run without the conclusions that a rule is kept: of the many
// pages of a patrol nobody asks for those.
func RunUnkept(f Facts) []Finding {
	out := make([]Finding, 0, 32)
	f.run(func(*Check) bool { return true }, func(fs []Finding) {
		for i := range fs {
			if fs[i].Outcome != Kept {
				out = append(out, fs[i])
			}
		}
	})
	return out
}

// RunFamily is Run for the checks of some families alone.
func RunFamily(f Facts, families ...string) []Finding {
	out := []Finding{}
	f.run(func(c *Check) bool { return slices.Contains(families, c.Family()) }, func(fs []Finding) { out = append(out, fs...) })
	return out
}

// RunCheck is Run for one check alone.
func RunCheck(f Facts, id string) []Finding {
	out := []Finding{}
	f.run(func(c *Check) bool { return c.ID == id }, func(fs []Finding) { out = append(out, fs...) })
	return out
}

// Family is the first part of the id.
func (c Check) Family() string {
	family, _, _ := strings.Cut(c.ID, ".")
	return family
}

// run puts the checks wanted to the facts and hands on what each concludes.
func (f *Facts) run(wanted func(*Check) bool, conclude func([]Finding)) {
	if f.Page != nil && f.Class == "" {
		f.Class = Classify(f.Page)
	}
	if f.Lexicon == nil {
		f.Lexicon = builtin()
	}
	if f.Page != nil {
		f.Lexicon.build()
		f.Page.look(f.Lexicon.words)
	}
	for i := range table() {
		c := &table()[i]
		if !wanted(c) {
			continue
		}
		if c.Live && f.Staging || f.Ledger != nil && f.Ledger.Object != "" && !c.Judges(f.Ledger.Object) {
			continue
		}
		conclude(c.run(c, f))
	}
}

// Violations keeps the findings that are wrong.
func Violations(fs []Finding) []Finding {
	out := []Finding{}
	for _, f := range fs {
		if f.Outcome == Violated {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b Finding) int { return cmp.Compare(rank(a.Severity), rank(b.Severity)) })
	return out
}

func rank(s Severity) int {
	switch s {
	case Serious:
		return 0
	case Error:
		return 1
	}
	return 2
}

// Checks returns the table of all checks, ordered by family.
func Checks() []Check { return slices.Clone(table()) }

// ByID returns the check with the id.
func ByID(id string) (Check, bool) {
	for _, c := range table() {
		if c.ID == id {
			return c, true
		}
	}
	return Check{}, false
}

// On reports whether the check looks at a subject.
func (c Check) On(subject string) bool { return slices.Contains(c.AppliesTo, subject) }

func (c *Check) article() string {
	if len(c.Articles) == 0 {
		return ""
	}
	return c.Articles[0]
}

func (c *Check) finding(o Outcome, says, where, why string) Finding {
	f := Finding{Check: c.ID, Severity: c.Severity, Says: says, Article: c.article(), Where: where, Outcome: o, Why: why}
	if o == Violated {
		f.Fix = c.Says.HowToFix
	}
	return f
}

// wrong is a violation; detail is added to the check's own sentence.
func (c *Check) wrong(detail, where string) Finding {
	if detail == "" {
		return c.finding(Violated, c.Says.Wrong+"。", where, "")
	}
	return c.finding(Violated, c.Says.Wrong+"："+detail+"。", where, "")
}

func (c *Check) fine(where string) Finding {
	return c.finding(Kept, c.Says.Fine+"。", where, "")
}

func (c *Check) tolerated(why, where string) Finding {
	return c.finding(Tolerated, c.Says.Tolerated+"。", where, why)
}

func (c *Check) untested(why, where string) Finding {
	return c.finding(Untested, "未能检查："+why+"。", where, why)
}

var anyPage = []string{string(ClassHome), string(ClassColumn), string(ClassContent)}

var tableOnce = placed(slices.Concat(tagChecks, headerChecks, footerChecks, designChecks, dateChecks, sourceChecks, privacyChecks, attachmentChecks, concealedChecks, dressedChecks, scriptChecks, cloakChecks, changeChecks,
	shapeChecks, linkChecks, freshnessChecks, functionChecks, guideChecks, accessibleChecks, renderedChecks, itemChecks, serverChecks, accountChecks))

func table() []Check { return tableOnce }
