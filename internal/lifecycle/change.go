package lifecycle

import (
	"context"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// The matters of a running object: its name (Article 9), a new design, a new
// version (Article 7(3)).
const (
	RenameMatter     = "rename"
	RedesignMatter   = "redesign_release"
	AppReleaseMatter = "app_release"
)

const testSection = "安全检测"

var testFields = []Field{
	{Section: testSection, Name: "tester", Label: "检测单位", Max: 100, Optional: true},
	{Section: testSection, Name: "report_no", Label: "报告编号", Max: 80, Optional: true},
	{Section: testSection, Name: "tested_on", Label: "检测日期", Kind: DayField, Narrow: true, Optional: true, Hint: "距发布不超过90天（省级设置）"},
	{Section: testSection, Name: "passed", Label: "检测结论为通过", Kind: Yes},
}

func changeMatters() []Matter {
	running := []string{registry.Running}
	return []Matter{
		{
			ID: RenameMatter, Name: "变更名称", Group: RunGroup, Clause: "S9.1", Citation: sx2021.NameTied.Citation, Objects: everything,
			From: []string{registry.Running, registry.TemporarilyOffline},
			Says: "名称应简洁规范、容易识别，与本地本单位名称和工作职责相关联；账号名称原则上与本单位其他平台一致。由主管单位审核，原名称留存。",
			Way:  ToSupervisor, By: Sponsor, Submit: "提交申请",
			Fields: []Field{
				{Section: "名称", Name: "name", Label: "新名称", Max: 60, Judged: true},
				nameReason("名称"),
				{Section: "名称", Name: "verification", Label: "更名后的公开认证信息", Max: 100, Judged: true, Objects: []sx2021.ObjectKind{sx2021.Account}, Hint: "其中应有主办单位名称"},
				{Section: "名称", Name: "reason", Label: "变更原因", Kind: Paragraph, Max: 500},
			},
			Files: []File{otherFile}, judge: judgeName, outcome: renamed,
			ready: func(_ context.Context, _ *Service, _ db.Querier, f *facts) error {
				var w fault.Fields
				w.Check(f.app.Text("name") != f.object.Name, "name", "新名称与现名称相同")
				return w.Err()
			},
			prefill: func(ctx context.Context, s *Service, q db.Querier, f *facts) (map[string]string, error) {
				if f.object.Kind != sx2021.Account {
					return nil, nil
				}
				a, err := s.registry.Account(ctx, q, authz.System("lifecycle.prefill"), registry.AccountID(f.object.ID))
				return map[string]string{"verification": a.VerifiedAs}, err
			},
		},
		{
			ID: RedesignMatter, Name: "改版上线", Group: RunGroup, Clause: "S7.3e", Citation: sx2021.LaunchSecurity.Citation, Objects: sites, From: running,
			Says: "新改版网站未提供安全检测报告不得上线；登记后通知主管单位。",
			Way:  AtOnce, By: Sponsor, Submit: "登记改版上线",
			Fields: append([]Field{{Section: "改版情况", Name: "summary", Label: "改版内容", Kind: Paragraph, Max: 1000}}, testFields...),
			Files:  []File{{Kind: "report", Label: "安全检测报告"}}, judge: judgeRelease, outcome: redesigned,
		},
		{
			ID: AppReleaseMatter, Name: "发布新版本", Group: RunGroup, Clause: "S7.3e", Citation: sx2021.LaunchSecurity.Citation, Objects: []sx2021.ObjectKind{sx2021.App}, From: running,
			Says: "自行开发建设的移动客户端未提供安全检测报告不得上线；登记后通知主管单位。",
			Way:  AtOnce, By: Sponsor, Submit: "登记新版本",
			Fields: append([]Field{
				{Section: "版本", Name: "version", Label: "版本号", Max: 30, Narrow: true},
				{Section: "版本", Name: "store", Label: "应用商店", Max: 60},
				{Section: "版本", Name: "address", Label: "下载地址", Kind: AddressField, Max: 500},
				{Section: "版本", Name: "summary", Label: "更新内容", Kind: Paragraph, Max: 1000},
			}, testFields...),
			Files: []File{{Kind: "report", Label: "安全检测报告"}}, judge: judgeRelease, outcome: appReleased,
		},
	}
}

func judgeName(ctx context.Context, s *Service, q db.Querier, f *facts) (verdict, error) {
	var v verdict
	v.held = []rules.Rule{sx2021.NameTied}
	if err := s.askName(ctx, q, f, &v); err != nil || f.object.Kind != sx2021.Account {
		return v, err
	}
	name, verification := f.app.Text("name"), f.app.Text("verification")
	v.held = append(v.held, sx2021.AccountVerified, sx2021.SameName)
	if name == "" || verification == "" && !f.final {
		return v, nil
	}
	n := sx2021.Naming{Name: name, Sponsor: f.unit.Name, Verification: verification}
	others, err := s.otherNames(ctx, q, f.object)
	if err != nil {
		return v, err
	}
	n.OtherNames = others
	v.ask(sx2021.CheckNaming(n))
	return v, nil
}

func renamed(ctx context.Context, s *Service, tx *db.Tx, f *facts) (string, error) {
	why := registry.Why{Says: f.app.Text("reason"), CaseID: string(f.caseID), Source: registry.ByApproval}
	if _, err := s.registry.Rename(ctx, tx, authz.System("lifecycle.rename"), f.object.Ref, f.app.Text("name"), why); err != nil {
		return "", err
	}
	if f.object.Kind != sx2021.Account {
		return "", nil
	}
	id := registry.AccountID(f.object.ID)
	a, err := s.registry.Account(ctx, tx, authz.System("lifecycle.rename"), id)
	if err != nil {
		return "", err
	}
	n := a.Fields()
	n.VerifiedAs = f.app.Text("verification")
	_, err = s.registry.SetAccount(ctx, tx, authz.System("lifecycle.rename"), id, n, why, time.Time{})
	return "", err
}

func judgeRelease(_ context.Context, s *Service, _ db.Querier, f *facts) (verdict, error) {
	var v verdict
	v.held = []rules.Rule{sx2021.LaunchSecurity}
	if f.final {
		v.ask(sx2021.CheckLaunch(sx2021.Launch{Object: f.object.Kind, Redesign: true, On: f.on, Report: f.securityReport()}, s.settings()))
	}
	return v, nil
}

func (f *facts) securityReport() sx2021.SecurityReport {
	return sx2021.SecurityReport{File: f.has("report"), Passed: f.app.Ticked("passed"), Tester: f.app.Text("tester"), On: f.app.Day("tested_on")}
}

func redesigned(ctx context.Context, s *Service, tx *db.Tx, f *facts) (string, error) {
	return "", s.tellSupervisor(ctx, tx, f)
}

func appReleased(ctx context.Context, s *Service, tx *db.Tx, f *facts) (string, error) {
	v, err := s.registry.AddVersion(ctx, tx, authz.System("lifecycle.release"), registry.Version{App: registry.AccountID(f.object.ID), Number: f.app.Text("version"), ReleasedOn: f.on,
		Downloads: []registry.Download{{Store: f.app.Text("store"), URL: f.app.Text("address")}}, Tester: f.app.Text("tester"), TestedOn: f.app.Day("tested_on"), Passed: true,
		Note: f.app.Text("summary")}, registry.Why{Says: "发布新版本 " + f.number, Document: f.app.Text("report_no"), Source: registry.ByPerson})
	if err != nil {
		return "", err
	}
	// The report is the version's too: the ledger shows it there.
	report, err := approval.AttachmentByID(ctx, tx, f.kept["report"])
	if err != nil {
		return "", err
	}
	report.OwnerKind, report.OwnerID = registry.ReportOwner, string(v.ID)
	if _, err := approval.Attach(ctx, tx, report); err != nil {
		return "", err
	}
	return "", s.tellSupervisor(ctx, tx, f)
}

// tellSupervisor informs the supervisor of an act that needed no approval.
func (s *Service) tellSupervisor(ctx context.Context, tx *db.Tx, f *facts) error {
	office, err := s.supervisorOf(ctx, tx, f.object)
	if err != nil {
		return err
	}
	if _, err := notify.Send(ctx, tx, notify.Message{Key: "matter:" + f.number, Unit: string(office.ID), Link: CourseLink(f.object.Ref),
		Title: f.unit.Name + "登记" + f.matter.Name + "：" + f.object.Name, Body: f.app.Text("summary")}); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "lifecycle.release", Target: f.object.Target(), Basis: f.matter.Citation, After: map[string]string{"number": f.number, "tested": f.app.Text("tested_on")}})
}
