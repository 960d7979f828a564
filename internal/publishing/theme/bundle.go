package theme

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"image"
	_ "image/gif"  // what pictures may be
	_ "image/jpeg" // the same
	_ "image/png"  // the same
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	_ "golang.org/x/image/webp" // what pictures may be
)

// Limits of a bundle.
const (
	MaxBundle    = 8 << 20 // the file
	maxUnpacked  = 16 << 20
	maxFiles     = 200
	maxSheet     = 256 << 10
	maxPicture   = 2 << 20
	maxSide      = 6000 // pixels
	bundleFormat = 1
	manifestFile = "theme.json"
	sealFile     = "theme.sig"
)

// BundleManifest is theme.json.
type BundleManifest struct {
	Format  int               `json:"format"`
	ID      string            `json:"id"`
	Name    string            `json:"name"`
	Version string            `json:"version"`
	Author  string            `json:"author"`
	Licence string            `json:"licence"`
	Files   map[string]string `json:"files"` // name → SHA-256, hex; all but theme.json and theme.sig
}

// Bundle is a theme as a file: read, not yet trusted.
type Bundle struct {
	BundleManifest
	Hash   string            // SHA-256 of the file
	Key    ed25519.PublicKey // of the signature; nil for an unsigned bundle
	signed bool              // the signature is that key's
	read   map[string][]byte
}

type bundleSeal struct {
	Key       string `json:"key"`
	Signature string `json:"signature"`
}

var (
	themeID      = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+){0,5}$`)
	themeVersion = regexp.MustCompile(`^\d{1,4}(\.\d{1,4}){0,2}$`)
	bundleName   = regexp.MustCompile(`^(?:theme\.json|theme\.sig|theme\.css|elder\.css|views/_?[a-z][a-z0-9_]{0,40}\.html|img/[a-z0-9][a-z0-9_-]{0,40}\.(?:png|webp|jpg|gif)|font/[a-z0-9][a-z0-9_-]{0,40}\.woff2)$`)
)

// ReadBundle reads the file of a bundle: its names, sizes, digests and whether
// the signature is that of the key it names. Whom to trust is the caller's to
// say; whether the theme can be drawn, Theme's and Examine's.
func ReadBundle(file []byte) (*Bundle, error) {
	if len(file) > MaxBundle {
		return nil, refuse("", 0, fmt.Sprintf("主题包有 %d 字节，超过 %d MB", len(file), MaxBundle>>20), "请压缩图片或减少文件")
	}
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, refuse("", 0, "这不是 zip 文件，或者文件已损坏", "请用 zhengshu theme sign 重新生成主题包")
	}
	if len(z.File) > maxFiles {
		return nil, refuse("", 0, fmt.Sprintf("主题包有 %d 个文件，超过 %d 个", len(z.File), maxFiles), "请减少文件")
	}
	b := &Bundle{read: map[string][]byte{}}
	sum := sha256.Sum256(file)
	b.Hash = hex.EncodeToString(sum[:])
	total := 0
	for _, f := range z.File {
		if f.Name == "views/" || f.Name == "img/" || f.Name == "font/" {
			continue
		}
		name := printable(f.Name)
		if !bundleName.MatchString(f.Name) || !f.Mode().IsRegular() {
			return nil, refuse(name, 0, "文件名或位置不允许", "主题包里只能有 theme.json、theme.sig、theme.css、elder.css，以及 views、img、font 目录下小写字母、数字命名的文件")
		}
		if _, twice := b.read[f.Name]; twice {
			return nil, refuse(name, 0, "同名文件出现了两次", "请保留一个")
		}
		limit := limitOf(f.Name)
		r, err := f.Open()
		if err != nil {
			return nil, refuse(name, 0, "文件不能解开", "请重新生成主题包")
		}
		body, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
		if err := errors.Join(err, r.Close()); err != nil && len(body) <= limit {
			return nil, refuse(name, 0, "文件已损坏", "请重新生成主题包")
		}
		if len(body) > limit {
			return nil, refuse(name, 0, fmt.Sprintf("文件解开后超过 %d 字节", limit), "请精简这个文件")
		}
		if total += len(body); total > maxUnpacked {
			return nil, refuse("", 0, fmt.Sprintf("主题包解开后超过 %d MB", maxUnpacked>>20), "请压缩图片或减少文件")
		}
		b.read[f.Name] = body
	}
	if err := b.manifest(); err != nil {
		return nil, err
	}
	return b, b.seal()
}

func limitOf(name string) int {
	switch path.Ext(name) {
	case ".html":
		return maxView
	case ".css", ".json":
		return maxSheet
	case ".sig":
		return 4 << 10
	}
	return maxPicture
}

func printable(s string) string {
	return clip(strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '�'
		}
		return r
	}, s))
}

func (b *Bundle) manifest() error {
	raw, ok := b.read[manifestFile]
	if !ok {
		return refuse("", 0, "主题包里没有 theme.json", "请用 zhengshu theme new 生成样例，再用 zhengshu theme sign 打包")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&b.BundleManifest); err != nil || d.More() {
		return refuse(manifestFile, 0, "内容不符合格式", "请用 zhengshu theme sign 重新生成")
	}
	text := func(s string) bool {
		return strings.TrimSpace(s) != "" && utf8.RuneCountInString(s) <= 60 && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
	}
	switch {
	case b.Format != bundleFormat:
		return refuse(manifestFile, 0, fmt.Sprintf("格式版本是 %d，本系统只认 %d", b.Format, bundleFormat), "请用本系统的 zhengshu theme sign 重新打包")
	case !themeID.MatchString(b.ID) || len(b.ID) < 3 || len(b.ID) > 40:
		return refuse(manifestFile, 0, "id 不合格", "请用 3—40 位小写字母、数字和短横线，字母开头")
	case strings.HasPrefix(b.ID, "gov-"):
		return refuse(manifestFile, 0, "id 以 gov- 开头，这是系统自带主题的名字", "请另取一个 id")
	case !themeVersion.MatchString(b.Version):
		return refuse(manifestFile, 0, "version 不合格", "请写成 1.0 或 1.0.2 这样的数字")
	case !text(b.Name) || !text(b.Author) || !text(b.Licence):
		return refuse(manifestFile, 0, "name、author、licence 有一项没有写，或者超过 60 个字", "请写明主题名称、作者和许可")
	}
	for name, body := range b.read {
		if name == manifestFile || name == sealFile {
			continue
		}
		sum := sha256.Sum256(body)
		if b.Files[name] != hex.EncodeToString(sum[:]) {
			return refuse(name, 0, "与 theme.json 里登记的校验值不一致", "文件在打包后被改过；请用 zhengshu theme sign 重新打包")
		}
	}
	for name := range b.Files {
		if _, ok := b.read[name]; !ok || name == manifestFile || name == sealFile {
			return refuse(printable(name), 0, "theme.json 里登记了这个文件，包里没有", "请用 zhengshu theme sign 重新打包")
		}
	}
	return nil
}

func sealWords(manifest []byte) []byte {
	sum := sha256.Sum256(manifest)
	return []byte("zhengshu theme " + hex.EncodeToString(sum[:]))
}

func (b *Bundle) seal() error {
	raw, ok := b.read[sealFile]
	if !ok {
		return nil
	}
	var s bundleSeal
	bad := refuse(sealFile, 0, "签名无效", "文件在签名后被改过，或者签名文件已损坏；请请作者重新签名")
	if json.Unmarshal(raw, &s) != nil {
		return bad
	}
	key, errK := base64.StdEncoding.DecodeString(s.Key)
	sig, errS := base64.StdEncoding.DecodeString(s.Signature)
	if errK != nil || errS != nil || len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, sealWords(b.read[manifestFile]), sig) {
		return bad
	}
	b.Key, b.signed = key, true
	return nil
}

// Signed says whether the bundle carries a signature of the key it names.
func (b *Bundle) Signed() bool { return b.signed }

// KeyText is the signature's public key as people compare it.
func (b *Bundle) KeyText() string { return base64.StdEncoding.EncodeToString(b.Key) }

// Theme makes the bundle's theme after holding its files against what a bundle
// may do. It draws nothing; see Examine.
func (b *Bundle) Theme(bounds Bounds) (*Theme, error) {
	given := map[string]string{}
	over := map[string][]byte{}
	var wrongs []Wrong
	for _, name := range sortedKeys(b.read) {
		body := b.read[name]
		switch {
		case strings.HasPrefix(name, "views/"):
			given[path.Base(name)] = string(body)
			over[path.Base(name)] = body
		case path.Ext(name) == ".css":
			over[name] = body
		case strings.HasPrefix(name, "img/") || strings.HasPrefix(name, "font/"):
			over[name] = body
			if !pictured(name, body) {
				wrongs = append(wrongs, Wrong{name, 0, "内容与扩展名不符，或者图片过大", fmt.Sprintf("请用真正的 PNG、WebP、JPEG、GIF 图片（边长不超过 %d 像素）或 WOFF2 字体", maxSide)})
			}
			continue
		}
		if (strings.HasPrefix(name, "views/") || path.Ext(name) == ".css") && (!utf8.Valid(body) || bytes.IndexByte(body, 0) >= 0) {
			wrongs = append(wrongs, Wrong{name, 0, "不是 UTF-8 文字", "请另存为 UTF-8"})
		}
	}
	for _, name := range []string{"theme.css", "elder.css"} {
		if body, ok := over[name]; ok {
			wrongs = append(wrongs, sheet(name, string(body), func(p string) bool {
				_, ok := b.read[p]
				return ok && (strings.HasPrefix(p, "img/") || strings.HasPrefix(p, "font/"))
			})...)
		}
	}
	if len(wrongs) == 0 {
		wrongs = restrict(given)
	}
	if len(wrongs) > 0 {
		return nil, &Refusal{wrongs[:min(len(wrongs), mostWrongs)]}
	}
	t := &Theme{ID: b.ID, Name: b.Name, Version: b.Version, Author: b.Author, Licence: b.Licence, Hash: b.Hash, class: "theme-" + b.ID, bounds: bounds}
	t.take(over)
	return t, nil
}

func pictured(name string, b []byte) bool {
	if path.Ext(name) == ".woff2" {
		return bytes.HasPrefix(b, []byte("wOF2"))
	}
	c, kind, err := image.DecodeConfig(bytes.NewReader(b))
	return err == nil && c.Width <= maxSide && c.Height <= maxSide && strings.TrimPrefix(path.Ext(name), ".") == map[string]string{"jpeg": "jpg", "png": "png", "gif": "gif", "webp": "webp"}[kind]
}

// OpenBundle is the theme in the file of a bundle that was examined before: a
// portal knows from the signed release that it is the right one.
func OpenBundle(file []byte) (*Theme, error) {
	b, err := ReadBundle(file)
	if err != nil {
		return nil, err
	}
	return b.Theme(PageBounds)
}

// Examine holds a bundle's theme against the types of every page and draws
// every sample with it within its bounds: what Theme cannot see.
func (t *Theme) Examine(s Site) error {
	var wrongs []Wrong
	for _, p := range Pages() {
		if err := p.Check(t); err != nil {
			wrongs = append(wrongs, t.typed(p.Name(), err))
		}
	}
	if len(wrongs) > 0 {
		return &Refusal{wrongs[:min(len(wrongs), mostWrongs)]}
	}
	for _, sample := range Samples() {
		var trouble *Trouble
		dressed := marked(sample.Site(s)).Dressed(t, func(x Trouble) { trouble = &x })
		page, err := sample.Draw(dressed)
		if err != nil {
			return err
		}
		if trouble != nil {
			wrongs = append(wrongs, Wrong{"views/" + trouble.Page, 0, "画“" + sample.Name + "”时" + trouble.Says, "请改正这个模板，再上传"})
			continue
		}
		lacks, err := t.lacks(sample, layouts[sample.View], dressed, page)
		if err != nil {
			return err
		}
		for _, w := range lacks {
			if !slices.ContainsFunc(wrongs, func(o Wrong) bool { return o.File == w.File && markOf(o) == markOf(w) }) { // told once, not for every page
				wrongs = append(wrongs, w)
			}
		}
	}
	if len(wrongs) > 0 {
		return &Refusal{wrongs[:min(len(wrongs), mostWrongs)]}
	}
	return nil
}

var typedLine = regexp.MustCompile(`template: ([^:]+):(\d+)(?::\d+)?: (?:executing .* at (<.*>): )?(.*)$`)

// typed is an error of the type check as a sentence.
func (t *Theme) typed(page string, err error) Wrong {
	w := Wrong{File: "views/" + page, Cause: "与页面数据不符（" + clip(err.Error()) + "）", Cure: "请对照设计说明，只用页面数据里有的字段"}
	if m := typedLine.FindStringSubmatch(err.Error()); m != nil {
		w.File = "views/" + m[1]
		_, _ = fmt.Sscan(m[2], &w.Line) // digits by the expression
		w.Cause = "与页面数据不符（" + clip(strings.TrimSpace(m[3]+" "+m[4])) + "）"
		if strings.Contains(m[4], "len of") {
			w.Cause, w.Cure = "range 的对象 "+m[3]+" 不是列表", "range 只能遍历列表，不能遍历数字和函数"
		}
	}
	return w
}

// checked is a page's views as the type check reads them.
func (t *Theme) checked(file, layout string) (*template.Template, error) {
	set, err := t.parse(file, layout)
	if err != nil {
		return nil, err
	}
	if t.Hash != "" {
		counting(set)
	}
	return set.Lookup(layout), nil
}

// BundlePath is where a release carries the bundle its pages are drawn with.
func BundlePath(hash string) string { return "/.well-known/zhengshu/theme/" + hash + ".zip" }

// PackBundle makes the file of a bundle from its files and signs it; a nil key
// leaves it unsigned. m.Format and m.Files are filled in.
func PackBundle(m BundleManifest, files map[string][]byte, key ed25519.PrivateKey) ([]byte, error) {
	m.Format, m.Files = bundleFormat, map[string]string{}
	for name, b := range files {
		sum := sha256.Sum256(b)
		m.Files[name] = hex.EncodeToString(sum[:])
	}
	manifest, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	all := map[string][]byte{manifestFile: manifest}
	for name, b := range files {
		if name == manifestFile || name == sealFile {
			return nil, refuse(name, 0, "这个文件由打包命令生成", "请从目录里去掉")
		}
		all[name] = b
	}
	if key != nil {
		pub, _ := key.Public().(ed25519.PublicKey) // of an ed25519 key it always is
		seal, err := json.Marshal(bundleSeal{base64.StdEncoding.EncodeToString(pub), base64.StdEncoding.EncodeToString(ed25519.Sign(key, sealWords(manifest)))})
		if err != nil {
			return nil, err
		}
		all[sealFile] = seal
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	names := sortedKeys(all)
	slices.SortStableFunc(names, func(a, b string) int { // theme.json stands first
		switch {
		case a == manifestFile:
			return -1
		case b == manifestFile:
			return 1
		}
		return 0
	})
	for _, name := range names {
		w, err := z.Create(name)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(all[name]); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Source is the text of a base view, for a designer to begin from.
func Source(name string) (string, bool) {
	if !slices.Contains(baseViews(), name) {
		return "", false
	}
	return baseView(name), true
}

// Views are the names of the views a bundle may lay its own over.
func Views() []string { return baseViews() }
