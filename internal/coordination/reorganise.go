package coordination

import "zhengshu/internal/org"

// Reorganise is the cooperation's part in a reorganisation: contacts, what is
// still to be followed up, shares not yet signed for, batches not yet answered and their schedules go to
// who follows. What was held and signed stays as it was recorded.
func Reorganise() org.Module {
	twice := func(column, other string) string {
		return `UPDATE share_schedule SET ended_on = next_due WHERE ` + column + ` = $1 AND ended_on IS NULL AND EXISTS (SELECT 1 FROM share_schedule o WHERE o.` + column + ` = $2 AND o.` + other + ` = share_schedule.` + other + ` AND o.list = share_schedule.list AND o.ended_on IS NULL)`
	}
	void := `UPDATE obligation SET state = 'void', look_at = NULL, evidence = '机构调整，由承接单位一并共享' WHERE kind = '` + ScheduleDue.ID + `' AND state = 'open' AND unit_id IN ($1, $2)
	    AND subject_id IN (SELECT x.id FROM share_schedule x WHERE x.ended_on IS NOT NULL)`
	// A batch handed over follows until its last row is answered.
	const underWay = `receipt_at IS NULL OR id IN (SELECT share_id FROM referral WHERE closed_at IS NULL)`
	const link = `CASE WHEN list = 'referral' THEN '/console/referrals/' ELSE '/console/shares/' END || id`
	return org.Carries("coordination",
		org.Owned{Table: "media_contact", Kind: "media_contact", Noun: "新闻媒体联系人", Name: "organ", Note: "person", Where: `ended_on IS NULL`},
		org.Owned{Table: "coordination_entry", Kind: "coordination", Noun: "待落实的协同事项", Name: "title", Link: "'/console/coordination/' || id", Where: `follow_due IS NOT NULL AND followed_at IS NULL`},
		org.Owned{Table: "ledger_share", Kind: "ledger_share", Noun: "待签收的台账共享", Name: "list_name", Link: link, Where: underWay},
		org.Owned{Table: "ledger_share", Column: "to_id", Kind: "ledger_share_to", Noun: "待本单位签收的台账共享", Name: "list_name", Link: link, Where: underWay},
		org.Owned{Table: "share_schedule", Kind: "share_schedule", Noun: "台账共享计划", Name: "list", Where: `ended_on IS NULL`, Ends: true, Make: []string{twice("unit_id", "to_id"), void}},
		org.Owned{Table: "share_schedule", Column: "to_id", Kind: "share_schedule_to", Noun: "共享给本单位的计划", Name: "list", Where: `ended_on IS NULL`, Ends: true, Make: []string{twice("to_id", "unit_id"), void}})
}
