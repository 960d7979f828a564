package disclosure

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// Due is the clock of article 26 on what a unit has made or changed.
var Due = obligation.Kind{
	ID: "active_disclosure", Name: "主动公开", Clause: "S12.0", Citation: "《政府信息公开条例》第二十六条；陕政公开办〔2021〕18号 第十二条",
	Says: "自信息形成或者变更之日起20个工作日内公开", Remind: []int{5, 1, 0}, Escalate: 1,
}

// Service is the door of disclosure.
type Service struct {
	db          *db.DB
	org         *org.Service
	library     *library.Service
	obligations *obligation.Service
	days        calendar.Workdays
	placed      []func(ctx context.Context, tx *db.Tx, unit org.UnitID) error
}

// OnPlaced registers who is told, in the transaction of the act, that a unit
// has said where it discloses something; at start.
func (s *Service) OnPlaced(f func(ctx context.Context, tx *db.Tx, unit org.UnitID) error) {
	s.placed = append(s.placed, f)
}

// New makes the service. Due must be among the obligation kinds.
func New(d *db.DB, o *org.Service, l *library.Service, ob *obligation.Service, days calendar.Workdays) *Service {
	return &Service{db: d, org: o, library: l, obligations: ob, days: days}
}

// States of an entry at a unit.
const (
	Unplaced  = "unplaced"
	Blank     = "blank"
	Disclosed = "disclosed"
	None      = "none"
)

// StateNames are the states in Chinese.
var StateNames = map[string]string{Unplaced: "没有指定栏目", Blank: "栏目没有内容", Disclosed: "已公开", None: "无此类信息"}

// Place is how one entry stands at a unit.
type Place struct {
	Entry
	Column     registry.ColumnID
	ColumnName string
	SiteName   string
	Closed     bool // the column is no more
	Items      int  // live in the column
	Newest     time.Time
	NoneWhy    string
	PersonName string
	At         time.Time
	Open, Late int // registered pieces not public yet, and those overdue
}

// State is where it stands.
func (p Place) State() string {
	switch {
	case p.NoneWhy != "":
		return None
	case p.Column == "" || p.Closed:
		return Unplaced
	case p.Items == 0:
		return Blank
	}
	return Disclosed
}

// Places is the catalogue of a unit in scope with how each entry stands.
func (s *Service) Places(ctx context.Context, scope authz.Scope, unit org.UnitID) (org.Unit, []Place, error) {
	return s.PlacesTx(ctx, s.db, scope, unit)
}

// PlacesTx is Places within a transaction.
func (s *Service) PlacesTx(ctx context.Context, q db.Querier, scope authz.Scope, unit org.UnitID) (org.Unit, []Place, error) {
	u, err := s.org.UnitTx(ctx, q, scope, unit)
	if err != nil {
		return u, nil, err
	}
	c, err := Statutory()
	if err != nil {
		return u, nil, err
	}
	type kept struct {
		entry string
		Place
	}
	have, err := db.All(ctx, q, func(r db.Scanner) (kept, error) {
		var k kept
		var column, name, site *string
		var closed time.Time
		err := r.Scan(&k.entry, &column, &k.NoneWhy, &k.PersonName, &k.At, &name, &site, &closed, &k.Items, &k.Newest)
		if column != nil {
			k.Column = registry.ColumnID(*column)
		}
		if name != nil {
			k.ColumnName = *name
		}
		if site != nil {
			k.SiteName = *site
		}
		k.Closed = !closed.IsZero()
		return k, err
	}, `SELECT p.entry, p.column_id, p.none_why, p.person_name, p.at, c.name, w.name, c.closed_at,
	       (SELECT count(*) FROM item_placement x WHERE x.column_id = p.column_id AND x.state = 'live'),
	       (SELECT max(x.shown_at) FROM item_placement x WHERE x.column_id = p.column_id AND x.state = 'live')
	  FROM disclosure_place p LEFT JOIN site_column c ON c.id = p.column_id LEFT JOIN site w ON w.id = c.site_id WHERE p.unit_id = $1`, unit)
	if err != nil {
		return u, nil, err
	}
	type owed struct {
		entry      string
		open, late int
	}
	due, err := db.All(ctx, q, func(r db.Scanner) (owed, error) {
		var o owed
		return o, r.Scan(&o.entry, &o.open, &o.late)
	}, `SELECT entry, count(*), sum(CASE WHEN due_on < $2 THEN 1 ELSE 0 END) FROM disclosure_due WHERE unit_id = $1 AND disclosed_on IS NULL GROUP BY entry`, unit, calendar.DateOf(s.db.Now()))
	if err != nil {
		return u, nil, err
	}
	var out []Place
	for _, e := range c.For(u.Kind, u.Level) {
		p := Place{}
		if i := slices.IndexFunc(have, func(k kept) bool { return k.entry == e.ID }); i >= 0 {
			p = have[i].Place
		}
		p.Entry = e
		if i := slices.IndexFunc(due, func(o owed) bool { return o.entry == e.ID }); i >= 0 {
			p.Open, p.Late = due[i].open, due[i].late
		}
		out = append(out, p)
	}
	return u, out, nil
}

// PlacedColumns are the columns where a unit discloses something. Public: where
// to look is told to anybody.
func (s *Service) PlacedColumns(ctx context.Context, q db.Querier, unit org.UnitID) (map[registry.ColumnID]bool, error) {
	list, err := db.All(ctx, q, db.Value[registry.ColumnID], `SELECT column_id FROM disclosure_place WHERE unit_id = $1 AND column_id IS NOT NULL`, unit)
	out := map[registry.ColumnID]bool{}
	for _, id := range list {
		out[id] = true
	}
	return out, err
}

// Standing is a unit on the board.
type Standing struct {
	Unit      org.UnitID
	Name      string
	Kind      org.Kind
	Level     org.Level
	Entries   int // that bind it
	Disclosed int
	None      int
	Open      int
	Late      int
}

// Lacks is how many entries have no content yet.
func (s Standing) Lacks() int { return max(0, s.Entries-s.Disclosed-s.None) }

// Board lists the units in scope that the catalogue binds, by name, and how
// many there are. lacking leaves out those that have everything.
func (s *Service) Board(ctx context.Context, scope authz.Scope, text string, limit, offset int) ([]Standing, int, error) {
	c, err := Statutory()
	if err != nil {
		return nil, 0, err
	}
	var w db.Where
	scope.Where(&w, "u")
	w.And("u.abolished_on IS NULL AND u.kind IN ('office', 'department', 'institution_admin', 'committee', 'zone_committee', 'township')").
		AndIf(text != "", `lower(u.name) LIKE ? ESCAPE '\'`, db.Contains(text))
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM unit u WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	today := w.Arg(calendar.DateOf(s.db.Now()))
	list, err := db.All(ctx, s.db, func(r db.Scanner) (Standing, error) {
		var v Standing
		return v, r.Scan(&v.Unit, &v.Name, &v.Kind, &v.Level, &v.Disclosed, &v.None, &v.Open, &v.Late)
	}, `SELECT u.id, u.name, u.kind, u.level,
	       (SELECT count(*) FROM disclosure_place p JOIN site_column c ON c.id = p.column_id WHERE p.unit_id = u.id AND c.closed_at IS NULL AND EXISTS (SELECT 1 FROM item_placement x WHERE x.column_id = c.id AND x.state = 'live')),
	       (SELECT count(*) FROM disclosure_place p WHERE p.unit_id = u.id AND p.none_why <> ''),
	       (SELECT count(*) FROM disclosure_due q WHERE q.unit_id = u.id AND q.disclosed_on IS NULL),
	       (SELECT count(*) FROM disclosure_due q WHERE q.unit_id = u.id AND q.disclosed_on IS NULL AND q.due_on < `+today+`)
	  FROM unit u WHERE `+w.SQL()+` ORDER BY u.area_path, u.name, u.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	for i := range list {
		list[i].Entries = len(c.For(list[i].Kind, list[i].Level))
	}
	return list, total, err
}

func person(ctx context.Context) (id, name string, err error) {
	if s := authz.SessionFrom(ctx); s != nil {
		return s.PersonID, s.Name, nil
	}
	a, ok := audit.ActorFrom(ctx)
	if !ok {
		return "", "", audit.ErrNoActor
	}
	return a.ID, a.Name, nil
}

func words(s string) string { return strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ") }

func (s *Service) binds(ctx context.Context, q db.Querier, scope authz.Scope, unit org.UnitID, entry string) (org.Unit, Entry, error) {
	u, err := s.org.UnitTx(ctx, q, scope, unit)
	if err != nil {
		return u, Entry{}, err
	}
	c, err := Statutory()
	if err != nil {
		return u, Entry{}, err
	}
	list := c.For(u.Kind, u.Level)
	i := slices.IndexFunc(list, func(e Entry) bool { return e.ID == entry })
	if i < 0 {
		return u, Entry{}, fault.New(fault.Invalid, "这一类信息不在本单位的法定公开目录内。").On("entry", "请从目录中选择")
	}
	return u, list[i], nil
}

// Placed says where a unit discloses an entry: a column, or why it has no such
// information.
type Placed struct {
	Entry   string
	Column  registry.ColumnID
	NoneWhy string
}

// Place sets where a unit in scope discloses an entry.
func (s *Service) Place(ctx context.Context, scope authz.Scope, unit org.UnitID, n Placed) error {
	n.NoneWhy = words(n.NoneWhy)
	var f fault.Fields
	f.Check((n.Column == "") != (n.NoneWhy == ""), "column", "请选择公开的栏目，或写明没有此类信息的理由，二者选一")
	f.Check(len([]rune(n.NoneWhy)) <= 200, "none_why", "理由请压缩到 200 字以内")
	if err := f.Err(); err != nil {
		return err
	}
	id, name, err := person(ctx)
	if err != nil {
		return err
	}
	columns, err := s.library.Outlets(ctx, scope, unit)
	if err != nil {
		return err
	}
	if n.Column != "" && !slices.ContainsFunc(columns, func(o library.Outlet) bool { return o.Column == n.Column }) {
		return fault.New(fault.Invalid, "没有这个栏目，或栏目已停用。").On("column", "请重新选择栏目")
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		u, e, err := s.binds(ctx, tx, scope, unit, n.Entry)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO disclosure_place (unit_id, entry, column_id, none_why, person_id, person_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (unit_id, entry) DO UPDATE SET column_id = excluded.column_id, none_why = excluded.none_why, person_id = excluded.person_id, person_name = excluded.person_name, at = excluded.at`,
			unit, n.Entry, db.Null(n.Column), n.NoneWhy, id, name, tx.Now()); err != nil {
			return fmt.Errorf("disclosure: place: %w", err)
		}
		for _, f := range s.placed {
			if err := f(ctx, tx, unit); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "disclosure.place", Basis: e.Article, Target: audit.Target{Kind: "unit", ID: string(unit), Name: u.Name, Unit: string(unit)}, After: map[string]any{"entry": n.Entry, "column": n.Column, "none": n.NoneWhy}})
	})
}

// Piece is a piece of information under the clock.
type Piece struct {
	ID         string
	Unit       org.UnitID
	Entry      string
	Title      string
	Formed     calendar.Date
	DueOn      calendar.Date
	Item       library.ItemID
	Disclosed  calendar.Date
	PersonName string
	CreatedAt  time.Time
}

// Late reports whether it became public, or is not yet, after its last day.
func (p Piece) Late(today calendar.Date) bool {
	if p.Disclosed.IsZero() {
		return today.After(p.DueOn)
	}
	return p.Disclosed.After(p.DueOn)
}

// Form is what is registered: what was made or changed, on which day, and the
// item that will make it public where there is one already.
type Form struct {
	Entry  string
	Title  string
	Formed calendar.Date
	Item   library.ItemID
}

// Register starts the clock on a piece of information of a unit in scope.
func (s *Service) Register(ctx context.Context, scope authz.Scope, unit org.UnitID, n Form) (Piece, error) {
	n.Title = words(n.Title)
	today := calendar.DateOf(s.db.Now())
	var f fault.Fields
	f.Check(n.Title != "" && len([]rune(n.Title)) <= 200, "title", "请填写信息名称，200 字以内")
	f.Check(!n.Formed.IsZero() && !n.Formed.After(today), "formed", "请填写信息形成或变更的日期，不能晚于今天")
	if err := f.Err(); err != nil {
		return Piece{}, err
	}
	id, name, err := person(ctx)
	if err != nil {
		return Piece{}, err
	}
	c, err := Statutory()
	if err != nil {
		return Piece{}, err
	}
	due := s.days.Add(n.Formed, c.Workdays)
	p := Piece{ID: ulid.Make().String(), Unit: unit, Entry: n.Entry, Title: n.Title, Formed: n.Formed, DueOn: due.On, Item: n.Item, PersonName: name}
	return p, s.db.Update(ctx, func(tx *db.Tx) error {
		u, e, err := s.binds(ctx, tx, scope, unit, n.Entry)
		if err != nil {
			return err
		}
		live := false
		if n.Item != "" {
			it, err := s.library.ItemTx(ctx, tx, scope, n.Item)
			if err != nil {
				return err
			}
			live = it.Live()
			if live {
				p.Disclosed = calendar.DateOf(it.FirstPublishedAt)
			}
		}
		p.CreatedAt = tx.Now()
		if _, err := tx.Exec(ctx, `INSERT INTO disclosure_due (id, unit_id, entry, title, formed_on, due_on, item_id, disclosed_on, person_id, person_name, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			p.ID, unit, p.Entry, p.Title, p.Formed, p.DueOn, db.Null(p.Item), p.Disclosed, id, name, p.CreatedAt); err != nil {
			return fmt.Errorf("disclosure: register: %w", err)
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "disclosure.register", Basis: c.Article, Target: audit.Target{Kind: "disclosure", ID: p.ID, Name: p.Title, Unit: string(unit)}, After: map[string]any{"entry": e.ID, "formed": p.Formed, "due": p.DueOn, "unit": u.Name}}); err != nil || live {
			return err
		}
		return s.obligations.Open(ctx, tx, obligation.Debt{Kind: Due.ID, Unit: unit, Subject: p.subject(), Link: "/console/disclosures/" + string(unit), Due: due})
	})
}

func (p Piece) subject() obligation.Subject {
	return obligation.Subject{Kind: "disclosure", ID: p.ID, Name: p.Title}
}

const pieceSelect = `SELECT id, unit_id, entry, title, formed_on, due_on, item_id, disclosed_on, person_name, created_at FROM disclosure_due`

func scanPiece(r db.Scanner) (Piece, error) {
	var p Piece
	var item *string
	err := r.Scan(&p.ID, &p.Unit, &p.Entry, &p.Title, &p.Formed, &p.DueOn, &item, &p.Disclosed, &p.PersonName, &p.CreatedAt)
	if item != nil {
		p.Item = library.ItemID(*item)
	}
	return p, err
}

// Pieces are what a unit in scope has registered, what is not public first.
func (s *Service) Pieces(ctx context.Context, scope authz.Scope, unit org.UnitID, limit int) ([]Piece, error) {
	if _, err := s.org.UnitTx(ctx, s.db, scope, unit); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db, scanPiece, pieceSelect+` WHERE unit_id = $1 ORDER BY CASE WHEN disclosed_on IS NULL THEN 0 ELSE 1 END, due_on, id LIMIT $2`, unit, limit)
}

// Attach names the item that makes a piece public; where that is live the
// clock ends at once.
func (s *Service) Attach(ctx context.Context, scope authz.Scope, unit org.UnitID, id string, item library.ItemID) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := s.org.UnitTx(ctx, tx, scope, unit); err != nil {
			return err
		}
		p, err := db.One(ctx, tx, scanPiece, pieceSelect+` WHERE id = $1 AND unit_id = $2`, id, unit)
		if db.None(err) {
			return fault.Missing("登记的信息")
		}
		if err != nil {
			return err
		}
		it, err := s.library.ItemTx(ctx, tx, scope, item)
		if fault.Is(err, fault.NotFound) {
			return fault.New(fault.Invalid, "没有这篇稿件。").On("item", "请填写本单位稿件的编号或网址")
		}
		if err != nil {
			return err
		}
		if !p.Disclosed.IsZero() {
			return fault.New(fault.Conflict, "这条信息已经公开，不需要再关联稿件。")
		}
		if _, err := tx.Exec(ctx, `UPDATE disclosure_due SET item_id = $2 WHERE id = $1`, id, item); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "disclosure.attach", Target: audit.Target{Kind: "disclosure", ID: p.ID, Name: p.Title, Unit: string(unit)}, After: map[string]any{"item": item, "title": it.Title}}); err != nil {
			return err
		}
		if it.Live() {
			return s.settle(ctx, tx, p, it.Title, calendar.DateOf(it.FirstPublishedAt))
		}
		return nil
	})
}

// Follow ends the clock of what an item makes public, in the transaction that
// does so; registered with the library at start.
func (s *Service) Follow(ctx context.Context, tx *db.Tx, c library.Change) error {
	if c.Withdrawn {
		return nil
	}
	list, err := db.All(ctx, tx, scanPiece, pieceSelect+` WHERE item_id = $1 AND disclosed_on IS NULL`, c.Item)
	if err != nil || len(list) == 0 {
		return err
	}
	it, _, err := s.library.LiveItem(ctx, tx, c.Item)
	if err != nil {
		return err
	}
	for _, p := range list {
		if err := s.settle(ctx, tx, p, it.Title, calendar.DateOf(tx.Now())); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) settle(ctx context.Context, tx *db.Tx, p Piece, by string, on calendar.Date) error {
	if _, err := tx.Exec(ctx, `UPDATE disclosure_due SET disclosed_on = $2 WHERE id = $1`, p.ID, on); err != nil {
		return err
	}
	_, err := s.obligations.Discharge(ctx, tx, Due.ID, p.subject(), "已公开："+by)
	return err
}

// Reorganise is disclosure's part in a reorganisation: what a unit owes goes to
// who follows it; where the successor has placed an entry itself, its own
// stands.
func Reorganise() org.Module {
	return org.Carries("disclosure",
		org.Owned{Table: "disclosure_place", Kind: "disclosure_place", Noun: "法定公开栏目", ID: "unit_id || ':' || entry", Name: "entry", Link: "'/console/disclosures/' || unit_id",
			Unless: `EXISTS (SELECT 1 FROM disclosure_place o WHERE o.unit_id = $2 AND o.entry = disclosure_place.entry)`},
		org.Owned{Table: "disclosure_due", Kind: "disclosure", Noun: "待公开信息", Name: "title", Link: "'/console/disclosures/' || unit_id"})
}
