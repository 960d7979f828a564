package filing

import (
	"cmp"
	"context"
	"fmt"
	"io"
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
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// ID identifies one item.
type ID string

// Kind is what is registered, and so with whom.
type Kind string

// The kinds (readings 5, 6).
const (
	Mark             Kind = "mark"              // 编制: 党政机关（事业单位）网站标识
	ChineseDomain    Kind = "chinese_domain"    // 编制: 中文域名
	ICP              Kind = "icp"               // 通信管理: ICP备案
	PoliceFiling     Kind = "police_filing"     // 公安机关: 备案
	EnglishDomain    Kind = "english_domain"    // CNNIC: 英文域名
	PlatformAccount  Kind = "account"           // the platform: 账号
	NationalStatus   Kind = "national_status"   // 全国政府网站信息报送系统
	SupervisorFiling Kind = "supervisor_filing" // 主管单位: 政务新媒体备案
)

// Kinds is the closed list in screen order.
var Kinds = []Kind{Mark, ChineseDomain, ICP, PoliceFiling, EnglishDomain, PlatformAccount, NationalStatus, SupervisorFiling}

// info describes a kind.
type info struct {
	name, body, ask string
	// role is the co-regulator's; empty when the body is not on the platform.
	role authz.Role
}

var infos = map[Kind]info{
	Mark:             {"党政机关网站标识", "编制部门", "标识编号", authz.Establishment},
	ChineseDomain:    {"中文域名", "编制部门", "中文域名", authz.Establishment},
	ICP:              {"ICP备案", "通信管理部门", "ICP备案编号", authz.Telecom},
	PoliceFiling:     {"公安备案", "公安机关", "公安备案编号", authz.Police},
	EnglishDomain:    {"英文域名", "中国互联网络信息中心", "英文域名", ""},
	PlatformAccount:  {"平台账号", "账号所在平台", "账号标识", ""},
	NationalStatus:   {"网站变更状态", "全国政府网站信息报送系统", "填报编号", ""},
	SupervisorFiling: {"政务新媒体备案", "主管单位", "备案编号", authz.Supervisor},
}

// Name is the kind in Chinese.
func (k Kind) Name() string { return infos[k].name }

// Body is the outside body in general words.
func (k Kind) Body() string { return infos[k].body }

// Ask is what its number is called.
func (k Kind) Ask() string { return infos[k].ask }

// Act is what is asked of the body.
type Act string

// The acts.
const (
	Register Act = "register"
	Change   Act = "change"
	Cancel   Act = "cancel"
)

// Acts is the closed list in screen order.
var Acts = []Act{Register, Change, Cancel}

// Name is the act in Chinese.
func (a Act) Name() string {
	return map[Act]string{Register: "注册（备案）", Change: "变更", Cancel: "注销"}[a]
}

// States of an item.
const (
	Open         = "open"         // waits for the sponsor
	Submitted    = "submitted"    // handed to the body, no number or receipt yet
	Recorded     = "recorded"     // proved by number and receipt
	Returned     = "returned"     // the body says what is missing
	Acknowledged = "acknowledged" // proved, and confirmed by the body
	Void         = "void"         // not needed any more
)

// Machine is the declared states of an item.
var Machine = passage.Machine{
	Kind: "filing", Noun: "备案事项",
	States: map[string]string{Open: "待办理", Submitted: "已报送", Recorded: "已登记回执", Returned: "退回补正", Acknowledged: "已核对", Void: "不再办理"},
	Moves: []passage.Move{
		{From: "", Act: "open", To: Open, Says: "产生事项", Guard: "开设、变更或注销的办理", Permit: "system"},
		{From: Open, Act: "submit", To: Submitted, Says: "报送", Guard: "", Permit: string(authz.FilingRecord)},
		{From: Returned, Act: "submit", To: Submitted, Says: "补正后报送", Guard: "", Permit: string(authz.FilingRecord)},
		{From: Open, Act: "record", To: Recorded, Says: "登记回执", Guard: "编号、日期和回执齐全", Permit: string(authz.FilingRecord)},
		{From: Submitted, Act: "record", To: Recorded, Says: "登记回执", Guard: "编号、日期和回执齐全", Permit: string(authz.FilingRecord)},
		{From: Returned, Act: "record", To: Recorded, Says: "补正并登记回执", Guard: "编号、日期和回执齐全", Permit: string(authz.FilingRecord)},
		{From: Submitted, Act: "acknowledge", To: Acknowledged, Says: "确认并给出编号", Guard: "受理单位本单位人员", Permit: string(authz.FilingConfirm)},
		{From: Recorded, Act: "acknowledge", To: Acknowledged, Says: "核对无误", Guard: "受理单位本单位人员", Permit: string(authz.FilingConfirm)},
		{From: Submitted, Act: "return", To: Returned, Says: "退回补正", Guard: "写明缺少什么", Permit: string(authz.FilingConfirm)},
		{From: Recorded, Act: "return", To: Returned, Says: "退回补正", Guard: "写明缺少什么", Permit: string(authz.FilingConfirm)},
		{From: Open, Act: "annul", To: Void, Says: "作废", Guard: "不再需要办理", Permit: "system"},
		{From: Submitted, Act: "annul", To: Void, Says: "作废", Guard: "不再需要办理", Permit: "system"},
		{From: Returned, Act: "annul", To: Void, Says: "作废", Guard: "不再需要办理", Permit: "system"},
	},
}

// The clocks. The periods are settings of the province (readings 4; 10 working
// days for 及时 of Article 7(3)).
var (
	PoliceClock = obligation.Kind{ID: "police_filing", Name: "公安备案", Clause: "S7.3b", Citation: sx2021.LaunchICP.Citation,
		Says: "上线后在规定时间内向公安机关备案", Remind: []int{7, 0}, Escalate: 3}
	AccountClock = obligation.Kind{ID: "account_filing", Name: "政务新媒体备案", Clause: "S7.3d", Citation: sx2021.LaunchForm.Citation,
		Says: "政务新媒体开设后及时向主管单位备案", Remind: []int{3, 0}, Escalate: 3}
	RegisterClock = obligation.Kind{ID: "registration", Name: "注册、变更登记", Clause: "S7.3a", Citation: sx2021.LaunchDomain.Citation,
		Says: "按规定办理标识、域名和备案的注册或变更", Remind: []int{7, 0}, Escalate: 3}
	CancelClock = obligation.Kind{ID: "deregistration", Name: "注销登记", Clause: "S8.3d", Citation: sx2021.ClosureDeregistration.Citation,
		Says: "向编制、通信、公安等部门注销标识、备案、域名和账号", Remind: []int{14, 7, 0}, Escalate: 3}
	DomainClock = obligation.Kind{ID: "domain_cancellation", Name: "注销不再使用的域名", Clause: "S10.2", Citation: sx2021.DomainCancelled.Citation,
		Says: "不再使用的域名要及时申请注销", Remind: []int{14, 7, 0}, Escalate: 3}
	StatusClock = obligation.Kind{ID: "national_status", Name: "填写网站变更状态", Clause: "S8.3e", Citation: sx2021.ClosureStatus.Citation,
		Says: "在全国政府网站信息报送系统中填写网站变更状态", Remind: []int{7, 0}, Escalate: 3}
)

// Obligations are the clocks this package opens.
func Obligations() []obligation.Kind {
	return []obligation.Kind{PoliceClock, AccountClock, RegisterClock, CancelClock, DomainClock, StatusClock}
}

func clockOf(k Kind, a Act) obligation.Kind {
	switch {
	case k == NationalStatus:
		return StatusClock
	case k == SupervisorFiling:
		return AccountClock
	case a == Cancel && (k == EnglishDomain || k == ChineseDomain):
		return DomainClock
	case a == Cancel:
		return CancelClock
	case k == PoliceFiling && a == Register:
		return PoliceClock
	}
	return RegisterClock
}

// Item is one registration or deregistration.
type Item struct {
	ID          ID
	Kind        Kind
	Act         Act
	Object      registry.Object // when opening; afterwards Ref and Name
	Unit        org.UnitID      // sponsor
	UnitName    string          // joined
	BodyID      org.UnitID      // empty: not on this platform
	BodyName    string
	Case        approval.CaseID
	State       string
	Number      string
	Was         string
	On          calendar.Date
	Note        string
	Attachment  string
	FileName    string // joined
	Words       string
	RecordedBy  string
	RecordedAt  time.Time
	ConfirmedBy string
	ConfirmedAt time.Time
	InLedger    bool
	OpenedAt    time.Time
	Due         calendar.Due
	unitPath    string
	unitLine    string
}

// StateName is the state in Chinese.
func (i Item) StateName() string {
	if i.State == Recorded && i.BodyID != "" {
		return "已登记回执，待核对"
	}
	return Machine.Name(i.State)
}

// Name is the item in words: 注销ICP备案.
func (i Item) Name() string {
	switch {
	case i.Kind == NationalStatus:
		return "填写" + i.Kind.Name()
	case i.Act == Register && i.Kind == ChineseDomain, i.Act == Register && i.Kind == EnglishDomain:
		return "注册" + i.Kind.Name()
	case i.Act == Register && i.Kind == Mark:
		return "申请" + i.Kind.Name()
	case i.Act == Register:
		return "办理" + i.Kind.Name()
	}
	return i.Act.Name() + i.Kind.Name()
}

// Link is the item's page in the console.
func (i Item) Link() string { return "/console/filings/" + string(i.ID) }

// Done reports whether it is proved; the body need not have looked.
func (i Item) Done() bool { return i.State == Recorded || i.State == Acknowledged }

// Ended reports whether nobody has to do anything with it.
func (i Item) Ended() bool {
	return i.State == Acknowledged || i.State == Void || i.State == Recorded && i.BodyID == ""
}

// Clock is its obligation.
func (i Item) Clock() obligation.Kind { return clockOf(i.Kind, i.Act) }

// Target names the item in the trail.
func (i Item) Target() audit.Target {
	return audit.Target{Kind: "filing", ID: string(i.ID), Name: i.Object.Name + "：" + i.Name(), Unit: string(i.Unit)}
}

func (i Item) subject() obligation.Subject {
	return obligation.Subject{Kind: "filing", ID: string(i.ID), Name: i.Object.Name + "：" + i.Name()}
}

// In reports whether the item concerns the scope: the sponsor's unit lies there.
// A body sees its own list by Mine.
func (i Item) In(scope authz.Scope) bool { return scope.Covers(i.unitPath, i.unitLine) }

// Confirms reports whether the session acts for the body of the item.
func (i Item) Confirms(session *authz.Session) bool {
	return session != nil && i.BodyID != "" && slices.ContainsFunc(session.Posts, func(p authz.Post) bool {
		return p.UnitID == string(i.BodyID) && p.Role == infos[i.Kind].role
	})
}

// Service is the door of filing.
type Service struct {
	db          *db.DB
	org         *org.Service
	registry    *registry.Service
	obligations *obligation.Service
	days        calendar.Workdays
	store       blob.Store
	settings    func() sx2021.Settings
}

// New makes the service.
func New(d *db.DB, o *org.Service, r *registry.Service, ob *obligation.Service, days calendar.Workdays, store blob.Store, settings func() sx2021.Settings) *Service {
	return &Service{db: d, org: o, registry: r, obligations: ob, days: days, store: store, settings: settings}
}

// Open opens an item in the act's transaction, with its clock and the nearest
// body that exists on this platform. One that is under way for the same object,
// kind, act and case is returned as it is. Due may be left empty: the period of
// the kind, from today.
func (s *Service) Open(ctx context.Context, tx *db.Tx, i Item) (ID, error) {
	if _, ok := infos[i.Kind]; !ok || !slices.Contains(Acts, i.Act) {
		return "", fmt.Errorf("filing: unknown kind %q or act %q", i.Kind, i.Act)
	}
	known, err := db.One(ctx, tx, db.Value[ID], `SELECT id FROM filing WHERE kind = $1 AND act = $2 AND object_kind = $3 AND object_id = $4 AND case_id = $5 AND state <> 'void' ORDER BY id DESC LIMIT 1`,
		i.Kind, i.Act, i.Object.Kind, i.Object.ID, i.Case)
	if err == nil || !db.None(err) {
		return known, err
	}
	sponsor, err := s.org.UnitTx(ctx, tx, authz.System("filing.open"), i.Object.Unit)
	if err != nil {
		return "", err
	}
	i.ID, i.Unit, i.OpenedAt = ID(ulid.Make().String()), sponsor.ID, tx.Now()
	if i.Due.On.IsZero() {
		i.Due = s.due(i.Kind, i.Act, calendar.DateOf(tx.Now()))
	}
	body, err := s.body(ctx, tx, i.Kind, sponsor, i.Object)
	if err != nil {
		return "", err
	}
	i.BodyID, i.BodyName = body.ID, body.Name
	if i.BodyName == "" {
		i.BodyName = i.Kind.Body()
	}
	if i.Was == "" && i.Act != Register {
		if i.Was, err = s.numberNow(ctx, tx, i); err != nil {
			return "", err
		}
	}
	if _, i.State, err = Machine.Take(ctx, tx, string(i.ID), "open", passage.Note{CaseID: string(i.Case)}); err != nil {
		return "", err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO filing (id, kind, act, object_kind, object_id, object_name, unit_id, body_id, body_name, case_id, state, was, note, opened_at, due_on, provisional)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		i.ID, i.Kind, i.Act, i.Object.Kind, i.Object.ID, i.Object.Name, i.Unit, db.Null(i.BodyID), i.BodyName, i.Case, i.State, i.Was, i.Note, i.OpenedAt, i.Due.On, i.Due.Provisional); err != nil {
		return "", fmt.Errorf("filing: open: %w", err)
	}
	if err := audit.Record(ctx, tx, audit.Entry{Act: "filing.open", Target: i.Target(), Basis: i.Clock().Citation, After: map[string]any{"body": i.BodyName, "due": i.Due.On}}); err != nil {
		return "", err
	}
	return i.ID, s.obligations.Open(ctx, tx, obligation.Debt{Kind: i.Clock().ID, Unit: i.Unit, Subject: i.subject(), Link: i.Link(), Due: i.Due,
		From: calendar.DateOf(i.OpenedAt), Length: s.length(i.Kind)})
}

// length is how the last day was counted, where it rests on working days.
func (s *Service) length(k Kind) calendar.Period {
	if k == SupervisorFiling {
		return calendar.WorkingDays(s.settings().AccountFilingWorkdays)
	}
	return calendar.Period{}
}

// due is the period of a kind when the caller names none.
func (s *Service) due(k Kind, a Act, from calendar.Date) calendar.Due {
	switch {
	case k == SupervisorFiling:
		return s.days.Add(from, s.settings().AccountFilingWorkdays)
	case k == PoliceFiling && a == Register:
		return calendar.Due{On: sx2021.PoliceFilingBy(from, s.settings())}
	}
	return calendar.Due{On: from.AddDays(s.settings().CancelDays)}
}

// body is the nearest body on this platform, up the areas: where somebody holds
// the role at a unit of the area itself (readings 9: 通信管理 exists chiefly at
// the province). The supervisor is the office of the level, or the one above for
// a government's own.
func (s *Service) body(ctx context.Context, q db.Querier, k Kind, sponsor org.Unit, o registry.Object) (org.Unit, error) {
	role := infos[k].role
	if role == "" {
		return org.Unit{}, nil
	}
	if k == SupervisorFiling {
		if sponsor.Kind == org.Government || sponsor.Kind == org.Office {
			above, ok, err := s.org.SuperiorOffice(ctx, q, sponsor)
			if err != nil || ok {
				return above, err
			}
		}
		u, err := s.org.SameLevelOffice(ctx, q, sponsor)
		if fault.Is(err, fault.NotFound) {
			return org.Unit{}, nil
		}
		return u, err
	}
	for area, n := sponsor.Area, 0; area != "" && n < 8; n++ {
		id, err := db.One(ctx, q, db.Value[org.UnitID], `
			SELECT u.id FROM unit u JOIN post p ON p.unit_id = u.id
			 WHERE u.area_id = $1 AND p.role = $2 AND p.ended_at IS NULL AND u.abolished_on IS NULL ORDER BY u.id LIMIT 1`, area, role)
		if err == nil {
			return s.org.UnitTx(ctx, q, authz.System("filing.body"), id)
		}
		if !db.None(err) {
			return org.Unit{}, err
		}
		a, err := s.org.Area(ctx, q, area)
		if err != nil {
			return org.Unit{}, err
		}
		area = a.Parent
	}
	return org.Unit{}, nil
}

// numberNow is what the ledger holds before a change or cancellation.
func (s *Service) numberNow(ctx context.Context, q db.Querier, i Item) (string, error) {
	if i.Object.Kind != sx2021.Site {
		return i.Object.Address, nil
	}
	site, err := s.registry.SiteTx(ctx, q, authz.System("filing.open"), registry.SiteID(i.Object.ID))
	if err != nil {
		return "", err
	}
	switch i.Kind {
	case Mark:
		return site.PartyGovMark, nil
	case ChineseDomain:
		return site.ChineseDomain, nil
	case ICP:
		return site.ICP, nil
	case PoliceFiling:
		return site.PoliceFiling, nil
	case EnglishDomain:
		return site.Host, nil
	case NationalStatus:
		return site.SiteCode, nil
	}
	return "", nil
}

const itemSelect = `
	SELECT f.id, f.kind, f.act, f.object_kind, f.object_id, f.object_name, f.unit_id, u.name, COALESCE(f.body_id, ''), f.body_name, f.case_id, f.state, f.number, f.was, f.on_date,
	       f.note, COALESCE(f.attachment_id, ''), COALESCE(x.name, ''), f.words, f.recorded_by, f.recorded_at, f.acknowledged_by, f.acknowledged_at, f.in_ledger, f.opened_at, f.due_on, f.provisional,
	       u.area_path, u.line_path
	  FROM filing f JOIN unit u ON u.id = f.unit_id LEFT JOIN attachment x ON x.id = f.attachment_id`

func scanItem(r db.Scanner) (Item, error) {
	var i Item
	err := r.Scan(&i.ID, &i.Kind, &i.Act, &i.Object.Kind, &i.Object.ID, &i.Object.Name, &i.Unit, &i.UnitName, &i.BodyID, &i.BodyName, &i.Case, &i.State, &i.Number, &i.Was, &i.On,
		&i.Note, &i.Attachment, &i.FileName, &i.Words, &i.RecordedBy, &i.RecordedAt, &i.ConfirmedBy, &i.ConfirmedAt, &i.InLedger, &i.OpenedAt, &i.Due.On, &i.Due.Provisional,
		&i.unitPath, &i.unitLine)
	i.Object.Unit = i.Unit
	return i, err
}

// Item in scope, or on the list of the session's body.
func (s *Service) Item(ctx context.Context, q db.Querier, scope authz.Scope, id ID) (Item, error) {
	i, err := db.One(ctx, q, scanItem, itemSelect+` WHERE f.id = $1`, id)
	if db.None(err) || err == nil && !i.In(scope) && !i.Confirms(authz.SessionFrom(ctx)) {
		return Item{}, fault.Missing("备案事项")
	}
	return i, err
}

// Receipt is what a sponsor records of an item.
type Receipt struct {
	Number string
	On     calendar.Date
	Note   string
	File   *approval.Upload // scan of the receipt; the one kept earlier stays when nil
	// Handed says that it was only handed in: number and receipt will follow.
	Handed bool
}

// Record keeps what the body answered. With number (not asked of a
// cancellation), date and scan the item is proved, its clock ends and the number
// goes into the ledger; Handed says that the papers are with the body.
func (s *Service) Record(ctx context.Context, scope authz.Scope, id ID, r Receipt) (Item, error) {
	r.Number, r.Note = strings.TrimSpace(r.Number), strings.TrimSpace(r.Note)
	i, err := s.Item(ctx, s.db, scope, id)
	if err != nil {
		return Item{}, err
	}
	if !i.In(scope) {
		return Item{}, fault.Missing("备案事项")
	}
	var f fault.Fields
	f.Check(len([]rune(r.Number)) <= 120, "number", i.Kind.Ask()+"最多 120 个字")
	f.Check(len([]rune(r.Note)) <= 500, "note", "说明最多 500 个字")
	f.Check(!r.On.After(calendar.DateOf(s.db.Now())), "on", "日期晚于今天，请核对")
	if !r.Handed {
		f.Check(r.Number != "" || i.Act == Cancel || i.Kind == NationalStatus, "number", "请填写"+i.Kind.Ask())
		f.Check(!r.On.IsZero(), "on", "请填写回执日期")
		f.Check(r.File != nil || i.Attachment != "", "file", "请上传回执扫描件或办理结果截图")
	}
	if err := f.Err(); err != nil {
		return Item{}, err
	}
	var file approval.Attachment
	if r.File != nil {
		r.File.Kind = "filing_receipt"
		if file, err = approval.Take(ctx, s.store, *r.File); err != nil {
			return Item{}, err
		}
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if i, err = s.Item(ctx, tx, scope, id); err != nil {
			return err
		}
		before := i
		actor, ok := audit.ActorFrom(ctx)
		if !ok {
			return audit.ErrNoActor
		}
		act := "record"
		if r.Handed {
			act = "submit"
		}
		if _, i.State, err = Machine.Take(ctx, tx, string(id), act, passage.Note{Says: r.Note, CaseID: string(i.Case)}); err != nil {
			return err
		}
		if r.File != nil {
			file.OwnerKind, file.OwnerID = "filing", string(id)
			kept, err := approval.Attach(ctx, tx, file)
			if err != nil {
				return err
			}
			i.Attachment, i.FileName = kept.ID, kept.Name
		}
		i.renumber(r.Number)
		i.On, i.Note, i.RecordedBy, i.RecordedAt = r.On, r.Note, actor.Name, tx.Now()
		if err := s.write(ctx, tx, i); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "filing." + act, Target: i.Target(), Basis: i.Clock().Citation, Before: before.State,
			After: map[string]any{"state": i.State, "number": i.Number, "on": i.On}}); err != nil {
			return err
		}
		if i.Done() {
			if i, err = s.prove(ctx, tx, scope, i); err != nil {
				return err
			}
		}
		return s.tellBody(ctx, tx, i)
	})
	return i, err
}

// renumber keeps the number of the receipt. A corrected one goes into the ledger
// in its turn; that of a cancellation never stands there.
func (i *Item) renumber(number string) {
	if number != i.Number && i.Act != Cancel {
		i.InLedger = false
	}
	i.Number = number
}

func (s *Service) write(ctx context.Context, tx *db.Tx, i Item) error {
	_, err := tx.Exec(ctx, `
		UPDATE filing SET state = $2, number = $3, on_date = $4, note = $5, attachment_id = $6, words = $7, recorded_by = $8, recorded_at = $9,
		       acknowledged_by = $10, acknowledged_at = $11, in_ledger = $12 WHERE id = $1`,
		i.ID, i.State, i.Number, i.On, i.Note, db.Null(i.Attachment), i.Words, i.RecordedBy, i.RecordedAt, i.ConfirmedBy, i.ConfirmedAt, i.InLedger)
	return err
}

// prove ends the clock and carries the number into the ledger, once.
func (s *Service) prove(ctx context.Context, tx *db.Tx, scope authz.Scope, i Item) (Item, error) {
	evidence := i.BodyName + "回执"
	if i.Number != "" {
		evidence += " " + i.Number
	}
	if !i.On.IsZero() {
		evidence += "（" + i.On.Chinese() + "）"
	}
	if _, err := s.obligations.Discharge(ctx, tx, i.Clock().ID, i.subject(), evidence); err != nil {
		return i, err
	}
	if i.InLedger {
		return i, nil
	}
	changed, err := s.intoLedger(ctx, tx, i)
	if err != nil || !changed {
		return i, err
	}
	i.InLedger = true
	return i, s.write(ctx, tx, i)
}

// intoLedger carries a site's number into the ledger; a cancellation takes it
// out. A host stays: its name is kept under watch.
func (s *Service) intoLedger(ctx context.Context, tx *db.Tx, i Item) (bool, error) {
	system := authz.System("filing.ledger")
	why := registry.Why{Says: i.Name() + "办结", CaseID: string(i.Case), Document: cmp.Or(i.Number, i.Note, "回执"), Source: registry.ByPerson}
	if i.Kind == SupervisorFiling && i.Object.Kind == sx2021.Account {
		_, err := s.registry.FileAccount(ctx, tx, system, registry.AccountID(i.Object.ID), i.On, "", why)
		return err == nil, err
	}
	if i.Object.Kind != sx2021.Site {
		return false, nil
	}
	site, err := s.registry.SiteTx(ctx, tx, system, registry.SiteID(i.Object.ID))
	if err != nil {
		return false, err
	}
	if i.Act == Cancel && (i.Kind == ChineseDomain || i.Kind == EnglishDomain) {
		return s.giveUp(ctx, tx, site.ID, i, why)
	}
	if i.Kind == ChineseDomain || i.Kind == EnglishDomain {
		// A name the domain ledger knows is registered now; it need not be the
		// site's main one.
		d, err := s.domainNamed(ctx, tx, site.ID, i.Number)
		if err != nil {
			return false, err
		}
		if d.State == registry.DomainApplying {
			_, err = s.registry.ActivateDomain(ctx, tx, system, d.ID, why)
		}
		if err != nil || d.ID != "" {
			return err == nil, err
		}
	}
	ids := registry.Identifiers{Name: site.Name, Host: site.Host, ChineseDomain: site.ChineseDomain, SiteCode: site.SiteCode, ICP: site.ICP,
		PoliceFiling: site.PoliceFiling, PartyGovMark: site.PartyGovMark, Contact: site.Contact, Address: site.Address, Slug: site.Slug, Hosted: site.Hosted}
	before := ids
	value := i.Number
	if i.Act == Cancel {
		value = ""
	}
	switch i.Kind {
	case Mark:
		ids.PartyGovMark = value
	case ChineseDomain:
		ids.ChineseDomain = value
	case ICP:
		ids.ICP = value
	case PoliceFiling:
		ids.PoliceFiling = value
	default:
		return false, nil
	}
	if ids == before {
		return true, nil
	}
	ids.Why = why
	_, err = s.registry.SetIdentifiers(ctx, tx, system, site.ID, ids)
	return err == nil, err
}

// domainNamed is the site's domain of that name, if it is held; its zero value
// if there is none.
func (s *Service) domainNamed(ctx context.Context, q db.Querier, site registry.SiteID, name string) (registry.Domain, error) {
	host, err := registry.NormalizeHost(name)
	if err != nil {
		return registry.Domain{}, nil // not a name: a receipt's number
	}
	list, err := s.registry.DomainsOf(ctx, q, authz.System("filing.ledger"), site)
	n := slices.IndexFunc(list, func(d registry.Domain) bool { return d.Host == host && d.State != registry.DomainCancelled })
	if err != nil || n < 0 {
		return registry.Domain{}, err
	}
	return list[n], nil
}

// giveUp ends the domain the item names, or the site's main one of the kind, in
// the domain ledger: its name stays there as a tombstone.
func (s *Service) giveUp(ctx context.Context, tx *db.Tx, site registry.SiteID, i Item, why registry.Why) (bool, error) {
	system := authz.System("filing.ledger")
	d, err := s.domainNamed(ctx, tx, site, i.Was)
	if err != nil {
		return false, err
	}
	if d.ID == "" {
		gone, err := s.givenUp(ctx, tx, site, i.Was)
		if err != nil || gone {
			return gone, err // by hand in the ledger, before the receipt came
		}
		english, chinese, err := s.registry.MainDomains(ctx, tx, system, site)
		if err != nil {
			return false, err
		}
		if d = english; i.Kind == ChineseDomain {
			d = chinese
		}
	}
	if d.ID == "" {
		return false, nil
	}
	if d.State != registry.DomainCancelling {
		if _, err := s.registry.BeginCancel(ctx, tx, system, d.ID, why); err != nil {
			return false, err
		}
	}
	_, err = s.registry.CancelDomain(ctx, tx, system, d.ID, why)
	return err == nil, err
}

// givenUp reports whether the name is a tombstone of the site's already.
func (s *Service) givenUp(ctx context.Context, q db.Querier, site registry.SiteID, name string) (bool, error) {
	host, err := registry.NormalizeHost(name)
	if err != nil {
		return false, nil
	}
	list, err := s.registry.DomainsOf(ctx, q, authz.System("filing.ledger"), site)
	return slices.ContainsFunc(list, func(d registry.Domain) bool { return d.Host == host }), err
}

func (s *Service) tellBody(ctx context.Context, tx *db.Tx, i Item) error {
	if i.BodyID == "" || i.Ended() {
		return nil
	}
	_, err := notify.Send(ctx, tx, notify.Message{Key: fmt.Sprintf("filing:%s:%s:%d", i.ID, i.State, tx.Now().Unix()), Unit: string(i.BodyID), Link: i.Link(),
		Title: "待核对：" + i.Name() + "（" + i.Object.Name + "）", Body: i.UnitName + "已" + Machine.ActName(map[string]string{Submitted: "submit", Recorded: "record"}[i.State]) + "。"})
	return err
}

// Answer is what a body says of an item.
type Answer struct {
	// Number the body gives, where the sponsor had none yet.
	Number string
	On     calendar.Date
	// Missing: what is missing; the item goes back to the sponsor.
	Missing string
}

// Acknowledge is the body's part: it confirms the receipt, gives the number, or
// says what is missing. It decides nothing.
func (s *Service) Acknowledge(ctx context.Context, session *authz.Session, id ID, a Answer) (Item, error) {
	a.Number, a.Missing = strings.TrimSpace(a.Number), strings.TrimSpace(a.Missing)
	var f fault.Fields
	f.Check(len([]rune(a.Number)) <= 120, "number", "编号最多 120 个字")
	f.Check(len([]rune(a.Missing)) <= 500, "missing", "补正意见最多 500 个字")
	f.Check(!a.On.After(calendar.DateOf(s.db.Now())), "on", "日期晚于今天，请核对")
	if err := f.Err(); err != nil {
		return Item{}, err
	}
	var i Item
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if i, err = db.One(ctx, tx, scanItem, itemSelect+` WHERE f.id = $1`, id); db.None(err) || err == nil && !i.Confirms(session) {
			return fault.Missing("备案事项")
		}
		if err != nil {
			return err
		}
		before := i
		act, note := "acknowledge", "核对无误"
		if a.Missing != "" {
			act, note = "return", a.Missing
		}
		if _, i.State, err = Machine.Take(ctx, tx, string(id), act, passage.Note{Says: note, CaseID: string(i.Case)}); err != nil {
			return err
		}
		actor, ok := audit.ActorFrom(ctx)
		if !ok {
			return audit.ErrNoActor
		}
		i.Words = a.Missing
		if act == "acknowledge" {
			if a.Number != "" {
				i.renumber(a.Number)
			}
			if i.Number == "" && i.Act != Cancel {
				return fault.New(fault.Invalid, "还没有编号，请填写"+i.Kind.Ask()+"。").On("number", "请填写"+i.Kind.Ask())
			}
			if i.On.IsZero() {
				i.On = a.On
			}
			if i.On.IsZero() {
				i.On = calendar.DateOf(tx.Now())
			}
			i.ConfirmedBy, i.ConfirmedAt = actor.Name+"（"+i.BodyName+"）", tx.Now()
		}
		if err := s.write(ctx, tx, i); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "filing." + act, Target: i.Target(), Basis: i.Clock().Citation, Before: before.State,
			After: map[string]any{"state": i.State, "number": i.Number, "words": i.Words}}); err != nil {
			return err
		}
		if act == "acknowledge" {
			i, err = s.prove(ctx, tx, authz.System("filing.acknowledge"), i)
			return err
		}
		if before.State == Recorded {
			// Its clock had ended with the receipt; it runs again.
			if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: i.Clock().ID, Unit: i.Unit, Subject: i.subject(), Link: i.Link(), Due: i.Due,
				From: calendar.DateOf(i.OpenedAt), Length: s.length(i.Kind)}); err != nil {
				return err
			}
		}
		_, err = notify.Send(ctx, tx, notify.Message{Key: fmt.Sprintf("filing:%s:returned:%d", i.ID, tx.Now().Unix()), Unit: string(i.Unit), Link: i.Link(), Urgent: true,
			Title: i.BodyName + "退回补正：" + i.Name() + "（" + i.Object.Name + "）", Body: i.Words})
		return err
	})
	return i, err
}

// Annul ends the items of a case about an object that nobody needs any more;
// with no kinds, all of them.
func (s *Service) Annul(ctx context.Context, tx *db.Tx, ref registry.Ref, c approval.CaseID, why string, kinds ...Kind) error {
	list, err := db.All(ctx, tx, scanItem, itemSelect+` WHERE f.object_kind = $1 AND f.object_id = $2 AND f.case_id = $3 AND f.state IN ('open', 'submitted', 'returned') ORDER BY f.id`, ref.Kind, ref.ID, c)
	if err != nil {
		return err
	}
	for _, i := range list {
		if len(kinds) > 0 && !slices.Contains(kinds, i.Kind) {
			continue
		}
		if _, i.State, err = Machine.Take(ctx, tx, string(i.ID), "annul", passage.Note{Says: why, CaseID: string(c)}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE filing SET state = $2, words = $3 WHERE id = $1`, i.ID, i.State, why); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "filing.annul", Target: i.Target(), After: why}); err != nil {
			return err
		}
		if _, err := s.obligations.Annul(ctx, tx, i.Clock().ID, i.subject(), why); err != nil {
			return err
		}
	}
	return nil
}

// Standing is how the items about an object stand: what lifecycle's guards ask.
type Standing struct {
	Items []Item
	// Open are those not proved yet.
	Open []Item
}

// Done reports whether every item is proved; false when there is none.
func (s Standing) Done() bool { return len(s.Items) > 0 && len(s.Open) == 0 }

// Proved reports whether the kind is among the items and proved.
func (s Standing) Proved(k Kind) bool {
	return slices.ContainsFunc(s.Items, func(i Item) bool { return i.Kind == k && i.Done() })
}

// Deregistrations are the items needed and those cancelled with proof, in the
// words of sx2021.Closure.
func (s Standing) Deregistrations() (needed, cancelled []sx2021.Deregistration) {
	for _, i := range s.Items {
		if i.Act != Cancel || i.Kind == NationalStatus || i.Kind == SupervisorFiling {
			continue
		}
		needed = append(needed, sx2021.Deregistration(i.Kind))
		if i.Done() {
			cancelled = append(cancelled, sx2021.Deregistration(i.Kind))
		}
	}
	return needed, cancelled
}

// Standing of the items about an object with an act; of one case when it is
// given. The caller has the object in scope.
func (s *Service) Standing(ctx context.Context, q db.Querier, ref registry.Ref, a Act, c approval.CaseID) (Standing, error) {
	var w db.Where
	w.And("f.object_kind = ? AND f.object_id = ? AND f.act = ? AND f.state <> 'void'", ref.Kind, ref.ID, a).AndIf(c != "", "f.case_id = ?", c)
	list, err := db.All(ctx, q, scanItem, itemSelect+` WHERE `+w.SQL()+` ORDER BY f.opened_at, f.id`, w.Args()...)
	st := Standing{Items: list}
	for _, i := range list {
		if !i.Done() {
			st.Open = append(st.Open, i)
		}
	}
	return st, err
}

// Filter narrows Items.
type Filter struct {
	Text   string // object, sponsor, number
	Kind   Kind
	Act    Act
	State  string // "" for those not ended; "all" for all
	Object registry.Ref
	Case   approval.CaseID
	// Mine keeps to the list of the session's bodies, wherever the sponsor is.
	Mine   *authz.Session
	Limit  int // 50 when zero
	Offset int
}

// Items in scope, by due date, and how many there are.
func (s *Service) Items(ctx context.Context, scope authz.Scope, f Filter) ([]Item, int, error) {
	var w db.Where
	if f.Mine != nil {
		bodies := bodiesOf(f.Mine)
		if len(bodies) == 0 {
			return nil, 0, nil
		}
		var conds []string
		var args []any
		for _, b := range bodies {
			conds, args = append(conds, "f.body_id = ? AND f.kind = ?"), append(args, b.unit, b.kind)
		}
		w.And(strings.Join(conds, " OR "), args...)
	} else {
		scope.Where(&w, "u")
	}
	text := db.Contains(f.Text)
	w.AndIf(f.Text != "", `(lower(f.object_name) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\' OR u.initials LIKE ? ESCAPE '\' OR lower(f.number) LIKE ? ESCAPE '\')`, text, text, text, text).
		AndIf(f.Kind != "", "f.kind = ?", f.Kind).
		AndIf(f.Act != "", "f.act = ?", f.Act).
		AndIf(f.State == "" && f.Mine == nil, "(f.state IN ('open', 'submitted', 'returned') OR f.state = 'recorded' AND f.body_id IS NOT NULL)").
		AndIf(f.State == "" && f.Mine != nil, "f.state IN ('submitted', 'recorded')").
		AndIf(f.State != "" && f.State != "all", "f.state = ?", f.State).
		AndIf(f.Object.ID != "", "f.object_kind = ? AND f.object_id = ?", f.Object.Kind, f.Object.ID).
		AndIf(f.Case != "", "f.case_id = ?", f.Case)
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM filing f JOIN unit u ON u.id = f.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	list, err := db.All(ctx, s.db, scanItem, itemSelect+` WHERE `+w.SQL()+` ORDER BY f.due_on, f.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

type bodyKind struct {
	unit string
	kind Kind
}

// bodiesOf are the units and kinds the session confirms for.
func bodiesOf(session *authz.Session) []bodyKind {
	var out []bodyKind
	for _, p := range session.Posts {
		for _, k := range Kinds {
			if infos[k].role == p.Role && p.UnitID != "" {
				out = append(out, bodyKind{p.UnitID, k})
			}
		}
	}
	return out
}

// History is every step of an item in scope, oldest first.
func (s *Service) History(ctx context.Context, q db.Querier, scope authz.Scope, id ID) ([]passage.Step, error) {
	if _, err := s.Item(ctx, q, scope, id); err != nil {
		return nil, err
	}
	return Machine.History(ctx, q, string(id))
}

// OpenFile reads the receipt of an item in scope.
func (s *Service) OpenFile(ctx context.Context, scope authz.Scope, id ID) (approval.Attachment, io.ReadCloser, error) {
	i, err := s.Item(ctx, s.db, scope, id)
	if err != nil {
		return approval.Attachment{}, nil, err
	}
	return approval.OpenAttached(ctx, s.db, s.store, "filing", string(id), i.Attachment)
}

// LedgerHolds say why a record of the ledger stays that this module refers to.
func LedgerHolds() []registry.Hold {
	return []registry.Hold{registry.ObjectHold("已有备案登记，保留", "filing", "")}
}
