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

// ItemID identifies an item.
type ItemID string

// Type is what sort of information an item is.
type Type string

// The types of item (网站发展指引, 国办发〔2017〕47号).
const (
	News           Type = "news"
	Notice         Type = "notice"
	Policy         Type = "policy"
	Interpretation Type = "interpretation"
	Overview       Type = "overview"
	Organisation   Type = "organisation"
	Leader         Type = "leader"
	Disclosure     Type = "disclosure"
	Data           Type = "data"
	Guide          Type = "guide"
	Interaction    Type = "interaction"
	Response       Type = "response"
	Topic          Type = "topic"
)

// Types is the closed list in the order of forms.
var Types = []Type{News, Notice, Policy, Interpretation, Overview, Organisation, Leader, Disclosure, Data, Guide, Interaction, Response, Topic}

var typeNames = map[Type]string{
	News: "政务动态", Notice: "通知公告", Policy: "政策文件", Interpretation: "政策解读", Overview: "概况信息", Organisation: "机构职能",
	Leader: "负责人信息", Disclosure: "信息公开", Data: "数据发布", Guide: "办事服务", Interaction: "互动交流", Response: "回应关切", Topic: "专题专栏",
}

// Name is the type in Chinese, empty for an unknown one.
func (t Type) Name() string { return typeNames[t] }

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
)

// Machine declares what may become of an item.
var Machine = passage.Machine{
	Kind: "item", Noun: "稿件",
	States: map[string]string{Draft: "草稿", InReview: "审核中", Returned: "退回修改", Approved: "已发布", Withdrawn: "已撤稿"},
	Moves: []passage.Move{
		{From: "", Act: "draft", To: Draft, Says: "采编", Permit: string(authz.ItemWrite)},
		{From: "", Act: "move_in", To: Approved, Says: "迁入", Guard: "已批准的迁入事项，信息早于该事项", Permit: "system"},
		{From: Draft, Act: "move_in", To: Approved, Says: "迁入", Guard: "已批准的迁入事项，信息早于该事项", Permit: "system"},
		{From: Approved, Act: "move_in", To: Approved, Says: "迁入更新", Guard: "迁入稿件，内容有变化", Permit: "system"},
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
	// SourceAt is when the original was published, for reposts. Versions from
	// before it was asked have none, and their digest without it.
	SourceAt  time.Time `json:",omitzero"`
	Important bool      // reviewed in three steps; a policy needs its interpretation
	Involves  string    // other units whose work it touches, separated by ;
	Consulted string    // of them, those whose consent is on record, separated by ;
}

// Item is one thing of the library with the metadata of the version that was
// asked for: the newest in the console, the live one for readers.
type Item struct {
	Meta
	ID               ItemID
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
	areaPath         string
	linePath         string
}

// StateName is the state in Chinese, with the stage while in review.
func (i Item) StateName() string {
	if i.State == InReview {
		return "待" + StageName(i.Stage)
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
