package blindtest

import (
	"cmp"
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/appraisal"
	"zhengshu/internal/approval"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/letters"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/seal"
)

const (
	citation    = sx2021.Instrument + " 第三十条"
	sealPersona = "blindtest.persona"
	sealAnswer  = "blindtest.answer"
)

//go:embed stock.json
var stockFile []byte

// Text is one question of the stock.
type Text struct {
	ID      string       `json:"id"`
	Type    letters.Type `json:"type"`
	Title   string       `json:"title"`
	Body    string       `json:"body"`
	Expects string       `json:"expects"` // what an answer on point says
}

// Stock are the questions of a version.
type Stock struct {
	Version int    `json:"version"`
	Texts   []Text `json:"texts"`
}

// TheStock is the stock that new campaigns draw from.
func TheStock() (Stock, error) {
	var s Stock
	err := json.Unmarshal(stockFile, &s)
	return s, err
}

// States of a campaign and of a letter.
const (
	Planned   = "planned"
	Running   = "running"
	Closed    = "closed"
	Cancelled = "cancelled"

	Waiting  = "planned"
	Sent     = "sent"
	Answered = "answered"
	Lapsed   = "lapsed"
	Void     = "void"
)

// Machine declares what may become of a campaign.
var Machine = passage.Machine{
	Kind: "blind_campaign", Noun: "盲测",
	States: map[string]string{Planned: "已计划", Running: "进行中", Closed: "已结束", Cancelled: "已取消"},
	Moves: []passage.Move{
		{From: "", Act: "plan", To: Planned, Says: "计划盲测", Guard: "样本、文本和发件人固定", Permit: string(authz.AppraisalManage)},
		{From: Planned, Act: "start", To: Running, Says: "开始发信", Permit: string(authz.AppraisalManage)},
		{From: Planned, Act: "cancel", To: Cancelled, Says: "取消", Guard: "写明理由", Permit: string(authz.AppraisalManage)},
		{From: Running, Act: "close", To: Closed, Says: "结束并告知", Guard: "答复都由两人评分，其余已过期限或作废", Permit: string(authz.AppraisalManage)},
	},
}

// LetterMachine declares what may become of a test letter.
var LetterMachine = passage.Machine{
	Kind: "blind_letter", Noun: "测试信件",
	States: map[string]string{Waiting: "待发出", Sent: "已发出", Answered: "已答复", Lapsed: "逾期未答复", Void: "已作废"},
	Moves: []passage.Move{
		{From: "", Act: "plan", To: Waiting, Says: "计划", Permit: string(authz.AppraisalManage)},
		{From: Waiting, Act: "send", To: Sent, Says: "发出", Guard: "经网站自己的表单，或由人登记", Permit: string(authz.AppraisalManage)},
		{From: Sent, Act: "answer", To: Answered, Says: "收到答复", Permit: string(authz.AppraisalManage)},
		{From: Sent, Act: "lapse", To: Lapsed, Says: "期满没有答复", Permit: "system"},
		{From: Lapsed, Act: "answer", To: Answered, Says: "收到逾期答复", Permit: string(authz.AppraisalManage)},
		{From: Waiting, Act: "void", To: Void, Says: "作废", Guard: "写明理由", Permit: string(authz.AppraisalManage)},
		{From: Sent, Act: "void", To: Void, Says: "作废", Guard: "写明理由", Permit: string(authz.AppraisalManage)},
		{From: Lapsed, Act: "void", To: Void, Says: "作废", Guard: "写明理由", Permit: string(authz.AppraisalManage)},
	},
}

// Machines are all machines of the module.
func Machines() []passage.Machine { return []passage.Machine{Machine, LetterMachine} }

// Persona is who a letter is from: a neutral name and a telephone of the office.
type Persona struct {
	Name  string `json:"name"`
	Phone string `json:"phone"`
}

// Campaign is one round of test letters.
type Campaign struct {
	ID        string
	Number    string
	Name      string
	Period    string
	Area      org.AreaID
	AreaName  string // joined
	Unit      org.UnitID
	UnitName  string // joined
	Share     int
	Seed      int64
	Stock     int
	Days      int
	State     string
	HeadID    string
	HeadName  string
	MadeAt    time.Time
	StartedAt time.Time
	ClosedAt  time.Time
	ClosedBy  string
	persona   string // sealed
	area      string
	line      string
}

// StateName is the state in Chinese.
func (c Campaign) StateName() string { return Machine.Name(c.State) }

// Link is the campaign's page.
func (c Campaign) Link() string { return "/console/blind-tests/" + c.ID }

// In reports whether the campaign's office lies in the scope.
func (c Campaign) In(scope authz.Scope) bool { return c.area != "" && scope.Covers(c.area, c.line) }

// PeriodName is the period in Chinese.
func (c Campaign) PeriodName() string {
	p, err := assessment.ParsePeriod(c.Period)
	if err != nil {
		return c.Period
	}
	return p.Chinese()
}

// Target names the campaign in the trail.
func (c Campaign) Target() audit.Target {
	return audit.Target{Kind: "blind_campaign", ID: c.ID, Name: c.Number + " " + c.Name, Unit: string(c.Unit)}
}

// Parts are what the service works with.
type Parts struct {
	DB       *db.DB
	Org      *org.Service
	Registry *registry.Service
	Letters  *letters.Service
	Days     calendar.Workdays
	Keys     *seal.Keyring
	Settings func() sx2021.Settings
}

// Service is the door of blindtest.
type Service struct {
	Parts
	desk *letters.Desk
}

// New makes the service.
func New(p Parts) *Service { return &Service{p, letters.NewDesk(p.Letters)} }

const campaignSelect = `
	SELECT c.id, c.number, c.name, c.period, c.area_id, a.name, c.unit_id, u.name, c.share, c.seed, c.stock, c.days, c.persona, c.state, c.head_id, c.head_name, c.made_at, c.started_at, c.closed_at, c.closed_by, u.area_path, u.line_path
	  FROM blind_campaign c JOIN unit u ON u.id = c.unit_id JOIN area a ON a.id = c.area_id`

func scanCampaign(r db.Scanner) (Campaign, error) {
	var c Campaign
	err := r.Scan(&c.ID, &c.Number, &c.Name, &c.Period, &c.Area, &c.AreaName, &c.Unit, &c.UnitName, &c.Share, &c.Seed, &c.Stock, &c.Days, &c.persona, &c.State, &c.HeadID, &c.HeadName, &c.MadeAt, &c.StartedAt, &c.ClosedAt, &c.ClosedBy, &c.area, &c.line)
	return c, err
}

func (s *Service) campaign(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Campaign, error) {
	c, err := db.One(ctx, q, scanCampaign, campaignSelect+` WHERE c.id = $1`, id)
	if db.None(err) || err == nil && !c.In(scope) {
		return Campaign{}, fault.Missing("盲测")
	}
	return c, err
}

// Campaign in scope.
func (s *Service) Campaign(ctx context.Context, scope authz.Scope, id string) (Campaign, error) {
	return s.campaign(ctx, s.DB, scope, id)
}

// Campaigns in scope, newest first, and how many there are.
func (s *Service) Campaigns(ctx context.Context, scope authz.Scope, limit, offset int) ([]Campaign, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	total, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM blind_campaign c JOIN unit u ON u.id = c.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.DB, scanCampaign, campaignSelect+` WHERE `+w.SQL()+` ORDER BY c.made_at DESC, c.id DESC LIMIT `+w.Arg(cmp.Or(limit, 50))+` OFFSET `+w.Arg(offset), w.Args()...)
	return list, total, err
}

// Planning is what a head chooses.
type Planning struct {
	Unit     org.UnitID
	Period   string
	Name     string
	Share    int
	Each     int // letters to a site
	Personas string
	Seed     string
}

// maxPersonas bounds the senders of a campaign.
const maxPersonas = 20

// personas reads one sender a line: name and telephone.
func personas(text string) ([]Persona, error) {
	var out []Persona
	for _, line := range strings.Split(strings.ReplaceAll(text, "\r", ""), "\n") {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		if len(f) != 2 || len([]rune(f[0])) > 10 || len(f[1]) != 11 || strings.Trim(f[1], "0123456789") != "" || f[1][0] != '1' {
			return nil, fault.Newf(fault.Invalid, "发件人“%.20s”无法识别，请每行填写姓名和 11 位手机号码，中间空格。", strings.TrimSpace(line)).On("personas", "每行填写姓名和 11 位手机号码")
		}
		out = append(out, Persona{f[0], f[1]})
	}
	if len(out) == 0 || len(out) > maxPersonas {
		return nil, fault.Newf(fault.Invalid, "请填写 1 至 %d 位发件人，每行一位。", maxPersonas).On("personas", "请填写发件人")
	}
	return out, nil
}

// Plan draws the sites, gives each its texts and seals the sender.
func (s *Service) Plan(ctx context.Context, scope authz.Scope, n Planning) (Campaign, error) {
	period, err := assessment.ParsePeriod(n.Period)
	var wrong fault.Fields
	wrong.Check(err == nil && period.Quarter(), "period", "时段请写成季度，如 2026-Q3")
	wrong.Check(n.Share >= 1 && n.Share <= 100, "share", "门户网站抽查比例应为 1 至 100 的整数")
	wrong.Check(n.Each >= 1 && n.Each <= 5, "each", "每个网站的信件应为 1 至 5 封")
	n.Name = strings.TrimSpace(n.Name)
	wrong.Text("name", "名称", n.Name, false, 60)
	seed := int64(0)
	if n.Seed = strings.TrimSpace(n.Seed); n.Seed != "" {
		if seed, err = strconv.ParseInt(n.Seed, 10, 64); err != nil || seed < 1 || len(n.Seed) > 18 {
			wrong.Add("seed", "种子应为 1 至 18 位数字，或留空由系统产生")
		}
	}
	if err := wrong.Err(); err != nil {
		return Campaign{}, err
	}
	if seed == 0 {
		var b [8]byte
		if _, err := rand.Read(b[:]); err != nil {
			return Campaign{}, err
		}
		seed = int64(binary.BigEndian.Uint64(b[:])%999_999_999) + 1
	}
	from, err := personas(n.Personas)
	if err != nil {
		return Campaign{}, err
	}
	office, err := s.Org.UnitTx(ctx, s.DB, scope, n.Unit)
	if err != nil {
		return Campaign{}, err
	}
	if office.Kind != org.Office {
		return Campaign{}, fault.Newf(fault.Refused, "盲测由主管单位（政府办公厅、办公室）组织，%s不能组织。", office.Name)
	}
	area, err := s.Org.Area(ctx, s.DB, office.Area)
	if err != nil {
		return Campaign{}, err
	}
	stock, err := TheStock()
	if err != nil {
		return Campaign{}, err
	}
	plain, err := json.Marshal(from)
	if err != nil {
		return Campaign{}, err
	}
	sealed, err := s.Keys.Seal(sealPersona, plain)
	if err != nil {
		return Campaign{}, err
	}
	c := Campaign{ID: ulid.Make().String(), Period: period.String(), Area: area.ID, AreaName: area.Name, Unit: office.ID, UnitName: office.Name, Share: n.Share, Seed: seed, Stock: stock.Version, Days: s.Settings().BlindTestWorkdays,
		persona: sealed, area: office.AreaPath, line: office.LinePath, Name: cmp.Or(n.Name, area.Name+period.Chinese()+"盲测")}
	list, err := s.draw(ctx, c, office, stock, n.Each, len(from))
	if err != nil {
		return Campaign{}, err
	}
	if len(list) == 0 {
		return Campaign{}, fault.New(fault.Refused, "管辖范围内没有在运行的政府门户网站，不能组织盲测。")
	}
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		actor, err := audit.PersonFrom(ctx)
		if err != nil {
			return err
		}
		c.HeadID, c.HeadName, c.MadeAt = actor.ID, actor.Name, tx.Now()
		if c.Number, err = approval.NextNumber(ctx, tx, "MC"); err != nil {
			return err
		}
		if _, c.State, err = Machine.Take(ctx, tx, c.ID, "plan", passage.Note{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO blind_campaign (id, number, name, period, area_id, unit_id, share, seed, stock, days, persona, state, head_id, head_name, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
			c.ID, c.Number, c.Name, c.Period, c.Area, c.Unit, c.Share, c.Seed, c.Stock, c.Days, c.persona, c.State, c.HeadID, c.HeadName, c.MadeAt); err != nil {
			return err
		}
		rows, ids := make([][]any, len(list)), make([]string, len(list))
		for i, l := range list {
			ids[i] = l.ID
			rows[i] = []any{l.ID, c.ID, string(l.Site), l.SiteName, string(l.Unit), l.AreaName, l.AreaCode, l.Way, l.TextID, l.Title, l.Body, l.personaNo, Waiting}
		}
		if _, err := LetterMachine.Begin(ctx, tx, ids, "plan", passage.Note{}); err != nil {
			return err
		}
		if err := tx.InsertAll(ctx, "blind_letter", []string{"id", "campaign_id", "site_id", "site_name", "unit_id", "area_name", "area_code", "way", "text_id", "title", "body", "persona_no", "state"}, rows); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "blindtest.plan", Target: c.Target(), Basis: citation, After: map[string]any{"period": c.Period, "share": c.Share, "seed": c.Seed, "stock": c.Stock, "letters": len(list), "senders": len(from)}})
	})
	return c, err
}

// draw takes the portals below the office, except its own, by the lot of the
// rounds, and gives each different texts.
func (s *Service) draw(ctx context.Context, c Campaign, office org.Unit, stock Stock, each, senders int) ([]Letter, error) {
	_, superior, err := s.Org.SuperiorOffice(ctx, s.DB, office)
	if err != nil {
		return nil, err
	}
	sites, _, err := s.Registry.Sites(ctx, authz.System("blindtest.sample"), registry.SiteFilter{Live: true, Under: c.Area, Limit: 100_000})
	if err != nil {
		return nil, err
	}
	byID := map[string]registry.Site{}
	var all []appraisal.Candidate
	for _, x := range sites {
		if x.Kind != registry.Portal || superior && x.Unit == office.ID {
			continue
		}
		byID[string(x.ID)] = x
		all = append(all, appraisal.Candidate{Object: appraisal.Object{Kind: "site", Of: string(x.ID), AreaCode: x.AreaCode, Stratum: x.AreaCode[:min(4, len(x.AreaCode))]}})
	}
	names, err := s.areaNames(ctx)
	if err != nil {
		return nil, err
	}
	var out []Letter
	n := int(c.Seed % int64(len(stock.Texts)))
	for _, o := range appraisal.Draw(all, c.Seed, c.Share) {
		x := byID[o.Of]
		way := "manual"
		if x.Hosted {
			way = "hosted"
		}
		for range each {
			t := stock.Texts[n%len(stock.Texts)]
			out = append(out, Letter{ID: ulid.Make().String(), Site: x.ID, SiteName: x.Name, Unit: x.Unit, AreaName: names[x.AreaCode], AreaCode: x.AreaCode, Way: way, TextID: t.ID, Title: t.Title, Body: t.Body, personaNo: len(out) % senders})
			n++
		}
	}
	return out, nil
}

func (s *Service) areaNames(ctx context.Context) (map[string]string, error) {
	type row struct{ code, name string }
	list, err := db.All(ctx, s.DB, func(r db.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.code, &x.name)
	}, `SELECT code, name FROM area ORDER BY id`)
	out := make(map[string]string, len(list))
	for _, x := range list {
		out[x.code] = x.name
	}
	return out, err
}

// move takes a campaign through one act.
func (s *Service) move(ctx context.Context, scope authz.Scope, id, act, says string, change func(tx *db.Tx, c *Campaign) (any, error)) (Campaign, error) {
	var c Campaign
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		var err error
		if c, err = s.campaign(ctx, tx, scope, id); err != nil {
			return err
		}
		if !Machine.Can(c.State, act) {
			return fault.Newf(fault.Conflict, "这次盲测现在是“%s”，不能%s。可能刚被别人办理，请刷新后再看。", c.StateName(), Machine.ActName(act))
		}
		var after any
		if change != nil {
			if after, err = change(tx, &c); err != nil {
				return err
			}
		}
		if _, c.State, err = Machine.Take(ctx, tx, id, act, passage.Note{Says: says}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE blind_campaign SET state = $2 WHERE id = $1`, id, c.State); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "blindtest." + act, Target: c.Target(), Basis: citation, After: after})
	})
	return c, err
}

// Start lets the letters go: those of hosted sites by the minute's duty, the
// others as people record them.
func (s *Service) Start(ctx context.Context, scope authz.Scope, id string) (Campaign, error) {
	return s.move(ctx, scope, id, "start", "", func(tx *db.Tx, _ *Campaign) (any, error) {
		_, err := tx.Exec(ctx, `UPDATE blind_campaign SET started_at = $2 WHERE id = $1`, id, tx.Now())
		return nil, err
	})
}

// Cancel gives a campaign up before a letter has gone.
func (s *Service) Cancel(ctx context.Context, scope authz.Scope, id, why string) (Campaign, error) {
	why = strings.TrimSpace(why)
	if err := fault.ReasonFor("why", "取消理由", why); err != nil {
		return Campaign{}, err
	}
	return s.move(ctx, scope, id, "cancel", why, func(*db.Tx, *Campaign) (any, error) { return map[string]any{"why": why}, nil })
}

// Close ends a campaign: the units learn of it, and their test letters leave
// their statistics.
func (s *Service) Close(ctx context.Context, scope authz.Scope, id string) (Campaign, error) {
	return s.move(ctx, scope, id, "close", "", func(tx *db.Tx, c *Campaign) (any, error) {
		actor, err := audit.PersonFrom(ctx)
		if err != nil {
			return nil, err
		}
		list, err := s.letters(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		var open, unmarked int
		var hosted []letters.LetterID
		for _, l := range list {
			switch {
			case l.State == Waiting || l.State == Sent:
				open++
			case l.State == Answered && !l.Settled():
				unmarked++
			}
			if l.LetterID != "" {
				hosted = append(hosted, letters.LetterID(l.LetterID))
			}
		}
		if open > 0 {
			return nil, fault.Newf(fault.Refused, "还有 %d 封信没有发出，或没有答复且未过期限，请等待期满或逐封作废后再结束。", open)
		}
		if unmarked > 0 {
			return nil, fault.Newf(fault.Refused, "还有 %d 封答复没有由两人评分，或评分不一致尚未裁定，请先办理。", unmarked)
		}
		if err := s.Letters.Withdraw(ctx, tx, authz.System("blindtest"), hosted, c.UnitName+"的测试信件（"+c.Number+"），不计入来信统计"); err != nil {
			return nil, err
		}
		if err := s.tell(ctx, tx, *c, list); err != nil {
			return nil, err
		}
		_, err = tx.Exec(ctx, `UPDATE blind_campaign SET closed_at = $2, closed_by = $3 WHERE id = $1`, id, tx.Now(), actor.Name)
		return map[string]any{"letters": len(list), "withdrawn": len(hosted)}, err
	})
}

// Opening is the sealed sender opened by two.
type Opening struct {
	ID       string
	Campaign string
	Reason   string
	AskedID  string
	AskedBy  string
	AskedAt  time.Time
	AgreedID string
	AgreedBy string
	AgreedAt time.Time
}

// openFor is how long an agreed opening lets its two read the sender.
const openFor = 24 * time.Hour

func scanOpening(r db.Scanner) (Opening, error) {
	var o Opening
	err := r.Scan(&o.ID, &o.Campaign, &o.Reason, &o.AskedID, &o.AskedBy, &o.AskedAt, &o.AgreedID, &o.AgreedBy, &o.AgreedAt)
	return o, err
}

const openingSelect = `SELECT id, campaign_id, reason, asked_id, asked_by, asked_at, agreed_id, agreed_by, agreed_at FROM blind_opening`

// Openings of a campaign in scope, newest first.
func (s *Service) Openings(ctx context.Context, scope authz.Scope, id string) ([]Opening, error) {
	if _, err := s.campaign(ctx, s.DB, scope, id); err != nil {
		return nil, err
	}
	return db.All(ctx, s.DB, scanOpening, openingSelect+` WHERE campaign_id = $1 ORDER BY asked_at DESC, id DESC`, id)
}

// Ask asks for the sender to be opened: the first of two.
func (s *Service) Ask(ctx context.Context, scope authz.Scope, id, reason string) error {
	reason = strings.TrimSpace(reason)
	if err := fault.ReasonFor("reason", "启封理由", reason); err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		actor, err := audit.PersonFrom(ctx)
		if err != nil {
			return err
		}
		c, err := s.campaign(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		waiting, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM blind_opening WHERE campaign_id = $1 AND agreed_at IS NULL`, id)
		if err != nil {
			return err
		}
		if waiting > 0 {
			return fault.New(fault.Conflict, "已有人申请启封，请由另一人同意。")
		}
		if _, err := tx.Exec(ctx, `INSERT INTO blind_opening (id, campaign_id, reason, asked_id, asked_by, asked_at) VALUES ($1, $2, $3, $4, $5, $6)`, ulid.Make().String(), id, reason, actor.ID, actor.Name, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "blindtest.persona.ask", Target: c.Target(), Basis: citation, After: map[string]string{"reason": reason}})
	})
}

// Agree lets the two read the sender for a day.
func (s *Service) Agree(ctx context.Context, scope authz.Scope, id string) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		actor, err := audit.PersonFrom(ctx)
		if err != nil {
			return err
		}
		c, err := s.campaign(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		o, err := db.One(ctx, tx, scanOpening, openingSelect+` WHERE campaign_id = $1 AND agreed_at IS NULL ORDER BY asked_at DESC LIMIT 1`, id)
		if db.None(err) {
			return fault.New(fault.Conflict, "没有待同意的启封申请，请先申请。")
		}
		if err != nil {
			return err
		}
		if o.AskedID == actor.ID {
			return fault.New(fault.Refused, "启封须由申请人以外的第二人同意，请由其他人同意。")
		}
		if _, err := tx.Exec(ctx, `UPDATE blind_opening SET agreed_id = $2, agreed_by = $3, agreed_at = $4 WHERE id = $1`, o.ID, actor.ID, actor.Name, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "blindtest.persona.agree", Target: c.Target(), Basis: citation, After: map[string]string{"asked_by": o.AskedBy}})
	})
}

// Senders reads the sealed sender for one of the two who opened it; each reading
// stands in the trail.
func (s *Service) Senders(ctx context.Context, scope authz.Scope, id string) (list []Persona, err error) {
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		actor, err := audit.PersonFrom(ctx)
		if err != nil {
			return err
		}
		c, err := s.campaign(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		all, err := db.All(ctx, tx, scanOpening, openingSelect+` WHERE campaign_id = $1 AND agreed_at >= $2`, id, tx.Now().Add(-openFor))
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(all, func(o Opening) bool { return o.AskedID == actor.ID || o.AgreedID == actor.ID }) {
			return fault.New(fault.Refused, "发件人已封存，须两人启封后 24 小时内由这两人查看。请先申请启封。")
		}
		if list, err = s.open(c); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "blindtest.persona.read", Target: c.Target(), Basis: citation})
	})
	return list, err
}

func (s *Service) open(c Campaign) ([]Persona, error) {
	b, err := s.Keys.Open(sealPersona, c.persona)
	if err != nil {
		return nil, err
	}
	var list []Persona
	err = json.Unmarshal(b, &list)
	return list, err
}
