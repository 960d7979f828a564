package coordination

import (
	"cmp"
	"context"
	"fmt"
	"io"
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
	"zhengshu/internal/rules/sx2021"
)

// The clocks of Articles 5 and 20.
var (
	FollowUpDue = obligation.Kind{ID: "coordination_follow_up", Name: "协同事项跟进", Clause: "S20.1", Citation: sx2021.Instrument + " 第二十条（一）",
		Says: "协同会商确定的后续事项按期办理并登记结果", Remind: []int{3, 0}, Escalate: 3}
	ReceiptDue = obligation.Kind{ID: "share_receipt", Name: "共享台账签收", Clause: "S20.1", Citation: sx2021.Instrument + " 第二十条（一）",
		Says: "协同监管单位签收共享台账", Remind: []int{2, 0}, Escalate: 3}
	ScheduleDue = obligation.Kind{ID: "ledger_share", Name: "定期共享台账", Clause: "S20.1", Citation: sx2021.Instrument + " 第二十条（一）",
		Says: "按约定周期向协同监管单位共享台账", Remind: []int{7, 0}, Escalate: 7}
)

// Obligations are the clocks this module runs.
func Obligations() []obligation.Kind {
	return []obligation.Kind{FollowUpDue, ReceiptDue, ScheduleDue, ReferralDue}
}

// Partner is whom an office works together with.
type Partner struct{ Value, Name string }

// Partners are the five co-regulators of Article 5 and the media of Article
// 20(2).
var Partners = []Partner{{"publicity", "宣传部门"}, {"cyberspace", "网信部门"}, {"establishment", "编制部门"}, {"police", "公安部门"}, {"telecom", "通信管理部门"},
	{"news", "新闻机构"}, {"media", "重点媒体"}, {"convergence", "融媒体中心"}}

// Media are the partners of Article 20(2), kinds of contact.
var Media = Partners[5:]

// Forms are the ways of working together.
var Forms = []Partner{{"meeting", "会议"}, {"notice", "通报、函告"}, {"consult", "会商"}, {"joint", "联合处置"}}

// Named is the Chinese name of a value of one of the lists.
func Named(list []Partner, v string) string {
	for _, p := range list {
		if p.Value == v {
			return p.Name
		}
	}
	return ""
}

// Entry is one line of the log.
type Entry struct {
	ID           string
	Unit         org.UnitID
	UnitName     string // joined
	Partner      string
	PartnerName  string // the very office or organ
	Form         string
	Title        string
	On           calendar.Date
	Participants string
	Says         string
	Result       string
	// Major marks the consultation with 宣传 on the response to a grave event
	// (Article 5).
	Major        bool
	FollowUp     string
	FollowDue    calendar.Date
	FollowedAt   time.Time
	FollowedBy   string
	FollowResult string
	area, line   string
}

// Link is the entry's page.
func (e Entry) Link() string { return "/console/coordination/" + e.ID }

// Open reports whether its follow-up is still to be done.
func (e Entry) Open() bool { return e.FollowUp != "" && e.FollowedAt.IsZero() }

// In reports whether it lies in the scope.
func (e Entry) In(scope authz.Scope) bool { return e.area != "" && scope.Covers(e.area, e.line) }

// Citation is the clause it answers.
func (e Entry) Citation() string {
	switch {
	case e.Major:
		return sx2021.Instrument + " 第五条"
	case Named(Media, e.Partner) != "":
		return sx2021.Instrument + " 第二十条（二）"
	}
	return sx2021.Instrument + " 第二十条（一）"
}

// Target names it in the trail.
func (e Entry) Target() audit.Target {
	return audit.Target{Kind: "coordination", ID: e.ID, Name: e.Title, Unit: string(e.Unit)}
}

func (e Entry) subject() obligation.Subject {
	return obligation.Subject{Kind: "coordination", ID: e.ID, Name: e.Title}
}

// Parts are what the service works with.
type Parts struct {
	DB          *db.DB
	Org         *org.Service
	Obligations *obligation.Service
	Days        calendar.Workdays
	Store       blob.Store
	Settings    func() sx2021.Settings
	// Lists are the ledgers that may be shared.
	Lists []List
}

// Service is the door of coordination.
type Service struct {
	db          *db.DB
	org         *org.Service
	obligations *obligation.Service
	days        calendar.Workdays
	store       blob.Store
	settings    func() sx2021.Settings
	lists       []List
	sources     []ReferralSource
}

// New makes the service.
func New(p Parts) *Service {
	return &Service{db: p.DB, org: p.Org, obligations: p.Obligations, days: p.Days, store: p.Store, settings: p.Settings, lists: p.Lists}
}

const entrySelect = `
	SELECT e.id, e.unit_id, u.name, e.partner, e.partner_name, e.form, e.title, e.held_on, e.participants, e.says, e.result, e.major, e.follow_up, e.follow_due, e.followed_at, e.followed_by, e.follow_result, u.area_path, u.line_path
	  FROM coordination_entry e JOIN unit u ON u.id = e.unit_id`

func scanEntry(r db.Scanner) (Entry, error) {
	var e Entry
	err := r.Scan(&e.ID, &e.Unit, &e.UnitName, &e.Partner, &e.PartnerName, &e.Form, &e.Title, &e.On, &e.Participants, &e.Says, &e.Result, &e.Major, &e.FollowUp, &e.FollowDue, &e.FollowedAt, &e.FollowedBy, &e.FollowResult, &e.area, &e.line)
	return e, err
}

// EntryTx is one entry in scope.
func (s *Service) EntryTx(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Entry, error) {
	e, err := db.One(ctx, q, scanEntry, entrySelect+` WHERE e.id = $1`, id)
	if db.None(err) || err == nil && !e.In(scope) {
		return Entry{}, fault.Missing("协同工作记录")
	}
	return e, err
}

// Filter narrows the lists of this module.
type Filter struct {
	Text    string
	Unit    org.UnitID
	Partner string
	Form    string
	Year    int
	Major   bool
	Open    bool // with an open follow-up
	Limit   int  // 50 when zero
	Offset  int
}

// Entries in scope, newest first.
func (s *Service) Entries(ctx context.Context, scope authz.Scope, f Filter) ([]Entry, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	if f.Text != "" {
		like := db.Contains(f.Text)
		w.And(`lower(e.title) LIKE ? ESCAPE '\' OR lower(e.partner_name) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\'`, like, like, like)
	}
	w.AndIf(f.Unit != "", "e.unit_id = ?", f.Unit).AndIf(f.Partner != "", "e.partner = ?", f.Partner).AndIf(f.Form != "", "e.form = ?", f.Form).AndIf(f.Major, "e.major").
		AndIf(f.Open, "e.follow_up <> '' AND e.followed_at IS NULL")
	if f.Year > 0 {
		w.And("e.held_on >= ? AND e.held_on <= ?", calendar.Date{Year: f.Year, Month: time.January, Day: 1}, calendar.Date{Year: f.Year, Month: time.December, Day: 31})
	}
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM coordination_entry e JOIN unit u ON u.id = e.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, scanEntry, entrySelect+` WHERE `+w.SQL()+` ORDER BY e.held_on DESC, e.id DESC LIMIT `+w.Arg(cmp.Or(f.Limit, 50))+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// MajorConsults counts the consultations with 宣传 on grave events of a unit
// since a day: whoever releases such a response asks here first (Article 5).
func (s *Service) MajorConsults(ctx context.Context, q db.Querier, scope authz.Scope, unit org.UnitID, since calendar.Date) (int, error) {
	if _, err := s.org.UnitTx(ctx, q, scope, unit); err != nil {
		return 0, err
	}
	return db.One(ctx, q, db.Value[int], `SELECT count(*) FROM coordination_entry WHERE unit_id = $1 AND major AND held_on >= $2`, unit, since)
}

// Log adds an entry; a follow-up with a day is owed.
func (s *Service) Log(ctx context.Context, scope authz.Scope, e Entry, files []approval.Upload) (Entry, error) {
	for _, p := range []*string{&e.PartnerName, &e.Title, &e.Participants, &e.Says, &e.Result, &e.FollowUp} {
		*p = strings.TrimSpace(*p)
	}
	var f fault.Fields
	f.Text("title", "事项", e.Title, true, 100)
	f.Text("partner_name", "具体单位", e.PartnerName, true, 80)
	f.Text("participants", "参加人员", e.Participants, true, 500)
	f.Text("says", "主要内容", e.Says, true, 5000)
	f.Text("result", "结果", e.Result, false, 2000)
	f.Text("follow_up", "后续事项", e.FollowUp, false, 500)
	if err := f.Err(); err != nil {
		return e, err
	}
	today := calendar.DateOf(s.db.Now())
	switch {
	case Named(Partners, e.Partner) == "":
		return e, fault.New(fault.Invalid, "没有选择协同对象。").On("partner", "请选择协同对象")
	case Named(Forms, e.Form) == "":
		return e, fault.New(fault.Invalid, "没有选择协同方式。").On("form", "请选择协同方式")
	case e.On.IsZero() || e.On.After(today):
		return e, fault.New(fault.Invalid, "日期应为今天或以前。").On("on", "请填写今天或以前的日期")
	case e.Major && e.Partner != "publicity":
		return e, fault.New(fault.Invalid, "重大突发事件回应的会商对象是宣传部门（第五条）。").On("partner", "请选择宣传部门")
	case e.FollowUp != "" && e.FollowDue.IsZero():
		return e, fault.New(fault.Invalid, "后续事项没有填写办理期限。").On("follow_due", "请填写期限")
	case e.FollowUp == "" && !e.FollowDue.IsZero():
		return e, fault.New(fault.Invalid, "填写了期限，没有写明后续事项。").On("follow_up", "请写明后续事项")
	case !e.FollowDue.IsZero() && e.FollowDue.Before(e.On):
		return e, fault.New(fault.Invalid, "办理期限早于协同日期。").On("follow_due", "请填写 "+e.On.String()+" 以后的日期")
	case len(files) > 10:
		return e, fault.New(fault.Invalid, "附件不超过 10 个。").On("files", "请合并后上传")
	}
	for i := range files {
		files[i].Kind, files[i].Field = "minutes", "files"
	}
	taken, err := approval.TakeAll(ctx, s.store, files)
	if err != nil {
		return e, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		u, err := s.org.UnitTx(ctx, tx, scope, e.Unit)
		if err != nil {
			return err
		}
		e.ID, e.UnitName, e.area, e.line = ulid.Make().String(), u.Name, u.AreaPath, u.LinePath
		if _, err := tx.Exec(ctx, `
			INSERT INTO coordination_entry (id, unit_id, partner, partner_name, form, title, held_on, participants, says, result, major, follow_up, follow_due, followed_by, follow_result, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '', '', $14)`,
			e.ID, e.Unit, e.Partner, e.PartnerName, e.Form, e.Title, e.On, e.Participants, e.Says, e.Result, e.Major, e.FollowUp, e.FollowDue, tx.Now()); err != nil {
			return fmt.Errorf("coordination: log: %w", err)
		}
		if err := approval.AttachAll(ctx, tx, "coordination", e.ID, taken); err != nil {
			return err
		}
		if e.FollowUp != "" {
			if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: FollowUpDue.ID, Unit: e.Unit, Subject: e.subject(), Link: e.Link(), Due: calendar.Due{On: e.FollowDue}}); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "coordination.entry.add", Target: e.Target(), Basis: e.Citation(), After: e})
	})
	return e, err
}

// Follow says how the follow-up ended.
func (s *Service) Follow(ctx context.Context, scope authz.Scope, id, result string) error {
	if result = strings.TrimSpace(result); result == "" || len([]rune(result)) > 2000 {
		return fault.New(fault.Invalid, "办理结果没有填写，或超过 2000 字。").On("result", "请写明办理结果")
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		e, err := s.EntryTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if !e.Open() {
			return fault.New(fault.Conflict, "这件协同事项没有待办的后续，可能刚被别人登记，请刷新后再看。")
		}
		actor, _ := audit.ActorFrom(ctx)
		n, err := tx.Exec(ctx, `UPDATE coordination_entry SET followed_at = $2, followed_by = $3, follow_result = $4 WHERE id = $1 AND followed_at IS NULL`, id, tx.Now(), actor.Name, result)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "后续结果刚被别人登记，请刷新后再看。")
		}
		if _, err := s.obligations.Discharge(ctx, tx, FollowUpDue.ID, e.subject(), "已登记结果"); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "coordination.entry.follow", Target: e.Target(), Basis: e.Citation(), After: map[string]string{"result": result}})
	})
}

// Dossier is one entry with its files and trail.
type Dossier struct {
	Entry   Entry
	Files   []approval.Attachment
	History []audit.Row
}

// Entry in scope with all that belongs to it.
func (s *Service) Entry(ctx context.Context, scope authz.Scope, id string) (d Dossier, err error) {
	if d.Entry, err = s.EntryTx(ctx, s.db, scope, id); err != nil {
		return d, err
	}
	if d.Files, err = approval.Attachments(ctx, s.db, "coordination", id); err != nil {
		return d, err
	}
	d.History, err = audit.Entries(ctx, s.db, audit.Filter{TargetKind: "coordination", TargetID: id, Limit: 40})
	return d, err
}

// File opens a file of an entry in scope.
func (s *Service) File(ctx context.Context, scope authz.Scope, id, file string) (approval.Attachment, io.ReadCloser, error) {
	if _, err := s.EntryTx(ctx, s.db, scope, id); err != nil {
		return approval.Attachment{}, nil, err
	}
	return approval.OpenAttached(ctx, s.db, s.store, "coordination", id, file)
}

// Contact is one person of a news organ or 融媒体中心.
type Contact struct {
	ID         string
	Unit       org.UnitID
	UnitName   string // joined
	Organ      string
	Kind       string
	Person     string
	Post       string
	Phone      string
	Email      string
	Note       string
	Ended      calendar.Date
	area, line string
}

// Link is where the contact is changed.
func (c Contact) Link() string { return "/console/contacts/" + c.ID }

// Target names it in the trail.
func (c Contact) Target() audit.Target {
	return audit.Target{Kind: "media_contact", ID: c.ID, Name: c.Organ + " " + c.Person, Unit: string(c.Unit)}
}

const contactSelect = `SELECT c.id, c.unit_id, u.name, c.organ, c.kind, c.person, c.post, c.phone, c.email, c.note, c.ended_on, u.area_path, u.line_path FROM media_contact c JOIN unit u ON u.id = c.unit_id`

func scanContact(r db.Scanner) (Contact, error) {
	var c Contact
	err := r.Scan(&c.ID, &c.Unit, &c.UnitName, &c.Organ, &c.Kind, &c.Person, &c.Post, &c.Phone, &c.Email, &c.Note, &c.Ended, &c.area, &c.line)
	return c, err
}

// Contact in scope.
func (s *Service) Contact(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Contact, error) {
	c, err := db.One(ctx, q, scanContact, contactSelect+` WHERE c.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(c.area, c.line) {
		return Contact{}, fault.Missing("媒体联系人")
	}
	return c, err
}

// Contacts in scope that still stand, by organ.
func (s *Service) Contacts(ctx context.Context, scope authz.Scope, f Filter) ([]Contact, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	if f.Text != "" {
		like := db.Contains(f.Text)
		w.And(`lower(c.organ) LIKE ? ESCAPE '\' OR lower(c.person) LIKE ? ESCAPE '\' OR c.phone LIKE ? ESCAPE '\'`, like, like, like)
	}
	w.And("c.ended_on IS NULL").AndIf(f.Unit != "", "c.unit_id = ?", f.Unit).AndIf(f.Partner != "", "c.kind = ?", f.Partner)
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM media_contact c JOIN unit u ON u.id = c.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, scanContact, contactSelect+` WHERE `+w.SQL()+` ORDER BY c.organ, c.person, c.id LIMIT `+w.Arg(cmp.Or(f.Limit, 50))+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// SaveContact adds a contact, or changes one.
func (s *Service) SaveContact(ctx context.Context, scope authz.Scope, c Contact) (Contact, error) {
	for _, p := range []*string{&c.Organ, &c.Person, &c.Post, &c.Phone, &c.Email, &c.Note} {
		*p = strings.TrimSpace(*p)
	}
	var f fault.Fields
	f.Text("organ", "媒体名称", c.Organ, true, 80)
	f.Text("person", "联系人", c.Person, true, 30)
	f.Text("post", "职务", c.Post, false, 60)
	f.Text("phone", "电话", c.Phone, true, 30)
	f.Text("email", "电子邮箱", c.Email, false, 100)
	f.Text("note", "备注", c.Note, false, 500)
	f.Check(Named(Media, c.Kind) != "", "kind", "请选择媒体类别")
	if err := f.Err(); err != nil {
		return c, err
	}
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var before any
		act := "coordination.contact.add"
		if c.ID == "" {
			if _, err := s.org.UnitTx(ctx, tx, scope, c.Unit); err != nil {
				return err
			}
			c.ID = ulid.Make().String()
			if _, err := tx.Exec(ctx, `INSERT INTO media_contact (id, unit_id, organ, kind, person, post, phone, email, note, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)`,
				c.ID, c.Unit, c.Organ, c.Kind, c.Person, c.Post, c.Phone, c.Email, c.Note, tx.Now()); err != nil {
				return err
			}
		} else {
			old, err := s.Contact(ctx, tx, scope, c.ID)
			if err != nil {
				return err
			}
			before, act, c.Unit = old, "coordination.contact.change", old.Unit
			if _, err := tx.Exec(ctx, `UPDATE media_contact SET organ = $2, kind = $3, person = $4, post = $5, phone = $6, email = $7, note = $8, updated_at = $9 WHERE id = $1`, c.ID, c.Organ, c.Kind, c.Person, c.Post, c.Phone, c.Email, c.Note, tx.Now()); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: act, Target: c.Target(), Before: before, After: c})
	})
	return c, err
}

// EndContact takes a contact out of the directory.
func (s *Service) EndContact(ctx context.Context, scope authz.Scope, id string) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.Contact(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if !c.Ended.IsZero() {
			return fault.New(fault.Conflict, "这位联系人已经移出。")
		}
		if _, err := tx.Exec(ctx, `UPDATE media_contact SET ended_on = $2, updated_at = $3 WHERE id = $1`, id, calendar.DateOf(tx.Now()), tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "coordination.contact.end", Target: c.Target(), Before: c})
	})
}

// ContactHistory is the trail of one contact in scope.
func (s *Service) ContactHistory(ctx context.Context, scope authz.Scope, id string) ([]audit.Row, error) {
	if _, err := s.Contact(ctx, s.db, scope, id); err != nil {
		return nil, err
	}
	return audit.Entries(ctx, s.db, audit.Filter{TargetKind: "media_contact", TargetID: id, Limit: 40})
}
