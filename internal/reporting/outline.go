package reporting

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
)

// Outline is the text of a paper: its parts in order. Figures in it are bound
// by name, 〔应检查政府网站〕, and take the number of their rows.
type Outline struct {
	Parts []Part `json:"parts"`
	// Until is the day up to which what was put right is counted: zero is the last
	// day of the period.
	Until calendar.Date `json:"until,omitzero"`
}

// Part is one section as the editor wants it.
type Part struct {
	// Section is the section of the figures that it tells of; empty for a
	// section of the editor's own.
	Section string `json:"section,omitempty"`
	On      bool   `json:"on"`
	Heading string `json:"heading"`
	// Text in the editor's words; empty: what Narrative says.
	Text  string `json:"text,omitempty"`
	Chart string `json:"chart,omitempty"` // key of a chart
	Cases []Case `json:"cases,omitempty"`
}

// Case is a typical case or a good example told in a part: where it is from, and
// the words it is told in.
type Case struct {
	Kind string `json:"kind"` // finding, order, experience
	ID   string `json:"id"`
	Text string `json:"text"`
	Link string `json:"link,omitempty"`
}

// Sections without figures of their own.
const (
	SectionCases      = "典型案例"
	SectionExperience = "典型经验"
	SectionDemands    = "工作要求"
)

// Bounds of an outline.
const (
	mostParts   = 40
	mostHeading = 60
	mostText    = 6000
	mostCases   = 20
)

// usualCharts are drawn where their section has them.
var usualCharts = map[string]string{SectionSites: "trend.rate", SectionUnits: "areas.rate", SectionFindings: "findings.kinds", SectionQuarters: "quarters.rate"}

// Usual is the outline of a kind that nobody has changed.
func Usual(k Kind) Outline {
	var o Outline
	for _, s := range k.Sections() {
		o.Parts = append(o.Parts, Part{Section: s, On: true, Heading: s, Chart: usualCharts[s]})
	}
	if k == QuarterlyBulletin || k == AnnualAssessment {
		o.Parts = append(o.Parts, Part{Section: SectionCases, Heading: SectionCases}, Part{Section: SectionExperience, Heading: SectionExperience})
	}
	if says := natures[k].closes; says != "" {
		heading := SectionDemands
		if k == SupervisionReport {
			heading = "下一步工作"
		}
		o.Parts = append(o.Parts, Part{Section: SectionDemands, On: true, Heading: heading, Text: says})
	}
	return o
}

// of reads a stored outline; sections that the kind got since stand at its end,
// switched off.
func outlineOf(k Kind, stored string) (Outline, error) {
	usual := Usual(k)
	if stored == "" {
		return usual, nil
	}
	var o Outline
	if err := json.Unmarshal([]byte(stored), &o); err != nil {
		return o, fmt.Errorf("reporting: outline: %w", err)
	}
	for _, p := range usual.Parts {
		if !slices.ContainsFunc(o.Parts, func(x Part) bool { return x.Section == p.Section }) {
			p.On = false
			o.Parts = append(o.Parts, p)
		}
	}
	return o, nil
}

// tidy trims what was typed and says what cannot stand. Fields are named after
// the position of the part.
func (o *Outline) tidy(k Kind) error {
	var wrong fault.Fields
	wrong.Check(len(o.Parts) <= mostParts, "parts", fmt.Sprintf("一份通报最多 %d 个部分，请合并后再保存", mostParts))
	seen, on := map[string]bool{}, 0
	known := map[string]bool{"": true}
	for _, p := range Usual(k).Parts {
		known[p.Section] = true
	}
	for i := range o.Parts {
		p := &o.Parts[i]
		p.Heading, p.Text = strings.TrimSpace(p.Heading), strings.TrimSpace(strings.ReplaceAll(p.Text, "\r\n", "\n"))
		at := strconv.Itoa(i)
		if p.On {
			on++
		}
		wrong.Check(known[p.Section] && (p.Section == "" || !seen[p.Section]), "heading-"+at, "这个部分重复或不能识别，请刷新后再改")
		wrong.Check(p.Heading != "", "heading-"+at, "没有填写标题，请填写，或不采用这个部分")
		wrong.Check(utf8.RuneCountInString(p.Heading) <= mostHeading, "heading-"+at, fmt.Sprintf("标题超过 %d 字，请缩短", mostHeading))
		wrong.Check(utf8.RuneCountInString(p.Text) <= mostText, "text-"+at, fmt.Sprintf("文字超过 %d 字，请缩短或分成几个部分", mostText))
		wrong.Check(p.Section != "" || p.Text != "" || !p.On, "text-"+at, "自拟的部分没有文字，请填写，或不采用")
		wrong.Check(len(p.Cases) <= mostCases, "text-"+at, fmt.Sprintf("一个部分最多 %d 个案例", mostCases))
		for _, c := range p.Cases {
			wrong.Check(utf8.RuneCountInString(c.Text) <= mostText, "text-"+at, "案例文字过长，请缩短")
		}
		seen[p.Section] = true
	}
	wrong.Check(on > 0, "parts", "没有采用任何部分，请至少采用一个")
	return wrong.Err()
}

// until refuses a day of counting that the period does not have behind it.
func (o *Outline) until(b Bulletin, today calendar.Date) error {
	var wrong fault.Fields
	last := b.Period.Last()
	switch {
	case o.Until.IsZero():
	case o.Until == last:
		o.Until = calendar.Date{} // what it is unless said otherwise
	default:
		wrong.Check(o.Until.After(last), "until", "整改情况的统计截止日早于本期最后一天（"+last.Chinese()+"），请改为当天或以后的日期")
		wrong.Check(!o.Until.After(today), "until", "整改情况的统计截止日还没有到，请改为今天或以前的日期")
	}
	return wrong.Err()
}

// Stale is the conflict of two editors: what stands now, beside what was sent.
type Stale struct {
	By      string
	Outline Outline
	err     error
}

func (s *Stale) Error() string { return "reporting: outline changed by " + s.By }

// Unwrap gives the fault that people read.
func (s *Stale) Unwrap() error { return s.err }

// Edit keeps an outline. revision is the one that the editor began with: when
// another has written since, nothing is kept and the error is a *Stale with
// what stands.
func (s *Service) Edit(ctx context.Context, scope authz.Scope, id BulletinID, revision int, o Outline) (b Bulletin, err error) {
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		actor, ok := audit.ActorFrom(ctx)
		if !ok {
			return audit.ErrNoActor
		}
		if b, err = s.bulletin(ctx, tx, scope, id); err != nil {
			return err
		}
		if !b.Editable() {
			return fault.Newf(fault.Conflict, "%s现在的状态是“%s”，不能改文字。%s", b.Title(), b.StateName(), "如需修改，请先退回。")
		}
		if err := o.tidy(b.Kind); err != nil {
			return err
		}
		if err := o.until(b, calendar.DateOf(tx.Now())); err != nil {
			return err
		}
		if revision != b.Revision {
			return &Stale{By: b.EditedBy, Outline: b.Outline, err: fault.Newf(fault.Conflict, "%s 在您编辑期间改过这份文件，您这次的修改没有保存。下面保留了您填写的内容，并列出现在的文字，请合并后再保存。", b.EditedBy)}
		}
		text, err := json.Marshal(o)
		if err != nil {
			return err
		}
		before := map[string]any{"revision": b.Revision, "sha256": digest(b.outlineText)}
		b.Outline, b.Revision, b.EditedBy, b.EditedAt = o, revision+1, actor.Name, tx.Now()
		if !slices.Contains(b.editors, actor.ID) {
			b.editors = append(b.editors, actor.ID)
		}
		n, err := tx.Exec(ctx, `UPDATE bulletin SET outline = $2, revision = $3, edited_by = $4, edited_at = $5, editors = $6 WHERE id = $1 AND revision = $7`, id, string(text), b.Revision, b.EditedBy, b.EditedAt, strings.Join(b.editors, "\n"), revision)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "刚刚有人改过这份文件，请刷新后再保存。")
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "reporting.bulletin.edit", Basis: citation, Target: b.Target(), Before: before, After: map[string]any{"revision": b.Revision, "sha256": digest(string(text))}})
	})
	return b, err
}

// Editable reports whether the text may still be changed.
func (b Bulletin) Editable() bool { return b.State == Draft || b.State == Returned }

// bound is a figure in a text. Four digits are the year of a document number.
var bound = regexp.MustCompile(`〔([^〔〕\n]{1,60})〕`)

var yearForm = regexp.MustCompile(`^\d{4}$`)

// Named gives a figure or share by the name it is bound by, as written.
func (c Content) Named(name string) (string, bool) {
	for _, f := range c.Figures {
		if f.Name == name {
			return strconv.Itoa(f.N()) + f.Unit, true
		}
	}
	for _, s := range c.Shares {
		if s.Name == name {
			return c.Percent(s), true
		}
	}
	return "", false
}

// Names are the names that a text may bind.
func (c Content) Names() []string {
	var out []string
	for _, f := range c.Figures {
		out = append(out, f.Name)
	}
	for _, s := range c.Shares {
		out = append(out, s.Name)
	}
	return out
}

// Fill puts the numbers into a text. A name that the content does not have
// stays as it is; Problems names it.
func (c Content) Fill(text string) string {
	return bound.ReplaceAllStringFunc(text, func(m string) string {
		name := strings.Trim(m, "〔〕")
		if v, ok := c.Named(name); ok && !yearForm.MatchString(name) {
			return v
		}
		return m
	})
}

// Problem is what is wrong with a text beside its rows.
type Problem struct {
	Part   string
	Says   string
	Blocks bool // the paper cannot be frozen so
}

// typed is a number with its measure that somebody wrote by hand.
var typed = regexp.MustCompile(`([0-9０-９]+(?:[.．][0-9０-９]+)?)\s*(%|％|[个份件篇条次项家])`)

// Problems holds the words of an outline against the rows: a number typed by
// hand that contradicts its figure, a name that no figure has, personal data in
// a case. Numbers typed that no figure can prove are named for the second
// person to check.
func (c Content) Problems(o Outline) []Problem {
	var out []Problem
	for _, p := range o.Parts {
		if !p.On {
			continue
		}
		add := func(blocks bool, format string, a ...any) {
			out = append(out, Problem{Part: p.Heading, Says: fmt.Sprintf(format, a...), Blocks: blocks})
		}
		for _, m := range bound.FindAllStringSubmatch(p.Text, -1) {
			if _, ok := c.Named(m[1]); !ok && !yearForm.MatchString(m[1]) {
				add(true, "引用的“〔%s〕”没有这项数字，请从数字名称里选，或改写。", m[1])
			}
		}
		// Bound figures are out of the way: what is left was typed.
		plain := bound.ReplaceAllStringFunc(p.Text, func(m string) string { return strings.Repeat("〇", 1) })
		for _, at := range typed.FindAllStringSubmatchIndex(plain, -1) {
			number, unit := halfWidth(plain[at[2]:at[3]]), strings.ReplaceAll(plain[at[4]:at[5]], "％", "%")
			name, value := c.claimed(plain[:at[2]], unit)
			switch {
			case name == "":
				add(false, "“%s%s”是手工填写的数字，没有对应的明细，请复核人核对出处。", number, unit)
			case value != number+unit:
				add(true, "“%s%s%s”与明细不一致：%s为%s。请改为“%s〔%s〕”，由系统填数。", name, number, unit, name, value, name, name)
			default:
				add(false, "“%s%s”与明细一致，建议改为“〔%s〕”，数字变化时自动更新。", number, unit, name)
			}
		}
		for _, k := range p.Cases {
			if spans := check.Privacy(k.Text); len(spans) > 0 {
				add(true, "案例中有未遮蔽的个人信息“%s”，请遮蔽或删去。", spans[0].Right[0])
			}
		}
		if spans := check.Privacy(p.Text); len(spans) > 0 {
			add(true, "文字中有未遮蔽的个人信息“%s”，请遮蔽或删去。", spans[0].Right[0])
		}
	}
	return out
}

func halfWidth(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == '．':
			return '.'
		}
		return r
	}, s)
}

// linking words between a name and its number.
var linking = []string{"达到", "分别为", "共计", "：", ":", "为", "共", "有", "计", "达", "是"}

// claimed is the figure that the words before a number name, with its true
// value: the longest whole name, else the longest tail of four characters.
func (c Content) claimed(before, unit string) (name, value string) {
	if i := strings.LastIndexAny(before, "，。；、\n（）“”〇"); i >= 0 {
		_, size := utf8.DecodeRuneInString(before[i:])
		before = before[i+size:]
	}
	before = strings.TrimSpace(before)
	for cut := true; cut; {
		cut = false
		for _, l := range linking {
			if s, ok := strings.CutSuffix(before, l); ok {
				before, cut = s, true
			}
		}
	}
	best := 0
	try := func(n, v string) {
		score := 0
		if strings.HasSuffix(before, n) {
			score = 1000 + utf8.RuneCountInString(n)
		} else if tail := commonTail(before, n); tail >= 4 {
			score = tail
		}
		if score > best {
			name, value, best = n, v, score
		}
	}
	for _, f := range c.Figures {
		if f.Unit == unit {
			try(f.Name, strconv.Itoa(f.N())+f.Unit)
		}
	}
	if unit == "%" {
		for _, s := range c.Shares {
			try(s.Name, c.Percent(s))
		}
	}
	return name, value
}

// commonTail is how many characters two texts end with alike.
func commonTail(a, b string) int {
	x, y := []rune(a), []rune(b)
	n := 0
	for n < len(x) && n < len(y) && x[len(x)-1-n] == y[len(y)-1-n] {
		n++
	}
	return n
}

// masked hides personal data and the given names in a text.
func masked(text string, names ...string) string {
	spans := check.Privacy(text)
	for i := len(spans) - 1; i >= 0; i-- {
		r := []rune(text)
		text = string(r[:spans[i].Start]) + spans[i].Right[0] + string(r[spans[i].End:])
	}
	for _, n := range names {
		if n != "" {
			text = strings.ReplaceAll(text, n, "某单位")
		}
	}
	return text
}

// Candidate is a row that can be told as a typical case.
type Candidate struct {
	Row
	Plain, Masked string // the words it would be told in
}

// Candidates are findings and orders of the paper that may be told as cases.
func (b Bulletin) Candidates(most int) []Candidate {
	var out []Candidate
	for _, key := range []string{"findings.total", "orders.issued"} {
		n := 0
		for _, r := range b.Content.Figure(key).Rows {
			if n++; n > most {
				break
			}
			name, _, _ := strings.Cut(r.Note, "　")
			says := name + "：" + r.Text + "。"
			if r.Kind == "order" {
				says = r.Text + "：" + strings.ReplaceAll(r.Note, "　", "，") + "。"
				_, name, _ = strings.Cut(r.Text, " ")
			}
			unit, _, _ := strings.Cut(r.Note, "　")
			out = append(out, Candidate{Row: r, Plain: says, Masked: masked(says, name, unit)})
		}
	}
	return out
}

// ExperienceCase is the kind of a case that tells of a good example.
const ExperienceCase = "experience"

// Tell puts a case into the part of typical cases, or a good example into its
// own, of an outline that stands at the revision. The row must be the paper's.
func (s *Service) Tell(ctx context.Context, session *authz.Session, scope authz.Scope, id BulletinID, revision int, k Case) (Bulletin, error) {
	b, err := s.Bulletin(ctx, scope, id)
	if err != nil {
		return b, err
	}
	section := SectionCases
	if k.Kind == ExperienceCase {
		section = SectionExperience
		e, err := s.Experience(ctx, session, ExperienceID(k.ID))
		if err != nil {
			return b, err
		}
		if e.State != ExperiencePublished {
			return b, fault.New(fault.Refused, "这条典型经验还没有发布，不能写进文件。")
		}
		k.Link = e.Link()
	} else {
		list := b.Candidates(everything)
		i := slices.IndexFunc(list, func(c Candidate) bool { return c.Kind == k.Kind && c.ID == k.ID })
		if i < 0 {
			return b, fault.Missing("这个案例")
		}
		k.Link = list[i].Link
	}
	if k.Text = strings.TrimSpace(k.Text); k.Text == "" {
		return b, fault.New(fault.Invalid, "没有填写案例的文字。").On("text", "请填写怎样写这个案例")
	}
	if spans := check.Privacy(k.Text); len(spans) > 0 {
		return b, fault.New(fault.Refused, "案例中有未遮蔽的个人信息，没有写进去。").On("text", "请遮蔽或删去“"+spans[0].Right[0]+"”")
	}
	o := b.Outline
	o.Parts = slices.Clone(o.Parts)
	i := slices.IndexFunc(o.Parts, func(p Part) bool { return p.Section == section })
	if i < 0 {
		return b, fault.Newf(fault.Refused, "%s没有“%s”这个部分。", b.Kind.Name(), section)
	}
	p := &o.Parts[i]
	if slices.ContainsFunc(p.Cases, func(x Case) bool { return x.Kind == k.Kind && x.ID == k.ID }) {
		return b, fault.New(fault.Conflict, "这个案例已经写进去了。")
	}
	p.On, p.Cases = true, append(slices.Clone(p.Cases), k)
	return s.Edit(ctx, scope, id, revision, o)
}
