package registry

import (
	"context"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
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
	States: map[string]string{Planned: "筹建", Running: "运行", TemporarilyOffline: "暂停更新", Exiting: "退出办理中", Exited: "退出监管", Closing: "注销办理中", Closed: "已注销", Struck: "已撤销登记"},
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
