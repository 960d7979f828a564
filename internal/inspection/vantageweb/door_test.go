package vantageweb

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/inspection"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/vantage"
)

// A batch that is not above the last one taken is answered with what was: signed, so
// that the agent may count on from it.
func TestARefusedBatchIsToldWhatWasTaken(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		probes, err := inspection.OpenProbes(ctx, d, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if probes != d {
			defer probes.Close()
		}
		client := egress.New(egress.Policy{})
		defer client.Close()
		svc := inspection.New(d, probes, registry.New(d, org.New(d)), nil, client, inspection.Settings{})
		_, house, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		svc.HouseKey(house)
		key, v, err := svc.AddVantage(ctx, &authz.Session{Name: "某甲", Posts: []authz.Post{{ID: "1", Role: authz.Supervisor, UnitID: "u", AreaPath: "/", Office: true}}}, inspection.Vantage{Name: "西安监测点"}, "")
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(Door(svc, slog.Default()))
		defer server.Close()
		send := func(seq int64) (int, []byte) {
			t.Helper()
			wire, err := vantage.Seal(key.Own, vantage.Batch{Vantage: v.ID, Made: time.Now(), Seq: seq, LineOK: true})
			if err != nil {
				t.Fatal(err)
			}
			r, err := http.Post(server.URL, "application/json", bytes.NewReader(wire))
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			return r.StatusCode, body
		}
		if status, body := send(7); status != http.StatusOK {
			t.Fatalf("%d: %s", status, body)
		}
		status, body := send(7)
		if c, err := vantage.OpenCount(key.House, body); status != http.StatusConflict || err != nil || c.Taken != 7 || c.Vantage != v.ID || c.Says == "" {
			t.Errorf("%d: %+v (%v)", status, c, err)
		}
		if status, body := send(8); status != http.StatusOK {
			t.Errorf("%d: %s", status, body)
		}
	})
}
