package appearance

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	_ "image/jpeg" // what a logo may be
	_ "image/png"  // the same
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	_ "golang.org/x/image/webp" // what a logo may be

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/province"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// Parts are what the service stands on.
type Parts struct {
	DB          *db.DB
	Org         *org.Service
	Province    *province.Service
	Registry    *registry.Service
	Obligations *obligation.Service
	Publisher   *publishing.Publisher
	Store       blob.Store
	Days        calendar.Workdays
	Settings    func() sx2021.Settings
	Log         *slog.Logger // slog.Default when nil
}

// Freeze is a protected period (重要保障期) in which sites keep their look.
type Freeze struct {
	Name  string // 省“两会”
	Until calendar.Date
	// Consents are the documents by which a change of this very site was agreed
	// to and that are on record.
	Consents []string
}

// Service is the door of how sites look. It is the publisher's Dresser.
type Service struct {
	Parts
	frozen func(ctx context.Context, q db.Querier, site registry.Site) (Freeze, bool, error)

	mu     sync.Mutex
	opened map[string]*theme.Theme // by hash
	order  []string                // oldest first
}

// mostOpen bundles are kept in memory.
const mostOpen = 16

// New makes the service and lets it dress the publisher's sites.
func New(p Parts) *Service {
	if p.Log == nil {
		p.Log = slog.Default()
	}
	s := &Service{Parts: p, opened: map[string]*theme.Theme{}}
	p.Publisher.DressWith(s)
	return s
}

// OnFreeze registers who says whether a site is in a protected period.
func (s *Service) OnFreeze(f func(ctx context.Context, q db.Querier, site registry.Site) (Freeze, bool, error)) {
	s.frozen = f
}

// Chosen is one choice of a site.
type Chosen struct {
	No        int
	Choice    theme.Choice
	ThemeName string
	BackTo    int // the choice that this one brought back; -1: what stood before any
	Consent   string
	Reason    string
	PersonID  string
	Person    string
	At        time.Time
	logoRef   string
}

// first is where a site stood before it chose anything.
const first = -1

// stands is the choice that this one comes to: itself, or the one it brought
// back.
func (c Chosen) stands() int {
	if c.BackTo != 0 {
		return c.BackTo
	}
	return c.No
}

const chosenSelect = `SELECT no, theme_id, version, hash, theme_name, tokens, logo, logo_ref, slogan, back_to, consent, reason, person_id, person_name, at FROM site_appearance WHERE site_id = $1`

func scanChosen(r db.Scanner) (Chosen, error) {
	var c Chosen
	var tokens string
	if err := r.Scan(&c.No, &c.Choice.ID, &c.Choice.Version, &c.Choice.Hash, &c.ThemeName, &tokens, &c.Choice.Logo, &c.logoRef, &c.Choice.Slogan, &c.BackTo, &c.Consent, &c.Reason, &c.PersonID, &c.Person, &c.At); err != nil {
		return c, err
	}
	return c, json.Unmarshal([]byte(tokens), &c.Choice.Tokens)
}

func current(ctx context.Context, q db.Querier, site registry.SiteID) (Chosen, error) {
	c, err := db.One(ctx, q, scanChosen, chosenSelect+` ORDER BY no DESC LIMIT 1`, site)
	if db.None(err) {
		return Chosen{Choice: theme.Choice{ID: theme.Blue}, ThemeName: theme.House("").Name}, nil
	}
	return c, err
}

// Look is how a site shall look now: for the publisher.
func (s *Service) Look(ctx context.Context, q db.Querier, site registry.Site) (publishing.Look, error) {
	c, err := current(ctx, q, site.ID)
	if err != nil {
		return publishing.Look{}, err
	}
	l := publishing.Look{Choice: c.Choice}
	if c.No == 0 {
		l.Choice = theme.Choice{} // nothing was chosen
	}
	m, err := mourned(ctx, q, site.ID, calendar.DateOf(s.DB.Now()))
	if err != nil {
		return l, err
	}
	l.Grey = m != nil
	l.Emergency, err = standing(ctx, q, site.ID)
	return l, err
}

// Theme opens the theme of a choice: for the publisher.
func (s *Service) Theme(ctx context.Context, c theme.Choice) (*theme.Theme, error) {
	if c.Hash == "" {
		return theme.House(c.ID), nil
	}
	s.mu.Lock()
	t := s.opened[c.Hash]
	s.mu.Unlock()
	if t != nil {
		return t, nil
	}
	file, err := s.bundle(ctx, c.Hash)
	if err != nil {
		return nil, err
	}
	if t, err = theme.OpenBundle(file); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opened[c.Hash] == nil {
		s.opened[c.Hash] = t
		if s.order = append(s.order, c.Hash); len(s.order) > mostOpen {
			delete(s.opened, s.order[0])
			s.order = s.order[1:]
		}
	}
	return t, nil
}

func (s *Service) bundle(ctx context.Context, hash string) ([]byte, error) {
	ref, err := db.One(ctx, s.DB, db.Value[string], `SELECT blob_ref FROM theme_version WHERE hash = $1`, hash)
	if err != nil {
		return nil, fmt.Errorf("appearance: bundle %s: %w", hash, err)
	}
	return s.read(ctx, ref, theme.MaxBundle)
}

func (s *Service) read(ctx context.Context, ref string, limit int64) ([]byte, error) {
	parsed, err := blob.ParseRef(ref)
	if err != nil {
		return nil, err
	}
	r, err := s.Store.Open(ctx, parsed)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err := r.Close(); err != nil {
		return nil, err
	}
	return b, err
}

// Files are the logo and, with a bundle, its file: for the publisher.
func (s *Service) Files(ctx context.Context, c theme.Choice) ([]theme.File, error) {
	var out []theme.File
	if c.Logo != "" {
		f, err := s.LogoFile(ctx, c.Logo)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	if c.Hash != "" {
		b, err := s.bundle(ctx, c.Hash)
		if err != nil {
			return nil, err
		}
		out = append(out, theme.File{Path: theme.BundlePath(c.Hash), Kind: "application/zip", Body: b})
	}
	return out, nil
}

// LogoFile is a logo that a site has chosen, by its path.
func (s *Service) LogoFile(ctx context.Context, path string) (theme.File, error) {
	ref, err := db.One(ctx, s.DB, db.Value[string], `SELECT logo_ref FROM site_appearance WHERE logo = $1 LIMIT 1`, path)
	if db.None(err) {
		return theme.File{}, fault.Missing("标志")
	}
	if err != nil {
		return theme.File{}, err
	}
	b, err := s.read(ctx, ref, maxLogo)
	return theme.File{Path: path, Kind: logoKinds[path[strings.LastIndex(path, ".")+1:]], Body: b}, err
}

// Troubled keeps what a bundle could not draw and tells the sponsor and who
// installed it: for the publisher.
func (s *Service) Troubled(ctx context.Context, id registry.SiteID, list []theme.Trouble) error {
	ctx = audit.System(ctx, "appearance.trouble")
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		site, err := s.Registry.SiteTx(ctx, tx, duty, id)
		if err != nil {
			return err
		}
		for _, t := range list {
			if _, err := tx.Exec(ctx, `INSERT INTO theme_trouble (site_id, theme, version, view, path, says, times, at) VALUES ($1, $2, $3, $4, $5, $6, 1, $7)
				ON CONFLICT (site_id, theme, version, view) DO UPDATE SET path = excluded.path, says = excluded.says, times = theme_trouble.times + 1, at = excluded.at`,
				id, t.Theme, t.Version, t.Page, t.Path, abridge.Text(t.Says, 500), tx.Now()); err != nil {
				return err
			}
		}
		t := list[0]
		if err := s.alarm(ctx, tx, site, fmt.Sprintf("theme:%s:%s:%s:%s:%s", id, t.Theme, t.Version, t.Page, calendar.DateOf(tx.Now())),
			fmt.Sprintf("%s的主题“%s”%s画不出页面，已改用政务蓝", site.Name, t.Theme, t.Version), fmt.Sprintf("%s（%s）%s。请换回上一版外观，或者请主题作者改正。", t.Path, t.Page, t.Says)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "appearance.trouble", Target: site.Target(), After: map[string]any{"theme": t.Theme, "version": t.Version, "view": t.Page, "says": t.Says, "pages": len(list)}})
	})
}

// Trouble is what a bundle could not draw on a site.
type Trouble struct {
	Theme, Version, View, Path, Says string
	Times                            int
	At                               time.Time
}

func troubles(ctx context.Context, q db.Querier, site registry.SiteID) ([]Trouble, error) {
	return db.All(ctx, q, func(r db.Scanner) (Trouble, error) {
		var t Trouble
		return t, r.Scan(&t.Theme, &t.Version, &t.View, &t.Path, &t.Says, &t.Times, &t.At)
	}, `SELECT theme, version, view, path, says, times, at FROM theme_trouble WHERE site_id = $1 ORDER BY at DESC LIMIT 20`, site)
}

var duty = authz.System("appearance")

// State is everything about how a site looks.
type State struct {
	Site      registry.Site
	Now       Chosen
	History   []Chosen // newest first, the one that stands included
	Mourning  *Mourning
	Front     *Front // the emergency page that stands
	Freeze    *Freeze
	Troubles  []Trouble
	Available []Available
}

// Of is how a site in scope looks, with its history.
func (s *Service) Of(ctx context.Context, scope authz.Scope, id registry.SiteID) (State, error) {
	site, err := s.Registry.Site(ctx, scope, id)
	if err != nil {
		return State{}, err
	}
	v := State{Site: site}
	if v.Now, err = current(ctx, s.DB, id); err != nil {
		return v, err
	}
	if v.History, err = db.All(ctx, s.DB, scanChosen, chosenSelect+` ORDER BY no DESC LIMIT 50`, id); err != nil {
		return v, err
	}
	if v.Mourning, err = mourned(ctx, s.DB, id, calendar.DateOf(s.DB.Now())); err != nil {
		return v, err
	}
	if v.Front, err = s.liveFront(ctx, s.DB, id); err != nil {
		return v, err
	}
	if f, ok, err := s.freeze(ctx, s.DB, site); err != nil {
		return v, err
	} else if ok {
		v.Freeze = &f
	}
	if v.Troubles, err = troubles(ctx, s.DB, id); err != nil {
		return v, err
	}
	v.Available, err = s.Offered(ctx)
	return v, err
}

func (s *Service) freeze(ctx context.Context, q db.Querier, site registry.Site) (Freeze, bool, error) {
	if s.frozen == nil {
		return Freeze{}, false, nil
	}
	return s.frozen(ctx, q, site)
}

// Wish is what somebody wants a site to look like.
type Wish struct {
	Theme   string // gov-blue, or the id of an installed version
	Tokens  theme.Tokens
	Slogan  string
	Logo    io.Reader // a new picture; nil keeps the one that stands
	NoLogo  bool      // takes the logo away
	Reason  string
	Consent string // document of the consent, in a protected period
}

// Limits of a logo.
const (
	maxLogo     = 512 << 10
	maxLogoSide = 2000
)

var logoKinds = map[string]string{"png": "image/png", "webp": "image/webp", "jpg": "image/jpeg"}

// choice is the wish as a choice, checked.
func (s *Service) choice(ctx context.Context, q db.Querier, now Chosen, w Wish) (Chosen, error) {
	var f fault.Fields
	next := Chosen{Reason: strings.TrimSpace(w.Reason), Consent: strings.TrimSpace(w.Consent)}
	a, err := s.available(ctx, q, w.Theme)
	switch {
	case fault.Is(err, fault.NotFound):
		f.Add("theme", "请从列表中选择主题")
	case err != nil:
		return next, err
	case !a.Offered() && a.Hash != now.Choice.Hash:
		f.Add("theme", "这个主题版本已停止提供，请选择其他版本")
	}
	next.ThemeName, next.Choice.ID, next.Choice.Version, next.Choice.Hash = a.Name, a.ThemeID, a.Version, a.Hash
	tokens, err := w.Tokens.Clean()
	for _, x := range fault.Of(err).Fields {
		f.Add(x.Name, x.Says)
	}
	next.Choice.Tokens = tokens
	next.Choice.Slogan = strings.TrimSpace(w.Slogan)
	f.Check(utf8.RuneCountInString(next.Choice.Slogan) <= 24 && !strings.ContainsFunc(next.Choice.Slogan, func(r rune) bool { return r < ' ' }), "slogan", "标语请写在 24 个字以内，不换行")
	f.Check(utf8.RuneCountInString(next.Reason) <= 200, "reason", "请压缩到 200 字以内")
	f.Check(utf8.RuneCountInString(next.Consent) <= 100, "consent", "请压缩到 100 字以内")
	if !w.NoLogo {
		next.Choice.Logo, next.logoRef = now.Choice.Logo, now.logoRef
	}
	if w.Logo != nil {
		b, err := io.ReadAll(io.LimitReader(w.Logo, maxLogo+1))
		if err != nil {
			return next, err
		}
		c, kind, err := image.DecodeConfig(bytes.NewReader(b))
		if kind == "jpeg" {
			kind = "jpg"
		}
		switch {
		case len(b) > maxLogo:
			f.Add("logo", fmt.Sprintf("标志超过 %d KB，请压缩后再上传", maxLogo>>10))
		case err != nil || logoKinds[kind] == "":
			f.Add("logo", "标志请用 PNG、WebP 或 JPEG 图片；不接受 SVG")
		case c.Width > maxLogoSide || c.Height > maxLogoSide || c.Width < 32 || c.Height < 32:
			f.Add("logo", fmt.Sprintf("标志是 %d×%d 像素，边长请在 32—%d 像素之间", c.Width, c.Height, maxLogoSide))
		default:
			ref, err := s.Store.Put(ctx, bytes.NewReader(b))
			if err != nil {
				return next, err
			}
			sum := sha256.Sum256(b)
			next.Choice.Logo, next.logoRef = "/theme/logo-"+hex.EncodeToString(sum[:8])+"."+kind, string(ref)
		}
	}
	return next, f.Err()
}

// Choose changes how a site looks and publishes all its pages anew.
func (s *Service) Choose(ctx context.Context, scope authz.Scope, id registry.SiteID, w Wish) error {
	return s.change(ctx, scope, id, "appearance.choose", func(tx *db.Tx, now Chosen) (Chosen, error) {
		next, err := s.choice(ctx, tx, now, w)
		if err == nil && now.No > 0 && next.Choice == now.Choice {
			err = fault.New(fault.Invalid, "外观没有变化，不用保存。")
		}
		return next, err
	})
}

// Back brings the choice before the one that stands back.
func (s *Service) Back(ctx context.Context, scope authz.Scope, id registry.SiteID, consent string) error {
	return s.change(ctx, scope, id, "appearance.back", func(tx *db.Tx, now Chosen) (Chosen, error) {
		if now.No == 0 {
			return now, fault.New(fault.Refused, "这个站点的外观没有改过，没有可以退回的上一版。")
		}
		at := now.stands()
		if at == first {
			return now, fault.New(fault.Refused, "已经退到最初的外观，没有更早的版本。")
		}
		next := Chosen{Choice: theme.Choice{ID: theme.Blue}, ThemeName: theme.House("").Name}
		to := first
		if at > 1 {
			var err error
			if next, err = db.One(ctx, tx, scanChosen, chosenSelect+` AND no = $2`, id, at-1); err != nil {
				return now, err
			}
			to = next.stands()
		}
		if h := next.Choice.Hash; h != "" {
			a, err := db.One(ctx, tx, scanAvailable, availableSelect+` WHERE v.hash = $1`, h)
			if err != nil {
				return now, err
			}
			if !a.Offered() {
				return now, fault.Newf(fault.Refused, "上一版用的主题“%s”%s已停止提供，请另选主题。", a.Name, a.Version)
			}
		}
		next.BackTo, next.Reason, next.Consent = to, "退回上一版外观", strings.TrimSpace(consent)
		return next, nil
	})
}

func (s *Service) change(ctx context.Context, scope authz.Scope, id registry.SiteID, act string, next func(tx *db.Tx, now Chosen) (Chosen, error)) error {
	session := authz.SessionFrom(ctx)
	if session == nil {
		return fault.New(fault.SignIn, "请先登录。")
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		return s.changeTx(ctx, tx, scope, id, act, audit.Actor{ID: session.PersonID, Name: session.Name}, next)
	})
}

func (s *Service) changeTx(ctx context.Context, tx *db.Tx, scope authz.Scope, id registry.SiteID, act string, who audit.Actor, next func(tx *db.Tx, now Chosen) (Chosen, error)) error {
	site, err := s.Registry.SiteTx(ctx, tx, scope, id)
	if err != nil {
		return err
	}
	if !site.Hosted {
		return fault.New(fault.Refused, "这个站点不由本平台承载，不能在这里设置外观。")
	}
	now, err := current(ctx, tx, id)
	if err != nil {
		return err
	}
	c, err := next(tx, now)
	if err != nil {
		return err
	}
	if f, ok, err := s.freeze(ctx, tx, site); err != nil {
		return err
	} else if ok && len(f.Consents) == 0 {
		return fault.Newf(fault.Refused, "现在是重要保障期（%s，至%s），外观不能更改；确需更改的，请报省政府办公厅同意，由省政府办公厅在“重要保障期”中登记后再办。", f.Name, f.Until.Chinese()).On("consent", "还没有登记省政府办公厅的同意")
	} else if ok && !slices.Contains(f.Consents, c.Consent) {
		return fault.Newf(fault.Refused, "现在是重要保障期（%s，至%s），外观不能更改；省政府办公厅已同意本站更改，请填写同意文件的文号。", f.Name, f.Until.Chinese()).On("consent", "请填写已登记的同意文件文号："+strings.Join(f.Consents, "、"))
	}
	tokens, err := json.Marshal(c.Choice.Tokens)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `INSERT INTO site_appearance (site_id, no, theme_id, version, hash, theme_name, tokens, logo, logo_ref, slogan, back_to, consent, reason, person_id, person_name, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT (site_id, no) DO NOTHING`,
		id, now.No+1, c.Choice.ID, c.Choice.Version, c.Choice.Hash, c.ThemeName, string(tokens), c.Choice.Logo, c.logoRef, c.Choice.Slogan, c.BackTo, c.Consent, c.Reason, who.ID, who.Name, tx.Now())
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "外观刚被别人改过，请刷新后再改。")
	}
	if err := s.Publisher.Touch(ctx, tx, id); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: act, Target: site.Target(), Before: now.Choice, After: c.Choice})
}

// Carried is what a site chose, without its logo: for a template or an archive
// of the site.
func (s *Service) Carried(ctx context.Context, q db.Querier, scope authz.Scope, id registry.SiteID) (theme.Choice, error) {
	if _, err := s.Registry.SiteTx(ctx, q, scope, id); err != nil {
		return theme.Choice{}, err
	}
	c, err := current(ctx, q, id)
	c.Choice.Logo = ""
	return c.Choice, err
}

// LogoOf is the picture that a site wears as its logo, for an archive of the
// site; nil for none. A template has none: a logo is its owner's.
func (s *Service) LogoOf(ctx context.Context, q db.Querier, scope authz.Scope, id registry.SiteID) ([]byte, error) {
	if _, err := s.Registry.SiteTx(ctx, q, scope, id); err != nil {
		return nil, err
	}
	c, err := current(ctx, q, id)
	if err != nil || c.logoRef == "" {
		return nil, err
	}
	return s.read(ctx, c.logoRef, maxLogo)
}

// Adopt gives a site the choice that a template or an archive carries, in the
// transaction of that act; without a logo it keeps its own. A bundle that is not
// installed here gives way to the house's first theme.
func (s *Service) Adopt(ctx context.Context, tx *db.Tx, scope authz.Scope, id registry.SiteID, c theme.Choice, logo []byte, reason string) error {
	who, _ := audit.ActorFrom(ctx)
	return s.changeTx(ctx, tx, scope, id, "appearance.adopt", who, func(tx *db.Tx, now Chosen) (Chosen, error) {
		wished := c.ID
		if c.Hash != "" {
			a, err := ofHash(ctx, tx, c.Hash)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return Chosen{}, err
			}
			wished = cmp.Or(a.ID, theme.Blue)
		}
		w := Wish{Theme: cmp.Or(wished, theme.Blue), Tokens: c.Tokens, Slogan: c.Slogan, Reason: reason}
		if len(logo) > 0 {
			w.Logo = bytes.NewReader(logo)
		}
		return s.choice(ctx, tx, now, w)
	})
}

// Draft is how a site would look with a wish, nothing kept: for the preview.
func (s *Service) Draft(ctx context.Context, scope authz.Scope, id registry.SiteID, w Wish) (theme.Choice, error) {
	if _, err := s.Registry.Site(ctx, scope, id); err != nil {
		return theme.Choice{}, err
	}
	now, err := current(ctx, s.DB, id)
	if err != nil {
		return theme.Choice{}, err
	}
	w.Logo = nil
	c, err := s.choice(ctx, s.DB, now, w)
	return c.Choice, err
}
