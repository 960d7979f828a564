package appraisal

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/approval"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
	"zhengshu/internal/rules/sx2021"
)

const (
	citation29 = sx2021.Instrument + " 第二十九条"
	citation30 = sx2021.Instrument + " 第三十条"
)

// AppealDue is the clock of the office that answers an appeal.
var AppealDue = obligation.Kind{ID: "appraisal_appeal", Name: "答复考核申诉", Clause: "S30.1", Citation: citation30,
	Says: "对单位提出的考核申诉，由没有参加评判的人员复核并答复", Remind: []int{2, 0}, Escalate: 2, Minutes: 20}

// Obligations are the clocks this module runs.
func Obligations() []obligation.Kind { return []obligation.Kind{AppealDue} }

// States of a round.
const (
	Open       = "open"
	Collecting = "collecting"
	FrozenAt   = "frozen"
	Appealing  = "appealing"
	Decided    = "decided"
	Published  = "published"
	Withdrawn  = "withdrawn"
)

// States in the order a round passes them.
var States = []string{Open, Collecting, FrozenAt, Appealing, Decided, Published, Withdrawn}

// Machine declares what may become of a round.
var Machine = passage.Machine{
	Kind: "appraisal_round", Noun: "考核轮次",
	States: map[string]string{Open: "抽样中", Collecting: "评判中", FrozenAt: "已冻结", Appealing: "申诉期", Decided: "已裁定", Published: "已公布", Withdrawn: "已撤回"},
	Moves: []passage.Move{
		{From: "", Act: "open", To: Open, Says: "组织一轮", Guard: "指标包和样本固定", Permit: string(authz.AppraisalManage)},
		{From: Open, Act: "collect", To: Collecting, Says: "开始评判", Guard: "样本不为空", Permit: string(authz.AppraisalManage)},
		{From: Collecting, Act: "freeze", To: FrozenAt, Says: "冻结结果", Guard: "没有未裁定的分歧；没有正在进行的检查，或已选择不计入", Permit: string(authz.AppraisalManage)},
		{From: FrozenAt, Act: "appeal", To: Appealing, Says: "送达并开始申诉期", Guard: "逐个单位通知", Permit: string(authz.AppraisalManage)},
		{From: Appealing, Act: "decide", To: Decided, Says: "裁定", Guard: "申诉都已答复；申诉期满，或各单位都已确认", Permit: string(authz.AppraisalManage)},
		{From: Decided, Act: "publish", To: Published, Says: "公布结果", Guard: "指标包已被采用；结果与冻结的记录一致", Permit: string(authz.AppraisalManage)},
		{From: Open, Act: "withdraw", To: Withdrawn, Says: "撤回", Guard: "写明理由", Permit: string(authz.AppraisalManage)},
		{From: Collecting, Act: "withdraw", To: Withdrawn, Says: "撤回", Guard: "写明理由", Permit: string(authz.AppraisalManage)},
	},
}

// AppealMachine declares what may become of an appeal.
var AppealMachine = passage.Machine{
	Kind: "appraisal_appeal", Noun: "申诉",
	States: map[string]string{"raised": "待答复", "upheld": "成立", "rejected": "不成立", "withdrawn": "已撤回"},
	Moves: []passage.Move{
		{From: "", Act: "raise", To: "raised", Says: "提出申诉", Guard: "在申诉期内", Permit: string(authz.AppraisalAppeal)},
		{From: "raised", Act: "uphold", To: "upheld", Says: "认定成立", Guard: "由没有参加评判的人员答复", Permit: string(authz.AppraisalManage)},
		{From: "raised", Act: "reject", To: "rejected", Says: "认定不成立", Guard: "由没有参加评判的人员答复", Permit: string(authz.AppraisalManage)},
		{From: "raised", Act: "withdraw", To: "withdrawn", Says: "撤回申诉", Permit: string(authz.AppraisalAppeal)},
	},
}

// Machines are all machines of the module.
func Machines() []passage.Machine { return []passage.Machine{Machine, AppealMachine} }

// Kinds of round, in screen order.
var Kinds = []struct{ Value, Name string }{{"monthly", "月检查"}, {"quarterly", "季检查"}, {"annual", "年考核"}, {Offices, "监管工作考核"}}

// Offices is the kind of a round about the supervising offices themselves: a
// year's work of those directly below (监管工作年度考核), where the others are about
// sites and accounts.
const Offices = "offices"

// KindName is the kind in Chinese.
func KindName(v string) string {
	for _, k := range Kinds {
		if k.Value == v {
			return k.Name
		}
	}
	return v
}

// Plan says how the sample is drawn.
type Plan struct {
	// SiteShare and AccountShare are per cent of each stratum. Accounts of the
	// three levels of government are always all in.
	SiteShare    int `json:"site_share"`
	AccountShare int `json:"account_share"`
}

// Round is one period of one office as an object.
type Round struct {
	ID          string
	Number      string
	Name        string
	Kind        string
	Period      string
	Area        org.AreaID
	AreaName    string // joined
	Unit        org.UnitID
	UnitName    string // joined
	PackID      string
	PackVersion int
	Plan        Plan
	Seed        int64
	State       string
	HeadID      string
	HeadName    string
	OpenedAt    time.Time
	CollectedAt time.Time
	FrozenAt    time.Time
	FrozenBy    string
	SHA256      string
	LeftOut     []string // sites whose unfinished run was not counted
	AppealOn    calendar.Date
	AppealDays  int
	DecidedAt   time.Time
	PublishedAt time.Time
	PublishedBy string
	PublicOn    calendar.Date // since when everybody may read it
	Adoption    Adoption
	packBody    string
	area, line  string // paths of the office
}

// Adoption is who adopted the round's pack, as it was known when it mattered.
type Adoption struct {
	Unit  string        `json:"unit"`
	Label string        `json:"label"`
	Basis string        `json:"basis"`
	By    string        `json:"by"`
	On    calendar.Date `json:"on"`
}

// Adopted reports whether values that are not verified count in the round.
func (r Round) Adopted() bool { return r.Adoption.Label != "" }

// StateName is the state in Chinese.
func (r Round) StateName() string { return Machine.Name(r.State) }

// KindName is the kind in Chinese.
func (r Round) KindName() string { return KindName(r.Kind) }

// PeriodName is the period in Chinese.
func (r Round) PeriodName() string {
	p, err := assessment.ParsePeriod(r.Period)
	if err != nil {
		return r.Period
	}
	return p.Chinese()
}

// Link is the round's page.
func (r Round) Link() string { return "/console/rounds/" + r.ID }

// In reports whether the round's office lies in the scope.
func (r Round) In(scope authz.Scope) bool { return r.area != "" && scope.Covers(r.area, r.line) }

// Target names the round in the trail.
func (r Round) Target() audit.Target {
	return audit.Target{Kind: "appraisal_round", ID: r.ID, Name: r.Number + " " + r.Name, Unit: string(r.Unit)}
}

// Frozen reports whether results stand.
func (r Round) Frozen() bool { return r.SHA256 != "" }

// Told reports whether the units know their results.
func (r Round) Told() bool {
	return r.State == Appealing || r.State == Decided || r.State == Published
}

// Pack is the pack as fixed at opening.
func (r Round) Pack() (packs.Pack, error) {
	var p packs.Pack
	err := json.Unmarshal([]byte(r.packBody), &p)
	return p, err
}

// Parts are what the service works with.
type Parts struct {
	DB          *db.DB
	Org         *org.Service
	Registry    *registry.Service
	Assessment  *assessment.Service
	Obligations *obligation.Service
	Days        calendar.Workdays
	Store       blob.Store
	Settings    func() sx2021.Settings
}

// Service is the door of appraisal.
type Service struct {
	Parts
	onPublic func(ctx context.Context, tx *db.Tx) error
}

// New makes the service.
func New(p Parts) *Service { return &Service{Parts: p} }

const roundSelect = `
	SELECT r.id, r.number, r.name, r.kind, r.period, r.area_id, a.name, r.unit_id, u.name, r.pack, r.pack_version, r.pack_body, r.adoption, r.plan, r.seed, r.state, r.head_id, r.head_name,
	       r.opened_at, r.collected_at, r.frozen_at, r.frozen_by, r.sha256, r.left_out, r.appeal_on, r.appeal_days, r.decided_at, r.published_at, r.published_by, r.public_on, u.area_path, u.line_path
	  FROM appraisal_round r JOIN unit u ON u.id = r.unit_id JOIN area a ON a.id = r.area_id`

func scanRound(s db.Scanner) (Round, error) {
	var r Round
	var adoption, plan, left string
	err := s.Scan(&r.ID, &r.Number, &r.Name, &r.Kind, &r.Period, &r.Area, &r.AreaName, &r.Unit, &r.UnitName, &r.PackID, &r.PackVersion, &r.packBody, &adoption, &plan, &r.Seed, &r.State, &r.HeadID, &r.HeadName,
		&r.OpenedAt, &r.CollectedAt, &r.FrozenAt, &r.FrozenBy, &r.SHA256, &left, &r.AppealOn, &r.AppealDays, &r.DecidedAt, &r.PublishedAt, &r.PublishedBy, &r.PublicOn, &r.area, &r.line)
	for _, x := range []struct {
		text string
		into any
	}{{adoption, &r.Adoption}, {plan, &r.Plan}, {left, &r.LeftOut}} {
		if err == nil && x.text != "" {
			err = json.Unmarshal([]byte(x.text), x.into)
		}
	}
	return r, err
}

func (s *Service) round(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Round, error) {
	r, err := db.One(ctx, q, scanRound, roundSelect+` WHERE r.id = $1`, id)
	if db.None(err) || err == nil && !r.In(scope) {
		return Round{}, fault.Missing("考核轮次")
	}
	return r, err
}

// Round in scope.
func (s *Service) Round(ctx context.Context, scope authz.Scope, id string) (Round, error) {
	return s.round(ctx, s.DB, scope, id)
}

// Filter narrows Rounds.
type Filter struct {
	Kind, State string
	Limit       int // 50 when zero
	Offset      int
}

// Rounds in scope, newest first, and how many there are.
func (s *Service) Rounds(ctx context.Context, scope authz.Scope, f Filter) ([]Round, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.AndIf(f.Kind != "", "r.kind = ?", f.Kind).AndIf(f.State != "", "r.state = ?", f.State)
	total, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM appraisal_round r JOIN unit u ON u.id = r.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.DB, scanRound, roundSelect+` WHERE `+w.SQL()+` ORDER BY r.opened_at DESC, r.id DESC LIMIT `+w.Arg(cmp.Or(f.Limit, 50))+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// History of a round in scope.
func (s *Service) History(ctx context.Context, scope authz.Scope, id string) ([]passage.Step, error) {
	if _, err := s.round(ctx, s.DB, scope, id); err != nil {
		return nil, err
	}
	return Machine.History(ctx, s.DB, id)
}

// Opening is what a head chooses.
type Opening struct {
	Unit    org.UnitID // the office
	Kind    string
	Period  string
	Name    string // made from the rest when empty
	Pack    string // id@version
	Plan    Plan
	Seed    string // figures; drawn when empty
	Session *authz.Session
}

// PackChoice is a pack a round may be held under.
type PackChoice struct{ Value, Label string }

// Packs are the packs to choose from: first what is adopted and in force today,
// then what is in force, then the rest; the newest first in each.
func (s *Service) Packs(ctx context.Context, scope authz.Scope) ([]PackChoice, error) {
	list, err := s.Assessment.Packs(ctx, scope)
	if err != nil {
		return nil, err
	}
	today := calendar.DateOf(s.DB.Now())
	standing := func(v assessment.PackStatus) int {
		switch {
		case !v.Pack.InForce(today):
			return 2
		case len(v.Adoptions) == 0:
			return 1
		}
		return 0
	}
	slices.SortStableFunc(list, func(a, b assessment.PackStatus) int { return cmp.Compare(standing(a), standing(b)) })
	var out []PackChoice
	for _, p := range list {
		label := fmt.Sprintf("%s（%s）第%d版", p.Pack.Title, p.Pack.Source, p.Pack.Version)
		if len(p.Adoptions) == 0 {
			label += "，省级未采用"
		}
		if !p.Pack.InForce(today) {
			label += "，今天不在施行期"
		}
		out = append(out, PackChoice{packKey(p.Pack.ID, p.Pack.Version), label})
	}
	return out, nil
}

func packKey(id string, version int) string { return id + "@" + strconv.Itoa(version) }

// adoptionFor is the adoption of the pack that governs the area on the day.
func (s *Service) adoptionFor(ctx context.Context, q db.Querier, pack string, version int, areaPath string, on calendar.Date) (Adoption, error) {
	all, err := s.Assessment.Packs(ctx, authz.System("appraisal"))
	if err != nil {
		return Adoption{}, err
	}
	var out Adoption
	for _, p := range all {
		if p.Pack.ID != pack || p.Pack.Version != version {
			continue
		}
		for _, a := range p.Adoptions {
			u, err := s.Org.UnitTx(ctx, q, authz.System("appraisal"), a.Unit)
			if err != nil {
				return out, err
			}
			area, _, _ := strings.Cut(u.AreaPath, "@")
			if strings.HasPrefix(areaPath, area) && !a.On.After(on) {
				out = Adoption{a.UnitName, a.Label, a.Basis, a.By, a.On}
			}
		}
	}
	return out, nil
}

// Open begins a round: the pack is fixed, the sample drawn.
func (s *Service) Open(ctx context.Context, scope authz.Scope, n Opening) (Round, error) {
	var wrong fault.Fields
	wrong.Check(slices.ContainsFunc(Kinds, func(k struct{ Value, Name string }) bool { return k.Value == n.Kind }), "kind", "没有选择类别，请选择月检查、季检查、年考核或监管工作考核")
	period, err := assessment.ParsePeriod(n.Period)
	shape := map[string]string{"monthly": "2026-09", "quarterly": "2026-Q3", "annual": "2026", Offices: "2026"}[n.Kind]
	if err != nil || shape == "" || len(period.String()) != len(shape) || (n.Kind == "quarterly") != period.Quarter() {
		wrong.Add("period", "时段与类别不符，月检查写 2026-09，季检查写 2026-Q3，年考核和监管工作考核写 2026")
	} else {
		wrong.Check(!period.First().After(calendar.DateOf(s.DB.Now())), "period", "这个时段还没有开始，请选择当期或以前的时段")
	}
	if n.Kind == Offices { // none is drawn by lot
		n.Plan = Plan{SiteShare: 100, AccountShare: 100}
	}
	wrong.Check(n.Plan.SiteShare >= 1 && n.Plan.SiteShare <= 100, "site_share", "网站抽查比例应为 1 至 100 的整数")
	wrong.Check(n.Plan.AccountShare >= 0 && n.Plan.AccountShare <= 100, "account_share", "账号抽查比例应为 0 至 100 的整数")
	n.Name = strings.TrimSpace(n.Name)
	wrong.Text("name", "名称", n.Name, false, 60)
	seed, err := seedOf(n.Seed)
	wrong.Check(err == nil, "seed", "种子应为 1 至 18 位数字，或留空由系统产生")
	if err := wrong.Err(); err != nil {
		return Round{}, err
	}
	all, err := s.Assessment.Packs(ctx, scope)
	if err != nil {
		return Round{}, err
	}
	i := slices.IndexFunc(all, func(p assessment.PackStatus) bool { return packKey(p.Pack.ID, p.Pack.Version) == n.Pack })
	if i < 0 {
		return Round{}, fault.New(fault.Invalid, "没有选择指标包，请从列表中选择。").On("pack", "请从列表中选择")
	}
	pack := all[i].Pack
	if !pack.InForce(period.Last()) {
		return Round{}, fault.Newf(fault.Invalid, "“%s”在%s不在有效期内，请换一个指标包或时段。", pack.Title, period.Last().Chinese()).On("pack", "该时段不在有效期内")
	}
	switch about := n.Kind == Offices; {
	case about && !judges(pack, packs.OfficeWork):
		return Round{}, fault.Newf(fault.Invalid, "“%s”不是考核主管单位的指标包，请选择监管工作年度考核指标。", pack.Title).On("pack", "请选择监管工作年度考核指标")
	case !about && judges(pack, packs.OfficeWork):
		return Round{}, fault.Newf(fault.Invalid, "“%s”只用于监管工作考核，请选择检查网站和账号的指标包，或把类别改为监管工作考核。", pack.Title).On("pack", "请选择检查网站和账号的指标包")
	}
	body, err := encode(pack)
	if err != nil {
		return Round{}, err
	}
	plan, err := encode(n.Plan)
	if err != nil {
		return Round{}, err
	}
	office, err := s.Org.UnitTx(ctx, s.DB, scope, n.Unit)
	if err != nil {
		return Round{}, err
	}
	if office.Kind != org.Office {
		return Round{}, fault.Newf(fault.Refused, "考核由主管单位（政府办公厅、办公室）组织，%s不能组织。", office.Name).
			Because(fault.Reason{ID: "S30.1", Citation: citation30, Says: "各级主管单位要按照“月检查、季通报、年报告”的方式，落实常态化监管工作要求"})
	}
	area, err := s.Org.Area(ctx, s.DB, office.Area)
	if err != nil {
		return Round{}, err
	}
	r := Round{ID: ulid.Make().String(), Kind: n.Kind, Period: period.String(), Area: area.ID, AreaName: area.Name, Unit: office.ID, UnitName: office.Name, PackID: pack.ID, PackVersion: pack.Version, Plan: n.Plan, Seed: seed,
		packBody: body, area: office.AreaPath, line: office.LinePath, Name: cmp.Or(n.Name, area.Name+period.Chinese()+KindName(n.Kind))}
	objects, err := s.draw(ctx, r, office, area)
	if err != nil {
		return Round{}, err
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		actor, err := audit.PersonFrom(ctx)
		if err != nil {
			return err
		}
		standing, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM appraisal_round WHERE area_id = $1 AND period = $2 AND kind = $3 AND state <> 'withdrawn'`, r.Area, r.Period, r.Kind)
		if err != nil {
			return err
		}
		if standing > 0 {
			return fault.Newf(fault.Conflict, "%s%s的%s已经有一轮，请在该轮中办理，或先撤回它。", area.Name, period.Chinese(), KindName(r.Kind)).On("period", "该时段已有一轮")
		}
		r.OpenedAt, r.HeadID, r.HeadName = tx.Now(), actor.ID, actor.Name
		if r.Number, err = approval.NextNumber(ctx, tx, "KP"); err != nil {
			return err
		}
		if _, r.State, err = Machine.Take(ctx, tx, r.ID, "open", passage.Note{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO appraisal_round (id, number, name, kind, period, area_id, unit_id, pack, pack_version, pack_body, plan, seed, state, head_id, head_name, opened_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
			r.ID, r.Number, r.Name, r.Kind, r.Period, r.Area, r.Unit, r.PackID, r.PackVersion, r.packBody, plan, r.Seed, r.State, r.HeadID, r.HeadName, r.OpenedAt); err != nil {
			return err
		}
		if err := insertObjects(ctx, tx, objects); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "appraisal.round.open", Target: r.Target(), Basis: citation29,
			After: map[string]any{"kind": r.Kind, "period": r.Period, "pack": n.Pack, "plan": r.Plan, "seed": r.Seed, "sample": len(objects)}})
	})
	return r, err
}

// judges reports whether the pack has a line about the class.
func judges(p packs.Pack, class packs.Class) bool {
	return slices.ContainsFunc(p.Indicators, func(i packs.Indicator) bool { return i.Applies(class) })
}

// seedOf reads a seed, or draws one.
func seedOf(text string) (int64, error) {
	if text = strings.TrimSpace(text); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 || len(text) > 18 {
			return 0, fmt.Errorf("appraisal: seed %.30q", text)
		}
		return n, nil
	}
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return 0, err
	}
	return int64(binary.BigEndian.Uint64(b[:])%999_999_999) + 1, nil
}

// move takes a round through one act; change writes what goes with it.
func (s *Service) move(ctx context.Context, scope authz.Scope, id, act, says string, change func(tx *db.Tx, r *Round) (after any, err error)) (Round, error) {
	var r Round
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		var err error
		if r, err = s.round(ctx, tx, scope, id); err != nil {
			return err
		}
		if !Machine.Can(r.State, act) {
			return fault.Newf(fault.Conflict, "这一轮现在是“%s”，不能%s。可能刚被别人办理，请刷新后再看。", r.StateName(), Machine.ActName(act))
		}
		var after any
		if change != nil {
			if after, err = change(tx, &r); err != nil {
				return err
			}
		}
		if _, r.State, err = Machine.Take(ctx, tx, id, act, passage.Note{Says: says}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE appraisal_round SET state = $2 WHERE id = $1`, id, r.State); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "appraisal.round." + act, Target: r.Target(), Basis: citation30, After: after})
	})
	return r, err
}

// Collect closes the drawing and lets the judges begin.
func (s *Service) Collect(ctx context.Context, scope authz.Scope, id string) (Round, error) {
	return s.move(ctx, scope, id, "collect", "", func(tx *db.Tx, r *Round) (any, error) {
		n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM appraisal_object WHERE round_id = $1 AND removed_at IS NULL`, id)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return nil, fault.New(fault.Refused, "样本是空的，没有可以评判的对象，请先点名加入，或撤回这一轮后重新组织。")
		}
		_, err = tx.Exec(ctx, `UPDATE appraisal_round SET collected_at = $2 WHERE id = $1`, id, tx.Now())
		return map[string]any{"sample": n}, err
	})
}

// Withdraw gives a round up before it is frozen.
func (s *Service) Withdraw(ctx context.Context, scope authz.Scope, id, why string) (Round, error) {
	why = strings.TrimSpace(why)
	if err := fault.ReasonFor("why", "撤回理由", why); err != nil {
		return Round{}, err
	}
	return s.move(ctx, scope, id, "withdraw", why, func(*db.Tx, *Round) (any, error) { return map[string]any{"why": why}, nil })
}

// EvidenceUnder are the rounds under way: until its results are published or it is
// withdrawn, a round keeps the evidence of what its objects were found to have.
const EvidenceUnder = inspection.Under(`appraisal_object x JOIN appraisal_round r ON r.id = x.round_id WHERE x.object_id = COALESCE(f.site_id, f.account_id) AND x.kind IN ('site', 'account') AND x.removed_at IS NULL AND r.state NOT IN ('published', 'withdrawn')`)
