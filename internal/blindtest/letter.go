package blindtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/letters"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/percent"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
)

// Letter is one test letter.
type Letter struct {
	ID         string
	Campaign   string
	Site       registry.SiteID
	SiteName   string
	Unit       org.UnitID
	UnitName   string // joined
	AreaName   string
	AreaCode   string
	Way        string // hosted, manual
	TextID     string
	Title      string
	Body       string
	LetterID   string
	Number     string
	SentTo     string
	SentOn     calendar.Date
	SentBy     string
	Due        calendar.Due // counted with the holidays known today
	AnsweredOn calendar.Date
	Answer     string // opened for who may read it
	RecordedBy string
	State      string
	Why        string
	Marks      []Mark
	personaNo  int
	token      string
	tokenAt    time.Time
	sealed     string
	recordedID string
	days       int
	area, line string
}

// Mark is what one marker says of an answer.
type Mark struct {
	Seat     string // first, second, head
	ID, Name string
	OnPoint  bool
	Complete bool
	Says     string
	At       time.Time
	letter   string
}

// StateName is the state in Chinese.
func (l Letter) StateName() string { return LetterMachine.Name(l.State) }

// OnTime reports an answer within the days; while the last day is provisional
// nobody is late.
func (l Letter) OnTime() bool {
	return !l.AnsweredOn.IsZero() && (l.Due.Provisional || !l.Due.Missed(l.AnsweredOn))
}

// SameDay reports an answer on the day of the letter.
func (l Letter) SameDay() bool { return !l.AnsweredOn.IsZero() && l.AnsweredOn == l.SentOn }

// Settled reports whether the marks come to something: two that agree, or the
// head's.
func (l Letter) Settled() bool { _, ok := l.Marked(); return ok }

// Marked is what the marks come to.
func (l Letter) Marked() (Mark, bool) {
	var first, second *Mark
	for i := range l.Marks {
		switch m := &l.Marks[i]; m.Seat {
		case "head":
			return *m, true
		case "first":
			first = m
		case "second":
			second = m
		}
	}
	if first == nil || second == nil || first.OnPoint != second.OnPoint || first.Complete != second.Complete {
		return Mark{}, false
	}
	return *first, true
}

// Differs reports two marks that do not agree and no word of the head.
func (l Letter) Differs() bool { return len(l.Marks) == 2 && !l.Settled() }

// Good reports an answer in time and on point.
func (l Letter) Good() bool {
	m, ok := l.Marked()
	return l.OnTime() && ok && m.OnPoint
}

const letterSelect = `
	SELECT l.id, l.campaign_id, l.site_id, l.site_name, l.unit_id, u.name, l.area_name, l.area_code, l.way, l.text_id, l.title, l.body, l.persona_no, l.token, l.token_at, l.letter_id, l.number, l.sent_to, l.sent_on, l.sent_by,
	       l.answered_on, l.answer, l.recorded_by, l.recorded_id, l.state, l.why, c.days, u.area_path, u.line_path
	  FROM blind_letter l JOIN unit u ON u.id = l.unit_id JOIN blind_campaign c ON c.id = l.campaign_id`

func scanLetter(r db.Scanner) (Letter, error) {
	var l Letter
	err := r.Scan(&l.ID, &l.Campaign, &l.Site, &l.SiteName, &l.Unit, &l.UnitName, &l.AreaName, &l.AreaCode, &l.Way, &l.TextID, &l.Title, &l.Body, &l.personaNo, &l.token, &l.tokenAt, &l.LetterID, &l.Number, &l.SentTo, &l.SentOn, &l.SentBy,
		&l.AnsweredOn, &l.sealed, &l.RecordedBy, &l.recordedID, &l.State, &l.Why, &l.days, &l.area, &l.line)
	return l, err
}

// fill counts the clock and opens the answer.
func (s *Service) fill(l Letter) (Letter, error) {
	if !l.SentOn.IsZero() {
		l.Due = s.Days.Add(l.SentOn, l.days)
	}
	if l.sealed != "" {
		b, err := s.Keys.Open(sealAnswer, l.sealed)
		if err != nil {
			return l, err
		}
		l.Answer = string(b)
	}
	return l, nil
}

func (s *Service) filled(ctx context.Context, q db.Querier, where string, args ...any) ([]Letter, error) {
	list, err := db.All(ctx, q, scanLetter, letterSelect+where, args...)
	if err != nil || len(list) == 0 {
		return list, err
	}
	ids, at := make([]string, len(list)), map[string]int{}
	for i := range list {
		if list[i], err = s.fill(list[i]); err != nil {
			return nil, err
		}
		ids[i], at[list[i].ID] = list[i].ID, i
	}
	for chunk := range slices.Chunk(ids, 500) {
		var w db.Where
		cond, in := db.In("letter_id", chunk)
		w.And(cond, in...)
		marks, err := db.All(ctx, q, func(r db.Scanner) (Mark, error) {
			var m Mark
			err := r.Scan(&m.letter, &m.Seat, &m.ID, &m.Name, &m.OnPoint, &m.Complete, &m.Says, &m.At)
			return m, err
		}, `SELECT letter_id, seat, marker_id, marker_name, on_point, complete, says, at FROM blind_mark WHERE `+w.SQL()+` ORDER BY letter_id, seat`, w.Args()...)
		if err != nil {
			return nil, err
		}
		for _, m := range marks {
			l := &list[at[m.letter]]
			l.Marks = append(l.Marks, m)
		}
	}
	return list, nil
}

// letters of a campaign whose scope was checked.
func (s *Service) letters(ctx context.Context, q db.Querier, id string) ([]Letter, error) {
	return s.filled(ctx, q, ` WHERE l.campaign_id = $1 ORDER BY l.area_code, l.site_name, l.id`, id)
}

// Sheet is a campaign with its letters and its table.
func (s *Service) Sheet(ctx context.Context, scope authz.Scope, id string) (Campaign, []Letter, Table, error) {
	c, err := s.campaign(ctx, s.DB, scope, id)
	if err != nil {
		return c, nil, Table{}, err
	}
	list, err := s.letters(ctx, s.DB, id)
	return c, list, tableOf(list), err
}

// Row is one line of the table as the Shaanxi bulletin has it.
type Row struct {
	Name      string
	Sites     int
	Letters   int // sent, without those made void
	OnTime    int
	SameDay   int
	OnPoint   int
	Complete  int
	Off       int // answered, not on point
	Late      int // answered after the last day
	Silent    int // not answered
	AllSilent int // sites that answered none of their letters
}

// Rate is the share answered in time, in hundredths of a per cent.
func (r Row) Rate() int {
	return percent.Of(r.OnTime, r.Letters).Fine()
}

// RateText is the rate as a bulletin writes it: 90.71%.
func (r Row) RateText() string {
	return percent.Of(r.OnTime, r.Letters).Text(2)
}

// Table are the lines by division and their sum.
type Table struct {
	Rows []Row
	Sum  Row
}

func tableOf(list []Letter) Table {
	t := Table{Sum: Row{Name: "合计"}}
	at := map[string]int{}
	type site struct {
		row      int
		answered bool
	}
	sites := map[registry.SiteID]*site{}
	for _, l := range list {
		if l.State == Void || l.State == Waiting {
			continue
		}
		n, ok := at[l.AreaName]
		if !ok {
			n = len(t.Rows)
			at[l.AreaName] = n
			t.Rows = append(t.Rows, Row{Name: l.AreaName})
		}
		x := sites[l.Site]
		if x == nil {
			x = &site{row: n}
			sites[l.Site] = x
			t.Rows[n].Sites++
			t.Sum.Sites++
		}
		m, marked := l.Marked()
		for _, r := range []*Row{&t.Rows[n], &t.Sum} {
			r.Letters++
			if l.AnsweredOn.IsZero() {
				r.Silent++
				continue
			}
			x.answered = true
			if l.OnTime() {
				r.OnTime++
			} else {
				r.Late++
			}
			if l.SameDay() {
				r.SameDay++
			}
			if marked && m.OnPoint {
				r.OnPoint++
			} else if marked {
				r.Off++
			}
			if marked && m.Complete {
				r.Complete++
			}
		}
	}
	for _, x := range sites {
		if !x.answered {
			t.Rows[x.row].AllSilent++
			t.Sum.AllSilent++
		}
	}
	return t
}

// Held are the table and the letters of a finished campaign of the area and
// quarter, for a bulletin; ok is false when there is none. Several of one quarter count
// together.
func (s *Service) Held(ctx context.Context, q db.Querier, scope authz.Scope, area org.AreaID, period assessment.Period) (t Table, list []Letter, ok bool, err error) {
	var w db.Where
	scope.Where(&w, "o")
	w.And("c.area_id = ?", area).And("c.period = ?", period.String()).And("c.state = 'closed'")
	list, err = s.filled(ctx, q, ` JOIN unit o ON o.id = c.unit_id WHERE `+w.SQL()+` ORDER BY l.area_code, l.site_name, l.id`, w.Args()...)
	return tableOf(list), list, len(list) > 0, err
}

// answerID is 办理答复: test letters answered within five working days, on point.
const answerID = "D-16"

// Observe tells assessment what finished campaigns of the quarter know of a
// site: each letter that was not answered in time and on point is one hit.
func (s *Service) Observe(ctx context.Context, q db.Querier, a assessment.Asked) (map[string][]assessment.Seen, error) {
	if _, ok := a.Pack.Indicator(answerID); !ok || a.Kind != assessment.SiteKind {
		return nil, nil
	}
	list, err := s.filled(ctx, q, ` WHERE c.period = $1 AND c.state = 'closed' AND c.closed_at <= $2 AND l.state <> 'void' ORDER BY l.site_id, l.id`, assessment.QuarterOf(a.On).String(), a.Known)
	if err != nil {
		return nil, err
	}
	out := map[string][]assessment.Seen{}
	for _, l := range list {
		k := string(l.Site)
		if len(out[k]) == 0 {
			out[k] = []assessment.Seen{{Observation: packs.Observation{Indicator: answerID, Outcome: packs.Kept}, Note: "按本季盲测"}}
		}
		if l.Good() {
			continue
		}
		says := l.Wrong()
		x := &out[k][0]
		x.Outcome = packs.Violated
		x.Hits = append(x.Hits, packs.Hit{Key: "blind " + l.ID})
		x.Facts = append(x.Facts, assessment.Fact{Severity: check.Error, Says: says, Fix: "请按时、切题答复常见咨询。", Href: "/console/blind-letters/" + l.ID, FirstSeen: l.SentOn.Start()})
	}
	return out, nil
}

// sendAtOnce bounds the letters one minute sends: they shall not come in masses.
const sendAtOnce = 20

// Sweep sends what is due through the sites' own forms, as any citizen would,
// reads the answers that came, and marks what lapsed; idempotent, every minute.
func (s *Service) Sweep(ctx context.Context) (n int, err error) {
	waiting, err := s.filled(ctx, s.DB, ` WHERE c.state = 'running' AND l.state = 'planned' AND l.way = 'hosted' ORDER BY l.id LIMIT `+fmt.Sprint(sendAtOnce))
	if err != nil {
		return 0, err
	}
	var wrongs []error
	for _, l := range waiting {
		sent, err := s.send(ctx, l)
		if err != nil {
			wrongs = append(wrongs, err)
		}
		if sent {
			n++
		}
	}
	out, err := s.filled(ctx, s.DB, ` WHERE c.state = 'running' AND (l.state = 'sent' OR l.state = 'lapsed' AND l.letter_id <> '')`)
	if err != nil {
		return n, errors.Join(append(wrongs, err)...)
	}
	for _, l := range out {
		if err := s.follow(ctx, l); err != nil {
			wrongs = append(wrongs, err)
		}
	}
	return n, errors.Join(wrongs...)
}

// send takes the site's form first and sends it at a later minute: a form counts
// only when it has been open for a while.
func (s *Service) send(ctx context.Context, l Letter) (bool, error) {
	now := s.DB.Now()
	if l.token == "" || now.Sub(l.tokenAt) > letters.MaxFill-time.Hour {
		return false, s.note(ctx, l.ID, `UPDATE blind_letter SET token = $2, token_at = $3 WHERE id = $1 AND state = 'planned'`, l.ID, s.desk.FormToken(l.Site), now)
	}
	if now.Sub(l.tokenAt) < letters.MinFill+time.Second {
		return false, nil
	}
	c, err := s.campaign(ctx, s.DB, authz.System("blindtest"), l.Campaign)
	if err != nil {
		return false, err
	}
	from, err := s.open(c)
	if err != nil || len(from) == 0 {
		return false, err
	}
	stock, err := TheStock()
	if err != nil {
		return false, err
	}
	kind := letters.Consult
	for _, t := range stock.Texts {
		if t.ID == l.TextID {
			kind = t.Type
		}
	}
	p := from[l.personaNo%len(from)]
	// As a citizen: the trail of the letter says no more than that of any other.
	sealed, err := s.desk.Receive(audit.Citizen(ctx), l.Site, letters.Submission{Type: kind, Title: l.Title, Body: l.Body, Name: p.Name, Phone: p.Phone, Token: l.token})
	if fault.Is(err, fault.TooMany) {
		return false, nil // the telephone has sent enough for a day: tomorrow
	}
	if err != nil {
		return false, err
	}
	receipt, err := s.desk.OpenReceipt(sealed)
	if err != nil {
		return false, err
	}
	id, err := s.Letters.ByNumber(ctx, authz.System("blindtest"), receipt.Number)
	if err != nil {
		return false, err
	}
	return true, s.take(ctx, l, "send", "", func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE blind_letter SET token = '', letter_id = $2, number = $3, sent_on = $4, sent_by = '系统', sent_to = '网站的写信页面' WHERE id = $1`, l.ID, string(id), receipt.Number, calendar.DateOf(receipt.At))
		return err
	})
}

// note writes a small thing of a letter under the system's name.
func (s *Service) note(ctx context.Context, id, statement string, args ...any) error {
	ctx = audit.System(ctx, "blindtest")
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, statement, args...); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "blindtest.letter.form", Target: audit.Target{Kind: "blind_letter", ID: id}})
	})
}

// take moves a letter under the system's name.
func (s *Service) take(ctx context.Context, l Letter, act, says string, change func(tx *db.Tx) error) error {
	ctx = audit.System(ctx, "blindtest")
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		return s.step(ctx, tx, l, act, says, change)
	})
}

func (s *Service) step(ctx context.Context, tx *db.Tx, l Letter, act, says string, change func(tx *db.Tx) error) error {
	_, to, err := LetterMachine.Take(ctx, tx, l.ID, act, passage.Note{Says: says})
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE blind_letter SET state = $2 WHERE id = $1`, l.ID, to); err != nil {
		return err
	}
	if change != nil {
		if err := change(tx); err != nil {
			return err
		}
	}
	// The trail of a test names the campaign's side, never the unit's letter.
	return audit.Record(ctx, tx, audit.Entry{Act: "blindtest.letter." + act, Target: audit.Target{Kind: "blind_letter", ID: l.ID, Name: l.TextID}, Basis: citation})
}

// follow reads the answer to a hosted letter, or marks a letter as lapsed.
func (s *Service) follow(ctx context.Context, l Letter) error {
	if l.LetterID != "" {
		o, err := s.Letters.Outcome(ctx, authz.System("blindtest"), letters.LetterID(l.LetterID))
		if err != nil {
			return err
		}
		if !o.AnsweredOn.IsZero() {
			sealed, err := s.Keys.Seal(sealAnswer, []byte(o.Answer))
			if err != nil {
				return err
			}
			return s.take(ctx, l, "answer", "", func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `UPDATE blind_letter SET answered_on = $2, answer = $3, recorded_by = '系统' WHERE id = $1`, l.ID, o.AnsweredOn, sealed)
				return err
			})
		}
	}
	if l.State == Sent && !l.Due.Provisional && l.Due.Missed(calendar.DateOf(s.DB.Now())) {
		return s.take(ctx, l, "lapse", "期限 "+l.Due.On.String(), nil)
	}
	return nil
}

// one is a letter of a campaign in scope.
func (s *Service) one(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Campaign, Letter, error) {
	list, err := s.filled(ctx, q, ` WHERE l.id = $1`, id)
	if err != nil {
		return Campaign{}, Letter{}, err
	}
	if len(list) == 0 {
		return Campaign{}, Letter{}, fault.Missing("测试信件")
	}
	c, err := s.campaign(ctx, q, scope, list[0].Campaign)
	if err != nil {
		return c, Letter{}, fault.Missing("测试信件")
	}
	return c, list[0], nil
}

// Letter of a campaign in scope, for its head.
func (s *Service) Letter(ctx context.Context, scope authz.Scope, id string) (Campaign, Letter, error) {
	return s.one(ctx, s.DB, scope, id)
}

// change moves a letter by a person in scope.
func (s *Service) change(ctx context.Context, scope authz.Scope, id, act, says string, fn func(tx *db.Tx, c Campaign, l Letter, by audit.Actor) error) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		actor, err := audit.PersonFrom(ctx)
		if err != nil {
			return err
		}
		c, l, err := s.one(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if c.State != Running {
			return fault.Newf(fault.Conflict, "这次盲测现在是“%s”，不能登记。", c.StateName())
		}
		return s.step(ctx, tx, l, act, says, func(tx *db.Tx) error { return fn(tx, c, l, actor) })
	})
}

// RecordSent records by hand that a letter went: its number, when, where.
func (s *Service) RecordSent(ctx context.Context, scope authz.Scope, id string, on calendar.Date, number, where string) error {
	number, where = strings.TrimSpace(number), strings.TrimSpace(where)
	var f fault.Fields
	f.Check(!on.IsZero() && !on.After(calendar.DateOf(s.DB.Now())), "on", "发出日期应为今天或以前的日期")
	f.Text("number", "网站给出的编号或查询码", number, true, 60)
	f.Text("where", "在哪里发出", where, true, 200)
	if err := f.Err(); err != nil {
		return err
	}
	return s.change(ctx, scope, id, "send", "", func(tx *db.Tx, c Campaign, l Letter, by audit.Actor) error {
		if l.Way == "hosted" {
			return fault.New(fault.Refused, "这个网站在本平台，信件由系统经网站的写信页面发出，不需要登记。")
		}
		if on.Before(calendar.DateOf(c.StartedAt)) {
			return fault.Newf(fault.Invalid, "发出日期早于盲测开始（%s），请核对。", calendar.DateOf(c.StartedAt).Chinese()).On("on", "早于盲测开始")
		}
		_, err := tx.Exec(ctx, `UPDATE blind_letter SET sent_on = $2, number = $3, sent_to = $4, sent_by = $5 WHERE id = $1`, id, on, number, where, by.Name)
		return err
	})
}

// RecordAnswer records by hand the answer that came.
func (s *Service) RecordAnswer(ctx context.Context, scope authz.Scope, id string, on calendar.Date, answer string) error {
	answer = strings.TrimSpace(answer)
	var f fault.Fields
	f.Check(!on.IsZero() && !on.After(calendar.DateOf(s.DB.Now())), "on", "答复日期应为今天或以前的日期")
	f.Text("answer", "答复全文", answer, true, 5000)
	if err := f.Err(); err != nil {
		return err
	}
	sealed, err := s.Keys.Seal(sealAnswer, []byte(answer))
	if err != nil {
		return err
	}
	return s.change(ctx, scope, id, "answer", "", func(tx *db.Tx, _ Campaign, l Letter, by audit.Actor) error {
		if l.Way == "hosted" {
			return fault.New(fault.Refused, "这个网站在本平台，答复由系统读取，不需要登记。")
		}
		if on.Before(l.SentOn) {
			return fault.New(fault.Invalid, "答复日期早于发出日期，请核对。").On("on", "早于发出日期")
		}
		_, err := tx.Exec(ctx, `UPDATE blind_letter SET answered_on = $2, answer = $3, recorded_by = $4, recorded_id = $5 WHERE id = $1`, id, on, sealed, by.Name, by.ID)
		return err
	})
}

// MakeVoid takes a letter out of the test, with the reason.
func (s *Service) MakeVoid(ctx context.Context, scope authz.Scope, id, why string) error {
	why = strings.TrimSpace(why)
	if err := fault.ReasonFor("why", "作废理由", why); err != nil {
		return err
	}
	return s.change(ctx, scope, id, "void", why, func(tx *db.Tx, _ Campaign, _ Letter, _ audit.Actor) error {
		_, err := tx.Exec(ctx, `UPDATE blind_letter SET why = $2 WHERE id = $1`, id, why)
		return err
	})
}

// ToMark is what a marker sees: text and answer, neither the site nor what the
// other marker says.
type ToMark struct {
	ID       string
	Campaign string // its number
	Title    string
	Body     string
	Expects  string
	Answer   string
	Own      *Mark
	Others   int
}

func (s *Service) toMark(c Campaign, l Letter, person string) (ToMark, error) {
	t := ToMark{ID: l.ID, Campaign: c.Number, Title: l.Title, Body: l.Body, Answer: l.Answer}
	stock, err := TheStock()
	if err != nil {
		return t, err
	}
	for _, x := range stock.Texts {
		if x.ID == l.TextID {
			t.Expects = x.Expects
		}
	}
	for i, m := range l.Marks {
		if m.ID == person {
			t.Own = &l.Marks[i]
		} else if m.Seat != "head" {
			t.Others++
		}
	}
	return t, nil
}

// Queue are the answers that wait for a mark of the person, in an order that
// does not show which belong together.
func (s *Service) Queue(ctx context.Context, scope authz.Scope, session *authz.Session) ([]ToMark, error) {
	var w db.Where
	scope.Where(&w, "o")
	w.And("c.state = 'running' AND l.state = 'answered'").
		And("(SELECT count(*) FROM blind_mark m WHERE m.letter_id = l.id) < 2").
		And("NOT EXISTS (SELECT 1 FROM blind_mark m WHERE m.letter_id = l.id AND m.marker_id = ?)", session.PersonID).
		And("c.head_id <> ? AND l.recorded_id <> ?", session.PersonID, session.PersonID)
	list, err := s.filled(ctx, s.DB, ` JOIN unit o ON o.id = c.unit_id WHERE `+w.SQL()+` ORDER BY l.text_id, l.id LIMIT 200`, w.Args()...)
	if err != nil {
		return nil, err
	}
	var out []ToMark
	for _, l := range list {
		t, err := s.toMark(Campaign{}, l, session.PersonID)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// ForMarking is one answer for a marker.
func (s *Service) ForMarking(ctx context.Context, scope authz.Scope, session *authz.Session, id string) (ToMark, error) {
	c, l, err := s.one(ctx, s.DB, scope, id)
	if err != nil {
		return ToMark{}, err
	}
	if l.State != Answered {
		return ToMark{}, fault.Missing("待评分的答复")
	}
	return s.toMark(c, l, session.PersonID)
}

// Give keeps a marker's marks. Two mark each answer; who planned the campaign or
// recorded the answer knows the site and does not mark.
func (s *Service) Give(ctx context.Context, scope authz.Scope, id string, onPoint, complete bool, says string) error {
	return s.mark(ctx, scope, id, onPoint, complete, says, func(c Campaign, l Letter, by audit.Actor) (string, error) {
		switch {
		case by.ID == c.HeadID || by.ID == l.recordedID:
			return "", fault.New(fault.Refused, "您组织了这次盲测或登记了这件答复，知道是哪个网站，不能评分，请由其他人评分。")
		case slices.ContainsFunc(l.Marks, func(m Mark) bool { return m.ID == by.ID }):
			return "", fault.New(fault.Conflict, "您已经评过分，不能再改；两人不一致的由负责人裁定。")
		case len(l.Marks) >= 2:
			return "", fault.New(fault.Conflict, "这件答复已由两人评分。")
		case len(l.Marks) == 1 && l.Marks[0].Seat == "first":
			return "second", nil
		}
		return "first", nil
	})
}

// Settle is the head's word where two markers differ.
func (s *Service) Settle(ctx context.Context, scope authz.Scope, id string, onPoint, complete bool, says string) error {
	if err := fault.ReasonFor("says", "裁定理由", strings.TrimSpace(says)); err != nil {
		return err
	}
	return s.mark(ctx, scope, id, onPoint, complete, says, func(_ Campaign, l Letter, by audit.Actor) (string, error) {
		switch {
		case !l.Differs():
			return "", fault.New(fault.Conflict, "两人评分没有分歧，或还没有评完，不需要裁定。")
		case slices.ContainsFunc(l.Marks, func(m Mark) bool { return m.ID == by.ID }):
			return "", fault.New(fault.Refused, "您是评分人之一，不能裁定，请由其他人裁定。")
		}
		return "head", nil
	})
}

func (s *Service) mark(ctx context.Context, scope authz.Scope, id string, onPoint, complete bool, says string, seat func(Campaign, Letter, audit.Actor) (string, error)) error {
	says = strings.TrimSpace(says)
	var f fault.Fields
	f.Text("says", "说明", says, !onPoint || !complete, 1000)
	f.Check(onPoint || !complete, "complete", "答非所问的不能评为完整")
	if err := f.Err(); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		actor, err := audit.PersonFrom(ctx)
		if err != nil {
			return err
		}
		c, l, err := s.one(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if c.State != Running || l.State != Answered {
			return fault.New(fault.Conflict, "这件答复现在不能评分，请刷新后再看。")
		}
		at, err := seat(c, l, actor)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO blind_mark (letter_id, seat, marker_id, marker_name, on_point, complete, says, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, id, at, actor.ID, actor.Name, onPoint, complete, says, tx.Now()); err != nil {
			if _, dup := db.UniqueViolation(err); dup {
				return fault.New(fault.Conflict, "另一位评分人刚刚提交，请再提交一次。").From(err)
			}
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "blindtest.mark." + cmp.Or(map[string]string{"head": "settle"}[at], "give"), Target: audit.Target{Kind: "blind_letter", ID: id, Name: l.TextID, Unit: string(c.Unit)}, Basis: citation})
	})
}

// tell lets the units know, once each, when a campaign ends.
func (s *Service) tell(ctx context.Context, tx *db.Tx, c Campaign, list []Letter) error {
	n := map[org.UnitID]int{}
	for _, l := range list {
		if l.State != Void {
			n[l.Unit]++
		}
	}
	var out []notify.Message
	for unit, count := range n {
		out = append(out, notify.Message{Key: "blindtest:" + c.ID + ":" + string(unit), Unit: string(unit), Title: c.UnitName + "的来信盲测已结束", Body: fmt.Sprintf("本单位网站收到测试信件 %d 封，已退出来信统计。评分见“测试信件”。", count), Link: "/console/blind-letters"})
	}
	slices.SortFunc(out, func(a, b notify.Message) int { return cmp.Compare(a.Key, b.Key) })
	return notify.SendAll(ctx, tx, out)
}

// Own are the test letters of the scope's units, of finished campaigns.
func (s *Service) Own(ctx context.Context, scope authz.Scope, limit, offset int) ([]Letter, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("c.state = 'closed' AND l.state <> 'void'")
	total, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM blind_letter l JOIN unit u ON u.id = l.unit_id JOIN blind_campaign c ON c.id = l.campaign_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := s.filled(ctx, s.DB, ` WHERE `+w.SQL()+` ORDER BY c.closed_at DESC, l.area_code, l.site_name, l.id LIMIT `+w.Arg(cmp.Or(limit, 50))+` OFFSET `+w.Arg(offset), w.Args()...)
	return list, total, err
}

// OwnLetter is one of them.
func (s *Service) OwnLetter(ctx context.Context, scope authz.Scope, id string) (Letter, error) {
	list, err := s.filled(ctx, s.DB, ` WHERE l.id = $1 AND c.state = 'closed' AND l.state <> 'void'`, id)
	if err != nil {
		return Letter{}, err
	}
	if len(list) == 0 || !scope.Covers(list[0].area, list[0].line) {
		return Letter{}, fault.Missing("测试信件")
	}
	return list[0], nil
}
