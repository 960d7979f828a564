package filingweb

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/filing"
	"zhengshu/internal/workbench"
)

// Inbox is filing's part of the workbench: what a body has to look at. What the
// sponsor owes stands there already as an obligation.
type Inbox struct{ filings *filing.Service }

// NewInbox makes the source.
func NewInbox(f *filing.Service) Inbox { return Inbox{f} }

// Tasks of the signed-in person.
func (s Inbox) Tasks(ctx context.Context, session *authz.Session, tab workbench.Tab, limit int) ([]workbench.Task, error) {
	if session == nil || !session.May(authz.FilingConfirm) || tab != workbench.ToDo && tab != workbench.Done {
		return nil, nil
	}
	f := filing.Filter{Mine: session, Limit: limit}
	if tab == workbench.Done {
		f.State = filing.Acknowledged
	}
	list, _, err := s.filings.Items(ctx, authz.Scope{}, f)
	if err != nil {
		return nil, err
	}
	out := make([]workbench.Task, 0, len(list))
	for _, i := range list {
		t := workbench.Task{Key: "filing:" + string(i.ID), Kind: "备案核对", Title: i.Name() + "（" + i.Object.Name + "）", From: i.UnitName, At: i.RecordedAt, State: i.StateName(), Link: i.Link(), Act: "去核对", Minutes: 3}
		if tab == workbench.Done {
			t.At, t.Act = i.ConfirmedAt, "查看"
		}
		out = append(out, t)
	}
	return out, nil
}
