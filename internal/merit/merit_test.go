package merit_test

import (
	"bytes"
	"context"
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
	"zhengshu/internal/fault"
	"zhengshu/internal/merit"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/workbench"
)

var start = time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)

type house struct {
	t      *testing.T
	db     *db.DB
	svc    *merit.Service
	units  map[string]org.Unit
	people map[string]*authz.Session
	stood  []merit.ID // as OnChecked was told
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	clock := calendar.NewManual(start)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(start)
		h := &house{t: t, db: d, units: map[string]org.Unit{}, people: map[string]*authz.Session{}}
		ctx := audit.System(context.Background(), "test")
		store, err := blob.Disk(t.TempDir())
		h.must(err)
		h.must(passage.Declare(ctx, d, merit.Machine))
		o := org.New(d)
		h.svc = merit.New(merit.Parts{DB: d, Org: o, Store: store})
		h.svc.GroundsFrom(merit.Grounder{Kind: "order", Name: "整改通知", Find: func(_ context.Context, _ db.Querier, _ authz.Scope, ref string) (merit.Ground, error) {
			if !strings.HasPrefix(ref, "ZG-") {
				return merit.Ground{}, fault.Missing("整改通知")
			}
			return merit.Ground{Ref: merit.Ref{Kind: "order", ID: "id of " + ref}, Name: "整改通知 " + ref, Link: "/console/orders/1", Unit: h.units["bureau"].ID}, nil
		}})
		h.svc.OnChecked(func(_ context.Context, _ *db.Tx, r merit.Record) error { h.stood = append(h.stood, r.ID); return nil })
		h.must(d.Update(ctx, func(tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}, {Level: org.City, Code: "610200", Name: "铜川市", Parent: "province-610000000000"}} {
				if _, err := o.AddArea(ctx, tx, a); err != nil {
					return err
				}
			}
			for _, n := range []struct {
				key, area, name string
				kind            org.Kind
				role            authz.Role
			}{{"city", "city-610100000000", "西安市人民政府办公厅", org.Office, authz.Supervisor}, {"bureau", "city-610100000000", "西安市商务局", org.Department, authz.Sponsor}, {"province", "province-610000000000", "陕西省人民政府办公厅", org.Office, authz.Supervisor},
				{"neighbour", "city-610200000000", "铜川市人民政府办公室", org.Office, authz.Supervisor}} {
				u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: org.AreaID(n.area), Kind: n.kind, Name: n.name})
				if err != nil {
					return err
				}
				h.units[n.key] = u
				for _, name := range []string{n.key, n.key + "2"} {
					p, err := o.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: u.ID, Name: name})
					if err != nil {
						return err
					}
					if err := o.Appoint(ctx, tx, authz.System("test"), p.ID, u.ID, n.role); err != nil {
						return err
					}
					posts, err := o.PostsOf(ctx, tx, p.ID)
					if err != nil {
						return err
					}
					h.people[name] = &authz.Session{PersonID: string(p.ID), Name: name, Posts: posts}
				}
			}
			return nil
		}))
		fn(t, h)
	})
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatalf("%v %+v", err, fault.Of(err).Fields)
	}
}

func (h *house) as(who string) (context.Context, authz.Scope, *authz.Session) {
	s := h.people[who]
	unit, _ := s.Unit()
	return authz.WithSession(audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name, Unit: unit}), s), s.ScopeFor(authz.MeritRecord), s
}

func (h *house) talk() merit.Entry {
	return merit.Entry{Unit: h.units["bureau"].ID, Kind: "talk", Capacity: "leader", Person: "张三 副局长", Body: "西安市人民政府办公厅", Document: "市政办函〔2026〕9号", DecidedOn: calendar.DateOf(start), Says: "网站长期不更新", Grounds: []merit.Ref{{Kind: "order", ID: "ZG-2026-0001"}}}
}

func (h *house) enter(n merit.Entry, files ...approval.Upload) merit.Record {
	h.t.Helper()
	ctx, scope, s := h.as("city")
	r, err := h.svc.Enter(ctx, scope, s, h.units["city"].ID, n, files)
	h.must(err)
	return r
}

// listed are the records that a person sees, by number.
func (h *house) listed(who string, f merit.Filter) []string {
	h.t.Helper()
	s := h.people[who]
	list, total, err := h.svc.Records(context.Background(), s.ScopeFor(authz.AssessmentRead), s, f)
	h.must(err)
	if total != len(list) {
		h.t.Errorf("%d of %d", len(list), total)
	}
	var out []string
	for _, r := range list {
		out = append(out, r.Number)
	}
	return out
}

// Article 30: the record names the body that decided, is entered by one person
// and checked by another, and only then counts and is seen by the unit.
func TestArticle30_OneEntersAnotherChecks(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.enter(h.talk(), approval.Upload{Kind: "decision", Field: "file", Name: "决定.pdf", Content: bytes.NewReader([]byte("%PDF-1.7\n"))})
		if r.State != merit.Entered || r.Number != "JC-2026-0001" || r.Sort != merit.Account || len(r.Grounds) != 1 || r.Grounds[0].ID != "id of ZG-2026-0001" {
			t.Fatalf("%+v", r)
		}
		if got := h.listed("bureau", merit.Filter{}); got != nil {
			t.Errorf("the unit sees what nobody checked: %v", got)
		}
		if got := h.listed("city2", merit.Filter{Sort: merit.Account, Year: 2026, Text: "商务"}); len(got) != 1 {
			t.Errorf("the office does not see it: %v", got)
		}
		ctx, scope, s := h.as("city")
		if err := h.svc.Check(ctx, scope, s, r.ID); !fault.Is(err, fault.Refused) {
			t.Errorf("checked by who entered it: %v", err)
		}
		for _, who := range []string{"neighbour", "province"} {
			ctx, scope, s := h.as(who)
			if err := h.svc.Check(ctx, scope, s, r.ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("checked by %s: %v", who, err)
			}
		}
		octx, oscope, other := h.as("city2")
		tasks, err := h.svc.Tasks(octx, other, workbench.ToDo, 10)
		h.must(err)
		if len(tasks) != 1 || tasks[0].Act != "去复核" {
			t.Errorf("to do: %+v", tasks)
		}
		// Returned with a reason, mended, checked.
		if err := h.svc.Return(octx, oscope, other, r.ID, " "); !fault.Is(err, fault.Invalid) {
			t.Errorf("returned without a reason: %v", err)
		}
		h.must(h.svc.Return(octx, oscope, other, r.ID, "文号请核对"))
		if err := h.svc.Check(octx, oscope, other, r.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("checked what was returned: %v", err)
		}
		n := h.talk()
		n.Document = "市政办函〔2026〕10号"
		h.must(h.svc.Amend(ctx, scope, s, r.ID, n, nil))
		h.must(h.svc.Check(octx, oscope, other, r.ID))
		if len(h.stood) != 1 || h.stood[0] != r.ID {
			t.Errorf("who follows was told %v", h.stood)
		}
		unit := h.people["bureau"]
		got, steps, err := h.svc.Record(context.Background(), unit.ScopeFor(authz.AssessmentRead), unit, r.ID)
		h.must(err)
		if !got.Counts() || got.Document != n.Document || got.CheckedBy != "city2" || len(got.Files) != 1 || len(steps) != 4 || !got.Names(unit) {
			t.Errorf("%+v %v", got, steps)
		}
		_, f, err := h.svc.File(context.Background(), unit.ScopeFor(authz.AssessmentRead), unit, r.ID, got.Files[0].ID)
		h.must(err)
		h.must(f.Close())
		if got := h.listed("neighbour", merit.Filter{}); got != nil {
			t.Errorf("a neighbour sees %v", got)
		}
		told, err := notify.New(h.db).Messages(context.Background(), unit, notify.Filter{}, 10)
		h.must(err)
		if len(told) != 1 || strings.Contains(told[0].Title+told[0].Body, "张三") {
			t.Errorf("the unit was told %+v", told)
		}
	})
}

// What stands is corrected by another record and never taken out; a decision
// that was taken back no longer counts.
func TestArticle30_RecordsAreCorrectedNotDeleted(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.enter(h.talk())
		ctx, scope, s := h.as("city")
		octx, oscope, other := h.as("city2")
		if _, err := h.svc.Correct(ctx, scope, s, r.ID, h.talk(), "写错了人", nil); !fault.Is(err, fault.Conflict) {
			t.Errorf("corrected before it stood: %v", err)
		}
		if err := h.svc.Drop(ctx, scope, s, r.ID, "写错了人"); !fault.Is(err, fault.Conflict) {
			t.Errorf("dropped while it is checked: %v", err)
		}
		h.must(h.svc.Check(octx, oscope, other, r.ID))
		day := calendar.DateOf(start)
		counted := func() int {
			t.Helper()
			list, err := merit.Decided(context.Background(), h.db, authz.System("test"), day, day)
			h.must(err)
			return len(list)
		}
		if counted() != 1 {
			t.Error("what stands does not count")
		}
		n := h.talk()
		n.Person = "李四 副局长"
		fixed, err := h.svc.Correct(ctx, scope, s, r.ID, n, "写错了人", nil)
		h.must(err)
		if _, err := h.svc.Correct(octx, oscope, other, r.ID, n, "写错了人", nil); !fault.Is(err, fault.Conflict) {
			t.Errorf("two corrections of one record: %v", err)
		}
		if counted() != 1 {
			t.Error("a correction under way changes the count")
		}
		h.must(h.svc.Check(octx, oscope, other, fixed.ID))
		old, _, err := h.svc.Record(ctx, scope, s, r.ID)
		h.must(err)
		if old.State != merit.Corrected || old.CorrectedBy != fixed.ID || old.Person != "张三 副局长" || counted() != 1 {
			t.Errorf("%+v, %d counted", old, counted())
		}
		if got := h.listed("bureau", merit.Filter{}); len(got) != 1 || got[0] != fixed.Number {
			t.Errorf("the unit sees %v", got)
		}
		n.Withdrawn = true
		gone, err := h.svc.Correct(octx, oscope, other, fixed.ID, n, "决定机关已撤销", nil)
		h.must(err)
		h.must(h.svc.Check(ctx, scope, s, gone.ID))
		if counted() != 0 {
			t.Error("a decision that was taken back counts")
		}
		// What never stood may be put aside after it was returned.
		x := h.enter(h.talk())
		h.must(h.svc.Return(octx, oscope, other, x.ID, "不应登记"))
		h.must(h.svc.Drop(ctx, scope, s, x.ID, "不应登记"))
		if got := h.listed("city", merit.Filter{State: merit.Dropped}); len(got) != 1 {
			t.Errorf("dropped: %v", got)
		}
	})
}

// What cannot be entered is named.
func TestArticle30_WhatMayBeRecorded(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, scope, s := h.as("city")
		try := func(change func(*merit.Entry)) error {
			n := h.talk()
			change(&n)
			_, err := h.svc.Enter(ctx, scope, s, h.units["city"].ID, n, nil)
			return err
		}
		for name, x := range map[string]struct {
			change func(*merit.Entry)
			kind   fault.Kind
			field  string
		}{
			"a punishment by the office itself":   {func(n *merit.Entry) { n.Kind = "punish" }, fault.Refused, "body"},
			"a punishment in the words of a talk": {func(n *merit.Entry) { n.Measure = "约谈并记过" }, fault.Refused, "body"},
			"accountability without grounds":      {func(n *merit.Entry) { n.Grounds = nil }, fault.Refused, "ground"},
			"grounds that are not there":          {func(n *merit.Entry) { n.Grounds[0].ID = "9" }, fault.Invalid, "ground"},
			"grounds of no kind":                  {func(n *merit.Entry) { n.Grounds[0].Kind = "rumour" }, fault.Invalid, "ground"},
			"no kind":                             {func(n *merit.Entry) { n.Kind = "x" }, fault.Invalid, "kind"},
			"a kind of one's own without words":   {func(n *merit.Entry) { n.Kind = "other_account" }, fault.Invalid, "measure"},
			"no body":                             {func(n *merit.Entry) { n.Body = " " }, fault.Invalid, "body"},
			"decided tomorrow":                    {func(n *merit.Entry) { n.DecidedOn = n.DecidedOn.AddDays(1) }, fault.Invalid, "decided_on"},
			"a person without capacity":           {func(n *merit.Entry) { n.Capacity = "" }, fault.Invalid, "capacity"},
			"a capacity of the other sort":        {func(n *merit.Entry) { n.Capacity = "staff" }, fault.Invalid, "capacity"},
			"a capacity without person":           {func(n *merit.Entry) { n.Person = "" }, fault.Invalid, "person"},
			"praise for nothing": {func(n *merit.Entry) {
				*n = merit.Entry{Unit: n.Unit, Kind: "praise", Body: n.Body, DecidedOn: n.DecidedOn}
			}, fault.Invalid, "says"},
		} {
			err := try(x.change)
			if !fault.Is(err, x.kind) {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if f := fault.Of(err).Fields; len(f) == 0 || f[0].Name != x.field {
				t.Errorf("%s: on %+v, not %s", name, f, x.field)
			}
		}
		if err := try(func(n *merit.Entry) { n.Unit = h.units["neighbour"].ID }); !fault.Is(err, fault.NotFound) {
			t.Errorf("of a unit elsewhere: %v", err)
		}
		nctx, nscope, neighbour := h.as("neighbour")
		if _, err := h.svc.Enter(nctx, nscope, neighbour, h.units["city"].ID, h.talk(), nil); !fault.Is(err, fault.Forbidden) {
			t.Errorf("entered for another office: %v", err)
		}
		h.must(try(func(n *merit.Entry) { n.Kind, n.Body = "punish", "西安市监察委员会" }))
		h.must(try(func(n *merit.Entry) { n.Kind, n.Measure = "proposal", "建议给予警告处分" }))
		h.must(try(func(n *merit.Entry) {
			*n = merit.Entry{Unit: n.Unit, Kind: "praise_notice", Body: n.Body, DecidedOn: n.DecidedOn, Says: "季度检查连续优秀"}
		}))
	})
}
