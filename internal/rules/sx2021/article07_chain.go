package sx2021

import (
	"zhengshu/internal/calendar"
	"zhengshu/internal/rules"
)

// StepAct is what happens at a step of the chain.
type StepAct string

// The acts of a chain, in the order they occur.
const (
	Consent      StepAct = "consent"       // 主要负责同志同意
	Apply        StepAct = "apply"         // 提出申请
	Review       StepAct = "review"        // 审核
	Approve      StepAct = "approve"       // 省政府办公厅批准
	StateApprove StepAct = "state_approve" // 国务院办公厅批准, recorded from outside
)

// Body is who acts at a step, relative to the applying unit.
type Body string

// The bodies of a chain. ReviewOffice and above are the general offices of the
// governments; the level of the step says which.
const (
	ThePrincipal   Body = "principal"    // the unit's own 主要负责同志
	TheUnit        Body = "unit"         // the applying unit
	TheParent      Body = "parent"       // the body that set the unit up
	TheOffice      Body = "office"       // the government office of the step's level
	TheStateOffice Body = "state_office" // 国务院办公厅
)

// Step is one step of the chain of Article 7(2).
type Step struct {
	// Seq counts from 0, the consent of the principal.
	Seq   int
	Act   StepAct
	Body  Body
	Level Level // of the office that acts; the unit's own level at consent and application
	// Clause the step stands on.
	Clause string
}

// Chain computes the chain of a unit, from the consent of its principal to the
// province's approval: 「逐级审核，并报省政府办公厅批准」.
//
// A government's own office applies to the next office up; a department applies
// to its same-level office. A dispatched body and an internal body apply
// through the body that set them up, a township through the county office
// (readings 9). A unit whose area reports straight to the province (Yangling,
// Hancheng) skips the city. Opening, offline and closure climb this chain.
func Chain(u Unit) []Step {
	clause := "S7.2b"
	st := u.standing()
	asGovernment := st == standsAsGovernment || (st == standsAsInternal && (u.Parent == Government || u.Parent == Office))
	if asGovernment {
		clause = "S7.2a"
	}
	var steps []Step
	add := func(act StepAct, body Body, level Level) {
		steps = append(steps, Step{Seq: len(steps), Act: act, Body: body, Level: level, Clause: clause})
	}
	add(Consent, ThePrincipal, u.Level)
	switch {
	case st == standsAsInternal || (u.Kind == Dispatched && u.Parent == Department):
		add(Apply, TheParent, u.Level)
	case asGovernment:
		add(Apply, TheOffice, u.Level)
	default:
		add(Apply, TheUnit, u.Level)
	}
	for _, level := range climb(u, asGovernment) {
		if level == Province {
			add(Approve, TheOffice, Province)
		} else {
			add(Review, TheOffice, level)
		}
	}
	return steps
}

// ChainNational is Chain with the State Council office at its end: the site
// code (Article 7(3)) and the exit from supervision (Article 8(2)). There the
// provincial office reviews and the State Council office approves.
func ChainNational(u Unit) []Step {
	steps := Chain(u)
	last := &steps[len(steps)-1]
	last.Act = Review
	return append(steps, Step{Seq: len(steps), Act: StateApprove, Body: TheStateOffice, Clause: last.Clause})
}

// climb lists the levels of the offices that act on an application, up to the
// province. A department begins with the office of its own level, a government
// with the next office up; the province's own portal has only the province.
func climb(u Unit, asGovernment bool) []Level {
	ladder := []Level{County, City, Province}
	start := 0
	switch u.Level {
	case Province:
		start = 2
	case City:
		start = 1
	}
	if asGovernment && u.Level != Province && u.Level != TownshipLevel {
		start++
	}
	var out []Level
	for _, l := range ladder[start:] {
		// A direct area has no city above it; a direct area ranked as a city
		// keeps its own office, which is the same-level office of its departments.
		if l == City && u.Direct && u.Level != City {
			continue
		}
		out = append(out, l)
	}
	return out
}

// StepDone is a step as it was taken.
type StepDone struct {
	Act   StepAct
	Body  Body
	Level Level
	// Name, On and File: who, when, and (at consent) the signed page.
	Name string
	On   calendar.Date
	File bool
	// ByPrincipal is true when the person at step 0 is the 主要负责同志; the
	// 分管领导 does not do (readings 5).
	ByPrincipal bool
}

// CheckChain compares the steps taken with the chain of the unit: consent by
// the principal with name, date and signed page, no step left out, none taken
// before the one below it. An unfinished chain is not a breach.
func CheckChain(chain []Step, done []StepDone) []rules.Breach {
	if len(chain) == 0 || len(done) == 0 {
		return nil
	}
	consent, levels := GovernmentConsent, GovernmentLevels
	if chain[0].Clause == "S7.2b" {
		consent, levels = DepartmentConsent, DepartmentLevels
	}
	var out []rules.Breach
	for i, d := range done {
		if i >= len(chain) {
			out = append(out, levels.Breach("审核步骤多于规定的层级，请核对审核流程。"))
			break
		}
		want := chain[i]
		if d.Act != want.Act || d.Body != want.Body || d.Level != want.Level {
			out = append(out, levels.Breachf("第%d步应为“%s”，不能越级或跳过；请按层级办理。", i+1, want.Name()))
			break
		}
		if i > 0 && d.On.Before(done[i-1].On) {
			out = append(out, levels.Breachf("第%d步的日期早于上一步，请核对日期。", i+1))
		}
		if want.Act == Consent {
			out = append(out, checkConsent(consent, d)...)
		}
	}
	return out
}

func checkConsent(r rules.Rule, d StepDone) []rules.Breach {
	switch {
	case !d.ByPrincipal:
		return []rules.Breach{r.Breach("须由主要负责同志同意，分管领导签字不能代替；请补主要负责同志签字。")}
	case blank(d.Name):
		return []rules.Breach{r.Breach("未填写主要负责同志姓名，请填写。")}
	case d.On.IsZero():
		return []rules.Breach{r.Breach("未填写主要负责同志同意日期，请填写。")}
	case !d.File:
		return []rules.Breach{r.Breach("缺少主要负责同志签字页，请上传签字页扫描件。")}
	}
	return nil
}

// Name is the step in the words an application form uses.
func (s Step) Name() string {
	switch s.Act {
	case Consent:
		return "主要负责同志同意"
	case StateApprove:
		return "国务院办公厅批准"
	case Approve:
		return "省政府办公厅批准"
	case Review:
		return officeName(s.Level) + "审核"
	}
	switch s.Body {
	case TheOffice:
		return officeName(s.Level) + "提出申请"
	case TheParent:
		return "由设立单位提出申请"
	}
	return "本单位提出申请"
}

// officeName: the province has a 办公厅, cities and counties an 办公厅（室）.
func officeName(l Level) string {
	if l == Province {
		return "省政府办公厅"
	}
	return levelName[l] + "政府办公厅（室）"
}
