package internal_test

import (
	"testing"

	"zhengshu/internal/app"
	"zhengshu/internal/db/dbtest"
)

// timers is the catalogue of the regulation's clocks. A clock that runs names
// its obligation kind; one that does not yet names the capability that brings
// it (sx2021.Capabilities).
var timers = []struct{ timer, kind, brings string }{
	{"launch within 1 year", "launch", ""},
	{"opening notice hangs 30 days", "launch_notice", ""},
	{"police filing after the launch", "police_filing", ""},
	{"approval step", "case_step", ""},
	{"return of a work notice", "guidance_return", ""},
	{"security self-check by the quarter's end", "selfcheck", ""},
	{"problem of a self-check", "selfcheck_fix", ""},
	{"business training by 31 December", "training", ""},
	{"column news", "column_update", ""},
	{"topic ends and is archived", "topic_end", ""},
	{"letter answered", "letter_reply", ""},
	{"reader's error report answered", "error_report", ""},
	{"statutory disclosure in 20 working days", "active_disclosure", ""},
	{"interpretation published together", "waived_interpretation", ""},
	{"step of a review", "item_review", ""},
	{"opinion on an item of another unit", "item_consultation", ""},
	{"second look after the emergency lane", "item_after_review", ""},
	{"timed publication that came late", "late_publication", ""},
	{"second look after an emergency front page", "front_after_review", ""},
	{"key information reposted within 24 hours", "important_repost", ""},
	{"rectification", "order_rectify", ""},
	{"rectification looked at by a person", "order_confirm", ""},
	{"request for more time answered", "order_extension", ""},
	{"late rectification urged by the office above", "order_supervise", ""},
	{"offline at most 30 days", "offline_end", ""},
	{"written report of an emergency", "emergency_report", ""},
	{"exit within 1 month", "exit_changes", ""},
	{"closure does not stand still", "closure_steps", ""},
	{"offline notice hangs until the return", "offline_notice", ""},
	{"closing notice hangs 30 days", "closure_notice", ""},
	{"notice of where the content went", "destination_notice", ""},
	{"account filed with its supervisor", "account_filing", ""},
	{"registrations with outside bodies", "registration", ""},
	{"deregistrations", "deregistration", ""},
	{"given-up domain cancelled", "domain_cancellation", ""},
	{"status in the national system", "national_status", ""},
	{"silence explained", "inquiry", ""},
	{"unapproved offline answered for", "accountability", ""},
	{"domain expires", "domain_expiry", ""},
	{"certificate expires", "certificate_expiry", ""},
	{"re-certification of records", "recertification", ""},
	{"difference with another list cleared", "reconciliation_clearing", ""},
	{"given-up name that answers again looked into", "domain_reused", ""},
	{"countersignature", "case_countersign", ""},
	{"leader in charge named", "leader_vacant", ""},
	{"vacant post filled", "post_vacant", ""},
	{"disputed finding answered", "finding_dispute", ""},
	{"duty roster of the next month published", "duty_roster", ""},
	{"daily record of the reading duty", "duty_record", ""},
	{"hand-over with both signatures", "duty_handover", ""},
	{"gap in published turns filled", "duty_gap", ""},
	{"published turns doubled in a protected period", "duty_double", ""},
	{"second look after a takedown by one person", "takedown_review", ""},
	{"zero report of each day of a protected period", "zero_report", ""},
	{"summary of a protected period", "vigil_summary", ""},
	{"existing breach cleared", "stock_clearance", ""},
	{"existing breach counts like a new one", "stock_breach", ""},
	{"operator's agreement ends", "operator_agreement", ""},
	{"operator assessed before renewal", "operator_assessment", ""},
	{"comment on operating rules", "rules_comment", ""},
	{"receipt of operating rules", "rules_receipt", ""},
	{"protection grade assessed", "protection_assessment", ""},
	{"certificate of a device expires", "asset_certificate", ""},
	{"hosting contract ends", "hosting_contract", ""},
	{"provider abroad replaced", "hosting_abroad", ""},
	{"follow-up of a coordination", "coordination_follow_up", ""},
	{"receipt of a shared ledger", "share_receipt", ""},
	{"ledger shared on schedule", "ledger_share", ""},
	{"what was handed over dealt with", "referral_result", ""},
	{"object placed in its matrix", "matrix_placement", ""},
	{"site brought onto a platform", "site_migration", ""},
	{"budget lines of the year", "budget_lines", ""},
	{"fake verified", "impostor_verify", ""},
	{"fake referred to 网信", "impostor_refer", ""},
	{"fake dealt with by 网信, 通信, 公安", "impostor_step", ""},
	{"appeal against a result answered", "appraisal_appeal", ""},
	{"survey result within 1 month", "", "Citizens"},
	{"yearly 网信 check", "security_year", ""},
	{"fault of an account mended", "account_mend", ""},
	{"hole of the yearly check closed", "security_hole", ""},
	{"hole reported as closed retested", "security_retest", ""},
	{"hole that the sponsor disputes looked into", "security_dispute", ""},
	{"monthly check", "monthly_check", ""},
	{"quarterly bulletin", "quarterly_bulletin", ""},
	{"yearly assessment", "annual_assessment", ""},
	{"supervisor's yearly report", "supervision_report", ""},
	{"annual form public by the province's day, nationally 31 January", "annual_form", ""},
	{"annual form reviewed", "annual_review", ""},
	{"address of the annual form written back", "annual_address", ""},
	{"account for publishing posts within 14 days", "account_post", ""},
	{"account for publishing posts of its own", "account_original", ""},
	{"public display of answers", "", "Citizens"},
	{"errors reported by readers", "", "Citizens"},
	{"requests for disclosure answered", "", "Citizens"},
	{"repost within 24 hours, emergency first word", "", "Channels"},
	{"daily patrol", "", "Inspection"},
}

// Every clock that is said to run is declared by the house, and every clock
// the house declares stands in the catalogue.
func TestTimersRunOrSayWhoBringsThem(t *testing.T) {
	h, err := app.Open(t.Context(), app.Config{Dir: dbtest.Folder(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := h.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	known := map[string]bool{}
	for _, x := range timers {
		if (x.kind == "") == (x.brings == "") {
			t.Errorf("%s: it runs, or somebody brings it", x.timer)
		}
		known[x.kind] = true
		if _, ok := h.Obligations.KindOf(x.kind); x.kind != "" && !ok {
			t.Errorf("%s: kind %s is not declared", x.timer, x.kind)
		}
	}
	for _, k := range h.Obligations.Kinds() {
		if !known[k.ID] {
			t.Errorf("kind %s stands in no row of the catalogue: add its timer", k.ID)
		}
		if k.Clause == "" || k.Citation == "" || k.Says == "" {
			t.Errorf("kind %s does not say its clause", k.ID)
		}
	}
}
