package demo

import (
	"context"
	"fmt"
	"time"

	"zhengshu/internal/annual"
	"zhengshu/internal/appearance"
	"zhengshu/internal/appraisal"
	"zhengshu/internal/approval"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blindtest"
	"zhengshu/internal/blueprint"
	"zhengshu/internal/budget"
	"zhengshu/internal/closing"
	"zhengshu/internal/columns"
	"zhengshu/internal/coordination"
	"zhengshu/internal/cutover"
	"zhengshu/internal/db"
	"zhengshu/internal/disclosure"
	"zhengshu/internal/duty"
	"zhengshu/internal/errorreport"
	"zhengshu/internal/filing"
	"zhengshu/internal/guidance"
	"zhengshu/internal/impostor"
	"zhengshu/internal/inspection"
	"zhengshu/internal/jobs"
	"zhengshu/internal/layout"
	"zhengshu/internal/letters"
	"zhengshu/internal/lexicon"
	"zhengshu/internal/library"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/matrix"
	"zhengshu/internal/media"
	"zhengshu/internal/merit"
	"zhengshu/internal/movein"
	"zhengshu/internal/moveout"
	"zhengshu/internal/newmedia"
	"zhengshu/internal/notice"
	"zhengshu/internal/operator"
	"zhengshu/internal/org"
	"zhengshu/internal/platform"
	"zhengshu/internal/protection"
	"zhengshu/internal/publishing"
	"zhengshu/internal/registry"
	"zhengshu/internal/reporting"
	"zhengshu/internal/reposting"
	"zhengshu/internal/roster"
	"zhengshu/internal/security"
	"zhengshu/internal/selfcheck"
	"zhengshu/internal/signin"
	"zhengshu/internal/tenancy"
	"zhengshu/internal/training"
	"zhengshu/internal/vigil"
	"zhengshu/internal/visits"
)

// Services are the doors the demo acts through.
type Services struct {
	DB         *db.DB
	Org        *org.Service
	Signin     *signin.Service
	Registry   *registry.Service
	Roster     *roster.Service
	Cutover    *cutover.Service
	Library    *library.Service
	Columns    *columns.Service
	Layouts    *layout.Service
	Reposting  *reposting.Service
	Media      *media.Service
	MoveIn     *movein.Service
	MoveOut    *moveout.Service
	Disclosure *disclosure.Service
	Lifecycle  *lifecycle.Service
	Approvals  *approval.Service
	Letters    *letters.Service
	Inspection *inspection.Service
	Assessment *assessment.Service
	Reporting  *reporting.Service
	Annual     *annual.Service
	Publisher  *publishing.Publisher
	Appearance *appearance.Service
	Visits     *visits.Service

	Operators    *operator.Service
	Tenancy      *tenancy.Service
	Protection   *protection.Service
	Coordination *coordination.Service
	Budgets      *budget.Service
	Lexicon      *lexicon.Service
	Notices      *notice.Service
	Filings      *filing.Service
	Closings     *closing.Service
	Merits       *merit.Service
	ErrorReports *errorreport.Service
	// Origin is where a site of the demo is reached; nil or "" leaves it at http.
	Origin     func(registry.Site) string
	Guidance   *guidance.Service
	Training   *training.Service
	SelfChecks *selfcheck.Service
	Matrix     *matrix.Service
	Platforms  *platform.Service
	Blueprints *blueprint.Service
	Impostors  *impostor.Service
	Security   *security.Service
	NewMedia   *newmedia.Service
	Rounds     *appraisal.Service
	BlindTests *blindtest.Service
	Duty       *duty.Service
	Vigil      *vigil.Service
	// At stands the house's clock at an instant while the past is laid, and lets
	// it go with the zero time; nil: this house has no past.
	At func(time.Time)
}

// The setting that says how far the demo is laid. A house that holds units and
// not this row is not ours to fill.
const (
	filledSetting = "demo.filled"
	begun         = "begun"
	complete      = "complete"
)

// province is the demo being laid: its services, people and sites.
type province struct {
	Services
	people
	sites   map[string]registry.Site // by short name
	forms   []string                 // tokens of the letter forms, in the order of mail
	formsAt time.Time
}

// Fill lays the demo province into an empty house; a house with units of its
// own is left as it is. Every stage looks for what stands already, so a fill
// that was cut off goes on where it stopped.
func Fill(ctx context.Context, s Services) error {
	ctx = audit.System(ctx, "demo")
	far, err := filled(ctx, s.DB)
	if err != nil || far == complete {
		return err
	}
	if far == "" {
		n, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM unit`)
		if err != nil || n > 0 {
			return err
		}
		if err := mark(ctx, s.DB, begun); err != nil {
			return err
		}
	}
	go paint() // asked for below; takes half a second of a processor
	go drawSheets()
	d := province{Services: s, sites: map[string]registry.Site{}}
	if d.people, err = lay(ctx, s); err != nil {
		return err
	}
	for _, stage := range []struct {
		name string
		fill func(context.Context) error
	}{
		{"sites", d.openSites}, {"ledger", d.fillLedger}, {"records", d.keepRecords}, {"lexicon", d.keepLexicon}, {"forms", d.takeForms}, {"pictures", d.keepPictures}, {"content", d.moveIn}, {"import", d.rehearse}, {"links", d.link}, {"past", d.past}, {"codes", d.indexCodes}, {"media", d.keepMedia}, {"reviews", d.review}, {"english", d.translate}, {"reviewing", d.reviewing}, {"checks", d.examine}, {"adoptions", d.adoptions}, {"standing", d.standing}, {"sections", d.sections},
		{"cases", d.apply}, {"offices", d.keepOffices}, {"platforms", d.keepPlatforms}, {"templates", d.keepTemplate}, {"matrices", d.placeInMatrix}, {"courses", d.courses}, {"arrival", d.arrive}, {"pack", d.adopt}, {"pack draft", d.draftPack}, {"letters", d.write}, {"posts", d.post}, {"compose", d.compose}, {"appearance", d.adorn}, {"releases", d.publish}, {"visits", d.count}, {"inspection", d.inspect}, {"plans", d.plan}, {"watched pages", d.watch}, {"notices", d.governNotices}, {"supervision", d.supervise}, {"guard", d.guard}, {"annual forms", d.annualForms}, {"rounds", d.appraise}, {"duty", d.standGuard}, {"notices", d.governNotices},
		{"papers", d.papers}, {"answers", d.answers},
	} {
		if err := stage.fill(ctx); err != nil {
			return fmt.Errorf("demo: %s: %w", stage.name, err)
		}
	}
	// The follow-up is there exactly when the demo is.
	return mark(ctx, s.DB, complete, FollowUp{})
}

func filled(ctx context.Context, q db.Querier) (string, error) {
	v, err := db.One(ctx, q, db.Value[string], `SELECT value FROM setting WHERE name = $1`, filledSetting)
	if db.None(err) {
		return "", nil
	}
	return v, err
}

func mark(ctx context.Context, d *db.DB, value string, after ...jobs.Args) error {
	return d.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO setting (name, value, changed_at) VALUES ($1, $2, $3)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at`, filledSetting, value, tx.Now()); err != nil {
			return err
		}
		for _, a := range after {
			if err := jobs.Enqueue(ctx, tx, a, jobs.At(tx.Now().Add(patience))); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "demo.fill", Target: audit.Target{Kind: "setting", ID: filledSetting, Name: "演示省份"}, After: value})
	})
}

// adopt lets the province judge by the scoring pack, under the label that says
// it is a demonstration.
func (d *province) adopt(ctx context.Context) error {
	ctx, scope, err := d.scoped(ctx, "sheng", authz.PackAdopt)
	if err != nil {
		return err
	}
	packs, err := d.Assessment.Packs(ctx, scope)
	if err != nil {
		return err
	}
	found := false
	for _, p := range packs {
		if p.Pack.Version != 1 {
			continue
		}
		found = found || p.Pack.ID == assessment.PackID
		if len(p.Adoptions) > 0 {
			continue
		}
		if _, err := d.Assessment.Adopt(ctx, scope, d.units[provinceOffice].ID, p.Pack.ID, p.Pack.Version, assessment.AdoptedDemo, "供演示试用，评分不作为考核依据"); err != nil {
			return err
		}
	}
	if found {
		return nil
	}
	return fmt.Errorf("no pack %s", assessment.PackID)
}
