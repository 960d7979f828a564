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
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"zhengshu/internal/blob"
	"zhengshu/internal/registry"
)

// moves counts what this process did in a folder: a portal in the same process
// sees it with the next request.
type moves struct {
	switches atomic.Int64
	squeezes atomic.Int64
}

func movesOf(dir string) *moves {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	n, _ := allMoves.LoadOrStore(dir, new(moves))
	return n.(*moves)
}

var allMoves sync.Map // folder → *moves

// switchedFile changes with every switch of any site: a portal looks at one file
// to learn that one of hundreds has changed.
const switchedFile = "switched"

// switched tells portals that a site was switched. It is a hint and not a
// promise: portals look at every site once a second as well.
func (s *Store) switched() {
	s.moves.switches.Add(1)
	if err := os.WriteFile(filepath.Join(s.dir, switchedFile), []byte(time.Now().UTC().Format(time.RFC3339Nano)+"\n"), 0o644); err != nil {
		slog.Warn("portals will see the release a second late", "error", err)
	}
}

// Moves counts the switches made in this process.
func (s *Store) Moves() int64 { return s.moves.switches.Load() }

// Squeezes counts how often compressed forms were made in this process.
func (s *Store) Squeezes() int64 { return s.moves.squeezes.Load() }

// SwitchStamp changes whenever any site of the folder is switched.
func (s *Store) SwitchStamp() Stamp { return stampOf(filepath.Join(s.dir, switchedFile)) }

// depots are where copies of the releases lie.
type depots struct {
	mu    sync.RWMutex
	tree  blob.Tree
	cache bool // this folder holds only what was asked for
	none  map[string]time.Time
}

// KeepCopies names where copies of the releases lie: what is missing or changed
// on the disk is restored from there. Nil ends it.
func (s *Store) KeepCopies(t blob.Tree) {
	s.depot.mu.Lock()
	defer s.depot.mu.Unlock()
	s.depot.tree = t
}

func (s *Store) copies() (blob.Tree, bool) {
	s.depot.mu.RLock()
	defer s.depot.mu.RUnlock()
	return s.depot.tree, s.depot.cache
}

// Damage is something in the folder that this house did not put there.
type Damage struct {
	Site     registry.SiteID `json:"site,omitempty"` // when known
	Path     string          `json:"path,omitempty"` // address on the site, when known
	File     string          `json:"file"`           // in the folder
	What     string          `json:"what"`           // Changed, Missing, Extra, Replayed
	Restored bool            `json:"restored"`
	Detail   string          `json:"detail,omitempty"`
	At       time.Time       `json:"at"`
}

// Kinds of Damage.
const (
	Changed  = "changed"  // other bytes than were published
	Missing  = "missing"  // published and gone
	Extra    = "extra"    // never published
	Replayed = "replayed" // an older release, or one of another site, put in its place
)

type damages struct {
	mu   sync.Mutex
	tell func(Damage)
}

// OnDamage registers who is told, at once and from any goroutine, that a file
// was found changed, missing or put there by somebody else. It must not block.
func (s *Store) OnDamage(f func(Damage)) {
	s.damage.mu.Lock()
	defer s.damage.mu.Unlock()
	s.damage.tell = f
}

// Tell passes damage on.
func (s *Store) Tell(d Damage) {
	s.damage.mu.Lock()
	f := s.damage.tell
	s.damage.mu.Unlock()
	if d.At.IsZero() {
		d.At = time.Now().UTC()
	}
	if f != nil {
		f(d)
	}
}

func objectName(hash string) string { return "objects/" + hash[:2] + "/" + hash }

// depotTime bounds one question to the place of copies.
const depotTime = 20 * time.Second

func fetch(t blob.Tree, name string, limit int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), depotTime)
	defer cancel()
	r, err := t.Read(ctx, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		return nil, fmt.Errorf("publishing: %s is larger than %d bytes", name, limit)
	}
	return b, err
}

// restored brings an object back that was changed or is gone, and tells of it;
// found is what is wrong with it.
func (s *Store) restored(hash string, limit int64, found error) ([]byte, error) {
	d, b, err := s.mend(hash, limit, found)
	_, cache := s.copies()
	// Fetching what was not here before is what a cache does.
	if d.What == Changed || d.What == Missing && d.Restored && !cache {
		s.Tell(d)
	}
	return b, err
}

// mend is restored without telling.
func (s *Store) mend(hash string, limit int64, found error) (Damage, []byte, error) {
	d := Damage{File: objectName(hash), What: Changed, At: time.Now().UTC()}
	if errors.Is(found, fs.ErrNotExist) {
		d.What = Missing
	} else if !errors.Is(found, ErrForged) {
		return Damage{}, nil, found
	}
	t, _ := s.copies()
	if t == nil {
		return d, nil, found
	}
	b, err := fetch(t, objectName(hash), limit)
	if err == nil {
		if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != hash {
			err = fmt.Errorf("%w: copy of object %s", ErrForged, hash)
		}
	}
	if err == nil {
		err = s.putObject(hash, b)
	}
	if err != nil {
		d.Detail = err.Error()
		return d, nil, errors.Join(found, err)
	}
	d.Restored = true
	return d, b, nil
}

// Restore brings an object back from the copies, checked.
func (s *Store) Restore(hash string) error {
	if !isHash(hash) {
		return fs.ErrNotExist
	}
	_, err := s.Object(hash, MaxObject)
	return err
}

// putObject writes an object that is known to be sound.
func (s *Store) putObject(hash string, b []byte) error {
	name := s.objectPath(hash)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return replace(name, b)
}

// fetchVariant asks the copies for a compressed form, where this folder holds
// only what was asked for. One that is not there is not asked for again at once.
func (s *Store) fetchVariant(hash, ending string) ([]byte, error) {
	t, cache := s.copies()
	if t == nil || !cache {
		return nil, fs.ErrNotExist
	}
	name := objectName(hash) + "." + ending
	now := time.Now()
	s.depot.mu.Lock()
	until := s.depot.none[name]
	s.depot.mu.Unlock()
	if now.Before(until) {
		return nil, fs.ErrNotExist
	}
	b, err := fetch(t, name, MaxObject)
	if err != nil {
		s.depot.mu.Lock()
		if len(s.depot.none) > 10000 || s.depot.none == nil {
			s.depot.none = map[string]time.Time{}
		}
		s.depot.none[name] = now.Add(10 * time.Second)
		s.depot.mu.Unlock()
		return nil, err
	}
	return b, replace(s.objectPath(hash)+"."+ending, b)
}

// searchSeal says which search index belongs to a release.
type searchSeal struct {
	Generation string `json:"generation"`
	Hash       string `json:"hash"`
	Signature  string `json:"signature"` // ed25519 over "zhengshu search <site> <generation> <hash>"
}

func searchWords(site, generation, hash string) []byte {
	return []byte("zhengshu search " + site + " " + generation + " " + hash)
}

const maxSearch = 2 << 30

func (s *Store) sealIndex(site registry.SiteID, generation, hash string) ([]byte, error) {
	seal := searchSeal{Generation: generation, Hash: hash}
	seal.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(s.key, searchWords(string(site), generation, hash)))
	return json.Marshal(seal)
}

// sealed reads and checks a seal.
func (s *Store) sealed(site registry.SiteID, text []byte) (searchSeal, error) {
	var seal searchSeal
	if err := json.Unmarshal(text, &seal); err != nil {
		return seal, fmt.Errorf("%w: seal of the search index: %w", ErrForged, err)
	}
	sig, err := base64.StdEncoding.DecodeString(seal.Signature)
	if err != nil || !ed25519.Verify(s.pub, searchWords(string(site), seal.Generation, seal.Hash), sig) {
		return seal, fmt.Errorf("%w: seal of the search index", ErrForged)
	}
	return seal, nil
}

// hashFile is the SHA-256 of a file, in hex.
func hashFile(ctx context.Context, name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	buf := make([]byte, 256<<10)
	for {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		n, err := f.Read(buf)
		h.Write(buf[:n])
		if err == io.EOF {
			return hex.EncodeToString(h.Sum(nil)), nil
		}
		if err != nil {
			return "", err
		}
	}
}

// A search index larger than smallIndex is signed once in sealEvery while the
// site keeps changing: reading the whole of it for each of its items would cost
// more than publishing them.
const (
	smallIndex = 32 << 20
	sealEvery  = 10 * time.Minute
)

// sealDue reports whether the search index of a release is to be signed now.
func (s *Store) sealDue(r *Release) bool {
	file := r.SearchFile()
	if file == "" || s.key == nil {
		return false
	}
	if text, err := readFile(file+".seal", maxCurrent); err == nil {
		if seal, err := s.sealed(r.site, text); err == nil && seal.Generation == r.Search.Generation {
			return false
		}
	}
	st, err := os.Stat(file)
	if err != nil {
		return false
	}
	for _, name := range []string{"search.a.db.seal", "search.b.db.seal"} {
		if seal, err := os.Stat(filepath.Join(filepath.Dir(file), name)); err == nil && st.Size() > smallIndex && time.Since(seal.ModTime()) < sealEvery {
			return false
		}
	}
	return true
}

// sealSearch signs the search index of the site's release, after the switch: it
// is too large to be read on the way of an urgent notice.
func (s *Store) sealSearch(ctx context.Context, r *Release) error {
	if !s.sealDue(r) {
		return nil
	}
	file := r.SearchFile()
	mark := file + ".seal"
	hash, err := hashFile(ctx, file)
	if err != nil {
		return err
	}
	now, err := s.Current(r.site)
	if err != nil || now.Search.Generation != r.Search.Generation {
		return err // another release came: its own job seals it
	}
	text, err := s.sealIndex(r.site, r.Search.Generation, hash)
	if err != nil {
		return err
	}
	return replace(mark, text)
}

// Ship is the job that brings a site's release to where copies lie, for portals
// on other machines and for restoring.
type Ship struct {
	Site registry.SiteID `json:"site"`
}

// Kind names the job.
func (Ship) Kind() string { return "publishing.ship" }

// Ship copies the site's release: objects first, the switch last. What is there
// already is left. It does nothing where no copies are kept.
func (s *Store) Ship(ctx context.Context, site registry.SiteID) error {
	t, cache := s.copies()
	if t == nil || cache || s.key == nil {
		return nil
	}
	r, err := s.Current(site)
	if errors.Is(err, ErrNoRelease) {
		return nil
	}
	if err != nil {
		return err
	}
	pub := []byte(base64.StdEncoding.EncodeToString(s.pub) + "\n")
	if have, err := fetch(t, "release.pub", 1000); err != nil || !bytes.Equal(have, pub) {
		if err := t.Write(ctx, "release.pub", pub); err != nil {
			return err
		}
	}
	at := "sites/" + string(site) + "/"
	var before *Release
	if b, err := fetch(t, at+"current", maxCurrent); err == nil {
		if p, err := parsePointer(b); err == nil && p.Manifest != r.Hash {
			if old, err := s.release(site, p.Manifest); err == nil {
				before = old
			}
		} else if err == nil {
			before = r
		}
	}
	var send []string
	if before == nil || before.Hash != r.Hash {
		if send, err = s.fresh(r, before); err != nil {
			return err
		}
	}
	if err := each(ctx, send, 8, func(hash string) error {
		b, err := s.Object(hash, MaxObject)
		if err != nil {
			return err
		}
		if err := t.Write(ctx, objectName(hash), b); err != nil {
			return err
		}
		for _, ending := range forms {
			v, err := readFile(s.objectPath(hash)+"."+ending, MaxObject)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return err
			}
			if err := t.Write(ctx, objectName(hash)+"."+ending, v); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	if file := r.SearchFile(); file != "" && (before == nil || before.Search.Generation != r.Search.Generation) {
		b, err := readFile(file, maxSearch)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(b)
		text, err := s.sealIndex(site, r.Search.Generation, hex.EncodeToString(sum[:]))
		if err != nil {
			return err
		}
		if err := t.Write(ctx, at+"search."+r.Search.Generation+".db", b); err != nil {
			return err
		}
		if err := t.Write(ctx, at+"search."+r.Search.Generation+".json", text); err != nil {
			return err
		}
	}
	dir, err := s.siteDir(site)
	if err != nil {
		return err
	}
	b, err := readFile(filepath.Join(dir, "current"), maxCurrent)
	if err != nil {
		return err
	}
	if p, err := parsePointer(b); err != nil || p.Manifest != r.Hash {
		return err // switched meanwhile: the next job brings that one
	}
	return t.Write(ctx, at+"current", b)
}

// ShipStatements copies the statements that the house signs.
func (s *Store) ShipStatements(ctx context.Context) error {
	t, cache := s.copies()
	if t == nil || cache {
		return nil
	}
	list, err := os.ReadDir(filepath.Join(s.dir, "statements"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range list {
		if !statementName.MatchString(e.Name()) {
			continue
		}
		b, err := readFile(filepath.Join(s.dir, "statements", e.Name()), maxList+200)
		if err != nil {
			return err
		}
		if have, err := fetch(t, "statements/"+e.Name(), maxList+200); err == nil && bytes.Equal(have, b) {
			continue
		}
		if err := t.Write(ctx, "statements/"+e.Name(), b); err != nil {
			return err
		}
	}
	return nil
}

// fresh are the objects of a release that the one before does not have.
func (s *Store) fresh(r, before *Release) ([]string, error) {
	want := map[string]bool{r.Hash: true}
	for _, hash := range r.Shelves {
		want[hash] = true
	}
	if before != nil {
		for _, hash := range before.Shelves {
			delete(want, hash)
		}
	}
	if before == nil {
		before = &Release{store: s}
	}
	for folder, hash := range r.Folders {
		if before.Folders[folder] != hash {
			want[hash] = true
		}
	}
	if err := otherLists(before, r, func(_, was, now string) error {
		if now == "" {
			return nil
		}
		want[now] = true
		have := map[string]bool{}
		if was != "" {
			if b, err := s.Object(was, maxList); err == nil {
				if l, err := parseList(b); err == nil {
					for _, p := range l {
						have[p.Hash] = true
					}
				}
			}
		}
		b, err := s.Object(now, maxList)
		if err != nil {
			return err
		}
		l, err := parseList(b)
		if err != nil {
			return err
		}
		for _, p := range l {
			if p.Hash != "" && !have[p.Hash] {
				want[p.Hash] = true
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(want)), nil
}

// each does the work for every hash, some at a time, and stops at the first
// error.
func each(ctx context.Context, list []string, at int, do func(string) error) error {
	work := make(chan string)
	var wg sync.WaitGroup
	var once sync.Once
	var failed error
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for range at {
		wg.Go(func() {
			for x := range work {
				if err := do(x); err != nil {
					once.Do(func() { failed = err; stop() })
				}
			}
		})
	}
feed:
	for _, x := range list {
		select {
		case work <- x:
		case <-ctx.Done():
			break feed
		}
	}
	close(work)
	wg.Wait()
	if failed != nil {
		return failed
	}
	return ctx.Err()
}

// Follower keeps a folder beside a portal that has the releases elsewhere: what
// is public now, and the objects asked for last.
type Follower struct {
	store *Store
	tree  blob.Tree
	most  int64
	log   *slog.Logger

	marks map[string]string
	ok    atomic.Bool
	swept time.Time
}

// Follow opens a portal's folder for releases that lie in a tree, and reads what
// is public there now. Without the tree it goes on with what the folder has.
// The public key is kept at the first meeting; another one is refused from then
// on. most bounds the folder's objects, in bytes.
func Follow(ctx context.Context, t blob.Tree, dir string, most int64, log *slog.Logger) (*Store, *Follower, error) {
	if err := os.MkdirAll(filepath.Join(dir, "sites"), 0o755); err != nil {
		return nil, nil, err
	}
	if log == nil {
		log = slog.Default()
	}
	file := filepath.Join(dir, "release.pub")
	theirs, err := fetch(t, "release.pub", 1000)
	ours, mine := readFile(file, 1000)
	switch {
	case mine == nil && err == nil && !bytes.Equal(ours, theirs):
		return nil, nil, fmt.Errorf("%w: the public key in the store is not the one in %s", ErrForged, file)
	case mine != nil && err != nil:
		return nil, nil, fmt.Errorf("publishing: public key: %w", err)
	case mine != nil:
		if err := replace(file, theirs); err != nil {
			return nil, nil, err
		}
	}
	s, err := OpenStore(dir)
	if err != nil {
		return nil, nil, err
	}
	s.depot.tree, s.depot.cache = t, true
	f := &Follower{store: s, tree: t, most: most, log: log, marks: map[string]string{}}
	if err := f.Look(ctx); err != nil {
		log.Error("the store of releases does not answer, going on with what is here", "error", err)
	}
	return s, f, nil
}

// Reachable reports whether the tree answered the last time.
func (f *Follower) Reachable() bool { return f.ok.Load() }

// Run looks for switches until ctx ends.
func (f *Follower) Run(ctx context.Context, every time.Duration) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		was := f.ok.Load()
		if err := f.Look(ctx); err != nil && ctx.Err() == nil && was {
			f.log.Error("the store of releases does not answer, serving what is here", "error", err)
		}
	}
}

// Look takes over what was switched since. A release comes into use when its
// manifest and lists are here; one that is refused leaves the one before.
func (f *Follower) Look(ctx context.Context) error {
	now, err := f.tree.List(ctx, "sites")
	if err != nil {
		f.ok.Store(false)
		return err
	}
	statements, err := f.tree.List(ctx, "statements")
	if err != nil {
		f.ok.Store(false)
		return err
	}
	f.ok.Store(true)
	for name, mark := range statements {
		base, ok := strings.CutPrefix(name, "statements/")
		if !ok || !statementName.MatchString(base) || f.marks[name] == mark {
			continue
		}
		if err := f.statement(name, base); err != nil {
			f.log.Error("statement refused", "name", base, "error", err)
		}
		f.marks[name] = mark
	}
	for name, mark := range now {
		site, ok := strings.CutSuffix(strings.TrimPrefix(name, "sites/"), "/current")
		if !ok || !siteName.MatchString(site) || f.marks[name] == mark {
			continue
		}
		if err := f.take(registry.SiteID(site)); err != nil {
			f.log.Error("release refused", "site", site, "error", err)
			if !errors.Is(err, ErrForged) {
				continue // asked for again
			}
			f.store.Tell(Damage{Site: registry.SiteID(site), File: name, What: Changed, Detail: err.Error()})
		}
		f.marks[name] = mark
	}
	if time.Since(f.swept) > 10*time.Minute {
		f.swept = time.Now()
		return f.store.trim(f.most)
	}
	return nil
}

func (f *Follower) statement(name, base string) error {
	b, err := fetch(f.tree, name, maxList+200)
	if err != nil {
		return err
	}
	if _, err := f.store.parseStatement(base, b); err != nil {
		return err
	}
	file := filepath.Join(f.store.dir, "statements", base)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return replace(file, b)
}

func (f *Follower) take(site registry.SiteID) error {
	at := "sites/" + string(site) + "/"
	b, err := fetch(f.tree, at+"current", maxCurrent)
	if err != nil {
		return err
	}
	r, err := f.store.pointed(site, b)
	if err != nil {
		return err
	}
	if was, err := f.store.Current(site); err == nil && was.No > r.No {
		f.store.Tell(Damage{Site: site, File: at + "current", What: Replayed, Detail: fmt.Sprintf("release %d was put in the place of %d", r.No, was.No)})
		return fmt.Errorf("%w: release %d after %d", ErrForged, r.No, was.No)
	}
	if err := r.everyList("", func(_, hash string) error {
		_, err := f.store.Object(hash, maxList)
		return err
	}); err != nil {
		return err
	}
	dir, err := f.store.siteDir(site)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if file := r.SearchFile(); file != "" {
		if err := f.index(site, r, at, file); err != nil {
			// The pages matter more than the search.
			f.log.Error("search index refused", "site", site, "error", err)
		}
	}
	if err := replace(filepath.Join(dir, "current"), b); err != nil {
		return err
	}
	f.store.switched()
	return nil
}

// index brings the search index of a release, once for each generation.
func (f *Follower) index(site registry.SiteID, r *Release, at, file string) error {
	mark := file + ".generation"
	if have, err := readFile(mark, 200); err == nil && string(have) == r.Search.Generation {
		return nil
	}
	text, err := fetch(f.tree, at+"search."+r.Search.Generation+".json", maxCurrent)
	if err != nil {
		return err
	}
	seal, err := f.store.sealed(site, text)
	if err != nil || seal.Generation != r.Search.Generation {
		return errors.Join(ErrForged, err)
	}
	b, err := fetch(f.tree, at+"search."+r.Search.Generation+".db", maxSearch)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != seal.Hash {
		return fmt.Errorf("%w: search index", ErrForged)
	}
	if err := replace(file, b); err != nil {
		return err
	}
	return errors.Join(replace(file+".seal", text), replace(mark, []byte(r.Search.Generation)))
}

// trim removes the objects that were fetched first until the rest fits.
func (s *Store) trim(most int64) error {
	type entry struct {
		name string
		size int64
		at   time.Time
	}
	var all []entry
	var held int64
	err := filepath.WalkDir(filepath.Join(s.dir, "objects"), func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && d.IsDir() {
			return nil
		}
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return nil // gone meanwhile
		}
		all = append(all, entry{name, info.Size(), info.ModTime()})
		held += info.Size()
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b entry) int { return a.at.Compare(b.at) })
	for _, e := range all {
		if held <= most {
			break
		}
		if err := os.Remove(e.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		held -= e.size
	}
	return nil
}
