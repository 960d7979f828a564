package reporting

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/assessment"
	"zhengshu/internal/calendar"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
)

// Told is one part of a paper as page and document show it.
type Told struct {
	Section string
	Heading string
	Lines   []string // with their numbers
	Tables  []Table  // those that are not apart
	Chart   *Chart
	Beside  *Table // the chart's numbers, when no table of the part has them
	Cases   []Case
}

// Told are the parts that are on, in order.
func (b Bulletin) Told() []Told {
	c := b.Content
	var out []Told
	for _, p := range b.Outline.Parts {
		if !p.On {
			continue
		}
		t := Told{Section: p.Section, Heading: p.Heading, Cases: p.Cases}
		if p.Text != "" {
			t.Lines = strings.Split(c.Fill(p.Text), "\n")
		} else {
			t.Lines = c.Narrative(p.Section)
		}
		for _, x := range c.listsOf(p.Section) {
			if !x.Apart {
				t.Tables = append(t.Tables, x)
			}
		}
		if x, ok := c.ChartOf(p.Chart); ok {
			t.Chart = &x
			if !slices.ContainsFunc(t.Tables, func(y Table) bool { return x.From != "" && y.Key == x.From }) {
				y := x.Grid()
				t.Beside = &y
			}
		}
		out = append(out, t)
	}
	return out
}

// listsOf are the tables of a section with the lists that are made of its rows.
func (c Content) listsOf(section string) []Table {
	var out []Table
	switch section {
	case SectionSites:
		t := Table{Key: "unqualified", Name: "不合格网站名单", Header: []string{"网站", "主办单位", "原因"}, Widths: []int{3, 3, 4}}
		for _, u := range c.Unqualified {
			t.Rows = append(t.Rows, []string{u.Name, u.Unit, u.Why()})
		}
		out = append(out, t)
	case SectionLaunch:
		t := Table{Key: "late", Name: "逾期未上线名单", Header: []string{"网站（账号）", "情况"}, Widths: []int{4, 6}}
		for _, r := range c.Figure("launch.late").Rows {
			t.Rows = append(t.Rows, []string{r.Text, r.Note})
		}
		out = append(out, t)
	}
	out = append(out, c.TablesOf(section)...)
	n := 0
	for _, t := range out {
		if len(t.Rows) > 0 {
			out[n] = t
			n++
		}
	}
	return out[:n]
}

// Grid is the table as a document sets it.
func (t Table) Grid() official.Grid {
	return official.Grid{Caption: t.Name, Header: t.Header, Widths: t.Widths, Rows: t.Rows, Merge: t.Merge}
}

// Apart are the tables that stand as attachments, with the results of each site
// and the list of all figures.
func (b Bulletin) Apart() []Table {
	c := b.Content
	var out []Table
	for _, t := range c.Tables {
		if t.Apart && len(t.Rows) > 0 {
			out = append(out, t)
		}
	}
	if len(c.Sites) > 0 && b.Kind != SupervisionReport {
		t := Table{Key: "sites", Name: "网站检查结果一览表", Header: []string{"网站", "主办单位", "地区", "结果", "得分"}, Widths: []int{5, 5, 2, 2, 2}}
		for _, r := range c.Sites {
			says := "—"
			switch {
			case r.Scored && r.Unverified:
				says = "未核实"
			case r.Scored:
				says = points(r.Points)
			}
			t.Rows = append(t.Rows, []string{r.Name, r.UnitName, r.AreaName, assessment.Verdict(r.Verdict).Name(), says})
		}
		out = append(out, t)
	}
	t := Table{Key: "figures", Name: "检查情况数据一览表", Header: []string{"类别", "项目", "数量"}, Widths: []int{4, 5, 2}, Merge: 1}
	for _, f := range c.Figures {
		t.Rows = append(t.Rows, []string{f.Section, f.Name, strconv.Itoa(f.N()) + f.Unit})
	}
	for _, s := range c.Shares {
		t.Rows = append(t.Rows, []string{"比率", s.Name, c.Percent(s)})
	}
	return append(out, t)
}

// Opening is the first paragraph.
func (b Bulletin) Opening() string {
	c := b.Content
	return strings.NewReplacer("{office}", c.Office, "{area}", c.AreaName, "{period}", c.PeriodName).Replace(natures[b.Kind].opens)
}

// Paper is the paper as an official document (GB/T 9704). Every number in it
// comes from a figure; the table at its end lists them all.
func (b Bulletin) Paper() *official.Document {
	c := b.Content
	d := &official.Document{Number: b.Number, Title: b.Title(), Issuer: b.UnitName}
	on := b.IssuedOn
	if on.IsZero() {
		on = calendar.DateOf(b.FrozenAt)
	}
	if on.IsZero() {
		on = c.CheckPoint
	}
	d.Dated = on.Chinese()
	switch {
	case b.Kind.Signed():
		if b.Out() {
			d.Note = "签字确认：" + b.AgreedBy
		}
	case b.Kind.Upwards():
		d.Authority, d.To, d.Printer = b.UnitName, superiorName(b.Level), b.UnitName
		d.Signer = b.AgreedBy
	default:
		d.Authority, d.To, d.Printer = b.UnitName, addressees(b.Level), b.UnitName
	}
	if !b.IssuedOn.IsZero() && d.Printer != "" {
		d.Printed = on.Chinese()
	}
	apart := b.Apart()
	for _, t := range apart {
		d.Attachments = append(d.Attachments, t.Name)
	}
	d.Paragraph(b.Opening())
	if !c.Complete {
		d.Paragraph("（草稿：" + c.term("本季度") + "尚未结束，数据截至" + c.CheckPoint.Chinese() + "。）")
	}
	for _, t := range b.Told() {
		d.Heading(1, t.Heading)
		for _, line := range t.Lines {
			d.Paragraph(line)
		}
		for i, k := range t.Cases {
			d.Paragraph(strconv.Itoa(i+1) + "." + k.Text)
		}
		if t.Chart != nil {
			d.Chart(official.Chart{Caption: t.Chart.Name, Unit: t.Chart.Unit, Line: t.Chart.Line, Labels: t.Chart.Labels, Values: t.Chart.Values})
		}
		if t.Beside != nil {
			d.Table(t.Beside.Grid())
		}
		for _, x := range t.Tables {
			d.Table(x.Grid())
		}
	}
	d.BeginAttachments()
	for i, t := range apart {
		d.PageBreak()
		d.Label(attachmentLabel(i, len(apart)))
		d.Table(t.Grid())
	}
	return d
}

func attachmentLabel(i, of int) string {
	if of == 1 {
		return "附件"
	}
	return fmt.Sprintf("附件%d", i+1)
}

func addressees(l org.Level) string {
	switch l {
	case org.Province:
		return "各设区市人民政府办公厅（室），省政府各工作部门、各直属机构办公室"
	case org.City:
		return "各县（市、区）人民政府办公室，市政府各工作部门、各直属机构办公室"
	}
	return "各镇人民政府、街道办事处，县（区）政府各工作部门、各直属机构"
}

func superiorName(l org.Level) string {
	switch l {
	case org.Province:
		return "国务院办公厅"
	case org.City:
		return "省人民政府办公厅"
	}
	return "市人民政府办公厅（室）"
}

// Why joins the reasons of an unqualified object.
func (u Unqualified) Why() string {
	var out []string
	for _, r := range u.Reasons {
		out = append(out, r.Says)
	}
	return strings.Join(out, "；")
}

// Narrative is what the document says in words about a section, with its
// numbers.
func (c Content) Narrative(section string) []string {
	var out []string
	for _, line := range c.Template(section) {
		out = append(out, c.Fill(line))
	}
	return out
}

// Template is the same with its figures bound by name, as an editor begins.
func (c Content) Template(section string) []string {
	lines := c.template(section)
	for i, l := range lines {
		lines[i] = c.term(l)
	}
	return append(lines, c.Given[section]...)
}

func (c Content) template(section string) []string {
	n := func(key string) string {
		if !c.Has(key) {
			return "0"
		}
		return "〔" + c.Figure(key).Name + "〕"
	}
	nought := func(key string) bool { return c.Figure(key).N() == 0 }
	// share is a clause of its own, left out when there is nothing to take a share of.
	share := func(key string) string {
		for _, s := range c.Shares {
			if s.Key == key && c.Figure(s.Of).N() > 0 {
				return "，" + s.Name + "〔" + s.Name + "〕"
			}
		}
		return ""
	}
	switch section {
	case SectionSites:
		out := []string{fmt.Sprintf("%s应检查政府网站%s，已检查%s%s。其中合格%s，不合格%s%s；未检测%s。%s",
			c.AreaName, n("sites.total"), n("sites.checked"), share("sites.coverage"), n("sites.qualified"), n("sites.unqualified"), share("sites.rate"), n("sites.untested"), c.accounts(n))}
		if c.Round != "" {
			out = append(out, "以上为"+c.Round+"公布的结果。")
		}
		if c.Pack != "" {
			says := fmt.Sprintf("检查依据%s《%s》（%s）。", c.Source, c.Pack, c.Label)
			if c.Unverified {
				says += "其中部分指标分值尚未与正式文本核对，得分仅供参考。"
			}
			out = append(out, says)
		}
		return out
	case SectionImprove:
		if !c.Has("improve.turned") {
			return []string{"本期没有与上期比较。"} // one kept before it was counted
		}
		return []string{fmt.Sprintf("与上季度相比，由不合格转为合格的网站%s，得分提高的网站%s，得分下降或转为不合格的网站%s。本季度发现问题%s，上季度%s。", n("improve.turned"), n("improve.up"), n("improve.down"), n("findings.total"), n("improve.findings"))}
	case SectionUnits:
		if len(c.TablesOf(section)) == 0 {
			return []string{"所辖地区没有可以比较的网站。"}
		}
		return []string{"各地区检查情况见下表，按行政区划代码排列，不作排名。"}
	case SectionLaunch:
		if !c.Has("launch.late") {
			return []string{"本期没有统计逾期未上线情况。"} // one kept before it was counted
		}
		if nought("launch.late") {
			return []string{"没有经省政府办公厅同意开设满1年仍未上线的政府网站与政务新媒体。"}
		}
		return []string{fmt.Sprintf("经省政府办公厅同意开设满1年未上线的政府网站与政务新媒体%s，其中本季度已上线%s；主管单位已向省政府办公厅作出书面声明%s，没有完整书面声明%s。依据第七条（四）予以通报。",
			n("launch.late"), n("launch.after"), n("launch.stated"), n("launch.silent"))}
	case SectionFindings:
		var kinds []string
		for _, f := range c.Section(section) {
			switch f.Key {
			case "findings.total", "findings.closed", "findings.open":
			default:
				kinds = append(kinds, f.Name+"〔"+f.Name+"〕")
			}
		}
		says := fmt.Sprintf("本季度发现问题%s，截至%s已整改到位%s，尚未整改到位%s。", n("findings.total"), c.CountedOn.Chinese(), n("findings.closed"), n("findings.open"))
		if len(kinds) > 0 {
			says += "按类别：" + strings.Join(kinds, "，") + "。"
		}
		return []string{says}
	case SectionOrders:
		return []string{fmt.Sprintf("本季度下发整改通知%s，截至%s已办结%s，未办结%s%s；超期（含超期办结）%s。", n("orders.issued"), c.CountedOn.Chinese(), n("orders.closed"), n("orders.open"), share("orders.rate"), n("orders.overdue"))}
	case SectionLetters:
		if !c.Letters {
			return []string{"本期没有取得留言办理数据。"}
		}
		var parts []string
		for _, f := range c.Section(section) {
			parts = append(parts, f.Name+"〔"+f.Name+"〕")
		}
		return []string{"本季度" + strings.Join(parts, "，") + "。"}
	case SectionUrgent:
		if !c.Has("emergency.total") {
			return []string{"本期没有统计应急发布情况。"} // one kept before it was counted
		}
		if nought("emergency.total") {
			return []string{"本季度没有走应急通道发布的信息。"}
		}
		return []string{fmt.Sprintf("本季度走应急通道发布信息%s，截至%s尚未补审%s，补审不通过%s。", n("emergency.total"), c.CountedOn.Chinese(), n("emergency.waiting"), n("emergency.objected"))}
	case SectionBefore:
		return []string{fmt.Sprintf("上季度不合格网站%s，其中本季度复查合格%s。上季度整改通知%s，其中已办结%s。", n("before.unqualified"), n("before.mended"), n("before.orders"), n("before.closed"))}
	case SectionIPv6:
		if !c.Has("ipv6.looked") || nought("ipv6.looked") {
			return []string{"本期没有检测IPv6。"}
		}
		return []string{fmt.Sprintf("检测过IPv6的网站%s，首页支持的%s，不支持的%s%s。", n("ipv6.looked"), n("ipv6.yes"), n("ipv6.no"), share("ipv6.rate"))}
	case SectionInterpret:
		if !c.Has("interpret.policies") {
			return []string{"本期没有统计政策解读情况。"}
		}
		return []string{fmt.Sprintf("本季度公开政策文件%s，其中应当解读的%s，已经解读的%s，有两种以上解读形式的%s%s。", n("interpret.policies"), n("interpret.important"), n("interpret.done"), n("interpret.several"), share("interpret.rate"))}
	case SectionAnswered:
		var parts []string
		for _, f := range c.Section(section) {
			parts = append(parts, f.Name+"〔"+f.Name+"〕")
		}
		if len(parts) == 0 {
			return []string{"本期没有表扬和问责记录。"}
		}
		return []string{"本季度" + strings.Join(parts, "，") + "。"}
	case SectionBlind, SectionSpecial:
		if len(c.Given[section])+len(c.Section(section))+len(c.TablesOf(section)) > 0 {
			return nil
		}
		return []string{"本季度没有组织" + strings.TrimSuffix(section, "情况") + "。"}
	case SectionSheet:
		return []string{fmt.Sprintf("应检查网站%s，本月检查过%s%s，没有检查%s。应检查账号%s，本月检查过%s，其中有不合规项%s，没有检查%s。", n("sheet.sites"), n("sheet.looked"), share("sheet.coverage"), n("sheet.missed"), n("sheet.accounts"), n("sheet.accounts_looked"), n("sheet.accounts_wrong"), n("sheet.accounts_missed"))}
	case SectionMonths:
		return []string{"按月开展检查，签字确认月检查表" + n("months.signed") + "，情况见下表。"}
	case SectionQuarters:
		return []string{"按季度通报检查情况，印发季度通报" + n("quarters.issued") + "，各季度结果见下表。"}
	case SectionTraining:
		return []string{"举办业务培训" + n("training.held") + "。"}
	}
	return nil
}

// accounts is the sentence about accounts.
func (c Content) accounts(n func(string) string) string {
	if c.Has("accounts.drawn") {
		return fmt.Sprintf("登记政务新媒体%s，本季度抽查%s，已检查%s，其中合格%s，不合格%s；未检测%s。", n("accounts.total"), n("accounts.drawn"), n("accounts.checked"), n("accounts.qualified"), n("accounts.unqualified"), n("accounts.untested"))
	}
	if c.Has("accounts.checked") {
		return fmt.Sprintf("登记政务新媒体%s，已检查%s，其中合格%s，不合格%s；未检测%s。", n("accounts.total"), n("accounts.checked"), n("accounts.qualified"), n("accounts.unqualified"), n("accounts.untested"))
	}
	return fmt.Sprintf("登记政务新媒体%s，本季度未检测。", n("accounts.total"))
}
