package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"zhengshu/internal/egress"
)

// Bounds of a child and of one page.
const (
	pageTime    = 45 * time.Second // one page at one width, with all it asks for
	startTime   = 20 * time.Second
	loadTime    = 20 * time.Second // until the load event; what is there by then is drawn
	scriptTime  = 15 * time.Second // one expression
	leaveTime   = 5 * time.Second  // to leave a page
	settleTime  = 250 * time.Millisecond
	quietTime   = 700 * time.Millisecond // without a request, until a page has made itself
	quietMost   = 8 * time.Second        // that are waited for
	childCPU    = 600                    // seconds
	childMemory = 1500 << 20             // bytes resident, of all its processes
	childWrites = 400_000                // blocks of 512 bytes in one file
	maxRequests = 400                    // of one page
	maxPageSize = 40 << 20               // bytes of all answers to one page
	atOnce      = 6                      // requests under way
	shotHeight  = 900                    // CSS pixels of a picture
	shotAbove   = 260                    // of these above the place
	maxShot     = 4 << 20                // bytes of a picture
	tempFolder  = "zhengshu-browser-*"
)

// Fetch asks for one address under the house's policy and manners. page says that
// it is the page itself, which waits for the host's turn. What may not be asked for
// is a *Denied.
type Fetch func(ctx context.Context, address string, page bool, o egress.Options) (*egress.Response, error)

// Denied is what a Fetch returns for an address that its host keeps from us; Says is
// why, in a Chinese sentence.
type Denied struct{ Says string }

func (d *Denied) Error() string { return "browser: denied: " + d.Says }

// Settings of a Browser.
type Settings struct {
	// Program is the browser; "" looks for $CHROMIUM and the usual names.
	Program string
	// Axe is the source of axe-core; "" leaves what it finds untested.
	Axe string
	// Bare runs without the browser's own sandbox, for machines that cannot give
	// it one; its network is taken from it all the same.
	Bare bool
	// PageTime bounds one page at one width; 45 s. A browser that has more has more,
	// in proportion, for each part of it and to start: a machine may be slow.
	PageTime time.Duration
}

// share is the part of the page's time that d is of the usual one.
func (s Settings) share(d time.Duration) time.Duration {
	return time.Duration(float64(d) * float64(s.PageTime) / float64(pageTime))
}

// Browser starts children, one at a time: each takes a core and some memory.
type Browser struct {
	set  Settings
	turn chan struct{}

	once sync.Once
	says string // why there is none
	path string
}

// New makes a Browser. Whether one is installed shows when it is first asked for.
func New(set Settings) *Browser {
	if set.PageTime <= 0 {
		set.PageTime = pageTime
	}
	return &Browser{set: set, turn: make(chan struct{}, 1)}
}

// Unavailable says why nothing was drawn, in a Chinese sentence.
type Unavailable struct {
	Says string
	Err  error
}

func (u *Unavailable) Error() string {
	if u.Err == nil {
		return "browser: unavailable"
	}
	return "browser: unavailable: " + u.Err.Error()
}

func (u *Unavailable) Unwrap() error { return u.Err }

func unavailable(err error, says string) *Unavailable { return &Unavailable{Says: says, Err: err} }

// names under which the browser is looked for.
var names = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

func (b *Browser) find() (string, error) {
	b.once.Do(func() {
		b.path = b.set.Program
		if b.path == "" {
			b.path = os.Getenv("CHROMIUM")
		}
		for _, n := range names {
			if b.path != "" {
				break
			}
			if p, err := exec.LookPath(n); err == nil {
				b.path = p
			}
		}
		if b.path == "" {
			b.says = "检查机没有安装 Chromium 浏览器"
		}
	})
	if b.says != "" {
		return "", unavailable(nil, b.says)
	}
	return b.path, nil
}

// Audits reports whether axe-core is at hand.
func (b *Browser) Audits() bool { return b.set.Axe != "" }

// Open starts a child and waits for its turn; it must be closed. The error is an
// *Unavailable or the context's.
func (b *Browser) Open(ctx context.Context, fetch Fetch) (*Child, error) {
	if _, err := b.find(); err != nil {
		return nil, err
	}
	select {
	case b.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c := &Child{b: b, fetch: fetch}
	if err := c.start(ctx); err != nil {
		<-b.turn
		return nil, err
	}
	return c, nil
}

// Child is one running browser.
type Child struct {
	b     *Browser
	fetch Fetch
	p     *process
	lost  int // how often it was started again
	ended bool
}

// Close ends the child and lets the next begin.
func (c *Child) Close() error {
	if c.ended {
		return nil
	}
	c.ended = true
	err := c.stop()
	<-c.b.turn
	return err
}

func (c *Child) start(ctx context.Context) error {
	p, err := launch(ctx, c.b.path, c.b.set.Bare, max(startTime, c.b.set.share(startTime)))
	if err != nil {
		return err
	}
	c.p = p
	return nil
}

func (c *Child) stop() error {
	if c.p == nil {
		return nil
	}
	err := c.p.end()
	c.p = nil
	return err
}

// Width is a page at one width of the window, in CSS pixels.
type Width struct {
	Width   int
	Content int           // what was drawn; wider: a reader scrolls sideways
	Load    time.Duration // to the load event; 0 when it was not measured
}

// Violation is one rule of axe-core that the page breaks.
type Violation struct {
	ID     string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Nodes  int    `json:"nodes"`
	First  string `json:"first"`
}

// Mark names a place to be found on the page; the first part that is given and
// found counts.
type Mark struct {
	Link     string // where an anchor, a picture or a frame leads
	Text     string // words of the page
	Selector string
}

// Box is a place on a picture, in its pixels.
type Box struct{ X, Y, Width, Height int }

// Shot is a picture of a place.
type Shot struct {
	PNG    []byte
	Width  int
	Height int
	Boxes  []Box // empty when the place was not found; the picture is then the top of the page
}

// Job is one page to be drawn.
type Job struct {
	URL string
	// Body is drawn as what URL answered, so that a picture is of the very bytes
	// that are kept; nil fetches it.
	Body        []byte
	ContentType string
	Widths      []int // of the window, the first for load, axe and pictures
	Measure     bool  // how long it takes to load; needs Body nil
	Axe         bool
	Marks       []Mark // a picture of each; one zero Mark gives the top of the page
	// Source asks for the page as its scripts have made it, once they ask for no more.
	Source bool
}

// Sight is what was seen.
type Sight struct {
	Final   string // where the page came out
	Status  int    // of the page itself; 0: no answer
	Widths  []Width
	Axe     []Violation
	Audited bool
	Shots   []Shot
	// Source is the page as its scripts have made it, as HTML; "" when it is larger
	// than mostSource. Settled says that by then nothing was asked for any more.
	Source  string
	Settled bool
	// Asked are the requests the page made, Refused those that were not answered.
	Asked, Refused int
	Bytes          int64
	// Kept are the addresses of these that we may not ask for: what was drawn lacks
	// them. The first mostKept.
	Kept []Kept
}

// Kept is an address that its host keeps from us, and why.
type Kept struct{ URL, Says string }

// mostSource bounds the page as it was made, in characters.
const mostSource = 3 << 20

// mostKept bounds the addresses that are named.
const mostKept = 20

// errGone says that the child ended while it was spoken to.
var errGone = errors.New("browser: the child has ended")

// mostStarts bounds how often a child that fell is started again in one Open.
const mostStarts = 3

// Draw draws one page. A child that hangs or falls is ended and started again for
// the next page, one that a page has gone away from under is kept; of this page it
// is said why. The error is an *Unavailable or the
// context's.
func (c *Child) Draw(ctx context.Context, j Job) (Sight, error) {
	if c.p == nil {
		if c.lost++; c.lost >= mostStarts {
			return Sight{}, unavailable(errGone, "浏览器多次中断，没有继续查看")
		}
		if err := c.start(ctx); err != nil {
			return Sight{}, err
		}
	}
	within, cancel := context.WithTimeout(ctx, c.b.set.PageTime*time.Duration(max(1, len(j.Widths))))
	defer cancel()
	s, err := c.draw(within, j)
	if err == nil {
		return s, nil
	}
	if refused := (*refusal)(nil); within.Err() == nil && errors.As(err, &refused) && c.p.whole() {
		return s, unavailable(err, "页面在查看时转到了别处")
	}
	stopped := c.stop()
	switch {
	case ctx.Err() != nil:
		return s, ctx.Err()
	case within.Err() != nil:
		return s, unavailable(errors.Join(err, stopped), fmt.Sprintf("页面在浏览器里 %d 秒没有画完", int(c.b.set.PageTime.Seconds())))
	}
	return s, unavailable(errors.Join(err, stopped), "页面使浏览器中断（可能超出内存或时间的限制）")
}

// plainAgent is what a browser says of itself without the word that tells a
// window from none.
func plainAgent(agent string) string { return strings.ReplaceAll(agent, "Headless", "") }
