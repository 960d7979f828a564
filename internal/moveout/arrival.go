package moveout

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/letters"
	"zhengshu/internal/library"
	"zhengshu/internal/registry"
)

// PastPart is one kind of what a site was before it came.
type PastPart string

// The parts, in screen order.
const (
	PastVersions PastPart = "version"
	PastPlaces   PastPart = "place"
	PastRecords  PastPart = "record"
	PastTrail    PastPart = "trail"
)

// PastParts in screen order.
var PastParts = []PastPart{PastVersions, PastPlaces, PastRecords, PastTrail}

// Name is the part in Chinese.
func (p PastPart) Name() string {
	switch p {
	case PastVersions:
		return "历史版本"
	case PastPlaces:
		return "公开位置"
	case PastRecords:
		return "台账记录"
	case PastTrail:
		return "审计摘录"
	}
	return string(p)
}

// Arrival is one archive that was brought into a site.
type Arrival struct {
	ID          string
	Site        registry.SiteID
	SiteName    string // joined
	Archive     string // SHA-256 of its manifest
	Host        string
	MadeAt      time.Time
	Parts       map[string]Part
	Letters     int // taken
	LettersOpen int // left where they were sent
	BegunAt     time.Time
	FinishedAt  time.Time
}

// PastLine is one line of what a site was.
type PastLine struct {
	Arrival string
	Part    PastPart
	Seq     int
	At      time.Time
	Who     string
	Title   string
	Says    string
	Body    string // empty in lists
	Ref     library.ItemID
}

// Link is where the past of the site is read.
func (a Arrival) Link() string { return PastLink(a.Site) }

// PastLink is where the past of a site is read.
func PastLink(site registry.SiteID) string {
	return "/console/sites/" + url.PathEscape(string(site)) + "/arrivals"
}

// Key names the line in an address.
func (l PastLine) Key() string { return l.Arrival + "." + strconv.Itoa(l.Seq) }

// PastFilter narrows the lines of one part.
type PastFilter struct {
	Part          PastPart
	Text          string
	Limit, Offset int
}

const (
	arrivalColumns = `a.id, a.site_id, s.name, a.archive, a.host, a.made_at, a.parts, a.letters, a.letters_open, a.begun_at, a.finished_at`
	arrivalSelect  = `SELECT ` + arrivalColumns + ` FROM site_arrival a JOIN site s ON s.id = a.site_id`
)

func scanArrival(r db.Scanner) (Arrival, error) {
	var a Arrival
	var parts string
	if err := r.Scan(&a.ID, &a.Site, &a.SiteName, &a.Archive, &a.Host, &a.MadeAt, &parts, &a.Letters, &a.LettersOpen, &a.BegunAt, &a.FinishedAt); err != nil {
		return a, err
	}
	return a, json.Unmarshal([]byte(parts), &a.Parts)
}

// mostArrivals of one site are listed.
const mostArrivals = 20

// Arrivals are the archives that were brought into a site in scope, newest
// first.
func (s *Service) Arrivals(ctx context.Context, scope authz.Scope, site registry.SiteID) ([]Arrival, error) {
	if _, err := s.Registry.Site(ctx, scope, site); err != nil {
		return nil, err
	}
	return db.All(ctx, s.DB, scanArrival, arrivalSelect+` WHERE a.site_id = $1 ORDER BY a.begun_at DESC, a.id DESC LIMIT $2`, site, mostArrivals)
}

// Arrived are the archives that were brought into sites in scope, newest first,
// and how many there are.
func (s *Service) Arrived(ctx context.Context, scope authz.Scope, limit, offset int) ([]Arrival, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	from := ` FROM site_arrival a JOIN site s ON s.id = a.site_id JOIN unit u ON u.id = s.unit_id WHERE ` + w.SQL()
	total, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*)`+from, w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.DB, scanArrival, `SELECT `+arrivalColumns+from+` ORDER BY a.begun_at DESC, a.id DESC LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	return list, total, err
}

// Past is one part of what a site in scope was before it came, newest first,
// and how much there is. Bodies are left out.
func (s *Service) Past(ctx context.Context, scope authz.Scope, site registry.SiteID, f PastFilter) ([]PastLine, int, error) {
	if _, err := s.Registry.Site(ctx, scope, site); err != nil {
		return nil, 0, err
	}
	var w db.Where
	w.And("a.site_id = ?", site)
	w.And("l.part = ?", string(f.Part))
	if text := strings.TrimSpace(f.Text); text != "" {
		like := db.Contains(text)
		w.And(`(l.title LIKE ? ESCAPE '\' OR l.who LIKE ? ESCAPE '\' OR l.says LIKE ? ESCAPE '\')`, like, like, like)
	}
	from := ` FROM site_arrival_line l JOIN site_arrival a ON a.id = l.arrival_id WHERE ` + w.SQL()
	total, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*)`+from, w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.DB, func(r db.Scanner) (PastLine, error) {
		var l PastLine
		return l, r.Scan(&l.Arrival, &l.Part, &l.Seq, &l.At, &l.Who, &l.Title, &l.Says, &l.Ref)
	}, `SELECT l.arrival_id, l.part, l.seq, l.at, l.who, l.title, l.says, l.ref`+from+` ORDER BY l.at DESC, l.arrival_id DESC, l.seq DESC LIMIT `+w.Arg(f.Limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// PastCounts are how many lines of each part a site in scope has.
func (s *Service) PastCounts(ctx context.Context, scope authz.Scope, site registry.SiteID) (map[PastPart]int, error) {
	if _, err := s.Registry.Site(ctx, scope, site); err != nil {
		return nil, err
	}
	type row struct {
		part PastPart
		n    int
	}
	rows, err := db.All(ctx, s.DB, func(r db.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.part, &x.n)
	}, `SELECT l.part, count(*) FROM site_arrival_line l JOIN site_arrival a ON a.id = l.arrival_id WHERE a.site_id = $1 GROUP BY l.part`, site)
	out := map[PastPart]int{}
	for _, x := range rows {
		out[x.part] = x.n
	}
	return out, err
}

// PastLine is one line of a site in scope with its body.
func (s *Service) PastLine(ctx context.Context, scope authz.Scope, site registry.SiteID, part PastPart, key string) (PastLine, error) {
	if _, err := s.Registry.Site(ctx, scope, site); err != nil {
		return PastLine{}, err
	}
	arrival, no, _ := strings.Cut(key, ".")
	seq, err := strconv.Atoi(no)
	if err != nil {
		return PastLine{}, fault.Missing("迁入前的记录").From(err)
	}
	l, err := db.One(ctx, s.DB, func(r db.Scanner) (PastLine, error) {
		var l PastLine
		return l, r.Scan(&l.Arrival, &l.Part, &l.Seq, &l.At, &l.Who, &l.Title, &l.Says, &l.Body, &l.Ref)
	}, `SELECT l.arrival_id, l.part, l.seq, l.at, l.who, l.title, l.says, l.body, l.ref
	      FROM site_arrival_line l JOIN site_arrival a ON a.id = l.arrival_id WHERE a.site_id = $1 AND l.part = $2 AND l.arrival_id = $3 AND l.seq = $4`, site, string(part), arrival, seq)
	if db.None(err) {
		return l, fault.Missing("迁入前的记录")
	}
	return l, err
}

// lettersAtOnce are taken in one transaction, linesAtOnce written in one.
const (
	lettersAtOnce = 100
	linesAtOnce   = 500
	bytesAtOnce   = 4 << 20
)

// bringPast takes in what an archive says of the time before: the letters that
// were dealt with, as letters; earlier versions, places, the record and the
// excerpt of the trail as lines beside what this house does. The trail of one
// house is never linked into that of another: which archive it came from, and
// its hash, is.
func (s *Service) bringPast(ctx context.Context, scope authz.Scope, a *archive, out *Brought) error {
	arrival, err := s.begin(ctx, a, out)
	if err != nil || !arrival.FinishedAt.IsZero() {
		out.Letters, out.LettersOpen = arrival.Letters, arrival.LettersOpen
		return err
	}
	if err := s.bringLetters(ctx, scope, a, out); err != nil {
		return err
	}
	titles := map[string]string{}
	for _, p := range []struct {
		file string
		part PastPart
		read func([]byte) (PastLine, error)
	}{
		{"versions.jsonl", PastVersions, func(b []byte) (PastLine, error) { return versionLine(b, titles) }},
		{"placements.jsonl", PastPlaces, func(b []byte) (PastLine, error) { return placeLine(b, titles) }},
		{"records.jsonl", PastRecords, recordLine},
		{"audit.jsonl", PastTrail, trailLine},
	} {
		if !a.has(p.file) {
			continue
		}
		if err := s.bringLines(ctx, a, arrival, out.Site, p.file, p.part, p.read); err != nil {
			return err
		}
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE site_arrival SET letters = $2, letters_open = $3, finished_at = $4 WHERE id = $1`, arrival.ID, out.Letters, out.LettersOpen, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "moveout.arrive", Target: out.Site.Target(), After: map[string]any{"archive": a.sum, "parts": a.manifest.Parts, "letters": out.Letters, "letters_open": out.LettersOpen}})
	})
}

func (s *Service) begin(ctx context.Context, a *archive, out *Brought) (Arrival, error) {
	parts, err := json.Marshal(a.manifest.Parts)
	if err != nil {
		return Arrival{}, err
	}
	var got Arrival
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO site_arrival (id, site_id, archive, host, made_at, parts, letters, letters_open, begun_at) VALUES ($1, $2, $3, $4, $5, $6, 0, 0, $7) ON CONFLICT (site_id, archive) DO NOTHING`,
			ulid.Make().String(), out.Site.ID, a.sum, a.manifest.Host, a.manifest.Made, string(parts), tx.Now()); err != nil {
			return err
		}
		var err error
		if got, err = db.One(ctx, tx, scanArrival, arrivalSelect+` WHERE a.site_id = $1 AND a.archive = $2`, out.Site.ID, a.sum); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "moveout.bring", Target: out.Site.Target(), After: map[string]any{"archive": a.sum, "host": a.manifest.Host, "made": a.manifest.Made}})
	})
	return got, err
}

func (s *Service) bringLetters(ctx context.Context, scope authz.Scope, a *archive, out *Brought) error {
	if !a.has("letters.jsonl") {
		return nil
	}
	var list []letters.Former
	take := func() error {
		if len(list) == 0 {
			return nil
		}
		err := s.DB.Update(ctx, func(tx *db.Tx) error {
			got, err := s.Letters.Bring(ctx, tx, scope, out.Site.ID, list)
			out.Letters, out.LettersOpen, out.LettersHidden = out.Letters+got.Taken, out.LettersOpen+got.Open, out.LettersHidden+got.Hidden
			return err
		})
		list = list[:0]
		return err
	}
	if err := a.lines("letters.jsonl", func(line []byte) error {
		var l LetterLine
		if err := json.Unmarshal(line, &l); err != nil {
			return fault.New(fault.Invalid, "letters.jsonl 不能识别，请重新导出。").From(err)
		}
		if l.Test {
			return nil
		}
		f := letters.Former{Number: l.Number, Type: l.Type, Title: l.Title, Body: l.Body, State: l.State, Reason: l.Reason, Consent: l.Consent, ReceivedAt: l.ReceivedAt, AnsweredAt: l.AnsweredAt, EndedAt: l.EndedAt, Reply: l.Public}
		for _, x := range slices.Backward(l.Answers) {
			d := x.Public
			d.Answer = x.Text
			f.Rounds = append(f.Rounds, letters.FormerRound{Draft: d, Drafter: x.Drafter, Reviewer: x.Reviewer, Verdict: x.Verdict, Opinion: x.Opinion, At: x.At, ReviewedAt: x.ReviewedAt})
		}
		if list = append(list, f); len(list) == lettersAtOnce {
			return take()
		}
		return nil
	}); err != nil {
		return err
	}
	return take()
}

var lineColumns = []string{"arrival_id", "part", "seq", "at", "who", "title", "says", "body", "ref"}

func (s *Service) bringLines(ctx context.Context, a *archive, arrival Arrival, site registry.Site, file string, part PastPart, read func([]byte) (PastLine, error)) error {
	seq, size := 0, 0
	var rows [][]any
	take := func() error {
		if len(rows) == 0 {
			return nil
		}
		err := s.DB.Update(ctx, func(tx *db.Tx) error {
			if _, err := tx.InsertNew(ctx, "site_arrival_line", lineColumns, rows); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "moveout.keep", Target: site.Target(), After: map[string]any{"part": part, "until": seq}})
		})
		rows, size = rows[:0], 0
		return err
	}
	if err := a.lines(file, func(line []byte) error {
		l, err := read(line)
		if err != nil {
			return fault.Newf(fault.Invalid, "%s 不能识别，请重新导出。", file).From(err)
		}
		seq++
		rows = append(rows, []any{arrival.ID, string(part), seq, l.At, l.Who, l.Title, l.Says, l.Body, string(l.Ref)})
		if size += len(l.Body); len(rows) == linesAtOnce || size > bytesAtOnce {
			return take()
		}
		return nil
	}); err != nil {
		return err
	}
	return take()
}

func versionLine(b []byte, titles map[string]string) (PastLine, error) {
	var v VersionLine
	if err := json.Unmarshal(b, &v); err != nil {
		return PastLine{}, err
	}
	titles[v.Item] = v.Meta.Title
	says := "第" + strconv.Itoa(v.No) + "版"
	if v.Note != "" {
		says += "：" + v.Note
	}
	return PastLine{At: v.At, Who: v.Author, Title: v.Meta.Title, Says: says, Body: v.Text, Ref: library.ItemID(v.Item)}, nil
}

// placeNames are the states of a placement.
var placeNames = map[string]string{library.Planned: "拟发布", library.Scheduled: "等待定时发布", library.Shown: "公开", library.Ended: "已撤下"}

func placeLine(b []byte, titles map[string]string) (PastLine, error) {
	var p PlacementLine
	if err := json.Unmarshal(b, &p); err != nil {
		return PastLine{}, err
	}
	l := PastLine{Title: p.Title, Says: "栏目 " + p.Column + "：" + placeNames[p.State], Ref: library.ItemID(p.Item)}
	if l.Title == "" {
		l.Title = titles[p.Item]
	}
	for _, t := range []struct {
		name string
		at   time.Time
	}{{"定时发布", p.PublishAt}, {"显示时间", p.ShownAt}, {"公开", p.LiveAt}, {"结束", p.EndedAt}} {
		if !t.at.IsZero() {
			l.At = t.at
			l.Body += t.name + "：" + t.at.In(calendar.Shanghai).Format("2006-01-02 15:04") + "\n"
		}
	}
	return l, nil
}

func recordLine(b []byte) (PastLine, error) {
	var r RecordLine
	if err := json.Unmarshal(b, &r); err != nil {
		return PastLine{}, err
	}
	switch {
	case r.Change != nil:
		c := *r.Change
		l := PastLine{At: c.At, Who: c.Actor, Title: audit.ActName(c.Act), Says: c.Why}
		if c.Field != "" {
			l.Title = c.FieldName()
			l.Body = "原为：" + c.Was + "\n改为：" + c.Now + "\n"
		}
		if c.Document != "" {
			l.Body += "文号：" + c.Document + "\n"
		}
		return l, nil
	case r.FormerName != nil:
		n := *r.FormerName
		return PastLine{At: n.Until.Start(), Title: "曾用名：" + n.Name, Says: "用到" + n.Until.Chinese(), Body: n.Document}, nil
	}
	return PastLine{Title: r.Kind, Body: string(b)}, nil
}

func trailLine(b []byte) (PastLine, error) {
	var r audit.Row
	if err := json.Unmarshal(b, &r); err != nil {
		return PastLine{}, err
	}
	l := PastLine{At: r.At, Who: r.Actor.Name, Title: audit.ActName(r.Act), Says: r.Target.Name}
	for _, x := range []struct{ name, text string }{{"依据", r.Basis}, {"之前", r.Before}, {"之后", r.After}, {"编号", r.ID}, {"摘要", r.Hash}} {
		if x.text != "" {
			l.Body += x.name + "：" + x.text + "\n"
		}
	}
	return l, nil
}
