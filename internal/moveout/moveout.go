package moveout

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/letters"
	"zhengshu/internal/library"
	"zhengshu/internal/movein"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// States of a run.
const (
	Waiting = "waiting"
	Running = "running"
	Ready   = "ready"
	Failed  = "failed"
	Expired = "expired"
)

var stateNames = map[string]string{Waiting: "排队", Running: "正在导出", Ready: "可以下载", Failed: "未完成", Expired: "已过期"}

// KeepDays is for how long a finished archive can be fetched.
const KeepDays = 7

// Run is one taking out.
type Run struct {
	ID         string
	Site       registry.SiteID
	SiteName   string // joined
	Unit       org.UnitID
	UnitName   string // joined
	PersonID   string
	PersonName string
	Letters    bool
	State      string
	Stage      string
	Done       int
	Total      int
	Parts      []Part
	SHA256     string
	Size       int64
	Failure    string
	AskedAt    time.Time
	ReadyAt    time.Time
	ExpiresAt  time.Time
	Downloads  int
	areaPath   string
	linePath   string
}

// StateName is the state in Chinese.
func (r Run) StateName() string { return stateNames[r.State] }

// Link is its page.
func (r Run) Link() string { return "/console/move-outs/" + r.ID }

// FileName is the archive's name for its reader.
func (r Run) FileName() string {
	return "site-" + calendar.DateOf(r.AskedAt).String() + "-" + r.ID + ".zip"
}

func (r Run) target() audit.Target {
	return audit.Target{Kind: "move_out", ID: r.ID, Name: r.SiteName, Unit: string(r.Unit)}
}

// Part is one finished file of the archive.
type Part struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
	Count  int    `json:"count"` // lines, pages or files in it
}

// Manifest is the last file of an archive: what is in it.
type Manifest struct {
	Format string          `json:"format"` // zhengshu-site/1
	Made   time.Time       `json:"made"`
	Site   string          `json:"site"`
	Host   string          `json:"host"`
	Parts  map[string]Part `json:"parts"`
}

const (
	format       = "zhengshu-site/1"
	manifestName = "manifest.json"
)

// Extra is what a module above holds of a site: its look, its layouts.
type Extra struct {
	Name string // file name without ending: appearance
	// Write gives what is to be kept as JSON; nil keeps nothing.
	Write func(ctx context.Context, site registry.SiteID) (any, error)
	// Take puts it into a site of another house; nil leaves it.
	Take func(ctx context.Context, site registry.Site, body json.RawMessage) error
}

// Parts are what the service works with.
type Parts struct {
	DB       *db.DB
	Org      *org.Service
	Registry *registry.Service
	Library  *library.Service
	Letters  *letters.Service
	Shelf    movein.Shelf
	Shelved  func(scope authz.Scope) func(ctx context.Context, unit org.UnitID, f library.RowFile, keep bool) (string, error)
	Blobs    blob.Store
	Dir      string // where archives lie
	// Tree gives the pages of the site's release as files any web server can
	// serve, with its redirects.
	Tree   func(ctx context.Context, site registry.SiteID, add func(name string, body io.Reader) error) error
	Extras []Extra
}

// Service is the door of moveout.
type Service struct{ Parts }

// New makes the service.
func New(p Parts) *Service { return &Service{p} }

// Work is the job of a run.
type Work struct {
	ID string `json:"id"`
}

// Kind names the job.
func (Work) Kind() string { return "moveout.work" }

// Tidy is the periodic duty that removes what has expired.
type Tidy struct{}

// Kind names the job.
func (Tidy) Kind() string { return "moveout.tidy" }

// Register puts the work of the module to the workers.
func (s *Service) Register(w *jobs.Workers) {
	jobs.Handle(w, func(ctx context.Context, j Work) error { return s.Work(ctx, j.ID) })
	jobs.GivenUp(w, s.broken)
	jobs.Handle(w, func(ctx context.Context, _ Tidy) error { _, err := s.Expire(ctx); return err })
	jobs.Every(w, time.Hour, Tidy{})
}

const runSelect = `
	SELECT m.id, m.site_id, s.name, m.unit_id, u.name, m.person_id, m.person_name, m.letters, m.state, m.stage, m.done, m.total, m.parts, m.sha256, m.size, m.failure, m.asked_at, m.ready_at, m.expires_at, m.downloads,
	       u.area_path, u.line_path
	  FROM move_out m JOIN site s ON s.id = m.site_id JOIN unit u ON u.id = m.unit_id`

func scanRun(r db.Scanner) (Run, error) {
	var x Run
	var parts string
	if err := r.Scan(&x.ID, &x.Site, &x.SiteName, &x.Unit, &x.UnitName, &x.PersonID, &x.PersonName, &x.Letters, &x.State, &x.Stage, &x.Done, &x.Total, &parts, &x.SHA256, &x.Size, &x.Failure, &x.AskedAt, &x.ReadyAt, &x.ExpiresAt, &x.Downloads,
		&x.areaPath, &x.linePath); err != nil {
		return x, err
	}
	return x, json.Unmarshal([]byte(parts), &x.Parts)
}

// Run in scope.
func (s *Service) Run(ctx context.Context, scope authz.Scope, id string) (Run, error) {
	return s.run(ctx, s.DB, scope, id)
}

func (s *Service) run(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Run, error) {
	r, err := db.One(ctx, q, scanRun, runSelect+` WHERE m.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(r.areaPath, r.linePath) {
		return Run{}, fault.Missing("导出")
	}
	return r, err
}

// Runs in scope, newest first, and how many there are; of one site when given.
func (s *Service) Runs(ctx context.Context, scope authz.Scope, site registry.SiteID, limit, offset int) ([]Run, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.AndIf(site != "", "m.site_id = ?", site)
	total, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM move_out m JOIN unit u ON u.id = m.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.DB, scanRun, runSelect+` WHERE `+w.SQL()+` ORDER BY m.asked_at DESC, m.id DESC LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	return list, total, err
}

// Ask begins a run for a site in scope, in the name of the session. withLetters
// takes the letters too, without the persons who wrote them: for who may read
// them.
func (s *Service) Ask(ctx context.Context, session *authz.Session, scope authz.Scope, site registry.SiteID, withLetters bool) (Run, error) {
	if session == nil {
		return Run{}, fault.New(fault.Forbidden, "请先登录。")
	}
	var r Run
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		st, err := s.Registry.SiteTx(ctx, tx, scope, site)
		if err != nil {
			return err
		}
		if withLetters && !st.In(session.ScopeFor(authz.LetterRead)) {
			return fault.New(fault.Refused, "您没有查看这个网站来信的权限，不能把来信一并导出；请去掉来信，或由有权限的人员导出。").On("letters", "没有查看来信的权限")
		}
		r = Run{ID: ulid.Make().String(), Site: site, SiteName: st.Name, Unit: st.Unit, UnitName: st.UnitName, PersonID: session.PersonID, PersonName: session.Name, Letters: withLetters, State: Waiting, AskedAt: tx.Now()}
		_, err = tx.Exec(ctx, `INSERT INTO move_out (id, site_id, unit_id, person_id, person_name, letters, state, stage, done, total, parts, sha256, size, failure, asked_at, downloads)
			VALUES ($1, $2, $3, $4, $5, $6, $7, '', 0, 0, '[]', '', 0, '', $8, 0)`, r.ID, r.Site, r.Unit, r.PersonID, r.PersonName, r.Letters, r.State, r.AskedAt)
		if _, dup := db.UniqueViolation(err); dup {
			return fault.New(fault.Conflict, "这个网站正在导出，请等这一次完成。").From(err)
		}
		if err != nil {
			return fmt.Errorf("moveout: ask: %w", err)
		}
		if err := jobs.Enqueue(ctx, tx, Work{r.ID}, jobs.MaxAttempts(5)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "moveout.ask", Basis: sx2021.Instrument + " 第二十八条", Target: r.target(), After: map[string]any{"letters": withLetters}})
	})
	return r, err
}

// folder is where the parts of a run lie.
func (s *Service) folder(id string) (string, error) {
	if !runID.MatchString(id) {
		return "", fmt.Errorf("moveout: run %q", id)
	}
	return filepath.Join(s.Dir, id), nil
}

var runID = regexp.MustCompile(`^[0-9A-Z]{26}$`)

const archiveName = "archive.zip"

// Open opens a finished archive in scope and notes that it was fetched.
func (s *Service) Open(ctx context.Context, scope authz.Scope, id string) (Run, *os.File, error) {
	r, err := s.Run(ctx, scope, id)
	if err != nil {
		return r, nil, err
	}
	switch {
	case r.State == Expired || r.State == Ready && s.DB.Now().After(r.ExpiresAt):
		return r, nil, fault.Newf(fault.Conflict, "这份导出已过期（保留 %d 天），请重新导出。", KeepDays)
	case r.State != Ready:
		return r, nil, fault.Newf(fault.Conflict, "导出还没有完成，现在的状态是“%s”。", r.StateName())
	}
	dir, err := s.folder(id)
	if err != nil {
		return r, nil, err
	}
	f, err := os.Open(filepath.Join(dir, archiveName))
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil, fault.New(fault.Unavailable, "导出文件不在这台服务器上，请稍后再试或重新导出。").From(err)
	}
	if err != nil {
		return r, nil, err
	}
	if err := s.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE move_out SET downloads = downloads + 1 WHERE id = $1`, id); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "moveout.fetch", Target: r.target(), After: r.SHA256})
	}); err != nil {
		return r, nil, errors.Join(err, f.Close())
	}
	return r, f, nil
}

// Expire removes archives whose time is over, and says how many.
func (s *Service) Expire(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "moveout")
	list, err := db.All(ctx, s.DB, scanRun, runSelect+` WHERE m.state = 'ready' AND m.expires_at < $1 ORDER BY m.id LIMIT 100`, s.DB.Now())
	if err != nil {
		return 0, err
	}
	for _, r := range list {
		dir, err := s.folder(r.ID)
		if err != nil {
			return 0, err
		}
		if err := os.RemoveAll(dir); err != nil {
			return 0, err
		}
		if err := s.DB.Update(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE move_out SET state = 'expired' WHERE id = $1`, r.ID); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "moveout.expire", Target: r.target()})
		}); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

// step is one part of the work.
type step struct {
	name  string // file name in the archive
	says  string
	write func(ctx context.Context, r Run, w io.Writer) (int, error)
}

func (s *Service) steps(r Run) []step {
	list := []step{{"site.json", "站点和栏目", s.writeSite}, {"items.jsonl", "稿件", s.writeItems}, {"versions.jsonl", "历史版本", s.writeVersions}, {"placements.jsonl", "公开位置", s.writePlacements}, {"ends.jsonl", "撤稿、归档和替代", s.writeEnds}, {"files.zip", "图片和附件", s.writeFiles}}
	if r.Letters {
		list = append(list, step{"letters.jsonl", "来信", s.writeLetters})
	}
	list = append(list, step{"records.jsonl", "台账记录", s.writeRecords}, step{"audit.jsonl", "审计摘录", s.writeTrail}, step{"static.zip", "静态网页", s.writeTree})
	for _, e := range s.Extras {
		if e.Write != nil {
			list = append(list, step{e.Name + ".json", e.Name, func(ctx context.Context, r Run, w io.Writer) (int, error) {
				v, err := e.Write(ctx, r.Site)
				if err != nil || v == nil {
					return 0, err
				}
				return 1, json.NewEncoder(w).Encode(v)
			}})
		}
	}
	return list
}

// Work does what is left of a run. A part that stands with its hash is not made
// again.
func (s *Service) Work(ctx context.Context, id string) error {
	r, err := s.run(ctx, s.DB, authz.System("moveout"), id)
	if fault.Is(err, fault.NotFound) {
		return jobs.Cancel(err)
	}
	if err != nil || r.State != Waiting && r.State != Running {
		return err
	}
	ctx = audit.WithActor(ctx, audit.Actor{Kind: "person", ID: r.PersonID, Name: r.PersonName, Unit: string(r.Unit)})
	err = s.work(ctx, r)
	var says *fault.Error
	if err == nil || ctx.Err() != nil || !errors.As(err, &says) || says.Kind == fault.Internal || says.Kind == fault.Unavailable {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error { return failed(ctx, tx, r, says.Says) })
}

// failed ends a run that came to nothing and tells who asked for it.
func failed(ctx context.Context, tx *db.Tx, r Run, says string) error {
	if _, err := tx.Exec(ctx, `UPDATE move_out SET state = 'failed', stage = '', failure = $2 WHERE id = $1`, r.ID, says); err != nil {
		return err
	}
	if _, err := notify.Send(ctx, tx, notify.Message{Key: "move_out:" + r.ID, Unit: string(r.Unit), Person: r.PersonID, Link: r.Link(), Title: "“" + r.SiteName + "”的整站导出没有完成", Body: says}); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "moveout.fail", Target: r.target(), After: says})
}

// broken ends a run whose job is given up, in that act: its site could not be asked
// for again.
func (s *Service) broken(ctx context.Context, tx *db.Tx, j Work, why error) error {
	r, err := s.run(ctx, tx, authz.System("moveout"), j.ID)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil || r.State != Waiting && r.State != Running {
		return err
	}
	return failed(audit.System(ctx, "moveout"), tx, r, "导出中断："+jobs.Told(why))
}

func (s *Service) work(ctx context.Context, r Run) error {
	dir, err := s.folder(r.ID)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault.New(fault.Unavailable, "导出目录不能创建，请系统管理员检查磁盘空间和权限。").From(err)
	}
	list := s.steps(r)
	for i, st := range list {
		if slices.ContainsFunc(r.Parts, func(p Part) bool { return p.Name == st.name && s.stands(dir, p) }) {
			continue
		}
		if err := s.progress(ctx, r, st.says, i, len(list)); err != nil {
			return err
		}
		p, err := s.writePart(ctx, r, dir, st)
		if err != nil {
			return fmt.Errorf("moveout: %s: %w", st.name, err)
		}
		r.Parts = append(slices.DeleteFunc(r.Parts, func(x Part) bool { return x.Name == p.Name }), p)
		if err := s.keepParts(ctx, r); err != nil {
			return err
		}
	}
	if err := s.progress(ctx, r, "打包", len(list), len(list)); err != nil {
		return err
	}
	sum, size, err := s.pack(ctx, r, dir)
	if err != nil {
		return err
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		expires := tx.Now().AddDate(0, 0, KeepDays)
		if _, err := tx.Exec(ctx, `UPDATE move_out SET state = 'ready', stage = '', done = total, sha256 = $2, size = $3, ready_at = $4, expires_at = $5 WHERE id = $1`, r.ID, sum, size, tx.Now(), expires); err != nil {
			return err
		}
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "move_out:" + r.ID, Unit: string(r.Unit), Person: r.PersonID, Link: r.Link(), Title: "“" + r.SiteName + "”的整站导出可以下载了", Body: "保留到 " + calendar.DateOf(expires).Chinese() + "。"}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "moveout.ready", Target: r.target(), After: map[string]any{"sha256": sum, "size": size}})
	})
	if err != nil {
		return err
	}
	// The parts are in the archive now.
	for _, p := range r.Parts {
		if err := os.Remove(filepath.Join(dir, p.Name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (s *Service) stands(dir string, p Part) bool {
	f, err := os.Open(filepath.Join(dir, p.Name))
	if err != nil {
		return false
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return err == nil && n == p.Size && hex.EncodeToString(h.Sum(nil)) == p.SHA256
}

func (s *Service) progress(ctx context.Context, r Run, stage string, done, total int) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE move_out SET state = 'running', stage = $2, done = $3, total = $4 WHERE id = $1`, r.ID, stage, done, total); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "moveout.stage", Target: r.target(), After: stage})
	})
}

func (s *Service) keepParts(ctx context.Context, r Run) error {
	body, err := json.Marshal(r.Parts)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE move_out SET parts = $2 WHERE id = $1`, r.ID, string(body)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "moveout.part", Target: r.target(), After: r.Parts[len(r.Parts)-1]})
	})
}

// counting hashes and counts what goes through.
type counting struct {
	w io.Writer
	n int64
}

func (c *counting) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// writePart makes a part beside and puts it in its place when it is whole.
func (s *Service) writePart(ctx context.Context, r Run, dir string, st step) (p Part, err error) {
	f, err := os.CreateTemp(dir, ".part-*")
	if err != nil {
		return p, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	h := sha256.New()
	c := &counting{w: io.MultiWriter(f, h)}
	n, err := st.write(ctx, r, c)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return p, err
	}
	return Part{Name: st.name, SHA256: hex.EncodeToString(h.Sum(nil)), Size: c.n, Count: n}, os.Rename(f.Name(), filepath.Join(dir, st.name))
}

// pack joins the parts, with the manifest and a word to whoever opens it.
func (s *Service) pack(ctx context.Context, r Run, dir string) (sum string, size int64, err error) {
	site, err := s.Registry.Site(ctx, authz.System("moveout"), r.Site)
	if err != nil {
		return "", 0, err
	}
	f, err := os.CreateTemp(dir, ".archive-*")
	if err != nil {
		return "", 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	h := sha256.New()
	c := &counting{w: io.MultiWriter(f, h)}
	z := zip.NewWriter(c)
	m := Manifest{Format: format, Made: s.DB.Now(), Site: site.Name, Host: site.Host, Parts: map[string]Part{}}
	for _, p := range r.Parts {
		m.Parts[p.Name] = p
		if err := addFile(z, filepath.Join(dir, p.Name), p.Name, m.Made); err != nil {
			return "", 0, errors.Join(err, f.Close())
		}
	}
	body, err := json.MarshalIndent(m, "", " ")
	if err == nil {
		err = addBytes(z, "说明.txt", m.Made, []byte(readme))
	}
	if err == nil {
		err = addBytes(z, manifestName, m.Made, body)
	}
	if err := errors.Join(err, z.Close(), f.Sync(), f.Close()); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(h.Sum(nil)), c.n, os.Rename(f.Name(), filepath.Join(dir, archiveName))
}

func addFile(z *zip.Writer, file, name string, at time.Time) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	method := zip.Deflate
	if filepath.Ext(name) == ".zip" {
		method = zip.Store
	}
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: at})
	if err != nil {
		return err
	}
	_, err = io.Copy(w, in)
	return err
}

func addBytes(z *zip.Writer, name string, at time.Time, body []byte) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at})
	if err != nil {
		return err
	}
	_, err = w.Write(body)
	return err
}

const readme = `这是一个网站的全部数据，格式公开，不依赖本系统也能读取。

site.json         站点信息、栏目（含责任人、A 岗、B 岗、更新周期）、域名
items.jsonl       稿件的最新版本，每行一篇（JSON），与“导出稿件”格式相同
versions.jsonl    每篇稿件的全部历史版本
placements.jsonl  稿件在栏目中的位置、公开时间和网址
ends.jsonl        稿件对读者怎样结束：撤稿、并入、替代、归档、停用
files.zip         图片和附件原件，以 SHA-256 为名，稿件的 files 字段写明对应关系
letters.jsonl     来信和答复（选择导出时才有），不含来信人的个人信息
records.jsonl     台账变更和域名记录
audit.jsonl       与本站有关的审计记录
static.zip        已发布网页的静态文件，任何网页服务器都可以使用；redirects.csv 是跳转和撤下的网址
addresses.json    跳转和停用的网址，带到新系统后仍然跳转或说明原因
manifest.json     各部分的 SHA-256，导入时逐一核对

在另一套系统中：zhengshu import site 文件.zip --unit 主办单位名称
`
