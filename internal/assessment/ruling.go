package assessment

import (
	"context"
	"slices"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/packs"
)

// ruling is the pack that judges a place on a day.
type ruling struct {
	pack     packs.Pack
	adoption *Adoption // nil: nobody adopted it, only verified values judge
	full     packs.Pack
	// seenBy is the pack the checks went by; it differs from full in a trial.
	seenBy packs.Pack
}

// rulingFor picks the newest adopted version in force, else the newest shipped
// one in force without the values nobody has verified.
func rulingFor(at []packs.Pack, shipped []packs.Pack, adoptions []Adoption, id, areaPath string, on calendar.Date) (ruling, bool) {
	var best *ruling
	for _, a := range adoptions {
		if a.Pack != id || !a.governs(areaPath) || a.On.After(on) {
			continue
		}
		i := slices.IndexFunc(at, func(p packs.Pack) bool { return p.ID == a.Pack && p.Version == a.Version && p.InForce(on) })
		if i >= 0 && (best == nil || best.pack.Version < a.Version) {
			best = &ruling{pack: at[i], full: at[i], seenBy: at[i], adoption: &a}
		}
	}
	if best != nil {
		return *best, true
	}
	p, ok := packs.Pick(shipped, id, on)
	return ruling{pack: verified(p), full: p, seenBy: p}, ok
}

// Seen is what another module knows of a subject under an indicator.
type Seen struct {
	packs.Observation
	// Facts are the rows behind it, each with its page and what to do.
	Facts []Fact
	// Note is what to say beside the line.
	Note string
}

// Asked is of whom an Observer tells, and how they stood when.
type Asked struct {
	Kind Kind
	IDs  []string
	Pack packs.Pack // as it judges them, with all its values
	// Period is what is scored, On its check point, Known up to when what people
	// wrote down counts.
	Period Period
	On     calendar.Date
	Known  time.Time
}

// Observer tells what another module knows of subjects under indicators of the
// pack, as they stood on the day: letters unanswered for three months
// (V-W-5.2). It is asked of all at once and answers by id, in a number of
// statements that does not grow with them.
type Observer func(ctx context.Context, q db.Querier, a Asked) (map[string][]Seen, error)

// assembly is, subject by subject, the sheet that judges it and what the other
// modules tell.
type assembly struct {
	sheet []ruled
	given [][]Seen
}

type ruled struct {
	ruling
	sheet *sheet
}

// assemble rules and asks the observers, once for each pack that judges anybody.
func (s *Service) assemble(ctx context.Context, q db.Querier, kind Kind, id string, subjects []subject, p Period, on calendar.Date, known time.Time, trial *packs.Pack) (*assembly, error) {
	adoptions, err := s.adoptions(ctx, q, known)
	if err != nil {
		return nil, err
	}
	at, err := s.atHand(ctx, q)
	if err != nil {
		return nil, err
	}
	type judged struct {
		version int
		adopted string
		class   packs.Class
	}
	work := &assembly{sheet: make([]ruled, len(subjects)), given: make([][]Seen, len(subjects))}
	rulings := map[string]ruling{} // by place: a province has few
	sheets := map[judged]*sheet{}
	asked := map[int][]int{} // by version
	for i, x := range subjects {
		r, ok := rulings[x.areaPath]
		if !ok {
			if r, ok = rulingFor(at, s.packs, adoptions, id, x.areaPath, on); !ok {
				return nil, fault.Newf(fault.Invalid, "%s没有在用的指标包，不能考核；请选择%s之后的时段。", on.Chinese(), "2019年4月")
			}
			if trial != nil {
				r.pack, r.full = *trial, *trial
			}
			rulings[x.areaPath] = r
		}
		key := judged{r.full.Version, "", x.class}
		if r.adoption != nil {
			key.adopted = r.adoption.ID
		}
		set := sheets[key]
		if set == nil {
			set = newSheet(r, x.class)
			sheets[key] = set
		}
		work.sheet[i] = ruled{r, set}
		asked[r.full.Version] = append(asked[r.full.Version], i)
	}
	for _, list := range asked {
		a := Asked{Kind: kind, IDs: make([]string, len(list)), Pack: work.sheet[list[0]].full, Period: p, On: on, Known: known}
		for k, i := range list {
			a.IDs[k] = subjects[i].id
		}
		for _, ob := range s.observers {
			seen, err := ob(ctx, q, a)
			if err != nil {
				return nil, err
			}
			if len(seen) == 0 {
				continue
			}
			for _, i := range list {
				work.given[i] = append(work.given[i], seen[subjects[i].id]...)
			}
		}
	}
	return work, nil
}

func (s *Service) adoptions(ctx context.Context, q db.Querier, known time.Time) ([]Adoption, error) {
	return db.All(ctx, q, scanAdoption, adoptionSelect+` WHERE a.at < $1 ORDER BY a.at, a.id`, known)
}

// rulingOver is the pack that judges a unit's sites on a day.
func (s *Service) rulingOver(ctx context.Context, q db.Querier, unit org.UnitID, on calendar.Date) (packs.Pack, error) {
	path, err := db.One(ctx, q, db.Value[string], `SELECT area_path FROM unit WHERE id = $1`, unit)
	if err != nil {
		return packs.Pack{}, err
	}
	adoptions, err := s.adoptions(ctx, q, ScoreFilter{}.known(s.db.Now()))
	if err != nil {
		return packs.Pack{}, err
	}
	at, err := s.atHand(ctx, q)
	if err != nil {
		return packs.Pack{}, err
	}
	r, ok := rulingFor(at, s.packs, adoptions, PackID, path, on)
	if !ok {
		return packs.Pack{}, fault.New(fault.Invalid, "当天没有在用的指标包。")
	}
	return r.full, nil
}

// verified is the pack without the indicators that rest on a value nobody has
// verified: unverified points never judge anyone silently.
func verified(p packs.Pack) packs.Pack {
	drop := p.Unverified()
	var keep []packs.Indicator
	for _, i := range p.Indicators {
		if !slices.Contains(drop, i.ID) {
			keep = append(keep, i)
		}
	}
	p.Indicators = keep
	return p
}
