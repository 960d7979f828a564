package media

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // pictures that are taken
	_ "image/jpeg" // pictures that are taken
	_ "image/png"  // pictures that are taken
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bep/imagemeta"
	_ "golang.org/x/image/webp" // pictures that are taken

	"zhengshu/internal/approval"
)

// What is taken, by kind of file.
const (
	MaxCaptions   = 1 << 20   // bytes
	MaxPicture    = 30 << 20  // bytes
	MaxAttachment = 50 << 20  // bytes
	MaxSound      = 100 << 20 // bytes
	MaxVideo      = 200 << 20 // bytes
	// MaxPixels of a picture; a larger one is refused by its header.
	MaxPixels = 50_000_000
	MaxSide   = 20_000 // pixels
	// MaxFrames and MaxMoving bound an animated GIF: frames, and pixels of all
	// frames together.
	MaxFrames = 300
	MaxMoving = 100_000_000
)

// Accept is the accept attribute of a file field.
const Accept = ".jpg,.jpeg,.png,.gif,.webp,.mp4,.webm,.mp3,.m4a,.vtt,.pdf,.docx,.xlsx"

// Rules says in Chinese what is taken, for forms.
const Rules = "图片 JPG、PNG、GIF、WebP（不超过 30 MB、5000 万像素），视频 MP4、WebM（200 MB），音频 MP3、M4A（100 MB），字幕 VTT（1 MB），附件 PDF、DOCX、XLSX（50 MB）"

// Found is what a file turned out to be.
type Found struct {
	Kind          Kind
	MediaType     string
	Name          string // in Chinese
	endings       []string
	Width, Height int // as seen
	Frames        int
	orientation   int // EXIF, 1 to 8
	Noted         []string
}

// wrong is why a file is not taken; its words follow the file's name.
type wrong struct {
	says  string
	cause error
}

func (w *wrong) Error() string { return "media: not taken: " + w.says }
func (w *wrong) Unwrap() error { return w.cause }

func refuse(format string, args ...any) error { return &wrong{says: fmt.Sprintf(format, args...)} }

const take = "请上传 JPG、PNG、GIF、WebP 图片，MP4、WebM 视频，MP3、M4A 音频，VTT 字幕，或 PDF、DOCX、XLSX 附件。"

// headLen is how much of a file tells its kind.
const headLen = 512

// limitOf is how large a file that begins like this may be.
func limitOf(head []byte) (Found, int64) {
	starts := func(at int, s string) bool { return len(head) >= at+len(s) && string(head[at:at+len(s)]) == s }
	switch {
	case starts(0, "\xff\xd8\xff"):
		return Found{Kind: Picture, MediaType: "image/jpeg", Name: "JPEG 图片", endings: []string{".jpg", ".jpeg"}}, MaxPicture
	case starts(0, "\x89PNG\r\n\x1a\n"):
		return Found{Kind: Picture, MediaType: "image/png", Name: "PNG 图片", endings: []string{".png"}}, MaxPicture
	case starts(0, "GIF87a"), starts(0, "GIF89a"):
		return Found{Kind: Picture, MediaType: "image/gif", Name: "GIF 图片", endings: []string{".gif"}}, MaxPicture
	case starts(0, "RIFF") && starts(8, "WEBP"):
		return Found{Kind: Picture, MediaType: "image/webp", Name: "WebP 图片", endings: []string{".webp"}}, MaxPicture
	case starts(4, "ftyp"):
		switch {
		case starts(8, "M4A "), starts(8, "M4B "):
			return Found{Kind: Audio, MediaType: "audio/mp4", Name: "M4A 音频", endings: []string{".m4a", ".mp4"}}, MaxSound
		case starts(8, "heic"), starts(8, "heix"), starts(8, "mif1"), starts(8, "avif"), starts(8, "qt  "):
			return Found{}, 0
		}
		return Found{Kind: Video, MediaType: "video/mp4", Name: "MP4 视频", endings: []string{".mp4", ".m4v"}}, MaxVideo
	case starts(0, "\x1a\x45\xdf\xa3") && bytes.Contains(head, []byte("webm")):
		return Found{Kind: Video, MediaType: "video/webm", Name: "WebM 视频", endings: []string{".webm"}}, MaxVideo
	case starts(0, "ID3"), len(head) > 2 && head[0] == 0xff && head[1]&0xe6 == 0xe2 && head[2]&0xf0 != 0xf0:
		return Found{Kind: Audio, MediaType: "audio/mpeg", Name: "MP3 音频", endings: []string{".mp3"}}, MaxSound
	}
	if starts(0, "WEBVTT") || starts(0, "\xef\xbb\xbfWEBVTT") {
		return Found{Kind: File, MediaType: captionType, Name: "VTT 字幕", endings: []string{".vtt"}}, MaxCaptions
	}
	return Found{Kind: File}, MaxAttachment
}

// captionType is the media type of captions (WebVTT).
const captionType = "text/vtt"

var cue = regexp.MustCompile(`(?m)^(?:\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3}[ \t]+-->[ \t]+(?:\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3}`)

// captions are text with at least one line of times, and nothing a browser could
// take for a page.
func captions(b []byte, f Found) (Found, error) {
	low := bytes.ToLower(b)
	switch {
	case !utf8.Valid(b) || bytes.IndexByte(b, 0) >= 0:
		return Found{}, refuse("不是 UTF-8 编码的字幕，请用字幕软件另存为 UTF-8 后再上传。")
	case bytes.Contains(low, []byte("<script")), bytes.Contains(low, []byte("<html")), bytes.Contains(low, []byte("<svg")), bytes.Contains(low, []byte("<style")):
		return Found{}, refuse("是字幕，里面还夹带了网页代码，不能接收；请去掉后再上传。")
	case !cue.Match(b):
		return Found{}, refuse("里没有一行字幕时间，例如 00:01.000 --> 00:04.000，请核对后再上传。")
	}
	return f, nil
}

// Examine finds out what a file is, by its content; name is held against it.
// The reader is left where it ends. A refusal is a sentence without its
// subject.
func Examine(name string, r io.ReadSeeker) (Found, error) {
	size, err := r.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = r.Seek(0, io.SeekStart)
	}
	if err != nil {
		return Found{}, err
	}
	if size == 0 {
		return Found{}, refuse("是空文件，请重新选择。")
	}
	head := make([]byte, min(size, headLen))
	if _, err := io.ReadFull(r, head); err != nil {
		return Found{}, err
	}
	f, limit := limitOf(head)
	switch {
	case limit == 0:
		return Found{}, refuse("是 HEIC、AVIF 或 QuickTime 格式，许多浏览器打不开，请导出为 JPG 图片或 MP4 视频后上传。")
	case size > limit:
		return Found{}, refuse("有 %s，超过 %s 的上限，请压缩或拆分后再上传。", Bytes(size), Bytes(limit))
	}
	switch f.Kind {
	case Picture, File:
		b := append(make([]byte, 0, size), head...)
		buf := bytes.NewBuffer(b)
		if n, err := io.Copy(buf, io.LimitReader(r, limit)); err != nil || n+int64(len(head)) != size {
			return Found{}, errors.Join(err, checkLength(n+int64(len(head)), size))
		}
		if f, err = lookAt(buf.Bytes(), f); err != nil {
			return Found{}, err
		}
	default:
		if f.Noted, err = marks(io.MultiReader(bytes.NewReader(head), r)); err != nil {
			return Found{}, err
		}
	}
	if ending := strings.ToLower(path.Ext(approval.CleanName(name))); !slices.Contains(f.endings, ending) {
		return Found{}, refuse("的内容是 %s，与文件名的后缀“%s”不符，请核对后改用 %s 后缀重新上传。", f.Name, ending, f.endings[0])
	}
	return f, nil
}

func checkLength(got, want int64) error {
	if got != want {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// lookAt reads a picture's header, or finds out what document it is.
func lookAt(b []byte, f Found) (Found, error) {
	if f.MediaType == captionType {
		return captions(b, f)
	}
	if f.Kind == Picture {
		if err := within(b, f.Name); err != nil {
			return Found{}, err
		}
		return header(b, f)
	}
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(b[:min(len(b), 4096)], []byte("\xef\xbb\xbf")), " \t\r\n\x00"))
	switch {
	case bytes.Contains(text, []byte("<svg")):
		return Found{}, refuse("是 SVG 图片，里面可能带脚本，不能接收，请导出为 PNG 后上传。")
	case bytes.HasPrefix(text, []byte("<")), bytes.Contains(text, []byte("<script")), bytes.Contains(text, []byte("<html")):
		if !bytes.HasPrefix(b, []byte("%PDF-")) && !bytes.HasPrefix(b, []byte("PK\x03\x04")) {
			return Found{}, refuse("是网页或 XML 文件，可能带脚本，不能接收。%s", take)
		}
	case bytes.HasPrefix(b, []byte("BM")), bytes.HasPrefix(b, []byte("II*\x00")), bytes.HasPrefix(b, []byte("MM\x00*")):
		return Found{}, refuse("是 BMP 或 TIFF 图片，请另存为 JPG 或 PNG 后上传。")
	}
	mediaType, kind, endings, why := approval.Sniff(b)
	if mediaType == "" {
		return Found{}, refuse("%s", strings.ReplaceAll(why, "请上传 PDF、PNG、JPG、DOCX 或 XLSX 文件。", take))
	}
	if mediaType == "application/pdf" {
		if err := within(b[5:], kind); err != nil {
			return Found{}, err
		}
	}
	return Found{Kind: File, MediaType: mediaType, Name: kind, endings: endings}, nil
}

// strangers are the beginnings of other formats that have no business inside a
// picture or a PDF.
var strangers = []struct{ mark, says string }{
	{"<script", "网页脚本"}, {"<html", "网页"}, {"<!doctype html", "网页"}, {"<?php", "程序代码"}, {"<svg", "SVG 图片"}, {"%pdf-", "PDF 文档"},
}

// within refuses a file that is another file too (polyglot): what one program
// shows as a picture another would run.
func within(b []byte, name string) error {
	const cure = "，不能接收；请用看图或办公软件打开后另存一份再上传。"
	if z, err := zip.NewReader(bytes.NewReader(b), int64(len(b))); err == nil && len(z.File) > 0 {
		return refuse("看起来是 %s，里面还夹带了压缩包"+cure, name)
	}
	if bytes.HasPrefix(b, []byte("GIF8")) && len(b) > 8 && (b[6] == '/' && b[7] == '*' || b[6] == '=') {
		return refuse("看起来是 %s，里面还夹带了网页脚本"+cure, name)
	}
	// The marks are sought in any case; folding the whole file once is cheap
	// beside decoding it.
	low := bytes.ToLower(b)
	for _, s := range strangers {
		if bytes.Contains(low, []byte(s.mark)) {
			return refuse("看起来是 %s，里面还夹带了%s"+cure, name, s.says)
		}
	}
	return nil
}

// header reads what a picture says of itself, without decoding it.
func header(b []byte, f Found) (Found, error) {
	broken := func(err error) error {
		return &wrong{says: "已损坏或不完整，请在本机打开确认后另存一份再上传。", cause: err}
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil || c.Width <= 0 || c.Height <= 0 {
		return Found{}, broken(err)
	}
	if c.Width > MaxSide || c.Height > MaxSide || int64(c.Width)*int64(c.Height) > MaxPixels {
		return Found{}, refuse("有 %d×%d 像素（%d 万），超过 %d 万像素或边长 %d 的上限，请缩小后再上传。", c.Width, c.Height, int64(c.Width)*int64(c.Height)/10_000, MaxPixels/10_000, MaxSide)
	}
	f.Width, f.Height, f.Frames, f.orientation = c.Width, c.Height, 1, 1
	if f.MediaType == "image/gif" {
		frames, pixels, err := gifFrames(b)
		if err != nil {
			return Found{}, broken(err)
		}
		if frames > MaxFrames || pixels > MaxMoving {
			return Found{}, refuse("是有 %d 帧的动图，超过 %d 帧或合计 %d 万像素的上限，请减少帧数、缩小画面，或改用 MP4 视频。", frames, MaxFrames, MaxMoving/10_000)
		}
		if frames == 0 {
			return Found{}, broken(errors.New("no frame"))
		}
		if f.Frames = frames; frames > 1 {
			f.Noted = append(f.Noted, fmt.Sprintf("动图，%d 帧", frames))
		}
		return f, nil
	}
	f.orientation, f.Noted = tags(b, f.MediaType)
	if f.orientation >= 5 {
		f.Width, f.Height = f.Height, f.Width
	}
	return f, nil
}

// tags reads the orientation of a photograph and notes what else it tells.
func tags(b []byte, mediaType string) (orientation int, noted []string) {
	orientation = 1
	format := map[string]imagemeta.ImageFormat{"image/jpeg": imagemeta.JPEG, "image/png": imagemeta.PNG, "image/webp": imagemeta.WebP}[mediaType]
	var exif, place, author bool
	_, err := imagemeta.Decode(imagemeta.Options{
		R: bytes.NewReader(b), ImageFormat: format, Sources: imagemeta.EXIF | imagemeta.XMP | imagemeta.IPTC,
		ShouldHandleTag: func(t imagemeta.TagInfo) bool { return !strings.HasPrefix(t.Namespace, "IFD1") },
		HandleTag: func(t imagemeta.TagInfo) error {
			exif = exif || t.Source == imagemeta.EXIF
			place = place || strings.HasPrefix(t.Tag, "GPSL") || t.Tag == "GPSPosition"
			author = author || t.Tag == "Artist" || t.Tag == "Creator" || t.Tag == "Byline" || t.Tag == "OwnerName"
			if t.Source == imagemeta.EXIF && t.Tag == "Orientation" && strings.HasPrefix(t.Namespace, "IFD0") {
				if v, ok := t.Value.(uint16); ok && v >= 1 && v <= 8 {
					orientation = int(v)
				}
			}
			return nil
		},
	})
	if exif {
		noted = append(noted, "含拍摄信息（EXIF），公开的图片中已去除")
	}
	if place {
		noted = append(noted, "含拍摄位置（GPS），公开的图片中已去除")
	}
	if author {
		noted = append(noted, "含作者信息，公开的图片中已去除")
	}
	if err != nil {
		noted = append(noted, "拍摄信息无法读取，公开的图片中不保留")
	}
	return orientation, noted
}

// gifFrames walks over the blocks of a GIF and counts its frames and their
// pixels, without decoding any: a decoder holds all frames at once.
func gifFrames(b []byte) (frames int, pixels int64, err error) {
	cut := errors.New("media: the GIF is cut")
	skip := func(at int) (int, error) { // over sub-blocks
		for {
			if at >= len(b) {
				return 0, cut
			}
			n := int(b[at])
			if at += 1 + n; n == 0 {
				return at, nil
			}
		}
	}
	table := func(flags byte) int {
		if flags&0x80 == 0 {
			return 0
		}
		return 3 << (flags&7 + 1)
	}
	if len(b) < 13 {
		return 0, 0, cut
	}
	at := 13 + table(b[10])
	for {
		if at >= len(b) {
			return 0, 0, cut
		}
		switch b[at] {
		case 0x21: // an extension
			if at, err = skip(at + 2); err != nil {
				return 0, 0, err
			}
		case 0x2c: // a frame
			if at+10 > len(b) {
				return 0, 0, cut
			}
			frames++
			pixels += int64(binary.LittleEndian.Uint16(b[at+5:])) * int64(binary.LittleEndian.Uint16(b[at+7:]))
			if at, err = skip(at + 11 + table(b[at+9])); err != nil {
				return 0, 0, err
			}
		case 0x3b:
			return frames, pixels, nil
		default:
			return 0, 0, fmt.Errorf("media: unknown GIF block %#x", b[at])
		}
	}
}

// marks reads through a recording and notes what it tells beside its content.
func marks(r io.Reader) ([]string, error) {
	places := [][]byte{[]byte("\xa9xyz"), []byte("com.apple.quicktime.location")}
	const most = 64 // longer than any mark
	buf := make([]byte, 256<<10)
	kept, place := 0, false
	for {
		n, err := r.Read(buf[kept:])
		for _, m := range places {
			place = place || bytes.Contains(buf[:kept+n], m)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		keep := min(kept+n, most)
		copy(buf, buf[kept+n-keep:kept+n])
		kept = keep
	}
	if place {
		return []string{"含拍摄位置，发布前请用视频软件去除位置后另存"}, nil
	}
	return nil, nil
}

// Bytes is a size in words.
func Bytes(n int64) string {
	switch {
	case n >= 10<<20 || n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MB", (n+(1<<19))>>20)
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%d KB", (n+(1<<9))>>10)
	}
	return fmt.Sprintf("%d 字节", n)
}
