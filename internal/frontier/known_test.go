package frontier_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"zhengshu/internal/frontier"
)

// What has waited longest is due first, a round taken up again is given the same, and
// what was read is counted for as long as it is asked.
func TestKnownAddressesHaveTheirTurn(t *testing.T) {
	ctx := context.Background()
	each(t, func(t *testing.T, s *frontier.Store, c *clock) {
		const day = 24 * time.Hour
		round := func(id string) *frontier.Journal {
			t.Helper()
			j, err := s.Journal(ctx, "site", id)
			if err != nil {
				t.Fatal(err)
			}
			return j
		}
		due := func(j *frontier.Journal, first []string, n int, want ...string) {
			t.Helper()
			got, err := j.Due(ctx, first, n)
			if slices.Sort(got); err != nil || !slices.Equal(got, want) {
				t.Fatalf("due %q, want %q (%v)", got, want, err)
			}
		}
		turned := func(j *frontier.Journal, x frontier.Turned, all, read int) {
			t.Helper()
			a, r, more, err := j.Turned(ctx, x, 2*day+time.Hour)
			if err != nil || a != all || r != read || more {
				t.Fatalf("known %d, read %d, more %v; want %d, %d (%v)", a, r, more, all, read, err)
			}
		}
		one := round("1")
		due(one, nil, 10)
		came := frontier.Turned{Read: []string{"h/"}, Met: []string{"h/a", "h/b"}}
		turned(one, came, 3, 1)
		due(one, nil, 10) // taken up again
		turned(one, came, 3, 1)

		c.at = c.at.Add(day)
		two := round("2")
		due(two, nil, 10, "h/a", "h/b")
		due(two, []string{"h/b", "h/unknown"}, 1, "h/b")
		turned(two, frontier.Turned{Read: []string{"h/", "h/b"}, Met: []string{"h/a", "h/c"}}, 4, 2)
		due(two, []string{"h/b"}, 1, "h/b")

		c.at = c.at.Add(day)
		three := round("3")
		due(three, nil, 10, "h/a", "h/c")
		// One that is no page is not counted, one that does not answer is not read, and
		// neither is asked for again before the others had their turn.
		turned(three, frontier.Turned{Read: []string{"h/"}, None: []string{"h/a"}, Tried: []string{"h/c"}}, 2, 2)
		c.at = c.at.Add(day)
		four := round("4")
		due(four, nil, 10, "h/b")
		turned(four, frontier.Turned{Read: []string{"h/"}, Parts: []string{"h/b"}}, 1, 1)
		c.at = c.at.Add(day)
		due(round("5"), nil, 10, "h/a", "h/c")

		other, err := s.Journal(ctx, "other", "6")
		if err != nil {
			t.Fatal(err)
		}
		due(other, nil, 10)
	})
}

// The time spent is added up over however many beginnings, and let go with the round.
func TestTimeSpentIsKept(t *testing.T) {
	ctx := context.Background()
	each(t, func(t *testing.T, s *frontier.Store, c *clock) {
		spent := func(round string, want time.Duration) *frontier.Journal {
			t.Helper()
			j, err := s.Journal(ctx, "site", round)
			if err != nil {
				t.Fatal(err)
			}
			if d, err := j.Spent(ctx); err != nil || d != want {
				t.Fatalf("spent %s, want %s (%v)", d, want, err)
			}
			return j
		}
		for i := range 3 {
			j := spent("1", time.Duration(i)*90*time.Second)
			if err := j.Spend(ctx, 90*time.Second); err != nil {
				t.Fatal(err)
			}
		}
		if err := spent("2", 0).Spend(ctx, time.Second); err != nil {
			t.Fatal(err)
		}
		if err := s.Ended(ctx, "site", "1"); err != nil {
			t.Fatal(err)
		}
		spent("1", 0)
		spent("2", time.Second)
		c.at = c.at.AddDate(1, 0, 0)
		if err := s.Tidy(ctx); err != nil {
			t.Fatal(err)
		}
		spent("2", 0)
	})
}
