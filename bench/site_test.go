package bench

import (
	"context"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"zhengshu/internal/app"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/library"
	"zhengshu/internal/org"
	"zhengshu/internal/prose"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// siteColumns is how many columns the measured site has.
const siteColumns = 50

// town is a house with one hosted site of many articles.
type town struct {
	h                    *app.House
	unit                 org.Unit
	site                 registry.Site
	columns              []registry.Column
	author, first, final session
	stop                 func()
}

// session is a person at work.
type session struct {
	ctx context.Context
	*authz.Session
}

var syllables = []rune("的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千周委素技备半办青省列习响约支般史感劳便团往酸历市克何除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派层片始却专状育厂京识适属圆包火住调满县局照参红细引听该铁价严")

// words makes text of Chinese characters, the same for the same source.
func words(r *rand.Rand, n int) string {
	var b strings.Builder
	for i := range n {
		switch {
		case i%17 == 16:
			b.WriteRune('，')
		case i%41 == 40:
			b.WriteRune('。')
		default:
			b.WriteRune(syllables[r.IntN(len(syllables))])
		}
	}
	return b.String()
}

// paper is one made article.
type paper struct {
	id, title string
	column    int
	at        time.Time
	paras     []string
}

// papers calls fn with n articles of some 1.7 KB, oldest first, over ten years
// that end an hour before now.
func papers(n int, now time.Time, fn func(paper)) {
	r := rand.New(rand.NewPCG(7, 7))
	span := 10 * 365 * 24 * time.Hour
	for i := range n {
		p := paper{id: fmt.Sprintf("01BENCH%019d", i), title: fmt.Sprintf("关于%s的通知（第%d号）", words(r, 12), i), column: i % siteColumns,
			at: now.Add(-time.Hour - span + span/time.Duration(n)*time.Duration(i)).Truncate(time.Second)}
		for range 5 {
			p.paras = append(p.paras, words(r, 110))
		}
		fn(p)
	}
}

// openTown makes the house in dir with n articles that are live. It fails
// through what it is given.
func openTown(dir, dsn string, n int) (*town, error) {
	ctx := audit.System(context.Background(), "bench")
	h, err := app.Open(ctx, app.Config{Dir: dir, DSN: dsn, Log: traced()})
	if err != nil {
		return nil, err
	}
	t := &town{h: h}
	people := map[*session]org.PersonID{}
	if err = t.again(ctx, people); err == nil {
		return t, nil // made earlier, see ZHENGSHU_BENCH_KEEP
	}
	err = h.DB.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610900", Name: "第九市", Parent: "province-610000000000"}} {
			if _, err := h.Org.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		var err error
		if t.unit, _, err = h.Org.AddUnit(ctx, tx, org.Unit{Area: "city-610900000000", Kind: org.Office, Name: "第九市人民政府办公室"}); err != nil {
			return err
		}
		for _, w := range []struct {
			s    *session
			name string
			role authz.Role
		}{{&t.author, "作者", authz.Editor}, {&t.first, "初审", authz.FirstReviewer}, {&t.final, "终审", authz.FinalReviewer}} {
			p, err := h.Org.AddPerson(ctx, tx, authz.System("bench"), org.Person{Unit: t.unit.ID, Name: w.name})
			if err != nil {
				return err
			}
			people[w.s] = p.ID
			if err := h.Org.Appoint(ctx, tx, authz.System("bench"), p.ID, t.unit.ID, w.role); err != nil {
				return err
			}
		}
		if t.site, err = h.Registry.EnterSite(ctx, tx, registry.Site{Unit: t.unit.ID, Kind: registry.Portal, Name: "第九市人民政府", Host: "bench.example.gov.cn", Slug: "bench", SiteCode: "6109000001", ICP: "陕ICP备00000001号", Contact: "0915-0000000", Hosted: true}); err != nil {
			return err
		}
		for i := range siteColumns {
			kind := []string{"政务动态", "通知公告", "政策文件", "政策解读"}[i%4]
			c, err := h.Registry.AddColumn(ctx, tx, authz.System("bench"), registry.Column{Site: t.site.ID, Slug: fmt.Sprintf("column%d", i), Name: fmt.Sprintf("第%02d栏目", i), Type: kind, Description: "栏目说明。",
				Owner: people[&t.final], A: people[&t.author], B: people[&t.first], CycleDays: 30})
			if err != nil {
				return err
			}
			t.columns = append(t.columns, c)
		}
		_, err = tx.Exec(ctx, `INSERT INTO move_in_case (id, site_id, number, dated, person_id, person_name, created_at) VALUES ('bench-case', $1, 'bench', $2, 'bench', 'bench', $3)`, t.site.ID, calendar.DateOf(h.DB.Now()), h.DB.Now())
		return err
	})
	if err == nil {
		err = t.signIn(ctx, people)
	}
	if err == nil {
		err = t.fill(ctx, n)
	}
	if err != nil {
		_ = h.Close(ctx) // what failed first is told
		return nil, err
	}
	return t, nil
}

// traced is where the house logs to: nowhere, or with ZHENGSHU_BENCH_TRACE set
// the standard error, with the parts of every urgent release.
func traced() *slog.Logger {
	if os.Getenv("ZHENGSHU_BENCH_TRACE") == "" {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (t *town) signIn(ctx context.Context, people map[*session]org.PersonID) error {
	for s, id := range people {
		posts, err := t.h.Org.PostsOf(ctx, t.h.DB, id)
		if err != nil {
			return err
		}
		s.Session = &authz.Session{PersonID: string(id), Posts: posts}
		s.ctx = audit.WithActor(authz.WithSession(context.Background(), s.Session), audit.Actor{Kind: "person", ID: string(id), Name: string(id)})
	}
	return nil
}

// again finds a town that was filled earlier.
func (t *town) again(ctx context.Context, people map[*session]org.PersonID) error {
	sites, _, err := t.h.Registry.Sites(ctx, authz.System("bench"), registry.SiteFilter{Hosted: true, Limit: 1})
	if err != nil {
		return err
	}
	if len(sites) == 0 {
		return errors.New("bench: nothing was filled")
	}
	t.site = sites[0]
	if t.unit, err = t.h.Org.Unit(ctx, authz.System("bench"), t.site.Unit); err != nil {
		return err
	}
	if t.columns, err = t.h.Registry.Columns(ctx, t.h.DB, authz.System("bench"), t.site.ID); err != nil {
		return err
	}
	people[&t.author], people[&t.first], people[&t.final] = t.columns[0].A, t.columns[0].B, t.columns[0].Owner
	return t.signIn(ctx, people)
}

// fill puts the articles in, as rows: what is measured is publishing them.
func (t *town) fill(ctx context.Context, n int) error {
	var items, versions, released, live, places [][]any
	flush := func() error {
		defer func() { items, versions, released, live, places = nil, nil, nil, nil, nil }()
		return t.h.DB.Update(ctx, func(tx *db.Tx) error {
			for _, in := range []struct {
				table   string
				columns []string
				rows    [][]any
			}{
				{"item", []string{"id", "content_id", "language", "unit_id", "area_path", "state", "version", "type", "category", "year", "validity", "created_by", "first_published_at", "published_at", "created_at", "updated_at"}, items},
				{"item_version", []string{"item_id", "no", "type", "origin", "title", "doc", "html", "text", "sha256", "author_id", "author_name", "at"}, versions},
				{"item_release", []string{"item_id", "version_no", "move_in_id", "at"}, released},
				{"item_live", []string{"item_id", "version_no"}, live},
				{"item_placement", []string{"id", "item_id", "site_id", "column_id", "state", "shown_at", "live_at", "created_at"}, places},
			} {
				if err := tx.InsertAll(ctx, in.table, in.columns, in.rows); err != nil {
					return err
				}
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "bench.fill"})
		})
	}
	var err error
	papers(n, t.h.DB.Now(), func(p paper) {
		if err != nil {
			return
		}
		var body strings.Builder
		for _, x := range p.paras {
			body.WriteString("<p>" + html.EscapeString(x) + "</p>\n")
		}
		items = append(items, []any{p.id, p.id, "zh", t.unit.ID, t.unit.AreaPath, "approved", 1, "news", "", p.at.Year(), "", "bench", p.at, p.at, p.at, p.at})
		versions = append(versions, []any{p.id, 1, "news", "original", p.title, "{}", body.String(), strings.Join(p.paras, "\n"), p.id, "bench", "bench", p.at})
		released = append(released, []any{p.id, 1, "bench-case", p.at})
		live = append(live, []any{p.id, 1})
		places = append(places, []any{"P" + p.id, p.id, t.site.ID, t.columns[p.column].ID, "live", p.at, p.at, p.at})
		if len(items) == 5000 {
			err = flush()
		}
	})
	if err == nil && len(items) > 0 {
		err = flush()
	}
	return err
}

// ready takes an item to its last review.
func (t *town) ready(title, text string, column int) (library.Item, error) {
	doc, err := prose.FromText(text)
	if err != nil {
		return library.Item{}, err
	}
	w := library.Writing{Meta: library.Meta{Type: library.News, Origin: library.Original, Title: title}, Doc: doc, Unit: t.unit.ID, Columns: []registry.ColumnID{t.columns[column].ID}}
	it, err := t.h.Library.Create(t.author.ctx, t.author.ScopeFor(authz.ItemWrite), w)
	if err != nil {
		return it, err
	}
	if it, err = t.h.Library.Submit(t.author.ctx, t.author.ScopeFor(authz.ItemWrite), it.ID, library.Submission{Version: it.Version}); err != nil {
		return it, err
	}
	for it.Stage != "final" && err == nil {
		it, err = t.h.Library.Review(t.first.ctx, t.first.ScopeFor(authz.ItemRead), it.ID, library.Decision{Round: it.Round, Stage: it.Stage, Act: library.Pass})
	}
	for _, g := range sx2021.Gates() {
		if err == nil {
			_, err = t.h.Library.Stamp(t.final.ctx, t.final.ScopeFor(authz.ItemRead), it.ID, library.Stamping{Round: it.Round, Gate: g, Passed: true})
		}
	}
	return it, err
}

// approve signs an item that is ready.
func (t *town) approve(it library.Item) (library.Item, error) {
	return t.h.Library.Review(t.final.ctx, t.final.ScopeFor(authz.ItemRead), it.ID, library.Decision{Round: it.Round, Stage: it.Stage, Act: library.Pass,
		Declarations: sx2021.Declarations{InDuty: true, SourceKnown: true, NothingSensitive: true, NothingSecret: true, NoOpinion: true, NoAdvertising: true}})
}

// reopen opens a house that was filled.
func reopen(ctx context.Context, dir string) (*app.House, error) {
	return app.Open(ctx, app.Config{Dir: dir, Log: slog.New(slog.DiscardHandler)})
}
