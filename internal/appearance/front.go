package appearance

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/passage"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
)

// AfterReview is the clock of an emergency page once it was lifted: somebody
// else looks at it afterwards.
var AfterReview = obligation.Kind{ID: "front_after_review", Name: "应急首页事后复核", Clause: "S19.3a", Citation: "陕政公开办〔2021〕18号 第十九条（三）",
	Says: "应急首页撤下后，由提出人以外的审核人员复核", Remind: []int{0}, Escalate: 1, Minutes: 10}

// Obligations are the clocks of the package.
func Obligations() []obligation.Kind { return []obligation.Kind{AfterReview} }

// States of an emergency page.
const (
	Proposed  = "proposed"
	Live      = "live"
	Refused   = "refused"
	Withdrawn = "withdrawn"
	Lifted    = "lifted"
	Expired   = "expired"
	Replaced  = "replaced"
)

// Machine is what may become of an emergency page.
var Machine = passage.Machine{Kind: "front_page", Noun: "应急首页",
	States: map[string]string{Proposed: "待批准", Live: "正在使用", Refused: "不同意", Withdrawn: "已撤回", Lifted: "已撤下", Expired: "到期撤下", Replaced: "已被新的代替"},
	Moves: []passage.Move{
		{To: Proposed, Act: "propose", Says: "提出", Permit: string(authz.ItemWrite)},
		{From: Proposed, Act: "approve", To: Live, Says: "批准启用", Guard: "批准人不是提出人", Permit: string(authz.ItemFinalReview)},
		{From: Proposed, Act: "refuse", To: Refused, Says: "不同意", Permit: string(authz.ItemFinalReview)},
		{From: Proposed, Act: "withdraw", To: Withdrawn, Says: "撤回", Permit: string(authz.ItemWrite)},
		{From: Live, Act: "lift", To: Lifted, Says: "撤下", Permit: string(authz.ItemFinalReview)},
		{From: Live, Act: "expire", To: Expired, Says: "到期撤下", Permit: "system"},
		{From: Live, Act: "replace", To: Replaced, Says: "由新的代替", Permit: "system"},
	}}

// Template is a prepared emergency page.
type Template struct {
	Key     string       `json:"key"`
	Name    string       `json:"name"`
	Title   string       `json:"title"`
	Body    string       `json:"body"`
	Hotline string       `json:"hotline"`
	Links   []theme.Link `json:"links"`
}

//go:embed fronts.json
var templateFile []byte

// Templates are the prepared pages, in order.
func Templates() ([]Template, error) {
	var out []Template
	return out, json.Unmarshal(templateFile, &out)
}

// Front is one emergency front page.
type Front struct {
	ID         string
	Site       registry.SiteID
	SiteName   string // joined
	UnitID     string // joined
	UnitName   string // joined
	State      string
	Template   string
	Title      string
	Body       string // paragraphs, one a line
	Links      []theme.Link
	Hotline    string
	Until      time.Time
	Reason     string
	Proposer   string
	ProposedAt time.Time
	Approver   string
	ApprovedAt time.Time
	EndedAt    time.Time
	EndedBy    string
	EndedWhy   string
	Review     string
	Reviewer   string
	ReviewedAt time.Time
	proposerID string
	areaPath   string
	linePath   string
}

// Link is its page.
func (f Front) Link() string { return "/console/front-pages/" + f.ID }

// Ended says that it stood and stands no more.
func (f Front) Ended() bool { return f.State == Lifted || f.State == Expired || f.State == Replaced }

// Paras are the paragraphs of the text.
func (f Front) Paras() []string {
	var out []string
	for _, p := range strings.Split(f.Body, "\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// Page is what readers see.
func (f Front) Page() theme.Emergency {
	at := f.ApprovedAt
	if at.IsZero() {
		at = f.ProposedAt
	}
	return theme.Emergency{Title: f.Title, Paras: f.Paras(), Links: f.Links, Hotline: f.Hotline, Updated: at}
}

func (f Front) target() audit.Target {
	return audit.Target{Kind: "front_page", ID: f.ID, Name: f.SiteName + "：" + f.Title, Unit: f.UnitID}
}

func (f Front) subject() obligation.Subject {
	return obligation.Subject{Kind: "front_page", ID: f.ID, Name: f.SiteName + "应急首页“" + f.Title + "”"}
}

const frontSelect = `
	SELECT f.id, f.site_id, s.name, s.unit_id, u.name, f.state, f.template, f.title, f.body, f.links, f.hotline, f.until_at, f.reason, f.proposer_id, f.proposer_name, f.proposed_at, f.approver_name, f.approved_at,
	       f.ended_at, f.ended_name, f.ended_why, f.review, f.reviewer_name, f.reviewed_at, u.area_path, u.line_path
	  FROM front_page f JOIN site s ON s.id = f.site_id JOIN unit u ON u.id = s.unit_id`

func scanFront(r db.Scanner) (Front, error) {
	var f Front
	var links string
	if err := r.Scan(&f.ID, &f.Site, &f.SiteName, &f.UnitID, &f.UnitName, &f.State, &f.Template, &f.Title, &f.Body, &links, &f.Hotline, &f.Until, &f.Reason, &f.proposerID, &f.Proposer, &f.ProposedAt, &f.Approver, &f.ApprovedAt,
		&f.EndedAt, &f.EndedBy, &f.EndedWhy, &f.Review, &f.Reviewer, &f.ReviewedAt, &f.areaPath, &f.linePath); err != nil {
		return f, err
	}
	return f, json.Unmarshal([]byte(links), &f.Links)
}

func (s *Service) liveFront(ctx context.Context, q db.Querier, site registry.SiteID) (*Front, error) {
	f, err := db.One(ctx, q, scanFront, frontSelect+` WHERE f.site_id = $1 AND f.state = 'live'`, site)
	if db.None(err) {
		return nil, nil
	}
	return &f, err
}

// standing is the emergency page of a site as readers see it; nil for none.
func standing(ctx context.Context, q db.Querier, site registry.SiteID) (*theme.Emergency, error) {
	f, err := db.One(ctx, q, scanFront, frontSelect+` WHERE f.site_id = $1 AND f.state = 'live'`, site)
	if db.None(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p := f.Page()
	return &p, nil
}

// Fronts are the emergency pages of sites in scope, those that stand or wait
// first, and how many there are. site "" is all of them.
func (s *Service) Fronts(ctx context.Context, scope authz.Scope, site registry.SiteID, limit, offset int) ([]Front, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.AndIf(site != "", "f.site_id = ?", site)
	n, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM front_page f JOIN site s ON s.id = f.site_id JOIN unit u ON u.id = s.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.DB, scanFront, frontSelect+` WHERE `+w.SQL()+` ORDER BY CASE f.state WHEN 'live' THEN 0 WHEN 'proposed' THEN 1 ELSE 2 END, f.proposed_at DESC, f.id DESC LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	return list, n, err
}

// FrontOf is one emergency page in scope.
func (s *Service) FrontOf(ctx context.Context, scope authz.Scope, id string) (Front, error) {
	return frontOf(ctx, s.DB, scope, id)
}

// History is what became of an emergency page, in order.
func (s *Service) History(ctx context.Context, scope authz.Scope, id string) ([]passage.Step, error) {
	if _, err := s.FrontOf(ctx, scope, id); err != nil {
		return nil, err
	}
	return Machine.History(ctx, s.DB, id)
}

func frontOf(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Front, error) {
	f, err := db.One(ctx, q, scanFront, frontSelect+` WHERE f.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(f.areaPath, f.linePath) {
		return Front{}, fault.Missing("应急首页")
	}
	return f, err
}

// Limits of an emergency page.
const (
	mostParas   = 10
	mostLinks   = 8
	longestDays = 30
)

// Propose asks for an emergency front page. It is not public until another
// person approves.
func (s *Service) Propose(ctx context.Context, scope authz.Scope, site registry.SiteID, n Front) (Front, error) {
	session := authz.SessionFrom(ctx)
	if session == nil {
		return n, fault.New(fault.SignIn, "请先登录。")
	}
	now := s.DB.Now()
	n.Title, n.Body, n.Reason, n.Hotline = strings.TrimSpace(n.Title), strings.TrimSpace(strings.ReplaceAll(n.Body, "\r\n", "\n")), strings.TrimSpace(n.Reason), strings.TrimSpace(n.Hotline)
	var f fault.Fields
	f.Text("title", "标题", n.Title, true, 60)
	f.Text("body", "正文", n.Body, true, 1500)
	f.Text("reason", "启用原因", n.Reason, true, 300)
	f.Check(len(n.Paras()) <= mostParas, "body", fmt.Sprintf("最多 %d 段，请写得短一些", mostParas))
	f.Check(len(n.Links) <= mostLinks, "links", fmt.Sprintf("最多 %d 个链接", mostLinks))
	f.Check(utf8.RuneCountInString(n.Hotline) <= 30 && !strings.ContainsFunc(n.Hotline, func(r rune) bool { return (r < '0' || r > '9') && r != '-' && r != '+' && r != ' ' }), "hotline", "求助电话只写号码，例：12345")
	for _, l := range n.Links {
		u, err := url.Parse(l.Href)
		f.Check(err == nil && (strings.HasPrefix(l.Href, "/") && !strings.HasPrefix(l.Href, "//") || (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""), "links", "链接“"+abridge.Text(l.Href, 40)+"”要以 / 或 https:// 开头")
		f.Check(l.Text != "" && utf8.RuneCountInString(l.Text) <= 40, "links", "链接的文字请写在 40 字以内")
	}
	f.Check(n.Until.After(now), "until", "自动撤下的时间要晚于现在")
	f.Check(n.Until.Before(now.AddDate(0, 0, longestDays)), "until", fmt.Sprintf("最长 %d 天，到期前可以再提出", longestDays))
	if err := f.Err(); err != nil {
		return n, err
	}
	links, err := json.Marshal(n.Links)
	if err != nil {
		return n, err
	}
	n.ID = ulid.Make().String()
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		at, err := s.Registry.SiteTx(ctx, tx, scope, site)
		if err != nil {
			return err
		}
		if !at.Hosted || at.State == registry.Planned || at.State == registry.Closed || at.State == registry.Exited {
			return fault.New(fault.Refused, "这个站点没有在本平台运行，不能启用应急首页。")
		}
		waits, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM front_page WHERE site_id = $1 AND state = 'proposed'`, site)
		if err != nil {
			return err
		}
		if waits > 0 {
			return fault.New(fault.Conflict, "这个站点已有一份应急首页等待批准，请先批准、退回或撤回它。")
		}
		if _, err := tx.Exec(ctx, `INSERT INTO front_page (id, site_id, state, template, title, body, links, hotline, until_at, reason, proposer_id, proposer_name, proposed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			n.ID, site, Proposed, n.Template, n.Title, n.Body, string(links), n.Hotline, n.Until, n.Reason, session.PersonID, session.Name, tx.Now()); err != nil {
			return err
		}
		if _, _, err := Machine.Take(ctx, tx, n.ID, "propose", passage.Note{Says: n.Reason}); err != nil {
			return err
		}
		if n, err = frontOf(ctx, tx, duty, n.ID); err != nil {
			return err
		}
		if err := s.alarm(ctx, tx, at, "front:"+n.ID+":proposed", at.Name+"的应急首页等待批准", session.Name+"提出“"+n.Title+"”，请另一位有发布权限的人核对后批准。", n.Link()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "appearance.front.propose", Target: n.target(), After: map[string]any{"title": n.Title, "until": n.Until, "reason": n.Reason}})
	})
	return n, err
}

// alarm tells a site's sponsor at once; link defaults to the site's appearance.
func (s *Service) alarm(ctx context.Context, tx *db.Tx, site registry.Site, key, title, body string, link ...string) error {
	to := "/console/sites/" + string(site.ID) + "/appearance"
	if len(link) > 0 {
		to = link[0]
	}
	_, err := notify.Send(ctx, tx, notify.Message{Key: key, Unit: string(site.Unit), Title: title, Body: body, Link: to, Urgent: true})
	return err
}

// Approve puts the page on the site's front, at once. Who proposed it cannot.
func (s *Service) Approve(ctx context.Context, scope authz.Scope, id string) (Front, error) {
	return s.take(ctx, scope, id, "approve", "", func(tx *db.Tx, session *authz.Session, f Front) error {
		if f.proposerID == session.PersonID {
			return fault.New(fault.Refused, "应急首页要由两个人办：提出人不能自己批准，请另一位有发布权限的人批准。")
		}
		if !f.Until.After(tx.Now()) {
			return fault.New(fault.Refused, "原定的撤下时间已经过了，请重新提出。")
		}
		old, err := s.liveFront(ctx, tx, f.Site)
		if err != nil {
			return err
		}
		if old != nil {
			if err := s.end(ctx, tx, *old, "replace", "", "由“"+f.Title+"”代替"); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE front_page SET state = 'live', approver_id = $2, approver_name = $3, approved_at = $4 WHERE id = $1`, id, session.PersonID, session.Name, tx.Now()); err != nil {
			return err
		}
		return s.Publisher.Touch(ctx, tx, f.Site)
	})
}

// Refuse sends the page back.
func (s *Service) Refuse(ctx context.Context, scope authz.Scope, id, why string) (Front, error) {
	return s.take(ctx, scope, id, "refuse", why, func(tx *db.Tx, session *authz.Session, _ Front) error {
		_, err := tx.Exec(ctx, `UPDATE front_page SET state = 'refused', ended_at = $2, ended_name = $3, ended_why = $4 WHERE id = $1`, id, tx.Now(), session.Name, strings.TrimSpace(why))
		return err
	})
}

// Withdraw takes back what the same person proposed.
func (s *Service) Withdraw(ctx context.Context, scope authz.Scope, id string) (Front, error) {
	return s.take(ctx, scope, id, "withdraw", "", func(tx *db.Tx, session *authz.Session, f Front) error {
		if f.proposerID != session.PersonID {
			return fault.New(fault.Refused, "只有提出人能撤回；要退回请选“不同意”。")
		}
		_, err := tx.Exec(ctx, `UPDATE front_page SET state = 'withdrawn', ended_at = $2, ended_name = $3 WHERE id = $1`, id, tx.Now(), session.Name)
		return err
	})
}

// Lift takes the page off the front before its time.
func (s *Service) Lift(ctx context.Context, scope authz.Scope, id, why string) (Front, error) {
	return s.take(ctx, scope, id, "", why, func(tx *db.Tx, session *authz.Session, f Front) error {
		if err := s.end(ctx, tx, f, "lift", session.Name, strings.TrimSpace(why)); err != nil {
			return err
		}
		return s.Publisher.Touch(ctx, tx, f.Site)
	})
}

// take is one act on a page in scope; act "" leaves the passage to do.
func (s *Service) take(ctx context.Context, scope authz.Scope, id, act, why string, do func(tx *db.Tx, session *authz.Session, f Front) error) (Front, error) {
	session := authz.SessionFrom(ctx)
	if session == nil {
		return Front{}, fault.New(fault.SignIn, "请先登录。")
	}
	if act == "refuse" || act == "" {
		var f fault.Fields
		f.Text("why", "原因", strings.TrimSpace(why), true, 300)
		if err := f.Err(); err != nil {
			return Front{}, err
		}
	}
	var f Front
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		var err error
		if f, err = frontOf(ctx, tx, scope, id); err != nil {
			return err
		}
		if act != "" {
			if _, _, err := Machine.Take(ctx, tx, id, act, passage.Note{Says: strings.TrimSpace(why)}); err != nil {
				return err
			}
		}
		if err := do(tx, session, f); err != nil {
			return err
		}
		if f, err = frontOf(ctx, tx, duty, id); err != nil {
			return err
		}
		if act == "" {
			return nil // end has recorded it
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "appearance.front." + act, Target: f.target(), After: map[string]any{"state": f.State, "why": strings.TrimSpace(why)}})
	})
	return f, err
}

// end takes a page that stands off, and opens the clock of its review.
func (s *Service) end(ctx context.Context, tx *db.Tx, f Front, act, by, why string) error {
	_, to, err := Machine.Take(ctx, tx, f.ID, act, passage.Note{Says: why})
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE front_page SET state = $2, ended_at = $3, ended_name = $4, ended_why = $5 WHERE id = $1`, f.ID, to, tx.Now(), by, why); err != nil {
		return err
	}
	from := calendar.DateOf(tx.Now())
	length := calendar.WorkingDays(s.Settings().AfterReviewWorkdays)
	due := length.From(from, s.Days)
	site, err := s.Registry.SiteTx(ctx, tx, duty, f.Site)
	if err != nil {
		return err
	}
	if err := s.Obligations.Open(ctx, tx, obligation.Debt{Kind: AfterReview.ID, Unit: site.Unit, Subject: f.subject(), Link: f.Link(), Due: due, From: from, Length: length}); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "appearance.front." + act, Target: f.target(), After: map[string]any{"state": to, "why": why}})
}

// ReviewAfter notes what was found when a page that stood is looked at again,
// by somebody who did not propose it.
func (s *Service) ReviewAfter(ctx context.Context, scope authz.Scope, id, review string) (Front, error) {
	session := authz.SessionFrom(ctx)
	if session == nil {
		return Front{}, fault.New(fault.SignIn, "请先登录。")
	}
	review = strings.TrimSpace(review)
	var fields fault.Fields
	fields.Text("review", "复核意见", review, true, 1000)
	if err := fields.Err(); err != nil {
		return Front{}, err
	}
	var f Front
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		var err error
		if f, err = frontOf(ctx, tx, scope, id); err != nil {
			return err
		}
		switch {
		case !f.Ended():
			return fault.New(fault.Conflict, "应急首页撤下后才能复核。")
		case !f.ReviewedAt.IsZero():
			return fault.New(fault.Conflict, "已经复核过。")
		case f.proposerID == session.PersonID:
			return fault.New(fault.Refused, "提出人不能复核自己提出的应急首页，请另一位审核人员复核。")
		}
		if _, err := tx.Exec(ctx, `UPDATE front_page SET review = $2, reviewer_id = $3, reviewer_name = $4, reviewed_at = $5 WHERE id = $1`, id, review, session.PersonID, session.Name, tx.Now()); err != nil {
			return err
		}
		if _, err := s.Obligations.Discharge(ctx, tx, AfterReview.ID, f.subject(), "已复核，"+session.Name); err != nil {
			return err
		}
		if f, err = frontOf(ctx, tx, duty, id); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "appearance.front.review", Target: f.target(), After: map[string]any{"review": review}})
	})
	return f, err
}

// expire takes off the pages whose time has come.
func (s *Service) expire(ctx context.Context) (int, error) {
	due, err := db.All(ctx, s.DB, scanFront, frontSelect+` WHERE f.state = 'live' AND f.until_at <= $1 ORDER BY f.id LIMIT 100`, s.DB.Now())
	if err != nil {
		return 0, err
	}
	for i, f := range due {
		if err := s.DB.Update(ctx, func(tx *db.Tx) error {
			if err := s.end(ctx, tx, f, "expire", "", "到了原定的撤下时间"); err != nil {
				return err
			}
			return s.Publisher.Touch(ctx, tx, f.Site)
		}); err != nil {
			return i, err
		}
	}
	return len(due), nil
}
