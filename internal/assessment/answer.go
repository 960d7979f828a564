package assessment

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
)

// Reading is one addressee who has opened an order.
type Reading struct {
	Person, Unit string
	At           time.Time
}

// Read notes that somebody of the unit has opened the order, each person once.
// A reader from another unit leaves no receipt.
func (s *Service) Read(ctx context.Context, scope authz.Scope, session *authz.Session, id OrderID) error {
	o, err := s.OrderTx(ctx, s.db, scope, id)
	if err != nil {
		return err
	}
	if session == nil {
		return nil
	}
	at := slices.IndexFunc(session.Posts, func(p authz.Post) bool { return p.UnitID == string(o.Unit) })
	if at < 0 {
		return nil
	}
	read, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM order_reading WHERE order_id = $1 AND person_id = $2`, id, session.PersonID)
	if err != nil || read > 0 {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `INSERT INTO order_reading (order_id, person_id, person_name, unit_name, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (order_id, person_id) DO NOTHING`,
			id, session.PersonID, session.Name, session.Posts[at].UnitName, tx.Now())
		if err != nil || n == 0 {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE rectify_order SET read_at = $2, read_by = $3 WHERE id = $1 AND read_at IS NULL`, id, tx.Now(), session.Name); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "assessment.order.read", Target: o.Target(), After: session.Name})
	})
}

// AnswerOrder takes the unit's account of what it has done, with files as
// proof. It closes nothing: the retest does, which begins at once.
func (s *Service) AnswerOrder(ctx context.Context, scope authz.Scope, id OrderID, says string, files []approval.Upload) (o Order, err error) {
	says = strings.TrimSpace(says)
	var wrong fault.Fields
	wrong.Check(len([]rune(says)) >= 4, "says", "没有写明整改情况，请写明改了什么、何时改好")
	wrong.Check(len([]rune(says)) <= 2000, "says", "整改情况超过2000字，请压缩，详细材料可作附件")
	wrong.Check(len(files) <= 5, "file", "附件最多5个，请合并后上传")
	if err := wrong.Err(); err != nil {
		return Order{}, err
	}
	if _, err := s.OrderTx(ctx, s.db, scope, id); err != nil {
		return Order{}, err
	}
	kept, err := approval.TakeAll(ctx, s.store, files)
	if err != nil {
		return Order{}, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		actor, ok := audit.ActorFrom(ctx)
		if !ok {
			return audit.ErrNoActor
		}
		if o, err = s.OrderTx(ctx, tx, scope, id); err != nil {
			return err
		}
		if o.State == OrderClosed {
			return fault.Newf(fault.Conflict, "整改通知 %s 已于%s办结，不需要再答复。", o.Number, calendar.DateOf(o.ClosedAt).Chinese())
		}
		if _, o.State, err = OrderMachine.Take(ctx, tx, string(id), "answer", passage.Note{Says: abridge.Text(says, 200)}); err != nil {
			return err
		}
		person, unit := "", ""
		if actor.Kind == "person" {
			person = actor.ID
		}
		if actor.Unit != "" {
			u, err := s.org.UnitTx(ctx, tx, systemScope(), org.UnitID(actor.Unit))
			if err != nil {
				return err
			}
			unit = u.Name
		}
		answer := ulid.Make().String()
		if _, err := tx.Exec(ctx, `INSERT INTO order_answer (id, order_id, says, person_id, person_name, unit_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			answer, id, says, db.Null(person), actor.Name, unit, tx.Now()); err != nil {
			return err
		}
		if err := approval.AttachAll(ctx, tx, "order_answer", answer, kept); err != nil {
			return err
		}
		o.AnsweredAt = tx.Now()
		if _, err := tx.Exec(ctx, `UPDATE rectify_order SET state = $2, answered_at = $3 WHERE id = $1`, id, o.State, o.AnsweredAt); err != nil {
			return err
		}
		if s.retestsByItself {
			if _, err := tx.Exec(ctx, `UPDATE rectify_order SET retest_at = $2, retest_alone = TRUE WHERE id = $1`, id, tx.Now()); err != nil {
				return err
			}
			if err := jobs.Enqueue(ctx, tx, retestOrder{id}, jobs.MaxAttempts(3)); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "assessment.order.answer", Basis: citation, Target: o.Target(), After: map[string]any{"says": says, "files": len(kept)}})
	})
	return o, err
}

// File opens a file that an answer to the order carries; the caller closes it.
func (s *Service) File(ctx context.Context, scope authz.Scope, id OrderID, file string) (approval.Attachment, io.ReadCloser, error) {
	d, err := s.Order(ctx, scope, id)
	if err != nil {
		return approval.Attachment{}, nil, err
	}
	for _, a := range d.Answers {
		for _, f := range a.Files {
			if f.ID == file {
				body, err := s.store.Open(ctx, f.Blob)
				return f, body, err
			}
		}
	}
	for _, x := range d.Findings {
		for _, f := range x.Files {
			if f.ID == file {
				body, err := s.store.Open(ctx, f.Blob)
				return f, body, err
			}
		}
	}
	for _, p := range d.Points {
		for _, f := range p.Files {
			if f.ID == file {
				body, err := s.store.Open(ctx, f.Blob)
				return f, body, err
			}
		}
	}
	return approval.Attachment{}, nil, fault.Missing("附件")
}
