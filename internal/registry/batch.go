package registry

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
)

// batchRows is how many rows commit together: a kill loses at most one batch,
// and going on takes up after the last.
const batchRows = 500

var errRehearsal = errors.New("registry: rehearsal")

// taken is what one row did to the ledger.
type taken struct {
	row      int
	kind, id string
	name     string
	act      string // enter, change
	stamp    time.Time
	before   any
}

// taker takes rows of one kind of file, batch by batch.
type taker interface {
	// pass notes a row that was taken before the import was broken off.
	pass(i int)
	// begin prepares a batch: what it will ask for is read at once.
	begin(ctx context.Context, tx *db.Tx, from, to int) error
	// take decides one row and books it.
	take(ctx context.Context, tx *db.Tx, i int, rep *intake.Report) error
	// end writes what the batch decided and says what it did.
	end(ctx context.Context, tx *db.Tx) ([]taken, error)
}

// walk puts n rows through a taker. A rehearsal does the same and rolls every
// batch back. The report is rewound when a transaction runs again.
func (s *Service) walk(ctx context.Context, n int, o org.ImportOptions, rep *intake.Report, t taker) error {
	for i := range min(o.From, n) {
		t.pass(i)
	}
	for from := min(o.From, n); from < n || from == 0 && n == 0; from += batchRows {
		to := min(n, from+batchRows)
		before := *rep
		err := s.db.Update(ctx, func(tx *db.Tx) error {
			*rep = before
			rep.Refused, rep.Notes = append([]intake.Refusal{}, before.Refused...), append([]intake.Note{}, before.Notes...)
			if err := t.begin(ctx, tx, from, to); err != nil {
				return err
			}
			for i := from; i < to; i++ {
				if err := t.take(ctx, tx, i, rep); err != nil {
					return err
				}
			}
			done, err := t.end(ctx, tx)
			if err != nil {
				return err
			}
			if o.DryRun {
				return errRehearsal
			}
			if o.File != "" {
				if err := keepTaken(ctx, tx, o.File, done); err != nil {
					return err
				}
			}
			if o.Kept != nil {
				return o.Kept(ctx, tx, to, *rep)
			}
			return nil
		})
		if err != nil && !errors.Is(err, errRehearsal) {
			return err
		}
		if o.Seen != nil {
			o.Seen(to)
		}
		if n == 0 {
			break
		}
	}
	return nil
}

func keepTaken(ctx context.Context, tx *db.Tx, file string, list []taken) error {
	rows := make([][]any, 0, len(list))
	for _, v := range list {
		before := ""
		if v.before != nil {
			b, err := json.Marshal(v.before)
			if err != nil {
				return err
			}
			before = string(b)
		}
		rows = append(rows, []any{file, v.row, v.kind, v.id, v.name, v.act, v.stamp, before})
	}
	return tx.InsertAll(ctx, "intake_row", []string{"file_id", "row", "kind", "object_id", "name", "act", "stamp", "before"}, rows)
}

// readRows reads the rows of a table through a reader, tidied. Rows whose
// content is lost are refused here.
func readRows[T any](t *official.Table, fields []intake.Field, o org.ImportOptions, rep *intake.Report, read func(r *intake.Reader, number int) T) ([]T, error) {
	r := intake.NewReader(intake.Recognise(t.Header, fields), fields)
	var rows []T
	rehearsed := o.From > 0 // the report holds what was said of these rows
	for row, err := range t.Rows() {
		if err != nil {
			return nil, err
		}
		if o.SkipHidden && row.Hidden {
			continue
		}
		r.Next(row)
		v := read(r, row.Number)
		if !rehearsed {
			rep.Read++
			for _, says := range r.Notes() {
				rep.Note(row.Number, "%s", says)
			}
		}
		if field, says, no := r.Refused(); no {
			if !rehearsed {
				rep.Refuse(row.Number, field, says)
			}
			continue
		}
		rows = append(rows, v)
	}
	return rows, nil
}

// places finds the areas and units that rows name, each once.
type places struct {
	svc     *Service
	areas   map[string]org.Area // by code
	missing map[string]error
	offices map[org.AreaID]org.Unit
	named   map[string][]org.Unit // by name; of the batch
}

func newPlaces(s *Service) *places {
	return &places{svc: s, areas: map[string]org.Area{}, missing: map[string]error{}, offices: map[org.AreaID]org.Unit{}, named: map[string][]org.Unit{}}
}

// ready reads the units of the names in one go. Units of the batch before are
// forgotten: it may have been rolled back.
func (p *places) ready(ctx context.Context, tx *db.Tx, names []string) error {
	slices.Sort(names)
	names = slices.DeleteFunc(slices.Compact(names), func(n string) bool { return n == "" })
	list, err := p.svc.org.UnitsNamed(ctx, tx, authz.System("registry.import"), names)
	if err != nil {
		return err
	}
	p.named, p.offices = map[string][]org.Unit{}, map[org.AreaID]org.Unit{}
	for _, n := range names {
		p.named[n] = nil
	}
	for _, u := range list {
		p.named[u.Name] = append(p.named[u.Name], u)
	}
	return nil
}

func (p *places) area(ctx context.Context, tx *db.Tx, code string) (org.Area, error) {
	if a, ok := p.areas[code]; ok {
		return a, nil
	}
	if err := p.missing[code]; err != nil {
		return org.Area{}, err
	}
	a, err := p.svc.org.AreaByCode(ctx, tx, code)
	if err == nil {
		p.areas[code] = a
	} else if fault.Is(err, fault.NotFound) {
		p.missing[code] = err
	}
	return a, err
}

// unit is the unit of that name in the area, or in another area of the same code
// (one code may stand for two levels: 杨凌示范区 and 杨陵区); with no area the only
// one of that name anywhere.
func (p *places) unit(ctx context.Context, tx *db.Tx, area org.Area, name string) (org.Unit, error) {
	list, read := p.named[name]
	if !read {
		return p.svc.org.UnitNamed(ctx, tx, authz.System("registry.import"), area.ID, name)
	}
	if area.ID == "" {
		if len(list) > 1 {
			return org.Unit{}, fault.Newf(fault.Invalid, "有 %d 个单位叫“%s”，请再写明区划代码。", len(list), name).On("code", "")
		}
		if len(list) == 1 {
			return list[0], nil
		}
		return org.Unit{}, fault.Missing("单位")
	}
	for _, same := range []func(org.Unit) bool{
		func(u org.Unit) bool { return u.Area == area.ID },
		func(u org.Unit) bool { return u.AreaCode == area.Code },
	} {
		if i := slices.IndexFunc(list, same); i >= 0 {
			return list[i], nil
		}
	}
	return org.Unit{}, fault.Missing("单位")
}

func (p *places) office(ctx context.Context, tx *db.Tx, area org.AreaID) (org.Unit, error) {
	if u, ok := p.offices[area]; ok {
		return u, nil
	}
	u, err := p.svc.org.SameLevelOffice(ctx, tx, org.Unit{Area: area})
	if err == nil {
		p.offices[area] = u
	}
	return u, err
}
