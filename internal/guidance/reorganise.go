package guidance

import "zhengshu/internal/org"

// Reorganise is the work notices' part in a reorganisation: what an office
// issued goes to who follows it; a notice not yet answered is answered by the
// successor, unless it received the notice itself. What was returned stays as
// it was signed.
func Reorganise() org.Module {
	const open = `state IN ('sent', 'signed', 'returned')`
	own := `EXISTS (SELECT 1 FROM guidance_receipt o WHERE o.guidance_id = guidance_receipt.guidance_id AND o.unit_id = $2)`
	return org.Carries("guidance",
		org.Owned{Table: "guidance", Kind: "guidance", Noun: "下发的工作通知", Name: "title", Note: "number", Link: "'/console/guidance/' || id", Where: `withdrawn_at IS NULL`,
			Make: []string{`UPDATE guidance SET number = ` + org.Beside("number") + ` WHERE unit_id = $1 AND EXISTS (SELECT 1 FROM guidance o WHERE o.unit_id = $2 AND o.number = guidance.number)`}},
		org.Owned{Table: "guidance_receipt", ID: "guidance_id || ':' || unit_id", Kind: "guidance_receipt", Noun: "待办的工作通知", Name: "coalesce((SELECT g.title FROM guidance g WHERE g.id = guidance_receipt.guidance_id), '')", Link: "'/console/guidance/' || guidance_id", Where: open, Unless: own,
			Make: []string{
				`UPDATE obligation SET state = 'void', look_at = NULL, evidence = '机构调整，由承接单位一并报送' WHERE kind = '` + ReturnKind.ID + `' AND state = 'open' AND unit_id IN ($1, $2)
				    AND subject_id IN (SELECT guidance_id || ':' || unit_id FROM guidance_receipt WHERE unit_id = $1 AND ` + own + `)`,
				// The clock follows by its subject: notice and unit.
				`UPDATE obligation SET subject_id = (SELECT r.guidance_id || ':' || $2 FROM guidance_receipt r WHERE r.guidance_id || ':' || r.unit_id = obligation.subject_id)
				  WHERE kind = '` + ReturnKind.ID + `' AND state = 'open' AND subject_id IN (SELECT guidance_id || ':' || unit_id FROM guidance_receipt WHERE unit_id = $1 AND ` + open + ` AND NOT ` + own + `)`,
			}},
		org.Owned{Table: "guidance_question", Kind: "guidance_question", Noun: "待答复的提问", Name: "text", Link: "'/console/guidance/' || guidance_id", Where: `answered_at IS NULL`})
}
