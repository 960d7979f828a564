package lifecycle_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/closing"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/filing"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/notice"
	"zhengshu/internal/obligation"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

var (
	acts = flag.Int("acts", 300, "random acts on each database")
	seed = flag.Uint64("seed", usualSeed, "of the random acts")
)

// usualSeed is one whose walk comes through launches and pauses.
const usualSeed = 2

// walk is a seeded stroll of random people through random matters.
type walk struct {
	*house
	r    *rand.Rand
	refs []registry.Ref
	took map[string]int // acts that were let through
}

// objects enters what the walk begins with.
func (h *house) objects() []registry.Ref {
	h.t.Helper()
	return []registry.Ref{h.site("citydept", registry.DepartmentSite), h.account("citydept", "weibo", "西安商务"), h.account("citydept", "wechat", "西安商务"),
		h.account("citydept", "app", "西安商务通"), h.site("provdept", registry.DepartmentSite), h.account("county", "weibo", "雁塔发布")}
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// Random acts by random people: no guard is broken, quotas hold, every passage
// is in the trail, every clock is open exactly while what it counts lasts.
func TestRandomActsBreakNoGuard(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := &walk{house: h, r: rand.New(rand.NewPCG(*seed, 1)), took: map[string]int{}, refs: h.objects()}
		for n := range *acts {
			what, err := w.act()
			if err == nil {
				w.took[what]++
			} else if !allowed(err) {
				t.Fatalf("act %d, %s: %v", n, what, err)
			}
			if n%5 == 4 || err == nil {
				if wrong := w.broken(); wrong != "" {
					t.Fatalf("seed %d, after act %d (%s, %v): %s", *seed, n, what, err, wrong)
				}
			}
		}
		for _, want := range []string{lifecycle.GoOfflineMatter, "launch"} {
			if *acts >= 300 && *seed == usualSeed && (len(w.took) < 8 || w.took[want] == 0) {
				t.Errorf("the walk came through only %v, want %s too", w.took, want)
			}
		}
		t.Logf("let through: %v", w.took)
	})
}

// allowed are the refusals a person may meet.
func allowed(err error) bool {
	for _, k := range []fault.Kind{fault.Invalid, fault.Refused, fault.Conflict, fault.NotFound, fault.Forbidden} {
		if fault.Is(err, k) {
			return true
		}
	}
	return false
}

// act does one thing; half of the time by who may, with what is asked.
func (w *walk) act() (string, error) {
	switch n := w.r.IntN(23); {
	case n < 9:
		return w.tryMatter()
	case n < 14:
		return w.tryDecision()
	case n < 16:
		return w.tryProof()
	case n < 19:
		return w.tryHang()
	case n < 20:
		_, err := w.svc.Sweep(context.Background())
		return "sweep", err
	}
	w.clock.Advance(time.Duration(w.r.IntN(12*24)) * time.Hour)
	return "time", nil
}

var everybody = []string{"citydept.clerk", "city.chief", "province.chief", "provdept.clerk", "county.clerk", "handept.clerk", "hancheng.chief"}

func (w *walk) tryMatter() (string, error) {
	ref := pick(w.r, w.refs)
	o, err := w.registry.Object(context.Background(), w.db, authz.System("test"), ref)
	if err != nil {
		return "look", err
	}
	var list []lifecycle.Matter
	for _, m := range w.svc.Matters() {
		if !m.Opens() && m.On(o.Kind) && (slices.Contains(m.From, o.State) || w.r.IntN(6) == 0) {
			list = append(list, m)
			// What ends an object ends its walk: pauses come more often.
			if m.ID == lifecycle.OfflineMatter {
				list = append(list, m, m, m)
			}
		}
	}
	if len(list) == 0 || w.r.IntN(5) == 0 {
		matter := pick(w.r, []string{lifecycle.AccountOpeningMatter, lifecycle.AppOpeningMatter})
		v := wish(pick(w.r, []string{"weibo", "wechat", "douyin", "app"}), "西安商务")
		v["necessity"], v["services"] = "移动执法", "执法"
		_, err := w.wish("citydept.clerk", "citydept", matter, v)
		return matter, err
	}
	m := pick(w.r, list)
	who := pick(w.r, everybody)
	if w.r.IntN(4) > 0 {
		who = w.actor(o, m)
	}
	var files []string
	for _, f := range m.FilesOf(o.Kind) {
		if w.r.IntN(8) > 0 {
			files = append(files, f.Kind)
		}
	}
	_, err = w.ask(who, m.ID, ref, w.values(m, o), files...)
	return m.ID, err
}

// actor is the one whose matter it is.
func (w *walk) actor(o registry.Object, m lifecycle.Matter) string {
	for key, u := range w.units {
		if u.ID != o.Unit {
			continue
		}
		if m.By == lifecycle.Supervisor {
			return map[string]string{"citydept": "city.chief", "provdept": "province.chief", "county": "city.chief"}[key]
		}
		return key + ".clerk"
	}
	return "citydept.clerk"
}

// values fill in the form, now and then badly.
func (w *walk) values(m lifecycle.Matter, o registry.Object) map[string]string {
	out := map[string]string{}
	scope := authz.System("test")
	choices, _ := w.svc.Choices(context.Background(), scope, lifecycle.Application{Matter: m.ID, Object: o.Ref}) // a form nobody may see has none
	for _, f := range m.FieldsOf(o.Kind) {
		if w.r.IntN(40) == 0 {
			continue
		}
		options := f.Options
		if c := choices[f.Name]; len(c) > 0 {
			options = c
		}
		switch {
		case f.Name == "name":
			out[f.Name] = "西安商务" + pick(w.r, []string{"", "", "网"})
		case f.Name == "host":
			out[f.Name] = fmt.Sprintf("n%d.xa.gov.cn", w.r.IntN(1000))
		case f.Name == "verification":
			out[f.Name] = o.UnitName
		case len(options) > 0:
			out[f.Name] = pick(w.r, options).Value
		case f.Kind == lifecycle.Yes:
			out[f.Name] = "yes"
		case f.Name == "from":
			out[f.Name] = w.day(w.r.IntN(6) - 1)
		case f.Name == "until":
			out[f.Name] = w.day(4 + w.r.IntN(32))
		case f.Name == "tested_on":
			out[f.Name] = w.day(-w.r.IntN(100))
		case f.Kind == lifecycle.DayField:
			out[f.Name] = w.day(-w.r.IntN(3))
		case f.Kind == lifecycle.AddressField:
			out[f.Name] = "https://store.example/a"
		default:
			out[f.Name] = fmt.Sprintf("内容%d", w.r.IntN(1000))
		}
	}
	return out
}

func (w *walk) tryDecision() (string, error) {
	list, _, err := w.approvals.Cases(context.Background(), authz.System("test"), approval.Filter{State: approval.InReview, Limit: 50})
	if err != nil || len(list) == 0 {
		return "decide", err
	}
	c := pick(w.r, list)
	_, steps, _, err := w.approvals.Case(context.Background(), authz.System("test"), c.ID)
	if err != nil {
		return "decide", err
	}
	st := steps[c.StepNo]
	who := w.chiefOf(st.Unit)
	if w.r.IntN(5) == 0 {
		who = pick(w.r, everybody)
	}
	if st.Kind == approval.External {
		ctx, scope := w.as(who, authz.CaseDecide)
		file, err := approval.Take(ctx, w.store, approval.Upload{Field: "scan", Name: "批复.pdf", Content: bytes.NewReader(pdf)})
		if err != nil {
			return "record", err
		}
		_, err = w.approvals.RecordExternal(ctx, scope, c.ID, approval.Recorded{StepNo: st.No, Document: "国办函〔2026〕8号", On: calendar.DateOf(w.clock.Now()), Value: "6101000001", File: &file})
		return "record", err
	}
	act := "pass"
	if st.Kind == approval.Approve {
		act = "approve"
	}
	if w.r.IntN(12) == 0 {
		act = pick(w.r, []string{"refuse", "approve", "pass"})
	}
	_, err = w.decide(who, c.ID, approval.Decision{Act: act, Opinion: "意见", Reasons: []string{"其他"}, StepNo: c.StepNo})
	return "decide." + act, err
}

// tryProof proves something outside: a notice is seen, a body answers, columns
// are decided, a launch is prepared and done.
func (w *walk) tryProof() (string, error) {
	ref := pick(w.r, w.refs)
	ctx, scope := w.as("province.chief", authz.FilingRecord)
	list, _, err := w.filings.Items(ctx, scope, filing.Filter{Object: ref, Limit: 20})
	if err != nil {
		return "file", err
	}
	if len(list) > 0 && w.r.IntN(2) == 0 {
		i := pick(w.r, list)
		_, err := w.filings.Record(ctx, scope, i.ID, filing.Receipt{Number: "回执", On: calendar.DateOf(w.clock.Now()), File: &approval.Upload{Field: "file", Name: "回执.pdf", Content: bytes.NewReader(pdf)}})
		return "file." + string(i.Kind), err
	}
	if c, err := w.closings.Of(ctx, w.db, authz.System("test"), ref); err == nil && c.Active() {
		cols, err := w.closings.Columns(ctx, w.db, authz.System("test"), c.ID)
		if err != nil {
			return "columns", err
		}
		var ids []string
		for _, n := range cols {
			ids = append(ids, n.ID)
		}
		if len(ids) > 0 {
			return "columns", w.closings.Decide(ctx, authz.System("test"), c.ID, ids, closing.Archive, "", "已归档")
		}
	}
	return w.tryLaunch()
}

// tryHang has the publisher of a notice register its pages and looks at them;
// when that was a pause's, its sponsor tries to go offline, mostly on its day.
func (w *walk) tryHang() (string, error) {
	list, _, err := w.notices.Notices(context.Background(), authz.System("test"), notice.Filter{})
	if err != nil || len(list) == 0 {
		return "hang", err
	}
	st := pick(w.r, list)
	for _, n := range list {
		if n.Kind == sx2021.OfflineNotice && w.r.IntN(2) == 0 {
			st = n
		}
	}
	who := w.chiefOf(st.PublisherID)
	if w.people[who] == nil {
		who = strings.TrimSuffix(who, ".chief") + ".clerk"
	}
	ctx, scope := w.as(who, authz.NoticePost)
	for _, p := range st.Places {
		host := p.Host
		if host == "" {
			host = "platform.example"
		}
		if _, err := w.notices.Post(ctx, scope, st.ID, p.Place.Place, "http://"+host+"/n/"+string(p.ID), calendar.DateOf(w.clock.Now())); err != nil {
			return "hang", err
		}
	}
	if st, err = w.notices.LookNow(ctx, scope, st.ID); err != nil {
		return "hang", err
	}
	ref := st.Object
	o, err := w.registry.Object(context.Background(), w.db, authz.System("test"), ref)
	if err != nil || st.Kind != sx2021.OfflineNotice || !st.Seen {
		return "hang." + string(st.Kind), err
	}
	if early := st.DueOn.Sub(calendar.DateOf(w.clock.Now())); early > 0 && w.r.IntN(4) > 0 {
		w.clock.Advance(time.Duration(early) * dayLong)
	}
	m, _ := w.svc.Matter(lifecycle.GoOfflineMatter)
	_, err = w.ask(w.actor(o, m), m.ID, ref, nil)
	return m.ID, err
}

// tryLaunch fills in the checklist of something planned, not always all of it,
// and launches it.
func (w *walk) tryLaunch() (string, error) {
	for _, ref := range w.refs {
		o, err := w.registry.Object(context.Background(), w.db, authz.System("test"), ref)
		if err != nil || o.State != registry.Planned {
			if err != nil {
				return "launch", err
			}
			continue
		}
		ctx, scope := w.as(w.actor(o, lifecycle.Matter{}), authz.LaunchManage)
		c, err := w.svc.Checklist(ctx, scope, ref)
		if err != nil {
			return "launch", err
		}
		for _, i := range c.Items {
			if i.Done() || w.r.IntN(10) == 0 {
				continue
			}
			n := lifecycle.LaunchItem{Kind: i.Kind, Value: o.UnitName, On: calendar.DateOf(w.clock.Now()), Detail: "G" + o.ID, Passed: true}
			if i.Kind == lifecycle.Address {
				n.Value = "https://store.example/" + o.ID
			}
			var file *approval.Upload
			if i.Info().Filed {
				file = &approval.Upload{Field: "file", Name: "扫描件.pdf", Content: bytes.NewReader(pdf)}
			}
			if _, err := w.svc.FillLaunchItem(ctx, scope, ref, n, file); err != nil {
				return "launch.fill", err
			}
		}
		_, err = w.svc.Launch(ctx, scope, ref)
		return "launch", err
	}
	return "launch.none", nil
}

// bulletins is the world outside as the publishers keep it: every registered
// page shows its notice, every home page the notices of its host.
type bulletins struct{ db *db.DB }

func (b bulletins) Get(ctx context.Context, address string, _ egress.Options) (*egress.Response, error) {
	u, err := url.Parse(address)
	if err != nil {
		return &egress.Response{}, err
	}
	type page struct{ url, title string }
	list, err := db.All(ctx, b.db, func(r db.Scanner) (page, error) {
		var p page
		return p, r.Scan(&p.url, &p.title)
	}, `SELECT p.url, n.title FROM notice_place p JOIN notice n ON n.id = p.notice_id WHERE p.url <> '' ORDER BY p.id DESC`)
	if err != nil {
		return &egress.Response{}, err
	}
	var body strings.Builder
	body.WriteString("<html><body>")
	for _, p := range list {
		switch {
		case p.url == address:
			fmt.Fprintf(&body, "<h1>%s</h1>", p.title)
		case u.Path == "/" && strings.HasPrefix(p.url, "http://"+u.Host+"/"):
			fmt.Fprintf(&body, "<div><a href=%q>%s</a></div>", p.url, p.title)
		}
	}
	body.WriteString("<p>" + strings.Repeat("本网站公开政务信息，提供办事服务。", 20) + "</p></body></html>")
	return &egress.Response{Requested: address, Final: address, Status: http.StatusOK, Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}, Body: []byte(body.String())}, nil
}

// broken names the first invariant that does not hold.
func (w *walk) broken() string {
	ctx, all := context.Background(), authz.System("test")
	list, err := w.registry.AccountsOf(ctx, w.db, all, w.units["citydept"].ID)
	if err != nil {
		return err.Error()
	}
	refs := slices.Clone(w.refs)
	platforms := map[string]int{}
	for _, a := range list {
		if !slices.Contains(refs, a.Ref()) {
			refs = append(refs, a.Ref())
		}
		if !a.Ended() && a.Kind == sx2021.Account {
			if platforms[a.Platform]++; platforms[a.Platform] > 1 {
				return "two accounts on " + a.Platform
			}
		}
	}
	w.refs = refs
	open := func(kind, subject string) int {
		n, err := db.One(ctx, w.db, db.Value[int], `SELECT count(*) FROM obligation WHERE kind = $1 AND subject_id = $2 AND state = $3`, kind, subject, obligation.Open)
		if err != nil {
			return -1
		}
		return n
	}
	for _, ref := range refs {
		o, err := w.registry.Object(ctx, w.db, all, ref)
		if err != nil {
			return err.Error()
		}
		steps, err := o.Machine().History(ctx, w.db, o.ID)
		if err != nil {
			return err.Error()
		}
		if steps[len(steps)-1].To != o.State {
			return o.Name + ": the row says " + o.State
		}
		c := w.course("province.chief", ref)
		used := map[int]int{}
		running := 0
		for _, n := range c.Windows {
			if n.State == lifecycle.WindowRunning {
				running++
				if want := map[bool]int{true: 0, false: 1}[n.DueOn().IsZero()]; open("offline_end", n.ID) != want {
					return fmt.Sprintf("%s: window due %s, %d clocks", o.Name, n.DueOn(), open("offline_end", n.ID))
				}
			} else if open("offline_end", n.ID) != 0 {
				return o.Name + ": a clock runs on a window that is over"
			}
			if n.Emergency == "" && !n.From.IsZero() {
				if used[n.From.Year]++; used[n.From.Year] > 1 {
					return fmt.Sprintf("%s: twice offline in %d", o.Name, n.From.Year)
				}
			}
		}
		if (o.State == registry.TemporarilyOffline) != (running == 1) {
			return fmt.Sprintf("%s is %s with %d windows running", o.Name, o.State, running)
		}
		ending := c.Ending
		switch {
		case (o.State == registry.Exiting) != (ending.Matter == lifecycle.ExitMatter),
			(o.State == registry.Closing) != (ending.ID != "" && ending.Matter != lifecycle.ExitMatter):
			return fmt.Sprintf("%s is %s with %+v", o.Name, o.State, ending)
		case o.State == registry.Exiting && open("exit_changes", ending.ID) != 1, o.State == registry.Closing && open("closure_steps", ending.ID) != 1:
			return o.Name + ": an ending without its clock"
		case o.State == registry.Planned && open("launch", o.ID) != 1, o.State != registry.Planned && open("launch", o.ID) != 0:
			return o.Name + ": the year to the launch"
		}
	}
	return w.untold()
}

// untold compares the passages of objects with the trail.
func (w *walk) untold() string {
	ctx := context.Background()
	type row struct {
		kind, act string
		n         int
	}
	list, err := db.All(ctx, w.db, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.kind, &x.act, &x.n)
		return x, err
	}, `SELECT kind, act, count(*) FROM passage WHERE kind IN ('site', 'account') GROUP BY kind, act`)
	if err != nil {
		return err.Error()
	}
	for _, x := range list {
		n, err := db.One(ctx, w.db, db.Value[int], `SELECT count(*) FROM audit_entry WHERE act = $1`, "registry."+x.kind+"."+x.act)
		if err != nil {
			return err.Error()
		}
		if n != x.n {
			return strings.Join([]string{x.kind, x.act, "passed", fmt.Sprint(x.n), "times, told", fmt.Sprint(n)}, " ")
		}
	}
	return ""
}
