package library

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/sx2021"
)

// PackageID identifies a package.
type PackageID string

// Package is several items that are submitted, reviewed and published as one
// (成套报审): a policy, its interpretation, its pictures. It has no state of its
// own: that of its items, which always stand at the same place.
type Package struct {
	ID         PackageID
	Title      string
	Unit       org.UnitID
	UnitName   string // joined
	PersonName string
	MadeAt     time.Time
	EndedAt    time.Time
	Outcome    string // published, dissolved, or empty
	Items      []Item // in order
}

// Link is the package's page.
func (p Package) Link() string { return "/console/item-packages/" + string(p.ID) }

// State is where the items stand; Draft when they do not stand together.
func (p Package) State() (state, stage string) {
	if len(p.Items) == 0 {
		return Draft, ""
	}
	for _, it := range p.Items {
		if it.State != p.Items[0].State || it.Stage != p.Items[0].Stage {
			return Draft, ""
		}
	}
	return p.Items[0].State, p.Items[0].Stage
}

// StateName is the state in Chinese.
func (p Package) StateName() string {
	switch p.Outcome {
	case "published":
		return "已成套发布"
	case "dissolved":
		return "已解散"
	}
	state, stage := p.State()
	if state == InReview {
		return "待" + StageName(stage)
	}
	if state == Returned {
		return "退回修改"
	}
	return "未送审"
}

// Seen names what a page showed, so that a stale page decides nothing.
func (p Package) Seen() string {
	var b strings.Builder
	for _, it := range p.Items {
		fmt.Fprintf(&b, "%s:%d:%d:%s;", it.ID, it.Version, it.Round, it.Stage)
	}
	return b.String()
}

func (p Package) target() audit.Target {
	return audit.Target{Kind: "item_package", ID: string(p.ID), Name: p.Title, Unit: string(p.Unit)}
}

// maxPackage is the most items in one package.
const maxPackage = 20

const packageSelect = `SELECT p.id, p.title, p.unit_id, u.name, p.person_name, p.made_at, p.ended_at, p.outcome, u.area_path, u.line_path FROM item_package p JOIN unit u ON u.id = p.unit_id`

type packageRow struct {
	Package
	area, line string
}

func scanPackage(r db.Scanner) (packageRow, error) {
	var p packageRow
	return p, r.Scan(&p.ID, &p.Title, &p.Unit, &p.UnitName, &p.PersonName, &p.MadeAt, &p.EndedAt, &p.Outcome, &p.area, &p.line)
}

// Package in scope with its items.
func (s *Service) Package(ctx context.Context, scope authz.Scope, id PackageID) (Package, error) {
	return s.pack(ctx, s.db, scope, id)
}

func (s *Service) pack(ctx context.Context, q db.Querier, scope authz.Scope, id PackageID) (Package, error) {
	p, err := db.One(ctx, q, scanPackage, packageSelect+` WHERE p.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(p.area, p.line) {
		return Package{}, fault.Missing("成套报审")
	}
	if err != nil {
		return Package{}, err
	}
	p.Items, err = db.All(ctx, q, scanItem, itemSelect+` JOIN item_package_item k ON k.item_id = i.id WHERE k.package_id = $1 ORDER BY k.seq`, id)
	return p.Package, err
}

// Packages of units in scope, newest first.
func (s *Service) Packages(ctx context.Context, scope authz.Scope, limit int) ([]Package, error) {
	var w db.Where
	scope.Where(&w, "u")
	rows, err := db.All(ctx, s.db, scanPackage, packageSelect+` WHERE `+w.SQL()+` ORDER BY CASE WHEN p.ended_at IS NULL THEN 0 ELSE 1 END, p.made_at DESC, p.id LIMIT `+w.Arg(limit), w.Args()...)
	if err != nil {
		return nil, err
	}
	var out []Package
	for _, r := range rows {
		p, err := s.pack(ctx, s.db, scope, r.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// alone refuses to act on one item of a package under way: it goes as one.
func (s *Service) alone(ctx context.Context, q db.Querier, it Item) error {
	name, err := db.One(ctx, q, db.Value[string], `SELECT p.title FROM item_package_item k JOIN item_package p ON p.id = k.package_id WHERE k.item_id = $1 AND k.ended = FALSE`, it.ID)
	if db.None(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return fault.Newf(fault.Conflict, "这篇稿件在成套报审“%s”里，要和其他稿件一起办理；请打开成套报审页面。", name)
}

// PackageOf is the package under way that an item in scope belongs to; ok is
// false for none.
func (s *Service) PackageOf(ctx context.Context, scope authz.Scope, id ItemID) (Package, bool, error) {
	if _, err := s.Item(ctx, scope, id); err != nil {
		return Package{}, false, err
	}
	pid, err := db.One(ctx, s.db, db.Value[PackageID], `SELECT package_id FROM item_package_item WHERE item_id = $1 AND ended = FALSE`, id)
	if db.None(err) {
		return Package{}, false, nil
	}
	if err != nil {
		return Package{}, false, err
	}
	p, err := s.pack(ctx, s.db, scope, pid)
	return p, err == nil, err
}

// Bundle puts items of one unit, drafts or returned, together as a package.
func (s *Service) Bundle(ctx context.Context, scope authz.Scope, title string, ids []ItemID) (Package, error) {
	title = oneLine(title)
	var kept []ItemID
	for _, id := range ids {
		if !slices.Contains(kept, id) {
			kept = append(kept, id)
		}
	}
	var f fault.Fields
	f.Check(title != "" && len([]rune(title)) <= 100, "title", "请给这套稿件起个名字，100 字以内")
	f.Check(len(kept) >= 2, "item", "成套报审至少选择 2 篇稿件")
	f.Check(len(kept) <= maxPackage, "item", fmt.Sprintf("一套最多 %d 篇稿件", maxPackage))
	if err := f.Err(); err != nil {
		return Package{}, err
	}
	var p Package
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		person, name, err := writer(ctx)
		if err != nil {
			return err
		}
		p = Package{ID: PackageID(ulid.Make().String()), Title: title, PersonName: name, MadeAt: tx.Now()}
		for _, id := range kept {
			it, err := s.ItemTx(ctx, tx, scope, id)
			if err != nil {
				return err
			}
			if p.Unit == "" {
				p.Unit, p.UnitName = it.Unit, it.UnitName
			}
			if it.Unit != p.Unit {
				return fault.New(fault.Invalid, "一套稿件要属于同一单位。").On("item", "请只选择同一单位的稿件")
			}
			if it.State != Draft && it.State != Returned {
				return fault.Newf(fault.Conflict, "“%s”现在是“%s”，不能编入成套报审；请先收回或修改。", it.Title, it.StateName())
			}
			if err := s.alone(ctx, tx, it); err != nil {
				return err
			}
			p.Items = append(p.Items, it)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO item_package (id, title, unit_id, person_id, person_name, made_at) VALUES ($1, $2, $3, $4, $5, $6)`, p.ID, title, p.Unit, person, name, p.MadeAt); err != nil {
			return fmt.Errorf("library: bundle: %w", err)
		}
		for i, it := range p.Items {
			if _, err := tx.Exec(ctx, `INSERT INTO item_package_item (package_id, item_id, seq) VALUES ($1, $2, $3)`, p.ID, it.ID, i+1); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.package.bundle", Target: p.target(), After: map[string]any{"items": kept}})
	})
	return p, err
}

// Dissolve lets the items of a package go their own ways again, while none is
// in review.
func (s *Service) Dissolve(ctx context.Context, scope authz.Scope, id PackageID) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		p, err := s.open(ctx, tx, scope, id, "")
		if err != nil {
			return err
		}
		if slices.ContainsFunc(p.Items, func(it Item) bool { return it.State == InReview }) {
			return fault.New(fault.Conflict, "这套稿件正在审核，请先收回再解散。")
		}
		return s.endPackage(ctx, tx, p, "dissolved")
	})
}

func (s *Service) endPackage(ctx context.Context, tx *db.Tx, p Package, outcome string) error {
	if _, err := tx.Exec(ctx, `UPDATE item_package SET ended_at = $2, outcome = $3 WHERE id = $1 AND ended_at IS NULL`, p.ID, tx.Now(), outcome); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE item_package_item SET ended = TRUE WHERE package_id = $1`, p.ID); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "library.package." + outcome, Target: p.target()})
}

// open is a package under way; seen, when given, is what the page showed.
func (s *Service) open(ctx context.Context, tx *db.Tx, scope authz.Scope, id PackageID, seen string) (Package, error) {
	p, err := s.pack(ctx, tx, scope, id)
	if err != nil {
		return p, err
	}
	if p.Outcome != "" || seen != "" && seen != p.Seen() {
		return p, fault.New(fault.Conflict, "这套稿件刚被别人处理过，现在是“"+p.StateName()+"”。您的操作没有提交，请刷新后再看。")
	}
	return p, nil
}

// looked is every item of a package with its newest version, inspected before
// any transaction begins.
type looked struct {
	version  Version
	examined examined
}

func (s *Service) lookThrough(ctx context.Context, scope authz.Scope, id PackageID) (map[ItemID]looked, error) {
	p, err := s.pack(ctx, s.db, scope, id)
	if err != nil {
		return nil, err
	}
	out := map[ItemID]looked{}
	for _, it := range p.Items {
		v, e, err := s.reinspect(ctx, scope, it.ID)
		if err != nil {
			return nil, err
		}
		out[it.ID] = looked{v, e}
	}
	return out, nil
}

// of says of which item of the package an error speaks.
func of(it Item, err error) error {
	f := fault.Of(err)
	if f.Kind == fault.Internal || f.Kind == fault.Unavailable {
		return err
	}
	out := *f
	out.Says = "“" + it.Title + "”：" + f.Says
	return &out
}

// SubmitPackage sends all items of a package to review in one transaction, by
// the route of its most important item.
func (s *Service) SubmitPackage(ctx context.Context, scope authz.Scope, id PackageID, seen, reason string) (Package, error) {
	read, err := s.lookThrough(ctx, scope, id)
	if err != nil {
		return Package{}, err
	}
	var p Package
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if p, err = s.open(ctx, tx, scope, id, seen); err != nil {
			return err
		}
		l := lane{pack: string(p.ID), grade: sx2021.Ordinary}
		if slices.ContainsFunc(p.Items, func(it Item) bool { return it.Important }) {
			l.grade = sx2021.Important
		}
		for _, it := range p.Items {
			n := read[it.ID]
			if _, err := s.submit(ctx, tx, scope, it.ID, Submission{Version: it.Version, Reason: reason}, n.version, n.examined, l); err != nil {
				return of(it, err)
			}
		}
		p, err = s.pack(ctx, tx, scope, id)
		return err
	})
	return p, err
}

// TakeBackPackage returns all its items to the author's desk.
func (s *Service) TakeBackPackage(ctx context.Context, scope authz.Scope, id PackageID, seen string) (Package, error) {
	var p Package
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if p, err = s.open(ctx, tx, scope, id, seen); err != nil {
			return err
		}
		for i := range p.Items {
			if err := s.takeBack(ctx, tx, &p.Items[i]); err != nil {
				return of(p.Items[i], err)
			}
		}
		return nil
	})
	return p, err
}

// StampPackage stamps one gate of every item of a package: a row each.
func (s *Service) StampPackage(ctx context.Context, scope authz.Scope, id PackageID, seen string, gate sx2021.Gate, passed bool, note string) (Package, error) {
	var p Package
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if p, err = s.open(ctx, tx, scope, id, seen); err != nil {
			return err
		}
		for _, it := range p.Items {
			if err := s.stamp(ctx, tx, it, Stamping{Round: it.Round, Gate: gate, Passed: passed, Note: note}); err != nil {
				return of(it, err)
			}
		}
		return nil
	})
	return p, err
}

// ReviewPackage decides on all items of a package in one transaction: all pass
// or none, all are returned or none, all go live or none.
func (s *Service) ReviewPackage(ctx context.Context, scope authz.Scope, id PackageID, seen string, d Decision) (Package, error) {
	read, err := s.lookThrough(ctx, scope, id)
	if err != nil {
		return Package{}, err
	}
	var p Package
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if p, err = s.open(ctx, tx, scope, id, seen); err != nil {
			return err
		}
		// Policies first, while their interpretations wait for the same review.
		order := slices.Clone(p.Items)
		slices.SortStableFunc(order, func(a, b Item) int {
			return rank(a) - rank(b)
		})
		live := 0
		for _, it := range order {
			n := read[it.ID]
			one := d
			one.Round, one.Stage = it.Round, it.Stage
			if it.Type != Policy {
				one.WaiverReason = ""
			}
			now, err := s.review(ctx, tx, it, one, n.version, n.examined)
			if err != nil {
				return of(it, err)
			}
			if now.State == Approved {
				live++
			}
		}
		if live == len(order) {
			if err := s.endPackage(ctx, tx, p, "published"); err != nil {
				return err
			}
		}
		p, err = s.pack(ctx, tx, scope, id)
		return err
	})
	return p, err
}

func rank(it Item) int {
	if it.Type == Policy {
		return 0
	}
	return 1
}
