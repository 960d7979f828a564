package approval

import (
	"context"
	"encoding/json"
	"io"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
)

const caseSelect = `
	SELECT c.id, c.number, c.kind, c.title, c.unit_id, u.name, c.applicant_id, p.name, c.subject_id, c.form, c.state, c.step_no,
	       c.opened_at, c.ended_at, u.area_path, u.line_path
	  FROM approval_case c JOIN unit u ON u.id = c.unit_id JOIN person p ON p.id = c.applicant_id`

func scanCase(r db.Scanner) (Case, error) {
	var c Case
	var form string
	err := r.Scan(&c.ID, &c.Number, &c.Kind, &c.Title, &c.Unit, &c.UnitName, &c.Applicant, &c.ApplicantName, &c.Subject, &form, &c.State, &c.StepNo,
		&c.OpenedAt, &c.EndedAt, &c.areaPath, &c.linePath)
	c.Form = json.RawMessage(form)
	return c, err
}

// Case in scope: of a unit in scope, or with a step at one.
func (s *Service) Case(ctx context.Context, scope authz.Scope, id CaseID) (Case, []Step, []Opinion, error) {
	c, err := s.caseTx(ctx, s.db, scope, id)
	if err != nil {
		return Case{}, nil, nil, err
	}
	steps, err := s.steps(ctx, s.db, id)
	if err != nil {
		return Case{}, nil, nil, err
	}
	opinions, err := db.All(ctx, s.db, scanOpinion, `
		SELECT step_no, act, reasons, opinion, person_name, unit_name, at FROM approval_opinion WHERE case_id = $1 ORDER BY at, id`, id)
	return c, steps, opinions, err
}

func scanOpinion(r db.Scanner) (Opinion, error) {
	var o Opinion
	var reasons string
	if err := r.Scan(&o.StepNo, &o.Act, &reasons, &o.Text, &o.PersonName, &o.UnitName, &o.At); err != nil {
		return o, err
	}
	return o, json.Unmarshal([]byte(reasons), &o.Reasons)
}

// CaseTx is the case alone, within a transaction or on the database.
func (s *Service) CaseTx(ctx context.Context, q db.Querier, scope authz.Scope, id CaseID) (Case, error) {
	return s.caseTx(ctx, q, scope, id)
}

// caseTx reads a case in scope. The chain climbs the area axis, so an office
// that has a step on the case supervises the applicant's area.
func (s *Service) caseTx(ctx context.Context, q db.Querier, scope authz.Scope, id CaseID) (Case, error) {
	c, err := db.One(ctx, q, scanCase, caseSelect+` WHERE c.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(c.areaPath, c.linePath) {
		return Case{}, fault.Missing("审批事项")
	}
	return c, err
}

func (s *Service) steps(ctx context.Context, q db.Querier, id CaseID) ([]Step, error) {
	return db.All(ctx, q, func(r db.Scanner) (Step, error) {
		var t Step
		err := r.Scan(&t.No, &t.Kind, &t.Unit, &t.UnitName, &t.Name, &t.ArrivedAt, &t.Due.On, &t.Due.Provisional, &t.DecidedAt, &t.Decision, &t.Opinion, &t.PersonName)
		return t, err
	}, `SELECT t.no, t.kind, t.unit_id, u.name, t.name, t.arrived_at, t.due_on, t.provisional, t.decided_at, t.decision, t.opinion, t.person_name
	      FROM approval_step t JOIN unit u ON u.id = t.unit_id WHERE t.case_id = $1 ORDER BY t.no`, id)
}

// Filter narrows Cases.
type Filter struct {
	State  string
	Kind   string
	Unit   org.UnitID
	Text   string
	Limit  int // 50 when zero
	Offset int
}

// Cases in scope, newest first, and how many there are.
func (s *Service) Cases(ctx context.Context, scope authz.Scope, f Filter) ([]Case, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.AndIf(f.State != "", "c.state = ?", f.State).
		AndIf(f.Kind != "", "c.kind = ?", f.Kind).
		AndIf(f.Unit != "", "c.unit_id = ?", f.Unit).
		AndIf(f.Text != "", `(lower(c.title) LIKE ? ESCAPE '\' OR lower(c.number) LIKE ? ESCAPE '\')`, db.Contains(f.Text), db.Contains(f.Text))
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM approval_case c JOIN unit u ON u.id = c.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	cases, err := db.All(ctx, s.db, scanCase, caseSelect+` WHERE `+w.SQL()+` ORDER BY c.opened_at DESC, c.id DESC LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return cases, total, err
}

// Pending are the cases that wait for a decision the signed-in person may
// make, by due date. It takes the session: the work list is the person's own.
func (s *Service) Pending(ctx context.Context, session *authz.Session) ([]Case, []Step, error) {
	var cases []Case
	var steps []Step
	if session == nil {
		return nil, nil, nil
	}
	for _, p := range session.Posts {
		one := authz.Session{Posts: []authz.Post{p}}
		if !one.May(authz.CaseDecide) {
			continue
		}
		some, err := db.All(ctx, s.db, scanCase, caseSelect+`
			  JOIN approval_step t ON t.case_id = c.id AND t.no = c.step_no
			 WHERE c.state = 'in_review' AND t.unit_id = $1 AND c.applicant_id <> $2 ORDER BY t.due_on, c.id LIMIT 200`, p.UnitID, session.PersonID)
		if err != nil {
			return nil, nil, err
		}
		for _, c := range some {
			if containsCase(cases, c.ID) {
				continue
			}
			all, err := s.steps(ctx, s.db, c.ID)
			if err != nil {
				return nil, nil, err
			}
			cases, steps = append(cases, c), append(steps, all[c.StepNo])
		}
	}
	return cases, steps, nil
}

func containsCase(list []Case, id CaseID) bool {
	for _, c := range list {
		if c.ID == id {
			return true
		}
	}
	return false
}

// StartedBy are the cases a person submitted, newest first.
func (s *Service) StartedBy(ctx context.Context, session *authz.Session, limit int) ([]Case, error) {
	return db.All(ctx, s.db, scanCase, caseSelect+` WHERE c.applicant_id = $1 ORDER BY c.opened_at DESC, c.id DESC LIMIT $2`, session.PersonID, limit)
}

// DecidedBy are the cases a person gave a decision on, newest first.
func (s *Service) DecidedBy(ctx context.Context, session *authz.Session, limit int) ([]Case, error) {
	return db.All(ctx, s.db, scanCase, caseSelect+`
		 WHERE c.id IN (SELECT case_id FROM approval_opinion WHERE person_id = $1 AND act IN ('pass', 'approve', 'return', 'refuse'))
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
