package reporting

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
)

// Compose begins a paper of a place for a period. The office of the place
// writes it and must lie in scope. There is one of each kind for each place and
// period.
func (s *Service) Compose(ctx context.Context, scope authz.Scope, kind Kind, area org.AreaID, p assessment.Period) (b Bulletin, err error) {
	var wrong fault.Fields
	wrong.Check(kind.Known(), "kind", "没有选择编制什么，请选择月检查表、季度通报、年度考核或监管年报告")
	wrong.Check(area != "", "area", "没有选择地区，请选择地区")
	if kind.Known() {
		wrong.Check(kind.Fits(p), "period", "没有选择时段，请选择"+kind.Name()+"的时段")
		if kind.Fits(p) {
			wrong.Check(!p.First().After(s.today()), "period", "这个时段还没有开始，请选择本期或以前的时段")
		}
	}
	if err := wrong.Err(); err != nil {
		return b, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		actor, ok := audit.ActorFrom(ctx)
		if !ok {
			return audit.ErrNoActor
		}
		a, err := s.org.Area(ctx, tx, area)
		if err != nil {
			return err
		}
		office, err := s.org.SameLevelOffice(ctx, tx, org.Unit{Area: area})
		if err != nil {
			return err
		}
		if office, err = s.org.UnitTx(ctx, tx, scope, office.ID); err != nil {
			return fault.Missing("地区").From(err)
		}
		if !kind.At(a.Level) {
			return fault.Newf(fault.Refused, "%s由省政府办公厅编制（第二十九条），%s不编制。", kind.Name(), a.Name).On("area", "请选择省")
		}
		superior, ok, err := s.org.SuperiorOffice(ctx, tx, office)
		if err != nil {
			return err
		}
		b = Bulletin{ID: BulletinID(ulid.Make().String()), Kind: kind, Area: area, AreaName: a.Name, Level: a.Level, Unit: office.ID, UnitName: office.Name, Period: p, ComposedBy: actor.Name, CreatedAt: tx.Now(), Outline: Usual(kind)}
		if ok && kind.Upwards() {
			b.Superior = superior.ID
		}
		if _, b.State, err = Machine.Take(ctx, tx, string(b.ID), "compose", passage.Note{}); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO bulletin (id, kind, area_id, unit_id, period, state, composed_by, created_at, superior_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			b.ID, b.Kind, b.Area, b.Unit, p.String(), b.State, b.ComposedBy, b.CreatedAt, db.Null(b.Superior))
		if _, dup := db.UniqueViolation(err); dup {
			return fault.Newf(fault.Conflict, "%s%s的%s已经有了，请在列表中打开。", a.Name, p.Chinese(), kind.Name()).On("period", "这个时段的已经有了").From(err)
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "reporting.bulletin.compose", Basis: citation, Target: b.Target(), After: map[string]string{"kind": string(kind)}})
	})
	return b, err
}

// ended refuses a period that still runs.
func (s *Service) ended(b Bulletin) error {
	if !b.Period.Last().Before(s.today()) {
		return fault.Newf(fault.Refused, "%s到%s才结束，结束以后才能提交、定稿；现在可以先看草稿。", b.Period.Chinese(), b.Period.Last().Chinese())
	}
	return nil
}

// act takes a paper from one state to the next and stores what set gives:
// columns with their values.
func (s *Service) act(ctx context.Context, scope authz.Scope, id BulletinID, act, says string, do func(tx *db.Tx, b *Bulletin, actor audit.Actor) (set map[string]any, after any, err error)) (b Bulletin, err error) {
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		actor, ok := audit.ActorFrom(ctx)
		if !ok {
			return audit.ErrNoActor
		}
		if b, err = s.bulletin(ctx, tx, scope, id); err != nil {
			return err
		}
		before := b.State
		if !Machine.Can(b.State, act) {
			_, _, err := Machine.Take(ctx, tx, string(id), act, passage.Note{}) // its own sentence
			return err
		}
		set, after, err := do(tx, &b, actor)
		if err != nil {
			return err
		}
		if _, b.State, err = Machine.Take(ctx, tx, string(id), act, passage.Note{Says: says}); err != nil {
			return err
		}
		var w db.Where
		w.And("id = ?", id)
		cols := []string{"state = " + w.Arg(b.State)}
		for _, c := range slices.Sorted(keys(set)) {
			cols = append(cols, c+" = "+w.Arg(set[c]))
		}
		if _, err := tx.Exec(ctx, `UPDATE bulletin SET `+strings.Join(cols, ", ")+` WHERE `+w.SQL(), w.Args()...); err != nil {
			return fmt.Errorf("reporting: %s: %w", act, err)
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "reporting.bulletin." + act, Basis: citation, Target: b.Target(), Before: map[string]string{"state": before, "sha256": b.SHA256}, After: after})
	})
	return b, err
}

func keys(m map[string]any) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// Submit hands a draft to the second person.
func (s *Service) Submit(ctx context.Context, scope authz.Scope, id BulletinID) (Bulletin, error) {
	return s.act(ctx, scope, id, "submit", "", func(_ *db.Tx, b *Bulletin, actor audit.Actor) (map[string]any, any, error) {
		if b.Kind.Signed() {
			return nil, nil, fault.Newf(fault.Refused, "%s由一人签字确认，不需要提交复核。", b.Kind.Name())
		}
		if err := s.ended(*b); err != nil {
			return nil, nil, err
		}
		return map[string]any{"submitted_by": actor.ID, "agreed_by": ""}, nil, nil
	})
}

// Agree is the second person's yes. Who submitted or wrote cannot give it.
func (s *Service) Agree(ctx context.Context, scope authz.Scope, id BulletinID, says string) (Bulletin, error) {
	return s.act(ctx, scope, id, "agree", says, func(_ *db.Tx, b *Bulletin, actor audit.Actor) (map[string]any, any, error) {
		if actor.ID == b.submittedBy || slices.Contains(b.editors, actor.ID) {
			return nil, nil, fault.New(fault.Refused, "您提交或编写了这份文件，不能由您自己复核，请本单位另一位有编制权限的同志或上级复核。")
		}
		return map[string]any{"agreed_by": actor.Name}, map[string]string{"agreed_by": actor.Name}, nil
	})
}

// mostReason bounds a reason.
const mostReason = 500

func reasonFor(why, field string) (string, error) {
	why = strings.TrimSpace(why)
	var wrong fault.Fields
	wrong.Check(why != "", field, "没有填写理由，请写明要改什么")
	wrong.Check(utf8.RuneCountInString(why) <= mostReason, field, fmt.Sprintf("理由超过 %d 字，请缩短", mostReason))
	return why, wrong.Err()
}

// Return gives it back to be written again.
func (s *Service) Return(ctx context.Context, scope authz.Scope, id BulletinID, why string) (Bulletin, error) {
	why, err := reasonFor(why, "why")
	if err != nil {
		return Bulletin{}, err
	}
	return s.act(ctx, scope, id, "return", why, func(_ *db.Tx, _ *Bulletin, _ audit.Actor) (map[string]any, any, error) {
		return map[string]any{"submitted_by": "", "agreed_by": "", "editors": ""}, map[string]string{"why": why}, nil
	})
}

// fix counts for the last time and keeps figures, rows and text with their
// digest. Words that contradict the rows are refused by name.
func (s *Service) fix(ctx context.Context, b *Bulletin) (string, error) {
	c, err := s.count(ctx, *b)
	if err != nil {
		return "", err
	}
	var wrong []string
	for _, p := range c.Problems(b.Outline) {
		if p.Blocks {
			wrong = append(wrong, "“"+p.Part+"”部分："+p.Says)
		}
	}
	if len(wrong) > 0 {
		return "", fault.New(fault.Refused, "文字与明细不一致，没有定稿："+strings.Join(wrong, "")).On("outline", wrong[0])
	}
	o := b.Outline
	c.Outline = &o
	text, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	b.Content, b.SHA256 = c, digest(string(text))
	return string(text), nil
}

// Freeze keeps figures, rows and text with their digest. A period that still
// runs has no last figures.
func (s *Service) Freeze(ctx context.Context, scope authz.Scope, id BulletinID) (Bulletin, error) {
	b, err := s.bulletin(ctx, s.db, scope, id)
	if err != nil {
		return b, err
	}
	if err := s.ended(b); err != nil {
		return b, err
	}
	// Counted before the transaction: nothing else waits for it.
	counted, revision := b, b.Revision
	var text string
	if Machine.Can(b.State, "freeze") {
		if text, err = s.fix(ctx, &counted); err != nil {
			return b, err
		}
	}
	return s.act(ctx, scope, id, "freeze", "", func(tx *db.Tx, b *Bulletin, _ audit.Actor) (map[string]any, any, error) {
		if b.Revision != revision {
			return nil, nil, fault.New(fault.Conflict, "定稿时文字刚刚被改过，请刷新后再定稿。")
		}
		b.Content, b.SHA256, b.FrozenAt, b.Outline = counted.Content, counted.SHA256, tx.Now(), counted.Outline
		return map[string]any{"content": text, "sha256": b.SHA256, "frozen_at": b.FrozenAt}, map[string]string{"sha256": b.SHA256}, nil
	})
}

// Thaw takes a frozen paper that was not issued back to a draft.
func (s *Service) Thaw(ctx context.Context, scope authz.Scope, id BulletinID) (Bulletin, error) {
	return s.act(ctx, scope, id, "thaw", "", func(_ *db.Tx, _ *Bulletin, _ audit.Actor) (map[string]any, any, error) {
		return map[string]any{"content": "", "sha256": "", "frozen_at": nil, "submitted_by": "", "agreed_by": "", "editors": ""}, nil, nil
	})
}

// Issue records that a frozen paper went out: its number, today. A report to
// the superior goes to its office, which is told.
func (s *Service) Issue(ctx context.Context, scope authz.Scope, id BulletinID, number string) (Bulletin, error) {
	if err := (&official.Document{Title: "通报", Number: number}).Check(); err != nil || number == "" {
		says := "没有填写发文字号，应写作“机关代字〔年份〕序号号”，如“陕政公开办〔2021〕18号”"
		if err != nil {
			says = err.Error()
		}
		return Bulletin{}, fault.New(fault.Invalid, "发文字号有误，请改正后再印发。").On("number", says)
	}
	return s.act(ctx, scope, id, "issue", number, func(tx *db.Tx, b *Bulletin, _ audit.Actor) (map[string]any, any, error) {
		b.Number, b.IssuedOn = number, calendar.DateOf(tx.Now())
		if err := s.discharge(ctx, tx, *b, "印发"+b.Title()+"（"+number+"）"); err != nil {
			return nil, nil, err
		}
		if b.Superior != "" {
			people, err := s.org.PeopleWith(ctx, tx, b.Superior, authz.BulletinCompose)
			if err != nil {
				return nil, nil, err
			}
			if err := notify.SendTo(ctx, tx, people, notify.Message{Key: fmt.Sprintf("bulletin:%s:issued:%d", b.ID, b.Revision), Unit: string(b.Superior), Title: b.UnitName + "报送" + b.Title(), Body: "请接收，或写明理由退回。", Link: b.Link()}); err != nil {
				return nil, nil, err
			}
		}
		return map[string]any{"number": b.Number, "issued_on": b.IssuedOn}, map[string]any{"number": number, "sha256": b.SHA256}, nil
	})
}

// Sign is a person's signature under a month's sheet: counted for the last time
// and kept in one step.
func (s *Service) Sign(ctx context.Context, scope authz.Scope, id BulletinID) (Bulletin, error) {
	b, err := s.bulletin(ctx, s.db, scope, id)
	if err != nil {
		return b, err
	}
	if !b.Kind.Signed() {
		return b, fault.Newf(fault.Refused, "%s要经另一人复核，不能直接签字确认。", b.Kind.Name())
	}
	if err := s.ended(b); err != nil {
		return b, err
	}
	counted := b
	var text string
	if Machine.Can(b.State, "sign") {
		if text, err = s.fix(ctx, &counted); err != nil {
			return b, err
		}
	}
	return s.act(ctx, scope, id, "sign", "", func(tx *db.Tx, b *Bulletin, actor audit.Actor) (map[string]any, any, error) {
		b.Content, b.SHA256, b.FrozenAt, b.IssuedOn, b.AgreedBy = counted.Content, counted.SHA256, tx.Now(), calendar.DateOf(tx.Now()), actor.Name
		if err := s.discharge(ctx, tx, *b, actor.Name+"签字确认"+b.Title()); err != nil {
			return nil, nil, err
		}
		return map[string]any{"content": text, "sha256": b.SHA256, "frozen_at": b.FrozenAt, "issued_on": b.IssuedOn, "agreed_by": b.AgreedBy}, map[string]string{"sha256": b.SHA256, "signed_by": actor.Name}, nil
	})
}

// discharge ends what the office owed for the period.
func (s *Service) discharge(ctx context.Context, tx *db.Tx, b Bulletin, evidence string) error {
	if s.obligations == nil {
		return nil
	}
	_, err := s.obligations.DischargePeriod(ctx, tx, natures[b.Kind].duty, obligation.Subject{Kind: "unit", ID: string(b.Unit)}, b.Period.String(), evidence)
	return err
}

// superior refuses whoever is not the office that the report went to.
func (b Bulletin) superior(scope authz.Scope) error {
	if !b.Kind.Upwards() || b.Superior == "" {
		return fault.Newf(fault.Refused, "%s不是报上级主管单位的，不需要接收。", b.Title())
	}
	if !scope.Covers(b.supArea, b.supLine) {
		return fault.New(fault.Refused, "报告报送给上级主管单位，由上级接收或退回。")
	}
	return nil
}

// Receive is the superior's receipt for a report.
func (s *Service) Receive(ctx context.Context, scope authz.Scope, id BulletinID) (Bulletin, error) {
	return s.act(ctx, scope, id, "receive", "", func(tx *db.Tx, b *Bulletin, actor audit.Actor) (map[string]any, any, error) {
		if err := b.superior(scope); err != nil {
			return nil, nil, err
		}
		b.ReceivedAt, b.ReceivedBy, b.Receipt = tx.Now(), actor.Name, fmt.Sprintf("JG-%s-%s", b.Period, b.Area[strings.LastIndex(string(b.Area), "-")+1:])
		if _, err := notify.Send(ctx, tx, notify.Message{Key: fmt.Sprintf("bulletin:%s:received:%d", b.ID, b.Revision), Unit: string(b.Unit), Title: "上级已接收" + b.Title(), Body: "回执编号 " + b.Receipt + "。", Link: b.Link()}); err != nil {
			return nil, nil, err
		}
		return map[string]any{"received_at": b.ReceivedAt, "received_by": b.ReceivedBy, "receipt": b.Receipt}, map[string]string{"receipt": b.Receipt}, nil
	})
}

// SendBack has the office write its report again; it is owed until it comes.
func (s *Service) SendBack(ctx context.Context, scope authz.Scope, id BulletinID, why string) (Bulletin, error) {
	why, err := reasonFor(why, "why")
	if err != nil {
		return Bulletin{}, err
	}
	return s.act(ctx, scope, id, "send_back", why, func(tx *db.Tx, b *Bulletin, _ audit.Actor) (map[string]any, any, error) {
		if err := b.superior(scope); err != nil {
			return nil, nil, err
		}
		if s.obligations != nil {
			if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: SupervisionDue.ID, Unit: b.Unit, Subject: obligation.Subject{Kind: "unit", ID: string(b.Unit), Name: b.UnitName + " " + b.Period.Chinese()}, Period: b.Period.String(), Link: b.Link(), Due: s.supervisionDue(b.Period.First().Year, calendar.DateOf(tx.Now()))}); err != nil {
				return nil, nil, err
			}
		}
		if _, err := notify.Send(ctx, tx, notify.Message{Key: fmt.Sprintf("bulletin:%s:back:%d", b.ID, b.Revision), Unit: string(b.Unit), Title: "上级退回" + b.Title(), Body: why, Link: b.Link(), Urgent: true}); err != nil {
			return nil, nil, err
		}
		return map[string]any{"content": "", "sha256": "", "frozen_at": nil, "issued_on": nil, "number": "", "submitted_by": "", "agreed_by": "", "editors": "", "public_on": nil}, map[string]string{"why": why}, nil
	})
}

// Show opens an issued paper to everybody, or takes it from the public pages.
func (s *Service) Show(ctx context.Context, scope authz.Scope, id BulletinID, public bool) (b Bulletin, err error) {
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if b, err = s.bulletin(ctx, tx, scope, id); err != nil {
			return err
		}
		if !b.Kind.Open() || !b.Out() {
			return fault.Newf(fault.Refused, "%s没有印发，或不是对外公开的文件，不能公开。", b.Title())
		}
		if public == !b.PublicOn.IsZero() {
			return fault.New(fault.Conflict, "已经是这样了，没有改动；可能刚被别人处理过，请刷新后再看。")
		}
		before := b.PublicOn
		b.PublicOn = calendar.Date{}
		if public {
			b.PublicOn = calendar.DateOf(tx.Now())
		}
		if _, err := tx.Exec(ctx, `UPDATE bulletin SET public_on = $2 WHERE id = $1`, id, b.PublicOn); err != nil {
			return err
		}
		if err := s.told(ctx, tx); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "reporting.bulletin.show", Basis: citation, Target: b.Target(), Before: before.String(), After: b.PublicOn.String()})
	})
	return b, err
}

// Erratum is what was wrong in an issued paper and what is right. The paper
// itself stays as it went out.
type Erratum struct {
	ID              string
	No              int
	Was, Reads, Why string
	By              string
	At              time.Time
}

// Errata of a paper, oldest first.
func (s *Service) Errata(ctx context.Context, scope authz.Scope, id BulletinID) ([]Erratum, error) {
	if _, err := s.bulletin(ctx, s.db, scope, id); err != nil {
		return nil, err
	}
	return s.errata(ctx, s.db, id)
}

func (s *Service) errata(ctx context.Context, q db.Querier, id BulletinID) ([]Erratum, error) {
	return db.All(ctx, q, func(r db.Scanner) (Erratum, error) {
		var e Erratum
		err := r.Scan(&e.ID, &e.No, &e.Was, &e.Reads, &e.Why, &e.By, &e.At)
		return e, err
	}, `SELECT id, seq, was, reads, reason, by_name, at FROM bulletin_erratum WHERE bulletin_id = $1 ORDER BY seq`, id)
}

// mostErratum bounds the words of a correction.
const mostErratum = 1000

// Correct adds an erratum to an issued paper: never a silent change.
func (s *Service) Correct(ctx context.Context, scope authz.Scope, id BulletinID, e Erratum) (b Bulletin, err error) {
	e.Was, e.Reads, e.Why = strings.TrimSpace(e.Was), strings.TrimSpace(e.Reads), strings.TrimSpace(e.Why)
	var wrong fault.Fields
	for _, f := range []struct{ name, value, says string }{{"was", e.Was, "没有填写原文，请写明哪里有误"}, {"reads", e.Reads, "没有填写更正内容"}, {"why", e.Why, "没有填写更正原因"}} {
		wrong.Check(f.value != "", f.name, f.says)
		wrong.Check(utf8.RuneCountInString(f.value) <= mostErratum, f.name, fmt.Sprintf("超过 %d 字，请缩短", mostErratum))
	}
	wrong.Check(e.Was == "" || e.Was != e.Reads, "reads", "更正后与原文相同，请核对")
	if err := wrong.Err(); err != nil {
		return b, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		actor, ok := audit.ActorFrom(ctx)
		if !ok {
			return audit.ErrNoActor
		}
		if b, err = s.bulletin(ctx, tx, scope, id); err != nil {
			return err
		}
		if !b.Out() {
			return fault.Newf(fault.Conflict, "%s还没有印发，直接改文字即可，不需要更正。", b.Title())
		}
		n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM bulletin_erratum WHERE bulletin_id = $1`, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO bulletin_erratum (id, bulletin_id, seq, was, reads, reason, by_id, by_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			ulid.Make().String(), id, n+1, e.Was, e.Reads, e.Why, actor.ID, actor.Name, tx.Now()); err != nil {
			if _, dup := db.UniqueViolation(err); dup {
				return fault.New(fault.Conflict, "刚刚有人也作了更正，请刷新后再看。").From(err)
			}
			return err
		}
		if !b.PublicOn.IsZero() {
			if err := s.told(ctx, tx); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "reporting.bulletin.correct", Basis: citation, Target: b.Target(), Before: e.Was, After: map[string]string{"reads": e.Reads, "why": e.Why}})
	})
	return b, err
}

// History is every step of a bulletin in scope, oldest first.
func (s *Service) History(ctx context.Context, scope authz.Scope, id BulletinID) ([]passage.Step, error) {
	if _, err := s.bulletin(ctx, s.db, scope, id); err != nil {
		return nil, err
	}
	return Machine.History(ctx, s.db, string(id))
}
