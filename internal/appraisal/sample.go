package appraisal

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
)

// Object is one site, account or office of a sample, with its result as it stands.
type Object struct {
	ID          string
	Round       string
	Kind        string // site, account, office
	Of          string // its id in the ledger
	Name        string
	Host        string
	Class       packs.Class
	AreaCode    string
	Unit        org.UnitID
	UnitName    string // when it was drawn
	UnitNow     string // joined: who answers today
	Stratum     string
	StratumSize int
	Drawn       string // lot, whole, named
	Reason      string
	AddedBy     string
	RemovedAt   time.Time
	RemovedBy   string
	RemovedWhy  string
	Standing    Standing // empty verdict before the freeze
	AcceptedAt  time.Time
	AcceptedBy  string
	area, line  string
}

// DrawnName says how it came into the sample.
func (o Object) DrawnName() string {
	return map[string]string{"lot": "抽取", "whole": "全部纳入", "named": "点名加入"}[o.Drawn]
}

// KindName is what it is in Chinese.
func (o Object) KindName() string {
	return map[packs.Class]string{packs.PortalSite: "门户网站", packs.DepartmentSite: "部门网站", packs.PublishingAccount: "发布类账号", packs.ServiceAccount: "服务类账号",
		packs.InteractionAccount: "互动类账号", packs.App: "移动客户端", packs.OfficeWork: "主管单位"}[o.Class]
}

// Link is the page of its result.
func (o Object) Link() string { return "/console/results/" + o.ID }

// In reports whether whoever answers for it lies in the scope.
func (o Object) In(scope authz.Scope) bool { return o.area != "" && scope.Covers(o.area, o.line) }

// Target names it in the trail.
func (o Object) Target() audit.Target {
	return audit.Target{Kind: "appraisal_object", ID: o.ID, Name: o.Name, Unit: string(o.Unit)}
}

const (
	objectColumns = `o.id, o.round_id, o.kind, o.object_id, o.name, o.host, o.class, o.area_code, o.unit_id, o.unit_name, v.name, o.stratum, o.stratum_size, o.drawn, o.reason, o.added_by,
	       o.removed_at, o.removed_by, o.removed_why, o.verdict, o.scored, o.points, o.accepted_at, o.accepted_by, v.area_path, v.line_path`
	objectSelect = `
	SELECT ` + objectColumns + `
	  FROM appraisal_object o JOIN unit v ON v.id = o.unit_id`
)

func scanObject(r db.Scanner) (Object, error) { return scanObjectAnd(r) }

// scanObjectAnd reads an object and what stands behind it in the row.
func scanObjectAnd(r db.Scanner, more ...any) (Object, error) {
	var o Object
	err := r.Scan(append([]any{&o.ID, &o.Round, &o.Kind, &o.Of, &o.Name, &o.Host, &o.Class, &o.AreaCode, &o.Unit, &o.UnitName, &o.UnitNow, &o.Stratum, &o.StratumSize, &o.Drawn, &o.Reason, &o.AddedBy,
		&o.RemovedAt, &o.RemovedBy, &o.RemovedWhy, &o.Standing.Verdict, &o.Standing.Scored, &o.Standing.Points, &o.AcceptedAt, &o.AcceptedBy, &o.area, &o.line}, more...)...)
	return o, err
}

func insertObjects(ctx context.Context, tx *db.Tx, list []Object) error {
	rows := make([][]any, len(list))
	for i, o := range list {
		rows[i] = []any{o.ID, o.Round, o.Kind, o.Of, o.Name, o.Host, string(o.Class), o.AreaCode, o.Unit, o.UnitName, o.Stratum, o.StratumSize, o.Drawn, o.Reason, o.AddedBy}
	}
	if len(rows) == 0 {
		return nil
	}
	return tx.InsertAll(ctx, "appraisal_object", []string{"id", "round_id", "kind", "object_id", "name", "host", "class", "area_code", "unit_id", "unit_name", "stratum", "stratum_size", "drawn", "reason", "added_by"}, rows)
}

// Candidate is something that may be drawn.
type Candidate struct {
	Object
	// Whole: always in (三级政府的账号).
	Whole bool
	// Seen is in how many rounds of the office it was drawn before.
	Seen int
}

// Draw takes share per cent of every stratum, rounded up. What was drawn less
// often before comes first; among equals the seed decides, and nobody picks. So
// nothing is drawn again before all of its stratum were, and whoever has the
// seed and the ledger draws the same.
func Draw(list []Candidate, seed int64, share int) []Object {
	strata := map[string][]Candidate{}
	var out []Object
	for _, c := range list {
		if c.Whole {
			c.Drawn = "whole"
			out = append(out, c.Object)
			continue
		}
		strata[c.Stratum] = append(strata[c.Stratum], c)
	}
	for _, in := range strata {
		slices.SortFunc(in, func(a, b Candidate) int {
			return cmp.Or(cmp.Compare(a.Seen, b.Seen), cmp.Compare(lot(seed, a.Of), lot(seed, b.Of)), strings.Compare(a.Of, b.Of))
		})
		n := min(len(in), (len(in)*share+99)/100)
		for _, c := range in[:n] {
			c.Drawn, c.StratumSize = "lot", len(in)
			if n == len(in) {
				c.Drawn = "whole"
			}
			out = append(out, c.Object)
		}
	}
	slices.SortFunc(out, func(a, b Object) int {
		return cmp.Or(strings.Compare(b.Kind, a.Kind), strings.Compare(a.AreaCode, b.AreaCode), strings.Compare(a.Of, b.Of))
	})
	return out
}

// lot is the place of an object in the order of a seed.
func lot(seed int64, id string) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d/%s", seed, id)
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	return x ^ x>>33
}

// frame is everything the office supervises below its area, except what is its
// own: an office's portal is scored by the next office up (readings 1).
func (s *Service) frame(ctx context.Context, r Round, office org.Unit, area org.Area) ([]Candidate, error) {
	if r.Kind == Offices {
		return s.offices(ctx, r, office, area)
	}
	system := authz.System("appraisal.sample")
	_, superior, err := s.Org.SuperiorOffice(ctx, s.DB, office)
	if err != nil {
		return nil, err
	}
	own := func(u org.UnitID) bool { return superior && u == office.ID }
	seen, err := s.seen(ctx, office.ID)
	if err != nil {
		return nil, err
	}
	ranks, err := s.ranks(ctx, area)
	if err != nil {
		return nil, err
	}
	sites, _, err := s.Registry.Sites(ctx, system, registry.SiteFilter{Live: true, Under: area.ID, Limit: 100_000})
	if err != nil {
		return nil, err
	}
	var out []Candidate
	for _, x := range sites {
		if own(x.Unit) {
			continue
		}
		class, name := packs.DepartmentSite, "部门网站"
		if x.Kind == registry.Portal {
			class, name = packs.PortalSite, "门户网站"
		}
		out = append(out, Candidate{Seen: seen[string(x.ID)], Object: Object{Round: r.ID, Kind: "site", Of: string(x.ID), Name: x.Name, Host: registry.ShownHost(x.Host), Class: class, AreaCode: x.AreaCode, Unit: x.Unit, UnitName: x.UnitName, Stratum: strings.Join([]string{"网站", ranks[x.Unit].name, name, x.AreaCode[:min(4, len(x.AreaCode))]}, " ")}})
	}
	last, err := s.lastVerdicts(ctx, office.ID)
	if err != nil {
		return nil, err
	}
	for offset := 0; ; offset += accountPage {
		accounts, total, err := s.Registry.Accounts(ctx, system, registry.AccountFilter{Under: area.ID, Limit: accountPage, Offset: offset})
		if err != nil {
			return nil, err
		}
		for _, x := range accounts {
			if own(x.Unit) || x.Ended() || x.State == registry.Planned {
				continue
			}
			rank := ranks[x.Unit]
			out = append(out, Candidate{Seen: seen[string(x.ID)], Whole: rank.government, Object: Object{Round: r.ID, Kind: "account", Of: string(x.ID), Name: x.Name, Host: registry.Platforms[x.Platform], Class: accountClass(x), AreaCode: x.AreaCode, Unit: x.Unit, UnitName: x.UnitName,
				Stratum: strings.Join([]string{"账号", rank.name, registry.Platforms[x.Platform], cmp.Or(last[string(x.ID)], "未抽查过")}, " ")}})
		}
		if len(accounts) == 0 || offset+accountPage >= total {
			break
		}
	}
	return out, nil
}

// offices are the supervising offices directly below: whose superior is the
// office that holds the round. Those further down are for the offices between.
func (s *Service) offices(ctx context.Context, r Round, office org.Unit, area org.Area) ([]Candidate, error) {
	var w db.Where
	authz.Area("appraisal.sample", area.Path).Where(&w, "u")
	w.And("u.kind = ?", org.Office).And("u.abolished_on IS NULL").And("u.id <> ?", office.ID)
	type below struct {
		id   org.UnitID
		code string
	}
	list, err := db.All(ctx, s.DB, func(x db.Scanner) (below, error) {
		var b below
		return b, x.Scan(&b.id, &b.code)
	}, `SELECT u.id, a.code FROM unit u JOIN area a ON a.id = u.area_id WHERE `+w.SQL()+` ORDER BY a.code, u.id`, w.Args()...)
	if err != nil {
		return nil, err
	}
	var out []Candidate
	for _, b := range list {
		u, err := s.Org.UnitTx(ctx, s.DB, authz.System("appraisal.sample"), b.id)
		if err != nil {
			return nil, err
		}
		above, ok, err := s.Org.SuperiorOffice(ctx, s.DB, u)
		if err != nil {
			return nil, err
		}
		if ok && above.ID == office.ID {
			out = append(out, Candidate{Whole: true, Object: Object{Round: r.ID, Kind: "office", Of: string(u.ID), Name: u.Name, Class: packs.OfficeWork, AreaCode: b.code, Unit: u.ID, UnitName: u.Name, Stratum: "主管单位 " + u.Level.Name()}})
		}
	}
	return out, nil
}

const accountPage = 10_000

// accountClass is what an account is scored as.
func accountClass(a registry.Account) packs.Class {
	switch {
	case a.Platform == "app":
		return packs.App
	case strings.Contains(a.Purpose, "服务") || a.Platform == "miniapp":
		return packs.ServiceAccount
	case strings.Contains(a.Purpose, "互动"):
		return packs.InteractionAccount
	}
	return packs.PublishingAccount
}

type unitRank struct {
	id         org.UnitID
	name       string
	government bool
}

// ranks says of every unit below the area at what level it stands and whether it
// is the government or its office: 三级政府的账号全部检查.
func (s *Service) ranks(ctx context.Context, area org.Area) (map[org.UnitID]unitRank, error) {
	var w db.Where
	authz.Area("appraisal.sample", area.Path).Where(&w, "u")
	list, err := db.All(ctx, s.DB, func(r db.Scanner) (unitRank, error) {
		var x unitRank
		var level org.Level
		var kind org.Kind
		err := r.Scan(&x.id, &level, &kind)
		x.name = level.Name()
		x.government = (kind == org.Government || kind == org.Office) && level != org.Township
		return x, err
	}, `SELECT u.id, u.level, u.kind FROM unit u WHERE `+w.SQL(), w.Args()...)
	out := make(map[org.UnitID]unitRank, len(list))
	for _, x := range list {
		out[x.id] = x
	}
	return out, err
}

// seen is in how many rounds of the office each object was drawn.
func (s *Service) seen(ctx context.Context, office org.UnitID) (map[string]int, error) {
	type row struct {
		id string
		n  int
	}
	list, err := db.All(ctx, s.DB, func(r db.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.id, &x.n)
	}, `SELECT o.object_id, count(*) FROM appraisal_object o JOIN appraisal_round r ON r.id = o.round_id WHERE r.unit_id = $1 AND r.state <> 'withdrawn' AND o.removed_at IS NULL GROUP BY o.object_id`, office)
	out := make(map[string]int, len(list))
	for _, x := range list {
		out[x.id] = x.n
	}
	return out, err
}

// lastVerdicts are the last published results of accounts.
func (s *Service) lastVerdicts(ctx context.Context, office org.UnitID) (map[string]string, error) {
	type row struct{ id, verdict string }
	list, err := db.All(ctx, s.DB, func(r db.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.id, &x.verdict)
	}, `SELECT o.object_id, o.verdict FROM appraisal_object o JOIN appraisal_round r ON r.id = o.round_id WHERE r.unit_id = $1 AND r.state = 'published' AND o.kind = 'account' AND o.removed_at IS NULL ORDER BY r.published_at, r.id`, office)
	out := map[string]string{}
	for _, x := range list {
		out[x.id] = map[string]string{"qualified": "上次合格", "unqualified": "上次不合格", "untested": "上次未检测"}[x.verdict]
	}
	return out, err
}

func (s *Service) draw(ctx context.Context, r Round, office org.Unit, area org.Area) ([]Object, error) {
	all, err := s.frame(ctx, r, office, area)
	if err != nil {
		return nil, err
	}
	var sites, accounts []Candidate
	for _, c := range all {
		if c.Kind == "site" {
			sites = append(sites, c)
		} else { // offices are all in, as are the accounts of the three levels of government
			accounts = append(accounts, c)
		}
	}
	out := append(Draw(sites, r.Seed, r.Plan.SiteShare), Draw(accounts, r.Seed, r.Plan.AccountShare)...)
	for i := range out {
		out[i].ID = ulid.Make().String()
	}
	return out, nil
}

// Redraw draws again by the seed of the round and says what differs from its
// sample: nothing, when the ledger has not moved. Whoever doubts the lot asks.
func (s *Service) Redraw(ctx context.Context, scope authz.Scope, id string) (same, more, fewer int, err error) {
	r, err := s.round(ctx, s.DB, scope, id)
	if err != nil {
		return 0, 0, 0, err
	}
	office, err := s.Org.UnitTx(ctx, s.DB, authz.System("appraisal"), r.Unit)
	if err != nil {
		return 0, 0, 0, err
	}
	area, err := s.Org.Area(ctx, s.DB, r.Area)
	if err != nil {
		return 0, 0, 0, err
	}
	again, err := s.draw(ctx, r, office, area)
	if err != nil {
		return 0, 0, 0, err
	}
	have, err := db.All(ctx, s.DB, db.Value[string], `SELECT object_id FROM appraisal_object WHERE round_id = $1 AND drawn <> 'named'`, id)
	if err != nil {
		return 0, 0, 0, err
	}
	in := map[string]bool{}
	for _, x := range have {
		in[x] = true
	}
	for _, o := range again {
		if in[o.Of] {
			same++
		} else {
			more++
		}
	}
	return same, more, len(have) - same, nil
}

// Name adds one object by name, with the reason: it stays marked as named.
func (s *Service) Name(ctx context.Context, scope authz.Scope, id, kind, object, reason string) (o Object, err error) {
	reason = strings.TrimSpace(reason)
	if err := fault.ReasonFor("reason", "点名理由", reason); err != nil {
		return o, err
	}
	r, err := s.round(ctx, s.DB, scope, id)
	if err != nil {
		return o, err
	}
	office, err := s.Org.UnitTx(ctx, s.DB, authz.System("appraisal"), r.Unit)
	if err != nil {
		return o, err
	}
	area, err := s.Org.Area(ctx, s.DB, r.Area)
	if err != nil {
		return o, err
	}
	all, err := s.frame(ctx, r, office, area)
	if err != nil {
		return o, err
	}
	object = strings.TrimSpace(object)
	var found []Candidate
	for _, c := range all {
		if c.Kind == kind && (c.Of == object || c.Name == object || c.Host == object) {
			found = append(found, c)
		}
	}
	switch {
	case len(found) == 0:
		return o, fault.New(fault.Invalid, "没有找到可以加入的对象，网站、账号请填写台账中的全名或域名，主管单位请填写直接下级主管单位的全称。").On("object", "请填写全名或域名")
	case len(found) > 1:
		return o, fault.Newf(fault.Invalid, "有 %d 个同名的对象，网站请改填域名，账号请改填台账编号。", len(found)).On("object", "名称不唯一")
	}
	o = found[0].Object
	o.ID, o.Drawn, o.Reason = ulid.Make().String(), "named", reason
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		actor, err := audit.PersonFrom(ctx)
		if err != nil {
			return err
		}
		if r, err = s.round(ctx, tx, scope, id); err != nil {
			return err
		}
		if err := r.samplable(); err != nil {
			return err
		}
		o.AddedBy = actor.Name
		back, err := tx.Exec(ctx, `UPDATE appraisal_object SET removed_at = NULL, removed_by = '', removed_why = '', drawn = 'named', reason = $4, added_by = $5 WHERE round_id = $1 AND kind = $2 AND object_id = $3 AND removed_at IS NOT NULL`, id, o.Kind, o.Of, reason, actor.Name)
		if err != nil {
			return err
		}
		if back == 0 {
			err := insertObjects(ctx, tx, []Object{o})
			if _, dup := db.UniqueViolation(err); dup {
				return fault.Newf(fault.Conflict, "%s已在样本中，不需要再加入。", o.Name).On("object", "已在样本中").From(err)
			}
			if err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "appraisal.sample.name", Target: r.Target(), Basis: citation30, After: map[string]any{"object": o.Name, "reason": reason}})
	})
	return o, err
}

// Remove takes one object out of the sample, with the reason; it stays listed.
func (s *Service) Remove(ctx context.Context, scope authz.Scope, id, object, reason string) error {
	reason = strings.TrimSpace(reason)
	if err := fault.ReasonFor("reason", "移出理由", reason); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		actor, err := audit.PersonFrom(ctx)
		if err != nil {
			return err
		}
		r, err := s.round(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if err := r.samplable(); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE appraisal_object SET removed_at = $3, removed_by = $4, removed_why = $5 WHERE round_id = $1 AND id = $2 AND removed_at IS NULL`, id, object, tx.Now(), actor.Name, reason)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "这个对象不在样本中，可能已被移出，请刷新后再看。")
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "appraisal.sample.remove", Target: r.Target(), Basis: citation30, After: map[string]any{"object": object, "reason": reason}})
	})
}

func (r Round) samplable() error {
	if r.State != Open && r.State != Collecting {
		return fault.Newf(fault.Conflict, "这一轮现在是“%s”，样本不能再变动。", r.StateName())
	}
	return nil
}
