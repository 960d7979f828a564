package approval

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
)

// Batch is several cases of one kind at one kind of step that one person
// decides with one opinion, after reading a sample. Each case is decided on its
// own: what is left out does not undo what was done.
type Batch struct {
	ID       string
	Number   string // PL-2026-0001
	Kind     string
	Act      string // pass or approve
	Person   org.PersonID
	Unit     org.UnitID
	UnitName string // joined
	Opinion  string
	MadeAt   time.Time
	EndedAt  time.Time
	Cases    []BatchCase
}

// BatchCase is one case of a batch.
type BatchCase struct {
	Case   Case
	StepNo int
	BatchPart
}

// BatchPart is how one piece of a batch stands, whatever it is a batch of.
type BatchPart struct {
	Sampled bool // it must be read first
	ReadAt  time.Time
	Outcome string // done, left, or empty
	Says    string // why it was left out
}

func (p BatchPart) part() BatchPart { return p }

// Unread is how many of the sample of a batch are unread.
func Unread[T interface{ part() BatchPart }](batch []T) int {
	n := 0
	for _, x := range batch {
		if p := x.part(); p.Sampled && p.ReadAt.IsZero() {
			n++
		}
	}
	return n
}

// CameOut is how many pieces of a batch came out so.
func CameOut[T interface{ part() BatchPart }](batch []T, outcome string) int {
	n := 0
	for _, x := range batch {
		if x.part().Outcome == outcome {
			n++
		}
	}
	return n
}

// Link is the batch's page.
func (b Batch) Link() string { return "/console/batches/" + b.ID }

// ToRead is how many of the sample are unread.
func (b Batch) ToRead() int { return Unread(b.Cases) }

// Count is how many cases came out so.
func (b Batch) Count(outcome string) int { return CameOut(b.Cases, outcome) }

// MaxBatch is the most cases in one batch.
const MaxBatch = 100

// SampleOneIn is how large a part of a batch is read first where the province
// chose nothing else: one in so many.
const SampleOneIn = 3

// Sample picks one in every so many, at least one, by the number: the same
// number always picks the same places.
func Sample(number string, n, oneIn int) []int {
	h := fnv.New64a()
	_, _ = h.Write([]byte(number)) // a hash never fails
	r := rand.New(rand.NewPCG(h.Sum64(), 0))
	picked := r.Perm(n)[:max(1, (n+oneIn-1)/oneIn)]
	slices.Sort(picked)
	return picked
}

// StartBatch puts cases of one kind, at one kind of step before one office,
// together and picks the sample.
func (s *Service) StartBatch(ctx context.Context, scope authz.Scope, ids []CaseID) (Batch, error) {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	switch {
	case len(ids) < 2:
		return Batch{}, fault.New(fault.Invalid, "批量办理至少选择 2 件事项；只有一件请直接打开办理。").On("case", "请再选择一件")
	case len(ids) > MaxBatch:
		return Batch{}, fault.Newf(fault.Invalid, "一次最多批量办理 %d 件，请分批选择。", MaxBatch).On("case", "请减少选择")
	}
	session := authz.SessionFrom(ctx)
	var b Batch
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		b = Batch{ID: ulid.Make().String(), MadeAt: tx.Now()}
		for _, id := range ids {
			c, err := s.caseTx(ctx, tx, scope, id)
			if err != nil {
				return err
			}
			if c.State != InReview {
				return fault.Newf(fault.Conflict, "%s 现在是“%s”，不在审核中；请刷新列表后重新选择。", c.Number, c.StateName())
			}
			st, err := s.step(ctx, tx, id, c.StepNo)
			if err != nil {
				return err
			}
			if _, err := s.mayDecide(ctx, tx, session, c, st); err != nil {
				f := fault.Of(err)
				return fault.New(f.Kind, c.Number+"："+f.Says)
			}
			act := "pass"
			switch st.Kind {
			case Approve:
				act = "approve"
			case External:
				return fault.Newf(fault.Invalid, "%s 由%s决定，要逐件登记答复，不能批量办理。", c.Number, st.Body).On("case", "请去掉外部环节的事项")
			}
			if b.Kind == "" {
				b.Kind, b.Act, b.Unit, b.UnitName = c.Kind, act, st.Unit, st.UnitName
			}
			if b.Kind != c.Kind || b.Act != act || b.Unit != st.Unit {
				return fault.New(fault.Invalid, "批量办理只能选择同一类、同一环节的事项，请按类别筛选后再选择。").On("case", "请只选择同一类、同一环节的事项")
			}
			b.Cases = append(b.Cases, BatchCase{Case: c, StepNo: c.StepNo})
		}
		b.Person = org.PersonID(session.PersonID)
		var err error
		if b.Number, err = NextNumber(ctx, tx, "PL"); err != nil {
			return err
		}
		for _, i := range Sample(b.Number, len(b.Cases), s.choices().SampleOneIn) {
			b.Cases[i].Sampled = true
		}
		if _, err := tx.Exec(ctx, `INSERT INTO approval_batch (id, number, kind, act, person_id, unit_id, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			b.ID, b.Number, b.Kind, b.Act, b.Person, b.Unit, b.MadeAt); err != nil {
			return fmt.Errorf("approval: batch: %w", err)
		}
		var numbers []string
		for i, c := range b.Cases {
			if _, err := tx.Exec(ctx, `INSERT INTO approval_batch_case (batch_id, case_id, seq, step_no, sampled) VALUES ($1, $2, $3, $4, $5)`, b.ID, c.Case.ID, i+1, c.StepNo, c.Sampled); err != nil {
				return err
			}
			if c.Sampled {
				numbers = append(numbers, c.Case.Number)
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "case.batch.start", Target: b.target(), After: map[string]any{"cases": ids, "sample": numbers}})
	})
	return b, err
}

func (b Batch) target() audit.Target {
	return audit.Target{Kind: "case_batch", ID: b.ID, Name: b.Number, Unit: string(b.Unit)}
}

// BatchOf is a batch of the person's own. It takes the session: nobody else
// reads or decides it.
func (s *Service) BatchOf(ctx context.Context, session *authz.Session, id string) (Batch, error) {
	return s.batch(ctx, s.db, session, id)
}

func (s *Service) batch(ctx context.Context, q db.Querier, session *authz.Session, id string) (Batch, error) {
	b, err := db.One(ctx, q, func(r db.Scanner) (Batch, error) {
		var b Batch
		return b, r.Scan(&b.ID, &b.Number, &b.Kind, &b.Act, &b.Person, &b.Unit, &b.UnitName, &b.Opinion, &b.MadeAt, &b.EndedAt)
	}, `SELECT b.id, b.number, b.kind, b.act, b.person_id, b.unit_id, u.name, b.opinion, b.made_at, b.ended_at
	      FROM approval_batch b JOIN unit u ON u.id = b.unit_id WHERE b.id = $1`, id)
	if db.None(err) || err == nil && (session == nil || string(b.Person) != session.PersonID) {
		return Batch{}, fault.Missing("批次")
	}
	if err != nil {
		return b, err
	}
	type row struct {
		id CaseID
		c  BatchCase
	}
	rows, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var w row
		return w, r.Scan(&w.id, &w.c.StepNo, &w.c.Sampled, &w.c.ReadAt, &w.c.Outcome, &w.c.Says)
	}, `SELECT case_id, step_no, sampled, read_at, outcome, says FROM approval_batch_case WHERE batch_id = $1 ORDER BY seq`, id)
	if err != nil {
		return b, err
	}
	cases, err := db.All(ctx, q, scanCase, caseSelect+` WHERE c.id IN (SELECT case_id FROM approval_batch_case WHERE batch_id = $1)`, id)
	if err != nil {
		return b, err
	}
	for _, w := range rows {
		if i := slices.IndexFunc(cases, func(c Case) bool { return c.ID == w.id }); i >= 0 {
			w.c.Case = cases[i]
		}
		b.Cases = append(b.Cases, w.c)
	}
	return b, nil
}

// ReadInBatch notes that the person has opened and read the case of the batch.
// It takes the session: the batch is the person's own.
func (s *Service) ReadInBatch(ctx context.Context, session *authz.Session, id string, c CaseID) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		b, err := s.batch(ctx, tx, session, id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(b.Cases, func(x BatchCase) bool { return x.Case.ID == c })
		if i < 0 {
			return fault.Missing("审批事项")
		}
		if !b.Cases[i].ReadAt.IsZero() {
			return nil
		}
		if _, err := tx.Exec(ctx, `UPDATE approval_batch_case SET read_at = $3 WHERE batch_id = $1 AND case_id = $2 AND read_at IS NULL`, b.ID, c, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "case.batch.read", Target: b.Cases[i].Case.target(), After: map[string]string{"batch": b.Number}})
	})
}

// DecideBatch records the one opinion on each case, each in a transaction of
// its own. A case whose rules now say no, or that somebody else decided
// meanwhile, is left out with its reason. Asked again it answers what was done,
// and goes on where an outage stopped it. It takes the session: the batch is
// the person's own.
func (s *Service) DecideBatch(ctx context.Context, scope authz.Scope, session *authz.Session, id, opinion string) (Batch, error) {
	b, err := s.batch(ctx, s.db, session, id)
	if err != nil {
		return b, err
	}
	if n := b.ToRead(); n > 0 {
		return b, fault.Newf(fault.Refused, "抽读的事项还有 %d 件没有读，请先打开阅读。", n).On("opinion", "请先读完抽读的事项")
	}
	if err := tooLong(opinion, "opinion"); err != nil {
		return b, err
	}
	ctx = context.WithValue(ctx, batchKey, b.ID)
	for _, c := range b.Cases {
		if c.Outcome != "" {
			continue
		}
		if err := s.decideOne(ctx, scope, b, c, opinion); err != nil {
			return b, err
		}
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE approval_batch SET ended_at = $2, opinion = $3 WHERE id = $1 AND ended_at IS NULL`, b.ID, tx.Now(), opinion)
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "case.batch.end", Target: b.target(), After: map[string]string{"opinion": opinion}})
	})
	if err != nil {
		return b, err
	}
	return s.batch(ctx, s.db, session, id)
}

// decideOne decides one case of the batch and notes how it came out, in one
// transaction. What the law or another's act forbids leaves the case out; any
// other error stops the batch.
func (s *Service) decideOne(ctx context.Context, scope authz.Scope, b Batch, c BatchCase, opinion string) error {
	says, err := s.standing(ctx, scope, c.Case.ID)
	if err != nil {
		return err
	}
	if says == "" {
		err = s.db.Update(ctx, func(tx *db.Tx) error {
			if done, err := db.One(ctx, tx, db.Value[string], `SELECT outcome FROM approval_batch_case WHERE batch_id = $1 AND case_id = $2`, b.ID, c.Case.ID); err != nil || done != "" {
				return err
			}
			if _, err := s.decide(ctx, tx, scope, c.Case.ID, Decision{Act: b.Act, Opinion: opinion, StepNo: c.StepNo}); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `UPDATE approval_batch_case SET outcome = 'done' WHERE batch_id = $1 AND case_id = $2`, b.ID, c.Case.ID)
			return err
		})
		if err == nil {
			return nil
		}
		f := fault.Of(err)
		if f.Kind == fault.Internal || f.Kind == fault.Unavailable {
			return err
		}
		says = f.Says
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE approval_batch_case SET outcome = 'left', says = $3 WHERE batch_id = $1 AND case_id = $2 AND outcome = ''`, b.ID, c.Case.ID, says)
		if err != nil || n == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "case.batch.left", Target: c.Case.target(), After: map[string]string{"batch": b.Number, "says": says}})
	})
}

// standing says which rule speaks against the case now; empty when none does.
func (s *Service) standing(ctx context.Context, scope authz.Scope, id CaseID) (string, error) {
	p, err := s.Present(ctx, scope, id)
	if err != nil {
		f := fault.Of(err)
		if f.Kind == fault.Internal {
			return "", err
		}
		return f.Says, nil
	}
	var out []string
	for _, v := range p.Verdicts {
		if !v.OK {
			out = append(out, strings.TrimSpace(v.Note+"依据："+v.Citation+"。"))
		}
	}
	return strings.Join(out, "；"), nil
}
