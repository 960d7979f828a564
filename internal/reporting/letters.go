package reporting

import (
	"context"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/letters"
)

// LettersOf takes the figures of letters received in the period from the module
// that keeps them, as they stood on the day. Rows carry number, unit and state only: what citizens wrote
// stays where it is.
func LettersOf(l *letters.Service) Letters {
	return func(ctx context.Context, scope authz.Scope, p assessment.Period, on calendar.Date) ([]Figure, error) {
		var out []Figure
		for _, m := range []letters.Measure{letters.MeasureReceived, letters.MeasureAnswered, letters.MeasureOnTime, letters.MeasureLate} {
			list, _, err := l.Letters(ctx, scope, letters.Filter{Measure: m, From: p.First(), Until: p.Last(), On: on, Limit: everything})
			if err != nil {
				return nil, err
			}
			f := Figure{Key: string(m), Name: m.Name() + "留言", Unit: "件", Rows: []Row{}}
			for _, x := range list {
				f.Rows = append(f.Rows, Row{Kind: "letter", ID: string(x.ID), Text: x.Number, Note: x.UnitName + "　" + x.StateName(), Link: x.Link()})
			}
			out = append(out, f)
		}
		return out, nil
	}
}
