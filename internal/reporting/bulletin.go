package reporting

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"zhengshu/internal/appraisal"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// BulletinID identifies a bulletin.
type BulletinID string

// Bulletin is one paper of supervision of one place: see Kind.
type Bulletin struct {
	ID         BulletinID
	Kind       Kind
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
	Revision   int // of the outline
	EditedBy   string
	EditedAt   time.Time
	AgreedBy   string
	PublicOn   calendar.Date // since when everybody may read it
	Superior   org.UnitID    // to whom a report went
	ReceivedAt time.Time
	ReceivedBy string
	Receipt    string
	// Outline is the text as it stands; of a frozen paper as it was frozen.
	Outline Outline
	// Content is empty in lists.
	Content             Content
	stored, outlineText string
	areaOf              string
	areaPath, linePath  string
	supArea, supLine    string
	editors             []string
	submittedBy         string
}

// StateName is the state in Chinese.
func (b Bulletin) StateName() string {
	if b.State == Issued {
		switch {
		case b.Kind.Signed():
			return "已签字确认"
		case b.Kind.Upwards():
			return "已报送"
		}
	}
	return Machine.Name(b.State)
}

// Title is the title of the document.
func (b Bulletin) Title() string {
	n := natures[b.Kind]
	if b.Kind.Signed() {
		return b.AreaName + b.Period.Chinese() + n.title
	}
	return "关于" + b.AreaName + b.Period.Chinese() + n.title
}

// Fixed reports whether the content is kept and counted no more.
func (b Bulletin) Fixed() bool { return b.State == Frozen || b.State == Issued || b.State == Received }

// Out reports whether it has left the office.
func (b Bulletin) Out() bool { return b.State == Issued || b.State == Received }

// Link is the bulletin's page in the console.
func (b Bulletin) Link() string { return "/console/bulletins/" + string(b.ID) }

// Target names the bulletin in the trail.
func (b Bulletin) Target() audit.Target {
	return audit.Target{Kind: "bulletin", ID: string(b.ID), Name: b.Title(), Unit: string(b.Unit)}
}

// Letters gives the figures of letters of an area as they stood on a day: for
// each measure its name and rows. The scope is that of the area.
type Letters func(ctx context.Context, scope authz.Scope, p assessment.Period, on calendar.Date) ([]Figure, error)

// Parts are what the service stands on.
type Parts struct {
	DB         *db.DB
	Org        *org.Service
	Registry   *registry.Service
	Assessment *assessment.Service
	Letters    Letters // nil: bulletins have no figures of letters and say so

	Obligations *obligation.Service    // nil: nothing is discharged
	Settings    func() sx2021.Settings // nil: the defaults
}

// Service is the door of reporting.
type Service struct {
	db         *db.DB
	org        *org.Service
	registry   *registry.Service
	assessment *assessment.Service
	letters    Letters

	obligations *obligation.Service
	settings    func() sx2021.Settings
	rounds      *appraisal.Service
	given       []contribution
	onPublic    func(ctx context.Context, tx *db.Tx) error
	drafts      drafts
	fixed       fixed
}

// New makes the service.
func New(p Parts) *Service {
	s := &Service{db: p.DB, org: p.Org, registry: p.Registry, assessment: p.Assessment, letters: p.Letters, obligations: p.Obligations, settings: p.Settings}
	if s.settings == nil {
		s.settings = sx2021.Defaults
	}
	if s.obligations != nil {
		s.clocks()
	}
	return s
}

func (s *Service) today() calendar.Date { return calendar.DateOf(s.db.Now()) }

const bulletinSelect = `
	SELECT b.id, b.kind, b.area_id, a.name, b.unit_id, u.name, b.period, b.state, b.number, b.composed_by, b.created_at, b.frozen_at, b.issued_on, b.sha256, b.outline, b.revision, b.edited_by, b.edited_at, b.editors, b.submitted_by, b.agreed_by,
	       b.public_on, coalesce(b.superior_id, ''), b.received_at, b.received_by, b.receipt, a.path, a.level, u.area_path, u.line_path, coalesce(p.area_path, ''), coalesce(p.line_path, '')`

const bulletinFrom = `
	  FROM bulletin b JOIN area a ON a.id = b.area_id JOIN unit u ON u.id = b.unit_id LEFT JOIN unit p ON p.id = b.superior_id`

func scanBulletin(r db.Scanner) (Bulletin, error) { return scanWith(r) }

func scanWhole(r db.Scanner) (Bulletin, error) {
	var stored string
	b, err := scanWith(r, &stored)
	b.stored = stored
	return b, err
}

func scanWith(r db.Scanner, more ...any) (Bulletin, error) {
	var b Bulletin
	var period, editors string
	err := r.Scan(append([]any{&b.ID, &b.Kind, &b.Area, &b.AreaName, &b.Unit, &b.UnitName, &period, &b.State, &b.Number, &b.ComposedBy, &b.CreatedAt, &b.FrozenAt, &b.IssuedOn, &b.SHA256, &b.outlineText, &b.Revision, &b.EditedBy, &b.EditedAt, &editors, &b.submittedBy, &b.AgreedBy,
		&b.PublicOn, &b.Superior, &b.ReceivedAt, &b.ReceivedBy, &b.Receipt, &b.areaOf, &b.Level, &b.areaPath, &b.linePath, &b.supArea, &b.supLine}, more...)...)
	if err != nil {
		return b, err
	}
	b.editors = strings.Fields(editors)
	if b.Period, err = assessment.ParsePeriod(period); err != nil {
		return b, err
	}
	b.Outline, err = outlineOf(b.Kind, b.outlineText)
	return b, err
}

func (s *Service) bulletin(ctx context.Context, q db.Querier, scope authz.Scope, id BulletinID) (Bulletin, error) {
	b, err := db.One(ctx, q, scanWhole, bulletinSelect+`, b.content`+bulletinFrom+` WHERE b.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(b.areaPath, b.linePath) {
		return Bulletin{}, fault.Missing("这份通报")
	}
	return b, err
}

// Bulletin in scope with its content: as the rows stand now for a draft, as kept
// when it was frozen. A frozen one whose content does not match its digest is refused.
func (s *Service) Bulletin(ctx context.Context, scope authz.Scope, id BulletinID) (Bulletin, error) {
	b, err := s.bulletin(ctx, s.db, scope, id)
	if err != nil {
		return Bulletin{}, err
	}
	if !b.Fixed() {
		b.Content, err = s.draft(ctx, b)
		return b, err
	}
	s.drafts.drop(id)
	return s.open(b)
}

// open reads the content of a fixed paper, when it is what was fixed.
func (s *Service) open(b Bulletin) (Bulletin, error) {
	if digest(b.stored) != b.SHA256 {
		return Bulletin{}, fault.Newf(fault.Conflict, "%s的定稿内容与定稿时的校验值不一致，内容可能被改动，请联系审计管理员核查。", b.Title())
	}
	if err := json.Unmarshal([]byte(b.stored), &b.Content); err != nil {
		return b, fmt.Errorf("reporting: content: %w", err)
	}
	if b.Content.Outline != nil {
		b.Outline = *b.Content.Outline
	} else {
		b.Outline = Usual(b.Kind) // frozen before there were outlines
	}
	return b, nil
}

func digest(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// Filter narrows Bulletins.
type Filter struct {
	Kind   Kind
	Area   org.AreaID
	State  string
	Period assessment.Period
	Limit  int // 50 when zero
	Offset int
}

// Bulletins in scope, newest period first, without their content; and how many
// there are.
func (s *Service) Bulletins(ctx context.Context, scope authz.Scope, f Filter) ([]Bulletin, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.AndIf(f.Kind != "", "b.kind = ?", f.Kind).AndIf(f.Area != "", "b.area_id = ?", f.Area).AndIf(f.State != "", "b.state = ?", f.State).AndIf(!f.Period.IsZero(), "b.period = ?", f.Period.String())
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM bulletin b JOIN unit u ON u.id = b.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	list, err := db.All(ctx, s.db, scanBulletin, bulletinSelect+bulletinFrom+` WHERE `+w.SQL()+` ORDER BY b.period DESC, a.code, b.kind, b.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
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

// In reports whether the office that writes the paper lies in the scope.
func (b Bulletin) In(scope authz.Scope) bool {
	return b.areaPath != "" && scope.Covers(b.areaPath, b.linePath)
}

// To reports whether the office that a report goes to lies in the scope.
func (b Bulletin) To(scope authz.Scope) bool {
	return b.Superior != "" && scope.Covers(b.supArea, b.supLine)
}

// BulletinPlain is a paper in scope without its content.
func (s *Service) BulletinPlain(ctx context.Context, scope authz.Scope, id BulletinID) (Bulletin, error) {
	return s.bulletin(ctx, s.db, scope, id)
}
