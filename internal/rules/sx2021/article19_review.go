package sx2021

import (
	"strings"

	"zhengshu/internal/calendar"
	"zhengshu/internal/rules"
)

// MinReviewPersons is how many different persons an item passes through,
// author included: nobody releases alone.
const MinReviewPersons = 2

// The rules of Article 19(3).
var (
	ReviewedFirst   = rule("S19.3a.reviewed_first", "第十九条（三）", "坚持分级分类审核、先审后发")
	AuthorNotFinal  = rule("S19.3a.author", "第十九条（三）", "明确发布审核主体和流程，坚持分级分类审核、先审后发")
	TwoPersons      = rule("S19.3a.persons", "第十九条（三）", "坚持分级分类审核、先审后发")
	GradedReview    = rule("S19.3a.graded", "第十九条（三）", "坚持分级分类审核")
	FiveGates       = rule("S19.3a.gates", "第十九条（三）", "严把政治关、法律关、政策关、保密关、文字关")
	RepostSource    = inPrinciple("S19.3b.source", "第十九条（三）", "原则上只转载党委和政府网站及有关主管部门确定的稿源单位发布的信息")
	ConsultedBefore = rule("S19.3c.consulted", "第十九条（三）", "发布信息涉及其他单位工作内容的，要提前做好沟通协调，确保相关信息全面客观")
)

// Gate is one of the five gates.
type Gate string

// The five gates of Article 19(3).
const (
	GatePolitical Gate = "political" // 政治关
	GateLegal     Gate = "legal"     // 法律关
	GatePolicy    Gate = "policy"    // 政策关
	GateSecrecy   Gate = "secrecy"   // 保密关
	GateWording   Gate = "wording"   // 文字关
)

// Gates lists the five in the order of the text.
func Gates() []Gate { return []Gate{GatePolitical, GateLegal, GatePolicy, GateSecrecy, GateWording} }

var gateName = map[Gate]string{GatePolitical: "政治关", GateLegal: "法律关", GatePolicy: "政策关", GateSecrecy: "保密关", GateWording: "文字关"}

// Stage is a step of the review.
type Stage string

// The stages of a review; an ordinary item may skip the second.
const (
	FirstReview  Stage = "first"
	SecondReview Stage = "second"
	FinalReview  Stage = "final"
)

// Grade is how much review an item needs.
type Grade string

// 「分级分类」 in two grades.
const (
	Ordinary  Grade = "ordinary"
	Important Grade = "important"
)

// Opinion is one reviewer's passed step.
type Opinion struct {
	Stage  Stage
	Person string
	On     calendar.Date
	// Stamps are the gates this person answered for; true is passed.
	Stamps map[Gate]bool
}

// Reviewed is an item about to be released.
type Reviewed struct {
	Author   string
	Grade    Grade
	Opinions []Opinion // in order of time; returns are not among them
	// Involves are the units whose work the item touches; Consulted those whose
	// consent is on record.
	Involves, Consulted []string
	// Awaited are the units asked for an opinion that have not given it.
	Awaited []string
	// Route is what the item has to pass through; empty leaves the settings.
	Route []RouteStep
	// Emergency: the item takes the lane of one reviewer now and another
	// afterwards. The gates, the two persons and the other units stand.
	Emergency bool
}

// RouteStep is one step of a review route.
type RouteStep struct {
	Stage  Stage
	Needed int  // how many persons must pass it
	Gates  bool // its reviewers stamp the gates
}

var stageName = map[Stage]string{FirstReview: "初审", SecondReview: "复审", FinalReview: "终审"}

// need is how many steps a grade takes at least.
func (g Grade) need(s Settings) int {
	if g == Important {
		return s.ImportantReviews
	}
	return s.OrdinaryReviews
}

// CheckRoute applies Article 19(3) to a route before it is set: no fewer steps
// than its grade needs, the final review last, the gates stamped somewhere.
func CheckRoute(steps []RouteStep, g Grade, s Settings) []rules.Breach {
	var out []rules.Breach
	seen := map[Stage]bool{}
	for _, t := range steps {
		seen[t.Stage] = true
	}
	if len(steps) == 0 || steps[len(steps)-1].Stage != FinalReview {
		out = append(out, ReviewedFirst.Breach("流程要以终审结束，请加上终审环节。"))
	}
	if len(seen) < g.need(s) {
		out = append(out, GradedReview.Breachf("这类信息至少%d级审核，流程只有%d级；请补足环节，不能少于规定。", g.need(s), len(seen)))
	}
	stamped := false
	for _, t := range steps {
		stamped = stamped || t.Gates
	}
	if !stamped {
		out = append(out, FiveGates.Breach("流程里没有一个环节负责五关，请至少选择一个环节把关。"))
	}
	return out
}

// CheckReview applies Article 19(3) at the moment of release: review before
// publication, in grades, by others than the author, through all five gates.
func CheckReview(r Reviewed, s Settings) []rules.Breach {
	n := len(r.Opinions)
	if n == 0 || r.Opinions[n-1].Stage != FinalReview {
		return []rules.Breach{ReviewedFirst.Breach("尚未通过终审，不能发布；请提交审核。")}
	}
	var out []rules.Breach
	if r.Opinions[n-1].Person == r.Author {
		out = append(out, AuthorNotFinal.Breach("终审人不能是作者本人，请由他人终审。"))
	}
	persons := map[string]bool{r.Author: true}
	steps := map[Stage]bool{}
	for _, o := range r.Opinions {
		persons[o.Person] = true
		steps[o.Stage] = true
	}
	if len(persons) < MinReviewPersons {
		out = append(out, TwoPersons.Breach("采编和审核由同一人完成，请至少由两人分别办理。"))
	}
	need := r.Grade.need(s)
	if r.Emergency {
		need = 1
	}
	if len(steps) < need {
		out = append(out, GradedReview.Breachf("该信息需%d级审核，现有%d级；请补足审核层级。", need, len(steps)))
	}
	for _, t := range r.Route {
		if n := passedBy(r, t.Stage); n < t.Needed {
			out = append(out, GradedReview.Breachf("%s需%d人通过，现有%d人；请其他审核人办理。", stageName[t.Stage], t.Needed, n))
		}
	}
	if open := openGates(r); len(open) > 0 {
		out = append(out, FiveGates.Breachf("以下关口未通过：%s；请审核人逐项把关。", strings.Join(open, "、")))
	}
	if open := notConsulted(r); len(open) > 0 {
		out = append(out, ConsultedBefore.Breachf("信息涉及%s，尚无沟通记录；请先征求意见并登记。", strings.Join(open, "、")))
	}
	if len(r.Awaited) > 0 {
		out = append(out, ConsultedBefore.Breachf("正在征求%s的意见，尚未答复；请等待答复。", strings.Join(r.Awaited, "、")))
	}
	return out
}

// passedBy is how many persons have passed the stage.
func passedBy(r Reviewed, stage Stage) int {
	persons := map[string]bool{}
	for _, o := range r.Opinions {
		if o.Stage == stage {
			persons[o.Person] = true
		}
	}
	return len(persons)
}

// openGates names the gates without a passing stamp by somebody other than
// the author, or whose last stamp is a refusal.
func openGates(r Reviewed) []string {
	last := map[Gate]bool{}
	for _, o := range r.Opinions {
		if o.Person == r.Author {
			continue
		}
		for g, passed := range o.Stamps {
			last[g] = passed
		}
	}
	var open []string
	for _, g := range Gates() {
		if !last[g] {
			open = append(open, gateName[g])
		}
	}
	return open
}

func notConsulted(r Reviewed) []string {
	asked := map[string]bool{}
	for _, u := range r.Consulted {
		asked[u] = true
	}
	var open []string
	for _, u := range r.Awaited {
		asked[u] = true // named below
	}
	for _, u := range r.Involves {
		if !asked[u] {
			open = append(open, u)
		}
	}
	return open
}

// Repost is the source of something reposted, on the day.
type Repost struct {
	// Known is true when a named body stands behind the item (来源 stated).
	Known bool
	// PartyOrGovernmentSite: a Party-committee or government site.
	PartyOrGovernmentSite bool
	// Listed: on a competent department's list or the 稿源 list in force.
	Listed bool
	// Frozen: on the list, and frozen since; nothing of it may be reposted.
	Frozen bool
	Name   string
	// SecondReviewer and SecondReason let a known source that stands on no list
	// through, once: the leave of 「原则上」 is given here per item at the second
	// level, so it needs no entry in the province's override table.
	SecondReviewer, SecondReason string
}

// CheckRepost applies Article 19(3) and 12(2) to a repost. An unknown source is
// always blocked; a known one that stands on no list may be let through at the
// second level with a reason (readings 14).
func CheckRepost(r Repost) []rules.Breach {
	switch {
	case !r.Known || blank(r.Name):
		return []rules.Breach{ContentSourceKnown.Breach("来源不明，不得转载；请查明并填写来源。")}
	case r.Frozen:
		return []rules.Breach{RepostSource.Breachf("稿源单位“%s”已被冻结，冻结期间不得转载；请改用名单内其他稿源。", r.Name)}
	case r.PartyOrGovernmentSite || r.Listed:
		return nil
	case !blank(r.SecondReviewer) && !blank(r.SecondReason):
		return nil
	}
	return []rules.Breach{RepostSource.Breachf("“%s”不在稿源名单内，请改用名单内稿源；确需转载的，由复审人写明理由。", r.Name)}
}
