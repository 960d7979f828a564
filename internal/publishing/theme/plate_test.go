package theme

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A plate gives, to the byte, what the views give: for both themes of the
// house, any site, and articles with all that a plate has places for, whatever
// stands in them. Articles with more are drawn by the views.
func TestPlatesAreThePages(t *testing.T) {
	plain := Article{Title: "关于调整公交线路的通告", Source: "县交通局", Published: at, Body: "<p>正文。</p>"}
	articles := []Article{plain}
	add := func(change func(*Article)) {
		a := plain
		change(&a)
		articles = append(articles, a)
	}
	add(func(a *Article) { a.News, a.Title = true, hostile })
	add(func(a *Article) {
		a.Source, a.Author, a.Summary, a.Keywords = hostile, hostile, hostile, "公交；"+hostile+"，线路"
	})
	add(func(a *Article) { a.Image, a.Published = "/media/a/b-1.jpg", at.Add(31*time.Hour) })
	add(func(a *Article) {
		a.Title, a.Body = strings.Repeat("长", 300)+"\xff", "<p>zqtitleqz &amp; <b>x</b></p>"
	})
	add(func(a *Article) { a.Image = "https://elsewhere.example/a.jpg?x=1&y=2" })
	add(func(a *Article) { a.Source = "" })
	add(func(a *Article) { a.Updated, a.ChangeAs = at, "更正" })
	add(func(a *Article) { a.Related, a.RelatedAs = []Link{{"解读", "/x"}}, "相关解读" })
	add(func(a *Article) {
		a.Policy = &PolicyHead{Number: "云政发〔2026〕1号", Issuer: "云河县人民政府"}
	})
	whole := sampleSite()
	whole.Demo, whole.Plain = false, false
	filled := 0
	for _, id := range []string{Blue, Red} {
		for _, s := range []Site{whole, sampleSite(), hostileSite()} {
			s.Look.ID = id
			s = s.Dressed(nil, nil)
			keeping := s.Keeping()
			for _, c := range []Column{s.Columns[0], s.Columns[6], {Name: "旧栏目", Type: "其他"}} {
				for i, a := range articles {
					a.Column = c
					path := fmt.Sprintf("/content/202611/%d.html", i)
					for _, elder := range []string{"/elder" + path, ""} {
						want, err := DrawArticle(s, a, "zh", path, elder, nil)
						if err != nil {
							t.Fatal(err)
						}
						for range 3 { // the third from the plate that the second made
							got, err := DrawArticle(keeping, a, "zh", path, elder, nil)
							if err != nil {
								t.Fatal(err)
							}
							if string(got) != string(want) {
								t.Fatalf("%s: article %d of %q: %s", id, i, c.Name, differ(got, want))
							}
						}
						if elder == "" {
							continue
						}
						if want, err = DrawElderArticle(s, a, path, elder); err != nil {
							t.Fatal(err)
						}
						for range 3 {
							got, err := DrawElderArticle(keeping, a, path, elder)
							if err != nil {
								t.Fatal(err)
							}
							if string(got) != string(want) {
								t.Fatalf("%s: elder article %d of %q: %s", id, i, c.Name, differ(got, want))
							}
						}
					}
				}
			}
			for key, p := range keeping.kept.plates {
				if p.pieces == nil {
					t.Errorf("%s: the views give no plate for %+v", id, key)
				}
				filled++
			}
		}
	}
	if filled == 0 {
		t.Error("no plate was made")
	}
	if f, ok := fillingOf(articles[7], "/a", ""); ok {
		t.Errorf("a plate has no place for a correction: %v", f)
	}
}

func differ(got, want []byte) string {
	i := 0
	for i < min(len(got), len(want)) && got[i] == want[i] {
		i++
	}
	end := func(b []byte) string { return string(b[max(0, i-60):min(len(b), i+60)]) }
	return fmt.Sprintf("%q instead of %q", end(got), end(want))
}

func BenchmarkArticle(b *testing.B) {
	s := sampleSite().Dressed(nil, nil)
	a := Article{Title: "关于调整公交线路的通告", Source: "县交通局", Published: at, Body: Body(strings.Repeat("<p>"+strings.Repeat("正文", 60)+"</p>\n", 5)), Column: s.Columns[0]}
	for _, x := range []struct {
		name string
		site Site
	}{{"views", s}, {"plates", s.Keeping()}} {
		b.Run(x.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := DrawArticle(x.site, a, "zh", "/content/202611/a.html", "/elder/content/202611/a.html", nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
