package annual

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zhengshu/internal/fault"
)

// A definition that does not fit together is refused with what and where.
func TestDefinitionsAreReadStrictly(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("forms", "sx2021-media-v1.json"))
	if err != nil {
		t.Fatal(err)
	}
	good := string(b)
	if _, err := Decode(b); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"an unknown field":             {`"version": 1`, `"version": 1, "surprise": true`},
		"a field twice":                {`"version": 1`, `"version": 1, "version": 2`},
		"an unknown source":            {`"media.posts"`, `"media.wishes"`},
		"a source of another form":     {`"media.posts"`, `"site.published"`},
		"a rule on a cell that is not": {`"right": ["posts"]`, `"right": ["wishes"]`},
		"a rule on words":              {`"right": ["posts"]`, `"right": ["unit"]`},
		"an unknown operator":          {`"op": "<="`, `"op": "<"`},
		"a cell twice":                 {`"id": "reads"`, `"id": "interactions"`},
		"a cell of no section":         {`"section": "reach"`, `"section": "nowhere"`},
		"an unknown kind of cell":      {`"kind": "count"`, `"kind": "feeling"`},
		"options of a count":           {`"id": "reads", "section": "reach", "label": "阅读总数", "kind": "count"`, `"id": "reads", "section": "reach", "label": "阅读总数", "kind": "count", "options": ["是"]`},
		"an unknown mark":              {`"mark": "D"`, `"mark": "sure"`},
		"a share of one":               {`"percent": ["original", "posts"]`, `"percent": ["original"]`},
		"trailing bytes":               {"\n}\n", "\n}\n{}"},
		"no rule at all in a rule":     {`"left": ["failed"], "op": "<=", "right": ["checked"]`, `"any": ["failed"]`},
	} {
		changed := strings.Replace(good, change[0], change[1], 1)
		if changed == good {
			t.Errorf("%s: nothing changed", name)
		}
		if _, err := Decode([]byte(changed)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Every source is used by a form: what is counted is asked for.
func TestEverySourceIsAskedFor(t *testing.T) {
	all, err := Definitions()
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{}
	for _, d := range all {
		for _, c := range d.Cells {
			asked[c.Source] = true
		}
	}
	for name := range sources {
		if !asked[name] {
			t.Errorf("nothing asks for %s", name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	names, err := filepath.Glob(filepath.Join("forms", "*.json"))
	if err != nil {
		f.Fatal(err)
	}
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"cells":[{"formula":{"percent":["a","a"]}}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Decode(b)
		if err != nil {
			if fault.Of(err).Says == "" {
				t.Error("refused without a word")
			}
			return
		}
		x := Dossier{Def: d}
		for _, c := range d.Cells {
			x.Lines = append(x.Lines, Line{Cell: c, Value: "1"})
		}
		x.compute()
		x.examine()
	})
}
