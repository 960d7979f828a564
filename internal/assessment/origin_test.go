package assessment_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"zhengshu/internal/approval"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/merit"
	"zhengshu/internal/obligation"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/selfcheck"
)

// A problem of a self-check becomes a finding once, with its source and proof,
// and is ordered, answered and confirmed by another person like any other.
func TestArticle30_AFailingLineOfASelfCheckIsOrdered(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		if err := passage.Declare(audit.System(context.Background(), "test"), h.db, selfcheck.Machine); err != nil {
			t.Fatal(err)
		}
		checks := selfcheck.New(h.db, h.org, h.registry, obligation.New(h.db, h.org, selfcheck.Obligations()...), h.store)
		h.svc.SourcesFrom(assessment.FromSelfChecks(checks))
		unit, period, day := h.units["dept"].ID, "2026-Q1", calendar.Today(h.clock).AddDays(20)
		form, err := selfcheck.Form()
		if err != nil {
			t.Fatal(err)
		}
		n := selfcheck.Filled{Answers: map[string]selfcheck.Answer{}, Summary: "自查完成", Submit: true, Files: []approval.Upload{{Kind: "report", Field: "files", Name: "报告.pdf", Content: bytes.NewReader([]byte("%PDF-1.7\n"))}}}
		for i, x := range form.Items {
			n.Answers[x.ID] = selfcheck.Answer{Verdict: selfcheck.Fine}
			if i == 0 {
				n.Answers[x.ID] = selfcheck.Answer{Verdict: selfcheck.Problem, Note: "病毒库未更新", Due: day}
			}
		}
		clerk, _ := h.as("dept.clerk", authz.SelfCheckFill)
		if err := checks.Fill(clerk, authz.System("test"), h.people["dept.clerk"], unit, period, n); err != nil {
			t.Fatal(err, fault.Of(err).Fields)
		}
		chief, _ := h.as("dept.chief", authz.SelfCheckAffirm)
		if err := checks.Confirm(chief, authz.System("test"), h.people["dept.chief"], unit, period, "张三", "副局长"); err != nil {
			t.Fatal(err)
		}
		c, err := checks.Check(chief, authz.System("test"), unit, period)
		if err != nil || len(c.Problems) != 1 {
			t.Fatalf("%d problems (%v)", len(c.Problems), err)
		}
		from := assessment.Origin{Kind: "selfcheck", ID: c.Problems[0].ID}
		office, scope := h.as("city.chief", authz.InspectionRun)
		p, err := h.svc.Propose(office, h.db, scope, from)
		if err != nil || p.Unit != unit || !strings.Contains(p.Says, "病毒库未更新") || p.Clause != "S23.1b" || len(p.Files) != 1 {
			t.Fatalf("%+v (%v)", p, err)
		}
		elsewhere, theirs := h.as("tongchuan.chief", authz.InspectionRun)
		if _, err := h.svc.Propose(elsewhere, h.db, theirs, from); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour proposes it: %v", err)
		}
		if _, err := h.svc.Propose(office, h.db, scope, assessment.Origin{Kind: "rumour", ID: "1"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("of no source: %v", err)
		}
		saw := p.Saw
		saw.From, saw.Object = from, registry.Ref{Kind: sx2021.Site, ID: string(h.sites["county"].ID)}
		_, err = h.svc.TypeSeen(office, scope, saw, nil)
		refused(t, err, fault.Invalid, "无关")
		saw.Object.ID = string(h.sites["dept"].ID)
		link, err := h.svc.TypeSeen(office, scope, saw, nil)
		if err != nil {
			t.Fatal(err, fault.Of(err).Fields)
		}
		_, err = h.svc.TypeSeen(office, scope, saw, nil)
		refused(t, err, fault.Conflict, "列为问题")
		filed, err := h.svc.Filed(office, h.db, scope, from.Kind, []string{from.ID, "other"})
		if err != nil || len(filed) != 1 || filed[from.ID].Link != link {
			t.Errorf("filed %+v (%v)", filed, err)
		}
		if hidden, err := h.svc.Filed(elsewhere, h.db, theirs, from.Kind, []string{from.ID}); err != nil || len(hidden) != 0 {
			t.Errorf("a neighbour sees %+v (%v)", hidden, err)
		}
		id := inspection.FindingID(strings.TrimPrefix(link, "/console/findings/"))
		o := h.issue(id)
		d, err := h.svc.Order(office, scope, o.ID)
		if err != nil || d.Cause != "selfcheck" || d.Findings[0].Check != "manual.selfcheck" || d.Findings[0].Severity != check.Error || len(d.Findings[0].Files) != 1 || d.Origins[string(id)].Origin != selfcheck.Link(unit, period) {
			t.Fatalf("%+v (%v)", d, err)
		}
		_, body, err := h.svc.File(office, scope, o.ID, d.Findings[0].Files[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(body); err != nil || string(b) != "%PDF-1.7\n" || body.Close() != nil {
			t.Errorf("proof %q (%v)", b, err)
		}
		mine, own := h.as("dept.clerk", authz.OrderAnswer)
		if _, err := h.svc.AnswerOrder(mine, own, o.ID, "病毒库已更新到最新。", nil); err != nil {
			t.Fatal(err)
		}
		out, err := h.svc.RetestOrder(mine, own, o.ID, "")
		if err != nil || out.Gone != 0 || out.Order.Stage != assessment.StageConfirming {
			t.Errorf("a machine judged it: %+v (%v)", out, err)
		}
		done, wide := h.as("city.chief", authz.OrderIssue)
		if got, err := h.svc.Accept(done, wide, o.ID, id, "已看到病毒库版本截图"); err != nil || got.State != assessment.OrderClosed {
			t.Errorf("%s (%v)", got.State, err)
		}
	})
}

// What another body deals with is offered to be handed over: findings and the
// orders that hold them, within the scope.
func TestArticle20_1_FindingsAndOrdersOfOthersAreOffered(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		a := h.put("county", "footer.icp", "error", "D-18", "甲。", morning)
		h.put("county", "link.dead", "error", "D-19", "乙。", morning)
		b := h.put("dept", "host.abroad", "serious", "S24.1", "丙。", morning)
		office, scope := h.as("city.chief", authz.CoordinationManage)
		elsewhere, theirs := h.as("tongchuan.chief", authz.CoordinationManage)
		sources := h.svc.Referable()
		list, n, err := sources[0].List(office, h.db, scope, 10)
		if err != nil || n != 2 || len(list) != 2 || list[0].Matter == "" {
			t.Fatalf("findings %+v, %d (%v)", list, n, err)
		}
		if _, n, err := sources[0].List(elsewhere, h.db, theirs, 10); err != nil || n != 0 {
			t.Errorf("a neighbour is offered %d (%v)", n, err)
		}
		if _, n, err := sources[1].List(office, h.db, scope, 10); err != nil || n != 0 {
			t.Errorf("orders %d (%v)", n, err)
		}
		o := h.issue(a)
		orders, n, err := sources[1].List(office, h.db, scope, 10)
		if err != nil || n != 1 || orders[0].ID != string(o.ID) || orders[0].Matter != "icp" || !strings.Contains(orders[0].Says, o.Number) {
			t.Fatalf("orders %+v, %d (%v)", orders, n, err)
		}
		if c, err := sources[1].One(office, h.db, scope, string(o.ID)); err != nil || c.Unit != h.units["county"].ID {
			t.Errorf("%+v (%v)", c, err)
		}
		_, err = sources[1].One(elsewhere, h.db, theirs, string(o.ID))
		refused(t, err, fault.Conflict, "重新选择")
		if c, err := sources[0].One(office, h.db, scope, string(b)); err != nil || c.Matter != "abroad" {
			t.Errorf("%+v (%v)", c, err)
		}
		// Records of accountability rest on the same, by number.
		for _, g := range h.svc.Grounds() {
			ref, want := o.Number, merit.Ref{Kind: "order", ID: string(o.ID)}
			if g.Kind == "finding" {
				ref, want = string(b), merit.Ref{Kind: "finding", ID: string(b)}
			}
			got, err := g.Find(office, h.db, scope, ref)
			if err != nil || got.Ref != want || got.Unit == "" {
				t.Errorf("%s: %+v (%v)", g.Kind, got, err)
			}
			if _, err := g.Find(elsewhere, h.db, theirs, ref); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s elsewhere: %v", g.Kind, err)
			}
		}
	})
}
