package library

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
	"zhengshu/internal/likeness"
	"zhengshu/internal/passage"
	"zhengshu/internal/prose"
)

// Row is one line of a list of items as the house writes it; an import reads
// it back to the same version. Empty fields are left out.
type Row struct {
	Ref       string          `json:"ref,omitempty"`
	Type      string          `json:"type,omitempty"`
	Title     string          `json:"title"`
	Text      string          `json:"text,omitempty"`
	HTML      string          `json:"html,omitempty"`
	Published string          `json:"published,omitempty"` // 2006-01-02, or with 15:04, Shanghai time
	DocNo     string          `json:"doc_no,omitempty"`
	IndexNo   string          `json:"index_no,omitempty"`
	Issuer    string          `json:"issuer,omitempty"`
	Written   string          `json:"written,omitempty"`
	Source    string          `json:"source,omitempty"`
	URL       string          `json:"url,omitempty"`
	Category  string          `json:"category,omitempty"`
	Topic     string          `json:"topic,omitempty"`
	Summary   string          `json:"summary,omitempty"`
	Keywords  string          `json:"keywords,omitempty"`
	Doc       json.RawMessage `json:"doc,omitempty"`
	Meta      *Meta           `json:"meta,omitempty"`
	Files     []RowFile       `json:"files,omitempty"`
}

// RowFile is a file that a row's document shows or attaches.
type RowFile struct {
	Src    string `json:"src"`    // as the document refers to it
	SHA256 string `json:"sha256"` // hex, of its bytes
	Name   string `json:"name"`
	Type   string `json:"type"` // media type
	Size   int64  `json:"size"` // bytes
	Alt    string `json:"alt,omitempty"`
}

// meta is what the row says about the item: everything at once, or field by
// field.
func (in row) meta() Meta {
	m := Meta{Origin: Original}
	if in.Meta != nil {
		m = *in.Meta
	}
	for _, f := range []struct {
		into *string
		said *string
	}{{&m.Title, in.Title}, {&m.DocNo, in.DocNo}, {&m.IndexNo, in.IndexNo}, {&m.Issuer, in.Issuer}, {&m.Source, in.Source}, {&m.SourceURL, in.URL},
		{&m.Category, in.Category}, {&m.Topic, in.Topic}, {&m.Summary, in.Summary}, {&m.Keywords, in.Keywords}} {
		if f.said != nil {
			*f.into = *f.said
		}
	}
	if in.Important {
		m.Important = true
	}
	if in.Type != nil {
		m.Type = Type(oneLine(*in.Type))
	}
	if m.Origin == "" || m.Origin == MovedIn {
		m.Origin = Original
	}
	return m
}

// place keeps the files of a row and lets the document refer to them where
// they lie now.
func (r *importing) place(ctx context.Context, p *prepared) error {
	at := map[string]string{}
	for _, f := range p.files {
		if f.Src == "" || len(f.SHA256) != 64 {
			continue
		}
		src, err := r.o.Files(ctx, r.o.Unit, f, !r.o.DryRun)
		if err != nil {
			ferr := fault.Of(err)
			if ferr.Kind != fault.Invalid && ferr.Kind != fault.TooLarge && ferr.Kind != fault.Refused {
				return err
			}
			p.notes = append(p.notes, "文件“"+shorten(f.Name)+"”没有收进：“"+ferr.Says+"”")
		}
		at[f.Src] = src
	}
	p.made.Doc = p.made.Doc.Refer(func(src string) string {
		if to, ok := at[src]; ok {
			return to
		}
		return src
	})
	p.made.doc, p.made.html, p.made.text = string(p.made.Doc.JSON()), p.made.Doc.HTML(), p.made.Doc.Text()
	p.made = r.s.rehash(p.made)
	return nil
}

// did notes what the import did to an item, in the row's own transaction.
func (r *importing) did(ctx context.Context, tx *db.Tx, no int, id ItemID, act string, version int) error {
	if r.o.Batch == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO item_import_row (batch_id, row, item_id, act, version_no) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (batch_id, item_id) DO NOTHING`,
		r.o.Batch, no, id, act, version)
	return err
}

// Imported is one item that an import brought or changed.
type Imported struct {
	Row    int
	Item   ItemID
	Title  string
	State  string
	Live   bool
	Act    string // enter, change
	Undone string // undone, or why it was left; empty while nothing was undone
}

// ImportedRows are the items of a batch, in the order of their rows; those of
// units in scope.
func (s *Service) ImportedRows(ctx context.Context, scope authz.Scope, batch string, limit, offset int) ([]Imported, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("r.batch_id = ?", batch)
	from := ` FROM item_import_row r JOIN item i ON i.id = r.item_id JOIN unit u ON u.id = i.unit_id JOIN item_version v ON v.item_id = i.id AND v.no = i.version WHERE ` + w.SQL()
	n, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*)`+from, w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, func(r db.Scanner) (Imported, error) {
		var v Imported
		return v, r.Scan(&v.Row, &v.Item, &v.Title, &v.State, &v.Live, &v.Act, &v.Undone)
	}, `SELECT r.row, r.item_id, v.title, i.state, EXISTS (SELECT 1 FROM item_live l WHERE l.item_id = i.id), r.act, r.undone`+from+` ORDER BY r.row, r.item_id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	return list, n, err
}

// UndoImport takes back up to most items of a batch, the last first, and
// returns how many it looked at: drafts that nobody has touched since are put
// away, what came live is withdrawn, what was changed gets its words back.
// What somebody has worked on since is left, with the reason.
func (s *Service) UndoImport(ctx context.Context, scope authz.Scope, batch, why string, most int) (int, error) {
	if why = manyLines(why); why == "" {
		return 0, fault.New(fault.Invalid, "撤销导入要写明原因。").On("why", "请写明原因")
	}
	todo, err := db.All(ctx, s.db, db.Value[ItemID], `SELECT item_id FROM item_import_row WHERE batch_id = $1 AND undone = '' ORDER BY row DESC, item_id LIMIT $2`, batch, most)
	if err != nil {
		return 0, err
	}
	for _, id := range todo {
		if err := s.undoOne(ctx, scope, batch, id, why); err != nil {
			return 0, err
		}
	}
	return len(todo), nil
}

func (s *Service) undoOne(ctx context.Context, scope authz.Scope, batch string, id ItemID, why string) error {
	type did struct {
		act     string
		version int
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		row, err := db.One(ctx, tx, func(r db.Scanner) (did, error) {
			var v did
			return v, r.Scan(&v.act, &v.version)
		}, `SELECT act, version_no FROM item_import_row WHERE batch_id = $1 AND item_id = $2 AND undone = ''`, batch, id)
		if db.None(err) {
			return nil // another run was quicker
		}
		if err != nil {
			return err
		}
		it, err := s.ItemTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		left, err := s.putAway(ctx, tx, scope, it, row.act, row.version, why)
		if err != nil {
			return err
		}
		if left == "" {
			left = "undone"
		}
		if _, err := tx.Exec(ctx, `UPDATE item_import_row SET undone = $3 WHERE batch_id = $1 AND item_id = $2`, batch, id, left); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.import.undo", Target: it.Target(), After: map[string]any{"batch": batch, "outcome": left, "why": why}})
	})
}

// putAway undoes one item and says why not when it must stay.
func (s *Service) putAway(ctx context.Context, tx *db.Tx, scope authz.Scope, it Item, act string, version int, why string) (string, error) {
	switch {
	case it.Round > 0 || it.State == InReview || it.State == Returned:
		return "导入以后已经送审，没有撤销", nil
	case it.State == Withdrawn:
		return "已经撤稿", nil
	case act == "enter" && it.Version > 1:
		return "导入以后有人改过，没有撤销", nil
	case act == "change" && it.Live():
		return "导入时更新的是已公开的稿件，请在稿件页面改回", nil
	case act == "change" && it.Version != version+1:
		return "导入以后有人改过，没有撤销", nil
	}
	if act == "change" {
		v, err := db.One(ctx, tx, scanVersion, `SELECT `+versionFields+` FROM item_version v WHERE v.item_id = $1 AND v.no = $2`, it.ID, version)
		if err != nil {
			return "", err
		}
		d, err := prose.Parse([]byte(v.Doc))
		if err != nil {
			return "", err
		}
		m := rendered(Writing{Meta: v.Meta, Doc: d, Original: v.Original, Note: fmt.Sprintf("%s，恢复第 %d 版", undoNote, version)})
		if m.examined, err = s.examine(ctx, tx, it.Unit, m.Meta, m.Doc, m.sha); err != nil {
			return "", err
		}
		return "", s.revise(ctx, tx, it, m)
	}
	if it.Live() {
		if others, err := db.One(ctx, tx, db.Value[int], `SELECT count(DISTINCT site_id) FROM item_placement WHERE item_id = $1 AND state = 'live'`, it.ID); err != nil {
			return "", err
		} else if others > 1 {
			return "已被其他站点采用，请在稿件页面撤稿", nil
		}
		if err := s.withdraw(ctx, tx, &it, why); err != nil {
			return "", err
		}
	} else {
		_, state, err := Machine.Take(ctx, tx, string(it.ID), "undo_import", passage.Note{Says: why})
		if err != nil {
			return "", err
		}
		if _, err := tx.Exec(ctx, `UPDATE item SET state = $2, updated_at = $3 WHERE id = $1`, it.ID, state, tx.Now()); err != nil {
			return "", err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM item_placement WHERE item_id = $1 AND state = 'planned'`, it.ID); err != nil {
			return "", err
		}
		if err := likeness.Drop(ctx, tx, string(it.ID)); err != nil {
			return "", err
		}
	}
	// Its name at its origin is free again: the same list may come in once more.
	_, err := tx.Exec(ctx, `UPDATE item SET ref = '' WHERE id = $1`, it.ID)
	return "", err
}

// Alike is an item that bears the same title or document number as another.
type Alike struct {
	ID    ItemID
	Title string
	DocNo string
	Unit  string
	State string
}

// Alikes are items of units in scope with exactly one of these titles or
// document numbers. Near copies are found by package search, not here.
func (s *Service) Alikes(ctx context.Context, scope authz.Scope, titles, numbers []string) ([]Alike, error) {
	var out []Alike
	find := func(column string, words []string) error {
		for chunk := range slices.Chunk(words, 200) {
			var w db.Where
			scope.Where(&w, "u")
			args := make([]any, len(chunk))
			for i, v := range chunk {
				args[i] = v
			}
			w.And("i.state <> 'undone'").And(column+" IN (?"+strings.Repeat(", ?", len(chunk)-1)+")", args...)
			list, err := db.All(ctx, s.db, func(r db.Scanner) (Alike, error) {
				var a Alike
				return a, r.Scan(&a.ID, &a.Title, &a.DocNo, &a.Unit, &a.State)
			}, `SELECT i.id, v.title, v.doc_no, u.name, i.state FROM item_version v JOIN item i ON i.id = v.item_id AND i.version = v.no JOIN unit u ON u.id = i.unit_id WHERE `+w.SQL()+` ORDER BY i.id LIMIT 2000`, w.Args()...)
			if err != nil {
				return err
			}
			for _, a := range list {
				if !slices.ContainsFunc(out, func(b Alike) bool { return b.ID == a.ID }) {
					out = append(out, a)
				}
			}
		}
		return nil
	}
	if err := find("v.title", titles); err != nil {
		return nil, err
	}
	return out, find("v.doc_no", numbers)
}

// Outgoing is an item on its way out of the house: its newest version as a row
// that an import reads back.
type Outgoing struct {
	Item    Item
	Version Version
	Row     Row
}

// Export yields the items of a filter in scope, last touched first, up to most
// of them. The rows have no Files: whoever keeps files adds them.
func (s *Service) Export(ctx context.Context, scope authz.Scope, f Filter, most int, each func(Outgoing) error) (int, error) {
	n := 0
	for n < most {
		f.Limit, f.Offset = min(100, most-n), n
		list, _, err := s.Items(ctx, scope, f)
		if err != nil {
			return n, err
		}
		for _, it := range list {
			out, err := s.ExportItem(ctx, scope, it.ID)
			if err != nil {
				return n, err
			}
			if err := each(out); err != nil {
				return n, err
			}
			n++
		}
		if len(list) < f.Limit {
			break
		}
	}
	return n, nil
}

// ExportItem is one item in scope on its way out.
func (s *Service) ExportItem(ctx context.Context, scope authz.Scope, id ItemID) (Outgoing, error) {
	it, err := s.Item(ctx, scope, id)
	if err != nil {
		return Outgoing{}, err
	}
	v, err := version(ctx, s.db, id, it.Version)
	if err != nil {
		return Outgoing{}, err
	}
	m := v.Meta
	r := Row{Ref: it.Ref, Type: string(m.Type), Title: m.Title, DocNo: m.DocNo, IndexNo: m.IndexNo, Issuer: m.Issuer, Source: m.Source, URL: m.SourceURL,
		Category: m.Category, Topic: m.Topic, Summary: m.Summary, Keywords: m.Keywords, Text: v.Text, Doc: json.RawMessage(v.Doc), Meta: &m}
	if r.Ref == "" {
		r.Ref = "item:" + string(it.ID)
	}
	if !m.Written.IsZero() {
		r.Written = m.Written.String()
	}
	if !it.PublishedAt.IsZero() {
		r.Published = it.PublishedAt.In(calendar.Shanghai).Format("2006-01-02 15:04:05")
	}
	return Outgoing{it, v, r}, nil
}

// OpenMoveIns are the approved move-ins of sites in scope that a list may come
// live under: those without a list yet, and those of this very list.
func (s *Service) OpenMoveIns(ctx context.Context, scope authz.Scope, sum string) ([]MoveIn, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("m.list_sha256 IN ('', ?)", sum)
	return db.All(ctx, s.db, func(r db.Scanner) (MoveIn, error) {
		var m MoveIn
		return m, r.Scan(&m.ID, &m.Site, &m.Number, &m.Dated, &m.PersonID, &m.PersonName, &m.ListSHA256)
	}, `SELECT m.id, m.site_id, m.number, m.dated, m.person_id, m.person_name, m.list_sha256 FROM move_in_case m JOIN site t ON t.id = m.site_id JOIN unit u ON u.id = t.unit_id
	     WHERE `+w.SQL()+` ORDER BY m.dated DESC, m.id DESC LIMIT 50`, w.Args()...)
}
