package layout

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/registry"
)

// BoardID identifies a board: the site's id for its home page, the topic's for
// a topic.
type BoardID string

// Board is a page in composition.
type Board struct {
	ID      BoardID
	Kind    string // home, topic
	Site    registry.Site
	Topic   Topic // of a topic's board
	Columns []registry.Column
	Rev     int
	Changed bool    // there is a draft
	Blocks  []Block // of the draft, or what is live
	Live    []Block
	LiveNo  int // 0: nothing was published; a home page then is Default
	By      string
	At      time.Time
}

// Name of what is composed.
func (b Board) Name() string {
	if b.Kind == TopicBoard {
		return "专题“" + b.Topic.Title + "”"
	}
	return b.Site.Name + "首页"
}

// Block of the board by its id.
func (b Board) Block(id string) (Block, bool) {
	i := slices.IndexFunc(b.Blocks, func(o Block) bool { return o.ID == id })
	if i < 0 {
		return Block{}, false
	}
	return b.Blocks[i], true
}

func (b Board) target() audit.Target {
	return audit.Target{Kind: "layout", ID: string(b.ID), Name: b.Name(), Unit: string(b.Site.Unit)}
}

// Board of a site's home page or of a topic, in scope.
func (s *Service) Board(ctx context.Context, scope authz.Scope, id BoardID) (Board, error) {
	return s.board(ctx, s.DB, scope, id)
}

func (s *Service) board(ctx context.Context, q db.Querier, scope authz.Scope, id BoardID) (Board, error) {
	b := Board{ID: id, Kind: HomeBoard}
	site := registry.SiteID(id)
	var err error
	if t, err := s.topic(ctx, q, scope, TopicID(id)); err == nil {
		b.Kind, b.Topic, site = TopicBoard, t, t.Site
	} else if !fault.Is(err, fault.NotFound) {
		return b, err
	}
	if b.Site, err = s.hosted(ctx, q, scope, site); err != nil {
		if fault.Is(err, fault.NotFound) {
			err = fault.Missing("页面编排")
		}
		return b, err
	}
	if b.Columns, err = s.Registry.Columns(ctx, q, scope, site); err != nil {
		return b, err
	}
	var draft, live string
	_, err = db.One(ctx, q, func(r db.Scanner) (struct{}, error) {
		return struct{}{}, r.Scan(&b.Rev, &draft, &b.By, &b.At, &b.LiveNo, &live)
	}, `SELECT b.rev, b.draft, b.draft_name, b.draft_at, b.live_no, COALESCE((SELECT v.blocks FROM layout_version v WHERE v.board_id = b.id AND v.no = b.live_no), '') FROM layout_board b WHERE b.id = $1`, id)
	if err != nil && !db.None(err) {
		return b, err
	}
	if b.Live, err = decode(live); err != nil {
		return b, err
	}
	if b.LiveNo == 0 && b.Kind == HomeBoard {
		b.Live = Default(b.Site.Kind, b.Columns)
	}
	b.Blocks = b.Live
	if draft != "" {
		b.Changed = true
		if b.Blocks, err = decode(draft); err != nil {
			return b, err
		}
	}
	return b, nil
}

// errSame says inside a transaction that there is nothing to change.
var errSame = fmt.Errorf("layout: nothing changed")

// edit does one act on a draft, when nobody did another since rev was read.
func (s *Service) edit(ctx context.Context, scope authz.Scope, id BoardID, rev int, act string, does func(b *Board) error) (Board, error) {
	var b Board
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		var err error
		if b, err = s.board(ctx, tx, scope, id); err != nil {
			return err
		}
		if b.Rev != rev {
			return conflict()
		}
		if b.Kind == TopicBoard && !b.Topic.Open() {
			return fault.Newf(fault.Refused, "%s%s，内容不再变动，不能修改编排。", b.Name(), TopicMachine.Name(b.Topic.State))
		}
		before := slices.Clone(b.Blocks)
		if err := does(&b); err != nil {
			return err
		}
		draft, err := encode(b.Blocks)
		if err != nil {
			return err
		}
		if err := s.keepDraft(ctx, tx, &b, draft); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "layout." + act, Target: b.target(), Before: before, After: b.Blocks})
	})
	if err == errSame {
		err = nil
	}
	return b, err
}

func (s *Service) keepDraft(ctx context.Context, tx *db.Tx, b *Board, draft string) error {
	a := actor(ctx)
	var at any
	if draft != "" {
		at = tx.Now()
	}
	b.Changed = draft != ""
	if b.Rev == 0 {
		b.Rev = 1
		_, err := tx.Exec(ctx, `INSERT INTO layout_board (id, site_id, kind, rev, draft, draft_by, draft_name, draft_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, b.ID, b.Site.ID, b.Kind, b.Rev, draft, a.ID, a.Name, at)
		if _, dup := db.UniqueViolation(err); dup {
			return conflict()
		}
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE layout_board SET rev = rev + 1, draft = $3, draft_by = $4, draft_name = $5, draft_at = $6 WHERE id = $1 AND rev = $2`, b.ID, b.Rev, draft, a.ID, a.Name, at)
	if err == nil && n == 0 {
		return conflict()
	}
	b.Rev++
	return err
}

func known(columns []registry.Column) map[registry.ColumnID]registry.Column {
	out := make(map[registry.ColumnID]registry.Column, len(columns))
	for _, c := range columns {
		out[c.ID] = c
	}
	return out
}

// AddBlock puts a new block at a place counted from 0; beyond the end is last.
func (s *Service) AddBlock(ctx context.Context, scope authz.Scope, id BoardID, rev int, block Block, at int) (Board, string, error) {
	block.ID = ""
	b, err := s.edit(ctx, scope, id, rev, "block.add", func(b *Board) error {
		if len(b.Blocks) >= MaxBlocks {
			return fault.Newf(fault.Refused, "一个页面最多 %d 个版块，请先移除不需要的版块。", MaxBlocks)
		}
		var err error
		if block, err = block.tidy(b.Kind, known(b.Columns)); err != nil {
			return err
		}
		spec, _ := SpecOf(block.Kind)
		if spec.Once && slices.ContainsFunc(b.Blocks, func(o Block) bool { return o.Kind == block.Kind }) {
			return fault.Newf(fault.Refused, "页面上已有“%s”版块，这种版块只能放一个。", spec.Name).On("kind", "已有这种版块")
		}
		if err := s.picks(ctx, block); err != nil {
			return err
		}
		b.Blocks = slices.Insert(slices.Clone(b.Blocks), min(max(at, 0), len(b.Blocks)), block)
		return nil
	})
	return b, block.ID, err
}

// SetBlock changes what a block is told.
func (s *Service) SetBlock(ctx context.Context, scope authz.Scope, id BoardID, rev int, block Block) (Board, error) {
	return s.edit(ctx, scope, id, rev, "block.set", func(b *Board) error {
		i := slices.IndexFunc(b.Blocks, func(o Block) bool { return o.ID == block.ID })
		if i < 0 {
			return fault.Missing("版块")
		}
		block.Kind = b.Blocks[i].Kind
		var err error
		if block, err = block.tidy(b.Kind, known(b.Columns)); err != nil {
			return err
		}
		if err := s.picks(ctx, block); err != nil {
			return err
		}
		b.Blocks = slices.Clone(b.Blocks)
		b.Blocks[i] = block
		return nil
	})
}

// picks looks whether hand-picked items are public.
func (s *Service) picks(ctx context.Context, b Block) error {
	for _, it := range b.Items {
		if _, _, err := s.Library.LiveItem(ctx, s.DB, it); fault.Is(err, fault.NotFound) {
			return fault.New(fault.Invalid, "挑选的稿件里有尚未公开或已撤下的，请重新挑选。").On("items", "编号 "+string(it)+" 的稿件没有公开")
		} else if err != nil {
			return err
		}
	}
	return nil
}

// MoveBlock moves a block: up, down, or to a place counted from 0.
func (s *Service) MoveBlock(ctx context.Context, scope authz.Scope, id BoardID, rev int, block string, step registry.Step, to int) (Board, error) {
	return s.edit(ctx, scope, id, rev, "block.move", func(b *Board) error {
		i := slices.IndexFunc(b.Blocks, func(o Block) bool { return o.ID == block })
		if i < 0 {
			return fault.Missing("版块")
		}
		at := i
		switch step {
		case registry.Up:
			at--
		case registry.Down:
			at++
		default:
			at = to
		}
		at = min(max(at, 0), len(b.Blocks)-1)
		if at == i {
			return errSame
		}
		moved := b.Blocks[i]
		b.Blocks = slices.Insert(slices.Delete(slices.Clone(b.Blocks), i, i+1), at, moved)
		return nil
	})
}

// RemoveBlock takes a block off the page.
func (s *Service) RemoveBlock(ctx context.Context, scope authz.Scope, id BoardID, rev int, block string) (Board, error) {
	return s.edit(ctx, scope, id, rev, "block.remove", func(b *Board) error {
		i := slices.IndexFunc(b.Blocks, func(o Block) bool { return o.ID == block })
		if i < 0 {
			return fault.Missing("版块")
		}
		b.Blocks = slices.Delete(slices.Clone(b.Blocks), i, i+1)
		return nil
	})
}

// UseTemplate begins the draft of a home page from a template.
func (s *Service) UseTemplate(ctx context.Context, scope authz.Scope, id BoardID, rev int, key string) (Board, error) {
	return s.edit(ctx, scope, id, rev, "template", func(b *Board) error {
		i := slices.IndexFunc(Templates, func(t Template) bool { return t.Key == key })
		if i < 0 || b.Kind != HomeBoard {
			return fault.New(fault.Invalid, "没有找到这个模板，请从列表中选择。").On("template", "请从列表中选择")
		}
		b.Blocks = Templates[i].make(b.Site.Kind, b.Columns)
		return nil
	})
}

// Discard throws the draft away.
func (s *Service) Discard(ctx context.Context, scope authz.Scope, id BoardID, rev int) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		b, err := s.board(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if b.Rev != rev {
			return conflict()
		}
		if !b.Changed {
			return fault.New(fault.Conflict, "没有需要放弃的修改。")
		}
		before := b.Blocks
		if err := s.keepDraft(ctx, tx, &b, ""); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "layout.discard", Target: b.target(), Before: before})
	})
}

// Remark is what the look before publishing found.
type Remark struct {
	Serious bool // may not be published
	Block   string
	Says    string
}

// Review looks a draft over before it goes public.
func (s *Service) Review(b Board) []Remark {
	var out []Remark
	serious := func(block, format string, args ...any) {
		out = append(out, Remark{true, block, fmt.Sprintf(format, args...)})
	}
	advice := func(block, format string, args ...any) {
		out = append(out, Remark{false, block, fmt.Sprintf(format, args...)})
	}
	have := func(k Kind) bool {
		return slices.ContainsFunc(b.Blocks, func(o Block) bool { return o.Kind == k })
	}
	if len(b.Blocks) == 0 {
		serious("", "页面上没有版块，请先添加。")
		return out
	}
	open := known(b.Columns)
	seen := map[registry.ColumnID]string{}
	for _, o := range b.Blocks {
		spec, ok := SpecOf(o.Kind)
		if !ok {
			serious(o.ID, "有一个版块的种类不再使用，请移除。")
			continue
		}
		for _, c := range o.Columns {
			col, ok := open[c]
			if !ok {
				serious(o.ID, "“%s”选的栏目已经关闭，请另选栏目或移除版块。", o.Name())
				continue
			}
			if other := seen[c]; other != "" && o.Kind != Lead && o.Kind != Figures && o.Kind != Pictures {
				advice(o.ID, "栏目“%s”在“%s”里已经出现过，同样的内容会显示两次。", col.Name, other)
			} else if o.Kind != Lead && o.Kind != Figures && o.Kind != Pictures {
				seen[c] = o.Name()
			}
		}
		if len(o.Columns) < spec.MinColumns {
			serious(o.ID, "“%s”还没有选栏目。", o.Name())
		}
		if (o.Kind == Links || o.Kind == Icons) && len(o.Links) == 0 {
			serious(o.ID, "“%s”里没有链接，请填写链接或移除版块。", o.Name())
		}
		if o.Kind == Picked && len(o.Items) == 0 {
			serious(o.ID, "“%s”里没有稿件，请挑选稿件或移除版块。", o.Name())
		}
		for _, l := range o.Links {
			if strings.HasPrefix(l.Href, "http") && !strings.Contains(hostOf(l.Href), ".gov.cn") && !strings.HasSuffix(hostOf(l.Href), ".localhost") {
				advice(o.ID, "“%s”链接到非政府网站 %s，请确认已经审核；读者离开时会看到提示页。", l.Text, hostOf(l.Href))
			}
		}
		if s.Inspect != nil {
			words := []string{o.Heading, o.Text}
			for _, l := range o.Links {
				words = append(words, l.Text, l.Note)
			}
			for _, span := range s.Inspect(strings.Join(words, "\n")) {
				if library.SeverityOf(span.Kind) == check.Serious {
					serious(o.ID, "“%s”的文字：%s", o.Name(), span.Says)
				} else {
					advice(o.ID, "“%s”的文字：%s", o.Name(), span.Says)
				}
			}
		}
	}
	if b.Kind == HomeBoard {
		if !have(Notices) {
			serious("", "首页没有公告栏。依法悬挂的公告（第七条、第八条）要在首页公示，请添加“公告栏”版块。")
		} else if at := slices.IndexFunc(b.Blocks, func(o Block) bool { return o.Kind == Notices }); at > 1 {
			serious(b.Blocks[at].ID, "公告栏排在第 %d 位，依法悬挂的公告要醒目，请移到前两位。", at+1)
		}
		if !have(Services) && b.Site.Kind == registry.Portal {
			serious("", "门户网站首页没有办事入口。政务服务网是门户网站的组成部分（第十三条（一）），请添加“办事入口”版块。")
		}
		if !slices.ContainsFunc(b.Blocks, func(o Block) bool { return o.Kind == List || o.Kind == Columns || o.Kind == Lead }) {
			serious("", "首页没有显示任何栏目的最新信息，会被判为“首页不更新”，请至少添加一个栏目列表。")
		}
		if !have(Interaction) {
			advice("", "首页没有互动交流入口，建议添加。")
		}
		if n := Length(b.Blocks); n > MaxScreens*100 {
			serious("", "首页约 %d.%d 屏，超过 %d 屏，读者很难看到下面的内容；请减少版块或条数。", n/100, n%100/10, MaxScreens)
		} else if n > (MaxScreens-2)*100 {
			advice("", "首页约 %d.%d 屏，偏长，建议精简。", n/100, n%100/10)
		}
	}
	return out
}

func hostOf(href string) string {
	_, rest, _ := strings.Cut(href, "://")
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, ":")
	return host
}

// Publish makes the draft the page that readers see.
func (s *Service) Publish(ctx context.Context, scope authz.Scope, id BoardID, rev int, note string) (Board, error) {
	note = strings.TrimSpace(note)
	var f fault.Fields
	f.Text("note", "这次改了什么", note, false, 100)
	if err := f.Err(); err != nil {
		return Board{}, err
	}
	var b Board
	return b, s.DB.Update(ctx, func(tx *db.Tx) error {
		var err error
		if b, err = s.board(ctx, tx, scope, id); err != nil {
			return err
		}
		if b.Rev != rev {
			return conflict()
		}
		if !b.Changed && (b.Kind == HomeBoard || b.LiveNo > 0) {
			return fault.New(fault.Conflict, "编排没有改动，不用再发布。")
		}
		if b.Kind == TopicBoard && !b.Topic.Open() {
			return fault.Newf(fault.Refused, "%s%s，不能再发布。", b.Name(), TopicMachine.Name(b.Topic.State))
		}
		if err := refuse(s.Review(b)); err != nil {
			return err
		}
		if err := s.release(ctx, tx, &b, b.Blocks, note, "layout.publish"); err != nil {
			return err
		}
		if b.Kind == TopicBoard {
			return s.start(ctx, tx, b.Topic)
		}
		return nil
	})
}

// refuse turns what may not stand into a refusal.
func refuse(list []Remark) error {
	var says []string
	for _, r := range list {
		if r.Serious {
			says = append(says, r.Says)
		}
	}
	if len(says) == 0 {
		return nil
	}
	e := fault.Newf(fault.Refused, "还不能发布：%s", strings.Join(says, ""))
	for _, w := range says {
		e.Because(fault.Reason{ID: "S13.1a.home", Says: w})
	}
	return e
}

// release keeps blocks as the board's next version and shows it.
func (s *Service) release(ctx context.Context, tx *db.Tx, b *Board, blocks []Block, note, act string) error {
	kept, err := encode(blocks)
	if err != nil {
		return err
	}
	no, err := db.One(ctx, tx, db.Value[int], `SELECT COALESCE(MAX(no), 0) + 1 FROM layout_version WHERE board_id = $1`, b.ID)
	if err != nil {
		return err
	}
	if err := s.keepDraft(ctx, tx, b, ""); err != nil {
		return err
	}
	a := actor(ctx)
	if _, err := tx.Exec(ctx, `INSERT INTO layout_version (board_id, no, blocks, note, by_id, by_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`, b.ID, no, kept, note, a.ID, a.Name, tx.Now()); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE layout_board SET live_no = $2 WHERE id = $1`, b.ID, no); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM layout_column WHERE board_id = $1`, b.ID); err != nil {
		return err
	}
	shown := map[registry.ColumnID]bool{}
	for _, o := range blocks {
		for _, c := range o.Columns {
			if shown[c] {
				continue
			}
			shown[c] = true
			if _, err := tx.Exec(ctx, `INSERT INTO layout_column (board_id, column_id) VALUES ($1, $2)`, b.ID, c); err != nil {
				return err
			}
		}
	}
	before := b.LiveNo
	b.LiveNo, b.Live, b.Blocks = no, blocks, blocks
	if err := audit.Record(ctx, tx, audit.Entry{Act: act, Target: b.target(), Before: before, After: map[string]any{"version": no, "note": note, "blocks": blocks}}); err != nil {
		return err
	}
	part := Home
	if b.Kind == TopicBoard {
		part = TopicList
	}
	return s.changed(ctx, tx, b.Site.ID, part)
}

// Version is one published composition.
type Version struct {
	No       int
	Blocks   []Block
	Note, By string
	At       time.Time
	Live     bool
}

// mostVersions are shown of a board.
const mostVersions = 50

// Versions of a board in scope, newest first.
func (s *Service) Versions(ctx context.Context, scope authz.Scope, id BoardID) (Board, []Version, error) {
	b, err := s.Board(ctx, scope, id)
	if err != nil {
		return b, nil, err
	}
	list, err := db.All(ctx, s.DB, scanVersion, `SELECT no, blocks, note, by_name, at FROM layout_version WHERE board_id = $1 ORDER BY no DESC LIMIT $2`, id, mostVersions)
	for i := range list {
		list[i].Live = list[i].No == b.LiveNo
	}
	return b, list, err
}

func scanVersion(r db.Scanner) (Version, error) {
	var v Version
	var blocks string
	err := r.Scan(&v.No, &blocks, &v.Note, &v.By, &v.At)
	if err == nil {
		v.Blocks, err = decode(blocks)
	}
	return v, err
}

// Rollback shows an earlier version again, as a version of its own; 0 is the
// composition every site of its kind begins with.
func (s *Service) Rollback(ctx context.Context, scope authz.Scope, id BoardID, rev, no int) (Board, error) {
	var b Board
	return b, s.DB.Update(ctx, func(tx *db.Tx) error {
		var err error
		if b, err = s.board(ctx, tx, scope, id); err != nil {
			return err
		}
		if b.Rev != rev {
			return conflict()
		}
		if b.Kind == TopicBoard && !b.Topic.Open() {
			return fault.Newf(fault.Refused, "%s%s，不能再恢复以前的版本。", b.Name(), TopicMachine.Name(b.Topic.State))
		}
		if no == b.LiveNo {
			return fault.New(fault.Conflict, "这一版正在使用，不用恢复。")
		}
		v := Version{Blocks: Default(b.Site.Kind, b.Columns)}
		note := "恢复默认编排"
		if no != 0 || b.Kind == TopicBoard {
			if v, err = db.One(ctx, tx, scanVersion, `SELECT no, blocks, note, by_name, at FROM layout_version WHERE board_id = $1 AND no = $2`, id, no); db.None(err) {
				return fault.Missing("版本")
			} else if err != nil {
				return err
			}
			note = fmt.Sprintf("恢复第 %d 版", no)
		}
		again := b
		again.Blocks = v.Blocks
		if err := refuse(s.Review(again)); err != nil {
			return err
		}
		return s.release(ctx, tx, &b, v.Blocks, note, "layout.rollback")
	})
}

// CountOn says how many published pages show a column; see columns.OnClose.
func (s *Service) CountOn(ctx context.Context, q db.Querier, column registry.ColumnID) (string, error) {
	type n struct{ home, topics int }
	c, err := db.One(ctx, q, func(r db.Scanner) (n, error) {
		var c n
		return c, r.Scan(&c.home, &c.topics)
	}, `SELECT COALESCE(SUM(CASE WHEN b.kind = 'home' THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN b.kind = 'topic' THEN 1 ELSE 0 END), 0)
	      FROM layout_column l JOIN layout_board b ON b.id = l.board_id WHERE l.column_id = $1`, column)
	var parts []string
	if c.home > 0 {
		parts = append(parts, "首页版块会改为显示并入的栏目")
	}
	if c.topics > 0 {
		parts = append(parts, fmt.Sprintf("%d 个专题会改为显示并入的栏目", c.topics))
	}
	return strings.Join(parts, "，"), err
}

// Follow puts the column that another went into in its place on every board,
// published and draft; see columns.OnClose.
func (s *Service) Follow(ctx context.Context, tx *db.Tx, from, to registry.ColumnID) error {
	type row struct {
		id           BoardID
		draft, lives string
		no           int
	}
	list, err := db.All(ctx, tx, func(r db.Scanner) (row, error) {
		var v row
		return v, r.Scan(&v.id, &v.draft, &v.no, &v.lives)
	}, `SELECT b.id, b.draft, b.live_no, COALESCE((SELECT v.blocks FROM layout_version v WHERE v.board_id = b.id AND v.no = b.live_no), '') FROM layout_board b
	     WHERE b.site_id = (SELECT site_id FROM site_column WHERE id = $1) ORDER BY b.id`, from)
	if err != nil {
		return err
	}
	for _, v := range list {
		draft, changed, err := replaced(v.draft, from, to)
		if err != nil {
			return err
		}
		if changed {
			if _, err := tx.Exec(ctx, `UPDATE layout_board SET draft = $2, rev = rev + 1 WHERE id = $1`, v.id, draft); err != nil {
				return err
			}
		}
		// Versions stay as they were published: a closed column is resolved when
		// the page is drawn. What it shows now is where its content went.
		if _, err := tx.Exec(ctx, `DELETE FROM layout_column WHERE board_id = $1 AND column_id = $2`, v.id, from); err != nil {
			return err
		}
		_, shows, err := replaced(v.lives, from, to)
		if err != nil {
			return err
		}
		if shows && to != "" {
			if _, err := tx.Exec(ctx, `INSERT INTO layout_column (board_id, column_id) SELECT $1, $2 WHERE NOT EXISTS (SELECT 1 FROM layout_column WHERE board_id = $1 AND column_id = $2)`, v.id, to); err != nil {
				return err
			}
		}
	}
	return nil
}

func replaced(blocks string, from, to registry.ColumnID) (string, bool, error) {
	list, err := decode(blocks)
	if err != nil {
		return "", false, err
	}
	changed := false
	for i := range list {
		if !slices.Contains(list[i].Columns, from) {
			continue
		}
		changed = true
		var out []registry.ColumnID
		for _, c := range list[i].Columns {
			if c == from {
				c = to
			}
			if c != "" && !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
		list[i].Columns = out
	}
	if !changed {
		return blocks, false, nil
	}
	kept, err := encode(list)
	return kept, true, err
}

func (s *Service) today() calendar.Date { return calendar.DateOf(s.DB.Now()) }
