package library_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// The reviewing process finds its database and its seed here.
const (
	envReviewAt   = "ZHENGSHU_REVIEW_AT"
	envReviewSeed = "ZHENGSHU_REVIEW_SEED"
)

const lives = 6

// A desk that writes, stamps, reviews, publishes and withdraws is killed at
// random moments, again and again over one database. Whatever moment it was,
// nothing is released that has not passed its gates and its final review,
// publishing was told of every release in the same transaction, every open step
// has its clock, and no act that was answered is lost.
func TestArticle19_3_KilledReviewReleasesNothingIncomplete(t *testing.T) {
	if at := os.Getenv(envReviewAt); at != "" {
		reviewUntilKilled(t, at)
		return
	}
	if testing.Short() {
		t.Skip("left out by -short: kills processes for some seconds")
	}
	t.Parallel()
	clock := calendar.NewManual(time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		build(t, d, clock, inspector)
		at := dbtest.Address(t, d)
		random := rand.New(rand.NewPCG(7, 7))
		acts := 0
		for life := range lives {
			answered, n := dbtest.Life(t, "TestArticle19_3_KilledReviewReleasesNothingIncomplete", []string{envReviewAt + "=" + at, envReviewSeed + "=" + strconv.FormatUint(uint64(life), 10)}, 4, time.Duration(40+random.IntN(400))*time.Millisecond)
			acts += n
			if stand := standing(t, d); stand < answered {
				t.Errorf("after life %d: %d acts stand, %d were answered", life, stand, answered)
			}
			if wrong := incomplete(t, d, clock); wrong != "" {
				t.Fatalf("after life %d: %s", life, wrong)
			}
		}
		released, err := db.One(t.Context(), d, db.Value[int], `SELECT count(*) FROM item_release`)
		if err != nil || released < 3 || acts < 5*lives {
			t.Errorf("%d acts and %d releases in %d lives (%v): too few to tell", acts, released, lives, err)
		}
		t.Logf("%d processes killed, %d acts answered, %d versions released", lives, acts, released)
	})
}

// standing counts what was written for good.
func standing(t testing.TB, d *db.DB) int {
	t.Helper()
	n, err := db.One(context.Background(), d, db.Value[int], `SELECT (SELECT count(*) FROM passage) + (SELECT count(*) FROM item_version) + (SELECT count(*) FROM item_stamp) + (SELECT count(*) FROM item_release)`)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// returning is the house over a database that others built.
func returning(t *testing.T, d *db.DB, clock *calendar.Manual) *house {
	t.Helper()
	ctx := context.Background()
	h := &house{t: t, db: d, clock: clock, org: org.New(d)}
	h.ob = obligation.New(d, h.org, library.Obligations()...)
	h.lib = library.New(d, h.org, registry.New(d, h.org), h.ob, inspector, sx2021.Defaults())
	h.lib.OnChange(func(ctx context.Context, tx *db.Tx, c library.Change) error {
		return audit.Record(ctx, tx, audit.Entry{Act: "test.told", Target: audit.Target{Kind: "item", ID: string(c.Item)}})
	})
	for p, name := range map[*desk]string{&h.author: "王编", &h.first: "李初", &h.final: "张终"} {
		id, err := db.One(ctx, d, db.Value[string], `SELECT id FROM person WHERE name = $1`, name)
		if err != nil {
			t.Fatal(err)
		}
		posts, err := h.org.PostsOf(ctx, d, org.PersonID(id))
		if err != nil {
			t.Fatal(err)
		}
		p.session = &authz.Session{PersonID: id, Name: name, Posts: posts}
		p.ctx = audit.WithActor(authz.WithSession(ctx, p.session), audit.Actor{Kind: "person", ID: id, Name: name})
	}
	column, err := db.One(ctx, d, db.Value[string], `SELECT id FROM site_column WHERE slug = 'news'`)
	if err != nil {
		t.Fatal(err)
	}
	h.news.ID = registry.ColumnID(column)
	h.unit.ID = org.UnitID(h.author.session.Posts[0].UnitID)
	return h
}

func reviewUntilKilled(t *testing.T, at string) {
	seed, err := strconv.ParseUint(os.Getenv(envReviewSeed), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	clock := calendar.NewManual(time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC).Add(time.Duration(seed) * time.Hour))
	d := dbtest.Reopen(t, at, clock.Now)
	h := returning(t, d, clock)
	r := rand.New(rand.NewPCG(seed, 9))
	for n := 0; ; n++ {
		clock.Advance(time.Second)
		if err := h.deskAct(r, n); err != nil {
			if k := fault.Of(err).Kind; k != fault.Conflict && k != fault.Refused && k != fault.Invalid {
				t.Fatal(err)
			}
		}
		// One write call a line: what is printed was committed.
		fmt.Printf("ack %d\n", standing(t, d))
	}
}

// deskAct is one act of the desk on an item of its choice.
func (h *house) deskAct(r *rand.Rand, n int) error {
	list, _, err := h.lib.Items(context.Background(), system, library.Filter{Limit: 12})
	if err != nil {
		return err
	}
	if len(list) < 6 || r.IntN(8) == 0 {
		_, err := h.lib.Create(h.author.ctx, h.author.scope(authz.ItemWrite), h.writing(fmt.Sprintf("第%d条消息（%d）", n, r.IntN(1<<30)), fmt.Sprintf("文字%d", r.IntN(1<<30))))
		return err
	}
	it := list[r.IntN(len(list))]
	switch it.State {
	case library.Draft, library.Returned:
		_, err = h.submit(it, library.Submission{})
	case library.InReview:
		p := map[string]desk{"first": h.first, "final": h.final}[it.Stage]
		if r.IntN(6) == 0 {
			_, err = h.review(p, it, func(d *library.Decision) { d.Act, d.Opinion = library.Return, "请改" })
		} else {
			_, err = h.review(p, it)
		}
	case library.Approved:
		if r.IntN(3) == 0 {
			_, err = h.lib.Withdraw(h.final.ctx, h.final.scope(authz.ItemWithdraw), it.ID, "有误")
			return err
		}
		w := h.writing(it.Title, fmt.Sprintf("改成%d", r.IntN(1<<30)))
		w.Change = library.Substance
		_, err = h.lib.Save(h.author.ctx, h.author.scope(authz.ItemWrite), it.ID, it.Version, w)
	}
	return err
}

// incomplete says what does not stand whole, "" when all does.
func incomplete(t *testing.T, d *db.DB, clock *calendar.Manual) string {
	t.Helper()
	ctx := context.Background()
	for says, query := range map[string]string{
		"released without a passed final review by another than the author": `SELECT count(*) FROM item_release r LEFT JOIN item_review v ON v.id = r.review_id WHERE v.id IS NULL OR v.stage <> 'final' OR v.verdict <> 'pass' OR v.reviewer_id = v.author_id`,
		"released without its five gates":                                   `SELECT count(*) FROM item_release r JOIN item_review v ON v.id = r.review_id WHERE (SELECT count(DISTINCT s.gate) FROM item_stamp s WHERE s.item_id = v.item_id AND s.round = v.round AND s.passed) <> 5`,
		"public without a release":                                          `SELECT count(*) FROM item_live l WHERE NOT EXISTS (SELECT 1 FROM item_release r WHERE r.item_id = l.item_id AND r.version_no = l.version_no)`,
		"passed its final review and not released":                          `SELECT count(*) FROM item_review v WHERE v.stage = 'final' AND v.verdict = 'pass' AND NOT EXISTS (SELECT 1 FROM item_release r WHERE r.review_id = v.id)`,
		"approved and not public":                                           `SELECT count(*) FROM item i WHERE i.state = 'approved' AND NOT EXISTS (SELECT 1 FROM item_live l WHERE l.item_id = i.id)`,
		"withdrawn and public":                                              `SELECT count(*) FROM item i JOIN item_live l ON l.item_id = i.id WHERE i.state = 'withdrawn'`,
		"on a column and not public":                                        `SELECT count(*) FROM item_placement p WHERE p.state = 'live' AND NOT EXISTS (SELECT 1 FROM item_live l WHERE l.item_id = p.item_id)`,
		"public and on no column":                                           `SELECT count(*) FROM item_live l WHERE NOT EXISTS (SELECT 1 FROM item_placement p WHERE p.item_id = l.item_id AND p.state = 'live')`,
		"releases and withdrawals publishing was not told of":               `SELECT (SELECT count(*) FROM item_release) + (SELECT count(*) FROM passage WHERE kind = 'item' AND act = 'withdraw') - (SELECT count(*) FROM audit_entry WHERE act = 'test.told')`,
		"in review without a clock":                                         `SELECT count(*) FROM item i WHERE i.state = 'in_review' AND (SELECT count(*) FROM obligation o WHERE o.kind = 'item_review' AND o.subject_id = i.id AND o.state = 'open') <> 1`,
		"a clock without a step":                                            `SELECT count(*) FROM obligation o JOIN item i ON i.id = o.subject_id WHERE o.kind = 'item_review' AND o.state = 'open' AND i.state <> 'in_review'`,
		"a state that no passage led to":                                    `SELECT count(*) FROM item i WHERE i.state <> (SELECT p.to_state FROM passage p WHERE p.kind = 'item' AND p.object_id = i.id ORDER BY p.seq DESC LIMIT 1)`,
	} {
		n, err := db.One(ctx, d, db.Value[int], query)
		if err != nil {
			return says + ": " + err.Error()
		}
		if n != 0 {
			return fmt.Sprintf("%s: %d", says, n)
		}
	}
	h := returning(t, d, clock)
	list, _, err := h.lib.Items(ctx, system, library.Filter{Limit: 200})
	if err != nil {
		return err.Error()
	}
	for _, it := range list {
		v, err := h.lib.Version(ctx, system, it.ID, 0)
		if err != nil {
			return err.Error()
		}
		if !v.Intact() {
			return "a version that is not as it was written: " + it.Title
		}
	}
	return ""
}
