package check

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"zhengshu/internal/dom"
	"zhengshu/internal/percent"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Baseline is what is remembered of a page so that a later look can be held
// against it. It can be kept as JSON; a named person alone makes a newer one
// the baseline, so that a change nobody has looked at never becomes the rule.
type Baseline struct {
	URL   string `json:"url"`
	Title string `json:"title"`
	// Sketch is a sample of the text's shingles, the smallest hashes, in order.
	Sketch []uint64 `json:"sketch"`
	// Runes is the length of the text.
	Runes int `json:"runes"`
	// Frame counts the elements by name: what a template looks like.
	Frame map[string]int `json:"frame"`
	// Hosts are the outside hosts linked to, Sources the outside hosts that
	// scripts, frames and style sheets come from, Forms where forms lead.
	Hosts   []string `json:"hosts"`
	Sources []string `json:"sources"`
	Forms   []string `json:"forms"`
}

// Bounds of a Baseline.
const (
	sketchSize  = 256
	shingleSize = 4
	maxHosts    = 300
)

// BaselineOf sketches a page.
func BaselineOf(p *Page) Baseline {
	b := Baseline{URL: p.URL, Title: p.DocumentTitle(), Sketch: shingles(p.VisibleText), Runes: utf8.RuneCountInString(p.VisibleText), Frame: map[string]int{}}
	hosts, sources, forms := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for n := range p.Root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if len(b.Frame) < 120 || b.Frame[n.Data] > 0 {
			b.Frame[n.Data]++
		}
		if n.DataAtom == atom.Form {
			if h := hostOf(p.resolve(dom.Attr(n, "action"))); h != "" && !p.ownHost(h) {
				forms[h] = true
			}
		}
	}
	for _, l := range p.Links {
		h := hostOf(l.URL)
		if h == "" || p.ownHost(h) {
			continue
		}
		switch l.Kind {
		case LinkExternal, LinkPage, LinkAttachment:
			hosts[h] = true
		case LinkScript, LinkStyle:
			sources[h] = true
		}
	}
	b.Hosts, b.Sources, b.Forms = listed(hosts), listed(sources), listed(forms)
	return b
}

// DocumentTitle is what stands in the title element: what search engines show,
// and what intruders change first. Title is the article's.
func (p *Page) DocumentTitle() string {
	if t := dom.Find(p.Root, atom.Title); t != nil {
		return squeeze(dom.RawText(t))
	}
	return ""
}

func (p *Page) resolve(href string) string {
	if p.base == nil {
		return href
	}
	href = strings.TrimSpace(href)
	if to, plain := p.plainTarget(href); plain {
		return to.url
	}
	u, err := p.base.Parse(asRead(href))
	if err != nil {
		return ""
	}
	return u.String()
}

func listed(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for h := range set {
		out = append(out, h)
	}
	slices.Sort(out)
	return out[:min(len(out), maxHosts)]
}

// shingles are the smallest hashes of every four characters of a text, blanks
// and digits aside: dates and counters move daily.
func shingles(text string) []uint64 {
	var window [shingleSize]rune
	n := 0
	set := map[uint64]struct{}{}
	limit := uint64(math.MaxUint64)
	h := fnv.New64a()
	var buf [utf8.UTFMax * shingleSize]byte
	for _, r := range text {
		if blank(r) || r >= '0' && r <= '9' {
			continue
		}
		copy(window[:], window[1:])
		window[shingleSize-1] = r
		if n++; n < shingleSize {
			continue
		}
		at := 0
		for _, w := range window {
			at += utf8.EncodeRune(buf[at:], w)
		}
		h.Reset()
		h.Write(buf[:at])
		// FNV is weak in its high bits; one more mix orders the hashes fairly.
		v := h.Sum64()
		v ^= v >> 33
		v *= 0xff51afd7ed558ccd
		v ^= v >> 33
		if v > limit {
			continue
		}
		if set[v] = struct{}{}; len(set) >= 4*sketchSize {
			limit = trim(set)
		}
	}
	trim(set)
	out := make([]uint64, 0, len(set))
	for v := range set {
		out = append(out, v)
	}
	slices.Sort(out)
	return out
}

// trim keeps the smallest of a set and returns the largest kept.
func trim(set map[uint64]struct{}) uint64 {
	if len(set) <= sketchSize {
		return math.MaxUint64
	}
	all := make([]uint64, 0, len(set))
	for v := range set {
		all = append(all, v)
	}
	slices.Sort(all)
	for _, v := range all[sketchSize:] {
		delete(set, v)
	}
	return all[sketchSize-1]
}

// overlap estimates which share of two texts' shingles they have in common.
func overlap(a, b []uint64) float64 {
	if len(a) == 0 || len(b) == 0 {
		if len(a) == len(b) {
			return 1
		}
		return 0
	}
	// The smallest of both together are a fair sample of the union.
	common, seen := 0, 0
	for i, j := 0, 0; seen < sketchSize && (i < len(a) || j < len(b)); seen++ {
		switch {
		case j >= len(b) || i < len(a) && a[i] < b[j]:
			i++
		case i >= len(a) || b[j] < a[i]:
			j++
		default:
			common++
			i++
			j++
		}
	}
	return float64(common) / float64(seen)
}

// Change is what differs between a page and its baseline.
type Change struct {
	// Text and Frame are the shares that stayed, from 0 to 1.
	Text, Frame float64
	Title       bool // the title is another
	// Hosts, Sources and Forms are outside hosts the baseline did not have.
	Hosts, Sources, Forms []string
	// Planted is a spam phrase or host among what is new.
	Planted string
}

// Thresholds of a significant change. A home page changes its news daily and
// keeps its frame; a page taken over keeps neither.
const (
	textKept  = 0.25
	frameKept = 0.5
)

// Significant reports whether a person should look.
func (c Change) Significant() bool {
	return c.Planted != "" || len(c.Sources) > 0 || len(c.Forms) > 0 || c.Title && c.Text < textKept || c.Text < textKept && c.Frame < frameKept
}

// Grave reports whether the change looks like the work of an intruder.
func (c Change) Grave() bool {
	return c.Planted != "" || c.Title && c.Text < textKept && c.Frame < frameKept
}

// Says tells what changed in one Chinese clause.
func (c Change) Says() string {
	var parts []string
	if c.Planted != "" {
		parts = append(parts, "新出现“"+c.Planted+"”")
	}
	if c.Title {
		parts = append(parts, "标题改变")
	}
	if c.Text < textKept {
		parts = append(parts, "正文只有 "+percent.Ratio(c.Text).Text(0)+" 与基线相同")
	}
	if c.Frame < frameKept {
		parts = append(parts, "页面结构只有 "+percent.Ratio(c.Frame).Text(0)+" 与基线相同")
	}
	name := func(what string, hosts []string) {
		if len(hosts) > 0 {
			more := ""
			if len(hosts) > 3 {
				more = fmt.Sprintf("等 %d 个", len(hosts))
			}
			parts = append(parts, what+strings.Join(hosts[:min(len(hosts), 3)], "、")+more)
		}
	}
	name("新增外部脚本、样式来源 ", c.Sources)
	name("新增表单提交地址 ", c.Forms)
	name("新增外部链接 ", c.Hosts)
	return strings.Join(parts, "，")
}

// Compare holds a page against a baseline.
func Compare(b Baseline, p *Page, l *Lexicon) Change {
	if l == nil {
		l = builtin()
	}
	now := BaselineOf(p)
	c := Change{Text: overlap(b.Sketch, now.Sketch), Frame: alikeFrames(b.Frame, now.Frame), Title: noBlanks(b.Title) != noBlanks(now.Title)}
	fresh := func(old, now []string) (out []string) {
		for _, h := range now {
			if _, ok := slices.BinarySearch(old, h); !ok && !governmentHost(h) {
				out = append(out, h)
			}
		}
		return out
	}
	c.Hosts, c.Sources, c.Forms = fresh(b.Hosts, now.Hosts), fresh(b.Sources, now.Sources), fresh(b.Forms, now.Forms)
	c.Sources = slices.DeleteFunc(c.Sources, l.trustedHost)
	for _, h := range slices.Concat(c.Hosts, c.Sources, c.Forms) {
		if part, strong := l.shadyHost(h); strong {
			c.Planted = part
		}
	}
	if w := l.spam(now.Title); w != "" && !strings.Contains(plainLetters(b.Title), w) {
		c.Planted = w
	}
	return c
}

// alikeFrames is the share of elements two pages have in common by name.
func alikeFrames(a, b map[string]int) float64 {
	common, all := 0, 0
	for k, n := range a {
		common += min(n, b[k])
		all += max(n, b[k])
	}
	for k, n := range b {
		if _, ok := a[k]; !ok {
			all += n
		}
	}
	if all == 0 {
		return 1
	}
	return float64(common) / float64(all)
}

var changeChecks = []Check{{
	ID: "change.baseline", Articles: []string{"S23.1a", "V-W-1.4"}, Severity: Serious, AppliesTo: anyPage,
	Says: Says{
		Fine: "页面与确认过的基线相比没有异常变化", Tolerated: "页面有更新，结构和外部来源与基线一致", Wrong: "页面与确认过的基线相比有重大变化",
		HowToFix: "请核实是否为本单位改版或更新：是的，由指定人员确认新的基线；不是的，立即按网页被篡改处置，恢复原页面并报告。",
	},
	Evidence: "基线与本次抓取的网页快照、差异说明", run: pageOnly(changed),
}}

func changed(c *Check, f *Facts) []Finding {
	if f.Baseline == nil {
		return nil
	}
	d := Compare(*f.Baseline, f.Page, f.Lexicon)
	switch {
	case d.Significant():
		w := c.wrong(d.Says(), f.Page.URL)
		if !d.Grave() {
			w.Severity = Error
		}
		return []Finding{w}
	case d.Text < 0.95 || len(d.Hosts) > 0:
		return []Finding{c.tolerated("正文 "+percent.Ratio(d.Text).Text(0)+"、结构 "+percent.Ratio(d.Frame).Text(0)+" 与基线相同", f.Page.URL)}
	}
	return []Finding{c.fine(f.Page.URL)}
}
