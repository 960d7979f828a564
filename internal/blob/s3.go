package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"zhengshu/internal/fault"
)

// Bucket is a Store in S3-compatible storage: the keys are those of a Folder,
// below a prefix. Like the database it is a part of the house and is dialled
// directly; it is no address that a person can name.
type Bucket struct {
	client *minio.Client
	bucket string
	prefix string
	limit  int64
}

// S3Config says where the bucket is.
type S3Config struct {
	// Address is https://HOST[:PORT]/BUCKET[/PREFIX]; http for a store on the
	// same machine.
	Address string
	Key     string
	Secret  string
	Region  string // us-east-1 when empty
	Limit   int64  // bytes of one blob; DefaultLimit when zero
}

// attempts is how often a request to the store is tried.
const attempts = 3

// S3 opens the store; the bucket must be there.
func S3(ctx context.Context, c S3Config) (*Bucket, error) {
	const cure = "；写法是 https://主机:端口/桶名/前缀。"
	u, err := url.Parse(c.Address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return nil, fault.New(fault.Invalid, "对象存储地址 --blobs 不能识别"+cure).From(err)
	}
	name, prefix, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	if name == "" {
		return nil, fault.New(fault.Invalid, "对象存储地址 --blobs 没有写桶名"+cure)
	}
	if c.Key == "" || c.Secret == "" {
		return nil, fault.New(fault.Invalid, "对象存储要有访问密钥，请设置环境变量 ZHENGSHU_BLOBS_KEY 和 ZHENGSHU_BLOBS_SECRET。")
	}
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	if c.Limit == 0 {
		c.Limit = DefaultLimit
	}
	client, err := minio.New(u.Host, &minio.Options{Creds: credentials.NewStaticV4(c.Key, c.Secret, ""), Secure: u.Scheme == "https", Region: c.Region,
		BucketLookup: minio.BucketLookupPath, MaxRetries: attempts})
	if err != nil {
		return nil, fault.New(fault.Invalid, "对象存储地址 --blobs 不能识别"+cure).From(err)
	}
	b := &Bucket{client: client, bucket: name, prefix: prefix, limit: c.Limit}
	there, err := client.BucketExists(ctx, name)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "对象存储连不上，请检查 --blobs 的地址、访问密钥和网络。").From(err)
	}
	if !there {
		return nil, fault.Newf(fault.Invalid, "对象存储里没有桶“%s”，请先建立。", name)
	}
	return b, nil
}

func (b *Bucket) key(ref Ref) string {
	h := ref.Hash()
	return path.Join(b.prefix, h[:2], h[2:4], h)
}

func (b *Bucket) away(ref Ref) string { return path.Join(b.prefix, awayDir, ref.Hash()) }

// move copies an object and removes it at its old key; a crash between the two
// leaves both. It reports whether there was one.
func (b *Bucket) move(ctx context.Context, from, to string) (bool, error) {
	_, err := b.client.CopyObject(ctx, minio.CopyDestOptions{Bucket: b.bucket, Object: to}, minio.CopySrcOptions{Bucket: b.bucket, Object: from})
	if err = absent(err); errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, b.client.RemoveObject(ctx, b.bucket, from, minio.RemoveObjectOptions{})
}

// Discard puts a blob away.
func (b *Bucket) Discard(ctx context.Context, ref Ref) (bool, error) {
	if !ref.Valid() {
		return false, fmt.Errorf("blob: discard %s: %w", ref, ErrNotFound)
	}
	moved, err := b.move(ctx, b.key(ref), b.away(ref))
	if err != nil {
		return moved, fmt.Errorf("blob: discard %s: %w", ref, err)
	}
	return moved, nil
}

// Recall brings back what was put away.
func (b *Bucket) Recall(ctx context.Context, ref Ref) error {
	if !ref.Valid() {
		return fmt.Errorf("blob: recall %s: %w", ref, ErrNotFound)
	}
	if _, err := b.move(ctx, b.away(ref), b.key(ref)); err != nil {
		return fmt.Errorf("blob: recall %s: %w", ref, err)
	}
	return nil
}

// Drop removes what was put away; an object that is not there is no error.
func (b *Bucket) Drop(ctx context.Context, ref Ref) error {
	if !ref.Valid() {
		return fmt.Errorf("blob: drop %s: %w", ref, ErrNotFound)
	}
	if err := b.client.RemoveObject(ctx, b.bucket, b.away(ref), minio.RemoveObjectOptions{}); err != nil {
		return fmt.Errorf("blob: drop %s: %w", ref, err)
	}
	return nil
}

// Put hashes into a temporary file first: the key is the hash. The store takes
// an object whole or not at all. It puts again what is there, which mends a
// damaged one.
func (b *Bucket) Put(ctx context.Context, r io.Reader) (Ref, error) {
	t, err := os.CreateTemp("", "zhengshu-put-")
	if err != nil {
		return "", fmt.Errorf("blob: put: %w", err)
	}
	defer func() {
		t.Close()
		os.Remove(t.Name())
	}()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(t, h), io.LimitReader(reader{ctx, r}, b.limit+1))
	if err != nil {
		return "", fmt.Errorf("blob: put: %w", err)
	}
	if n > b.limit {
		return "", fault.Newf(fault.TooLarge, "文件超过%s，请压缩或拆分后再上传。", size(b.limit)).
			From(fmt.Errorf("blob: over the limit of %d bytes", b.limit))
	}
	if _, err := t.Seek(0, io.SeekStart); err != nil {
		return "", fmt.Errorf("blob: put: %w", err)
	}
	ref := refOf(h.Sum(nil))
	if _, err := b.client.PutObject(ctx, b.bucket, b.key(ref), t, n, minio.PutObjectOptions{ContentType: "application/octet-stream"}); err != nil {
		return "", fmt.Errorf("blob: put: %w", err)
	}
	return ref, nil
}

// Open reads a blob and checks it on the way.
func (b *Bucket) Open(ctx context.Context, ref Ref) (io.ReadCloser, error) {
	if !ref.Valid() {
		return nil, fmt.Errorf("blob: open %s: %w", ref, ErrNotFound)
	}
	var o *minio.Object
	err := ErrNotFound
	// Once more at its place: it may be brought back between the two looks.
	for _, key := range []string{b.key(ref), b.away(ref), b.key(ref)} {
		if o, err = b.get(ctx, key); !errors.Is(err, ErrNotFound) {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("blob: open %s: %w", ref, err)
	}
	return checking(ctx, o, ref), nil
}

func (b *Bucket) get(ctx context.Context, key string) (*minio.Object, error) {
	o, err := b.client.GetObject(ctx, b.bucket, key, minio.GetObjectOptions{})
	if err == nil {
		if _, err = o.Stat(); err != nil {
			err = errors.Join(err, o.Close())
		}
	}
	return o, absent(err)
}

// absent is ErrNotFound where the store says so.
func absent(err error) error {
	var r minio.ErrorResponse
	if errors.As(err, &r) && (r.Code == minio.NoSuchKey || r.StatusCode == 404 && r.Code != minio.NoSuchBucket) {
		return ErrNotFound
	}
	return err
}

// Stat is the size of a blob.
func (b *Bucket) Stat(ctx context.Context, ref Ref) (int64, error) {
	if !ref.Valid() {
		return 0, fmt.Errorf("blob: stat %s: %w", ref, ErrNotFound)
	}
	var o minio.ObjectInfo
	err := ErrNotFound
	for _, key := range []string{b.key(ref), b.away(ref), b.key(ref)} {
		if o, err = b.client.StatObject(ctx, b.bucket, key, minio.StatObjectOptions{}); err == nil {
			return o.Size, nil
		}
		if err = absent(err); !errors.Is(err, ErrNotFound) {
			break
		}
	}
	return 0, fmt.Errorf("blob: stat %s: %w", ref, err)
}

// Walk visits every blob below the prefix; other objects are passed over.
func (b *Bucket) Walk(ctx context.Context, fn func(ref Ref, size int64) error) error {
	ctx, stop := context.WithCancel(ctx) // ends the listing when fn does
	defer stop()
	type found struct {
		ref  Ref
		size int64
	}
	var away []found
	at := b.prefix
	if at != "" {
		at += "/"
	}
	for o := range b.client.ListObjectsIter(ctx, b.bucket, minio.ListObjectsOptions{Prefix: at, Recursive: true}) {
		if o.Err != nil {
			return fmt.Errorf("blob: walk: %w", o.Err)
		}
		ref := Ref(scheme + path.Base(o.Key))
		switch {
		case !ref.Valid():
			continue
		case o.Key == b.away(ref):
			away = append(away, found{ref, o.Size})
			continue
		case o.Key != b.key(ref):
			continue
		}
		if err := fn(ref, o.Size); err != nil {
			return fmt.Errorf("blob: walk: %w", err)
		}
	}
	for _, a := range away {
		if _, err := b.client.StatObject(ctx, b.bucket, b.key(a.ref), minio.StatObjectOptions{}); err == nil {
			continue // put again: visited before
		} else if err = absent(err); !errors.Is(err, ErrNotFound) {
			return fmt.Errorf("blob: walk: %w", err)
		}
		if err := fn(a.ref, a.size); err != nil {
			return fmt.Errorf("blob: walk: %w", err)
		}
	}
	return ctx.Err()
}

// Copy brings every blob of one store into another and returns how many were
// missing there. What cannot be read whole is not copied: it is listed.
func Copy(ctx context.Context, to, from Store) (copied int, damage []Damage, err error) {
	err = from.Walk(ctx, func(ref Ref, size int64) error {
		switch have, err := to.Stat(ctx, ref); {
		case err == nil && have == size:
			return nil
		case err != nil && !errors.Is(err, ErrNotFound):
			return err
		}
		r, err := from.Open(ctx, ref)
		if err != nil {
			damage = append(damage, Damage{ref, err})
			return nil
		}
		defer r.Close()
		if _, err := to.Put(ctx, r); err != nil {
			if errors.Is(err, ErrDamaged) {
				damage = append(damage, Damage{ref, err})
				return nil
			}
			return err
		}
		copied++
		return nil
	})
	return copied, damage, err
}
