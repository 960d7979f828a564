package registry

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/db"
)

// texts are the search texts of the ledger as this process holds them: a scan
// in memory takes a tenth of what a database takes. What was written since is
// read before each search. It finds ids only; whether a record is there and in
// scope is asked of the database.
type texts struct {
	mu    sync.RWMutex
	lists map[string][]entry // by kind
	at    map[string]place
	last  string // the newest rev seen
	revs  map[string]bool
	read  time.Time
}

type entry struct{ id, rev, text string }

type place struct {
	kind string
	i    int
}

const (
	// textsOverlap is how far back what was written is read again: a transaction
	// that began earlier may end later.
	textsOverlap = 30 * time.Second
	// textsLife is after how long the sweep reads all of it again.
	textsLife = 30 * time.Minute
)

func scanEntry(r db.Scanner) (struct {
	kind string
	entry
}, error) {
	var e struct {
		kind string
		entry
	}
	err := r.Scan(&e.id, &e.kind, &e.rev, &e.text)
	return e, err
}

// refresh brings the texts up to what is committed.
func (t *texts) refresh(ctx context.Context, q db.Querier, now time.Time, whole bool) error {
	t.mu.RLock()
	last, begun := t.last, t.lists != nil
	t.mu.RUnlock()
	query, args := `SELECT id, kind, rev, text FROM ledger_text`, []any(nil)
	if whole = whole || !begun; !whole {
		// One rev is one statement's rows; few have come since.
		revs, err := db.All(ctx, q, db.Value[string], `SELECT DISTINCT rev FROM ledger_text WHERE rev > $1`, since(last))
		if err != nil {
			return err
		}
		t.mu.RLock()
		revs = slices.DeleteFunc(revs, func(rev string) bool { return t.revs[rev] })
		t.mu.RUnlock()
		if len(revs) == 0 {
			return nil
		}
		var w db.Where
		cond, in := db.In("rev", revs)
		query, args = query+` WHERE `+w.And(cond, in...).SQL(), w.Args()
	}
	list, err := db.All(ctx, q, scanEntry, query, args...)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if whole {
		t.lists, t.at, t.revs, t.read = map[string][]entry{}, make(map[string]place, len(list)), map[string]bool{}, now
	}
	for _, e := range list {
		p, ok := t.at[e.id]
		switch {
		case !ok:
			t.at[e.id] = place{e.kind, len(t.lists[e.kind])}
			t.lists[e.kind] = append(t.lists[e.kind], e.entry)
		case t.lists[p.kind][p.i].rev <= e.rev:
			t.lists[p.kind][p.i] = e.entry
		}
		t.last = max(t.last, e.rev)
		t.revs[e.rev] = true
	}
	return nil
}

// since is the rev from which on to read, the overlap included.
func since(last string) string {
	id, err := ulid.Parse(last)
	if err != nil {
		return ""
	}
	var from ulid.ULID
	if err := from.SetTime(id.Time() - uint64(textsOverlap.Milliseconds())); err != nil {
		return ""
	}
	return from.String()
}

// meeting are the ids of the records of a kind whose text holds the word.
func (t *texts) meeting(kind, word string) map[string]bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	out := map[string]bool{}
	for _, e := range t.lists[kind] {
		if strings.Contains(e.text, word) {
			out[e.id] = true
		}
	}
	return out
}

// stale reports whether the sweep should read all of it again.
func (t *texts) stale(now time.Time) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.lists == nil || now.Sub(t.read) > textsLife || now.Before(t.read)
}
