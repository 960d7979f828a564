package browser

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// process is the child with its two pipes. What is written are JSON texts ended
// by NUL, as is what comes back: answers by number, and events of sessions.
type process struct {
	cmd  *exec.Cmd
	dir  string
	in   *os.File // to the child
	said *tail
	over chan struct{} // the child has ended or its pipe broke

	speaking sync.Mutex // held while one text is written; never with mu

	mu      sync.Mutex
	next    int
	waiting map[int]chan answer
	events  map[string]chan event // by session
	closed  bool
}

type answer struct {
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// refusal is the browser's own answer that it cannot do what it was asked: it is
// whole, and the page is not what it was a moment ago.
type refusal struct{ method, says string }

func (r *refusal) Error() string { return "browser: " + r.method + ": " + r.says }

type event struct {
	Method string
	Params json.RawMessage
}

// mostMessage bounds one text of the child: a picture in base64.
const mostMessage = 64 << 20

// eventsHeld is how many events of a session wait to be read; a page that makes
// more at once loses the rest, and with them only itself.
const eventsHeld = 4096

// Unseen are features of Chromium that each window pays for with two pages in a
// process of their own: what drops down from an address bar that nobody sees.
const Unseen = "WebUIOmniboxPopup,WebUIOmniboxAimPopup"

// launch starts a child in the empty network and waits until it answers.
func launch(ctx context.Context, program string, bare bool, most time.Duration) (*process, error) {
	dir, err := os.MkdirTemp("", tempFolder)
	if err != nil {
		return nil, unavailable(err, "检查机的临时目录不能写入，浏览器没有启动")
	}
	p := &process{dir: dir, said: &tail{left: 8 << 10}, over: make(chan struct{}), waiting: map[int]chan answer{}, events: map[string]chan event{}}
	fail := func(err error, says string) (*process, error) {
		return nil, unavailable(errors.Join(err, os.RemoveAll(dir)), says)
	}
	toRead, toWrite, err := os.Pipe()
	if err != nil {
		return fail(err, "检查机的资源不足，浏览器没有启动")
	}
	fromRead, fromWrite, err := os.Pipe()
	if err != nil {
		return fail(errors.Join(err, toRead.Close(), toWrite.Close()), "检查机的资源不足，浏览器没有启动")
	}
	args := []string{
		"--headless=new", "--remote-debugging-pipe", "--user-data-dir=" + filepath.Join(dir, "profile"), "--no-first-run", "--no-default-browser-check", "--disable-gpu", "--disable-dev-shm-usage",
		"--disable-background-networking", "--disable-component-update", "--disable-domain-reliability", "--disable-sync", "--disable-extensions", "--disable-default-apps", "--disable-breakpad", "--disable-crash-reporter",
		"--disable-client-side-phishing-detection", "--disable-notifications", "--disable-features=" + Unseen + ",HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,HttpsFirstModeV2ForTypicallySecureUsers,Translate,MediaRouter,OptimizationHints,DialMediaRouteProvider,AutofillServerCommunication,CertificateTransparencyComponentUpdater",
		"--deny-permission-prompts", "--disable-popup-blocking", "--mute-audio", "--hide-scrollbars", "--force-color-profile=srgb", "--lang=zh-CN", "--password-store=basic", "--use-mock-keychain",
		"--renderer-process-limit=2", "--js-flags=--max-old-space-size=384", "--no-proxy-server", "about:blank",
	}
	if bare {
		args = append([]string{"--no-sandbox", "--no-zygote"}, args...)
	}
	limits := fmt.Sprintf("ulimit -c 0; ulimit -t %d; ulimit -f %d; exec \"$@\"", childCPU, childWrites)
	cmd := exec.Command("/bin/sh", append([]string{"-c", limits, "sh", program}, args...)...)
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + dir, "TMPDIR=" + dir, "XDG_CONFIG_HOME=" + dir, "XDG_CACHE_HOME=" + dir, "PATH=" + os.Getenv("PATH"), "LANG=zh_CN.UTF-8", "DBUS_SESSION_BUS_ADDRESS=/dev/null"}
	cmd.ExtraFiles = []*os.File{toRead, fromWrite} // 3 and 4 in the child
	cmd.Stdout, cmd.Stderr = p.said, p.said
	cmd.WaitDelay = 2 * time.Second
	if err := confine(cmd); err != nil {
		return fail(errors.Join(err, toRead.Close(), toWrite.Close(), fromRead.Close(), fromWrite.Close()), "检查机不能在断网的环境中打开浏览器")
	}
	err = cmd.Start()
	err = errors.Join(err, toRead.Close(), fromWrite.Close())
	if err != nil {
		return fail(errors.Join(err, toWrite.Close(), fromRead.Close()), "检查机上的浏览器不能启动")
	}
	p.cmd, p.in = cmd, toWrite
	go p.listen(fromRead)
	go p.watch()
	within, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	if _, err := p.call(within, "", "Browser.setDownloadBehavior", map[string]any{"behavior": "deny"}); err != nil {
		said := p.said.String()
		err = errors.Join(err, p.end(), errors.New(said))
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, unavailable(err, "检查机上的浏览器不能启动")
	}
	return p, nil
}

// listen reads what the child says until its pipe ends.
func (p *process) listen(r *os.File) {
	defer close(p.over)
	defer r.Close()
	in := bufio.NewReaderSize(r, 256<<10)
	var long []byte
	for {
		part, err := in.ReadSlice(0)
		if errors.Is(err, bufio.ErrBufferFull) {
			if long = append(long, part...); len(long) > mostMessage {
				return
			}
			continue
		}
		if err != nil {
			return
		}
		text := part
		if len(long) > 0 {
			text = append(long, part...)
			long = nil
		}
		p.take(bytes.TrimSuffix(text, []byte{0}))
	}
}

func (p *process) take(text []byte) {
	var m struct {
		ID      int             `json:"id"`
		Session string          `json:"sessionId"`
		Method  string          `json:"method"`
		Params  json.RawMessage `json:"params"`
		answer
	}
	if json.Unmarshal(text, &m) != nil {
		return // not a text of the protocol: whoever waits runs out of time
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if m.ID != 0 {
		if ch := p.waiting[m.ID]; ch != nil {
			delete(p.waiting, m.ID)
			ch <- m.answer
		}
		return
	}
	if ch := p.events[m.Session]; ch != nil {
		select {
		case ch <- event{m.Method, m.Params}:
		default:
		}
	}
}

// call says one thing and waits for the answer.
func (p *process) call(ctx context.Context, session, method string, params any) (json.RawMessage, error) {
	m := map[string]any{"method": method}
	if params != nil {
		m["params"] = params
	}
	if session != "" {
		m["sessionId"] = session
	}
	ch := make(chan answer, 1)
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, errGone
	}
	p.next++
	id := p.next
	m["id"] = id
	p.waiting[id] = ch
	p.mu.Unlock()
	b, err := json.Marshal(m)
	if err == nil {
		p.speaking.Lock()
		_, err = p.in.Write(append(b, 0))
		p.speaking.Unlock()
	}
	if err == nil {
		select {
		case a := <-ch:
			if a.Error != nil {
				return nil, &refusal{method, a.Error.Message}
			}
			return a.Result, nil
		case <-p.over:
			err = errGone
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	p.mu.Lock()
	delete(p.waiting, id)
	p.mu.Unlock()
	return nil, err
}

// ask is call with the answer read into v.
func (p *process) ask(ctx context.Context, session, method string, params, v any) error {
	b, err := p.call(ctx, session, method, params)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("browser: %s: %w", method, err)
	}
	return nil
}

// subscribe gives the events of a session until unsubscribed.
func (p *process) subscribe(session string) <-chan event {
	ch := make(chan event, eventsHeld)
	p.mu.Lock()
	p.events[session] = ch
	p.mu.Unlock()
	return ch
}

func (p *process) unsubscribe(session string) {
	p.mu.Lock()
	delete(p.events, session)
	p.mu.Unlock()
}

// watch ends a child that takes more memory than it is given.
func (p *process) watch() {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-p.over:
			return
		case <-tick.C:
			if resident(p.cmd.Process.Pid) > childMemory {
				kill(p.cmd)
				return
			}
		}
	}
}

// whole reports whether the child can still be spoken to.
func (p *process) whole() bool {
	select {
	case <-p.over:
		return false
	default:
		return true
	}
}

// end kills the child with all its processes and removes its folder.
func (p *process) end() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	p.mu.Unlock()
	kill(p.cmd)
	err := p.in.Close()
	if werr := p.cmd.Wait(); werr != nil && !errors.As(werr, new(*exec.ExitError)) && !errors.Is(werr, exec.ErrWaitDelay) {
		err = errors.Join(err, werr)
	}
	<-p.over
	// Its last processes may still be writing.
	for range 20 {
		rerr := os.RemoveAll(p.dir)
		if rerr == nil {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return errors.Join(err, os.RemoveAll(p.dir))
}

// resident is the memory of a process group in bytes, as far as it can be told:
// pages that several of its processes share are counted once for each.
func resident(group int) int64 {
	dirs, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	var total int64
	for _, d := range dirs {
		if _, err := strconv.Atoi(d.Name()); err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + d.Name() + "/stat")
		if err != nil {
			continue
		}
		// The name in brackets may hold anything; what counts stands behind it.
		i := bytes.LastIndexByte(stat, ')')
		if i < 0 {
			continue
		}
		f := strings.Fields(string(stat[i+1:]))
		if len(f) < 3 || f[2] != strconv.Itoa(group) {
			continue
		}
		m, err := os.ReadFile("/proc/" + d.Name() + "/statm")
		if err != nil {
			continue
		}
		parts := strings.Fields(string(m))
		if len(parts) < 3 {
			continue
		}
		all, err1 := strconv.ParseInt(parts[1], 10, 64)
		shared, err2 := strconv.ParseInt(parts[2], 10, 64)
		if err1 == nil && err2 == nil {
			total += (all - shared) * int64(os.Getpagesize())
		}
	}
	return total
}

// tail keeps the beginning of what a child says.
type tail struct {
	mu   sync.Mutex
	b    bytes.Buffer
	left int
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := min(len(b), t.left)
	t.left -= n
	t.b.Write(b[:n])
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

var _ io.Writer = (*tail)(nil)
