package check

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"zhengshu/internal/abridge"
)

// OnAttachment is the subject of the checks on files a site offers.
const OnAttachment = "attachment"

// Attachment is a file with what was read in it.
type Attachment struct {
	// URL is where it lies, Name its file name, Page the page that offers it.
	URL, Name, Page string
	// Text is everything a reader can come to see: hidden sheets, rows and
	// columns, tracked deletions and comments too.
	Text string
	// At says where in the file the byte of Text at an offset stands, as the unit
	// finds it there: sheet and cell, page, file within an archive. Nil where that
	// is not known.
	At func(at int) string
	// Unread says in Chinese why the text could not be read; "" when it was.
	Unread string
	// Unjudged says in Chinese what in the file cannot be judged though its words
	// were read: pictures, numbers that lost their end. Nothing that was found in
	// the words hides there.
	Unjudged string
}

// attachmentChecks put Privacy to the text of attachments: the lists of names
// that bulletins find are nearly all in tables attached to a page.
var attachmentChecks = []Check{
	attachedLeak(KindIDCard, "公民身份号码", Serious),
	attachedLeak(KindMobile, "手机号码", Error),
	attachedLeak(KindBankCard, "银行卡（账）号", Serious),
	attachedLeak(KindEmail, "个人电子邮箱", Advice),
	attachedLeak(KindPaper, "个人证件、档案号码", Error),
	attachedLeak(KindAddress, "具体到门牌的个人住址", Advice),
	attachedLeak(KindLandline, "个人的家庭电话", Advice),
	attachedLeak(KindPlate, "与车主、驾驶人同列的车辆号牌", Advice),
	{
		ID: "attachment.unread", Articles: []string{"S12.2a"}, Severity: Advice, AppliesTo: []string{OnAttachment},
		Says:     Says{Fine: "附件的文字可以检查", Wrong: "附件的文字没有检查到", HowToFix: "请改用可复制文字的 DOCX、XLSX 或 PDF。"},
		Evidence: "附件地址和未能读取的原因",
		run: func(c *Check, f *Facts) (out []Finding) {
			for _, a := range f.Attachments {
				for _, says := range []string{a.Unread, a.Unjudged} {
					if says != "" {
						out = append(out, c.untested(strings.TrimSuffix(says, "。"), a.URL))
					}
				}
			}
			return out
		},
	},
}

func attachedLeak(kind, what string, sev Severity) Check {
	return Check{
		ID: "attachment." + strings.TrimPrefix(kind, "privacy."), Articles: []string{"S12.2a"}, Severity: sev, AppliesTo: []string{OnAttachment},
		Says: Says{
			Fine: "附件没有未遮蔽的" + what, Tolerated: "该号码为单位公布的公开联系方式", Wrong: "附件公开了未遮蔽的" + what,
			HowToFix: "请撤下附件，按最小必要原则遮蔽（包括隐藏的工作表、行列和修订内容）后重新上传，并清理缓存和搜索引擎快照。",
		},
		Evidence: "附件文件及其摘要值、命中文字（遮蔽后）和处数",
		run: func(c *Check, f *Facts) (out []Finding) {
			for _, a := range f.Attachments {
				if a.Unread == "" {
					out = append(out, leaksIn(c, f, kind, a))
				}
			}
			return out
		},
	}
}

const (
	mostPlaced = 3   // places of a file that a finding names
	mostNamed  = 100 // characters of a file's name that it gives: the ends of names tell files apart
)

// leaksIn is one finding a file and kind, however many rows its list has; the
// first places are named, for the unit cannot find what is hidden otherwise.
func leaksIn(c *Check, f *Facts, kind string, a Attachment) Finding {
	n, example, public := 0, "", false
	var places []string
	hits := map[string]int{} // of a place
	elsewhere := false
	seen := map[string]bool{}
	offset, runes := 0, 0 // of the text before the last span
	for _, s := range Lines(a.Text).Privacy() {
		for ; runes < s.Start; runes++ {
			_, size := utf8.DecodeRuneInString(a.Text[offset:])
			offset += size
		}
		if s.Kind != kind || seen[s.Wrong] {
			continue
		}
		seen[s.Wrong] = true
		if f.Ledger != nil && (slices.Contains(f.Ledger.OfficialPhones, s.Wrong) || slices.ContainsFunc(f.Ledger.OfficialMailboxes, func(m string) bool { return strings.EqualFold(m, s.Wrong) })) {
			public = true
			continue
		}
		if n++; n == 1 {
			example = Mask(kind, s.Wrong)
		}
		if a.At == nil {
			continue
		}
		if len(places) == mostPlaced && elsewhere {
			continue
		}
		at := a.At(offset)
		switch {
		case at != "" && hits[at] > 0:
			hits[at]++
		case at != "" && len(places) < mostPlaced:
			places = append(places, at)
			hits[at] = 1
		default:
			elsewhere = true
		}
	}
	switch {
	case n > 0:
		says := fmt.Sprintf("“%s”中有 %d 处，例如 %s", abridge.Middle(a.Name, mostNamed), n, example)
		if len(places) > 0 {
			for i, at := range places {
				if hits[at] > 1 {
					places[i] = fmt.Sprintf("%s（%d 处）", at, hits[at])
				}
			}
			says += "，位于" + strings.Join(places, "、")
			if elsewhere {
				says += " 等处"
			}
		}
		return c.wrong(says, a.URL)
	case public:
		return c.tolerated("台账登记的公开联系方式", a.URL)
	}
	return c.fine(a.URL)
}
