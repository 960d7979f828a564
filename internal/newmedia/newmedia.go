package newmedia

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/jobs"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
	"zhengshu/internal/rules/sx2021"
)

// MendDue is the clock of what is wrong with an account.
var MendDue = obligation.Kind{ID: "account_mend", Name: "账号问题整改", Clause: "S19.4", Citation: sx2021.Instrument + " 第十九条（四）",
	Says: "读网、检查发现的政务新媒体问题及时整改", Remind: []int{2, 0}, Escalate: 3, Gather: true, Minutes: 15}

// The clocks of an account for publishing: they warn before a check has anything
// to find, and end where it has.
var (
	// PostDue runs from the newest post; warned of at 10 and 12 of its 14 days.
	PostDue = obligation.Kind{ID: "account_post", Name: "账号更新", Clause: "S19.2", Citation: sx2021.Instrument + " 第十九条（二）",
		Says: "发布类账号按期发布新内容", Remind: []int{4, 2, 0}, Escalate: 3, Gather: true, Minutes: 15}
	// OriginalDue runs from the newest post of its own.
	OriginalDue = obligation.Kind{ID: "account_original", Name: "账号原创", Clause: "S12.4a", Citation: sx2021.Instrument + " 第十二条（四）",
		Says: "发布类账号按期发布原创内容", Remind: []int{7}, Escalate: 3, Gather: true, Minutes: 30}
)

// Obligations are the clocks this module runs.
func Obligations() []obligation.Kind { return []obligation.Kind{MendDue, PostDue, OriginalDue} }

const (
	// OriginalDays is the window of original posts: a month by default of the
	// provinces (domain.md §1.7, one source).
	OriginalDays = 30
	// receiptFor is how long a receipt proves what it says of interaction, name
	// and subject.
	receiptFor = 90
	feedEvery  = 6 * time.Hour
	aRound     = 60
)

// Parts are what the service works with.
type Parts struct {
	DB       *db.DB
	Registry *registry.Service
	// Inspection keeps what is seen wrong as findings.
	Inspection  *inspection.Service
	Obligations *obligation.Service
	Store       blob.Store
	Client      *egress.Client
	// Manners and Links are those of the house; nil: its own.
	Manners  *crawl.Manners
	Links    *crawl.LinkCheck
	Settings func() sx2021.Settings
	// Pack is the scoring pack in force on a day.
	Pack func(on calendar.Date) (packs.Pack, bool)
}

// Service is the door of newmedia.
type Service struct{ Parts }

// New makes the service.
func New(p Parts) *Service {
	if p.Manners == nil {
		p.Manners = crawl.NewManners(p.Client, crawl.Courtesy{})
	}
	if p.Links == nil {
		p.Links = crawl.NewLinkCheck(p.Client, p.Manners, time.Hour)
	}
	s := &Service{p}
	p.Inspection.OnMoved(s.findingMoved)
	p.Inspection.RetestAccountsFrom(s.retest)
	p.Inspection.AskedFrom(FeedKind, inspection.Afar{Ask: s.feedOf, Take: s.takeFeed, Missed: s.feedMissed, Subject: s.feedSubject})
	p.Inspection.AskedFrom(StoreKind, inspection.Afar{Ask: s.storesOf, Take: s.takeStores, Missed: s.storesMissed, Subject: s.storeSubject})
	p.Registry.OnEnded(s.ended)
	return s
}

type judge struct{}

// Kind names the job.
func (judge) Kind() string { return "newmedia.judge" }

// begin gives accounts that came into use a sheet.
type begin struct{}

// Kind names the job.
func (begin) Kind() string { return "newmedia.begin" }

type feeds struct{}

// Kind names the job.
func (feeds) Kind() string { return "newmedia.feeds" }

// Register gives the workers the periodic duties.
func (s *Service) Register(w *jobs.Workers) {
	jobs.Handle(w, func(ctx context.Context, _ judge) error { _, err := s.JudgeAll(ctx); return err })
	jobs.Handle(w, func(ctx context.Context, _ feeds) error { _, err := s.ReadFeeds(ctx); return err })
	jobs.Handle(w, func(ctx context.Context, _ lookAtStores) error { _, err := s.LookAtStores(ctx); return err })
	jobs.Handle(w, func(ctx context.Context, _ begin) error {
		_, err := s.judge(ctx, `AND NOT EXISTS (SELECT 1 FROM account_sheet h WHERE h.account_id = account.id)`)
		return err
	})
	jobs.Every(w, 6*time.Hour, judge{})
	jobs.Every(w, 5*time.Minute, begin{})
	jobs.Every(w, 15*time.Minute, feeds{})
	jobs.Every(w, 20*time.Minute, lookAtStores{})
}

// Receipt is what was seen of an account: by a person, with a screenshot, or by a
// program that asked the platform, with the answer.
type Receipt struct {
	ID          string
	At          time.Time
	SeenOn      calendar.Date
	Link        string
	LastPost    calendar.Date
	LastOwn     calendar.Date
	Interaction string
	SeenName    string
	SeenSubject string
	Usable      string // of a mobile client: yes, no; empty: not tried
	Note        string
	FileID      string
	FileName    string
	Person      string // who saw it, or answers for the program
	Told        bool   // by a program
}

// Source is where what a receipt says comes from, in Chinese.
func (r Receipt) Source() string { return receiptSource(r.Told) }

func receiptSource(told bool) string {
	if told {
		return "接口报送"
	}
	return "人工登记"
}

const receiptSelect = `SELECT id, at, seen_on, link, last_post, last_own, interaction, seen_name, seen_subject, usable, note, COALESCE(file_id, ''), file_name, person, told FROM account_receipt`

func scanReceipt(r db.Scanner) (Receipt, error) {
	var x Receipt
	err := r.Scan(&x.ID, &x.At, &x.SeenOn, &x.Link, &x.LastPost, &x.LastOwn, &x.Interaction, &x.SeenName, &x.SeenSubject, &x.Usable, &x.Note, &x.FileID, &x.FileName, &x.Person, &x.Told)
	return x, err
}

// Record keeps what a person saw: link and screenshot are its proof.
func (s *Service) Record(ctx context.Context, scope authz.Scope, session *authz.Session, id registry.AccountID, n Receipt, shot *approval.Upload) error {
	n.Told = false
	f := s.askOfReceipt(&n)
	f.Check(shot != nil, "shot", "请附上截图")
	if err := f.Err(); err != nil {
		return err
	}
	kept, err := approval.TakeOne(ctx, s.Store, shot, "account_shot", "shot")
	if err != nil {
		return err
	}
	_, err = s.receive(ctx, scope, session, id, n, kept)
	return err
}

// MostAnswer is how long the answer of a platform may be, in bytes.
const MostAnswer = 256 << 10

// RecordAnswer keeps what a program saw that asked the platform of an account, named
// by its address, permanent id or name: what the platform answered, as JSON, is its
// proof. It reports false where the very same was recorded of that day.
func (s *Service) RecordAnswer(ctx context.Context, scope authz.Scope, session *authz.Session, account string, n Receipt, answer []byte) (registry.AccountID, bool, error) {
	n.Told = true
	f := s.askOfReceipt(&n)
	f.Check(len(answer) > 0 && len(answer) <= MostAnswer && json.Valid(answer), "answer", "请附上平台接口返回的原文：JSON，不超过 256 KB")
	id, err := s.accountOf(ctx, s.DB, scope, strings.TrimSpace(abridge.Plain(account, 500)))
	if err != nil {
		return "", false, err
	}
	f.Check(id != "", "account", "台账中没有这个账号，或不止一个同名账号，请填写账号网址")
	if err := f.Err(); err != nil {
		return "", false, err
	}
	ref, err := s.Store.Put(ctx, bytes.NewReader(answer))
	if err != nil {
		return "", false, fmt.Errorf("newmedia: keep answer: %w", err)
	}
	fresh, err := s.receive(ctx, scope, session, id, n, approval.Attachment{Kind: "account_answer", Name: "平台接口返回.json", MediaType: "application/json", Size: int64(len(answer)), Blob: ref})
	return id, fresh, err
}

// askOfReceipt is what every receipt must hold, whoever tells it.
func (s *Service) askOfReceipt(n *Receipt) *fault.Fields {
	for _, p := range []*string{&n.Link, &n.SeenName, &n.SeenSubject, &n.Note} {
		*p = strings.TrimSpace(*p)
		if n.Told { // a person's are read by the door
			*p = abridge.Plain(*p, 600)
		}
	}
	today := calendar.DateOf(s.DB.Now())
	f := &fault.Fields{}
	f.Check(!n.SeenOn.IsZero() && !n.SeenOn.After(today) && n.SeenOn.After(today.AddDays(-31)), "seen_on", "查看日期没有填写、晚于今天或早于一个月前")
	f.Check(n.LastPost.IsZero() || !n.LastPost.After(n.SeenOn), "last_post", "最近发布日期不能晚于查看日期")
	f.Check(n.LastOwn.IsZero() || !n.LastPost.IsZero() && !n.LastOwn.After(n.LastPost), "last_own", "最近原创日期不能晚于最近发布日期")
	f.Check(n.Interaction == "" || n.Interaction == "yes" || n.Interaction == "no", "interaction", "请从选项中选择")
	f.Check(n.Usable == "" || n.Usable == "yes" || n.Usable == "no", "usable", "请从选项中选择")
	f.Check(!n.LastPost.IsZero() || n.Interaction != "" || n.Usable != "" || n.SeenName != "" || n.SeenSubject != "", "last_post", "请至少填写一项看到的情况")
	f.Text("seen_name", "平台显示的名称", n.SeenName, false, 100)
	f.Text("seen_subject", "平台显示的认证主体", n.SeenSubject, false, 100)
	f.Text("note", "说明", n.Note, false, 500)
	u, err := url.Parse(n.Link)
	f.Check(err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && len(n.Link) <= 500, "link", "请填写所看页面的完整网址")
	return f
}

// receive keeps a receipt with its proof and judges the account; false where a program
// told the very same of that day before.
func (s *Service) receive(ctx context.Context, scope authz.Scope, session *authz.Session, id registry.AccountID, n Receipt, proof approval.Attachment) (fresh bool, err error) {
	if err := s.DB.Update(ctx, func(tx *db.Tx) error {
		fresh = true
		a, err := s.Registry.Account(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if a.Ended() {
			return fault.Newf(fault.Refused, "账号现在的状态是“%s”，不再检查。", a.StateName())
		}
		if n.Usable != "" && !client(a) {
			return fault.New(fault.Invalid, "只有移动客户端才登记能否下载和使用。").On("usable", "不是移动客户端，请不选")
		}
		if n.Told {
			known, err := db.All(ctx, tx, scanReceipt, receiptSelect+` WHERE account_id = $1 AND seen_on = $2 AND told`, id, n.SeenOn)
			if err != nil {
				return err
			}
			if slices.ContainsFunc(known, n.same) {
				fresh = false
				return nil
			}
		}
		key := ulid.Make().String()
		file, err := approval.AttachTo(ctx, tx, "account_receipt", string(id), proof)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO account_receipt (id, account_id, at, seen_on, link, last_post, last_own, interaction, seen_name, seen_subject, usable, note, file_id, file_name, person, told) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
			key, id, tx.Now(), n.SeenOn, n.Link, n.LastPost, n.LastOwn, n.Interaction, n.SeenName, n.SeenSubject, n.Usable, n.Note, db.Null(file.ID), file.Name, session.Name, n.Told); err != nil {
			return err
		}
		if !n.LastPost.IsZero() && n.LastPost.After(a.LastPostOn) {
			if _, err := s.Registry.RecordUse(ctx, tx, scope, id, registry.Use{Followers: -1, Active: -1, LastPostOn: n.LastPost, On: n.SeenOn}, registry.Why{Says: "账号检查" + n.Source(), Ref: n.Link}); err != nil {
				return err
			}
		}
		if n.SeenName != "" || n.SeenSubject != "" {
			if err := s.Registry.Sight(ctx, tx, scope, id, registry.Sighting{Source: "receipt", PlatformID: a.PlatformID, Name: n.SeenName, VerifiedAs: n.SeenSubject, LastPostOn: n.LastPost}); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "newmedia.receipt", Basis: MendDue.Citation, Target: a.Target(), After: map[string]any{"on": n.SeenOn, "last_post": n.LastPost, "interaction": n.Interaction, "usable": n.Usable, "name": n.SeenName, "subject": n.SeenSubject, "told": n.Told}})
	}); err != nil || !fresh {
		return fresh, err
	}
	return true, s.Judge(ctx, scope, id)
}

// same reports whether two receipts of a day say the same.
func (r Receipt) same(o Receipt) bool {
	return r.Link == o.Link && r.LastPost == o.LastPost && r.LastOwn == o.LastOwn && r.Interaction == o.Interaction && r.SeenName == o.SeenName && r.SeenSubject == o.SeenSubject && r.Usable == o.Usable && r.Note == o.Note
}

// client reports whether an account is a mobile client: V-M-2.2 is for those.
func client(a registry.Account) bool { return a.Platform == "app" }

// SetFeed says where an account's posts can be read; empty takes it away.
func (s *Service) SetFeed(ctx context.Context, scope authz.Scope, session *authz.Session, id registry.AccountID, address string) error {
	address = strings.TrimSpace(address)
	if address != "" {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || len(address) > 500 {
			return fault.New(fault.Invalid, "订阅源网址不正确。").On("feed", "请填写以 http:// 或 https:// 开头的完整网址")
		}
		if e := (*egress.Error)(nil); errors.As(s.Client.Admits(address), &e) {
			return fault.New(fault.Invalid, "订阅源网址不能使用。").On("feed", e.Says)
		}
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		a, err := s.Registry.Account(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if address == "" {
			_, err = tx.Exec(ctx, `DELETE FROM account_feed WHERE account_id = $1`, id)
		} else {
			_, err = tx.Exec(ctx, `INSERT INTO account_feed (account_id, url, set_by, set_at) VALUES ($1, $2, $3, $4) ON CONFLICT (account_id) DO UPDATE SET url = excluded.url, set_by = excluded.set_by, set_at = excluded.set_at`, id, address, session.Name, tx.Now())
		}
		if err != nil {
			return err
		}
		if _, err := tx.Quiet(ctx, `DELETE FROM account_feed_look WHERE account_id = $1`, id); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "newmedia.feed", Target: a.Target(), After: address})
	})
}

// ReadFeeds reads the feeds whose turn it is and returns how many.
func (s *Service) ReadFeeds(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "newmedia.feeds")
	outside := 0 // what a crawler is waited for with stands in no round
	if s.Inspection.AsksOutside() {
		outside = 1
	}
	type row struct {
		id  registry.AccountID
		url string
	}
	list, err := db.All(ctx, s.DB, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.id, &x.url)
		return x, err
	}, `SELECT f.account_id, f.url FROM account_feed f JOIN account a ON a.id = f.account_id LEFT JOIN account_feed_look l ON l.account_id = f.account_id
		WHERE a.state = 'running' AND (l.at IS NULL OR l.at <= $1) AND ($3 = 0 OR NOT EXISTS (SELECT 1 FROM outside_ask k WHERE k.kind = '`+FeedKind+`' AND k.subject = f.account_id AND k.state = 'waiting'))
		ORDER BY CASE WHEN l.at IS NULL THEN 0 ELSE 1 END, l.at, f.account_id LIMIT $2`, s.DB.Now().Add(-feedEvery), aRound, outside)
	if err != nil {
		return 0, err
	}
	system := authz.System("newmedia.feeds")
	for i, x := range list {
		if s.Inspection.AsksOutside() {
			if _, err := s.Inspection.AskOutside(ctx, FeedKind, string(x.id), false); err != nil {
				return i, err
			}
			continue
		}
		if err := s.readFeed(ctx, x.id, x.url); err != nil {
			return i, err
		}
		if err := s.Judge(ctx, system, x.id); err != nil {
			return i, err
		}
	}
	return len(list), nil
}

// post keeps one post once; a later source may add whether it is original.
func (s *Service) post(ctx context.Context, tx *db.Tx, id registry.AccountID, e Entry, original, source string) (bool, error) {
	if e.On.After(calendar.DateOf(tx.Now())) {
		return false, nil // a day to come proves nothing
	}
	key := registry.AddressKey(e.URL)
	if u, err := url.Parse(e.URL); err == nil && u.RawQuery != "" {
		key += "?" + u.RawQuery
	}
	if e.URL == "" || key == "" {
		key = e.On.String() + " " + e.Title
	}
	n, err := tx.Quiet(ctx, `INSERT INTO account_post (account_id, key, posted_on, title, url, original, source, taken_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (account_id, key) DO UPDATE SET original = excluded.original WHERE account_post.original = '' AND excluded.original <> ''`,
		id, abridge.Cut(key, 600), e.On, abridge.Cut(e.Title, 200), e.URL, original, source, tx.Now())
	return n > 0, err
}

// Result is a check as it stands, with the finding it has become.
type Result struct {
	check.Finding
	Filed inspection.FindingID // empty: none stands
	State string               // of that, in Chinese
}

// Sheet is how an account stands.
type Sheet struct {
	Account  registry.Account
	At       time.Time // judged; zero: never
	Findings []Result
	Receipts []Receipt
	Feed     string
	FeedAt   time.Time
	FeedSays string
	// FeedFrom is the crawler that read the feed last; empty: this house. FeedAsked is
	// how the last reading stands that a crawler was asked for.
	FeedFrom  string
	FeedAsked inspection.Asked
	Posts     []Entry
	Facts     check.AccountFacts
	// Unproven are the labels of what was found wrong, is still owed, and of which
	// nobody has newer proof.
	Unproven []string
}

// facts gathers what is known of an account, and which receipt each check rests
// on; one that rests on none rests on feeds, files and the ledger.
func (s *Service) facts(ctx context.Context, q db.Querier, a registry.Account) (check.AccountFacts, map[string]Receipt, error) {
	today := calendar.DateOf(s.DB.Now())
	f := check.AccountFacts{Name: a.Name, Publishes: strings.HasPrefix(a.Purpose, "发布"), Unstated: unstated(a.Purpose, a.Platform), Subject: a.VerifiedAs, OriginalDays: OriginalDays, Posts: -1, Client: client(a)}
	if p, ok := s.Pack(today); ok {
		if ind, ok := p.Indicator("V-M-2.1"); ok {
			if v, ok := ind.Param("days"); ok {
				f.PostDays = v.Int()
			}
		}
	}
	type sums struct {
		posts, told, own int
		last, lastOwn    calendar.Date
	}
	x, err := db.One(ctx, q, func(r db.Scanner) (sums, error) {
		var x sums
		err := r.Scan(&x.posts, &x.told, &x.own, &x.last, &x.lastOwn)
		return x, err
	}, `SELECT COALESCE(sum(CASE WHEN posted_on > $2 THEN 1 ELSE 0 END), 0), COALESCE(sum(CASE WHEN posted_on > $2 AND original <> '' THEN 1 ELSE 0 END), 0), COALESCE(sum(CASE WHEN posted_on > $2 AND original = 'yes' THEN 1 ELSE 0 END), 0),
		max(posted_on), max(CASE WHEN original = 'yes' THEN posted_on END) FROM account_post WHERE account_id = $1`, a.ID, today.AddDays(-OriginalDays))
	if err != nil {
		return f, nil, err
	}
	f.LastPost, f.LastOriginal, f.Originals, f.Source = x.last, x.lastOwn, x.own, "发布数据"
	if x.told > 0 {
		f.Posts, f.Untold = x.posts, x.posts-x.told
	}
	receipts, err := db.All(ctx, q, scanReceipt, receiptSelect+` WHERE account_id = $1 AND seen_on >= $2 ORDER BY seen_on DESC, at DESC, id DESC LIMIT 20`, a.ID, today.AddDays(-receiptFor))
	if err != nil {
		return f, nil, err
	}
	by := map[string]Receipt{}
	for _, r := range receipts {
		if r.LastPost.After(f.LastPost) {
			f.LastPost, f.Source, by["account.stale"] = r.LastPost, r.Source(), r
		}
		if !r.LastOwn.IsZero() && r.SeenOn.After(f.OwnLookedOn) {
			f.OwnLookedOn = r.SeenOn
		}
		if r.LastOwn.After(f.LastOriginal) {
			f.LastOriginal, by["account.original"] = r.LastOwn, r
		}
		if f.Interaction == "" && r.Interaction != "" {
			f.Interaction, by["account.interaction"] = r.Interaction, r
		}
		if f.Usable == "" && r.Usable != "" {
			f.Usable, by["account.usable"] = r.Usable, r
		}
		if f.SeenName == "" && r.SeenName != "" {
			f.SeenName, by["account.renamed"] = r.SeenName, r
		}
		if f.SeenSubject == "" && r.SeenSubject != "" {
			f.SeenSubject, by["account.subject"] = r.SeenSubject, r
		}
	}
	// How long it was silent is read as the score reads it.
	all, err := s.standings(ctx, q, authz.System("newmedia.judge"), a.ID, today, today.End())
	if err != nil {
		return f, nil, err
	}
	st := all[a.ID]
	if f.LookedOn = st.LookedOn; st.LastPost.After(f.LastPost) {
		f.LastPost, f.Source = st.LastPost, st.Source
		delete(by, "account.stale")
	}
	// Whoever looked last and saw nothing newer proves the silence.
	if i := slices.IndexFunc(receipts, func(r Receipt) bool { return !r.LastPost.IsZero() }); i >= 0 && receipts[i].LastPost == f.LastPost && receipts[i].SeenOn == f.LookedOn {
		by["account.stale"] = receipts[i]
	}
	if err := s.sponsor(ctx, q, a.Unit, &f); err != nil {
		return f, nil, err
	}
	if f.Client {
		f.Stores, err = s.stores(ctx, q, a.ID)
	}
	return f, by, err
}

// sponsor says whether what the platform shows names the account's sponsor, by a name
// that it bears or bore. A short name (商务局) is told only whole, or behind the name of
// the unit's division: there is one in every city.
func (s *Service) sponsor(ctx context.Context, q db.Querier, unit org.UnitID, f *check.AccountFacts) error {
	type name struct{ full, short, area, when string }
	names, err := db.All(ctx, q, func(r db.Scanner) (name, error) {
		var n name
		return n, r.Scan(&n.full, &n.short, &n.area, &n.when)
	}, `SELECT u.name, u.short_name, a.name, 'now' FROM unit u JOIN area a ON a.id = u.area_id WHERE u.id = $1
		UNION ALL SELECT n.name, n.short_name, a.name, 'before' FROM unit_name n JOIN unit u ON u.id = n.unit_id JOIN area a ON a.id = u.area_id WHERE u.id = $1`, unit)
	if err != nil {
		return err
	}
	seen := sx2021.PlainName(f.SeenSubject)
	for _, n := range names {
		now := n.when == "now"
		if now {
			f.Sponsor = n.full
		}
		short := sx2021.PlainName(n.short)
		if sx2021.NamesSponsor(f.SeenSubject, n.full) || short != "" && (seen == short || seen == sx2021.PlainName(n.area)+short) {
			f.NamesSponsor, f.NamesFormer = f.NamesSponsor || now, f.NamesFormer || !now
		}
	}
	return nil
}

// unstated reports whether nobody can tell if an account is for publishing: a
// client and a mini program are for services whatever the ledger leaves out.
func unstated(purpose, platform string) bool {
	return purpose == "" && platform != "app" && platform != "miniapp"
}

func judgeFacts(f check.AccountFacts, today calendar.Date) []check.Finding {
	var out []check.Finding
	for _, x := range check.Run(check.Facts{Account: &f, Today: today}) {
		if strings.HasPrefix(x.Check, "account.") {
			out = append(out, x)
		}
	}
	return out
}

// columns are the checks in the order of the sheet's columns.
var columns = []struct{ Name, Check, Label string }{
	{"stale", "account.stale", "14 天内更新"}, {"original", "account.original", "原创"}, {"interaction", "account.interaction", "互动"}, {"subject", "account.subject", "认证主体"}, {"renamed", "account.renamed", "名称"}, {"usable", "account.usable", "下载使用"},
}

// Columns are the short names with their checks and labels, for lists.
func Columns() []struct{ Name, Check, Label string } { return columns }

// Judge brings the sheet of an account and its findings up to date, and has its
// sponsor owe or owe no more.
func (s *Service) Judge(ctx context.Context, scope authz.Scope, id registry.AccountID) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		a, err := s.Registry.Account(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		return s.judgeTx(ctx, tx, a, "")
	})
}

// judgeTx is Judge in a transaction; but names a check whose finding is left as
// it is: whoever retests it decides.
func (s *Service) judgeTx(ctx context.Context, tx *db.Tx, a registry.Account, but string) error {
	f, by, err := s.facts(ctx, tx, a)
	if err != nil {
		return err
	}
	findings, err := s.judged(ctx, tx, a, f)
	if err != nil {
		return err
	}
	if a.State == registry.Running {
		if err := s.file(ctx, tx, a, f, by, findings, but); err != nil {
			return err
		}
	}
	return s.keep(ctx, tx, a, f, findings)
}

func (s *Service) keep(ctx context.Context, tx *db.Tx, a registry.Account, f check.AccountFacts, findings []check.Finding) error {
	before, err := db.One(ctx, tx, db.Value[string], `SELECT owed FROM account_sheet WHERE account_id = $1`, a.ID)
	if err != nil && !db.None(err) {
		return err
	}
	outcome := map[string]check.Outcome{}
	violated := map[string]bool{}
	wrong := 0
	for _, x := range findings {
		outcome[x.Check] = x.Outcome
		// What is advice is shown; it is not owed.
		if x.Outcome == check.Violated && x.Severity != check.Advice {
			wrong++
			violated[x.Check] = true
		}
	}
	owed := owing(before, violated, outcome)
	if a.State != registry.Running {
		owed = nil
	}
	args := []any{a.ID, tx.Now(), wrong, f.LastPost, strings.Join(owed, " ")}
	for _, c := range columns {
		args = append(args, string(outcome[c.Check]))
	}
	if _, err := tx.Quiet(ctx, `INSERT INTO account_sheet (account_id, at, wrong, last_post, owed, stale, original, interaction, subject, renamed, usable) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (account_id) DO UPDATE SET at = excluded.at, wrong = excluded.wrong, last_post = excluded.last_post, owed = excluded.owed, stale = excluded.stale, original = excluded.original, interaction = excluded.interaction, subject = excluded.subject, renamed = excluded.renamed, usable = excluded.usable`, args...); err != nil {
		return err
	}
	subject := obligation.Subject{Kind: "account", ID: string(a.ID), Name: a.Name}
	held := f.Publishes && !f.Unstated && a.State == registry.Running
	for _, c := range []struct {
		kind  obligation.Kind
		last  calendar.Date
		days  int
		check string
	}{{PostDue, f.LastPost, f.PostDays, "account.stale"}, {OriginalDue, f.LastOriginal, f.OriginalDays, "account.original"}} {
		o := outcome[c.check]
		if held && o == check.Untested && !c.last.IsZero() {
			continue // nobody has looked since: the clock stands as it was
		}
		if err := s.warn(ctx, tx, a, subject, c.kind, c.last, c.days, held && o == check.Kept); err != nil {
			return err
		}
	}
	switch {
	case a.State != registry.Running:
		_, err := s.Obligations.Annul(ctx, tx, MendDue.ID, subject, "账号已不在运行，不再要求整改")
		return err
	case len(owed) == 0:
		_, err := s.Obligations.Discharge(ctx, tx, MendDue.ID, subject, "复查未再发现问题")
		return err
	case wrong == 0:
		return nil // owed of old, and nobody has seen it put right
	}
	today := calendar.DateOf(tx.Now())
	n := s.Settings().AccountMendDays
	return s.Obligations.Open(ctx, tx, obligation.Debt{Kind: MendDue.ID, Unit: a.Unit, Subject: subject, Link: Link(a.ID), Due: calendar.Due{On: today.AddDays(n)}, From: today, Length: calendar.Days(n)})
}

// warn keeps a clock that runs from the newest post of a kind: anew with each, and
// no longer where the account is not held to it or a check has found it late.
func (s *Service) warn(ctx context.Context, tx *db.Tx, a registry.Account, subject obligation.Subject, kind obligation.Kind, last calendar.Date, days int, runs bool) error {
	due, err := db.One(ctx, tx, db.Value[calendar.Date], `SELECT due_on FROM obligation WHERE kind = $1 AND subject_kind = 'account' AND subject_id = $2 AND state = 'open'`, kind.ID, a.ID)
	stands := err == nil
	if err != nil && !db.None(err) {
		return err
	}
	if !runs || last.IsZero() || days <= 0 {
		if stands {
			_, err = s.Obligations.Annul(ctx, tx, kind.ID, subject, "不再适用，或者已按检查结果办理")
			return err
		}
		return nil
	}
	on := last.AddDays(days)
	switch {
	case stands && due == on:
		return nil
	case stands && due.After(on):
		_, err = s.Obligations.Postpone(ctx, tx, kind.ID, subject, calendar.Due{On: on}, "按 "+last.String()+" 的内容计算")
		return err
	case stands:
		if _, err := s.Obligations.Discharge(ctx, tx, kind.ID, subject, last.String()+" 已发布"); err != nil {
			return err
		}
	}
	return s.Obligations.Open(ctx, tx, obligation.Debt{Kind: kind.ID, Unit: a.Unit, Subject: subject, Link: Link(a.ID), Due: calendar.Due{On: on}, From: last, Length: calendar.Days(days)})
}

// owing is what is owed of an account, in the order of the columns: what was
// owed before or is seen violated now, less what is seen put right. What is
// untested was not seen.
func owing(before string, violated map[string]bool, outcome map[string]check.Outcome) []string {
	was := strings.Fields(before)
	var out []string
	for _, c := range columns {
		mended := outcome[c.Check] == check.Kept || outcome[c.Check] == check.Tolerated
		if violated[c.Check] || slices.Contains(was, c.Name) && !mended {
			out = append(out, c.Name)
		}
	}
	return out
}

// Link is an account's sheet in the console.
func Link(id registry.AccountID) string { return "/console/account-sheets/" + string(id) }

// JudgeAll brings the sheets of all running accounts up to date and returns how
// many changed.
func (s *Service) JudgeAll(ctx context.Context) (int, error) { return s.judge(ctx, "") }

func (s *Service) judge(ctx context.Context, which string) (int, error) {
	ctx = audit.System(ctx, "newmedia.judge")
	system := authz.System("newmedia.judge")
	n := 0
	after := ""
	for {
		ids, err := db.All(ctx, s.DB, db.Value[registry.AccountID], `SELECT id FROM account WHERE state = 'running' AND id > $1 `+which+` ORDER BY id LIMIT 200`, after)
		if err != nil || len(ids) == 0 {
			return n, err
		}
		after = string(ids[len(ids)-1])
		if err := s.DB.Update(ctx, func(tx *db.Tx) error {
			for _, id := range ids {
				a, err := s.Registry.Account(ctx, tx, system, id)
				if err != nil {
					return err
				}
				if err := s.judgeTx(ctx, tx, a, ""); err != nil {
					return err
				}
				n++
			}
			return nil
		}); err != nil {
			return n, err
		}
	}
}

// Line is one account of the list.
type Line struct {
	ID       registry.AccountID
	Name     string
	Platform string
	UnitName string
	At       time.Time
	LastPost calendar.Date
	Outcome  map[string]check.Outcome
	Wrong    int
}

// Filter narrows Lines.
type Filter struct {
	Text, Platform, Column, Outcome string
	Wrong                           bool
	Unit                            org.UnitID
	Area                            org.AreaID // of the unit, itself
	Limit, Offset                   int
}

func (f Filter) where(scope authz.Scope) *db.Where {
	var w db.Where
	scope.Where(&w, "u")
	like := db.Contains(f.Text)
	w.And("a.state = 'running'").AndIf(f.Text != "", `lower(a.name) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\'`, like, like).AndIf(f.Platform != "", "a.platform = ?", f.Platform).AndIf(f.Wrong, "h.wrong > 0").AndIf(f.Unit != "", "a.unit_id = ?", f.Unit).AndIf(f.Area != "", "u.area_id = ?", f.Area)
	for _, c := range columns {
		if c.Name == f.Column && f.Outcome != "" {
			w.And("h."+c.Name+" = ?", f.Outcome)
		}
	}
	return &w
}

// Lines are the running accounts in scope, those with something wrong first.
func (s *Service) Lines(ctx context.Context, scope authz.Scope, f Filter) ([]Line, int, error) {
	w := f.where(scope)
	// Every running account has a sheet within minutes: the list follows them in
	// their order and reads no more than a page.
	const from = ` FROM account_sheet h JOIN account a ON a.id = h.account_id JOIN unit u ON u.id = a.unit_id WHERE `
	total, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*)`+from+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.DB, func(r db.Scanner) (Line, error) {
		l := Line{Outcome: map[string]check.Outcome{}}
		got := make([]string, len(columns))
		dest := []any{&l.ID, &l.Name, &l.Platform, &l.UnitName, &l.At, &l.LastPost, &l.Wrong}
		for i := range got {
			dest = append(dest, &got[i])
		}
		err := r.Scan(dest...)
		for i, c := range columns {
			l.Outcome[c.Name] = check.Outcome(got[i])
		}
		return l, err
	}, `SELECT a.id, a.name, a.platform, u.name, h.at, h.last_post, h.wrong, h.stale, h.original, h.interaction, h.subject, h.renamed, h.usable`+from+w.SQL()+`
		ORDER BY h.wrong DESC, h.account_id LIMIT `+w.Arg(f.Limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// Tally counts the running accounts in scope.
type Tally struct{ Accounts, Known, Stale, Silent, Wrong int }

// Tally in scope: Silent have no interaction, Known have a last post on record.
func (s *Service) Tally(ctx context.Context, scope authz.Scope) (Tally, error) {
	w := Filter{}.where(scope)
	return db.One(ctx, s.DB, func(r db.Scanner) (Tally, error) {
		var t Tally
		err := r.Scan(&t.Accounts, &t.Known, &t.Stale, &t.Silent, &t.Wrong)
		return t, err
	}, `SELECT count(*), count(h.last_post), COALESCE(sum(CASE WHEN h.stale = 'violated' THEN 1 ELSE 0 END), 0), COALESCE(sum(CASE WHEN h.interaction = 'violated' THEN 1 ELSE 0 END), 0), COALESCE(sum(CASE WHEN h.wrong > 0 THEN 1 ELSE 0 END), 0)
		FROM account a JOIN unit u ON u.id = a.unit_id LEFT JOIN account_sheet h ON h.account_id = a.id WHERE `+w.SQL(), w.Args()...)
}

// Sheet of an account in scope, judged by what is known now.
func (s *Service) Sheet(ctx context.Context, scope authz.Scope, id registry.AccountID) (Sheet, error) {
	a, err := s.Registry.Account(ctx, s.DB, scope, id)
	if err != nil {
		return Sheet{}, err
	}
	out := Sheet{Account: a}
	if out.Facts, _, err = s.facts(ctx, s.DB, a); err != nil {
		return out, err
	}
	findings, err := s.judged(ctx, s.DB, a, out.Facts)
	if err != nil {
		return out, err
	}
	standing, err := s.Inspection.StandingOnAccount(ctx, s.DB, scope, id)
	if err != nil {
		return out, err
	}
	for _, f := range findings {
		r := Result{Finding: f}
		for _, x := range standing {
			if x.Check == f.Check {
				r.Filed, r.State = x.ID, x.StateName()
			}
		}
		out.Findings = append(out.Findings, r)
	}
	if out.Receipts, err = db.All(ctx, s.DB, scanReceipt, receiptSelect+` WHERE account_id = $1 ORDER BY at DESC, id DESC LIMIT 20`, id); err != nil {
		return out, err
	}
	type kept struct {
		at   time.Time
		owed string
	}
	k, err := db.One(ctx, s.DB, func(r db.Scanner) (kept, error) {
		var k kept
		err := r.Scan(&k.at, &k.owed)
		return k, err
	}, `SELECT at, owed FROM account_sheet WHERE account_id = $1`, id)
	if err != nil && !db.None(err) {
		return out, err
	}
	out.At = k.at
	for _, c := range columns {
		if slices.Contains(strings.Fields(k.owed), c.Name) && slices.ContainsFunc(findings, func(f check.Finding) bool { return f.Check == c.Check && f.Outcome == check.Untested }) {
			out.Unproven = append(out.Unproven, c.Label)
		}
	}
	if out.Feed, err = db.One(ctx, s.DB, db.Value[string], `SELECT url FROM account_feed WHERE account_id = $1`, id); err != nil && !db.None(err) {
		return out, err
	}
	type look struct {
		at         time.Time
		says, from string
	}
	l, err := db.One(ctx, s.DB, func(r db.Scanner) (look, error) {
		var l look
		err := r.Scan(&l.at, &l.says, &l.from)
		return l, err
	}, `SELECT at, says, vantage FROM account_feed_look WHERE account_id = $1`, id)
	if err != nil && !db.None(err) {
		return out, err
	}
	out.FeedAt, out.FeedSays, out.FeedFrom = l.at, l.says, l.from
	if out.FeedAsked, _, err = s.Inspection.LastAsk(ctx, s.DB, FeedKind, string(id)); err != nil {
		return out, err
	}
	out.Posts, err = s.newestPosts(ctx, s.DB, id)
	return out, err
}

func (s *Service) newestPosts(ctx context.Context, q db.Querier, id registry.AccountID) ([]Entry, error) {
	return db.All(ctx, q, func(r db.Scanner) (Entry, error) {
		var e Entry
		err := r.Scan(&e.On, &e.Title, &e.URL)
		return e, err
	}, `SELECT posted_on, title, url FROM account_post WHERE account_id = $1 ORDER BY posted_on DESC, key LIMIT 10`, id)
}

// File opens the screenshot of a receipt of an account in scope.
func (s *Service) File(ctx context.Context, scope authz.Scope, id registry.AccountID, file string) (approval.Attachment, io.ReadCloser, error) {
	if _, err := s.Registry.Account(ctx, s.DB, scope, id); err != nil {
		return approval.Attachment{}, nil, err
	}
	return approval.OpenAttached(ctx, s.DB, s.Store, "account_receipt", string(id), file)
}
