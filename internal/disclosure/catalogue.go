package disclosure

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"zhengshu/internal/org"
)

//go:embed catalogue.json
var catalogueJSON []byte

// Entry is one class of information a unit has to make public.
type Entry struct {
	ID      string   `json:"id"`      // 20.7
	Name    string   `json:"name"`    // 财政预算、决算
	Article string   `json:"article"` // 第二十条（七）
	Text    string   `json:"text"`    // as the regulation has it
	Classes []string `json:"classes"` // government, department, township; city_county: the first two below the province
	Mark    string   `json:"mark"`    // verified: compared with the text of the regulation
}

// Catalogue is the pack.
type Catalogue struct {
	ID       string  `json:"id"`
	Version  string  `json:"version"`
	Source   string  `json:"source"`
	Workdays int     `json:"workdays"` // from being made or changed to being public
	Article  string  `json:"workdays_article"`
	Entries  []Entry `json:"entries"`
}

// Statutory is the catalogue compiled in.
var Statutory = sync.OnceValues(func() (Catalogue, error) {
	var c Catalogue
	d := json.NewDecoder(bytes.NewReader(catalogueJSON))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return c, fmt.Errorf("disclosure: catalogue: %w", err)
	}
	seen := map[string]bool{}
	for _, e := range c.Entries {
		if e.ID == "" || e.Name == "" || e.Text == "" || e.Mark == "" || len(e.Classes) == 0 || seen[e.ID] {
			return c, fmt.Errorf("disclosure: catalogue: entry %q is incomplete or stands twice", e.ID)
		}
		seen[e.ID] = true
	}
	if c.Workdays < 1 || c.Source == "" {
		return c, fmt.Errorf("disclosure: catalogue: no clock or no source")
	}
	return c, nil
})

// classesOf are the classes a unit belongs to; none: the catalogue does not
// bind it by itself (an internal body's information is its unit's).
func classesOf(kind org.Kind, level org.Level) []string {
	var out []string
	switch kind {
	case org.Office, org.Government: // the office keeps the government's own
		out = []string{"government"}
	case org.Department, org.InstitutionAdmin, org.Committee, org.ZoneCommittee:
		out = []string{"department"}
	case org.TownshipUnit:
		return []string{"township"}
	default:
		return nil
	}
	if level == org.City || level == org.County {
		out = append(out, "city_county")
	}
	return out
}

// For are the entries that bind a unit of a kind and level.
func (c Catalogue) For(kind org.Kind, level org.Level) []Entry {
	classes := classesOf(kind, level)
	var out []Entry
	for _, e := range c.Entries {
		if slices.ContainsFunc(e.Classes, func(s string) bool { return slices.Contains(classes, s) }) {
			out = append(out, e)
		}
	}
	return out
}

// Entry is the one with the id.
func (c Catalogue) Entry(id string) (Entry, bool) {
	i := slices.IndexFunc(c.Entries, func(e Entry) bool { return e.ID == id })
	if i < 0 {
		return Entry{}, false
	}
	return c.Entries[i], true
}
