package assessment

import (
	"context"
	"slices"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/selfcheck"
)

// Origin names where something was seen first: selfcheck and its problem,
// appraisal and a line of a result, blindtest and its letter.
type Origin struct{ Kind, ID string }

// Proposal is what a source would have filed: a person looks at it, may change
// the words, and files it.
type Proposal struct {
	Saw
	Name, Link string                // of the origin
	Unit       org.UnitID            // whose sites and accounts it may be about, when no object is named
	Files      []approval.Attachment // proof it carries
}

// Source is a module whose failing lines become findings.
type Source struct {
	Kind, Name string
	// Propose what a line in scope comes to; a line that does not fail is refused.
	Propose func(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Proposal, error)
}

// SourcesFrom registers sources; at start.
func (s *Service) SourcesFrom(list ...Source) { s.sources = append(s.sources, list...) }

// Propose what a failing line in scope comes to, unless it was filed already.
func (s *Service) Propose(ctx context.Context, q db.Querier, scope authz.Scope, o Origin) (Proposal, error) {
	i := slices.IndexFunc(s.sources, func(x Source) bool { return x.Kind == o.Kind })
	if i < 0 || o.ID == "" {
		return Proposal{}, fault.Missing("检查记录")
	}
	p, err := s.sources[i].Propose(ctx, q, scope, o.ID)
	if err != nil {
		return p, err
	}
	filed, err := s.Filed(ctx, q, scope, o.Kind, []string{o.ID})
	if err != nil {
		return p, err
	}
	if f, ok := filed[o.ID]; ok {
		return p, fault.Newf(fault.Conflict, "这一项已由%s于%s列为问题，不再重复登记。", f.By, calendar.DateOf(f.At).Chinese())
	}
	p.From = o
	return p, nil
}

// Filed is what became of a line.
type Filed struct {
	Kind, Name string // of the origin
	Origin     string // its page
	Link       string // of the finding or point
	By         string
	At         time.Time
	id, object string
}

const filedSelect = `SELECT o.kind, o.origin_id, o.name, o.link, o.object_id, CASE WHEN o.object_kind = 'finding' THEN '/console/findings/' || o.object_id ELSE COALESCE('/console/orders/' || p.order_id, '/console/orders/new?point=' || o.object_id) END, o.filed_by, o.filed_at
	  FROM finding_origin o LEFT JOIN finding f ON o.object_kind = 'finding' AND f.id = o.object_id LEFT JOIN site s ON s.id = f.site_id
	       LEFT JOIN order_point p ON o.object_kind = 'point' AND p.id = o.object_id LEFT JOIN account c ON c.id = p.account_id JOIN unit u ON u.id = COALESCE(s.unit_id, c.unit_id)`

func scanFiled(r db.Scanner) (Filed, error) {
	var f Filed
	err := r.Scan(&f.Kind, &f.id, &f.Name, &f.Origin, &f.object, &f.Link, &f.By, &f.At)
	return f, err
}

// Filed says which of the lines of a kind are findings in scope already.
func (s *Service) Filed(ctx context.Context, q db.Querier, scope authz.Scope, kind string, ids []string) (map[string]Filed, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var w db.Where
	scope.Where(&w, "u")
	cond, in := db.In("o.origin_id", ids)
	w.And("o.kind = ?", kind).And(cond, in...)
	list, err := db.All(ctx, q, scanFiled, filedSelect+` WHERE `+w.SQL(), w.Args()...)
	out := make(map[string]Filed, len(list))
	for _, f := range list {
		out[f.id] = f
	}
	return out, err
}

// originsOf are where the findings and points of an order come from.
func (s *Service) originsOf(ctx context.Context, q db.Querier, d *Dossier) error {
	var ids []string
	for _, f := range d.Findings {
		ids = append(ids, string(f.ID))
	}
	for _, p := range d.Points {
		ids = append(ids, string(p.ID))
	}
	if len(ids) == 0 {
		return nil
	}
	d.Origins = map[string]Filed{}
	for some := range slices.Chunk(ids, 500) {
		cond, in := db.In("o.object_id", some)
		var w db.Where
		w.And(cond, in...)
		list, err := db.All(ctx, q, scanFiled, filedSelect+` WHERE `+w.SQL(), w.Args()...)
		if err != nil {
			return err
		}
		for _, f := range list {
			d.Origins[f.object] = f
		}
	}
	return nil
}

// propose reads the origin of what a person files: it is in scope, fails, and is
// about the object named.
func (s *Service) propose(ctx context.Context, tx *db.Tx, scope authz.Scope, n Saw) (Proposal, error) {
	p, err := s.Propose(ctx, tx, scope, n.From)
	if err != nil {
		return p, err
	}
	o, err := s.registry.Object(ctx, tx, scope, n.Object)
	if err != nil {
		return p, err
	}
	if p.Object.ID != "" && p.Object != n.Object || p.Object.ID == "" && o.Unit != p.Unit {
		return p, fault.New(fault.Invalid, "选择的网站或账号与“"+p.Name+"”无关，请重新选择。").On("object", "请选择这份记录涉及的网站或账号")
	}
	return p, nil
}

// derived keeps what a finding was made of, with the proof that the origin
// carries.
func (s *Service) derived(ctx context.Context, tx *db.Tx, p Proposal, kind, id, owner string, t audit.Target) error {
	actor, ok := audit.ActorFrom(ctx)
	if !ok {
		return audit.ErrNoActor
	}
	if _, err := tx.Exec(ctx, `INSERT INTO finding_origin (kind, origin_id, object_kind, object_id, name, link, filed_by, filed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		p.From.Kind, p.From.ID, kind, id, p.Name, p.Link, actor.Name, tx.Now()); err != nil {
		if _, dup := db.UniqueViolation(err); dup {
			return fault.New(fault.Conflict, "这一项刚刚已列为问题，请刷新后查看。").From(err)
		}
		return err
	}
	if err := approval.AttachAll(ctx, tx, owner, id, p.Files); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "assessment.origin.file", Basis: citation, Target: t, After: map[string]string{"kind": p.From.Kind, "id": p.From.ID, "name": p.Name}})
}

// FromSelfChecks lets the problems of quarterly self-checks that were submitted
// become findings (Article 23(1)).
func FromSelfChecks(c *selfcheck.Service) Source {
	return Source{Kind: "selfcheck", Name: "季度安全自查", Propose: func(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Proposal, error) {
		x, t, err := c.Problem(ctx, q, scope, id)
		if err != nil {
			return Proposal{}, err
		}
		if !t.DoneAt.IsZero() {
			return Proposal{}, fault.Newf(fault.Conflict, "这个问题已于%s整改，不需要再列为问题；如仍存在，请另行登记。", calendar.DateOf(t.DoneAt).Chinese())
		}
		return Proposal{Name: x.UnitName + " " + selfcheck.PeriodName(x.Period) + "安全自查", Link: selfcheck.Link(x.Unit, x.Period), Unit: x.Unit, Files: x.Files,
			Saw: Saw{Cause: "selfcheck", Severity: check.Error, Says: abridge.Text(t.Says, 400), Fix: "请按自查确定的整改期限" + t.DueOn.Chinese() + "改正，并附证明材料。", Clause: "S23.1b"}}, nil
	}}
}
