package approvalweb

import (
	"context"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/workbench"
)

// Inbox is approval's part of the workbench. It stands here and not in
// approval because workbench is above approval on the floors.
type Inbox struct{ approvals *approval.Service }

// NewInbox makes the source.
func NewInbox(a *approval.Service) Inbox { return Inbox{approvals: a} }

// reviewMinutes is what reading and deciding an application usually takes.
const reviewMinutes = 8

// Tasks are the cases of the tab, for the signed-in person.
func (i Inbox) Tasks(ctx context.Context, session *authz.Session, tab workbench.Tab, limit int) ([]workbench.Task, error) {
	if session == nil {
		return nil, nil
	}
	var cases []approval.Case
	var err error
	switch tab {
	case workbench.ToDo:
		return i.toDo(ctx, session, limit)
	case workbench.Done:
		if cases, err = i.approvals.DecidedBy(ctx, session, limit); err != nil {
			return nil, err
		}
		answered, err := i.approvals.AnsweredBy(ctx, session, limit)
		if err != nil {
			return nil, err
		}
		var out []workbench.Task
		for _, c := range cases {
			out = append(out, taskOf(c))
		}
		for _, q := range answered {
			t := askedTask(q)
			t.At, t.Act, t.State = q.EndedAt, "查看", q.StateName()
			out = append(out, t)
		}
		return out, nil
	case workbench.Started:
		cases, err = i.approvals.StartedBy(ctx, session, limit)
	}
	if err != nil {
		return nil, err
	}
	var out []workbench.Task
	for _, c := range cases {
		out = append(out, taskOf(c))
	}
	return out, nil
}

// toDo are the decisions that wait, and the returned applications of the
// person's own.
func (i Inbox) toDo(ctx context.Context, session *authz.Session, limit int) ([]workbench.Task, error) {
	cases, steps, err := i.approvals.Pending(ctx, session)
	if err != nil {
		return nil, err
	}
	var out []workbench.Task
	for n, c := range cases {
		t := taskOf(c)
		t.At, t.Due, t.Act, t.Minutes, t.State = steps[n].ArrivedAt, steps[n].Due, "去审核", reviewMinutes, steps[n].Name
		out = append(out, t)
	}
	asked, err := i.approvals.Inbox(ctx, session, limit)
	if err != nil {
		return nil, err
	}
	for _, q := range asked {
		out = append(out, askedTask(q))
	}
	mine, err := i.approvals.StartedBy(ctx, session, limit)
	if err != nil {
		return nil, err
	}
	for _, c := range mine {
		if c.State == approval.Returned {
			t := taskOf(c)
			t.Act, t.Minutes = "去补正", reviewMinutes
			out = append(out, t)
		}
	}
	return out, nil
}

func taskOf(c approval.Case) workbench.Task {
	return workbench.Task{Key: "case:" + string(c.ID), Kind: "审批", Title: c.Title, From: c.UnitName, At: c.OpenedAt, State: c.StateName(), Link: c.Link(), Act: "查看"}
}

// askedTask is an opinion that waits to be given.
func askedTask(q approval.Request) workbench.Task {
	return workbench.Task{Key: "case_request:" + q.ID, Kind: q.KindName(), Title: q.CaseTitle, From: q.AskerName, At: q.AskedAt, Due: calendar.Due{On: q.Due}, State: q.StateName(),
		Link: casesPath + "/" + string(q.Case), Act: "去答复", Minutes: reviewMinutes}
}
