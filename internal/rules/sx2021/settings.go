package sx2021

// Settings are the choices the text leaves to the province (docs/law/readings.md). The
// numbers the regulation itself states are constants beside their clause.
type Settings struct {
	// ICPBarsLaunch: no launch without an ICP filing number (readings 4).
	ICPBarsLaunch bool `json:"icp_bars_launch"`
	// ChineseDomainBarsLaunch: no launch without a Chinese domain (readings 4).
	ChineseDomainBarsLaunch bool `json:"chinese_domain_bars_launch"`
	// SecurityReportDays is how old, in days, a security report may be at launch.
	SecurityReportDays int `json:"security_report_days"`
	// PoliceFilingDays is the time after launch for the police filing, in days:
	// an obligation, never a bar (readings 4).
	PoliceFilingDays int `json:"police_filing_days"`
	// AccountFilingWorkdays reads 「及时备案」 of Article 7(3), in working days.
	AccountFilingWorkdays int `json:"account_filing_workdays"`
	// DestinationNoticeDays is how long the notice of where the content went hangs.
	DestinationNoticeDays int `json:"destination_notice_days"`
	// WaiverWorkdays is the time for a waived interpretation: 0 is the same day,
	// at most 3 working days (readings 20).
	WaiverWorkdays int `json:"waiver_workdays"`
	// InterpretationForms is the number of forms below which the author is warned.
	InterpretationForms int `json:"interpretation_forms"`
	// OrdinaryReviews and ImportantReviews are the review steps an item needs
	// before release: 「分级分类审核」 with at least two persons.
	OrdinaryReviews  int `json:"ordinary_reviews"`
	ImportantReviews int `json:"important_reviews"`
	// ZonesCloseAsPortals: a national zone's portal is kept open like a
	// government's (Article 33 with 8(3)).
	ZonesCloseAsPortals bool `json:"zones_close_as_portals"`
	// UnexplainedDownHours is the silence after which an 核实单 opens (readings 7).
	UnexplainedDownHours int `json:"unexplained_down_hours"`
	// VacancyWorkdays is the time to fill a vacant post of Article 18, in working
	// days.
	VacancyWorkdays int `json:"vacancy_workdays"`
}

// maxWaiverWorkdays bounds WaiverWorkdays (readings 20).
const maxWaiverWorkdays = 3

// Defaults are the settings of a province that has chosen nothing.
func Defaults() Settings {
	return Settings{
		ICPBarsLaunch:           true,
		ChineseDomainBarsLaunch: true,
		SecurityReportDays:      90,
		PoliceFilingDays:        30,
		AccountFilingWorkdays:   10,
		DestinationNoticeDays:   30,
		WaiverWorkdays:          0,
		InterpretationForms:     2,
		OrdinaryReviews:         2,
		ImportantReviews:        3,
		ZonesCloseAsPortals:     true,
		UnexplainedDownHours:    24,
		VacancyWorkdays:         10,
	}
}

// Wrong says in Chinese which settings cannot stand; empty when all can.
func (s Settings) Wrong() []string {
	var out []string
	bad := func(wrong bool, says string) {
		if wrong {
			out = append(out, says)
		}
	}
	bad(s.SecurityReportDays < 1, "安全检测报告有效天数须为1天以上，请填写正整数。")
	bad(s.PoliceFilingDays < 1, "公安备案期限须为1天以上，请填写正整数。")
	bad(s.AccountFilingWorkdays < 1, "政务新媒体备案期限须为1个工作日以上，请填写正整数。")
	bad(s.DestinationNoticeDays < 1, "去向公告保留天数须为1天以上，请填写正整数。")
	bad(s.WaiverWorkdays < 0 || s.WaiverWorkdays > maxWaiverWorkdays, "解读缓发期限须在0至3个工作日之间，请重新填写。")
	bad(s.InterpretationForms < 1, "解读形式数须为1种以上，请填写正整数。")
	bad(s.OrdinaryReviews < 2, "一般信息的审核不得少于2级，请填写2以上的整数。")
	bad(s.ImportantReviews < s.OrdinaryReviews, "重要信息的审核级数不得少于一般信息，请重新填写。")
	bad(s.UnexplainedDownHours < 1, "异常中断核实时限须为1小时以上，请填写正整数。")
	bad(s.VacancyWorkdays < 1, "岗位空缺补齐期限须为1个工作日以上，请填写正整数。")
	return out
}
