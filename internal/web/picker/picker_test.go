package picker_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/web/picker"
)

func TestAnAnswerIsNeverGuessed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		s, all := org.New(d), authz.System("test")
		ids := map[string]org.UnitID{}
		if err := d.Update(ctx, func(tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}, {Level: org.City, Code: "610400", Name: "咸阳市", Parent: "province-610000000000"}} {
				if _, err := s.AddArea(ctx, tx, a); err != nil {
					return err
				}
			}
			for _, u := range []org.Unit{{Area: "city-610100000000", Name: "商务局"}, {Area: "city-610400000000", Name: "商务局"}, {Area: "city-610100000000", Name: "西安市教育局"}, {Area: "city-610100000000", Name: "服务中心（演示）"}} {
				u.Kind = org.Department
				made, _, err := s.AddUnit(ctx, tx, u)
				if err != nil {
					return err
				}
				ids[made.Name+made.AreaName] = made.ID
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		ask := func(text string) (org.Unit, error) {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(url.Values{"unit": {text}}.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			return picker.Unit(r, s, all, "unit")
		}
		for text, want := range map[string]org.UnitID{
			"西安市教育局":              ids["西安市教育局西安市"],
			"商务局（咸阳市）":            ids["商务局咸阳市"],
			"服务中心（演示）":            ids["服务中心（演示）西安市"],
			string(ids["商务局西安市"]): ids["商务局西安市"],
		} {
			if u, err := ask(text); err != nil || u.ID != want || want == "" {
				t.Errorf("%s: %s %s (%v)", text, u.Name, u.AreaName, err)
			}
		}
		for text, want := range map[string]string{
			"":      "请选择单位",
			"商务局":   "商务局（西安市）、商务局（咸阳市）",
			"教育":    "西安市教育局（西安市）",
			"xasjy": "西安市教育局（西安市）",
			"无此单位":  "没有这个名称",
		} {
			_, err := ask(text)
			if f := fault.Of(err); err == nil || f.Kind != fault.Invalid || !strings.Contains(f.Fields[0].Says, want) {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
}
