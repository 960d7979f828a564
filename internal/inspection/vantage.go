package inspection

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/registry"
	"zhengshu/internal/vantage"
)

// OwnVantage is this system itself as a place to look from.
const OwnVantage = "own"

const (
	// grace is how long after an interval the votes on it are waited for, and
	// graceByFile where they come as files.
	grace       = 2 * time.Minute
	graceByFile = 24 * time.Hour
	// silentAfter is when a vantage that has not been heard of no longer counts
	// as one that could vote.
	silentAfter = 30 * time.Minute
	// clockOff is how far a vantage's clock may be from ours: further, and it votes
	// on other intervals than it looked in.
	clockOff = grace / 2
	// keepVotes is how long single votes are kept.
	keepVotes = 8 * 24 * time.Hour
)

// The verdicts on a site in an interval.
const (
	VerdictOK     = "ok"     // every vantage that could tell opened it
	VerdictFailed = "failed" // a quorum could not
	VerdictSplit  = "split"  // some could and some could not: counted as opened
	VerdictAlone  = "alone"  // failed, seen by fewer than a quorum: not counted
)

// Verdict is what the votes on one site in one interval make of it: a failure
// counts only when a quorum, two or more and the most of those that could
// tell, agrees. A single failure that nobody could confirm is not counted at
// all.
func Verdict(votes, failed int) string {
	switch quorum := max(2, votes/2+1); {
	case votes == 0:
		return ""
	case failed == 0:
		return VerdictOK
	case failed >= quorum:
		return VerdictFailed
	case failed < votes:
		return VerdictSplit
	}
	return VerdictAlone
}

// Vantage is one place to look from.
type Vantage struct {
	ID      string
	Name    string
	Place   string
	Line    []string
	ByFile  bool
	MadeBy  string
	MadeAt  time.Time
	Revoked time.Time
	SeenAt  time.Time
	LineOK  bool
	Results int
	Lost    int
	Ahead   time.Duration // of its clock before ours; behind: less than zero
	// SetRight is when its clock, which had been ahead, was found set right and its
	// batches counted on from the last one taken before.
	SetRight time.Time
	// Program wrote its last batch, with the format it reads.
	Program vantage.Writer
	// RefusedAt is when a batch of it could not be read, after the last that could, and
	// RefusedSays why and what to do.
	RefusedAt   time.Time
	RefusedSays string
	key         ed25519.PublicKey
}

// ClockOff reports whether its clock is so far from ours that its votes are none.
func (v Vantage) ClockOff() bool { return v.Ahead.Abs() > clockOff }

// Votes reports whether another vantage than this system can tell now how sites
// stand. One that was not heard of, whose own line is down, whose clock is off or whose
// last batch could not be read
// would be waited for in vain, and every failure go unconfirmed.
func (v Vantage) Votes(now time.Time) bool {
	return v.Heard(now) && v.LineOK && !v.ClockOff() && v.RefusedAt.IsZero()
}

// Heard reports whether it has been heard of lately.
func (v Vantage) Heard(now time.Time) bool {
	limit := silentAfter
	if v.ByFile {
		limit = graceByFile
	}
	return v.Revoked.IsZero() && !v.SeenAt.IsZero() && now.Sub(v.SeenAt) < limit
}

// LineDown reports whether it was last found that its own line does not answer.
func (v Vantage) LineDown() bool { return !v.SeenAt.IsZero() && !v.LineOK }

func (v Vantage) target() audit.Target {
	return audit.Target{Kind: "vantage", ID: v.ID, Name: v.Name}
}

func scanVantage(r db.Scanner) (Vantage, error) {
	var v Vantage
	var key, line string
	if err := r.Scan(&v.ID, &v.Name, &v.Place, &key, &line, &v.ByFile, &v.MadeBy, &v.MadeAt, &v.Revoked); err != nil {
		return v, err
	}
	b, err := base64.StdEncoding.DecodeString(key)
	v.key, v.Line = b, strings.Fields(line)
	return v, err
}

const vantageSelect = `SELECT id, name, place, public_key, line, by_file, made_by, made_at, revoked_at FROM vantage`

// Vantages are the places to look from, this system first: it votes though nobody
// entered it. They belong to no unit.
func (s *Service) Vantages(ctx context.Context) ([]Vantage, error) {
	list, err := db.All(ctx, s.db, scanVantage, vantageSelect+` ORDER BY CASE WHEN revoked_at IS NULL THEN 0 ELSE 1 END, CASE id WHEN 'own' THEN 0 ELSE 1 END, id`)
	if err != nil {
		return nil, err
	}
	rows, err := db.All(ctx, s.probes, func(r db.Scanner) (Vantage, error) {
		var v Vantage
		var ms int64
		err := r.Scan(&v.ID, &v.SeenAt, &v.LineOK, &v.Results, &v.Lost, &ms, &v.SetRight, &v.Program.Format, &v.Program.Version, &v.RefusedAt, &v.RefusedSays)
		v.Ahead = time.Duration(ms) * time.Millisecond
		return v, err
	}, `SELECT vantage_id, at, line_ok, results, lost, ahead_ms, set_right_at, format, version, refused_at, refused_says FROM vantage_seen`)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(list, func(v Vantage) bool { return v.ID == OwnVantage }) { // votes without having been entered
		list = append([]Vantage{{ID: OwnVantage, Name: "本系统"}}, list...)
	}
	for i := range list {
		for _, r := range rows {
			if r.ID == list[i].ID {
				list[i].SeenAt, list[i].LineOK, list[i].Results, list[i].Lost, list[i].Ahead, list[i].SetRight = r.SeenAt, r.LineOK, r.Results, r.Lost, r.Ahead, r.SetRight
				if r.SeenAt.Equal(unheard) {
					list[i].SeenAt = time.Time{}
				}
				list[i].Program, list[i].RefusedAt, list[i].RefusedSays = r.Program, r.RefusedAt, r.RefusedSays
			}
		}
	}
	return list, nil
}

// HouseKey gives the key with which lists for vantages are signed. Without one
// there are no vantages beside this system.
func (s *Service) HouseKey(key ed25519.PrivateKey) { s.house = key }

func tidyVantage(v *Vantage, line string) error {
	v.Name, v.Place = strings.TrimSpace(v.Name), strings.TrimSpace(v.Place)
	var f fault.Fields
	f.Text("name", "名称", v.Name, true, 60)
	f.Text("place", "机房和线路", v.Place, false, 100)
	v.Line = strings.Fields(line)
	f.Check(len(v.Line) <= 5, "line", "自检地址最多 5 个")
	for _, a := range v.Line {
		u, err := url.Parse(a)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || len(a) > 300 {
			f.Add("line", "自检地址应为完整网址，每行一个："+abridge.Cut(a, 60))
			break
		}
	}
	return f.Err()
}

// GovernsVantages reports whether a session may register vantages and say how
// they test their line: who could, could have every failure of every site not
// counted, so it is for the office over all of them.
func (s *Service) GovernsVantages(ctx context.Context, session *authz.Session) (bool, error) {
	if !session.May(authz.MonitorSwitch) {
		return false, nil
	}
	scope := session.ScopeFor(authz.MonitorSwitch)
	top, err := db.One(ctx, s.db, db.Value[string], `SELECT area_path FROM unit ORDER BY length(area_path), area_path LIMIT 1`)
	if db.None(err) {
		return true, nil
	}
	top, _, _ = strings.Cut(top, "@")
	return scope.Covers(top, ""), err
}

func (s *Service) governs(ctx context.Context, session *authz.Session) error {
	ok, err := s.GovernsVantages(ctx, session)
	if err == nil && !ok {
		err = fault.New(fault.Forbidden, "监测点关系到全部网站的可用性，由最高一级的主管单位登记和修改，请联系该单位。")
	}
	return err
}

// reachable refuses addresses of this machine and its network, which answer
// whatever becomes of the line.
func (s *Service) reachable(ctx context.Context, line []string) error {
	for _, a := range line {
		u, err := url.Parse(a)
		if err != nil {
			return err
		}
		port, _ := strconv.ParseUint(u.Port(), 10, 16) // none: that of the scheme
		_, err = s.client.AddressesAt(ctx, u.Hostname(), uint16(port))
		if e := (*egress.Error)(nil); errors.As(err, &e) && e.Kind == egress.RefusedAddress {
			return fault.New(fault.Invalid, "自检地址没有保存。").On("line", "“"+abridge.Cut(a, 60)+"”在本机或内部网络，线路断了它也会应答；请改用公网上的地址")
		}
	}
	return nil
}

// AddVantage registers a place and returns the key its agent is started with;
// it is shown once and kept nowhere.
func (s *Service) AddVantage(ctx context.Context, session *authz.Session, v Vantage, line string) (vantage.Key, Vantage, error) {
	if s.house == nil {
		return vantage.Key{}, v, fault.New(fault.Unavailable, "本系统没有签名密钥，不能登记监测点。")
	}
	if err := s.governs(ctx, session); err != nil {
		return vantage.Key{}, v, err
	}
	if err := tidyVantage(&v, line); err != nil {
		return vantage.Key{}, v, err
	}
	pub, _ := s.house.Public().(ed25519.PublicKey)
	v.ID, v.MadeBy = ulid.Make().String(), session.Name
	key, err := vantage.NewKey(v.ID, pub)
	if err != nil {
		return key, v, err
	}
	own, _ := key.Own.Public().(ed25519.PublicKey)
	return key, v, s.db.Update(ctx, func(tx *db.Tx) error {
		n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM vantage WHERE revoked_at IS NULL`)
		if err != nil {
			return err
		}
		if n >= 20 {
			return fault.New(fault.Conflict, "监测点已有 20 个，请先停用不用的。")
		}
		v.MadeAt = tx.Now()
		if _, err := tx.Exec(ctx, `INSERT INTO vantage (id, name, place, public_key, line, by_file, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			v.ID, v.Name, v.Place, base64.StdEncoding.EncodeToString(own), strings.Join(v.Line, "\n"), v.ByFile, v.MadeBy, v.MadeAt); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "inspection.vantage.add", Target: v.target(), After: map[string]any{"place": v.Place, "line": v.Line, "by_file": v.ByFile}})
	})
}

// SetOwnLine says by which addresses this system tests its own line.
func (s *Service) SetOwnLine(ctx context.Context, session *authz.Session, line string) error {
	if err := s.governs(ctx, session); err != nil {
		return err
	}
	v := Vantage{ID: OwnVantage, Name: "本系统"}
	if err := tidyVantage(&v, line); err != nil {
		return err
	}
	if err := s.reachable(ctx, v.Line); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO vantage (id, name, line, made_by, made_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO UPDATE SET line = excluded.line, made_by = excluded.made_by`,
			v.ID, v.Name, strings.Join(v.Line, "\n"), session.Name, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "inspection.vantage.line", Target: v.target(), After: v.Line})
	})
}

// RevokeVantage ends a place: its key is worth nothing from now on.
func (s *Service) RevokeVantage(ctx context.Context, session *authz.Session, id string) error {
	if err := s.governs(ctx, session); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		v, err := s.vantage(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE vantage SET revoked_at = $2 WHERE id = $1`, id, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "inspection.vantage.revoke", Target: v.target()})
	})
}

// vantage is one that may vote.
func (s *Service) vantage(ctx context.Context, q db.Querier, id string) (Vantage, error) {
	v, err := db.One(ctx, q, scanVantage, vantageSelect+` WHERE id = $1 AND id <> 'own' AND revoked_at IS NULL`, id)
	if db.None(err) {
		return v, fault.New(fault.NotFound, "没有这个监测点，或它已经停用。")
	}
	return v, err
}

// voting is who could vote now beside this system, and by which addresses this
// system tests its own line.
type voting struct {
	online int // answer within the grace
	byFile int // answer within a day: their votes correct what was decided without them
	line   []string
	// lineDown: the own line was last found not to answer.
	lineDown bool
	// sole: this system has no way to the Internet, and one other alone looks for it;
	// proven says that the other tests its line by addresses of its own.
	sole, proven bool
}

// decides reports whether the one vote there is on an interval counts by itself: there
// is nobody who could confirm it.
func (v voting) decides(b ballot) bool {
	if v.sole {
		return !b.own
	}
	return b.own && v.online+v.byFile == 0
}

// tested reports whether who cast that vote tests its own line.
func (v voting) tested(b ballot) bool {
	if v.sole {
		return v.proven
	}
	return len(v.line) > 0
}

// alone reports whether this system is the only one that can tell now how things
// stand: what others saw comes as files, if at all.
func (v voting) alone() bool { return v.online == 0 }

// voters are the vantages that could vote now.
func (s *Service) voters(ctx context.Context) (v voting, err error) {
	list, err := s.Vantages(ctx)
	now := s.db.Now()
	for _, x := range list {
		switch {
		case x.ID == OwnVantage:
			v.line, v.lineDown = x.Line, x.LineDown()
		case !x.Votes(now):
		case x.ByFile:
			v.byFile++
			v.proven = len(x.Line) > 0
		default:
			v.online++
			v.proven = len(x.Line) > 0
		}
	}
	v.sole = s.Wayless() && v.online+v.byFile == 1
	return v, err
}

// PlanFor is the list for a vantage, signed: the sites that may be contacted
// now.
func (s *Service) PlanFor(ctx context.Context, id string) ([]byte, error) {
	v, err := s.vantage(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	sites, err := s.monitored(ctx)
	if err != nil {
		return nil, err
	}
	interval, err := s.intervals(ctx)
	if err != nil {
		return nil, err
	}
	p := vantage.Plan{Vantage: v.ID, Made: s.db.Now(), Until: s.db.Now().Add(vantage.PlanFor), Every: s.set.Interval, Line: v.Line, Targets: []vantage.Target{}}
	if p.Taken, err = s.lastTaken(ctx, v.ID); err != nil {
		return nil, err
	}
	// A program of the first format takes nothing that it does not know.
	reads, err := db.One(ctx, s.probes, db.Value[int], `SELECT format FROM vantage_seen WHERE vantage_id = $1`, v.ID)
	if err != nil && !db.None(err) {
		return nil, err
	}
	if reads > 1 {
		p.Writer = vantage.Writer{Format: vantage.Format, Version: s.set.Version}
	}
	if p.Taken <= p.Made.UnixMilli() {
		p.Taken = 0 // its clock tells a greater number
	}
	for _, site := range sites[:min(len(sites), vantage.MaxTargets)] {
		t := vantage.Target{ID: string(site.ID), URL: s.address(site)}
		if every := interval(site); every != s.set.Interval {
			t.Every = every // a protected period
		}
		p.Targets = append(p.Targets, t)
	}
	return vantage.Seal(s.house, p)
}

// lastTaken is the number of the last batch taken of a vantage; 0 for none.
func (s *Service) lastTaken(ctx context.Context, id string) (int64, error) {
	n, err := db.One(ctx, s.probes, db.Value[int64], `SELECT seq FROM vantage_seen WHERE vantage_id = $1`, id)
	if db.None(err) {
		return 0, nil
	}
	return n, err
}

// setBack is how much less a clock has to be ahead than with the batch before for
// having been set right in between: what is less is the way of the batch.
const setBack = 5 * time.Second

// Exchange takes a batch in and answers with the next list: the vantage's
// signature is the proof of who it is. What comes too late for its interval, from a
// round whose own line was down, or from a clock that is off, is no vote. A batch
// that is not above the last one taken is refused with a fault.Conflict, and the
// answer is a signed vantage.Count: an agent whose clock was set back counts on from
// there, and what was taken once never is again.
func (s *Service) Exchange(ctx context.Context, wire []byte) (plan []byte, taken int, err error) {
	ctx = audit.System(ctx, "inspection.vantage")
	if s.house == nil {
		return nil, 0, fault.New(fault.Unavailable, "本系统没有签名密钥，不能与监测点交换。")
	}
	v, err := s.vantage(ctx, s.db, vantage.Claim(wire))
	if err != nil {
		return nil, 0, err
	}
	b, err := vantage.OpenBatch(v.key, wire)
	if u := (*vantage.Unread)(nil); errors.As(err, &u) {
		return nil, 0, errors.Join(err, s.noteUnread(ctx, v, u, fault.Of(err).Says))
	}
	if err != nil {
		return nil, 0, err
	}
	sites, err := s.monitored(ctx)
	if err != nil {
		return nil, 0, err
	}
	interval, err := s.intervals(ctx)
	if err != nil {
		return nil, 0, err
	}
	known := make(map[registry.SiteID]time.Duration, len(sites))
	for _, site := range sites {
		known[site.ID] = interval(site)
	}
	late := grace
	if v.ByFile {
		late = graceByFile
	}
	setRight := false
	err = s.probes.Update(ctx, func(tx *db.Tx) error {
		taken, setRight = 0, false
		now := tx.Now()
		if v.Ahead = b.Made.Sub(now); v.ByFile {
			v.Ahead = max(0, v.Ahead) // a file is under way for hours
		}
		if b.Follows > 0 {
			n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM vantage_seen WHERE vantage_id = $1 AND ahead_ms >= $2`, v.ID, (v.Ahead + setBack).Milliseconds())
			if err != nil {
				return err
			}
			setRight = n > 0
		}
		moved, err := tx.Quiet(ctx, `INSERT INTO vantage_seen (vantage_id, at, seq, line_ok, results, lost, ahead_ms, format, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (vantage_id) DO UPDATE SET at = excluded.at, seq = excluded.seq, line_ok = excluded.line_ok, results = excluded.results, lost = excluded.lost, ahead_ms = excluded.ahead_ms,
			   format = excluded.format, version = excluded.version, refused_at = NULL, refused_says = '' WHERE vantage_seen.seq < excluded.seq`,
			v.ID, now, b.Seq, b.LineOK, len(b.Results), b.Lost, v.Ahead.Milliseconds(), b.Format, abridge.Cut(b.Version, 40))
		if err != nil {
			return err
		}
		if moved == 0 {
			return fault.New(fault.Conflict, "这批结果已经收过，或早于已收的一批。那台机器的时钟如曾经超前、现已校准：联网的会自动接着计数；用文件交换的，请重新下载清单，再探测一次。")
		}
		if setRight {
			if _, err := tx.Quiet(ctx, `UPDATE vantage_seen SET set_right_at = $2 WHERE vantage_id = $1`, v.ID, now); err != nil {
				return err
			}
		}
		if v.ClockOff() {
			return nil
		}
		for _, r := range b.Results {
			every, ok := known[registry.SiteID(r.ID)]
			if !ok || egress.Refuses(r.Status) {
				continue // no site of ours, or one that would not have the vantage: it could not tell
			}
			slot := r.At.UTC().Truncate(every)
			if slot.After(now) || now.Sub(slot.Add(every)) > late {
				continue
			}
			n, err := vote(ctx, tx, registry.SiteID(r.ID), slot, v.ID, v.ByFile, egress.ProbeResult{OK: r.OK, Kind: r.Kind, Status: r.Status, Took: time.Duration(r.TookMS) * time.Millisecond})
			if err != nil {
				return err
			}
			taken += int(n)
		}
		return noteNames(ctx, tx, v, b.Names, func(id registry.SiteID) bool { _, ok := known[id]; return ok })
	})
	if fault.Is(err, fault.Conflict) {
		last, lerr := s.lastTaken(ctx, v.ID)
		if lerr != nil {
			return nil, 0, lerr
		}
		count, serr := vantage.Seal(s.house, vantage.Count{Vantage: v.ID, Taken: last, Says: fault.Of(err).Says})
		if serr != nil {
			return nil, 0, serr
		}
		return count, 0, err
	}
	if err != nil {
		return nil, 0, err
	}
	if setRight {
		if err := s.db.Update(ctx, func(tx *db.Tx) error {
			return audit.Record(ctx, tx, audit.Entry{Act: "inspection.vantage.set_right", Target: v.target(), After: map[string]any{"follows": b.Follows, "seq": b.Seq, "made": b.Made}})
		}); err != nil {
			return nil, 0, err
		}
	}
	plan, err = s.PlanFor(ctx, v.ID)
	return plan, taken, err
}

// noteUnread keeps that a batch signed by a vantage could not be read, and why: its
// silence has a cause and a cure. When it was heard of, it was not.
func (s *Service) noteUnread(ctx context.Context, v Vantage, u *vantage.Unread, says string) error {
	return s.probes.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Quiet(ctx, `INSERT INTO vantage_seen (vantage_id, seq, line_ok, results, lost, format, version, refused_at, refused_says, at) VALUES ($1, 0, TRUE, 0, 0, $2, $3, $4, $5, $6)
			ON CONFLICT (vantage_id) DO UPDATE SET version = excluded.version, refused_at = excluded.refused_at, refused_says = excluded.refused_says`,
			v.ID, u.Format, abridge.Cut(u.Version, 40), tx.Now(), abridge.Cut(says, 300), unheard)
		return err
	})
}

// unheard is when a vantage was last heard of that only sent what could not be read.
var unheard = time.Unix(0, 0).UTC()

// vote keeps one vote. An interval that was decided is decided, but for the votes
// that come as files: with them it is decided again.
func vote(ctx context.Context, tx *db.Tx, site registry.SiteID, slot time.Time, from string, byFile bool, r egress.ProbeResult) (int64, error) {
	return tx.Quiet(ctx, `INSERT INTO probe_vote (site_id, slot, vantage_id, ok, kind, status, took_ms)
		SELECT $1, $2, $3, $4, $5, $6, $7 WHERE $8 = 1 OR NOT EXISTS (SELECT 1 FROM probe_vote x WHERE x.site_id = $1 AND x.slot = $2 AND x.verdict <> '') ON CONFLICT DO NOTHING`,
		site, slot, from, r.OK, abridge.Cut(string(r.Kind), 30), r.Status, max(0, min(r.Took.Milliseconds(), 3_600_000)), flag(byFile))
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// voteSlot is the interval for which a site is probed now: that of its turn, even
// where the probe comes a little after it ended, so that a turn late in its
// interval does not take the vote of the next. After an outage it is this one.
func (s *Service) voteSlot(id registry.SiteID, now time.Time, every time.Duration) time.Time {
	slot := s.turn(id, now, every).Truncate(every)
	if now.Sub(slot.Add(every)) > grace/2 {
		return now.Truncate(every)
	}
	return slot
}

// voteOwn keeps this system's probes of a round as votes, each in its interval.
func (s *Service) voteOwn(ctx context.Context, all []probed, slots map[registry.SiteID]time.Time) error {
	return s.probes.Update(ctx, func(tx *db.Tx) error {
		for _, p := range all {
			if _, err := vote(ctx, tx, p.site, slots[p.site], OwnVantage, false, p.res); err != nil {
				return err
			}
		}
		return nil
	})
}

// ballot is the votes on one site in one interval.
type ballot struct {
	site   registry.SiteID
	slot   time.Time
	votes  int
	failed int
	ok     int
	own    bool  // one of them is this system's
	took   int64 // of those that opened it
	kind   string
	status int
	before string // what it was decided as without the votes that came since
}

// result is the probe that a verdict makes of the votes.
func (b ballot) result(verdict string) probed {
	r := egress.ProbeResult{OK: verdict != VerdictFailed, At: b.slot}
	if verdict == VerdictFailed {
		r.Kind, r.Status = egress.Kind(b.kind), b.status
	} else if b.ok > 0 {
		r.Took = time.Duration(b.took/int64(b.ok)) * time.Millisecond
	}
	return probed{b.site, r}
}

// Decide counts the votes on the intervals that are over and keeps what they make
// of each site. It waits for those who answer on line; a vote that comes as a file
// has its interval decided again, and what was counted corrected. It returns how
// many were decided.
func (s *Service) Decide(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "inspection.decide")
	could, err := s.voters(ctx)
	if err != nil {
		return 0, err
	}
	list, err := s.ballots(ctx)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	// Where nobody else has a line, this system looks alone, as one without vantages
	// does: a round in which it reached nobody is an outage of its own. So does the
	// one vantage of a system that has no way to the Internet.
	rounds := map[time.Time][]probed{}
	for _, b := range list {
		if could.decides(b) && b.votes == 1 {
			rounds[b.slot] = append(rounds[b.slot], probed{b.site, egress.ProbeResult{OK: b.ok > 0, Kind: egress.Kind(b.kind), Status: b.status}})
		}
	}
	var counted []probed
	err = s.probes.Update(ctx, func(tx *db.Tx) error {
		counted = counted[:0]
		for _, b := range list {
			verdict := Verdict(b.votes, b.failed)
			if verdict == VerdictAlone && could.decides(b) && (could.tested(b) || !cutOff(rounds[b.slot])) {
				verdict = VerdictFailed
			}
			if _, err := tx.Quiet(ctx, `UPDATE probe_vote SET verdict = $3 WHERE site_id = $1 AND slot = $2`, b.site, b.slot, verdict); err != nil {
				return err
			}
			if b.before != "" {
				if err := uncount(ctx, tx, b.site, b.slot); err != nil {
					return err
				}
			}
			if verdict != VerdictAlone {
				counted = append(counted, b.result(verdict))
			}
		}
		if _, err := tx.Quiet(ctx, `DELETE FROM probe_vote WHERE slot < $1`, tx.Now().Add(-keepVotes)); err != nil {
			return err
		}
		return keepProbed(ctx, tx, counted)
	})
	return len(list), err
}

// ballots are all votes on the intervals that are over and have votes not counted
// yet, of every site by its own interval.
func (s *Service) ballots(ctx context.Context) ([]ballot, error) {
	sites, err := s.monitored(ctx)
	if err != nil {
		return nil, err
	}
	interval, err := s.intervals(ctx)
	if err != nil {
		return nil, err
	}
	tight := map[time.Duration][]registry.SiteID{}
	for _, site := range sites {
		if every := interval(site); every != s.set.Interval {
			tight[every] = append(tight[every], site.ID)
		}
	}
	now := s.db.Now()
	of := func(w *db.Where, every time.Duration) ([]ballot, error) {
		w.And("verdict = ''").And("slot <= ?", now.Add(-every-grace))
		return db.All(ctx, s.probes, func(r db.Scanner) (ballot, error) {
			var b ballot
			own := 0
			err := r.Scan(&b.site, &b.slot, &b.votes, &b.ok, &own, &b.took, &b.kind, &b.status, &b.before)
			b.failed, b.own = b.votes-b.ok, own > 0
			return b, err
		}, `SELECT v.site_id, v.slot, count(*), sum(CASE WHEN v.ok THEN 1 ELSE 0 END), sum(CASE WHEN v.vantage_id = 'own' THEN 1 ELSE 0 END), sum(CASE WHEN v.ok THEN v.took_ms ELSE 0 END),
			       max(CASE WHEN v.ok THEN '' ELSE v.kind END), max(CASE WHEN v.ok THEN 0 ELSE v.status END), max(v.verdict)
			  FROM (SELECT DISTINCT site_id, slot FROM probe_vote WHERE `+w.SQL()+` ORDER BY slot, site_id LIMIT 5000) o JOIN probe_vote v ON v.site_id = o.site_id AND v.slot = o.slot
			 GROUP BY v.site_id, v.slot ORDER BY v.slot, v.site_id`, w.Args()...)
	}
	out, err := of(&db.Where{}, s.set.Interval)
	if err != nil {
		return nil, err
	}
	type at struct {
		site registry.SiteID
		slot time.Time
	}
	have := make(map[at]bool, len(out))
	for _, b := range out {
		have[at{b.site, b.slot}] = true
	}
	for every, ids := range tight {
		for part := range slices.Chunk(ids, 500) {
			var w db.Where
			cond, args := db.In("site_id", part)
			more, err := of(w.And(cond, args...), every)
			if err != nil {
				return nil, err
			}
			for _, b := range more {
				if !have[at{b.site, b.slot}] {
					out = append(out, b)
				}
			}
		}
	}
	return out, nil
}

type decideVotes struct{}

// Kind names the job.
func (decideVotes) Kind() string { return "inspection.decide" }

// Doubt is an interval on which the vantages did not agree.
type Doubt struct {
	Site     registry.SiteID
	SiteName string
	Slot     time.Time
	Votes    int
	Failed   int
	Verdict  string
	Who      string // the vantages that could not open it
}

// Doubts are the intervals of the last week on which the vantages did not
// agree, or of which a failure could not be confirmed; those of sites in scope.
func (s *Service) Doubts(ctx context.Context, scope authz.Scope, limit int) ([]Doubt, error) {
	rows, err := db.All(ctx, s.probes, func(r db.Scanner) (Doubt, error) {
		var d Doubt
		err := r.Scan(&d.Site, &d.Slot, &d.Verdict, &d.Votes, &d.Failed)
		return d, err
	}, `SELECT site_id, slot, verdict, count(*), sum(CASE WHEN ok THEN 0 ELSE 1 END) FROM probe_vote WHERE verdict IN ('split', 'alone') AND slot >= $1 GROUP BY site_id, slot, verdict ORDER BY slot DESC, site_id LIMIT 500`,
		s.db.Now().Add(-keepVotes))
	if err != nil {
		return nil, err
	}
	names := map[string]string{OwnVantage: "本系统"}
	list, err := s.Vantages(ctx)
	if err != nil {
		return nil, err
	}
	for _, v := range list {
		names[v.ID] = v.Name
	}
	var out []Doubt
	for _, d := range rows {
		if len(out) == limit {
			break
		}
		site, err := s.registry.Site(ctx, scope, d.Site)
		if fault.Is(err, fault.NotFound) {
			continue // of another's, or gone from the ledger
		}
		if err != nil {
			return nil, err
		}
		d.SiteName = site.Name
		who, err := db.All(ctx, s.probes, db.Value[string], `SELECT vantage_id FROM probe_vote WHERE site_id = $1 AND slot = $2 AND NOT ok ORDER BY vantage_id`, d.Site, d.Slot)
		if err != nil {
			return nil, err
		}
		for i, id := range who {
			if n := names[id]; n != "" {
				who[i] = n
			}
		}
		d.Who = strings.Join(who, "、")
		out = append(out, d)
	}
	return out, nil
}

// keepProbed keeps probes at their own times and rolls them up into their days.
func keepProbed(ctx context.Context, tx *db.Tx, all []probed) error {
	for _, p := range all {
		r, at := p.res, p.res.At
		n, err := tx.Quiet(ctx, `INSERT INTO probe (site_id, at, ok, kind, status, took_ms) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
			p.site, at, r.OK, string(r.Kind), r.Status, r.Took.Milliseconds())
		if err != nil {
			return err
		}
		if n == 0 {
			continue // counted before
		}
		failures, took := 1, int64(0)
		var ok any
		if r.OK {
			failures, took, ok = 0, r.Took.Milliseconds(), at
		}
		if _, err := tx.Quiet(ctx, `
			INSERT INTO probe_day (site_id, day, probes, failures, took_ms, last_at, last_ok, last_ok_at) VALUES ($1, $2, 1, $3, $4, $5, $6, $7)
			ON CONFLICT (site_id, day) DO UPDATE SET probes = probe_day.probes + 1, failures = probe_day.failures + excluded.failures, took_ms = probe_day.took_ms + excluded.took_ms,
			   last_ok = CASE WHEN probe_day.last_at > excluded.last_at THEN probe_day.last_ok ELSE excluded.last_ok END,
			   last_at = CASE WHEN probe_day.last_at > excluded.last_at THEN probe_day.last_at ELSE excluded.last_at END,
			   last_ok_at = CASE WHEN excluded.last_ok_at IS NULL OR probe_day.last_ok_at > excluded.last_ok_at THEN probe_day.last_ok_at ELSE excluded.last_ok_at END`,
			p.site, calendar.DateOf(at), failures, took, at, r.OK, ok); err != nil {
			return fmt.Errorf("inspection: keep probe: %w", err)
		}
	}
	if _, err := tx.Quiet(ctx, `DELETE FROM probe_uncounted WHERE EXISTS (SELECT 1 FROM probe p WHERE p.site_id = probe_uncounted.site_id AND p.at > probe_uncounted.since)`); err != nil {
		return err
	}
	_, err := tx.Quiet(ctx, `DELETE FROM probe WHERE at < $1`, tx.Now().Add(-keepProbes))
	return err
}

// uncount takes a probe back out of the record and of its day: its interval was
// decided again.
func uncount(ctx context.Context, tx *db.Tx, site registry.SiteID, at time.Time) error {
	type row struct {
		at, okAt time.Time
		ok       bool
		took     int64
	}
	p, err := db.One(ctx, tx, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.ok, &x.took)
		return x, err
	}, `SELECT ok, took_ms FROM probe WHERE site_id = $1 AND at = $2`, site, at)
	if db.None(err) {
		return nil // it had not been counted
	}
	if err != nil {
		return err
	}
	if !p.ok {
		p.took = 0
	}
	if _, err := tx.Quiet(ctx, `DELETE FROM probe WHERE site_id = $1 AND at = $2`, site, at); err != nil {
		return err
	}
	day := calendar.DateOf(at)
	if _, err := tx.Quiet(ctx, `UPDATE probe_day SET probes = probes - 1, failures = failures - $3, took_ms = took_ms - $4 WHERE site_id = $1 AND day = $2`, site, day, flag(!p.ok), p.took); err != nil {
		return err
	}
	last, err := db.One(ctx, tx, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.at, &x.ok, &x.okAt)
		return x, err
	}, `SELECT at, ok, (SELECT max(at) FROM probe WHERE site_id = $1 AND at >= $2 AND at < $3 AND ok) FROM probe WHERE site_id = $1 AND at >= $2 AND at < $3 ORDER BY at DESC LIMIT 1`, site, day.Start(), day.End())
	if db.None(err) {
		_, err = tx.Quiet(ctx, `DELETE FROM probe_day WHERE site_id = $1 AND day = $2 AND probes <= 0`, site, day)
		return err
	}
	if err != nil {
		return err
	}
	var okAt any
	if !last.okAt.IsZero() {
		okAt = last.okAt
	}
	_, err = tx.Quiet(ctx, `UPDATE probe_day SET last_at = $3, last_ok = $4, last_ok_at = $5 WHERE site_id = $1 AND day = $2`, site, day, last.at, last.ok, okAt)
	return err
}

// Window is a time during which a site need not be reachable; To is zero while
// it lasts, Says what it was filed as: 批准的临时下线.
type Window struct {
	From, To time.Time
	Says     string
}

// WindowsFrom registers who knows the windows of sites that are filed: offline
// with leave, and an emergency that the supervisor has reported (readings 7).
// Without it every time offline in the ledger is one.
func (s *Service) WindowsFrom(fn func(ctx context.Context, sites []registry.SiteID) (map[registry.SiteID][]Window, error)) {
	s.windows = fn
}

// Now is the house's clock, for screens that say how long ago.
func (s *Service) Now() time.Time { return s.db.Now() }
