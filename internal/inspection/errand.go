package inspection

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/jobs"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
)

// Where the house has no way to a site, a person's second look at a finding goes out
// as an errand: a small plan marked urgent, which the crawler does before its patrols
// and answers by itself. The finding moves by the same rule as after a look from here.

// systemBatch is the scope in which what crawlers bring is taken in.
var systemBatch = authz.System("inspection.batch")

// ErrandID identifies an errand.
type ErrandID string

// States of an errand.
const (
	ErrandWaiting    = "waiting"
	ErrandAnswered   = "answered"
	ErrandUnanswered = "unanswered" // given up; its answer may still come
	ErrandRefused    = "refused"    // its answer was of no use any more
)

// Errand is one second look that a crawler is asked for.
type Errand struct {
	ID      ErrandID
	Finding FindingID
	AskedBy string
	Unit    org.UnitID // of who asked; empty: nobody's
	Person  org.PersonID
	AskedAt time.Time
	Sent    time.Time // put out as a file; zero: on its way there
	State   string
	Ended   time.Time
	Says    string // what came of it
	GivesUp time.Time
}

// Out reports whether the answer is waited for.
func (e Errand) Out() bool { return e.State == ErrandWaiting }

// Waits says since when the answer is waited for and what happens when none comes.
func (e Errand) Waits() string {
	since := e.AskedAt.In(calendar.Shanghai).Format("1月2日15:04")
	return fmt.Sprintf("%s由%s交办，复测结果随外网巡检机的文件带回后自动登记；到%s仍没有回来的，按没有复测到处理并通知交办人，可以再次复测。", since, cmp.Or(e.AskedBy, "平台"), e.GivesUp.In(calendar.Shanghai).Format("1月2日15:04"))
}

// HandedOut is the title over an errand or a run that a crawler has.
const HandedOut = "已交给外网巡检机，等它回来"

const errandSelect = `SELECT id, finding_id, asked_by, asked_unit, asked_person, asked_at, sent_at, state, ended_at, says FROM finding_errand`

func (s *Service) scanErrand(r db.Scanner) (Errand, error) {
	var e Errand
	err := r.Scan(&e.ID, &e.Finding, &e.AskedBy, &e.Unit, &e.Person, &e.AskedAt, &e.Sent, &e.State, &e.Ended, &e.Says)
	e.GivesUp = e.AskedAt.Add(s.answerWithin())
	return e, err
}

// ServedFrom registers who knows that a site is served by this process, so that it
// is reached from here whatever the network.
func (s *Service) ServedFrom(fn func(registry.Site) bool) { s.served = fn }

// Outside reports whether a site in scope is looked at by a crawler on the other
// network alone.
func (s *Service) Outside(ctx context.Context, scope authz.Scope, id registry.SiteID) (bool, error) {
	site, err := s.registry.Site(ctx, scope, id)
	return err == nil && s.outside(site), err
}

// outside is Outside of a site at hand: the province says that this house has no way
// there, and the site is not served by this very process.
func (s *Service) outside(site registry.Site) bool {
	return s.set.Exchange.On() && s.Wayless() && !s.serves(site)
}

// Wayless reports whether the province says that this house has no way to the Internet.
func (s *Service) Wayless() bool { return s.set.Province().CrawledOutside }

// serves reports whether a site is served by this very process.
func (s *Service) serves(site registry.Site) bool { return s.served != nil && s.served(site) }

// LastErrand is the latest errand of a finding in scope; false where there was none.
func (s *Service) LastErrand(ctx context.Context, q db.Querier, scope authz.Scope, id FindingID) (Errand, bool, error) {
	if _, err := s.Finding(ctx, q, scope, id); err != nil {
		return Errand{}, false, err
	}
	e, err := db.One(ctx, q, s.scanErrand, errandSelect+` WHERE finding_id = $1 ORDER BY asked_at DESC, id DESC LIMIT 1`, id)
	if db.None(err) {
		return Errand{}, false, nil
	}
	return e, err == nil, err
}

// ErrandsOut are the errands that are waited for, of the findings with these ids that
// lie in scope.
func (s *Service) ErrandsOut(ctx context.Context, q db.Querier, scope authz.Scope, ids []FindingID) (map[FindingID]Errand, error) {
	out := map[FindingID]Errand{}
	for part := range slices.Chunk(ids, proofsAtOnce) {
		var w db.Where
		scope.Where(&w, "u")
		cond, args := db.In("f.id", part)
		w.And(cond, args...)
		list, err := db.All(ctx, q, s.scanErrand, errandSelect+` WHERE state = 'waiting' AND finding_id IN (SELECT f.id`+findingFrom+` WHERE `+w.SQL()+`)`, w.Args()...)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			out[e.Finding] = e
		}
	}
	return out, nil
}

// OnErrand registers what is told, in the same transaction, of every errand that
// ended: answered, or given up.
func (s *Service) OnErrand(fn func(ctx context.Context, tx *db.Tx, f Finding, e Errand) error) {
	s.errands = append(s.errands, fn)
}

// sendUrgent is the job that puts out what a person waits for.
type sendUrgent struct{}

// Kind names the job.
func (sendUrgent) Kind() string { return "inspection.urgent_plan" }

// SendUrgent puts out, as plans of their own, what persons wait for.
func (s *Service) SendUrgent(ctx context.Context) error {
	ctx = audit.System(ctx, "inspection.plan")
	return errors.Join(s.sendErrands(ctx), s.sendAsks(ctx, true), s.sendRuns(ctx, true))
}

// ask puts a retest out as an errand; one that is out already is the same wish.
func (s *Service) ask(ctx context.Context, f Finding) (e Errand, err error) {
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		e, err = db.One(ctx, tx, s.scanErrand, errandSelect+` WHERE finding_id = $1 AND state = 'waiting'`, f.ID)
		if err == nil || !db.None(err) {
			return err
		}
		now := tx.Now()
		e = Errand{ID: ErrandID(ulid.Make().String()), Finding: f.ID, AskedAt: now, State: ErrandWaiting, GivesUp: now.Add(s.answerWithin())}
		if a, ok := audit.ActorFrom(ctx); ok && a.Kind == "person" {
			e.AskedBy, e.Unit, e.Person = a.Name, org.UnitID(a.Unit), org.PersonID(a.ID)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO finding_errand (id, finding_id, asked_by, asked_unit, asked_person, asked_at, state) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			e.ID, e.Finding, e.AskedBy, e.Unit, e.Person, e.AskedAt, e.State); err != nil {
			return fmt.Errorf("inspection: ask for a look: %w", err)
		}
		if err := jobs.Enqueue(ctx, tx, sendUrgent{}, jobs.Queue(UrgentQueue), jobs.Unique("urgent")); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "inspection.errand.ask", Basis: "第十九条（四）", Target: f.Target(), After: map[string]any{"errand": e.ID, "until": e.GivesUp}})
	})
	return e, err
}

// sendErrands hands the errands that wait out as one urgent plan.
func (s *Service) sendErrands(ctx context.Context) error {
	list, err := db.All(ctx, s.db, s.scanErrand, errandSelect+` WHERE state = 'waiting' AND sent_at IS NULL ORDER BY id LIMIT $1`, tasksAtOnce)
	if err != nil || len(list) == 0 {
		return err
	}
	p, size := s.newPlanFile(), 0
	p.Urgent = true
	for _, e := range list {
		a, why, asked, err := s.errandAsk(ctx, e)
		if err != nil {
			return err
		}
		if asked && why == "" {
			if size += len(a.What); size > planRoom && len(p.Errands)+len(p.Asks) > 0 {
				break
			}
			p.Asks = append(p.Asks, a)
			continue
		}
		var t Task
		var words json.RawMessage
		if !asked {
			if t, words, why, err = s.errandTask(ctx, e); err != nil {
				return err
			}
		}
		if why != "" {
			if err := s.endErrand(ctx, e, ErrandRefused, why); err != nil {
				return err
			}
			continue
		}
		b, err := json.Marshal(t)
		if err != nil {
			return fmt.Errorf("inspection: errand %s: %w", e.ID, err)
		}
		if size += len(b) + len(words); size > planRoom && len(p.Errands)+len(p.Asks) > 0 {
			break // the rest goes with the next
		}
		if words != nil {
			p.Lists[t.Lists] = words
		}
		p.Errands = append(p.Errands, t)
	}
	if len(p.Errands)+len(p.Asks) == 0 {
		return nil
	}
	if err := s.sendPlan(ctx, p); err != nil || len(p.Errands)+len(p.Asks) == len(list) {
		return err
	}
	return s.sendErrands(ctx)
}

// errandAsk is what the crawler is told where the finding is none of a page; why says
// that there is nothing to look at any more, asked is false for a finding of a page.
func (s *Service) errandAsk(ctx context.Context, e Errand) (a Ask, why string, asked bool, err error) {
	f, err := s.Finding(ctx, s.db, systemBatch, e.Finding)
	if err != nil {
		return a, "", false, err
	}
	kind, subject, err := s.afarOf(ctx, f)
	if err != nil || subject == "" {
		return a, "", false, err
	}
	a, why, err = s.askFor(ctx, kind, subject)
	a.Errand = e.ID
	return a, why, true, err
}

// errandTask is what the crawler is told; why says that there is nothing to look at
// any more.
func (s *Service) errandTask(ctx context.Context, e Errand) (t Task, words json.RawMessage, why string, err error) {
	scope := authz.System("inspection.plan")
	f, err := s.Finding(ctx, s.db, scope, e.Finding)
	if err != nil {
		return t, nil, "", err
	}
	site, err := s.registry.Site(ctx, scope, f.Site)
	if err != nil {
		return t, nil, "", err
	}
	if err := contactable(site); err != nil {
		return t, nil, fault.Of(err).Says, nil
	}
	spot := f.spot()
	t = Task{Errand: e.ID, Spot: &spot, Site: f.Site, Name: f.SiteName, Spec: Spec{Remote: true, Urgent: true}, Limits: s.limits(calendar.DateOf(s.db.Now())), Pace: s.pace()}
	if t.Target, err = s.target(ctx, site); err != nil {
		return t, nil, "", err
	}
	if t.Spec.Focus, err = s.focusOf(ctx, f); err != nil {
		return t, nil, "", err
	}
	acquitted, err := s.acquitted(ctx, site.ID)
	if err != nil {
		return t, nil, "", err
	}
	t.Acquitted = slices.Sorted(maps.Keys(acquitted))
	if readsWords(f.Check) {
		words, err = s.words(ctx, site, &t)
	}
	return t, words, "", err
}

// readsWords reports whether a check reads texts by the word lists of a unit.
func readsWords(id string) bool {
	return strings.HasPrefix(id, check.KindWording) || strings.HasPrefix(id, check.KindSensitive)
}

// errandEnd is how an errand ends: its entry in the trail, and what its asker is told.
func errandEnd(state string) (entry audit.Entry, title string) {
	switch state {
	case ErrandAnswered:
		return audit.Entry{Act: "inspection.errand.answered"}, "复测结果已带回："
	case ErrandUnanswered:
		return audit.Entry{Act: "inspection.errand.unanswered"}, "外网巡检机没有带回复测结果："
	}
	return audit.Entry{Act: "inspection.errand.refused"}, "没有复测："
}

// endErrand ends an errand without a look.
func (s *Service) endErrand(ctx context.Context, e Errand, state, says string) error {
	return s.db.Update(ctx, func(tx *db.Tx) error { return s.endErrandTx(ctx, tx, e, state, says) })
}

func (s *Service) endErrandTx(ctx context.Context, tx *db.Tx, e Errand, state, says string) error {
	n, err := tx.Exec(ctx, `UPDATE finding_errand SET state = $2, ended_at = $3, says = $4 WHERE id = $1 AND state IN ('waiting', 'unanswered') AND state <> $2`, e.ID, state, tx.Now(), abridge.Cut(says, 300))
	if err != nil || n == 0 {
		return err
	}
	late := e.State == ErrandUnanswered
	f, err := s.Finding(ctx, tx, systemBatch, e.Finding)
	if err != nil {
		return err
	}
	entry, title := errandEnd(state)
	entry.Basis, entry.Target, entry.After = f.Clause, f.Target(), map[string]any{"errand": e.ID, "says": says}
	if err := audit.Record(ctx, tx, entry); err != nil {
		return err
	}
	e.State, e.Ended, e.Says = state, tx.Now(), says
	for _, fn := range s.errands {
		if err := fn(ctx, tx, f, e); err != nil {
			return err
		}
	}
	if e.Unit == "" || late && state == ErrandRefused {
		return nil
	}
	_, err = notify.Send(ctx, tx, notify.Message{Key: "errand:" + string(e.ID) + ":" + state, Unit: string(e.Unit), Person: string(e.Person), Link: f.Link(), Title: title + abridge.Cut(f.SiteName, 40), Body: says})
	return err
}

// ErrandsDue gives up the errands that no crawler answered in time, and puts out
// those that were asked for and are not out yet.
func (s *Service) ErrandsDue(ctx context.Context) error {
	ctx = audit.System(ctx, "inspection.batch")
	within := s.answerWithin()
	list, err := db.All(ctx, s.db, s.scanErrand, errandSelect+` WHERE state = 'waiting' AND asked_at <= $1 ORDER BY id LIMIT $2`, s.db.Now().Add(-within), tasksAtOnce)
	if err != nil {
		return err
	}
	says := fmt.Sprintf("外网巡检机没有在%d小时内带回结果，没有复测到；其后带回的结果仍可收下。请检查文件交换和外网巡检机，再次复测。", int(within/time.Hour))
	for _, e := range list {
		says := says
		if _, _, asked, err := s.errandAsk(ctx, e); err != nil {
			return err
		} else if asked {
			if says, err = s.unansweredSays(ctx); err != nil {
				return err
			}
		}
		if err := s.endErrand(ctx, e, ErrandUnanswered, says); err != nil {
			return err
		}
	}
	due := s.asksDue(ctx)
	if !s.set.Exchange.On() {
		return due
	}
	return errors.Join(due, s.SendUrgent(ctx))
}

// takeErrand takes in what a crawler saw on an errand; once.
func (s *Service) takeErrand(ctx context.Context, b BatchFile) error {
	e, err := db.One(ctx, s.db, s.scanErrand, errandSelect+` WHERE id = $1`, b.Errand)
	if db.None(err) {
		return fault.Missing("复测交办")
	}
	if err != nil || e.State != ErrandWaiting && e.State != ErrandUnanswered {
		return err // taken in before
	}
	look := b.Look
	if b.Answer != nil {
		look, err = s.lookOf(ctx, e, b)
	} else if look != nil {
		look, err = s.lookOfPage(ctx, e, look)
	}
	if err != nil {
		return err
	}
	if b.Failure != "" {
		look = &engine.Look{Outcome: engine.Unknown, Says: abridge.Cut(b.Failure, 300), Evidence: engine.Evidence{At: b.Begun, Vantage: b.Vantage}}
	}
	if look == nil || look.Outcome != engine.Standing && look.Outcome != engine.Gone && look.Outcome != engine.Unknown {
		return fmt.Errorf("%w: errand %s has no outcome", errSeal, e.ID)
	}
	if b.Answer == nil {
		if err := s.keepBlobs(ctx, b.Blobs, look.Evidence.Refs()); err != nil {
			return err
		}
	}
	scope := systemBatch
	return s.db.Update(ctx, func(tx *db.Tx) error {
		f, err := s.Finding(ctx, tx, scope, e.Finding)
		if err != nil {
			return err
		}
		at := look.Evidence.At
		if at.IsZero() {
			at = b.Begun
		}
		why, err := s.outlived(ctx, tx, f, at)
		if err != nil {
			return err
		}
		if why != "" {
			return s.endErrandTx(ctx, tx, e, ErrandRefused, "外网巡检机带回的复测结果没有采用："+why+"。")
		}
		if readsWords(f.Check) && s.set.Lists != nil && b.Lists == "" && look.Outcome != engine.Unknown {
			look.Outcome, look.Says = engine.Unknown, "巡检程序没有按本单位的词库检查用语，未能复测。"
		}
		p := Proof{Finding: f.ID, Look: "retest", Outcome: look.Outcome, Says: abridge.Cut(look.Says, 500), At: look.Evidence.At, Took: look.Took, Actor: e.AskedBy, Evidence: look.Evidence}
		if _, _, err := s.settleLook(ctx, tx, f, p); err != nil {
			return err
		}
		return s.endErrandTx(ctx, tx, e, ErrandAnswered, p.Says)
	})
}

// outlived says why a look of an instant says nothing of a finding any more; empty where it does.
func (s *Service) outlived(ctx context.Context, tx *db.Tx, f Finding, at time.Time) (string, error) {
	if f.False() || f.State == FindingClosed && f.ClosedBy == ClosedByEnd {
		return "问题已" + map[bool]string{true: "确认为误报", false: "终结"}[f.False()], nil
	}
	if f.Account != "" {
		a, err := s.registry.Account(ctx, tx, systemBatch, f.Account)
		if err == nil && a.State != registry.Running {
			return "账号已不再检查", nil
		}
		if err != nil {
			return "", err
		}
		return s.lookedSince(ctx, tx, f, at)
	}
	site, err := s.registry.SiteTx(ctx, tx, systemBatch, f.Site)
	if err != nil {
		return "", err
	}
	if contactable(site) != nil {
		return "网站已不再检查", nil
	}
	return s.lookedSince(ctx, tx, f, at)
}

func (s *Service) lookedSince(ctx context.Context, tx *db.Tx, f Finding, at time.Time) (string, error) {
	n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM finding_evidence WHERE finding_id = $1 AND at > $2 AND outcome <> 'untested'`, f.ID, at)
	if err == nil && n > 0 {
		return "其后另有查看", nil
	}
	return "", err
}

// settleLook keeps a second look as evidence and moves the finding by what it came
// to: the one rule for a look from here and for one that a crawler brings.
func (s *Service) settleLook(ctx context.Context, tx *db.Tx, f Finding, p Proof) (Finding, Proof, error) {
	var err error
	if p.ID, err = insertProof(ctx, tx, p); err != nil {
		return f, p, err
	}
	switch {
	case p.Outcome == engine.Gone && f.State != FindingClosed:
		f, err = s.move(ctx, tx, f, "close", passage.Note{Says: p.Says}, p.ID)
	case p.Outcome == engine.Standing && f.mended():
		f, err = s.move(ctx, tx, f, "reopen", passage.Note{Says: p.Says}, p.ID)
	default:
		if p.Outcome == engine.Standing {
			was := f
			f.Says = p.Says
			if _, err = tx.Exec(ctx, `UPDATE finding SET last_seen = $2, says = $3 WHERE id = $1`, f.ID, tx.Now(), p.Says); err == nil {
				err = keepWords(ctx, tx, was, f)
			}
		}
		if err == nil {
			err = audit.Record(ctx, tx, audit.Entry{Act: "inspection.finding.retest", Target: f.Target(), Basis: f.Clause, After: map[string]string{"outcome": p.Outcome, "evidence": p.ID}})
		}
	}
	return f, p, err
}
