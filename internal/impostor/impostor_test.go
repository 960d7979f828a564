package impostor_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/impostor"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/seal"
)

var (
	start = time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC) // a Monday
	all   = authz.System("test")
)

// names answers for the DNS: the names that somebody has registered.
type names map[string]string

func (n names) Resolve(_ context.Context, host string) ([]netip.Addr, error) {
	if a, ok := n[host]; ok {
		return []netip.Addr{netip.MustParseAddr(a)}, nil
	}
	if n["*"] != "" {
		return nil, &net.DNSError{Err: "server misbehaving", Name: host, IsTemporary: true}
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// fakeNames lets every name that the DNS of a test does not know lead to the fake
// while it stands.
type fakeNames struct{ h *house }

func (n fakeNames) Resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if list, err := n.h.dns.Resolve(ctx, host); err == nil || !*n.h.standing {
		return list, err
	}
	return []netip.Addr{netip.MustParseAddr("1.2.3.4")}, nil
}

type house struct {
	db                   *db.DB
	clock                *calendar.Manual
	obligations          *obligation.Service
	svc                  *impostor.Service
	ctx                  context.Context
	site                 registry.Site
	boss, cyber, telecom *authz.Session
	asked                *int // requests that reached the fake
	standing             *bool
	robots               *string
	dns                  names
	path                 string // asked for last
	stop                 func() // the fake answers no more
	serve                func(http.ResponseWriter, *http.Request) bool
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	clock := calendar.NewManual(start)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(start)
		h := &house{db: d, clock: clock, ctx: audit.System(context.Background(), "test"), asked: new(int), standing: new(bool), robots: new(string), dns: names{}}
		ok(t, passage.Declare(h.ctx, d, impostor.Machine, registry.SiteMachine, registry.DomainMachine, registry.AccountMachine))
		store, err := blob.Disk(t.TempDir())
		ok(t, err)
		keys, err := seal.Open(t.TempDir())
		ok(t, err)
		days, err := calendar.Published()
		ok(t, err)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/robots.txt" {
				fmt.Fprint(w, *h.robots)
				return
			}
			if h.serve != nil && h.serve(w, r) {
				return
			}
			if r.URL.Path == "/favicon.ico" || r.Host == h.site.Host {
				http.NotFound(w, r) // the comparison's
				return
			}
			*h.asked++
			h.path = r.URL.Path
			fmt.Fprint(w, "<!doctype html><title>白水县人民政府</title><p>请输入银行卡号")
		}))
		t.Cleanup(server.Close)
		h.stop = server.Close
		client := egress.New(egress.Policy{Local: netip.MustParseAddrPort(server.Listener.Addr().String()), Own: func(string) bool { return *h.standing }, Resolver: fakeNames{h}, Now: clock.Now})
		o := org.New(d)
		reg := registry.New(d, o)
		h.obligations = obligation.New(d, o, impostor.Obligations()...)
		h.svc = impostor.New(impostor.Parts{DB: d, Org: o, Registry: reg, Obligations: h.obligations, Days: days, Store: store, Keys: keys, Client: client, Settings: sx2021.Defaults})
		ok(t, d.Update(h.ctx, func(tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610500", Name: "渭南市", Parent: "province-610000000000"}} {
				if _, err := o.AddArea(h.ctx, tx, a); err != nil {
					return err
				}
			}
			office, _, err := o.AddUnit(h.ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"})
			if err != nil {
				return err
			}
			city, _, err := o.AddUnit(h.ctx, tx, org.Unit{Area: "city-610500000000", Kind: org.Office, Name: "渭南市人民政府办公室"})
			if err != nil {
				return err
			}
			net, _, err := o.AddUnit(h.ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Department, Name: "陕西省互联网信息办公室"})
			if err != nil {
				return err
			}
			for _, n := range []struct {
				unit org.Unit
				role authz.Role
				into **authz.Session
			}{{office, authz.Supervisor, &h.boss}, {net, authz.Cyberspace, &h.cyber}, {net, authz.Telecom, &h.telecom}} {
				p, err := o.AddPerson(h.ctx, tx, all, org.Person{Unit: n.unit.ID, Name: "某" + string(n.role)})
				if err != nil {
					return err
				}
				if err := o.Appoint(h.ctx, tx, all, p.ID, n.unit.ID, n.role); err != nil {
					return err
				}
				posts, err := o.PostsOf(h.ctx, tx, p.ID)
				if err != nil {
					return err
				}
				*n.into = &authz.Session{PersonID: string(p.ID), Name: p.Name, Posts: posts}
			}
			h.site, err = reg.EnterSite(h.ctx, tx, registry.Site{Unit: city.ID, Kind: registry.Portal, Name: "渭南市人民政府", Host: "www.weinan.gov.cn"})
			return err
		}))
		fn(t, h)
	})
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func is(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Fatalf("got %v, want %s", err, kind)
	}
}

func (h *house) as(s *authz.Session) context.Context {
	return audit.WithActor(h.ctx, audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name})
}

func (h *house) open(t *testing.T, kind string) []obligation.Obligation {
	t.Helper()
	list, err := h.obligations.Obligations(h.ctx, all, obligation.Filter{Kind: kind})
	ok(t, err)
	return list
}

func (h *house) tip(address string) impostor.Tip {
	desk := impostor.NewDesk(h.svc)
	token := desk.FormToken(h.site.ID)
	h.clock.Advance(5 * time.Second)
	return impostor.Tip{Clue: impostor.Clue{Kind: "site", Address: address, Says: "要求填写银行卡号", Contact: "13800000000"}, Token: token, From: "198.51.100.7"}
}

func TestArticle23_3_AFakeIsVerifiedReferredDealtWithAndWatched(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		desk := impostor.NewDesk(h.svc)
		*h.standing = true
		tip := h.tip("https://weinan-gov.cn/login")
		got, err := desk.Receive(h.ctx, h.site.ID, tip)
		ok(t, err)
		again, err := desk.Receive(h.ctx, h.site.ID, tip)
		if err != nil || again.Number != got.Number {
			t.Fatalf("the same form gave %v, %v after %v", again, err, got)
		}
		if known, err := desk.Receive(h.ctx, h.site.ID, h.tip("weinan-gov.cn")); err != nil || !known.Known {
			t.Errorf("a second report: %+v, %v", known, err)
		}
		list, total, err := h.svc.Cases(h.ctx, h.boss.ScopeFor(authz.InspectionRead), impostor.Filter{})
		if err != nil || total != 1 || list[0].OfName != "渭南市人民政府" || list[0].OfficeName != "陕西省人民政府办公厅" || strings.Contains(list[0].Contact, "138") {
			t.Fatalf("%d cases %+v, %v", total, list, err)
		}
		id, scope := list[0].ID, h.boss.ScopeFor(authz.ImpostorVerify)
		if due := h.open(t, "impostor_verify"); len(due) != 1 || due[0].Due.On != calendar.DateOf(start).AddDays(2) {
			t.Errorf("to verify: %+v", due)
		}
		// Nothing is contacted before a person has verified it or asked for it.
		if n, err := h.svc.Watch(h.ctx); err != nil || n != 0 || *h.asked != 0 {
			t.Fatalf("%d looks, %d requests before anybody verified (%v)", n, *h.asked, err)
		}
		is(t, h.svc.Refer(h.as(h.boss), scope, h.boss, id, ""), fault.Conflict)
		is(t, h.svc.Verify(h.as(h.boss), scope, h.boss, id, "是", nil), fault.Invalid)
		is(t, h.svc.Verify(h.as(h.boss), authz.Scope{}, h.boss, id, "不在台账中，照搬首页", nil), fault.NotFound)
		ok(t, h.svc.Verify(h.as(h.boss), scope, h.boss, id, "不在台账中，照搬首页", nil))
		if due := h.open(t, "impostor_refer"); len(due) != 1 || due[0].Due.On != calendar.DateOf(start).AddDays(1) {
			t.Errorf("referral within 1 working day: %+v", due)
		}
		ok(t, h.svc.Refer(h.as(h.boss), scope, h.boss, id, ""))
		is(t, h.svc.Refer(h.as(h.boss), scope, h.boss, id, ""), fault.Conflict)
		paper, c, err := h.svc.Paper(h.ctx, scope, id, 0)
		ok(t, err)
		d, err := h.svc.Dossier(h.ctx, scope, id)
		ok(t, err)
		letter := strings.Join(d.Steps[0].Letter, "")
		if err := paper.Check(); err != nil || c.ReferredTo != "陕西省互联网信息办公室" || !strings.Contains(letter, "weinan-gov.cn") || !strings.Contains(letter, "第二十三条（三）") {
			t.Errorf("letter to %s: %q, %v", c.ReferredTo, letter, err)
		}
		if len(h.open(t, "impostor_verify")) != 0 || len(h.open(t, "impostor_refer")) != 0 || len(h.open(t, "impostor_step")) != 1 {
			t.Error("the clocks do not follow the acts")
		}
		dispose := h.cyber.ScopeFor(authz.ImpostorDispose)
		is(t, h.svc.HandOn(h.as(h.telecom), h.telecom.ScopeFor(authz.ImpostorDispose), h.telecom, id, []string{"police"}), fault.Refused)
		ok(t, h.svc.HandOn(h.as(h.cyber), dispose, h.cyber, id, []string{"telecom", "police"}))
		is(t, h.svc.HandOn(h.as(h.cyber), dispose, h.cyber, id, []string{"telecom"}), fault.Conflict)
		today := calendar.DateOf(h.clock.Now())
		is(t, h.svc.Record(h.as(h.telecom), dispose, h.telecom, id, impostor.Outcome{Party: "police", Measure: "filed", Result: "已立案", On: today}), fault.Refused)
		is(t, h.svc.Record(h.as(h.cyber), dispose, h.cyber, id, impostor.Outcome{Party: "telecom", Measure: "filed", Result: "已停止解析", On: today}), fault.Invalid)
		is(t, h.svc.Record(h.as(h.cyber), dispose, h.cyber, id, impostor.Outcome{Party: "telecom", Measure: "resolution", Result: "已停止解析", On: today.AddDays(1)}), fault.Invalid)
		file := &approval.Upload{Name: "复函.pdf", Content: bytes.NewReader([]byte("%PDF-1.7\n"))}
		ok(t, h.svc.Record(h.as(h.telecom), dispose, h.telecom, id, impostor.Outcome{Party: "telecom", Measure: "resolution", Result: "已停止解析", On: today, Document: "通信函〔2026〕1号", File: file}))
		ok(t, h.svc.Record(h.as(h.cyber), dispose, h.cyber, id, impostor.Outcome{Party: "cyberspace", Measure: "coordinated", Result: "已协调", On: today}))

		// The watch: two looks at a distance, then days of quiet.
		look := func(want string) {
			t.Helper()
			h.clock.Advance(13 * time.Hour)
			if n, err := h.svc.Watch(h.ctx); err != nil || n != 1 {
				t.Fatalf("%d looks, %v", n, err)
			}
			d, err := h.svc.Dossier(h.ctx, all, id)
			if err != nil || d.State != want {
				t.Fatalf("state %s, want %s (%v)", d.State, want, err)
			}
		}
		look(impostor.Disposing)
		if *h.asked == 0 {
			t.Error("the watch did not open the page")
		}
		*h.standing = false
		look(impostor.Disposing)
		look(impostor.Gone)
		is(t, h.svc.Close(h.as(h.boss), scope, id, "已停止解析，没有恢复"), fault.Refused) // the police have not answered
		ok(t, h.svc.Record(h.as(h.boss), scope, h.boss, id, impostor.Outcome{Party: "police", Measure: "not_filed", Result: "线索不足，不予立案", On: today}))
		is(t, h.svc.Close(h.as(h.boss), scope, id, "已停止解析，没有恢复"), fault.Refused) // still under watch
		*h.standing = true
		look(impostor.Disposing) // it is back
		*h.standing = false
		look(impostor.Disposing)
		look(impostor.Gone)
		h.clock.Advance(8 * 24 * time.Hour)
		ok(t, h.svc.Close(h.as(h.boss), scope, id, "已停止解析，没有恢复"))
		f, err := h.svc.Figures(h.ctx, all, 2026)
		if err != nil || f.Found != 1 || f.Public != 1 || f.Verified != 1 || f.Referred != 1 || f.Disposed != 1 || f.Gone != 1 || f.OnTime != 1 {
			t.Errorf("figures %+v, %v", f, err)
		}
		// Every figure opens its rows.
		for state, n := range map[string]int{"": f.Found, "confirmed": f.Verified, "consulted": f.Referred, "unreachable": f.Gone, impostor.Dismissed: f.Dismissed} {
			if _, total, err := h.svc.Cases(h.ctx, all, impostor.Filter{Year: f.Year, State: state}); err != nil || total != n {
				t.Errorf("%q counts %d and opens %d, %v", state, n, total, err)
			}
		}
		contact, err := h.svc.Reveal(h.as(h.boss), scope, id)
		if err != nil || contact != "13800000000" {
			t.Errorf("contact %q, %v", contact, err)
		}
	})
}

// Article 23(3): what comes back after it was dealt with is referred again, with a
// letter, clocks and results of its own; the referral before stays as it was.
func TestArticle23_3_AFakeThatComesBackIsReferredAgain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		scope, dispose := h.boss.ScopeFor(authz.ImpostorVerify), h.cyber.ScopeFor(authz.ImpostorDispose)
		*h.standing = true
		_, err := impostor.NewDesk(h.svc).Receive(h.ctx, h.site.ID, h.tip("weinan-gov.cn"))
		ok(t, err)
		list, _, err := h.svc.Cases(h.ctx, all, impostor.Filter{})
		ok(t, err)
		id := list[0].ID
		ok(t, h.svc.Verify(h.as(h.boss), scope, h.boss, id, "不在台账中，照搬首页", nil))
		ok(t, h.svc.Refer(h.as(h.boss), scope, h.boss, id, ""))
		answer := func(party, measure, result string) {
			t.Helper()
			ok(t, h.svc.Record(h.as(h.cyber), dispose, h.cyber, id, impostor.Outcome{Party: party, Measure: measure, Result: result, On: calendar.DateOf(h.clock.Now())}))
		}
		ok(t, h.svc.HandOn(h.as(h.cyber), dispose, h.cyber, id, []string{"telecom"}))
		is(t, h.svc.Refer(h.as(h.boss), scope, h.boss, id, ""), fault.Conflict) // they are still at it
		answer("cyberspace", "coordinated", "已协调")
		answer("telecom", "access", "已停止接入")
		answer("police", "none", "没有造成损失")
		look := func(want string) impostor.Dossier {
			t.Helper()
			h.clock.Advance(13 * time.Hour)
			if n, err := h.svc.Watch(h.ctx); err != nil || n != 1 {
				t.Fatalf("%d looks, %v", n, err)
			}
			d, err := h.svc.Dossier(h.ctx, all, id)
			if err != nil || d.State != want {
				t.Fatalf("state %s, want %s (%v)", d.State, want, err)
			}
			return d
		}
		*h.standing = false
		d := look(impostor.Disposing)
		if at := d.LookAgain(); !at.Equal(d.Looks[0].At.Add(6 * time.Hour)) {
			t.Errorf("seen gone at %v, to be looked at again from %v", d.Looks[0].At, at)
		}
		if d.MayReferAgain() {
			t.Error("what was last seen gone may be referred again")
		}
		is(t, h.svc.Refer(h.as(h.boss), scope, h.boss, id, ""), fault.Conflict)
		d = look(impostor.Gone)
		if !d.LookAgain().IsZero() || d.Until != calendar.DateOf(d.GoneAt).AddDays(7) {
			t.Errorf("gone at %v, watched until %s, to be looked at again %v", d.GoneAt, d.Until, d.LookAgain())
		}
		h.clock.Advance(8 * 24 * time.Hour)
		ok(t, h.svc.Close(h.as(h.boss), scope, id, "已停止接入，没有恢复"))
		*h.standing = true
		d = look(impostor.Disposing)
		if due := h.open(t, "impostor_refer"); len(due) != 1 || !d.MayReferAgain() || d.Conclusion != "" {
			t.Fatalf("back, and to refer are %+v, may %v, concluded %q", due, d.MayReferAgain(), d.Conclusion)
		}
		first := d.Steps[0].Letter
		ok(t, h.svc.Refer(h.as(h.boss), scope, h.boss, id, "请尽快处理"))
		d, err = h.svc.Dossier(h.ctx, all, id)
		ok(t, err)
		if len(d.Steps) != 4 || len(d.Current()) != 1 || d.Current()[0].Done() || d.State != impostor.Referred || !slices.Equal(d.Steps[0].Letter, first) {
			t.Fatalf("%s after the second referral: %+v", d.State, d.Steps)
		}
		if letter := strings.Join(d.Current()[0].Letter, "\n"); !strings.Contains(letter, "此前已于2026年") || !strings.Contains(letter, "通信管理部门停止互联网接入（2026年") || strings.Contains(letter, "公安部门无需处置") || !strings.Contains(letter, "现仍可访问") {
			t.Errorf("the second letter: %s", letter)
		}
		for round, want := range map[int]calendar.Date{0: d.Current()[0].AskedOn, 1: d.Steps[0].AskedOn, 2: d.Current()[0].AskedOn} {
			paper, _, err := h.svc.Paper(h.ctx, scope, id, round)
			if err != nil || paper.Dated != want.Chinese() {
				t.Errorf("letter %d is dated %v, want %s (%v)", round, paper, want, err)
			}
		}
		_, _, err = h.svc.Paper(h.ctx, scope, id, 3)
		is(t, err, fault.Conflict)
		if len(h.open(t, "impostor_refer")) != 0 || len(h.open(t, "impostor_step")) != 1 {
			t.Error("the clocks do not follow the second referral")
		}
		*h.standing = false
		look(impostor.Referred)
		look(impostor.Gone)
		h.clock.Advance(8 * 24 * time.Hour)
		is(t, h.svc.Close(h.as(h.boss), scope, id, "再次停止接入，没有恢复"), fault.Refused) // what was answered the first time counts no more
		ok(t, h.svc.HandOn(h.as(h.cyber), dispose, h.cyber, id, []string{"telecom", "police"}))
		answer("cyberspace", "coordinated", "已再次协调")
		answer("telecom", "both", "停止解析和接入")
		answer("police", "filed", "已立案")
		ok(t, h.svc.Close(h.as(h.boss), scope, id, "再次停止接入，没有恢复"))
		if f, err := h.svc.Figures(h.ctx, all, 2026); err != nil || f.Found != 1 || f.OnTime != 1 || f.Disposed != 1 {
			t.Errorf("figures %+v, %v", f, err)
		}
	})
}

// A closed fake that was reported anew stands in its new case: to see it there does
// not open the old one, nor hold up the watch over the others.
func TestAClosedFakeReportedAnewStandsOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		scope := h.boss.ScopeFor(authz.ImpostorVerify)
		ids := map[string]string{}
		report := func(address string) string {
			t.Helper()
			_, err := impostor.NewDesk(h.svc).Receive(h.ctx, h.site.ID, h.tip(address))
			ok(t, err)
			list, _, err := h.svc.Cases(h.ctx, all, impostor.Filter{})
			ok(t, err)
			ok(t, h.svc.Verify(h.as(h.boss), scope, h.boss, list[0].ID, "不在台账中，照搬首页", nil))
			return list[0].ID
		}
		finish := func(id string) {
			t.Helper()
			ok(t, h.svc.Refer(h.as(h.boss), scope, h.boss, id, ""))
			today := calendar.DateOf(h.clock.Now())
			for party, measure := range map[string]string{"cyberspace": "coordinated", "telecom": "none", "police": "none"} {
				ok(t, h.svc.Record(h.as(h.boss), scope, h.boss, id, impostor.Outcome{Party: party, Measure: measure, Result: "注册商已处理", On: today}))
			}
		}
		ids["old"] = report("weinan-gov.cn")
		finish(ids["old"])
		for range 2 {
			h.clock.Advance(13 * time.Hour)
			_, err := h.svc.Watch(h.ctx)
			ok(t, err)
		}
		h.clock.Advance(8 * 24 * time.Hour)
		ok(t, h.svc.Close(h.as(h.boss), scope, ids["old"], "已处理，没有恢复"))
		ids["new"] = report("weinan-gov.cn")
		*h.standing = true
		if _, err := h.svc.LookNow(h.as(h.boss), scope, h.boss, ids["old"]); err != nil {
			t.Fatalf("a look at the old case: %v", err)
		}
		h.clock.Advance(8 * 24 * time.Hour)
		if n, err := h.svc.Watch(h.ctx); err != nil || n != 2 {
			t.Fatalf("%d looks, %v", n, err)
		}
		for name, want := range map[string]string{"old": impostor.Closed, "new": impostor.Verified} {
			if d, err := h.svc.Dossier(h.ctx, all, ids[name]); err != nil || d.State != want || d.Looks[0].Outcome != impostor.There {
				t.Errorf("the %s case is %s after %+v, %v", name, d.State, d.Looks[0], err)
			}
		}
	})
}

// Article 23(3), readings 12: a case does not end while 通信 or 公安 was neither
// asked nor found to have nothing to do; and a resolver that fails is no fake
// that is gone.
func TestArticle23_3_NobodyIsLeftOutAndNoAnswerIsNoProof(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		scope := h.boss.ScopeFor(authz.ImpostorVerify)
		h.dns["weinan-gov.cn"] = "1.2.3.4"
		_, err := h.svc.AskCandidates(h.ctx)
		ok(t, err)
		c, err := h.svc.Suspect(h.as(h.boss), all, "weinan-gov.cn")
		ok(t, err)
		ok(t, h.svc.Verify(h.as(h.boss), scope, h.boss, c.ID, "不在台账中，照搬首页", nil))
		today := calendar.DateOf(h.clock.Now())
		free := func(party, why string) impostor.Outcome {
			return impostor.Outcome{Party: party, Measure: "none", Result: why, On: today}
		}
		is(t, h.svc.Record(h.as(h.boss), scope, h.boss, c.ID, free("police", "没有造成损失")), fault.Conflict) // not referred yet
		ok(t, h.svc.Refer(h.as(h.boss), scope, h.boss, c.ID, ""))
		ok(t, h.svc.Record(h.as(h.boss), scope, h.boss, c.ID, impostor.Outcome{Party: "cyberspace", Measure: "coordinated", Result: "已协调注册商", On: today}))
		look := func(want, outcome string) {
			t.Helper()
			h.clock.Advance(13 * time.Hour)
			if n, err := h.svc.Watch(h.ctx); err != nil || n != 1 {
				t.Fatalf("%d looks, %v", n, err)
			}
			d, err := h.svc.Dossier(h.ctx, all, c.ID)
			if err != nil || d.State != want || d.Looks[0].Outcome != outcome {
				t.Fatalf("state %s, look %+v, want %s %s (%v)", d.State, d.Looks[0], want, outcome, err)
			}
		}
		delete(h.dns, "weinan-gov.cn")
		h.dns["*"] = "the resolver fails"
		look(impostor.Referred, impostor.Unknown)
		look(impostor.Referred, impostor.Unknown)
		delete(h.dns, "*")
		look(impostor.Referred, impostor.NotSeen)
		look(impostor.Gone, impostor.NotSeen)
		h.clock.Advance(8 * 24 * time.Hour)
		refused := func(name string) {
			t.Helper()
			if err := h.svc.Close(h.as(h.boss), scope, c.ID, "已停止解析，没有恢复"); !fault.Is(err, fault.Refused) || !strings.Contains(fault.Of(err).Says, name) {
				t.Fatalf("closed without %s: %v", name, err)
			}
		}
		refused("通信管理部门")
		is(t, h.svc.Record(h.as(h.telecom), h.telecom.ScopeFor(authz.ImpostorDispose), h.telecom, c.ID, free("telecom", "注册商已停止解析")), fault.Refused)
		is(t, h.svc.Record(h.as(h.boss), scope, h.boss, c.ID, free("telecom", "无")), fault.Invalid)
		ok(t, h.svc.Record(h.as(h.boss), scope, h.boss, c.ID, free("telecom", "注册商已停止解析")))
		refused("公安部门")
		ok(t, h.svc.Record(h.as(h.boss), scope, h.boss, c.ID, free("police", "没有造成损失")))
		// Who was spared may still be asked, and is then waited for.
		ok(t, h.svc.HandOn(h.as(h.cyber), h.cyber.ScopeFor(authz.ImpostorDispose), h.cyber, c.ID, []string{"police"}))
		refused("公安部门的处置结果")
		ok(t, h.svc.Record(h.as(h.boss), scope, h.boss, c.ID, impostor.Outcome{Party: "police", Measure: "not_filed", Result: "线索不足，不予立案", On: calendar.DateOf(h.clock.Now())}))
		ok(t, h.svc.Close(h.as(h.boss), scope, c.ID, "已停止解析，没有恢复"))
	})
}

func TestArticle23_2_NamesLikeOursAreAskedOfTheDNSAndNeverContacted(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.dns["weinan-gov.cn"], h.dns["weinan.com"] = "1.2.3.4", "10.0.0.1"
		n, err := h.svc.AskCandidates(h.ctx)
		if err != nil || n != 1 {
			t.Fatalf("%d hosts, %v", n, err)
		}
		if n, err := h.svc.AskCandidates(h.ctx); err != nil || n != 0 {
			t.Errorf("asked again at once: %d, %v", n, err)
		}
		list, total, err := h.svc.Candidates(h.ctx, all, "new", "", 10, 0)
		if err != nil || total != 2 || *h.asked != 0 {
			t.Fatalf("%d candidates %+v, %d requests, %v", total, list, *h.asked, err)
		}
		if _, total, err := h.svc.Candidates(h.ctx, authz.Scope{}, "", "", 10, 0); err != nil || total != 0 {
			t.Errorf("a stranger sees %d, %v", total, err)
		}
		is(t, h.svc.SetAside(h.as(h.boss), all, "weinan.com", ""), fault.Invalid)
		ok(t, h.svc.SetAside(h.as(h.boss), all, "weinan.com", "某公司的商号网站"))
		c, err := h.svc.Suspect(h.as(h.boss), all, "weinan-gov.cn")
		if err != nil || c.Source != "monitor" || c.OfName != "渭南市人民政府" {
			t.Fatalf("%+v, %v", c, err)
		}
		if _, err := h.svc.Suspect(h.as(h.boss), all, "weinan-gov.cn"); !fault.Is(err, fault.Conflict) {
			t.Errorf("entered twice: %v", err)
		}
		ok(t, h.svc.Dismiss(h.as(h.boss), all, h.boss, c.ID, "备案主体是该公司"))
		if due := h.open(t, "impostor_verify"); len(due) != 0 {
			t.Errorf("still to verify: %+v", due)
		}
		if _, total, err := h.svc.Candidates(h.ctx, all, "new", "", 10, 0); err != nil || total != 0 {
			t.Errorf("%d left, %v", total, err)
		}
	})
}

// A resolver that fails says of no name that nobody has registered it: the host
// was not asked for, and comes again before its week is over.
func TestArticle23_2_NamesWithoutAnAnswerAreAskedAgain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ask := func(want int) impostor.Rounds {
			t.Helper()
			if n, err := h.svc.AskCandidates(h.ctx); err != nil || n != want {
				t.Fatalf("%d hosts asked for, want %d, %v", n, want, err)
			}
			r, err := h.svc.Rounds(h.ctx)
			ok(t, err)
			return r
		}
		h.dns["*"], h.dns["weinan.com"], h.dns["weinan.net"] = "the resolver fails", "1.2.3.4", "10.0.0.1"
		if r := ask(1); r.Hosts != 1 || r.Asked != 0 || r.Names < 10 || r.Untold != r.Names-2 || !r.Last.Equal(h.clock.Now()) {
			t.Errorf("no answer: %+v", r)
		}
		if list, total, err := h.svc.Candidates(h.ctx, all, "new", "", 10, 0); err != nil || total != 2 {
			t.Errorf("what did answer: %+v, %v", list, err)
		}
		ask(0)
		h.clock.Advance(time.Hour)
		delete(h.dns, "*")
		if r := ask(1); r.Asked != 1 || r.Untold != 0 {
			t.Errorf("answered: %+v", r)
		}
		h.clock.Advance(6 * 24 * time.Hour)
		ask(0)
		h.clock.Advance(24 * time.Hour)
		ask(1)
	})
}

func TestReportsOfFakesAreHeldAgainstWhatIsOfficialAndBounded(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		desk := impostor.NewDesk(h.svc)
		for name, mend := range map[string]func(*impostor.Tip){
			"official":     func(n *impostor.Tip) { n.Address = "http://www.weinan.gov.cn/a.html" },
			"no address":   func(n *impostor.Tip) { n.Address = "" },
			"no host":      func(n *impostor.Tip) { n.Address = "http://exa mple" },
			"nothing seen": func(n *impostor.Tip) { n.Says = " " },
			"too long":     func(n *impostor.Tip) { n.Says = strings.Repeat("长", 2001) },
			"kind":         func(n *impostor.Tip) { n.Kind = "x" },
			"account bare": func(n *impostor.Tip) { n.Kind = "account" },
			"no such page": func(n *impostor.Tip) {
				n.Kind, n.Name, n.Platform, n.Address = "account", "渭南发布", "微博", "渭南发布官方"
			},
			"trap":  func(n *impostor.Tip) { n.Trap = "x" },
			"token": func(n *impostor.Tip) { n.Token = "a.b.c" },
		} {
			n := h.tip("fake.example.com")
			mend(&n)
			if _, err := desk.Receive(h.ctx, h.site.ID, n); !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Refused) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for i := range impostor.PerAddress {
			if _, err := desk.Receive(h.ctx, h.site.ID, h.tip(fmt.Sprintf("fake%d.example.com", i))); err != nil {
				t.Fatalf("report %d: %v", i, err)
			}
		}
		_, err := desk.Receive(h.ctx, h.site.ID, h.tip("one-more.example.com"))
		is(t, err, fault.TooMany)
		n := h.tip("https://weibo.example/fake")
		n.Kind, n.Name, n.Platform, n.From = "account", "渭南发布官方", "微博", "203.0.113.9"
		_, err = desk.Receive(h.ctx, h.site.ID, n)
		ok(t, err)
		list, _, err := h.svc.Cases(h.ctx, all, impostor.Filter{Kind: "account"})
		if err != nil || len(list) != 1 {
			t.Fatalf("%v %v", list, err)
		}
		_, err = h.svc.LookNow(h.as(h.boss), all, h.boss, list[0].ID)
		is(t, err, fault.Refused)
		is(t, h.svc.Saw(h.as(h.boss), all, h.boss, list[0].ID, impostor.There, "仍在发布", nil), fault.Invalid)
		ok(t, h.svc.Saw(h.as(h.boss), all, h.boss, list[0].ID, impostor.There, "仍在发布", &approval.Upload{Name: "截图.pdf", Content: bytes.NewReader([]byte("%PDF-1.7\n"))}))
	})
}

// A fake is opened as every other host is: where its robots.txt keeps us out,
// nothing is asked for, and a person has to look.
func TestAFakeIsAskedWithManners(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		*h.standing, *h.robots = true, "User-agent: *\nDisallow: /\n"
		got, err := impostor.NewDesk(h.svc).Receive(h.ctx, h.site.ID, h.tip("http://weinan-gov.cn/login"))
		ok(t, err)
		scope := h.boss.ScopeFor(authz.ImpostorVerify)
		list, _, err := h.svc.Cases(h.ctx, scope, impostor.Filter{})
		ok(t, err)
		if len(list) != 1 {
			t.Fatalf("%d cases after %s", len(list), got.Number)
		}
		l, err := h.svc.LookNow(h.as(h.boss), scope, h.boss, list[0].ID)
		ok(t, err)
		if l.Outcome != impostor.Unknown || !strings.Contains(l.Says, "robots.txt") || *h.asked > 0 {
			t.Errorf("%s %s, asked %d times", l.Outcome, l.Says, *h.asked)
		}
	})
}

// Article 23(3): a fake may stand at an IP address without a name. However the
// address is written it is one address; what is no public one is refused with the
// reason; and what needs a name is left out.
func TestArticle23_3_AFakeAtABareAddressIsCarriedThroughItsCase(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		desk := impostor.NewDesk(h.svc)
		n := 0
		send := func(address string) (impostor.Receipt, error) {
			tip := h.tip(address)
			n++
			tip.From = fmt.Sprintf("198.51.100.%d", n)
			return desk.Receive(h.ctx, h.site.ID, tip)
		}
		for address, want := range map[string]string{
			"http://127.0.0.1/": "127.0.0.1 是本机回环地址", "2130706433": "127.0.0.1 是本机回环地址", "0177.0.0.1": "127.0.0.1 是本机回环地址", "http://[::1]/": "::1 是保留地址",
			"http://10.1.2.3/gov/": "10.1.2.3 是内网地址", "192.168.1.1:8080": "192.168.1.1 是内网地址", "[fd00::1]": "fd00::1 是内网地址", "http://[::ffff:10.0.0.1]/": "10.0.0.1 是内网地址",
			"http://169.254.169.254/latest/": "169.254.169.254 是链路本地（含云平台元数据）地址", "168.63.129.16": "168.63.129.16 是云平台元数据地址", "http://www.weinan.gov.cn@10.0.0.1/": "10.0.0.1 是内网地址",
			"1.2.3.456": "网址不正确", "1.2.3.4.5": "网址不正确", "http://[2400::zz]/": "网址不正确", "http://[fe80::1%25eth0]/": "网址不正确", "http://08.1.1.1/": "网址不正确", "http://1.2.3.4:99999/": "网址不正确",
		} {
			_, err := send(address)
			if f := fault.Of(err); !fault.Is(err, fault.Invalid) || len(f.Fields) != 1 || f.Fields[0].Name != "address" || !strings.Contains(f.Fields[0].Says, want) {
				t.Errorf("%s: %v", address, err)
			}
			if _, err := h.svc.Report(h.as(h.boss), all, impostor.Clue{Kind: "site", Address: address, Says: "照搬首页"}, nil); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s of a unit: %v", address, err)
			}
		}
		if _, err := send("http://1.2.3.4/gov/?from=sms"); err != nil {
			t.Fatal(err)
		}
		// Other spellings are the same address; another port is another site.
		for _, same := range []string{"16909060", "0x1020304", "01.02.03.04", "1.2.772", "https://1.2.3.4:443/x", "１．２．３．４", "http://[::ffff:1.2.3.4]/", "http://user@1.2.3.4/"} {
			if got, err := send(same); err != nil || !got.Known {
				t.Errorf("%s: %+v, %v", same, got, err)
			}
		}
		for _, other := range []string{"1.2.3.4:8080", "http://[2400:3200:0:0::1]/", "2400:3200::2", "[2400:3200::1]:8443"} {
			if got, err := send(other); err != nil || got.Known {
				t.Errorf("%s: %+v, %v", other, got, err)
			}
		}
		if got, err := send("2400:3200::1"); err != nil || !got.Known {
			t.Errorf("IPv6 written short: %+v, %v", got, err)
		}
		list, _, err := h.svc.Cases(h.ctx, all, impostor.Filter{})
		ok(t, err)
		shown := map[string]impostor.Case{}
		for _, c := range list {
			shown[c.Shown] = c
			if !c.Bare() || c.Technique != "" || c.OfficeName != "陕西省人民政府办公厅" {
				t.Errorf("%+v", c)
			}
		}
		for _, want := range []string{"1.2.3.4/gov/", "1.2.3.4:8080", "[2400:3200::1]", "[2400:3200::2]", "[2400:3200::1]:8443"} {
			if shown[want].ID == "" {
				t.Errorf("%s is not among %d cases", want, len(list))
			}
		}

		// The page that was reported is opened, and no other address asked.
		*h.standing = true
		scope := h.boss.ScopeFor(authz.ImpostorVerify)
		for _, address := range []string{"1.2.3.4/gov/", "[2400:3200::1]"} {
			l, err := h.svc.LookNow(h.as(h.boss), scope, h.boss, shown[address].ID)
			ok(t, err)
			if l.Outcome != impostor.There || l.Title != "白水县人民政府" || strings.Contains(l.Says, "解析") {
				t.Errorf("%s: %s %s", address, l.Outcome, l.Says)
			}
		}
		if _, err := h.svc.LookNow(h.as(h.boss), scope, h.boss, shown["1.2.3.4/gov/"].ID); err != nil || h.path != "/gov/" {
			t.Errorf("opened %s (%v)", h.path, err)
		}
		*h.standing = false
		if l, err := h.svc.LookNow(h.as(h.boss), scope, h.boss, shown["1.2.3.4:8080"].ID); err != nil || l.Outcome != impostor.Unknown || !strings.Contains(l.Says, "端口 8080") {
			t.Errorf("a port that is not visited: %s %s (%v)", l.Outcome, l.Says, err)
		}
		*h.standing = true

		c := shown["1.2.3.4/gov/"]
		ok(t, h.svc.Verify(h.as(h.boss), scope, h.boss, c.ID, "不在台账中，照搬首页", nil))
		ok(t, h.svc.Refer(h.as(h.boss), scope, h.boss, c.ID, ""))
		paper, _, err := h.svc.Paper(h.ctx, scope, c.ID, 0)
		ok(t, err)
		d, err := h.svc.Dossier(h.ctx, scope, c.ID)
		ok(t, err)
		if letter := strings.Join(d.Steps[0].Letter, ""); paper.Check() != nil || !strings.Contains(letter, "1.2.3.4/gov/") || !strings.Contains(letter, "没有域名") || strings.Contains(letter, "对域名解析和") {
			t.Errorf("letter %q", letter)
		}
		ok(t, h.svc.HandOn(h.as(h.cyber), h.cyber.ScopeFor(authz.ImpostorDispose), h.cyber, c.ID, []string{"telecom", "police"}))
		today := calendar.DateOf(h.clock.Now())
		record := func(party, measure string) error {
			return h.svc.Record(h.as(h.boss), scope, h.boss, c.ID, impostor.Outcome{Party: party, Measure: measure, Result: "已按来函处置", On: today})
		}
		for _, measure := range []string{"resolution", "both"} {
			if err := record("telecom", measure); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Of(err).Says, "没有域名") {
				t.Errorf("%s: %v", measure, err)
			}
		}
		ok(t, record("telecom", "access"))
		ok(t, record("police", "filed"))
		ok(t, record("cyberspace", "coordinated"))
		h.stop()
		for _, want := range []string{impostor.Disposing, impostor.Gone} {
			h.clock.Advance(13 * time.Hour)
			if _, err := h.svc.Watch(h.ctx); err != nil {
				t.Fatal(err)
			}
			d, err := h.svc.Dossier(h.ctx, all, c.ID)
			if err != nil || d.State != want || d.Looks[0].Says != "IP 地址 1.2.3.4 已不能连接。" {
				t.Fatalf("state %s, want %s, %s (%v)", d.State, want, d.Looks[0].Says, err)
			}
		}
		h.clock.Advance(8 * 24 * time.Hour)
		ok(t, h.svc.Close(h.as(h.boss), scope, c.ID, "已停止接入，没有恢复"))
	})
}

// A fake account is carried to the end of its case by what people see on the platform: its
// name is the platform's, whose resolution nobody stops, and who handles it is asked to look.
func TestArticle23_3_AFakeAccountIsCarriedThroughItsCase(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		scope, today := h.boss.ScopeFor(authz.ImpostorVerify), calendar.DateOf(h.clock.Now())
		c, err := h.svc.Report(h.as(h.boss), all, impostor.Clue{Kind: "account", Address: "https://weibo.example/fake", Name: "渭南发布官方", Platform: "微博", Says: "头像、名称与官方账号相近"}, nil)
		ok(t, err)
		state := func() string {
			t.Helper()
			d, err := h.svc.Dossier(h.ctx, scope, c.ID)
			ok(t, err)
			return d.State
		}
		saw := func(outcome string) {
			t.Helper()
			ok(t, h.svc.Saw(h.as(h.boss), all, h.boss, c.ID, outcome, "按主页网址和名称搜索", &approval.Upload{Name: "截图.pdf", Content: bytes.NewReader([]byte("%PDF-1.7\n"))}))
		}
		ok(t, h.svc.Verify(h.as(h.boss), scope, h.boss, c.ID, "主体为个人，没有登记", nil))
		ok(t, h.svc.Refer(h.as(h.boss), scope, h.boss, c.ID, ""))
		ok(t, h.svc.HandOn(h.as(h.cyber), h.cyber.ScopeFor(authz.ImpostorDispose), h.cyber, c.ID, []string{"telecom", "police"}))
		record := func(party, measure string) error {
			return h.svc.Record(h.as(h.boss), scope, h.boss, c.ID, impostor.Outcome{Party: party, Measure: measure, Result: "已按来函处置", On: today})
		}
		for _, measure := range []string{"resolution", "both"} {
			if err := record("telecom", measure); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Of(err).Says, "账号开在平台的网站上") {
				t.Errorf("%s of an account: %v", measure, err)
			}
		}
		ok(t, record("cyberspace", "platform"))
		ok(t, record("telecom", "none"))
		asked := func() int {
			t.Helper()
			n, err := db.One(h.ctx, h.db, db.Value[int], `SELECT count(*) FROM message WHERE link = $1 AND body LIKE '%请在平台上打开，登记看到的情况%'`, c.Link())
			ok(t, err)
			return n
		}
		if n := asked(); n != 0 {
			t.Errorf("asked to look %d times before all have answered", n)
		}
		ok(t, record("police", "filed"))
		if n := asked(); n != 1 {
			t.Errorf("asked to look %d times", n)
		}
		saw(impostor.NotSeen)
		saw(impostor.NotSeen) // too soon after the first
		if got := state(); got != impostor.Disposing {
			t.Errorf("after one look: %s", got)
		}
		h.clock.Set(h.clock.Now().Add(7 * time.Hour))
		saw(impostor.NotSeen)
		if got := state(); got != impostor.Gone {
			t.Errorf("after two looks: %s", got)
		}
		is(t, h.svc.Close(h.as(h.boss), scope, c.ID, "账号已封停"), fault.Refused)
		h.clock.Set(h.clock.Now().Add(8 * 24 * time.Hour))
		ok(t, h.svc.Close(h.as(h.boss), scope, c.ID, "账号已封停"))
		saw(impostor.There)
		if got := state(); got != impostor.Disposing {
			t.Errorf("back after it was closed: %s", got)
		}
	})
}

// 网信 owes until it has answered and brought the others in, or said why there is nothing for
// them to do: its answer alone leaves nobody who would ask them.
func TestArticle23_3_TheOthersAreBroughtIn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		scope, today := h.boss.ScopeFor(authz.ImpostorVerify), calendar.DateOf(h.clock.Now())
		made := func(address string) impostor.Case {
			t.Helper()
			c, err := h.svc.Report(h.as(h.boss), all, impostor.Clue{Kind: "account", Address: address, Name: "渭南发布官方", Platform: "微博", Says: "头像、名称与官方账号相近"}, nil)
			ok(t, err)
			ok(t, h.svc.Verify(h.as(h.boss), scope, h.boss, c.ID, "主体为个人，没有登记", nil))
			ok(t, h.svc.Refer(h.as(h.boss), scope, h.boss, c.ID, ""))
			return c
		}
		record := func(c impostor.Case, party, measure string) {
			t.Helper()
			ok(t, h.svc.Record(h.as(h.cyber), h.cyber.ScopeFor(authz.ImpostorDispose), h.cyber, c.ID, impostor.Outcome{Party: party, Measure: measure, Result: "已按来函处置", On: today}))
		}
		handOn := func(c impostor.Case, parties ...string) {
			t.Helper()
			ok(t, h.svc.HandOn(h.as(h.cyber), h.cyber.ScopeFor(authz.ImpostorDispose), h.cyber, c.ID, parties))
		}
		owed := func(c impostor.Case, want ...string) {
			t.Helper()
			var got []string
			for _, o := range h.open(t, impostor.StepDue.ID) {
				if o.Link == c.Link() && o.State == obligation.Open {
					got = append(got, strings.TrimSuffix(o.Subject.Name, "处置 "+c.Shown))
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("owed: %q, want %q", got, want)
			}
		}
		ofCyberspace, ofTelecom := "网信部门", "通信管理部门"
		c := made("https://weibo.example/a")
		owed(c, ofCyberspace)
		record(c, "cyberspace", "platform")
		owed(c, ofCyberspace)
		n, err := db.One(h.ctx, h.db, db.Value[int], `SELECT count(*) FROM message WHERE link = $1 AND body LIKE '%还要协调通信管理部门、公安部门处置%'`, c.Link())
		if ok(t, err); n != 1 {
			t.Errorf("%d messages name who is left", n)
		}
		handOn(c, "telecom")
		owed(c, ofCyberspace, ofTelecom)
		record(c, "police", "none") // nothing for it to do
		owed(c, ofTelecom)
		record(c, "telecom", "none")
		owed(c)

		c = made("https://weibo.example/b") // the others first
		handOn(c, "telecom", "police")
		record(c, "telecom", "none")
		record(c, "police", "filed")
		owed(c, ofCyberspace)
		record(c, "cyberspace", "platform")
		owed(c)

		c = made("https://weibo.example/c") // referred again with one of them never asked
		handOn(c, "telecom")
		record(c, "telecom", "none")
		record(c, "cyberspace", "platform")
		owed(c, ofCyberspace)
		ok(t, h.svc.Refer(h.as(h.boss), scope, h.boss, c.ID, ""))
		owed(c, ofCyberspace) // of the new referral alone
	})
}
