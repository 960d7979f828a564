package publishing

import (
	"container/list"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// listBytes bounds the lists of pages that a store keeps ready for look-ups:
// with hundreds of sites they would otherwise grow past the pages themselves.
const listBytes = 24 << 20

// roll is a list of pages ready for look-ups: each page as it stands in the
// signed list, found by its path. It costs little more than the list itself.
type roll struct {
	paths []string
	raw   []json.RawMessage
	size  int64
}

func newRoll(b []byte) (*roll, error) {
	if _, err := parseList(b); err != nil {
		return nil, err
	}
	r := &roll{}
	if err := json.Unmarshal(b, &r.raw); err != nil {
		return nil, err
	}
	r.paths = make([]string, len(r.raw))
	for i, x := range r.raw {
		var p struct {
			Path string `json:"path"`
		}
		if err := json.Unmarshal(x, &p); err != nil {
			return nil, err
		}
		r.paths[i] = p.Path
		r.size += int64(len(x)+len(p.Path)) + 64
	}
	if !slices.IsSorted(r.paths) {
		order := make([]int, len(r.paths))
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int { return strings.Compare(r.paths[a], r.paths[b]) })
		paths, raw := make([]string, len(order)), make([]json.RawMessage, len(order))
		for to, from := range order {
			paths[to], raw[to] = r.paths[from], r.raw[from]
		}
		r.paths, r.raw = paths, raw
	}
	return r, nil
}

func (r *roll) page(path string) (Page, bool, error) {
	i, ok := slices.BinarySearch(r.paths, path)
	if !ok {
		return Page{}, false, nil
	}
	var p Page
	err := json.Unmarshal(r.raw[i], &p)
	return p, err == nil, err
}

// rolls keeps the lists asked for last, by their hash.
type rolls struct {
	mu    sync.Mutex
	held  int64
	order *list.List // of *kept
	by    map[string]*list.Element
}

type keptRoll struct {
	hash string
	*roll
}

func newRolls() *rolls { return &rolls{order: list.New(), by: map[string]*list.Element{}} }

func (k *rolls) find(hash string) *roll {
	k.mu.Lock()
	defer k.mu.Unlock()
	e := k.by[hash]
	if e == nil {
		return nil
	}
	k.order.MoveToFront(e)
	return e.Value.(*keptRoll).roll
}

func (k *rolls) keep(hash string, r *roll) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.by[hash] != nil {
		return
	}
	k.by[hash] = k.order.PushFront(&keptRoll{hash, r})
	k.held += r.size
	for k.held > listBytes && k.order.Len() > 1 {
		e := k.order.Back()
		old := e.Value.(*keptRoll)
		k.order.Remove(e)
		delete(k.by, old.hash)
		k.held -= old.size
	}
}

// roll reads a list for look-ups, from memory when it was asked for lately.
func (s *Store) roll(hash string) (*roll, error) {
	if hash == "" {
		return &roll{}, nil
	}
	if r := s.rolls.find(hash); r != nil {
		return r, nil
	}
	b, err := s.Object(hash, maxList)
	if err != nil {
		return nil, err
	}
	r, err := newRoll(b)
	if err != nil {
		return nil, fmt.Errorf("publishing: list %s: %w", hash, err)
	}
	s.rolls.keep(hash, r)
	return r, nil
}
