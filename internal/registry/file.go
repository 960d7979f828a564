package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
)

// FileKind is what the rows of a file are.
type FileKind string

// The kinds of file.
const (
	UnitFile    FileKind = "units"
	SiteFile    FileKind = "sites"
	AccountFile FileKind = "accounts"
	AppFile     FileKind = "apps"
	DomainFile  FileKind = "domains"
)

// FileKinds is the closed list in screen order.
var FileKinds = []FileKind{UnitFile, SiteFile, AccountFile, AppFile, DomainFile}

var fileKindNames = map[FileKind]string{UnitFile: "区划和单位", SiteFile: "网站", AccountFile: "政务新媒体账号", AppFile: "移动客户端和小程序", DomainFile: "域名"}

// Name is the kind in Chinese.
func (k FileKind) Name() string { return fileKindNames[k] }

// MaxFile is the largest file taken in, with the form around it, in bytes.
const MaxFile = 64 << 20

// keptRows bounds the rows a kept report names; the counts stay whole.
const keptRows = 5000

// File is one file a person brought: looked at, and taken when confirmed.
type File struct {
	ID        string
	Person    org.PersonID
	Kind      FileKind
	Name      string
	Size      int64 // bytes
	Blob      string
	Looked    intake.Report
	Taken     intake.Report // what is taken so far; whole when TakenAt is set
	CreatedAt time.Time
	TakenAt   time.Time

	State      string
	Choice     official.Choice // sheet and header row that a person chose
	Columns    intake.Columns  // field to column; nil: by the heads
	Signature  string          // of the header
	SkipHidden bool
	Total      int // rows; known once looked at
	Done       int // rows taken
	Failure    string
	Undone     UndoReport
	UndoneAt   time.Time
	UndoneWhy  string

	begun string // names the last beginning of work
}

// States of a file.
const (
	FileBrought = "brought" // its columns are still to be matched
	FileLooking = "looking"
	FileLooked  = "looked"
	FileTaking  = "taking"
	FileTaken   = "taken"
	FileUndoing = "undoing"
	FileUndone  = "undone"
)

// Busy reports whether a job is at work on the file.
func (f File) Busy() bool {
	return f.State == FileLooking || f.State == FileTaking || f.State == FileUndoing
}

// FieldsOf are what a file of the kind may tell; nil for divisions, whose heads
// are fixed.
func FieldsOf(kind FileKind) []intake.Field {
	switch kind {
	case SiteFile:
		return siteFields
	case AccountFile:
		return accountFields
	case AppFile:
		return slices.DeleteFunc(slices.Clone(accountFields), func(f intake.Field) bool { return f.Key == "main" })
	case DomainFile:
		return domainFields
	}
	return nil
}

// Import takes in a table of the kind.
func (s *Service) Import(ctx context.Context, scope authz.Scope, kind FileKind, t *official.Table, o org.ImportOptions) (intake.Report, error) {
	switch kind {
	case UnitFile:
		return s.org.ImportUnits(ctx, scope, t, o)
	case SiteFile:
		return s.ImportSites(ctx, scope, t, o)
	case AccountFile:
		return s.ImportAccounts(ctx, scope, t, o)
	case AppFile:
		return s.importAccounts(ctx, scope, t, "app", o)
	case DomainFile:
		return s.ImportDomains(ctx, scope, t, o)
	}
	return intake.Report{}, fault.New(fault.Invalid, "没有选择文件里登记的是什么。").On("kind", "请选择区划和单位、网站、政务新媒体账号、移动客户端或域名")
}

func (f File) target(s *authz.Session) audit.Target {
	unit, _ := s.Unit()
	return audit.Target{Kind: "intake_file", ID: f.ID, Name: f.Name, Unit: unit}
}

// KeepFile keeps a file that was looked at, with the report of its dry run, in
// the person's own name.
func (s *Service) KeepFile(ctx context.Context, tx *db.Tx, session *authz.Session, f File) (File, error) {
	f.ID, f.Person, f.CreatedAt = ulid.Make().String(), org.PersonID(session.PersonID), tx.Now()
	looked, err := encodeReport(f.Looked)
	if err != nil {
		return File{}, err
	}
	if f.State == "" {
		f.State = FileLooked
	}
	columns, err := json.Marshal(f.Columns)
	if err != nil {
		return File{}, err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO intake_file (id, person_id, kind, name, size, blob, looked, created_at, state, sheet, header_row, columns, signature) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		f.ID, f.Person, f.Kind, f.Name, f.Size, f.Blob, looked, f.CreatedAt, f.State, f.Choice.Sheet, f.Choice.HeaderRow, string(columns), f.Signature); err != nil {
		return File{}, fmt.Errorf("registry: keep file: %w", err)
	}
	return f, audit.Record(ctx, tx, audit.Entry{Act: "registry.intake.look", Target: f.target(session), After: outcome(f.Kind, f.Looked)})
}

func outcome(k FileKind, r intake.Report) map[string]any {
	return map[string]any{"kind": k, "read": r.Read, "accepted": r.Accepted, "unchanged": r.Unchanged, "refused": len(r.Refused)}
}

func encodeReport(r intake.Report) (string, error) {
	if n := len(r.Refused); n > keptRows {
		r.Refused = r.Refused[:keptRows]
		r.Note(0, "不接受的行共 %d 行，这里列出前 %d 行；请先改正这些行再导入。", n, keptRows)
	}
	if len(r.Notes) > keptRows {
		r.Notes = r.Notes[len(r.Notes)-keptRows:]
	}
	b, err := json.Marshal(r)
	return string(b), err
}

const fileSelect = `SELECT id, person_id, kind, name, size, blob, looked, taken, created_at, taken_at, state, sheet, header_row, columns, signature, skip_hidden,
	total, done, failure, undone, undone_at, undone_why, begun FROM intake_file`

func scanFile(r db.Scanner) (File, error) {
	var f File
	var looked, taken, columns, undone string
	if err := r.Scan(&f.ID, &f.Person, &f.Kind, &f.Name, &f.Size, &f.Blob, &looked, &taken, &f.CreatedAt, &f.TakenAt, &f.State, &f.Choice.Sheet, &f.Choice.HeaderRow, &columns, &f.Signature, &f.SkipHidden,
		&f.Total, &f.Done, &f.Failure, &undone, &f.UndoneAt, &f.UndoneWhy, &f.begun); err != nil {
		return File{}, err
	}
	for _, part := range []struct {
		text string
		to   any
	}{{looked, &f.Looked}, {taken, &f.Taken}, {columns, &f.Columns}, {undone, &f.Undone}} {
		if part.text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(part.text), part.to); err != nil {
			return File{}, fmt.Errorf("registry: report of %s: %w", f.ID, err)
		}
	}
	return f, nil
}

// File is one of the person's own files.
func (s *Service) File(ctx context.Context, q db.Querier, session *authz.Session, id string) (File, error) {
	f, err := db.One(ctx, q, scanFile, fileSelect+` WHERE id = $1 AND person_id = $2`, id, session.PersonID)
	if db.None(err) {
		return File{}, fault.Missing("导入文件")
	}
	return f, err
}

// Files are the person's own latest files, newest first.
func (s *Service) Files(ctx context.Context, session *authz.Session, limit int) ([]File, error) {
	return db.All(ctx, s.db, scanFile, fileSelect+` WHERE person_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2`, session.PersonID, limit)
}
