package library

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/likeness"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/prose"
	"zhengshu/internal/registry"
)

// Writing is what an author hands in.
type Writing struct {
	Meta
	Doc      prose.Doc
	Original string // what it was made of, kept as evidence
	Note     string
	Unit     org.UnitID // of a new item; Save takes the item's
	Form     string     // of a new item: whose unsaved text it was, see FormNew
	// Columns where it shall stand; nil leaves the placements as they are.
	Columns   []registry.ColumnID
	PublishAt time.Time // of placements not live yet; zero for at once
	// Change says what a revision of a public item is; needed then.
	Change ChangeKind
	// Content of a new item that is another language version of one that stands;
	// empty for a content of its own. Language is zh when empty.
	Content  ContentID
	Language string
}

// made is a version ready to be written: rendered, hashed and inspected before
// any transaction begins.
type made struct {
	Writing
	doc, html, text, sha string
	examined             examined
	noted                []string // what was put right
}

func (s *Service) make(ctx context.Context, q db.Querier, w Writing) (made, error) {
	w.Meta, w.Note = w.tidy(), oneLine(w.Note)
	number, note, misnumbered := DocNumber(w.DocNo)
	if misnumbered == nil {
		w.DocNo = number
	}
	err := w.wrong()
	if misnumbered != nil && w.Origin != MovedIn { // what moves in keeps the number it had
		if err == nil {
			err = misnumbered
		} else {
			f := fault.Of(err)
			f.Fields = append(f.Fields, fault.Of(misnumbered).Fields...)
		}
	}
	if err != nil {
		return made{}, err
	}
	if err := w.fits(); err != nil {
		return made{}, err
	}
	m := rendered(w)
	if note != "" {
		m.noted = append(m.noted, note)
	}
	m.examined, err = s.examine(ctx, q, w.Unit, w.Meta, w.Doc, m.sha)
	return m, err
}

// files is the text with the files that its answers name, a portrait, a film:
// what readers get to see and who keeps it must know of.
func (m made) files() prose.Doc {
	d := prose.Doc{Content: slices.Clone(m.Doc.Content)}
	for _, q := range m.Type.Sort().Fields {
		if answer := m.Answers[q.Name]; q.Kind == AskMedia && answer != "" {
			d.Content = append(d.Content, prose.Node{Type: prose.Attachment, Attrs: map[string]any{"name": q.Label, "href": answer}})
		}
	}
	return d
}

func rendered(w Writing) made {
	m := made{Writing: w, doc: string(w.Doc.JSON()), html: w.Doc.HTML(), text: w.Doc.Text()}
	m.sha = digest(w.Meta, m.doc)
	return m
}

// digest is the hash of everything a reader may see of a version.
func digest(m Meta, doc string) string {
	b, err := json.Marshal(struct {
		Meta Meta
		Doc  string
	}{m.hashed(), doc})
	if err != nil { // words, dates and flags only
		b = []byte(doc)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// oneLine folds white space and drops what no reader can see. Bytes that are no
// text stay visible as U+FFFD, which Meta refuses and the checks name.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u3000' || r == '\u00a0':
			return ' '
		case r < ' ' || r == 0x7f || r == 0xfeff || r == 0x200b || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	return strings.Join(strings.Fields(s), " ")
}

// manyLines is oneLine for opinions and reasons, which keep their lines.
func manyLines(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = oneLine(lines[i])
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

func (m Meta) tidy() Meta {
	for _, f := range []*string{&m.Title, &m.Summary, &m.DocNo, &m.IndexNo, &m.Issuer, &m.Category, &m.Topic, &m.Source, &m.SourceURL} {
		*f = oneLine(*f)
	}
	for _, f := range []*string{&m.Keywords, &m.Involves, &m.Consulted} {
		*f = strings.Join(List(*f), ";")
	}
	if m.Origin == "" {
		m.Origin = Original
	}
	m.tidyMore()
	return m
}

// List cuts a field of several values, however they were separated.
func List(s string) []string {
	var out []string
	for _, v := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(";；,，、\n", r) }) {
		if v = oneLine(v); v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func (m Meta) wrong() error {
	var f fault.Fields
	f.Check(m.Title != "", "title", "请填写标题")
	most := func(s string, n int, name, says string) {
		f.Check(utf8.RuneCountInString(s) <= n, name, fmt.Sprintf("%s不能超过 %d 字，请压缩", says, n))
		f.Check(!strings.ContainsRune(s, utf8.RuneError), name, says+"里有乱码（粘贴或导入时编码不对），请对照原文重新输入")
	}
	most(m.Title, 200, "title", "标题")
	most(m.Summary, 500, "summary", "摘要")
	most(m.DocNo, 60, "doc_no", "发文字号")
	most(m.IndexNo, 60, "index_no", "索引号")
	most(m.Issuer, 200, "issuer", "发文机关")
	most(m.Category, 100, "category", "类别")
	most(m.Topic, 100, "topic", "主题分类")
	most(m.Keywords, 200, "keywords", "关键词")
	most(m.Source, 100, "source", "来源")
	most(m.Involves, 500, "involves", "涉及单位")
	f.Check(m.Type.Name() != "", "type", "请从列表中选择信息类型")
	f.Check(m.Origin == Original || m.Origin == Repost || m.Origin == MovedIn, "origin", "请选择原创或转载")
	f.Check(m.SourceURL == "" || webAddress(m.SourceURL), "source_url", "原文网址应以 http:// 或 https:// 开头")
	if m.Origin == Repost {
		f.Check(m.SourceURL != "", "source_url", "转载信息要填写原文网址")
	}
	m.wrongMore(&f)
	return f.Err()
}

func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && len(s) <= 2000 && prose.SafeHref(s)
}

// writer is who acts: the signed-in person, or a named duty of the house.
func writer(ctx context.Context) (id, name string, err error) {
	if s := authz.SessionFrom(ctx); s != nil {
		return s.PersonID, s.Name, nil
	}
	a, ok := audit.ActorFrom(ctx)
	if !ok {
		return "", "", audit.ErrNoActor
	}
	return a.ID, a.Name, nil
}

// Create enters a new draft of a unit in scope with its first version.
func (s *Service) Create(ctx context.Context, scope authz.Scope, w Writing) (Item, error) {
	m, err := s.make(ctx, s.db, w)
	if err != nil {
		return Item{}, err
	}
	if m.Origin == MovedIn {
		return Item{}, fault.New(fault.Invalid, "迁入稿件只能用批量导入。").On("origin", "请选择原创或转载")
	}
	var it Item
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := s.org.UnitTx(ctx, tx, scope, m.Unit); err != nil {
			return err
		}
		for _, f := range s.room {
			if err := f(ctx, tx, m.Unit); err != nil {
				return err
			}
		}
		id, err := s.enter(ctx, tx, ItemID(ulid.Make().String()), m, "", "draft", passage.Note{})
		if err != nil {
			return err
		}
		if it, err = s.ItemTx(ctx, tx, scope, id); err != nil {
			return err
		}
		if err := s.plan(ctx, tx, scope, it, m.Columns, m.PublishAt); err != nil {
			return err
		}
		if err := s.askOutside(ctx, tx, id, it.Version, m.Doc); err != nil {
			return err
		}
		return s.forget(ctx, tx, m.Form)
	})
	it.Noted = m.noted
	return it, err
}

// enter writes a new item and its first version.
func (s *Service) enter(ctx context.Context, tx *db.Tx, id ItemID, m made, ref, act string, note passage.Note) (ItemID, error) {
	person, _, err := writer(ctx)
	if err != nil {
		return "", err
	}
	content, language, err := s.contentOf(ctx, tx, id, m)
	if err != nil {
		return "", err
	}
	// First, so that a number somebody else has leaves nothing behind.
	if err := claimIndex(ctx, tx, content, m.IndexNo); err != nil {
		return "", err
	}
	_, state, err := Machine.Take(ctx, tx, string(id), act, note)
	if err != nil {
		return "", err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO item (id, content_id, language, ref, unit_id, area_path, state, version, type, category, year, created_by, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, (SELECT area_path FROM unit WHERE id = $5), $6, 1, $7, $8, $9, $10, $11, $11)`,
		id, content, language, ref, m.Unit, state, m.Type, m.Coded(), yearOf(m.Meta, time.Time{}, tx.Now()), person, tx.Now()); err != nil {
		if _, dup := db.UniqueViolation(err); dup && ref == "" {
			return "", fault.Newf(fault.Conflict, "这一内容已有“%s”文本，请修改已有的文本。", LanguageName(language)).On("language", "请选择其他语言").From(err)
		}
		return "", fmt.Errorf("library: insert item: %w", err)
	}
	if err := s.addVersion(ctx, tx, id, 1, m); err != nil {
		return "", err
	}
	return id, audit.Record(ctx, tx, audit.Entry{Act: "library.item." + act, Basis: "第二十七条",
		Target: audit.Target{Kind: "item", ID: string(id), Name: m.Title, Unit: string(m.Unit)}, After: map[string]any{"version": 1, "sha256": m.sha, "ref": ref}})
}

func (s *Service) addVersion(ctx context.Context, tx *db.Tx, id ItemID, no int, m made) error {
	person, name, err := writer(ctx)
	if err != nil {
		return err
	}
	content, err := db.One(ctx, tx, db.Value[ContentID], `SELECT content_id FROM item WHERE id = $1`, id)
	if err != nil {
		return err
	}
	if err := claimIndex(ctx, tx, content, m.IndexNo); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO item_version (item_id, no, type, origin, title, summary, doc_no, index_no, issuer, written, category, topic, keywords, source, source_url,
		       important, involves, consulted, doc, html, text, original, sha256, note, author_id, author_name, at,
		       openness, share, share_terms, region, co_issuers, effective_on, ends_on, genre, subject_words, filing_no, drafter, answers, change_kind, source_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27,
		       $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41)`,
		id, no, m.Type, m.Origin, m.Title, m.Summary, m.DocNo, m.IndexNo, m.Issuer, m.Written, m.Category, m.Topic, m.Keywords, m.Source, m.SourceURL,
		m.Important, m.Involves, m.Consulted, m.doc, m.html, m.text, strings.ReplaceAll(strings.ToValidUTF8(m.Original, "\ufffd"), "\x00", ""), m.sha, m.Note, person, name, tx.Now(),
		m.Openness, m.Share, m.ShareTerms, m.Region, m.CoIssuers, m.EffectiveOn, m.EndsOn, m.Genre, m.SubjectWords, m.FilingNo, m.Drafter, m.Answers.text(), m.Change, m.SourceAt); err != nil {
		return fmt.Errorf("library: insert version: %w", err)
	}
	if err := s.followVersion(ctx, tx, id, m.Meta); err != nil {
		return err
	}
	for _, f := range s.entered {
		if err := f(ctx, tx, id, no, m.files()); err != nil {
			return err
		}
	}
	if err := likeness.Keep(ctx, tx, string(id), likeness.Of(m.Title, m.text)); err != nil {
		return err
	}
	return s.keepResults(ctx, tx, id, m.sha, m.examined)
}

// Stale is the cause of a Conflict when somebody else saved in between: the
// version that stands now, so that both can be shown and nothing is lost.
type Stale struct{ Version Version }

func (s *Stale) Error() string {
	return fmt.Sprintf("library: version %d was saved in between", s.Version.No)
}

func (s *Service) stale(ctx context.Context, q db.Querier, it Item, base int) error {
	if base == it.Version {
		return nil
	}
	v, err := version(ctx, q, it.ID, it.Version)
	if err != nil {
		return err
	}
	return fault.Newf(fault.Conflict, "您打开以后，%s已把这篇稿件保存为第 %d 版；您的内容没有保存，也没有覆盖对方的内容。请对照两边，合并后再保存。", v.AuthorName, v.No).From(&Stale{v})
}

// Save makes a new version of an item from what the author typed over version
// base. A version saved in between is a Conflict caused by a *Stale; nothing
// is overwritten. A public item stays public as it is until the new version
// has passed its final review.
func (s *Service) Save(ctx context.Context, scope authz.Scope, id ItemID, base int, w Writing) (Item, error) {
	it, err := s.Item(ctx, scope, id)
	if err != nil {
		return Item{}, err
	}
	w.Unit = it.Unit // whose lists read it
	m, err := s.make(ctx, s.db, w)
	if err != nil {
		return Item{}, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if it, err = s.ItemTx(ctx, tx, scope, id); err != nil {
			return err
		}
		if it.Origin == MovedIn && m.Origin == Original {
			m.Origin = MovedIn
			m = s.rehash(m)
		}
		if err := s.stale(ctx, tx, it, base); err != nil {
			return err
		}
		if err := s.heldByOther(ctx, tx, it); err != nil {
			return err
		}
		last, err := version(ctx, tx, id, it.Version)
		if err != nil {
			return err
		}
		saved := it.Version
		// What was withdrawn without need goes up again as it was: by a draft, and the gates.
		if last.SHA256 != m.sha || it.State == Withdrawn {
			if err := revision(it, last, &m); err != nil {
				return err
			}
			if err := s.revise(ctx, tx, it, m); err != nil {
				return err
			}
			saved++
		}
		if err := s.askOutside(ctx, tx, id, saved, m.Doc); err != nil {
			return err
		}
		if err := s.plan(ctx, tx, scope, it, m.Columns, m.PublishAt); err != nil {
			return err
		}
		if err := s.forget(ctx, tx, FormOf(id)); err != nil {
			return err
		}
		it, err = s.ItemTx(ctx, tx, scope, id)
		return err
	})
	it.Noted = m.noted
	return it, err
}

func (s *Service) rehash(m made) made {
	m.sha = digest(m.Meta, m.doc)
	return m
}

// revise adds the next version; what is public or withdrawn becomes a draft
// of its next version.
func (s *Service) revise(ctx context.Context, tx *db.Tx, it Item, m made) error {
	state := it.State
	switch state {
	case InReview:
		return fault.New(fault.Conflict, "稿件正在审核，不能修改；请先收回，或等审核人退回。")
	case Approved, Withdrawn:
		ends, err := s.EndsOf(ctx, tx, it.ID)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(ends, func(e End) bool { return e.Kind == EndGone }) {
			return fault.New(fault.Refused, "这篇稿件的网址已经永久停用，不能再修改公开；需要发布的，请新建一篇稿件。")
		}
		if _, state, err = Machine.Take(ctx, tx, string(it.ID), "revise", passage.Note{Says: m.Note}); err != nil {
			return err
		}
	}
	if err := s.addVersion(ctx, tx, it.ID, it.Version+1, m); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE item SET version = $2, state = $3, updated_at = $4 WHERE id = $1 AND version = $5`, it.ID, it.Version+1, state, tx.Now(), it.Version); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "library.item.save", Target: it.Target(), Before: map[string]any{"version": it.Version}, After: map[string]any{"version": it.Version + 1, "sha256": m.sha}})
}

// plan sets where the item shall stand. What is live stays live until it is
// taken down by its own act.
func (s *Service) plan(ctx context.Context, tx *db.Tx, scope authz.Scope, it Item, columns []registry.ColumnID, at time.Time) error {
	if columns == nil {
		return nil
	}
	have, err := db.All(ctx, tx, scanPlacement, placementSelect+` WHERE p.item_id = $1`, it.ID)
	if err != nil {
		return err
	}
	for _, p := range have {
		if p.State == Planned && !slices.Contains(columns, p.Column) {
			if _, err := tx.Exec(ctx, `DELETE FROM item_placement WHERE id = $1 AND state = 'planned'`, p.ID); err != nil {
				return err
			}
			if err := s.placed(ctx, tx, it, "library.placement.drop", p); err != nil {
				return err
			}
		}
	}
	for _, id := range columns {
		c, err := s.columnFor(ctx, tx, scope, it.Unit, id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(have, func(p Placement) bool { return p.Column == id })
		if i >= 0 && have[i].State == Planned && !have[i].PublishAt.Equal(at) {
			if _, err := tx.Exec(ctx, `UPDATE item_placement SET publish_at = $2 WHERE id = $1 AND state = 'planned'`, have[i].ID, at); err != nil {
				return err
			}
			if err := s.placed(ctx, tx, it, "library.placement.plan", have[i]); err != nil {
				return err
			}
		}
		if i >= 0 && have[i].State != Ended {
			continue
		}
		p := Placement{ID: PlacementID(ulid.Make().String()), Item: it.ID, Site: c.Site, Column: id, State: Planned, PublishAt: at, ColumnName: c.Name}
		if i >= 0 {
			p.ID = have[i].ID
			_, err = tx.Exec(ctx, `UPDATE item_placement SET state = 'planned', publish_at = $2 WHERE id = $1`, p.ID, at)
		} else {
			_, err = tx.Exec(ctx, `INSERT INTO item_placement (id, item_id, site_id, column_id, publish_at, state, created_at) VALUES ($1, $2, $3, $4, $5, 'planned', $6)`,
				p.ID, it.ID, c.Site, id, at, tx.Now())
		}
		if err != nil {
			return fmt.Errorf("library: plan placement: %w", err)
		}
		if err := s.placed(ctx, tx, it, "library.placement.plan", p); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) placed(ctx context.Context, tx *db.Tx, it Item, act string, p Placement) error {
	return audit.Record(ctx, tx, audit.Entry{Act: act, Target: it.Target(), After: map[string]any{"column": p.Column, "name": p.ColumnName, "site": p.Site}})
}

// columnFor is a column the unit may write for: of a site in scope, or one the
// unit guarantees (内容保障单位) on another's site.
func (s *Service) columnFor(ctx context.Context, q db.Querier, scope authz.Scope, unit org.UnitID, id registry.ColumnID) (registry.Column, error) {
	c, err := s.registry.Column(ctx, q, scope, id)
	if fault.Is(err, fault.NotFound) {
		if c, err = s.registry.Column(ctx, q, authz.System("a unit writes for the column it guarantees"), id); err == nil && c.Unit != unit {
			return registry.Column{}, fault.Missing("栏目")
		}
	}
	if err == nil && !c.ClosedAt.IsZero() {
		return registry.Column{}, fault.Newf(fault.Invalid, "栏目“%s”已停用，请选择其他栏目。", c.Name).On("columns", "请取消已停用的栏目")
	}
	return c, err
}

// Outlet is a column an item can be placed in.
type Outlet struct {
	Column   registry.ColumnID
	Name     string
	Site     registry.SiteID
	SiteName string
	Type     string
}

// Outlets are the open columns of hosted sites that a unit in scope may write
// for.
func (s *Service) Outlets(ctx context.Context, scope authz.Scope, unit org.UnitID) ([]Outlet, error) {
	if _, err := s.org.UnitTx(ctx, s.db, scope, unit); err != nil {
		return nil, err
	}
	var w db.Where
	scope.Where(&w, "u")
	own := w.Arg(unit)
	return db.All(ctx, s.db, func(r db.Scanner) (Outlet, error) {
		var o Outlet
		return o, r.Scan(&o.Column, &o.Name, &o.Site, &o.SiteName, &o.Type)
	}, `SELECT c.id, c.name, s.id, s.name, c.type FROM site_column c JOIN site s ON s.id = c.site_id JOIN unit u ON u.id = s.unit_id
	     WHERE c.closed_at IS NULL AND s.hosted AND s.state NOT IN ('closed', 'exited') AND ((`+w.SQL()+`) OR c.unit_id = `+own+`)
	     ORDER BY s.name, s.id, c.position, c.name, c.id LIMIT 300`, w.Args()...)
}
