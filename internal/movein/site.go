package movein

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"mime"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/prose"
)

// Limits of the visit of an old site.
const (
	defaultPages = 500
	maxPages     = 20_000
	maxFetched   = 2 << 30 // bytes of pictures and attachments
	maxDead      = 2000    // dead links listed
)

// Visit begins the rehearsal of an old site: its pages are visited politely
// and judged; nothing comes into the library before Take.
func (s *Service) Visit(ctx context.Context, session *authz.Session, scope authz.Scope, ask Ask, address string, pages int) (Batch, error) {
	address = strings.TrimSpace(address)
	if address != "" && !strings.Contains(address, "://") {
		address = "http://" + address
	}
	start, err := crawl.Canonical("", address)
	if err != nil || !strings.HasPrefix(start, "http") {
		return Batch{}, fault.New(fault.Invalid, "旧网站的地址无法识别。").On("address", "请填写首页地址，例如 http://www.yanta.gov.cn/").From(err)
	}
	if pages == 0 {
		pages = defaultPages
	}
	if pages < 1 || pages > maxPages {
		return Batch{}, fault.New(fault.Invalid, "访问的页数不合适。").On("pages", fmt.Sprintf("请填写 1 到 %d 之间的数", maxPages))
	}
	b, err := s.begun(ctx, session, scope, ask, Batch{Kind: Site, Address: start, Pages: pages})
	if err != nil {
		return b, err
	}
	u, err := url.Parse(start)
	if err != nil {
		return b, err
	}
	b.Name = "旧网站 " + u.Host
	if err := s.insert(ctx, b, nil); err != nil {
		return b, err
	}
	return s.Look(ctx, session, scope, b.ID)
}

// crawled is what a visit brings home beside the list.
type crawled struct {
	pieces []Piece
	dead   []Dead
	left   []Left
}

// visit visits the site of a batch: articles become rows, their files are
// fetched, dead inner links are listed.
func (s *Service) visit(ctx context.Context, r *rehearsal) (crawled, error) {
	v := visitor{s: s, r: r, manners: crawl.NewManners(s.Client, crawl.Courtesy{Delay: s.Delay}), state: map[string]string{}, prints: map[[32]byte]string{}}
	if err := s.DB.Update(ctx, func(tx *db.Tx) error { // of a visit that was cut short
		if _, err := tx.Exec(ctx, `DELETE FROM move_in_piece WHERE batch_id = $1`, r.b.ID); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "movein.visit", Target: r.b.target(), After: r.b.Address})
	}); err != nil {
		return crawled{}, err
	}
	result, err := crawl.Crawl(ctx, s.Client, crawl.Plan{Start: r.b.Address, MaxPages: r.b.Pages, Manners: v.manners, Visit: func(p crawl.Page) error { return v.page(ctx, p) }})
	if err != nil {
		return crawled{}, err
	}
	if err := v.shown(ctx); err != nil {
		return crawled{}, err
	}
	if len(v.out.pieces) == 1 && v.out.pieces[0].Result == Refused {
		return crawled{}, fault.Newf(fault.Invalid, "打不开旧网站的首页 %s：%s", abridge.Cut(r.b.Address, 200), strings.Join(v.out.pieces[0].Notes, ""))
	}
	if len(v.out.pieces) == 0 {
		says := "请核对地址。"
		if len(result.Untested) > 0 {
			says = result.Untested[0].Why.Says()
		}
		return crawled{}, fault.Newf(fault.Invalid, "旧网站 %s 没有可以访问的网页：%s", abridge.Cut(r.b.Address, 200), says)
	}
	for _, u := range result.Untested {
		v.out.left = append(v.out.left, Left{URL: u.What, Says: u.Why.Says(), Count: u.Count})
	}
	for _, l := range v.links {
		switch state := v.state[l.URL]; state {
		case "":
			// Not visited: left out above, or beyond the number of pages.
		case "alive":
		default:
			if len(v.out.dead) < maxDead {
				v.out.dead = append(v.out.dead, Dead{l.URL, l.From, state})
			}
		}
	}
	slices.SortFunc(v.out.dead, func(a, b Dead) int { return strings.Compare(a.URL+a.From, b.URL+b.From) })
	v.out.dead = slices.CompactFunc(v.out.dead, func(a, b Dead) bool { return a.URL == b.URL && a.From == b.From })
	return v.out, nil
}

type visitor struct {
	s       *Service
	r       *rehearsal
	manners *crawl.Manners
	out     crawled
	saved   int // pieces that stand in the database, for who watches
	state   map[string]string
	links   []Dead              // inner links, by whom
	prints  map[[32]byte]string // articles had, by title and words
	bytes   int64
}

// fate is what became of a page: alive, or why it is dead.
func fate(p crawl.Page) string {
	switch {
	case p.Err != nil:
		return "打不开：" + reason(p.Err)
	case p.Refused, p.Status < 400:
		return "alive"
	}
	return fmt.Sprintf("服务器回答 %d", p.Status)
}

func reason(e *egress.Error) string {
	if e.Says != "" {
		return strings.TrimSuffix(e.Says, "。")
	}
	return "连接失败"
}

func (v *visitor) page(ctx context.Context, p crawl.Page) error {
	v.state[p.URL] = fate(p)
	piece := Piece{No: len(v.out.pieces) + 1, Name: p.URL, Size: int64(len(p.Body))}
	for _, l := range p.Links {
		if l.Page && len(v.links) < 200_000 {
			v.links = append(v.links, Dead{URL: l.URL, From: p.URL})
		}
	}
	switch {
	case p.RedirectTo != "":
		return nil
	case v.state[p.URL] != "alive":
		piece.Kind, piece.Result = "other", Refused
		piece.note(v.state[p.URL] + "。")
	case p.Refused:
		piece.Kind, piece.Result = "other", Refused
		piece.note("服务器拒绝访问，没有读取；请联系旧网站放行后重新预演。")
	case !p.HTML:
		piece.Kind, piece.Result = "other", Passed
	default:
		if err := v.read(ctx, p, &piece); err != nil {
			return err
		}
	}
	v.out.pieces = append(v.out.pieces, piece)
	if len(v.out.pieces)-v.saved >= 25 {
		return v.shown(ctx)
	}
	return nil
}

// shown writes the pages seen so far, so that a person sees how far it is.
func (v *visitor) shown(ctx context.Context) error {
	fresh := v.out.pieces[v.saved:]
	if len(fresh) == 0 {
		return nil
	}
	v.saved = len(v.out.pieces)
	return v.s.DB.Update(ctx, func(tx *db.Tx) error {
		if err := addPieces(ctx, tx, v.r.b.ID, fresh); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "movein.visit", Target: v.r.b.target(), After: map[string]int{"pages": v.saved}})
	})
}

// read judges a page and, when it is an article, makes a row of it.
func (v *visitor) read(ctx context.Context, p crawl.Page, piece *Piece) error {
	pg, err := check.ParsePage(p.Body, p.Header.Get("Content-Type"), p.URL)
	if err != nil {
		piece.Kind, piece.Result = "other", Refused
		piece.note(err.Error())
		return nil
	}
	piece.Title = pg.Title
	if !isArticle(pg, p.URL) {
		piece.Kind, piece.Result = "index", Passed
		return nil
	}
	piece.Kind = "article"
	ref, err := v.s.Blobs.Put(ctx, bytes.NewReader(p.Body))
	if err != nil {
		return err
	}
	piece.Blob = string(ref)
	f, err := FromPage(ctx, v.s.Blobs, pg, v.fetch)
	if err != nil {
		ferr := fault.Of(err)
		if ferr.Kind == fault.Internal || ferr.Kind == fault.Unavailable || ctx.Err() != nil {
			return err
		}
		piece.Result = Refused
		piece.note(ferr.Says)
		return nil
	}
	for _, n := range f.Notes {
		piece.note(n)
	}
	// Old systems show an article once more for phones, for the elderly, for
	// printing.
	if doc, err := prose.Parse(f.Row.Doc); err == nil {
		print := sha256.Sum256([]byte(f.Row.Title + "\n" + bare(doc.Text())))
		if first := v.prints[print]; first != "" {
			piece.Result, piece.Notes = Passed, []string{"与 " + first + " 是同一篇（手机版、长者版或打印版），只收一次。"}
			return nil
		}
		v.prints[print] = p.URL
	}
	f.Row.Ref, f.Row.URL = p.URL, p.URL
	if len(f.Row.Ref) > 200 {
		f.Row.Ref = ""
	}
	if err := v.r.add(f.Row); err != nil {
		return err
	}
	piece.Row, piece.Until, piece.Title = v.r.rows, v.r.rows, f.Row.Title
	return nil
}

// isArticle tells an article from a page of links: it says so by its tags and
// data, or it is more text than links.
func isArticle(p *check.Page, address string) bool {
	u, err := url.Parse(address)
	if err != nil || p.Title == "" {
		return false
	}
	last := strings.ToLower(path.Base(u.Path))
	if u.Path == "" || u.Path == "/" || strings.HasPrefix(last, "index") && u.RawQuery == "" || strings.HasPrefix(last, "list") && u.RawQuery == "" {
		return false
	}
	words, linked := utf8.RuneCountInString(bare(p.BodyText)), 0
	root := p.Content()
	links := 0
	for n := range root.Descendants() {
		if n.Data == "a" && attribute(n, "href") != "" {
			links++
			linked += utf8.RuneCountInString(bare(textOf(n)))
		}
	}
	if words == 0 {
		return false
	}
	dense := linked*100/words > 60 && links > 3
	switch {
	case p.Tag("ArticleTitle") != "":
		return true
	case p.DocNo != "" || p.IndexNo != "":
		return !dense
	case dense, strings.HasSuffix(u.Path, "/"):
		return false // the page of a column says no ArticleTitle
	}
	return p.Published != "" && words >= 30 || words >= 300 && linked*100/words < 30
}

// fetch gets a file of an article, within the manners of the visit.
func (v *visitor) fetch(ctx context.Context, address string, picture bool) (string, []byte, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return "", nil, fault.New(fault.Invalid, "地址无法识别。").From(err)
	}
	if v.bytes > maxFetched {
		return "", nil, fault.New(fault.TooLarge, "这一批的图片和附件已超过 2 GB，其余没有收进。")
	}
	// Pages are served with a name in the header, or in the address.
	resp, ok, why, err := v.manners.Fetch(ctx, address, egress.Options{RecordTLSFault: true, Accept: "*/*"})
	if !ok && err == nil {
		return "", nil, fault.New(fault.Invalid, why.Says())
	}
	if ctx.Err() != nil {
		return "", nil, ctx.Err()
	}
	if err != nil {
		if e, is := err.(*egress.Error); is {
			return "", nil, fault.New(fault.Invalid, reason(e)+"。")
		}
		return "", nil, err
	}
	canonical, err := crawl.Canonical("", address)
	if err == nil {
		v.state[canonical] = "alive"
	}
	if resp.Status != 200 {
		if err == nil {
			v.state[canonical] = fmt.Sprintf("服务器回答 %d", resp.Status)
			v.links = append(v.links, Dead{URL: canonical, From: "正文引用的文件"})
		}
		return "", nil, fault.Newf(fault.NotFound, "服务器回答 %d。", resp.Status)
	}
	if resp.Partial {
		return "", nil, fault.New(fault.TooLarge, "文件太大或没有传完，没有收进。")
	}
	v.bytes += int64(len(resp.Body))
	name := path.Base(u.Path)
	if _, params, err := mime.ParseMediaType(resp.Header.Get("Content-Disposition")); err == nil && params["filename"] != "" {
		name = params["filename"]
	}
	if s, err := url.PathUnescape(name); err == nil {
		name = s
	}
	if !picture && strings.HasPrefix(strings.ToLower(resp.Header.Get("Content-Type")), "text/html") {
		return "", nil, fault.New(fault.Invalid, "回来的是网页，不是文件。")
	}
	return name, resp.Body, nil
}
