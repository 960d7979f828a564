package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/egress"
)

// HostMemory remembers beyond a run how hosts answer addresses that nobody gave a page to.
// A frontier.Store is one.
type HostMemory interface {
	// RecallHost gives back what was remembered of a place not long ago.
	RecallHost(ctx context.Context, place string) (answers []byte, ok bool, err error)
	RememberHost(ctx context.Context, place string, answers []byte)
}

// mostRemembered is the size in bytes of what is remembered of a place: of more it is
// asked again.
const mostRemembered = 256 << 10

// placeOf names what is remembered below a folder of a host: servers treat endings
// differently.
func placeOf(base *url.URL, below, ext string) string {
	return "made up " + ext + " " + base.Scheme + "://" + base.Host + below
}

// rememberedHost is a catchAll as it is remembered: without the bytes of its proof.
type rememberedHost struct {
	Why     string            `json:"why,omitempty"`
	To      string            `json:"to,omitempty"`
	Home    bool              `json:"home,omitempty"`
	Apart   bool              `json:"apart,omitempty"`
	Outside bool              `json:"outside,omitempty"`
	Stood   bool              `json:"stood,omitempty"`
	Replies []rememberedReply `json:"replies,omitempty"`
}

type rememberedReply struct {
	Asked   string        `json:"asked"`
	Final   string        `json:"final"`
	Outline check.Outline `json:"outline"`
}

// recall is what is remembered of a place; nil where nothing is.
func (n *inspector) recall(ctx context.Context, base *url.URL, below, ext string) (*catchAll, error) {
	if n.o.Hosts == nil {
		return nil, nil
	}
	b, ok, err := n.o.Hosts.RecallHost(ctx, placeOf(base, below, ext))
	if err != nil || !ok {
		return nil, err
	}
	var r rememberedHost
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("engine: what is remembered of %s: %w", base.Host, err)
	}
	c := &catchAll{below: below, why: r.Why, to: r.To, home: r.Home, apart: r.Apart, outside: r.Outside, stood: r.Stood}
	for _, x := range r.Replies {
		c.replies = append(c.replies, reply{asked: x.Asked, final: x.Final, status: http.StatusOK, page: true, outline: x.Outline, title: x.Outline.Title})
	}
	return c, nil
}

// remember keeps how a place answered. That it did not answer is no knowledge.
func (n *inspector) remember(ctx context.Context, base *url.URL, ext string, c *catchAll) error {
	if n.o.Hosts == nil || c.why != "" && len(c.replies) == 0 {
		return nil
	}
	r := rememberedHost{Why: c.why, To: c.to, Home: c.home, Apart: c.apart, Outside: c.outside, Stood: c.stood}
	for _, x := range c.replies {
		r.Replies = append(r.Replies, rememberedReply{x.asked, x.final, x.outline})
	}
	b, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("engine: remember %s: %w", base.Host, err)
	}
	if len(b) <= mostRemembered {
		n.o.Hosts.RememberHost(ctx, placeOf(base, c.below, ext), b)
	}
	return nil
}

// Outside is what links that lead outside are looked at with.
type Outside struct {
	Client  *egress.Client
	Links   *crawl.LinkCheck
	Manners *crawl.Manners
	Hosts   HostMemory    // nil: nothing is remembered
	Within  time.Duration // how long a host is asked for what cannot be there; 20 s
}

// outsideAsks bounds the asking of a host for what cannot be there while somebody waits for
// one link.
const outsideAsks = 16

// JudgeOutside is what a run would say of one link that leads outside, for somebody who
// waits for it; why is the reason where nothing can be said. A host that is known, of a
// site of the ledger, is asked for what cannot be there as its own run asks it: at most
// outsideAsks times and no longer than Within, where nobody did so lately.
func JudgeOutside(ctx context.Context, w Outside, l check.Link, known bool) (r check.LinkResult, why string, err error) {
	ctx = crawl.Urgent(ctx)
	k := &linked{link: l}
	got := w.Links.Check(ctx, l.URL)
	if r, why = judged(k, got); why != "" {
		return r, why, nil
	}
	if r.Err != "" && !w.Client.Outside().After(got.At.Add(-lineTrusted)) {
		return r, "近期没有任何外部网站应答，检测机可能不能访问外网，未能检测。", nil
	}
	if r.Status != http.StatusOK {
		return r, "", nil
	}
	if why := landing(ctx, w.Manners, &r); why != "" || !known || r.State() != check.LinkAlive || !mayBePage(r.ContentType) {
		return r, why, nil
	}
	within, cancel := context.WithTimeout(ctx, cmp.Or(w.Within, 20*time.Second))
	defer cancel()
	r.CatchAll, why, err = w.catchAll(within, l)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return r, "所在主机没有及时答完随机编造的网址，不能判断链接打开的是不是真有的网页。", nil
	}
	return r, why, err
}

// catchAll says how a link opens what its host gives for anything; "" where it does not.
func (w Outside) catchAll(ctx context.Context, l check.Link) (says, why string, err error) {
	base, err := url.Parse(l.URL)
	if err != nil {
		return "", "", fmt.Errorf("engine: address of a link: %w", err)
	}
	home := base.Scheme + "://" + base.Host + "/"
	n := &inspector{client: w.Client, target: Target{URL: home}, o: Options{Manners: w.Manners, Hosts: w.Hosts}, start: home, home: home, recalls: true, most: outsideAsks}
	if n.homely(l.URL) {
		return "", "", nil
	}
	c, err := n.catchAllAt(ctx, base)
	switch {
	case err != nil:
		return "", "", err
	case c.why != "":
		return "", strings.TrimSuffix(c.why, "。") + "，不能判断链接打开的是不是真有的网页。", nil
	case len(c.replies) == 0:
		return "", "", nil
	}
	second, err := n.peek(ctx, l.URL, AsSecond) // the page that was opened was the first look
	if err != nil || !second.page {
		return "", second.why, err
	}
	if says, _ = n.shows(c, l, second); says == "" {
		return "", "", nil
	}
	if why, err = n.stands(ctx, c, base); err != nil || why != "" {
		return "", why, err
	}
	return says, "", nil
}

// mostNeighbours are opened to see whether a host shows pages of its own.
const mostNeighbours = 8

// stands says why it proves nothing that a link opens what its host gives for anything: not
// as many other pages of the host are unlike that, so that it may be busy, or an application.
func (n *inspector) stands(ctx context.Context, c *catchAll, base *url.URL) (why string, err error) {
	const nothing = "与之不同的网页太少，不能判断链接打开的是不是真有的网页。"
	var pages []string
	switch {
	case c.stood:
		return "", nil
	case c.below != "/" && c.apart:
		pages = []string{base.Scheme + "://" + base.Host + c.below}
	case c.below != "/" && !c.outside:
		return c.all() + nothing, nil
	default:
		home, err := n.peek(ctx, n.homeOf(base), AsFirst)
		if err != nil {
			return "", err
		}
		for _, ref := range home.outline.Refs {
			if to, err := crawl.Canonical(home.final, ref); err == nil && n.own(to) && !crawl.IsFile(to) && !n.homely(to) && !samePlace(to, base.String()) && !slices.Contains(pages, to) {
				pages = append(pages, to)
			}
		}
	}
	alike, differ := 0, 0
	for _, address := range pages[:min(len(pages), mostNeighbours)] {
		page, err := n.peek(ctx, address, AsFirst)
		if err != nil {
			return "", err
		}
		switch {
		case !page.page || page.missing:
		case c.shownBy(page) || c.to != "" && samePlace(page.final, c.to):
			alike++
		default:
			differ++
		}
	}
	if differ == 0 || alike > differ {
		return c.all() + nothing, nil
	}
	c.stood = true
	return "", n.remember(ctx, base, path.Ext(c.replies[0].asked), c)
}
