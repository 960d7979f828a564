package crawl

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"zhengshu/internal/realdata"
)

func TestRobotsConformance(t *testing.T) {
	f, err := os.Open(realdata.Path(t, "10_robots_feeds_warc/robots_cases.jsonl", "conformance on real robots files"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n, departures, s := 0, 0, bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var c struct {
			Test, Robots, Agent, URL string
			Allowed                  bool
		}
		if err := json.Unmarshal(s.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		n++
		r := ReadRobots(200, []byte(c.Robots))
		got := r.Allows(c.Agent, c.URL)
		if got != c.Allowed && strings.ContainsFunc(c.URL, func(r rune) bool { return r > 0x7f }) {
			// Google's parser does not encode the URL it is asked about, so raw characters never match. RFC 9309, 2.2.2
			// wants both sides encoded before they are compared, as our parser does; ours are always encoded anyway.
			u, err := Canonical("", c.URL)
			if err != nil || r.Allows(c.Agent, u) != got {
				t.Errorf("%s: %q judged differently from %q", c.Test, c.URL, u)
			}
			departures++
			continue
		}
		if got != c.Allowed {
			t.Errorf("%s: %q for %q on %q: %v", c.Test, c.URL, c.Agent, c.Robots, got)
		}
	}
	if n < 142 || departures > 2 {
		t.Errorf("%d cases read, %d departures", n, departures)
	}
}

func TestRobotsAnswers(t *testing.T) {
	const deny = "User-agent: *\nDisallow: /\n"
	for name, x := range map[string]struct {
		status  int
		body    string
		allowed bool
	}{
		"rules":           {200, deny, false},
		"with BOM":        {200, "\xef\xbb\xbf" + deny, false},
		"empty":           {200, "", true},
		"html":            {200, "<!DOCTYPE html><html>User-agent: *\nDisallow: /\n", true},
		"html after BOM":  {200, "\xef\xbb\xbf\r\n <html>\nDisallow: /", true},
		"absent":          {404, deny, true},
		"forbidden":       {403, deny, true},
		"slow down":       {429, "", false},
		"server error":    {500, "", false},
		"for us only":     {200, "User-agent: zhengshu\nDisallow: /\n\nUser-agent: *\nAllow: /\n", false},
		"for others only": {200, "User-agent: Baiduspider\nDisallow: /\n", true},
		"NUL":             {200, "User-agent: *\x00\nDisallow: /\x00\n", true},
		"past the limit":  {200, strings.Repeat("# pad\n", maxRobots/6+1) + deny, true},
	} {
		if got := ReadRobots(x.status, []byte(x.body)).Allows(Token, "http://www.x.gov.cn/a"); got != x.allowed {
			t.Errorf("%s: %v", name, got)
		}
	}
	r := ReadRobots(200, []byte(strings.Repeat("Sitemap: http://x/s.xml\n", 200)))
	if n := len(r.Sitemaps()); n != 100 {
		t.Errorf("%d sitemaps", n)
	}
}

func TestCrawlDelayIsReadAndBounded(t *testing.T) {
	for body, want := range map[string]time.Duration{
		"":                                0,
		"User-agent: *\nCrawl-delay: 1\n": time.Second,
		"User-agent: *\nDisallow: /a\ncrawl-DELAY : 0.5 # seconds\n":                            time.Second / 2,
		"User-agent: *\nCrawl-delay: 3600\n":                                                    maxPace,
		"User-agent: *\nCrawl-delay: 1e999\n":                                                   0,
		"User-agent: *\nCrawl-delay: NaN\n":                                                     0,
		"User-agent: *\nCrawl-delay: -1\n":                                                      0,
		"User-agent: *\nCrawl-delay: 一秒\n":                                                      0,
		"Crawl-delay: 1\nUser-agent: *\nDisallow:\n":                                            0, // of no group
		"User-agent: BadBot\nCrawl-delay: 2\n\nUser-agent: *\nDisallow: /a\n":                   0,
		"User-agent: BadBot\nUser-agent: *\nCrawl-delay: 1\n":                                   time.Second,
		"User-agent: *\nCrawl-delay: 2\n\nUser-agent: Zhengshu/1.0\nDisallow: /a\n":             0, // our own group says none
		"User-agent: *\nCrawl-delay: 2\n\nUser-agent: zhengshu\nCrawl-delay: 1\n":               time.Second,
		"User-agent: zhengshu\nCrawl-delay: 1\nUser-agent: *\nCrawl-delay: 2\n":                 time.Second,
		"\xef\xbb\xbfUser-agent: *\r\nCrawl-delay: 1\r\nSitemap: http://www.x.gov.cn/s.xml\r\n": time.Second,
		"<!DOCTYPE html>\nUser-agent: *\nCrawl-delay: 1\n":                                      0,
	} {
		if got := ReadRobots(200, []byte(body)).CrawlDelay(Token); got != want {
			t.Errorf("%q: %v, want %v", body, got, want)
		}
	}
}

// The pace that a robots.txt asks for is kept between the starts of two requests
// to its host, also by who goes first; a visitor's page view keeps ours alone.
func TestCrawlDelayIsKept(t *testing.T) {
	h := newHostile(t, nil)
	h.mux.HandleFunc("/robots.txt", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "User-agent: *\nCrawl-delay: 1.5\n") })
	m := NewManners(h.client, Courtesy{Delay: -1})
	if ok, why, err := m.May(t.Context(), h.base()+"/"); !ok || err != nil {
		t.Fatalf("%v %s %v", ok, why, err)
	}
	if got := m.lane(hostOf(h.base() + "/")).pace; got != 3*time.Second/2 {
		t.Errorf("pace %v", got)
	}
	synctest.Test(t, func(t *testing.T) {
		m := NewManners(nil, Courtesy{})
		enter := func(ctx context.Context, host string) time.Duration {
			t.Helper()
			begun := time.Now()
			leave, err := m.enter(ctx, host)
			if err != nil {
				t.Fatal(err)
			}
			leave()
			return time.Since(begun)
		}
		m.keepPace("slow.gov.cn", 2*time.Second)
		for i, x := range []struct {
			ctx  context.Context
			host string
			want time.Duration
		}{
			{t.Context(), "slow.gov.cn", 0}, {t.Context(), "slow.gov.cn", 2 * time.Second}, {Urgent(t.Context()), "slow.gov.cn", 2 * time.Second}, {asVisitor(t.Context()), "slow.gov.cn", 250 * time.Millisecond},
			{t.Context(), "other.gov.cn", 0}, {t.Context(), "other.gov.cn", 250 * time.Millisecond},
		} {
			if got := enter(x.ctx, x.host); got != x.want {
				t.Errorf("%d: waited %v at %s, want %v", i, got, x.host, x.want)
			}
		}
		m.keepPace("slow.gov.cn", 0) // its robots.txt asks no more
		enter(t.Context(), "slow.gov.cn")
		if got := enter(t.Context(), "slow.gov.cn"); got != 250*time.Millisecond {
			t.Errorf("waited %v after the line was taken out", got)
		}
	})
}

// What a server says of its robots.txt holds for a day; that it could not say, or did
// not answer, for minutes.
func TestRobotsThatFailedAreAskedForAgain(t *testing.T) {
	h := newHostile(t, nil)
	var asked, code atomic.Int64
	code.Store(http.StatusServiceUnavailable)
	h.mux.HandleFunc("/robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(int(code.Load()))
	})
	m := NewManners(h.client, Courtesy{Delay: -1})
	may := func(after time.Duration, want bool, times int64) {
		t.Helper()
		m.mu.Lock()
		for _, r := range m.robots {
			r.at = r.at.Add(-after)
		}
		m.mu.Unlock()
		if ok, why, err := m.May(t.Context(), h.base()+"/"); ok != want || err != nil || asked.Load() != times {
			t.Errorf("%v %s %v, asked %d times, want %v after %d", ok, why, err, asked.Load(), want, times)
		}
	}
	may(0, false, 1)
	may(time.Minute, false, 1)
	code.Store(http.StatusNotFound)
	may(robotsFailed, true, 2)
	may(robotsFailed, true, 2)
	may(robotsAge, true, 3)
	h.Server.Close()
	may(robotsAge, true, 3) // nothing answers: that is told with the page
	if r := m.robotsOf(originOf(h.base() + "/")); r.told {
		t.Error("no answer is held to be one")
	}
}

func FuzzRobots(f *testing.F) {
	f.Add([]byte("User-agent: *\nDisallow: /*?*$\nAllow: /%E4%B8\n"), "/a?b")
	f.Add([]byte("\xef\xbbuser-agent zhengshu\rdisallow:/\x00\nsitemap:"), "//")
	f.Add([]byte("User-agent: *\nDisallow: "+strings.Repeat("*a", 500)), strings.Repeat("a", 500))
	f.Fuzz(func(t *testing.T, body []byte, path string) {
		r := ReadRobots(200, body)
		r.Allows(Token, "http://www.x.gov.cn"+path)
		r.Allows(Token, path)
		if d := r.CrawlDelay(Token); d < 0 || d > maxPace {
			t.Errorf("a pause of %v", d)
		}
		for _, s := range r.Sitemaps() {
			Canonical("", s)
		}
	})
}

// Whatever stands in Retry-After, no rest is negative and none longer than a number of 31 bits says.
func FuzzRetryAfter(f *testing.F) {
	now := time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)
	for _, s := range []string{"", "120", "-1", "99999999999", " 5 ", "Fri, 27 Nov 2026 08:01:00 GMT", "Friday, 27-Nov-26 08:01:00 GMT", "Fri Nov 27 08:01:00 2026", "Mon, 01 Jan 0001 00:00:00 GMT"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if d, ok := retryAfter(value, now); d < 0 || !ok && d != 0 {
			t.Errorf("%q: %s %v", value, d, ok)
		}
	})
}
