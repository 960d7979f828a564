package layout

import (
	"context"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/notice"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// Part of a site that a change touches.
type Part string

// The parts.
const (
	Home      Part = "home"
	TopicList Part = "topics"
)

// Touch asks for the parts of a site anew, in the transaction of the act.
type Touch func(ctx context.Context, tx *db.Tx, site registry.SiteID, parts ...Part) error

// Picture reports whether an address is that of a picture which the session
// may use; see media.
type Picture func(ctx context.Context, session *authz.Session, address string) error

// Parts are what the service is made of.
type Parts struct {
	DB          *db.DB
	Org         *org.Service
	Registry    *registry.Service
	Library     *library.Service
	Notices     *notice.Service
	Obligations *obligation.Service
	// Inspect reads the words that go public with a composition.
	Inspect func(text string) []check.Span
	// Picture admits a topic's banner; nil admits none.
	Picture Picture
}

// Service is the door of layout.
type Service struct {
	Parts
	touch []Touch
}

// New makes the service.
func New(p Parts) *Service { return &Service{Parts: p} }

// OnChange registers who draws what changed.
func (s *Service) OnChange(f Touch) { s.touch = append(s.touch, f) }

func (s *Service) changed(ctx context.Context, tx *db.Tx, site registry.SiteID, parts ...Part) error {
	for _, f := range s.touch {
		if err := f(ctx, tx, site, parts...); err != nil {
			return err
		}
	}
	return nil
}

// TopicEnd is the end of a topic: its owner is told a week before.
var TopicEnd = obligation.Kind{ID: "topic_end", Name: "专题到期", Clause: "S19.2", Citation: "陕政公开办〔2021〕18号 第十九条（二）",
	Says: "专题到期前决定延长还是按期归档；到期后自动归档", Remind: []int{7, 1, 0}, Escalate: 3}

// Obligations are the clocks of the module.
func Obligations() []obligation.Kind { return []obligation.Kind{TopicEnd} }

// hosted is a site in scope that is published here.
func (s *Service) hosted(ctx context.Context, q db.Querier, scope authz.Scope, id registry.SiteID) (registry.Site, error) {
	st, err := s.Registry.SiteTx(ctx, q, scope, id)
	if err == nil && !st.Hosted {
		return st, fault.New(fault.Refused, "这个站点不由本平台承载，不能在这里编排页面。")
	}
	return st, err
}

func conflict() error {
	return fault.New(fault.Conflict, "您打开页面后，这里的编排已被别人修改。请刷新，看过最新的编排再改，您刚才的这一步没有保存。")
}

// SiteState is a site with how its pages are composed.
type SiteState struct {
	registry.Site
	Version   int // 0: as every site of its kind begins
	At        time.Time
	Draft     bool
	DraftName string
	Running   int // topics
	Bar       int // ordinary notices that hang today
	Law       int // notices that hang by law
}

// Sites in scope that are published here, with how they are composed.
func (s *Service) Sites(ctx context.Context, scope authz.Scope, text string, limit, offset int) ([]SiteState, int, error) {
	list, total, err := s.Registry.Sites(ctx, scope, registry.SiteFilter{Hosted: true, Text: text, Limit: limit, Offset: offset})
	if err != nil || len(list) == 0 {
		return nil, total, err
	}
	ids := make([]registry.SiteID, len(list))
	out := make([]SiteState, len(list))
	at := map[string]int{}
	for i, st := range list {
		ids[i], out[i].Site, at[string(st.ID)] = st.ID, st, i
	}
	today := s.today()
	cond, args := db.In("s.id", ids)
	var w db.Where
	w.And(cond, args...)
	day := w.Arg(today)
	_, err = db.All(ctx, s.DB, func(r db.Scanner) (struct{}, error) {
		var id string
		var v SiteState
		if err := r.Scan(&id, &v.Version, &v.Draft, &v.DraftName, &v.At, &v.Running, &v.Bar, &v.Law); err != nil {
			return struct{}{}, err
		}
		if i, ok := at[id]; ok {
			v.Site = out[i].Site
			out[i] = v
		}
		return struct{}{}, nil
	}, `SELECT s.id, COALESCE(b.live_no, 0), COALESCE(b.draft, '') <> '', COALESCE(b.draft_name, ''), (SELECT v.at FROM layout_version v WHERE v.board_id = s.id AND v.no = b.live_no),
	           (SELECT count(*) FROM topic t WHERE t.site_id = s.id AND t.state = 'running'),
	           (SELECT count(*) FROM bar_notice n WHERE n.site_id = s.id AND n.state = 'hung' AND n.starts_on <= `+day+` AND n.ends_on >= `+day+`),
	           (SELECT count(*) FROM notice_place p JOIN notice n ON n.id = p.notice_id WHERE p.site_id = s.id AND p.url <> '' AND n.state IN ('owed', 'hanging'))
	      FROM site s LEFT JOIN layout_board b ON b.id = s.id WHERE `+w.SQL(), w.Args()...)
	return out, total, err
}

func actor(ctx context.Context) audit.Actor {
	a, _ := audit.ActorFrom(ctx)
	return a
}

// People who may answer for something of a site: those of its sponsor.
func (s *Service) People(ctx context.Context, scope authz.Scope, site registry.Site) ([]org.Person, error) {
	return s.Org.People(ctx, s.DB, scope, site.Unit)
}
