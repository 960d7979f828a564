package protection

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// AssetKinds are 关键设备 and 安全专用产品.
var AssetKinds = []struct{ Value, Name string }{{"device", "关键设备"}, {"product", "安全专用产品"}}

// Proofs are the two ways of Article 24.
var Proofs = []struct{ Value, Name string }{{"certified", "安全认证"}, {"tested", "安全检测"}}

func nameOf(list []struct{ Value, Name string }, v string) string {
	for _, x := range list {
		if x.Value == v {
			return x.Name
		}
	}
	return ""
}

// Asset is one key device or security product.
type Asset struct {
	ID          string
	Unit        org.UnitID
	UnitName    string // joined
	Kind        string
	Name        string
	Maker       string
	Model       string
	Pieces      int
	Domestic    bool
	Proof       string
	Certificate string
	Expires     calendar.Date
	FileID      string
	FileName    string
	Retired     calendar.Date
	UpdatedAt   time.Time
	area, line  string
}

// KindName is the kind in Chinese.
func (a Asset) KindName() string { return nameOf(AssetKinds, a.Kind) }

// ProofName is how it proves itself, in Chinese.
func (a Asset) ProofName() string { return nameOf(Proofs, a.Proof) }

// Link is the asset's page.
func (a Asset) Link() string { return "/console/assets/" + a.ID }

// In reports whether it lies in the scope.
func (a Asset) In(scope authz.Scope) bool { return a.area != "" && scope.Covers(a.area, a.line) }

// Target names it in the trail.
func (a Asset) Target() audit.Target {
	return audit.Target{Kind: "security_asset", ID: a.ID, Name: a.Name, Unit: string(a.Unit)}
}

// Breaches are what it lacks on the day.
func (a Asset) Breaches(on calendar.Date) []rules.Breach {
	return sx2021.CheckAsset(sx2021.Asset{Certificate: a.Certificate, Expires: a.Expires, Domestic: a.Domestic, Pieces: a.Pieces}, on)
}

func (a Asset) subject() obligation.Subject {
	return obligation.Subject{Kind: "security_asset", ID: a.ID, Name: a.Name}
}

const assetSelect = `
	SELECT a.id, a.unit_id, u.name, a.kind, a.name, a.maker, a.model, a.pieces, a.domestic, a.proof, a.certificate, a.expires_on, COALESCE(a.file_id, ''), a.file_name, a.retired_on, a.updated_at, u.area_path, u.line_path
	  FROM security_asset a JOIN unit u ON u.id = a.unit_id`

func scanAsset(r db.Scanner) (Asset, error) {
	var a Asset
	err := r.Scan(&a.ID, &a.Unit, &a.UnitName, &a.Kind, &a.Name, &a.Maker, &a.Model, &a.Pieces, &a.Domestic, &a.Proof, &a.Certificate, &a.Expires, &a.FileID, &a.FileName, &a.Retired, &a.UpdatedAt, &a.area, &a.line)
	return a, err
}

// Asset in scope.
func (s *Service) Asset(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Asset, error) {
	a, err := db.One(ctx, q, scanAsset, assetSelect+` WHERE a.id = $1`, id)
	if db.None(err) || err == nil && !a.In(scope) {
		return Asset{}, fault.Missing("设备或产品")
	}
	return a, err
}

// Share is how many pieces are domestic: 优先采购国产 is advice, shown as a
// figure.
type Share struct{ Domestic, All int }

// Assets in scope, how many there are, and the domestic share of all of them.
func (s *Service) Assets(ctx context.Context, scope authz.Scope, f Filter) ([]Asset, int, Share, error) {
	var w db.Where
	scope.Where(&w, "u")
	if f.Text != "" {
		like := db.Contains(f.Text)
		w.And(`lower(a.name) LIKE ? ESCAPE '\' OR lower(a.maker) LIKE ? ESCAPE '\' OR lower(a.certificate) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\' OR u.initials LIKE ? ESCAPE '\'`, like, like, like, like, like)
	}
	today := s.today()
	w.AndIf(!f.Gone, "a.retired_on IS NULL").AndIf(f.Unit != "", "a.unit_id = ?", f.Unit).AndIf(f.Kind != "", "a.kind = ?", f.Kind).
		AndIf(f.Ends > 0, "a.expires_on <= ?", today.AddDays(f.Ends)).AndIf(f.Wrong, "a.certificate = '' OR a.expires_on < ?", today)
	type sum struct{ rows, domestic, all int }
	t, err := db.One(ctx, s.db, func(r db.Scanner) (sum, error) {
		var x sum
		err := r.Scan(&x.rows, &x.domestic, &x.all)
		return x, err
	}, `SELECT count(*), COALESCE(SUM(CASE WHEN a.domestic THEN a.pieces ELSE 0 END), 0), COALESCE(SUM(a.pieces), 0) FROM security_asset a JOIN unit u ON u.id = a.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, Share{}, err
	}
	list, err := db.All(ctx, s.db, scanAsset, assetSelect+` WHERE `+w.SQL()+` ORDER BY CASE WHEN a.expires_on IS NULL THEN 1 ELSE 0 END, a.expires_on, a.id LIMIT `+w.Arg(cmp.Or(f.Limit, 50))+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, t.rows, Share{t.domestic, t.all}, err
}

func cleanAsset(a *Asset) error {
	for _, p := range []*string{&a.Name, &a.Maker, &a.Model, &a.Certificate} {
		*p = strings.TrimSpace(*p)
	}
	var f fault.Fields
	f.Check(nameOf(AssetKinds, a.Kind) != "", "kind", "请选择关键设备或安全专用产品")
	f.Text("name", "设备或产品名称", a.Name, true, 100)
	f.Text("maker", "厂商名称", a.Maker, true, 100)
	f.Text("model", "型号", a.Model, false, 100)
	f.Check(a.Pieces >= 1 && a.Pieces <= 100000, "pieces", "请填写台（套）数，1 至 100000")
	f.Text("certificate", "证书编号", a.Certificate, false, 100)
	f.Check(a.Certificate == "" || nameOf(Proofs, a.Proof) != "", "proof", "请选择安全认证或安全检测")
	f.Check(a.Certificate != "" || a.Proof == "" && a.Expires.IsZero(), "certificate", "请填写证书编号；没有证书的，证书类别选“无”，有效期留空")
	return f.Err()
}

// SaveAsset registers a device or product, or changes it. One without a
// certificate is recorded: it is a gap to be seen, not one to be hidden.
func (s *Service) SaveAsset(ctx context.Context, scope authz.Scope, n Asset, file *approval.Upload) (Asset, error) {
	if err := cleanAsset(&n); err != nil {
		return n, err
	}
	taken, err := approval.TakeOne(ctx, s.store, file, "certificate", "file")
	if err != nil {
		return n, err
	}
	a := n
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		var before any
		var was calendar.Date
		act := "protection.asset.add"
		if n.ID == "" {
			u, err := s.org.UnitTx(ctx, tx, scope, n.Unit)
			if err != nil {
				return err
			}
			a = n
			a.ID, a.UnitName, a.area, a.line = ulid.Make().String(), u.Name, u.AreaPath, u.LinePath
			if _, err := tx.Exec(ctx, `
				INSERT INTO security_asset (id, unit_id, kind, name, maker, model, pieces, domestic, proof, certificate, expires_on, file_name, created_at, updated_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', $12, $12)`, a.ID, a.Unit, a.Kind, a.Name, a.Maker, a.Model, a.Pieces, a.Domestic, a.Proof, a.Certificate, a.Expires, tx.Now()); err != nil {
				return fmt.Errorf("protection: add asset: %w", err)
			}
		} else {
			old, err := s.Asset(ctx, tx, scope, n.ID)
			if err != nil {
				return err
			}
			if !old.Retired.IsZero() {
				return fault.New(fault.Conflict, "已报废停用，不能再修改。")
			}
			before, was, act = old, old.Expires, "protection.asset.change"
			a.Unit, a.UnitName, a.FileID, a.FileName, a.area, a.line = old.Unit, old.UnitName, old.FileID, old.FileName, old.area, old.line
			if _, err := tx.Exec(ctx, `UPDATE security_asset SET kind = $2, name = $3, maker = $4, model = $5, pieces = $6, domestic = $7, proof = $8, certificate = $9, expires_on = $10, updated_at = $11 WHERE id = $1`,
				a.ID, a.Kind, a.Name, a.Maker, a.Model, a.Pieces, a.Domestic, a.Proof, a.Certificate, a.Expires, tx.Now()); err != nil {
				return err
			}
		}
		a.UpdatedAt = tx.Now()
		kept := taken
		if kept, err = approval.AttachTo(ctx, tx, "security_asset", a.ID, kept); err != nil {
			return err
		}
		if kept.ID != "" {
			a.FileID, a.FileName = kept.ID, kept.Name
			if _, err := tx.Exec(ctx, `UPDATE security_asset SET file_id = $2, file_name = $3 WHERE id = $1`, a.ID, a.FileID, a.FileName); err != nil {
				return err
			}
		}
		if err := s.owe(ctx, tx, CertificateDue.ID, a.Unit, a.subject(), a.Link(), was, a.Expires, "证书信息已更新"); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: act, Target: a.Target(), Basis: CertificateDue.Citation, Before: before, After: a})
	})
	return a, err
}

// Retire takes a device or product out of use.
func (s *Service) Retire(ctx context.Context, scope authz.Scope, id string) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		a, err := s.Asset(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if !a.Retired.IsZero() {
			return fault.New(fault.Conflict, "已经报废停用。")
		}
		if _, err := tx.Exec(ctx, `UPDATE security_asset SET retired_on = $2, updated_at = $3 WHERE id = $1`, id, calendar.DateOf(tx.Now()), tx.Now()); err != nil {
			return err
		}
		if _, err := s.obligations.Annul(ctx, tx, CertificateDue.ID, a.subject(), "已报废停用"); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "protection.asset.end", Target: a.Target(), Before: a})
	})
}

// AssetHistory is the trail of one asset in scope.
func (s *Service) AssetHistory(ctx context.Context, scope authz.Scope, id string) ([]audit.Row, error) {
	if _, err := s.Asset(ctx, s.db, scope, id); err != nil {
		return nil, err
	}
	return audit.Entries(ctx, s.db, audit.Filter{TargetKind: "security_asset", TargetID: id, Limit: 40})
}
