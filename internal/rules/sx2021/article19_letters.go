package sx2021

import (
	"zhengshu/internal/calendar"
	"zhengshu/internal/rules"
)

// The rules of Article 19(5). The times in which a letter is answered come
// from the scoring pack and the province's settings, not from this article.
var (
	LettersOnTime     = rule("S19.5b.on_time", "第十九条（五）", "妥善办理各类留言，确保留言及时办理、回复")
	LettersDaily      = rule("S19.5b.daily", "第十九条（五）", "主办单位要每日登录相关互动交流系统（含电子邮箱）")
	LettersStatistics = rule("S19.5c.statistics", "第十九条（五）", "公开留言受理反馈情况统计数据")
)

// DaysUnopened lists the days from first to last, both included, on which the
// queue was neither opened nor the mailbox polled. Every calendar day counts
// (readings 23).
func DaysUnopened(first, last calendar.Date, opened map[calendar.Date]bool) []calendar.Date {
	var out []calendar.Date
	if first.IsZero() {
		return nil
	}
	for d := first; !d.After(last); d = d.AddDays(1) {
		if !opened[d] {
			out = append(out, d)
		}
	}
	return out
}

// CheckLettersDaily applies 「每日登录」 to a span of days.
func CheckLettersDaily(first, last calendar.Date, opened map[calendar.Date]bool) []rules.Breach {
	missed := DaysUnopened(first, last, opened)
	if len(missed) == 0 {
		return nil
	}
	return []rules.Breach{LettersDaily.Breachf("有%d天未登录互动交流系统（首日%s），请安排每日登录办理。", len(missed), missed[0].Chinese())}
}

// CheckLetterReply applies 「及时办理、回复」: concluded on a day against its due.
// A provisional due (a year without a working-day notice) judges nobody.
func CheckLetterReply(due calendar.Due, concluded calendar.Date) []rules.Breach {
	if due.On.IsZero() || due.Provisional || !concluded.After(due.On) {
		return nil
	}
	return []rules.Breach{LettersOnTime.Breachf("最迟应于%s答复，逾期%d天；请尽快答复并说明原因。", due.On.Chinese(), concluded.Sub(due.On))}
}

// CheckLetterStatistics applies the duty to publish the figures.
func CheckLetterStatistics(published bool) []rules.Breach {
	if published {
		return nil
	}
	return []rules.Breach{LettersStatistics.Breach("未公开留言受理反馈统计数据，请在互动交流栏目公开。")}
}
