package vantage

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
)

func keys(t *testing.T) (ed25519.PrivateKey, Key) {
	t.Helper()
	pub, house, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k, err := NewKey("01JVANTAGE", pub)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseKey(k.String())
	if err != nil || again.Vantage != k.Vantage || !again.Own.Equal(k.Own) || !again.House.Equal(k.House) {
		t.Fatalf("key read back: %+v, %v", again, err)
	}
	return house, k
}

func TestListsAndBatchesAreTakenOnlyWithTheirSignature(t *testing.T) {
	house, k := keys(t)
	plan, err := Seal(house, Plan{Vantage: k.Vantage, Every: time.Minute, Targets: []Target{{ID: "a", URL: "http://a.gov.cn/"}}})
	if err != nil {
		t.Fatal(err)
	}
	if p, err := OpenPlan(k.House, plan); err != nil || len(p.Targets) != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	batch, err := Seal(k.Own, Batch{Vantage: k.Vantage, Seq: 1})
	if err != nil || Claim(batch) != k.Vantage {
		t.Fatalf("claim %q, %v", Claim(batch), err)
	}
	own := k.Own.Public().(ed25519.PublicKey)
	if _, err := OpenBatch(own, batch); err != nil {
		t.Fatal(err)
	}
	changed := []byte(strings.Replace(string(plan), `"sign":"`, `"sign":"AA`, 1))
	fast, err := Seal(house, Plan{Vantage: k.Vantage, Every: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	asPlan, err := Seal(house, Batch{})
	if err != nil {
		t.Fatal(err)
	}
	for name, wire := range map[string][]byte{"changed": changed, "signed by the vantage": batch, "a batch by the house": asPlan, "too fast": fast, "no JSON": []byte("x"), "empty": nil} {
		if _, err := OpenPlan(k.House, wire); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := OpenBatch(own, plan); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a list taken for a batch: %v", err)
	}
	for _, bad := range []string{"", "zsv1.", "zsv1.!!", "zsv1." + strings.Repeat("A", 40), k.String()[:60]} {
		if _, err := ParseKey(bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("key %q: %v", bad, err)
		}
	}
}

func TestARoundWhoseOwnLineIsDownSaysNothing(t *testing.T) {
	house, k := keys(t)
	up := true
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/line" && !up {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
			return
		}
		if r.URL.Path == "/bad" {
			http.Error(w, "no", http.StatusBadGateway)
		}
	}))
	defer server.Close()
	at := netip.MustParseAddrPort(server.Listener.Addr().String())
	a := &Agent{Key: k, Client: egress.New(egress.Policy{Allow: []netip.AddrPort{at}, Ports: []uint16{at.Port()}})}
	p := Plan{Vantage: k.Vantage, Every: time.Second, Until: time.Now().Add(time.Hour), Line: []string{server.URL + "/line"}, Targets: []Target{{ID: "good", URL: server.URL + "/"}, {ID: "bad", URL: server.URL + "/bad"}, {ID: "refused", URL: "http://10.0.0.1/"}}}
	if n := a.Round(t.Context(), p, false); n != 2 {
		t.Fatalf("%d results", n)
	}
	up = false
	if n := a.Round(t.Context(), p, false); n != 0 {
		t.Fatalf("%d results with the line down", n)
	}
	up = true
	// One exchange fails: what is held waits for the next.
	ctx, cancel := context.WithCancel(t.Context())
	swaps := 0
	var got Batch
	err := a.Run(ctx, func(_ context.Context, wire []byte) ([]byte, error) {
		swaps++
		if swaps == 1 {
			var err error
			if got, err = OpenBatch(k.Own.Public().(ed25519.PublicKey), wire); err != nil {
				return nil, err
			}
			return Seal(house, p)
		}
		cancel()
		return nil, context.Canceled
	}, func(string, ...any) {})
	if err != nil || len(got.Results) != 2 || !got.LineOK {
		t.Errorf("%v: %+v", err, got)
	}
	if len(a.held) != 2 {
		t.Errorf("%d results wait for the house", len(a.held))
	}
}

// A site of a protected period has an interval of its own; the others keep theirs.
func TestTargetsComeRoundByTheirOwnInterval(t *testing.T) {
	house, k := keys(t)
	p := Plan{Vantage: k.Vantage, Every: time.Hour, Targets: []Target{{ID: "calm"}, {ID: "guarded", Every: 15 * time.Minute}}}
	wire, err := Seal(house, p)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := OpenPlan(k.House, wire); err != nil || got.Targets[1].Every != 15*time.Minute {
		t.Fatalf("%+v, %v", got, err)
	}
	a, asked := &Agent{Key: k}, map[string]int{}
	begun := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	for at := begun; at.Before(begun.Add(2 * time.Hour)); {
		part := a.turn(p, at)
		for _, target := range part.Targets {
			asked[target.ID]++
		}
		at = at.Add(part.Every + time.Second) // never quite in time
	}
	if asked["calm"] != 2 || asked["guarded"] != 8 {
		t.Errorf("asked in two hours: %v", asked)
	}
	for _, every := range []time.Duration{time.Millisecond, 2 * time.Hour, -1} {
		p.Targets[1].Every = every
		if wire, err = Seal(house, p); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenPlan(k.House, wire); !fault.Is(err, fault.Invalid) {
			t.Errorf("an interval of %s: %v", every, err)
		}
	}
}

func FuzzOpenBatch(f *testing.F) {
	pub, own, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	good, err := Seal(own, Batch{Vantage: "v", Seq: 1, Results: []Result{{ID: "a"}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"body":"e30=","sign":""}`))
	f.Add([]byte(`{"vantage":"v\u0000","format":3,"version":"\\u0000\u0000"}`))
	f.Fuzz(func(t *testing.T, wire []byte) {
		_ = Claim(wire)
		var b Batch
		if err := ReadBody(wire, &b); err == nil && strings.ContainsRune(b.Vantage+b.Version, 0) {
			t.Fatalf("%q holds what no database keeps", wire)
		}
		if _, err := OpenBatch(pub, wire); err == nil && string(wire) != string(good) && Claim(wire) != "v" {
			t.Fatalf("taken: %q", wire)
		}
	})
}

// FuzzOpenPlan reads the lists that an agent is handed.
func FuzzOpenPlan(f *testing.F) {
	pub, own, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	good, err := Seal(own, Plan{Vantage: "v", Every: time.Minute})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"body":"e30=","sign":""}`))
	f.Add([]byte(`{"body":"e30=","sign":"","more":1}`))
	f.Fuzz(func(t *testing.T, wire []byte) {
		if p, err := OpenPlan(pub, wire); err == nil && (p.Every < time.Second || len(p.Targets) > MaxTargets) {
			t.Fatalf("taken: %q", wire)
		}
		if _, err := ParseKey(string(wire)); err == nil && len(wire) == 0 {
			t.Fatal("nothing is a key")
		}
	})
}

// A clock that was ahead and was set right: the house says what it took last, and the
// agent counts on from there at once, saying so, until the time has come up with it.
func TestAnAgentWhoseClockWasSetRightCountsOn(t *testing.T) {
	house, k := keys(t)
	own := k.Own.Public().(ed25519.PublicKey)
	taken := time.Now().Add(8 * time.Hour).UnixMilli()
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	answers := [][]byte{}
	for _, x := range []struct {
		key  ed25519.PrivateKey
		what any
	}{{stranger, Count{Vantage: k.Vantage, Taken: taken * 2}}, {house, Count{Vantage: "another", Taken: taken * 2}}, {house, Count{Vantage: k.Vantage, Taken: taken}}} {
		wire, err := Seal(x.key, x.what)
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, wire)
	}
	for i, wire := range answers {
		a := &Agent{Key: k, Client: egress.New(egress.Policy{})}
		ctx, cancel := context.WithCancel(t.Context())
		var got []Batch
		err := a.Run(ctx, func(_ context.Context, batch []byte) ([]byte, error) {
			b, err := OpenBatch(own, batch)
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, b); len(got) == 2 {
				cancel()
				return nil, context.Canceled
			}
			if i < 2 {
				cancel()
			}
			return wire, fault.New(fault.Conflict, "早于已收的一批")
		}, func(string, ...any) {})
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case i < 2 && (len(got) != 1 || a.seq >= taken):
			t.Errorf("answer %d moved the count: %d", i, a.seq)
		case i == 2 && (len(got) != 2 || got[1].Seq != taken+1 || got[1].Follows != taken || got[0].Follows != 0):
			t.Errorf("counts on: %+v", got)
		}
	}
	a := &Agent{Key: k}
	a.CountFrom(taken)
	a.CountFrom(taken - 1) // an old answer again
	for _, x := range []struct {
		at      time.Time
		follows int64
	}{{time.UnixMilli(taken - 1000), taken}, {time.UnixMilli(taken + 1000), 0}} {
		wire, err := a.Batch(x.at)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := OpenBatch(own, wire); err != nil || b.Follows != x.follows || b.Seq <= taken {
			t.Errorf("%+v, %v", b, err)
		}
	}
}

type answers []netip.Addr

func (n answers) Resolve(context.Context, string) ([]netip.Addr, error) { return n, nil }

// A vantage tells where its own resolver leads and what it dialled, each name every
// half hour, and keeps that until the house has it.
func TestAVantageTellsWhereNamesLead(t *testing.T) {
	_, k := keys(t)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	at := netip.MustParseAddrPort(server.Listener.Addr().String())
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	client := egress.New(egress.Policy{Allow: []netip.AddrPort{at, netip.AddrPortFrom(at.Addr(), 443)}, Ports: []uint16{at.Port()}, Resolver: answers{at.Addr()}, Now: func() time.Time { return now }})
	defer client.Close()
	a := &Agent{Key: k, Client: client}
	p := Plan{Targets: []Target{{ID: "named", URL: "http://www.a.gov.cn:" + strings.TrimPrefix(at.String(), "127.0.0.1:") + "/"}, {ID: "bare", URL: server.URL + "/"}}}
	told := func(want int) []Name {
		t.Helper()
		if n := a.Round(t.Context(), p, false); n != 2 {
			t.Fatalf("%d results", n)
		}
		wire, err := a.Batch(now)
		if err != nil {
			t.Fatal(err)
		}
		b, err := OpenBatch(k.Own.Public().(ed25519.PublicKey), wire)
		if err != nil || len(b.Names) != want {
			t.Fatalf("%+v, %v: want %d names", b.Names, err, want)
		}
		return b.Names
	}
	if n := told(1)[0]; n.ID != "named" || n.Host != "www.a.gov.cn" || len(n.Addresses) != 1 || n.Addresses[0] != "127.0.0.1" || n.Dialled != "127.0.0.1" || !n.At.Equal(now) {
		t.Errorf("%+v", n)
	}
	now = now.Add(5 * time.Minute)
	told(1) // not handed over yet
	a.Taken()
	told(0)
	now = now.Add(30 * time.Minute)
	told(1)
	long := make([]string, MaxAddresses+1)
	wire, err := Seal(k.Own, Batch{Names: []Name{{Addresses: long}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenBatch(k.Own.Public().(ed25519.PublicKey), wire); !fault.Is(err, fault.TooLarge) {
		t.Errorf("too many addresses: %v", err)
	}
}

// FuzzOpenCount reads what an agent is answered where its batch is refused.
func FuzzOpenCount(f *testing.F) {
	pub, own, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	good, err := Seal(own, Count{Vantage: "v", Taken: 7, Says: "x"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"body":"e30=","sign":""}`))
	f.Fuzz(func(t *testing.T, wire []byte) {
		if c, err := OpenCount(pub, wire); err == nil && c.Taken != 7 {
			t.Fatalf("taken: %q", wire)
		}
	})
}

// An agent of this version works with a house of each version before, which takes
// nothing that it does not know: it finds out by itself how to speak.
func TestAnAgentSpeaksAsOlderHousesUnderstand(t *testing.T) {
	pub, house, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	type first struct {
		Vantage string    `json:"vantage"`
		Made    time.Time `json:"made"`
		Seq     int64     `json:"seq"`
		LineOK  bool      `json:"line_ok"`
		Lost    int       `json:"lost,omitempty"`
		Results []Result  `json:"results"`
	}
	type second struct {
		first
		Follows int64 `json:"follows,omitempty"`
	}
	type third struct {
		second
		Names []Name `json:"names,omitempty"`
	}
	for what, body := range map[string]func() any{"the first": func() any { return &first{} }, "before names": func() any { return &second{} }, "before versions": func() any { return &third{} }, "this": func() any { return &Batch{} }} {
		key, err := NewKey("01JVANTAGE", pub)
		if err != nil {
			t.Fatal(err)
		}
		a := &Agent{Key: key, Version: "new", follows: time.Now().Add(time.Hour).UnixMilli(), seq: time.Now().Add(time.Hour).UnixMilli(), names: []Name{{ID: "s", Host: "www.one.gov.cn", Addresses: []string{"1.2.3.4"}}}, held: []Result{{ID: "s", OK: true}}}
		ctx, cancel := context.WithCancel(t.Context())
		asked, taken := 0, 0
		err = a.Run(ctx, func(_ context.Context, wire []byte) ([]byte, error) {
			asked++
			var e envelope
			if err := json.Unmarshal(wire, &e); err != nil {
				t.Fatal(err)
			}
			if asked > editions {
				cancel()
			}
			if err := strict(e.Body, body()); err != nil {
				return nil, fault.New(fault.Invalid, "签名正确，但内容不能识别，双方版本可能不一致。")
			}
			defer cancel()
			taken++
			return Seal(house, Plan{Vantage: key.Vantage, Made: time.Now(), Until: time.Now().Add(time.Hour), Every: time.Minute})
		}, t.Logf)
		cancel()
		if err != nil || taken != 1 {
			t.Errorf("%s: taken %d times of %d (%v)", what, taken, asked, err)
		}
	}
}
