package publishing

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/egress"
	"zhengshu/internal/registry"
)

// Survey is what a look over a site's release came to.
type Survey struct {
	Site     registry.SiteID `json:"site"`
	Host     string          `json:"host"`
	No       int             `json:"no"`
	Manifest string          `json:"manifest"`
	Pages    int             `json:"pages"`   // addresses of the release
	Checked  int             `json:"checked"` // objects read, or addresses fetched
	Skipped  int             `json:"skipped"` // not looked at, see Says
	Says     string          `json:"says,omitempty"`
	Damage   []Damage        `json:"damage"`
}

// maxDamage bounds what one look lists; a site that is gone altogether is said
// once.
const maxDamage = 200

func (l *Survey) add(d Damage) {
	if d.At.IsZero() {
		d.At = time.Now().UTC()
	}
	d.Site = l.Site
	if len(l.Damage) < maxDamage {
		l.Damage = append(l.Damage, d)
	}
}

// Verify reads every object of the site's release on the disk and holds it
// against its hash, the release against the house's signature, and its number
// against the least that it may have. What is changed or missing is restored
// where copies are kept.
func (s *Store) Verify(ctx context.Context, site registry.SiteID, least int) (Survey, error) {
	l := Survey{Site: site, Damage: []Damage{}}
	at := "sites/" + string(site) + "/"
	r, err := s.Current(site)
	switch {
	case errors.Is(err, ErrNoRelease):
		l.add(Damage{File: at + "current", What: Missing})
		return l, nil
	case errors.Is(err, ErrForged), errors.Is(err, fs.ErrNotExist):
		l.add(Damage{File: at + "current", What: Changed, Detail: err.Error()})
		return l, nil
	case err != nil:
		return l, err
	}
	l.Host, l.No, l.Manifest = r.Site.Host, r.No, r.Hash
	if r.Site.ID != string(site) {
		l.add(Damage{File: at + "current", What: Replayed, Detail: "manifest of site " + r.Site.ID})
	}
	if r.No < least {
		l.add(Damage{File: at + "current", What: Replayed, Detail: fmt.Sprintf("release %d, but %d was published", r.No, least)})
	}
	whose := map[string]string{}
	lists := slices.Collect(maps.Values(r.Lists))
	for _, hash := range r.Folders {
		b, err := s.check(&l, hash, "")
		if err != nil {
			return l, err
		}
		if b == nil {
			continue
		}
		parted, err := parseFolder(b)
		if err != nil {
			return l, err
		}
		lists = slices.AppendSeq(lists, maps.Values(parted))
	}
	for _, hash := range lists {
		b, err := s.check(&l, hash, "")
		if err != nil {
			return l, err
		}
		if b == nil {
			continue
		}
		list, err := parseList(b)
		if err != nil {
			return l, err
		}
		l.Pages += len(list)
		for _, p := range list {
			if p.Hash != "" {
				whose[p.Hash] = p.Path
			}
		}
	}
	for _, hash := range r.Shelves {
		whose[hash] = ""
	}
	for hash, path := range whose {
		if err := ctx.Err(); err != nil {
			return l, err
		}
		if _, err := s.check(&l, hash, path); err != nil {
			return l, err
		}
	}
	if file := r.SearchFile(); file != "" {
		if text, err := readFile(file+".seal", maxCurrent); err == nil {
			seal, err := s.sealed(site, text)
			hash := ""
			if err == nil && seal.Generation == r.Search.Generation {
				hash, err = hashFile(ctx, file)
			}
			if err != nil && !errors.Is(err, ErrForged) && !errors.Is(err, fs.ErrNotExist) {
				return l, err
			}
			if err != nil || hash != "" && hash != seal.Hash {
				if now, err := s.Current(site); err == nil && now.Hash == r.Hash { // not switched meanwhile
					l.add(Damage{File: at + r.Search.File, What: Changed, Detail: "search index"})
				}
			}
		}
	}
	return l, nil
}

func (s *Store) check(l *Survey, hash, path string) ([]byte, error) {
	l.Checked++
	b, err := readFile(s.objectPath(hash), MaxObject)
	if err == nil {
		if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) == hash {
			return b, nil
		}
		err = ErrForged
	}
	if _, cache := s.copies(); cache && errors.Is(err, fs.ErrNotExist) {
		l.Checked--
		l.Skipped++
		l.Says = "本机只缓存读过的页面"
		return nil, nil
	}
	d, b, err := s.mend(hash, MaxObject, err)
	if d.What == "" {
		return nil, err
	}
	d.Path = path
	l.add(d)
	return b, nil
}

var (
	objectFile = regexp.MustCompile(`^[0-9a-f]{64}(\.(gz|br|zst))?$`)
	siteFile   = regexp.MustCompile(`^(current|lock|squeezed|search\.[ab]\.db(-wal|-shm|-journal|\.seal|\.generation)?)$`)
)

// Strays are the files in the folder that no release ever puts there; none is
// ever served. What is younger than grace may be half written.
func (s *Store) Strays(ctx context.Context, grace time.Duration) ([]Damage, error) {
	var out []Damage
	limit := time.Now().Add(-grace)
	err := filepath.WalkDir(s.dir, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return errors.Join(err, ctx.Err())
		}
		rel, err := filepath.Rel(s.dir, name)
		if err != nil {
			return err
		}
		parts := strings.Split(filepath.ToSlash(rel), "/")
		last := parts[len(parts)-1]
		// Left by a process that died on the way; never read.
		known := slices.ContainsFunc(parts, func(x string) bool { return strings.HasPrefix(x, ".new-") || strings.HasPrefix(x, ".index-") })
		switch {
		case known:
		case len(parts) == 1:
			known = last == "release.pub" || last == switchedFile
		case parts[0] == "objects":
			known = len(parts) == 3 && objectFile.MatchString(last) && last[:2] == parts[1] && d.Type().IsRegular()
		case parts[0] == "sites":
			known = len(parts) == 3 && siteName.MatchString(parts[1]) && (siteFile.MatchString(last) || strings.HasPrefix(last, "search."))
		case parts[0] == "statements":
			known = len(parts) == 2 && statementName.MatchString(last)
		default:
			known = slices.Contains(otherFolders, parts[0])
		}
		info, err := d.Info()
		if known || err != nil || info.ModTime().After(limit) {
			return nil
		}
		if len(out) < maxDamage {
			out = append(out, Damage{File: filepath.ToSlash(rel), What: Extra, At: time.Now().UTC()})
		}
		return nil
	})
	return out, err
}

// otherFolders of the releases folder belong to other parts of the house.
var otherFolders = []string{"themes", "plans"}

// Outside verifies a site as any reader can: over the network, with the house's
// public key.
type Outside struct {
	Client *egress.Client
	Base   string            // http://host:port, as readers reach the site
	Key    ed25519.PublicKey // nil: the one the site shows, and the look says so
	Site   registry.SiteID   // when known; the manifest must be this site's
	Least  int               // the least number the release may have
	Most   int               // addresses fetched, chosen by lot; 0: all
	Pause  time.Duration     // between two fetches
	// MaxBody is the largest answer that is compared, in bytes.
	MaxBody int64
}

// get fetches one address without following redirects.
func (o Outside) get(ctx context.Context, path string) (*egress.Response, error) {
	return o.Client.Get(ctx, o.Base+path, egress.Options{Accept: "*/*", MaxBody: o.MaxBody, NoFollow: true})
}

// Verify compares what the site serves with what was published. The error is of
// the look as such: the site does not answer, or shows no manifest.
func (o Outside) Verify(ctx context.Context) (Survey, error) {
	l := Survey{Site: o.Site, Damage: []Damage{}}
	resp, err := o.get(ctx, "/.well-known/zhengshu/manifest")
	if err != nil {
		return l, err
	}
	if resp.Status != 200 {
		return l, fmt.Errorf("publishing: %s shows no manifest: status %d", o.Base, resp.Status)
	}
	var e Evidence
	if err := json.Unmarshal(resp.Body, &e); err != nil || !isHash(e.Manifest) || !siteName.MatchString(e.Site) {
		return l, fmt.Errorf("publishing: %s shows no manifest: %w", o.Base, errors.Join(err, ErrForged))
	}
	l.Host, l.No, l.Manifest = e.Host, e.No, e.Manifest
	if l.Site == "" {
		l.Site = registry.SiteID(e.Site)
	}
	key := o.Key
	if key == nil {
		shown, err := base64.StdEncoding.DecodeString(e.Key)
		if err != nil || len(shown) != ed25519.PublicKeySize {
			return l, fmt.Errorf("publishing: %s shows no key: %w", o.Base, ErrForged)
		}
		key, l.Says = shown, "没有给出公钥，用的是网站自己出示的公钥，只能证明前后一致。"
	}
	sig, err := base64.StdEncoding.DecodeString(e.Signature)
	if err != nil || !ed25519.Verify(key, pointer{Manifest: e.Manifest, SM3: e.SM3}.words(e.Site), sig) {
		l.add(Damage{Path: "/.well-known/zhengshu/manifest", What: Changed, Detail: "the signature does not fit the public key"})
		return l, nil
	}
	if registry.SiteID(e.Site) != l.Site {
		l.add(Damage{Path: "/.well-known/zhengshu/manifest", What: Replayed, Detail: "manifest of site " + e.Site})
	}
	object := func(hash string) ([]byte, bool, error) {
		path := "/.well-known/zhengshu/object/" + hash
		resp, err := o.get(ctx, path)
		if err != nil {
			return nil, false, err
		}
		if sum := sha256.Sum256(resp.Body); resp.Status != 200 || hex.EncodeToString(sum[:]) != hash {
			l.add(Damage{Path: path, What: Changed, Detail: fmt.Sprintf("status %d", resp.Status)})
			return nil, false, nil
		}
		return resp.Body, true, nil
	}
	b, ok, err := object(e.Manifest)
	if err != nil || !ok {
		return l, err
	}
	if e.SM3 != "" && sm3Of(b) != e.SM3 {
		l.add(Damage{Path: "/.well-known/zhengshu/object/" + e.Manifest, What: Changed, Detail: "the SM3 digest does not fit"})
		return l, nil
	}
	var m Manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return l, fmt.Errorf("publishing: manifest of %s: %w", o.Base, err)
	}
	l.No, l.Host = m.No, m.Site.Host
	if m.No != e.No || m.No < o.Least {
		l.add(Damage{Path: "/.well-known/zhengshu/manifest", What: Replayed, Detail: fmt.Sprintf("release %d, but %d was published", m.No, max(e.No, o.Least))})
	}
	if m.Site.Offline != "" {
		l.Says += "网站处于下线状态，没有逐页比对。"
		return l, nil
	}
	var pages []Page
	lists := slices.Collect(maps.Values(m.Lists))
	for _, hash := range slices.Sorted(maps.Values(m.Folders)) {
		b, ok, err := object(hash)
		if err != nil {
			return l, err
		}
		if !ok {
			continue
		}
		parted, err := parseFolder(b)
		if err != nil {
			return l, err
		}
		lists = slices.AppendSeq(lists, maps.Values(parted))
	}
	slices.Sort(lists)
	for _, hash := range lists {
		b, ok, err := object(hash)
		if err != nil {
			return l, err
		}
		if !ok {
			continue
		}
		list, err := parseList(b)
		if err != nil {
			return l, err
		}
		for _, p := range list {
			pages = append(pages, p)
		}
	}
	l.Pages = len(pages)
	slices.SortFunc(pages, func(a, b Page) int { return strings.Compare(a.Path, b.Path) })
	if o.Most > 0 && len(pages) > o.Most {
		rand.Shuffle(len(pages), func(i, j int) { pages[i], pages[j] = pages[j], pages[i] })
		// The home page is looked at every time.
		if i := slices.IndexFunc(pages, func(p Page) bool { return p.Path == "/" }); i > 0 {
			pages[0], pages[i] = pages[i], pages[0]
		}
		l.Skipped += len(pages) - o.Most
		pages = pages[:o.Most]
	}
	for i, p := range pages {
		if i > 0 && o.Pause > 0 {
			select {
			case <-ctx.Done():
				return l, ctx.Err()
			case <-time.After(o.Pause):
			}
		}
		if o.MaxBody > 0 && p.Size > o.MaxBody {
			l.Skipped++
			continue
		}
		if err := o.compare(ctx, &l, p); err != nil {
			return l, err
		}
	}
	return l, nil
}

// compare fetches one address, again when it differs: the site may have been
// switched meanwhile, or the network failed.
func (o Outside) compare(ctx context.Context, l *Survey, p Page) error {
	l.Checked++
	says := ""
	for range 2 {
		if err := ctx.Err(); err != nil {
			return err
		}
		resp, err := o.get(ctx, (&url.URL{Path: p.Path}).EscapedPath())
		if err != nil {
			says = err.Error()
			continue
		}
		if says = differs(resp, p); says == "" {
			return nil
		}
		if resp.Status == 302 && strings.HasPrefix(p.Path, "/media/") { // shown on the host of uploads
			if away, err := o.Client.Get(ctx, resp.Location, egress.Options{Accept: "*/*", MaxBody: o.MaxBody, NoFollow: true}); err == nil {
				if says = differs(away, p); says == "" {
					return nil
				}
			}
		}
	}
	// A release made while we looked explains every difference.
	if resp, err := o.get(ctx, "/.well-known/zhengshu/manifest"); err == nil {
		var e Evidence
		if json.Unmarshal(resp.Body, &e) == nil && e.Manifest != l.Manifest && e.No > l.No {
			l.Checked--
			l.Skipped++
			return nil
		}
	}
	what := Changed
	if strings.HasPrefix(says, "status 404") {
		what = Missing
	}
	l.add(Damage{Path: p.Path, What: what, Detail: says})
	return nil
}

func differs(resp *egress.Response, p Page) string {
	if resp.Status != p.Status {
		return fmt.Sprintf("status %d instead of %d", resp.Status, p.Status)
	}
	if p.Status == 301 {
		u, err := url.Parse(resp.Location)
		want, err2 := url.Parse(p.To)
		if err != nil || err2 != nil || u.Path != want.Path || want.Host != "" && u.Host != want.Host {
			return "redirect to " + resp.Location + " instead of " + p.To
		}
		return ""
	}
	if sum := sha256.Sum256(resp.Body); hex.EncodeToString(sum[:]) != p.Hash {
		if resp.Partial {
			return "answer was cut short"
		}
		return fmt.Sprintf("%d bytes with hash %s instead of %d with %s", len(resp.Body), hex.EncodeToString(sum[:6]), p.Size, p.Hash[:12])
	}
	return ""
}

// ParsePublicKey reads a public key: base64, as release.pub holds it.
func ParsePublicKey(b []byte) (ed25519.PublicKey, error) {
	key, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(b)))
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, errors.New("publishing: no public key")
	}
	return key, nil
}

// Owners are the sites whose current release holds an object of the folder, and
// its address on the first of them.
func (s *Store) Owners(ctx context.Context, file string) ([]registry.SiteID, string, error) {
	hash, _, _ := strings.Cut(filepath.Base(file), ".")
	if !isHash(hash) {
		return nil, "", nil
	}
	sites, err := s.Sites()
	if err != nil {
		return nil, "", err
	}
	var out []registry.SiteID
	path := ""
	for _, site := range sites {
		r, err := s.Current(site)
		if err != nil {
			continue // told of by itself
		}
		owns, err := r.Names(hash)
		if err != nil {
			continue // told of by itself
		}
		if !owns {
			err := r.Each(func(p Page) error {
				if p.Hash == hash {
					owns = true
					if path == "" {
						path = p.Path
					}
				}
				return ctx.Err()
			})
			if err != nil && ctx.Err() != nil {
				return nil, "", err
			}
		}
		if owns {
			out = append(out, site)
		}
	}
	return out, path, nil
}
