package publishing

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
)

// A folder with more pages than one list holds is parted; which lists it has is
// said in an object of its own, so that the manifest is as long as a site has
// folders and not as it has pages. What did not change is shared by releases:
// manifest → folders → lists → pages, each named by its content.

// folderNames bounds how many names of lists a store keeps ready.
const folderNames = 60_000

// folders keeps what was read of folders, by hash.
type folders struct {
	mu   sync.Mutex
	by   map[string]map[string]string // figures → hash of a list
	kept []string                     // oldest first
	held int                          // names in all
}

// folder reads the lists of a parted folder, by their figures. It must not be
// changed.
func (s *Store) folder(hash string) (map[string]string, error) {
	s.folders.mu.Lock()
	l, ok := s.folders.by[hash]
	s.folders.mu.Unlock()
	if ok {
		return l, nil
	}
	b, err := s.Object(hash, maxList)
	if err != nil {
		return nil, err
	}
	if l, err = parseFolder(b); err != nil {
		return nil, fmt.Errorf("publishing: folder %s: %w", hash, err)
	}
	s.keepFolder(hash, l)
	return l, nil
}

func (s *Store) keepFolder(hash string, l map[string]string) {
	s.folders.mu.Lock()
	defer s.folders.mu.Unlock()
	if s.folders.by == nil {
		s.folders.by = map[string]map[string]string{}
	}
	if s.folders.by[hash] != nil {
		return
	}
	s.folders.by[hash] = l
	s.folders.kept = append(s.folders.kept, hash)
	for s.folders.held += len(l); s.folders.held > folderNames && len(s.folders.kept) > 1; s.folders.kept = s.folders.kept[1:] {
		s.folders.held -= len(s.folders.by[s.folders.kept[0]])
		delete(s.folders.by, s.folders.kept[0])
	}
}

func parseFolder(b []byte) (map[string]string, error) {
	var l map[string]string
	if err := json.Unmarshal(b, &l); err != nil {
		return nil, err
	}
	for figures, hash := range l {
		if len(figures) == 0 || len(figures) > maxDepth || strings.Trim(figures, "0123456789abcdef") != "" || !isHash(hash) {
			return nil, fmt.Errorf("list %q", figures)
		}
	}
	return l, nil
}

// listOf names the list in which a path stands, or would stand, and its hash;
// "" when the release has no such list.
func (r *Release) listOf(path string) (name, hash string, err error) {
	if r.Shape == 1 {
		folder := folderOf(path)
		if parted := r.Folders[folder]; parted != "" {
			l, err := r.store.folder(parted)
			if err != nil {
				return "", "", err
			}
			b := bucketOf(path)
			for n := 1; n <= maxDepth; n++ {
				if h := l[b[:n]]; h != "" {
					return folder + b[:n], h, nil
				}
			}
			return folder, "", nil
		}
	}
	name = r.listName(path)
	return name, r.Lists[name], nil
}

// everyList calls fn with each list of the release whose name begins with a
// prefix.
func (r *Release) everyList(prefix string, fn func(name, hash string) error) error {
	for name, hash := range r.Lists {
		if strings.HasPrefix(name, prefix) {
			if err := fn(name, hash); err != nil {
				return err
			}
		}
	}
	for folder, parted := range r.Folders {
		if !strings.HasPrefix(folder, prefix) {
			continue
		}
		l, err := r.store.folder(parted)
		if err != nil {
			return err
		}
		for figures, hash := range l {
			if err := fn(folder+figures, hash); err != nil {
				return err
			}
		}
	}
	return nil
}

// lists are all lists of the release, by name.
func (r *Release) lists() (map[string]string, error) {
	out := make(map[string]string, len(r.Lists)+16*len(r.Folders))
	return out, r.everyList("", func(name, hash string) error {
		out[name] = hash
		return nil
	})
}

// Names reports whether an object is the release's manifest, or one that leads
// from it to its pages.
func (r *Release) Names(hash string) (bool, error) {
	if hash == r.Hash {
		return true, nil
	}
	for _, h := range r.Lists {
		if h == hash {
			return true, nil
		}
	}
	for _, h := range r.Folders {
		if h == hash {
			return true, nil
		}
	}
	found := false
	err := r.everyList("", func(_, h string) error {
		found = found || h == hash
		return nil
	})
	return found, err
}

// otherLists calls fn with the lists, by name, of which two releases do not
// have the same; "" stands for one that a release does not have. Folders that
// are the same are not opened.
func otherLists(prev, next *Release, fn func(name, was, now string) error) error {
	a, b := *prev, *next
	a.Folders, b.Folders = maps.Clone(prev.Folders), maps.Clone(next.Folders)
	for folder, hash := range prev.Folders {
		if next.Folders[folder] == hash {
			delete(a.Folders, folder)
			delete(b.Folders, folder)
		}
	}
	was, err := a.lists()
	if err != nil {
		return err
	}
	now, err := b.lists()
	if err != nil {
		return err
	}
	for name, hash := range now {
		if was[name] != hash {
			if err := fn(name, was[name], hash); err != nil {
				return err
			}
		}
	}
	for name, hash := range was {
		if now[name] == "" {
			if err := fn(name, hash, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// naming are the lists of a release in the making.
type naming struct {
	e       *edit
	lists   map[string]string
	folders map[string]string
	open    map[string]map[string]string // parted folders that changed
}

// naming begins with the lists of the release before. One made before folders
// had objects of their own names all its lists in the manifest; they move.
func (e *edit) naming() (*naming, error) {
	n := &naming{e: e, lists: map[string]string{}, folders: map[string]string{}, open: map[string]map[string]string{}}
	if e.before == nil || e.fresh {
		return n, nil
	}
	maps.Copy(n.folders, e.before.Folders)
	for name, hash := range e.before.Lists {
		if err := n.set(name, hash); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func (n *naming) folder(name string) (map[string]string, error) {
	folder := name[:strings.LastIndex(name, "/")+1]
	if l := n.open[folder]; l != nil {
		return l, nil
	}
	l := map[string]string{}
	if hash := n.folders[folder]; hash != "" {
		had, err := n.e.store.folder(hash)
		if err != nil {
			return nil, err
		}
		l = maps.Clone(had)
	}
	n.open[folder] = l
	return l, nil
}

func (n *naming) set(name, hash string) error {
	if strings.HasSuffix(name, "/") {
		n.lists[name] = hash
		return nil
	}
	l, err := n.folder(name)
	if err == nil {
		l[name[strings.LastIndex(name, "/")+1:]] = hash
	}
	return err
}

func (n *naming) drop(name string) error {
	if strings.HasSuffix(name, "/") {
		delete(n.lists, name)
		return nil
	}
	l, err := n.folder(name)
	if err == nil {
		delete(l, name[strings.LastIndex(name, "/")+1:])
	}
	return err
}

// close writes the folders that changed.
func (n *naming) close() error {
	for folder, l := range n.open {
		if len(l) == 0 {
			delete(n.folders, folder)
			continue
		}
		b, err := json.Marshal(l)
		if err != nil {
			return err
		}
		if n.folders[folder], err = n.e.keep(b); err != nil {
			return err
		}
		n.e.store.keepFolder(n.folders[folder], l)
	}
	return nil
}
