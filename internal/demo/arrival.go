package demo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/letters"
	"zhengshu/internal/library"
	"zhengshu/internal/moveout"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
)

// Items of the district's portal as its former platform knew them: two that are
// public, each under the id it had, and one that was taken down there.
const (
	hotlineItem = "01HWDEM0YANTA0000000000001"
	parkingItem = "01HWDEM0YANTA0000000000002"
	takenItem   = "01HWDEM0YANTA0000000000003"
)

const formerEditor, formerReviewer = "原平台编辑（演示）", "原平台审核（演示）"

// arrive brings the district's portal aboard with what it was on the platform it
// lived on before: letters that were answered, addresses that lead on or say
// why nothing stands there, earlier versions, its record, an excerpt of the
// trail.
func (d *province) arrive(ctx context.Context) error {
	system, site := authz.System("demo"), d.sites["yanta"]
	had, err := d.MoveOut.Arrivals(ctx, system, site.ID)
	if err != nil {
		return err
	}
	made := d.today().AddDays(-3).Start().Add(16 * time.Hour).UTC()
	if len(had) > 0 {
		if !had[0].FinishedAt.IsZero() {
			return nil
		}
		made = had[0].MadeAt // what was cut off goes on from the same archive
	}
	var b bytes.Buffer
	if err := moveout.Assemble(&b, site.Name, site.Host, made, formerLife(site, calendar.DateOf(made))); err != nil {
		return err
	}
	out, err := d.MoveOut.Bring(ctx, system, bytes.NewReader(b.Bytes()), int64(b.Len()), moveout.Into{Unit: site.Unit, Owner: d.persons["xian"].ID, A: d.persons["yanta-a"].ID, B: d.persons["yanta-b"].ID})
	if err != nil {
		return err
	}
	for column, rep := range out.Reports {
		if err := whole("arrival/"+column, rep, nil); err != nil {
			return err
		}
	}
	return nil
}

// formerLife are the parts of the archive: on is the day it was made.
func formerLife(site registry.Site, on calendar.Date) []moveout.Piece {
	at := func(ago, hour, minute int) time.Time {
		return on.AddDays(-ago).Start().Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute).UTC()
	}
	local := func(t time.Time) string { return t.In(calendar.Shanghai).Format("2006-01-02 15:04:05") }
	var items, versions, places []any
	version := func(id string, no int, t time.Time, note, title, text string) library.Meta {
		m := library.Meta{Type: library.Notice, Origin: library.Original, Title: title, Source: "区政府办公室"}
		sum := sha256.Sum256([]byte(title + "\n" + text))
		versions = append(versions, moveout.VersionLine{Item: id, No: no, At: t, Author: formerEditor, Note: note, SHA256: fmt.Sprintf("%x", sum), Meta: m, Text: text})
		return m
	}
	live := func(id string, m library.Meta, text string, t time.Time) {
		items = append(items, library.Row{Ref: "item:" + id, Type: string(m.Type), Title: m.Title, Meta: &m, Text: text, Published: local(t)})
		places = append(places, moveout.PlacementLine{Item: id, Column: "notices", State: library.Shown, ShownAt: t, LiveAt: t})
	}
	const hotline = "关于启用便民服务热线的公告（演示）"
	version(hotlineItem, 1, at(430, 9, 12), "", hotline, "区便民服务热线已经启用，受理咨询、求助和建议。\n\n服务时间为工作日9:00至17:00。")
	said := "区便民服务热线已经启用，受理咨询、求助和建议。\n\n服务时间为每天8:30至18:00。"
	m := version(hotlineItem, 2, at(412, 15, 40), "更正服务时间", hotline, said)
	live(hotlineItem, m, said, at(430, 10, 0))
	said = "便民停车位开始登记，居民可以到所在社区办理。\n\n登记时带本人行驶证，当场办结。"
	m = version(parkingItem, 1, at(380, 11, 5), "", "关于便民停车位登记的公告（演示）", said)
	live(parkingItem, m, said, at(380, 14, 30))
	taken := "关于道路临时封闭的公告（演示）"
	version(takenItem, 1, at(365, 8, 50), "", taken, "因管线施工，演示路临时封闭三天，请绕行。")
	places = append(places, moveout.PlacementLine{Item: takenItem, Column: "notices", State: library.Ended, Title: taken, ShownAt: at(365, 9, 0), LiveAt: at(365, 9, 0), EndedAt: at(361, 17, 20)})

	answered := func(number string, kind letters.Type, ago, days int, title, body, answer string) any {
		got, done := at(ago, 10, 25), at(ago-days, 16, 10)
		return moveout.LetterLine{Number: number, Type: kind, Title: title, Body: body, State: letters.Published, Consent: true, ReceivedAt: got, AnsweredAt: done, EndedAt: done,
			Answers: []moveout.AnswerLines{{Text: answer, Drafter: formerEditor, Reviewer: formerReviewer, Verdict: "pass", At: done.Add(-3 * time.Hour), ReviewedAt: done}},
			Public:  &letters.FormerReply{Title: title, Body: body, Answer: answer, PublishedAt: done}}
	}
	mail := []any{
		answered("YS-0017", letters.Consult, 402, 2, "便民服务热线周末能打通吗", "请问区便民服务热线周末是否有人接听？", "您好。热线每天8:30至18:00有人接听，周末照常。感谢您的关注。"),
		answered("YS-0021", letters.Suggest, 371, 3, "建议社区公告栏加装照明", "社区公告栏晚上看不清，建议加装照明。", "您好。您的建议已经采纳，公告栏照明将随街道改造一并安装。"),
		moveout.LetterLine{Number: "YS-0023", Type: letters.Other, Title: "请代为发布促销信息", Body: "本店开业，请在网站发布促销信息。", State: letters.Invalid, Reason: "来信内容为商业广告，不属于政府网站受理范围。", ReceivedAt: at(355, 9, 30), EndedAt: at(354, 11, 0)},
		// Not dealt with there: it stays with the house it was sent to.
		moveout.LetterLine{Number: "YS-0052", Type: letters.Help, Title: "小区门口路灯不亮", Body: "小区门口的路灯不亮，请安排检修。", State: letters.Accepted, ReceivedAt: at(2, 20, 15)},
	}

	record := func(ago int, field, was, now, why, document string) any {
		return moveout.RecordLine{Kind: "change", Change: &registry.Change{Act: "registry.site.change", Field: field, Was: was, Now: now, Why: why, Document: document, Actor: formerEditor, At: at(ago, 9, 0)}}
	}
	records := []any{
		record(900, "name", "雁塔区政务网（演示）", site.Name, "机构名称规范", "雁政办函〔演示〕4号"),
		record(640, "contact", "029-00000009", site.Contact, "办公地点迁移", ""),
		moveout.RecordLine{Kind: "former_name", FormerName: &registry.FormerName{Name: "雁塔区政务网（演示）", From: on.AddDays(-2400), Until: on.AddDays(-900), Document: "雁政办函〔演示〕4号"}},
	}

	gone := theme.Ended(site.UnitName, on.AddDays(-361).Chinese(), "信息已过时", false)
	trail := func(no string, ago int, act, before, after string) any {
		sum := sha256.Sum256([]byte(no + act + before + after))
		return audit.Row{ID: no, At: at(ago, 17, 20), Actor: audit.Actor{Kind: "person", ID: "former", Name: formerReviewer}, Act: act, Target: audit.Target{Kind: "site", ID: "former", Name: site.Name}, Before: before, After: after, Hash: "sha256:" + fmt.Sprintf("%x", sum)}
	}
	return []moveout.Piece{
		archived("site.json", moveout.SiteFile{Name: site.Name, Kind: site.Kind, Host: site.Host, ChineseDomain: site.ChineseDomain, Slug: site.Slug, Sponsor: site.UnitName, SiteCode: site.SiteCode, ICP: site.ICP, PoliceFiling: site.PoliceFiling,
			PartyGovMark: site.PartyGovMark, Contact: site.Contact, Address: site.Address, LaunchedOn: site.LaunchedOn, Columns: []moveout.ColumnFile{}, Domains: []registry.Domain{}}),
		archived("items.jsonl", items...), archived("versions.jsonl", versions...), archived("placements.jsonl", places...), archived("letters.jsonl", mail...), archived("records.jsonl", records...),
		archived("audit.jsonl", trail("former-1", 900, "registry.site.change", `{"名称":"雁塔区政务网（演示）"}`, `{"名称":"`+site.Name+`"}`), trail("former-2", 640, "registry.site.change", `{"联系方式":"029-00000009"}`, `{"联系方式":"`+site.Contact+`"}`)),
		archived("addresses.json", publishing.Addresses{
			Redirects: []publishing.FormerAddress{{Path: "/zwgk/gklm/index.jsp", To: "/public/"}, {Path: "/tzgg/list.jsp", To: "/notices/"}},
			Ended: []publishing.FormerAddress{
				{Path: "/zt/rjhj/index.html", To: "/news/"},
				{Path: "/tzgg/art_365.html", Says: &publishing.FormerMessage{Heading: gone.Heading, Says: gone.Says, Facts: gone.Facts}},
			}}),
	}
}

func archived(name string, lines ...any) moveout.Piece {
	return moveout.Piece{Name: name, Lines: lines}
}
