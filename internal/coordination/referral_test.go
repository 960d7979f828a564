package coordination_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/coordination"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
)

// refer gives the house two things for 网信 and one for a body that is not on the
// platform; sent notes what was told to go.
func (h *house) things(sent *[]string) {
	one := func(id string) (coordination.Candidate, error) {
		matter, ok := map[string]string{"1": "concealed", "2": "abroad", "3": "icp"}[id]
		if !ok {
			return coordination.Candidate{}, fault.Missing("问题")
		}
		return coordination.Candidate{Kind: "finding", ID: id, Matter: matter, Name: "甲网站" + id, Says: "情况" + id, Place: "http://a.example/" + id, Link: "/console/findings/" + id, Unit: h.office.ID, UnitName: h.office.Name, At: start}, nil
	}
	h.svc.ReferralsFrom(coordination.ReferralSource{Kind: "finding", Name: "发现的问题",
		List: func(ctx context.Context, q db.Querier, _ authz.Scope, limit int) ([]coordination.Candidate, int, error) {
			busy, err := db.All(ctx, q, db.Value[string], `SELECT x.id FROM (SELECT '1' AS id UNION ALL SELECT '2' UNION ALL SELECT '3') x WHERE `+coordination.NotUnderWay("finding", "x.id")+` ORDER BY x.id`)
			var out []coordination.Candidate
			for _, id := range busy {
				c, err := one(id)
				if err != nil {
					return nil, 0, err
				}
				out = append(out, c)
			}
			return out, len(out), err
		},
		One: func(_ context.Context, _ db.Querier, _ authz.Scope, id string) (coordination.Candidate, error) {
			return one(id)
		},
		Sent: func(_ context.Context, _ *db.Tx, _ authz.Scope, _ *authz.Session, id, number string) error {
			*sent = append(*sent, id+" "+number)
			return nil
		}},
		coordination.ReferralSource{Kind: "case", Name: "假冒处置", Own: true,
			List: func(context.Context, db.Querier, authz.Scope, int) ([]coordination.Candidate, int, error) {
				return nil, 0, nil
			},
			One: func(_ context.Context, _ db.Querier, _ authz.Scope, id string) (coordination.Candidate, error) {
				return coordination.Candidate{Kind: "case", ID: id, Matter: "fake", Name: "假冒站", Says: "假冒", Link: "/console/impostors/" + id, Unit: h.office.ID, UnitName: h.office.Name, At: start}, nil
			}})
}

// Articles 5 and 20(1): what belongs to a co-regulator goes to it by batch, with
// letter and list, against receipt, and comes back row by row.
func TestArticle20_1_WhatBelongsToOthersIsHandedOver(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var sent []string
		h.things(&sent)
		scope := h.giver.ScopeFor(authz.CoordinationManage)
		today := calendar.DateOf(h.clock.Now())
		list, more, err := h.svc.Referable(h.ctx, scope, "cyberspace", 10)
		if err != nil || more || len(list) != 2 {
			t.Fatalf("for 网信: %d, %v", len(list), err)
		}
		if _, err := h.svc.PreviewReferral(h.ctx, scope, h.office.ID, nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("nothing chosen: %v", err)
		}
		keys := []string{"finding:1", "finding:2", "finding:3", "case:c"}
		batches, err := h.svc.PreviewReferral(h.ctx, scope, h.office.ID, keys)
		ok(t, err)
		if len(batches) != 2 {
			t.Fatalf("%d batches", len(batches))
		}
		for _, b := range batches {
			if b.Party == "cyberspace" && (b.To != h.net.ID || len(b.Rows) != 3 || b.Absent) || b.Party == "telecom" && (b.To != h.office.ID || !b.Absent || b.Addressee != "通信管理部门") {
				t.Errorf("%+v", b)
			}
		}
		if _, err := h.svc.Refer(h.ctx, scope, h.cac, h.office.ID, keys, ""); !fault.Is(err, fault.Forbidden) {
			t.Errorf("handed over by somebody else: %v", err)
		}
		out, err := h.svc.Refer(h.ctx, scope, h.giver, h.office.ID, keys, "请优先处理暗链")
		ok(t, err)
		if len(out) != 2 || len(sent) != 3 {
			t.Fatalf("%d batches, told %v", len(out), sent)
		}
		if _, err := h.svc.Refer(h.ctx, scope, h.giver, h.office.ID, keys[:1], ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("handed over twice: %v", err)
		}
		if list, _, err := h.svc.Referable(h.ctx, scope, "", 10); err != nil || len(list) != 0 {
			t.Errorf("still offered: %v, %v", list, err)
		}
		x := out[0]
		if x.Party != "cyberspace" {
			x = out[1]
		}
		if due := h.open(t, "referral_result"); len(due) != 2 {
			t.Errorf("clocks: %+v", due)
		}
		if mine, err := h.obligations.Obligations(h.ctx, all, obligation.Filter{Unit: h.net.ID}); err != nil || len(mine) != 2 || mine[0].Link != x.Link() {
			t.Errorf("网信 owes %+v, %v", mine, err)
		}
		paper, _, err := h.svc.ReferralPaper(h.ctx, h.cac, x.ID)
		ok(t, err)
		if err := paper.Check(); err != nil || !strings.Contains(strings.Join(x.Letter, ""), "请优先处理暗链") {
			t.Errorf("letter %q, %v", x.Letter, err)
		}
		_, _, content, err := h.svc.Open(h.ctx, h.cac, x.ID, "csv")
		ok(t, err)
		body, err := io.ReadAll(content)
		ok(t, err)
		ok(t, content.Close())
		if s := string(body); !strings.Contains(s, "甲网站1") || strings.Contains(s, "甲网站3") {
			t.Errorf("list: %q", s)
		}
		// Results wait for the receipt; the receipt is the receiver's, or the office's
		// from paper.
		_, rows, err := h.svc.Referral(h.ctx, h.cac, x.ID)
		ok(t, err)
		row := map[string]coordination.Row{}
		for _, r := range rows {
			row[r.Object] = r
		}
		done := coordination.Result{Outcome: "done", Result: "已清除", On: today}
		if err := h.svc.Answer(h.ctx, h.cac, x.ID, row["1"].ID, done); !fault.Is(err, fault.Refused) {
			t.Errorf("answered before receipt: %v", err)
		}
		if err := h.svc.Receive(h.ctx, h.giver, x.ID, coordination.Receipt{On: today}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a receipt without who signed: %v", err)
		}
		ok(t, h.svc.Receive(h.ctx, h.cac, x.ID, coordination.Receipt{Number: "网信收〔2026〕7号"}))
		if err := h.svc.Sign(h.ctx, h.cac, x.ID, ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("signed twice: %v", err)
		}
		got, _, err := h.svc.Referral(h.ctx, h.giver, x.ID)
		ok(t, err)
		if got.ReceiptNumber != "网信收〔2026〕7号" || got.ReceiptSigner != h.cac.Name || got.ReceiptOn != today || got.StateName() != "处理中" {
			t.Errorf("%+v", got)
		}
		// Urged, once a day.
		ok(t, h.svc.UrgeReferral(h.ctx, h.giver, x.ID))
		if err := h.svc.UrgeReferral(h.ctx, h.giver, x.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("urged twice a day: %v", err)
		}
		if err := h.svc.UrgeReferral(h.ctx, h.cac, x.ID); !fault.Is(err, fault.Forbidden) {
			t.Errorf("urged by the receiver: %v", err)
		}
		if told, err := notify.New(h.db).Messages(h.ctx, h.cac, notify.Filter{}, 20); err != nil || len(told) < 2 {
			t.Errorf("told %+v, %v", told, err)
		}
		// Row by row: done, given back, and of a case where it is handled.
		for name, wrong := range map[string]coordination.Result{"no outcome": {Result: "x", On: today}, "no words": {Outcome: "done", On: today}, "tomorrow": {Outcome: "done", Result: "x", On: today.AddDays(1)}, "before it was sent": {Outcome: "done", Result: "x", On: today.AddDays(-1)}} {
			if err := h.svc.Answer(h.ctx, h.cac, x.ID, row["1"].ID, wrong); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		ok(t, h.svc.Answer(h.ctx, h.cac, x.ID, row["1"].ID, done))
		if err := h.svc.Answer(h.ctx, h.cac, x.ID, row["1"].ID, done); !fault.Is(err, fault.Conflict) {
			t.Errorf("answered twice: %v", err)
		}
		if err := h.svc.Answer(h.ctx, h.giver, x.ID, row["2"].ID, done); !fault.Is(err, fault.Invalid) {
			t.Errorf("kept by the office without a document: %v", err)
		}
		ok(t, h.svc.Answer(h.ctx, h.cac, x.ID, row["2"].ID, coordination.Result{Outcome: "returned", Result: "属通信管理部门职责", On: today}))
		if list, _, err := h.svc.Referable(h.ctx, scope, "", 10); err != nil || len(list) != 2 {
			t.Errorf("what was settled or returned may go again: %v, %v", list, err)
		}
		if err := h.svc.Answer(h.ctx, h.cac, x.ID, row["c"].ID, done); !fault.Is(err, fault.Refused) {
			t.Errorf("a case answered beside its page: %v", err)
		}
		ok(t, h.db.Update(h.ctx, func(tx *db.Tx) error {
			return h.svc.Conclude(h.ctx, tx, "case", "c", coordination.Result{Outcome: "done", Result: "停止解析", On: today}, "网信")
		}))
		got, _, err = h.svc.Referral(h.ctx, h.giver, x.ID)
		ok(t, err)
		if got.ClosedAt.IsZero() || got.Returned != 1 || got.Open != 0 || len(h.open(t, "referral_result")) != 1 {
			t.Errorf("%+v", got)
		}
		if err := h.svc.UrgeReferral(h.ctx, h.giver, x.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("urged when all is answered: %v", err)
		}
		if _, total, err := h.svc.Referrals(h.ctx, h.cac, coordination.ReferralFilter{Received: true, State: "closed"}); err != nil || total != 1 {
			t.Errorf("网信 lists %d, %v", total, err)
		}
		stranger := &authz.Session{Posts: []authz.Post{{Role: authz.Police, UnitID: "x", AreaPath: h.net.AreaPath}}}
		if where, err := h.svc.Handed(h.ctx, h.giver, "finding", "1"); err != nil || len(where) != 1 || where[0].Number != x.Number || where[0].Outcome != "done" {
			t.Errorf("went to %+v, %v", where, err)
		}
		if where, err := h.svc.Handed(h.ctx, stranger, "finding", "1"); err != nil || len(where) != 0 {
			t.Errorf("a stranger learns %+v, %v", where, err)
		}
		if _, _, err := h.svc.Referral(h.ctx, stranger, x.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stranger reads it: %v", err)
		}
		if _, total, err := h.svc.Referrals(h.ctx, stranger, coordination.ReferralFilter{}); err != nil || total != 0 {
			t.Errorf("a stranger lists %d, %v", total, err)
		}
	})
}

// A body that is not on the platform answers on paper: the office keeps its
// receipt and its results, with their numbers.
func TestArticle20_1_WhoIsNotOnThePlatformAnswersOnPaper(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var sent []string
		h.things(&sent)
		scope := h.giver.ScopeFor(authz.CoordinationManage)
		today := calendar.DateOf(h.clock.Now())
		out, err := h.svc.Refer(h.ctx, scope, h.giver, h.office.ID, []string{"finding:3"}, "")
		ok(t, err)
		x := out[0]
		if !x.Absent() || x.Addressee != "通信管理部门" {
			t.Fatalf("%+v", x)
		}
		if err := h.svc.UrgeReferral(h.ctx, h.giver, x.ID); !fault.Is(err, fault.Refused) {
			t.Errorf("urged by message: %v", err)
		}
		if err := h.svc.Receive(h.ctx, h.giver, x.ID, coordination.Receipt{Number: "1"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a receipt of nobody: %v", err)
		}
		ok(t, h.svc.Receive(h.ctx, h.giver, x.ID, coordination.Receipt{Number: "通管收1号", Signer: "收发室 赵某", On: today}))
		_, rows, err := h.svc.Referral(h.ctx, h.giver, x.ID)
		ok(t, err)
		n := coordination.Result{Outcome: "unfounded", Result: "已备案，页面漏挂", On: today}
		if err := h.svc.Answer(h.ctx, h.giver, x.ID, rows[0].ID, n); !fault.Is(err, fault.Invalid) {
			t.Errorf("without the number of the reply: %v", err)
		}
		n.Document = "通管函〔2026〕3号"
		ok(t, h.svc.Answer(h.ctx, h.giver, x.ID, rows[0].ID, n))
		if len(h.open(t, "referral_result"))+len(h.open(t, "share_receipt")) != 0 {
			t.Error("a clock still runs")
		}
	})
}
