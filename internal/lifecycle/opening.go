package lifecycle

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// Opening is the application of Article 7(1)-(2) as it is filled in.
type Opening struct {
	Unit          org.UnitID    `json:"unit"`
	Name          string        `json:"name"`   // of the site
	Host          string        `json:"host"`   // English domain
	ChineseDomain string        `json:"domain"` // 中文域名, may come later
	Hosted        bool          `json:"hosted"` // on the shared platform, Article 26
	Hosting       string        `json:"hosting"`
	Event         bool          `json:"event"`  // for one event or campaign
	Reason        string        `json:"reason"` // 开设事由
	Contact       string        `json:"contact"`
	Phone         string        `json:"phone"`
	Principal     string        `json:"principal"`    // 主要负责同志
	ByPrincipal   bool          `json:"by_principal"` // the signature is the principal's own
	ConsentOn     calendar.Date `json:"consent_on"`
}

// Checked is what the rules say of an application now.
type Checked struct {
	Unit     org.Unit
	Kind     registry.SiteKind
	Applying org.Unit // who submits
	Standing []rules.Breach
	Lifted   []rules.Breach // the province granted an exception
	Verdicts []approval.Verdict
	// Steps of the chain from the first review on; empty when the unit may not
	// apply at all.
	Steps []approval.Step
}

// Blocked reports whether something speaks against the application.
func (c Checked) Blocked() bool { return len(c.Standing) > 0 }

// ConsentFile is the kind of attachment that carries the signed page of step 0.
const ConsentFile = "consent"

// CheckOpening says what the rules say of the application as far as it is
// filled in, without the consent and the files: the live check of the form.
func (s *Service) CheckOpening(ctx context.Context, scope authz.Scope, o Opening) (Checked, error) {
	u, err := s.org.Unit(ctx, scope, o.Unit)
	if err != nil {
		return Checked{}, err
	}
	return s.judge(ctx, s.db, u, o, nil, s.today())
}

// judged are the rules an application is shown to have been held against, in
// the order of the articles; those of consent only once it is submitted.
func judged(kind registry.SiteKind, clause string, consent bool) []rules.Rule {
	holder := sx2021.DeptSiteHolder
	quota := sx2021.CountyDeptNoSite
	if kind == registry.Portal {
		holder, quota = sx2021.PortalHolder, sx2021.GovernmentMustOpen
	}
	list := []rules.Rule{sx2021.SiteHolder, holder}
	if kind != registry.Portal {
		list = append(list, quota)
	}
	list = append(list, sx2021.OneUnitOneSite, sx2021.NothingForEvents)
	if consent {
		if clause == "S7.2b" {
			list = append(list, sx2021.DepartmentConsent, sx2021.DepartmentLevels)
		} else {
			list = append(list, sx2021.GovernmentConsent, sx2021.GovernmentLevels)
		}
	}
	return list
}

// judge gathers the facts and asks the rules. signed is step 0 as taken, nil
// while the form is still being filled in.
func (s *Service) judge(ctx context.Context, q db.Querier, u org.Unit, o Opening, signed *sx2021.StepDone, on calendar.Date) (Checked, error) {
	out := Checked{Unit: u, Kind: registry.DepartmentSite, Applying: u}
	law, err := s.lawUnit(ctx, q, u)
	if err != nil {
		return out, err
	}
	if k, ok := sx2021.SiteKindFor(law); ok {
		out.Kind = registry.SiteKind(k)
	}
	holder, err := s.sameHolder(ctx, q, u)
	if err != nil {
		return out, err
	}
	held, err := s.heldSites(ctx, q, holder)
	if err != nil {
		return out, err
	}
	kind := sx2021.SiteKind(out.Kind)
	breaches := sx2021.CheckScope(sx2021.Holding{Unit: law, Object: sx2021.Site, SiteKind: kind, HasParent: u.Parent != ""})
	outside := len(breaches) > 0
	if !outside {
		breaches = append(breaches, sx2021.CheckZone(law, kind)...)
		breaches = append(breaches, sx2021.CheckOpening(sx2021.Opening{Unit: law, Object: sx2021.Site, SiteKind: kind, Event: o.Event, Sites: held})...)
	}
	chain := sx2021.Chain(law)
	if signed != nil && !outside {
		breaches = append(breaches, sx2021.CheckChain(chain, []sx2021.StepDone{*signed})...)
	}
	granted, err := s.granted(ctx, q, holder)
	if err != nil {
		return out, err
	}
	out.Standing, out.Lifted = rules.Lift(rules.Binding(breaches, on), granted, on)
	out.Verdicts = verdicts(judged(out.Kind, chain[0].Clause, signed != nil), out.Standing, out.Lifted)
	if outside {
		return out, nil
	}
	if out.Applying, err = s.applyingUnit(ctx, q, u, chain); err != nil {
		return out, err
	}
	out.Steps, err = s.steps(ctx, q, u, chain)
	return out, err
}

func verdicts(list []rules.Rule, standing, lifted []rules.Breach) []approval.Verdict {
	var out []approval.Verdict
	seen := map[string]bool{}
	add := func(r rules.Rule) {
		if seen[r.ID] {
			return
		}
		seen[r.ID] = true
		v := approval.Verdict{OK: true, Rule: r.ID, Citation: r.Citation, Says: r.Says}
		for _, b := range standing {
			if b.Rule.ID == r.ID {
				v.OK, v.Note = false, b.Detail
			}
		}
		for _, b := range lifted {
			if b.Rule.ID == r.ID {
				v.Lifted, v.Note = true, b.Detail+"省政府办公厅已批准例外。"
			}
		}
		out = append(out, v)
	}
	for _, r := range list {
		add(r)
	}
	for _, b := range slices.Concat(standing, lifted) {
		add(b.Rule)
	}
	return out
}

// check looks at the form itself.
func (o *Opening) check(today calendar.Date) error {
	var f fault.Fields
	text := func(p *string, name, what string, limit int, must bool) {
		*p = strings.TrimSpace(*p)
		switch n := len([]rune(*p)); {
		case n == 0 && must:
			f.Add(name, "请填写"+what)
		case n > limit:
			f.Add(name, fmt.Sprintf("%s超过 %d 字，请压缩", what, limit))
		}
	}
	text(&o.Name, "name", "网站名称", 60, true)
	text(&o.Host, "host", "英文域名", 253, true)
	text(&o.ChineseDomain, "domain", "中文域名", 80, false)
	text(&o.Hosting, "hosting", "建设和托管方式说明", 500, !o.Hosted)
	text(&o.Reason, "reason", "开设事由", 1000, true)
	text(&o.Contact, "contact", "联系人", 30, true)
	text(&o.Phone, "phone", "联系电话", 30, true)
	text(&o.Principal, "principal", "主要负责同志姓名", 30, true)
	if o.Host != "" {
		h, err := registry.NormalizeHost(o.Host)
		if err != nil {
			f.Add("host", fault.Of(err).Says)
		} else {
			o.Host = h
		}
	}
	if o.ChineseDomain != "" {
		if !isChineseDomain(o.ChineseDomain) {
			f.Add("domain", "中文域名不符合格式，应像 某某市商务局.政务")
		}
	}
	if o.ConsentOn.After(today) {
		f.Add("consent_on", "同意日期晚于今天，请核对")
	}
	return f.Err()
}

// title is what the case is called.
func (o Opening) title(u org.Unit) string { return u.Name + "申请开设“" + o.Name + "”" }

// prepare checks form, rules and files' presence, and says which breaches
// stand. consentOnFile is true when a signed page was kept earlier.
func (s *Service) prepare(ctx context.Context, q db.Querier, scope authz.Scope, o *Opening, uploads []approval.Upload, consentOnFile bool) (Checked, error) {
	today := s.today()
	u, err := s.org.UnitTx(ctx, q, scope, o.Unit)
	if err != nil {
		return Checked{}, err
	}
	if err := o.check(today); err != nil {
		return Checked{}, err
	}
	file := consentOnFile || slices.ContainsFunc(uploads, func(u approval.Upload) bool { return u.Kind == ConsentFile })
	signed := sx2021.StepDone{Act: sx2021.Consent, Body: sx2021.ThePrincipal, Level: sx2021.Level(u.Level),
		Name: o.Principal, On: o.ConsentOn, File: file, ByPrincipal: o.ByPrincipal}
	c, err := s.judge(ctx, q, u, *o, &signed, today)
	if err != nil {
		return c, err
	}
	if err := rules.Refuse(c.Standing); err != nil {
		return c, onFields(err)
	}
	_, err = s.registry.SiteByHost(ctx, q, authz.System("lifecycle.host"), o.Host)
	switch {
	case err == nil:
		return c, fault.Newf(fault.Invalid, "域名 %s 已登记给另一个网站，请核对。", o.Host).On("host", "这个域名已登记给另一个网站")
	case !fault.Is(err, fault.NotFound):
		return c, err
	}
	if _, err := applicant(ctx, c.Applying); err != nil {
		return c, err
	}
	return c, nil
}

// onFields points a refusal at the fields that can mend it.
func onFields(err error) error {
	f := fault.Of(err)
	for _, r := range f.Reasons {
		switch r.ID {
		case sx2021.GovernmentConsent.ID, sx2021.DepartmentConsent.ID:
			name, says := "consent", "请上传主要负责同志签字页"
			switch {
			case strings.Contains(r.Says, "分管领导"):
				name, says = "by_principal", "须由主要负责同志本人签字"
			case strings.Contains(r.Says, "日期，"):
				name, says = "consent_on", "请填写同意日期"
			}
			f.On(name, says)
		case sx2021.NothingForEvents.ID:
			f.On("event", "专项工作请在门户网站开设专题")
		}
	}
	return f
}

// applicant is the signed-in person, who must handle applications at the very
// unit that applies.
func applicant(ctx context.Context, applying org.Unit) (*authz.Session, error) {
	session := authz.SessionFrom(ctx)
	if session == nil {
		return nil, fault.New(fault.SignIn, "请先登录。")
	}
	if !approval.MayAmend(session, approval.Case{Unit: applying.ID}) {
		return nil, fault.Newf(fault.Refused, "这项申请应由“%s”提出，您不是该单位的经办人员；请联系该单位办理。", applying.Name)
	}
	return session, nil
}

// ApplyOpening submits the application and puts it before the first office.
// The breaches that stand, or that an exception lifts, come with the answer.
func (s *Service) ApplyOpening(ctx context.Context, scope authz.Scope, o Opening, uploads []approval.Upload) (approval.Case, []rules.Breach, error) {
	// Everything is checked before a byte is stored, and again inside the
	// transaction, where it counts.
	c, err := s.prepare(ctx, s.db, scope, &o, uploads, false)
	if err != nil {
		return approval.Case{}, c.Standing, err
	}
	files, err := s.take(ctx, uploads)
	if err != nil {
		return approval.Case{}, nil, err
	}
	var opened approval.Case
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if c, err = s.prepare(ctx, tx, scope, &o, uploads, false); err != nil {
			return err
		}
		session, err := applicant(ctx, c.Applying)
		if err != nil {
			return err
		}
		if opened, err = s.approvals.Submit(ctx, tx, approval.Application{
			Kind: OpeningKind, Title: o.title(c.Unit), Unit: c.Applying.ID, Applicant: org.PersonID(session.PersonID),
			Form: o, ConsentBy: o.Principal, ConsentOn: o.ConsentOn, Steps: c.Steps,
		}); err != nil {
			return err
		}
		return s.keep(ctx, tx, opened.ID, files, c)
	})
	if err != nil {
		return approval.Case{}, c.Standing, err
	}
	return opened, c.Lifted, nil
}

// Opening is the application as it stands, of a case in scope.
func (s *Service) Opening(ctx context.Context, scope authz.Scope, id approval.CaseID) (approval.Case, Opening, error) {
	c, err := s.approvals.CaseTx(ctx, s.db, scope, id)
	if err != nil {
		return c, Opening{}, err
	}
	o, err := openingOf(c)
	return c, o, err
}

func openingOf(c approval.Case) (Opening, error) {
	var o Opening
	if c.Kind != OpeningKind {
		return o, fault.Missing("开设申请")
	}
	if err := json.Unmarshal(c.Form, &o); err != nil {
		return o, fmt.Errorf("lifecycle: read opening %s: %w", c.ID, err)
	}
	return o, nil
}

// ResubmitOpening amends a returned application and puts it before the office
// that returned it. The unit cannot be exchanged; files kept earlier stay.
func (s *Service) ResubmitOpening(ctx context.Context, scope authz.Scope, id approval.CaseID, o Opening, uploads []approval.Upload, why string) (approval.Case, []rules.Breach, error) {
	var checked Checked
	look := func(q db.Querier) error {
		c, err := s.approvals.CaseTx(ctx, q, scope, id)
		if err != nil {
			return err
		}
		before, err := openingOf(c)
		if err != nil {
			return err
		}
		if c.State != approval.Returned {
			return fault.New(fault.Conflict, "这件申请现在是“"+c.StateName()+"”，不能补正。请刷新后再看。")
		}
		o.Unit = before.Unit
		have, err := approval.Attachments(ctx, q, "case", string(id))
		if err != nil {
			return err
		}
		signed := slices.ContainsFunc(have, func(a approval.Attachment) bool { return a.Kind == ConsentFile })
		// The unit was in scope when the case was opened; the case is in scope now.
		checked, err = s.prepare(ctx, q, authz.System("lifecycle.resubmit"), &o, uploads, signed)
		return err
	}
	if err := look(s.db); err != nil {
		return approval.Case{}, checked.Standing, err
	}
	files, err := s.take(ctx, uploads)
	if err != nil {
		return approval.Case{}, nil, err
	}
	var c approval.Case
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if err := look(tx); err != nil {
			return err
		}
		if c, err = s.approvals.Resubmit(ctx, tx, scope, id, o.title(checked.Unit), o, why); err != nil {
			return err
		}
		return s.keep(ctx, tx, id, files, checked)
	})
	if err != nil {
		return approval.Case{}, checked.Standing, err
	}
	return c, checked.Lifted, nil
}

// take keeps the uploads' bytes; owners come in the transaction. A blob that
// never gets an owner is swept.
func (s *Service) take(ctx context.Context, uploads []approval.Upload) ([]approval.Attachment, error) {
	const most = 12
	if len(uploads) > most {
		return nil, fault.Newf(fault.Invalid, "附件超过 %d 个，请合并后再上传。", most).On("other", "附件过多")
	}
	var out []approval.Attachment
	for _, u := range uploads {
		a, err := approval.Take(ctx, s.store, u)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// keep gives the files their owner and the case its verdicts of the moment.
func (s *Service) keep(ctx context.Context, tx *db.Tx, id approval.CaseID, files []approval.Attachment, c Checked) error {
	for _, a := range files {
		a.OwnerKind, a.OwnerID = "case", string(id)
		if _, err := approval.Attach(ctx, tx, a); err != nil {
			return err
		}
	}
	return s.remember(ctx, tx, id, c.Verdicts)
}

func (s *Service) remember(ctx context.Context, tx *db.Tx, id approval.CaseID, list []approval.Verdict) error {
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO opening_check (case_id, verdicts, checked_at) VALUES ($1, $2, $3)
		ON CONFLICT (case_id) DO UPDATE SET verdicts = excluded.verdicts, checked_at = excluded.checked_at`, id, string(text), tx.Now()); err != nil {
		return fmt.Errorf("lifecycle: keep verdicts: %w", err)
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "lifecycle.opening.check", Target: audit.Target{Kind: "case", ID: string(id)}, After: list})
}

// opened is what the province's approval brings about, in its transaction: the
// quota is asked again (two applications may have run side by side), then the
// planned site, its year, and its checklist.
func (s *Service) opened(ctx context.Context, tx *db.Tx, c approval.Case) error {
	o, err := openingOf(c)
	if err != nil {
		return err
	}
	today := calendar.DateOf(tx.Now())
	u, err := s.org.UnitTx(ctx, tx, authz.System("lifecycle.opened"), o.Unit)
	if err != nil {
		return err
	}
	have, err := approval.Attachments(ctx, tx, "case", string(c.ID))
	if err != nil {
		return err
	}
	signed := sx2021.StepDone{Act: sx2021.Consent, Body: sx2021.ThePrincipal, Level: sx2021.Level(u.Level), Name: o.Principal, On: o.ConsentOn,
		File: slices.ContainsFunc(have, func(a approval.Attachment) bool { return a.Kind == ConsentFile }), ByPrincipal: o.ByPrincipal}
	checked, err := s.judge(ctx, tx, u, o, &signed, today)
	if err != nil {
		return err
	}
	if err := rules.Refuse(checked.Standing); err != nil {
		return err
	}
	if err := s.remember(ctx, tx, c.ID, checked.Verdicts); err != nil {
		return err
	}
	slug := ""
	if o.Hosted {
		if slug, err = s.slugFor(ctx, tx, o.Host, c.Number); err != nil {
			return err
		}
	}
	site, err := s.registry.PlanSite(ctx, tx, registry.Site{
		Unit: u.ID, Kind: checked.Kind, Name: o.Name, Host: o.Host, ChineseDomain: o.ChineseDomain, Hosted: o.Hosted, Slug: slug,
		Contact: o.Phone, Source: "开设审批", SourceRef: c.Number, CaseID: string(c.ID),
	})
	if err != nil {
		return err
	}
	if err := s.obligations.Open(ctx, tx, obligation.Debt{
		Kind: LaunchObligation.ID, Unit: u.ID, Subject: subjectOf(site), Link: launchLink(site.ID), Due: calendar.Due{On: sx2021.LaunchBy(today)},
	}); err != nil {
		return err
	}
	return s.startChecklist(ctx, tx, site, o)
}

var noSlug = regexp.MustCompile(`[^a-z0-9]+`)

// slugFor is the short name of a hosted site, until its people choose another:
// the name in the domain, the whole domain, or the number of the case,
// whichever is free first.
func (s *Service) slugFor(ctx context.Context, tx *db.Tx, host, number string) (string, error) {
	label, _, _ := strings.Cut(strings.TrimPrefix(host, "www."), ".")
	for _, name := range []string{label, host, number} {
		slug := strings.Trim(noSlug.ReplaceAllString(strings.ToLower(name), "-"), "-")
		if slug == "" || len(slug) > 40 {
			continue
		}
		_, err := s.registry.SiteBySlug(ctx, tx, authz.System("lifecycle.slug"), slug)
		if fault.Is(err, fault.NotFound) {
			return slug, nil
		}
		if err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("lifecycle: no free short name for %s", host)
}

func subjectOf(site registry.Site) obligation.Subject {
	return obligation.Subject{Kind: "site", ID: string(site.ID), Name: site.Name}
}

func launchLink(id registry.SiteID) string { return "/console/sites/" + string(id) + "/launch" }

// present shows an opening. While it runs the rules are asked anew; once it has
// ended, what they said then is shown.
func (s *Service) present(ctx context.Context, c approval.Case) (approval.Presentation, error) {
	p := approval.Presentation{KindName: "开设网站申请", Amend: "/console/openings/" + string(c.ID) + "/amend"}
	o, err := openingOf(c)
	if err != nil {
		return p, err
	}
	u, err := s.org.Unit(ctx, authz.System("lifecycle.present"), o.Unit)
	if err != nil {
		return p, err
	}
	checked, err := s.judge(ctx, s.db, u, o, nil, s.today())
	if err != nil && !fault.Is(err, fault.Refused) {
		return p, err
	}
	p.Facts = o.facts(u, checked.Kind)
	kept, err := db.One(ctx, s.db, db.Value[string], `SELECT verdicts FROM opening_check WHERE case_id = $1`, c.ID)
	if err != nil {
		return p, fmt.Errorf("lifecycle: read verdicts: %w", err)
	}
	if err := json.Unmarshal([]byte(kept), &p.Verdicts); err != nil {
		return p, err
	}
	p.Judged = "提交或办结时的核对结果"
	if c.State == approval.InReview || c.State == approval.Returned {
		p.Judged = "按当前台账核对"
		p.Verdicts = merge(p.Verdicts, checked.Verdicts)
	}
	if c.State == approval.Approved {
		id, err := db.One(ctx, s.db, db.Value[registry.SiteID], `SELECT id FROM site WHERE case_id = $1`, c.ID)
		if err != nil && !db.None(err) {
			return p, err
		}
		if err == nil {
			p.Result, p.ResultName, p.ResultSays = launchLink(id), "上线清单", "网站已登记为筹建，请在 1 年内完成上线。"
		}
	}
	return p, nil
}

// merge replaces kept verdicts by newer ones of the same rule and keeps the
// rest: those of the consent do not change with the ledger.
func merge(kept, now []approval.Verdict) []approval.Verdict {
	out := slices.Clone(kept)
	for _, v := range now {
		if i := slices.IndexFunc(out, func(k approval.Verdict) bool { return k.Rule == v.Rule }); i >= 0 {
			out[i] = v
		} else {
			out = append(out, v)
		}
	}
	return out
}

func (o Opening) facts(u org.Unit, kind registry.SiteKind) []approval.Fact {
	way := "在集约化平台建设"
	if !o.Hosted {
		way = "自行建设：" + o.Hosting
	} else if o.Hosting != "" {
		way += "（" + o.Hosting + "）"
	}
	event, signer := "否", "主要负责同志本人"
	if o.Event {
		event = "是"
	}
	if !o.ByPrincipal {
		signer = "非主要负责同志"
	}
	var out []approval.Fact
	add := func(section, name, text string) {
		out = append(out, approval.Fact{Section: section, Name: name, Text: text})
	}
	add("单位与事由", "申请单位", u.Name)
	add("单位与事由", "单位性质", u.Kind.Name()+"（"+u.Level.Name()+"）")
	add("单位与事由", "开设事由", o.Reason)
	add("单位与事由", "是否专项活动网站", event)
	add("单位与事由", "联系人", o.Contact)
	add("单位与事由", "联系电话", o.Phone)
	add("站点信息", "网站名称", o.Name)
	add("站点信息", "网站类型", kind.Name())
	add("站点信息", "英文域名", o.Host)
	add("站点信息", "中文域名", o.ChineseDomain)
	add("站点信息", "建设方式", way)
	add("主要负责同志同意", "主要负责同志", o.Principal)
	add("主要负责同志同意", "签字人", signer)
	add("主要负责同志同意", "同意日期", o.ConsentOn.Chinese())
	return out
}

// isChineseDomain reports whether the name is a domain and written in Chinese:
// an English one in the wrong field would be registered as the unit's 中文域名.
func isChineseDomain(name string) bool {
	_, err := registry.NormalizeHost(name)
	return err == nil && strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}
