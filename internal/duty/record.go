package duty

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
)

// States of a day's record.
const (
	Open      = "open"
	Confirmed = "confirmed"
)

// RecordMachine is what becomes of a day's record.
var RecordMachine = passage.Machine{Kind: "duty_record", Noun: "巡检记录", States: map[string]string{Open: "待确认", Confirmed: "已确认"},
	Moves: []passage.Move{
		{To: Open, Act: "open", Says: "开始巡检", Permit: string(authz.DutyServe)},
		{From: Open, Act: "confirm", To: Confirmed, Says: "确认", Guard: "每个网站都有结论", Permit: string(authz.DutyServe)},
	}}

// mostLate is for how many days a record may still be made up for: after its day, or
// after it was asked for where it was asked for later.
const mostLate = 7

// Verdicts of a look; Undo takes one back.
const (
	Pass    = "pass"
	Problem = "problem"
	Undo    = "undo"
)

// Facts are what the monitors know of one site on the day, by the four sections
// of Article 19(4).
type Facts struct {
	Site    registry.SiteID `json:"site"`
	Name    string          `json:"name"`
	Host    string          `json:"host"`
	Address string          `json:"address,omitempty"` // of its home page
	Unit    string          `json:"unit"`
	Watched bool            `json:"watched"`
	Down    bool            `json:"down"`
	Refuses bool            `json:"refuses,omitempty"` // lets no probe in, for a day or longer
	Probes  int             `json:"probes"`            // of seven days, or of the one day
	OneDay  bool            `json:"one_day,omitempty"`
	// Window is the filed window on the one day, in words. Excused: the day counts
	// against nobody for it.
	Window   string `json:"window,omitempty"`
	Excused  bool   `json:"excused,omitempty"`
	Failures int    `json:"failures"`
	Serious  int    `json:"serious"` // open findings
	// Unexamined: no check of the pages had ended by then, so that no finding says nothing.
	Unexamined bool `json:"unexamined,omitempty"`
	Links      int  `json:"links"`
	Columns    int  `json:"columns"`
	Content    int  `json:"content"`
	// What the person said.
	Verdict string    `json:"verdict"`
	Note    string    `json:"note,omitempty"`
	Finding string    `json:"finding,omitempty"`
	By      string    `json:"by,omitempty"`
	At      time.Time `json:"at,omitzero"`
}

// Fine reports that the monitors saw nothing grave.
func (f Facts) Fine() bool {
	return f.Watched && !f.Down && !f.Refuses && !f.Unexamined && f.Serious == 0 && f.Links == 0 && f.Columns == 0 && f.Content == 0
}

// Record is one day's reading of a unit's sites.
type Record struct {
	ID          string
	Unit        org.Unit
	On          calendar.Date
	State       string // empty: nobody has opened it
	OpenedBy    string
	OpenedAt    time.Time
	Says        string
	Person      string
	ConfirmedAt time.Time
	Sites       []Facts
	Media       Media
	Alarms      []Alarm // that stood on the day
	// Late: confirmed, or yet to be, when the day was over (补记). What the monitors
	// said is then of that day as far as they kept it; of media they keep nothing.
	Late bool
	// Due is the hour by which today's is to be confirmed, Overdue that it is not
	// and the hour is over. A day that was missed is told as Late.
	Due     time.Time
	Overdue bool
}

// Media is what the monitors know of the accounts and clients on a unit's duty:
// too many to be looked at one by one, they are read by what is wrong with them.
type Media struct {
	Accounts int `json:"accounts"`
	Known    int `json:"known"`  // with a last post on record
	Stale    int `json:"stale"`  // beyond their time without one
	Silent   int `json:"silent"` // readers cannot answer
	Wrong    int `json:"wrong"`  // something is to be mended
}

// Looked is how many sites have a verdict.
func (r Record) Looked() int {
	n := 0
	for _, f := range r.Sites {
		if f.Verdict != "" {
			n++
		}
	}
	return n
}

// RecordLink is the page of a unit's day.
func RecordLink(unit org.UnitID, on calendar.Date) string {
	return "/console/duty/records/" + string(unit) + "/" + on.String()
}

func (r Record) target() audit.Target {
	return audit.Target{Kind: "duty_record", ID: r.ID, Name: r.Unit.Name + r.On.Chinese() + "巡检记录", Unit: string(r.Unit.ID)}
}

func recordSubject(unit org.UnitID, name string, on calendar.Date) obligation.Subject {
	return obligation.Subject{Kind: "duty_record", ID: string(unit), Name: name + on.Chinese() + "巡检记录"}
}

// RecordOf is a unit's day in scope, as the monitors see it now, of a day that
// is over as they kept it or, once confirmed, as they saw it then. A day that
// has not come has none.
func (s *Service) RecordOf(ctx context.Context, scope authz.Scope, unit org.UnitID, on calendar.Date) (Record, error) {
	return s.record(ctx, s.DB, scope, unit, on)
}

func (s *Service) record(ctx context.Context, q db.Querier, scope authz.Scope, unit org.UnitID, on calendar.Date) (Record, error) {
	u, err := s.Org.UnitTx(ctx, q, scope, unit)
	if err != nil {
		return Record{}, err
	}
	var facts, media string
	r, err := db.One(ctx, q, func(row db.Scanner) (Record, error) {
		var r Record
		err := row.Scan(&r.ID, &r.State, &r.OpenedBy, &r.OpenedAt, &facts, &media, &r.Says, &r.Person, &r.ConfirmedAt)
		return r, err
	}, `SELECT id, state, opened_by, opened_at, facts, media, says, person_name, confirmed_at FROM duty_record WHERE unit_id = $1 AND on_day = $2`, unit, on)
	if err != nil && !db.None(err) {
		return r, err
	}
	today := calendar.DateOf(s.DB.Now())
	if on.After(today) {
		return r, fault.New(fault.Refused, on.Chinese()+"还没有到，没有巡检记录；请打开今天的巡检记录。")
	}
	r.Unit, r.On, r.Late = u, on, on.Before(today)
	if !r.Late && r.State != Confirmed {
		r.Due = on.Start().Add(time.Duration(s.Settings().RecordDueHour) * time.Hour)
		r.Overdue = !s.DB.Now().Before(r.Due)
	}
	if r.Alarms, err = s.alarmsOn(ctx, q, unit, on); err != nil {
		return r, err
	}
	if r.State == Confirmed {
		r.Late = calendar.DateOf(r.ConfirmedAt).After(on)
		err := json.Unmarshal([]byte(facts), &r.Sites)
		if err == nil && media != "" { // older records hold none
			err = json.Unmarshal([]byte(media), &r.Media)
		}
		return r, err
	}
	if !r.Late {
		if r.Media, err = s.media(ctx, q, u); err != nil {
			return r, err
		}
	}
	if r.Sites, err = s.facts(ctx, q, u, on, r.Late); err != nil || r.ID == "" {
		return r, err
	}
	looks, err := db.All(ctx, q, func(row db.Scanner) (Facts, error) {
		var f Facts
		err := row.Scan(&f.Site, &f.Verdict, &f.Note, &f.Finding, &f.By, &f.At)
		return f, err
	}, `SELECT site_id, verdict, note, finding_id, person_name, at FROM duty_look WHERE record_id = $1`, r.ID)
	if err != nil {
		return r, err
	}
	for _, l := range looks {
		if i := slices.IndexFunc(r.Sites, func(f Facts) bool { return f.Site == l.Site }); i >= 0 {
			f := &r.Sites[i]
			f.Verdict, f.Note, f.Finding, f.By, f.At = l.Verdict, l.Note, l.Finding, l.By, l.At
		}
	}
	return r, nil
}

// facts asks the monitors about every site on the unit's duty: as they are, or,
// late, as they were when the day ended.
func (s *Service) facts(ctx context.Context, q db.Querier, u org.Unit, on calendar.Date, late bool) ([]Facts, error) {
	ids, err := s.covered(ctx, q, u)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	var w db.Where
	in := db.Among(&w, ids)
	list, err := db.All(ctx, q, func(r db.Scanner) (Facts, error) {
		var f Facts
		err := r.Scan(&f.Site, &f.Name, &f.Host, &f.Unit, &f.Watched)
		f.Address = s.address(f.Host)
		return f, err
	}, `SELECT s.id, s.name, s.host, u.name, s.monitored FROM site s JOIN unit u ON u.id = s.unit_id WHERE s.id IN `+in, w.Args()...)
	if err != nil {
		return nil, err
	}
	at := map[registry.SiteID]*Facts{}
	place := make(map[registry.SiteID]int, len(ids))
	for i, id := range ids {
		place[id] = i
	}
	slices.SortFunc(list, func(a, b Facts) int { return place[a.Site] - place[b.Site] })
	for i := range list {
		at[list[i].Site] = &list[i]
	}
	var runs db.Where
	runs.And("state = 'done' AND site_id IN "+db.Among(&runs, ids)).AndIf(late, "finished_at < ?", on.End())
	done, err := db.All(ctx, q, db.Value[registry.SiteID], `SELECT DISTINCT site_id FROM inspection_run WHERE `+runs.SQL(), runs.Args()...)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Unexamined = !slices.Contains(done, list[i].Site)
	}
	type count struct {
		site     registry.SiteID
		check    string
		severity check.Severity
		n        int
	}
	stood := `state <> 'closed'`
	if late {
		end := w.Arg(on.End())
		stood = `first_seen < ` + end + ` AND (state <> 'closed' OR closed_at >= ` + end + `)`
	}
	counts, err := db.All(ctx, q, func(r db.Scanner) (count, error) {
		var c count
		err := r.Scan(&c.site, &c.check, &c.severity, &c.n)
		return c, err
	}, `SELECT site_id, check_id, severity, count(*) FROM finding WHERE site_id IN `+in+` AND `+stood+` GROUP BY site_id, check_id, severity`, w.Args()...)
	if err != nil {
		return nil, err
	}
	for _, c := range counts {
		f := at[c.site]
		if c.severity == check.Serious {
			f.Serious += c.n
		}
		if c.severity == check.Advice {
			continue
		}
		switch family, _, _ := strings.Cut(c.check, "."); family {
		case "link":
			f.Links += c.n
		case "column", "home":
			f.Columns += c.n
		case "access":
		default:
			f.Content += c.n
		}
	}
	if late {
		return list, s.probesOn(ctx, list, on)
	}
	weeks, err := s.Inspection.Weeks(ctx, authz.Area("duty.record", placeOf(u.AreaPath)))
	if err != nil {
		return nil, err
	}
	for id, k := range weeks {
		if f := at[id]; f != nil {
			f.Probes, f.Failures, f.Down = k.Probes, k.Failures, f.Watched && !k.LastAt.IsZero() && !k.LastOK
			if f.Refuses = f.Watched && !k.Refusal.Since.IsZero(); f.Refuses {
				f.Down = false // it answers; whether it opens is for a person to see
			}
		}
	}
	return list, nil
}

// probesOn puts to each site how it was reached on one day that is over. A day
// is kept as a count: a site was down when no visit reached it.
func (s *Service) probesOn(ctx context.Context, list []Facts, on calendar.Date) error {
	for i := range list {
		f := &list[i]
		f.OneDay, f.Watched = true, false
		day, err := s.Inspection.DayOf(ctx, authz.System("duty.record"), f.Site, on)
		if err != nil {
			return err
		}
		f.Window, f.Excused = day.Window, day.Excused
		if !f.Excused {
			f.Probes, f.Failures = day.Probes, day.Failures
			f.Watched, f.Down = f.Probes > 0, f.Probes > 0 && f.Failures == f.Probes
		}
	}
	return nil
}

// address is where a reader opens a site.
func (s *Service) address(host string) string {
	if s.Origin != nil {
		if at := s.Origin(registry.Site{Host: host}); at != "" {
			return at + "/"
		}
	}
	return "http://" + host + "/"
}

// media asks the monitors about the accounts and clients on the unit's duty: as
// covered does of sites.
func (s *Service) media(ctx context.Context, q db.Querier, u org.Unit) (Media, error) {
	return db.One(ctx, q, func(r db.Scanner) (Media, error) {
		var m Media
		err := r.Scan(&m.Accounts, &m.Known, &m.Stale, &m.Silent, &m.Wrong)
		return m, err
	}, `SELECT count(*), count(h.last_post), COALESCE(sum(CASE WHEN h.stale = 'violated' THEN 1 ELSE 0 END), 0), COALESCE(sum(CASE WHEN h.interaction = 'violated' THEN 1 ELSE 0 END), 0), COALESCE(sum(CASE WHEN h.wrong > 0 THEN 1 ELSE 0 END), 0)
		  FROM account a JOIN unit x ON x.id = a.unit_id LEFT JOIN account_sheet h ON h.account_id = a.id
		 WHERE a.state = 'running'
		   AND (a.unit_id = $1 OR $2 AND x.area_id = $3 AND a.unit_id NOT IN (SELECT unit_id FROM duty_roster WHERE published_at IS NOT NULL AND unit_id <> $1))`, u.ID, u.Kind == org.Office && s.Settings().DutyPooled, u.Area)
}

// placeOf cuts the unit's own segments off its path.
func placeOf(path string) string {
	if i := strings.Index(path, "@"); i >= 0 {
		return path[:i]
	}
	return path
}

// serve is one act of somebody on a unit's duty on its day.
func (s *Service) serve(ctx context.Context, scope authz.Scope, unit org.UnitID, on calendar.Date, do func(tx *db.Tx, session *authz.Session, r *Record) error) (Record, error) {
	session, err := who(ctx)
	if err != nil {
		return Record{}, err
	}
	var r Record
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		if r, err = s.record(ctx, tx, scope, unit, on); err != nil {
			return err
		}
		today := calendar.DateOf(tx.Now())
		switch {
		case !session.MayAt(authz.DutyServe, string(unit)):
			return fault.New(fault.Refused, "巡检记录由本单位值班人员填写，不能代填。")
		}
		asked, err := s.askedFor(ctx, tx, unit, on)
		switch {
		case err != nil:
			return err
		case on.Before(today.AddDays(-mostLate)) && asked.Before(today.AddDays(-mostLate)):
			return fault.New(fault.Refused, on.Chinese()+"已过去七天以上，不能再补巡检记录；请在今天的记录中说明。")
		}
		if r.State == "" {
			r.ID, r.OpenedBy, r.OpenedAt = ulid.Make().String(), session.Name, tx.Now()
			if _, r.State, err = RecordMachine.Take(ctx, tx, r.ID, "open", passage.Note{}); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO duty_record (id, unit_id, on_day, state, opened_by, opened_at) VALUES ($1, $2, $3, $4, $5, $6)`, r.ID, unit, on, r.State, session.Name, tx.Now()); err != nil {
				if _, dup := db.UniqueViolation(err); dup {
					return fault.New(fault.Conflict, "同事刚刚开始今天的巡检，请刷新后再填。")
				}
				return err
			}
			if err := audit.Record(ctx, tx, audit.Entry{Act: "duty.record.open", Basis: citation, Target: r.target(), After: len(r.Sites)}); err != nil {
				return err
			}
		}
		if r.State == Confirmed {
			return fault.New(fault.Conflict, "这一天的巡检记录已经确认，不能再改。")
		}
		return do(tx, session, &r)
	})
	return r, err
}

// Seen is the sighting of a person on duty.
func seen(site Facts, note string) engine.Sighting {
	return engine.Sighting{Check: "duty.seen", Severity: check.Error, Says: "值班巡检发现：" + note, Article: "S19.4", URL: cmp.Or(site.Address, "http://"+site.Host+"/"), Where: note, Fix: "请核实并改正；改正后由值班人员在次日巡检中确认。"}
}

// Look keeps a person's verdict on one site: Y or N. A problem becomes a
// finding; a pass closes what a person saw there before. Undo takes the verdict
// back, and with it the finding it made.
func (s *Service) Look(ctx context.Context, scope authz.Scope, unit org.UnitID, on calendar.Date, site registry.SiteID, verdict, note string) (Record, error) {
	note = strings.Join(strings.Fields(note), " ")
	return s.serve(ctx, scope, unit, on, func(tx *db.Tx, session *authz.Session, r *Record) error {
		i := slices.IndexFunc(r.Sites, func(f Facts) bool { return f.Site == site })
		if i < 0 {
			return fault.Missing("须巡检的网站")
		}
		f := &r.Sites[i]
		var fields fault.Fields
		fields.Check(verdict == Pass || verdict == Problem || verdict == Undo, "verdict", "请选择通过或有问题")
		fields.Check(verdict != Problem || note != "", "note", "有问题的，请写明在哪里、是什么")
		fields.Check(len([]rune(note)) <= 200, "note", "说明最多 200 个字")
		if err := fields.Err(); err != nil {
			return err
		}
		system := authz.System("duty.look")
		old := *f
		if verdict == Undo {
			return s.undo(ctx, tx, r, f, session.Name)
		}
		f.Verdict, f.Note, f.Finding, f.By, f.At = verdict, note, "", session.Name, tx.Now()
		if verdict == Problem {
			found, err := s.Inspection.Raise(ctx, tx, system, site, seen(*f, note))
			if err != nil {
				return err
			}
			f.Finding = string(found.ID)
		} else if !r.Late { // of a day that is over it says nothing of how things stand
			places, err := db.All(ctx, tx, db.Value[string], `SELECT place FROM finding WHERE site_id = $1 AND check_id = 'duty.seen' AND state IN ('open', 'disputed_false')`, site)
			if err != nil {
				return err
			}
			for _, p := range places {
				gone := seen(*f, p)
				gone.Says, gone.Evidence.At = "值班巡检确认已改正，"+session.Name, tx.Now()
				if _, err := s.Inspection.Clear(ctx, tx, system, site, gone); err != nil {
					return err
				}
			}
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO duty_look (record_id, site_id, verdict, note, finding_id, person_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (record_id, site_id) DO UPDATE SET verdict = excluded.verdict, note = excluded.note, finding_id = excluded.finding_id, person_name = excluded.person_name, at = excluded.at`,
			r.ID, site, verdict, note, f.Finding, session.Name, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "duty.record.look", Basis: citation, Target: audit.Target{Kind: "site", ID: string(site), Name: f.Name, Unit: string(unit)}, Before: old.Verdict, After: map[string]string{"verdict": verdict, "note": note}})
	})
}

// undo takes a verdict back. What it raised was seen by mistake and ends with it.
func (s *Service) undo(ctx context.Context, tx *db.Tx, r *Record, f *Facts, by string) error {
	old := *f
	if old.Verdict == "" {
		return fault.New(fault.Conflict, "“"+f.Name+"”还没有结论，不用撤销。")
	}
	if old.Finding != "" {
		if err := s.Inspection.Recant(ctx, tx, authz.System("duty.look"), inspection.FindingID(old.Finding), "值班巡检误记，已由"+by+"撤销"); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `DELETE FROM duty_look WHERE record_id = $1 AND site_id = $2`, r.ID, f.Site); err != nil {
		return err
	}
	f.Verdict, f.Note, f.Finding, f.By, f.At = "", "", "", "", time.Time{}
	return audit.Record(ctx, tx, audit.Entry{Act: "duty.record.undo", Basis: citation, Target: audit.Target{Kind: "site", ID: string(f.Site), Name: f.Name, Unit: string(r.Unit.ID)},
		Before: map[string]string{"verdict": old.Verdict, "note": old.Note, "by": old.By}, After: map[string]string{"verdict": ""}})
}

// Confirm closes the day: every site has a verdict. What the monitors said is
// kept with it.
func (s *Service) Confirm(ctx context.Context, scope authz.Scope, unit org.UnitID, on calendar.Date, says string) (Record, error) {
	says = strings.TrimSpace(says)
	return s.serve(ctx, scope, unit, on, func(tx *db.Tx, session *authz.Session, r *Record) error {
		var f fault.Fields
		f.Check(len([]rune(says)) <= 1000, "says", "小结最多 1000 个字")
		if err := f.Err(); err != nil {
			return err
		}
		if n := len(r.Sites) - r.Looked(); n > 0 {
			return fault.Newf(fault.Refused, "还有 %d 个网站没有结论，请逐个查看后再确认。", n)
		}
		body, err := json.Marshal(r.Sites)
		if err != nil {
			return err
		}
		media, err := json.Marshal(r.Media)
		if err != nil {
			return err
		}
		if _, r.State, err = RecordMachine.Take(ctx, tx, r.ID, "confirm", passage.Note{Says: says}); err != nil {
			return err
		}
		r.Says, r.Person, r.ConfirmedAt = says, session.Name, tx.Now()
		if _, err := tx.Exec(ctx, `UPDATE duty_record SET state = $2, facts = $3, media = $8, says = $4, person_id = $5, person_name = $6, confirmed_at = $7 WHERE id = $1`, r.ID, r.State, string(body), says, session.PersonID, session.Name, tx.Now(), string(media)); err != nil {
			return err
		}
		problems := 0
		for _, x := range r.Sites {
			if x.Verdict == Problem {
				problems++
			}
		}
		if _, err := s.Obligations.DischargePeriod(ctx, tx, RecordKind.ID, recordSubject(unit, r.Unit.Name, on), on.String(), r.outcome(problems)+"，"+session.Name); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "duty.record.confirm", Basis: citation, Target: r.target(), After: map[string]any{"sites": len(r.Sites), "problems": problems, "media": r.Media, "says": says, "late": r.Late}})
	})
}

// outcome says in a line what a confirmed day holds.
func (r Record) outcome(problems int) string {
	says := fmt.Sprintf("巡检 %d 个网站，发现问题 %d 个", len(r.Sites), problems)
	if r.Late {
		return "补记：" + says
	}
	return says + fmt.Sprintf("；%d 个账号，需要整改 %d 个", r.Media.Accounts, r.Media.Wrong)
}

// Day is one day of a unit's records in figures.
type Day struct {
	On        calendar.Date
	State     string
	Person    string
	OpenedAt  time.Time
	Confirmed time.Time
}

// Late reports that the record was confirmed when the day was over.
func (d Day) Late() bool { return d.State == Confirmed && calendar.DateOf(d.Confirmed).After(d.On) }

// Past are the last days' records of a unit in scope, the latest first; a day
// without one has no state.
func (s *Service) Past(ctx context.Context, scope authz.Scope, unit org.UnitID, days int) ([]Day, error) {
	if _, err := s.Org.Unit(ctx, scope, unit); err != nil {
		return nil, err
	}
	today := calendar.DateOf(s.DB.Now())
	have, err := db.All(ctx, s.DB, func(r db.Scanner) (Day, error) {
		var d Day
		err := r.Scan(&d.On, &d.State, &d.Person, &d.OpenedAt, &d.Confirmed)
		return d, err
	}, `SELECT on_day, state, person_name, opened_at, confirmed_at FROM duty_record WHERE unit_id = $1 AND on_day > $2`, unit, today.AddDays(-days))
	if err != nil {
		return nil, err
	}
	var out []Day
	for i := range days {
		d := Day{On: today.AddDays(-i)}
		if k := slices.IndexFunc(have, func(x Day) bool { return x.On == d.On }); k >= 0 {
			d = have[k]
		}
		out = append(out, d)
	}
	return out, nil
}

// askedFor is the day on which the record of a day was asked for, while it is owed;
// zero where it is not.
func (s *Service) askedFor(ctx context.Context, q db.Querier, unit org.UnitID, on calendar.Date) (calendar.Date, error) {
	at, err := db.One(ctx, q, db.Value[time.Time], `SELECT opened_at FROM obligation WHERE kind = $1 AND unit_id = $2 AND period_key = $3 AND state = 'open'`, RecordKind.ID, unit, on.String())
	if db.None(err) {
		return calendar.Date{}, nil
	}
	return calendar.DateOf(at), err
}

// sweepRecords owes every duty the record of each day: also of the days on which this
// was not asked for, however many, and also where the process ended between two units.
func (s *Service) sweepRecords(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "duty.sweep")
	today := calendar.DateOf(s.DB.Now())
	s.mu.Lock()
	done := s.asked == today
	s.mu.Unlock()
	if done {
		return 0, nil
	}
	points, err := s.points(ctx, s.DB)
	if err != nil || len(points) == 0 { // a house that is being filled is asked again
		return 0, err
	}
	// whole is the last day on which every duty there was had been asked.
	whole, err := db.One(ctx, s.DB, db.Value[calendar.Date], `SELECT on_day FROM duty_asked ORDER BY on_day DESC LIMIT 1`)
	if err != nil && !db.None(err) {
		return 0, err
	}
	last := map[org.UnitID]calendar.Date{}
	list, err := db.All(ctx, s.DB, func(r db.Scanner) (obligation.Debt, error) {
		var d obligation.Debt
		err := r.Scan(&d.Unit, &d.From)
		return d, err
	}, `SELECT unit_id, max(started_on) FROM obligation WHERE kind = $1 GROUP BY unit_id`, RecordKind.ID)
	if err != nil {
		return 0, err
	}
	for _, d := range list {
		last[d.Unit] = d.From
	}
	n := 0
	for some := range slices.Chunk(points, 200) {
		if err := s.DB.Update(ctx, func(tx *db.Tx) error {
			asked := 0
			for _, p := range some {
				first, err := s.firstOwed(ctx, tx, p, last[p.ID], whole, today)
				if err != nil {
					return err
				}
				k, err := s.askRecords(ctx, tx, p, first, today)
				if err != nil {
					return err
				}
				asked += k
			}
			n += asked
			return audit.Record(ctx, tx, audit.Entry{Act: "duty.record.ask", Basis: citation, Target: audit.Target{Kind: "duty_record", ID: today.String(), Name: today.Chinese() + "巡检记录"}, After: asked})
		}); err != nil {
			return n, err
		}
	}
	if err := s.DB.Update(ctx, func(tx *db.Tx) error {
		added, err := tx.Exec(ctx, `INSERT INTO duty_asked (on_day, at) VALUES ($1, $2) ON CONFLICT DO NOTHING`, today, tx.Now())
		if err != nil || added == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "duty.record.asked", Basis: citation, Target: audit.Target{Kind: "duty_record", ID: today.String(), Name: today.Chinese() + "巡检记录"}, After: len(points)})
	}); err != nil {
		return n, err
	}
	s.mu.Lock()
	s.asked = today
	s.mu.Unlock()
	return n, nil
}

// firstOwed is from which day on a unit is asked now. Who was not asked when all were
// had no duty then: it began with what came after, a roster that was published or a
// site that was put into running.
func (s *Service) firstOwed(ctx context.Context, q db.Querier, p point, last, whole, today calendar.Date) (calendar.Date, error) {
	if !last.IsZero() && !last.Before(whole) {
		return last.AddDays(1), nil
	}
	if whole.IsZero() || !whole.Before(today.AddDays(-1)) {
		return today, nil
	}
	began, err := db.All(ctx, q, db.Value[time.Time], `
		SELECT published_at FROM duty_roster WHERE unit_id = $1 AND published_at >= $2
		UNION ALL
		SELECT h.at FROM passage h JOIN site x ON x.id = h.object_id JOIN unit u ON u.id = x.unit_id
		 WHERE h.kind = $3 AND h.to_state = 'running' AND h.at >= $2 AND x.state IN ('running', 'temporarily_offline') AND (x.unit_id = $1 OR $4 AND u.area_id = $5)`,
		p.ID, whole.AddDays(1).Start(), registry.SiteMachine.Kind, p.Kind == org.Office && s.Settings().DutyPooled, p.Area)
	if err != nil || len(began) == 0 {
		return today, err
	}
	return calendar.DateOf(slices.MinFunc(began, time.Time.Compare)), nil
}

// askRecords owes a unit the record of each day from the first to today. That some
// were not asked for in time it is told once, whatever their number.
func (s *Service) askRecords(ctx context.Context, tx *db.Tx, p point, first, today calendar.Date) (int, error) {
	n := 0
	for on := first; !on.After(today); on = on.AddDays(1) {
		n++
		if err := s.Obligations.Open(ctx, tx, obligation.Debt{Kind: RecordKind.ID, Unit: p.ID, Subject: recordSubject(p.ID, p.Name, on), Period: on.String(), Link: RecordLink(p.ID, on), Due: calendar.Due{On: on}, From: on, Told: on.Before(today)}); err != nil {
			return n, err
		}
	}
	if !first.Before(today) {
		return n, nil
	}
	until := today.AddDays(-1)
	span := first.Chinese()
	if first != until {
		span += "至" + until.Chinese()
	}
	_, err := notify.Send(ctx, tx, notify.Message{Key: "duty.record.missed:" + string(p.ID) + ":" + today.String(), Unit: string(p.ID), Link: "/console/duty?unit=" + string(p.ID), Urgent: true,
		Title: fmt.Sprintf("请补%d天的每日巡检记录", n-1),
		Body:  fmt.Sprintf("系统在%s没有运行，没有按日提出巡检记录，现已补提，每天一项，按当日计为超期。请在%s前逐日补记：监测数据取当日留存的，没有留存的写明。依据：%s。", span, today.AddDays(mostLate).Chinese(), citation)})
	return n, err
}
