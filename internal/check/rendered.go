package check

import (
	"fmt"
	"strings"
	"time"
)

// Rendered is a page as a real browser drew it at one width.
type Rendered struct {
	// Width is that of the window in CSS pixels, Content that of what was
	// drawn: wider means that a reader must scroll sideways.
	Width, Content int
	// Load is the time from the request to the load event; 0 when not measured.
	Load time.Duration
	// Axe are the violations axe-core reported; Audited says that it ran.
	Axe     []AxeViolation
	Audited bool
	// Why says in Chinese why the page could not be drawn.
	Why string
}

// AxeViolation is one rule of axe-core that the page breaks.
type AxeViolation struct {
	Rule   string `json:"id"`
	Impact string `json:"impact"` // minor, moderate, serious, critical
	Help   string `json:"help"`
	Nodes  int    `json:"nodes"`
	First  string `json:"first"` // the first place, as a selector
}

// LoadLimit is the longest a page may take (《网页设计规范》: 一般不超过3秒).
const LoadLimit = 3 * time.Second

// Widths are those at which a page is drawn: telephone, tablet, desktop.
var Widths = []int{390, 768, 1366}

var renderedChecks = []Check{
	{
		ID: "rendered.load", Articles: []string{"S32"}, Severity: Advice, AppliesTo: anyPage, Doubt: "管理细则没有直接规定载入时间，3 秒见于国办发〔2017〕47号附件《网页设计规范》，未与正式文本核对",
		Says:     Says{Fine: "页面在 3 秒内载入", Wrong: "页面载入超过 3 秒", HowToFix: "请压缩图片、合并和延迟载入脚本，检查服务器响应时间。"},
		Evidence: "浏览器载入用时", run: pageOnly(loads),
	},
	{
		ID: "rendered.responsive", Articles: []string{"S15"}, Severity: Error, AppliesTo: anyPage,
		Says:     Says{Fine: "页面适应屏幕宽度", Wrong: "页面不适应屏幕宽度，需要左右滚动", HowToFix: "请采用响应式设计，使内容随屏幕宽度排列。"},
		Evidence: "各种宽度下的截图和内容宽度", run: pageOnly(fits),
	},
	{
		ID: "accessible.axe", Articles: []string{"S32"}, Severity: Advice, AppliesTo: anyPage, Live: true, Doubt: barrierFreeDoubt,
		Says:     Says{Fine: "浏览器无障碍检查没有发现问题", Wrong: "浏览器无障碍检查发现问题", HowToFix: "请按规则说明修改页面模板。"},
		Evidence: "axe 规则编号、影响程度、处数和首个位置", run: pageOnly(audited),
	},
}

func (r Rendered) untested(c *Check) Finding {
	return c.untested(strings.TrimSuffix(r.Why, "。"), r.where())
}

func (r Rendered) where() string {
	if r.Width == 0 {
		return "浏览器"
	}
	return fmt.Sprintf("宽 %d 像素", r.Width)
}

func loads(c *Check, f *Facts) []Finding {
	var worst Rendered
	measured := false
	for _, r := range f.Rendered {
		if r.Why != "" {
			return []Finding{r.untested(c)}
		}
		if measured = measured || r.Load > 0; r.Load > worst.Load {
			worst = r
		}
	}
	switch {
	case !measured:
		return nil
	case worst.Load > LoadLimit:
		return []Finding{c.wrong(fmt.Sprintf("用时 %.1f 秒", worst.Load.Seconds()), "载入")}
	}
	return []Finding{c.fine("载入")}
}

func fits(c *Check, f *Facts) (out []Finding) {
	for _, r := range f.Rendered {
		switch {
		case r.Why != "":
			out = append(out, r.untested(c))
		case r.Width <= 0 || r.Content <= 0:
		case r.Content > r.Width+1: // a scroll bar rounds
			out = append(out, c.wrong(fmt.Sprintf("宽 %d 像素的屏幕上内容宽 %d 像素", r.Width, r.Content), r.where()))
		default:
			out = append(out, c.fine(r.where()))
		}
	}
	return out
}

func audited(c *Check, f *Facts) (out []Finding) {
	ran := false
	for _, r := range f.Rendered {
		if r.Why != "" && !ran {
			return []Finding{r.untested(c)}
		}
		if !r.Audited || ran {
			continue
		}
		ran = true
		for _, v := range r.Axe {
			w := c.wrong(fmt.Sprintf("%s（%s），%d 处", v.Help, v.Rule, v.Nodes), v.Rule)
			if v.Impact == "critical" || v.Impact == "serious" {
				w.Severity = Error
			}
			if out = append(out, w); len(out) >= maxSightings {
				break
			}
		}
	}
	if ran && len(out) == 0 {
		out = append(out, c.fine("浏览器"))
	}
	return out
}
