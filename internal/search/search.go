package search

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"zhengshu/internal/abridge"
)

// Bounds of one query.
const (
	MaxQuery = 200 // characters; what is longer is cut
	MaxHits  = 200 // found and ranked at all
	pool     = 400 // candidates of one stage
	orTerms  = 10  // rarest pairs asked for when nothing matches whole
)

// Hit is one thing found.
type Hit struct {
	Ref       string    `json:"ref"`
	Title     string    `json:"title"`
	URL       string    `json:"url"` // path on its site
	Number    string    `json:"doc_no,omitempty"`
	Kind      string    `json:"kind,omitempty"`
	Published time.Time `json:"published"`
	Score     float64   `json:"score"` // higher is better; tens tell the way it was found and compare between indexes
	Snippet   []Run     `json:"-"`
	// Facets are what the document was put in with; set only for queries that
	// have a filter or ask for counts.
	Facets map[string]string `json:"-"`
}

// Run is a stretch of a snippet; Hit ones were asked for.
type Run struct {
	Text string
	Hit  bool
}

// Result is the answer to a query.
type Result struct {
	Hits  []Hit
	Total int  // hits that there are, at most MaxHits
	Loose bool // nothing matches the whole query; the hits match parts of it
	// Counts are, for each facet asked for, how many of what the other filters
	// leave have each value, most first.
	Counts map[string][]Count
}

// Index is an open index file. It is safe for concurrent use.
type Index struct {
	db      *sql.DB
	z       *zstd.Decoder
	faceted bool
}

// Open opens an index file for reading; it is never written.
func Open(file string) (*Index, error) {
	d, err := open(file, "ro")
	if err != nil {
		return nil, err
	}
	d.SetMaxOpenConns(4)
	var n int
	if err := d.QueryRow(`SELECT count(*) FROM meta`).Scan(&n); err != nil {
		return nil, errors.Join(fmt.Errorf("search: %s is no index: %w", file, err), d.Close())
	}
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(64<<20))
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	// An index of an earlier edition has no facets until its site is drawn whole.
	if err := d.QueryRow(`SELECT count(*) FROM sqlite_master WHERE name = 'facet'`).Scan(&n); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return &Index{d, z, n > 0}, nil
}

// Close closes the file.
func (x *Index) Close() error {
	x.z.Close()
	return x.db.Close()
}

// Query is what is asked.
type Query struct {
	Text   string
	Limit  int // 10 when zero
	Offset int
	// Keep, when set, says whether a path may be shown: the release has the
	// last word on what is live.
	Keep func(path string) bool
	// Filter holds, for a facet, the values that will do. With a filter an empty
	// text finds everything that it leaves, newest first.
	Filter map[string][]string
	Count  []string // facets to count
}

// part is one run of the query between blanks or in quotes.
type part struct {
	plain string   // units without marks
	pairs []string // at least one
	alone bool     // a single unit, found by prefix
}

func parse(text string) []part {
	var out []part
	for _, f := range strings.FieldsFunc(abridge.Cut(text, MaxQuery), func(r rune) bool {
		return r == ' ' || r == '\t' || r == '\n' || r == '\r' || r == '　' || r == '"' || r == '“' || r == '”'
	}) {
		u := units(f)
		if len(u) == 0 {
			continue
		}
		out = append(out, part{plain(f), Pairs(f), len(u) == 1})
	}
	return out
}

// phrase writes a part as an FTS5 phrase. Pairs hold letters and figures only,
// so nothing needs escaping.
func (p part) phrase() string {
	s := `"` + strings.Join(p.pairs, " ") + `"`
	if p.alone {
		s += " *"
	}
	return s
}

func both(parts []part) string {
	var s []string
	for _, p := range parts {
		s = append(s, p.phrase())
	}
	return strings.Join(s, " AND ")
}

type candidate struct {
	id                             int64
	path, ref, title, number, kind string
	published                      string
	stage                          int // smaller is better
	score                          float64
	bm25                           float64
}

// Search finds documents. An empty query finds nothing.
func (x *Index) Search(ctx context.Context, q Query) (Result, error) {
	if q.Limit <= 0 {
		q.Limit = 10
	}
	parts := parse(q.Text)
	if len(q.Filter) > 0 && !x.faceted {
		return Result{}, nil
	}
	if len(parts) == 0 {
		if len(q.Filter) == 0 {
			return Result{}, nil
		}
		return x.browse(ctx, q)
	}
	within, chosen := q.within("")
	whole := ""
	for _, p := range parts {
		whole += p.plain
	}
	seen := map[int64]bool{}
	var found []candidate
	add := func(stage int, score func(*candidate) float64, where string, args ...any) error {
		rows, err := x.db.QueryContext(ctx, where, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			c := candidate{stage: stage}
			if err := rows.Scan(&c.id, &c.path, &c.ref, &c.title, &c.number, &c.kind, &c.published, &c.bm25); err != nil {
				return err
			}
			if seen[c.id] || q.Keep != nil && !q.Keep(c.path) {
				continue
			}
			seen[c.id] = true
			c.score = score(&c)
			found = append(found, c)
		}
		return rows.Err()
	}
	const fields = `SELECT d.id, d.path, d.ref, d.title, d.number, d.kind, d.published, `
	matched := fields + `m.rank FROM (SELECT rowid, rank FROM pair WHERE pair MATCH ?` + strings.ReplaceAll(within, "DOC", "rowid") + ` ORDER BY rank LIMIT ?) m JOIN doc d ON d.id = m.rowid`
	asked := func(match string, limit int) []any { return append(append([]any{match}, chosen...), limit) }

	if n := numberIn(q.Text); n != "" {
		if err := add(0, func(*candidate) float64 { return 1 }, fields+`0 FROM doc d WHERE d.number = ?`+strings.ReplaceAll(within, "DOC", "d.id"), append([]any{n}, chosen...)...); err != nil {
			return Result{}, err
		}
	}
	// How much of the title the query is: 医疗机构 means 医疗机构管理条例 before
	// any longer title that holds the words.
	cover := func(c *candidate) float64 {
		t := plain(c.title)
		if t == "" {
			return 0
		}
		s := float64(len(whole)) / float64(max(len(t), len(whole)))
		switch at := strings.Index(t, whole); {
		case t == whole:
			s += 2
		case at == 0:
			s += 0.3
		case at > 0 && strings.HasSuffix(t, whole):
			s += 0.1
		}
		return s
	}
	if err := add(1, cover, matched, asked(`{title number} : (`+both(parts)+`)`, pool)...); err != nil {
		return Result{}, err
	}
	if len(found) < MaxHits {
		if err := add(2, func(c *candidate) float64 { return 0 }, matched, asked(both(parts), MaxHits)...); err != nil {
			return Result{}, err
		}
	}
	loose := false
	if len(found) < 3 {
		var pairs []string
		for _, p := range parts {
			pairs = append(pairs, p.pairs...)
		}
		slices.Sort(pairs)
		pairs = slices.Compact(pairs)
		exact := len(found)
		if len(pairs) > 1 {
			if err := add(3, cover, matched, asked(quoted(pairs, " AND "), MaxHits)...); err != nil {
				return Result{}, err
			}
		}
		if len(found) == 0 && len(pairs) > 1 {
			rare, err := x.rarest(ctx, pairs)
			if err != nil {
				return Result{}, err
			}
			if len(rare) > 0 {
				if err := add(4, func(c *candidate) float64 { return overlap(c.title, pairs) }, matched, asked(quoted(rare, " OR "), 60)...); err != nil {
					return Result{}, err
				}
				if err := x.coverage(ctx, found, pairs); err != nil {
					return Result{}, err
				}
			}
		}
		loose = exact == 0 && len(found) > 0
	}
	slices.SortStableFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.stage, b.stage), cmp.Compare(b.score, a.score), cmp.Compare(a.bm25, b.bm25), cmp.Compare(b.published, a.published), cmp.Compare(a.path, b.path))
	})
	if len(found) > MaxHits {
		found = found[:MaxHits]
	}
	out := Result{Total: len(found), Loose: loose}
	for i, c := range found {
		if i < q.Offset || i >= q.Offset+q.Limit {
			continue
		}
		at, err := time.Parse(time.RFC3339, c.published)
		if err != nil {
			at = time.Time{}
		}
		h := Hit{Ref: c.ref, Title: c.title, URL: c.path, Number: c.number, Kind: c.kind, Published: at, Score: 10*float64(5-c.stage) + c.score}
		text, err := x.text(ctx, c.id)
		if err != nil {
			return Result{}, err
		}
		h.Snippet = snippet(text, parts)
		if x.faceted && (len(q.Filter) > 0 || len(q.Count) > 0) {
			if h.Facets, err = x.facets(ctx, c.id); err != nil {
				return Result{}, err
			}
		}
		out.Hits = append(out.Hits, h)
	}
	ids := make([]int64, len(found))
	for i, c := range found {
		ids[i] = c.id
	}
	var err error
	out.Counts, err = x.counts(ctx, q, ids)
	return out, err
}

func quoted(terms []string, op string) string {
	return `"` + strings.Join(terms, `"`+op+`"`) + `"`
}

// rarest are the pairs that tell most, of those that occur at all.
func (x *Index) rarest(ctx context.Context, pairs []string) ([]string, error) {
	type count struct {
		term string
		docs int
	}
	var counts []count
	for _, p := range pairs {
		var n int
		switch err := x.db.QueryRowContext(ctx, `SELECT doc FROM pair_count WHERE term = ?`, p).Scan(&n); {
		case errors.Is(err, sql.ErrNoRows):
			continue
		case err != nil:
			return nil, err
		}
		counts = append(counts, count{p, n})
	}
	slices.SortFunc(counts, func(a, b count) int { return cmp.Or(cmp.Compare(a.docs, b.docs), strings.Compare(a.term, b.term)) })
	var out []string
	for _, c := range counts[:min(len(counts), orTerms)] {
		out = append(out, c.term)
	}
	return out, nil
}

// coverage scores candidates by the share of the query's pairs that they hold.
func (x *Index) coverage(ctx context.Context, found []candidate, pairs []string) error {
	for i := range found {
		text, err := x.text(ctx, found[i].id)
		if err != nil {
			return err
		}
		found[i].score = found[i].score*0.5 + overlap(text, pairs)
	}
	return nil
}

func overlap(text string, pairs []string) float64 {
	p := plain(text)
	n := 0
	for _, q := range pairs {
		if strings.Contains(p, q) {
			n++
		}
	}
	return float64(n) / float64(max(len(pairs), 1))
}

func (x *Index) text(ctx context.Context, id int64) (string, error) {
	var b []byte
	if err := x.db.QueryRowContext(ctx, `SELECT text FROM body WHERE id = ?`, id).Scan(&b); err != nil {
		return "", err
	}
	t, err := x.z.DecodeAll(b, nil)
	return string(t), err
}

// snippet shows about seventy characters around the best place.
func snippet(text string, parts []part) []Run {
	const before, room, scanned = 20, 72, 300 << 10
	if len(text) > scanned {
		text = text[:scanned]
	}
	u := units(text)
	if len(u) == 0 {
		return nil
	}
	wanted := map[string]bool{}
	for _, p := range parts {
		for _, q := range p.pairs {
			wanted[q] = true
		}
	}
	hit := make([]bool, len(u)+1)
	for i := range u {
		if i+1 < len(u) && wanted[u[i].text+u[i+1].text] {
			hit[i], hit[i+1] = true, true
		} else if wanted[u[i].text] {
			hit[i] = true
		}
	}
	// The window of room units with most hits, the first of equals.
	best, at, n := 0, 0, 0
	for i := range u {
		if hit[i] {
			n++
		}
		if i >= room && hit[i-room] {
			n--
		}
		if n > best {
			best, at = n, max(0, i-room+1)
		}
	}
	if best > 0 {
		for !hit[at] {
			at++
		}
		at = max(0, at-before)
	}
	end := min(len(u), at+room)
	var out []Run
	if at > 0 {
		out = append(out, Run{Text: "…"})
	}
	for i := at; i < end; {
		j := i
		for j < end && hit[j] == hit[i] {
			j++
		}
		stop := u[j-1].end
		if j < end {
			stop = u[j].start
			if hit[i] {
				stop = u[j-1].end
			}
		}
		start := u[i].start
		if i > at && !hit[i] {
			start = u[i-1].end
		}
		out = append(out, Run{Text: strings.Join(strings.Fields(text[start:stop]), " "), Hit: hit[i]})
		i = j
	}
	if end < len(u) {
		out = append(out, Run{Text: "…"})
	}
	return out
}
