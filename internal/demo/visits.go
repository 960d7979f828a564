package demo

import (
	"context"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/calendar"
	"zhengshu/internal/visits"
)

// countedDays of the demo's past have readers.
const countedDays = 14

// count brings the figures of two weeks of made-up readers, as a portal would:
// more on working days, more for the province than for the county.
func (d *province) count(ctx context.Context) error {
	now := d.DB.Now()
	today := calendar.DateOf(now)
	var slugs []string
	for slug := range d.sites {
		slugs = append(slugs, slug)
	}
	slices.Sort(slugs)
	lot := rand.New(rand.NewPCG(2021, 18))
	// The number of a batch is that of its day and so counts once.
	for n := countedDays; n > 0; n-- {
		on := today.AddDays(-n)
		var raw ulid.ULID
		if err := raw.SetTime(uint64(on.Start().UnixMilli())); err != nil {
			return err
		}
		copy(raw[6:], "demovisits")
		b := visits.Batch{ID: raw.String(), From: on.Start(), To: on.End()}
		for i, slug := range slugs {
			site := d.sites[slug]
			if !site.Hosted {
				continue
			}
			people := 900 / (i + 1)
			if w := on.Weekday(); w == time.Saturday || w == time.Sunday {
				people /= 3
			}
			people += lot.IntN(people/4 + 1)
			var seen visits.Sketch
			for range people {
				var h [8]byte
				binary.BigEndian.PutUint64(h[:], lot.Uint64())
				seen.Add(binary.BigEndian.Uint64(h[:]))
			}
			views := int64(math.Round(float64(people) * 3.4))
			c := visits.DayCount{Site: string(site.ID), Day: on, Views: views, Machines: views / 3, Requests: views * 5, Searches: views / 40, Phones: views * 6 / 10, Bytes: views * 21000, NotFound: int64(3 + lot.IntN(5)), Visitors: seen.Bytes(),
				Pages: map[string]int64{"/": views * 4 / 10, "/search": views / 40, "/map.html": views / 90}, Missing: map[string]int64{"/index.htm": 2, "/old/zwgk.html": 1},
				Referrers: map[string]int64{visits.Direct: views * 3 / 10, visits.Inside: views * 4 / 10, visits.Engine: views * 2 / 10, visits.Gov: views / 20, visits.Social: views / 20}}
			b.Days = append(b.Days, c)
		}
		if err := d.Visits.Take(ctx, b, "demo"); err != nil {
			return err
		}
	}
	return nil
}
