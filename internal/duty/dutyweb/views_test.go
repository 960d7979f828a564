package dutyweb

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/duty"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/vigil"
	"zhengshu/internal/web"
)

// A record made up for says so on its page and on the desk, and never says
// that a day without monitors was well.
func TestALateRecordBearsItsMark(t *testing.T) {
	facts := []duty.Facts{{Site: "s1", Name: "甲", OneDay: true}, {Site: "s2", Name: "乙", OneDay: true, Watched: true, Probes: 9, Failures: 2}}
	for _, state := range []string{"", duty.Open, duty.Confirmed} {
		v := newReading(duty.Record{Unit: sampleUnit, On: sampleToday.AddDays(-2), State: state, Late: true, ConfirmedAt: sampleNow, Sites: facts}, true)
		if tag := v.Heading.Tags[len(v.Heading.Tags)-1]; tag.Text != "补记" || len(v.Alerts) != 1 {
			t.Errorf("%q: tags %+v, alerts %+v", state, v.Heading.Tags, v.Alerts)
		}
		if says := v.Cards[0].Sections[0].Says; says != "当日没有监测数据" {
			t.Errorf("not monitored: %s", says)
		}
		if says := v.Cards[1].Sections[0].Says; says != "当日访问 9 次，失败 2 次" {
			t.Errorf("monitored: %s", says)
		}
	}
	if v := newReading(sampleRecord, true); len(v.Alerts) != 0 || strings.Contains(fmt.Sprint(v.Heading.Tags), "补记") {
		t.Errorf("today's: %+v", v.Heading)
	}
	v := newDesk(deskData{unit: sampleUnit, past: []duty.Day{{On: sampleToday, State: duty.Confirmed, Confirmed: sampleNow}, {On: sampleToday.AddDays(-1), State: duty.Confirmed, Confirmed: sampleNow}}}, sampleNow)
	if said := fmt.Sprint(v.Side); strings.Count(said, "补记") != 1 || strings.Count(said, "已确认") != 2 {
		t.Errorf("the desk: %s", said)
	}
	if on := calendar.DateOf(sampleNow); on != sampleToday {
		t.Fatalf("the sample's day is %s", on)
	}
}

// A task that another person did names that person, and whom it was given to.
func TestATaskNamesWhoDidIt(t *testing.T) {
	done := duty.Task{ID: "t", Says: "联系机房", Person: "李四", DoneBy: "王五", Result: "已恢复", DoneAt: sampleNow}
	own := done
	own.DoneBy = "李四"
	for _, tt := range []struct {
		task      duty.Task
		who, note string
	}{{duty.Task{ID: "t", Says: "联系机房", Person: "李四"}, "李四", ""}, {own, "李四", ""}, {done, "王五", "原分派李四"}} {
		v := newRoom(duty.Room{Incident: sampleEvent, Tasks: []duty.Task{tt.task}}, nil, "p", true, true)
		found := false
		for _, c := range v.Main {
			if table, ok := c.(web.Table); ok && table.Caption == "任务" {
				cell := table.Rows[0].Cells[1]
				found = cell.Text == tt.who && cell.Note == tt.note
			}
		}
		if !found {
			t.Errorf("%+v is not shown as of %s", tt.task, tt.who)
		}
	}
}

// A person asks for a swap of any own turn to come, on the roster, and of the
// next own one on the desk, whoever has the turn before it.
func TestSwapIsOfferedOnEachOwnTurnToCome(t *testing.T) {
	turn := func(id, person string, hours int) duty.Shift {
		from := sampleNow.Add(time.Duration(hours) * time.Hour)
		return duty.Shift{ID: id, From: from, Until: from.Add(12 * time.Hour), Lead: org.PersonID(person), LeadName: person}
	}
	ro := duty.Roster{Unit: sampleUnit, Month: "2026-11", State: duty.Published, PublishedAt: sampleNow, Shifts: []duty.Shift{turn("gone", "me", -2), turn("theirs", "other", 10), turn("mine", "me", 22), turn("later", "me", 46)}}
	offered := func(ro duty.Roster, viewer reader) string {
		said := fmt.Sprint(newRoster(ro, nil, nil, viewer, sampleNow).Main)
		var out []string
		for _, x := range ro.Shifts {
			if strings.Contains(said, x.SwapLink()) {
				out = append(out, x.ID)
			}
		}
		return strings.Join(out, " ")
	}
	if got := offered(ro, reader{me: "me"}); got != "mine later" {
		t.Errorf("offered on %s", got)
	}
	if got := offered(ro, reader{}); got != "" {
		t.Errorf("offered to who stands on no duty: %s", got)
	}
	ro.State, ro.PublishedAt = duty.Draft, time.Time{}
	if got := offered(ro, reader{me: "me"}); got != "" {
		t.Errorf("offered on a roster nobody published: %s", got)
	}
	d := deskData{unit: sampleUnit, me: "me", now: ro.Shifts[0], next: ro.Shifts[1], mine: ro.Shifts[2]}
	if said := fmt.Sprint(newDesk(d, sampleNow).Side); !strings.Contains(said, d.mine.SwapLink()) || !strings.Contains(said, d.mine.Span()) {
		t.Errorf("the desk: %s", said)
	}
}

// The record says by when it is to be confirmed and that the hour is over, and
// leads from what stands on a site to the list of it.
func TestTheRecordSaysByWhenAndWhatStands(t *testing.T) {
	rec := sampleRecord
	rec.Due = sampleToday.Start().Add(18 * time.Hour)
	if v := newReading(rec, true); v.Heading.Lead != "请在今天 18:00 前确认" {
		t.Errorf("in time: %q", v.Heading.Lead)
	}
	if desk := fmt.Sprint(newDesk(deskData{unit: sampleUnit, record: rec}, sampleNow).Main); !strings.Contains(desk, "请在今天 18:00 前确认") {
		t.Errorf("the desk: %s", desk)
	}
	rec.Overdue = true
	v := newReading(rec, true)
	if v.Heading.Lead != "应在今天 18:00 前确认，已超期" || !slices.Contains(v.Heading.Tags, web.Tag{Kind: web.Danger, Text: "超期"}) {
		t.Errorf("late: %+v", v.Heading)
	}
	for i, f := range rec.Sites {
		stands := f.Links+f.Columns+f.Content+f.Serious > 0
		if at := v.Cards[i].Standing; (at != "") != stands || stands && at != "/console/findings?state=standing&site="+string(f.Site) {
			t.Errorf("%s leads to %q", f.Name, at)
		}
	}
}

// Whom to call about a site stands beside it in the alarm: at night nobody looks it up.
func TestAnAlarmNamesWhomToCall(t *testing.T) {
	sites := []duty.AlarmSite{{Site: "s1", Name: "西安市商务局网站", Who: org.Answerer{Name: "李四", Phone: "029-86000000", Post: org.Liaison}}, {Site: "s2", Name: "西安市教育局网站", Who: org.Answerer{Name: "王五", Post: org.PostA}}, {Site: "s3", Name: "西安市民政局网站"}}
	said := fmt.Sprint(newAlarm(sampleAlarm, sites, nil, true, true).Main)
	for _, want := range []string{"李四，专岗人员，029-86000000", "王五，A 岗，没有登记电话", "没有登记责任人"} {
		if !strings.Contains(said, want) {
			t.Errorf("does not say %q: %s", want, said)
		}
	}
}

// What a person stands in a month is told in hours: eleven days are not 22 turns of
// twelve hours.
func TestTurnsAreToldInHours(t *testing.T) {
	ro := duty.Roster{Unit: sampleUnit, Month: "2026-11"}
	for i := range 22 {
		from := sampleNow.Add(time.Duration(i) * 24 * time.Hour)
		ro.Shifts = append(ro.Shifts, duty.Shift{From: from, Until: from.Add(12 * time.Hour), Lead: "p1"})
	}
	v := newRoster(ro, []org.Person{{ID: "p1", Name: "张三"}}, nil, reader{}, sampleNow)
	if said := fmt.Sprint(v.Side); !strings.Contains(said, "22 班，264 小时") {
		t.Errorf("told %s", said)
	}
}

// A verdict that was refused stays on its card with its words; a summary that
// came too early stays in its field.
func TestARefusedVerdictStaysOnItsCard(t *testing.T) {
	v := newReading(sampleRecord, true)
	var f fault.Fields
	f.Check(false, "note", "有问题的，请写明在哪里、是什么")
	v.refused(url.Values{"site": {"s2"}, "note": {"说了一半"}}, "没有记下", f.Err())
	if c := v.Cards[1]; c.Note != "说了一半" || !strings.Contains(c.Wrong, "请写明在哪里") || !v.Wrong.Empty() {
		t.Errorf("the card %+v, above the page %+v", c, v.Wrong)
	}
	if c := v.Cards[0]; c.Note != "" || c.Wrong != "" {
		t.Errorf("another card %+v", c)
	}
	var page bytes.Buffer
	if err := template.Must(template.New("x").Funcs(template.FuncMap{"ui": func(any) string { return "" }, "form": func(any, any) string { return "" }, "token": func(any) string { return "" }}).ParseFS(views, "views/record.html")).ExecuteTemplate(&page, "content", struct{ Frame, Page any }{nil, v}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`id="note-s2" name="note" maxlength="200" value="说了一半"`, `aria-describedby="note-s2-error" data-focus`, `id="note-s2-error"`} {
		if strings.Count(page.String(), want) != 1 {
			t.Errorf("the page has %d times %s", strings.Count(page.String(), want), want)
		}
	}
	v = newReading(sampleRecord, true)
	v.unconfirmed(url.Values{"says": {"今天一切正常"}}, "没有确认", fault.New(fault.Refused, "还有 1 个网站没有结论"))
	if got := v.Confirm.Field("says").Value; got != "今天一切正常" || v.Wrong.Says != "还有 1 个网站没有结论" || !v.Confirm.Summary.Empty() {
		t.Errorf("kept %q, said %+v and %+v", got, v.Wrong, v.Confirm.Summary)
	}
	v = newReading(duty.Record{Unit: sampleUnit, On: sampleToday, State: duty.Confirmed, Sites: sampleFacts}, true)
	if v.refused(url.Values{"site": {"s2"}}, "没有记下", fault.New(fault.Conflict, "已经确认")); v.Wrong.Says != "已经确认" {
		t.Errorf("a page without its form says %+v", v.Wrong)
	}
}

// What a form was refused for is said once above the page and beside the field,
// on the form that was posted and no other.
func TestARefusalIsSaidOnce(t *testing.T) {
	form := func(act, id string) web.Form {
		return web.Form{Action: "/console/x/" + act, Sections: []web.Section{{Fields: []web.Field{{Kind: web.Hidden, Name: "id", Value: id}, {Name: "reason", Label: "理由"}}}}}
	}
	v := record{web.RecordView{Forms: []web.Form{form("keep", "1"), form("keep", "2"), form("drop", "2")}}}
	r := httptest.NewRequest("POST", "/console/x/keep", nil)
	r.PostForm = url.Values{"id": {"2"}, "reason": {"半句"}}
	wrong(&v, r, "没有办理", fault.New(fault.Invalid, "理由太短。").On("reason", "请写明理由"))
	if v.Wrong.Title != "没有办理" || v.Wrong.Says != "理由太短。" || len(v.Wrong.Links) != 1 || v.Wrong.Links[0].Href == "" {
		t.Errorf("above the page: %+v", v.Wrong)
	}
	for i, f := range v.Forms {
		x := f.Sections[0].Fields[1]
		if !f.Summary.Empty() || (x.Error == "请写明理由") != (i == 1) || (x.Value == "半句") != (i == 1) {
			t.Errorf("form %d: %+v", i, f)
		}
	}
	v = record{}
	wrong(&v, r, "没有办理", (&fault.Error{Kind: fault.Conflict, Says: "已经办过。"}))
	if v.Wrong.Says != "已经办过。" {
		t.Errorf("a page whose form is gone: %+v", v.Wrong)
	}
}

// A protected period stands on the desk with two persons and the daily report;
// a published roster that no longer fits says so in one line.
func TestAProtectedPeriodReachesTheDesk(t *testing.T) {
	d := deskData{unit: sampleUnit, now: sampleShift, next: sampleNext, nextState: duty.Published, reports: true, periods: []vigil.Period{{ID: "01JP", Name: "省“两会”", From: sampleToday, Until: sampleToday.AddDays(3)}}}
	v := newDesk(d, sampleNow)
	if len(v.Alerts) != 1 || v.Alerts[0].Kind != web.Warn || !strings.Contains(v.Alerts[0].Text, "双人值班") || v.Alerts[0].Links[0].Href != vigil.ReportLink("01JP", sampleUnit.ID, sampleToday) {
		t.Errorf("the desk: %+v", v.Alerts)
	}
	d.now, d.reports = sampleNext, false
	if v = newDesk(d, sampleNow); v.Alerts[0].Kind != web.Danger || !strings.Contains(v.Alerts[0].Text, "只有王五一人当班") || strings.Contains(fmt.Sprint(v.Alerts[0].Links), "report") {
		t.Errorf("one person: %+v", v.Alerts)
	}
	ro := sampleRoster
	ro.Double = nil
	for range 3 {
		ro.Breaches = append(ro.Breaches, sampleRoster.Breaches[0])
	}
	if v := newRoster(ro, nil, nil, reader{manages: true}, sampleNow); len(v.Alerts) != 0 || !strings.Contains(fmt.Sprint(v.Main), "还不能公布") {
		t.Errorf("in draft: %+v", v.Alerts)
	}
	ro.State, ro.PublishedAt = duty.Published, sampleNow
	if v := newRoster(ro, nil, nil, reader{}, sampleNow); len(v.Alerts) != 1 || !strings.Contains(v.Alerts[0].Title, "4 处") || strings.Contains(fmt.Sprint(v.Main), "还不能公布") {
		t.Errorf("published: %+v", v.Alerts)
	}
}

// One person for turn after turn is warned of, before the roster is published
// and after; people who take turns are not.
func TestTurnsWithoutABreakAreWarnedOf(t *testing.T) {
	lay := func(people ...string) duty.Roster {
		ro := duty.Roster{Unit: sampleUnit, Month: "2026-12", State: duty.Draft}
		for i := range 6 {
			from := sampleNow.Add(time.Duration(i) * 12 * time.Hour)
			p := people[i%len(people)]
			ro.Shifts = append(ro.Shifts, duty.Shift{ID: fmt.Sprint(i), From: from, Until: from.Add(12 * time.Hour), Lead: org.PersonID(p), LeadName: p})
		}
		return ro
	}
	if list := lay("甲", "乙").Stretches(); len(list) != 0 {
		t.Errorf("by turns: %+v", list)
	}
	if list := lay("甲", "甲", "乙").Stretches(); len(list) != 1 || list[0].Name != "甲" || list[0].Turns != 2 || list[0].Until.Sub(list[0].From) != 24*time.Hour {
		t.Errorf("two and one: %+v", list)
	}
	for _, state := range []string{duty.Draft, duty.Published} {
		ro := lay("甲")
		ro.State = state
		v := newRoster(ro, nil, nil, reader{manages: true}, sampleNow)
		if len(v.Alerts) != 1 || !strings.Contains(v.Alerts[0].Text, "连续 6 班、72 小时") {
			t.Errorf("%s: %+v", state, v.Alerts)
		}
	}
	if v := newRoster(lay("甲", "乙"), nil, nil, reader{manages: true}, sampleNow); len(v.Alerts) != 0 {
		t.Errorf("by turns: %+v", v.Alerts)
	}
}

// Who may not arrange the roster is told who may.
func TestWhoMayNotArrangeIsToldWhoMay(t *testing.T) {
	who := []org.Person{{ID: "p9", Name: "赵主管"}}
	ro := duty.Roster{Unit: sampleUnit, Month: "2026-12"}
	if v := newRoster(ro, nil, nil, reader{arrangers: who}, sampleNow); len(v.Forms) != 0 || len(v.Alerts) != 1 || !strings.Contains(v.Alerts[0].Text, "赵主管") {
		t.Errorf("the roster: %+v", v.Alerts)
	}
	if v := newRoster(ro, nil, nil, reader{}, sampleNow); !strings.Contains(v.Alerts[0].Text, "安全管理员") {
		t.Errorf("nobody may: %+v", v.Alerts)
	}
	v := newDesk(deskData{unit: sampleUnit, now: sampleShift, arrangers: who}, sampleNow)
	if len(v.Alerts) != 1 || !strings.HasPrefix(v.Alerts[0].Title, "2026年12月") || !strings.Contains(v.Alerts[0].Text, "赵主管") || strings.Contains(v.Alerts[0].Links[0].Text, "编排") {
		t.Errorf("the desk: %+v", v.Alerts)
	}
	if v = newDesk(deskData{unit: sampleUnit, now: sampleShift, manages: true}, sampleNow); !strings.Contains(v.Alerts[0].Links[0].Text, "编排") {
		t.Errorf("who may: %+v", v.Alerts)
	}
}

// What the proposer would be refused is not offered: the second word to whoever
// proposed, the recall to anybody else.
func TestButtonsThatAreAlwaysRefusedAreNotOffered(t *testing.T) {
	acts := func(v record) string {
		var out []string
		for _, f := range v.Forms {
			out = append(out, path.Base(f.Action))
		}
		return strings.Join(out, " ")
	}
	room := duty.Room{Incident: sampleEvent}
	room.ProposerID = "p1"
	if v := newRoom(room, nil, "p1", true, true); strings.Contains(acts(v), "close") || strings.Contains(acts(v), "return") || len(v.Alerts) != 1 {
		t.Errorf("to who proposed the closing: %s, %+v", acts(v), v.Alerts)
	}
	if v := newRoom(room, nil, "p2", true, true); !strings.Contains(acts(v), "close return") || len(v.Alerts) != 0 {
		t.Errorf("to another: %s, %+v", acts(v), v.Alerts)
	}
	for _, tt := range []struct{ state, proposer, want string }{{duty.Proposed, "p1", "withdraw"}, {duty.Proposed, "p2", "decide"}, {duty.Alone, "p1", ""}, {duty.Alone, "p2", "decide"}} {
		down := sampleDown
		down.State, down.ProposerID = tt.state, tt.proposer
		if v := newTakedown(down, duty.Reach{}, nil, sampleWho, second{}); acts(v) != tt.want || (len(v.Alerts) == 1) != (tt.proposer == "p1") {
			t.Errorf("%s by %s: %q, %+v", tt.state, tt.proposer, acts(v), v.Alerts)
		}
	}
}

// Who waits for a second person is told who that may be, also of the office above
// where nobody else here may.
func TestWhoIsTheSecondIsSaid(t *testing.T) {
	reads := &authz.Session{PersonID: "p7", Posts: []authz.Post{{Role: authz.Inspector, UnitID: "01JU"}}}
	for _, tt := range []struct {
		down   duty.Takedown
		others second
		want   string
	}{
		{sampleDown, second{[]org.Person{{Name: "赵六"}, {Name: "钱七"}}, sampleDown.UnitName}, "由西安市商务局的赵六、钱七批准，任一人办理即可。"},
		{sampleHere, second{[]org.Person{{Name: "林知远"}}, "陕西省人民政府办公厅"}, "由陕西省人民政府办公厅的林知远补审（本单位没有另一名有权人员），任一人办理即可。"},
		{sampleHere, second{}, "没有可以补审的人"},
	} {
		v := newTakedown(tt.down, duty.Reach{}, nil, reads, tt.others)
		if len(v.Alerts) != 1 || !strings.Contains(v.Alerts[0].Text, tt.want) || len(v.Forms) != 0 {
			t.Errorf("want %q, got %+v", tt.want, v.Alerts)
		}
	}
}

// Every empty field is named, each by its own name.
func TestEveryWrongFieldIsNamed(t *testing.T) {
	names := func(err error) string {
		var out []string
		for _, f := range fault.Of(err).Fields {
			out = append(out, f.Name+" "+f.Says)
		}
		return strings.Join(out, "; ")
	}
	post := func(v url.Values) *http.Request {
		r := httptest.NewRequest("POST", "/", strings.NewReader(v.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if err := r.ParseForm(); err != nil {
			t.Fatal(err)
		}
		return r
	}
	_, ferr := momentOf(post(nil), "from", "接班")
	_, uerr := momentOf(post(url.Values{"until": {"2026-12-01"}, "until_time": {"晚上"}}), "until", "交班")
	if got := names(together(ferr, uerr)); got != "from 请填写接班日期; from_time 请按 08:00 的样式填写接班时间; until_time 请按 08:00 的样式填写交班时间" {
		t.Errorf("the turn: %s", got)
	}
	if at, err := momentOf(post(url.Values{"from": {"2026-12-01"}, "from_time": {"08：00"}}), "from", "接班"); err != nil || !at.Equal(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("a moment: %v (%v)", at, err)
	}
	one := fault.New(fault.Invalid, "没有填写稿件。").On("address", "请填写稿件的公开网址或编号")
	if err := together(nil, one); fault.Of(err).Says != "没有填写稿件。" {
		t.Errorf("one alone: %v", err)
	}
	if err := together(one, fault.New(fault.Refused, "不能")); !fault.Is(err, fault.Refused) {
		t.Errorf("a refusal: %v", err)
	}
	if err := together(nil, nil); err != nil {
		t.Errorf("nothing: %v", err)
	}
	if _, err := (&Handler{}).proposal(post(url.Values{"way": {"alone"}})); names(err) != "address 请填写稿件的公开网址或编号; reason 请填写撤下理由" {
		t.Errorf("the takedown: %s", names(err))
	}
}

// The page of a takedown that waits says until when, and which pages it is of.
func TestATakedownSaysUntilWhenAndWhere(t *testing.T) {
	terms := fmt.Sprint(newTakedown(sampleHere, sampleReach, nil, sampleWho, second{}).Main)
	for _, want := range []string{"补审期限 2026年11月24日", "http://www.xa.gov.cn/content/202611/x.html", "还有 6 个网站"} {
		if !strings.Contains(terms, want) {
			t.Errorf("no %s in %s", want, terms)
		}
	}
	if terms := fmt.Sprint(newTakedown(sampleDown, duty.Reach{}, nil, sampleWho, second{}).Main); strings.Contains(terms, "期限") {
		t.Errorf("a deadline nobody set: %s", terms)
	}
}

// An alarm that ended by itself may still become an incident; one that has its incident
// leads there.
func TestAnIncidentOfAnAlarmThatEnded(t *testing.T) {
	a := sampleAlarm
	for _, state := range []string{duty.Raised, duty.AlarmTaken, duty.Ended} {
		a.State, a.Incident = state, ""
		if acts := newAlarm(a, nil, nil, true, true).Heading.Acts; len(acts) != 1 || !strings.HasSuffix(acts[0].Href, "/new?alarm="+a.ID) {
			t.Errorf("%s: %+v", state, acts)
		}
		if acts := newAlarm(a, nil, nil, true, false).Heading.Acts; len(acts) != 0 {
			t.Errorf("who may not: %+v", acts)
		}
		a.Incident = "x"
		if acts := newAlarm(a, nil, nil, true, true).Heading.Acts; len(acts) != 0 {
			t.Errorf("%s, with its incident: %+v", state, acts)
		}
	}
	a.State, a.Incident, a.EndedAt = duty.Ended, "", sampleNow
	if got := fmt.Sprint(newIncidentForm(web.Field{}, a).Before); !strings.Contains(got, "已结束") || !strings.Contains(got, web.Minute(sampleNow)) {
		t.Errorf("the form does not say that it ended: %s", got)
	}
}

// A room shows the one act that is next and keeps the others folded; closing is
// offered when nothing is left to do, and what was refused stands open again.
func TestARoomLeadsToTheNextAct(t *testing.T) {
	room := duty.Room{Incident: sampleEvent, Tasks: []duty.Task{{ID: "t1", Says: "联系机房", PersonID: "p2", Person: "李四"}, {ID: "t2", Says: "核对公告", PersonID: "p1", Person: "张三"}}}
	room.State, room.Cause = duty.Handling, ""
	acts := func(v record) (open string, folded []string) {
		for _, f := range v.Forms {
			if act := path.Base(f.Action); f.Folded && !f.Open() {
				folded = append(folded, act)
			} else if act != "presence" || !f.Buttons[0].Plain {
				open += act
			}
		}
		return open, folded
	}
	on := []duty.Member{{ID: "p1", Name: "张三", Joined: sampleNow}, {ID: "p3", Name: "王五", Joined: sampleNow}}
	for _, tt := range []struct {
		name, me, want string
		change         func(*duty.Room)
		closes         bool
	}{
		{"not there yet", "p1", "presence", func(*duty.Room) {}, false},
		{"with a task of one's own", "p1", "finish", func(x *duty.Room) { x.Members = on }, false},
		{"with another's task", "p3", "note", func(x *duty.Room) { x.Members = on }, false},
		{"when all is done", "p3", "note", func(x *duty.Room) { x.Members, x.Tasks, x.Against = on, nil, nil }, true},
		{"when the closing waits for one who has not come", "p4", "close", func(x *duty.Room) { x.Members, x.Tasks, x.State, x.Against = on, nil, duty.Closing, nil }, false},
		{"when something is left that stands against closing", "p3", "return", func(x *duty.Room) { x.Members, x.Tasks, x.State = on, nil, duty.Closing }, false},
		{"when the closing waits", "p3", "close", func(x *duty.Room) { x.Members, x.Tasks, x.State, x.Against = on, nil, duty.Closing, nil }, false},
	} {
		x := room
		x.Against = []string{"还有 2 项任务没有完成。"}
		tt.change(&x)
		v := newRoom(x, samplePeople, tt.me, true, true)
		open, folded := acts(v)
		if open != tt.want || strings.Contains(strings.Join(folded, " "), "propose") != tt.closes {
			t.Errorf("%s: %q stands open, folded %v", tt.name, open, folded)
		}
	}
	room.Members = on
	v := newRoom(room, samplePeople, "p1", true, true)
	if got := v.Forms[0].Field("id").Value; got != "t2" {
		t.Errorf("the task offered is %s, not the person's own", got)
	}
	r := httptest.NewRequest("POST", room.Link()+"/assign", nil)
	r.PostForm = url.Values{"task": {"核对"}}
	if wrong(&v, r, "没有办理", fault.New(fault.Conflict, "刚刚变了")); !v.Forms[2].Open() || v.Forms[2].Field("task").Value != "核对" {
		t.Errorf("what was refused lies folded: %+v", v.Forms[2])
	}
}

// The hand-over is offered when it may be signed and not before; who waits for
// whom is said; the desk calls the one whose signature is due.
func TestAHandoverIsOfferedInItsTime(t *testing.T) {
	due := sampleShift.HandoverFrom()
	given := duty.Handover{Shift: sampleShift, Next: sampleNext, State: duty.Given, Giver: "张三"}
	same := duty.Handover{Shift: sampleShift, Next: duty.Shift{ID: "01JC", From: sampleShift.Until, Until: sampleShift.Until.Add(time.Hour), Lead: "p1", LeadName: "张三"}}
	for _, tt := range []struct {
		name  string
		x     duty.Handover
		me    string
		at    time.Time
		forms int
		says  string
	}{
		{"too early", duty.Handover{Shift: sampleShift, Next: sampleNext}, "p1", due.Add(-time.Minute), 0, "2026-11-23 18:00起"},
		{"in time", duty.Handover{Shift: sampleShift, Next: sampleNext}, "p1", due, 1, ""},
		{"to another", duty.Handover{Shift: sampleShift, Next: sampleNext}, "p3", due, 0, "由张三、李四先签"},
		{"given", given, "p3", due, 1, ""},
		{"given, to the giver", given, "p1", due, 0, "由王五（"},
		{"the same go on", same, "p1", due, 0, "下一班仍由张三值班"},
	} {
		v := newHandover(tt.x, sampleUnit, "", tt.me, tt.at)
		if len(v.Forms) != tt.forms || (len(v.Alerts) == 0) != (tt.says == "") || !strings.Contains(fmt.Sprint(v.Alerts), tt.says) {
			t.Errorf("%s: %d forms, %+v", tt.name, len(v.Forms), v.Alerts)
		}
	}
	// Who signs early is told when their own turn begins.
	for at, want := range map[time.Time]string{due: "此前仍由张三、李四当班", sampleNext.From: "签字后由您当班"} {
		if v := newHandover(given, sampleUnit, "", "p3", at); !strings.Contains(v.Forms[0].Sections[0].Hint, want) {
			t.Errorf("signed at %v: %s", at, v.Forms[0].Sections[0].Hint)
		}
	}
	desk := deskData{unit: sampleUnit, now: sampleShift, next: sampleNext, nextState: duty.Published, me: "p1"}
	if v := newDesk(desk, due.Add(-time.Minute)); len(v.Alerts) != 0 || strings.Contains(fmt.Sprint(v.Side), sampleShift.HandoverLink()) {
		t.Errorf("early: %+v, %+v", v.Alerts, v.Side)
	}
	if v := newDesk(desk, due); len(v.Alerts) != 1 || v.Alerts[0].Links[0].Href != sampleShift.HandoverLink() {
		t.Errorf("due: %+v", v.Alerts)
	}
	going := desk
	going.handover, going.next = same, same.Next
	if v := newDesk(going, due); len(v.Alerts) != 0 || !strings.Contains(fmt.Sprint(v.Side), "不用交接") {
		t.Errorf("the same go on: %+v, %+v", v.Alerts, v.Side)
	}
	desk.handover, desk.me = given, "p3"
	if v := newDesk(desk, due); len(v.Alerts) != 1 || !strings.Contains(v.Alerts[0].Title, "张三已交班") {
		t.Errorf("to take over: %+v", v.Alerts)
	}
}

// Confirming waits for every site's verdict and says how many are left; of the
// cards the first without one is next.
func TestConfirmingWaitsForEveryVerdict(t *testing.T) {
	show := func(rec duty.Record) string {
		r := httptest.NewRequest("GET", "/", nil)
		w := httptest.NewRecorder()
		if err := readingPage.Render(w, r, newReading(rec, true)); err != nil {
			t.Fatal(err)
		}
		return w.Body.String()
	}
	if body := show(sampleRecord); !strings.Contains(body, "还有 1 个网站没有结论") || strings.Contains(body, "/confirm\"") {
		t.Error("one site has no verdict and confirming is offered, or why not is not said")
	}
	done := sampleRecord
	done.Sites = append([]duty.Facts{}, sampleFacts...)
	done.Sites[1].Verdict = duty.Pass
	if body := show(done); strings.Contains(body, "没有结论。") || !strings.Contains(body, "/confirm\"") {
		t.Error("all have a verdict and confirming is not offered")
	}
	if v := newReading(sampleRecord, true); v.Cards[0].Turn || !v.Cards[1].Turn || v.Cards[2].Turn {
		t.Errorf("next: %+v", v.Cards)
	}
}

// An emergency is one step from the desk; who may not propose sees the list.
func TestATakedownIsOneStepFromTheDesk(t *testing.T) {
	for takes, want := range map[bool]string{true: takedownPath + "/new", false: takedownPath} {
		acts := newDesk(deskData{unit: sampleUnit, takes: takes}, sampleNow).Heading.Acts
		if got := acts[len(acts)-1].Href; got != want {
			t.Errorf("may %v: %s", takes, got)
		}
	}
}

// A roster is published when nothing stands against it; until then its faults
// are on the page in place of the button.
func TestPublishingIsOfferedWhenItMayBe(t *testing.T) {
	offered := func(ro duty.Roster) bool {
		for _, f := range newRoster(ro, samplePeople, nil, reader{manages: true}, sampleNow).Forms {
			if path.Base(f.Action) == "publish" {
				return true
			}
		}
		return false
	}
	ro := sampleRoster
	if offered(ro) {
		t.Error("offered with hours nobody stands")
	}
	if ro.Breaches = nil; !offered(ro) {
		t.Error("not offered when all is well")
	}
	if ro.State = ""; offered(ro) {
		t.Error("offered before anything was arranged")
	}
}

// A site that refuses our probe is neither well nor down: the person on duty is
// told to open it, and why.
func TestARefusingSiteIsForAPersonToOpen(t *testing.T) {
	f := duty.Facts{Site: "s", Name: "某网站", Watched: true, Refuses: true}
	got := sectionsOf(f)[0]
	if got.Tag.Text != "拒绝检测" || !strings.Contains(got.Says, "人工打开") || f.Fine() {
		t.Errorf("%+v, fine %v", got, f.Fine())
	}
}

// A late record says of a day off with leave which window it lay in, not that nobody
// monitored it.
func TestADayOffWithLeaveSaysItsWindow(t *testing.T) {
	window := "批准的临时下线（2026-11-24 01:00 至 2026-11-24 21:00）"
	for want, f := range map[string]duty.Facts{
		"当日在" + window + "内，访问结果不计":              {OneDay: true, Window: window, Excused: true},
		"当日访问 30 次，失败 1 次；" + window + "时段的访问不计": {OneDay: true, Window: window, Watched: true, Probes: 30, Failures: 1},
		"当日没有监测数据":                               {OneDay: true},
	} {
		if got := sectionsOf(f)[0].Says; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// What happened stands newest first, as everywhere in the console.
func TestTheLastStepStandsFirst(t *testing.T) {
	steps := []passage.Step{{Act: "propose", ActorName: "张三"}, {Act: "approve", ActorName: "李四"}}
	for name, side := range map[string][]web.Component{"takedown": newTakedown(sampleDown, duty.Reach{}, steps, sampleWho, second{}).Side, "alarm": newAlarm(sampleAlarm, nil, steps, true, true).Side} {
		who := ""
		for _, x := range side {
			if t, ok := x.(web.Timeline); ok {
				who = t.Events[0].Who
			}
		}
		if who != "李四" {
			t.Errorf("%s begins with %q", name, who)
		}
	}
}

// What was handed up stands before the unit's own alarms and counts among those that
// wait; a desk without any says nothing of it.
func TestTheDeskShowsWhatWasHandedUp(t *testing.T) {
	below := sampleAlarm
	below.Title, below.UnitName, below.State = "雁塔区门户网站打不开", "雁塔区人民政府办公室", duty.Raised
	said := fmt.Sprint(newDesk(deskData{unit: sampleUnit, now: sampleShift, handedUp: []duty.Alarm{below}}, sampleNow).Main)
	up, own := strings.Index(said, "上报到本级的告警"), strings.Index(said, "本单位的告警")
	if up < 0 || own < up || !strings.Contains(said, below.Title) || !strings.Contains(said, "待接收告警 1 个 处理中 0 个") {
		t.Errorf("desk: %s", said)
	}
	if said := fmt.Sprint(newDesk(deskData{unit: sampleUnit, now: sampleShift}, sampleNow).Main); strings.Contains(said, "上报") || !strings.Contains(said, "当前告警") {
		t.Errorf("nothing handed up: %s", said)
	}
}

// A site whose pages nobody has checked yet is not called well.
func TestNotCheckedIsNotWell(t *testing.T) {
	for _, c := range []struct {
		f    duty.Facts
		says string
	}{
		{duty.Facts{Watched: true, Probes: 3, Unexamined: true}, "到现在还没有检查过页面，请人工查看"},
		{duty.Facts{Watched: true, OneDay: true, Probes: 3, Unexamined: true}, "当日还没有检查过页面，请人工查看"},
		{duty.Facts{Watched: true, Probes: 3}, "没有未办结的问题"},
	} {
		got := sectionsOf(c.f)[1]
		if got.Says != c.says || (got.Tag.Text == "正常") == c.f.Unexamined || c.f.Fine() == c.f.Unexamined {
			t.Errorf("%+v: %+v, fine %v", c.f, got, c.f.Fine())
		}
	}
	// What a person saw there stands all the same.
	if got := sectionsOf(duty.Facts{Unexamined: true, Content: 2})[3]; got.Tag.Text != "有问题" {
		t.Errorf("%+v", got)
	}
}

// A figure of the desk and the list behind it count the same.
func TestADeskFigureLeadsToItsOwnRows(t *testing.T) {
	v := newDesk(deskData{unit: sampleUnit, standing: 5, waiting: 2, open: 30}, sampleNow)
	i := slices.IndexFunc(v.Main, func(c web.Component) bool { _, ok := c.(web.Stats); return ok })
	items := v.Main[i].(web.Stats).Items
	unit := "&unit=" + string(sampleUnit.ID)
	if items[0].Value != "2" || items[0].Href != alarmPath+"?state=raised"+unit || items[0].Note != "处理中 3 个" || items[3].Value != "30" || items[3].Href != incidentPath+"?state=standing"+unit {
		t.Errorf("%+v", items)
	}
}

// Where there is nothing to read the keys are not explained.
func TestNoSitesNoKeys(t *testing.T) {
	for sites, want := range map[int]bool{0: false, 1: true} {
		rec := duty.Record{Unit: sampleUnit, On: sampleToday}
		for range sites {
			rec.Sites = append(rec.Sites, duty.Facts{Site: "s", Name: "某网站"})
		}
		w := httptest.NewRecorder()
		if err := readingPage.Render(w, httptest.NewRequest("GET", "/", nil), newReading(rec, true)); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(w.Body.String(), "<kbd>J</kbd>"); got != want {
			t.Errorf("%d sites: keys explained %v", sites, got)
		}
	}
}

// Takedowns are found where incidents are, and narrowed by what waits.
func TestTakedownsAreFoundAndNarrowed(t *testing.T) {
	acts := newIncidents(nil, 0, false, nil).Heading.Acts
	if len(acts) != 1 || acts[0].Href != takedownPath {
		t.Errorf("of incidents: %+v", acts)
	}
	f := newTakedowns(nil, 0, false).Filter.Fields
	if len(f) != 1 || f[0].Name != "state" || len(f[0].Options) != 9 {
		t.Errorf("of takedowns: %+v", f)
	}
}

// A verdict leads to the next site without one, the last to confirming; what was
// taken back is looked at again.
func TestAVerdictLeadsOn(t *testing.T) {
	rec := duty.Record{Unit: sampleUnit, On: sampleToday, Sites: []duty.Facts{{Site: "a", Name: "甲", Verdict: duty.Pass}, {Site: "b", Name: "乙"}, {Site: "c", Name: "丙", Verdict: duty.Pass}}}
	for _, tt := range []struct {
		site        registry.SiteID
		verdict, at string
		says        string
		last        bool
		buttons     int
	}{
		{"a", duty.Pass, "s2", "“甲”通过", false, 2},
		{"c", duty.Problem, "s2", "“丙”有问题", false, 2},
		{"b", duty.Pass, "confirm", "请确认巡检记录", true, 3},
		{"a", duty.Undo, "s1", "已撤销“甲”的结论", false, 2},
		{"gone", duty.Pass, "confirm", "已记下", false, 2},
	} {
		x := rec
		x.Sites = slices.Clone(rec.Sites)
		if tt.last {
			x.Sites[1].Verdict = duty.Pass
		}
		if at, says := goesOn(x, tt.site, tt.verdict); at != tt.at || !strings.Contains(says, tt.says) {
			t.Errorf("%s %s: %s, %s", tt.site, tt.verdict, at, says)
		}
		w := httptest.NewRecorder()
		if err := readingPage.Render(w, httptest.NewRequest("GET", "/", nil), newReading(x, true)); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(w.Body.String(), "data-undo"); n != tt.buttons {
			t.Errorf("%d verdicts can be taken back, want %d", n, tt.buttons)
		}
		if strings.Contains(w.Body.String(), "data-confirm") != tt.last {
			t.Errorf("confirming is offered %v", !tt.last)
		}
	}
}

// The month stands week by week: on narrow screens the week of today, one with a
// gap and one with a swap under way stand open; each is named, and so is the gap.
func TestTheMonthStandsByWeeks(t *testing.T) {
	ro := duty.Roster{Unit: sampleUnit, Month: "2026-12", State: duty.Published, PublishedAt: sampleNow}
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC) // 20 in the evening before the month
	for i := range 63 {
		from := at.Add(time.Duration(i) * 12 * time.Hour)
		ro.Shifts = append(ro.Shifts, duty.Shift{ID: fmt.Sprint("t", i), From: from, Until: from.Add(12 * time.Hour), Lead: "p1", LeadName: "张三"})
	}
	ro.Shifts = slices.Delete(ro.Shifts, 45, 47) // a day without anybody, 23 December
	ask := sampleSwap
	ask.Shift, ask.From, ask.FromName = ro.Shifts[30], "p1", "张三" // 15 December
	now := time.Date(2026, 12, 2, 2, 0, 0, 0, time.UTC)
	folds := weeks(ro, reader{me: "p1", asking: []duty.Swap{ask}}, now)
	var said []string
	rows := 0
	for _, f := range folds.Items {
		rows += len(f.Table.Rows)
		said = append(said, fmt.Sprint(f.Title, " ", f.Open, " ", f.Note, " ", f.Tags))
	}
	if got := strings.Join(said, "\n"); got != "12月1日至12月6日 true 13 个班次 [{info 本周}]\n12月7日至12月13日 false 14 个班次 []\n12月14日至12月20日 true 14 个班次 [{warn 1 个换班待答复}]\n12月21日至12月27日 true 12 个班次 [{danger 1 处没有人值班}]\n12月28日至1月3日 false 8 个班次 []" || rows != 62 {
		t.Errorf("%d rows in\n%s", rows, got)
	}
	text := fmt.Sprint(folds)
	for _, want := range []string{"没有人值班", "张三请王五接这一班，11月23日10:00起待王五答复", "撤回换班"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
	// Only in draft, and to who arranges, the gap is to be filled.
	if strings.Contains(text, "补上班次") {
		t.Error("a published gap is filled without 调整")
	}
	ro.State = duty.Draft
	if text := fmt.Sprint(weeks(ro, reader{manages: true}, now)); !strings.Contains(text, "补上班次") || !strings.Contains(text, "from=2026-12-2") {
		t.Error("the gap cannot be filled")
	}
	if f := weeks(duty.Roster{Month: "2027-02", Shifts: ro.Shifts[2:4]}, reader{}, sampleNow); !f.Items[0].Open {
		t.Error("all weeks stand folded")
	}
}

// While a swap waits its turn offers to withdraw it to who asked, to answer it to
// who is asked, and to nobody to ask again.
func TestASwapUnderWayIsNotAskedAgain(t *testing.T) {
	text := func(list []web.Link) string {
		var out []string
		for _, l := range list {
			out = append(out, l.Text)
		}
		return strings.Join(out, " ")
	}
	for me, want := range map[string]string{"p1": "撤回换班", "p3": "答复换班", "p2": "申请换班", "p7": "", "": ""} {
		if got := text(swapLinks(sampleShift, []duty.Swap{sampleSwap}, me)); got != want {
			t.Errorf("%q is offered %q, want %q", me, got, want)
		}
	}
	for me, want := range map[string]string{"p1": "撤回换班", "p3": "同意换班 不同意", "p2": "请对方换班"} {
		v := newSwap(sampleShift, sampleUnit, samplePeople, []duty.Swap{sampleSwap}, me)
		var got []string
		for _, b := range v.Form.Buttons {
			got = append(got, b.Label)
		}
		if strings.Join(got, " ") != want || len(v.Before) != 1 || !strings.Contains(fmt.Sprint(v.Before), "11月23日10:00起待王五答复") {
			t.Errorf("%q is offered %v: %+v", me, got, v.Before)
		}
	}
}
