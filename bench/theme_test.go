package bench

import (
	"strings"
	"testing"

	"zhengshu/internal/publishing/theme"
)

// BenchmarkTheme draws one policy page with a bundle, which counts its steps
// and bytes and looks at the clock. The peer is html/template with the very
// same views and no guard: the house's own theme. The guard may cost a tenth.
func BenchmarkTheme(b *testing.B) {
	files := map[string][]byte{}
	for _, name := range []string{"_portal.html", "_head.html", "article.html"} {
		text, ok := theme.Source(name)
		if !ok {
			b.Fatalf("no view %s", name)
		}
		files["views/"+name] = []byte(text)
	}
	zip, err := theme.PackBundle(theme.BundleManifest{ID: "same-views", Name: "同样的模板", Version: "1.0", Author: "测试", Licence: "测试"}, files, nil)
	if err != nil {
		b.Fatal(err)
	}
	guarded, err := theme.OpenBundle(zip)
	if err != nil {
		b.Fatal(err)
	}
	page, ok := theme.SampleOf("policy")
	if !ok {
		b.Fatal("no sample of a policy page")
	}
	site := page.Site(theme.Site{})
	draw := func(s theme.Site) func() {
		out, err := page.Draw(s)
		if err != nil || !strings.Contains(string(out), "policy-head") {
			b.Fatalf("%d bytes: %v", len(out), err)
		}
		return func() {
			out, err := page.Draw(s)
			if err != nil {
				b.Fatal(err)
			}
			sink += len(out)
		}
	}
	race(b, 1, "pages",
		timed("", draw(site.Dressed(guarded, func(x theme.Trouble) { b.Fatalf("%+v", x) }))),
		timed("html_template", draw(site)),
	)
}
