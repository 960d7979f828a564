package demo

import (
	"context"
	"fmt"
	"path"
	"slices"
	"sync/atomic"
	"time"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// Clock is the clock of a demo house: that of the house, which stands in the past
// while Fill lays what has been there, and never afterwards.
type Clock struct {
	real calendar.Clock
	at   atomic.Pointer[time.Time]
}

// NewClock follows another clock.
func NewClock(real calendar.Clock) *Clock { return &Clock{real: real} }

// Now is the real instant, or that at which the clock was stood.
func (c *Clock) Now() time.Time {
	if t := c.at.Load(); t != nil {
		return *t
	}
	return c.real.Now()
}

// Stand stands the clock at an instant; the zero time lets it go again.
func (c *Clock) Stand(t time.Time) {
	if t.IsZero() {
		c.at.Store(nil)
		return
	}
	t = t.UTC()
	c.at.Store(&t)
}

// The months that are laid, the oldest first: how many things were seen at each
// unit. They become fewer.
var seenInMonth = []int{3, 3, 3, 2, 2, 2, 1, 1}

// lateMonth is the month, of those laid, whose orders were closed past their day.
const lateMonth = 2

// seen are the units whose sites were looked at by hand: who ordered, who
// answered.
var seenUnits = []struct{ host, issuer, answers string }{
	{"www.beilin.example", "shi", "beilin"}, {"www.weiyang.example", "shi", "weiyang"}, {"www.tongchuan.example", "sheng", "tongchuan"},
}

var seenThings = []struct{ cause, says, place, fix string }{
	{"link", "首页“友情链接”第 %d 项打不开（演示）", "/index.html", "请改正或删去打不开的链接。"},
	{"update", "“通知公告”栏目第 %d 次检查时超过更新期限（演示）", "/tzgg/", "请更新栏目，或并入其他栏目。"},
	{"text", "第 %d 条动态把“截至”写成“截止”（演示）", "/dt/", "请改正文字。"},
	{"page", "第 %d 个专题页没有网站标识码（演示）", "/zt/", "请在页脚补上网站标识码。"},
}

// past lays what inspectors saw by hand on sites elsewhere over the last months,
// and how it was put right: seen, ordered, read, answered, confirmed, each at its
// own day. The boards then have months to show. A house whose clock cannot be
// stood has no past.
func (d *province) past(ctx context.Context) error {
	if d.At == nil {
		return nil
	}
	defer d.At(time.Time{})
	today := d.today()
	first := assessment.MonthOf(today)
	for range seenInMonth {
		first = first.Before()
	}
	d.At(first.Start())
	if !d.DB.Now().Equal(first.Start()) {
		return nil // the database runs on a clock of its own
	}
	_, n, err := d.Assessment.Orders(ctx, d.DB, authz.System("demo"), assessment.OrderFilter{Issued: first, Limit: 1})
	if err != nil || n > 0 {
		return err
	}
	month := first
	for i, things := range seenInMonth {
		// The seventh of the month at ten, or the working hour after it.
		at := month.First().AddDays(6).Start().Add(10 * time.Hour)
		for n, u := range seenUnits {
			if err := d.monthOf(ctx, at.Add(time.Duration(n)*time.Hour), i, things, u.host, u.issuer, u.answers); err != nil {
				return fmt.Errorf("%s: %s: %w", month, u.host, err)
			}
		}
		month = month.Next()
	}
	return nil
}

// monthOf is one month of one unit.
func (d *province) monthOf(ctx context.Context, at time.Time, month, things int, host, issuer, answers string) error {
	sites, _, err := d.Registry.Sites(ctx, authz.System("demo"), registry.SiteFilter{Text: host, Limit: 2})
	i := slices.IndexFunc(sites, func(s registry.Site) bool { return s.Host == host })
	if err != nil || i < 0 {
		return err // a visitor may have closed it
	}
	d.At(at)
	office, scope, err := d.scoped(ctx, issuer, authz.OrderIssue)
	if err != nil {
		return err
	}
	var ids []inspection.FindingID
	if err := d.DB.Update(office, func(tx *db.Tx) error {
		ids = ids[:0]
		for n := range things {
			x := seenThings[(month+n)%len(seenThings)]
			link, err := d.Assessment.TypeSeenTx(office, tx, scope, assessment.Saw{Object: registry.Ref{Kind: sx2021.Site, ID: string(sites[i].ID)}, Cause: x.cause, Severity: check.Error, Says: fmt.Sprintf(x.says, month*3+n+1), Place: "https://" + host + x.place, Fix: x.fix}, nil)
			if err != nil {
				return err
			}
			ids = append(ids, inspection.FindingID(path.Base(link)))
		}
		return nil
	}); err != nil {
		return err
	}
	d.At(at.Add(26 * time.Hour))
	orders, err := d.Assessment.IssueOrders(office, scope, assessment.Issue{Findings: ids, Says: "请逐项改正，并检查同类页面。", Together: true})
	if err != nil {
		return err
	}
	unit, session, err := d.as(ctx, answers)
	if err != nil {
		return err
	}
	took := 2 + (month*3+len(host))%3
	if month == lateMonth {
		took = 30
	}
	for _, o := range orders {
		d.At(at.Add(50 * time.Hour))
		if err := d.Assessment.Read(unit, session.ScopeFor(authz.OrderRead), session, o.ID); err != nil {
			return err
		}
		d.At(at.AddDate(0, 0, took))
		if _, err := d.Assessment.AnswerOrder(unit, session.ScopeFor(authz.OrderAnswer), o.ID, "已逐项改正，同类页面一并检查。（演示）", nil); err != nil {
			return err
		}
		d.At(at.AddDate(0, 0, took+1))
		for _, id := range ids {
			if _, err := d.Assessment.Accept(office, scope, o.ID, id, "打开页面核对，已改正。（演示）"); err != nil {
				return err
			}
		}
	}
	return nil
}
