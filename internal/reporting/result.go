package reporting

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/assessment"
	"zhengshu/internal/rules/packs"
)

// Use is what results are exported for (Article 29: 纳入全省目标责任考核体系和全省
// 政务公开评估范围).
type Use string

// The uses.
const (
	ForTarget   Use = "target"   // 目标责任考核: one row a unit
	ForOpenness Use = "openness" // 政务公开评估: one row a site
	ForAll      Use = "figures"  // open data: one row a figure
)

// Uses in order, with their names.
var Uses = []struct {
	Use  Use
	Name string
}{{ForTarget, "目标责任考核（按单位）"}, {ForOpenness, "政务公开评估（按网站）"}, {ForAll, "全部数字"}}

// DataField is one column of an export, as the data dictionary says it.
type DataField struct{ Name, Title, Says string }

var dictionary = map[Use][]DataField{
	ForTarget: {
		{"area_code", "区划代码", "主办单位所在地区的行政区划代码"}, {"area", "地区", "主办单位所在地区"}, {"unit", "单位", "主办单位"}, {"sites", "网站数", "考核期末应检查的网站"},
		{"qualified", "合格", "判定合格的网站"}, {"unqualified", "不合格", "判定不合格的网站（单项否决或低于合格分）"}, {"untested", "未检测", "没有检测、不作判定的网站，不扣分"}, {"best", "最高得分", "计分网站的最高得分；没有计分或分值未核实的为空"},
		{"found", "发现问题", "本期发现的问题"}, {"mended", "已整改", "其中截至统计日已整改到位的"}, {"orders", "整改通知", "本期下发的整改通知"}, {"late", "超期", "其中超过期限的（含超期办结）"}},
	ForOpenness: {
		{"site_code", "网站标识码", "政府网站标识码"}, {"site", "网站", "网站名称"}, {"host", "域名", "网站域名"}, {"unit", "主办单位", "主办单位"}, {"area_code", "区划代码", "主办单位所在地区的行政区划代码"}, {"area", "地区", "主办单位所在地区"},
		{"class", "类别", "门户网站或部门网站"}, {"verdict", "结果", "合格、不合格或未检测"}, {"points", "得分", "门户网站得分；不计分的和分值未核实的为空"}, {"vetoes", "单项否决", "命中的单项否决指标"}, {"found", "发现问题", "本期发现的问题"}, {"mended", "已整改", "其中截至统计日已整改到位的"}},
	ForAll: {{"key", "代码", "数字的代码"}, {"section", "类别", "所在部分"}, {"name", "名称", "数字的名称"}, {"value", "数值", "明细的条数；比率为百分数"}, {"unit", "单位", "计量单位"}},
}

// Dictionary of an export.
func Dictionary(u Use) []DataField { return dictionary[u] }

// Known reports whether there is such a use.
func (u Use) Known() bool { return dictionary[u] != nil }

func (r Result) published() string {
	if r.Scored && !r.Unverified {
		return points(r.Points)
	}
	return ""
}

// classNames of packs.Class.
var classNames = map[string]string{string(packs.PortalSite): "门户网站", string(packs.DepartmentSite): "部门网站"}

// Rows of an export, in the order of the dictionary.
func (c Content) Rows(u Use) [][]any {
	out := [][]any{}
	switch u {
	case ForOpenness:
		for _, r := range c.Sites {
			class := classNames[r.Class]
			if class == "" {
				class = r.Class
			}
			out = append(out, []any{r.Code, r.Name, r.Host, r.UnitName, r.Area, r.AreaName, class, assessment.Verdict(r.Verdict).Name(), r.published(), strings.Join(r.Vetoes, "；"), r.Found, r.Mended})
		}
	case ForTarget:
		type sum struct {
			first                                                   Result
			sites, fine, bad, untested, found, mended, orders, late int
			best                                                    int
			scored                                                  bool
		}
		byUnit := map[string]*sum{}
		var list []*sum
		for _, r := range c.Sites {
			x := byUnit[r.Unit]
			if x == nil {
				x = &sum{first: r}
				byUnit[r.Unit] = x
				list = append(list, x)
			}
			x.sites++
			switch assessment.Verdict(r.Verdict) {
			case assessment.Qualified:
				x.fine++
			case assessment.Unqualified:
				x.bad++
			default:
				x.untested++
			}
			if r.published() != "" && (!x.scored || r.Points > x.best) {
				x.best, x.scored = r.Points, true
			}
			x.found, x.mended, x.orders, x.late = x.found+r.Found, x.mended+r.Mended, x.orders+r.Orders, x.late+r.Late
		}
		for _, x := range list {
			best := ""
			if x.scored {
				best = points(x.best)
			}
			out = append(out, []any{x.first.Area, x.first.AreaName, x.first.UnitName, x.sites, x.fine, x.bad, x.untested, best, x.found, x.mended, x.orders, x.late})
		}
	case ForAll:
		for _, f := range c.Figures {
			out = append(out, []any{f.Key, f.Section, f.Name, f.N(), f.Unit})
		}
		for _, s := range c.Shares {
			out = append(out, []any{s.Key, c.Figure(s.Of).Section, s.Name, strings.TrimSuffix(c.Percent(s), "%"), "%"})
		}
	}
	return out
}

// OpenData is an export as JSON, with its dictionary, source and digest.
func (b Bulletin) OpenData(u Use) ([]byte, error) {
	type field struct {
		Name  string `json:"name"`
		Title string `json:"title"`
		Says  string `json:"says"`
	}
	out := struct {
		Title    string           `json:"title"`
		Number   string           `json:"number,omitempty"`
		Issuer   string           `json:"issuer"`
		Area     string           `json:"area"`
		Period   string           `json:"period"`
		State    string           `json:"state"`
		SHA256   string           `json:"sha256,omitempty"`
		Basis    string           `json:"basis,omitempty"`
		Checked  string           `json:"checked_on"`
		Fields   []field          `json:"fields"`
		Rows     []map[string]any `json:"rows"`
		Licence  string           `json:"licence"`
		Official string           `json:"note"`
	}{Title: b.Title(), Number: b.Number, Issuer: b.UnitName, Area: b.AreaName, Period: b.Period.String(), State: b.StateName(), SHA256: b.SHA256, Checked: b.Content.CheckPoint.String(), Rows: []map[string]any{},
		Licence: "可以免费使用、复制和再发布，请注明来源和时间；不得改动后仍称为官方数据。", Official: "未检测不是不合格。"}
	if b.Content.Pack != "" {
		out.Basis = b.Content.Source + "《" + b.Content.Pack + "》（" + b.Content.Label + "）"
	}
	for _, f := range dictionary[u] {
		out.Fields = append(out.Fields, field(f))
	}
	for _, row := range b.Content.Rows(u) {
		m := map[string]any{}
		for i, f := range dictionary[u] {
			m[f.Name] = row[i]
		}
		out.Rows = append(out.Rows, m)
	}
	return json.MarshalIndent(out, "", " ")
}

// Cells of a row as text, for tables on a page.
func Cells(row []any) []string {
	out := make([]string, len(row))
	for i, v := range row {
		switch v := v.(type) {
		case string:
			out[i] = v
		case int:
			out[i] = strconv.Itoa(v)
		}
	}
	return slices.Clip(out)
}
