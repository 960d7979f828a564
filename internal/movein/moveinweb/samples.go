package moveinweb

import (
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/intake"
	"zhengshu/internal/library"
	"zhengshu/internal/movein"
	"zhengshu/internal/web"
)

const hostile = `<script>alert("导")</script>'"&{{.}}` + "\u202e长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长"

var sampleAt = time.Date(2026, 3, 2, 1, 30, 0, 0, time.UTC)

func sampleBatch(name, state string) movein.Batch {
	return movein.Batch{ID: "01JM", Kind: movein.Files, Name: name, UnitName: "雁塔区人民政府办公室", State: state, PersonName: "王编", CreatedAt: sampleAt, Total: 3,
		ListSHA256: "5f2b0c9a7d3e5f2b0c9a7d3e5f2b0c9a7d3e5f2b0c9a7d3e5f2b0c9a7d3e5f2b", Report: intake.Report{Read: 3, Accepted: 2, Refused: []intake.Refusal{{Row: 3, Says: name}}}}
}

func sampleShown(name, state string) shown {
	return shown{batch: sampleBatch(name, state), clock: calendar.NewManual(sampleAt), counts: map[string]int{"": 3, movein.Warned: 1, movein.Ready: 1, movein.Refused: 1},
		pieces: []movein.Piece{{No: 1, Name: name + ".docx", Kind: "docx", Title: name, Result: movein.Ready, Row: 1, Until: 1}, {No: 2, Name: "表.xlsx", Kind: "table", Title: "甲", Result: movein.Warned, Row: 2, Until: 3, Notes: []string{name, "第 2 条：没有原发布日期。"}},
			{No: 3, Name: "旧.doc", Kind: "docx", Result: movein.Refused, Notes: []string{"文件“旧.doc”是旧版Word或WPS文档（.doc、.wps），请打开后另存为.docx再导入。"}}}}
}

func sampleSite(name, state string) shown {
	s := sampleShown(name, state)
	s.batch.Kind, s.batch.Address, s.batch.Pages, s.batch.Name = movein.Site, "http://www.old.gov.cn/", 500, "旧网站 www.old.gov.cn"
	s.batch.Dead = []movein.Dead{{URL: "http://www.old.gov.cn/dead.asp", From: "http://www.old.gov.cn/" + name, Says: "服务器回答 404"}}
	s.batch.LeftOut = []movein.Left{{URL: "http://www.old.gov.cn/admin/", Says: "robots.txt 不允许访问，未检测。", Count: 3}}
	s.pieces[0].Kind, s.pieces[0].Name = "article", "http://www.old.gov.cn/show.asp?id=1"
	return s
}

func sampleTaken(name, state string) shown {
	s := sampleShown(name, state)
	s.batch.TakenAt, s.batch.UndoneWhy = sampleAt, name
	s.items = []library.Imported{{Row: 1, Item: "01JI", Title: name, State: library.Draft, Act: "enter"}, {Row: 2, Item: "01JK", Title: "乙", State: library.Approved, Live: true, Undone: "导入以后有人改过，没有撤销"}}
	s.nItems = 2
	return s
}

func sampleLive(name string) shown {
	s := sampleShown(name, movein.Looked)
	s.outlets = []library.Outlet{{Column: "c1", Name: name, Site: "s1", SiteName: "雁塔区人民政府"}}
	s.cases = []library.MoveIn{{Site: "s1", Number: name, Dated: calendar.Date{Year: 2026, Month: 3, Day: 1}}}
	return s
}

func sampleFailed(name string) shown {
	s := sampleSite(name, movein.Brought)
	s.batch.Failure = name
	return s
}

func sampleColumns(name string) movein.TableForm {
	return movein.TableForm{Batch: sampleBatch(name, movein.Looked), Piece: movein.Piece{No: 2, Name: name, Kind: "table"}, Header: []string{"信息标题", "内容", name}, First: [][]string{{name, "文", "2026-03-01"}, {"乙"}}, Columns: intake.Columns{"title": 0, "text": 1}}
}

var (
	startView = web.Define(views, "views/start.html", newStart(nil, nil), newStart([]unitOption{{"u1", "雁塔区人民政府办公室"}, {"u2", "雁塔区水务局"}}, []movein.Batch{sampleBatch("稿件.zip", movein.Looked), sampleBatch("表.xlsx", movein.Taken), sampleBatch("旧网站", movein.Brought)}),
		newSite([]unitOption{{"u1", "雁塔区人民政府办公室"}}), newStart([]unitOption{{hostile, hostile}, {"b", hostile}}, []movein.Batch{sampleBatch(hostile, movein.Undone)}))
	batchView = web.Define(views, "views/batch.html", newBatch(sampleShown("关于防汛的通知", movein.Looked)), newBatch(sampleSite("关于防汛的通知", movein.Looking)), newBatch(sampleSite("关于防汛的通知", movein.Looked)), newBatch(sampleTaken("关于防汛的通知", movein.Taken)),
		newBatch(sampleTaken("关于防汛的通知", movein.Undone)), newBatch(sampleLive("关于防汛的通知")), newBatch(sampleFailed("打不开旧网站的首页。")), newBatch(sampleSite(hostile, movein.Looked)), newBatch(sampleTaken(hostile, movein.Taken)), newBatch(sampleLive(hostile)))
	columnsView = web.Define(views, "views/columns.html", newColumns(movein.TableForm{Batch: sampleBatch("表.xlsx", movein.Looked)}), newColumns(sampleColumns("发布时间")), newColumns(sampleColumns(hostile)))
)
