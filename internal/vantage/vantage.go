package vantage

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"slices"
	"sync"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
)

const (
	// MaxTargets and MaxResults bound a list and a batch, MaxWire their bytes.
	MaxTargets = 20_000
	MaxResults = 200_000
	MaxWire    = 32 << 20
	// PlanFor is how long a list may be used.
	PlanFor = 7 * 24 * time.Hour
	// MaxAddresses bounds the addresses told of a target; NamedEvery is between two
	// tellings of where a target's name leads.
	MaxAddresses = 20
	NamedEvery   = 30 * time.Minute
	// kept bounds the results an agent holds while the house does not answer.
	kept = 100_000
)

// Target is one site to probe.
type Target struct {
	ID  string `json:"id"`
	URL string `json:"url"`
	// Every is the site's own interval while it is probed tighter than the others.
	Every time.Duration `json:"every,omitempty"`
}

// Format is the edition of what is exchanged that this program writes. The first said
// nothing of itself and took nothing that it did not know, so who does not say that it
// reads a later one is sent the first; the second says who wrote it; the third asks for
// looks at what is no page (inspection.Ask).
const Format = 3

// Writer is the program that wrote a list or a batch. What it says beyond what the
// reader knows is passed over; Least is from which format on it is read rightly.
type Writer struct {
	Format  int    `json:"format,omitempty"`
	Least   int    `json:"least,omitempty"`
	Version string `json:"version,omitempty"` // for people
}

// Unread is that what was signed rightly cannot be read by this program; an error of
// the kind Invalid stands over it.
type Unread struct {
	Writer
	Err  error  // nil: it is too new
	Body []byte // that was signed
}

func (u *Unread) Error() string {
	if u.Err == nil {
		return fmt.Sprintf("vantage: written for format %d, this program reads %d", u.Least, Format)
	}
	return "vantage: not readable: " + u.Err.Error()
}

func (u *Unread) Unwrap() error { return u.Err }

// Name is the program for people.
func (w Writer) Name() string {
	if w.Version == "" {
		return "（没有报告版本）"
	}
	return " " + w.Version
}

// ReadBody reads what was signed, of whichever program.
func ReadBody(body []byte, into any) error {
	body = noNUL(body)
	var w Writer
	if err := json.Unmarshal(body, &w); err != nil {
		return &Unread{Err: err, Body: body}
	}
	if w.Version = abridge.Plain(w.Version, 40); w.Least > Format {
		return &Unread{Writer: w, Body: body}
	}
	if err := json.Unmarshal(body, into); err != nil {
		return &Unread{Writer: w, Err: err, Body: body}
	}
	return nil
}

// noNUL writes the letter that no database keeps as one that is no letter: a JSON string
// may hold it, and what was signed could then never be taken in.
func noNUL(body []byte) []byte {
	if !bytes.Contains(body, []byte(`\u0000`)) {
		return body
	}
	out := slices.Clone(body)
	for i := 0; i+1 < len(out); i++ {
		if out[i] != '\\' {
			continue
		}
		if bytes.HasPrefix(out[i:], []byte(`\u0000`)) {
			copy(out[i:], `\ufffd`)
		}
		i++ // what it escapes
	}
	return out
}

// Plan is what the house asks of one vantage.
type Plan struct {
	Writer
	Vantage string        `json:"vantage"`
	Made    time.Time     `json:"made"`
	Until   time.Time     `json:"until"`
	Every   time.Duration `json:"every"` // between two probes of a site
	Line    []string      `json:"line"`  // addresses of its own by which the vantage tests its line
	Targets []Target      `json:"targets"`
	// Taken is the number of the last batch that was taken, where it lies ahead of
	// the house's clock: the agent counts on from it.
	Taken int64 `json:"taken,omitempty"`
}

// Result is one probe.
type Result struct {
	ID     string      `json:"id"`
	At     time.Time   `json:"at"`
	OK     bool        `json:"ok"`
	Kind   egress.Kind `json:"kind,omitempty"`
	Status int         `json:"status,omitempty"`
	TookMS int64       `json:"took_ms"`
}

// Name is where the name of a target leads, as the vantage's own resolver told it.
type Name struct {
	ID        string    `json:"id"`
	At        time.Time `json:"at"`
	Host      string    `json:"host"`
	Addresses []string  `json:"addresses"`
	Dialled   string    `json:"dialled,omitempty"` // the one that was connected to
}

// Batch is what a vantage saw since the last one.
type Batch struct {
	Writer
	Vantage string    `json:"vantage"`
	Made    time.Time `json:"made"`
	Seq     int64     `json:"seq"` // rises with every batch: an old one again is refused
	// Follows says that the agent's clock stands behind the number of the last batch
	// that was taken, as one that was ahead and was set right does, and that it counts
	// on from that number; 0: its numbers are the time, as ever.
	Follows int64    `json:"follows,omitempty"`
	LineOK  bool     `json:"line_ok"`
	Lost    int      `json:"lost,omitempty"` // results dropped because the house did not answer
	Results []Result `json:"results"`
	Names   []Name   `json:"names,omitempty"`
}

// Count is the house's answer to a batch whose number is not above that of the last
// one it took. Numbers only ever rise, so an old answer does no harm.
type Count struct {
	Vantage string `json:"vantage"`
	Taken   int64  `json:"taken"`
	Says    string `json:"says"` // why the batch was refused, for people
}

// envelope carries signed bytes.
type envelope struct {
	Body []byte `json:"body"`
	Sign []byte `json:"sign"`
}

// What is signed begins with what it is, so that a list is never taken for a
// batch.
const (
	planMark  = "zhengshu vantage plan 1\n"
	batchMark = "zhengshu vantage batch 1\n"
	countMark = "zhengshu vantage count 1\n"
)

// Seal signs a plan, a batch or a count.
func Seal(key ed25519.PrivateKey, what any) ([]byte, error) {
	body, err := json.Marshal(what)
	if err != nil {
		return nil, err
	}
	mark := planMark
	switch what.(type) {
	case Batch:
		mark = batchMark
	case Count:
		mark = countMark
	}
	return json.Marshal(envelope{body, ed25519.Sign(key, append([]byte(mark), body...))})
}

var errSign = errors.New("vantage: not signed by the key expected")

func open(pub ed25519.PublicKey, mark string, wire []byte, into any) error {
	if len(wire) > MaxWire {
		return fault.New(fault.TooLarge, "文件超过 32 MB，请减少监测目标或缩短周期。")
	}
	var e envelope
	if err := strict(wire, &e); err != nil {
		return fault.New(fault.Invalid, "文件不是监测点的清单或结果，请核对。").From(err)
	}
	if len(pub) != ed25519.PublicKeySize || !ed25519.Verify(pub, append([]byte(mark), e.Body...), e.Sign) {
		return fault.New(fault.Forbidden, "签名不对：不是这个监测点的密钥所签，或内容被改动。").From(errSign)
	}
	err := ReadBody(e.Body, into)
	if u := (*Unread)(nil); errors.As(err, &u) {
		from, by := "主系统", "监测点程序"
		if mark == batchMark {
			from, by = by, from
		}
		return fault.New(fault.Invalid, u.Says(from, by)).From(u)
	}
	return err
}

// Says is why it could not be read and what to do, for people: from wrote it, by read it.
func (u *Unread) Says(from, by string) string {
	if u.Err == nil {
		return "签名正确，但" + from + "版本" + u.Name() + " 高于" + by + "，内容不能识别。请把" + by + "更新到同一版本。"
	}
	return "签名正确，但内容不能识别，" + from + "版本" + u.Name() + " 与" + by + "不一致。请更新到同一版本，先更新主系统。"
}

func strict(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more after the end")
	}
	return nil
}

// OpenPlan reads a list that the house signed.
func OpenPlan(house ed25519.PublicKey, wire []byte) (Plan, error) {
	var p Plan
	if err := open(house, planMark, wire, &p); err != nil {
		return p, err
	}
	if p.Every < time.Second || p.Every > time.Hour || len(p.Targets) > MaxTargets || len(p.Line) > 10 {
		return p, fault.New(fault.Invalid, "监测清单的周期或数量超出范围。")
	}
	for _, t := range p.Targets {
		if t.Every != 0 && (t.Every < time.Second || t.Every > p.Every) {
			return p, fault.New(fault.Invalid, "监测清单的周期或数量超出范围。")
		}
	}
	return p, nil
}

// Claim is the vantage a batch says it comes from, not yet proven: to find the
// key by.
func Claim(wire []byte) string {
	var e envelope
	var b struct {
		Vantage string `json:"vantage"`
	}
	if len(wire) > MaxWire || json.Unmarshal(wire, &e) != nil || json.Unmarshal(e.Body, &b) != nil || len(b.Vantage) > 40 {
		return ""
	}
	return b.Vantage
}

// OpenBatch reads a batch that the vantage signed.
func OpenBatch(vantage ed25519.PublicKey, wire []byte) (Batch, error) {
	var b Batch
	if err := open(vantage, batchMark, wire, &b); err != nil {
		return b, err
	}
	if len(b.Results) > MaxResults || len(b.Names) > MaxResults || slices.ContainsFunc(b.Names, func(n Name) bool { return len(n.Addresses) > MaxAddresses }) {
		return b, fault.New(fault.TooLarge, "一批结果超过 20 万条，请缩短交换的间隔。")
	}
	b.Version = abridge.Plain(b.Version, 40)
	return b, nil
}

// OpenCount reads what the house says of its last batch.
func OpenCount(house ed25519.PublicKey, wire []byte) (Count, error) {
	var c Count
	err := open(house, countMark, wire, &c)
	return c, err
}

// Key is what an agent is started with: who it is, its own key, and the
// house's.
type Key struct {
	Vantage string
	Own     ed25519.PrivateKey
	House   ed25519.PublicKey
}

const keyMark = "zsv1."

// NewKey makes the key of a vantage.
func NewKey(vantage string, house ed25519.PublicKey) (Key, error) {
	_, own, err := ed25519.GenerateKey(rand.Reader)
	return Key{vantage, own, house}, err
}

// String is the key in one word, for a command line or a file. It is secret.
func (k Key) String() string {
	b := append(append([]byte{}, k.Own.Seed()...), k.House...)
	return keyMark + base64.RawURLEncoding.EncodeToString(append(b, k.Vantage...))
}

// ParseKey reads what String wrote.
func ParseKey(s string) (Key, error) {
	bad := fault.New(fault.Invalid, "监测点密钥不完整，请从“监测点”页面重新生成。")
	if len(s) > 400 || len(s) < len(keyMark) || s[:len(keyMark)] != keyMark {
		return Key{}, bad
	}
	b, err := base64.RawURLEncoding.DecodeString(s[len(keyMark):])
	if err != nil || len(b) <= 64 || len(b) > 104 {
		return Key{}, bad
	}
	return Key{string(b[64:]), ed25519.NewKeyFromSeed(b[:32]), ed25519.PublicKey(b[32:64])}, nil
}

// Agent probes from one place.
type Agent struct {
	Key    Key
	Client *egress.Client
	AtOnce int // probes at the same time; 64 when zero
	// Version is the program's, as it tells the house.
	Version string
	// Older has it speak as the program before: to a house that takes nothing it does not
	// know. Run finds out by itself.
	Older bool

	older      int       // how many editions further back it speaks; see editions
	newerAgain time.Time // when it is tried whether the house was updated

	seq     int64
	follows int64 // see Batch.Follows
	held    []Result
	lost    int
	line    bool
	// asked is when each target was asked last, named when its name was told last.
	asked, named map[string]time.Time
	names        []Name
}

// name asks the vantage's resolver where a target leads; false where there is no
// answer to tell, or none is due.
func (a *Agent) name(ctx context.Context, t Target, r egress.ProbeResult, last time.Time) (Name, bool) {
	u, err := url.Parse(t.URL)
	if err != nil || !last.IsZero() && r.At.Sub(last) < NamedEvery {
		return Name{}, false
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return Name{}, false // no name
	}
	list, err := a.Client.Addresses(ctx, u.Hostname())
	if err != nil {
		return Name{}, false
	}
	n := Name{ID: t.ID, At: r.At, Host: u.Hostname()}
	for _, x := range list[:min(len(list), MaxAddresses)] {
		n.Addresses = append(n.Addresses, x.String())
	}
	if r.Remote.IsValid() {
		n.Dialled = r.Remote.String()
	}
	return n, true
}

// LineOK tests the vantage's own line: any of the addresses that answers at all
// proves it. Without addresses nothing can be said against it.
func LineOK(ctx context.Context, c *egress.Client, line []string) bool {
	if len(line) == 0 {
		return true
	}
	for _, a := range line {
		if r := c.Knock(ctx, a); r.OK || r.Status > 0 || r.Kind == egress.TLS {
			return true
		}
	}
	return false
}

// Round probes every target of the plan once, spread over the interval when
// spread is set, and keeps the results. A round in which the own line is down
// says nothing and keeps none.
func (a *Agent) Round(ctx context.Context, p Plan, spread bool) (n int) {
	a.line = LineOK(ctx, a.Client, p.Line)
	if !a.line {
		return 0
	}
	atOnce := a.AtOnce
	if atOnce <= 0 {
		atOnce = 64
	}
	work := make(chan Target)
	out := make([]Result, 0, len(p.Targets))
	var names []Name
	if a.named == nil {
		a.named = map[string]time.Time{}
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range min(atOnce, len(p.Targets)) {
		wg.Go(func() {
			for t := range work {
				r := a.Client.Knock(ctx, t.URL)
				if r.Void {
					continue
				}
				mu.Lock()
				last := a.named[t.ID]
				mu.Unlock()
				name, told := a.name(ctx, t, r, last)
				mu.Lock()
				if told {
					names = append(names, name)
					a.named[t.ID] = r.At
				}
				out = append(out, Result{t.ID, r.At, r.OK, r.Kind, r.Status, r.Took.Milliseconds()})
				mu.Unlock()
			}
		})
	}
	gap := time.Duration(0)
	if spread && len(p.Targets) > 0 {
		gap = p.Every * 4 / 5 / time.Duration(len(p.Targets))
	}
	begun := time.Now()
feed:
	for i, t := range p.Targets {
		if wait := time.Until(begun.Add(gap * time.Duration(i))); gap > 0 && wait > 0 {
			select {
			case <-ctx.Done():
				break feed
			case <-time.After(wait):
			}
		}
		select {
		case <-ctx.Done():
			break feed
		case work <- t:
		}
	}
	close(work)
	wg.Wait()
	// A line that went down meanwhile took the round with it.
	if len(p.Line) > 0 && !LineOK(ctx, a.Client, p.Line) {
		a.line = false
		return 0
	}
	a.names = append(a.names, names...)
	if over := len(a.names) - kept; over > 0 {
		a.names = a.names[over:]
	}
	a.held = append(a.held, out...)
	if over := len(a.held) - kept; over > 0 {
		a.held, a.lost = a.held[over:], a.lost+over
	}
	return len(out)
}

// pace is the time between two rounds: the tightest interval of the plan.
func (p Plan) pace() time.Duration {
	pace := p.Every
	for _, t := range p.Targets {
		if t.Every > 0 {
			pace = min(pace, t.Every)
		}
	}
	return pace
}

// turn is the plan of one round: the targets whose own interval is over, at the
// pace of the rounds.
func (a *Agent) turn(p Plan, now time.Time) Plan {
	pace := p.pace()
	out := p
	out.Every, out.Targets = pace, nil
	asked := make(map[string]time.Time, len(p.Targets))
	for _, t := range p.Targets {
		every := p.Every
		if t.Every > 0 {
			every = t.Every
		}
		last, ok := a.asked[t.ID]
		// A round begins a little early or late.
		if !ok || now.Sub(last) >= every-pace/2 {
			out.Targets = append(out.Targets, t)
			last = now
		}
		asked[t.ID] = last
	}
	a.asked = asked
	return out
}

// Batch is what is held, signed; Taken lets go of it.
func (a *Agent) Batch(now time.Time) ([]byte, error) {
	a.seq = max(a.seq+1, now.UnixMilli())
	if a.follows < now.UnixMilli() {
		a.follows = 0 // the time has come up with it
	}
	b := Batch{Writer: Writer{Format: Format, Version: a.Version}, Vantage: a.Key.Vantage, Made: now.UTC(), Seq: a.seq, Follows: a.follows, LineOK: a.line, Lost: a.lost, Results: a.held, Names: a.names}
	older := a.older
	if a.Older {
		older = editions - 1
	}
	if older > 0 {
		b.Writer = Writer{}
	}
	if older > 1 {
		b.Names = nil
	}
	if older > 2 {
		b.Follows = 0
	}
	return Seal(a.Key.Own, b)
}

const (
	// editions are how many ways of writing a batch there are: the newest, the one before
	// programs named themselves, the one before names, the one before numbers that follow.
	editions = 4
	// newerEvery is how often a house that took only an older one is tried again.
	newerEvery = time.Hour
)

// speakOlder has the next batch written as an older program would; false where it was
// written as the oldest already.
func (a *Agent) speakOlder(now time.Time) bool {
	if a.older+1 >= editions {
		a.older = 0
		return false
	}
	a.older, a.newerAgain = a.older+1, now.Add(newerEvery)
	return true
}

// CountFrom has the next batch count on from the last that was taken.
func (a *Agent) CountFrom(taken int64) {
	if taken > a.seq {
		a.seq, a.follows = taken, taken
	}
}

// Taken says that the house has the last batch.
func (a *Agent) Taken() { a.held, a.names, a.lost = nil, nil, 0 }

// Exchange hands a batch over and returns the next list; with a fault.Conflict, the
// house's Count.
type Exchange func(ctx context.Context, batch []byte) (plan []byte, err error)

// Run works until ctx ends: a round each interval, handed over at its end. The
// house may be away; results wait for it, as many as are kept.
func (a *Agent) Run(ctx context.Context, swap Exchange, tell func(format string, args ...any)) error {
	a.line = true
	var plan Plan
	for {
		if a.older > 0 && time.Now().After(a.newerAgain) {
			a.older = 0 // the house may have been updated
		}
		batch, err := a.Batch(time.Now())
		if err != nil {
			return err
		}
		wire, err := swap(ctx, batch)
		again := false
		if err == nil {
			a.Taken()
			next, perr := OpenPlan(a.Key.House, wire)
			u := (*Unread)(nil)
			switch {
			case errors.As(perr, &u):
				tell("收到的清单不能识别，继续按原来的清单探测：%s", fault.Of(perr).Says)
			case perr != nil:
				return fmt.Errorf("vantage: plan: %w", perr)
			case next.Vantage != a.Key.Vantage:
				return fault.New(fault.Forbidden, "收到的清单是给别的监测点的，请核对密钥。")
			default:
				plan = next
				a.CountFrom(plan.Taken)
			}
		} else if c, cerr := OpenCount(a.Key.House, wire); fault.Is(err, fault.Conflict) && cerr == nil && c.Vantage == a.Key.Vantage && c.Taken >= a.seq {
			a.CountFrom(c.Taken)
			tell("主系统收过编号更大的一批，这台机器的时钟应是校准过；接着那一批计数，重新交回")
			again = true
		} else if fault.Is(err, fault.Invalid) && a.speakOlder(time.Now()) {
			tell("主系统不能识别这个版本的结果，改用较早的格式重新交回（%s）。请把主系统更新到同一版本", fault.Of(err).Says)
			again = true
		} else if fault.Is(err, fault.Invalid) {
			tell("主系统不能识别结果，用最早的格式也没有收下，结果暂存 %d 条：%s请把主系统和监测点程序更新到同一版本", len(a.held), fault.Of(err).Says)
		} else if ctx.Err() == nil {
			tell("未能与主系统交换，结果暂存 %d 条：%s", len(a.held), reason(err))
			if fault.Is(err, fault.Forbidden) || fault.Is(err, fault.NotFound) {
				return err
			}
		}
		if ctx.Err() != nil {
			return nil
		}
		wait := 30 * time.Second
		if again {
			wait = time.Second
		} else if plan.Every > 0 && time.Now().Before(plan.Until) {
			begun := time.Now()
			part := a.turn(plan, begun)
			n := a.Round(ctx, part, true)
			tell("本轮探测 %d 个目标，用时 %s，线路%s", n, time.Since(begun).Round(time.Millisecond), map[bool]string{true: "正常", false: "不通，本轮不计"}[a.line])
			wait = part.Every - time.Since(begun)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(max(wait, time.Second)):
		}
	}
}

// reason is why an exchange came to nothing, for whoever runs the agent: the sentence
// first, and the cause for the log.
func reason(err error) string {
	var e *egress.Error
	switch f := fault.Of(err); {
	case errors.As(err, &e):
		return e.Says + "（" + err.Error() + "）"
	case f.Kind != fault.Internal:
		return f.Says
	}
	return err.Error()
}
