package portal

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"zhengshu/internal/calendar"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
)

// maxReplies bounds a file of answers, in bytes, and the files that are kept
// read.
const (
	maxReplies   = 32 << 20
	keptReplies  = 32
	formerMaxAge = "max-age=3600" // a redirect must not outlive the host's domain
)

// replies are the answers of closed sites, by the hash of their file.
type replies struct {
	mu   sync.Mutex
	read map[string]map[string]string
}

func (x *replies) of(store *publishing.Store, hash string) (map[string]string, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if m, ok := x.read[hash]; ok {
		return m, nil
	}
	b, err := store.Object(hash, maxReplies)
	if err != nil {
		return nil, err
	}
	var m map[string]string
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, err
	}
	if x.read == nil || len(x.read) >= keptReplies {
		x.read = map[string]map[string]string{}
	}
	x.read[hash] = m
	return m, nil
}

// formerAt is the closed site whose old host this is.
func formerAt(site SiteInfo, host string) (theme.Former, bool) {
	for _, f := range site.Former {
		if cleanHost(f.Host) == host {
			return f, true
		}
	}
	return theme.Former{}, false
}

func keeps(s *open, host string) bool {
	_, is := formerAt(s.release.Site, host)
	return is
}

// former answers at the old host of a closed site, by its map, until the day
// its domain is cancelled (Article 8(3)); from then on the host is nobody's.
func (h *Handler) former(w http.ResponseWriter, r *http.Request, s *open, f theme.Former) {
	if last, err := calendar.ParseDate(f.Until); f.Until != "" && (err != nil || calendar.DateOf(h.now()).After(last)) {
		misdirected(w)
		return
	}
	site := s.release.Site
	h.secure(w, site)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if p := r.URL.Path; strings.HasPrefix(p, "/theme/") || p == "/favicon.svg" {
		h.page(w, r, s) // what the messages look like
		return
	}
	page, ok, err := s.release.Page(f.AnswersPath())
	if err != nil {
		h.fail(w, r, site, err)
		return
	}
	var answers map[string]string
	if ok {
		if answers, err = h.replies.of(h.store, page.Hash); err != nil {
			h.fail(w, r, site, err)
			return
		}
	}
	list := site.Origin() + f.Path()
	m := theme.Message{Status: http.StatusGone, Heading: "这个网址已经停用", Links: []theme.Link{{Text: f.Name + "旧网址对照", Href: list}, {Text: site.Name, Href: site.Origin() + "/"}}}
	to, ok := "", false
	if len(r.URL.Path) <= 2000 {
		to, ok = publishing.FormerAnswer(answers, r.URL)
	}
	switch {
	case !ok && r.URL.Path == "/":
		to, ok = list, true
		fallthrough
	case ok && to != theme.FormerArchived && to != theme.FormerGone:
		w.Header().Set("Cache-Control", formerMaxAge)
		http.Redirect(w, r, to, http.StatusMovedPermanently)
		return
	case !ok && r.URL.Path == site.Doors.Search: // asked from the frame of a message
		http.Redirect(w, r, site.Origin()+r.URL.RequestURI(), http.StatusFound)
		return
	case !ok:
		m.Status, m.Heading, m.Says = http.StatusNotFound, "没有找到这个页面", f.Name+"已经关停，旧网址对照里没有这个网址。"
	case to == theme.FormerArchived:
		m.Says = f.Name + "已经关停，这个页面的内容已归档；需要查阅请联系原主办单位。"
	default:
		m.Says = f.Name + "已经关停，这个网址不再使用。"
	}
	b, err := theme.DrawMessage(site, m, r.URL.Path)
	if err != nil {
		h.fail(w, r, site, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	// What the frame links to is the portal's: nothing lies at the old host.
	write(w, r, m.Status, ownLink.ReplaceAll(b, []byte(`${1}`+strings.ReplaceAll(site.Origin(), "$", "")+`/${2}`)))
}

// ownLink is a link of the frame to its own site.
var ownLink = regexp.MustCompile(`(<a\b[^>]*\bhref=")/([^/])`)
