package obligation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
)

// nextLook is the first moment after t at which the sweep has something to do;
// zero when nothing is left.
func nextLook(k Kind, due calendar.Due, t time.Time) time.Time {
	var next time.Time
	for _, at := range looks(k, due) {
		if at.After(t) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

// firstLook is when the sweep first looks at a clock that is set going now: at
// once when it is late already.
func firstLook(k Kind, due calendar.Due, now time.Time) time.Time {
	if !now.Before(k.overdueAt(due)) {
		return now
	}
	return nextLook(k, due, now.Add(-time.Second))
}

// looks are the reminders, the moment it is overdue and the two escalations.
func looks(k Kind, due calendar.Due) []time.Time {
	var out []time.Time
	if !due.At.IsZero() {
		out = append(out, due.At.Add(-shortly))
	} else {
		for _, d := range k.Remind {
			out = append(out, remindAt(due.On, d))
		}
		for _, h := range k.Hours {
			out = append(out, hourOf(due.On, h))
		}
	}
	out = append(out, k.overdueAt(due), escalateAt(due, k.Escalate))
	if k.Province > 0 {
		out = append(out, escalateAt(due, k.Province))
	}
	return out
}

// Reminders come at eight in the morning, when offices open their mail.
func remindAt(due calendar.Date, days int) time.Time {
	return due.AddDays(-days).Start().Add(8 * time.Hour)
}
func (k Kind) overdueAt(due calendar.Due) time.Time {
	switch {
	case !due.At.IsZero():
		return due.At
	case k.By > 0:
		return hourOf(due.On, k.By)
	}
	return due.On.AddDays(1).Start()
}

// until is by when a kind is owed, in words: with its hour where it has one.
func (k Kind) until(due calendar.Due) string {
	if due.At.IsZero() && k.By > 0 {
		due.At = hourOf(due.On, k.By)
	}
	return due.Chinese()
}
func hourOf(due calendar.Date, hour int) time.Time {
	return due.Start().Add(time.Duration(hour) * time.Hour)
}
func escalateAt(due calendar.Due, days int) time.Time {
	if !due.At.IsZero() {
		return due.At.AddDate(0, 0, days)
	}
	return due.On.AddDays(1 + days).Start().Add(8 * time.Hour)
}

// shortly is how long before its hour what is owed by the hour is reminded of: mornings
// would be too early or too late.
const shortly = 2 * time.Hour

const (
	// batch is how many obligations share a transaction of the sweep.
	batch = 200
	// patience is how long one that cannot be handled is left alone.
	patience = time.Hour
)

// Sweep does what has come due: it opens what returns, reminds, marks overdue,
// escalates. It may run at any time, twice at once, and after an outage: each
// thing happens once, and of several reminders missed only the latest is sent.
// One obligation that cannot be handled holds up no other: it is left for an
// hour, and the error names it. It returns how many it handled.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "obligation.sweep")
	errs := []error{s.rewind(ctx), s.openRecurring(ctx)}
	w := sweep{Service: s, offices: map[org.AreaID]org.UnitID{}, upwards: map[place]addressee{}, kinds: map[string]Kind{}}
	total := 0
	for {
		n, err := w.some(ctx)
		total += n
		if err != nil {
			errs = append(errs, err)
		}
		if ctx.Err() != nil || n == 0 {
			return total, errors.Join(errs...)
		}
	}
}

// rewind makes good for a clock that ran ahead and was set back: what was
// marked in a time that has not come yet is looked at again when it comes.
func (s *Service) rewind(ctx context.Context) error {
	now := s.db.Now()
	ahead, err := db.All(ctx, s.db, scanObligation, obligationSelect+` WHERE o.looked_at > $1 AND o.state = 'open' ORDER BY o.looked_at LIMIT 5000`, now.Add(time.Minute))
	if err != nil || len(ahead) == 0 {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		for _, o := range ahead {
			k, _ := s.KindOf(o.Kind)
			var told any // when it was told at a moment that has really been
			if !o.OverdueAt.IsZero() && !o.OverdueAt.After(tx.Now()) {
				told = o.OverdueAt
			}
			if _, err := tx.Exec(ctx, `UPDATE obligation SET looked_at = NULL, wound = wound + 1, look_at = $2, overdue_at = $3,
				escalated_at = CASE WHEN escalated_at > $4 THEN NULL ELSE escalated_at END,
				province_at = CASE WHEN province_at > $4 THEN NULL ELSE province_at END
				WHERE id = $1 AND state = 'open'`, o.ID, firstLook(k, o.Due, tx.Now()), told, tx.Now()); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "obligation.rewind", Target: audit.Target{Kind: "obligation", Name: "系统时钟回拨"}, After: map[string]int{"obligations": len(ahead)}})
	})
}

// addressee is whom an escalation reaches.
type addressee struct{ above, province org.UnitID }

// place is all of a unit that says who stands above it.
type place struct {
	area   org.AreaID
	direct bool
	own    bool // it is the office of its level, or there is none
}

// sweep is one run, with what it has looked up so far.
type sweep struct {
	*Service
	offices map[org.AreaID]org.UnitID // empty: none
	upwards map[place]addressee
	kinds   map[string]Kind
}

// KindOf is the service's, asked once a run.
func (w *sweep) KindOf(id string) (Kind, bool) {
	if k, ok := w.kinds[id]; ok {
		return k, true
	}
	k, ok := w.Service.KindOf(id)
	if ok {
		w.kinds[id] = k
	}
	return k, ok
}

// some handles one batch; 0 means that nothing is left.
func (w *sweep) some(ctx context.Context) (n int, err error) {
	var ids []string
	err = w.db.Update(ctx, func(tx *db.Tx) error {
		n, ids = 0, nil
		due, err := db.All(ctx, tx, scanDue, dueSelect+` WHERE o.look_at <= $1 AND o.state = 'open' ORDER BY o.look_at, o.id LIMIT $2`, tx.Now(), batch)
		if err != nil {
			return err
		}
		for _, o := range due {
			ids = append(ids, o.ID)
		}
		n = len(due)
		return w.handle(ctx, tx, due)
	})
	if err == nil || ctx.Err() != nil || len(ids) == 0 {
		return n, err
	}
	// One of them is wrong: each by itself, so that the others go on.
	var errs []error
	for _, id := range ids {
		err := w.db.Update(ctx, func(tx *db.Tx) error {
			one, err := db.All(ctx, tx, scanDue, dueSelect+` WHERE o.id = $1 AND o.look_at <= $2 AND o.state = 'open'`, id, tx.Now())
			if err != nil {
				return err
			}
			return w.handle(ctx, tx, one)
		})
		if err == nil {
			continue
		}
		err = fmt.Errorf("obligation: sweep %s: %w", id, err)
		slog.ErrorContext(ctx, "an obligation could not be looked at; it waits an hour", "obligation", id, "cause", err)
		errs = append(errs, err)
		if later := w.db.Update(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE obligation SET look_at = $2 WHERE id = $1 AND state = 'open'`, id, tx.Now().Add(patience)); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "obligation.put_off", Target: audit.Target{Kind: "obligation", ID: id}, After: err.Error()})
		}); later != nil {
			return len(ids), errors.Join(append(errs, later)...)
		}
	}
	return len(ids), errors.Join(errs...)
}

const dueSelect = `
	SELECT o.id, o.kind, o.unit_id, u.name, o.subject_kind, o.subject_id, o.subject_name, o.link, o.due_on, o.provisional, o.due_at,
	       o.overdue_at, o.escalated_at, o.province_at, o.paused_on, o.wound, u.abolished_on, u.area_id, u.kind, u.direct,
	       coalesce((SELECT p.id FROM person p WHERE p.id = o.person_id AND p.left_at IS NULL),
	                (SELECT p.id FROM person p WHERE p.id = o.deputy_id AND p.left_at IS NULL), '')
	  FROM obligation o JOIN unit u ON u.id = o.unit_id`

// dueNow is an obligation with the unit that owes it, as far as the sweep asks.
type dueNow struct {
	Obligation
	unit org.Unit
}

func scanDue(r db.Scanner) (dueNow, error) {
	var o dueNow
	var abolished calendar.Date
	err := r.Scan(&o.ID, &o.Kind, &o.Unit, &o.UnitName, &o.Subject.Kind, &o.Subject.ID, &o.Subject.Name, &o.Link, &o.Due.On, &o.Due.Provisional, &o.Due.At,
		&o.OverdueAt, &o.EscalatedAt, &o.ProvinceAt, &o.PausedOn, &o.wound, &abolished, &o.unit.Area, &o.unit.Kind, &o.unit.Direct, &o.holder)
	o.abolished, o.unit.ID = !abolished.IsZero(), o.Unit
	return o, err
}

// mark is what a look leaves on the row; rows marked alike share a statement.
type mark struct {
	next                         time.Time
	overdue, escalated, province bool
	gather                       bool // told with the others of its kind
}

func (w *sweep) handle(ctx context.Context, tx *db.Tx, due []dueNow) error {
	if len(due) == 0 {
		return nil
	}
	var messages []notify.Message
	var entries []audit.Entry
	marks := map[mark][]string{}
	var order []mark
	var gathered []Kind
	for _, o := range due {
		k, ok := w.KindOf(o.Kind)
		if !ok {
			return fmt.Errorf("obligation: kind %q is not declared", o.Kind)
		}
		m, said, err := w.look(ctx, tx, k, o)
		if err != nil {
			return err
		}
		if m.gather {
			if !slices.ContainsFunc(gathered, func(x Kind) bool { return x.ID == k.ID }) {
				gathered = append(gathered, k)
			}
			m.gather = false
		}
		if marks[m] == nil {
			order = append(order, m)
		}
		marks[m] = append(marks[m], o.ID)
		messages = append(messages, said...)
		var keys []string
		for _, msg := range said {
			keys = append(keys, msg.Key)
		}
		entries = append(entries, audit.Entry{Act: "obligation.look", Basis: k.Citation,
			Target: audit.Target{Kind: o.Subject.Kind, ID: o.Subject.ID, Name: o.Subject.Name, Unit: string(o.Unit)},
			After:  map[string]any{"kind": k.ID, "due": o.Due.On, "messages": keys}})
	}
	// Before the rows are marked: those of this batch are among them.
	for _, k := range gathered {
		said, err := w.gather(ctx, tx, k)
		if err != nil {
			return err
		}
		messages = append(messages, said...)
	}
	if err := notify.SendAll(ctx, tx, messages); err != nil {
		return err
	}
	for _, m := range order {
		var c db.Where
		now, next := c.Arg(tx.Now()), c.Arg(m.next)
		set := "look_at = " + next + ", looked_at = " + now
		if m.overdue {
			set += ", overdue_at = " + now
		}
		if m.escalated {
			set += ", escalated_at = " + now
		}
		if m.province {
			set += ", province_at = " + now
		}
		if _, err := tx.Exec(ctx, `UPDATE obligation SET `+set+` WHERE id IN `+db.Among(&c, marks[m]), c.Args()...); err != nil {
			return err
		}
	}
	return audit.RecordAll(ctx, tx, entries)
}

// key is what a message of the obligation is about. After the clock was set
// back it is another matter, to be told at its own time.
func (o Obligation) key(what string) string {
	k := "obligation:" + o.ID + ":"
	if o.wound > 0 {
		k += fmt.Sprintf("%d:", o.wound)
	}
	return k + what
}

func (w *sweep) look(ctx context.Context, tx *db.Tx, k Kind, o dueNow) (mark, []notify.Message, error) {
	now := tx.Now()
	m := mark{next: nextLook(k, o.Due, now)}
	about := "（" + o.Subject.Name + "）"
	if !o.PausedOn.IsZero() {
		return mark{}, nil, nil // stands still; Resume sets it going
	}
	overdue := !now.Before(k.overdueAt(o.Due))
	escalate := !now.Before(escalateAt(o.Due, k.Escalate)) && o.EscalatedAt.IsZero()
	province := k.Province > 0 && !now.Before(escalateAt(o.Due, k.Province)) && o.ProvinceAt.IsZero()
	var to addressee
	if escalate || province || o.abolished {
		var err error
		if to, err = w.upward(ctx, tx, o.unit); err != nil {
			return m, nil, err
		}
	}
	if o.abolished {
		// Nobody is there to be told; the office above decides who takes it over.
		if to.above == "" {
			return mark{}, nil, nil
		}
		return mark{}, []notify.Message{{Key: o.key("orphan"), Unit: string(to.above), Link: "/console/obligations?unit=" + string(o.Unit),
			Title: o.UnitName + "已撤销，时限无人承接：" + k.Name + about, Body: "请在单位调整中确定承接单位并移交。依据：" + k.Citation + "。"}}, nil
	}
	base := notify.Message{Unit: string(o.Unit), Link: o.Link, Body: "应于 " + k.until(o.Due) + " 前完成。依据：" + k.Citation + "。"}
	if o.Due.Provisional {
		base.Body = "应于 " + o.Due.On.Chinese() + " 前完成（暂定，该年度节假日安排尚未公布）。依据：" + k.Citation + "。"
	}
	var out []notify.Message
	if !overdue {
		left := o.Due.On.Sub(calendar.DateOf(now))
		says := fmt.Sprintf("还有 %d 天", left)
		if left == 0 {
			says = "今日到期"
			if !o.Due.At.IsZero() {
				says = "今日 " + o.Due.At.In(calendar.Shanghai).Format("15:04") + " 到期"
			} else if k.By > 0 {
				says = fmt.Sprintf("今日 %d 时到期", k.By)
			}
		}
		key := fmt.Sprintf("remind:%d", left)
		if !o.Due.At.IsZero() {
			key = "remind:hour"
		}
		for _, h := range k.Hours {
			if !now.Before(hourOf(o.Due.On, h)) {
				key = fmt.Sprintf("remind:0:%d", h)
			}
		}
		r := base
		r.Key, r.Person, r.Title = o.key(key), string(o.holder), says+"："+k.Name+about
		return m, append(out, r), nil
	}
	if o.OverdueAt.IsZero() {
		m.overdue = true
		r := base
		r.Key, r.Urgent, r.Title = o.key("overdue"), true, "超期："+k.Name+about
		out = append(out, r)
	}
	late := notify.Message{Urgent: true, Link: o.Link, Title: lateTitle(k, o.Obligation), Body: "应于 " + k.until(o.Due) + " 前完成，至今没有办结依据。依据：" + k.Citation + "。"}
	if escalate && k.Gather {
		m.gather, escalate = true, false
	}
	if escalate {
		m.escalated = true
		if to.above != "" {
			late.Key, late.Unit = o.key("escalate"), string(to.above)
			out = append(out, late)
		}
	}
	if province {
		m.province = true
		if to.province != "" && to.province != to.above && to.province != o.Unit {
			late.Key, late.Unit = o.key("escalate:province"), string(to.province)
			late.Body = fmt.Sprintf("超期已满 %d 天，报省政府办公厅。", k.Province) + late.Body
			out = append(out, late)
		}
	}
	return m, out, nil
}

func lateTitle(k Kind, o Obligation) string {
	return o.UnitName + "超期未办：" + k.Name + "（" + o.Subject.Name + "）"
}

// namedMost is how many late ones are named in one message.
const namedMost = 60

// gather tells each supervisor of everything of the kind that is late and that
// it was not told of, in one message, and marks all of it as told: those that a
// later batch comes to are told already.
func (w *sweep) gather(ctx context.Context, tx *db.Tx, k Kind) ([]notify.Message, error) {
	// The last day whose escalation has come: it comes at eight.
	until := calendar.DateOf(tx.Now().Add(-8 * time.Hour)).AddDays(-1 - k.Escalate)
	told := map[org.UnitID][]dueNow{}
	var order []org.UnitID
	for {
		late, err := db.All(ctx, tx, scanDue, dueSelect+`
		 WHERE o.kind = $1 AND o.state = 'open' AND o.due_on <= $2 AND o.escalated_at IS NULL AND o.paused_on IS NULL AND u.abolished_on IS NULL
		 ORDER BY o.due_on, u.area_path, u.name, o.id LIMIT $3`, k.ID, until, batch)
		if err != nil {
			return nil, err
		}
		if len(late) == 0 {
			break
		}
		var c db.Where
		now, ids := c.Arg(tx.Now()), make([]string, len(late))
		for i, o := range late {
			ids[i] = o.ID
			to, err := w.upward(ctx, tx, o.unit)
			if err != nil {
				return nil, err
			}
			if to.above == "" {
				continue
			}
			if told[to.above] == nil {
				order = append(order, to.above)
			}
			told[to.above] = append(told[to.above], o)
		}
		if _, err := tx.Exec(ctx, `UPDATE obligation SET escalated_at = `+now+` WHERE id IN `+db.Among(&c, ids), c.Args()...); err != nil {
			return nil, err
		}
	}
	var out []notify.Message
	for _, above := range order {
		out = append(out, together(k, above, told[above]))
	}
	return out, nil
}

// together is the one message about all that is late, by its last days.
func together(k Kind, to org.UnitID, late []dueNow) notify.Message {
	first := late[0]
	m := notify.Message{Key: first.key("gathered:" + k.ID + ":escalate"), Unit: string(to), Link: first.Link, Title: lateTitle(k, first.Obligation)}
	if len(late) > 1 {
		units := map[org.UnitID]bool{}
		for _, o := range late {
			units[o.Unit] = true
		}
		m.Link = "/console/obligations?overdue=1&kind=" + k.ID
		m.Title = fmt.Sprintf("%d 个单位超期未办：%s（%d 件）", len(units), k.Name, len(late))
	}
	var b strings.Builder
	for i := 0; i < min(len(late), namedMost); {
		on := late[i].Due.On
		b.WriteString("应于 " + k.until(calendar.Due{On: on}) + " 前完成：")
		for j := i; i < min(len(late), namedMost) && late[i].Due.On == on; i++ {
			if i > j {
				b.WriteString("、")
			}
			b.WriteString(late[i].UnitName)
		}
		b.WriteString("。")
	}
	if len(late) > namedMost {
		fmt.Fprintf(&b, "此外还有 %d 件，见清单。", len(late)-namedMost)
	}
	m.Body = b.String() + "至今没有办结依据。依据：" + k.Citation + "。"
	return m
}

// upward finds the supervisor: the office of the same level, or, when the
// office itself owes it, the office above; and the provincial office.
func (w *sweep) upward(ctx context.Context, tx *db.Tx, u org.Unit) (addressee, error) {
	office, known := w.offices[u.Area]
	if !known {
		to, err := w.org.SameLevelOffice(ctx, tx, u)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return addressee{}, err
		}
		office = to.ID
		w.offices[u.Area] = office
	}
	at := place{u.Area, u.Direct, office == "" || office == u.ID || u.Kind == org.Government}
	if a, ok := w.upwards[at]; ok {
		return a, nil
	}
	// Without an office of its level, the one above is asked alone.
	to := org.Unit{ID: office, Area: u.Area}
	if at.own {
		above, ok, err := w.org.SuperiorOffice(ctx, tx, u)
		if err != nil {
			return addressee{}, err
		}
		if ok {
			to = above
		}
	}
	a := addressee{above: to.ID}
	// The office no office stands above is the province's.
	for top := to; top.ID != ""; {
		a.province = top.ID
		above, ok, err := w.org.SuperiorOffice(ctx, tx, top)
		if err != nil {
			return addressee{}, err
		}
		if !ok {
			break
		}
		top = above
	}
	w.upwards[at] = a
	return a, nil
}
