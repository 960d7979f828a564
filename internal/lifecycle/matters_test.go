package lifecycle_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/closing"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/filing"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// site enters a running site of the unit.
func (h *house) site(unit string, kind registry.SiteKind) registry.Ref {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	var s registry.Site
	err := h.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		s, err = h.registry.EnterSite(ctx, tx, registry.Site{Unit: h.units[unit].ID, Kind: kind, Name: h.units[unit].Name + "网站", Host: "www." + unit + ".gov.cn",
			ChineseDomain: h.units[unit].Name + ".政务", ICP: "陕ICP备1号", PartyGovMark: "M1", PoliceFiling: "陕公网安备1号", Source: "存量台账"})
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return refOf(s)
}

// account enters a running account of the unit.
func (h *house) account(unit, platform, name string) registry.Ref {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	var a registry.Account
	err := h.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		a, err = h.registry.EnterAccount(ctx, tx, authz.System("test"), registry.Account{Unit: h.units[unit].ID, Platform: platform, Name: name, URL: "https://" + platform + ".example/" + unit + name,
			VerifiedAs: h.units[unit].Name, Necessity: "移动执法", Source: "存量台账"}, registry.Why{Says: "存量登记", Source: registry.ByPerson})
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return a.Ref()
}

// ask applies for, or does, a matter about an object; files are kinds.
func (h *house) ask(who, matter string, ref registry.Ref, values map[string]string, files ...string) (lifecycle.Receipt, error) {
	h.t.Helper()
	ctx, scope := h.as(who, authz.LaunchManage)
	a := lifecycle.Application{Matter: matter, Object: ref, Values: values, Principal: "王建民", ByPrincipal: true, ConsentOn: calendar.DateOf(h.clock.Now())}
	var uploads []approval.Upload
	m, _ := h.svc.Matter(matter)
	if m.Way != lifecycle.AtOnce {
		files = append(files, lifecycle.ConsentFile)
	}
	for _, k := range files {
		uploads = append(uploads, approval.Upload{Kind: k, Field: k, Name: k + ".pdf", Content: bytes.NewReader(pdf)})
	}
	return h.svc.Apply(ctx, scope, a, uploads)
}

func (h *house) must(r lifecycle.Receipt, err error) lifecycle.Receipt {
	h.t.Helper()
	if err != nil {
		h.t.Fatalf("%v %v", err, reasons(err))
	}
	return r
}

func (h *house) state(ref registry.Ref) string {
	h.t.Helper()
	o, err := h.registry.Object(context.Background(), h.db, authz.System("test"), ref)
	if err != nil {
		h.t.Fatal(err)
	}
	steps, err := o.Machine().History(context.Background(), h.db, o.ID)
	if err != nil || steps[len(steps)-1].To != o.State {
		h.t.Fatalf("the row says %s, the last passage %s (%v)", o.State, steps[len(steps)-1].To, err)
	}
	return o.State
}

func (h *house) course(who string, ref registry.Ref) lifecycle.Course {
	h.t.Helper()
	ctx, scope := h.as(who, authz.RegistryRead)
	c, err := h.svc.Course(ctx, scope, ref)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func (h *house) day(n int) string { return calendar.DateOf(h.clock.Now()).AddDays(n).String() }

func pause(from, until string) map[string]string {
	return map[string]string{"from": from, "until": until, "cause": "机房搬迁和系统升级", "instead": "可到市政府门户网站办理", "contact": "李建国", "phone": "029-1"}
}

var passageNote = passage.Note{Says: "test"}

const dayLong = 24 * time.Hour

// Article 8(1): approved, announced, begun, ended; once a year; never longer
// than thirty days.
func TestArticle08_1_Offline(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ref := h.site("citydept", registry.DepartmentSite)
		for _, tt := range []struct {
			name   string
			values map[string]string
			want   string // rule, or field
		}{
			{"too long", pause(h.day(3), h.day(34)), "S8.1a.days"},
			{"no cause", map[string]string{"from": h.day(3), "until": h.day(9), "instead": "无", "contact": "李", "phone": "1"}, "cause"},
			{"yesterday", pause(h.day(-1), h.day(9)), "from"},
			{"back before it begins", pause(h.day(9), h.day(9)), "until"},
			{"no such day", pause("2026年2月30日", h.day(9)), "from"},
		} {
			_, err := h.ask("citydept.clerk", lifecycle.OfflineMatter, ref, tt.values)
			got := reasons(err)
			for _, f := range fault.Of(err).Fields {
				got = append(got, f.Name)
			}
			if err == nil || !slices.Contains(got, tt.want) {
				t.Errorf("%s: %v, want %s", tt.name, got, tt.want)
			}
		}
		if _, err := h.ask("citydept.clerk", lifecycle.GoOfflineMatter, ref, nil); !slices.Equal(reasons(err), []string{"S8.1d.approval", "S8.1d.notices"}) {
			t.Errorf("offline without consent: %v", err)
		}
		r := h.must(h.ask("citydept.clerk", lifecycle.OfflineMatter, ref, pause(h.day(3), h.day(33))))
		if _, err := h.ask("citydept.clerk", lifecycle.OfflineMatter, ref, pause(h.day(3), h.day(9))); !fault.Is(err, fault.Conflict) {
			t.Errorf("asked twice: %v", err)
		}
		h.climb(r.Case)
		c := h.course("citydept.clerk", ref)
		if c.Window.State != lifecycle.WindowApproved || c.Charged != 0 || h.state(ref) != registry.Running {
			t.Fatalf("after the consent: %+v", c.Window)
		}
		if d := h.debts("offline_notice"); len(d) != 2 {
			t.Errorf("notices owed: %+v", d)
		}
		if _, err := h.ask("citydept.clerk", lifecycle.OfflineMatter, ref, pause(h.day(40), h.day(45))); !slices.Equal(reasons(err), []string{"S8.1a.once"}) {
			t.Errorf("the one use of the year promised twice: %v", err)
		}
		h.clock.Advance(2 * dayLong)
		h.hang(ref, sx2021.OfflineNotice, calendar.DateOf(h.clock.Now()))
		if _, err := h.ask("citydept.clerk", lifecycle.GoOfflineMatter, ref, nil); !fault.Is(err, fault.Refused) || !strings.Contains(fault.Of(err).Says, "尚未到期") {
			t.Errorf("offline before its day: %v", err)
		}
		h.clock.Advance(2 * dayLong)
		if _, err := h.ask("city.chief", lifecycle.GoOfflineMatter, ref, nil); !fault.Is(err, fault.Refused) {
			t.Errorf("the office switched the sponsor's site off: %v", err)
		}
		h.must(h.ask("citydept.clerk", lifecycle.GoOfflineMatter, ref, nil))
		if h.state(ref) != registry.TemporarilyOffline {
			t.Fatal("not offline")
		}
		d := h.debts("offline_end")
		if len(d) != 1 || d[0].Due.On.String() != "2026-04-05" || d[0].Unit != h.units["citydept"].ID { // 6 March and 30 days
			t.Errorf("clock %+v", d)
		}
		h.clock.Advance(12 * dayLong)
		c = h.course("citydept.clerk", ref)
		if c.Charged != 1 || c.OffDays != 12 || c.Window.Days() != 30 {
			t.Errorf("charged %d, day %d of %d", c.Charged, c.OffDays, c.Window.Days())
		}
		if _, err := h.ask("citydept.clerk", lifecycle.ResumeMatter, ref, map[string]string{"result": "已升级"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("resumed without looking: %v", err)
		}
		h.must(h.ask("citydept.clerk", lifecycle.ResumeMatter, ref, map[string]string{"checked": "yes", "result": "已升级"}))
		if d := h.debts("offline_end"); h.state(ref) != registry.Running || d[0].State != obligation.Discharged {
			t.Errorf("state %s, clock %+v", h.state(ref), d)
		}
		if _, err := h.ask("citydept.clerk", lifecycle.OfflineMatter, ref, pause(h.day(3), h.day(5))); !slices.Equal(reasons(err), []string{"S8.1a.once"}) {
			t.Errorf("twice a year: %v", err)
		}
		// Next year there is another.
		h.must(h.ask("citydept.clerk", lifecycle.OfflineMatter, ref, pause("2027-01-05", "2027-01-15")))
	})
}

// Readings 3: an approval nobody used charges nothing; one begun in December
// charges December's year though it was planned for January.
func TestArticle08_1_UnusedApprovalAndTurnOfTheYear(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ref := h.account("citydept", "weibo", "西安商务")
		r := h.must(h.ask("citydept.clerk", lifecycle.OfflineMatter, ref, pause(h.day(1), h.day(5))))
		h.climb(r.Case)
		h.clock.Advance(7 * dayLong)
		if n, err := h.svc.Sweep(context.Background()); err != nil || n != 1 {
			t.Fatalf("swept %d (%v)", n, err)
		}
		c := h.course("citydept.clerk", ref)
		if c.Windows[0].State != lifecycle.WindowUnused || c.Charged != 0 {
			t.Errorf("window %+v", c.Windows[0])
		}
		for _, d := range h.debts("offline_notice") {
			if d.State != obligation.Void {
				t.Errorf("a notice is still owed: %+v", d)
			}
		}
		h.clock.Set(time.Date(2026, 12, 20, 2, 0, 0, 0, time.UTC))
		r = h.must(h.ask("citydept.clerk", lifecycle.OfflineMatter, ref, pause("2026-12-28", "2027-01-20")))
		h.climb(r.Case)
		h.hang(ref, sx2021.OfflineNotice, calendar.DateOf(h.clock.Now()))
		h.clock.Set(time.Date(2027, 1, 3, 2, 0, 0, 0, time.UTC))
		h.must(h.ask("citydept.clerk", lifecycle.GoOfflineMatter, ref, nil))
		if c := h.course("citydept.clerk", ref); c.Charged != 1 || c.On.Year != 2027 {
			t.Errorf("charged %d in %d", c.Charged, c.On.Year)
		}
		h.must(h.ask("citydept.clerk", lifecycle.ResumeMatter, ref, map[string]string{"checked": "yes", "result": "已恢复更新"}))
		if _, err := h.ask("citydept.clerk", lifecycle.OfflineMatter, ref, pause("2027-05-01", "2027-05-05")); !slices.Equal(reasons(err), []string{"S8.1a.once"}) {
			t.Errorf("2027 has been used: %v", err)
		}
	})
}

// Readings 10: what an existing object used of the year before the system
// counted is carried in by its baseline record, for that year alone.
func TestArticle08_1_TheBaselineCarriesTheYearsUseIn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ref, year := h.account("citydept", "weibo", "西安商务"), calendar.DateOf(h.clock.Now()).Year
		ctx := audit.System(context.Background(), "test")
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			_, err := h.registry.ConfirmBaseline(ctx, tx, authz.System("test"), registry.BaselineRecord{Ref: ref, Basis: "national", OfflineYear: year, OfflineTimes: 1, OfflineDays: 6})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if c := h.course("citydept.clerk", ref); c.Charged != 1 || c.Before.OfflineYear != year || c.Before.OfflineDays != 6 {
			t.Errorf("the year shows %d used, of before %+v", c.Charged, c.Before)
		}
		if _, err := h.ask("citydept.clerk", lifecycle.OfflineMatter, ref, pause(h.day(3), h.day(9))); !slices.Equal(reasons(err), []string{"S8.1a.once"}) {
			t.Errorf("a second pause in the year: %v", err)
		}
		h.clock.Set(time.Date(year+1, 2, 1, 2, 0, 0, 0, time.UTC))
		h.must(h.ask("citydept.clerk", lifecycle.OfflineMatter, ref, pause(h.day(3), h.day(9))))
	})
}

// Article 8(1), readings 7: an emergency counts until the supervisor has
// reported it in writing, with number, seal and scan.
func TestArticle08_1_EmergencyCountsUntilReported(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ref := h.site("citydept", registry.DepartmentSite)
		happened := map[string]string{"emergency": "force_majeure", "began": h.day(0), "cause": "全市大面积停电。"}
		if _, err := h.ask("citydept.clerk", lifecycle.EmergencyMatter, ref, map[string]string{"emergency": "upgrade", "began": h.day(0), "cause": "升级"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("an upgrade as an emergency: %v", err)
		}
		h.must(h.ask("citydept.clerk", lifecycle.EmergencyMatter, ref, happened))
		c := h.course("citydept.clerk", ref)
		if h.state(ref) != registry.TemporarilyOffline || c.Charged != 1 {
			t.Errorf("state %s charged %d", h.state(ref), c.Charged)
		}
		d := h.debts("emergency_report")
		if len(d) != 1 || d[0].Unit != h.units["city"].ID || d[0].Due.On.String() != "2026-03-03" {
			t.Errorf("report owed: %+v", d)
		}
		report := map[string]string{"number": "市政办函〔2026〕9号", "on": h.day(0), "sealed": "yes"}
		if _, err := h.ask("citydept.clerk", lifecycle.ReportMatter, ref, report, "report"); !fault.Is(err, fault.Refused) {
			t.Errorf("the sponsor reported: %v", err)
		}
		for _, less := range []map[string]string{{"on": h.day(0), "sealed": "yes"}, {"number": "1号", "on": h.day(0)}, {"number": "1号", "sealed": "yes"}} {
			if _, err := h.ask("city.chief", lifecycle.ReportMatter, ref, less, "report"); !slices.Equal(reasons(err), []string{"S8.1b.written_report"}) {
				t.Errorf("report %v: %v", less, err)
			}
		}
		if _, err := h.ask("city.chief", lifecycle.ReportMatter, ref, report); !slices.Equal(reasons(err), []string{"S8.1b.written_report"}) {
			t.Errorf("report without scan: %v", err)
		}
		h.must(h.ask("city.chief", lifecycle.ReportMatter, ref, report, "report"))
		if c := h.course("citydept.clerk", ref); c.Charged != 0 || !c.Window.DueOn().IsZero() {
			t.Errorf("charged %d, due %s", c.Charged, c.Window.DueOn())
		}
		if d := h.debts("offline_end"); d[0].State != obligation.Void {
			t.Errorf("a reported emergency has no statutory end: %+v", d)
		}
		h.must(h.ask("citydept.clerk", lifecycle.ResumeMatter, ref, map[string]string{"checked": "yes", "result": "来电"}))
		h.must(h.ask("citydept.clerk", lifecycle.OfflineMatter, ref, pause(h.day(3), h.day(5)))) // the year is not used up
	})
}

// climbOut passes the case through the offices and records the answer of the
// State Council office.
func (h *house) climbOut(c approval.Case, document, value string) {
	h.t.Helper()
	_, steps, _, err := h.approvals.Case(context.Background(), authz.System("test"), c.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, st := range steps[1:] {
		if st.Kind != approval.External {
			if _, err := h.decide(h.chiefOf(st.Unit), c.ID, approval.Decision{Act: "pass", Opinion: "同意上报", StepNo: st.No}); err != nil {
				h.t.Fatal(err)
			}
			continue
		}
		ctx, scope := h.as(h.chiefOf(st.Unit), authz.CaseDecide)
		file, err := approval.Take(ctx, h.store, approval.Upload{Field: "scan", Name: "批复.pdf", Content: bytes.NewReader(pdf)})
		if err != nil {
			h.t.Fatal(err)
		}
		if _, err := h.approvals.RecordExternal(ctx, scope, c.ID, approval.Recorded{StepNo: st.No, Document: document, On: calendar.DateOf(h.clock.Now()), Value: value, File: &file}); err != nil {
			h.t.Fatal(err)
		}
	}
}

// Article 8(2): with the 编制 paper, approved by the State Council office, done
// within a month, ended only when each end is proved.
func TestArticle08_2_Exit(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ref := h.site("citydept", registry.DepartmentSite)
		form := map[string]string{"functions_gone": "yes", "change": "转为企业", "document": "市编办发〔2026〕1号", "document_on": h.day(-9), "contact": "李", "phone": "1"}
		if _, err := h.ask("citydept.clerk", lifecycle.ExitMatter, ref, form); !slices.Equal(reasons(err), []string{"S8.2a.establishment_document"}) {
			t.Errorf("without the paper: %v", err)
		}
		without := map[string]string{"change": "转为企业", "document": "市编办发〔2026〕1号", "document_on": h.day(-9), "contact": "李", "phone": "1"}
		if _, err := h.ask("citydept.clerk", lifecycle.ExitMatter, ref, without, "establishment"); !slices.Equal(reasons(err), []string{"S8.2a.reason"}) {
			t.Errorf("with its functions: %v", err)
		}
		r := h.must(h.ask("citydept.clerk", lifecycle.ExitMatter, ref, form, "establishment"))
		if _, err := h.ask("citydept.clerk", lifecycle.ClosureMatter, ref, map[string]string{"reason": "cannot_maintain", "detail": "x", "destination": "x", "contact": "李", "phone": "1"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("a closure beside the exit: %v", err)
		}
		h.clock.Advance(20 * dayLong)
		h.climbOut(r.Case, "国办函〔2026〕8号", "")
		c := h.course("citydept.clerk", ref)
		if h.state(ref) != registry.Exiting || c.Ending.Document != "国办函〔2026〕8号" {
			t.Fatalf("state %s, ending %+v", h.state(ref), c.Ending)
		}
		if d := h.debts("exit_changes"); len(d) != 1 || d[0].Due.On.String() != "2026-04-22" {
			t.Errorf("the month: %+v", d)
		}
		if _, err := h.ask("city.chief", lifecycle.ExitDoneMatter, ref, nil); !slices.Equal(reasons(err), []string{"S8.2b.domain", "S8.2b.mark", "S8.2b.site_code", "S8.2b.report_entrance"}) {
			t.Errorf("ended with nothing proved: %v", reasons(err))
		}
		for _, kind := range lifecycle.ExitProofs(sx2021.Site) {
			proof := map[string]string{"kind": kind, "value": "www.xashangwu.com", "on": h.day(0)}
			if _, err := h.ask("citydept.clerk", lifecycle.ExitProofMatter, ref, proof); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s proved without a picture: %v", kind, err)
			}
			h.must(h.ask("citydept.clerk", lifecycle.ExitProofMatter, ref, proof, "shot"))
		}
		h.must(h.ask("city.chief", lifecycle.ExitDoneMatter, ref, nil))
		if d := h.debts("exit_changes"); h.state(ref) != registry.Exited || d[0].State != obligation.Discharged {
			t.Errorf("state %s, %+v", h.state(ref), d)
		}
		if len(h.course("citydept.clerk", ref).Offers) != 0 {
			t.Error("something can still be done with what left supervision")
		}
	})
}

// Article 8(3): portals and accounts of governments stay open unless the
// province grants an exception.
func TestArticle08_3_GovernmentsStayOpen(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		form := map[string]string{"reason": "consolidation", "detail": "集约", "destination": "市门户", "contact": "李", "phone": "1"}
		for _, ref := range []registry.Ref{h.site("county", registry.Portal), h.account("county", "weibo", "雁塔发布")} {
			if _, err := h.ask("county.clerk", lifecycle.ClosureMatter, ref, form); !slices.Equal(reasons(err), []string{"S8.3a.government"}) {
				t.Errorf("%s: %v", ref.Kind, err)
			}
		}
		ref := h.account("county", "douyin", "雁塔发布")
		ctx, scope := h.as("province.chief", authz.OverrideGrant)
		leave, err := h.svc.GrantOverride(ctx, scope, lifecycle.Override{Rule: sx2021.GovernmentStaysOpen.ID, Unit: h.units["county"].ID, Reason: "整合", Until: calendar.DateOf(h.clock.Now()).AddDays(90)})
		if err != nil {
			t.Fatal(err)
		}
		r := h.must(h.ask("county.clerk", lifecycle.ClosureMatter, ref, form))
		if len(r.Lifted) != 1 {
			t.Errorf("lifted %v", r.Lifted)
		}
		// Ended before its day, it lifts nothing from tomorrow on.
		if _, err := h.svc.EndOverride(ctx, scope, leave.ID, " "); !fault.Is(err, fault.Invalid) {
			t.Errorf("ended without a reason: %v", err)
		}
		if _, err := h.svc.EndOverride(ctx, scope, leave.ID, "情况变化"); err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.EndOverride(ctx, scope, leave.ID, "again"); !fault.Is(err, fault.Conflict) {
			t.Errorf("ended twice: %v", err)
		}
		h.clock.Advance(dayLong)
		if _, err := h.decide("city.chief", r.Case.ID, approval.Decision{Act: "pass", Opinion: "同意", StepNo: 1}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.decide("province.chief", r.Case.ID, approval.Decision{Act: "approve", Opinion: "同意", StepNo: 2}); !slices.Equal(reasons(err), []string{"S8.3a.government"}) {
			t.Errorf("approved after the exception ended: %v", err)
		}
	})
}

// Article 8(3): consent, migration and notice of thirty days, deregistrations
// one by one, status, destination; closed only then.
func TestArticle08_3_Closure(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ref := h.site("citydept", registry.DepartmentSite)
		form := map[string]string{"reason": "tired", "detail": "无人维护", "destination": "市门户", "contact": "李", "phone": "1"}
		if _, err := h.ask("citydept.clerk", lifecycle.ClosureMatter, ref, form); !fault.Is(err, fault.Invalid) {
			t.Errorf("a reason not in the law: %v", err)
		}
		form["reason"] = "cannot_maintain"
		r := h.must(h.ask("citydept.clerk", lifecycle.ClosureMatter, ref, form))
		h.climb(r.Case)
		for _, o := range h.course("citydept.clerk", ref).Offers {
			if o.Matter.ID == lifecycle.DomainRegisterMatter || o.Matter.ID == lifecycle.DomainChangeMatter {
				t.Errorf("a site that closes is offered %s (%s)", o.Matter.Name, o.Why)
			}
		}
		if h.state(ref) != registry.Closing {
			t.Fatalf("state %s", h.state(ref))
		}
		if _, err := h.ask("citydept.clerk", lifecycle.DeregisterMatter, ref, nil); !slices.Equal(reasons(err), []string{"S8.3c.migration", "S8.3c.notice"}) {
			t.Errorf("deregistered at once: %v", reasons(err))
		}
		h.decideColumns(ref, "citydept.clerk")
		h.hang(ref, sx2021.ClosureNotice, calendar.DateOf(h.clock.Now()))
		if n, err := h.svc.Sweep(context.Background()); err != nil || n != 1 {
			t.Fatalf("the notice of the destination: %d (%v)", n, err)
		}
		h.clock.Advance(30 * dayLong)
		if _, err := h.ask("citydept.clerk", lifecycle.DeregisterMatter, ref, nil); !slices.Equal(reasons(err), []string{"S8.3c.days"}) {
			t.Errorf("deregistered on the thirtieth day: %v", reasons(err))
		}
		h.clock.Advance(dayLong)
		h.must(h.ask("citydept.clerk", lifecycle.DeregisterMatter, ref, nil))
		if _, err := h.ask("city.chief", lifecycle.ClosureDone, ref, nil); !slices.Equal(reasons(err), []string{"S8.3d.deregistration", "S8.3e.national_status", "S8.3f.destination"}) {
			t.Errorf("closed with nothing cancelled: %v", reasons(err))
		}
		h.hang(ref, sx2021.DestinationNotice, calendar.DateOf(h.clock.Now()))
		for _, k := range []filing.Kind{filing.Mark, filing.ChineseDomain, filing.ICP, filing.PoliceFiling, filing.EnglishDomain, filing.NationalStatus} {
			if k == filing.EnglishDomain { // one end open keeps it open
				if _, err := h.ask("city.chief", lifecycle.ClosureDone, ref, nil); !slices.Contains(reasons(err), "S8.3d.deregistration") {
					t.Errorf("closed with the domain held: %v", reasons(err))
				}
				if _, err := h.ask("citydept.clerk", lifecycle.KeepMatter, ref, map[string]string{"why": "反悔"}); !fault.Is(err, fault.Conflict) {
					t.Errorf("kept after the mark was cancelled: %v", err)
				}
			}
			h.file(ref, k, "citydept.clerk", "注销回执1号")
		}
		h.must(h.ask("city.chief", lifecycle.ClosureDone, ref, nil))
		if h.state(ref) != registry.Closed {
			t.Errorf("state %s", h.state(ref))
		}
		domains, err := h.registry.DomainsOf(context.Background(), h.db, authz.System("test"), registry.SiteID(ref.ID))
		if err != nil || len(domains) != 2 || domains[0].State != registry.DomainCancelled || domains[1].State != registry.DomainCancelled {
			t.Errorf("domains %+v (%v)", domains, err)
		}
		for _, kind := range []string{"closure_steps"} {
			if d := h.debts(kind); len(d) != 1 || d[0].State != obligation.Discharged {
				t.Errorf("%s: %+v", kind, d)
			}
		}
	})
}

// decideColumns gives every column of the object's closing a destination.
func (h *house) decideColumns(ref registry.Ref, who string) {
	h.t.Helper()
	ctx, scope := h.as(who, authz.ClosingManage)
	c, err := h.closings.Of(ctx, h.db, scope, ref)
	if err != nil {
		h.t.Fatal(err)
	}
	cols, err := h.closings.Columns(ctx, h.db, scope, c.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	if len(cols) == 0 {
		if err := h.closings.AddColumn(ctx, scope, c.ID, "通知公告", "/tzgg/"); err != nil {
			h.t.Fatal(err)
		}
		if cols, err = h.closings.Columns(ctx, h.db, scope, c.ID); err != nil {
			h.t.Fatal(err)
		}
	}
	var ids []string
	for _, n := range cols {
		ids = append(ids, n.ID)
	}
	if err := h.closings.Decide(ctx, scope, c.ID, ids, closing.Archive, "", "已归档"); err != nil {
		h.t.Fatal(err)
	}
}

// A closure may end without closing while nothing is given up.
func TestArticle08_3_KeptWhileNothingIsCancelled(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ref := h.account("citydept", "weibo", "西安商务")
		into := h.account("citydept", "wechat", "西安商务")
		form := map[string]string{"into": ref.ID, "detail": "使用率低", "destination": "主账号", "contact": "李", "phone": "1"}
		if _, err := h.ask("citydept.clerk", lifecycle.MergeMatter, ref, form); !fault.Is(err, fault.Invalid) {
			t.Errorf("merged into itself: %v", err)
		}
		form["into"] = into.ID
		r := h.must(h.ask("citydept.clerk", lifecycle.MergeMatter, ref, form))
		h.climb(r.Case)
		if c := h.course("citydept.clerk", ref); h.state(ref) != registry.Closing || c.Ending.Into != into.ID || c.Ending.Reason != "consolidation" {
			t.Fatalf("state %s, %+v", h.state(ref), c.Ending)
		}
		h.must(h.ask("citydept.clerk", lifecycle.KeepMatter, ref, map[string]string{"why": "仍有需要"}))
		if h.state(ref) != registry.Running {
			t.Errorf("state %s", h.state(ref))
		}
		for _, kind := range []string{"closure_notice", "closure_steps"} {
			if d := h.debts(kind); len(d) != 1 || d[0].State != obligation.Void {
				t.Errorf("%s: %+v", kind, d)
			}
		}
	})
}

func wish(platform, name string) map[string]string {
	return map[string]string{"reason": "信息发布", "contact": "李", "phone": "1", "platform": platform, "name": name, "purpose": "发布", "leader": "王", "upkeep": "每周更新"}
}

func (h *house) wish(who, unit, matter string, values map[string]string) (lifecycle.Receipt, error) {
	h.t.Helper()
	ctx, scope := h.as(who, authz.LaunchManage)
	return h.svc.Apply(ctx, scope, lifecycle.Application{Matter: matter, Unit: h.units[unit].ID, Values: values, Principal: "王", ByPrincipal: true, ConsentOn: calendar.DateOf(h.clock.Now())}, consent())
}

// Articles 7(1), 7(3), 9: one account a platform with internal bodies counted
// in; verified before it opens; filed within ten working days.
func TestArticle07_AccountFromWishToFiling(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := audit.System(context.Background(), "test")
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			parent := h.units["citydept"]
			u, _, err := h.org.AddUnit(ctx, tx, org.Unit{Area: parent.Area, Parent: parent.ID, Kind: org.Internal, Name: "西安市商务局电子商务处"})
			h.units["office"] = u
			return err
		}); err != nil {
			t.Fatal(err)
		}
		event := wish("weibo", "西安商务")
		event["event"] = "yes"
		if _, err := h.wish("citydept.clerk", "citydept", lifecycle.AccountOpeningMatter, event); !slices.Equal(reasons(err), []string{"S7.1d.event"}) {
			t.Errorf("for an event: %v", reasons(err))
		}
		if _, err := h.wish("citydept.clerk", "citydept", lifecycle.AccountOpeningMatter, wish("weibo", "夜市小店")); !slices.Equal(reasons(err), []string{"S9.1.tied"}) {
			t.Errorf("a name of nobody: %v", reasons(err))
		}
		if _, err := h.wish("citydept.clerk", "citydept", lifecycle.AccountOpeningMatter, wish("app", "西安商务")); !fault.Is(err, fault.Invalid) {
			t.Errorf("an app as an account: %v", err)
		}
		// A county department may have accounts (readings 9).
		h.must(h.wish("countydept.clerk", "countydept", lifecycle.AccountOpeningMatter, wish("weibo", "雁塔商务")))
		first := h.must(h.wish("citydept.clerk", "citydept", lifecycle.AccountOpeningMatter, wish("weibo", "西安商务")))
		second := h.must(h.wish("citydept.clerk", "office", lifecycle.AccountOpeningMatter, wish("weibo", "西安商务")))
		h.climb(first.Case)
		if _, err := h.decide("city.chief", second.Case.ID, approval.Decision{Act: "pass", Opinion: "同意", StepNo: 1}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.decide("province.chief", second.Case.ID, approval.Decision{Act: "approve", Opinion: "同意", StepNo: 2}); !slices.Equal(reasons(err), []string{"S7.1c.one_account"}) {
			t.Errorf("the internal body's account beside its unit's: %v", reasons(err))
		}
		list, err := h.registry.AccountsOf(ctx, h.db, authz.System("test"), h.units["citydept"].ID)
		if err != nil || len(list) != 1 || list[0].State != registry.Planned {
			t.Fatalf("accounts %+v (%v)", list, err)
		}
		ref := list[0].Ref()
		cctx, scope := h.as("citydept.clerk", authz.LaunchManage)
		if _, err := h.svc.Launch(cctx, scope, ref); !slices.Contains(reasons(err), "S9.2.verified") {
			t.Errorf("opened unverified: %v", reasons(err))
		}
		for _, n := range []lifecycle.LaunchItem{{Kind: lifecycle.Verification, Value: "某某文化传媒公司", On: calendar.DateOf(h.clock.Now())}, {Kind: lifecycle.Address, Value: "weibo.com", Detail: "1"}} {
			if _, err := h.svc.FillLaunchItem(cctx, scope, ref, n, nil); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s %q: %v", n.Kind, n.Value, err)
			}
		}
		for _, n := range []lifecycle.LaunchItem{{Kind: lifecycle.Verification, Value: "西安市商务局官方微博", On: calendar.DateOf(h.clock.Now())}, {Kind: lifecycle.Address, Value: "https://weibo.com/xasw", Detail: "10001"}} {
			if _, err := h.svc.FillLaunchItem(cctx, scope, ref, n, nil); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := h.svc.Launch(cctx, scope, ref); err != nil {
			t.Fatal(err)
		}
		d := h.debts("account_filing")
		if h.state(ref) != registry.Running || len(d) != 1 || d[0].Due.On.String() != "2026-03-16" {
			t.Errorf("state %s, filing %+v", h.state(ref), d)
		}
		if d := h.debts("launch"); d[0].State != obligation.Discharged {
			t.Errorf("launch %+v", d)
		}
		if d := h.debts("launch_notice"); len(d) != 1 || d[0].Unit != h.units["city"].ID {
			t.Errorf("notice %+v", d)
		}
		h.file(ref, filing.SupervisorFiling, "citydept.clerk", "XA-1")
		if d := h.debts("account_filing"); d[0].State != obligation.Discharged {
			t.Errorf("filing %+v", d)
		}
	})
}

// Articles 7(3), 27: an app needs its necessity told and a security report of at
// most ninety days for every release.
func TestArticle07_3_AppsNeedReports(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		app := map[string]string{"reason": "办事", "contact": "李", "phone": "1", "platform": "app", "name": "西安商务通", "services": "执法", "leader": "王"}
		if _, err := h.wish("citydept.clerk", "citydept", lifecycle.AppOpeningMatter, app); !slices.Equal(reasons(err), []string{"S27.3.necessity"}) {
			t.Errorf("an app without need: %v", reasons(err))
		}
		ref := h.account("citydept", "app", "西安商务通")
		release := map[string]string{"version": "2.0", "store": "华为应用市场", "address": "https://store.example/2", "summary": "新增", "tester": "省测评中心", "report_no": "AQ-2", "tested_on": h.day(-91), "passed": "yes"}
		for name, tt := range map[string]struct {
			change func(map[string]string)
			files  []string
		}{
			"91 days old": {func(map[string]string) {}, []string{"report"}},
			"no file":     {func(m map[string]string) { m["tested_on"] = h.day(-90) }, nil},
			"failed":      {func(m map[string]string) { m["tested_on"] = h.day(-90); delete(m, "passed") }, []string{"report"}},
			"no tester":   {func(m map[string]string) { m["tested_on"] = h.day(-90); delete(m, "tester") }, []string{"report"}},
		} {
			m := map[string]string{}
			for k, v := range release {
				m[k] = v
			}
			tt.change(m)
			if _, err := h.ask("citydept.clerk", lifecycle.AppReleaseMatter, ref, m, tt.files...); !slices.Equal(reasons(err), []string{"S7.3e.security_report"}) {
				t.Errorf("%s: %v", name, err)
			}
		}
		release["tested_on"] = h.day(-90)
		h.must(h.ask("citydept.clerk", lifecycle.AppReleaseMatter, ref, release, "report"))
		versions, err := h.registry.Versions(context.Background(), h.db, authz.System("test"), registry.AccountID(ref.ID))
		if err != nil || len(versions) != 1 || versions[0].Number != "2.0" {
			t.Errorf("versions %+v (%v)", versions, err)
		}
		site := h.site("provdept", registry.DepartmentSite)
		redesign := map[string]string{"summary": "首页改版", "tester": "省测评中心", "tested_on": h.day(-1), "passed": "yes"}
		if _, err := h.ask("provdept.clerk", lifecycle.RedesignMatter, site, redesign); !slices.Equal(reasons(err), []string{"S7.3e.security_report"}) {
			t.Errorf("redesigned untested: %v", err)
		}
		h.must(h.ask("provdept.clerk", lifecycle.RedesignMatter, site, redesign, "report"))
		if past := h.course("provdept.clerk", site).Records; len(past) != 1 || !slices.Contains(past[0].Says, "改版内容：首页改版") || !slices.Contains(past[0].Says, "检测单位：省测评中心") || len(past[0].Files) != 1 {
			t.Errorf("the redesign's course: %+v", past)
		}
		if _, err := h.ask("citydept.clerk", lifecycle.RedesignMatter, ref, redesign, "report"); !fault.Is(err, fault.Invalid) {
			t.Errorf("an app redesigned as a site: %v", err)
		}
	})
}

// Article 9: a name is tied to area, unit or duties; the former one is kept.
func TestArticle09_Rename(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.account("citydept", "wechat", "西安商务")
		ref := h.account("citydept", "weibo", "西安商务")
		change := map[string]string{"name": "长安夜市", "verification": "西安市商务局", "reason": "机构调整"}
		if _, err := h.ask("citydept.clerk", lifecycle.RenameMatter, ref, change); !slices.Equal(reasons(err), []string{"S9.1.tied", "S9.3.same_name"}) {
			t.Errorf("renamed freely: %v", reasons(err))
		}
		change["name"], change["verification"] = "西安商务", "某公司"
		if _, err := h.ask("citydept.clerk", lifecycle.RenameMatter, ref, change); !slices.Equal(reasons(err), []string{"S9.2.verified"}) {
			t.Errorf("verified as another: %v", reasons(err))
		}
		site := h.site("citydept", registry.DepartmentSite)
		r := h.must(h.ask("citydept.clerk", lifecycle.RenameMatter, site, map[string]string{"name": "西安商务网", "reason": "简洁"}))
		if _, err := h.decide("city.chief", r.Case.ID, approval.Decision{Act: "approve", Opinion: "同意", StepNo: 1}); err != nil {
			t.Fatal(err)
		}
		former, err := h.registry.FormerNames(context.Background(), h.db, authz.System("test"), site)
		if c := h.course("citydept.clerk", site); err != nil || c.Object.Name != "西安商务网" || len(former) != 1 || former[0].Name != "西安市商务局网站" {
			t.Errorf("name %s, former %+v (%v)", c.Object.Name, former, err)
		}
	})
}

// Two approvals at once of what the year has room for once.
func TestTwoOfflineApprovalsAtOnceOneWins(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ref := h.site("provdept", registry.DepartmentSite)
		h.account("provdept", "weibo", "陕西商务")
		first := h.must(h.ask("provdept.clerk", lifecycle.OfflineMatter, ref, pause(h.day(3), h.day(5))))
		// The second stands beside it as an older house would have left it.
		ctx := audit.System(context.Background(), "test")
		var second approval.Case
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			steps := []approval.Step{{Kind: approval.Approve, Unit: h.units["province"].ID, Name: "批准"}}
			var err error
			second, err = h.approvals.Submit(ctx, tx, approval.Application{Kind: lifecycle.OfflineMatter, Title: "二", Unit: h.units["provdept"].ID, Applicant: org.PersonID(h.people["provdept.clerk"].PersonID),
				Subject: "site:" + ref.ID, Form: lifecycle.Application{Matter: lifecycle.OfflineMatter, Object: ref, Unit: h.units["provdept"].ID, Principal: "王", ByPrincipal: true,
					ConsentOn: calendar.DateOf(h.clock.Now()), Values: pause(h.day(10), h.day(12))}, ConsentBy: "王", ConsentOn: calendar.DateOf(h.clock.Now()), Steps: steps})
			if err != nil {
				return err
			}
			_, err = approval.Attach(ctx, tx, approval.Attachment{OwnerKind: "case", OwnerID: string(second.ID), Kind: lifecycle.ConsentFile, Name: "签字页.pdf", MediaType: "application/pdf", Blob: "sha256:x"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		errs := make(chan error, 2)
		for _, id := range []approval.CaseID{first.Case.ID, second.ID} {
			go func() {
				_, err := h.decide("province.chief", id, approval.Decision{Act: "approve", Opinion: "同意", StepNo: 1})
				errs <- err
			}()
		}
		won := 0
		for range 2 {
			switch err := <-errs; {
			case err == nil:
				won++
			case !slices.Equal(reasons(err), []string{"S8.1a.once"}):
				t.Errorf("the loser was told %v", err)
			}
		}
		if c := h.course("provdept.clerk", ref); won != 1 || len(c.Windows) != 1 {
			t.Errorf("%d won, %d windows", won, len(c.Windows))
		}
	})
}

// The state cannot be changed past the table, not even by hand.
func TestNoHandMovesAnObjectPastItsTable(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ref := h.site("citydept", registry.DepartmentSite)
		for name, sql := range map[string]string{
			"an undeclared move": `INSERT INTO passage (kind, object_id, seq, prev_seq, from_state, act, to_state, at, actor_id, actor_name, note, case_id)
				SELECT kind, object_id, 2, 1, 'running', 'close', 'closed', at, '', '', '', '' FROM passage WHERE object_id = $1`,
			"a rewritten history": `UPDATE passage SET to_state = 'closed' WHERE object_id = $1`,
			"another beginning":   `UPDATE passage SET from_state = 'planned', act = 'abandon', to_state = 'closed' WHERE object_id = $1`,
		} {
			err := h.db.Update(audit.System(context.Background(), "test"), func(tx *db.Tx) error {
				tx.Audited()
				_, err := tx.Exec(context.Background(), sql, ref.ID)
				return err
			})
			if err == nil {
				t.Errorf("%s was taken", name)
			}
			if h.state(ref) != registry.Running {
				t.Errorf("%s moved the object", name)
			}
		}
	})
}

// Every act is tried in every state: what is not declared is refused and leaves
// nothing behind.
func TestEveryActInEveryState(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		path := map[string][]string{
			registry.Planned: nil, registry.Running: {"launch"}, registry.TemporarilyOffline: {"launch", "go_offline"}, registry.Exiting: {"launch", "begin_exit"},
			registry.Exited: {"launch", "begin_exit", "exit"}, registry.Closing: {"launch", "begin_closing"}, registry.Closed: {"launch", "begin_closing", "close"},
		}
		acts := map[string]bool{}
		for _, m := range registry.SiteMachine.Moves {
			if m.From != "" {
				acts[m.Act] = true
			}
		}
		ctx := audit.System(context.Background(), "test")
		for state, way := range path {
			for act := range acts {
				var s registry.Site
				err := h.db.Update(ctx, func(tx *db.Tx) error {
					var err error
					if s, err = h.registry.PlanSite(ctx, tx, registry.Site{Unit: h.units["citydept"].ID, Kind: registry.DepartmentSite, Name: state + act}); err != nil {
						return err
					}
					for _, a := range way {
						if _, err := h.registry.Move(ctx, tx, authz.System("test"), refOf(s), a, "", passageNote); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				err = h.db.Update(ctx, func(tx *db.Tx) error {
					_, err := h.registry.Move(ctx, tx, authz.System("test"), refOf(s), act, "", passageNote)
					return err
				})
				can := registry.SiteMachine.Can(state, act)
				if can != (err == nil) || !can && !fault.Is(err, fault.Conflict) {
					t.Errorf("%s in %s: %v", act, state, err)
				}
				if got := h.state(refOf(s)); !can && got != state {
					t.Errorf("%s in %s left %s", act, state, got)
				}
			}
		}
	})
}

// Article 10: the holder applies, one domain of each kind, the city's office
// reviews (the province's where there is none), what is given up is cancelled.
func TestArticle10_Domains(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ref := h.site("citydept", registry.DepartmentSite)
		domain := func(kind, host string) map[string]string {
			return map[string]string{"domain_kind": kind, "host": host, "reason": "业务需要", "contact": "李", "phone": "1"}
		}
		if _, err := h.ask("citydept.clerk", lifecycle.DomainRegisterMatter, ref, domain("english", "two.xa.gov.cn")); !slices.Equal(reasons(err), []string{"S10.1.one_each"}) {
			t.Errorf("a second English domain: %v", reasons(err))
		}
		list, err := h.registry.DomainsOf(context.Background(), h.db, authz.System("test"), registry.SiteID(ref.ID))
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(list, func(d registry.Domain) bool { return d.Kind == registry.EnglishDomain })
		change := map[string]string{"old": string(list[i].ID), "host": "swj.xa.com", "reason": "规范", "contact": "李", "phone": "1"}
		if _, err := h.ask("citydept.clerk", lifecycle.DomainChangeMatter, ref, change); !fault.Is(err, fault.Invalid) {
			t.Errorf("a .com: %v", err)
		}
		change["host"] = "swj.xa.gov.cn"
		r := h.must(h.ask("citydept.clerk", lifecycle.DomainChangeMatter, ref, change))
		_, steps, _, err := h.approvals.Case(context.Background(), authz.System("test"), r.Case.ID)
		if err != nil || len(steps) != 2 || steps[1].Unit != h.units["city"].ID || steps[1].Kind != approval.Approve {
			t.Fatalf("steps %+v (%v)", steps, err)
		}
		h.climb(r.Case)
		site, err := h.registry.Site(context.Background(), authz.System("test"), registry.SiteID(ref.ID))
		if err != nil || site.Host != "swj.xa.gov.cn" {
			t.Errorf("host %s (%v)", site.Host, err)
		}
		// The new name is registered and the old one given up: two items, and the
		// old one's ends the old one.
		acts := map[filing.Act]filing.Item{}
		for _, n := range h.course("citydept.clerk", ref).Filings {
			acts[n.Act] = n
		}
		if len(acts) != 2 || acts[filing.Change].Was != list[i].Shown || acts[filing.Cancel].Was != list[i].Shown {
			t.Errorf("filings %+v", acts)
		}
		for _, n := range []struct {
			act    filing.Act
			number string
		}{{filing.Change, "swj.xa.gov.cn"}, {filing.Cancel, "注销9号"}} {
			ctx, scope := h.as("citydept.clerk", authz.FilingRecord)
			if _, err := h.filings.Record(ctx, scope, acts[n.act].ID, filing.Receipt{Number: n.number, On: calendar.DateOf(h.clock.Now()),
				File: &approval.Upload{Field: "file", Name: "回执.pdf", Content: strings.NewReader("%PDF-1.4")}}); err != nil {
				t.Fatal(err)
			}
		}
		after, err := h.registry.DomainsOf(context.Background(), h.db, authz.System("test"), registry.SiteID(ref.ID))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range after {
			if d.Host == "swj.xa.gov.cn" && d.State != registry.DomainActive || d.ID == list[i].ID && d.State != registry.DomainCancelled {
				t.Errorf("%s is %s", d.Shown, d.State)
			}
		}
		i = slices.IndexFunc(list, func(d registry.Domain) bool { return d.Kind == registry.ChineseDomain })
		r = h.must(h.ask("citydept.clerk", lifecycle.DomainCancelMatter, ref, map[string]string{"old": string(list[i].ID), "reason": "停用", "contact": "李", "phone": "1"}))
		h.climb(r.Case)
		h.file(ref, filing.ChineseDomain, "citydept.clerk", "注销1号")
		if d, err := h.registry.Domain(context.Background(), h.db, authz.System("test"), list[i].ID); err != nil || d.State != registry.DomainCancelled {
			t.Errorf("the Chinese domain is %s (%v)", d.State, err)
		}
		h.must(h.ask("citydept.clerk", lifecycle.DomainRegisterMatter, ref, domain("chinese", "西安商务.政务")))
		// 韩城 stands beside the cities: its own office reviews its departments'
		// names (sx2021.DomainReviewer).
		hanSite := h.site("handept", registry.DepartmentSite)
		names, err := h.registry.DomainsOf(context.Background(), h.db, authz.System("test"), registry.SiteID(hanSite.ID))
		if err != nil {
			t.Fatal(err)
		}
		han := h.must(h.ask("handept.clerk", lifecycle.DomainCancelMatter, hanSite, map[string]string{"old": string(names[slices.IndexFunc(names, func(d registry.Domain) bool { return d.Kind == registry.ChineseDomain })].ID), "reason": "停用", "contact": "李", "phone": "1"}))
		if _, steps, _, err := h.approvals.Case(context.Background(), authz.System("test"), han.Case.ID); err != nil || steps[len(steps)-1].Name != "韩城市人民政府办公室批准" {
			t.Errorf("a name of 韩城 is reviewed by %+v (%v)", steps, err)
		}
		prov := h.site("provdept", registry.DepartmentSite)
		list, err = h.registry.DomainsOf(context.Background(), h.db, authz.System("test"), registry.SiteID(prov.ID))
		if err != nil {
			t.Fatal(err)
		}
		r = h.must(h.ask("provdept.clerk", lifecycle.DomainCancelMatter, prov, map[string]string{"old": string(list[0].ID), "reason": "停用", "contact": "李", "phone": "1"}))
		if _, steps, _, err = h.approvals.Case(context.Background(), authz.System("test"), r.Case.ID); err != nil || len(steps) != 2 || steps[1].Unit != h.units["province"].ID {
			t.Errorf("who reviews a provincial department's domain: %+v (%v)", steps, err)
		}
	})
}

// Article 7(3): the 基本信息表 climbs to the State Council office; its document
// and the site code go into checklist and ledger.
func TestArticle07_3_BasicInfoFormBringsTheCode(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		site := h.siteOf(h.climb(h.mustApply("citydept")))
		ref := refOf(site)
		r := h.must(h.ask("citydept.clerk", lifecycle.BasicInfoMatter, ref, map[string]string{"name": site.Name, "host": site.Host, "address": "西安市", "server": "西安政务云", "contact": "李", "phone": "1"}))
		h.climbOut(r.Case, "国办秘函〔2026〕3号", "6101000007")
		ctx, scope := h.as("citydept.clerk", authz.LaunchManage)
		list, err := h.svc.Checklist(ctx, scope, ref)
		if err != nil || !list.Items[0].Done() || list.Items[0].Value != "国办秘函〔2026〕3号" || !list.Items[1].Done() {
			t.Fatalf("checklist %+v (%v)", list.Items, err)
		}
		if s, _ := h.registry.Site(ctx, scope, site.ID); s.SiteCode != "6101000007" {
			t.Errorf("code %s", s.SiteCode)
		}
	})
}

// Article 8(1): an outage does not wait for an approved pause, nor use it up.
func TestArticle08_1_EmergencyWhileAPauseIsApproved(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ref := h.site("citydept", registry.DepartmentSite)
		h.climb(h.must(h.ask("citydept.clerk", lifecycle.OfflineMatter, ref, pause(h.day(10), h.day(20)))).Case)
		h.must(h.ask("citydept.clerk", lifecycle.EmergencyMatter, ref, map[string]string{"emergency": "force_majeure", "began": h.day(0), "cause": "机房断电"}))
		if c := h.course("citydept.clerk", ref); c.Window.State != lifecycle.WindowRunning || c.Window.Emergency == "" || len(c.Windows) != 2 {
			t.Errorf("the window shown is %+v of %d", c.Window, len(c.Windows))
		}
		h.must(h.ask("citydept.clerk", lifecycle.ResumeMatter, ref, map[string]string{"checked": "yes", "result": "已恢复供电"}))
		c := h.course("citydept.clerk", ref)
		if c.Window.State != lifecycle.WindowApproved || c.Charged != 1 {
			t.Errorf("afterwards %+v, charged %d", c.Window, c.Charged)
		}
		// Until the report is in, the outage has used up the year.
		h.hang(ref, sx2021.OfflineNotice, calendar.DateOf(h.clock.Now()))
		h.clock.Advance(10 * dayLong)
		if _, err := h.ask("citydept.clerk", lifecycle.GoOfflineMatter, ref, nil); !slices.Contains(reasons(err), "S8.1a.once") {
			t.Errorf("a second time off the net: %v %v", err, reasons(err))
		}
		h.must(h.ask("city.chief", lifecycle.ReportMatter, ref, map[string]string{"number": "市政办函〔2026〕9号", "on": h.day(0), "sealed": "yes"}, "report"))
		h.must(h.ask("citydept.clerk", lifecycle.GoOfflineMatter, ref, nil))
	})
}

// abolish ends a unit, as a reorganisation does, without and with somebody who
// follows it.
func (h *house) abolish(unit, successor string) {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	if err := h.db.Update(ctx, func(tx *db.Tx) error {
		today := calendar.DateOf(tx.Now())
		if _, err := tx.Exec(ctx, `UPDATE unit SET abolished_on = $1 WHERE id = $2`, today, h.units[unit].ID); err != nil {
			return err
		}
		if successor != "" {
			id := "act-" + unit
			if _, err := tx.Exec(ctx, `INSERT INTO reorganisation (id, kind, title, document, effective_on, plan, touched, done_by, done_by_name, done_at) VALUES ($1, 'merge', '合并', '陕编办〔2026〕1号', $2, '{}', '{}', 'test', 'test', $3)`, id, today, tx.Now()); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO unit_succession (unit_id, successor_id, act_id, main, since_on) VALUES ($1, $2, $3, TRUE, $4)`, h.units[unit].ID, h.units[successor].ID, id, today); err != nil {
				return err
			}
			if err := approval.Reorganise().Carry(ctx, tx, org.Carrying{Act: id, Document: "陕编办〔2026〕1号", On: today, From: h.units[unit].ID, Main: h.units[successor].ID}); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "test.abolish"})
	}); err != nil {
		h.t.Fatal(err)
	}
}

// A unit abolished while its application climbs: nothing is opened for a unit
// that is no more; what follows it takes the application over.
func TestUnitAbolishedWhileItsCaseClimbs(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.mustApply("citydept")
		if _, err := h.decide("city.chief", c.ID, approval.Decision{Act: "pass", StepNo: 1}); err != nil {
			t.Fatal(err)
		}
		h.abolish("citydept", "")
		_, err := h.decide("province.chief", c.ID, approval.Decision{Act: "approve", StepNo: 2})
		if !fault.Is(err, fault.Refused) || !strings.Contains(fault.Of(err).Says, "“西安市商务局”已于2026年3月2日撤销") {
			t.Errorf("opened for a unit that is no more: %v", err)
		}
		ctx, scope := h.as("province.chief", authz.CaseDecide)
		if p, err := h.approvals.Present(ctx, scope, c.ID); err != nil || len(p.Facts) == 0 {
			t.Errorf("the case cannot be read any more: %v", err)
		}
		if got, err := h.approvals.End(ctx, scope, c.ID, "机构改革"); err != nil || got.State != approval.Ended {
			t.Errorf("ended %+v (%v)", got, err)
		}

		c = h.mustApply("yangdept")
		h.abolish("yangdept", "yangling")
		if c = h.climb(c); c.State != approval.Approved || h.siteOf(c).Unit != h.units["yangling"].ID {
			t.Errorf("%s, the site is %s's", c.State, h.siteOf(c).UnitName)
		}
	})
}

// An office abolished after it passed an application does not undo the chain.
func TestOfficeAbolishedAfterItPassed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.must(h.wish("countydept.clerk", "countydept", lifecycle.AccountOpeningMatter, wish("weibo", "雁塔商务"))).Case
		if _, err := h.decide("county.chief", c.ID, approval.Decision{Act: "pass", StepNo: 1}); err != nil {
			t.Fatal(err)
		}
		h.abolish("county", "")
		ctx, scope := h.as("city.chief", authz.CaseDecide)
		if _, err := h.approvals.Present(ctx, scope, c.ID); err != nil {
			t.Errorf("the city cannot read it: %v", err)
		}
		for n, who := range []string{"city.chief", "province.chief"} {
			act := []string{"pass", "approve"}[n]
			if _, err := h.decide(who, c.ID, approval.Decision{Act: act, StepNo: n + 2}); err != nil {
				t.Fatalf("%s: %v", who, err)
			}
		}
	})
}

// Readings 21: who checks before submitting is told what a protected period holds back,
// as who submits is.
func TestReadings21_TheCheckForeseesWhatIsHeldBack(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ref := h.site("citydept", registry.DepartmentSite)
		ctx, scope := h.as("citydept.clerk", authz.LaunchManage)
		a := lifecycle.Application{Matter: lifecycle.OfflineMatter, Object: ref, Values: pause(h.day(3), h.day(9))}
		wrong := func() (out []string) {
			t.Helper()
			_, blank, err := h.svc.Blank(ctx, scope, lifecycle.Application{Matter: lifecycle.OfflineMatter, Object: ref})
			if err != nil {
				t.Fatal(err)
			}
			c, err := h.svc.Check(ctx, scope, a)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range slices.Concat(blank.Verdicts, c.Verdicts) {
				if !v.OK && v.Rule == "S22.1.vigil" {
					out = append(out, v.Note)
				}
			}
			return out
		}
		if got := wrong(); len(got) != 0 {
			t.Errorf("nothing is held back: %q", got)
		}
		h.held = fault.New(fault.Refused, "现在是重要保障期。").Because(fault.Reason{ID: "S22.1.vigil", Citation: "第二十二条", Says: "确保安全运行"})
		if got := wrong(); !slices.Equal(got, []string{"现在是重要保障期。", "现在是重要保障期。"}) {
			t.Errorf("the check says %q", got)
		}
		if _, err := h.ask("citydept.clerk", lifecycle.OfflineMatter, ref, a.Values); !fault.Is(err, fault.Refused) {
			t.Errorf("submitted: %v", err)
		}
	})
}
