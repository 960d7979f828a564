package letters

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/seal"
)

// Purposes of sealing: text sealed for one does not open for another.
const (
	sealText    = "letters.text"
	sealContact = "letters.contact"
	sealAnswer  = "letters.answer"
	macAuthor   = "letters.author"
	macText     = "letters.essence"
	macQuery    = "letters.query"
	macRate     = "letters.rate"
	macForm     = "letters.form"
	sealReceipt = "letters.receipt"
)

// Service is the door of letters for staff.
type Service struct {
	db          *db.DB
	org         *org.Service
	registry    *registry.Service
	obligations *obligation.Service
	workdays    calendar.Workdays
	key         *seal.Keyring
}

// New makes the service; obligations must know ReplyKind.
func New(d *db.DB, o *org.Service, r *registry.Service, ob *obligation.Service, w calendar.Workdays, key *seal.Keyring) *Service {
	return &Service{db: d, org: o, registry: r, obligations: ob, workdays: w, key: key}
}

type sealedText struct{ title, body, name, phone, email string }

const letterColumns = `
	l.id, l.number, l.site_id, s.name, l.unit_id, u.name, l.handler_unit_id, h.name, COALESCE(l.handler_id, ''), COALESCE(p.name, ''),
	l.type, l.title_sealed, l.body_sealed, l.name_sealed, l.phone_sealed, l.email_sealed, l.author_mac, l.text_mac, l.public_consent, l.state,
	l.due_on, l.provisional, l.received_at, l.accepted_at, l.answered_at, l.answered_on, l.ended_at, l.reason, l.proposed_by, l.withdrawn_on, l.withdrawn_why`

const letterFrom = `
	FROM letter l JOIN site s ON s.id = l.site_id JOIN unit u ON u.id = l.unit_id JOIN unit h ON h.id = l.handler_unit_id
	     LEFT JOIN person p ON p.id = l.handler_id`

func scanLetter(r db.Scanner) (Letter, error) {
	var l Letter
	x := &l.sealed
	err := r.Scan(&l.ID, &l.Number, &l.Site, &l.SiteName, &l.Unit, &l.UnitName, &l.HandlerUnit, &l.HandlerUnitName, &l.Handler, &l.HandlerName,
		&l.Type, &x.title, &x.body, &x.name, &x.phone, &x.email, &l.authorMac, &l.textMac, &l.PublicConsent, &l.State,
		&l.Due.On, &l.Due.Provisional, &l.ReceivedAt, &l.AcceptedAt, &l.AnsweredAt, &l.AnsweredOn, &l.EndedAt, &l.Reason, &l.ProposedBy, &l.WithdrawnOn, &l.WithdrawnWhy)
	return l, err
}

var dollar = regexp.MustCompile(`\$\d+`)

// within narrows w to letters that the scope covers at the receiving or at the
// handling unit: who passed a letter on keeps sight of it.
func within(w *db.Where, scope authz.Scope) *db.Where {
	var receiving, handling db.Where
	scope.Where(&receiving, "u")
	scope.Where(&handling, "h")
	// The two conditions number their values from 1; ? lets w number them anew.
	cond := dollar.ReplaceAllString(receiving.SQL(), "?") + " OR " + dollar.ReplaceAllString(handling.SQL(), "?")
	return w.And(cond, append(receiving.Args(), handling.Args()...)...)
}

// raw is the letter with its seals closed.
func (s *Service) raw(ctx context.Context, q db.Querier, scope authz.Scope, id LetterID) (Letter, error) {
	var w db.Where
	within(&w, scope)
	w.And("l.id = ?", string(id))
	l, err := db.One(ctx, q, scanLetter, `SELECT `+letterColumns+letterFrom+` WHERE `+w.SQL(), w.Args()...)
	if db.None(err) {
		return Letter{}, fault.Missing("来信")
	}
	return l, err
}

// contact opens who wrote.
func (s *Service) contact(x sealedText) (Contact, error) {
	var c Contact
	for _, f := range []struct {
		sealed string
		into   *string
	}{{x.name, &c.Name}, {x.phone, &c.Phone}, {x.email, &c.Email}} {
		b, err := s.key.Open(sealContact, f.sealed)
		if err != nil {
			return Contact{}, fmt.Errorf("letters: open contact: %w", err)
		}
		*f.into = string(b)
	}
	return c, nil
}

// text opens what was written.
func (s *Service) text(sealed string) (string, error) {
	b, err := s.key.Open(sealText, sealed)
	if err != nil {
		return "", fmt.Errorf("letters: open text: %w", err)
	}
	return string(b), nil
}

// masked opens the letter for reading by staff.
func (s *Service) masked(l Letter, body bool) (Letter, error) {
	c, err := s.contact(l.sealed)
	if err != nil {
		return Letter{}, err
	}
	title, err := s.text(l.sealed.title)
	if err != nil {
		return Letter{}, err
	}
	l.Title, l.Contact = deidentify(title, c), c.masked()
	if body {
		text, err := s.text(l.sealed.body)
		if err != nil {
			return Letter{}, err
		}
		l.Body = deidentify(text, c)
	}
	return l, nil
}

// Letter in scope, with what identifies the writer masked.
func (s *Service) Letter(ctx context.Context, scope authz.Scope, id LetterID) (Letter, error) {
	l, err := s.raw(ctx, s.db, scope, id)
	if err != nil {
		return Letter{}, err
	}
	return s.masked(l, true)
}

// Filter narrows Letters and Figures. Every figure is the number of the
// letters its Measure finds.
type Filter struct {
	Number  string // part of the number
	Type    Type
	State   string
	Measure Measure
	// On is the day as of which Measure judges, today when zero: an answer given
	// since is none yet, and a day that ran out since is no delay yet.
	On      calendar.Date
	Unit    org.UnitID // receiving
	Site    registry.SiteID
	From    calendar.Date // received from
	Until   calendar.Date // received until, included
	Waiting bool          // still without an answer
	Mine    org.PersonID  // assigned to this person
	Limit   int           // 50 when zero
	Offset  int
}

func (f Filter) where(w *db.Where, today calendar.Date) error {
	text := db.Contains(f.Number)
	w.AndIf(f.Number != "", `lower(l.number) LIKE ? ESCAPE '\'`, text).
		AndIf(f.Type != "", "l.type = ?", f.Type).
		AndIf(f.State != "", "l.state = ?", f.State).
		AndIf(f.Unit != "", "l.unit_id = ?", string(f.Unit)).
		AndIf(f.Site != "", "l.site_id = ?", string(f.Site)).
		AndIf(!f.From.IsZero(), "l.received_on >= ?", f.From).
		AndIf(!f.Until.IsZero(), "l.received_on <= ?", f.Until).
		AndIf(f.Waiting, StillOpen).
		AndIf(f.Mine != "", "l.handler_id = ?", string(f.Mine))
	if f.Measure == "" {
		return nil
	}
	w.And(Counted)
	cond, ok := measures[f.Measure]
	if !ok {
		return fault.New(fault.Invalid, "统计口径无法识别，请从列表中选择。").On("measure", "请从列表中选择")
	}
	if !f.On.IsZero() && f.On.Before(today) {
		today = f.On
		w.AndIf(f.Measure == MeasureAnswered || f.Measure == MeasureOnTime, "l.answered_on <= ?", f.On)
	}
	if strings.Contains(cond, "?") {
		w.And(cond, today)
	} else {
		w.And(cond)
	}
	return nil
}

// Letters in scope, what is due first comes first, and how many there are.
func (s *Service) Letters(ctx context.Context, scope authz.Scope, f Filter) ([]Letter, int, error) {
	var w db.Where
	within(&w, scope)
	if err := f.where(&w, calendar.DateOf(s.db.Now())); err != nil {
		return nil, 0, err
	}
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*)`+letterFrom+` WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	rows, err := db.All(ctx, s.db, scanLetter, `SELECT `+letterColumns+letterFrom+` WHERE `+w.SQL()+`
		ORDER BY CASE WHEN `+StillOpen+` THEN 0 ELSE 1 END, CASE WHEN `+StillOpen+` THEN l.due_on END, l.received_at DESC, l.id DESC
		LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	for i := range rows {
		if rows[i], err = s.masked(rows[i], false); err != nil {
			return nil, 0, err
		}
	}
	return rows, total, nil
}

// Duplicate is an earlier letter that may say the same.
type Duplicate struct {
	ID         LetterID
	Number     string
	StateName  string
	ReceivedAt time.Time
	Percent    int // how alike the texts are
}

const (
	duplicateDays = 30  // same author and similar text within 30 days
	duplicateFrom = 0.6 // share of character pairs in common
)

// Duplicates suggests to the screener what the same writer sent within 30 days
// in similar words, and counts letters of other writers in the very same words.
func (s *Service) Duplicates(ctx context.Context, scope authz.Scope, id LetterID) ([]Duplicate, int, error) {
	l, err := s.raw(ctx, s.db, scope, id)
	if err != nil {
		return nil, 0, err
	}
	body, err := s.text(l.sealed.body)
	if err != nil {
		return nil, 0, err
	}
	var w db.Where
	within(&w, scope)
	w.And("l.author_mac = ?", l.authorMac).And("l.id <> ?", string(id)).
		And("l.received_at <= ?", l.ReceivedAt).And("l.received_at >= ?", l.ReceivedAt.AddDate(0, 0, -duplicateDays))
	earlier, err := db.All(ctx, s.db, scanLetter, `SELECT `+letterColumns+letterFrom+` WHERE `+w.SQL()+` ORDER BY l.received_at DESC LIMIT 50`, w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	var out []Duplicate
	for _, e := range earlier {
		other, err := s.text(e.sealed.body)
		if err != nil {
			return nil, 0, err
		}
		if alike := similar(body, other); alike >= duplicateFrom {
			out = append(out, Duplicate{e.ID, e.Number, e.StateName(), e.ReceivedAt, int(alike * 100)})
		}
	}
	var o db.Where
	within(&o, scope)
	o.And("l.text_mac = ?", l.textMac).And("l.author_mac <> ?", l.authorMac)
	others, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*)`+letterFrom+` WHERE `+o.SQL(), o.Args()...)
	return out, others, err
}

// essence is what is left of a text without blanks, punctuation and case.
func essence(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// act takes the letter through one move and lets change write what goes with
// it, in one transaction.
func (s *Service) act(ctx context.Context, scope authz.Scope, id LetterID, name string, note note, change func(tx *db.Tx, l *Letter) error) (Letter, error) {
	var l Letter
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if l, err = s.raw(ctx, tx, scope, id); err != nil {
			return err
		}
		if !Machine.Can(l.State, name) {
			return fault.Newf(fault.Conflict, "来信现在的状态是“%s”，不能%s。可能刚被别人处理过，请刷新后再看。", l.StateName(), Machine.ActName(name))
		}
		before := l.State
		if change != nil {
			if err := change(tx, &l); err != nil {
				return err
			}
		}
		if _, l.State, err = Machine.Take(ctx, tx, string(id), name, note.passage()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			UPDATE letter SET handler_unit_id = $2, handler_id = $3, state = $4, accepted_at = $5, answered_at = $6, answered_on = $7, ended_at = $8,
			       reason = $9, proposed_by = $10, updated_at = $11 WHERE id = $1`,
			string(id), string(l.HandlerUnit), db.Null(l.Handler), l.State, l.AcceptedAt, l.AnsweredAt, l.AnsweredOn, l.EndedAt, l.Reason, l.ProposedBy, tx.Now()); err != nil {
			return fmt.Errorf("letters: %s: %w", name, err)
		}
		return audit.Record(ctx, tx, audit.Entry{
			Act: "letters." + name, Target: l.target(), Basis: note.basis,
			Before: map[string]any{"state": before}, After: note.facts(l.State),
		})
	})
	if err != nil {
		return Letter{}, err
	}
	return s.masked(l, true)
}

// tell sends the unit, or one person of it, a message about the letter.
func tell(ctx context.Context, tx *db.Tx, l Letter, about string, unit org.UnitID, person org.PersonID, title, body string) error {
	_, err := notify.Send(ctx, tx, notify.Message{
		Key: "letter:" + string(l.ID) + ":" + about, Unit: string(unit), Person: string(person), Title: title, Body: body, Link: l.Link(),
	})
	return err
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return nil // strings and numbers only: cannot happen
	}
	return b
}
