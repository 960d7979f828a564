package auditweb_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/audit/auditweb"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/inspection"
	"zhengshu/internal/org"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }

type house struct {
	db                        *db.DB
	province, yanta, yanliang org.Unit
	sequencer                 *audit.Sequencer
	site                      *webtest.Site
	evidence                  inspection.EvidenceReport // what the next verification of the evidence finds
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		h := &house{db: d, sequencer: audit.NewSequencer(d, "test", "")}
		o := org.New(d)
		err := d.Update(ctx, func(tx *db.Tx) error {
			for _, a := range []org.Area{
				{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"},
				{Level: org.County, Code: "610113", Name: "雁塔区", Parent: "city-610100000000"}, {Level: org.County, Code: "610114", Name: "阎良区", Parent: "city-610100000000"},
			} {
				if _, err := o.AddArea(ctx, tx, a); err != nil {
					return err
				}
			}
			for to, u := range map[*org.Unit]org.Unit{
				&h.province: {Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"},
				&h.yanta:    {Area: "county-610113000000", Kind: org.Office, Name: "雁塔区人民政府办公室"},
				&h.yanliang: {Area: "county-610114000000", Kind: org.Office, Name: "阎良区人民政府办公室"},
			} {
				made, _, err := o.AddUnit(ctx, tx, u)
				if err != nil {
					return err
				}
				*to = made
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		verify := func(ctx context.Context) (audit.Report, error) {
			return audit.Verify(ctx, d, audit.Head{}, d.Now().Add(-audit.Grace))
		}
		h.site = webtest.Open(t, nil, nil, auditweb.New(d, o, verify, func(context.Context) (inspection.EvidenceReport, error) { return h.evidence, nil }).Routes()...)
		h.site.Gate.Context = func(ctx context.Context) context.Context {
			return audit.WithActor(ctx, audit.Actor{Kind: "person", ID: "person", Name: "王秀兰", Unit: string(h.province.ID)})
		}
		h.become(authz.AuditAdmin, h.province)
		fn(t, h)
	})
}

func (h *house) become(role authz.Role, at org.Unit) {
	s := webtest.Session(role, at.AreaPath)
	s.Posts[0].UnitID = string(at.ID)
	h.site.Gate.Session = s
}

func (h *house) record(t *testing.T, e audit.Entry) {
	t.Helper()
	ctx := audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: "p", Name: "周敏"})
	if err := h.db.Update(ctx, func(tx *db.Tx) error { return audit.Record(ctx, tx, e) }); err != nil {
		t.Fatal(err)
	}
}

func TestTrailStaysInScope(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		targets := func(query string) []string {
			return h.site.Get("/console/audit?" + query).Want(http.StatusOK).All(".table tbody td:nth-child(4)")
		}
		if got := targets(""); len(got) != 7 {
			t.Errorf("the province sees %v", got)
		}
		h.become(authz.AuditAdmin, h.yanta)
		if got := targets(""); !slices.Equal(got, []string{"雁塔区人民政府办公室单位"}) {
			t.Errorf("a county sees %v", got)
		}
		other, err := audit.Entries(context.Background(), h.db, audit.Filter{TargetKind: "unit", TargetID: string(h.yanliang.ID)})
		if err != nil || len(other) != 1 {
			t.Fatal(other, err)
		}
		h.site.Get("/console/audit/" + other[0].ID).Want(http.StatusNotFound)
		h.become(authz.Supervisor, h.province)
		h.site.Get("/console/audit").Want(http.StatusForbidden)
	})
}

func TestFiltersAndPages(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for i := range 60 {
			h.record(t, audit.Entry{Act: "registry.site.change", Target: audit.Target{Kind: "site", ID: fmt.Sprint(i), Name: fmt.Sprintf("站点%d", i), Unit: string(h.yanta.ID)}, Basis: "第七条（三）",
				Before: map[string]any{"ICP": "", "Name": "x"}, After: map[string]any{"ICP": "陕ICP备1号", "Name": "x"}})
		}
		rows := func(query string) int {
			return len(h.site.Get("/console/audit?" + query).Want(http.StatusOK).All(".table tbody tr"))
		}
		for query, want := range map[string]int{
			"": 50, "page=2": 17, "page=3": 0, "q=站点59": 1, "q=周敏&page=2": 10, "act=org.": 7, "kind=site&id=7": 1, "from=2999-01-01": 0, "until=2001-01-01": 0, "from=2001-01-01&act=org.unit.": 3,
		} {
			if got := rows(query); got != want {
				t.Errorf("%q shows %d, want %d", query, got, want)
			}
		}
		a := h.site.Get("/console/audit?q=站点").Want(http.StatusOK)
		if got := a.Attr("a[rel=next]", "href"); !strings.Contains(got, "page=2") || !strings.Contains(got, "q=") {
			t.Errorf("older leads to %q", got)
		}
		a = h.site.Get(a.Attr(".table tbody th a", "href")).Want(http.StatusOK)
		if got := a.All(".table tbody tr"); !slices.Equal(got, []string{"ICP备案陕ICP备1号"}) {
			t.Errorf("changes %v", got)
		}
		for _, bad := range []string{"from=yesterday", "from=2026-02-02&until=2026-01-01"} {
			a := h.site.Get("/console/audit?" + bad).Want(http.StatusUnprocessableEntity)
			if len(a.All(".field-error")) != 1 {
				t.Errorf("%s: %v", bad, a.All(".errors"))
			}
		}
	})
}

func TestVerifyTellsInWords(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		if got := h.site.Get("/console/audit/verify").Want(http.StatusOK).Text(".alert-title"); got != "还没有校验过" {
			t.Error(got)
		}
		h.record(t, audit.Entry{Act: "registry.site.change", Target: audit.Target{Kind: "site", ID: "1", Unit: string(h.yanta.ID)}})
		if _, err := h.sequencer.Link(context.Background()); err != nil {
			t.Fatal(err)
		}
		at := h.site.Post("/console/audit/verify", nil).Want(http.StatusSeeOther).Location()
		if got := h.site.Get(at).Want(http.StatusOK).Text(".alert-title"); got != "校验通过：审计记录完整" {
			t.Error(got)
		}
		ctx := audit.System(context.Background(), "test")
		err := h.db.Update(ctx, func(tx *db.Tx) error {
			_, err := tx.Quiet(ctx, `UPDATE audit_entry SET basis = 'x' WHERE target_kind = 'site'`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		h.site.Post("/console/audit/verify", nil).Want(http.StatusSeeOther)
		a := h.site.Get(at).Want(http.StatusOK)
		if got := a.Text(".alert-title"); got != "校验不通过：发现 1 处问题" {
			t.Error(got)
		}
		if got := a.Text(".table tbody th"); got != "内容被改动" {
			t.Error(got)
		}
		h.become(authz.SystemAdmin, h.province)
		h.site.Post("/console/audit/verify", nil).Want(http.StatusForbidden)
	})
}

// The auditor verifies the evidence of findings on the same page: what is wrong is named
// row by row, with the finding, and stands in the trail.
func TestEvidenceIsVerifiedOnScreen(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		if page := h.site.Get("/console/audit/verify").Want(http.StatusOK); !strings.Contains(page.Text("main"), "检查证据还没有核对过") {
			t.Errorf("%s", page.Text("main"))
		}
		h.evidence = inspection.EvidenceReport{Findings: 90, OldFindings: 7, Proofs: 126, Bytes: 20, Damage: []inspection.EvidenceDamage{}}
		h.site.Post("/console/audit/verify/evidence", nil).Want(http.StatusSeeOther)
		if text := h.site.Get("/console/audit/verify").Text("main"); !strings.Contains(text, "共核对 83 个问题、126 条证据，读回 20 个文件") || !strings.Contains(text, "另有 7 个问题、0 条证据早于入链，没有摘要可以核对") || !strings.Contains(text, "还没有校验过") {
			t.Errorf("%s", text)
		}
		h.evidence.Damage = append(h.evidence.Damage, inspection.EvidenceDamage{Kind: "changed", Proof: "01JP", Finding: "01JF", Says: "证据 01JP（问题 01JF）的内容与登记时的摘要不符，已被改动。"})
		h.evidence.Damage = append(h.evidence.Damage, inspection.EvidenceDamage{Kind: "changed", Finding: "01JF", Says: "问题 01JF 的内容与登记时的摘要不符，已被改动。"})
		for range 59 {
			h.evidence.Damage = append(h.evidence.Damage, inspection.EvidenceDamage{Kind: "removed", Proof: "01JQ", Says: "证据 01JQ 登记后被删除。"})
		}
		h.site.Post("/console/audit/verify/evidence", nil).Want(http.StatusSeeOther)
		text := h.site.Get("/console/audit/verify").Text("main")
		for _, want := range []string{"发现 61 处问题", "列出前 50 处", "内容被改动", "证据 01JP（问题 01JF）的内容与登记时的摘要不符", "打开问题（问题本身的内容）", "登记后被删除"} {
			if !strings.Contains(text, want) {
				t.Errorf("lacks %q: %s", want, text)
			}
		}
		h.become(authz.Sponsor, h.yanta)
		h.site.Post("/console/audit/verify/evidence", nil).Want(http.StatusForbidden)
	})
}
