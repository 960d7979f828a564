package assessment

import (
	"context"

	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/letters"
	"zhengshu/internal/rules/packs"
)

// unansweredID is 留言超期未答复: within a year, a valid letter of the mailboxes
// without an answer for more than three months.
const unansweredID = "V-W-5.2"

// UnansweredLetters observes the letters of sites hosted here. Letters of other
// sites do not reach us: those stay untested. Reports (举报) go their own way and
// do not count.
func UnansweredLetters(l *letters.Service) Observer {
	return func(ctx context.Context, q db.Querier, a Asked) (map[string][]Seen, error) {
		i, ok := a.Pack.Indicator(unansweredID)
		months, ok1 := i.Param("months")
		back, ok2 := i.Param("look_back_months")
		if !ok || !ok1 || !ok2 || a.Kind != SiteKind {
			return nil, nil
		}
		// More than three months: the day itself is still in time.
		hosted, err := l.Unanswered(ctx, q, systemScope(), a.On, a.On.AddMonths(-back.Int()), a.On.AddMonths(-months.Int()).AddDays(-1))
		if err != nil {
			return nil, err
		}
		out := make(map[string][]Seen, len(hosted))
		for site, list := range hosted {
			o := Seen{Observation: packs.Observation{Indicator: i.ID, Outcome: packs.Kept}}
			for _, x := range list {
				o.Outcome = packs.Violated
				o.Hits = append(o.Hits, packs.Hit{Key: "letter " + string(x.ID)})
				o.Facts = append(o.Facts, Fact{Severity: check.Serious, Says: "来信 " + x.Number + " 自" + x.ReceivedOn.String() + "起没有答复", Fix: "请立即答复；不属于受理范围的，告知办理渠道。", Href: "/console/letters/" + string(x.ID), FirstSeen: x.ReceivedOn.Start()})
			}
			out[string(site)] = []Seen{o}
		}
		return out, nil
	}
}
