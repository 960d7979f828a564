package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
)

// Spot is the place of a finding, to look at again.
type Spot struct {
	Check       string
	Fingerprint string
	URL         string // the page
	Where       string // the place on it
	Wrong       string // the wrong words
	Also        []string
}

// Look is what a second look at a spot came to.
type Look struct {
	Outcome  string // Standing, Gone, Unknown
	Says     string // one Chinese sentence
	Evidence Evidence
	Took     time.Duration
}

// Outcomes of a look.
const (
	Standing = "standing" // still wrong
	Gone     = "gone"     // no longer wrong
	Unknown  = "untested" // could not be looked at
)

// Recheck fetches the place of a finding again and puts it to the same check.
// A handful of requests at most: it is asked by a person who waits. The error
// is the context's or the store's.
func Recheck(ctx context.Context, client *egress.Client, store Keeper, t Target, spot Spot, o Options) (Look, error) {
	o.fill(client)
	start, err := crawl.Canonical("", t.URL)
	if err != nil {
		return Look{}, fault.Newf(fault.Invalid, "网址“%.200s”无法识别，请填写完整的网址，例如 http://www.example.gov.cn/。", t.URL).From(err)
	}
	begun := time.Now()
	t.Columns = placed(start, t.Columns)
	n := &inspector{client: client, store: store, target: t, o: o, start: start, home: start, visits: map[string]*visit{}, links: map[string]*linked{},
		byPrint: map[string]int{}, untested: map[[2]string]int{}, report: Report{Visited: map[string]bool{}, met: map[string]bool{}, judged: map[string]bool{}, columns: map[string]bool{}, disguised: map[string]bool{}, dressed: map[string]bool{}, compared: map[string]bool{}, rendered: map[string]bool{}, audited: map[string]bool{}}}
	var look Look
	switch family, _, _ := strings.Cut(spot.Check, "."); family {
	case "link":
		look, err = n.recheckLink(ctx, spot)
	case "column", "home":
		look, err = n.recheckFreshness(ctx, spot)
	case "access":
		switch spot.Check {
		case CheckDowngraded:
			look, err = n.recheckDowngraded(ctx, spot)
		case CheckListed:
			look, err = n.recheckListed(ctx, spot)
		default:
			look, err = n.recheckAccess(ctx, spot)
		}
	case "cloaked":
		look, err = n.recheckGuise(ctx, spot)
	case "change":
		look, err = n.recheckChange(ctx, spot)
	case "rendered":
		look, err = n.recheckDrawn(ctx, spot)
	case "attachment":
		look, err = n.recheckDeep(ctx, spot)
	default:
		switch spot.Check {
		case "accessible.axe":
			look, err = n.recheckDrawn(ctx, spot)
		case CheckStyled:
			look, err = n.recheckStyled(ctx, spot)
		case "dates.moved":
			look, err = n.recheckMoved(ctx, spot)
		case "function.search", "dates.all_same":
			look, err = n.recheckDeep(ctx, spot)
		default:
			look, err = n.recheckPage(ctx, spot)
		}
	}
	if err == nil && o.Picture && look.Outcome != Unknown {
		var why string
		if why, err = n.pictured(ctx, &look, spot); err == nil {
			look.Evidence.unpictured(why)
		}
	}
	look.Took, look.Evidence.Edition = time.Since(begun), check.RuleEdition(spot.Check)
	return look, err
}

// blankPage is what is said of a page without a character.
const blankPage = "打开后没有任何内容。"

// fetch gets one page as a run would; nil page when it was no readable page.
func (n *inspector) fetch(ctx context.Context, address string) (*visit, *check.Page, error) {
	_, resp, ok, why, err := n.hear(crawl.Urgent(ctx), "page", address, address, egress.Options{RecordTLSFault: true})
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	if !ok {
		return &visit{url: address, says: why.Says(), denied: true, at: time.Now().UTC()}, nil, nil
	}
	v := &visit{url: address, status: resp.Status, headers: HeaderText(resp.Header), contentType: resp.Header.Get("Content-Type"), tls: resp.TLS.Fault,
		at: resp.Started, size: int64(len(resp.Body)), refused: egress.Refuses(resp.Status), hops: hopsOf(resp)}
	if v.at.IsZero() {
		v.at = time.Now().UTC()
	}
	if e := (*egress.Error)(nil); errors.As(err, &e) {
		v.err, v.kind, v.says = e.Error(), e.Kind, e.Says
		return v, nil, nil
	}
	if err := n.hold(v, resp.Body, nil); err != nil {
		return v, nil, err
	}
	if v.status < 200 || v.status > 299 || !isHTML(v.contentType, resp.Body) {
		return v, nil, nil
	}
	if v.blank = len(bytes.TrimSpace(resp.Body)) == 0; v.blank {
		v.says = blankPage
		return v, nil, nil
	}
	final := address
	if resp.Final != "" {
		if u, err := crawl.Canonical("", resp.Final); err == nil {
			final = u
		}
	}
	if address == n.start {
		n.home = final
	}
	page, err := check.ParsePage(resp.Body, v.contentType, final)
	if err != nil {
		v.unread(err)
		return v, nil, nil
	}
	page.Refresh = resp.Header.Get("Refresh")
	v.url = final
	if to := signpost(page); address == n.start && !n.sent && to != "" && n.own(to) {
		n.sent = true
		hops := v.hops
		v, page, err = n.fetch(ctx, to)
		if v != nil && len(v.hops) == 0 {
			v.hops = hops
		}
		n.home = to
		if v != nil && page != nil {
			n.home = v.url
		}
		return v, page, err
	}
	return v, page, nil
}

// tooLong reports that the page is there, and longer than is read: nothing can be
// said of what stands on it.
func (v *visit) tooLong() bool { return v.kind == egress.TooLarge || v.long }

// unread notes why a page that came was not read.
func (v *visit) unread(err error) {
	var large *check.TooLargeError
	var many *check.ManyElementsError
	v.long, v.says = errors.As(err, &large) || errors.As(err, &many), sentence(err)
}

// absent says what it means that no page came: withdrawn for a page that is
// gone, otherwise nothing can be said.
func (v *visit) absent() (outcome, says string) {
	switch {
	case v.denied:
		return Unknown, "未能复测：" + v.says
	case v.tooLong():
		return Unknown, "页面过长，未能复测：" + v.says
	case v.err != "":
		return Unknown, "页面打不开，未能复测：" + v.says
	case v.refused:
		return Unknown, "服务器拒绝访问，未能复测，请将检测地址加入防护白名单后再试。"
	case v.status == http.StatusNotFound || v.status == http.StatusGone:
		return Gone, fmt.Sprintf("页面已撤下（状态码 %d）。", v.status)
	case v.status >= 400:
		return Unknown, fmt.Sprintf("页面返回状态码 %d，未能复测，请恢复后再试。", v.status)
	case v.blank:
		return Unknown, "页面" + blankPage + "未能复测，请恢复后再试。"
	}
	return Unknown, "该地址返回的不是可以读取的网页，未能复测，请人工核实。"
}

func (n *inspector) look(ctx context.Context, v *visit, outcome, says string, e Evidence) (Look, error) {
	n.last = v
	l := Look{Outcome: outcome, Says: check.MaskText(says), Evidence: n.evidence(v)}
	l.Evidence.Excerpt, l.Evidence.Link, l.Evidence.LinkStatus, l.Evidence.LinkFinal, l.Evidence.Beside = e.Excerpt, e.Link, e.LinkStatus, e.LinkFinal, e.Beside
	var err error
	l.Evidence.Ref, err = n.keep(ctx, v)
	return l, err
}

// recheckPage puts every page of the finding to the page checks again; the
// first that still fails decides.
func (n *inspector) recheckPage(ctx context.Context, spot Spot) (Look, error) {
	var last Look
	if spot.URL != n.start {
		// Which page is the home page decides what it owes.
		if _, _, err := n.fetch(ctx, n.start); err != nil {
			return Look{}, err
		}
	}
	unknown := false
	for i, address := range append([]string{spot.URL}, spot.Also...) {
		v, page, err := n.fetch(ctx, address)
		if err != nil {
			return Look{}, err
		}
		var l Look
		if page == nil || softError(page) {
			outcome, says := v.absent()
			if page != nil {
				outcome, says = Gone, "页面已撤下。"
			}
			l, err = n.look(ctx, v, outcome, says, Evidence{})
		} else if s := n.same(page, spot); s != nil {
			return n.look(ctx, v, Standing, s.Says, Evidence{Excerpt: excerpt(page, *s)})
		} else {
			l, err = n.look(ctx, v, Gone, "该处已改正，复测未再发现。", Evidence{Excerpt: excerpt(page, Sighting{Check: spot.Check, Where: spot.Where})})
		}
		if err != nil {
			return Look{}, err
		}
		// Evidence of the page in the finding stands for all that are well.
		if i == 0 || l.Outcome == Unknown && !unknown {
			last = l
		}
		unknown = unknown || l.Outcome == Unknown
	}
	return last, nil
}

// recheckMoved asks whether a page shows its first instant again: the place of the
// finding.
func (n *inspector) recheckMoved(ctx context.Context, spot Spot) (Look, error) {
	v, page, err := n.fetch(ctx, spot.URL)
	if err != nil {
		return Look{}, err
	}
	if page == nil || softError(page) {
		outcome, says := v.absent()
		if page != nil {
			outcome, says = Gone, "页面已撤下。"
		}
		return n.look(ctx, v, outcome, says, Evidence{})
	}
	e := Evidence{Excerpt: excerpt(page, Sighting{Check: spot.Check, Where: spot.Where})}
	switch says, moved, ok := check.Moved(page, spot.Where); {
	case !ok:
		return n.look(ctx, v, Unknown, "页面没有显示能识别的发布时间，未能复测，请人工核实。", e)
	case moved:
		return n.look(ctx, v, Standing, says, e)
	}
	return n.look(ctx, v, Gone, "已恢复为首次发布时间 "+spot.Where+"。", e)
}

func (n *inspector) same(page *check.Page, spot Spot) *Sighting {
	for _, s := range n.pageSightings(n.examine(page, n.class(page.URL) == check.ClassHome)) {
		s.Says = check.MaskText(s.Says)
		if s.Fingerprint() == spot.Fingerprint {
			return &s
		}
	}
	return nil
}

// recheckLink asks whether the link is still there, and if so asks its target.
func (n *inspector) recheckLink(ctx context.Context, spot Spot) (Look, error) {
	var holder *visit
	var held *check.Page
	var link check.Link
	var first *visit
	unknown := ""
	for _, address := range append([]string{spot.URL}, spot.Also...) {
		v, page, err := n.fetch(ctx, address)
		if err != nil {
			return Look{}, err
		}
		if first == nil {
			first = v
		}
		if page == nil {
			if outcome, says := v.absent(); outcome == Unknown {
				unknown = says
			}
			continue
		}
		i := slices.IndexFunc(page.Links, func(l check.Link) bool {
			u, err := crawl.Canonical(page.URL, l.URL)
			return l.URL != "" && err == nil && u == spot.Where
		})
		if i >= 0 {
			holder, held, link = v, page, page.Links[i]
			break
		}
	}
	if holder == nil {
		if unknown != "" {
			return n.look(ctx, first, Unknown, unknown, Evidence{Link: spot.Where})
		}
		return n.look(ctx, first, Gone, "页面上已没有这个链接。", Evidence{Link: spot.Where})
	}
	resp, ok, why, err := n.o.Manners.Fetch(crawl.Urgent(ctx), spot.Where, egress.Options{RecordTLSFault: true})
	switch {
	case ctx.Err() != nil:
		return Look{}, ctx.Err()
	case !ok && resp == nil:
		return n.look(ctx, holder, Unknown, "未能复测："+why.Says(), Evidence{Link: spot.Where})
	case !ok:
		// Answered with a redirect, as the patrol has it; its target asks not to be looked at.
		return n.look(ctx, holder, Gone, "链接已能打开，转到的网页没有查看："+why.Says(), Evidence{Link: spot.Where, LinkStatus: resp.Status, LinkFinal: resp.Location})
	}
	link.URL = spot.Where
	if resp.Status == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") != "" && !n.own(spot.Where) {
		return n.look(ctx, holder, Unknown, "未能复测：对方服务器答复暂停服务（状态码 503），请稍后再试。", Evidence{Link: spot.Where, LinkStatus: resp.Status})
	}
	r := check.LinkResult{Link: link, Status: resp.Status, FinalURL: resp.Final}
	showing(&r, resp)
	e := Evidence{Link: spot.Where, LinkStatus: resp.Status, LinkFinal: resp.Final, Excerpt: excerpt(held, Sighting{Check: spot.Check, Where: spot.Where})}
	if w := (*egress.Error)(nil); errors.As(err, &w) {
		switch {
		case w.Kind == egress.TooLarge:
			r.Bytes = -1 // large, but there
		case !w.Blames():
			return n.look(ctx, holder, Unknown, "未能复测："+w.Says, e)
		default:
			r.Err, r.Status = string(w.Kind), 0
		}
	}
	if r.Err == "" && r.Status == http.StatusOK && r.State() == check.LinkAlive {
		says, why, proof, err := n.recheckCatchAll(ctx, link, resp, held)
		if err != nil {
			return Look{}, err
		}
		if why != "" && spot.Check == checkSoft404 {
			return n.look(ctx, holder, Unknown, "未能复测："+strings.TrimSuffix(why, "。")+"，请人工打开核实。", e)
		}
		r.CatchAll, e.Beside = says, proof
	}
	for _, f := range check.Run(check.Facts{Links: []check.LinkResult{r}}) {
		switch f.Outcome {
		case check.Violated:
			return n.look(ctx, holder, Standing, f.Says, e)
		case check.Untested:
			return n.look(ctx, holder, Unknown, f.Says, e)
		}
	}
	return n.look(ctx, holder, Gone, fmt.Sprintf("链接已能打开（状态码 %d）。", r.Status), e)
}

// articles fetched to learn the dates of a list that shows none.
const datedArticles = 5

// recheckFreshness looks at the column or the home page again.
func (n *inspector) recheckFreshness(ctx context.Context, spot Spot) (Look, error) {
	home, page, err := n.fetch(ctx, n.start)
	if err != nil {
		return Look{}, err
	}
	if page == nil {
		_, says := home.absent()
		return n.look(ctx, home, Unknown, says, Evidence{})
	}
	n.visits[n.home], n.order = home, append(n.order, home)
	n.gather(home, page, check.Classify(page))
	if err := n.readFrames(ctx, home); err != nil {
		return Look{}, err
	}
	shown := home
	var follow []string
	if spot.Check == "home.stale" {
		if home.list != nil {
			if follow = n.unsettled(home, nil); home.list.latest.IsZero() {
				follow = append(follow, home.targets...)
			}
		}
	} else if i := slices.IndexFunc(n.target.Columns, func(c check.Column) bool {
		return (c.URL == spot.Where || c.Name == spot.Where) && (c.Items >= 0 || !c.Latest.IsZero())
	}); i >= 0 {
		n.target.Columns = n.target.Columns[i : i+1]
		if u := n.target.Columns[0].URL; u != "" {
			v, page, err := n.fetch(ctx, u)
			if err != nil {
				return Look{}, err
			}
			if page != nil {
				shown = v
				l := n.listingOf(page)
				v.list = &l
			}
		}
	} else {
		v, page, err := n.fetch(ctx, spot.Where)
		if err != nil {
			return Look{}, err
		}
		if page == nil || softError(page) {
			outcome, says := v.absent()
			if page != nil {
				outcome = Gone
			}
			if outcome == Gone {
				says = "栏目页已撤下。"
			}
			return n.look(ctx, v, outcome, says, Evidence{})
		}
		if v.url != n.home {
			v.from, v.depth = n.home, 1
			n.visits[v.url], n.order = v, append(n.order, v)
			n.gather(v, page, check.Classify(page))
		}
		shown = v
		if v.list == nil {
			l := n.listingOf(page)
			v.list = &l
		}
		if err := n.readFrames(ctx, v); err != nil {
			return Look{}, err
		}
		// Two more pages tell the menu from the items.
		others := 0
		asks := v.list.items == 0 || len(n.unsettled(v, nil)) > 0
		for _, u := range home.targets {
			if others == 2 || !asks {
				break
			}
			if u == v.url || u == n.home || u == n.start {
				continue
			}
			w, page, err := n.fetch(ctx, u)
			if err != nil {
				return Look{}, err
			}
			if page != nil {
				n.gather(w, page, check.Classify(page))
				w.list, w.from = nil, n.home
				n.visits[w.url], n.order = w, append(n.order, w)
				others++
			}
		}
		menu := n.menu()
		if follow = n.unsettled(v, menu); v.list.latest.IsZero() {
			for _, u := range v.targets {
				if !menu[u] {
					follow = append(follow, u)
				}
			}
		}
	}
	follow = once(follow)
	if len(follow) > datedArticles {
		follow = follow[:datedArticles]
	}
	if spot.Check == "home.stale" {
		home.targets = follow // of the others nothing is asked
	}
	for _, u := range follow {
		if w := n.visits[u]; w != nil && w.framed {
			continue // read with the page around it
		}
		v, page, err := n.fetch(ctx, u)
		if err != nil {
			return Look{}, err
		}
		if n.visits[u] = v; page != nil {
			n.order, v.from = append(n.order, v), shown.url
			n.survey(v, page, check.Classify(page))
		}
	}
	if err := n.drawLists(ctx); err != nil {
		return Look{}, err
	}
	n.report.Findings = nil
	n.judgeFreshness()
	e := Evidence{Excerpt: datesOf(shown), Beside: shown.drawnAs}
	for _, s := range n.report.Findings {
		if s.Check == spot.Check && s.Fingerprint() == spot.Fingerprint {
			return n.look(ctx, shown, Standing, s.Says, e)
		}
	}
	for _, u := range n.report.Untested {
		if u.Check == spot.Check || u.Check == "column.stale" && strings.HasPrefix(spot.Check, "column.") {
			return n.look(ctx, shown, Unknown, "未能复测："+u.Why, e)
		}
	}
	return n.look(ctx, shown, Gone, "已更新，复测未再发现。"+datesOf(shown), e)
}

func datesOf(v *visit) string {
	if v.list == nil || v.list.latest == (calendar.Date{}) {
		return ""
	}
	return "页面上最近的日期是 " + v.list.latest.String() + "。"
}

// recheckAccess opens the home page as a visitor would.
func (n *inspector) recheckAccess(ctx context.Context, spot Spot) (Look, error) {
	v, page, err := n.fetch(ctx, n.start)
	if err != nil {
		return Look{}, err
	}
	switch {
	case spot.Check == CheckCertificate:
		if v.tls != "" {
			return n.look(ctx, v, Standing, "网站的加密证书或协议不符合要求："+v.tls.Says(), Evidence{})
		}
		if v.err == "" {
			return n.look(ctx, v, Gone, "证书和加密协议已符合要求。", Evidence{})
		}
	case page != nil:
		return n.look(ctx, v, Gone, "首页已能打开。", Evidence{})
	}
	if v.err != "" {
		if e := (&egress.Error{Kind: v.kind}); !e.Blames() {
			return n.look(ctx, v, Unknown, "未能复测："+v.says, Evidence{})
		}
		if !n.online(ctx, v) {
			return n.look(ctx, v, Unknown, "未能复测：检测机此时也连不上其他网站。", Evidence{})
		}
		return n.look(ctx, v, Standing, "首页仍无法打开："+v.says, Evidence{})
	}
	if v.blank {
		return n.look(ctx, v, Standing, "首页仍无法打开："+blankPage, Evidence{})
	}
	if v.status >= 400 && !v.refused {
		return n.look(ctx, v, Standing, fmt.Sprintf("首页仍无法打开：服务器返回状态码 %d。", v.status), Evidence{})
	}
	outcome, says := v.absent()
	if outcome == Gone {
		outcome = Unknown
	}
	return n.look(ctx, v, outcome, says, Evidence{})
}
