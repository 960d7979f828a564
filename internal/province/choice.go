package province

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/fault"
	"zhengshu/internal/rules/sx2021"
)

// Choice is one setting as people see it.
type Choice struct {
	Key     string // json name and form field
	Label   string
	Unit    string // 天, 个工作日 …; empty for yes or no
	Basis   string // the clause or reading that leaves it open
	Yes     bool   // yes or no
	Value   string // "true", "false" or a figure
	Default string
}

// words are the labels of the settings, by json name.
var words = map[string]Choice{
	"icp_bars_launch":                {Label: "没有 ICP 备案不得上线", Basis: "第七条（三）"},
	"chinese_domain_bars_launch":     {Label: "没有中文域名不得上线", Basis: "第七条（三）"},
	"security_report_days":           {Label: "安全检测报告有效期", Unit: "天", Basis: "第七条（三）"},
	"police_filing_days":             {Label: "上线后公安备案期限", Unit: "天", Basis: "第七条（三）"},
	"account_filing_workdays":        {Label: "政务新媒体“及时备案”的期限", Unit: "个工作日", Basis: "第七条（三）"},
	"emergency_report_hours":         {Label: "紧急下线“及时书面报备”的期限（按自然日计，不足24小时按1天）", Unit: "小时", Basis: "第八条（一）"},
	"media_unused_days":              {Label: "媒体库未使用文件保留", Unit: "天", Basis: "第二十七条"},
	"evidence_days":                  {Label: "检查证据文件在问题办结后的保存期限（到期清除，散列和记录保留）", Unit: "天", Basis: "第十九条（四）、第二十九条（条文没有规定期限，未核实）"},
	"inquiry_workdays":               {Label: "核实单答复期限", Unit: "个工作日", Basis: "第八条（一）"},
	"accountability_workdays":        {Label: "自行下线问责结果登记期限", Unit: "个工作日", Basis: "第八条（一）"},
	"notice_receipt_days":            {Label: "公告无法自动查看时人工留证的间隔", Unit: "天", Basis: "第七条（四）、第八条"},
	"cancel_days":                    {Label: "关停后逐项注销登记的期限", Unit: "天", Basis: "第八条（三）"},
	"closure_days":                   {Label: "关停启动多久未办结时提醒", Unit: "天", Basis: "第八条（三）"},
	"destination_notice_days":        {Label: "内容去向公告保留", Unit: "天", Basis: "第八条（三）"},
	"waiver_workdays":                {Label: "解读缓发期限（0 为当日）", Unit: "个工作日", Basis: "第十四条（三）"},
	"interpretation_forms":           {Label: "解读形式少于几种时提醒", Unit: "种", Basis: "第十四条（三）"},
	"ordinary_reviews":               {Label: "一般信息审核级数", Unit: "级", Basis: "第十九条（三）"},
	"important_reviews":              {Label: "重要信息审核级数", Unit: "级", Basis: "第十九条（三）"},
	"review_workdays":                {Label: "稿件每个审核环节的办理时限（单位流程另定的从其规定）", Unit: "个工作日", Basis: "第十九条（三）"},
	"consult_workdays":               {Label: "稿件征询其他单位意见的答复期限", Unit: "个工作日", Basis: "第十九条（三）"},
	"after_review_workdays":          {Label: "应急发布的补审期限", Unit: "个工作日", Basis: "第十九条（三）"},
	"fact_check_days":                {Label: "事实核查链接的有效期", Unit: "天", Basis: "第十九条（三）"},
	"proof_minutes":                  {Label: "终审、批准前，离上次验证身份超过多久须再输密码或动态码", Unit: "分钟", Basis: "第十九条（三）、第二十三条"},
	"zones_close_as_portals":         {Label: "国家级开发区网站按门户网站不得关停", Basis: "第三十三条、第八条（三）"},
	"ledger_clearing_workdays":       {Label: "台账差异核实期限", Unit: "个工作日", Basis: "第十条"},
	"unexplained_down_hours":         {Label: "无故中断多久开核实单", Unit: "小时", Basis: "第八条（一）"},
	"recertify_month":                {Label: "台账核对确认截止：月", Unit: "月", Basis: "第四条、第十条"},
	"recertify_day":                  {Label: "台账核对确认截止：日", Unit: "日", Basis: "第四条、第十条"},
	"recertify_days":                 {Label: "台账核对确认提前多久开始", Unit: "天", Basis: "第四条、第十条"},
	"low_use_monthly":                {Label: "移动客户端月活跃用户少于多少列入整合清单", Unit: "人", Basis: "第二十七条"},
	"tombstone_years":                {Label: "已注销域名继续监测", Unit: "年", Basis: "第十条"},
	"vacancy_workdays":               {Label: "岗位空缺补齐期限", Unit: "个工作日", Basis: "第十八条"},
	"rules_receipt_workdays":         {Label: "运维管理细则签收期限", Unit: "个工作日", Basis: "第二十八条"},
	"share_receipt_workdays":         {Label: "共享台账签收期限", Unit: "个工作日", Basis: "第二十条（一）"},
	"referral_workdays":              {Label: "移送协同监管单位事项的反馈期限", Unit: "个工作日", Basis: "第二十条（一）"},
	"budget_due_month":               {Label: "经费登记截止：月", Unit: "月", Basis: "第二十一条"},
	"roster_due_day":                 {Label: "下月值班表于每月几日前公布", Unit: "日", Basis: "第十九条（四）"},
	"record_due_hour":                {Label: "每日巡检记录最迟几时确认（提前两小时提醒）", Unit: "时", Basis: "第十九条（四）（时点未核实）"},
	"near_veto_percent":              {Label: "网站七日访问失败达到多少，在网站检查中标示", Unit: "%", Basis: "第二十二条（比例未核实）"},
	"duty_pooled":                    {Label: "没有公布本单位值班表的主办单位，由所在地区的办公厅（室）集中值班；选“否”的，每个主办单位各自值班、各自记录", Basis: "第十九条（四）（集中值班为本平台的理解，未核实）"},
	"alarm_minutes":                  {Label: "告警多久无人接收即转报下一人、再转报分管领导和主要负责同志", Unit: "分钟", Basis: "第十九条（四）"},
	"alarm_superior_minutes":         {Label: "告警报主要负责同志后多久仍无人接收即上报上级值班、再上报省级值班", Unit: "分钟", Basis: "第十九条（四）（时长未核实）"},
	"alarm_taken_minutes":            {Label: "告警接收后多久没有结束即催办、再逐级上报", Unit: "分钟", Basis: "第十九条（四）（时长未核实）"},
	"down_alarm_minutes":             {Label: "网站连续打不开多久向值班人员告警", Unit: "分钟", Basis: "第十九条（四）"},
	"crawler_answer_hours":           {Label: "外网巡检程序多久没有回传结果即告知，并恢复网站的每日巡检", Unit: "小时", Basis: "第十九条（四）（时长未核实）"},
	"crawled_outside":                {Label: "平台不能访问互联网，不由本平台直接提供访问的网站一律由外网巡检机检查和复测、由监测点探测能否访问；没有别处代为检测的记为未检测（见“监测点”）", Basis: "第十九条（四）"},
	"address_at_once":                {Label: "巡检对同一IP地址（不论其上有多少网站）最多同时发出的请求", Unit: "个", Basis: "第十九条（四）（数值未核实）"},
	"address_per_second":             {Label: "巡检对同一IP地址（不论其上有多少网站）每秒最多发出的请求", Unit: "个", Basis: "第十九条（四）（数值未核实）"},
	"known_share":                    {Label: "每次巡检的页数中，最多多少用于轮查以往见过、上次没有轮到的网页（0 为不轮查）", Unit: "%", Basis: "第十九条（四）（比例未核实）"},
	"takedown_review_hours":          {Label: "一人应急撤下后的补审期限（按小时计，到点超期并报上一级）", Unit: "小时", Basis: "第十九条（四）"},
	"false_alarm_days":               {Label: "误报结论对随时间变化的情形有效", Unit: "天", Basis: "第十九条（四）（时长未核实）"},
	"dispute_workdays":               {Label: "误报申辩的答复期限", Unit: "个工作日", Basis: "第十九条（四）"},
	"vigil_summary_workdays":         {Label: "重要保障期结束后的总结期限", Unit: "个工作日", Basis: "第二十二条"},
	"sample_sites":                   {Label: "季检查抽查网站的比例", Unit: "%", Basis: "第二十九条、第三十条"},
	"sample_accounts":                {Label: "季检查抽查账号的比例（三级政府账号全部检查）", Unit: "%", Basis: "第二十九条、第三十条"},
	"top_own_judged":                 {Label: "没有上级主管单位的办公厅（室），本单位的网站由本单位不经手网站的人员评判，并逐份写明理由", Basis: "第四条、第二十九条"},
	"appeal_workdays":                {Label: "考核结果的申诉期", Unit: "个工作日", Basis: "第三十条"},
	"appeal_answer_workdays":         {Label: "考核申诉的答复期限", Unit: "个工作日", Basis: "第三十条"},
	"blind_test_workdays":            {Label: "测试信件的答复期限", Unit: "个工作日", Basis: "第十九条（五）、第三十条"},
	"blind_test_letters":             {Label: "每个网站的测试信件", Unit: "封", Basis: "第十九条（五）、第三十条"},
	"matrix_days":                    {Label: "网站、账号归入矩阵的期限", Unit: "天", Basis: "第十一条"},
	"impostor_verify_workdays":       {Label: "假冒线索核实期限", Unit: "个工作日", Basis: "第二十三条（三）"},
	"impostor_refer_workdays":        {Label: "核实后“及时商请网信部门处理”的期限", Unit: "个工作日", Basis: "第二十三条（三）"},
	"impostor_step_workdays":         {Label: "网信、通信、公安处置假冒的反馈期限", Unit: "个工作日", Basis: "第二十三条（三）"},
	"impostor_watch_days":            {Label: "假冒无法访问后观察多久可以办结", Unit: "天", Basis: "第二十三条（三）"},
	"account_mend_days":              {Label: "政务新媒体检查问题整改期限", Unit: "天", Basis: "第十九条（四）"},
	"hole_serious_days":              {Label: "年度检查发现的严重漏洞整改期限", Unit: "天", Basis: "第二十三条（一）"},
	"hole_error_days":                {Label: "年度检查发现的一般漏洞整改期限", Unit: "天", Basis: "第二十三条（一）"},
	"hole_advice_days":               {Label: "年度检查发现的提示类漏洞整改期限", Unit: "天", Basis: "第二十三条（一）"},
	"budget_due_day":                 {Label: "经费登记截止：日", Unit: "日", Basis: "第二十一条"},
	"order_serious_workdays":         {Label: "严重问题整改期限", Unit: "个工作日", Basis: "第三十条"},
	"order_error_workdays":           {Label: "一般问题整改期限", Unit: "个工作日", Basis: "第三十条"},
	"order_advice_workdays":          {Label: "提示类问题整改期限", Unit: "个工作日", Basis: "第三十条"},
	"order_reopen_days":              {Label: "整改办结后多少天内再次发现即重新打开", Unit: "天", Basis: "第三十条"},
	"order_extensions":               {Label: "一份整改通知最多延期几次（0 为不得延期）", Unit: "次", Basis: "第三十条"},
	"order_extension_workdays":       {Label: "整改延期最长", Unit: "个工作日", Basis: "第三十条"},
	"order_confirm_workdays":         {Label: "不能自动复测的整改，人工确认期限", Unit: "个工作日", Basis: "第三十条"},
	"order_supervise_workdays":       {Label: "整改超期多久上报上一级督办", Unit: "个工作日", Basis: "第三十条"},
	"order_supervise_reply_workdays": {Label: "上报后发出督办函的期限", Unit: "个工作日", Basis: "第三十条"},
	"own_mended_counts":              {Label: "单位自查发现并在检查前改正的问题计入得分", Basis: "第二十九条、第三十条"},
	"monthly_check_days":             {Label: "月检查表在次月几日前签字确认", Unit: "天", Basis: "第二十九条、第三十条"},
	"bulletin_days":                  {Label: "季度通报在季后多少天内印发", Unit: "天", Basis: "第二十九条、第三十条"},
	"assessment_due_month":           {Label: "年度考核在次年截止：月", Unit: "月", Basis: "第二十九条"},
	"assessment_due_day":             {Label: "年度考核在次年截止：日", Unit: "日", Basis: "第二十九条"},
	"supervision_due_month":          {Label: "监管年报告在次年截止：月", Unit: "月", Basis: "第三十条"},
	"supervision_due_day":            {Label: "监管年报告在次年截止：日", Unit: "日", Basis: "第三十条"},
	"annual_form_day":                {Label: "年度报表公开期限：1 月几日", Unit: "日", Basis: "第十九条（六）"},
	"annual_form_days":               {Label: "年度报表在公开期限前多久开始填报", Unit: "天", Basis: "第十九条（六）"},
	"annual_review_workdays":         {Label: "年度报表审核期限", Unit: "个工作日", Basis: "第十九条（六）"},
	"annual_address_workdays":        {Label: "年度报表公开后网址回填期限", Unit: "个工作日", Basis: "第十九条（六）"},
}

// Group is the part of the regulation under which a choice is shown: that of the first
// clause of its basis. Article 19, which has most of them, is told by paragraph.
type Group struct {
	Clause  string
	Subject string
}

// Name of the group for a heading.
func (g Group) Name() string { return strings.TrimSpace(g.Clause + " " + g.Subject) }

var groups = []Group{
	{"第四条", "监管职责"}, {"第七条", "开设"}, {"第八条", "整合与关停"}, {"第十条", "域名与台账"}, {"第十一条", "矩阵"}, {"第十四条", "政策解读"}, {"第十八条", "岗位"},
	{"第十九条（三）", "信息审核"}, {"第十九条（四）", "值班与巡检"}, {"第十九条（五）", "测试信件"}, {"第十九条（六）", "年度报表"},
	{"第二十条", "协同监管"}, {"第二十一条", "经费"}, {"第二十二条", "安全保障"}, {"第二十三条", "安全防护"}, {"第二十七条", "媒体库与移动客户端"}, {"第二十八条", "集约化平台运维"},
	{"第二十九条", "检查与考核"}, {"第三十条", "整改与通报"}, {"第三十三条", "开发区网站"},
}

// Grouped is one group with its choices.
type Grouped struct {
	Group
	Choices []Choice
}

// ByGroup puts choices under their groups, in the order of the regulation. What stands
// under no group that is known comes last, under no clause.
func ByGroup(list []Choice) []Grouped {
	var out []Grouped
	rest := slices.Clone(list)
	for _, g := range groups {
		var in []Choice
		rest = slices.DeleteFunc(rest, func(c Choice) bool {
			if !strings.HasPrefix(c.Basis, g.Clause) {
				return false
			}
			in = append(in, c)
			return true
		})
		if len(in) > 0 {
			out = append(out, Grouped{g, in})
		}
	}
	if len(rest) > 0 {
		out = append(out, Grouped{Group{Subject: "其他"}, rest})
	}
	return out
}

// Holds reports whether every word asked for stands in what people see of the choice.
func (c Choice) Holds(asked string) bool {
	seen := strings.ToLower(c.Label + "\n" + c.Unit + "\n" + c.Basis + "\n" + c.Key)
	for _, w := range strings.Fields(strings.ToLower(asked)) {
		if !strings.Contains(seen, w) {
			return false
		}
	}
	return true
}

// Choices lists the settings with their defaults. Every field of
// sx2021.Settings that is a figure or yes-or-no is one.
func Choices(s sx2021.Settings) []Choice {
	now, fallback := reflect.ValueOf(s), reflect.ValueOf(sx2021.Defaults())
	var out []Choice
	for i := range now.NumField() {
		key, _, _ := strings.Cut(now.Type().Field(i).Tag.Get("json"), ",")
		c := words[key]
		c.Key = key
		if c.Label == "" {
			c.Label = key
		}
		switch now.Field(i).Kind() {
		case reflect.Bool:
			c.Yes = true
		case reflect.Int:
		default:
			continue
		}
		c.Value, c.Default = fmt.Sprint(now.Field(i).Interface()), fmt.Sprint(fallback.Field(i).Interface())
		out = append(out, c)
	}
	return out
}

// Read makes settings of a form: yes-or-no fields are true when they are
// posted. What cannot stand is refused with its sentences.
func Read(was sx2021.Settings, value func(key string) string) (sx2021.Settings, error) {
	m := map[string]any{}
	var f fault.Fields
	for _, c := range Choices(was) {
		if c.Yes {
			m[c.Key] = value(c.Key) != ""
			continue
		}
		n, err := strconv.Atoi(strings.TrimSpace(value(c.Key)))
		f.Check(err == nil && n >= 0 && n <= 3660, c.Key, c.Label+"要填 0 至 3660 之间的整数")
		m[c.Key] = n
	}
	if err := f.Err(); err != nil {
		return was, err
	}
	body, err := json.Marshal(m)
	if err != nil {
		return was, err
	}
	next := was
	if err := json.Unmarshal(body, &next); err != nil {
		return was, err
	}
	if wrong := next.Wrong(); len(wrong) > 0 {
		return was, fault.New(fault.Invalid, strings.Join(wrong, ""))
	}
	return next, nil
}
