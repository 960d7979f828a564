package reporting

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"zhengshu/internal/assessment"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/org"
)

// PublicName is the signed statement that the public pages read: they stand on
// another network than the house (readings 22).
const PublicName = "bulletins"

// mostPublic papers are told, the newest.
const mostPublic = 80

// Public is what everybody may read: issued papers that were opened.
type Public struct {
	Made   time.Time     `json:"made"`
	Papers []PublicPaper `json:"papers"`
}

// PublicPaper is one paper without the rows of the house: numbers, names of
// sites and units, text, errata.
type PublicPaper struct {
	ID       BulletinID    `json:"id"`
	Kind     Kind          `json:"kind"`
	Level    org.Level     `json:"level"`
	Area     string        `json:"area"`
	Office   string        `json:"office"`
	Period   string        `json:"period"`
	Number   string        `json:"number"`
	IssuedOn calendar.Date `json:"issued_on"`
	SHA256   string        `json:"sha256"`
	Content  Content       `json:"content"`
	Errata   []Erratum     `json:"errata,omitempty"`
}

// Bulletin is the paper as page and document draw it.
func (p PublicPaper) Bulletin() (Bulletin, error) {
	period, err := assessment.ParsePeriod(p.Period)
	b := Bulletin{ID: p.ID, Kind: p.Kind, Level: p.Level, AreaName: p.Area, UnitName: p.Office, Period: period, State: Issued, Number: p.Number, IssuedOn: p.IssuedOn, SHA256: p.SHA256, Content: p.Content, Outline: Usual(p.Kind)}
	if p.Content.Outline != nil {
		b.Outline = *p.Content.Outline
	}
	return b, err
}

// bare leaves out of a content what stays in the house.
func (c Content) bare() Content {
	// The list is made of rows; here it is kept as a table.
	if t := c.listsOf(SectionLaunch); len(t) > 0 && t[0].Key == "late" {
		c.Tables = append([]Table{t[0]}, c.Tables...)
	}
	c.Tables, c.Figures, c.Unqualified, c.Sites = slices.Clone(c.Tables), slices.Clone(c.Figures), slices.Clone(c.Unqualified), slices.Clone(c.Sites)
	for i := range c.Tables {
		c.Tables[i].Links = nil
	}
	for i := range c.Figures {
		c.Figures[i].Told, c.Figures[i].Rows = c.Figures[i].N(), nil
	}
	for i := range c.Unqualified {
		u := &c.Unqualified[i]
		u.Site, u.Reasons = "", slices.Clone(u.Reasons)
		for j := range u.Reasons {
			u.Reasons[j].Evidence = nil
		}
	}
	for i := range c.Sites {
		c.Sites[i].ID = ""
	}
	if c.Outline != nil {
		o := Outline{Parts: slices.Clone(c.Outline.Parts)}
		for i := range o.Parts {
			o.Parts[i].Cases = slices.Clone(o.Parts[i].Cases)
			for j := range o.Parts[i].Cases {
				o.Parts[i].Cases[j].ID, o.Parts[i].Cases[j].Link = "", ""
			}
		}
		c.Outline = &o
	}
	return c
}

// Statement is what the public pages shall say now.
func (s *Service) Statement(ctx context.Context) ([]byte, error) {
	out := Public{Made: s.db.Now(), Papers: []PublicPaper{}}
	list, err := db.All(ctx, s.db, scanWhole, bulletinSelect+`, b.content`+bulletinFrom+` WHERE b.public_on IS NOT NULL AND b.state IN ('issued', 'received') ORDER BY b.issued_on DESC, a.code, b.id LIMIT $1`, mostPublic)
	if err != nil {
		return nil, err
	}
	for _, b := range list {
		if b, err = s.open(b); err != nil {
			return nil, err
		}
		errata, err := s.errata(ctx, s.db, b.ID)
		if err != nil {
			return nil, err
		}
		for i := range errata {
			errata[i].ID, errata[i].By = "", ""
		}
		out.Papers = append(out.Papers, PublicPaper{ID: b.ID, Kind: b.Kind, Level: b.Level, Area: b.AreaName, Office: b.UnitName, Period: b.Period.String(), Number: b.Number, IssuedOn: b.IssuedOn, SHA256: b.SHA256, Content: b.Content.bare(), Errata: errata})
	}
	return json.Marshal(out)
}

// OnPublic registers what follows, in the same transaction, when what the
// public may read changes. At start only.
func (s *Service) OnPublic(do func(ctx context.Context, tx *db.Tx) error) { s.onPublic = do }

func (s *Service) told(ctx context.Context, tx *db.Tx) error {
	if s.onPublic == nil {
		return nil
	}
	return s.onPublic(ctx, tx)
}
