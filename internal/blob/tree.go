package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/minio/minio-go/v7"
)

// Tree keeps files by name: releases, which name what is public now, cannot be
// found by a hash alone. Who reads them checks them; a Tree does not.
type Tree interface {
	// Read opens a file; fs.ErrNotExist says that there is none.
	Read(ctx context.Context, name string) (io.ReadCloser, error)
	// Write keeps a file whole or not at all, replacing what was there.
	Write(ctx context.Context, name string, body []byte) error
	// List gives the files below a folder, each with a mark that changes when it
	// does.
	List(ctx context.Context, under string) (map[string]string, error)
}

// sound reports whether a name stays inside the tree.
func sound(name string) error {
	if name == "" || len(name) > 500 || path.IsAbs(name) || path.Clean(name) != name || name == ".." || strings.HasPrefix(name, "../") || strings.ContainsAny(name, "\\\x00") {
		return fmt.Errorf("blob: name %q", name)
	}
	return nil
}

// DiskTree is a Tree in a folder, which several machines may share.
type DiskTree struct{ dir string }

// OpenDiskTree opens the tree in dir, making it when it is absent.
func OpenDiskTree(dir string) (*DiskTree, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("blob: open tree: %w", err)
	}
	return &DiskTree{dir}, nil
}

// Read opens a file.
func (t *DiskTree) Read(_ context.Context, name string) (io.ReadCloser, error) {
	if err := sound(name); err != nil {
		return nil, err
	}
	return os.Open(filepath.Join(t.dir, filepath.FromSlash(name)))
}

// Write keeps a file: beside, synced, renamed.
func (t *DiskTree) Write(_ context.Context, name string, body []byte) error {
	if err := sound(name); err != nil {
		return err
	}
	file := filepath.Join(t.dir, filepath.FromSlash(name))
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(dir)
}

// List gives the files below a folder.
func (t *DiskTree) List(ctx context.Context, under string) (map[string]string, error) {
	if err := sound(under); err != nil {
		return nil, err
	}
	out := map[string]string{}
	err := filepath.WalkDir(filepath.Join(t.dir, filepath.FromSlash(under)), func(file string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".new-") {
			return errors.Join(err, ctx.Err())
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(t.dir, file)
		out[filepath.ToSlash(rel)] = fmt.Sprint(info.Size(), ".", info.ModTime().UnixNano())
		return err
	})
	return out, err
}

// BucketTree is a Tree in S3-compatible storage.
type BucketTree struct{ b *Bucket }

// OpenBucketTree opens the tree below the address's prefix.
func OpenBucketTree(ctx context.Context, c S3Config) (*BucketTree, error) {
	b, err := S3(ctx, c)
	if err != nil {
		return nil, err
	}
	return &BucketTree{b}, nil
}

// Read opens a file.
func (t *BucketTree) Read(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := sound(name); err != nil {
		return nil, err
	}
	o, err := t.b.client.GetObject(ctx, t.b.bucket, path.Join(t.b.prefix, name), minio.GetObjectOptions{})
	if err == nil {
		if _, err = o.Stat(); err != nil {
			err = errors.Join(err, o.Close())
		}
	}
	if err != nil {
		if errors.Is(absent(err), ErrNotFound) {
			return nil, fmt.Errorf("blob: %s: %w", name, fs.ErrNotExist)
		}
		return nil, fmt.Errorf("blob: read %s: %w", name, err)
	}
	return o, nil
}

// Write keeps a file; the store takes it whole or not at all.
func (t *BucketTree) Write(ctx context.Context, name string, body []byte) error {
	if err := sound(name); err != nil {
		return err
	}
	if _, err := t.b.client.PutObject(ctx, t.b.bucket, path.Join(t.b.prefix, name), bytes.NewReader(body), int64(len(body)), minio.PutObjectOptions{ContentType: "application/octet-stream"}); err != nil {
		return fmt.Errorf("blob: write %s: %w", name, err)
	}
	return nil
}

// List gives the files below a folder.
func (t *BucketTree) List(ctx context.Context, under string) (map[string]string, error) {
	if err := sound(under); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	out := map[string]string{}
	at := ""
	if t.b.prefix != "" {
		at = t.b.prefix + "/"
	}
	for o := range t.b.client.ListObjectsIter(ctx, t.b.bucket, minio.ListObjectsOptions{Prefix: at + under + "/", Recursive: true}) {
		if o.Err != nil {
			return nil, fmt.Errorf("blob: list %s: %w", under, o.Err)
		}
		out[strings.TrimPrefix(o.Key, at)] = o.ETag + "." + fmt.Sprint(o.Size, ".", o.LastModified.UnixNano())
	}
	return out, nil
}
