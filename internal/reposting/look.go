package reposting

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/notice"
	"zhengshu/internal/notify"
	"zhengshu/internal/passage"
)

// Look is the job that looks at an address given for a duty.
type Look struct {
	Call   string `json:"call"`
	Sort   string `json:"kind"`
	Object string `json:"object"`
}

// Kind names the job.
func (Look) Kind() string { return "reposting.look" }

// maxPage bounds what is read of a page.
const maxPage = 4 << 20

// mostLooks at an address that does not answer; an hour lies between them.
const mostLooks = 6

// GiveAddress says where a site or account of a unit in scope shows the repost.
// The page is looked at by the house itself.
func (s *Service) GiveAddress(ctx context.Context, scope authz.Scope, call, kind, object, address string) error {
	address = strings.TrimSpace(address)
	if !webAddress(address) {
		return fault.New(fault.Invalid, "网址无法识别。").On("address", "请粘贴完整网址，以 http:// 或 https:// 开头")
	}
	actor, ok := audit.ActorFrom(ctx)
	if !ok {
		return audit.ErrNoActor
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		c, d, err := s.duty(ctx, tx, scope, call, kind, object)
		if err != nil {
			return err
		}
		if d.State != Owed && d.State != Given {
			return fault.New(fault.Conflict, "这项转载"+Machine.Name(d.State)+"，不需要再登记网址。")
		}
		if kind == "site" {
			host, err := db.One(ctx, tx, db.Value[string], `SELECT host FROM site WHERE id = $1`, object)
			if err != nil {
				return err
			}
			u, err := url.Parse(address)
			if err != nil || !under(u.Hostname(), host) {
				return fault.New(fault.Invalid, "网址不属于这个网站。").On("address", "“"+d.ObjectName+"”的网址应在 "+host+" 之下")
			}
		}
		if _, _, err := Machine.Take(ctx, tx, d.ID(), "give", passage.Note{Says: address}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE repost_duty SET state = 'given', address = $4, given_at = $5, given_by = $6, looks = 0, says = '' WHERE call_id = $1 AND object_kind = $2 AND object_id = $3`,
			call, kind, object, address, tx.Now(), actor.Name); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "reposting.give", Basis: citation, Target: c.target(), After: map[string]any{"object": kind + ":" + object, "address": address}}); err != nil {
			return err
		}
		return jobs.Enqueue(ctx, tx, Look{call, kind, object}, jobs.Unique(d.ID()))
	})
}

func under(host, domain string) bool {
	host, domain = strings.TrimPrefix(strings.ToLower(host), "www."), strings.TrimPrefix(strings.ToLower(domain), "www.")
	return domain != "" && (host == domain || strings.HasSuffix(host, "."+domain))
}

// look fetches the page and settles the duty by what it proves.
func (s *Service) look(ctx context.Context, n Look) error {
	c, d, err := s.duty(ctx, s.db, authz.System("reposting.look"), n.Call, n.Sort, n.Object)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil || d.State != Given {
		return err
	}
	answer, noWay := notice.Answer{URL: d.Address}, false
	resp, err := s.fetch.Get(ctx, d.Address, egress.Options{RecordTLSFault: true, MaxBody: maxPage})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if resp != nil {
		answer.Status, answer.Type, answer.Body = resp.Status, resp.Header.Get("Content-Type"), resp.Body
		if resp.Final != "" {
			answer.URL = resp.Final
		}
	}
	if err != nil {
		answer.Status, answer.Fault = 0, "无法连接"
		if e := (*egress.Error)(nil); errors.As(err, &e) {
			answer.Fault, noWay = e.Says, e.Kind == egress.NoWay
		}
	}
	outcome, says, shown := judge(c, d, answer)
	return s.db.Update(ctx, func(tx *db.Tx) error {
		now, err := db.One(ctx, tx, scanDuty, dutySelect+` WHERE d.call_id = $1 AND d.object_kind = $2 AND d.object_id = $3`, d.Call, d.ObjectKind, d.Object)
		if err != nil || now.State != Given || now.Address != d.Address {
			return err // settled or changed meanwhile; what was given anew has its own look
		}
		switch {
		case noWay:
			return unseen(ctx, tx, c, now, says)
		case outcome == notice.Seen:
			// Given in time counts, also when the look came later; what the page
			// itself says of its hour counts when it is possible.
			at := now.GivenAt
			if !shown.IsZero() && !shown.Before(c.IssuedAt.Add(-Within)) && shown.Before(at) {
				at = shown
			}
			return s.done(ctx, tx, c, now, "see", ByAddress, at, shown, says)
		case outcome == notice.Untested && now.Looks+1 < mostLooks:
			if err := looked(ctx, tx, now, Given, says+"一小时后再看。"); err != nil {
				return err
			}
			if err := audit.Record(ctx, tx, audit.Entry{Act: "reposting.look", Target: c.target(), After: map[string]any{"object": d.ObjectKind + ":" + d.Object, "says": says}}); err != nil {
				return err
			}
			return jobs.Enqueue(ctx, tx, n, jobs.At(tx.Now().Add(time.Hour)), jobs.Unique(d.ID()))
		}
		return missed(ctx, tx, c, now, says)
	})
}

// looked writes down a look at the address of a duty.
func looked(ctx context.Context, tx *db.Tx, d Duty, state, says string) error {
	_, err := tx.Exec(ctx, `UPDATE repost_duty SET state = $4, says = $5, looked_at = $6, looks = looks + 1 WHERE call_id = $1 AND object_kind = $2 AND object_id = $3`, d.Call, d.ObjectKind, d.Object, state, says, tx.Now())
	return err
}

// unseen leaves a duty as it was given where this house has no way to its address: that
// says nothing against it, and the office that asked for it is told to look.
func unseen(ctx context.Context, tx *db.Tx, c Call, d Duty, says string) error {
	if err := looked(ctx, tx, d, Given, says+"请由人打开网址核对后登记“人工确认”。"); err != nil {
		return err
	}
	if err := notify.SendAll(ctx, tx, []notify.Message{{Key: fmt.Sprintf("repost:%s:unseen:%d", d.ID(), d.GivenAt.Unix()), Unit: string(c.Unit), Title: "转载网址请人工核对：" + c.Title, Body: d.ObjectName + "：" + says + "请打开 " + d.Address + " 核对后人工确认。", Link: c.Link()}}); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "reposting.look", Basis: citation, Target: c.target(), After: map[string]any{"object": d.ObjectKind + ":" + d.Object, "says": says}})
}

// missed gives a duty back whose address proved nothing, and tells its unit why.
func missed(ctx context.Context, tx *db.Tx, c Call, d Duty, says string) error {
	if _, _, err := Machine.Take(ctx, tx, d.ID(), "miss", passage.Note{Says: says}); err != nil {
		return err
	}
	if err := looked(ctx, tx, d, Owed, says); err != nil {
		return err
	}
	if err := notify.SendAll(ctx, tx, []notify.Message{{Key: fmt.Sprintf("repost:%s:miss:%d", d.ID(), d.GivenAt.Unix()), Unit: string(d.Unit), Title: "转载网址核对未通过：" + c.Title, Body: d.ObjectName + "：" + says + "请改正后重新登记。", Link: c.Link()}}); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "reposting.miss", Basis: citation, Target: c.target(), After: map[string]any{"object": d.ObjectKind + ":" + d.Object, "address": d.Address, "says": says}})
}

// broken gives a duty back whose look is given up, in that act: nothing would look
// at its address any more.
func (s *Service) broken(ctx context.Context, tx *db.Tx, n Look, why error) error {
	c, d, err := s.duty(ctx, tx, authz.System("reposting.look"), n.Call, n.Sort, n.Object)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil || d.State != Given {
		return err
	}
	return missed(audit.System(ctx, "reposting.look"), tx, c, d, "没有核对成网址："+jobs.Told(why))
}

// judge says what a page proves: that it holds the title; and the hour it
// states, if any.
func judge(c Call, d Duty, a notice.Answer) (outcome, says string, shown time.Time) {
	v := notice.Judge(notice.Wanted{Title: c.Title, URL: d.Address}, a, notice.Answer{})
	switch v.Outcome {
	case notice.Seen:
		says = "网页可以打开，内容有该标题。"
	case notice.Absent:
		says = "网页打不开该信息：不存在，或内容不是“" + c.Title + "”。"
	default:
		says = strings.ReplaceAll(v.Says, "公告页面", "网页")
		return v.Outcome, says, time.Time{}
	}
	if p, err := check.ParsePage(a.Body, a.Type, a.URL); err == nil {
		if t, err := time.ParseInLocation("2006-01-02 15:04", p.Published, calendar.Shanghai); err == nil {
			shown = t.UTC()
			says += "网页标明时间 " + p.Published + "。"
		}
	}
	return v.Outcome, says, shown
}
