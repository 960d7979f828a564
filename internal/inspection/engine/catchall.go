package engine

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/egress"
)

// A host that answers every address with a page says of none that it is not there. It
// is told by an address made up for the run: what it gives for that and for a link as
// well is no page of its own. An application in one page does the same by design, and
// its pages are there for a browser: of such hosts nothing is said.

// Below a folder a host may do so that is honest elsewhere: an application that is
// installed there, or a redirect of what was moved away. So where the host is honest the
// folders of its links are asked as well, some of them in each run.

const (
	checkSoft404 = "link.soft404"
	mostFolders  = 10 // of a host, asked in one run for what cannot be there
)

// reply is what came for an address.
type reply struct {
	asked, final string
	status       int
	page         bool // it is a page, whose outline and title follow
	outline      check.Outline
	title        string
	missing      bool // its words say that it is not there
	barrier      string
	why          string // nothing can be said of it
	body         []byte
	proof        Beside
}

// peek asks for an address as a visitor does.
func (n *inspector) peek(ctx context.Context, address, as string) (reply, error) {
	return n.peekAt(ctx, address, address, as)
}

// peekMadeUp asks for an address made up below a folder.
func (n *inspector) peekMadeUp(ctx context.Context, base *url.URL, below string, folder bool, ext string) (reply, error) {
	return n.peekAt(ctx, base.Scheme+"://"+base.Host+below+"*"+ext, madeUp(base, below, folder, ext), AsMadeUp)
}

// peekAt is peek, noted under a place of its own.
func (n *inspector) peekAt(ctx context.Context, at, address, as string) (reply, error) {
	a := reply{asked: address, final: address, proof: Beside{As: as, URL: address, At: time.Now().UTC()}}
	if n.most > 0 {
		if n.asked++; n.asked > n.most {
			a.why = fmt.Sprintf("为一个链接最多访问所在主机 %d 次。", n.most)
			return a, nil
		}
	}
	asked, resp, ok, why, err := n.hear(ctx, "peek "+as, at, address, egress.Options{RecordTLSFault: true, MaxBody: guiseBody})
	a.asked, a.final, a.proof.URL = asked, asked, asked
	if ctx.Err() != nil {
		return a, ctx.Err()
	}
	if !ok {
		a.why = why.Says()
		return a, nil
	}
	if e := (*egress.Error)(nil); errors.As(err, &e) {
		a.why = e.Says
		return a, nil
	}
	if err != nil {
		return a, err
	}
	a.take(resp)
	return a, nil
}

func (a *reply) take(resp *egress.Response) {
	a.status, a.final, a.body = resp.Status, cmp.Or(resp.Final, a.asked), resp.Body
	sum := sha256.Sum256(resp.Body)
	a.proof.Status, a.proof.SHA256, a.proof.Size = resp.Status, hex.EncodeToString(sum[:]), int64(len(resp.Body))
	if !resp.Started.IsZero() {
		a.proof.At = resp.Started
	}
	if a.final != a.asked {
		a.proof.Final = a.final
	}
	switch {
	case egress.Refuses(a.status):
		a.why = fmt.Sprintf("服务器拒绝这样访问（状态码 %d）。", a.status)
	case a.status >= 500:
		a.why = fmt.Sprintf("服务器返回状态码 %d。", a.status)
	case a.status == http.StatusOK && isHTML(resp.Header.Get("Content-Type"), resp.Body):
		p, err := check.ParsePage(resp.Body, resp.Header.Get("Content-Type"), a.final)
		if err != nil {
			a.why = sentence(err)
			return
		}
		a.read(p)
	}
}

func (a *reply) read(p *check.Page) {
	a.page, a.title, a.outline, a.missing, a.barrier = true, p.Title, check.OutlineOf(p), softError(p), p.Barrier()
}

// catchAll is what is known of how a host answers addresses that nobody gave a page to.
type catchAll struct {
	below   string  // the folder of the addresses made up, "/" for the host
	why     string  // it cannot be told, or not be judged by
	replies []reply // to addresses made up; none where the host says what is not there
	to      string  // where all such addresses are sent
	home    bool    // that is the home page
	apart   bool    // the home page, or that of the folder, is another one
	outside bool    // they are sent out of the folder
	stood   bool    // for who waits for one link: other pages of the host are known to be unlike them
}

// any names the addresses that were made up.
func (c *catchAll) any() string {
	if c.below == "/" {
		return "什么地址"
	}
	return "目录 " + c.below + " 下的什么地址"
}

// all begins a sentence on a host that has a page for all of them.
func (c *catchAll) all() string { return "不论打开" + c.any() + "都有网页，" }

// madeUp is an address below a folder that nobody can have given a page to: in a folder
// made up, too, where that is asked for.
func madeUp(base *url.URL, below string, folder bool, ext string) string {
	at := below
	if folder {
		at += strings.ToLower(rand.Text()[:10]) + "/"
	}
	return base.Scheme + "://" + base.Host + at + strings.ToLower(rand.Text()[:14]) + ext
}

// catchAllOf asks a host, once in a run, for what cannot be there below a folder.
func (n *inspector) catchAllOf(ctx context.Context, base *url.URL, below, ext string) (*catchAll, error) {
	if c := n.catchAlls[base.Host+below]; c != nil {
		return c, nil
	}
	var c *catchAll
	var err error
	if n.recalls {
		c, err = n.recall(ctx, base, below, ext)
	}
	if err == nil && c == nil {
		if c, err = n.makeUp(ctx, base, below, ext); err == nil {
			err = n.remember(ctx, base, ext, c)
		}
	}
	if err != nil {
		return nil, err
	}
	if n.catchAlls == nil {
		n.catchAlls = map[string]*catchAll{}
	}
	n.catchAlls[base.Host+below] = c
	return c, nil
}

func (n *inspector) makeUp(ctx context.Context, base *url.URL, below, ext string) (*catchAll, error) {
	c := &catchAll{below: below}
	for _, folder := range []bool{false, true} {
		a, err := n.peekMadeUp(ctx, base, below, folder, ext)
		if err != nil {
			return nil, err
		}
		if a.why != "" {
			return &catchAll{below: below, why: "随机编造的网址没有得到可以判断的应答：" + strings.TrimSuffix(a.why, "。")}, nil
		}
		if !a.page || a.missing {
			return &catchAll{below: below}, nil // it says that there is nothing, if only in words
		}
		c.replies = append(c.replies, a)
	}
	a, b := &c.replies[0], &c.replies[1]
	if samePlace(a.final, b.final) && !samePlace(a.final, a.asked) {
		c.to, c.home = a.final, n.homely(a.final)
	}
	switch {
	case a.barrier != "" || b.barrier != "":
		c.why = cmp.Or(a.barrier, b.barrier)
	case !n.own(a.final) || !n.own(b.final):
		c.why = "转到了其他网站"
	case a.outline.Shell() != "" || b.outline.Shell() != "":
		c.why = cmp.Or(a.outline.Shell(), b.outline.Shell())
	case !c.home:
		home, err := n.replyOf(ctx, n.homeOf(base))
		if err != nil {
			return nil, err
		}
		switch {
		case !home.page:
			c.why = "首页没有取到，无从比较"
		case c.to != "" && samePlace(home.final, c.to):
			c.home = true
		case c.shownBy(home):
			c.why = "与首页相同，可能是由脚本按地址显示不同内容的网站"
		}
		c.apart = !c.home && below == "/"
	}
	if at, err := url.Parse(c.to); below != "/" && c.to != "" && err == nil {
		c.outside = !strings.HasPrefix(at.Path+"/", below)
	}
	if below != "/" && c.why == "" && !c.outside {
		// An application has the same page at its door, to which links lead.
		door, err := n.replyOf(ctx, base.Scheme+"://"+base.Host+below)
		if err != nil {
			return nil, err
		}
		switch {
		case !door.page || door.missing:
		case !c.shownBy(door):
			c.apart = true
		case n.links[door.asked] != nil:
			c.why = "该目录的首页也与之相同，可能是由脚本按地址显示不同内容的应用"
		}
	}
	if c.why != "" {
		c.why = c.all() + c.why
	}
	return c, nil
}

// shownBy reports whether a page is one that the host gives for addresses made up.
func (c *catchAll) shownBy(page reply) bool {
	return slices.ContainsFunc(c.replies, func(r reply) bool {
		_, same := page.outline.Like(page.final, r.outline, r.final)
		return same
	})
}

// homeOf is the address of the home page of a host.
func (n *inspector) homeOf(base *url.URL) string {
	if host(n.home) == base.Host {
		return n.home
	}
	return base.Scheme + "://" + base.Host + "/"
}

// replyOf is what came for an address, as the run has it where it does.
func (n *inspector) replyOf(ctx context.Context, address string) (reply, error) {
	if v := n.visits[address]; v != nil && v.status == http.StatusOK {
		if p := n.read(ctx, v); p != nil {
			a := reply{asked: address, final: v.url, status: v.status}
			a.read(p)
			return a, nil
		}
	}
	return n.peek(ctx, address, AsFirst)
}

// samePlace reports whether two addresses differ in scheme, query or last slash at most.
func samePlace(a, b string) bool {
	x, err := url.Parse(a)
	if err != nil {
		return false
	}
	y, err := url.Parse(b)
	return err == nil && x.Host == y.Host && strings.TrimSuffix(x.Path, "/") == strings.TrimSuffix(y.Path, "/")
}

// homely reports whether an address is that of a home page.
func (n *inspector) homely(address string) bool {
	if samePlace(address, n.home) || samePlace(address, n.start) {
		return true
	}
	u, err := url.Parse(address)
	return err == nil && check.HomePath(u.Path)
}

// versionWords name the home page, or a version of it.
var versionWords = []string{"首页", "主页", "门户", "home", "english", "英文", "繁体", "繁體", "简体", "手机版", "移动版", "电脑版", "无障碍", "长者", "适老", "旧版", "新版"}

// namesHome reports whether the words of a link may mean the home page of that title.
func (n *inspector) namesHome(l check.Link, title string) bool {
	words := strings.ToLower(strings.Join(strings.Fields(l.Text), ""))
	if words == "" {
		return true // a picture: nobody knows what it names
	}
	if slices.ContainsFunc(versionWords, func(w string) bool { return strings.Contains(words, w) }) {
		return true
	}
	if n.target.Ledger != nil && n.target.Ledger.SiteName != "" && (strings.Contains(words, n.target.Ledger.SiteName) || strings.Contains(n.target.Ledger.SiteName, words)) {
		return true
	}
	return strings.Contains(strings.ToLower(title), words)
}

// shows says how an answer to a link is what the host gives for anything; "" where it is
// not. prints are those of the two, where they were compared.
func (n *inspector) shows(c *catchAll, l check.Link, got reply) (says, print string) {
	if c.to != "" && samePlace(got.final, c.to) && !samePlace(got.asked, c.to) {
		// One program may show many pages, by its query: then the words decide.
		_, query, _ := strings.Cut(got.final, "?")
		_, of, _ := strings.Cut(c.to, "?")
		switch {
		case c.home && n.namesHome(l, c.replies[0].outline.Title):
			return "", ""
		case c.home && query == of:
			says = "不论打开" + c.any() + "，不存在的都转到首页"
		case query == of:
			says = "不论打开" + c.any() + "，不存在的都转到同一页面 " + c.to
		}
	}
	if !got.page {
		return says, ""
	}
	for _, r := range c.replies {
		if p, same := got.outline.Like(got.final, r.outline, r.final); same {
			return cmp.Or(says, "不论打开"+c.any()+"都显示同一页面"), p
		}
	}
	return says, ""
}

// suspect is a link that seems to open what its host gives for anything.
type suspect struct {
	i     int
	says  string
	first Beside
}

// judgeCatchAlls takes the pages of the site's hosts that answer to any address for what
// they are, where that can be told. Each is looked at twice.
func (n *inspector) judgeCatchAlls(ctx context.Context, results []check.LinkResult, whys []string) error {
	hosts := map[string][]int{}
	var names []string
	for i := range results {
		r := &results[i]
		if whys[i] != "" || r.Status != http.StatusOK || r.Err != "" || r.Blank || r.Link.Kind != check.LinkPage && r.Link.Kind != check.LinkExternal || !mayBePage(r.ContentType) || !n.own(r.Link.URL) || n.homely(r.Link.URL) {
			continue
		}
		h := host(r.Link.URL)
		if hosts[h] == nil {
			names = append(names, h)
		}
		hosts[h] = append(hosts[h], i)
	}
	read := 0 // pages that were asked for because nothing was held of them
	for _, h := range names {
		list := hosts[h]
		base, err := url.Parse(results[list[0]].Link.URL)
		if err != nil {
			return fmt.Errorf("engine: address of a link: %w", err)
		}
		honest, err := n.judgeBelow(ctx, base, "/", list, list, results, whys, &read)
		if err == nil && honest {
			err = n.judgeFolders(ctx, base, list, results, whys, &read)
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// judgeBelow judges the links of a host that lead below a folder, of all of its own. It
// reports whether the host says there what is not there.
func (n *inspector) judgeBelow(ctx context.Context, base *url.URL, below string, list, all []int, results []check.LinkResult, whys []string, read *int) (honest bool, err error) {
	if n.late() {
		n.undecided(base, below, outOfTime, results, list)
		return false, nil
	}
	c, err := n.catchAllOf(ctx, base, below, commonExt(results, list))
	if err != nil {
		return false, err
	}
	if c.why != "" {
		n.undecided(base, below, c.why, results, list)
	}
	if c.why != "" || len(c.replies) == 0 {
		return c.why == "", nil
	}
	suspects, differs, err := n.suspects(ctx, c, results, list, read)
	if err != nil || len(suspects) == 0 {
		return false, err
	}
	differ := len(differs)
	if c.apart {
		differ++
	}
	why, known := "", n.homeOf(base)
	switch {
	case len(differs) > 0:
		known = results[differs[0]].Link.URL
	case below == "/":
		why = "除首页外没有网页与之不同，不能判定" // nothing shows that the words tell pages apart
	case c.outside: // what is sent out of the folder is no page of an application in it
		i := slices.IndexFunc(all, func(i int) bool { return !slices.Contains(list, i) && results[i].State() == check.LinkAlive })
		if i < 0 {
			why = "没有别的网页可以比较，不能判定"
		} else {
			known = results[all[i]].Link.URL
		}
	case c.apart:
		known = base.Scheme + "://" + base.Host + below
	default:
		why = "该目录下没有网页与之不同，不能判定"
	}
	if why == "" && len(suspects) > differ && !c.outside {
		why = fmt.Sprintf("那里的网页也多数与之相同（%d 个相同，%d 个不同），不能判定", len(suspects), differ)
	}
	if why != "" {
		n.undecided(base, below, c.all()+why, results, list)
		return false, nil
	}
	return false, n.lookTwice(ctx, c, base, check.Link{URL: known}, suspects, results, whys)
}

// folder is one that links of a host lead below.
type folder struct {
	path  string
	links []int
	alike bool // some of its pages have the title of another
	lot   uint64
}

// judgeFolders judges the links below some of the folders of a host that is honest at its
// root: those first whose pages look alike, the others in turn by the day.
func (n *inspector) judgeFolders(ctx context.Context, base *url.URL, list []int, results []check.LinkResult, whys []string, read *int) error {
	titles := map[string]int{}
	for _, v := range n.visits {
		if v.title != "" && host(v.url) == base.Host {
			titles[v.title]++
		}
	}
	unlike := func(i int) bool { // a page that no other has the title of
		v := n.visits[results[i].FinalURL]
		return v != nil && titles[v.title] == 1
	}
	var settled []string // folders of which all is known
	asked, left := 0, 0
	for _, f := range n.folders(base, list, results, unlike) {
		if slices.ContainsFunc(settled, func(path string) bool { return strings.HasPrefix(f.path, path) }) {
			continue
		}
		if asked == mostFolders {
			left++
			for _, i := range f.links {
				if !unlike(i) {
					n.report.doubt(checkSoft404, results[i].Link.URL)
				}
			}
			continue
		}
		asked++
		honest, err := n.judgeBelow(ctx, base, f.path, f.links, list, results, whys, read)
		if err != nil {
			return err
		}
		if !honest {
			settled = append(settled, f.path)
		}
	}
	if left > 0 {
		n.skip(checkSoft404, fmt.Sprintf("该主机的链接分布在较多目录，本次只在其中 %d 个目录试过随机编造的网址，其余目录由以后的检查轮流进行。", mostFolders), base.Scheme+"://"+base.Host+"/", left)
	}
	return nil
}

// folders are those that links of a host lead below, in the order in which they are asked.
func (n *inspector) folders(base *url.URL, list []int, results []check.LinkResult, unlike func(i int) bool) (out []folder) {
	at := map[string]int{}
	for _, i := range list {
		for _, path := range foldersOf(results[i].Link.URL) {
			k, met := at[path]
			if !met {
				k = len(out)
				at[path] = k
				out = append(out, folder{path: path, lot: DrawLot(n.o.Today.String(), base.Host+path)})
			}
			out[k].links = append(out[k].links, i)
			out[k].alike = out[k].alike || !unlike(i)
		}
	}
	rank := func(f folder) int {
		if f.alike {
			return 0
		}
		return 1
	}
	slices.SortFunc(out, func(a, b folder) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(strings.Count(a.path, "/"), strings.Count(b.path, "/")), cmp.Compare(a.lot, b.lot), strings.Compare(a.path, b.path))
	})
	return out
}

// foldersOf are the first folder on the way to an address and the last, where there are.
func foldersOf(address string) []string {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	parts := strings.Split(strings.Trim(u.EscapedPath(), "/"), "/")
	if len(parts) < 2 {
		return nil
	}
	first, last := "/"+parts[0]+"/", "/"+strings.Join(parts[:len(parts)-1], "/")+"/"
	if first == last {
		return []string{first}
	}
	return []string{first, last}
}

// undecided notes once for a host, or a folder of it, that its pages cannot be told from
// what it gives for anything; what was found of them before is not gone.
func (n *inspector) undecided(base *url.URL, below, why string, results []check.LinkResult, list []int) {
	why, of := strings.TrimSuffix(why, "。"), "该主机的网页"
	if below != "/" {
		of = "目录 " + below + " 下的网页"
	}
	n.skip(checkSoft404, why+"；"+of+"是否存在请人工核实。", base.Scheme+"://"+base.Host+below, 1)
	for _, i := range list {
		n.report.doubt(checkSoft404, results[i].Link.URL)
	}
}

func mayBePage(contentType string) bool {
	return contentType == "" || strings.Contains(strings.ToLower(contentType), "html")
}

// commonExt is the ending most of the pages have: servers treat endings differently.
func commonExt(results []check.LinkResult, list []int) string {
	count, best := map[string]int{}, ""
	for _, i := range list {
		u, err := url.Parse(results[i].Link.URL)
		if err != nil {
			continue
		}
		ext := strings.ToLower(path.Ext(u.Path))
		if count[ext]++; count[ext] > count[best] {
			best = ext
		}
	}
	switch best {
	case ".html", ".htm", ".shtml", ".jsp", ".jhtml", ".php", ".asp", ".aspx", ".do":
		return best
	}
	return ""
}

// suspects holds the pages of a host against what it gives for anything.
func (n *inspector) suspects(ctx context.Context, c *catchAll, results []check.LinkResult, list []int, read *int) (out []suspect, differs []int, err error) {
	for _, i := range list {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		r := &results[i]
		if r.State() != check.LinkAlive {
			continue // it says itself that it is not there
		}
		k := n.links[r.Link.URL]
		got := reply{asked: r.Link.URL, final: r.FinalURL, proof: Beside{As: AsFirst, URL: r.Link.URL, Status: r.Status, At: k.at}}
		if got.final != got.asked {
			got.proof.Final = got.final
		}
		says, _ := n.shows(c, r.Link, got)
		if v := n.visits[r.FinalURL]; v != nil {
			got.proof.SHA256, got.proof.Size = v.sum, v.size
			if says == "" && !c.titled(v.title) {
				differs = append(differs, i)
				continue
			}
			if p := n.read(ctx, v); p != nil {
				got.read(p)
			}
		}
		if !got.page && says == "" {
			if *read++; *read > maxVerified || n.late() {
				n.unopened(r.Link.URL, c.all()+"需要打开核实的链接过多，其余没有核实。", checkSoft404)
				continue
			}
			if got, err = n.peek(ctx, r.Link.URL, AsFirst); err != nil {
				return nil, nil, err
			}
			if got.why != "" || !got.page {
				n.unopened(r.Link.URL, c.all()+"该链接没有取到，未能核实。", checkSoft404)
				continue
			}
			k.at = got.proof.At
		}
		if says, got.proof.Says = n.shows(c, r.Link, got); says == "" {
			differs = append(differs, i)
			continue
		}
		out = append(out, suspect{i, says, got.proof})
	}
	return out, differs, nil
}

// titled reports whether a title is one the host gives for anything, or may be: where it
// repeats the address nothing is known before the page is read.
func (c *catchAll) titled(title string) bool {
	return slices.ContainsFunc(c.replies, func(r reply) bool {
		return r.title == title || strings.Contains(r.title, strings.TrimSuffix(path.Base(r.asked), path.Ext(r.asked))) || strings.ContainsAny(r.title, "0123456789")
	})
}

// lookTwice asks once more, after a while, for what cannot be there and for each suspect;
// and for a page known to be there, for a host that is busy or wards us off may answer
// everything alike for a time.
func (n *inspector) lookTwice(ctx context.Context, c *catchAll, base *url.URL, known check.Link, suspects []suspect, results []check.LinkResult, whys []string) error {
	for _, s := range suspects[min(len(suspects), mostGone):] {
		whys[s.i] = "所在主机不论打开什么地址都显示同一页面，这样的链接过多，其余未再次核实。"
	}
	suspects = suspects[:min(len(suspects), mostGone)]
	if err := pause(ctx, time.Until(c.replies[len(c.replies)-1].proof.At.Add(n.o.Patience))); err != nil {
		return err
	}
	again, err := n.peekMadeUp(ctx, base, c.below, false, path.Ext(c.replies[0].asked))
	if err != nil {
		return err
	}
	open := func(why string) error {
		for _, s := range suspects {
			whys[s.i] = why
		}
		return nil
	}
	if !again.page || again.why != "" {
		return open("所在主机第一次不论打开什么地址都有网页，再次查看时不再如此，未能判定。")
	}
	later := &catchAll{below: c.below, replies: append(slices.Clone(c.replies), again), to: c.to, home: c.home}
	if c.to != "" && !samePlace(again.final, c.to) {
		later.to = "" // not where all are sent
	}
	there, err := n.peek(ctx, known.URL, AsSecond)
	if err != nil {
		return err
	}
	if says, _ := n.shows(later, known, there); says != "" || !there.page || there.why != "" {
		return open("所在主机再次查看时对本来正常的网页也没有正常应答，可能正忙或在限制访问，未能判定。")
	}
	var mu sync.Mutex // a store that travels in a batch is for one at a time
	keep := func(a *reply) error {
		if n.store == nil || len(a.body) == 0 {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		ref, err := n.store.Put(ctx, bytes.NewReader(a.body))
		if err != nil {
			return fmt.Errorf("engine: keep evidence: %w", err)
		}
		a.proof.Ref = ref
		return nil
	}
	first := c.replies[0]
	if err := errors.Join(keep(&first), keep(&again)); err != nil {
		return err
	}
	at := map[int]suspect{}
	var list []int
	for _, s := range suspects {
		at[s.i] = s
		list = append(list, s.i)
	}
	err = n.eachAgain(list, func(i int) error {
		k := n.links[results[i].Link.URL]
		if n.late() || pause(ctx, time.Until(k.at.Add(n.o.Patience))) != nil {
			whys[i] = outOfTime
			return nil
		}
		got, err := n.peek(ctx, k.link.URL, AsSecond)
		switch {
		case err != nil:
			return err
		case gone(got.status):
			results[i].Status, results[i].FinalURL = got.status, got.final
			k.looks = []Beside{at[i].first, got.proof}
		case got.why != "" || !got.page:
			whys[i] = "第一次打开的是所在主机不论什么地址都显示的页面，再次访问时没有正常应答，未能判定。"
		default:
			says, print := n.shows(later, results[i].Link, got)
			if says == "" {
				return nil // a page of its own, this time
			}
			got.proof.Says = print
			if err := keep(&got); err != nil {
				return err
			}
			mine, others := first.proof, again.proof
			mine.Says, others.Says = first.printBeside(got), again.printBeside(got)
			results[i].CatchAll, results[i].FinalURL = says, got.final
			k.looks = []Beside{at[i].first, got.proof, mine, others}
		}
		return nil
	})
	return cmp.Or(err, ctx.Err())
}

// leaveNoPages takes back what was found of pages that a host gives for anything: the
// link to them is the finding, as with other error pages.
func (n *inspector) leaveNoPages() {
	if len(n.noPages) == 0 {
		return
	}
	n.report.Findings = slices.DeleteFunc(n.report.Findings, func(s Sighting) bool {
		return n.noPages[s.URL] && !slices.ContainsFunc(s.Also, func(u string) bool { return !n.noPages[u] })
	})
}

// printBeside is the print of an answer as it is compared with another.
func (a *reply) printBeside(other reply) string {
	if !other.page {
		return ""
	}
	print, _ := a.outline.Like(a.final, other.outline, other.final)
	return print
}

// catchAllAt asks the host of one address, and where that is honest the folders on the way
// to it, for what cannot be there.
func (n *inspector) catchAllAt(ctx context.Context, address *url.URL) (c *catchAll, err error) {
	ext := commonExt([]check.LinkResult{{Link: check.Link{URL: address.String()}}}, []int{0})
	for _, below := range append([]string{"/"}, foldersOf(address.String())...) {
		if c, err = n.catchAllOf(ctx, address, below, ext); err != nil || c.why != "" || len(c.replies) > 0 {
			break
		}
	}
	return c, err
}

// recheckCatchAll says of a page that a link opens, for a second look, whether it is what
// the host gives for anything: how, with the proof of it, or why that cannot be told.
func (n *inspector) recheckCatchAll(ctx context.Context, l check.Link, resp *egress.Response, held *check.Page) (says, why string, proof []Beside, err error) {
	got := reply{asked: l.URL, final: l.URL, proof: Beside{As: AsSecond, URL: l.URL, At: time.Now().UTC()}}
	if got.take(resp); !got.page || l.Kind != check.LinkPage && l.Kind != check.LinkExternal || !n.own(l.URL) || n.homely(l.URL) {
		return "", "", nil, nil
	}
	base, err := url.Parse(l.URL)
	if err != nil {
		return "", "", nil, nil //nolint:nilerr // it was asked for: it is an address
	}
	c, err := n.catchAllAt(crawl.Urgent(ctx), base)
	if err != nil {
		return "", "", nil, err
	}
	if c.why != "" || len(c.replies) == 0 {
		return "", c.why, nil, nil
	}
	says, got.proof.Says = n.shows(c, l, got)
	if says == "" {
		return "", "", nil, nil
	}
	around := reply{asked: held.URL, final: held.URL}
	around.read(held)
	if same, _ := n.shows(&catchAll{below: c.below, replies: c.replies}, l, around); same != "" && !(c.to != "" && samePlace(held.URL, c.to)) {
		return "", "链接所在的网页也与之相同", nil, nil
	}
	first := c.replies[0]
	if n.store != nil {
		for _, a := range []*reply{&got, &first} {
			if a.proof.Ref, err = n.store.Put(ctx, bytes.NewReader(a.body)); err != nil {
				return "", "", nil, fmt.Errorf("engine: keep evidence: %w", err)
			}
		}
	}
	first.proof.Says = first.printBeside(got)
	return says, "", []Beside{got.proof, first.proof}, nil
}
