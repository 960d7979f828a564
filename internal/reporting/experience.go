package reporting

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/rules/sx2021"
)

// ExperienceID identifies a 典型经验.
type ExperienceID string

// States of a good example.
const (
	ExperienceOffered   = "offered"
	ExperiencePublished = "published"
	ExperienceDeclined  = "declined"
	ExperienceWithdrawn = "withdrawn"
)

// ExperienceMachine declares what may become of a good example.
var ExperienceMachine = passage.Machine{
	Kind: "experience", Noun: "这条典型经验",
	States: map[string]string{ExperienceOffered: "待采用", ExperiencePublished: "已发布", ExperienceDeclined: "未采用", ExperienceWithdrawn: "已撤回"},
	Moves: []passage.Move{
		{From: "", Act: "offer", To: ExperienceOffered, Says: "报送", Permit: string(authz.ExperienceOffer)},
		{From: ExperienceOffered, Act: "publish", To: ExperiencePublished, Says: "发布", Guard: "主管单位", Permit: string(authz.BulletinCompose)},
		{From: ExperienceOffered, Act: "decline", To: ExperienceDeclined, Says: "不采用", Guard: "写明理由", Permit: string(authz.BulletinCompose)},
		{From: ExperienceDeclined, Act: "offer", To: ExperienceOffered, Says: "修改后再报", Permit: string(authz.ExperienceOffer)},
		{From: ExperiencePublished, Act: "withdraw", To: ExperienceWithdrawn, Says: "撤回", Guard: "写明理由", Permit: string(authz.BulletinCompose)},
	},
}

// experienceBasis is Article 30: 要推广先进经验.
const experienceBasis = sx2021.Instrument + " 第三十条"

// ExperienceTopics are what good examples are filed under.
var ExperienceTopics = []string{"信息发布", "解读回应", "办事服务", "互动交流", "政务新媒体", "集约化建设", "安全防护", "监督管理", "其他"}

// Experience is one 典型经验 of a unit.
type Experience struct {
	ID          ExperienceID
	Unit        org.UnitID
	UnitName    string
	Topic       string
	Title       string
	Body        string
	State       string
	Revision    int
	OfferedBy   string
	OfferedAt   time.Time
	EditedBy    string
	PublishedAt time.Time
	area, line  string // of the unit
}

// StateName is the state in Chinese.
func (e Experience) StateName() string { return ExperienceMachine.Name(e.State) }

// Link is its page in the console.
func (e Experience) Link() string { return "/console/experiences/" + string(e.ID) }

// In reports whether its unit lies in the scope.
func (e Experience) In(scope authz.Scope) bool { return e.area != "" && scope.Covers(e.area, e.line) }

func (e Experience) target() audit.Target {
	return audit.Target{Kind: "experience", ID: string(e.ID), Name: e.Title, Unit: string(e.Unit)}
}

const experienceSelect = `SELECT x.id, x.unit_id, u.name, x.topic, x.title, x.body, x.state, x.revision, x.offered_by, x.offered_at, x.edited_by, x.published_at, u.area_path, u.line_path FROM experience x JOIN unit u ON u.id = x.unit_id`

func scanExperience(r db.Scanner) (Experience, error) {
	var e Experience
	err := r.Scan(&e.ID, &e.Unit, &e.UnitName, &e.Topic, &e.Title, &e.Body, &e.State, &e.Revision, &e.OfferedBy, &e.OfferedAt, &e.EditedBy, &e.PublishedAt, &e.area, &e.line)
	return e, err
}

// ExperienceFilter narrows Experiences.
type ExperienceFilter struct {
	State  string
	Topic  string
	Text   string
	Limit  int // 20 when zero
	Offset int
}

// Experiences that the person may read: those published are for every office
// and unit of the house, the others for their unit and its supervisors.
func (s *Service) Experiences(ctx context.Context, session *authz.Session, f ExperienceFilter) ([]Experience, int, error) {
	if session == nil {
		return nil, 0, nil
	}
	var own db.Where
	session.ScopeFor(authz.AssessmentRead).Where(&own, "u")
	var w db.Where
	w.And("(x.state = 'published' OR ?)", &own)
	text := db.Contains(f.Text)
	w.AndIf(f.State != "", "x.state = ?", f.State).AndIf(f.Topic != "", "x.topic = ?", f.Topic).AndIf(f.Text != "", `(lower(x.title) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\')`, text, text)
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM experience x JOIN unit u ON u.id = x.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	if f.Limit == 0 {
		f.Limit = 20
	}
	list, err := db.All(ctx, s.db, scanExperience, experienceSelect+` WHERE `+w.SQL()+` ORDER BY x.offered_at DESC, x.id LIMIT `+w.Arg(f.Limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// Experience that the person may read.
func (s *Service) Experience(ctx context.Context, session *authz.Session, id ExperienceID) (Experience, error) {
	e, err := db.One(ctx, s.db, scanExperience, experienceSelect+` WHERE x.id = $1`, id)
	if db.None(err) || err == nil && (session == nil || e.State != ExperiencePublished && !e.In(session.ScopeFor(authz.AssessmentRead))) {
		return Experience{}, fault.Missing("这条典型经验")
	}
	return e, err
}

// ExperienceHistory is every step, oldest first.
func (s *Service) ExperienceHistory(ctx context.Context, session *authz.Session, id ExperienceID) ([]passage.Step, error) {
	if _, err := s.Experience(ctx, session, id); err != nil {
		return nil, err
	}
	return ExperienceMachine.History(ctx, s.db, string(id))
}

func tidyExperience(e *Experience) error {
	e.Topic, e.Title, e.Body = strings.TrimSpace(e.Topic), strings.TrimSpace(e.Title), strings.TrimSpace(strings.ReplaceAll(e.Body, "\r\n", "\n"))
	known := false
	for _, t := range ExperienceTopics {
		known = known || t == e.Topic
	}
	var wrong fault.Fields
	wrong.Check(known, "topic", "没有选择类别，请选择")
	wrong.Check(e.Title != "", "title", "没有填写标题，请填写")
	wrong.Check(utf8.RuneCountInString(e.Title) <= 80, "title", "标题超过 80 字，请缩短")
	wrong.Check(e.Body != "", "body", "没有填写做法和成效，请填写")
	wrong.Check(utf8.RuneCountInString(e.Body) <= mostText, "body", fmt.Sprintf("正文超过 %d 字，请缩短", mostText))
	if spans := check.Privacy(e.Title + "\n" + e.Body); len(spans) > 0 {
		wrong.Check(false, "body", "正文有未遮蔽的个人信息“"+spans[0].Right[0]+"”，请遮蔽或删去")
	}
	return wrong.Err()
}

// Offer hands in a good example of a unit in scope.
func (s *Service) Offer(ctx context.Context, scope authz.Scope, e Experience) (Experience, error) {
	if err := tidyExperience(&e); err != nil {
		return e, err
	}
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		actor, ok := audit.ActorFrom(ctx)
		if !ok {
			return audit.ErrNoActor
		}
		u, err := s.org.UnitTx(ctx, tx, scope, e.Unit)
		if err != nil {
			return err
		}
		e.ID, e.UnitName, e.OfferedBy, e.OfferedAt = ExperienceID(ulid.Make().String()), u.Name, actor.Name, tx.Now()
		if _, e.State, err = ExperienceMachine.Take(ctx, tx, string(e.ID), "offer", passage.Note{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO experience (id, unit_id, topic, title, body, state, offered_by, offered_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, e.ID, e.Unit, e.Topic, e.Title, e.Body, e.State, e.OfferedBy, e.OfferedAt); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "reporting.experience.offer", Basis: experienceBasis, Target: e.target()})
	})
	return e, err
}

// DecideExperience edits and publishes a good example, declines it, offers it
// again or withdraws it. The scope is that of the act.
func (s *Service) DecideExperience(ctx context.Context, scope authz.Scope, id ExperienceID, act string, n Experience, why string) (e Experience, err error) {
	why = strings.TrimSpace(why)
	if act == "decline" || act == "withdraw" {
		if why, err = reasonFor(why, "why"); err != nil {
			return e, err
		}
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		actor, ok := audit.ActorFrom(ctx)
		if !ok {
			return audit.ErrNoActor
		}
		if e, err = db.One(ctx, tx, scanExperience, experienceSelect+` WHERE x.id = $1`, id); db.None(err) || err == nil && !e.In(scope) {
			return fault.Missing("这条典型经验")
		}
		if err != nil {
			return err
		}
		before := e
		if act == "publish" || act == "offer" {
			if n.Revision != e.Revision {
				return fault.New(fault.Conflict, "刚刚有人改过这条典型经验，您的文字保留在下面，请核对后再办。")
			}
			n.Unit = e.Unit
			if err := tidyExperience(&n); err != nil {
				return err
			}
			e.Topic, e.Title, e.Body, e.Revision = n.Topic, n.Title, n.Body, e.Revision+1
		}
		if _, e.State, err = ExperienceMachine.Take(ctx, tx, string(id), act, passage.Note{Says: why}); err != nil {
			return err
		}
		e.EditedBy = actor.Name
		if act == "publish" {
			e.PublishedAt = tx.Now()
		}
		if _, err := tx.Exec(ctx, `UPDATE experience SET topic = $2, title = $3, body = $4, state = $5, revision = $6, edited_by = $7, published_at = $8 WHERE id = $1`, id, e.Topic, e.Title, e.Body, e.State, e.Revision, e.EditedBy, e.PublishedAt); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "reporting.experience." + act, Basis: experienceBasis, Target: e.target(), Before: map[string]string{"state": before.State, "title": before.Title}, After: map[string]string{"state": e.State, "title": e.Title, "why": why}})
	})
	return e, err
}
