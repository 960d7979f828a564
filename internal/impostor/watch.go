package impostor

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/check/lookalike"
	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// Outcomes of a look.
const (
	There   = "there"
	NotSeen = "gone"
	Unknown = "unknown"
)

// Look is one look at a fake.
type Look struct {
	ID        string
	At        time.Time
	Outcome   string
	Says      string
	Actor     string // empty: the watch
	Title     string
	Status    int
	Addresses string
	SHA256    string
	// Likeness to the genuine site; nil where it was not compared.
	Likeness *Likeness
}

// OutcomeName is the outcome in Chinese.
func (l Look) OutcomeName() string {
	return map[string]string{There: "仍可访问", NotSeen: "无法访问", Unknown: "未能判断"}[l.Outcome]
}

func looks(ctx context.Context, q db.Querier, id string, limit int) ([]Look, error) {
	return db.All(ctx, q, func(r db.Scanner) (Look, error) {
		var l Look
		var likeness string
		err := r.Scan(&l.ID, &l.At, &l.Outcome, &l.Says, &l.Actor, &l.Title, &l.Status, &l.Addresses, &l.SHA256, &likeness)
		if err == nil && likeness != "" {
			err = json.Unmarshal([]byte(likeness), &l.Likeness)
		}
		return l, err
	}, `SELECT id, at, outcome, says, actor, title, status, addresses, sha256, likeness FROM impostor_look WHERE impostor_id = $1 ORDER BY at DESC, id DESC LIMIT $2`, id, limit)
}

// unseen reports whether the last look that could tell found nothing.
func unseen(newestFirst []Look) bool {
	for _, l := range newestFirst {
		if l.Outcome != Unknown {
			return l.Outcome == NotSeen
		}
	}
	return false
}

const (
	// watchEvery is between two looks of the watch at one case, and apart how
	// far two looks must lie for both to say that it is gone.
	watchEvery = 12 * time.Hour
	apart      = 6 * time.Hour
	// watchClosed is how long a closed case is still looked at, weekly.
	watchClosed = 180 * 24 * time.Hour
	// looksShown is how many of the last looks a page shows.
	looksShown = 20
	// atOnce bounds how many names are asked at the same time.
	atOnce = 8
	// hostsARound is how many protected hosts' names one round of the DNS asks.
	hostsARound = 3
	// askEvery is between two askings of the names of one host.
	askEvery = 7 * 24 * time.Hour
	// askAgain is how soon that is where the DNS gave no word on most of the names.
	askAgain = time.Hour
)

// seen is what a look found, before it is kept.
type seen struct {
	Look
	body []byte
	page *check.Page // nil: none that could be read
}

// look asks the DNS for the name, where there is one, and opens the page once, as the patrol opens
// a page: in its host's turn and where robots.txt lets us. What that keeps from us
// is for a person to see (Saw).
func (s *Service) look(ctx context.Context, c Case) seen {
	out := seen{Look: Look{Outcome: Unknown}}
	if c.Kind == "account" {
		out.Says = "账号要由人在平台上查看。"
		return out
	}
	host, port := c.Address, uint16(0)
	ip, at, bare := c.ip()
	if bare {
		host, port = ip.String(), at
	}
	addrs, err := s.Client.AddressesAt(ctx, host, port)
	var e *egress.Error
	switch {
	case err == nil:
	case errors.As(err, &e) && e.Kind == egress.DNS && ctx.Err() == nil && noSuchName(err):
		out.Outcome, out.Says = NotSeen, "域名已不能解析。"
		return out
	default:
		out.Says = "未能查看："
		if e != nil {
			out.Says += e.Says
		} else {
			out.Says += "网络中断。"
		}
		return out
	}
	out.Addresses = joined(addrs)
	stands, cut := "域名解析到 "+out.Addresses+"，", "域名仍解析到 "+out.Addresses+"，但网站已不能连接。"
	if bare {
		stands, cut = "没有域名，以 IP 地址 "+host+" 访问，", "IP 地址 "+host+" 已不能连接。"
	}
	for _, scheme := range []string{"https://", "http://"} {
		resp, ok, why, err := s.Manners.Fetch(ctx, scheme+c.page(), egress.Options{RecordTLSFault: true, MaxBody: 512 << 10})
		if ctx.Err() != nil {
			out.Says = "未能查看：网络中断。"
			return out
		}
		if resp == nil { // not asked
			if !ok {
				out.Says = "未能查看：" + why.Says() + "请由人打开查看后登记情况并附截图。"
				return out
			}
			continue
		}
		if out.Status = resp.Status; resp.Status > 0 {
			out.body = resp.Body
			out.Outcome, out.Says = There, stands+"网站可以打开。"
			if resp.Status >= 400 {
				out.Says = stands + "网站返回状态码，页面没有打开。"
			}
			if page, err := check.ParsePage(resp.Body, resp.Header.Get("Content-Type"), resp.Final); err == nil {
				out.Title = abridge.Text(strings.TrimSpace(page.Title), 200)
				if resp.Status < 400 {
					out.page = page
				}
			}
			return out
		}
		if errors.As(err, &e) && !e.Blames() {
			out.Says = "未能查看：" + e.Says
			return out
		}
	}
	// The name stands, if there is one, but nothing answers: access has been cut.
	out.Outcome, out.Says = NotSeen, cut
	return out
}

// lookAt is look, with the page set beside the genuine one.
func (s *Service) lookAt(ctx context.Context, c Case) (seen, error) {
	l := s.look(ctx, c)
	if ctx.Err() != nil || l.page == nil {
		return l, ctx.Err()
	}
	var err error
	l.Likeness, err = s.liken(ctx, c, l.page)
	return l, err
}

// noSuchName reports whether the DNS said that there is no such name: that it
// said nothing, or could not be asked, says nothing of the name.
func noSuchName(err error) bool {
	var lookup *net.DNSError
	return errors.As(err, &lookup) && lookup.IsNotFound
}

func joined(addrs []netip.Addr) string {
	list := make([]string, len(addrs))
	for i, a := range addrs {
		list[i] = a.String()
	}
	return strings.Join(list, "、")
}

// evidence is what a look leaves: the bytes of the page, and its likeness; score -1 where
// nothing was compared.
type evidence struct {
	ref, sum, alike string
	score           int
}

// kept keeps the bytes of a look.
func (s *Service) kept(ctx context.Context, l seen) (k evidence, err error) {
	if len(l.body) > 0 {
		r, err := s.Store.Put(ctx, bytes.NewReader(l.body))
		if err != nil {
			return k, err
		}
		h := sha256.Sum256(l.body)
		k.ref, k.sum = string(r), hex.EncodeToString(h[:])
	}
	k.score = -1
	if l.Likeness != nil {
		b, err := json.Marshal(l.Likeness)
		if err != nil {
			return k, err
		}
		if k.alike = string(b); l.Likeness.Why == "" {
			k.score = l.Likeness.Score
		}
	}
	return k, nil
}

// keep writes a look and moves the case with it.
func (s *Service) keep(ctx context.Context, tx *db.Tx, c Case, l seen) error {
	k, err := s.kept(ctx, l)
	if err != nil {
		return err
	}
	ref, sum, alike, score := k.ref, k.sum, k.alike, k.score
	if _, err := tx.Exec(ctx, `INSERT INTO impostor_look (id, impostor_id, at, outcome, says, actor, title, status, addresses, ref, sha256, likeness) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		ulid.Make().String(), c.ID, tx.Now(), l.Outcome, l.Says, l.Actor, l.Title, l.Status, l.Addresses, ref, sum, alike); err != nil {
		return err
	}
	if score >= 0 {
		if _, err := tx.Exec(ctx, `UPDATE impostor SET alike = $2 WHERE id = $1`, c.ID, score); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `UPDATE impostor SET looked_at = $2 WHERE id = $1`, c.ID, tx.Now()); err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Entry{Act: "impostor.look", Target: c.Target(), Basis: citation, After: map[string]any{"outcome": l.Outcome, "says": l.Says, "sha256": sum, "alike": score}}); err != nil {
		return err
	}
	switch {
	case l.Outcome == NotSeen && (c.State == Referred || c.State == Disposing):
		// One look proves little: another before it, at a distance, said the same.
		before, err := looks(ctx, tx, c.ID, 40)
		if err != nil {
			return err
		}
		for _, b := range before[1:] {
			if b.Outcome == There {
				return nil
			}
			if b.Outcome == NotSeen && tx.Now().Sub(b.At) >= apart {
				if c, err = s.move(ctx, tx, c, "vanish", l.Says); err != nil {
					return err
				}
				_, err = s.Obligations.Annul(ctx, tx, ReferDue.ID, c.subject(), "已无法访问")
				return err
			}
		}
	case l.Outcome == There && (c.State == Gone || c.State == Closed):
		if c.State == Closed {
			// Who saw it back may have reported it anew: that case stands for it.
			_, err := db.One(ctx, tx, db.Value[string], `SELECT id FROM impostor WHERE address = $1 AND state NOT IN ('closed', 'dismissed')`, c.Address)
			if !db.None(err) {
				return err
			}
		}
		c, err := s.move(ctx, tx, c, "return", l.Says)
		if err != nil {
			return err
		}
		list, err := steps(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		next := "处置后又恢复访问，已商请的部门继续处置。"
		if answered(current(list)) {
			next = "处置后又恢复访问，请再次商请网信部门处理。"
			if err := s.openReferral(ctx, tx, c); err != nil {
				return err
			}
		}
		_, err = notify.Send(ctx, tx, notify.Message{Key: "impostor:" + c.ID + ":back:" + tx.Now().Format(time.DateOnly), Unit: string(c.Office), Link: c.Link(), Urgent: true,
			Title: "又能访问：" + c.Shown, Body: next})
		return err
	}
	return nil
}

// Watch looks at the verified cases whose turn it is: what no person has
// verified is never contacted. It returns how many.
func (s *Service) Watch(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "impostor.watch")
	now := s.DB.Now()
	list, err := db.All(ctx, s.DB, scanCase, caseSelect+` WHERE i.kind = 'site' AND i.state IN ('verified', 'referred', 'disposing', 'gone', 'closed') AND (i.looked_at IS NULL OR i.looked_at <= $1)
		AND (i.state <> 'closed' OR i.closed_at >= $2 AND i.looked_at <= $3) ORDER BY i.looked_at, i.id LIMIT 200`, now.Add(-watchEvery), now.Add(-watchClosed), now.Add(-7*24*time.Hour))
	if err != nil {
		return 0, err
	}
	n := 0
	for _, c := range list {
		l, err := s.lookAt(ctx, c)
		if err != nil {
			return n, err
		}
		if err := s.DB.Update(ctx, func(tx *db.Tx) error {
			c, err := s.caseTx(ctx, tx, authz.System("impostor.watch"), c.ID)
			if err != nil || !c.Watched() {
				return err
			}
			return s.keep(ctx, tx, c, l)
		}); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// LookNow is a person asking for one look at a case, at whatever state.
func (s *Service) LookNow(ctx context.Context, scope authz.Scope, session *authz.Session, id string) (Look, error) {
	c, err := s.caseTx(ctx, s.DB, scope, id)
	if err != nil {
		return Look{}, err
	}
	if c.Kind == "account" {
		return Look{}, fault.New(fault.Refused, "账号不能由平台查看，请在平台上查看后登记情况并附截图。")
	}
	l, err := s.lookAt(crawl.Urgent(ctx), c)
	if err != nil {
		return Look{}, err
	}
	l.Actor = session.Name
	return l.Look, s.DB.Update(ctx, func(tx *db.Tx) error {
		c, err := s.caseTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		return s.keep(ctx, tx, c, l)
	})
}

// Saw keeps what a person saw with own eyes, with a screenshot: the only way
// for accounts.
func (s *Service) Saw(ctx context.Context, scope authz.Scope, session *authz.Session, id, outcome, says string, shot *approval.Upload) error {
	says, err := reasonOf("says", "看到的情况", says)
	if err != nil {
		return err
	}
	if outcome != There && outcome != NotSeen {
		return fault.New(fault.Invalid, "没有选择现在能不能访问。").On("outcome", "请选择")
	}
	if shot == nil {
		return fault.New(fault.Invalid, "没有附截图。").On("shot", "请附上查看时的截图")
	}
	taken, err := approval.TakeOne(ctx, s.Store, shot, "impostor_shot", "shot")
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		c, err := s.caseTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if _, err := approval.AttachTo(ctx, tx, "impostor", c.ID, taken); err != nil {
			return err
		}
		return s.keep(ctx, tx, c, seen{Look: Look{Outcome: outcome, Says: abridge.Text(says, 500), Actor: session.Name}})
	})
}

// Candidate is a name made from a protected host that somebody has registered.
type Candidate struct {
	Host      string
	Shown     string
	Imitates  string
	Technique string
	Site      registry.SiteID
	UnitName  string // joined
	Addresses string
	State     string
	Why       string
	FirstSeen time.Time
	LastSeen  time.Time
	// Seen is the monitor's one look at its front page; no instant: not yet. It decides
	// nothing, and no case is opened by it.
	Seen Look
	area string
	line string
}

// TechniqueName is how the name imitates, in Chinese.
func (c Candidate) TechniqueName() string { return lookalike.TechniqueName(c.Technique) }

const candidateSelect = `SELECT c.host, c.shown, c.imitates, c.technique, COALESCE(c.site_id, ''), u.name, c.addresses, c.state, c.why, c.first_seen, c.last_seen, c.looked_at, c.outcome, c.says, c.title, c.status, c.sha256, c.likeness, u.area_path, u.line_path
	FROM impostor_candidate c JOIN unit u ON u.id = c.unit_id`

func scanCandidate(r db.Scanner) (Candidate, error) {
	var c Candidate
	var alike string
	err := r.Scan(&c.Host, &c.Shown, &c.Imitates, &c.Technique, &c.Site, &c.UnitName, &c.Addresses, &c.State, &c.Why, &c.FirstSeen, &c.LastSeen,
		&c.Seen.At, &c.Seen.Outcome, &c.Seen.Says, &c.Seen.Title, &c.Seen.Status, &c.Seen.SHA256, &alike, &c.area, &c.line)
	if err == nil && alike != "" {
		err = json.Unmarshal([]byte(alike), &c.Seen.Likeness)
	}
	return c, err
}

// Candidates in scope, the page most like the genuine one first, then those seen last.
func (s *Service) Candidates(ctx context.Context, scope authz.Scope, state, text string, limit, offset int) ([]Candidate, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	like := db.Contains(text)
	w.AndIf(state != "", "c.state = ?", state).AndIf(text != "", `lower(c.shown) LIKE ? ESCAPE '\' OR c.host LIKE ? ESCAPE '\' OR c.imitates LIKE ? ESCAPE '\'`, like, like, like)
	total, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM impostor_candidate c JOIN unit u ON u.id = c.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.DB, scanCandidate, candidateSelect+` WHERE `+w.SQL()+` ORDER BY c.alike DESC, c.last_seen DESC, c.host LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	return list, total, err
}

// Rounds is how far the asking has come.
type Rounds struct {
	Hosts, Asked, Names, Untold int
	Last                        time.Time
	NoWay                       bool // this house has no way to the Internet: none is asked for
}

// Rounds says how many protected hosts there are and how many were asked for in
// the last week: a host most of whose names the DNS gave no word on was not. It
// tells of no unit.
func (s *Service) Rounds(ctx context.Context) (Rounds, error) {
	hosts, err := s.Registry.ProtectedHosts(ctx, s.DB)
	if err != nil {
		return Rounds{}, err
	}
	r, err := db.One(ctx, s.DB, func(sc db.Scanner) (Rounds, error) {
		var r Rounds
		err := sc.Scan(&r.Asked, &r.Names, &r.Untold)
		return r, err
	}, `SELECT count(CASE WHEN 2 * untold <= names THEN 1 END), COALESCE(sum(names), 0), COALESCE(sum(untold), 0) FROM impostor_round WHERE asked_at > $1`, s.DB.Now().Add(-askEvery))
	if err != nil {
		return r, err
	}
	r.Hosts, r.NoWay = len(hosts), s.Client.HasNoWay()
	last, err := db.One(ctx, s.DB, db.Value[time.Time], `SELECT asked_at FROM impostor_round ORDER BY asked_at DESC LIMIT 1`)
	if err != nil && !db.None(err) {
		return r, err
	}
	r.Last = last
	return r, nil
}

// AskCandidates asks the DNS for the names made from the protected hosts whose
// turn it is, and keeps those that resolve. No name is contacted. A host most of
// whose names had no answer comes again soon. It returns how many hosts were
// asked for.
func (s *Service) AskCandidates(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "impostor.candidates")
	if s.Client.HasNoWay() {
		return 0, nil // none would be told, and none is asked for by anybody else
	}
	hosts, err := s.Registry.ProtectedHosts(ctx, s.DB)
	if err != nil {
		return 0, err
	}
	type row struct {
		host string
		at   time.Time
	}
	rows, err := db.All(ctx, s.DB, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.host, &x.at)
		return x, err
	}, `SELECT host, asked_at FROM impostor_round WHERE asked_at > $1 AND (2 * untold <= names OR asked_at > $2)`, s.DB.Now().Add(-askEvery), s.DB.Now().Add(-askAgain))
	if err != nil {
		return 0, err
	}
	fresh := map[string]bool{}
	for _, r := range rows {
		fresh[r.host] = true
	}
	n := 0
	for _, host := range hosts {
		if fresh[host] || n == hostsARound {
			continue
		}
		if err := s.askHost(ctx, host); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func (s *Service) askHost(ctx context.Context, host string) error {
	system := authz.System("impostor.candidates")
	site, err := s.Registry.SiteByHost(ctx, s.DB, system, host)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	names := lookalike.Candidates(host, site.Name)
	type answer struct {
		lookalike.Candidate
		addrs []netip.Addr
		told  bool
	}
	work, answers := make(chan lookalike.Candidate), make(chan answer)
	var wg sync.WaitGroup
	for range atOnce {
		wg.Go(func() {
			for c := range work {
				addrs, err := s.Client.Addresses(ctx, c.Host)
				var e *egress.Error
				// A name that leads to an address we may not visit is registered all the same.
				refused := errors.As(err, &e) && e.Kind == egress.RefusedAddress
				if refused {
					addrs = []netip.Addr{{}}
				}
				told := err == nil || refused || noSuchName(err)
				answers <- answer{c, addrs, told}
			}
		})
	}
	go func() {
		for _, c := range names {
			work <- c
		}
		close(work)
		wg.Wait()
		close(answers)
	}()
	var standing []answer
	untold := 0
	for a := range answers {
		if len(a.addrs) > 0 {
			standing = append(standing, a)
		}
		if !a.told {
			untold++
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		unit := site.Unit
		if unit == "" {
			d, err := db.One(ctx, tx, db.Value[string], `SELECT unit_id FROM domain WHERE host = $1 AND state <> 'cancelled' LIMIT 1`, host)
			if db.None(err) {
				return nil // gone from the ledger meanwhile
			}
			if err != nil {
				return err
			}
			unit = org.UnitID(d)
		}
		fresh := []string{}
		for _, a := range standing {
			known, err := s.Registry.KnowsHost(ctx, tx, a.Host)
			if err != nil {
				return err
			}
			if known {
				continue
			}
			at := "内部或保留地址"
			if a.addrs[0].IsValid() {
				at = joined(a.addrs)
			}
			added, err := tx.Quiet(ctx, `INSERT INTO impostor_candidate (host, shown, imitates, technique, site_id, unit_id, addresses, state, first_seen, last_seen) VALUES ($1, $2, $3, $4, $5, $6, $7, 'new', $8, $8) ON CONFLICT (host) DO NOTHING`,
				a.Host, registry.ShownHost(a.Host), host, a.Technique, db.Null(site.ID), unit, at, tx.Now())
			if err != nil {
				return err
			}
			if added > 0 {
				fresh = append(fresh, a.Host)
				continue
			}
			if _, err := tx.Quiet(ctx, `UPDATE impostor_candidate SET addresses = $2, last_seen = $3 WHERE host = $1`, a.Host, at, tx.Now()); err != nil {
				return err
			}
		}
		if _, err := tx.Quiet(ctx, `INSERT INTO impostor_round (host, asked_at, names, resolving, untold) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (host) DO UPDATE SET asked_at = excluded.asked_at, names = excluded.names, resolving = excluded.resolving, untold = excluded.untold`, host, tx.Now(), len(names), len(standing), untold); err != nil {
			return err
		}
		if len(fresh) == 0 {
			return nil
		}
		u, err := s.Org.UnitTx(ctx, tx, system, unit)
		if err != nil {
			return err
		}
		office, _, err := s.Org.SupervisorsOf(ctx, tx, u, u.Governs())
		if err != nil {
			return err
		}
		if office.ID == "" {
			office = u
		}
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "impostor:candidates:" + host + ":" + tx.Now().Format(time.DateOnly), Unit: string(office.ID), Link: "/console/lookalikes?q=" + host,
			Title: "发现与 " + registry.ShownHost(host) + " 相近的域名", Body: "有人注册了 " + registry.ShownHost(fresh[0]) + " 等相近域名，请查看是不是假冒。"}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "impostor.candidates", Target: audit.Target{Kind: "domain", ID: host, Name: registry.ShownHost(host), Unit: string(unit)}, Basis: sx2021.Instrument + " 第二十三条（二）", After: fresh})
	})
}

const (
	// looksARound bounds the candidates looked at in one round, looksADay in a day.
	looksARound = 5
	looksADay   = 100
)

// LookAtCandidates opens the front page of names like a protected one that resolve, each
// once, as the watch opens a page: what stands there is kept beside the name with its
// likeness, for the person who decides what it is. It returns how many were looked at.
func (s *Service) LookAtCandidates(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "impostor.candidates")
	if s.Client.HasNoWay() {
		return 0, nil
	}
	today, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM impostor_candidate WHERE looked_at > $1`, s.DB.Now().Add(-24*time.Hour))
	if err != nil {
		return 0, err
	}
	list, err := db.All(ctx, s.DB, scanCandidate, candidateSelect+` WHERE c.state = 'new' AND c.looked_at IS NULL ORDER BY c.first_seen, c.host LIMIT $1`, max(0, min(looksARound, looksADay-today)))
	if err != nil {
		return 0, err
	}
	for i, c := range list {
		n := Case{Kind: "site", Address: c.Host}
		if c.Site != "" {
			n.Of = registry.Ref{Kind: sx2021.Site, ID: string(c.Site)}
		}
		l, err := s.lookAt(ctx, n)
		if err != nil {
			return i, err
		}
		if err := ctx.Err(); err != nil {
			return i, err
		}
		if err := s.DB.Update(ctx, func(tx *db.Tx) error { return s.keepCandidate(ctx, tx, c, l) }); err != nil {
			return i, err
		}
	}
	return len(list), nil
}

func (s *Service) keepCandidate(ctx context.Context, tx *db.Tx, c Candidate, l seen) error {
	k, err := s.kept(ctx, l)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE impostor_candidate SET looked_at = $2, outcome = $3, says = $4, title = $5, status = $6, ref = $7, sha256 = $8, likeness = $9, alike = $10 WHERE host = $1`,
		c.Host, tx.Now(), l.Outcome, l.Says, l.Title, l.Status, k.ref, k.sum, k.alike, k.score); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "impostor.candidate_look", Target: audit.Target{Kind: "impostor_candidate", ID: c.Host, Name: c.Shown}, Basis: citation, After: map[string]any{"outcome": l.Outcome, "says": l.Says, "sha256": k.sum, "alike": k.score}})
}

// Suspect opens a case on a candidate: a person finds it worth verifying.
func (s *Service) Suspect(ctx context.Context, scope authz.Scope, host string) (Case, error) {
	c, err := s.candidate(ctx, s.DB, scope, host)
	if err != nil {
		return Case{}, err
	}
	n := Clue{Kind: "site", Address: c.Host, Source: "monitor", Technique: c.Technique, Says: "与 " + registry.ShownHost(c.Imitates) + " 相近（" + c.TechniqueName() + "），域名解析到 " + c.Addresses + "。"}
	if c.Site != "" {
		n.Of = registry.Ref{Kind: sx2021.Site, ID: string(c.Site)}
	}
	out, err := s.enter(ctx, n, nil)
	if err != nil {
		return out, err
	}
	return out, s.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE impostor_candidate SET state = 'cased' WHERE host = $1`, host); err != nil {
			return err
		}
		// What the monitor saw of the name is the first look at the case.
		if _, err := tx.Exec(ctx, `INSERT INTO impostor_look (id, impostor_id, at, outcome, says, actor, title, status, addresses, ref, sha256, likeness)
			SELECT $1, $2, looked_at, outcome, says, '', title, status, addresses, ref, sha256, likeness FROM impostor_candidate WHERE host = $3 AND looked_at IS NOT NULL`, ulid.Make().String(), out.ID, host); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE impostor SET alike = (SELECT alike FROM impostor_candidate WHERE host = $2) WHERE id = $1 AND EXISTS (SELECT 1 FROM impostor_candidate WHERE host = $2 AND alike >= 0)`, out.ID, host); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "impostor.suspect", Target: out.Target(), Basis: citation, After: host})
	})
}

// SetAside keeps that a candidate is somebody's honest name.
func (s *Service) SetAside(ctx context.Context, scope authz.Scope, host, why string) error {
	why, err := reasonOf("why", "理由", why)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		c, err := s.candidate(ctx, tx, scope, host)
		if err != nil {
			return err
		}
		if c.State != "new" {
			return fault.New(fault.Conflict, "这个域名已经处理过，请刷新后查看。")
		}
		if _, err := tx.Exec(ctx, `UPDATE impostor_candidate SET state = 'set_aside', why = $2 WHERE host = $1`, host, why); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "impostor.set_aside", Target: audit.Target{Kind: "impostor_candidate", ID: host, Name: c.Shown}, Basis: citation, After: why})
	})
}

func (s *Service) candidate(ctx context.Context, q db.Querier, scope authz.Scope, host string) (Candidate, error) {
	c, err := db.One(ctx, q, scanCandidate, candidateSelect+` WHERE c.host = $1`, host)
	if db.None(err) || err == nil && !scope.Covers(c.area, c.line) {
		return Candidate{}, fault.Missing("相近域名")
	}
	return c, err
}

// CandidateOf is one name in scope.
func (s *Service) CandidateOf(ctx context.Context, scope authz.Scope, host string) (Candidate, error) {
	return s.candidate(ctx, s.DB, scope, host)
}
