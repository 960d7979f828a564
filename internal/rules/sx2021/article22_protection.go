package sx2021

import (
	"zhengshu/internal/calendar"
	"zhengshu/internal/rules"
)

// The rules of Article 22 that the record answers.
var (
	GradeRecorded = rule("S22.1.grade", "第二十二条", "贯彻落实网络安全等级保护制度")
	GradeAssessed = rule("S22.1.assessed", "第二十二条", "贯彻落实网络安全等级保护制度")
)

// Protection is what the record says of one object's 等级保护.
type Protection struct {
	// Level is 1 to 5; 0 when nothing is recorded.
	Level      int
	Filing     string        // 备案证明编号, from level 2
	AssessedOn calendar.Date // of the last 测评
	// Next is the last day by which it is to be assessed again; zero where no
	// interval is known for the level. The interval is the caller's: it is not
	// verified law.
	Next calendar.Date
}

// filedFrom is the level from which a system is filed with 公安, and
// assessedFrom that from which it is assessed at intervals.
const (
	filedFrom    = 2
	assessedFrom = 3
)

// CheckProtection says what is missing on the day.
func CheckProtection(p Protection, on calendar.Date) []rules.Breach {
	var out []rules.Breach
	switch {
	case p.Level == 0:
		return []rules.Breach{GradeRecorded.Breach("没有登记等级保护定级，请登记定级、备案和测评情况。")}
	case p.Level >= filedFrom && blank(p.Filing):
		out = append(out, GradeRecorded.Breachf("等级保护第%d级应向公安机关备案，还没有登记备案证明编号，请补充。", p.Level))
	}
	switch {
	case p.Level >= assessedFrom && p.AssessedOn.IsZero():
		out = append(out, GradeAssessed.Breachf("等级保护第%d级还没有登记测评，请登记最近一次测评日期和报告。", p.Level))
	case !p.Next.IsZero() && on.After(p.Next):
		out = append(out, GradeAssessed.Breachf("应于%s前再次测评，请完成测评并登记报告。", p.Next.Chinese()))
	}
	return out
}
