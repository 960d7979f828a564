package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/calendar"
)

// Minute writes an instant as 2006-01-02 15:04 in Asia/Shanghai; "" for the
// zero time.
func Minute(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(calendar.Shanghai).Format("2006-01-02 15:04")
}

// Remaining says how far the last day of a period is: 超期 3 天, 今日到期,
// 明日到期, 还有 5 天; "" for no date.
func Remaining(on, today calendar.Date) string {
	if on.IsZero() {
		return ""
	}
	switch n := on.Sub(today); {
	case n < 0:
		return fmt.Sprintf("超期 %d 天", -n)
	case n == 0:
		return "今日到期"
	case n == 1:
		return "明日到期"
	default:
		return fmt.Sprintf("还有 %d 天", n)
	}
}

// DueTag is Remaining in its colour: overdue red, today and tomorrow amber.
func DueTag(on, today calendar.Date) Tag {
	t := Tag{Kind: Neutral, Text: Remaining(on, today)}
	if on.IsZero() {
		t.Text = "无时限"
		return t
	}
	switch n := on.Sub(today); {
	case n < 0:
		t.Kind = Danger
	case n <= 1:
		t.Kind = Warn
	}
	return t
}

// DueTagAt is DueTag of a period that may end at an hour: on its day the hours that
// are left, or since when it is late.
func DueTagAt(d calendar.Due, now time.Time) Tag {
	today := calendar.DateOf(now)
	if d.At.IsZero() || d.On != today {
		return DueTag(d.On, today)
	}
	hours := func(of time.Duration) string {
		if of < time.Hour {
			return "不到 1 小时"
		}
		return fmt.Sprintf(" %d 小时", int(of.Hours()))
	}
	if d.Passed(now) {
		return Tag{Kind: Danger, Text: "超期" + hours(now.Sub(d.At))}
	}
	return Tag{Kind: Warn, Text: "还有" + hours(d.At.Sub(now))}
}

// Took says how long something lasted in the two largest units: 3 天 2 小时.
func Took(d time.Duration) string {
	if d < time.Minute {
		return "不到 1 分钟"
	}
	days, hours, minutes := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60
	switch {
	case days > 0 && hours > 0:
		return fmt.Sprintf("%d 天 %d 小时", days, hours)
	case days > 0:
		return fmt.Sprintf("%d 天", days)
	case hours > 0 && minutes > 0:
		return fmt.Sprintf("%d 小时 %d 分钟", hours, minutes)
	case hours > 0:
		return fmt.Sprintf("%d 小时", hours)
	}
	return fmt.Sprintf("%d 分钟", minutes)
}

// MaskName keeps the family name: 王*, 欧阳 becomes 欧*.
func MaskName(s string) string {
	r := []rune(strings.TrimSpace(s))
	if len(r) == 0 {
		return ""
	}
	return string(r[0]) + strings.Repeat("*", max(1, min(2, len(r)-1)))
}

// MaskPhone keeps the first three and last four figures of a telephone number;
// shorter ones keep only the last two.
func MaskPhone(s string) string {
	r := []rune(strings.TrimSpace(s))
	switch {
	case len(r) == 0:
		return ""
	case len(r) < 8:
		return strings.Repeat("*", max(0, len(r)-2)) + string(r[max(0, len(r)-2):])
	}
	return string(r[:3]) + strings.Repeat("*", len(r)-7) + string(r[len(r)-4:])
}

// MaskID keeps the first and last character of an identity number.
func MaskID(s string) string {
	r := []rune(strings.TrimSpace(s))
	if len(r) < 3 {
		return strings.Repeat("*", len(r))
	}
	return string(r[0]) + strings.Repeat("*", len(r)-2) + string(r[len(r)-1])
}

// MaskEmail keeps the first letter and the domain.
func MaskEmail(s string) string {
	name, domain, ok := strings.Cut(strings.TrimSpace(s), "@")
	if !ok || name == "" {
		return MaskID(s)
	}
	first := []rune(name)[0]
	return string(first) + "***@" + domain
}

func numberText(n int) string { return strconv.Itoa(n) }

// bytesText writes a size as people say it: 20 MB.
func bytesText(n int64) string {
	switch {
	case n >= 1<<20:
		return strings.TrimSuffix(strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64), ".0") + " MB"
	case n >= 1<<10:
		return strings.TrimSuffix(strconv.FormatFloat(float64(n)/(1<<10), 'f', 1, 64), ".0") + " KB"
	}
	return strconv.FormatInt(n, 10) + " 字节"
}
