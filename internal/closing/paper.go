package closing

import (
	"fmt"

	"zhengshu/internal/calendar"
	"zhengshu/internal/official"
	"zhengshu/internal/rules/sx2021"
)

// Document is the inquiry as its supervisor sends it, in the layout of GB/T 9704.
// It bears no 发文字号: the office gives that when it seals it.
func (i Inquiry) Document() *official.Document {
	d := &official.Document{Title: "关于核实“" + i.ObjectName + "”中断情况的通知", To: i.UnitName, Issuer: i.OfficeName, Dated: calendar.DateOf(i.OpenedAt).Chinese(), Sealed: true, Note: "系统编号：" + string(i.ID)}
	found := "经系统监测"
	if i.Source == "person" {
		found = "经人工检查"
	}
	d.Paragraph(fmt.Sprintf("%s，你单位主办的“%s”自%s起无法访问，到发出本单时已连续中断%d小时，没有经批准的下线时段。", found, i.ObjectName, i.DownSince.In(calendar.Shanghai).Format("2006年1月2日15时4分"), i.Hours))
	d.Paragraph("根据" + sx2021.Named + "第八条（一）的规定，请于" + i.Due.On.Chinese() + "前在平台说明中断的原因和恢复情况，附有关材料；属于不可抗力或者责令紧急关停的，由主管单位书面报备。")
	d.Paragraph("逾期没有说明，或者既没有批准的下线时段也没有书面报备的，按自行下线处理。")
	return d
}
