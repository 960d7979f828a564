package closing

import (
	"context"
	"errors"
	"fmt"
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
	"zhengshu/internal/merit"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// InquiryID identifies one inquiry (核实单).
type InquiryID string

// States of an inquiry.
const (
	InquiryOpen     = "open"
	InquiryAnswered = "answered"
	Explained       = "explained"
	Unapproved      = "unapproved_offline" // 自行下线
)

// InquiryMachine is the declared states of an inquiry.
var InquiryMachine = passage.Machine{
	Kind: "inquiry", Noun: "核实单",
	States: map[string]string{InquiryOpen: "待答复", InquiryAnswered: "已答复，待认定", Explained: "已说明", Unapproved: "自行下线"},
	Moves: []passage.Move{
		{From: "", Act: "ask", To: InquiryOpen, Says: "发出核实单", Guard: "连续中断达到时限，没有批准的下线时段", Permit: "system"},
		{From: InquiryOpen, Act: "answer", To: InquiryAnswered, Says: "答复", Guard: "主办单位写明原因", Permit: string(authz.ClosingManage)},
		{From: InquiryOpen, Act: "explain", To: Explained, Says: "认定为已说明", Guard: "有书面报备、批准时段，或核实为未中断", Permit: string(authz.InquiryDecide)},
		{From: InquiryAnswered, Act: "explain", To: Explained, Says: "认定为已说明", Guard: "有书面报备、批准时段，或核实为未中断", Permit: string(authz.InquiryDecide)},
		{From: InquiryAnswered, Act: "find_unapproved", To: Unapproved, Says: "认定为自行下线", Guard: "既无批准时段也无书面报备", Permit: string(authz.InquiryDecide)},
		{From: InquiryOpen, Act: "find_unapproved", To: Unapproved, Says: "认定为自行下线", Guard: "逾期未答复，既无批准时段也无书面报备", Permit: string(authz.InquiryDecide)},
	},
}

// The clocks. The text says 及时 and 严肃问责 without a number: both periods are the
// province's choice.
var (
	InquiryClock = obligation.Kind{ID: "inquiry", Name: "答复核实单", Clause: "S8.1c", Citation: sx2021.OfflineUnapproved.Citation,
		Says: "网站、账号中断后说明原因", Remind: []int{1, 0}, Escalate: 1}
	AccountabilityClock = obligation.Kind{ID: "accountability", Name: "登记问责结果", Clause: "S8.1c", Citation: sx2021.OfflineUnapproved.Citation,
		Says: "自行下线的，主管单位要对主办单位负责人严肃问责", Remind: []int{5, 0}, Escalate: 3}
)

// Obligations are the clocks this package opens.
func Obligations() []obligation.Kind { return []obligation.Kind{InquiryClock, AccountabilityClock} }

// Inquiry asks a sponsor about a silence.
type Inquiry struct {
	ID          InquiryID
	Object      registry.Ref
	ObjectName  string
	Unit        org.UnitID // sponsor
	UnitName    string     // joined
	Office      org.UnitID // supervisor
	OfficeName  string     // joined
	DownSince   time.Time
	Hours       int    // when it was asked
	Source      string // probe, person
	BackAt      time.Time
	State       string
	OpenedAt    time.Time
	Due         calendar.Due
	Answer      string
	AnsweredBy  string
	AnsweredAt  time.Time
	ReportNo    string
	ReportOn    calendar.Date
	Sealed      bool
	Verdict     string
	DecidedBy   string
	DecidedAt   time.Time
	Accounted   int // joined: accountability records
	areaPath    string
	linePath    string
	officePath  string
	officeLine  string
	attachments []approval.Attachment
}

// StateName is the state in Chinese.
func (i Inquiry) StateName() string { return InquiryMachine.Name(i.State) }

// Link is the inquiry's page in the console.
func (i Inquiry) Link() string { return "/console/inquiries/" + string(i.ID) }

// Active reports whether it is not decided.
func (i Inquiry) Active() bool { return i.State == InquiryOpen || i.State == InquiryAnswered }

// In reports whether it concerns the scope: the sponsor's unit, or the
// supervisor's, lies there.
func (i Inquiry) In(scope authz.Scope) bool {
	return scope.Covers(i.areaPath, i.linePath) || i.officePath != "" && scope.Covers(i.officePath, i.officeLine)
}

// Records reports whether the site's or account's record lies in the scope: an
// office's clerk reads the paper, and not what is recorded of other units.
func (i Inquiry) Records(scope authz.Scope) bool { return scope.Covers(i.areaPath, i.linePath) }

// Decides reports whether the session decides it: a post with the permission at
// the supervisor. Only the office of the province is over its own (readings 1).
func (i Inquiry) Decides(session *authz.Session) bool {
	return session != nil && i.Office != "" && slices.ContainsFunc(session.Posts, func(p authz.Post) bool {
		one := authz.Session{Posts: []authz.Post{p}}
		return p.UnitID == string(i.Office) && one.May(authz.InquiryDecide)
	})
}

// Target names the inquiry in the trail.
func (i Inquiry) Target() audit.Target {
	return audit.Target{Kind: "inquiry", ID: string(i.ID), Name: i.ObjectName + "中断核实单", Unit: string(i.Unit)}
}

func (i Inquiry) subject() obligation.Subject {
	return obligation.Subject{Kind: "inquiry", ID: string(i.ID), Name: i.ObjectName}
}

// Silences is the periodic job that asks after outages.
type Silences struct{}

// Kind names the job.
func (Silences) Kind() string { return "closing.silences" }

// AskDue opens an inquiry for every outage that has reached the province's
// number of hours with no window, notes which have ended, and returns how many
// it opened. It is idempotent: one inquiry an outage.
func (s *Service) AskDue(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "closing.silences")
	system := authz.System("closing.silences")
	if err := s.noteReturns(ctx); err != nil {
		return 0, err
	}
	least := time.Duration(s.settings().UnexplainedDownHours) * time.Hour
	list, err := s.inspection.Silences(ctx, system, least)
	if err != nil {
		return 0, err
	}
	opened := 0
	var errs []error
	for _, x := range list {
		ref := registry.Ref{Kind: sx2021.Site, ID: string(x.Site)}
		fresh := false
		err := s.db.Update(ctx, func(tx *db.Tx) error {
			fresh = false // a transaction may run again
			o, err := s.registry.Object(ctx, tx, system, ref)
			if err != nil || o.State != registry.Running {
				return err
			}
			_, fresh, err = s.ask(ctx, tx, o, x.Since, int(x.Last.Sub(x.Since).Hours()), "probe")
			return err
		})
		switch {
		case errors.Is(err, errAsked): // by another process, or a person, just now
		case err != nil:
			// One site's trouble leaves the others asked after.
			errs = append(errs, fmt.Errorf("closing: ask after %s: %w", x.Site, err))
		case fresh:
			opened++
		}
	}
	return opened, errors.Join(errs...)
}

// errAsked says that somebody else asked after the same outage meanwhile.
var errAsked = errors.New("closing: asked after already")

// noteReturns keeps when a site that was asked after was seen to answer again.
func (s *Service) noteReturns(ctx context.Context) error {
	type gone struct {
		id   InquiryID
		site registry.SiteID
	}
	list, err := db.All(ctx, s.db, func(r db.Scanner) (gone, error) {
		var g gone
		err := r.Scan(&g.id, &g.site)
		return g, err
	}, `SELECT id, object_id FROM inquiry WHERE object_kind = 'site' AND source = 'probe' AND back_at IS NULL ORDER BY id LIMIT 2000`)
	if err != nil {
		return err
	}
	for _, g := range list {
		_, down, err := s.inspection.DownSince(ctx, authz.System("closing.silences"), g.site)
		if err != nil {
			return err
		}
		if down {
			continue
		}
		if err := s.db.Update(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE inquiry SET back_at = $2 WHERE id = $1 AND back_at IS NULL`, g.id, tx.Now()); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "inquiry.back", Target: audit.Target{Kind: "inquiry", ID: string(g.id)}})
		}); err != nil {
			return err
		}
	}
	return nil
}

// ask opens the inquiry unless one is under way or this outage was asked after
// already.
func (s *Service) ask(ctx context.Context, tx *db.Tx, o registry.Object, since time.Time, hours int, source string) (InquiryID, bool, error) {
	known, err := db.One(ctx, tx, db.Value[InquiryID], `SELECT id FROM inquiry WHERE object_kind = $1 AND object_id = $2 AND (state IN ('open', 'answered') OR back_at IS NULL AND source = 'probe' OR down_since = $3) ORDER BY id DESC LIMIT 1`,
		o.Kind, o.ID, since)
	if err == nil || !db.None(err) {
		return known, false, err
	}
	office, err := s.supervisor(ctx, tx, o)
	if err != nil {
		return "", false, err
	}
	i := Inquiry{ID: InquiryID(ulid.Make().String()), Object: o.Ref, ObjectName: o.Name, Unit: o.Unit, Office: office.ID, DownSince: since, Hours: hours, Source: source, OpenedAt: tx.Now(),
		Due: s.days.Add(calendar.DateOf(tx.Now()), s.settings().InquiryWorkdays)}
	if _, i.State, err = InquiryMachine.Take(ctx, tx, string(i.ID), "ask", passage.Note{}); err != nil {
		return "", false, err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO inquiry (id, object_kind, object_id, object_name, unit_id, office_id, down_since, hours, source, state, opened_at, due_on, provisional)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		i.ID, i.Object.Kind, i.Object.ID, i.ObjectName, i.Unit, db.Null(i.Office), i.DownSince, i.Hours, i.Source, i.State, i.OpenedAt, i.Due.On, i.Due.Provisional); err != nil {
		if _, dup := db.UniqueViolation(err); dup {
			return "", false, errors.Join(errAsked, err)
		}
		return "", false, fmt.Errorf("closing: ask: %w", err)
	}
	if err := audit.Record(ctx, tx, audit.Entry{Act: "inquiry.ask", Target: i.Target(), Basis: sx2021.OfflineUnapproved.Citation, After: map[string]any{"down_since": since, "hours": hours, "source": source}}); err != nil {
		return "", false, err
	}
	if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: InquiryClock.ID, Unit: i.Unit, Subject: i.subject(), Link: i.Link(), Due: i.Due,
		From: calendar.DateOf(tx.Now()), Length: calendar.WorkingDays(s.settings().InquiryWorkdays)}); err != nil {
		return "", false, err
	}
	for _, unit := range []org.UnitID{i.Unit, i.Office} {
		if unit == "" {
			continue
		}
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "inquiry:" + string(i.ID) + ":" + string(unit), Unit: string(unit), Urgent: true, Link: i.Link(),
			Title: "核实单：" + i.ObjectName + "已连续中断 " + fmt.Sprint(hours) + " 小时", Body: "没有批准的下线时段。请主办单位于 " + i.Due.On.Chinese() + " 前说明原因。依据：" + sx2021.OfflineUnapproved.Citation + "。"}); err != nil {
			return "", false, err
		}
	}
	return i.ID, true, nil
}

// supervisor is the office that supervises an object: of the same level, or the
// next one up for what a government's office itself sponsors (readings 1).
func (s *Service) supervisor(ctx context.Context, q db.Querier, o registry.Object) (org.Unit, error) {
	u, err := s.org.UnitTx(ctx, q, authz.System("closing.supervisor"), o.Unit)
	if err != nil {
		return org.Unit{}, err
	}
	if u.Kind == org.Government || u.Kind == org.Office || o.SiteKind == registry.Portal {
		above, ok, err := s.org.SuperiorOffice(ctx, q, u)
		if err != nil || ok {
			return above, err
		}
	}
	office, err := s.org.SameLevelOffice(ctx, q, u)
	if fault.Is(err, fault.NotFound) {
		return org.Unit{}, nil
	}
	return office, err
}

// Report opens an inquiry by hand: of an account or app, which no probe sees, or
// of a site the supervisor saw down. It must have been down for the province's
// number of hours.
func (s *Service) Report(ctx context.Context, scope authz.Scope, ref registry.Ref, since time.Time) (InquiryID, error) {
	var id InquiryID
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		o, err := s.registry.Object(ctx, tx, scope, ref)
		if err != nil {
			return err
		}
		if o.State != registry.Running {
			return fault.Newf(fault.Refused, "“%s”现在的状态是“%s”，不用核实。", o.Name, o.StateName())
		}
		hours := int(tx.Now().Sub(since).Hours())
		if since.IsZero() || hours < 0 {
			return fault.New(fault.Invalid, "中断开始时间不对。").On("since", "请填写早于现在的日期和时间")
		}
		if least := s.settings().UnexplainedDownHours; hours < least {
			return fault.Newf(fault.Invalid, "中断满 %d 小时才发核实单，现在是 %d 小时；请先电话了解。", least, hours).On("since", fmt.Sprintf("中断应满 %d 小时", least))
		}
		var fresh bool
		id, fresh, err = s.ask(ctx, tx, o, since.UTC().Truncate(time.Minute), hours, "person")
		if err == nil && !fresh || errors.Is(err, errAsked) {
			return fault.New(fault.Conflict, "“"+o.Name+"”的核实单正在办理，或这次中断已经核实过。")
		}
		return err
	})
	return id, err
}

const inquirySelect = `
	SELECT i.id, i.object_kind, i.object_id, i.object_name, i.unit_id, u.name, COALESCE(i.office_id, ''), COALESCE(o.name, ''), i.down_since, i.hours, i.source, i.back_at, i.state, i.opened_at,
	       i.due_on, i.provisional, i.answer, i.answered_by, i.answered_at, i.report_no, i.report_on, i.sealed, i.verdict, i.decided_by, i.decided_at,
	       (SELECT count(*) FROM merit_ground g JOIN merit m ON m.id = g.merit_id WHERE g.kind = 'inquiry' AND g.object_id = i.id AND m.state IN ('entered', 'returned', 'checked')), u.area_path, u.line_path, COALESCE(o.area_path, ''), COALESCE(o.line_path, '')
	  FROM inquiry i JOIN unit u ON u.id = i.unit_id LEFT JOIN unit o ON o.id = i.office_id`

func scanInquiry(r db.Scanner) (Inquiry, error) {
	var i Inquiry
	err := r.Scan(&i.ID, &i.Object.Kind, &i.Object.ID, &i.ObjectName, &i.Unit, &i.UnitName, &i.Office, &i.OfficeName, &i.DownSince, &i.Hours, &i.Source, &i.BackAt, &i.State, &i.OpenedAt,
		&i.Due.On, &i.Due.Provisional, &i.Answer, &i.AnsweredBy, &i.AnsweredAt, &i.ReportNo, &i.ReportOn, &i.Sealed, &i.Verdict, &i.DecidedBy, &i.DecidedAt,
		&i.Accounted, &i.areaPath, &i.linePath, &i.officePath, &i.officeLine)
	return i, err
}

// Inquiry in scope.
func (s *Service) Inquiry(ctx context.Context, q db.Querier, scope authz.Scope, id InquiryID) (Inquiry, error) {
	i, err := db.One(ctx, q, scanInquiry, inquirySelect+` WHERE i.id = $1`, id)
	if db.None(err) || err == nil && !i.In(scope) {
		return Inquiry{}, fault.Missing("核实单")
	}
	return i, err
}

// Attachments are the papers of the inquiry when it was read by Paper.
func (i Inquiry) Attachments() []approval.Attachment { return i.attachments }

// Paper is an inquiry in scope with its papers.
func (s *Service) Paper(ctx context.Context, scope authz.Scope, id InquiryID) (Inquiry, error) {
	i, err := s.Inquiry(ctx, s.db, scope, id)
	if err != nil {
		return i, err
	}
	i.attachments, err = approval.Attachments(ctx, s.db, "inquiry", string(id))
	return i, err
}

// InquiryFilter narrows Inquiries.
type InquiryFilter struct {
	Text   string
	State  string // "" for those not decided; "all"
	Object registry.Ref
	Limit  int // 50 when zero
	Offset int
}

// Inquiries in scope, by due date, and how many there are.
func (s *Service) Inquiries(ctx context.Context, scope authz.Scope, f InquiryFilter) ([]Inquiry, int, error) {
	var w, unit, office db.Where
	scope.Where(&unit, "u")
	scope.Where(&office, "o")
	for _, a := range unit.Args() {
		w.Arg(a) // both conditions have the same arguments, numbered from one
	}
	w.And(unit.SQL()+` OR `+office.SQL()).
		AndIf(f.Text != "", `(lower(i.object_name) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\')`, db.Contains(f.Text), db.Contains(f.Text)).
		AndIf(f.State == "", "i.state IN ('open', 'answered')").
		AndIf(f.State != "" && f.State != "all", "i.state = ?", f.State).
		AndIf(f.Object.ID != "", "i.object_kind = ? AND i.object_id = ?", f.Object.Kind, f.Object.ID)
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM inquiry i JOIN unit u ON u.id = i.unit_id LEFT JOIN unit o ON o.id = i.office_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	list, err := db.All(ctx, s.db, scanInquiry, inquirySelect+` WHERE `+w.SQL()+` ORDER BY CASE i.state WHEN 'open' THEN 0 WHEN 'answered' THEN 1 ELSE 2 END, i.due_on DESC, i.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// Reply answers an inquiry: the sponsor's people say why. A paper may come with
// it.
func (s *Service) Reply(ctx context.Context, scope authz.Scope, id InquiryID, answer string, upload *approval.Upload) (Inquiry, error) {
	answer = strings.TrimSpace(answer)
	if n := len([]rune(answer)); n < 10 || n > 1000 {
		return Inquiry{}, fault.New(fault.Invalid, "没有写清中断的原因，请用 10 到 1000 个字说明。").On("answer", "请写明起止时间、原因和恢复情况，10 到 1000 个字")
	}
	i, err := s.Inquiry(ctx, s.db, scope, id)
	if err != nil {
		return i, err
	}
	var file approval.Attachment
	if upload != nil {
		upload.Kind = "inquiry_answer"
		if file, err = approval.Take(ctx, s.store, *upload); err != nil {
			return i, err
		}
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if i, err = s.Inquiry(ctx, tx, scope, id); err != nil {
			return err
		}
		if !scope.Covers(i.areaPath, i.linePath) {
			return fault.New(fault.Forbidden, "核实单由主办单位“"+i.UnitName+"”答复。")
		}
		actor, ok := audit.ActorFrom(ctx)
		if !ok {
			return audit.ErrNoActor
		}
		if _, i.State, err = InquiryMachine.Take(ctx, tx, string(id), "answer", passage.Note{Says: abridge.Cut(answer, 200)}); err != nil {
			return err
		}
		i.Answer, i.AnsweredBy, i.AnsweredAt = answer, actor.Name, tx.Now()
		if _, err := tx.Exec(ctx, `UPDATE inquiry SET state = $2, answer = $3, answered_by = $4, answered_at = $5 WHERE id = $1`, id, i.State, i.Answer, i.AnsweredBy, i.AnsweredAt); err != nil {
			return err
		}
		if upload != nil {
			file.OwnerKind, file.OwnerID = "inquiry", string(id)
			if _, err := approval.Attach(ctx, tx, file); err != nil {
				return err
			}
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "inquiry.answer", Target: i.Target(), Basis: sx2021.OfflineUnapproved.Citation, After: answer}); err != nil {
			return err
		}
		if _, err := s.obligations.Discharge(ctx, tx, InquiryClock.ID, i.subject(), "主办单位已答复"); err != nil {
			return err
		}
		if i.Office == "" {
			return nil
		}
		_, err := notify.Send(ctx, tx, notify.Message{Key: "inquiry:" + string(id) + ":answered", Unit: string(i.Office), Link: i.Link(), Title: "核实单已答复，请认定：" + i.ObjectName, Body: abridge.Cut(answer, 200)})
		return err
	})
	return i, err
}

// Basis is what explains an outage.
type Basis string

// The three explanations.
const (
	ByReport  Basis = "report"   // the supervisor's written report to the province
	ByWindow  Basis = "window"   // an approved offline window
	NotDown   Basis = "not_down" // it was not down: the monitor was wrong
	NoneGiven Basis = ""         // unexplained
)

// Verdict is what the supervisor finds.
type Verdict struct {
	Basis  Basis
	Says   string // the reasons
	Report sx2021.WrittenReport
	File   *approval.Upload // scan of the report
}

// Conclude decides an inquiry: explained, or a 自行下线. Explained by a report
// needs the report whole: number, seal, scan, by the supervisor. The sponsor's
// own people never decide.
func (s *Service) Conclude(ctx context.Context, session *authz.Session, scope authz.Scope, id InquiryID, v Verdict) (Inquiry, error) {
	v.Says = strings.TrimSpace(v.Says)
	if n := len([]rune(v.Says)); n < 4 || n > 500 {
		return Inquiry{}, fault.New(fault.Invalid, "没有写明认定的依据，请用 4 到 500 个字说明。").On("says", "请用 4 到 500 个字写明依据")
	}
	i, err := s.Inquiry(ctx, s.db, scope, id)
	if err != nil {
		return i, err
	}
	if !i.Decides(session) {
		return i, fault.New(fault.Forbidden, "由主管单位“"+i.OfficeName+"”认定，您的岗位不在该单位。")
	}
	var file approval.Attachment
	if v.File != nil {
		v.File.Kind = "written_report"
		if file, err = approval.Take(ctx, s.store, *v.File); err != nil {
			return i, err
		}
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if i, err = s.Inquiry(ctx, tx, scope, id); err != nil {
			return err
		}
		before := i.State
		act := "explain"
		switch v.Basis {
		case ByReport:
			v.Report.Scan, v.Report.BySupervisor = v.File != nil, true
			if v.Report.On.After(calendar.DateOf(tx.Now())) {
				return fault.New(fault.Invalid, "报备日期晚于今天，请核对。").On("report_on", "请核对报备日期")
			}
			if err := rules.Refuse(sx2021.CheckUnexplained(max(i.Hours, s.settings().UnexplainedDownHours), false, v.Report, s.settings())); err != nil {
				f := fault.Of(err)
				return fault.New(fault.Refused, "书面报备不完整："+v.Report.Missing()+"。").Because(f.Reasons...).On("report_no", "报备要有文号、公章、扫描件和日期")
			}
		case ByWindow, NotDown:
		case NoneGiven:
			act = "find_unapproved"
			if before == InquiryOpen && !i.Due.Missed(calendar.DateOf(tx.Now())) {
				return fault.Newf(fault.Refused, "主办单位的答复期限到%s，期限内还没有答复，不能认定；请等待答复或期满。", i.Due.On.Chinese()).Because(sx2021.OfflineUnapproved.Breach("答复期限未满。").Reason())
			}
		default:
			return fault.New(fault.Invalid, "认定结论无法识别。").On("basis", "请从列表中选择")
		}
		if _, i.State, err = InquiryMachine.Take(ctx, tx, string(id), act, passage.Note{Says: v.Says}); err != nil {
			return err
		}
		actor, ok := audit.ActorFrom(ctx)
		if !ok {
			return audit.ErrNoActor
		}
		i.Verdict, i.DecidedBy, i.DecidedAt, i.ReportNo, i.ReportOn, i.Sealed = v.Says, actor.Name, tx.Now(), v.Report.Number, v.Report.On, v.Report.Sealed
		if _, err := tx.Exec(ctx, `UPDATE inquiry SET state = $2, verdict = $3, decided_by = $4, decided_at = $5, report_no = $6, report_on = $7, sealed = $8 WHERE id = $1`,
			id, i.State, i.Verdict, i.DecidedBy, i.DecidedAt, i.ReportNo, i.ReportOn, i.Sealed); err != nil {
			return err
		}
		if v.File != nil {
			file.OwnerKind, file.OwnerID = "inquiry", string(id)
			if _, err := approval.Attach(ctx, tx, file); err != nil {
				return err
			}
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "inquiry." + act, Target: i.Target(), Basis: sx2021.OfflineUnapproved.Citation, Before: before, After: map[string]any{"state": i.State, "basis": v.Basis, "says": v.Says}}); err != nil {
			return err
		}
		if _, err := s.obligations.Annul(ctx, tx, InquiryClock.ID, i.subject(), "已由主管单位认定"); err != nil {
			return err
		}
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "inquiry:" + string(id) + ":decided", Unit: string(i.Unit), Urgent: i.State == Unapproved, Link: i.Link(),
			Title: "核实单已认定：" + i.ObjectName + "（" + i.StateName() + "）", Body: v.Says}); err != nil {
			return err
		}
		if i.State != Unapproved {
			return nil
		}
		today, length := calendar.DateOf(tx.Now()), calendar.WorkingDays(s.settings().AccountabilityWorkdays)
		return s.obligations.Open(ctx, tx, obligation.Debt{Kind: AccountabilityClock.ID, Unit: i.Office, Subject: i.subject(), Link: i.Link(), Due: length.From(today, s.days), From: today, Length: length})
	})
	return i, err
}

// groundKind is what an inquiry is called among the grounds of a record.
const groundKind = "inquiry"

// inquiryGround lets records of accountability rest on an inquiry that was
// decided to be a 自行下线.
func (s *Service) inquiryGround() merit.Grounder {
	return merit.Grounder{Kind: groundKind, Name: "中断核实单", Find: func(ctx context.Context, q db.Querier, scope authz.Scope, ref string) (merit.Ground, error) {
		i, err := s.Inquiry(ctx, q, scope, InquiryID(ref))
		if err != nil {
			return merit.Ground{}, err
		}
		if i.State != Unapproved {
			return merit.Ground{}, fault.New(fault.Conflict, "核实单现在的状态是“"+i.StateName()+"”，只有认定为自行下线的才登记问责。")
		}
		return merit.Ground{Ref: merit.Ref{Kind: groundKind, ID: string(i.ID)}, Name: i.ObjectName + "中断核实单", Link: i.Link(), Unit: i.Unit}, nil
	}}
}

// Account records what was decided of the responsible person of a 自行下线. The
// record names the body that decided; a supervisor talks, criticises and asks,
// but imposes no 处分 (readings 15). The clock ends when a second person has
// checked it.
func (s *Service) Account(ctx context.Context, session *authz.Session, scope authz.Scope, id InquiryID, n merit.Entry, upload *approval.Upload) (merit.Record, error) {
	i, err := s.Inquiry(ctx, s.db, scope, id)
	if err != nil {
		return merit.Record{}, err
	}
	if !i.Decides(session) {
		return merit.Record{}, fault.New(fault.Forbidden, "由主管单位“"+i.OfficeName+"”登记，您的岗位不在该单位。")
	}
	if n.Capacity == "" {
		n.Capacity = "head"
	}
	if strings.TrimSpace(n.Person) == "" {
		return merit.Record{}, fault.New(fault.Invalid, "没有填写被问责人姓名和职务。").On("person", "请填写被问责人姓名和职务，最多 50 个字")
	}
	file, err := approval.TakeOne(ctx, s.store, upload, "accountability", "file")
	if err != nil {
		return merit.Record{}, err
	}
	var r merit.Record
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if i, err = s.Inquiry(ctx, tx, scope, id); err != nil {
			return err
		}
		n.Unit, n.Grounds = i.Unit, []merit.Ref{{Kind: groundKind, ID: string(id)}}
		r, err = s.merits.EnterTx(ctx, tx, authz.System("closing.account"), i.Office, n, []approval.Attachment{file})
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "inquiry.account", Target: i.Target(), Basis: sx2021.OfflineUnapproved.Citation, After: r.Number})
	})
	return r, err
}

// accounted ends the clock of the inquiries that a record rests on.
func (s *Service) accounted(ctx context.Context, tx *db.Tx, r merit.Record) error {
	if r.Sort != merit.Account {
		return nil
	}
	for _, g := range r.Grounds {
		if g.Kind != groundKind {
			continue
		}
		i, err := s.Inquiry(ctx, tx, authz.System("closing.accounted"), InquiryID(g.ID))
		if err != nil {
			return err
		}
		if _, err := s.obligations.Discharge(ctx, tx, AccountabilityClock.ID, i.subject(), r.Number+" "+r.Body+"："+r.KindName()+"（"+r.DecidedOn.Chinese()+"）"); err != nil {
			return err
		}
	}
	return nil
}

// Accountabilities of an inquiry in scope, oldest first.
func (s *Service) Accountabilities(ctx context.Context, q db.Querier, scope authz.Scope, id InquiryID) ([]merit.Record, error) {
	if _, err := s.Inquiry(ctx, q, scope, id); err != nil {
		return nil, err
	}
	return merit.Of(ctx, q, scope, merit.Ref{Kind: groundKind, ID: string(id)})
}

// InquiryHistory is every step of an inquiry in scope, oldest first.
func (s *Service) InquiryHistory(ctx context.Context, q db.Querier, scope authz.Scope, id InquiryID) ([]passage.Step, error) {
	if _, err := s.Inquiry(ctx, q, scope, id); err != nil {
		return nil, err
	}
	return InquiryMachine.History(ctx, q, string(id))
}

// OpenPaper reads a paper of an inquiry in scope.
func (s *Service) OpenPaper(ctx context.Context, scope authz.Scope, id InquiryID, attachment string) (approval.Attachment, io.ReadCloser, error) {
	if _, err := s.Inquiry(ctx, s.db, scope, id); err != nil {
		return approval.Attachment{}, nil, err
	}
	return approval.OpenAttached(ctx, s.db, s.store, "inquiry", string(id), attachment)
}

// LedgerHolds say why a record of the ledger stays that this module refers to.
func LedgerHolds() []registry.Hold {
	return []registry.Hold{registry.ObjectHold("已有核实单，保留", "inquiry", "")}
}
