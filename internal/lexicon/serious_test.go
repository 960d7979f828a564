package lexicon_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/lexicon"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
)

// Article 19(3): what ends a question of the serious class, or of a sensitive word, is
// as much a decision of two persons as what raises it.
func TestArticle19_3_WhatCoversTheSeriousClassNeedsTwo(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 3, 20, 2, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		s, province, county := offices(t, d)
		first, second := as("a", "周启明"), as("b", "罗静怡")
		enact := func(unit org.UnitID, wide bool, list ...lexicon.Entry) lexicon.Pack {
			t.Helper()
			for i := range list {
				list[i].Wide = wide
			}
			p, err := s.Make(first, all, unit, lexicon.Change{Name: "新增", Add: list})
			ok(t, err)
			return p
		}
		confirm := func(p lexicon.Pack) {
			t.Helper()
			if p.State != lexicon.Proposed || p.Serious == 0 {
				t.Fatalf("in force by one person: %+v", p)
			}
			_, err := s.Decide(second, all, p.ID, true, "")
			ok(t, err)
		}
		reads := func(text string, want ...string) {
			t.Helper()
			r, err := s.For(first, county)
			ok(t, err)
			got := kinds(r.Scan(text))
			if !slices.Equal(got, want) {
				t.Errorf("%s reads %v, want %v", text, got, want)
			}
			_, body, err := s.Carry(first, county)
			ok(t, err)
			c, err := lexicon.ReadCarried(body, calendar.DateOf(d.Now()))
			ok(t, err)
			if far := kinds(c.Scan(text)); !slices.Equal(far, got) {
				t.Errorf("carried reads %v, here %v", far, got)
			}
		}
		const text = "错误国号，甲敏感词研究所"
		allow := []lexicon.Entry{{Kind: lexicon.Allow, Words: "错误国号", Source: "校名"}, {Kind: lexicon.Allow, Words: "甲敏感词研究所", Source: "机构名录"}}

		// Allowed when nothing was serious in it, it covers nothing of what comes later.
		if p := enact(county, true, lexicon.Entry{Kind: lexicon.Allow, Words: "错误国号研究", Source: "课题"}); p.State != lexicon.Confirmed {
			t.Fatalf("an ordinary allowed word waits: %+v", p)
		}
		confirm(enact(province, true, lexicon.Entry{Kind: lexicon.Term, Words: "错误国号", Right: []string{"正确国号"}, Source: "规范"}, lexicon.Entry{Kind: lexicon.Sensitive, Words: "甲敏感"}))
		reads(text, "sensitive.term:错误国号", "sensitive:甲敏感")
		reads("错误国号研究", "sensitive.term:错误国号")

		// It is listed, and two persons allow it anew.
		old, err := s.Overtaken(first, all, 10)
		ok(t, err)
		if len(old) != 1 || old[0].Words != "错误国号研究" {
			t.Fatalf("overtaken: %+v", old)
		}
		if far, err := s.Overtaken(first, authz.Area("test", "/none/"), 10); err != nil || len(far) != 0 {
			t.Errorf("overtaken out of scope: %+v %v", far, err)
		}
		if _, err := s.Confirm(first, all, old[0].ID, " "); !fault.Is(err, fault.Invalid) {
			t.Errorf("confirmed without a source: %v", err)
		}
		again, err := s.Confirm(first, all, old[0].ID, "课题批准书")
		ok(t, err)
		if _, err := s.Confirm(first, all, old[0].ID, "课题批准书"); !fault.Is(err, fault.Conflict) {
			t.Errorf("asked twice: %v", err)
		}
		if old, err := s.Overtaken(first, all, 10); err != nil || len(old) != 0 {
			t.Errorf("listed while it waits: %+v %v", old, err)
		}
		reads("错误国号研究", "sensitive.term:错误国号")
		confirm(again)
		reads("错误国号研究")
		if old, err := s.Overtaken(first, all, 10); err != nil || len(old) != 0 {
			t.Errorf("listed once two allowed it: %+v %v", old, err)
		}

		if _, err := s.Make(first, all, county, lexicon.Change{Name: "允许", Add: []lexicon.Entry{{Kind: lexicon.Allow, Words: "错误国号"}}}); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Of(err).Says, "另一人") {
			t.Errorf("covers the serious class without a source: %v", err)
		}
		// An allowed word of the province covers what a county below questions.
		confirm(enact(county, false, lexicon.Entry{Kind: lexicon.Term, Words: "区里错词", Right: []string{"区里对词"}, Source: "规范"}))
		if p := enact(province, false, lexicon.Entry{Kind: lexicon.Allow, Words: "区里错词集", Source: "书名"}); p.State != lexicon.Confirmed {
			t.Errorf("allowed for itself alone it covers nothing, and waits: %+v", p)
		}
		if p := enact(province, true, lexicon.Entry{Kind: lexicon.Allow, Words: "区里错词录", Source: "书名"}); p.State != lexicon.Proposed {
			t.Errorf("allowed for all it covers the county's: %+v", p)
		}
		p := enact(county, false, allow...)
		reads(text, "sensitive.term:错误国号", "sensitive:甲敏感")
		confirm(p)
		reads(text)
		// The rehearsal of a file knows it too.
		r, err := s.Rehearse(first, all, county, "表.csv", []byte("类别,词语,来源\n允许使用,错误国号学校,校名\n允许使用,寻常的词,\n"))
		if err != nil || len(r.Entries) != 2 || r.Serious != 1 {
			t.Errorf("%+v %v", r, err)
		}
	})
}

// What a unit's entries may not share holds where they are carried on to: the same
// entry is refused there, and of one post each holder comes along.
func TestEntriesCarriedOnKeepWhatTwoMayNotShare(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, province, county := offices(t, d)
		first, second := as("a", "周启明"), as("b", "罗静怡")
		post := func(unit org.UnitID, name string) {
			t.Helper()
			p, err := s.Make(first, all, unit, lexicon.Change{Name: "任职", Add: []lexicon.Entry{{Kind: lexicon.Post, Words: "演示区区长", Right: []string{name}, From: date("2022-01-01"), Source: "任免通知"}}})
			ok(t, err)
			_, err = s.Decide(second, all, p.ID, true, "")
			ok(t, err)
		}
		word := func() lexicon.Change {
			return lexicon.Change{Name: "新增", Add: []lexicon.Entry{{Kind: lexicon.Allow, Words: "带来的词"}}}
		}
		_, err := s.Make(first, all, county, word())
		ok(t, err)
		post(county, "张三丰")
		post(province, "李四光")
		ok(t, d.Update(first, func(tx *db.Tx) error {
			if err := lexicon.Reorganise().Carry(first, tx, org.Carrying{From: county, Main: province}); err != nil {
				return err
			}
			return audit.Record(first, tx, audit.Entry{Act: "test", Basis: "test", Target: audit.Target{Kind: "unit", ID: string(county), Name: "x"}})
		}))
		if _, n, err := s.Entries(first, all, lexicon.Filter{Unit: province, State: lexicon.Active}); err != nil || n != 3 {
			t.Errorf("the successor has %d entries, want 3 (%v)", n, err)
		}
		if _, err := s.Make(first, all, province, word()); !fault.Is(err, fault.Conflict) {
			t.Errorf("the same entry twice in force: %v", err)
		}
	})
}

// offices are a service with a province's office and a county's.
func offices(t *testing.T, d *db.DB) (s *lexicon.Service, province, county org.UnitID) {
	t.Helper()
	sys := audit.System(context.Background(), "test")
	o := org.New(d)
	ok(t, passage.Declare(sys, d, lexicon.PackMachine))
	ok(t, d.Update(sys, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}, {Level: org.County, Code: "610113", Name: "雁塔区", Parent: "city-610100000000"}} {
			if _, err := o.AddArea(sys, tx, a); err != nil {
				return err
			}
		}
		for area, unit := range map[org.AreaID]*org.UnitID{"province-610000000000": &province, "county-610113000000": &county} {
			u, _, err := o.AddUnit(sys, tx, org.Unit{Area: area, Kind: org.Office, Name: string(area) + "办公室"})
			if err != nil {
				return err
			}
			*unit = u.ID
		}
		return nil
	}))
	return lexicon.New(d, o), province, county
}

// Article 19(3) 政治关: what a file says of an entry in force otherwise than it stands
// is told, and takes its place by one pack; a leader who left does not hold the post on.
func TestArticle19_3_AFileReplacesWhatItSaysOtherwise(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 3, 20, 2, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		s, unit, _ := offices(t, d)
		first, second := as("a", "周启明"), as("b", "罗静怡")
		const header = "类别,词语,正确写法,仅当附近有,严重,全地区适用,开始日期,结束日期,来源\n"
		take := func(body string, want string, decide, agree bool) {
			t.Helper()
			r, err := s.Rehearse(first, all, unit, "表.csv", []byte(header+body))
			ok(t, err)
			got := fmt.Sprintf("new %d, changed %d, same %d, serious %d, bad %d", len(r.Entries)-r.Changed, r.Changed, r.Same, r.Serious, r.Bad)
			for _, x := range slices.Concat(r.Changes, r.Wrong) {
				got += fmt.Sprintf("; %d %s", x.Number, x.Says)
			}
			if got != want {
				t.Errorf("%s\n got %s\nwant %s", body, got, want)
			}
			if len(r.Entries) == 0 {
				return
			}
			p, _, err := s.Import(first, all, unit, "表.csv", []byte(header+body), r.Digest, "名录", true)
			ok(t, err)
			if (p.State == lexicon.Proposed) != decide {
				t.Fatalf("%+v", p)
			}
			if decide {
				_, err = s.Decide(second, all, p.ID, agree, "已核")
				ok(t, err)
			}
		}
		wrong := func(text string) int {
			t.Helper()
			r, err := s.For(first, unit)
			ok(t, err)
			return len(r.Scan(text))
		}
		take("职务姓名,省长,张三丰,,,是,2020-01-01,,公报\n易错写法,贯撤,贯彻,落实,否,否,,,手册\n", "new 2, changed 0, same 0, serious 1, bad 0", true, true)
		// What empty cells do not say is left as it stands.
		take("职务姓名,省长,张三丰,,,,2020-01-01,,公报\n易错写法,贯撤,贯彻,,,,,,\n", "new 0, changed 0, same 2, serious 0, bad 0", false, false)
		left := "职务姓名,省长,张三丰,,,,2020-01-01,2026-03-01,任免通知\n"
		if wrong("省长张三丰出席") != 0 {
			t.Error("in office, and questioned")
		}
		take(left, "new 0, changed 1, same 0, serious 1, bad 0; 2 将替换词库中的一条，不同之处：结束日期、来源", true, false)
		if wrong("省长张三丰出席") != 0 {
			t.Error("refused, and questioned")
		}
		take(left+"易错写法,贯撤,贯彻,工作、落实,是,是,,,手册\n", "new 0, changed 2, same 0, serious 2, bad 0; 2 将替换词库中的一条，不同之处：结束日期、来源; 3 将替换词库中的一条，不同之处：仅当附近有、严重、全地区适用", true, true)
		if wrong("省长张三丰出席") != 1 || wrong("贯撤工作") != 1 {
			t.Error("the file was taken and does not hold")
		}
		take(left, "new 0, changed 0, same 1, serious 0, bad 0", false, false)
		take("易错写法,贯撤,贯切,,,,,,\n", "new 0, changed 0, same 0, serious 0, bad 1; 2 词库中已有这一条而正确写法不同，请先停用原来的一条", false, false)
		take("易错写法,贯撤,贯彻,,,,2026-05-01,2026-04-01,\n", "new 0, changed 0, same 0, serious 0, bad 1; 2 结束日期早于开始日期", false, false)
		list, n, err := s.Entries(first, all, lexicon.Filter{State: lexicon.Active})
		if err != nil || n != 2 || list[0].Source == "" || !list[0].Wide || !list[1].Wide {
			t.Errorf("%+v %v", list, err)
		}
		// What waits is not replaced by another.
		r, err := s.Rehearse(first, all, unit, "表.csv", []byte(header+"易错写法,贯撤,贯彻,,,否,,,\n"))
		ok(t, err)
		_, _, err = s.Import(first, all, unit, "表.csv", []byte(header+"易错写法,贯撤,贯彻,,,否,,,\n"), r.Digest, "", true)
		ok(t, err)
		take("易错写法,贯撤,贯彻,,,否,,,别处\n", "new 0, changed 0, same 0, serious 0, bad 1; 2 词库中已有这一条，正在等待另一人确认，而全地区适用、来源不同，请等确认后再导入", false, false)
	})
}

// A cell that says neither yes nor no, and an entry of a JSON file that is not in
// order, are told by place and field; nothing is taken for no.
func TestWhatAFileDoesNotSayClearlyIsTold(t *testing.T) {
	r, err := lexicon.ReadFile("表.csv", []byte("类别,词语,正确写法,级别,适用范围,来源\n易错写法,甲乙丙,甲乙丁,严重类,全地区,文件\n易错写法,甲乙戊,甲乙丁,一级,,文件\n易错写法,甲乙己,甲乙丁,一般,本单位,文件\n易错写法,甲乙庚,甲乙丁,,全国,文件\n易错写法,甲乙辛,甲乙丁,A,,文件\n"))
	ok(t, err)
	if len(r.Entries) != 2 || !r.Entries[0].Serious || !r.Entries[0].Wide || r.Entries[1].Serious || r.Entries[1].Wide || r.Bad != 3 ||
		r.Wrong[0].Says != "“严重”列的“一级”不能识别，请填写“是”或“否”" || r.Wrong[1].Says != "“全地区适用”列的“全国”不能识别，请填写“是”或“否”" || r.Wrong[2].Number != 6 {
		t.Errorf("%+v", r)
	}
	const head = `{"format":"zhengshu.lexicon.1","name":"","source":"","day":"","entries":[`
	r, err = lexicon.ReadFile("词库.json", []byte(head+`{"kind":"pair","words":"甲乙","right":["甲丙"]},{"kind":"pair","words":"丙乙","right":"丙丁"},{"kind":"pair","words":"丙乙","rihgt":["丙丁"]},7,{"kind":"pair","words":"丙乙","right":["丙丁"],"serious":"是"}]}`))
	ok(t, err)
	var says []string
	for _, x := range r.Wrong {
		says = append(says, fmt.Sprint(x.Number, x.Says[:strings.Index(x.Says, "，请对照")]))
	}
	if len(r.Entries) != 1 || strings.Join(says, "；") != "2“right”应为写在方括号中的列表；3没有名为“rihgt”的项；4应为用花括号括起的对象；5“serious”应为true 或 false" {
		t.Errorf("%q, taken %+v", says, r.Entries)
	}
	for body, want := range map[string]string{
		head + `]}` + head + `]}`: "还有别的内容", head + `]`: "内容不完整", head + `],"entrys":[]}`: "entrys", `{"format":1}`: "“format”应为文字", `{"format":"zhengshu.lexicon.1",}`: "第 32 个字节",
	} {
		if _, err := lexicon.ReadFile("词库.json", []byte(body)); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Of(err).Says, want) {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
}

// Article 19(3) 政治关: a post is read whole, with what stands before it, the day the
// sentence speaks of and the name as it goes on.
func TestArticle19_3_PostsAreReadAsWritten(t *testing.T) {
	post := func(words, name, from, until string) lexicon.Entry {
		e := lexicon.Entry{Kind: lexicon.Post, Words: words, Right: []string{name}, From: date(from), Source: "任免通知", Serious: true}
		if until != "" {
			e.Until = date(until)
		}
		return e
	}
	body, err := json.Marshal(map[string]any{"entries": []lexicon.Entry{
		post("市长", "李四", "2020-01-01", "2024-05-01"), post("市长", "王建国", "2024-05-02", ""), post("副市长", "王建国", "2020-05-02", "2024-05-01"), post("市委书记", "李四", "2024-05-02", ""), post("县长", "赵六", "2015-01-01", "2019-06-30"),
	}})
	ok(t, err)
	for _, c := range []struct{ day, text, wrong string }{
		{"2022-03-01", "副市长王建国出席会议。", ""}, {"2026-03-01", "副市长王建国出席会议。", "王建国"}, {"2022-03-01", "常务副市长王建国、市长王建国", "王建国"},
		{"2026-03-01", "时任市长李四主持修建了大桥。", ""}, {"2026-03-01", "原市长李四同志。", ""}, {"2026-03-01", "西安市原市长李四同志。", ""}, {"2026-03-01", "太原市长李四出席。", "李四"}, {"2026-03-01", "太原市市长李四出席。", "李四"},
		{"2026-03-01", "前市长李四光临指导。", ""}, {"2026-03-01", "目前市长李四在京。", "李四"}, {"2026-03-01", "第三任市长李四。", ""}, {"2026-03-01", "历任市长：李四、王建国", ""}, {"2026-03-01", "副县长赵六出席", ""},
		{"2026-03-01", "市长李四光来考察。", ""}, {"2026-03-01", "市委书记李四、市长王建国出席。", ""}, {"2026-03-01", "市长李四出席会议。", "李四"}, {"2026-03-01", "市长李四强调，要抓落实。", "李四"}, {"2026-03-01", "市长李四强出席。", ""}, {"2026-03-01", "市长：李四", "李四"},
		{"2026-03-01", "2022年3月1日，市长李四签署命令。", ""}, {"2026-03-01", "二〇二二年三月，市长李四签署命令。", ""}, {"2026-03-01", "2024年8月1日，市长李四签署命令。", "李四"}, {"2026-03-01", "2024年，市长李四签署命令。", ""},
		{"2026-03-01", "2022年已经过去。市长李四签署命令。", "李四"}, {"2026-03-01", "2026年3月1日，市长李四签署命令。", "李四"}, {"2018-01-01", "市长李四出席。", "李四"},
	} {
		r, err := lexicon.ReadCarried(body, date(c.day))
		ok(t, err)
		var got []string
		for _, s := range r.Scan(c.text) {
			if s.Kind == lexicon.KindPost {
				got = append(got, string([]rune(c.text)[s.Start:s.End]))
			}
		}
		if strings.Join(got, " ") != c.wrong {
			t.Errorf("%s %s: %q, want %q", c.day, c.text, got, c.wrong)
		}
	}
}
