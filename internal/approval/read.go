package approval

import (
	"context"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
)

const caseSelect = `
	SELECT c.id, c.number, c.kind, c.title, c.unit_id, u.name, c.applicant_id, p.name, c.subject_id, c.form, c.state, c.step_no,
	       c.opened_at, c.ended_at, u.area_path, u.line_path, coalesce(c.at_unit, ''), coalesce(w.name, ''), c.due_on, u.abolished_on,
	       CASE WHEN c.state = 'in_review' THEN coalesce((SELECT t.body FROM approval_step t WHERE t.case_id = c.id AND t.no = c.step_no), '') ELSE '' END
	  FROM approval_case c JOIN unit u ON u.id = c.unit_id JOIN person p ON p.id = c.applicant_id LEFT JOIN unit w ON w.id = c.at_unit`

func scanCase(r db.Scanner) (Case, error) {
	var c Case
	var form string
	err := r.Scan(&c.ID, &c.Number, &c.Kind, &c.Title, &c.Unit, &c.UnitName, &c.Applicant, &c.ApplicantName, &c.Subject, &form, &c.State, &c.StepNo,
		&c.OpenedAt, &c.EndedAt, &c.areaPath, &c.linePath, &c.AtUnit, &c.AtUnitName, &c.Due, &c.Gone, &c.Body)
	c.Form = json.RawMessage(form)
	return c, err
}

// Case in scope: of a unit in scope, with a step at one of the person's units,
// or put before one of them for its opinion.
func (s *Service) Case(ctx context.Context, scope authz.Scope, id CaseID) (Case, []Step, []Opinion, error) {
	c, err := s.caseTx(ctx, s.db, scope, id)
	if err != nil {
		return Case{}, nil, nil, err
	}
	steps, err := s.steps(ctx, s.db, id)
	if err != nil {
		return Case{}, nil, nil, err
	}
	c.External = lastAnswer(steps)
	s.forecast(c, steps)
	opinions, err := db.All(ctx, s.db, scanOpinion, `
		SELECT step_no, act, reasons, opinion, person_name, for_name, unit_name, at, batch_id FROM approval_opinion WHERE case_id = $1 ORDER BY at, id`, id)
	return c, steps, opinions, err
}

// forecast says of each step still to come when it should be decided: the
// current one by its due date, or today when that is past, the others one after
// the other.
func (s *Service) forecast(c Case, steps []Step) {
	if c.State != InReview || c.StepNo >= len(steps) {
		return
	}
	at := steps[c.StepNo].Due
	if today := calendar.DateOf(s.db.Now()); at.On.Before(today) {
		at.On = today
	}
	steps[c.StepNo].Expected = at
	for i := c.StepNo + 1; i < len(steps); i++ {
		next := s.days.Add(at.On, s.daysOf(steps[i]))
		next.Provisional = next.Provisional || at.Provisional
		steps[i].Expected, at = next, next
	}
}

func scanOpinion(r db.Scanner) (Opinion, error) {
	var o Opinion
	var reasons string
	if err := r.Scan(&o.StepNo, &o.Act, &reasons, &o.Text, &o.PersonName, &o.ForName, &o.UnitName, &o.At, &o.Batch); err != nil {
		return o, err
	}
	return o, json.Unmarshal([]byte(reasons), &o.Reasons)
}

// CaseTx is the case alone, within a transaction or on the database.
func (s *Service) CaseTx(ctx context.Context, q db.Querier, scope authz.Scope, id CaseID) (Case, error) {
	return s.caseTx(ctx, q, scope, id)
}

// caseTx reads a case of a unit in scope, or with a step at a unit where the
// person holds a post that reads cases, whether it has come there yet or not, or
// put before such a unit for its opinion. The chain climbs the area axis, so
// the supervisor's people have the applicant in scope, as a rule; a clerk of the
// same office, the people of a successor and a unit asked read it through the
// post they hold.
func (s *Service) caseTx(ctx context.Context, q db.Querier, scope authz.Scope, id CaseID) (Case, error) {
	c, err := db.One(ctx, q, scanCase, caseSelect+` WHERE c.id = $1`, id)
	if db.None(err) {
		return Case{}, fault.Missing("审批事项")
	}
	if err != nil || scope.Covers(c.areaPath, c.linePath) {
		return c, err
	}
	if units := unitsThat(authz.SessionFrom(ctx), authz.CaseRead); len(units) > 0 {
		in := places(2, len(units))
		n, err := db.One(ctx, q, db.Value[int], `
			SELECT (SELECT count(*) FROM approval_step WHERE case_id = $1 AND no > 0 AND unit_id IN (`+in+`))
			     + (SELECT count(*) FROM approval_request WHERE case_id = $1 AND unit_id IN (`+in+`))`, append([]any{id}, units...)...)
		if err != nil || n > 0 {
			return c, err
		}
	}
	return Case{}, fault.Missing("审批事项")
}

// unitsThat are the units at which a post of the person permits p.
func unitsThat(session *authz.Session, p authz.Permission) []any {
	if session == nil {
		return nil
	}
	var units []any
	for _, post := range session.Posts {
		one := authz.Session{Posts: []authz.Post{post}}
		if one.May(p) && !slices.Contains(units, any(post.UnitID)) {
			units = append(units, post.UnitID)
		}
	}
	return units
}

// places are n arguments of a statement from $first on: $2, $3.
func places(first, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(first+i))
	}
	return b.String()
}

// deciders are the roles that may decide, as a list of a statement. They come
// from the closed list of authz, never from outside.
var deciders = func() string {
	var out []string
	for _, r := range authz.Roles {
		if slices.Contains(r.Permits, authz.CaseDecide) {
			out = append(out, "'"+string(r.Role)+"'")
		}
	}
	return strings.Join(out, ", ")
}()

// nobody is the condition that nobody at the unit may decide on the case c: no
// post holder and no deputy of one, or only people who asked for it themselves.
func (s *Service) nobody(unit string) string {
	today := "'" + calendar.DateOf(s.db.Now()).String() + "'"
	free := func(person string) string {
		return person + ` <> c.applicant_id AND NOT EXISTS (SELECT 1 FROM approval_opinion a WHERE a.case_id = c.id AND a.person_id = ` + person + ` AND a.act IN ('submit', 'resubmit'))`
	}
	return `(NOT EXISTS (SELECT 1 FROM post o JOIN person h ON h.id = o.person_id
	   WHERE o.unit_id = ` + unit + ` AND o.ended_at IS NULL AND h.left_at IS NULL AND o.role IN (` + deciders + `) AND ` + free("o.person_id") + `)
	 AND NOT EXISTS (SELECT 1 FROM post o JOIN delegated_post g ON g.post_id = o.id JOIN delegation d ON d.id = g.delegation_id
	   WHERE o.unit_id = ` + unit + ` AND o.ended_at IS NULL AND o.role IN (` + deciders + `) AND d.ended_at IS NULL AND d.from_on <= ` + today + ` AND d.until_on >= ` + today + ` AND ` + free("d.to_id") + `))`
}

func (s *Service) stepSelect() string {
	return `
	SELECT t.no, t.kind, t.unit_id, u.name, t.name, t.days, t.arrived_at, t.due_on, t.provisional, t.decided_at, t.decision, t.opinion, t.person_name,
	       t.for_name, t.moved, t.body, t.asks, t.ext_document, t.ext_on, t.ext_value, t.ext_attachment, t.ext_refused,
	       CASE WHEN c.state = 'in_review' AND c.step_no = t.no THEN ` + s.nobody("t.unit_id") + ` ELSE FALSE END
	  FROM approval_step t JOIN approval_case c ON c.id = t.case_id JOIN unit u ON u.id = t.unit_id`
}

func scanStep(r db.Scanner) (Step, error) {
	var t Step
	err := r.Scan(&t.No, &t.Kind, &t.Unit, &t.UnitName, &t.Name, &t.Days, &t.ArrivedAt, &t.Due.On, &t.Due.Provisional, &t.DecidedAt, &t.Decision, &t.Opinion, &t.PersonName,
		&t.ForName, &t.Moved, &t.Body, &t.Asks, &t.Answer.Document, &t.Answer.On, &t.Answer.Value, &t.Answer.Attachment, &t.Answer.Refused, &t.Vacant)
	t.Answer.Body = t.Body
	return t, err
}

func (s *Service) steps(ctx context.Context, q db.Querier, id CaseID) ([]Step, error) {
	return db.All(ctx, q, scanStep, s.stepSelect()+` WHERE t.case_id = $1 ORDER BY t.no`, id)
}

func (s *Service) step(ctx context.Context, q db.Querier, id CaseID, no int) (Step, error) {
	return db.One(ctx, q, scanStep, s.stepSelect()+` WHERE t.case_id = $1 AND t.no = $2`, id, no)
}

// Filter narrows Cases.
type Filter struct {
	State  string
	Kind   string
	Unit   org.UnitID
	Text   string // in title, number or the unit's name
	Due    string // overdue, today, week: of the office where it stands
	Vacant bool   // it waits where nobody may decide
	// Mine is what the signed-in person has to do with it: todo, started, done.
	Mine   string
	Limit  int // 50 when zero
	Offset int
}

func (s *Service) where(ctx context.Context, f Filter) *db.Where {
	var w db.Where
	today := calendar.DateOf(s.db.Now())
	w.AndIf(f.State != "", "c.state = ?", f.State).
		AndIf(f.Kind != "", "c.kind = ?", f.Kind).
		AndIf(f.Unit != "", "c.unit_id = ?", f.Unit).
		AndIf(f.Due == "overdue", "c.state = 'in_review' AND c.due_on < ?", today).
		AndIf(f.Due == "today", "c.state = 'in_review' AND c.due_on = ?", today).
		AndIf(f.Due == "week", "c.state = 'in_review' AND c.due_on >= ? AND c.due_on <= ?", today, today.AddDays(7)).
		AndIf(f.Vacant, "c.vacant_since IS NOT NULL").
		AndIf(f.Text != "", `c.find LIKE ? ESCAPE '\'`, db.Contains(f.Text))
	if f.Mine == "" {
		return &w
	}
	session := authz.SessionFrom(ctx)
	if session == nil {
		return w.And("FALSE")
	}
	switch f.Mine {
	case "started":
		w.And("c.applicant_id = ?", session.PersonID)
	case "done":
		w.And("c.id IN (SELECT case_id FROM approval_opinion WHERE person_id = ? AND act IN ("+decisions+"))", session.PersonID)
	default:
		theirs(&w, session)
	}
	return &w
}

// decisions are the acts by which an office decides.
const decisions = `'pass', 'approve', 'return', 'send_back', 'refuse', 'record', 'record_pass', 'record_refuse', 'end'`

// theirs narrows to the cases that wait for a decision the person may make.
func theirs(w *db.Where, session *authz.Session) {
	units := unitsThat(session, authz.CaseDecide)
	if len(units) == 0 {
		w.And("FALSE")
		return
	}
	w.And("c.state = 'in_review' AND c.at_unit IN ("+strings.TrimSuffix(strings.Repeat("?, ", len(units)), ", ")+")", units...)
	w.And("c.applicant_id <> ?", session.PersonID)
	w.And("NOT EXISTS (SELECT 1 FROM approval_opinion a WHERE a.case_id = c.id AND a.person_id = ? AND a.act IN ('submit', 'resubmit'))", session.PersonID)
}

// narrow bounds the units that are looked up one by one.
const narrow = 300

// reach is how the scope is put to cases: the FROM that ties them to their
// units, and its condition. With few units in scope their cases are looked up
// by unit; with many the cases are walked in order, and when no unit lies
// outside, the scope is not asked of each row. SQLite takes a CROSS JOIN in the
// order written; to PostgreSQL it is any join.
func (s *Service) reach(ctx context.Context, scope authz.Scope, w *db.Where) (string, error) {
	var in db.Where
	scope.Where(&in, "u")
	n, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM (SELECT 1 FROM unit u WHERE `+in.SQL()+` LIMIT `+in.Arg(narrow+1)+`) few`, in.Args()...)
	if err != nil {
		return "", err
	}
	if n <= narrow {
		in = db.Where{}
		scope.Where(&in, "u")
		ids, err := db.All(ctx, s.db, db.Value[string], `SELECT u.id FROM unit u WHERE `+in.SQL(), in.Args()...)
		if err != nil {
			return "", err
		}
		if len(ids) == 0 {
			w.And("FALSE")
			return `approval_case c`, nil
		}
		list := make([]any, len(ids))
		for i, id := range ids {
			list[i] = id
		}
		w.And("c.unit_id IN ("+strings.TrimSuffix(strings.Repeat("?, ", len(list)), ", ")+")", list...)
		return `approval_case c`, nil
	}
	var out db.Where
	scope.Where(&out, "u")
	outside, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM (SELECT 1 FROM unit u WHERE NOT (`+out.SQL()+`) LIMIT 1) one`, out.Args()...)
	if err != nil || outside == 0 {
		return `approval_case c`, err
	}
	w.And("u.id = c.unit_id")
	scope.Where(w, "u")
	return `approval_case c CROSS JOIN unit u`, nil
}

// Cases in scope, newest first (by due date when that is asked for), and how
// many there are.
func (s *Service) Cases(ctx context.Context, scope authz.Scope, f Filter) ([]Case, int, error) {
	w := s.where(ctx, f)
	from, err := s.reach(ctx, scope, w)
	if err != nil {
		return nil, 0, err
	}
	order := `c.opened_at DESC, c.id DESC`
	switch {
	case f.Vacant:
		order = `c.vacant_since, c.id`
	case f.Mine == "todo" || f.Due != "":
		order = `c.due_on, c.id`
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	// The page is found by ids alone; a text is looked for once, for the page
	// and for the count.
	const found = 2000
	take, skip := limit, f.Offset
	if f.Text != "" {
		take, skip = max(found+1, f.Offset+limit), 0
	}
	args := slices.Clone(w.Args())
	ids, err := db.All(ctx, s.db, db.Value[string], `SELECT c.id FROM `+from+` WHERE `+w.SQL()+` ORDER BY `+order+` LIMIT `+w.Arg(take)+` OFFSET `+w.Arg(skip), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	total := len(ids)
	if f.Text == "" || total > found {
		if f.Text == "" && f.Due == "" && f.Mine == "" && !f.Vacant {
			// Unit by unit, which an index alone answers.
			from = strings.Replace(from, "CROSS JOIN unit u", "JOIN unit u ON u.id = c.unit_id", 1)
		}
		if total, err = db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM `+from+` WHERE `+w.SQL(), args...); err != nil {
			return nil, 0, err
		}
	}
	if f.Text != "" {
		ids = ids[min(f.Offset, len(ids)):min(f.Offset+limit, len(ids))]
	}
	cases, err := s.byIDs(ctx, ids)
	return cases, total, err
}

// byIDs are the cases in the order of their ids given.
func (s *Service) byIDs(ctx context.Context, ids []string) ([]Case, error) {
	at := make(map[CaseID]int, len(ids))
	for i, id := range ids {
		at[CaseID(id)] = i
	}
	out := make([]Case, len(ids))
	const some = 500 // arguments of one statement
	for chunk := range slices.Chunk(ids, some) {
		args := make([]any, len(chunk))
		for i, id := range chunk {
			args[i] = id
		}
		list, err := db.All(ctx, s.db, scanCase, caseSelect+` WHERE c.id IN (`+places(1, len(args))+`)`, args...)
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			out[at[c.ID]] = c
		}
	}
	return slices.DeleteFunc(out, func(c Case) bool { return c.ID == "" }), nil
}

// Pending are the cases that wait for a decision the signed-in person may
// make, by due date, with the step each stands at. It takes the session: the
// work list is the person's own.
func (s *Service) Pending(ctx context.Context, session *authz.Session) ([]Case, []Step, error) {
	if session == nil {
		return nil, nil, nil
	}
	var w db.Where
	theirs(&w, session)
	cases, err := db.All(ctx, s.db, scanCase, caseSelect+` WHERE `+w.SQL()+` ORDER BY c.due_on, c.id LIMIT 200`, w.Args()...)
	if err != nil || len(cases) == 0 {
		return nil, nil, err
	}
	ids := make([]any, len(cases))
	for i, c := range cases {
		ids[i] = string(c.ID)
	}
	type at struct {
		id   CaseID
		step Step
	}
	list, err := db.All(ctx, s.db, func(r db.Scanner) (at, error) {
		var a at
		err := r.Scan(&a.id, &a.step.No, &a.step.Kind, &a.step.Unit, &a.step.Name, &a.step.ArrivedAt, &a.step.Due.On, &a.step.Due.Provisional)
		return a, err
	}, `SELECT c.id, t.no, t.kind, t.unit_id, t.name, t.arrived_at, t.due_on, t.provisional
	      FROM approval_case c JOIN approval_step t ON t.case_id = c.id AND t.no = c.step_no WHERE c.id IN (`+places(1, len(ids))+`)`, ids...)
	if err != nil {
		return nil, nil, err
	}
	byCase := map[CaseID]Step{}
	for _, a := range list {
		byCase[a.id] = a.step
	}
	steps := make([]Step, len(cases))
	for i, c := range cases {
		steps[i] = byCase[c.ID]
	}
	return cases, steps, nil
}

// StartedBy are the cases a person submitted, newest first.
func (s *Service) StartedBy(ctx context.Context, session *authz.Session, limit int) ([]Case, error) {
	return db.All(ctx, s.db, scanCase, caseSelect+` WHERE c.applicant_id = $1 ORDER BY c.opened_at DESC, c.id DESC LIMIT $2`, session.PersonID, limit)
}

// DecidedBy are the cases a person gave a decision on, newest first.
func (s *Service) DecidedBy(ctx context.Context, session *authz.Session, limit int) ([]Case, error) {
	return db.All(ctx, s.db, scanCase, caseSelect+`
		 WHERE c.id IN (SELECT case_id FROM approval_opinion WHERE person_id = $1 AND act IN (`+decisions+`))
		 ORDER BY c.opened_at DESC, c.id DESC LIMIT $2`, session.PersonID, limit)
}

// Attachment is a file kept with a case or another record.
type Attachment struct {
	ID        string
	OwnerKind string
	OwnerID   string
	Kind      string // consent, security_report, site_code …
	Name      string
	MediaType string
	Size      int64
	Blob      blob.Ref
	AddedBy   string
}

// Attach keeps a file that blob already holds with its owner.
func Attach(ctx context.Context, tx *db.Tx, a Attachment) (Attachment, error) {
	a.ID = ulid.Make().String()
	actor, ok := audit.ActorFrom(ctx)
	if !ok {
		return a, audit.ErrNoActor
	}
	a.AddedBy = actor.Name
	if _, err := tx.Exec(ctx, `
		INSERT INTO attachment (id, owner_kind, owner_id, kind, name, media_type, size, blob, added_by, added_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		a.ID, a.OwnerKind, a.OwnerID, a.Kind, a.Name, a.MediaType, a.Size, string(a.Blob), a.AddedBy, tx.Now()); err != nil {
		return a, err
	}
	return a, audit.Record(ctx, tx, audit.Entry{Act: "attachment.add", Target: audit.Target{Kind: a.OwnerKind, ID: a.OwnerID, Name: a.Name}, After: a})
}

// Attachments of one owner; the caller has checked the scope of the owner.
func Attachments(ctx context.Context, q db.Querier, ownerKind, ownerID string) ([]Attachment, error) {
	return db.All(ctx, q, scanAttachment, attachmentSelect+` WHERE owner_kind = $1 AND owner_id = $2 ORDER BY added_at, id`, ownerKind, ownerID)
}

const attachmentSelect = `SELECT id, owner_kind, owner_id, kind, name, media_type, size, blob, added_by FROM attachment`

func scanAttachment(r db.Scanner) (Attachment, error) {
	var a Attachment
	err := r.Scan(&a.ID, &a.OwnerKind, &a.OwnerID, &a.Kind, &a.Name, &a.MediaType, &a.Size, &a.Blob, &a.AddedBy)
	return a, err
}

// OpenAttachment reads one attachment of a case in scope.
func (s *Service) OpenAttachment(ctx context.Context, scope authz.Scope, store blob.Store, id CaseID, attachment string) (Attachment, io.ReadCloser, error) {
	if _, err := s.caseTx(ctx, s.db, scope, id); err != nil {
		return Attachment{}, nil, err
	}
	a, err := db.One(ctx, s.db, scanAttachment, attachmentSelect+` WHERE id = $1 AND owner_kind = 'case' AND owner_id = $2`, attachment, id)
	if db.None(err) {
		return Attachment{}, nil, fault.Missing("附件")
	}
	if err != nil {
		return Attachment{}, nil, err
	}
	r, err := store.Open(ctx, a.Blob)
	return a, r, err
}

// Keeps reports whether some record holds the blob as its attachment, for the
// sweep of blobs whose form was never submitted. It takes no scope: the sweep
// is a duty of the house and learns nothing but yes or no.
func Keeps(ctx context.Context, q db.Querier, ref blob.Ref) (bool, error) {
	n, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM attachment WHERE blob = $1`, string(ref))
	return n > 0, err
}

// AttachmentByID reads one attachment, of an owner the caller has checked.
func AttachmentByID(ctx context.Context, q db.Querier, id string) (Attachment, error) {
	a, err := db.One(ctx, q, scanAttachment, attachmentSelect+` WHERE id = $1`, id)
	if db.None(err) {
		return Attachment{}, fault.Missing("附件")
	}
	return a, err
}
