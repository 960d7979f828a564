package library

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/sx2021"
)

// Batch is several items of one type at one stage that one person passes with
// one opinion, after reading a sample (批量审核). Each item is decided on its
// own: what is left out does not undo what was done.
type Batch struct {
	ID       string
	Number   string // SG-2026-0001
	Type     Type
	Stage    string
	Unit     org.UnitID
	UnitName string // joined
	Opinion  string
	MadeAt   time.Time
	EndedAt  time.Time
	Items    []BatchItem
	person   string
}

// BatchItem is one item of a batch.
type BatchItem struct {
	Item  Item
	Round int
	approval.BatchPart
}

// Link is the batch's page.
func (b Batch) Link() string { return "/console/item-batches/" + b.ID }

// ToRead is how many of the sample are unread.
func (b Batch) ToRead() int { return approval.Unread(b.Items) }

// Count is how many items came out so.
func (b Batch) Count(outcome string) int { return approval.CameOut(b.Items, outcome) }

func (b Batch) target() audit.Target {
	return audit.Target{Kind: "item_batch", ID: b.ID, Name: b.Number, Unit: string(b.Unit)}
}

// StartBatch puts items of one unit, of one type, at one stage together and
// picks the sample.
func (s *Service) StartBatch(ctx context.Context, scope authz.Scope, ids []ItemID) (Batch, error) {
	session := authz.SessionFrom(ctx)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	switch {
	case session == nil:
		return Batch{}, fault.New(fault.SignIn, "请先登录。")
	case len(ids) < 2:
		return Batch{}, fault.New(fault.Invalid, "批量办理至少选择 2 篇稿件；只有一篇请直接打开办理。").On("item", "请再选择一篇")
	case len(ids) > approval.MaxBatch:
		return Batch{}, fault.Newf(fault.Invalid, "一次最多批量办理 %d 篇，请分批选择。", approval.MaxBatch).On("item", "请减少选择")
	}
	var b Batch
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		b = Batch{ID: ulid.Make().String(), MadeAt: tx.Now(), person: session.PersonID}
		for _, id := range ids {
			it, err := s.ItemTx(ctx, tx, scope, id)
			if err != nil {
				return err
			}
			if it.State != InReview {
				return fault.Newf(fault.Conflict, "“%s”现在是“%s”，不在审核中；请刷新列表后重新选择。", it.Title, it.StateName())
			}
			list, err := steps(ctx, tx, id, it.Round)
			if err != nil {
				return err
			}
			if !s.MayReview(session, it, list) {
				return fault.Newf(fault.Forbidden, "“%s”不由您%s，请去掉后再批量办理。", it.Title, StageName(it.Stage))
			}
			if err := s.alone(ctx, tx, it); err != nil {
				return err
			}
			if b.Type == "" {
				b.Type, b.Stage, b.Unit, b.UnitName = it.Type, it.Stage, it.Unit, it.UnitName
			}
			if b.Type != it.Type || b.Stage != it.Stage || b.Unit != it.Unit {
				return fault.New(fault.Invalid, "批量办理只能选择同一单位、同一类型、同一环节的稿件，请按类型筛选后再选择。").On("item", "请只选择同一类、同一环节的稿件")
			}
			b.Items = append(b.Items, BatchItem{Item: it, Round: it.Round})
		}
		var err error
		if b.Number, err = approval.NextNumber(ctx, tx, "SG"); err != nil {
			return err
		}
		for _, i := range approval.Sample(b.Number, len(b.Items), approval.SampleOneIn) {
			b.Items[i].Sampled = true
		}
		if _, err := tx.Exec(ctx, `INSERT INTO item_batch (id, number, type, stage, person_id, unit_id, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			b.ID, b.Number, string(b.Type), b.Stage, b.person, b.Unit, b.MadeAt); err != nil {
			return fmt.Errorf("library: batch: %w", err)
		}
		var read []string
		for i, c := range b.Items {
			if _, err := tx.Exec(ctx, `INSERT INTO item_batch_item (batch_id, item_id, seq, round, sampled) VALUES ($1, $2, $3, $4, $5)`, b.ID, c.Item.ID, i+1, c.Round, c.Sampled); err != nil {
				return err
			}
			if c.Sampled {
				read = append(read, c.Item.Title)
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.batch.start", Target: b.target(), After: map[string]any{"items": ids, "sample": read}})
	})
	return b, err
}

// BatchOf is a batch of the person's own. It takes the session: nobody else
// reads or decides it.
func (s *Service) BatchOf(ctx context.Context, session *authz.Session, id string) (Batch, error) {
	return s.batch(ctx, s.db, session, id)
}

func (s *Service) batch(ctx context.Context, q db.Querier, session *authz.Session, id string) (Batch, error) {
	b, err := db.One(ctx, q, func(r db.Scanner) (Batch, error) {
		var b Batch
		return b, r.Scan(&b.ID, &b.Number, &b.Type, &b.Stage, &b.person, &b.Unit, &b.UnitName, &b.Opinion, &b.MadeAt, &b.EndedAt)
	}, `SELECT b.id, b.number, b.type, b.stage, b.person_id, b.unit_id, u.name, b.opinion, b.made_at, b.ended_at FROM item_batch b JOIN unit u ON u.id = b.unit_id WHERE b.id = $1`, id)
	if db.None(err) || err == nil && (session == nil || b.person != session.PersonID) {
		return Batch{}, fault.Missing("批次")
	}
	if err != nil {
		return b, err
	}
	items, err := db.All(ctx, q, scanItem, itemSelect+` WHERE i.id IN (SELECT item_id FROM item_batch_item WHERE batch_id = $1)`, id)
	if err != nil {
		return b, err
	}
	b.Items, err = db.All(ctx, q, func(r db.Scanner) (BatchItem, error) {
		var c BatchItem
		var id ItemID
		err := r.Scan(&id, &c.Round, &c.Sampled, &c.ReadAt, &c.Outcome, &c.Says)
		if i := slices.IndexFunc(items, func(it Item) bool { return it.ID == id }); i >= 0 {
			c.Item = items[i]
		}
		return c, err
	}, `SELECT item_id, round, sampled, read_at, outcome, says FROM item_batch_item WHERE batch_id = $1 ORDER BY seq`, id)
	return b, err
}

// ReadInBatch notes that the person has opened and read the item of the batch.
// It takes the session: the batch is the person's own.
func (s *Service) ReadInBatch(ctx context.Context, session *authz.Session, id string, item ItemID) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		b, err := s.batch(ctx, tx, session, id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(b.Items, func(c BatchItem) bool { return c.Item.ID == item })
		if i < 0 {
			return fault.Missing("稿件")
		}
		if !b.Items[i].ReadAt.IsZero() {
			return nil
		}
		if _, err := tx.Exec(ctx, `UPDATE item_batch_item SET read_at = $3 WHERE batch_id = $1 AND item_id = $2 AND read_at IS NULL`, b.ID, item, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.batch.read", Target: b.Items[i].Item.Target(), After: map[string]string{"batch": b.Number}})
	})
}

// DecideBatch passes each item with the one opinion, each in a transaction of
// its own. An item whose gates are not stamped, whose checks have open
// remarks, or that somebody else decided meanwhile, is left out with its reason. Asked
// again it goes on where an outage stopped it. It takes the session: the batch
// is the person's own.
func (s *Service) DecideBatch(ctx context.Context, scope authz.Scope, session *authz.Session, id, opinion string, declared sx2021.Declarations) (Batch, error) {
	b, err := s.batch(ctx, s.db, session, id)
	if err != nil {
		return b, err
	}
	if n := b.ToRead(); n > 0 {
		return b, fault.Newf(fault.Refused, "抽读的稿件还有 %d 篇没有读，请先打开阅读。", n).On("opinion", "请先读完抽读的稿件")
	}
	opinion = manyLines(opinion)
	if len([]rune(opinion)) > 2000 {
		return b, fault.New(fault.Invalid, "意见超过 2000 字。").On("opinion", "请压缩到 2000 字以内")
	}
	if b.Stage == string(sx2021.FinalReview) && len(sx2021.CheckDeclarations(declared)) > 0 {
		return b, fault.New(fault.Invalid, "六项声明没有全部确认。").On("declare", "请逐项确认；不能确认的稿件请单独办理")
	}
	for _, c := range b.Items {
		if c.Outcome != "" {
			continue
		}
		if err := s.decideOne(ctx, scope, b, c, opinion, declared); err != nil {
			return b, err
		}
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE item_batch SET ended_at = $2, opinion = $3 WHERE id = $1 AND ended_at IS NULL`, b.ID, tx.Now(), opinion)
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.batch.end", Target: b.target(), After: map[string]string{"opinion": opinion}})
	})
	if err != nil {
		return b, err
	}
	return s.batch(ctx, s.db, session, id)
}

func (s *Service) decideOne(ctx context.Context, scope authz.Scope, b Batch, c BatchItem, opinion string, declared sx2021.Declarations) error {
	v, e, err := s.reinspect(ctx, scope, c.Item.ID)
	if err == nil {
		err = s.db.Update(ctx, func(tx *db.Tx) error {
			if done, err := db.One(ctx, tx, db.Value[string], `SELECT outcome FROM item_batch_item WHERE batch_id = $1 AND item_id = $2`, b.ID, c.Item.ID); err != nil || done != "" {
				return err
			}
			it, err := s.ItemTx(ctx, tx, scope, c.Item.ID)
			if err != nil {
				return err
			}
			if err := s.alone(ctx, tx, it); err != nil {
				return err
			}
			if n := Unsettled(e.stand); n > 0 {
				return fault.Newf(fault.Refused, "检查有 %d 处提示没有处理，请单独打开核对。", n)
			}
			if _, err := s.review(ctx, tx, it, Decision{Round: c.Round, Stage: b.Stage, Act: Pass, Opinion: opinion, Declarations: declared, batch: b.ID}, v, e); err != nil {
				return err
			}
			_, err = tx.Exec(ctx, `UPDATE item_batch_item SET outcome = 'done' WHERE batch_id = $1 AND item_id = $2`, b.ID, c.Item.ID)
			return err
		})
	}
	if err == nil {
		return nil
	}
	f := fault.Of(err)
	if f.Kind == fault.Internal || f.Kind == fault.Unavailable {
		return err
	}
	says := f.Says
	for _, r := range f.Reasons {
		says += r.Says
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE item_batch_item SET outcome = 'left', says = $3 WHERE batch_id = $1 AND item_id = $2 AND outcome = ''`, b.ID, c.Item.ID, says)
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.batch.left", Target: c.Item.Target(), After: map[string]string{"batch": b.Number, "says": says}})
	})
}
