package lifecycle

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/filing"
	"zhengshu/internal/notice"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// ItemKind is one thing of the launch checklist.
type ItemKind string

// The checklist in the order the law tells it (Article 7(3); readings 4).
const (
	BasicInfoForm  ItemKind = "basic_info_form"
	SiteCode       ItemKind = "site_code"
	SecurityReport ItemKind = "security_report"
	// Address and Verification are of accounts and apps, once the platform has
	// opened them.
	Address      ItemKind = "address"
	Verification ItemKind = "verification"
	// LateStatement is asked for only once the year has passed.
	LateStatement ItemKind = "late_statement"
)

// ItemInfo describes one thing of the checklist.
type ItemInfo struct {
	Kind     ItemKind
	Name     string
	Ask      string // label of the value
	Hint     string
	Citation string
	// Detail is the label of the second text, "" for none.
	Detail string
	// Check is the label of the yes-no question, "" for none.
	Check string
	// Dated and Filed say that a date and a file are part of it.
	Dated, Filed bool
	// Objects are the kinds of object it belongs to.
	Objects []sx2021.ObjectKind
}

func (n ItemInfo) on(k sx2021.ObjectKind) bool { return slices.Contains(n.Objects, k) }

var (
	sites      = []sx2021.ObjectKind{sx2021.Site}
	accounts   = []sx2021.ObjectKind{sx2021.Account, sx2021.App}
	coded      = []sx2021.ObjectKind{sx2021.Site, sx2021.App} // self-developed
	everything = []sx2021.ObjectKind{sx2021.Site, sx2021.Account, sx2021.App}
)

var itemInfos = []ItemInfo{
	{Kind: Address, Name: "平台开通", Ask: "账号主页或下载地址", Hint: "在平台开通后填写，以 http:// 或 https:// 开头", Detail: "平台账号ID（原始ID）", Citation: sx2021.AccountVerified.Citation, Objects: accounts},
	{Kind: Verification, Name: "实名认证", Ask: "公开认证信息", Hint: "按平台显示的认证信息填写，其中应有主办单位名称", Citation: sx2021.AccountVerified.Citation, Dated: true, Objects: accounts},
	{Kind: BasicInfoForm, Name: "政府网站基本信息表", Ask: "国务院办公厅批准文件号", Hint: "基本信息表经本级政府办公厅（室）逐级审核、报国务院办公厅批准后填写", Citation: sx2021.LaunchForm.Citation, Dated: true, Filed: true, Objects: sites},
	{Kind: SiteCode, Name: "政府网站标识码", Ask: "标识码", Hint: "10 位：前 6 位区划代码，后 4 位顺序号", Citation: sx2021.LaunchSiteCode.Citation, Objects: sites},
	{Kind: SecurityReport, Name: "安全检测报告", Ask: "报告编号", Hint: "未提供安全检测报告不得上线", Detail: "检测单位", Check: "检测结论为通过", Citation: sx2021.LaunchSecurity.Citation, Dated: true, Filed: true, Objects: coded},
	{Kind: LateStatement, Name: "逾期上线书面声明", Ask: "文号", Hint: "批准开设满 1 年未上线的，由主管单位向省政府办公厅作出书面声明", Check: "已加盖公章", Citation: sx2021.LaunchInOneYear.Citation, Dated: true, Filed: true, Objects: everything},
}

// Info describes a kind; ok is false for an unknown one.
func Info(k ItemKind) (ItemInfo, bool) {
	i := slices.IndexFunc(itemInfos, func(n ItemInfo) bool { return n.Kind == k })
	if i < 0 {
		return ItemInfo{}, false
	}
	return itemInfos[i], true
}

// LaunchItem is one row of a site's checklist.
type LaunchItem struct {
	Kind       ItemKind
	Value      string
	On         calendar.Date
	Detail     string
	Passed     bool
	Attachment string // id
	FileName   string // joined
	DoneBy     string
	DoneUnit   org.UnitID
	DoneAt     time.Time
}

// Info describes the item.
func (i LaunchItem) Info() ItemInfo { n, _ := Info(i.Kind); return n }

// Done reports whether the item was filled in.
func (i LaunchItem) Done() bool { return !i.DoneAt.IsZero() }

// Checklist is what an object needs before its launch and owes after it.
type Checklist struct {
	Object   registry.Object
	Items    []LaunchItem
	Bars     []rules.Breach // what speaks against a launch today
	Approved calendar.Date  // the province's consent; zero for objects of another origin
	LaunchBy calendar.Date
	Filings  []filing.Item   // what is registered with bodies outside, before and after
	Notice   notice.Standing // of the opening, after the launch
}

func launchLink(r registry.Ref) string { return r.Link() + "/launch" }

func subjectOf(o registry.Object) obligation.Subject {
	return obligation.Subject{Kind: ownerKind(o.Ref), ID: o.ID, Name: o.Name}
}

// ownerKind names the object where sites and accounts are told apart: in
// obligations, attachments and the trail an app is an account (Article 2).
func ownerKind(r registry.Ref) string {
	if r.Kind == sx2021.Site {
		return "site"
	}
	return "account"
}

// startChecklist lays out the rows in the transaction of the approval. What the
// application already said is filled in.
func (s *Service) startChecklist(ctx context.Context, tx *db.Tx, o registry.Object, a *Application) error {
	for _, n := range itemInfos {
		if n.Kind == LateStatement || !n.on(o.Kind) {
			continue
		}
		if _, err := tx.Exec(ctx, `INSERT INTO opening_item (object_kind, object_id, kind) VALUES ($1, $2, $3)`, o.Kind, o.ID, n.Kind); err != nil {
			return fmt.Errorf("lifecycle: start checklist: %w", err)
		}
	}
	var kinds []filing.Kind
	switch o.Kind {
	case sx2021.Site:
		kinds = []filing.Kind{filing.ChineseDomain, filing.Mark, filing.EnglishDomain, filing.ICP}
	case sx2021.App:
		kinds = []filing.Kind{filing.ICP}
	}
	for _, k := range kinds {
		if _, err := s.filings.Open(ctx, tx, filing.Item{Object: o, Kind: k, Act: filing.Register, Case: approval.CaseID(o.CaseID),
			Due: calendar.Due{On: sx2021.LaunchBy(calendar.DateOf(tx.Now()))}}); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "lifecycle.launch.start", Target: o.Target(), Basis: sx2021.LaunchSiteCode.Citation})
}

func (s *Service) items(ctx context.Context, q db.Querier, ref registry.Ref) ([]LaunchItem, error) {
	list, err := db.All(ctx, q, func(r db.Scanner) (LaunchItem, error) {
		var i LaunchItem
		err := r.Scan(&i.Kind, &i.Value, &i.On, &i.Detail, &i.Passed, &i.Attachment, &i.FileName, &i.DoneBy, &i.DoneUnit, &i.DoneAt)
		return i, err
	}, `SELECT l.kind, l.value, l.on_date, l.detail, l.passed, COALESCE(l.attachment_id, ''), COALESCE(a.name, ''), l.done_by, l.done_by_unit, l.done_at
	      FROM opening_item l LEFT JOIN attachment a ON a.id = l.attachment_id WHERE l.object_kind = $1 AND l.object_id = $2`, ref.Kind, ref.ID)
	if err != nil {
		return nil, err
	}
	order := func(k ItemKind) int {
		return slices.IndexFunc(itemInfos, func(n ItemInfo) bool { return n.Kind == k })
	}
	slices.SortFunc(list, func(a, b LaunchItem) int { return order(a.Kind) - order(b.Kind) })
	return list, nil
}

// Checklist of an object in scope.
func (s *Service) Checklist(ctx context.Context, scope authz.Scope, ref registry.Ref) (Checklist, error) {
	o, err := s.registry.Object(ctx, s.db, scope, ref)
	if err != nil {
		return Checklist{}, err
	}
	return s.checklist(ctx, s.db, o, s.today())
}

func (s *Service) checklist(ctx context.Context, q db.Querier, o registry.Object, on calendar.Date) (Checklist, error) {
	out := Checklist{Object: o}
	var err error
	if out.Items, err = s.items(ctx, q, o.Ref); err != nil {
		return out, err
	}
	if o.CaseID != "" {
		c, err := s.approvals.CaseTx(ctx, q, authz.System("lifecycle.checklist"), approval.CaseID(o.CaseID))
		if err != nil && !fault.Is(err, fault.NotFound) {
			return out, err
		}
		if out.Approved = calendar.DateOf(c.EndedAt); !out.Approved.IsZero() {
			out.LaunchBy = sx2021.LaunchBy(out.Approved)
		}
	}
	if o.State == registry.Planned {
		if out.Bars, err = s.bars(ctx, q, out, on); err != nil {
			return out, err
		}
		if !out.LaunchBy.IsZero() && on.After(out.LaunchBy) && !slices.ContainsFunc(out.Items, func(i LaunchItem) bool { return i.Kind == LateStatement }) {
			out.Items = append(out.Items, LaunchItem{Kind: LateStatement})
		}
	}
	st, err := s.filings.Standing(ctx, q, o.Ref, filing.Register, "")
	if err != nil {
		return out, err
	}
	out.Filings = st.Items
	if !o.LaunchedOn.IsZero() {
		out.Notice, err = s.notices.Standing(ctx, q, o.Ref, sx2021.OpeningNotice)
	}
	return out, err
}

func (c Checklist) item(k ItemKind) LaunchItem {
	i := slices.IndexFunc(c.Items, func(i LaunchItem) bool { return i.Kind == k })
	if i < 0 {
		return LaunchItem{Kind: k}
	}
	return c.Items[i]
}

// division is the six-digit code a site code of the object begins with.
func division(o registry.Object) string {
	if len(o.AreaCode) > 6 {
		return o.AreaCode[:6]
	}
	return o.AreaCode
}

// bars are the breaches of Articles 7(3)-(4) and 9 that a launch on the day
// would be.
func (s *Service) bars(ctx context.Context, q db.Querier, c Checklist, on calendar.Date) ([]rules.Breach, error) {
	form, report := c.item(BasicInfoForm), c.item(SecurityReport)
	var site registry.Site
	if c.Object.Kind == sx2021.Site {
		var err error
		if site, err = s.registry.SiteTx(ctx, q, authz.System("lifecycle.bars"), registry.SiteID(c.Object.ID)); err != nil {
			return nil, err
		}
	}
	out := sx2021.CheckLaunch(sx2021.Launch{
		Object: c.Object.Kind, On: on,
		FormApproved:  form.Done() && form.Value != "" && !form.On.IsZero(),
		Code:          sx2021.SiteCodeOf{Code: c.item(SiteCode).Value, Divisions: []string{division(c.Object)}},
		Report:        sx2021.SecurityReport{File: report.Attachment != "", Passed: report.Passed, Tester: report.Detail, On: report.On},
		ICP:           site.ICP,
		ChineseDomain: site.ChineseDomain,
	}, s.settings())
	if !c.Approved.IsZero() {
		st := c.item(LateStatement)
		out = append(out, sx2021.CheckLaunchTime(c.Approved, on, sx2021.WrittenReport{
			Number: st.Value, Sealed: st.Passed, Scan: st.Attachment != "", BySupervisor: st.Done(), On: st.On})...)
	}
	if c.Object.Kind != sx2021.Site {
		if !c.item(Address).Done() {
			out = append(out, sx2021.AccountVerified.Breach("尚未登记平台开通的地址和账号ID，无法核对实名认证；请先在平台开通。"))
		}
		naming, err := s.naming(ctx, q, c.Object, c.Object.Name, c.item(Verification).Value)
		if err != nil {
			return nil, err
		}
		out = append(out, naming...)
	}
	return rules.Binding(out, on), nil
}

// naming asks Article 9 of an account that is, or is to be, open to the public;
// an exception the province granted from the same name is left out.
func (s *Service) naming(ctx context.Context, q db.Querier, o registry.Object, name, verification string) ([]rules.Breach, error) {
	u, err := s.org.UnitTx(ctx, q, authz.System("lifecycle.naming"), o.Unit)
	if err != nil {
		return nil, err
	}
	root, err := s.rootOf(ctx, q, u)
	if err != nil {
		return nil, err
	}
	holder, err := s.sameHolder(ctx, q, root)
	if err != nil {
		return nil, err
	}
	n := sx2021.Naming{Name: name, Sponsor: o.UnitName, Verification: verification}
	if n.OtherNames, err = s.otherNames(ctx, q, o); err != nil {
		return nil, err
	}
	granted, err := s.granted(ctx, q, holder)
	if err != nil {
		return nil, err
	}
	standing, _ := rules.Lift(sx2021.CheckNaming(n), granted, s.today())
	return standing, nil
}

// otherNames are the names of the sponsor's accounts on other platforms.
func (s *Service) otherNames(ctx context.Context, q db.Querier, o registry.Object) ([]string, error) {
	if o.Kind != sx2021.Account {
		return nil, nil
	}
	held, err := s.heldAccounts(ctx, q, []org.UnitID{o.Unit}, o.ID)
	var out []string
	for _, h := range held {
		if h.kind == sx2021.Account && h.platform != o.Platform {
			out = append(out, h.name)
		}
	}
	return out, err
}

// FillLaunchItem records one thing of the checklist; its number goes into the
// ledger at once. upload may be nil. The file kept earlier stays unless a new
// one comes.
func (s *Service) FillLaunchItem(ctx context.Context, scope authz.Scope, ref registry.Ref, n LaunchItem, upload *approval.Upload) (Checklist, error) {
	info, ok := Info(n.Kind)
	if !ok {
		return Checklist{}, fault.Missing("上线清单事项")
	}
	o, err := s.registry.Object(ctx, s.db, scope, ref)
	if err != nil {
		return Checklist{}, err
	}
	if ref = o.Ref; !info.on(ref.Kind) {
		return Checklist{}, fault.Missing("上线清单事项")
	}
	if err := n.check(info, o, s.today()); err != nil {
		return Checklist{}, err
	}
	var file approval.Attachment
	if upload != nil {
		upload.Kind = string(n.Kind)
		if file, err = approval.Take(ctx, s.store, *upload); err != nil {
			return Checklist{}, err
		}
	}
	var out Checklist
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		// Inside again: the object may have been launched in between.
		if o, err = s.registry.Object(ctx, tx, scope, ref); err != nil {
			return err
		}
		if err := fillable(o); err != nil {
			return err
		}
		before, err := s.items(ctx, tx, ref)
		if err != nil {
			return err
		}
		old := Checklist{Items: before}.item(n.Kind)
		n.Attachment = old.Attachment
		if upload != nil {
			file.OwnerKind, file.OwnerID = ownerKind(ref), ref.ID
			kept, err := approval.Attach(ctx, tx, file)
			if err != nil {
				return err
			}
			n.Attachment = kept.ID
		}
		if info.Filed && n.Attachment == "" {
			return fault.Newf(fault.Invalid, "请上传%s扫描件。", info.Name).On("file", "请上传"+info.Name+"扫描件")
		}
		if err := s.writeItem(ctx, tx, o, old, n); err != nil {
			return err
		}
		if err = s.intoLedger(ctx, tx, scope, o, n); err != nil {
			return onValue(err)
		}
		if o, err = s.registry.Object(ctx, tx, scope, ref); err != nil {
			return err
		}
		out, err = s.checklist(ctx, tx, o, calendar.DateOf(tx.Now()))
		return err
	})
	return out, err
}

// fillable says why an item cannot be filled in any more: after the launch the
// numbers are mended in the ledger.
func fillable(o registry.Object) error {
	if o.State == registry.Planned {
		return nil
	}
	return fault.New(fault.Conflict, "“"+o.Name+"”现在的状态是“"+o.StateName()+"”，上线清单不能再改；变更请到台账中办理。")
}

func (n *LaunchItem) check(info ItemInfo, o registry.Object, today calendar.Date) error {
	var f fault.Fields
	n.Value, n.Detail = strings.TrimSpace(n.Value), strings.TrimSpace(n.Detail)
	f.Check(n.Value != "", "value", "请填写"+info.Ask)
	f.Check(len([]rune(n.Value)) <= 500, "value", info.Ask+"超过 500 字，请核对")
	f.Check(info.Detail == "" || n.Detail != "", "detail", "请填写"+info.Detail)
	f.Check(len([]rune(n.Detail)) <= 120, "detail", info.Detail+"超过 120 字，请压缩")
	if info.Dated {
		f.Check(!n.On.IsZero(), "on", "请填写文件日期")
		f.Check(!n.On.After(today), "on", "文件日期晚于今天，请核对")
	}
	switch n.Kind {
	case SiteCode:
		if b := sx2021.CheckSiteCode(sx2021.SiteCodeOf{Code: n.Value, Divisions: []string{division(o)}}); n.Value != "" && len(b) > 0 {
			return fault.New(fault.Invalid, b[0].Detail).On("value", b[0].Detail).Because(rules.Reasons(b)...)
		}
	case Address:
		if n.Value != "" && !isAddress(n.Value) {
			f.Add("value", "请填写完整网址，以 http:// 或 https:// 开头")
		}
	case Verification:
		if b := sx2021.CheckNaming(sx2021.Naming{Name: o.Name, Sponsor: o.UnitName, Verification: n.Value}); n.Value != "" && len(b) > 0 {
			return fault.New(fault.Invalid, b[0].Detail).On("value", b[0].Detail).Because(rules.Reasons(b)...)
		}
	}
	return f.Err()
}

func (s *Service) writeItem(ctx context.Context, tx *db.Tx, o registry.Object, old, n LaunchItem) error {
	actor, ok := audit.ActorFrom(ctx)
	if !ok {
		return audit.ErrNoActor
	}
	unit, _ := authz.SessionFrom(ctx).Unit()
	if n.Kind == LateStatement {
		// 由主管单位出具: the post that acts must be the supervisor's.
		supervisor, err := s.supervisorOf(ctx, tx, o)
		if err != nil {
			return err
		}
		if session := authz.SessionFrom(ctx); session == nil || !slices.ContainsFunc(session.Posts, func(p authz.Post) bool { return p.UnitID == string(supervisor.ID) }) {
			return fault.New(fault.Refused, "书面声明应由主管单位“"+supervisor.Name+"”出具并登记。").Because(sx2021.LaunchInOneYear.Breach("声明由主管单位向省政府办公厅作出。").Reason())
		}
		unit = string(supervisor.ID)
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO opening_item (object_kind, object_id, kind, value, on_date, detail, passed, attachment_id, done_by, done_by_unit, done_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (object_kind, object_id, kind) DO UPDATE SET value = excluded.value, on_date = excluded.on_date, detail = excluded.detail, passed = excluded.passed,
		       attachment_id = excluded.attachment_id, done_by = excluded.done_by, done_by_unit = excluded.done_by_unit, done_at = excluded.done_at`,
		o.Kind, o.ID, n.Kind, n.Value, n.On, n.Detail, n.Passed, db.Null(n.Attachment), actor.Name, unit, tx.Now()); err != nil {
		return fmt.Errorf("lifecycle: fill launch item: %w", err)
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "lifecycle.launch." + string(n.Kind), Target: o.Target(), Basis: n.Info().Citation, Before: old, After: n})
}

// supervisorOf is the office that supervises the object: of the same level, or
// the next one up for what a government itself holds (readings 1). The
// province supervises its own.
func (s *Service) supervisorOf(ctx context.Context, q db.Querier, o registry.Object) (org.Unit, error) {
	u, err := s.org.UnitTx(ctx, q, authz.System("lifecycle.supervisor"), o.Unit)
	if err != nil {
		return org.Unit{}, err
	}
	law, err := s.lawUnit(ctx, q, u)
	if err != nil {
		return org.Unit{}, err
	}
	if sx2021.FilesWithSuperior(law) {
		above, ok, err := s.org.SuperiorOffice(ctx, q, u)
		if err != nil {
			return org.Unit{}, err
		}
		if ok {
			return above, nil
		}
	}
	return s.org.SameLevelOffice(ctx, q, u)
}

// intoLedger carries an item's number into the ledger.
func (s *Service) intoLedger(ctx context.Context, tx *db.Tx, scope authz.Scope, o registry.Object, n LaunchItem) error {
	why := registry.Why{Says: "上线清单登记", CaseID: o.CaseID, Source: registry.ByPerson}
	if n.Kind == SiteCode {
		site, err := s.registry.SiteTx(ctx, tx, scope, registry.SiteID(o.ID))
		if err != nil {
			return err
		}
		_, err = s.registry.SetIdentifiers(ctx, tx, scope, site.ID, registry.Identifiers{Name: site.Name, Host: site.Host, ChineseDomain: site.ChineseDomain, SiteCode: n.Value, ICP: site.ICP,
			PoliceFiling: site.PoliceFiling, PartyGovMark: site.PartyGovMark, Contact: site.Contact, Address: site.Address, Slug: site.Slug, Hosted: site.Hosted, Why: why})
		return err
	}
	if n.Kind != Address && n.Kind != Verification {
		return nil
	}
	a, err := s.registry.Account(ctx, tx, scope, registry.AccountID(o.ID))
	if err != nil {
		return err
	}
	fields := a.Fields()
	if n.Kind == Address {
		fields.URL, fields.PlatformID = n.Value, n.Detail
	} else {
		fields.VerifiedAs = n.Value
	}
	_, err = s.registry.SetAccount(ctx, tx, scope, a.ID, fields, why, time.Time{})
	return err
}

// onValue points the ledger's complaint at the checklist's own field.
func onValue(err error) error {
	if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Conflict) {
		return err
	}
	f := fault.Of(err)
	out := fault.New(fault.Invalid, f.Says).Because(f.Reasons...).From(err)
	for _, wrong := range f.Fields {
		out.On("value", wrong.Says)
	}
	return out
}

// Launch puts the object formally online, unless something bars it; then it
// says what. It ends the one-year clock and opens those that follow.
func (s *Service) Launch(ctx context.Context, scope authz.Scope, ref registry.Ref) (registry.Object, error) {
	var o registry.Object
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if o, err = s.registry.Object(ctx, tx, scope, ref); err != nil {
			return err
		}
		ref = o.Ref
		c, err := s.checklist(ctx, tx, o, calendar.DateOf(tx.Now()))
		if err != nil {
			return err
		}
		if err := rules.Refuse(c.Bars); err != nil {
			return err
		}
		if o, err = s.registry.Move(ctx, tx, scope, ref, "launch", sx2021.LaunchSiteCode.Citation, passage.Note{Says: "上线清单齐备", CaseID: o.CaseID}); err != nil {
			return err
		}
		evidence := "已上线，标识码 " + c.item(SiteCode).Value
		if o.Kind != sx2021.Site {
			evidence = "已开通，" + c.item(Address).Value
		}
		if _, err := s.obligations.Discharge(ctx, tx, LaunchObligation.ID, subjectOf(o), evidence); err != nil {
			return err
		}
		return s.launched(ctx, tx, o)
	})
	return o, err
}

// launched opens what is owed after a launch: the police filing of a site, the
// filing of an account with its supervisor, the notice of opening.
func (s *Service) launched(ctx context.Context, tx *db.Tx, o registry.Object) error {
	kind, due := filing.SupervisorFiling, sx2021.AccountFilingBy(calendar.DateOf(tx.Now()), s.days, s.settings())
	if o.Kind == sx2021.Site {
		kind, due = filing.PoliceFiling, calendar.Due{On: sx2021.PoliceFilingBy(calendar.DateOf(tx.Now()), s.settings())}
	}
	if _, err := s.filings.Open(ctx, tx, filing.Item{Object: o, Kind: kind, Act: filing.Register, Case: approval.CaseID(o.CaseID), Due: due}); err != nil {
		return err
	}
	return s.owe(ctx, tx, sx2021.OpeningNotice, o, approval.CaseID(o.CaseID), calendar.DateOf(tx.Now()))
}

// OpenFile reads one file of an object's checklist or of an act on it, the
// object being in scope.
func (s *Service) OpenFile(ctx context.Context, scope authz.Scope, ref registry.Ref, attachment string) (approval.Attachment, io.ReadCloser, error) {
	o, err := s.registry.Object(ctx, s.db, scope, ref)
	if err != nil {
		return approval.Attachment{}, nil, err
	}
	ref = o.Ref
	list, err := approval.Attachments(ctx, s.db, ownerKind(ref), ref.ID)
	if err != nil {
		return approval.Attachment{}, nil, err
	}
	records, err := s.records(ctx, s.db, ref)
	if err != nil {
		return approval.Attachment{}, nil, err
	}
	for _, r := range records {
		list = append(list, r.Files...)
	}
	i := slices.IndexFunc(list, func(a approval.Attachment) bool { return a.ID == attachment })
	if i < 0 {
		return approval.Attachment{}, nil, fault.Missing("附件")
	}
	r, err := s.store.Open(ctx, list[i].Blob)
	return list[i], r, err
}
