package inspection

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/registry"
)

// neighboursAsked is how many other sites are asked whether it is the line.
const neighboursAsked = 3

// connected reports whether somebody at the other end answered, whatever it said.
func connected(r egress.ProbeResult) bool { return r.OK || r.Status != 0 || r.Kind == egress.TLS }

// ours reports whether a site is probed on this machine or the network it stands
// in: that proves nothing of the line to the public network, and needs no such
// proof.
func (s *Service) ours(ctx context.Context, site registry.Site) bool {
	if s.origin != nil && s.origin(site) != "" {
		return true
	}
	return engine.Inside(ctx, s.client, s.address(site))
}

// unproven are the places in a round of the failures that may be our own line's:
// no site of the public network answered, nor has anything out there since the
// instant. No answer can be told from no line only where something answers.
func unproven(round []probed, ours func(i int) bool, outside, since time.Time) []int {
	var failed []int
	for i, p := range round {
		if !connected(p.res) && !ours(i) {
			failed = append(failed, i)
		}
	}
	if len(failed) == 0 || !outside.IsZero() && !outside.Before(since) {
		return nil
	}
	for i, p := range round {
		if connected(p.res) && !ours(i) {
			return nil
		}
	}
	return failed
}

// withoutOutage leaves out of a round the failures of a time in which nothing of
// the public network answered us, for houses without addresses to test the line
// by: those intervals are untested (本机网络), not failed. Before it gives them
// up, it asks a few of the other sites.
func (s *Service) withoutOutage(ctx context.Context, round []probed, sites []registry.Site, since time.Time) ([]probed, error) {
	byID := make(map[registry.SiteID]registry.Site, len(sites))
	for _, site := range sites {
		byID[site.ID] = site
	}
	known := map[int]bool{}
	ours := func(i int) bool {
		is, asked := known[i]
		if !asked {
			is = s.ours(ctx, byID[round[i].site])
			known[i] = is
		}
		return is
	}
	failed := unproven(round, ours, s.client.Outside(), since)
	if len(failed) == 0 || s.neighbourAnswers(ctx, round, sites) {
		return round, s.noteLine(ctx, true)
	}
	s.set.Log.Warn("inspection: nothing of the public network answers; failures of this round are taken for our own line's and not counted", "sites", len(failed))
	var out []probed
	for i, p := range round {
		if len(failed) > 0 && failed[0] == i {
			failed = failed[1:]
			continue
		}
		out = append(out, p)
	}
	return out, s.noteLine(ctx, false)
}

// neighbourAnswers asks a few sites that are not in the round, others each time.
func (s *Service) neighbourAnswers(ctx context.Context, round []probed, sites []registry.Site) bool {
	in := map[registry.SiteID]bool{}
	for _, p := range round {
		in[p.site] = true
	}
	var others []registry.Site
	for _, site := range sites {
		if !in[site.ID] {
			others = append(others, site)
		}
	}
	if len(others) == 0 {
		return false
	}
	begin, asked := int(s.db.Now().Unix()/10%int64(len(others))), 0
	for i := range others {
		site := others[(begin+i)%len(others)]
		if s.ours(ctx, site) {
			continue
		}
		if connected(s.client.Knock(ctx, s.address(site))) {
			return true
		}
		if asked++; asked == neighboursAsked {
			break
		}
	}
	return false
}

// Gap is why this system cannot tell now which sites open, for whoever looks:
// nothing counts as failed then. No title: there is none.
type Gap struct {
	Title, Says string
	Sites       []registry.SiteID // it is about, of those in scope; nil: all of the public network

	here func(registry.Site) bool // served by this very process, whatever the line does
}

// About reports whether the gap concerns a site.
func (g Gap) About(site registry.Site) bool {
	if g.Title == "" || g.Sites == nil && g.here != nil && g.here(site) {
		return false
	}
	return g.Sites == nil || slices.Contains(g.Sites, site.ID)
}

// Gap is what cannot be told now of the sites in scope, since when and why: that our
// own line is down, or that several sites were found dead by this system alone.
func (s *Service) Gap(ctx context.Context, scope authz.Scope) (Gap, error) {
	list, err := s.Vantages(ctx)
	if err != nil {
		return Gap{}, err
	}
	var own Vantage
	others, now := false, s.db.Now()
	for _, v := range list {
		if v.ID == OwnVantage {
			own = v
		} else if v.Votes(now) {
			others = true
		}
	}
	if s.Wayless() {
		if others {
			return Gap{}, nil
		}
		return Gap{Title: "没有监测点在探测，网站能否访问没有检测", Says: "省级设置为“平台不能访问互联网”，本系统不探测外面的网站，也不计票；现在没有正常联系的监测点，其间网站能否访问没有检测，不计失败，也不告警。请在互联网一侧登记监测点，或检查已登记的监测点是否在运行、文件是否按时送到。", here: s.serves}, nil
	}
	if !own.LineDown() {
		return s.uncountedGap(ctx, scope)
	}
	says := "自 " + minute(own.SeenAt) + " 起"
	if len(own.Line) > 0 {
		says += "，登记的自检地址都打不开。"
	} else {
		says += "，公共网络上没有地址应答。"
	}
	if others {
		says += "其间本系统不计票，其他监测点照常探测；"
	} else {
		says += "其间网站能否访问没有检测，不计失败，也不告警；"
	}
	says += "恢复后自动继续。请系统管理员检查本机网络"
	if len(own.Line) > 0 {
		says += "，并核对自检地址是否还能用"
	}
	return Gap{Title: "本系统的网络不通", Says: says + "。"}, nil
}

func minute(at time.Time) string { return at.In(calendar.Shanghai).Format("2006-01-02 15:04") }

// Uncounted is a site that did not answer together with all the others of its round,
// while this system looked alone and had no address to prove its line by: it is not
// counted, for the reason may be our own.
type Uncounted struct {
	Site  registry.Site
	Since time.Time // first such round
	Last  time.Time // last one
}

// noteUncounted keeps the sites of a round that was not counted.
func (s *Service) noteUncounted(ctx context.Context, round []probed) error {
	return s.probes.Update(ctx, func(tx *db.Tx) error {
		for _, p := range round {
			if _, err := tx.Quiet(ctx, `INSERT INTO probe_uncounted (site_id, since, last_at) VALUES ($1, $2, $2) ON CONFLICT (site_id) DO UPDATE SET last_at = excluded.last_at`, p.site, tx.Now()); err != nil {
				return err
			}
		}
		return nil
	})
}

// Uncounted are those in scope that may still be contacted; one that was counted
// since, as open or as failed, is none any more.
func (s *Service) Uncounted(ctx context.Context, scope authz.Scope) ([]Uncounted, error) {
	type row struct {
		site        registry.SiteID
		since, last time.Time
	}
	rows, err := db.All(ctx, s.probes, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.site, &x.since, &x.last)
		return x, err
	}, `SELECT site_id, since, last_at FROM probe_uncounted ORDER BY since, site_id`)
	if err != nil {
		return nil, err
	}
	var out []Uncounted
	for _, x := range rows {
		site, err := s.registry.Site(ctx, scope, x.site)
		if fault.Is(err, fault.NotFound) {
			continue // out of scope, or gone from the ledger
		}
		if err != nil {
			return nil, err
		}
		if contactable(site) == nil {
			out = append(out, Uncounted{site, x.since, x.last})
		}
	}
	return out, nil
}

// namedSites is how many sites a gap names.
const namedSites = 5

func (s *Service) uncountedGap(ctx context.Context, scope authz.Scope) (Gap, error) {
	list, err := s.Uncounted(ctx, scope)
	if err != nil || len(list) == 0 {
		return Gap{}, err
	}
	g := Gap{Title: fmt.Sprintf("%d 个网站连不上，没有计入失败", len(list))}
	last := list[0].Last
	var names []string
	for _, x := range list {
		g.Sites, names = append(g.Sites, x.Site.ID), append(names, x.Site.Name)
		if x.Last.After(last) {
			last = x.Last
		}
	}
	who := strings.Join(names[:min(len(names), namedSites)], "、")
	if len(names) > namedSites {
		who += "等"
	}
	g.Says = fmt.Sprintf("自 %s 起（最近一次 %s），同一轮探测的网站全部连不上，其中有%s。现在只由本系统探测，也没有登记自检地址，分不清是网站还是本系统一侧的线路、域名解析出了问题，因此不计失败。%s",
		minute(list[0].Since), minute(last), who, UncountedToDo)
	return g, nil
}

// UncountedToDo is what people do about sites that are not counted.
const UncountedToDo = "请用手机等另外的网络打开其中一两个：打得开的，请系统管理员检查本机网络；打不开的，请联系机房。登记本系统的自检地址或另设监测点后，这样的失败即可认定。"

// noteLine keeps how our own line was found, and since when it does not answer.
func (s *Service) noteLine(ctx context.Context, ok bool) error {
	return s.probes.Update(ctx, func(tx *db.Tx) error {
		if ok {
			_, err := tx.Quiet(ctx, `UPDATE vantage_seen SET line_ok = TRUE, at = $2 WHERE vantage_id = $1 AND NOT line_ok`, OwnVantage, tx.Now())
			return err
		}
		_, err := tx.Quiet(ctx, `INSERT INTO vantage_seen (vantage_id, at, seq, line_ok, results, lost) VALUES ($1, $2, 0, FALSE, 0, 0)
			ON CONFLICT (vantage_id) DO UPDATE SET at = excluded.at, line_ok = FALSE WHERE vantage_seen.line_ok`, OwnVantage, tx.Now())
		return err
	})
}
