package guidance

import (
	"zhengshu/internal/calendar"
	"zhengshu/internal/official"
)

// Document is the notice in the layout of GB/T 9704, as it is printed and filed.
// A number of another form than a 发文字号 stands below, not at its head.
func (g Guidance) Document() *official.Document {
	d := &official.Document{Title: g.Title, To: "有关单位", Issuer: g.UnitName, Dated: calendar.DateOf(g.IssuedAt).Chinese(), Sealed: true}
	if d.Number = g.Number; !official.WellNumbered(g.Number) {
		d.Number, d.Note = "", "编号："+g.Number
	}
	d.Paragraph(g.Body)
	if g.Asks() {
		want := ""
		for _, f := range g.Fields {
			want += f.Label + "、"
		}
		if g.WantsFile {
			want += "材料文件、"
		}
		text := "请在平台报送以下内容：" + want[:len(want)-len("、")]
		if !g.DueOn.IsZero() {
			text += "；报送期限为" + g.DueOn.Chinese()
		}
		d.Paragraph(text + "。")
	}
	for _, f := range g.Files {
		d.Attachments = append(d.Attachments, f.Name)
	}
	return d
}
