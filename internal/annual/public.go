package annual

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/jobs"
)

// PublicIndex is the name of the signed statement that says of which years there
// are forms; PublicName that of the forms of a kind and year. Portals read them
// without the database.
const PublicIndex = "annual"

// PublicName is the name of the statement of a kind and year.
func PublicName(k Kind, year int) string { return "annual" + string(k) + itoa(year) }

// PublicYear is one line of the index.
type PublicYear struct {
	Kind  Kind `json:"kind"`
	Year  int  `json:"year"`
	Forms int  `json:"forms"` // corrected ones not counted
}

// Index is the statement of what there is.
type Index struct {
	Made  time.Time    `json:"made"`
	Years []PublicYear `json:"years"`
}

// PublicCell is a cell as the public reads it.
type PublicCell struct {
	Cell   string `json:"cell"`
	Value  string `json:"value"`
	Origin Origin `json:"origin,omitempty"`
	Source string `json:"source,omitempty"`
	Remark string `json:"remark,omitempty"`
	Last   string `json:"last,omitempty"`
}

// PublicForm is a published form.
type PublicForm struct {
	ID          FormID        `json:"id"`
	Kind        Kind          `json:"kind"`
	Year        int           `json:"year"`
	Edition     int           `json:"edition"`
	Why         string        `json:"why,omitempty"`
	Replaced    bool          `json:"replaced,omitempty"` // by a later edition
	Object      string        `json:"object"`
	Name        string        `json:"name"`
	Host        string        `json:"host,omitempty"`
	SiteCode    string        `json:"site_code,omitempty"`
	Unit        string        `json:"unit"`
	Area        string        `json:"area"`
	Definition  string        `json:"definition"`
	Version     int           `json:"version"`
	Until       calendar.Date `json:"until"`
	PublishedOn calendar.Date `json:"published_on"`
	Address     string        `json:"address,omitempty"` // as written back into the national system
	SHA256      string        `json:"sha256"`            // of the content as approved
	Cells       []PublicCell  `json:"cells"`
}

// Statement is the forms of a kind and year.
type Statement struct {
	Made  time.Time    `json:"made"`
	Forms []PublicForm `json:"forms"`
}

// Title of the form.
func (p PublicForm) Title() string {
	t := fmt.Sprintf("%s（%d 年度）", p.Kind.Name(), p.Year)
	if p.Edition > 1 {
		t += fmt.Sprintf(" 第 %d 版", p.Edition)
	}
	return t
}

// tell has the public statements of the form's kind and year made anew; of many
// forms published together it is done once.
func (s *Service) tell(ctx context.Context, tx *db.Tx, f Form) error {
	return jobs.Enqueue(ctx, tx, state{Form: f.Kind, Year: f.Year}, jobs.Unique(PublicName(f.Kind, f.Year)))
}

// StatePublic signs and replaces the statement of a kind and year, and the
// index. What was changed behind its digest is not made public.
func (s *Service) StatePublic(ctx context.Context, k Kind, year int) error {
	if s.Place == nil {
		return nil
	}
	ctx = audit.System(ctx, "annual.state")
	type whole struct {
		Form
		host, code string
	}
	list, err := db.All(ctx, s.DB, func(r db.Scanner) (whole, error) {
		var w whole
		return w, r.Scan(append(w.dest(), &w.content, &w.host, &w.code)...)
	}, formSelect+`, f.content, COALESCE(x.host, ''), COALESCE(x.site_code, '')`+formFrom+` LEFT JOIN site x ON f.kind = 'site' AND x.id = f.object_id
		WHERE f.kind = $1 AND f.year = $2 AND f.state IN ('published', 'addressed', 'replaced') ORDER BY u.area_path, f.object_id, f.edition DESC`, k, year)
	if err != nil {
		return err
	}
	out := Statement{Made: s.DB.Now(), Forms: []PublicForm{}}
	for _, w := range list {
		x, err := w.kept()
		if err != nil {
			return err
		}
		p := PublicForm{ID: w.ID, Kind: w.Kind, Year: w.Year, Edition: w.Edition, Why: w.Why, Replaced: w.State == Replaced, Object: w.Object, Name: x.ObjectName, Host: w.host, SiteCode: w.code, Unit: x.Unit, Area: x.Area,
			Definition: w.Definition, Version: w.Version, Until: x.Until, PublishedOn: w.PublishedOn, Address: w.Address, SHA256: w.SHA256}
		for _, c := range x.Cells {
			p.Cells = append(p.Cells, PublicCell{Cell: c.Cell, Value: c.Value, Origin: c.Origin, Source: c.Source, Remark: c.Remark, Last: c.Last})
		}
		out.Forms = append(out.Forms, p)
	}
	body, err := json.Marshal(out)
	if err != nil {
		return err
	}
	if err := s.Place(PublicName(k, year), body); err != nil {
		return err
	}
	index := Index{Made: s.DB.Now(), Years: []PublicYear{}}
	if index.Years, err = db.All(ctx, s.DB, func(r db.Scanner) (PublicYear, error) {
		var y PublicYear
		return y, r.Scan(&y.Kind, &y.Year, &y.Forms)
	}, `SELECT kind, year, count(*) FROM annual_form WHERE state IN ('published', 'addressed') GROUP BY kind, year ORDER BY year DESC, kind`); err != nil {
		return err
	}
	if body, err = json.Marshal(index); err != nil {
		return err
	}
	return s.Place(PublicIndex, body)
}
