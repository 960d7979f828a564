package appraisal

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"zhengshu/internal/approval"
	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/packs"
)

// ObjectFilter narrows Objects and Own.
type ObjectFilter struct {
	Text    string
	Kind    string // site, account
	Class   string
	Verdict assessment.Verdict
	// Sheets: "none", "one", "two"; empty for all.
	Sheets  string
	Removed bool // those taken out, instead of those in
	Limit   int  // 50 when zero
	Offset  int
}

func (f ObjectFilter) where(w *db.Where) {
	like := db.Contains(f.Text)
	w.AndIf(f.Text != "", `(lower(o.name) LIKE ? ESCAPE '\' OR lower(o.host) LIKE ? ESCAPE '\' OR lower(o.unit_name) LIKE ? ESCAPE '\')`, like, like, like).
		AndIf(f.Kind != "", "o.kind = ?", f.Kind).AndIf(f.Class != "", "o.class = ?", f.Class).AndIf(f.Verdict != "", "o.verdict = ?", string(f.Verdict)).
		AndIf(f.Removed, "o.removed_at IS NOT NULL").AndIf(!f.Removed, "o.removed_at IS NULL")
	const n = `(SELECT count(*) FROM appraisal_sheet h WHERE h.object_id = o.id)`
	w.AndIf(f.Sheets == "none", n+" = 0").AndIf(f.Sheets == "one", n+" = 1").AndIf(f.Sheets == "two", n+" = 2")
}

// Listed is an object as a list shows it.
type Listed struct {
	Object
	Sheets  int
	Mine    bool // the reader has judged it
	Appeals int  // raised
	// Corrected: the standing differs from the frozen result by a record.
	Corrected int
	RoundName string // joined, of Own
	Period    string
	State     string
}

// Objects of a round in scope, by division code and name.
func (s *Service) Objects(ctx context.Context, scope authz.Scope, session *authz.Session, id string, f ObjectFilter) ([]Listed, int, error) {
	if _, err := s.round(ctx, s.DB, scope, id); err != nil {
		return nil, 0, err
	}
	var w db.Where
	w.And("o.round_id = ?", id)
	f.where(&w)
	return s.listed(ctx, &w, f, session.PersonID, "o.kind DESC, o.area_code, o.name, o.id")
}

// Own are the results of what the scope's units run, newest round first: those
// the units were told.
func (s *Service) Own(ctx context.Context, scope authz.Scope, f ObjectFilter) ([]Listed, int, error) {
	var w db.Where
	scope.Where(&w, "v")
	w.And("r.state IN ('appealing', 'decided', 'published')")
	f.where(&w)
	return s.listed(ctx, &w, f, "", "r.opened_at DESC, r.id, o.kind DESC, o.area_code, o.name, o.id")
}

func (s *Service) listed(ctx context.Context, w *db.Where, f ObjectFilter, person, order string) ([]Listed, int, error) {
	const from = ` FROM appraisal_object o JOIN unit v ON v.id = o.unit_id JOIN appraisal_round r ON r.id = o.round_id WHERE `
	total, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*)`+from+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.DB, func(r db.Scanner) (Listed, error) {
		var o Listed
		err := r.Scan(&o.ID, &o.Round, &o.Kind, &o.Of, &o.Name, &o.Host, &o.Class, &o.AreaCode, &o.Unit, &o.UnitName, &o.UnitNow, &o.Stratum, &o.StratumSize, &o.Drawn, &o.Reason, &o.AddedBy,
			&o.RemovedAt, &o.RemovedBy, &o.RemovedWhy, &o.Standing.Verdict, &o.Standing.Scored, &o.Standing.Points, &o.AcceptedAt, &o.AcceptedBy,
			&o.RoundName, &o.Period, &o.State, &o.Sheets, &o.Appeals, &o.Corrected, &o.Mine)
		return o, err
	}, `SELECT o.id, o.round_id, o.kind, o.object_id, o.name, o.host, o.class, o.area_code, o.unit_id, o.unit_name, v.name, o.stratum, o.stratum_size, o.drawn, o.reason, o.added_by,
	           o.removed_at, o.removed_by, o.removed_why, o.verdict, o.scored, o.points, o.accepted_at, o.accepted_by, r.name, r.period, r.state,
	           (SELECT count(*) FROM appraisal_sheet h WHERE h.object_id = o.id), (SELECT count(*) FROM appraisal_appeal p WHERE p.object_id = o.id AND p.state <> 'withdrawn'),
	           (SELECT count(*) FROM appraisal_correction c WHERE c.object_id = o.id AND c.state = 'stands'),
	           EXISTS (SELECT 1 FROM appraisal_sheet h WHERE h.object_id = o.id AND h.judge_id = `+w.Arg(person)+`)`+from+w.SQL()+
		` ORDER BY `+order+` LIMIT `+w.Arg(cmp.Or(f.Limit, 50))+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// Dossier is one result with what it rests on, as its reader may see it.
type Dossier struct {
	Round  Round
	Object Object
	Pack   packs.Pack
	// Facts and Frozen are what was frozen; nil before.
	Facts  *Facts
	Frozen *Result
	// Now is Frozen with the corrections in force.
	Now         *Result
	Corrections []Correction
	Appeals     []Appeal
	Sheets      []Sheet // for the office, once both are in; for a unit, after the freeze
	Rulings     []Ruling
	Findings    map[string][]FindingRef // by indicator, of those that still stand in the ledger
	// Successor is who stands today in the place of the unit of the freeze.
	Successor string
	// Office: the reader stands on the side of the office.
	Office bool
}

// FindingRef is a finding as the page links it.
type FindingRef struct {
	ID   inspection.FindingID
	Says string
}

func (d Dossier) files() [][]approval.Attachment {
	var out [][]approval.Attachment
	for _, h := range d.Sheets {
		out = append(out, h.Evidence)
	}
	for _, a := range d.Appeals {
		out = append(out, a.Files)
	}
	return out
}

// findingsShown bounds what one line shows of its findings.
const findingsShown = 20

// Result of one object, for its office or, once it was sent, for its unit.
func (s *Service) Result(ctx context.Context, scope authz.Scope, session *authz.Session, objectID string) (Dossier, error) {
	d := Dossier{Findings: map[string][]FindingRef{}}
	o, err := object(ctx, s.DB, objectID)
	if err != nil {
		return d, err
	}
	r, err := s.round(ctx, s.DB, authz.System("appraisal"), o.Round)
	if err != nil {
		return d, err
	}
	d.Round, d.Object, d.Office = r, o, r.In(session.ScopeFor(authz.AppraisalManage)) || r.In(session.ScopeFor(authz.AppraisalJudge))
	if !d.Office && (!o.In(scope) || !r.Told()) {
		return Dossier{}, fault.Missing("考核结果")
	}
	if d.Pack, err = r.Pack(); err != nil {
		return d, err
	}
	sheets, err := s.sheets(ctx, s.DB, r.ID, objectID)
	if err != nil {
		return d, err
	}
	// Until both are in, a judge sees the own sheet alone; the head, who judges
	// nothing here, sees that they are there.
	for _, h := range sheets {
		if r.Frozen() || len(sheets) == 2 || h.JudgeID == session.PersonID {
			d.Sheets = append(d.Sheets, h)
		}
	}
	if d.Rulings, err = s.rulings(ctx, s.DB, r.ID, objectID); err != nil {
		return d, err
	}
	if !r.Frozen() || !o.RemovedAt.IsZero() {
		return d, nil
	}
	type row struct{ facts, result string }
	x, err := db.One(ctx, s.DB, func(r db.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.facts, &x.result)
	}, `SELECT facts, result FROM appraisal_result WHERE object_id = $1`, objectID)
	if err != nil {
		return d, err
	}
	d.Facts, d.Frozen = new(Facts), new(Result)
	if err := json.Unmarshal([]byte(x.facts), d.Facts); err != nil {
		return d, err
	}
	if err := json.Unmarshal([]byte(x.result), d.Frozen); err != nil {
		return d, err
	}
	if d.Corrections, err = db.All(ctx, s.DB, scanCorrection, correctionSelect+` WHERE c.object_id = $1 ORDER BY c.proposed_at, c.id`, objectID); err != nil {
		return d, err
	}
	all, err := s.standingCorrections(ctx, s.DB, r.ID)
	if err != nil {
		return d, err
	}
	now := Evaluate(d.Pack, r.Adopted(), *d.Facts, all[objectID])
	d.Now = &now
	if d.Appeals, err = db.All(ctx, s.DB, scanAppeal, appealSelect+` WHERE p.object_id = $1 ORDER BY p.at, p.id`, objectID); err != nil {
		return d, err
	}
	for i := range d.Appeals {
		if d.Appeals[i].Files, err = approval.Attachments(ctx, s.DB, "appraisal_appeal", d.Appeals[i].ID); err != nil {
			return d, err
		}
	}
	if err := s.nameFindings(ctx, &d); err != nil {
		return d, err
	}
	if d.Facts.Object.Unit != "" {
		to, followed, err := s.Org.Successor(ctx, s.DB, d.Facts.Object.Unit)
		if err != nil {
			return d, err
		}
		if !followed && d.Facts.Object.Unit != o.Unit {
			to, followed = o.Unit, true
		}
		if followed {
			u, err := s.Org.UnitTx(ctx, s.DB, authz.System("appraisal"), to)
			if err != nil {
				return d, err
			}
			d.Successor = u.Name
		}
	}
	return d, nil
}

// nameFindings reads the words of the findings a result shows.
func (s *Service) nameFindings(ctx context.Context, d *Dossier) error {
	var ids []string
	of := map[string]string{}
	for _, l := range d.Facts.Lines {
		for _, id := range l.Findings[:min(len(l.Findings), findingsShown)] {
			ids, of[id] = append(ids, id), l.Indicator
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var w db.Where
	cond, args := db.In("id", ids)
	w.And(cond, args...)
	list, err := db.All(ctx, s.DB, func(r db.Scanner) (FindingRef, error) {
		var f FindingRef
		return f, r.Scan(&f.ID, &f.Says)
	}, `SELECT id, says FROM finding WHERE `+w.SQL()+` ORDER BY id`, w.Args()...)
	for _, f := range list {
		i := of[string(f.ID)]
		d.Findings[i] = append(d.Findings[i], f)
	}
	return err
}

// Outcome is one published result.
type Outcome struct {
	Object Object
	// As it was at the freeze, under the name it then had.
	Snapshot Snapshot
	Frozen   Standing
	Standing Standing // with the corrections in force
	// Vetoes are the indicators that failed it as it stands; Proven says that the
	// value of one of them at least is verified.
	Vetoes []packs.Indicator
	Proven bool
	// Unverified: what stands rests on values nobody has verified.
	Unverified bool
	Errata     int
}

// Held is a published round with its results.
type Held struct {
	Round   Round
	Results []Outcome
}

// Results are the published results of sites and accounts of an area and a period, by division code
// and name; ok is false when no round of it is published. Of several (a month
// and a quarter never share a period) the last published counts.
func (s *Service) Results(ctx context.Context, q db.Querier, scope authz.Scope, area org.AreaID, period assessment.Period) (h Held, ok bool, err error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("r.area_id = ?", area).And("r.period = ?", period.String()).And("r.state = 'published'").And("r.kind <> ?", Offices)
	h.Round, err = db.One(ctx, q, scanRound, roundSelect+` WHERE `+w.SQL()+` ORDER BY r.published_at DESC, r.id DESC LIMIT 1`, w.Args()...)
	if db.None(err) {
		return Held{}, false, nil
	}
	if err != nil {
		return Held{}, false, err
	}
	h.Results, err = s.outcomes(ctx, q, h.Round)
	return h, err == nil, err
}

// ResultsOf are the results of a published round in scope.
func (s *Service) ResultsOf(ctx context.Context, scope authz.Scope, id string) (h Held, err error) {
	if h.Round, err = s.round(ctx, s.DB, scope, id); err != nil {
		return h, err
	}
	if h.Round.State != Published {
		return h, fault.Newf(fault.Refused, "这一轮现在是“%s”，公布以后才有可以反馈和公开的结果。", h.Round.StateName())
	}
	h.Results, err = s.outcomes(ctx, s.DB, h.Round)
	return h, err
}

// headOf is how much of a frozen text is read of thousands: the object stands
// first in the facts, verdict and vetoes stand before the lines of a result.
const headOf = 4000

// outcomes are the results of a round as they stand.
func (s *Service) outcomes(ctx context.Context, q db.Querier, r Round) ([]Outcome, error) {
	pack, err := r.Pack()
	if err != nil {
		return nil, err
	}
	corrections, err := s.standingCorrections(ctx, q, r.ID)
	if err != nil {
		return nil, err
	}
	out, err := db.All(ctx, q, func(x db.Scanner) (Outcome, error) {
		var facts, result string
		o, err := scanObjectAnd(x, &facts, &result)
		if err != nil {
			return Outcome{}, err
		}
		out := Outcome{Object: o, Standing: o.Standing}
		var res Result
		if err := leading(facts, map[string]any{"object": &out.Snapshot}); err != nil {
			return out, fmt.Errorf("appraisal: facts of %s: %w", o.ID, err)
		}
		if err := leading(result, map[string]any{"verdict": &res.Verdict, "scored": &res.Scored, "points": &res.Points, "part2": &res.Part2, "bonus": &res.Bonus, "vetoes": &res.Vetoes, "unverified": &res.Unverified}); err != nil {
			return out, fmt.Errorf("appraisal: result of %s: %w", o.ID, err)
		}
		out.Frozen = res.Standing()
		out.stands(pack, res)
		return out, nil
	}, `SELECT `+objectColumns+`, substr(x.facts, 1, $2), substr(x.result, 1, $2) FROM appraisal_result x JOIN appraisal_object o ON o.id = x.object_id JOIN unit v ON v.id = o.unit_id WHERE x.round_id = $1`, r.ID, headOf)
	if err != nil {
		return nil, err
	}
	if err := s.corrected(ctx, q, r, pack, corrections, out); err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b Outcome) int {
		return cmp.Or(cmp.Compare(b.Object.Kind, a.Object.Kind), cmp.Compare(a.Snapshot.AreaCode, b.Snapshot.AreaCode), cmp.Compare(a.Snapshot.Name, b.Snapshot.Name), cmp.Compare(a.Object.ID, b.Object.ID))
	})
	return out, nil
}

// stands says by which vetoes a result stands and whether on verified values.
func (o *Outcome) stands(pack packs.Pack, res Result) {
	o.Vetoes, o.Proven, o.Unverified = nil, false, len(res.Unverified) > 0
	for _, v := range res.Vetoes {
		i, _ := pack.Indicator(v)
		o.Vetoes = append(o.Vetoes, i)
		o.Proven = o.Proven || !slices.Contains(res.Unverified, v)
	}
}

// corrected works out anew the few results that stand otherwise than frozen.
func (s *Service) corrected(ctx context.Context, q db.Querier, r Round, pack packs.Pack, corrections map[string][]Correction, list []Outcome) error {
	if len(corrections) == 0 {
		return nil
	}
	var w db.Where
	ids := make([]string, 0, len(corrections))
	for id := range corrections {
		ids = append(ids, id)
	}
	type row struct{ id, facts string }
	rows, err := db.All(ctx, q, func(x db.Scanner) (row, error) {
		var f row
		return f, x.Scan(&f.id, &f.facts)
	}, `SELECT object_id, facts FROM appraisal_result WHERE object_id IN `+db.Among(&w, ids), w.Args()...)
	if err != nil {
		return err
	}
	again := map[string]Result{}
	for _, x := range rows {
		var f Facts
		if err := json.Unmarshal([]byte(x.facts), &f); err != nil {
			return fmt.Errorf("appraisal: facts of %s: %w", x.id, err)
		}
		again[x.id] = Evaluate(pack, r.Adopted(), f, corrections[x.id])
	}
	for i := range list {
		o := &list[i]
		if res, ok := again[o.Object.ID]; ok {
			o.Errata = len(corrections[o.Object.ID])
			o.stands(pack, res)
		}
	}
	return nil
}

// leading reads the first members of a JSON object, up to the first that is not
// asked for.
func leading(text string, into map[string]any) error {
	d := json.NewDecoder(strings.NewReader(text))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		k, err := d.Token()
		if err != nil {
			return err
		}
		name, _ := k.(string)
		at, ok := into[name]
		if !ok {
			return nil
		}
		if err := d.Decode(at); err != nil {
			return err
		}
	}
	return nil
}

// Errata of a round in scope, newest first, and how many there are.
func (s *Service) Errata(ctx context.Context, scope authz.Scope, id string, limit, offset int) ([]Correction, int, error) {
	if _, err := s.round(ctx, s.DB, scope, id); err != nil {
		return nil, 0, err
	}
	total, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM appraisal_correction WHERE round_id = $1`, id)
	if err != nil {
		return nil, 0, err
	}
	// Those that wait for their second person first.
	list, err := db.All(ctx, s.DB, scanCorrection, correctionSelect+` WHERE c.round_id = $1 ORDER BY CASE WHEN c.state = 'proposed' THEN 0 ELSE 1 END, c.proposed_at DESC, c.id DESC LIMIT $2 OFFSET $3`, id, cmp.Or(limit, 50), offset)
	return list, total, err
}
