package engine

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/check"
	"zhengshu/internal/egress"
)

// A page that was taken down is met by no run any more, and what was found on it
// would stand for ever. Runs ask for the addresses that findings stand at and that
// they did not come to; what says twice that it is no more takes with it what runs
// found there.

// mostTaken is how many addresses a run asks for beyond its pages.
const mostTaken = 60

// StandsAt are the addresses with which a finding goes; none where it does not go
// with any.
func (f Spot) StandsAt() []string {
	switch family, _, _ := strings.Cut(f.Check, "."); {
	case lookOf(f.Check) == nil && f.Check != "dates.moved":
		return nil // another watcher's
	case family == "access" && f.Check != CheckDowngraded:
		return nil // that something does not open is what it says
	case family == "attachment", family == "column":
		return []string{f.Where} // lies there, whatever page leads to it
	}
	return append([]string{f.URL}, f.Also...)
}

// takenFrom reports whether a finding went with what was taken down from a page it
// stands on, and the look that says so.
func (r *Report) takenFrom(f Spot, page string) (Evidence, bool) {
	at := f.StandsAt()
	if len(at) == 1 && at[0] == f.Where {
		page = f.Where
	}
	e, ok := r.Taken[page]
	return e, ok && slices.Contains(at, page)
}

// TakenDown reports whether a finding went with the address it is filed at.
func (r *Report) TakenDown(f Spot) (Evidence, bool) { return r.takenFrom(f, f.URL) }

// askTaken asks for the addresses that findings stand at and that were not read, and
// once more, after a while, for those that answer that they are no more.
func (n *inspector) askTaken(ctx context.Context) error {
	var again []string
	asked := 0
	for _, u := range n.target.Stand {
		if n.report.Visited[u] || u == n.home || u == n.start || !n.own(u) {
			continue
		}
		if v := n.visits[u]; v != nil {
			if v.redirect == "" && (gone(v.status) || v.soft) {
				again = append(again, u)
			}
			continue
		}
		if asked++; asked > mostTaken {
			break
		}
		if _, down, err := n.down(ctx, u); err != nil {
			return err
		} else if down {
			again = append(again, u)
		}
	}
	if len(again) == 0 {
		return nil
	}
	if err := n.wait(ctx); err != nil {
		return err
	}
	for _, u := range again {
		e, down, err := n.down(ctx, u)
		if err != nil {
			return err
		}
		if down {
			if n.report.Taken == nil {
				n.report.Taken = map[string]Evidence{}
			}
			n.report.Taken[u] = e
		}
	}
	return nil
}

func gone(status int) bool { return status == http.StatusNotFound || status == http.StatusGone }

// down asks for an address and reports whether the answer says that there is nothing
// any more. No answer, and one that is not for us, say nothing.
func (n *inspector) down(ctx context.Context, address string) (Evidence, bool, error) {
	_, resp, ok, _, err := n.hear(ctx, "taken", address, address, egress.Options{RecordTLSFault: true, MaxBody: landingBody})
	if ctx.Err() != nil {
		return Evidence{}, false, ctx.Err()
	}
	if e := (*egress.Error)(nil); !ok || errors.As(err, &e) {
		return Evidence{}, false, nil
	}
	e := Evidence{URL: address, Status: resp.Status, Headers: HeaderText(resp.Header), Size: int64(len(resp.Body)), At: resp.Started, Vantage: n.o.Vantage}
	if e.At.IsZero() {
		e.At = time.Now().UTC()
	}
	if gone(resp.Status) {
		return e, true, nil
	}
	contentType := resp.Header.Get("Content-Type")
	if resp.Status != http.StatusOK || !isHTML(contentType, resp.Body) {
		return e, false, nil
	}
	page, err := check.ParsePage(resp.Body, contentType, cmp.Or(resp.Final, address))
	return e, err == nil && softError(page), nil
}
