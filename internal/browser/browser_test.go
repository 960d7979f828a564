package browser_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"zhengshu/internal/browser"
	"zhengshu/internal/egress"
	"zhengshu/internal/hang"
)

// pages answers what a browser asks for, and remembers what that was.
type pages struct {
	mu    sync.Mutex
	made  map[string]string // address: HTML, or another body with its type before a bar
	delay map[string]time.Duration
	asked []string
	agent map[string]string
}

func (p *pages) fetch(ctx context.Context, address string, _ bool, o egress.Options) (*egress.Response, error) {
	p.mu.Lock()
	p.asked = append(p.asked, address)
	if p.agent == nil {
		p.agent = map[string]string{}
	}
	p.agent[address] = o.UserAgent
	body, ok := p.made[address]
	wait := p.delay[address]
	p.mu.Unlock()
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	kind := "text/html; charset=utf-8"
	if a, b, cut := strings.Cut(body, "|"); cut && strings.Contains(a, "/") && !strings.Contains(a, "<") {
		kind, body = a, b
	}
	switch {
	case !ok:
		return &egress.Response{Status: 404, Header: http.Header{"Content-Type": {"text/html"}}, Body: []byte("没有")}, nil
	case kind == "to/":
		return &egress.Response{Status: 302, Header: http.Header{"Location": {body}}, Location: body}, nil
	}
	return &egress.Response{Status: 200, Header: http.Header{"Content-Type": {kind}, "Content-Encoding": {"gzip"}}, Body: []byte(body)}, nil
}

// patience is how long a browser may take for a page where a test asserts what was
// seen: a busy machine is no page that was not drawn.
const patience = 5 * time.Minute

// open starts a browser, or leaves the test out aloud where none can be used; one
// that was only slow to start is none that cannot be used.
func open(t *testing.T, b *browser.Browser, p *pages) *browser.Child {
	t.Helper()
	c, err := b.Open(t.Context(), p.fetch)
	var none *browser.Unavailable
	if errors.As(err, &none) && !errors.Is(err, context.DeadlineExceeded) {
		t.Skipf("no browser can be used here (%v); left out: what is seen in one", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

const site = "http://www.x.gov.cn/"

func TestArticle15_APageIsMeasuredMarkedAndAudited(t *testing.T) {
	p := &pages{made: map[string]string{
		site:             `to/|` + site + `index.html`,
		site + "a.css":   "text/css|.box{width:100px;height:40px;background:rgb(200,0,0)} #far{margin-top:2000px} @media (max-width:600px){#wide{width:900px}}",
		site + "out.htm": "<p>外</p>",
		site + "index.html": `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>首页</title><link rel="stylesheet" href="/a.css"></head>
<body><h1>某县人民政府</h1><p>请认真惯彻落实。</p><div id="far"><a class="box" href="/gone.html">旧文</a></div><div id="wide">内容</div><div style="display:none"><a href="http://casino.example/">暗</a></div>
<script>new Image().src="/pixel.png"; window.open("http://www.x.gov.cn/out.htm"); alert("停"); fetch("/post",{method:"POST",body:"x"}).catch(()=>{});</script></body></html>`,
	}}
	b := browser.New(browser.Settings{Axe: `var axe = {run: async () => ({violations: [{id: "image-alt", impact: "critical", help: "图片须有替代文字", nodes: [{target: ["img"]}, {target: ["b"]}]}]})};`, PageTime: patience})
	c := open(t, b, p)
	s, err := c.Draw(t.Context(), browser.Job{URL: site, Widths: []int{1366, 768, 390}, Measure: true, Axe: true, Marks: []browser.Mark{{Link: site + "gone.html"}, {Text: "惯彻"}, {Link: "http://casino.example/"}, {}}})
	if err != nil {
		t.Fatal(err)
	}
	if s.Status != 200 || s.Final != site+"index.html" || len(s.Widths) != 3 || s.Widths[0].Load <= 0 || s.Widths[0].Load > patience {
		t.Errorf("final %s, status %d, widths %+v", s.Final, s.Status, s.Widths)
	}
	for i, want := range []bool{true, true, false} {
		if w := s.Widths[i]; (w.Content <= w.Width) != want {
			t.Errorf("at %d the content is %d wide", w.Width, w.Content)
		}
	}
	if !s.Audited || len(s.Axe) != 1 || s.Axe[0].Nodes != 2 || s.Axe[0].First != "img" || s.Axe[0].Help != "图片须有替代文字" {
		t.Errorf("axe: %+v", s.Axe)
	}
	if len(s.Shots) != 4 {
		t.Fatalf("%d pictures", len(s.Shots))
	}
	// The box lies on the red link, which stands far below the first screen.
	link := s.Shots[0]
	img, err := png.Decode(bytes.NewReader(link.PNG))
	if err != nil || len(link.Boxes) != 1 || link.Width != 1366 {
		t.Fatalf("%v, %+v", err, link.Boxes)
	}
	text := s.Shots[1]
	if len(text.Boxes) != 1 || text.Boxes[0].Y > 400 || text.Boxes[0].Width < 10 {
		t.Errorf("the word stands at %+v", text.Boxes)
	}
	if box := link.Boxes[0]; box.Y < 100 || box.Y+box.Height > link.Height {
		t.Errorf("the link stands at %+v of %d", box, link.Height)
	}
	if r, g, bl, _ := img.At(5, 5).RGBA(); r != 0xffff || g != 0xffff || bl != 0xffff {
		t.Errorf("the paper is %v", color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(bl >> 8), 255})
	}
	if len(s.Shots[2].Boxes) != 0 && s.Shots[2].Boxes[0].Width < 2 {
		t.Errorf("a hidden link was boxed: %+v", s.Shots[2].Boxes)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.asked {
		if strings.HasSuffix(a, "/post") || strings.HasSuffix(a, "out.htm") {
			t.Errorf("%s was asked for", a)
		}
	}
	if a := p.agent[site+"index.html"]; strings.Contains(a, "Headless") || a == "" {
		t.Errorf("agent %q", a)
	}
}

// What is drawn is what was kept, not what the site says now.
func TestAPictureIsOfTheBytesThatWereKept(t *testing.T) {
	p := &pages{made: map[string]string{site: "<p>现在</p>"}}
	c := open(t, browser.New(browser.Settings{PageTime: patience}), p)
	s, err := c.Draw(t.Context(), browser.Job{URL: site, Body: []byte("<!doctype html><meta charset=gbk><p>\xb5\xb1\xca\xb1</p>"), ContentType: "text/html", Marks: []browser.Mark{{Text: "当时"}}})
	if err != nil || len(s.Shots) != 1 || len(s.Shots[0].Boxes) != 1 || len(p.asked) > 1 { // the icon of the site at most
		t.Errorf("%v, %d pictures, asked for %v", err, len(s.Shots), p.asked)
	}
	if s.Audited {
		t.Error("axe ran without its source")
	}
}

// Pages that would hang, flood or break out harm themselves alone: the next is
// drawn, nothing of the machine is reached, and nothing is left behind.
func TestHostilePagesInABrowser(t *testing.T) {
	hang.Guard(t)
	before, err := filepath.Glob(filepath.Join(os.TempDir(), "zhengshu-browser-*"))
	if err != nil {
		t.Fatal(err)
	}
	p := &pages{made: map[string]string{
		site + "fine": "<p>好</p>",
		site + "inner": `<img src="file:///etc/passwd"><iframe src="http://169.254.169.254/latest/"></iframe><script>
for (const u of ["http://127.0.0.1:22/", "ws://127.0.0.1/", "http://10.0.0.1/"]) { try { new WebSocket(u.replace("http", "ws")); } catch (e) {} fetch(u).catch(()=>{}); }
navigator.sendBeacon("/beacon", "x"); location = "file:///etc/passwd";</script><p>内</p>`,
		site + "many": `<script>for (let i = 0; i < 5000; i++) new Image().src = "/n/" + i;</script><p>多</p>`,
		site + "jump": `<meta http-equiv="refresh" content="0;url=/jump"><p>跳</p>`,
		site + "loop": `<p>环</p><script>for (;;) {}</script>`,
		site + "ask":  `<script>for (;;) { if (!confirm("留下？")) break; } onbeforeunload = () => "不走"; alert(1); prompt(2);</script><p>问</p>`,
	}}
	c := open(t, browser.New(browser.Settings{PageTime: 6 * time.Second}), p)
	for _, name := range []string{"inner", "many", "jump", "loop", "ask"} {
		s, err := c.Draw(t.Context(), browser.Job{URL: site + name, Marks: []browser.Mark{{}}})
		var none *browser.Unavailable
		if err != nil && !errors.As(err, &none) {
			t.Errorf("%s: %v", name, err)
		}
		t.Logf("%s: asked %d, refused %d, %v", name, s.Asked, s.Refused, err)
	}
	if s, err := c.Draw(t.Context(), browser.Job{URL: site + "fine", Marks: []browser.Mark{{Text: "好"}}}); err != nil || len(s.Shots) != 1 || len(s.Shots[0].Boxes) != 1 {
		t.Errorf("after them: %v, %d pictures of %s", err, len(s.Shots), s.Final)
	}
	p.mu.Lock()
	for _, a := range p.asked {
		if !strings.HasPrefix(a, "http://") && !strings.HasPrefix(a, "https://") || strings.HasSuffix(a, "/beacon") {
			t.Errorf("%s was asked for", a)
		}
	}
	n := 0
	for _, a := range p.asked {
		if strings.Contains(a, "/n/") {
			n++
		}
	}
	p.mu.Unlock()
	if n > 450 {
		t.Errorf("one page asked for %d things", n)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	after, err := filepath.Glob(filepath.Join(os.TempDir(), "zhengshu-browser-*"))
	if err != nil || len(after) > len(before) {
		t.Errorf("left behind: %v (%v)", after, err)
	}
}

func TestWithoutABrowserItIsSaid(t *testing.T) {
	b := browser.New(browser.Settings{Program: filepath.Join(t.TempDir(), "none")})
	_, err := b.Open(t.Context(), (&pages{}).fetch)
	var none *browser.Unavailable
	if !errors.As(err, &none) || none.Says == "" {
		t.Errorf("%v", err)
	}
	fmt.Fprintln(t.Output(), err)
}
