package inspection_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/egress"
	"zhengshu/internal/inspection"
	"zhengshu/internal/registry"
	"zhengshu/internal/vantage"
)

// places is a house with vantages around one site that is up or down.
type places struct {
	*house
	up    bool
	ahead time.Duration // the vantages' clocks before ours
	seq   int64
	from  map[string]vantage.Key
	ids   map[string]string
}

func newPlaces(t *testing.T, h *house) *places {
	t.Helper()
	p := &places{house: h, up: true, from: map[string]vantage.Key{}, ids: map[string]string{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !p.up {
			if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
				conn.Close()
			}
		}
	}))
	t.Cleanup(server.Close)
	at := netip.MustParseAddrPort(server.Listener.Addr().String())
	h.svc = inspection.New(h.db, h.probes, h.reg, h.blobs, egress.New(egress.Policy{Allow: []netip.AddrPort{at}, Ports: []uint16{at.Port()}}), inspection.Settings{Delay: -1})
	h.svc.OriginFrom(func(registry.Site) string { return server.URL })
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	h.svc.HouseKey(key)
	h.clock.Set(h.clock.Now().Truncate(5 * time.Minute).Add(2 * time.Minute))
	return p
}

func (p *places) add(name string, byFile bool) {
	p.t.Helper()
	key, v, err := p.svc.AddVantage(p.ctx, highest(), inspection.Vantage{Name: name, ByFile: byFile}, "")
	if err != nil {
		p.t.Fatal(err)
	}
	p.from[name], p.ids[name] = key, v.ID
}

// send is a batch of a vantage: what it saw, at which instants.
func (p *places) send(name string, line, ok bool, at ...time.Time) int {
	p.t.Helper()
	p.seq++
	b := vantage.Batch{Vantage: p.ids[name], Made: p.clock.Now().Add(p.ahead), Seq: p.seq, LineOK: line}
	for _, when := range at {
		b.Results = append(b.Results, vantage.Result{ID: string(p.site.ID), At: when.Add(p.ahead), OK: ok, Kind: egress.TCP})
	}
	wire, err := vantage.Seal(p.from[name].Own, b)
	if err != nil {
		p.t.Fatal(err)
	}
	_, n, err := p.svc.Exchange(p.ctx, wire)
	if err != nil {
		p.t.Fatal(err)
	}
	return n
}

// hour goes on for an hour of rounds: ours, and what the online vantage sees where
// there is one. It returns the instants of the rounds.
func (p *places) hour(online string, line, up bool) (at []time.Time) {
	p.t.Helper()
	p.up = up
	for range 12 {
		at = append(at, p.clock.Now())
		if _, err := p.svc.ProbeDue(p.ctx); err != nil {
			p.t.Fatal(err)
		}
		switch {
		case online != "" && line:
			p.send(online, true, up, p.clock.Now())
		case online != "":
			p.send(online, false, true)
		}
		if _, err := p.svc.Decide(p.ctx); err != nil {
			p.t.Fatal(err)
		}
		p.clock.Advance(5 * time.Minute)
	}
	return at
}

func (p *places) silences() int {
	p.t.Helper()
	list, err := p.svc.Silences(p.ctx, p.scope, 30*time.Minute)
	if err != nil {
		p.t.Fatal(err)
	}
	_, down, err := p.svc.DownSince(p.ctx, p.scope, p.site.ID)
	if err != nil || down != (len(list) > 0) {
		p.t.Errorf("down %v with %d silences (%v)", down, len(list), err)
	}
	return len(list)
}

func (p *places) today() inspection.Availability {
	p.t.Helper()
	a, err := p.svc.AccessRate(p.ctx, p.scope, p.site.ID, calendar.DateOf(p.clock.Now()), 1)
	if err != nil {
		p.t.Fatal(err)
	}
	return a
}

// A vantage whose answers come by file is not waited for: those on line make an
// outage known at once, and the file corrects what was counted without it.
func TestArticle22_OutagesDoNotWaitForFiles(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := newPlaces(t, h)
		p.add("在线", false)
		p.add("离线", true)
		p.send("离线", true, true)
		fine := p.hour("在线", true, true)
		if p.silences() != 0 {
			t.Error("an outage where all is well")
		}
		down := p.hour("在线", true, false)
		a := p.today()
		if p.silences() != 1 || a.Failures < 10 {
			t.Fatalf("two places on line agree: %d silences, %+v", p.silences(), a)
		}
		// The file says the same: nothing is counted twice.
		if n := p.send("离线", true, true, fine...) + p.send("离线", true, false, down[:6]...); n != 18 {
			t.Errorf("%d votes of the files were taken", n)
		}
		if _, err := p.svc.Decide(p.ctx); err != nil {
			t.Fatal(err)
		}
		if b := p.today(); b.Failures < a.Failures || b.Probes > a.Probes+2 || p.silences() != 1 {
			t.Errorf("agreed by file: %+v, before %+v", b, a)
		}
		// Of the last intervals two files say otherwise, and the vantages do not agree any more.
		p.add("离线二", true)
		p.send("离线", true, true, down[6:]...)
		p.send("离线二", true, true, down...)
		for range 2 {
			if _, err := p.svc.Decide(p.ctx); err != nil {
				t.Fatal(err)
			}
			p.clock.Advance(3 * time.Minute)
		}
		if b := p.today(); b.Failures != 6 || b.Probes != 24 {
			t.Errorf("corrected by file: %+v", b)
		}
		if p.silences() != 0 {
			t.Error("an outage that the files deny stands")
		}
	})
}

// Where the only other place answers by file, the alarm goes by what this system
// sees; counted is what the file confirms.
func TestArticle22_AlarmsGoByWhatIsKnownNow(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := newPlaces(t, h)
		p.add("离线", true)
		p.send("离线", true, true)
		p.hour("", true, true)
		down := p.hour("", true, false)
		p.clock.Advance(-2 * time.Minute)
		if a := p.today(); p.silences() != 1 || a.Failures != 0 {
			t.Errorf("unconfirmed: %d silences, %+v", p.silences(), a)
		}
		p.send("离线", true, true, down...)
		if _, err := p.svc.Decide(p.ctx); err != nil {
			t.Fatal(err)
		}
		if a := p.today(); p.silences() != 0 || a.Failures != 0 || a.Probes < 22 {
			t.Errorf("denied by file: %d silences, %+v", p.silences(), a)
		}
	})
}

// A vantage without a line votes on nothing, and is not waited for.
func TestArticle22_AVantageWithoutALineHidesNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := newPlaces(t, h)
		p.add("在线", false)
		p.send("在线", false, true)
		p.hour("在线", false, true)
		p.hour("在线", false, false)
		if a := p.today(); a.Failures < 10 || p.silences() != 1 {
			t.Errorf("a vantage without a line: %+v, %d silences", a, p.silences())
		}
		// It has a line when the interval begins, and none when it is to be counted.
		p.send("在线", true, true)
		before := p.today()
		if _, err := p.svc.ProbeDue(p.ctx); err != nil {
			t.Fatal(err)
		}
		p.clock.Advance(10 * time.Minute)
		p.send("在线", false, true)
		if _, err := p.svc.Decide(p.ctx); err != nil {
			t.Fatal(err)
		}
		if a := p.today(); a.Failures != before.Failures+1 {
			t.Errorf("the interval in which it lost its line: %+v, before %+v", a, before)
		}
	})
}

// A vantage whose clock is off looked in other intervals than its votes say: it is
// none, and hides no outage, until its clock is set right.
func TestArticle22_AVantageWithAWrongClockHidesNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := newPlaces(t, h)
		p.add("在线", false)
		here := func() inspection.Vantage {
			t.Helper()
			list, err := p.svc.Vantages(p.ctx)
			if err != nil || len(list) != 2 {
				t.Fatalf("%+v (%v)", list, err)
			}
			return list[1]
		}
		for _, ahead := range []time.Duration{-11 * time.Minute, 8 * time.Hour} {
			p.ahead = ahead
			if n := p.send("在线", true, true, p.clock.Now()); n != 0 {
				t.Errorf("%s: %d votes were taken", ahead, n)
			}
			before := p.today()
			p.hour("在线", true, false)
			if a := p.today(); a.Failures < before.Failures+10 || p.silences() != 1 {
				t.Errorf("%s: %+v, before %+v, %d silences", ahead, a, before, p.silences())
			}
			if v := here(); !v.ClockOff() || v.Ahead != ahead || !v.Heard(p.clock.Now()) || v.Votes(p.clock.Now()) {
				t.Errorf("%s: it stands as %+v", ahead, v)
			}
		}
		p.ahead = 20 * time.Second
		if n := p.send("在线", true, true, p.clock.Now()); n != 1 || !here().Votes(p.clock.Now()) {
			t.Errorf("set right: %d votes, %+v", n, here())
		}
		// A file is under way for hours; it is not from the future.
		p.add("离线", true)
		for ahead, want := range map[time.Duration]int{-3 * time.Hour: 1, 0: 1, 3 * time.Hour: 0} {
			p.ahead = ahead
			p.clock.Advance(10 * time.Minute)
			if n := p.send("离线", true, true, p.clock.Now()); n != want {
				t.Errorf("a file of %s: %d votes", ahead, n)
			}
		}
	})
}
