package library

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"zhengshu/internal/audit"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/prose"
)

// OutlinksDue asks for the addresses outside that a version leads to.
type OutlinksDue struct {
	Item    ItemID `json:"item"`
	Version int    `json:"version"`
}

// Kind is the job's name.
func (OutlinksDue) Kind() string { return "library.outlinks" }

// mostOutlinks are asked for of one version.
const mostOutlinks = 60

// linkUntested is the state of an address of which nothing could be learnt; a
// person has to look.
const linkUntested = "untested"

// linkWaiting is the kind of the result that says that addresses are yet to be asked for.
const linkWaiting = "link.waiting"

// askOutside has the job ask, in the transaction that saves the version or sends it to
// review, so that its author and its reviewers know.
func (s *Service) askOutside(ctx context.Context, tx *db.Tx, id ItemID, no int, doc prose.Doc) error {
	if s.examining.Fetch == nil || len(s.outlinks(doc)) == 0 {
		return nil
	}
	return jobs.Enqueue(ctx, tx, OutlinksDue{id, no}, jobs.Unique(fmt.Sprintf("outlinks:%s:%d", id, no)))
}

func (s *Service) outlinks(doc prose.Doc) []check.Link {
	var out []check.Link
	for _, l := range linksOf(doc) {
		if s.outside(l.Href) && !slices.ContainsFunc(out, func(k check.Link) bool { return k.Href == l.Href }) {
			out = append(out, check.Link{Href: l.Href, URL: l.Href, Kind: check.LinkExternal, Text: l.Text})
		}
	}
	return out[:min(len(out), mostOutlinks)]
}

// lookOutside asks each address and keeps what it learnt; the job.
func (s *Service) lookOutside(ctx context.Context, a OutlinksDue) error {
	if s.examining.Fetch == nil {
		return errNoFetch
	}
	ctx = audit.System(ctx, "library.outlinks")
	v, err := version(ctx, s.db, a.Item, a.Version)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	newest, err := db.One(ctx, s.db, db.Value[int], `SELECT version FROM item WHERE id = $1`, a.Item)
	if err != nil || newest != a.Version { // the job of the newest version says what stands
		return err
	}
	doc, err := prose.Parse([]byte(v.Doc))
	if err != nil {
		return err
	}
	type learnt struct{ href, state, says string }
	var list []learnt
	dead, untested := 0, 0
	for _, asked := range s.outlinks(doc) {
		href := asked.Href
		r, why, err := s.examining.Fetch(ctx, asked)
		if err := cmp.Or(ctx.Err(), err); err != nil {
			return err
		}
		if why != "" {
			untested++
			list = append(list, learnt{href, linkUntested, "链接没有检测：" + why + "请人工打开确认。"})
			continue
		}
		r.Link = asked
		l := learnt{href: href, state: string(r.State())}
		for _, f := range check.Run(check.Facts{Links: []check.LinkResult{r}}) {
			if f.Check == "link."+l.state {
				l.says = f.Says + f.Fix
			}
		}
		if l.state != string(check.LinkAlive) {
			dead++
		}
		list = append(list, l)
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM item_outlink WHERE item_id = $1`, a.Item); err != nil {
			return err
		}
		rows := [][]any{}
		for _, l := range list {
			rows = append(rows, []any{a.Item, l.href, l.state, l.says, tx.Now()})
		}
		if err := tx.InsertAll(ctx, "item_outlink", []string{"item_id", "href", "state", "says", "at"}, rows); err != nil {
			return fmt.Errorf("library: outlinks: %w", err)
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.item.links", Basis: "第十九条（四）", Target: audit.Target{Kind: "item", ID: string(a.Item), Name: v.Title}, After: map[string]any{"version": a.Version, "asked": len(list), "not_alive": dead, "untested": untested}})
	})
}
