package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/blob"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
)

// Evidence is the proof of a sighting: what was asked, when, and what came.
type Evidence struct {
	// Ref names the bytes in the blob store; empty when none were kept.
	Ref     blob.Ref  `json:"blob,omitempty"`
	URL     string    `json:"url"`
	Status  int       `json:"status"`
	Headers string    `json:"headers"` // "Name: value" lines, cookies left out
	SHA256  string    `json:"sha256"`  // of the bytes, hex
	Size    int64     `json:"size"`
	At      time.Time `json:"at"`
	// Excerpt is source text around the place, personal data masked.
	Excerpt string `json:"excerpt"`
	// Vantage is where it was looked from, Edition the rules it was judged by.
	Vantage string `json:"vantage,omitempty"`
	Edition string `json:"edition,omitempty"`
	// Screenshot is a picture of the page (PNG); Boxes are the place on it.
	Screenshot blob.Ref `json:"screenshot,omitempty"`
	Boxes      []Box    `json:"boxes,omitempty"`
	// Unshot is why there is no picture, for people: what follows “没有截图：”; empty where
	// there is one, or where none was looked for.
	Unshot string `json:"unshot,omitempty"`
	// Link is the target asked, for findings about links; LinkStatus is 0 when
	// no answer came.
	Link       string `json:"link,omitempty"`
	LinkStatus int    `json:"link_status,omitempty"`
	LinkFinal  string `json:"link_final,omitempty"`
	// Beside are further answers the finding rests on.
	Beside []Beside `json:"beside,omitempty"`
}

// Refs are all the bytes kept as evidence.
func (e Evidence) Refs() []blob.Ref {
	all := []blob.Ref{e.Ref, e.Screenshot}
	for _, b := range e.Beside {
		all = append(all, b.Ref)
	}
	return slices.DeleteFunc(all, func(r blob.Ref) bool { return r == "" })
}

// Sighting is what one look saw wrong.
type Sighting struct {
	Check    string         `json:"check"`
	Severity check.Severity `json:"severity"`
	Says     string         `json:"says"`
	Article  string         `json:"article"`
	// URL is the page, Where the place on it: a tag, a link, a column.
	URL   string `json:"url"`
	Where string `json:"where"`
	Fix   string `json:"fix"`
	// Wrong is the wrong wording; of an account the case, by which a false alarm is
	// known again; "" for other checks.
	Wrong string `json:"wrong,omitempty"`
	// OnHome says that it stands on the home page.
	OnHome bool `json:"on_home"`
	// Pages counts the pages that show the same defect, Also names some.
	Pages    int      `json:"pages"`
	Also     []string `json:"also,omitempty"`
	Evidence Evidence `json:"evidence"`
}

// Untested is something a run did not look at.
type Untested struct {
	Check string `json:"check"`
	Why   string `json:"why"`
	// Where is the first example, Count how many shared the reason.
	Where string `json:"where,omitempty"`
	Count int    `json:"count,omitempty"`
}

// Report is what a run came to, in the form of the command line's answer.
type Report struct {
	URL      string     `json:"url"`
	Started  time.Time  `json:"started"`
	Pages    int        `json:"pages"` // addresses that answered 2xx; what did not answer is no page that was looked at
	Findings []Sighting `json:"findings"`
	Untested []Untested `json:"untested"`
	// Census is how much of the release in force was looked at; nil where the target
	// lists none.
	Census *Census `json:"census,omitempty"`
	// Turn is how much of what is known of the site was read of late; nil where nobody
	// remembers.
	Turn *Turn `json:"turn,omitempty"`

	Finished time.Time `json:"-"`
	Links    int       `json:"-"` // targets judged
	// Reachable is false when the home page did not open; then nothing else was looked at.
	Reachable bool `json:"-"`

	Visited map[string]bool     `json:"-"` // pages that were checked
	Looks   map[string]Evidence `json:"-"` // of each, without the bytes
	met     map[string]bool     // link targets met, canonical
	unmet   bool                // there were more of them than are kept
	judged  map[string]bool     // of these, those that were judged
	columns map[string]bool     // columns judged, by where
	home    bool                // freshness of the home page was judged
	read    map[string]bool     // attachments whose text was judged
	dated   bool                // the instants of the pages were held together
	// disguised are the pages, with the guise, that were judged in one.
	disguised map[string]bool
	// dressed are the pages whose links were judged by their style sheets.
	dressed map[string]bool
	// compared are pages held against a baseline, rendered and audited those drawn
	// and put to axe.
	compared, rendered, audited map[string]bool
	Watched                     []Watched `json:"-"`
	// taken are addresses that findings stand at and that are no more, with the later
	// of the two looks that say so.
	Taken map[string]Evidence `json:"-"`
	// searched says that the site's search was tried.
	searched bool
	put      []string // families of checks that were put; empty: all
	focus    []string // focus items that were looked for
	Partial  bool     `json:"-"` // text was not scanned for wording
	hosted   bool     // pages show items of the library
	// unsure are the checks, each with a space and its page or link, that could not be
	// put to it, or not to all of it; cut says that more was found than is reported.
	// What is missing there is not gone.
	unsure map[string]bool
	cut    bool

	// Bytes of all pages; Replayed and Same count those that an interrupted run
	// had been answered before, and those the server confirmed to be unchanged.
	Bytes    int64 `json:"-"`
	Replayed int   `json:"-"`
	Same     int   `json:"-"`
}

// doubt notes that a check could not be put to the whole of a page.
func (r *Report) doubt(checkID, page string) {
	if r.unsure == nil {
		r.unsure = map[string]bool{}
	}
	r.unsure[checkID+" "+page] = true
}

// Near is where it stands as a reader finds it; empty where Where says it.
func (s Sighting) Near() string {
	for _, b := range s.Evidence.Beside {
		if b.As == AsNear {
			return b.Says
		}
	}
	return ""
}

// Fingerprint names the same defect through runs and retests of one site or
// account.
func (s Sighting) Fingerprint() string {
	wrong := s.Wrong
	if strings.HasPrefix(s.Check, "account.") {
		wrong = "" // the case: it may change while the defect stands
	}
	return printOf(s.Check, s.place(crawl.Template), wrong)
}

// place is the place of a defect as its fingerprint has it. template is
// crawl.Template, or comes to the same.
func (s *Sighting) place(template func(string) string) string {
	place := s.Where
	if s.Check == CheckDowngraded && place != atHome {
		return template(s.URL) // a server's rule for many pages is mended once
	}
	switch family, _, _ := strings.Cut(s.Check, "."); family {
	case "footer", "home", "access", "header", "function", "account":
		if s.Check == CheckListed {
			return s.URL
		}
		place = "" // one template makes the whole site's head and foot
	case "link", "column", "ledger", "cloaked", "script":
	case "concealed":
		place = s.Where + " " + check.MaskText(s.Says) // a place is often no more than “<div>”
	case "accessible":
		place = template(s.URL) // a template is mended once
		if s.Check == "accessible.axe" {
			place += " " + s.Where
		}
	case "tags", "design", "rendered":
		place = template(s.URL) + " " + s.Where
	case "attachment":
	case "dates":
		place = s.URL
	default:
		place = s.URL + " " + s.Where
	}
	return place
}

func printOf(id, place, wrong string) string {
	sum := sha256.Sum256([]byte(id + "\x00" + strings.ToLower(strings.Join(strings.Fields(place), " ")) + "\x00" + wrong))
	return hex.EncodeToString(sum[:16])
}

// prints remembers the fingerprints of a run: the pages of a template show the
// same defects one after another.
type prints struct {
	known         map[[3]string]string
	url, template string // of the last page
}

// mostPrints bounds what is remembered.
const mostPrints = 10_000

func (p *prints) of(s *Sighting) string {
	k := [3]string{s.Check, s.place(func(url string) string {
		if p.template == "" || url != p.url {
			p.url, p.template = url, crawl.Template(url)
		}
		return p.template
	}), s.Wrong}
	print, known := p.known[k]
	if !known {
		if p.known == nil || len(p.known) >= mostPrints {
			p.known = map[[3]string]string{}
		}
		print = printOf(k[0], k[1], k[2])
		p.known[k] = print
	}
	return print
}

// Rank orders severities, the gravest first.
func Rank(s check.Severity) int {
	return slices.Index([]check.Severity{check.Serious, check.Error, check.Advice}, s)
}

// Box is a place on a screenshot, in its own pixels.
type Box struct {
	X, Y, Width, Height int
}
