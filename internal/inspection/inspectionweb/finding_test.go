package inspectionweb

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/passage"
	"zhengshu/internal/web"
)

// all opens every link.
func all(href string) string { return href }

// A retest is offered where it can tell something, and where it cannot the page
// says who does.
func TestARetestIsOfferedWhereItCanTell(t *testing.T) {
	for _, tt := range []struct {
		check, state, closedBy string
		may                    bool
		says                   string
	}{
		{"link.dead", inspection.FindingOpen, "", true, "同一项检查"},
		{"link.dead", inspection.FindingClosed, "01JP", true, "恢复为待整改"},
		{"link.dead", inspection.FindingClosed, inspection.ClosedByDispute, false, "误报"},
		{"duty.seen", inspection.FindingOpen, "", false, "值班人员"},
		{"manual.text", inspection.FindingOrdered, "", false, "主管单位"},
	} {
		f := sampleFinding
		f.Check, f.State, f.ClosedBy = tt.check, tt.state, tt.closedBy
		if v := newFinding(f, nil, nil, "", true, false, all); v.MayTest != tt.may || !strings.Contains(v.Test, tt.says) {
			t.Errorf("%s %s by %q: offered %v, %q", tt.check, tt.state, tt.closedBy, v.MayTest, v.Test)
		}
		if v := newFinding(f, nil, nil, "", false, false, all); v.MayTest || v.Test != "" {
			t.Errorf("%s: a reader is told of a retest", tt.check)
		}
	}
}

// An answer that came late says so, by how many days; in time, and where nobody answered,
// nothing is said.
func TestALateAnswerSaysSo(t *testing.T) {
	due := calendar.Date{Year: 2026, Month: 3, Day: 25}
	for _, tt := range []struct {
		verdict string
		days    int
		late    bool
	}{{inspection.ItIsFalse, 2, true}, {inspection.ItIsTrue, 1, true}, {inspection.ItIsFalse, 0, false}, {inspection.ItIsGone, 5, false}} {
		d := inspection.Objection{Finding: "01JF", Verdict: tt.verdict, Answer: "经核实", AnsweredBy: "李四", AnsweredAt: due.AddDays(tt.days).Start().Add(9 * time.Hour), Due: calendar.Due{On: due}}
		row := newDisputes([]inspection.Objection{d}, 1, due).Table.Rows[0].Cells[3]
		term := objectionTerms([]inspection.Objection{d})[1]
		if got := len(row.Tags) > 0; got != tt.late || strings.Contains(term.Note, "超期") != tt.late || row.Text != "2026-03-25" {
			t.Errorf("%s after %d days: %+v, %q", tt.verdict, tt.days, row, term.Note)
		}
		if tt.late && (row.Tags[0].Text != fmt.Sprintf("超期 %d 天答复", tt.days) || !strings.Contains(term.Note, fmt.Sprintf("超期 %d 天", tt.days))) {
			t.Errorf("%+v, %q", row.Tags, term.Note)
		}
	}
}

// An excerpt of a page is read without the empty lines that templates write.
func TestAnExcerptHasNoEmptyLines(t *testing.T) {
	p := inspection.Proof{ID: "P", Evidence: engine.Evidence{Excerpt: "<p>登陆</p>\n</div>\n \n\t\n\n<footer>\n<p>"}}
	if v := newProof("/f", "link.dead", p, all); v.Excerpt != "<p>登陆</p>\n</div>\n<footer>\n<p>" {
		t.Errorf("%q", v.Excerpt)
	}
}

// The story of an ordered finding opens its order, for those who may read orders.
func TestAnOrderedFindingOpensItsOrder(t *testing.T) {
	steps := []passage.Step{{Act: "find"}, {Act: "order", Note: inspection.OrderedBy + "ZG-2026-0026"}}
	v := newFinding(sampleFinding, nil, steps, "", true, false, all)
	if l := v.Story.Events[1].Links; len(l) != 1 || l[0].Href != "/console/orders/ZG-2026-0026" || len(v.Story.Events[0].Links) != 0 {
		t.Errorf("%+v", v.Story.Events)
	}
	if v := newFinding(sampleFinding, nil, steps, "", true, false, none); len(v.Story.Events[1].Links) != 0 {
		t.Errorf("offered to who may not: %+v", v.Story.Events)
	}
}

// The list or rule behind a hit stands among the facts, with where it is looked up.
func TestAHitShowsItsSource(t *testing.T) {
	f := sampleFinding
	f.Check, f.Wrong = "wording.confusion", "登陆"
	proofs := []inspection.Proof{{ID: "P", Evidence: engine.Evidence{Beside: []engine.Beside{{As: engine.AsList, Says: "内置错别字表 2026.11"}}}}}
	v := newFinding(f, proofs, nil, "", true, false, all)
	found := false
	for _, x := range v.Facts.Terms {
		found = found || x.Name == "来源" && x.Text == "内置错别字表 2026.11" && x.Href == "/console/lexicon?q=%E7%99%BB%E9%99%86"
	}
	if !found || len(v.Before.Beside) != 0 {
		t.Errorf("%+v, beside %+v", v.Facts.Terms, v.Before.Beside)
	}
}

// A rule that nobody has judged is not called right.
func TestARuleNobodyJudgedHasNoPrecision(t *testing.T) {
	for _, tt := range []struct {
		p    inspection.Precision
		want string
	}{
		{inspection.Precision{Raised: 3, Closed: 3}, "尚无申辩"},
		{inspection.Precision{Raised: 3, Disputed: 1, Waiting: 1}, "申辩尚未答复"},
		{inspection.Precision{Raised: 3, Disputed: 1, True: 1}, "100.00%"},
		{inspection.Precision{Raised: 4, Disputed: 1, False: 1}, "75.00%"},
		{inspection.Precision{Raised: 3, Disputed: 1, False: 1}, "66.67%"},
	} {
		if got := rightShare(tt.p); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.p, got, tt.want)
		}
	}
}

// A run says how much of a release it looked at, and why not at the rest.
func TestACensusSaysWhatItLeftOut(t *testing.T) {
	want := "发布清单 832 页，已查 830 页，未查 2 页（robots.txt 不允许访问，未检测：2 页）"
	sampled := *sampleCensus
	sampled.Whole = false
	for name, c := range map[string]*engine.Census{"普查": sampleCensus, "抽查": &sampled} {
		v := newRun(inspection.Run{ID: "c", State: inspection.RunDone, Census: c}, nil, 0, 200)
		if last := v.Facts.Terms[len(v.Facts.Terms)-1]; last.Name != name || last.Text != want {
			t.Errorf("%+v, want %s: %s", last, name, want)
		}
		if len(v.Untested.Rows) != 1 {
			t.Errorf("%d rows of what was left out", len(v.Untested.Rows))
		}
	}
	if v := newRun(inspection.Run{ID: "c", State: inspection.RunRunning, Pages: 10, Census: sampleCensus}, nil, 0, 200); v.Progress.Max != 832 || !strings.Contains(v.Every, "832") {
		t.Errorf("under way %+v %q", v.Progress, v.Every)
	}
}

// Of a site without a list of its pages a run says how much of what is known of it was
// read of late, and that there is more than is remembered.
func TestARunSaysHowMuchOfASiteHadItsTurn(t *testing.T) {
	for _, c := range []struct {
		turn engine.Turn
		want string
	}{
		{engine.Turn{Known: 2416, Read: 1980, Days: 30}, "已知 2416 页，最近 30 天内查过 1980 页"},
		{engine.Turn{Known: 20000, Read: 3000, Days: 30, More: true}, "已知 20000 页以上（网址过多，未全部记录），最近 30 天内查过 3000 页"},
	} {
		v := newRun(inspection.Run{ID: "d", State: inspection.RunDone, Turn: &c.turn}, nil, 0, 200)
		if last := v.Facts.Terms[len(v.Facts.Terms)-1]; last.Name != "轮查" || last.Text != c.want {
			t.Errorf("%+v, want %s", last, c.want)
		}
	}
}

// Only a run that came to its end may say that it saw nothing wrong.
func TestARunThatHasNotEndedSaysNothingOfFindings(t *testing.T) {
	for state, want := range map[string]string{inspection.RunQueued: "正在检查", inspection.RunRunning: "正在检查", inspection.RunFailed: "检查没有完成", inspection.RunDone: "没有看到问题"} {
		v := newRun(inspection.Run{ID: "c", State: state, Pages: 5}, nil, 0, 200)
		if got := v.Findings.Empty.Title; got != want {
			t.Errorf("%s: %q, want %q", state, got, want)
		}
		for _, x := range v.Facts.Terms {
			if x.Name == "问题" && (x.Text == "0 个") != (state == inspection.RunDone || state == inspection.RunFailed) {
				t.Errorf("%s: %s", state, x.Text)
			}
		}
	}
}

// The finding of an account leads to its sheet and to the orders of accounts.
func TestTheFindingOfAnAccount(t *testing.T) {
	f := inspection.Finding{ID: "01JF", Account: "01JA", SiteName: "雁塔发布", Platform: "weibo", UnitName: "雁塔区人民政府办公室", Check: "account.stale", Severity: "serious", Clause: "V-M-2.1", Says: "账号超过规定期限没有更新。", State: inspection.FindingOpen}
	v := newFinding(f, sampleProofs[:1], nil, "", true, true, all)
	if x := v.Facts.Terms[0]; x.Name != "账号" || x.Href != "/console/account-sheets/01JA" {
		t.Errorf("%+v", x)
	}
	if x := v.Heading.Acts[0]; !strings.HasPrefix(x.Href, "/console/orders/new?kind=account&q=") {
		t.Errorf("%+v", x)
	}
	if !v.MayTest || !v.MayDeny {
		t.Error("neither retest nor dispute is offered")
	}
	l := newList([]inspection.Finding{f}, 1, true)
	l.offer([]inspection.Finding{f})
	if x := l.Table.Rows[0].Cells[1]; x.Href != "/console/account-sheets/01JA" || !strings.Contains(x.Note, "微博") || l.Issue {
		t.Errorf("%+v, offered for an order of sites: %v", x, l.Issue)
	}
}

// What a look wrote down where no page was kept is not called the source of a page.
func TestAnExcerptIsCalledWhatItIs(t *testing.T) {
	for name, tt := range map[string]struct {
		ref         string
		status      int
		named, kept string
	}{
		"nothing kept": {"", 0, "检查记录", "留存的文件"}, "a page": {"sha256:aa", 200, "页面源代码摘录", "取得的页面"},
		"what a person saw of an account": {"sha256:bb", 0, "检查记录", "留存的文件"},
	} {
		p := inspection.Proof{Look: "found"}
		p.Ref, p.Status, p.Excerpt = blob.Ref(tt.ref), tt.status, "域名无法解析"
		if got := newProof("/f", "link.dead", p, none); got.Named != tt.named || got.Kept != tt.kept {
			t.Errorf("%s: %s, %s", name, got.Named, got.Kept)
		}
	}
}

// A look whose bytes were let go says so, offers no file and keeps what was seen.
func TestALookSaysItsBytesWereCleared(t *testing.T) {
	p := inspection.Proof{ID: "P", Hash: "h", Number: 7, Evidence: engine.Evidence{Status: 200, Ref: "sha256:x", Screenshot: "sha256:y", SHA256: "x", Beside: []engine.Beside{{As: check.AsSpider, Ref: "sha256:z"}}}}
	if v := newProof("/f", "link.dead", p, all); v.Download == "" || v.Picture.Href == "" || len(v.Beside) != 1 || v.Beside[0].Download == "" {
		t.Fatalf("%+v", v)
	}
	p.Cleared = time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	v := newProof("/f", "link.dead", p, all)
	said := false
	for _, x := range v.Facts.Terms {
		said = said || x.Text == "已按保存期限清除，散列仍在链上" && x.Note != ""
	}
	if !said || v.Download != "" || v.Picture.Href != "" || len(v.Beside) != 1 || v.Beside[0].Download != "" {
		t.Errorf("%+v", v)
	}
}

// A long name of a file is cut in the middle over the page and in lists; the whole of it
// stands among the facts and where the heading is pointed at. What is short stays.
func TestALongFindingIsCutInTheMiddle(t *testing.T) {
	f := sampleFinding
	f.Says = "附件“" + strings.Repeat("关于公布二〇二六年度行政规范性文件清理结果的", 8) + "通知.docx”中有完整的身份证号码。"
	v, list := newFinding(f, nil, nil, "", false, false, none), findingTable("", []inspection.Finding{f}, false)
	disputes := newDisputes([]inspection.Objection{{Finding: "01JF", Says: f.Says}}, 1, calendar.Date{Year: 2026, Month: 3, Day: 20})
	for name, got := range map[string][2]string{"heading": {v.Heading.Title, v.Heading.Whole}, "list": {list.Rows[0].Cells[0].Text, list.Rows[0].Cells[0].Whole}, "disputes": {disputes.Table.Rows[0].Cells[0].Text, disputes.Table.Rows[0].Cells[0].Whole}} {
		if len([]rune(got[0])) > 60 || !strings.HasPrefix(got[0], "附件“关于") || !strings.HasSuffix(got[0], ".docx”中有完整的身份证号码。") || got[1] != f.Says {
			t.Errorf("%s: %q, whole %q", name, got[0], got[1])
		}
	}
	if !slices.ContainsFunc(v.Facts.Terms, func(x web.Term) bool { return x.Name == "问题全文" && x.Text == f.Says }) {
		t.Errorf("the whole is not among the facts: %+v", v.Facts.Terms)
	}
	if v := newFinding(sampleFinding, nil, nil, "", false, false, none); v.Heading.Title != sampleFinding.Says || v.Heading.Whole != "" {
		t.Errorf("a short one: %+v", v.Heading)
	}
}

// A look without a picture says why, those of other modules and from before too.
func TestALookSaysWhyThereIsNoPicture(t *testing.T) {
	for _, c := range []struct {
		check string
		p     inspection.Proof
		want  string
	}{
		{"link.dead", inspection.Proof{Outcome: engine.Standing, Evidence: engine.Evidence{Status: 200, Unshot: "页面含有个人信息"}}, "页面含有个人信息"},
		{"link.dead", inspection.Proof{Outcome: engine.Standing, Evidence: engine.Evidence{Status: 200, Screenshot: "sha256:x"}}, ""},
		{"link.dead", inspection.Proof{Outcome: engine.Standing, Evidence: engine.Evidence{Status: 200}}, "当时没有记下原因"},
		{"wording.spelling", inspection.Proof{Outcome: engine.Standing}, "这次查看没有打开网页"},
		{"host.certificate", inspection.Proof{Outcome: engine.Standing, Evidence: engine.Evidence{Status: 200}}, "这类问题在页面画面上看不到"},
		{"link.dead", inspection.Proof{Outcome: engine.Gone, Evidence: engine.Evidence{Status: 200}}, ""},
	} {
		if got := newProof("/f", c.check, c.p, none).NoShot; got != c.want {
			t.Errorf("%s: %q, want %q", c.check, got, c.want)
		}
	}
}
