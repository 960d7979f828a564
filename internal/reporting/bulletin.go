package reporting

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
)

// BulletinID identifies a bulletin.
type BulletinID string

// States of a bulletin.
const (
	Draft  = "draft"
	Frozen = "frozen"
	Issued = "issued"
)

const citation = "陕政公开办〔2021〕18号 第二十九条、第三十条"

// Machine declares what may become of a bulletin.
var Machine = passage.Machine{
	Kind: "bulletin", Noun: "季度通报",
	States: map[string]string{Draft: "草稿", Frozen: "已定稿", Issued: "已印发"},
	Moves: []passage.Move{
		{From: "", Act: "compose", To: Draft, Says: "编制", Guard: "一地一季度一份", Permit: string(authz.BulletinCompose)},
		{From: Draft, Act: "freeze", To: Frozen, Says: "定稿", Guard: "季度已结束", Permit: string(authz.BulletinCompose)},
		{From: Frozen, Act: "thaw", To: Draft, Says: "退回草稿", Guard: "尚未印发", Permit: string(authz.BulletinCompose)},
		{From: Frozen, Act: "issue", To: Issued, Says: "印发", Guard: "发文字号合规范", Permit: string(authz.BulletinCompose)},
	},
}

// Bulletin is the quarterly bulletin of one place.
type Bulletin struct {
	ID         BulletinID
	Area       org.AreaID
	AreaName   string    // joined
	Level      org.Level // joined: of the area
	Unit       org.UnitID
	UnitName   string // joined
	Period     assessment.Period
	State      string
	Number     string // 发文字号
	ComposedBy string
	CreatedAt  time.Time
	FrozenAt   time.Time
	IssuedOn   calendar.Date
	SHA256     string
	// Content is empty in lists.
	Content            Content
	stored, areaOf     string
	areaPath, linePath string
}

// StateName is the state in Chinese.
func (b Bulletin) StateName() string { return Machine.Name(b.State) }

// Title is the title of the document.
func (b Bulletin) Title() string {
	return "关于" + b.AreaName + b.Period.Chinese() + "政府网站与政务新媒体检查情况的通报"
}

// Link is the bulletin's page in the console.
func (b Bulletin) Link() string { return "/console/bulletins/" + string(b.ID) }

// Target names the bulletin in the trail.
func (b Bulletin) Target() audit.Target {
	return audit.Target{Kind: "bulletin", ID: string(b.ID), Name: b.Title(), Unit: string(b.Unit)}
}

// Letters gives the figures of letters of an area: for each measure its name
// and rows. The scope is that of the area.
type Letters func(ctx context.Context, scope authz.Scope, p assessment.Period) ([]Figure, error)

// Parts are what the service stands on.
type Parts struct {
	DB         *db.DB
	Org        *org.Service
	Registry   *registry.Service
	Assessment *assessment.Service
	Letters    Letters // nil: bulletins have no figures of letters and say so
}

// Service is the door of reporting.
type Service struct {
	db         *db.DB
	org        *org.Service
	registry   *registry.Service
	assessment *assessment.Service
	letters    Letters
}

// New makes the service.
func New(p Parts) *Service {
	return &Service{db: p.DB, org: p.Org, registry: p.Registry, assessment: p.Assessment, letters: p.Letters}
}

func (s *Service) today() calendar.Date { return calendar.DateOf(s.db.Now()) }

const bulletinSelect = `
	SELECT b.id, b.area_id, a.name, b.unit_id, u.name, b.period, b.state, b.number, b.composed_by, b.created_at, b.frozen_at, b.issued_on, b.sha256, b.content, a.path, a.level, u.area_path, u.line_path
	  FROM bulletin b JOIN area a ON a.id = b.area_id JOIN unit u ON u.id = b.unit_id`

func scanBulletin(r db.Scanner) (Bulletin, error) {
	var b Bulletin
	var period string
	err := r.Scan(&b.ID, &b.Area, &b.AreaName, &b.Unit, &b.UnitName, &period, &b.State, &b.Number, &b.ComposedBy, &b.CreatedAt, &b.FrozenAt, &b.IssuedOn, &b.SHA256, &b.stored, &b.areaOf, &b.Level, &b.areaPath, &b.linePath)
	if err == nil {
		b.Period, err = assessment.ParsePeriod(period)
	}
	return b, err
}

func (s *Service) bulletin(ctx context.Context, q db.Querier, scope authz.Scope, id BulletinID) (Bulletin, error) {
	b, err := db.One(ctx, q, scanBulletin, bulletinSelect+` WHERE b.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(b.areaPath, b.linePath) {
		return Bulletin{}, fault.Missing("季度通报")
	}
	return b, err
}

// Bulletin in scope with its content: counted now for a draft, as kept when it
// was frozen. A frozen one whose content does not match its digest is refused.
func (s *Service) Bulletin(ctx context.Context, scope authz.Scope, id BulletinID) (Bulletin, error) {
	b, err := s.bulletin(ctx, s.db, scope, id)
	if err != nil {
		return Bulletin{}, err
	}
	if b.State == Draft {
		b.Content, err = s.count(ctx, b)
		return b, err
	}
	if digest(b.stored) != b.SHA256 {
		return Bulletin{}, fault.Newf(fault.Conflict, "%s的定稿内容与定稿时的校验值不一致，内容可能被改动，请联系审计管理员核查。", b.Title())
	}
	return b, json.Unmarshal([]byte(b.stored), &b.Content)
}

func digest(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// Filter narrows Bulletins.
type Filter struct {
	Area   org.AreaID
	State  string
	Period assessment.Period
	Limit  int // 50 when zero
	Offset int
}

// Bulletins in scope, newest quarter first, without their content; and how many
// there are.
func (s *Service) Bulletins(ctx context.Context, scope authz.Scope, f Filter) ([]Bulletin, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.AndIf(f.Area != "", "b.area_id = ?", f.Area).AndIf(f.State != "", "b.state = ?", f.State).AndIf(!f.Period.IsZero(), "b.period = ?", f.Period.String())
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM bulletin b JOIN unit u ON u.id = b.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	list, err := db.All(ctx, s.db, scanBulletin, bulletinSelect+` WHERE `+w.SQL()+` ORDER BY b.period DESC, a.code, b.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// Places are the areas in scope that have an office to issue a bulletin, from
// the province down to the counties.
func (s *Service) Places(ctx context.Context, scope authz.Scope) ([]org.Area, error) {
	var w db.Where
	scope.Where(&w, "u")
	return db.All(ctx, s.db, func(r db.Scanner) (org.Area, error) {
		var a org.Area
		err := r.Scan(&a.ID, &a.Level, &a.Code, &a.Name, &a.Path)
		return a, err
	}, `SELECT DISTINCT a.id, a.level, a.code, a.name, a.path FROM unit u JOIN area a ON a.id = u.area_id
	     WHERE u.kind = 'office' AND u.abolished_on IS NULL AND a.level IN ('province', 'city', 'county') AND `+w.SQL()+` ORDER BY a.code, a.level, a.id`, w.Args()...)
}

// Compose begins the bulletin of a place for a quarter. The office of the place
// issues it and must lie in scope. There is one for each place and quarter.
func (s *Service) Compose(ctx context.Context, scope authz.Scope, area org.AreaID, p assessment.Period) (b Bulletin, err error) {
	var wrong fault.Fields
	wrong.Check(area != "", "area", "没有选择地区，请选择要通报的地区")
	wrong.Check(p.Quarter(), "period", "没有选择季度，请选择要通报的季度")
	if p.Quarter() {
		wrong.Check(!p.First().After(s.today()), "period", "这个季度还没有开始，请选择本季度或以前的季度")
	}
	if err := wrong.Err(); err != nil {
		return b, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		actor, ok := audit.ActorFrom(ctx)
		if !ok {
			return audit.ErrNoActor
		}
		a, err := s.org.Area(ctx, tx, area)
		if err != nil {
			return err
		}
		office, err := s.org.SameLevelOffice(ctx, tx, org.Unit{Area: area})
		if err != nil {
			return err
		}
		if office, err = s.org.UnitTx(ctx, tx, scope, office.ID); err != nil {
			return fault.Missing("地区").From(err)
		}
		b = Bulletin{ID: BulletinID(ulid.Make().String()), Area: area, AreaName: a.Name, Level: a.Level, Unit: office.ID, UnitName: office.Name, Period: p, ComposedBy: actor.Name, CreatedAt: tx.Now()}
		if _, b.State, err = Machine.Take(ctx, tx, string(b.ID), "compose", passage.Note{}); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO bulletin (id, area_id, unit_id, period, state, composed_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			b.ID, b.Area, b.Unit, p.String(), b.State, b.ComposedBy, b.CreatedAt)
		if _, dup := db.UniqueViolation(err); dup {
			return fault.Newf(fault.Conflict, "%s%s的通报已经有了，请在列表中打开。", a.Name, p.Chinese()).On("period", "这个季度的通报已经有了").From(err)
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "reporting.bulletin.compose", Basis: citation, Target: b.Target()})
	})
	return b, err
}

// Freeze counts for the last time and keeps figures and rows with their digest.
// A quarter that still runs has no last figures.
func (s *Service) Freeze(ctx context.Context, scope authz.Scope, id BulletinID) (b Bulletin, err error) {
	if b, err = s.bulletin(ctx, s.db, scope, id); err != nil {
		return b, err
	}
	if !b.Period.Last().Before(s.today()) {
		return b, fault.Newf(fault.Refused, "%s到%s才结束，结束以后才能定稿；现在可以先看草稿。", b.Period.Chinese(), b.Period.Last().Chinese())
	}
	content, err := s.count(ctx, b)
	if err != nil {
		return b, err
	}
	text, err := json.Marshal(content)
	if err != nil {
		return b, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if b, err = s.bulletin(ctx, tx, scope, id); err != nil {
			return err
		}
		if _, b.State, err = Machine.Take(ctx, tx, string(id), "freeze", passage.Note{}); err != nil {
			return err
		}
		b.Content, b.SHA256, b.FrozenAt = content, digest(string(text)), tx.Now()
		if _, err := tx.Exec(ctx, `UPDATE bulletin SET state = $2, content = $3, sha256 = $4, frozen_at = $5 WHERE id = $1`, id, b.State, string(text), b.SHA256, b.FrozenAt); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "reporting.bulletin.freeze", Basis: citation, Target: b.Target(), After: map[string]string{"sha256": b.SHA256}})
	})
	return b, err
}

// Thaw takes a frozen bulletin that was not issued back to a draft.
func (s *Service) Thaw(ctx context.Context, scope authz.Scope, id BulletinID) (b Bulletin, err error) {
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if b, err = s.bulletin(ctx, tx, scope, id); err != nil {
			return err
		}
		if _, b.State, err = Machine.Take(ctx, tx, string(id), "thaw", passage.Note{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE bulletin SET state = $2, content = '', sha256 = '', frozen_at = NULL WHERE id = $1`, id, b.State); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "reporting.bulletin.thaw", Target: b.Target(), Before: map[string]string{"sha256": b.SHA256}})
	})
	return b, err
}

// Issue records that a frozen bulletin went out: its number, today.
func (s *Service) Issue(ctx context.Context, scope authz.Scope, id BulletinID, number string) (b Bulletin, err error) {
	if err := (&official.Document{Title: "通报", Number: number}).Check(); err != nil || number == "" {
		says := "没有填写发文字号，应写作“机关代字〔年份〕序号号”，如“陕政公开办〔2021〕18号”"
		if err != nil {
			says = err.Error()
		}
		return b, fault.New(fault.Invalid, "发文字号有误，请改正后再印发。").On("number", says)
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if b, err = s.bulletin(ctx, tx, scope, id); err != nil {
			return err
		}
		if _, b.State, err = Machine.Take(ctx, tx, string(id), "issue", passage.Note{Says: number}); err != nil {
			return err
		}
		b.Number, b.IssuedOn = number, calendar.DateOf(tx.Now())
		if _, err := tx.Exec(ctx, `UPDATE bulletin SET state = $2, number = $3, issued_on = $4 WHERE id = $1`, id, b.State, b.Number, b.IssuedOn); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "reporting.bulletin.issue", Basis: citation, Target: b.Target(), After: map[string]any{"number": number, "sha256": b.SHA256}})
	})
	return b, err
}

// History is every step of a bulletin in scope, oldest first.
func (s *Service) History(ctx context.Context, scope authz.Scope, id BulletinID) ([]passage.Step, error) {
	if _, err := s.bulletin(ctx, s.db, scope, id); err != nil {
		return nil, err
	}
	return Machine.History(ctx, s.db, string(id))
}

// Kept is the content of the bulletin of a place in scope for a quarter, once it
// is frozen or issued: what other papers say of the quarter agrees with it.
func (s *Service) Kept(ctx context.Context, scope authz.Scope, area org.AreaID, p assessment.Period) (Content, bool, error) {
	a, err := s.org.Area(ctx, s.db, area)
	if err != nil {
		return Content{}, false, err
	}
	if !scope.Covers(a.Path, "") {
		return Content{}, false, fault.Missing("地区")
	}
	return s.kept(ctx, area, p)
}

// kept is the content of the bulletin of a place for a period when it is
// frozen or issued.
func (s *Service) kept(ctx context.Context, area org.AreaID, p assessment.Period) (c Content, ok bool, err error) {
	text, err := db.One(ctx, s.db, db.Value[string], `SELECT content FROM bulletin WHERE area_id = $1 AND period = $2 AND state <> 'draft'`, area, p.String())
	if db.None(err) {
		return c, false, nil
	}
	if err != nil {
		return c, false, fmt.Errorf("reporting: read bulletin: %w", err)
	}
	return c, true, json.Unmarshal([]byte(text), &c)
}
