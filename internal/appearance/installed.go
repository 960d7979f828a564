package appearance

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
)

// Available is a theme that can be looked at: of the house, or one installed
// version of a bundle.
type Available struct {
	ID                                            string // gov-blue, or of the version
	ThemeID, Name, Version, Author, Licence, Hash string
	Size, Files                                   int
	KeyID, KeyName                                string
	InstalledBy                                   string
	InstalledAt                                   time.Time
	WithheldAt                                    time.Time
	WithheldBy, WithheldWhy                       string
	Sites                                         int // that wear it
	KeyRevoked                                    bool
}

// House says that the theme comes with the house.
func (a Available) House() bool { return a.Hash == "" }

// Offered says that a site can choose it.
func (a Available) Offered() bool { return a.WithheldAt.IsZero() && !a.KeyRevoked }

// Choice is the theme as a choice without more.
func (a Available) Choice() theme.Choice {
	return theme.Choice{ID: a.ThemeID, Version: a.Version, Hash: a.Hash}
}

// Link is its page.
func (a Available) Link() string { return ThemeLink(a.ID) }

// ThemeLink is the page of a theme by its id.
func ThemeLink(id string) string {
	return "/console/themes/version?" + url.Values{"theme": {id}}.Encode()
}

const availableSelect = `
	SELECT v.id, v.theme_id, v.name, v.version, v.author, v.licence, v.hash, v.size, v.files, v.key_id, k.name, v.installed_name, v.installed_at, v.withheld_at, v.withheld_name, v.withheld_why, k.revoked_at IS NOT NULL,
	       (SELECT count(*) FROM site_appearance a WHERE a.hash = v.hash AND a.no = (SELECT max(b.no) FROM site_appearance b WHERE b.site_id = a.site_id))
	  FROM theme_version v JOIN theme_key k ON k.id = v.key_id`

func scanAvailable(r db.Scanner) (Available, error) {
	var a Available
	return a, r.Scan(&a.ID, &a.ThemeID, &a.Name, &a.Version, &a.Author, &a.Licence, &a.Hash, &a.Size, &a.Files, &a.KeyID, &a.KeyName, &a.InstalledBy, &a.InstalledAt, &a.WithheldAt, &a.WithheldBy, &a.WithheldWhy, &a.KeyRevoked, &a.Sites)
}

func ofHouse(t *theme.Theme) Available {
	return Available{ID: t.ID, ThemeID: t.ID, Name: t.Name, Author: "政枢", Licence: "随系统提供"}
}

// Themes are the themes of the house and every installed version, newest
// first.
func (s *Service) Themes(ctx context.Context) ([]Available, error) {
	var out []Available
	worn := map[string]int{}
	rows, err := db.All(ctx, s.DB, func(r db.Scanner) (Available, error) {
		var a Available
		return a, r.Scan(&a.ThemeID, &a.Sites)
	}, `SELECT theme_id, count(*) FROM site_appearance a WHERE hash = '' AND no = (SELECT max(b.no) FROM site_appearance b WHERE b.site_id = a.site_id) GROUP BY theme_id`)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		worn[r.ThemeID] = r.Sites
	}
	plain, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM site s WHERE s.hosted AND NOT EXISTS (SELECT 1 FROM site_appearance a WHERE a.site_id = s.id)`)
	if err != nil {
		return nil, err
	}
	worn[theme.Blue] += plain // what a site wears that has chosen nothing
	for _, t := range theme.Ours() {
		a := ofHouse(t)
		a.Sites = worn[t.ID]
		out = append(out, a)
	}
	list, err := db.All(ctx, s.DB, scanAvailable, availableSelect+` ORDER BY v.id DESC LIMIT 200`)
	return append(out, list...), err
}

// Offered are the themes a site can choose.
func (s *Service) Offered(ctx context.Context) ([]Available, error) {
	all, err := s.Themes(ctx)
	var out []Available
	for _, a := range all {
		if a.Offered() {
			out = append(out, a)
		}
	}
	return out, err
}

// Installed is one theme by its id.
func (s *Service) Installed(ctx context.Context, id string) (Available, error) {
	all, err := s.Themes(ctx)
	for _, a := range all {
		if a.ID == id {
			return a, nil
		}
	}
	if err != nil {
		return Available{}, err
	}
	return s.available(ctx, s.DB, id)
}

func (s *Service) available(ctx context.Context, q db.Querier, id string) (Available, error) {
	for _, t := range theme.Ours() {
		if t.ID == id {
			return ofHouse(t), nil
		}
	}
	a, err := db.One(ctx, q, scanAvailable, availableSelect+` WHERE v.id = $1`, id)
	if db.None(err) {
		return a, fault.Missing("主题")
	}
	return a, err
}

// OfHash is the installed version of a bundle.
func (s *Service) OfHash(ctx context.Context, hash string) (Available, error) {
	return ofHash(ctx, s.DB, hash)
}

func ofHash(ctx context.Context, q db.Querier, hash string) (Available, error) {
	a, err := db.One(ctx, q, scanAvailable, availableSelect+` WHERE v.hash = $1`, hash)
	if db.None(err) {
		return a, fault.Missing("主题")
	}
	return a, err
}

// Key is a signature's key that the province trusts, or trusted.
type Key struct {
	ID, Name, PublicKey, Reason, AddedBy string
	AddedAt                              time.Time
	RevokedAt                            time.Time
	RevokedBy, RevokedWhy                string
}

func scanKey(r db.Scanner) (Key, error) {
	var k Key
	return k, r.Scan(&k.ID, &k.Name, &k.PublicKey, &k.Reason, &k.AddedBy, &k.AddedAt, &k.RevokedAt, &k.RevokedBy, &k.RevokedWhy)
}

const keySelect = `SELECT id, name, public_key, reason, added_name, added_at, revoked_at, revoked_name, revoked_why FROM theme_key`

// Keys are the keys of theme authors, those that are trusted first.
func (s *Service) Keys(ctx context.Context) ([]Key, error) {
	return db.All(ctx, s.DB, scanKey, keySelect+` ORDER BY CASE WHEN revoked_at IS NULL THEN 0 ELSE 1 END, added_at DESC LIMIT 100`)
}

// province refuses who does not act for the provincial office.
func (s *Service) province(ctx context.Context, session *authz.Session) error {
	if session == nil {
		return fault.New(fault.SignIn, "请先登录。")
	}
	ok, err := s.Province.MaySet(ctx, session)
	if err == nil && !ok {
		err = fault.New(fault.Forbidden, "主题由省政府办公厅统一安装和停用，请联系省政府办公厅。")
	}
	return err
}

// MayInstall says whether the person acts for the provincial office.
func (s *Service) MayInstall(ctx context.Context, session *authz.Session) (bool, error) {
	err := s.province(ctx, session)
	if fault.Is(err, fault.Forbidden) || fault.Is(err, fault.SignIn) {
		return false, nil
	}
	return err == nil, err
}

// Trust adds the key of a theme author.
func (s *Service) Trust(ctx context.Context, session *authz.Session, name, public, reason string) error {
	if err := s.province(ctx, session); err != nil {
		return err
	}
	name, public, reason = strings.TrimSpace(name), strings.TrimSpace(public), strings.TrimSpace(reason)
	var f fault.Fields
	f.Text("name", "作者单位", name, true, 60)
	f.Text("reason", "依据", reason, true, 200)
	raw, err := base64.StdEncoding.DecodeString(public)
	f.Check(err == nil && len(raw) == ed25519.PublicKeySize, "key", "请粘贴 zhengshu theme key 显示的公钥（44 个字符）")
	if err := f.Err(); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		id := ulid.Make().String()
		n, err := tx.Exec(ctx, `INSERT INTO theme_key (id, name, public_key, reason, added_id, added_name, added_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (public_key) DO NOTHING`,
			id, name, public, reason, session.PersonID, session.Name, tx.Now())
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "这把公钥已经登记过。").On("key", "已经登记过；吊销的公钥不能重新信任，请作者换一把")
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "appearance.key.trust", Target: audit.Target{Kind: "theme_key", ID: id, Name: name}, After: map[string]any{"key": public, "reason": reason}})
	})
}

// Revoke ends the trust in a key: its themes are no longer offered. Sites that
// wear one keep it until they choose another.
func (s *Service) Revoke(ctx context.Context, session *authz.Session, id, why string) error {
	if err := s.province(ctx, session); err != nil {
		return err
	}
	var f fault.Fields
	f.Text("why", "吊销原因", strings.TrimSpace(why), true, 200)
	if err := f.Err(); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		k, err := db.One(ctx, tx, scanKey, keySelect+` WHERE id = $1`, id)
		if db.None(err) {
			return fault.Missing("公钥")
		}
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE theme_key SET revoked_at = $2, revoked_name = $3, revoked_why = $4 WHERE id = $1 AND revoked_at IS NULL`, id, tx.Now(), session.Name, strings.TrimSpace(why))
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "这把公钥已经吊销。")
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "appearance.key.revoke", Target: audit.Target{Kind: "theme_key", ID: id, Name: k.Name}, After: map[string]any{"why": strings.TrimSpace(why)}})
	})
}

// Install takes a signed bundle: it is read, its signature held against the
// trusted keys, its files against what a bundle may do, its views against the
// types of the pages; every sample is drawn and looked over with the checks
// that judge sites. Only then is it offered.
func (s *Service) Install(ctx context.Context, session *authz.Session, r io.Reader) (Available, error) {
	var none Available
	if err := s.province(ctx, session); err != nil {
		return none, err
	}
	file, err := io.ReadAll(io.LimitReader(r, theme.MaxBundle+1))
	if err != nil {
		return none, err
	}
	return s.install(ctx, file, audit.Actor{Kind: "person", ID: session.PersonID, Name: session.Name})
}

// BundleOf is the file of the bundle that a site wears; nil for a theme of the
// house.
func (s *Service) BundleOf(ctx context.Context, q db.Querier, scope authz.Scope, id registry.SiteID) ([]byte, error) {
	if _, err := s.Registry.SiteTx(ctx, q, scope, id); err != nil {
		return nil, err
	}
	c, err := current(ctx, q, id)
	if err != nil || c.Choice.Hash == "" {
		return nil, err
	}
	return s.bundle(ctx, c.Choice.Hash)
}

// Receive takes a bundle that came in an archive of a site, on the terms of
// Install: it must be signed with a key that this province trusts. One that is
// here already is taken for received.
func (s *Service) Receive(ctx context.Context, file []byte) error {
	if b, err := theme.ReadBundle(file); err == nil {
		if _, err := ofHash(ctx, s.DB, b.Hash); err == nil || !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	who, _ := audit.ActorFrom(ctx)
	_, err := s.install(ctx, file, who)
	return err
}

// install is what Install and Receive have in common: everything but who asks.
func (s *Service) install(ctx context.Context, file []byte, who audit.Actor) (Available, error) {
	var none Available
	b, err := theme.ReadBundle(file)
	if err != nil {
		return none, told(err)
	}
	if !b.Signed() {
		return none, fault.New(fault.Invalid, "主题包没有签名，不能安装。请作者用 zhengshu theme sign 签名后再传。").On("file", "没有签名")
	}
	key, err := db.One(ctx, s.DB, scanKey, keySelect+` WHERE public_key = $1 AND revoked_at IS NULL`, b.KeyText())
	if db.None(err) {
		return none, fault.Newf(fault.Refused, "签名的公钥不在本省信任之列（%s），不能安装。请先核实作者，再登记这把公钥。", b.KeyText()).On("file", "签名的公钥没有登记或已吊销")
	}
	if err != nil {
		return none, err
	}
	if err := Examine(b); err != nil {
		return none, told(err)
	}
	ref, err := s.Store.Put(ctx, bytes.NewReader(file))
	if err != nil {
		return none, err
	}
	id := ulid.Make().String()
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `INSERT INTO theme_version (id, theme_id, version, name, author, licence, hash, blob_ref, size, files, key_id, installed_id, installed_name, installed_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING`,
			id, b.ID, b.Version, b.Name, b.Author, b.Licence, b.Hash, string(ref), len(file), len(b.BundleManifest.Files), key.ID, who.ID, who.Name, tx.Now())
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.Newf(fault.Conflict, "主题 %s 的 %s 版已经安装过。内容有变化的，请作者改版本号后重新签名。", b.Name, b.Version).On("file", "这个版本已经安装过")
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "appearance.theme.install", Target: audit.Target{Kind: "theme", ID: id, Name: b.Name + " " + b.Version}, After: map[string]any{"hash": b.Hash, "key": key.Name, "bytes": len(file)}})
	})
	if err != nil {
		return none, err
	}
	return s.Installed(ctx, id)
}

// Examine holds a bundle against everything that Install asks for except the
// trust in its key: also for designers, from the command line.
func Examine(b *theme.Bundle) error {
	t, err := b.Theme(theme.PageBounds)
	if err != nil {
		return err
	}
	site := theme.Site{Demo: true, Plain: true}
	if err := t.Examine(site); err != nil {
		return err
	}
	// What the house finds wrong with any page of a site, it finds wrong with a
	// theme; what its own theme has the same of is not the bundle's doing.
	var wrongs []theme.Wrong
	for _, sample := range theme.Samples() {
		dressed := sample.Site(site)
		found := func(s theme.Site) (map[string]check.Finding, error) {
			body, err := sample.Draw(s)
			if err != nil {
				return nil, err
			}
			page, err := check.ParsePage(body, "text/html; charset=utf-8", s.Origin()+"/")
			if err != nil {
				return nil, err
			}
			out := map[string]check.Finding{}
			for _, f := range check.Violations(check.Run(check.Facts{Page: page, Class: check.ClassColumn, Ledger: &check.Ledger{SiteName: s.Name, SiteDomain: s.Host, SiteCode: s.SiteCode, Sponsor: s.Sponsor, OfficialPhones: []string{s.Contact}}})) {
				out[f.Check] = f
			}
			return out, nil
		}
		usual, err := found(dressed)
		if err != nil {
			return err
		}
		now, err := found(dressed.Dressed(t, nil))
		if err != nil {
			return err
		}
		for id, f := range now {
			if _, same := usual[id]; !same && len(wrongs) < 20 {
				wrongs = append(wrongs, theme.Wrong{File: "views/" + sample.View, Cause: "画出的“" + sample.Name + "”不合网页规范：" + f.Says, Cure: "请保留标签、页脚和必备的链接"})
			}
		}
	}
	if len(wrongs) > 0 {
		return &theme.Refusal{Wrongs: wrongs}
	}
	return nil
}

// told is a refusal as people read it.
func told(err error) error {
	var r *theme.Refusal
	if !errors.As(err, &r) {
		return err
	}
	f := fault.Newf(fault.Refused, "主题包没有通过检查（%d 处），没有安装。", len(r.Wrongs)).From(err)
	for _, w := range r.Wrongs {
		f = f.On("file", w.String())
	}
	return f
}

// Withhold stops offering a version, or offers it again when why is empty.
func (s *Service) Withhold(ctx context.Context, session *authz.Session, id, why string, again bool) error {
	if err := s.province(ctx, session); err != nil {
		return err
	}
	why = strings.TrimSpace(why)
	if !again && (why == "" || utf8.RuneCountInString(why) > 200) {
		return fault.New(fault.Invalid, "停止提供要写明原因。").On("why", "请写明原因，200 字以内")
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		a, err := s.available(ctx, tx, id)
		if err != nil {
			return err
		}
		if a.House() {
			return fault.New(fault.Refused, "系统自带的主题不能停用：其他主题画不出页面时由它代替。")
		}
		if again == a.WithheldAt.IsZero() {
			return fault.New(fault.Conflict, "这个版本刚被别人处理过，请刷新后再看。")
		}
		act, at, by := "appearance.theme.withhold", any(tx.Now()), session.Name
		if again {
			act, at, by, why = "appearance.theme.offer", nil, "", ""
		}
		if _, err := tx.Exec(ctx, `UPDATE theme_version SET withheld_at = $2, withheld_name = $3, withheld_why = $4 WHERE id = $1`, id, at, by, why); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: act, Target: audit.Target{Kind: "theme", ID: id, Name: fmt.Sprintf("%s %s", a.Name, a.Version)}, After: map[string]any{"why": why}})
	})
}
