package merit

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/workbench"
)

// ID identifies a record.
type ID string

// States of a record.
const (
	Entered   = "entered"
	Returned  = "returned"
	Checked   = "checked"
	Corrected = "corrected"
	Dropped   = "dropped"
)

// Machine is the declared states of a record. What was checked is never taken
// out: it is corrected by another record.
var Machine = passage.Machine{
	Kind: "merit", Noun: "表扬问责记录",
	States: map[string]string{Entered: "待复核", Returned: "已退回", Checked: "已登记", Corrected: "已更正", Dropped: "已作废"},
	Moves: []passage.Move{
		{From: "", Act: "enter", To: Entered, Says: "登记", Guard: "写明作出决定的机关和日期，问责写明依据", Permit: string(authz.MeritRecord)},
		{From: "", Act: "carry", To: Checked, Says: "转入以前的登记", Permit: "system"},
		{From: Entered, Act: "check", To: Checked, Says: "复核登记", Guard: "不是登记人本人", Permit: string(authz.MeritRecord)},
		{From: Entered, Act: "return", To: Returned, Says: "退回", Guard: "不是登记人本人，写明原因", Permit: string(authz.MeritRecord)},
		{From: Returned, Act: "amend", To: Entered, Says: "改正后再送复核", Permit: string(authz.MeritRecord)},
		{From: Returned, Act: "drop", To: Dropped, Says: "作废", Guard: "从未生效", Permit: string(authz.MeritRecord)},
		{From: Checked, Act: "correct", To: Corrected, Says: "更正", Guard: "更正记录经复核", Permit: "system"},
	},
}

// Ref names something a record rests on.
type Ref struct{ Kind, ID string }

// Ground is what a record rests on, as it was named.
type Ground struct {
	Ref
	Name, Link string
	Unit       org.UnitID // whose matter it is, when it is looked up
}

// Grounder knows one kind of ground: it finds one in scope by its id or number.
type Grounder struct {
	Kind, Name string // order, 整改通知
	Find       func(ctx context.Context, q db.Querier, scope authz.Scope, ref string) (Ground, error)
}

// Record is one commendation or accountability.
type Record struct {
	ID          ID
	Number      string
	Sort        Sort
	Kind        string
	Unit        org.UnitID
	UnitName    string // joined
	Office      org.UnitID
	OfficeName  string // joined
	Capacity    string
	Person      string // name and post; empty: the unit itself
	Measure     string
	Body        string
	Document    string
	DecidedOn   calendar.Date
	Says        string
	Withdrawn   bool
	State       string
	EnteredID   string
	EnteredBy   string
	EnteredAt   time.Time
	CheckedBy   string
	CheckedAt   time.Time
	ReturnedWhy string
	Corrects    ID
	Why         string
	CorrectedBy ID // joined: the record in its place
	Grounds     []Ground
	Files       []approval.Attachment
	area, line  string
}

// StateName is the state in Chinese.
func (r Record) StateName() string { return Machine.Name(r.State) }

// KindName is the measure in Chinese, with the words of the decision.
func (r Record) KindName() string {
	k, ok := KindOf(r.Kind)
	switch {
	case !ok || strings.HasPrefix(k.ID, "other_") && r.Measure != "":
		return cmp.Or(r.Measure, k.Name, r.Kind)
	case r.Measure != "":
		return k.Name + "（" + r.Measure + "）"
	}
	return k.Name
}

// Counts reports whether it stands: checked, and the decision not taken back.
func (r Record) Counts() bool { return r.State == Checked && !r.Withdrawn }

// Link is the record's page.
func (r Record) Link() string { return "/console/merits/" + string(r.ID) }

// EnterLink is where a record is entered, with its sort, its ground and its unit
// filled in as far as they are known.
func EnterLink(sort Sort, ground Ref, unit org.UnitID) string {
	q := url.Values{}
	for _, x := range []struct{ name, value string }{{"sort", string(sort)}, {"unit", string(unit)}} {
		if x.value != "" {
			q.Set(x.name, x.value)
		}
	}
	if ground.ID != "" {
		q.Set("ground", ground.Kind+":"+ground.ID)
	}
	return "/console/merits/new?" + q.Encode()
}

// Title names it.
func (r Record) Title() string { return r.UnitName + "：" + r.KindName() }

// Target names it in the trail; never by the person.
func (r Record) Target() audit.Target {
	return audit.Target{Kind: "merit", ID: string(r.ID), Name: strings.TrimSpace(r.Number + " " + r.Title()), Unit: string(r.Unit)}
}

// Ours reports whether the session works at the office that keeps the record.
func (r Record) Ours(session *authz.Session) bool {
	return session != nil && session.MayAt(authz.MeritRecord, string(r.Office))
}

// Names reports whether the person of the record is for the session to read:
// offices that keep such records, and the unit itself.
func (r Record) Names(session *authz.Session) bool {
	return session != nil && (session.May(authz.MeritRecord) || slices.Contains(session.UnitsFor(authz.AssessmentRead), string(r.Unit)))
}

// Parts are what the service works with.
type Parts struct {
	DB    *db.DB
	Org   *org.Service
	Store blob.Store
}

// Service is the door of merit.
type Service struct {
	Parts
	grounds []Grounder
	checked []func(ctx context.Context, tx *db.Tx, r Record) error
}

// New makes the service.
func New(p Parts) *Service { return &Service{Parts: p} }

// GroundsFrom registers what records may rest on; at start.
func (s *Service) GroundsFrom(list ...Grounder) { s.grounds = append(s.grounds, list...) }

// GroundKinds are the kinds of ground there are.
func (s *Service) GroundKinds() []Grounder { return s.grounds }

// OnChecked registers what follows, in the same transaction, when a record
// stands: a clock that asked for it ends.
func (s *Service) OnChecked(f func(ctx context.Context, tx *db.Tx, r Record) error) {
	s.checked = append(s.checked, f)
}

// Ground in scope by its kind and its id or number.
func (s *Service) Ground(ctx context.Context, q db.Querier, scope authz.Scope, ref Ref) (Ground, error) {
	ref.ID = strings.TrimSpace(ref.ID)
	i := slices.IndexFunc(s.grounds, func(g Grounder) bool { return g.Kind == ref.Kind })
	if i < 0 || ref.ID == "" || len(ref.ID) > 100 {
		return Ground{}, fault.New(fault.Invalid, "依据没有选对，请从列表中选择依据的种类并填写编号。").On("ground", "请选择依据的种类并填写编号")
	}
	g, err := s.grounds[i].Find(ctx, q, scope, ref.ID)
	if fault.Is(err, fault.NotFound) {
		return g, fault.Newf(fault.Invalid, "找不到%s“%s”，请核对编号；只能引用您管辖范围内的。", s.grounds[i].Name, ref.ID).On("ground", "请核对编号")
	}
	return g, err
}

// Open reports whether a ground's page stands open to who looks by the scope: a
// record is read by its unit and by offices that may not open every paper it
// rests on.
func (s *Service) Open(ctx context.Context, scope authz.Scope, ref Ref) (bool, error) {
	i := slices.IndexFunc(s.grounds, func(g Grounder) bool { return g.Kind == ref.Kind })
	if i < 0 {
		return false, nil
	}
	_, err := s.grounds[i].Find(ctx, s.DB, scope, ref.ID)
	switch {
	case err == nil, fault.Is(err, fault.Conflict), fault.Is(err, fault.Refused): // there, though no longer a ground
		return true, nil
	case fault.Is(err, fault.NotFound), fault.Is(err, fault.Forbidden):
		return false, nil
	}
	return false, err
}

// Entry is a record as it is entered.
type Entry struct {
	Unit      org.UnitID
	Kind      string
	Capacity  string
	Person    string
	Measure   string
	Body      string
	Document  string
	DecidedOn calendar.Date
	Says      string
	Withdrawn bool // of a correction: the body took its decision back
	Grounds   []Ref
}

const maxGrounds = 20

func (n *Entry) tidy(today calendar.Date) (Kind, error) {
	for _, p := range []*string{&n.Person, &n.Measure, &n.Body, &n.Document, &n.Says} {
		*p = strings.TrimSpace(strings.ToValidUTF8(*p, ""))
	}
	k, ok := KindOf(n.Kind)
	var f fault.Fields
	f.Check(ok, "kind", "请选择表扬或问责的方式")
	f.Check(n.Unit != "", "unit", "请选择单位")
	f.Text("person", "姓名和职务", n.Person, false, 50)
	f.Text("measure", "决定的具体内容", n.Measure, strings.HasPrefix(n.Kind, "other_"), 200)
	f.Text("body", "作出决定的机关", n.Body, true, 100)
	f.Text("document", "文号", n.Document, false, 100)
	f.Text("says", "事由", n.Says, false, 1000)
	f.Check(!n.DecidedOn.IsZero() && !n.DecidedOn.After(today), "decided_on", "请填写决定日期，不晚于今天")
	f.Check(len(n.Grounds) <= maxGrounds, "ground", fmt.Sprintf("依据最多%d项", maxGrounds))
	if ok {
		i := slices.IndexFunc(Capacities, func(c Capacity) bool { return c.ID == n.Capacity && c.Sort == k.Sort })
		f.Check(n.Person == "" && n.Capacity == "" || n.Person == "" || i >= 0, "capacity", "写了姓名的，请选择是分管领导、有关责任人、主办单位负责人，还是受表扬的相关人员")
		f.Check(n.Person != "" || n.Capacity == "", "person", "选择了人员身份的，请填写姓名和职务；只对单位的，身份选“单位”")
		f.Check(k.Sort == Account || n.Says != "" || len(n.Grounds) > 0, "says", "请写明表扬的事由，或选择依据")
	}
	return k, f.Err()
}

// Enter records what a body decided; another person of the office checks it.
func (s *Service) Enter(ctx context.Context, scope authz.Scope, session *authz.Session, office org.UnitID, n Entry, files []approval.Upload) (r Record, err error) {
	if !session.MayAt(authz.MeritRecord, string(office)) {
		return r, fault.New(fault.Forbidden, "表扬和问责由主管单位登记，您的岗位不在该单位。")
	}
	if _, err := n.tidy(calendar.DateOf(s.DB.Now())); err != nil {
		return r, err
	}
	kept, err := s.take(ctx, files)
	if err != nil {
		return r, err
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		r, err = s.EnterTx(ctx, tx, scope, office, n, kept)
		return err
	})
	return r, err
}

func (s *Service) take(ctx context.Context, files []approval.Upload) ([]approval.Attachment, error) {
	if len(files) > 5 {
		return nil, fault.New(fault.Invalid, "附件最多5个，请合并后上传。").On("file", "最多5个")
	}
	return approval.TakeAll(ctx, s.Store, files)
}

// EnterTx is Enter in another's transaction, whose caller has checked who may.
func (s *Service) EnterTx(ctx context.Context, tx *db.Tx, scope authz.Scope, office org.UnitID, n Entry, files []approval.Attachment) (Record, error) {
	return s.enter(ctx, tx, scope, office, n, files, "", "")
}

func (s *Service) enter(ctx context.Context, tx *db.Tx, scope authz.Scope, office org.UnitID, n Entry, files []approval.Attachment, corrects ID, why string) (Record, error) {
	k, err := n.tidy(calendar.DateOf(tx.Now()))
	if err != nil {
		return Record{}, err
	}
	actor, err := audit.PersonFrom(ctx)
	if err != nil {
		return Record{}, err
	}
	u, err := s.Org.UnitTx(ctx, tx, scope, n.Unit)
	if err != nil {
		return Record{}, err
	}
	from, err := s.Org.UnitTx(ctx, tx, system, office)
	if err != nil {
		return Record{}, err
	}
	r := Record{ID: ID(ulid.Make().String()), Sort: k.Sort, Kind: k.ID, Unit: u.ID, UnitName: u.Name, Office: from.ID, OfficeName: from.Name, Capacity: n.Capacity, Person: n.Person, Measure: n.Measure, Body: n.Body, Document: n.Document,
		DecidedOn: n.DecidedOn, Says: n.Says, Withdrawn: n.Withdrawn, EnteredID: actor.ID, EnteredBy: actor.Name, EnteredAt: tx.Now(), Corrects: corrects, Why: why}
	if r.Grounds, err = s.found(ctx, tx, scope, n.Grounds); err != nil {
		return r, err
	}
	if err := lawful(r); err != nil {
		return r, err
	}
	if r.Number, err = approval.NextNumber(ctx, tx, "JC"); err != nil {
		return r, err
	}
	if _, r.State, err = Machine.Take(ctx, tx, string(r.ID), "enter", passage.Note{Says: why}); err != nil {
		return r, err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO merit (id, number, sort, kind, unit_id, office_id, capacity, person, measure, body, document, decided_on, says, withdrawn, state, entered_id, entered_by, entered_at, corrects_id, why)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
		r.ID, r.Number, r.Sort, r.Kind, r.Unit, r.Office, r.Capacity, r.Person, r.Measure, r.Body, r.Document, r.DecidedOn, r.Says, r.Withdrawn, r.State, r.EnteredID, r.EnteredBy, r.EnteredAt, db.Null(r.Corrects), r.Why); err != nil {
		if _, dup := db.UniqueViolation(err); dup && corrects != "" {
			return r, fault.New(fault.Conflict, "这条记录已有一条更正在办，请刷新后查看。").From(err)
		}
		return r, fmt.Errorf("merit: enter: %w", err)
	}
	if err := s.ground(ctx, tx, r); err != nil {
		return r, err
	}
	if err := approval.AttachAll(ctx, tx, "merit", string(r.ID), files); err != nil {
		return r, err
	}
	if err := s.ask(ctx, tx, r); err != nil {
		return r, err
	}
	return r, audit.Record(ctx, tx, audit.Entry{Act: "merit.enter", Basis: citation, Target: r.Target(), After: r.kept(files)})
}

// kept is what the trail keeps of an entry.
func (r Record) kept(files []approval.Attachment) map[string]any {
	return map[string]any{"kind": r.Kind, "capacity": r.Capacity, "person": r.Person, "measure": r.Measure, "body": r.Body, "document": r.Document, "decided_on": r.DecidedOn, "says": r.Says, "withdrawn": r.Withdrawn, "grounds": r.Grounds, "corrects": r.Corrects, "why": r.Why, "files": len(files)}
}

const citation = sx2021.Instrument + " 第三十条"

var system = authz.System("merit")

func (s *Service) found(ctx context.Context, tx *db.Tx, scope authz.Scope, refs []Ref) ([]Ground, error) {
	var out []Ground
	for _, ref := range refs {
		g, err := s.Ground(ctx, tx, scope, ref)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(out, func(x Ground) bool { return x.Ref == g.Ref }) {
			out = append(out, g)
		}
	}
	return out, nil
}

func (s *Service) ground(ctx context.Context, tx *db.Tx, r Record) error {
	if _, err := tx.Exec(ctx, `DELETE FROM merit_ground WHERE merit_id = $1`, r.ID); err != nil {
		return err
	}
	for _, g := range r.Grounds {
		if _, err := tx.Exec(ctx, `INSERT INTO merit_ground (merit_id, kind, object_id, name, link) VALUES ($1, $2, $3, $4, $5)`, r.ID, g.Kind, g.ID, g.Name, g.Link); err != nil {
			return err
		}
	}
	return nil
}

// ask tells the office that somebody else is to check it.
func (s *Service) ask(ctx context.Context, tx *db.Tx, r Record) error {
	people, err := s.Org.PeopleWith(ctx, tx, r.Office, authz.MeritRecord)
	if err != nil {
		return err
	}
	return notify.SendTo(ctx, tx, people, notify.Message{Key: fmt.Sprintf("merit:%s:enter:%d", r.ID, tx.Now().UnixMilli()), Unit: string(r.Office), Link: r.Link(), Title: "请复核" + SortName(r.Sort) + "登记：" + r.UnitName, Body: r.EnteredBy + "登记，请由另一人核对后登记生效。"})
}

// lawful refuses what the regulation does not let stand.
func lawful(r Record) error {
	if r.Sort != Account {
		return nil
	}
	k, _ := KindOf(r.Kind)
	broken := sx2021.AccountabilityRecord(sx2021.Held{Body: r.Body, Office: r.OfficeName, Measure: r.Measure, Theirs: k.Office, Proposal: k.ID == "proposal", Grounds: len(r.Grounds)})
	if len(broken) == 0 {
		return nil
	}
	err := fault.New(fault.Refused, broken[0].Detail)
	for _, b := range broken {
		on := "ground"
		if b.Rule.ID == sx2021.DecidedByBody.ID {
			on = "body"
		}
		err = err.On(on, b.Detail).Because(b.Reason())
	}
	return err
}

// Amend changes a record that was returned and sends it to be checked again.
func (s *Service) Amend(ctx context.Context, scope authz.Scope, session *authz.Session, id ID, n Entry, files []approval.Upload) error {
	if _, err := n.tidy(calendar.DateOf(s.DB.Now())); err != nil {
		return err
	}
	kept, err := s.take(ctx, files)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		was, err := s.record(ctx, tx, scope, session, id)
		if err != nil {
			return err
		}
		if !was.Ours(session) {
			return notOurs(was)
		}
		n.Unit, n.Withdrawn = was.Unit, was.Withdrawn
		k, err := n.tidy(calendar.DateOf(tx.Now()))
		if err != nil {
			return err
		}
		actor, err := audit.PersonFrom(ctx)
		if err != nil {
			return err
		}
		r := was
		r.Sort, r.Kind, r.Capacity, r.Person, r.Measure, r.Body, r.Document, r.DecidedOn, r.Says = k.Sort, k.ID, n.Capacity, n.Person, n.Measure, n.Body, n.Document, n.DecidedOn, n.Says
		r.EnteredID, r.EnteredBy = actor.ID, actor.Name
		if r.Grounds, err = s.found(ctx, tx, scope, n.Grounds); err != nil {
			return err
		}
		if err := lawful(r); err != nil {
			return err
		}
		if _, r.State, err = Machine.Take(ctx, tx, string(id), "amend", passage.Note{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE merit SET sort = $2, kind = $3, capacity = $4, person = $5, measure = $6, body = $7, document = $8, decided_on = $9, says = $10, state = $11, entered_id = $12, entered_by = $13, entered_at = $14, returned_why = '' WHERE id = $1`,
			id, r.Sort, r.Kind, r.Capacity, r.Person, r.Measure, r.Body, r.Document, r.DecidedOn, r.Says, r.State, r.EnteredID, r.EnteredBy, tx.Now()); err != nil {
			return err
		}
		if err := s.ground(ctx, tx, r); err != nil {
			return err
		}
		if err := approval.AttachAll(ctx, tx, "merit", string(id), kept); err != nil {
			return err
		}
		if err := s.ask(ctx, tx, r); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "merit.amend", Basis: citation, Target: r.Target(), Before: was.kept(was.Files), After: r.kept(kept)})
	})
}

func notOurs(r Record) error {
	return fault.New(fault.Forbidden, "这条记录由“"+r.OfficeName+"”登记和复核，您的岗位不在该单位。")
}

// move is what checking, returning and dropping share.
func (s *Service) move(ctx context.Context, scope authz.Scope, session *authz.Session, id ID, act, says string, another bool, then func(tx *db.Tx, r Record) error) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		r, err := s.record(ctx, tx, scope, session, id)
		if err != nil {
			return err
		}
		switch {
		case !r.Ours(session):
			return notOurs(r)
		case another && r.EnteredID == session.PersonID:
			return fault.New(fault.Refused, "登记人不能复核自己登记的记录，请由本单位另一人复核。")
		}
		if _, r.State, err = Machine.Take(ctx, tx, string(id), act, passage.Note{Says: says}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE merit SET state = $2 WHERE id = $1`, id, r.State); err != nil {
			return err
		}
		if err := then(tx, r); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "merit." + act, Basis: citation, Target: r.Target(), After: says})
	})
}

// Check is the second person's word: the record stands, its unit is told, and
// what it corrects is put aside.
func (s *Service) Check(ctx context.Context, scope authz.Scope, session *authz.Session, id ID) error {
	return s.move(ctx, scope, session, id, "check", "", true, func(tx *db.Tx, r Record) error {
		r.CheckedBy, r.CheckedAt = session.Name, tx.Now()
		if _, err := tx.Exec(ctx, `UPDATE merit SET checked_by = $2, checked_at = $3 WHERE id = $1`, id, r.CheckedBy, r.CheckedAt); err != nil {
			return err
		}
		if r.Corrects != "" {
			if err := s.supersede(ctx, tx, r); err != nil {
				return err
			}
		}
		for _, f := range s.checked {
			if err := f(ctx, tx, r); err != nil {
				return err
			}
		}
		body := r.Body + "，" + r.DecidedOn.Chinese() + "。"
		if r.Withdrawn {
			body = "作出决定的机关已撤销该决定。"
		}
		_, err := notify.Send(ctx, tx, notify.Message{Key: "merit:" + string(id) + ":checked", Unit: string(r.Unit), Link: r.Link(), Title: SortName(r.Sort) + "已登记：" + r.KindName(), Body: body})
		return err
	})
}

// supersede puts aside the record that r corrects.
func (s *Service) supersede(ctx context.Context, tx *db.Tx, r Record) error {
	steps, err := Machine.History(ctx, tx, string(r.Corrects))
	if err != nil {
		return err
	}
	if len(steps) == 0 { // kept before records had a history
		if _, _, err := Machine.Take(ctx, tx, string(r.Corrects), "carry", passage.Note{}); err != nil {
			return err
		}
	}
	_, to, err := Machine.Take(ctx, tx, string(r.Corrects), "correct", passage.Note{Says: r.Why})
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE merit SET state = $2 WHERE id = $1`, r.Corrects, to)
	return err
}

// Return gives a record back to who entered it, with the reason.
func (s *Service) Return(ctx context.Context, scope authz.Scope, session *authz.Session, id ID, why string) error {
	why = strings.TrimSpace(why)
	if err := fault.ReasonFor("why", "退回原因", why); err != nil {
		return err
	}
	return s.move(ctx, scope, session, id, "return", why, true, func(tx *db.Tx, r Record) error {
		if _, err := tx.Exec(ctx, `UPDATE merit SET returned_why = $2 WHERE id = $1`, id, why); err != nil {
			return err
		}
		people, err := s.Org.PeopleWith(ctx, tx, r.Office, authz.MeritRecord)
		if err != nil {
			return err
		}
		return notify.SendTo(ctx, tx, people, notify.Message{Key: fmt.Sprintf("merit:%s:return:%d", id, tx.Now().UnixMilli()), Unit: string(r.Office), Link: r.Link(), Title: SortName(r.Sort) + "登记已退回：" + r.UnitName, Body: why})
	})
}

// Drop puts a returned record aside: it never stood.
func (s *Service) Drop(ctx context.Context, scope authz.Scope, session *authz.Session, id ID, why string) error {
	why = strings.TrimSpace(why)
	if err := fault.ReasonFor("why", "作废原因", why); err != nil {
		return err
	}
	return s.move(ctx, scope, session, id, "drop", why, false, func(*db.Tx, Record) error { return nil })
}

// Correct enters a record in the place of one that stands: it is checked like
// any other, and until then the one before counts.
func (s *Service) Correct(ctx context.Context, scope authz.Scope, session *authz.Session, id ID, n Entry, why string, files []approval.Upload) (out Record, err error) {
	why = strings.TrimSpace(why)
	if err := fault.ReasonFor("why", "更正原因", why); err != nil {
		return out, err
	}
	kept, err := s.take(ctx, files)
	if err != nil {
		return out, err
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		was, err := s.record(ctx, tx, scope, session, id)
		switch {
		case err != nil:
			return err
		case !was.Ours(session):
			return notOurs(was)
		case was.State != Checked:
			return fault.Newf(fault.Conflict, "这条记录现在是“%s”，只有已登记的才办理更正。", was.StateName())
		}
		n.Unit = was.Unit
		out, err = s.enter(ctx, tx, scope, was.Office, n, kept, was.ID, why)
		return err
	})
	return out, err
}

const recordSelect = `
	SELECT m.id, m.number, m.sort, m.kind, m.unit_id, u.name, m.office_id, o.name, m.capacity, m.person, m.measure, m.body, m.document, m.decided_on, m.says, m.withdrawn, m.state,
	       m.entered_id, m.entered_by, m.entered_at, m.checked_by, m.checked_at, m.returned_why, COALESCE(m.corrects_id, ''), m.why,
	       COALESCE((SELECT x.id FROM merit x WHERE x.corrects_id = m.id AND x.state <> 'dropped'), ''), u.area_path, u.line_path`

const recordFrom = ` FROM merit m JOIN unit u ON u.id = m.unit_id JOIN unit o ON o.id = m.office_id`

func scanRecord(r db.Scanner) (Record, error) {
	var m Record
	err := r.Scan(&m.ID, &m.Number, &m.Sort, &m.Kind, &m.Unit, &m.UnitName, &m.Office, &m.OfficeName, &m.Capacity, &m.Person, &m.Measure, &m.Body, &m.Document, &m.DecidedOn, &m.Says, &m.Withdrawn, &m.State,
		&m.EnteredID, &m.EnteredBy, &m.EnteredAt, &m.CheckedBy, &m.CheckedAt, &m.ReturnedWhy, &m.Corrects, &m.Why, &m.CorrectedBy, &m.area, &m.line)
	return m, err
}

// seen narrows w to what the session may see: what stands or stood, and what is
// under way at its own office.
func seen(w *db.Where, scope authz.Scope, session *authz.Session) {
	scope.Where(w, "u")
	var own []string
	if session != nil {
		own = session.UnitsFor(authz.MeritRecord)
	}
	cond, args := db.In("m.office_id", own)
	w.And("m.state IN ('checked', 'corrected') OR "+cond, args...)
}

// record in scope, with its grounds and files.
func (s *Service) record(ctx context.Context, q db.Querier, scope authz.Scope, session *authz.Session, id ID) (Record, error) {
	var w db.Where
	seen(&w, scope, session)
	w.And("m.id = ?", id)
	r, err := db.One(ctx, q, scanRecord, recordSelect+recordFrom+` WHERE `+w.SQL(), w.Args()...)
	if db.None(err) {
		return Record{}, fault.Missing("表扬问责记录")
	}
	if err != nil {
		return r, err
	}
	if r.Grounds, err = db.All(ctx, q, func(x db.Scanner) (Ground, error) {
		var g Ground
		return g, x.Scan(&g.Kind, &g.ID, &g.Name, &g.Link)
	}, `SELECT kind, object_id, name, link FROM merit_ground WHERE merit_id = $1 ORDER BY kind, object_id`, id); err != nil {
		return r, err
	}
	r.Files, err = approval.Attachments(ctx, q, "merit", string(id))
	return r, err
}

// Record in scope with its history.
func (s *Service) Record(ctx context.Context, scope authz.Scope, session *authz.Session, id ID) (r Record, steps []passage.Step, err error) {
	err = s.DB.View(ctx, func(tx *db.Tx) error {
		if r, err = s.record(ctx, tx, scope, session, id); err != nil {
			return err
		}
		steps, err = Machine.History(ctx, tx, string(id))
		return err
	})
	return r, steps, err
}

// File opens a file of a record in scope; the caller closes it.
func (s *Service) File(ctx context.Context, scope authz.Scope, session *authz.Session, id ID, file string) (approval.Attachment, io.ReadCloser, error) {
	r, err := s.record(ctx, s.DB, scope, session, id)
	if err != nil {
		return approval.Attachment{}, nil, err
	}
	if r.Person != "" && !r.Names(session) {
		return approval.Attachment{}, nil, fault.New(fault.Forbidden, "附件涉及个人，由登记单位和本单位人员查看。")
	}
	return approval.OpenAttached(ctx, s.DB, s.Store, "merit", string(id), file)
}

// Filter narrows Records.
type Filter struct {
	Sort    Sort
	Kind    string
	State   string // "" for those that stand or are under way
	Unit    org.UnitID
	Year    int
	Text    string // number, unit, body, document
	Ground  Ref
	Limit   int // 50 when zero
	Offset  int
	Pending bool // under way at the session's own office
}

// Records in scope, the last decided first, and how many there are.
func (s *Service) Records(ctx context.Context, scope authz.Scope, session *authz.Session, f Filter) ([]Record, int, error) {
	var w db.Where
	seen(&w, scope, session)
	like := db.Contains(f.Text)
	w.AndIf(f.Sort != "", "m.sort = ?", f.Sort).AndIf(f.Kind != "", "m.kind = ?", f.Kind).AndIf(f.State != "", "m.state = ?", f.State).AndIf(f.State == "", "m.state NOT IN ('corrected', 'dropped')").
		AndIf(f.Pending, "m.state IN ('entered', 'returned')").AndIf(f.Unit != "", "m.unit_id = ?", f.Unit).
		AndIf(f.Text != "", `lower(m.number) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\' OR lower(m.body) LIKE ? ESCAPE '\' OR lower(m.document) LIKE ? ESCAPE '\'`, like, like, like, like).
		AndIf(f.Ground.ID != "", "m.id IN (SELECT merit_id FROM merit_ground WHERE kind = ? AND object_id = ?)", f.Ground.Kind, f.Ground.ID)
	if f.Year != 0 {
		w.And("m.decided_on >= ? AND m.decided_on <= ?", calendar.Date{Year: f.Year, Month: 1, Day: 1}, calendar.Date{Year: f.Year, Month: 12, Day: 31})
	}
	total, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*)`+recordFrom+` WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.DB, scanRecord, recordSelect+recordFrom+` WHERE `+w.SQL()+` ORDER BY m.decided_on DESC, m.id DESC LIMIT `+w.Arg(cmp.Or(f.Limit, 50))+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// Of are the records that rest on something, whose scope the caller has checked:
// under way and standing, oldest first.
func Of(ctx context.Context, q db.Querier, _ authz.Scope, ref Ref) ([]Record, error) {
	return db.All(ctx, q, scanRecord, recordSelect+recordFrom+` WHERE m.id IN (SELECT merit_id FROM merit_ground WHERE kind = $1 AND object_id = $2) AND m.state NOT IN ('dropped', 'corrected') ORDER BY m.entered_at, m.id`, ref.Kind, ref.ID)
}

// Decided are the records in scope that stand, decided between two days, oldest
// first: what papers and forms count.
func Decided(ctx context.Context, q db.Querier, scope authz.Scope, from, to calendar.Date) ([]Record, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("m.state = 'checked' AND NOT m.withdrawn").And("m.decided_on >= ? AND m.decided_on <= ?", from, to)
	return db.All(ctx, q, scanRecord, recordSelect+recordFrom+` WHERE `+w.SQL()+` ORDER BY m.decided_on, m.id`, w.Args()...)
}

// Tasks is the part of the inbox: what somebody else entered is to be checked,
// what came back is to be mended.
func (s *Service) Tasks(ctx context.Context, session *authz.Session, tab workbench.Tab, limit int) ([]workbench.Task, error) {
	if session == nil || (tab != workbench.ToDo && tab != workbench.Started) {
		return nil, nil
	}
	own := session.UnitsFor(authz.MeritRecord)
	if len(own) == 0 {
		return nil, nil
	}
	var w db.Where
	cond, args := db.In("m.office_id", own)
	w.And(cond, args...)
	if tab == workbench.ToDo {
		w.And("m.state = 'entered' AND m.entered_id <> ? OR m.state = 'returned' AND m.entered_id = ?", session.PersonID, session.PersonID)
	} else {
		w.And("m.entered_id = ?", session.PersonID)
	}
	list, err := db.All(ctx, s.DB, scanRecord, recordSelect+recordFrom+` WHERE `+w.SQL()+` ORDER BY m.entered_at DESC, m.id LIMIT `+w.Arg(limit), w.Args()...)
	if err != nil {
		return nil, err
	}
	out := make([]workbench.Task, len(list))
	for i, r := range list {
		act := "查看"
		if tab == workbench.ToDo {
			act = map[string]string{Entered: "去复核", Returned: "去修改"}[r.State]
		}
		out[i] = workbench.Task{Key: "merit:" + string(r.ID), Kind: SortName(r.Sort), Title: strings.TrimSpace(r.Number + " " + r.Title()), From: r.EnteredBy, At: r.EnteredAt, State: r.StateName(), Link: r.Link(), Act: act}
	}
	return out, nil
}

// Reorganise is merit's part in a reorganisation: what is under way is checked
// by who follows the office. Of whom it is, and who kept it, stays as it was
// decided.
func Reorganise() org.Module {
	return org.Carries("merit", org.Owned{Table: "merit", Column: "office_id", Kind: "merit", Noun: "待复核的表扬问责记录", Name: "number", Link: "'/console/merits/' || id", Where: `state IN ('entered', 'returned')`})
}
