package auditweb

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
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

// verifyView is GET /console/audit/verify: the latest verification in words.
type verifyView struct {
	Heading web.Heading
	Says    web.Alert
	Facts   web.Summary
	Damage  web.Table
	Form    web.Form
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

var verifyPage = web.Define(views, "views/verify.html", newVerifyView(audit.Row{}, verdict{}), newVerifyView(sampleRow, verdict{Entries: 1200, Links: 1200, Seq: 1200, Hash: "sha256:00"}),
	newVerifyView(hostileRow, verdict{Found: 60, Damage: []audit.Damage{{Kind: "changed", Seq: 7, Says: `<script>`}, {Kind: `<b>`, Says: `"'`}}}))

func (h *Handler) showVerify(w http.ResponseWriter, r *http.Request) error {
	rows, err := audit.Entries(r.Context(), h.db, audit.Filter{TargetKind: "audit", TargetID: "chain", Act: "audit.verify", Limit: 1})
	if err != nil {
		return err
	}
	var row audit.Row
	var v verdict
	if len(rows) > 0 {
		row = rows[0]
		if err := json.Unmarshal([]byte(row.After), &v); err != nil {
			return fmt.Errorf("auditweb: verdict of %s: %w", row.ID, err)
		}
	}
	return verifyPage.Render(w, r, newVerifyView(row, v))
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
