package proofread

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"zhengshu/internal/check"
)

func newReader(t testing.TB, o Options) *Proofreader {
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestScan(t *testing.T) {
	p := newReader(t, Options{})
	for _, c := range []struct {
		text, kind, wrong, right string // kind "" means that nothing is found
	}{
		{"请登陆网站办理有关事项。", KindConfusion, "登陆", "登录"},
		{"台风将于今晚在我省沿海登陆。", "", "", ""},
		{"财政部门应当及时拔款。", KindConfusion, "拔款", "拨款"},
		{"一但发生险情立即报告。", KindConfusion, "一但", "一旦"},
		{"这是唯一但重要的途径。", "", "", ""},
		{"各级人民政府应当加强领导。", "", "", ""},
		{"各级人民正府应当加强领导。", KindConfusion, "人民正府", "人民政府"},
		{"县级以上人民政府应裆加强领导。", KindConfusion, "裆", "当"},
		{"县级以上人民政府应当加强加强领导。", KindRepeat, "加强", ""},
		{"国务院办公厅印发国办发[2021]5号文件。", KindDocNumber, "[2021]5号", "〔2021〕5号"},
		{"国办发〔2021〕5号", "", "", ""},
		{"国办发（2021）5号", KindDocNumber, "（2021）5号", "〔2021〕5号"},
		{"国办发〔2021〕第5号", KindDocNumber, "〔2021〕第5号", "〔2021〕5号"},
		{"国办发〔2021〕05号", KindDocNumber, "〔2021〕05号", "〔2021〕5号"},
		{"自2021年2月30日起施行。", KindDate, "2021年2月30日", ""},
		{"自2024年2月29日起施行。", "", "", ""},
		{"自2023年13月1日起施行。", KindDate, "2023年13月1日", ""},
		{"每年12月31日前报送。", "", "", ""},
		{"每年2月30日前报送。", KindDate, "2月30日", ""},
		{"二0二一年工作总结", KindNumber, "二0二一年", "二〇二一年"},
		{"共２０人参加会议。", KindNumber, "２０", "20"},
		{"成本降低了3倍。", KindNumber, "降低了3倍", ""},
		{"参会人员约200人左右。", KindNumber, "约200人左右", ""},
		{"各地区，，各部门：", KindPunctuation, "，，", "，"},
		{"以上意见，。请研究。", KindPunctuation, "，。", ""},
		{"根据《政府网站发展指引〉的规定", KindPunctuation, "《政府网站发展指引〉", ""},
		{"人民群众的的切身利益", KindRepeat, "的的", "的"},
		{"他的的确确到过现场。", "", "", ""},
		{"核定保险标的的损失程度。", "", "", ""},
		{"以公益为目的的事业单位。", "", "", ""},
		{"坚持公众参与与社会监督相结合。", "", "", ""},
		{"当事人可以依法申请行政复。", KindOmission, "复。", "复议。"},
		{"加强安全生产监督管，落实责任。", KindOmission, "管，", "管理，"},
		{"甲标记单位发布的内容。", "", "", ""},
		{"印刷费用由甲方负责。", "", "", ""},
		{"划定禁猎（渔）区并予以公布。", "", "", ""},
		{"做为主管部门，应当负起责任。", KindConfusion, "做为", "作为"},
		{"办好群众的事，做为民服务的表率。", "", "", ""},
		{"落实各项防汛措失。", KindConfusion, "措失", "措施"},
		{"县级以上人民政应府当加强领导。", KindConfusion, "应府", "府应"},
		{"澳门葡京娱乐网址", KindSensitive, "葡京娱乐", ""},
		{"完善各项措施，促进发展和和谐稳定。", "", "", ""},
		{"支持小微企业创业创新。", "", "", ""},
		{"住宅物业业主有权监督。", "", "", ""},
		{"《细则》（京商务财务字〔2018〕23号）第十条规定", "", "", ""},
		{"", "", "", ""},
	} {
		found := p.Scan(c.text)
		if c.kind == "" {
			if len(found) > 0 {
				t.Errorf("%q: %+v, want nothing", c.text, found)
			}
			continue
		}
		ok := slices.ContainsFunc(found, func(s check.Span) bool {
			return s.Kind == c.kind && s.Wrong == c.wrong && s.Says != "" && s.Confidence > 0.5 &&
				(c.right == "" || slices.Contains(s.Right, c.right))
		})
		if !ok {
			t.Errorf("%q: %+v, want %s %q→%q", c.text, found, c.kind, c.wrong, c.right)
		}
	}
}

func TestOptions(t *testing.T) {
	p := newReader(t, Options{
		Allow: []string{"应裆"}, Pairs: []Pair{{Wrong: "政枢台", Right: []string{"政枢"}}}, Sensitive: []string{"内部代号"},
	})
	if got := p.Scan("县级以上人民政府应裆加强领导。"); len(got) != 0 {
		t.Errorf("an allowed word was questioned: %+v", got)
	}
	if got := p.Scan("政枢台内部代号，特此说明"); len(got) != 2 || got[0].Wrong != "政枢台" || got[1].Kind != KindSensitive {
		t.Errorf("own lists: %+v", got)
	}
	for _, bad := range []Pair{{Wrong: "一", Right: []string{"二"}}, {Wrong: "同样", Right: []string{"同样"}}} {
		if _, err := New(Options{Pairs: []Pair{bad}}); err == nil || !strings.Contains(err.Error(), "第 1 条") {
			t.Errorf("pair %+v: error %v", bad, err)
		}
	}
	if got := newReader(t, Options{NoLikely: true}).Scan("县级以上人民政府应裆加强领导。"); len(got) != 0 {
		t.Errorf("without the counts: %+v", got)
	}
}

// A word that two persons allowed covers what is shorter and lies within it, the
// serious class too; one that one person allowed does not cover the serious class.
func TestWhatIsAllowedCoversTheSeriousClassByTwo(t *testing.T) {
	const term = KindSensitive + ".term"
	lists := Options{NoLikely: true, Pairs: []Pair{{Wrong: "错误国号", Right: []string{"正确国号"}, Kind: term}, {Wrong: "寻常错处", Right: []string{"寻常对处"}, Kind: "wording.own"}, {Wrong: "错误国号的", Right: []string{"某某的"}, Kind: "wording.own", Near: []string{"没有"}}, {Wrong: "某错误国", Right: []string{"某正确国"}, Kind: "wording.own"}}, Sensitive: []string{"甲敏感", "敏感词研"}}
	for _, c := range []struct {
		allow, agreed []string
		text          string
		want          string
	}{
		{nil, nil, "错误国号与寻常错处，甲敏感词研究所", "错误国号 寻常错处 甲敏感"},
		{[]string{"错误国号", "寻常错处", "甲敏感词研究所"}, nil, "错误国号与寻常错处，甲敏感词研究所", "错误国号 甲敏感"},
		{nil, []string{"错误国号", "寻常错处", "甲敏感词研究所"}, "错误国号与寻常错处，甲敏感词研究所", ""},
		{nil, []string{"甲敏感"}, "甲敏感", "甲敏感"},
		{nil, []string{"敏感词研究所"}, "甲敏感词研究所", "甲敏感"},
		// An ordinary wrong form that begins as a serious one, or before it, hides none.
		{nil, nil, "错误国号的由来，某错误国号", "错误国号 某错误国 错误国号"},
		{nil, []string{"小错误国号史"}, "小错误国号，小错误国号史", "错误国号"},
	} {
		o := lists
		o.Allow, o.Agreed = c.allow, c.agreed
		var got []string
		for _, s := range newReader(t, o).Scan(c.text) {
			got = append(got, s.Wrong)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("allowed %v, agreed %v: %q reads %v, want %q", c.allow, c.agreed, c.text, got, c.want)
		}
	}
}

func TestPacks(t *testing.T) {
	packs, err := loadPacks()
	if err != nil {
		t.Fatal(err)
	}
	if len(packs.pairs) < 400 || len(packs.sensitive) < 100 || len(packs.judgement.Nets) != int(editKinds) {
		t.Errorf("packs hold %d pairs, %d sensitive words, %d kinds of weights", len(packs.pairs), len(packs.sensitive), len(packs.judgement.Nets))
	}
	for _, x := range packs.pairs {
		if len(x.Right) == 0 || runeLen(x.Wrong) < 2 || slices.Contains(x.Right, x.Wrong) {
			t.Errorf("pair %+v cannot be used", x)
		}
	}
	if size := len(countsBin) + len(confusableBin) + len(wordsBin); size > 8<<20 {
		t.Errorf("embedded packs take %d bytes, more than 8 MB", size)
	}
	l, err := loadLikely()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.header.complete(); err != nil {
		t.Error(err)
	}
	if h := l.model.Header; h.ID == "" || h.Version == "" || h.Source == "" || h.Effective == "" || h.Skipped == 0 {
		t.Errorf("header of the counts is incomplete: %+v", h)
	}
	if _, err := readPacks([]byte(`{"id":"x","more":1}`), pairsJSON, sensitiveJSON, weightsJSON); err == nil {
		t.Error("an unknown field was let pass")
	}
	if _, err := newLikely(countsBin[:1000], confusableBin); err == nil {
		t.Error("counts cut off were taken")
	}
}

// TestJudgement holds that a pack of another shape is refused, and that of a text
// stranger than the fitting saw nothing is said.
func TestJudgement(t *testing.T) {
	unit := make([]float64, evidenceSize+1)
	for says, n := range map[string]net{
		"weights of": {Units: [][]float64{unit}, Out: []float64{1}},
		"a unit has": {Units: [][]float64{unit[1:]}, Out: []float64{1, 2}},
	} {
		j := judgement{Nets: map[string]net{"drop": n}}
		if err := j.ready(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v: %v", n, err)
		}
	}
	unit[1] = 3 // of the gain
	j := judgement{Strangest: -5, Nets: map[string]net{"sound": {Units: [][]float64{unit}, Out: []float64{1, 2}}, "repeat": {Units: [][]float64{unit}, Out: []float64{1, 2}}}}
	if err := j.ready(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		e    edit
		want float64
	}{
		{edit{kind: editSound, gain: 1}, 1 + 2*0.75},
		{edit{kind: editSound, gain: 1, climate: -5.1}, math.Inf(-1)},
		{edit{kind: editShape, gain: 1}, math.Inf(-1)}, // never fitted
		{edit{kind: editRepeat, gain: 1, word: 1}, 1 + 2*0.75},
		{edit{kind: editRepeat, gain: 1, word: sameTwice}, math.Inf(-1)},
	} {
		if got := j.logOdds(&c.e); got != c.want {
			t.Errorf("%+v: %v, want %v", c.e, got, c.want)
		}
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{
		"", "请登陆网站", "国办发[2021]5号", "2021年2月30日", "，，。。", "《〈》〉（〕", "加强加强加强加强", "一\n二\r\n三", "\xff\xfe", "a１b２", "　　 ",
		"县级以上人民政府应裆加强领导。", "的的的的的", "\u200b人\u200b民", "二0二一年", "“甲“乙",
	} {
		f.Add(s)
	}
	p := newReader(f, Options{Allow: []string{"应裆", "的", "人民政府"}, Pairs: []Pair{{Wrong: "人民正", Right: []string{"人民政"}}}, Sensitive: []string{"加强", "加强加强领导"}})
	f.Fuzz(func(t *testing.T, text string) {
		rs := []rune(text)
		for _, s := range p.Scan(text) {
			if s.Start < 0 || s.End <= s.Start || s.End > len(rs) || s.Wrong != string(rs[s.Start:s.End]) {
				t.Fatalf("%q: span %+v does not fit", text, s)
			}
			if s.Right == nil || s.Says == "" || s.Confidence <= 0 || s.Confidence > 1 || utf8.RuneCountInString(s.Kind) == 0 {
				t.Fatalf("%q: span %+v is incomplete", text, s)
			}
		}
	})
}

// What notices say to the public is no slip, however few official texts say it.
func TestNoticesAreNotQuestioned(t *testing.T) {
	p := newReader(t, Options{})
	for _, s := range []string{"请勿在来信中填写国家秘密、工作秘密和他人的个人信息。", "请勿在文件上涂写。", "切勿在网上泄露个人信息。"} {
		if got := p.Scan(s); len(got) > 0 {
			t.Errorf("%s: %+v", s, got)
		}
	}
}
