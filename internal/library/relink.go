package library

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/calendar"
	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/prose"
)

// Path is where the item's page lies on every site that shows it: it depends
// on nothing that changes once it is public.
func (i Item) Path() string {
	at := i.FirstPublishedAt
	if at.IsZero() {
		at = i.CreatedAt
	}
	return "/content/" + at.In(calendar.Shanghai).Format("200601") + "/" + strings.ToLower(string(i.ID)) + ".html"
}

// ItemAt is the item whose page lies at a path of a site, whichever edition it is of;
// empty for every other path.
func ItemAt(at string) ItemID {
	name, ok := strings.CutSuffix(path.Base(at), ".html")
	if !ok || len(name) != 26 || !strings.Contains(at, "/content/") {
		return ""
	}
	return ItemID(strings.ToUpper(name))
}

// Relinking is what became of the links between the articles of an old site
// when they moved in.
type Relinking struct {
	Links int        `json:"links"` // that lead to the new addresses now
	Kept  []KeptLink `json:"kept"`  // that stand as they were
	More  int        `json:"more"`  // kept beyond those listed

	mu sync.Mutex
}

// KeptLink is a link within an old site that could not be given its new
// address.
type KeptLink struct {
	URL  string `json:"url"`
	From string `json:"from"`
	Says string `json:"says"`
}

// mostKept links are listed.
const mostKept = 2000

// moved is the item that an old address becomes.
type moved struct {
	id   ItemID
	path string
}

// addresses reads the list once to know which item each old address becomes
// and where its page will lie. New items get their number here.
func (r *importing) addresses(ctx context.Context, list io.ReadSeeker) error {
	r.moved = map[string]moved{}
	first := map[string]time.Time{}
	in := bufio.NewReaderSize(io.LimitReader(list, MaxImport), 1<<16)
	for {
		line, err := readLine(in)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, errLongRow) {
			return fmt.Errorf("library: read list: %w", err)
		}
		var said struct {
			Ref       *string `json:"ref"`
			Published *string `json:"published"`
		}
		// A row that cannot be read is refused with its words later.
		if len(line) > 0 && json.Unmarshal(line, &said) == nil && webAddress(oneLine(word(said.Ref))) {
			at := r.move.Dated.Start()
			if t, err := instant(oneLine(word(said.Published))); err == nil {
				at = t
			}
			first[oneLine(word(said.Ref))] = at
		}
		if errors.Is(err, io.EOF) {
			break
		}
	}
	refs := make([]string, 0, len(first))
	for ref := range first {
		refs = append(refs, ref)
	}
	for from := 0; from < len(refs); from += 400 {
		var w db.Where
		in, args := db.In("i.ref", refs[from:min(len(refs), from+400)])
		w.And("i.unit_id = ? AND i.ref <> ''", r.o.Unit)
		w.And(in, args...)
		have, err := db.All(ctx, r.s.db, scanItem, itemSelect+` WHERE `+w.SQL(), w.Args()...)
		if err != nil {
			return err
		}
		for _, it := range have {
			if it.FirstPublishedAt.IsZero() {
				it.FirstPublishedAt = first[it.Ref]
			}
			r.moved[it.Ref] = moved{it.ID, it.Path()}
		}
	}
	for ref, at := range first {
		if _, have := r.moved[ref]; !have {
			it := Item{ID: ItemID(ulid.Make().String()), FirstPublishedAt: at}
			r.moved[ref] = moved{it.ID, it.Path()}
		}
	}
	_, err := list.Seek(0, io.SeekStart)
	return err
}

// relink gives the links of an article of an old site their new addresses. A
// link within the old site that leads to nothing that moves in stays and is
// listed.
func (r *importing) relink(d prose.Doc, from string) prose.Doc {
	page, err := url.Parse(from)
	if err != nil || page.Host == "" {
		return d
	}
	var walk func(nodes []prose.Node) []prose.Node
	walk = func(nodes []prose.Node) []prose.Node {
		out := make([]prose.Node, len(nodes))
		for i, n := range nodes {
			n.Content = walk(n.Content)
			for j, m := range n.Marks {
				href, _ := m.Attrs["href"].(string)
				if m.Type != prose.LinkMark || href == "" {
					continue
				}
				if to := r.newAddress(page, href, from); to != "" {
					n.Marks = append([]prose.Mark(nil), n.Marks...)
					n.Marks[j] = prose.Mark{Type: m.Type, Attrs: map[string]any{"href": to}}
				}
			}
			out[i] = n
		}
		return out
	}
	return prose.Doc{Content: walk(d.Content)}
}

// newAddress is where a link of an old page leads now, empty when it stays.
func (r *importing) newAddress(page *url.URL, href, from string) string {
	old, err := crawl.Canonical(page.String(), href)
	if err != nil {
		return ""
	}
	u, err := url.Parse(old)
	if err != nil || !strings.EqualFold(u.Host, page.Host) {
		return ""
	}
	t := r.o.Relink
	t.mu.Lock()
	defer t.mu.Unlock()
	to, ok := r.moved[old]
	switch {
	case ok && r.o.Publish != nil:
		t.Links++
		if at, err := url.Parse(href); err == nil && at.Fragment != "" {
			return to.path + "#" + at.EscapedFragment()
		}
		return to.path
	case len(t.Kept) >= mostKept:
		t.More++
		return ""
	}
	says := "所指的网页没有收进这一批"
	if ok {
		says = "所指的稿件还没有公开，公开以后请改用新网址"
	}
	t.Kept = append(t.Kept, KeptLink{URL: old, From: from, Says: says})
	return ""
}
