package reporting

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/appraisal"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
)

// States of a letter of results.
const (
	LetterSent   = "sent"
	LetterFailed = "failed"
	LetterRead   = "read"
)

// LetterStates are their names.
var LetterStates = map[string]string{LetterSent: "已送达，未阅", LetterFailed: "没有送达", LetterRead: "已阅"}

// Mailing is one run: each unit gets its own results of an issued paper, or of a
// published round for which there is no paper.
type Mailing struct {
	ID       string
	Bulletin BulletinID // empty: of a round
	Round    string     // empty: of a paper
	Unit     org.UnitID
	Template string
	By       string
	At       time.Time

	Sent, Failed, Read int // how many letters stand so
}

// Total is how many units were written to.
func (m Mailing) Total() int { return m.Sent + m.Failed + m.Read }

// ResultLetter is one unit's results.
type ResultLetter struct {
	ID       string
	Mailing  string
	Unit     org.UnitID
	UnitName string // joined
	State    string
	Failure  string
	SentAt   time.Time
	Sendings int
	ReadAt   time.Time
	ReadBy   string
	Title    string // of the paper
	Told     LetterContent
	from     string // name of the sender
	sender   Standing
}

// LetterContent is what a letter says.
type LetterContent struct {
	Paper  string        `json:"paper"`
	Number string        `json:"number"`
	Period string        `json:"period"`
	Issuer string        `json:"issuer"`
	On     string        `json:"on"`
	Text   string        `json:"text"`
	Groups []LetterGroup `json:"groups"`
}

// LetterGroup is rows of one kind; N counts those left off too.
type LetterGroup struct {
	Name string `json:"name"`
	N    int    `json:"n"`
	Rows []Row  `json:"rows"`
}

// Link is the letter's page.
func (l ResultLetter) Link() string { return "/console/result-letters/" + l.ID }

// mostRows of a kind stand in a letter; the rest are in the console.
const mostRows = 200

// UsualTemplate is the text that a run begins with.
const UsualTemplate = "现将{通报}（{文号}）中你单位的检查结果反馈如下：{时段}你单位网站{网站数}个，其中合格{合格数}个、不合格{不合格数}个、未检测{未检测数}个；发现问题{问题数}个，已整改到位{已整改数}个；收到整改通知{整改通知数}份，其中未办结{未办结数}份。\n请对照下列明细逐项整改，并在整改通知规定的期限内答复。对结果有异议的，请按规定提出。"

// OfficesTemplate is the text that a run of a round about supervising offices
// begins with.
const OfficesTemplate = "现将{通报}（{文号}）中你单位{时段}监管工作的考核结果反馈如下。逐项评判和依据见“考核结果”。发现事实差错的，请书面提出，由我单位办理勘误。"

// RoundTemplate is the text that a run of a round begins with.
const RoundTemplate = "现将{通报}（{文号}）中你单位的考核结果反馈如下：{时段}你单位参加考核的网站{网站数}个，其中合格{合格数}个、不合格{不合格数}个、未检测{未检测数}个；政务新媒体{账号数}个，其中合格{账号合格数}个、不合格{账号不合格数}个、未检测{账号未检测数}个。\n各项评判和依据见“考核结果”。发现事实差错的，请书面提出，由我单位办理勘误。"

// Slots are what a template may name.
var Slots = []string{"单位", "通报", "文号", "时段", "网站数", "合格数", "不合格数", "未检测数", "账号数", "账号合格数", "账号不合格数", "账号未检测数", "问题数", "已整改数", "整改通知数", "未办结数"}

// The names of groups that slots count.
const (
	goodSites, badSites, openSites          = "合格网站", "不合格网站", "未检测网站"
	goodAccounts, badAccounts, openAccounts = "合格政务新媒体", "不合格政务新媒体", "未检测政务新媒体"
	allAccounts                             = "政务新媒体" // of papers that did not judge accounts
)

// source is what a run tells of: a paper or a round.
type source struct {
	bulletin BulletinID
	round    string
	title    string
	number   string
	period   string // in Chinese
	unit     org.UnitID
	office   string
	target   audit.Target
	groups   map[org.UnitID][]LetterGroup
}

// put adds a row to a group of a unit.
func (s *source) put(unit org.UnitID, name string, r Row) {
	list := s.groups[unit]
	i := slices.IndexFunc(list, func(g LetterGroup) bool { return g.Name == name })
	if i < 0 {
		list = append(list, LetterGroup{Name: name})
		i = len(list) - 1
	}
	if list[i].N++; len(list[i].Rows) < mostRows {
		list[i].Rows = append(list[i].Rows, r)
	}
	s.groups[unit] = list
}

var slot = regexp.MustCompile(`\{([^{}\n]{1,20})\}`)

func checkTemplate(text string) (string, error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	var wrong fault.Fields
	wrong.Check(text != "", "template", "没有填写正文，请填写")
	wrong.Check(utf8.RuneCountInString(text) <= 2000, "template", "正文超过 2000 字，请缩短")
	for _, m := range slot.FindAllStringSubmatch(text, -1) {
		wrong.Check(slices.Contains(Slots, m[1]), "template", "没有“{"+m[1]+"}”这一项，可用的有："+strings.Join(Slots, "、"))
	}
	return text, wrong.Err()
}

// ofPaper are the rows of each unit in a paper.
func (s *Service) ofPaper(ctx context.Context, b Bulletin) (source, error) {
	out := source{bulletin: b.ID, title: "《" + b.Title() + "》", number: b.Number, period: b.Period.Chinese(), unit: b.Unit, office: b.UnitName, target: b.Target(), groups: map[org.UnitID][]LetterGroup{}}
	keys := []struct{ key, name string }{{"sites.qualified", goodSites}, {"sites.unqualified", badSites}, {"sites.untested", openSites}, {"accounts.qualified", goodAccounts}, {"accounts.unqualified", badAccounts}, {"accounts.untested", openAccounts},
		{"findings.closed", "已整改的问题"}, {"findings.open", "尚未整改的问题"}, {"orders.closed", "已办结的整改通知"}, {"orders.open", "未办结的整改通知"}}
	if !b.Content.Has("accounts.qualified") {
		keys = append(keys, struct{ key, name string }{"accounts.total", allAccounts})
	}
	for _, g := range keys {
		rows := b.Content.Figure(g.key).Rows
		if len(rows) == 0 {
			continue
		}
		ids := make([]string, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
		at, err := s.standings(ctx, rows[0].Kind, ids)
		if err != nil {
			return out, err
		}
		for _, r := range rows {
			if p, ok := at[r.ID]; ok {
				out.put(p.unit, g.name, r)
			}
		}
	}
	return out, nil
}

// ofRound are the results of each unit in a published round in scope, told to
// whoever answers for them today.
func (s *Service) ofRound(ctx context.Context, scope authz.Scope, id string) (source, error) {
	if s.rounds == nil {
		return source{}, fault.Missing("考核轮次")
	}
	held, err := s.rounds.ResultsOf(ctx, scope, id)
	if err != nil {
		return source{}, err
	}
	r := held.Round
	out := source{round: r.ID, title: r.Name, number: r.Number, period: r.PeriodName(), unit: r.Unit, office: r.UnitName, target: r.Target(), groups: map[org.UnitID][]LetterGroup{}}
	names := map[string][3]string{"site": {goodSites, badSites, openSites}, "account": {goodAccounts, badAccounts, openAccounts}, "office": {"监管工作合格", "监管工作不合格", "监管工作未检测"}}
	for _, o := range held.Results {
		verdict, points := o.Says()
		row := Row{Kind: "result", ID: o.Object.ID, Text: o.Snapshot.Name, Note: verdict, Link: o.Object.Link()}
		if points != "" {
			row.Note += " " + points + "分"
		}
		var vetoes []string
		for _, i := range o.Vetoes {
			vetoes = append(vetoes, i.Name)
		}
		if len(vetoes) > 0 {
			row.Note += "　单项否决：" + strings.Join(vetoes, "、")
		}
		name := names[o.Object.Kind][2]
		switch o.Standing.Verdict {
		case assessment.Qualified:
			name = names[o.Object.Kind][0]
		case assessment.Unqualified:
			name = names[o.Object.Kind][1]
		}
		out.put(o.Object.Unit, name, row)
	}
	return out, nil
}

// fill puts a unit's name and numbers into a template.
func (s source) fill(template string, unit org.UnitID, name string) string {
	n := func(names ...string) string {
		sum := 0
		for _, g := range s.groups[unit] {
			if slices.Contains(names, g.Name) {
				sum += g.N
			}
		}
		return strconv.Itoa(sum)
	}
	values := map[string]string{"单位": name, "通报": s.title, "文号": s.number, "时段": s.period, "网站数": n(goodSites, badSites, openSites), "合格数": n(goodSites), "不合格数": n(badSites), "未检测数": n(openSites),
		"账号数": n(goodAccounts, badAccounts, openAccounts, allAccounts), "账号合格数": n(goodAccounts), "账号不合格数": n(badAccounts), "账号未检测数": n(openAccounts, allAccounts),
		"问题数": n("已整改的问题", "尚未整改的问题"), "已整改数": n("已整改的问题"), "整改通知数": n("已办结的整改通知", "未办结的整改通知"), "未办结数": n("未办结的整改通知")}
	return slot.ReplaceAllStringFunc(template, func(m string) string { return values[strings.Trim(m, "{}")] })
}

// readers are the units, of those given, that stand and where somebody may read
// a letter; with why not for the others.
func readers(ctx context.Context, q db.Querier, units []org.UnitID) (map[org.UnitID]string, map[org.UnitID]string, error) {
	var roles []authz.Role
	for _, r := range authz.Roles {
		if slices.Contains(r.Permits, authz.AssessmentRead) {
			roles = append(roles, r.Role)
		}
	}
	names, why := map[org.UnitID]string{}, map[org.UnitID]string{}
	for some := range slices.Chunk(units, 500) {
		var w db.Where
		type known struct {
			id      org.UnitID
			name    string
			gone    calendar.Date
			holders int
		}
		in := db.Among(&w, roles)
		list, err := db.All(ctx, q, func(r db.Scanner) (known, error) {
			var k known
			return k, r.Scan(&k.id, &k.name, &k.gone, &k.holders)
		}, `SELECT u.id, u.name, u.abolished_on, (SELECT count(*) FROM post p WHERE p.unit_id = u.id AND p.ended_at IS NULL AND p.role IN `+in+`) FROM unit u WHERE u.id IN `+db.Among(&w, some), w.Args()...)
		if err != nil {
			return nil, nil, err
		}
		for _, k := range list {
			names[k.id] = k.name
			switch {
			case !k.gone.IsZero():
				why[k.id] = "单位已撤销，请向承接单位另行反馈"
			case k.holders == 0:
				why[k.id] = "单位没有可以查看结果的人员，请先在“单位”里设岗"
			}
		}
	}
	return names, why, nil
}

// Send writes to each unit its own results of an issued paper: one run for a
// paper. Units that cannot be reached are listed with why.
func (s *Service) Send(ctx context.Context, scope authz.Scope, id BulletinID, template string) (m Mailing, err error) {
	if template, err = checkTemplate(template); err != nil {
		return m, err
	}
	b, err := s.Bulletin(ctx, scope, id)
	if err != nil {
		return m, err
	}
	if !b.Out() || b.Kind != QuarterlyBulletin && b.Kind != AnnualAssessment {
		return m, fault.Newf(fault.Refused, "%s没有印发，或不是向各单位反馈结果的文件。印发以后才能反馈。", b.Title())
	}
	src, err := s.ofPaper(ctx, b)
	if err != nil {
		return m, err
	}
	return s.send(ctx, src, template)
}

// SendRound writes to each unit its own results of a published round, for which
// no paper need be composed: one run for a round.
func (s *Service) SendRound(ctx context.Context, scope authz.Scope, round, template string) (m Mailing, err error) {
	if template, err = checkTemplate(template); err != nil {
		return m, err
	}
	src, err := s.ofRound(ctx, scope, round)
	if err != nil {
		return m, err
	}
	return s.send(ctx, src, template)
}

func (s *Service) send(ctx context.Context, src source, template string) (m Mailing, err error) {
	if len(src.groups) == 0 {
		return m, fault.New(fault.Refused, "这里没有任何单位的明细，不需要反馈。")
	}
	units := slices.Sorted(maps.Keys(src.groups))
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		actor, ok := audit.ActorFrom(ctx)
		if !ok {
			return audit.ErrNoActor
		}
		names, why, err := readers(ctx, tx, units)
		if err != nil {
			return err
		}
		m = Mailing{ID: ulid.Make().String(), Bulletin: src.bulletin, Round: src.round, Unit: src.unit, Template: template, By: actor.Name, At: tx.Now()}
		if _, err := tx.Exec(ctx, `INSERT INTO mailing (id, bulletin_id, round_id, unit_id, template, sent_by, sent_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`, m.ID, db.Null(src.bulletin), db.Null(src.round), src.unit, template, m.By, m.At); err != nil {
			if _, dup := db.UniqueViolation(err); dup {
				return fault.New(fault.Conflict, "结果已经反馈过了；没有收到的单位可以补发。").From(err)
			}
			return err
		}
		var rows [][]any
		var told []notify.Message
		for _, u := range units {
			l := LetterContent{Paper: strings.Trim(src.title, "《》"), Number: src.number, Period: src.period, Issuer: src.office, On: calendar.DateOf(m.At).Chinese(), Text: src.fill(template, u, names[u]), Groups: src.groups[u]}
			text, err := json.Marshal(l)
			if err != nil {
				return err
			}
			state := LetterSent
			if why[u] != "" {
				state = LetterFailed
				m.Failed++
			} else {
				m.Sent++
			}
			key := ulid.Make().String()
			rows = append(rows, []any{key, m.ID, u, string(text), state, why[u], m.At, 1})
			if state == LetterSent {
				told = append(told, letterMessage(key, u, l, 1))
			}
		}
		if err := tx.InsertAll(ctx, "mailing_letter", []string{"id", "mailing_id", "unit_id", "content", "state", "failure", "sent_at", "sendings"}, rows); err != nil {
			return err
		}
		if err := notify.SendAll(ctx, tx, told); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "reporting.mailing.send", Basis: citation, Target: src.target, After: map[string]int{"sent": m.Sent, "failed": m.Failed}})
	})
	return m, err
}

func letterMessage(id string, unit org.UnitID, l LetterContent, sending int) notify.Message {
	return notify.Message{Key: fmt.Sprintf("result-letter:%s:%d", id, sending), Unit: string(unit), Title: "检查结果反馈：" + l.Period, Body: l.Issuer + "反馈《" + l.Paper + "》中本单位的结果，打开可看明细、下载公文。", Link: ResultLetter{ID: id}.Link()}
}

// Resend writes again to whoever has not read; who can be reached by now is.
func (s *Service) Resend(ctx context.Context, scope authz.Scope, id BulletinID) (n int, err error) {
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		b, err := s.bulletin(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		n, err = s.resend(ctx, tx, "g.bulletin_id", string(id), b.Target())
		return err
	})
	return n, err
}

// ResendRound does the same for the run of a round.
func (s *Service) ResendRound(ctx context.Context, scope authz.Scope, round string) (n int, err error) {
	if s.rounds == nil {
		return 0, fault.Missing("考核轮次")
	}
	r, err := s.rounds.Round(ctx, scope, round)
	if err != nil {
		return 0, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		n, err = s.resend(ctx, tx, "g.round_id", r.ID, r.Target())
		return err
	})
	return n, err
}

func (s *Service) resend(ctx context.Context, tx *db.Tx, column, id string, target audit.Target) (int, error) {
	list, err := db.All(ctx, tx, scanLetter, letterSelect+` WHERE `+column+` = $1 AND l.state <> 'read' ORDER BY l.id`, id)
	if err != nil {
		return 0, err
	}
	if len(list) == 0 {
		return 0, fault.New(fault.Conflict, "没有需要补发的单位：都已经看过，或者还没有反馈。")
	}
	var units []org.UnitID
	for _, l := range list {
		units = append(units, l.Unit)
	}
	_, why, err := readers(ctx, tx, units)
	if err != nil {
		return 0, err
	}
	var told []notify.Message
	for _, l := range list {
		state := LetterSent
		if why[l.Unit] != "" {
			state = LetterFailed
		} else {
			told = append(told, letterMessage(l.ID, l.Unit, l.Told, l.Sendings+1))
		}
		if _, err := tx.Exec(ctx, `UPDATE mailing_letter SET state = $2, failure = $3, sent_at = $4, sendings = sendings + 1 WHERE id = $1`, l.ID, state, why[l.Unit], tx.Now()); err != nil {
			return 0, err
		}
	}
	if err := notify.SendAll(ctx, tx, told); err != nil {
		return 0, err
	}
	return len(told), audit.Record(ctx, tx, audit.Entry{Act: "reporting.mailing.resend", Basis: citation, Target: target, After: map[string]int{"sent": len(told), "failed": len(list) - len(told)}})
}

const letterSelect = `
	SELECT l.id, l.mailing_id, l.unit_id, u.name, l.state, l.failure, l.sent_at, l.sendings, l.read_at, l.read_by, l.content, f.name, f.id, f.area_path, f.line_path
	  FROM mailing_letter l JOIN mailing g ON g.id = l.mailing_id JOIN unit u ON u.id = l.unit_id JOIN unit f ON f.id = g.unit_id`

func scanLetter(r db.Scanner) (ResultLetter, error) {
	var l ResultLetter
	var text string
	if err := r.Scan(&l.ID, &l.Mailing, &l.Unit, &l.UnitName, &l.State, &l.Failure, &l.SentAt, &l.Sendings, &l.ReadAt, &l.ReadBy, &text, &l.from, &l.sender.unit, &l.sender.area, &l.sender.line); err != nil {
		return l, err
	}
	if err := json.Unmarshal([]byte(text), &l.Told); err != nil {
		return l, fmt.Errorf("reporting: letter: %w", err)
	}
	l.Title = l.Told.Paper
	return l, nil
}

// MailingOf is the run of a paper in scope with its letters: those not reached
// first, then those not read. ok is false when there was none.
func (s *Service) MailingOf(ctx context.Context, scope authz.Scope, id BulletinID, state string, limit, offset int) (m Mailing, list []ResultLetter, ok bool, err error) {
	if _, err = s.bulletin(ctx, s.db, scope, id); err != nil {
		return m, nil, false, err
	}
	return s.mailingOf(ctx, "g.bulletin_id", string(id), state, limit, offset)
}

// MailingOfRound is the same of a round.
func (s *Service) MailingOfRound(ctx context.Context, scope authz.Scope, round, state string, limit, offset int) (r appraisal.Round, m Mailing, list []ResultLetter, ok bool, err error) {
	if s.rounds == nil {
		return r, m, nil, false, fault.Missing("考核轮次")
	}
	if r, err = s.rounds.Round(ctx, scope, round); err != nil {
		return r, m, nil, false, err
	}
	m, list, ok, err = s.mailingOf(ctx, "g.round_id", round, state, limit, offset)
	return r, m, list, ok, err
}

func (s *Service) mailingOf(ctx context.Context, column, id, state string, limit, offset int) (m Mailing, list []ResultLetter, ok bool, err error) {
	m, err = db.One(ctx, s.db, func(r db.Scanner) (Mailing, error) {
		var m Mailing
		err := r.Scan(&m.ID, &m.Bulletin, &m.Round, &m.Unit, &m.Template, &m.By, &m.At, &m.Sent, &m.Failed, &m.Read)
		return m, err
	}, `SELECT g.id, coalesce(g.bulletin_id, ''), coalesce(g.round_id, ''), g.unit_id, g.template, g.sent_by, g.sent_at,
	       (SELECT count(*) FROM mailing_letter l WHERE l.mailing_id = g.id AND l.state = 'sent'), (SELECT count(*) FROM mailing_letter l WHERE l.mailing_id = g.id AND l.state = 'failed'), (SELECT count(*) FROM mailing_letter l WHERE l.mailing_id = g.id AND l.state = 'read')
	      FROM mailing g WHERE `+column+` = $1`, id)
	if db.None(err) {
		return m, nil, false, nil
	}
	if err != nil {
		return m, nil, false, err
	}
	var w db.Where
	w.And("l.mailing_id = ?", m.ID).AndIf(state != "", "l.state = ?", state)
	list, err = db.All(ctx, s.db, scanLetter, letterSelect+` WHERE `+w.SQL()+` ORDER BY CASE l.state WHEN 'failed' THEN 0 WHEN 'sent' THEN 1 ELSE 2 END, u.name, l.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	return m, list, true, err
}

// unitsOf are the units where the person has a post.
func unitsOf(session *authz.Session) []string {
	var out []string
	if session != nil {
		for _, p := range session.Posts {
			if !slices.Contains(out, p.UnitID) {
				out = append(out, p.UnitID)
			}
		}
	}
	return out
}

// ResultLetters are the letters to the person's own units, newest first.
func (s *Service) ResultLetters(ctx context.Context, session *authz.Session, limit, offset int) ([]ResultLetter, int, error) {
	own := unitsOf(session)
	if len(own) == 0 {
		return nil, 0, nil
	}
	var w db.Where
	w.And("l.unit_id IN " + db.Among(&w, own))
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM mailing_letter l WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, scanLetter, letterSelect+` WHERE `+w.SQL()+` ORDER BY l.sent_at DESC, l.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	return list, total, err
}

// OpenTo reports whether the person may read the letter: one to an own unit, or
// of a run of an office where the person composes.
func (l ResultLetter) OpenTo(session *authz.Session) bool {
	return l.isTo(session) || session != nil && l.sender.In(session.ScopeFor(authz.BulletinCompose))
}

func (l ResultLetter) isTo(session *authz.Session) bool {
	return slices.Contains(unitsOf(session), string(l.Unit))
}

// ResultLetter is a letter to one of the person's units, or of a run that the
// person may read; opened by its unit it is read.
func (s *Service) ResultLetter(ctx context.Context, session *authz.Session, id string) (ResultLetter, error) {
	l, err := db.One(ctx, s.db, scanLetter, letterSelect+` WHERE l.id = $1`, id)
	if db.None(err) {
		return l, fault.Missing("这份结果反馈")
	}
	if err != nil {
		return l, err
	}
	if !l.OpenTo(session) {
		return ResultLetter{}, fault.Missing("这份结果反馈")
	}
	if !l.isTo(session) || l.State == LetterRead {
		return l, nil
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE mailing_letter SET state = 'read', failure = '', read_at = $2, read_by = $3 WHERE id = $1 AND state <> 'read'`, id, tx.Now(), session.Name)
		if err != nil {
			return err
		}
		if n > 0 {
			l.State, l.ReadAt, l.ReadBy = LetterRead, tx.Now(), session.Name
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "reporting.mailing.read", Target: audit.Target{Kind: "mailing", ID: l.Mailing, Name: l.Title, Unit: string(l.Unit)}, After: map[string]string{"read_by": session.Name}})
	})
	return l, err
}

// Paper is the letter as an official document.
func (l ResultLetter) Paper() *official.Document {
	c := l.Told
	d := &official.Document{Authority: c.Issuer, Title: "关于反馈" + c.Period + "政府网站与政务新媒体检查结果的函", To: l.UnitName, Issuer: c.Issuer, Dated: c.On, Attachments: []string{"检查结果明细"}}
	d.Paragraph(c.Text)
	d.BeginAttachments()
	d.PageBreak()
	d.Label("附件")
	for _, g := range c.Groups {
		t := official.Grid{Caption: fmt.Sprintf("%s（%d）", g.Name, g.N), Header: []string{"序号", "名称", "情况"}, Widths: []int{1, 6, 5}}
		for i, r := range g.Rows {
			t.Rows = append(t.Rows, []string{strconv.Itoa(i + 1), r.Text, strings.ReplaceAll(r.Note, "　", " ")})
		}
		if g.N > len(g.Rows) {
			t.Rows = append(t.Rows, []string{"", fmt.Sprintf("另有 %d 项，见系统", g.N-len(g.Rows)), ""})
		}
		d.Table(t)
	}
	return d
}
