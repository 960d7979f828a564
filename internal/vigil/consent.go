package vigil

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/registry"
)

// Consent lets one frozen act on one object through.
type Consent struct {
	ID       string
	Period   string
	Object   registry.Ref
	Name     string // of the object
	Act      string
	Document string
	Reason   string
	Person   string
	At       time.Time
}

func scanConsent(r db.Scanner) (Consent, error) {
	var c Consent
	err := r.Scan(&c.ID, &c.Period, &c.Object.Kind, &c.Object.ID, &c.Name, &c.Act, &c.Document, &c.Reason, &c.Person, &c.At)
	return c, err
}

const consentSelect = `SELECT id, period_id, object_kind, object_id, object_name, act, document, reason, person_name, at FROM vigil_consent`

// Consents of a period on objects in scope, the latest first.
func (s *Service) Consents(ctx context.Context, scope authz.Scope, id string) ([]Consent, error) {
	if _, err := s.PeriodOf(ctx, s.DB, scope, id); err != nil {
		return nil, err
	}
	all, err := db.All(ctx, s.DB, scanConsent, consentSelect+` WHERE period_id = $1 ORDER BY at DESC, id DESC`, id)
	if err != nil {
		return nil, err
	}
	var out []Consent
	for _, c := range all {
		_, err := s.Registry.Object(ctx, s.DB, scope, c.Object)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// Agree records the province's consent to one act on one object.
func (s *Service) Agree(ctx context.Context, session *authz.Session, scope authz.Scope, id string, n Consent) (Consent, error) {
	n.Document, n.Reason = strings.TrimSpace(n.Document), strings.TrimSpace(n.Reason)
	var f fault.Fields
	f.Check(ActName(n.Act) != n.Act, "act", "请选择同意办理的事项")
	f.Text("document", "同意文件的文号", n.Document, true, 80)
	f.Text("reason", "理由", n.Reason, true, 300)
	if err := f.Err(); err != nil {
		return n, err
	}
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		p, err := s.PeriodOf(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if _, err := s.office(ctx, tx, session); err != nil {
			return err
		}
		o, err := s.Registry.Object(ctx, tx, scope, n.Object)
		if err != nil {
			return fault.New(fault.Invalid, "没有找到这个网站或账号，请从台账核对名称。").On("object", "请选择重要保障期范围内的网站或账号").From(err)
		}
		u, err := s.Org.UnitTx(ctx, tx, scope, o.Unit)
		if err != nil {
			return err
		}
		switch {
		case p.State != Declared || calendar.DateOf(tx.Now()).After(p.Until):
			return fault.New(fault.Conflict, "这个重要保障期已经结束，不用再登记同意。")
		case !strings.HasPrefix(u.AreaPath, p.AreaPath):
			return fault.New(fault.Invalid, o.Name+"不在这个重要保障期的范围内，不用登记同意。").On("object", "不在范围内")
		case n.Act == Theme && o.Kind != "site" || n.Act == Redesign && o.Kind != "site":
			return fault.New(fault.Invalid, "账号没有"+ActName(n.Act)+"这一事项。").On("act", "请另选事项")
		}
		n.ID, n.Period, n.Name, n.Person, n.At = ulid.Make().String(), p.ID, o.Name, session.Name, tx.Now()
		_, err = tx.Exec(ctx, `
			INSERT INTO vigil_consent (id, period_id, object_kind, object_id, object_name, act, document, reason, person_id, person_name, at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, n.ID, p.ID, o.Kind, o.ID, o.Name, n.Act, n.Document, n.Reason, session.PersonID, session.Name, tx.Now())
		if _, dup := db.UniqueViolation(err); dup {
			return fault.Newf(fault.Conflict, "已登记同意%s%s，不用重复登记。", o.Name, ActName(n.Act)).On("object", "已登记").From(err)
		}
		if err != nil {
			return fmt.Errorf("vigil: agree: %w", err)
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "vigil.agree", Basis: n.Document, Target: o.Target(), After: n})
	})
	return n, err
}

// Frozen is the period that holds an act on an object of the place back, and
// the documents of the consents recorded for it. ok is false when nothing does.
func (s *Service) Frozen(ctx context.Context, q db.Querier, areaPath string, object registry.Ref, act string) (p Period, documents []string, ok bool, err error) {
	list, err := s.At(ctx, q, areaPath, calendar.DateOf(s.DB.Now()))
	if err != nil || len(list) == 0 {
		return Period{}, nil, false, err
	}
	p = list[0]
	for _, x := range list {
		have, err := db.All(ctx, q, db.Value[string], `SELECT document FROM vigil_consent WHERE period_id = $1 AND object_kind = $2 AND object_id = $3 AND act = $4`, x.ID, object.Kind, object.ID, act)
		if err != nil {
			return p, nil, true, err
		}
		if len(have) == 0 {
			return x, documents, true, nil
		}
		documents = append(documents, have...)
	}
	return p, documents, true, nil
}

// MayAct refuses an act on an object while a protected period runs at its
// place, unless the consent to it is on record.
func (s *Service) MayAct(ctx context.Context, q db.Querier, areaPath string, object registry.Ref, act string) error {
	p, documents, ok, err := s.Frozen(ctx, q, areaPath, object, act)
	if err != nil || !ok || len(documents) > 0 {
		return err
	}
	return fault.Newf(fault.Refused, "现在是重要保障期（%s，至%s），不能办理%s；确需办理的，请报省政府办公厅同意并登记后再办，紧急情况按紧急下线办理。", p.Name, p.Until.Chinese(), ActName(act)).
		Because(fault.Reason{ID: "S22.1.vigil", Citation: citation, Says: "确保政府网站与政务新媒体稳定、可靠、安全运行（重要保障期：" + p.Document + "）"})
}
