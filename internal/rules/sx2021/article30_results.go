package sx2021

import (
	"slices"
	"strings"

	"zhengshu/internal/rules"
)

// Article 30: 「对考评优秀的政府网站与政务新媒体，要推广先进经验，给予相关单位和人员表扬和
// 奖励；对因政府网站与政务新媒体出现问题造成严重后果的，要对分管领导和有关责任人进行严肃问
// 责。」 The supervisor asks for it and keeps the record; who decides is another
// question: a 处分 is of the appointing body or a supervisory commission
// (readings 15).
var (
	DecidedByBody = rule("S30.3.body", "第三十条", "要对分管领导和有关责任人进行严肃问责")
	RestsOn       = rule("S30.3.grounds", "第三十条", "对因政府网站与政务新媒体出现问题造成严重后果的，要对分管领导和有关责任人进行严肃问责")
)

// Punishments are the 处分 of the law on public servants; only the appointing
// body or a supervisory commission imposes them.
var Punishments = []string{"警告", "记过", "记大过", "降级", "撤职", "开除", "处分"}

// Held is somebody held to account, as a record says.
type Held struct {
	Body    string // that decided
	Office  string // that keeps the record: a supervising office
	Measure string // in words
	// Theirs: a supervising office may decide it itself. Proposal: it asks another
	// body for a 处分.
	Theirs, Proposal bool
	// Grounds are the orders, findings, inquiries and bulletins it rests on.
	Grounds int
}

// AccountabilityRecord checks a record of accountability: the body that is named
// may have decided it, and it rests on something.
func AccountabilityRecord(h Held) []rules.Breach {
	var out []rules.Breach
	punishes := slices.ContainsFunc(Punishments, func(p string) bool { return strings.Contains(h.Measure, p) })
	if h.Body == h.Office && !h.Proposal && (!h.Theirs || punishes) {
		out = append(out, DecidedByBody.Breach("主管单位不能作出处分。处分由任免机关、单位或监察机关决定；请填写作出决定的机关。"))
	}
	if h.Grounds == 0 {
		out = append(out, RestsOn.Breach("没有写明问责的依据，请选择整改通知、发现的问题、核实单或通报作为依据。"))
	}
	return out
}
