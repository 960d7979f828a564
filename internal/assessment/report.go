package assessment

import (
	"context"
	"fmt"
	"strings"

	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/errorreport"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/packs"
)

// lateReport is the parameter that prices what was answered more than a month
// on; what is overdue and open costs a whole hit.
const lateReport = "per_hit_late"

// Within is the period of what is seen of an office: a day stands within its
// year.
func (a Asked) Within() Period {
	if a.Period.IsZero() || a.Period == OnDay(a.Period.First()) {
		return YearOf(a.On)
	}
	return a.Period
}

// OfficeAreas are the paths of the areas of offices, by unit: 本地区 of each.
func OfficeAreas(ctx context.Context, q db.Querier) (map[string]string, error) {
	type row struct{ id, path string }
	list, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.id, &x.path)
	}, `SELECT u.id, a.path FROM unit u JOIN area a ON a.id = u.area_id WHERE u.kind = $1`, org.Office)
	out := make(map[string]string, len(list))
	for _, x := range list {
		out[x.id] = x.path
	}
	return out, err
}

// ErrorReports observes offices: what readers reported of the sites of their
// area and was not answered, or only after a month. Where nobody has taken the
// list in for the area, nobody has looked.
func ErrorReports(e *errorreport.Service) Observer {
	return func(ctx context.Context, q db.Querier, a Asked) (map[string][]Seen, error) {
		i, ok := a.Pack.Indicator(errorreport.Indicator)
		months, given := i.Param("months")
		if a.Kind != OfficeKind || !ok || !given {
			return nil, nil
		}
		first := a.Within().First()
		reports, err := e.Received(ctx, q, systemScope(), first, a.On, a.Known)
		if err != nil {
			return nil, err
		}
		lists, err := e.Lists(ctx, q, systemScope(), first, a.On, a.Known, mostLists)
		if err != nil {
			return nil, err
		}
		paths, err := OfficeAreas(ctx, q)
		if err != nil {
			return nil, err
		}
		out := make(map[string][]Seen, len(a.IDs))
		for _, id := range a.IDs {
			path := paths[id]
			s := Seen{Observation: packs.Observation{Indicator: i.ID, Outcome: packs.Untested}, Note: "期内没有导入本地区的“我为政府网站找错”留言名单，未检测，不扣分"}
			covered := false
			for _, l := range lists { // the newest first
				if path != "" && strings.HasPrefix(path, l.AreaPath) {
					covered, s.Note = true, fmt.Sprintf("名单最近于%s由%s导入", l.On.Chinese(), l.UnitName)
					break
				}
			}
			n := 0
			for _, r := range reports {
				if path == "" || !strings.HasPrefix(r.AreaPath, path) {
					continue
				}
				n++
				hit := packs.Hit{Key: "report " + r.Number}
				var says string
				switch standing := r.On(a.On); {
				case standing == errorreport.Overdue:
					says = "应于" + r.LastOn.String() + "前办结，至" + a.On.String() + "没有办结"
				case standing == errorreport.Late && r.AnsweredOn.After(r.ReceivedOn.AddMonths(months.Int())):
					hit.Param = lateReport
					says = fmt.Sprintf("%s办结，超过%d个月", r.AnsweredOn, months.Int())
				default:
					continue
				}
				s.Outcome = packs.Violated
				s.Hits = append(s.Hits, hit)
				s.Facts = append(s.Facts, Fact{Severity: check.Error, Says: r.SiteName + " 找错留言 " + r.Number + "（" + r.ReceivedOn.String() + "）" + says, Fix: "请督促主办单位在全国平台办结，再导入新的名单。", Href: r.Link(), FirstSeen: r.LastOn.Start()})
			}
			// Without any report there was nothing to do well: that alone makes
			// nobody 合格.
			switch {
			case n > 0: // also of lists that cover only a part of the area
				s.Note = fmt.Sprintf("%s；期内有效留言%d条", s.Note, n)
				if covered && s.Outcome == packs.Untested {
					s.Outcome = packs.Kept
				}
			case covered:
				s.Note += "，没有本地区的留言"
			}
			out[id] = append(out[id], s)
		}
		return out, nil
	}
}

// mostLists bounds the lists looked through for who covers an area.
const mostLists = 500
