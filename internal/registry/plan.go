package registry

import (
	"context"
	"fmt"
	"strings"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/passage"
)

// PlanAccount enters a newly approved account or app as planned. Lifecycle
// calls it in the transaction of the last approval.
func (s *Service) PlanAccount(ctx context.Context, tx *db.Tx, a Account, caseID string) (Account, error) {
	if Platforms[a.Platform] == "" {
		return Account{}, fault.New(fault.Invalid, "平台没有登记，请从列表中选择。").On("platform", "请选择平台")
	}
	if strings.TrimSpace(a.Name) == "" {
		return Account{}, fault.New(fault.Invalid, "账号名称没有填写。").On("name", "请填写账号名称")
	}
	a.ID, a.CreatedAt = AccountID(ulid.Make().String()), tx.Now()
	var err error
	if _, a.State, err = AccountMachine.Take(ctx, tx, string(a.ID), "plan", passage.Note{CaseID: caseID, Says: "开设申请获批"}); err != nil {
		return Account{}, err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO account (id, unit_id, kind, platform, name, url, platform_id, purpose, verified_as, state, source, case_id, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, '', '', $6, '', $7, $8, $9, $10, $10)`,
		a.ID, a.Unit, ObjectKindOf(a.Platform), a.Platform, a.Name, a.Purpose, a.State, a.Source, caseID, tx.Now()); err != nil {
		return Account{}, fmt.Errorf("registry: plan account: %w", err)
	}
	return a, audit.Record(ctx, tx, audit.Entry{Act: "registry.account.plan", Target: audit.Target{Kind: "account", ID: string(a.ID), Name: a.Name, Unit: string(a.Unit)}, After: a})
}

// AccountFacts are what the platform shows of an account.
type AccountFacts struct{ Name, URL, PlatformID, VerifiedAs string }

// Facts of an account or app in scope.
func (s *Service) Facts(ctx context.Context, q db.Querier, scope authz.Scope, ref Ref) (AccountFacts, error) {
	if _, err := s.Object(ctx, q, scope, ref); err != nil {
		return AccountFacts{}, err
	}
	return db.One(ctx, q, func(r db.Scanner) (AccountFacts, error) {
		var f AccountFacts
		err := r.Scan(&f.Name, &f.URL, &f.PlatformID, &f.VerifiedAs)
		return f, err
	}, `SELECT name, url, platform_id, verified_as FROM account WHERE id = $1`, ref.ID)
}

// SetFacts writes what the platform shows; an address belongs to one account.
func (s *Service) SetFacts(ctx context.Context, tx *db.Tx, scope authz.Scope, ref Ref, n AccountFacts, why string) error {
	o, err := s.Object(ctx, tx, scope, ref)
	if err != nil {
		return err
	}
	before, err := s.Facts(ctx, tx, scope, ref)
	if err != nil || before == n {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE account SET name = $2, url = $3, platform_id = $4, verified_as = $5, updated_at = $6 WHERE id = $1`,
		ref.ID, n.Name, n.URL, n.PlatformID, n.VerifiedAs, tx.Now())
	if _, dup := db.UniqueViolation(err); dup {
		return fault.New(fault.Conflict, "这个地址已登记给另一个账号，请核对后再填。").On("url", "已被登记").From(err)
	}
	if err != nil {
		return fmt.Errorf("registry: set facts: %w", err)
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "registry.account.change", Target: o.Target(), Basis: why, Before: before, After: n})
}

// Rename gives a site, account or app its new name.
func (s *Service) Rename(ctx context.Context, tx *db.Tx, scope authz.Scope, ref Ref, name, basis string) (Object, error) {
	o, err := s.Object(ctx, tx, scope, ref)
	if err != nil {
		return Object{}, err
	}
	table, before := "account", o.Name
	if auditKind(ref.Kind) == "site" {
		table = "site"
	}
	if _, err := tx.Exec(ctx, `UPDATE `+table+` SET name = $2, updated_at = $3 WHERE id = $1`, ref.ID, name, tx.Now()); err != nil {
		return Object{}, fmt.Errorf("registry: rename: %w", err)
	}
	o.Name = name
	return o, audit.Record(ctx, tx, audit.Entry{Act: "registry." + auditKind(ref.Kind) + ".rename", Target: o.Target(), Basis: basis,
		Before: map[string]string{"Name": before}, After: map[string]string{"Name": name}})
}
