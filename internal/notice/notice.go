package notice

import (
	"context"
	"fmt"
	"net/url"
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
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/library"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// ID identifies one notice of one publisher.
type ID string

// PlaceID identifies one place a notice hangs at.
type PlaceID string

// States of a notice.
const (
	Owed     = "owed"     // not yet registered in every place it needs
	Hanging  = "hanging"  // registered everywhere, under daily watch
	Complete = "complete" // its days are full
	Released = "released" // no longer needed: the object is back
	Void     = "void"     // what it was about ended otherwise
)

// Machine is the declared states of a notice.
var Machine = passage.Machine{
	Kind: "notice", Noun: "公告",
	States: map[string]string{Owed: "待发布", Hanging: "悬挂中", Complete: "期满", Released: "已解除", Void: "不再需要"},
	Moves: []passage.Move{
		{From: "", Act: "owe", To: Owed, Says: "产生公告义务", Guard: "开通、下线或关停的办理", Permit: "system"},
		{From: Owed, Act: "hang", To: Hanging, Says: "各处均已登记", Guard: "所需位置都有网址", Permit: string(authz.NoticePost)},
		{From: Hanging, Act: "complete", To: Complete, Says: "悬挂期满", Guard: "各处悬挂天数已足", Permit: "system"},
		{From: Owed, Act: "release", To: Released, Says: "解除", Guard: "网站（账号）已恢复", Permit: "system"},
		{From: Hanging, Act: "release", To: Released, Says: "解除", Guard: "网站（账号）已恢复", Permit: "system"},
		{From: Owed, Act: "annul", To: Void, Says: "作废", Guard: "所依据的事项已终止", Permit: "system"},
		{From: Hanging, Act: "annul", To: Void, Says: "作废", Guard: "所依据的事项已终止", Permit: "system"},
	},
}

// The clocks of the notices. The reminders are the house's choice; the periods
// stand in sx2021.
var (
	LaunchNotice = obligation.Kind{
		ID: "launch_notice", Name: "发布开通公告", Clause: "S7.4b", Citation: sx2021.OpeningPlaces.Citation,
		Says: "在首页显著位置悬挂开通公告，不少于30天", Remind: []int{29, 25, 0}, Escalate: 1,
	}
	OfflineNotice = obligation.Kind{
		ID: "offline_notice", Name: "发布临时下线公告", Clause: "S8.1d", Citation: sx2021.OfflineNotices.Citation,
		Says: "在本网站（账号）和本级政府门户网站（账号）发布下线公告，恢复前不得撤下", Remind: []int{1, 0}, Escalate: 1,
	}
	ClosureNotice = obligation.Kind{
		ID: "closure_notice", Name: "悬挂关停迁移公告", Clause: "S8.3c", Citation: sx2021.ClosureNoticeHung.Citation,
		Says: "在首页显著位置悬挂关停迁移公告，不少于30天", Remind: []int{29, 25, 0}, Escalate: 1,
	}
	DestinationNotice = obligation.Kind{
		ID: "destination_notice", Name: "发布内容去向公告", Clause: "S8.3f", Citation: sx2021.ClosureDestination.Citation,
		Says: "在本级政府门户网站或政务新媒体公告原有内容去向", Remind: []int{29, 25, 0}, Escalate: 1,
	}
)

// Obligations are the clocks this package opens.
func Obligations() []obligation.Kind {
	return []obligation.Kind{LaunchNotice, OfflineNotice, ClosureNotice, DestinationNotice}
}

func clockOf(k sx2021.NoticeKind) obligation.Kind {
	switch k {
	case sx2021.OfflineNotice:
		return OfflineNotice
	case sx2021.ClosureNotice:
		return ClosureNotice
	case sx2021.DestinationNotice:
		return DestinationNotice
	}
	return LaunchNotice
}

// Citation is the clause a notice of the kind rests on.
func Citation(k sx2021.NoticeKind) string { return clockOf(k).Citation }

var kindNames = map[sx2021.NoticeKind]string{
	sx2021.OpeningNotice: "开通公告", sx2021.OfflineNotice: "临时下线公告", sx2021.ClosureNotice: "关停迁移公告", sx2021.DestinationNotice: "内容去向公告",
}

// KindName is a kind in Chinese.
func KindName(k sx2021.NoticeKind) string { return kindNames[k] }

// KindOrder is the kinds in screen order.
var KindOrder = []sx2021.NoticeKind{sx2021.OpeningNotice, sx2021.OfflineNotice, sx2021.ClosureNotice, sx2021.DestinationNotice}

// Notice is what one publisher owes.
type Notice struct {
	ID            ID
	Kind          sx2021.NoticeKind
	Object        registry.Ref
	ObjectName    string
	Unit          org.UnitID // sponsor
	UnitName      string     // joined
	Publisher     sx2021.Publisher
	PublisherID   org.UnitID
	PublisherName string // joined
	CaseID        string
	Title         string
	Days          int // 0: until the object is back
	Pinned        bool
	Clause        string
	State         string
	OpenedAt      time.Time
	OpenedOn      calendar.Date
	DueOn         calendar.Date
	HangUntil     calendar.Date // once it hangs in every place
	EndedAt       time.Time
	EndedWhy      string
	pubPath       string // of the publisher
	pubLine       string
	unitPath      string
	unitLine      string
}

// StateName is the state in Chinese.
func (n Notice) StateName() string { return Machine.Name(n.State) }

// Link is the notice's page in the console.
func (n Notice) Link() string { return "/console/notices/" + string(n.ID) }

// Target names the notice in the trail.
func (n Notice) Target() audit.Target {
	return audit.Target{Kind: "notice", ID: string(n.ID), Name: n.Name(), Unit: string(n.PublisherID)}
}

// Name is the notice in words: which one, about what.
func (n Notice) Name() string { return kindNames[n.Kind] + "：" + n.ObjectName }

// Active reports whether it is still owed or watched.
func (n Notice) Active() bool { return n.State == Owed || n.State == Hanging }

func (n Notice) subject() obligation.Subject {
	return obligation.Subject{Kind: "notice", ID: string(n.ID), Name: n.ObjectName}
}

// In reports whether the notice concerns the scope: its publisher's or its
// sponsor's unit lies there.
func (n Notice) In(scope authz.Scope) bool {
	return scope.Covers(n.pubPath, n.pubLine) || scope.Covers(n.unitPath, n.unitLine)
}

// Place is where a notice hangs.
type Place struct {
	ID          PlaceID
	Notice      ID
	Place       sx2021.Place
	Alternative bool            // one of several that will do
	Site        registry.SiteID // whose home page must show it; empty for accounts
	SiteName    string          // joined
	Host        string          // joined
	URL         string
	ClaimedOn   calendar.Date
	FirstOn     calendar.Date // confirmed
	Basis       string        // release, fetch, receipt
	Pinned      bool
	PostedBy    string
	PostedAt    time.Time
	LookAt      time.Time
	SeenAt      time.Time
	ReceiptAt   time.Time
}

// Name is the place in Chinese.
func (p Place) Name() string { return sx2021.PlaceName(p.Place) }

// OnSite reports whether the place is a website with a home page.
func (p Place) OnSite() bool { return p.Site != "" }

// How the first day was learnt.
const (
	ByRelease = "release" // our own publishing record
	ByFetch   = "fetch"   // a claimed day, confirmed by a fetch
	ByReceipt = "receipt" // a screenshot kept by a named person
	ByRecord  = "record"  // recorded by a named person before notices were watched
)

// Fetcher is the inspector's safe client. It is asked without regard to
// robots.txt: a notice is looked for once a day at the few pages of our own
// ledger's sites that owe it, which are asked by agreement and may not keep from
// us what they must show to everybody.
type Fetcher interface {
	Get(ctx context.Context, rawURL string, o egress.Options) (*egress.Response, error)
}

// Service is the door of notice.
type Service struct {
	db          *db.DB
	org         *org.Service
	registry    *registry.Service
	obligations *obligation.Service
	inspection  *inspection.Service
	store       blob.Store
	fetch       Fetcher
	settings    func() sx2021.Settings
	origin      func(registry.Site) string
	released    func(ctx context.Context, address string) (calendar.Date, bool, error)
	library     *library.Service
	onDuty      func(ctx context.Context, q db.Querier, site registry.SiteID) ([]org.Person, error)
	shown       []func(ctx context.Context, tx *db.Tx, site registry.SiteID) error
}

// OnShown registers who is told, in the transaction of the act, that the
// notices of a site changed: one was posted there, or ended; at start.
func (s *Service) OnShown(f func(ctx context.Context, tx *db.Tx, site registry.SiteID) error) {
	s.shown = append(s.shown, f)
}

func (s *Service) tellSites(ctx context.Context, tx *db.Tx, id ID) error {
	list, err := places(ctx, tx, id)
	if err != nil {
		return err
	}
	for _, p := range list {
		if !p.OnSite() || p.URL == "" {
			continue
		}
		for _, f := range s.shown {
			if err := f(ctx, tx, p.Site); err != nil {
				return err
			}
		}
	}
	return nil
}

// mostOnSite bounds the notices that a site lists.
const mostOnSite = 300

// Posted is a notice as it hangs, or hung, on a site.
type Posted struct {
	Notice
	URL   string
	Since calendar.Date
}

// Announced are the notices that were posted on a site and that readers can open
// there, newest first. Public: they are published there.
func (s *Service) Announced(ctx context.Context, q db.Querier, site registry.SiteID) ([]Posted, error) {
	type row struct {
		id    ID
		url   string
		since calendar.Date
	}
	rows, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var v row
		return v, r.Scan(&v.id, &v.url, &v.since)
	}, `SELECT p.notice_id, p.url, COALESCE(p.first_on, p.claimed_on) FROM notice_place p JOIN notice n ON n.id = p.notice_id WHERE p.site_id = $1 AND p.url <> '' ORDER BY n.opened_at DESC, n.id DESC LIMIT $2`, site, mostOnSite)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	list, err := db.All(ctx, q, scanNotice, noticeSelect+` WHERE n.id IN (SELECT p.notice_id FROM notice_place p WHERE p.site_id = $1 AND p.url <> '')`, site)
	if err != nil {
		return nil, err
	}
	by := map[ID]Notice{}
	for _, n := range list {
		by[n.ID] = n
	}
	var out []Posted
	pages := make([]Place, len(rows))
	for i, r := range rows {
		pages[i] = Place{Site: site, URL: r.url}
	}
	shut, err := s.shut(ctx, q, pages)
	if err != nil {
		return nil, err
	}
	for i, r := range rows {
		if n, ok := by[r.id]; ok && !shut[pages[i].page()] {
			out = append(out, Posted{n, r.url, r.since})
		}
	}
	return out, nil
}

// Parts are what the service stands on.
type Parts struct {
	DB          *db.DB
	Org         *org.Service
	Registry    *registry.Service
	Obligations *obligation.Service
	Inspection  *inspection.Service // raises findings; nil: none are raised
	Library     *library.Service    // whose pages the notices are; nil: not known
	Store       blob.Store
	Fetch       Fetcher
	Settings    func() sx2021.Settings
	// OnDuty are who stands on duty for a site now; one without an ID is everyone at
	// that unit. May be nil.
	OnDuty func(ctx context.Context, q db.Querier, site registry.SiteID) ([]org.Person, error)
	// Origin says at which origin a site is reached when that is not http at its
	// host; nil or "" leaves it there.
	Origin func(registry.Site) string
	// Released is the day our own publishing released the page at an address; ok
	// is false for pages we do not publish. May be nil.
	Released func(ctx context.Context, address string) (calendar.Date, bool, error)
}

// New makes the service.
func New(p Parts) *Service {
	return &Service{db: p.DB, org: p.Org, registry: p.Registry, obligations: p.Obligations, inspection: p.Inspection,
		store: p.Store, fetch: p.Fetch, settings: p.Settings, origin: p.Origin, released: p.Released, library: p.Library, onDuty: p.OnDuty}
}

// Debt is a notice, or the several notices, that an act makes owed.
type Debt struct {
	Kind          sx2021.NoticeKind
	Object        registry.Object
	OfGovernment  bool // the portal or account of a government
	IsLevelPortal bool // the object is itself the portal of its level
	Top           bool // of the provincial government itself
	Case          approval.CaseID
	Title         string // as it should read; made from kind and name when empty
	// By is the day by which it must hang; the day of the act when zero.
	By calendar.Date
}

// Owe opens a notice for each publisher the law names, with its places and its
// clock, in the act's transaction. One that is already owed for the same case is
// left as it is. No notice is owed by the province for its own portal.
func (s *Service) Owe(ctx context.Context, tx *db.Tx, n Debt) ([]ID, error) {
	o := n.Object
	sponsor, err := s.org.UnitTx(ctx, tx, authz.System("notice.owe"), o.Unit)
	if err != nil {
		return nil, err
	}
	if n.Title == "" {
		n.Title = "关于" + o.Name + strings.TrimSuffix(kindNames[n.Kind], "公告") + "的公告"
	}
	if n.By.IsZero() {
		n.By = calendar.DateOf(tx.Now())
	}
	var out []ID
	for _, p := range sx2021.Postings(n.Kind, sx2021.Noticed{Object: o.Kind, OfGovernment: n.OfGovernment, IsLevelPortal: n.IsLevelPortal, Top: n.Top}, s.settings()) {
		publisher, err := s.publisher(ctx, tx, sponsor, p.Publisher)
		if err != nil {
			return nil, err
		}
		id, err := s.open(ctx, tx, n, p, sponsor, publisher)
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, nil
}

// publisher is the unit that owes a posting. A government acts through its
// office (Article 6).
func (s *Service) publisher(ctx context.Context, q db.Querier, sponsor org.Unit, p sx2021.Publisher) (org.Unit, error) {
	switch p {
	case sx2021.BySameLevel:
		return s.org.SameLevelOffice(ctx, q, sponsor)
	case sx2021.BySuperiorOffice:
		office, ok, err := s.org.SuperiorOffice(ctx, q, sponsor)
		if err == nil && !ok {
			return s.org.SameLevelOffice(ctx, q, sponsor)
		}
		return office, err
	}
	if sponsor.Kind == org.Government {
		office, err := s.org.SameLevelOffice(ctx, q, sponsor)
		if err == nil || !fault.Is(err, fault.NotFound) {
			return office, err
		}
	}
	return sponsor, nil
}

func (s *Service) open(ctx context.Context, tx *db.Tx, d Debt, p sx2021.Posting, sponsor, publisher org.Unit) (ID, error) {
	known, err := db.One(ctx, tx, db.Value[ID], `SELECT id FROM notice WHERE kind = $1 AND object_kind = $2 AND object_id = $3 AND case_id = $4 AND publisher = $5 AND state IN ('owed', 'hanging')`,
		d.Kind, d.Object.Kind, d.Object.ID, d.Case, p.Publisher)
	if err == nil || !db.None(err) {
		return known, err
	}
	n := Notice{ID: ID(ulid.Make().String()), Kind: d.Kind, Object: d.Object.Ref, ObjectName: d.Object.Name, Unit: sponsor.ID, Publisher: p.Publisher, PublisherID: publisher.ID,
		CaseID: string(d.Case), Title: d.Title, Days: p.Days, Pinned: p.Pinned, Clause: p.Clause, OpenedAt: tx.Now(), OpenedOn: calendar.DateOf(tx.Now()), DueOn: d.By}
	if n.Days > 0 {
		// The text sets no last day for the first publication: thirty days from the
		// act, so a notice hung at once ends in time.
		n.DueOn = sx2021.HangUntil(d.By, n.Days, nil)
	}
	if _, n.State, err = Machine.Take(ctx, tx, string(n.ID), "owe", passage.Note{CaseID: n.CaseID}); err != nil {
		return "", err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO notice (id, kind, object_kind, object_id, object_name, unit_id, publisher, publisher_id, case_id, title, days, pinned, clause, state, opened_at, opened_on, due_on)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
		n.ID, n.Kind, n.Object.Kind, n.Object.ID, n.ObjectName, n.Unit, n.Publisher, n.PublisherID, n.CaseID, n.Title, n.Days, n.Pinned, n.Clause, n.State, n.OpenedAt, n.OpenedOn, n.DueOn); err != nil {
		return "", fmt.Errorf("notice: open: %w", err)
	}
	add := func(place sx2021.Place, alternative bool) error {
		site, err := s.siteOf(ctx, tx, place, d.Object, publisher, p.Publisher)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO notice_place (id, notice_id, place, alternative, site_id) VALUES ($1, $2, $3, $4, $5)`, ulid.Make().String(), n.ID, place, alternative, db.Null(site))
		return err
	}
	for _, place := range p.All {
		if err := add(place, false); err != nil {
			return "", err
		}
	}
	for _, place := range p.AnyOf {
		if err := add(place, true); err != nil {
			return "", err
		}
	}
	if err := audit.Record(ctx, tx, audit.Entry{Act: "notice.owe", Target: n.Target(), Basis: clockOf(n.Kind).Citation, After: n}); err != nil {
		return "", err
	}
	return n.ID, s.obligations.Open(ctx, tx, obligation.Debt{Kind: clockOf(n.Kind).ID, Unit: publisher.ID, Subject: n.subject(), Link: n.Link(), Due: calendar.Due{On: n.DueOn}})
}

// siteOf is the site whose home page must show the notice: the object itself,
// the portal of the publisher's level, or that of the level above. A level that
// has none in the ledger leaves it open.
func (s *Service) siteOf(ctx context.Context, q db.Querier, place sx2021.Place, o registry.Object, publisher org.Unit, by sx2021.Publisher) (registry.SiteID, error) {
	area := publisher.Area
	switch place {
	case sx2021.OwnHome:
		if o.Kind == sx2021.Site {
			return registry.SiteID(o.ID), nil
		}
		return "", nil
	case sx2021.LevelAccount, sx2021.SuperiorAccount:
		return "", nil
	case sx2021.SuperiorPortal:
		if by != sx2021.BySuperiorOffice {
			above, ok, err := s.org.SuperiorOffice(ctx, q, publisher)
			if err != nil || !ok {
				return "", err
			}
			area = above.Area
		}
	}
	site, err := s.registry.PortalOf(ctx, q, authz.System("notice.place"), area)
	if fault.Is(err, fault.NotFound) {
		return "", nil
	}
	return site.ID, err
}

const noticeSelect = `
	SELECT n.id, n.kind, n.object_kind, n.object_id, n.object_name, n.unit_id, u.name, n.publisher, n.publisher_id, p.name, n.case_id, n.title, n.days, n.pinned, n.clause,
	       n.state, n.opened_at, n.opened_on, n.due_on, n.hang_until, n.ended_at, n.ended_why, p.area_path, p.line_path, u.area_path, u.line_path
	  FROM notice n JOIN unit u ON u.id = n.unit_id JOIN unit p ON p.id = n.publisher_id`

func scanNotice(r db.Scanner) (Notice, error) {
	var n Notice
	err := r.Scan(&n.ID, &n.Kind, &n.Object.Kind, &n.Object.ID, &n.ObjectName, &n.Unit, &n.UnitName, &n.Publisher, &n.PublisherID, &n.PublisherName, &n.CaseID, &n.Title, &n.Days, &n.Pinned, &n.Clause,
		&n.State, &n.OpenedAt, &n.OpenedOn, &n.DueOn, &n.HangUntil, &n.EndedAt, &n.EndedWhy, &n.pubPath, &n.pubLine, &n.unitPath, &n.unitLine)
	return n, err
}

const placeSelect = `
	SELECT p.id, p.notice_id, p.place, p.alternative, COALESCE(p.site_id, ''), COALESCE(s.name, ''), COALESCE(s.host, ''), p.url, p.claimed_on, p.first_on, p.basis, p.pinned,
	       p.posted_by, p.posted_at, p.look_at, p.seen_at, p.receipt_at
	  FROM notice_place p LEFT JOIN site s ON s.id = p.site_id`

func scanPlace(r db.Scanner) (Place, error) {
	var p Place
	err := r.Scan(&p.ID, &p.Notice, &p.Place, &p.Alternative, &p.Site, &p.SiteName, &p.Host, &p.URL, &p.ClaimedOn, &p.FirstOn, &p.Basis, &p.Pinned,
		&p.PostedBy, &p.PostedAt, &p.LookAt, &p.SeenAt, &p.ReceiptAt)
	return p, err
}

// Notice in scope.
func (s *Service) Notice(ctx context.Context, q db.Querier, scope authz.Scope, id ID) (Notice, error) {
	n, err := db.One(ctx, q, scanNotice, noticeSelect+` WHERE n.id = $1`, id)
	if db.None(err) || err == nil && !n.In(scope) {
		return Notice{}, fault.Missing("公告")
	}
	return n, err
}

func places(ctx context.Context, q db.Querier, id ID) ([]Place, error) {
	return db.All(ctx, q, scanPlace, placeSelect+` WHERE p.notice_id = $1 ORDER BY p.alternative, p.id`, id)
}

// MayPost reports whether the session acts for the publisher: a post with the
// permission at the unit itself or at the body that set it up.
func MayPost(session *authz.Session, n Notice) bool {
	return session != nil && n.pubPath != "" && slices.ContainsFunc(session.Posts, func(p authz.Post) bool {
		one := authz.Session{Posts: []authz.Post{p}}
		return strings.Contains(p.AreaPath, "@") && strings.HasPrefix(n.pubPath, p.AreaPath) && one.May(authz.NoticePost)
	})
}

// Post records at which address and since when the notice hangs in a place.
// Only the publisher's people do. The page is then fetched; until a fetch within
// a day has confirmed it, the first day is only claimed.
func (s *Service) Post(ctx context.Context, scope authz.Scope, id ID, place sx2021.Place, address string, first calendar.Date) (Notice, error) {
	var n Notice
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if n, err = s.publishable(ctx, tx, scope, id); err != nil {
			return err
		}
		list, err := places(ctx, tx, id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(p Place) bool { return p.Place == place })
		if i < 0 {
			return fault.New(fault.Invalid, "公告位置不在这项公告的要求之内，请从列表中选择。").On("place", "请选择公告位置")
		}
		p := list[i]
		address, err := checkAddress(p, address)
		if err != nil {
			return err
		}
		today := calendar.DateOf(tx.Now())
		if first.IsZero() || first.After(today) || first.Before(n.OpenedOn) {
			return fault.Newf(fault.Invalid, "首次发布日期应在%s至今天之间，请核对。", n.OpenedOn.Chinese()).On("first", "请填写"+n.OpenedOn.String()+"至今天之间的日期")
		}
		if p.URL == address && p.ClaimedOn == first {
			return nil // a second click
		}
		actor, ok := audit.ActorFrom(ctx)
		if !ok {
			return audit.ErrNoActor
		}
		// A day already proved stays when the page has only moved.
		if _, err := tx.Exec(ctx, `UPDATE notice_place SET url = $2, claimed_on = $3, posted_by = $4, posted_at = $5, look_at = $5 WHERE id = $1`, p.ID, address, first, actor.Name, tx.Now()); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "notice.post", Target: n.Target(), Basis: clockOf(n.Kind).Citation, Before: p.URL,
			After: map[string]any{"place": place, "url": address, "first": first}}); err != nil {
			return err
		}
		list[i].URL = address
		if n.State == Owed && len(missing(n, list)) == 0 {
			if _, n.State, err = Machine.Take(ctx, tx, string(id), "hang", passage.Note{CaseID: n.CaseID}); err != nil {
				return err
			}
			if _, err = tx.Exec(ctx, `UPDATE notice SET state = $2 WHERE id = $1`, id, n.State); err != nil {
				return err
			}
		}
		return s.tellSites(ctx, tx, id)
	})
	return n, err
}

// publishable is the notice, if the person may act for its publisher now.
func (s *Service) publishable(ctx context.Context, tx *db.Tx, scope authz.Scope, id ID) (Notice, error) {
	n, err := s.Notice(ctx, tx, scope, id)
	if err != nil {
		return n, err
	}
	if !n.Active() {
		return n, fault.New(fault.Conflict, "这项公告现在的状态是“"+n.StateName()+"”，不用再登记。")
	}
	if !MayPost(authz.SessionFrom(ctx), n) {
		return n, fault.New(fault.Forbidden, "公告由“"+n.PublisherName+"”发布并登记，您的岗位不在该单位。").Because(fault.Reason{ID: n.Clause, Citation: clockOf(n.Kind).Citation, Says: "公告义务属于发布单位。"})
	}
	return n, nil
}

// checkAddress holds the form of an address and that it lies on the site whose
// home page must show it.
func checkAddress(p Place, address string) (string, error) {
	address = strings.TrimSpace(address)
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || len(address) > 500 {
		return "", fault.New(fault.Invalid, "公告网址无法识别，请填写完整的网址。").On("url", "请填写以 http:// 或 https:// 开头、不超过 500 个字符的网址")
	}
	u.Fragment, u.RawFragment = "", ""
	if p.Host == "" {
		return u.String(), nil
	}
	host, err := egress.Host(u.Hostname())
	if bare := strings.TrimPrefix(p.Host, "www."); err != nil || host != p.Host && host != bare && !strings.HasSuffix(host, "."+bare) {
		return "", fault.Newf(fault.Invalid, "公告网址不在“%s”（%s）上，请填写该网站上公告页面的网址。", p.SiteName, p.Host).On("url", "网址应在 "+p.Host+" 上")
	}
	return u.String(), nil
}

// missing names the places a notice still lacks.
func missing(n Notice, list []Place) []string {
	var p sx2021.Posting
	var hung []sx2021.Place
	for _, x := range list {
		if x.Alternative {
			p.AnyOf = append(p.AnyOf, x.Place)
		} else {
			p.All = append(p.All, x.Place)
		}
		if x.URL != "" {
			hung = append(hung, x.Place)
		}
	}
	return p.Missing(hung)
}

// Release ends the active notices of a kind about an object because the object
// is back (Article 8(1): the offline notice hangs until then). Their clocks end
// as done where the notice was seen to hang, as void where it never was.
func (s *Service) Release(ctx context.Context, tx *db.Tx, ref registry.Ref, kind sx2021.NoticeKind, why string) (int, error) {
	return s.end(ctx, tx, ref, kind, "release", why)
}

// Annul ends the active notices about an object because what they were about
// ended otherwise: a closure stopped, an opening given up.
func (s *Service) Annul(ctx context.Context, tx *db.Tx, ref registry.Ref, kind sx2021.NoticeKind, why string) (int, error) {
	return s.end(ctx, tx, ref, kind, "annul", why)
}

func (s *Service) end(ctx context.Context, tx *db.Tx, ref registry.Ref, kind sx2021.NoticeKind, act, why string) (int, error) {
	list, err := db.All(ctx, tx, scanNotice, noticeSelect+` WHERE n.object_kind = $1 AND n.object_id = $2 AND n.kind = $3 AND n.state IN ('owed', 'hanging') ORDER BY n.id`, ref.Kind, ref.ID, kind)
	if err != nil {
		return 0, err
	}
	for _, n := range list {
		if err := s.finish(ctx, tx, n, act, why); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

// finish takes a notice to one of its ends and its clock with it.
func (s *Service) finish(ctx context.Context, tx *db.Tx, n Notice, act, why string) error {
	before := n.State
	var err error
	if _, n.State, err = Machine.Take(ctx, tx, string(n.ID), act, passage.Note{Says: why, CaseID: n.CaseID}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE notice SET state = $2, ended_at = $3, ended_why = $4 WHERE id = $1`, n.ID, n.State, tx.Now(), why); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE notice_place SET look_at = NULL WHERE notice_id = $1`, n.ID); err != nil {
		return err
	}
	if err := s.tellSites(ctx, tx, n.ID); err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Entry{Act: "notice." + act, Target: n.Target(), Basis: clockOf(n.Kind).Citation, Before: before, After: map[string]string{"state": n.State, "why": why}}); err != nil {
		return err
	}
	if act == "complete" {
		_, err = s.obligations.Discharge(ctx, tx, clockOf(n.Kind).ID, n.subject(), why)
		return err
	}
	_, err = s.obligations.Annul(ctx, tx, clockOf(n.Kind).ID, n.subject(), why)
	return err
}

// LedgerHolds say why a record of the ledger stays that this module refers to.
func LedgerHolds() []registry.Hold {
	return []registry.Hold{registry.ObjectHold("已有公告，保留", "notice", "")}
}
