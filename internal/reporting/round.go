package reporting

import (
	"context"

	"zhengshu/internal/appraisal"
	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/packs"
)

// RoundsFrom registers where published results come from; without, sites and
// accounts are judged as they stand. At start only.
func (s *Service) RoundsFrom(rounds *appraisal.Service) { s.rounds = rounds }

// held is the published round of a place and period with its results; ok is
// false when there is none, and then everything is judged as it stands. What a
// round did not draw is not in it.
func (s *Service) held(ctx context.Context, scope authz.Scope, area org.AreaID, p assessment.Period) (appraisal.Held, bool, error) {
	if s.rounds == nil {
		return appraisal.Held{}, false, nil
	}
	return s.rounds.Results(ctx, s.db, scope, area, p)
}

// siteScores are the results of sites: of the round when there is one. Brief
// ones leave the findings out.
func (s *Service) siteScores(ctx context.Context, scope authz.Scope, p assessment.Period, held appraisal.Held, ok, brief bool) ([]assessment.Score, error) {
	if ok {
		return scoresOf(held, "site")
	}
	return s.assessment.Scores(ctx, s.db, scope, p, assessment.ScoreFilter{Brief: brief})
}

// scoresOf are the results of a round of one kind of object, each as it stands
// with its corrections.
func scoresOf(held appraisal.Held, kind string) ([]assessment.Score, error) {
	pack, err := held.Round.Pack()
	if err != nil {
		return nil, err
	}
	var adoption *assessment.Adoption
	if a := held.Round.Adoption; held.Round.Adopted() {
		adoption = &assessment.Adoption{Pack: pack.ID, Version: pack.Version, UnitName: a.Unit, Label: a.Label, Basis: a.Basis, By: a.By, On: a.On}
	}
	var out []assessment.Score
	for _, x := range held.Results {
		if x.Object.Kind != kind {
			continue
		}
		s := assessment.Score{Kind: assessment.SiteKind, ID: x.Snapshot.ID, Name: x.Snapshot.Name, Host: x.Snapshot.Host, Unit: x.Snapshot.Unit, UnitName: x.Snapshot.UnitName, Class: x.Object.Class, On: x.Snapshot.On,
			Verdict: x.Standing.Verdict, Scored: x.Standing.Scored, Points: x.Standing.Points, Unverified: x.Unverified, Pack: pack, Adoption: adoption}
		if kind == "account" {
			s.Kind = assessment.AccountKind
		}
		if x.Standing.Verdict == assessment.Unqualified {
			for _, i := range x.Vetoes {
				s.Vetoes = append(s.Vetoes, assessment.Line{Indicator: i, Outcome: packs.Violated})
			}
		}
		out = append(out, s)
	}
	return out, nil
}
