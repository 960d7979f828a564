package engine

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/egress"
)

// CheckStyled is the check of links, frames and words that a style sheet of the site's own hides.
const CheckStyled = "concealed.styled_link"

// Bounds of the reading of style sheets.
const (
	sheetsOfPage  = 8
	sheetsOfRun   = 24      // the same sheet is asked for once
	bytesOfRun    = 6 << 20 // of all sheets of a run
	dressesOfRun  = 8       // held at once
	dressedOfRun  = 200     // pages read again; those with links that stand alike are one
	keptSheet     = 256 << 10
	tooManySheets = "样式表过多，没有全部读取，未能判断其中有没有隐藏违规内容的规则。"
)

// worn is a style sheet as it came, or why it could not be read.
type worn struct {
	sheet *check.Stylesheet
	proof Beside
	body  []byte // where it is small
	why   string
}

// wardrobe are the style sheets of a run.
type wardrobe struct {
	sheets  map[string]*worn
	bytes   int
	dresses map[string]*check.Dress
}

// toDress are pages whose links that lead elsewhere stand alike.
type toDress struct {
	sheets []string
	like   uint64
	visits []*visit
}

// wears notes a page whose style sheets are to be read once the pages are.
func (n *inspector) wears(v *visit, e *examined) {
	if len(e.sheets) == 0 {
		n.report.dressed[v.url] = true // there is nothing that they could hide
		return
	}
	if i, ok := n.likeDressed[e.like]; ok {
		n.dressing[i].visits = append(n.dressing[i].visits, v)
		return
	}
	if n.likeDressed == nil {
		n.likeDressed = map[uint64]int{}
	}
	n.likeDressed[e.like] = len(n.dressing)
	n.dressing = append(n.dressing, toDress{sheets: e.sheets, like: e.like, visits: []*visit{v}})
}

// readDresses judges the links that lead elsewhere by the style sheets of the site. What a
// sheet that cannot be read would say is not known: it is no violation, and no finding
// that stands is gone.
func (n *inspector) readDresses(ctx context.Context) error {
	w := &wardrobe{}
	for i, d := range n.dressing {
		why := ""
		var found []check.Finding
		var page *check.Page
		v := d.visits[0]
		switch {
		case i >= dressedOfRun:
			why = "要按样式表核对的网页过多，没有全部核对。"
		case n.late():
			why = outOfTime
		default:
			var err error
			if page, err = n.pageOf(ctx, v); err != nil {
				return err
			}
			if page == nil {
				why = "再次读取时页面没有取得，未能判断。"
			} else if found, why, err = n.styled(ctx, w, page, d.sheets); err != nil {
				return err
			}
		}
		for _, v := range d.visits {
			if why != "" {
				n.skip(CheckStyled, why, v.url, 1)
				n.report.doubt(CheckStyled, v.url)
				continue
			}
			n.report.dressed[v.url] = true
			for _, f := range found {
				s := Sighting{Check: f.Check, Severity: f.Severity, Says: f.Says, Article: f.Article, URL: v.url, Where: f.Where, Fix: f.Fix, OnHome: v.url == n.home}
				if !n.knownPrint(&s) {
					beside, err := n.wornAs(ctx, w, d.sheets)
					if err != nil {
						return err
					}
					s.Evidence.Beside = beside
				}
				n.add(v, page, s)
			}
		}
	}
	return ctx.Err()
}

func (n *inspector) knownPrint(s *Sighting) bool {
	_, known := n.byPrint[n.prints.of(s)]
	return known
}

// styled is what the style sheets hide on a page; why is said where they could not all be
// read.
func (n *inspector) styled(ctx context.Context, w *wardrobe, page *check.Page, addresses []string) (found []check.Finding, why string, err error) {
	ours := slices.DeleteFunc(slices.Clone(addresses), func(a string) bool { return !n.own(a) })
	if len(ours) == 0 {
		return nil, "", nil // frameworks that others keep: nobody plants a rule there for one site
	}
	if len(ours) > sheetsOfPage {
		return nil, tooManySheets, nil
	}
	key := strings.Join(ours, "\n")
	dress := w.dresses[key]
	if dress == nil {
		sheets, why, err := n.sheetsOf(ctx, w, ours)
		if err != nil || why != "" {
			return nil, why, err
		}
		if w.dresses == nil || len(w.dresses) >= dressesOfRun {
			w.dresses = map[string]*check.Dress{}
		}
		dress = check.NewDress(sheets)
		w.dresses[key] = dress
	}
	facts := check.Facts{Page: page, Class: n.class(page.URL), Ledger: n.target.Ledger, Lexicon: n.o.Lexicon, Today: n.o.Today, Dress: dress}
	return check.Violations(check.RunCheck(facts, CheckStyled)), "", nil
}

// sheetsOf are the style sheets of some addresses, each behind those that it imports.
func (n *inspector) sheetsOf(ctx context.Context, w *wardrobe, addresses []string) (sheets []*check.Stylesheet, why string, err error) {
	for _, a := range addresses {
		one, err := n.sheet(ctx, w, a)
		if err != nil || one.why != "" {
			return nil, one.reason(), err
		}
		for _, in := range one.sheet.Imports {
			if !n.own(in) {
				continue
			}
			inner, err := n.sheet(ctx, w, in)
			if err != nil || inner.why != "" {
				return nil, inner.reason(), err
			}
			sheets = append(sheets, inner.sheet)
		}
		sheets = append(sheets, one.sheet)
	}
	return sheets, "", nil
}

func (w *worn) reason() string {
	if w == nil {
		return ""
	}
	return w.why
}

// sheet is one style sheet, asked for in its host's turn and once in a run.
func (n *inspector) sheet(ctx context.Context, w *wardrobe, address string) (*worn, error) {
	if known := w.sheets[address]; known != nil {
		return known, nil
	}
	if len(w.sheets) >= sheetsOfRun || w.bytes >= bytesOfRun {
		return &worn{why: tooManySheets}, nil
	}
	if w.sheets == nil {
		w.sheets = map[string]*worn{}
	}
	one := &worn{}
	w.sheets[address] = one
	resp, ok, not, err := n.askSheet(ctx, address)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if fault := (*egress.Error)(nil); err != nil && !errors.As(err, &fault) {
		return nil, err
	}
	name, _, _ := strings.Cut(address, "?")
	unread := func(why string) { one.why = "样式表 " + name + " 未能读取：" + why }
	switch {
	case !ok:
		unread(not.Says())
		return one, nil
	case err != nil:
		unread(sentence(err))
		return one, nil
	case resp.Status != http.StatusOK:
		unread(fmt.Sprintf("状态码 %d。", resp.Status))
		return one, nil
	case isHTML(resp.Header.Get("Content-Type"), resp.Body):
		unread("返回的是网页，不是样式表。")
		return one, nil
	}
	at := address
	if resp.Final != "" {
		at = resp.Final
	}
	if !n.own(at) {
		unread("转到了其他网站。")
		return one, nil
	}
	if one.sheet, err = check.ReadStylesheet(resp.Body, resp.Header.Get("Content-Type"), at); err != nil {
		unread(sentence(err))
		return one, nil
	}
	w.bytes += len(resp.Body)
	sum := sha256.Sum256(resp.Body)
	one.proof = Beside{As: AsSheet, URL: address, Final: resp.Final, Status: resp.Status, Headers: HeaderText(resp.Header), SHA256: hex.EncodeToString(sum[:]), Size: int64(len(resp.Body)), At: resp.Started}
	if one.proof.At.IsZero() {
		one.proof.At = time.Now().UTC()
	}
	if len(resp.Body) <= keptSheet {
		one.body = resp.Body
	}
	return one, nil
}

// askSheet asks for a style sheet; one that the server says has not changed since an earlier
// run is not sent again, and a run that was broken off does not ask twice.
func (n *inspector) askSheet(ctx context.Context, address string) (resp *egress.Response, ok bool, why crawl.Why, err error) {
	o := egress.Options{RecordTLSFault: true, MaxBody: check.MaxStylesheet, Accept: "text/css,*/*;q=0.1"}
	var before crawl.Answer
	known := false
	if n.o.Journal != nil {
		at := sheetKey + address
		a, mine, err := n.o.Journal.Kept(ctx, at)
		if err == nil && !mine {
			before, known, err = n.o.Journal.Before(ctx, at)
		}
		if err != nil {
			return nil, false, "", fmt.Errorf("engine: style sheet %s: %w", address, err)
		}
		if mine {
			if a.Skipped != "" {
				return nil, false, a.Skipped, nil
			}
			resp := &egress.Response{Requested: address, Final: cmp.Or(a.RedirectTo, address), Status: a.Status, Header: a.Header, Body: a.Body, RemoteAddr: a.RemoteAddr, TLS: a.TLS, Started: a.Started}
			if a.Err != nil {
				return resp, true, "", a.Err
			}
			return resp, true, "", nil
		}
		if known = known && before.Status == http.StatusOK && before.Err == nil && before.RedirectTo == ""; known {
			o.IfNoneMatch, o.IfModifiedSince = before.Header.Get("ETag"), before.Header.Get("Last-Modified")
		}
	}
	resp, ok, why, err = n.o.Manners.Fetch(ctx, address, o)
	same := known && resp != nil && resp.Status == http.StatusNotModified
	if same {
		if resp.Final != address { // another one by now, at the end of a redirect
			o.IfNoneMatch, o.IfModifiedSince, same = "", "", false
			resp, ok, why, err = n.o.Manners.Fetch(ctx, address, o)
		} else {
			resp.Status, resp.Header, resp.Body = before.Status, before.Header, before.Body
		}
	}
	wrong := (*egress.Error)(nil)
	if n.o.Journal == nil || ctx.Err() != nil || err != nil && !errors.As(err, &wrong) {
		return resp, ok, why, err
	}
	a := crawl.Answer{URL: sheetKey + address, Err: wrong, Started: time.Now().UTC()}
	if !ok {
		a.Skipped = why
	} else if resp != nil {
		a.Status, a.Header, a.Body, a.RemoteAddr, a.TLS, a.Started = resp.Status, resp.Header, resp.Body, resp.RemoteAddr, resp.TLS, resp.Started
		if resp.Final != address {
			a.RedirectTo = resp.Final
		}
	}
	if kerr := n.o.Journal.Keep(ctx, a, same); kerr != nil {
		return resp, ok, why, fmt.Errorf("engine: style sheet %s: %w", address, kerr)
	}
	return resp, ok, why, err
}

// sheetKey begins the addresses under which the journal keeps style sheets: none that crawl
// spells has a space.
const sheetKey = "sheet "

// wornAs keeps the style sheets of a page as evidence.
func (n *inspector) wornAs(ctx context.Context, w *wardrobe, addresses []string) (out []Beside, err error) {
	var all []string
	for _, a := range addresses {
		if one := w.sheets[a]; one != nil && one.sheet != nil {
			all = append(all, a)
			all = append(all, one.sheet.Imports...)
		}
	}
	for _, a := range all {
		one := w.sheets[a]
		if one == nil || one.sheet == nil || slices.ContainsFunc(out, func(b Beside) bool { return b.URL == a }) {
			continue
		}
		if n.store != nil && one.proof.Ref == "" && len(one.body) > 0 {
			if one.proof.Ref, err = n.store.Put(ctx, bytes.NewReader(one.body)); err != nil {
				return nil, fmt.Errorf("engine: keep evidence: %w", err)
			}
		}
		out = append(out, one.proof)
	}
	return out, nil
}

// recheckStyled reads the pages of a finding and their style sheets again.
func (n *inspector) recheckStyled(ctx context.Context, spot Spot) (Look, error) {
	ctx = crawl.Urgent(ctx)
	if spot.URL != n.start {
		if _, _, err := n.fetch(ctx, n.start); err != nil { // decides which host is the site's
			return Look{}, err
		}
	}
	w := &wardrobe{}
	var last Look
	unknown := false
	for i, address := range append([]string{spot.URL}, spot.Also...) {
		v, page, err := n.fetch(ctx, address)
		if err != nil {
			return Look{}, err
		}
		outcome, says, e := Gone, "样式表没有再隐藏该处内容，复测未再发现。", Evidence{}
		switch {
		case page == nil:
			outcome, says = v.absent()
		case softError(page):
			says = "页面已撤下。"
		default:
			sheets, _ := page.OwnSheets(n.o.Lexicon)
			found, why, err := n.styled(ctx, w, page, sheets)
			if err != nil {
				return Look{}, err
			}
			if e.Beside, err = n.wornAs(ctx, w, sheets); err != nil {
				return Look{}, err
			}
			e.Excerpt = excerpt(page, Sighting{Check: spot.Check, Where: spot.Where})
			if why != "" {
				outcome, says = Unknown, "未能复测："+why
			}
			for _, f := range found {
				s := Sighting{Check: f.Check, Says: check.MaskText(f.Says), URL: page.URL, Where: f.Where}
				if s.Fingerprint() == spot.Fingerprint {
					outcome, says = Standing, f.Says
				}
			}
		}
		l, err := n.look(ctx, v, outcome, says, e)
		if err != nil || outcome == Standing {
			return l, err
		}
		if i == 0 || l.Outcome == Unknown && !unknown {
			last = l
		}
		unknown = unknown || l.Outcome == Unknown
	}
	return last, nil
}
