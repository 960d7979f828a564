package app

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"zhengshu/internal/appraisal"
	"zhengshu/internal/appraisal/appraisalpublic"
	"zhengshu/internal/appraisal/appraisalweb"
	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/blindtest"
	"zhengshu/internal/blindtest/blindtestweb"
	"zhengshu/internal/db"
	"zhengshu/internal/jobs"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/portal"
	"zhengshu/internal/reporting"
	"zhengshu/internal/web"
)

// Appraise are the rounds of assessment and the blind tests (Articles 29, 30).
type Appraise struct {
	Rounds     *appraisal.Service
	BlindTests *blindtest.Service
}

// wireAppraise makes them; after assessment.
func (h *House) wireAppraise() {
	h.Rounds = appraisal.New(appraisal.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Assessment: h.Assessment, Obligations: h.Obligations, Days: h.Days, Store: h.Blobs, Settings: h.Province.Settings})
	h.BlindTests = blindtest.New(blindtest.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Letters: h.Letters, Days: h.Days, Keys: h.Keys, Settings: h.Province.Settings})
	h.Assessment.Observe(h.BlindTests.Observe, h.Rounds.Judged())
	h.Reporting.RoundsFrom(h.Rounds)
	h.Reporting.Contribute(reporting.SectionBlind, h.blindSection)
	jobs.Handle(h.workers, func(ctx context.Context, _ publicResults) error { return h.StateResults(ctx) })
	jobs.Every(h.workers, 30*time.Minute, publicResults{})
	h.Rounds.OnPublic(func(ctx context.Context, tx *db.Tx) error { return jobs.Enqueue(ctx, tx, publicResults{}) })
	h.Portal.Mount("/results/", resultsDoor(appraisalpublic.Config{Store: h.Releases, Log: h.Config.Log, Render: renderIn}))
}

// publicResults is the duty to state anew which results everybody may read.
type publicResults struct{}

// Kind names the job.
func (publicResults) Kind() string { return "appraisal.public" }

// resultsDoor is the public's door to published results, in the frame of each
// site.
func resultsDoor(c appraisalpublic.Config) func(portal.SiteInfo) http.Handler {
	return inSite(appraisalpublic.New(c))
}

// StateResults signs the statement that the public pages read.
func (h *House) StateResults(ctx context.Context) error {
	body, err := h.Rounds.Statement(ctx)
	if err != nil {
		return err
	}
	return h.Releases.PutStatement(appraisal.PublicName, body)
}

func appraiseObligations() []obligation.Kind { return appraisal.Obligations() }

func appraiseMachines() []passage.Machine {
	return slices.Concat(appraisal.Machines(), blindtest.Machines())
}

func appraiseCarriers() []org.Module {
	return []org.Module{appraisal.Reorganise(), blindtest.Reorganise()}
}

// appraiseDoors are their screens.
func (h *House) appraiseDoors() []web.Route {
	return slices.Concat(appraisalweb.New(h.Rounds, h.Org, h.Province.Settings).Filing(h.Assessment).Routes(), blindtestweb.New(h.BlindTests, h.Org, h.Province.Settings).Filing(h.Assessment).Routes())
}

// appraiseParts are their tabs below 考核与通报.
func appraiseParts() []web.Part {
	return []web.Part{{Name: "考核轮次", Href: "/console/rounds", Also: []string{"/console/rounds/"}}, {Name: "考核结果", Href: "/console/results", Also: []string{"/console/results/"}},
		{Name: "来信盲测", Href: "/console/blind-tests", Also: []string{"/console/blind-tests/"}}, {Name: "盲评答复", Href: "/console/blind-marks", Also: []string{"/console/blind-marks/"}}, {Name: "测试信件", Href: "/console/blind-letters", Also: []string{"/console/blind-letters/"}}}
}

// sweepAppraise sends test letters and reads the answers that came.
func (h *House) sweepAppraise(ctx context.Context) error {
	_, err := h.BlindTests.Sweep(ctx)
	return err
}

// blindSection is what a finished blind test tells the papers of its quarter, in
// the columns of the provincial bulletin.
func (h *House) blindSection(ctx context.Context, q db.Querier, scope authz.Scope, area org.AreaID, p assessment.Period) (reporting.Contribution, bool, error) {
	t, list, ok, err := h.BlindTests.Held(ctx, q, scope, area, p)
	if err != nil || !ok {
		return reporting.Contribution{}, false, err
	}
	var c reporting.Contribution
	for _, f := range []struct {
		key, name string
		counts    func(l blindtest.Letter) bool
	}{{"blind.letters", "测试信件", func(blindtest.Letter) bool { return true }}, {"blind.on_time", "按时答复", blindtest.Letter.OnTime}, {"blind.same_day", "当日答复", blindtest.Letter.SameDay},
		{"blind.silent", "未答复", func(l blindtest.Letter) bool { return l.AnsweredOn.IsZero() }},
		{"blind.off", "答非所问", func(l blindtest.Letter) bool { m, ok := l.Marked(); return ok && !m.OnPoint }}} {
		x := reporting.Figure{Key: f.key, Name: f.name, Unit: "封", Rows: []reporting.Row{}}
		for _, l := range list {
			if l.State != blindtest.Void && l.State != blindtest.Waiting && f.counts(l) {
				x.Rows = append(x.Rows, reporting.Row{Kind: "blind_letter", ID: l.ID, Text: l.SiteName, Note: l.Title, Link: "/console/blind-letters/" + l.ID})
			}
		}
		c.Figures = append(c.Figures, x)
	}
	table := reporting.Table{Key: "blind", Name: "来信盲测情况", Header: []string{"地区", "网站", "信件", "按时答复", "按时率", "当日答复", "切题", "完整", "未答复"}}
	for _, r := range append(slices.Clone(t.Rows), t.Sum) {
		row := []string{r.Name}
		for n, v := range []int{r.Sites, r.Letters, r.OnTime, r.SameDay, r.OnPoint, r.Complete, r.Silent} {
			if n == 3 {
				row = append(row, r.RateText())
			}
			row = append(row, strconv.Itoa(v))
		}
		table.Rows = append(table.Rows, row)
	}
	c.Tables = append(c.Tables, table)
	c.Lines = append(c.Lines, "本季度向政府门户网站发出测试信件〔测试信件〕，按时答复〔按时答复〕，当日答复〔当日答复〕，答非所问〔答非所问〕，未答复〔未答复〕，分地区情况见下表。")
	return c, true, nil
}
