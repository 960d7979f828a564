package inspection

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/jobs"
)

// What is looked at besides pages, the names and machines behind a site, a feed, the
// old host of a closed site, is asked of a crawler where the house has no way there:
// an ask goes out in a signed plan, and its answer comes in a signed batch of its own.
// The module that owns the look says what is asked, and judges what comes by the same
// rule as what it sees itself; the crawler looks with that module's own code.

// AskID identifies an ask.
type AskID string

// AskFormat is the edition of the exchange from which on crawlers know asks.
const AskFormat = 3

// Ask is one look that a crawler is asked for, as it travels in a plan. Either ID or
// Errand names it.
type Ask struct {
	ID     AskID           `json:"id,omitempty"`
	Errand ErrandID        `json:"errand,omitempty"` // a second look at a finding
	Kind   string          `json:"kind"`
	Host   string          `json:"host"` // whose turn it takes
	What   json.RawMessage `json:"what"`
}

// Answer is what a crawler saw of what it was asked.
type Answer struct {
	At   time.Time       `json:"at"`
	Seen json.RawMessage `json:"seen"`
}

const (
	// maxSeen bounds an answer without its files, maxFiles their number.
	maxSeen  = 1 << 20
	maxFiles = 4
	// askClock is how far the clock of a crawler may be from ours: further, and it
	// cannot be told when it looked.
	askClock = 10 * time.Minute
	// keepAsks is how long ended asks are kept.
	keepAsks = 30 * 24 * time.Hour
)

// Seen is an answer as its module takes it: when it was looked, never before it was
// asked for nor after now, and from where.
type Seen struct {
	At      time.Time
	Vantage string
	Body    json.RawMessage
}

// Afar is how a module has its looks made by a crawler.
type Afar struct {
	// Ask is what a crawler is told of a subject. A fault says why there is nothing to
	// look at.
	Ask func(ctx context.Context, subject string) (host string, what any, err error)
	// Take judges what was seen of a subject. With a finding it is a second look, which
	// is returned and moves nothing else of that check. A fault says why the answer is
	// of no use.
	Take func(ctx context.Context, subject string, seen Seen, of *Finding) (engine.Look, error)
	// Missed is told why nothing was seen: it could not be tested.
	Missed func(ctx context.Context, subject, says string) error
	// Subject is what has to be looked at again for a finding; empty where this kind of
	// look has nothing to do with it.
	Subject func(ctx context.Context, f Finding) (string, error)
}

// AskedFrom registers who has looks of a kind made by crawlers.
func (s *Service) AskedFrom(kind string, a Afar) {
	if s.afar == nil {
		s.afar = map[string]Afar{}
	}
	s.afar[kind] = a
}

// AsksOutside reports whether what lies outside is looked at by crawlers alone.
func (s *Service) AsksOutside() bool { return s.set.Exchange.On() && s.Wayless() }

// Asked is how an ask stands.
type Asked struct {
	ID      AskID
	kind    string
	subject string
	urgent  bool
	AskedAt time.Time
	Sent    time.Time // put out as a file; zero: on its way there
	State   string    // as that of errands
	Ended   time.Time
	Says    string // why nothing came of it
	Vantage string // that answered
	GivesUp time.Time
}

// Out reports whether the answer is waited for.
func (a Asked) Out() bool { return a.State == ErrandWaiting }

// Waits says since when the answer is waited for and what happens when none comes.
func (a Asked) Waits() string {
	return fmt.Sprintf("%s交办，结果随外网巡检机的文件带回后自动登记；到%s仍没有回来的，按未能检测处理，其后再次交办。", a.AskedAt.In(calendar.Shanghai).Format("1月2日15:04"), a.GivesUp.In(calendar.Shanghai).Format("1月2日15:04"))
}

const askSelect = `SELECT id, kind, subject, urgent, asked_at, sent_at, state, ended_at, says, vantage FROM outside_ask`

func (s *Service) scanAsk(r db.Scanner) (Asked, error) {
	var a Asked
	err := r.Scan(&a.ID, &a.kind, &a.subject, &a.urgent, &a.AskedAt, &a.Sent, &a.State, &a.Ended, &a.Says, &a.Vantage)
	a.GivesUp = a.AskedAt.Add(s.answerWithin())
	return a, err
}

// LastAsk is the latest ask about a subject that its module has in scope; false where
// there was none.
func (s *Service) LastAsk(ctx context.Context, q db.Querier, kind, subject string) (Asked, bool, error) {
	a, err := db.One(ctx, q, s.scanAsk, askSelect+` WHERE kind = $1 AND subject = $2 ORDER BY asked_at DESC, id DESC LIMIT 1`, kind, subject)
	if db.None(err) {
		return Asked{}, false, nil
	}
	return a, err == nil, err
}

// AskOutside has a crawler look at a subject, which its module has in scope; one that is
// waited for already is the same wish. Urgent: a person waits.
func (s *Service) AskOutside(ctx context.Context, kind, subject string, urgent bool) (a Asked, err error) {
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		a, err = db.One(ctx, tx, s.scanAsk, askSelect+` WHERE kind = $1 AND subject = $2 AND state = 'waiting'`, kind, subject)
		switch {
		case db.None(err):
			now := tx.Now()
			a = Asked{ID: AskID(ulid.Make().String()), kind: kind, subject: subject, urgent: urgent, AskedAt: now, State: ErrandWaiting, GivesUp: now.Add(s.answerWithin())}
			if _, err := tx.Quiet(ctx, `INSERT INTO outside_ask (id, kind, subject, urgent, asked_at, state) VALUES ($1, $2, $3, $4, $5, 'waiting')`, a.ID, kind, subject, urgent, now); err != nil {
				return err
			}
		case err != nil:
			return err
		case urgent && !a.urgent:
			// Sent already, it goes out once more: the crawler puts first what it is asked
			// for again as urgent.
			if _, err := tx.Quiet(ctx, `UPDATE outside_ask SET urgent = TRUE, sent_at = NULL WHERE id = $1`, a.ID); err != nil {
				return err
			}
			a.urgent, a.Sent = true, time.Time{}
		}
		if !urgent {
			return nil
		}
		return jobs.Enqueue(ctx, tx, sendUrgent{}, jobs.Queue(UrgentQueue), jobs.Unique("urgent"))
	})
	return a, err
}

// afarOf is by which kind of look, and at what, a finding is looked at again outside;
// empty where it is not.
func (s *Service) afarOf(ctx context.Context, f Finding) (kind, subject string, err error) {
	for kind, a := range s.afar {
		if a.Subject == nil {
			continue
		}
		subject, err := a.Subject(ctx, f)
		if err != nil || subject != "" {
			return kind, subject, err
		}
	}
	return "", "", nil
}

// askFor is an ask as a crawler is told it; why says that there is nothing to look at
// any more.
func (s *Service) askFor(ctx context.Context, kind, subject string) (a Ask, why string, err error) {
	from, ok := s.afar[kind]
	if !ok {
		return a, "本平台不再做这项检测。", nil
	}
	host, what, err := from.Ask(ctx, subject)
	if fault.Is(err, fault.Refused) || fault.Is(err, fault.NotFound) || fault.Is(err, fault.Conflict) || fault.Is(err, fault.Invalid) {
		return a, fault.Of(err).Says, nil
	}
	if err != nil {
		return a, "", err
	}
	a.Kind, a.Host = kind, host
	a.What, err = json.Marshal(what)
	return a, "", err
}

// sendAsks hands the asks that wait out, those of persons or the others. One of which it
// cannot be told now what to ask holds up no other; it is tried again.
func (s *Service) sendAsks(ctx context.Context, urgent bool) error {
	for {
		list, err := db.All(ctx, s.db, s.scanAsk, askSelect+` WHERE state = 'waiting' AND sent_at IS NULL AND urgent = $1 ORDER BY id LIMIT $2`, urgent, tasksAtOnce)
		if err != nil || len(list) == 0 {
			return err
		}
		p, size := s.newPlanFile(), 0
		p.Urgent = urgent
		var errs []error
		for _, x := range list {
			a, why, err := s.askFor(ctx, x.kind, x.subject)
			if err == nil && why != "" {
				err = s.askMissed(ctx, x, ErrandRefused, why, "")
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("inspection: ask for %s of %s: %w", x.kind, x.subject, err))
			}
			if err != nil || why != "" {
				continue
			}
			if size += len(a.What); size > planRoom && len(p.Asks) > 0 {
				break // the rest goes with the next
			}
			a.ID = x.ID
			p.Asks = append(p.Asks, a)
		}
		if len(p.Asks) > 0 {
			if err := s.sendPlan(ctx, p); err != nil {
				return errors.Join(append(errs, err)...)
			}
		}
		if len(errs) > 0 {
			return errors.Join(errs...)
		}
	}
}

// endAsk ends an ask. One that ended without an answer may still be answered.
func (s *Service) endAsk(ctx context.Context, a Asked, state, says, from string) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Quiet(ctx, `UPDATE outside_ask SET state = $2, ended_at = $3, says = $4, vantage = $5 WHERE id = $1 AND state IN ('waiting', 'unanswered')`, a.ID, state, tx.Now(), abridge.Cut(says, 300), abridge.Plain(from, 60))
		return err
	})
}

// askMissed has the module of an ask say that nothing came of it, and ends it. Ended last:
// what the module could not keep is tried again. Where what was asked about is there no
// more, nobody is left to tell.
func (s *Service) askMissed(ctx context.Context, a Asked, state, says, from string) error {
	if of, ok := s.afar[a.kind]; ok && a.Out() {
		if err := of.Missed(ctx, a.subject, says); err != nil && !useless(err) {
			return fmt.Errorf("inspection: %s of %s was missed: %w", a.kind, a.subject, err)
		}
	}
	return s.endAsk(ctx, a, state, says, from)
}

// asksDue gives up the asks that no crawler answered in time. One that cannot be given up
// now holds up no other.
func (s *Service) asksDue(ctx context.Context) error {
	within := s.answerWithin()
	list, err := db.All(ctx, s.db, s.scanAsk, askSelect+` WHERE state = 'waiting' AND asked_at <= $1 ORDER BY id LIMIT $2`, s.db.Now().Add(-within), tasksAtOnce)
	if err != nil {
		return err
	}
	says := ""
	if len(list) > 0 {
		if says, err = s.unansweredSays(ctx); err != nil {
			return err
		}
	}
	var errs []error
	for _, a := range list {
		errs = append(errs, s.askMissed(ctx, a, ErrandUnanswered, says, ""))
	}
	return errors.Join(append(errs, s.db.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Quiet(ctx, `DELETE FROM outside_ask WHERE state <> 'waiting' AND ended_at < $1`, tx.Now().Add(-keepAsks))
		return err
	}))...)
}

// unansweredSays is why nothing came of an ask in time, and what to do.
func (s *Service) unansweredSays(ctx context.Context) (string, error) {
	hours := int(s.answerWithin() / time.Hour)
	old, err := s.oldCrawlers(ctx)
	if old != "" {
		return fmt.Sprintf("外网巡检机没有在%d小时内带回结果，未能检测：“%s”的程序版本低于本系统，不做这项检测。请把外网巡检机程序更新到同一版本。", hours, old), err
	}
	return fmt.Sprintf("外网巡检机没有在%d小时内带回结果，未能检测。请检查文件交换和外网巡检机。", hours), err
}

// oldCrawlers names a crawler that does not know asks, where none is known that does.
func (s *Service) oldCrawlers(ctx context.Context) (string, error) {
	list, err := s.Crawlers(ctx)
	old := ""
	for _, c := range list {
		if c.Program.Format >= AskFormat {
			return "", nil
		}
		if old == "" && !c.SeenAt.IsZero() {
			old = c.Name
		}
	}
	return old, err
}

// usable says of what a crawler brought whether it can be judged at all, and gives it
// as its module takes it.
func (s *Service) usable(ctx context.Context, b BatchFile, asked time.Time) (Seen, error) {
	now := s.db.Now()
	switch {
	case b.Failure != "":
		return Seen{}, fault.New(fault.Invalid, abridge.Plain(b.Failure, 300))
	case b.Answer == nil || len(b.Answer.Seen) == 0:
		return Seen{}, fault.New(fault.Invalid, "外网巡检机带回的文件里没有结果，没有采用。")
	case len(b.Answer.Seen) > maxSeen || len(b.Blobs) > maxFiles:
		return Seen{}, fault.Newf(fault.Invalid, "外网巡检机带回的一项结果超过%d MB或附有%d个以上的文件，没有采用。", maxSeen>>20, maxFiles)
	case b.Answer.At.Before(asked.Add(-askClock)), b.Answer.At.After(now.Add(askClock)):
		return Seen{}, fault.Newf(fault.Invalid, "外网巡检机带回的结果所写的检测时间（%s）早于交办或晚于现在，没有采用。请校准那台机器的时钟。", b.Answer.At.In(calendar.Shanghai).Format("2006-01-02 15:04"))
	}
	for ref := range b.Blobs {
		if _, err := blob.ParseRef(ref); err != nil {
			return Seen{}, fault.New(fault.Invalid, "外网巡检机带回的文件编号不正确，没有采用。").From(err)
		}
	}
	if err := s.keepBlobs(ctx, b.Blobs, nil); err != nil {
		if errors.Is(err, errSeal) {
			err = fault.New(fault.Invalid, "外网巡检机带回的文件与摘要不符，没有采用。").From(err)
		}
		return Seen{}, err
	}
	at := b.Answer.At.UTC()
	if at.Before(asked) {
		at = asked
	}
	if at.After(now) {
		at = now
	}
	return Seen{At: at, Vantage: cmp.Or(strings.TrimSpace(abridge.Plain(b.Vantage, 60)), "外网巡检机"), Body: b.Answer.Seen}, nil
}

// useless reports whether a fault says that an answer is of no use: it is not tried again.
func useless(err error) bool {
	return fault.Is(err, fault.Invalid) || fault.Is(err, fault.Refused) || fault.Is(err, fault.Conflict) || fault.Is(err, fault.NotFound) || fault.Is(err, fault.TooLarge)
}

// takeAsk takes in what a crawler saw; once.
func (s *Service) takeAsk(ctx context.Context, b BatchFile) error {
	a, err := db.One(ctx, s.db, s.scanAsk, askSelect+` WHERE id = $1`, b.Ask)
	if db.None(err) {
		return fault.Missing("检测交办")
	}
	if err != nil || a.State != ErrandWaiting && a.State != ErrandUnanswered {
		return err // taken in before
	}
	last, ok, err := s.LastAsk(ctx, s.db, a.kind, a.subject)
	if err != nil {
		return err
	}
	if ok && last.ID != a.ID {
		return s.endAsk(ctx, a, ErrandRefused, "其后另有交办。", b.Vantage)
	}
	seen, err := s.usable(ctx, b, a.AskedAt)
	if err == nil {
		from, ok := s.afar[a.kind]
		if !ok {
			return s.endAsk(ctx, a, ErrandRefused, "本平台不再做这项检测。", b.Vantage)
		}
		_, err = from.Take(ctx, a.subject, seen, nil)
	}
	if useless(err) {
		return s.askMissed(ctx, a, ErrandRefused, fault.Of(err).Says, b.Vantage)
	}
	if err != nil {
		return err
	}
	return s.endAsk(ctx, a, ErrandAnswered, "", seen.Vantage)
}

// lookOf is the second look that a crawler brought for a finding that is looked at
// again by an ask. It could not be tested where what came is of no use.
func (s *Service) lookOf(ctx context.Context, e Errand, b BatchFile) (*engine.Look, error) {
	f, err := s.Finding(ctx, s.db, systemBatch, e.Finding)
	if err != nil {
		return nil, err
	}
	seen, err := s.usable(ctx, b, e.AskedAt)
	if err == nil {
		kind, subject, serr := s.afarOf(ctx, f)
		if serr != nil {
			return nil, serr
		}
		if subject == "" {
			err = fault.New(fault.Refused, "本平台不再做这项检测。")
		} else {
			var look engine.Look
			if look, err = s.afar[kind].Take(ctx, subject, seen, &f); err == nil {
				return &look, nil
			}
		}
	}
	if !useless(err) {
		return nil, err
	}
	return &engine.Look{Outcome: engine.Unknown, Says: fault.Of(err).Says, Evidence: engine.Evidence{URL: f.URL, At: s.db.Now(), Vantage: abridge.Plain(b.Vantage, 60)}}, nil
}

// lookOfPage is the second look at a page that a crawler brought; nil where the finding
// is none of a page: what was seen of that is judged here, and not there.
func (s *Service) lookOfPage(ctx context.Context, e Errand, look *engine.Look) (*engine.Look, error) {
	f, err := s.Finding(ctx, s.db, systemBatch, e.Finding)
	if err != nil {
		return nil, err
	}
	_, subject, err := s.afarOf(ctx, f)
	if err != nil || subject != "" {
		return nil, err
	}
	return look, nil
}

// Looker makes looks of one kind at a crawler: what is as the module's Ask gave it, and
// what it returns is what its Take reads. Files that what it returns names are kept with
// keep.
type Looker func(ctx context.Context, what json.RawMessage, keep func(body []byte) (blob.Ref, error)) (any, error)

// Tools are what a crawler looks with.
type Tools struct {
	Client  *egress.Client
	Manners *crawl.Manners
	Links   *crawl.LinkCheck
	Now     func() time.Time
}
