package movein

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"zhengshu/internal/abridge"
	"zhengshu/internal/blob"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/prose"
)

// Limits of a pack of files.
const (
	maxPackFiles = 5000
	maxPackBytes = 1 << 30  // unpacked
	maxPackFile  = 64 << 20 // unpacked, one file; attachments of an archive 100 MB
	maxPackRatio = 200      // beyond one megabyte
)

// packed is one file of a pack.
type packed struct {
	name string
	f    *zip.File
}

// openPack lists the files of a zip, and refuses what is no honest pack before
// anything is unpacked.
func openPack(r io.ReaderAt, size int64, name string) ([]packed, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fault.Newf(fault.Invalid, "压缩包“%s”已损坏或不完整，请重新打包为 .zip。", name).From(err)
	}
	if len(z.File) > maxPackFiles {
		return nil, fault.Newf(fault.TooLarge, "压缩包“%s”里有 %d 个文件，超过 %d 个，请分成几包。", name, len(z.File), maxPackFiles)
	}
	var out []packed
	var total uint64
	seen := map[string]bool{}
	for _, f := range z.File {
		said := f.Name
		if f.NonUTF8 {
			if s, err := simplifiedchinese.GB18030.NewDecoder().String(said); err == nil {
				said = s
			}
		}
		said = strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(strings.ToValidUTF8(said, "_"), `\`, "/")), "/")
		if f.FileInfo().IsDir() || said == "" || strings.HasPrefix(said, "__MACOSX/") || strings.HasPrefix(path.Base(said), ".") || strings.HasPrefix(path.Base(said), "~$") {
			continue
		}
		if !f.Mode().IsRegular() {
			return nil, fault.Newf(fault.Invalid, "压缩包“%s”里的“%s”不是普通文件，没有读取；请重新打包。", name, abridge.Cut(said, 60))
		}
		if f.Flags&1 != 0 {
			return nil, fault.Newf(fault.Invalid, "压缩包“%s”设了密码，请去掉密码后重新打包。", name)
		}
		if seen[said] {
			return nil, fault.Newf(fault.Invalid, "压缩包“%s”里有两个同名文件“%s”，请改名后重新打包。", name, abridge.Cut(said, 60))
		}
		seen[said] = true
		if total += min(f.UncompressedSize64, 1<<40); total > maxPackBytes {
			return nil, fault.Newf(fault.TooLarge, "压缩包“%s”解压后超过 1 GB，请分成几包。", name)
		}
		out = append(out, packed{said, f})
	}
	if len(out) == 0 {
		return nil, fault.Newf(fault.Invalid, "压缩包“%s”里没有文件。", name)
	}
	slices.SortFunc(out, func(a, b packed) int { return strings.Compare(a.name, b.name) })
	return out, nil
}

// read unpacks one file under the limits.
func (p packed) read(most int64) ([]byte, error) {
	rc, err := p.f.Open()
	if err != nil {
		return nil, fault.Newf(fault.Invalid, "压缩包里的“%s”无法解压，请重新打包。", abridge.Cut(p.name, 60)).From(err)
	}
	defer rc.Close()
	var b bytes.Buffer
	chunk := make([]byte, 256<<10)
	for {
		n, err := rc.Read(chunk)
		b.Write(chunk[:n])
		switch got := int64(b.Len()); {
		case got > most:
			return nil, fault.Newf(fault.TooLarge, "压缩包里的“%s”超过 %d MB，没有读取。", abridge.Cut(p.name, 60), most>>20)
		case got > 1<<20 && got > int64(p.f.CompressedSize64)*maxPackRatio:
			return nil, fault.Newf(fault.Invalid, "压缩包里的“%s”压缩比异常，疑似有害文件，没有读取。", abridge.Cut(p.name, 60))
		}
		if err == io.EOF {
			return b.Bytes(), nil
		}
		if err != nil {
			return nil, fault.Newf(fault.Invalid, "压缩包里的“%s”已损坏，请重新打包。", abridge.Cut(p.name, 60)).From(err)
		}
	}
}

// Manifest is the first file of an archive: what is in it, and the hash of
// each part, so that nothing can be lost or changed on the way unseen.
type Manifest struct {
	Format string            `json:"format"` // zhengshu-items
	Made   time.Time         `json:"made"`
	Items  int               `json:"items"`
	Parts  map[string]string `json:"parts"` // SHA-256, hex, by name
}

const (
	archiveFormat = "zhengshu-items/1"
	manifestName  = "manifest.json"
	itemsName     = "items.jsonl"
)

// WriteArchive writes items as a zip that an import reads back to the same:
// the list, the files it refers to, and the manifest with their hashes.
func WriteArchive(ctx context.Context, w io.Writer, shelf Shelf, made time.Time, items func(each func(library.Outgoing) error) error) (int, error) {
	z := zip.NewWriter(w)
	m := Manifest{Format: archiveFormat, Made: made.UTC(), Parts: map[string]string{}}
	put := func(name string, store bool, r io.Reader) error {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: made.UTC()}
		if store {
			h.Method = zip.Store
		}
		f, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		sum := sha256.New()
		if _, err := io.Copy(io.MultiWriter(f, sum), r); err != nil {
			return err
		}
		m.Parts[name] = hex.EncodeToString(sum.Sum(nil))
		return nil
	}
	// The list is written last, for a zip takes one part at a time.
	var list bytes.Buffer
	err := items(func(o library.Outgoing) error {
		row, err := withFiles(ctx, shelf, o.Row, func(f library.RowFile, r io.Reader) error {
			name := "files/" + f.SHA256 + strings.ToLower(path.Ext(f.Name))
			if m.Parts[name] != "" {
				return nil
			}
			return put(name, true, r)
		})
		if err != nil {
			return err
		}
		m.Items++
		if list.Len() > maxList {
			return fault.New(fault.TooLarge, "一次导出的稿件太多，请用筛选条件分几次导出。")
		}
		return json.NewEncoder(&list).Encode(row)
	})
	if err != nil {
		return 0, err
	}
	if err := put(itemsName, false, &list); err != nil {
		return 0, err
	}
	b, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return 0, err
	}
	f, err := z.Create(manifestName)
	if err != nil {
		return 0, err
	}
	if _, err := f.Write(b); err != nil {
		return 0, err
	}
	return m.Items, z.Close()
}

// maxList bounds a list written at once, in bytes.
const maxList = 512 << 20

// withFiles adds to a row the files its document refers to.
func withFiles(ctx context.Context, shelf Shelf, row library.Row, each func(library.RowFile, io.Reader) error) (library.Row, error) {
	d, err := prose.Parse(row.Doc)
	if err != nil {
		return row, err
	}
	for _, src := range d.Sources() {
		r, f, err := shelf.Open(ctx, src)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return row, err
		}
		f.Src = src
		if each != nil {
			err = each(f, r)
		}
		if err := errors.Join(err, r.Close()); err != nil {
			return row, err
		}
		row.Files = append(row.Files, f)
	}
	return row, nil
}

// fromArchive reads an archive: every part must bear its hash.
func fromArchive(ctx context.Context, store blob.Store, files []packed, name string, each func(library.Row) error) error {
	byName := map[string]packed{}
	for _, f := range files {
		byName[f.name] = f
	}
	contents, ok := byName[manifestName]
	if !ok {
		return fault.Newf(fault.Invalid, "归档“%s”缺少“%s”，请重新导出。", name, manifestName)
	}
	body, err := contents.read(8 << 20)
	if err != nil {
		return err
	}
	var m Manifest
	if err := json.Unmarshal(body, &m); err != nil || m.Format != archiveFormat {
		return fault.Newf(fault.Invalid, "压缩包“%s”的清单不是本系统的归档格式，请重新导出。", name)
	}
	for part := range byName {
		if part != manifestName && m.Parts[part] == "" {
			return fault.Newf(fault.Invalid, "归档“%s”里的“%s”不在清单上，没有读取；请重新导出。", name, abridge.Cut(part, 60))
		}
	}
	verified := func(part string) ([]byte, error) {
		p, ok := byName[part]
		if !ok {
			return nil, fault.Newf(fault.Invalid, "归档“%s”缺少“%s”，请重新导出。", name, abridge.Cut(part, 60))
		}
		b, err := p.read(maxAttachment)
		if part == itemsName && fault.Is(err, fault.TooLarge) {
			b, err = p.read(maxList)
		}
		if err != nil {
			return nil, err
		}
		if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != m.Parts[part] {
			return nil, fault.Newf(fault.Invalid, "归档“%s”里的“%s”与清单的摘要不一致，可能被改过，没有读取；请重新导出。", name, abridge.Cut(part, 60))
		}
		return b, nil
	}
	brought := map[string]bool{}
	for part, sum := range m.Parts {
		if part == itemsName {
			continue
		}
		brought[sum] = true
		b, err := verified(part)
		if err != nil {
			return err
		}
		if _, err := store.Put(ctx, bytes.NewReader(b)); err != nil {
			return err
		}
	}
	list, err := verified(itemsName)
	if err != nil {
		return err
	}
	n := 0
	for line := range bytes.Lines(list) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var row library.Row
		if err := json.Unmarshal(line, &row); err != nil {
			return fault.Newf(fault.Invalid, "归档“%s”的第 %d 条无法读取，请重新导出。", name, n+1).From(err)
		}
		n++
		// A row may only name files that came with it.
		row.Files = slices.DeleteFunc(row.Files, func(f library.RowFile) bool { return !brought[f.SHA256] })
		if err := each(row); err != nil {
			return err
		}
	}
	if n != m.Items {
		return fault.Newf(fault.Invalid, "归档“%s”应有 %d 条，实有 %d 条，请重新导出。", name, m.Items, n)
	}
	return nil
}

// WriteList writes items as JSON lines.
func WriteList(ctx context.Context, w io.Writer, shelf Shelf, items func(each func(library.Outgoing) error) error) (int, error) {
	n := 0
	enc := json.NewEncoder(w)
	err := items(func(o library.Outgoing) error {
		row, err := withFiles(ctx, shelf, o.Row, nil)
		if err != nil {
			return err
		}
		n++
		return enc.Encode(row)
	})
	if err != nil {
		return n, fmt.Errorf("movein: write list: %w", err)
	}
	return n, nil
}

// WriteArchive writes items as an archive of this house.
func (s *Service) WriteArchive(ctx context.Context, w io.Writer, items func(each func(library.Outgoing) error) error) (int, error) {
	return WriteArchive(ctx, w, s.Shelf, s.DB.Now(), items)
}

// WriteList writes items as JSON lines.
func (s *Service) WriteList(ctx context.Context, w io.Writer, items func(each func(library.Outgoing) error) error) (int, error) {
	return WriteList(ctx, w, s.Shelf, items)
}
