package lifecycle

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notice"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// The matters of Article 8(1).
const (
	OfflineMatter   = "offline"
	GoOfflineMatter = "go_offline"
	UnusedMatter    = "offline_unused"
	ResumeMatter    = "resume"
	EmergencyMatter = "emergency_offline"
	ReportMatter    = "emergency_report"
)

// The clocks of Article 8(1).
var (
	OfflineEnd = obligation.Kind{
		ID: "offline_end", Name: "恢复上线", Clause: "S8.1a", Citation: sx2021.OfflineAtMost30.Citation,
		Says: "在批准的时间内恢复，下线时间不得超过30天", Remind: []int{7, 3, 1, 0}, Escalate: 0,
		// The province consented to the window, so it hears the next day.
		Province: 1,
	}
	EmergencyReport = obligation.Kind{
		ID: "emergency_report", Name: "紧急下线书面报备", Clause: "S8.1b", Citation: sx2021.EmergencyReported.Citation,
		Says: "主管单位及时以书面形式向省政府办公厅报备；补齐前计入当年下线次数", Remind: []int{0}, Escalate: 0,
		// The report is owed to the provincial office itself.
		Province: 1,
	}
)

// States of a window.
const (
	WindowApproved = "approved"
	WindowRunning  = "running"
	WindowEnded    = "ended"
	WindowUnused   = "unused"
)

// Window is one time off the net: approved, under way or past.
type Window struct {
	ID           string
	Object       registry.Ref
	Case         approval.CaseID
	Cause        string
	Emergency    sx2021.EmergencyReason
	State        string
	PlannedFrom  calendar.Date
	PlannedUntil calendar.Date
	From, Until  calendar.Date // as it really was
	Began, Ended time.Time     // when in those days, where the house knows
	Report       sx2021.WrittenReport
	ReportScan   string // attachment
	ReportUnit   org.UnitID
	CreatedAt    time.Time
}

// law is the window as the article sees it. An approval not yet used stands in
// the year it is planned for, so that two approvals cannot promise one use twice.
func (w Window) law() sx2021.Offline {
	o := sx2021.Offline{From: w.From, Until: w.Until, Cause: w.Cause, Emergency: w.Emergency, Report: w.Report}
	if w.State == WindowApproved {
		o.From, o.Until = w.PlannedFrom, w.PlannedUntil
	}
	return o
}

// Charged reports whether it uses up the year of its actual start.
func (w Window) Charged() bool {
	return w.State != WindowApproved && w.law().Charged()
}

// Days is the length that was approved, in days; the longest there is for an
// emergency.
func (w Window) Days() int {
	if w.Emergency != "" || w.PlannedFrom.IsZero() {
		return sx2021.MaxOfflineDays
	}
	return min(w.PlannedUntil.Sub(w.PlannedFrom), sx2021.MaxOfflineDays)
}

// DueOn is the day by which it must end; zero for an emergency that was
// reported, which has no statutory end, and before it began.
func (w Window) DueOn() calendar.Date {
	if w.From.IsZero() || w.Emergency != "" && w.Report.Missing() == "" {
		return calendar.Date{}
	}
	return w.From.AddDays(w.Days())
}

// KindName says what kind of window it is.
func (w Window) KindName() string {
	switch w.Emergency {
	case sx2021.ForceMajeure:
		return "紧急下线（不可抗力）"
	case sx2021.OrderedShutdown:
		return "紧急下线（责令紧急关停）"
	}
	return "临时下线"
}

// StateName is the state in Chinese.
func (w Window) StateName() string {
	return map[string]string{WindowApproved: "已批准，未下线", WindowRunning: "下线中", WindowEnded: "已恢复", WindowUnused: "未使用"}[w.State]
}

func (w Window) subject(o registry.Object) obligation.Subject {
	return obligation.Subject{Kind: "offline", ID: w.ID, Name: o.Name}
}

const windowSelect = `
	SELECT id, object_kind, object_id, case_id, cause, emergency, state, planned_from, planned_until, from_on, until_on, began_at, ended_at,
	       report_number, report_on, report_sealed, COALESCE(report_scan, ''), report_unit, created_at
	  FROM offline_window`

func scanWindow(r db.Scanner) (Window, error) {
	var w Window
	err := r.Scan(&w.ID, &w.Object.Kind, &w.Object.ID, &w.Case, &w.Cause, &w.Emergency, &w.State, &w.PlannedFrom, &w.PlannedUntil, &w.From, &w.Until, &w.Began, &w.Ended,
		&w.Report.Number, &w.Report.On, &w.Report.Sealed, &w.ReportScan, &w.ReportUnit, &w.CreatedAt)
	w.Report.Scan, w.Report.BySupervisor = w.ReportScan != "", w.ReportUnit != ""
	return w, err
}

// windows of an object, newest first.
func (s *Service) windows(ctx context.Context, q db.Querier, ref registry.Ref) ([]Window, error) {
	return db.All(ctx, q, scanWindow, windowSelect+` WHERE object_kind = $1 AND object_id = $2 ORDER BY created_at DESC, id DESC`, ref.Kind, ref.ID)
}

// window is the newest of an object for which pick is true.
func (s *Service) window(ctx context.Context, q db.Querier, ref registry.Ref, pick func(Window) bool) (Window, bool, error) {
	list, err := s.windows(ctx, q, ref)
	for _, w := range list {
		if pick(w) {
			return w, true, err
		}
	}
	return Window{}, false, err
}

func approvedWindow(w Window) bool { return w.State == WindowApproved }
func runningWindow(w Window) bool  { return w.State == WindowRunning }
func unreported(w Window) bool     { return w.Emergency != "" && w.Report.Missing() != "" }

// carried is what the object used of a year before the system counted, as its
// baseline record says (readings 10). The days are not known one by one.
func carried(ctx context.Context, q db.Querier, ref registry.Ref) ([]sx2021.Offline, error) {
	b, ok, err := registry.Baseline(ctx, q, ref)
	if err != nil || !ok || b.OfflineTimes == 0 {
		return nil, err
	}
	day := calendar.Date{Year: b.OfflineYear, Month: 1, Day: 1}
	return slices.Repeat([]sx2021.Offline{{From: day, Until: day, Cause: "存量认定时登记"}}, b.OfflineTimes), nil
}

// earlier are the windows that count, but for one, and what was carried in.
func (s *Service) earlier(ctx context.Context, q db.Querier, ref registry.Ref, but string) ([]sx2021.Offline, error) {
	out, err := carried(ctx, q, ref)
	if err != nil {
		return nil, err
	}
	list, err := s.windows(ctx, q, ref)
	for _, w := range list {
		if w.ID != but && w.State != WindowUnused {
			out = append(out, w.law())
		}
	}
	return out, err
}

const (
	pauseSection  = "下线安排"
	reportSection = "书面报备"
)

func offlineMatters() []Matter {
	running := []string{registry.Running}
	return []Matter{
		{
			ID: OfflineMatter, Name: "临时下线", Group: PauseGroup, Clause: "S8.1a", Citation: sx2021.OfflineOncePerYear.Citation, Objects: everything, From: running,
			Says: "因整改、系统升级等原因申请临时下线。每年不超过1次，每次不超过30天；批准并发布两处公告后方可下线。",
			Way:  ToProvince, By: Sponsor, Submit: "提交申请",
			Fields: []Field{
				{Section: pauseSection, Name: "from", Label: "计划下线日期", Kind: DayField, Narrow: true, Judged: true},
				{Section: pauseSection, Name: "until", Label: "计划恢复日期", Kind: DayField, Narrow: true, Judged: true, Hint: "下线当日不计，最长30天"},
				{Section: pauseSection, Name: "cause", Label: "下线原因", Kind: Paragraph, Max: 500, Hint: "写明整改内容或升级内容；不可抗力或被责令关停的，请改办“紧急下线”"},
				{Section: pauseSection, Name: "instead", Label: "下线期间的替代服务", Kind: Paragraph, Max: 500, Hint: "公众办事、投诉从哪里办理"},
				contact, phone,
			},
			Files: []File{otherFile}, judge: judgeOffline, ready: offlineAhead, outcome: offlineApproved,
			open: func(ctx context.Context, s *Service, q db.Querier, f *facts) (string, error) {
				_, ok, err := s.window(ctx, q, f.object.Ref, approvedWindow)
				if ok {
					return "已有一次批准的下线尚未使用", err
				}
				return "", err
			},
		},
		{
			ID: GoOfflineMatter, Name: "开始下线", Group: PauseGroup, Clause: "S8.1d", Citation: sx2021.OfflineApproved.Citation, Objects: everything, From: running, Act: "go_offline",
			Says: "省政府办公厅已批准、两处公告均已发布，现在开始下线。当年次数从今天计算。",
			Way:  AtOnce, By: Sponsor, Submit: "开始下线", Warn: "登记后即计入当年下线次数，并开始计算恢复期限。",
			judge: judgeGoingOffline, outcome: wentOffline,
			open: func(ctx context.Context, s *Service, q db.Querier, f *facts) (string, error) {
				w, ok, err := s.window(ctx, q, f.object.Ref, approvedWindow)
				switch {
				case err != nil || !ok:
					return "没有批准的下线时段", err
				case f.on.Before(w.PlannedFrom):
					return "计划于" + w.PlannedFrom.Chinese() + "下线，尚未到期", nil
				}
				return "", nil
			},
		},
		{
			ID: UnusedMatter, Name: "不再下线", Group: PauseGroup, Clause: "S8.1a", Citation: sx2021.OfflineOncePerYear.Citation, Objects: everything, From: running,
			Says: "已批准的下线不再使用，不计入当年次数，公告撤下。",
			Way:  AtOnce, By: Sponsor, Submit: "不再下线",
			Fields:  []Field{{Section: pauseSection, Name: "why", Label: "原因", Kind: Paragraph, Max: 300}},
			outcome: offlineUnused,
			open: func(ctx context.Context, s *Service, q db.Querier, f *facts) (string, error) {
				_, ok, err := s.window(ctx, q, f.object.Ref, approvedWindow)
				if !ok {
					return "没有批准的下线时段", err
				}
				return "", err
			},
		},
		{
			ID: ResumeMatter, Name: "恢复上线", Group: PauseGroup, Clause: "S8.1a", Citation: sx2021.OfflineAtMost30.Citation, Objects: everything, From: []string{registry.TemporarilyOffline}, Act: "resume",
			Says: "网站（账号）已可正常访问，登记恢复；下线公告随之撤下。",
			Way:  AtOnce, By: Sponsor, Submit: "登记恢复",
			Fields: []Field{
				{Section: "恢复情况", Name: "checked", Label: "已核对首页和主要栏目可以访问", Kind: Yes, need: always},
				{Section: "恢复情况", Name: "result", Label: "整改或升级结果", Kind: Paragraph, Max: 500},
			},
			outcome: resumed,
		},
		{
			ID: EmergencyMatter, Name: "紧急下线", Group: PauseGroup, Clause: "S8.1b", Citation: sx2021.EmergencyCause.Citation, Objects: everything, From: running, Act: "emergency_offline",
			Says: "因不可抗力长时间断电断网，或被责令紧急关停。主管单位书面报备后不计入当年次数，报备前计入。",
			Way:  AtOnce, By: Sponsor, Submit: "登记紧急下线", Warn: "登记后主管单位须及时向省政府办公厅书面报备；补齐前计入当年下线次数。",
			Fields: []Field{
				{Section: "紧急下线情况", Name: "emergency", Label: "原因类别", Kind: Radio, Judged: true, Options: []Option{
					{string(sx2021.ForceMajeure), "不可抗力", "长时间断电、断网等"}, {string(sx2021.OrderedShutdown), "责令紧急关停", "因无法落实有关安全要求"}}},
				{Section: "紧急下线情况", Name: "began", Label: "实际下线日期", Kind: DayField, Narrow: true},
				{Section: "紧急下线情况", Name: "cause", Label: "具体情况", Kind: Paragraph, Max: 500, Hint: "何时何故下线、责令单位和文号、预计恢复时间"},
			},
			Files: []File{{Kind: "order", Label: "责令关停文书或故障证明", Hint: "有的请上传"}},
			judge: judgeEmergency, ready: emergencyBegan, outcome: emergencyDone,
			prefill: func(_ context.Context, _ *Service, _ db.Querier, f *facts) (map[string]string, error) {
				return map[string]string{"began": f.on.String()}, nil
			},
		},
		{
			ID: ReportMatter, Name: "紧急下线书面报备", Group: PauseGroup, Clause: "S8.1b", Citation: sx2021.EmergencyReported.Citation, Objects: everything,
			From: []string{registry.Running, registry.TemporarilyOffline, registry.Exiting, registry.Closing},
			Says: "由主管单位向省政府办公厅书面报备，写明文号、加盖公章；齐备后这次下线不计入当年次数。",
			Way:  AtOnce, By: Supervisor, Submit: "登记书面报备",
			Fields: []Field{
				{Section: reportSection, Name: "number", Label: "报备文号", Max: 60, Optional: true, Judged: true},
				{Section: reportSection, Name: "on", Label: "报备日期", Kind: DayField, Narrow: true, Optional: true},
				{Section: reportSection, Name: "sealed", Label: "已加盖公章", Kind: Yes},
			},
			Files: []File{{Kind: "report", Label: "盖章扫描件"}},
			judge: judgeReport, outcome: reported,
			open: func(ctx context.Context, s *Service, q db.Querier, f *facts) (string, error) {
				_, ok, err := s.window(ctx, q, f.object.Ref, unreported)
				if !ok {
					return "没有待报备的紧急下线", err
				}
				return "", err
			},
		},
	}
}

func always(*Application) bool { return true }

func judgeOffline(ctx context.Context, s *Service, q db.Querier, f *facts) (verdict, error) {
	var v verdict
	earlier, err := s.earlier(ctx, q, f.object.Ref, "")
	if err != nil {
		return v, err
	}
	o := sx2021.Offline{From: f.app.Day("from"), Until: f.app.Day("until"), Cause: f.app.Text("cause")}
	if !f.final {
		// What is not typed yet is no breach yet.
		if o.From.IsZero() {
			o.From = f.on
		}
		if o.Until.IsZero() {
			o.Until = o.From
		}
		if o.Cause == "" {
			o.Cause = "…"
		}
	}
	v.ask(sx2021.CheckOffline(o, earlier), sx2021.OfflineCause, sx2021.OfflineOncePerYear, sx2021.OfflineAtMost30)
	return v, nil
}

// offlineAhead keeps the plan in the future and in order, when it is submitted.
func offlineAhead(_ context.Context, _ *Service, _ db.Querier, f *facts) error {
	var w fault.Fields
	from, until := f.app.Day("from"), f.app.Day("until")
	w.Check(!from.Before(f.on), "from", "计划下线日期早于今天，请核对")
	w.Check(until.After(from), "until", "计划恢复日期应晚于下线日期")
	w.Check(from.Sub(f.on) <= 366, "from", "计划下线日期在一年以后，请临近时再申请")
	return w.Err()
}

func offlineApproved(ctx context.Context, s *Service, tx *db.Tx, f *facts) (string, error) {
	from, until := f.app.Day("from"), f.app.Day("until")
	if until.Before(f.on) {
		return "", fault.Newf(fault.Refused, "计划恢复日期%s已经过去，请退回申请单位修改下线时间。", until.Chinese())
	}
	if _, ok, err := s.window(ctx, tx, f.object.Ref, approvedWindow); err != nil || ok {
		if err == nil {
			err = fault.Newf(fault.Conflict, "“%s”已有一次批准的下线尚未使用，不能再批准一次。", f.object.Name)
		}
		return "", err
	}
	id := ulid.Make().String()
	if _, err := tx.Exec(ctx, `
		INSERT INTO offline_window (id, object_kind, object_id, case_id, cause, state, planned_from, planned_until, created_at)
		VALUES ($1, $2, $3, $4, $5, 'approved', $6, $7, $8)`, id, f.object.Kind, f.object.ID, f.caseID, f.app.Text("cause"), from, until, tx.Now()); err != nil {
		return "", fmt.Errorf("lifecycle: open window: %w", err)
	}
	if err := audit.Record(ctx, tx, audit.Entry{Act: "lifecycle.offline.approve", Target: f.object.Target(), Basis: sx2021.OfflineApproved.Citation,
		After: map[string]any{"window": id, "from": from, "until": until}}); err != nil {
		return "", err
	}
	by := from
	if by.Before(f.on) {
		by = f.on
	}
	return CourseLink(f.object.Ref), s.owe(ctx, tx, sx2021.OfflineNotice, f.object, f.caseID, by)
}

func judgeGoingOffline(ctx context.Context, s *Service, q db.Querier, f *facts) (verdict, error) {
	var v verdict
	w, ok, err := s.window(ctx, q, f.object.Ref, approvedWindow)
	if err != nil {
		return v, err
	}
	st, err := s.notices.Standing(ctx, q, f.object.Ref, sx2021.OfflineNotice)
	if err != nil {
		return v, err
	}
	v.ask(sx2021.CheckGoingOffline(sx2021.GoingOffline{ProvinceApproved: ok, OwnNotice: ok && st.OwnNotice, Pinned: st.Pinned, LevelNotice: ok && st.LevelNotice, Object: f.object.Kind}),
		sx2021.OfflineApproved, sx2021.OfflineNotices, sx2021.OfflinePinned)
	if !ok {
		return v, nil
	}
	// Charged to the year of the actual start, which may not be the planned one.
	earlier, err := s.earlier(ctx, q, f.object.Ref, w.ID)
	if err != nil {
		return v, err
	}
	v.ask(sx2021.CheckOffline(sx2021.Offline{From: f.on, Until: f.on.AddDays(w.Days()), Cause: w.Cause}, earlier), sx2021.OfflineOncePerYear, sx2021.OfflineAtMost30)
	return v, nil
}

func wentOffline(ctx context.Context, s *Service, tx *db.Tx, f *facts) (string, error) {
	w, ok, err := s.window(ctx, tx, f.object.Ref, approvedWindow)
	if err != nil || !ok {
		return "", err
	}
	if f.on.Before(w.PlannedFrom) {
		return "", fault.Newf(fault.Refused, "计划于%s下线，尚未到期，不能提前下线。", w.PlannedFrom.Chinese())
	}
	if f.on.After(w.PlannedUntil) {
		return "", fault.Newf(fault.Refused, "批准的下线时段已于%s结束，请重新申请。", w.PlannedUntil.Chinese())
	}
	if _, err := s.registry.Move(ctx, tx, authz.System("lifecycle.offline"), f.object.Ref, "go_offline", sx2021.OfflineApproved.Citation, passage.Note{Says: w.Cause, CaseID: string(w.Case)}); err != nil {
		return "", err
	}
	var began any
	if f.on == calendar.DateOf(tx.Now()) {
		began = tx.Now()
	}
	if _, err := tx.Exec(ctx, `UPDATE offline_window SET state = 'running', from_on = $2, began_at = $3 WHERE id = $1`, w.ID, f.on, began); err != nil {
		return "", err
	}
	w.From = f.on
	return "", s.obligations.Open(ctx, tx, obligation.Debt{Kind: OfflineEnd.ID, Unit: f.object.Unit, Subject: w.subject(f.object), Link: CourseLink(f.object.Ref), Due: calendar.Due{On: w.DueOn()}})
}

func offlineUnused(ctx context.Context, s *Service, tx *db.Tx, f *facts) (string, error) {
	w, ok, err := s.window(ctx, tx, f.object.Ref, approvedWindow)
	if err != nil || !ok {
		if err == nil {
			err = fault.New(fault.Conflict, "没有批准的下线时段，可能刚被处理过，请刷新后再看。")
		}
		return "", err
	}
	return "", s.unused(ctx, tx, f.object, w, f.app.Text("why"))
}

// unused ends an approval nobody used: it charges no year (readings 3).
func (s *Service) unused(ctx context.Context, tx *db.Tx, o registry.Object, w Window, why string) error {
	if _, err := tx.Exec(ctx, `UPDATE offline_window SET state = 'unused' WHERE id = $1`, w.ID); err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Entry{Act: "lifecycle.offline.unused", Target: o.Target(), Basis: sx2021.OfflineOncePerYear.Citation, After: map[string]string{"window": w.ID, "why": why}}); err != nil {
		return err
	}
	_, err := s.notices.Annul(ctx, tx, o.Ref, sx2021.OfflineNotice, "下线未使用："+why)
	return err
}

func resumed(ctx context.Context, s *Service, tx *db.Tx, f *facts) (string, error) {
	o, err := s.registry.Move(ctx, tx, authz.System("lifecycle.resume"), f.object.Ref, "resume", sx2021.OfflineAtMost30.Citation, passage.Note{Says: f.app.Text("result")})
	if err != nil {
		return "", err
	}
	return "", s.endWindow(ctx, tx, o, "已恢复："+f.app.Text("result"))
}

// endWindow ends the window under way, its clock and its notices.
func (s *Service) endWindow(ctx context.Context, tx *db.Tx, o registry.Object, why string) error {
	w, ok, err := s.window(ctx, tx, o.Ref, runningWindow)
	if err != nil || !ok {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE offline_window SET state = 'ended', until_on = $2, ended_at = $3 WHERE id = $1`, w.ID, calendar.DateOf(tx.Now()), tx.Now()); err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Entry{Act: "lifecycle.offline.end", Target: o.Target(), After: map[string]string{"window": w.ID, "why": why}}); err != nil {
		return err
	}
	if _, err := s.obligations.Discharge(ctx, tx, OfflineEnd.ID, w.subject(o), why); err != nil {
		return err
	}
	_, err = s.notices.Release(ctx, tx, o.Ref, sx2021.OfflineNotice, why)
	return err
}

func judgeEmergency(_ context.Context, _ *Service, _ db.Querier, f *facts) (verdict, error) {
	var v verdict
	reason := sx2021.EmergencyReason(f.app.Text("emergency"))
	v.held = append(v.held, sx2021.EmergencyCause)
	if !f.final && reason == "" {
		return v, nil
	}
	if reason == "" {
		reason = "unnamed"
	}
	for _, b := range sx2021.CheckOffline(sx2021.Offline{From: f.on, Cause: f.app.Text("cause"), Emergency: reason}, nil) {
		if b.Rule.ID != sx2021.EmergencyReported.ID { // the paper comes after the fact
			v.breaches = append(v.breaches, b)
		}
	}
	return v, nil
}

func emergencyBegan(ctx context.Context, s *Service, q db.Querier, f *facts) error {
	var w fault.Fields
	began := f.app.Day("began")
	w.Check(!began.After(f.on), "began", "实际下线日期晚于今天，请核对")
	w.Check(f.on.Sub(began) <= sx2021.MaxOfflineDays, "began", "实际下线日期在30天以前，请按自行下线核实")
	if !f.object.LaunchedOn.IsZero() {
		w.Check(!began.Before(f.object.LaunchedOn), "began", "实际下线日期早于上线日期，请核对")
	}
	return w.Err()
}

func emergencyDone(ctx context.Context, s *Service, tx *db.Tx, f *facts) (string, error) {
	w := Window{ID: ulid.Make().String(), Object: f.object.Ref, Cause: f.app.Text("cause"), Emergency: sx2021.EmergencyReason(f.app.Text("emergency")), State: WindowRunning, From: f.app.Day("began")}
	if _, err := s.registry.Move(ctx, tx, authz.System("lifecycle.emergency"), f.object.Ref, "emergency_offline", sx2021.EmergencyCause.Citation, passage.Note{Says: w.KindName() + "：" + w.Cause}); err != nil {
		return "", err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO offline_window (id, object_kind, object_id, cause, emergency, state, from_on, created_at) VALUES ($1, $2, $3, $4, $5, 'running', $6, $7)`,
		w.ID, f.object.Kind, f.object.ID, w.Cause, w.Emergency, w.From, tx.Now()); err != nil {
		return "", fmt.Errorf("lifecycle: emergency: %w", err)
	}
	supervisor, err := s.supervisorOf(ctx, tx, f.object)
	if err != nil {
		return "", err
	}
	days := (s.settings().EmergencyReportHours + 23) / 24
	if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: EmergencyReport.ID, Unit: supervisor.ID, Subject: w.subject(f.object), Link: CourseLink(f.object.Ref), Due: calendar.Due{On: f.on.AddDays(days)}}); err != nil {
		return "", err
	}
	return "", s.obligations.Open(ctx, tx, obligation.Debt{Kind: OfflineEnd.ID, Unit: f.object.Unit, Subject: w.subject(f.object), Link: CourseLink(f.object.Ref), Due: calendar.Due{On: w.DueOn()}})
}

func judgeReport(_ context.Context, _ *Service, _ db.Querier, f *facts) (verdict, error) {
	var v verdict
	v.held = append(v.held, sx2021.EmergencyReported)
	if !f.final {
		return v, nil
	}
	r := sx2021.WrittenReport{Number: f.app.Text("number"), Sealed: f.app.Ticked("sealed"), Scan: f.has("report"), BySupervisor: true, On: f.app.Day("on")}
	if m := r.Missing(); m != "" {
		v.breaches = []rules.Breach{sx2021.EmergencyReported.Breachf("书面报备不完整（%s），补齐前计入当年下线次数；请补齐后再登记。", m)}
	} else if r.On.After(f.on) {
		v.breaches = []rules.Breach{sx2021.EmergencyReported.Breach("报备日期晚于今天，请核对。")}
	}
	return v, nil
}

func reported(ctx context.Context, s *Service, tx *db.Tx, f *facts) (string, error) {
	w, ok, err := s.window(ctx, tx, f.object.Ref, unreported)
	if err != nil || !ok {
		if err == nil {
			err = fault.New(fault.Conflict, "没有待报备的紧急下线，可能刚被别人登记，请刷新后再看。")
		}
		return "", err
	}
	number := f.app.Text("number")
	if _, err := tx.Exec(ctx, `UPDATE offline_window SET report_number = $2, report_on = $3, report_sealed = $4, report_scan = $5, report_unit = $6 WHERE id = $1`,
		w.ID, number, f.app.Day("on"), true, db.Null(f.kept["report"]), f.office.ID); err != nil {
		return "", err
	}
	if err := audit.Record(ctx, tx, audit.Entry{Act: "lifecycle.offline.report", Target: f.object.Target(), Basis: sx2021.EmergencyReported.Citation,
		After: map[string]string{"window": w.ID, "number": number, "office": string(f.office.ID)}}); err != nil {
		return "", err
	}
	if _, err := s.obligations.Discharge(ctx, tx, EmergencyReport.ID, w.subject(f.object), "报备文号 "+number); err != nil {
		return "", err
	}
	// Reported: it is not counted and has no statutory end.
	_, err = s.obligations.Annul(ctx, tx, OfflineEnd.ID, w.subject(f.object), "已书面报备，不计入当年下线次数")
	return "", err
}

// noticed is the object as the table of notices sees it (readings 2).
func (s *Service) noticed(ctx context.Context, q db.Querier, o registry.Object) (notice.Debt, error) {
	u, err := s.org.UnitTx(ctx, q, authz.System("lifecycle.notices"), o.Unit)
	if err != nil {
		return notice.Debt{}, err
	}
	law, err := s.lawUnit(ctx, q, u)
	if err != nil {
		return notice.Debt{}, err
	}
	kind, ok := sx2021.SiteKindFor(law)
	government := ok && kind == sx2021.Portal
	if o.Kind == sx2021.Site {
		government = o.SiteKind == registry.Portal
	}
	return notice.Debt{Object: o, OfGovernment: government, IsLevelPortal: o.Kind == sx2021.Site && o.SiteKind == registry.Portal, Top: government && u.Level == org.Province}, nil
}

// owe opens the notices of a kind about the object.
func (s *Service) owe(ctx context.Context, tx *db.Tx, kind sx2021.NoticeKind, o registry.Object, c approval.CaseID, by calendar.Date) error {
	d, err := s.noticed(ctx, tx, o)
	if err != nil {
		return err
	}
	d.Kind, d.Case, d.By = kind, c, by
	_, err = s.notices.Owe(ctx, tx, d)
	return err
}
