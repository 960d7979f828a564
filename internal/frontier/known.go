package frontier

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/db"
)

// MostKnown bounds the addresses that are remembered of one site.
const MostKnown = 20_000

// known is one address of a site.
type known struct {
	key, url     string
	metBy, round string
	turn, was    time.Time // zero: never
	look         time.Time
}

// before is when the address had its turn before a round, so that a round that is
// taken up again finds what it found when it began.
func (k known) before(round string) time.Time {
	if k.round == round {
		return k.was
	}
	return k.turn
}

func (j *Journal) remembered(ctx context.Context, q db.Querier) ([]known, error) {
	list, err := db.All(ctx, q, func(r db.Scanner) (known, error) {
		var x known
		err := r.Scan(&x.key, &x.url, &x.metBy, &x.round, &x.turn, &x.was, &x.look)
		return x, err
	}, `SELECT key, url, met_by, round, turn_at, was_at, looked_at FROM crawl_known WHERE site = $1`, j.site)
	if err != nil {
		return nil, fmt.Errorf("frontier: known addresses: %w", err)
	}
	return list, nil
}

// Due are at most n of the addresses that the last round over the site did not come
// to: of first those that are known, then whatever has waited longest.
func (j *Journal) Due(ctx context.Context, first []string, n int) ([]string, error) {
	list, err := j.remembered(ctx, j.s.db)
	if err != nil {
		return nil, err
	}
	var last time.Time
	for _, k := range list {
		if at := k.before(j.round); at.After(last) {
			last = at
		}
	}
	list = slices.DeleteFunc(list, func(k known) bool {
		at := k.before(j.round)
		return k.metBy == j.round || !at.IsZero() && !at.Before(last)
	})
	ahead := make(map[string]bool, len(first))
	for _, u := range first {
		ahead[u] = true
	}
	rank := func(k known) int {
		if ahead[k.url] {
			return 0
		}
		return 1
	}
	slices.SortFunc(list, func(a, b known) int {
		// The key is a digest: addresses of one age come mixed.
		return cmp.Or(rank(a)-rank(b), a.before(j.round).Compare(b.before(j.round)), strings.Compare(a.key, b.key))
	})
	out := make([]string, 0, min(n, len(list)))
	for _, k := range list[:min(n, len(list))] {
		out = append(out, k.url)
	}
	return out, nil
}

// Turned is what a round came to: the addresses it read, those that had their turn
// and did not answer, or not to us, those that are no page, those it met and did not
// come to, and those that turned out to be parts of other pages and are forgotten.
type Turned struct{ Read, Tried, None, Met, Parts []string }

// Turned remembers what the round came to and returns how many pages of the site are
// known, how many of these were read within a time, and whether more were met than
// are remembered. An address that never gave a page is none.
func (j *Journal) Turned(ctx context.Context, t Turned, within time.Duration) (all, read int, more bool, err error) {
	err = j.s.db.Update(ctx, func(tx *db.Tx) error {
		list, err := j.remembered(ctx, tx)
		if err != nil {
			return err
		}
		all, read, more = 0, 0, false
		by := make(map[string]known, len(list))
		for _, k := range list {
			by[k.key] = k
		}
		now := tx.Now()
		for _, u := range t.Parts {
			if k, ok := by[keyOf(u)]; ok {
				if _, err := tx.Quiet(ctx, `DELETE FROM crawl_known WHERE site = $1 AND key = $2`, j.site, k.key); err != nil {
					return err
				}
				delete(by, k.key)
			}
		}
		file := func(u string, turn bool, look func(known) time.Time) error {
			key := keyOf(u)
			k, ok := by[key]
			if !ok && len(by) >= MostKnown {
				more = true
				return nil
			}
			if ok && !turn {
				return nil // met again
			}
			if !ok {
				k = known{key: key, url: u, metBy: j.round}
			}
			if turn {
				k.was, k.round, k.turn = k.before(j.round), j.round, now
			}
			k.look = look(k)
			by[key] = k
			_, err := tx.Quiet(ctx, `INSERT INTO crawl_known (site, key, url, met_by, round, turn_at, was_at, looked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
				ON CONFLICT (site, key) DO UPDATE SET round = excluded.round, turn_at = excluded.turn_at, was_at = excluded.was_at, looked_at = excluded.looked_at`,
				j.site, k.key, k.url, k.metBy, k.round, k.turn, k.was, k.look)
			return err
		}
		for _, x := range []struct {
			list []string
			turn bool
			look func(known) time.Time
		}{
			{t.Read, true, func(known) time.Time { return now }},
			{t.None, true, func(known) time.Time { return time.Time{} }},
			{t.Tried, true, func(k known) time.Time { return k.look }},
			{t.Met, false, func(k known) time.Time { return k.look }},
		} {
			for _, u := range x.list {
				if err := file(u, x.turn, x.look); err != nil {
					return fmt.Errorf("frontier: remember address: %w", err)
				}
			}
		}
		for _, k := range by {
			switch {
			case !k.look.IsZero():
				if all++; now.Sub(k.look) < within {
					read++
				}
			case k.turn.IsZero():
				all++
			}
		}
		return nil
	})
	return all, read, more, err
}
