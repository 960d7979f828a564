package letters

import (
	"context"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/rules/sx2021"
)

// Withdraw takes letters out of the statistics of their units, as what they
// were: letters of a test. They stay in the list with the reason beside them,
// and their clock ends. It is done in the act that reveals the test, whose scope
// covers the letters; a letter withdrawn already stays as it is.
func (s *Service) Withdraw(ctx context.Context, tx *db.Tx, scope authz.Scope, ids []LetterID, why string) error {
	for _, id := range ids {
		l, err := s.raw(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE letter SET withdrawn_on = $2, withdrawn_why = $3 WHERE id = $1 AND withdrawn_on IS NULL`, string(id), calendar.DateOf(tx.Now()), why)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		if _, err := s.obligations.Annul(ctx, tx, ReplyKind.ID, l.subject(), why); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "letters.withdraw", Target: l.target(), Basis: sx2021.LettersOnTime.Citation, After: map[string]string{"why": why}}); err != nil {
			return err
		}
	}
	return nil
}

// Outcome is how a letter stands: the day and words of its answer, or how it
// ended otherwise. The words come as they were sent, with the writer masked.
type Outcome struct {
	State      string
	AnsweredOn calendar.Date
	Answer     string
}

// Outcome of the letter with this number at a site, within the scope.
func (s *Service) Outcome(ctx context.Context, scope authz.Scope, id LetterID) (Outcome, error) {
	l, err := s.raw(ctx, s.db, scope, id)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{State: l.State, AnsweredOn: l.AnsweredOn}
	if l.State == Invalid || l.State == Redirected {
		// The writer was told something: the reason is the answer.
		out.AnsweredOn, out.Answer = calendar.DateOf(l.EndedAt), l.Reason
		return out, nil
	}
	if l.AnsweredOn.IsZero() {
		return out, nil
	}
	rounds, err := s.rounds(ctx, s.db, id)
	for _, r := range rounds {
		if r.Verdict == "pass" {
			out.Answer = r.Draft.Answer
			break
		}
	}
	return out, err
}

// ByNumber is the letter of a quotable number.
func (s *Service) ByNumber(ctx context.Context, scope authz.Scope, number string) (LetterID, error) {
	var w db.Where
	within(&w, scope)
	w.And("l.number = ?", number)
	id, err := db.One(ctx, s.db, db.Value[LetterID], `SELECT l.id`+letterFrom+` WHERE `+w.SQL(), w.Args()...)
	if db.None(err) {
		return "", fault.Missing("来信")
	}
	return id, err
}
