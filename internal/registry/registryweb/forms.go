package registryweb

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

func trailOf(s registry.Site) []web.Crumb {
	return []web.Crumb{{Name: "站点台账", Href: sitesPath}, {Name: s.Name, Href: s.Link()}}
}

func newIdentifiersForm(s registry.Site) formView {
	code := web.Field{Name: "site_code", Label: "政府网站标识码", Value: s.SiteCode, Narrow: true, Max: 20,
		Hint: "10 位：前 6 位是区划代码，后 4 位是顺序号；国务院部门系统以 bm 开头。须与下发的一致，没有下发的留空（第七条（三））"}
	if len(s.AreaCode) >= 6 {
		code.Hint = "10 位：前 6 位是区划代码（本站点应为 " + s.AreaCode[:6] + "），后 4 位是顺序号；国务院部门系统以 bm 开头。须与下发的一致，没有下发的留空（第七条（三））"
	}
	v := formView{
		Heading: web.Heading{Title: "修改标识", Lead: "改动前后的内容都会留痕。没有取得的标识请留空，台账会列为缺项。"}, Trail: trailOf(s),
		Form: web.Form{Key: "site-" + string(s.ID), Buttons: []web.Button{{Label: "保存"}}, Cancel: web.Link{Text: "取消", Href: s.Link()},
			Sections: []web.Section{
				{Legend: "站点", Fields: []web.Field{
					{Kind: web.Hidden, Name: "seen", Value: s.UpdatedAt.UTC().Format(time.RFC3339Nano)},
					{Name: "name", Label: "站点名称", Value: s.Name, Required: true, Max: 100},
					{Name: "contact", Label: "联系方式", Value: s.Contact, Max: 200},
					{Name: "address", Label: "办公地址", Value: s.Address, Max: 200},
				}},
				{Legend: "标识和备案", Fields: []web.Field{
					code,
					{Name: "host", Label: "英文域名", Value: s.Host, Max: 253, Hint: "只填域名，例如 www.example.gov.cn；改动后监测自动关闭，须重新开启", Mode: "url"},
					{Name: "chinese_domain", Label: "中文域名", Value: s.ChineseDomain, Max: 100},
					{Name: "icp", Label: "ICP备案编号", Value: s.ICP, Max: 60},
					{Name: "police_filing", Label: "公安备案编号", Value: s.PoliceFiling, Max: 60},
					{Name: "party_gov_mark", Label: "党政机关网站标识", Value: s.PartyGovMark, Max: 100, Hint: "标识的编号或查询网址"},
				}},
				{Legend: "承载", Fields: []web.Field{
					{Kind: web.Check, Name: "hosted", Label: "由本平台承载", Checked: s.Hosted},
					{Name: "slug", Label: "站点简称", Value: s.Slug, Narrow: true, Max: 40, Hint: "由本平台承载时必填；小写字母、数字和短横线"},
				}},
				whySection(),
			}},
	}
	if says, wrong := s.CodeMeaning(); wrong != nil {
		v.Before = []web.Alert{{Kind: web.Warn, Title: "现有标识码“" + s.SiteCode + "”与第七条（三）不符", Text: says + fault.Of(wrong).Says}}
	}
	return v
}

func newColumnForm(s registry.Site, people []org.Person) formView {
	who := []web.Option{{Value: "", Label: "请选择"}}
	for _, p := range people {
		label := p.Name
		if p.Title != "" {
			label += "（" + p.Title + "）"
		}
		if p.Unit != s.Unit {
			label += " " + p.UnitName
		}
		who = append(who, web.Option{Value: string(p.ID), Label: label})
	}
	types := []web.Option{{Value: "", Label: "请选择"}}
	for _, t := range registry.ColumnTypes {
		types = append(types, web.Option{Value: t, Label: t})
	}
	v := formView{
		Heading: web.Heading{Title: "新增栏目", Lead: "每个栏目要有责任人、A 岗、B 岗和更新周期（第十九条（一）（二））。"}, Trail: trailOf(s),
		Form: web.Form{Key: "column-" + string(s.ID), Buttons: []web.Button{{Label: "新增栏目"}}, Cancel: web.Link{Text: "取消", Href: s.Link()},
			Sections: []web.Section{
				{Legend: "栏目", Fields: []web.Field{
					{Name: "name", Label: "栏目名称", Required: true, Max: 60},
					{Name: "slug", Label: "网址简称", Required: true, Max: 40, Narrow: true, Hint: "小写字母、数字和短横线，例如 notices"},
					{Kind: web.Select, Name: "type", Label: "栏目类别", Required: true, Options: types},
					{Kind: web.TextArea, Name: "description", Label: "栏目说明", Required: true, Rows: 2, Max: 200, Hint: "一句话说明登什么内容，写入网页标签，不能与名称相同"},
					{Name: "keywords", Label: "关键词", Max: 200, Hint: "多个用分号隔开"},
				}},
				{Legend: "责任", Fields: []web.Field{
					{Kind: web.Select, Name: "owner", Label: "栏目责任人", Required: true, Options: who},
					{Kind: web.Select, Name: "a", Label: "A 岗", Required: true, Options: who},
					{Kind: web.Select, Name: "b", Label: "B 岗", Required: true, Options: who, Hint: "与 A 岗不能是同一人"},
					{Kind: web.Number, Name: "cycle_days", Label: "更新周期", Required: true, Unit: "天", Narrow: true, Mode: "numeric", Hint: "多少天内至少更新一次"},
				}},
			}},
	}
	if len(people) < 2 {
		v.Before = []web.Alert{{Kind: web.Warn, Title: "主办单位登记的人员不足两人", Text: "A 岗和 B 岗要由两个人担任，请先请主管单位在单位台账登记人员。", Links: []web.Link{{Text: "打开" + s.UnitName, Href: "/console/units/" + string(s.Unit)}}}}
	}
	return v
}

var formPage = web.Define(views, "views/form.html",
	newIdentifiersForm(sampleSite), newIdentifiersForm(hostileSite), newColumnForm(sampleSite, nil),
	newColumnForm(hostileSite, []org.Person{{ID: `"><script>`, Name: `<script>`, Title: `"`, UnitName: `<b>`}, {ID: "2"}}),
	func() formView {
		v := newIdentifiersForm(sampleSite)
		v.Form.Wrong(fault.New(fault.Invalid, "站点名称没有填写。").On("name", `请填写"><script>`))
		return v
	}(),
)

func (h *Handler) siteOf(r *http.Request) (registry.Site, error) {
	return h.registry.Site(r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id")))
}

func (h *Handler) showIdentifiers(w http.ResponseWriter, r *http.Request) error {
	s, err := h.siteOf(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newIdentifiersForm(s))
}

func (h *Handler) setIdentifiers(w http.ResponseWriter, r *http.Request) error {
	s, err := h.siteOf(r)
	if err != nil {
		return err
	}
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	seen, err := seenOf(r)
	if err != nil {
		return err
	}
	n := registry.Identifiers{Name: typed(r, "name"), Host: typed(r, "host"), ChineseDomain: typed(r, "chinese_domain"), SiteCode: strings.ToLower(typed(r, "site_code")), ICP: typed(r, "icp"),
		PoliceFiling: typed(r, "police_filing"), PartyGovMark: typed(r, "party_gov_mark"), Contact: typed(r, "contact"), Address: typed(r, "address"), Slug: typed(r, "slug"), Hosted: r.PostFormValue("hosted") != "",
		Why: whyOf(r)}
	changes := s.Diff(n)
	if len(changes) == 0 && s.UpdatedAt.Equal(seen) {
		return web.Done(w, r, s.Link(), "没有改动，记录保持原样。")
	}
	var after registry.Site
	done, err := h.saveAsked(w, r, newIdentifiersForm(s), changes, func() time.Time {
		now, err := h.siteOf(r)
		if err != nil {
			return time.Time{}
		}
		return now.UpdatedAt
	}, func(tx *db.Tx) error {
		now, err := h.registry.SiteTx(ctx, tx, scope, s.ID)
		if err != nil {
			return err
		}
		if !now.UpdatedAt.Equal(seen) {
			return fault.New(fault.Conflict, "您打开表单后，这个站点已被别人修改。您填写的内容还在下面，请对照站点页面的变更记录核对后再保存。")
		}
		after, err = h.registry.SetIdentifiers(ctx, tx, scope, s.ID, n)
		return err
	})
	if err != nil || !done {
		return err
	}
	said := "已保存。"
	if g := after.Gaps(); len(g) > 0 {
		said = "已保存，还缺：" + strings.Join(g, "、") + "。"
	}
	if s.Monitored && !after.Monitored {
		said += "域名已变更，监测已自动关闭，请主管单位重新开启。"
	}
	return web.Done(w, r, s.Link(), said)
}

func (h *Handler) showNewColumn(w http.ResponseWriter, r *http.Request) error {
	s, err := h.siteOf(r)
	if err != nil {
		return err
	}
	people, err := h.org.People(r.Context(), h.db, authz.ScopeFrom(r.Context()), s.Unit)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newColumnForm(s, people))
}

func (h *Handler) addColumn(w http.ResponseWriter, r *http.Request) error {
	s, err := h.siteOf(r)
	if err != nil {
		return err
	}
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	people, err := h.org.People(ctx, h.db, scope, s.Unit)
	if err != nil {
		return err
	}
	days, _ := strconv.Atoi(typed(r, "cycle_days")) // no number is 0, which AddColumn refuses
	c := registry.Column{Site: s.ID, Slug: typed(r, "slug"), Name: typed(r, "name"), Type: typed(r, "type"), Description: typed(r, "description"), Keywords: typed(r, "keywords"),
		Owner: org.PersonID(typed(r, "owner")), A: org.PersonID(typed(r, "a")), B: org.PersonID(typed(r, "b")), CycleDays: days}
	err = h.db.Update(ctx, func(tx *db.Tx) error {
		_, err := h.registry.AddColumn(ctx, tx, scope, c)
		return err
	})
	if web.Mendable(err) {
		return again(w, r, newColumnForm(s, people), err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, s.Link(), "已新增栏目“"+c.Name+"”，每 "+strconv.Itoa(days)+" 天内至少更新一次。")
}
