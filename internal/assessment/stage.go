package assessment

import (
	"strings"

	"zhengshu/internal/calendar"
)

// Stage is how far an order has come. Nobody sets it: it is read from the facts
// of the order (when it was opened, answered, looked at again, confirmed), so it
// cannot contradict them.
type Stage string

// The stages.
const (
	StageIssued     Stage = "issued"
	StageRead       Stage = "read"
	StageAnswered   Stage = "answered"
	StageRetesting  Stage = "retesting"
	StageFailed     Stage = "failed"
	StageConfirming Stage = "confirming"
	StageClosed     Stage = "closed"
	StageReopened   Stage = "reopened"
	StageOverdue    Stage = "overdue"
	StageSupervised Stage = "supervised"
)

// stage is one of them with its condition over the row o; the first that holds
// is the stage. %today% is the day as a literal: it is never what somebody typed.
type stageInfo struct {
	Stage Stage
	Name  string
	cond  string
}

const (
	// waiting is an order that lies with the office or with a machine: the unit
	// owes nothing at this moment.
	confirming = `o.confirm_asked_at IS NOT NULL`
	retesting  = `o.retest_at IS NOT NULL AND (o.retested_at IS NULL OR o.retested_at < o.retest_at)`
	owing      = `o.state <> 'closed' AND NOT (` + confirming + `) AND NOT (` + retesting + `)`
)

var stages = []stageInfo{
	{StageClosed, "已办结", `o.state = 'closed'`},
	{StageSupervised, "已上报督办", `o.supervised_at IS NOT NULL AND ` + owing},
	{StageOverdue, "逾期", `o.due_on < '%today%' AND ` + owing},
	{StageRetesting, "复测中", retesting},
	{StageConfirming, "待确认", confirming},
	{StageFailed, "未通过", `o.failed_at IS NOT NULL AND (o.answered_at IS NULL OR o.failed_at >= o.answered_at)`},
	{StageReopened, "重新打开", `o.state = 'reopened'`},
	{StageAnswered, "已答复", `o.state = 'answered'`},
	{StageRead, "已读", `o.read_at IS NOT NULL`},
	{StageIssued, "已发出", `TRUE`},
}

// Stages are all of them, in the order in which an order usually comes through.
var Stages = []Stage{StageIssued, StageRead, StageAnswered, StageRetesting, StageFailed, StageConfirming, StageClosed, StageReopened, StageOverdue, StageSupervised}

// Name is the stage in Chinese.
func (s Stage) Name() string {
	for _, i := range stages {
		if i.Stage == s {
			return i.Name
		}
	}
	return string(s)
}

// stageSQL reads the stage of the row o as of the day.
func stageSQL(today calendar.Date) string {
	var b strings.Builder
	b.WriteString("CASE")
	for _, i := range stages {
		b.WriteString(" WHEN " + i.cond + " THEN '" + string(i.Stage) + "'")
	}
	b.WriteString(" END")
	return strings.ReplaceAll(b.String(), "%today%", today.String())
}
