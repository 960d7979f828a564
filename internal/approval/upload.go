package approval

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"zhengshu/internal/blob"
	"zhengshu/internal/fault"
)

// MaxUpload is the largest attachment, in bytes.
const MaxUpload = 20 << 20

// What an office document may unpack to: real ones have some dozens of parts,
// and seldom unpack to ten times their size.
const (
	maxZipEntries = 10_000
	maxUnpacked   = 300 << 20 // bytes, of all parts
	maxRatio      = 200       // of a part larger than ratioFrom
	ratioFrom     = 8 << 20
	maxPart       = 1 << 20 // bytes read of a part we look into
)

// Upload is a file as it came with a form.
type Upload struct {
	Kind    string // consent, security_report, other …
	Field   string // form field, for the fault
	Name    string // as the sender's computer called it
	Content io.Reader
}

// media is what we take: by content, and under which endings.
var media = []struct {
	kind, name string
	endings    []string
}{
	{"application/pdf", "PDF", []string{".pdf"}},
	{"image/png", "PNG 图片", []string{".png"}},
	{"image/jpeg", "JPEG 图片", []string{".jpg", ".jpeg"}},
	{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "Word 文档（DOCX）", []string{".docx"}},
	{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel 表格（XLSX）", []string{".xlsx"}},
}

// Accept is the accept attribute of a file field.
const Accept = ".pdf,.png,.jpg,.jpeg,.docx,.xlsx"

// Take reads an upload of at most MaxUpload bytes, finds out what it really
// is, and keeps it in the store. The attachment it returns has no owner yet
// (Attach). What is not what its name claims is refused.
func Take(ctx context.Context, store blob.Store, u Upload) (Attachment, error) {
	name := cleanName(u.Name)
	wrong := func(says string) error {
		return fault.New(fault.Invalid, "附件“"+name+"”"+says).On(u.Field, "附件“"+name+"”"+says)
	}
	content, err := io.ReadAll(io.LimitReader(u.Content, MaxUpload+1))
	if err != nil {
		return Attachment{}, fault.New(fault.Invalid, "附件“"+name+"”没有传完，可能是网络中断，请重新选择文件。").On(u.Field, "请重新选择文件").From(err)
	}
	switch {
	case len(content) == 0:
		return Attachment{}, wrong("是空文件，请重新选择。")
	case len(content) > MaxUpload:
		return Attachment{}, wrong("超过 20 MB，请压缩或拆分后再上传。")
	}
	kind, why := sniff(content)
	if kind == "" {
		return Attachment{}, wrong(why)
	}
	ending := strings.ToLower(path.Ext(name))
	for _, m := range media {
		if m.kind != kind {
			continue
		}
		if !slices.Contains(m.endings, ending) {
			return Attachment{}, wrong("的内容是 " + m.name + "，与文件名的后缀不符，请核对后重新上传。")
		}
	}
	ref, err := store.Put(ctx, bytes.NewReader(content))
	if err != nil {
		return Attachment{}, fmt.Errorf("approval: keep upload: %w", err)
	}
	return Attachment{Kind: u.Kind, Name: name, MediaType: kind, Size: int64(len(content)), Blob: ref}, nil
}

// Sniff tells by its content what a document is: its media type, its name in
// Chinese and the endings its file name may have. why says in Chinese what is
// wrong when it is none we take.
func Sniff(b []byte) (mediaType, name string, endings []string, why string) {
	kind, why := sniff(b)
	for _, m := range media {
		if m.kind == kind {
			return kind, m.name, m.endings, ""
		}
	}
	return "", "", nil, why
}

// CleanName keeps the last part of a file name, without control characters and
// direction marks, at most 120 characters with its ending.
func CleanName(s string) string { return cleanName(s) }

// sniff tells the media type by content; why says in Chinese what is wrong
// when it is none we take.
func sniff(b []byte) (kind, why string) {
	const take = "请上传 PDF、PNG、JPG、DOCX 或 XLSX 文件。"
	switch {
	case bytes.HasPrefix(b, []byte("%PDF-")):
		if why := sniffPDF(b); why != "" {
			return "", why
		}
		return media[0].kind, ""
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		return media[1].kind, ""
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		return media[2].kind, ""
	case bytes.HasPrefix(b, []byte("PK\x03\x04")):
		return sniffOffice(b)
	case bytes.HasPrefix(b, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		// A DOCX or XLSX with a password is wrapped into an old container.
		if bytes.Contains(b, wide("EncryptedPackage")) || bytes.Contains(b, wide("EncryptionInfo")) {
			return "", "设置了打开密码，请去掉密码后重新上传。"
		}
		return "", "是旧版 Office 格式，请另存为 DOCX、XLSX 或 PDF 后上传。"
	case bytes.HasPrefix(b, []byte("Rar!\x1a\x07")), bytes.HasPrefix(b, []byte("7z\xbc\xaf\x27\x1c")), bytes.HasPrefix(b, []byte("\x1f\x8b")):
		return "", "是压缩包，请解压后逐个上传 PDF、PNG、JPG、DOCX 或 XLSX 文件。"
	case bytes.HasPrefix(b, []byte("MZ")), bytes.HasPrefix(b, []byte("\x7fELF")):
		return "", "是可执行程序，格式无法识别为材料，不能接收。" + take
	case bytes.HasPrefix(b, []byte("OFD")), bytes.Contains(b[:min(len(b), 64)], []byte("OFD.xml")):
		return "", "是 OFD 文件，请转换为 PDF 后上传。"
	}
	return "", "的格式无法识别，" + take
}

// sniffOffice looks into an office document without unpacking it. Documents
// with macros are refused: what an office opens must not run.
func sniffOffice(b []byte) (kind, why string) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return "", "已损坏或不完整，请在本机打开确认后重新上传。"
	}
	if len(z.File) > maxZipEntries {
		return "", "内部文件过多，无法接收，请转换为 PDF 后上传。"
	}
	var unpacked uint64
	for _, f := range z.File {
		const encrypted = 1
		if f.Flags&encrypted != 0 {
			return "", "设置了打开密码，请去掉密码后重新上传。"
		}
		size := f.UncompressedSize64
		if unpacked += min(size, 1<<40); unpacked > maxUnpacked || size > ratioFrom && size/max(f.CompressedSize64, 1) > maxRatio {
			return "", "解压后过大，无法接收，请转换为 PDF 后上传。"
		}
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))
		switch {
		case strings.HasSuffix(name, "vbaproject.bin"), strings.HasSuffix(name, "vbadata.xml"), strings.HasPrefix(name, "xl/macrosheets/"), strings.Contains(name, "/activex/"),
			name == "[content_types].xml" && partHolds(f, "macroEnabled"):
			return "", "含有宏，不能接收，请去掉宏或转换为 PDF 后上传。"
		case strings.HasSuffix(name, ".rels") && partHolds(f, "attachedTemplate") && partHolds(f, `TargetMode="External"`):
			return "", "引用了外部模板，打开时会从别处读取内容，不能接收，请转换为 PDF 后上传。"
		case name == "ofd.xml":
			return "", "是 OFD 文件，请转换为 PDF 后上传。"
		case name == "word/document.xml":
			kind = media[3].kind
		case name == "xl/workbook.xml":
			kind = media[4].kind
		}
	}
	if kind == "" {
		return "", "是压缩包，请解压后逐个上传 PDF、PNG、JPG、DOCX 或 XLSX 文件。"
	}
	return kind, ""
}

// partHolds reports whether a part, as far as we read it, holds the word.
func partHolds(f *zip.File, word string) bool {
	r, err := f.Open()
	if err != nil {
		return false
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, maxPart))
	return err == nil && bytes.Contains(b, []byte(word))
}

// wide is how the directory of an old Office container spells a name.
func wide(s string) []byte {
	out := make([]byte, 0, 2*len(s))
	for _, c := range []byte(s) {
		out = append(out, c, 0)
	}
	return out
}

var (
	pdfEncrypted = regexp.MustCompile(`/Encrypt\s*(?:\d+\s+\d+\s+R|<<)`)
	// Scripts and programs that run when the file is opened. What stands in
	// compressed object streams is not seen here; files are handed out as
	// downloads and never opened inside the console.
	pdfRuns = regexp.MustCompile(`/S\s*/(?:JavaScript|Launch)\b|/JavaScript\s*(?:\d+\s+\d+\s+R|<<)`)
)

// sniffPDF looks for what an office cannot open or must not run.
func sniffPDF(b []byte) (why string) {
	switch {
	case pdfEncrypted.Match(b):
		return "设置了密码或使用限制，请去掉加密（可用“打印为 PDF”另存一份）后重新上传。"
	case pdfRuns.Match(b):
		return "内含会自动运行的脚本，不能接收，请用“打印为 PDF”另存一份后重新上传。"
	}
	return ""
}

// cleanName keeps the last part of a file name, without control characters and
// direction marks, at most 120 characters with its ending.
func cleanName(s string) string {
	s = strings.ReplaceAll(s, `\`, "/")
	s = path.Base(s)
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`"<>|:*?`, r) {
			return -1
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	if s == "" || s == "." || s == "/" || s == ".." {
		return "附件"
	}
	if r := []rune(s); len(r) > 120 {
		ext := []rune(path.Ext(s))
		if len(ext) > 10 {
			ext = nil
		}
		s = string(r[:120-len(ext)]) + string(ext)
	}
	return s
}
