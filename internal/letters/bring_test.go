package letters_test

import (
	"strings"
	"testing"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/letters"
	"zhengshu/internal/registry"
)

// Letters that were dealt with elsewhere come with their site: sealed, in the
// figures of their year, with the reply the public read; they owe nothing. What
// is open there stays there, and nothing comes twice.
func TestArticle14_1_LettersComeWithTheirSite(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		at := time.Date(2025, 11, 3, 2, 0, 0, 0, time.UTC)
		passed := []letters.FormerRound{
			{Draft: letters.Draft{Answer: "请补充地址。"}, Drafter: "赵某", Reviewer: "钱某", Verdict: "return", Opinion: "写明科室", At: at, ReviewedAt: at},
			{Draft: letters.Draft{Answer: "已经修好路灯。", PublicTitle: "路灯不亮", PublicBody: "路灯不亮三天了。", PublicAnswer: "已经修好路灯。"}, Drafter: "赵某", Reviewer: "钱某", Verdict: "pass", At: at, ReviewedAt: at},
		}
		list := []letters.Former{
			{Number: "LX-2025-0007", Type: letters.Help, Title: "路灯不亮", Body: "解放路的路灯三天不亮了，请派人看看。", State: letters.Published, Consent: true, ReceivedAt: at, AnsweredAt: at.AddDate(0, 0, 2), Rounds: passed,
				Reply: &letters.FormerReply{Title: "路灯不亮", Body: "路灯不亮三天了。", Answer: "已经修好路灯。", PublishedAt: at.AddDate(0, 0, 3)}},
			{Number: "LX-2025-0008", Type: letters.Complain, Title: "噪声", Body: "夜里施工噪声很大，请管一管。", State: letters.Concluded, Consent: true, ReceivedAt: at, AnsweredAt: at.AddDate(0, 0, 1), Rounds: passed[1:],
				Reply: &letters.FormerReply{Title: "噪声", Body: "请打 13800138000 联系我。", Answer: "已经处理。", PublishedAt: at}},
			{Number: "LX-2025-0009", Type: letters.Other, Title: "重复", Body: "与上一封内容相同的来信。", State: letters.Invalid, Reason: "与前一封重复", ReceivedAt: at, EndedAt: at},
			{Number: "LX-2025-0010", Type: letters.Help, Title: "还没有答", Body: "这封来信还没有人答复。", State: letters.Assigned, ReceivedAt: at},
		}
		bring := func(scope authz.Scope, list []letters.Former) (out letters.Arrived, err error) {
			err = h.db.Update(h.ctx, func(tx *db.Tx) error {
				out, err = h.svc.Bring(h.ctx, tx, scope, h.site, list)
				return err
			})
			return out, err
		}
		if _, err := bring(scope(h.stranger, authz.LetterScreen), list); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour: %v", err)
		}
		if _, err := bring(authz.System("test"), []letters.Former{{Number: "x", Type: "unknown", State: letters.Concluded, ReceivedAt: at, AnsweredAt: at}}); !fault.Is(err, fault.Invalid) {
			t.Errorf("an unknown type: %v", err)
		}
		for range 2 {
			out, err := bring(authz.System("test"), list)
			if err != nil || out.Taken != 3 || out.Open != 1 {
				t.Fatalf("came %+v (%v)", out, err)
			}
		}
		all, n, err := h.svc.Letters(h.ctx, authz.System("test"), letters.Filter{Site: h.site})
		if err != nil || n != 3 {
			t.Fatalf("%d letters (%v)", n, err)
		}
		for _, l := range all {
			if l.Open() || !strings.HasSuffix(l.Number, "-xa") || len(l.Breaches(calendar.DateOf(monday))) > 0 {
				t.Errorf("%s is %s", l.Number, l.StateName())
			}
		}
		replies, n, err := h.desk.Replies(h.ctx, h.site, 10, 0)
		if err != nil || n != 1 || replies[0].Answer != "已经修好路灯。" || replies[0].Number != "LX-2025-0007-xa" {
			t.Errorf("public %+v (%v)", replies, err)
		}
		l := h.only(letters.FormerNumber(registry.Site{Slug: "xa"}, "LX-2025-0007"))
		if rounds, err := h.svc.Answers(h.ctx, authz.System("test"), l.ID); err != nil || len(rounds) != 2 || rounds[0].Draft.Answer != "已经修好路灯。" || rounds[1].Opinion != "写明科室" {
			t.Errorf("answers %+v (%v)", rounds, err)
		}
		if y, ok, err := h.svc.ReplyOf(h.ctx, authz.System("test"), l.ID); err != nil || !ok || y.Title != "路灯不亮" {
			t.Errorf("leaves as %+v %v (%v)", y, ok, err)
		}
		if raw := dump(h.db, "letter"); strings.Contains(raw, "解放路") || strings.Contains(raw, "噪声") {
			t.Error("a letter stands in the clear")
		}
		if open, err := db.One(h.ctx, h.db, db.Value[int], `SELECT count(*) FROM obligation`); err != nil || open != 0 {
			t.Errorf("%d clocks run (%v)", open, err)
		}
	})
}
