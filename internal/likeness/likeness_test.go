package likeness_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"zhengshu/internal/audit"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/likeness"
	"zhengshu/internal/realdata"
)

const notice = "各区县人民政府，市人民政府各工作部门、各直属机构：为做好今年汛期防御工作，切实保障人民群众生命财产安全，现就有关事项通知如下。一、压实防汛责任，落实值班值守制度。二、排查风险隐患，建立问题台账并限期整改。三、加强监测预警，及时发布预警信息并组织转移避险。"

func TestShared(t *testing.T) {
	a := likeness.Of("关于做好防汛工作的通知", notice)
	for _, c := range []struct {
		name, text string
		from, to   float64
	}{
		{"itself", notice, 1, 1},
		{"with blanks and other marks", strings.ReplaceAll(strings.ReplaceAll(notice, "，", "， "), "。", "．\n"), 1, 1},
		{"one sentence changed", strings.Replace(notice, "建立问题台账并限期整改", "形成清单逐项销号", 1), 0.5, 0.95},
		{"another notice", "为进一步规范网约车经营服务行为，维护乘客合法权益，根据《网络预约出租汽车经营服务管理暂行办法》，现公开征求意见，请于三十日内反馈。", 0, 0.1},
		{"nothing", "", 0, 0},
	} {
		if got := a.Shared(likeness.Of("", c.text)); got < c.from || got > c.to {
			t.Errorf("%s: %.2f of the runs shared, wants %.2f to %.2f", c.name, got, c.from, c.to)
		}
	}
	if !likeness.Of("中华人民共和国会计法（2017年修正）", "").SameTitle(likeness.Of("中华人民共和国会计法(2024修正)", "")) {
		t.Error("editions of one law have different titles")
	}
	if likeness.Of("会议通知", "").SameTitle(likeness.Of("会议通知", "")) {
		t.Error("a title that tells nothing counts")
	}
	if !likeness.Of("", "短").Empty() || a.Empty() {
		t.Error("empty sketches are not known")
	}
}

// within runs fn in a write transaction.
func within(t testing.TB, d *db.DB, fn func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	ctx := audit.System(context.Background(), "test")
	if err := d.Update(ctx, func(tx *db.Tx) error {
		return errors.Join(fn(ctx, tx), audit.Record(ctx, tx, audit.Entry{Act: "library.item.save", Target: audit.Target{Kind: "item", ID: "x"}}))
	}); err != nil {
		t.Fatal(err)
	}
}

func near(t testing.TB, d *db.DB, title, text, except string) []likeness.Match {
	t.Helper()
	list, err := likeness.Near(context.Background(), d, likeness.Of(title, text), except, 10)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestNearFollowsWhatIsWritten(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		within(t, d, func(ctx context.Context, tx *db.Tx) error {
			return errors.Join(likeness.Keep(ctx, tx, "a", likeness.Of("关于做好防汛工作的通知", notice)), likeness.Keep(ctx, tx, "b", likeness.Of("短讯", "短")))
		})
		if got := near(t, d, "转发防汛通知的函", notice, ""); len(got) != 1 || got[0].ID != "a" || got[0].Shared != 1 || got[0].SameTitle {
			t.Errorf("a copy under another title: %+v", got)
		}
		if got := near(t, d, "关于做好防汛工作的通知（修订）", "完全另外的内容，说的是植树造林和城市绿化的安排，与前文没有任何相同之处。", ""); len(got) != 1 || !got[0].SameTitle {
			t.Errorf("the same title: %+v", got)
		}
		if got := near(t, d, "关于做好防汛工作的通知", notice, "a"); len(got) != 0 {
			t.Errorf("a thing is found as its own copy: %+v", got)
		}
		// A new version takes the place of the old one.
		within(t, d, func(ctx context.Context, tx *db.Tx) error {
			return likeness.Keep(ctx, tx, "a", likeness.Of("全民健身活动安排表", "本市将于五月举办全民健身活动，欢迎广大市民报名参加，具体项目和时间另行公布，请关注本栏目。"))
		})
		if got := near(t, d, "关于做好防汛工作的通知", notice, ""); len(got) != 0 {
			t.Errorf("what is no more written is still found: %+v", got)
		}
		// What is dropped is found no more; dropping it again is nothing.
		within(t, d, func(ctx context.Context, tx *db.Tx) error {
			return errors.Join(likeness.Drop(ctx, tx, "b"), likeness.Drop(ctx, tx, "b"))
		})
		if got := near(t, d, "短讯", "短", ""); len(got) != 0 {
			t.Errorf("what was dropped is still found: %+v", got)
		}
	})
}

// TestVersionsOfOneLaw finds the versions of one law among the laws and
// regulations of the data: those that bear one title.
func TestVersionsOfOneLaw(t *testing.T) {
	dir := realdata.Path(t, "04_policy_docs", "versions of one law found as near copies")
	f, err := os.Open(filepath.Join(dir, "laws_regulations.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	type law struct{ ID, Title, Text string }
	var laws []law
	in := bufio.NewScanner(z)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		var l law
		if err := json.Unmarshal(in.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		laws = append(laws, l)
	}
	if err := in.Err(); err != nil || len(laws) < 2000 {
		t.Fatalf("%d laws, %v", len(laws), err)
	}
	d := dbtest.SQLite(t, time.Now)
	titles := map[string]int{}
	within(t, d, func(ctx context.Context, tx *db.Tx) error {
		for i, l := range laws {
			titles[l.Title]++
			// By their words alone, and under the title too.
			if err := errors.Join(likeness.Keep(ctx, tx, fmt.Sprintf("w%d", i), likeness.Of("", l.Text)), likeness.Keep(ctx, tx, fmt.Sprintf("t%d", i), likeness.Of(l.Title, l.Text))); err != nil {
				return err
			}
		}
		return nil
	})
	for _, way := range []struct {
		prefix, name string
		recall       float64
	}{{"w", "by words alone", 0.6}, {"t", "words and title", 0.99}} {
		pairs, found, said, same, right := 0, 0, 0, 0, 0
		for i, l := range laws {
			title := ""
			if way.prefix == "t" {
				title = l.Title
			}
			list, err := likeness.Near(context.Background(), d, likeness.Of(title, l.Text), fmt.Sprintf("%s%d", way.prefix, i), 50)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range list {
				var j int
				if _, err := fmt.Sscanf(m.ID, way.prefix+"%d", &j); err != nil || j == i {
					continue // kept under the other way
				}
				said++
				switch {
				case laws[j].Title == l.Title:
					same++
					right++
				case shared(l.Text, laws[j].Text) >= likeness.Least()-0.1:
					right++
				}
			}
			pairs += titles[l.Title] - 1
		}
		found = same
		recall, precision := float64(found)/float64(pairs), float64(right)/float64(max(1, said))
		t.Logf("%s: recall of versions %.3f (%d of %d); of %d reports %d are versions, %d really share their words: precision %.3f", way.name, recall, found, pairs, said, same, right, precision)
		if recall < way.recall || precision < 0.95 {
			t.Errorf("%s: recall %.3f, wants %.2f; precision %.3f, wants 0.95", way.name, recall, way.recall, precision)
		}
	}
}

// shared is the part of their runs of five letters that two texts have in
// common, counted.
func shared(a, b string) float64 {
	set := func(s string) map[string]bool {
		var runes []rune
		for _, r := range s {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				runes = append(runes, r)
			}
		}
		out := map[string]bool{}
		for i := 0; i+5 <= len(runes); i++ {
			out[string(runes[i:i+5])] = true
		}
		return out
	}
	x, y := set(a), set(b)
	both := 0
	for k := range x {
		if y[k] {
			both++
		}
	}
	return float64(both) / float64(max(1, len(x)+len(y)-both))
}

// From when on texts are called alike is data with a version that says it has no source.
func TestTheTermsSayWhatIsNotVerified(t *testing.T) {
	if n := likeness.Least(); n <= 0 || n >= 1 {
		t.Errorf("texts are near at %v", n)
	}
	if says := likeness.Terms(); !strings.Contains(says, "35%") || !strings.Contains(says, "未核实") {
		t.Errorf("%q", says)
	}
}
