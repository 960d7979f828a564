package appraisal

import (
	"context"
	"encoding/json"
	"time"

	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
)

// PublicName is the signed statement that the public pages of results read: they
// stand on another network than the house (readings 22).
const PublicName = "results"

// mostPublic rounds are told, the newest.
const mostPublic = 12

// Public is what everybody may read: published rounds that were opened.
type Public struct {
	Made   time.Time     `json:"made"`
	Rounds []PublicRound `json:"rounds"`
}

// PublicRound is one round with what everybody may read of its results.
type PublicRound struct {
	ID          string          `json:"id"`
	Number      string          `json:"number"`
	Name        string          `json:"name"`
	Kind        string          `json:"kind"`
	Period      string          `json:"period"`
	Area        string          `json:"area"`
	Office      string          `json:"office"`
	PublishedOn calendar.Date   `json:"published_on"`
	Pack        string          `json:"pack"`   // title of the indicators
	Source      string          `json:"source"` // of the pack
	Adoption    Adoption        `json:"adoption"`
	SHA256      string          `json:"sha256"`
	Results     []PublicResult  `json:"results"`
	Errata      []PublicErratum `json:"errata,omitempty"`
}

// PublicResult is one result. A verdict of 未核实 says that it rests on values
// nobody has verified and is therefore not published; so do points left out.
type PublicResult struct {
	Kind     string   `json:"kind"` // site, account, office
	Class    string   `json:"class"`
	Name     string   `json:"name"`
	Host     string   `json:"host"`
	Unit     string   `json:"unit"`
	AreaCode string   `json:"area_code"`
	Verdict  string   `json:"verdict"`
	Points   string   `json:"points,omitempty"`
	Vetoes   []string `json:"vetoes,omitempty"`
	Errata   int      `json:"errata,omitempty"`
}

// PublicErratum is one correction after the freeze.
type PublicErratum struct {
	Object    string        `json:"object"`
	Indicator string        `json:"indicator"`
	Kind      string        `json:"kind"`
	Was       string        `json:"was,omitempty"`
	Becomes   string        `json:"becomes,omitempty"`
	Reason    string        `json:"reason"`
	On        calendar.Date `json:"on"`
}

// NotVerified stands where a result is not published.
const NotVerified = "未核实"

// Says is a result as everybody may read it. What rests on a value that nobody
// has verified is not published: its points never, its verdict unless a veto of
// verified value gives it.
func (o Outcome) Says() (verdict, points string) {
	switch {
	case !o.Unverified:
		if o.Standing.Scored {
			points = o.Standing.Points.String()
		}
		return o.Standing.Verdict.Name(), points
	case o.Standing.Verdict == assessment.Unqualified && o.Proven:
		return o.Standing.Verdict.Name(), ""
	}
	return NotVerified, ""
}

func (o Outcome) public() PublicResult {
	verdict, points := o.Says()
	out := PublicResult{Kind: o.Object.Kind, Class: o.Object.KindName(), Name: o.Snapshot.Name, Host: o.Snapshot.Host, Unit: o.Snapshot.UnitName, AreaCode: o.Snapshot.AreaCode, Verdict: verdict, Points: points, Errata: o.Errata}
	if o.Standing.Verdict == assessment.Unqualified && verdict != NotVerified {
		for _, v := range o.Vetoes {
			out.Vetoes = append(out.Vetoes, v.Name)
		}
	}
	return out
}

// Show opens the results of a published round to everybody, or takes them from
// the public pages. Only those judged by a pack that the province had adopted are
// shown (Article 29).
func (s *Service) Show(ctx context.Context, scope authz.Scope, id string, public bool) (r Round, err error) {
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		if r, err = s.round(ctx, tx, scope, id); err != nil {
			return err
		}
		switch {
		case r.State != Published:
			return fault.Newf(fault.Refused, "这一轮现在是“%s”，公布以后才能对外公开。", r.StateName())
		case public && !r.Adopted():
			return fault.New(fault.Refused, "冻结时省政府办公厅还没有采用这个指标包，结果不对外公开。").
				Because(fault.Reason{ID: "S29.1", Citation: citation29, Says: "考核结果以省政府办公厅采用的指标为准，未核实的分值不公布"})
		case public == !r.PublicOn.IsZero():
			return fault.New(fault.Conflict, "已经是这样了，没有改动；可能刚被别人处理过，请刷新后再看。")
		}
		before := r.PublicOn
		r.PublicOn = calendar.Date{}
		if public {
			r.PublicOn = calendar.DateOf(tx.Now())
		}
		if _, err := tx.Exec(ctx, `UPDATE appraisal_round SET public_on = $2 WHERE id = $1`, id, r.PublicOn); err != nil {
			return err
		}
		if err := s.restate(ctx, tx); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "appraisal.round.show", Target: r.Target(), Basis: citation29, Before: before.String(), After: r.PublicOn.String()})
	})
	return r, err
}

// OnPublic registers what follows, in the same transaction, when what the
// public may read changes. At start only.
func (s *Service) OnPublic(do func(ctx context.Context, tx *db.Tx) error) { s.onPublic = do }

func (s *Service) restate(ctx context.Context, tx *db.Tx) error {
	if s.onPublic == nil {
		return nil
	}
	return s.onPublic(ctx, tx)
}

// Statement is what the public pages shall say now.
func (s *Service) Statement(ctx context.Context) ([]byte, error) {
	out := Public{Made: s.DB.Now(), Rounds: []PublicRound{}}
	list, err := db.All(ctx, s.DB, scanRound, roundSelect+` WHERE r.public_on IS NOT NULL AND r.state = 'published' ORDER BY r.published_at DESC, r.id DESC LIMIT $1`, mostPublic)
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		p, err := s.publicRound(ctx, r)
		if err != nil {
			return nil, err
		}
		out.Rounds = append(out.Rounds, p)
	}
	return json.Marshal(out)
}

func (s *Service) publicRound(ctx context.Context, r Round) (PublicRound, error) {
	pack, err := r.Pack()
	if err != nil {
		return PublicRound{}, err
	}
	p := PublicRound{ID: r.ID, Number: r.Number, Name: r.Name, Kind: r.Kind, Period: r.Period, Area: r.AreaName, Office: r.UnitName, PublishedOn: calendar.DateOf(r.PublishedAt), Pack: pack.Title, Source: pack.Source, Adoption: r.Adoption, SHA256: r.SHA256, Results: []PublicResult{}}
	p.Adoption.By = "" // the office adopted, not the person
	list, err := s.outcomes(ctx, s.DB, r)
	if err != nil {
		return p, err
	}
	for _, o := range list {
		p.Results = append(p.Results, o.public())
	}
	errata, err := db.All(ctx, s.DB, scanCorrection, correctionSelect+` WHERE c.round_id = $1 AND c.state = 'stands' ORDER BY c.confirmed_at DESC, c.id DESC`, r.ID)
	if err != nil {
		return p, err
	}
	// What a correction moved is told where no value of the pack is in doubt;
	// that there was one, and why, is told always.
	certain := len(pack.Unverified()) == 0
	for _, c := range errata {
		i, _ := pack.Indicator(c.Indicator)
		e := PublicErratum{Object: c.ObjectName, Indicator: i.Name, Kind: c.KindName(), Reason: c.Reason, On: calendar.DateOf(c.ConfirmedAt)}
		if certain {
			e.Was, e.Becomes = c.Was.Says(), c.Becomes.Says()
		}
		p.Errata = append(p.Errata, e)
	}
	return p, nil
}
