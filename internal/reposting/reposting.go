package reposting

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/library"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
)

const citation = "陕政公开办〔2021〕18号 第十九条（三）；国办发〔2017〕47号"

// Within is how long a site or account has (国办发〔2017〕47号: 24 小时内转载).
const Within = 24 * time.Hour

// Duty24h is the clock of a site or account. Obligations are kept by the day;
// the hour stands in the duty itself.
var Duty24h = obligation.Kind{ID: "important_repost", Name: "重要转载", Clause: "S19.3b", Citation: citation,
	Says: "省里标明的重要信息，24 小时内转载", Remind: []int{0}, Escalate: 1, Minutes: 5}

// States of a duty.
const (
	Owed  = "owed"
	Given = "given"
	Done  = "done"
	Void  = "void"
)

// How a repost was found.
const (
	ByAdoption = "adoption"
	ByAddress  = "address"
	ByPerson   = "person"
)

// Machine is the states of a duty.
var Machine = passage.Machine{Kind: "repost_duty", Noun: "重要转载",
	States: map[string]string{Owed: "未转载", Given: "正在核对网址", Done: "已转载", Void: "已撤销"},
	Moves: []passage.Move{
		{To: Owed, Act: "issue", Says: "标为重要转载", Permit: string(authz.GuidanceIssue)},
		{From: Owed, Act: "adopt", To: Done, Says: "采用", Guard: "稿件已在该网站上线", Permit: "system"},
		{From: Given, Act: "adopt", To: Done, Says: "采用", Guard: "稿件已在该网站上线", Permit: "system"},
		{From: Owed, Act: "give", To: Given, Says: "登记网址", Permit: string(authz.GuidanceAnswer)},
		{From: Given, Act: "give", To: Given, Says: "改网址", Permit: string(authz.GuidanceAnswer)},
		{From: Given, Act: "see", To: Done, Says: "核对通过", Guard: "网页可以打开，内容有标题", Permit: "system"},
		{From: Given, Act: "miss", To: Owed, Says: "核对未通过", Guard: "网页上没有该信息", Permit: "system"},
		{From: Owed, Act: "confirm", To: Done, Says: "人工确认", Guard: "写明依据", Permit: string(authz.GuidanceIssue)},
		{From: Given, Act: "confirm", To: Done, Says: "人工确认", Guard: "写明依据", Permit: string(authz.GuidanceIssue)},
		{From: Owed, Act: "revoke", To: Void, Says: "撤销", Permit: string(authz.GuidanceIssue)},
		{From: Given, Act: "revoke", To: Void, Says: "撤销", Permit: string(authz.GuidanceIssue)},
	}}

// Call is one thing to be reposted.
type Call struct {
	ID         string
	Unit       org.UnitID // the office that marked it
	UnitName   string     // joined
	Title      string
	Source     string
	SourceURL  string
	Item       library.ItemID // when it is in the library
	Audience   string         // in words
	Note       string
	IssuedAt   time.Time
	DueAt      time.Time
	IssuedBy   string
	RevokedAt  time.Time
	RevokedWhy string
	// Of the duties the reader may see.
	All, Done, DoneLate, Open int
}

// Link is its page.
func (c Call) Link() string { return "/console/reposts/" + c.ID }

func (c Call) target() audit.Target {
	return audit.Target{Kind: "repost_call", ID: c.ID, Name: c.Title, Unit: string(c.Unit)}
}

// Duty is what one site or account owes.
type Duty struct {
	Call       string
	ObjectKind string // site, account
	Object     string
	ObjectName string
	Unit       org.UnitID
	UnitName   string // joined
	State      string
	FoundBy    string
	Address    string
	GivenAt    time.Time
	GivenBy    string
	LookedAt   time.Time
	Looks      int
	ShownAt    time.Time // as the page says
	FoundAt    time.Time // what the hours are counted by
	Late       bool      // done, after the hour
	Says       string
	Hosted     bool // joined: a site that is published here
}

// ID of the duty among all.
func (d Duty) ID() string { return d.Call + ":" + d.ObjectKind + ":" + d.Object }

func (d Duty) subject(title string) obligation.Subject {
	return obligation.Subject{Kind: "repost", ID: d.ID(), Name: title + "（" + d.ObjectName + "）"}
}

// Overdue reports whether the repost is still owed after its hour.
func (d Duty) Overdue(due, now time.Time) bool {
	return (d.State == Owed || d.State == Given) && now.After(due)
}

// Fetcher is the house's one way out.
type Fetcher interface {
	Get(ctx context.Context, rawURL string, o egress.Options) (*egress.Response, error)
}

// Service is the door of reposting.
type Service struct {
	db          *db.DB
	org         *org.Service
	registry    *registry.Service
	library     *library.Service
	obligations *obligation.Service
	fetch       Fetcher
}

// New makes the service.
func New(d *db.DB, o *org.Service, r *registry.Service, l *library.Service, ob *obligation.Service, f Fetcher) *Service {
	return &Service{db: d, org: o, registry: r, library: l, obligations: ob, fetch: f}
}

// Audiences to choose from.
const (
	Portals  = "portal"
	Depts    = "department"
	Accounts = "account"
)

var audienceNames = map[string]string{Portals: "政府门户网站", Depts: "部门网站", Accounts: "政务新媒体账号"}

// Mark is what shall be reposted, and by whom.
type Mark struct {
	Item      library.ItemID // empty: something outside the library
	Title     string
	Source    string
	SourceURL string
	Note      string
	Areas     []org.AreaID // with everything below; empty: the whole scope
	Kinds     []string     // of Portals, Depts, Accounts
}

// mostObjects of one call: a province's sites and accounts.
const mostObjects = 20000

// Mark opens a duty of 24 hours for every chosen site and account in scope, but
// those of the office itself. Where the item already stands it is done.
func (s *Service) Mark(ctx context.Context, scope authz.Scope, session *authz.Session, n Mark) (Call, error) {
	n.Title, n.Source, n.SourceURL, n.Note = strings.TrimSpace(n.Title), strings.TrimSpace(n.Source), strings.TrimSpace(n.SourceURL), strings.TrimSpace(n.Note)
	var f fault.Fields
	var it library.Item
	if n.Item != "" {
		var err error
		if it, err = s.library.Item(ctx, scope, n.Item); err != nil {
			return Call{}, err
		}
		if !it.Live() {
			return Call{}, fault.New(fault.Conflict, "这篇稿件没有公开，不能标为重要转载。")
		}
		n.Title = it.Title
		if n.Source == "" {
			n.Source = it.Source
		}
		if n.Source == "" {
			n.Source = it.UnitName
		}
		if n.SourceURL == "" {
			n.SourceURL = it.SourceURL
		}
	}
	f.Check(n.Title != "" && len([]rune(n.Title)) <= 200, "title", "请填写标题，最多 200 个字；核对网页时按标题查找")
	f.Check(n.Source != "" && len([]rune(n.Source)) <= 100, "source", "请填写来源，例如中国政府网")
	f.Check(n.SourceURL == "" || webAddress(n.SourceURL), "source_url", "原文网址应以 http:// 或 https:// 开头")
	f.Check(n.Item != "" || n.SourceURL != "", "source_url", "不在信息资源库的信息要填写原文网址")
	f.Check(len([]rune(n.Note)) <= 500, "note", "说明不能超过 500 字")
	f.Check(len(n.Kinds) > 0, "kinds", "请选择由哪些网站和账号转载")
	var names []string
	for _, k := range n.Kinds {
		f.Check(audienceNames[k] != "", "kinds", "请从列表中选择")
		names = append(names, audienceNames[k])
	}
	if err := f.Err(); err != nil {
		return Call{}, err
	}
	var c Call
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		from, err := s.marker(ctx, tx, session)
		if err != nil {
			return err
		}
		c = Call{ID: ulid.Make().String(), Unit: from.ID, UnitName: from.Name, Title: n.Title, Source: n.Source, SourceURL: n.SourceURL, Item: n.Item, Note: n.Note, IssuedAt: tx.Now(), DueAt: tx.Now().Add(Within), IssuedBy: session.Name}
		var places []string
		var paths []string
		for _, id := range n.Areas {
			a, err := s.org.Area(ctx, tx, id)
			if err != nil {
				return err
			}
			places, paths = append(places, a.Name), append(paths, a.Path)
		}
		c.Audience = strings.Join(names, "、")
		if len(places) > 0 {
			c.Audience = strings.Join(places, "、") + "的" + c.Audience
		}
		duties, err := s.choose(ctx, tx, scope, from.ID, paths, n.Kinds)
		if err != nil {
			return err
		}
		if len(duties) == 0 {
			return fault.New(fault.Invalid, "没有选中任何网站或账号。").On("kinds", "请调整地区和种类；本单位自己的网站不在其内")
		}
		if _, err := tx.Exec(ctx, `INSERT INTO repost_call (id, unit_id, title, source, source_url, item_id, audience, note, issued_at, due_at, issued_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			c.ID, c.Unit, c.Title, c.Source, c.SourceURL, db.Null(c.Item), c.Audience, c.Note, c.IssuedAt, c.DueAt, c.IssuedBy); err != nil {
			return fmt.Errorf("reposting: mark: %w", err)
		}
		ids, rows := make([]string, len(duties)), make([][]any, len(duties))
		told, seen := []notify.Message{}, map[org.UnitID]bool{}
		for i := range duties {
			d := &duties[i]
			d.Call = c.ID
			ids[i], rows[i] = d.ID(), []any{c.ID, d.ObjectKind, d.Object, d.ObjectName, d.Unit, Owed}
			if !seen[d.Unit] {
				seen[d.Unit] = true
				told = append(told, notify.Message{Key: "repost:" + c.ID + ":" + string(d.Unit), Unit: string(d.Unit), Urgent: true, Title: "24 小时内转载：" + c.Title, Body: from.Name + "标为重要转载，来源：" + c.Source + "，请于 " + minute(c.DueAt) + " 前转载。", Link: c.Link()})
			}
		}
		if err := tx.InsertAll(ctx, "repost_duty", []string{"call_id", "object_kind", "object_id", "object_name", "unit_id", "state"}, rows); err != nil {
			return err
		}
		if _, err := Machine.Begin(ctx, tx, ids, "issue", passage.Note{}); err != nil {
			return err
		}
		for _, d := range duties {
			if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: Duty24h.ID, Unit: d.Unit, Subject: d.subject(c.Title), Link: c.Link(), Due: calendar.Due{On: calendar.DateOf(c.DueAt)}, From: calendar.DateOf(c.IssuedAt)}); err != nil {
				return err
			}
		}
		if err := notify.SendAll(ctx, tx, told); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "reposting.mark", Basis: citation, Target: c.target(), After: map[string]any{"objects": len(duties), "due": c.DueAt, "audience": c.Audience, "source_url": c.SourceURL}}); err != nil {
			return err
		}
		return s.alreadyThere(ctx, tx, c)
	})
	return c, err
}

func minute(t time.Time) string { return t.In(calendar.Shanghai).Format("2006-01-02 15:04") }

func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && len(s) <= 2000
}

// marker is the office the person marks for.
func (s *Service) marker(ctx context.Context, q db.Querier, session *authz.Session) (org.Unit, error) {
	if session != nil {
		for _, p := range session.Posts {
			one := authz.Session{Posts: []authz.Post{p}}
			if one.May(authz.GuidanceIssue) {
				return s.org.UnitTx(ctx, q, authz.System("reposting.marker"), org.UnitID(p.UnitID))
			}
		}
	}
	return org.Unit{}, fault.New(fault.Forbidden, "只有主管单位可以标明重要转载。")
}

// choose are the running sites and registered accounts of the kinds, within
// scope and places.
func (s *Service) choose(ctx context.Context, q db.Querier, scope authz.Scope, not org.UnitID, paths, kinds []string) ([]Duty, error) {
	var out []Duty
	read := func(kind, from, where string) error {
		var w db.Where
		scope.Where(&w, "u")
		if len(paths) > 0 {
			var within []string
			var args []any
			for _, p := range paths {
				within, args = append(within, "u.area_path >= ? AND u.area_path < ?"), append(args, p, p[:len(p)-1]+"0")
			}
			w.And("("+strings.Join(within, ") OR (")+")", args...)
		}
		w.And(where).And("o.unit_id <> ?", not)
		list, err := db.All(ctx, q, func(r db.Scanner) (Duty, error) {
			d := Duty{ObjectKind: kind}
			return d, r.Scan(&d.Object, &d.ObjectName, &d.Unit)
		}, `SELECT o.id, o.name, o.unit_id FROM `+from+` o JOIN unit u ON u.id = o.unit_id WHERE `+w.SQL()+` ORDER BY u.area_path, o.id LIMIT `+w.Arg(mostObjects+1), w.Args()...)
		out = append(out, list...)
		return err
	}
	for _, k := range kinds {
		var err error
		switch k {
		case Portals, Depts:
			err = read("site", "site", "o.kind = '"+k+"' AND o.state IN ('running', 'exiting', 'closing')")
		case Accounts:
			err = read("account", "account", "o.state = 'running'")
		}
		if err != nil {
			return nil, err
		}
	}
	if len(out) > mostObjects {
		return nil, fault.Newf(fault.TooLarge, "选中的网站和账号超过 %d 个，请缩小范围。", mostObjects)
	}
	return out, nil
}

// alreadyThere settles the duties of sites where the item stands when it is
// marked.
func (s *Service) alreadyThere(ctx context.Context, tx *db.Tx, c Call) error {
	if c.Item == "" {
		return nil
	}
	live, err := s.library.LivePlacements(ctx, tx, c.Item)
	if err != nil {
		return err
	}
	return s.found(ctx, tx, c, live)
}

// Changed is the library's outcome, in the transaction of the act: an item that
// came live on a site is the repost that was owed there, when it is the marked
// item itself or names its address as the original.
func (s *Service) Changed(ctx context.Context, tx *db.Tx, n library.Change) error {
	if n.Withdrawn || !slices.ContainsFunc(n.Placements, func(p library.Placement) bool { return p.State == library.Shown }) {
		return nil
	}
	calls, err := db.All(ctx, tx, scanCall, callSelect+` WHERE c.revoked_at IS NULL AND c.item_id = $1`, n.Item)
	if err != nil {
		return err
	}
	it, _, err := s.library.LiveItem(ctx, tx, n.Item)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if it.SourceURL != "" {
		more, err := db.All(ctx, tx, scanCall, callSelect+` WHERE c.revoked_at IS NULL AND c.source_url = $1`, it.SourceURL)
		if err != nil {
			return err
		}
		for _, m := range more {
			if !slices.ContainsFunc(calls, func(c Call) bool { return c.ID == m.ID }) {
				calls = append(calls, m)
			}
		}
	}
	for _, c := range calls {
		if err := s.found(ctx, tx, c, n.Placements); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) found(ctx context.Context, tx *db.Tx, c Call, placed []library.Placement) error {
	for _, p := range placed {
		if p.State != library.Shown {
			continue
		}
		d, err := db.One(ctx, tx, scanDuty, dutySelect+` WHERE d.call_id = $1 AND d.object_kind = 'site' AND d.object_id = $2 AND d.state IN ('owed', 'given')`, c.ID, p.Site)
		if db.None(err) {
			continue
		}
		if err != nil {
			return err
		}
		at := p.LiveAt
		if at.IsZero() {
			at = tx.Now()
		}
		if err := s.done(ctx, tx, c, d, "adopt", ByAdoption, at, time.Time{}, "已显示在“"+p.SiteName+" / "+p.ColumnName+"”"); err != nil {
			return err
		}
	}
	return nil
}

// done ends a duty with its proof.
func (s *Service) done(ctx context.Context, tx *db.Tx, c Call, d Duty, act, by string, found, shown time.Time, says string) error {
	if _, _, err := Machine.Take(ctx, tx, d.ID(), act, passage.Note{Says: says}); err != nil {
		return err
	}
	late := found.After(c.DueAt)
	if _, err := tx.Exec(ctx, `UPDATE repost_duty SET state = 'done', found_by = $4, found_at = $5, shown_at = $6, late = $7, says = $8, looked_at = CASE WHEN $4 = 'address' THEN $9 ELSE looked_at END WHERE call_id = $1 AND object_kind = $2 AND object_id = $3`,
		d.Call, d.ObjectKind, d.Object, by, found, shown, late, says, tx.Now()); err != nil {
		return err
	}
	evidence := minute(found) + " 已转载，" + says
	if late {
		evidence += fmt.Sprintf("；迟 %s", Hours(found.Sub(c.DueAt)))
	}
	if _, err := s.obligations.Discharge(ctx, tx, Duty24h.ID, d.subject(c.Title), evidence); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "reposting." + act, Basis: citation, Target: c.target(), After: map[string]any{"object": d.ObjectKind + ":" + d.Object, "found": found, "late": late, "says": says}})
}

// Hours is a length of time in words: 3 小时 20 分.
func Hours(d time.Duration) string {
	m := int(d.Round(time.Minute) / time.Minute)
	switch {
	case m < 60:
		return fmt.Sprintf("%d 分", m)
	case m < 48*60:
		return fmt.Sprintf("%d 小时 %d 分", m/60, m%60)
	}
	return fmt.Sprintf("%d 天 %d 小时", m/60/24, m/60%24)
}

// Revoke takes a call back; what is still owed is owed no more.
func (s *Service) Revoke(ctx context.Context, scope authz.Scope, id, why string) error {
	if why = strings.TrimSpace(why); why == "" || len([]rune(why)) > 500 {
		return fault.New(fault.Invalid, "撤销要写明理由。").On("revoke_why", "请写明理由，500 字以内")
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.own(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if !c.RevokedAt.IsZero() {
			return fault.New(fault.Conflict, "已经撤销，请刷新后再看。")
		}
		open, err := db.All(ctx, tx, scanDuty, dutySelect+` WHERE d.call_id = $1 AND d.state IN ('owed', 'given') ORDER BY d.object_kind, d.object_id`, id)
		if err != nil {
			return err
		}
		for _, d := range open {
			if _, _, err := Machine.Take(ctx, tx, d.ID(), "revoke", passage.Note{Says: why}); err != nil {
				return err
			}
			if _, err := s.obligations.Annul(ctx, tx, Duty24h.ID, d.subject(c.Title), "已撤销："+why); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE repost_duty SET state = 'void', says = $2 WHERE call_id = $1 AND state IN ('owed', 'given')`, id, "已撤销："+why); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE repost_call SET revoked_at = $2, revoked_why = $3 WHERE id = $1`, id, tx.Now(), why); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "reposting.revoke", Basis: citation, Target: c.target(), After: map[string]any{"open": len(open), "why": why}})
	})
}

// own is a call of an office in scope.
func (s *Service) own(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Call, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("c.id = ?", id)
	c, err := db.One(ctx, q, scanCall, callSelect+` WHERE `+w.SQL(), w.Args()...)
	if db.None(err) {
		return Call{}, fault.Missing("重要转载")
	}
	return c, err
}

// duty is one duty of a unit in scope, with its call.
func (s *Service) duty(ctx context.Context, q db.Querier, scope authz.Scope, call, kind, object string) (Call, Duty, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("d.call_id = ? AND d.object_kind = ? AND d.object_id = ?", call, kind, object)
	d, err := db.One(ctx, q, scanDuty, dutySelect+` WHERE `+w.SQL(), w.Args()...)
	if db.None(err) {
		return Call{}, Duty{}, fault.Missing("转载任务")
	}
	if err != nil {
		return Call{}, Duty{}, err
	}
	c, err := db.One(ctx, q, scanCall, callSelect+` WHERE c.id = $1`, call)
	return c, d, err
}

// Confirm ends a duty in scope by a supervisor's word, where no page can be
// read: printed, filmed, shown in an app.
func (s *Service) Confirm(ctx context.Context, scope authz.Scope, call, kind, object string, at time.Time, why string) error {
	why = strings.TrimSpace(why)
	var f fault.Fields
	f.Check(why != "" && len([]rune(why)) <= 500, "why", "请写明依据，例如截图编号，500 字以内")
	f.Check(!at.IsZero() && !at.After(s.db.Now()), "at", "请填写转载时间，不能晚于现在")
	if err := f.Err(); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		c, d, err := s.duty(ctx, tx, scope, call, kind, object)
		if err != nil {
			return err
		}
		if d.State != Owed && d.State != Given {
			return fault.New(fault.Conflict, "这项转载"+Machine.Name(d.State)+"，不需要再确认。")
		}
		return s.done(ctx, tx, c, d, "confirm", ByPerson, at, time.Time{}, "人工确认："+why)
	})
}

const callSelect = `
	SELECT c.id, c.unit_id, u.name, c.title, c.source, c.source_url, COALESCE(c.item_id, ''), c.audience, c.note, c.issued_at, c.due_at, c.issued_by, c.revoked_at, c.revoked_why
	  FROM repost_call c JOIN unit u ON u.id = c.unit_id`

func scanCall(r db.Scanner) (Call, error) {
	var c Call
	return c, r.Scan(&c.ID, &c.Unit, &c.UnitName, &c.Title, &c.Source, &c.SourceURL, &c.Item, &c.Audience, &c.Note, &c.IssuedAt, &c.DueAt, &c.IssuedBy, &c.RevokedAt, &c.RevokedWhy)
}

const dutySelect = `
	SELECT d.call_id, d.object_kind, d.object_id, d.object_name, d.unit_id, u.name, d.state, d.found_by, d.address, d.given_at, d.given_by, d.looked_at, d.looks, d.shown_at, d.found_at, d.late, d.says,
	       COALESCE(st.hosted, FALSE)
	  FROM repost_duty d JOIN unit u ON u.id = d.unit_id LEFT JOIN site st ON d.object_kind = 'site' AND st.id = d.object_id`

func scanDuty(r db.Scanner) (Duty, error) {
	var d Duty
	return d, r.Scan(&d.Call, &d.ObjectKind, &d.Object, &d.ObjectName, &d.Unit, &d.UnitName, &d.State, &d.FoundBy, &d.Address, &d.GivenAt, &d.GivenBy, &d.LookedAt, &d.Looks, &d.ShownAt, &d.FoundAt, &d.Late, &d.Says, &d.Hosted)
}

// Calls of which a unit in scope owes something, or which it issued, newest
// first, with the numbers of what the reader may see, and how many.
func (s *Service) Calls(ctx context.Context, scope authz.Scope, limit, offset int) ([]Call, int, error) {
	var w, own, owes db.Where
	scope.Where(&own, "u")
	scope.Where(&owes, "du")
	w.And("? OR EXISTS (SELECT 1 FROM repost_duty d JOIN unit du ON du.id = d.unit_id WHERE d.call_id = c.id AND ?)", &own, &owes)
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM repost_call c JOIN unit u ON u.id = c.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, scanCall, callSelect+` WHERE `+w.SQL()+` ORDER BY c.issued_at DESC, c.id DESC LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	for i := range list {
		if err == nil {
			err = s.count(ctx, scope, &list[i])
		}
	}
	return list, total, err
}

func (s *Service) count(ctx context.Context, scope authz.Scope, c *Call) error {
	var w db.Where
	scope.Where(&w, "u")
	w.And("d.call_id = ?", c.ID)
	type row struct {
		state string
		late  bool
		n     int
	}
	list, err := db.All(ctx, s.db, func(r db.Scanner) (row, error) {
		var v row
		return v, r.Scan(&v.state, &v.late, &v.n)
	}, `SELECT d.state, d.late, count(*) FROM repost_duty d JOIN unit u ON u.id = d.unit_id WHERE `+w.SQL()+` GROUP BY d.state, d.late`, w.Args()...)
	for _, v := range list {
		c.All += v.n
		switch v.state {
		case Done:
			c.Done += v.n
			if v.late {
				c.DoneLate += v.n
			}
		case Owed, Given:
			c.Open += v.n
		}
	}
	return err
}

// Call of which a unit in scope owes something, or which it issued.
func (s *Service) Call(ctx context.Context, scope authz.Scope, id string) (Call, error) {
	c, err := db.One(ctx, s.db, scanCall, callSelect+` WHERE c.id = $1`, id)
	if db.None(err) {
		return Call{}, fault.Missing("重要转载")
	}
	if err != nil {
		return Call{}, err
	}
	if err := s.count(ctx, scope, &c); err != nil {
		return Call{}, err
	}
	if c.All == 0 {
		if _, err := s.own(ctx, s.db, scope, id); err != nil {
			return Call{}, err
		}
	}
	return c, nil
}

// DutyFilter narrows Duties.
type DutyFilter struct {
	State  string // owed (with given), late, done; empty for all
	Limit  int
	Offset int
}

// Duties of a call owed by units in scope: those still owed first, then the
// late ones, and how many.
func (s *Service) Duties(ctx context.Context, scope authz.Scope, call string, f DutyFilter) ([]Duty, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("d.call_id = ?", call).
		AndIf(f.State == "owed", "d.state IN ('owed', 'given')").
		AndIf(f.State == "done", "d.state = 'done' AND NOT d.late").
		AndIf(f.State == "late", "d.state = 'done' AND d.late")
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM repost_duty d JOIN unit u ON u.id = d.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, scanDuty, dutySelect+` WHERE `+w.SQL()+` ORDER BY CASE WHEN d.state IN ('owed', 'given') THEN 0 WHEN d.late THEN 1 ELSE 2 END, u.area_path, d.object_kind, d.object_name, d.object_id LIMIT `+w.Arg(f.Limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// Register lets the workers look at the addresses that were given.
func (s *Service) Register(w *jobs.Workers) {
	jobs.Handle(w, func(ctx context.Context, a Look) error { return s.look(audit.System(ctx, "reposting.look"), a) })
	jobs.GivenUp(w, s.broken)
}
