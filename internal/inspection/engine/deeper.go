package engine

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"zhengshu/internal/abridge"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/egress"
	"zhengshu/internal/official"
)

// What a run asks for beyond the pages: where outside links come out, what
// stands in attachments, and whether the search finds what the site has.
const (
	maxLandings   = 120 // outside links opened in one run
	maxVerified   = 100 // answers read to be sure that they are not what a link names
	landingBody   = 256 << 10
	maxFiles      = 40 // attachments read in one run
	fileBody      = 10 << 20
	searchItems   = 3  // items asked for
	searchWords   = 10 // characters of what a title tells
	searchWhole   = 40 // characters of a title asked for as it is
	searchPages   = 8  // pages a retest reads to have titles to ask for
	searchBody    = 1 << 20
	searchOldDays = 3 // an item younger than this may not be in the index yet
)

// dayOf is the day of an instant as pages show it; zero when it is none.
func dayOf(shown string) calendar.Date {
	if len(shown) < len("2006-01-02") {
		return calendar.Date{}
	}
	d, err := calendar.ParseDate(shown[:len("2006-01-02")])
	if err != nil {
		return calendar.Date{}
	}
	return d
}

// deepen makes the checks that need further requests.
func (n *inspector) deepen(ctx context.Context) error {
	if n.o.wants("attachment") {
		if err := n.readAttachments(ctx); err != nil {
			return err
		}
	}
	if n.o.wants("function") {
		if err := n.trySearch(ctx); err != nil {
			return err
		}
	}
	if n.o.wants("dates") {
		n.judgeInstants()
	}
	return ctx.Err()
}

// file puts what the checks said of facts into the report. place gives the page
// a finding belongs to and its proof.
func (n *inspector) file(facts check.Facts, place func(check.Finding) (*visit, Sighting)) {
	n.put(n.run(facts), place)
}

// run puts facts to the checks.
func (n *inspector) run(facts check.Facts) []check.Finding {
	facts.Ledger, facts.Lexicon, facts.Limits, facts.Today = n.target.Ledger, n.o.Lexicon, n.o.Limits, n.o.Today
	return check.Run(facts)
}

// put enters what the checks said.
func (n *inspector) put(findings []check.Finding, place func(check.Finding) (*visit, Sighting)) {
	for _, f := range findings {
		switch f.Outcome {
		case check.Untested:
			n.skip(f.Check, f.Why, f.Where, 1)
		case check.Violated:
			v, s := place(f)
			s.Check, s.Severity, s.Says, s.Article, s.Where, s.Fix = f.Check, f.Severity, f.Says, f.Article, f.Where, f.Fix
			n.add(v, nil, s)
		}
	}
}

// unopened notes that a link answers and what it opens was not looked at: what was
// found of it before is not gone.
func (n *inspector) unopened(link, why string, ids ...string) {
	n.skip(ids[0], why, link, 1)
	for _, id := range ids {
		n.report.doubt(id, link)
	}
}

// verify reads what came where the head of the answer says that a file or a picture
// is a page, or empty: a head alone is no proof of it.
func (n *inspector) verify(ctx context.Context, results []check.LinkResult, whys []string) error {
	read := 0
	for i := range results {
		r := &results[i]
		if whys[i] != "" || n.visits[r.Link.URL] != nil || r.State() != check.LinkWrong || r.Link.Kind != check.LinkAttachment && r.Link.Kind != check.LinkImage {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		r.ContentType, r.Bytes = "", -1
		if n.late() {
			n.unopened(r.Link.URL, outOfTime, "link.wrong")
			continue
		}
		if read++; read > maxVerified {
			n.unopened(r.Link.URL, "返回内容与所指不符的链接过多，其余没有核实。", "link.wrong")
			continue
		}
		why, err := n.openOnce(ctx, r)
		if err != nil {
			return err
		}
		if why != "" {
			n.unopened(r.Link.URL, why, "link.wrong")
		}
	}
	return ctx.Err()
}

// openOnce is landing, noted.
func (n *inspector) openOnce(ctx context.Context, r *check.LinkResult) (string, error) {
	var known looked
	if ok, err := n.noted(ctx, landLook, r.Link.URL, &known); err != nil || ok {
		known.Result.Link, known.Result.OnHome = r.Link, r.OnHome
		if ok {
			*r = known.Result
		}
		return known.Why, err
	}
	why := landing(ctx, n.o.Manners, r)
	if ctx.Err() != nil {
		return why, ctx.Err()
	}
	return why, n.note(ctx, landLook, r.Link.URL, looked{Result: *r, Why: why})
}

// landings opens what outside links lead to and notes what each shows: a working
// link to a domain that changed hands is worse than a dead one. Each is judged by
// its own page: what one page of a host shows says nothing of the others. Those
// nobody vouches for come first, and of each host one before the others.
func (n *inspector) landings(ctx context.Context, results []check.LinkResult, whys []string) error {
	var first, rest []int
	hosts := map[string]bool{}
	for _, vouched := range []bool{false, true} {
		for i, r := range results {
			if whys[i] != "" || r.Status != http.StatusOK || r.Title != "" || r.Link.Kind != check.LinkExternal || r.Outside(n.o.Lexicon) == vouched {
				continue
			}
			u, err := url.Parse(cmp.Or(r.FinalURL, r.Link.URL))
			if err != nil {
				continue
			}
			if hosts[u.Host] {
				rest = append(rest, i)
				continue
			}
			hosts[u.Host] = true
			first = append(first, i)
		}
	}
	for at, i := range append(first, rest...) {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := &results[i]
		why := "外部链接过多，其余没有打开查看内容。"
		if n.late() {
			why = outOfTime
		} else if at < maxLandings {
			var err error
			if why, err = n.openOnce(ctx, r); err != nil {
				return err
			}
		}
		if why != "" {
			n.unopened(r.Link.URL, why, "link.illegal", "link.parked", "link.soft404")
		}
	}
	return ctx.Err()
}

// landing notes of a link that is alive what it opens: type, size and, of a page,
// what it shows. It returns why it could not be looked at where it is not for us.
func landing(ctx context.Context, m *crawl.Manners, r *check.LinkResult) (why string) {
	open := func() (*egress.Response, bool, crawl.Why, error) {
		return m.Fetch(ctx, cmp.Or(r.FinalURL, r.Link.URL), egress.Options{RecordTLSFault: true, MaxBody: landingBody})
	}
	resp, ok, said, err := open()
	if ok && err == nil && gone(resp.Status) {
		// The head was answered and the page is not there: what a visitor gets counts. One look is no proof.
		if resp, ok, said, err = open(); ok && err == nil && gone(resp.Status) {
			r.Status = resp.Status
			return ""
		}
	}
	if !ok {
		return "链接打开的网页没有查看内容：" + said.Says()
	}
	if resp == nil || err != nil && len(resp.Body) == 0 || resp.Status != http.StatusOK {
		return "链接打开的网页没有取到，没有查看内容。" // that it answers is known; what it shows is not
	}
	if resp.Final != "" {
		r.FinalURL = resp.Final
	}
	showing(r, resp)
	return ""
}

// showing notes of an answer what a link is judged by beside its status.
func showing(r *check.LinkResult, resp *egress.Response) {
	r.ContentType, r.Bytes = resp.Header.Get("Content-Type"), int64(len(resp.Body))
	if !isHTML(r.ContentType, resp.Body) {
		return
	}
	r.Blank = len(bytes.TrimSpace(resp.Body)) == 0
	if p, err := check.ParsePage(resp.Body, r.ContentType, cmp.Or(resp.Final, r.Link.URL)); err == nil {
		r.Title, r.Text = cmp.Or(p.DocumentTitle(), p.Title), abridge.Cut(p.VisibleText, 2000)
	}
}

// offered is a file that pages of the site offer, and the first of them.
type offered struct {
	target string
	k      *linked
}

// offers are the files of the site: those that their names tell, and what was
// visited as a page and is none, each once.
func (n *inspector) offers() (out []offered) {
	met := map[string]bool{}
	for _, target := range n.linkOrder {
		k := n.links[target]
		file := k.link.Kind == check.LinkAttachment || k.link.Kind == check.LinkImage && k.link.Offered
		if file && n.own(target) && (!n.o.wants("link") || n.report.judged[target]) {
			met[target] = true
			out = append(out, offered{target, k})
		}
	}
	for _, v := range n.files {
		if v.url == n.home || met[v.url] {
			continue // no file that is offered but the site, or one that its name told
		}
		k := n.links[v.url]
		if k == nil {
			k = &linked{page: v.from, pages: 1}
		}
		out = append(out, offered{v.url, k})
	}
	return out
}

// kindsUnread are files of which no words are read; what has another ending is
// told by its bytes.
var kindsUnread = map[string]string{
	".rar": "压缩包", ".7z": "压缩包", ".tar": "压缩包", ".gz": "压缩包", ".ceb": "版式文件", ".epub": "电子书", ".xml": "数据文件", ".json": "数据文件",
	".jpg": "图片", ".jpeg": "图片", ".png": "图片", ".gif": "图片", ".bmp": "图片", ".webp": "图片", ".svg": "图片", ".ico": "图片", ".tif": "图片", ".tiff": "图片",
	".mp3": "音频", ".wav": "音频", ".m4a": "音频", ".mp4": "视频", ".flv": "视频", ".avi": "视频", ".wmv": "视频", ".mov": "视频", ".m4v": "视频", ".webm": "视频", ".swf": "动画",
	".apk": "安装程序", ".exe": "程序",
}

// unreadKind says why no words are read in a file of an extension; "" where they
// are, or where its bytes must tell. The reason is that of the kind, so that all
// files of it are one line of the report.
func unreadKind(ext string) string {
	if what := kindsUnread[ext]; what != "" {
		return strings.ToUpper(ext[1:]) + " 格式的" + what + "，不读取其中的文字，请人工核对"
	}
	return ""
}

// readAttachments reads the files of the site that pages offer, those whose turn
// it is first where there are too many for one run.
func (n *inspector) readAttachments(ctx context.Context) error {
	var files []offered
	for _, x := range n.offers() {
		name := cmp.Or(fileName(x.target), "未命名文件")
		if n.dead[x.target] || n.listing(x.target, name) {
			continue // that it does not open is a finding about the link
		}
		if why := unreadKind(strings.ToLower(path.Ext(name))); why != "" {
			n.skip("attachment.unread", why, x.target, 1)
			continue
		}
		files = append(files, x)
	}
	inTurn(files, maxFiles, n.o.Today)
	for i, x := range files {
		target, k := x.target, x.k
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if n.late() {
			n.skip("attachment.unread", outOfTime, target, 1)
			continue
		}
		if i >= maxFiles {
			n.skip("attachment.unread", fmt.Sprintf("附件超过 %d 个，这次没有轮到的没有检查，以后的检查轮流读取。", maxFiles), target, 1)
			continue
		}
		f, err := n.judgeFile(ctx, target, k.page)
		if err != nil {
			return err
		}
		if !f.Came {
			continue // that it does not open is a finding about the link
		}
		n.report.read[target] = f.Whole // else what was found in it may still be there
		n.put(f.Findings, func(check.Finding) (*visit, Sighting) {
			return nil, Sighting{URL: k.page, OnHome: k.onHome, Pages: k.pages, Also: k.also, Evidence: f.Evidence}
		})
	}
	return nil
}

// judgedFile is what came of a file, as the journal keeps it.
type judgedFile struct {
	Came     bool            `json:"came"`
	Whole    bool            `json:"whole"` // all of it was read
	Findings []check.Finding `json:"findings,omitempty"`
	Evidence Evidence        `json:"evidence"`
	Hops     []Beside        `json:"hops,omitempty"`
}

// judgeFile reads a file and judges it, once in a run however often that is broken off: its
// words are not kept, what was found in them is, and its bytes where they are evidence.
func (n *inspector) judgeFile(ctx context.Context, target, page string) (f judgedFile, err error) {
	body, known, err := n.notedBytes(ctx, fileLook, target, &f)
	if err != nil {
		return f, err
	}
	if known {
		if n.store != nil && f.Evidence.Ref != "" {
			if f.Evidence.Ref, err = n.store.Put(ctx, bytes.NewReader(body)); err != nil {
				return f, fmt.Errorf("engine: keep evidence: %w", err)
			}
		}
	} else {
		a, err := n.attachment(ctx, target, cmp.Or(fileName(target), "未命名文件"))
		if err != nil {
			return f, err
		}
		f = judgedFile{Came: a.files != nil, Whole: true, Evidence: a.evidence, Hops: a.hops}
		for i := range a.files {
			a.files[i].Page = page
			f.Whole = f.Whole && a.files[i].Unread == ""
		}
		f.Findings = n.run(check.Facts{Attachments: a.files})
		if a.evidence.Ref == "" {
			a.body = nil
		}
		if err := n.noteBytes(ctx, fileLook, target, f, a.body); err != nil {
			return f, err
		}
	}
	if f.Hops != nil {
		n.downgraded(nil, target, false, f.Hops)
	}
	return f, nil
}

// inTurn puts the files first whose turn it is on a day, where there are more than
// are read. Each belongs to one of a number of lots, and the lots move up by one
// a day. The number is a prime and none of the days between two runs of a site, so
// that in as many runs as there are lots every file was among the first.
func inTurn(files []offered, most int, day calendar.Date) {
	if len(files) <= most {
		return
	}
	lots := uint64(max(11, len(files)*10/(most*7)+1)) // they are not equal: two thirds full leaves room
	for !big.NewInt(int64(lots)).ProbablyPrime(0) {
		lots++
	}
	today := uint64(day.Start().Unix()/(24*60*60)) % lots
	slices.SortStableFunc(files, func(a, b offered) int {
		return cmp.Compare((DrawLot("", a.target)+today)%lots, (DrawLot("", b.target)+today)%lots)
	})
}

func fileName(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	name := path.Base(u.Path)
	if name == "" || name == "/" || name == "." {
		return ""
	}
	return abridge.Cut(name, 120)
}

// fetched is a file that was read, what it was packed with included; files is nil when no
// file came.
type fetched struct {
	files    []check.Attachment
	evidence Evidence
	hops     []Beside // where its way left https
	body     []byte
}

// of is the same with what was read.
func (f fetched) of(e Evidence, files ...check.Attachment) fetched {
	f.evidence, f.files = e, files
	return f
}

// attachment fetches and reads one file.
func (n *inspector) attachment(ctx context.Context, target, name string) (f fetched, err error) {
	resp, ok, why, err := n.o.Manners.Fetch(ctx, target, egress.Options{RecordTLSFault: true, MaxBody: fileBody, Accept: "*/*"})
	if ctx.Err() != nil {
		return f, ctx.Err()
	}
	f.hops = hopsOf(resp)
	at := check.Attachment{URL: target, Name: name}
	if !ok {
		at.Unread = fmt.Sprintf("附件“%s”没有检查：%s", name, why.Says())
		return f.of(Evidence{URL: target, At: time.Now().UTC()}, at), nil
	}
	if e := (*egress.Error)(nil); errors.As(err, &e) {
		if e.Kind == egress.NoWay {
			at.Unread = fmt.Sprintf("附件“%s”没有检查：%s", name, e.Says)
			return f.of(Evidence{URL: target, At: time.Now().UTC()}, at), nil
		}
		if e.Kind != egress.TooLarge {
			return f, nil
		}
		at.Unread = fmt.Sprintf("附件“%s”超过 %d MB，没有检查其中的文字。", name, fileBody>>20)
		return f.of(Evidence{URL: target, Status: resp.Status, At: resp.Started}, at), nil
	}
	if err != nil || resp.Status != http.StatusOK || strings.Contains(strings.ToLower(resp.Header.Get("Content-Type")), "text/html") {
		return f, nil
	}
	sum := sha256.Sum256(resp.Body)
	e := Evidence{URL: target, Status: resp.Status, Headers: HeaderText(resp.Header), SHA256: hex.EncodeToString(sum[:]), Size: int64(len(resp.Body)), At: resp.Started, Vantage: n.o.Vantage, Edition: check.Edition()}
	if !official.Readable(name, true) {
		if listingBody(resp.Body) {
			return f.of(e), nil
		}
		kind := official.KindOf(resp.Header.Get("Content-Type"), resp.Body)
		why := unreadKind(kind)
		switch {
		case why != "":
		case kind == "":
			why = "文件没有可以识别的扩展名，内容的格式也不能识别，没有检查其中的文字，请人工核对"
		default:
			name += kind
		}
		if why != "" {
			at.Unread = why
			return f.of(e, at), nil
		}
	}
	words, err := official.ReadWords(ctx, bytes.NewReader(resp.Body), int64(len(resp.Body)), name, official.TextLimits{Child: true})
	var bad *official.FileError
	switch {
	case errors.As(err, &bad):
		at.Unread = bad.Says
		return f.of(e, at), nil
	case err != nil:
		return f, fmt.Errorf("engine: read %s: %w", target, err)
	}
	at.Text = words.Text
	at.At = func(i int) string { return check.MaskText(words.At(i)) } // names of files and sheets hold numbers, too
	out := []check.Attachment{at}
	for _, says := range words.Unread {
		out = append(out, check.Attachment{URL: target, Name: name, Unread: check.MaskText(says)})
	}
	for _, says := range words.Unjudged {
		out = append(out, check.Attachment{URL: target, Name: name, Unjudged: check.MaskText(says)})
	}
	if n.store != nil && len(check.Privacy(words.Text)) > 0 {
		if e.Ref, err = n.store.Put(ctx, bytes.NewReader(resp.Body)); err != nil {
			return f, fmt.Errorf("engine: keep evidence: %w", err)
		}
	}
	f.body = resp.Body
	return f.of(e, out...), nil
}

// trySearch asks the site's search for the titles of pages that were read.
func (n *inspector) trySearch(ctx context.Context) error {
	home := n.visits[n.home]
	if home == nil {
		return nil
	}
	page, err := n.pageOf(ctx, home)
	if err != nil {
		return err
	}
	if page == nil {
		n.skip("function.search", "首页没有再次取到，没有检查站内搜索", n.home, 1)
		return nil
	}
	var items []searched
	for _, v := range n.order {
		if v.content {
			items = append(items, searched{v.title, v.url, v.published})
		}
	}
	s, e, err := n.search(ctx, page, items)
	if err != nil {
		return err
	}
	n.file(check.Facts{Search: s}, func(check.Finding) (*visit, Sighting) {
		return home, Sighting{URL: n.home, OnHome: true, Evidence: e}
	})
	n.report.searched = !slices.ContainsFunc(n.report.Untested, func(u Untested) bool { return u.Check == "function.search" })
	return nil
}

// searched is a published item to search for.
type searched struct {
	title, url string
	published  calendar.Date
}

// telling are the items to ask for: of the older, the middle and the newer part of
// those that may be in the index by now the one whose telling words stand in the
// fewest titles, so that it should be listed high.
func (n *inspector) telling(items []searched) (out []searched) {
	items = slices.DeleteFunc(slices.Clone(items), func(i searched) bool {
		young := !n.o.Today.IsZero() && (i.published.IsZero() || !i.published.Before(n.o.Today.AddDays(-searchOldDays)))
		return young || utf8.RuneCountInString(i.title) < 6 || keyWords(i.title) == ""
	})
	slices.SortStableFunc(items, func(a, b searched) int { return a.published.Compare(b.published) })
	known := map[string]bool{}
	items = slices.DeleteFunc(items, func(i searched) bool {
		again := known[keyWords(i.title)]
		known[keyWords(i.title)] = true
		return again
	})
	parts := min(searchItems, len(items))
	for part := range parts {
		of := items[part*len(items)/parts : (part+1)*len(items)/parts]
		out = append(out, slices.MinFunc(of, func(a, b searched) int { return cmp.Compare(titlesWith(items, a), titlesWith(items, b)) }))
	}
	return out
}

// titlesWith counts the titles that hold the telling words of an item.
func titlesWith(items []searched, of searched) (n int) {
	words := keyWords(of.title)
	for _, i := range items {
		if strings.Contains(i.title, words) {
			n++
		}
	}
	return n
}

// questions are what is put to a search, in turn until one is answered: first what
// the titles tell, as a person would type it, then the titles as they are.
func questions(items []searched) (out []check.Question) {
	for _, i := range items {
		out = append(out, check.Question{Asked: keyWords(i.title), Title: i.title, Target: i.url})
	}
	for _, i := range items {
		if whole := abridge.Cut(i.title, searchWhole); whole != keyWords(i.title) {
			out = append(out, check.Question{Asked: whole, Title: i.title, Target: i.url})
		}
	}
	return out
}

// search asks the form of a page for some of the items, and for words that stand
// nowhere.
func (n *inspector) search(ctx context.Context, home *check.Page, items []searched) (*check.Search, Evidence, error) {
	form, ok := check.FindSearch(home)
	items = n.telling(items)
	switch {
	case !ok:
		return &check.Search{Why: "首页没有可以识别的搜索框，请人工核实站内搜索。"}, Evidence{}, nil
	case form.Post:
		return &check.Search{Why: "站内搜索以提交表单的方式进行，机器检查不提交表单，请人工核实。"}, Evidence{}, nil
	case !n.own(form.Action):
		return &check.Search{Why: "站内搜索由其他网站提供，请人工核实。"}, Evidence{}, nil
	case len(items) == 0:
		return &check.Search{Why: "读到的网页中没有发布三天以上、可以用来检索的信息，请人工核实站内搜索。"}, Evidence{}, nil
	}
	s, e := &check.Search{}, Evidence{}
	for _, q := range questions(items) {
		address := form.Asked(q.Asked)
		if err := n.ask(ctx, address, &q); err != nil {
			return nil, e, err
		}
		s.Questions = append(s.Questions, q)
		if e = (Evidence{Link: address, LinkStatus: q.Status}); q.Why != "" || q.Refused() || q.Scripted() {
			break // the next would be answered no better
		}
		if s.Control == nil && q.Page != nil {
			var nowhere check.Question
			if err := n.ask(ctx, form.Asked("卅卌卄廿囗"), &nowhere); err != nil {
				return nil, e, err
			}
			s.Control = nowhere.Page
		}
		if outcome, _ := q.Came(s.Control); outcome == check.Kept {
			break
		}
	}
	return s, e, nil
}

// ask puts a question to a search; the error is the context's.
func (n *inspector) ask(ctx context.Context, address string, q *check.Question) error {
	_, resp, ok, why, err := n.hear(ctx, "search", address, address, egress.Options{RecordTLSFault: true, MaxBody: searchBody})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if !ok {
		q.Why = cmp.Or(why.Says(), "站内搜索没有检查。")
		return nil
	}
	if e := (*egress.Error)(nil); errors.As(err, &e) {
		q.Why = "站内搜索没有应答：" + e.Says
		return nil
	}
	if resp.Final != "" && !n.own(resp.Final) {
		q.Why = "站内搜索转到其他网站，请人工核实。"
		return nil
	}
	q.Status = resp.Status
	if err != nil || resp.Status != http.StatusOK || !isHTML(resp.Header.Get("Content-Type"), resp.Body) {
		return nil
	}
	if p, err := check.ParsePage(resp.Body, resp.Header.Get("Content-Type"), resp.Final); err == nil {
		q.Page = p
	}
	return nil
}

// What stands before the matter of a document, and after it.
var (
	beforeMatter = regexp.MustCompile(`^.{0,40}?关于(?:印发|公布|转发|批转|发布|下达|做好|开展|进一步|加强)*`)
	afterMatter  = regexp.MustCompile(`(?:工作)?的?(?:通知|公告|通告|公示|意见|决定|批复|函|报告|请示|通报)$`)
)

// keyWords are what a title tells: without the issuing office and 关于, the longest
// run of Chinese characters, cut to what a person would type.
func keyWords(title string) string {
	if matter := afterMatter.ReplaceAllString(beforeMatter.ReplaceAllString(title, ""), ""); utf8.RuneCountInString(matter) >= 4 {
		title = matter
	}
	best := ""
	for run := range strings.FieldsFuncSeq(title, func(r rune) bool { return !unicode.Is(unicode.Han, r) }) {
		if utf8.RuneCountInString(run) > utf8.RuneCountInString(best) {
			best = run
		}
	}
	if utf8.RuneCountInString(best) < 4 {
		return "" // stands in anything
	}
	return abridge.Cut(best, searchWords)
}

// judgeInstants holds the instants of publication of a site's pages together.
func (n *inspector) judgeInstants() {
	var dated []check.Dated
	for _, v := range n.order {
		if v.content && v.shown != "" {
			dated = append(dated, check.Dated{URL: v.url, Column: v.column, Published: v.shown})
		}
	}
	if len(dated) == 0 {
		return
	}
	n.report.dated = true
	n.file(check.Facts{Dated: dated}, func(f check.Finding) (*visit, Sighting) {
		v := n.visits[f.Where]
		if v == nil {
			v = n.visits[n.home]
		}
		return v, Sighting{URL: v.url}
	})
}

// recheckDeep looks again at what deepen found.
func (n *inspector) recheckDeep(ctx context.Context, spot Spot) (Look, error) {
	home, page, err := n.fetch(ctx, n.start)
	if err != nil {
		return Look{}, err
	}
	if page == nil {
		_, says := home.absent()
		return n.look(ctx, home, Unknown, says, Evidence{})
	}
	facts := check.Facts{Ledger: n.target.Ledger, Lexicon: n.o.Lexicon, Today: n.o.Today}
	e := Evidence{Link: spot.Where}
	switch family, _, _ := strings.Cut(spot.Check, "."); {
	case family == "attachment":
		got, err := n.attachment(ctx, spot.Where, fileName(spot.Where))
		if err != nil {
			return Look{}, err
		}
		if got.files == nil {
			got := n.o.Links.Check(ctx, spot.Where)
			if got.Status == http.StatusNotFound || got.Status == http.StatusGone {
				return n.look(ctx, home, Gone, "附件已撤下。", e)
			}
			return n.look(ctx, home, Unknown, "附件没有取到，未能复测，请稍后再试。", e)
		}
		for _, a := range got.files {
			a.Unjudged = "" // what was found stood in the words
			facts.Attachments = append(facts.Attachments, a)
		}
		if got.hops != nil {
			n.downgraded(nil, spot.Where, false, got.hops)
		}
		e.LinkStatus = got.evidence.Status
	case spot.Check == "function.search":
		items, err := n.leadsTo(ctx, page)
		if err != nil {
			return Look{}, err
		}
		s, proof, err := n.search(ctx, page, items)
		if err != nil {
			return Look{}, err
		}
		facts.Search, e = s, proof
	default:
		return n.look(ctx, home, Unknown, "这一项需要重新检查全站才能判断，请发起一次检查。", Evidence{})
	}
	for _, f := range check.Run(facts) {
		switch {
		case f.Check == spot.Check && f.Outcome == check.Violated:
			return n.look(ctx, home, Standing, f.Says, e)
		case f.Outcome == check.Untested:
			return n.look(ctx, home, Unknown, f.Says, e)
		}
	}
	return n.look(ctx, home, Gone, "该处已改正，复测未再发现。", e)
}

// leadsTo are the items that some links of a page, taken evenly from all, lead to.
func (n *inspector) leadsTo(ctx context.Context, page *check.Page) (items []searched, err error) {
	var links []string
	for _, l := range page.Links {
		if l.Kind == check.LinkPage && n.own(l.URL) && utf8.RuneCountInString(l.Text) >= 8 && !slices.Contains(links, l.URL) {
			links = append(links, l.URL)
		}
	}
	for i := range min(searchPages, len(links)) {
		v, p, err := n.fetch(ctx, links[i*len(links)/min(searchPages, len(links))])
		if err != nil {
			return nil, err
		}
		if p != nil && check.Classify(p) == check.ClassContent && !softError(p) {
			items = append(items, searched{p.Title, v.url, dayOf(p.Published)})
		}
	}
	return items, nil
}
