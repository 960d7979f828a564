package sx2021

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/calendar"
	"zhengshu/internal/rules"
)

// The rules of Article 19(4).
var (
	DutyRound = rule("S19.4.round", "第十九条（四）", "建立24小时值班制度")
	DutyNamed = rule("S19.4.named", "第十九条（四）", "确定专人每日对整体运行情况、链接可用情况、栏目更新情况、信息内容质量等进行日常巡检")
)

// DutySections are the four things a named person looks at every day, in the
// words of Article 19(4).
var DutySections = []struct{ ID, Name string }{
	{"run", "整体运行情况"}, {"links", "链接可用情况"}, {"columns", "栏目更新情况"}, {"content", "信息内容质量"},
}

// DutyShift is one turn of duty. Persons are the caller's ids; empty is nobody.
type DutyShift struct {
	From, Until  time.Time
	Lead, Second string
}

// DutySpan is a stretch of time: a protected period asks for two persons in it.
type DutySpan struct {
	From, Until time.Time
	Name        string
}

// dutyMoment writes an instant as people of the office read it.
func dutyMoment(t time.Time) string { return t.In(calendar.Shanghai).Format("1月2日15:04") }

// CheckDutyRoster applies Article 19(4) to a roster from one instant to
// another: every hour has somebody, no hour two turns, every turn a named
// person; in the double spans two different ones. shifts may stand in any
// order.
func CheckDutyRoster(shifts []DutyShift, from, until time.Time, double []DutySpan) []rules.Breach {
	var out []rules.Breach
	list := slices.Clone(shifts)
	slices.SortFunc(list, func(a, b DutyShift) int { return cmp.Or(a.From.Compare(b.From), a.Until.Compare(b.Until)) })
	covered := from
	for _, s := range list {
		if !s.Until.After(s.From) {
			out = append(out, DutyRound.Breachf("%s开始的班次没有时长，请填写交班时间。", dutyMoment(s.From)))
			continue
		}
		if s.From.After(covered) && covered.Before(until) {
			out = append(out, DutyRound.Breachf("%s至%s没有人值班，请补上班次。", dutyMoment(covered), dutyMoment(earlier(s.From, until))))
		}
		if s.From.Before(covered) && s.Until.After(from) && s.From.Before(until) && covered.After(from) {
			out = append(out, DutyRound.Breachf("%s至%s排了两个班次，请改正其中一个的起止时间。", dutyMoment(later(s.From, from)), dutyMoment(earlier(covered, s.Until))))
		}
		if s.Until.After(covered) {
			covered = s.Until
		}
		if s.Until.After(from) && s.From.Before(until) {
			out = append(out, manned(s, double)...)
		}
	}
	if covered.Before(until) {
		out = append(out, DutyRound.Breachf("%s至%s没有人值班，请补上班次。", dutyMoment(covered), dutyMoment(until)))
	}
	return out
}

func manned(s DutyShift, double []DutySpan) []rules.Breach {
	at := fmt.Sprintf("%s至%s的班次", dutyMoment(s.From), dutyMoment(s.Until))
	switch {
	case blank(s.Lead):
		return []rules.Breach{DutyNamed.Breach(at + "没有确定值班人员，请选择一人。")}
	case s.Lead == s.Second:
		return []rules.Breach{DutyNamed.Breach(at + "的两名值班人员是同一人，请另选一人。")}
	}
	for _, d := range double {
		if s.From.Before(d.Until) && d.From.Before(s.Until) && blank(s.Second) {
			return []rules.Breach{DutyNamed.Breach(at + "在重要保障期" + abridge.Quoted(d.Name) + "内，须安排双人值班，请再选择一人。")}
		}
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
