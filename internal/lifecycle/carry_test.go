package lifecycle_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/filing"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/notice"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// formerSite is a site as an earlier version left it: its clocks on the site
// itself, its registrations on the checklist, its notice in a table of its own.
func (h *house) formerSite(unit string, launched bool) registry.Ref {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	var ref registry.Ref
	if launched {
		ref = h.site(unit, registry.DepartmentSite)
	} else if err := h.db.Update(ctx, func(tx *db.Tx) error {
		site, err := h.registry.PlanSite(ctx, tx, registry.Site{Unit: h.units[unit].ID, Kind: registry.DepartmentSite, Name: "西安商务新网站", Host: "new.xa.gov.cn", Source: "开设审批"})
		ref = refOf(site)
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
	if err := h.db.Update(ctx, func(tx *db.Tx) error {
		tx.Audited()
		for _, n := range [][]any{{"chinese_domain", "西安商务.政务", "开设申请", "2026-02-01T00:00:00Z"}, {"mark", "", "", nil}, {"icp", "陕ICP备05000009号", "李建国", "2026-02-03T01:00:00Z"}, {"police_filing", "", "", nil}} {
			if _, err := tx.Exec(ctx, `INSERT INTO opening_item (object_kind, object_id, kind, value, done_by, done_at) VALUES ('site', $1, $2, $3, $4, $5)`, ref.ID, n[0], n[1], n[2], n[3]); err != nil {
				return err
			}
		}
		if !launched {
			return nil
		}
		if _, err := tx.Exec(ctx, `UPDATE site SET launched_on = $2 WHERE id = $1`, ref.ID, h.day(-10)); err != nil {
			return err
		}
		s := obligation.Subject{Kind: "site", ID: ref.ID, Name: "网站"}
		if err := h.obligations.Open(ctx, tx, obligation.Debt{Kind: "police_filing", Unit: h.units[unit].ID, Subject: s, Due: dueOn(h.day(20))}); err != nil {
			return err
		}
		return h.obligations.Open(ctx, tx, obligation.Debt{Kind: "launch_notice", Unit: h.units["city"].ID, Subject: s, Due: dueOn(h.day(20))})
	}); err != nil {
		h.t.Fatal(err)
	}
	return ref
}

func dueOn(day string) calendar.Due {
	d, _ := calendar.ParseLoose(day)
	return calendar.Due{On: d}
}

func (h *house) formerNotice(ref registry.Ref, place sx2021.Place, first string) {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	if err := h.db.Update(ctx, func(tx *db.Tx) error {
		tx.Audited()
		_, err := tx.Exec(ctx, `INSERT INTO launch_notice (site_id, place, url, first_on, recorded_by, recorded_at) VALUES ($1, $2, $3, $4, '马会宁', $5)`,
			ref.ID, place, "https://www.xa.gov.cn/"+string(place)+".html", first, tx.Now())
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) carryOver(want int) {
	h.t.Helper()
	if n, err := h.svc.CarryOver(context.Background()); err != nil || n != want {
		h.t.Fatalf("%d sites carried over (%v), want %d", n, err, want)
	}
}

func (h *house) filingsOf(ref registry.Ref) map[filing.Kind]filing.Item {
	h.t.Helper()
	list, _, err := h.filings.Items(context.Background(), authz.System("test"), filing.Filter{Object: ref, State: "all"})
	if err != nil {
		h.t.Fatal(err)
	}
	out := map[filing.Kind]filing.Item{}
	for _, i := range list {
		if _, twice := out[i.Kind]; twice {
			h.t.Errorf("%s stands twice", i.Kind)
		}
		out[i.Kind] = i
	}
	return out
}

// Article 7(3): what an earlier version held on its checklist is registered, or
// still to be registered, with the bodies outside.
func TestUpgradeCarriesTheChecklistIntoFilings(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ref := h.formerSite("citydept", false)
		h.carryOver(1)
		h.carryOver(0)
		have := h.filingsOf(ref)
		for k, state := range map[filing.Kind]string{filing.ChineseDomain: filing.Open, filing.Mark: filing.Open, filing.EnglishDomain: filing.Open, filing.ICP: filing.Recorded} {
			if have[k].State != state {
				t.Errorf("%s is %q, want %s", k, have[k].State, state)
			}
		}
		if icp := have[filing.ICP]; len(have) != 4 || icp.Number != "陕ICP备05000009号" || icp.RecordedBy != "李建国" || !icp.InLedger {
			t.Errorf("%d filings, ICP %+v", len(have), icp)
		}
		ctx, scope := h.as("citydept.clerk", authz.LaunchManage)
		list, err := h.svc.Checklist(ctx, scope, ref)
		if err != nil || len(list.Items) != 0 || len(list.Filings) != 4 {
			t.Errorf("checklist: %d items, %d filings (%v)", len(list.Items), len(list.Filings), err)
		}
	})
}

// Article 7(4): a notice of opening recorded by an earlier version hangs on and
// is watched; its days count from the day recorded.
func TestUpgradeCarriesTheNoticeOfOpening(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ref := h.formerSite("citydept", true)
		h.formerNotice(ref, sx2021.LevelPortal, h.day(-9))
		half := h.formerSite("provdept", true)
		h.formerNotice(half, sx2021.LevelPortal, h.day(-9))
		h.formerNotice(ref, sx2021.LevelAccount, h.day(-8))
		h.carryOver(2)
		h.carryOver(0)
		st, err := h.notices.Standing(context.Background(), h.db, ref, sx2021.OpeningNotice)
		if err != nil || len(st.Notices) != 1 {
			t.Fatalf("%d notices (%v)", len(st.Notices), err)
		}
		n := st.Notices[0]
		if n.State != notice.Hanging || n.HangUntil.String() != h.day(22) || n.Places[0].Basis != notice.ByRecord || n.Places[0].LookAt.IsZero() || n.Places[0].PostedBy != "马会宁" {
			t.Errorf("notice %+v", n)
		}
		st, err = h.notices.Standing(context.Background(), h.db, half, sx2021.OpeningNotice)
		if err != nil || len(st.Notices) != 1 || st.Notices[0].State != notice.Owed || len(st.Notices[0].Missing) != 1 {
			t.Errorf("half a notice: %+v (%v)", st.Notices, err)
		}
		open := map[string]int{}
		for _, d := range slices.Concat(h.debts("launch_notice"), h.debts("police_filing")) {
			if d.State == obligation.Open {
				open[d.Kind+" "+d.Subject.Kind]++
			}
		}
		if open["launch_notice notice"] != 2 || open["police_filing filing"] != 2 || len(open) != 2 {
			t.Errorf("clocks %v", open)
		}
		if p := h.filingsOf(ref)[filing.PoliceFiling]; p.Due.On.String() != h.day(20) {
			t.Errorf("the police filing is due %s", p.Due.On)
		}
	})
}

// A notice that had done its thirty days before stays done.
func TestUpgradeKeepsANoticeThatIsDone(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ref := h.formerSite("citydept", true)
		h.formerNotice(ref, sx2021.LevelPortal, h.day(-9))
		h.formerNotice(ref, sx2021.LevelAccount, h.day(-9))
		ctx := audit.System(context.Background(), "test")
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			_, err := h.obligations.Discharge(ctx, tx, "launch_notice", obligation.Subject{Kind: "site", ID: ref.ID}, "https://www.xa.gov.cn/1")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		h.carryOver(1)
		st, err := h.notices.Standing(context.Background(), h.db, ref, sx2021.OpeningNotice)
		if err != nil || len(st.Notices) != 1 || st.Notices[0].State != notice.Complete || !strings.Contains(st.Notices[0].EndedWhy, "https://www.xa.gov.cn/1") {
			t.Fatalf("notices %+v (%v)", st.Notices, err)
		}
		for _, d := range h.debts("launch_notice") {
			if d.State == obligation.Open {
				t.Errorf("a clock runs again: %+v", d)
			}
		}
	})
}

// An application of the time when only sites were opened is shown, amended and
// approved in its place.
func TestUpgradeShowsAndAmendsApplicationsOfTheFirstForm(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		clerk := h.people["citydept.clerk"]
		ctx, scope := h.as("citydept.clerk", authz.OpeningApply)
		first := map[string]any{"unit": h.units["citydept"].ID, "name": "西安市商务局网站", "host": "swj.xa.gov.cn", "domain": "", "hosted": true, "hosting": "", "event": false,
			"reason": "公开商务政策。", "contact": "李建国", "phone": "029-1", "principal": "王建民", "by_principal": true, "consent_on": "2026-03-01"}
		var c approval.Case
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			var err error
			if c, err = h.approvals.Submit(ctx, tx, approval.Application{Kind: lifecycle.OpeningMatter, Title: "西安市商务局申请开设“西安市商务局网站”", Unit: h.units["citydept"].ID,
				Applicant: org.PersonID(clerk.PersonID), Form: first, ConsentBy: "王建民", ConsentOn: calendar.Date{Year: 2026, Month: 3, Day: 1}, Steps: []approval.Step{
					{Kind: approval.Review, Unit: h.units["city"].ID, Name: "西安市人民政府办公厅审核"}, {Kind: approval.Approve, Unit: h.units["province"].ID, Name: "陕西省人民政府办公厅批准"}}}); err != nil {
				return err
			}
			if _, err := approval.Attach(ctx, tx, approval.Attachment{OwnerKind: "case", OwnerID: string(c.ID), Kind: lifecycle.ConsentFile, Name: "签字页.pdf", MediaType: "application/pdf", Blob: "sha256:x"}); err != nil {
				return err
			}
			_, err = tx.Exec(ctx, `INSERT INTO matter_check (case_id, verdicts, checked_at) VALUES ($1, '[]', $2)`, c.ID, tx.Now())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		shown, err := h.approvals.Present(ctx, scope, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		told := map[string]string{}
		for _, f := range shown.Facts {
			told[f.Name] = f.Text
		}
		if told["网站名称"] != "西安市商务局网站" || told["英文域名"] != "swj.xa.gov.cn" || told["建设方式"] != "在集约化平台建设" || told["主要负责同志"] != "王建民" || told["同意日期"] != "2026年3月1日" {
			t.Errorf("shown as %v", told)
		}
		if _, err := h.decide("city.chief", c.ID, approval.Decision{Act: "return", StepNo: 1, Reasons: []string{"填写有误"}, Opinion: "写明栏目"}); err != nil {
			t.Fatal(err)
		}
		_, a, _, err := h.svc.Application(ctx, scope, c.ID)
		if err != nil || a.Matter != lifecycle.OpeningMatter || a.Text("reason") != "公开商务政策。" || a.Text("building") != "hosted" {
			t.Fatalf("amended from %+v (%v)", a, err)
		}
		a.Values["reason"] = "公开商务政策，设通知公告等栏目。"
		if _, err := h.svc.Resubmit(ctx, scope, c.ID, a, nil, "已写明"); err != nil {
			t.Fatal(err)
		}
		if c = h.climb(c); c.State != approval.Approved {
			t.Errorf("the case is %s", c.State)
		}
		if site := h.siteOf(c); site.Host != "swj.xa.gov.cn" || !site.Hosted || site.State != registry.Planned {
			t.Errorf("site %+v", site)
		}
	})
}
