package library

import (
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/prose"
)

// ItemID identifies an item: one content in one language.
type ItemID string

// ContentID is shared by the language versions of one content.
type ContentID string

// Origin says where an item was first made.
type Origin string

// The origins.
const (
	Original Origin = "original"
	Repost   Origin = "repost"
	MovedIn  Origin = "moved_in"
)

// Name is the origin in Chinese.
func (o Origin) Name() string {
	switch o {
	case Repost:
		return "转载"
	case MovedIn:
		return "迁入"
	}
	return "原创"
}

// States of an item: those of the work on its newest version. Whether readers
// see it is LiveVersion.
const (
	Draft     = "draft"
	InReview  = "in_review"
	Returned  = "returned"
	Approved  = "approved"
	Withdrawn = "withdrawn"
	Undone    = "undone" // a draft that came in with an import which was taken back
)

// Machine declares what may become of an item.
var Machine = passage.Machine{
	Kind: "item", Noun: "稿件",
	States: map[string]string{Draft: "草稿", InReview: "审核中", Returned: "退回修改", Approved: "已发布", Withdrawn: "已撤稿", Undone: "导入已撤销"},
	Moves: []passage.Move{
		{From: "", Act: "draft", To: Draft, Says: "采编", Permit: string(authz.ItemWrite)},
		{From: "", Act: "move_in", To: Approved, Says: "迁入", Guard: "已批准的迁入事项，信息早于该事项", Permit: "system"},
		{From: Draft, Act: "move_in", To: Approved, Says: "迁入", Guard: "已批准的迁入事项，信息早于该事项", Permit: "system"},
		{From: Approved, Act: "move_in", To: Approved, Says: "迁入更新", Guard: "迁入稿件，内容有变化", Permit: "system"},
		{From: Draft, Act: "undo_import", To: Undone, Says: "撤销导入", Guard: "导入以后没有改动，没有公开", Permit: string(authz.ItemWrite)},
		{From: Draft, Act: "submit", To: InReview, Says: "送审", Guard: "检查无严重问题，转载来源明确", Permit: string(authz.ItemWrite)},
		{From: Returned, Act: "submit", To: InReview, Says: "送审", Guard: "检查无严重问题，转载来源明确", Permit: string(authz.ItemWrite)},
		{From: InReview, Act: "take_back", To: Draft, Says: "收回修改", Guard: "尚未终审", Permit: string(authz.ItemWrite)},
		{From: InReview, Act: "pass", To: InReview, Says: "审核通过", Guard: "审核人不是作者", Permit: string(authz.ItemFirstReview)},
		{From: InReview, Act: "return", To: Returned, Says: "退回", Guard: "写明理由", Permit: string(authz.ItemFirstReview)},
		{From: InReview, Act: "approve", To: Approved, Says: "终审发布", Guard: "五关通过，六项声明，终审人不是作者", Permit: string(authz.ItemFinalReview)},
		{From: Approved, Act: "revise", To: Draft, Says: "修改", Guard: "原版本继续公开，直到新版本终审", Permit: string(authz.ItemWrite)},
		{From: Withdrawn, Act: "revise", To: Draft, Says: "修改", Permit: string(authz.ItemWrite)},
		{From: Approved, Act: "withdraw", To: Withdrawn, Says: "撤稿", Guard: "写明理由", Permit: string(authz.ItemWithdraw)},
		{From: Draft, Act: "withdraw", To: Withdrawn, Says: "撤稿", Guard: "有公开版本，写明理由", Permit: string(authz.ItemWithdraw)},
		{From: Returned, Act: "withdraw", To: Withdrawn, Says: "撤稿", Guard: "有公开版本，写明理由", Permit: string(authz.ItemWithdraw)},
		{From: InReview, Act: "withdraw", To: Withdrawn, Says: "撤稿", Guard: "有公开版本，写明理由", Permit: string(authz.ItemWithdraw)},
	},
}

// Meta is what is said about an item beside its text; it belongs to a version.
type Meta struct {
	Type      Type
	Origin    Origin
	Title     string // at most 200 characters
	Summary   string // at most 500 characters
	DocNo     string // 发文字号
	IndexNo   string // 索引号
	Issuer    string // 发文机关
	Written   calendar.Date
	Category  string
	Topic     string
	Keywords  string // separated by ;
	Source    string // 来源
	SourceURL string // of the original, for reposts
	Important bool   // reviewed in three steps; a policy needs its interpretation
	Involves  string // other units whose work it touches, separated by ;
	Consulted string // of them, those whose consent is on record, separated by ;

	// What follows joined the hash of a version later: at its zero value each
	// leaves the hash as it was.
	Openness     Openness      `json:",omitzero"`  // 公开属性
	Share        Share         `json:",omitzero"`  // 共享属性
	ShareTerms   string        `json:",omitzero"`  // of a conditional share
	Region       string        `json:",omitzero"`  // 行政区划, GB/T 2260, six digits
	CoIssuers    string        `json:",omitzero"`  // separated by ;
	EffectiveOn  calendar.Date `json:",omitzero"`  // 生效日期
	EndsOn       calendar.Date `json:",omitzero"`  // 有效期至: the last day it holds
	Genre        string        `json:",omitzero"`  // 体裁
	SubjectWords string        `json:",omitzero"`  // 主题词, separated by ;
	FilingNo     string        `json:",omitzero"`  // 规范性文件登记号
	Drafter      string        `json:",omitzero"`  // 起草单位
	Answers      Answers       `json:",omitempty"` // to the questions of its type
	SourceAt     time.Time     `json:",omitzero"`  // when the original was published, for reposts
}

// Openness is whether information may be shown (公开属性).
type Openness string

// The three kinds of openness. Only what is Open can be live.
const (
	Open      Openness = "open"
	OnRequest Openness = "on_request"
	Withheld  Openness = "withheld"
)

// Name is the openness in Chinese.
func (o Openness) Name() string {
	switch o {
	case OnRequest:
		return "依申请公开"
	case Withheld:
		return "不予公开"
	}
	return "主动公开"
}

// Share is whether other units may use an item (共享属性).
type Share string

// The three kinds of share.
const (
	Unconditional Share = "unconditional"
	Conditional   Share = "conditional"
	NoShare       Share = "none"
)

// Name is the share in Chinese.
func (s Share) Name() string {
	switch s {
	case Conditional:
		return "有条件共享"
	case NoShare:
		return "不予共享"
	}
	return "无条件共享"
}

// ChangeKind is what the author of a revision says it is.
type ChangeKind string

// The kinds of change: of form (标点、错字), or of substance. A change of form
// leaves a column's clock and the order of its list as they are.
const (
	Form      ChangeKind = "form"
	Substance ChangeKind = "substance"
)

// Name is the kind in Chinese.
func (k ChangeKind) Name() string {
	switch k {
	case Form:
		return "文字订正"
	case Substance:
		return "内容更新"
	}
	return ""
}

// Item is one thing of the library with the metadata of the version that was
// asked for: the newest in the console, the live one for readers.
type Item struct {
	Meta
	ID               ItemID
	Content          ContentID
	Language         string // zh, en …
	Validity         Validity
	Ref              string // its name at its origin, for imports
	Unit             org.UnitID
	UnitName         string // joined
	State            string
	Stage            string // review waited for while InReview: first, second, final
	Round            int    // submissions so far
	Version          int    // newest
	LiveVersion      int    // 0: not public
	CreatedBy        string
	FirstPublishedAt time.Time // never changes
	PublishedAt      time.Time // as displayed
	WithdrawnAt      time.Time
	WithdrawReason   string
	CreatedAt        time.Time
	UpdatedAt        time.Time
	Noted            []string // what was put right as it was saved just now
	areaPath         string
	linePath         string
}

// StateName is the state in Chinese, with the stage while in review.
func (i Item) StateName() string {
	if i.State == InReview {
		return "待" + StageName(i.Stage)
	}
	if i.State == Approved && !i.Live() && (i.Openness == OnRequest || i.Openness == Withheld) {
		return "已入库，" + i.Openness.Name()
	}
	return Machine.Name(i.State)
}

// Live reports whether readers see a version of it.
func (i Item) Live() bool { return i.LiveVersion > 0 }

// Target names the item in the trail.
func (i Item) Target() audit.Target {
	return audit.Target{Kind: "item", ID: string(i.ID), Name: i.Title, Unit: string(i.Unit)}
}

// Link is the item's page in the console.
func (i Item) Link() string { return "/console/items/" + string(i.ID) }

// StageName is a stage of the review in Chinese.
func StageName(stage string) string {
	switch stage {
	case "first":
		return "初审"
	case "second":
		return "复审"
	case "final":
		return "终审"
	}
	return "审核"
}

// Version is one immutable version of an item.
type Version struct {
	Meta
	Item       ItemID
	No         int    // from 1
	Doc        string // ProseMirror JSON, read it with prose.Parse
	HTML       string // safe by construction, classes only
	Text       string // plain
	Original   string // as it came in, before cleaning; never shown
	SHA256     string // hex, over metadata and document
	Note       string
	Change     ChangeKind // of a revision of what is public
	AuthorID   string
	AuthorName string
	At         time.Time
}

// Intact reports whether the version still is what was written: its hash
// covers everything a reader may see, and its HTML follows from its document.
func (v Version) Intact() bool {
	d, err := prose.Parse([]byte(v.Doc))
	return err == nil && digest(v.Meta, v.Doc) == v.SHA256 && d.HTML() == v.HTML && d.Text() == v.Text
}
