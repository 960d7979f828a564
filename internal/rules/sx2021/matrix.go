package sx2021

import (
	"fmt"
	"strings"
)

// Answer is what answers a clause.
type Answer struct {
	Clause Clause
	// Rules are the ids of the rules on the clause: filled from Rules().
	Rules []string
	// Obligations are obligation kinds, Checks check ids, Screens route
	// patterns, Jobs job kinds.
	Obligations, Checks, Screens, Jobs []string
	// Means says how the clause is met otherwise.
	Means string
	// NotYet names the capability that completes the answer; what stands
	// beside it is there, but nobody can do the clause's work with it alone.
	NotYet string
	// Outside is why software has no part in it.
	Outside string
}

// Capabilities are the names NotYet may bear.
func Capabilities() []string {
	return []string{"Governance", "Library", "Sites", "Inspection", "Assessment", "Citizens", "Channels", "TwoLevels"}
}

// Empty reports whether nothing answers the clause.
func (a Answer) Empty() bool {
	return len(a.Rules)+len(a.Obligations)+len(a.Checks)+len(a.Screens)+len(a.Jobs) == 0 &&
		a.Means == "" && a.NotYet == "" && a.Outside == ""
}

// Matrix lists every clause with what answers it, in the order of the
// regulation. docs/law/matrix.md is written from it by a test.
func Matrix() []Answer {
	byClause := map[string][]string{}
	for _, r := range Rules() {
		byClause[r.Clause] = append(byClause[r.Clause], r.ID)
	}
	out := make([]Answer, len(clauses))
	for i, c := range clauses {
		out[i] = answers[c.ID]
		out[i].Clause = c
		out[i].Rules = byClause[c.ID]
	}
	return out
}

// UnknownAnswers lists rows of the table that no clause asks for.
func UnknownAnswers() []string {
	var out []string
	for id := range answers {
		if _, ok := ClauseOf(id); !ok {
			out = append(out, id)
		}
	}
	return out
}

// MatrixMarkdown writes the matrix as docs/law/matrix.md.
func MatrixMarkdown() string {
	var b strings.Builder
	b.WriteString("# 《陕西省政府网站与政务新媒体管理细则》 clause by clause\n\n")
	b.WriteString("Written by `go test ./internal -run TestMatrix -update` from `internal/rules/sx2021/matrix.go`; the text is in [sx2021.md](sx2021.md).\n")
	b.WriteString("A row that waits for a capability names it in its last column.\n\n")
	b.WriteString("| clause | article | duty | rules | obligations | checks | screens | jobs | standing |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|\n")
	for _, a := range Matrix() {
		article := fmt.Sprintf("[%s](sx2021.md#article-%d)", a.Clause.Article, a.Clause.Number())
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", a.Clause.ID, article, a.Clause.Duty,
			codes(a.Rules), codes(a.Obligations), codes(a.Checks), codes(a.Screens), codes(a.Jobs), a.standing())
	}
	return b.String()
}

func (a Answer) standing() string {
	switch {
	case a.NotYet != "":
		return "not yet (" + a.NotYet + ")"
	case a.Outside != "":
		return "outside: " + a.Outside
	case a.Means != "":
		return a.Means
	}
	return "answered"
}

func codes(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return "`" + strings.Join(ids, "` `") + "`"
}

// answers is the table. Rules are not written here: Matrix finds them.
var answers = map[string]Answer{
	"S1":     {Means: "every rule carries its citation; every value of a pack its source"},
	"S3.1":   {Screens: []string{"GET /console/sites/{id}"}, Means: "the site page shows the five tasks and what carries each; a portal without one is marked"},
	"S4.1":   {Screens: []string{"GET /console/units", "GET /console/reorganisations", "POST /console/reorganisations/new"}, Means: "the root office cannot be abolished, merged, split or moved"},
	"S4.2":   {Obligations: []string{"guidance_return"}, Screens: []string{"GET /console/sites", "GET /console/units/{id}", "POST /console/reorganisations/new", "GET /console/guidance", "GET /console/obligations/board"}, Means: "every unit names its supervisor on the area axis and, of a line, on the line axis; scope is the subtree"},
	"S5.1":   {Obligations: []string{"coordination_follow_up"}, Screens: []string{"GET /console/coordination", "POST /console/coordination/new"}, Means: "the consultation with 宣传 on a grave event is a record of its own in the log"},
	"S5.2":   {Obligations: []string{"share_receipt"}, Screens: []string{"GET /console/findings", "GET /console/coordination", "GET /console/shares"}},
	"S5.3":   {Obligations: []string{"registration", "deregistration", "domain_cancellation"}, Checks: []string{"footer.party_gov_mark"}, Screens: []string{"GET /console/sites/{id}", "GET /console/filings", "POST /console/filings/{id}/acknowledge"}},
	"S5.4":   {Obligations: []string{"police_filing", "protection_assessment"}, Screens: []string{"GET /console/sites/{id}", "GET /console/filings", "POST /console/filings/{id}/acknowledge", "GET /console/protection"}},
	"S5.5":   {Obligations: []string{"registration", "deregistration"}, Checks: []string{"footer.icp"}, Screens: []string{"GET /console/filings", "POST /console/filings/{id}/acknowledge"}},
	"S6.2":   {Screens: []string{"GET /console/operators", "POST /console/operators/new", "POST /console/operators/{id}/papers/new"}},
	"S6.3":   {Obligations: []string{"operator_agreement"}, Screens: []string{"GET /console/operators/{id}", "POST /console/operators/{id}/review", "POST /console/operators/{id}/papers/new"}, Jobs: []string{"sweep"}, Means: "no post of an operator without both agreements; the post and its sessions end with them"},
	"S6.4":   {Obligations: []string{"operator_assessment"}, Screens: []string{"GET /console/operators/{id}/scorecard", "POST /console/operators/{id}/assessment"}},
	"S6.5":   {Screens: []string{"GET /console/audit", "GET /console/operators/{id}/scorecard"}, Means: "what an operator does is in the trail and counted on the scorecard"},
	"S7.1a":  {Screens: []string{"GET /console/coverage"}},
	"S7.1b":  {Screens: []string{"GET /console/overrides", "GET /console/matters/new"}},
	"S7.1c":  {Obligations: []string{"stock_clearance", "stock_breach"}, Screens: []string{"GET /console/overrides", "GET /console/cutover", "GET /console/cutover/clearance", "GET /console/matters/new"}},
	"S7.1d":  {Screens: []string{"GET /console/matters/new"}},
	"S7.2a":  {Obligations: []string{"case_step", "case_countersign"}, Screens: []string{"GET /console/cases/{id}", "GET /console/cases/{id}/sign", "GET /console/batches/{id}"}},
	"S7.2b":  {Obligations: []string{"case_step", "case_countersign"}, Screens: []string{"GET /console/cases/{id}", "GET /console/cases/{id}/sign", "GET /console/batches/{id}"}},
	"S7.3a":  {Obligations: []string{"registration"}, Checks: []string{"footer.chinese_domain", "footer.party_gov_mark"}, Screens: []string{"GET /console/sites/{id}/launch", "POST /console/filings/{id}/record", "POST /console/filings/{id}/acknowledge"}},
	"S7.3b":  {Obligations: []string{"police_filing", "registration"}, Checks: []string{"footer.icp", "footer.police"}, Screens: []string{"GET /console/sites/{id}/launch", "GET /console/filings"}},
	"S7.3c":  {Checks: []string{"footer.site_code", "tags.site_code_form"}, Screens: []string{"GET /console/sites/{id}/launch", "POST /console/matters/new"}},
	"S7.3d":  {Obligations: []string{"account_filing"}, Screens: []string{"GET /console/accounts/{id}/launch", "POST /console/filings/{id}/record", "POST /console/filings/{id}/acknowledge"}},
	"S7.3e":  {Screens: []string{"GET /console/sites/{id}/launch", "POST /console/matters/new"}},
	"S7.4a":  {Obligations: []string{"launch"}, Screens: []string{"GET /console/sites/{id}/launch", "GET /console/accounts/{id}/launch", "GET /console/bulletins/{id}"}, Means: "what is late is a figure of the bulletin, named in its text, statement or no statement"},
	"S7.4b":  {Obligations: []string{"launch_notice"}, Screens: []string{"GET /console/notices", "GET /console/notices/{id}", "POST /console/notices/{id}/post", "GET /console/sites/{id}/launch"}, Jobs: []string{"notice.watch"}},
	"S7.4c":  {Obligations: []string{"launch_notice"}, Screens: []string{"GET /console/notices/{id}", "POST /console/notices/{id}/look"}, Jobs: []string{"notice.watch"}, Means: "a day proven absent is the finding notice.absent and moves the end by one day"},
	"S8.1a":  {Obligations: []string{"offline_end"}, Screens: []string{"GET /console/sites/{id}/lifecycle", "POST /console/matters/new"}},
	"S8.1b":  {Obligations: []string{"emergency_report"}, Screens: []string{"GET /console/sites/{id}/lifecycle", "POST /console/matters/new"}},
	"S8.1c":  {Obligations: []string{"inquiry", "accountability"}, Screens: []string{"GET /console/inquiries", "POST /console/inquiries/{id}/answer", "POST /console/inquiries/{id}/decide", "POST /console/inquiries/{id}/accountability"}, Jobs: []string{"closing.silences"}},
	"S8.1d":  {Obligations: []string{"offline_notice"}, Screens: []string{"GET /console/notices", "POST /console/notices/{id}/post", "GET /console/sites/{id}/lifecycle", "POST /console/matters/new"}, Jobs: []string{"notice.watch"}},
	"S8.2a":  {Screens: []string{"GET /console/sites/{id}/lifecycle", "POST /console/matters/new"}},
	"S8.2b":  {Obligations: []string{"exit_changes"}, Checks: []string{"footer.site_code", "footer.error_report", "footer.party_gov_mark"}, Screens: []string{"GET /console/sites/{id}/lifecycle", "POST /console/matters/new"}},
	"S8.3a":  {Screens: []string{"POST /console/matters/new", "GET /console/overrides"}},
	"S8.3b":  {Obligations: []string{"closure_steps"}, Screens: []string{"GET /console/sites/{id}/lifecycle", "POST /console/matters/new"}},
	"S8.3c":  {Obligations: []string{"closure_notice"}, Screens: []string{"GET /console/closings", "POST /console/closings/{id}/decide", "POST /console/closings/{id}/archives", "POST /console/closings/{id}/map", "GET /console/notices/{id}"}, Jobs: []string{"notice.watch", "closing.archive"}, Means: "every column is decided before anything is cancelled; moving the content itself stays a named open item of the case"},
	"S8.3d":  {Obligations: []string{"deregistration", "domain_cancellation"}, Screens: []string{"GET /console/filings", "POST /console/filings/{id}/record", "POST /console/filings/{id}/acknowledge"}},
	"S8.3e":  {Obligations: []string{"national_status"}, Screens: []string{"POST /console/filings/{id}/record"}},
	"S8.3f":  {Obligations: []string{"destination_notice"}, Screens: []string{"GET /console/notices", "POST /console/notices/{id}/post"}, Jobs: []string{"notice.watch"}},
	"S9.1":   {Screens: []string{"GET /console/names", "GET /console/accounts/{id}", "GET /console/sites/{id}", "POST /console/matters/new"}},
	"S9.2":   {Screens: []string{"GET /console/names", "GET /console/accounts/{id}", "POST /console/accounts/{id}/sighting", "GET /console/accounts/{id}/launch", "POST /console/matters/new"}},
	"S9.3":   {Screens: []string{"GET /console/names", "GET /console/accounts/{id}", "POST /console/matters/new", "GET /console/overrides"}},
	"S10.1":  {Obligations: []string{"domain_expiry", "certificate_expiry"}, Screens: []string{"GET /console/domains", "GET /console/domains/{id}", "POST /console/matters/new", "GET /console/overrides"}},
	"S10.2":  {Obligations: []string{"domain_cancellation"}, Screens: []string{"POST /console/matters/new", "GET /console/filings", "POST /console/filings/{id}/record", "GET /console/domains/watch"}, Means: "the receipt makes the name a tombstone that is watched on"},
	"S10.3":  {Screens: []string{"POST /console/matters/new"}},
	"S10.4":  {Obligations: []string{"recertification", "share_receipt"}, Screens: []string{"GET /console/domains", "GET /console/domains/watch", "GET /console/domains/export", "GET /console/recertify/{unit}", "POST /console/shares/new", "POST /console/shares/{id}/sign"}, Means: "each level sees its own area's names in one ledger, and shares it with receipt"},
	"S11.1":  {Screens: []string{"GET /console/activity", "GET /console/sites/{id}/health"}, Means: "publishing, services and letters of each hosted site are counted from facts"},
	"S11.2":  {Obligations: []string{"matrix_placement"}, Screens: []string{"GET /console/matrix", "GET /console/matrix/tree", "POST /console/matrix/sites/{id}", "POST /console/matrix/accounts/{id}"}, Means: "every running object stands in its tree or is listed as missing; each portal shows its area below /matrix/"},
	"S12.0":  {Obligations: []string{"active_disclosure"}, Screens: []string{"GET /console/disclosures", "GET /console/disclosures/{unit}", "POST /console/disclosures/{unit}/pieces"}, Means: "the portal's disclosure section (/disclosure/) shows the catalogue with what is there and what is missing"},
	"S12.1":  {Obligations: []string{"column_update", "late_publication"}, Checks: []string{"column.stale"}, Screens: []string{"GET /console/schedule"}, Jobs: []string{"publishing.promises"}},
	"S12.2a": {Checks: []string{"attachment.id_card", "attachment.mobile", "attachment.bank_card", "attachment.paper", "privacy.id_card", "privacy.mobile", "privacy.bank_card", "privacy.paper", "privacy.address", "privacy.plate", "privacy.landline", "concealed.hidden_link", "item.map"}, Screens: []string{"GET /console/items/{id}/review", "GET /console/items/{id}/remarks", "GET /console/sources"}, Means: "off-duty words are asked about in texts and pages"},
	"S12.2b": {Checks: []string{"item.advert_link", "design.advert", "design.floating"}, Screens: []string{"GET /console/items/{id}/remarks"}, Means: "words of commercial advertising are asked about in texts and pages"},
	"S12.3":  {Screens: []string{"GET /console/contents"}},
	"S12.4a": {Screens: []string{"GET /console/contents"}},
	"S12.4b": {NotYet: "Channels"},
	"S13.1a": {Checks: []string{"function.search", "function.services", "guide.elements"}, Screens: []string{"GET /console/layouts/{id}", "POST /console/layouts/{id}/publish", "GET /console/layouts/{id}/blocks/{block}"}, Means: "the entrance to 政务服务网 (ServiceNetwork) stands on every portal's home page; a composition without it is not published"},
	"S13.1b": {NotYet: "Citizens"},
	"S13.2":  {NotYet: "Citizens"},
	"S13.3":  {NotYet: "Citizens"},
	"S13.4":  {NotYet: "Channels"},
	"S14.1a": {Screens: []string{"GET /console/letters"}, NotYet: "Citizens"},
	"S14.1b": {NotYet: "Citizens"},
	"S14.1c": {NotYet: "Citizens"},
	"S14.1d": {NotYet: "Channels"},
	"S14.2a": {NotYet: "Citizens"},
	"S14.2b": {NotYet: "Citizens"},
	"S14.3a": {Obligations: []string{"waived_interpretation"}, Screens: []string{"GET /console/items/{id}/review", "GET /console/interpretations", "GET /console/interpretations/waivers"}, Jobs: []string{"sweep"}},
	"S14.3b": {Screens: []string{"POST /console/items/{id}/links", "GET /console/interpretations"}, Means: "policy page and interpretation lead to one another, by clause and form"},
	"S14.4a": {NotYet: "Citizens"},
	"S14.4b": {NotYet: "Citizens"},
	"S14.4c": {NotYet: "Citizens"},
	"S15":    {Checks: []string{"rendered.responsive"}, Jobs: []string{"publishing.refresh"}, Means: "released pages fit telephone, tablet, desktop, print and the elder layout; terminals (/kiosk/) and the hotline (/hotline/v1/items.json) read the same rendition, feeds carry it further"},
	"S16":    {NotYet: "Citizens"},
	"S17":    {Screens: []string{"GET /console/translations", "GET /console/items/{id}/languages", "POST /console/items/{id}/translated"}, Means: "core items lag visibly, translator and reviewer are two named persons"},
	"S18.1":  {Obligations: []string{"post_vacant"}, Screens: []string{"GET /console/vacancies", "GET /console/people", "GET /console/units/{id}/named-posts/new", "GET /console/me/handover"}},
	"S18.2":  {Obligations: []string{"leader_vacant"}, Screens: []string{"GET /console/vacancies", "GET /console/units/{id}/named-posts/new"}},
	"S19.1":  {Obligations: []string{"post_vacant"}, Screens: []string{"GET /console/sites/{id}/columns", "GET /console/sites/{id}/columns/new", "GET /console/columns/{id}/edit", "POST /console/columns/{id}/edit", "GET /console/columns/{id}/close", "GET /console/vacancies", "GET /console/units/{id}/named-posts/new"}, Means: "no column without a named owner; the overall responsible person and, where kept, the 总编辑 are named posts"},
	"S19.2":  {Obligations: []string{"column_update", "topic_end"}, Checks: []string{"column.stale", "column.overdue", "column.blank"}, Screens: []string{"GET /console/columns", "GET /console/columns/{id}", "GET /console/columns/calendar"}},
	"S19.3a": {Obligations: []string{"item_review", "item_after_review", "front_after_review"}, Screens: []string{"GET /console/items/{id}/review", "GET /console/review-routes", "GET /console/emergencies", "GET /console/front-pages", "GET /console/lexicon", "POST /console/lexicon/packs/{pack}/decide"}},
	"S19.3b": {Obligations: []string{"important_repost"}, Jobs: []string{"reposting.look"}, Screens: []string{"GET /console/items/new", "GET /console/reposts", "GET /console/sources", "POST /console/sources/import", "POST /console/sources/{source}/freeze"}},
	"S19.3c": {Obligations: []string{"item_consultation"}, Screens: []string{"GET /console/items/{id}/consult", "GET /console/consultations"}},
	"S19.4":  {Obligations: []string{"duty_roster", "duty_record", "duty_handover", "duty_gap", "duty_double", "takedown_review", "finding_dispute"}, Checks: []string{"link.dead", "access.rate", "home.stale"}, Screens: []string{"GET /console/inspection", "GET /console/inspection/plans", "POST /console/inspection/plans", "GET /console/duty", "GET /console/duty/rosters/{unit}/{month}", "POST /console/duty/rosters/{unit}/{month}/publish", "GET /console/duty/records/{unit}/{day}", "POST /console/duty/handovers/{id}", "GET /console/alarms", "GET /console/incidents/{id}", "GET /console/takedowns"}, Jobs: []string{"sweep", "inspection.patrol", "inspection.plan", "inspection.probe"}, Means: "no roster is published with a gap, and published turns of the next days are held to it; an alarm that nobody takes, or that is taken and not ended, goes on to the unit's leaders, the office above and the provincial duty"},
	"S19.5a": {Obligations: []string{"error_report"}, Screens: []string{"GET /console/letters", "GET /console/error-reports", "POST /console/error-reports/import"}, NotYet: "Citizens"},
	"S19.5b": {Obligations: []string{"letter_reply"}},
	"S19.5c": {Screens: []string{"GET /console/letters/statistics"}, NotYet: "Citizens"},
	"S19.6":  {Obligations: []string{"annual_form", "annual_review", "annual_address"}, Jobs: []string{"annual.open", "annual.state"}, Screens: []string{"GET /console/annual", "GET /console/annual/{id}", "GET /console/annual/{id}/cells/{cell}", "POST /console/annual/{id}/submit", "POST /console/annual/{id}/approve", "POST /console/annual/{id}/publish", "POST /console/annual/{id}/address"}, Means: "published forms of all sites, also of those hosted elsewhere, stand on every hosted portal at /annual/"},
	"S20.1":  {Obligations: []string{"coordination_follow_up", "share_receipt", "ledger_share", "referral_result"}, Screens: []string{"GET /console/coordination", "GET /console/shares", "POST /console/shares/new", "POST /console/shares/{id}/sign", "GET /console/referrals", "POST /console/referrals/new", "POST /console/referrals/{id}/receive", "POST /console/referrals/{id}/answer"}},
	"S20.2":  {Obligations: []string{"coordination_follow_up"}, Screens: []string{"GET /console/coordination", "GET /console/contacts"}},
	"S20.3":  {NotYet: "Channels"},
	"S21":    {Obligations: []string{"budget_lines"}, Screens: []string{"GET /console/budgets", "POST /console/budgets/{unit}/{year}/change"}, Jobs: []string{"sweep"}},
	"S22.1":  {Obligations: []string{"protection_assessment"}, Checks: []string{"access.rate", "host.tls", "host.certificate"}, Screens: []string{"GET /console/protection", "GET /console/protection/gaps", "GET /console/hosts", "GET /console/hosts/{id}", "GET /console/vantages"}, Jobs: []string{"inspection.probe", "inspection.decide", "hosts.look"}},
	"S22.2":  {Checks: []string{"host.ipv6", "host.ipv6_deep"}, Screens: []string{"GET /console/hosts", "GET /console/platforms/{id}", "GET /console/assets", "GET /console/migrations/{id}"}, Jobs: []string{"app.sites_look", "integrity.served"}, Means: "IPv6 of each site's name is looked at daily; the share of domestic products is on the platform's page"},
	"S23.1a": {Checks: []string{"concealed.hidden_link", "concealed.script", "concealed.whole_page", "concealed.styled_link", "cloaked.agent", "cloaked.referrer", "change.baseline", "script.foreign"}, Screens: []string{"GET /console/integrity", "GET /console/sites/{id}/integrity", "GET /console/sites/{id}/releases", "GET /console/sites/{id}/releases/{no}/restore", "GET /console/sites/{id}/health", "GET /console/inspection/sites/{id}/baselines", "POST /console/inspection/sites/{id}/baseline"}, Jobs: []string{"integrity.disk", "integrity.served", "inspection.patrol"}, Means: "any byte not published is refused when served, told as the finding tamper.changed, and restored; zhengshu verify site proves it from outside; a backup older than a day stands on the health card of each site and the quarterly self-check asks for the restore drill"},
	"S23.1b": {Obligations: []string{"selfcheck", "selfcheck_fix"}, Screens: []string{"GET /console/selfchecks", "GET /console/selfchecks/{unit}/{period}"}},
	"S23.1c": {Obligations: []string{"security_year", "security_hole", "security_retest"}, Screens: []string{"GET /console/security", "GET /console/security/{id}", "GET /console/security-sheets/{id}", "GET /console/security-holes", "GET /console/security-holes/{id}"}, Jobs: []string{"security.cover"}},
	"S23.2":  {Checks: []string{"host.dns", "host.domain_expiry"}, Obligations: []string{"impostor_verify"}, Screens: []string{"GET /console/hosts", "GET /console/lookalikes", "GET /console/impostors"}, Jobs: []string{"hosts.look", "impostor.candidates"}},
	"S23.3a": {Obligations: []string{"impostor_verify", "impostor_refer"}, Screens: []string{"GET /console/impostors", "GET /console/impostors/{id}", "POST /console/impostors/{id}/verify", "POST /console/impostors/{id}/refer", "GET /console/impostors/{id}/letter"}, Means: "the public reports on every hosted portal at /impostors/"},
	"S23.3b": {Obligations: []string{"impostor_step"}, Screens: []string{"POST /console/impostors/{id}/hand-on", "POST /console/impostors/{id}/result"}, Jobs: []string{"impostor.watch"}},
	"S24.1":  {Obligations: []string{"asset_certificate"}, Screens: []string{"GET /console/assets", "POST /console/assets/new", "GET /console/protection/gaps"}},
	"S24.2":  {Obligations: []string{"hosting_contract", "hosting_abroad"}, Checks: []string{"host.abroad", "host.provider"}, Screens: []string{"GET /console/hosting", "POST /console/hosting/new", "GET /console/hosts", "GET /console/hosts/{id}"}, Jobs: []string{"hosts.look"}, Means: "where an address stands is told from a file of the operator's; without it the check answers that it could not be tested"},
	"S25":    {Obligations: []string{"site_migration"}, Screens: []string{"GET /console/platforms", "GET /console/migrations", "POST /console/migrations/{id}/plan"}, Jobs: []string{"app.sites_look"}, Means: "each site stands on a platform of province or city, or on the list of those outside with its plan"},
	"S26.1":  {Screens: []string{"GET /console/platforms", "POST /console/platforms/new", "GET /console/migrations"}, Means: "the board counts by city, with a trend"},
	"S26.2":  {Obligations: []string{"site_migration"}, Screens: []string{"GET /console/platforms/{id}", "POST /console/platforms/new", "GET /console/migrations", "GET /console/blueprints/build"}, Means: "a city's office records the platform of its own level, sets up sites on it and plans who comes in; the board names it beside its city, or says that none is recorded"},
	"S27.1":  {Obligations: []string{"item_review"}, Jobs: []string{"movein.batch"}, Screens: []string{"GET /console/items", "GET /console/items/new", "GET /console/items/{id}/review", "GET /console/items/{id}/adopt", "POST /console/items/{id}/withdraw", "POST /console/items/{id}/effects", "GET /console/move-ins", "GET /console/media"}, Means: "what a column shows is a placement of a library item, held by foreign key; an item is public only by its final review or by an approved move-in"},
	"S27.2":  {Jobs: []string{"columns.offered"}, Screens: []string{"GET /console/items/{id}/adopt", "GET /console/items/{id}/shown", "GET /console/columns/{id}", "GET /console/share-requests"}},
	"S27.3":  {Screens: []string{"GET /console/apps/low-use", "POST /console/accounts/{id}/edit", "POST /console/accounts/{id}/use"}},
	"S28.1":  {Obligations: []string{"rules_comment"}, Screens: []string{"GET /console/operating-rules", "POST /console/operating-rules/{id}/consult", "POST /console/operating-rules/{id}/comment", "GET /console/platforms/{id}/tenants/{unit}", "POST /console/move-outs"}, Means: "no site is hosted without rules in force and its sponsor's receipt; the operator has no permission on content, the resident takes everything out"},
	"S28.2":  {Obligations: []string{"rules_receipt"}, Screens: []string{"POST /console/operating-rules/{id}/issue", "POST /console/operating-rules/{id}/sign"}},
	"S29.1":  {Obligations: []string{"monthly_check", "quarterly_bulletin", "annual_assessment"}, Screens: []string{"GET /console/scores", "GET /console/packs", "POST /console/packs/versions", "GET /console/packs/rehearsal", "GET /console/bulletins", "POST /console/bulletins/{id}/sign", "POST /console/bulletins/{id}/agree", "POST /console/bulletins/{id}/issue", "GET /console/rounds", "POST /console/rounds/{id}/freeze", "POST /console/rounds/{id}/publish", "POST /console/rounds/{id}/public"}, Jobs: []string{"sweep"}},
	"S29.2":  {Screens: []string{"GET /console/bulletins/{id}/results", "GET /console/bulletins/{id}/results/export"}},
	"S30.1":  {Obligations: []string{"order_rectify", "order_confirm", "order_extension", "order_supervise", "appraisal_appeal", "monthly_check", "quarterly_bulletin", "supervision_report"}, Screens: []string{"GET /console/orders", "GET /console/orders/seen", "GET /console/bulletins", "POST /console/bulletins/{id}/receive", "POST /console/bulletins/{id}/mailing", "POST /console/rounds/{id}/mailing", "GET /console/results", "POST /console/results/{object}/appeal", "GET /console/blind-tests"}, Jobs: []string{"sweep"}},
	"S30.2":  {Screens: []string{"GET /console/experiences", "POST /console/experiences/{id}/publish", "GET /console/merits", "POST /console/merits/new"}},
	"S30.3":  {Obligations: []string{"accountability"}, Screens: []string{"GET /console/merits", "POST /console/merits/new", "POST /console/merits/{id}/check", "POST /console/merits/{id}/change", "POST /console/inquiries/{id}/accountability"}, Means: "records name the body that decided; a supervising office imposes no 处分"},
	"S31.1":  {Screens: []string{"GET /console/training", "GET /console/training/{id}"}},
	"S31.2":  {Obligations: []string{"training"}, Screens: []string{"GET /console/training", "GET /console/training/figures"}},
	"S31.3":  {Screens: []string{"GET /console/training", "GET /console/training/sign-in"}},
	"S32":    {Checks: []string{"header.emblem", "rendered.load", "accessible.axe", "accessible.alt", "function.elder"}, Means: "packs under `internal/rules/packs`; what rests on an instrument the article only leads to says so with its check (未核实)"},
	"S33":    {Screens: []string{"GET /console/units/{id}/edit", "GET /console/coverage"}},
	"S34":    {Means: "every rule carries its effective date"},
}
