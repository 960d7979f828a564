package province

import (
	"encoding/json"
	"fmt"
	"reflect"
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
	"icp_bars_launch":            {Label: "没有 ICP 备案不得上线", Basis: "第七条（三）"},
	"chinese_domain_bars_launch": {Label: "没有中文域名不得上线", Basis: "第七条（三）"},
	"security_report_days":       {Label: "安全检测报告有效期", Unit: "天", Basis: "第七条（三）"},
	"police_filing_days":         {Label: "上线后公安备案期限", Unit: "天", Basis: "第七条（三）"},
	"account_filing_workdays":    {Label: "政务新媒体“及时备案”的期限", Unit: "个工作日", Basis: "第七条（三）"},
	"destination_notice_days":    {Label: "内容去向公告保留", Unit: "天", Basis: "第八条（三）"},
	"waiver_workdays":            {Label: "解读缓发期限（0 为当日）", Unit: "个工作日", Basis: "第十四条（三）"},
	"interpretation_forms":       {Label: "解读形式少于几种时提醒", Unit: "种", Basis: "第十四条（三）"},
	"ordinary_reviews":           {Label: "一般信息审核级数", Unit: "级", Basis: "第十九条（三）"},
	"important_reviews":          {Label: "重要信息审核级数", Unit: "级", Basis: "第十九条（三）"},
	"zones_close_as_portals":     {Label: "国家级开发区网站按门户网站不得关停", Basis: "第三十三条、第八条（三）"},
	"ledger_clearing_workdays":   {Label: "台账差异核实期限", Unit: "个工作日", Basis: "第十条"},
	"unexplained_down_hours":     {Label: "无故中断多久开核实单", Unit: "小时", Basis: "第八条（一）"},
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
