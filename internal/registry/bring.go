package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/jobs"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
)

// Intake takes files in: brought, matched, looked at, taken, taken back. Small
// files are worked while the person waits, others by a job that goes on where
// a killed one stopped.
type Intake struct {
	s     *Service
	blobs blob.Store
}

// NewIntake makes the intake. Files rest in blobs.
func NewIntake(s *Service, b blob.Store) *Intake { return &Intake{s, b} }

// atOnce is the size up to which a file is worked while the person waits, in
// bytes: some thousand rows.
const atOnce = 256 << 10

// leftAfter is after how long a small file that is still worked is taken to be
// left: it takes seconds.
const leftAfter = 5 * time.Minute

// WorkFile is the job of one file.
type WorkFile struct {
	File  string `json:"file"`
	Begun string `json:"begun"` // which beginning of work it ends; any when empty
}

// Kind names the job.
func (WorkFile) Kind() string { return "registry.intake" }

// Register gives the workers the module's job.
func (in *Intake) Register(w *jobs.Workers) {
	jobs.Handle(w, func(ctx context.Context, a WorkFile) error { return in.Work(ctx, a) })
	jobs.GivenUp(w, in.broken)
}

func (in *Intake) table(ctx context.Context, f File) (*official.Table, error) {
	from, err := in.blobs.Open(ctx, blob.Ref(f.Blob))
	if errors.Is(err, blob.ErrNotFound) {
		return nil, fault.New(fault.Gone, "预检时上传的文件已不在，请重新上传。").From(err)
	}
	if err != nil {
		return nil, err
	}
	defer from.Close()
	body, err := io.ReadAll(io.LimitReader(from, MaxFile))
	if err != nil {
		return nil, err
	}
	return openTable(bytes.NewReader(body), f)
}

func openTable(from io.ReaderAt, f File) (*official.Table, error) {
	return official.ReadChosen(from, f.Size, f.Name, f.Choice, official.Limits{File: MaxFile})
}

// matched is the table with the heads of the fields in place of its own, and
// those of no field taken away.
func matched(t *official.Table, columns intake.Columns) {
	if columns == nil {
		return
	}
	heads := make([]string, len(t.Header))
	for key, i := range columns {
		if i >= 0 && i < len(heads) {
			heads[i] = key
		}
	}
	t.Header = heads
}

// Bring keeps a file that a person sends. When its columns are known by their
// heads, or from a file of the same form before, it is looked at at once;
// otherwise a person matches them.
func (in *Intake) Bring(ctx context.Context, session *authz.Session, scope authz.Scope, kind FileKind, name string, size int64, body io.ReadSeeker) (File, error) {
	f := File{Kind: kind, Name: name, Size: size, State: FileBrought, Looked: intake.New(true)}
	if kind.Name() == "" {
		return f, fault.New(fault.Invalid, "没有选择文件里登记的是什么。").On("kind", "请选择区划和单位、网站、政务新媒体账号、移动客户端或域名")
	}
	at, ok := body.(io.ReaderAt)
	if !ok {
		return f, errors.New("registry: a brought file must be readable at any place")
	}
	t, err := openTable(at, f)
	if err != nil {
		return f, err
	}
	clear, err := in.match(ctx, session, &f, t)
	if err != nil {
		return f, err
	}
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return f, err
	}
	ref, err := in.blobs.Put(ctx, body)
	if err != nil {
		return f, err
	}
	f.Blob = string(ref)
	if kind == UnitFile {
		// Divisions have fixed heads: a file that has others is refused here.
		matched(t, nil)
		if _, err := in.s.Import(ctx, scope, kind, t, org.ImportOptions{DryRun: true, Source: name}); err != nil {
			return f, err
		}
		clear = true
	}
	if err := in.s.db.Update(ctx, func(tx *db.Tx) error {
		f, err = in.s.KeepFile(ctx, tx, session, f)
		return err
	}); err != nil {
		return f, err
	}
	if clear {
		return in.Look(ctx, session, f.ID)
	}
	return f, nil
}

// match proposes the columns of a table and reports whether they are clear:
// known by their heads or remembered, with nothing for a person to choose.
func (in *Intake) match(ctx context.Context, session *authz.Session, f *File, t *official.Table) (clear bool, err error) {
	fields := FieldsOf(f.Kind)
	f.Signature = intake.Signature(t.Header)
	f.Choice.Sheet = t.Sheet
	if fields == nil {
		return true, nil
	}
	unit, _ := session.Unit()
	kept, err := db.One(ctx, in.s.db, db.Value[string], `SELECT columns FROM intake_match WHERE kind = $1 AND signature = $2 AND (person_id = $3 OR unit_id = $4 AND unit_id <> '')
		ORDER BY CASE WHEN person_id = $3 THEN 0 ELSE 1 END, at DESC LIMIT 1`, f.Kind, f.Signature, session.PersonID, unit)
	if err == nil {
		return len(t.Sheets) <= 1, json.Unmarshal([]byte(kept), &f.Columns)
	}
	if !db.None(err) {
		return false, err
	}
	exact := intake.Recognise(t.Header, fields)
	f.Columns = intake.Suggest(t.Header, fields)
	visible, hidden := 0, 0
	for _, s := range t.Sheets {
		if s.Hidden {
			hidden++
		} else {
			visible++
		}
	}
	return len(exact) == len(f.Columns) && enough(f.Kind, exact) && visible <= 1 && hidden == 0, nil
}

// enough reports whether the columns suffice to take rows of the kind.
func enough(kind FileKind, c intake.Columns) bool {
	switch kind {
	case SiteFile:
		return c.Has("host", "url") && c.Has("code", "sponsor", "government_organ")
	case AccountFile:
		return c.Has("platform") && c.Has("account") && c.Has("code", "sponsor", "sponsor_type")
	case AppFile:
		return c.Has("account") && c.Has("code", "sponsor")
	case DomainFile:
		return c.Has("domain") && c.Has("site", "sponsor")
	}
	return true
}

// Form is what a person matches columns on.
type Form struct {
	File   File
	Sheets []official.SheetInfo
	Header []string
	Row    int        // of the header
	First  [][]string // some rows, as read
	Notes  []string
	Fields []intake.Field
}

// Form opens the file as its choice says, with the first rows.
func (in *Intake) Form(ctx context.Context, session *authz.Session, id string) (Form, error) {
	f, err := in.s.File(ctx, in.s.db, session, id)
	if err != nil || FieldsOf(f.Kind) == nil {
		return Form{File: f}, err
	}
	t, err := in.table(ctx, f)
	if err != nil {
		return Form{File: f}, err
	}
	out := Form{File: f, Sheets: t.Sheets, Header: t.Header, Row: t.HeaderRow, Notes: t.Notes, Fields: FieldsOf(f.Kind)}
	for row, err := range t.Rows() {
		if err != nil {
			return out, err
		}
		out.First = append(out.First, row.Cells)
		if len(out.First) == 3 {
			break
		}
	}
	return out, nil
}

// Choose takes another sheet or header row; the columns are proposed anew.
func (in *Intake) Choose(ctx context.Context, session *authz.Session, id string, c official.Choice) (File, error) {
	f, err := in.s.File(ctx, in.s.db, session, id)
	if err != nil {
		return f, err
	}
	if c.HeaderRow < 0 || c.HeaderRow > 1000 {
		return f, fault.New(fault.Invalid, "表头所在的行应在第 1 行到第 1000 行之间。").On("header_row", "请填写行号")
	}
	f.Choice = c
	t, err := in.table(ctx, f)
	if err != nil {
		if fault.Is(err, fault.Invalid) {
			err = fault.New(fault.Invalid, fault.Of(err).Says).On("header_row", "请核对工作表和行号")
		}
		return f, err
	}
	f.Columns = nil
	if _, err := in.match(ctx, session, &f, t); err != nil {
		return f, err
	}
	f.Choice = c
	return f, in.keep(ctx, session, f)
}

// keep stores what a person chose of a file that is not taken yet.
func (in *Intake) keep(ctx context.Context, session *authz.Session, f File) error {
	columns, err := json.Marshal(f.Columns)
	if err != nil {
		return err
	}
	return in.s.db.Update(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE intake_file SET sheet = $2, header_row = $3, columns = $4, signature = $5, skip_hidden = $6, state = 'brought' WHERE id = $1 AND state IN ('brought', 'looked')`,
			f.ID, f.Choice.Sheet, f.Choice.HeaderRow, string(columns), f.Signature, f.SkipHidden)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "这个文件已经导入，或正在处理，不能再改列的对应。")
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "registry.intake.match", Target: f.target(session), After: map[string]any{"sheet": f.Choice.Sheet, "columns": f.Columns}})
	})
}

// Match takes a person's matching of columns, remembers it for files of the
// same form, and looks at the file.
func (in *Intake) Match(ctx context.Context, session *authz.Session, id string, columns intake.Columns, skipHidden bool) (File, error) {
	f, err := in.s.File(ctx, in.s.db, session, id)
	if err != nil {
		return f, err
	}
	used := map[int]string{}
	for _, field := range FieldsOf(f.Kind) {
		i, ok := columns[field.Key]
		if !ok {
			continue
		}
		if first, dup := used[i]; dup {
			return f, fault.Newf(fault.Invalid, "“%s”和“%s”选了同一列，一列只能对应一个字段。", first, field.Name).On("f_"+field.Key, "与别的字段重复")
		}
		used[i] = field.Name
	}
	if !enough(f.Kind, columns) {
		return f, fault.New(fault.Invalid, map[FileKind]string{
			SiteFile:    "网站文件至少要对应“域名”（或“网址”），以及“区划代码”或“主办单位”。",
			AccountFile: "账号文件至少要对应“平台”“账号名称”，以及“区划代码”或“主办单位”。",
			AppFile:     "至少要对应“账号名称”，以及“区划代码”或“主办单位”。",
			DomainFile:  "域名文件至少要对应“域名”，以及“所属网站”或“持有单位”。",
		}[f.Kind]).On("f_"+FieldsOf(f.Kind)[0].Key, "请选择对应的列")
	}
	f.Columns, f.SkipHidden = columns, skipHidden
	if err := in.keep(ctx, session, f); err != nil {
		return f, err
	}
	kept, err := json.Marshal(columns)
	if err != nil {
		return f, err
	}
	unit, _ := session.Unit()
	if err := in.s.db.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Quiet(ctx, `INSERT INTO intake_match (id, unit_id, person_id, kind, signature, columns, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (person_id, kind, signature) DO UPDATE SET columns = excluded.columns, at = excluded.at, unit_id = excluded.unit_id`,
			ulid.Make().String(), unit, session.PersonID, f.Kind, f.Signature, string(kept), tx.Now())
		return err
	}); err != nil {
		return f, err
	}
	return in.Look(ctx, session, id)
}

// Look runs the file dry.
func (in *Intake) Look(ctx context.Context, session *authz.Session, id string) (File, error) {
	return in.begin(ctx, session, id, []string{FileBrought, FileLooked}, FileLooking, "registry.intake.look", nil)
}

// Take takes the file in.
func (in *Intake) Take(ctx context.Context, session *authz.Session, id string) (File, error) {
	return in.begin(ctx, session, id, []string{FileLooked}, FileTaking, "registry.intake.begin", nil)
}

// Undo takes an import back: records that nobody has changed or used since.
func (in *Intake) Undo(ctx context.Context, session *authz.Session, id, why string) (File, error) {
	why = strings.TrimSpace(why)
	if n := len([]rune(why)); n < 4 || n > 200 {
		return File{}, fault.New(fault.Invalid, "请用 4 到 200 个字写明为什么撤销这次导入。").On("why", "请写明原因")
	}
	f, err := in.s.File(ctx, in.s.db, session, id)
	if err != nil {
		return f, err
	}
	if !f.Undoable(in.s.db.Now()) && !f.Busy() && f.State != FileUndone {
		return f, fault.Newf(fault.Conflict, "这次导入不能整批撤销：区划和单位不支持撤销，其他导入在 %d 天内可以撤销。", UndoDays)
	}
	return in.begin(ctx, session, id, []string{FileTaken}, FileUndoing, "registry.intake.undo", func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE intake_file SET undone_why = $2 WHERE id = $1`, id, why)
		return err
	})
}

// begin moves a file to a state of work once, and works it, or leaves it to a
// job. Pressed twice, the second press finds it done or under way.
func (in *Intake) begin(ctx context.Context, session *authz.Session, id string, from []string, to, act string, also func(ctx context.Context, tx *db.Tx) error) (File, error) {
	f, err := in.s.File(ctx, in.s.db, session, id)
	if err != nil {
		return f, err
	}
	wait := f.Size > atOnce
	begun := false
	err = in.s.db.Update(ctx, func(tx *db.Tx) error {
		begun = false
		f, err = in.s.File(ctx, tx, session, id)
		if err != nil || !slices.Contains(from, f.State) {
			return err
		}
		f.begun = ulid.Make().String()
		if _, err := tx.Exec(ctx, `UPDATE intake_file SET state = $2, failure = '', begun = $3 WHERE id = $1`, id, to, f.begun); err != nil {
			return err
		}
		if also != nil {
			if err := also(ctx, tx); err != nil {
				return err
			}
		}
		begun, f.State = true, to
		// What is worked while the person waits is ended by the job when the person
		// leaves, or the process dies, before it is done.
		at := tx.Now()
		if !wait {
			at = at.Add(leftAfter)
		}
		if err := jobs.Enqueue(ctx, tx, WorkFile{id, f.begun}, jobs.MaxAttempts(5), jobs.At(at)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: act, Target: f.target(session), After: map[string]string{"state": to}})
	})
	if err != nil || !begun || wait {
		return f, err
	}
	if err := in.work(ctx, session, f); err != nil {
		return f, err
	}
	return in.s.File(ctx, in.s.db, session, id)
}

// Work is the job of a file: what was begun is ended, in the name and scope of
// the person who brought it. A job of an earlier beginning finds it ended.
func (in *Intake) Work(ctx context.Context, job WorkFile) error {
	f, err := db.One(ctx, in.s.db, scanFile, fileSelect+` WHERE id = $1`, job.File)
	if db.None(err) {
		return jobs.Cancel(fmt.Errorf("registry: no file %s", job.File))
	}
	if err != nil || !f.Busy() || job.Begun != "" && job.Begun != f.begun {
		return err
	}
	p, err := in.s.org.PersonByID(ctx, in.s.db, authz.System("the person of a job"), f.Person)
	if err != nil {
		return err
	}
	posts, err := in.s.org.PostsOf(ctx, in.s.db, f.Person)
	if err != nil {
		return err
	}
	session := &authz.Session{PersonID: string(p.ID), Name: p.Name, Posts: posts}
	unit, _ := session.Unit()
	return in.work(audit.WithActor(ctx, audit.Actor{Kind: "person", ID: string(p.ID), Name: p.Name, Unit: unit}), session, f)
}

func (in *Intake) work(ctx context.Context, session *authz.Session, f File) error {
	var err error
	switch f.State {
	case FileLooking:
		err = in.look(ctx, session, f)
	case FileTaking:
		err = in.take(ctx, session, f)
	case FileUndoing:
		err = in.undo(ctx, session, f)
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	// What a person can mend is said to the person and ends the job; anything
	// else is tried again, from where it stopped.
	var says *fault.Error
	if !errors.As(err, &says) || says.Kind == fault.Internal || says.Kind == fault.Unavailable {
		return err
	}
	return in.s.db.Update(ctx, func(tx *db.Tx) error { return failed(ctx, tx, session, f, says.Says) })
}

// failed puts a file back to where its work was begun, with why.
func failed(ctx context.Context, tx *db.Tx, session *authz.Session, f File, says string) error {
	back := map[string]string{FileLooking: FileBrought, FileTaking: FileLooked, FileUndoing: FileTaken}[f.State]
	if _, err := tx.Exec(ctx, `UPDATE intake_file SET state = $2, failure = $3 WHERE id = $1`, f.ID, back, says); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "registry.intake.fail", Target: f.target(session), After: says})
}

// broken puts a file back whose job is given up, in that act: what was done of it
// stands, and the person may go on.
func (in *Intake) broken(ctx context.Context, tx *db.Tx, job WorkFile, why error) error {
	f, err := db.One(ctx, tx, scanFile, fileSelect+` WHERE id = $1`, job.File)
	if db.None(err) {
		return nil
	}
	if err != nil || !f.Busy() || job.Begun != "" && job.Begun != f.begun {
		return err
	}
	return failed(audit.System(ctx, "registry.intake"), tx, nil, f, "处理中断："+jobs.Told(why))
}

func (in *Intake) read(ctx context.Context, f File) (*official.Table, error) {
	t, err := in.table(ctx, f)
	if err == nil {
		matched(t, f.Columns)
	}
	return t, err
}

func (in *Intake) look(ctx context.Context, session *authz.Session, f File) error {
	t, err := in.read(ctx, f)
	if err != nil {
		return err
	}
	rep, err := in.s.Import(ctx, session.ScopeFor(authz.RegistryImport), f.Kind, t, org.ImportOptions{DryRun: true, Source: f.Name, SkipHidden: f.SkipHidden})
	if err != nil {
		return err
	}
	for _, says := range t.Notes {
		rep.Note(0, "%s", says)
	}
	looked, err := encodeReport(rep)
	if err != nil {
		return err
	}
	return in.s.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE intake_file SET looked = $2, total = $3, state = 'looked' WHERE id = $1`, f.ID, looked, rep.Read); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "registry.intake.looked", Target: f.target(session), After: outcome(f.Kind, rep)})
	})
}

func (in *Intake) take(ctx context.Context, session *authz.Session, f File) error {
	t, err := in.read(ctx, f)
	if err != nil {
		return err
	}
	o := org.ImportOptions{Source: f.Name, SkipHidden: f.SkipHidden, File: f.ID, From: f.Done}
	if f.Done > 0 {
		o.Resume = &f.Taken
	}
	o.Kept = func(ctx context.Context, tx *db.Tx, done int, rep intake.Report) error {
		text, err := encodeReport(rep)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE intake_file SET done = $2, taken = $3 WHERE id = $1`, f.ID, done, text); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "registry.intake.batch", Target: f.target(session), After: map[string]int{"done": done}})
	}
	rep, err := in.s.Import(ctx, session.ScopeFor(authz.RegistryImport), f.Kind, t, o)
	if err != nil {
		return err
	}
	for _, says := range t.Notes {
		rep.Note(0, "%s", says)
	}
	text, err := encodeReport(rep)
	if err != nil {
		return err
	}
	return in.s.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE intake_file SET taken = $2, taken_at = $3, done = $4, state = 'taken' WHERE id = $1`, f.ID, text, tx.Now(), rep.Read); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "registry.intake.take", Target: f.target(session), After: outcome(f.Kind, rep)})
	})
}

func (in *Intake) undo(ctx context.Context, session *authz.Session, f File) error {
	scope := session.ScopeFor(authz.RegistryImport)
	if err := in.s.db.View(ctx, func(tx *db.Tx) error {
		var err error
		f, err = in.s.File(ctx, tx, session, f.ID)
		return err
	}); err != nil {
		return err
	}
	for {
		n, err := in.s.takenBack(ctx, scope, f.ID, f.UndoneWhy, 100)
		if errors.Is(err, errTogether) {
			// One of them is in use: one by one until the portion is through.
			for range 100 {
				if n, err = in.s.takenBack(ctx, scope, f.ID, f.UndoneWhy, 1); err != nil || n == 0 {
					break
				}
			}
		}
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	rep, err := in.undoReport(ctx, f.ID)
	if err != nil {
		return err
	}
	text, err := json.Marshal(rep)
	if err != nil {
		return err
	}
	return in.s.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE intake_file SET undone = $2, undone_at = $3, state = 'undone' WHERE id = $1`, f.ID, string(text), tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "registry.intake.undone", Target: f.target(session), After: map[string]any{"undone": rep.Undone, "left": len(rep.Left), "why": f.UndoneWhy}})
	})
}

func (in *Intake) undoReport(ctx context.Context, file string) (UndoReport, error) {
	rep := UndoReport{Left: []LeftHere{}}
	_, err := db.All(ctx, in.s.db, func(r db.Scanner) (struct{}, error) {
		var v didRow
		var undone string
		if err := r.Scan(&v.row, &v.kind, &v.id, &v.name, &undone); err != nil {
			return struct{}{}, err
		}
		if undone == "undone" {
			rep.Undone++
		} else if len(rep.Left) < keptRows {
			rep.Left = append(rep.Left, LeftHere{Row: v.row, Name: v.name, Link: "/console/" + v.kind + "s/" + v.id, Says: undone})
		}
		return struct{}{}, nil
	}, `SELECT row, kind, object_id, name, undone FROM intake_row WHERE file_id = $1 ORDER BY row`, file)
	return rep, err
}

// Wrong is the rows that were not accepted, as they stood in the file, with the
// reasons in front: to be mended and brought again.
func (in *Intake) Wrong(ctx context.Context, session *authz.Session, id string) (official.Sheet, error) {
	f, err := in.s.File(ctx, in.s.db, session, id)
	if err != nil {
		return official.Sheet{}, err
	}
	rep := f.Looked
	if !f.TakenAt.IsZero() {
		rep = f.Taken
	}
	if len(rep.Refused) == 0 {
		return official.Sheet{}, fault.New(fault.NotFound, "这个文件没有不接受的行。")
	}
	t, err := in.table(ctx, f)
	if err != nil {
		return official.Sheet{}, err
	}
	why := map[int]string{}
	for _, r := range rep.Refused {
		why[r.Row] = r.Says
	}
	s := official.Sheet{Title: "不接受的行", Columns: []official.Column{{Title: "行号", Width: 8}, {Title: "不接受的原因", Width: 60}}}
	for _, h := range t.Header {
		s.Columns = append(s.Columns, official.Column{Title: h, Width: 20})
	}
	var rows [][]any
	for row, err := range t.Rows() {
		if err != nil {
			return s, err
		}
		says, wrong := why[row.Number]
		if !wrong {
			continue
		}
		cells := []any{row.Number, says}
		for i := range t.Header {
			cell := ""
			if i < len(row.Cells) {
				cell = row.Cells[i]
			}
			cells = append(cells, cell)
		}
		rows = append(rows, cells)
	}
	if len(rows) == 0 {
		return s, fault.New(fault.NotFound, "这个文件没有不接受的行。")
	}
	s.Rows = slices.Values(rows)
	return s, nil
}

// Progress says how far the work on a busy file is.
func (f File) Progress() string {
	switch {
	case f.State == FileLooking:
		return "正在预检"
	case f.State == FileUndoing:
		return "正在撤销"
	case f.Total > 0:
		return "已处理 " + strconv.Itoa(f.Done) + " 行，共 " + strconv.Itoa(f.Total) + " 行"
	}
	return "正在导入"
}
