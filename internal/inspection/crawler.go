package inspection

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/blob"
	"zhengshu/internal/browser"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/frontier"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/vantage"
)

// Crawler looks at sites for a house whose database it cannot reach: it takes
// signed plans from a folder and answers with signed batches in another. Several
// may share one store, on one machine; each site is looked at by one of them.
type Crawler struct {
	set    CrawlerSettings
	client *egress.Client
	store  *frontier.Store

	manners *crawl.Manners
	links   *crawl.LinkCheck
	holder  string

	mu       sync.Mutex
	scanners map[string]check.Scanner // by edition and day

	lookers map[string]Looker // by kind of ask

	unread map[string]bool // plans that were answered as not understood; of Fetch alone
}

// CrawlerSettings of a crawler; zero fields take the defaults given.
type CrawlerSettings struct {
	Plans   string             // folder that plans come in
	Batches string             // folder that batches go to
	House   map[string]bool    // keys of houses whose plans are obeyed
	Key     ed25519.PrivateKey // signs batches
	Slots   int                // sites looked at at once; 8. One more stands by for what persons wait for
	Hold    time.Duration      // a site is held without a sign of life; 2 min
	Delay   time.Duration      // between two requests to a host; 250 ms; negative: none
	Vantage string             // as evidence names it; the host's name
	Version string             // of this program, as the house is told
	// Scanner reads by the word lists of a plan on a day, or without any by those of
	// the program; nil: wording is not looked at.
	Scanner func(words json.RawMessage, day calendar.Date) (check.Scanner, error)
	// Browser draws pages; nil: what needs one is untested.
	Browser *browser.Browser
	// Looks gives who looks at what is no page, by kind of ask.
	Looks func(Tools) map[string]Looker
	Now   func() time.Time
	Log   *slog.Logger
}

// Frugal keeps the process of a crawler below half a gigabyte, its store's memory
// included: the collector works harder before the machine has to find more.
func Frugal() { debug.SetMemoryLimit(320 << 20) }

// NewCrawler makes a crawler over its store.
func NewCrawler(store *frontier.Store, client *egress.Client, set CrawlerSettings) *Crawler {
	if set.Slots <= 0 {
		set.Slots = 8
	}
	if set.Hold <= 0 {
		set.Hold = 2 * time.Minute
	}
	if set.Vantage == "" {
		set.Vantage = "巡检程序"
		if name, err := os.Hostname(); err == nil {
			set.Vantage = name
		}
	}
	if set.Now == nil {
		set.Now = time.Now
	}
	if set.Log == nil {
		set.Log = slog.Default()
	}
	m := crawl.NewManners(client, crawl.Courtesy{Delay: set.Delay})
	c := &Crawler{unread: map[string]bool{}, set: set, client: client, store: store, manners: m, holder: ulid.Make().String(),
		links: crawl.NewLinkCheck(client, m, 20*time.Minute).Share(store)}
	if set.Looks != nil {
		c.lookers = set.Looks(Tools{Client: client, Manners: m, Links: c.links, Now: set.Now})
	}
	return c
}

// Fetch reads the plans in the folder into the store and returns how many tasks
// were new. A plan that was read before adds nothing; one that no house known
// here has signed is left alone and told of.
func (c *Crawler) Fetch(ctx context.Context) (int, error) {
	list, err := filepath.Glob(filepath.Join(c.set.Plans, "*"+planSuffix))
	if err != nil {
		return 0, err
	}
	slices.SortStableFunc(list, func(a, b string) int { return cmp.Compare(turnOf(a), turnOf(b)) })
	n := 0
	for _, file := range list {
		var p PlanFile
		err := readSigned(file, "plan", maxPlanFile, c.set.House, &p)
		if u := (*vantage.Unread)(nil); errors.As(err, &u) {
			c.set.Log.Error("inspection: plan of another version", "file", filepath.Base(file), "err", err)
			if err := c.answerUnread(file, u); err != nil {
				return n, err
			}
			continue
		}
		if errors.Is(err, errSeal) || errors.Is(err, os.ErrNotExist) {
			c.set.Log.Error("inspection: plan refused", "file", filepath.Base(file), "err", err)
			continue
		}
		if err != nil {
			return n, err
		}
		if !p.Until.After(c.set.Now()) {
			continue
		}
		var rounds []frontier.Round
		for _, t := range p.Tasks {
			u, err := url.Parse(t.Target.URL)
			if err != nil {
				c.set.Log.Error("inspection: task without an address", "run", t.Run, "err", err)
				continue
			}
			if t.Words = p.Lists[t.Lists]; t.Words == nil {
				t.Lists = ""
			}
			b, err := json.Marshal(t)
			if err != nil {
				return n, err
			}
			rounds = append(rounds, frontier.Round{ID: string(t.Run), Site: string(t.Site), Host: u.Host, Urgent: t.Spec.Urgent, NotBefore: t.Spec.Hours.Next(c.set.Now()), Task: b})
		}
		for _, t := range p.Errands {
			u, err := url.Parse(t.Target.URL)
			if err != nil || t.Errand == "" || t.Spot == nil {
				c.set.Log.Error("inspection: errand without a place", "errand", t.Errand, "err", err)
				continue
			}
			if t.Words = p.Lists[t.Lists]; t.Words == nil {
				t.Lists = ""
			}
			b, err := json.Marshal(t)
			if err != nil {
				return n, err
			}
			// A handful of requests: beside a patrol of the same host, not after it, and
			// without touching what the patrol was answered.
			id := errandPrefix + string(t.Errand)
			rounds = append(rounds, frontier.Round{ID: id, Site: id, Host: errandPrefix + u.Host, Urgent: true, Task: b})
		}
		for _, a := range p.Asks {
			id := askPrefix + string(a.ID)
			if a.Errand != "" {
				id = errandPrefix + string(a.Errand)
			}
			if id == askPrefix || strings.ContainsAny(id, `/\`) {
				c.set.Log.Error("inspection: ask without a name", "ask", a.ID, "kind", a.Kind)
				continue
			}
			b, err := json.Marshal(Task{Ask: &a, Errand: a.Errand})
			if err != nil {
				return n, err
			}
			rounds = append(rounds, frontier.Round{ID: id, Site: id, Host: askPrefix + a.Host, Urgent: p.Urgent, Task: b})
		}
		added, err := c.store.File(ctx, rounds...)
		if err != nil {
			return n, err
		}
		n += added
	}
	return n, nil
}

// answerUnread tells the house, for each thing that a plan of a house this program does
// not understand asks, that it cannot be done and why; once for each plan.
func (c *Crawler) answerUnread(file string, u *vantage.Unread) error {
	if c.unread[file] {
		return nil
	}
	var p struct {
		Until time.Time `json:"until"`
		Tasks []struct {
			Run RunID `json:"run"`
		} `json:"tasks"`
		Errands []struct {
			Errand ErrandID `json:"errand"`
		} `json:"errands"`
		Asks []struct {
			ID     AskID    `json:"id"`
			Errand ErrandID `json:"errand"`
		} `json:"asks"`
	}
	if err := json.Unmarshal(u.Body, &p); err != nil {
		c.set.Log.Error("inspection: plan cannot be answered", "file", filepath.Base(file), "err", err)
		return nil
	}
	now := c.set.Now().UTC()
	if !p.Until.After(now) {
		return nil
	}
	b := BatchFile{Writer: c.writer(), Vantage: c.set.Vantage, Edition: check.Edition(), Begun: now, Failure: "没有检查：" + u.Says("主系统", "外网巡检机程序")}
	for _, t := range p.Tasks {
		b.Run = t.Run
		if err := writeSigned(c.set.Batches, string(t.Run)+batchSuffix, "batch", c.set.Key, b); err != nil {
			return err
		}
	}
	b.Run = ""
	for _, t := range p.Asks {
		if t.Errand != "" {
			p.Errands = append(p.Errands, struct {
				Errand ErrandID `json:"errand"`
			}{t.Errand})
			continue
		}
		b.Ask = t.ID
		if err := writeSigned(c.set.Batches, askPrefix+string(t.ID)+batchSuffix, "batch", c.set.Key, b); err != nil {
			return err
		}
	}
	b.Ask = ""
	for _, t := range p.Errands {
		b.Errand = t.Errand
		if err := writeSigned(c.set.Batches, errandPrefix+string(t.Errand)+batchSuffix, "batch", c.set.Key, b); err != nil {
			return err
		}
	}
	c.unread[file] = true
	return nil
}

func (c *Crawler) writer() vantage.Writer {
	return vantage.Writer{Format: vantage.Format, Version: c.set.Version}
}

// errandPrefix and askPrefix tell errands and asks from runs in the store and among the
// batches.
const (
	errandPrefix = "errand-"
	askPrefix    = "ask-"
)

// turnOf is 0 for a plan that persons wait for and 1 for any other.
func turnOf(file string) int {
	if strings.HasPrefix(filepath.Base(file), urgentPrefix) {
		return 0
	}
	return 1
}

// Run works until the context ends: plans are looked for every half minute.
func (c *Crawler) Run(ctx context.Context) error {
	return c.run(ctx, false)
}

// Once works what is in the folder and the store and returns when nothing is
// left that may begin now.
func (c *Crawler) Once(ctx context.Context) error {
	return c.run(ctx, true)
}

// pause is how long a worker without work rests.
const pause = 500 * time.Millisecond

func (c *Crawler) run(ctx context.Context, once bool) error {
	if _, err := c.Fetch(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for i := range c.set.Slots + 1 {
		wg.Go(func() {
			if err := c.slot(ctx, i == 0, once); err != nil && ctx.Err() == nil {
				cancel(err)
			}
		})
	}
	if !once {
		wg.Go(func() {
			tick := time.NewTicker(30 * time.Second)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
					if _, err := c.Fetch(ctx); err != nil && ctx.Err() == nil {
						c.set.Log.Error("inspection: plans not read", "err", err)
					}
					if err := c.store.Tidy(ctx); err != nil && ctx.Err() == nil {
						c.set.Log.Error("inspection: store not tidied", "err", err)
					}
				}
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// slot takes rounds one after another.
func (c *Crawler) slot(ctx context.Context, urgent, once bool) error {
	for ctx.Err() == nil {
		r, ok, err := c.store.Take(ctx, c.holder, c.set.Hold, urgent)
		if err != nil {
			return err
		}
		if ok {
			if err := c.work(ctx, r); err != nil && ctx.Err() == nil {
				return err
			}
			continue
		}
		if once {
			// What another holds and leaves comes back when its time is over.
			n, err := c.store.Counts(ctx)
			if err != nil || n.Held == 0 {
				return err
			}
		}
		t := time.NewTimer(pause)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
		}
	}
	return nil
}

// longestTries is how often a round is taken up before it is told to have failed.
const longestTries = 5

func (c *Crawler) work(ctx context.Context, r frontier.Round) error {
	var t Task
	if err := json.Unmarshal(r.Task, &t); err != nil {
		return fmt.Errorf("inspection: task of %s: %w", r.ID, err)
	}
	kept := carrier{}
	b := BatchFile{Writer: c.writer(), Run: t.Run, Vantage: c.set.Vantage, Edition: check.Edition(), Lists: t.Lists, Begun: c.set.Now().UTC(), Blobs: kept}
	within, cancel := context.WithTimeout(ctx, t.Spec.longest())
	defer cancel()
	if t.Spec.Urgent {
		within = crawl.Urgent(within)
	}
	within, lost := context.WithCancelCause(within)
	alive := make(chan struct{})
	var wg sync.WaitGroup
	var replaying atomic.Bool
	wg.Go(func() { c.hold(within, r, alive, lost, &replaying) })
	var rep engine.Report
	var err error
	name := string(t.Run) // the run's: written again after a crash, it is the same file
	switch {
	case t.Ask != nil:
		b.Errand, b.Ask, name = t.Errand, t.Ask.ID, r.ID
		b.Answer, b.Failure, err = c.answer(within, *t.Ask, kept)
	case t.Errand != "":
		name = errandPrefix + string(t.Errand)
		b.Errand, b.Look, err = t.Errand, new(engine.Look), nil
		*b.Look, err = c.errand(within, t, kept)
	default:
		rep, err = c.inspect(within, t, r, kept, &replaying)
	}
	close(alive)
	wg.Wait()
	switch {
	case ctx.Err() != nil:
		return ctx.Err() // the hold runs out, or this process takes it up again
	case errors.Is(context.Cause(within), frontier.ErrLost):
		c.set.Log.Warn("inspection: site was taken over", "run", r.ID)
		return nil
	case errors.Is(err, crawl.ErrRest):
		return c.store.GiveBack(ctx, r, t.Spec.Hours.Next(c.set.Now()))
	case within.Err() != nil:
		b.Failure = "检查时间过长，没有完成，对方网站响应很慢，请与网站运维单位核实后重新发起。"
	case err != nil && r.Tries < longestTries:
		c.set.Log.Error("inspection: run broke off", "run", r.ID, "url", t.Target.URL, "err", err)
		return c.store.GiveBack(ctx, r, c.set.Now().Add(time.Minute<<r.Tries))
	case err != nil:
		b.Failure = "检查中断：" + fault.Of(err).Says
	}
	b.Report = rep.Pack()
	if err := writeSigned(c.set.Batches, name+batchSuffix, "batch", c.set.Key, b); err != nil {
		return err
	}
	err = c.store.Done(ctx, r)
	if errors.Is(err, frontier.ErrLost) {
		return nil
	}
	return err
}

// errand looks at the place of one finding again.
func (c *Crawler) errand(ctx context.Context, t Task, kept carrier) (engine.Look, error) {
	o, err := c.options(t)
	if err != nil {
		return engine.Look{}, err
	}
	if !readsWords(t.Spot.Check) {
		o.Scanner = nil
	}
	o.Focus, o.Picture = t.Spec.Focus, true
	short, cancel := context.WithTimeout(ctx, longestErrand)
	defer cancel()
	look, err := engine.Recheck(short, c.client, kept, t.Target, *t.Spot, o)
	if ctx.Err() == nil && short.Err() != nil {
		return engine.Look{Outcome: engine.Unknown, Says: "一分钟内没有复测完，对方网站响应很慢。", Evidence: engine.Evidence{URL: t.Spot.URL, At: c.set.Now().UTC(), Vantage: c.set.Vantage}}, nil
	}
	return look, err
}

// answer looks at what an ask is about; failure says why that cannot be.
func (c *Crawler) answer(ctx context.Context, a Ask, kept carrier) (answer *Answer, failure string, err error) {
	look, ok := c.lookers[a.Kind]
	if !ok {
		return nil, "没有检测：外网巡检机程序不认识这项检测，请更新到与主系统同一版本。", nil
	}
	short, cancel := context.WithTimeout(ctx, longestAsk)
	defer cancel()
	at := c.set.Now().UTC()
	seen, err := look(short, a.What, func(body []byte) (blob.Ref, error) { return kept.Put(short, bytes.NewReader(body)) })
	switch {
	case ctx.Err() != nil:
		return nil, "", ctx.Err()
	case short.Err() != nil:
		return nil, "三分钟内没有检测完，对方响应很慢，未能检测。", nil
	case fault.Is(err, fault.Invalid):
		return nil, fault.Of(err).Says, nil
	case err != nil:
		return nil, "", err
	}
	body, err := json.Marshal(seen)
	if err != nil {
		return nil, "", fmt.Errorf("inspection: answer of %s: %w", a.Kind, err)
	}
	return &Answer{At: at, Seen: body}, "", nil
}

// longestAsk is how long one look at what is no page may take.
const longestAsk = 3 * time.Minute

// longestErrand is how long one second look may take.
const longestErrand = time.Minute

func (c *Crawler) options(t Task) (engine.Options, error) {
	c.manners.KeepPace(t.Pace)
	o := engine.Options{MaxPages: 200, Delay: c.set.Delay, Limits: t.Limits, Today: calendar.DateOf(c.set.Now()), Manners: c.manners, Links: c.links, Vantage: c.set.Vantage, Browser: c.set.Browser}
	o.Acquitted = make(map[string]bool, len(t.Acquitted))
	for _, c := range t.Acquitted {
		o.Acquitted[c] = true
	}
	var err error
	o.Scanner, err = c.scanner(t, o.Today)
	return o, err
}

func (c *Crawler) inspect(ctx context.Context, t Task, r frontier.Round, kept carrier, replaying *atomic.Bool) (engine.Report, error) {
	o, err := c.options(t)
	if err != nil {
		return engine.Report{}, err
	}
	o.Known = make(map[string]bool, len(t.Known))
	for _, fp := range t.Known {
		o.Known[fp] = true
	}
	if o.KnownShare = defaultShare; t.Share != nil {
		o.KnownShare = *t.Share
	}
	obey(&o, t.Spec)
	censusOf(&o, t.Target)
	without(&o, r.Spent)
	j, err := c.store.Journal(ctx, r.Site, r.ID)
	if err != nil {
		return engine.Report{}, err
	}
	turnsOf(&o, t.Target, j)
	o.Journal, o.Hosts, o.Until = j, c.store, time.Now().Add(t.Spec.longest()-lastSteps)
	o.Rest = func() bool { return !t.Spec.Hours.Open(c.set.Now()) }
	replaying.Store(j.Answers() > 0)
	o.Progress = func(_ int, _ string, replayed bool) { replaying.Store(replayed) }
	return engine.Inspect(ctx, c.client, kept, t.Target, o)
}

// defaultShare is that of a plan of a house that gives none.
const defaultShare = 50

// mostScanners are kept: each takes some memory.
const mostScanners = 8

// scanner is made once a day for all tasks that name the same lists.
func (c *Crawler) scanner(t Task, day calendar.Date) (check.Scanner, error) {
	if c.set.Scanner == nil {
		return nil, nil
	}
	key := t.Lists + " " + day.String()
	c.mu.Lock()
	defer c.mu.Unlock()
	if sc := c.scanners[key]; sc != nil {
		return sc, nil
	}
	sc, err := c.set.Scanner(t.Words, day)
	if err != nil {
		return nil, fmt.Errorf("inspection: word lists %s of run %s: %w", t.Lists, t.Run, err)
	}
	if c.scanners == nil || len(c.scanners) >= mostScanners {
		c.scanners = map[string]check.Scanner{}
	}
	c.scanners[key] = sc
	return sc, nil
}

// hold gives a sign of life while a round is worked.
func (c *Crawler) hold(ctx context.Context, r frontier.Round, over <-chan struct{}, lost context.CancelCauseFunc, replaying *atomic.Bool) {
	every := c.set.Hold / 3
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-over:
			return
		case <-tick.C:
		}
		spent := every
		if replaying.Load() {
			spent = 0 // the time of these pages was taken when they were asked for
		}
		if err := c.store.Hold(ctx, r, c.set.Hold, spent); errors.Is(err, frontier.ErrLost) {
			lost(err)
			return
		}
	}
}
