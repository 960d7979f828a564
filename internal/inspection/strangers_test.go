package inspection_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
)

// A batch that a key signed which is not known here is told of with the key's mark, and
// nothing of it is read; who trusts the key has what came taken in, who refuses it hears
// of it no more, and strangers cannot fill the house.
func TestBatchesOfUnknownKeysAreShownAndNotRead(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		x, crawler, key := exchanging(t, h)
		p := h.plan()
		p.Spec.Remote, p.Cadence = true, "once"
		if _, err := h.svc.MakePlan(h.ctx, h.scope, p); err != nil {
			t.Fatal(err)
		}
		if err := crawler.Once(h.ctx); err != nil {
			t.Fatal(err)
		}
		own := filepath.Join(x.Keys, "one.pub")
		if err := os.Remove(own); err != nil {
			t.Fatal(err)
		}
		take := func(want int) {
			t.Helper()
			if n, err := h.svc.TakeIn(h.ctx); err != nil || n != want {
				t.Fatalf("took in %d, want %d (%v)", n, want, err)
			}
		}
		strangers := func(want int) []inspection.Stranger {
			t.Helper()
			list, err := h.svc.Strangers(h.ctx)
			if err != nil || len(list) != want {
				t.Fatalf("%+v, want %d (%v)", list, want, err)
			}
			return list
		}
		take(0)
		s := strangers(1)[0]
		if s.Fingerprint() != inspection.Fingerprint(inspection.PublicKey(key)) || !strings.HasSuffix(s.File, ".batch") || s.Files != 1 || s.Last.IsZero() {
			t.Errorf("%+v", s)
		}
		if list, err := h.svc.Crawlers(h.ctx); err != nil || len(list) != 0 {
			t.Errorf("its content was read: %+v (%v)", list, err)
		}
		// Whoever claims the key of another without having it is no stranger with that key.
		if err := os.WriteFile(filepath.Join(x.Batches, "claimed.batch"), []byte(inspection.PublicKey(key)+" AAAA\n{}"), 0o600); err != nil {
			t.Fatal(err)
		}
		take(0)
		if got := strangers(1)[0]; got.Files != 1 {
			t.Errorf("a claim counts: %+v", got)
		}
		// Trusted: what came is taken in by itself.
		if err := os.WriteFile(own, []byte(inspection.PublicKey(key)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		take(1)
		strangers(0)
		runs, err := h.svc.Runs(h.ctx, h.scope, h.site.ID, 5)
		if err != nil || len(runs) == 0 || runs[0].State != inspection.RunDone {
			t.Errorf("%+v (%v)", runs, err)
		}
		// Refused: it is heard of no more, whatever comes after it.
		send := func(n int) ed25519.PrivateKey {
			t.Helper()
			_, other, err := ed25519.GenerateKey(rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			written(t, filepath.Join(x.Batches, strconv.Itoa(n)+".batch"), "batch", other, json.RawMessage(`{"vantage":"敌"}`))
			return other
		}
		bad := send(0)
		take(0)
		mark := strangers(1)[0].Mark()
		below := &authz.Session{Name: "某乙", Posts: []authz.Post{{ID: "1", Role: authz.Supervisor, UnitID: "u", AreaPath: "/elsewhere/", Office: true}}}
		if err := h.svc.RefuseStranger(h.ctx, below, mark); !fault.Is(err, fault.Forbidden) {
			t.Errorf("another office: %v", err)
		}
		if err := h.svc.RefuseStranger(h.ctx, highest(), mark); err != nil {
			t.Fatal(err)
		}
		strangers(0)
		for i := range 30 {
			send(i + 1)
		}
		take(0)
		strangers(19)
		written(t, filepath.Join(x.Batches, "again.batch"), "batch", bad, json.RawMessage(`{}`))
		take(0)
		for _, s := range strangers(19) {
			if s.Mark() == mark {
				t.Error("the refused one is back")
			}
		}
	})
}

// A version that no database keeps or no screen shows is cut and cleaned before it is
// kept, and the batch is taken in.
func TestVersionsAreCleanedBeforeTheyAreKept(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		x, _, crawler := exchanging(t, h)
		_, house, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		h.svc.HouseKey(house)
		key, v, err := h.svc.AddVantage(h.ctx, highest(), inspection.Vantage{Name: "西安监测点"}, "")
		if err != nil {
			t.Fatal(err)
		}
		for i, version := range []string{`a\u0000b\\u0000`, "a\xff\xfeb", strings.Repeat("长", 10_000), `\u001b[31m\u202e1`} {
			made := h.clock.Now().Format("2006-01-02T15:04:05Z07:00")
			wire := sealed(t, key.Own, `{"vantage":"`+v.ID+`","made":"`+made+`","seq":`+strconv.Itoa(i+1)+`,"line_ok":true,"results":[],"format":3,"version":"`+version+`"}`)
			if _, _, err := h.svc.Exchange(h.ctx, wire); err != nil {
				t.Errorf("%.20q: %v", version, err)
			}
			// What cannot be read is told of with the version, too.
			wire = sealed(t, key.Own, `{"vantage":"`+v.ID+`","least":99,"version":"`+version+`"}`)
			if _, _, err := h.svc.Exchange(h.ctx, wire); !fault.Is(err, fault.Invalid) {
				t.Errorf("%.20q: %v", version, err)
			}
			list, err := h.svc.Vantages(h.ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, at := range list {
				if got := at.Program.Version; len([]rune(got)) > 40 || !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\x1b\u202e") {
					t.Errorf("%.20q is kept as %q", version, got)
				}
			}
			body := `{"vantage":"电信` + version + `","run":"none","version":"` + version + `"}`
			signedRaw(t, filepath.Join(x.Batches, strconv.Itoa(i)+".batch"), "batch", crawler, []byte(body))
			if n, err := h.svc.TakeIn(h.ctx); err != nil || n != 0 {
				t.Errorf("%.20q: took in %d (%v)", version, n, err)
			}
		}
		if list, err := h.svc.Crawlers(h.ctx); err != nil || len(list) == 0 || len(list[0].Name) > 240 {
			t.Errorf("%+v (%v)", list, err)
		}
	})
}

// What cannot be read among the files set aside, or is no file at all, holds up neither
// what a key that is trusted now brought nor any other batch.
func TestWhatCannotBeReadHoldsUpNoBatch(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		x, crawler, key := exchanging(t, h)
		p := h.plan()
		p.Spec.Remote, p.Cadence = true, "once"
		if _, err := h.svc.MakePlan(h.ctx, h.scope, p); err != nil {
			t.Fatal(err)
		}
		if err := crawler.Once(h.ctx); err != nil {
			t.Fatal(err)
		}
		own := filepath.Join(x.Keys, "one.pub")
		if err := os.Remove(own); err != nil {
			t.Fatal(err)
		}
		if n, err := h.svc.TakeIn(h.ctx); err != nil || n != 0 {
			t.Fatalf("took in %d (%v)", n, err)
		}
		for _, name := range []string{"0.batch.refused", "0-folder.batch"} { // before all others
			if err := os.Mkdir(filepath.Join(x.Batches, name), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(own, []byte(inspection.PublicKey(key)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		n, err := h.svc.TakeIn(h.ctx)
		if n != 1 || err == nil || !strings.Contains(err.Error(), "0.batch.refused was set aside and cannot be read") {
			t.Fatalf("took in %d (%v)", n, err)
		}
		if list, err := h.svc.Strangers(h.ctx); err != nil || len(list) != 0 {
			t.Errorf("%+v (%v)", list, err)
		}
		if len(files(t, x.Batches, "0-folder.batch.refused")) != 1 {
			t.Error("a folder by the name of a batch is tried again")
		}
		if n, err := h.svc.TakeIn(h.ctx); err != nil || n != 0 {
			t.Errorf("took in %d (%v)", n, err)
		}
	})
}

// A batch that is rightly signed and whose files cannot be unpacked, are too large, are
// others than it says or are missing is set aside once, and told of with the cause; one
// that cannot be stored now is tried again.
func TestADamagedBatchIsSetAsideAndTold(t *testing.T) {
	pack := func(body []byte) []byte {
		b, err := engine.Deflate(body, 1)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	ref := func(body string) string {
		sum := sha256.Sum256([]byte(body))
		return "sha256:" + hex.EncodeToString(sum[:])
	}
	big := bytes.Repeat([]byte{'a'}, 17<<20)
	for says, blobs := range map[string]map[string][]byte{
		"不能解压":      {ref("a"): []byte("no deflate at all")},
		"与摘要不符":     {ref("a"): pack([]byte("b"))},
		"超过16 MB":   {ref(string(big)): pack(big)},
		"缺少所列的证据文件": {},
	} {
		t.Run(says, func(t *testing.T) {
			each(t, func(t *testing.T, h *house) {
				x, crawler, key := exchanging(t, h)
				h.made.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/gone.html">旧文</a> <a href="/a.pdf">`)
				p := h.plan()
				p.Spec.Remote, p.Cadence = true, "once"
				if _, err := h.svc.MakePlan(h.ctx, h.scope, p); err != nil {
					t.Fatal(err)
				}
				if err := crawler.Once(h.ctx); err != nil {
					t.Fatal(err)
				}
				file, whole := carried(t, x.Batches, "*.batch")
				_, body, _ := bytes.Cut(whole, []byte("\n"))
				var b map[string]any
				if err := json.Unmarshal(body, &b); err != nil {
					t.Fatal(err)
				}
				have, _ := b["blobs"].(map[string]any)
				if len(blobs) == 0 {
					have = map[string]any{}
				}
				for ref, packed := range blobs {
					have[ref] = packed
				}
				b["blobs"] = have
				written(t, file, "batch", key, b)
				for range 2 {
					if n, err := h.svc.TakeIn(h.ctx); err != nil || n != 0 {
						t.Fatalf("took in %d (%v)", n, err)
					}
				}
				if len(files(t, x.Batches, "*.batch")) != 0 || len(files(t, x.Batches, "*.batch.refused")) != 1 {
					t.Error("it is not set aside")
				}
				list, err := h.svc.Crawlers(h.ctx)
				if err != nil || len(list) != 1 || list[0].Name != "电信" || list[0].RefusedAt.IsZero() || !strings.Contains(list[0].RefusedSays, says) || !strings.Contains(list[0].RefusedSays, filepath.Base(file)) {
					t.Fatalf("%+v (%v)", list, err)
				}
				// The whole one that comes after it is taken in, and nothing stands against the crawler.
				h.bring(file, whole, 1)
				if list, err := h.svc.Crawlers(h.ctx); err != nil || !list[0].RefusedAt.IsZero() {
					t.Errorf("%+v (%v)", list, err)
				}
			})
		})
	}
	each(t, func(t *testing.T, h *house) {
		x, crawler, _ := exchanging(t, h)
		h.made.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/gone.html">旧文</a> <a href="/a.pdf">`)
		p := h.plan()
		p.Spec.Remote, p.Cadence = true, "once"
		if _, err := h.svc.MakePlan(h.ctx, h.scope, p); err != nil {
			t.Fatal(err)
		}
		if err := crawler.Once(h.ctx); err != nil {
			t.Fatal(err)
		}
		h.svc = inspection.New(h.db, h.probes, h.reg, &fullDisk{Store: h.blobs}, h.made.Client(t), inspection.Settings{Delay: -1, Exchange: x, Log: slog.New(slog.DiscardHandler)})
		if n, err := h.svc.TakeIn(h.ctx); err == nil || n != 0 {
			t.Fatalf("took in %d on a full disk (%v)", n, err)
		}
		if n, err := h.svc.TakeIn(h.ctx); err != nil || n != 1 {
			t.Fatalf("took in %d (%v)", n, err)
		}
	})
}
