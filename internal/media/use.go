package media

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/prose"
)

// Use is an item that shows an asset.
type Use struct {
	Item     string
	Title    string // of its newest version
	UnitName string
	State    string
	First    int // versions that show it
	Last     int
	Live     bool // readers see it there
}

// Link is the item's page in the console.
func (u Use) Link() string { return "/console/items/" + u.Item }

// UsedBy are the items that show an asset in scope, those of other units too:
// who keeps a picture must know who shows it.
func (s *Service) UsedBy(ctx context.Context, scope authz.Scope, id AssetID) ([]Use, error) {
	if _, err := s.Asset(ctx, scope, id); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db, func(r db.Scanner) (Use, error) {
		var u Use
		var live int
		err := r.Scan(&u.Item, &u.Title, &u.UnitName, &u.State, &u.First, &u.Last, &live)
		u.Live = live > 0
		return u, err
	}, `SELECT i.id, v.title, un.name, i.state, MIN(m.version_no), MAX(m.version_no), count(l.item_id)
		  FROM media_use m JOIN item i ON i.id = m.item_id JOIN item_version v ON v.item_id = i.id AND v.no = i.version JOIN unit un ON un.id = i.unit_id
		  LEFT JOIN item_live l ON l.item_id = m.item_id AND l.version_no = m.version_no
		 WHERE m.asset_id = $1 GROUP BY i.id, v.title, un.name, i.state ORDER BY i.id DESC LIMIT 200`, id)
}

// files are the assets that a document names, each once, with the words that
// stand for it there.
func files(d prose.Doc) (ids []AssetID, words map[AssetID]string) {
	words = map[AssetID]string{}
	var walk func([]prose.Node)
	walk = func(list []prose.Node) {
		for _, n := range list {
			path, says := "", ""
			switch n.Type {
			case prose.Figure:
				path, says = n.Word("src"), n.Word("alt")
			case prose.Attachment:
				path, says = n.Word("href"), n.Word("name")
			}
			if id, ok := Named(path); ok && words[id] == "" {
				ids = append(ids, id)
				words[id] = says
			}
			walk(n.Content)
		}
	}
	walk(d.Content)
	return ids, words
}

// Enter writes down which assets a version of an item shows, in the
// transaction that writes the version. An asset that is not there, or that the
// author may not see, refuses the version: a file of another office does not
// become public because somebody knows its number.
func (s *Service) Enter(ctx context.Context, tx *db.Tx, item string, version int, d prose.Doc) error {
	ids, words := files(d)
	for _, id := range ids {
		a, err := find(ctx, tx, id)
		if err != nil && !db.None(err) {
			return err
		}
		there := err == nil
		if session := authz.SessionFrom(ctx); there && session != nil && !session.ScopeFor(authz.ItemRead).Covers(a.areaPath, a.linePath) {
			if there, err = s.shown(ctx, tx, id, item); err != nil {
				return err
			}
		}
		if !there {
			says := fmt.Sprintf("正文里的“%s”在媒体库中没有找到，请删去后重新插入", words[id])
			return fault.New(fault.Invalid, says+"。").On("text", says)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO media_use (asset_id, item_id, version_no) VALUES ($1, $2, $3)`, id, item, version); err != nil {
			return fmt.Errorf("media: write use: %w", err)
		}
	}
	return nil
}

// shown reports whether the item, or a live one, shows the asset.
func (s *Service) shown(ctx context.Context, q db.Querier, id AssetID, item string) (bool, error) {
	n, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM media_use m LEFT JOIN item_live l ON l.item_id = m.item_id AND l.version_no = m.version_no
		 WHERE m.asset_id = $1 AND (m.item_id = $2 OR l.item_id IS NOT NULL)`, id, item)
	return n > 0, err
}

// shownTo reports whether an item in scope, or a live one, shows the asset.
func (s *Service) shownTo(ctx context.Context, q db.Querier, scope authz.Scope, id AssetID) (bool, error) {
	var w db.Where
	scope.Where(&w, "u")
	n, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM media_use m JOIN item i ON i.id = m.item_id JOIN unit u ON u.id = i.unit_id LEFT JOIN item_live l ON l.item_id = m.item_id AND l.version_no = m.version_no
		 WHERE ((`+w.SQL()+`) OR l.item_id IS NOT NULL) AND m.asset_id = `+w.Arg(id), w.Args()...)
	return n > 0, err
}

// Release opens a file for a release: asked by publishing for the text of a
// live item. What was never given is fs.ErrNotExist.
func (s *Service) Release(ctx context.Context, path string) (io.ReadCloser, string, error) {
	id, ok := Named(path)
	if !ok {
		return nil, "", fs.ErrNotExist
	}
	a, err := find(ctx, s.db, id)
	if db.None(err) {
		return nil, "", fs.ErrNotExist
	}
	if err != nil {
		return nil, "", err
	}
	o, err := s.open(ctx, a, path, false)
	return o.ReadCloser, o.MediaType, err
}

// Look is what a page says of a file beside the words of its item; ok is false
// for what is not ours.
func (s *Service) Look(ctx context.Context, q db.Querier, path string) (shown prose.Shown, ok bool, err error) {
	id, ok := Named(path)
	if !ok {
		return prose.Shown{}, false, nil
	}
	a, err := find(ctx, q, id)
	if db.None(err) {
		return prose.Shown{}, false, nil
	}
	if err != nil {
		return prose.Shown{}, false, err
	}
	v := prose.Shown{Kind: TypeName(a.MediaType), Size: Bytes(a.Size), Hash: a.Blob.Hash()}
	if a.Kind == Picture {
		v.Width, v.Height = a.Shown()
		v.Widths = a.wide()
	}
	return v, true, nil
}

// Fit is the address of a picture no wider than so many pixels; its own where
// it has no smaller one.
func (a Asset) Fit(width int) string {
	at := a.Src()
	for _, w := range a.wide() {
		if w.Width <= width {
			at = w.Path
		}
	}
	return at
}

// wide are the addresses of a picture in its widths, narrowest first.
func (a Asset) wide() []prose.ShownWidth {
	if a.Kind != Picture || a.Frames > 1 {
		return nil
	}
	var out []prose.ShownWidth
	base := strings.TrimSuffix(a.Src(), a.endingOf())
	for _, w := range a.widths() {
		out = append(out, prose.ShownWidth{Path: fmt.Sprintf("%s-%d%s", base, w, a.endingOf()), Width: w})
	}
	return out
}

// Left are the addresses of what an item once showed and no live item of the
// site shows any more: publishing takes them out of the site.
func (s *Service) Left(ctx context.Context, q db.Querier, item, site string) ([]string, error) {
	list, err := db.All(ctx, q, scanAsset, assetSelect+` WHERE a.id IN (SELECT m.asset_id FROM media_use m WHERE m.item_id = $1)
		 AND NOT EXISTS (SELECT 1 FROM media_use o JOIN item_live l ON l.item_id = o.item_id AND l.version_no = o.version_no
		                   JOIN item_placement p ON p.item_id = o.item_id AND p.site_id = $2 AND (p.state = 'live' OR p.archived_at IS NOT NULL) WHERE o.asset_id = a.id) ORDER BY a.id`, item, site)
	var out []string
	for _, a := range list {
		out = append(out, a.Src())
		for _, w := range a.wide() {
			out = append(out, w.Path)
		}
	}
	return out, err
}

// TypeName is a media type in Chinese.
func TypeName(mediaType string) string {
	if name, ok := typeNames[mediaType]; ok {
		return name
	}
	return mediaType
}

var typeNames = map[string]string{
	"image/jpeg": "JPEG 图片", "image/png": "PNG 图片", "image/gif": "GIF 图片", "image/webp": "WebP 图片", "video/mp4": "MP4 视频", "video/webm": "WebM 视频", "audio/mpeg": "MP3 音频", "audio/mp4": "M4A 音频",
	captionType: "VTT 字幕", "application/pdf": "PDF 文档", "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word 文档（DOCX）", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel 表格（XLSX）",
}

// Line is how an asset stands in a plain text field until it is saved.
func (a Asset) Line() string {
	name := strings.Map(func(r rune) rune {
		if r == '【' || r == '】' {
			return -1
		}
		return r
	}, a.Name)
	return fmt.Sprintf("【插入%s %s %s】", a.Kind.Name(), a.ID, name)
}

var line = regexp.MustCompile(`^【插入(?:图片|视频|音频|附件) ([0-9A-Za-z]{26})(?: [^】]*)?】$`)

// Place puts the assets in scope where their lines stand in a document that
// was typed in a plain field.
func (s *Service) Place(ctx context.Context, scope authz.Scope, d prose.Doc) (prose.Doc, error) {
	var out prose.Doc
	for _, n := range d.Content {
		if n.Type != prose.Paragraph {
			out.Content = append(out.Content, n)
			continue
		}
		parts, err := s.split(ctx, scope, n)
		if err != nil {
			return prose.Doc{}, err
		}
		out.Content = append(out.Content, parts...)
	}
	return out, nil
}

// split cuts a paragraph at the lines that name assets.
func (s *Service) split(ctx context.Context, scope authz.Scope, p prose.Node) ([]prose.Node, error) {
	var rows [][]prose.Node
	start := 0
	for i, n := range p.Content {
		if n.Type == prose.HardBreak {
			rows, start = append(rows, p.Content[start:i]), i+1
		}
	}
	rows = append(rows, p.Content[start:])
	var out []prose.Node
	var open []prose.Node
	flush := func() {
		if len(open) > 0 {
			out = append(out, prose.Node{Type: prose.Paragraph, Attrs: p.Attrs, Content: open})
			open = nil
		}
	}
	found := false
	for _, row := range rows {
		var id AssetID
		if len(row) == 1 && row[0].Type == prose.TextNode {
			if m := line.FindStringSubmatch(strings.TrimSpace(row[0].Text)); m != nil {
				id = AssetID(strings.ToUpper(m[1]))
			}
		}
		if id == "" {
			if len(open) > 0 {
				open = append(open, prose.Node{Type: prose.HardBreak})
			}
			open = append(open, row...)
			continue
		}
		found = true
		n, err := s.node(ctx, scope, id)
		if err != nil {
			return nil, err
		}
		flush()
		out = append(out, n)
	}
	if !found {
		return []prose.Node{p}, nil
	}
	flush()
	return out, nil
}

// node is an asset as a block of a text.
func (s *Service) node(ctx context.Context, scope authz.Scope, id AssetID) (prose.Node, error) {
	a, err := s.Asset(ctx, scope, id)
	if fault.Is(err, fault.NotFound) {
		return prose.Node{}, fault.Newf(fault.Invalid, "正文里的媒体文件 %s 没有找到，请删去这一行后重新插入。", id).On("text", "请重新插入媒体文件")
	}
	if err != nil {
		return prose.Node{}, err
	}
	if a.Kind == File {
		return prose.Node{Type: prose.Attachment, Attrs: map[string]any{"name": a.Name, "type": a.MediaType, "size": int(a.Size), "hash": a.Blob.Hash(), "href": a.Src()}}, nil
	}
	if a.Alt == "" {
		return prose.Node{}, fault.Newf(fault.Invalid, "“%s”还没有替代文字，看不见图的读者不知道它说什么。请到媒体库填写后再保存。", a.Name).On("text", "“"+a.Name+"”没有替代文字，请在媒体库填写")
	}
	attrs := map[string]any{"kind": map[Kind]string{Picture: "image", Video: "video", Audio: "audio"}[a.Kind], "src": a.Src(), "alt": a.Alt}
	if a.Caption != "" {
		attrs["caption"] = a.Caption
	}
	if said := slices.DeleteFunc([]string{a.Source, mapSaid(a)}, func(s string) bool { return s == "" }); len(said) > 0 {
		attrs["source"] = strings.Join(said, " ")
	}
	if f := a.side(); f != "" {
		attrs["focal"] = f
	}
	return prose.Node{Type: prose.Figure, Attrs: attrs}, nil
}

func mapSaid(a Asset) string {
	if a.MapNo == "" {
		return ""
	}
	return "审图号：" + a.MapNo
}

// side is the focal point in the words of the document format.
func (a Asset) side() string {
	switch {
	case a.FocalY < 35:
		return "top"
	case a.FocalY > 65:
		return "bottom"
	case a.FocalX < 35:
		return "left"
	case a.FocalX > 65:
		return "right"
	}
	return ""
}
