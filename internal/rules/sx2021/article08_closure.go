package sx2021

import (
	"slices"
	"strings"

	"zhengshu/internal/calendar"
	"zhengshu/internal/rules"
)

// The rules of Article 8(3).
var (
	GovernmentStaysOpen   = inPrinciple("S8.3a.government", "第八条（三）", "省市县三级政府门户网站和政务新媒体原则上不得关停")
	ClosureReasonListed   = rule("S8.3b.reason", "第八条（三）", "因无力维护、主办单位撤销合并或按集约化要求需注销关停的")
	ClosureConsent        = rule("S8.3b.consent", "第八条（三）", "经省政府办公厅同意后，方可启动注销关停工作")
	ClosureMigration      = rule("S8.3c.migration", "第八条（三）", "拟关停的政府网站与政务新媒体原有内容应做整合迁移")
	ClosureNoticeHung     = rule("S8.3c.notice", "第八条（三）", "在首页显著位置悬挂关停迁移公告，公告信息至少保留30天")
	ClosureDeregistration = rule("S8.3d.deregistration", "第八条（三）", "随后向编制、通信、公安管理部门注销注册标识、证书信息（如党政机关网站标识、ICP备案号、公安机关备案标识等）、域名和账号信息")
	ClosureStatus         = rule("S8.3e.national_status", "第八条（三）", "在全国政府网站信息报送系统中填写网站变更状态")
	ClosureDestination    = rule("S8.3f.destination", "第八条（三）", "原有内容迁移完成后，要在本级政府门户网站或政务新媒体发布公告，说明原有内容去向")
)

// ClosureReason is why an object closes.
type ClosureReason string

// The three reasons of Article 8(3).
const (
	CannotMaintain   ClosureReason = "cannot_maintain"   // 无力维护
	SponsorDissolved ClosureReason = "sponsor_dissolved" // 主办单位撤销合并
	Consolidation    ClosureReason = "consolidation"     // 按集约化要求
)

// Deregistration is one registration to cancel, and with whom.
type Deregistration string

// What is cancelled where (readings 6).
const (
	CancelMark          Deregistration = "mark"           // 编制: 党政机关网站标识
	CancelChineseDomain Deregistration = "chinese_domain" // 编制: 中文域名
	CancelICP           Deregistration = "icp"            // 通信管理: ICP备案
	CancelPoliceFiling  Deregistration = "police_filing"  // 公安: 备案标识
	CancelEnglishDomain Deregistration = "english_domain" // CNNIC: 英文域名
	CancelAccount       Deregistration = "account"        // the platform: 账号
)

var deregistrationName = map[Deregistration]string{
	CancelMark:          "党政机关网站标识（编制部门）",
	CancelChineseDomain: "中文域名（编制部门）",
	CancelICP:           "ICP备案（通信管理部门）",
	CancelPoliceFiling:  "公安机关备案标识（公安机关）",
	CancelEnglishDomain: "英文域名（中国互联网络信息中心）",
	CancelAccount:       "账号（所在平台）",
}

// Deregistrations lists what must be cancelled for a kind of object. Items the
// object never had are taken out by the caller.
func Deregistrations(k ObjectKind) []Deregistration {
	switch k {
	case Account:
		return []Deregistration{CancelAccount}
	case App:
		return []Deregistration{CancelICP, CancelPoliceFiling, CancelAccount}
	}
	return []Deregistration{CancelMark, CancelChineseDomain, CancelICP, CancelPoliceFiling, CancelEnglishDomain}
}

// Closure is a closure on its way.
type Closure struct {
	Object ObjectKind
	// Unit is the sponsor.
	Unit   Unit
	Reason ClosureReason
	// ProvinceConsented is the day of the province's consent.
	ProvinceConsented calendar.Date
	// MigrationComplete: every column is decided (migrated, archived, dropped).
	MigrationComplete bool
	// NoticeFirst is the first day of the migration notice, NoticeAbsent the
	// days it was proven absent.
	NoticeFirst  calendar.Date
	NoticeAbsent []calendar.Date
	// Needed and Cancelled are the registrations the object had and those whose
	// cancellation has a receipt.
	Needed, Cancelled []Deregistration
	// NationalStatus: the change is written in the national system.
	NationalStatus bool
	// DestinationNotice: the same-level notice of where the content went is out.
	DestinationNotice bool
}

// CheckClosureApplication applies Article 8(3) to a wish to close.
func CheckClosureApplication(c Closure, s Settings) []rules.Breach {
	var out []rules.Breach
	st := c.Unit.standing()
	if st == standsAsGovernment && (c.Unit.Kind != ZoneCommittee || s.ZonesCloseAsPortals) {
		out = append(out, GovernmentStaysOpen.Breach("政府门户网站和政府政务新媒体原则上不得关停；确需关停的，请报省政府办公厅批准例外。"))
	}
	switch c.Reason {
	case CannotMaintain, SponsorDissolved, Consolidation:
	default:
		out = append(out, ClosureReasonListed.Breach("关停原因不在规定范围内，请选择“无力维护”“主办单位撤销合并”或“按集约化要求”。"))
	}
	return out
}

// CheckClosureStart bars every act of closing before the province's consent.
func CheckClosureStart(c Closure) []rules.Breach {
	if c.ProvinceConsented.IsZero() {
		return []rules.Breach{ClosureConsent.Breach("尚未经省政府办公厅同意，不能启动注销关停；请等待审批结果。")}
	}
	return nil
}

// CheckDeregister bars the deregistrations until the content is migrated and
// the notice has hung thirty days: 「随后」.
func CheckDeregister(c Closure, on calendar.Date) []rules.Breach {
	out := CheckClosureStart(c)
	if !c.MigrationComplete {
		out = append(out, ClosureMigration.Breach("原有内容尚未迁移完毕，请先处理完全部栏目（迁移、归档或舍弃）。"))
	}
	if c.NoticeFirst.IsZero() {
		return append(out, ClosureNoticeHung.Breach("关停迁移公告尚未发布，请先在首页显著位置发布。"))
	}
	if until := HangUntil(c.NoticeFirst, NoticeDays, c.NoticeAbsent); !on.After(until) {
		out = append(out, ClosureNoticeDays.Breachf("关停迁移公告须悬挂至%s，请于次日起再办理注销。", until.Chinese()))
	}
	return out
}

// CheckOldHost says whether the old site may make way for the answers of the
// portal: while its notice still has to hang it stays as it is.
func CheckOldHost(c Closure, on calendar.Date) []rules.Breach {
	if out := CheckClosureStart(c); out != nil {
		return out
	}
	if c.NoticeFirst.IsZero() {
		return []rules.Breach{ClosureNoticeHung.Breach("关停迁移公告尚未发布，请先在首页显著位置发布。")}
	}
	if until := HangUntil(c.NoticeFirst, NoticeDays, c.NoticeAbsent); !on.After(until) {
		return []rules.Breach{ClosureNoticeDays.Breachf("关停迁移公告须悬挂至%s，此前原网站不能改为跳转；请于次日起再办理。", until.Chinese())}
	}
	return nil
}

// CheckClosureDone lists what a closure lacks before the case can close.
func CheckClosureDone(c Closure, on calendar.Date) []rules.Breach {
	out := CheckDeregister(c, on)
	var open []string
	for _, d := range c.Needed {
		if !slices.Contains(c.Cancelled, d) {
			open = append(open, deregistrationName[d])
		}
	}
	if len(open) > 0 {
		out = append(out, ClosureDeregistration.Breachf("尚未注销：%s；请办理并上传回执。", strings.Join(open, "、")))
	}
	if c.Object == Site && !c.NationalStatus {
		out = append(out, ClosureStatus.Breach("尚未在全国政府网站信息报送系统中填写变更状态，请填写并上传截图。"))
	}
	if !c.DestinationNotice {
		out = append(out, ClosureDestination.Breach("尚未在本级政府门户网站或政务新媒体发布内容去向公告，请补发并填写网址。"))
	}
	return out
}
