package inspection

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/registry"
	"zhengshu/internal/workbench"
)

// minutesPerFinding is the house's guess of how long one takes to put right.
const minutesPerFinding = 5

// Tasks is inspection's part of the inbox (workbench.Source): one row for each site
// of the person's units where something stands that nobody has yet ordered or called
// false, so that a unit mends before it is told to. What an order asks for, and what is
// wrong with an account, stands in the inbox by itself; advice waits for nobody.
func (s *Service) Tasks(ctx context.Context, session *authz.Session, tab workbench.Tab, limit int) ([]workbench.Task, error) {
	if session == nil || tab != workbench.ToDo {
		return nil, nil
	}
	type row struct {
		site           registry.SiteID
		name, one      string
		found, serious int
		at             time.Time
	}
	var out []workbench.Task
	for _, unit := range session.UnitsFor(authz.OrderAnswer) {
		rows, err := db.All(ctx, s.db, func(r db.Scanner) (row, error) {
			var x row
			return x, r.Scan(&x.site, &x.name, &x.one, &x.found, &x.serious, &x.at)
		}, `SELECT s.id, s.name, min(f.id), count(*), sum(CASE WHEN f.severity = 'serious' THEN 1 ELSE 0 END), min(f.first_seen)
		      FROM finding f JOIN site s ON s.id = f.site_id
		     WHERE s.unit_id = $1 AND f.state = $2 AND f.severity <> 'advice'
		     GROUP BY s.id, s.name ORDER BY 5 DESC, 6, s.id LIMIT $3`, unit, FindingOpen, limit)
		if err != nil {
			return nil, err
		}
		for _, x := range rows {
			t := workbench.Task{Key: "findings:" + string(x.site), Kind: "问题", Title: "检查发现的问题：" + x.name, From: "网站检查", At: x.at, State: fmt.Sprintf("待整改 %d 个", x.found),
				Link: "/console/findings?state=" + FindingOpen + "&site=" + url.QueryEscape(string(x.site)), Act: "去整改", Minutes: minutesPerFinding * x.found}
			if x.serious > 0 {
				t.State += fmt.Sprintf("，其中严重 %d 个", x.serious)
			}
			if x.found == 1 {
				t.Link = Finding{ID: FindingID(x.one)}.Link()
			}
			out = append(out, t)
		}
	}
	return out, nil
}
