package frontier_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/frontier"
)

// clock is moved by hand.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func each(t *testing.T, fn func(t *testing.T, s *frontier.Store, c *clock)) {
	c := &clock{time.Date(2026, 3, 20, 2, 0, 0, 0, time.UTC)}
	dbtest.EachAt(t, c.now, func(t *testing.T, d *db.DB) {
		s, err := frontier.Beside(context.Background(), d, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		fn(t, s, c)
	})
}

func TestTurns(t *testing.T) {
	ctx := context.Background()
	each(t, func(t *testing.T, s *frontier.Store, c *clock) {
		round := func(id, host string, urgent bool) frontier.Round {
			return frontier.Round{ID: id, Site: "site-" + id, Host: host, Urgent: urgent, Task: []byte(id)}
		}
		file := func(want int, rounds ...frontier.Round) {
			t.Helper()
			if n, err := s.File(ctx, rounds...); err != nil || n != want {
				t.Fatalf("filed %d, want %d (%v)", n, want, err)
			}
		}
		take := func(who, want string, urgentOnly bool) frontier.Round {
			t.Helper()
			r, ok, err := s.Take(ctx, who, time.Minute, urgentOnly)
			if err != nil || ok != (want != "") || ok && r.ID != want {
				t.Fatalf("%s took %q, want %q (%v)", who, r.ID, want, err)
			}
			return r
		}
		file(3, round("a", "one", false), round("b", "one", false), round("c", "two", false))
		file(0, round("a", "one", false)) // a plan that is read twice
		take("w0", "", true)              // patrols are not for the one who stands by
		a := take("w1", "a", false)
		c2 := take("w2", "c", false) // b's host is being looked at
		take("w3", "", false)
		file(2, round("u", "three", true), round("d", "four", false))
		take("w0", "u", true)

		// A worker that gives no sign of life loses its site to another.
		c.at = c.at.Add(50 * time.Second)
		if err := s.Hold(ctx, a, time.Minute, 50*time.Second); err != nil {
			t.Fatal(err)
		}
		c.at = c.at.Add(30 * time.Second)
		for i, id := range []string{"u", "c", "d"} { // the urgent one, then those never looked at
			r := take("w4", id, false)
			if want := 1 - i/2; r.Tries != want {
				t.Errorf("%s was taken up %d times before, want %d", id, r.Tries, want)
			}
			if id == "d" {
				if err := s.Done(ctx, r); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := s.Done(ctx, c2); !errors.Is(err, frontier.ErrLost) {
			t.Errorf("the first holder ended a round that was taken over: %v", err)
		}
		if err := s.GiveBack(ctx, a, c.at.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		b := take("w1", "b", false) // a rests, so its host is free
		if err := s.Done(ctx, b); err != nil {
			t.Fatal(err)
		}
		take("w1", "", false)
		c.at = c.at.Add(time.Hour)
		if r := take("w1", "u", false); r.Tries != 2 {
			t.Errorf("tries %d, want 2", r.Tries)
		}
		take("w1", "c", false)
		if r := take("w1", "a", false); r.Spent != 50*time.Second {
			t.Errorf("spent %s, want 50 s", r.Spent)
		}
		if n, err := s.Counts(ctx); err != nil || n != (frontier.Counts{Held: 3, Done: 2}) {
			t.Errorf("%+v (%v)", n, err)
		}
	})
}

func TestJournalGivesBackWhatWasAnswered(t *testing.T) {
	ctx := context.Background()
	each(t, func(t *testing.T, s *frontier.Store, c *clock) {
		j, err := s.Journal(ctx, "site", "r1")
		if err != nil {
			t.Fatal(err)
		}
		page := crawl.Answer{URL: "http://a/1", Status: 200, Header: http.Header{"Etag": {`"v1"`}}, Body: bytes.Repeat([]byte("正文"), 5000), Started: c.at, Took: time.Second}
		lost := crawl.Answer{URL: "http://a/2", Err: &egress.Error{Kind: egress.Timeout, Host: "a", Says: "响应超时。", Err: errors.New("slow")}}
		for _, a := range []crawl.Answer{page, lost} {
			if err := j.Keep(ctx, a, false); err != nil {
				t.Fatal(err)
			}
		}
		same := func(j *frontier.Journal, kept bool, want crawl.Answer) {
			t.Helper()
			look := j.Before
			if kept {
				look = j.Kept
			}
			got, ok, err := look(ctx, want.URL)
			if err != nil || !ok || got.Status != want.Status || !bytes.Equal(got.Body, want.Body) || got.Header.Get("ETag") != want.Header.Get("ETag") {
				t.Fatalf("%s: %v %+v (%v)", want.URL, ok, got.Status, err)
			}
			if want.Err != nil && (got.Err == nil || got.Err.Kind != want.Err.Kind || got.Err.Says != want.Err.Says || got.Err.Error() != want.Err.Error()) {
				t.Fatalf("%+v, want %+v", got.Err, want.Err)
			}
		}
		same(j, true, page) // before it is on the disk
		again, err := s.Journal(ctx, "site", "r1")
		if err != nil {
			t.Fatal(err)
		}
		same(again, true, page)
		same(again, true, lost)
		if again.Answers() != 2 {
			t.Errorf("%d answers, want 2", again.Answers())
		}
		if _, ok, err := again.Kept(ctx, "http://a/3"); ok || err != nil {
			t.Errorf("an answer nobody gave (%v)", err)
		}

		if err := j.Note(ctx, "second look", page.URL, []byte("note")); err != nil {
			t.Fatal(err)
		}
		noted := func(j *frontier.Journal, what string, want string) {
			t.Helper()
			if got, ok, err := j.Noted(ctx, what, page.URL); err != nil || ok != (want != "") || string(got) != want {
				t.Errorf("%q: noted %q, %v (%v), want %q", what, got, ok, err, want)
			}
		}
		noted(j, "second look", "note") // before it is on the disk
		if again, err = s.Journal(ctx, "site", "r1"); err != nil {
			t.Fatal(err)
		}
		noted(again, "second look", "note")
		noted(again, "third look", "")
		same(again, true, page)

		// The next round finds it as that of an earlier one, and takes it on
		// when the server says that it is the same.
		next, err := s.Journal(ctx, "site", "r2")
		if err != nil {
			t.Fatal(err)
		}
		if _, ok, err := next.Kept(ctx, page.URL); ok || err != nil {
			t.Errorf("answer of another round (%v)", err)
		}
		noted(next, "second look", "")
		same(next, false, page)
		if err := next.Keep(ctx, page, true); err != nil {
			t.Fatal(err)
		}
		same(next, true, page)
		if err := s.Ended(ctx, "site", "r2"); err != nil {
			t.Fatal(err)
		}
		third, err := s.Journal(ctx, "site", "r3")
		if err != nil {
			t.Fatal(err)
		}
		same(third, false, page)
		if _, ok, err := third.Before(ctx, lost.URL); ok || err != nil {
			t.Errorf("what the last round did not meet is kept (%v)", err)
		}
		if other, err := s.Journal(ctx, "other", "r3"); err != nil || other.Answers() != 0 {
			t.Errorf("another site has answers (%v)", err)
		}
	})
}

func TestLinkVerdictsServeOtherSitesWhileFresh(t *testing.T) {
	ctx := context.Background()
	each(t, func(t *testing.T, s *frontier.Store, c *clock) {
		for i, v := range []crawl.Verdict{crawl.Alive, crawl.Dead, crawl.NotTested} {
			s.Remember(ctx, crawl.LinkResult{URL: fmt.Sprintf("http://l/%d", i), Verdict: v, At: c.at})
		}
		for _, tt := range []struct {
			later time.Duration
			want  [3]bool
		}{{time.Minute, [3]bool{true, true, false}}, {time.Hour, [3]bool{true, false, false}}, {5 * time.Hour, [3]bool{}}} {
			at := c.at
			c.at = at.Add(tt.later)
			for i, want := range tt.want {
				if _, ok := s.Recall(ctx, fmt.Sprintf("http://l/%d", i)); ok != want {
					t.Errorf("after %s verdict %d is believed: %v", tt.later, i, ok)
				}
			}
			c.at = at
		}
		c.at = c.at.Add(5 * time.Hour)
		if err := s.Tidy(ctx); err != nil {
			t.Fatal(err)
		}
	})
}

// What a host answers is remembered for all, for as long as a link that is well.
func TestWhatHostsAnswerIsKeptForAWhile(t *testing.T) {
	ctx := context.Background()
	each(t, func(t *testing.T, s *frontier.Store, c *clock) {
		const place = "made up .html http://a/"
		recall := func(want string) {
			t.Helper()
			if b, ok, err := s.RecallHost(ctx, place); err != nil || ok != (want != "") || ok && string(b) != want {
				t.Errorf("%q, %v (%v), want %q", b, ok, err, want)
			}
		}
		recall("")
		s.RememberHost(ctx, place, []byte("one"))
		recall("one")                                           // before it is on the disk
		if _, err := s.Journal(ctx, "site", "r1"); err != nil { // writes what waits
			t.Fatal(err)
		}
		recall("one")
		s.RememberHost(ctx, place, []byte("two"))
		recall("two")
		c.at = c.at.Add(5 * time.Hour)
		recall("")
		if err := s.Tidy(ctx); err != nil {
			t.Fatal(err)
		}
		recall("")
	})
}

// A patrol that waits is put first when it is filed again at a person's wish; one that
// is under way or done stays as it is.
func TestAWaitingRoundIsPutFirst(t *testing.T) {
	s, err := frontier.Open(context.Background(), t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := context.Background()
	file := func(r frontier.Round, want int) {
		t.Helper()
		if n, err := s.File(ctx, r); err != nil || n != want {
			t.Fatalf("filed %d, want %d (%v)", n, want, err)
		}
	}
	take := func(want string) {
		t.Helper()
		r, ok, err := s.Take(ctx, "w", time.Minute, true)
		if err != nil || ok != (want != "") || string(r.Task) != want {
			t.Fatalf("took %q %v, want %q (%v)", r.Task, ok, want, err)
		}
	}
	patrol, wish := frontier.Round{ID: "1", Site: "a", Host: "a", Task: []byte("patrol")}, frontier.Round{ID: "1", Site: "a", Host: "a", Urgent: true, Task: []byte("wish")}
	file(patrol, 1)
	take("")
	file(wish, 1)
	file(wish, 0)
	file(patrol, 0)
	take("wish")
	file(wish, 0)
}
