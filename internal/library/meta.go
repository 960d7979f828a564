package library

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/prose"
)

// tidyMore is tidy for what is asked beside the text: the words folded, the
// answers of another type left out, the ordinary case spelled out.
func (m *Meta) tidyMore() {
	for _, f := range []*string{&m.ShareTerms, &m.Region, &m.Genre, &m.FilingNo, &m.Drafter} {
		*f = oneLine(*f)
	}
	for _, f := range []*string{&m.CoIssuers, &m.SubjectWords} {
		*f = strings.Join(List(*f), ";")
	}
	if m.Openness == "" {
		m.Openness = Open
	}
	if m.Share == "" {
		m.Share = Unconditional
	}
	if m.Share != Conditional {
		m.ShareTerms = ""
	}
	sort, kept := m.Type.Sort(), Answers{}
	for name, answer := range m.Answers {
		q, ok := sort.Question(name)
		if !ok {
			continue
		}
		if answer = q.tidy(answer); answer != "" {
			kept[name] = answer
		}
	}
	if m.Answers = kept; len(kept) == 0 {
		m.Answers = nil
	}
}

// hashed is the metadata as the hash of a version sees them: what joined later
// is absent in its ordinary case, so that older versions keep their hash.
func (m Meta) hashed() Meta {
	if m.Openness == Open {
		m.Openness = ""
	}
	if m.Share == Unconditional {
		m.Share = ""
	}
	if len(m.Answers) == 0 {
		m.Answers = nil
	}
	return m
}

var regionCode = regexp.MustCompile(`^[1-9][0-9]{5}$`)

// wrongMore judges what is asked beside the text. Whether all that must be
// answered is answered is asked when the item goes to review.
func (m Meta) wrongMore(f *fault.Fields) {
	most := func(s string, n int, name, says string) {
		f.Check(utf8.RuneCountInString(s) <= n, name, fmt.Sprintf("%s不能超过 %d 字，请压缩", says, n))
	}
	most(m.ShareTerms, 200, "share_terms", "共享条件")
	most(m.CoIssuers, 300, "co_issuers", "联合发文机关")
	most(m.SubjectWords, 200, "subject_words", "主题词")
	most(m.FilingNo, 60, "filing_no", "规范性文件登记号")
	most(m.Drafter, 100, "drafter", "起草单位")
	f.Check(slices.Contains([]Openness{Open, OnRequest, Withheld}, m.Openness), "openness", "请选择公开属性：主动公开、依申请公开或不予公开")
	f.Check(slices.Contains([]Share{Unconditional, Conditional, NoShare}, m.Share), "share", "请选择共享属性：无条件、有条件或不予共享")
	f.Check(m.Share != Conditional || m.ShareTerms != "", "share_terms", "有条件共享要写明条件，例如“使用前征得本单位同意”")
	f.Check(m.Region == "" || regionCode.MatchString(m.Region), "region", "行政区划代码应为 6 位数字，例如 610113")
	f.Check(m.Genre == "" || slices.Contains(Declared().Genres, m.Genre), "genre", "请从列表中选择体裁")
	f.Check(m.EffectiveOn.IsZero() || m.EndsOn.IsZero() || !m.EndsOn.Before(m.EffectiveOn), "ends_on", "有效期至不能早于生效日期，请核对两个日期")
	for _, q := range m.Type.Sort().Fields {
		if a := m.Answers[q.Name]; a != "" {
			if says := q.wrong(a); says != "" {
				f.Add(AnswerField(q.Name), says)
			}
		}
	}
}

// AnswerField is the name of a question's box in a form.
func AnswerField(name string) string { return "answer_" + name }

// unanswered are the questions of the type that must be answered before review.
func (m Meta) unanswered() error {
	var f fault.Fields
	for _, q := range m.Type.Sort().Fields {
		f.Check(!q.Required || m.Answers[q.Name] != "", AnswerField(q.Name), m.Type.Name()+"要填写“"+q.Label+"”")
	}
	return f.Err()
}

func (q Question) tidy(s string) string {
	if q.Kind != AskLines && q.Kind != AskChoices {
		s = oneLine(s)
		switch q.Kind {
		case AskDate:
			if d, err := calendar.ParseLoose(s); s != "" && err == nil {
				return d.String()
			}
		case AskNumber:
			if n, err := strconv.Atoi(s); err == nil {
				return strconv.Itoa(n)
			}
		}
		return s
	}
	var lines []string
	for _, l := range strings.Split(manyLines(s), "\n") {
		if l != "" {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "\n")
}

var (
	phoneShape    = regexp.MustCompile(`^[0-9][0-9\-－—（）()、,，;； 转]{1,58}[0-9）)]$`)
	postcodeShape = regexp.MustCompile(`^[0-9]{6}$`)
	yearShape     = regexp.MustCompile(`^(19[4-9][0-9]|20[0-9]{2})$`)
	durationShape = regexp.MustCompile(`^([0-9]{1,2}:)?[0-5]?[0-9]:[0-5][0-9]$`)
	mapNoShape    = regexp.MustCompile(`^\p{Han}{0,4}S ?[（(〔\[]?\d{4}[）)〕\]]?\d{1,5}号$`)
)

// wrong is what is wrong with an answer, with its cure; empty for nothing.
func (q Question) wrong(a string) string {
	ok, cure := true, ""
	switch q.Kind {
	case AskLine, AskLines:
		if utf8.RuneCountInString(a) > q.Max {
			return fmt.Sprintf("%s不能超过 %d 字，请压缩", q.Label, q.Max)
		}
	case AskDate:
		_, err := calendar.ParseLoose(a)
		ok, cure = err == nil, "请写成 2026-03-01"
	case AskYear:
		ok, cure = yearShape.MatchString(a), "请写四位年份，例如 2026"
	case AskNumber:
		n, err := strconv.Atoi(a)
		ok, cure = err == nil && n >= 0 && n <= q.Max, fmt.Sprintf("请填写 0 到 %d 的整数", q.Max)
	case AskChoice:
		ok, cure = slices.Contains(q.Options, a), "请从列表中选择"
	case AskChoices:
		for _, v := range strings.Split(a, "\n") {
			ok = ok && slices.Contains(q.Options, v)
		}
		cure = "请从列表中选择"
	case AskPhone:
		ok, cure = phoneShape.MatchString(a), "请写数字和连字符，例如 029-12345678；几个号码用顿号隔开"
	case AskPostcode:
		ok, cure = postcodeShape.MatchString(a), "请写 6 位数字，例如 710000"
	case AskAddress:
		ok, cure = webAddress(a), "应以 http:// 或 https:// 开头"
	case AskMedia:
		u, err := url.Parse(a)
		ok, cure = err == nil && u.Host == "" && u.Scheme == "" && strings.HasPrefix(a, "/") && !strings.HasPrefix(a, "//") && len(a) <= 500 && prose.SafeHref(a), "应是本站媒体库的地址，以 / 开头"
	case AskDuration:
		ok, cure = durationShape.MatchString(a), "请写成 分:秒 或 时:分:秒，例如 03:25"
	case AskMapNo:
		ok, cure = mapNoShape.MatchString(a), "请照自然资源部门批件填写，例如 陕S（2026）001号"
	}
	if ok {
		return ""
	}
	return q.Label + "“" + shorten(a) + "”不合要求，" + cure
}
