package internal_test

import (
	"bytes"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/closing"
	"zhengshu/internal/db"
	"zhengshu/internal/filing"
	"zhengshu/internal/notice"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// furnishNotices gives the county's portal a notice with a look, filings, a
// closing with an archive, and an inquiry.
func (n *neighbourhood) furnishNotices(c *county, site registry.Site, city *authz.Session) {
	t, h := n.t, n.h
	ctx := audit.System(t.Context(), "test")
	ids := func(key string, id ...string) {
		c.ids[key] = append(c.ids[key], id...)
		c.own = append(c.own, id...)
	}
	ref := registry.Ref{Kind: sx2021.Site, ID: string(site.ID)}
	object := must(h.Registry.Object(ctx, h.DB, system, ref))(t)
	var notices []notice.ID
	var item filing.ID
	var closed closing.ID
	if err := h.DB.Update(ctx, func(tx *db.Tx) error {
		var err error
		if notices, err = h.Notices.Owe(ctx, tx, notice.Debt{Kind: sx2021.OfflineNotice, Object: object, Title: c.mark + "临时下线公告"}); err != nil {
			return err
		}
		if item, err = h.Filings.Open(ctx, tx, filing.Item{Kind: filing.EnglishDomain, Act: filing.Register, Object: object}); err != nil {
			return err
		}
		closed, err = h.Closings.Begin(ctx, tx, object, "")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, id := range notices {
		ids("/console/notices/{id}", string(id))
	}
	supervisor, sponsor := c.people[authz.Supervisor], c.people[authz.Sponsor]
	file := func() *approval.Upload {
		return &approval.Upload{Field: "file", Name: c.mark + "回执.pdf", Content: bytes.NewReader(pdf)}
	}
	today := calendar.Today(n.clock)
	scope := supervisor.ScopeFor(authz.NoticePost)
	must(h.Notices.Post(as(supervisor), scope, notices[1], sx2021.LevelAccount, "https://weibo.example/"+c.latin+"/1", today))(t)
	must(h.Notices.Receipt(as(supervisor), scope, notices[1], sx2021.LevelAccount, c.mark+"置顶", file()))(t)
	for _, l := range must(h.Notices.Looks(ctx, h.DB, system, notices[1], calendar.Date{}, 10))(t) {
		ids("/console/notices/{look}", l.ID)
	}

	ids("/console/filings/{id}", string(item))
	must(h.Filings.Record(as(sponsor), sponsor.ScopeFor(authz.FilingRecord), item, filing.Receipt{Number: c.latin + ".gov.cn", On: today, Note: c.mark + "登记", File: file()}))(t)

	ids("/console/closings/{id}", string(closed))
	manage := sponsor.ScopeFor(authz.ClosingManage)
	if err := h.Closings.AddColumn(as(sponsor), manage, closed, c.mark+"栏目", ""); err != nil {
		t.Fatal(err)
	}
	if err := h.Closings.Prove(as(sponsor), manage, closed, closing.Traffic, c.mark+"访问量", file()); err != nil {
		t.Fatal(err)
	}
	if err := h.Closings.SetRedirect(as(sponsor), manage, closed, closing.Redirect{Old: "/" + c.latin, Reply: closing.GoneReply}); err != nil {
		t.Fatal(err)
	}
	for _, a := range must(approval.Attachments(ctx, h.DB, "closing", string(closed)))(t) {
		ids("/console/closings/{file}", a.ID)
	}
	c.ids["/console/closings/{kind}"] = []string{string(closing.Traffic), "nothing"}
	archive := ulid.Make().String()
	kept := must(h.Blobs.Put(ctx, strings.NewReader(c.mark+"归档")))(t)
	if err := h.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO closing_archive (id, closing_id, state, start_url, asked_by, asked_at, ref, size) VALUES ($1, $2, 'done', $3, $4, $5, $6, 12)`,
			archive, closed, "http://"+site.Host+"/", c.mark+"经办", tx.Now(), string(kept)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "closing.archive.done", Target: audit.Target{Kind: "closing", ID: string(closed), Name: c.mark, Unit: string(c.office.ID)}})
	}); err != nil {
		t.Fatal(err)
	}
	ids("/console/closings/{archive}", archive)

	inquiry := must(h.Closings.Report(as(city), city.ScopeFor(authz.InquiryDecide), ref, n.clock.Now().Add(-30*time.Hour)))(t)
	ids("/console/inquiries/{id}", string(inquiry))
	must(h.Closings.Reply(as(sponsor), manage, inquiry, c.mark+"机房停电，已经恢复运行。", file()))(t)
	for _, a := range must(approval.Attachments(ctx, h.DB, "inquiry", string(inquiry)))(t) {
		ids("/console/inquiries/{file}", a.ID)
	}
}
