package engine

import (
	"bytes"
	"compress/flate"
	"maps"
	"slices"
	"sync"
	"time"
)

// Wire is a report with the parts that are nobody's business on a screen.
type Wire struct {
	Report
	Finished  time.Time           `json:"finished"`
	Links     int                 `json:"links"`
	Opened    bool                `json:"reachable"`
	Visited   []string            `json:"visited"`
	Looks     map[string]Evidence `json:"looks"`
	Met       []string            `json:"met"`
	Judged    []string            `json:"judged"`
	Columns   []string            `json:"columns"`
	Home      bool                `json:"home"`
	Put       []string            `json:"put"`
	Focus     []string            `json:"focus"`
	Partial   bool                `json:"partial"`
	Hosted    bool                `json:"hosted,omitempty"`
	Unmet     bool                `json:"unmet,omitempty"`
	Read      []string            `json:"read"`
	Dated     bool                `json:"dated"`
	Searched  bool                `json:"searched"`
	Disguised []string            `json:"disguised,omitempty"`
	Dressed   []string            `json:"dressed,omitempty"`
	Compared  []string            `json:"compared,omitempty"`
	Rendered  []string            `json:"rendered,omitempty"`
	Audited   []string            `json:"audited,omitempty"`
	Watched   []Watched           `json:"watched,omitempty"`
	Unsure    []string            `json:"unsure,omitempty"`
	Taken     map[string]Evidence `json:"taken,omitempty"`
	Cut       bool                `json:"cut,omitempty"`
	Size      int64               `json:"size"`
	Same      int                 `json:"same"`
}

// Pack makes a report ready to travel.
func (r Report) Pack() Wire {
	list := func(m map[string]bool) []string { return slices.Sorted(maps.Keys(m)) }
	return Wire{Report: r, Finished: r.Finished, Links: r.Links, Opened: r.Reachable, Visited: list(r.Visited), Looks: r.Looks, Met: list(r.met), Judged: list(r.judged), Columns: list(r.columns),
		Home: r.home, Put: r.put, Focus: r.focus, Partial: r.Partial, Hosted: r.hosted, Unmet: r.unmet, Read: list(r.read), Dated: r.dated, Searched: r.searched, Disguised: list(r.disguised), Dressed: list(r.dressed), Compared: list(r.compared), Rendered: list(r.rendered), Audited: list(r.audited), Watched: r.Watched, Unsure: list(r.unsure), Taken: r.Taken, Cut: r.cut, Size: r.Bytes, Same: r.Same}
}

// Unpack is the report as it was packed.
func (w Wire) Unpack() Report {
	set := func(list []string) map[string]bool {
		m := make(map[string]bool, len(list))
		for _, s := range list {
			m[s] = true
		}
		return m
	}
	r := w.Report
	r.Finished, r.Links, r.Reachable, r.Visited, r.Looks, r.met, r.judged, r.columns = w.Finished, w.Links, w.Opened, set(w.Visited), w.Looks, set(w.Met), set(w.Judged), set(w.Columns)
	r.hosted, r.unmet = w.Hosted, w.Unmet
	r.home, r.put, r.focus, r.Partial, r.Bytes, r.Same = w.Home, w.Put, w.Focus, w.Partial, w.Size, w.Same
	r.read, r.dated, r.searched, r.Taken = set(w.Read), w.Dated, w.Searched, w.Taken
	r.disguised, r.dressed, r.compared, r.rendered, r.audited, r.Watched, r.unsure, r.cut = set(w.Disguised), set(w.Dressed), set(w.Compared), set(w.Rendered), set(w.Audited), w.Watched, set(w.Unsure), w.Cut
	return r
}

// packers are kept: each takes more than half a megabyte.
var packers = map[int]*sync.Pool{flate.BestSpeed: {}, flate.DefaultCompression: {}}

// Deflate compresses the bytes of a page.
func Deflate(body []byte, level int) ([]byte, error) {
	var b bytes.Buffer
	w, ok := packers[level].Get().(*flate.Writer)
	if ok {
		w.Reset(&b)
	} else {
		var err error
		if w, err = flate.NewWriter(&b, level); err != nil {
			return nil, err
		}
	}
	defer packers[level].Put(w)
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
