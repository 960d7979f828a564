package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/inspection"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/signin"
)

// A program has what its login has: it tells what the platforms say of the accounts in
// its scope, each thing once, and every row that is not taken is named.
func TestVM21_ProgramsTellOfAccounts(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		ok := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		h, err := Open(ctx, Config{DB: d, Dir: t.TempDir(), Clock: clock, Log: slog.New(slog.DiscardHandler)})
		ok(err)
		t.Cleanup(func() { ok(h.Close(context.Background())) })
		system := authz.System("test")
		tokens := map[string]string{}
		ok(d.Update(ctx, func(tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}, {Level: org.City, Code: "610200", Name: "铜川市", Parent: "province-610000000000"}} {
				if _, err := h.Org.AddArea(ctx, tx, a); err != nil {
					return err
				}
			}
			for _, x := range []struct {
				area, unit, login string
				role              authz.Role
			}{{"city-610100000000", "西安市人民政府办公厅", "xian", authz.Supervisor}, {"city-610200000000", "铜川市人民政府办公室", "tongchuan", authz.Supervisor}, {"", "西安市民政局", "bianji", authz.Editor}} {
				of := org.Unit{Area: org.AreaID(x.area), Kind: org.Office, Name: x.unit}
				if x.area == "" {
					of.Area, of.Kind = "city-610100000000", org.Department
				}
				u, _, err := h.Org.AddUnit(ctx, tx, of)
				if err != nil {
					return err
				}
				who, err := h.Org.AddPerson(ctx, tx, system, org.Person{Unit: u.ID, Name: "张" + x.login})
				if err != nil {
					return err
				}
				if err := h.Org.Appoint(ctx, tx, system, who.ID, u.ID, x.role); err != nil {
					return err
				}
				if _, err := h.Signin.CreateLogin(ctx, tx, system, who.ID, x.login, "correct horse battery 8", signin.SecondFactor{}); err != nil {
					return err
				}
				if x.area == "" {
					continue
				}
				if _, err := h.Registry.EnterAccount(ctx, tx, system, registry.Account{Unit: u.ID, Platform: "weibo", Name: x.login + "发布", URL: "https://weibo.example/" + x.login, Purpose: "发布", VerifiedAs: x.unit, State: registry.Running}, registry.Why{Source: "import", Says: "试验"}); err != nil {
					return err
				}
			}
			_, err := tx.Exec(ctx, `UPDATE login SET change_password = FALSE`)
			return err
		}))
		for _, login := range []string{"xian", "bianji"} {
			tokens[login], err = h.Signin.CreateToken(ctx, login)
			ok(err)
		}
		s, err := h.newServer()
		ok(err)
		tell := func(login, path, body string) (int, string) {
			t.Helper()
			r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/api/v1/"+path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+tokens[login])
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			return w.Code, w.Body.String()
		}
		posts := `{"posts":[{"account":"https://weibo.example/xian","posted_on":"2026-11-20T23:30:00Z","title":"第一条","url":"https://weibo.example/xian/1","original":true},{"account":"xian发布","posted_on":"2026-11-03","title":"NUL\u0000","url":"https://weibo.example/xian/2"},{"account":"https://weibo.example/tongchuan","posted_on":"2026-11-20"},{"account":"xian发布","posted_on":""},{"account":"xian发布","posted_on":"2026-12-20"},{"account":"","posted_on":"2026-11-20"}]}`
		for round, want := range []string{`"accepted":2,"unchanged":0`, `"accepted":0,"unchanged":2`} {
			code, body := tell("xian", "account-posts", posts)
			if code != http.StatusOK || !strings.Contains(body, want) {
				t.Fatalf("round %d: %d %s", round, code, body)
			}
			var rep struct {
				Refused []struct {
					Row  int
					Says string
				}
			}
			ok(json.Unmarshal([]byte(body), &rep))
			for i, says := range []string{"3 台账中没有账号", "4 ", "5 发布日期“2026-12-20”晚于今天", "6 没有写明账号"} {
				if i >= len(rep.Refused) || !strings.HasPrefix(fmt.Sprintf("%d %s", rep.Refused[i].Row, rep.Refused[i].Says), says) {
					t.Fatalf("row %d: %s", i, body)
				}
			}
		}
		// A day is that of Beijing.
		if last, err := db.One(ctx, d, db.Value[calendar.Date], `SELECT max(posted_on) FROM account_post WHERE source = 'api' AND original = 'yes'`); err != nil || last.String() != "2026-11-21" {
			t.Errorf("the newest post: %v (%v)", last, err)
		}
		sighting := `{"account":"https://weibo.example/xian","seen_on":"2026-11-23","link":"https://api.weibo.example/users/1","seen_name":"别的名字","seen_subject":"西安市人民政府办公厅","last_post":"2026-11-21","interaction":false,"answer":{"screen_name":"别的名字","comments":"closed"}}`
		for round, want := range []string{`"recorded":true`, `"recorded":false`} {
			if code, body := tell("xian", "account-sightings", sighting); code != http.StatusOK || !strings.Contains(body, want) {
				t.Fatalf("round %d: %d %s", round, code, body)
			}
		}
		found := map[string]inspection.Finding{}
		list, _, err := h.Inspection.Findings(ctx, d, system, inspection.FindingFilter{State: "standing", Limit: 20})
		ok(err)
		for _, f := range list {
			found[f.Check] = f
		}
		for _, id := range []string{"account.interaction", "account.renamed"} {
			f, has := found[id]
			if !has {
				t.Fatalf("%s is not told: %+v", id, found)
			}
			proofs, err := h.Inspection.Proofs(ctx, d, system, f.ID)
			ok(err)
			if len(proofs) != 1 || proofs[0].Ref == "" || !strings.Contains(proofs[0].Excerpt, "张xian的程序查询平台接口得到") {
				t.Errorf("%s: %+v", id, proofs)
				continue
			}
			kept, err := h.Blobs.Open(ctx, proofs[0].Ref)
			ok(err)
			var answer struct{ Comments string }
			ok(json.NewDecoder(kept).Decode(&answer))
			ok(kept.Close())
			if answer.Comments != "closed" {
				t.Errorf("the platform's answer is not kept: %+v", answer)
			}
		}
		for _, bad := range []struct {
			login, path, body, says string
			code                    int
		}{
			{"bianji", "account-posts", posts, "没有“", http.StatusForbidden},
			{"none", "account-posts", posts, "接口令牌无效", http.StatusUnauthorized},
			{"xian", "account-posts", `{"posts":[]}`, "posts", http.StatusUnprocessableEntity},
			{"xian", "account-posts", `{"posts":[`, "", http.StatusBadRequest},
			{"xian", "account-posts", `{"posts":[{"account":"` + strings.Repeat("长", mostTold) + `"}]}`, "", http.StatusRequestEntityTooLarge},
			{"xian", "account-sightings", strings.Replace(sighting, "2026-11-23", "昨天", 1), "seen_on 不是日期，应写作 2026-11-23", http.StatusUnprocessableEntity},
			{"xian", "account-sightings", strings.Replace(sighting, "weibo.example/xian", "weibo.example/tongchuan", 1), "台账中没有这个账号", http.StatusUnprocessableEntity},
			{"xian", "account-sightings", strings.Replace(sighting, `,"answer":{"screen_name":"别的名字","comments":"closed"}`, "", 1), "answer", http.StatusUnprocessableEntity},
			{"xian", "account-sightings", strings.Replace(sighting, `"closed"`, `"`+strings.Repeat("x", 300<<10)+`"`, 1), "不超过 256 KB", http.StatusUnprocessableEntity},
		} {
			if code, body := tell(bad.login, bad.path, bad.body); code != bad.code || !strings.Contains(body, bad.says) {
				t.Errorf("%s %.60s: %d %s", bad.path, bad.body, code, body)
			}
		}
		if n, err := db.One(ctx, d, db.Value[int], `SELECT count(*) FROM account_receipt`); err != nil || n != 1 {
			t.Errorf("%d receipts (%v)", n, err)
		}
	})
}

// mostTold is more than the door takes at a time, in characters of three bytes.
const mostTold = 2 << 20

// What a program reads is what its login may read on the screens, and no more.
func TestProgramsReadWhatTheirLoginMay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		ok := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		h, err := Open(ctx, Config{DB: d, Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
		ok(err)
		t.Cleanup(func() { ok(h.Close(context.Background())) })
		system := authz.System("test")
		sites := map[string]registry.SiteID{}
		ok(d.Update(ctx, func(tx *db.Tx) error {
			for i, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}, {Level: org.City, Code: "610200", Name: "铜川市", Parent: "province-610000000000"}} {
				if _, err := h.Org.AddArea(ctx, tx, a); err != nil {
					return err
				}
				u, _, err := h.Org.AddUnit(ctx, tx, org.Unit{Area: org.AreaID(fmt.Sprintf("%s-%s000000", a.Level, a.Code)), Kind: org.Office, Name: a.Name + "人民政府办公厅"})
				if err != nil {
					return err
				}
				site, err := h.Registry.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.Portal, Name: a.Name + "人民政府", Host: fmt.Sprintf("www%d.gov.cn", i)})
				if err != nil {
					return err
				}
				if sites[a.Name] = site.ID; a.Name != "西安市" {
					continue
				}
				who, err := h.Org.AddPerson(ctx, tx, system, org.Person{Unit: u.ID, Name: "张三"})
				if err != nil {
					return err
				}
				if err := h.Org.Appoint(ctx, tx, system, who.ID, u.ID, authz.Supervisor); err != nil {
					return err
				}
				if _, err := h.Signin.CreateLogin(ctx, tx, system, who.ID, "xian", "correct horse battery 8", signin.SecondFactor{}); err != nil {
					return err
				}
			}
			_, err := tx.Exec(ctx, `UPDATE login SET change_password = FALSE`)
			return err
		}))
		token, err := h.Signin.CreateToken(ctx, "xian")
		ok(err)
		s, err := h.newServer()
		ok(err)
		ask := func(authorization, path string) (int, string) {
			r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/api/v1/"+path, nil)
			if authorization != "" {
				r.Header.Set("Authorization", authorization)
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			return w.Code, w.Body.String()
		}
		for _, tt := range []struct {
			path, says string
			code       int
		}{
			{"sites", `"total":1,"items":[{"id":"` + string(sites["西安市"]) + `"`, http.StatusOK},
			{"sites?q=" + "%E9%93%9C%E5%B7%9D", `"total":0,"items":[]`, http.StatusOK},
			{"sites/" + string(sites["西安市"]), `"host":"www1.gov.cn"`, http.StatusOK},
			{"sites/" + string(sites["铜川市"]), `"status":404`, http.StatusNotFound},
			{"sites?limit=0", "limit", http.StatusUnprocessableEntity},
			{"units", "西安市人民政府办公厅", http.StatusOK},
			{"obligations?overdue=true", `"items":[`, http.StatusOK},
			{"rules", "S7.1", http.StatusOK},
			{"nothing", "没有这个接口", http.StatusNotFound},
		} {
			if code, body := ask("Bearer "+token, tt.path); code != tt.code || !strings.Contains(body, tt.says) {
				t.Errorf("%s: %d %.400s", tt.path, code, body)
			}
		}
		for _, wrong := range []string{"", "Bearer", "Bearer zs_none", "Basic " + token} {
			if code, body := ask(wrong, "sites"); code != http.StatusUnauthorized || strings.Contains(body, "西安") {
				t.Errorf("%q: %d %.200s", wrong, code, body)
			}
		}
	})
}
