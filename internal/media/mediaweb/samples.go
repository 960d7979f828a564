package mediaweb

import (
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/media"
	"zhengshu/internal/web"
)

const hostile = `<script>alert("图")</script>'"&{{.}}` + "\u202e长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长"

var (
	gridPage = web.Define(views, "views/grid.html", sampleGrid("防汛现场.jpg", false), gridView{Heading: web.Heading{Title: "媒体库"}, Empty: web.Empty{Title: "没有符合条件的文件"}}, sampleGrid(hostile, true), sampleClearing("防汛现场.jpg"), newClearing(nil, 0, 0, 90, nil), sampleClearing(hostile))
	onePage  = web.Define(views, "views/one.html", newOneView(sampleAsset("防汛现场.jpg"), []media.Use{{Item: "01J00000000000000000000000", Title: "关于做好防汛工作的通知", UnitName: "雁塔区人民政府办公室", First: 1, Last: 3, Live: true}}, []audit.Row{{Act: "media.asset.add", Actor: audit.Actor{Name: "王编"}, At: sampleAt}, {Act: "media.asset.change", Before: `{"替代文字":""}`, After: `{"替代文字":"积水"}`}}, true),
		newOneView(media.Asset{Kind: media.File, Name: "附件.pdf", MediaType: "application/pdf"}, nil, nil, false),
		newOneView(sampleAsset(hostile), []media.Use{{Item: `"><b>`, Title: hostile, UnitName: hostile}}, nil, true))
	formPage = web.Define(web.Plain, "pages/form.html", newFormView(sampleSession("雁塔区人民政府办公室")), newFormView(&authz.Session{}), newFormView(sampleSession(hostile)))
)

var sampleAt = time.Date(2026, 3, 2, 1, 30, 0, 0, time.UTC)

func sampleSession(unit string) *authz.Session {
	return &authz.Session{Posts: []authz.Post{{Role: authz.Editor, UnitID: "u1", UnitName: unit}, {Role: authz.Editor, UnitID: "u2", UnitName: unit}}}
}

func sampleAsset(name string) media.Asset {
	return media.Asset{About: media.About{Alt: name, Caption: name, Source: name, Copyright: name, IsMap: true, FocalX: 33, FocalY: 50}, ID: "01J00000000000000000000000", Kind: media.Picture, Name: name, UnitName: name, MediaType: "image/jpeg",
		Size: 2_300_000, Width: 4000, Height: 3000, Frames: 1, Noted: []string{"含拍摄位置（GPS），公开的图片中已去除"}, CreatedName: name, CreatedAt: sampleAt, Uses: 1, Replaces: "01J00000000000000000000001", ReplacedBy: "01J00000000000000000000002"}
}

func sampleGrid(name string, choosing bool) gridView {
	a := sampleAsset(name)
	v := gridView{Heading: web.Heading{Title: "媒体库", Acts: []web.Act{{Text: "上传", Href: path + "/new", Primary: true}}}, Filter: web.Filter{Action: path, Total: 2, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "文件名", Value: name}}},
		Tabs: web.Tabs{Label: "媒体库", Items: []web.Tab{{Name: "全部", Href: path, Current: true}, {Name: "未使用", Href: path + "?wants=unused"}}}, Cards: []card{newCard(a), newCard(media.Asset{Kind: media.File, Name: name, UnitName: name})}}
	if choosing {
		v.last, v.Tabs = "插入", web.Tabs{}
		v.Cards[0].Act = web.Link{Text: "选用", Note: name, Href: "/console/items/new?insert=" + string(a.ID)}
		v.Upload = uploadForm(sampleSession(name), place{item: "01J00000000000000000000000"}, true)
	}
	return v
}
