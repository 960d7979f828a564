package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/vantage"
)

// An agent whose clock was set back is refused once, reads what the house took last,
// and is taken in with the next batch.
func TestTheAgentCountsOnWhenItsClockWasSetRight(t *testing.T) {
	pub, house, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := vantage.NewKey("01JVANTAGE", pub)
	if err != nil {
		t.Fatal(err)
	}
	own, ok := key.Own.Public().(ed25519.PublicKey)
	if !ok {
		t.Fatal("no public key")
	}
	taken := time.Now().Add(time.Hour).UnixMilli()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var got []vantage.Batch
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		b, err := vantage.OpenBatch(own, body)
		if err != nil {
			t.Error(err)
		}
		got = append(got, b)
		status, answer := http.StatusOK, any(vantage.Plan{Vantage: key.Vantage, Made: time.Now(), Until: time.Now().Add(time.Hour), Every: time.Minute})
		if b.Seq <= taken {
			status, answer = http.StatusConflict, vantage.Count{Vantage: key.Vantage, Taken: taken, Says: "早于已收的一批"}
		} else {
			defer cancel()
		}
		wire, err := vantage.Seal(house, answer)
		if err != nil {
			t.Error(err)
		}
		w.WriteHeader(status)
		if _, err := w.Write(wire); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	var said bytes.Buffer
	if code := run(ctx, []string{"agent", "--house", server.URL, "--key", key.String()}, strings.NewReader(""), io.Discard, &said); code != exitDone {
		t.Errorf("ended with %d: %s", code, said.String())
	}
	if len(got) != 2 || got[1].Seq != taken+1 || got[1].Follows != taken || !strings.Contains(said.String(), "时钟应是校准过") {
		t.Errorf("%+v\n%s", got, said.String())
	}
}
