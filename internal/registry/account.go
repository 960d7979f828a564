package registry

import (
	"context"
	"strings"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/rules/sx2021"
)

// AccountID identifies a new-media account.
type AccountID string

// AccountMachine declares what may become of an account or app. Platforms have
// no switch for being offline: an account pauses, with a notice posted.
var AccountMachine = passage.Machine{
	Kind: "account", Noun: "账号",
	States: map[string]string{Planned: "筹建", Running: "运行", TemporarilyOffline: "暂停更新", Exiting: "退出办理中", Exited: "退出监管", Closing: "注销办理中", Closed: "已注销"},
	Moves:  moves,
}

// ObjectKindOf is what an account on the platform is in law: self-developed
// clients and mini-programs are apps.
func ObjectKindOf(platform string) sx2021.ObjectKind {
	if platform == "app" || platform == "miniapp" {
		return sx2021.App
	}
	return sx2021.Account
}

// Account is one new-media account, app or mini-program of the ledger.
type Account struct {
	ID              AccountID
	Kind            sx2021.ObjectKind // account or app, by the platform
	Unit            org.UnitID
	UnitName        string // joined
	AreaCode        string // joined, 12 digits
	Platform        string
	Name            string
	Handle          string
	URL             string
	PlatformID      string // the platform's own permanent id
	Purpose         string
	VerifiedAs      string // the subject the platform shows
	VerifiedType    string
	A, B            org.PersonID // A 岗, B 岗
	AName, BName    string       // joined
	Leader          org.PersonID // responsible leader
	LeaderName      string       // joined
	Followers       int64
	FollowersOn     calendar.Date // zero: never recorded
	FollowersSource string
	LastPostOn      calendar.Date
	LastPostSource  string
	NationalID      string // in the national reporting system
	FiledOn         calendar.Date
	Main            bool   // 主账号, one a unit (Article 27)
	Necessity       string // why an app is needed
	ActiveUsers     int64  // in the month of ActiveOn
	ActiveOn        calendar.Date
	ActiveSource    string
	State           string
	LaunchedOn      calendar.Date
	CaseID          string
	Source          string
	SourceRef       string
	ConfirmedOn     calendar.Date
	CreatedAt       time.Time
	UpdatedAt       time.Time
	areaPath        string
	linePath        string
}

// Ref names the account as an object of the regulation.
func (a Account) Ref() Ref { return Ref{ObjectKindOf(a.Platform), string(a.ID)} }

// StateName is the state in Chinese.
func (a Account) StateName() string { return AccountMachine.Name(a.State) }

// Link is the account's page in the console.
func (a Account) Link() string { return "/console/accounts/" + string(a.ID) }

// Target names the account in the trail.
func (a Account) Target() audit.Target {
	return audit.Target{Kind: "account", ID: string(a.ID), Name: a.Name, Unit: string(a.Unit)}
}

// In reports whether the account lies in the scope.
func (a Account) In(scope authz.Scope) bool {
	return a.areaPath != "" && scope.Covers(a.areaPath, a.linePath)
}

// Ended reports whether the account has left the regulation's care.
func (a Account) Ended() bool { return a.State == Exited || a.State == Closed }

// Gaps are what the law asks an account's record to hold and the ledger does
// not have.
func (a Account) Gaps() []string {
	var out []string
	need := []struct {
		missing bool
		name    string
	}{{a.PlatformID == "", "平台内部标识"}, {a.VerifiedAs == "", "认证主体"}, {a.A == "" || a.B == "", "A、B 岗"}, {a.Leader == "", "分管领导"}, {a.FiledOn.IsZero(), "备案日期"}}
	if ObjectKindOf(a.Platform) == sx2021.App {
		need[1] = struct {
			missing bool
			name    string
		}{a.Necessity == "", "开设必要性说明"}
	}
	for _, n := range need {
		if n.missing {
			out = append(out, n.name)
		}
	}
	return out
}

// ImportAccounts takes a file of accounts. The key is platform and address.
func (s *Service) ImportAccounts(ctx context.Context, scope authz.Scope, t *official.Table, o org.ImportOptions) (intake.Report, error) {
	rep := intake.New(o.DryRun)
	h := intake.ReadHeader(t)
	if !h.Has("platform", "平台") || !h.Has("account", "name", "账号名称") {
		return rep, intake.Unknown(t, "账号文件要有 platform（平台）、account（账号名称）列，并有 code（区划代码）或 sponsor（主办单位）列。")
	}
	type row struct {
		n                                                     int
		platform, name, url, code, sponsor, sponsorType, area string
	}
	var rows []row
	for r, err := range t.Rows() {
		if err != nil {
			return rep, fault.New(fault.Invalid, err.Error())
		}
		rep.Read++
		rows = append(rows, row{r.Number, strings.ToLower(h.Get(r, "platform", "平台")), h.Get(r, "account", "name", "账号名称"), h.Get(r, "url", "网址"),
			h.Get(r, "code", "区划代码"), h.Get(r, "sponsor", "主办单位"), h.Get(r, "sponsor_type"), h.Get(r, "area")})
	}
	err := org.Batches(ctx, s.db, len(rows), o.DryRun, &rep, func(tx *db.Tx, i int, rep *intake.Report) error {
		r := rows[i]
		sponsor := r.sponsor
		if sponsor == "" {
			sponsor = r.sponsorType
		}
		added, err := s.takeAccount(ctx, tx, scope, Account{Platform: r.platform, Name: r.name, URL: r.url, Source: o.Source}, r.code, sponsor)
		switch {
		case err != nil:
			return rep.RefuseFault(r.n, err)
		case added:
			rep.Accepted++
		default:
			rep.Unchanged++
		}
		return nil
	})
	return rep, err
}

func (s *Service) takeAccount(ctx context.Context, tx *db.Tx, scope authz.Scope, a Account, code, sponsor string) (bool, error) {
	if Platforms[a.Platform] == "" {
		for key, name := range Platforms {
			if name == a.Platform {
				a.Platform = key
			}
		}
	}
	var f fault.Fields
	f.Check(Platforms[a.Platform] != "", "platform", "平台“"+a.Platform+"”无法识别，应为微博、微信公众号、抖音、头条等")
	f.Check(a.Name != "", "account", "账号名称没有填写")
	f.Check(code != "" || sponsor != "", "sponsor", "没有主办单位，也没有区划代码")
	if err := f.Err(); err != nil {
		return false, err
	}
	if a.URL != "" {
		// The condition on the empty address lets the partial index be used.
		n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM account WHERE platform = $1 AND url = $2 AND url <> ''`, a.Platform, a.URL)
		if err != nil || n > 0 {
			return false, err
		}
	}
	area, err := s.org.AreaByCode(ctx, tx, code)
	if fault.Is(err, fault.NotFound) {
		return false, fault.Newf(fault.Invalid, "区划代码“%s”没有登记，请先导入区划。", code).On("code", "")
	}
	if err != nil {
		return false, err
	}
	unit, err := s.accountSponsor(ctx, tx, area, sponsor, a.Source)
	if err != nil {
		return false, err
	}
	if !scope.Covers(unit.AreaPath, unit.LinePath) {
		return false, fault.Newf(fault.Forbidden, "主办单位“%s”不在您的管辖范围内。", unit.Name).On("sponsor", "")
	}
	a.Unit = unit.ID
	_, err = s.enterAccount(ctx, tx, a, "enter", Why{Says: "存量登记：" + a.Source, Source: ByImport, Ref: a.Source})
	return err == nil, err
}

// accountSponsor finds whose account it is (谁开设、谁主办): the area's office
// when no unit is named, the named unit, or the area's 公安局 and its like when
// the file gives only the kind of body.
func (s *Service) accountSponsor(ctx context.Context, tx *db.Tx, area org.Area, sponsor, source string) (org.Unit, error) {
	system := authz.System("registry.import")
	if sponsor == "" {
		return s.org.SameLevelOffice(ctx, tx, org.Unit{Area: area.ID})
	}
	if u, err := s.org.UnitNamed(ctx, tx, system, area.ID, sponsor); err == nil || !fault.Is(err, fault.NotFound) {
		return u, err
	}
	if sponsor != "公安机关" {
		return org.Unit{}, fault.Newf(fault.Invalid, "主办单位“%s”没有登记，请先在单位台账登记。", sponsor).On("sponsor", "")
	}
	name := "公安局"
	if area.Level == org.Province && !strings.HasSuffix(area.Name, "市") {
		name = "公安厅"
	}
	u, _, err := s.org.AddUnit(ctx, tx, org.Unit{Area: area.ID, Kind: org.Department, Name: area.Name + name, ShortName: name, Line: "police", Source: source})
	return u, err
}

// AccountFilter narrows Accounts.
type AccountFilter struct {
	Text     string
	Platform string
	Unit     org.UnitID
	Under    org.AreaID // the area and everything below
	Limit    int        // 50 when zero
	Offset   int
}

// Accounts in scope, by division code, and how many there are.
func (s *Service) Accounts(ctx context.Context, scope authz.Scope, f AccountFilter) ([]Account, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.AndIf(f.Text != "", `(lower(c.name) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\' OR u.initials LIKE ? ESCAPE '\')`, db.Contains(f.Text), db.Contains(f.Text), db.Contains(f.Text)).
		AndIf(f.Platform != "", "c.platform = ?", f.Platform).
		AndIf(f.Unit != "", "c.unit_id = ?", f.Unit)
	if f.Under != "" {
		a, err := s.org.Area(ctx, s.db, f.Under)
		if err != nil {
			return nil, 0, err
		}
		authz.Area("filter", a.Path).Where(&w, "u")
	}
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM account c JOIN unit u ON u.id = c.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	// The rows are sorted narrow: only the page's are read whole.
	list, err := db.All(ctx, s.db, scanAccount, accountSelect+`
	     WHERE c.id IN (SELECT c.id FROM account c JOIN unit u ON u.id = c.unit_id JOIN area a ON a.id = u.area_id
	                     WHERE `+w.SQL()+` ORDER BY a.code, c.platform, c.name, c.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset)+`)
	     ORDER BY a.code, c.platform, c.name, c.id`, w.Args()...)
	return list, total, err
}
