package reconciliation

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// Entered is the decision to take what is only in their list into the ledger as
// what was there before.
const Entered = "entered"

// Basis is on what an object that is taken in stands (readings 10).
type Basis struct {
	Basis, Document string
	On              calendar.Date
}

// Enter takes rows that are only in their list into the ledger, each with its
// basis, through the same door as an import: its refusals are the import's. A
// row that is entered already is passed over.
func (s *Service) Enter(ctx context.Context, scope authz.Scope, session *authz.Session, run string, ids []string, b Basis) (int, error) {
	if len(ids) == 0 {
		return 0, fault.New(fault.Invalid, "没有选中任何一行，请先勾选。").On("id", "请勾选要处理的行")
	}
	v, err := s.Run(ctx, s.DB, scope, run)
	if err != nil {
		return 0, err
	}
	rows, _, err := s.Rows(ctx, s.DB, scope, run, RowFilter{IDs: ids, Limit: len(ids)})
	if err != nil {
		return 0, err
	}
	file, theirs, err := s.Intake.Outside(ctx, session, v.FileID)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, r := range rows {
		if r.Verdict != There || r.Decision == Entered {
			continue
		}
		i := slices.IndexFunc(theirs, func(o registry.Outside) bool { return o.Row == r.FileRow })
		if i < 0 {
			return n, fault.Newf(fault.Conflict, "“%s”所在的行在文件里找不到，请重新上传名单核对。", r.Name)
		}
		if err := s.enter(ctx, scope, session, v, file, r, theirs[i].Values, b); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func (s *Service) enter(ctx context.Context, scope authz.Scope, session *authz.Session, run Run, file registry.File, r Row, values map[string]string, b Basis) error {
	t, err := oneRow(file.Kind, values)
	if err != nil {
		return err
	}
	take := s.Registry.ImportAccounts
	if file.Kind == registry.SiteFile {
		take = s.Registry.ImportSites
	}
	rep, err := take(ctx, scope, t, org.ImportOptions{Source: fmt.Sprintf("%s（%s 第 %d 行）", run.Source, file.Name, r.FileRow)})
	if err != nil {
		return err
	}
	if len(rep.Refused) > 0 {
		return fault.Newf(fault.Invalid, "“%s”（第 %d 行）不能登记：%s", r.Name, r.FileRow, rep.Refused[0].Says).On("id", "请改正名单中的这一行，或列为待核实线索")
	}
	ref, unit, err := s.entered(ctx, scope, file.Kind, values)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if rep.Accepted > 0 {
			if b.Basis == "" {
				b.Basis = "national"
			}
			if b.Document == "" {
				b.Document = abridge.Text(run.Source+"，"+file.Name, 100)
			}
			if _, err := s.Registry.ConfirmBaseline(ctx, tx, scope, registry.BaselineRecord{Ref: ref, Basis: b.Basis, Document: b.Document, On: b.On, Note: fmt.Sprintf("与%s核对后登记，第 %d 行", run.Source, r.FileRow)}); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE reconciliation_row SET decision = $2, object_id = $3, unit_id = $4, decided_by = $5, decided_at = $6 WHERE id = $1`, r.ID, Entered, ref.ID, unit, session.Name, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "reconciliation.enter", Basis: "第十条", Target: audit.Target{Kind: "reconciliation", ID: run.ID, Name: run.Source, Unit: string(run.Unit)}, After: map[string]any{"row": r.FileRow, "object": ref.ID, "basis": b.Basis}})
	})
}

// oneRow is a table of one row, under the heads an import knows.
func oneRow(kind registry.FileKind, values map[string]string) (*official.Table, error) {
	var heads, row []string
	for _, f := range registry.FieldsOf(kind) {
		if values[f.Key] != "" {
			heads, row = append(heads, f.Name), append(row, values[f.Key])
		}
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll([][]string{heads, row}); err != nil {
		return nil, fmt.Errorf("reconciliation: write row: %w", err)
	}
	return official.ReadTable(bytes.NewReader(b.Bytes()), int64(b.Len()), "row.csv", official.Limits{})
}

// entered finds what the row has become.
func (s *Service) entered(ctx context.Context, scope authz.Scope, kind registry.FileKind, v map[string]string) (registry.Ref, org.UnitID, error) {
	missing := fault.New(fault.Conflict, "这一行登记后在您的范围内找不到，请到台账查看。")
	if kind == registry.SiteFile {
		site, err := s.Registry.SiteByHost(ctx, s.DB, scope, v["host"])
		return registry.Ref{Kind: sx2021.Site, ID: string(site.ID)}, site.Unit, err
	}
	v["name"] = v["account"]
	for _, text := range []string{v["url"], v["platform_id"], v["account"]} {
		if strings.TrimSpace(text) == "" {
			continue
		}
		p, err := s.Registry.AccountList(ctx, scope, registry.ListQuery{Text: text, Platform: v["platform"]})
		if err != nil {
			return registry.Ref{}, "", err
		}
		for _, a := range p.Rows {
			o := accountOurs(a)
			if slices.ContainsFunc(accountKeys(v), func(k string) bool { return slices.Contains(o.keys, k) }) {
				return a.Ref(), a.Unit, nil
			}
		}
	}
	return registry.Ref{}, "", missing
}
