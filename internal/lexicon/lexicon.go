package lexicon

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/check/proofread"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/workbench"
)

const basis = "第十九条（三）"

// Service is the door of lexicon.
type Service struct {
	db  *db.DB
	org *org.Service

	mu    sync.Mutex
	state *standing // what is in force; nil: to be read
}

// New makes the service.
func New(d *db.DB, o *org.Service) *Service { return &Service{db: d, org: o} }

// Filter narrows Entries.
type Filter struct {
	Text    string
	Kind    Kind
	State   string
	Unit    org.UnitID
	Pack    string
	Serious bool
	Holding bool // those of offices above that hold here as well
	Limit   int  // 50 when zero
	Offset  int
}

// Entries of the lists, by words, and how many there are.
func (s *Service) Entries(ctx context.Context, scope authz.Scope, f Filter) ([]Entry, int, error) {
	var w db.Where
	if f.Holding {
		scope.WhereOrAbove(&w, "u", "e.wide = ? AND e.state = ?", true, Active)
	} else {
		scope.Where(&w, "u")
	}
	if f.Text != "" {
		like := db.Contains(f.Text)
		w.And(`lower(e.words) LIKE ? ESCAPE '\' OR lower(e.rights) LIKE ? ESCAPE '\'`, like, like)
	}
	w.AndIf(f.Kind != "", "e.kind = ?", f.Kind)
	w.AndIf(f.State != "", "e.state = ?", f.State)
	w.AndIf(f.Unit != "", "e.unit_id = ?", f.Unit)
	if f.Pack != "" {
		w.And("e.pack_id = ? OR e.leaving_id = ?", f.Pack, f.Pack)
	}
	w.AndIf(f.Serious, "e.serious = ?", true)
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM lexicon_entry e JOIN unit u ON u.id = e.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, scanEntry, entrySelect+` WHERE `+w.SQL()+` ORDER BY e.words, e.id LIMIT `+w.Arg(cmp.Or(f.Limit, 50))+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// Entry in scope.
func (s *Service) Entry(ctx context.Context, scope authz.Scope, id string) (Entry, error) {
	e, err := db.One(ctx, s.db, scanEntry, entrySelect+` WHERE e.id = $1`, id)
	if db.None(err) || err == nil && !e.In(scope) {
		return Entry{}, fault.Missing("词条")
	}
	return e, err
}

// Holding is an entry in scope, or one that an office above keeps for an area the
// scope lies in.
func (s *Service) Holding(ctx context.Context, scope authz.Scope, id string) (Entry, error) {
	e, err := db.One(ctx, s.db, scanEntry, entrySelect+` WHERE e.id = $1`, id)
	if db.None(err) || err == nil && !e.In(scope) && !(e.Wide && e.State == Active && scope.UnderAreaOf(e.areaPath)) {
		return Entry{}, fault.Missing("词条")
	}
	return e, err
}

// Packs of the lists, the latest first; waiting keeps those that wait for a
// second person.
func (s *Service) Packs(ctx context.Context, scope authz.Scope, waiting bool, limit, offset int) ([]Pack, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.AndIf(waiting, "p.state = ?", Proposed)
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM lexicon_pack p JOIN unit u ON u.id = p.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, scanPack, packSelect+` WHERE `+w.SQL()+` ORDER BY p.at DESC, p.id DESC LIMIT `+w.Arg(cmp.Or(limit, 50))+` OFFSET `+w.Arg(offset), w.Args()...)
	return list, total, err
}

// Pack in scope.
func (s *Service) Pack(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Pack, error) {
	if q == nil {
		q = s.db
	}
	p, err := db.One(ctx, q, scanPack, packSelect+` WHERE p.id = $1`, id)
	if db.None(err) || err == nil && !p.In(scope) {
		return Pack{}, fault.Missing("词库版本")
	}
	return p, err
}

// History is every step of a pack in scope.
func (s *Service) History(ctx context.Context, scope authz.Scope, id string) ([]passage.Step, error) {
	if _, err := s.Pack(ctx, nil, scope, id); err != nil {
		return nil, err
	}
	return PackMachine.History(ctx, s.db, id)
}

// Change is what a person asks of a keeper's lists.
type Change struct {
	Name     string // of the pack
	Source   string
	Digest   string // of the file the entries came from
	Add      []Entry
	Withdraw []string // ids of entries in force
	Note     string   // why entries are withdrawn
}

// Make changes the lists of a unit in scope: at once when nothing serious is
// among it, otherwise when a second person has confirmed it.
func (s *Service) Make(ctx context.Context, scope authz.Scope, unit org.UnitID, c Change) (Pack, error) {
	c.Name, c.Source, c.Note = oneLine(c.Name), oneLine(c.Source), oneLine(c.Note)
	var f fault.Fields
	f.Text("name", "版本说明", c.Name, true, 100)
	f.Text("source", "来源", c.Source, false, mostSource)
	f.Text("note", "停用理由", c.Note, len(c.Withdraw) > 0, 300)
	if err := f.Err(); err != nil {
		return Pack{}, err
	}
	if len(c.Add)+len(c.Withdraw) == 0 {
		return Pack{}, fault.New(fault.Invalid, "没有要增加或停用的词条。")
	}
	for i := range c.Add {
		if c.Add[i].Source = cmp.Or(oneLine(c.Add[i].Source), c.Source); c.Add[i].Unit == "" {
			c.Add[i].Unit = unit
		}
		if err := c.Add[i].clean(); err != nil {
			return Pack{}, err
		}
	}
	session := authz.SessionFrom(ctx)
	var p Pack
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		u, err := s.org.UnitTx(ctx, tx, scope, unit)
		if err != nil {
			return err
		}
		if err := s.weigh(ctx, tx, u, c.Add); err != nil {
			return err
		}
		for _, e := range c.Add {
			if e.Serious && e.Source == "" {
				return fault.Newf(fault.Invalid, "允许使用“%s”会使其中严重类或敏感的词语不再提示，须由另一人确认，请写明依据或来源。", e.Words).On("source", "请写明依据或来源")
			}
		}
		leaving, err := s.leaving(ctx, tx, unit, c.Withdraw)
		if err != nil {
			return err
		}
		have, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM lexicon_entry WHERE unit_id = $1 AND state IN ('proposed', 'active')`, unit)
		if err != nil {
			return err
		}
		if have+len(c.Add) > mostEntries {
			return fault.Newf(fault.Refused, "%s的词条将超过 %d 条，请先停用不再需要的词条。", u.Name, mostEntries)
		}
		no, err := db.One(ctx, tx, db.Value[int], `SELECT COALESCE(MAX(no), 0) + 1 FROM lexicon_pack WHERE unit_id = $1`, unit)
		if err != nil {
			return err
		}
		p = Pack{ID: ulid.Make().String(), Unit: unit, UnitName: u.Name, No: no, Name: c.Name, Source: c.Source, Added: len(c.Add), Withdrawn: len(leaving), Digest: c.Digest, At: tx.Now(), Note: c.Note, areaPath: u.AreaPath, linePath: u.LinePath}
		for _, e := range c.Add {
			p.Serious += count(e.Serious)
		}
		for _, e := range leaving {
			p.Serious += count(e.Serious)
		}
		act := "enact"
		if p.Serious > 0 {
			act = "propose"
		}
		if session != nil {
			p.ByID, p.ByName = session.PersonID, session.Name
		} else if actor, ok := audit.ActorFrom(ctx); ok {
			p.ByID, p.ByName = actor.ID, actor.Name
		}
		if p.State, err = PackMachine.Begin(ctx, tx, []string{p.ID}, act, passage.Note{Says: c.Name}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO lexicon_pack (id, unit_id, no, name, source, state, serious, added, withdrawn, digest, by_id, by_name, at, decided_id, decided_name, note)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '', '', $14)`,
			p.ID, p.Unit, p.No, p.Name, p.Source, p.State, p.Serious, p.Added, p.Withdrawn, p.Digest, p.ByID, p.ByName, p.At, p.Note); err != nil {
			if _, dup := db.UniqueViolation(err); dup {
				return fault.New(fault.Conflict, "词库刚被别人修改，请刷新后再试。").From(err)
			}
			return fmt.Errorf("lexicon: pack: %w", err)
		}
		if err := insert(ctx, tx, p, c.Add); err != nil {
			return err
		}
		for _, e := range leaving {
			if _, err := tx.Exec(ctx, `UPDATE lexicon_entry SET leaving_id = $2 WHERE id = $1`, e.ID, p.ID); err != nil {
				return err
			}
		}
		if p.State == Confirmed {
			err = s.settle(ctx, tx, p, true)
		} else {
			err = s.ask(ctx, tx, &p)
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "lexicon.change", Basis: basis, Target: p.target(), After: map[string]any{"state": p.State, "added": words(c.Add), "withdrawn": words(leaving), "serious": p.Serious, "source": p.Source, "digest": p.Digest, "note": p.Note}})
	})
	return p, err
}

// grave are the entries, in force or waiting, that are serious or sensitive.
func (s *Service) grave(ctx context.Context, q db.Querier) ([]Entry, error) {
	list, err := db.All(ctx, q, scanEntry, entrySelect+` WHERE e.state IN ('proposed', 'active') AND (e.kind = $1 OR e.kind IN ($2, $3) AND e.serious = $4)`, Sensitive, Pair, Term, true)
	if err != nil {
		return nil, fmt.Errorf("lexicon: what is serious: %w", err)
	}
	return list, nil
}

// weigh makes serious the allowed words that cover what is serious or sensitive for
// somebody they are allowed for: as much as the list that questions it, it is a
// decision of two persons.
func (s *Service) weigh(ctx context.Context, q db.Querier, u org.Unit, list []Entry) error {
	if !slices.ContainsFunc(list, func(e Entry) bool { return e.Kind == Allow && !e.Serious }) {
		return nil
	}
	grave, err := s.grave(ctx, q)
	if err != nil {
		return err
	}
	area, _, _ := strings.Cut(u.AreaPath, "@")
	readers := map[bool]*proofread.Proofreader{} // of what holds for the unit, and for some unit of its area
	for i := range list {
		e := &list[i]
		if e.Kind != Allow || e.Serious {
			continue
		}
		if readers[e.Wide] == nil {
			o := proofread.Options{NoLikely: true}
			for _, g := range grave {
				if g.applies(u.ID, u.AreaPath) || e.Wide && strings.HasPrefix(g.areaPath, area) {
					g.question(&o)
				}
			}
			if readers[e.Wide], err = proofread.New(o); err != nil {
				return err
			}
		}
		e.Serious = covers(readers[e.Wide], e.Words)
	}
	return nil
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// words are entries as the trail shows them: the first of many.
func words(list []Entry) []string {
	const most = 50
	out := make([]string, 0, min(len(list), most))
	for _, e := range list[:min(len(list), most)] {
		out = append(out, e.Kind.Name()+"：“"+e.Words+"”→“"+strings.Join(e.Right, "、")+"”")
	}
	return out
}

// leaving are the entries to be withdrawn: in force, of the unit, in no other
// pack that waits.
func (s *Service) leaving(ctx context.Context, tx *db.Tx, unit org.UnitID, ids []string) ([]Entry, error) {
	var out []Entry
	for _, id := range ids {
		e, err := db.One(ctx, tx, scanEntry, entrySelect+` WHERE e.id = $1 AND e.unit_id = $2`, id, unit)
		switch {
		case db.None(err):
			return nil, fault.Missing("词条")
		case err != nil:
			return nil, err
		case e.State != Active || e.Leaving != "":
			return nil, fault.Newf(fault.Conflict, "“%s”已停用或正在等待确认，请刷新后再看。", e.Words)
		}
		out = append(out, e)
	}
	return out, nil
}

// insert adds entries of a pack that is not in force yet.
func insert(ctx context.Context, tx *db.Tx, p Pack, list []Entry) error {
	rows := make([][]any, len(list))
	keys := map[string]bool{}
	for i, e := range list {
		k := e.key()
		if e.replaces != "" {
			k = e.waiting()
		}
		if keys[k] {
			return fault.Newf(fault.Invalid, "“%s”重复出现，请保留一条。", e.Words).On("words", "重复")
		}
		keys[k] = true
		lists := [3]string{}
		for j, l := range [][]string{e.Right, e.Near, e.Unless} {
			b, err := json.Marshal(tidy(l))
			if err != nil {
				return err
			}
			lists[j] = string(b)
		}
		rows[i] = []any{ulid.Make().String(), p.Unit, p.ID, string(e.Kind), e.Words, lists[0], lists[1], lists[2], e.Serious, e.Wide, e.From, e.Until, e.Source, Proposed, k, tx.Now()}
	}
	err := tx.InsertAll(ctx, "lexicon_entry", []string{"id", "unit_id", "pack_id", "kind", "words", "rights", "near", "unless", "serious", "wide", "from_day", "until_day", "source", "state", "live_key", "at"}, rows)
	if _, dup := db.UniqueViolation(err); dup {
		return fault.New(fault.Conflict, "词库中已有同样的词条，没有保存；请先停用旧的一条，或先预检文件。").On("words", "已有同样的词条").From(err)
	}
	if err != nil {
		return fmt.Errorf("lexicon: entries: %w", err)
	}
	return nil
}

// settle puts a pack into force, or sets it aside.
func (s *Service) settle(ctx context.Context, tx *db.Tx, p Pack, agreed bool) error {
	if agreed {
		if _, err := tx.Exec(ctx, `UPDATE lexicon_entry SET state = 'withdrawn', live_key = id WHERE leaving_id = $1 AND state = 'active'`, p.ID); err != nil {
			return err
		}
		// What they held is free for those that replace them.
		replacing, err := db.All(ctx, tx, scanEntry, entrySelect+` WHERE e.pack_id = $1 AND e.state = 'proposed' AND e.live_key LIKE 'replaces|%'`, p.ID)
		if err != nil {
			return err
		}
		for _, e := range replacing {
			if _, err := tx.Exec(ctx, `UPDATE lexicon_entry SET live_key = $2 WHERE id = $1`, e.ID, e.key()); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE lexicon_entry SET state = 'active' WHERE pack_id = $1 AND state = 'proposed'`, p.ID); err != nil {
			return err
		}
	} else {
		if _, err := tx.Exec(ctx, `UPDATE lexicon_entry SET state = 'refused', live_key = id WHERE pack_id = $1 AND state = 'proposed'`, p.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE lexicon_entry SET leaving_id = NULL WHERE leaving_id = $1 AND state = 'active'`, p.ID); err != nil {
			return err
		}
	}
	tx.AfterCommit(s.forget)
	return nil
}

// Decide confirms or refuses a pack of the serious class: another person than
// who proposed it.
func (s *Service) Decide(ctx context.Context, scope authz.Scope, id string, agree bool, note string) (Pack, error) {
	session := authz.SessionFrom(ctx)
	if session == nil {
		return Pack{}, fault.New(fault.SignIn, "请先登录。")
	}
	note = oneLine(note)
	var f fault.Fields
	f.Text("note", "意见", note, !agree, 300)
	if err := f.Err(); err != nil {
		return Pack{}, err
	}
	var p Pack
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if p, err = s.Pack(ctx, tx, scope, id); err != nil {
			return err
		}
		if p.State == Proposed && p.ByID == session.PersonID {
			return fault.New(fault.Refused, "严重类词条须由另一人确认，提出人不能自己确认。").
				Because(fault.Reason{ID: "S19.3a", Citation: "陕政公开办〔2021〕18号 " + basis, Says: "严格执行信息发布审核制度，严把政治关、文字关。"})
		}
		act := map[bool]string{true: "confirm", false: "refuse"}[agree]
		if _, p.State, err = PackMachine.Take(ctx, tx, p.ID, act, passage.Note{Says: note}); err != nil {
			return err
		}
		if note != "" {
			p.Note = strings.TrimPrefix(p.Note+"；"+note, "；")
		}
		p.DecidedID, p.DecidedName, p.DecidedAt = session.PersonID, session.Name, tx.Now()
		if _, err := tx.Exec(ctx, `UPDATE lexicon_pack SET state = $2, decided_id = $3, decided_name = $4, decided_at = $5, note = $6 WHERE id = $1`, p.ID, p.State, p.DecidedID, p.DecidedName, p.DecidedAt, p.Note); err != nil {
			return err
		}
		if err := s.settle(ctx, tx, p, agree); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "lexicon." + act, Basis: basis, Target: p.target(), After: map[string]string{"state": p.State, "note": note}})
	})
	return p, err
}

// Tasks is the part of the inbox: what somebody else of one's unit proposed waits
// for the second person, and what a unit below has nobody else for; who proposed it
// sees what became of it.
func (s *Service) Tasks(ctx context.Context, session *authz.Session, tab workbench.Tab, limit int) ([]workbench.Task, error) {
	if session == nil || (tab != workbench.ToDo && tab != workbench.Started) {
		return nil, nil
	}
	own := session.UnitsFor(authz.LexiconManage)
	if len(own) == 0 {
		return nil, nil
	}
	var w db.Where
	act := "查看"
	if tab == workbench.ToDo {
		act = "去确认"
		of, args := db.In("p.unit_id", own)
		asked, _ := db.In("p.asked_unit_id", own)
		w.And(of+" OR "+asked, append(args, args...)...)
		w.And("p.state = 'proposed' AND p.by_id <> ?", session.PersonID)
	} else {
		of, args := db.In("p.unit_id", own)
		w.And(of, args...)
		w.And("p.serious > 0 AND p.by_id = ?", session.PersonID)
	}
	list, err := db.All(ctx, s.db, scanPack, packSelect+` WHERE `+w.SQL()+` ORDER BY p.at DESC, p.id DESC LIMIT `+w.Arg(limit), w.Args()...)
	if err != nil {
		return nil, err
	}
	out := make([]workbench.Task, len(list))
	for i, p := range list {
		title := fmt.Sprintf("词库第 %d 版：%s", p.No, p.Name)
		if !slices.Contains(own, string(p.Unit)) {
			title = p.UnitName + title
		}
		out[i] = workbench.Task{Key: "lexicon:" + p.ID, Kind: "词库", Title: title, From: p.ByName, At: p.At, State: StateName(p.State), Link: p.Link(), Act: act, Minutes: 5}
	}
	return out, nil
}
