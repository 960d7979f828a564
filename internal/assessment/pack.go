package assessment

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/rules/packs"
)

// Labels of an adoption. A demonstration is never mistaken for the real thing:
// the label stands beside every score that rests on it.
const (
	Adopted     = "正式采用"
	AdoptedDemo = "演示采用"
)

// Adoption records that a province judges by a pack, unverified values
// included: who, when, on what basis.
type Adoption struct {
	ID       string
	Pack     string
	Version  int
	Unit     org.UnitID
	UnitName string // joined
	Label    string
	Basis    string
	By       string
	On       calendar.Date
	At       time.Time
	areaPath string // of the unit
}

const adoptionSelect = `
	SELECT a.id, a.pack, a.version, a.unit_id, u.name, a.label, a.basis, a.adopted_by, a.adopted_on, a.at, u.area_path
	  FROM pack_adoption a JOIN unit u ON u.id = a.unit_id`

func scanAdoption(r db.Scanner) (Adoption, error) {
	var a Adoption
	err := r.Scan(&a.ID, &a.Pack, &a.Version, &a.Unit, &a.UnitName, &a.Label, &a.Basis, &a.By, &a.On, &a.At, &a.areaPath)
	return a, err
}

// governs reports whether a unit at the path lies in the adopter's area.
func (a Adoption) governs(areaPath string) bool {
	area, _, _ := strings.Cut(a.areaPath, "@")
	return strings.HasPrefix(areaPath, area)
}

// PackStatus is a pack with the adoptions the reader may see.
type PackStatus struct {
	Pack      packs.Pack
	Adoptions []Adoption
}

// Packs are the packs at hand, newest version first. A pack is public text; who
// adopted it is shown to everybody whose area the adoption governs.
func (s *Service) Packs(ctx context.Context, scope authz.Scope) ([]PackStatus, error) {
	all, err := db.All(ctx, s.db, scanAdoption, adoptionSelect+` ORDER BY a.at, a.id`)
	if err != nil {
		return nil, err
	}
	at, err := s.atHand(ctx, s.db)
	if err != nil {
		return nil, err
	}
	var out []PackStatus
	for _, p := range at {
		st := PackStatus{Pack: p}
		for _, a := range all {
			area, _, _ := strings.Cut(a.areaPath, "@")
			if a.Pack == p.ID && a.Version == p.Version && (scope.Reaches(area) || scope.Covers(a.areaPath, "")) {
				st.Adoptions = append(st.Adoptions, a)
			}
		}
		out = append(out, st)
	}
	slices.Reverse(out)
	return out, nil
}

// Adopt lets the province's office judge by a pack, values not yet verified
// included. Only the office of a province may (Article 29).
func (s *Service) Adopt(ctx context.Context, scope authz.Scope, unit org.UnitID, pack string, version int, label, basis string) (a Adoption, err error) {
	basis = strings.TrimSpace(basis)
	var wrong fault.Fields
	wrong.Check(label == Adopted || label == AdoptedDemo, "label", "没有选择采用方式，请选择“正式采用”或“演示采用”")
	wrong.Check(len([]rune(basis)) >= 4 && len([]rune(basis)) <= 500, "basis", "没有写明采用依据，请填写文件名称、文号或理由（4至500字）")
	if err := wrong.Err(); err != nil {
		return a, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := s.packOf(ctx, tx, pack, version); err != nil {
			return err
		}
		actor, ok := audit.ActorFrom(ctx)
		if !ok {
			return audit.ErrNoActor
		}
		u, err := s.org.UnitTx(ctx, tx, scope, unit)
		if err != nil {
			return err
		}
		if u.Kind != org.Office || u.Level != org.Province {
			return fault.Newf(fault.Refused, "指标包由省政府办公厅采用，%s不能采用；请报省政府办公厅。", u.Name).
				Because(fault.Reason{ID: "S29.1", Citation: articleTwentyNine, Says: "省政府办公厅对全省政府网站与政务新媒体建设、运行、监管等工作，每月进行检查，每季度进行通报，每年度进行考核评估"})
		}
		a = Adoption{ID: ulid.Make().String(), Pack: pack, Version: version, Unit: u.ID, UnitName: u.Name, Label: label, Basis: basis, By: actor.Name, On: calendar.DateOf(tx.Now()), At: tx.Now(), areaPath: u.AreaPath}
		_, err = tx.Exec(ctx, `INSERT INTO pack_adoption (id, pack, version, unit_id, label, basis, adopted_by, adopted_on, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			a.ID, a.Pack, a.Version, a.Unit, a.Label, a.Basis, a.By, a.On, a.At)
		if _, dup := db.UniqueViolation(err); dup {
			return fault.Newf(fault.Conflict, "%s已经采用过这个指标包的这一版本，不需要重复采用。", u.Name).From(err)
		}
		if err != nil {
			return err
		}
		// A shipped edition has no row of its own.
		row, err := db.One(ctx, tx, db.Value[string], `SELECT id FROM scoring_pack WHERE pack = $1 AND version = $2 AND state <> 'dropped'`, pack, version)
		if err != nil && !db.None(err) {
			return err
		}
		if row != "" {
			if _, _, err := VersionMachine.Take(ctx, tx, row, "adopt", passage.Note{Says: basis}); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE scoring_pack SET state = 'adopted' WHERE id = $1`, row); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "assessment.pack.adopt", Basis: articleTwentyNine,
			Target: audit.Target{Kind: "pack", ID: pack, Name: pack, Unit: string(u.ID)}, After: map[string]any{"version": version, "label": label, "basis": basis}})
	})
	return a, err
}
