package approval

import (
	"context"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
)

// ExternalAnswer is what an outside body said of a case: the State Council's
// office on a 基本信息表, for one.
type ExternalAnswer struct {
	Body       string // who
	Document   string // 文号
	On         calendar.Date
	Value      string // what it brought: the site code
	Attachment string // id of the scan
	Refused    bool
}

// Given reports whether there is an answer.
func (a ExternalAnswer) Given() bool { return a.Document != "" }

// Says is the answer in one line.
func (a ExternalAnswer) Says() string {
	if !a.Given() {
		return ""
	}
	says := a.Body + "同意"
	if a.Refused {
		says = a.Body + "不予批准"
	}
	says += "，" + a.Document + "，" + a.On.Chinese()
	if a.Value != "" {
		says += "，" + a.Value
	}
	return says
}

// lastAnswer is the last one given on the steps.
func lastAnswer(steps []Step) ExternalAnswer {
	var last ExternalAnswer
	for _, st := range steps {
		if st.Kind == External && st.Answer.Given() {
			last = st.Answer
		}
	}
	return last
}

// Recorded is an outside body's answer as the office enters it.
type Recorded struct {
	StepNo   int
	Refused  bool
	Document string
	On       calendar.Date
	Value    string
	Note     string      // required when it was refused: on what ground
	File     *Attachment // the scan, taken by Take; required when it was agreed
}

func (n *Recorded) check(st Step, opened, today calendar.Date) error {
	var f fault.Fields
	n.Document, n.Value, n.Note = strings.TrimSpace(n.Document), strings.TrimSpace(n.Value), strings.TrimSpace(n.Note)
	f.Check(n.Document != "", "document", "请填写"+st.Body+"文件的文号")
	f.Check(len([]rune(n.Document)) <= 100, "document", "文号超过 100 字，请核对")
	f.Check(!n.On.IsZero(), "on", "请填写文件日期")
	f.Check(!n.On.After(today), "on", "文件日期晚于今天，请核对")
	f.Check(n.On.IsZero() || !n.On.Before(opened), "on", "文件日期早于本事项的提交日期，请核对")
	f.Check(len([]rune(n.Value)) <= 100, "value", "超过 100 字，请核对")
	f.Check(n.Refused || n.File != nil, "scan", "请上传文件扫描件")
	f.Check(n.Refused || st.Asks == "" || n.Value != "", "value", "请填写"+st.Asks)
	f.Check(!n.Refused || n.Note != "", "note", "请写明不予批准的理由")
	f.Check(len([]rune(n.Note)) <= maxText, "note", "请压缩到 2000 字以内")
	return f.Err()
}

// RecordExternal enters what an outside body decided at the external step. The
// last agreement runs the outcome, as an approval does; Case.External carries
// the facts.
func (s *Service) RecordExternal(ctx context.Context, scope authz.Scope, id CaseID, n Recorded) (Case, error) {
	var c Case
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var steps []Step
		var post authz.Post
		var err error
		if c, steps, post, err = s.atStep(ctx, tx, scope, id, n.StepNo); err != nil {
			return err
		}
		st := steps[c.StepNo]
		if st.Kind != External {
			return fault.New(fault.Invalid, "这一步由本单位决定，不是外部环节。").On("document", "请在“办理意见”中办理")
		}
		if err := n.check(st, calendar.DateOf(c.OpenedAt), calendar.DateOf(tx.Now())); err != nil {
			return err
		}
		if err := s.allAnswered(ctx, tx, c); err != nil && !n.Refused {
			return err
		}
		c.External = ExternalAnswer{Body: st.Body, Document: n.Document, On: n.On, Value: n.Value, Refused: n.Refused}
		if n.File != nil {
			file := *n.File
			file.Kind, file.OwnerKind, file.OwnerID = "external", "case", string(c.ID)
			if file, err = Attach(ctx, tx, file); err != nil {
				return err
			}
			c.External.Attachment = file.ID
		}
		if _, err := tx.Exec(ctx, `UPDATE approval_step SET ext_document = $3, ext_on = $4, ext_value = $5, ext_attachment = $6, ext_refused = $7 WHERE case_id = $1 AND no = $2`,
			c.ID, st.No, n.Document, n.On, n.Value, c.External.Attachment, n.Refused); err != nil {
			return err
		}
		d := Decision{Opinion: c.External.Says()}
		if n.Note != "" {
			d.Opinion += "。" + n.Note
		}
		act := "record_pass"
		switch {
		case n.Refused:
			act, d.Reasons = "record_refuse", []string{OutsideRefused}
		case st.No == len(steps)-1:
			act = "record"
		}
		return s.move(acting(ctx, post), tx, &c, steps, post, act, d)
	})
	return c, err
}
