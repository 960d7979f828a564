package app

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
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
		if a := key(3, duty.Down); a == "" || a == key(0, duty.Down) || a == key(7, duty.Down) {
			t.Errorf("a provider without a room: %q", a)
		}
		if key(0, "host.provider") != key(1, "host.provider") || key(0, "concealed.hidden_link") != "" || key(0, "host.abroad") != "" {
			t.Error("a cause is shared by what stands on a page, or none by one provider")
		}
		// A name fails with its name servers: those on record, wherever the zones, or the zone's.
		if a := key(0, duty.DownByName); a == key(0, duty.Down) || a != key(2, duty.DownByName) || a == key(4, duty.DownByName) || a != key(0, "host.dns") {
			t.Errorf("one zone, two causes: %q, %q", a, key(2, duty.DownByName))
		}
		for _, n := range []int{0, 1} {
			if err := d.Update(ctx, func(tx *db.Tx) error {
				english, _, err := h.Registry.MainDomains(ctx, tx, authz.System("test"), sites[n].ID)
				if err != nil {
					return err
				}
				f := english.Fields()
				f.NS = [][]string{{"ns2.example.cn", "ns1.example.cn"}, {"NS1.example.cn", "ns2.example.cn"}}[n]
				_, err = h.Registry.SetDomain(ctx, tx, authz.System("test"), english.ID, f, registry.Why{Says: "登记"}, time.Time{})
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if a := key(0, duty.DownByName); a != key(1, duty.DownByName) || a == key(2, duty.DownByName) || !strings.Contains(a, "ns1.example.cn、ns2.example.cn") {
			t.Errorf("the same servers on record: %q, %q", a, key(1, duty.DownByName))
		}
		// Where encryption fails, a certificate that is at fault is the cause, and no other.
		for n, facts := range map[int]string{0: `{"TLS":{"Offered":true,"Cert":"ab","For":"*.example.gov.cn","Fault":"证书已过期"}}`, 2: `{"TLS":{"Offered":true,"Cert":"ab","For":"*.example.gov.cn","Until":"2020-01-01"}}`, 1: `{"TLS":{"Offered":true,"Cert":"ab","For":"*.example.gov.cn","Until":"2099-01-01"}}`} {
			if err := d.Update(ctx, func(tx *db.Tx) error {
				_, err := tx.Quiet(ctx, `INSERT INTO host_look (site_id, at, facts, wrong, took_ms, doubt, ipv6, tls, cert, domain, dns, abroad, provider) VALUES ($1, $2, $3, 0, 0, '', '', '', '', '', '', '', '')`, sites[n].ID, tx.Now(), facts)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if a := key(0, duty.DownBySecret); a != key(2, duty.DownBySecret) || !strings.HasPrefix(a, "certificate:ab/") {
			t.Errorf("one certificate, two causes: %q, %q", a, key(2, duty.DownBySecret))
		}
		if key(1, duty.DownBySecret) != key(1, duty.Down) {
			t.Error("a certificate in order is a cause")
		}
	})
}
