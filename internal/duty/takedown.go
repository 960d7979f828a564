package duty

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/workbench"
)

// States of an emergency takedown.
const (
	Proposed = "proposed"
	Done     = "done"
	Refused  = "refused"
	Recalled = "withdrawn"
	Alone    = "alone"
	Reviewed = "reviewed"
	Undue    = "undue"
)

// TakedownMachine is what becomes of an emergency takedown.
var TakedownMachine = passage.Machine{Kind: "takedown", Noun: "应急撤下", States: map[string]string{Proposed: "待第二人批准", Done: "已撤下", Refused: "不同意", Recalled: "已撤回", Alone: "已撤下，待补审", Reviewed: "已撤下，已补审", Undue: "已撤下，补审认为不必要"},
	Moves: []passage.Move{
		{To: Proposed, Act: "propose", Says: "提出撤下", Permit: string(authz.TakedownPropose)},
		{To: Alone, Act: "alone", Says: "一人先行撤下", Guard: "写明来不及等第二人的理由", Permit: string(authz.TakedownPropose)},
		{From: Proposed, Act: "approve", To: Done, Says: "批准并撤下", Guard: "批准人不是提出人", Permit: string(authz.TakedownApprove)},
		{From: Proposed, Act: "refuse", To: Refused, Says: "不同意", Permit: string(authz.TakedownApprove)},
		{From: Proposed, Act: "withdraw", To: Recalled, Says: "撤回", Permit: string(authz.TakedownPropose)},
		{From: Alone, Act: "review", To: Reviewed, Says: "补审", Guard: "补审人不是撤下的人", Permit: string(authz.TakedownApprove)},
		{From: Alone, Act: "disagree", To: Undue, Says: "补审认为不必要", Guard: "补审人不是撤下的人", Permit: string(authz.TakedownApprove)},
	}}

// Takedown is one item taken off every page in an emergency; of an item that
// another unit published, off the pages of those who adopted it here.
type Takedown struct {
	ID         string
	Unit       org.UnitID // whose item it is, or who adopted it
	UnitName   string     // joined
	Incident   string
	Item       library.ItemID
	Title      string
	Reason     string
	State      string
	Proposer   string
	ProposedAt time.Time
	Decider    string
	DecidedAt  time.Time
	Opinion    string
	DownAt     time.Time
	Places     []Place // none: every page
	Owner      org.UnitID
	OwnerName  string // joined
	ProposerID string
	areaPath   string
	linePath   string
}

// Place is a site whose pages a takedown ends.
type Place struct {
	Site registry.SiteID `json:"site"`
	Name string          `json:"name"`
}

// Adopted reports that only those who adopted the item take it down.
func (t Takedown) Adopted() bool { return len(t.Places) > 0 }

// Where says from where it is taken.
func (t Takedown) Where() string {
	if !t.Adopted() {
		return "所有页面"
	}
	var names []string
	for _, p := range t.Places {
		names = append(names, p.Name)
	}
	return strings.Join(names, "、")
}

// Link is its page.
func (t Takedown) Link() string { return "/console/takedowns/" + t.ID }

// ProposedBy reports whether it was this person who proposed it.
func (t Takedown) ProposedBy(person string) bool { return person != "" && t.ProposerID == person }

// StateName is the state in Chinese.
func (t Takedown) StateName() string { return TakedownMachine.Name(t.State) }

func (t Takedown) target() audit.Target {
	return audit.Target{Kind: "takedown", ID: t.ID, Name: t.Title, Unit: string(t.Unit)}
}

func (t Takedown) subject() obligation.Subject {
	return obligation.Subject{Kind: "takedown", ID: t.ID, Name: "应急撤下“" + abridge.Text(t.Title, 40) + "”"}
}

const takedownSelect = `SELECT t.id, t.unit_id, u.name, COALESCE(t.incident_id, ''), t.item_id, t.title, t.reason, t.state, t.proposer_id, t.proposer, t.proposed_at, t.decider, t.decided_at, t.opinion, t.down_at, u.area_path, u.line_path, t.places, i.unit_id, o.name
	FROM takedown t JOIN unit u ON u.id = t.unit_id JOIN item i ON i.id = t.item_id JOIN unit o ON o.id = i.unit_id`

func scanTakedown(r db.Scanner) (Takedown, error) {
	var t Takedown
	var places string
	err := r.Scan(&t.ID, &t.Unit, &t.UnitName, &t.Incident, &t.Item, &t.Title, &t.Reason, &t.State, &t.ProposerID, &t.Proposer, &t.ProposedAt, &t.Decider, &t.DecidedAt, &t.Opinion, &t.DownAt, &t.areaPath, &t.linePath, &places, &t.Owner, &t.OwnerName)
	if err == nil && places != "" {
		err = json.Unmarshal([]byte(places), &t.Places)
	}
	return t, err
}

// Takedowns in scope, those that wait first; of one incident and in one state when
// they are named, standing for those that wait.
func (s *Service) Takedowns(ctx context.Context, scope authz.Scope, incident, state string, limit, offset int) ([]Takedown, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.AndIf(incident != "", "t.incident_id = ?", incident)
	w.AndIf(state == "standing", "t.state IN ('proposed', 'alone')").AndIf(state != "" && state != "standing", "t.state = ?", state)
	n, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM takedown t JOIN unit u ON u.id = t.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.DB, scanTakedown, takedownSelect+` WHERE `+w.SQL()+` ORDER BY CASE t.state WHEN 'proposed' THEN 0 WHEN 'alone' THEN 1 ELSE 2 END, t.proposed_at DESC, t.id DESC LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	return list, n, err
}

// TakedownOf is one takedown in scope.
func (s *Service) TakedownOf(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Takedown, error) {
	t, err := db.One(ctx, q, scanTakedown, takedownSelect+` WHERE t.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(t.areaPath, t.linePath) {
		return Takedown{}, fault.Missing("应急撤下")
	}
	return t, err
}

// Reach is what a takedown is about and until when it waits.
type Reach struct {
	Pages []string     // the public addresses, at most mostPages
	Sites int          // that show or showed it
	Due   calendar.Due // of the second look; zero when none is owed
}

// mostPages of a takedown are named.
const mostPages = 5

// ReachOf is the reach of a takedown in scope.
func (s *Service) ReachOf(ctx context.Context, scope authz.Scope, id string) (Reach, error) {
	t, err := s.TakedownOf(ctx, s.DB, scope, id)
	if err != nil {
		return Reach{}, err
	}
	it, err := s.Library.ItemTx(ctx, s.DB, authz.System("duty.takedown"), t.Item)
	if err != nil {
		return Reach{}, err
	}
	type site struct {
		id   registry.SiteID
		host string
	}
	list, err := db.All(ctx, s.DB, func(r db.Scanner) (site, error) {
		var x site
		err := r.Scan(&x.id, &x.host)
		return x, err
	}, `SELECT s.id, s.host FROM site s WHERE s.id IN (SELECT site_id FROM item_placement WHERE item_id = $1 AND live_at IS NOT NULL) ORDER BY CASE WHEN s.unit_id = $2 THEN 0 ELSE 1 END, s.host`, t.Item, t.Unit)
	if err != nil {
		return Reach{}, err
	}
	var out Reach
	for _, x := range list {
		if t.Adopted() && !slices.ContainsFunc(t.Places, func(p Place) bool { return p.Site == x.id }) {
			continue
		}
		if out.Sites++; out.Sites <= mostPages {
			out.Pages = append(out.Pages, strings.TrimSuffix(s.address(x.host), "/")+it.Path())
		}
	}
	out.Due, err = s.reviewDue(ctx, t)
	return out, err
}

// TakedownHistory is every step of a takedown in scope.
func (s *Service) TakedownHistory(ctx context.Context, scope authz.Scope, id string) ([]passage.Step, error) {
	if _, err := s.TakedownOf(ctx, s.DB, scope, id); err != nil {
		return nil, err
	}
	return TakedownMachine.History(ctx, s.DB, id)
}

// adopted is a takedown of an item that another unit published, from the sites
// in scope that show it.
func (s *Service) adopted(ctx context.Context, tx *db.Tx, scope authz.Scope, session *authz.Session, item library.ItemID) (Takedown, error) {
	it, _, err := s.Library.LiveItem(ctx, tx, item)
	if err != nil {
		return Takedown{}, err
	}
	sites, err := s.Library.SitesWith(ctx, tx, scope, item)
	if err != nil {
		return Takedown{}, err
	}
	if len(sites) == 0 {
		return Takedown{}, fault.New(fault.Refused, "这篇稿件由"+it.UnitName+"发布，您管辖的网站都没有采用，不能由您撤下；请联系"+it.UnitName+"或其上级主管单位撤下。")
	}
	own := session.UnitsFor(authz.TakedownPropose)
	by := sites[0]
	t := Takedown{Item: it.ID, Title: it.Title, Owner: it.Unit, OwnerName: it.UnitName}
	for i := len(sites) - 1; i >= 0; i-- {
		if slices.Contains(own, string(sites[i].Unit)) {
			by = sites[i]
		}
	}
	for _, x := range sites {
		t.Places = append(t.Places, Place{x.ID, x.Name})
	}
	t.Unit, t.UnitName = by.Unit, by.UnitName
	return t, nil
}

// ProposeTakedown asks for an item to be taken off every page; an item of a unit
// out of scope, off the pages in scope that adopted it. alone takes it down at
// once and opens the clock of the second look.
func (s *Service) ProposeTakedown(ctx context.Context, scope authz.Scope, item library.ItemID, reason, incident string, alone bool) (Takedown, error) {
	session, err := who(ctx)
	if err != nil {
		return Takedown{}, err
	}
	reason = strings.TrimSpace(reason)
	var t Takedown
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		it, err := s.Library.ItemTx(ctx, tx, scope, item)
		switch {
		case err == nil:
			t = Takedown{Unit: it.Unit, UnitName: it.UnitName, Item: it.ID, Title: it.Title, Owner: it.Unit, OwnerName: it.UnitName}
		case fault.Is(err, fault.NotFound):
			if t, err = s.adopted(ctx, tx, scope, session, item); err != nil {
				return err
			}
		default:
			return err
		}
		if incident != "" {
			if _, err := s.incident(ctx, tx, scope, incident); err != nil {
				return err
			}
		}
		var f fault.Fields
		f.Text("reason", "撤下理由", reason, true, 500)
		if err := f.Err(); err != nil {
			return err
		}
		if !t.Adopted() && !it.Live() {
			return fault.New(fault.Conflict, "这篇稿件没有公开，不用撤下。")
		}
		act := "propose"
		if alone {
			act = "alone"
		}
		t.ID, t.Incident, t.Reason, t.Proposer, t.ProposedAt, t.ProposerID = ulid.Make().String(), incident, reason, session.Name, tx.Now(), session.PersonID
		places := ""
		if t.Adopted() {
			body, err := json.Marshal(t.Places)
			if err != nil {
				return err
			}
			places = string(body)
		}
		if _, t.State, err = TakedownMachine.Take(ctx, tx, t.ID, act, passage.Note{Says: reason}); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO takedown (id, unit_id, incident_id, item_id, title, reason, state, proposer_id, proposer, proposed_at, places) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			t.ID, t.Unit, db.Null(incident), t.Item, t.Title, reason, t.State, session.PersonID, session.Name, tx.Now(), places)
		if _, dup := db.UniqueViolation(err); dup {
			return fault.New(fault.Conflict, "这篇稿件已有人提出撤下，正在等第二人批准。").From(err)
		}
		if err != nil {
			return fmt.Errorf("duty: propose takedown: %w", err)
		}
		title, body := "请批准应急撤下：“"+t.Title+"”", session.Name+"提出，从"+t.Where()+"撤下。理由："+strings.TrimRight(reason, "。")+"。"
		if alone {
			if err := s.down(ctx, tx, scope, &t); err != nil {
				return err
			}
			title = "已应急撤下，请补审：“" + t.Title + "”"
			due := tx.Now().Add(time.Duration(s.Settings().TakedownReviewHours) * time.Hour)
			body += "请另一位有权的人于 " + calendar.DueAt(due).Chinese() + " 前补审，逾时报上一级。"
			if err := s.Obligations.Open(ctx, tx, obligation.Debt{Kind: TakedownKind.ID, Unit: t.Unit, Subject: t.subject(), Link: t.Link(), Due: calendar.DueAt(due), From: calendar.DateOf(tx.Now())}); err != nil {
				return err
			}
		}
		m := notify.Message{Key: "takedown:" + t.ID, Unit: string(t.Unit), Title: title, Body: body, Link: t.Link(), Urgent: true}
		if _, err := notify.Send(ctx, tx, m); err != nil {
			return err
		}
		if err := s.tellAbove(ctx, tx, t, m); err != nil {
			return err
		}
		if incident != "" {
			if err := s.enter(ctx, tx, incident, "takedown", TakedownMachine.ActName(act)+"“"+t.Title+"”。理由："+reason, t.Link()); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "duty.takedown." + act, Basis: citation, Target: t.target(), After: map[string]string{"item": string(t.Item), "reason": reason, "from": t.Where()}})
	})
	return t, err
}

// down takes the item off every page by the library's own withdrawal, or off
// the pages of those who adopted it, whose owner is told.
func (s *Service) down(ctx context.Context, tx *db.Tx, scope authz.Scope, t *Takedown) error {
	if t.Adopted() {
		if err := s.leave(ctx, tx, scope, t); err != nil {
			return err
		}
	} else if _, err := s.Library.WithdrawTx(ctx, tx, scope, t.Item, "应急撤下："+t.Reason); err != nil {
		return err
	}
	t.DownAt = tx.Now()
	_, err := tx.Exec(ctx, `UPDATE takedown SET down_at = $2 WHERE id = $1`, t.ID, tx.Now())
	return err
}

// leave ends the places of a takedown by who adopted the item.
func (s *Service) leave(ctx context.Context, tx *db.Tx, scope authz.Scope, t *Takedown) error {
	ended := 0
	for _, p := range t.Places {
		n, err := s.Library.LeaveSiteTx(ctx, tx, scope, t.Item, p.Site, "应急撤下："+t.Reason)
		if fault.Is(err, fault.NotFound) {
			return fault.New(fault.Refused, "“"+p.Name+"”不在您的管辖范围内，请由能管所列各网站的人批准。").From(err)
		}
		if err != nil {
			return err
		}
		ended += n
	}
	if ended == 0 {
		return fault.New(fault.Conflict, "所列网站已经不再显示这篇稿件，不用撤下。")
	}
	_, err := notify.Send(ctx, tx, notify.Message{Key: "takedown:" + t.ID + ":owner", Unit: string(t.Owner), Title: "采用单位应急撤下：“" + t.Title + "”", Body: t.UnitName + "已从" + t.Where() + "撤下本单位发布的稿件，原稿照常公开，请核实是否也须撤下。理由：" + t.Reason, Link: "/console/items/" + string(t.Item), Urgent: true})
	return err
}

// Seconds are who else may approve or review a takedown in scope: people of its
// unit or, where nobody else there may, of the offices above, and which unit's.
func (s *Service) Seconds(ctx context.Context, scope authz.Scope, t Takedown) ([]org.Person, string, error) {
	if !scope.Covers(t.areaPath, t.linePath) {
		return nil, "", fault.Missing("应急撤下")
	}
	list, at, err := s.seconds(ctx, s.DB, t)
	return list, at.Name, err
}

func (s *Service) seconds(ctx context.Context, q db.Querier, t Takedown) ([]org.Person, org.Unit, error) {
	superior, province, err := s.above(ctx, q, t.Unit)
	if err != nil {
		return nil, org.Unit{}, err
	}
	fits := approves
	for _, u := range []org.Unit{{ID: t.Unit, Name: t.UnitName}, superior, province} {
		if u.ID != "" {
			list, err := s.holding(ctx, q, authz.System("duty.takedown"), u.ID, fits)
			if err != nil {
				return nil, org.Unit{}, err
			}
			if list = slices.DeleteFunc(list, func(p org.Person) bool { return t.ProposedBy(string(p.ID)) }); len(list) > 0 {
				return list, u, nil
			}
		}
		fits = approvesBelow
	}
	return nil, org.Unit{}, nil
}

// tellAbove tells the people of the office above who are the second of a takedown, where
// nobody else of its unit may be.
func (s *Service) tellAbove(ctx context.Context, tx *db.Tx, t Takedown, m notify.Message) error {
	people, at, err := s.seconds(ctx, tx, t)
	if err != nil || at.ID == t.Unit {
		return err
	}
	m.Body = t.UnitName + "没有另一名有权人员，请您办理。" + m.Body
	for _, p := range people {
		m.Key, m.Unit, m.Person = "takedown:"+t.ID+":second:"+string(p.ID), string(at.ID), string(p.ID)
		if _, err := notify.Send(ctx, tx, m); err != nil {
			return err
		}
	}
	return nil
}

// minutesPerTakedown is the house's guess of how long a second look takes.
const minutesPerTakedown = 10

// Tasks is duty's part of the inbox (workbench.Source): takedowns that wait for the second
// person, for those of its unit who may be it, or those above where nobody else there may.
func (s *Service) Tasks(ctx context.Context, session *authz.Session, tab workbench.Tab, limit int) ([]workbench.Task, error) {
	if session == nil || tab != workbench.ToDo || !session.May(authz.TakedownApprove) {
		return nil, nil
	}
	var w db.Where
	session.ScopeFor(authz.TakedownApprove).Where(&w, "u")
	w.And("t.state IN ('proposed', 'alone') AND t.proposer_id <> ?", session.PersonID)
	list, err := db.All(ctx, s.DB, scanTakedown, takedownSelect+` WHERE `+w.SQL()+` ORDER BY t.proposed_at, t.id LIMIT `+w.Arg(limit), w.Args()...)
	if err != nil {
		return nil, err
	}
	var out []workbench.Task
	for _, t := range list {
		if !session.MayAt(authz.TakedownApprove, string(t.Unit)) {
			people, _, err := s.seconds(ctx, s.DB, t)
			if err != nil {
				return nil, err
			}
			if !slices.ContainsFunc(people, func(p org.Person) bool { return string(p.ID) == session.PersonID }) {
				continue
			}
		}
		due, err := s.reviewDue(ctx, t)
		if err != nil {
			return nil, err
		}
		task := workbench.Task{Key: "takedown:" + t.ID, Kind: "应急撤下", Title: "请批准应急撤下：" + t.Title, From: t.UnitName + " " + t.Proposer, At: t.ProposedAt, Due: due, State: t.StateName(), Link: t.Link(), Act: "去批准", Minutes: minutesPerTakedown}
		if t.State == Alone {
			task.Title, task.Act = "请补审应急撤下："+t.Title, "去补审"
		}
		out = append(out, task)
	}
	return out, nil
}

// reviewDue is until when the second look at a takedown is owed; zero when none is.
func (s *Service) reviewDue(ctx context.Context, t Takedown) (calendar.Due, error) {
	owed, err := s.Obligations.Obligations(ctx, authz.System("duty.takedown"), obligation.Filter{Kind: TakedownKind.ID, Subject: t.subject(), Limit: 1})
	if err != nil || len(owed) == 0 {
		return calendar.Due{}, err
	}
	return owed[0].Due, nil
}

// approves reports whether a role is the second of a takedown.
func approves(r authz.Role) bool {
	info, ok := authz.Info(r)
	return ok && slices.Contains(info.Permits, authz.TakedownApprove)
}

// approvesBelow is approves for the units below an office that the role is held at.
func approvesBelow(r authz.Role) bool {
	info, ok := authz.Info(r)
	return ok && info.ReachesBelow() && approves(r)
}

// DecideTakedown is the second person's word: approve, refuse or, after one
// person acted alone, review.
func (s *Service) DecideTakedown(ctx context.Context, scope authz.Scope, id, act, opinion string) (Takedown, error) {
	session, err := who(ctx)
	if err != nil {
		return Takedown{}, err
	}
	opinion = strings.TrimSpace(opinion)
	var t Takedown
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		if t, err = s.TakedownOf(ctx, tx, scope, id); err != nil {
			return err
		}
		var f fault.Fields
		f.Check(act == "approve" || act == "refuse" || act == "review" || act == "disagree" || act == "withdraw", "act", "请选择批准、不同意或补审")
		f.Text("opinion", "意见", opinion, act == "refuse" || act == "review" || act == "disagree", 500)
		if err := f.Err(); err != nil {
			return err
		}
		switch mine := t.ProposerID == session.PersonID; {
		case act == "withdraw" && !mine:
			return fault.New(fault.Refused, "只有提出人能撤回；要退回请选“不同意”。")
		case act != "withdraw" && mine:
			return fault.New(fault.Refused, "应急撤下要由两个人办：提出人不能自己批准或补审，请另一位有权的人办理。")
		}
		if _, t.State, err = TakedownMachine.Take(ctx, tx, id, act, passage.Note{Says: opinion}); err != nil {
			return err
		}
		t.Decider, t.DecidedAt, t.Opinion = session.Name, tx.Now(), opinion
		if _, err := tx.Exec(ctx, `UPDATE takedown SET state = $2, decider_id = $3, decider = $4, decided_at = $5, opinion = $6 WHERE id = $1`, id, t.State, session.PersonID, session.Name, tx.Now(), opinion); err != nil {
			return err
		}
		switch act {
		case "approve":
			err = s.down(ctx, tx, scope, &t)
		case "review":
			_, err = s.Obligations.Discharge(ctx, tx, TakedownKind.ID, t.subject(), "已补审，"+session.Name+"："+opinion)
		}
		if act == "disagree" {
			// What is down goes up again by the gates only: its office is told.
			if _, err = s.Obligations.Discharge(ctx, tx, TakedownKind.ID, t.subject(), "已补审，"+session.Name+"认为撤下不必要："+opinion); err == nil {
				again, link := "重新送审", "/console/items/"+string(t.Item)
				if t.Adopted() {
					again, link = "重新采用", link+"/adopt"
				}
				_, err = notify.Send(ctx, tx, notify.Message{Key: "takedown:" + t.ID + ":undue", Unit: string(t.Unit), Title: "撤下不必要，可以" + again + "：“" + t.Title + "”", Body: session.Name + "补审意见：" + opinion, Link: link})
			}
		}
		if err != nil {
			return err
		}
		if t.Incident != "" {
			if err := s.enter(ctx, tx, t.Incident, "takedown", TakedownMachine.ActName(act)+"“"+t.Title+"”。"+opinion, t.Link()); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "duty.takedown." + act, Basis: citation, Target: t.target(), After: map[string]string{"state": t.State, "opinion": opinion}})
	})
	return t, err
}
