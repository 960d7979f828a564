package movein

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/library"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
)

// Sent is a file that a person sends.
type Sent struct {
	Name    string
	Size    int64
	Content interface {
		io.Reader
		io.ReaderAt
	}
}

// kindOf tells what a file is by its name and its first bytes.
func kindOf(name string, head []byte) string {
	switch ext := strings.ToLower(path.Ext(name)); ext {
	case ".docx", ".docm", ".doc", ".wps", ".rtf", ".dotx", ".dotm":
		return "docx"
	case ".html", ".htm", ".shtml":
		return "html"
	case ".xlsx", ".csv", ".tsv", ".xls", ".xlsm", ".et":
		return "table"
	case ".jsonl", ".ndjson":
		return "list"
	case ".txt", ".md":
		return "text"
	case ".zip":
		return "zip"
	default:
		if ext == "" && bytes.Contains(bytes.ToLower(head), []byte("<html")) {
			return "html"
		}
		if kinds[ext] != "" || slices.Contains([]string{".css", ".js", ".ico", ".svg"}, ext) {
			return "resource"
		}
	}
	return "other"
}

// Bring keeps the files a person sends and looks at them: nothing comes into
// the library before Take.
func (s *Service) Bring(ctx context.Context, session *authz.Session, scope authz.Scope, ask Ask, files []Sent) (Batch, error) {
	b, err := s.begun(ctx, session, scope, ask, Batch{Kind: Files})
	if err != nil {
		return b, err
	}
	if len(files) == 0 {
		return b, fault.New(fault.Invalid, "没有选择文件。").On("files", "请选择要导入的文件")
	}
	pieces, err := s.unpack(ctx, files)
	if err != nil {
		return b, err
	}
	b.Name = pieces[0].Name
	if len(files) == 1 {
		b.Name = path.Base(files[0].Name)
	} else {
		b.Name = fmt.Sprintf("%s 等 %d 个文件", b.Name, len(files))
	}
	b.Name = abridge.Cut(b.Name, 200)
	if err := s.insert(ctx, b, pieces); err != nil {
		return b, err
	}
	return s.Look(ctx, session, scope, b.ID)
}

// unpack keeps the bytes of files, packs opened, and tells what each is.
func (s *Service) unpack(ctx context.Context, files []Sent) ([]Piece, error) {
	var pieces []Piece
	add := func(name, kind string, size int64, r io.Reader) error {
		if size > maxPackFile && kind != "list" && kind != "archive" {
			return fault.Newf(fault.TooLarge, "文件“%s”超过 64 MB，请压缩其中的图片或拆成几个文件。", name).On("files", "文件过大")
		}
		ref, err := s.Blobs.Put(ctx, r)
		if err != nil {
			return fmt.Errorf("movein: keep %q: %w", name, err)
		}
		pieces = append(pieces, Piece{No: len(pieces) + 1, Name: name, Kind: kind, Blob: string(ref), Size: size})
		return nil
	}
	for _, f := range files {
		name := path.Base(strings.ReplaceAll(strings.ToValidUTF8(f.Name, "_"), `\`, "/"))
		head := make([]byte, 512)
		n, err := f.Content.ReadAt(head, 0)
		if err != nil && err != io.EOF {
			return nil, err
		}
		kind := kindOf(name, head[:n])
		if kind == "zip" {
			list, err := openPack(f.Content, f.Size, name)
			if err != nil {
				return nil, onFiles(err)
			}
			if slices.ContainsFunc(list, func(p packed) bool { return p.name == manifestName }) {
				if err := add(name, "archive", f.Size, io.NewSectionReader(f.Content, 0, f.Size)); err != nil {
					return nil, err
				}
				continue
			}
			for _, p := range list {
				body, err := p.read(maxPackFile)
				if err != nil {
					return nil, onFiles(err)
				}
				kind := kindOf(p.name, body[:min(len(body), 512)])
				if kind == "zip" {
					kind = "other" // packs in packs are not opened
				}
				if err := add(p.name, kind, int64(len(body)), bytes.NewReader(body)); err != nil {
					return nil, err
				}
			}
			continue
		}
		if err := add(name, kind, f.Size, io.NewSectionReader(f.Content, 0, f.Size)); err != nil {
			return nil, err
		}
	}
	return pieces, nil
}

// Convert writes the items that files hold as a list, for the command line:
// what the library says of the rows, it says when the list is imported. The
// notes name the file they are of.
func (s *Service) Convert(ctx context.Context, files []Sent, w io.Writer) (notes []string, err error) {
	pieces, err := s.unpack(ctx, files)
	if err != nil {
		return nil, err
	}
	r := &rehearsal{s: s, list: bufio.NewWriter(w)}
	if pieces, err = s.readPieces(ctx, nil, r, pieces); err != nil {
		return nil, err
	}
	for _, p := range pieces {
		for _, n := range p.Notes {
			notes = append(notes, p.Name+"："+n)
		}
	}
	return notes, r.list.Flush()
}

func onFiles(err error) error {
	if f := fault.Of(err); f.Kind == fault.Invalid || f.Kind == fault.TooLarge {
		return f.On("files", strings.TrimSuffix(f.Says, "。"))
	}
	return err
}

// Look rehearses a batch: reads its files or visits its site, and judges what
// they hold, without writing anything into the library.
func (s *Service) Look(ctx context.Context, session *authz.Session, scope authz.Scope, id string) (Batch, error) {
	return s.begin(ctx, session, scope, id, []string{Brought, Looked}, Looking, "movein.look", nil)
}

// rehearsal gathers the list of a batch on its way.
type rehearsal struct {
	s     *Service
	b     Batch
	list  *bufio.Writer
	rows  int
	names []alike // of each row
}

type alike struct{ title, docNo string }

// add writes a row to the list.
func (r *rehearsal) add(row library.Row) error {
	if row.Type == "" && row.Meta == nil {
		row.Type = string(r.typeOf(row))
	}
	line, err := json.Marshal(row)
	if err != nil {
		return err
	}
	return r.line(line, alike{row.Title, row.DocNo})
}

func (r *rehearsal) line(line []byte, a alike) error {
	r.rows++
	r.names = append(r.names, a)
	if _, err := r.list.Write(line); err != nil {
		return err
	}
	return r.list.WriteByte('\n')
}

// typeOf is the type the person chose, or a guess.
func (r *rehearsal) typeOf(row library.Row) library.Type {
	switch {
	case r.b.Type != "":
		return r.b.Type
	case strings.Contains(row.Title, "解读"):
		return library.Interpretation
	case row.DocNo != "":
		return library.Policy
	case strings.HasSuffix(row.Title, "通知"), strings.HasSuffix(row.Title, "公告"), strings.HasSuffix(row.Title, "公示"), strings.HasSuffix(row.Title, "通告"):
		return library.Notice
	}
	return library.News
}

func (s *Service) body(ctx context.Context, ref string) ([]byte, error) {
	rc, err := s.Blobs.Open(ctx, blob.Ref(ref))
	if errors.Is(err, blob.ErrNotFound) {
		return nil, fault.New(fault.Gone, "预演时上传的文件已不在，请重新上传。").From(err)
	}
	if err != nil {
		return nil, err
	}
	defer rc.Close()
	return io.ReadAll(io.LimitReader(rc, library.MaxImport))
}

func (s *Service) look(ctx context.Context, session *authz.Session, scope authz.Scope, b Batch) error {
	tmp, err := os.CreateTemp("", "movein-*.jsonl")
	if err != nil {
		return fmt.Errorf("movein: list: %w", err)
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	r := &rehearsal{s: s, b: b, list: bufio.NewWriter(tmp)}
	var pieces []Piece
	var site crawled
	if b.Kind == Site {
		site, err = s.visit(ctx, r)
		pieces = site.pieces
	} else {
		pieces, err = s.readFiles(ctx, session, r)
	}
	if err != nil {
		return err
	}
	if err := r.list.Flush(); err != nil {
		return fmt.Errorf("movein: list: %w", err)
	}
	report, err := s.Library.ImportItems(ctx, scope, tmp, library.ImportOptions{Unit: b.Unit, DryRun: true, Files: s.Shelved(scope)})
	if err != nil {
		return err
	}
	if err := r.judge(ctx, session, pieces, &report); err != nil {
		return err
	}
	if _, err := tmp.Seek(0, io.SeekStart); err != nil {
		return err
	}
	ref, err := s.Blobs.Put(ctx, tmp)
	if err != nil {
		return err
	}
	said, err := encoded(report)
	if err != nil {
		return err
	}
	dead, err := json.Marshal(site.dead)
	if err != nil {
		return err
	}
	left, err := json.Marshal(site.left)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM move_in_piece WHERE batch_id = $1`, b.ID); err != nil {
			return err
		}
		if err := addPieces(ctx, tx, b.ID, pieces); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE move_in_batch SET state = 'looked', list = $2, list_sha256 = $3, total = $4, report = $5, dead = $6, left_out = $7 WHERE id = $1`,
			b.ID, string(ref), ref.Hash(), r.rows, said, string(dead), string(left)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "movein.looked", Target: b.target(), After: map[string]any{"list_sha256": ref.Hash(), "rows": r.rows, "accepted": report.Accepted, "refused": len(report.Refused)}})
	})
}

// encoded is a report as it is stored, its lists bounded.
func encoded(rep intake.Report) (string, error) {
	const most = 2000
	if n := len(rep.Refused); n > most {
		rep.Refused = append(slices.Clone(rep.Refused[:most]), intake.Refusal{Says: fmt.Sprintf("另有 %d 条没有列出。", n-most)})
	}
	if n := len(rep.Notes); n > most {
		rep.Notes = append(slices.Clone(rep.Notes[:most]), intake.Note{Says: fmt.Sprintf("另有 %d 条提示没有列出。", n-most)})
	}
	b, err := json.Marshal(rep)
	return string(b), err
}

// Shelved keeps the files of rows on the shelf, or says where they would lie.
func (s *Service) Shelved(scope authz.Scope) func(ctx context.Context, unit org.UnitID, f library.RowFile, keep bool) (string, error) {
	return func(ctx context.Context, unit org.UnitID, f library.RowFile, keep bool) (string, error) {
		if _, err := s.Blobs.Stat(ctx, blob.Ref("sha256:"+f.SHA256)); errors.Is(err, blob.ErrNotFound) {
			return "", fault.New(fault.Invalid, "文件没有随清单提供。")
		} else if err != nil {
			return "", err
		}
		if !keep {
			if src := s.Shelf.Where(f); src != "" {
				return src, nil
			}
			return f.Src, nil
		}
		return s.Shelf.Shelve(ctx, scope, unit, f)
	}
}

// judge carries what the library said of the rows to their pieces, and names
// what bears the title or number of something that is there already.
func (r *rehearsal) judge(ctx context.Context, session *authz.Session, pieces []Piece, report *intake.Report) error {
	of := func(row int) *Piece {
		i := slices.IndexFunc(pieces, func(p Piece) bool { return p.Row > 0 && p.Row <= row && row <= p.Until })
		if i < 0 {
			return nil
		}
		return &pieces[i]
	}
	refused := map[int]bool{}
	for _, x := range report.Refused {
		refused[x.Row] = true
		if p := of(x.Row); p != nil {
			p.note(fmt.Sprintf("%s没有通过：%s", rowName(*p, x.Row), x.Says))
		}
	}
	for _, n := range report.Notes {
		if p := of(n.Row); p != nil {
			p.note(rowName(*p, n.Row) + n.Says)
		}
	}
	var titles, numbers []string
	first := map[string]int{}
	for i, a := range r.names {
		if a.title != "" {
			titles = append(titles, a.title)
			if at, dup := first[a.title]; dup {
				report.Note(i+1, "与本批第 %d 条同名，可能重复。", at)
				if p := of(i + 1); p != nil {
					p.note(fmt.Sprintf("%s与本批第 %d 条同名，可能重复。", rowName(*p, i+1), at))
				}
			} else {
				first[a.title] = i + 1
			}
		}
		if a.docNo != "" {
			numbers = append(numbers, a.docNo)
		}
	}
	have, err := r.s.Library.Alikes(ctx, session.ScopeFor(authz.ItemRead), titles, numbers)
	if err != nil {
		return err
	}
	byTitle, byNumber := map[string]library.Alike{}, map[string]library.Alike{}
	for _, a := range have {
		byTitle[a.Title] = a
		if a.DocNo != "" {
			byNumber[a.DocNo] = a
		}
	}
	for i, n := range r.names {
		a, ok := byTitle[n.title]
		what := "同名"
		if !ok && n.docNo != "" {
			a, ok = byNumber[n.docNo]
			what = "文号相同"
		}
		if !ok {
			continue
		}
		says := fmt.Sprintf("库里已有%s的稿件“%s”（%s），可能重复，请核对。", what, abridge.Cut(a.Title, 40), a.Unit)
		report.Note(i+1, "%s", says)
		if p := of(i + 1); p != nil {
			p.note(rowName(*p, i+1) + says)
		}
	}
	for i := range pieces {
		p := &pieces[i]
		if p.Result != "" || p.Row == 0 {
			continue
		}
		p.Result = Ready
		bad := 0
		for row := p.Row; row <= p.Until; row++ {
			if refused[row] {
				bad++
			}
		}
		switch {
		case bad == p.Until-p.Row+1:
			p.Result = Refused
		case bad > 0 || len(p.Notes) > 0:
			p.Result = Warned
		}
	}
	return nil
}

// rowName names a row within its piece; nothing when it is the only one.
func rowName(p Piece, row int) string {
	if p.Row == p.Until {
		return ""
	}
	return fmt.Sprintf("第 %d 条：", row-p.Row+1)
}

// note adds a note to a piece; the hundredth says that there are more.
func (p *Piece) note(s string) {
	const most = 100
	switch n := len(p.Notes); {
	case n < most:
		p.Notes = append(p.Notes, s)
	case n == most:
		p.Notes = append(p.Notes, "还有更多提示，没有列出。")
	}
}

// readFiles reads the files of a batch into its list.
func (s *Service) readFiles(ctx context.Context, session *authz.Session, r *rehearsal) ([]Piece, error) {
	pieces, err := db.All(ctx, s.DB, scanPiece, `SELECT `+pieceFields+` FROM move_in_piece WHERE batch_id = $1 ORDER BY no`, r.b.ID)
	if err != nil {
		return nil, err
	}
	return s.readPieces(ctx, session, r, pieces)
}

func (s *Service) readPieces(ctx context.Context, session *authz.Session, r *rehearsal, pieces []Piece) ([]Piece, error) {
	byName := map[string]Piece{}
	for _, p := range pieces {
		byName[p.Name] = p
	}
	for i := range pieces {
		p := &pieces[i]
		p.Result, p.Row, p.Until, p.Notes, p.Title = "", 0, 0, nil, ""
		before := r.rows
		err := s.readFile(ctx, session, r, p, byName)
		if r.rows > before {
			p.Row, p.Until = before+1, r.rows
			p.Title = r.names[before].title
		}
		if err != nil {
			ferr := fault.Of(err)
			if ferr.Kind == fault.Internal || ferr.Kind == fault.Unavailable || ctx.Err() != nil {
				return nil, err
			}
			p.Notes = append(p.Notes, ferr.Says)
			p.Result = Refused
			if p.Row > 0 { // its first rows stand in the list
				p.Result = Warned
			}
		}
	}
	return pieces, nil
}

func (s *Service) readFile(ctx context.Context, session *authz.Session, r *rehearsal, p *Piece, all map[string]Piece) error {
	switch p.Kind {
	case "resource":
		p.Result = Passed
		return nil
	case "other":
		return fault.Newf(fault.Invalid, "“%s”不能读出正文，没有导入；需要时请作为附件上传。", abridge.Cut(path.Base(p.Name), 60))
	}
	body, err := s.body(ctx, p.Blob)
	if err != nil {
		return err
	}
	one := func(f Found, err error) error {
		if err != nil {
			return err
		}
		for _, n := range f.Notes {
			p.note(n)
		}
		return r.add(f.Row)
	}
	switch p.Kind {
	case "docx":
		paper, err := official.ReadPaper(bytes.NewReader(body), int64(len(body)), path.Base(p.Name), official.Limits{})
		if err != nil {
			return err
		}
		return one(FromPaper(ctx, s.Blobs, paper))
	case "html":
		pg, err := check.ParsePage(body, "", "")
		if err != nil {
			return fault.New(fault.Invalid, err.Error())
		}
		return one(FromPage(ctx, s.Blobs, pg, s.beside(p.Name, all)))
	case "text":
		return one(fromText(p.Name, body))
	case "table":
		columns, err := s.remembered(ctx, session, p.Name, body)
		if err != nil {
			return err
		}
		notes, err := fromTable(path.Base(p.Name), body, columns, func(f Found) error {
			for _, n := range f.Notes {
				p.note(n)
			}
			return r.add(f.Row)
		})
		for _, n := range notes {
			p.note(n)
		}
		return err
	case "archive":
		list, err := openPack(bytes.NewReader(body), int64(len(body)), p.Name)
		if err != nil {
			return err
		}
		return fromArchive(ctx, s.Blobs, list, p.Name, r.add)
	case "list":
		for line := range bytes.Lines(body) {
			if line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\ufeff"))); len(line) == 0 {
				continue
			}
			var row library.Row
			if json.Unmarshal(line, &row) != nil {
				// As it stands: the library says what is wrong with it.
				if err := r.line(slices.Clone(line), alike{}); err != nil {
					return err
				}
				continue
			}
			row.Files = nil // none came with it
			if err := r.add(row); err != nil {
				return err
			}
		}
	}
	return nil
}

// beside finds the pictures and attachments of a saved page among the files
// that came with it.
func (s *Service) beside(name string, all map[string]Piece) Fetch {
	return func(ctx context.Context, address string, _ bool) (string, []byte, error) {
		at := path.Join(path.Dir(name), strings.SplitN(strings.ReplaceAll(address, `\`, "/"), "?", 2)[0])
		if p, ok := all[at]; ok && !strings.Contains(address, "://") {
			body, err := s.body(ctx, p.Blob)
			return path.Base(p.Name), body, err
		}
		return "", nil, fault.New(fault.NotFound, "没有随文件一起上传。")
	}
}

// remembered are the columns somebody matched for a table of this form; nil
// for none.
func (s *Service) remembered(ctx context.Context, session *authz.Session, name string, body []byte) (intake.Columns, error) {
	t, err := readTable(path.Base(name), body)
	if err != nil {
		return nil, err
	}
	if session == nil {
		return nil, nil
	}
	unit, _ := session.Unit()
	kept, err := db.One(ctx, s.DB, db.Value[string], `SELECT columns FROM intake_match WHERE kind = 'item' AND signature = $1 AND (person_id = $2 OR unit_id = $3 AND unit_id <> '')
		ORDER BY CASE WHEN person_id = $2 THEN 0 ELSE 1 END, at DESC LIMIT 1`, intake.Signature(t.Header), session.PersonID, unit)
	if db.None(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var c intake.Columns
	return c, json.Unmarshal([]byte(kept), &c)
}

// TableForm is what a person matches the columns of a table on.
type TableForm struct {
	Batch   Batch
	Piece   Piece
	Header  []string
	First   [][]string // some rows
	Columns intake.Columns
}

func (s *Service) tablePiece(ctx context.Context, scope authz.Scope, id string, no int) (Batch, Piece, *official.Table, []byte, error) {
	b, err := s.Batch(ctx, scope, id)
	if err != nil {
		return b, Piece{}, nil, nil, err
	}
	p, err := db.One(ctx, s.DB, scanPiece, `SELECT `+pieceFields+` FROM move_in_piece WHERE batch_id = $1 AND no = $2 AND kind = 'table'`, id, no)
	if db.None(err) {
		return b, p, nil, nil, fault.Missing("表格")
	}
	if err != nil {
		return b, p, nil, nil, err
	}
	body, err := s.body(ctx, p.Blob)
	if err != nil {
		return b, p, nil, nil, err
	}
	t, err := readTable(path.Base(p.Name), body)
	return b, p, t, body, err
}

// Table opens a table of a batch for the matching of its columns.
func (s *Service) Table(ctx context.Context, session *authz.Session, scope authz.Scope, id string, no int) (TableForm, error) {
	b, p, t, body, err := s.tablePiece(ctx, scope, id, no)
	if err != nil {
		return TableForm{}, err
	}
	out := TableForm{Batch: b, Piece: p, Header: t.Header}
	if out.Columns, err = s.remembered(ctx, session, p.Name, body); err != nil {
		return out, err
	}
	if out.Columns == nil {
		out.Columns = intake.Suggest(t.Header, ListFields)
	}
	for row, err := range t.Rows() {
		if err != nil {
			return out, err
		}
		if out.First = append(out.First, row.Cells); len(out.First) == 3 {
			break
		}
	}
	return out, nil
}

// Match takes a person's matching of columns, remembers it for tables of the
// same form, and looks at the batch again.
func (s *Service) Match(ctx context.Context, session *authz.Session, scope authz.Scope, id string, no int, columns intake.Columns) (Batch, error) {
	b, _, t, _, err := s.tablePiece(ctx, scope, id, no)
	if err != nil {
		return b, err
	}
	used := map[int]string{}
	for _, f := range ListFields {
		i, ok := columns[f.Key]
		if !ok {
			continue
		}
		if i < 0 || i >= len(t.Header) {
			return b, fault.New(fault.Invalid, "所选的列不在表格里，请重新选择。").On("f_"+f.Key, "请选择列")
		}
		if other, dup := used[i]; dup {
			return b, fault.Newf(fault.Invalid, "“%s”和“%s”选了同一列，一列只能对应一个字段。", other, f.Name).On("f_"+f.Key, "与别的字段重复")
		}
		used[i] = f.Name
	}
	if !columns.Has("title") {
		return b, fault.New(fault.Invalid, "至少要对应“标题”列。").On("f_title", "请选择标题所在的列")
	}
	if b.State != Brought && b.State != Looked {
		return b, fault.New(fault.Conflict, "这一批已经入库，或正在处理，不能再改列的对应。")
	}
	kept, err := json.Marshal(columns)
	if err != nil {
		return b, err
	}
	unit, _ := session.Unit()
	if err := s.DB.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Quiet(ctx, `INSERT INTO intake_match (id, unit_id, person_id, kind, signature, columns, at) VALUES ($1, $2, $3, 'item', $4, $5, $6)
			ON CONFLICT (person_id, kind, signature) DO UPDATE SET columns = excluded.columns, at = excluded.at, unit_id = excluded.unit_id`,
			ulid.Make().String(), unit, session.PersonID, intake.Signature(t.Header), string(kept), tx.Now())
		return err
	}); err != nil {
		return b, err
	}
	return s.Look(ctx, session, scope, id)
}

func (s *Service) take(ctx context.Context, scope authz.Scope, b Batch) error {
	rc, err := s.Blobs.Open(ctx, blob.Ref(b.List))
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp("", "movein-*.jsonl")
	if err != nil {
		return errors.Join(fmt.Errorf("movein: list: %w", err), rc.Close())
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	if _, err := io.Copy(tmp, rc); err != nil {
		return errors.Join(err, rc.Close())
	}
	if err := rc.Close(); err != nil {
		return err
	}
	o := library.ImportOptions{Unit: b.Unit, Batch: b.ID, Files: s.Shelved(scope)}
	if b.Column != "" {
		o.Publish = &library.Target{Site: b.Site, Column: b.Column, Case: b.Case}
	}
	if b.Kind == Site {
		o.Relink = &library.Relinking{}
	}
	report, err := s.Library.ImportItems(ctx, scope, tmp, o)
	if err != nil {
		return err
	}
	said, err := encoded(report)
	if err != nil {
		return err
	}
	relinked := ""
	if o.Relink != nil {
		body, err := json.Marshal(o.Relink)
		if err != nil {
			return err
		}
		relinked = string(body)
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE move_in_batch SET state = 'taken', report = $2, relinked = $4, taken_at = $3 WHERE id = $1`, b.ID, said, tx.Now(), relinked); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "movein.taken", Target: b.target(), Basis: b.Case, After: map[string]any{"accepted": report.Accepted, "unchanged": report.Unchanged, "refused": len(report.Refused)}})
	})
}

// Taken is how many items a batch has brought so far.
func (s *Service) Taken(ctx context.Context, scope authz.Scope, id string) (int, error) {
	_, n, err := s.Items(ctx, scope, id, 1, 0)
	return n, err
}
