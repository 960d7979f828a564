package lifecycle

import (
	"context"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// FiledWindow is a time off the net that counts against nobody, to the instant
// where the house knows it and else by whole days; Until is zero while it lasts,
// Says what it was filed as.
type FiledWindow struct {
	From, Until time.Time
	Says        string
}

// filedAs says what a window was filed as: with leave, or reported in writing.
func filedAs(w Window) string {
	says := "批准的临时下线"
	if w.Emergency != "" {
		says = "已书面报备（" + w.Report.Number + "）的紧急下线"
	}
	if w.Cause != "" {
		says += "“" + w.Cause + "”"
	}
	return says
}

// fewSites is how many sites a statement names one by one.
const fewSites = 50

// Filed are the times during which sites in scope were off the net with leave,
// or in an emergency that the supervisor has reported in writing: not counted
// against them (readings 7). Of sites never off it says nothing.
func (s *Service) Filed(ctx context.Context, scope authz.Scope, sites []registry.SiteID) (map[registry.SiteID][]FiledWindow, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("w.object_kind = ?", sx2021.Site)
	if len(sites) <= fewSites {
		cond, args := db.In("w.object_id", sites)
		w.And(cond, args...)
	}
	list, err := db.All(ctx, s.db, scanWindow, windowSelect+` w WHERE EXISTS (SELECT 1 FROM site x JOIN unit u ON u.id = x.unit_id WHERE x.id = w.object_id AND `+w.SQL()+`) ORDER BY w.created_at DESC, w.id DESC`, w.Args()...)
	out := map[registry.SiteID][]FiledWindow{}
	for _, w := range list {
		if w.From.IsZero() || w.State != WindowRunning && w.State != WindowEnded || unreported(w) {
			continue
		}
		f := FiledWindow{From: w.Began, Until: w.Ended, Says: filedAs(w)}
		if f.From.IsZero() {
			f.From = w.From.Start()
		}
		if f.Until.IsZero() && w.State == WindowEnded {
			f.Until = w.Until.End()
		}
		id := registry.SiteID(w.Object.ID)
		out[id] = append(out[id], f)
	}
	return out, err
}
