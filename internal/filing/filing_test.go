package filing_test

import (
	"bytes"
	"context"
	"io"
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
	"zhengshu/internal/fault"
	"zhengshu/internal/filing"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

type house struct {
	t     *testing.T
	db    *db.DB
	clock *calendar.Manual
	org   *org.Service
	reg   *registry.Service
	obl   *obligation.Service
	svc   *filing.Service
	units map[string]org.Unit
	posts map[string]authz.Post
	site  registry.Site
}

var monday = time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	clock := calendar.NewManual(monday)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(monday)
		h := &house{t: t, db: d, clock: clock, units: map[string]org.Unit{}, posts: map[string]authz.Post{}}
		h.build()
		fn(t, h)
	})
}

func (h *house) build() {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	if err := passage.Declare(ctx, h.db, registry.SiteMachine, registry.AccountMachine, filing.Machine); err != nil {
		h.t.Fatal(err)
	}
	days, err := calendar.Published()
	if err != nil {
		h.t.Fatal(err)
	}
	blobs, err := blob.Disk(h.t.TempDir())
	if err != nil {
		h.t.Fatal(err)
	}
	h.org = org.New(h.db)
	h.reg = registry.New(h.db, h.org)
	h.obl = obligation.New(h.db, h.org, filing.Obligations()...)
	h.svc = filing.New(h.db, h.org, h.reg, h.obl, days, blobs, sx2021.Defaults)
	if err := h.db.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}, {Level: org.City, Code: "610200", Name: "铜川市", Parent: "province-610000000000"}} {
			if _, err := h.org.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		for _, x := range []struct {
			name string
			role authz.Role
			unit org.Unit
		}{
			{"city", authz.Supervisor, org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "西安市人民政府办公厅"}},
			{"dept", authz.Sponsor, org.Unit{Area: "city-610100000000", Kind: org.Department, Name: "西安市商务局", Line: "commerce"}},
			{"else", authz.Sponsor, org.Unit{Area: "city-610200000000", Kind: org.Department, Name: "铜川市商务局", Line: "commerce"}},
			{"estab", authz.Establishment, org.Unit{Area: "city-610100000000", Kind: org.Department, Name: "西安市委编办", Line: "establishment"}},
			{"provestab", authz.Establishment, org.Unit{Area: "province-610000000000", Kind: org.Department, Name: "陕西省委编办", Line: "establishment"}},
			{"tele", authz.Telecom, org.Unit{Area: "province-610000000000", Kind: org.Department, Name: "陕西省通信管理局", Line: "telecom"}},
		} {
			u, _, err := h.org.AddUnit(ctx, tx, x.unit)
			if err != nil {
				return err
			}
			h.units[x.name] = u
			p, err := h.org.AddPerson(ctx, tx, authz.System("test"), org.Person{Name: x.name, Unit: u.ID})
			if err != nil {
				return err
			}
			if err := h.org.Appoint(ctx, tx, authz.System("test"), p.ID, u.ID, x.role); err != nil {
				return err
			}
			h.posts[x.name] = authz.Post{Role: x.role, UnitID: string(u.ID), UnitName: u.Name, AreaPath: u.AreaPath, LinePath: u.LinePath, Office: u.Kind == org.Office}
		}
		var err error
		h.site, err = h.reg.EnterSite(ctx, tx, registry.Site{Unit: h.units["dept"].ID, Kind: registry.DepartmentSite, Name: "西安市商务局网站", Host: "swj.xa.gov.cn", ICP: "陕ICP备05000001号", PartyGovMark: "610100001"})
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) as(who string, p authz.Permission) (context.Context, *authz.Session, authz.Scope) {
	s := &authz.Session{PersonID: "P" + who, Name: who, Posts: []authz.Post{h.posts[who]}}
	ctx := audit.WithActor(authz.WithSession(context.Background(), s), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name})
	return ctx, s, s.ScopeFor(p)
}

func (h *house) open(i filing.Item) filing.ID {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	var id filing.ID
	if err := h.db.Update(ctx, func(tx *db.Tx) (err error) {
		if i.Object, err = h.reg.Object(ctx, tx, authz.System("test"), registry.Ref{Kind: sx2021.Site, ID: string(h.site.ID)}); err != nil {
			return err
		}
		id, err = h.svc.Open(ctx, tx, i)
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
	return id
}

func (h *house) now() registry.Site {
	h.t.Helper()
	s, err := h.reg.Site(context.Background(), authz.System("test"), h.site.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

func (h *house) debts(kind, state string) []obligation.Obligation {
	h.t.Helper()
	list, err := h.obl.Obligations(context.Background(), authz.System("test"), obligation.Filter{Kind: kind, State: state})
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

func scan() *approval.Upload {
	return &approval.Upload{Field: "file", Name: "回执.pdf", Content: bytes.NewReader([]byte("%PDF-1.7\n"))}
}

func (h *house) today() calendar.Date { return calendar.DateOf(h.clock.Now()) }

// Readings 5 and 9: the nearest body that exists, up the areas.
func TestArticle05_NearestBodyUpTheAreas(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for kind, want := range map[filing.Kind]string{filing.Mark: "estab", filing.ChineseDomain: "estab", filing.ICP: "tele", filing.PoliceFiling: "", filing.EnglishDomain: "", filing.SupervisorFiling: "city"} {
			id := h.open(filing.Item{Kind: kind, Act: filing.Register})
			if again := h.open(filing.Item{Kind: kind, Act: filing.Register}); again != id {
				t.Errorf("%s opened twice", kind)
			}
			i, err := h.svc.Item(context.Background(), h.db, authz.System("test"), id)
			if err != nil || i.BodyID != h.units[want].ID || i.BodyName == "" {
				t.Errorf("%s goes to %q (%v), want %s", kind, i.BodyName, err, want)
			}
		}
		if d := h.debts("account_filing", ""); len(d) != 1 || d[0].Due.On.String() != "2026-03-23" {
			t.Errorf("filing of an account within ten working days: %+v", d)
		}
		if d := h.debts("police_filing", ""); len(d) != 1 || d[0].Due.On.String() != "2026-04-08" {
			t.Errorf("police filing within thirty days: %+v", d)
		}
	})
}

// Article 7(3): a number with its receipt is proved, ends the clock and is in the
// ledger once; the body only confirms.
func TestArticle07_3_NumberFlowsIntoTheLedgerOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.open(filing.Item{Kind: filing.ChineseDomain, Act: filing.Register})
		ctx, _, scope := h.as("dept", authz.FilingRecord)
		for name, tt := range map[string]struct {
			r     filing.Receipt
			field string
		}{
			"no number":  {filing.Receipt{On: h.today(), File: scan()}, "number"},
			"no date":    {filing.Receipt{Number: "西安市商务局.政务", File: scan()}, "on"},
			"tomorrow":   {filing.Receipt{Number: "西安市商务局.政务", On: h.today().AddDays(1), File: scan()}, "on"},
			"no receipt": {filing.Receipt{Number: "西安市商务局.政务", On: h.today()}, "file"},
		} {
			if _, err := h.svc.Record(ctx, scope, id, tt.r); !fault.Is(err, fault.Invalid) || fault.Of(err).Fields[0].Name != tt.field {
				t.Errorf("%s: %v", name, err)
			}
		}
		other, _, elsewhere := h.as("else", authz.FilingRecord)
		if _, err := h.svc.Record(other, elsewhere, id, filing.Receipt{Handed: true}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour recorded: %v", err)
		}
		i, err := h.svc.Record(ctx, scope, id, filing.Receipt{Number: "西安市商务局.政务", On: h.today(), File: scan()})
		if err != nil || i.State != filing.Recorded || !i.InLedger || !i.Done() || i.Ended() {
			t.Fatalf("%+v (%v)", i, err)
		}
		if got := h.now().ChineseDomain; got != "西安市商务局.政务" {
			t.Errorf("ledger says %q", got)
		}
		if d := h.debts("registration", "all"); d[0].State != obligation.Discharged || !strings.Contains(d[0].Evidence, "西安市商务局.政务") {
			t.Errorf("clock %+v", d)
		}
		if _, err := h.svc.Record(ctx, scope, id, filing.Receipt{Number: "x", On: h.today()}); !fault.Is(err, fault.Conflict) {
			t.Errorf("recorded twice: %v", err)
		}
		// The wrong body does not even see it.
		bctx, session, _ := h.as("tele", authz.FilingConfirm)
		if _, err := h.svc.Acknowledge(bctx, session, id, filing.Answer{}); !fault.Is(err, fault.NotFound) {
			t.Errorf("another body confirmed: %v", err)
		}
		// Say that the ledger was changed by hand since: confirming does not undo it.
		sys := audit.System(context.Background(), "test")
		if err := h.db.Update(sys, func(tx *db.Tx) error {
			s := h.now()
			_, err := h.reg.SetIdentifiers(sys, tx, authz.System("test"), s.ID, registry.Identifiers{Name: s.Name, Host: s.Host, ICP: s.ICP, ChineseDomain: "改后.政务", PartyGovMark: s.PartyGovMark, Why: registry.Why{Says: "更正"}})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		bctx, session, _ = h.as("estab", authz.FilingConfirm)
		if i, err = h.svc.Acknowledge(bctx, session, id, filing.Answer{}); err != nil || i.State != filing.Acknowledged || !i.Ended() {
			t.Fatalf("confirmed %+v (%v)", i, err)
		}
		if got := h.now().ChineseDomain; got != "改后.政务" {
			t.Errorf("the number went into the ledger a second time: %q", got)
		}
		a, r, err := h.svc.OpenFile(bctx, authz.Scope{}, id)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if b, err := io.ReadAll(r); err != nil || a.Name != "回执.pdf" || !bytes.HasPrefix(b, []byte("%PDF")) {
			t.Errorf("receipt %q (%v)", b, err)
		}
	})
}

// A body gives the number where the sponsor had none, or says what is missing:
// then the clock runs again.
func TestBodyGivesTheNumberOrSaysWhatIsMissing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.open(filing.Item{Kind: filing.Mark, Act: filing.Register})
		ctx, _, scope := h.as("dept", authz.FilingRecord)
		bctx, session, _ := h.as("estab", authz.FilingConfirm)
		if _, err := h.svc.Acknowledge(bctx, session, id, filing.Answer{Number: "1"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("confirmed before it was handed in: %v", err)
		}
		if i, err := h.svc.Record(ctx, scope, id, filing.Receipt{Handed: true, Note: "已报送申请表"}); err != nil || i.State != filing.Submitted || i.Done() {
			t.Fatalf("%+v (%v)", i, err)
		}
		list, total, err := h.svc.Items(context.Background(), authz.Scope{}, filing.Filter{Mine: session})
		if err != nil || total != 1 || list[0].ID != id {
			t.Errorf("the body's list: %d (%v)", total, err)
		}
		if _, _, err := h.svc.Items(context.Background(), scope, filing.Filter{Mine: session, Text: "商务", Kind: filing.Mark, Act: filing.Register}); err != nil {
			t.Error(err)
		}
		if _, err := h.svc.Acknowledge(bctx, session, id, filing.Answer{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("confirmed without a number: %v", err)
		}
		i, err := h.svc.Acknowledge(bctx, session, id, filing.Answer{Missing: "缺少加盖公章的申请表"})
		if err != nil || i.State != filing.Returned || i.Words == "" {
			t.Fatalf("returned %+v (%v)", i, err)
		}
		if _, err := h.svc.Record(ctx, scope, id, filing.Receipt{Handed: true}); err != nil {
			t.Fatal(err)
		}
		if i, err = h.svc.Acknowledge(bctx, session, id, filing.Answer{Number: "CA61010012345"}); err != nil || i.State != filing.Acknowledged || !i.InLedger {
			t.Fatalf("%+v (%v)", i, err)
		}
		if got := h.now().PartyGovMark; got != "CA61010012345" {
			t.Errorf("ledger says %q", got)
		}
		if d := h.debts("registration", "all"); len(d) != 1 || d[0].State != obligation.Discharged {
			t.Errorf("clock %+v", d)
		}
		steps, err := h.svc.History(ctx, h.db, scope, id)
		if err != nil || len(steps) != 5 {
			t.Errorf("%d steps (%v)", len(steps), err)
		}
	})
}

// A number that was wrong is corrected in the ledger too.
func TestCorrectedNumberReplacesTheWrongOne(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.open(filing.Item{Kind: filing.Mark, Act: filing.Register})
		ctx, _, scope := h.as("dept", authz.FilingRecord)
		if _, err := h.svc.Record(ctx, scope, id, filing.Receipt{Number: "CA61010000001", On: h.today(), File: scan()}); err != nil {
			t.Fatal(err)
		}
		bctx, session, _ := h.as("estab", authz.FilingConfirm)
		if _, err := h.svc.Acknowledge(bctx, session, id, filing.Answer{Missing: "编号有误，应为 CA61010000002"}); err != nil {
			t.Fatal(err)
		}
		i, err := h.svc.Record(ctx, scope, id, filing.Receipt{Number: "CA61010000002", On: h.today()})
		if err != nil || i.Number != "CA61010000002" || !i.InLedger {
			t.Fatalf("%+v (%v)", i, err)
		}
		if got := h.now().PartyGovMark; got != "CA61010000002" {
			t.Errorf("ledger says %q", got)
		}
	})
}

// The receipt for a name that the ledger gave up by hand leaves the site's other
// names alone.
func TestCancelledNameLeavesTheMainOne(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		sys, system := audit.System(context.Background(), "test"), authz.System("test")
		why := registry.Why{Says: "停用", Document: "批复"}
		var old registry.Domain
		if err := h.db.Update(sys, func(tx *db.Tx) (err error) {
			old, err = h.reg.AddDomain(sys, tx, system, registry.Domain{Host: "swj-old.xa.gov.cn", Kind: registry.EnglishDomain, Site: h.site.ID, Unit: h.units["dept"].ID}, why)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		id := h.open(filing.Item{Kind: filing.EnglishDomain, Act: filing.Cancel, Was: old.Shown})
		if err := h.db.Update(sys, func(tx *db.Tx) error {
			if _, err := h.reg.BeginCancel(sys, tx, system, old.ID, why); err != nil {
				return err
			}
			_, err := h.reg.CancelDomain(sys, tx, system, old.ID, why)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		ctx, _, scope := h.as("dept", authz.FilingRecord)
		if i, err := h.svc.Record(ctx, scope, id, filing.Receipt{On: h.today(), File: scan()}); err != nil || !i.Done() {
			t.Fatalf("%+v (%v)", i, err)
		}
		main, _, err := h.reg.MainDomains(sys, h.db, system, h.site.ID)
		if err != nil || main.Host != h.site.Host {
			t.Errorf("the main name is %+v (%v)", main, err)
		}
	})
}

// A receipt that waits for the body's look is looked at by who follows the body.
func TestRecordedReceiptFollowsTheBody(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.open(filing.Item{Kind: filing.Mark, Act: filing.Register})
		ctx, _, scope := h.as("dept", authz.FilingRecord)
		if i, err := h.svc.Record(ctx, scope, id, filing.Receipt{Number: "CA61010000001", On: h.today(), File: scan()}); err != nil || i.State != filing.Recorded {
			t.Fatalf("%+v (%v)", i, err)
		}
		sys := audit.System(context.Background(), "test")
		if err := h.db.Update(sys, func(tx *db.Tx) error {
			if err := filing.Reorganise().Carry(sys, tx, org.Carrying{Act: "a", Document: "陕编办〔2026〕1号", On: h.today(), From: h.units["estab"].ID, Main: h.units["provestab"].ID}); err != nil {
				return err
			}
			return audit.Record(sys, tx, audit.Entry{Act: "test.carry"})
		}); err != nil {
			t.Fatal(err)
		}
		bctx, session, _ := h.as("estab", authz.FilingConfirm)
		if _, err := h.svc.Acknowledge(bctx, session, id, filing.Answer{}); !fault.Is(err, fault.NotFound) {
			t.Errorf("the body that was merged confirmed: %v", err)
		}
		bctx, session, _ = h.as("provestab", authz.FilingConfirm)
		if i, err := h.svc.Acknowledge(bctx, session, id, filing.Answer{}); err != nil || i.State != filing.Acknowledged {
			t.Errorf("%+v (%v)", i, err)
		}
	})
}

// Article 8(3): cancelled items with receipts are what the closure asks; a
// returned one is open again.
func TestArticle08_3_DeregistrationsOneByOne(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ref := registry.Ref{Kind: sx2021.Site, ID: string(h.site.ID)}
		ids := map[filing.Kind]filing.ID{}
		for _, k := range []filing.Kind{filing.Mark, filing.ICP, filing.EnglishDomain} {
			ids[k] = h.open(filing.Item{Kind: k, Act: filing.Cancel, Case: "C1"})
		}
		ids[filing.NationalStatus] = h.open(filing.Item{Kind: filing.NationalStatus, Act: filing.Change, Case: "C1"})
		if d := h.debts("domain_cancellation", ""); len(d) != 1 || d[0].Due.On.String() != "2026-04-08" {
			t.Errorf("the domain is cancelled within thirty days: %+v", d)
		}
		ctx, _, scope := h.as("dept", authz.FilingRecord)
		for _, k := range []filing.Kind{filing.Mark, filing.ICP} {
			if _, err := h.svc.Record(ctx, scope, ids[k], filing.Receipt{On: h.today(), File: scan()}); err != nil {
				t.Fatal(err)
			}
		}
		if s := h.now(); s.ICP != "" || s.PartyGovMark != "" || s.Host != "swj.xa.gov.cn" {
			t.Errorf("ledger after the cancellations: %+v", s)
		}
		standing := func() filing.Standing {
			st, err := h.svc.Standing(context.Background(), h.db, ref, filing.Cancel, "C1")
			if err != nil {
				t.Fatal(err)
			}
			return st
		}
		st := standing()
		needed, cancelled := st.Deregistrations()
		if st.Done() || len(needed) != 3 || len(cancelled) != 2 || !st.Proved(filing.Mark) || st.Open[0].Kind != filing.EnglishDomain {
			t.Errorf("needed %v, cancelled %v", needed, cancelled)
		}
		if i, err := h.svc.Item(ctx, h.db, scope, ids[filing.ICP]); err != nil || i.Was != "陕ICP备05000001号" {
			t.Errorf("the number before: %q (%v)", i.Was, err)
		}
		bctx, session, _ := h.as("tele", authz.FilingConfirm)
		if _, err := h.svc.Acknowledge(bctx, session, ids[filing.ICP], filing.Answer{Missing: "回执不清晰"}); err != nil {
			t.Fatal(err)
		}
		if _, cancelled := standing().Deregistrations(); slices.Contains(cancelled, sx2021.CancelICP) {
			t.Error("an item sent back still counts")
		}
		if d := h.debts("deregistration", ""); len(d) != 1 {
			t.Errorf("%d clocks run, want that of the returned one", len(d))
		}
		sys := audit.System(context.Background(), "test")
		if err := h.db.Update(sys, func(tx *db.Tx) error { return h.svc.Annul(sys, tx, ref, "C1", "终止关停") }); err != nil {
			t.Fatal(err)
		}
		if d := h.debts("deregistration", ""); len(d) != 0 {
			t.Errorf("%d clocks run after the closure was stopped", len(d))
		}
	})
}

func TestListsAreOfTheScope(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.open(filing.Item{Kind: filing.Mark, Act: filing.Register})
		for who, want := range map[string]int{"dept": 1, "city": 1, "else": 0} {
			_, _, scope := h.as(who, authz.FilingRead)
			if _, total, err := h.svc.Items(context.Background(), scope, filing.Filter{}); err != nil || total != want {
				t.Errorf("%s sees %d (%v)", who, total, err)
			}
		}
	})
}
