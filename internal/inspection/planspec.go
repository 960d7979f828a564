package inspection

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/registry"
)

// FocusOnly, among the families of a spec, puts the focus items and nothing else.
const FocusOnly = "focus"

// Spec is what one run looks at, when, and what it may cost. The zero value is
// the daily patrol.
type Spec struct {
	Families []string      `json:"families,omitempty"` // of checks; empty: all
	Focus    []check.Focus `json:"focus,omitempty"`
	Hours    Hours         `json:"hours,omitzero"`
	Pages    int           `json:"pages,omitempty"`   // 0: the setting's
	MB       int           `json:"mb,omitempty"`      // 0: no bound
	Minutes  int           `json:"minutes,omitempty"` // 0: no bound
	Remote   bool          `json:"remote,omitempty"`  // done by a crawler without the house's database
	Urgent   bool          `json:"urgent,omitempty"`  // a person waits
}

// whole reports whether a run of the spec looks at all that the daily patrol does,
// whose pages are given.
func (s Spec) whole(pages int) bool {
	return len(s.Families) == 0 && s.MB == 0 && s.Minutes == 0 && (s.Pages == 0 || s.Pages >= pages)
}

// longest is how long a run of the spec may take before it is broken off.
func (s Spec) longest() time.Duration {
	return max(longestRun, time.Duration(s.Minutes)*time.Minute+longestRun/4)
}

// lastSteps is the time before the end of a run that is kept for what follows the
// links and files, so that a slow site's report is made and not lost.
const lastSteps = 15 * time.Minute

// reads reports whether a run reads pages for their wording.
func (s Spec) reads() bool {
	return len(s.Families) == 0 || slices.Contains(s.Families, "wording") || slices.Contains(s.Families, "sensitive")
}

// Bounds of a spec.
const (
	maxPlanPages   = 20_000
	maxPlanMB      = 10_000
	maxPlanMinutes = 24 * 60
	maxFocus       = 20
)

// Most are what a plan may ask of one site: pages, MB and minutes.
func (s Spec) Most() (pages, mb, minutes int) { return maxPlanPages, maxPlanMB, maxPlanMinutes }

// Check refuses a spec that cannot be worked, with all that is wrong in it.
func (s Spec) Check() error {
	var f fault.Fields
	only := slices.Contains(s.Families, FocusOnly)
	f.Check(!only || len(s.Families) == 1, "family", "选了“只查重点检查项”的，不要再选其他检查内容")
	f.Check(!only || len(s.Focus) > 0, "family", "选了“只查重点检查项”的，请至少填写一个重点检查项")
	for _, id := range s.Families {
		if id == FocusOnly {
			continue
		}
		if !slices.ContainsFunc(engine.Families, func(k engine.Family) bool { return k.ID == id && k.Patrol }) {
			f.Add("family", "检查内容请从列表中选择")
			break
		}
	}
	if len(s.Focus) > maxFocus {
		return fault.Newf(fault.Invalid, "重点检查项最多%d项，请分成几个计划。", maxFocus)
	}
	for _, f := range s.Focus {
		if err := f.Check(); err != nil {
			return err
		}
	}
	for _, b := range []struct {
		field, name string
		n, most     int
	}{{"pages", "每个网站最多页数", s.Pages, maxPlanPages}, {"mb", "每个网站最多流量", s.MB, maxPlanMB}, {"minutes", "每个网站最长时间", s.Minutes, maxPlanMinutes}} {
		if b.n < 0 || b.n > b.most {
			f.Add(b.field, fmt.Sprintf("%s请填写0到%d的整数", b.name, b.most))
		}
	}
	if err := f.Err(); err != nil {
		return err
	}
	return s.Hours.Check()
}

// Hours is when sites may be visited, in Chinese time: from one minute of the
// day to another, over midnight when the second is the smaller. Zero: always.
type Hours struct {
	From int `json:"from,omitempty"` // minutes since 00:00
	To   int `json:"to,omitempty"`
}

// Check refuses hours that are none.
func (h Hours) Check() error {
	const day = 24 * 60
	if h.From < 0 || h.From >= day || h.To < 0 || h.To >= day {
		return fault.New(fault.Invalid, "检查时段填写有误，请按 20:00 这样的形式填写。").On("from", "请填写 00:00 到 23:59")
	}
	return nil
}

// Always reports hours without a bound.
func (h Hours) Always() bool { return h.From == h.To }

// Open reports whether sites may be visited at an instant.
func (h Hours) Open(t time.Time) bool {
	if h.Always() {
		return true
	}
	m := minuteOf(t)
	if h.From < h.To {
		return m >= h.From && m < h.To
	}
	return m >= h.From || m < h.To
}

// Next is the first instant from t on when sites may be visited.
func (h Hours) Next(t time.Time) time.Time {
	if h.Open(t) {
		return t
	}
	at := calendar.DateOf(t).Start().Add(time.Duration(h.From) * time.Minute)
	if at.Before(t) {
		at = calendar.DateOf(t).AddDays(1).Start().Add(time.Duration(h.From) * time.Minute)
	}
	return at.UTC()
}

func minuteOf(t time.Time) int {
	t = t.In(calendar.Shanghai)
	return t.Hour()*60 + t.Minute()
}

// String writes 20:00–07:00.
func (h Hours) String() string {
	if h.Always() {
		return "不限时段"
	}
	s := fmt.Sprintf("%02d:%02d–%02d:%02d", h.From/60, h.From%60, h.To/60, h.To%60)
	if h.To < h.From {
		s += "（次日）"
	}
	return s
}

// Levels of site, by the division of its sponsor.
const (
	LevelProvince = "province"
	LevelCity     = "city"
	LevelCounty   = "county"
)

// LevelNames in the order of screens.
var LevelNames = [][2]string{{LevelProvince, "省级"}, {LevelCity, "市级"}, {LevelCounty, "县级"}}

// levelOf reads the level from a division code of twelve digits.
func levelOf(code string) string {
	switch {
	case len(code) < 6 || code[2:6] == "0000":
		return LevelProvince
	case code[4:6] == "00":
		return LevelCity
	}
	return LevelCounty
}

// Stratum is the layer of a sample a site lies in: level, kind, and the city
// whose division it belongs to.
func Stratum(s registry.Site) string {
	city := "6100"
	if len(s.AreaCode) >= 4 {
		city = s.AreaCode[:4]
	}
	return levelOf(s.AreaCode) + "/" + string(s.Kind) + "/" + city
}

// Downwards orders strata as people read them: province, cities, counties.
func Downwards(a, b string) int {
	place := func(k string) int {
		level, _, _ := strings.Cut(k, "/")
		return slices.IndexFunc(LevelNames, func(l [2]string) bool { return l[0] == level })
	}
	return cmp.Or(cmp.Compare(place(a), place(b)), strings.Compare(a, b))
}

// Frame is what a round is drawn from: the sites of each stratum, in order.
type Frame map[string][]registry.SiteID

// FrameOf puts sites into their strata.
func FrameOf(sites []registry.Site) Frame {
	f := Frame{}
	for _, s := range sites {
		f[Stratum(s)] = append(f[Stratum(s)], s.ID)
	}
	for _, list := range f {
		slices.Sort(list)
	}
	return f
}

// Sites is how many there are.
func (f Frame) Sites() (n int) {
	for _, list := range f {
		n += len(list)
	}
	return n
}

// Lap is how far the rounds before have gone round one stratum.
type Lap struct {
	No    int // laps completed
	Drawn map[registry.SiteID]bool
}

// Pick is one site drawn.
type Pick struct {
	Site    registry.SiteID
	Stratum string
	Of      int // sites in the stratum
	Lap     int // through the stratum, that it was drawn in
}

// Draw takes share per cent of every stratum, rounded up, so that each has one
// at least. What was not drawn in the lap under way comes first; among equals the
// seed decides. So no site is drawn again before every site of its stratum was, one
// that came later waits and is drawn like the others, and whoever has the seed, the
// frame and the laps draws the same.
func Draw(f Frame, laps map[string]Lap, seed int64, share int) []Pick {
	var out []Pick
	for k, list := range f {
		under := laps[k]
		picks := make([]Pick, 0, len(list))
		for _, id := range list {
			x := Pick{id, k, len(list), under.No}
			if under.Drawn[id] {
				x.Lap++
			}
			picks = append(picks, x)
		}
		slices.SortFunc(picks, func(a, b Pick) int {
			return cmp.Or(cmp.Compare(a.Lap, b.Lap), cmp.Compare(lot(seed, a.Lap, a.Site), lot(seed, b.Lap, b.Site)), strings.Compare(string(a.Site), string(b.Site)))
		})
		out = append(out, picks[:min(len(list), max(1, (len(list)*share+99)/100))]...)
	}
	slices.SortFunc(out, func(a, b Pick) int {
		return cmp.Or(strings.Compare(a.Stratum, b.Stratum), strings.Compare(string(a.Site), string(b.Site)))
	})
	return out
}

// lot is the place of a site in the order of one lap through its stratum.
func lot(seed int64, lap int, id registry.SiteID) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d/%d/%s", seed, lap, id)
	x := h.Sum64() // the last bytes hardly move the first bits; mixed, they do
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return x
}
