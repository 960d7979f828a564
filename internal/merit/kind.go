package merit

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
)

// Sort is commendation or accountability.
type Sort string

// The sorts of Article 30.
const (
	Commend Sort = "commend"
	Account Sort = "account"
)

// SortName is a sort in Chinese.
func SortName(s Sort) string {
	return map[Sort]string{Commend: "表扬和奖励", Account: "问责"}[s]
}

// Kind is a measure of the regulation.
type Kind struct {
	ID   string `json:"id"`
	Sort Sort   `json:"sort"`
	Name string `json:"name"`
	// Office: a supervising office may decide it itself. What it may not, another
	// body decides.
	Office  bool   `json:"office"`
	Persons bool   `json:"persons"` // may be of a person
	Basis   string `json:"basis"`
	Mark    string `json:"mark"` // S stated by the law, D decided here
}

//go:embed kinds.json
var kindsFile []byte

// theKinds are read once; a broken embedded file is an error of the build.
var theKinds = sync.OnceValues(func() ([]Kind, error) {
	d := json.NewDecoder(bytes.NewReader(kindsFile))
	d.DisallowUnknownFields()
	var p struct {
		ID      string `json:"id"`
		Version int    `json:"version"`
		Source  string `json:"source"`
		Kinds   []Kind `json:"kinds"`
	}
	if err := d.Decode(&p); err != nil {
		return nil, fmt.Errorf("merit: kinds: %w", err)
	}
	seen := map[string]bool{}
	for _, k := range p.Kinds {
		if k.ID == "" || k.Name == "" || k.Basis == "" || SortName(k.Sort) == "" || seen[k.ID] {
			return nil, fmt.Errorf("merit: kind %q is not whole", k.ID)
		}
		seen[k.ID] = true
	}
	return p.Kinds, nil
})

// Kinds of a sort, or all of them.
func Kinds(s Sort) []Kind {
	list, err := theKinds()
	if err != nil {
		panic(err)
	}
	return slices.DeleteFunc(slices.Clone(list), func(k Kind) bool { return s != "" && k.Sort != s })
}

// KindOf is a kind by its id.
func KindOf(id string) (Kind, bool) {
	list := Kinds("")
	i := slices.IndexFunc(list, func(k Kind) bool { return k.ID == id })
	if i < 0 {
		return Kind{}, false
	}
	return list[i], true
}

// Capacity is in which capacity a person is named: the regulation knows these
// and no others.
type Capacity struct {
	ID, Name string
	Sort     Sort
}

// Capacities of Articles 8(1) and 30.
var Capacities = []Capacity{{"leader", "分管领导", Account}, {"responsible", "有关责任人", Account}, {"head", "主办单位负责人", Account}, {"staff", "相关人员", Commend}}

// CapacityName is a capacity in Chinese; empty for none.
func CapacityName(id string) string {
	for _, c := range Capacities {
		if c.ID == id {
			return c.Name
		}
	}
	return ""
}
