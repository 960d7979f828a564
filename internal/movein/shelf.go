package movein

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // the formats whose size is looked at
	_ "image/jpeg" // before a picture is kept
	_ "image/png"
	"io"
	"io/fs"
	"net/url"
	"path"
	"strings"
	"unicode"

	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/org"
)

// Shelf keeps the pictures and attachments of items for good and says by which
// local path a text refers to them.
type Shelf interface {
	// Where a file lies, or will lie once it is shelved; empty when that is not
	// known before.
	Where(f library.RowFile) string
	// Shelve keeps a file of a unit, whose bytes are in the blobs by their hash.
	Shelve(ctx context.Context, scope authz.Scope, unit org.UnitID, f library.RowFile) (src string, err error)
	// Open reads a file by its path; fs.ErrNotExist when it is none of this shelf.
	Open(ctx context.Context, src string) (io.ReadCloser, library.RowFile, error)
}

// Blobs is the plain shelf: files lie in the blob store, and their path holds
// their hash and name.
type Blobs struct{ Store blob.Store }

const shelfRoot = "/files/"

// Where the file lies.
func (Blobs) Where(f library.RowFile) string {
	return shelfRoot + f.SHA256 + "/" + url.PathEscape(fileName(f.Name, f.Type))
}

// Shelve does nothing: the bytes are kept already.
func (b Blobs) Shelve(_ context.Context, _ authz.Scope, _ org.UnitID, f library.RowFile) (string, error) {
	return b.Where(f), nil
}

// Open reads a file by its path.
func (b Blobs) Open(ctx context.Context, src string) (io.ReadCloser, library.RowFile, error) {
	rest, ok := strings.CutPrefix(src, shelfRoot)
	hash, name, cut := strings.Cut(rest, "/")
	ref, err := blob.ParseRef("sha256:" + hash)
	if !ok || !cut || err != nil {
		return nil, library.RowFile{}, fs.ErrNotExist
	}
	if name, err = url.PathUnescape(name); err != nil {
		return nil, library.RowFile{}, fs.ErrNotExist
	}
	size, err := b.Store.Stat(ctx, ref)
	if errors.Is(err, blob.ErrNotFound) {
		return nil, library.RowFile{}, fs.ErrNotExist
	}
	if err != nil {
		return nil, library.RowFile{}, err
	}
	r, err := b.Store.Open(ctx, ref)
	return r, library.RowFile{Src: src, SHA256: hash, Name: name, Type: typeByName(name), Size: size}, err
}

// Limits of the files that come with items, in bytes.
const (
	maxPicture    = 20 << 20
	maxAttachment = 100 << 20
	maxPixels     = 100_000_000
)

// kinds are the files that may be shown or attached, by the ending of their
// name; the others are no business of a government page.
var kinds = map[string]string{
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp", ".bmp": "image/bmp",
	".pdf": "application/pdf", ".ofd": "application/ofd", ".doc": "application/msword", ".wps": "application/vnd.ms-works", ".ceb": "application/octet-stream",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xls":  "application/vnd.ms-excel", ".et": "application/vnd.ms-excel", ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".ppt": "application/vnd.ms-powerpoint", ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".csv": "text/csv", ".txt": "text/plain", ".rtf": "application/rtf", ".zip": "application/zip", ".rar": "application/vnd.rar", ".7z": "application/x-7z-compressed",
	".mp3": "audio/mpeg", ".mp4": "video/mp4",
}

func typeByName(name string) string {
	if t := kinds[strings.ToLower(path.Ext(name))]; t != "" {
		return t
	}
	return "application/octet-stream"
}

// pictureType tells a picture by its first bytes, empty for none that a page
// may show.
func pictureType(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png"
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		return "image/jpeg"
	case bytes.HasPrefix(b, []byte("GIF87a")), bytes.HasPrefix(b, []byte("GIF89a")):
		return "image/gif"
	case len(b) > 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP":
		return "image/webp"
	case bytes.HasPrefix(b, []byte("BM")) && len(b) > 26:
		return "image/bmp"
	}
	return ""
}

var endings = map[string]string{"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp", "image/bmp": ".bmp"}

// fileName is a name fit for a path and a download.
func fileName(name, kind string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Co) || strings.ContainsRune(`<>"'|?*:%#&`+"`", r) || r == unicode.ReplacementChar {
			return -1
		}
		if unicode.IsSpace(r) {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	name = strings.Trim(name, "._")
	if r := []rune(name); len(r) > 60 {
		ext := path.Ext(name)
		name = string(r[:50]) + ext
	}
	if want := endings[kind]; want != "" && typeByName(name) != kind {
		name = strings.TrimSuffix(name, path.Ext(name)) + want
	}
	if name == "" || strings.HasPrefix(name, ".") {
		name = "文件" + name
	}
	return name
}

// keep puts a picture or an attachment into the blobs. What may not be kept is
// an Invalid or TooLarge fault with its reason.
func keep(ctx context.Context, store blob.Store, name string, body []byte, picture bool) (library.RowFile, error) {
	f := library.RowFile{Name: name, Size: int64(len(body))}
	if picture {
		if f.Type = pictureType(body); f.Type == "" {
			return f, fault.New(fault.Invalid, "不是 PNG、JPEG、GIF、WebP 或 BMP 图片。")
		}
		if len(body) > maxPicture {
			return f, fault.New(fault.TooLarge, "图片超过 20 MB。")
		}
		switch f.Type {
		case "image/png", "image/jpeg", "image/gif":
			c, _, err := image.DecodeConfig(bytes.NewReader(body))
			if err != nil {
				return f, fault.New(fault.Invalid, "图片已损坏。").From(err)
			}
			if c.Width*c.Height > maxPixels {
				return f, fault.New(fault.TooLarge, "图片超过一亿像素。")
			}
		}
	} else {
		ext := strings.ToLower(path.Ext(name))
		if f.Type = kinds[ext]; f.Type == "" {
			return f, fault.Newf(fault.Invalid, "“%s”类文件不能作为附件。", ext)
		}
		if len(body) > maxAttachment {
			return f, fault.New(fault.TooLarge, "附件超过 100 MB。")
		}
		if bytes.HasPrefix(body, []byte("MZ")) || bytes.HasPrefix(body, []byte("\x7fELF")) {
			return f, fault.New(fault.Invalid, "内容是可执行程序。")
		}
	}
	if len(body) == 0 {
		return f, fault.New(fault.Invalid, "文件是空的。")
	}
	ref, err := store.Put(ctx, bytes.NewReader(body))
	if err != nil {
		return f, fmt.Errorf("movein: keep file: %w", err)
	}
	f.SHA256, f.Name = ref.Hash(), fileName(name, f.Type)
	f.Src = Blobs{}.Where(f)
	return f, nil
}

// Media opens a file that an item's text refers to by its path, for the pages
// that are published with it.
func (s *Service) Media(ctx context.Context, src string) (body io.ReadCloser, kind string, err error) {
	body, f, err := s.Shelf.Open(ctx, src)
	return body, f.Type, err
}
