package lexicon_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/lexicon"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/workbench"
)

var all = authz.System("test")

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func as(id, name string) context.Context {
	s := &authz.Session{PersonID: id, Name: name}
	return audit.WithActor(authz.WithSession(context.Background(), s), audit.Actor{ID: id, Name: name})
}

func date(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func kinds(list []check.Span) (out []string) {
	for _, s := range list {
		out = append(out, s.Kind+":"+s.Wrong)
	}
	return out
}

// Article 19(3) 文字关、政治关: lists of an office hold for its area, those of a
// unit for itself; a serious entry comes and goes by two persons.
func TestArticle19_3_WordingListsOfOffices(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 3, 20, 2, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		ctx := as("a", "周启明")
		second := as("b", "罗静怡")
		o := org.New(d)
		s := lexicon.New(d, o)
		ok(t, passage.Declare(audit.System(context.Background(), "test"), d, lexicon.PackMachine))
		var office, county org.Unit
		ok(t, d.Update(audit.System(context.Background(), "test"), func(tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}, {Level: org.County, Code: "610113", Name: "雁塔区", Parent: "city-610100000000"}} {
				if _, err := o.AddArea(ctx, tx, a); err != nil {
					return err
				}
			}
			var err error
			if office, _, err = o.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"}); err != nil {
				return err
			}
			county, _, err = o.AddUnit(ctx, tx, org.Unit{Area: "county-610113000000", Kind: org.Office, Name: "雁塔区人民政府办公室"})
			return err
		}))
		read := func(unit org.UnitID, text string) []string {
			t.Helper()
			r, err := s.For(ctx, unit)
			ok(t, err)
			got := kinds(r.Scan(text))
			if unit == "" {
				return got
			}
			// Where the house's database is out of reach it reads the same.
			edition, body, err := s.Carry(ctx, unit)
			ok(t, err)
			c, err := lexicon.ReadCarried(body, calendar.DateOf(d.Now()))
			ok(t, err)
			if far := kinds(c.Scan(text)); edition != s.EditionFor(ctx, unit) || !slices.Equal(far, got) {
				t.Errorf("unit %q reads %v, carried by %s %v", unit, got, edition, far)
			}
			return got
		}
		before := s.Edition(ctx)

		// An ordinary entry of the province holds at once, for everybody.
		p, err := s.Make(ctx, all, office.ID, lexicon.Change{Name: "新增", Add: []lexicon.Entry{{Kind: lexicon.Pair, Words: "秦创源", Right: []string{"秦创原"}, Wide: true, Source: "省政府办公厅"}}})
		if err != nil || p.State != lexicon.Confirmed || p.No != 1 {
			t.Fatalf("%+v %v", p, err)
		}
		for _, unit := range []org.UnitID{"", office.ID, county.ID} {
			if got := read(unit, "支持秦创源建设。"); !slices.Contains(got, "wording.own:秦创源") {
				t.Errorf("unit %q reads %v", unit, got)
			}
		}
		r, err := s.For(ctx, "")
		ok(t, err)
		for _, sp := range r.Scan("支持秦创源建设。") {
			if sp.Kind == lexicon.KindOwn && (sp.Start != 2 || sp.End != 5 || sp.Right[0] != "秦创原" || !strings.Contains(sp.Source, "省政府办公厅")) {
				t.Errorf("span %+v", sp)
			}
		}
		if s.Edition(ctx) == before {
			t.Error("the edition did not change")
		}
		// The same again is refused whole.
		if _, err := s.Make(ctx, all, office.ID, lexicon.Change{Name: "新增", Add: []lexicon.Entry{{Kind: lexicon.Sensitive, Words: "另一个词"}, {Kind: lexicon.Pair, Words: "秦创源", Right: []string{"秦创原"}}}}); !fault.Is(err, fault.Conflict) {
			t.Errorf("doubled: %v", err)
		}
		if _, n, err := s.Entries(ctx, all, lexicon.Filter{}); err != nil || n != 1 {
			t.Errorf("after a refused pack: %d entries, %v", n, err)
		}

		// A unit's own allowed word holds there alone, and the longer wins.
		_, err = s.Make(ctx, all, county.ID, lexicon.Change{Name: "允许", Add: []lexicon.Entry{{Kind: lexicon.Allow, Words: "秦创源小区"}}})
		ok(t, err)
		if got := read(county.ID, "秦创源小区改造"); slices.Contains(got, "wording.own:秦创源") {
			t.Errorf("an allowed word was questioned: %v", got)
		}
		if got := read(office.ID, "秦创源小区改造"); !slices.Contains(got, "wording.own:秦创源") {
			t.Errorf("another unit's allowed word was taken: %v", got)
		}
		// Names of the ledger are protected, and no shield for what is longer.
		if got := read("", "雁塔区人民政府办公室、陕西省人民政府办公厅"); len(got) != 0 {
			t.Errorf("names of the ledger were questioned: %v", got)
		}

		// The serious class needs two persons, in and out.
		serious := lexicon.Entry{Kind: lexicon.Term, Words: "陕西省政府办公室", Right: []string{"陕西省人民政府办公厅"}, Wide: true, Source: "机构名录"}
		if _, err := s.Make(ctx, all, office.ID, lexicon.Change{Name: "规范", Add: []lexicon.Entry{{Kind: lexicon.Term, Words: "甲乙", Right: []string{"甲丙"}}}}); !fault.Is(err, fault.Invalid) {
			t.Errorf("serious without a source: %v", err)
		}
		p, err = s.Make(ctx, all, office.ID, lexicon.Change{Name: "规范", Add: []lexicon.Entry{serious}})
		if err != nil || p.State != lexicon.Proposed || p.Serious != 1 {
			t.Fatalf("%+v %v", p, err)
		}
		if got := read("", "陕西省政府办公室印发"); slices.Contains(got, lexicon.KindSerious+":陕西省政府办公室") {
			t.Error("a serious entry held before it was confirmed")
		}
		// It waits in the inbox of others of the unit, not of who proposed it or of
		// those who may not confirm.
		tasks := func(id string, role authz.Role, unit org.UnitID, tab workbench.Tab) (out []string) {
			list, err := s.Tasks(ctx, &authz.Session{PersonID: id, Posts: []authz.Post{{Role: role, UnitID: string(unit)}}}, tab, 10)
			ok(t, err)
			for _, x := range list {
				out = append(out, x.Link+" "+x.Act+" "+x.State)
			}
			return out
		}
		waits := []string{p.Link() + " 去确认 待确认"}
		for _, tt := range []struct {
			who  string
			role authz.Role
			unit org.UnitID
			tab  workbench.Tab
			want []string
		}{{"b", authz.Supervisor, office.ID, workbench.ToDo, waits}, {"b", authz.FinalReviewer, office.ID, workbench.ToDo, waits}, {"a", authz.Supervisor, office.ID, workbench.ToDo, nil}, {"a", authz.Supervisor, office.ID, workbench.Started, []string{p.Link() + " 查看 待确认"}},
			{"b", authz.Inspector, office.ID, workbench.ToDo, nil}, {"b", authz.Supervisor, county.ID, workbench.ToDo, nil}, {"b", authz.Supervisor, office.ID, workbench.Copied, nil}} {
			if got := tasks(tt.who, tt.role, tt.unit, tt.tab); !slices.Equal(got, tt.want) {
				t.Errorf("%s of %s, %s: %v", tt.who, tt.unit, tt.tab, got)
			}
		}
		if _, err := s.Decide(ctx, all, p.ID, true, ""); !fault.Is(err, fault.Refused) || len(fault.Of(err).Reasons) != 1 {
			t.Errorf("confirmed by who proposed: %v", err)
		}
		if _, err := s.Decide(second, all, p.ID, false, ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("refused without a word: %v", err)
		}
		_, err = s.Decide(second, all, p.ID, true, "已核对")
		ok(t, err)
		if _, err := s.Decide(second, all, p.ID, true, ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("confirmed twice: %v", err)
		}
		if got := tasks("b", authz.Supervisor, office.ID, workbench.ToDo); got != nil {
			t.Errorf("still to do once confirmed: %v", got)
		}
		if got := read(county.ID, "陕西省政府办公室印发"); !slices.Contains(got, lexicon.KindSerious+":陕西省政府办公室") {
			t.Errorf("after it was confirmed: %v", got)
		}
		list, _, err := s.Entries(ctx, all, lexicon.Filter{Kind: lexicon.Term, State: lexicon.Active})
		ok(t, err)
		p, err = s.Make(ctx, all, office.ID, lexicon.Change{Name: "停用", Withdraw: []string{list[0].ID}, Note: "机构更名"})
		if err != nil || p.State != lexicon.Proposed {
			t.Fatalf("%+v %v", p, err)
		}
		if _, err := s.Make(ctx, all, office.ID, lexicon.Change{Name: "停用", Withdraw: []string{list[0].ID}, Note: "机构更名"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("withdrawn twice: %v", err)
		}
		if got := read("", "陕西省政府办公室印发"); len(got) == 0 {
			t.Error("it ended before a second person agreed")
		}
		_, err = s.Decide(second, all, p.ID, true, "")
		ok(t, err)
		if got := read("", "陕西省政府办公室印发"); slices.Contains(got, lexicon.KindSerious+":陕西省政府办公室") {
			t.Error("it holds after it was withdrawn")
		}

		// A post is right beside its holder of the day.
		p, err = s.Make(ctx, all, office.ID, lexicon.Change{Name: "任职", Source: "任免通知", Add: []lexicon.Entry{
			{Kind: lexicon.Post, Words: "演示市市长", Right: []string{"张三丰"}, From: date("2022-01-01"), Until: date("2025-06-30"), Wide: true},
			{Kind: lexicon.Post, Words: "演示市市长", Right: []string{"李四光"}, From: date("2025-07-01"), Wide: true}}})
		ok(t, err)
		_, err = s.Decide(second, all, p.ID, true, "")
		ok(t, err)
		reader, err := s.For(ctx, "")
		ok(t, err)
		for _, c := range []struct {
			day, text string
			wrong     string
		}{
			{"2026-03-20", "演示市市长张三丰出席", "张三丰"}, {"2024-03-20", "演示市市长张三丰出席", ""}, {"2024-03-20", "演示市市长李四光出席", "李四光"},
			{"2026-03-20", "演示市市长 李四光出席", ""}, {"2026-03-20", "演示市副市长张三丰出席", ""}, {"2026-03-20", "演示市市长王五出席", ""},
		} {
			got := check.ScannerOn(reader, date(c.day)).Scan(c.text)
			i := slices.IndexFunc(got, func(s check.Span) bool { return s.Kind == lexicon.KindPost })
			if (i >= 0) != (c.wrong != "") || i >= 0 && (got[i].Wrong != c.wrong || string([]rune(c.text)[got[i].Start:got[i].End]) != c.wrong) {
				t.Errorf("%s %s: %+v", c.day, c.text, got)
			}
		}

		// Out of scope is not there.
		foreign := authz.Area("test", county.AreaPath)
		if _, err := s.Pack(ctx, nil, foreign, p.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a pack of another office: %v", err)
		}
		if _, err := s.Make(ctx, foreign, office.ID, lexicon.Change{Name: "x", Add: []lexicon.Entry{{Kind: lexicon.Sensitive, Words: "某词"}}}); !fault.Is(err, fault.NotFound) {
			t.Errorf("changed another office's lists: %v", err)
		}
		if _, n, err := s.Entries(ctx, foreign, lexicon.Filter{}); err != nil || n != 1 {
			t.Errorf("the county sees %d, %v", n, err)
		}

		// What an office above keeps for everybody is read there, and is not its own.
		held, n, err := s.Entries(ctx, foreign, lexicon.Filter{Holding: true, Text: "秦创源"})
		if err != nil || n != 2 || !slices.ContainsFunc(held, func(e lexicon.Entry) bool { return e.Unit == office.ID }) {
			t.Errorf("of the province the county sees %d: %+v, %v", n, held, err)
		}
		for _, e := range held {
			if _, err := s.Holding(ctx, foreign, e.ID); err != nil {
				t.Errorf("%s is listed and does not open: %v", e.Words, err)
			}
			if _, err := s.Entry(ctx, foreign, e.ID); fault.Is(err, fault.NotFound) != (e.Unit == office.ID) {
				t.Errorf("%s as its own: %v", e.Words, err)
			}
		}
		_, err = s.Make(ctx, all, office.ID, lexicon.Change{Name: "自用", Add: []lexicon.Entry{{Kind: lexicon.Allow, Words: "省厅自用词"}}})
		ok(t, err)
		if list, n, err := s.Entries(ctx, foreign, lexicon.Filter{Holding: true, Text: "省厅自用词"}); err != nil || n != 0 {
			t.Errorf("what the province keeps for itself is shown below: %+v, %v", list, err)
		}

		// What leaves as a file comes in again, and nothing of it is new.
		out, _, err := s.Entries(ctx, all, lexicon.Filter{State: lexicon.Active, Unit: office.ID})
		ok(t, err)
		var b bytes.Buffer
		ok(t, lexicon.WriteJSON(&b, "词库", date("2026-03-20"), out))
		r1, err := s.Rehearse(ctx, all, office.ID, "词库.json", b.Bytes())
		if err != nil || len(r1.Entries) != 0 || r1.Same != len(out) || r1.Bad != 0 {
			t.Errorf("%d out: %+v %v", len(out), r1, err)
		}
		// Nor is what holds below by the list above, which the county's own export has too.
		shown, _, err := s.Entries(ctx, foreign, lexicon.Filter{Holding: true, State: lexicon.Active})
		ok(t, err)
		var sheet bytes.Buffer
		ok(t, lexicon.WriteJSON(&sheet, "词库", date("2026-03-20"), shown))
		fromAbove := func(e lexicon.Entry) bool { return e.Unit == office.ID }
		if r, err := s.Rehearse(ctx, all, county.ID, "词库.json", sheet.Bytes()); err != nil || len(r.Entries) != 0 || r.Same != len(shown) || !slices.ContainsFunc(shown, fromAbove) {
			t.Errorf("%d shown: %+v %v", len(shown), r, err)
		}
		if r, err := s.Rehearse(ctx, all, office.ID, "表.csv", []byte("类别,词语,正确写法,全地区适用\n易错写法,秦创源,秦创原,否\n")); err != nil || r.Same != 0 {
			t.Errorf("another reach is no repetition: %+v %v", r, err)
		}
		body := []byte("类别,错误写法,正确写法,严重,来源\n易错写法,贯撤,贯彻,否,\n规范表述,错误表述,规范的表述,,文件\n不知道,甲乙,丙,,\n易错写法,甲,乙,,\n易错写法,贯撤,贯彻,,\n")
		r2, err := s.Rehearse(ctx, all, county.ID, "表.csv", body)
		if err != nil || len(r2.Entries) != 2 || r2.Serious != 1 || r2.Bad != 3 {
			t.Fatalf("%+v %v", r2, err)
		}
		// Every row that is not taken is named by its number, in the order of the file.
		if len(r2.Wrong) != 3 || r2.Wrong[0].Number != 4 || r2.Wrong[1].Number != 5 || r2.Wrong[2].Number != 6 || !strings.Contains(r2.Wrong[2].Says, "与第 2 行是同一词条") {
			t.Errorf("not taken: %+v", r2.Wrong)
		}
		r4, err := s.Rehearse(ctx, all, county.ID, "表.csv", []byte("类别,错误写法,正确写法,开始日期,结束日期\n易错写法,布署,部署,2026-03-01,2026-13-01\n"))
		if err != nil || len(r4.Wrong) != 1 || !strings.Contains(r4.Wrong[0].Says, "结束日期“2026-13-01”") {
			t.Errorf("%+v %v", r4, err)
		}
		if _, err := s.Rehearse(ctx, all, county.ID, "词库.docx", body); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Of(err).Says, "JSON") {
			t.Errorf("another format: %v", err)
		}
		if _, _, err := s.Import(ctx, all, county.ID, "表.csv", body, r2.Digest, "本单位", false); !fault.Is(err, fault.Invalid) {
			t.Errorf("imported with rows in doubt: %v", err)
		}
		if _, _, err := s.Import(ctx, all, county.ID, "表.csv", append(body, ' '), r2.Digest, "本单位", true); !fault.Is(err, fault.Conflict) {
			t.Errorf("another file than rehearsed: %v", err)
		}
		p, _, err = s.Import(ctx, all, county.ID, "表.csv", body, r2.Digest, "本单位", true)
		if err != nil || p.State != lexicon.Proposed || p.Added != 2 || p.Digest == "" {
			t.Errorf("%+v %v", p, err)
		}
		_, err = s.Decide(second, all, p.ID, false, "来源不足")
		ok(t, err)
		// What was refused may be proposed again.
		if r3, err := s.Rehearse(ctx, all, county.ID, "表.csv", body); err != nil || len(r3.Entries) != 2 {
			t.Errorf("%+v %v", r3, err)
		}
		if got := read(county.ID, "贯撤落实"); slices.Contains(got, "wording.own:贯撤") {
			t.Error("a refused entry holds")
		}
	})
}

func FuzzReadFile(f *testing.F) {
	f.Add("a.csv", []byte("类别,词语,正确写法\n易错写法,一但,一旦\n"))
	f.Add("a.json", []byte(`{"format":"zhengshu.lexicon.1","name":"","source":"","day":"","entries":[{"kind":"pair","words":"一但","right":["一旦"]}]}`))
	f.Add("a.xlsx", []byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, name string, body []byte) {
		r, err := lexicon.ReadFile(name, body)
		if err != nil {
			return
		}
		for _, e := range r.Entries {
			if n := len([]rune(e.Words)); n < 2 || n > 40 {
				t.Fatalf("taken: %s", fmt.Sprintf("%+v", e))
			}
		}
	})
}

// Where nobody of a unit but who proposed a serious entry may confirm it, the nearest
// office above that has somebody is asked, and confirms; where there is none, the unit
// is told so.
func TestArticle19_3_ASoleKeeperIsConfirmedAbove(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 3, 20, 2, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		sys := audit.System(context.Background(), "test")
		o := org.New(d)
		s := lexicon.New(d, o)
		ok(t, passage.Declare(sys, d, lexicon.PackMachine))
		offices := map[string]org.Unit{}
		people := map[string]org.Person{}
		appoint := func(name, at string, role authz.Role) {
			t.Helper()
			ok(t, d.Update(sys, func(tx *db.Tx) error {
				p, err := o.AddPerson(sys, tx, all, org.Person{Unit: offices[at].ID, Name: name})
				if err != nil {
					return err
				}
				people[name] = p
				return o.Appoint(sys, tx, all, p.ID, p.Unit, role)
			}))
		}
		ok(t, d.Update(sys, func(tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}, {Level: org.County, Code: "610113", Name: "雁塔区", Parent: "city-610100000000"}} {
				if _, err := o.AddArea(sys, tx, a); err != nil {
					return err
				}
				got, err := o.AreaByCode(sys, tx, a.Code)
				if err != nil {
					return err
				}
				if offices[a.Name], _, err = o.AddUnit(sys, tx, org.Unit{Area: got.ID, Kind: org.Office, Name: a.Name + "政府办公室"}); err != nil {
					return err
				}
			}
			var err error
			offices["局"], _, err = o.AddUnit(sys, tx, org.Unit{Area: offices["雁塔区"].Area, Kind: org.Department, Name: "雁塔区民政局"})
			return err
		}))
		appoint("吴提出", "局", authz.Sponsor)
		appoint("郑经办", "雁塔区", authz.Sponsor) // keeps the lists of the office alone
		appoint("钱主管", "陕西省", authz.Supervisor)
		session := func(name string) *authz.Session {
			posts, err := o.PostsOf(sys, d, people[name].ID)
			ok(t, err)
			return &authz.Session{PersonID: string(people[name].ID), Name: name, Posts: posts}
		}
		by := func(name string) (context.Context, authz.Scope) {
			x := session(name)
			return audit.WithActor(authz.WithSession(context.Background(), x), audit.Actor{ID: x.PersonID, Name: name}), x.ScopeFor(authz.LexiconManage)
		}
		toDo := func(name string) (out []string) {
			list, err := s.Tasks(sys, session(name), workbench.ToDo, 10)
			ok(t, err)
			for _, x := range list {
				out = append(out, x.Title)
			}
			return out
		}
		told := func(name string) (n int) {
			list, err := notify.New(d).Messages(sys, session(name), notify.Filter{}, 50)
			ok(t, err)
			return len(list)
		}
		propose := func(words string) lexicon.Pack {
			t.Helper()
			ctx, scope := by("吴提出")
			p, err := s.Make(ctx, scope, offices["局"].ID, lexicon.Change{Name: "规范", Add: []lexicon.Entry{{Kind: lexicon.Term, Words: words, Right: []string{words + "局"}, Source: "机构名录"}}})
			ok(t, err)
			return p
		}
		asked := func(p lexicon.Pack) string {
			t.Helper()
			p, err := s.Pack(sys, d, all, p.ID)
			ok(t, err)
			return p.AskedName
		}

		p := propose("雁塔民政")
		if p.Asked != offices["陕西省"].ID || p.AskedName != "陕西省政府办公室" || asked(p) != p.AskedName || told("钱主管") != 1 || told("吴提出") != 0 {
			t.Errorf("asked %q, read %q, told %d and %d", p.AskedName, asked(p), told("钱主管"), told("吴提出"))
		}
		if got := toDo("钱主管"); len(got) != 1 || got[0] != "雁塔区民政局词库第 1 版：规范" {
			t.Errorf("the work of who is asked: %q", got)
		}
		if got := append(toDo("吴提出"), toDo("郑经办")...); len(got) != 0 {
			t.Errorf("the work of who may not confirm: %q", got)
		}
		// Someone nearer is appointed: the pack is theirs, and the first lets it go.
		appoint("孙主管", "雁塔区", authz.Supervisor)
		for _, want := range []int{1, 0} {
			if n, err := s.Sweep(sys); err != nil || n != want {
				t.Errorf("%d packs asked anew (%v)", n, err)
			}
		}
		if len(toDo("钱主管")) != 0 || len(toDo("孙主管")) != 1 || told("孙主管") != 1 {
			t.Errorf("after the appointment: %v and %v", toDo("钱主管"), toDo("孙主管"))
		}
		ctx, scope := by("吴提出")
		if _, err := s.Decide(ctx, scope, p.ID, true, ""); !fault.Is(err, fault.Refused) {
			t.Errorf("confirmed by who proposed: %v", err)
		}
		ctx, scope = by("郑经办")
		if _, err := s.Decide(ctx, scope, p.ID, true, ""); !fault.Is(err, fault.NotFound) {
			t.Errorf("confirmed by who keeps other lists: %v", err)
		}
		ctx, scope = by("孙主管")
		if p, err := s.Decide(ctx, scope, p.ID, true, ""); err != nil || p.State != lexicon.Confirmed {
			t.Errorf("%+v (%v)", p, err)
		}
		if n, err := s.Sweep(sys); err != nil || n != 0 || len(toDo("孙主管")) != 0 {
			t.Errorf("decided: %d asked anew, %v (%v)", n, toDo("孙主管"), err)
		}

		// A unit with a second person of its own asks nobody; when that person goes, it does.
		appoint("冯审核", "局", authz.FinalReviewer)
		p = propose("雁塔区民政")
		if p.Asked != "" || len(toDo("冯审核")) != 1 || len(toDo("孙主管")) != 0 {
			t.Errorf("asked %q beside the second person", p.AskedName)
		}
		dismiss := func(name string) {
			t.Helper()
			x := session(name)
			ok(t, d.Update(sys, func(tx *db.Tx) error { return o.Dismiss(sys, tx, all, org.PostID(x.Posts[0].ID)) }))
		}
		dismiss("冯审核")
		if n, err := s.Sweep(sys); err != nil || n != 1 || asked(p) != "雁塔区政府办公室" {
			t.Errorf("%d, asked %s (%v)", n, asked(p), err)
		}
		// Nobody is left anywhere: who proposed hears it, and a new second person finds it.
		dismiss("孙主管")
		dismiss("钱主管")
		if n, err := s.Sweep(sys); err != nil || n != 1 || told("吴提出") != 1 {
			t.Errorf("%d, told %d (%v)", n, told("吴提出"), err)
		}
		if p, err := s.Pack(sys, d, all, p.ID); err != nil || !p.Nobody() {
			t.Errorf("%+v (%v)", p, err)
		}
		appoint("陈审核", "局", authz.FinalReviewer)
		if n, err := s.Sweep(sys); err != nil || n != 1 || len(toDo("陈审核")) != 1 || asked(p) != "" {
			t.Errorf("%d, %v, asked %s (%v)", n, toDo("陈审核"), asked(p), err)
		}
	})
}
