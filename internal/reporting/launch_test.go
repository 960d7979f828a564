package reporting_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/reporting"
)

// launchBy files the year to the launch of a site, as its consent does.
func (h *house) launchBy(site string, due calendar.Date, state string, ended time.Time) {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	err := h.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO obligation (id, kind, unit_id, subject_kind, subject_id, subject_name, link, opened_at, due_on, provisional, state, ended_at)
			SELECT $1, 'launch', unit_id, 'site', id, name, '/console/sites/' || id || '/launch', $2, $3, FALSE, $4, $5 FROM site WHERE id = $6`,
			"O"+site, due.AddYears(-1).Start(), due, state, ended, h.sites[site]); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "test.launch", Target: audit.Target{Kind: "site", ID: site}})
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) stated(site, number string, sealed bool) {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	err := h.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO attachment (id, owner_kind, owner_id, kind, name, media_type, blob, size, added_at, added_by) VALUES ($1, 'site', $2, 'late_statement', '声明.pdf', 'application/pdf', 'b', 1, $3, '')`, "A"+site, h.sites[site], tx.Now()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO opening_item (object_kind, object_id, kind, value, on_date, passed, attachment_id, done_by, done_at) VALUES ('site', $1, 'late_statement', $2, $3, $4, $5, '马会宁', $6)`,
			h.sites[site], number, calendar.DateOf(tx.Now()), sealed, "A"+site, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "test.statement", Target: audit.Target{Kind: "site", ID: site}})
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// Article 7(4): what was not launched within its year is told in the bulletin,
// with the state of the supervisor's statement.
func TestArticle07_4_LateLaunchesStandInTheBulletin(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.launchBy("city", calendar.Date{Year: 2026, Month: 1, Day: 10}, "open", time.Time{})
		h.launchBy("swj", calendar.Date{Year: 2026, Month: 2, Day: 1}, "open", time.Time{})
		h.launchBy("jyj", calendar.Date{Year: 2026, Month: 6, Day: 1}, "open", time.Time{})                                           // its year still runs
		h.launchBy("county", calendar.Date{Year: 2025, Month: 12, Day: 1}, "discharged", time.Date(2026, 2, 3, 2, 0, 0, 0, time.UTC)) // launched late, in the quarter
		h.launchBy("tongchuan", calendar.Date{Year: 2026, Month: 1, Day: 1}, "open", time.Time{})                                     // a neighbour
		h.stated("swj", "市政办函〔2026〕3号", true)
		h.stated("county", "区政办函〔2026〕1号", false)
		h.clock.Set(time.Date(2026, 4, 8, 1, 0, 0, 0, time.UTC))
		c := h.compose("2026-Q1").Content
		for key, want := range map[string]int{"launch.late": 3, "launch.after": 1, "launch.stated": 1, "launch.silent": 2} {
			if got := c.Figure(key).N(); !c.Has(key) || got != want {
				t.Errorf("%s is %d, want %d", key, got, want)
			}
		}
		notes := map[string]string{}
		for _, r := range c.Figure("launch.late").Rows {
			notes[r.Text] = r.Note
			if r.Link != "/console/sites/"+r.ID+"/launch" {
				t.Errorf("%s opens %s", r.Text, r.Link)
			}
		}
		for name, want := range map[string]string{"西安市人民政府办公厅网站": "没有书面声明", "西安市商务局网站": "书面声明市政办函〔2026〕3号", "雁塔区人民政府办公室网站": "已于2026年2月3日上线　书面声明不完整（未加盖公章）"} {
			if !strings.Contains(notes[name], want) {
				t.Errorf("%s: %q, want %q", name, notes[name], want)
			}
		}
		said := strings.Join(c.Narrative(reporting.SectionLaunch), "")
		if !strings.Contains(said, "满1年未上线的政府网站与政务新媒体3个") || !strings.Contains(said, "予以通报") {
			t.Error(said)
		}
		// Launched before the quarter began, it is not told again.
		if n := h.compose("2026-Q2").Content.Figure("launch.late").N(); n != 2 {
			t.Errorf("%d in the second quarter, want the 2 that still stand", n)
		}
	})
}
