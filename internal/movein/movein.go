package movein

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/jobs"
	"zhengshu/internal/library"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// Kinds of batch.
const (
	Files = "files"
	Site  = "crawl"
)

// States of a batch.
const (
	Brought = "brought"
	Looking = "looking"
	Looked  = "looked"
	Taking  = "taking"
	Taken   = "taken"
	Undoing = "undoing"
	Undone  = "undone"
)

// UndoDays is for how long after it was taken a batch can be undone.
const UndoDays = 30

// Batch is one taking in, from the files a person chose to its undoing.
type Batch struct {
	ID         string
	Kind       string
	Unit       org.UnitID
	UnitName   string // joined
	Name       string
	Type       library.Type // of items that do not say; empty: guessed
	Address    string       // of an old site
	Pages      int          // most pages to visit
	State      string
	List       string // blob of the list that the rehearsal made
	ListSHA256 string
	Total      int // rows of the list
	Report     intake.Report
	Dead       []Dead
	LeftOut    []Left
	Relinked   *library.Relinking // links of an old site, once taken in
	Site       registry.SiteID    // where it came live, under Case
	Column     registry.ColumnID
	Case       string
	Failure    string
	PersonID   string
	PersonName string
	CreatedAt  time.Time
	TakenAt    time.Time
	UndoneAt   time.Time
	UndoneWhy  string
	begun      string // the latest beginning of work
	areaPath   string
	linePath   string
}

// Busy reports whether somebody works on it.
func (b Batch) Busy() bool { return b.State == Looking || b.State == Taking || b.State == Undoing }

// Undoable reports whether it can be taken back at a moment.
func (b Batch) Undoable(now time.Time) bool {
	return b.State == Taken && now.Before(b.TakenAt.AddDate(0, 0, UndoDays))
}

func (b Batch) target() audit.Target {
	return audit.Target{Kind: "move_in_batch", ID: b.ID, Name: b.Name, Unit: string(b.Unit)}
}

// Dead is a link within an old site that leads nowhere.
type Dead struct {
	URL  string `json:"url"`
	From string `json:"from"`
	Says string `json:"says"`
}

// Left is something a crawl did not look at, with the reason.
type Left struct {
	URL   string `json:"url"`
	Says  string `json:"says"`
	Count int    `json:"count"`
}

// Results of a piece.
const (
	Ready   = "ready"
	Warned  = "warned"
	Refused = "refused"
	Passed  = "passed" // looked at, holds no item of its own
)

// Piece is one file or page of a batch.
type Piece struct {
	No         int
	Name       string
	Kind       string
	Blob       string
	Size       int64
	Title      string
	Result     string
	Row, Until int // rows of the list, from 1; 0 for none
	Notes      []string
}

// KindName is the kind in Chinese.
func (p Piece) KindName() string {
	return map[string]string{"docx": "Word 文档", "html": "网页", "table": "表格", "list": "JSONL", "archive": "归档", "text": "文本", "resource": "网页附属文件", "other": "其他文件", "article": "文章", "index": "列表页"}[p.Kind]
}

// Parts are what the service is made of.
type Parts struct {
	DB       *db.DB
	Org      *org.Service
	Registry *registry.Service
	Library  *library.Service
	Blobs    blob.Store
	Shelf    Shelf
	Client   *egress.Client
	Delay    time.Duration // between two requests to an old site; 0: the crawl's own
}

// Service is the door of movein.
type Service struct{ Parts }

// New makes the service.
func New(p Parts) *Service { return &Service{p} }

// Work is the job of a batch: what was begun is ended.
type Work struct {
	Batch string `json:"batch"`
	Begun string `json:"begun"` // which beginning of work it ends; any when empty
}

// Kind names the job.
func (Work) Kind() string { return "movein.batch" }

// Register gives the workers the module's job.
func (s *Service) Register(w *jobs.Workers) {
	jobs.Handle(w, s.Work)
	jobs.GivenUp(w, s.broken)
}

const batchSelect = `SELECT b.id, b.kind, b.unit_id, u.name, b.name, b.item_type, b.address, b.pages, b.state, b.list, b.list_sha256, b.total, b.report, b.dead, b.left_out, b.relinked,
	COALESCE(b.site_id, ''), COALESCE(b.column_id, ''), b.case_number, b.failure, b.person_id, b.person_name, b.created_at, b.taken_at, b.undone_at, b.undone_why, b.begun, u.area_path, u.line_path
	FROM move_in_batch b JOIN unit u ON u.id = b.unit_id`

func scanBatch(r db.Scanner) (Batch, error) {
	b := Batch{Report: intake.New(false)}
	var report, dead, left, relinked string
	if err := r.Scan(&b.ID, &b.Kind, &b.Unit, &b.UnitName, &b.Name, &b.Type, &b.Address, &b.Pages, &b.State, &b.List, &b.ListSHA256, &b.Total, &report, &dead, &left, &relinked,
		&b.Site, &b.Column, &b.Case, &b.Failure, &b.PersonID, &b.PersonName, &b.CreatedAt, &b.TakenAt, &b.UndoneAt, &b.UndoneWhy, &b.begun, &b.areaPath, &b.linePath); err != nil {
		return b, err
	}
	for _, f := range []struct {
		text string
		into any
	}{{report, &b.Report}, {dead, &b.Dead}, {left, &b.LeftOut}, {relinked, &b.Relinked}} {
		if f.text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(f.text), f.into); err != nil {
			return b, err
		}
	}
	return b, nil
}

// Batch of a unit in scope.
func (s *Service) Batch(ctx context.Context, scope authz.Scope, id string) (Batch, error) {
	return s.batch(ctx, s.DB, scope, id)
}

func (s *Service) batch(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Batch, error) {
	b, err := db.One(ctx, q, scanBatch, batchSelect+` WHERE b.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(b.areaPath, b.linePath) {
		return Batch{}, fault.Missing("导入批次")
	}
	return b, err
}

// Batches of units in scope, newest first.
func (s *Service) Batches(ctx context.Context, scope authz.Scope, limit int) ([]Batch, error) {
	var w db.Where
	scope.Where(&w, "u")
	return db.All(ctx, s.DB, scanBatch, batchSelect+` WHERE `+w.SQL()+` ORDER BY b.created_at DESC, b.id DESC LIMIT `+w.Arg(limit), w.Args()...)
}

// PieceFilter narrows Pieces.
type PieceFilter struct {
	Result string
	Limit  int
	Offset int
}

const pieceFields = `no, name, kind, blob, size, title, result, row_first, row_last, notes`

func scanPiece(r db.Scanner) (Piece, error) {
	var p Piece
	var notes string
	if err := r.Scan(&p.No, &p.Name, &p.Kind, &p.Blob, &p.Size, &p.Title, &p.Result, &p.Row, &p.Until, &notes); err != nil {
		return p, err
	}
	if notes == "" {
		return p, nil
	}
	return p, json.Unmarshal([]byte(notes), &p.Notes)
}

// Pieces of a batch in scope, and how many there are of each result.
func (s *Service) Pieces(ctx context.Context, scope authz.Scope, id string, f PieceFilter) ([]Piece, map[string]int, error) {
	if _, err := s.Batch(ctx, scope, id); err != nil {
		return nil, nil, err
	}
	type count struct {
		result string
		n      int
	}
	counts, err := db.All(ctx, s.DB, func(r db.Scanner) (count, error) {
		var c count
		return c, r.Scan(&c.result, &c.n)
	}, `SELECT result, count(*) FROM move_in_piece WHERE batch_id = $1 GROUP BY result`, id)
	if err != nil {
		return nil, nil, err
	}
	n := map[string]int{}
	for _, c := range counts {
		n[c.result] += c.n
		n[""] += c.n
	}
	var w db.Where
	w.And("batch_id = ?", id).AndIf(f.Result != "", "result = ?", f.Result)
	limit := f.Limit
	if limit <= 0 {
		limit = 50
	}
	list, err := db.All(ctx, s.DB, scanPiece, `SELECT `+pieceFields+` FROM move_in_piece WHERE `+w.SQL()+` ORDER BY CASE result WHEN 'refused' THEN 0 WHEN 'warned' THEN 1 WHEN 'ready' THEN 2 ELSE 3 END, no LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, n, err
}

// Ask is what a person says beside the files or the address.
type Ask struct {
	Unit org.UnitID
	Type library.Type // empty: guessed from each
}

func (s *Service) begun(ctx context.Context, session *authz.Session, scope authz.Scope, ask Ask, b Batch) (Batch, error) {
	if session == nil {
		return b, fault.New(fault.SignIn, "请先登录。")
	}
	if ask.Type != "" && ask.Type.Name() == "" {
		return b, fault.New(fault.Invalid, "信息类型不在列表里。").On("type", "请从列表中选择信息类型")
	}
	u, err := s.Org.UnitTx(ctx, s.DB, scope, ask.Unit)
	if err != nil {
		return b, err
	}
	b.ID, b.Unit, b.UnitName, b.Type, b.State = ulid.Make().String(), u.ID, u.Name, ask.Type, Brought
	b.PersonID, b.PersonName = session.PersonID, session.Name
	return b, nil
}

func (s *Service) insert(ctx context.Context, b Batch, pieces []Piece) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO move_in_batch (id, kind, unit_id, name, item_type, address, pages, state, person_id, person_name, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			b.ID, b.Kind, b.Unit, b.Name, b.Type, b.Address, b.Pages, b.State, b.PersonID, b.PersonName, tx.Now()); err != nil {
			return fmt.Errorf("movein: insert batch: %w", err)
		}
		if err := addPieces(ctx, tx, b.ID, pieces); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "movein.bring", Target: b.target(), After: map[string]any{"kind": b.Kind, "pieces": len(pieces), "address": b.Address}})
	})
}

func addPieces(ctx context.Context, tx *db.Tx, batch string, pieces []Piece) error {
	rows := make([][]any, 0, len(pieces))
	for _, p := range pieces {
		notes := ""
		if len(p.Notes) > 0 {
			b, err := json.Marshal(p.Notes)
			if err != nil {
				return err
			}
			notes = string(b)
		}
		rows = append(rows, []any{batch, p.No, abridge.Cut(p.Name, 500), p.Kind, p.Blob, p.Size, abridge.Cut(p.Title, 200), p.Result, p.Row, p.Until, notes})
	}
	return tx.InsertAll(ctx, "move_in_piece", []string{"batch_id", "no", "name", "kind", "blob", "size", "title", "result", "row_first", "row_last", "notes"}, rows)
}

// The work done while the person waits: bytes and files to look at, items to
// take in or back.
const (
	atOnceBytes = 4 << 20
	atOncePiece = 20
	atOnceRows  = 100
)

// leftAfter is after how long a batch that a person waits for and that is still
// worked is taken to be left: it takes seconds.
const leftAfter = 5 * time.Minute

// begin moves a batch to a state of work once, and works it, or leaves it to a
// job. Pressed twice, the second press finds it done or under way.
func (s *Service) begin(ctx context.Context, session *authz.Session, scope authz.Scope, id string, from []string, to, act string, also func(ctx context.Context, tx *db.Tx) error) (Batch, error) {
	b, err := s.Batch(ctx, scope, id)
	if err != nil {
		return b, err
	}
	type load struct{ n, bytes int64 }
	l, err := db.One(ctx, s.DB, func(r db.Scanner) (load, error) {
		var l load
		return l, r.Scan(&l.n, &l.bytes)
	}, `SELECT count(*), COALESCE(sum(size), 0) FROM move_in_piece WHERE batch_id = $1`, id)
	if err != nil {
		return b, err
	}
	wait := to == Looking && (b.Kind == Site || l.n > atOncePiece || l.bytes > atOnceBytes) || to != Looking && b.Total > atOnceRows
	begun := false
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		begun = false
		if b, err = s.batch(ctx, tx, scope, id); err != nil || !slices.Contains(from, b.State) {
			return err
		}
		b.begun = ulid.Make().String()
		if _, err := tx.Exec(ctx, `UPDATE move_in_batch SET state = $2, failure = '', begun = $3 WHERE id = $1`, id, to, b.begun); err != nil {
			return err
		}
		if also != nil {
			if err := also(ctx, tx); err != nil {
				return err
			}
		}
		begun, b.State = true, to
		// What is worked while the person waits is ended by the job when the person
		// leaves, or the process dies, before it is done.
		at := tx.Now()
		if !wait {
			at = at.Add(leftAfter)
		}
		if err := jobs.Enqueue(ctx, tx, Work{id, b.begun}, jobs.MaxAttempts(5), jobs.At(at)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: act, Target: b.target(), After: map[string]string{"state": to}})
	})
	if err != nil || !begun || wait {
		return b, err
	}
	if err := s.work(ctx, session, id); err != nil {
		return b, err
	}
	return s.Batch(ctx, scope, id)
}

// Work is the job of a batch: what was begun is ended, in the name and scope of the
// person who brought it. A job of an earlier beginning finds it ended.
func (s *Service) Work(ctx context.Context, job Work) error {
	b, err := db.One(ctx, s.DB, scanBatch, batchSelect+` WHERE b.id = $1`, job.Batch)
	if db.None(err) {
		return jobs.Cancel(fmt.Errorf("movein: no batch %s", job.Batch))
	}
	if err != nil || !b.Busy() || job.Begun != "" && job.Begun != b.begun {
		return err
	}
	p, err := s.Org.PersonByID(ctx, s.DB, authz.System("the person of a job"), org.PersonID(b.PersonID))
	if err != nil {
		return err
	}
	posts, err := s.Org.PostsOf(ctx, s.DB, p.ID)
	if err != nil {
		return err
	}
	session := &authz.Session{PersonID: string(p.ID), Name: p.Name, Posts: posts}
	unit, _ := session.Unit()
	ctx = authz.WithSession(audit.WithActor(ctx, audit.Actor{Kind: "person", ID: string(p.ID), Name: p.Name, Unit: unit}), session)
	return s.work(ctx, session, b.ID)
}

func (s *Service) work(ctx context.Context, session *authz.Session, id string) error {
	scope := session.ScopeFor(authz.ItemWrite)
	b, err := s.Batch(ctx, scope, id)
	if err != nil {
		return err
	}
	switch b.State {
	case Looking:
		err = s.look(ctx, session, scope, b)
	case Taking:
		err = s.take(ctx, scope, b)
	case Undoing:
		err = s.undo(ctx, scope, b)
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	// What a person can mend is said to the person and ends the work; anything
	// else is tried again.
	var says *fault.Error
	if !errors.As(err, &says) || says.Kind == fault.Internal || says.Kind == fault.Unavailable {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error { return failed(ctx, tx, b, says.Says) })
}

// failed puts a batch back to where its work was begun, with why.
func failed(ctx context.Context, tx *db.Tx, b Batch, says string) error {
	back := map[string]string{Looking: Brought, Taking: Looked, Undoing: Taken}[b.State]
	if _, err := tx.Exec(ctx, `UPDATE move_in_batch SET state = $2, failure = $3 WHERE id = $1`, b.ID, back, says); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "movein.fail", Target: b.target(), After: says})
}

// broken puts a batch back whose job is given up, in that act: what was done of it
// stands, and the person may go on.
func (s *Service) broken(ctx context.Context, tx *db.Tx, job Work, why error) error {
	b, err := db.One(ctx, tx, scanBatch, batchSelect+` WHERE b.id = $1`, job.Batch)
	if db.None(err) {
		return nil
	}
	if err != nil || !b.Busy() || job.Begun != "" && job.Begun != b.begun {
		return err
	}
	return failed(audit.System(ctx, "movein"), tx, b, "处理中断："+jobs.Told(why))
}

// Into is where a batch goes: nowhere yet (drafts), or live under an approved
// move-in.
type Into struct {
	Site   registry.SiteID
	Column registry.ColumnID
	Case   string // number; empty: the site's case of this very list, or its latest without one
}

// Take takes a looked-at batch in.
func (s *Service) Take(ctx context.Context, session *authz.Session, scope authz.Scope, id string, into Into) (Batch, error) {
	b, err := s.Batch(ctx, scope, id)
	if err != nil {
		return b, err
	}
	if b.State == Looked && b.Report.Accepted == 0 {
		return b, fault.New(fault.Refused, "这一批没有可以入库的稿件，请按报告改正文件后重新预演。")
	}
	if into.Column != "" {
		c, err := s.Registry.Column(ctx, s.DB, scope, into.Column)
		if err != nil {
			return b, err
		}
		into.Site = c.Site
	}
	return s.begin(ctx, session, scope, id, []string{Looked}, Taking, "movein.begin", func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE move_in_batch SET site_id = $2, column_id = $3, case_number = $4 WHERE id = $1`, id, db.Null(string(into.Site)), db.Null(string(into.Column)), strings.TrimSpace(into.Case))
		return err
	})
}

// Undo takes a batch back: whatever nobody has worked on since.
func (s *Service) Undo(ctx context.Context, session *authz.Session, scope authz.Scope, id, why string) (Batch, error) {
	why = strings.TrimSpace(why)
	if n := len([]rune(why)); n < 4 || n > 200 {
		return Batch{}, fault.New(fault.Invalid, "请用 4 到 200 个字写明为什么撤销这次导入。").On("why", "请写明原因")
	}
	b, err := s.Batch(ctx, scope, id)
	if err != nil {
		return b, err
	}
	if !b.Undoable(s.DB.Now()) && !b.Busy() && b.State != Undone {
		return b, fault.Newf(fault.Conflict, "这一批不能撤销：只有已入库、不超过 %d 天的可以撤销。", UndoDays)
	}
	return s.begin(ctx, session, scope, id, []string{Taken}, Undoing, "movein.undo", func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE move_in_batch SET undone_why = $2 WHERE id = $1`, id, why)
		return err
	})
}

func (s *Service) undo(ctx context.Context, scope authz.Scope, b Batch) error {
	for {
		n, err := s.Library.UndoImport(ctx, scope, b.ID, b.UndoneWhy, 50)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE move_in_batch SET state = 'undone', undone_at = $2 WHERE id = $1`, b.ID, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "movein.undone", Target: b.target(), After: b.UndoneWhy})
	})
}

// Items of a batch, in the order of its list.
func (s *Service) Items(ctx context.Context, scope authz.Scope, id string, limit, offset int) ([]library.Imported, int, error) {
	if _, err := s.Batch(ctx, scope, id); err != nil {
		return nil, 0, err
	}
	return s.Library.ImportedRows(ctx, scope, id, limit, offset)
}
