package inspection

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// What is sent to a crawler on the other side of a wall may never be answered: the
// folder is not carried over, the crawler stands still. While it is waited for, its
// site is looked at by nobody else. So it is waited for as long as the province
// says and no longer.

// answerWithin is how long a crawler has to begin and answer what it was sent.
func (s *Service) answerWithin() time.Duration {
	return time.Duration(s.set.Province().CrawlerAnswerHours) * time.Hour
}

// unanswered ends, of the last runs of sites, those that were sent and not answered
// in time: they could not be tested, and whose plan it was is told. It returns them.
func (s *Service) unanswered(ctx context.Context, last map[registry.SiteID]Run) (map[RunID]bool, error) {
	within := s.answerWithin()
	// Those of one plan are told together; what a person asked for, to that person's
	// unit; the daily patrols, to the office above all.
	told := map[string][]Run{}
	for _, r := range last {
		if r.UnderWay() && !r.Sent.IsZero() && s.db.Now().Sub(r.Sent) >= within {
			key := string(r.Plan)
			if r.Kind == Manual {
				key = string(r.ID)
			}
			told[key] = append(told[key], r)
		}
	}
	out := map[RunID]bool{}
	for _, key := range slices.Sorted(maps.Keys(told)) {
		runs := told[key]
		slices.SortFunc(runs, func(a, b Run) int { return strings.Compare(a.SiteName, b.SiteName) })
		if err := s.db.Update(ctx, func(tx *db.Tx) error { return s.giveUp(ctx, tx, runs, within) }); err != nil {
			return nil, err
		}
		for _, r := range runs {
			out[r.ID] = true
			r.State = RunFailed
			last[r.Site] = r
		}
	}
	return out, nil
}

// giveUp ends the runs of one plan, or of one wish, that were not answered.
func (s *Service) giveUp(ctx context.Context, tx *db.Tx, runs []Run, within time.Duration) error {
	next := "网站的每日巡检已恢复"
	if s.set.Province().CrawledOutside {
		next = "网站的每日巡检重新交给外网巡检机"
	}
	says := fmt.Sprintf("巡检程序没有在%d小时内回传结果，未能检查；%s，其后回传的结果仍可收下。请检查文件交换和巡检程序。", int(within/time.Hour), next)
	var names []string
	for _, r := range runs {
		n, err := tx.Exec(ctx, `UPDATE inspection_run SET state = 'failed', failure = $2, finished_at = $3, unanswered_at = $3 WHERE id = $1 AND state IN ('queued', 'running') AND sent_at IS NOT NULL`, r.ID, says, tx.Now())
		if err != nil {
			return err
		}
		if n == 0 {
			continue // answered meanwhile
		}
		if err := siteFreed(ctx, tx, r.Site); err != nil {
			return err
		}
		site, err := s.registry.SiteTx(ctx, tx, authz.System("inspection.patrol"), r.Site)
		if err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "inspection.run.unanswered", Basis: "第十九条（四）", Target: site.Target(), After: map[string]any{"run": r.ID, "sent": r.Sent, "hours": int(within / time.Hour)}}); err != nil {
			return err
		}
		names = append(names, r.SiteName)
	}
	if len(names) == 0 {
		return nil
	}
	unit, name, link, err := s.waiter(ctx, tx, runs[0])
	if err != nil || unit == "" {
		return err
	}
	_, err = notify.Send(ctx, tx, notify.Message{Key: "unanswered:" + string(runs[0].ID), Unit: string(unit), Title: "巡检程序没有回传结果：" + name, Link: link, Urgent: true,
		Body: fmt.Sprintf("发出%d小时仍没有收到%s等%d个网站的检查结果。%s", int(within/time.Hour), names[0], len(names), says)})
	return err
}

// waiter is the unit that waits for a run, with what it is called and where it
// stands.
func (s *Service) waiter(ctx context.Context, tx *db.Tx, r Run) (unit org.UnitID, name, link string, err error) {
	switch r.Kind {
	case Planned:
		p, err := db.One(ctx, tx, scanPlan, planSelect+` WHERE p.id = $1`, r.Plan)
		return p.Unit, p.Name, p.Link(), err
	case Manual:
		unit, err = db.One(ctx, tx, db.Value[org.UnitID], `SELECT asked_unit FROM inspection_run WHERE id = $1`, r.ID)
		return unit, r.SiteName, r.Link(), err
	}
	unit, err = db.One(ctx, tx, db.Value[org.UnitID], `SELECT u.id FROM unit u JOIN area a ON a.id = u.area_id WHERE u.kind = 'office' ORDER BY length(a.path), u.id LIMIT 1`)
	if db.None(err) {
		err = nil
	}
	return unit, r.KindName(), r.Link(), err
}

// refuseLate reports whether an answer that came after it was given up is of no use
// any more: the site was looked at since, or may not be looked at. The run says so,
// and the same answer again changes nothing. Any other is taken like one in time.
func (s *Service) refuseLate(ctx context.Context, site registry.Site, r Run, begun time.Time) (bool, error) {
	why := ""
	newer, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM inspection_run WHERE site_id = $1 AND id <> $2 AND state = 'done' AND started_at >= $3`, site.ID, r.ID, begun)
	switch {
	case err != nil:
		return false, err
	case contactable(site) != nil:
		why = "网站已不再检查"
	case newer > 0:
		why = "其后另有检查完成"
	default:
		return false, nil
	}
	now := s.db.Now()
	says := fmt.Sprintf("巡检程序没有按时回传结果；%s收到的结果没有采用：%s。", now.In(calendar.Shanghai).Format("1月2日15:04"), why)
	return true, s.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE inspection_run SET failure = $2, unanswered_at = NULL WHERE id = $1 AND unanswered_at IS NOT NULL`, r.ID, says); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "inspection.run.late", Basis: "第十九条（四）", Target: site.Target(), After: map[string]any{"run": r.ID, "begun": begun, "refused": why}})
	})
}
