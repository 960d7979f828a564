package selfcheck

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
)

const citation = "陕政公开办〔2021〕18号 第二十三条（一）"

// The clocks of a self-check.
var (
	CheckKind = obligation.Kind{ID: "selfcheck", Name: "季度安全自查", Clause: "S23.1b", Citation: citation,
		Says: "每季度至少组织开展一次安全自查", Remind: []int{30, 7, 0}, Escalate: 3, Minutes: 30}
	FixKind = obligation.Kind{ID: "selfcheck_fix", Name: "自查问题整改", Clause: "S23.1b", Citation: citation,
		Says: "自查发现的问题按期整改", Remind: []int{7, 1, 0}, Escalate: 5, Minutes: 15}
)

// Obligations are the clocks of the package.
func Obligations() []obligation.Kind { return []obligation.Kind{CheckKind, FixKind} }

// States of a self-check.
const (
	Filling   = "filling"
	Submitted = "submitted"
	Confirmed = "confirmed"
)

// Machine is the states of a self-check.
var Machine = passage.Machine{Kind: "selfcheck", Noun: "安全自查", States: map[string]string{Filling: "填报中", Submitted: "待分管领导确认", Confirmed: "已完成"},
	Moves: []passage.Move{
		{To: Filling, Act: "begin", Says: "开始自查", Permit: string(authz.SelfCheckFill)},
		{From: Filling, Act: "submit", To: Submitted, Says: "提交自查", Guard: "各项都有结论，有问题的写明整改期限", Permit: string(authz.SelfCheckFill)},
		{From: Submitted, Act: "confirm", To: Confirmed, Says: "确认", Guard: "不是填报人本人", Permit: string(authz.SelfCheckAffirm)},
		{From: Submitted, Act: "return", To: Filling, Says: "退回", Permit: string(authz.SelfCheckAffirm)},
	}}

// Item is one thing to look at.
type Item struct {
	ID    string `json:"id"`
	Group string `json:"group"`
	Text  string `json:"text"`
	Basis string `json:"basis"`
	Mark  string `json:"mark"` // S stated by the law, V verified, M+ and M- from memory
}

// Unverified reports whether the item rests on memory.
func (i Item) Unverified() bool { return strings.HasPrefix(i.Mark, "M") }

// Pack is one version of the form.
type Pack struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
	Title   string `json:"title"`
	Source  string `json:"source"`
	Items   []Item `json:"items"`
}

//go:embed items.json
var itemsFile []byte

// Form is the pack in force, read once.
var Form = sync.OnceValues(func() (Pack, error) {
	d := json.NewDecoder(bytes.NewReader(itemsFile))
	d.DisallowUnknownFields()
	var p Pack
	if err := d.Decode(&p); err != nil {
		return p, fmt.Errorf("selfcheck: items: %w", err)
	}
	seen := map[string]bool{}
	for _, i := range p.Items {
		if i.ID == "" || i.Text == "" || i.Basis == "" || !slices.Contains([]string{"S", "V", "1", "M+", "M-"}, i.Mark) || seen[i.ID] {
			return p, fmt.Errorf("selfcheck: item %q is not whole", i.ID)
		}
		seen[i.ID] = true
	}
	return p, nil
})

// Verdicts on an item.
const (
	Fine    = "fine"
	Problem = "problem"
	None    = "none" // does not apply
)

// VerdictNames in Chinese.
var VerdictNames = map[string]string{Fine: "符合", Problem: "有问题", None: "不涉及"}

// Answer is the verdict on one item.
type Answer struct {
	Verdict string        `json:"verdict"`
	Note    string        `json:"note,omitempty"`
	Due     calendar.Date `json:"due"` // of a problem
}

// Check is one unit's self-check of a quarter.
type Check struct {
	ID          string
	Unit        org.UnitID
	UnitName    string
	Period      string // 2026-Q3
	State       string // empty: not begun
	Answers     map[string]Answer
	Summary     string
	FilledByID  string
	FilledBy    string
	SubmittedAt time.Time
	Leader      string
	LeaderTitle string
	ConfirmedBy string
	ConfirmedAt time.Time
	ReturnedWhy string
	Problems    []Trouble
	Files       []approval.Attachment
	Due         calendar.Due // of the obligation, zero when none is known
	Ended       bool         // the obligation is discharged
}

// Trouble is a problem found, until it is mended.
type Trouble struct {
	ID, Item, Says, DoneBy, Evidence string
	DueOn                            calendar.Date
	DoneAt                           time.Time
}

// Link is its page.
func Link(unit org.UnitID, period string) string {
	return "/console/selfchecks/" + string(unit) + "/" + period
}

// Service is the door of selfcheck.
type Service struct {
	db          *db.DB
	org         *org.Service
	registry    *registry.Service
	obligations *obligation.Service
	store       blob.Store
}

// New makes the service and registers what returns each quarter.
func New(d *db.DB, o *org.Service, r *registry.Service, ob *obligation.Service, store blob.Store) *Service {
	s := &Service{db: d, org: o, registry: r, obligations: ob, store: store}
	ob.Recur(obligation.Recurring{Kind: CheckKind.ID, Every: obligation.Quarterly, Owes: func(ctx context.Context, q db.Querier) ([]obligation.Debtor, error) {
		list, err := r.Sponsors(ctx, q, authz.System("selfcheck.owes"), false)
		var out []obligation.Debtor
		for _, x := range list {
			out = append(out, obligation.Debtor{Unit: x.Unit, Name: x.Name, Link: Link(x.Unit, "{period}")})
		}
		return out, err
	}})
	return s
}

var period = regexp.MustCompile(`^20[0-9]{2}-Q[1-4]$`)

// PeriodName is the quarter in words.
func PeriodName(p string) string {
	if !period.MatchString(p) {
		return p
	}
	return p[:4] + "年第" + p[6:] + "季度"
}

const checkSelect = `SELECT c.id, c.unit_id, u.name, c.period_key, c.state, c.answers, c.summary, c.filled_by_id, c.filled_by, c.submitted_at, c.leader, c.leader_title, c.confirmed_by, c.confirmed_at, c.returned_why
	FROM selfcheck c JOIN unit u ON u.id = c.unit_id`

func scanCheck(r db.Scanner) (Check, error) {
	var c Check
	var answers string
	if err := r.Scan(&c.ID, &c.Unit, &c.UnitName, &c.Period, &c.State, &answers, &c.Summary, &c.FilledByID, &c.FilledBy, &c.SubmittedAt, &c.Leader, &c.LeaderTitle, &c.ConfirmedBy, &c.ConfirmedAt, &c.ReturnedWhy); err != nil {
		return c, err
	}
	return c, json.Unmarshal([]byte(answers), &c.Answers)
}

// Check of a unit in scope; one not begun has no state.
func (s *Service) Check(ctx context.Context, scope authz.Scope, unit org.UnitID, key string) (Check, error) {
	return s.load(ctx, s.db, scope, unit, key)
}

func (s *Service) load(ctx context.Context, q db.Querier, scope authz.Scope, unit org.UnitID, key string) (Check, error) {
	if !period.MatchString(key) {
		return Check{}, fault.Missing("安全自查")
	}
	u, err := s.org.UnitTx(ctx, q, scope, unit)
	if err != nil {
		return Check{}, err
	}
	c, err := db.One(ctx, q, scanCheck, checkSelect+` WHERE c.unit_id = $1 AND c.period_key = $2`, unit, key)
	if db.None(err) {
		return Check{Unit: u.ID, UnitName: u.Name, Period: key, Answers: map[string]Answer{}}, nil
	}
	if err != nil {
		return c, err
	}
	if c.Files, err = approval.Attachments(ctx, q, "selfcheck", c.ID); err != nil {
		return c, err
	}
	c.Problems, err = db.All(ctx, q, func(r db.Scanner) (Trouble, error) {
		var t Trouble
		err := r.Scan(&t.ID, &t.Item, &t.Says, &t.DueOn, &t.DoneAt, &t.DoneBy, &t.Evidence)
		return t, err
	}, `SELECT id, item_id, says, due_on, done_at, done_by, evidence FROM selfcheck_problem WHERE selfcheck_id = $1 ORDER BY due_on, id`, c.ID)
	return c, err
}

// Problem is a problem of a self-check in scope that was submitted or confirmed,
// with the check that found it.
func (s *Service) Problem(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Check, Trouble, error) {
	type at struct {
		unit org.UnitID
		key  string
	}
	of, err := db.One(ctx, q, func(r db.Scanner) (at, error) {
		var x at
		return x, r.Scan(&x.unit, &x.key)
	}, `SELECT c.unit_id, c.period_key FROM selfcheck_problem p JOIN selfcheck c ON c.id = p.selfcheck_id WHERE p.id = $1 AND c.state IN ('submitted', 'confirmed')`, id)
	if db.None(err) {
		return Check{}, Trouble{}, fault.Missing("自查发现的问题")
	}
	if err != nil {
		return Check{}, Trouble{}, err
	}
	c, err := s.load(ctx, q, scope, of.unit, of.key)
	if err != nil {
		return c, Trouble{}, err
	}
	for _, t := range c.Problems {
		if t.ID == id {
			return c, t, nil
		}
	}
	return c, Trouble{}, fault.Missing("自查发现的问题")
}

func (s *Service) subject(c Check) obligation.Subject {
	return obligation.Subject{Kind: "unit", ID: string(c.Unit), Name: c.UnitName}
}

func (c Check) target() audit.Target {
	return audit.Target{Kind: "selfcheck", ID: c.ID, Name: c.UnitName + " " + PeriodName(c.Period) + "安全自查", Unit: string(c.Unit)}
}

// May reports what the person may do with the unit's self-check: it is the
// unit's own, nobody fills it in for another.
func May(session *authz.Session, unit org.UnitID) (fill, confirm bool) {
	return session.MayAt(authz.SelfCheckFill, string(unit)), session.MayAt(authz.SelfCheckAffirm, string(unit))
}

// Filled is what the form brings.
type Filled struct {
	Answers map[string]Answer
	Summary string
	Files   []approval.Upload
	Submit  bool // else only kept
}

// Fill keeps the answers, and submits them when asked.
func (s *Service) Fill(ctx context.Context, scope authz.Scope, session *authz.Session, unit org.UnitID, key string, n Filled) error {
	pack, err := Form()
	if err != nil {
		return err
	}
	if _, err := s.load(ctx, s.db, scope, unit, key); err != nil {
		return err
	}
	if !session.MayAt(authz.SelfCheckFill, string(unit)) {
		return fault.New(fault.Refused, "安全自查由本单位填报，不能代填。")
	}
	kept, err := approval.TakeAll(ctx, s.store, n.Files)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.load(ctx, tx, scope, unit, key)
		if err != nil {
			return err
		}
		today := calendar.DateOf(tx.Now())
		var f fault.Fields
		answers := map[string]Answer{}
		for _, i := range pack.Items {
			a := n.Answers[i.ID]
			a.Note = strings.TrimSpace(a.Note)
			f.Check(len([]rune(a.Note)) <= 500, "note_"+i.ID, "说明最多 500 个字")
			f.Check(a.Verdict == "" || VerdictNames[a.Verdict] != "", "verdict_"+i.ID, "请选择符合、有问题或不涉及")
			if n.Submit {
				f.Check(a.Verdict != "", "verdict_"+i.ID, "“"+i.Group+"”还没有结论")
				f.Check(a.Verdict != Problem || a.Note != "", "note_"+i.ID, "请写明“"+i.Group+"”的问题")
				f.Check(a.Verdict != None || a.Note != "", "note_"+i.ID, "请写明“"+i.Group+"”为什么不涉及")
				f.Check(a.Verdict != Problem || !a.Due.IsZero() && !a.Due.Before(today), "due_"+i.ID, "请填写“"+i.Group+"”的整改期限，不早于今天")
			}
			if a.Verdict != Problem {
				a.Due = calendar.Date{}
			}
			answers[i.ID] = a
		}
		n.Summary = strings.TrimSpace(n.Summary)
		f.Check(len([]rune(n.Summary)) <= 4000, "summary", "自查小结最多 4000 个字")
		f.Check(!n.Submit || n.Summary != "", "summary", "请填写自查小结")
		if err := f.Err(); err != nil {
			return err
		}
		body, err := json.Marshal(answers)
		if err != nil {
			return err
		}
		if c.State == "" {
			if PeriodFirst(key).After(today) {
				return fault.New(fault.Refused, PeriodName(key)+"还没有开始，不能提前自查。")
			}
			c.ID = ulid.Make().String()
			if _, c.State, err = Machine.Take(ctx, tx, c.ID, "begin", passage.Note{}); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO selfcheck (id, unit_id, period_key, pack_id, pack_version, state, answers) VALUES ($1, $2, $3, $4, $5, $6, '{}')`, c.ID, unit, key, pack.ID, pack.Version, c.State); err != nil {
				if _, dup := db.UniqueViolation(err); dup {
					return fault.New(fault.Conflict, "同事刚刚开始了这次自查，请刷新后再填。")
				}
				return err
			}
		}
		if c.State != Filling {
			return fault.New(fault.Conflict, "这次自查已经提交，要修改请先由分管领导退回。")
		}
		act := "selfcheck.keep"
		submitted := time.Time{}
		if n.Submit {
			act, submitted = "selfcheck.submit", tx.Now()
			if _, c.State, err = Machine.Take(ctx, tx, c.ID, "submit", passage.Note{}); err != nil {
				return err
			}
			if _, err := notify.Send(ctx, tx, notify.Message{Key: "selfcheck:" + c.ID + ":submit:" + tx.Now().Format(time.RFC3339), Unit: string(unit), Link: Link(unit, key), Title: "请确认：" + PeriodName(key) + "安全自查", Body: session.Name + " 已提交，请分管领导确认。"}); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `UPDATE selfcheck SET state = $2, answers = $3, summary = $4, filled_by_id = $5, filled_by = $6, submitted_at = $7, returned_why = CASE WHEN $8 THEN '' ELSE returned_why END WHERE id = $1`,
			c.ID, c.State, string(body), n.Summary, session.PersonID, session.Name, submitted, n.Submit); err != nil {
			return err
		}
		if err := approval.AttachAll(ctx, tx, "selfcheck", c.ID, kept); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: act, Basis: citation, Target: c.target(), After: answers})
	})
}

// PeriodFirst is the first day of a quarter.
func PeriodFirst(key string) calendar.Date {
	if !period.MatchString(key) {
		return calendar.Date{}
	}
	var y, q int
	if _, err := fmt.Sscanf(key, "%d-Q%d", &y, &q); err != nil {
		return calendar.Date{}
	}
	return calendar.Date{Year: y, Month: time.Month(3*(q-1) + 1), Day: 1}
}

// Confirm is the word of the leader in charge, entered by somebody else than
// who filled the form in. It discharges the quarter and opens a clock for each
// problem.
func (s *Service) Confirm(ctx context.Context, scope authz.Scope, session *authz.Session, unit org.UnitID, key, leader, title string) error {
	leader, title = strings.TrimSpace(leader), strings.TrimSpace(title)
	return s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.load(ctx, tx, scope, unit, key)
		if err != nil {
			return err
		}
		switch {
		case !session.MayAt(authz.SelfCheckAffirm, string(unit)):
			return fault.New(fault.Refused, "安全自查由本单位分管领导确认。")
		case c.FilledByID == session.PersonID:
			return fault.New(fault.Refused, "填报人不能确认自己填报的自查，请由分管领导或其指定的人确认。")
		}
		var f fault.Fields
		f.Check(leader != "" && len([]rune(leader)) <= 40, "leader", "请填写分管领导姓名")
		f.Check(title != "" && len([]rune(title)) <= 60, "leader_title", "请填写分管领导职务")
		if err := f.Err(); err != nil {
			return err
		}
		if _, c.State, err = Machine.Take(ctx, tx, c.ID, "confirm", passage.Note{Says: leader}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE selfcheck SET state = $2, leader = $3, leader_title = $4, confirmed_by = $5, confirmed_at = $6 WHERE id = $1`, c.ID, c.State, leader, title, session.Name, tx.Now()); err != nil {
			return err
		}
		pack, err := Form()
		if err != nil {
			return err
		}
		for _, i := range pack.Items {
			a := c.Answers[i.ID]
			if a.Verdict != Problem {
				continue
			}
			id := ulid.Make().String()
			if _, err := tx.Exec(ctx, `INSERT INTO selfcheck_problem (id, selfcheck_id, item_id, says, due_on) VALUES ($1, $2, $3, $4, $5)`, id, c.ID, i.ID, a.Note, a.Due); err != nil {
				return err
			}
			if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: FixKind.ID, Unit: unit, Subject: obligation.Subject{Kind: "selfcheck_problem", ID: id, Name: i.Group + "：" + short(a.Note)}, Link: Link(unit, key), Due: calendar.Due{On: a.Due}, From: calendar.DateOf(tx.Now())}); err != nil {
				return err
			}
		}
		if _, err := s.obligations.DischargePeriod(ctx, tx, CheckKind.ID, s.subject(c), key, PeriodName(key)+"安全自查，"+leader+"（"+title+"）确认"); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "selfcheck.confirm", Basis: citation, Target: c.target(), After: map[string]string{"leader": leader, "title": title}})
	})
}

func short(s string) string {
	r := []rune(s)
	if len(r) <= 30 {
		return s
	}
	return string(r[:29]) + "…"
}

// Return gives a submitted self-check back to be filled in again.
func (s *Service) Return(ctx context.Context, scope authz.Scope, session *authz.Session, unit org.UnitID, key, why string) error {
	why = strings.TrimSpace(why)
	return s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.load(ctx, tx, scope, unit, key)
		if err != nil {
			return err
		}
		if !session.MayAt(authz.SelfCheckAffirm, string(unit)) {
			return fault.New(fault.Refused, "安全自查由本单位分管领导确认或退回。")
		}
		if why == "" || len([]rune(why)) > 500 {
			return fault.New(fault.Invalid, "退回需要写明原因。").On("why", "请写明退回原因，最多 500 个字")
		}
		if _, c.State, err = Machine.Take(ctx, tx, c.ID, "return", passage.Note{Says: why}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE selfcheck SET state = $2, returned_why = $3 WHERE id = $1`, c.ID, c.State, why); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "selfcheck.return", Target: c.target(), After: why})
	})
}

// Mend closes a problem with its evidence.
func (s *Service) Mend(ctx context.Context, scope authz.Scope, session *authz.Session, unit org.UnitID, key, problem, evidence string) error {
	evidence = strings.TrimSpace(evidence)
	return s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.load(ctx, tx, scope, unit, key)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(c.Problems, func(t Trouble) bool { return t.ID == problem })
		if i < 0 {
			return fault.Missing("自查问题")
		}
		if !session.MayAt(authz.SelfCheckFill, string(unit)) {
			return fault.New(fault.Refused, "自查问题由本单位整改。")
		}
		if evidence == "" || len([]rune(evidence)) > 500 {
			return fault.New(fault.Invalid, "整改需要写明依据。").On("evidence", "请写明怎样整改、依据是什么，最多 500 个字")
		}
		n, err := tx.Exec(ctx, `UPDATE selfcheck_problem SET done_at = $2, done_by = $3, evidence = $4 WHERE id = $1 AND done_at IS NULL`, problem, tx.Now(), session.Name, evidence)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "这个问题已经整改完成，请刷新后再看。")
		}
		if _, err := s.obligations.Discharge(ctx, tx, FixKind.ID, obligation.Subject{Kind: "selfcheck_problem", ID: problem, Name: c.Problems[i].Says}, evidence); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "selfcheck.mend", Basis: citation, Target: c.target(), After: evidence})
	})
}

// Checks of a quarter in scope: every unit that owes one, by due date, the
// open ones first; and how many there are (bounded, see obligation.Count).
func (s *Service) Checks(ctx context.Context, scope authz.Scope, key string, openOnly bool, limit, offset int) ([]Check, int, error) {
	if !period.MatchString(key) {
		return nil, 0, fault.New(fault.Invalid, "季度应写作 2026-Q3 这样的形式。").On("period", "请选择季度")
	}
	f := obligation.Filter{Kind: CheckKind.ID, Period: key, State: "all", Limit: limit, Offset: offset}
	if openOnly {
		f.State = obligation.Open
	}
	total, err := s.obligations.Count(ctx, scope, f)
	if err != nil {
		return nil, 0, err
	}
	owed, err := s.obligations.Obligations(ctx, scope, f)
	if err != nil || len(owed) == 0 {
		return nil, total, err
	}
	var w db.Where
	var ids []string
	for _, o := range owed {
		ids = append(ids, string(o.Unit))
	}
	key1 := w.Arg(key)
	begun, err := db.All(ctx, s.db, scanCheck, checkSelect+` WHERE c.period_key = `+key1+` AND c.unit_id IN `+db.Among(&w, ids), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	by := map[org.UnitID]Check{}
	for _, c := range begun {
		by[c.Unit] = c
	}
	var out []Check
	for _, o := range owed {
		c, ok := by[o.Unit]
		if !ok {
			c = Check{Unit: o.Unit, UnitName: o.UnitName, Period: key}
		}
		c.Due, c.Ended = o.Due, o.State != obligation.Open
		out = append(out, c)
	}
	return out, total, nil
}

// File opens a file of a self-check in scope.
func (s *Service) File(ctx context.Context, scope authz.Scope, unit org.UnitID, key, file string) (approval.Attachment, io.ReadCloser, error) {
	c, err := s.Check(ctx, scope, unit, key)
	if err != nil {
		return approval.Attachment{}, nil, err
	}
	return approval.OpenAttached(ctx, s.db, s.store, "selfcheck", c.ID, file)
}
