package reporting

import (
	"fmt"
	"strconv"
	"strings"

	"zhengshu/internal/calendar"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
)

// Paper is the bulletin as an official document (GB/T 9704). Every number in it
// comes from a figure; the table at its end lists them all.
func (b Bulletin) Paper() *official.Document {
	c := b.Content
	d := &official.Document{Authority: b.UnitName, Number: b.Number, Title: b.Title(), To: addressees(b.Level), Issuer: b.UnitName, Attachments: []string{"检查情况数据一览表"}, Printer: b.UnitName}
	on := b.IssuedOn
	if on.IsZero() {
		on = calendar.DateOf(b.FrozenAt)
	}
	if on.IsZero() {
		on = c.CheckPoint
	}
	d.Dated = on.Chinese()
	if !b.IssuedOn.IsZero() {
		d.Printed = on.Chinese()
	}
	d.Paragraph(fmt.Sprintf("按照“月检查、季通报、年报告”的要求，%s对%s的政府网站与政务新媒体进行了检查。现将%s检查情况通报如下。", c.Office, c.AreaName, c.PeriodName))
	if !c.Complete {
		d.Paragraph("（草稿：本季度尚未结束，数据截至" + c.CheckPoint.Chinese() + "。）")
	}
	d.Heading(1, SectionSites)
	for _, line := range c.Narrative(SectionSites) {
		d.Paragraph(line)
	}
	if len(c.Unqualified) > 0 {
		g := official.Grid{Caption: "不合格网站名单", Header: []string{"网站", "主办单位", "原因"}, Widths: []int{3, 3, 4}}
		for _, u := range c.Unqualified {
			g.Rows = append(g.Rows, []string{u.Name, u.Unit, u.Why()})
		}
		d.Table(g)
	}
	for _, section := range Sections[1:] {
		d.Heading(1, section)
		for _, line := range c.Narrative(section) {
			d.Paragraph(line)
		}
		if late := c.Figure("launch.late").Rows; section == SectionLaunch && len(late) > 0 {
			g := official.Grid{Caption: "逾期未上线名单", Header: []string{"网站（账号）", "情况"}, Widths: []int{4, 6}}
			for _, r := range late {
				g.Rows = append(g.Rows, []string{r.Text, r.Note})
			}
			d.Table(g)
		}
	}
	d.Heading(1, "工作要求")
	d.Paragraph("各有关单位要对照通报的问题逐项整改，按整改通知规定的期限整改到位并申请复测，举一反三，防止问题反弹。")
	d.PageBreak()
	g := official.Grid{Caption: "检查情况数据一览表", Header: []string{"类别", "项目", "数量"}, Widths: []int{3, 5, 2}}
	for _, f := range c.Figures {
		g.Rows = append(g.Rows, []string{f.Section, f.Name, strconv.Itoa(f.N()) + f.Unit})
	}
	for _, s := range c.Shares {
		g.Rows = append(g.Rows, []string{"比率", s.Name, c.Percent(s)})
	}
	d.Table(g)
	return d
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

// Why joins the reasons of an unqualified object.
func (u Unqualified) Why() string {
	var out []string
	for _, r := range u.Reasons {
		out = append(out, r.Says)
	}
	return strings.Join(out, "；")
}

// Narrative is what the document says in words about a section.
func (c Content) Narrative(section string) []string {
	n := func(key string) string {
		f := c.Figure(key)
		return strconv.Itoa(f.N()) + f.Unit
	}
	// share is a clause of its own, left out when there is nothing to take a share of.
	share := func(key string) string {
		for _, s := range c.Shares {
			if s.Key == key && c.Figure(s.Of).N() > 0 {
				return "，" + s.Name + c.Percent(s)
			}
		}
		return ""
	}
	switch section {
	case SectionSites:
		out := []string{fmt.Sprintf("%s应检查政府网站%s，已检查%s%s。其中合格%s，不合格%s%s；未检测%s。登记政务新媒体%s，本季度未检测。",
			c.AreaName, n("sites.total"), n("sites.checked"), share("sites.coverage"), n("sites.qualified"), n("sites.unqualified"), share("sites.rate"), n("sites.untested"), n("accounts.total"))}
		if c.Pack != "" {
			says := fmt.Sprintf("检查依据%s《%s》（%s）。", c.Source, c.Pack, c.Label)
			if c.Unverified {
				says += "其中部分指标分值尚未与正式文本核对，得分仅供参考。"
			}
			out = append(out, says)
		}
		return out
	case SectionLaunch:
		if !c.Has("launch.late") {
			return []string{"本期没有统计逾期未上线情况。"} // one kept before it was counted
		}
		if c.Figure("launch.late").N() == 0 {
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
				kinds = append(kinds, f.Name+strconv.Itoa(f.N())+f.Unit)
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
			parts = append(parts, f.Name+strconv.Itoa(f.N())+f.Unit)
		}
		return []string{"本季度" + strings.Join(parts, "，") + "。"}
	case SectionUrgent:
		if !c.Has("emergency.total") {
			return []string{"本期没有统计应急发布情况。"} // one kept before it was counted
		}
		if c.Figure("emergency.total").N() == 0 {
			return []string{"本季度没有走应急通道发布的信息。"}
		}
		return []string{fmt.Sprintf("本季度走应急通道发布信息%s，截至%s尚未补审%s，补审不通过%s。", n("emergency.total"), c.CountedOn.Chinese(), n("emergency.waiting"), n("emergency.objected"))}
	case SectionBefore:
		return []string{fmt.Sprintf("上季度不合格网站%s，其中本季度复查合格%s。上季度整改通知%s，其中已办结%s。", n("before.unqualified"), n("before.mended"), n("before.orders"), n("before.closed"))}
	}
	return nil
}
