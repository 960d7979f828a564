package guidance

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
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
)

const citation = "陕政公开办〔2021〕18号 第四条"

// ReturnKind is the clock of a receiver: sign for the notice and return what it
// asks for.
var ReturnKind = obligation.Kind{ID: "guidance_return", Name: "工作通知办理", Clause: "S4.2", Citation: citation,
	Says: "主管单位推进、指导、协调、监督；收到工作通知的单位按时签收并报送", Remind: []int{7, 3, 1, 0}, Escalate: 2, Minutes: 20}

// Kinds of what is issued.
const (
	Notice   = "notice"   // 工作通知: signed for and returned
	Document = "document" // 指导文件: kept for reading
)

// States of a receipt.
const (
	Sent      = "sent"
	Signed    = "signed"
	Returned  = "returned"
	Accepted  = "accepted"
	Withdrawn = "withdrawn"
)

// Machine is the states of a receipt.
var Machine = passage.Machine{Kind: "guidance_receipt", Noun: "工作通知",
	States: map[string]string{Sent: "未签收", Signed: "已签收", Returned: "已报送", Accepted: "已接收", Withdrawn: "已撤回"},
	Moves: []passage.Move{
		{To: Sent, Act: "issue", Says: "印发", Permit: string(authz.GuidanceIssue)},
		{From: Sent, Act: "sign", To: Signed, Says: "签收", Permit: string(authz.GuidanceAnswer)},
		{From: Signed, Act: "return", To: Returned, Says: "报送", Guard: "必填项和材料齐全", Permit: string(authz.GuidanceAnswer)},
		{From: Returned, Act: "accept", To: Accepted, Says: "接收", Permit: string(authz.GuidanceIssue)},
		{From: Returned, Act: "send_back", To: Signed, Says: "退回补报", Permit: string(authz.GuidanceIssue)},
		{From: Sent, Act: "withdraw", To: Withdrawn, Says: "撤回", Permit: string(authz.GuidanceIssue)},
		{From: Signed, Act: "withdraw", To: Withdrawn, Says: "撤回", Permit: string(authz.GuidanceIssue)},
	}}

// Field is one thing to be returned.
type Field struct {
	Label    string `json:"label"`
	Kind     string `json:"kind"` // text, lines, number, date
	Required bool   `json:"required"`
}

// Guidance is one notice or document.
type Guidance struct {
	ID        string
	Number    string
	Title     string
	Body      string
	Kind      string
	Unit      org.UnitID // the issuer
	UnitName  string     // joined
	Audience  string
	Fields    []Field
	WantsFile bool
	DueOn     calendar.Date
	Receivers int
	IssuedAt  time.Time
	IssuedBy  string
	// WithdrawnAt is zero while it stands.
	WithdrawnAt  time.Time
	WithdrawnWhy string
	Files        []approval.Attachment
	Counts       map[string]int // receipts by state
}

// Asks reports whether something is to be returned.
func (g Guidance) Asks() bool { return len(g.Fields) > 0 || g.WantsFile }

// Link is its page.
func (g Guidance) Link() string { return "/console/guidance/" + g.ID }

func (g Guidance) target() audit.Target {
	return audit.Target{Kind: "guidance", ID: g.ID, Name: g.Number + " " + g.Title, Unit: string(g.Unit)}
}

func (g Guidance) subject(unit org.UnitID) obligation.Subject {
	return obligation.Subject{Kind: "guidance", ID: receiptID(g.ID, unit), Name: g.Number + " " + g.Title}
}

func receiptID(id string, unit org.UnitID) string { return id + ":" + string(unit) }

// Receipt is one unit's part.
type Receipt struct {
	Guidance   string
	Unit       org.UnitID
	UnitName   string
	State      string
	SignedAt   time.Time
	SignedBy   string
	ReturnedAt time.Time
	ReturnedBy string
	Answers    map[string]string
	Remark     string
	Files      []approval.Attachment
}

// Question is asked by one receiver; its answer is seen by all.
type Question struct {
	ID, UnitName, Text, AskedBy string
	Unit                        org.UnitID
	AskedAt                     time.Time
	Answer, AnsweredBy          string
	AnsweredAt                  time.Time
}

// Service is the door of guidance.
type Service struct {
	db          *db.DB
	org         *org.Service
	obligations *obligation.Service
	store       blob.Store
}

// New makes the service.
func New(d *db.DB, o *org.Service, ob *obligation.Service, store blob.Store) *Service {
	return &Service{db: d, org: o, obligations: ob, store: store}
}

// Issue is what is to be issued.
type Issue struct {
	Number, Title, Body, Kind string
	DueOn                     calendar.Date
	Fields                    string // one a line, see ReadFields
	WantsFile                 bool
	To                        org.Choice
	Audience                  string // the choice in words
	Files                     []approval.Upload
}

// maxFields bounds what one notice may ask for.
const maxFields = 40

var mark = regexp.MustCompile(`[（(](必填|数字|日期|多行)[）)]`)

// ReadFields reads what is to be returned: one thing a line, with marks such as
// “正在运行的网站数（数字）（必填）”.
func ReadFields(text string) ([]Field, error) {
	var out []Field
	seen := map[string]bool{}
	for i, line := range strings.Split(text, "\n") {
		f := Field{Kind: "text"}
		for _, m := range mark.FindAllStringSubmatch(line, -1) {
			switch m[1] {
			case "必填":
				f.Required = true
			case "数字":
				f.Kind = "number"
			case "日期":
				f.Kind = "date"
			case "多行":
				f.Kind = "lines"
			}
		}
		f.Label = strings.TrimSpace(mark.ReplaceAllString(line, ""))
		switch {
		case f.Label == "":
			continue
		case len([]rune(f.Label)) > 60:
			return nil, fault.New(fault.Invalid, "报送项目过长。").On("fields", fmt.Sprintf("第 %d 行超过 60 个字，请缩短", i+1))
		case seen[f.Label]:
			return nil, fault.New(fault.Invalid, "报送项目重复。").On("fields", fmt.Sprintf("第 %d 行“%s”重复，请删去一处", i+1, f.Label))
		}
		seen[f.Label] = true
		out = append(out, f)
	}
	if len(out) > maxFields {
		return nil, fault.Newf(fault.Invalid, "报送项目最多 %d 项。", maxFields).On("fields", "请合并或改用表格文件")
	}
	return out, nil
}

// Issue sends a notice to every unit of the choice, or keeps a document. The
// issuer is the office where the person holds the post.
func (s *Service) Issue(ctx context.Context, scope authz.Scope, session *authz.Session, n Issue) (Guidance, error) {
	n.Number, n.Title, n.Body = strings.TrimSpace(n.Number), strings.TrimSpace(n.Title), strings.TrimSpace(n.Body)
	today := calendar.DateOf(s.db.Now())
	var f fault.Fields
	f.Check(n.Kind == Notice || n.Kind == Document, "kind", "请选择工作通知或指导文件")
	f.Check(n.Number != "" && len([]rune(n.Number)) <= 60, "number", "请填写文号，最多 60 个字")
	f.Check(n.Title != "" && len([]rune(n.Title)) <= 120, "title", "请填写标题，最多 120 个字")
	f.Check(n.Body != "" && len([]rune(n.Body)) <= 20000, "body", "请填写正文，最多 20000 个字")
	f.Check(n.Kind != Notice || !n.DueOn.IsZero() && !n.DueOn.Before(today), "due", "工作通知要有期限，且不早于今天")
	f.Check(n.DueOn.IsZero() || n.DueOn.Sub(today) <= 730, "due", "期限不能超过两年，请核对")
	fields, err := ReadFields(n.Fields)
	if err != nil {
		return Guidance{}, err
	}
	if err := f.Err(); err != nil {
		return Guidance{}, err
	}
	files, err := approval.TakeAll(ctx, s.store, n.Files)
	if err != nil {
		return Guidance{}, err
	}
	g := Guidance{ID: ulid.Make().String(), Number: n.Number, Title: n.Title, Body: n.Body, Kind: n.Kind, Audience: n.Audience, WantsFile: n.WantsFile && n.Kind == Notice, DueOn: n.DueOn, IssuedBy: session.Name}
	if n.Kind == Notice {
		g.Fields = fields
	} else {
		g.DueOn = calendar.Date{}
	}
	asked, err := json.Marshal(g.Fields)
	if err != nil {
		return Guidance{}, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		from, err := s.issuer(ctx, tx, session)
		if err != nil {
			return err
		}
		g.Unit, g.UnitName, g.IssuedAt = from.ID, from.Name, tx.Now()
		n.To.Not = from.ID
		var units []org.Unit
		if n.Kind == Notice {
			if units, err = s.org.Choose(ctx, tx, scope, n.To); err != nil {
				return err
			}
			if len(units) == 0 {
				return fault.New(fault.Invalid, "没有选中任何单位。").On("areas", "请调整区划、类别或单位名称；单位名称要写全称")
			}
			for _, name := range n.To.Names {
				if !slices.ContainsFunc(units, func(u org.Unit) bool { return u.Name == name }) {
					return fault.New(fault.Invalid, "有单位没有找到。").On("names", "“"+name+"”没有登记，或不在管辖范围内，请核对全称")
				}
			}
		}
		g.Receivers = len(units)
		if _, err := tx.Exec(ctx, `INSERT INTO guidance (id, number, title, body, kind, unit_id, audience, fields, wants_file, due_on, receivers, issued_at, issued_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`, g.ID, g.Number, g.Title, g.Body, g.Kind, g.Unit, g.Audience, string(asked), g.WantsFile, g.DueOn, g.Receivers, g.IssuedAt, g.IssuedBy); err != nil {
			if _, dup := db.UniqueViolation(err); dup {
				return fault.New(fault.Conflict, "本单位已用这个文号印发过，请核对。").On("number", "文号重复")
			}
			return err
		}
		if err := approval.AttachAll(ctx, tx, "guidance", g.ID, files); err != nil {
			return err
		}
		receipts, rows := make([]string, len(units)), make([][]any, len(units))
		for i, u := range units {
			receipts[i], rows[i] = receiptID(g.ID, u.ID), []any{g.ID, u.ID, Sent}
		}
		if _, err := Machine.Begin(ctx, tx, receipts, "issue", passage.Note{}); err != nil {
			return err
		}
		if err := tx.InsertAll(ctx, "guidance_receipt", []string{"guidance_id", "unit_id", "state"}, rows); err != nil {
			return err
		}
		var told []notify.Message
		for _, u := range units {
			if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: ReturnKind.ID, Unit: u.ID, Subject: g.subject(u.ID), Link: g.Link(), Due: calendar.Due{On: g.DueOn}, From: today}); err != nil {
				return err
			}
			told = append(told, notify.Message{Key: "guidance:" + g.ID + ":" + string(u.ID) + ":issued", Unit: string(u.ID), Link: g.Link(), Title: "工作通知：" + g.Title, Body: g.UnitName + "印发 " + g.Number + "，请于 " + g.DueOn.Chinese() + " 前签收" + map[bool]string{true: "并报送", false: ""}[g.Asks()] + "。"})
		}
		if err := notify.SendAll(ctx, tx, told); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "guidance.issue", Basis: citation, Target: g.target(), After: map[string]any{"receivers": g.Receivers, "due": g.DueOn, "audience": g.Audience}})
	})
	return g, err
}

// issuer is the office the person issues for.
func (s *Service) issuer(ctx context.Context, q db.Querier, session *authz.Session) (org.Unit, error) {
	if units := session.UnitsFor(authz.GuidanceIssue); len(units) > 0 {
		return s.org.UnitTx(ctx, q, authz.System("guidance.issuer"), org.UnitID(units[0]))
	}
	return org.Unit{}, fault.New(fault.Forbidden, "只有主管单位可以印发工作通知。")
}

const guidanceSelect = `SELECT g.id, g.number, g.title, g.body, g.kind, g.unit_id, u.name, g.audience, g.fields, g.wants_file, g.due_on, g.receivers, g.issued_at, g.issued_by, g.withdrawn_at, g.withdrawn_why
	FROM guidance g JOIN unit u ON u.id = g.unit_id`

func scanGuidance(r db.Scanner) (Guidance, error) {
	var g Guidance
	var fields string
	if err := r.Scan(&g.ID, &g.Number, &g.Title, &g.Body, &g.Kind, &g.Unit, &g.UnitName, &g.Audience, &fields, &g.WantsFile, &g.DueOn, &g.Receivers, &g.IssuedAt, &g.IssuedBy, &g.WithdrawnAt, &g.WithdrawnWhy); err != nil {
		return g, err
	}
	return g, json.Unmarshal([]byte(fields), &g.Fields)
}

// Boxes of the list.
const (
	Received  = "received"  // to the units of the scope's own posts
	Issued    = "issued"    // by them
	Documents = "documents" // guidance of the offices above, and own
)

// Filter narrows List.
type Filter struct {
	Box    string
	Text   string
	Limit  int // 50 when zero
	Offset int
}

// Listed is a row of the list with the reader's own receipt, where there is
// one.
type Listed struct {
	Guidance
	Mine  string // state of the own receipt
	Done  int    // receipts returned, or signed where nothing is asked
	Opens bool   // unanswered questions
}

// List of a box, the newest first, and how many there are. It takes the
// session: boxes belong to the units of the person's posts.
func (s *Service) List(ctx context.Context, session *authz.Session, f Filter) ([]Listed, int, error) {
	units, areas := own(session)
	if len(units) == 0 {
		return nil, 0, nil
	}
	in := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(units)), ", ") + ")"
	var w db.Where
	switch f.Box {
	case Issued:
		w.And("g.unit_id IN "+in, units...)
	case Documents:
		w.And("g.kind = 'document' AND g.withdrawn_at IS NULL")
		var above []string
		var args []any
		for _, a := range areas {
			// The issuer's area holds the reader's unit.
			above = append(above, "substr(?, 1, length(x.path)) = x.path")
			args = append(args, a)
		}
		w.And("EXISTS (SELECT 1 FROM area x WHERE x.id = u.area_id AND ("+strings.Join(above, " OR ")+"))", args...)
	default:
		w.And("g.id IN (SELECT t.guidance_id FROM guidance_receipt t WHERE t.unit_id IN "+in+")", units...)
	}
	w.AndIf(f.Text != "", `(lower(g.title) LIKE ? ESCAPE '\' OR lower(g.number) LIKE ? ESCAPE '\')`, db.Contains(f.Text), db.Contains(f.Text))
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM guidance g JOIN unit u ON u.id = g.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, func(r db.Scanner) (Listed, error) {
		var l Listed
		var fields string
		if err := r.Scan(&l.ID, &l.Number, &l.Title, &l.Kind, &l.Unit, &l.UnitName, &fields, &l.WantsFile, &l.DueOn, &l.Receivers, &l.IssuedAt, &l.WithdrawnAt, &l.Done, &l.Opens); err != nil {
			return l, err
		}
		return l, json.Unmarshal([]byte(fields), &l.Fields)
	}, `SELECT g.id, g.number, g.title, g.kind, g.unit_id, u.name, g.fields, g.wants_file, g.due_on, g.receivers, g.issued_at, g.withdrawn_at,
		(SELECT count(*) FROM guidance_receipt t WHERE t.guidance_id = g.id AND t.state IN ('returned', 'accepted')) +
		CASE WHEN g.fields IN ('null', '[]') AND g.wants_file = FALSE THEN (SELECT count(*) FROM guidance_receipt t WHERE t.guidance_id = g.id AND t.state = 'signed') ELSE 0 END,
		(SELECT count(*) FROM guidance_question q WHERE q.guidance_id = g.id AND q.answered_at IS NULL) > 0
		FROM guidance g JOIN unit u ON u.id = g.unit_id WHERE `+w.SQL()+` ORDER BY g.issued_at DESC, g.id DESC LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	if err != nil || len(list) == 0 || f.Box == Issued || f.Box == Documents {
		return list, total, err
	}
	var of db.Where
	var ids []any
	for _, l := range list {
		ids = append(ids, l.ID)
	}
	of.And("t.guidance_id IN ("+strings.TrimSuffix(strings.Repeat("?, ", len(ids)), ", ")+")", ids...)
	of.And("t.unit_id IN "+in, units...)
	mine, err := db.All(ctx, s.db, scanReceipt, receiptSelect+` WHERE `+of.SQL(), of.Args()...)
	if err != nil {
		return nil, 0, err
	}
	for i := range list {
		for _, r := range mine {
			if r.Guidance == list[i].ID {
				list[i].Mine = r.State
			}
		}
	}
	return list, total, nil
}

func own(session *authz.Session) (units []any, areas []string) {
	if session == nil {
		return nil, nil
	}
	seen := map[string]bool{}
	for _, p := range session.Posts {
		if !seen[p.UnitID] {
			seen[p.UnitID] = true
			units, areas = append(units, p.UnitID), append(areas, p.AreaPath)
		}
	}
	return units, areas
}

// Seen is one notice as a person may see it.
type Seen struct {
	Guidance
	Mine      []Receipt // of the person's own units
	Questions []Question
	// Issuer: the person may act for the unit that issued it.
	Issuer bool
}

// One is a notice to or from the person's units, or within the scope of who
// supervises its issuer, or a document from above.
func (s *Service) One(ctx context.Context, scope authz.Scope, session *authz.Session, id string) (Seen, error) {
	g, err := s.find(ctx, s.db, id)
	if err != nil {
		return Seen{}, err
	}
	v := Seen{Guidance: g, Issuer: session.MayAt(authz.GuidanceIssue, string(g.Unit))}
	issuer, err := s.org.UnitTx(ctx, s.db, authz.System("guidance.one"), g.Unit)
	if err != nil {
		return Seen{}, err
	}
	units, areas := own(session)
	for _, u := range units {
		r, err := s.receipt(ctx, s.db, g.ID, org.UnitID(fmt.Sprint(u)))
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return Seen{}, err
		}
		if r.Files, err = approval.Attachments(ctx, s.db, "guidance_return", receiptID(g.ID, r.Unit)); err != nil {
			return Seen{}, err
		}
		v.Mine = append(v.Mine, r)
	}
	at := strings.Index(issuer.AreaPath, "@")
	above := at > 0 && slices.ContainsFunc(areas, func(a string) bool { return strings.HasPrefix(a, issuer.AreaPath[:at]) })
	if len(v.Mine) == 0 && !scope.Covers(issuer.AreaPath, issuer.LinePath) && !(g.Kind == Document && above) {
		return Seen{}, fault.Missing("工作通知")
	}
	if v.Files, err = approval.Attachments(ctx, s.db, "guidance", id); err != nil {
		return Seen{}, err
	}
	type count struct {
		state string
		n     int
	}
	counts, err := db.All(ctx, s.db, func(r db.Scanner) (count, error) {
		var c count
		err := r.Scan(&c.state, &c.n)
		return c, err
	}, `SELECT state, count(*) FROM guidance_receipt WHERE guidance_id = $1 GROUP BY state`, id)
	if err != nil {
		return Seen{}, err
	}
	v.Counts = map[string]int{}
	for _, c := range counts {
		v.Counts[c.state] = c.n
	}
	all, err := db.All(ctx, s.db, func(r db.Scanner) (Question, error) {
		var q Question
		err := r.Scan(&q.ID, &q.Unit, &q.UnitName, &q.Text, &q.AskedBy, &q.AskedAt, &q.Answer, &q.AnsweredBy, &q.AnsweredAt)
		return q, err
	}, `SELECT q.id, q.unit_id, u.name, q.text, q.asked_by, q.asked_at, q.answer, q.answered_by, q.answered_at FROM guidance_question q JOIN unit u ON u.id = q.unit_id
	     WHERE q.guidance_id = $1 ORDER BY q.asked_at, q.id LIMIT 500`, id)
	for _, q := range all {
		mine := slices.ContainsFunc(v.Mine, func(r Receipt) bool { return r.Unit == q.Unit })
		if q.AnsweredAt.IsZero() && !mine && !v.Issuer {
			continue // seen by all once it is answered
		}
		if !mine && !v.Issuer {
			q.UnitName, q.AskedBy = "", "" // what was asked matters, not by whom
		}
		v.Questions = append(v.Questions, q)
	}
	return v, err
}

func (s *Service) find(ctx context.Context, q db.Querier, id string) (Guidance, error) {
	g, err := db.One(ctx, q, scanGuidance, guidanceSelect+` WHERE g.id = $1`, id)
	if db.None(err) {
		return g, fault.Missing("工作通知")
	}
	return g, err
}

const receiptSelect = `SELECT t.guidance_id, t.unit_id, u.name, t.state, t.signed_at, t.signed_by, t.returned_at, t.returned_by, t.answers, t.remark FROM guidance_receipt t JOIN unit u ON u.id = t.unit_id`

func scanReceipt(r db.Scanner) (Receipt, error) {
	var x Receipt
	var answers string
	if err := r.Scan(&x.Guidance, &x.Unit, &x.UnitName, &x.State, &x.SignedAt, &x.SignedBy, &x.ReturnedAt, &x.ReturnedBy, &answers, &x.Remark); err != nil {
		return x, err
	}
	if answers == "" {
		return x, nil
	}
	return x, json.Unmarshal([]byte(answers), &x.Answers)
}

func (s *Service) receipt(ctx context.Context, q db.Querier, id string, unit org.UnitID) (Receipt, error) {
	r, err := db.One(ctx, q, scanReceipt, receiptSelect+` WHERE t.guidance_id = $1 AND t.unit_id = $2`, id, unit)
	if db.None(err) {
		return r, fault.Missing("工作通知")
	}
	return r, err
}

// Receipts of a notice, for its issuer, by state and name.
func (s *Service) Receipts(ctx context.Context, session *authz.Session, id, state string, limit, offset int) ([]Receipt, error) {
	g, err := s.issued(ctx, s.db, session, id)
	if err != nil {
		return nil, err
	}
	var w db.Where
	w.And("t.guidance_id = ?", g.ID).AndIf(state != "", "t.state = ?", state)
	return db.All(ctx, s.db, scanReceipt, receiptSelect+` WHERE `+w.SQL()+` ORDER BY u.name, u.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
}

// issued is a notice the person may act on for its issuer; to others it is not
// there.
func (s *Service) issued(ctx context.Context, q db.Querier, session *authz.Session, id string) (Guidance, error) {
	g, err := s.find(ctx, q, id)
	if err == nil && !session.MayAt(authz.GuidanceIssue, string(g.Unit)) {
		return Guidance{}, fault.Missing("工作通知")
	}
	return g, err
}

// mine is the own unit's receipt.
func (s *Service) mine(ctx context.Context, tx *db.Tx, session *authz.Session, id string) (Guidance, Receipt, error) {
	g, err := s.find(ctx, tx, id)
	if err != nil {
		return g, Receipt{}, err
	}
	for _, unit := range session.UnitsFor(authz.GuidanceAnswer) {
		r, err := s.receipt(ctx, tx, id, org.UnitID(unit))
		if err == nil || !fault.Is(err, fault.NotFound) {
			return g, r, err
		}
	}
	return g, Receipt{}, fault.Missing("工作通知")
}

func (s *Service) take(ctx context.Context, tx *db.Tx, g Guidance, r *Receipt, act, why string) error {
	_, to, err := Machine.Take(ctx, tx, receiptID(g.ID, r.Unit), act, passage.Note{Says: why})
	if err != nil {
		return err
	}
	r.State = to
	return audit.Record(ctx, tx, audit.Entry{Act: "guidance." + act, Basis: citation, Target: audit.Target{Kind: "guidance", ID: g.ID, Name: g.Number + " " + g.Title, Unit: string(r.Unit)}, After: why})
}

// Sign is the receipt (签收).
func (s *Service) Sign(ctx context.Context, session *authz.Session, id string) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		g, r, err := s.mine(ctx, tx, session, id)
		if err != nil {
			return err
		}
		if err := s.take(ctx, tx, g, &r, "sign", ""); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE guidance_receipt SET state = $3, signed_at = $4, signed_by = $5 WHERE guidance_id = $1 AND unit_id = $2`, id, r.Unit, r.State, tx.Now(), session.Name); err != nil {
			return err
		}
		if g.Asks() {
			return nil
		}
		_, err = s.obligations.Discharge(ctx, tx, ReturnKind.ID, g.subject(r.Unit), session.Name+" 签收 "+g.Number)
		return err
	})
}

// Return hands in what the notice asks for.
func (s *Service) Return(ctx context.Context, session *authz.Session, id string, answers map[string]string, files []approval.Upload) error {
	kept, err := approval.TakeAll(ctx, s.store, files)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		g, r, err := s.mine(ctx, tx, session, id)
		if err != nil {
			return err
		}
		if !g.Asks() {
			return fault.New(fault.Conflict, "这份通知不要求报送，签收即可。")
		}
		clean := map[string]string{}
		var f fault.Fields
		for i, want := range g.Fields {
			name, v := FieldName(i), strings.TrimSpace(answers[FieldName(i)])
			switch {
			case v == "":
				f.Check(!want.Required, name, "请填写“"+want.Label+"”")
			case len([]rune(v)) > 4000:
				f.Add(name, "“"+want.Label+"”最多 4000 个字")
			case want.Kind == "number" && !number.MatchString(v):
				f.Add(name, "“"+want.Label+"”要填数字")
			case want.Kind == "date":
				d, err := calendar.ParseLoose(v)
				if err != nil {
					f.Add(name, err.Error())
				}
				v = d.String()
			}
			if v != "" {
				clean[want.Label] = v
			}
		}
		old, err := approval.Attachments(ctx, tx, "guidance_return", receiptID(id, r.Unit))
		if err != nil {
			return err
		}
		f.Check(!g.WantsFile || len(kept)+len(old) > 0, "files", "请上传要求报送的材料")
		if err := f.Err(); err != nil {
			return err
		}
		if err := s.take(ctx, tx, g, &r, "return", ""); err != nil {
			return err
		}
		if err := approval.AttachAll(ctx, tx, "guidance_return", receiptID(id, r.Unit), kept); err != nil {
			return err
		}
		body, err := json.Marshal(clean)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE guidance_receipt SET state = $3, returned_at = $4, returned_by = $5, answers = $6, remark = '' WHERE guidance_id = $1 AND unit_id = $2`, id, r.Unit, r.State, tx.Now(), session.Name, string(body)); err != nil {
			return err
		}
		_, err = s.obligations.Discharge(ctx, tx, ReturnKind.ID, g.subject(r.Unit), session.Name+" 报送 "+g.Number)
		return err
	})
}

var number = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,6})?$`)

// FieldName is the form field of the nth thing asked for.
func FieldName(n int) string { return fmt.Sprintf("answer_%d", n) }

// Judge accepts a return or sends it back with a reason and a new day.
func (s *Service) Judge(ctx context.Context, session *authz.Session, id string, unit org.UnitID, accept bool, why string, due calendar.Date) error {
	why = strings.TrimSpace(why)
	return s.db.Update(ctx, func(tx *db.Tx) error {
		g, err := s.issued(ctx, tx, session, id)
		if err != nil {
			return err
		}
		r, err := s.receipt(ctx, tx, id, unit)
		if err != nil {
			return err
		}
		act := "accept"
		if !accept {
			act = "send_back"
			var f fault.Fields
			f.Check(why != "" && len([]rune(why)) <= 500, "back_why", "请写明要补报什么，最多 500 个字")
			f.Check(!due.Before(calendar.DateOf(tx.Now())), "due", "请填写补报的期限，不早于今天")
			if err := f.Err(); err != nil {
				return err
			}
		}
		if err := s.take(ctx, tx, g, &r, act, why); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE guidance_receipt SET state = $3, remark = $4 WHERE guidance_id = $1 AND unit_id = $2`, id, unit, r.State, why); err != nil || accept {
			return err
		}
		if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: ReturnKind.ID, Unit: unit, Subject: g.subject(unit), Link: g.Link(), Due: calendar.Due{On: due}, From: calendar.DateOf(tx.Now())}); err != nil {
			return err
		}
		_, err = notify.Send(ctx, tx, notify.Message{Key: "guidance:" + id + ":" + string(unit) + ":back:" + tx.Now().Format(time.RFC3339Nano), Unit: string(unit), Link: g.Link(), Title: "请补报：" + g.Title, Body: why + " 请于 " + due.Chinese() + " 前补报。"})
		return err
	})
}

// Urge reminds every unit that has not done its part, once a day.
func (s *Service) Urge(ctx context.Context, session *authz.Session, id string) (told int, err error) {
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		told = 0
		g, err := s.issued(ctx, tx, session, id)
		if err != nil {
			return err
		}
		states := `('sent', 'signed')`
		if !g.Asks() {
			states = `('sent')`
		}
		day := calendar.DateOf(tx.Now())
		units, err := db.All(ctx, tx, db.Value[string], `SELECT t.unit_id FROM guidance_receipt t WHERE t.guidance_id = $1 AND t.state IN `+states+`
			AND NOT EXISTS (SELECT 1 FROM message m WHERE m.once_key = $2 || t.unit_id || $3) ORDER BY t.unit_id`, id, "guidance:"+id+":", ":urge:"+day.String())
		if err != nil {
			return err
		}
		if told = len(units); told == 0 {
			return nil
		}
		var list []notify.Message
		for _, u := range units {
			list = append(list, notify.Message{Key: "guidance:" + id + ":" + u + ":urge:" + day.String(), Unit: u, Link: g.Link(), Urgent: g.DueOn.Before(day), Title: g.UnitName + "催办：" + g.Title, Body: g.Number + " 应于 " + g.DueOn.Chinese() + " 前办理，请尽快。"})
		}
		if err := notify.SendAll(ctx, tx, list); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "guidance.urge", Basis: citation, Target: g.target(), After: map[string]int{"units": told}})
	})
	return told, err
}

// Ask puts a question to the issuer.
func (s *Service) Ask(ctx context.Context, session *authz.Session, id, text string) error {
	text = strings.TrimSpace(text)
	return s.db.Update(ctx, func(tx *db.Tx) error {
		g, r, err := s.mine(ctx, tx, session, id)
		if err != nil {
			return err
		}
		if text == "" || len([]rune(text)) > 1000 {
			return fault.New(fault.Invalid, "问题没有写好。").On("text", "请写明要问什么，最多 1000 个字")
		}
		qid := ulid.Make().String()
		if _, err := tx.Exec(ctx, `INSERT INTO guidance_question (id, guidance_id, unit_id, text, asked_by, asked_at) VALUES ($1, $2, $3, $4, $5, $6)`, qid, id, r.Unit, text, session.Name, tx.Now()); err != nil {
			return err
		}
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "guidance:question:" + qid, Unit: string(g.Unit), Link: g.Link(), Title: r.UnitName + "询问：" + g.Title, Body: text}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "guidance.ask", Target: g.target(), After: text})
	})
}

// Answer answers a question; every receiver sees it.
func (s *Service) Answer(ctx context.Context, session *authz.Session, id, question, text string) error {
	text = strings.TrimSpace(text)
	return s.db.Update(ctx, func(tx *db.Tx) error {
		g, err := s.issued(ctx, tx, session, id)
		if err != nil {
			return err
		}
		if text == "" || len([]rune(text)) > 2000 {
			return fault.New(fault.Invalid, "答复没有写好。").On("answer", "请写明答复，最多 2000 个字")
		}
		n, err := tx.Exec(ctx, `UPDATE guidance_question SET answer = $3, answered_by = $4, answered_at = $5 WHERE id = $1 AND guidance_id = $2 AND answered_at IS NULL`, question, id, text, session.Name, tx.Now())
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "这个问题已经答复，请刷新后再看。")
		}
		unit, err := db.One(ctx, tx, db.Value[string], `SELECT unit_id FROM guidance_question WHERE id = $1`, question)
		if err != nil {
			return err
		}
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "guidance:answer:" + question, Unit: unit, Link: g.Link(), Title: "已答复：" + g.Title, Body: text}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "guidance.answer", Basis: citation, Target: g.target(), After: text})
	})
}

// Withdraw takes a notice back from those who have not returned it.
func (s *Service) Withdraw(ctx context.Context, session *authz.Session, id, why string) error {
	why = strings.TrimSpace(why)
	return s.db.Update(ctx, func(tx *db.Tx) error {
		g, err := s.issued(ctx, tx, session, id)
		if err != nil {
			return err
		}
		if why == "" || len([]rune(why)) > 500 {
			return fault.New(fault.Invalid, "撤回需要写明原因。").On("why", "请写明撤回原因，最多 500 个字")
		}
		if !g.WithdrawnAt.IsZero() {
			return fault.New(fault.Conflict, "这份通知已经撤回。")
		}
		units, err := db.All(ctx, tx, db.Value[org.UnitID], `SELECT unit_id FROM guidance_receipt WHERE guidance_id = $1 AND state IN ('sent', 'signed') ORDER BY unit_id`, id)
		if err != nil {
			return err
		}
		var list []notify.Message
		for _, u := range units {
			if _, _, err := Machine.Take(ctx, tx, receiptID(id, u), "withdraw", passage.Note{Says: why}); err != nil {
				return err
			}
			if _, err := s.obligations.Annul(ctx, tx, ReturnKind.ID, g.subject(u), "撤回："+why); err != nil {
				return err
			}
			list = append(list, notify.Message{Key: "guidance:" + id + ":" + string(u) + ":withdrawn", Unit: string(u), Link: g.Link(), Title: "已撤回：" + g.Title, Body: why})
		}
		if err := notify.SendAll(ctx, tx, list); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE guidance_receipt SET state = 'withdrawn' WHERE guidance_id = $1 AND state IN ('sent', 'signed')`, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE guidance SET withdrawn_at = $2, withdrawn_why = $3 WHERE id = $1`, id, tx.Now(), why); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "guidance.withdraw", Basis: citation, Target: g.target(), After: why})
	})
}

// File opens a file of a notice the person may see, or of a return to it.
func (s *Service) File(ctx context.Context, scope authz.Scope, session *authz.Session, id, file string) (approval.Attachment, io.ReadCloser, error) {
	v, err := s.One(ctx, scope, session, id)
	if err != nil {
		return approval.Attachment{}, nil, err
	}
	files := v.Files
	for _, r := range v.Mine {
		files = append(files, r.Files...)
	}
	i := slices.IndexFunc(files, func(a approval.Attachment) bool { return a.ID == file })
	if i < 0 && v.Issuer {
		owner, err := db.One(ctx, s.db, db.Value[string], `SELECT owner_id FROM attachment WHERE id = $1 AND owner_kind = 'guidance_return'`, file)
		if err != nil && !db.None(err) {
			return approval.Attachment{}, nil, err
		}
		if strings.HasPrefix(owner, id+":") {
			list, err := approval.Attachments(ctx, s.db, "guidance_return", owner)
			if err != nil {
				return approval.Attachment{}, nil, err
			}
			files = list
			i = slices.IndexFunc(files, func(a approval.Attachment) bool { return a.ID == file })
		}
	}
	if i < 0 {
		return approval.Attachment{}, nil, fault.Missing("附件")
	}
	content, err := s.store.Open(ctx, files[i].Blob)
	return files[i], content, err
}

// ReturnFiles are the files of the returns of some units, by unit.
func (s *Service) ReturnFiles(ctx context.Context, session *authz.Session, id string, units []org.UnitID) (map[org.UnitID][]approval.Attachment, error) {
	if _, err := s.issued(ctx, s.db, session, id); err != nil {
		return nil, err
	}
	out := map[org.UnitID][]approval.Attachment{}
	for _, u := range units {
		list, err := approval.Attachments(ctx, s.db, "guidance_return", receiptID(id, u))
		if err != nil {
			return nil, err
		}
		if len(list) > 0 {
			out[u] = list
		}
	}
	return out, nil
}
