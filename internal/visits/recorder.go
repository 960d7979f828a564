package visits

import (
	"bufio"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/calendar"
)

// Bounds of one batch.
const (
	maxPages   = 2000 // addresses of one site and day that are told apart
	maxMissing = 200
	maxPath    = 300 // bytes of an address
	queued     = 16384
)

// Config is how a portal counts.
type Config struct {
	// Dir keeps the day's key and, with Log, the access log. Portals that share it
	// count a reader of both once.
	Dir string
	// Out is where batches go for the house to take in; empty: none are made.
	Out string
	// Log keeps an access log for Days days (90 when zero: the Cybersecurity Law
	// asks for six months, set 183 where nothing in front keeps one).
	Log  bool
	Days int
	// Every is how often a batch is made; a minute when zero.
	Every time.Duration
	Now   func() time.Time // time.Now when nil
	Errs  *slog.Logger
}

// Recorder takes hits. Observe never waits: what comes too fast is dropped and
// counted.
type Recorder struct {
	c       Config
	key     ed25519.PrivateKey
	hits    chan Hit
	dropped atomic.Int64
	lost    atomic.Int64 // dropped since the start
	classes [6]atomic.Int64
	stop    chan struct{}
	done    chan struct{}
	once    sync.Once

	mu     sync.Mutex
	alarms []Alarm

	days   map[dayKey]*count
	secret []byte
	of     calendar.Date
	log    *bufio.Writer
	file   *os.File
	name   string
}

type dayKey struct {
	site string
	day  calendar.Date
}

type count struct {
	DayCount
	visitors Sketch
}

// DayCount are a site's figures of one day, or a part of it.
type DayCount struct {
	Site      string           `json:"site"`
	Day       calendar.Date    `json:"day"`
	Views     int64            `json:"views"`
	Machines  int64            `json:"machines"` // requests of readers that call themselves machines
	Requests  int64            `json:"requests"` // all others, pages and files
	NotFound  int64            `json:"not_found"`
	Failed    int64            `json:"failed"` // 5xx
	Searches  int64            `json:"searches"`
	Phones    int64            `json:"phones"` // views with a phone's agent
	Bytes     int64            `json:"bytes"`
	Visitors  []byte           `json:"visitors"` // Sketch
	Pages     map[string]int64 `json:"pages,omitempty"`
	Missing   map[string]int64 `json:"missing,omitempty"`
	Referrers map[string]int64 `json:"referrers,omitempty"` // class → views
}

// Classes of where a reader came from.
const (
	Direct  = "direct"
	Inside  = "inside"
	Engine  = "engine"
	Gov     = "gov"
	Social  = "social"
	Outside = "outside"
)

// Batch is what a portal gives the house.
type Batch struct {
	ID      string     `json:"id"`
	From    time.Time  `json:"from"`
	To      time.Time  `json:"to"`
	Dropped int64      `json:"dropped"` // hits that came too fast to be counted
	Days    []DayCount `json:"days"`
	Alarms  []Alarm    `json:"alarms,omitempty"`
}

// Alarm is tampering that a portal saw while serving.
type Alarm struct {
	Site     string    `json:"site,omitempty"`
	Path     string    `json:"path,omitempty"`
	File     string    `json:"file"`
	What     string    `json:"what"`
	Restored bool      `json:"restored"`
	Detail   string    `json:"detail,omitempty"`
	At       time.Time `json:"at"`
}

// maxAlarms bounds those of one batch.
const maxAlarms = 200

// PortalKey reads a portal's signing key, making it when it is absent. The public
// half lies beside it in portal.pub, for the house to know the portal by.
func PortalKey(dir string) (ed25519.PrivateKey, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "portal.key")
	seed, err := shared(file, ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	key := ed25519.NewKeyFromSeed(seed)
	pub := base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey)) + "\n"
	return key, os.WriteFile(filepath.Join(dir, "portal.pub"), []byte(pub), 0o644)
}

// shared reads a secret of n bytes, making it when it is absent; of several
// processes that start at once one makes it.
func shared(file string, n int) ([]byte, error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		fresh := make([]byte, n)
		if _, err := rand.Read(fresh); err != nil {
			return nil, err
		}
		tmp := fmt.Sprintf("%s.%d", file, os.Getpid())
		if err := os.WriteFile(tmp, []byte(hex.EncodeToString(fresh)+"\n"), 0o600); err != nil {
			return nil, err
		}
		err := os.Link(tmp, file)
		if rm := os.Remove(tmp); rm != nil || err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, errors.Join(err, rm)
		}
		b, err = os.ReadFile(file)
		if err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	out, err := hex.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(out) != n {
		return nil, fmt.Errorf("visits: %s holds no key", file)
	}
	return out, nil
}

// Record begins counting. Close ends it and writes what is left.
func Record(c Config) (*Recorder, error) {
	if c.Days == 0 {
		c.Days = 90
	}
	if c.Every == 0 {
		c.Every = time.Minute
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Errs == nil {
		c.Errs = slog.Default()
	}
	key, err := PortalKey(c.Dir)
	if err != nil {
		return nil, err
	}
	if c.Out != "" {
		if err := os.MkdirAll(c.Out, 0o755); err != nil {
			return nil, err
		}
	}
	r := &Recorder{c: c, key: key, hits: make(chan Hit, queued), stop: make(chan struct{}), done: make(chan struct{}), days: map[dayKey]*count{}}
	go r.run()
	return r, nil
}

// Observe takes a hit.
func (r *Recorder) Observe(h Hit) {
	if c := h.Status / 100; c > 0 && c < len(r.classes) {
		r.classes[c].Add(1)
	}
	select {
	case r.hits <- h:
	default:
		r.dropped.Add(1)
		r.lost.Add(1)
	}
}

// Raise puts an alarm into the next batch. The same file is told once a batch.
func (r *Recorder) Raise(a Alarm) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.alarms) >= maxAlarms || slices.ContainsFunc(r.alarms, func(x Alarm) bool { return x.File == a.File && x.Site == a.Site && x.What == a.What }) {
		return
	}
	r.alarms = append(r.alarms, a)
}

// Classes counts the answers by the first digit of their status.
func (r *Recorder) Classes() map[string]int64 {
	out := map[string]int64{}
	for i := 1; i < len(r.classes); i++ {
		out[fmt.Sprint(i, "xx")] = r.classes[i].Load()
	}
	return out
}

// Uncounted is how many hits came too fast, since the start.
func (r *Recorder) Uncounted() int64 { return r.lost.Load() }

// Close writes what was counted.
func (r *Recorder) Close() error {
	r.once.Do(func() { close(r.stop) })
	<-r.done
	return nil
}

func (r *Recorder) run() {
	defer close(r.done)
	t := time.NewTicker(r.c.Every)
	defer t.Stop()
	flush := time.NewTicker(time.Second)
	defer flush.Stop()
	began := r.c.Now().UTC()
	out := func() {
		now := r.c.Now().UTC()
		if err := r.write(began, now); err != nil {
			r.c.Errs.Error("visits not written, kept for the next batch", "error", err)
			return
		}
		began = now
	}
	for {
		select {
		case h := <-r.hits:
			r.take(h)
		case <-flush.C:
			if r.log != nil {
				if err := r.log.Flush(); err != nil {
					r.c.Errs.Error("access log", "error", err)
				}
			}
		case <-t.C:
			out()
		case <-r.stop:
			for {
				select {
				case h := <-r.hits:
					r.take(h)
					continue
				default:
				}
				break
			}
			out()
			if r.log != nil {
				if err := errors.Join(r.log.Flush(), r.file.Close()); err != nil {
					r.c.Errs.Error("access log", "error", err)
				}
			}
			return
		}
	}
}

// machines are words in the agent of a reader that is a program.
var machines = []string{"bot", "spider", "crawl", "slurp", "curl", "wget", "python", "java/", "go-http", "okhttp", "httpclient", "scrapy", "monitor", "check", "scan", "headless", "phantom", "feed", "zhengshu", "probe", "nagios", "zabbix", "axios", "node-fetch", "libwww", "winhttp"}

// Machine reports whether an agent calls itself a program, or nothing at all.
func Machine(agent string) bool {
	if len(agent) < 8 {
		return true
	}
	agent = strings.ToLower(agent)
	return slices.ContainsFunc(machines, func(m string) bool { return strings.Contains(agent, m) })
}

func phone(agent string) bool {
	return strings.Contains(agent, "Mobile") || strings.Contains(agent, "Android") || strings.Contains(agent, "MicroMessenger")
}

// cut is an address without its last part.
func cut(a netip.Addr) netip.Prefix {
	bits := 24
	if a = a.Unmap().WithZone(""); a.Is6() {
		bits = 48
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

var (
	engines = []string{"baidu.", "sogou.", "so.com", "bing.", "google.", "sm.cn", "toutiao.", "haosou."}
	socials = []string{"weixin", "weibo", "qq.com", "douyin", "wechat", "servicewechat"}
)

// classOf is where a reader came from.
func classOf(referer string, own []string) string {
	if referer == "" {
		return Direct
	}
	u, err := url.Parse(referer)
	if err != nil || u.Host == "" {
		return Direct
	}
	host := strings.ToLower(u.Hostname())
	has := func(list []string) bool {
		return slices.ContainsFunc(list, func(x string) bool { return strings.Contains(host, x) })
	}
	switch {
	case slices.Contains(own, host):
		return Inside
	case strings.HasSuffix(host, ".gov.cn") || strings.HasSuffix(host, ".xn--zfr164b"): // .政务
		return Gov
	case has(socials):
		return Social
	case has(engines):
		return Engine
	}
	return Outside
}

// view reports whether a hit is a page that was read.
func view(h Hit) bool {
	if h.Method != http.MethodGet {
		return false
	}
	switch h.Status {
	case http.StatusOK:
		return strings.HasPrefix(h.Kind, "text/html")
	case http.StatusNotModified: // says nothing of its kind
		return strings.HasSuffix(h.Path, "/") || strings.HasSuffix(h.Path, ".html")
	}
	return false
}

func (r *Recorder) take(h Hit) {
	day := calendar.DateOf(h.At)
	if day != r.of {
		r.turn(day)
	}
	visitor := r.visitor(h)
	if r.c.Log {
		r.write1(h, visitor)
	}
	c := r.days[dayKey{h.Site, day}]
	if c == nil {
		c = &count{DayCount: DayCount{Site: h.Site, Day: day, Pages: map[string]int64{}, Missing: map[string]int64{}, Referrers: map[string]int64{}}}
		r.days[dayKey{h.Site, day}] = c
	}
	c.Bytes += h.Bytes
	if h.Status >= 500 {
		c.Failed++
	}
	if Machine(h.Agent) {
		c.Machines++
		return
	}
	c.Requests++
	if h.Status == http.StatusNotFound {
		c.NotFound++
		tally(c.Missing, h.Path, maxMissing)
	}
	if !view(h) {
		return
	}
	c.Views++
	c.visitors.Add(binary.BigEndian.Uint64(visitor[:8]))
	if phone(h.Agent) {
		c.Phones++
	}
	if h.Path == "/search" && h.Asked {
		c.Searches++
	}
	tally(c.Pages, h.Path, maxPages)
	c.Referrers[classOf(h.Referer, h.Own)]++
}

func tally(m map[string]int64, path string, most int) {
	if len(path) > maxPath || !utf8.ValidString(path) {
		return
	}
	if _, ok := m[path]; ok || len(m) < most {
		m[path]++
	}
}

func (r *Recorder) visitor(h Hit) [32]byte {
	m := hmac.New(sha256.New, r.secret)
	m.Write([]byte(cut(h.Client).String()))
	m.Write([]byte{0})
	m.Write([]byte(h.Agent))
	return [32]byte(m.Sum(nil))
}

// turn begins a day: its key, its log; what is too old goes.
func (r *Recorder) turn(day calendar.Date) {
	secret, err := shared(filepath.Join(r.c.Dir, "day-"+day.String()+".key"), 32)
	if err != nil {
		r.c.Errs.Error("the day's key is not kept: readers of two portals count twice", "error", err)
		secret = make([]byte, 32)
		_, _ = rand.Read(secret) // never fails
	}
	r.secret, r.of = secret, day
	list, err := os.ReadDir(r.c.Dir)
	if err != nil {
		r.c.Errs.Error("old keys and logs stay", "error", err)
		return
	}
	for _, e := range list {
		keep, name := day.AddDays(-1), strings.TrimSuffix(strings.TrimPrefix(e.Name(), "day-"), ".key")
		if log, ok := strings.CutPrefix(e.Name(), "access-"); ok {
			keep, name = day.AddDays(-r.c.Days), strings.TrimSuffix(log[:min(10, len(log))], ".")
		}
		of, err := calendar.ParseDate(name)
		if err != nil || !of.Before(keep) {
			continue
		}
		if err := os.Remove(filepath.Join(r.c.Dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			r.c.Errs.Error("old keys and logs stay", "error", err)
		}
	}
}

// line is one line of the access log.
type line struct {
	At      string `json:"at"`
	Host    string `json:"host"`
	Method  string `json:"method"`
	Path    string `json:"path"`
	Status  int    `json:"status"`
	Bytes   int64  `json:"bytes"`
	MS      int64  `json:"ms"`
	Network string `json:"network"` // the address, cut
	Visitor string `json:"visitor"` // of this day only
	From    string `json:"from"`    // class of the referrer
	Agent   string `json:"agent"`
	Proto   string `json:"proto"`
}

// write1 writes a line of the log: nothing of what was asked after the question
// mark, of the referrer only its class, of the address only the network.
func (r *Recorder) write1(h Hit, visitor [32]byte) {
	name := filepath.Join(r.c.Dir, "access-"+r.of.String()+".log")
	if r.name != name {
		if r.log != nil {
			if err := errors.Join(r.log.Flush(), r.file.Close()); err != nil {
				r.c.Errs.Error("access log", "error", err)
			}
			r.log = nil
		}
		f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
		if err != nil {
			r.c.Errs.Error("access log", "error", err)
			return
		}
		r.file, r.log, r.name = f, bufio.NewWriterSize(f, 64<<10), name
	}
	b, err := json.Marshal(line{h.At.Format(time.RFC3339), h.Host, h.Method, clip(h.Path, 1000), h.Status, h.Bytes, h.Took.Milliseconds(), cut(h.Client).String(), hex.EncodeToString(visitor[:6]), classOf(h.Referer, h.Own), clip(h.Agent, 200), h.Proto})
	if err == nil {
		_, err = r.log.Write(append(b, '\n'))
	}
	if err != nil {
		r.c.Errs.Error("access log", "error", err)
	}
}

func clip(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "?")
}

// words are what a portal signs.
func words(body []byte) []byte {
	sum := sha256.Sum256(body)
	return []byte("zhengshu visits " + hex.EncodeToString(sum[:]))
}

// write makes a batch of what was counted.
func (r *Recorder) write(from, to time.Time) error {
	r.mu.Lock()
	alarms := r.alarms
	r.alarms = nil
	r.mu.Unlock()
	if len(r.days) == 0 && len(alarms) == 0 {
		return nil
	}
	if r.c.Out == "" {
		clear(r.days)
		return nil
	}
	b := Batch{ID: ulid.Make().String(), From: from, To: to, Dropped: r.dropped.Swap(0), Alarms: alarms}
	for _, c := range r.days {
		c.DayCount.Visitors = c.visitors.Bytes()
		b.Days = append(b.Days, c.DayCount)
	}
	slices.SortFunc(b.Days, func(x, y DayCount) int { return strings.Compare(x.Site+x.Day.String(), y.Site+y.Day.String()) })
	body, err := json.Marshal(b)
	if err != nil {
		return err
	}
	head := base64.StdEncoding.EncodeToString(r.key.Public().(ed25519.PublicKey)) + " " + base64.StdEncoding.EncodeToString(ed25519.Sign(r.key, words(body))) + "\n"
	tmp := filepath.Join(r.c.Out, "."+b.ID)
	if err := os.WriteFile(tmp, append([]byte(head), body...), 0o644); err != nil {
		r.dropped.Add(b.Dropped)
		return errors.Join(err, os.Remove(tmp))
	}
	if err := os.Rename(tmp, filepath.Join(r.c.Out, "visits-"+b.ID+".batch")); err != nil {
		r.dropped.Add(b.Dropped)
		return err
	}
	clear(r.days)
	return nil
}
