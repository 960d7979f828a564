package library

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/prose"
	"zhengshu/internal/registry"
)

// MoveIn is an approved case by which what was public elsewhere comes live
// here without a new review.
type MoveIn struct {
	ID         string
	Site       registry.SiteID
	Number     string        // of the approved case
	Dated      calendar.Date // nothing published later comes in
	PersonID   string
	PersonName string
	ListSHA256 string // of the list approved; empty: that of the first import is taken
}

// AdmitMoveIn records an approved move-in for a site in scope; called in the
// transaction of the approval.
func (s *Service) AdmitMoveIn(ctx context.Context, tx *db.Tx, scope authz.Scope, m MoveIn) (MoveIn, error) {
	site, err := s.registry.SiteTx(ctx, tx, scope, m.Site)
	if err != nil {
		return MoveIn{}, err
	}
	m.Number, m.ListSHA256 = oneLine(m.Number), strings.ToLower(oneLine(m.ListSHA256))
	var f fault.Fields
	f.Check(m.Number != "", "number", "请填写迁入事项的编号")
	f.Check(!m.Dated.IsZero(), "dated", "请填写迁入事项的批准日期")
	f.Check(m.ListSHA256 == "" || len(m.ListSHA256) == 64, "list_sha256", "清单摘要应为 64 位十六进制 SHA-256")
	if err := f.Err(); err != nil {
		return MoveIn{}, err
	}
	if m.PersonID == "" {
		if m.PersonID, m.PersonName, err = writer(ctx); err != nil {
			return MoveIn{}, err
		}
	}
	m.ID = ulid.Make().String()
	if _, err := tx.Exec(ctx, `INSERT INTO move_in_case (id, site_id, number, dated, person_id, person_name, list_sha256, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		m.ID, m.Site, m.Number, m.Dated, m.PersonID, m.PersonName, m.ListSHA256, tx.Now()); err != nil {
		if _, dup := db.UniqueViolation(err); dup {
			return MoveIn{}, fault.New(fault.Conflict, "这个站点已登记过同一编号的迁入事项。").On("number", "请核对编号").From(err)
		}
		return MoveIn{}, fmt.Errorf("library: admit move-in: %w", err)
	}
	return m, audit.Record(ctx, tx, audit.Entry{Act: "library.move_in.admit", Basis: m.Number, Target: site.Target(), After: m})
}

// named is a case's number as a sentence shows it.
func named(number string) string {
	if number == "" {
		return ""
	}
	return "（编号“" + number + "”）"
}

func moveIn(ctx context.Context, q db.Querier, site registry.SiteID, number, sum string) (MoveIn, error) {
	scan := func(r db.Scanner) (MoveIn, error) {
		var m MoveIn
		return m, r.Scan(&m.ID, &m.Site, &m.Number, &m.Dated, &m.PersonID, &m.PersonName, &m.ListSHA256)
	}
	const columns = `SELECT id, site_id, number, dated, person_id, person_name, list_sha256 FROM move_in_case WHERE site_id = $1 AND `
	var m MoveIn
	var err error
	if number != "" {
		m, err = db.One(ctx, q, scan, columns+`number = $2`, site, number)
	} else {
		m, err = db.One(ctx, q, scan, columns+`list_sha256 IN ('', $2) ORDER BY CASE list_sha256 WHEN '' THEN 1 ELSE 0 END, created_at DESC, id DESC LIMIT 1`, site, sum)
	}
	if db.None(err) {
		return MoveIn{}, fault.Newf(fault.Refused, "没有找到这个站点可用的已批准迁入事项%s；未经审核的信息不能直接公开。请先办理迁入审批，或不带发布目标导入，再逐篇送审。", named(number)).
			Because(fault.Reason{ID: "S19.3a.reviewed_first", Citation: "陕政公开办〔2021〕18号 第十九条（三）", Says: "规定：“坚持分级分类审核、先审后发”。"})
	}
	return m, err
}

// Target is where an import comes live.
type Target struct {
	Site   registry.SiteID
	Column registry.ColumnID
	// Case is the number of the approved move-in; empty takes the site's case
	// of this very list, or else its latest case that has no list yet.
	Case string
}

// ImportOptions say what becomes of the rows.
type ImportOptions struct {
	Unit    org.UnitID // whose items they are; the site's sponsor when empty and Publish is set
	DryRun  bool       // judge everything, write nothing
	Publish *Target    // nil: drafts
	// Batch names the taking in that the rows belong to, so that it can be
	// undone; empty for none.
	Batch string
	// Identity lets an item that an export named by its id keep it, and with it
	// the address of its page: for a whole site that comes into another house.
	Identity bool
	// Files keeps a file of a row and says by which path the text refers to
	// it; nil leaves the paths as they stand. In a dry run keep is false and
	// nothing is kept. "" takes the file out of the text.
	Files func(ctx context.Context, unit org.UnitID, f RowFile, keep bool) (src string, err error)
	// Relink gives links between the articles of an old site, whose rows are
	// named by their old addresses, the new ones and notes what became of them;
	// nil leaves links as they stand.
	Relink *Relinking
	// Progress is told how many rows were read, after each transaction.
	Progress func(ctx context.Context, read int) error
}

// Limits of an import, in bytes.
const (
	MaxImport = 1 << 30
	maxRow    = 8 << 20
)

// row is one line of the list; null is the same as absent.
type row struct {
	Ref       *string `json:"ref"`
	Type      *string `json:"type"`
	Title     *string `json:"title"`
	Text      *string `json:"text"`
	HTML      *string `json:"html"`
	Published *string `json:"published"`
	DocNo     *string `json:"doc_no"`
	IndexNo   *string `json:"index_no"`
	Issuer    *string `json:"issuer"`
	Written   *string `json:"written"`
	Source    *string `json:"source"`
	URL       *string `json:"url"`
	Category  *string `json:"category"`
	Topic     *string `json:"topic"`
	Summary   *string `json:"summary"`
	Keywords  *string `json:"keywords"`
	// Doc is a document of the house's own format; Meta everything said about
	// it, Files what it shows and attaches. An export writes them.
	Doc       json.RawMessage `json:"doc"`
	Meta      *Meta           `json:"meta"`
	Files     []RowFile       `json:"files"`
	Important bool            `json:"important"`
}

func word(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// prepared is a row read, rendered and checked, before any transaction.
type prepared struct {
	no        int
	ref       string
	made      made
	published time.Time
	notes     []string
	files     []RowFile
	refused   *fault.Error
	failed    error
}

// Notes of versions that an import made, and that the undoing of one restored.
const (
	importNote = "批量导入"
	undoNote   = "撤销导入"
)

// batch is how many rows share a transaction: large enough to be quick, small
// enough not to keep other writers waiting.
const batch = 50

// ImportItems takes in a list of items, one JSON object a line, for a unit in
// scope. It is idempotent by ref: a row whose content stands already is
// unchanged, one that differs becomes a new version. With Publish the rows
// come live under an approved move-in: checks give notes and never refuse,
// what is dated after the case is refused. The list is read twice, first for
// its hash.
func (s *Service) ImportItems(ctx context.Context, scope authz.Scope, list io.ReadSeeker, o ImportOptions) (intake.Report, error) {
	report := intake.New(o.DryRun)
	sum, err := hashList(list)
	if err != nil {
		return report, err
	}
	run := importing{s: s, scope: scope, o: o, sum: sum, report: &report}
	if err := run.begin(ctx); err != nil {
		return report, err
	}
	if o.Relink != nil {
		if err := run.addresses(ctx, list); err != nil {
			return report, err
		}
	}
	rows, stop := run.read(ctx, list)
	defer stop()
	var pending []prepared
	for p := range rows {
		if p.err != nil {
			return report, p.err
		}
		report.Read++
		if p.refused != nil {
			field := ""
			if len(p.refused.Fields) > 0 {
				field = p.refused.Fields[0].Name
			}
			report.Refuse(p.no, field, says(p.refused))
			continue
		}
		for _, n := range p.notes {
			report.Note(p.no, "%s", n)
		}
		if pending = append(pending, p.prepared); len(pending) == batch {
			if err := run.write(ctx, pending); err != nil {
				return report, err
			}
			if o.Progress != nil {
				if err := o.Progress(ctx, report.Read); err != nil {
					return report, err
				}
			}
			pending = pending[:0]
		}
	}
	if err := ctx.Err(); err != nil {
		return report, err
	}
	if err := run.write(ctx, pending); err != nil {
		return report, err
	}
	return report, run.end(ctx)
}

func says(f *fault.Error) string {
	if len(f.Fields) > 0 {
		return f.Fields[0].Says + "。"
	}
	return f.Says
}

func hashList(list io.ReadSeeker) (string, error) {
	if _, err := list.Seek(0, io.SeekStart); err != nil {
		return "", fmt.Errorf("library: rewind list: %w", err)
	}
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(list, MaxImport+1))
	if err != nil {
		return "", fmt.Errorf("library: read list: %w", err)
	}
	if n > MaxImport {
		return "", fault.New(fault.TooLarge, "清单超过 1 GB，请拆成几个文件导入。")
	}
	_, err = list.Seek(0, io.SeekStart)
	return hex.EncodeToString(h.Sum(nil)), err
}

// importing is one run over one list.
type importing struct {
	s      *Service
	scope  authz.Scope
	o      ImportOptions
	sum    string
	move   MoveIn
	column registry.Column
	report *intake.Report
	moved  map[string]moved // by old address, with Relink
}

func (r *importing) begin(ctx context.Context) error {
	s := r.s
	if t := r.o.Publish; t != nil {
		site, err := s.registry.SiteTx(ctx, s.db, r.scope, t.Site)
		if err != nil {
			return err
		}
		if r.column, err = s.registry.Column(ctx, s.db, r.scope, t.Column); err != nil {
			return err
		}
		if r.column.Site != site.ID {
			return fault.Missing("栏目")
		}
		if r.move, err = moveIn(ctx, s.db, site.ID, t.Case, r.sum); err != nil {
			return err
		}
		if r.move.ListSHA256 != "" && r.move.ListSHA256 != r.sum {
			return fault.Newf(fault.Refused, "清单与迁入事项“%s”批准的清单不一致（摘要不符），没有导入。请使用获批的清单，或就新清单另行报批。", r.move.Number).On("list", "请核对清单文件")
		}
		if r.o.Unit == "" {
			r.o.Unit = site.Unit
		}
	}
	_, err := s.org.UnitTx(ctx, s.db, r.scope, r.o.Unit)
	return err
}

type readRow struct {
	prepared
	err error
}

// read yields the rows in their order, rendered and checked two at a time.
func (r *importing) read(ctx context.Context, list io.Reader) (<-chan readRow, func()) {
	ctx, stop := context.WithCancel(ctx)
	out := make(chan readRow)
	type job struct {
		no   int
		line []byte
		done chan readRow
	}
	work, order := make(chan job), make(chan job, 8)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for j := range work {
				p := r.prepare(ctx, j.no, j.line)
				j.done <- readRow{prepared: p, err: p.failed}
			}
		})
	}
	go func() {
		defer close(order)
		defer close(work)
		in := bufio.NewReaderSize(io.LimitReader(list, MaxImport), 1<<16)
		for no := 1; ; no++ {
			line, err := readLine(in)
			if len(bytes.TrimSpace(line)) > 0 || errors.Is(err, errLongRow) {
				j := job{no, line, make(chan readRow, 1)}
				if errors.Is(err, errLongRow) {
					j.done <- readRow{prepared: prepared{no: no, refused: fault.New(fault.Invalid, "这一行超过 8 MB。").On("text", "请拆分后再导入")}}
				}
				select {
				case order <- j:
				case <-ctx.Done():
					return
				}
				if !errors.Is(err, errLongRow) {
					select {
					case work <- j:
					case <-ctx.Done():
						return
					}
				}
			}
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil && !errors.Is(err, errLongRow) {
				j := job{done: make(chan readRow, 1)}
				j.done <- readRow{err: fmt.Errorf("library: read list: %w", err)}
				select {
				case order <- j:
				case <-ctx.Done():
				}
				return
			}
		}
	}()
	go func() {
		defer close(out)
		defer wg.Wait()
		for j := range order {
			select {
			case v := <-j.done:
				select {
				case out <- v:
				case <-ctx.Done():
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, stop
}

var errLongRow = errors.New("library: row too long")

// readLine reads one line; of one that is too long it reads past the end.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	long := false
	for {
		part, err := in.ReadSlice('\n')
		if !long {
			line = append(line, part...)
		}
		if long = long || len(line) > maxRow; long {
			line = nil
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if long && (err == nil || errors.Is(err, io.EOF)) {
			return nil, errLongRow
		}
		return line, err
	}
}

// prepare reads a row and checks what is new in it.
func (r *importing) prepare(ctx context.Context, no int, line []byte) prepared {
	p := r.parse(no, line)
	if p.refused != nil {
		return p
	}
	if r.o.Files != nil && len(p.files) > 0 {
		if p.failed = r.place(ctx, &p); p.failed != nil || p.refused != nil {
			return p
		}
	}
	// What stands already was checked when it came in; reading it again would
	// make a repeated import as slow as the first.
	if p.made.examined, p.failed = r.s.examine(ctx, r.s.db, r.o.Unit, p.made.Meta, p.made.Doc, p.made.sha); p.failed != nil {
		return p
	}
	results := p.made.examined.all()
	if serious, others := Count(results, check.Serious), Count(results, check.Error); serious+others > 0 {
		first := results[0]
		for _, f := range results {
			if f.Severity == check.Serious {
				first = f
				break
			}
		}
		p.notes = append(p.notes, fmt.Sprintf("检查发现 %d 处严重问题、%d 处一般问题，例如%s %s：%s", serious, others, first.FieldName(), first.Near, first.Says))
	}
	return p
}

// parse reads one row of the list.
func (r *importing) parse(no int, line []byte) prepared {
	p := prepared{no: no}
	refuse := func(field, says string) prepared {
		p.refused = fault.New(fault.Invalid, says+"。").On(field, says)
		return p
	}
	var in row
	if err := json.Unmarshal(bytes.TrimPrefix(line, []byte("\ufeff")), &in); err != nil {
		var typ *json.UnmarshalTypeError
		if errors.As(err, &typ) && typ.Field != "" {
			return refuse(typ.Field, "字段“"+typ.Field+"”应是文字，请改为带引号的值或 null")
		}
		return refuse("", "这一行不是 JSON 对象，请检查引号、逗号和大括号")
	}
	w := Writing{Unit: r.o.Unit, Note: importNote}
	w.Meta = in.meta()
	if r.o.Publish != nil {
		w.Origin = MovedIn
	}
	w.Meta = w.tidy()
	if w.SourceURL != "" && !webAddress(w.SourceURL) {
		p.notes = append(p.notes, "原文网址无法识别，已略去。")
		w.SourceURL = ""
	}
	if number, note, err := DocNumber(w.DocNo); err != nil {
		p.notes = append(p.notes, "发文字号“"+shorten(w.DocNo)+"”不合规范，照原样入库。")
	} else if w.DocNo = number; note != "" {
		p.notes = append(p.notes, note)
	}
	if w.Type == "" {
		return refuse("type", "没有写明信息类型，请填写 news、notice、policy、interpretation 等之一")
	}
	if w.Type.Name() == "" {
		return refuse("type", "信息类型“"+shorten(string(w.Type))+"”无法识别，请填写 news、notice、policy、interpretation 等之一")
	}
	if err := w.wrong(); err != nil {
		f := fault.Of(err)
		return refuse(f.Fields[0].Name, f.Fields[0].Says)
	}
	if s := oneLine(word(in.Written)); s != "" {
		d, err := calendar.ParseLoose(s)
		if err != nil {
			return refuse("written", "成文日期“"+shorten(s)+"”无法识别，请写成 2026-03-01")
		}
		w.Written = d
	}
	if s := oneLine(word(in.Published)); s != "" {
		t, err := instant(s)
		if err != nil {
			return refuse("published", "发布日期“"+shorten(s)+"”无法识别，请写成 2026-03-01 或 2026-03-01 09:30")
		}
		p.published = t
	}
	if r.o.Publish != nil {
		switch {
		case p.published.IsZero():
			p.notes = append(p.notes, "没有原发布日期，显示为迁入事项的批准日期。")
			p.published = r.move.Dated.Start()
		case calendar.DateOf(p.published).After(r.move.Dated):
			return refuse("published", "发布日期晚于迁入事项的批准日期（"+r.move.Dated.Chinese()+"），不属于存量信息，请另行送审")
		}
	}
	var err error
	switch {
	case len(in.Doc) > 0 && string(in.Doc) != "null":
		w.Original = word(in.HTML)
		w.Doc, err = prose.Parse(in.Doc)
	case word(in.HTML) != "":
		w.Original = *in.HTML
		w.Doc, err = prose.FromHTML(*in.HTML)
	case word(in.Text) != "":
		w.Doc, err = prose.FromText(*in.Text)
	default:
		return refuse("text", "没有正文，请填写 text 或 html")
	}
	if err != nil {
		return refuse("text", fault.Of(err).Says)
	}
	if w.Doc.Blank() {
		return refuse("text", "正文是空的，请填写 text 或 html")
	}
	p.files = in.Files
	p.ref = oneLine(word(in.Ref))
	if r.o.Relink != nil && webAddress(p.ref) {
		w.Doc = r.relink(w.Doc, p.ref)
	}
	p.made = rendered(w)
	if p.ref == "" {
		p.ref = "sha256:" + p.made.sha[:40]
	}
	if len(p.ref) > 200 {
		return refuse("ref", "编号超过 200 字节，请缩短")
	}
	return p
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 20 {
		return string(r[:20]) + "…"
	}
	return s
}

// instant reads a day (its first moment in Shanghai), a minute or an RFC 3339
// instant.
func instant(s string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02 15:04:05"} {
		if t, err := time.ParseInLocation(layout, s, calendar.Shanghai); err == nil {
			return t.UTC(), nil
		}
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), nil
	}
	d, err := calendar.ParseLoose(s)
	if err != nil {
		return time.Time{}, err
	}
	return d.Start(), nil
}

// write takes in some rows in one transaction; on failure none of them counts.
func (r *importing) write(ctx context.Context, rows []prepared) error {
	if len(rows) == 0 {
		return nil
	}
	var accepted, unchanged int
	var refused []intake.Refusal
	work := func(tx *db.Tx) error {
		accepted, unchanged, refused = 0, 0, nil // the transaction may run again
		for _, p := range rows {
			done, err := r.take(ctx, tx, p)
			var f *fault.Error
			switch {
			case errors.As(err, &f) && (f.Kind == fault.Conflict || f.Kind == fault.Invalid || f.Kind == fault.Refused):
				refused = append(refused, intake.Refusal{Row: p.no, Field: "ref", Says: f.Says})
			case err != nil:
				return fmt.Errorf("library: row %d: %w", p.no, err)
			case done:
				accepted++
			default:
				unchanged++
			}
		}
		return nil
	}
	var err error
	if r.o.DryRun {
		err = r.s.db.View(ctx, work)
	} else {
		err = r.s.db.Update(ctx, work)
	}
	if err != nil {
		return err
	}
	r.report.Accepted += accepted
	r.report.Unchanged += unchanged
	r.report.Refused = append(r.report.Refused, refused...)
	return nil
}

// take takes in one row; false when everything stands as it says.
func (r *importing) take(ctx context.Context, tx *db.Tx, p prepared) (bool, error) {
	s := r.s
	note := passage.Note{Says: importNote}
	if r.o.Publish != nil {
		note = passage.Note{Says: "迁入事项 " + r.move.Number, CaseID: r.move.Number}
	}
	// Said twice, for a plan made before the value is known uses the index of
	// names only when the statement itself shuts out the empty one.
	it, err := db.One(ctx, tx, scanItem, itemSelect+` WHERE i.unit_id = $1 AND i.ref = $2 AND i.ref <> ''`, r.o.Unit, p.ref)
	if own, exported := strings.CutPrefix(p.ref, "item:"); exported && db.None(err) {
		// An export names an item without a name of its own by its id.
		it, err = db.One(ctx, tx, scanItem, itemSelect+` WHERE i.unit_id = $1 AND i.id = $2`, r.o.Unit, own)
	}
	switch {
	case db.None(err):
		if r.o.DryRun {
			return true, nil
		}
		act := "draft"
		if r.o.Publish != nil {
			act = "move_in"
		}
		id := r.moved[p.ref].id
		if id == "" {
			id = ItemID(ulid.Make().String())
		}
		if own, exported := strings.CutPrefix(p.ref, "item:"); exported && r.o.Identity {
			if was, err := ulid.ParseStrict(own); err == nil {
				// Its address stays what it was, unless the id is somebody's here.
				n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM item WHERE id = $1`, was.String())
				if err != nil {
					return false, err
				}
				if n == 0 {
					id = ItemID(was.String())
				}
			}
		}
		id, err := s.enter(ctx, tx, id, p.made, p.ref, act, note)
		if err != nil {
			return false, err
		}
		if err := r.did(ctx, tx, p.no, id, "enter", 1); err != nil {
			return false, err
		}
		if r.o.Publish == nil {
			return true, nil
		}
		it = Item{Meta: p.made.Meta, ID: id, Content: ContentID(id), Ref: p.ref, Unit: r.o.Unit, State: Approved, Version: 1, CreatedAt: tx.Now()}
		return true, r.comeLive(ctx, tx, it, p)
	case err != nil:
		return false, err
	}
	sha, err := db.One(ctx, tx, db.Value[string], `SELECT sha256 FROM item_version WHERE item_id = $1 AND no = $2`, it.ID, it.Version)
	if err != nil {
		return false, err
	}
	same := sha == p.made.sha
	if !same && it.Origin == MovedIn && p.made.Origin == Original {
		// A draft import says nothing of where the item first came from.
		m := p.made.Meta
		m.Origin = MovedIn
		same = digest(m, p.made.doc) == sha
	}
	placed := true
	if r.o.Publish != nil {
		// What was put into the archive stays there: a list brings nothing back.
		n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM item_placement WHERE item_id = $1 AND column_id = $2 AND (state = 'live' OR archived_at IS NOT NULL)`, it.ID, r.o.Publish.Column)
		if err != nil {
			return false, err
		}
		placed = n > 0 && it.LiveVersion == it.Version
	}
	if same && placed {
		return false, nil
	}
	if it.State == InReview || it.State == Returned || it.State == Withdrawn || it.Origin != MovedIn && it.Live() || it.Round > 0 {
		return false, fault.Newf(fault.Conflict, "编号“%s”的稿件现在是“%s”，已进入审核流程，不能用导入覆盖；请在稿件页面修改。", shorten(it.Ref), it.StateName())
	}
	if r.o.Publish == nil && it.Live() {
		return false, fault.Newf(fault.Conflict, "编号“%s”的稿件已经公开，不能用草稿导入覆盖；请在稿件页面修改，或按迁入事项导入。", shorten(it.Ref))
	}
	if !same {
		// What a person has written since is never put aside by a file.
		if said, err := db.One(ctx, tx, db.Value[string], `SELECT note FROM item_version WHERE item_id = $1 AND no = $2`, it.ID, it.Version); err != nil {
			return false, err
		} else if !strings.HasPrefix(said, importNote) && !strings.HasPrefix(said, undoNote) {
			return false, fault.Newf(fault.Conflict, "编号“%s”的稿件导入后有人改过，没有用文件的内容覆盖；请在稿件页面修改。", shorten(it.Ref))
		}
	}
	if r.o.DryRun {
		return true, nil
	}
	if err := r.did(ctx, tx, p.no, it.ID, "change", it.Version); err != nil {
		return false, err
	}
	if !same {
		it.Version++
		if err := s.addVersion(ctx, tx, it.ID, it.Version, p.made); err != nil {
			return false, err
		}
		if _, err := tx.Exec(ctx, `UPDATE item SET version = $2, updated_at = $3 WHERE id = $1`, it.ID, it.Version, tx.Now()); err != nil {
			return false, err
		}
		it.Meta = p.made.Meta
		if err := audit.Record(ctx, tx, audit.Entry{Act: "library.item.import", Target: it.Target(), After: map[string]any{"version": it.Version, "sha256": p.made.sha}}); err != nil {
			return false, err
		}
	}
	if r.o.Publish == nil {
		return true, nil
	}
	if _, it.State, err = Machine.Take(ctx, tx, string(it.ID), "move_in", note); err != nil {
		return false, err
	}
	return true, r.comeLive(ctx, tx, it, p)
}

func (r *importing) comeLive(ctx context.Context, tx *db.Tx, it Item, p prepared) error {
	t := r.o.Publish
	if _, err := tx.Exec(ctx, `
		INSERT INTO item_placement (id, item_id, site_id, column_id, state, created_at) VALUES ($1, $2, $3, $4, 'planned', $5)
		ON CONFLICT (item_id, column_id) DO NOTHING`,
		ulid.Make().String(), it.ID, t.Site, t.Column, tx.Now()); err != nil {
		return err
	}
	return r.s.release(ctx, tx, &it, Version{Meta: it.Meta, No: it.Version}, release{moveIn: r.move.ID, published: p.published})
}

// end notes the run: which bytes, by whom, under which case.
func (r *importing) end(ctx context.Context) error {
	if r.o.DryRun {
		return nil
	}
	return r.s.db.Update(ctx, func(tx *db.Tx) error {
		person, name, err := writer(ctx)
		if err != nil {
			return err
		}
		if r.move.ID != "" && r.move.ListSHA256 == "" {
			if _, err := tx.Exec(ctx, `UPDATE move_in_case SET list_sha256 = $2 WHERE id = $1 AND list_sha256 = ''`, r.move.ID, r.sum); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `INSERT INTO item_import (id, unit_id, move_in_id, list_sha256, person_id, person_name, accepted, unchanged, refused, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			ulid.Make().String(), r.o.Unit, db.Null(r.move.ID), r.sum, person, name, r.report.Accepted, r.report.Unchanged, len(r.report.Refused), tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.import", Basis: r.move.Number, Target: audit.Target{Kind: "unit", ID: string(r.o.Unit), Name: "批量导入", Unit: string(r.o.Unit)},
			After: map[string]any{"list_sha256": r.sum, "read": r.report.Read, "accepted": r.report.Accepted, "unchanged": r.report.Unchanged, "refused": len(r.report.Refused)}})
	})
}
