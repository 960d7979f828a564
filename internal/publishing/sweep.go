package publishing

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Sweep removes objects that no site's current release nor the keep−1 before
// it needs and that were written before grace ago, and returns how many files
// went. The grace is longer than any release takes to make. Half-written files
// of dead processes go with them.
func (s *Store) Sweep(ctx context.Context, keep int, grace time.Duration) (int, error) {
	wanted := map[string]bool{}
	sites, err := s.Sites()
	if err != nil {
		return 0, err
	}
	for _, site := range sites {
		r, err := s.Current(site)
		for n := 0; err == nil && n < keep; n++ {
			wanted[r.Hash] = true
			for _, l := range r.Shelves {
				wanted[l] = true
			}
			for _, f := range r.Folders {
				wanted[f] = true
			}
			err = r.everyList("", func(_, l string) error {
				if wanted[l] {
					return nil // releases share what did not change
				}
				b, err := s.Object(l, maxList)
				if err != nil {
					return err
				}
				pages, err := parseList(b)
				if err != nil {
					return err
				}
				wanted[l] = true
				for _, p := range pages {
					wanted[p.Hash] = true
				}
				return ctx.Err()
			})
			if err != nil {
				if n > 0 && errors.Is(err, fs.ErrNotExist) {
					break // an older one, swept in part already
				}
				return 0, err
			}
			if r.Before == "" {
				break
			}
			r, err = s.release(site, r.Before)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return 0, err // a release that cannot be read says nothing of what it needs
		}
	}
	removed := 0
	limit := time.Now().Add(-grace)
	for _, site := range sites {
		left, err := filepath.Glob(filepath.Join(s.dir, "sites", string(site), ".index-*")) // of processes that died
		if err != nil {
			return 0, err
		}
		for _, name := range left {
			if st, err := os.Stat(name); err != nil || st.ModTime().After(limit) {
				continue
			}
			if err := os.RemoveAll(name); err != nil {
				return removed, err
			}
			removed++
		}
	}
	err = filepath.WalkDir(filepath.Join(s.dir, "objects"), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		hash, _, _ := strings.Cut(d.Name(), ".")
		if wanted[hash] {
			return ctx.Err()
		}
		st, err := d.Info()
		if err != nil || st.ModTime().After(limit) {
			return nil // gone, or perhaps of a release that is being made
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		removed++
		return ctx.Err()
	})
	return removed, err
}
