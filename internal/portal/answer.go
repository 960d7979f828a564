package portal

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"zhengshu/internal/publishing"
)

// maxAnswers bounds the answers kept ready over all sites; each costs half a
// kilobyte beside the page's bytes, which the cache counts. One whose bytes left
// the cache is of no use, so there need not be many more than pages fit there.
const maxAnswers = 8192

// field is a header field ready to be set; its value is shared and never
// written to.
type field struct {
	name  string
	value []string
}

// answer is the whole answer to a plain GET of one page of one release, ready to
// be sent: header fields and bytes in every form.
type answer struct {
	body   *body
	status int
	fields []field  // shared by the answers of a site that have the same
	since  []string // Last-Modified
	length [formCount][]string
	tag    [formCount][]string
	coding [formCount][]string
}

// answers are those of one site's release. They go with the release.
type answers struct {
	by    sync.Map // path → *answer
	left  atomic.Bool
	count *atomic.Int64

	mu     sync.Mutex
	shared map[string][]field
}

// same is the list of header fields, one for all answers that have the same; the
// fields of a form or a page of its own are left out.
func (a *answers) same(header http.Header) []field {
	names := make([]string, 0, len(header))
	for name := range header {
		if name != "Content-Length" && name != "Content-Encoding" && name != "Etag" && name != "Last-Modified" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var key strings.Builder
	for _, n := range names {
		key.WriteString(n)
		for _, v := range header[n] {
			key.WriteByte(0)
			key.WriteString(v)
		}
		key.WriteByte(1)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if f := a.shared[key.String()]; f != nil {
		return f
	}
	f := make([]field, 0, len(names))
	for _, n := range names {
		f = append(f, field{n, slices.Clone(header[n])})
	}
	if a.shared == nil || len(a.shared) > 64 {
		a.shared = map[string][]field{}
	}
	a.shared[key.String()] = f
	return f
}

// ready finds the answer for a request that asks nothing more than the page.
func (a *answers) ready(r *http.Request) *answer {
	if r.Method != http.MethodGet || r.URL.RawPath != "" {
		return nil
	}
	v, ok := a.by.Load(r.URL.Path)
	if !ok {
		return nil
	}
	h := r.Header
	if len(h) > 0 && (h["Range"] != nil || h["If-None-Match"] != nil || h["If-Modified-Since"] != nil || h["If-Match"] != nil || h["If-Unmodified-Since"] != nil || h["If-Range"] != nil) {
		return nil
	}
	return v.(*answer)
}

// send writes the answer; it reports false, with nothing written, when its bytes
// are gone from the cache or compressed forms may have come meanwhile.
func (x *answer) send(w http.ResponseWriter, r *http.Request, store *publishing.Store) bool {
	f := x.body.bytes.Load()
	if f == nil || f[brForm] == nil && x.coding[brForm] == nil && !x.body.squeezed(f, store) {
		return false
	}
	if !x.body.used.Load() {
		x.body.used.Store(true)
	}
	form := plainForm
	if ae := r.Header["Accept-Encoding"]; len(ae) == 1 {
		form = f.best(ae[0])
	} else if len(ae) > 1 {
		form = f.best(r.Header.Get("Accept-Encoding"))
	}
	if x.length[form] == nil {
		return false // made before this form was there
	}
	h := w.Header()
	for i := range x.fields {
		h[x.fields[i].name] = x.fields[i].value
	}
	if x.since != nil {
		h["Last-Modified"] = x.since
	}
	h["Content-Length"] = x.length[form]
	if x.tag[form] != nil {
		h["Etag"] = x.tag[form]
	}
	if form != plainForm {
		h["Content-Encoding"] = x.coding[form]
	}
	w.WriteHeader(x.status)
	_, _ = w.Write(f[form]) // the reader going away is not our error
	return true
}

func etag(hash string, form int) string {
	if form == plainForm {
		return `"` + hash[:32] + `"`
	}
	return `"` + hash[:32] + "-" + formNames[form] + `"`
}

// prepare keeps the answer for the next reader: h are the fields that are the
// same in every form.
func (h *Handler) prepare(s *open, path string, p publishing.Page, b *body, f *forms, header http.Header) {
	if h.count.Load() > maxAnswers {
		for _, o := range *h.table.Load() {
			o.drop()
		}
	}
	x := &answer{body: b, status: p.Status}
	x.fields = s.answers.same(header)
	if p.Status == http.StatusOK && !p.Modified.IsZero() {
		x.since = []string{p.Modified.UTC().Format(http.TimeFormat)}
	}
	for i := range formCount {
		if f[i] == nil {
			continue
		}
		x.length[i] = []string{strconv.Itoa(len(f[i]))}
		if p.Status == http.StatusOK {
			x.tag[i] = []string{etag(p.Hash, i)}
		}
		x.coding[i] = []string{formNames[i]}
	}
	if _, had := s.answers.by.Swap(path, x); !had {
		s.answers.count.Add(1)
	}
	if s.answers.left.Load() {
		s.drop() // the release was left behind meanwhile
	}
}

// drop forgets every answer of a release that was left behind.
func (s *open) drop() {
	n := int64(0)
	s.answers.by.Range(func(k, _ any) bool {
		if _, had := s.answers.by.LoadAndDelete(k); had {
			n++
		}
		return true
	})
	s.answers.count.Add(-n)
}
