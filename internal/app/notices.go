package app

import (
	"context"
	"net/url"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// onDutyFor are who stands on duty for a site now.
func (h *House) onDutyFor(ctx context.Context, q db.Querier, site registry.SiteID) ([]org.Person, error) {
	system := authz.System("notice.duty")
	st, err := h.Registry.SiteTx(ctx, q, system, site)
	if err != nil {
		return nil, err
	}
	return h.Duty.NowFor(ctx, q, system, st.Unit)
}

// released is the day our own publishing first showed the item at a public
// address; ok is false for pages that are not ours. Items that were moved in
// carry their old dates, which nobody here has seen.
func (h *House) released(ctx context.Context, address string) (calendar.Date, bool, error) {
	u, err := url.Parse(address)
	if err != nil || h.Portal == nil || !h.Portal.Serves(u.Hostname()) || library.ItemAt(address) == "" {
		return calendar.Date{}, false, nil
	}
	item, err := h.Library.Item(ctx, authz.System("notice.released"), library.ItemAt(address))
	if fault.Is(err, fault.NotFound) {
		return calendar.Date{}, false, nil
	}
	if err != nil || item.FirstPublishedAt.IsZero() || item.Origin == library.MovedIn {
		return calendar.Date{}, false, err
	}
	return calendar.DateOf(item.FirstPublishedAt), true, nil
}
