package app

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/duty"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// Sites that do not open have one cause when they stand in one machine room and the
// same people are on duty for them; what is wrong with their pages has not.
func TestArticle19_4_OneMachineRoomIsOneCause(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		h, err := Open(ctx, Config{DB: d, Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := h.Close(context.Background()); err != nil {
				t.Error(err)
			}
		}()
		var sites []registry.Site
		if err := d.Update(ctx, func(tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}} {
				if _, err := h.Org.AddArea(ctx, tx, a); err != nil {
					return err
				}
			}
			for _, o := range []struct {
				area org.AreaID
				name string
			}{{"province-610000000000", "省政府办公厅"}, {"city-610100000000", "西安市政府办公厅"}} {
				u, _, err := h.Org.AddUnit(ctx, tx, org.Unit{Area: o.area, Kind: org.Office, Name: o.name})
				if err != nil {
					return err
				}
				for _, room := range []string{"政务云/西安", "政务云/西安", "电信/咸阳", "政务云/"} {
					name := fmt.Sprintf("%s %d", o.name, len(sites))
					s, err := h.Registry.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.DepartmentSite, Name: name, Host: fmt.Sprintf("s%d.example.gov.cn", len(sites))})
					if err != nil {
						return err
					}
					sites = append(sites, s)
					provider, location, _ := strings.Cut(room, "/")
					if _, err := tx.Exec(ctx, `INSERT INTO hosting (id, unit_id, object_kind, object_id, object_name, provider, provider_nation, form, server_nation, location, contract, file_name, created_at, updated_at)
						VALUES ($1, $2, 'site', $3, $4, $5, 'CN', 'cloud', 'CN', $6, '', '', $7, $7)`, name, u.ID, s.ID, name, provider, location, tx.Now()); err != nil {
						return err
					}
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		key := func(n int, kind string) string {
			t.Helper()
			c, ok, err := h.causeOf(ctx, d, sites[n], kind)
			if err != nil || ok != (c.Key != "") {
				t.Fatalf("%+v %t (%v)", c, ok, err)
			}
			return c.Key
		}
		if a, b := key(0, duty.Down), key(1, duty.Down); a == "" || a != b {
			t.Errorf("one room, two causes: %q, %q", a, b)
		}
		if a := key(0, duty.Down); a == key(2, duty.Down) || a == key(4, duty.Down) {
			t.Error("another room, or others' duty, has the same cause")
		}
		if key(3, duty.Down) != "" || key(0, "concealed.hidden_link") != "" {
			t.Error("a cause is shared without a room, or by what stands on a page")
		}
	})
}
