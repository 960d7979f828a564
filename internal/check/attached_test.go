package check_test

import (
	"fmt"
	"strings"
	"testing"

	"zhengshu/internal/check"
)

// A finding names the first places of a file, each once, counted in bytes of the
// text whatever stands before them; numbers that lost their end are nobody's.
func TestAttachmentSaysWhereItStands(t *testing.T) {
	text := "姓名：张三，13812345678；李四，13912345678；王五，13712345678；赵六，13612345678；号码610113199003071***、622202123456789****"
	a := check.Attachment{URL: "http://a.gov.cn/a.xlsx", Name: "名单.xlsx", Text: text, Unjudged: "附件“名单.xlsx”中有 2 个长号码。", At: func(at int) string {
		if strings.HasPrefix(text[at:], "1391") {
			return "工作表甲!A1"
		}
		return fmt.Sprintf("工作表%s!A1", text[at:at+3])
	}}
	said := map[string]string{}
	for _, f := range check.Run(check.Facts{Attachments: []check.Attachment{a}}) {
		switch f.Outcome {
		case check.Violated:
			said[f.Check] = f.Says
		case check.Untested:
			said[f.Check] = f.Why
		}
	}
	if got := said["attachment.mobile"]; !strings.Contains(got, "有 4 处，例如 138****5678，位于工作表138!A1、工作表甲!A1、工作表137!A1 等处") {
		t.Errorf("says %q", got)
	}
	if got := said["attachment.unread"]; !strings.Contains(got, "2 个长号码") {
		t.Errorf("told %q", got)
	}
	if len(said) != 2 {
		t.Errorf("said %v", said)
	}
}

// Two numbers in one cell are one place, and no other place is claimed.
func TestAttachmentCountsWithinAPlace(t *testing.T) {
	text := "13812345678；13912345678；王五13712345678"
	a := check.Attachment{URL: "http://a.gov.cn/a.xlsx", Name: "名单.xlsx", Text: text, At: func(at int) string {
		if at < strings.Index(text, "王五") {
			return "工作表名单!A1"
		}
		return "工作表名单!A2"
	}}
	for _, f := range check.Run(check.Facts{Attachments: []check.Attachment{a}}) {
		if f.Check == "attachment.mobile" && !strings.Contains(f.Says, "有 3 处，例如 138****5678，位于工作表名单!A1（2 处）、工作表名单!A2") || strings.Contains(f.Says, "等处") {
			t.Errorf("says %q", f.Says)
		}
	}
}

// Files that differ at the ends of long names are told apart by what is said of them.
func TestAttachmentsOfLongNamesAreToldApart(t *testing.T) {
	long := strings.Repeat("关于公示本年度住房困难家庭补助名单的通知", 4) // 80 characters
	for _, name := range []string{long + "（第一批）.xlsx", long + "（第二批）.xlsx", strings.Repeat("a", 300) + "-3.xlsx"} {
		for _, f := range check.Run(check.Facts{Attachments: []check.Attachment{{URL: "http://a.gov.cn/a.xlsx", Name: name, Text: "王五13712345678"}}}) {
			if f.Check != "attachment.mobile" {
				continue
			}
			said, _, _ := strings.Cut(f.Says, "”")
			if end := []rune(name)[len([]rune(name))-9:]; !strings.HasSuffix(said, string(end)) || len([]rune(said)) > 130 {
				t.Errorf("of %q it is said %q", name, f.Says)
			}
		}
	}
}
