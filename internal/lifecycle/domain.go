package lifecycle

import (
	"context"
	"slices"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/filing"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// The matters of Article 10 and the second climb of Article 7(3).
const (
	DomainRegisterMatter = "domain_register"
	DomainChangeMatter   = "domain_change"
	DomainCancelMatter   = "domain_cancel"
	BasicInfoMatter      = "basic_info"
)

const domainSection = "域名"

// heldSite are the states in which a site has domains to manage.
var heldSite = []string{registry.Planned, registry.Running, registry.TemporarilyOffline, registry.Closing}

// keptSite are those in which it may get another: one that closes gives up its
// names and takes no new one (Article 8(3)).
var keptSite = []string{registry.Planned, registry.Running, registry.TemporarilyOffline}

func domainMatters() []Matter {
	kindField := Field{Section: domainSection, Name: "domain_kind", Label: "域名种类", Kind: Radio, Judged: true, Options: []Option{
		{string(registry.EnglishDomain), "英文域名（.gov.cn）", ""}, {string(registry.ChineseDomain), "中文域名（.政务、.公益）", ""}}}
	oldField := Field{Section: domainSection, Name: "old", Label: "现有域名", Kind: Choice, Judged: true, choices: domainChoices}
	why := Field{Section: domainSection, Name: "reason", Label: "原因", Kind: Paragraph, Max: 500}
	says := "谁开设、谁申请、谁使用、谁负责。设区市政府办公厅（室）统一审核；没有设区市的由省政府办公厅审核。审核通过后向域名注册管理机构办理。"
	return []Matter{
		{
			ID: DomainRegisterMatter, Name: "注册域名", Group: DomainGroup, Clause: "S10.1", Citation: sx2021.OneDomainEach.Citation, Objects: sites, From: keptSite,
			Says: "一个网站原则上只能注册一个中文和一个英文域名。" + says, Way: ToReviewer, By: Sponsor, Submit: "提交申请",
			Fields: []Field{kindField, {Section: domainSection, Name: "host", Label: "拟注册域名", Max: 253, Judged: true, Hint: "如 www.yanta.gov.cn 或 雁塔区.政务"}, why, contact, phone},
			Files:  []File{{Kind: "domain_form", Label: "域名业务基本信息表", Hint: "加盖公章的扫描件"}, otherFile}, judge: judgeDomain, ready: domainReady, outcome: domainRegistered,
		},
		{
			ID: DomainChangeMatter, Name: "变更域名", Group: DomainGroup, Clause: "S10.1", Citation: sx2021.DomainCityReview.Citation, Objects: sites, From: keptSite,
			Says: "新域名代替现有域名，原域名停止使用并申请注销。" + says, Way: ToReviewer, By: Sponsor, Submit: "提交申请",
			Fields: []Field{oldField, {Section: domainSection, Name: "host", Label: "新域名", Max: 253, Judged: true}, why, contact, phone},
			Files:  []File{{Kind: "domain_form", Label: "域名业务基本信息表", Hint: "加盖公章的扫描件"}, otherFile}, judge: judgeDomain, ready: domainReady, outcome: domainChanged,
		},
		{
			ID: DomainCancelMatter, Name: "注销域名", Group: DomainGroup, Clause: "S10.2", Citation: sx2021.DomainCancelled.Citation, Objects: sites, From: heldSite,
			Says: "停止使用的域名，向域名注册管理机构申请注销。" + says, Way: ToReviewer, By: Sponsor, Submit: "提交申请",
			Fields: []Field{oldField, why, contact, phone}, Files: []File{otherFile}, judge: judgeDomain, outcome: domainGivenUp,
		},
		{
			ID: BasicInfoMatter, Name: "基本信息表报批", Group: OpenGroup, Clause: "S7.3c", Citation: sx2021.LaunchForm.Citation, Objects: sites, From: []string{registry.Planned},
			Says: "向本级政府办公厅（室）提交政府网站基本信息表，逐级审核并报国务院办公厅批准，取得政府网站标识码后方可上线。",
			Way:  ToNation, By: Sponsor, Submit: "提交基本信息表",
			Fields: []Field{
				{Section: "网站基本信息", Name: "name", Label: "网站名称", Max: 60}, {Section: "网站基本信息", Name: "host", Label: "英文域名", Kind: HostField, Max: 253},
				{Section: "网站基本信息", Name: "address", Label: "办公地址", Max: 200}, {Section: "网站基本信息", Name: "server", Label: "服务器所在地和托管单位", Max: 200, Hint: "不得部署在境外"},
				contact, phone,
			},
			Files: []File{otherFile}, outcome: basicInfoApproved,
			prefill: func(ctx context.Context, s *Service, q db.Querier, f *facts) (map[string]string, error) {
				site, err := s.registry.SiteTx(ctx, q, authz.System("lifecycle.prefill"), registry.SiteID(f.object.ID))
				return map[string]string{"name": site.Name, "host": site.Host, "address": site.Address, "phone": site.Contact}, err
			},
		},
	}
}

// domains are the site's that are held.
func (s *Service) domains(ctx context.Context, q db.Querier, f *facts) ([]registry.Domain, error) {
	list, err := s.registry.DomainsOf(ctx, q, authz.System("lifecycle.domains"), registry.SiteID(f.object.ID))
	return slices.DeleteFunc(list, func(d registry.Domain) bool {
		return d.State == registry.DomainCancelled || d.State == registry.DomainCancelling
	}), err
}

func domainChoices(ctx context.Context, s *Service, q db.Querier, f *facts) ([]Option, error) {
	list, err := s.registry.DomainsOf(ctx, q, authz.System("lifecycle.domains"), registry.SiteID(f.object.ID))
	var out []Option
	for _, d := range list {
		if d.State == registry.DomainActive || d.State == registry.DomainSuspended || string(d.ID) == f.app.Text("old") {
			out = append(out, Option{Value: string(d.ID), Label: d.Shown + "（" + d.Kind.Name() + "）"})
		}
	}
	return out, err
}

func (f *facts) domainKind(list []registry.Domain) registry.DomainKind {
	for _, d := range list {
		if string(d.ID) == f.app.Text("old") {
			return d.Kind
		}
	}
	return registry.DomainKind(f.app.Text("domain_kind"))
}

// judgeDomain asks Article 10. The office that reviews stands at the end of the
// chain the house computes, so an application cannot pass it by.
func judgeDomain(ctx context.Context, s *Service, q db.Querier, f *facts) (verdict, error) {
	var v verdict
	list, err := s.domains(ctx, q, f)
	if err != nil {
		return v, err
	}
	kind := f.domainKind(list)
	held := 0
	for _, d := range list {
		if d.Kind == kind {
			held++
		}
	}
	law := sx2021.EnglishDomain
	if kind == registry.ChineseDomain {
		law = sx2021.ChineseDomain
	}
	v.ask(sx2021.CheckDomain(sx2021.DomainAct{Kind: law, Held: held, New: f.matter.ID == DomainRegisterMatter, Sponsor: string(f.object.Unit), Applicant: string(f.unit.ID),
		ReviewedAt: sx2021.DomainReviewer(f.law), Unit: f.law}), sx2021.DomainHolder, sx2021.DomainCityReview)
	if f.matter.ID == DomainRegisterMatter {
		v.held = append(v.held, sx2021.OneDomainEach)
	}
	return v, nil
}

// domainReady keeps the name to its suffix and to one holder.
func domainReady(ctx context.Context, s *Service, q db.Querier, f *facts) error {
	host, err := registry.NormalizeHost(f.app.Text("host"))
	if err != nil {
		return err
	}
	list, err := s.domains(ctx, q, f)
	if err != nil {
		return err
	}
	var w fault.Fields
	if kind := f.domainKind(list); registry.DomainKindOf(host) != kind {
		w.Add("host", "“"+f.app.Text("host")+"”不是"+kind.Name()+"：英文域名应以 .gov.cn 结尾，中文域名应以 .政务 或 .公益 结尾")
	}
	_, n, err := s.registry.Domains(ctx, authz.System("lifecycle.domain"), registry.DomainFilter{Text: host, State: "held", Limit: 1})
	if err != nil {
		return err
	}
	w.Check(n == 0, "host", "这个域名已在台账中登记")
	return w.Err()
}

func (f *facts) domainWhy() registry.Why {
	return registry.Why{Says: f.app.Text("reason"), CaseID: string(f.caseID), Source: registry.ByApproval}
}

// domainRegistered puts the name into the ledger as applied for and opens the
// registration with the body outside.
func domainRegistered(ctx context.Context, s *Service, tx *db.Tx, f *facts) (string, error) {
	list, err := s.domains(ctx, tx, f)
	if err != nil {
		return "", err
	}
	kind := f.domainKind(list)
	main := !slices.ContainsFunc(list, func(d registry.Domain) bool { return d.Main && d.Kind == kind })
	if _, err := s.registry.AddDomain(ctx, tx, authz.System("lifecycle.domain"), registry.Domain{Host: f.app.Text("host"), Kind: kind, Main: main, Site: registry.SiteID(f.object.ID), Unit: f.object.Unit,
		State: registry.DomainApplying, CaseID: string(f.caseID), Source: "域名审批", SourceRef: f.number}, f.domainWhy()); err != nil {
		return "", err
	}
	return "", s.domainFiling(ctx, tx, f, filing.Item{Kind: filingKind(kind), Act: filing.Register, Note: "拟注册域名：" + f.app.Text("host")})
}

// domainChanged puts the new name in the old one's place and opens both
// registrations: the new one, and the cancellation of the old (Article 10).
func domainChanged(ctx context.Context, s *Service, tx *db.Tx, f *facts) (string, error) {
	old, err := s.registry.Domain(ctx, tx, authz.System("lifecycle.domain"), registry.DomainID(f.app.Text("old")))
	if err != nil {
		return "", err
	}
	next, err := s.registry.ChangeDomain(ctx, tx, authz.System("lifecycle.domain"), old.ID, registry.Domain{Host: f.app.Text("host"), CaseID: string(f.caseID),
		State: registry.DomainApplying, Source: "域名审批", SourceRef: f.number}, f.domainWhy())
	if err != nil {
		return "", err
	}
	if err := s.domainFiling(ctx, tx, f, filing.Item{Kind: filingKind(next.Kind), Act: filing.Change, Was: old.Shown, Note: "变更为：" + next.Shown}); err != nil {
		return "", err
	}
	return "", s.domainFiling(ctx, tx, f, filing.Item{Kind: filingKind(next.Kind), Act: filing.Cancel, Was: old.Shown})
}

func domainGivenUp(ctx context.Context, s *Service, tx *db.Tx, f *facts) (string, error) {
	d, err := s.registry.BeginCancel(ctx, tx, authz.System("lifecycle.domain"), registry.DomainID(f.app.Text("old")), f.domainWhy())
	if err != nil {
		return "", err
	}
	return "", s.domainFiling(ctx, tx, f, filing.Item{Kind: filingKind(d.Kind), Act: filing.Cancel, Was: d.Shown})
}

func filingKind(k registry.DomainKind) filing.Kind {
	if k == registry.ChineseDomain {
		return filing.ChineseDomain
	}
	return filing.EnglishDomain
}

func (s *Service) domainFiling(ctx context.Context, tx *db.Tx, f *facts, i filing.Item) error {
	i.Object, i.Case, i.Due = f.object, f.caseID, calendar.Due{On: f.on.AddDays(s.settings().CancelDays)}
	_, err := s.filings.Open(ctx, tx, i)
	return err
}

// basicInfoApproved carries the State Council office's document and the site
// code into checklist and ledger.
func basicInfoApproved(ctx context.Context, s *Service, tx *db.Tx, f *facts) (string, error) {
	items, err := s.items(ctx, tx, f.object.Ref)
	if err != nil {
		return "", err
	}
	have := Checklist{Items: items}
	form := LaunchItem{Kind: BasicInfoForm, Value: f.external.Document, On: f.external.On, Attachment: f.external.Attachment}
	code := LaunchItem{Kind: SiteCode, Value: f.external.Value}
	info, _ := Info(SiteCode)
	if err := code.check(info, f.object, f.on); err != nil {
		return "", err
	}
	for _, n := range []LaunchItem{form, code} {
		if err := s.writeItem(ctx, tx, f.object, have.item(n.Kind), n); err != nil {
			return "", err
		}
	}
	if err := s.intoLedger(ctx, tx, authz.System("lifecycle.basic_info"), f.object, code); err != nil {
		return "", onValue(err)
	}
	return launchLink(f.object.Ref), nil
}
