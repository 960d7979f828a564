package demo

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"zhengshu/internal/appraisal"
	"zhengshu/internal/approval"
	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/obligation"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/reporting"
	"zhengshu/internal/signin"
)

// Ledger is what a province of true size is written through.
type Ledger struct {
	DB          *db.DB
	Org         *org.Service
	Registry    *registry.Service
	Lifecycle   *lifecycle.Service
	Approvals   *approval.Service
	Obligations *obligation.Service
	Inspection  *inspection.Service
	Assessment  *assessment.Service
	Rounds      *appraisal.Service // with Reporting: for Hold
	Reporting   *reporting.Service
	Signin      *signin.Service
	Probes      *db.DB // where probes lie
	// At sets the clock the house runs on: the history happens when it happened.
	At func(time.Time)
}

// Made counts what Populate made.
type Made struct{ Units, People, Sites, Accounts, Cases, Obligations, Findings, Orders int }

// The size of one province (scale 1), from the yearly bulletins of Shaanxi and
// its neighbours.
const (
	scaleUnits    = 6000
	scalePeople   = 20000
	scaleSites    = 620
	scaleAccounts = 5000
)

// chunk is how many rows share a transaction.
const chunk = 500

// Populate writes the divisions of Shaanxi and, beside them, invented
// departments, people, sites and accounts up to the scale, then two years of
// applications and clocks, and the checks of the last quarter.
func Populate(ctx context.Context, l Ledger, scope authz.Scope, scale float64) (Made, error) {
	var m Made
	for _, f := range []struct {
		name string
		body []byte
	}{{"divisions.csv", divisions}, {"specials.csv", specials}} {
		t, err := official.ReadTable(bytes.NewReader(f.body), int64(len(f.body)), f.name, official.Limits{})
		if err != nil {
			return m, err
		}
		if _, err := l.Org.ImportUnits(ctx, scope, t, org.ImportOptions{Source: "国家统计局 2023 年统计用区划代码"}); err != nil {
			return m, err
		}
	}
	offices, _, err := l.Org.Units(ctx, scope, org.UnitFilter{Kind: org.Office, Limit: 10000})
	if err != nil {
		return m, err
	}
	if len(offices) == 0 {
		return m, fmt.Errorf("demo: no offices to stand beside")
	}
	if m.Units, err = db.One(ctx, l.DB, db.Value[int], `SELECT count(*) FROM unit`); err != nil {
		return m, err
	}
	units, err := l.departments(ctx, offices, int(scaleUnits*scale)-m.Units)
	if err != nil {
		return m, err
	}
	m.Units += len(units)
	units = append(units, offices...)
	if m.People, err = l.people(ctx, scope, units, int(scalePeople*scale)); err != nil {
		return m, err
	}
	if m.Sites, err = l.sites(ctx, units, int(scaleSites*scale)); err != nil {
		return m, err
	}
	if m.Accounts, err = l.accounts(ctx, scope, offices, int(scaleAccounts*scale)); err != nil {
		return m, err
	}
	now := l.DB.Now()
	if m.Cases, m.Obligations, err = l.history(ctx, scope, scale, now); err != nil {
		return m, err
	}
	m.Findings, m.Orders, err = l.quarter(ctx, scope, scale, now)
	return m, err
}

var departmentNames = []string{"发展和改革", "教育", "科学技术", "工业和信息化", "公安", "民政", "司法", "财政", "人力资源和社会保障", "自然资源", "生态环境", "住房和城乡建设", "交通运输", "水利", "农业农村", "商务", "文化和旅游", "卫生健康", "退役军人事务", "应急管理", "审计", "市场监督管理", "统计", "医疗保障", "林业"}

// departments adds n departments, spread over the areas that have an office.
func (l Ledger) departments(ctx context.Context, offices []org.Unit, n int) ([]org.Unit, error) {
	var out []org.Unit
	for from := 0; from < n; from += chunk {
		var some []org.Unit
		err := l.DB.Update(ctx, func(tx *db.Tx) error {
			some = some[:0]
			for i := from; i < min(n, from+chunk); i++ {
				at := offices[i%len(offices)]
				round := i / len(offices)
				name := departmentNames[round%len(departmentNames)] + "局"
				if again := round / len(departmentNames); again > 0 {
					name += fmt.Sprintf("第%d分局", again)
				}
				u, _, err := l.Org.AddUnit(ctx, tx, org.Unit{Area: at.Area, Kind: org.Department, Name: at.AreaName + name, Source: "演示"})
				if err != nil {
					return err
				}
				some = append(some, u)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}

func (l Ledger) people(ctx context.Context, scope authz.Scope, units []org.Unit, n int) (int, error) {
	surnames := []rune("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗")
	roles := []authz.Role{authz.Sponsor, authz.Editor, authz.FirstReviewer, authz.FinalReviewer}
	return n, chunks(ctx, l.DB, n, func(tx *db.Tx, i int) error {
		u := units[i%len(units)]
		p, err := l.Org.AddPerson(ctx, tx, scope, org.Person{Unit: u.ID, Name: fmt.Sprintf("%c某%d", surnames[i%len(surnames)], i)})
		if err != nil {
			return err
		}
		return l.Org.Appoint(ctx, tx, scope, p.ID, u.ID, roles[(i/len(units))%len(roles)])
	})
}

func (l Ledger) sites(ctx context.Context, units []org.Unit, n int) (int, error) {
	return n, chunks(ctx, l.DB, n, func(tx *db.Tx, i int) error {
		u := units[len(units)-1-i%len(units)]
		kind := registry.DepartmentSite
		if u.Kind == org.Office {
			kind = registry.Portal
		}
		_, err := l.Registry.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: kind, Name: u.Name + "网站（演示）", Host: fmt.Sprintf("s%05d.example", i), Source: "演示"})
		return err
	})
}

func (l Ledger) accounts(ctx context.Context, scope authz.Scope, offices []org.Unit, n int) (int, error) {
	var rows bytes.Buffer
	rows.WriteString("platform,account,url,code,sponsor\n")
	// Where one code stands for two ranks (杨凌), a row with that code means the
	// higher one.
	level := map[string]org.Unit{}
	for _, u := range offices {
		if known, ok := level[u.AreaCode]; !ok || u.Level == org.City && known.Level == org.County {
			level[u.AreaCode] = u
		}
	}
	offices = slices.DeleteFunc(slices.Clone(offices), func(u org.Unit) bool { return level[u.AreaCode].ID != u.ID })
	platforms := []string{"weibo", "wechat", "douyin", "toutiao"}
	for i := range n {
		u := offices[i%len(offices)]
		fmt.Fprintf(&rows, "%s,%s发布%d（演示）,https://a%06d.example/,%s,%s\n", platforms[(i/len(offices))%len(platforms)], u.AreaName, i, i, u.AreaCode, u.Name)
	}
	t, err := official.ReadTable(bytes.NewReader(rows.Bytes()), int64(rows.Len()), "accounts.csv", official.Limits{})
	if err != nil {
		return 0, err
	}
	rep, err := l.Registry.ImportAccounts(ctx, scope, t, org.ImportOptions{Source: "演示"})
	if err == nil && len(rep.Refused) > 0 {
		err = fmt.Errorf("demo: account row %d refused: %s", rep.Refused[0].Row, rep.Refused[0].Says)
	}
	return rep.Accepted, err
}

// chunks runs fn for 0…n−1, chunk to a transaction.
func chunks(ctx context.Context, d *db.DB, n int, fn func(tx *db.Tx, i int) error) error {
	for from := 0; from < n; from += chunk {
		err := d.Update(ctx, func(tx *db.Tx) error {
			for i := from; i < min(n, from+chunk); i++ {
				if err := fn(tx, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
