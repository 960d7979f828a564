package layout

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
)

// TopicID identifies a topic.
type TopicID string

// The states of a topic.
const (
	TopicDraft    = "draft"
	TopicRunning  = "running"
	TopicArchived = "archived"
	TopicDropped  = "dropped"
)

// TopicMachine is the states of a topic (专题).
var TopicMachine = passage.Machine{Kind: "topic", Noun: "专题",
	States: map[string]string{TopicDraft: "正在编排", TopicRunning: "进行中", TopicArchived: "已归档", TopicDropped: "已放弃"},
	Moves: []passage.Move{
		{To: TopicDraft, Act: "plan", Says: "新建专题", Guard: "写明结束日期", Permit: string(authz.SiteCompose)},
		{From: TopicDraft, Act: "start", To: TopicRunning, Says: "发布专题", Guard: "编排通过检查", Permit: string(authz.SitePublish)},
		{From: TopicDraft, Act: "drop", To: TopicDropped, Says: "放弃专题", Permit: string(authz.SiteCompose)},
		{From: TopicRunning, Act: "archive", To: TopicArchived, Says: "归档", Guard: "到结束日期，或写明提前归档的原因", Permit: string(authz.SitePublish)},
	}}

// Topic is a page about one matter with an end.
type Topic struct {
	ID         TopicID
	Site       registry.SiteID
	SiteName   string // joined
	Slug       string
	Title      string
	Intro      string
	Banner     string // address of a picture
	BannerAlt  string
	EndsOn     calendar.Date // the last day it is in the navigation
	Owner      org.PersonID
	OwnerName  string // joined
	State      string
	Rev        int
	CreatedAt  time.Time
	StartedAt  time.Time
	ArchivedAt time.Time
	LiveNo     int // of its board, joined
	unit       org.UnitID
	area, line string
}

// Path of the topic on its site.
func (t Topic) Path() string { return "/topics/" + t.Slug + "/" }

// Link is the topic in the console.
func (t Topic) Link() string { return "/console/topics/" + string(t.ID) }

// Open reports whether it may still be changed.
func (t Topic) Open() bool { return t.State == TopicDraft || t.State == TopicRunning }

func (t Topic) subject() obligation.Subject {
	return obligation.Subject{Kind: "topic", ID: string(t.ID), Name: t.SiteName + " / " + t.Title}
}

func (t Topic) target() audit.Target {
	return audit.Target{Kind: "topic", ID: string(t.ID), Name: t.Title, Unit: string(t.unit)}
}

const topicSelect = `
	SELECT t.id, t.site_id, s.name, t.slug, t.title, t.intro, t.banner, t.banner_alt, t.ends_on, t.owner_id, p.name, t.state, t.rev, t.created_at, t.started_at, t.archived_at,
	       COALESCE((SELECT b.live_no FROM layout_board b WHERE b.id = t.id), 0), s.unit_id, u.area_path, u.line_path
	  FROM topic t JOIN site s ON s.id = t.site_id JOIN unit u ON u.id = s.unit_id JOIN person p ON p.id = t.owner_id`

func scanTopic(r db.Scanner) (Topic, error) {
	var t Topic
	return t, r.Scan(&t.ID, &t.Site, &t.SiteName, &t.Slug, &t.Title, &t.Intro, &t.Banner, &t.BannerAlt, &t.EndsOn, &t.Owner, &t.OwnerName, &t.State, &t.Rev, &t.CreatedAt, &t.StartedAt, &t.ArchivedAt,
		&t.LiveNo, &t.unit, &t.area, &t.line)
}

// Topic in scope.
func (s *Service) Topic(ctx context.Context, scope authz.Scope, id TopicID) (Topic, error) {
	return s.topic(ctx, s.DB, scope, id)
}

func (s *Service) topic(ctx context.Context, q db.Querier, scope authz.Scope, id TopicID) (Topic, error) {
	t, err := db.One(ctx, q, scanTopic, topicSelect+` WHERE t.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(t.area, t.line) {
		return Topic{}, fault.Missing("专题")
	}
	return t, err
}

// TopicFilter narrows TopicsOf.
type TopicFilter struct {
	Site   registry.SiteID
	State  string
	Limit  int // 50 when zero
	Offset int
}

// TopicsOf sites in scope: running ones first, what ends first before.
func (s *Service) TopicsOf(ctx context.Context, scope authz.Scope, f TopicFilter) ([]Topic, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.AndIf(f.Site != "", "t.site_id = ?", f.Site).AndIf(f.State != "", "t.state = ?", f.State)
	if f.Limit == 0 {
		f.Limit = 50
	}
	total, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM topic t JOIN site s ON s.id = t.site_id JOIN unit u ON u.id = s.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.DB, scanTopic, topicSelect+` WHERE `+w.SQL()+` ORDER BY CASE t.state WHEN 'running' THEN 0 WHEN 'draft' THEN 1 WHEN 'archived' THEN 2 ELSE 3 END,
		CASE WHEN t.state IN ('running', 'draft') THEN t.ends_on END, t.archived_at DESC, t.id LIMIT `+w.Arg(f.Limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// TopicHistory is what was done with a topic in scope.
func (s *Service) TopicHistory(ctx context.Context, scope authz.Scope, id TopicID) ([]passage.Step, error) {
	if _, err := s.Topic(ctx, scope, id); err != nil {
		return nil, err
	}
	return TopicMachine.History(ctx, s.DB, string(id))
}

var topicSlug = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$`)

// longestTopic is how far off the end of a topic may lie, in days.
const longestTopic = 1100

func (s *Service) checkTopic(ctx context.Context, q db.Querier, scope authz.Scope, t *Topic, before Topic) error {
	t.Slug, t.Title, t.Intro, t.Banner, t.BannerAlt = strings.TrimSpace(t.Slug), strings.TrimSpace(t.Title), strings.TrimSpace(t.Intro), strings.TrimSpace(t.Banner), strings.TrimSpace(t.BannerAlt)
	today := s.today()
	var f fault.Fields
	f.Text("title", "专题名称", t.Title, true, 40)
	f.Text("intro", "导语", t.Intro, true, 500)
	f.Check(topicSlug.MatchString(t.Slug), "slug", "网址简称只能用小写字母、数字和短横线，例如 flood-2026")
	f.Check(!t.EndsOn.IsZero(), "ends_on", "请填写结束日期：专题都有期限，到期自动归档，页面保留")
	if t.EndsOn != before.EndsOn && !t.EndsOn.IsZero() {
		f.Check(!t.EndsOn.Before(today), "ends_on", "结束日期不能早于今天")
		f.Check(!t.EndsOn.After(today.AddDays(longestTopic)), "ends_on", "结束日期最远三年，到期前可以延长")
	}
	f.Check(t.Banner == "" || t.BannerAlt != "", "banner_alt", "请写横幅图片的替代文字：看不见图片的人听到的就是它")
	f.Text("banner_alt", "替代文字", t.BannerAlt, false, 100)
	f.Check(t.Owner != "", "owner", "请选择专题责任人：到期前七天会提醒")
	if err := f.Err(); err != nil {
		return err
	}
	if t.Owner != before.Owner {
		p, err := s.Org.PersonByID(ctx, q, scope, t.Owner)
		if fault.Is(err, fault.NotFound) {
			return fault.New(fault.Invalid, "没有找到责任人，请从列表中选择。").On("owner", "请从列表中选择")
		}
		if err != nil {
			return err
		}
		t.OwnerName = p.Name
	}
	if t.Banner != "" && t.Banner != before.Banner {
		if s.Picture == nil {
			return fault.New(fault.Invalid, "横幅要从媒体库选择图片。").On("banner", "请填写媒体库图片的地址")
		}
		if err := s.Picture(ctx, authz.SessionFrom(ctx), t.Banner); err != nil {
			return err
		}
	}
	return nil
}

// PlanTopic begins a topic, which nobody sees until it is published.
func (s *Service) PlanTopic(ctx context.Context, scope authz.Scope, t Topic) (Topic, error) {
	site, err := s.hosted(ctx, s.DB, scope, t.Site)
	if err != nil {
		return Topic{}, err
	}
	if err := s.checkTopic(ctx, s.DB, scope, &t, Topic{}); err != nil {
		return Topic{}, err
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) (err error) {
		t, err = s.plan(ctx, tx, site, t)
		return err
	})
	return t, err
}

// plan writes a topic that was checked.
func (s *Service) plan(ctx context.Context, tx *db.Tx, site registry.Site, t Topic) (Topic, error) {
	t.ID, t.SiteName, t.unit, t.Rev, t.State = TopicID(ulid.Make().String()), site.Name, site.Unit, 1, TopicDraft
	if n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM topic WHERE site_id = $1 AND slug = $2`, t.Site, t.Slug); err != nil {
		return t, err
	} else if n > 0 {
		return t, fault.Newf(fault.Conflict, "本站已有网址简称为“%s”的专题；归档的专题页面还在，网址不能再用。", t.Slug).On("slug", "请换一个简称")
	}
	if _, err := TopicMachine.Begin(ctx, tx, []string{string(t.ID)}, "plan", passage.Note{}); err != nil {
		return t, err
	}
	_, err := tx.Exec(ctx, `INSERT INTO topic (id, site_id, slug, title, intro, banner, banner_alt, ends_on, owner_id, state, rev, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		t.ID, t.Site, t.Slug, t.Title, t.Intro, t.Banner, t.BannerAlt, t.EndsOn, t.Owner, t.State, t.Rev, tx.Now())
	if _, dup := db.UniqueViolation(err); dup {
		return t, fault.Newf(fault.Conflict, "本站已有网址简称为“%s”的专题。", t.Slug).On("slug", "请换一个简称").From(err)
	}
	if err != nil {
		return t, err
	}
	return t, audit.Record(ctx, tx, audit.Entry{Act: "layout.topic.plan", Target: t.target(), After: t})
}

// SetTopic changes a topic's particulars. Its short name stays: the address was
// or will be published. A later end is the end extended.
func (s *Service) SetTopic(ctx context.Context, scope authz.Scope, t Topic) (Topic, error) {
	return t, s.DB.Update(ctx, func(tx *db.Tx) error {
		before, err := s.topic(ctx, tx, scope, t.ID)
		if err != nil {
			return err
		}
		if !before.Open() {
			return fault.Newf(fault.Refused, "专题“%s”%s，不能再修改。", before.Title, TopicMachine.Name(before.State))
		}
		if before.Rev != t.Rev {
			return conflict()
		}
		t.Site, t.SiteName, t.Slug, t.State, t.unit, t.OwnerName = before.Site, before.SiteName, before.Slug, before.State, before.unit, before.OwnerName
		if err := s.checkTopic(ctx, tx, scope, &t, before); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE topic SET title = $3, intro = $4, banner = $5, banner_alt = $6, ends_on = $7, owner_id = $8, rev = rev + 1 WHERE id = $1 AND rev = $2`,
			t.ID, t.Rev, t.Title, t.Intro, t.Banner, t.BannerAlt, t.EndsOn, t.Owner)
		if err != nil {
			return err
		}
		if n == 0 {
			return conflict()
		}
		t.Rev++
		if t.State == TopicRunning {
			if t.EndsOn != before.EndsOn || t.Owner != before.Owner {
				if _, err := s.Obligations.Annul(ctx, tx, TopicEnd.ID, before.subject(), fmt.Sprintf("结束日期 %s，责任人 %s", t.EndsOn, t.OwnerName)); err != nil {
					return err
				}
				if err := s.oweEnd(ctx, tx, t); err != nil {
					return err
				}
			}
			if err := s.changed(ctx, tx, t.Site, TopicList, Home); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "layout.topic.set", Target: t.target(), Before: before, After: t})
	})
}

func (s *Service) oweEnd(ctx context.Context, tx *db.Tx, t Topic) error {
	return s.Obligations.Open(ctx, tx, obligation.Debt{Kind: TopicEnd.ID, Unit: t.unit, Subject: t.subject(), Link: t.Link(), Due: calendar.Due{On: t.EndsOn}, Person: t.Owner})
}

// start makes a topic run when its page is published for the first time.
func (s *Service) start(ctx context.Context, tx *db.Tx, t Topic) error {
	if t.State == TopicRunning {
		return nil
	}
	if t.EndsOn.Before(s.today()) {
		return fault.Newf(fault.Refused, "专题的结束日期 %s 已过，请先改到今天以后。", t.EndsOn).On("ends_on", "日期已过")
	}
	if _, _, err := TopicMachine.Take(ctx, tx, string(t.ID), "start", passage.Note{}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE topic SET state = 'running', started_at = $2 WHERE id = $1`, t.ID, tx.Now()); err != nil {
		return err
	}
	if err := s.oweEnd(ctx, tx, t); err != nil {
		return err
	}
	return s.changed(ctx, tx, t.Site, Home)
}

// Archive ends a topic before its time; the page stays.
func (s *Service) Archive(ctx context.Context, scope authz.Scope, id TopicID, why string) (Topic, error) {
	var t Topic
	why = strings.TrimSpace(why)
	var f fault.Fields
	f.Text("why", "提前归档的原因", why, true, 200)
	if err := f.Err(); err != nil {
		return t, err
	}
	return t, s.DB.Update(ctx, func(tx *db.Tx) error {
		var err error
		if t, err = s.topic(ctx, tx, scope, id); err != nil {
			return err
		}
		return s.archive(ctx, tx, t, why)
	})
}

func (s *Service) archive(ctx context.Context, tx *db.Tx, t Topic, why string) error {
	if _, _, err := TopicMachine.Take(ctx, tx, string(t.ID), "archive", passage.Note{Says: why}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE topic SET state = 'archived', archived_at = $2, rev = rev + 1 WHERE id = $1`, t.ID, tx.Now()); err != nil {
		return err
	}
	if _, err := s.Obligations.Discharge(ctx, tx, TopicEnd.ID, t.subject(), calendar.DateOf(tx.Now()).String()+" 归档："+why); err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Entry{Act: "layout.topic.archive", Target: t.target(), After: why}); err != nil {
		return err
	}
	return s.changed(ctx, tx, t.Site, TopicList, Home)
}

// Drop gives a topic up that nobody saw.
func (s *Service) Drop(ctx context.Context, scope authz.Scope, id TopicID) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		t, err := s.topic(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if _, _, err := TopicMachine.Take(ctx, tx, string(id), "drop", passage.Note{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE topic SET state = 'dropped', rev = rev + 1 WHERE id = $1`, id); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "layout.topic.drop", Target: t.target()})
	})
}

// Sweep archives the topics whose last day is over and takes down the notices
// whose days are: a duty of the house, idempotent.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "layout.sweep")
	today := s.today()
	over, err := db.All(ctx, s.DB, scanTopic, topicSelect+` WHERE t.state = 'running' AND t.ends_on < $1 ORDER BY t.ends_on, t.id LIMIT 200`, today)
	if err != nil {
		return 0, err
	}
	done := 0
	for _, t := range over {
		if err := s.DB.Update(ctx, func(tx *db.Tx) error {
			now, err := s.topic(ctx, tx, authz.System("layout.sweep"), t.ID)
			if err != nil || now.State != TopicRunning || !now.EndsOn.Before(today) {
				return errorsOr(err, errSame)
			}
			return s.archive(ctx, tx, now, "到期自动归档")
		}); err != nil && err != errSame {
			return done, err
		}
		done++
	}
	n, err := s.sweepBar(ctx, today)
	return done + n, err
}

func errorsOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// TopicsHeld are the open topics a person answers for, for a hand-over.
func TopicsHeld(ctx context.Context, q db.Querier, person org.PersonID) (org.Holding, error) {
	h := org.Holding{Kind: "topic", Name: "专题"}
	var err error
	h.Rows, err = db.All(ctx, q, func(r db.Scanner) (org.HeldRow, error) {
		var row org.HeldRow
		return row, r.Scan(&row.Key, &row.Name, &row.Note, &row.Link)
	}, `SELECT 'topic:' || t.id, t.title, s.name, '/console/topics/' || t.id FROM topic t JOIN site s ON s.id = t.site_id WHERE t.owner_id = $1 AND t.state IN ('draft', 'running') ORDER BY t.ends_on, t.id`, person)
	return h, err
}

// PassTopics gives a person's open topics to another.
func PassTopics(ctx context.Context, tx *db.Tx, from, to org.PersonID, why string) (int, error) {
	list, err := db.All(ctx, tx, scanTopic, topicSelect+` WHERE t.owner_id = $1 AND t.state IN ('draft', 'running') ORDER BY t.id`, from)
	if err != nil {
		return 0, err
	}
	for _, t := range list {
		if _, err := tx.Exec(ctx, `UPDATE topic SET owner_id = $2, rev = rev + 1 WHERE id = $1`, t.ID, to); err != nil {
			return 0, err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "layout.topic.handover", Target: t.target(), Before: from, After: map[string]any{"to": to, "why": why}}); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}
