package letters

import (
	"context"
	"slices"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/workbench"
)

// waits says what in which state waits for whom.
var waits = []struct {
	permit authz.Permission
	state  string
	act    string
	mins   int
}{
	{authz.LetterScreen, Submitted, "去受理", 3},
	{authz.LetterScreen, Accepted, "去分办", 2},
	{authz.LetterAnswer, Assigned, "去答复", 20},
	{authz.LetterReview, Drafted, "去审核", 8},
	{authz.LetterReview, InvalidProposed, "去复核", 3},
}

// Tasks is the module's part of the workbench: letters that wait for this
// person, and those handled before. It takes the session: an inbox is its
// reader's own.
func (s *Service) Tasks(ctx context.Context, session *authz.Session, tab workbench.Tab, limit int) ([]workbench.Task, error) {
	if session == nil {
		return nil, nil
	}
	switch tab {
	case workbench.ToDo:
		return s.toDo(ctx, session, limit)
	case workbench.Done:
		return s.done(ctx, session, limit)
	}
	return nil, nil
}

func (s *Service) toDo(ctx context.Context, session *authz.Session, limit int) ([]workbench.Task, error) {
	var out []workbench.Task
	for _, t := range waits {
		if !session.May(t.permit) {
			continue
		}
		var w db.Where
		within(&w, session.ScopeFor(t.permit))
		w.And("l.state = ?", t.state)
		switch t.state {
		case Assigned:
			w.And("(l.handler_id IS NULL OR l.handler_id = ?)", session.PersonID)
		case InvalidProposed:
			w.And("l.proposed_by <> ?", session.PersonID)
		case Drafted:
			w.And(`NOT EXISTS (SELECT 1 FROM letter_answer a WHERE a.letter_id = l.id AND a.verdict = '' AND a.drafter_id = ?)`, session.PersonID)
		}
		rows, err := db.All(ctx, s.db, scanLetter, `SELECT `+letterColumns+letterFrom+` WHERE `+w.SQL()+` ORDER BY l.due_on, l.received_at LIMIT `+w.Arg(limit), w.Args()...)
		if err != nil {
			return nil, err
		}
		for _, l := range rows {
			task, err := s.task(l)
			if err != nil {
				return nil, err
			}
			task.Act, task.Minutes, task.Due = t.act, t.mins, l.Due
			out = append(out, task)
		}
	}
	return out, nil
}

func (s *Service) done(ctx context.Context, session *authz.Session, limit int) ([]workbench.Task, error) {
	var w db.Where
	within(&w, session.ScopeFor(authz.LetterRead))
	w.And(`EXISTS (SELECT 1 FROM passage g WHERE g.kind = 'letter' AND g.object_id = l.id AND g.actor_id = ?)`, session.PersonID)
	rows, err := db.All(ctx, s.db, scanLetter, `SELECT `+letterColumns+letterFrom+` WHERE `+w.SQL()+` ORDER BY l.received_at DESC LIMIT `+w.Arg(limit), w.Args()...)
	if err != nil {
		return nil, err
	}
	var out []workbench.Task
	for _, l := range rows {
		task, err := s.task(l)
		if err != nil {
			return nil, err
		}
		task.Act = "查看"
		out = append(out, task)
	}
	return slices.Clip(out), nil
}

func (s *Service) task(l Letter) (workbench.Task, error) {
	l, err := s.masked(l, false)
	return workbench.Task{
		Key: "letter:" + string(l.ID), Kind: "来信", Title: l.Number + " " + l.Title, From: l.Type.Name() + "来信", At: l.ReceivedAt,
		State: l.StateName(), Link: l.Link(),
	}, err
}
