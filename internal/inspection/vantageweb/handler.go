package vantageweb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/registry"
	"zhengshu/internal/vantage"
	"zhengshu/internal/web"
)

const (
	vantagesPath = "/console/vantages"
	// ExchangePath is where agents hand over batches and get lists.
	ExchangePath = "/exchange/vantages"
)

// Handler serves the screens.
type Handler struct{ inspection *inspection.Service }

// New makes the handler.
func New(s *inspection.Service) *Handler { return &Handler{s} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/vantages", Permit: authz.InspectionRead, Handle: h.list},
		{Pattern: "POST /console/vantages", Permit: authz.MonitorSwitch, Handle: h.add},
		{Pattern: "POST /console/vantages/line", Permit: authz.MonitorSwitch, Handle: h.line},
		{Pattern: "GET /console/vantages/{id}/plan", Permit: authz.MonitorSwitch, Handle: h.plan},
		{Pattern: "POST /console/vantages/{id}/batch", Permit: authz.MonitorSwitch, Handle: h.batch, MaxBody: vantage.MaxWire + 1<<20},
		{Pattern: "POST /console/vantages/{id}/revoke", Permit: authz.MonitorSwitch, Handle: h.revoke},
		{Pattern: "POST /console/vantages/strangers/{mark}/refuse", Permit: authz.MonitorSwitch, Handle: h.stranger},
	}
}

type record struct{ web.RecordView }

func newView(list []inspection.Vantage, doubts []inspection.Doubt, gap inspection.Gap, crawlers []inspection.CrawlerSeen, strangers []inspection.Stranger, wayless bool, now time.Time, manages bool) record {
	v := record{web.RecordView{Heading: web.Heading{Title: "监测点", Lead: "从几个地方同时探测网站能否访问。多数监测点都打不开才计为一次失败；监测点自己线路不通的一轮不计；批准的临时下线和已书面报备的紧急下线不计。"}}}
	t := web.Table{Caption: "监测点", Columns: []web.Column{{Head: "名称", Wide: true}, {Head: "机房和线路"}, {Head: "状态"}, {Head: "最近联系"}, {Head: "操作"}}}
	heard, own := 0, ""
	for _, x := range list {
		state := web.Tag{Kind: web.Neutral, Text: "还没有联系"}
		var acts []web.Link
		switch {
		case x.ID == inspection.OwnVantage:
			state, own = web.Tag{Kind: web.Good, Text: "本机"}, strings.Join(x.Line, "\n")
			if wayless {
				state = web.Tag{Kind: web.Neutral, Text: "不能访问互联网，不计票"}
			} else if x.LineDown() {
				state = web.Tag{Kind: web.Warn, Text: "线路不通，未检测"}
			}
		case !x.Revoked.IsZero():
			state = web.Tag{Kind: web.Neutral, Text: "已停用"}
		case !x.RefusedAt.IsZero():
			state = web.Tag{Kind: web.Warn, Text: "结果不能识别，不计票"}
			v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "“" + x.Name + "”交来的结果没有收下", Text: "监测点程序版本" + x.Program.Name() + "，" + web.Minute(x.RefusedAt) + " 最近一次交来。" + x.RefusedSays + "其间不计票，视同没有这个监测点；更新后下一批结果起自动恢复。"})
		case x.Votes(now):
			state = web.Tag{Kind: web.Good, Text: "正常"}
			heard++
		case x.Heard(now) && x.ClockOff():
			state = web.Tag{Kind: web.Warn, Text: "时钟" + clock(x.Ahead) + "，不计票"}
			v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "“" + x.Name + "”的时钟不准", Text: "它的时钟比本系统" + clock(x.Ahead) + "，看到的情况对不上时段，不计票，视同没有这个监测点。请在那台机器上校准时钟（核对时区并开启自动对时）；校准后下一批结果起自动恢复计票。"})
		case x.Heard(now):
			state = web.Tag{Kind: web.Warn, Text: "线路不通，不计票"}
		case !x.SeenAt.IsZero():
			state = web.Tag{Kind: web.Warn, Text: "失去联系，不计票"}
		}
		if manages && x.ID != inspection.OwnVantage && x.Revoked.IsZero() {
			acts = append(acts, web.Link{Text: "下载清单", Href: vantagesPath + "/" + url.PathEscape(x.ID) + "/plan", Note: x.Name})
		}
		seen := web.Cell{Text: web.Minute(x.SeenAt), Keep: true}
		if x.ID == inspection.OwnVantage {
			seen = web.Cell{} // it is here; since when its line is down is said above
		}
		if x.Results > 0 {
			seen.Note = "上一批 " + strconv.Itoa(x.Results) + " 条"
			if x.Lost > 0 {
				seen.Note += "，未能保留 " + strconv.Itoa(x.Lost) + " 条"
			}
		}
		if !x.SetRight.IsZero() {
			seen.Note = strings.TrimPrefix(seen.Note+"；时钟曾超前，"+web.Minute(x.SetRight)+" 起已校准，接着原来的编号计数", "；")
		}
		place := web.Text(x.Place)
		if len(x.Line) > 0 {
			place.Note = "自检地址 " + strings.Join(x.Line, "、")
		}
		name := web.Cell{Text: x.Name}
		if x.ByFile {
			name.Note = "用文件交换"
		}
		if x.ID != inspection.OwnVantage && x.Revoked.IsZero() && !x.SeenAt.IsZero() {
			program := "监测点程序版本" + x.Program.Name()
			if x.Program.Format < vantage.Format {
				program = "监测点程序版本低于本系统，照常使用，请方便时更新"
			}
			name.Note = strings.TrimPrefix(name.Note+"；"+program, "；")
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{name, place, web.Tagged(state), seen, {Links: acts}}})
	}
	if gap.Title != "" {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: gap.Title, Text: gap.Says})
	}
	switch {
	case wayless:
		v.Main = append(v.Main, t, asked())
	case heard == 0:
		v.Main = append(v.Main, t)
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "现在只由本系统探测", Text: "没有其他监测点印证，登记以后才能由几个地方互相印证；一轮中网站都连不上、公共网络上也没有别的地址应答时，按本机网络不通处理，记为未检测，不计失败。只有一两个网站的，请登记自检地址。"})
	default:
		v.Main = append(v.Main, t)
	}
	if len(crawlers) > 0 {
		c := web.Table{Caption: "外网巡检机", Columns: []web.Column{{Head: "名称", Wide: true}, {Head: "程序版本"}, {Head: "状态"}, {Head: "最近交来结果"}}}
		for _, x := range crawlers {
			state := web.Tag{Kind: web.Good, Text: "正常"}
			program := strings.TrimSpace(x.Program.Name())
			switch {
			case !x.RefusedAt.IsZero():
				state = web.Tag{Kind: web.Warn, Text: "结果不能识别"}
				v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "外网巡检机“" + x.Name + "”交来的结果没有收下", Text: web.Minute(x.RefusedAt) + " 最近一次交来。" + x.RefusedSays + "没有收下的检查和复测到期按没有带回告知；处理好后请重新发起。"})
			case x.Program.Format < vantage.Format:
				program = "低于本系统，照常使用，请方便时更新"
			}
			c.Rows = append(c.Rows, web.Row{Cells: []web.Cell{web.Text(x.Name), web.Text(program), web.Tagged(state), web.When(x.SeenAt)}})
		}
		v.Main = append(v.Main, c)
	}
	for _, x := range strangers {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "有不认识的密钥签名的结果文件，没有读取", Text: fmt.Sprintf("%s 收到 %s（这个密钥共 %d 个文件，最早 %s），密钥指纹 %s。请与外网巡检机启动时显示的“公钥指纹”逐位核对：是本单位的，由系统管理员把那台机器数据目录下的 crawler.pub 放进平台数据目录的 keys/crawlers，几分钟内自动收下；不认识的，不要放入，在下面的“不收密钥”一栏选“不收这个密钥”。", web.Minute(x.Last), x.File, x.Files, web.Minute(x.First), x.Fingerprint())})
	}
	d := web.Table{Caption: "监测点意见不一致（近 8 天）", Columns: []web.Column{{Head: "时间"}, {Head: "网站", Wide: true}, {Head: "打不开"}, {Head: "怎样计"}}, Empty: web.Empty{Title: "没有意见不一致的时段"}}
	for _, x := range doubts {
		says := "有监测点打得开，计为正常"
		if x.Verdict == inspection.VerdictAlone {
			says = "没有其他监测点印证，不计"
		}
		d.Rows = append(d.Rows, web.Row{Cells: []web.Cell{web.When(x.Slot), web.Linked(x.SiteName, "/console/inspection/sites/"+url.PathEscape(string(x.Site))), {Text: strconv.Itoa(x.Failed) + " / " + strconv.Itoa(x.Votes), Note: x.Who}, web.Text(says)}})
	}
	v.Main = append(v.Main, d)
	if manages {
		for _, x := range strangers {
			v.Forms = append(v.Forms, web.Form{Action: vantagesPath + "/strangers/" + x.Mark() + "/refuse", Folded: true, Key: "stranger" + x.Mark(), Sections: []web.Section{{Legend: "不收密钥 " + x.Fingerprint(), Hint: "不是本单位的外网巡检机时用。它的文件不读取、不再提示；以后认定是本单位的，放入 crawler.pub 即收。"}}, Buttons: []web.Button{{Label: "不收这个密钥", Kind: web.Danger}}})
		}
		line := web.Field{Kind: web.TextArea, Name: "line", Label: "自检地址", Rows: 3, Hint: "每行一个完整网址，选监测点附近稳定的、自己能确认的地址；都打不开时认为是监测点断网"}
		// What is next stands open: results to take in, else a vantage to register.
		serving := slices.DeleteFunc(slices.Clone(list), func(x inspection.Vantage) bool { return x.ID == inspection.OwnVantage || !x.Revoked.IsZero() })
		for _, x := range serving {
			if x.ByFile {
				v.Forms = append(v.Forms, web.Form{Action: vantagesPath + "/" + url.PathEscape(x.ID) + "/batch", Upload: true, Sections: []web.Section{{Legend: "收取“" + x.Name + "”的结果", Fields: []web.Field{{Kind: web.File, Name: "batch_" + x.ID, Label: "结果文件", Required: true, Accept: ".json"}}}}, Buttons: []web.Button{{Label: "收取结果"}}})
			}
		}
		v.Forms = append(v.Forms, web.Form{Action: vantagesPath, Key: "vantage", Folded: len(serving) > 0, Sections: []web.Section{{Legend: "登记监测点", Hint: "登记后显示一次密钥，在那台机器上运行 zhengshu agent --house 本系统网址 --key 密钥。", Fields: []web.Field{
			{Name: "name", Label: "名称", Required: true, Max: 60}, {Name: "place", Label: "机房和线路", Max: 100, Hint: "如 西安 电信"}, line, {Kind: web.Check, Name: "by_file", Label: "用文件交换", Hint: "监测点在另一张网上，清单和结果用文件传递，结果最迟 24 小时内送到"}}}}, Buttons: []web.Button{{Label: "登记监测点"}}})
		mine := line
		mine.Name, mine.Label, mine.Value = "own_line", "本系统的自检地址", own
		mine.Hint = "每行一个完整网址，选公共网络上稳定的、自己能确认的地址；都打不开时认为是本系统断网，网站能否访问不检测、不告警"
		v.Forms = append(v.Forms, web.Form{Action: vantagesPath + "/line", Key: "own-line", Folded: true, Sections: []web.Section{{Legend: "本系统的自检地址", Fields: []web.Field{mine}}}, Buttons: []web.Button{{Label: "保存自检地址"}}})
		for _, x := range serving {
			v.Forms = append(v.Forms, web.Form{Action: vantagesPath + "/" + url.PathEscape(x.ID) + "/revoke", Folded: true, Sections: []web.Section{{Legend: "停用“" + x.Name + "”", Hint: "密钥立即失效。"}}, Buttons: []web.Button{{Label: "停用监测点", Kind: web.Danger}}})
		}
	}
	return v
}

// asked says who looks for what in a house that has no way to the Internet.
func asked() web.Table {
	t := web.Table{Caption: "平台不能访问互联网时由谁检测", Columns: []web.Column{{Head: "检测什么", Wide: true}, {Head: "由谁检测"}, {Head: "没有结果时"}}}
	for _, r := range [][3]string{
		{"网站能否访问（可用性、告警）", "监测点。只有一个监测点的，以它为准", "没有监测点联系的，记为未检测，不计失败"},
		{"网页、栏目、链接、用语、个人信息、篡改比对等巡检；人工发起的检查和复测", "外网巡检机（收签名的计划，交回签名的结果）", "到期没有带回的，按没有检查告知"},
		{"域名解析是否与台账一致、服务器是否在境外", "外网巡检机和监测点的解析结果，看到两次才认定", "都没有报来的，未能检测"},
		{"域名到期、托管服务商", "依台账判断，不需要联网", ""},
		{"证书和加密协议、IPv6、域名服务器", "外网巡检机，每天一次，结果按同样的规则判断", "未能检测，不计问题；查看详情页所写的原因"},
		{"新媒体订阅源、应用下载地址", "外网巡检机，订阅源每 6 小时、下载地址每天一次", "未能检测；请登记看到的情况或导入发布数据"},
		{"已关停网站的原域名是否按跳转表应答，已注销的域名是否又能解析", "外网巡检机", "未能核对，写明原因，其后再次交办"},
		{"与台账核对", "没有别处代为检测", "未能检测，不计问题；请人工查看后登记"},
		{"相近域名、假冒网站", "没有别处代为查询", "不查询、不查看；请由人打开后登记情况"},
		{"本平台直接提供访问的网站", "本系统", "其中引用的外部链接和附件未能检测"},
	} {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(r[0]), web.Text(r[1]), web.Text(r[2])}})
	}
	return t
}

// clock says how far a clock is off: 快3分钟.
func clock(ahead time.Duration) string {
	word := "快"
	if ahead < 0 {
		word, ahead = "慢", -ahead
	}
	switch {
	case ahead < 2*time.Minute:
		return fmt.Sprintf("%s%d秒", word, int(ahead.Seconds()))
	case ahead < 2*time.Hour:
		return fmt.Sprintf("%s%d分钟", word, int(ahead.Minutes()))
	case ahead < 48*time.Hour:
		return fmt.Sprintf("%s%d小时", word, int(ahead.Hours()))
	}
	return fmt.Sprintf("%s%d天", word, int(ahead.Hours()/24))
}

func (h *Handler) view(r *http.Request) (record, error) {
	s := authz.SessionFrom(r.Context())
	list, err := h.inspection.Vantages(r.Context())
	if err != nil {
		return record{}, err
	}
	doubts, err := h.inspection.Doubts(r.Context(), s.ScopeFor(authz.InspectionRead), 50)
	if err != nil {
		return record{}, err
	}
	governs, err := h.inspection.GovernsVantages(r.Context(), s)
	if err != nil {
		return record{}, err
	}
	gap, err := h.inspection.Gap(r.Context(), s.ScopeFor(authz.InspectionRead))
	if err != nil {
		return record{}, err
	}
	crawlers, err := h.inspection.Crawlers(r.Context())
	if err != nil {
		return record{}, err
	}
	strangers, err := h.inspection.Strangers(r.Context())
	if err != nil {
		return record{}, err
	}
	return newView(list, doubts, gap, crawlers, strangers, h.inspection.Wayless(), h.inspection.Now(), governs), nil
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	v, err := h.view(r)
	if err != nil {
		return err
	}
	return recordPage.Render(w, r, v)
}

// again shows the page with the form of the act as it was typed.
func (h *Handler) again(w http.ResponseWriter, r *http.Request, wrong error) error {
	v, err := h.view(r)
	if err != nil {
		return err
	}
	for i := range v.Forms {
		if f := &v.Forms[i]; f.Action == r.URL.Path {
			f.Fill(r.PostForm)
			f.Wrong(wrong)
			return recordPage.RenderStatus(w, r, web.StatusOf(wrong), v)
		}
	}
	var f web.Form
	f.Wrong(wrong)
	v.Wrong = f.Summary
	return recordPage.RenderStatus(w, r, web.StatusOf(wrong), v)
}

func (h *Handler) add(w http.ResponseWriter, r *http.Request) error {
	key, x, err := h.inspection.AddVantage(r.Context(), authz.SessionFrom(r.Context()), inspection.Vantage{Name: web.Typed(r, "name"), Place: web.Typed(r, "place"), ByFile: r.PostForm.Has("by_file")}, web.Typed(r, "line"))
	if web.Mendable(err) {
		return h.again(w, r, err)
	}
	if err != nil {
		return err
	}
	v, err := h.view(r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	v.Alerts = append([]web.Alert{{Kind: web.Good, Title: "监测点“" + x.Name + "”已登记，请现在抄下密钥，本页关闭后不再显示", Text: key.String()}}, v.Alerts...)
	return recordPage.Render(w, r, v)
}

func (h *Handler) line(w http.ResponseWriter, r *http.Request) error {
	err := h.inspection.SetOwnLine(r.Context(), authz.SessionFrom(r.Context()), web.Typed(r, "own_line"))
	if web.Mendable(err) {
		return h.again(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, vantagesPath, "自检地址已保存。")
}

func (h *Handler) revoke(w http.ResponseWriter, r *http.Request) error {
	if err := h.inspection.RevokeVantage(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	return web.Done(w, r, vantagesPath, "监测点已停用。")
}

func (h *Handler) stranger(w http.ResponseWriter, r *http.Request) error {
	if err := h.inspection.RefuseStranger(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("mark")); err != nil {
		return err
	}
	return web.Done(w, r, vantagesPath, "这个密钥签名的文件不再提示。")
}

func (h *Handler) plan(w http.ResponseWriter, r *http.Request) error {
	b, err := h.inspection.PlanFor(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.SendFile(w, "监测清单-"+r.PathValue("id")+".json", "application/json", int64(len(b)), bytes.NewReader(b))
}

// ofVantage refuses a file that the vantage cannot have written.
func ofVantage(wire []byte, id string) error {
	says := ""
	switch claim := vantage.Claim(wire); {
	case len(wire) == 0:
		says = "文件是空的，请从监测点重新拷贝结果文件。"
	case len(wire) > vantage.MaxWire:
		says = fmt.Sprintf("文件超过 %d MB，请缩短交换的间隔，让监测点每次少写一些。", vantage.MaxWire>>20)
	case claim == "":
		says = "这个文件不是监测点写出的结果，请选择监测点上 zhengshu agent 写出的结果文件。"
	case claim != id:
		says = "这个文件是别的监测点写出的，请在那个监测点的一行提交。"
	default:
		return nil
	}
	return fault.New(fault.Invalid, says).On("batch_"+id, "请更换文件")
}

func (h *Handler) batch(w http.ResponseWriter, r *http.Request) error {
	files, done, err := web.Uploads(r, "batch_"+r.PathValue("id"))
	defer done()
	var wire []byte
	if err == nil && len(files) == 0 {
		err = fault.New(fault.Invalid, "没有选择结果文件。").On("batch_"+r.PathValue("id"), "请选择监测点写出的结果文件")
	}
	if err == nil {
		wire, err = io.ReadAll(io.LimitReader(files[0].Content, vantage.MaxWire+1))
	}
	if err == nil {
		err = ofVantage(wire, r.PathValue("id"))
	}
	taken := 0
	if err == nil {
		_, taken, err = h.inspection.Exchange(r.Context(), wire)
	}
	if web.Mendable(err) || fault.Is(err, fault.Forbidden) {
		f := fault.New(fault.Invalid, fault.Of(err).Says)
		if f.Fields = fault.Of(err).Fields; len(f.Fields) == 0 {
			f = f.On("batch_"+r.PathValue("id"), "请核对文件")
		}
		return h.again(w, r, f)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, vantagesPath, "收到 "+strconv.Itoa(taken)+" 条结果。")
}

// Door is the agents' own: POST a signed batch, get the signed list. It admits
// by signature alone.
func Door(s *inspection.Service, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "POST a signed batch", http.StatusMethodNotAllowed)
			return
		}
		wire, err := io.ReadAll(http.MaxBytesReader(w, r.Body, vantage.MaxWire))
		var plan []byte
		var over *http.MaxBytesError
		switch {
		case errors.As(err, &over):
			err = fault.New(fault.TooLarge, "一批结果超过 32 MB，请缩短交换的间隔。")
		case err != nil:
			err = fault.New(fault.Invalid, "结果没有传完，请再交一次。").From(err)
		default:
			plan, _, err = s.Exchange(r.Context(), wire)
		}
		if err != nil {
			f := fault.Of(err)
			if plan != nil { // what the agent counts on from
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(f.Kind.Status())
				_, _ = w.Write(plan) // the agent is gone
				return
			}
			if f.Kind == fault.Internal {
				log.ErrorContext(r.Context(), "vantage exchange", "error", err)
			}
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.WriteHeader(f.Kind.Status())
			_, _ = io.WriteString(w, f.Says) // the agent is gone
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(plan) // the agent is gone
	})
}

var (
	sampleNow  = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	sampleList = []inspection.Vantage{{ID: inspection.OwnVantage, Name: "本系统", Line: []string{"https://line.example.cn/"}, SeenAt: sampleNow}, {ID: "a", Name: "西安监测点", Place: "西安 电信", SeenAt: sampleNow.Add(-time.Minute), LineOK: true, Results: 620, SetRight: sampleNow.Add(-time.Hour), Program: vantage.Writer{Format: vantage.Format, Version: "0a1b2c3d4e5f"}},
		{ID: "b", Name: "延安监测点", Place: "延安 联通", ByFile: true, SeenAt: sampleNow.Add(-time.Hour), Lost: 3, Results: 1}, {ID: "c", Name: "旧监测点", Revoked: sampleNow}, {ID: "d", Name: "榆林监测点", SeenAt: sampleNow.Add(-time.Minute), LineOK: true, Results: 620, Ahead: -11 * time.Minute}, {ID: "e", Name: "商洛监测点", RefusedAt: sampleNow.Add(-time.Minute), RefusedSays: "签名正确，但监测点程序版本 9f8e7d6c5b4a 高于主系统，内容不能识别。请把主系统更新到同一版本。", Program: vantage.Writer{Format: 3, Version: "9f8e7d6c5b4a"}}}
	hostileList = []inspection.Vantage{{ID: `"><b>`, Name: "<script>alert(1)</script>", Place: "</td>", Line: []string{"<i>"}, ByFile: true, SeenAt: sampleNow, RefusedAt: sampleNow, RefusedSays: "<i>", Program: vantage.Writer{Format: vantage.Format, Version: "<b>"}}}
)

var recordPage = web.Define(web.Plain, "pages/record.html", newView(nil, nil, inspection.Gap{}, nil, nil, false, sampleNow, true), newView(sampleList, []inspection.Doubt{{Site: "s", SiteName: "渭南市人民政府", Slot: sampleNow, Votes: 3, Failed: 1, Verdict: inspection.VerdictSplit, Who: "延安监测点"}, {Site: registry.SiteID("t"), SiteName: "白水县人民政府", Slot: sampleNow, Votes: 1, Failed: 1, Verdict: inspection.VerdictAlone, Who: "本系统"}}, inspection.Gap{Title: "本系统的网络不通", Says: "自 2026-11-28 01:20 起，登记的自检地址都打不开。"}, []inspection.CrawlerSeen{{Name: "电信", SeenAt: sampleNow, Program: vantage.Writer{Format: vantage.Format, Version: "0a1b2c3d4e5f"}}, {Name: "旧机", SeenAt: sampleNow}, {Name: "联通", RefusedAt: sampleNow, RefusedSays: "签名正确，但外网巡检机程序版本 9f8e7d6c5b4a 高于主系统，内容不能识别。请把主系统更新到同一版本。"}}, []inspection.Stranger{{File: "01J.batch", Files: 3, First: sampleNow, Last: sampleNow}}, false, sampleNow, true),
	newView(hostileList, []inspection.Doubt{{Site: `"`, SiteName: "<script>", Who: "<b>"}}, inspection.Gap{Title: "<i>", Says: "<i>"}, []inspection.CrawlerSeen{{Name: "<b>", Program: vantage.Writer{Format: 9, Version: "<i>"}, RefusedAt: sampleNow, RefusedSays: "<script>"}}, []inspection.Stranger{{File: "<script>", Files: 1, First: sampleNow, Last: sampleNow}}, false, sampleNow, true))
