package assessment

import (
	"context"

	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/letters"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
)

// unansweredID is 留言超期未答复: within a year, a valid letter of the mailboxes
// without an answer for more than three months.
const unansweredID = "V-W-5.2"

// UnansweredLetters observes the letters of sites hosted here. Letters of other
// sites do not reach us, and how a past day stood is not kept: both stay
// untested. Reports (举报) go their own way and do not count.
func UnansweredLetters(d *db.DB, l *letters.Service, r *registry.Service) Observer {
	return func(ctx context.Context, q db.Querier, site registry.SiteID, pack packs.Pack, on calendar.Date) ([]packs.Observation, error) {
		i, ok := pack.Indicator(unansweredID)
		months, ok1 := i.Param("months")
		back, ok2 := i.Param("look_back_months")
		if !ok || !ok1 || !ok2 || on != calendar.DateOf(d.Now()) {
			return nil, nil
		}
		st, err := r.SiteTx(ctx, q, systemScope(), site)
		if err != nil || !st.Hosted {
			return nil, err
		}
		// More than three months: the day itself is still in time.
		waiting, _, err := l.Letters(ctx, systemScope(), letters.Filter{Site: site, Waiting: true,
			From: on.AddMonths(-back.Int()), Until: on.AddMonths(-months.Int()).AddDays(-1), Limit: maxLetters})
		if err != nil {
			return nil, err
		}
		o := packs.Observation{Indicator: i.ID, Outcome: packs.Kept}
		for _, x := range waiting {
			if x.Type != letters.Report {
				o.Outcome = packs.Violated
				o.Hits = append(o.Hits, packs.Hit{Key: "letter " + string(x.ID)})
			}
		}
		return []packs.Observation{o}, nil
	}
}

// maxLetters bounds what is read: one is enough to veto.
const maxLetters = 1000
