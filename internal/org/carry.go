package org

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/rules/sx2021"
)

// shownRows is how many rows of a kind a rehearsal lists that nobody must
// assign.
const shownRows = 20

// Touches counts a kind of row of the units and lists the first of them;
// statement selects key, name, note, link and unit id of table rows, where is
// its condition besides the units, all asks for every row.
func Touches(ctx context.Context, q db.Querier, t Touched, units []UnitID, from, columns, unitColumn, where string) (Touched, error) {
	if len(units) == 0 {
		return t, nil
	}
	var w db.Where
	cond, args := db.In(unitColumn, units)
	w.And(cond, args...).AndIf(where != "", where)
	n, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM `+from+` WHERE `+w.SQL(), w.Args()...)
	if err != nil || n == 0 {
		t.Count = n
		return t, err
	}
	t.Count = n
	limit := shownRows
	if t.Assign {
		limit = maxAssigned + 1
	}
	t.Rows, err = db.All(ctx, q, func(r db.Scanner) (TouchedRow, error) {
		var row TouchedRow
		err := r.Scan(&row.Key, &row.Name, &row.Note, &row.Link, &row.Unit)
		return row, err
	}, `SELECT `+columns+` FROM `+from+` WHERE `+w.SQL()+` ORDER BY 1 LIMIT `+w.Arg(limit), w.Args()...)
	return t, err
}

// touched is what org itself holds of the units: bodies inside them, people,
// posts of both kinds.
func (s *Service) touched(ctx context.Context, q db.Querier, units []UnitID) ([]Touched, error) {
	var out []Touched
	for _, k := range []struct {
		t                    Touched
		from, columns, where string
		unit                 string
	}{
		{Touched{Kind: "unit", Name: "下属机构", Assign: true}, `unit c`, `'unit:' || c.id, c.name, '', '/console/units/' || c.id, c.parent_id`, `c.abolished_on IS NULL`, "c.parent_id"},
		{Touched{Kind: "person", Name: "人员", Assign: true}, `person p`, `'person:' || p.id, p.name, p.title, '/console/people/' || p.id, p.unit_id`, `p.left_at IS NULL`, "p.unit_id"},
		{Touched{Kind: "post", Name: "登录岗位", Ends: true}, `post o JOIN person p ON p.id = o.person_id`, `'post:' || o.id, p.name, o.role, '/console/people/' || p.id, o.unit_id`, `o.ended_at IS NULL`, "o.unit_id"},
		{Touched{Kind: "named_post", Name: "法定岗位", Ends: true}, `named_post n JOIN person p ON p.id = n.person_id`, `'named_post:' || n.id, p.name, n.kind, '/console/people/' || p.id, n.unit_id`, `n.ended_on IS NULL`, "n.unit_id"},
	} {
		t, err := Touches(ctx, q, k.t, units, k.from, k.columns, k.unit, k.where)
		if err != nil {
			return nil, err
		}
		for i, row := range t.Rows {
			switch t.Kind {
			case "post":
				if info, ok := authz.Info(authz.Role(row.Note)); ok {
					t.Rows[i].Note = info.Name
				}
			case "named_post":
				t.Rows[i].Note = PostKind(row.Note).Name()
			}
		}
		out = append(out, t)
	}
	return out, nil
}

// nouns are the names of the kinds of rows that org and the modules carry.
func (s *Service) nouns(ctx context.Context, q db.Querier) (map[string]string, error) {
	all, err := s.touchedBy(ctx, q, nil)
	out := make(map[string]string, len(all))
	for _, t := range all {
		out[t.Kind] = t.Name
	}
	return out, err
}

// touchedBy is what org and every module hold of the units.
func (s *Service) touchedBy(ctx context.Context, q db.Querier, units []UnitID) ([]Touched, error) {
	all, err := s.touched(ctx, q, units)
	if err != nil {
		return nil, err
	}
	for _, m := range s.modules {
		if m.Touched == nil {
			continue
		}
		some, err := m.Touched(ctx, q, units)
		if err != nil {
			return nil, fmt.Errorf("org: what %s touches: %w", m.Name, err)
		}
		all = append(all, some...)
	}
	return all, nil
}

// rename gives the unit another name; the old one is kept with its dates.
func (w *work) rename(ctx context.Context, tx *db.Tx, u Unit, name, short string) error {
	if err := keepName(ctx, tx, u, w.plan.On, w.plan.Document, w.act); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE unit SET name = $2, short_name = $3, initials = $4 WHERE id = $1`, u.ID, name, short, Initials(name))
	if _, dup := db.UniqueViolation(err); dup {
		return fault.Newf(fault.Conflict, "本区划已有名为“%s”的单位。", name).On("name", "本区划已有同名单位").From(err)
	}
	return err
}

// establish founds a unit of the act beside the one it comes from.
func (w *work) establish(ctx context.Context, tx *db.Tx, n NewUnit) (Unit, error) {
	a, err := areaByID(ctx, tx, w.unit.Area)
	if err != nil {
		return Unit{}, err
	}
	kind := n.Kind
	if kind == "" {
		kind = w.unit.Kind
	}
	u, err := w.s.found(ctx, tx, a, Unit{Area: w.unit.Area, Parent: w.unit.Parent, Kind: kind, Level: w.unit.Level, Name: n.Name, ShortName: n.ShortName, Line: w.unit.Line,
		Direct: w.unit.Direct, Source: "机构调整 " + w.plan.Document, FoundedOn: w.plan.On})
	if err != nil {
		return u, err
	}
	w.founded = append(w.founded, u)
	return u, w.concern(ctx, tx, u.ID, "founded")
}

// end abolishes a unit and says who follows.
func (w *work) end(ctx context.Context, tx *db.Tx, u Unit, successors ...UnitID) error {
	if _, err := tx.Exec(ctx, `UPDATE unit SET abolished_on = $2 WHERE id = $1`, u.ID, w.plan.On); err != nil {
		return err
	}
	if err := w.concern(ctx, tx, u.ID, "ended"); err != nil {
		return err
	}
	for i, to := range successors {
		if _, err := tx.Exec(ctx, `INSERT INTO unit_succession (unit_id, successor_id, act_id, main, since_on) VALUES ($1, $2, $3, $4, $5)`, u.ID, to, w.act, i == 0, w.plan.On); err != nil {
			return err
		}
		if err := w.concern(ctx, tx, to, "successor"); err != nil {
			return err
		}
	}
	return nil
}

// carry gives a unit's belongings to those who follow: org's own first, then
// each module's, then what was registered for a successor.
func (w *work) carry(ctx context.Context, tx *db.Tx, c Carrying) error {
	c.Act, c.Document, c.On = w.act, w.plan.Document, w.plan.On
	if err := w.s.carry(ctx, tx, c); err != nil {
		return err
	}
	for _, m := range w.s.modules {
		if m.Carry == nil {
			continue
		}
		if err := m.Carry(ctx, tx, c); err != nil {
			return fmt.Errorf("org: carry %s: %w", m.Name, err)
		}
	}
	if c.Main != c.From {
		for _, f := range w.s.successors {
			if err := f(ctx, tx, c.From, c.Main); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *work) merge(ctx context.Context, tx *db.Tx) error {
	ending := append([]Unit{w.unit}, w.others...)
	into := w.into.ID
	if into == "" {
		// The new unit may bear a name of those that end: they end first.
		for _, u := range ending {
			if _, err := tx.Exec(ctx, `UPDATE unit SET abolished_on = $2 WHERE id = $1`, u.ID, w.plan.On); err != nil {
				return err
			}
		}
		u, err := w.establish(ctx, tx, w.plan.New[0])
		if err != nil {
			return err
		}
		into = u.ID
	}
	for _, u := range ending {
		if err := w.follow(ctx, tx, u, into); err != nil {
			return err
		}
	}
	return nil
}

// follow carries a whole unit to one successor and ends it.
func (w *work) follow(ctx context.Context, tx *db.Tx, u Unit, to UnitID) error {
	if err := w.carry(ctx, tx, Carrying{From: u.ID, Main: to}); err != nil {
		return err
	}
	return w.end(ctx, tx, u, to)
}

func (w *work) split(ctx context.Context, tx *db.Tx) error {
	if !w.plan.Keep {
		if _, err := tx.Exec(ctx, `UPDATE unit SET abolished_on = $2 WHERE id = $1`, w.unit.ID, w.plan.On); err != nil {
			return err
		}
	}
	var parts []UnitID
	for _, n := range w.plan.New {
		u, err := w.establish(ctx, tx, n)
		if err != nil {
			return err
		}
		parts = append(parts, u.ID)
	}
	c := Carrying{From: w.unit.ID, Main: parts[0], Named: map[string]UnitID{}}
	if w.plan.Keep {
		c.Main = w.unit.ID
	}
	for key, name := range w.plan.Assigned {
		i, err := w.part(name)
		if err != nil {
			return fault.New(fault.Invalid, "承接单位无法识别。").On("assign", "请重新选择").From(err)
		}
		if i < 0 {
			c.Named[key] = w.unit.ID
			continue
		}
		c.Named[key] = parts[i]
	}
	if err := w.carry(ctx, tx, c); err != nil {
		return err
	}
	if w.plan.Keep {
		return nil
	}
	for i, to := range parts {
		if _, err := tx.Exec(ctx, `INSERT INTO unit_succession (unit_id, successor_id, act_id, main, since_on) VALUES ($1, $2, $3, $4, $5)`, w.unit.ID, to, w.act, i == 0, w.plan.On); err != nil {
			return err
		}
	}
	return nil
}

// abolish ends a unit. Without a successor it must have nothing left.
func (w *work) abolish(ctx context.Context, tx *db.Tx) error {
	if w.into.ID != "" {
		return w.follow(ctx, tx, w.unit, w.into.ID)
	}
	var left []string
	for _, t := range w.rehearsal.Touched {
		if t.Count > 0 {
			left = append(left, fmt.Sprintf("%s %d 项", t.Name, t.Count))
		}
	}
	if len(left) > 0 {
		return fault.Newf(fault.Refused, "%s名下还有%s，撤销时要写明由哪个单位承接。", w.unit.Name, strings.Join(left, "、")).On("into", "请选择承接单位")
	}
	return w.end(ctx, tx, w.unit)
}

// restore undoes an abolition: the unit stands again; what its successor took
// comes back by further acts, row by row.
func (w *work) restore(ctx context.Context, tx *db.Tx) error {
	if _, err := tx.Exec(ctx, `UPDATE unit_succession SET ended_on = $2 WHERE unit_id = $1 AND ended_on IS NULL`, w.unit.ID, w.plan.On); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE unit SET abolished_on = NULL WHERE id = $1`, w.unit.ID)
	if _, dup := db.UniqueViolation(err); dup {
		return fault.Newf(fault.Conflict, "本区划已有名为“%s”的单位，不能恢复。", w.unit.Name).From(err)
	}
	return err
}

// move gives a unit, and everything inside it, another place on both axes.
func (w *work) move(ctx context.Context, tx *db.Tx, u Unit, a Area, parent UnitID, line string) error {
	under := a.Path
	if parent != "" {
		p, err := unitByID(ctx, tx, parent)
		if err != nil {
			return err
		}
		under = p.AreaPath
	}
	path := under + "@" + string(u.ID) + "/"
	if _, err := tx.Exec(ctx, `UPDATE unit SET parent_id = $2 WHERE id = $1`, u.ID, db.Null(parent)); err != nil {
		return err
	}
	return repath(ctx, tx, u.AreaPath, path, a.ID, u.Line, line)
}

// repath rewrites the places of a subtree of units on both axes. Those of the
// old line go to the new one with it; those of another line keep theirs.
func repath(ctx context.Context, tx *db.Tx, from, to string, area AreaID, oldLine, newLine string) error {
	upper := from[:len(from)-1] + "0"
	_, err := tx.Exec(ctx, `
		UPDATE unit SET area_path = $3 || substr(area_path, length($1) + 1),
		       area_id = CASE WHEN $4 = '' THEN area_id ELSE $4 END,
		       line = CASE WHEN line = $5 THEN $6 ELSE line END,
		       line_path = CASE WHEN (CASE WHEN line = $5 THEN $6 ELSE line END) = '' THEN ''
		            ELSE '/' || (CASE WHEN line = $5 THEN $6 ELSE line END) || $3 || substr(area_path, length($1) + 1) END
		 WHERE area_path >= $1 AND area_path < $2`, from, upper, to, string(area), oldLine, newLine)
	if _, dup := db.UniqueViolation(err); dup {
		return fault.New(fault.Conflict, "目标区划已有同名单位，请先更名。").On("to_area", "有同名单位").From(err)
	}
	return err
}

func (w *work) renameArea(ctx context.Context, tx *db.Tx) error {
	if err := w.keepAreaName(ctx, tx, w.area); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE area SET name = $2 WHERE id = $1`, w.area.ID, w.plan.Name)
	return err
}

func (w *work) keepAreaName(ctx context.Context, tx *db.Tx, a Area) error {
	_, err := tx.Exec(ctx, `INSERT INTO area_name (id, area_id, name, until_on, document, act_id) VALUES ($1, $2, $3, $4, $5, $6)`,
		newID(), a.ID, a.Name, w.plan.On, w.plan.Document, w.act)
	return err
}

// moveArea gives a division another parent: its own path, those of the
// divisions below, and the places of every unit in them.
func (w *work) moveArea(ctx context.Context, tx *db.Tx, a Area, parent AreaID) error {
	p, err := areaByID(ctx, tx, parent)
	if err != nil {
		return err
	}
	own := levelLetters[a.Level] + shortCode(a.Level, a.Code) + "/"
	to, upper := p.Path+own, a.Path[:len(a.Path)-1]+"0"
	if _, err := tx.Exec(ctx, `UPDATE area SET parent_id = $2 WHERE id = $1`, a.ID, parent); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE area SET path = $3 || substr(path, length($1) + 1) WHERE path >= $1 AND path < $2`, a.Path, upper, to); err != nil {
		return err
	}
	return repathArea(ctx, tx, a.Path, to)
}

// repathArea rewrites the places of the units of a division that moved; their
// division and line stay.
func repathArea(ctx context.Context, tx *db.Tx, from, to string) error {
	upper := from[:len(from)-1] + "0"
	_, err := tx.Exec(ctx, `
		UPDATE unit SET area_path = $3 || substr(area_path, length($1) + 1),
		       line_path = CASE WHEN line = '' THEN '' ELSE '/' || line || $3 || substr(area_path, length($1) + 1) END
		 WHERE area_path >= $1 AND area_path < $2`, from, upper, to)
	return err
}

// mergeArea ends a division: the divisions below go under the other, its
// government and office into their counterparts, its other units to the other
// division.
func (w *work) mergeArea(ctx context.Context, tx *db.Tx) error {
	into, err := areaByID(ctx, tx, w.plan.ToArea)
	if err != nil {
		return err
	}
	below, err := db.All(ctx, tx, scanArea, areaSelect+` WHERE a.parent_id = $1 ORDER BY a.id`, w.area.ID)
	if err != nil {
		return err
	}
	for _, b := range below {
		if err := w.moveArea(ctx, tx, b, into.ID); err != nil {
			return err
		}
	}
	here, err := db.All(ctx, tx, scanUnit, unitSelect+` WHERE u.area_id = $1 AND u.parent_id IS NULL AND u.abolished_on IS NULL ORDER BY u.id`, w.area.ID)
	if err != nil {
		return err
	}
	there, err := db.All(ctx, tx, scanUnit, unitSelect+` WHERE u.area_id = $1 AND u.parent_id IS NULL AND u.abolished_on IS NULL ORDER BY u.id`, into.ID)
	if err != nil {
		return err
	}
	for _, u := range here {
		if i := slices.IndexFunc(there, func(t Unit) bool { return counterparts(u, t) }); i >= 0 {
			if err := w.follow(ctx, tx, u, there[i].ID); err != nil {
				return err
			}
			continue
		}
		if err := w.move(ctx, tx, u, into, "", u.Line); err != nil {
			return err
		}
		if err := w.concern(ctx, tx, u.ID, "subject"); err != nil {
			return err
		}
	}
	if err := w.keepAreaName(ctx, tx, w.area); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE area SET abolished_on = $2 WHERE id = $1`, w.area.ID, w.plan.On); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO area_succession (area_id, successor_id, act_id, since_on) VALUES ($1, $2, $3, $4)`, w.area.ID, into.ID, w.act, w.plan.On)
	return err
}

// carry gives what org holds of a unit to its successors. Two posts that would
// become one end the one that came; a leader that the successor has already
// stays its leader.
func (s *Service) carry(ctx context.Context, tx *db.Tx, c Carrying) error {
	bodies, err := db.All(ctx, tx, scanUnit, unitSelect+` WHERE u.parent_id = $1 AND u.abolished_on IS NULL ORDER BY u.id`, c.From)
	if err != nil {
		return err
	}
	for _, b := range bodies {
		to := c.To("unit:" + string(b.ID))
		if to == c.From {
			continue
		}
		p, err := unitByID(ctx, tx, to)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE unit SET parent_id = $2 WHERE id = $1`, b.ID, to); err != nil {
			return err
		}
		line := b.Line
		if old, err := unitByID(ctx, tx, c.From); err != nil {
			return err
		} else if line == old.Line {
			line = p.Line
		}
		if err := repath(ctx, tx, b.AreaPath, p.AreaPath+"@"+string(b.ID)+"/", p.Area, b.Line, line); err != nil {
			return err
		}
	}
	people, err := db.All(ctx, tx, db.Value[PersonID], `SELECT id FROM person WHERE unit_id = $1 AND left_at IS NULL ORDER BY id`, c.From)
	if err != nil {
		return err
	}
	for _, p := range people {
		to := c.To("person:" + string(p))
		if to == c.From {
			continue
		}
		if _, err := tx.Exec(ctx, `UPDATE person SET unit_id = $2 WHERE id = $1`, p, to); err != nil {
			return err
		}
	}
	if err := s.carryPosts(ctx, tx, c); err != nil {
		return err
	}
	return s.carryNamedPosts(ctx, tx, c)
}

func (s *Service) carryPosts(ctx context.Context, tx *db.Tx, c Carrying) error {
	type held struct {
		id     PostID
		person PersonID
		role   authz.Role
	}
	posts, err := db.All(ctx, tx, func(r db.Scanner) (held, error) {
		var h held
		err := r.Scan(&h.id, &h.person, &h.role)
		return h, err
	}, `SELECT id, person_id, role FROM post WHERE unit_id = $1 AND ended_at IS NULL ORDER BY id`, c.From)
	if err != nil {
		return err
	}
	for _, h := range posts {
		// A post goes where its holder goes.
		to := c.To("person:" + string(h.person))
		if to == c.From {
			continue
		}
		n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM post WHERE person_id = $1 AND unit_id = $2 AND role = $3 AND ended_at IS NULL`, h.person, to, h.role)
		if err != nil {
			return err
		}
		if n > 0 {
			if _, err := tx.Exec(ctx, `UPDATE post SET ended_at = $2 WHERE id = $1`, h.id, tx.Now()); err != nil {
				return err
			}
			continue
		}
		if _, err := tx.Exec(ctx, `UPDATE post SET unit_id = $2 WHERE id = $1`, h.id, to); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) carryNamedPosts(ctx context.Context, tx *db.Tx, c Carrying) error {
	posts, err := db.All(ctx, tx, scanNamedPost, namedPostSelect+` WHERE n.unit_id = $1 AND n.ended_on IS NULL ORDER BY n.id`, c.From)
	if err != nil {
		return err
	}
	for _, n := range posts {
		to := c.To("person:" + string(n.Person))
		if n.ObjectID != "" {
			to = c.To(objectKey(n.ObjectKind, n.ObjectID))
		}
		if to == c.From {
			continue
		}
		if n.Kind.Single() {
			taken, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM named_post WHERE unit_id = $1 AND kind = $2 AND ended_on IS NULL`, to, n.Kind)
			if err != nil {
				return err
			}
			if taken > 0 {
				if _, err := tx.Exec(ctx, `UPDATE named_post SET ended_on = $2, ended_why = $3 WHERE id = $1`, n.ID, c.On, "机构调整（"+c.Document+"）"); err != nil {
					return err
				}
				continue
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE named_post SET unit_id = $2 WHERE id = $1`, n.ID, to); err != nil {
			return err
		}
	}
	return nil
}

// objectKey is the key of a site, account or app among the rows of an act:
// apps are accounts there.
func objectKey(kind, id string) string {
	if kind != "site" {
		kind = "account"
	}
	return kind + ":" + id
}

// ActFilter narrows Acts.
type ActFilter struct {
	Unit   UnitID
	Kind   Change
	Year   int
	Limit  int // 50 when zero
	Offset int
}

const actSelect = `
	SELECT r.id, r.kind, r.title, COALESCE(r.unit_id, ''), COALESCE(r.area_id, ''), r.plan, r.touched, COALESCE(r.undoes, ''),
	       COALESCE((SELECT MIN(x.id) FROM reorganisation x WHERE x.undoes = r.id), ''), r.done_by_name, r.done_at
	  FROM reorganisation r`

func scanAct(r db.Scanner) (Act, error) {
	var a Act
	var plan, counts string
	err := r.Scan(&a.ID, &a.Kind, &a.Title, &a.Unit, &a.Area, &plan, &counts, &a.Undoes, &a.UndoneBy, &a.By, &a.At)
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal([]byte(plan), &a.Plan); err != nil {
		return a, fmt.Errorf("org: read plan of %s: %w", a.ID, err)
	}
	return a, json.Unmarshal([]byte(counts), &a.Counts)
}

// inReach narrows acts to those that concern a unit or a division of the scope.
func inReach(w *db.Where, scope authz.Scope) {
	var in db.Where
	scope.Where(&in, "u")
	w.And(`EXISTS (SELECT 1 FROM reorganisation_unit c JOIN unit u ON u.id = c.unit_id WHERE c.act_id = r.id AND ?)
	    OR EXISTS (SELECT 1 FROM area a JOIN unit u ON u.area_id = a.id WHERE a.id = r.area_id AND ?)`, &in, &in)
}

// Acts in scope, the latest first, and how many there are.
func (s *Service) Acts(ctx context.Context, scope authz.Scope, f ActFilter) ([]Act, int, error) {
	var w db.Where
	inReach(&w, scope)
	w.AndIf(f.Unit != "", `EXISTS (SELECT 1 FROM reorganisation_unit c WHERE c.act_id = r.id AND c.unit_id = ?)`, f.Unit).
		AndIf(f.Kind != "", "r.kind = ?", f.Kind)
	if f.Year > 0 {
		w.And("r.effective_on >= ? AND r.effective_on < ?", calendar.Date{Year: f.Year, Month: 1, Day: 1}, calendar.Date{Year: f.Year + 1, Month: 1, Day: 1})
	}
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM reorganisation r WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	acts, err := db.All(ctx, s.db, scanAct, actSelect+` WHERE `+w.SQL()+` ORDER BY r.done_at DESC, r.id DESC LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return acts, total, err
}

// Act in scope.
func (s *Service) Act(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Act, error) {
	var w db.Where
	inReach(&w, scope)
	w.And("r.id = ?", id)
	a, err := db.One(ctx, q, scanAct, actSelect+` WHERE `+w.SQL(), w.Args()...)
	if db.None(err) {
		return Act{}, fault.Missing("机构调整")
	}
	if err != nil {
		return Act{}, err
	}
	a.Nouns, err = s.nouns(ctx, q)
	return a, err
}

// Concerned are the units of an act with their part in it.
func (s *Service) Concerned(ctx context.Context, scope authz.Scope, act string) (map[string][]Unit, error) {
	if _, err := s.Act(ctx, s.db, scope, act); err != nil {
		return nil, err
	}
	type row struct {
		part string
		id   UnitID
	}
	rows, err := db.All(ctx, s.db, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.part, &x.id)
		return x, err
	}, `SELECT part, unit_id FROM reorganisation_unit WHERE act_id = $1 ORDER BY part, unit_id LIMIT 200`, act)
	if err != nil {
		return nil, err
	}
	out := map[string][]Unit{}
	for _, x := range rows {
		u, err := unitByID(ctx, s.db, x.id)
		if err != nil {
			return nil, err
		}
		out[x.part] = append(out[x.part], u)
	}
	return out, nil
}

// Reverse is the plan that undoes an act: another act with its own document.
// ok is false for an act that only further acts can mend.
func (a Act) Reverse(now Unit, area Area) (Plan, bool) {
	p := Plan{Unit: a.Unit, Undoes: a.ID}
	switch a.Kind {
	case Rename:
		p.Kind = Rename
	case Abolish:
		p.Kind = Restore
	case Transfer:
		p.Kind = Transfer
	case AreaRename:
		p = Plan{Kind: AreaRename, Area: a.Area, Undoes: a.ID}
	default:
		return Plan{}, false
	}
	return p, a.UndoneBy == ""
}

// Amend corrects the facts of a unit that need no document: short name, line's
// national approval of a zone (Article 33), founding date. The name is changed
// by a reorganisation.
type Amend struct {
	ShortName        string
	NationalApproval string
	ZoneApprovedOn   calendar.Date
	FoundedOn        calendar.Date
	Source           string
}

// AmendUnit writes the corrected facts; every changed field is in the trail.
func (s *Service) AmendUnit(ctx context.Context, tx *db.Tx, scope authz.Scope, id UnitID, n Amend) (Unit, error) {
	u, err := s.UnitTx(ctx, tx, scope, id)
	if err != nil {
		return Unit{}, err
	}
	today := calendar.DateOf(tx.Now())
	n.ShortName, _ = Tidy(n.ShortName)
	n.NationalApproval, n.Source = strings.TrimSpace(n.NationalApproval), strings.TrimSpace(n.Source)
	var f fault.Fields
	f.Check(len([]rune(n.ShortName)) <= 40, "short_name", "简称最多 40 个字")
	f.Check(len([]rune(n.NationalApproval)) <= 100, "national_approval", "文号最多 100 个字")
	f.Check(len([]rune(n.Source)) <= 100, "source", "来源最多 100 个字")
	f.Check(n.NationalApproval == "" || u.Kind == ZoneCommittee, "national_approval", "只有开发区管委会登记国家级开发区批准文件")
	f.Check((n.NationalApproval == "") == n.ZoneApprovedOn.IsZero(), "zone_approved_on", "批准文件和批准日期要一并填写")
	f.Check(!n.ZoneApprovedOn.After(today), "zone_approved_on", "批准日期还没有到，请核对")
	f.Check(!n.FoundedOn.After(today), "founded_on", "成立日期还没有到，请核对")
	f.Check(u.AbolishedOn.IsZero() || !n.FoundedOn.After(u.AbolishedOn), "founded_on", "成立日期晚于撤销日期，请核对")
	if err := f.Err(); err != nil {
		return Unit{}, err
	}
	before := u
	u.ShortName, u.NationalApproval, u.ZoneApprovedOn, u.FoundedOn, u.Source = n.ShortName, n.NationalApproval, n.ZoneApprovedOn, n.FoundedOn, n.Source
	if u == before {
		return u, fault.New(fault.Conflict, "没有改动，不必保存。")
	}
	if _, err := tx.Exec(ctx, `UPDATE unit SET short_name = $2, national_approval = $3, zone_approved_on = $4, founded_on = $5, source = $6 WHERE id = $1`,
		id, u.ShortName, u.NationalApproval, u.ZoneApprovedOn, u.FoundedOn, u.Source); err != nil {
		return Unit{}, err
	}
	basis := ""
	if u.NationalApproval != before.NationalApproval {
		basis = sx2021.ZonePortal.Citation
	}
	return u, audit.Record(ctx, tx, audit.Entry{Act: "org.unit.change", Target: UnitTarget(u), Basis: basis, Before: before, After: u})
}
