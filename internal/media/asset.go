package media

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
)

// AssetID identifies an asset.
type AssetID string

// Kind is what sort of file an asset is.
type Kind string

// The kinds.
const (
	Picture Kind = "picture"
	Video   Kind = "video"
	Audio   Kind = "audio"
	File    Kind = "attachment"
)

// Kinds in the order of forms.
var Kinds = []Kind{Picture, Video, Audio, File}

// Name is the kind in Chinese, empty for an unknown one.
func (k Kind) Name() string {
	return map[Kind]string{Picture: "图片", Video: "视频", Audio: "音频", File: "附件"}[k]
}

// About is what people say of an asset.
type About struct {
	Alt       string // 替代文字, at most 300 characters
	Caption   string // 图注, at most 300
	Source    string // at most 160
	Copyright string // at most 200
	IsMap     bool
	MapNo     string // 审图号
	FocalX    int    // hundredths of the width: what must stay in sight
	FocalY    int    // hundredths of the height
}

// Asset is one file of the media library.
type Asset struct {
	About
	ID            AssetID
	Unit          org.UnitID
	UnitName      string // joined
	Kind          Kind
	Name          string // of the file as it came
	MediaType     string
	Size          int64    // bytes
	Blob          blob.Ref // the original
	Width, Height int      // pixels, as seen
	Frames        int
	Noted         []string // what was found in the file
	Replaces      AssetID
	ReplacedBy    AssetID // the newest that replaces it
	Uses          int     // items that show it, in whatever version
	CreatedBy     string
	CreatedName   string
	CreatedAt     time.Time
	UpdatedAt     time.Time
	areaPath      string
	linePath      string
}

// Link is the asset's page in the console.
func (a Asset) Link() string { return "/console/media/" + string(a.ID) }

// Numberless reports whether it is a map without 审图号.
func (a Asset) Numberless() bool { return a.IsMap && a.MapNo == "" }

// Mute reports whether it needs words for those who cannot see or hear it and
// has none.
func (a Asset) Mute() bool { return a.Kind != File && a.Alt == "" }

func (a Asset) target() audit.Target {
	return audit.Target{Kind: "media", ID: string(a.ID), Name: a.Name, Unit: string(a.Unit)}
}

const assetFrom = `media_asset a JOIN unit u ON u.id = a.unit_id`

const assetSelect = `SELECT a.id, a.unit_id, u.name, a.kind, a.name, a.media_type, a.size, a.blob, a.width, a.height, a.frames, a.alt, a.caption, a.source, a.copyright,
	a.is_map, a.map_no, a.focal_x, a.focal_y, a.noted, COALESCE(a.replaces, ''), COALESCE((SELECT MAX(n.id) FROM media_asset n WHERE n.replaces = a.id), ''),
	(SELECT count(DISTINCT m.item_id) FROM media_use m WHERE m.asset_id = a.id), a.created_by, a.created_name, a.created_at, a.updated_at, u.area_path, u.line_path
	FROM ` + assetFrom

func scanAsset(r db.Scanner) (Asset, error) {
	var a Asset
	var noted string
	err := r.Scan(&a.ID, &a.Unit, &a.UnitName, &a.Kind, &a.Name, &a.MediaType, &a.Size, &a.Blob, &a.Width, &a.Height, &a.Frames, &a.Alt, &a.Caption, &a.Source, &a.Copyright,
		&a.IsMap, &a.MapNo, &a.FocalX, &a.FocalY, &noted, &a.Replaces, &a.ReplacedBy, &a.Uses, &a.CreatedBy, &a.CreatedName, &a.CreatedAt, &a.UpdatedAt, &a.areaPath, &a.linePath)
	if noted != "" {
		a.Noted = strings.Split(noted, ";")
	}
	return a, err
}

// Asset in scope.
func (s *Service) Asset(ctx context.Context, scope authz.Scope, id AssetID) (Asset, error) {
	return s.assetTx(ctx, s.db, scope, id)
}

func (s *Service) assetTx(ctx context.Context, q db.Querier, scope authz.Scope, id AssetID) (Asset, error) {
	a, err := find(ctx, q, id)
	if db.None(err) || err == nil && !scope.Covers(a.areaPath, a.linePath) {
		return Asset{}, fault.Missing("媒体文件")
	}
	return a, err
}

func find(ctx context.Context, q db.Querier, id AssetID) (Asset, error) {
	return db.One(ctx, q, scanAsset, assetSelect+` WHERE a.id = $1`, id)
}

// Filter narrows Assets.
type Filter struct {
	Text   string // file name, words about it
	Kind   Kind
	Unit   org.UnitID
	Wants  string // NoAlt, NoMapNo or Unused; empty for all
	Limit  int    // 24 when zero
	Offset int
}

// What an asset may want.
const (
	NoAlt   = "alt"    // has no 替代文字
	NoMapNo = "map_no" // a map without 审图号
	Unused  = "unused" // no item shows it
)

// Assets in scope, the newest first, and how many there are.
func (s *Service) Assets(ctx context.Context, scope authz.Scope, f Filter) ([]Asset, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	text := db.Contains(f.Text)
	w.AndIf(f.Text != "", `(lower(a.name) LIKE ? ESCAPE '\' OR lower(a.alt) LIKE ? ESCAPE '\' OR lower(a.caption) LIKE ? ESCAPE '\')`, text, text, text).
		AndIf(f.Kind != "", "a.kind = ?", f.Kind).
		AndIf(f.Unit != "", "a.unit_id = ?", f.Unit).
		AndIf(f.Wants == NoAlt, "a.kind <> 'attachment' AND a.alt = ''").
		AndIf(f.Wants == NoMapNo, "a.is_map AND a.map_no = ''").
		AndIf(f.Wants == Unused, "NOT EXISTS (SELECT 1 FROM media_use m WHERE m.asset_id = a.id)")
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM `+assetFrom+` WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 24
	}
	list, err := db.All(ctx, s.db, scanAsset, assetSelect+` WHERE `+w.SQL()+` ORDER BY a.created_at DESC, a.id DESC LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// Owner is a unit that has assets.
type Owner struct {
	Unit org.UnitID
	Name string
}

// Owners are the units in scope that have assets, for the filter.
func (s *Service) Owners(ctx context.Context, scope authz.Scope) ([]Owner, error) {
	var w db.Where
	scope.Where(&w, "u")
	return db.All(ctx, s.db, func(r db.Scanner) (Owner, error) {
		var o Owner
		return o, r.Scan(&o.Unit, &o.Name)
	}, `SELECT u.id, u.name FROM unit u WHERE EXISTS (SELECT 1 FROM media_asset a WHERE a.unit_id = u.id) AND `+w.SQL()+` ORDER BY u.name, u.id LIMIT 200`, w.Args()...)
}

// tidy folds white space and drops what no reader can see.
func (b About) tidy() About {
	for _, f := range []*string{&b.Alt, &b.Caption, &b.Source, &b.Copyright} {
		*f = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
			if r == 0x200b || r == 0xfeff || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0x7f {
				return -1
			}
			return r
		}, strings.ToValidUTF8(*f, ""))), " ")
	}
	b.MapNo = strings.Join(strings.Fields(strings.NewReplacer("(", "（", ")", "）", "〔", "（", "〕", "）").Replace(strings.ToValidUTF8(b.MapNo, ""))), "")
	return b
}

func (b About) wrong(kind Kind) error {
	var f fault.Fields
	most := func(s string, n int, name, says string) {
		f.Check(utf8.RuneCountInString(s) <= n, name, fmt.Sprintf("%s不能超过 %d 字，请压缩", says, n))
	}
	most(b.Alt, 300, "alt", "替代文字")
	most(b.Caption, 300, "caption", "图注")
	most(b.Source, 160, "source", "来源")
	most(b.Copyright, 200, "copyright", "版权")
	f.Check(b.MapNo == "" || mapNo.MatchString(b.MapNo), "map_no", "审图号写成 GS（2026）0123号 或 陕S（2026）012号")
	f.Check(b.MapNo == "" || b.IsMap, "map_no", "填写了审图号，请同时勾选“这是地图”")
	f.Check(!b.IsMap || kind == Picture || kind == Video, "is_map", "只有图片和视频可以标为地图")
	f.Check(b.FocalX >= 0 && b.FocalX <= 100, "focal_x", "焦点横向位置是 0 到 100 的整数")
	f.Check(b.FocalY >= 0 && b.FocalY <= 100, "focal_y", "焦点纵向位置是 0 到 100 的整数")
	return f.Err()
}

// Describe changes what is said of an asset; the file stays what it is.
func (s *Service) Describe(ctx context.Context, scope authz.Scope, id AssetID, b About) (Asset, error) {
	b = b.tidy()
	var a Asset
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if a, err = s.assetTx(ctx, tx, scope, id); err != nil {
			return err
		}
		if err := b.wrong(a.Kind); err != nil {
			return err
		}
		before, after := changes(a.About, b)
		if len(after) == 0 {
			return errSame
		}
		if _, err := tx.Exec(ctx, `UPDATE media_asset SET alt = $2, caption = $3, source = $4, copyright = $5, is_map = $6, map_no = $7, focal_x = $8, focal_y = $9, updated_at = $10 WHERE id = $1`,
			id, b.Alt, b.Caption, b.Source, b.Copyright, b.IsMap, b.MapNo, b.FocalX, b.FocalY, tx.Now()); err != nil {
			return err
		}
		moved := a.FocalX != b.FocalX || a.FocalY != b.FocalY
		a.About = b
		if moved && a.Kind == Picture {
			if err := enqueue(ctx, tx, a.ID); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "media.asset.change", Target: a.target(), Before: before, After: after})
	})
	if err == errSame { //nolint:errorlint // our own, unwrapped
		return a, nil
	}
	return a, err
}

// changes are the fields that differ, in the words of the form.
func changes(a, b About) (before, after map[string]any) {
	before, after = map[string]any{}, map[string]any{}
	add := func(name string, x, y any) {
		if x != y {
			before[name], after[name] = x, y
		}
	}
	add("替代文字", a.Alt, b.Alt)
	add("图注", a.Caption, b.Caption)
	add("来源", a.Source, b.Source)
	add("版权", a.Copyright, b.Copyright)
	add("地图", a.IsMap, b.IsMap)
	add("审图号", a.MapNo, b.MapNo)
	add("焦点", fmt.Sprintf("%d,%d", a.FocalX, a.FocalY), fmt.Sprintf("%d,%d", b.FocalX, b.FocalY))
	return before, after
}

// Remove deletes one asset that no version of any item shows, however short it
// lies there. The trail keeps what it was; its bytes go as those of Clear.
func (s *Service) Remove(ctx context.Context, scope authz.Scope, id AssetID) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		a, err := s.assetTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if a.Uses > 0 {
			return fault.Newf(fault.Refused, "有 %d 篇稿件（含历史版本）用到“%s”，不能删除；需要换新的，请用“上传新的替换”，已用的稿件不变。", a.Uses, a.Name)
		}
		return s.takeOut(ctx, tx, a, "逐个删除")
	})
}

// Trail is every act on an asset in scope, the newest first.
func (s *Service) Trail(ctx context.Context, scope authz.Scope, id AssetID) ([]audit.Row, error) {
	if _, err := s.Asset(ctx, scope, id); err != nil {
		return nil, err
	}
	return audit.Entries(ctx, s.db, audit.Filter{TargetKind: "media", TargetID: string(id), Limit: 100})
}
