package media

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"
)

// scene is a picture whose left half is red and whose top is lighter, so that
// turning and cutting shows.
func scene(w, h int) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{20, 20, 200, 255}
			if x < w/2 {
				c = color.RGBA{200, 20, 20, 255}
			}
			if y < h/2 {
				c.G = 150
			}
			p.SetRGBA(x, y, c)
		}
	}
	return p
}

func jpegOf(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, scene(w, h), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, scene(w, h)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gifOf(t testing.TB, frames, w, h int) []byte {
	t.Helper()
	g := &gif.GIF{}
	for i := range frames {
		p := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Black, color.White})
		p.SetColorIndex(i%w, 0, 1)
		g.Image, g.Delay = append(g.Image, p), append(g.Delay, 10)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// photo is a JPEG with the EXIF a telephone writes: orientation, maker and
// position.
func photo(t testing.TB, w, h, orientation int) []byte {
	t.Helper()
	le := binary.LittleEndian
	tiff := []byte("II*\x00\x08\x00\x00\x00")
	entry := func(b []byte, tag, kind uint16, count, value uint32) []byte {
		return le.AppendUint32(le.AppendUint32(le.AppendUint16(le.AppendUint16(b, tag), kind), count), value)
	}
	const ifd0, gps = 8, 8 + 2 + 2*12 + 4
	tiff = le.AppendUint16(tiff, 2)
	tiff = entry(tiff, 0x0112, 3, 1, uint32(orientation))
	tiff = entry(tiff, 0x8825, 4, 1, gps)
	tiff = le.AppendUint32(tiff, 0)
	const data = gps + 2 + 4*12 + 4
	tiff = le.AppendUint16(tiff, 4)
	tiff = entry(tiff, 1, 2, 2, uint32('N'))
	tiff = entry(tiff, 2, 5, 3, data)
	tiff = entry(tiff, 3, 2, 2, uint32('E'))
	tiff = entry(tiff, 4, 5, 3, data+24)
	tiff = le.AppendUint32(tiff, 0)
	for _, v := range []uint32{34, 1, 15, 1, 30, 1, 108, 1, 56, 1, 30, 1} {
		tiff = le.AppendUint32(tiff, v)
	}
	body := append([]byte("Exif\x00\x00"), tiff...)
	out := []byte{0xff, 0xd8, 0xff, 0xe1}
	out = binary.BigEndian.AppendUint16(out, uint16(len(body)+2))
	out = append(out, body...)
	return append(out, jpegOf(t, w, h)[2:]...)
}

// claims is a PNG that says it is w×h and has hardly any body.
func claims(w, h uint32) []byte {
	out := []byte("\x89PNG\r\n\x1a\n")
	head := binary.BigEndian.AppendUint32([]byte("IHDR"), w)
	head = append(binary.BigEndian.AppendUint32(head, h), 8, 2, 0, 0, 0)
	out = binary.BigEndian.AppendUint32(out, 13)
	out = append(out, head...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(head))
}

func zipOf(t testing.TB, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i+1 < len(parts); i += 2 {
		w, err := z.Create(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, parts[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const pdfText = "%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

// scripted is a GIF whose header opens a comment of JavaScript.
func scripted(t testing.TB) []byte {
	b := gifOf(t, 1, 8, 8)
	b[6], b[7] = '/', '*'
	return append(b, "*/=alert(1)//"...)
}

func TestExamineBelievesContent(t *testing.T) {
	picture, webpage := jpegOf(t, 64, 48), "<!doctype html><script>alert(1)</script>"
	for _, tt := range []struct {
		name    string
		content []byte
		want    string // media type, or part of the refusal
		ok      bool
	}{
		{"现场.jpg", picture, "image/jpeg", true},
		{"现场.JPEG", picture, "image/jpeg", true},
		{"图.png", pngOf(t, 20, 10), "image/png", true},
		{"动图.gif", gifOf(t, 3, 8, 8), "image/gif", true},
		{"附件.pdf", []byte(pdfText), "application/pdf", true},
		{"表.docx", zipOf(t, "[Content_Types].xml", "", "word/document.xml", "<x/>"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document", true},
		{"片.mp4", []byte("\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42"), "video/mp4", true},
		{"音.mp3", []byte("ID3\x04\x00\x00\x00\x00\x00\x00"), "audio/mpeg", true},
		{"字幕.vtt", []byte("\xef\xbb\xbfWEBVTT\n\n00:01.000 --> 00:04.000\n各位观众\n"), "text/vtt", true},
		{"字幕.vtt", []byte("WEBVTT\n\n00:01.000 --> 00:04.000\n<script>alert(1)</script>\n"), "夹带了网页代码", false},
		{"字幕.vtt", []byte("WEBVTT\n\n各位观众\n"), "没有一行字幕时间", false},
		{"字幕.vtt", []byte("WEBVTT\n\n00:01.000 --> 00:04.000\n\xb8\xf7\xce\xbb\n"), "不是 UTF-8", false},
		{"字幕.html", []byte("WEBVTT\n\n00:01.000 --> 00:04.000\n各位观众\n"), "与文件名的后缀“.html”不符", false},
		{"图.png", picture, "与文件名的后缀“.png”不符", false},
		{"图", picture, "与文件名的后缀“”不符", false},
		{"图.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), "SVG", false},
		{"图.png", []byte("\xef\xbb\xbf \n<?xml version=\"1.0\"?><svg/>"), "SVG", false},
		{"图.jpg", []byte(webpage), "网页", false},
		{"图.gif", scripted(t), "夹带了网页脚本", false},
		{"图.jpg", append(bytes.Clone(picture), zipOf(t, "a.class", "x")...), "夹带了压缩包", false},
		{"图.jpg", append(bytes.Clone(picture), webpage...), "夹带了网页脚本", false},
		{"图.jpg", append(bytes.Clone(picture), "<?PHP system(1);"...), "夹带了程序代码", false},
		{"图.png", append(pngOf(t, 4, 4), pdfText...), "夹带了PDF", false},
		{"附件.pdf", []byte("%PDF-1.7\n<html><script>alert(1)</script>"), "夹带了网页脚本", false},
		{"附件.pdf", append([]byte(pdfText), zipOf(t, "a", "x")...), "夹带了压缩包", false},
		{"附件.pdf", []byte("%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(1)>>>>endobj"), "脚本", false},
		{"附件.pdf", []byte("%PDF-1.7\ntrailer<</Root 1 0 R/Encrypt 5 0 R>>"), "设置了密码", false},
		{"表.docx", zipOf(t, "word/document.xml", "", "word/vbaProject.bin", "x"), "含有宏", false},
		{"表.docx", zipOf(t, "word/document.xml", strings.Repeat("0", 9<<20)), "解压后过大", false},
		{"表.xls", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "旧版 Office", false},
		{"包.zip", zipOf(t, "a.txt", "x"), "压缩包", false},
		{"图.heic", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"), "HEIC", false},
		{"图.bmp", []byte("BM000000"), "BMP", false},
		{"病毒.jpg", []byte("MZ\x90\x00"), "可执行程序", false},
		{"大图.png", claims(10_000, 10_000), "10000×10000 像素（10000 万），超过 5000 万像素", false},
		{"长图.png", claims(30_000, 10), "边长 20000", false},
		{"动图.gif", gifOf(t, MaxFrames+1, 2, 2), "301 帧", false},
		{"动图.gif", gifOf(t, 12, 3000, 3000), "合计 10000 万像素", false},
		{"断.jpg", picture[:40], "已损坏或不完整", false},
		{"断.gif", gifOf(t, 2, 8, 8)[:60], "已损坏或不完整", false},
		{"空.jpg", nil, "空文件", false},
		{"大.png", append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, MaxPicture)...), "超过 30 MB", false},
	} {
		f, err := Examine(tt.name, bytes.NewReader(tt.content))
		if tt.ok {
			if err != nil || f.MediaType != tt.want {
				t.Errorf("%s: %+v %v, want %s", tt.name, f, err, tt.want)
			}
			continue
		}
		var w *wrong
		if !errors.As(err, &w) || !strings.Contains(w.says, tt.want) || !strings.HasSuffix(w.says, "。") {
			t.Errorf("%s: %v, want a refusal that says %q", tt.name, err, tt.want)
		}
	}
}

func TestExamineReadsPhotographs(t *testing.T) {
	f, err := Examine("现场.jpg", bytes.NewReader(photo(t, 64, 48, 6)))
	if err != nil {
		t.Fatal(err)
	}
	if f.Width != 48 || f.Height != 64 || f.orientation != 6 {
		t.Errorf("%d×%d turned %d, want 48×64 turned 6", f.Width, f.Height, f.orientation)
	}
	if s := strings.Join(f.Noted, ";"); !strings.Contains(s, "EXIF") || !strings.Contains(s, "GPS") {
		t.Errorf("noted %q, want EXIF and GPS", s)
	}
	if f, err := Examine("现场.jpg", bytes.NewReader(jpegOf(t, 8, 8))); err != nil || len(f.Noted) != 0 {
		t.Errorf("a bare picture is noted as %v (%v)", f.Noted, err)
	}
	film := append([]byte("\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42"), make([]byte, 300<<10)...)
	film = append(film, "\xa9xyz\x00\x12\x15\xc7+34.2583+108.9286/"...)
	if f, err := Examine("片.mp4", bytes.NewReader(film)); err != nil || len(f.Noted) != 1 || !strings.Contains(f.Noted[0], "拍摄位置") {
		t.Errorf("a film with a position is noted as %v (%v)", f.Noted, err)
	}
}

// Every orientation brings the same scene upright: red at the left, light at
// the top.
func TestUpright(t *testing.T) {
	stored := map[int]func(x, y, w, h int) (int, int){ // where a pixel of the upright scene is stored
		1: func(x, y, _, _ int) (int, int) { return x, y },
		2: func(x, y, w, _ int) (int, int) { return w - 1 - x, y },
		3: func(x, y, w, h int) (int, int) { return w - 1 - x, h - 1 - y },
		4: func(x, y, _, h int) (int, int) { return x, h - 1 - y },
		5: func(x, y, _, _ int) (int, int) { return y, x },
		6: func(x, y, w, _ int) (int, int) { return y, w - 1 - x },
		7: func(x, y, w, h int) (int, int) { return h - 1 - y, w - 1 - x },
		8: func(x, y, _, h int) (int, int) { return h - 1 - y, x },
	}
	want := scene(6, 4)
	for o, at := range stored {
		kept := image.NewRGBA(image.Rect(0, 0, 6, 4))
		if o >= 5 {
			kept = image.NewRGBA(image.Rect(0, 0, 4, 6))
		}
		for y := range 4 {
			for x := range 6 {
				u, v := at(x, y, 6, 4)
				kept.SetRGBA(u, v, want.RGBAAt(x, y))
			}
		}
		if got := upright(kept, o); got.Bounds() != want.Bounds() || !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("orientation %d does not come out upright", o)
		}
	}
}

func TestRenditions(t *testing.T) {
	content := photo(t, 2400, 1200, 6) // stands: 1200×2400
	a := Asset{Kind: Picture, MediaType: "image/jpeg", Width: 1200, Height: 2400, Frames: 1, About: About{FocalX: 50, FocalY: 0}}
	if got := strings.Join(a.specs(), " "); got != "w1200 w960 w480 thumb-50-0" {
		t.Errorf("made are %s", got)
	}
	m := newMaker(content, a.MediaType, false)
	for _, tt := range []struct {
		spec string
		size image.Point
	}{{"w1200", image.Pt(1200, 2400)}, {"w960", image.Pt(960, 1920)}, {"w480", image.Pt(480, 960)}, {"thumb-50-0", image.Pt(320, 240)}} {
		body, kind, size, err := m.make(tt.spec)
		if err != nil || size != tt.size || kind != "image/jpeg" {
			t.Errorf("%s: %v %s %v, want %v", tt.spec, size, kind, err, tt.size)
			continue
		}
		if bytes.Contains(body, []byte("Exif")) || bytes.Contains(body, []byte("GPS")) {
			t.Errorf("%s still carries EXIF", tt.spec)
		}
		p, err := jpeg.Decode(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		// Turned clockwise: what was at the left (red) is on top, what was on top
		// (light) is at the right.
		b := p.Bounds()
		r, _, _, _ := p.At(b.Dx()/4, b.Dy()/8).RGBA()
		_, g, _, _ := p.At(b.Dx()*7/8, b.Dy()/8).RGBA()
		if r < 0x8000 || g < 0x6000 {
			t.Errorf("%s is not upright: red %x, green %x", tt.spec, r, g)
		}
	}
	moving := newMaker(gifOf(t, 4, 30, 20), "image/gif", true)
	body, kind, size, err := moving.make(wholeSpec)
	if err != nil || kind != "image/gif" || size != image.Pt(30, 20) {
		t.Fatalf("moving: %s %v %v", kind, size, err)
	}
	if n, _, err := gifFrames(body); err != nil || n != 4 {
		t.Errorf("moving: %d frames, %v", n, err)
	}
}

func TestFocalPointStaysInSight(t *testing.T) {
	m := &maker{mediaType: "image/png", orientation: 1}
	left := m.thumb(scene(1600, 300), 5, 50)
	right := (&maker{mediaType: "image/png", orientation: 1}).thumb(scene(1600, 300), 95, 50)
	if c := left.RGBAAt(310, 200); c.R < 150 {
		t.Errorf("cut at the left shows %v", c)
	}
	if c := right.RGBAAt(10, 200); c.B < 150 {
		t.Errorf("cut at the right shows %v", c)
	}
}

// FuzzExamine: whatever comes is taken with a sound size within the budget, or
// refused with a sentence; and what is taken as a picture is never more than
// the budget allows.
func FuzzExamine(f *testing.F) {
	f.Add(jpegOf(f, 8, 8), "a.jpg")
	f.Add(photo(f, 8, 8, 6), "a.jpg")
	f.Add(pngOf(f, 8, 8), "a.png")
	f.Add(claims(100_000, 100_000), "a.png")
	f.Add(gifOf(f, 3, 4, 4), "a.gif")
	f.Add(scripted(f), "a.gif")
	f.Add([]byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"), "a.webp")
	f.Add([]byte(pdfText), "a.pdf")
	f.Add([]byte("\x00\x00\x00\x18ftypisom"), "a.mp4")
	f.Fuzz(func(t *testing.T, b []byte, name string) {
		found, err := Examine(name, bytes.NewReader(b))
		if err != nil {
			var w *wrong
			if !errors.As(err, &w) || !strings.HasSuffix(w.says, "。") {
				t.Errorf("no sentence: %v", err)
			}
			return
		}
		if found.Kind.Name() == "" || found.MediaType == "" {
			t.Errorf("taken as %+v", found)
		}
		if found.Kind == Picture && (found.Width <= 0 || found.Height <= 0 || found.Width*found.Height > MaxPixels || found.Frames < 1 || found.orientation < 1 || found.orientation > 8) {
			t.Errorf("picture %+v", found)
		}
	})
}

func FuzzGIFFrames(f *testing.F) {
	f.Add(gifOf(f, 3, 4, 4))
	f.Add(gifOf(f, 1, 200, 100))
	f.Add([]byte("GIF89a"))
	f.Fuzz(func(t *testing.T, b []byte) {
		frames, pixels, err := gifFrames(b)
		if frames < 0 || pixels < 0 || err == nil && int64(frames)*65535*65535 < pixels {
			t.Errorf("%d frames, %d pixels", frames, pixels)
		}
		if len(b) > 1<<16 || err != nil || pixels > 1<<20 {
			return
		}
		if g, err := gif.DecodeAll(bytes.NewReader(b)); err == nil && len(g.Image) != frames {
			t.Errorf("counted %d frames, the decoder has %d", frames, len(g.Image))
		}
	})
}

// BenchmarkRender12MP makes all of a 12 MP photograph: unpack once, three
// widths and the thumbnail.
func BenchmarkRender12MP(b *testing.B) {
	content := photo(b, 4000, 3000, 1)
	a := Asset{Kind: Picture, MediaType: "image/jpeg", Width: 4000, Height: 3000, Frames: 1, About: About{FocalX: 50, FocalY: 50}}
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		m := newMaker(content, a.MediaType, false)
		for _, spec := range a.specs() {
			if _, _, _, err := m.make(spec); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkDecode12MP is the floor under BenchmarkRender12MP.
func BenchmarkDecode12MP(b *testing.B) {
	content := photo(b, 4000, 3000, 1)
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if _, err := jpeg.Decode(bytes.NewReader(content)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRefuse100MP is what a picture over the budget costs.
func BenchmarkRefuse100MP(b *testing.B) {
	content := claims(10_000, 10_000)
	for b.Loop() {
		if _, err := Examine("a.png", bytes.NewReader(content)); err == nil {
			b.Fatal("taken")
		}
	}
}
