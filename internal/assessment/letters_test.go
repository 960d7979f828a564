package assessment_test

import (
	"context"
	"testing"
	"time"

	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/letters"
	"zhengshu/internal/obligation"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
	"zhengshu/internal/seal"
)

// A letter to a hosted site, unanswered for more than three months, vetoes; the
// day three months are full is still in time.
func TestUnansweredLettersVeto(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := audit.System(context.Background(), "test")
		if err := passage.Declare(ctx, h.db, letters.Machine); err != nil {
			t.Fatal(err)
		}
		key, err := seal.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		days, err := calendar.Published()
		if err != nil {
			t.Fatal(err)
		}
		svc := letters.New(h.db, h.org, h.registry, obligation.New(h.db, h.org, letters.ReplyKind), days, key)
		desk := letters.NewDesk(svc)
		var hosted registry.Site
		err = h.db.Update(ctx, func(tx *db.Tx) error {
			var err error
			hosted, err = h.registry.EnterSite(ctx, tx, registry.Site{Unit: h.units["dept"].ID, Kind: registry.DepartmentSite, Name: "西安市商务局新站", Host: "swj2.xian.gov.cn", Hosted: true})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		token := desk.FormToken(hosted.ID)
		h.clock.Advance(time.Minute)
		if _, err := desk.Receive(context.Background(), hosted.ID, letters.Submission{Type: letters.Consult, Title: "集市几点开门", Token: token, Consent: true, Name: "李梅", Phone: "13800138001", Body: "请问周末集市几点开门？谢谢。"}); err != nil {
			t.Fatal(err)
		}
		all, err := packs.Embedded()
		if err != nil {
			t.Fatal(err)
		}
		look := assessment.UnansweredLetters(svc)
		for _, tt := range []struct {
			on   calendar.Date
			want packs.Outcome
		}{{calendar.Date{Year: 2026, Month: 3, Day: 20}, packs.Kept}, {calendar.Date{Year: 2026, Month: 6, Day: 20}, packs.Kept}, {calendar.Date{Year: 2026, Month: 6, Day: 21}, packs.Violated}} {
			h.clock.Set(tt.on.Start().Add(9 * time.Hour))
			p, _ := packs.Pick(all, assessment.PackID, tt.on)
			asked := assessment.Asked{Kind: assessment.SiteKind, Pack: p, On: tt.on}
			got, err := look(ctx, h.db, asked)
			if seen := got[string(hosted.ID)]; err != nil || len(seen) != 1 || seen[0].Outcome != tt.want {
				t.Errorf("%s: %+v (%v), want %s", tt.on, got, err, tt.want)
			}
			if seen, ok := got[string(h.sites["county"].ID)]; ok {
				t.Errorf("a site hosted elsewhere: %+v", seen)
			}
			// The day before is told as it stood then, whoever asks later.
			asked.On = tt.on.AddDays(-1)
			if got, err := look(ctx, h.db, asked); err != nil || got[string(hosted.ID)][0].Outcome != packs.Kept {
				t.Errorf("the day before %s: %+v (%v)", tt.on, got, err)
			}
		}
		scored, err := assessment.New(assessment.Parts{DB: h.db, Org: h.org, Registry: h.registry, Inspection: h.inspection, Obligations: h.obligations, Days: days, Observers: []assessment.Observer{look}})
		if err != nil {
			t.Fatal(err)
		}
		s, err := scored.ScoreSite(ctx, authz.System("test"), hosted.ID, assessment.OnDay(calendar.Today(h.clock)))
		if err != nil || s.Verdict != assessment.Unqualified || s.Vetoes[0].ID != "V-W-5.2" {
			t.Errorf("%s %v (%v)", s.Verdict, s.Vetoes, err)
		}
	})
}
