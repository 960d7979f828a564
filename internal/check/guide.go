package check

import (
	"fmt"
	"strings"
)

// The key classes of a service guide. The first four stand in a published
// self-check table of 国办秘函〔2019〕19号, the others are not verified against
// the official annex (V-W-6.2).
var guideClasses = []struct {
	name   string
	labels []string
}{
	{"事项名称", []string{"事项名称", "服务名称", "办理事项", "项目名称", "实施事项"}},
	{"设定依据", []string{"设定依据", "法律依据", "办理依据", "政策依据", "实施依据", "法定依据"}},
	{"申请条件", []string{"申请条件", "受理条件", "办理条件", "申报条件", "准予条件", "服务对象及条件"}},
	{"办理材料", []string{"办理材料", "申请材料", "申报材料", "所需材料", "提交材料", "材料清单", "所需资料"}},
	{"办理地点", []string{"办理地点", "受理地点", "办公地点", "办事地点", "办理窗口", "受理地址", "窗口地址"}},
	{"办理时间", []string{"办理时间", "受理时间", "办公时间", "工作时间", "服务时间", "办事时间"}},
	{"联系电话", []string{"联系电话", "咨询电话", "联系方式", "咨询方式", "咨询渠道", "服务电话", "窗口电话"}},
	{"办理流程", []string{"办理流程", "办事流程", "办理程序", "业务流程", "办理步骤", "申请流程", "服务流程"}},
}

// missing at least so many classes is what counts towards V-W-6.2.
const guideMissing = 4

var guideChecks = []Check{
	{
		ID: "guide.elements", Articles: []string{"D-10", "V-W-6.2", "S13.1a"}, Severity: Error, AppliesTo: []string{string(ClassContent)},
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
	if !named && (!holds(p.BodyText, "材料") && !holds(p.BodyText, "资料") || !containsAny(p.BodyText, []string{"流程", "程序", "步骤"})) {
		return nil, false
	}
	found := 0
	body := noBlanks(p.BodyText) // the foot of the site has a telephone of its own
	for _, c := range guideClasses {
		if guideHas(body, c.labels) {
			found++
		} else {
			lacks = append(lacks, c.name)
		}
	}
	// A guide's heading is the item's name whether or not it is labelled so.
	if p.Heading != "" && len(lacks) > 0 && lacks[0] == "事项名称" {
		lacks, found = lacks[1:], found+1
	}
	return lacks, found >= 5 || named && found >= 3
}

// guideHas reports whether one of the labels stands in a text without blanks
// and with something behind it or below it.
func guideHas(text string, labels []string) bool {
	for _, l := range labels {
		for at := 0; ; {
			i := placeOf(text[at:], l)
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
	for _, c := range guideClasses {
		for _, l := range c.labels {
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
	w := c.wrong(fmt.Sprintf("缺少 %d 类：%s", len(lacks), strings.Join(lacks, "、")), "办事指南")
	if len(lacks) < guideMissing {
		w.Severity = Advice
	}
	return []Finding{w}
}

func guideSample(c *Check, f *Facts) []Finding {
	if !holds(f.Page.bare, "表") || !containsAny(f.Page.bare, []string{"空白表格", "样表", "示例样表", "申请表下载", "表格下载"}) {
		return nil
	}
	if _, ok := GuideLacks(f.Page); !ok {
		return nil
	}
	for _, l := range f.Page.Links {
		if l.Kind == LinkAttachment || containsAny(noBlanks(l.Text), []string{"下载", "表格", "样表"}) {
			return []Finding{c.fine("办事指南")}
		}
	}
	return []Finding{c.wrong("", "办事指南")}
}
