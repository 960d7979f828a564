package publishing

import (
	"log/slog"
	"sync"

	"zhengshu/internal/publishing/theme"
)

// bundles are the themes of releases by the hash of their bundle, as a store
// has read them.
type bundles struct {
	mu   sync.Mutex
	open map[string]*theme.Theme
	kept []string // oldest first
}

// mostBundles are kept in memory by a store.
const mostBundles = 16

// dressed is the site of a release with the theme it was drawn with: a portal
// has no database, so the release carries the bundle's bytes as an object, and
// the signed manifest names it by its hash. One that does not open leaves the
// site in the house's own theme.
func (s *Store) dressed(site theme.Site) theme.Site {
	hash := site.Look.Hash
	if hash == "" {
		return site
	}
	told := func(t theme.Trouble) {
		slog.Error("a theme did not draw a page", "site", site.ID, "theme", t.Theme, "version", t.Version, "view", t.Page, "path", t.Path, "error", t.Cause)
	}
	s.bundles.mu.Lock()
	defer s.bundles.mu.Unlock()
	t := s.bundles.open[hash]
	if t == nil {
		b, err := s.Object(hash, theme.MaxBundle)
		if err == nil {
			t, err = theme.OpenBundle(b)
		}
		if err != nil {
			told(theme.Trouble{Theme: site.Look.ID, Version: site.Look.Version, Cause: err})
			return site
		}
		if s.bundles.open == nil {
			s.bundles.open = map[string]*theme.Theme{}
		}
		s.bundles.open[hash] = t
		if s.bundles.kept = append(s.bundles.kept, hash); len(s.bundles.kept) > mostBundles {
			delete(s.bundles.open, s.bundles.kept[0])
			s.bundles.kept = s.bundles.kept[1:]
		}
	}
	return site.Dressed(t, told)
}
