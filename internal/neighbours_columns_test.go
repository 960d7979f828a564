package internal_test

import (
	"context"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/columns"
	"zhengshu/internal/db"
	"zhengshu/internal/library"
	"zhengshu/internal/registry"
	"zhengshu/internal/reposting"
)

// columns gives the county a subscription of its column, a request for leave
// about its item, and something its account has to repost.
func (n *neighbourhood) columns(c *county, site registry.SiteID, column registry.ColumnID) {
	t, h := n.t, n.h
	c.ids["/console/columns/{id}"] = []string{string(column)}
	sponsor := c.people[authz.Sponsor]
	must(h.Columns.Subscribe(as(sponsor), sponsor.ScopeFor(authz.ColumnManage), columns.Subscription{Column: column, Keywords: c.mark + "词"}))(t)
	asked, call := ulid.Make().String(), ulid.Make().String()
	ctx := audit.System(context.Background(), "test")
	if err := h.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO share_request (id, item_id, site_id, column_id, reason, state, asked_by, asked_name, asked_at) VALUES ($1, $2, $3, $4, $5, $6, '', $7, $8)`,
			asked, c.live, site, column, c.mark+"用途", library.ShareAsked, c.mark+"申请人", tx.Now()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO repost_call (id, unit_id, title, source, audience, issued_at, due_at, issued_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			call, c.office.ID, c.mark+"重要信息", c.mark+"来源", c.mark+"范围", tx.Now(), tx.Now().Add(reposting.Within), c.mark+"标明人"); err != nil {
			return err
		}
		account := c.ids["/console/accounts/{id}"][0]
		if _, err := tx.Exec(ctx, `INSERT INTO repost_duty (call_id, object_kind, object_id, object_name, unit_id, state) VALUES ($1, 'account', $2, $3, $4, $5)`, call, account, c.mark+"发布", c.office.ID, reposting.Owed); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "test.furnish", Target: audit.Target{Kind: "test"}})
	}); err != nil {
		t.Fatal(err)
	}
	c.keep("/console/share-requests/{id}", asked)
	c.keep("/console/reposts/{id}", call)
}
