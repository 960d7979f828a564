package check

import (
	"fmt"
	"slices"

	"zhengshu/internal/abridge"
)

// Dated is a page of a site with the instant it says it was published, as in
// Page.Published.
type Dated struct {
	URL, Column, Published string
}

// V-W-1.5 makes a forged date a veto. No machine knows that a date is forged;
// these are the dates that cannot be true, and those a person should look at.
var dateChecks = []Check{
	{
		ID: "dates.future", Articles: []string{"V-W-1.5"}, Severity: Error, AppliesTo: anyPage,
		Says:     Says{Fine: "页面日期不晚于检查当天", Wrong: "页面标明的发布日期还没有到", HowToFix: "请按实际首次发布时间更正，不得预填或改写发布日期。"},
		Evidence: "页面显示的发布时间和抓取时间", run: pageOnly(futureDates),
	},
	{
		ID: "dates.before_site", Articles: []string{"V-W-1.5"}, Severity: Advice, AppliesTo: []string{string(ClassContent)},
		Says:     Says{Fine: "发布日期不早于网站开通", Tolerated: "早于网站开通的信息注明了来源，可能随迁移而来", Wrong: "发布日期早于网站开通日期", HowToFix: "请核对首次发布时间；由旧站迁移的信息，在登记中注明迁移。"},
		Evidence: "页面显示的发布时间和台账登记的开通日期", run: pageOnly(beforeSite),
	},
	{
		ID: "dates.moved", Articles: []string{"V-W-1.5"}, Severity: Error, AppliesTo: []string{string(ClassContent)},
		Says:     Says{Fine: "发布时间与以前查看时相同", Wrong: "信息的发布时间被改动", HowToFix: "请恢复首次发布时间；内容有更正的，另外注明更新时间，不得改写发布时间。"},
		Evidence: "前后两次查看时页面显示的发布时间和网页快照", run: pageOnly(movedDates),
	},
	{
		ID: "dates.all_same", Articles: []string{"V-W-1.5"}, Severity: Advice, AppliesTo: []string{OnSite},
		Says:     Says{Fine: "同一栏目的信息发布时间各不相同", Wrong: "同一栏目多条信息的发布时间完全相同", HowToFix: "请核实是否为应付检查集中补发或改写时间；确属批量迁移的，说明情况。"},
		Evidence: "各页面显示的发布时间", run: sameInstants,
	},
}

func futureDates(c *Check, f *Facts) []Finding {
	if f.Today.IsZero() {
		return []Finding{c.untested("没有给出检查日期", "发布时间")}
	}
	// One day of grace: a page may show another clock's day.
	latest := f.Today.AddDays(1)
	var out []Finding
	if d := parseStamp(f.Page.Published).date; !d.IsZero() && d.After(latest) && f.Page.labelledDate() {
		out = append(out, c.wrong("显示为 "+isoDate(d), "发布时间"))
	}
	if d := parseStamp(f.Page.Tag("PubDate")).date; len(out) == 0 && !d.IsZero() && d.After(latest) {
		out = append(out, c.wrong("标签为 "+isoDate(d), "PubDate"))
	}
	if f.Class != ClassContent {
		for _, r := range f.Page.datedRows() {
			// Deadlines and dates of meetings stand in lists too, so that one
			// within the year proves nothing.
			if r.date.After(f.Today.AddDays(366)) {
				out = append(out, c.wrong("列表中的日期 "+isoDate(r.date), "列表"))
				break
			}
		}
	}
	if len(out) == 0 {
		return []Finding{c.fine("发布时间")}
	}
	return out
}

// labelledDate reports whether the page says what its date is: one without its
// label may be a deadline, or the day on which it is read.
func (p *Page) labelledDate() bool {
	return p.has("发布时间", "发布日期", "发文日期", "发布于")
}

// FirstPublished is the instant of publication that the page names as such; ""
// when it names none.
func (p *Page) FirstPublished() string {
	if !p.PublishedShown || !p.labelledDate() {
		return ""
	}
	return p.Published
}

func beforeSite(c *Check, f *Facts) []Finding {
	d := parseStamp(f.Page.Published).date
	if f.Ledger == nil || f.Ledger.Opened.IsZero() || d.IsZero() {
		return nil
	}
	switch {
	case !d.Before(f.Ledger.Opened):
		return []Finding{c.fine("发布时间")}
	case f.Page.Tag("ContentSource") != "" && bareName(f.Page.Tag("ContentSource")) != bareName(f.Ledger.SiteName):
		return []Finding{c.tolerated("来源为“"+abridge.Text(f.Page.Tag("ContentSource"), 40)+"”", "发布时间")}
	}
	return []Finding{c.wrong("显示为 "+isoDate(d)+"，网站开通于 "+isoDate(f.Ledger.Opened), "发布时间")}
}

// movedDates holds the instant a page shows against what it showed before: the
// first publication is one, whatever is mended later.
func movedDates(c *Check, f *Facts) []Finding {
	was, now := parseStamp(f.ShownBefore), parseStamp(f.Page.FirstPublished())
	if was.zero() || now.zero() {
		return nil
	}
	if was.date != now.date || was.timed && now.timed && was != now {
		return []Finding{c.wrong("以前显示为 "+was.String()+"，现在显示为 "+now.String(), was.String())}
	}
	return []Finding{c.fine("发布时间")}
}

// Moved judges a page against the instant it showed before, as a finding of
// dates.moved names it; false where either cannot be read.
func Moved(p *Page, before string) (says string, moved, ok bool) {
	if parseStamp(before).zero() || parseStamp(p.FirstPublished()).zero() {
		return "", false, false
	}
	c, _ := ByID("dates.moved")
	for _, f := range movedDates(&c, &Facts{Page: p, ShownBefore: before}) {
		says, moved = f.Says, f.Outcome == Violated
	}
	return says, moved, true
}

// sameStamps is how many pages of one column show the same minute before it is
// worth a look.
const sameStamps = 8

func sameInstants(c *Check, f *Facts) []Finding {
	if len(f.Dated) == 0 {
		return nil
	}
	type key struct{ column, at string }
	count := map[key]int{}
	first := map[key]string{}
	for _, d := range f.Dated {
		s := parseStamp(d.Published)
		if !s.timed || s.hour == 0 && s.minute == 0 {
			continue // a day alone is no instant
		}
		k := key{d.Column, s.String()}
		if count[k]++; count[k] == 1 {
			first[k] = d.URL
		}
	}
	var keys []key
	for k, n := range count {
		if n >= sameStamps {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return []Finding{c.fine("全站")}
	}
	slices.SortFunc(keys, func(a, b key) int { return count[b] - count[a] })
	var out []Finding
	for _, k := range keys[:min(len(keys), maxSightings)] {
		name := k.column
		if name == "" {
			name = "未标明栏目"
		}
		out = append(out, c.wrong(fmt.Sprintf("“%s”有 %d 条信息均为 %s", name, count[k], k.at), first[k]))
	}
	return out
}
