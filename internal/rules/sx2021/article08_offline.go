package sx2021

import (
	"zhengshu/internal/calendar"
	"zhengshu/internal/rules"
)

// MaxOfflineDays is the longest a site or account may stay offline in one go,
// in calendar days from the actual start (readings 3). If the regulation
// changes this number, change docs/law/sx2021.md first and this line second.
const MaxOfflineDays = 30

// MaxOfflinesPerYear is how often in a calendar year, charged to the year of
// the actual start.
const MaxOfflinesPerYear = 1

// The rules of Article 8(1).
var (
	OfflineOncePerYear = rule("S8.1a.once", "第八条（一）", "每年不得超过1次")
	OfflineAtMost30    = rule("S8.1a.days", "第八条（一）", "下线时间不得超过30天")
	OfflineCause       = rule("S8.1a.cause", "第八条（一）", "由于整改、系统升级等原因可临时下线")
	EmergencyCause     = rule("S8.1b.cause", "第八条（一）", "如遇不可抗因素导致长时间断电、断网等情况，或因无法落实有关安全要求被责令紧急关停")
	EmergencyReported  = rule("S8.1b.written_report", "第八条（一）", "主管单位要及时以书面形式向省政府办公厅报备，不计入当年下线次数")
	OfflineUnapproved  = rule("S8.1c.unapproved", "第八条（一）", "未及时向省政府办公厅报备，自行下线政府网站与政务新媒体的，主管单位要对主办单位负责人严肃问责")
	OfflineApproved    = rule("S8.1d.approval", "第八条（一）", "逐级审核，经省政府办公厅审批同意后，方可临时下线")
	OfflineNotices     = rule("S8.1d.notices", "第八条（一）", "同时在本网站或政务新媒体和本级政府门户网站或政务新媒体发布公告")
	OfflinePinned      = rule("S8.1d.pinned", "第八条（一）", "临时下线公告信息在网站首页公告栏置顶悬挂")
)

// EmergencyReason is the cause of an emergency offline.
type EmergencyReason string

// The two causes of Article 8(1).
const (
	ForceMajeure    EmergencyReason = "force_majeure"    // 不可抗力
	OrderedShutdown EmergencyReason = "ordered_shutdown" // 责令紧急关停
)

// WrittenReport is a paper the law asks for 书面: number, seal and scan.
type WrittenReport struct {
	Number string
	Sealed bool
	Scan   bool
	// BySupervisor is true when the supervisor, not the sponsor, sent it.
	BySupervisor bool
	On           calendar.Date
}

// Missing says in Chinese what the paper lacks; empty when it is complete.
func (w WrittenReport) Missing() string {
	switch {
	case !w.BySupervisor:
		return "应由主管单位出具"
	case blank(w.Number):
		return "缺少文号"
	case !w.Sealed:
		return "未加盖公章"
	case !w.Scan:
		return "缺少盖章扫描件"
	case w.On.IsZero():
		return "缺少报备日期"
	}
	return ""
}

// Offline is a period off the net, asked for, running or past.
type Offline struct {
	// From and Until: the actual (or, in an application, the planned) first day
	// offline and the day of return.
	From, Until calendar.Date
	// Cause is why, in the sponsor's words: 整改、系统升级等.
	Cause string
	// Emergency is set for 不可抗力 and 责令紧急关停; its report, once complete,
	// takes the period out of the count.
	Emergency EmergencyReason
	Report    WrittenReport
}

// Charged reports whether the period uses up the year: everything that really
// went offline does, except an emergency the supervisor has reported in writing.
// An approval that was not used has no From and is not charged.
func (o Offline) Charged() bool {
	if o.From.IsZero() {
		return false
	}
	return o.Emergency == "" || o.Report.Missing() != ""
}

// ChargedIn counts the periods charged to a calendar year.
func ChargedIn(year int, periods []Offline) int {
	n := 0
	for _, o := range periods {
		if o.Charged() && o.From.Year == year {
			n++
		}
	}
	return n
}

// ResumeBy is the last day a temporary offline may reach. An emergency that
// is reported has no statutory end.
func ResumeBy(from calendar.Date) calendar.Date { return from.AddDays(MaxOfflineDays) }

// CheckOffline applies Article 8(1) to one period, given the earlier ones of
// the same object. A reported emergency is not counted, so nothing binds it.
func CheckOffline(o Offline, earlier []Offline) []rules.Breach {
	var out []rules.Breach
	if o.Emergency != "" {
		if o.Emergency != ForceMajeure && o.Emergency != OrderedShutdown {
			out = append(out, EmergencyCause.Breach("紧急下线的原因不在规定范围内，请选择“不可抗力”或“责令紧急关停”；其他原因请按临时下线申请。"))
		}
		if m := o.Report.Missing(); m != "" {
			out = append(out, EmergencyReported.Breachf("紧急下线的书面报备不完整（%s），补齐前计入当年下线次数；请主管单位补报。", m))
		}
		return out
	}
	if blank(o.Cause) {
		out = append(out, OfflineCause.Breach("未说明下线原因，请填写整改、系统升级等具体原因。"))
	}
	if n := ChargedIn(o.From.Year, earlier); n >= MaxOfflinesPerYear {
		out = append(out, OfflineOncePerYear.Breachf("%d年已临时下线%d次，不能再次下线；如遇不可抗力或被责令关停，请改用“紧急关停报备”。", o.From.Year, n))
	}
	if d := o.Until.Sub(o.From); d > MaxOfflineDays {
		out = append(out, OfflineAtMost30.Breachf("下线时间为%d天，超过30天，请将恢复日期改为%s或更早。", d, ResumeBy(o.From).Chinese()))
	}
	return out
}

// GoingOffline is what must stand before the switch.
type GoingOffline struct {
	ProvinceApproved bool
	// OwnNotice: on the site or account itself; Pinned: at the top of its own
	// home-page notice bar (accounts have none).
	OwnNotice, Pinned bool
	// LevelNotice: on the portal or account of the same level.
	LevelNotice bool
	Object      ObjectKind
}

// CheckGoingOffline applies the second half of Article 8(1): consent first,
// both notices at the same time, the own one pinned.
func CheckGoingOffline(g GoingOffline) []rules.Breach {
	var out []rules.Breach
	if !g.ProvinceApproved {
		out = append(out, OfflineApproved.Breach("尚未经省政府办公厅审批同意，不能下线；请等待审批结果。"))
	}
	if !g.OwnNotice || !g.LevelNotice {
		out = append(out, OfflineNotices.Breach("下线公告尚未在本网站（账号）和本级政府门户网站（账号）两处发布，请先发布公告。"))
	}
	if g.Object == Site && g.OwnNotice && !g.Pinned {
		out = append(out, OfflinePinned.Breach("下线公告未在首页公告栏置顶，请将公告置顶后再下线。"))
	}
	return out
}

// CheckUnexplained applies Article 8(1) to a silence the prober saw: down this
// many hours, with neither an approved window nor a written report.
func CheckUnexplained(downHours int, approvedWindow bool, report WrittenReport, s Settings) []rules.Breach {
	if downHours < s.UnexplainedDownHours || approvedWindow || report.Missing() == "" {
		return nil
	}
	return []rules.Breach{OfflineUnapproved.Breachf("已连续中断%d小时，既无批准的下线时段，也无书面报备，按自行下线处理；请主管单位发出核实单并问明原因。", downHours)}
}
