package duty

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
)

// States of an alarm.
const (
	Raised     = "raised"
	AlarmTaken = "taken"
	Ended      = "ended"
)

// AlarmMachine is what becomes of an alarm.
var AlarmMachine = passage.Machine{Kind: "alarm", Noun: "告警", States: map[string]string{Raised: "待接收", AlarmTaken: "处理中", Ended: "已结束"},
	Moves: []passage.Move{
		{To: Raised, Act: "raise", Says: "告警", Permit: "system"},
		{From: Raised, Act: "take", To: AlarmTaken, Says: "接收", Permit: string(authz.DutyServe)},
		{From: Raised, Act: "recover", To: Ended, Says: "已恢复", Guard: "各网站都已恢复", Permit: "system"},
		{From: Raised, Act: "escalate", To: Raised, Says: "转报", Guard: "到时无人接收", Permit: "system"},
		{From: AlarmTaken, Act: "ask", To: AlarmTaken, Says: "催办", Guard: "接收后到时没有结束", Permit: "system"},
		{From: AlarmTaken, Act: "escalate", To: AlarmTaken, Says: "转报", Guard: "催办后到时没有结束", Permit: "system"},
		{From: AlarmTaken, Act: "recover", To: Ended, Says: "已恢复", Guard: "各网站都已恢复", Permit: "system"},
		{From: AlarmTaken, Act: "end", To: Ended, Says: "结束告警", Guard: "写明处理结果", Permit: string(authz.DutyServe)},
	}}

// How far an alarm has gone: within the unit, then out of it.
const (
	ToDuty      = 0
	ToNext      = 1
	ToLeader    = 2 // the turn's 带班领导 where one is named, and the 分管领导
	ToPrincipal = 3 // 主要负责同志
	ToSuperior  = 4 // the duty of the office that supervises the unit
	ToProvince  = 5 // the duty of the provincial office
)

// reminded is how often the last of the ladder is told again of what still
// stands.
const reminded = 24 * time.Hour

// Alarm is one cause that somebody on duty has to look at now.
type Alarm struct {
	ID         string
	Unit       org.UnitID
	UnitName   string // joined
	Cause      string
	Title      string
	Says       string
	State      string
	Level      int
	Told       string
	RaisedAt   time.Time
	NextAt     time.Time
	TakenID    string
	TakenBy    string
	TakenAt    time.Time
	EndedAt    time.Time
	EndedBy    string
	EndedWhy   string
	Incident   string
	areaPath   string
	linePath   string
	Sites      int      // joined
	StillWrong int      // joined: of these, not recovered
	Named      []string // names of the sites where there are several, in lists
}

// Link is its page.
func (a Alarm) Link() string { return "/console/alarms/" + a.ID }

// StateName is the state in Chinese.
func (a Alarm) StateName() string { return AlarmMachine.Name(a.State) }

func (a Alarm) target() audit.Target {
	return audit.Target{Kind: "alarm", ID: a.ID, Name: a.Title, Unit: string(a.Unit)}
}

const alarmSelect = `SELECT a.id, a.unit_id, u.name, a.cause, a.title, a.says, a.state, a.level, a.told, a.raised_at, a.next_at, a.taken_id, a.taken_by, a.taken_at, a.ended_at, a.ended_by, a.ended_why, COALESCE(a.incident_id, ''), u.area_path, u.line_path,
	(SELECT count(DISTINCT x.site_id) FROM alarm_site x WHERE x.alarm_id = a.id), (SELECT count(DISTINCT x.site_id) FROM alarm_site x WHERE x.alarm_id = a.id AND x.ended_at IS NULL)
	FROM alarm a JOIN unit u ON u.id = a.unit_id`

func scanAlarm(r db.Scanner) (Alarm, error) {
	var a Alarm
	err := r.Scan(&a.ID, &a.Unit, &a.UnitName, &a.Cause, &a.Title, &a.Says, &a.State, &a.Level, &a.Told, &a.RaisedAt, &a.NextAt, &a.TakenID, &a.TakenBy, &a.TakenAt, &a.EndedAt, &a.EndedBy, &a.EndedWhy, &a.Incident, &a.areaPath, &a.linePath, &a.Sites, &a.StillWrong)
	return a, err
}

// AlarmSite is one site an alarm is about.
type AlarmSite struct {
	Site    registry.SiteID
	Name    string
	Finding string
	Says    string
	Since   time.Time
	EndedAt time.Time
	Who     org.Answerer // to call about the site; of AlarmOf
	unit    org.UnitID
}

// AlarmFilter narrows Alarms.
type AlarmFilter struct {
	Unit     org.UnitID
	State    string // "standing" for those not ended
	Incident string
	Limit    int
	Offset   int
}

// Alarms in scope, those that wait first, and how many there are.
func (s *Service) Alarms(ctx context.Context, scope authz.Scope, f AlarmFilter) ([]Alarm, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.AndIf(f.Unit != "", "a.unit_id = ?", f.Unit).AndIf(f.State == "standing", "a.state <> 'ended'").AndIf(f.State != "" && f.State != "standing", "a.state = ?", f.State).AndIf(f.Incident != "", "a.incident_id = ?", f.Incident)
	n, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM alarm a JOIN unit u ON u.id = a.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	list, err := db.All(ctx, s.DB, scanAlarm, alarmSelect+` WHERE `+w.SQL()+` ORDER BY CASE a.state WHEN 'raised' THEN 0 WHEN 'taken' THEN 1 ELSE 2 END, a.raised_at DESC, a.id DESC LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	return list, n, s.nameSites(ctx, list)
}

// nameSites puts their sites to the alarms that are about several, those not recovered
// first.
func (s *Service) nameSites(ctx context.Context, list []Alarm) error {
	at := map[string]*Alarm{}
	var ids []string
	for i := range list {
		if list[i].Sites > 1 {
			at[list[i].ID] = &list[i]
			ids = append(ids, list[i].ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var w db.Where
	rows, err := db.All(ctx, s.DB, func(r db.Scanner) (x [2]string, err error) {
		return x, r.Scan(&x[0], &x[1])
	}, `SELECT x.alarm_id, s.name FROM alarm_site x JOIN site s ON s.id = x.site_id WHERE x.alarm_id IN `+db.Among(&w, ids)+`
		 GROUP BY x.alarm_id, s.id, s.name ORDER BY min(CASE WHEN x.ended_at IS NULL THEN 0 ELSE 1 END), min(x.since), s.name, s.id`, w.Args()...)
	for _, x := range rows {
		at[x[0]].Named = append(at[x[0]].Named, x[1])
	}
	return err
}

// HandedUp are the standing alarms of other units that have come to an office: those
// it supervises did not take them in time.
func (s *Service) HandedUp(ctx context.Context, scope authz.Scope, office org.UnitID) (out []Alarm, err error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("a.state <> 'ended' AND a.level >= ? AND a.unit_id <> ?", ToSuperior, office)
	list, err := db.All(ctx, s.DB, scanAlarm, alarmSelect+` WHERE `+w.SQL()+` ORDER BY a.raised_at DESC, a.id DESC LIMIT 200`, w.Args()...)
	if err != nil {
		return nil, err
	}
	type offices struct{ superior, province org.UnitID }
	known := map[org.UnitID]offices{}
	for _, a := range list {
		at, ok := known[a.Unit]
		if !ok {
			superior, province, err := s.above(ctx, s.DB, a.Unit)
			if err != nil {
				return nil, err
			}
			at = offices{superior.ID, province.ID}
			known[a.Unit] = at
		}
		if at.superior == office || at.province == office && a.Level >= ToProvince {
			out = append(out, a)
		}
	}
	return out, nil
}

func (s *Service) alarmsOn(ctx context.Context, q db.Querier, unit org.UnitID, on calendar.Date) ([]Alarm, error) {
	return db.All(ctx, q, scanAlarm, alarmSelect+` WHERE a.unit_id = $1 AND a.raised_at < $3 AND (a.ended_at IS NULL OR a.ended_at >= $2) ORDER BY a.raised_at, a.id LIMIT 100`, unit, on.Start(), on.End())
}

// AlarmOf is one alarm in scope with its sites.
func (s *Service) AlarmOf(ctx context.Context, scope authz.Scope, id string) (Alarm, []AlarmSite, error) {
	a, err := s.alarm(ctx, s.DB, scope, id)
	if err != nil {
		return a, nil, err
	}
	sites, err := s.alarmSites(ctx, s.DB, id)
	if err != nil {
		return a, nil, err
	}
	units, ids := make([]org.UnitID, len(sites)), make([]string, len(sites))
	for i, x := range sites {
		units[i], ids[i] = x.unit, string(x.Site)
	}
	who, err := s.Org.Answerers(ctx, s.DB, scope, units, ids)
	for i, x := range sites {
		sites[i].Who = who.For(x.unit, string(x.Site))
	}
	return a, sites, err
}

func (s *Service) alarmSites(ctx context.Context, q db.Querier, id string) ([]AlarmSite, error) {
	return db.All(ctx, q, func(r db.Scanner) (AlarmSite, error) {
		var x AlarmSite
		err := r.Scan(&x.Site, &x.Name, &x.Finding, &x.Says, &x.Since, &x.EndedAt, &x.unit)
		return x, err
	}, `SELECT x.site_id, s.name, x.finding_id, x.says, x.since, x.ended_at, s.unit_id FROM alarm_site x JOIN site s ON s.id = x.site_id WHERE x.alarm_id = $1 ORDER BY CASE WHEN x.ended_at IS NULL THEN 0 ELSE 1 END, x.since, x.id LIMIT 500`, id)
}

func (s *Service) alarm(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Alarm, error) {
	a, err := db.One(ctx, q, scanAlarm, alarmSelect+` WHERE a.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(a.areaPath, a.linePath) {
		return Alarm{}, fault.Missing("告警")
	}
	return a, err
}

// AlarmHistory is every step of an alarm in scope.
func (s *Service) AlarmHistory(ctx context.Context, scope authz.Scope, id string) ([]passage.Step, error) {
	if _, err := s.alarm(ctx, s.DB, scope, id); err != nil {
		return nil, err
	}
	return AlarmMachine.History(ctx, s.DB, id)
}

// signal is something wrong with a site that the duty has to know at once.
type signal struct {
	site    registry.Site
	kind    string // down, or the check
	what    string // 打不开
	finding string
	says    string
	since   time.Time
	title   string // of the alarm it raises; empty: the site and what
	cause   *Cause // known already; nil: asked for
	later   bool   // told with the others of the sweep (tellRaised), when it is known how many they are
}

// raise puts a signal under the alarm of its cause, and raises one where none
// stands: several sites of one platform are one alarm.
func (s *Service) raise(ctx context.Context, tx *db.Tx, g signal) error {
	c := Cause{Key: "site:" + string(g.site.ID), Name: g.site.Name}
	unit, err := s.PointOf(ctx, tx, g.site.Unit)
	if err != nil {
		return err
	}
	shared := false
	if g.cause != nil {
		c, unit, shared = *g.cause, g.cause.Unit, true
	} else if s.CauseOf != nil && common(g.kind) {
		x, ok, err := s.CauseOf(ctx, tx, g.site, g.kind)
		if err != nil {
			return err
		}
		if ok {
			c, shared = x, true
			if unit, err = s.PointOf(ctx, tx, x.Unit); err != nil {
				return err
			}
		}
	}
	key := causeOf(g.kind) + ":" + c.Key
	a, err := db.One(ctx, tx, scanAlarm, alarmSelect+` WHERE a.cause = $1 AND a.state <> 'ended'`, key)
	fresh := db.None(err)
	if err != nil && !fresh {
		return err
	}
	if !fresh && g.finding == "" {
		// What began after all the others had come back is another outage.
		if fresh, err = s.overBefore(ctx, tx, a, g.since); err != nil {
			return err
		}
	}
	if fresh {
		a = Alarm{ID: ulid.Make().String(), Unit: unit, Cause: key, Title: cmp.Or(g.title, g.site.Name+g.what), Says: g.says, RaisedAt: tx.Now()}
		if _, a.State, err = AlarmMachine.Take(ctx, tx, a.ID, "raise", passage.Note{Says: abridge.Text(g.says, 200)}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO alarm (id, unit_id, cause, title, says, state, level, told, raised_at) VALUES ($1, $2, $3, $4, $5, $6, 0, '', $7)`, a.ID, a.Unit, key, a.Title, a.Says, a.State, tx.Now()); err != nil {
			return fmt.Errorf("duty: raise alarm: %w", err)
		}
	}
	added, err := tx.Exec(ctx, `INSERT INTO alarm_site (id, alarm_id, site_id, finding_id, says, since) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (alarm_id, site_id, finding_id) DO UPDATE SET ended_at = NULL, since = excluded.since WHERE alarm_site.ended_at IS NOT NULL`,
		ulid.Make().String(), a.ID, g.site.ID, g.finding, abridge.Text(g.says, 300), g.since)
	if err != nil {
		return err
	}
	if own, err := s.PointOf(ctx, tx, g.site.Unit); err != nil {
		return err
	} else if own != a.Unit && added > 0 {
		// The duty of the platform sees to it; the site's own is told.
		if err := notify.SendAll(ctx, tx, []notify.Message{{Key: "alarm:" + a.ID + ":site:" + string(g.site.ID), Unit: string(own), Title: g.site.Name + g.what, Body: g.says + "由" + c.Name + "的值班人员处理。", Link: "/console/inspection/sites/" + string(g.site.ID), Urgent: true}}); err != nil {
			return err
		}
	}
	if fresh {
		if !g.later {
			if _, err := s.tellNext(ctx, tx, &a, ToDuty); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "duty.alarm.raise", Basis: citation, Target: a.target(), After: map[string]string{"site": g.site.Name, "says": g.says, "told": a.Told}})
	}
	if added == 0 {
		return nil
	}
	n, err := db.One(ctx, tx, db.Value[int], `SELECT count(DISTINCT site_id) FROM alarm_site WHERE alarm_id = $1`, a.ID)
	if err != nil {
		return err
	}
	if shared && n > 1 {
		a.Title = fmt.Sprintf("%s %d 个网站%s", cmp.Or(c.Of, c.Name+"上的"), n, g.what)
		if _, err := tx.Exec(ctx, `UPDATE alarm SET title = $2 WHERE id = $1`, a.ID, a.Title); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "duty.alarm.join", Basis: citation, Target: a.target(), After: map[string]string{"site": g.site.Name, "says": g.says}})
}

// overBefore reports whether the outage that an alarm is of was over before an instant:
// each of its sites had opened again. Then it is ended here, where the sweep would have
// found so a moment later.
func (s *Service) overBefore(ctx context.Context, tx *db.Tx, a Alarm, at time.Time) (bool, error) {
	sites, err := s.alarmSites(ctx, tx, a.ID)
	if err != nil {
		return false, err
	}
	var open []AlarmSite
	for _, x := range sites {
		if !x.EndedAt.IsZero() {
			continue
		}
		back, err := s.Inspection.OpenedAfter(ctx, authz.System("duty.sweep"), x.Site, x.Since)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return false, err
		}
		if x.Finding != "" || back.IsZero() || !back.Before(at) {
			return false, nil
		}
		open = append(open, x)
	}
	for _, x := range open {
		if err := s.recovered(ctx, tx, `x.finding_id = '' AND x.site_id = $1`, string(x.Site)); err != nil {
			return false, err
		}
	}
	return len(open) > 0, nil
}

// tellRaised tells the duty of the alarms that a sweep raised, when all the sites of
// each are known; one that was cut off in between is told by the next.
func (s *Service) tellRaised(ctx context.Context) error {
	list, err := db.All(ctx, s.DB, db.Value[string], `SELECT id FROM alarm WHERE state = 'raised' AND told = '' AND next_at IS NULL ORDER BY raised_at, id LIMIT 500`)
	if err != nil {
		return err
	}
	for _, id := range list {
		if err := s.DB.Update(ctx, func(tx *db.Tx) error {
			a, err := s.alarm(ctx, tx, authz.System("duty.sweep"), id)
			if err != nil || a.State != Raised || a.Told != "" || !a.NextAt.IsZero() {
				return err
			}
			if _, err := s.tellNext(ctx, tx, &a, ToDuty); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "duty.alarm.tell", Basis: citation, Target: a.target(), After: map[string]any{"told": a.Told, "sites": a.Sites}})
		}); err != nil {
			return err
		}
	}
	return nil
}

// tellGrown tells all who were told of an alarm, or who took it, that it has become twice
// as many sites as the first of them know of: not of each one that joins.
func (s *Service) tellGrown(ctx context.Context) error {
	list, err := db.All(ctx, s.DB, db.Value[string], `SELECT a.id FROM alarm a WHERE a.state <> 'ended' AND a.next_at IS NOT NULL AND (SELECT count(DISTINCT x.site_id) FROM alarm_site x WHERE x.alarm_id = a.id) >= 2 * a.sites_told ORDER BY a.raised_at, a.id LIMIT 500`)
	if err != nil {
		return err
	}
	for _, id := range list {
		if err := s.DB.Update(ctx, func(tx *db.Tx) error { return s.tellGrownOf(ctx, tx, id) }); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) tellGrownOf(ctx context.Context, tx *db.Tx, id string) error {
	a, err := s.alarm(ctx, tx, authz.System("duty.sweep"), id)
	if err != nil || a.State == Ended {
		return err
	}
	people := []org.Person{{ID: org.PersonID(a.TakenID), Name: a.TakenBy, Unit: a.Unit}}
	if a.State != AlarmTaken {
		people = nil
		for level := range a.Level + 1 {
			more, _, err := s.peopleAt(ctx, tx, a, level)
			if err != nil {
				return err
			}
			for _, p := range more {
				if !slices.ContainsFunc(people, func(x org.Person) bool { return x.ID == p.ID && x.Unit == p.Unit }) {
					people = append(people, p)
				}
			}
		}
		if len(people) == 0 { // whoever was told has left
			people = []org.Person{{Unit: a.Unit}}
		}
	}
	about, err := s.about(ctx, tx, a)
	if err != nil {
		return err
	}
	messages := make([]notify.Message, len(people))
	for i, p := range people {
		messages[i] = notify.Message{Key: fmt.Sprintf("alarm:%s:grown:%d:%s:%s", a.ID, a.Sites, p.Unit, p.ID), Unit: string(p.Unit), Person: string(p.ID), Title: "告警扩大：" + a.Title, Body: about, Link: a.Link(), Urgent: true}
	}
	if err := notify.SendAll(ctx, tx, messages); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE alarm SET sites_told = $2 WHERE id = $1`, a.ID, a.Sites); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "duty.alarm.grown", Basis: citation, Target: a.target(), After: map[string]any{"sites": a.Sites}})
}

// namedOf is how many of the sites of an alarm a message names.
const namedOf = 5

// about is what an alarm is about, for who is told: of several sites their number and
// some of their names, then what was seen of the first.
func (s *Service) about(ctx context.Context, q db.Querier, a Alarm) (string, error) {
	list, err := s.alarmSites(ctx, q, a.ID)
	if err != nil {
		return "", err
	}
	var sites []string
	seen := map[registry.SiteID]bool{}
	for _, x := range list {
		if !seen[x.Site] {
			seen[x.Site] = true
			sites = append(sites, x.Name)
		}
	}
	if len(sites) < 2 {
		return a.Says, nil
	}
	more := ""
	if len(sites) > namedOf {
		more = "等"
	}
	return fmt.Sprintf("涉及 %d 个网站：%s%s。最先发现：%s", len(sites), strings.Join(sites[:min(len(sites), namedOf)], "、"), more, a.Says), nil
}

// causeOf is what has to be looked for behind what was seen. Whoever gets into a
// site changes its pages, hides links in them and shows them to search engines
// alone: the checks that see one part of it each speak of one cause.
func causeOf(kind string) string {
	switch family, _, _ := strings.Cut(kind, "."); family {
	case "tamper", "concealed", "cloaked", "change":
		return "intruder"
	}
	return kind
}

// common reports whether a fault of this kind comes from where a site lives: an
// outage, a change of its pages. What is written on a page is the site's own.
func common(kind string) bool {
	switch family, _, _ := strings.Cut(kind, "."); family {
	case Down, "access", "dns", "tls", "host":
		return true
	}
	return causeOf(kind) == "intruder"
}

// tellNext tells who comes at a level, and sets when it goes on. A level with
// nobody is passed over at once; where none is left, the last one told is told
// again.
func (s *Service) tellNext(ctx context.Context, tx *db.Tx, a *Alarm, level int) (words string, err error) {
	var people []org.Person
	for ; level <= ToProvince; level++ {
		if people, words, err = s.peopleAt(ctx, tx, *a, level); err != nil {
			return "", err
		}
		if len(people) > 0 {
			break
		}
	}
	again := level > ToProvince
	if again {
		level = a.Level
		if people, words, err = s.peopleAt(ctx, tx, *a, level); err != nil {
			return "", err
		}
		if len(people) == 0 { // whoever was told has left
			people, words = []org.Person{{Unit: a.Unit}}, "本单位全体"
		}
		words = "再次告知" + words
	}
	about, err := s.about(ctx, tx, *a)
	if err != nil {
		return "", err
	}
	title, body := "告警："+a.Title, about
	switch {
	case a.State == AlarmTaken:
		title = "告警没有结束：" + a.Title
		body = fmt.Sprintf("由%s于%s接收，至今没有结束。%s", a.TakenBy, a.TakenAt.In(calendar.Shanghai).Format("1月2日15:04"), about)
	case level > ToLeader || again:
		body = fmt.Sprintf("%s自%s起没有人接收。%s", a.UnitName, a.RaisedAt.In(calendar.Shanghai).Format("1月2日15:04"), about)
	}
	key := fmt.Sprintf("alarm:%s:%d", a.ID, level)
	if again || a.State == AlarmTaken {
		key += ":" + tx.Now().Format(time.RFC3339)
	}
	list := make([]notify.Message, len(people))
	for i, p := range people {
		list[i] = notify.Message{Key: key + ":" + string(p.ID), Unit: string(p.Unit), Person: string(p.ID), Title: title, Body: body, Link: a.Link(), Urgent: true}
	}
	if err := notify.SendAll(ctx, tx, list); err != nil {
		return "", err
	}
	a.Level = level
	if !again { // what is told again stands in the history
		if a.Told != "" {
			a.Told += "；"
		}
		a.Told += tx.Now().In(calendar.Shanghai).Format("15:04") + " " + words
	}
	a.NextAt = tx.Now().Add(s.wait(*a, again))
	_, err = tx.Exec(ctx, `UPDATE alarm SET level = $2, told = $3, next_at = $4, sites_told = CASE WHEN told = '' THEN (SELECT count(DISTINCT x.site_id) FROM alarm_site x WHERE x.alarm_id = $1) ELSE sites_told END WHERE id = $1`, a.ID, a.Level, abridge.Text(a.Told, 1000), a.NextAt)
	return words, err
}

// wait is how long an alarm stays with those told last.
func (s *Service) wait(a Alarm, again bool) time.Duration {
	minutes := s.Settings().AlarmMinutes
	switch {
	case again:
		return reminded
	case a.State == AlarmTaken:
		minutes = s.Settings().AlarmTakenMinutes
	case a.Level >= ToPrincipal:
		minutes = s.Settings().AlarmSuperiorMinutes
	}
	return time.Duration(minutes) * time.Minute
}

// peopleAt are who is told at a level, with their part in words; a person
// without an id is everybody at the unit. None: the level is passed over.
func (s *Service) peopleAt(ctx context.Context, q db.Querier, a Alarm, level int) ([]org.Person, string, error) {
	switch level {
	case ToDuty, ToNext:
		now, next, err := s.onDuty(ctx, q, a.Unit, s.DB.Now())
		if err != nil {
			return nil, "", err
		}
		if level == ToDuty {
			people := standing(now)
			return people, "当班" + names(people), nil
		}
		people := slices.DeleteFunc(standing(next), func(p org.Person) bool { return now.Has(string(p.ID)) }) // who was told already is not told again
		return people, "下一班" + names(people), nil
	case ToLeader:
		now, _, err := s.onDuty(ctx, q, a.Unit, s.DB.Now())
		if err != nil {
			return nil, "", err
		}
		people, err := s.inPost(ctx, q, a.Unit, org.LeaderInCharge)
		if err != nil {
			return nil, "", err
		}
		says := ""
		if len(people) > 0 {
			says = "分管领导" + names(people)
		}
		if now.Leader != "" {
			if !slices.ContainsFunc(people, func(p org.Person) bool { return p.ID == now.Leader }) {
				people = append(people, org.Person{ID: now.Leader, Name: now.LeaderName, Unit: now.Unit})
			}
			says = strings.Trim("带班领导"+now.LeaderName+"、"+says, "、")
		}
		if len(people) > 0 {
			return people, says, nil
		}
		if people, err = s.supervisors(ctx, q, a.Unit); err != nil || len(people) > 0 {
			return people, "主管人员" + names(people), err
		}
		return []org.Person{{Unit: a.Unit}}, "本单位全体（没有分管领导，也没有主管人员）", nil
	case ToPrincipal:
		people, err := s.inPost(ctx, q, a.Unit, org.Principal)
		return people, "主要负责同志" + names(people), err
	}
	superior, province, err := s.above(ctx, q, a.Unit)
	office := superior
	if level == ToProvince {
		office = province
	}
	if err != nil || office.ID == "" {
		return nil, "", err
	}
	now, _, err := s.onDuty(ctx, q, office.ID, s.DB.Now())
	if err != nil {
		return nil, "", err
	}
	if people := standing(now); len(people) > 0 {
		return people, office.Name + "值班" + names(people), nil
	}
	people, err := s.supervisors(ctx, q, office.ID)
	if err != nil || len(people) > 0 {
		return people, office.Name + "主管人员" + names(people), err
	}
	return []org.Person{{Unit: office.ID}}, office.Name + "全体（没有值班人员，也没有主管人员）", nil
}

// above are the office that supervises a unit and the provincial one where that
// is another; empty where there is none.
func (s *Service) above(ctx context.Context, q db.Querier, unit org.UnitID) (superior, province org.Unit, err error) {
	u, err := s.Org.UnitTx(ctx, q, authz.System("duty.alarm"), unit)
	if err != nil {
		return superior, province, err
	}
	if superior, _, err = s.Org.Supervising(ctx, q, u); err != nil {
		return superior, province, err
	}
	for at := superior; at.ID != ""; {
		province = at
		next, ok, err := s.Org.SuperiorOffice(ctx, q, at)
		if err != nil {
			return superior, province, err
		}
		if !ok {
			break
		}
		at = next
	}
	if province.ID == superior.ID {
		province = org.Unit{}
	}
	return superior, province, nil
}

// standing are the people of a turn.
func standing(x Shift) []org.Person {
	var people []org.Person
	if x.Lead != "" {
		people = append(people, org.Person{ID: x.Lead, Name: x.LeadName, Unit: x.Unit})
	}
	if x.Second != "" {
		people = append(people, org.Person{ID: x.Second, Name: x.SecondName, Unit: x.Unit})
	}
	return people
}

// inPost are who holds a named post of a unit now.
func (s *Service) inPost(ctx context.Context, q db.Querier, unit org.UnitID, kind org.PostKind) ([]org.Person, error) {
	posts, err := s.Org.NamedPosts(ctx, q, authz.System("duty.alarm"), org.PostFilter{Unit: unit, Kind: kind})
	if err != nil {
		return nil, err
	}
	for _, p := range posts {
		if p.Person != "" && p.Ended.IsZero() {
			return []org.Person{{ID: p.Person, Name: p.PersonName, Unit: unit}}, nil
		}
	}
	return nil, nil
}

// supervisors are who supervises at a unit.
func (s *Service) supervisors(ctx context.Context, q db.Querier, unit org.UnitID) ([]org.Person, error) {
	holders, err := s.Org.Holders(ctx, q, authz.System("duty.alarm"), unit, authz.Supervisor)
	if err != nil {
		return nil, err
	}
	people := make([]org.Person, len(holders))
	for i, h := range holders {
		people[i] = h.Person
		people[i].Unit = unit
	}
	return people, nil
}

func names(people []org.Person) string {
	var out []string
	for _, p := range people {
		out = append(out, p.Name)
	}
	return strings.Join(out, "、")
}

// TakeAlarm is somebody's word that they see to it; it goes on to nobody else
// while it is ended in time.
func (s *Service) TakeAlarm(ctx context.Context, scope authz.Scope, id string) (Alarm, error) {
	return s.alarmAct(ctx, scope, id, "take", "", func(tx *db.Tx, session *authz.Session, a *Alarm) error {
		a.TakenID, a.TakenBy, a.TakenAt = session.PersonID, session.Name, tx.Now()
		_, err := tx.Exec(ctx, `UPDATE alarm SET state = $2, taken_id = $3, taken_by = $4, taken_at = $5, next_at = $6 WHERE id = $1`, a.ID, a.State, session.PersonID, session.Name, tx.Now(), tx.Now().Add(s.wait(*a, false)))
		return err
	})
}

// EndAlarm closes an alarm that was taken, with what came of it.
func (s *Service) EndAlarm(ctx context.Context, scope authz.Scope, id, why string) (Alarm, error) {
	why = strings.TrimSpace(why)
	return s.alarmAct(ctx, scope, id, "end", why, func(tx *db.Tx, session *authz.Session, a *Alarm) error {
		var f fault.Fields
		f.Text("why", "处理结果", why, true, 500)
		if err := f.Err(); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE alarm SET state = $2, ended_at = $3, ended_by = $4, ended_why = $5, next_at = NULL WHERE id = $1`, a.ID, a.State, tx.Now(), session.Name, why)
		return err
	})
}

func (s *Service) alarmAct(ctx context.Context, scope authz.Scope, id, act, says string, do func(tx *db.Tx, session *authz.Session, a *Alarm) error) (Alarm, error) {
	session, err := who(ctx)
	if err != nil {
		return Alarm{}, err
	}
	var a Alarm
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		if a, err = s.alarm(ctx, tx, scope, id); err != nil {
			return err
		}
		before := a.State
		if _, a.State, err = AlarmMachine.Take(ctx, tx, id, act, passage.Note{Says: says}); err != nil {
			return err
		}
		if err := do(tx, session, &a); err != nil {
			return err
		}
		if a.Incident != "" {
			if err := s.enter(ctx, tx, a.Incident, "alarm", AlarmMachine.ActName(act)+"告警“"+a.Title+"”。"+says, a.Link()); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "duty.alarm." + act, Basis: citation, Target: a.target(), Before: before, After: map[string]string{"state": a.State, "says": says}})
	})
	return a, err
}

// recovered marks what is well again, also where a person ended the alarm before
// it was, and ends an alarm of which all is.
func (s *Service) recovered(ctx context.Context, tx *db.Tx, cond string, args ...any) error {
	ids, err := db.All(ctx, tx, db.Value[string], `SELECT DISTINCT x.alarm_id FROM alarm_site x WHERE x.ended_at IS NULL AND `+cond, args...)
	if err != nil || len(ids) == 0 {
		return err
	}
	for _, id := range ids {
		if _, err := tx.Exec(ctx, `UPDATE alarm_site SET ended_at = $1 WHERE alarm_id = $2 AND ended_at IS NULL AND id IN (SELECT x.id FROM alarm_site x WHERE `+shifted(cond, 2)+`)`, append([]any{tx.Now(), id}, args...)...); err != nil {
			return err
		}
		a, err := s.alarm(ctx, tx, authz.System("duty.alarm"), id)
		if err != nil {
			return err
		}
		if a.State == Ended || a.StillWrong > 0 {
			continue
		}
		before := a.State
		if _, a.State, err = AlarmMachine.Take(ctx, tx, id, "recover", passage.Note{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE alarm SET state = $2, ended_at = $3, ended_why = '各网站都已恢复', next_at = NULL WHERE id = $1`, id, a.State, tx.Now()); err != nil {
			return err
		}
		if a.Incident != "" {
			if err := s.enter(ctx, tx, a.Incident, "alarm", "告警“"+a.Title+"”涉及的网站都已恢复。", a.Link()); err != nil {
				return err
			}
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "duty.alarm.recover", Basis: citation, Target: a.target(), Before: before, After: a.State}); err != nil {
			return err
		}
	}
	return nil
}

// shifted renumbers the places of a condition: $1 to $3 when by two.
func shifted(cond string, by int) string {
	for n := 4; n >= 1; n-- {
		cond = strings.ReplaceAll(cond, fmt.Sprintf("$%d", n), fmt.Sprintf("$%d", n+by))
	}
	return cond
}

// findingMoved is told of every move of a finding: a serious one, or one that has
// become so, alarms the duty, and one that is gone or called false ends its part of
// the alarm. An account alarms nobody at night: its mending has a clock of its own.
func (s *Service) findingMoved(ctx context.Context, tx *db.Tx, f inspection.Finding, act string) error {
	switch act {
	case "find", "worsen", "reopen":
		if f.Severity != check.Serious || f.Account != "" {
			return nil
		}
		site, err := s.Registry.SiteTx(ctx, tx, authz.System("duty.alarm"), f.Site)
		if err != nil {
			return err
		}
		since := f.FirstSeen
		if act == "worsen" {
			since = f.LastSeen // it was no matter for an alarm before
		}
		return s.raise(ctx, tx, signal{site: site, kind: f.Check, what: "发现严重问题", finding: string(f.ID), says: f.Says, since: since})
	case "close", "confirm_false", "lapse":
		return s.recovered(ctx, tx, `x.finding_id = $1`, string(f.ID))
	}
	return nil
}

// sweepOutages raises what does not answer and ends what does again. One outage is
// one alarm: where a person ended it and said why, it is not raised again before a
// probe has succeeded; of what lasts a day, closing asks for an explanation
// (readings 7).
func (s *Service) sweepOutages(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "duty.sweep")
	n, err := s.outages(ctx)
	return n, errors.Join(err, s.tellRaised(ctx), s.tellGrown(ctx))
}

func (s *Service) outages(ctx context.Context) (int, error) {
	system := authz.System("duty.sweep")
	silent, err := s.Inspection.Silences(ctx, system, time.Duration(s.Settings().DownAlarmMinutes)*time.Minute)
	if err != nil {
		return 0, err
	}
	told, err := db.All(ctx, s.DB, db.Value[registry.SiteID], `SELECT DISTINCT site_id FROM alarm_site WHERE finding_id = '' AND ended_at IS NULL ORDER BY site_id`)
	if err != nil {
		return 0, err
	}
	uncounted, err := s.Inspection.Uncounted(ctx, system)
	if err != nil {
		return 0, err
	}
	n, err := s.raiseUncounted(ctx, uncounted, told)
	if err != nil {
		return n, err
	}
	for _, x := range silent {
		if slices.Contains(told, x.Site) {
			continue
		}
		site, err := s.Registry.Site(ctx, system, x.Site)
		if err != nil {
			return n, err
		}
		n++
		if err := s.DB.Update(ctx, func(tx *db.Tx) error {
			kind, why := downBy(x.Kind)
			return s.raise(ctx, tx, signal{site: site, kind: kind, what: "打不开", since: x.Since, later: true,
				says: fmt.Sprintf("%s（%s）自%s起打不开，连续%d次访问失败%s。", site.Name, site.Host, x.Since.In(calendar.Shanghai).Format("1月2日15:04"), x.Probes, why)})
		}); err != nil {
			return n, err
		}
	}
	for _, id := range told {
		if slices.ContainsFunc(silent, func(x inspection.Silence) bool { return x.Site == id }) || slices.ContainsFunc(uncounted, func(x inspection.Uncounted) bool { return x.Site.ID == id }) {
			continue
		}
		// Only a probe that succeeded proves it; a gap of our own does not.
		if _, down, err := s.Inspection.DownSince(ctx, system, id); err != nil || down {
			if err != nil && !fault.Is(err, fault.NotFound) {
				return n, err
			}
			if down {
				continue
			}
		}
		n++
		if err := s.DB.Update(ctx, func(tx *db.Tx) error {
			if err := s.recovered(ctx, tx, `x.finding_id = '' AND x.site_id = $1`, string(id)); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "duty.alarm.back", Basis: citation, Target: audit.Target{Kind: "site", ID: string(id)}})
		}); err != nil {
			return n, err
		}
	}
	return n, nil
}

// downBy is the kind of an outage by how the last probe failed, and why in words: what
// fails at the name or at the encryption has a cause of its own.
func downBy(k egress.Kind) (kind, why string) {
	switch k {
	case egress.DNS:
		return DownByName, "（域名无法解析）"
	case egress.TLS:
		return DownBySecret, "（加密连接没有建立，证书可能有问题）"
	}
	return Down, ""
}

// Uncounted is the kind of fault that sites do not answer and cannot be counted.
const Uncounted = "uncounted"

// raiseUncounted raises one alarm for all the sites that did not answer this system
// and are not counted, once it has lasted as long as an outage that is alarmed: their
// own alarms wait for it to be known whose fault it is.
func (s *Service) raiseUncounted(ctx context.Context, list []inspection.Uncounted, told []registry.SiteID) (int, error) {
	list = slices.Clone(list)
	long := slices.ContainsFunc(list, func(x inspection.Uncounted) bool {
		return x.Last.Sub(x.Since) >= time.Duration(s.Settings().DownAlarmMinutes)*time.Minute
	})
	fresh := slices.DeleteFunc(slices.Clone(list), func(x inspection.Uncounted) bool { return slices.Contains(told, x.Site.ID) })
	if !long || len(fresh) == 0 {
		return 0, nil
	}
	return len(fresh), s.DB.Update(ctx, func(tx *db.Tx) error {
		over, err := s.pointOver(ctx, tx, list)
		if err != nil {
			return err
		}
		cause := Cause{Key: "own", Name: over.Name, Of: "只由本系统探测的", Unit: over.ID}
		for _, x := range fresh {
			if err := s.raise(ctx, tx, signal{site: x.Site, kind: Uncounted, what: "连不上", since: x.Since, later: true, cause: &cause, title: fmt.Sprintf("%s %d 个网站连不上", cause.Of, len(list)),
				says: fmt.Sprintf("%s（%s）与同一轮探测的其他网站自%s起都连不上，分不清是网站还是本系统一侧的网络出了问题，没有计入失败。%s", x.Site.Name, x.Site.Host, x.Since.In(calendar.Shanghai).Format("1月2日15:04"), inspection.UncountedToDo)}); err != nil {
				return err
			}
		}
		return nil
	})
}

// pointOver is the unit on whose duty all the sites are or, where they are on several,
// the highest office over the first of them.
func (s *Service) pointOver(ctx context.Context, q db.Querier, list []inspection.Uncounted) (org.Unit, error) {
	first, err := s.PointOf(ctx, q, list[0].Site.Unit)
	if err != nil {
		return org.Unit{}, err
	}
	several := false
	for _, x := range list[1:] {
		at, err := s.PointOf(ctx, q, x.Site.Unit)
		if err != nil {
			return org.Unit{}, err
		}
		several = several || at != first
	}
	if several {
		superior, province, err := s.above(ctx, q, first)
		switch {
		case err != nil:
			return org.Unit{}, err
		case province.ID != "":
			return province, nil
		case superior.ID != "":
			return superior, nil
		}
	}
	return s.Org.UnitTx(ctx, q, authz.System("duty.alarm"), first)
}

// sweepAlarms carries what nobody took to the next, up to the provincial duty;
// who took one and has not ended it is asked, then it goes up as well.
func (s *Service) sweepAlarms(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "duty.sweep")
	list, err := db.All(ctx, s.DB, db.Value[string], `SELECT id FROM alarm WHERE state <> 'ended' AND next_at <= $1 ORDER BY next_at, id LIMIT 200`, s.DB.Now())
	if err != nil {
		return 0, err
	}
	for i, id := range list {
		if err := s.DB.Update(ctx, func(tx *db.Tx) error { return s.carry(ctx, tx, id) }); err != nil {
			return i, err
		}
	}
	return len(list), nil
}

// carry takes an alarm whose time has come one step further.
func (s *Service) carry(ctx context.Context, tx *db.Tx, id string) error {
	a, err := s.alarm(ctx, tx, authz.System("duty.sweep"), id)
	if err != nil || a.State == Ended || a.NextAt.IsZero() || a.NextAt.After(tx.Now()) { // somebody acted on it meanwhile
		return err
	}
	act, level := "escalate", a.Level+1
	var words string
	if a.State == AlarmTaken {
		steps, err := AlarmMachine.History(ctx, tx, id)
		if err != nil {
			return err
		}
		if len(steps) == 0 || steps[len(steps)-1].Act == "take" {
			act = "ask"
		}
		level = max(level, ToLeader) // the others of the duty know of it from who took it
	}
	if act == "ask" {
		words, err = s.askTaker(ctx, tx, &a)
	} else {
		words, err = s.tellNext(ctx, tx, &a, level)
	}
	if err != nil {
		return err
	}
	if _, _, err := AlarmMachine.Take(ctx, tx, id, act, passage.Note{Says: abridge.Text(words, 200)}); err != nil {
		return err
	}
	if a.Incident != "" {
		if err := s.enter(ctx, tx, a.Incident, "alarm", AlarmMachine.ActName(act)+"告警“"+a.Title+"”："+words+"。", a.Link()); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "duty.alarm." + act, Basis: citation, Target: a.target(), After: map[string]any{"level": a.Level, "told": words}})
}

// askTaker asks who took an alarm how it stands.
func (s *Service) askTaker(ctx context.Context, tx *db.Tx, a *Alarm) (string, error) {
	a.NextAt = tx.Now().Add(s.wait(*a, false))
	if _, err := tx.Exec(ctx, `UPDATE alarm SET next_at = $2 WHERE id = $1`, a.ID, a.NextAt); err != nil {
		return "", err
	}
	_, err := notify.Send(ctx, tx, notify.Message{Key: "alarm:" + a.ID + ":ask:" + tx.Now().Format(time.RFC3339), Unit: string(a.Unit), Person: a.TakenID, Title: "请结束告警：" + a.Title,
		Body: fmt.Sprintf("您于%s接收，至今没有结束；处理完的请结束告警，%s前没有结束即上报。%s", a.TakenAt.In(calendar.Shanghai).Format("1月2日15:04"), a.NextAt.In(calendar.Shanghai).Format("15:04"), a.Says), Link: a.Link(), Urgent: true})
	return a.TakenBy, err
}
