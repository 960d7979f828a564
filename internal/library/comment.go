package library

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/prose"
)

// TitleBlock is the block number of the title.
const TitleBlock = -1

// Remark is what a reviewer says of some words of a version (批注), perhaps
// with other words for them.
type Remark struct {
	ID             string
	Item           ItemID
	Round, Version int
	At             prose.Anchor // in that version; Block is TitleBlock for the title
	Quote          string
	Says           string
	Suggests       bool   // Suggestion stands for Quote; empty: to be cut
	Suggestion     string //
	Stage          string
	PersonID       string
	PersonName     string
	ForName        string
	MadeAt         time.Time
	State          string // open, accepted, declined
	SettledName    string
	SettledWhy     string
	SettledVersion int
	SettledAt      time.Time
}

// Signed is who remarked.
func (r Remark) Signed() string { return signed(r.PersonName, r.ForName) }

// StateName says what became of it.
func (r Remark) StateName() string {
	switch r.State {
	case "accepted":
		if !r.Suggests {
			return "已处理"
		}
		return "已采纳"
	case "declined":
		return "未采纳"
	}
	return "待处理"
}

// Remarking is what a reviewer writes beside the text.
type Remarking struct {
	Round      int
	Block      int    // where the words were marked; below TitleBlock: unknown
	Quote      string // the very words
	Says       string
	Suggests   bool
	Suggestion string
}

// maxRemarks on one submission.
const maxRemarks = 200

// Comment anchors a remark at words of the version in review: by any reviewer
// of its route.
func (s *Service) Comment(ctx context.Context, scope authz.Scope, id ItemID, n Remarking) (Remark, error) {
	session := authz.SessionFrom(ctx)
	n.Says, n.Suggestion = manyLines(n.Says), oneLine(n.Suggestion)
	n.Quote = strings.TrimSpace(strings.ReplaceAll(n.Quote, "\r\n", "\n"))
	var out Remark
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		it, err := s.ItemTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if it.State != InReview || it.Round != n.Round {
			return fault.New(fault.Conflict, "这篇稿件刚被别人处理过，现在是“"+it.StateName()+"”。批注没有保存，请刷新后再看。")
		}
		list, err := steps(ctx, tx, id, it.Round)
		if err != nil {
			return err
		}
		var permits []authz.Permission
		for _, t := range list {
			permits = append(permits, t.permits()...)
		}
		post, ok := acting(session, it, permits...)
		if !ok {
			return fault.Newf(fault.Forbidden, "批注由这篇稿件审核流程上的人员填写；请“%s”的审核人员办理。", it.UnitName)
		}
		var f fault.Fields
		f.Check(n.Quote != "" && len([]rune(n.Quote)) <= 500, "quote", "请照抄需要修改的原文，500 字以内")
		f.Check(n.Says != "" || n.Suggests, "says", "请写明意见，或给出建议的写法")
		f.Check(len([]rune(n.Says)) <= 500, "says", "请压缩到 500 字以内")
		f.Check(len([]rune(n.Suggestion)) <= 1000, "suggestion", "请压缩到 1000 字以内")
		f.Check(!n.Suggests || n.Suggestion != n.Quote, "suggestion", "建议的写法与原文相同")
		if err := f.Err(); err != nil {
			return err
		}
		v, err := version(ctx, tx, id, it.Version)
		if err != nil {
			return err
		}
		at, err := place(v, n.Block, n.Quote)
		if err != nil {
			return err
		}
		if at.Block == TitleBlock && n.Suggests && n.Suggestion == "" && n.Quote == v.Title {
			return fault.New(fault.Invalid, "标题不能整个删去。").On("suggestion", "请写出建议的标题")
		}
		have, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM item_comment WHERE item_id = $1 AND round = $2`, id, it.Round)
		if err != nil {
			return err
		}
		if have >= maxRemarks {
			return fault.Newf(fault.Invalid, "一次送审最多写 %d 处批注，请退回后由作者先修改。", maxRemarks).On("quote", "请先退回")
		}
		out = Remark{ID: ulid.Make().String(), Item: id, Round: it.Round, Version: it.Version, At: at, Quote: n.Quote, Says: n.Says, Suggests: n.Suggests, Suggestion: n.Suggestion,
			Stage: it.Stage, PersonID: session.PersonID, PersonName: session.Name, ForName: viaOf(post), MadeAt: tx.Now(), State: "open"}
		if !n.Suggests {
			out.Suggestion = ""
		}
		if _, err := tx.Exec(ctx, `INSERT INTO item_comment (id, item_id, round, version_no, block, start_at, end_at, quote, says, suggests, suggestion, stage, person_id, person_name, for_name, at, state)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 'open')`,
			out.ID, id, out.Round, out.Version, at.Block, at.Start, at.End, out.Quote, out.Says, out.Suggests, out.Suggestion, out.Stage, out.PersonID, out.PersonName, out.ForName, out.MadeAt); err != nil {
			return fmt.Errorf("library: comment: %w", err)
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.item.comment", Target: it.Target(), After: map[string]any{"version": it.Version, "quote": out.Quote, "says": out.Says, "suggestion": out.Suggestion}})
	})
	return out, err
}

// place is where the quoted words stand in a version: in the block they were
// marked in, else where they stand alone, the title included.
func place(v Version, block int, quote string) (prose.Anchor, error) {
	inTitle := func() (prose.Anchor, bool) {
		i := strings.Index(v.Title, quote)
		if i < 0 {
			return prose.Anchor{}, false
		}
		start := len([]rune(v.Title[:i]))
		return prose.Anchor{Block: TitleBlock, Start: start, End: start + len([]rune(quote))}, true
	}
	if block == TitleBlock {
		if a, ok := inTitle(); ok {
			return a, nil
		}
	}
	d, err := prose.Parse([]byte(v.Doc))
	if err != nil {
		return prose.Anchor{}, err
	}
	if a, ok := d.Find(block, quote); ok {
		return a, nil
	}
	for _, b := range d.Blocks() {
		if strings.Contains(b, quote) {
			return prose.Anchor{}, fault.New(fault.Invalid, "引用的文字在文中出现不止一处。").On("quote", "请多引几个字，使这段文字在文中只出现一次")
		}
	}
	if a, ok := inTitle(); ok {
		return a, nil
	}
	return prose.Anchor{}, fault.New(fault.Invalid, "文中没有引用的这段文字。").On("quote", "请从正文里照抄，不跨段落，不含条款编号")
}

const remarkSelect = `
	SELECT id, item_id, round, version_no, block, start_at, end_at, quote, says, suggests, suggestion, stage, person_id, person_name, for_name, at, state, settled_name, settled_why, settled_version, settled_at
	  FROM item_comment WHERE item_id = $1`

func scanRemark(r db.Scanner) (Remark, error) {
	var c Remark
	return c, r.Scan(&c.ID, &c.Item, &c.Round, &c.Version, &c.At.Block, &c.At.Start, &c.At.End, &c.Quote, &c.Says, &c.Suggests, &c.Suggestion, &c.Stage, &c.PersonID, &c.PersonName, &c.ForName, &c.MadeAt,
		&c.State, &c.SettledName, &c.SettledWhy, &c.SettledVersion, &c.SettledAt)
}

func remarks(ctx context.Context, q db.Querier, id ItemID) ([]Remark, error) {
	return db.All(ctx, q, scanRemark, remarkSelect+` ORDER BY round, block, start_at, id`, id)
}

// Comments on an item in scope, by submission and place.
func (s *Service) Comments(ctx context.Context, scope authz.Scope, id ItemID) ([]Remark, error) {
	if _, err := s.Item(ctx, scope, id); err != nil {
		return nil, err
	}
	return remarks(ctx, s.db, id)
}

// DropComment takes a remark back: by who made it, while the item is in the
// same review.
func (s *Service) DropComment(ctx context.Context, scope authz.Scope, id ItemID, comment string) error {
	session := authz.SessionFrom(ctx)
	return s.db.Update(ctx, func(tx *db.Tx) error {
		it, c, err := s.remark(ctx, tx, scope, id, comment)
		if err != nil {
			return err
		}
		if session == nil || c.PersonID != session.PersonID || it.State != InReview || c.Round != it.Round {
			return fault.New(fault.Conflict, "只能在审核中撤回自己的批注；稿件已经退回的，由作者处理。")
		}
		if _, err := tx.Exec(ctx, `DELETE FROM item_comment WHERE id = $1`, c.ID); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.item.comment_drop", Target: it.Target(), Before: map[string]any{"quote": c.Quote, "says": c.Says, "suggestion": c.Suggestion}})
	})
}

func (s *Service) remark(ctx context.Context, tx *db.Tx, scope authz.Scope, id ItemID, comment string) (Item, Remark, error) {
	it, err := s.ItemTx(ctx, tx, scope, id)
	if err != nil {
		return it, Remark{}, err
	}
	c, err := db.One(ctx, tx, scanRemark, remarkSelect+` AND id = $2`, id, comment)
	if db.None(err) {
		return it, c, fault.Missing("批注")
	}
	return it, c, err
}

// SettleComment is the author's answer to a remark on an item that is on the
// author's desk. Taking over a suggestion changes the draft: the words are
// found where they now stand, and a new version is made. Anything else only
// notes what became of the remark.
func (s *Service) SettleComment(ctx context.Context, scope authz.Scope, id ItemID, comment string, accept bool, why string) (Item, error) {
	why = oneLine(why)
	if len([]rune(why)) > 200 {
		return Item{}, fault.New(fault.Invalid, "说明超过 200 字。").On("why", "请压缩到 200 字以内")
	}
	var it Item
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var c Remark
		var err error
		if it, c, err = s.remark(ctx, tx, scope, id, comment); err != nil {
			return err
		}
		if it.State != Draft && it.State != Returned {
			return fault.New(fault.Conflict, "稿件现在是“"+it.StateName()+"”，批注要等退回或收回后由作者处理。")
		}
		if c.State != "open" {
			return fault.New(fault.Conflict, "这处批注"+c.StateName()+"，请刷新后再看。")
		}
		if !accept && why == "" {
			return fault.New(fault.Invalid, "不采纳要写明理由。").On("why", "请写明为何不采纳")
		}
		made := 0
		if accept && c.Suggests {
			if err := s.takeOver(ctx, tx, it, c); err != nil {
				return err
			}
			made = it.Version + 1
		}
		state := "declined"
		if accept {
			state = "accepted"
		}
		_, name, err := writer(ctx)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE item_comment SET state = $2, settled_name = $3, settled_why = $4, settled_version = $5, settled_at = $6 WHERE id = $1 AND state = 'open'`, c.ID, state, name, why, made, tx.Now()); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "library.item.comment_settle", Target: it.Target(), After: map[string]any{"quote": c.Quote, "state": state, "why": why, "version": made}}); err != nil {
			return err
		}
		it, err = s.ItemTx(ctx, tx, scope, id)
		return err
	})
	return it, err
}

// takeOver makes the next version with the suggested words.
func (s *Service) takeOver(ctx context.Context, tx *db.Tx, it Item, c Remark) error {
	v, err := version(ctx, tx, it.ID, it.Version)
	if err != nil {
		return err
	}
	d, err := prose.Parse([]byte(v.Doc))
	if err != nil {
		return err
	}
	w := Writing{Unit: it.Unit, Meta: v.Meta, Doc: d, Original: v.Original, Note: "采纳" + c.PersonName + "的修改建议"}
	moved := func() error {
		return fault.New(fault.Conflict, "批注所指的文字“"+c.Quote+"”已经改动或不止一处，不能自动替换。请在正文里修改，再把这处批注记为已处理。")
	}
	if c.At.Block == TitleBlock {
		if strings.Count(v.Title, c.Quote) != 1 {
			return moved()
		}
		w.Title = oneLine(strings.Replace(v.Title, c.Quote, c.Suggestion, 1))
	} else {
		at := c.At
		// In the version it was made in, the place itself; in a later one, where
		// the words still stand, alone.
		if v.No != c.Version || d.Quote(at) != c.Quote {
			var ok bool
			if at, ok = d.Find(c.At.Block, c.Quote); !ok {
				return moved()
			}
		}
		w.Doc = d.Reword(at, c.Suggestion)
	}
	m, err := s.make(ctx, tx, w)
	if err != nil {
		return err
	}
	return s.revise(ctx, tx, it, m)
}
