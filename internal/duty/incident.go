package duty

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
)

// States of an incident.
const (
	Handling = "open"
	Closing  = "closing"
	Closed   = "closed"
)

// IncidentMachine is what becomes of an incident.
var IncidentMachine = passage.Machine{Kind: "incident", Noun: "事件", States: map[string]string{Handling: "处置中", Closing: "待复核结案", Closed: "已结案"},
	Moves: []passage.Move{
		{To: Handling, Act: "open", Says: "立案处置", Permit: string(authz.IncidentHandle)},
		{From: Handling, Act: "propose", To: Closing, Says: "提出结案", Guard: "写明原因和教训，任务都已完成", Permit: string(authz.IncidentHandle)},
		{From: Closing, Act: "return", To: Handling, Says: "退回", Permit: string(authz.IncidentHandle)},
		{From: Closing, Act: "close", To: Closed, Says: "结案", Guard: "由提出人以外的人复核，任务都已完成", Permit: string(authz.IncidentHandle)},
	}}

// Incident is one event with its room.
type Incident struct {
	ID, Number     string
	Unit           org.UnitID
	UnitName       string // joined
	Title, Says    string
	State          string
	OpenedBy       string
	OpenedAt       time.Time
	Cause, Lesson  string
	Proposer       string
	ProposedAt     time.Time
	Closer         string
	ClosedAt       time.Time
	openedID       string
	ProposerID     string
	areaPath, line string
}

// Link is its room.
func (x Incident) Link() string { return "/console/incidents/" + x.ID }

// ProposedBy reports whether it was this person who proposed to close it.
func (x Incident) ProposedBy(person string) bool { return person != "" && x.ProposerID == person }

// StateName is the state in Chinese.
func (x Incident) StateName() string { return IncidentMachine.Name(x.State) }

func (x Incident) target() audit.Target {
	return audit.Target{Kind: "incident", ID: x.ID, Name: x.Number + " " + x.Title, Unit: string(x.Unit)}
}

const incidentSelect = `SELECT i.id, i.number, i.unit_id, u.name, i.title, i.says, i.state, i.opened_id, i.opened_by, i.opened_at, i.cause, i.lesson, i.proposer_id, i.proposer, i.proposed_at, i.closer, i.closed_at, u.area_path, u.line_path
	FROM incident i JOIN unit u ON u.id = i.unit_id`

func scanIncident(r db.Scanner) (Incident, error) {
	var x Incident
	err := r.Scan(&x.ID, &x.Number, &x.Unit, &x.UnitName, &x.Title, &x.Says, &x.State, &x.openedID, &x.OpenedBy, &x.OpenedAt, &x.Cause, &x.Lesson, &x.ProposerID, &x.Proposer, &x.ProposedAt, &x.Closer, &x.ClosedAt, &x.areaPath, &x.line)
	return x, err
}

// Entry is one line of a room's timeline.
type Entry struct {
	ID, Kind, Says, Link, Person string
	At                           time.Time
}

// Task is something somebody does in a room.
type Task struct {
	ID, Says, Person, DoneBy, Result string
	PersonID                         org.PersonID
	MadeAt, DoneAt                   time.Time
}

// Member is who is on an incident.
type Member struct {
	ID, Name       string
	Joined, LeftAt time.Time
}

// Room is an incident with all that stands in it.
type Room struct {
	Incident
	Entries   []Entry
	Tasks     []Task
	Members   []Member
	Sites     []registry.Site
	Alarms    []Alarm
	Takedowns []Takedown
	Files     []approval.Attachment
	Against   []string // what stands against closing it, a sentence each
}

// Incidents in scope, those open first, and how many there are.
func (s *Service) Incidents(ctx context.Context, scope authz.Scope, state string, unit org.UnitID, limit, offset int) ([]Incident, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.AndIf(state == "standing", "i.state <> 'closed'").AndIf(state != "" && state != "standing", "i.state = ?", state).AndIf(unit != "", "i.unit_id = ?", unit)
	n, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM incident i JOIN unit u ON u.id = i.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.DB, scanIncident, incidentSelect+` WHERE `+w.SQL()+` ORDER BY CASE i.state WHEN 'closed' THEN 1 ELSE 0 END, i.opened_at DESC, i.id DESC LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	return list, n, err
}

func (s *Service) incident(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Incident, error) {
	x, err := db.One(ctx, q, scanIncident, incidentSelect+` WHERE i.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(x.areaPath, x.line) {
		return Incident{}, fault.Missing("事件")
	}
	return x, err
}

// RoomOf is an incident in scope with all that stands in it.
func (s *Service) RoomOf(ctx context.Context, scope authz.Scope, id string) (Room, error) {
	var r Room
	var err error
	if r.Incident, err = s.incident(ctx, s.DB, scope, id); err != nil {
		return r, err
	}
	if r.Entries, err = db.All(ctx, s.DB, func(row db.Scanner) (Entry, error) {
		var e Entry
		err := row.Scan(&e.ID, &e.Kind, &e.Says, &e.Link, &e.Person, &e.At)
		return e, err
	}, `SELECT id, kind, says, link, person_name, at FROM incident_entry WHERE incident_id = $1 ORDER BY at DESC, id DESC LIMIT 500`, id); err != nil {
		return r, err
	}
	if r.Tasks, err = db.All(ctx, s.DB, func(row db.Scanner) (Task, error) {
		var t Task
		err := row.Scan(&t.ID, &t.Says, &t.PersonID, &t.Person, &t.MadeAt, &t.DoneAt, &t.DoneBy, &t.Result)
		return t, err
	}, `SELECT id, says, person_id, person_name, made_at, done_at, done_by, result FROM incident_task WHERE incident_id = $1 ORDER BY CASE WHEN done_at IS NULL THEN 0 ELSE 1 END, id LIMIT 200`, id); err != nil {
		return r, err
	}
	if r.Members, err = db.All(ctx, s.DB, func(row db.Scanner) (Member, error) {
		var m Member
		err := row.Scan(&m.ID, &m.Name, &m.Joined, &m.LeftAt)
		return m, err
	}, `SELECT person_id, person_name, joined_at, left_at FROM incident_member WHERE incident_id = $1 ORDER BY joined_at, person_id`, id); err != nil {
		return r, err
	}
	sites, err := db.All(ctx, s.DB, db.Value[registry.SiteID], `SELECT site_id FROM incident_site WHERE incident_id = $1 ORDER BY site_id LIMIT 100`, id)
	if err != nil {
		return r, err
	}
	for _, one := range sites {
		site, err := s.Registry.Site(ctx, scope, one)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return r, err
		}
		r.Sites = append(r.Sites, site)
	}
	if r.Alarms, _, err = s.Alarms(ctx, scope, AlarmFilter{Incident: id}); err != nil {
		return r, err
	}
	if r.Takedowns, _, err = s.Takedowns(ctx, scope, id, "", 50, 0); err != nil {
		return r, err
	}
	if r.Files, err = approval.Attachments(ctx, s.DB, "incident", id); err != nil || r.State == Closed {
		return r, err
	}
	r.Against, err = against(ctx, s.DB, id)
	return r, err
}

// enter writes a line into a room's timeline; the audit entry is the act's.
func (s *Service) enter(ctx context.Context, tx *db.Tx, incident, kind, says, link string) error {
	actor, _ := audit.ActorFrom(ctx)
	_, err := tx.Exec(ctx, `INSERT INTO incident_entry (id, incident_id, kind, says, link, person_id, person_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		ulid.Make().String(), incident, kind, abridge.Text(says, 1000), link, actor.ID, actor.Name, tx.Now())
	return err
}

// CheckIncident says what is wrong with the words of a new incident.
func CheckIncident(title, says string) error {
	var f fault.Fields
	f.Text("title", "事件名称", strings.TrimSpace(title), true, 60)
	f.Text("says", "情况", strings.TrimSpace(says), true, 2000)
	return f.Err()
}

// OpenIncident opens a room at a unit's duty, with the alarm it comes from
// where there is one: its sites come along.
func (s *Service) OpenIncident(ctx context.Context, scope authz.Scope, unit org.UnitID, title, says, alarm string) (Incident, error) {
	session, err := who(ctx)
	if err != nil {
		return Incident{}, err
	}
	title, says = strings.TrimSpace(title), strings.TrimSpace(says)
	var x Incident
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		var a Alarm
		if alarm != "" {
			if a, err = s.alarm(ctx, tx, scope, alarm); err != nil {
				return err
			}
			unit = a.Unit
		}
		u, err := s.Org.UnitTx(ctx, tx, scope, unit)
		if err != nil {
			return err
		}
		if err := CheckIncident(title, says); err != nil {
			return err
		}
		if a.Incident != "" {
			return fault.New(fault.Conflict, "这个告警已有事件在处置，请到该事件中办理。")
		}
		x = Incident{ID: ulid.Make().String(), Unit: u.ID, UnitName: u.Name, Title: title, Says: says, OpenedBy: session.Name, OpenedAt: tx.Now()}
		if x.Number, err = approval.NextNumber(ctx, tx, "SJ"); err != nil {
			return err
		}
		if _, x.State, err = IncidentMachine.Take(ctx, tx, x.ID, "open", passage.Note{Says: abridge.Text(says, 200)}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO incident (id, number, unit_id, title, says, state, opened_id, opened_by, opened_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			x.ID, x.Number, x.Unit, x.Title, x.Says, x.State, session.PersonID, session.Name, tx.Now()); err != nil {
			return fmt.Errorf("duty: open incident: %w", err)
		}
		if err := s.enter(ctx, tx, x.ID, "open", says, ""); err != nil {
			return err
		}
		if err := s.join(ctx, tx, x.ID, session); err != nil {
			return err
		}
		if a.ID != "" {
			if _, err := tx.Exec(ctx, `UPDATE alarm SET incident_id = $2 WHERE id = $1`, a.ID, x.ID); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO incident_site (incident_id, site_id) SELECT DISTINCT CAST($2 AS TEXT), site_id FROM alarm_site WHERE alarm_id = $1`, a.ID, x.ID); err != nil {
				return err
			}
			if err := s.enter(ctx, tx, x.ID, "alarm", "由告警“"+a.Title+"”立案。", a.Link()); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "duty.incident.open", Basis: citation, Target: x.target(), After: map[string]string{"says": says, "alarm": a.Title}})
	})
	return x, err
}

func (s *Service) join(ctx context.Context, tx *db.Tx, id string, session *authz.Session) error {
	_, err := tx.Exec(ctx, `INSERT INTO incident_member (incident_id, person_id, person_name, joined_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (incident_id, person_id) DO UPDATE SET left_at = NULL`, id, session.PersonID, session.Name, tx.Now())
	return err
}

// inRoom is one act in a room that is not closed.
func (s *Service) inRoom(ctx context.Context, scope authz.Scope, id, act string, after any, do func(tx *db.Tx, session *authz.Session, x *Incident) error) (Incident, error) {
	session, err := who(ctx)
	if err != nil {
		return Incident{}, err
	}
	var x Incident
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		if x, err = s.incident(ctx, tx, scope, id); err != nil {
			return err
		}
		if x.State == Closed {
			return fault.New(fault.Conflict, "事件已经结案，不能再改动。")
		}
		before := x.State
		if err := do(tx, session, &x); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "duty.incident." + act, Basis: citation, Target: x.target(), Before: before, After: after})
	})
	return x, err
}

// Note adds a line to the timeline.
func (s *Service) Note(ctx context.Context, scope authz.Scope, id, says string) (Incident, error) {
	says = strings.TrimSpace(says)
	return s.inRoom(ctx, scope, id, "note", says, func(tx *db.Tx, session *authz.Session, x *Incident) error {
		var f fault.Fields
		f.Text("says", "进展", says, true, 1000)
		if err := f.Err(); err != nil {
			return err
		}
		if err := s.join(ctx, tx, id, session); err != nil {
			return err
		}
		return s.enter(ctx, tx, id, "note", says, "")
	})
}

// Presence says that the person is on the incident, or leaves it.
func (s *Service) Presence(ctx context.Context, scope authz.Scope, id string, here bool) (Incident, error) {
	return s.inRoom(ctx, scope, id, "presence", here, func(tx *db.Tx, session *authz.Session, x *Incident) error {
		if here {
			if err := s.join(ctx, tx, id, session); err != nil {
				return err
			}
			return s.enter(ctx, tx, id, "join", session.Name+"到位。", "")
		}
		n, err := tx.Exec(ctx, `UPDATE incident_member SET left_at = $3 WHERE incident_id = $1 AND person_id = $2 AND left_at IS NULL`, id, session.PersonID, tx.Now())
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "您不在处置人员中，不用离开。")
		}
		return s.enter(ctx, tx, id, "leave", session.Name+"离开。", "")
	})
}

// Assign gives somebody of the unit a task.
func (s *Service) Assign(ctx context.Context, scope authz.Scope, id, says string, to org.PersonID) (Incident, error) {
	says = strings.TrimSpace(says)
	return s.inRoom(ctx, scope, id, "assign", says, func(tx *db.Tx, session *authz.Session, x *Incident) error {
		var f fault.Fields
		f.Text("task", "任务", says, true, 300)
		f.Check(to != "", "person", "请选择办理人")
		if err := f.Err(); err != nil {
			return err
		}
		p, err := s.Org.PersonByID(ctx, tx, scope, to)
		if err != nil {
			return fault.New(fault.Invalid, "没有选择办理人。").On("person", "请从列表中选择").From(err)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO incident_task (id, incident_id, says, person_id, person_name, made_at) VALUES ($1, $2, $3, $4, $5, $6)`, ulid.Make().String(), id, says, p.ID, p.Name, tx.Now()); err != nil {
			return err
		}
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "incident:" + id + ":" + ulid.Make().String(), Unit: string(p.Unit), Person: string(p.ID), Title: "事件“" + x.Title + "”分派您办理", Body: says, Link: x.Link(), Urgent: true}); err != nil {
			return err
		}
		return s.enter(ctx, tx, id, "task", "分派"+p.Name+"："+says, "")
	})
}

// Finish ends a task with what came of it.
func (s *Service) Finish(ctx context.Context, scope authz.Scope, id, task, result string) (Incident, error) {
	result = strings.TrimSpace(result)
	return s.inRoom(ctx, scope, id, "finish", result, func(tx *db.Tx, session *authz.Session, x *Incident) error {
		var f fault.Fields
		f.Text("result", "完成情况", result, true, 300)
		if err := f.Err(); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE incident_task SET done_at = $3, done_by = $4, result = $5 WHERE id = $1 AND incident_id = $2 AND done_at IS NULL`, task, id, tx.Now(), session.Name, result)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "任务已经完成或不在这个事件中，请刷新后再看。")
		}
		return s.enter(ctx, tx, id, "done", "任务完成："+result, "")
	})
}

// Paper keeps a file in the room.
func (s *Service) Paper(ctx context.Context, scope authz.Scope, id string, file *approval.Upload) (Incident, error) {
	if _, err := s.incident(ctx, s.DB, scope, id); err != nil {
		return Incident{}, err
	}
	if file == nil {
		return Incident{}, fault.New(fault.Invalid, "没有选择文件。").On("file", "请选择文件")
	}
	kept, err := approval.TakeOne(ctx, s.Store, file, "incident_paper", "file")
	if err != nil {
		return Incident{}, err
	}
	return s.inRoom(ctx, scope, id, "paper", kept.Name, func(tx *db.Tx, session *authz.Session, x *Incident) error {
		a, err := approval.AttachTo(ctx, tx, "incident", id, kept)
		if err != nil {
			return err
		}
		return s.enter(ctx, tx, id, "paper", "上传材料："+a.Name, x.Link()+"/files/"+a.ID)
	})
}

// File of a room in scope.
func (s *Service) File(ctx context.Context, scope authz.Scope, id, file string) (approval.Attachment, io.ReadCloser, error) {
	if _, err := s.incident(ctx, s.DB, scope, id); err != nil {
		return approval.Attachment{}, nil, err
	}
	return approval.OpenAttached(ctx, s.DB, s.Store, "incident", id, file)
}

// ProposeClosing says what it was and what is learnt; another person closes.
func (s *Service) ProposeClosing(ctx context.Context, scope authz.Scope, id, cause, lesson string) (Incident, error) {
	cause, lesson = strings.TrimSpace(cause), strings.TrimSpace(lesson)
	return s.inRoom(ctx, scope, id, "propose", cause, func(tx *db.Tx, session *authz.Session, x *Incident) error {
		var f fault.Fields
		f.Text("cause", "原因", cause, true, 2000)
		f.Text("lesson", "教训和改进措施", lesson, true, 2000)
		if err := f.Err(); err != nil {
			return err
		}
		if err := closable(ctx, tx, id); err != nil {
			return err
		}
		var err error
		if _, x.State, err = IncidentMachine.Take(ctx, tx, id, "propose", passage.Note{Says: abridge.Text(cause, 200)}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE incident SET state = $2, cause = $3, lesson = $4, proposer_id = $5, proposer = $6, proposed_at = $7 WHERE id = $1`, id, x.State, cause, lesson, session.PersonID, session.Name, tx.Now()); err != nil {
			return err
		}
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "incident:" + id + ":closing:" + tx.Now().Format(time.RFC3339), Unit: string(x.Unit), Title: "请复核结案：" + x.Title, Body: session.Name + "已提出结案，请另一人复核。", Link: x.Link()}); err != nil {
			return err
		}
		return s.enter(ctx, tx, id, "closing", "提出结案。原因："+cause, "")
	})
}

// against says what stands against closing a room: a task somebody still has, a
// takedown that waits for its second person, an alarm that has not ended.
func against(ctx context.Context, q db.Querier, id string) ([]string, error) {
	var out []string
	for _, x := range []struct{ sql, one, many string }{
		{`SELECT says FROM incident_task WHERE incident_id = $1 AND done_at IS NULL ORDER BY id`, "任务“%s”没有完成。", "还有 %d 项任务没有完成。"},
		{`SELECT title FROM takedown WHERE incident_id = $1 AND state IN ('proposed', 'alone') ORDER BY id`, "应急撤下“%s”待第二人批准或补审。", "还有 %d 件应急撤下待第二人批准或补审。"},
		{`SELECT title FROM alarm WHERE incident_id = $1 AND state <> 'ended' ORDER BY id`, "告警“%s”没有结束。", "还有 %d 个告警没有结束。"},
	} {
		list, err := db.All(ctx, q, db.Value[string], x.sql, id)
		switch {
		case err != nil:
			return nil, err
		case len(list) == 1:
			out = append(out, fmt.Sprintf(x.one, abridge.Text(list[0], 60)))
		case len(list) > 1:
			out = append(out, fmt.Sprintf(x.many, len(list)))
		}
	}
	return out, nil
}

// closable refuses to close a room in which something is still under way.
func closable(ctx context.Context, tx *db.Tx, id string) error {
	list, err := against(ctx, tx, id)
	if err == nil && len(list) > 0 {
		err = fault.New(fault.Refused, "还不能结案："+strings.Join(list, "")+"办完后再结案。")
	}
	return err
}

// CloseIncident is the second pair of eyes; ReturnIncident sends it back.
func (s *Service) CloseIncident(ctx context.Context, scope authz.Scope, id string) (Incident, error) {
	return s.inRoom(ctx, scope, id, "close", nil, func(tx *db.Tx, session *authz.Session, x *Incident) error {
		if x.ProposerID == session.PersonID {
			return fault.New(fault.Refused, "结案要由提出人以外的人复核，请另一人办理。")
		}
		// Tasks may have been given, and alarms raised, since it was proposed.
		if err := closable(ctx, tx, id); err != nil {
			return err
		}
		var err error
		if _, x.State, err = IncidentMachine.Take(ctx, tx, id, "close", passage.Note{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE incident SET state = $2, closer = $3, closed_at = $4 WHERE id = $1`, id, x.State, session.Name, tx.Now()); err != nil {
			return err
		}
		return s.enter(ctx, tx, id, "closing", "复核结案。", "")
	})
}

// ReturnIncident sends a closing back to be done better.
func (s *Service) ReturnIncident(ctx context.Context, scope authz.Scope, id, why string) (Incident, error) {
	why = strings.TrimSpace(why)
	return s.inRoom(ctx, scope, id, "return", why, func(tx *db.Tx, session *authz.Session, x *Incident) error {
		var f fault.Fields
		f.Text("why", "退回理由", why, true, 300)
		if err := f.Err(); err != nil {
			return err
		}
		if x.ProposerID == session.PersonID {
			return fault.New(fault.Refused, "结案由提出人以外的人复核或退回，请另一人办理。")
		}
		var err error
		if _, x.State, err = IncidentMachine.Take(ctx, tx, id, "return", passage.Note{Says: why}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE incident SET state = $2 WHERE id = $1`, id, x.State); err != nil {
			return err
		}
		return s.enter(ctx, tx, id, "closing", "退回结案："+why, "")
	})
}

// EvidenceUnder are the alarms and incidents under way, which keep the evidence of the
// findings they are about.
const EvidenceUnder = inspection.Under(`alarm_site x JOIN alarm a ON a.id = x.alarm_id LEFT JOIN incident i ON i.id = a.incident_id WHERE x.finding_id = f.id AND (a.state <> 'ended' OR i.state <> 'closed')`)
