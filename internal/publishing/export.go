package publishing

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/registry"
)

// Exported is what an export holds.
type Exported struct {
	Site      string    `json:"site"`
	No        int       `json:"no"`
	Made      time.Time `json:"made"`
	Pages     int       `json:"pages"`
	Redirects int       `json:"redirects"`
	Gone      int       `json:"gone"`
	Bytes     int64     `json:"bytes"`
	// Odd are addresses that no plain server can give the right kind or place.
	Odd []string `json:"odd,omitempty"`
}

// sink takes the files of an export.
type sink interface {
	put(name string, body []byte, at time.Time) error
}

type folderSink struct{ root *os.Root }

func (f folderSink) put(name string, body []byte, at time.Time) error {
	if err := f.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	if err := f.root.WriteFile(name, body, 0o644); err != nil {
		return err
	}
	return f.root.Chtimes(name, at, at)
}

type zipSink struct{ z *zip.Writer }

func (z zipSink) put(name string, body []byte, at time.Time) error {
	method := zip.Deflate
	if e := path.Ext(name); e == ".gz" || e == ".br" || e == ".zst" || e == ".jpg" || e == ".png" || e == ".zip" || e == ".mp4" {
		method = zip.Store
	}
	w, err := z.z.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: at})
	if err != nil {
		return err
	}
	_, err = w.Write(body)
	return err
}

// ExportFolder writes the site's release into an empty folder, as a tree that any
// web server can serve.
func (s *Store) ExportFolder(ctx context.Context, site registry.SiteID, dir string) (Exported, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Exported{}, err
	}
	have, err := os.ReadDir(dir)
	if err != nil {
		return Exported{}, err
	}
	if len(have) > 0 {
		return Exported{}, fmt.Errorf("publishing: export: %s is not empty: %w", dir, fs.ErrExist)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Exported{}, err
	}
	defer root.Close()
	return s.export(ctx, site, folderSink{root})
}

// ExportZip writes the same as a ZIP file.
func (s *Store) ExportZip(ctx context.Context, site registry.SiteID, w io.Writer) (Exported, error) {
	z := zip.NewWriter(w)
	x, err := s.export(ctx, site, zipSink{z})
	return x, errors.Join(err, z.Close())
}

// fileOf is where an address lies in the tree.
func fileOf(address string) (string, bool) {
	p := strings.TrimPrefix(address, "/")
	if address == "" || address[0] != '/' || path.Clean(address) != strings.TrimSuffix(address, "/") && address != "/" {
		return "", false
	}
	if p == "" || strings.HasSuffix(p, "/") {
		p += "index.html"
	}
	if strings.ContainsAny(p, "\\\x00:*?\"<>|") || len(p) > 240 {
		return "", false
	}
	return p, true
}

func (s *Store) export(ctx context.Context, site registry.SiteID, out sink) (Exported, error) {
	r, err := s.Current(site)
	if err != nil {
		return Exported{}, err
	}
	x := Exported{Site: r.Site.Name, No: r.No, Made: r.Made}
	var moved, gone []Page
	kinds := map[string]string{}
	if err := r.Each(func(p Page) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if p.Status == 301 {
			moved = append(moved, p)
			return nil
		}
		file, ok := fileOf(p.Path)
		if !ok {
			x.Odd = append(x.Odd, p.Path)
			return nil
		}
		b, err := s.Object(p.Hash, MaxObject)
		if err != nil {
			return err
		}
		if p.Status == 410 {
			gone = append(gone, p)
			file = "_gone/" + file
		} else {
			x.Pages++
			if natural := mime.TypeByExtension(path.Ext(file)); !strings.HasPrefix(p.Kind, strings.Split(cmp.Or(natural, "-"), ";")[0]) {
				kinds[p.Path] = p.Kind
			}
		}
		if err := out.put(file, b, p.Modified); err != nil {
			return err
		}
		x.Bytes += int64(len(b))
		if p.Status != 200 {
			return nil
		}
		for _, ending := range forms {
			v, err := s.Variant(p.Hash, ending)
			if err != nil || len(v) >= len(b) {
				continue
			}
			if err := out.put(file+"."+ending, v, p.Modified); err != nil {
				return err
			}
			x.Bytes += int64(len(v))
		}
		return nil
	}); err != nil {
		return x, err
	}
	byPath := func(a, b Page) int { return strings.Compare(a.Path, b.Path) }
	slices.SortFunc(moved, byPath)
	slices.SortFunc(gone, byPath)
	slices.Sort(x.Odd)
	x.Redirects, x.Gone = len(moved), len(gone)
	for name, text := range serverFiles(r, moved, gone, kinds) {
		if err := out.put(name, []byte(text), r.Made); err != nil {
			return x, err
		}
	}
	return x, out.put("_server/README.md", []byte(exportGuide(r, x)), r.Made)
}

// plainPath reports whether a path can stand in a server's configuration; the
// paths of releases hold no quotes or control characters, others are left out.
func plainPath(p string) bool {
	for i := range len(p) {
		if c := p[i]; c <= ' ' || c == '"' || c == '\\' || c == '\'' || c == 0x7f || c == '$' || c == '{' || c == '}' || c == ';' || c == '#' {
			return false
		}
	}
	return true
}

// serverFiles are the redirects, withdrawn pages and kinds for four servers.
func serverFiles(r *Release, moved, gone []Page, kinds map[string]string) map[string]string {
	var nginxMoved, nginxGone, nginxKinds, apache, caddy, netlify, list bytes.Buffer
	htmlOf := func(p string) string { f, _ := fileOf(p); return "/_gone/" + f }
	for _, p := range moved {
		if !plainPath(p.Path) || !plainPath(p.To) {
			continue
		}
		fmt.Fprintf(&nginxMoved, "\"%s\" \"%s\";\n", p.Path, p.To)
		fmt.Fprintf(&apache, "RedirectMatch 301 \"^%s$\" \"%s\"\n", regexpPath(p.Path), p.To)
		fmt.Fprintf(&caddy, "\tredir %s %s 301\n", p.Path, p.To)
		fmt.Fprintf(&netlify, "%s %s 301!\n", p.Path, p.To)
	}
	for _, p := range gone {
		fmt.Fprintln(&list, p.Path)
		if !plainPath(p.Path) {
			continue
		}
		fmt.Fprintf(&nginxGone, "\"%s\" \"%s\";\n", p.Path, htmlOf(p.Path))
		fmt.Fprintf(&apache, "<If \"%%{REQUEST_URI} == '%s'\">\n  ErrorDocument 410 %s\n  Redirect gone \"%s\"\n</If>\n", p.Path, htmlOf(p.Path), p.Path)
		fmt.Fprintf(&caddy, "\thandle %s {\n\t\trewrite * %s\n\t\tfile_server {\n\t\t\tstatus 410\n\t\t}\n\t}\n", p.Path, htmlOf(p.Path))
		fmt.Fprintf(&netlify, "%s %s 410!\n", p.Path, htmlOf(p.Path))
	}
	paths := make([]string, 0, len(kinds))
	for p := range kinds {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	for _, p := range paths {
		if !plainPath(p) || strings.ContainsAny(kinds[p], "\"'\n") {
			continue
		}
		fmt.Fprintf(&nginxKinds, "location = %s { types { } default_type \"%s\"; }\n", p, kinds[p])
		fmt.Fprintf(&apache, "<If \"%%{REQUEST_URI} == '%s'\">\n  ForceType \"%s\"\n</If>\n", p, kinds[p])
		fmt.Fprintf(&caddy, "\theader %s Content-Type \"%s\"\n", p, kinds[p])
	}
	host := cmp.Or(r.Site.Host, "example.gov.cn")
	return map[string]string{
		"_server/nginx-redirects.map": nginxMoved.String(),
		"_server/nginx-gone.map":      nginxGone.String(),
		"_server/nginx-types.conf":    nginxKinds.String(),
		"_server/nginx.conf": fmt.Sprintf(`# Include inside http { }. Replace ROOT by the folder of this tree.
map $uri $zhengshu_to { include ROOT/_server/nginx-redirects.map; }
map $uri $zhengshu_gone { include ROOT/_server/nginx-gone.map; }
server {
    listen 80;
    listen [::]:80;
    server_name %s;
    root ROOT;
    index index.html;
    charset utf-8;
    charset_types text/html text/xml text/plain text/css application/xml application/json application/rss+xml image/svg+xml;
    gzip_static on;
    absolute_redirect off;
    location ^~ /_server/ { return 404; }
    location ^~ /_gone/ { internal; }
    include ROOT/_server/nginx-types.conf;
    location / {
        if ($zhengshu_to) { return 301 $zhengshu_to; }
        if ($zhengshu_gone) { return 410; }
        try_files $uri $uri/ =404;
    }
    error_page 410 $zhengshu_gone;
}
`, host),
		".htaccess":         "Options -Indexes +MultiViews\nDirectoryIndex index.html\nAddDefaultCharset utf-8\nRedirectMatch 404 \"^/_server/\"\nAddEncoding gzip .gz\nAddEncoding br .br\n" + apache.String(),
		"_server/Caddyfile": host + " {\n\troot * ROOT\n\tencode\n\thandle /_server/* {\n\t\trespond 404\n\t}\n" + caddy.String() + "\tfile_server {\n\t\tprecompressed br zstd gzip\n\t}\n}\n",
		"_redirects":        netlify.String(),
		"_server/gone.txt":  list.String(),
	}
}

func regexpPath(p string) string {
	return strings.NewReplacer(".", `\.`, "+", `\+`, "(", `\(`, ")", `\)`, "[", `\[`, "]", `\]`, "*", `\*`, "?", `\?`, "^", `\^`, "|", `\|`).Replace(p)
}

func exportGuide(r *Release, x Exported) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s（静态导出）\n\n第 %d 版，发布于 %s。共 %d 个页面和文件、%d 条跳转、%d 个撤下的地址。\n\n", r.Site.Name, r.No, r.Made.In(time.FixedZone("", 8*3600)).Format("2006-01-02 15:04"), x.Pages, x.Redirects, x.Gone)
	b.WriteString(`这个目录可以由任何网页服务器直接提供，不需要数据库，也不需要本系统：

- 页面在原来的位置；以“/”结尾的地址是该目录下的 index.html。
- 同名的 .gz、.br、.zst 是压缩好的同一文件，服务器支持时直接取用。
- ` + "`_server/nginx.conf`" + `：nginx 配置，把其中的 ROOT 换成本目录的绝对路径后引入；跳转和撤下的地址在 nginx-redirects.map、nginx-gone.map。
- ` + "`.htaccess`" + `：Apache（AllowOverride All）；` + "`_server/Caddyfile`" + `：Caddy；` + "`_redirects`" + `：Netlify、Cloudflare Pages 等。
- ` + "`_gone/`" + ` 是撤下页面的说明，应以 410 状态给出；` + "`_server/gone.txt`" + ` 是这些地址的清单。

站内搜索、写信、查询等要服务器运算的功能不在其中；它们的链接仍指向原来的地址。
`)
	if len(x.Odd) > 0 {
		b.WriteString("\n以下地址不能作为文件名保存，没有导出：\n\n")
		for _, p := range x.Odd {
			b.WriteString("- " + p + "\n")
		}
	}
	return b.String()
}

// maxTree bounds an export from the console, in bytes; larger sites are exported
// by command.
const maxTree = 512 << 20

// capped is a writer that refuses what is over its bound.
type capped struct {
	w    io.Writer
	left int64
}

func (c *capped) Write(b []byte) (int, error) {
	if c.left -= int64(len(b)); c.left < 0 {
		return 0, fault.New(fault.TooLarge, "这个网站的导出超过 512 MB，请由系统管理员用命令 zhengshu export site 导出。")
	}
	return c.w.Write(b)
}

// Tree writes a site in scope as a ZIP, and records who took it.
func (p *Publisher) Tree(ctx context.Context, scope authz.Scope, site registry.SiteID, w io.Writer) (Exported, error) {
	s, err := p.registry.Site(ctx, scope, site)
	if err != nil {
		return Exported{}, err
	}
	x, err := p.store.ExportZip(ctx, site, &capped{w, maxTree})
	if errors.Is(err, ErrNoRelease) {
		return x, fault.New(fault.Refused, "这个网站还没有发布过，没有可以导出的页面。")
	}
	if err != nil {
		return x, err
	}
	return x, p.db.Update(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, audit.Entry{Act: "publishing.export", Target: s.Target(), After: map[string]any{"no": x.No, "pages": x.Pages, "bytes": x.Bytes}})
	})
}
