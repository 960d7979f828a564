package letters

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// LetterID identifies a letter.
type LetterID string

// Type is what a letter asks for.
type Type string

// The types, in the order of the form.
const (
	Consult  Type = "consult"
	Suggest  Type = "suggest"
	Complain Type = "complain"
	Help     Type = "help"
	Report   Type = "report"
	Other    Type = "other"
)

// Types is the closed list in screen order.
var Types = []Type{Consult, Suggest, Complain, Help, Report, Other}

var typeNames = map[Type]string{Consult: "咨询", Suggest: "建议", Complain: "投诉", Help: "求助", Report: "举报", Other: "其他"}

// Name is the type in Chinese; "" for an unknown one.
func (t Type) Name() string { return typeNames[t] }

// States of a letter.
const (
	Submitted       = "submitted"
	InvalidProposed = "invalid_proposed"
	Invalid         = "invalid"
	Redirected      = "redirected"
	Accepted        = "accepted"
	Assigned        = "assigned"
	Drafted         = "drafted"
	Answered        = "answered"
	Published       = "published"
	Concluded       = "concluded"
)

// Machine declares what may become of a letter.
var Machine = passage.Machine{
	Kind: "letter", Noun: "来信",
	States: map[string]string{
		Submitted: "待受理", InvalidProposed: "拟不予受理", Invalid: "不予受理", Redirected: "已告知其他渠道", Accepted: "待分办", Assigned: "办理中",
		Drafted: "答复待审", Answered: "已答复", Published: "已公开", Concluded: "已办结",
	},
	Moves: []passage.Move{
		{From: "", Act: "submit", To: Submitted, Says: "来信", Guard: "表单、频次", Permit: string(authz.Public)},
		{From: "", Act: "arrive", To: Concluded, Says: "随网站迁入", Guard: "在原平台已经答复", Permit: "system"},
		{From: "", Act: "arrive_invalid", To: Invalid, Says: "随网站迁入（不予受理）", Guard: "在原平台已经办结", Permit: "system"},
		{From: "", Act: "arrive_redirected", To: Redirected, Says: "随网站迁入（已告知其他渠道）", Guard: "在原平台已经办结", Permit: "system"},
		{From: Submitted, Act: "accept", To: Accepted, Says: "受理", Permit: string(authz.LetterScreen)},
		{From: Submitted, Act: "propose_invalid", To: InvalidProposed, Says: "拟不予受理", Guard: "写明理由", Permit: string(authz.LetterScreen)},
		{From: InvalidProposed, Act: "confirm_invalid", To: Invalid, Says: "同意不予受理", Guard: "与提出人不是同一人", Permit: string(authz.LetterReview)},
		{From: InvalidProposed, Act: "overturn_invalid", To: Submitted, Says: "退回重新受理", Guard: "与提出人不是同一人", Permit: string(authz.LetterReview)},
		{From: Submitted, Act: "redirect", To: Redirected, Says: "告知其他渠道", Guard: "写明渠道", Permit: string(authz.LetterScreen)},
		{From: Accepted, Act: "redirect", To: Redirected, Says: "告知其他渠道", Guard: "写明渠道", Permit: string(authz.LetterScreen)},
		{From: Accepted, Act: "assign", To: Assigned, Says: "分办", Guard: "本单位、本级部门及下级", Permit: string(authz.LetterScreen)},
		{From: Assigned, Act: "assign", To: Assigned, Says: "改派", Guard: "本单位、本级部门及下级", Permit: string(authz.LetterScreen)},
		{From: Assigned, Act: "draft", To: Drafted, Says: "起草答复", Guard: "答复中没有未遮蔽的个人信息", Permit: string(authz.LetterAnswer)},
		{From: Drafted, Act: "return", To: Assigned, Says: "退回修改", Guard: "与起草人不是同一人，写明意见", Permit: string(authz.LetterReview)},
		{From: Drafted, Act: "answer", To: Answered, Says: "审核并答复", Guard: "与起草人不是同一人；超期的说明原因", Permit: string(authz.LetterReview)},
		{From: Answered, Act: "publish", To: Published, Says: "公开", Guard: "来信人同意公开，文本已去标识", Permit: string(authz.LetterReview)},
		{From: Published, Act: "take_down", To: Answered, Says: "撤下公开", Guard: "写明理由", Permit: string(authz.LetterReview)},
		{From: Answered, Act: "conclude", To: Concluded, Says: "办结", Permit: string(authz.LetterReview)},
		{From: Published, Act: "conclude", To: Concluded, Says: "办结", Permit: string(authz.LetterReview)},
	},
}

// ReplyDays is the time for the answer in working days: what inspections ask of
// their test letters (办理答复, 5 个工作日), applied to every letter.
const ReplyDays = 5

// ReplyKind is the clock of the answer, 「确保留言及时办理、回复」.
var ReplyKind = obligation.Kind{
	ID: "letter_reply", Name: "来信答复", Clause: sx2021.LettersOnTime.Clause, Citation: sx2021.LettersOnTime.Citation,
	Says: "自收到来信之日起5个工作日内答复，收到当日不计", Remind: []int{2, 1, 0}, Escalate: 1,
}

// Limits of what a citizen may write, in characters.
const (
	MaxTitle = 60
	MaxBody  = 3000
	MaxName  = 40
	MaxEmail = 100
)

// MaxAnswer is the longest answer, in characters.
const MaxAnswer = 5000

// Letter is one letter as staff may read it: telephone, identity numbers, mail
// address and the writer's name are masked wherever they stand.
type Letter struct {
	ID              LetterID
	Number          string
	Site            registry.SiteID
	SiteName        string // joined
	Unit            org.UnitID
	UnitName        string // joined
	HandlerUnit     org.UnitID
	HandlerUnitName string // joined
	Handler         org.PersonID
	HandlerName     string // joined
	Type            Type
	Title           string // masked
	Body            string // masked; empty in lists
	Contact         Contact
	PublicConsent   bool
	State           string
	Due             calendar.Due
	ReceivedAt      time.Time
	AcceptedAt      time.Time
	AnsweredAt      time.Time
	AnsweredOn      calendar.Date
	EndedAt         time.Time
	Reason          string
	ProposedBy      string
	// WithdrawnOn is the day it left the statistics, as a test letter revealed.
	WithdrawnOn  calendar.Date
	WithdrawnWhy string

	sealed    sealedText
	authorMac string
	textMac   string
}

// Contact is who wrote.
type Contact struct{ Name, Phone, Email string }

// StateName is the state in Chinese.
func (l Letter) StateName() string { return Machine.Name(l.State) }

// Link is the letter's page in the console.
func (l Letter) Link() string { return "/console/letters/" + string(l.ID) }

// Open reports whether the letter still waits for an answer.
func (l Letter) Open() bool {
	switch l.State {
	case Submitted, InvalidProposed, Accepted, Assigned, Drafted:
		return true
	}
	return false
}

// Breaches applies Article 19(5) to the letter as it stands on the day.
func (l Letter) Breaches(today calendar.Date) []rules.Breach {
	switch {
	case !l.WithdrawnOn.IsZero():
		return nil
	case !l.AnsweredOn.IsZero():
		return sx2021.CheckLetterReply(l.Due, l.AnsweredOn)
	case l.Open():
		return sx2021.CheckLetterReply(l.Due, today)
	}
	return nil
}

// target names the letter in the trail, without a word the citizen wrote.
func (l Letter) target() audit.Target {
	return audit.Target{Kind: "letter", ID: string(l.ID), Name: l.Number, Unit: string(l.Unit)}
}

func (l Letter) subject() obligation.Subject {
	return obligation.Subject{Kind: "letter", ID: string(l.ID), Name: l.Number + " " + l.Type.Name()}
}

// clean makes text storable and readable: line ends are \n, control characters
// (NUL among them), bidirectional overrides and broken UTF-8 go; every other
// character stays as typed, 𠮷 and emoji included.
func clean(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return '\n'
		case unicode.IsControl(r), r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// line is clean on one line.
func line(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

func length(s string) int { return utf8.RuneCountInString(s) }
