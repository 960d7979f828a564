package registryweb_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// Sixty accounts and a few apps: two pages on screen.
func TestAccountsAndAppsGoOutAsTheyStandOnScreen(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := audit.System(context.Background(), "test")
		var body strings.Builder
		body.WriteString("platform,account,url,code\n")
		for i := range 60 {
			fmt.Fprintf(&body, "微博,第%02d号发布,https://weibo.com/%d,%s\n", i, 1000000+i, []string{"610113", "610114"}[i%2])
		}
		body.WriteString("app,雁塔通,https://app.example.cn/yanta,610113\nminiapp,阎良通,https://app.example.cn/yanliang,610114\n")
		tab, err := official.ReadTable(strings.NewReader(body.String()), int64(body.Len()), "a.csv", official.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		rep, err := h.registry.ImportAccounts(ctx, system, tab, org.ImportOptions{Source: "a.csv"})
		if err != nil || rep.Accepted != 62 {
			t.Fatalf("%+v %v", rep, err)
		}
		h.become(authz.Supervisor, h.city)
		out := func(list, query string) []string {
			t.Helper()
			a := h.site.Get("/console/" + list + "/export?format=csv&" + query).Want(http.StatusOK)
			file, err := official.ReadTable(strings.NewReader(a.Body), int64(len(a.Body)), "x.csv", official.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for row, err := range file.Rows() {
				if err != nil {
					t.Fatal(err)
				}
				names = append(names, row.Cells[0])
			}
			return names
		}
		screen := func(list, query string) []string {
			return h.site.Get("/console/" + list + "?" + query).Want(http.StatusOK).All(".table tbody th a")
		}
		first, second := screen("accounts", ""), screen("accounts", "page=2")
		if len(first) != 50 || len(second) != 10 {
			t.Fatalf("%d and %d on screen", len(first), len(second))
		}
		for query, want := range map[string][]string{"which=all": slices.Concat(first, second), "which=page": first, "which=page&page=2": second, "which=all&q=yt": screen("accounts", "q=yt")} {
			if got := out("accounts", query); !slices.Equal(got, want) {
				t.Errorf("%s gives %d rows %q, the screen %d", query, len(got), got[:min(3, len(got))], len(want))
			}
		}
		if got, want := out("apps", "which=all"), screen("apps", ""); len(want) != 2 || !slices.Equal(got, want) {
			t.Errorf("apps %q, on screen %q", got, want)
		}
		p, err := h.registry.AccountList(ctx, system, registry.ListQuery{Text: "第07号发布"})
		if err != nil || len(p.Rows) != 1 {
			t.Fatalf("%+v %v", p, err)
		}
		if got := out("accounts", url.Values{"which": {"picked"}, "id": {string(p.Rows[0].ID)}}.Encode()); !slices.Equal(got, []string{"第07号发布"}) {
			t.Errorf("picked gives %q", got)
		}
		h.site.Get("/console/accounts/export?format=csv&which=picked").Want(http.StatusUnprocessableEntity)
		// A neighbour's account that is named is not given.
		h.become(authz.Supervisor, h.yanta)
		a := h.site.Get("/console/accounts/export?format=csv&which=picked&id=" + string(p.Rows[0].ID)).Want(http.StatusOK)
		if strings.Contains(a.Body, "第07号发布") {
			t.Error("a neighbour's account goes out")
		}
	})
}
