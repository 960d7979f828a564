package lifecycle

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
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
	ChineseDomain  ItemKind = "chinese_domain"
	Mark           ItemKind = "mark"
	ICP            ItemKind = "icp"
	SecurityReport ItemKind = "security_report"
	PoliceFiling   ItemKind = "police_filing"
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
}

var itemInfos = []ItemInfo{
	{Kind: BasicInfoForm, Name: "政府网站基本信息表", Ask: "国务院办公厅批准文件号", Hint: "基本信息表经本级政府办公厅（室）逐级审核、报国务院办公厅批准后填写", Citation: sx2021.LaunchForm.Citation, Dated: true, Filed: true},
	{Kind: SiteCode, Name: "政府网站标识码", Ask: "标识码", Hint: "10 位：前 6 位区划代码，后 4 位顺序号", Citation: sx2021.LaunchSiteCode.Citation},
	{Kind: ChineseDomain, Name: "中文域名", Ask: "中文域名", Hint: "向编制部门申请注册，如 某某市商务局.政务", Citation: sx2021.LaunchDomain.Citation},
	{Kind: Mark, Name: "党政机关网站标识", Ask: "标识编号", Hint: "向编制部门申请加挂", Citation: sx2021.LaunchDomain.Citation},
	{Kind: ICP, Name: "ICP备案", Ask: "ICP备案编号", Hint: "向通信管理部门备案，如 陕ICP备05010001号", Citation: sx2021.LaunchICP.Citation},
	{Kind: SecurityReport, Name: "安全检测报告", Ask: "报告编号", Hint: "新开设网站未提供安全检测报告不得上线", Detail: "检测单位", Check: "检测结论为通过", Citation: sx2021.LaunchSecurity.Citation, Dated: true, Filed: true},
	{Kind: PoliceFiling, Name: "公安备案", Ask: "公安备案编号", Hint: "上线后在规定时间内办理，不影响上线", Citation: sx2021.LaunchICP.Citation},
	{Kind: LateStatement, Name: "逾期上线书面声明", Ask: "文号", Hint: "批准开设满 1 年未上线的，由主管单位向省政府办公厅作出书面声明", Check: "已加盖公章", Citation: sx2021.LaunchInOneYear.Citation, Dated: true, Filed: true},
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

// NoticePlace is one place the notice of opening must hang.
type NoticePlace struct {
	Place sx2021.Place
	Name  string
	URL   string
	First calendar.Date
	By    string
}

// Checklist is what a site needs before its launch and owes after it.
type Checklist struct {
	Site     registry.Site
	Items    []LaunchItem
	Bars     []rules.Breach // what speaks against a launch today
	Approved calendar.Date  // the province's consent; zero for sites of another origin
	LaunchBy calendar.Date
	// Notice after the launch: who publishes it, where, and from when it may
	// come down.
	Publisher org.Unit
	Places    []NoticePlace
	HangUntil calendar.Date
	// NoticeDone: the obligation has ended.
	NoticeDone bool
}

// startChecklist lays out the rows in the transaction of the approval. What the
// application already said is filled in.
func (s *Service) startChecklist(ctx context.Context, tx *db.Tx, site registry.Site, o Opening) error {
	for _, n := range itemInfos {
		if n.Kind == LateStatement {
			continue
		}
		if _, err := tx.Exec(ctx, `INSERT INTO launch_item (site_id, kind) VALUES ($1, $2)`, site.ID, n.Kind); err != nil {
			return fmt.Errorf("lifecycle: start checklist: %w", err)
		}
	}
	if o.ChineseDomain != "" {
		if _, err := tx.Exec(ctx, `UPDATE launch_item SET value = $3, done_by = $4, done_at = $5 WHERE site_id = $1 AND kind = $2`,
			site.ID, ChineseDomain, o.ChineseDomain, "开设申请", tx.Now()); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "lifecycle.launch.start", Target: site.Target(), Basis: sx2021.LaunchSiteCode.Citation})
}

func (s *Service) items(ctx context.Context, q db.Querier, site registry.SiteID) ([]LaunchItem, error) {
	list, err := db.All(ctx, q, func(r db.Scanner) (LaunchItem, error) {
		var i LaunchItem
		err := r.Scan(&i.Kind, &i.Value, &i.On, &i.Detail, &i.Passed, &i.Attachment, &i.FileName, &i.DoneBy, &i.DoneUnit, &i.DoneAt)
		return i, err
	}, `SELECT l.kind, l.value, l.on_date, l.detail, l.passed, COALESCE(l.attachment_id, ''), COALESCE(a.name, ''), l.done_by, l.done_by_unit, l.done_at
	      FROM launch_item l LEFT JOIN attachment a ON a.id = l.attachment_id WHERE l.site_id = $1`, site)
	if err != nil {
		return nil, err
	}
	order := func(k ItemKind) int {
		return slices.IndexFunc(itemInfos, func(n ItemInfo) bool { return n.Kind == k })
	}
	slices.SortFunc(list, func(a, b LaunchItem) int { return order(a.Kind) - order(b.Kind) })
	return list, nil
}

// Checklist of a site in scope.
func (s *Service) Checklist(ctx context.Context, scope authz.Scope, id registry.SiteID) (Checklist, error) {
	site, err := s.registry.Site(ctx, scope, id)
	if err != nil {
		return Checklist{}, err
	}
	return s.checklist(ctx, s.db, site, s.today())
}

func (s *Service) checklist(ctx context.Context, q db.Querier, site registry.Site, on calendar.Date) (Checklist, error) {
	out := Checklist{Site: site}
	var err error
	if out.Items, err = s.items(ctx, q, site.ID); err != nil {
		return out, err
	}
	if site.CaseID != "" {
		c, err := s.approvals.CaseTx(ctx, q, authz.System("lifecycle.checklist"), approval.CaseID(site.CaseID))
		if err != nil && !fault.Is(err, fault.NotFound) {
			return out, err
		}
		if out.Approved = calendar.DateOf(c.EndedAt); !out.Approved.IsZero() {
			out.LaunchBy = sx2021.LaunchBy(out.Approved)
		}
	}
	if site.State == registry.Planned {
		out.Bars = s.bars(out, on)
		if !out.LaunchBy.IsZero() && on.After(out.LaunchBy) && !slices.ContainsFunc(out.Items, func(i LaunchItem) bool { return i.Kind == LateStatement }) {
			out.Items = append(out.Items, LaunchItem{Kind: LateStatement})
		}
	}
	if !site.LaunchedOn.IsZero() {
		err = s.notice(ctx, q, &out)
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

// bars are the breaches of Article 7(3) and (4) that a launch on the day would
// be.
func (s *Service) bars(c Checklist, on calendar.Date) []rules.Breach {
	form, report := c.item(BasicInfoForm), c.item(SecurityReport)
	division := c.Site.AreaCode
	if len(division) > 6 {
		division = division[:6]
	}
	out := sx2021.CheckLaunch(sx2021.Launch{
		Object: sx2021.Site, On: on,
		FormApproved:  form.Done() && form.Value != "" && !form.On.IsZero(),
		Code:          sx2021.SiteCodeOf{Code: c.item(SiteCode).Value, Divisions: []string{division}},
		Report:        sx2021.SecurityReport{File: report.Attachment != "", Passed: report.Passed, Tester: report.Detail, On: report.On},
		ICP:           c.item(ICP).Value,
		ChineseDomain: c.item(ChineseDomain).Value,
	}, s.settings())
	if !c.Approved.IsZero() {
		st := c.item(LateStatement)
		out = append(out, sx2021.CheckLaunchTime(c.Approved, on, sx2021.WrittenReport{
			Number: st.Value, Sealed: st.Passed, Scan: st.Attachment != "", BySupervisor: st.Done(), On: st.On})...)
	}
	return rules.Binding(out, on)
}

// FillLaunchItem records one thing of the checklist; its number goes into the
// ledger at once. upload may be nil. The file kept earlier stays unless a new
// one comes.
func (s *Service) FillLaunchItem(ctx context.Context, scope authz.Scope, id registry.SiteID, n LaunchItem, upload *approval.Upload) (Checklist, error) {
	info, ok := Info(n.Kind)
	if !ok {
		return Checklist{}, fault.Missing("上线清单事项")
	}
	site, err := s.registry.Site(ctx, scope, id)
	if err != nil {
		return Checklist{}, err
	}
	if err := n.check(info, site, s.today()); err != nil {
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
		// Inside again: the site may have been launched in between.
		if site, err = s.registry.SiteTx(ctx, tx, scope, id); err != nil {
			return err
		}
		if err := fillable(site, n.Kind); err != nil {
			return err
		}
		before, err := s.items(ctx, tx, id)
		if err != nil {
			return err
		}
		old := Checklist{Items: before}.item(n.Kind)
		n.Attachment = old.Attachment
		if upload != nil {
			file.OwnerKind, file.OwnerID = "site", string(id)
			kept, err := approval.Attach(ctx, tx, file)
			if err != nil {
				return err
			}
			n.Attachment = kept.ID
		}
		if info.Filed && n.Attachment == "" {
			return fault.Newf(fault.Invalid, "请上传%s扫描件。", info.Name).On("file", "请上传"+info.Name+"扫描件")
		}
		if err := s.writeItem(ctx, tx, site, old, n); err != nil {
			return err
		}
		if site, err = s.intoLedger(ctx, tx, scope, site, n); err != nil {
			return onValue(err)
		}
		if n.Kind == PoliceFiling {
			if _, err := s.obligations.Discharge(ctx, tx, PoliceFilingObligation.ID, subjectOf(site), "公安备案编号 "+n.Value); err != nil {
				return err
			}
		}
		out, err = s.checklist(ctx, tx, site, calendar.DateOf(tx.Now()))
		return err
	})
	return out, err
}

// fillable says why an item cannot be filled in any more: after the launch only
// the police filing is still open; the numbers are then mended in the ledger.
func fillable(site registry.Site, k ItemKind) error {
	if site.State == registry.Planned || site.State == registry.Running && k == PoliceFiling {
		return nil
	}
	return fault.New(fault.Conflict, "网站现在的状态是“"+site.StateName()+"”，上线清单不能再改；编号变更请到台账中办理。")
}

func (n *LaunchItem) check(info ItemInfo, site registry.Site, today calendar.Date) error {
	var f fault.Fields
	n.Value, n.Detail = strings.TrimSpace(n.Value), strings.TrimSpace(n.Detail)
	f.Check(n.Value != "", "value", "请填写"+info.Ask)
	f.Check(len([]rune(n.Value)) <= 120, "value", info.Ask+"超过 120 字，请核对")
	f.Check(info.Detail == "" || n.Detail != "", "detail", "请填写"+info.Detail)
	f.Check(len([]rune(n.Detail)) <= 120, "detail", info.Detail+"超过 120 字，请压缩")
	if info.Dated {
		f.Check(!n.On.IsZero(), "on", "请填写文件日期")
		f.Check(!n.On.After(today), "on", "文件日期晚于今天，请核对")
	}
	switch n.Kind {
	case SiteCode:
		division := site.AreaCode
		if len(division) > 6 {
			division = division[:6]
		}
		if b := sx2021.CheckSiteCode(sx2021.SiteCodeOf{Code: n.Value, Divisions: []string{division}}); n.Value != "" && len(b) > 0 {
			return fault.New(fault.Invalid, b[0].Detail).On("value", b[0].Detail).Because(rules.Reasons(b)...)
		}
	case ChineseDomain:
		if n.Value != "" && !isChineseDomain(n.Value) {
			f.Add("value", "中文域名不符合格式，应像 某某市商务局.政务")
		}
	}
	return f.Err()
}

func (s *Service) writeItem(ctx context.Context, tx *db.Tx, site registry.Site, old, n LaunchItem) error {
	actor, ok := audit.ActorFrom(ctx)
	if !ok {
		return audit.ErrNoActor
	}
	unit, _ := authz.SessionFrom(ctx).Unit()
	if n.Kind == LateStatement {
		// 由主管单位出具: the post that acts must be the supervisor's.
		supervisor, err := s.supervisorOf(ctx, tx, site)
		if err != nil {
			return err
		}
		if session := authz.SessionFrom(ctx); session == nil || !slices.ContainsFunc(session.Posts, func(p authz.Post) bool { return p.UnitID == string(supervisor.ID) }) {
			return fault.New(fault.Refused, "书面声明应由主管单位“"+supervisor.Name+"”出具并登记。").Because(sx2021.LaunchInOneYear.Breach("声明由主管单位向省政府办公厅作出。").Reason())
		}
		unit = string(supervisor.ID)
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO launch_item (site_id, kind, value, on_date, detail, passed, attachment_id, done_by, done_by_unit, done_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (site_id, kind) DO UPDATE SET value = excluded.value, on_date = excluded.on_date, detail = excluded.detail, passed = excluded.passed,
		       attachment_id = excluded.attachment_id, done_by = excluded.done_by, done_by_unit = excluded.done_by_unit, done_at = excluded.done_at`,
		site.ID, n.Kind, n.Value, n.On, n.Detail, n.Passed, db.Null(n.Attachment), actor.Name, unit, tx.Now()); err != nil {
		return fmt.Errorf("lifecycle: fill launch item: %w", err)
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "lifecycle.launch." + string(n.Kind), Target: site.Target(), Basis: n.Info().Citation, Before: old, After: n})
}

// supervisorOf is the office that supervises the site: of the same level, or
// the next one up for a government's own portal (readings 1). The province
// supervises its own.
func (s *Service) supervisorOf(ctx context.Context, q db.Querier, site registry.Site) (org.Unit, error) {
	u, err := s.org.UnitTx(ctx, q, authz.System("lifecycle.supervisor"), site.Unit)
	if err != nil {
		return org.Unit{}, err
	}
	if site.Kind == registry.Portal {
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
func (s *Service) intoLedger(ctx context.Context, tx *db.Tx, scope authz.Scope, site registry.Site, n LaunchItem) (registry.Site, error) {
	ids := registry.Identifiers{Name: site.Name, Host: site.Host, ChineseDomain: site.ChineseDomain, SiteCode: site.SiteCode, ICP: site.ICP,
		PoliceFiling: site.PoliceFiling, PartyGovMark: site.PartyGovMark, Contact: site.Contact, Address: site.Address, Slug: site.Slug, Hosted: site.Hosted}
	switch n.Kind {
	case SiteCode:
		ids.SiteCode = n.Value
	case ChineseDomain:
		ids.ChineseDomain = n.Value
	case Mark:
		ids.PartyGovMark = n.Value
	case ICP:
		ids.ICP = n.Value
	case PoliceFiling:
		ids.PoliceFiling = n.Value
	default:
		return site, nil
	}
	ids.Why = registry.Why{Says: "上线清单登记", Source: registry.ByPerson}
	return s.registry.SetIdentifiers(ctx, tx, scope, site.ID, ids)
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

// Launch puts the site formally online, unless something bars it; then it says
// what. It ends the one-year clock and opens those that follow.
func (s *Service) Launch(ctx context.Context, scope authz.Scope, id registry.SiteID) (registry.Site, error) {
	var site registry.Site
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if site, err = s.registry.SiteTx(ctx, tx, scope, id); err != nil {
			return err
		}
		today := calendar.DateOf(tx.Now())
		c, err := s.checklist(ctx, tx, site, today)
		if err != nil {
			return err
		}
		if err := rules.Refuse(c.Bars); err != nil {
			return err
		}
		if site, err = s.registry.Launch(ctx, tx, scope, id, passage.Note{Says: "上线清单齐备", CaseID: site.CaseID}); err != nil {
			return err
		}
		if _, err := s.obligations.Discharge(ctx, tx, LaunchObligation.ID, subjectOf(site), "已上线，标识码 "+c.item(SiteCode).Value); err != nil {
			return err
		}
		if site.PoliceFiling == "" {
			if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: PoliceFilingObligation.ID, Unit: site.Unit, Subject: subjectOf(site),
				Link: launchLink(id), Due: calendar.Due{On: sx2021.PoliceFilingBy(today, s.settings())}}); err != nil {
				return err
			}
		}
		publisher, postings, err := s.publisher(ctx, tx, site)
		if err != nil || len(postings) == 0 {
			return err
		}
		// The text sets no last day for the first publication; thirty days are
		// counted from the launch, so a notice hung at once ends in time.
		return s.obligations.Open(ctx, tx, obligation.Debt{Kind: LaunchNoticeObligation.ID, Unit: publisher.ID, Subject: subjectOf(site),
			Link: launchLink(id), Due: calendar.Due{On: sx2021.HangUntil(today, sx2021.NoticeDays, nil)}})
	})
	return site, err
}

// publisher is who owes the notice of opening, and where (readings 2).
func (s *Service) publisher(ctx context.Context, q db.Querier, site registry.Site) (org.Unit, []sx2021.Posting, error) {
	u, err := s.org.UnitTx(ctx, q, authz.System("lifecycle.publisher"), site.Unit)
	if err != nil {
		return org.Unit{}, nil, err
	}
	list := sx2021.Postings(sx2021.OpeningNotice, sx2021.Noticed{Object: sx2021.Site, OfGovernment: site.Kind == registry.Portal, Top: u.Level == org.Province}, s.settings())
	if len(list) == 0 {
		return org.Unit{}, nil, nil
	}
	if list[0].Publisher == sx2021.BySuperiorOffice {
		office, _, err := s.org.SuperiorOffice(ctx, q, u)
		return office, list, err
	}
	office, err := s.org.SameLevelOffice(ctx, q, u)
	return office, list, err
}

var placeNames = map[sx2021.Place]string{
	sx2021.LevelPortal: "本级政府门户网站首页", sx2021.LevelAccount: "本级政府政务新媒体",
	sx2021.SuperiorPortal: "上级政府门户网站首页", sx2021.SuperiorAccount: "上级政府政务新媒体",
}

// notice reads how the notice of opening stands.
func (s *Service) notice(ctx context.Context, q db.Querier, c *Checklist) error {
	publisher, postings, err := s.publisher(ctx, q, c.Site)
	if err != nil || len(postings) == 0 || c.Site.CaseID == "" {
		return err
	}
	c.Publisher = publisher
	hung, err := db.All(ctx, q, func(r db.Scanner) (NoticePlace, error) {
		var p NoticePlace
		err := r.Scan(&p.Place, &p.URL, &p.First, &p.By)
		return p, err
	}, `SELECT place, url, first_on, recorded_by FROM launch_notice WHERE site_id = $1`, c.Site.ID)
	if err != nil {
		return err
	}
	var last calendar.Date
	all := true
	for _, place := range postings[0].All {
		p := NoticePlace{Place: place, Name: placeNames[place]}
		if i := slices.IndexFunc(hung, func(h NoticePlace) bool { return h.Place == place }); i >= 0 {
			p.URL, p.First, p.By = hung[i].URL, hung[i].First, hung[i].By
			if p.First.After(last) {
				last = p.First
			}
		} else {
			all = false
		}
		c.Places = append(c.Places, p)
	}
	if all {
		c.HangUntil = sx2021.HangUntil(last, sx2021.NoticeDays, nil)
	}
	n, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM obligation WHERE kind = $1 AND subject_kind = 'site' AND subject_id = $2 AND state = 'discharged'`, LaunchNoticeObligation.ID, c.Site.ID)
	c.NoticeDone = n > 0
	return err
}

// MayPublish reports whether the person acts for the office that owes the
// notice.
func MayPublish(session *authz.Session, c Checklist) bool {
	return session != nil && c.Publisher.ID != "" && slices.ContainsFunc(session.Posts, func(p authz.Post) bool {
		one := authz.Session{Posts: []authz.Post{p}}
		return p.UnitID == string(c.Publisher.ID) && one.May(authz.LaunchManage)
	})
}

// PostNotice records where and since when the notice of opening hangs. Only
// the office that owes it records it.
func (s *Service) PostNotice(ctx context.Context, scope authz.Scope, id registry.SiteID, place sx2021.Place, address string, first calendar.Date) (Checklist, error) {
	var out Checklist
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		site, c, err := s.noticed(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		var f fault.Fields
		u, err := url.Parse(strings.TrimSpace(address))
		f.Check(err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && len(address) <= 500, "url", "请填写公告的完整网址，以 http:// 或 https:// 开头")
		f.Check(slices.ContainsFunc(c.Places, func(p NoticePlace) bool { return p.Place == place }), "place", "请选择公告位置")
		today := calendar.DateOf(tx.Now())
		f.Check(!first.IsZero() && !first.After(today) && !first.Before(site.LaunchedOn), "first", "首次发布日期应在上线之日至今天之间")
		if err := f.Err(); err != nil {
			return err
		}
		actor, _ := audit.ActorFrom(ctx)
		if _, err := tx.Exec(ctx, `
			INSERT INTO launch_notice (site_id, place, url, first_on, recorded_by, recorded_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (site_id, place) DO UPDATE SET url = excluded.url, first_on = excluded.first_on, recorded_by = excluded.recorded_by, recorded_at = excluded.recorded_at`,
			id, place, u.String(), first, actor.Name, tx.Now()); err != nil {
			return fmt.Errorf("lifecycle: post notice: %w", err)
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "lifecycle.notice.post", Target: site.Target(), Basis: sx2021.OpeningPlaces.Citation,
			After: map[string]any{"place": place, "url": u.String(), "first": first}}); err != nil {
			return err
		}
		out, err = s.checklist(ctx, tx, site, today)
		return err
	})
	return out, err
}

// ConfirmNotice ends the duty once the notice has hung its thirty days in every
// place.
func (s *Service) ConfirmNotice(ctx context.Context, scope authz.Scope, id registry.SiteID) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		site, c, err := s.noticed(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		var hung []sx2021.Place
		var last calendar.Date
		var where []string
		for _, p := range c.Places {
			if p.First.IsZero() {
				continue
			}
			hung, where = append(hung, p.Place), append(where, p.URL)
			if p.First.After(last) {
				last = p.First
			}
		}
		u, err := s.org.UnitTx(ctx, tx, authz.System("lifecycle.notice"), site.Unit)
		if err != nil {
			return err
		}
		breaches := sx2021.CheckOpeningNotice(sx2021.Noticed{Object: sx2021.Site, OfGovernment: site.Kind == registry.Portal, Top: u.Level == org.Province}, hung, s.settings())
		breaches = append(breaches, sx2021.CheckTakeDown(sx2021.OpeningNotice, last, nil, calendar.DateOf(tx.Now()))...)
		if err := rules.Refuse(breaches); err != nil {
			return err
		}
		ok, err := s.obligations.Discharge(ctx, tx, LaunchNoticeObligation.ID, subjectOf(site), strings.Join(where, " "))
		if err == nil && !ok {
			return fault.New(fault.Conflict, "这项公告义务已经办结。")
		}
		return err
	})
}

func (s *Service) noticed(ctx context.Context, tx *db.Tx, scope authz.Scope, id registry.SiteID) (registry.Site, Checklist, error) {
	site, err := s.registry.SiteTx(ctx, tx, scope, id)
	if err != nil {
		return site, Checklist{}, err
	}
	c, err := s.checklist(ctx, tx, site, calendar.DateOf(tx.Now()))
	if err != nil {
		return site, c, err
	}
	if len(c.Places) == 0 {
		return site, c, fault.New(fault.Conflict, "网站尚未上线，或不需要发布开通公告。")
	}
	if !MayPublish(authz.SessionFrom(ctx), c) {
		return site, c, fault.Newf(fault.Forbidden, "开通公告由“%s”发布并登记。", c.Publisher.Name)
	}
	return site, c, nil
}

// OpenFile reads one file of a site's checklist, the site being in scope.
func (s *Service) OpenFile(ctx context.Context, scope authz.Scope, id registry.SiteID, attachment string) (approval.Attachment, io.ReadCloser, error) {
	if _, err := s.registry.Site(ctx, scope, id); err != nil {
		return approval.Attachment{}, nil, err
	}
	list, err := approval.Attachments(ctx, s.db, "site", string(id))
	if err != nil {
		return approval.Attachment{}, nil, err
	}
	i := slices.IndexFunc(list, func(a approval.Attachment) bool { return a.ID == attachment })
	if i < 0 {
		return approval.Attachment{}, nil, fault.Missing("附件")
	}
	r, err := s.store.Open(ctx, list[i].Blob)
	return list[i], r, err
}
