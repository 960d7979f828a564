package media

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strconv"
	"strings"

	"golang.org/x/image/draw"

	"zhengshu/internal/blob"
	"zhengshu/internal/db"
)

// widths that pictures are made in, in pixels; a narrower picture is also made
// in its own width.
var widths = []int{480, 960, 1920}

// Thumbnails are cut around the focal point.
const thumbWidth, thumbHeight = 320, 240

// quality of JPEG.
const quality = 82

func widthSpec(w int) string { return "w" + strconv.Itoa(w) }

func thumbSpec(x, y int) string { return fmt.Sprintf("thumb-%d-%d", x, y) }

// whole is an animated GIF, written anew.
const wholeSpec = "whole"

// output is the format that is made of a picture.
func output(mediaType string, moving bool) (kind, ending string) {
	switch {
	case moving:
		return "image/gif", ".gif"
	case mediaType == "image/jpeg":
		return "image/jpeg", ".jpg"
	}
	return "image/png", ".png" // charts and drawings stay sharp, transparency stays
}

// Rendition is one thing made of an original.
type Rendition struct {
	Blob          blob.Ref
	MediaType     string
	Width, Height int
	Size          int64
}

// maker makes renditions of one original: it is decoded when the first is
// asked for.
type maker struct {
	content     []byte
	mediaType   string
	orientation int
	moving      bool
	full        image.Image   // once it is unpacked
	scaled      []*image.RGBA // as stored, not turned yet
}

// decode reads the picture; its header was looked at before.
func (m *maker) decode() (image.Image, error) {
	if m.full == nil {
		i, _, err := image.Decode(bytes.NewReader(m.content))
		if err != nil {
			return nil, err
		}
		m.full = i
	}
	return m.full, nil
}

// make makes one rendition.
func (m *maker) make(spec string) (body []byte, mediaType string, size image.Point, err error) {
	if spec == wholeSpec {
		g, err := gif.DecodeAll(bytes.NewReader(m.content))
		if err != nil {
			return nil, "", image.Point{}, err
		}
		var b bytes.Buffer
		if err := gif.EncodeAll(&b, g); err != nil {
			return nil, "", image.Point{}, err
		}
		return b.Bytes(), "image/gif", image.Pt(g.Config.Width, g.Config.Height), nil
	}
	full, err := m.decode()
	if err != nil {
		return nil, "", image.Point{}, err
	}
	var made *image.RGBA
	var x, y, w int
	switch {
	case scan(spec, "thumb-%d-%d", &x, &y):
		made = m.thumb(full, x, y)
	case scan(spec, "w%d", &w):
		made = m.scale(full, w)
	default:
		return nil, "", image.Point{}, fmt.Errorf("media: unknown rendition %q", spec)
	}
	mediaType, _ = output(m.mediaType, false)
	var b bytes.Buffer
	if mediaType == "image/jpeg" {
		err = jpeg.Encode(&b, made, &jpeg.Options{Quality: quality})
	} else {
		err = png.Encode(&b, made)
	}
	return b.Bytes(), mediaType, made.Bounds().Size(), err
}

func scan(spec, format string, into ...any) bool {
	n, err := fmt.Sscanf(spec, format, into...)
	return err == nil && n == len(into)
}

// scale makes the picture w pixels wide as it is seen.
func (m *maker) scale(full image.Image, w int) *image.RGBA {
	size := full.Bounds().Size()
	stored := image.Pt(w, max(1, (size.Y*w+size.X/2)/size.X))
	if m.orientation >= 5 { // w is the stored height
		stored = image.Pt(max(1, (size.X*w+size.Y/2)/size.Y), w)
	}
	from := full
	for _, s := range m.scaled { // the narrowest that is wide enough
		if w := s.Bounds().Dx(); w >= stored.X && w < from.Bounds().Dx() {
			from = s
		}
	}
	to := image.NewRGBA(image.Rectangle{Max: stored})
	if from.Bounds().Size() == stored {
		draw.Draw(to, to.Bounds(), from, from.Bounds().Min, draw.Src)
	} else {
		draw.CatmullRom.Scale(to, to.Bounds(), from, from.Bounds(), draw.Src, nil)
	}
	m.scaled = append(m.scaled, to)
	return upright(to, m.orientation)
}

// thumb cuts the picture to the shape of a thumbnail around the focal point.
func (m *maker) thumb(full image.Image, fx, fy int) *image.RGBA {
	size := full.Bounds().Size()
	if m.orientation >= 5 {
		size.X, size.Y = size.Y, size.X
	}
	seen := m.scale(full, min(size.X, max(thumbWidth, (size.X*thumbHeight+size.Y-1)/size.Y)))
	b := seen.Bounds()
	cut := b
	if b.Dx()*thumbHeight > b.Dy()*thumbWidth { // too wide
		cut.Max.X = max(1, b.Dy()*thumbWidth/thumbHeight)
		cut = cut.Add(image.Pt(min(max(b.Dx()*fx/100-cut.Dx()/2, 0), b.Dx()-cut.Dx()), 0))
	} else {
		cut.Max.Y = max(1, b.Dx()*thumbHeight/thumbWidth)
		cut = cut.Add(image.Pt(0, min(max(b.Dy()*fy/100-cut.Dy()/2, 0), b.Dy()-cut.Dy())))
	}
	to := image.NewRGBA(image.Rect(0, 0, thumbWidth, thumbHeight))
	draw.CatmullRom.Scale(to, to.Bounds(), seen, cut, draw.Src, nil)
	return to
}

// upright turns a picture as its EXIF orientation says.
func upright(p *image.RGBA, orientation int) *image.RGBA {
	if orientation <= 1 || orientation > 8 {
		return p
	}
	w, h := p.Bounds().Dx(), p.Bounds().Dy()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if orientation >= 5 {
		out = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			u, v := x, y
			switch orientation {
			case 2:
				u = w - 1 - x
			case 3:
				u, v = w-1-x, h-1-y
			case 4:
				v = h - 1 - y
			case 5:
				u, v = y, x
			case 6:
				u, v = h-1-y, x
			case 7:
				u, v = h-1-y, w-1-x
			case 8:
				u, v = y, w-1-x
			}
			out.SetRGBA(u, v, p.RGBAAt(x, y))
		}
	}
	return out
}

// specs are what is made of an asset in advance, widest first: each narrower
// one is made of the one before.
func (a Asset) specs() []string {
	if a.Kind != Picture {
		return nil
	}
	var out []string
	if a.Frames > 1 {
		out = append(out, wholeSpec)
	} else {
		ws := a.widths()
		for i := len(ws) - 1; i >= 0; i-- {
			out = append(out, widthSpec(ws[i]))
		}
	}
	return append(out, thumbSpec(a.FocalX, a.FocalY))
}

// widths that the asset comes in, narrowest first.
func (a Asset) widths() []int {
	var out []int
	for _, w := range widths {
		if w < a.Width {
			out = append(out, w)
		}
	}
	if a.Width <= widths[len(widths)-1] {
		out = append(out, a.Width)
	}
	return out
}

// render makes what is missing of an asset, and the spec beside; the picture
// is unpacked once for all of them.
func (s *Service) render(ctx context.Context, a Asset, beside ...string) error {
	// One picture at a time is unpacked in a process: the largest takes some
	// hundred megabytes.
	select {
	case s.decoding <- struct{}{}:
		defer func() { <-s.decoding }()
	case <-ctx.Done():
		return ctx.Err()
	}
	var missing []string
	for _, spec := range append(a.specs(), beside...) {
		if _, err := s.made(ctx, a.Blob, spec); db.None(err) {
			missing = append(missing, spec)
		} else if err != nil {
			return err
		}
	}
	if len(missing) == 0 {
		return nil
	}
	content, err := s.read(ctx, a.Blob, MaxPicture)
	if err != nil {
		return err
	}
	m := newMaker(content, a.MediaType, a.Frames > 1)
	for _, spec := range missing {
		if err := s.keep(ctx, a.Blob, spec, m); err != nil {
			return err
		}
	}
	return nil
}

// rendition is the rendition that was made, or makes it now: what a reader
// waits for does not wait for the job.
func (s *Service) rendition(ctx context.Context, a Asset, spec string) (Rendition, error) {
	r, err := s.made(ctx, a.Blob, spec)
	if !db.None(err) {
		return r, err
	}
	if err := s.render(ctx, a, spec); err != nil {
		return Rendition{}, err
	}
	return s.made(ctx, a.Blob, spec)
}

// keep makes one rendition, puts it to rest and writes it down.
func (s *Service) keep(ctx context.Context, original blob.Ref, spec string, m *maker) error {
	body, kind, size, err := m.make(spec)
	if err != nil {
		return fmt.Errorf("media: make %s of %s: %w", spec, original, err)
	}
	ref, err := s.store.Put(ctx, bytes.NewReader(body))
	if err != nil {
		return full(err)
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Quiet(ctx, `INSERT INTO media_rendition (original, spec, blob, media_type, width, height, size, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (original, spec) DO UPDATE SET blob = excluded.blob, size = excluded.size, made_at = excluded.made_at`,
			original, spec, ref, kind, size.X, size.Y, len(body), tx.Now())
		return err
	})
}

func newMaker(content []byte, mediaType string, moving bool) *maker {
	m := &maker{content: content, mediaType: mediaType, moving: moving, orientation: 1}
	if mediaType != "image/gif" {
		m.orientation, _ = tags(content, mediaType)
	}
	return m
}

func (s *Service) made(ctx context.Context, original blob.Ref, spec string) (Rendition, error) {
	return db.One(ctx, s.db, func(r db.Scanner) (Rendition, error) {
		var v Rendition
		return v, r.Scan(&v.Blob, &v.MediaType, &v.Width, &v.Height, &v.Size)
	}, `SELECT blob, media_type, width, height, size FROM media_rendition WHERE original = $1 AND spec = $2`, original, spec)
}

func (s *Service) read(ctx context.Context, ref blob.Ref, most int64) ([]byte, error) {
	r, err := s.store.Open(ctx, ref)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(b)) > most {
		err = fmt.Errorf("media: %s is larger than %d bytes", ref, most)
	}
	return b, err
}

// endingOf is the ending of an asset's own address.
func (a Asset) endingOf() string {
	if a.Kind == Picture {
		_, ending := output(a.MediaType, a.Frames > 1)
		return ending
	}
	if e := endings[a.MediaType]; e != "" {
		return e
	}
	return ".bin"
}

var endings = map[string]string{
	"video/mp4": ".mp4", "video/webm": ".webm", "audio/mpeg": ".mp3", "audio/mp4": ".m4a", captionType: ".vtt", "application/pdf": ".pdf",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}

// Prefix is where the addresses of assets begin, in texts and on sites.
const Prefix = "/media/"

// Src is the asset's address in texts and on sites; it never changes.
func (a Asset) Src() string { return Prefix + strings.ToLower(string(a.ID)) + a.endingOf() }

// Thumb is the address of its thumbnail in the console; empty for what is no
// picture. The focal point is part of it, so that a changed one shows at once.
func (a Asset) Thumb() string {
	if a.Kind != Picture {
		return ""
	}
	_, ending := output(a.MediaType, false)
	return fmt.Sprintf("%s%s-thumb-%d-%d%s", Prefix, strings.ToLower(string(a.ID)), a.FocalX, a.FocalY, ending)
}

// shownWidth is the width of the picture at Src.
func (a Asset) shownWidth() int {
	out := 0
	for _, w := range a.widths() {
		if out == 0 || w <= 960 {
			out = w
		}
	}
	return out
}

// Shown is the size of the picture at Src, in pixels; zero for what is none.
func (a Asset) Shown() (width, height int) {
	if a.Kind != Picture {
		return 0, 0
	}
	if a.Frames > 1 {
		return a.Width, a.Height
	}
	w := a.shownWidth()
	return w, max(1, (a.Height*w+a.Width/2)/a.Width)
}
