package training

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
)

const citation = "陕政公开办〔2021〕18号 第三十一条"

// YearlyKind is the clock of a supervisor or sponsor: reminders through the
// last quarter.
var YearlyKind = obligation.Kind{ID: "training", Name: "年度业务培训", Clause: "S31.2", Citation: citation,
	Says: "各级主管主办单位每年至少组织一次业务培训", Remind: []int{91, 61, 30, 7, 0}, Escalate: 5, Province: 30, Minutes: 30}

// Kinds of course.
const (
	Business  = "business"
	Mandatory = "mandatory"
	Media     = "media"
)

// KindNames in Chinese.
var KindNames = map[string]string{Business: "业务培训", Mandatory: "领导干部和公务员必学内容", Media: "媒体行业专业技能培训"}

// KindOrder is the order of screens.
var KindOrder = []string{Business, Mandatory, Media}

// States of a course.
const (
	Planned   = "planned"
	Held      = "held"
	Cancelled = "cancelled"
)

// Machine is the states of a course.
var Machine = passage.Machine{Kind: "training_course", Noun: "培训", States: map[string]string{Planned: "已安排", Held: "已举办", Cancelled: "已取消"},
	Moves: []passage.Move{
		{To: Planned, Act: "plan", Says: "安排", Permit: string(authz.TrainingManage)},
		{From: Planned, Act: "hold", To: Held, Says: "办结", Guard: "已到举办日，有人签到", Permit: string(authz.TrainingManage)},
		{From: Planned, Act: "cancel", To: Cancelled, Says: "取消", Permit: string(authz.TrainingManage)},
	}}

// Course is one training.
type Course struct {
	ID        string
	Unit      org.UnitID
	UnitName  string
	Year      int
	Kind      string
	Title     string
	HeldOn    calendar.Date
	Place     string
	Teacher   string
	Outline   string
	Document  string
	Hours     int // tenths
	State     string
	Code      string
	CodeUntil time.Time
	CreatedBy string
	Why       string
	Present   int // joined
	Files     []approval.Attachment
}

// HoursText writes tenths of an hour.
func HoursText(n int) string {
	if n%10 == 0 {
		return fmt.Sprint(n / 10)
	}
	return fmt.Sprintf("%d.%d", n/10, n%10)
}

// Link is its page.
func (c Course) Link() string { return "/console/training/" + c.ID }

func (c Course) target() audit.Target {
	return audit.Target{Kind: "training_course", ID: c.ID, Name: c.Title, Unit: string(c.Unit)}
}

// Attendance is one person at one course.
type Attendance struct {
	ID, Course, Title, Person, PersonName, UnitName, Way, Certificate string
	Unit                                                              org.UnitID
	SignedAt                                                          time.Time
	HeldOn                                                            calendar.Date
	Hours                                                             int
	Organiser                                                         string
}

// Service is the door of training.
type Service struct {
	db          *db.DB
	org         *org.Service
	obligations *obligation.Service
	store       blob.Store
}

// New makes the service and registers what returns each year.
func New(d *db.DB, o *org.Service, r *registry.Service, ob *obligation.Service, store blob.Store) *Service {
	s := &Service{db: d, org: o, obligations: ob, store: store}
	ob.Recur(obligation.Recurring{Kind: YearlyKind.ID, Every: obligation.Yearly, Link: "/console/training?year={period}", Owes: func(ctx context.Context, q db.Querier) ([]obligation.Debtor, error) {
		seen := map[org.UnitID]bool{}
		var out []obligation.Debtor
		add := func(id org.UnitID, name string) {
			if !seen[id] {
				seen[id] = true
				out = append(out, obligation.Debtor{Unit: id, Name: name})
			}
		}
		sponsors, err := r.Sponsors(ctx, q, authz.System("training.owes"), true)
		if err != nil {
			return nil, err
		}
		for _, x := range sponsors {
			add(x.Unit, x.Name)
		}
		// Supervisors: the offices, and the provincial departments (Article 4).
		offices, err := o.Choose(ctx, q, authz.System("training.owes"), org.Choice{Kinds: []org.Kind{org.Office}})
		if err != nil {
			return nil, err
		}
		departments, _, err := o.Units(ctx, authz.System("training.owes"), org.UnitFilter{Kind: org.Department, Level: org.Province, Limit: org.MostChosen})
		if err != nil {
			return nil, err
		}
		for _, u := range offices {
			add(u.ID, u.Name)
		}
		for _, u := range departments {
			add(u.ID, u.Name)
		}
		return out, nil
	}})
	return s
}

const courseSelect = `SELECT c.id, c.unit_id, u.name, c.year, c.kind, c.title, c.held_on, c.place, c.teacher, c.outline, c.document, c.hours, c.state, c.code, c.code_until, c.created_by, c.why,
	(SELECT count(*) FROM training_attendance a WHERE a.course_id = c.id)
	FROM training_course c JOIN unit u ON u.id = c.unit_id`

func scanCourse(r db.Scanner) (Course, error) {
	var c Course
	err := r.Scan(&c.ID, &c.Unit, &c.UnitName, &c.Year, &c.Kind, &c.Title, &c.HeldOn, &c.Place, &c.Teacher, &c.Outline, &c.Document, &c.Hours, &c.State, &c.Code, &c.CodeUntil, &c.CreatedBy, &c.Why, &c.Present)
	return c, err
}

// May reports whether the person runs the unit's trainings.
func May(session *authz.Session, unit org.UnitID) bool {
	return session.MayAt(authz.TrainingManage, string(unit))
}

// Plan enters a course of the person's own unit.
func (s *Service) Plan(ctx context.Context, session *authz.Session, c Course, files []approval.Upload) (Course, error) {
	for _, p := range []*string{&c.Title, &c.Place, &c.Teacher, &c.Outline, &c.Document} {
		*p = strings.TrimSpace(*p)
	}
	today := calendar.DateOf(s.db.Now())
	var f fault.Fields
	f.Check(KindNames[c.Kind] != "", "kind", "请选择培训种类")
	f.Check(c.Title != "" && len([]rune(c.Title)) <= 100, "title", "请填写培训名称，最多 100 个字")
	f.Check(!c.HeldOn.IsZero(), "held_on", "请填写举办日期")
	f.Check(c.HeldOn.IsZero() || c.HeldOn.Year >= today.Year-1 && c.HeldOn.Year <= today.Year+1, "held_on", "举办日期要在去年至明年之间")
	f.Check(c.Hours > 0 && c.Hours <= 800, "hours", "学时要在 0.5 至 80 之间")
	f.Check(len([]rune(c.Place)) <= 100 && len([]rune(c.Teacher)) <= 100, "place", "地点和授课人各最多 100 个字")
	f.Check(len([]rune(c.Outline)) <= 4000, "outline", "内容最多 4000 个字")
	f.Check(c.Kind != Mandatory || c.Document != "", "document", "请填写列为必学内容的文件（名称或文号）")
	f.Check(len([]rune(c.Document)) <= 200, "document", "文件最多 200 个字")
	if err := f.Err(); err != nil {
		return c, err
	}
	if !May(session, c.Unit) {
		return c, fault.Missing("单位")
	}
	kept, err := approval.TakeAll(ctx, s.store, files)
	if err != nil {
		return c, err
	}
	c.ID, c.Year, c.CreatedBy = ulid.Make().String(), c.HeldOn.Year, session.Name
	return c, s.db.Update(ctx, func(tx *db.Tx) error {
		if _, c.State, err = Machine.Take(ctx, tx, c.ID, "plan", passage.Note{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO training_course (id, unit_id, year, kind, title, held_on, place, teacher, outline, document, hours, state, created_by, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`, c.ID, c.Unit, c.Year, c.Kind, c.Title, c.HeldOn, c.Place, c.Teacher, c.Outline, c.Document, c.Hours, c.State, c.CreatedBy, tx.Now()); err != nil {
			return err
		}
		if err := approval.AttachAll(ctx, tx, "training", c.ID, kept); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "training.plan", Basis: citation, Target: c.target(), After: c})
	})
}

// Course in scope.
func (s *Service) Course(ctx context.Context, scope authz.Scope, id string) (Course, error) {
	c, err := s.course(ctx, s.db, scope, id)
	if err != nil {
		return c, err
	}
	c.Files, err = approval.Attachments(ctx, s.db, "training", id)
	return c, err
}

func (s *Service) course(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Course, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("c.id = ?", id)
	c, err := db.One(ctx, q, scanCourse, courseSelect+` WHERE `+w.SQL(), w.Args()...)
	if db.None(err) {
		return c, fault.Missing("培训")
	}
	return c, err
}

func (s *Service) ours(ctx context.Context, tx *db.Tx, scope authz.Scope, session *authz.Session, id string) (Course, error) {
	c, err := s.course(ctx, tx, scope, id)
	if err == nil && !May(session, c.Unit) {
		return c, fault.New(fault.Refused, "培训由举办单位自己管理。")
	}
	return c, err
}

// CodeLife is how long a sign-in code holds.
const CodeLife = 10 * time.Minute

// ShowCode makes a new code to show in the room; the one before ends.
func (s *Service) ShowCode(ctx context.Context, scope authz.Scope, session *authz.Session, id string) (Course, error) {
	var c Course
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if c, err = s.ours(ctx, tx, scope, session, id); err != nil {
			return err
		}
		if c.State != Planned || c.HeldOn != calendar.DateOf(tx.Now()) {
			return fault.New(fault.Refused, "签到码只能在举办当日、办结之前显示。")
		}
		// Codes that have ended leave room for new ones.
		if _, err := tx.Exec(ctx, `UPDATE training_course SET code = '' WHERE code <> '' AND code_until < $1`, tx.Now()); err != nil {
			return err
		}
		n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
		if err != nil {
			return err
		}
		c.Code, c.CodeUntil = fmt.Sprintf("%06d", n), tx.Now().Add(CodeLife)
		if _, err := tx.Exec(ctx, `UPDATE training_course SET code = $2, code_until = $3 WHERE id = $1`, id, c.Code, c.CodeUntil); err != nil {
			if _, dup := db.UniqueViolation(err); dup {
				return fault.New(fault.Conflict, "签到码没有生成，请再点一次。")
			}
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "training.code", Target: c.target()})
	})
	return c, err
}

// tries is how many codes a person may try in a window.
const tries, window = 8, 10 * time.Minute

// SignIn takes the code shown in the room.
func (s *Service) SignIn(ctx context.Context, session *authz.Session, code string) (Course, error) {
	code = strings.TrimSpace(code)
	var c Course
	var refused error
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		refused = nil
		key := "training:" + session.PersonID
		n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM rate_limit WHERE key = $1 AND at > $2`, key, tx.Now().Add(-window))
		if err != nil {
			return err
		}
		if n >= tries {
			refused = fault.New(fault.TooMany, "签到码试错次数过多，请 10 分钟后再试，或请组织者登记。").On("code", "请稍后再试")
			return nil
		}
		if _, err := tx.Quiet(ctx, `INSERT INTO rate_limit (key, at) VALUES ($1, $2)`, key, tx.Now()); err != nil {
			return err
		}
		c, err = db.One(ctx, tx, scanCourse, courseSelect+` WHERE c.code = $1 AND c.code <> '' AND c.code_until >= $2 AND c.state = 'planned'`, code, tx.Now())
		if db.None(err) {
			refused = fault.New(fault.Invalid, "签到码不正确或已过期，请看屏幕上的新码。").On("code", "请填写屏幕上的 6 位数字")
			return nil
		}
		if err != nil {
			return err
		}
		unit, _ := session.Unit()
		added, err := tx.Exec(ctx, `INSERT INTO training_attendance (id, course_id, unit_id, person_id, person_name, way, signed_at) VALUES ($1, $2, $3, $4, $5, 'code', $6) ON CONFLICT (course_id, unit_id, person_name) DO NOTHING`,
			ulid.Make().String(), c.ID, unit, session.PersonID, session.Name, tx.Now())
		if err != nil || added == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "training.sign_in", Target: c.target(), After: session.Name})
	})
	return c, errors.Join(err, refused)
}

// Attend enters people by the organiser's list, one a line: name and, where it
// is another, the whole name of the unit.
func (s *Service) Attend(ctx context.Context, scope authz.Scope, session *authz.Session, id, list string) (added int, err error) {
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		added = 0
		c, err := s.ours(ctx, tx, scope, session, id)
		if err != nil {
			return err
		}
		if c.State != Planned || c.HeldOn.After(calendar.DateOf(tx.Now())) {
			return fault.New(fault.Refused, "举办当日起、办结之前才能登记参加人员。")
		}
		lines := strings.Split(list, "\n")
		if len(lines) > 1000 {
			return fault.New(fault.Invalid, "一次最多登记 1000 人。").On("list", "请分次登记")
		}
		var f fault.Fields
		units := map[string]org.Unit{}
		for i, line := range lines {
			name, unitName, _ := strings.Cut(strings.Join(strings.Fields(strings.NewReplacer("，", " ", ",", " ", "　", " ").Replace(line)), " "), " ")
			if name == "" {
				continue
			}
			if len([]rune(name)) > 40 {
				f.Add("list", fmt.Sprintf("第 %d 行姓名过长", i+1))
				continue
			}
			unit := c.Unit
			if unitName != "" {
				u, ok := units[unitName]
				if !ok {
					// Anybody's unit may send people, whoever holds the course.
					u, err = s.org.UnitByName(ctx, tx, authz.System("training.attend"), unitName)
					if fault.Is(err, fault.NotFound) {
						f.Add("list", fmt.Sprintf("第 %d 行的单位“%s”没有登记，请写全称", i+1, unitName))
						continue
					}
					if err != nil {
						return err
					}
					units[unitName] = u
				}
				unit = u.ID
			}
			person, err := db.One(ctx, tx, db.Value[string], `SELECT id FROM person WHERE unit_id = $1 AND name = $2 AND left_at IS NULL ORDER BY id LIMIT 1`, unit, name)
			if err != nil && !db.None(err) {
				return err
			}
			n, err := tx.Exec(ctx, `INSERT INTO training_attendance (id, course_id, unit_id, person_id, person_name, way, signed_at) VALUES ($1, $2, $3, $4, $5, 'list', $6) ON CONFLICT (course_id, unit_id, person_name) DO NOTHING`,
				ulid.Make().String(), id, unit, person, name, tx.Now())
			if err != nil {
				return err
			}
			added += int(n)
		}
		if err := f.Err(); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "training.attend", Target: c.target(), After: map[string]int{"added": added}})
	})
	return added, err
}

// Hold closes a course that took place: it numbers the certificates and, for a
// business training, discharges the year.
func (s *Service) Hold(ctx context.Context, scope authz.Scope, session *authz.Session, id string, files []approval.Upload) error {
	kept, err := approval.TakeAll(ctx, s.store, files)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.ours(ctx, tx, scope, session, id)
		if err != nil {
			return err
		}
		if c.HeldOn.After(calendar.DateOf(tx.Now())) {
			return fault.New(fault.Refused, "还没有到举办日期，不能办结。")
		}
		if c.Present == 0 && c.Kind != Mandatory {
			return fault.New(fault.Refused, "还没有人签到，不能办结；请先登记参加人员。")
		}
		if _, c.State, err = Machine.Take(ctx, tx, id, "hold", passage.Note{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE training_course SET state = $2, code = '' WHERE id = $1`, id, c.State); err != nil {
			return err
		}
		if err := approval.AttachAll(ctx, tx, "training", id, kept); err != nil {
			return err
		}
		people, err := db.All(ctx, tx, db.Value[string], `SELECT id FROM training_attendance WHERE course_id = $1 ORDER BY signed_at, id`, id)
		if err != nil {
			return err
		}
		for _, p := range people {
			number, err := approval.NextNumber(ctx, tx, "PX")
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE training_attendance SET certificate = $2 WHERE id = $1`, p, number); err != nil {
				return err
			}
		}
		if c.Kind == Business {
			evidence := fmt.Sprintf("%s（%s，%d 人，%s 学时）", c.Title, c.HeldOn.Chinese(), c.Present, HoursText(c.Hours))
			if _, err := s.obligations.DischargePeriod(ctx, tx, YearlyKind.ID, obligation.Subject{Kind: "unit", ID: string(c.Unit), Name: c.UnitName}, fmt.Sprint(c.Year), evidence); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "training.hold", Basis: citation, Target: c.target(), After: map[string]int{"present": c.Present}})
	})
}

// Cancel takes a course off the plan.
func (s *Service) Cancel(ctx context.Context, scope authz.Scope, session *authz.Session, id, why string) error {
	why = strings.TrimSpace(why)
	return s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.ours(ctx, tx, scope, session, id)
		if err != nil {
			return err
		}
		if why == "" || len([]rune(why)) > 300 {
			return fault.New(fault.Invalid, "取消需要写明原因。").On("why", "请写明取消原因，最多 300 个字")
		}
		if _, c.State, err = Machine.Take(ctx, tx, id, "cancel", passage.Note{Says: why}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE training_course SET state = $2, why = $3, code = '' WHERE id = $1`, id, c.State, why); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "training.cancel", Target: c.target(), After: why})
	})
}

// Filter narrows Courses.
type Filter struct {
	Year   int
	Kind   string
	Unit   org.UnitID
	State  string
	Limit  int
	Offset int
}

// Courses in scope, the latest day first, and how many there are.
func (s *Service) Courses(ctx context.Context, scope authz.Scope, f Filter) ([]Course, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.AndIf(f.Year > 0, "c.year = ?", f.Year).AndIf(f.Kind != "", "c.kind = ?", f.Kind).AndIf(f.Unit != "", "c.unit_id = ?", f.Unit).AndIf(f.State != "", "c.state = ?", f.State)
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM training_course c JOIN unit u ON u.id = c.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, scanCourse, courseSelect+` WHERE `+w.SQL()+` ORDER BY c.held_on DESC, c.id DESC LIMIT `+w.Arg(f.Limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

const attendanceSelect = `SELECT a.id, a.course_id, c.title, a.person_id, a.person_name, a.unit_id, u.name, a.way, a.certificate, a.signed_at, c.held_on, c.hours, o.name
	FROM training_attendance a JOIN training_course c ON c.id = a.course_id JOIN unit u ON u.id = a.unit_id JOIN unit o ON o.id = c.unit_id`

func scanAttendance(r db.Scanner) (Attendance, error) {
	var a Attendance
	err := r.Scan(&a.ID, &a.Course, &a.Title, &a.Person, &a.PersonName, &a.Unit, &a.UnitName, &a.Way, &a.Certificate, &a.SignedAt, &a.HeldOn, &a.Hours, &a.Organiser)
	return a, err
}

// Present at a course in scope.
func (s *Service) Present(ctx context.Context, scope authz.Scope, id string, limit int) ([]Attendance, error) {
	if _, err := s.course(ctx, s.db, scope, id); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db, scanAttendance, attendanceSelect+` WHERE a.course_id = $1 ORDER BY a.signed_at, a.id LIMIT $2`, id, limit)
}

// Own are the courses the person was at, the latest first.
func (s *Service) Own(ctx context.Context, session *authz.Session, limit int) ([]Attendance, error) {
	return db.All(ctx, s.db, scanAttendance, attendanceSelect+` WHERE a.person_id = $1 AND a.person_id <> '' ORDER BY a.signed_at DESC, a.id LIMIT $2`, session.PersonID, limit)
}

// Certificate of a course that was held: for the person, or for who sees the
// course.
func (s *Service) Certificate(ctx context.Context, scope authz.Scope, session *authz.Session, course, id string) (Attendance, error) {
	a, err := db.One(ctx, s.db, scanAttendance, attendanceSelect+` WHERE a.id = $1 AND a.course_id = $2 AND a.certificate <> ''`, id, course)
	if db.None(err) {
		return a, fault.Missing("证书")
	}
	if err != nil || a.Person != "" && session != nil && a.Person == session.PersonID {
		return a, err
	}
	if _, err := s.course(ctx, s.db, scope, course); err != nil {
		return Attendance{}, fault.Missing("证书")
	}
	return a, nil
}

// Figure is one unit's year.
type Figure struct {
	Unit     org.UnitID
	UnitName string
	Held     int // business trainings the unit held
	Sent     int // people of the unit at any course
	Hours    int // tenths, of those people
}

// Figures of a year by unit in scope: every unit that held or sent, by name.
func (s *Service) Figures(ctx context.Context, scope authz.Scope, year, limit, offset int) ([]Figure, error) {
	var w db.Where
	scope.Where(&w, "u")
	cond := w.SQL()
	y := w.Arg(year)
	return db.All(ctx, s.db, func(r db.Scanner) (Figure, error) {
		var f Figure
		err := r.Scan(&f.Unit, &f.UnitName, &f.Held, &f.Sent, &f.Hours)
		return f, err
	}, `SELECT u.id, u.name, sum(x.held), sum(x.sent), sum(x.hours) FROM (
		SELECT c.unit_id, 1 AS held, 0 AS sent, 0 AS hours FROM training_course c WHERE c.year = `+y+` AND c.kind = 'business' AND c.state = 'held'
		UNION ALL SELECT a.unit_id, 0, 1, c.hours FROM training_attendance a JOIN training_course c ON c.id = a.course_id WHERE c.year = `+y+` AND c.state = 'held') x
		JOIN unit u ON u.id = x.unit_id WHERE `+cond+` GROUP BY u.id, u.name ORDER BY u.name, u.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
}

// File opens a file of a course in scope.
func (s *Service) File(ctx context.Context, scope authz.Scope, id, file string) (approval.Attachment, io.ReadCloser, error) {
	if _, err := s.course(ctx, s.db, scope, id); err != nil {
		return approval.Attachment{}, nil, err
	}
	return approval.OpenAttached(ctx, s.db, s.store, "training", id, file)
}

// Now is the clock of the house, for pages that say how long a code holds.
func (s *Service) Now() time.Time { return s.db.Now() }
