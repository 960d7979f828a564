package reporting

import (
	"context"
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
)

// A draft says what the rows say at the moment somebody looks. Counting a whole
// province takes half a second of a processor, and an editor looks often: what
// was counted is kept as long as nothing can have changed it.

// idle are the acts that change nothing which a paper counts, by why. They are
// named one by one: an act that is not here makes papers be counted anew, and
// what another entry of the same transaction says counts by itself. A test holds
// every act of these modules to this list or to the list of those that count.
var idle = []struct {
	why  string
	acts []string
}{
	{"who came in, and with what: papers count no logins", []string{"signin.in", "signin.out", "signin.failed", "signin.locked", "signin.prove", "signin.session.end", "signin.password.change", "signin.password.rehash", "signin.password.reset",
		"signin.second.set_up", "signin.second.reset", "signin.token.create", "signin.token.revoke", "signin.login.create", "signin.login.disable", "signin.login.enable", "signin.login.unlock"}},
	{"a message is about an act that has its own entry", []string{"notify.send", "notify.preference", "notify.address"}},
	{"a reminder moves no due day; what falls late does so by the date, which the draft is kept under", []string{"obligation.look"}},
	{"somebody read or checked", []string{"ledger.export", "audit.verify", "audit.evidence", "appraisal.round.rescore", "obligation.feed"}},
	{"a text is not a count: the day up to which is counted is part of what a draft is kept under", []string{"reporting.bulletin.edit"}},
	{"letters of results follow a paper that is fixed", []string{"reporting.mailing.send", "reporting.mailing.resend", "reporting.mailing.read"}},
	{"the roster and the desk; a problem that was seen there is a finding with its own entry", []string{"duty.alarm.raise", "duty.alarm.join", "duty.alarm.recover", "duty.alarm.back", "duty.alarm.tell", "duty.alarm.grown",
		"duty.record.ask", "duty.record.asked", "duty.record.open", "duty.record.look", "duty.record.undo", "duty.record.confirm", "duty.shift.end", "duty.swap.ask", "duty.incident.open"}},
	{"a notice that hangs; its absence is a finding, its clock an obligation, each with its own entry", []string{"notice.look", "notice.carry", "notice.owe", "notice.page", "notice.period", "notice.post"}},
	{"the yearly forms take from papers, not papers from them", []string{"annual.type", "annual.keep", "annual.submit", "annual.approve", "annual.return", "annual.publish", "annual.replace", "annual.correct", "annual.address", "annual.urge", "annual.owe", "annual.end"}},
	{"which account stands under which is told on the public pages alone", []string{"matrix.derive", "matrix.place", "matrix.release", "matrix.gap.open", "matrix.gap.close"}},
	{"a run counts when it is finished; its findings have their own entries", []string{"inspection.run.start", "inspection.run.begin", "inspection.run.hurry", "inspection.run.fail", "inspection.run.unanswered", "inspection.run.late", "inspection.run.edition", "inspection.evidence.keep", "inspection.finding.words", "inspection.evidence.damaged",
		"inspection.errand.ask", "inspection.errand.answered", "inspection.errand.unanswered", "inspection.errand.refused"}},
	{"bytes that are kept no longer: what they proved stands as it stood", []string{"inspection.evidence.clear", "inspection.evidence.put_away", "inspection.evidence.drop", "inspection.evidence.hold", "inspection.evidence.preserve", "inspection.evidence.unpreserve"}},
	{"whose results are not taken in: nothing comes of them", []string{"inspection.stranger.refuse"}},
}

// idleActs are they without their reasons.
func idleActs() []string {
	var out []string
	for _, x := range idle {
		out = append(out, x.acts...)
	}
	return out
}

// draftsKept is how many drafts are kept, rowsKept how many rows they may have
// together: some 200 bytes each.
const (
	draftsKept = 16
	rowsKept   = 600_000
)

// drafts are the contents of drafts as they were last counted. What is kept is
// read by several and changed by nobody.
type drafts struct {
	mu   sync.Mutex
	kept map[BulletinID]*counted
	turn int
}

// counted is a content with what it rests on.
type counted struct {
	content Content
	rows    int
	turn    int // of the last look
	terms   string
	mark    audit.Mark
	quiet   string
}

// draft is the content of a paper that is not fixed: as kept, when nothing was
// written since, else counted anew.
func (s *Service) draft(ctx context.Context, b Bulletin) (Content, error) {
	terms := fmt.Sprintf("%s %s %+v", s.today(), b.Outline.Until, s.settings())
	if k := s.drafts.get(b.ID); k != nil && k.terms == terms {
		mark, holds, err := k.mark.Holds(ctx, s.db, s.db.Now())
		if err != nil {
			return Content{}, err
		}
		if holds {
			quiet, err := s.quiet(ctx, b)
			if err != nil {
				return Content{}, err
			}
			if quiet == k.quiet {
				s.drafts.again(b.ID, k, mark)
				return k.content, nil
			}
		}
	}
	// What it rests on is noted first: a change while it is counted makes the next
	// look count again.
	k := &counted{terms: terms}
	var err error
	if k.mark, err = audit.MarkNow(ctx, s.db, s.db.Now(), idleActs()...); err != nil {
		return Content{}, err
	}
	if k.quiet, err = s.quiet(ctx, b); err != nil {
		return Content{}, err
	}
	if k.content, err = s.count(ctx, b); err != nil {
		return Content{}, err
	}
	for _, f := range k.content.Figures {
		k.rows += len(f.Rows)
	}
	s.drafts.keep(b.ID, k)
	return k.content, nil
}

// quiet is what a paper counts that leaves no entry in the trail, in short:
// probes, posts of accounts, looks at machines. It changes when they do.
func (s *Service) quiet(ctx context.Context, b Bulletin) (string, error) {
	sum := fnv.New64a()
	read := func(query string, args ...any) error {
		_, err := db.All(ctx, s.db, func(r db.Scanner) (struct{}, error) {
			var id, says string
			var at time.Time
			var on calendar.Date
			err := r.Scan(&id, &says, &at, &on)
			fmt.Fprintf(sum, "%s %s %d %s\n", id, says, at.UnixMicro(), on)
			return struct{}{}, err
		}, query, args...)
		return err
	}
	if b.Kind == MonthlyCheck {
		err := read(`SELECT h.account_id, CAST(h.wrong AS TEXT), h.at, h.last_post FROM account_sheet h ORDER BY h.account_id`)
		return fmt.Sprint(sum.Sum64()), err
	}
	if err := read(`SELECT h.site_id, h.ipv6, h.at, NULL FROM host_look h ORDER BY h.site_id`); err != nil {
		return "", err
	}
	now, err := s.assessment.Unrecorded(ctx, s.db, b.Period)
	if err != nil {
		return "", err
	}
	before, err := s.assessment.Unrecorded(ctx, s.db, b.Period.Before())
	return fmt.Sprint(sum.Sum64(), " ", now, " ", before), err
}

func (d *drafts) get(id BulletinID) *counted {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.kept[id]
}

// again keeps what still holds, with its new mark.
func (d *drafts) again(id BulletinID, was *counted, mark audit.Mark) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.kept[id] == was { // nobody has counted meanwhile
		k := *was
		d.turn++
		k.mark, k.turn = mark, d.turn
		d.kept[id] = &k
	}
}

// keep keeps what was counted, and lets go what was looked at longest ago.
func (d *drafts) keep(id BulletinID, k *counted) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.kept == nil {
		d.kept = map[BulletinID]*counted{}
	}
	d.turn++
	k.turn = d.turn
	d.kept[id] = k
	for {
		rows, oldest := 0, id
		for i, x := range d.kept {
			rows += x.rows
			if x.turn < d.kept[oldest].turn {
				oldest = i
			}
		}
		if len(d.kept) <= draftsKept && rows <= rowsKept || oldest == id {
			break
		}
		delete(d.kept, oldest)
	}
	if k.rows > rowsKept {
		delete(d.kept, id)
	}
}

// drop lets go what was kept of a paper that is a draft no more.
func (d *drafts) drop(id BulletinID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.kept, id)
}
