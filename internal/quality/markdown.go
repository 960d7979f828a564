package quality

import (
	"fmt"
	"io"
	"strings"
)

// WriteMarkdown writes the report. The text depends on the data and the product
// alone: no date, no machine, no speed, so that a second run gives the same.
func (r Report) WriteMarkdown(w io.Writer) error {
	p := &page{}
	p.line("# Measured quality 质量实测")
	p.line("")
	p.line("%s", r.summary())
	p.line("")
	p.line("Written by `zhengshu quality --data-set DIR --write docs/quality.md`; do not edit by hand. A share stands with its counts. “False alarms” are cases with nothing wrong that were reported all the same.")
	p.line("")
	switch {
	case r.Manifest == "":
		p.line("Data: no MANIFEST.tsv beside the sets; %d files read, unverified.", r.Read)
	case len(r.Differing) == 0:
		p.line("Data: MANIFEST.tsv SHA-256 `%s`; %d files read, all as listed there.", r.Manifest, r.Read)
	default:
		p.line("Data: MANIFEST.tsv SHA-256 `%s`; %d files read, **%d not as listed there**: %s.", r.Manifest, r.Read, len(r.Differing), codes(r.Differing))
	}
	for _, x := range r.LeftOut {
		p.line("")
		p.line("left out: %s: no such set in the folder.", x)
	}
	writeAims(p, r.Aims(), r.Robots, r.Suites)
	r.Extraction.write(p)
	r.Concealed.write(p)
	r.Privacy.write(p)
	r.Lookalike.write(p)
	writeWording(p, r.Wording)
	r.Robots.write(p)
	writeSuites(p, r.Suites)
	_, err := io.WriteString(w, p.b.String())
	return err
}

// summary is the one sentence a Chinese reader takes away.
func (r Report) summary() string {
	var says []string
	if x := r.Extraction; x != nil {
		says = append(says, fmt.Sprintf("网页要素逐字相符 %s", x.Exact), fmt.Sprintf("编码识别 %s", x.Charset))
	}
	if c := r.Concealed; c != nil {
		says = append(says, fmt.Sprintf("暗链检出 %s", c.Recall))
		if c.Real != nil {
			says = append(says, fmt.Sprintf("真实网页误报 %s", *c.Real))
		}
	}
	if p := r.Privacy; p != nil {
		says = append(says, fmt.Sprintf("个人信息检出 %s", p.Recall))
	}
	if l := r.Lookalike; l != nil {
		says = append(says, fmt.Sprintf("仿冒域名检出 %s", l.Recall))
	}
	for _, w := range r.Wording {
		if w.Set == wordingSets[0] {
			says = append(says, fmt.Sprintf("公文错字检出 %s、误报 %s", w.Recall, w.Alarms))
		}
	}
	if len(says) == 0 {
		return "中文摘要：数据目录里没有可用的测试集，本次没有测量结果。"
	}
	return "中文摘要：" + strings.Join(says, "，") + "。各项的口径和不足见下文。"
}

// page gathers the text.
type page struct{ b strings.Builder }

func (p *page) line(format string, args ...any) { fmt.Fprintf(&p.b, format+"\n", args...) }

func (p *page) head(title string) { p.line("\n## %s\n", title) }

// gap ends a paragraph once, however many ask for it.
func (p *page) gap() {
	if !strings.HasSuffix(p.b.String(), "\n\n") {
		p.line("")
	}
}

func (p *page) table(head []string, rows [][]string) {
	p.gap()
	p.line("| %s |", strings.Join(head, " | "))
	p.line("|%s", strings.Repeat(" --- |", len(head)))
	for _, r := range rows {
		for i := range r {
			r[i] = strings.ReplaceAll(r[i], "|", `\|`)
		}
		p.line("| %s |", strings.Join(r, " | "))
	}
	p.gap()
}

// shares is a table of named shares.
func (p *page) shares(what, share string, list []Named) {
	var rows [][]string
	for _, n := range list {
		rows = append(rows, []string{n.Name, n.String()})
	}
	p.table([]string{what, share}, rows)
}

// examples names cases by id.
func (p *page) examples(says string, ids []string) {
	if len(ids) > 0 {
		p.line("- %s: %s", says, codes(ids))
	}
}

func codes(ids []string) string {
	var b strings.Builder
	for i, id := range ids {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("`" + strings.Map(func(r rune) rune {
			if r == '`' || r < ' ' {
				return -1
			}
			return r
		}, id) + "`")
	}
	return b.String()
}

func (x *Extraction) write(p *page) {
	if x == nil {
		return
	}
	p.head("Extraction from saved pages 网页要素")
	p.line("%d pages of set 03. A field is exact when it equals the expected value character by character, blanks aside; only fields that the page has are counted.", x.Pages)
	rows := [][]string{{"**all fields**", x.Exact.String()}}
	for _, n := range x.Fields {
		rows = append(rows, []string{n.Name, n.String()})
	}
	rows = append(rows, []string{"charset", x.Charset.String()}, []string{"body text: first 60 characters", x.Start.String()}, []string{"body text: length within 5 %", x.Length.String()})
	p.table([]string{"field", "exact"}, rows)
	charset := map[string]string{}
	for _, n := range x.CharsetVariants {
		charset[n.Name] = n.String()
	}
	rows = nil
	for _, n := range x.Variants {
		rows = append(rows, []string{n.Name, n.String(), charset[n.Name]})
		delete(charset, n.Name)
	}
	for _, n := range x.CharsetVariants {
		if s, left := charset[n.Name]; left { // no field is expected of these pages
			rows = append(rows, []string{n.Name, Share{}.String(), s})
		}
	}
	p.table([]string{"variant of the bytes", "fields exact", "charset"}, rows)
	p.examples("fields missed, the first", x.Missed)
	p.line("- Coarse: nearly all pages come from one site and one layout (the nested tables of www.gov.cn in 2019), and the extraction was developed while looking at them. The figure shows that encodings and damage do no harm; it promises little for a layout never seen. The length is a rough check of the body: what belongs to it was not marked by hand.")
}

func (c *Concealed) write(p *page) {
	if c == nil {
		return
	}
	p.head("Concealed links and injected content 暗链与注入")
	p.line("Pages of set 06, each with one injected pattern or an honest look-alike of one; judged without knowing where the page came from.")
	p.line("")
	p.line("- recall: **%s**", c.Recall)
	p.line("- false alarms on honest look-alikes: **%s**", c.Clean)
	if c.Real != nil {
		p.line("- false alarms on the pages of set 03, at their own address and at an unknown one: **%s**", *c.Real)
	} else {
		p.line("- left out: false alarms on real pages: set 03 is not in the folder.")
	}
	p.shares("injected pattern", "found", c.Patterns)
	p.shares("honest pattern", "false alarms", c.CleanPatterns)
	p.examples("missed, the first", c.Missed)
	p.examples("false alarms, the first", c.Alarms)
	p.line("- Coarse: the patterns were put in by people who knew the trade, two pages of each, and the checks were developed on them; an attacker's next pattern is not among them. The real pages carry few scripts and styles of their own, so the false alarms of rich home pages are not measured here.")
}

func (x *Privacy) write(p *page) {
	if x == nil {
		return
	}
	p.head("Personal data 个人信息")
	p.line("Sentences of set 12. A finding counts when text and kind are exact.")
	p.line("")
	p.line("- precision: **%s**", x.Precision)
	p.line("- recall: **%s**", x.Recall)
	p.shares("case with something to find", "recall", x.Cases)
	p.shares("case with nothing to find", "false alarms", x.Clean)
	p.examples("missed, the first", x.Missed)
	p.examples("false alarms, the first", x.Alarms)
	p.line("- Coarse: the sentences are made, a dozen templates with numbers that nobody has; the recogniser knows these forms. The set has no numbers of papers, no home addresses down to a door and no plates: what is found of them by the words beside is not measured. Telephones of homes and columns of tables are known by the words that head them, which no case has; names, landlines beside a name alone and numbers in pictures are not looked for at all; the cases called landline_personal hold mobile numbers.")
}

func (l *Lookalike) write(p *page) {
	if l == nil {
		return
	}
	p.head("Look-alike hosts 仿冒域名")
	p.line("Hosts of set 09 against %d protected hosts (the portals of set 02).", l.Protected)
	p.line("")
	p.line("- precision: **%s**", l.Precision)
	p.line("- recall: **%s**", l.Recall)
	p.line("- the imitated host named rightly, of those recognised: %s", l.Imitated)
	p.shares("technique", "recognised", l.Technique)
	p.shares("honest hosts", "false alarms", l.Honest)
	p.examples("missed, the first", l.Missed)
	p.examples("false alarms, the first", l.Alarms)
	p.line("- Coarse: the look-alikes were made by these very techniques, one at a time; the unrelated hosts are few. In the wild nearly every host is unrelated, so that the precision there depends on a false alarm rate which so few hosts cannot tell.")
}

func writeWording(p *page, sets []Wording) {
	if len(sets) == 0 {
		return
	}
	p.head("Wording 错别字")
	p.line("Test sets of set 05, every sentence alone. Recall: a wrong sentence with any wording finding. Located: with a finding at the error. Cured: the first proposals make the sentence right, nothing else touched.")
	var rows [][]string
	for _, w := range sets {
		rows = append(rows, []string{w.Set, w.Alarms.String(), w.Recall.String(), w.Located.String(), w.Cured.String()})
	}
	p.table([]string{"set", "false alarms on clean sentences", "recall", "located", "cured"}, rows)
	rows = nil
	for _, w := range sets {
		if w.Unseen != nil && w.Familiar.Hits > 0 {
			rows = append(rows, []string{w.Set, w.Familiar.String(), w.Unseen.Alarms.String(), w.Unseen.Recall.String(), w.Unseen.Located.String(), w.Unseen.Cured.String()})
		}
	}
	if len(rows) > 0 {
		p.line("Some right sentences stand word for word in a text the packs were counted from: legal writing repeats itself, and ECSpell's test sentences are often in its training part. Without them:")
		p.table([]string{"set", "familiar sentences", "false alarms", "recall", "located", "cured"}, rows)
	}
	for _, w := range sets {
		if len(w.Kinds) == 0 {
			continue
		}
		p.line("By kind of error in %s:", w.Set)
		located := map[string]string{}
		for _, n := range w.LocatedKinds {
			located[n.Name] = n.String()
		}
		rows = nil
		for _, n := range w.Kinds {
			rows = append(rows, []string{n.Name, n.String(), located[n.Name]})
		}
		p.table([]string{"kind", "recall", "located"}, rows)
	}
	p.line("Findings on clean sentences by their kind:")
	rows = nil
	for _, w := range sets {
		for _, n := range w.AlarmKinds {
			rows = append(rows, []string{w.Set, n.Name, fmt.Sprint(n.Hits)})
		}
	}
	p.table([]string{"set", "kind of finding", "findings"}, rows)
	for _, w := range sets {
		p.examples("questioned though clean, the first of "+w.Set, w.AlarmIDs)
	}
	p.line("- Fitted: the counts were made from laws, official documents and ECSpell's training sentences, without the documents that the injected sentences were taken from; the judgement was fitted on documents held out, so that of a thousand clean sentences there some seven are questioned (fewer in use, when those documents are counted too); of text stranger than those nothing is said, which costs recall away from home. The kind “wordlist” was made from a list that the packs' pairs come from as well.")
	p.line("- Official writing is what it is for: the first three sets. Medical, learner (sighan), car and novel sets show what happens away from home and are no promise. Lemon sets are lower-cased with half-width marks, sighan sets were converted from traditional script, and both hold sentences called clean that are not; nobody proof-read the clean official sentences either, so some false alarms are true.")
	p.line("- Errors stand one to a sentence in the injected set and were made by sound and shape tables akin to those the proofreader knows; slips that people make in long documents are more various.")
}

func (r *Robots) write(p *page) {
	if r == nil {
		return
	}
	p.head("robots.txt")
	p.line("Google's published cases (set 10), agreement on allowed or not: **%s**.", r.Agree)
	if len(r.Departures) > 0 {
		p.line("")
		p.examples("judged otherwise", r.Departures)
	}
	if r.Raw > 0 {
		p.line("- %d of these ask about an address with characters that are not percent-encoded. RFC 9309, 2.2.2 wants both sides encoded before they are compared, and ours are; Google's parser compares the raw characters and never matches.", r.Raw)
	}
}
