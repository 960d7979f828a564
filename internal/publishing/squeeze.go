package publishing

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"zhengshu/internal/registry"
)

// forms are the endings of compressed forms.
var forms = []string{"gz", "zst", "br"}

// Squeeze is the job that makes the compressed forms of a site's pages, after
// the switch: a reader gets the plain form until then.
type Squeeze struct {
	Site registry.SiteID `json:"site"`
}

// Kind names the job.
func (Squeeze) Kind() string { return "publishing.squeeze" }

// Run makes what is missing.
func (q Squeeze) Run(ctx context.Context, s *Store) error {
	return s.squeeze(ctx, q.Site, func() {})
}

// squeeze makes the forms of what has changed since it was done last. pause is
// called before each page, for what is more urgent.
func (s *Store) squeeze(ctx context.Context, site registry.SiteID, pause func()) error {
	r, err := s.Current(site)
	if errors.Is(err, ErrNoRelease) {
		return nil
	}
	if err != nil {
		return err
	}
	done := map[string]bool{}
	tree, cache := s.copies()
	defer s.moves.squeezes.Add(1)
	if err := s.sealSearch(ctx, r); err != nil {
		return err
	}
	// Made once: a compressor's tables cost more than the small page it packs.
	var gz, br bytes.Buffer
	z, err := gzip.NewWriterLevel(&gz, gzip.BestCompression)
	if err != nil {
		return err
	}
	w := brotli.NewWriterLevel(&br, 7)
	zw, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBetterCompression), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
	if err != nil {
		return err
	}
	defer zw.Close() //nolint:errcheck // EncodeAll leaves nothing open
	one := func(p Page) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if p.Hash == "" || done[p.Hash] || p.Size < 600 || p.Size > 4<<20 || !squeezable(p.Kind) {
			return nil
		}
		done[p.Hash] = true
		pause()
		name := s.objectPath(p.Hash)
		if _, err := os.Stat(name + ".br"); err == nil {
			return nil
		}
		b, err := s.Object(p.Hash, MaxObject)
		if err != nil {
			return err
		}
		gz.Reset()
		br.Reset()
		z.Reset(&gz)
		w.Reset(&br)
		for _, f := range []func() error{func() error { _, err := z.Write(b); return err }, z.Close, func() error { _, err := w.Write(b); return err }, w.Close} {
			if err := f(); err != nil {
				return err
			}
		}
		// br last: its presence says that all are there.
		for _, v := range []struct {
			ending string
			body   []byte
		}{{".gz", gz.Bytes()}, {".zst", zw.EncodeAll(b, nil)}, {".br", br.Bytes()}} {
			tmp, err := os.CreateTemp(filepath.Dir(name), ".new-*")
			if err != nil {
				return err
			}
			// Not synced: a torn variant is found out when it is unpacked and checked.
			_, err = tmp.Write(v.body)
			if err = errors.Join(err, tmp.Chmod(0o644), tmp.Close()); err == nil {
				err = os.Rename(tmp.Name(), name+v.ending)
			}
			if err != nil {
				return errors.Join(err, os.Remove(tmp.Name()))
			}
			if tree != nil && !cache {
				if err := tree.Write(ctx, objectName(p.Hash)+v.ending, v.body); err != nil {
					return err
				}
			}
		}
		return nil
	}
	dir, err := s.siteDir(site)
	if err != nil {
		return err
	}
	mark := filepath.Join(dir, "squeezed") // the manifest whose pages were done last
	if b, err := readFile(mark, maxCurrent); err == nil && isHash(string(b)) {
		if prev, err := s.release(site, string(b)); err == nil && prev.Shape == r.Shape {
			if err := differing(prev, r, func(_, now *Page) error {
				if now == nil {
					return nil
				}
				return one(*now)
			}); err != nil {
				return err
			}
			return replace(mark, []byte(r.Hash))
		}
	}
	if err := r.Each(one); err != nil {
		return err
	}
	return replace(mark, []byte(r.Hash))
}

func squeezable(kind string) bool {
	kind, _, _ = strings.Cut(kind, ";")
	switch kind {
	case "application/xml", "application/rss+xml", "image/svg+xml", "application/json":
		return true
	}
	return strings.HasPrefix(kind, "text/")
}
