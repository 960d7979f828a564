package impostorweb

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/impostor"
	"zhengshu/internal/web"
)

// Of the acts a case allows, the one that is next stands first and open; 网信 asks
// the others before it has a result of its own to tell.
func TestTheNextActOfACaseStandsOpen(t *testing.T) {
	cyber := &authz.Session{Posts: []authz.Post{{Role: authz.Cyberspace, UnitID: "w"}}}
	telecom := &authz.Session{Posts: []authz.Post{{Role: authz.Telecom, UnitID: "t"}}}
	referred := withState(impostor.Referred)
	referred.Steps = []impostor.Step{{ID: "1", Party: "cyberspace"}}
	standing := withState(impostor.Disposing)
	standing.Steps = []impostor.Step{{ID: "1", Round: 1, Party: "cyberspace", RecordedAt: sampleAt}}
	for name, tt := range map[string]struct {
		d    impostor.Dossier
		may  rights
		s    *authz.Session
		next string
	}{
		"found":     {withState(impostor.Found), every, sampleSession, "核实"},
		"verified":  {withState(impostor.Verified), every, sampleSession, "商请网信部门处理"},
		"referred":  {referred, every, cyber, "协调其他部门处置"},
		"handed on": {withState(impostor.Disposing), rights{dispose: true}, telecom, "登记通信管理部门的处置结果"},
		"stands":    {standing, every, sampleSession, "再次商请网信部门处理"},
		"gone":      {withState(impostor.Gone), every, sampleSession, "办结"},
		"dismissed": {withState(impostor.Dismissed), every, sampleSession, "重新核实"},
	} {
		list := forms(tt.d, tt.may, tt.s)
		if len(list) == 0 || list[0].Folded || list[0].Sections[0].Legend != tt.next {
			t.Errorf("%s: next is %+v", name, list)
			continue
		}
		for _, f := range list[1:] {
			if !f.Folded {
				t.Errorf("%s: %s stands open beside what is next", name, f.Sections[0].Legend)
			}
		}
	}
	for kind, want := range map[string]bool{"site": false, "account": true} {
		d := withState(impostor.Found)
		d.Kind = kind
		list := forms(d, rights{report: true}, sampleSession)
		if saw := list[len(list)-1].Sections[0]; strings.Contains(saw.Hint, "账号只能由人") != want {
			t.Errorf("%s: %s", kind, saw.Hint)
		}
	}
}

// A fake at an IP address says that it has no name, and nobody is offered to stop
// its resolution.
func TestWhatNeedsANameIsLeftOutOfABareAddress(t *testing.T) {
	offered := func(d impostor.Dossier) (out []string) {
		for _, f := range forms(d, every, sampleSession) {
			for _, x := range f.Sections[0].Fields {
				if x.Name == "measure_telecom" {
					for _, o := range x.Options {
						out = append(out, o.Label)
					}
				}
			}
		}
		return out
	}
	if got := strings.Join(offered(bareDossier), " "); !strings.Contains(got, "停止互联网接入") || strings.Contains(got, "解析") {
		t.Errorf("offered %s", got)
	}
	if got := strings.Join(offered(sampleDossier), " "); !strings.Contains(got, "停止域名解析") {
		t.Errorf("offered of a name %s", got)
	}
	says := func(d impostor.Dossier) bool {
		return strings.Contains(fmt.Sprintf("%+v", newCaseView(d, every, sampleSession, sampleToday)), "直接以 IP 地址访问")
	}
	if !says(bareDossier) || says(sampleDossier) {
		t.Error("the page of an address says that it has no name, and no other page")
	}
	// Nor is 通信 said to be asked for it, in the steps or where it is brought in.
	bare := bareDossier
	bare.State, bare.Steps = impostor.Referred, nil
	asks := fmt.Sprintf("%+v %+v", flow(bare, sampleToday), forms(bare, every, &authz.Session{Posts: []authz.Post{{Role: authz.Cyberspace, UnitID: "w"}}}))
	if strings.Contains(asks, "处置域名解析") || strings.Count(asks, "处置互联网接入服务（没有域名") != 2 {
		t.Errorf("asked of 通信: %s", asks)
	}
}

// A fake that is gone is watched until its day; only then is it to be closed.
func TestTheWatchIsNotOverBeforeItsDay(t *testing.T) {
	d := sampleDossier
	d.State, d.GoneAt, d.ClosedAt = impostor.Gone, sampleAt, time.Time{}
	day := calendar.DateOf(sampleAt)
	d.Until = day.AddDays(7)
	last := func(today calendar.Date) (watch, end web.Step) {
		items := flow(d, today).Items
		return items[len(items)-2], items[len(items)-1]
	}
	if watch, end := last(day.AddDays(6)); watch.State != web.StepNow || end.State != web.StepWaiting || !strings.Contains(watch.Note, d.Until.String()) {
		t.Errorf("on the day before: %+v %+v", watch, end)
	}
	if watch, end := last(d.Until); watch.State != web.StepDone || end.State != web.StepNow {
		t.Errorf("on its day: %+v %+v", watch, end)
	}
}
