package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/sx2021"
)

// Service is the door of media.
type Service struct {
	db       *db.DB
	org      *org.Service
	store    blob.Store
	decoding chan struct{}
	settings func() sx2021.Settings
	holders  []func(ctx context.Context, q db.Querier, ref blob.Ref) (bool, error)
	room     []func(ctx context.Context, tx *db.Tx, unit org.UnitID, bytes int64) error
}

// New makes the service.
func New(d *db.DB, o *org.Service, store blob.Store) *Service {
	return &Service{db: d, org: o, store: store, decoding: make(chan struct{}, 1), settings: sx2021.Defaults}
}

// OnTake registers who is asked, in the transaction, whether a unit may keep a
// file of so many bytes more; at start.
func (s *Service) OnTake(f func(ctx context.Context, tx *db.Tx, unit org.UnitID, bytes int64) error) {
	s.room = append(s.room, f)
}

// Render is the job that makes what readers get of a picture.
type Render struct {
	Asset AssetID `json:"asset"`
}

// Kind names the job.
func (Render) Kind() string { return "media.render" }

func enqueue(ctx context.Context, tx *db.Tx, id AssetID) error {
	return jobs.Enqueue(ctx, tx, Render{id}, jobs.Unique(string(id)), jobs.MaxAttempts(5))
}

// Register puts the work of the module to the workers.
func Register(s *Service, w *jobs.Workers) {
	jobs.Handle(w, func(ctx context.Context, r Render) error {
		a, err := find(ctx, s.db, r.Asset)
		if db.None(err) {
			return nil // removed meanwhile
		}
		if err != nil {
			return err
		}
		return s.render(ctx, a)
	})
}

// errSame says inside a transaction that there is nothing to change.
var errSame = errors.New("media: nothing changed")

// mapNo is 审图号: GS（2022）1234号, GS京（2022）1234号, 陕S（2023）012号.
var mapNo = regexp.MustCompile(`^(?:GS\p{Han}?|\p{Han}{1,2}S)（\d{4}）\d{1,5}号$`)

// Upload is one file that was chosen. Examining reads it from its start.
type Upload struct {
	Name    string
	Content io.ReadSeeker
}

// MaxTogether is how many files are taken at once.
const MaxTogether = 10

// Take keeps the files for a unit in scope: all of them or, when one is not
// taken, none, with why for each. Content that the unit has already is not kept
// twice: the asset that stands is returned. about goes to all of them.
func (s *Service) Take(ctx context.Context, scope authz.Scope, unit org.UnitID, files []Upload, about About) ([]Asset, error) {
	return s.take(ctx, scope, unit, files, about, "")
}

// Replace keeps a file that is better than an asset in scope, as an asset of
// its own with what was said of the old one; items keep theirs.
func (s *Service) Replace(ctx context.Context, scope authz.Scope, id AssetID, file Upload) (Asset, error) {
	old, err := s.Asset(ctx, scope, id)
	if err != nil {
		return Asset{}, err
	}
	list, err := s.take(ctx, scope, old.Unit, []Upload{file}, old.About, id)
	if err != nil {
		return Asset{}, err
	}
	return list[0], nil
}

func (s *Service) take(ctx context.Context, scope authz.Scope, unit org.UnitID, files []Upload, about About, replaces AssetID) ([]Asset, error) {
	about = about.tidy()
	switch {
	case len(files) == 0:
		return nil, fault.New(fault.Invalid, "没有选择文件。").On("file", "请选择要上传的文件")
	case len(files) > MaxTogether:
		return nil, fault.Newf(fault.Invalid, "一次最多上传 %d 个文件，请分几次上传。", MaxTogether).On("file", "文件过多")
	}
	if _, err := s.org.UnitTx(ctx, s.db, scope, unit); err != nil {
		return nil, err
	}
	found := make([]Found, len(files))
	var refused []string
	for i, u := range files {
		f, err := Examine(u.Name, u.Content)
		var w *wrong
		switch {
		case errors.As(err, &w):
			refused = append(refused, "“"+approval.CleanName(u.Name)+"”"+w.says)
		case err != nil:
			return nil, broken(u.Name, err)
		}
		found[i] = f
	}
	if len(refused) > 0 {
		says := strings.Join(refused, " ")
		if len(files) > 1 {
			says += " 这次选择的文件都没有保存，请改正后重新选择。"
		}
		e := fault.New(fault.Invalid, says)
		for _, r := range refused {
			e.On("file", r)
		}
		return nil, e
	}
	for _, f := range found {
		if err := about.wrong(f.Kind); err != nil {
			return nil, err
		}
	}
	assets := make([]Asset, len(files))
	for i, u := range files {
		f := found[i]
		if f.Kind == Picture {
			if err := s.decodes(ctx, u, f); err != nil {
				return nil, err
			}
		}
		size, err := u.Content.Seek(0, io.SeekEnd)
		if err == nil {
			_, err = u.Content.Seek(0, io.SeekStart)
		}
		if err != nil {
			return nil, broken(u.Name, err)
		}
		ref, err := s.store.Put(ctx, u.Content)
		if err != nil {
			return nil, full(err)
		}
		assets[i] = Asset{About: about, ID: AssetID(ulid.Make().String()), Unit: unit, Kind: f.Kind, Name: approval.CleanName(u.Name), MediaType: f.MediaType, Size: size, Blob: ref,
			Width: f.Width, Height: f.Height, Frames: f.Frames, Noted: f.Noted, Replaces: replaces}
	}
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		owner, err := s.org.UnitTx(ctx, tx, scope, unit)
		if err != nil {
			return err
		}
		entered := false
		for i := range assets {
			have, err := db.One(ctx, tx, scanAsset, assetSelect+` WHERE a.unit_id = $1 AND a.blob = $2`, unit, assets[i].Blob)
			if err == nil {
				if replaces != "" {
					return fault.Newf(fault.Conflict, "选择的文件与媒体库中的“%s”内容完全相同，没有替换。", have.Name).On("file", "请选择新的文件")
				}
				assets[i] = have
				continue
			}
			if !db.None(err) {
				return err
			}
			for _, f := range s.room {
				if err := f(ctx, tx, unit, assets[i].Size); err != nil {
					return err
				}
			}
			assets[i].UnitName = owner.Name
			if err := s.enter(ctx, tx, &assets[i]); err != nil {
				return err
			}
			entered = true
		}
		if !entered {
			return errSame
		}
		return nil
	})
	if err == errSame { //nolint:errorlint // our own, unwrapped
		return assets, nil
	}
	return assets, err
}

// decodes refuses a picture whose header is sound and whose body is not: cut by
// a broken transfer, most often.
func (s *Service) decodes(ctx context.Context, u Upload, f Found) error {
	select {
	case s.decoding <- struct{}{}:
		defer func() { <-s.decoding }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if _, err := u.Content.Seek(0, io.SeekStart); err != nil {
		return broken(u.Name, err)
	}
	b, err := io.ReadAll(io.LimitReader(u.Content, MaxPicture+1))
	if err != nil {
		return broken(u.Name, err)
	}
	m := maker{content: b, mediaType: f.MediaType, orientation: f.orientation, moving: f.Frames > 1}
	if m.moving {
		_, _, _, err = m.make(wholeSpec)
	} else {
		_, err = m.decode()
	}
	if err != nil {
		says := "“" + approval.CleanName(u.Name) + "”只有一部分或已损坏，图片解不开，请在本机打开确认后重新上传。"
		return fault.New(fault.Invalid, says).On("file", says).From(err)
	}
	return nil
}

func (s *Service) enter(ctx context.Context, tx *db.Tx, a *Asset) error {
	who, ok := audit.ActorFrom(ctx)
	if !ok {
		return audit.ErrNoActor
	}
	a.CreatedBy, a.CreatedName, a.CreatedAt, a.UpdatedAt = who.ID, who.Name, tx.Now(), tx.Now()
	var replaces any
	if a.Replaces != "" {
		replaces = a.Replaces
	}
	if _, err := tx.Exec(ctx, `INSERT INTO media_asset (id, unit_id, kind, name, media_type, size, blob, width, height, frames, alt, caption, source, copyright, is_map, map_no, focal_x, focal_y, noted,
			replaces, created_by, created_name, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $23)`,
		a.ID, a.Unit, a.Kind, a.Name, a.MediaType, a.Size, a.Blob, a.Width, a.Height, a.Frames, a.Alt, a.Caption, a.Source, a.Copyright, a.IsMap, a.MapNo, a.FocalX, a.FocalY, strings.Join(a.Noted, ";"),
		replaces, a.CreatedBy, a.CreatedName, a.CreatedAt); err != nil {
		return fmt.Errorf("media: insert asset: %w", err)
	}
	if a.Kind == Picture {
		if err := enqueue(ctx, tx, a.ID); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "media.asset.add", Basis: "第二十七条", Target: a.target(),
		After: map[string]any{"文件": a.Name, "类型": a.MediaType, "大小": Bytes(a.Size), "sha256": a.Blob.Hash(), "替换": string(a.Replaces)}})
}

// broken is a file that could not be read to its end.
func broken(name string, err error) error {
	return fault.New(fault.Invalid, "“"+approval.CleanName(name)+"”没有传完，可能是网络中断，请重新选择文件。").On("file", "请重新选择文件").From(err)
}

// full words what the store says when it has no room.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fault.New(fault.Unavailable, "存储空间不足，文件没有保存。请告诉系统管理员清理磁盘，稍后再上传。").From(err)
	}
	return err
}

// address is what Src and its other widths look like.
var address = regexp.MustCompile(`^/media/([0-9a-z]{26})(?:-([0-9]{1,5}|thumb-[0-9]{1,3}-[0-9]{1,3}))?(\.[0-9a-z]{2,5})$`)

// Named is the asset that an address of a text names; ok is false for any
// other address.
func Named(path string) (id AssetID, ok bool) {
	m := address.FindStringSubmatch(path)
	if m == nil {
		return "", false
	}
	return AssetID(strings.ToUpper(m[1])), true
}

// Opened is a file on its way to a reader.
type Opened struct {
	io.ReadCloser
	Name      string
	MediaType string
	Size      int64
}

// open opens what an address names of an asset: a picture as it was made for
// readers, anything else as it came. An address that was never given is
// fs.ErrNotExist.
func (s *Service) open(ctx context.Context, a Asset, path string, thumbs bool) (Opened, error) {
	m := address.FindStringSubmatch(path)
	if m == nil || strings.ToUpper(m[1]) != string(a.ID) {
		return Opened{}, fs.ErrNotExist
	}
	if a.Kind != Picture {
		if m[2] != "" || m[3] != a.endingOf() {
			return Opened{}, fs.ErrNotExist
		}
		r, err := s.store.Open(ctx, a.Blob)
		return Opened{r, a.Name, a.MediaType, a.Size}, err
	}
	var spec string
	ending := a.endingOf()
	switch {
	case m[2] == "" && a.Frames > 1:
		spec = wholeSpec
	case m[2] == "":
		spec = widthSpec(a.shownWidth())
	case strings.HasPrefix(m[2], "thumb"):
		spec = thumbSpec(a.FocalX, a.FocalY) // an earlier focal point shows the present one
		_, ending = output(a.MediaType, false)
		if !thumbs {
			return Opened{}, fs.ErrNotExist
		}
	default:
		w, err := strconv.Atoi(m[2])
		if err != nil || a.Frames > 1 || !has(a.widths(), w) {
			return Opened{}, fs.ErrNotExist
		}
		spec = widthSpec(w)
	}
	if m[3] != ending {
		return Opened{}, fs.ErrNotExist
	}
	made, err := s.rendition(ctx, a, spec)
	if err != nil {
		return Opened{}, err
	}
	r, err := s.store.Open(ctx, made.Blob)
	return Opened{r, a.Name, made.MediaType, made.Size}, err
}

func has(list []int, n int) bool {
	for _, x := range list {
		if x == n {
			return true
		}
	}
	return false
}

// OpenShown opens what a page of the console shows: of an asset in scope, or
// of one that an item in scope or a live item shows.
func (s *Service) OpenShown(ctx context.Context, scope authz.Scope, path string) (Opened, error) {
	id, ok := Named(path)
	if !ok {
		return Opened{}, fault.Missing("媒体文件")
	}
	a, err := find(ctx, s.db, id)
	if db.None(err) {
		return Opened{}, fault.Missing("媒体文件")
	}
	if err != nil {
		return Opened{}, err
	}
	if !scope.Covers(a.areaPath, a.linePath) {
		shown, err := s.shownTo(ctx, s.db, scope, id)
		if err != nil {
			return Opened{}, err
		}
		if !shown {
			return Opened{}, fault.Missing("媒体文件")
		}
	}
	o, err := s.open(ctx, a, path, true)
	if errors.Is(err, fs.ErrNotExist) {
		return o, fault.Missing("媒体文件")
	}
	return o, err
}

// OpenOriginal opens an asset in scope as it came.
func (s *Service) OpenOriginal(ctx context.Context, scope authz.Scope, id AssetID) (Opened, error) {
	a, err := s.Asset(ctx, scope, id)
	if err != nil {
		return Opened{}, err
	}
	r, err := s.store.Open(ctx, a.Blob)
	return Opened{r, a.Name, a.MediaType, a.Size}, err
}
