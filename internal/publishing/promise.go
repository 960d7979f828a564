package publishing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/jobs"
	"zhengshu/internal/library"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// A time of publication is a promise. Late by more than lateness is an alarm:
// to the unit at once, and a debt until the page is public.
const lateness = time.Minute

// LatePublication is the clock of a promise that was not kept.
var LatePublication = obligation.Kind{
	ID: "late_publication", Name: "定时发布未准时", Clause: "S12.1", Citation: "陕政公开办〔2021〕18号 第十二条（一）",
	Says: "定时发布的信息到时没有公开：查明原因，当天公开或者撤下", Remind: []int{0}, Escalate: 1, Minutes: 15,
}

// Obligations of the package.
func Obligations() []obligation.Kind { return []obligation.Kind{LatePublication} }

// Promises is the periodic duty that looks whether timed publications came in
// time.
type Promises struct{}

// Kind names the job.
func (Promises) Kind() string { return "publishing.promises" }

// Timed is one publication with a time.
type Timed struct {
	Placement library.PlacementID
	Item      library.ItemID
	Title     string
	Site      registry.SiteID
	SiteName  string
	Column    string
	Unit      string // sponsor of the site
	Due       time.Time
	Live      time.Time // zero: not yet
	Late      bool
	ToldAt    time.Time
}

const timedSelect = `SELECT p.id, p.item_id, CASE WHEN p.title <> '' THEN p.title ELSE v.title END, p.site_id, s.name, c.name, s.unit_id, p.publish_at, p.live_at, n.told_at, n.live_at
	  FROM item_placement p JOIN item i ON i.id = p.item_id JOIN item_version v ON v.item_id = i.id AND v.no = i.version
	  JOIN site s ON s.id = p.site_id JOIN site_column c ON c.id = p.column_id JOIN unit u ON u.id = s.unit_id LEFT JOIN late_publication n ON n.placement_id = p.id`

func scanTimed(now time.Time) func(r db.Scanner) (Timed, error) {
	return func(r db.Scanner) (Timed, error) {
		var t Timed
		var live, seen time.Time
		err := r.Scan(&t.Placement, &t.Item, &t.Title, &t.Site, &t.SiteName, &t.Column, &t.Unit, &t.Due, &live, &t.ToldAt, &seen)
		t.Live = live
		if !t.ToldAt.IsZero() {
			t.Live, t.Late = seen, true
		} else if live.IsZero() && now.Sub(t.Due) > lateness {
			t.Late = true
		}
		return t, err
	}
}

// Coming are the timed publications on sites in scope that are still to come,
// the next first.
func (p *Publisher) Coming(ctx context.Context, scope authz.Scope, limit int) ([]Timed, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("p.state = 'scheduled'")
	return db.All(ctx, p.db, scanTimed(p.db.Now()), timedSelect+` WHERE `+w.SQL()+` ORDER BY p.publish_at, p.id LIMIT `+w.Arg(limit), w.Args()...)
}

// Late are the timed publications on sites in scope that came late, or have not
// come, the newest first.
func (p *Publisher) Late(ctx context.Context, scope authz.Scope, limit int) ([]Timed, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("n.placement_id IS NOT NULL")
	return db.All(ctx, p.db, scanTimed(p.db.Now()), timedSelect+` WHERE `+w.SQL()+` ORDER BY n.due_at DESC, p.id LIMIT `+w.Arg(limit), w.Args()...)
}

// Promised looks after the promises once: what is late is told and asked for
// again, what has come late meanwhile is settled.
func (p *Publisher) Promised(ctx context.Context) error {
	ctx = audit.System(ctx, "publishing.promises")
	now := p.db.Now()
	late := now.Add(-lateness)
	list, err := db.All(ctx, p.db, scanTimed(now), timedSelect+`
		WHERE n.placement_id IS NULL AND p.publish_at <= $1 AND (p.state = 'scheduled' OR p.state = 'live' AND p.publish_at >= $2
		      AND EXISTS (SELECT 1 FROM release_change w WHERE w.site_id = p.site_id AND w.item_id = p.item_id AND w.at <= $1))
		ORDER BY p.publish_at LIMIT 200`, late, now.Add(-7*24*time.Hour))
	if err != nil {
		return err
	}
	var errs []error
	for _, t := range list {
		errs = append(errs, p.tellLate(ctx, t))
	}
	open, err := db.All(ctx, p.db, scanTimed(now), timedSelect+` WHERE n.placement_id IS NOT NULL AND n.live_at IS NULL AND p.state <> 'scheduled'
		AND (p.state <> 'live' OR NOT EXISTS (SELECT 1 FROM release_change w WHERE w.site_id = p.site_id AND w.item_id = p.item_id)) LIMIT 200`)
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	for _, t := range open {
		errs = append(errs, p.db.Update(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE late_publication SET live_at = $2 WHERE placement_id = $1`, t.Placement, tx.Now()); err != nil {
				return err
			}
			if p.config.Obligations != nil {
				if _, err := p.config.Obligations.Discharge(ctx, tx, LatePublication.ID, t.subject(), "已公开或者撤下，发布记录可查"); err != nil {
					return err
				}
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "publishing.late.settled", Target: audit.Target{Kind: "item", ID: string(t.Item), Name: t.Title, Unit: t.Unit}})
		}))
	}
	return errors.Join(errs...)
}

func (t Timed) subject() obligation.Subject {
	return obligation.Subject{Kind: "placement", ID: string(t.Placement), Name: t.Title}
}

func (p *Publisher) tellLate(ctx context.Context, t Timed) error {
	return p.db.Update(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `INSERT INTO late_publication (placement_id, site_id, due_at, told_at) VALUES ($1, $2, $3, $4) ON CONFLICT (placement_id) DO NOTHING`, t.Placement, t.Site, t.Due, tx.Now())
		if err != nil || n == 0 {
			return err
		}
		due := t.Due.In(calendar.Shanghai).Format("1月2日15:04")
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "late_publication:" + string(t.Placement), Unit: t.Unit, Urgent: true, Title: "定时发布未准时：" + t.Title,
			Body: fmt.Sprintf("定于 %s 在“%s / %s”公开，到 %s 还没有公开。系统正在重试；请核对，必要时改为立即发布。", due, t.SiteName, t.Column, tx.Now().In(calendar.Shanghai).Format("15:04")), Link: "/console/schedule"}); err != nil {
			return err
		}
		if p.config.Obligations != nil {
			if err := p.config.Obligations.Open(ctx, tx, obligation.Debt{Kind: LatePublication.ID, Unit: org.UnitID(t.Unit), Subject: t.subject(), Link: "/console/schedule", Due: calendar.Due{On: calendar.DateOf(tx.Now())}}); err != nil {
				return err
			}
		}
		// Perhaps a job was lost: both may be asked for again without harm.
		if err := jobs.Enqueue(ctx, tx, library.PlacementsDue{Item: t.Item}); err != nil {
			return err
		}
		if err := enqueueRefresh(ctx, tx, t.Site); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "publishing.late", Target: audit.Target{Kind: "item", ID: string(t.Item), Name: t.Title, Unit: t.Unit}, After: map[string]any{"due": t.Due, "site": t.Site}})
	})
}
