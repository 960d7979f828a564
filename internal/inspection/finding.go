package inspection

import (
	"cmp"
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
	"zhengshu/internal/blob"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
)

// FindingID identifies a finding.
type FindingID string

// States of a finding.
const (
	FindingOpen     = "open"
	FindingOrdered  = "ordered"        // in an order for rectification
	FindingClosed   = "closed"         // seen to be gone
	FindingDisputed = "disputed_false" // called false by a person, not yet decided
)

// OrderedBy stands before the number of the order that names a finding, in the note of
// the move.
const OrderedBy = "列入整改通知 "

// FindingMachine declares what may become of a finding.
var FindingMachine = passage.Machine{
	Kind: "finding", Noun: "问题",
	States: map[string]string{FindingOpen: "待整改", FindingOrdered: "已通知整改", FindingClosed: "已办结", FindingDisputed: "已报误报"},
	Moves: []passage.Move{
		{From: "", Act: "find", To: FindingOpen, Says: "发现", Guard: "检查发现", Permit: "system"},
		{From: FindingOpen, Act: "worsen", To: FindingOpen, Says: "加重", Guard: "再次查到，程度更重", Permit: "system"},
		{From: FindingOrdered, Act: "worsen", To: FindingOrdered, Says: "加重", Guard: "再次查到，程度更重", Permit: "system"},
		{From: FindingDisputed, Act: "worsen", To: FindingDisputed, Says: "加重", Guard: "再次查到，程度更重", Permit: "system"},
		{From: FindingOpen, Act: "order", To: FindingOrdered, Says: "下发整改通知", Guard: "列入整改通知", Permit: string(authz.OrderIssue)},
		{From: FindingOrdered, Act: "release", To: FindingOpen, Says: "移出整改通知", Guard: "整改通知撤销", Permit: string(authz.OrderIssue)},
		{From: FindingOpen, Act: "close", To: FindingClosed, Says: "办结", Guard: "复测未再发现", Permit: "system"},
		{From: FindingOrdered, Act: "close", To: FindingClosed, Says: "办结", Guard: "复测未再发现", Permit: "system"},
		{From: FindingDisputed, Act: "close", To: FindingClosed, Says: "办结", Guard: "复测未再发现", Permit: "system"},
		{From: FindingOpen, Act: "lapse", To: FindingClosed, Says: "终结", Guard: "网站、账号已注销关停或退出监管，或登记人撤销误记", Permit: "system"},
		{From: FindingOrdered, Act: "lapse", To: FindingClosed, Says: "终结", Guard: "网站、账号已注销关停或退出监管，或登记人撤销误记", Permit: "system"},
		{From: FindingDisputed, Act: "lapse", To: FindingClosed, Says: "终结", Guard: "网站、账号已注销关停或退出监管，或登记人撤销误记", Permit: "system"},
		{From: FindingClosed, Act: "reopen", To: FindingOpen, Says: "重新打开", Guard: "复测再次发现", Permit: "system"},
		{From: FindingOpen, Act: "dispute", To: FindingDisputed, Says: "报误报", Guard: "写明理由", Permit: string(authz.InspectionRead)},
		{From: FindingOrdered, Act: "dispute", To: FindingDisputed, Says: "报误报", Guard: "写明理由", Permit: string(authz.InspectionRead)},
		{From: FindingDisputed, Act: "uphold", To: FindingOpen, Says: "驳回误报", Guard: "人工核实问题属实", Permit: string(authz.OrderIssue)},
		{From: FindingDisputed, Act: "confirm_false", To: FindingClosed, Says: "确认误报", Guard: "人工核实为误报；同一情形不再报出", Permit: string(authz.OrderIssue)},
	},
}

// Finding is one defect of one site or account, from first sight to its end.
type Finding struct {
	ID          FindingID
	Site        registry.SiteID    // empty: of an account
	Account     registry.AccountID // empty: of a site
	SiteName    string             // joined: of the site or the account
	Host        string             // joined: of the site
	Platform    string             // joined: of the account
	Unit        org.UnitID         // joined: the sponsor
	UnitName    string             // joined
	Hosted      bool               // joined: published by this platform
	Run         RunID              // that saw it first; empty for availability
	LastRun     RunID
	Check       string
	Fingerprint string
	Severity    check.Severity
	Clause      string // S7.3a, D-19, V-W-3
	Says        string
	URL         string // page
	Where       string // place on it
	near        string // the same as a reader finds it, where that is known
	Wrong       string
	Also        []string
	Pages       int
	OnHome      bool
	Excerpt     string
	Fix         string
	Evidence    blob.Ref
	SHA256      string
	FirstSeen   time.Time
	LastSeen    time.Time
	State       string
	ClosedAt    time.Time
	ClosedBy    string
	hash        string // of what it says; the trail holds it too. Empty: filed before it was kept
	relapse     bool   // told by found alone: the same was put right a short while before
	areaPath    string
	linePath    string
}

// StateName is the state in Chinese.
func (f Finding) StateName() string { return FindingMachine.Name(f.State) }

// Place is where it stands on its page, for people.
func (f Finding) Place() string { return cmp.Or(f.near, f.Where) }

// Link is the finding's page in the console.
func (f Finding) Link() string { return "/console/findings/" + string(f.ID) }

// Target names the finding in the trail.
func (f Finding) Target() audit.Target {
	return audit.Target{Kind: "finding", ID: string(f.ID), Name: f.SiteName + "：" + abridge.Cut(f.Says, 60), Unit: string(f.Unit)}
}

func (f Finding) spot() engine.Spot {
	return engine.Spot{Check: f.Check, Fingerprint: f.Fingerprint, URL: f.URL, Where: f.Where, Wrong: f.Wrong, Also: f.Also}
}

// Proof is one look at a finding: when it was found, and every retest.
type Proof struct {
	ID      string
	Finding FindingID
	Run     RunID
	Look    string // found, retest, patrol
	Outcome string // Standing, Gone, Unknown
	Says    string
	At      time.Time
	Took    time.Duration
	Actor   string
	Hash    string    // of all of it; the trail holds it too
	Number  int64     // in the chain of the trail; zero until the sequencer has linked it
	Entry   string    // of the trail that holds the hash
	Altered bool      // it is not what the trail holds the hash of
	Cleared time.Time // its bytes were let go; what it says and its hash stay
	engine.Evidence
}

const findingSelect = `
	SELECT f.id, COALESCE(f.site_id, ''), COALESCE(f.account_id, ''), COALESCE(s.name, c.name), COALESCE(s.host, ''), COALESCE(c.platform, ''), u.id, u.name, COALESCE(s.hosted, FALSE), COALESCE(f.run_id, ''), COALESCE(f.last_run_id, ''), f.check_id, f.fingerprint,
	       f.severity, f.clause, f.says, f.page_url, f.place, f.wrong, f.also, f.pages, f.on_home, f.excerpt, f.fix, f.evidence_ref, f.evidence_sha256,
	       f.first_seen, f.last_seen, f.state, f.closed_at, f.closed_by, f.words_hash, f.near, u.area_path, u.line_path` + findingFrom

// findingFrom joins a finding to what it is about: a site s or an account c, and
// its sponsor u.
const findingFrom = `
	  FROM finding f LEFT JOIN site s ON s.id = f.site_id LEFT JOIN account c ON c.id = f.account_id JOIN unit u ON u.id = COALESCE(s.unit_id, c.unit_id)`

func scanFinding(r db.Scanner) (Finding, error) {
	var f Finding
	var also string
	err := r.Scan(&f.ID, &f.Site, &f.Account, &f.SiteName, &f.Host, &f.Platform, &f.Unit, &f.UnitName, &f.Hosted, &f.Run, &f.LastRun, &f.Check, &f.Fingerprint,
		&f.Severity, &f.Clause, &f.Says, &f.URL, &f.Where, &f.Wrong, &also, &f.Pages, &f.OnHome, &f.Excerpt, &f.Fix, &f.Evidence, &f.SHA256,
		&f.FirstSeen, &f.LastSeen, &f.State, &f.ClosedAt, &f.ClosedBy, &f.hash, &f.near, &f.areaPath, &f.linePath)
	if err == nil {
		err = json.Unmarshal([]byte(also), &f.Also)
	}
	return f, err
}

// Finding in scope.
func (s *Service) Finding(ctx context.Context, q db.Querier, scope authz.Scope, id FindingID) (Finding, error) {
	f, err := db.One(ctx, q, scanFinding, findingSelect+` WHERE f.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(f.areaPath, f.linePath) {
		return Finding{}, fault.Missing("问题")
	}
	return f, err
}

// mostTold bounds how many earlier and later sightings of a finding are told.
const mostTold = 10

// SameAs lists, newest first, the other findings of the same defect on the same
// site or account: what was seen to be gone and came back. It is for whoever may
// read f.
func (s *Service) SameAs(ctx context.Context, q db.Querier, scope authz.Scope, f Finding) ([]Finding, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("f.fingerprint = ? AND f.id <> ?", f.Fingerprint, f.ID)
	if f.Account != "" {
		w.And("f.account_id = ?", f.Account)
	} else {
		w.And("f.site_id = ?", f.Site)
	}
	return db.All(ctx, q, scanFinding, findingSelect+` WHERE `+w.SQL()+fmt.Sprintf(` ORDER BY f.first_seen DESC, f.id DESC LIMIT %d`, mostTold), w.Args()...)
}

// FindingFilter narrows Findings.
type FindingFilter struct {
	Of       string // "site" or "account"; "" for both
	Site     registry.SiteID
	Account  registry.AccountID
	Unit     org.UnitID
	Run      RunID  // seen by this run, first or last
	Plan     PlanID // seen by runs of this plan, first or last
	State    string // "" for all; "standing" for open, ordered and disputed
	Severity check.Severity
	Family   string // link, tags, footer, column, …
	Check    string // one check by its id
	Clause   string
	Text     string // site or account, host, unit, sentence, address
	OnHome   bool
	Since    time.Time // last seen not before
	Until    time.Time // first seen before
	Limit    int       // 50 when zero
	Offset   int
}

func (n FindingFilter) where(scope authz.Scope) *db.Where {
	var w db.Where
	scope.Where(&w, "u")
	text := db.Contains(n.Text)
	w.AndIf(n.Of == "site", "f.site_id IS NOT NULL").
		AndIf(n.Of == "account", "f.account_id IS NOT NULL").
		AndIf(n.Site != "", "f.site_id = ?", n.Site).
		AndIf(n.Account != "", "f.account_id = ?", n.Account).
		AndIf(n.Unit != "", "u.id = ?", n.Unit).
		AndIf(n.Run != "", "(f.run_id = ? OR f.last_run_id = ?)", n.Run, n.Run).
		AndIf(n.Plan != "", `f.site_id IN (SELECT site_id FROM patrol_pick WHERE plan_id = ?)
			AND (f.run_id IN (SELECT id FROM inspection_run WHERE plan_id = ?) OR f.last_run_id IN (SELECT id FROM inspection_run WHERE plan_id = ?))`, n.Plan, n.Plan, n.Plan).
		AndIf(n.State == "standing", "f.state <> 'closed'").
		AndIf(n.State != "" && n.State != "standing", "f.state = ?", n.State).
		AndIf(n.Severity != "", "f.severity = ?", n.Severity).
		AndIf(n.Family != "", `f.check_id LIKE ? ESCAPE '\'`, strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(n.Family)+".%").
		AndIf(n.Clause != "", "f.clause = ?", n.Clause).
		AndIf(n.Check != "", "f.check_id = ?", n.Check).
		AndIf(n.Text != "", `(lower(COALESCE(s.name, c.name)) LIKE ? ESCAPE '\' OR s.host LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\' OR lower(f.says) LIKE ? ESCAPE '\' OR lower(f.page_url) LIKE ? ESCAPE '\')`, text, text, text, text, text).
		AndIf(n.OnHome, "f.on_home").
		AndIf(!n.Since.IsZero(), "f.last_seen >= ?", n.Since).
		AndIf(!n.Until.IsZero(), "f.first_seen < ?", n.Until)
	return &w
}

// Findings in scope, those that stand before those that are closed, of these the
// gravest and latest first, and how many there are.
func (s *Service) Findings(ctx context.Context, q db.Querier, scope authz.Scope, n FindingFilter) ([]Finding, int, error) {
	w := n.where(scope)
	total, err := db.One(ctx, q, db.Value[int], `SELECT count(*)`+findingFrom+` WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	limit := n.Limit
	if limit == 0 {
		limit = 50
	}
	list, err := db.All(ctx, q, scanFinding, findingSelect+` WHERE `+w.SQL()+`
		ORDER BY CASE f.state WHEN 'closed' THEN 1 ELSE 0 END, CASE f.severity WHEN 'serious' THEN 0 WHEN 'error' THEN 1 ELSE 2 END, f.on_home DESC, f.last_seen DESC, f.id
		LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(n.Offset), w.Args()...)
	return list, total, err
}

// Cause is what stands of one check: how many findings, on how many sites and
// accounts.
type Cause struct {
	Check    string
	Findings int
	Serious  int
	Objects  int       // sites and accounts
	Ordered  int       // of them in an order
	Oldest   time.Time // first seen
}

// Causes are the standing findings in scope by the check that raised them, the
// most serious and the widest spread first.
func (s *Service) Causes(ctx context.Context, q db.Querier, scope authz.Scope) ([]Cause, error) {
	var w db.Where
	scope.Where(&w, "u")
	return db.All(ctx, q, func(r db.Scanner) (Cause, error) {
		var c Cause
		return c, r.Scan(&c.Check, &c.Findings, &c.Serious, &c.Objects, &c.Ordered, &c.Oldest)
	}, `SELECT f.check_id, count(*), sum(CASE WHEN f.severity = 'serious' THEN 1 ELSE 0 END), count(DISTINCT COALESCE(f.site_id, f.account_id)), sum(CASE WHEN f.state = 'ordered' THEN 1 ELSE 0 END), min(f.first_seen)`+findingFrom+`
	     WHERE f.state <> 'closed' AND `+w.SQL()+` GROUP BY f.check_id ORDER BY 3 DESC, 4 DESC, 2 DESC, f.check_id`, w.Args()...)
}

// Tally counts the standing findings of one site.
type Tally struct{ Serious, Error, Advice, Disputed int }

// Standing is how many stand in all.
func (t Tally) Standing() int { return t.Serious + t.Error + t.Advice }

// Tallies counts the standing findings of every site in scope that has any.
func (s *Service) Tallies(ctx context.Context, q db.Querier, scope authz.Scope) (map[registry.SiteID]Tally, error) {
	var w db.Where
	scope.Where(&w, "u")
	type row struct {
		site            registry.SiteID
		severity, state string
		n               int
	}
	rows, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.site, &x.severity, &x.state, &x.n)
		return x, err
	}, `SELECT f.site_id, f.severity, f.state, count(*) FROM finding f JOIN site s ON s.id = f.site_id JOIN unit u ON u.id = s.unit_id
	     WHERE f.state <> 'closed' AND `+w.SQL()+` GROUP BY f.site_id, f.severity, f.state`, w.Args()...)
	if err != nil {
		return nil, err
	}
	out := map[registry.SiteID]Tally{}
	for _, r := range rows {
		t := out[r.site]
		switch {
		case r.state == FindingDisputed:
			t.Disputed += r.n
		case r.severity == string(check.Serious):
			t.Serious += r.n
		case r.severity == string(check.Error):
			t.Error += r.n
		default:
			t.Advice += r.n
		}
		out[r.site] = t
	}
	return out, nil
}

// Proofs are the looks at a finding in scope, oldest first.
func (s *Service) Proofs(ctx context.Context, q db.Querier, scope authz.Scope, id FindingID) ([]Proof, error) {
	if _, err := s.Finding(ctx, q, scope, id); err != nil {
		return nil, err
	}
	list, err := db.All(ctx, q, scanProof, proofSelect+` WHERE finding_id = $1 ORDER BY at, id`, id)
	if err != nil {
		return nil, err
	}
	type link struct {
		proof, entry, after string
		number              int64
	}
	links, err := db.All(ctx, q, func(r db.Scanner) (link, error) {
		var l link
		return l, r.Scan(&l.proof, &l.entry, &l.after, &l.number)
	}, `SELECT e.target_id, e.id, e.after, COALESCE(l.seq, 0) FROM audit_entry e LEFT JOIN audit_link l ON l.entry_id = e.id
	     WHERE e.target_kind = $1 AND e.act = $3 AND e.target_id IN (SELECT id FROM finding_evidence WHERE finding_id = $2)`, evidenceKind, id, keepAct)
	for i := range list {
		list[i].Altered = list[i].Hash != "" // until the trail speaks for it
	}
	for _, l := range links {
		if i := slices.IndexFunc(list, func(p Proof) bool { return p.ID == l.proof }); i >= 0 {
			p := &list[i]
			p.Entry, p.Number = l.entry, l.number
			hash := hashIn(l.after)
			p.Altered = p.Hash != hash || p.digest() != hash
		}
	}
	return list, err
}

// Looks are those of the findings with these ids that lie in scope, each with its
// own looks, oldest first: set by set, whatever their number.
func (s *Service) Looks(ctx context.Context, q db.Querier, scope authz.Scope, ids []FindingID) (map[FindingID]Finding, map[FindingID][]Proof, error) {
	found, looks := make(map[FindingID]Finding, len(ids)), make(map[FindingID][]Proof, len(ids))
	for part := range slices.Chunk(ids, proofsAtOnce) {
		var w db.Where
		scope.Where(&w, "u")
		cond, args := db.In("f.id", part)
		w.And(cond, args...)
		list, err := db.All(ctx, q, scanFinding, findingSelect+` WHERE `+w.SQL(), w.Args()...)
		if err != nil {
			return nil, nil, err
		}
		for _, f := range list {
			found[f.ID] = f
		}
		var p db.Where
		cond, args = db.In("finding_id", part)
		p.And(cond, args...)
		proofs, err := db.All(ctx, q, scanProof, proofSelect+` WHERE `+p.SQL()+` ORDER BY at, id`, p.Args()...)
		if err != nil {
			return nil, nil, err
		}
		for _, x := range proofs {
			if _, ok := found[x.Finding]; ok {
				looks[x.Finding] = append(looks[x.Finding], x)
			}
		}
	}
	return found, looks, nil
}

const proofSelect = `
	SELECT id, finding_id, COALESCE(run_id, ''), look, outcome, says, at, took_ms, actor, url, status, headers, link, link_status, link_final, ref, sha256, size, excerpt, vantage, edition, screenshot, boxes, beside, hash, cleared_at, unshot
	  FROM finding_evidence`

func scanProof(r db.Scanner) (Proof, error) {
	var p Proof
	var ms int64
	var boxes, beside string
	err := r.Scan(&p.ID, &p.Finding, &p.Run, &p.Look, &p.Outcome, &p.Says, &p.At, &ms, &p.Actor, &p.URL, &p.Status, &p.Headers, &p.Link, &p.LinkStatus, &p.LinkFinal, &p.Ref, &p.SHA256, &p.Size, &p.Excerpt, &p.Vantage, &p.Edition, &p.Screenshot, &boxes, &beside, &p.Hash, &p.Cleared, &p.Unshot)
	p.Took, p.Evidence.At = time.Duration(ms)*time.Millisecond, p.At
	if err == nil && boxes != "" {
		err = json.Unmarshal([]byte(boxes), &p.Boxes)
	}
	if err == nil && beside != "" {
		err = json.Unmarshal([]byte(beside), &p.Beside)
	}
	return p, err
}

// History is every step of a finding in scope, oldest first.
func (s *Service) History(ctx context.Context, q db.Querier, scope authz.Scope, id FindingID) ([]passage.Step, error) {
	if _, err := s.Finding(ctx, q, scope, id); err != nil {
		return nil, err
	}
	return FindingMachine.History(ctx, q, string(id))
}

func insertProof(ctx context.Context, tx *db.Tx, p Proof) (string, error) {
	p.ID = ulid.Make().String()
	if p.Actor == "" {
		if a, ok := audit.ActorFrom(ctx); ok && a.Kind == "person" {
			p.Actor = a.Name
		}
	}
	at := p.Evidence.At
	if at.IsZero() {
		at = tx.Now()
	}
	p.At, p.Evidence.At = at, at
	p.Headers, p.Excerpt = abridge.Cut(p.Headers, 8000), abridge.Cut(p.Excerpt, 2000)
	if p.Edition == "" {
		p.Edition = check.Edition()
	}
	boxes := ""
	if len(p.Boxes) > 0 {
		b, err := json.Marshal(p.Boxes)
		if err != nil {
			return "", err
		}
		boxes = string(b)
	}
	beside := ""
	if len(p.Beside) > 0 {
		for i := range p.Beside {
			x := &p.Beside[i]
			x.Headers, x.At = abridge.Cut(x.Headers, 8000), x.At.UTC().Truncate(time.Microsecond)
		}
		b, err := json.Marshal(p.Beside)
		if err != nil {
			return "", err
		}
		beside = string(b)
	}
	p.Hash = p.digest()
	_, err := tx.Exec(ctx, `
		INSERT INTO finding_evidence (id, finding_id, run_id, look, outcome, says, at, took_ms, actor, url, status, headers, link, link_status, link_final, ref, sha256, size, excerpt, vantage, edition, screenshot, boxes, beside, hash, unshot)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)`,
		p.ID, p.Finding, db.Null(p.Run), p.Look, p.Outcome, p.Says, at, p.Took.Milliseconds(), p.Actor, p.URL, p.Status, p.Headers, p.Link, p.LinkStatus, p.LinkFinal,
		string(p.Ref), p.SHA256, p.Size, p.Excerpt, p.Vantage, p.Edition, string(p.Screenshot), boxes, beside, p.Hash, p.Unshot)
	if err != nil {
		return "", fmt.Errorf("inspection: keep evidence: %w", err)
	}
	if err := nameBlobs(ctx, tx, p.ID, p.Refs()); err != nil {
		return "", err
	}
	// The hash goes into the chain of the trail: whoever changes the evidence
	// afterwards would have to change the chain.
	if err := audit.Record(ctx, tx, audit.Entry{Act: keepAct, Target: audit.Target{Kind: evidenceKind, ID: p.ID, Name: string(p.Finding)}, After: map[string]string{"hash": p.Hash}}); err != nil {
		return "", err
	}
	return p.ID, nil
}

// move takes a finding through its machine, stores the state and tells whoever
// registered.
func (s *Service) move(ctx context.Context, tx *db.Tx, f Finding, act string, note passage.Note, proof string) (Finding, error) {
	return s.moveAs(ctx, tx, f, act, note, proof, ItIsGone)
}

// moveAs is move with the verdict by which a waiting dispute ends.
func (s *Service) moveAs(ctx context.Context, tx *db.Tx, f Finding, act string, note passage.Note, proof, verdict string) (Finding, error) {
	before, mended := f.State, f.mended()
	_, to, err := FindingMachine.Take(ctx, tx, string(f.ID), act, note)
	if err != nil {
		return Finding{}, err
	}
	f.State, f.ClosedAt, f.ClosedBy = to, time.Time{}, ""
	var closed any
	if to == FindingClosed {
		f.ClosedAt, f.ClosedBy = tx.Now(), proof
		closed = f.ClosedAt
	}
	_, err = tx.Exec(ctx, `UPDATE finding SET state = $2, closed_at = $3, closed_by = $4, evidence_cleared_at = NULL WHERE id = $1`, f.ID, f.State, closed, f.ClosedBy)
	if _, dup := db.UniqueViolation(err); dup {
		return Finding{}, fault.New(fault.Conflict, "这个问题已经复发，登记为新的一条，请打开新的一条复测。").From(err)
	}
	if err != nil {
		return Finding{}, err
	}
	if now := f.mended(); now != mended {
		d := ruleMove{closed: 1}
		if mended {
			d.closed = -1
		}
		if err := counted(ctx, tx, f.Check, d); err != nil {
			return Finding{}, err
		}
	}
	if before == FindingDisputed && to != before {
		if err := s.settleDispute(ctx, tx, f, verdict, note.Says); err != nil {
			return Finding{}, err
		}
	}
	if before != "" {
		if err := audit.Record(ctx, tx, audit.Entry{Act: "inspection.finding." + act, Target: f.Target(), Basis: f.Clause,
			Before: before, After: map[string]string{"state": f.State, "note": note.Says, "evidence": proof}}); err != nil {
			return Finding{}, err
		}
	}
	if err := s.tell(ctx, tx, f, act); err != nil || act != "reopen" {
		return f, err
	}
	return s.carryOn(ctx, tx, f)
}

func (s *Service) tell(ctx context.Context, tx *db.Tx, f Finding, act string) error {
	for _, fn := range s.moved {
		if err := fn(ctx, tx, f, act); err != nil {
			return err
		}
	}
	return nil
}

// Order puts an open finding into an order; note names the order.
func (s *Service) Order(ctx context.Context, tx *db.Tx, scope authz.Scope, id FindingID, note passage.Note) (Finding, error) {
	f, err := s.Finding(ctx, tx, scope, id)
	if err != nil {
		return Finding{}, err
	}
	return s.move(ctx, tx, f, "order", note, "")
}

// Release takes a finding out of an order that was withdrawn.
func (s *Service) Release(ctx context.Context, tx *db.Tx, scope authz.Scope, id FindingID, note passage.Note) (Finding, error) {
	f, err := s.Finding(ctx, tx, scope, id)
	if err != nil {
		return Finding{}, err
	}
	return s.move(ctx, tx, f, "release", note, "")
}

// Dispute calls a finding false. The reason is required; the one person it is
// given to answers within the setting's working days (Answer), or a later look
// closes it.
func (s *Service) Dispute(ctx context.Context, scope authz.Scope, id FindingID, why string) (f Finding, err error) {
	why = strings.TrimSpace(why)
	if err := reasonOf(why, "请写明为什么是误报，例如该号码是单位公布的办公电话"); err != nil {
		return Finding{}, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if f, err = s.Finding(ctx, tx, scope, id); err != nil {
			return err
		}
		if f, err = s.move(ctx, tx, f, "dispute", passage.Note{Says: why}, ""); err != nil {
			return err
		}
		by, _ := audit.ActorFrom(ctx)
		return s.object(ctx, tx, f, why, by, ruleMove{disputed: 1, waiting: 1})
	})
	return f, err
}

// Uphold decides that a disputed finding is true.
func (s *Service) Uphold(ctx context.Context, scope authz.Scope, id FindingID, why string) (Finding, error) {
	return s.Answer(ctx, scope, id, ItIsTrue, why)
}
