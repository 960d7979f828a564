package coordination

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/sx2021"
)

// ReferralDue is the clock of the body that a batch was handed over to; of the
// office where that body is not on the platform.
var ReferralDue = obligation.Kind{ID: "referral_result", Name: "移送事项处理", Clause: "S20.1", Citation: sx2021.Instrument + " 第二十条（一）",
	Says: "协同监管单位处理移送事项并逐项反馈结果", Remind: []int{2, 0}, Escalate: 3}

// Matter is a kind of problem that another body deals with.
type Matter struct {
	ID     string   `json:"id"`
	Name   string   `json:"name"`
	Party  string   `json:"party"`            // of Partners
	Checks []string `json:"checks,omitempty"` // check ids, or families with their dot
	Cases  []string `json:"cases,omitempty"`  // kinds of case
	Does   string   `json:"does"`
	Basis  string   `json:"basis"`
	Mark   string   `json:"mark"` // S stated by the law, D decided here
}

//go:embed matters.json
var mattersFile []byte

var theMatters = sync.OnceValues(func() ([]Matter, error) {
	d := json.NewDecoder(bytes.NewReader(mattersFile))
	d.DisallowUnknownFields()
	var p struct {
		ID      string   `json:"id"`
		Version int      `json:"version"`
		Source  string   `json:"source"`
		Matters []Matter `json:"matters"`
	}
	if err := d.Decode(&p); err != nil {
		return nil, fmt.Errorf("coordination: matters: %w", err)
	}
	seen := map[string]bool{}
	for _, m := range p.Matters {
		if m.ID == "" || m.Name == "" || m.Does == "" || m.Basis == "" || roleOf(m.Party) == "" || len(m.Checks)+len(m.Cases) == 0 || seen[m.ID] {
			return nil, fmt.Errorf("coordination: matter %q is not whole", m.ID)
		}
		seen[m.ID] = true
	}
	return p.Matters, nil
})

// Matters says which kind of problem goes to whom.
func Matters() []Matter {
	list, err := theMatters()
	if err != nil {
		panic(err) // a broken embedded file is a broken build
	}
	return list
}

// MatterOf is a matter by its id.
func MatterOf(id string) (Matter, bool) {
	i := slices.IndexFunc(Matters(), func(m Matter) bool { return m.ID == id })
	if i < 0 {
		return Matter{}, false
	}
	return Matters()[i], true
}

// MatterOfCheck is the matter under which a check falls.
func MatterOfCheck(check string) (Matter, bool) {
	for _, m := range Matters() {
		for _, c := range m.Checks {
			if c == check || strings.HasSuffix(c, ".") && strings.HasPrefix(check, c) {
				return m, true
			}
		}
	}
	return Matter{}, false
}

func roleOf(party string) authz.Role {
	return map[string]authz.Role{"publicity": authz.Publicity, "cyberspace": authz.Cyberspace, "establishment": authz.Establishment, "police": authz.Police, "telecom": authz.Telecom}[party]
}

// Candidate is something that another body would deal with.
type Candidate struct {
	Kind, ID string
	Matter   string
	Name     string // the site or account
	Says     string
	Place    string
	Link     string
	Unit     org.UnitID
	UnitName string
	At       time.Time
}

// Key names it in a form.
func (c Candidate) Key() string { return c.Kind + ":" + c.ID }

// ReferralSource is a module that has such things.
type ReferralSource struct {
	Kind, Name string
	// List gives those in scope that no batch under way holds, the oldest first,
	// and how many there are.
	List func(ctx context.Context, q db.Querier, scope authz.Scope, limit int) ([]Candidate, int, error)
	// One gives one of them again; what no longer stands is refused.
	One func(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Candidate, error)
	// Sent follows in the same transaction; nil: nothing does.
	Sent func(ctx context.Context, tx *db.Tx, scope authz.Scope, session *authz.Session, id, number string) error
	// Own: its result is recorded where the case is handled (Conclude).
	Own bool
}

// ReferralsFrom registers sources; at start.
func (s *Service) ReferralsFrom(list ...ReferralSource) { s.sources = append(s.sources, list...) }

func (s *Service) source(kind string) (ReferralSource, bool) {
	i := slices.IndexFunc(s.sources, func(x ReferralSource) bool { return x.Kind == kind })
	if i < 0 {
		return ReferralSource{}, false
	}
	return s.sources[i], true
}

// NotUnderWay is the condition that no batch under way holds the row whose id is
// the expression, for the queries of sources.
func NotUnderWay(kind, id string) string {
	return `NOT EXISTS (SELECT 1 FROM referral_row rr WHERE rr.kind = '` + kind + `' AND rr.object_id = ` + id + ` AND rr.outcome = '')`
}

// MaxReferred bounds what one act hands over.
const MaxReferred = 500

// Referable are what may be handed over in scope, of a party or of all; more
// says that there are further ones.
func (s *Service) Referable(ctx context.Context, scope authz.Scope, party string, limit int) (list []Candidate, more bool, err error) {
	for _, src := range s.sources {
		some, n, err := src.List(ctx, s.db, scope, limit)
		if err != nil {
			return nil, false, err
		}
		more = more || n > len(some)
		for _, c := range some {
			if m, ok := MatterOf(c.Matter); ok && (party == "" || m.Party == party) {
				list = append(list, c)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Candidate) int { return a.At.Compare(b.At) })
	if len(list) > limit {
		list, more = list[:limit], true
	}
	return list, more, nil
}

// Batch is what one receiver would get.
type Batch struct {
	Party     string
	To        org.UnitID // the office itself where the body is not on the platform
	Addressee string
	Absent    bool // the body is not on the platform: the office keeps its receipt and results
	Rows      []Candidate
	Due       calendar.Due
}

// Letter is the letter that goes with it.
func (b Batch) Letter(request string) []string {
	what := map[string]int{}
	var order []string
	for _, c := range b.Rows {
		if what[c.Matter] == 0 {
			order = append(order, c.Matter)
		}
		what[c.Matter]++
	}
	var parts []string
	for _, id := range order {
		m, _ := MatterOf(id)
		parts = append(parts, fmt.Sprintf("%s%d项（%s）", m.Name, what[id], m.Does))
	}
	out := []string{fmt.Sprintf("我单位在政府网站与政务新媒体检查中发现，以下%d个事项属于贵单位职责范围：%s。具体见清单。", len(b.Rows), strings.Join(parts, "，")),
		"根据" + sx2021.Named + "第五条、第二十条（一）关于信息共享和问题处置的规定，现移送贵单位，请按职责处理，并于" + b.Due.On.Chinese() + "前逐项反馈处理结果；不属于贵单位职责的，请写明理由退回。"}
	if request != "" {
		out = append(out, strings.TrimRight(request, "。；")+"。")
	}
	return out
}

// batches groups what was chosen by receiver: the nearest body of the party from
// the unit whose matter it is.
func (s *Service) batches(ctx context.Context, q db.Querier, scope authz.Scope, office org.Unit, keys []string) ([]Batch, error) {
	keys = slices.Compact(slices.Sorted(slices.Values(keys)))
	switch {
	case len(keys) == 0:
		return nil, fault.New(fault.Invalid, "没有选择要移送的事项，请至少选择一项。").On("row", "请至少选择一项")
	case len(keys) > MaxReferred:
		return nil, fault.Newf(fault.TooLarge, "一次最多移送%d项，请分批办理。", MaxReferred).On("row", "请分批选择")
	}
	type at struct {
		unit  org.UnitID
		party string
	}
	bodies := map[at]org.Unit{}
	type key struct {
		party string
		to    org.UnitID
	}
	var out []Batch
	place := map[key]int{}
	days := s.settings().ReferralWorkdays
	for _, k := range keys {
		kind, id, _ := strings.Cut(k, ":")
		src, ok := s.source(kind)
		if !ok {
			return nil, fault.Missing("移送事项")
		}
		c, err := src.One(ctx, q, scope, id)
		if err != nil {
			return nil, err
		}
		m, ok := MatterOf(c.Matter)
		if !ok {
			return nil, fault.Newf(fault.Refused, "“%s”不属于移送协同监管单位的事项。", c.Says)
		}
		p := at{c.Unit, m.Party}
		body, known := bodies[p]
		if !known {
			u, err := s.org.UnitTx(ctx, q, authz.System("coordination.refer"), c.Unit)
			if err != nil {
				return nil, err
			}
			if body, _, err = s.org.Nearest(ctx, q, u, roleOf(m.Party)); err != nil {
				return nil, err
			}
			bodies[p] = body
		}
		b := Batch{Party: m.Party, To: body.ID, Addressee: body.Name}
		if body.ID == "" {
			b.To, b.Addressee, b.Absent = office.ID, Named(Partners, m.Party), true
		}
		i, ok := place[key{b.Party, b.To}]
		if !ok {
			i = len(out)
			place[key{b.Party, b.To}] = i
			b.Due = s.days.Add(calendar.DateOf(s.db.Now()), days)
			out = append(out, b)
		}
		out[i].Rows = append(out[i].Rows, c)
	}
	for i := range out {
		slices.SortStableFunc(out[i].Rows, func(a, b Candidate) int {
			return cmp.Or(cmp.Compare(a.Matter, b.Matter), cmp.Compare(a.UnitName, b.UnitName), cmp.Compare(a.Name, b.Name))
		})
	}
	return out, nil
}

// PreviewReferral shows the batches that a hand-over would make, and makes none.
func (s *Service) PreviewReferral(ctx context.Context, scope authz.Scope, office org.UnitID, keys []string) ([]Batch, error) {
	u, err := s.org.Unit(ctx, scope, office)
	if err != nil {
		return nil, err
	}
	return s.batches(ctx, s.db, scope, u, keys)
}

// referralList is the list under which a batch is kept among the shares.
const referralList = "referral"

var referralColumns = []official.Column{{Title: "序号", Width: 6}, {Title: "事项", Width: 24}, {Title: "网站或账号", Width: 28}, {Title: "主办单位", Width: 24}, {Title: "情况", Width: 40}, {Title: "位置", Width: 40}, {Title: "发现日期", Width: 12}}

func (b Batch) sheet(number string) official.Sheet {
	rows := make([][]any, len(b.Rows))
	for i, c := range b.Rows {
		m, _ := MatterOf(c.Matter)
		rows[i] = []any{i + 1, m.Name, c.Name, c.UnitName, c.Says, c.Place, calendar.DateOf(c.At)}
	}
	return official.Sheet{Title: "移送事项清单 " + number, Columns: referralColumns, Rows: slices.Values(rows)}
}

// Referral is a batch that was handed over.
type Referral struct {
	Share
	Number        string
	Party         string
	Addressee     string
	Letter        []string
	Due           calendar.Due
	ReceiptNumber string
	ReceiptSigner string
	ReceiptOn     calendar.Date
	UrgedOn       calendar.Date
	UrgedBy       string
	Urgings       int
	ClosedAt      time.Time
	Open          int // joined: rows without a result
	Returned      int // joined
}

// Absent reports whether the body is not on the platform: the office keeps what
// it answers.
func (r Referral) Absent() bool { return r.To == r.Unit }

// StateName is how far it has come.
func (r Referral) StateName() string {
	switch {
	case !r.ClosedAt.IsZero():
		return "已全部反馈"
	case r.ReceiptOn.IsZero():
		return "待签收"
	}
	return "处理中"
}

// Row is one thing handed over, and what came of it.
type Row struct {
	ID         string
	Share      string
	Seq        int
	Kind       string
	Object     string
	Matter     string
	Name       string
	Says       string
	Place      string
	Link       string
	Unit       org.UnitID
	UnitName   string
	Outcome    string
	Result     string
	ResultOn   calendar.Date
	Document   string
	AnsweredBy string
	AnsweredAt time.Time
	Own        bool // its result is recorded where the case is handled
}

// Outcomes of a row.
var Outcomes = []Partner{{"done", "已处理"}, {"unfounded", "经核实没有问题"}, {"returned", "退回：不属于本部门职责"}}

// Refer hands what was chosen over: one batch for each receiver, with its number,
// letter and list; the receiver signs for it and answers row by row.
func (s *Service) Refer(ctx context.Context, scope authz.Scope, session *authz.Session, office org.UnitID, keys []string, request string) (out []Referral, err error) {
	request = strings.TrimSpace(strings.ToValidUTF8(request, ""))
	var f fault.Fields
	f.Text("request", "补充要求", request, false, 1000)
	if err := f.Err(); err != nil {
		return nil, err
	}
	if !session.MayAt(authz.CoordinationManage, string(office)) {
		return nil, fault.New(fault.Forbidden, "移送由主管单位办理，您的岗位不在该单位。")
	}
	u, err := s.org.Unit(ctx, scope, office)
	if err != nil {
		return nil, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		out = nil
		list, err := s.batches(ctx, tx, scope, u, keys)
		if err != nil {
			return err
		}
		for _, b := range list {
			r, err := s.refer(ctx, tx, scope, session, u, b, request)
			if err != nil {
				return err
			}
			out = append(out, r)
		}
		return nil
	})
	return out, err
}

func (s *Service) refer(ctx context.Context, tx *db.Tx, scope authz.Scope, session *authz.Session, office org.Unit, b Batch, request string) (r Referral, err error) {
	if r.Number, err = approval.NextNumber(ctx, tx, "YS"); err != nil {
		return r, err
	}
	r.Share = Share{ID: ulid.Make().String(), Unit: office.ID, UnitName: office.Name, To: b.To, ToName: b.Addressee, List: referralList, ListName: "移送事项 " + r.Number, Purpose: "移送" + b.Addressee + "处理", Rows: len(b.Rows), SharedBy: session.Name, SharedAt: tx.Now()}
	for _, c := range referralColumns {
		r.Columns = append(r.Columns, c.Title)
	}
	if r.files, err = s.snapshot(ctx, func() official.Sheet { return b.sheet(r.Number) }); err != nil {
		return r, err
	}
	r.Party, r.Addressee, r.Due, r.Letter = b.Party, b.Addressee, b.Due, b.Letter(request)
	if err := s.insert(ctx, tx, r.Share); err != nil {
		return r, err
	}
	letter, err := json.Marshal(r.Letter)
	if err != nil {
		return r, err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO referral (share_id, number, party, addressee, letter, due_on, provisional) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		r.ID, r.Number, r.Party, r.Addressee, string(letter), r.Due.On, r.Due.Provisional); err != nil {
		return r, fmt.Errorf("coordination: refer: %w", err)
	}
	for i, c := range b.Rows {
		if _, err := tx.Exec(ctx, `INSERT INTO referral_row (id, share_id, seq, kind, object_id, matter, name, says, place, link, unit_id, unit_name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			ulid.Make().String(), r.ID, i+1, c.Kind, c.ID, c.Matter, c.Name, c.Says, c.Place, c.Link, c.Unit, c.UnitName); err != nil {
			if _, dup := db.UniqueViolation(err); dup {
				return r, fault.Newf(fault.Conflict, "“%s”的“%s”刚刚已经移送，请刷新后重新选择。", c.Name, c.Says).From(err)
			}
			return r, err
		}
		if src, _ := s.source(c.Kind); src.Sent != nil {
			if err := src.Sent(ctx, tx, scope, session, c.ID, r.Number); err != nil {
				return r, err
			}
		}
	}
	today, n := calendar.DateOf(tx.Now()), s.settings().ReferralWorkdays
	if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: ReferralDue.ID, Unit: r.To, Subject: r.subject(), Link: r.Link(), Due: r.Due, From: today, Length: calendar.WorkingDays(n)}); err != nil {
		return r, err
	}
	if err := s.owe(ctx, tx, r.Share); err != nil {
		return r, err
	}
	title, body := "收到移送事项 "+r.Number, fmt.Sprintf("%s移送%d个事项，请签收并于%s前逐项反馈。", r.UnitName, r.Rows, r.Due.On.Chinese())
	if b.Absent {
		title, body = "移送事项 "+r.Number+" 待送达", b.Addressee+"不在平台上，请打印函件和清单送达，收到回执和结果后登记。"
	}
	if _, err := notify.Send(ctx, tx, notify.Message{Key: "referral:" + r.ID, Unit: string(r.To), Link: r.Link(), Urgent: true, Title: title, Body: body}); err != nil {
		return r, err
	}
	return r, audit.Record(ctx, tx, audit.Entry{Act: "coordination.referral.send", Target: r.Target(), Basis: ReferralDue.Citation, After: map[string]any{"number": r.Number, "to": r.Addressee, "rows": r.Rows, "due": r.Due.On, "xlsx": r.files["xlsx"].blob, "request": request}})
}

const referralSelect = `
	SELECT s.id, s.unit_id, u.name, s.to_id, s.list_name, s.row_count, s.shared_by, s.shared_at, s.opened_at, s.receipt_at, s.receipt_by, s.receipt_says,
	       r.number, r.party, r.addressee, r.letter, r.due_on, r.provisional, r.receipt_number, r.receipt_signer, r.receipt_on, r.urged_on, r.urged_by, r.urgings, r.closed_at,
	       (SELECT count(*) FROM referral_row x WHERE x.share_id = s.id AND x.outcome = ''), (SELECT count(*) FROM referral_row x WHERE x.share_id = s.id AND x.outcome = 'returned'), u.area_path, u.line_path`

const referralFrom = ` FROM referral r JOIN ledger_share s ON s.id = r.share_id JOIN unit u ON u.id = s.unit_id`

func scanReferral(x db.Scanner) (Referral, error) {
	r := Referral{Share: Share{List: referralList}}
	var letter string
	if err := x.Scan(&r.ID, &r.Unit, &r.UnitName, &r.To, &r.ListName, &r.Rows, &r.SharedBy, &r.SharedAt, &r.OpenedAt, &r.ReceiptAt, &r.ReceiptBy, &r.ReceiptSays,
		&r.Number, &r.Party, &r.Addressee, &letter, &r.Due.On, &r.Due.Provisional, &r.ReceiptNumber, &r.ReceiptSigner, &r.ReceiptOn, &r.UrgedOn, &r.UrgedBy, &r.Urgings, &r.ClosedAt, &r.Open, &r.Returned, &r.area, &r.line); err != nil {
		return r, err
	}
	r.ToName = r.Addressee
	return r, json.Unmarshal([]byte(letter), &r.Letter)
}

// ReferralFilter narrows Referrals.
type ReferralFilter struct {
	Party    string
	State    string // "" for all; waiting, working, closed, late
	Text     string // number, addressee
	Received bool   // only those addressed to the person's units
	Limit    int    // 50 when zero
	Offset   int
}

// Referrals that the person may see, those under way first.
func (s *Service) Referrals(ctx context.Context, session *authz.Session, f ReferralFilter) ([]Referral, int, error) {
	var w db.Where
	sees(session, &w)
	like := db.Contains(f.Text)
	w.AndIf(f.Party != "", "r.party = ?", f.Party).AndIf(f.Text != "", `lower(r.number) LIKE ? ESCAPE '\' OR lower(r.addressee) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\'`, like, like, like).
		AndIf(f.State == "waiting", "r.receipt_on IS NULL AND r.closed_at IS NULL").AndIf(f.State == "working", "r.receipt_on IS NOT NULL AND r.closed_at IS NULL").AndIf(f.State == "closed", "r.closed_at IS NOT NULL").
		AndIf(f.State == "late", "r.closed_at IS NULL AND r.due_on < ?", calendar.DateOf(s.db.Now()))
	if f.Received {
		cond, in := db.In("s.to_id", session.UnitsFor(authz.ShareRead))
		w.And(cond, in...)
	}
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*)`+referralFrom+` WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, scanReferral, referralSelect+referralFrom+` WHERE `+w.SQL()+` ORDER BY CASE WHEN r.closed_at IS NULL THEN 0 ELSE 1 END, r.due_on, s.id DESC LIMIT `+w.Arg(cmp.Or(f.Limit, 50))+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

func (s *Service) referral(ctx context.Context, q db.Querier, session *authz.Session, id string) (Referral, error) {
	var w db.Where
	sees(session, &w)
	w.And("s.id = ?", id)
	r, err := db.One(ctx, q, scanReferral, referralSelect+referralFrom+` WHERE `+w.SQL(), w.Args()...)
	if db.None(err) {
		return Referral{}, fault.Missing("移送事项")
	}
	return r, err
}

func scanRow(x db.Scanner) (Row, error) {
	var r Row
	err := x.Scan(&r.ID, &r.Share, &r.Seq, &r.Kind, &r.Object, &r.Matter, &r.Name, &r.Says, &r.Place, &r.Link, &r.Unit, &r.UnitName, &r.Outcome, &r.Result, &r.ResultOn, &r.Document, &r.AnsweredBy, &r.AnsweredAt)
	return r, err
}

const rowSelect = `SELECT id, share_id, seq, kind, object_id, matter, name, says, place, link, unit_id, unit_name, outcome, result, result_on, document, answered_by, answered_at FROM referral_row`

func (s *Service) rows(ctx context.Context, q db.Querier, share string) ([]Row, error) {
	list, err := db.All(ctx, q, scanRow, rowSelect+` WHERE share_id = $1 ORDER BY seq`, share)
	for i := range list {
		src, _ := s.source(list[i].Kind)
		list[i].Own = src.Own
	}
	return list, err
}

// Referral that the person may see, with its rows.
func (s *Service) Referral(ctx context.Context, session *authz.Session, id string) (r Referral, rows []Row, err error) {
	if r, err = s.referral(ctx, s.db, session, id); err == nil {
		rows, err = s.rows(ctx, s.db, id)
	}
	return r, rows, err
}

// Handed is where something was handed over, and what came of it.
type Handed struct {
	Number, Addressee, Link string
	Outcome, Result         string
}

// Handed says where something went, as far as the person may see the batch,
// the latest first.
func (s *Service) Handed(ctx context.Context, session *authz.Session, kind, object string) ([]Handed, error) {
	var w db.Where
	sees(session, &w)
	w.And("x.kind = ? AND x.object_id = ?", kind, object)
	return db.All(ctx, s.db, func(r db.Scanner) (Handed, error) {
		var h Handed
		return h, r.Scan(&h.Number, &h.Addressee, &h.Link, &h.Outcome, &h.Result)
	}, `SELECT r.number, r.addressee, '/console/referrals/' || s.id, x.outcome, x.result`+referralFrom+` JOIN referral_row x ON x.share_id = r.share_id WHERE `+w.SQL()+` ORDER BY s.shared_at DESC, s.id DESC LIMIT 10`, w.Args()...)
}

// ReferralPaper is the letter of a batch that the person may see, as it went out.
func (s *Service) ReferralPaper(ctx context.Context, session *authz.Session, id string) (*official.Document, Referral, error) {
	r, rows, err := s.Referral(ctx, session, id)
	if err != nil {
		return nil, r, err
	}
	d := &official.Document{Title: "关于移送政府网站与政务新媒体有关事项的函", To: r.Addressee, Issuer: r.UnitName, Dated: calendar.DateOf(r.SharedAt).Chinese(), Sealed: true, Note: "系统编号：" + r.Number}
	for _, p := range r.Letter {
		d.Paragraph(p)
	}
	d.Heading(1, "移送事项清单")
	for _, x := range rows {
		m, _ := MatterOf(x.Matter)
		text := fmt.Sprintf("%d. %s：%s（%s）。%s。", x.Seq, m.Name, x.Name, x.UnitName, strings.TrimRight(x.Says, "。"))
		if x.Place != "" {
			text += "位置：" + x.Place + "。"
		}
		d.Paragraph(text)
	}
	return d, r, nil
}

// Receipt is the other side's word that it has a batch.
type Receipt struct {
	Number string // theirs
	Signer string // kept by the office: who signed on paper
	On     calendar.Date
	Says   string
}

// mine reports whether the person works at the unit the batch is addressed to, or
// at the office that sent it.
func mine(session *authz.Session, r Referral) (receives, sent bool) {
	return session.MayAt(authz.ShareRead, string(r.To)), session.MayAt(authz.CoordinationManage, string(r.Unit))
}

// Receive signs for a batch: the receiver's own people, or the office by the
// receipt that came on paper.
func (s *Service) Receive(ctx context.Context, session *authz.Session, id string, n Receipt) error {
	for _, p := range []*string{&n.Number, &n.Signer, &n.Says} {
		*p = strings.TrimSpace(strings.ToValidUTF8(*p, ""))
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		r, err := s.referral(ctx, tx, session, id)
		if err != nil {
			return err
		}
		receives, sent := mine(session, r)
		receives = receives && !r.Absent()
		today := calendar.DateOf(tx.Now())
		if receives {
			n.Signer, n.On = session.Name, today
		}
		var f fault.Fields
		f.Text("number", "对方收文编号", n.Number, false, 60)
		f.Text("signer", "签收人", n.Signer, true, 60)
		f.Text("says", "说明", n.Says, false, 1000)
		f.Check(!n.On.IsZero() && !n.On.After(today) && !n.On.Before(calendar.DateOf(r.SharedAt)), "on", "签收日期应在移送之日和今天之间")
		switch err := f.Err(); {
		case !receives && !sent:
			return fault.New(fault.Forbidden, "移送事项由"+r.Addressee+"签收，或由移送单位凭回执登记。")
		case err != nil:
			return err
		case !r.ReceiptOn.IsZero():
			return fault.Newf(fault.Conflict, "移送事项 %s 已于%s由%s签收。", r.Number, r.ReceiptOn.Chinese(), r.ReceiptSigner)
		}
		changed, err := tx.Exec(ctx, `UPDATE ledger_share SET receipt_at = $2, receipt_by = $3, receipt_says = $4 WHERE id = $1 AND receipt_at IS NULL`, id, tx.Now(), session.Name, n.Says)
		if err != nil {
			return err
		}
		if changed == 0 {
			return fault.New(fault.Conflict, "刚刚已经签收，请刷新后查看。")
		}
		if _, err := tx.Exec(ctx, `UPDATE referral SET receipt_number = $2, receipt_signer = $3, receipt_on = $4 WHERE share_id = $1`, id, n.Number, n.Signer, n.On); err != nil {
			return err
		}
		if _, err := s.obligations.Discharge(ctx, tx, ReceiptDue.ID, r.subject(), n.Signer+"签收 "+n.Number); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "coordination.referral.receive", Target: r.Target(), Basis: ReceiptDue.Citation, After: n})
	})
}

// Result is what came of a row.
type Result struct {
	Outcome  string
	Result   string
	On       calendar.Date
	Document string // number of the reply
}

func (n *Result) tidy(from, today calendar.Date) error {
	n.Result, n.Document = strings.TrimSpace(strings.ToValidUTF8(n.Result, "")), strings.TrimSpace(strings.ToValidUTF8(n.Document, ""))
	var f fault.Fields
	f.Check(Named(Outcomes, n.Outcome) != "", "outcome", "请选择处理结果")
	f.Text("result", "处理情况", n.Result, true, 1000)
	f.Text("document", "文书编号", n.Document, false, 100)
	f.Check(!n.On.IsZero() && !n.On.After(today) && !n.On.Before(from), "on", "处理日期应在移送之日和今天之间")
	return f.Err()
}

// Answer keeps the result of a row: of the receiver, or by the office from a
// written reply, whose number it then gives. What is returned may be handed over
// again, to whom it belongs.
func (s *Service) Answer(ctx context.Context, session *authz.Session, id, row string, n Result) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		r, err := s.referral(ctx, tx, session, id)
		if err != nil {
			return err
		}
		x, err := db.One(ctx, tx, scanRow, rowSelect+` WHERE id = $1 AND share_id = $2`, row, id)
		if db.None(err) {
			return fault.Missing("移送事项")
		}
		if err != nil {
			return err
		}
		receives, sent := mine(session, r)
		receives = receives && !r.Absent()
		if !receives && !sent {
			return fault.New(fault.Forbidden, "处理结果由"+r.Addressee+"反馈，或由移送单位凭书面答复登记。")
		}
		if src, _ := s.source(x.Kind); src.Own {
			return fault.New(fault.Refused, "这一项在“"+src.Name+"”中登记处置结果，登记后自动反馈到这里。")
		}
		if err := n.tidy(calendar.DateOf(r.SharedAt), calendar.DateOf(tx.Now())); err != nil {
			return err
		}
		switch {
		case r.ReceiptOn.IsZero():
			return fault.New(fault.Refused, "还没有签收，请先签收再反馈结果。")
		case !receives && n.Document == "":
			return fault.New(fault.Invalid, "代为登记结果须写明对方书面答复的编号。").On("document", "请填写书面答复的编号")
		}
		return s.answered(ctx, tx, r, x, n, session.Name)
	})
}

// Conclude keeps the result of a case that is handled elsewhere, in that act's
// transaction; what no batch holds is left alone. It takes no scope: the caller
// is the module that handles the case.
func (s *Service) Conclude(ctx context.Context, tx *db.Tx, kind, object string, n Result, by string) error {
	x, err := db.One(ctx, tx, scanRow, rowSelect+` WHERE kind = $1 AND object_id = $2 AND outcome = ''`, kind, object)
	if db.None(err) {
		return nil
	}
	if err != nil {
		return err
	}
	r, err := db.One(ctx, tx, scanReferral, referralSelect+referralFrom+` WHERE s.id = $1`, x.Share)
	if err != nil {
		return err
	}
	return s.answered(ctx, tx, r, x, n, by)
}

func (s *Service) answered(ctx context.Context, tx *db.Tx, r Referral, x Row, n Result, by string) error {
	changed, err := tx.Exec(ctx, `UPDATE referral_row SET outcome = $2, result = $3, result_on = $4, document = $5, answered_by = $6, answered_at = $7 WHERE id = $1 AND outcome = ''`, x.ID, n.Outcome, n.Result, n.On, n.Document, by, tx.Now())
	if err != nil {
		return err
	}
	if changed == 0 {
		return fault.New(fault.Conflict, "这一项已经反馈，请刷新后查看。")
	}
	left, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM referral_row WHERE share_id = $1 AND outcome = ''`, r.ID)
	if err != nil {
		return err
	}
	title := ""
	switch {
	case left == 0:
		if _, err := tx.Exec(ctx, `UPDATE referral SET closed_at = $2 WHERE share_id = $1`, r.ID, tx.Now()); err != nil {
			return err
		}
		for _, k := range []string{ReferralDue.ID, ReceiptDue.ID} {
			if _, err := s.obligations.Discharge(ctx, tx, k, r.subject(), "全部反馈，"+by); err != nil {
				return err
			}
		}
		title = "移送事项已全部反馈：" + r.Number
	case n.Outcome == "returned":
		title = "移送事项有退回：" + r.Number
	}
	if title != "" {
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "referral:" + r.ID + ":" + x.ID, Unit: string(r.Unit), Link: r.Link(), Title: title, Body: x.Name + "：" + Named(Outcomes, n.Outcome)}); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "coordination.referral.answer", Target: r.Target(), Basis: ReferralDue.Citation, After: map[string]any{"row": x.Seq, "outcome": n.Outcome, "result": n.Result, "on": n.On, "document": n.Document}})
}

// UrgeReferral reminds the receiver of a batch, once a day.
func (s *Service) UrgeReferral(ctx context.Context, session *authz.Session, id string) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		r, err := s.referral(ctx, tx, session, id)
		if err != nil {
			return err
		}
		today := calendar.DateOf(tx.Now())
		_, sent := mine(session, r)
		switch {
		case !sent:
			return fault.New(fault.Forbidden, "移送事项由移送单位“"+r.UnitName+"”催办。")
		case !r.ClosedAt.IsZero():
			return fault.Newf(fault.Conflict, "移送事项 %s 已全部反馈，不需要催办。", r.Number)
		case r.Absent():
			return fault.New(fault.Refused, r.Addressee+"不在平台上，请通过函件或电话催办，结果在此登记。")
		}
		n, err := tx.Exec(ctx, `UPDATE referral SET urged_on = $2, urged_by = $3, urgings = urgings + 1 WHERE share_id = $1 AND (urged_on IS NULL OR urged_on < $2)`, id, today, session.Name)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "今天已经催办过，明天可以再催。")
		}
		body := fmt.Sprintf("还有%d项没有反馈，期限%s。", r.Open, r.Due.On.Chinese())
		if r.Due.Missed(today) {
			body = fmt.Sprintf("还有%d项没有反馈，期限%s已过，请尽快处理。", r.Open, r.Due.On.Chinese())
		}
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "referral:" + id + ":urge:" + today.String(), Unit: string(r.To), Link: r.Link(), Urgent: true, Title: r.UnitName + "催办移送事项 " + r.Number, Body: body}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "coordination.referral.urge", Target: r.Target(), Basis: ReferralDue.Citation, After: session.Name})
	})
}
