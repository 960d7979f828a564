package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/passage"
)

// UndoDays is how long an import can be taken back.
const UndoDays = 30

// UndoReport is what taking back an import came to.
type UndoReport struct {
	Undone int        `json:"undone"`
	Left   []LeftHere `json:"left"` // rows that stay, with the reason
}

// LeftHere is one record that was not taken back.
type LeftHere struct {
	Row  int    `json:"row"`
	Name string `json:"name"`
	Link string `json:"link"`
	Says string `json:"says"`
}

// Undoable reports whether the file's import can be taken back now.
func (f File) Undoable(now time.Time) bool {
	return f.State == FileTaken && f.Kind != UnitFile && f.Taken.Accepted > 0 && now.Before(f.TakenAt.AddDate(0, 0, UndoDays))
}

// didRow is one row of an import, as kept.
type didRow struct {
	taken
	beforeText string
}

// takenBack takes back up to most rows of the file that are still to be looked
// at, the last first, and returns how many it looked at.
func (s *Service) takenBack(ctx context.Context, scope authz.Scope, file, why string, most int) (int, error) {
	n := 0
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		n = 0
		rows, err := db.All(ctx, tx, func(r db.Scanner) (didRow, error) {
			var v didRow
			err := r.Scan(&v.row, &v.kind, &v.id, &v.name, &v.act, &v.stamp, &v.beforeText)
			return v, err
		}, `SELECT row, kind, object_id, name, act, stamp, before FROM intake_row WHERE file_id = $1 AND undone = '' ORDER BY row DESC, object_id LIMIT $2`, file, most)
		if err != nil {
			return err
		}
		for _, v := range rows {
			left, err := s.takeBack(ctx, tx, scope, v, why)
			if err != nil {
				return err
			}
			if left == "" {
				left = "undone"
			}
			if _, err := tx.Exec(ctx, `UPDATE intake_row SET undone = $4 WHERE file_id = $1 AND row = $2 AND object_id = $3`, file, v.row, v.id, left); err != nil {
				return err
			}
			n++
		}
		if n == 0 {
			return nil
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "registry.intake.undo_rows", Target: audit.Target{Kind: "intake_file", ID: file}, After: map[string]any{"rows": n, "why": why}})
	})
	says := ""
	switch {
	case err == nil:
		return n, nil
	case db.ForeignKeyViolation(err):
		says = "已被其他业务使用（栏目、检查、审批等），请走注销关停"
	case fault.Is(err, fault.Conflict), fault.Is(err, fault.Invalid), fault.Is(err, fault.Refused):
		says = "不能恢复，保留：" + fault.Of(err).Alone()
	default:
		return 0, err
	}
	if most == 1 {
		return s.leave(ctx, file, says)
	}
	return 0, errTogether
}

// errTogether says that some row of the portion has to stay: they are to be
// taken back one by one.
var errTogether = errors.New("registry: a record of the portion has to stay")

// leave marks the next row as left.
func (s *Service) leave(ctx context.Context, file, says string) (int, error) {
	return 1, s.db.Update(ctx, func(tx *db.Tx) error {
		type key struct {
			row int
			id  string
		}
		k, err := db.One(ctx, tx, func(r db.Scanner) (key, error) {
			var k key
			err := r.Scan(&k.row, &k.id)
			return k, err
		}, `SELECT row, object_id FROM intake_row WHERE file_id = $1 AND undone = '' ORDER BY row DESC, object_id LIMIT 1`, file)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE intake_row SET undone = $4 WHERE file_id = $1 AND row = $2 AND object_id = $3`, file, k.row, k.id, says); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "registry.intake.undo_rows", Target: audit.Target{Kind: "intake_file", ID: file}, After: map[string]any{"left": k.id, "why": says}})
	})
}

const (
	changedSince   = "导入后又有改动，保留"
	confirmedSince = "导入后已核对确认，保留"
)

// confirmed reports whether the holder has confirmed the record as it was
// imported.
func (v didRow) confirmed(on calendar.Date) bool {
	return !on.IsZero() && !on.Before(calendar.DateOf(v.stamp))
}

// takeBack undoes one row, or says why it stays.
func (s *Service) takeBack(ctx context.Context, tx *db.Tx, scope authz.Scope, v didRow, why string) (left string, err error) {
	w := Why{Says: "撤销导入：" + why, Source: ByImport}
	switch v.kind {
	case "site":
		site, err := s.SiteTx(ctx, tx, scope, SiteID(v.id))
		if fault.Is(err, fault.NotFound) {
			return "已不在台账，或不在您的管辖范围内", nil
		}
		if err != nil {
			return "", err
		}
		if !site.UpdatedAt.Equal(v.stamp) {
			return changedSince, nil
		}
		if v.confirmed(site.ConfirmedOn) {
			return confirmedSince, nil
		}
		if v.act == "change" {
			n := site.Identifiers()
			why := n.Why
			if err := json.Unmarshal([]byte(v.beforeText), &n); err != nil {
				return "", fmt.Errorf("registry: what %s was: %w", v.id, err)
			}
			n.Why = why
			n.Why.Says, n.Why.Source = w.Says, w.Source
			_, err := s.SetIdentifiers(ctx, tx, scope, site.ID, n)
			return "", err
		}
		if left, err := s.inUse(ctx, tx, "site", v.id, 1); left != "" || err != nil {
			return left, err
		}
		domains, err := s.DomainsOf(ctx, tx, scope, site.ID)
		if err != nil {
			return "", err
		}
		for _, d := range domains {
			if !d.UpdatedAt.Equal(d.CreatedAt) || d.CreatedAt.After(v.stamp) {
				return changedSince, nil
			}
			if v.confirmed(d.ConfirmedOn) {
				return confirmedSince, nil
			}
		}
		for _, d := range domains {
			if err := s.strike(ctx, tx, DomainMachine, "domain", string(d.ID), d.Target(), d, w); err != nil {
				return "", err
			}
		}
		return "", s.strike(ctx, tx, SiteMachine, "site", v.id, site.Target(), site, w)
	case "account":
		a, err := s.Account(ctx, tx, scope, AccountID(v.id))
		if fault.Is(err, fault.NotFound) {
			return "已不在台账，或不在您的管辖范围内", nil
		}
		if err != nil {
			return "", err
		}
		if !a.UpdatedAt.Equal(v.stamp) {
			return changedSince, nil
		}
		if v.confirmed(a.ConfirmedOn) {
			return confirmedSince, nil
		}
		if v.act == "change" {
			n := a.Fields()
			if err := json.Unmarshal([]byte(v.beforeText), &n); err != nil {
				return "", fmt.Errorf("registry: what %s was: %w", v.id, err)
			}
			_, err := s.SetAccount(ctx, tx, scope, a.ID, n, w, time.Time{})
			return "", err
		}
		if left, err := s.inUse(ctx, tx, "account", v.id, 1); left != "" || err != nil {
			return left, err
		}
		return "", s.strike(ctx, tx, AccountMachine, "account", v.id, a.Target(), a, w)
	case "domain":
		d, err := s.Domain(ctx, tx, scope, DomainID(v.id))
		if fault.Is(err, fault.NotFound) {
			return "已不在台账，或不在您的管辖范围内", nil
		}
		if err != nil {
			return "", err
		}
		if !d.UpdatedAt.Equal(v.stamp) {
			return changedSince, nil
		}
		if v.confirmed(d.ConfirmedOn) {
			return confirmedSince, nil
		}
		if err := s.unfollow(ctx, tx, d, w.Says); err != nil {
			return "", err
		}
		return "", s.strike(ctx, tx, DomainMachine, "domain", v.id, d.Target(), d, w)
	}
	return "这类记录不能整批撤销", nil
}

// Hold is how a module refers to a record of the ledger without the database
// knowing it.
type Hold struct {
	Says string // why the record stays, in Chinese
	// From is the table with its condition on $1, the record's id.
	From string
}

// ObjectHold is a table with object_kind and object_id; also narrows it.
func ObjectHold(says, table, also string) Hold {
	from := table + ` WHERE object_kind IN ('site', 'account', 'app') AND object_id = $1`
	if also != "" {
		from += ` AND ` + also
	}
	return Hold{says, from}
}

// own are the uses by what stands above the ledger, and its own.
var own = []Hold{
	{"有正在办理的审批事项，保留", approval.CasesOn},
	{"有未办结的义务，保留", obligation.OpenOn("site", "account", "app")},
	ObjectHold("已做存量认定，保留", "baseline", ""),
}

// UsedBy tells the ledger what else refers to its records: called at start by
// whoever wires the modules.
func (s *Service) UsedBy(uses ...Hold) { s.uses = append(s.uses, uses...) }

// inUse says why a record stays: what refers to it without the database
// knowing, a passage beyond its entry.
func (s *Service) inUse(ctx context.Context, tx *db.Tx, kind, id string, entered int) (string, error) {
	query := `SELECT CASE`
	for _, u := range slices.Concat(own, s.uses) {
		query += ` WHEN EXISTS (SELECT 1 FROM ` + u.From + `) THEN '` + u.Says + `'`
	}
	return db.One(ctx, tx, db.Value[string], query+`
		WHEN (SELECT count(*) FROM passage WHERE kind = $2 AND object_id = $1) > $3 THEN '已经办过事项，保留' ELSE '' END`, id, kind, entered)
}

// strike takes a record out of the ledger. Its history, its passage and the
// trail, which holds it whole, stay.
func (s *Service) strike(ctx context.Context, tx *db.Tx, m passage.Machine, table, id string, target audit.Target, whole any, w Why) error {
	if _, _, err := m.Take(ctx, tx, id, "strike", passage.Note{Says: w.Says}); err != nil {
		return err
	}
	if err := s.keep(ctx, tx, table, id, w, pair{"", target.Name, ""}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE id = $1`, id); err != nil {
		return err
	}
	if _, err := tx.Quiet(ctx, `DELETE FROM ledger_text WHERE id = $1`, id); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "registry." + table + ".strike", Target: target, Before: whole, After: map[string]string{"why": w.Says}})
}
