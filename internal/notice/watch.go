package notice

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/jobs"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// CheckAbsent is the check of the daily look.
const CheckAbsent = "notice.absent"

// Look is one look at a place, with its proof.
type Look struct {
	ID      string
	Place   PlaceID
	At      time.Time
	Day     calendar.Date
	How     string // fetch, receipt
	Outcome string
	Says    string
	URL     string
	Status  int
	Headers string
	Ref     blob.Ref // bytes of the notice's page, or the screenshot
	Size    int64
	Media   string // of a screenshot
	HomeURL string
	Home    int // status of the home page, 0 when it was not asked
	HomeRef blob.Ref
	HomeSz  int64
	Pinned  bool
	Took    time.Duration
	Actor   string
}

// Timing of the looks, by the injected clock.
const (
	// apart is how far two fetches lie that together prove a day absent.
	apart = time.Hour
	// again is when a look that could not be made is tried again, at most
	// triesPerDay times in a day.
	again       = 2 * time.Hour
	triesPerDay = 6
	// claim is how long after the claimed first day a fetch still confirms it.
	claim = 24 * time.Hour
	// eager is the least time between two looks a person asks for.
	eager = 30 * time.Second
)

// Watch is the periodic job of the daily looks.
type Watch struct{}

// Kind names the job.
func (Watch) Kind() string { return "notice.watch" }

// Register gives the workers the module's duty and inspection its retest.
func (s *Service) Register(w *jobs.Workers) {
	jobs.Handle(w, func(ctx context.Context, _ Watch) error { _, err := s.WatchDue(ctx); return err })
	jobs.Every(w, 10*time.Minute, Watch{})
	if s.inspection != nil {
		s.inspection.RetestFrom("notice", s.retest)
	}
}

// atOnce is how many places are looked at side by side, perRound how many in one
// round of the job.
const (
	atOnce   = 8
	perRound = 500
)

// WatchDue looks at every place whose turn has come, closes the notices whose
// days are full, and returns how many places it looked at.
func (s *Service) WatchDue(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "notice.watch")
	// A notice that cannot be ended leaves the others looked at.
	ending := s.concludeFull(ctx)
	due, err := db.All(ctx, s.db, scanPlace, placeSelect+` JOIN notice n ON n.id = p.notice_id
		WHERE p.look_at <= $1 AND p.url <> '' AND n.state IN ('owed', 'hanging') ORDER BY p.look_at, p.id LIMIT $2`, s.db.Now(), perRound)
	if err != nil || len(due) == 0 {
		return 0, errors.Join(ending, err)
	}
	work := make(chan Place)
	var wg sync.WaitGroup
	var mu sync.Mutex
	errs := []error{ending}
	for range min(atOnce, len(due)) {
		wg.Go(func() {
			for p := range work {
				if err := s.lookAndKeep(ctx, p); err != nil {
					mu.Lock()
					errs = append(errs, fmt.Errorf("notice: look at %s: %w", p.ID, err))
					mu.Unlock()
				}
			}
		})
	}
	for _, p := range due {
		work <- p
	}
	close(work)
	wg.Wait()
	return len(due), errors.Join(errs...)
}

// concludeFull ends the notices whose last day is past, if their days are full.
func (s *Service) concludeFull(ctx context.Context) error {
	ids, err := db.All(ctx, s.db, db.Value[ID], `SELECT id FROM notice WHERE state = 'hanging' AND days > 0 AND hang_until < $1 ORDER BY id LIMIT $2`, calendar.DateOf(s.db.Now()), perRound)
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range ids {
		if err := s.db.Update(ctx, func(tx *db.Tx) error { return s.settle(ctx, tx, id) }); err != nil {
			errs = append(errs, fmt.Errorf("notice: end %s: %w", id, err))
		}
	}
	return errors.Join(errs...)
}

// LookNow looks at every registered place of a notice: a person waits. One
// looked at half a minute ago is left alone.
func (s *Service) LookNow(ctx context.Context, scope authz.Scope, id ID) (Stand, error) {
	n, err := s.Notice(ctx, s.db, scope, id)
	if err != nil {
		return Stand{}, err
	}
	if !n.Active() {
		return Stand{}, fault.New(fault.Conflict, "这项公告现在的状态是“"+n.StateName()+"”，不再查看。")
	}
	list, err := places(ctx, s.db, id)
	if err != nil {
		return Stand{}, err
	}
	if !slices.ContainsFunc(list, func(p Place) bool { return p.URL != "" }) {
		return Stand{}, fault.New(fault.Refused, "还没有登记公告网址，无法查看；请发布单位先登记。")
	}
	within, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for _, p := range list {
		last, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM notice_look WHERE place_id = $1 AND how = 'fetch' AND at > $2`, p.ID, s.db.Now().Add(-eager))
		if err != nil {
			return Stand{}, err
		}
		if p.URL == "" || last > 0 {
			continue
		}
		if err := s.lookAndKeep(within, p); err != nil {
			return Stand{}, err
		}
	}
	return s.Stand(ctx, s.db, scope, id)
}

func (s *Service) lookAndKeep(ctx context.Context, p Place) error {
	n, err := db.One(ctx, s.db, scanNotice, noticeSelect+` WHERE n.id = $1`, p.Notice)
	if err != nil {
		return err
	}
	l, err := s.look(ctx, n, p)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error { return s.keep(ctx, tx, p.ID, l) })
}

// look fetches the notice's page and the home page that must show it.
func (s *Service) look(ctx context.Context, n Notice, p Place) (Look, error) {
	begun := time.Now()
	l := Look{Place: p.ID, At: s.db.Now(), How: "fetch", URL: p.URL}
	l.Day = calendar.DateOf(l.At)
	if p.Place == sx2021.OwnHome && p.Site != "" {
		site, err := s.registry.Site(ctx, authz.System("notice.look"), p.Site)
		if err != nil {
			return l, err
		}
		if site.State == registry.TemporarilyOffline {
			l.Outcome, l.Says = Untested, "网站临时下线期间不查看本站，以另一处公告为准。"
			return l, nil
		}
	}
	page, resp, err := s.get(ctx, p.URL)
	if err != nil {
		return l, err
	}
	if l.Status = page.Status; resp != nil {
		l.Headers = abridge.Cut(engine.HeaderText(resp.Header), 8000)
	}
	if l.Ref, l.Size, err = s.put(ctx, page.Body); err != nil {
		return l, err
	}
	w := Wanted{Kind: n.Kind, Title: n.Title, Name: n.ObjectName, URL: p.URL, Home: p.OnSite(), Pinned: n.Pinned && p.Place == sx2021.OwnHome}
	var home Answer
	if w.Home {
		site, err := s.registry.Site(ctx, authz.System("notice.look"), p.Site)
		if err != nil {
			return l, err
		}
		l.HomeURL = s.home(site)
		if home, _, err = s.get(ctx, l.HomeURL); err != nil {
			return l, err
		}
		if home.Status == 0 && s.originOf(site) == "" {
			// Where plain http is not answered at all, https is.
			again, _, err := s.get(ctx, "https://"+site.Host+"/")
			if err != nil {
				return l, err
			}
			if again.Status != 0 {
				home, l.HomeURL = again, "https://"+site.Host+"/"
			}
		}
		l.Home = home.Status
		if l.HomeRef, l.HomeSz, err = s.put(ctx, home.Body); err != nil {
			return l, err
		}
	}
	v := Judge(w, page, home)
	l.Outcome, l.Says, l.Pinned, l.Took = v.Outcome, v.Says, v.Pinned, time.Since(begun)
	return l, nil
}

// get asks for one page; what went wrong there is in the answer, the error is
// the context's.
func (s *Service) get(ctx context.Context, address string) (Answer, *egress.Response, error) {
	resp, err := s.fetch.Get(ctx, address, egress.Options{RecordTLSFault: true, MaxBody: 4 << 20})
	if ctx.Err() != nil {
		return Answer{}, nil, fault.New(fault.Unavailable, "对方网站响应很慢，没有查看完，请稍后再试。").From(ctx.Err())
	}
	a := Answer{URL: address}
	if resp != nil {
		a.Status, a.Type, a.Body = resp.Status, resp.Header.Get("Content-Type"), resp.Body
		if resp.Final != "" {
			a.URL = resp.Final
		}
	}
	if err != nil {
		a.Fault, a.Status = err.Error(), 0
		if e := (*egress.Error)(nil); errors.As(err, &e) {
			a.Fault = e.Says
		}
	}
	return a, resp, nil
}

func (s *Service) originOf(site registry.Site) string {
	if s.origin == nil {
		return ""
	}
	return s.origin(site)
}

func (s *Service) home(site registry.Site) string {
	if o := s.originOf(site); o != "" {
		return o + "/"
	}
	return "http://" + site.Host + "/"
}

func (s *Service) put(ctx context.Context, body []byte) (blob.Ref, int64, error) {
	if len(body) == 0 {
		return "", 0, nil
	}
	ref, err := s.store.Put(ctx, bytes.NewReader(body))
	return ref, int64(len(body)), err
}

// keep writes a look, judges its day, and does what follows from it.
func (s *Service) keep(ctx context.Context, tx *db.Tx, id PlaceID, l Look) error {
	p, err := db.One(ctx, tx, scanPlace, placeSelect+` WHERE p.id = $1`, id)
	if err != nil {
		return err
	}
	n, err := db.One(ctx, tx, scanNotice, noticeSelect+` WHERE n.id = $1`, p.Notice)
	if err != nil || !n.Active() || l.How == "fetch" && p.URL != l.URL {
		return err // ended, or moved, while it was looked at
	}
	if a, ok := audit.ActorFrom(ctx); ok && a.Kind == "person" {
		l.Actor = a.Name
	}
	l.ID, l.Place = ulid.Make().String(), id
	if _, err := tx.Exec(ctx, `
		INSERT INTO notice_look (id, place_id, at, day, how, outcome, says, url, status, headers, ref, size, media, home_url, home_status, home_ref, home_size, pinned, took_ms, actor)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
		l.ID, l.Place, l.At, l.Day, l.How, l.Outcome, abridge.Cut(l.Says, 500), l.URL, l.Status, l.Headers, string(l.Ref), l.Size, l.Media, l.HomeURL, l.Home, string(l.HomeRef), l.HomeSz, l.Pinned, l.Took.Milliseconds(), l.Actor); err != nil {
		return fmt.Errorf("notice: keep look: %w", err)
	}
	day, fresh, err := s.judgeDay(ctx, tx, p, l)
	if err != nil {
		return err
	}
	if err := s.updatePlace(ctx, tx, n, &p, l, day); err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Entry{Act: "notice.look", Target: n.Target(), Basis: clockOf(n.Kind).Citation,
		After: map[string]any{"place": p.Place, "how": l.How, "outcome": l.Outcome, "day": day.Outcome, "sha256": l.Ref.Hash(), "home_sha256": l.HomeRef.Hash()}}); err != nil {
		return err
	}
	switch {
	case fresh && !p.FirstOn.IsZero() && l.Day.After(p.FirstOn):
		err = s.raise(ctx, tx, n, p, l)
	case l.Outcome == Seen:
		err = s.clear(ctx, tx, n, p, l)
	}
	if err != nil {
		return err
	}
	return s.settle(ctx, tx, n.ID)
}

// judgeDay counts a look into its calendar day. The day is proven absent by two
// fetches an hour or more apart with none between that saw it; fresh says that
// this look proved it.
func (s *Service) judgeDay(ctx context.Context, tx *db.Tx, p Place, l Look) (d Day, fresh bool, err error) {
	d, err = db.One(ctx, tx, func(r db.Scanner) (Day, error) {
		var d Day
		err := r.Scan(&d.On, &d.Outcome, &d.Looks, &d.AbsentAt)
		return d, err
	}, `SELECT day, outcome, looks, absent_at FROM notice_day WHERE place_id = $1 AND day = $2`, p.ID, l.Day)
	if db.None(err) {
		d = Day{On: l.Day, Outcome: Untested}
	} else if err != nil {
		return d, false, err
	}
	d.Looks++
	switch {
	case d.Outcome == Absent: // proven: what comes later does not undo it
	case l.Outcome == Seen:
		d.Outcome, d.AbsentAt = Seen, time.Time{}
	case l.Outcome == Absent && d.Outcome != Seen && d.AbsentAt.IsZero():
		d.AbsentAt = l.At
	case l.Outcome == Absent && d.Outcome != Seen && l.At.Sub(d.AbsentAt) >= apart:
		d.Outcome, fresh = Absent, true
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO notice_day (place_id, day, outcome, looks, absent_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (place_id, day) DO UPDATE SET outcome = excluded.outcome, looks = excluded.looks, absent_at = excluded.absent_at`, p.ID, d.On, d.Outcome, d.Looks, d.AbsentAt)
	return d, fresh, err
}

// updatePlace keeps the first day once it is proved and says when to look next.
func (s *Service) updatePlace(ctx context.Context, tx *db.Tx, n Notice, p *Place, l Look, d Day) error {
	if l.Outcome == Seen && p.FirstOn.IsZero() {
		first, basis, err := s.first(ctx, *p, l)
		if err != nil {
			return err
		}
		p.FirstOn, p.Basis = first, basis
	}
	if l.Outcome == Seen && l.How == "fetch" {
		p.SeenAt, p.Pinned = l.At, l.Pinned
	}
	if l.Outcome == Seen && l.How == "receipt" {
		p.ReceiptAt = l.At
		if p.SeenAt.IsZero() {
			p.Pinned = true // the person vouches for what the screenshot shows
		}
	}
	p.LookAt = nextLook(p.ID, l, d)
	_, err := tx.Exec(ctx, `UPDATE notice_place SET first_on = $2, basis = $3, pinned = $4, look_at = $5, seen_at = $6, receipt_at = $7 WHERE id = $1`,
		p.ID, p.FirstOn, p.Basis, p.Pinned, p.LookAt, p.SeenAt, p.ReceiptAt)
	return err
}

// nextLook: a day that is judged waits for the next one; one look that did not
// find it wants a second an hour later; what could not be tested is tried again.
func nextLook(id PlaceID, l Look, d Day) time.Time {
	switch {
	case l.How == "receipt", d.Outcome == Seen, d.Outcome == Absent, l.Outcome == Untested && d.Looks >= triesPerDay:
		// Spread over the working day, so that the places of a province do not
		// start together.
		h := fnv.New32a()
		h.Write([]byte(id))
		return d.On.AddDays(1).Start().Add(8*time.Hour + time.Duration(h.Sum32()%600)*time.Minute)
	case !d.AbsentAt.IsZero():
		if next := d.AbsentAt.Add(apart); next.After(l.At) {
			return next
		}
		return l.At.Add(apart)
	}
	return l.At.Add(again)
}

// first is the first day of publication and how it is known: our own release
// record, or the claimed day when a fetch within 24 hours confirmed it, else the
// day it was first seen (readings 3).
func (s *Service) first(ctx context.Context, p Place, l Look) (calendar.Date, string, error) {
	if l.How == "receipt" {
		return confirmed(p.ClaimedOn, l.At), ByReceipt, nil
	}
	if s.released != nil {
		on, ok, err := s.released(ctx, p.URL)
		if err != nil {
			return calendar.Date{}, "", err
		}
		if ok && !on.After(l.Day) {
			return on, ByRelease, nil
		}
	}
	return confirmed(p.ClaimedOn, l.At), ByFetch, nil
}

func confirmed(claimed calendar.Date, at time.Time) calendar.Date {
	if !claimed.IsZero() && !claimed.Before(calendar.DateOf(at.Add(-claim))) && !claimed.After(calendar.DateOf(at)) {
		return claimed
	}
	return calendar.DateOf(at)
}

// settle draws what follows from how a notice stands: its end moves with the
// days proven absent, its clock with it, and a full one is done.
func (s *Service) settle(ctx context.Context, tx *db.Tx, id ID) error {
	n, err := db.One(ctx, tx, scanNotice, noticeSelect+` WHERE n.id = $1`, id)
	if err != nil || !n.Active() {
		return err
	}
	list, err := s.standOf(ctx, tx, []Notice{n})
	if err != nil {
		return err
	}
	st := list[0]
	if !st.Seen {
		return nil
	}
	if n.Days == 0 {
		// It hangs where it must; the watch goes on until the object is back.
		_, err := s.obligations.Discharge(ctx, tx, clockOf(n.Kind).ID, n.subject(), "已发布并查看到公告："+where(st))
		return err
	}
	if st.HangUntil != n.HangUntil || st.HangUntil != n.DueOn {
		if _, err := tx.Exec(ctx, `UPDATE notice SET hang_until = $2, due_on = $2 WHERE id = $1`, id, st.HangUntil); err != nil {
			return err
		}
		why := "首次发布" + st.First.Chinese()
		if gone := st.AbsentDays(); len(gone) > 0 {
			why += fmt.Sprintf("，缺失%d日顺延", len(gone))
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "notice.period", Target: n.Target(), Basis: clockOf(n.Kind).Citation, Before: n.HangUntil, After: map[string]any{"hang_until": st.HangUntil, "why": why}}); err != nil {
			return err
		}
		if _, err := s.obligations.Postpone(ctx, tx, clockOf(n.Kind).ID, n.subject(), calendar.Due{On: st.HangUntil}, why); err != nil {
			return err
		}
	}
	if !st.Full || n.State != Hanging {
		return nil
	}
	return s.finish(ctx, tx, n, "complete", "悬挂期满："+where(st))
}

func where(st Stand) string {
	var out []string
	for _, a := range st.Places {
		if !a.Confirmed() {
			continue
		}
		one := a.Name() + " " + a.URL + " 自" + a.FirstOn.String()
		if !a.HangUntil.IsZero() {
			one += "至" + a.HangUntil.String()
		}
		if len(a.Absent) > 0 {
			one += fmt.Sprintf("（缺失%d日已顺延）", len(a.Absent))
		}
		out = append(out, one)
	}
	return strings.Join(out, "；")
}

// sighting is the finding of a day proven absent.
func sighting(n Notice, p Place, l Look) engine.Sighting {
	address := p.URL
	e := engine.Evidence{Ref: l.Ref, URL: l.URL, Status: l.Status, Headers: l.Headers, SHA256: l.Ref.Hash(), Size: l.Size, At: l.At}
	if l.HomeURL != "" {
		address = l.HomeURL
		if l.Status < 300 && l.HomeRef != "" {
			// The page is there; the home page proves what is wrong.
			e = engine.Evidence{Ref: l.HomeRef, URL: l.HomeURL, Status: l.Home, Headers: l.Headers, SHA256: l.HomeRef.Hash(), Size: l.HomeSz, At: l.At}
		}
	}
	_, severity, fix, _ := engine.Grounds(CheckAbsent)
	return engine.Sighting{Check: CheckAbsent, Severity: severity, Article: n.Clause, URL: address, Where: p.Name() + " " + string(p.ID), OnHome: true, Pages: 1,
		Says: "“" + n.Title + "”" + l.Day.Chinese() + "未在" + p.Name() + "悬挂：" + l.Says, Fix: fix, Evidence: e}
}

// raise tells of a day proven absent: a finding on the site, and a message to
// the publisher.
func (s *Service) raise(ctx context.Context, tx *db.Tx, n Notice, p Place, l Look) error {
	if p.Site != "" && s.inspection != nil {
		if _, err := s.inspection.Raise(ctx, tx, authz.System("notice.absent"), p.Site, sighting(n, p, l)); err != nil {
			return err
		}
	}
	if _, err := notify.Send(ctx, tx, notify.Message{Key: "notice:" + string(p.ID) + ":absent:" + l.Day.String(), Unit: string(n.PublisherID), Urgent: true, Link: n.Link(),
		Title: "公告缺失：" + n.Name() + "（" + p.Name() + "）", Body: l.Says + "当日不计入悬挂期，期限顺延一天。请尽快恢复。依据：" + clockOf(n.Kind).Citation + "。"}); err != nil || p.Site != "" {
		return err
	}
	// An account has no findings: its supervisor is told, and the board of
	// notices keeps the day.
	office, ok, err := s.supervisor(ctx, tx, n.PublisherID)
	if err != nil || !ok {
		return err
	}
	_, err = notify.Send(ctx, tx, notify.Message{Key: "notice:" + string(p.ID) + ":absent:" + l.Day.String() + ":supervisor", Unit: string(office), Link: n.Link(),
		Title: n.PublisherName + "的公告缺失：" + n.Name() + "（" + p.Name() + "）", Body: l.Day.Chinese() + "：" + l.Says + "当日不计入悬挂期，期限顺延一天。请督促恢复。依据：" + clockOf(n.Kind).Citation + "。"})
	return err
}

// supervisor is the office over a publisher: that of its level, or the one above
// when the publisher is that office itself. ok is false at the province.
func (s *Service) supervisor(ctx context.Context, q db.Querier, id org.UnitID) (org.UnitID, bool, error) {
	u, err := s.org.UnitTx(ctx, q, authz.System("notice.supervisor"), id)
	if err != nil {
		return "", false, err
	}
	office, err := s.org.SameLevelOffice(ctx, q, u)
	if err == nil && office.ID != u.ID {
		return office.ID, true, nil
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return "", false, err
	}
	office, ok, err := s.org.SuperiorOffice(ctx, q, u)
	return office.ID, ok, err
}

func (s *Service) clear(ctx context.Context, tx *db.Tx, n Notice, p Place, l Look) error {
	if p.Site == "" || s.inspection == nil {
		return nil
	}
	sg := sighting(n, p, l)
	sg.Says = "公告已恢复悬挂：" + l.Says
	_, err := s.inspection.Clear(ctx, tx, authz.System("notice.seen"), p.Site, sg)
	return err
}

// retest looks at the place of a finding again.
func (s *Service) retest(ctx context.Context, _ registry.Site, f inspection.Finding) (engine.Look, error) {
	id := f.Where[strings.LastIndex(f.Where, " ")+1:]
	p, err := db.One(ctx, s.db, scanPlace, placeSelect+` WHERE p.id = $1`, id)
	if db.None(err) {
		return engine.Look{Outcome: engine.Unknown, Says: "公告登记已不存在，未能复测。", Evidence: engine.Evidence{URL: f.URL, At: s.db.Now()}}, nil
	}
	if err != nil {
		return engine.Look{}, err
	}
	n, err := db.One(ctx, s.db, scanNotice, noticeSelect+` WHERE n.id = $1`, p.Notice)
	if err != nil {
		return engine.Look{}, err
	}
	if !n.Active() {
		return engine.Look{Outcome: engine.Gone, Says: "公告现在的状态是“" + n.StateName() + "”，不再要求悬挂。", Evidence: engine.Evidence{URL: f.URL, At: s.db.Now()}}, nil
	}
	l, err := s.look(ctx, n, p)
	if err != nil {
		return engine.Look{}, err
	}
	out := engine.Look{Says: l.Says, Took: l.Took, Evidence: sighting(n, p, l).Evidence}
	switch l.Outcome {
	case Seen:
		out.Outcome = engine.Gone
	case Absent:
		out.Outcome = engine.Standing
	default:
		out.Outcome = engine.Unknown
	}
	return out, nil
}

// Receipt keeps a screenshot of the notice where no fetch can see it: an account
// whose page asks for its platform's own app (人工留证). A named person of the
// publisher vouches for the day; the next is due in seven.
func (s *Service) Receipt(ctx context.Context, scope authz.Scope, id ID, place sx2021.Place, note string, upload *approval.Upload) (Notice, error) {
	note = strings.TrimSpace(note)
	n, err := s.Notice(ctx, s.db, scope, id)
	if err != nil {
		return n, err
	}
	if !MayPost(authz.SessionFrom(ctx), n) {
		return n, fault.New(fault.Forbidden, "公告由“"+n.PublisherName+"”发布并留证，您的岗位不在该单位。")
	}
	if upload == nil {
		return n, fault.New(fault.Invalid, "没有选择截图。").On("file", "请上传公告截图（PNG、JPG 或 PDF）")
	}
	if len([]rune(note)) > 200 {
		return n, fault.New(fault.Invalid, "说明过长。").On("note", "说明最多 200 个字")
	}
	upload.Kind = "notice_receipt"
	file, err := approval.Take(ctx, s.store, *upload)
	if err != nil {
		return n, err
	}
	if strings.Contains(file.MediaType, "officedocument") {
		return n, fault.New(fault.Invalid, "截图要能直接看到画面，不能是文档。").On("file", "请上传 PNG、JPG 或 PDF")
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if n, err = s.publishable(ctx, tx, scope, id); err != nil {
			return err
		}
		list, err := places(ctx, tx, id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(p Place) bool { return p.Place == place })
		switch {
		case i < 0 || list[i].URL == "":
			return fault.New(fault.Invalid, "这个位置还没有登记公告网址，请先登记。").On("shot_place", "请选择已登记网址的位置")
		case list[i].OnSite():
			return fault.New(fault.Refused, "网站上的公告由系统每天查看，不用人工留证；请点“现在查看”。").On("shot_place", "请选择政务新媒体账号")
		}
		file.OwnerKind, file.OwnerID = "notice", string(id)
		if _, err := approval.Attach(ctx, tx, file); err != nil {
			return err
		}
		says := "人工留证：截图" + file.Name
		if note != "" {
			says += "，" + note
		}
		return s.keep(ctx, tx, list[i].ID, Look{At: tx.Now(), Day: calendar.DateOf(tx.Now()), How: "receipt", Outcome: Seen, Says: says, URL: list[i].URL, Ref: file.Blob, Size: file.Size, Media: file.MediaType, Pinned: true})
	})
	return n, err
}

// Looks at the places of a notice in scope, the latest first; of one day, or of
// all when it is zero.
func (s *Service) Looks(ctx context.Context, q db.Querier, scope authz.Scope, id ID, day calendar.Date, limit int) ([]Look, error) {
	if _, err := s.Notice(ctx, q, scope, id); err != nil {
		return nil, err
	}
	var w db.Where
	w.And("p.notice_id = ?", id).AndIf(!day.IsZero(), "l.day = ?", day)
	return db.All(ctx, q, scanLook, lookSelect+` WHERE `+w.SQL()+` ORDER BY l.at DESC, l.id DESC LIMIT `+w.Arg(limit), w.Args()...)
}

const lookSelect = `
	SELECT l.id, l.place_id, l.at, l.day, l.how, l.outcome, l.says, l.url, l.status, l.headers, l.ref, l.size, l.media, l.home_url, l.home_status, l.home_ref, l.home_size, l.pinned, l.took_ms, l.actor
	  FROM notice_look l JOIN notice_place p ON p.id = l.place_id`

func scanLook(r db.Scanner) (Look, error) {
	var l Look
	var ms int64
	err := r.Scan(&l.ID, &l.Place, &l.At, &l.Day, &l.How, &l.Outcome, &l.Says, &l.URL, &l.Status, &l.Headers, &l.Ref, &l.Size, &l.Media, &l.HomeURL, &l.Home, &l.HomeRef, &l.HomeSz, &l.Pinned, &ms, &l.Actor)
	l.Took = time.Duration(ms) * time.Millisecond
	return l, err
}

// OpenEvidence reads the bytes kept with a look of a notice in scope; home says
// which of the two pages.
func (s *Service) OpenEvidence(ctx context.Context, scope authz.Scope, id ID, look string, home bool) (Look, io.ReadCloser, error) {
	if _, err := s.Notice(ctx, s.db, scope, id); err != nil {
		return Look{}, nil, err
	}
	l, err := db.One(ctx, s.db, scanLook, lookSelect+` WHERE l.id = $1 AND p.notice_id = $2`, look, id)
	ref := l.Ref
	if home {
		ref = l.HomeRef
	}
	if db.None(err) || err == nil && ref == "" {
		return Look{}, nil, fault.Missing("证据")
	}
	if err != nil {
		return Look{}, nil, err
	}
	r, err := s.store.Open(ctx, ref)
	return l, r, err
}

// History is every step of a notice in scope, oldest first.
func (s *Service) History(ctx context.Context, q db.Querier, scope authz.Scope, id ID) ([]passage.Step, error) {
	if _, err := s.Notice(ctx, q, scope, id); err != nil {
		return nil, err
	}
	return Machine.History(ctx, q, string(id))
}
