package check

import (
	_ "embed"
	"fmt"
	"strings"

	"zhengshu/internal/check/seek"
)

// guidePack is the key classes of a service guide (V-W-6.2). What is not
// confirmed against the official annex is data with its mark.
type guidePack struct {
	Version string `json:"version"`
	Source  string `json:"source"`
	Mark    string `json:"mark"`
	// MissingClasses is how many must be missing to count towards V-W-6.2 where
	// the scoring pack in force does not say.
	MissingClasses int          `json:"missing_classes"`
	Classes        []guideClass `json:"classes"`
}

type guideClass struct {
	Name   string   `json:"name"`
	Mark   string   `json:"mark"`
	Labels []string `json:"labels"`
}

//go:embed guide.json
var guideJSON []byte

// guide is the compiled-in pack; a test holds that it is readable.
var guide = func() (p guidePack) {
	if !readPack(guideJSON, &p) {
		return guidePack{}
	}
	return p
}()

var guideChecks = []Check{
	{
		ID: "guide.elements", Articles: []string{"D-10", "V-W-6.2", "S13.1a"}, Severity: Error, AppliesTo: []string{string(ClassContent)}, Doubt: doubt(guide.Mark, "部分要素类别和缺少几类算一个问题，未与正式文本核对"),
		Says:     Says{Fine: "办事指南要素齐全", Wrong: "办事指南要素不全", HowToFix: "请按实施清单补齐要素内容；没有该项要求的写明“无”。"},
		Evidence: "办事指南页面快照和缺少的要素", run: pageOnly(guideElements),
	},
	{
		ID: "guide.sample", Articles: []string{"D-11"}, Severity: Advice, AppliesTo: []string{string(ClassContent)},
		Says:     Says{Fine: "办事指南提到的表格可以下载", Wrong: "办事指南提到表格或样表，但没有提供下载", HowToFix: "请提供空白表格和填好的样表供下载。"},
		Evidence: "办事指南页面快照", run: pageOnly(guideSample),
	},
}

// GuideLacks says which key classes a service guide lacks; ok is false when
// the page is no guide.
func GuideLacks(p *Page) (lacks []string, ok bool) {
	title := p.Title + p.Heading
	named := strings.Contains(title, "办事指南") || strings.Contains(title, "服务指南")
	// What tells of neither papers nor steps is no guide.
	if !named && (!seek.Any(p.BodyText, p.maybe("材料", "资料")) || !seek.Any(p.BodyText, p.maybe("流程", "程序", "步骤"))) {
		return nil, false
	}
	// The foot of the site has a telephone of its own, so the text is read first; but a
	// guide that is one table may have been taken for its longest cell.
	lacks, found, labels := guideClasses(noBlanks(p.BodyText))
	if named && labels < 3 {
		lacks, found, labels = guideClasses(p.bare())
	}
	// A guide's heading is the item's name whether or not it is labelled so.
	if p.Heading != "" && len(lacks) > 0 && lacks[0] == "事项名称" {
		lacks, found = lacks[1:], found+1
	}
	// A guide whose labels have nothing behind them is one, too.
	return lacks, found >= 5 || named && max(found, labels) >= 3
}

// guideClasses are the classes that a text lacks, how many it has, and of how many
// it has a label, with something behind it or not.
func guideClasses(text string) (lacks []string, found, labels int) {
	for _, c := range guide.Classes {
		if seek.Any(text, c.Labels) {
			labels++
		}
		if guideHas(text, c.Labels) {
			found++
		} else {
			lacks = append(lacks, c.Name)
		}
	}
	return lacks, found, labels
}

// guideHas reports whether one of the labels stands in a text without blanks
// and with something behind it or below it.
func guideHas(text string, labels []string) bool {
	for _, l := range labels {
		for at := 0; ; {
			i := seek.Index(text[at:], l)
			if i < 0 {
				break
			}
			at += i + len(l)
			rest := []rune(text[at:min(at+60, len(text))])
			for len(rest) > 0 && strings.ContainsRune("：:、.．）)】]*", rest[0]) {
				rest = rest[1:]
			}
			next := string(rest)
			if next != "" && !startsLabel(next) {
				return true
			}
		}
	}
	return false
}

// startsLabel reports whether a text begins with the next label: the one before
// it has nothing behind it.
func startsLabel(s string) bool {
	for _, c := range guide.Classes {
		for _, l := range c.Labels {
			if strings.HasPrefix(s, l) {
				return true
			}
		}
	}
	return false
}

func guideElements(c *Check, f *Facts) []Finding {
	lacks, ok := GuideLacks(f.Page)
	if !ok {
		return nil
	}
	if len(lacks) == 0 {
		return []Finding{c.fine("办事指南")}
	}
	if len(guide.Classes)-len(lacks) < 3 && len(f.Page.scripts) > 0 {
		return []Finding{c.untested("页面有要素名称而没有内容，内容可能由脚本载入，请人工核实", "办事指南")}
	}
	w := c.wrong(fmt.Sprintf("缺少 %d 类：%s", len(lacks), strings.Join(lacks, "、")), "办事指南")
	missing := f.Limits.GuideMissing
	if missing <= 0 {
		missing = guide.MissingClasses
	}
	if len(lacks) < missing {
		w.Severity = Advice
	}
	return []Finding{w}
}

func guideSample(c *Check, f *Facts) []Finding {
	if !f.Page.has("空白表格", "样表", "示例样表", "申请表下载", "表格下载") {
		return nil
	}
	if _, ok := GuideLacks(f.Page); !ok {
		return nil
	}
	for _, l := range f.Page.Links {
		if l.Kind == LinkAttachment || seek.Any(noBlanks(l.Text), []string{"下载", "表格", "样表"}) {
			return []Finding{c.fine("办事指南")}
		}
	}
	return []Finding{c.wrong("", "办事指南")}
}
