package auditweb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/web"
)

// keptDamage is how many places of damage a verification's entry names.
const keptDamage = 50

// verdict is what the trail keeps of a verification.
type verdict struct {
	Entries int64          `json:"entries"`
	Links   int64          `json:"links"`
	Seq     int64          `json:"seq"`
	Hash    string         `json:"hash"`
	Found   int            `json:"found"`
	Damage  []audit.Damage `json:"damage"` // the first keptDamage
}

func verdictOf(r audit.Report) verdict {
	return verdict{Entries: r.Entries, Links: r.Links, Seq: r.Head.Seq, Hash: r.Head.Hash, Found: len(r.Damage), Damage: r.Damage[:min(len(r.Damage), keptDamage)]}
}

// evidenceVerdict is what the trail keeps of a verification of the evidence.
type evidenceVerdict struct {
	inspection.EvidenceReport     // Damage: the first keptDamage
	Found                     int `json:"found"`
}

// verifyView is GET /console/audit/verify: the latest verifications in words.
type verifyView struct {
	Heading  web.Heading
	Says     web.Alert
	Facts    web.Summary
	Damage   web.Table
	Form     web.Form
	Evidence evidencePart
}

// evidencePart is what was found of the evidence of findings.
type evidencePart struct {
	Says   web.Alert
	Facts  web.Summary
	Damage web.Table
	Form   web.Form
}

// Title of the document.
func (verifyView) Title() string { return "校验审计" }

// Crumbs of the page.
func (verifyView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "审计记录", Href: auditPath}, {Name: "校验审计"}}
}

var damageNames = map[string]string{"changed": "内容被改动", "removed": "记录被删除", "reordered": "次序被调换", "unlinked": "没有入链", "cut": "尾部被截去"}

func damageName(kind string) string {
	if n := damageNames[kind]; n != "" {
		return n
	}
	return kind
}

func newVerifyView(row audit.Row, v verdict) verifyView {
	out := verifyView{
		Heading: web.Heading{Title: "校验审计", Lead: "逐条核对每一条审计记录的摘要和前后链接，并与库外保存的链尾对照。记录很多时要等几分钟。"},
		Form:    web.Form{Action: verifyPath, Buttons: []web.Button{{Label: "立即校验"}}, Cancel: web.Link{Text: "返回审计记录", Href: auditPath}},
		Damage:  web.Table{Caption: "发现的问题", Columns: []web.Column{{Head: "种类"}, {Head: "链上位置", Number: true}, {Head: "说明", Wide: true}}, Empty: web.Empty{Title: "没有发现问题"}},
	}
	if row.ID == "" {
		out.Says = web.Alert{Kind: web.Info, Title: "还没有校验过", Text: "点击“立即校验”，结果会记入审计。"}
		return out
	}
	out.Facts = web.Summary{Title: "最近一次校验", Wide: true, Terms: []web.Term{
		{Name: "校验时间", Text: web.Minute(row.At)}, {Name: "校验人", Text: row.Actor.Name}, {Name: "审计记录", Text: strconv.FormatInt(v.Entries, 10) + " 条"},
		{Name: "链接", Text: strconv.FormatInt(v.Links, 10) + " 个"}, {Name: "链尾", Text: fmt.Sprintf("第 %d 号", v.Seq), Note: v.Hash},
	}}
	if v.Found == 0 {
		out.Says = web.Alert{Kind: web.Good, Title: "校验通过：审计记录完整", Text: fmt.Sprintf("共核对 %d 条记录、%d 个链接，没有被改动、删除、调换、事后塞入或截去的记录。", v.Entries, v.Links)}
		return out
	}
	out.Says = web.Alert{Kind: web.Danger, Title: fmt.Sprintf("校验不通过：发现 %d 处问题", v.Found), Text: "请立即报告安全管理员，保留数据库和库外链尾文件原样，不要清理日志；下面逐处列出位置。"}
	for _, d := range v.Damage {
		at := "未入链"
		if d.Seq > 0 {
			at = strconv.FormatInt(d.Seq, 10)
		}
		out.Damage.Rows = append(out.Damage.Rows, web.Row{Kind: web.Danger, Cells: []web.Cell{web.Text(damageName(d.Kind)), web.Text(at), web.Text(d.Says)}})
	}
	if v.Found > len(v.Damage) {
		out.Damage.Caption = fmt.Sprintf("发现的问题（共 %d 处，列出前 %d 处）", v.Found, len(v.Damage))
	}
	return out
}

var evidenceDamageNames = map[string]string{"changed": "内容被改动", "removed": "被删除", "unknown": "来历不明", "bytes": "文件缺失或损坏"}

func newEvidencePart(row audit.Row, v evidenceVerdict, mayOpen func(string) bool) evidencePart {
	out := evidencePart{
		Form:   web.Form{Action: evidencePath, Sections: []web.Section{{Legend: "核对检查证据", Hint: "逐条核对问题的内容和检查证据与审计记录中的摘要，并读回每个文件。文件很多时要等较久。"}}, Buttons: []web.Button{{Label: "核对检查证据", Plain: true}}},
		Damage: web.Table{Caption: "证据中发现的问题", Columns: []web.Column{{Head: "种类"}, {Head: "问题"}, {Head: "说明", Wide: true}}, Empty: web.Empty{Title: "没有发现问题"}},
	}
	if row.ID == "" {
		out.Says = web.Alert{Kind: web.Info, Title: "检查证据还没有核对过", Text: "点击“核对检查证据”，结果会记入审计。"}
		return out
	}
	out.Facts = web.Summary{Title: "最近一次核对检查证据", Wide: true, Terms: []web.Term{
		{Name: "核对时间", Text: web.Minute(row.At)}, {Name: "核对人", Text: row.Actor.Name}, {Name: "问题", Text: fmt.Sprintf("%d 个", v.Findings), Note: fmt.Sprintf("其中 %d 个早于内容入链，无从核对", v.OldFindings)},
		{Name: "证据", Text: fmt.Sprintf("%d 条", v.Proofs), Note: fmt.Sprintf("其中 %d 条早于证据入链，无从核对，%d 条的文件已按保存期限清除", v.Old, v.Cleared)},
		{Name: "读回文件", Text: fmt.Sprintf("%d 个", v.Bytes)},
	}}
	if v.Found == 0 {
		out.Says = web.Alert{Kind: web.Good, Title: "检查证据完整", Text: fmt.Sprintf("共核对 %d 个问题、%d 条证据，读回 %d 个文件，都与登记时的摘要相符。", v.Findings-v.OldFindings, v.Proofs-v.Old, v.Bytes)}
		if v.OldFindings+v.Old > 0 {
			out.Says.Text += fmt.Sprintf("另有 %d 个问题、%d 条证据早于入链，没有摘要可以核对。", v.OldFindings, v.Old)
		}
		return out
	}
	out.Says = web.Alert{Kind: web.Danger, Title: fmt.Sprintf("检查证据不完整：发现 %d 处问题", v.Found), Text: "所列的内容和证据不能作为依据，其余的不受影响。请立即报告安全管理员，保留数据库和文件原样；问题还在的，复测取得新的证据。"}
	for _, d := range v.Damage {
		finding := web.Text("—")
		if d.Finding != "" {
			finding = web.Text(d.Finding)
			if link := (inspection.Finding{ID: inspection.FindingID(d.Finding)}).Link(); mayOpen(link) {
				note := "问题本身的内容"
				if d.Proof != "" {
					note = "证据 " + d.Proof
				}
				finding = web.Acts(web.Link{Text: "打开问题", Href: link, Note: note})
			}
		}
		kind := evidenceDamageNames[d.Kind]
		if kind == "" {
			kind = d.Kind
		}
		out.Damage.Rows = append(out.Damage.Rows, web.Row{Kind: web.Danger, Cells: []web.Cell{web.Text(kind), finding, web.Text(d.Says)}})
	}
	if v.Found > len(v.Damage) {
		out.Damage.Caption = fmt.Sprintf("证据中发现的问题（共 %d 处，列出前 %d 处）", v.Found, len(v.Damage))
	}
	return out
}

// sampleView is a page with what was found of the evidence.
func sampleView(row audit.Row, v verdict, e evidenceVerdict) verifyView {
	out := newVerifyView(row, v)
	out.Evidence = newEvidencePart(row, e, func(string) bool { return true })
	return out
}

var verifyPage = web.Define(views, "views/verify.html", sampleView(audit.Row{}, verdict{}, evidenceVerdict{}), sampleView(sampleRow, verdict{Entries: 1200, Links: 1200, Seq: 1200, Hash: "sha256:00"}, evidenceVerdict{EvidenceReport: inspection.EvidenceReport{Proofs: 126, Bytes: 20}}),
	sampleView(hostileRow, verdict{Found: 60, Damage: []audit.Damage{{Kind: "changed", Seq: 7, Says: `<script>`}, {Kind: `<b>`, Says: `"'`}}},
		evidenceVerdict{Found: 60, EvidenceReport: inspection.EvidenceReport{Damage: []inspection.EvidenceDamage{{Kind: "changed", Finding: `"><i>`, Says: `<script>`}, {Kind: `<b>`}}}}))

// latest reads the newest entry of an act of verification, and what it kept; no row
// where there is none.
func latest(ctx context.Context, d *db.DB, target, act string, kept any) (audit.Row, error) {
	rows, err := audit.Entries(ctx, d, audit.Filter{TargetKind: "audit", TargetID: target, Act: act, Limit: 1})
	if err != nil || len(rows) == 0 {
		return audit.Row{}, err
	}
	if err := json.Unmarshal([]byte(rows[0].After), kept); err != nil {
		return audit.Row{}, fmt.Errorf("auditweb: verdict of %s: %w", rows[0].ID, err)
	}
	return rows[0], nil
}

func (h *Handler) showVerify(w http.ResponseWriter, r *http.Request) error {
	var v verdict
	row, err := latest(r.Context(), h.db, "chain", "audit.verify", &v)
	if err != nil {
		return err
	}
	var e evidenceVerdict
	at, err := latest(r.Context(), h.db, "evidence", "audit.evidence", &e)
	if err != nil {
		return err
	}
	view := newVerifyView(row, v)
	view.Evidence = newEvidencePart(at, e, func(href string) bool { return web.MayOpen(r, href) })
	return verifyPage.Render(w, r, view)
}

var errBusy = fault.New(fault.TooMany, "正在校验，请等它结束后在本页查看结果。").From(errors.New("auditweb: a verification is running"))

func (h *Handler) runVerify(w http.ResponseWriter, r *http.Request) error {
	if !h.running.TryLock() {
		return errBusy
	}
	defer h.running.Unlock()
	ctx := r.Context()
	rep, err := h.verify(ctx)
	if err != nil {
		return err
	}
	unit, _ := authz.SessionFrom(ctx).Unit()
	if err := h.db.Update(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, audit.Entry{Act: "audit.verify", Target: audit.Target{Kind: "audit", ID: "chain", Name: "审计链", Unit: unit}, After: verdictOf(rep)})
	}); err != nil {
		return err
	}
	said := "校验通过，审计记录完整。"
	if len(rep.Damage) > 0 {
		said = fmt.Sprintf("校验不通过，发现 %d 处问题。", len(rep.Damage))
	}
	return web.Done(w, r, verifyPath, said)
}

func (h *Handler) runEvidence(w http.ResponseWriter, r *http.Request) error {
	if !h.running.TryLock() {
		return errBusy
	}
	defer h.running.Unlock()
	ctx := r.Context()
	rep, err := h.evidence(ctx)
	if err != nil {
		return err
	}
	v := evidenceVerdict{EvidenceReport: rep, Found: len(rep.Damage)}
	v.Damage = v.Damage[:min(len(v.Damage), keptDamage)]
	unit, _ := authz.SessionFrom(ctx).Unit()
	if err := h.db.Update(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, audit.Entry{Act: "audit.evidence", Target: audit.Target{Kind: "audit", ID: "evidence", Name: "检查证据", Unit: unit}, After: v})
	}); err != nil {
		return err
	}
	said := "核对完成，检查证据完整。"
	if v.Found > 0 {
		said = fmt.Sprintf("核对完成，检查证据发现 %d 处问题。", v.Found)
	}
	return web.Done(w, r, verifyPath, said)
}
