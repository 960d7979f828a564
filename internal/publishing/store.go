package publishing

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/emmansun/gmsm/sm3"

	"zhengshu/internal/library"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
)

// Limits of what a store reads, in bytes.
const (
	maxCurrent = 4 << 10
	maxList    = 64 << 20
	MaxObject  = 256 << 20
)

// Errors of Store.
var (
	// ErrNoRelease says that the site has not been published.
	ErrNoRelease = errors.New("publishing: site has no release")
	// ErrForged says that a release does not carry the house's signature or
	// was changed after it was signed.
	ErrForged = errors.New("publishing: release is not signed by this house or was altered")
)

// Page is one path of a release.
type Page struct {
	Path     string    `json:"path"`
	Status   int       `json:"status"` // 200, 301, 410
	Kind     string    `json:"kind,omitempty"`
	Hash     string    `json:"hash,omitempty"` // SHA-256, hex
	Size     int64     `json:"size,omitempty"`
	To       string    `json:"to,omitempty"` // of a redirect
	Modified time.Time `json:"modified"`
	Item     string    `json:"item,omitempty"`
	// Changed is when what the page says changed last, whatever redrew it.
	Changed time.Time `json:"changed,omitzero"`
	// Shown is where an item stood in its columns when the page was drawn, so
	// that the list page it leaves is known.
	Shown Spots `json:"shown,omitempty"`
}

// Spot is where an item stands in a column.
type Spot struct {
	Column string
	library.Place
}

// Spots are those of one item; in a list an object by column. A map in memory
// would take some ten times as much.
type Spots []Spot

// MarshalJSON writes the object.
func (s Spots) MarshalJSON() ([]byte, error) {
	by := make(map[string]library.Place, len(s))
	for _, x := range s {
		by[x.Column] = x.Place
	}
	return json.Marshal(by)
}

// UnmarshalJSON reads it.
func (s *Spots) UnmarshalJSON(b []byte) error {
	var by map[string]library.Place
	if err := json.Unmarshal(b, &by); err != nil {
		return err
	}
	*s = make(Spots, 0, len(by))
	for _, c := range slices.Sorted(maps.Keys(by)) {
		*s = append(*s, Spot{c, by[c]})
	}
	return nil
}

// Manifest is the root of a release.
type Manifest struct {
	No    int               `json:"no"`
	Made  time.Time         `json:"made"`
	Site  theme.Site        `json:"site"`
	Theme string            `json:"theme"`
	Whole bool              `json:"whole"`
	Lists map[string]string `json:"lists"` // name → hash of a list of pages
	// Folders are those that have more lists: → hash of what names them, by the
	// figures that follow the folder in a list's name.
	Folders map[string]string `json:"folders,omitempty"`
	Search  struct {
		File       string `json:"file"`
		Generation string `json:"generation"`
	} `json:"search"`
	Before string `json:"before,omitempty"` // hash of the manifest before
	// Shape says how lists are named: 1, see listName; releases of 0 named the
	// months of articles in four parts.
	Shape int `json:"shape,omitempty"`
	Pages int `json:"pages,omitempty"` // paths of the release
	// Shelves name the objects that say which items an archive page holds, by
	// column.
	Shelves map[string]string `json:"shelves,omitempty"`
	// Of is the number of the release whose pages this one shows again.
	Of int `json:"of,omitempty"`
}

// pointer is what the file current holds.
type pointer struct {
	Manifest  string `json:"manifest"`      // SHA-256
	SM3       string `json:"sm3,omitempty"` // of the same bytes
	Signature string `json:"signature"`     // ed25519 over "zhengshu release <site> <manifest> <sm3>"
}

// words are what is signed.
func (p pointer) words(site string) []byte {
	w := "zhengshu release " + site + " " + p.Manifest
	if p.SM3 != "" {
		w += " " + p.SM3
	}
	return []byte(w)
}

func sm3Of(b []byte) string {
	sum := sm3.Sum(b)
	return hex.EncodeToString(sum[:])
}

// Store is the releases folder. Reading needs the public key only. Safe for
// concurrent use and for several processes.
type Store struct {
	dir string
	pub ed25519.PublicKey
	key ed25519.PrivateKey // nil in a portal

	mu    sync.Mutex
	lists map[string]map[string]Page // by hash, for the release being made
	kept  []string                   // in order, for forgetting

	bundles bundles // themes of releases

	rolls   *rolls  // lists for look-ups
	folders folders // names of lists
	shelves shelves // how archive pages are filled
	moves   *moves  // made in this process
	depot   depots  // where more copies lie
	damage  damages // who is told
}

func newStore(dir string, pub ed25519.PublicKey, key ed25519.PrivateKey) *Store {
	return &Store{dir: dir, pub: pub, key: key, lists: map[string]map[string]Page{}, rolls: newRolls(), moves: movesOf(dir)}
}

// OpenStore opens the folder for reading, as a portal does.
func OpenStore(dir string) (*Store, error) {
	b, err := os.ReadFile(filepath.Join(dir, "release.pub"))
	if err != nil {
		return nil, fmt.Errorf("publishing: public key: %w", err)
	}
	pub, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(pub) != ed25519.PublicKeySize {
		return nil, errors.New("publishing: release.pub holds no public key")
	}
	return newStore(dir, pub, nil), nil
}

// CreateStore opens the folder for publishing, making it and the key when they
// are absent. The private key lies in keys (release.key, mode 0600); two
// processes that start at once agree on one.
func CreateStore(dir, keys string) (*Store, error) {
	if err := os.MkdirAll(filepath.Join(dir, "sites"), 0o755); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(keys, 0o700); err != nil {
		return nil, err
	}
	file := filepath.Join(keys, "release.key")
	seed, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		_, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			return nil, err
		}
		tmp, err := writeTemp(keys, []byte(hex.EncodeToString(key.Seed())+"\n"), 0o600)
		if err != nil {
			return nil, err
		}
		err = os.Link(tmp, file) // fails when the other process was first
		if rm := os.Remove(tmp); rm != nil || err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, errors.Join(err, rm)
		}
	} else if err != nil {
		return nil, err
	}
	if len(seed) == 0 {
		if seed, err = os.ReadFile(file); err != nil {
			return nil, err
		}
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(seed)))
	if err != nil || len(raw) != ed25519.SeedSize {
		return nil, fmt.Errorf("publishing: %s holds no key", file)
	}
	key := ed25519.NewKeyFromSeed(raw)
	pub := key.Public().(ed25519.PublicKey)
	file = filepath.Join(dir, "release.pub")
	said := []byte(base64.StdEncoding.EncodeToString(pub) + "\n")
	if have, err := os.ReadFile(file); err == nil && string(have) == string(said) {
		return newStore(dir, pub, key), nil // also when the disk is full
	}
	if err := replace(file, said); err != nil {
		return nil, err
	}
	return newStore(dir, pub, key), nil
}

// Dir is the folder.
func (s *Store) Dir() string { return s.dir }

var siteName = regexp.MustCompile(`^[0-9A-Za-z]{1,40}$`)

func (s *Store) siteDir(site registry.SiteID) (string, error) {
	if !siteName.MatchString(string(site)) {
		return "", fmt.Errorf("publishing: site id %q", site)
	}
	return filepath.Join(s.dir, "sites", string(site)), nil
}

// Sites lists the sites that have a release.
func (s *Store) Sites() ([]registry.SiteID, error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, "sites"))
	if err != nil {
		return nil, err
	}
	var out []registry.SiteID
	for _, e := range entries {
		if _, err := os.Stat(filepath.Join(s.dir, "sites", e.Name(), "current")); err == nil && siteName.MatchString(e.Name()) {
			out = append(out, registry.SiteID(e.Name()))
		}
	}
	return out, nil
}

// Stamp changes whenever the site's release is switched; the zero value means
// there is none. It costs one stat.
type Stamp struct {
	modified time.Time
	inode    uint64
}

// Stamp of the site's current release.
func (s *Store) Stamp(site registry.SiteID) Stamp {
	dir, err := s.siteDir(site)
	if err != nil {
		return Stamp{}
	}
	return stampOf(filepath.Join(dir, "current"))
}

func stampOf(file string) Stamp {
	st, err := os.Stat(file)
	if err != nil {
		return Stamp{}
	}
	out := Stamp{modified: st.ModTime()}
	if sys, ok := st.Sys().(*syscall.Stat_t); ok {
		out.inode = sys.Ino
	}
	return out
}

// Release is a site's release as it was when opened; later ones do not change
// it.
type Release struct {
	Manifest
	Hash  string
	store *Store
	site  registry.SiteID
}

// Current opens the release that is public now, after checking its signature.
func (s *Store) Current(site registry.SiteID) (*Release, error) {
	dir, err := s.siteDir(site)
	if err != nil {
		return nil, err
	}
	b, err := readFile(filepath.Join(dir, "current"), maxCurrent)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoRelease
	}
	if err != nil {
		return nil, err
	}
	return s.pointed(site, b)
}

// pointed opens the release that a pointer names, when the house signed it for
// this site.
func (s *Store) pointed(site registry.SiteID, b []byte) (*Release, error) {
	p, err := parsePointer(b)
	if err != nil {
		return nil, err
	}
	sig, err := base64.StdEncoding.DecodeString(p.Signature)
	if err != nil || !ed25519.Verify(s.pub, p.words(string(site)), sig) {
		return nil, ErrForged
	}
	r, b, err := s.manifest(site, p.Manifest)
	if err == nil && p.SM3 != "" && sm3Of(b) != p.SM3 {
		return nil, fmt.Errorf("%w: SM3 of manifest %s", ErrForged, p.Manifest)
	}
	if err != nil {
		return nil, err
	}
	r.Site = s.dressed(r.Site)
	return r, nil
}

func parsePointer(b []byte) (pointer, error) {
	var p pointer
	if err := json.Unmarshal(b, &p); err != nil || !isHash(p.Manifest) {
		return p, fmt.Errorf("%w: unreadable pointer", ErrForged)
	}
	return p, nil
}

func (s *Store) release(site registry.SiteID, hash string) (*Release, error) {
	r, _, err := s.manifest(site, hash)
	return r, err
}

func (s *Store) manifest(site registry.SiteID, hash string) (*Release, []byte, error) {
	b, err := s.Object(hash, maxList)
	if err != nil {
		return nil, nil, err
	}
	r := &Release{Hash: hash, store: s, site: site}
	if err := json.Unmarshal(b, &r.Manifest); err != nil {
		return nil, nil, fmt.Errorf("publishing: manifest %s: %w", hash, err)
	}
	return r, b, nil
}

// list reads a list of pages, from memory when it was read before.
func (s *Store) list(hash string) (map[string]Page, error) {
	if hash == "" {
		return nil, nil
	}
	s.mu.Lock()
	l := s.lists[hash]
	s.mu.Unlock()
	if l != nil {
		return l, nil
	}
	b, err := s.Object(hash, maxList)
	if err != nil {
		return nil, err
	}
	l, err = parseList(b)
	if err != nil {
		return nil, fmt.Errorf("publishing: list %s: %w", hash, err)
	}
	s.keepList(hash, l)
	return l, nil
}

func (s *Store) keepList(hash string, l map[string]Page) {
	s.mu.Lock()
	defer s.mu.Unlock()
	const most = 512
	if s.lists[hash] == nil {
		s.lists[hash] = l
		if s.kept = append(s.kept, hash); len(s.kept) > most {
			delete(s.lists, s.kept[0])
			s.kept = s.kept[1:]
		}
	}
}

func parseList(b []byte) (map[string]Page, error) {
	var pages []Page
	if err := json.Unmarshal(b, &pages); err != nil {
		return nil, err
	}
	l := make(map[string]Page, len(pages))
	for _, p := range pages {
		switch {
		case !strings.HasPrefix(p.Path, "/"):
			return nil, fmt.Errorf("path %q", p.Path)
		case p.Hash != "" && !isHash(p.Hash), p.Size < 0 || p.Size > MaxObject:
			return nil, fmt.Errorf("object of %q", p.Path)
		}
		l[p.Path] = p
	}
	return l, nil
}

// Page finds a path; ok is false when the release does not have it.
func (r *Release) Page(path string) (p Page, ok bool, err error) {
	_, hash, err := r.listOf(path)
	if err != nil {
		return Page{}, false, err
	}
	l, err := r.store.roll(hash)
	if err != nil {
		return Page{}, false, err
	}
	return l.page(path)
}

// Each visits every page in no order.
func (r *Release) Each(fn func(Page) error) error {
	return r.everyList("", func(_, h string) error {
		// Not kept: whoever visits all pages would push out those in use.
		b, err := r.store.Object(h, maxList)
		if err != nil {
			return err
		}
		l, err := parseList(b)
		if err != nil {
			return fmt.Errorf("publishing: list %s: %w", h, err)
		}
		for _, p := range l {
			if err := fn(p); err != nil {
				return err
			}
		}
		return nil
	})
}

// EachDocument visits, in no order, every page that a reader opens and reads: no
// redirects, nothing that is gone, no files.
func (r *Release) EachDocument(fn func(Page) error) error {
	return r.Each(func(p Page) error {
		if p.Status != http.StatusOK || !strings.HasPrefix(p.Kind, "text/html") {
			return nil
		}
		return fn(p)
	})
}

// SearchFile is the release's search index; "" when it has none.
func (r *Release) SearchFile() string {
	if r.Search.File != "search.a.db" && r.Search.File != "search.b.db" {
		return ""
	}
	return filepath.Join(r.store.dir, "sites", string(r.site), r.Search.File)
}

var monthPath = regexp.MustCompile(`^/(?:elder/|[a-z]{2,3}/)?content/\d{6}/`)

// folderOf is the list of a path while it is small: its first folder, and for
// articles its month.
func folderOf(path string) string {
	if m := monthPath.FindString(path); m != "" {
		return m
	}
	if i := strings.Index(path[min(1, len(path)):], "/"); i >= 0 {
		return path[:i+2]
	}
	return "/"
}

// bucketOf are figures of a path, spread evenly; each more of them divides a
// list that has grown by sixteen.
func bucketOf(path string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(path)) // never fails
	const digits = "0123456789abcdef"
	v := h.Sum64()
	v ^= v >> 32 // the low bits of FNV are spread, the high ones less
	var b [maxDepth]byte
	for i := range b {
		b[i] = digits[v&15]
		v >>= 4
	}
	return string(b[:])
}

// A list of more than fullList pages is parted by sixteen, at most maxDepth
// times, so that a change rewrites little however large the site is.
const (
	fullList = 400
	maxDepth = 6
)

// listName names the list a path stands in, or would stand in, where the
// manifest itself names all lists of its folder; see listOf.
func (m *Manifest) listName(path string) string {
	folder := folderOf(path)
	if m.Shape == 0 {
		if monthPath.MatchString(path) {
			h := sha256.Sum256([]byte(path))
			return folder + string('0'+h[0]%4)
		}
		return folder
	}
	if _, ok := m.Lists[folder]; ok {
		return folder
	}
	b := bucketOf(path)
	for n := 1; n <= maxDepth; n++ {
		if _, ok := m.Lists[folder+b[:n]]; ok {
			return folder + b[:n]
		}
	}
	return folder
}

func isHash(s string) bool {
	if len(s) != 64 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func (s *Store) objectPath(hash string) string {
	return filepath.Join(s.dir, "objects", hash[:2], hash)
}

// Object reads content by its hash and checks it.
func (s *Store) Object(hash string, limit int64) ([]byte, error) {
	if !isHash(hash) {
		return nil, fmt.Errorf("publishing: hash %q", hash)
	}
	b, err := readFile(s.objectPath(hash), limit)
	if err == nil {
		if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) == hash {
			return b, nil
		}
		err = fmt.Errorf("%w: object %s", ErrForged, hash)
	}
	return s.restored(hash, limit, err)
}

// Variant reads a compressed form (gz or br) of an object; none is
// fs.ErrNotExist. The caller checks what it unpacks to.
func (s *Store) Variant(hash, ending string) ([]byte, error) {
	if !isHash(hash) || ending != "gz" && ending != "br" && ending != "zst" {
		return nil, fs.ErrNotExist
	}
	b, err := readFile(s.objectPath(hash)+"."+ending, MaxObject)
	if errors.Is(err, fs.ErrNotExist) {
		return s.fetchVariant(hash, ending)
	}
	return b, err
}

// OpenObject opens content for streaming, for large files. It is not checked.
func (s *Store) OpenObject(hash string) (*os.File, error) {
	if !isHash(hash) {
		return nil, fs.ErrNotExist
	}
	f, err := os.Open(s.objectPath(hash))
	if errors.Is(err, fs.ErrNotExist) {
		if err = s.Restore(hash); err == nil {
			f, err = os.Open(s.objectPath(hash))
		}
	}
	return f, err
}

func readFile(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if st.Size() > limit {
		return nil, fmt.Errorf("publishing: %s is larger than %d bytes", filepath.Base(name), limit)
	}
	// Exactly as large as the file: what is kept in memory is counted by length.
	b := make([]byte, st.Size())
	if _, err := io.ReadFull(f, b); err != nil {
		return nil, err
	}
	return b, nil
}

func writeTemp(dir string, b []byte, mode fs.FileMode) (string, error) {
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// replace writes beside, syncs, renames and syncs the folder.
func replace(name string, b []byte) error {
	dir := filepath.Dir(name)
	tmp, err := writeTemp(dir, b, 0o644)
	if err != nil {
		return err
	}
	if err := os.Rename(tmp, name); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// lock holds the site's lock file until release is called or the process ends.
func (s *Store) lock(ctx context.Context, site registry.SiteID) (release func(), err error) {
	dir, err := s.siteDir(site)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil // closing lets go
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(err, f.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), f.Close())
		case <-time.After(10 * time.Millisecond):
		}
	}
}
