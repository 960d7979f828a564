package reconciliation

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// Verdicts of a row.
const (
	There   = "there"   // only in their file
	Here    = "here"    // only in the ledger
	Differs = "differs" // a field differs
)

// Decisions on a row.
const (
	Accepted  = "accepted"
	Kept      = "kept"
	Asked     = "asked"
	Candidate = "candidate"
)

// Clearing is what a sponsor owes when it is asked about a difference. The days
// are the house's own, no article gives them.
var Clearing = obligation.Kind{ID: "reconciliation_clearing", Name: "台账差异核实", Clause: "S10.4", Citation: sx2021.Instrument + " 第十条",
	Says: "核实台账与外部名单的差异，更正台账或说明情况", Remind: []int{3, 0}, Escalate: 5}

// Obligations are the clocks of the module.
func Obligations() []obligation.Kind { return []obligation.Kind{Clearing, Reused} }

// Parts are what the service stands on.
type Parts struct {
	DB          *db.DB
	Registry    *registry.Service
	Intake      *registry.Intake
	Inspection  *inspection.Service
	Obligations *obligation.Service
	Days        calendar.Workdays
	Client      *egress.Client
	// Manners are those by which sites are asked; nil: the patrol's.
	Manners *crawl.Manners
}

// Service is the door of reconciliation.
type Service struct{ Parts }

// New makes the service and lets inspection retest its findings.
func New(p Parts) *Service {
	if p.Manners == nil {
		p.Manners = p.Inspection.Manners()
	}
	s := &Service{p}
	p.Inspection.RetestFrom("ledger", s.retest)
	p.Inspection.AskedFrom(GoneKind, inspection.Afar{Ask: s.goneAsk, Take: s.takeGone, Missed: s.goneMissed})
	return s
}

// Run is one comparison with a file.
type Run struct {
	ID, FileID string
	Kind       registry.FileKind
	Source     string
	FileName   string
	Blob       string // sha256 of the file
	Whole      bool
	Person     string
	PersonName string // joined
	Unit       org.UnitID
	At         time.Time
	Read, Same, KeptBefore,
	There, Here, Differing int
	areaPath, linePath string
}

// Link is the run's page.
func (r Run) Link() string { return "/console/reconciliations/" + r.ID }

// Row is one difference.
type Row struct {
	ID, Run   string
	Verdict   string
	FileRow   int
	Object    string // site, account
	ObjectID  string
	Name      string
	Unit      org.UnitID
	Field     string
	Theirs    string
	Ours      string
	Decision  string
	Reason    string
	DecidedBy string
	DecidedAt time.Time
}

// ObjectLink is the object's page in the ledger; empty for what is only there.
func (r Row) ObjectLink() string {
	if r.ObjectID == "" {
		return ""
	}
	return "/console/" + r.Object + "s/" + r.ObjectID
}

// ours is one object of the ledger by field.
type ours struct {
	id, name string
	unit     org.UnitID
	values   map[string]string
	keys     []string
}

var siteCompared = []string{"name", "host", "site_code", "icp", "police_filing", "chinese_domain", "party_gov_mark", "contact", "address"}
var accountCompared = []string{"name", "url", "handle", "platform_id", "purpose", "verified_as", "verified_type", "national_id"}

func siteOurs(s registry.Site) ours {
	v := map[string]string{"name": s.Name, "host": s.Host, "site_code": s.SiteCode, "icp": s.ICP, "police_filing": s.PoliceFiling, "chinese_domain": s.ChineseDomain, "party_gov_mark": s.PartyGovMark, "contact": s.Contact, "address": s.Address}
	return ours{string(s.ID), s.Name, s.Unit, v, siteKeys(v)}
}

func siteKeys(v map[string]string) []string {
	var out []string
	if v["host"] != "" {
		out = append(out, "host "+v["host"])
	}
	if v["site_code"] != "" {
		out = append(out, "code "+v["site_code"])
	}
	return out
}

func accountOurs(a registry.Account) ours {
	v := map[string]string{"name": a.Name, "platform": a.Platform, "url": a.URL, "handle": a.Handle, "platform_id": a.PlatformID, "purpose": a.Purpose, "verified_as": a.VerifiedAs, "verified_type": a.VerifiedType, "national_id": a.NationalID}
	return ours{string(a.ID), a.Name, a.Unit, v, accountKeys(v)}
}

func accountKeys(v map[string]string) []string {
	var out []string
	for _, k := range []string{"platform_id", "url", "national_id", "name"} {
		if v[k] != "" {
			out = append(out, k+" "+v["platform"]+" "+v[k])
		}
	}
	return out
}

// Compare holds the ledger, as far as the scope reaches, against a brought file
// and keeps what differs. whole says that the file lists everything of the
// scope, so that what it lacks is only here.
func (s *Service) Compare(ctx context.Context, scope authz.Scope, session *authz.Session, file, source string, whole bool) (Run, error) {
	source = strings.TrimSpace(source)
	if n := len([]rune(source)); n < 2 || n > 60 {
		return Run{}, fault.New(fault.Invalid, "请用 2 到 60 个字写明这是谁的名单。").On("source", "例如：全国政府网站信息报送系统")
	}
	f, theirs, err := s.Intake.Outside(ctx, session, file)
	if err != nil {
		return Run{}, err
	}
	if f.Kind == registry.UnitFile || f.Kind == registry.DomainFile {
		return Run{}, fault.New(fault.Invalid, "只能与网站、账号或移动客户端的名单核对。").On("file", "请上传网站或账号名单")
	}
	unit, _ := session.Unit()
	run := Run{ID: ulid.Make().String(), FileID: f.ID, Kind: f.Kind, Source: source, FileName: f.Name, Blob: f.Blob, Whole: whole, Person: session.PersonID, Unit: org.UnitID(unit), Read: len(theirs)}
	own, err := s.own(ctx, scope, f.Kind)
	if err != nil {
		return Run{}, err
	}
	kept, err := s.keptBefore(ctx)
	if err != nil {
		return Run{}, err
	}
	rows := compare(&run, own, theirs, kept)
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		run.At = tx.Now()
		if _, err := tx.Exec(ctx, `INSERT INTO reconciliation_run (id, file_id, kind, source, file_name, blob, whole, person_id, unit_id, at, read_rows, same, kept, there, here, differing)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
			run.ID, run.FileID, run.Kind, run.Source, run.FileName, run.Blob, run.Whole, run.Person, run.Unit, run.At, run.Read, run.Same, run.KeptBefore, run.There, run.Here, run.Differing); err != nil {
			return fmt.Errorf("reconciliation: keep run: %w", err)
		}
		values := make([][]any, len(rows))
		for i, r := range rows {
			values[i] = []any{ulid.Make().String(), run.ID, r.Verdict, r.FileRow, r.Object, r.ObjectID, r.Name, string(r.Unit), r.Field, r.Theirs, r.Ours}
		}
		if err := tx.InsertAll(ctx, "reconciliation_row", []string{"id", "run_id", "verdict", "row", "object", "object_id", "name", "unit_id", "field", "theirs", "ours"}, values); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "reconciliation.compare", Basis: "第十条", Target: audit.Target{Kind: "reconciliation", ID: run.ID, Name: run.Source, Unit: unit},
			After: map[string]any{"file": run.FileName, "hash": run.Blob, "read": run.Read, "same": run.Same, "there": run.There, "here": run.Here, "differs": run.Differing}})
	})
	return run, err
}

// own are the objects of the scope that have not ended.
func (s *Service) own(ctx context.Context, scope authz.Scope, kind registry.FileKind) ([]ours, error) {
	var out []ours
	if kind == registry.SiteFile {
		p, err := s.Registry.SiteList(ctx, scope, registry.ListQuery{Limit: registry.MaxExport})
		for _, v := range p.Rows {
			if v.State != registry.Closed && v.State != registry.Exited {
				out = append(out, siteOurs(v))
			}
		}
		return out, err
	}
	n := registry.ListQuery{Limit: registry.MaxExport, Kind: string(sx2021.Account)}
	if kind == registry.AppFile {
		n.Kind = string(sx2021.App)
	}
	p, err := s.Registry.AccountList(ctx, scope, n)
	for _, v := range p.Rows {
		if !v.Ended() {
			out = append(out, accountOurs(v))
		}
	}
	return out, err
}

func (s *Service) keptBefore(ctx context.Context) (map[[3]string]bool, error) {
	out := map[[3]string]bool{}
	_, err := db.All(ctx, s.DB, func(r db.Scanner) (struct{}, error) {
		var k [3]string
		err := r.Scan(&k[0], &k[1], &k[2])
		out[k] = true
		return struct{}{}, err
	}, `SELECT object_id, field, theirs FROM reconciliation_kept`)
	return out, err
}

// compare finds the differences. It knows no database.
func compare(run *Run, own []ours, theirs []registry.Outside, kept map[[3]string]bool) []Row {
	object, compared, keysOf := "account", accountCompared, accountKeys
	if run.Kind == registry.SiteFile {
		object, compared, keysOf = "site", siteCompared, siteKeys
	}
	by := map[string]int{}
	for i, o := range own {
		for _, k := range o.keys {
			if _, taken := by[k]; !taken {
				by[k] = i
			}
		}
	}
	met := make([]bool, len(own))
	var rows []Row
	for _, t := range theirs {
		v := t.Values
		if object == "account" {
			v["name"] = v["account"]
		}
		at := -1
		for _, k := range keysOf(v) {
			if i, ok := by[k]; ok {
				at = i
				break
			}
		}
		if at < 0 {
			run.There++
			rows = append(rows, Row{Verdict: There, FileRow: t.Row, Object: object, Name: cmp.Or(v["name"], v["host"], v["url"]), Theirs: cmp.Or(v["host"], v["url"], v["site_code"], v["platform"])})
			continue
		}
		o := own[at]
		met[at] = true
		same := true
		for _, field := range compared {
			if v[field] == "" || equal(v[field], o.values[field]) {
				continue
			}
			same = false
			if kept[[3]string{o.id, field, v[field]}] {
				run.KeptBefore++
				continue
			}
			run.Differing++
			rows = append(rows, Row{Verdict: Differs, FileRow: t.Row, Object: object, ObjectID: o.id, Name: o.name, Unit: o.unit, Field: field, Theirs: v[field], Ours: o.values[field]})
		}
		if same {
			run.Same++
		}
	}
	if !run.Whole {
		return rows
	}
	for i, o := range own {
		switch {
		case met[i]:
		case kept[[3]string{o.id, "", ""}]:
			run.KeptBefore++
		default:
			run.Here++
			rows = append(rows, Row{Verdict: Here, Object: object, ObjectID: o.id, Name: o.name, Unit: o.unit, Ours: cmp.Or(o.values["host"], o.values["url"])})
		}
	}
	return rows
}

// equal compares without case, blanks and the usual ways to write a number.
func equal(a, b string) bool {
	plain := func(s string) string {
		return strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(strings.Join(strings.Fields(s), "")), "号"), "/")
	}
	return plain(a) == plain(b)
}

const runSelect = `
	SELECT r.id, r.file_id, r.kind, r.source, r.file_name, r.blob, r.whole, r.person_id, COALESCE(p.name, ''), r.unit_id, r.at, r.read_rows, r.same, r.kept, r.there, r.here, r.differing, u.area_path, u.line_path
	  FROM reconciliation_run r JOIN unit u ON u.id = r.unit_id LEFT JOIN person p ON p.id = r.person_id`

func scanRun(r db.Scanner) (Run, error) {
	var v Run
	err := r.Scan(&v.ID, &v.FileID, &v.Kind, &v.Source, &v.FileName, &v.Blob, &v.Whole, &v.Person, &v.PersonName, &v.Unit, &v.At, &v.Read, &v.Same, &v.KeptBefore, &v.There, &v.Here, &v.Differing, &v.areaPath, &v.linePath)
	return v, err
}

// Runs in scope, latest first.
func (s *Service) Runs(ctx context.Context, scope authz.Scope, limit int) ([]Run, error) {
	var w db.Where
	scope.Where(&w, "u")
	return db.All(ctx, s.DB, scanRun, runSelect+` WHERE `+w.SQL()+` ORDER BY r.at DESC, r.id DESC LIMIT `+w.Arg(limit), w.Args()...)
}

// Run in scope.
func (s *Service) Run(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Run, error) {
	v, err := db.One(ctx, q, scanRun, runSelect+` WHERE r.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(v.areaPath, v.linePath) {
		return Run{}, fault.Missing("核对记录")
	}
	return v, err
}

// RowFilter narrows Rows.
type RowFilter struct {
	Verdict, Field string
	Open           bool // nothing is decided
	Undecided      bool // nothing is decided, or the sponsor was asked
	IDs            []string
	Limit, Offset  int
}

const rowSelect = `SELECT id, run_id, verdict, row, object, object_id, name, unit_id, field, theirs, ours, decision, reason, decided_by, decided_at FROM reconciliation_row`

func scanRow(r db.Scanner) (Row, error) {
	var v Row
	err := r.Scan(&v.ID, &v.Run, &v.Verdict, &v.FileRow, &v.Object, &v.ObjectID, &v.Name, &v.Unit, &v.Field, &v.Theirs, &v.Ours, &v.Decision, &v.Reason, &v.DecidedBy, &v.DecidedAt)
	return v, err
}

// Rows of a run in scope, in the order of the file, and how many there are.
func (s *Service) Rows(ctx context.Context, q db.Querier, scope authz.Scope, run string, n RowFilter) ([]Row, int, error) {
	if _, err := s.Run(ctx, q, scope, run); err != nil {
		return nil, 0, err
	}
	var w db.Where
	w.And("run_id = ?", run).AndIf(n.Verdict != "", "verdict = ?", n.Verdict).AndIf(n.Field != "", "field = ?", n.Field).AndIf(n.Open, "decision = ''").AndIf(n.Undecided, "decision IN ('', 'asked')")
	if n.IDs != nil {
		cond, args := db.In("id", n.IDs)
		w.And(cond, args...)
	}
	total, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM reconciliation_row WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	rows, err := db.All(ctx, q, scanRow, rowSelect+` WHERE `+w.SQL()+` ORDER BY row, id LIMIT `+w.Arg(cmp.Or(n.Limit, 50))+` OFFSET `+w.Arg(n.Offset), w.Args()...)
	return rows, total, err
}

// SampleSize is how many rows are read before a batch is accepted.
const SampleSize = 10

// Sample are the rows a person reads before all open differences of a field are
// taken over: spread evenly over them, the same each time.
func (s *Service) Sample(ctx context.Context, scope authz.Scope, run, field string) ([]Row, int, error) {
	rows, total, err := s.Rows(ctx, s.DB, scope, run, RowFilter{Verdict: Differs, Field: field, Open: true, Limit: registry.MaxExport})
	if err != nil || total <= SampleSize {
		return rows, total, err
	}
	out := make([]Row, SampleSize)
	for i := range out {
		out[i] = rows[i*(len(rows)-1)/(SampleSize-1)]
	}
	return out, total, nil
}

// AcceptAll takes over every open difference of a field after the sample was
// read: read names the rows the person has ticked.
func (s *Service) AcceptAll(ctx context.Context, scope authz.Scope, session *authz.Session, run, field string, read []string) (int, error) {
	sample, _, err := s.Sample(ctx, scope, run, field)
	if err != nil {
		return 0, err
	}
	for _, r := range sample {
		if !slices.Contains(read, r.ID) {
			return 0, fault.New(fault.Invalid, "抽样的每一行都要看过并勾选，才能整批采用。").On("read", "请逐行核对后勾选")
		}
	}
	n := 0
	for {
		rows, _, err := s.Rows(ctx, s.DB, scope, run, RowFilter{Verdict: Differs, Field: field, Open: true, Limit: 200})
		if err != nil || len(rows) == 0 {
			return n, err
		}
		ids := make([]string, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
		done, err := s.Decide(ctx, scope, session, run, ids, Accepted, "抽样核对后整批采用")
		n += done
		if err != nil {
			return n, err
		}
	}
}

// Decide keeps one decision on rows of a run. A row that is decided already is
// passed over, so that a second press does nothing.
func (s *Service) Decide(ctx context.Context, scope authz.Scope, session *authz.Session, run string, ids []string, decision, reason string) (int, error) {
	reason = strings.TrimSpace(reason)
	if len(ids) == 0 {
		return 0, fault.New(fault.Invalid, "没有选中任何一行，请先勾选。").On("id", "请勾选要处理的行")
	}
	if decision == Kept && len([]rune(reason)) < 4 {
		return 0, fault.New(fault.Invalid, "保留台账的内容要写明理由，以后同样的差异不再提示。").On("reason", "请用 4 个字以上说明")
	}
	if len([]rune(reason)) > 200 {
		return 0, fault.New(fault.Invalid, "理由最多 200 个字。").On("reason", "请缩短")
	}
	n := 0
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		n = 0
		v, err := s.Run(ctx, tx, scope, run)
		if err != nil {
			return err
		}
		rows, _, err := s.Rows(ctx, tx, scope, run, RowFilter{IDs: ids, Undecided: true, Limit: len(ids)})
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := s.decide(ctx, tx, scope, session, v, r, decision, reason); err != nil {
				return err
			}
			n++
		}
		if n == 0 {
			return nil
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "reconciliation." + decision, Target: audit.Target{Kind: "reconciliation", ID: run, Name: v.Source, Unit: string(v.Unit)}, After: map[string]any{"rows": n, "reason": reason}})
	})
	return n, err
}

func (s *Service) decide(ctx context.Context, tx *db.Tx, scope authz.Scope, session *authz.Session, run Run, r Row, decision, reason string) error {
	fits := map[string][]string{Accepted: {Differs}, Kept: {Differs, Here}, Asked: {Differs, Here}, Candidate: {There}}[decision]
	if !slices.Contains(fits, r.Verdict) {
		return fault.Newf(fault.Invalid, "“%s”这一行不能这样处理，请换一种办法。", r.Name).On("decision", "与差异的种类不符")
	}
	var err error
	switch decision {
	case Accepted:
		err = s.takeOver(ctx, tx, scope, run, r)
	case Kept:
		_, err = tx.Exec(ctx, `INSERT INTO reconciliation_kept (object_id, field, theirs, reason, person_id, at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (object_id, field, theirs) DO UPDATE SET reason = excluded.reason, person_id = excluded.person_id, at = excluded.at`, r.ObjectID, r.Field, r.Theirs, reason, session.PersonID, tx.Now())
	case Asked:
		if r.Decision == Asked {
			return nil
		}
		err = s.Obligations.Open(ctx, tx, obligation.Debt{Kind: Clearing.ID, Unit: r.Unit, Subject: subjectOf(r), Link: r.ObjectLink(), Due: s.Days.Add(calendar.DateOf(tx.Now()), s.Registry.Settings().LedgerClearingWorkdays)})
	}
	if err != nil {
		return err
	}
	if r.Decision == Asked {
		if _, err := s.Obligations.Discharge(ctx, tx, Clearing.ID, subjectOf(r), "核对处理："+cmp.Or(reason, "采用对方内容")); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, `UPDATE reconciliation_row SET decision = $2, reason = $3, decided_by = $4, decided_at = $5 WHERE id = $1`, r.ID, decision, reason, session.Name, tx.Now())
	return err
}

func subjectOf(r Row) obligation.Subject {
	return obligation.Subject{Kind: "reconciliation", ID: r.ObjectID + "/" + r.Field, Name: r.Name}
}

// takeOver writes their value into the ledger, with its source.
func (s *Service) takeOver(ctx context.Context, tx *db.Tx, scope authz.Scope, run Run, r Row) error {
	w := registry.Why{Says: "与“" + run.Source + "”核对后采用", Source: registry.ByImport, Ref: fmt.Sprintf("%s 第 %d 行", run.FileName, r.FileRow)}
	if r.Object == "site" {
		site, err := s.Registry.SiteTx(ctx, tx, scope, registry.SiteID(r.ObjectID))
		if err != nil {
			return err
		}
		n := site.Identifiers()
		to := map[string]*string{"name": &n.Name, "host": &n.Host, "site_code": &n.SiteCode, "icp": &n.ICP, "police_filing": &n.PoliceFiling, "chinese_domain": &n.ChineseDomain, "party_gov_mark": &n.PartyGovMark, "contact": &n.Contact, "address": &n.Address}[r.Field]
		if to == nil || !equal(*to, r.Ours) {
			return changedSince(r)
		}
		*to, n.Why = r.Theirs, w
		_, err = s.Registry.SetIdentifiers(ctx, tx, scope, site.ID, n)
		return err
	}
	a, err := s.Registry.Account(ctx, tx, scope, registry.AccountID(r.ObjectID))
	if err != nil {
		return err
	}
	n := a.Fields()
	to := map[string]*string{"name": &n.Name, "url": &n.URL, "handle": &n.Handle, "platform_id": &n.PlatformID, "purpose": &n.Purpose, "verified_as": &n.VerifiedAs, "verified_type": &n.VerifiedType, "national_id": &n.NationalID}[r.Field]
	if to == nil || !equal(*to, r.Ours) {
		return changedSince(r)
	}
	*to = r.Theirs
	_, err = s.Registry.SetAccount(ctx, tx, scope, a.ID, n, w, time.Time{})
	return err
}

func changedSince(r Row) error {
	return fault.Newf(fault.Conflict, "“%s”的%s在核对之后已被改动，请重新核对后再采用。", r.Name, registry.FieldName(r.Field))
}

// Fields are those in which a run in scope found differences.
func (s *Service) Fields(ctx context.Context, scope authz.Scope, run string) ([]string, error) {
	if _, err := s.Run(ctx, s.DB, scope, run); err != nil {
		return nil, err
	}
	return db.All(ctx, s.DB, db.Value[string], `SELECT DISTINCT field FROM reconciliation_row WHERE run_id = $1 AND verdict = 'differs' ORDER BY field`, run)
}
