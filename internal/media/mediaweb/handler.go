package mediaweb

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/media"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

// uploadBody bounds one upload: the largest video and the words beside it.
const uploadBody = media.MaxVideo + 8<<20

// Handler serves the screens.
type Handler struct{ media *media.Service }

// New makes the handler.
func New(m *media.Service) *Handler { return &Handler{m} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/media", Permit: authz.ItemRead, Handle: h.list},
		{Pattern: "GET /console/media/new", Permit: authz.ItemWrite, Handle: h.form},
		{Pattern: "POST /console/media", Permit: authz.ItemWrite, Handle: h.upload, MaxBody: uploadBody},
		{Pattern: "GET /console/media/choose", Permit: authz.ItemWrite, Handle: h.choose},
		{Pattern: "GET /console/media/clearing", Permit: authz.MediaClear, Handle: h.clearing},
		{Pattern: "POST /console/media/clearing", Permit: authz.MediaClear, Handle: h.clear},
		{Pattern: "GET /console/media/{id}", Permit: authz.ItemRead, Handle: h.one},
		{Pattern: "GET /console/media/{id}/original", Permit: authz.ItemRead, Handle: h.original},
		{Pattern: "POST /console/media/{id}/edit", Permit: authz.ItemWrite, Handle: h.describe},
		{Pattern: "POST /console/media/{id}/replace", Permit: authz.ItemWrite, Handle: h.replace, MaxBody: uploadBody},
		{Pattern: "POST /console/media/{id}/remove", Permit: authz.ItemWrite, Handle: h.remove},
		{Pattern: "GET " + Files + "{file}", Permit: authz.ItemRead, Handle: h.shown},
	}
}

const path = "/console/media"

// Files is where the console answers for media.Prefix: the addresses that
// texts hold are the same on the console's host, which leads them here.
const Files = "/console/media-files/"

var library = web.Crumb{Name: "媒体库", Href: path}

func crumbs(last string) []web.Crumb {
	c := []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "信息资源库", Href: "/console/items"}}
	if last == "" {
		return append(c, web.Crumb{Name: library.Name})
	}
	return append(c, library, web.Crumb{Name: last})
}

// card is one asset of a grid.
type card struct {
	Href  string // of the asset, or of choosing it
	Thumb string // empty for what is no picture
	Alt   string
	Kind  string
	Name  string
	Note  string
	Tags  []web.Tag
	Act   web.Link
	id    media.AssetID
	mute  bool
}

func newCard(a media.Asset) card {
	c := card{Href: a.Link(), Thumb: a.Thumb(), Alt: a.Alt, Kind: a.Kind.Name(), Name: a.Name, Note: media.Bytes(a.Size), Tags: wants(a), id: a.ID, mute: a.Mute()}
	if a.Width > 0 {
		c.Note = fmt.Sprintf("%d×%d，%s", a.Width, a.Height, c.Note)
	}
	c.Note += "，" + a.UnitName
	return c
}

// wants are what an asset lacks.
func wants(a media.Asset) []web.Tag {
	var out []web.Tag
	if a.Mute() {
		out = append(out, web.Tag{Kind: web.Warn, Text: "缺替代文字"})
	}
	if a.Numberless() {
		out = append(out, web.Tag{Kind: web.Danger, Text: "地图缺审图号"})
	}
	if a.ReplacedBy != "" {
		out = append(out, web.Tag{Text: "已有新的"})
	}
	return out
}

// gridView is the library, or the page to choose from it.
type gridView struct {
	Heading web.Heading
	Above   []web.Component
	Tabs    web.Tabs
	Filter  web.Filter
	Cards   []card
	Empty   web.Empty
	Pager   web.Pager
	Upload  web.Form
	Below   []web.Component
	last    string
}

// Title of the document.
func (v gridView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v gridView) Crumbs() []web.Crumb { return crumbs(v.last) }

const perPage = 24

func (h *Handler) grid(r *http.Request, at string, keep url.Values) (gridView, error) {
	ctx, q := r.Context(), r.URL.Query()
	scope := authz.ScopeFrom(ctx)
	f := media.Filter{Text: strings.TrimSpace(q.Get("q")), Kind: media.Kind(q.Get("kind")), Unit: org.UnitID(q.Get("unit")), Wants: q.Get("wants"), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	list, total, err := h.media.Assets(ctx, scope, f)
	if err != nil {
		return gridView{}, err
	}
	owners, err := h.media.Owners(ctx, scope)
	if err != nil {
		return gridView{}, err
	}
	kinds, units := []web.Option{{Label: "全部类型"}}, []web.Option{{Label: "全部单位"}}
	for _, k := range media.Kinds {
		kinds = append(kinds, web.Option{Value: string(k), Label: k.Name()})
	}
	for _, o := range owners {
		units = append(units, web.Option{Value: string(o.Unit), Label: o.Name})
	}
	v := gridView{Filter: web.Filter{Action: at, Total: total, Reset: at, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "文件名、替代文字、图注"}, {Kind: web.Select, Name: "kind", Label: "类型", Options: kinds}}, Hidden: []web.Field{{Kind: web.Hidden, Name: "wants"}}},
		Pager: web.PagerOf(r, total, perPage), Empty: web.Empty{Title: "没有符合条件的文件", Text: "换个条件再查，或上传新的文件。"}}
	if len(owners) > 1 {
		v.Filter.Fields = append(v.Filter.Fields, web.Field{Kind: web.Select, Name: "unit", Label: "单位", Options: units})
	}
	for name := range keep {
		v.Filter.Hidden = append(v.Filter.Hidden, web.Field{Kind: web.Hidden, Name: name})
	}
	v.Filter.Fill(q)
	if len(keep) > 0 {
		v.Filter.Reset += "?" + keep.Encode()
	}
	for _, a := range list {
		v.Cards = append(v.Cards, newCard(a))
	}
	return v, nil
}

var wantTabs = []struct{ name, wants string }{{"全部", ""}, {"缺替代文字", media.NoAlt}, {"地图缺审图号", media.NoMapNo}, {"未使用", media.Unused}}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	v, err := h.grid(r, path, nil)
	if err != nil {
		return err
	}
	v.Heading = web.Heading{Title: "媒体库", Lead: "图片、音视频和附件先入库再使用；原件保留，公开的图片已去除拍摄信息。"}
	if authz.SessionFrom(r.Context()).May(authz.ItemWrite) {
		v.Heading.Acts = []web.Act{{Text: "上传", Href: path + "/new", Primary: true}}
	}
	if authz.SessionFrom(r.Context()).May(authz.MediaClear) {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "清理未使用的文件", Href: clearingPath})
	}
	v.Tabs = web.Tabs{Label: "媒体库"}
	for _, t := range wantTabs {
		q := r.URL.Query()
		q.Del("page")
		q.Set("wants", t.wants)
		if t.wants == "" {
			q.Del("wants")
		}
		href := path
		if len(q) > 0 {
			href += "?" + q.Encode()
		}
		v.Tabs.Items = append(v.Tabs.Items, web.Tab{Name: t.name, Href: href, Current: r.URL.Query().Get("wants") == t.wants})
	}
	return gridPage.Render(w, r, v)
}

// place is the form of the library that an asset is chosen for: of an item, or
// of a new one that has only the key of its unsaved text.
type place struct{ item, draft string }

func placeOf(q url.Values) place {
	clean := func(s string) string {
		if strings.IndexFunc(s, func(c rune) bool { return (c < '0' || c > '9') && (c < 'A' || c > 'Z') }) >= 0 {
			return ""
		}
		return s
	}
	return place{clean(q.Get("item")), clean(q.Get("draft"))}
}

// values name the place in an address or a form.
func (p place) values() url.Values {
	if p.item != "" {
		return url.Values{"item": {p.item}}
	}
	if p.draft != "" {
		return url.Values{"draft": {p.draft}}
	}
	return url.Values{}
}

// back is the address of the form with what was typed in it, and the assets
// chosen.
func (p place) back(ids ...string) string {
	q := url.Values{"recover": {"0"}} // the newest
	if len(ids) > 0 {
		q["insert"] = ids
	}
	if p.item != "" {
		return "/console/items/" + p.item + "/edit?" + q.Encode()
	}
	if p.draft != "" {
		q.Set("draft", p.draft)
	}
	return "/console/items/new?" + q.Encode()
}

func (h *Handler) choose(w http.ResponseWriter, r *http.Request) error {
	item := placeOf(r.URL.Query())
	v, err := h.chooseView(r, item)
	if err != nil {
		return err
	}
	return gridPage.Render(w, r, v)
}

func (h *Handler) chooseView(r *http.Request, item place) (gridView, error) {
	at := path + "/choose"
	v, err := h.grid(r, at, item.values())
	if err != nil {
		return v, err
	}
	v.last = "插入图片、附件"
	v.Heading = web.Heading{Title: "插入图片、附件", Lead: "选用后回到稿件，文件排在正文末尾，占一行，可以移到需要的地方；刚才填写的内容已自动保存。", Acts: []web.Act{{Text: "不插入，返回稿件", Href: item.back()}}}
	for i := range v.Cards {
		c := &v.Cards[i]
		if c.mute {
			c.Act = web.Link{Text: "先填写替代文字", Note: c.Name, Href: c.Href}
			continue
		}
		c.Act = web.Link{Text: "选用", Note: c.Name, Href: item.back(string(c.id))}
	}
	v.Upload = uploadForm(authz.SessionFrom(r.Context()), item, true)
	return v, nil
}

// uploadForm is the form that brings files; inItem when it is for an item.
func uploadForm(session *authz.Session, item place, inItem bool) web.Form {
	fields := []web.Field{{Kind: web.File, Name: "file", Label: "文件", Multiple: true, Required: true, Accept: media.Accept, Hint: "可以一次选几个，最多 10 个，合计不超过 200 MB。" + media.Rules + "。"}}
	units := unitsOf(session)
	if len(units) > 1 {
		fields = append(fields, web.Field{Kind: web.Select, Name: "unit", Label: "所属单位", Options: units})
	}
	fields = append(fields,
		web.Field{Name: "alt", Label: "替代文字", Max: 300, Hint: "用一句话说明图中或音视频里的内容，给看不见、听不见的读者；一次上传几个的，请上传后逐个填写"},
		web.Field{Name: "caption", Label: "图注", Max: 300},
		web.Field{Name: "source", Label: "来源", Max: 160, Hint: "例：市融媒体中心"},
		web.Field{Name: "copyright", Label: "版权", Max: 200, Hint: "例：本单位拍摄；或授权书编号"},
		web.Field{Kind: web.Check, Name: "is_map", Label: "这是地图"},
		web.Field{Name: "map_no", Label: "审图号", Max: 40, Hint: "地图必须有，例：陕S（2026）012号"})
	f := web.Form{Action: path, Upload: true, Sections: []web.Section{{Fields: fields}}, Buttons: []web.Button{{Label: "上传"}}, Cancel: web.Link{Text: "返回媒体库", Href: path}}
	if inItem {
		f.Sections[0].Legend = "上传新的"
		f.Sections[0].Fields = append(f.Sections[0].Fields, web.Field{Kind: web.Hidden, Name: "choose", Value: "1"}, web.Field{Kind: web.Hidden, Name: "item", Value: item.item}, web.Field{Kind: web.Hidden, Name: "draft", Value: item.draft})
		f.Buttons[0].Label, f.Cancel = "上传并插入", web.Link{}
	}
	return f
}

// unitsOf are the units the person writes for, first post first.
func unitsOf(s *authz.Session) []web.Option {
	var out []web.Option
	for _, id := range s.UnitsFor(authz.ItemWrite) {
		i := slices.IndexFunc(s.Posts, func(p authz.Post) bool { return p.UnitID == id })
		if i >= 0 {
			out = append(out, web.Option{Value: id, Label: s.Posts[i].UnitName})
		}
	}
	return out
}

func (h *Handler) form(w http.ResponseWriter, r *http.Request) error {
	return formPage.Render(w, r, newFormView(authz.SessionFrom(r.Context())))
}

type formView struct{ web.FormView }

func newFormView(s *authz.Session) formView {
	return formView{web.FormView{Heading: web.Heading{Title: "上传到媒体库", Lead: "文件按内容核验，原件保留；重复的文件不会存两份。"}, Trail: []web.Crumb{{Name: "信息资源库", Href: "/console/items"}, library}, Form: uploadForm(s, place{}, false)}}
}

// kept is the answer to a program: what stands now, the first file's fields at
// the top.
type kept struct {
	ID      media.AssetID `json:"id"`
	Src     string        `json:"src"`
	Width   int           `json:"width"`
	Height  int           `json:"height"`
	Kind    string        `json:"kind"` // image, video, audio, attachment
	Name    string        `json:"name"`
	Alt     string        `json:"alt"`
	Caption string        `json:"caption"`
	Source  string        `json:"source"`
	Type    string        `json:"type"`
	Size    int64         `json:"size"` // bytes
	Hash    string        `json:"hash"`
	Thumb   string        `json:"thumb,omitempty"`
	Page    string        `json:"page"`
}

func keptOf(a media.Asset) kept {
	kind := string(a.Kind)
	if a.Kind == media.Picture {
		kind = "image"
	}
	k := kept{ID: a.ID, Src: a.Src(), Kind: kind, Name: a.Name, Alt: a.Alt, Caption: a.Caption, Source: a.Source, Type: a.MediaType, Size: a.Size, Hash: a.Blob.Hash(), Thumb: a.Thumb(), Page: a.Link()}
	k.Width, k.Height = a.Shown()
	return k
}

// program reports whether a program asks: the editor, which wants JSON.
func program(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "json") && !strings.Contains(accept, "text/html")
}

// formMemory is how much of an upload stays in memory.
const formMemory = 4 << 20

// brought are the files of the request; a program's form is not read yet.
func brought(r *http.Request) ([]media.Upload, func(), error) {
	if r.MultipartForm == nil && strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		if err := r.ParseMultipartForm(formMemory); err != nil {
			var over *http.MaxBytesError
			switch {
			case errors.As(err, &over):
				return nil, func() {}, err // the router names the limit
			case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
				return nil, func() {}, fault.New(fault.Unavailable, "服务器存储空间不足，文件没有保存。请告诉系统管理员清理磁盘，稍后再上传。").From(err)
			}
			return nil, func() {}, fault.New(fault.Invalid, "文件没有传完，可能是网络中断，请重新选择文件。").On("file", "请重新选择文件").From(err)
		}
	}
	files, done, err := web.Uploads(r, "file")
	var out []media.Upload
	for _, f := range files {
		out = append(out, media.Upload{Name: f.Name, Content: f.Content})
	}
	return out, done, err
}

func aboutOf(r *http.Request) media.About {
	f := func(name string) string { return r.PostFormValue(name) }
	return media.About{Alt: f("alt"), Caption: f("caption"), Source: f("source"), Copyright: f("copyright"), IsMap: r.PostForm.Has("is_map"), MapNo: f("map_no"), FocalX: 50, FocalY: 50}
}

func (h *Handler) take(r *http.Request) ([]media.Asset, error) {
	files, done, err := brought(r)
	defer done()
	if err != nil {
		return nil, err
	}
	units := unitsOf(authz.SessionFrom(r.Context()))
	unit := r.PostFormValue("unit")
	if unit == "" && len(units) > 0 {
		unit = units[0].Value
	}
	about := aboutOf(r)
	if len(files) > 1 && about.Alt != "" {
		return nil, fault.New(fault.Invalid, "一次上传了几个文件，替代文字不能几个文件共用；请清空这一栏，上传后逐个填写。").On("alt", "请清空，上传后逐个填写")
	}
	return h.media.Take(r.Context(), authz.ScopeFrom(r.Context()), org.UnitID(unit), files, about)
}

func (h *Handler) upload(w http.ResponseWriter, r *http.Request) error {
	assets, err := h.take(r)
	if program(r) {
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		return json.NewEncoder(w).Encode(keptOf(assets[0]))
	}
	inItem, item := r.PostFormValue("choose") != "", placeOf(r.PostForm)
	if web.Mendable(err) {
		return h.again(w, r, err, inItem, item)
	}
	if err != nil {
		return err
	}
	var ids []string
	for _, a := range assets {
		ids = append(ids, string(a.ID))
	}
	said := fmt.Sprintf("已上传 %d 个文件。", len(assets))
	switch {
	case inItem && !slices.ContainsFunc(assets, media.Asset.Mute):
		return web.Done(w, r, item.back(ids...), said)
	case len(assets) == 1:
		return web.Done(w, r, assets[0].Link(), said)
	}
	return web.Done(w, r, path, said)
}

// again shows the form as it was typed, with why nothing was kept.
func (h *Handler) again(w http.ResponseWriter, r *http.Request, wrong error, inItem bool, item place) error {
	if !inItem {
		v := newFormView(authz.SessionFrom(r.Context()))
		v.Again(r, wrong)
		return formPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	v, err := h.chooseView(r, item)
	if err != nil {
		return err
	}
	v.Upload.Fill(r.PostForm)
	v.Upload.Wrong(wrong)
	return gridPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
}

// oneView is the page of an asset.
type oneView struct {
	Heading         web.Heading
	Above           []web.Component
	Src, Alt        string
	Width, Height   int
	Kind            string // picture, video, audio, attachment
	Download        web.Link
	Uses            web.Table
	Describe        web.Form
	Replace, Remove web.Form
	Side            []web.Component
}

// Title of the document.
func (v oneView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v oneView) Crumbs() []web.Crumb { return crumbs(v.Heading.Title) }

var focals = []struct {
	value, name string
	x, y        int
}{{"center", "中间", 50, 50}, {"top", "上部", 50, 20}, {"bottom", "下部", 50, 80}, {"left", "左侧", 20, 50}, {"right", "右侧", 80, 50}}

const ownFocal = "own"

func focalOf(a media.Asset) string {
	for _, f := range focals {
		if f.x == a.FocalX && f.y == a.FocalY {
			return f.value
		}
	}
	return ownFocal
}

func newOneView(a media.Asset, uses []media.Use, trail []audit.Row, may bool) oneView {
	v := oneView{Heading: web.Heading{Title: a.Name, Above: a.Kind.Name() + " · " + a.UnitName, Tags: wants(a)}, Src: a.Src(), Alt: a.Alt, Kind: string(a.Kind),
		Download: web.Link{Text: "下载原件", Href: a.Link() + "/original"}}
	v.Width, v.Height = a.Shown()
	if a.Numberless() {
		v.Above = append(v.Above, web.Alert{Kind: web.Danger, Title: "这幅地图没有审图号", Text: "公开使用的地图要有审图号；请填写，或换用标准地图服务系统的地图。"})
	}
	if a.Mute() {
		v.Above = append(v.Above, web.Alert{Kind: web.Warn, Title: "还没有替代文字", Text: "填写后才能插入稿件：用一句话说明内容，给看不见、听不见的读者。"})
	}
	if a.ReplacedBy != "" {
		v.Above = append(v.Above, web.Alert{Kind: web.Info, Text: "已有新的文件替换它；用到它的稿件不变，可以逐篇更换。", Links: []web.Link{{Text: "查看新的文件", Href: path + "/" + string(a.ReplacedBy)}}})
	}
	facts := web.Summary{Title: "文件"}
	add := func(name, text string) {
		if text != "" {
			facts.Terms = append(facts.Terms, web.Term{Name: name, Text: text})
		}
	}
	add("类型", media.TypeName(a.MediaType))
	add("大小", media.Bytes(a.Size))
	if a.Width > 0 {
		add("尺寸", fmt.Sprintf("%d×%d 像素", a.Width, a.Height))
	}
	add("上传", web.Minute(a.CreatedAt)+" "+a.CreatedName)
	add("在稿件中的地址", a.Src())
	add("核验结果", strings.Join(a.Noted, "；"))
	if a.Replaces != "" {
		facts.Terms = append(facts.Terms, web.Term{Name: "替换了", Text: "原来的文件", Href: path + "/" + string(a.Replaces)})
	}
	facts.Terms = append(facts.Terms, web.Term{Name: "内容摘要值", Text: a.Blob.Hash(), Note: "SHA-256"})
	v.Side = []web.Component{facts, history(trail)}
	v.Uses = web.Table{Caption: fmt.Sprintf("用到它的稿件 %d 篇", a.Uses), Columns: []web.Column{{Head: "稿件", Wide: true}, {Head: "单位"}, {Head: "版本"}, {Head: "公开"}}, Empty: web.Empty{Title: "还没有稿件用到它"}}
	for _, u := range uses {
		versions := fmt.Sprintf("第 %d 版", u.First)
		if u.Last > u.First {
			versions = fmt.Sprintf("第 %d 至 %d 版", u.First, u.Last)
		}
		live := web.Text("否")
		if u.Live {
			live = web.Tagged(web.Tag{Kind: web.Good, Text: "公开中"})
		}
		v.Uses.Rows = append(v.Uses.Rows, web.Row{Cells: []web.Cell{web.Linked(u.Title, u.Link()), web.Text(u.UnitName), web.Text(versions), live}})
	}
	if !may {
		return v
	}
	fields := []web.Field{{Kind: web.TextArea, Name: "alt", Label: "替代文字", Value: a.Alt, Rows: 2, Max: 300, Hint: "一句话说明内容，不写“图片”二字"}, {Name: "caption", Label: "图注", Value: a.Caption, Max: 300},
		{Name: "source", Label: "来源", Value: a.Source, Max: 160}, {Name: "copyright", Label: "版权", Value: a.Copyright, Max: 200}}
	sections := []web.Section{{Legend: "说明", Fields: fields}}
	if a.Kind == media.Picture || a.Kind == media.Video {
		sections[0].Fields = append(sections[0].Fields, web.Field{Kind: web.Check, Name: "is_map", Label: "这是地图", Checked: a.IsMap}, web.Field{Name: "map_no", Label: "审图号", Value: a.MapNo, Max: 40, Hint: "例：GS（2026）0123号、陕S（2026）012号"})
	}
	if a.Kind == media.Picture {
		var options []web.Option
		for _, f := range focals {
			options = append(options, web.Option{Value: f.value, Label: f.name})
		}
		options = append(options, web.Option{Value: ownFocal, Label: "按下面的数值"})
		sections = append(sections, web.Section{Legend: "焦点", Hint: "裁成缩略图时留在画面里的部分。", Fields: []web.Field{
			{Kind: web.Radios, Name: "focal", Label: "焦点位置", Value: focalOf(a), Options: options},
			{Name: "focal_x", Label: "横向", Value: strconv.Itoa(a.FocalX), Mode: "numeric", Narrow: true, Unit: "%", Max: 3, Hint: "从左边算起"},
			{Name: "focal_y", Label: "纵向", Value: strconv.Itoa(a.FocalY), Mode: "numeric", Narrow: true, Unit: "%", Max: 3, Hint: "从上边算起"}}})
	}
	v.Describe = web.Form{Action: a.Link() + "/edit", Key: "media-" + string(a.ID), Sections: sections, Buttons: []web.Button{{Label: "保存"}}}
	v.Replace = web.Form{Action: a.Link() + "/replace", Upload: true, Sections: []web.Section{{Legend: "替换", Hint: "新的文件另存一份，说明一并带去；已用到原文件的稿件不变。", Fields: []web.Field{{Kind: web.File, Name: "file", Label: "新的文件", Required: true, Accept: media.Accept}}}}, Buttons: []web.Button{{Label: "上传新的替换", Plain: true}}}
	if a.Uses == 0 {
		v.Remove = web.Form{Action: a.Link() + "/remove", Sections: []web.Section{{Legend: "删除", Hint: "没有稿件用到它，可以删除；操作留痕。"}}, Buttons: []web.Button{{Label: "删除文件", Kind: web.Danger}}}
	}
	return v
}

// history tells each act with what it changed.
func history(trail []audit.Row) web.Timeline {
	t := web.History(trail)
	for i, r := range trail {
		if r.Before == "" {
			continue // the first entry tells what the file's facts tell
		}
		var said []string
		for _, c := range r.Changes() {
			said = append(said, fmt.Sprintf("%s：“%s”改为“%s”", c.Field, c.Before, c.After))
		}
		t.Events[i].Text = strings.Join(said, "；")
	}
	return t
}

func idOf(r *http.Request) media.AssetID { return media.AssetID(r.PathValue("id")) }

func (h *Handler) view(r *http.Request) (oneView, error) {
	ctx, scope, id := r.Context(), authz.ScopeFrom(r.Context()), idOf(r)
	a, err := h.media.Asset(ctx, scope, id)
	if err != nil {
		return oneView{}, err
	}
	uses, err := h.media.UsedBy(ctx, scope, id)
	if err != nil {
		return oneView{}, err
	}
	trail, err := h.media.Trail(ctx, scope, id)
	if err != nil {
		return oneView{}, err
	}
	return newOneView(a, uses, trail, authz.SessionFrom(ctx).May(authz.ItemWrite)), nil
}

func (h *Handler) one(w http.ResponseWriter, r *http.Request) error {
	v, err := h.view(r)
	if err != nil {
		return err
	}
	return onePage.Render(w, r, v)
}

func at(r *http.Request) string { return path + "/" + url.PathEscape(r.PathValue("id")) }

func (h *Handler) describe(w http.ResponseWriter, r *http.Request) error {
	about := aboutOf(r)
	var wrong fault.Fields
	chosen := r.PostFormValue("focal")
	for _, f := range focals {
		if f.value == chosen {
			about.FocalX, about.FocalY = f.x, f.y
		}
	}
	if chosen == ownFocal {
		for name, into := range map[string]*int{"focal_x": &about.FocalX, "focal_y": &about.FocalY} {
			n, err := strconv.Atoi(web.Typed(r, name))
			wrong.Check(err == nil && n >= 0 && n <= 100, name, "请填写 0 到 100 的整数")
			*into = n
		}
	}
	err := wrong.Err()
	if err == nil {
		_, err = h.media.Describe(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), about)
	}
	return onePage.Answer(w, r, err, at(r), "已保存。", h.view, func(v *oneView) *web.Form { return &v.Describe })
}

func (h *Handler) replace(w http.ResponseWriter, r *http.Request) error {
	files, done, err := brought(r)
	defer done()
	to := at(r)
	if err == nil && len(files) != 1 {
		err = fault.New(fault.Invalid, "请选择一个新的文件。").On("file", "请选择一个文件")
	}
	if err == nil {
		var a media.Asset
		if a, err = h.media.Replace(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), files[0]); err == nil {
			to = a.Link()
		}
	}
	return onePage.Answer(w, r, err, to, "新的文件已入库，说明已带来，请核对。", h.view, func(v *oneView) *web.Form { return &v.Replace })
}

func (h *Handler) remove(w http.ResponseWriter, r *http.Request) error {
	if err := h.media.Remove(r.Context(), authz.ScopeFrom(r.Context()), idOf(r)); err != nil {
		return err
	}
	return web.Done(w, r, path, "文件已删除。")
}

func (h *Handler) original(w http.ResponseWriter, r *http.Request) error {
	o, err := h.media.OpenOriginal(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	if err != nil {
		return err
	}
	defer o.Close()
	return web.SendFile(w, o.Name, o.MediaType, o.Size, o)
}

// shown answers for the addresses that texts hold. What is made for readers is
// shown in place, documents are downloads.
func (h *Handler) shown(w http.ResponseWriter, r *http.Request) error {
	o, err := h.media.OpenShown(r.Context(), authz.ScopeFrom(r.Context()), media.Prefix+r.PathValue("file"))
	if err != nil {
		return err
	}
	defer o.Close()
	if main, _, _ := strings.Cut(o.MediaType, "/"); main != "image" && main != "video" && main != "audio" {
		return web.SendFile(w, o.Name, o.MediaType, o.Size, o)
	}
	w.Header().Set("Content-Type", o.MediaType)
	w.Header().Set("Content-Length", strconv.FormatInt(o.Size, 10))
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	if _, err := io.Copy(w, o); err != nil {
		panic(http.ErrAbortHandler) // half a picture must not look whole
	}
	return nil
}
