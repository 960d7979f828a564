package appraisal

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"zhengshu/internal/abridge"
	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
	"zhengshu/internal/rules/sx2021"
)

// OriginKind is what a line of a result is called among the origins of findings.
const OriginKind = "appraisal"

// OriginID names a line of an object.
func OriginID(object, indicator string) string { return object + "/" + indicator }

// Origin lets a line that judges found wrong become a finding, once the results
// are frozen: before, no judge is to know what another saw. What is judged by
// machine is a finding already.
func (s *Service) Origin() assessment.Source {
	return assessment.Source{Kind: OriginKind, Name: "考核评判表", Propose: s.propose}
}

func (s *Service) propose(ctx context.Context, q db.Querier, scope authz.Scope, id string) (assessment.Proposal, error) {
	objectID, indicator, _ := strings.Cut(id, "/")
	o, err := object(ctx, q, objectID)
	if err == nil && !o.In(scope) {
		err = fault.Missing("考核对象")
	}
	if err != nil {
		return assessment.Proposal{}, err
	}
	r, err := s.round(ctx, q, authz.System("appraisal.origin"), o.Round)
	if err != nil {
		return assessment.Proposal{}, err
	}
	if o.Kind == "office" {
		return assessment.Proposal{}, fault.New(fault.Refused, "监管工作考核评判的是主管单位，不是网站或账号，不能列为问题。需要追究的请登记问责。")
	}
	if !r.Frozen() || !o.RemovedAt.IsZero() {
		return assessment.Proposal{}, fault.New(fault.Conflict, "结果还没有冻结，评判表中的问题在冻结后才能列为问题。")
	}
	p, err := r.Pack()
	if err != nil {
		return assessment.Proposal{}, err
	}
	i, ok := p.Indicator(indicator)
	if !ok {
		return assessment.Proposal{}, fault.Missing("指标")
	}
	facts, err := s.factsOf(ctx, q, o.ID)
	if err != nil {
		return assessment.Proposal{}, err
	}
	corrections, err := s.standingCorrections(ctx, q, r.ID)
	if err != nil {
		return assessment.Proposal{}, err
	}
	now := Evaluate(p, r.Adopted(), facts, corrections[o.ID])
	at := slices.IndexFunc(now.Lines, func(l Line) bool { return l.Indicator == indicator && l.Outcome == packs.Violated })
	seen := slices.IndexFunc(facts.Lines, func(l Seen) bool { return l.Indicator == indicator && len(l.Marks) > 0 })
	if at < 0 || seen < 0 {
		return assessment.Proposal{}, fault.Newf(fault.Conflict, "“%s”现在不是人工评判为有问题的项，不能列为问题。", i.Name)
	}
	out := assessment.Proposal{Name: r.Name + " " + i.Name, Link: o.Link(), Unit: o.Unit, Saw: assessment.Saw{Object: registry.Ref{Kind: sx2021.Account, ID: o.Of}, Cause: causeOf(i), Severity: check.Error, Says: i.Name, Clause: i.ID}}
	if o.Kind == "site" {
		out.Object.Kind = sx2021.Site
	}
	if i.Kind == packs.Veto {
		out.Severity = check.Serious
	}
	for _, m := range facts.Lines[seen].Marks {
		if m.Outcome == packs.Violated && m.Says != "" {
			out.Says = abridge.Text(i.Name+"："+m.Says, 400)
			break
		}
	}
	sheets, err := s.sheets(ctx, q, r.ID, o.ID)
	if err != nil {
		return out, err
	}
	for _, h := range sheets {
		if h.Marks[indicator].Outcome == packs.Violated {
			out.Files = append(out.Files, h.Evidence...)
		}
	}
	out.Files = out.Files[:min(len(out.Files), 5)]
	return out, nil
}

// factsOf are the frozen facts of an object.
func (s *Service) factsOf(ctx context.Context, q db.Querier, object string) (f Facts, err error) {
	text, err := db.One(ctx, q, db.Value[string], `SELECT facts FROM appraisal_result WHERE object_id = $1`, object)
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal([]byte(text), &f)
}

// causeOf is the cause under which a person files what an indicator names.
func causeOf(i packs.Indicator) string {
	for _, c := range i.Checks {
		if id := assessment.CauseOf(c).ID; slices.ContainsFunc(assessment.ManualCauses(), func(c assessment.Cause) bool { return c.ID == id }) {
			return id
		}
	}
	return "other"
}
