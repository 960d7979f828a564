package inspection_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/vantage"
)

// sealed signs a batch as another program would write it.
func sealed(t *testing.T, key ed25519.PrivateKey, body string) []byte {
	t.Helper()
	wire, err := json.Marshal(map[string][]byte{"body": []byte(body), "sign": ed25519.Sign(key, []byte("zhengshu vantage batch 1\n"+body))})
	if err != nil {
		t.Fatal(err)
	}
	return wire
}

// An agent of the version before works on: it is sent nothing that it does not know.
// One that says what it reads is told the house's version; what a newer one says beyond
// is passed over; and where it cannot be read, the page says so, until it can again.
func TestAgentsOfOtherVersionsAreReadOrTold(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.svc = inspection.New(h.db, h.probes, h.reg, h.blobs, h.made.Client(t), inspection.Settings{Delay: -1, Version: "house-1"})
		_, house, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		h.svc.HouseKey(house)
		top := &authz.Session{Name: "某甲", Posts: []authz.Post{{ID: "1", Role: authz.Supervisor, UnitID: "u", AreaPath: "/", Office: true}}}
		key, v, err := h.svc.AddVantage(h.ctx, top, inspection.Vantage{Name: "西安监测点"}, "")
		if err != nil {
			t.Fatal(err)
		}
		seq := h.clock.Now().UnixMilli()
		send := func(more string) (map[string]any, error) {
			t.Helper()
			seq++
			wire, _, err := h.svc.Exchange(h.ctx, sealed(t, key.Own, `{"vantage":"`+v.ID+`","made":"`+h.clock.Now().Format(time.RFC3339)+`","seq":`+strconv.FormatInt(seq, 10)+`,"line_ok":true,"results":[]`+more+`}`))
			if err != nil {
				return nil, err
			}
			var e struct{ Body []byte }
			plan := map[string]any{}
			if err := json.Unmarshal(wire, &e); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(e.Body, &plan); err != nil {
				t.Fatal(err)
			}
			return plan, nil
		}
		now := func() inspection.Vantage {
			t.Helper()
			list, err := h.svc.Vantages(h.ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range list {
				if x.ID == v.ID {
					return x
				}
			}
			t.Fatal("no vantage")
			return inspection.Vantage{}
		}
		// The program before took a list with these fields and no other.
		known := map[string]bool{"vantage": true, "made": true, "until": true, "every": true, "line": true, "targets": true, "taken": true}
		plan, err := send("")
		if err != nil {
			t.Fatal(err)
		}
		for k := range plan {
			if !known[k] {
				t.Errorf("the program before is sent %q", k)
			}
		}
		if x := now(); x.Program.Format != 0 || !x.Votes(h.clock.Now()) {
			t.Errorf("%+v", x)
		}
		if plan, err = send(`,"format":2,"version":"agent-2"`); err != nil || plan["format"] != float64(vantage.Format) || plan["version"] != "house-1" {
			t.Errorf("%v (%v)", plan, err)
		}
		if _, err := send(`,"format":9,"version":"agent-9","mood":"good"`); err != nil || now().Program.Version != "agent-9" {
			t.Errorf("what is more than we know: %v, %+v", err, now())
		}
		before := now().SeenAt
		h.clock.Advance(time.Minute)
		for _, bad := range []string{`,"format":9,"least":9,"version":"agent-10"`, `,"version":"agent-10","lost":"many"`} {
			if _, err := send(bad); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Of(err).Says, "监测点程序版本 agent-10") {
				t.Errorf("%s: %v", bad, err)
			}
			x := now()
			if x.RefusedAt.IsZero() || !strings.Contains(x.RefusedSays, "更新") || x.Program.Version != "agent-10" || x.Votes(h.clock.Now()) || !x.SeenAt.Equal(before) {
				t.Errorf("%s: %+v", bad, x)
			}
		}
		if _, err := send(`,"format":2,"version":"agent-2"`); err != nil || !now().RefusedAt.IsZero() || now().RefusedSays != "" {
			t.Errorf("read again: %+v (%v)", now(), err)
		}
		// Who only ever sent what could not be read was not heard of.
		key, v, err = h.svc.AddVantage(h.ctx, top, inspection.Vantage{Name: "延安监测点"}, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := send(`,"least":9`); !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
		if x := now(); !x.SeenAt.IsZero() || x.RefusedAt.IsZero() || x.Votes(h.clock.Now()) {
			t.Errorf("%+v", x)
		}
		// A stranger's signature marks nobody.
		_, stranger, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.svc.Exchange(h.ctx, sealed(t, stranger, `{"vantage":"`+v.ID+`","least":9,"version":"x"}`)); !fault.Is(err, fault.Forbidden) || now().Program.Version == "x" {
			t.Errorf("%v, %+v", err, now())
		}
	})
}

// written signs a file of the exchange as another program would write it.
func written(t *testing.T, file, what string, key ed25519.PrivateKey, v any) {
	t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	signedRaw(t, file, what, key, body)
}

func signedRaw(t *testing.T, file, what string, key ed25519.PrivateKey, body []byte) {
	t.Helper()
	sum := sha256.Sum256(body)
	b64 := base64.StdEncoding
	head := b64.EncodeToString(key.Public().(ed25519.PublicKey)) + " " + b64.EncodeToString(ed25519.Sign(key, []byte("zhengshu "+what+" "+hex.EncodeToString(sum[:])))) + "\n"
	if err := os.WriteFile(file, append([]byte(head), body...), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A crawler that does not understand a plan says so instead of leaving it unanswered,
// and a batch that the house does not understand is told of with cause and cure.
func TestCrawlersOfOtherVersionsAreReadOrTold(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		x, crawler, key := exchanging(t, h)
		p := h.plan()
		p.Spec.Remote, p.Cadence = true, "once"
		if _, err := h.svc.MakePlan(h.ctx, h.scope, p); err != nil {
			t.Fatal(err)
		}
		list := files(t, x.Plans, "*.plan")
		if len(list) != 1 {
			t.Fatalf("%q", list)
		}
		whole, err := os.ReadFile(list[0])
		if err != nil {
			t.Fatal(err)
		}
		_, body, _ := strings.Cut(string(whole), "\n")
		asked := map[string]any{}
		if err := json.Unmarshal([]byte(body), &asked); err != nil {
			t.Fatal(err)
		}
		if asked["format"] != float64(vantage.Format) {
			t.Errorf("the plan says %v", asked["format"])
		}
		asked["least"], asked["version"] = 99, "house-9"
		written(t, list[0], "plan", x.Key, asked)
		for range 2 {
			if n, err := crawler.Fetch(h.ctx); err != nil || n != 0 {
				t.Fatalf("%d tasks of a plan that is not understood (%v)", n, err)
			}
		}
		if n, err := h.svc.TakeIn(h.ctx); err != nil || n != 1 {
			t.Fatalf("took in %d (%v)", n, err)
		}
		runs, err := h.svc.Runs(h.ctx, h.scope, h.site.ID, 5)
		if err != nil || len(runs) == 0 || runs[0].State != inspection.RunFailed || !strings.Contains(runs[0].Failure, "house-9") || !strings.Contains(runs[0].Failure, "更新") {
			t.Fatalf("%+v (%v)", runs, err)
		}
		seen := func() inspection.CrawlerSeen {
			t.Helper()
			list, err := h.svc.Crawlers(h.ctx)
			if err != nil || len(list) != 1 || list[0].Name != "电信" {
				t.Fatalf("%+v (%v)", list, err)
			}
			return list[0]
		}
		if c := seen(); c.SeenAt.IsZero() || c.Program.Format != vantage.Format || !c.RefusedAt.IsZero() {
			t.Errorf("%+v", c)
		}
		written(t, filepath.Join(x.Batches, "one.batch"), "batch", key, map[string]any{"vantage": "电信", "least": 99, "format": 99, "version": "crawler-9", "run": runs[0].ID})
		if n, err := h.svc.TakeIn(h.ctx); err != nil || n != 0 {
			t.Fatalf("took in %d (%v)", n, err)
		}
		if c := seen(); c.RefusedAt.IsZero() || !strings.Contains(c.RefusedSays, "外网巡检机程序版本 crawler-9") || !strings.Contains(c.RefusedSays, "更新") || c.Program.Version != "crawler-9" {
			t.Errorf("%+v", c)
		}
	})
}
