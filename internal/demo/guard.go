package demo

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"slices"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/impostor"
	"zhengshu/internal/newmedia"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/security"
)

// guard leaves fakes at several stages, a name like a protected one, the
// province's yearly check under way with a hole, and what was seen of two
// accounts. All names end in .example, which leads nowhere.
func (d *province) guard(ctx context.Context) error {
	for _, step := range []func(context.Context) error{d.fakes, d.alike, d.yearlyCheck, d.seenAccounts} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// shot is the picture of a page in outline: a band, a heading, lines. It shows
// nobody's page.
func (d *province) shot(says string) (approval.Upload, error) {
	page := image.NewRGBA(image.Rect(0, 0, 720, 480))
	paint := func(r image.Rectangle, c rgb) {
		draw.Draw(page, r, image.NewUniform(c.solid()), image.Point{}, draw.Src)
	}
	paint(page.Bounds(), hex(0xffffff))
	paint(image.Rect(0, 0, 720, 72), hex(0x1259aa))
	paint(image.Rect(48, 108, 420, 132), hex(0x4a5462))
	for y := 168; y < 420; y += 36 {
		paint(image.Rect(48, y, 620-y%108, y+10), hex(0xc3ccd6))
	}
	var b bytes.Buffer
	if err := png.Encode(&b, page); err != nil {
		return approval.Upload{}, err
	}
	return approval.Upload{Name: says + "（演示）.png", Content: bytes.NewReader(b.Bytes())}, nil
}

func (d *province) fakes(ctx context.Context) error {
	report, where, err := d.scoped(ctx, "xundu", authz.ImpostorReport)
	if err != nil {
		return err
	}
	if _, n, err := d.Impostors.Cases(report, where, impostor.Filter{Limit: 1}); err != nil || n > 0 {
		return err
	}
	xian := registry.Ref{Kind: sx2021.Site, ID: string(d.sites["xian"].ID)}
	var ids []string
	for _, c := range []impostor.Clue{
		{Kind: "site", Address: "xa-gov.example", Name: "西安市人民政府", Of: xian, Technique: "suffix_hyphen", Says: "页面照搬市政府网站首页，弹窗要求填写银行卡号。（演示）"},
		{Kind: "site", Address: "xianzwfw.example", Name: "西安政务服务网", Of: xian, Technique: "service_prefix", Says: "冒充政务服务网，诱导下载软件。（演示）"},
		{Kind: "account", Address: "https://weibo.example/xian-fabu-guanfang", Name: "西安发布官方", Platform: "微博", Of: xian, Says: "头像、名称与官方账号相近，转发投资广告。（演示）"},
	} {
		file, err := d.shot("疑似假冒页面")
		if err != nil {
			return err
		}
		k, err := d.Impostors.Report(report, where, c, []approval.Upload{file})
		if err != nil {
			return err
		}
		ids = append(ids, k.ID)
	}
	verify, boss, err := d.as(ctx, "sheng")
	if err != nil {
		return err
	}
	scope := boss.ScopeFor(authz.ImpostorVerify)
	for _, id := range ids[:2] {
		if err := d.Impostors.Verify(verify, scope, boss, id, "不在台账中，页面照搬官方网站，没有网站标识码和备案编号。（演示）", nil); err != nil {
			return err
		}
	}
	if err := d.Impostors.Refer(verify, scope, boss, ids[0], ""); err != nil {
		return err
	}
	hand, cyber, err := d.as(ctx, "wangxin")
	if err != nil {
		return err
	}
	return d.Impostors.HandOn(hand, cyber.ScopeFor(authz.ImpostorDispose), cyber, ids[0], []string{"telecom", "police"})
}

// alike is a name the DNS might have answered for.
func (d *province) alike(ctx context.Context) error {
	site := d.sites["yanta"]
	return d.DB.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Quiet(ctx, `INSERT INTO impostor_candidate (host, shown, imitates, technique, site_id, unit_id, addresses, state, first_seen, last_seen) VALUES ($1, $1, $2, 'suffix_hyphen', $3, $4, $5, 'new', $6, $6) ON CONFLICT (host) DO NOTHING`,
			"yanta-gov.example", site.Host, site.ID, site.Unit, "演示地址", tx.Now())
		return err
	})
}

func (d *province) yearlyCheck(ctx context.Context) error {
	as, cyber, err := d.as(ctx, "wangxin")
	if err != nil {
		return err
	}
	scope := cyber.ScopeFor(authz.SecurityPlan)
	today := calendar.DateOf(d.DB.Now())
	p, err := d.Security.Plan(as, scope, cyber, security.NewPlan{Unit: d.units[provinceCyber].ID, Year: today.Year, Title: fmt.Sprintf("%d 年政府网站安全管理工作检查（演示）", today.Year),
		Note: "委托检测机构远程检测，抽查部分网站现场核对。", BeginsOn: calendar.Date{Year: today.Year, Month: 1, Day: 4}})
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.Invalid) && len(fault.Of(err).Fields) == 1 && fault.Of(err).Fields[0].Name == "year" {
		return nil // planned already
	}
	if err != nil {
		return err
	}
	list, _, err := d.Security.Sheets(as, scope, security.SheetFilter{Plan: p.ID, Text: d.sites["xian"].Host, Limit: 5})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(x security.Sheet) bool { return x.Site == d.sites["xian"].ID })
	if i < 0 {
		return fmt.Errorf("demo: no sheet for the city's portal")
	}
	sheet := list[i].ID
	if _, err := d.Security.AddHole(as, scope, cyber, sheet, security.Hole{Layer: "server", Severity: "error", Title: "应用服务器组件版本过旧", Says: "应用服务器使用的组件存在公开漏洞，可被远程利用。（演示）", Fix: "升级到最新版本，并关闭不用的管理端口"}); err != nil {
		return err
	}
	n := security.Checked{On: today, Checker: "陕西某测评中心（演示）", Method: "remote", Summary: "发现应用服务器漏洞 1 个，其余未发现问题。", Layers: map[string]security.Layer{}}
	for _, l := range security.Layers {
		n.Layers[l.Value] = security.Layer{Verdict: "fine"}
	}
	n.Layers["server"] = security.Layer{Verdict: "holes", Note: "组件版本过旧"}
	if err := d.Security.Check(as, scope, cyber, sheet, n); err != nil {
		return err
	}
	_, err = d.Security.Order(as, scope, cyber, sheet)
	return err
}

func (d *province) seenAccounts(ctx context.Context) error {
	as, session, err := d.as(ctx, "xundu")
	if err != nil {
		return err
	}
	scope := session.ScopeFor(authz.InspectionRun)
	list, _, err := d.Registry.Accounts(as, scope, registry.AccountFilter{Unit: d.units[cityOffice].ID, Limit: 10})
	if err != nil {
		return err
	}
	today := calendar.DateOf(d.DB.Now())
	n := 0
	for _, a := range list {
		if a.State != registry.Running || n == 2 {
			continue
		}
		x, err := d.NewMedia.Sheet(as, scope, a.ID)
		if err != nil {
			return err
		}
		n++
		if len(x.Receipts) > 0 {
			continue
		}
		file, err := d.shot("账号主页")
		if err != nil {
			return err
		}
		link := a.URL
		if link == "" {
			link = "https://weibo.example/" + string(a.ID)
		}
		r := newmedia.Receipt{SeenOn: today, Link: link, LastPost: today.AddDays(-3), LastOwn: today.AddDays(-5), Interaction: "yes", SeenName: a.Name, SeenSubject: a.VerifiedAs, Note: "演示登记"}
		if n == 2 {
			r.LastPost, r.LastOwn, r.Interaction = today.AddDays(-19), calendar.Date{}, "no"
		}
		if err := d.NewMedia.Record(as, scope, session, a.ID, r, &file); err != nil {
			return err
		}
	}
	return nil
}
