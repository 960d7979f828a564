package platform

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
	"zhengshu/internal/percent"
)

// Limits are what a resident may use; 0 is no limit.
type Limits struct {
	StorageMB int `json:"storage_mb,omitempty"` // of the media library, in MB
	Items     int `json:"items,omitempty"`      // of the library
	Pages     int `json:"pages,omitempty"`      // items standing on its sites
	Staff     int `json:"staff,omitempty"`      // people with a post
	Uploads   int `json:"uploads,omitempty"`    // files a day
}

// Limit is one of them by its key.
type Limit struct{ Key, Name, Unit string }

// LimitKinds are the limits in screen order.
var LimitKinds = []Limit{{"storage_mb", "存储空间", "MB"}, {"items", "稿件", "篇"}, {"pages", "公开页面", "页"}, {"staff", "在岗人员", "人"}, {"uploads", "每日上传", "个文件"}}

// maxLimit bounds a limit.
const maxLimit = 100_000_000

// Of is a limit by its key.
func (l *Limits) Of(key string) *int {
	switch key {
	case "storage_mb":
		return &l.StorageMB
	case "items":
		return &l.Items
	case "pages":
		return &l.Pages
	case "staff":
		return &l.Staff
	case "uploads":
		return &l.Uploads
	}
	return nil
}

func (l Limits) check() error {
	var f fault.Fields
	for _, k := range LimitKinds {
		v := *l.Of(k.Key)
		f.Check(v >= 0 && v <= maxLimit, k.Key, k.Name+"限额要填 0 至 1 亿的整数，0 表示不限")
	}
	return f.Err()
}

// Use is what a resident uses of one limit.
type Use struct {
	Limit
	Used, Max int // Max 0: no limit
}

// Share is the used part in per cent.
func (u Use) Share() int {
	return percent.Of(u.Used, u.Max).PerCent()
}

// WarnShare is the share from which a resident is warned, in per cent.
const WarnShare = 80

// Tenant is one resident of a platform served here.
type Tenant struct {
	Platform           ID
	PlatformName       string
	Unit               org.UnitID
	UnitName           string
	Sites              int
	Own                bool // has limits of its own
	Limits             Limits
	Uses               []Use
	Suspended          time.Time
	By, Why            string
	operatorArea       string
	operatorLine       string
	areaPath, linePath string
}

// Link is its page.
func (t Tenant) Link() string {
	return "/console/platforms/" + string(t.Platform) + "/tenants/" + string(t.Unit)
}

// Managed reports whether the platform's operator lies in the scope.
func (t Tenant) Managed(scope authz.Scope) bool {
	return t.operatorArea != "" && scope.Covers(t.operatorArea, t.operatorLine)
}

func (t Tenant) target() audit.Target {
	return audit.Target{Kind: "tenant", ID: string(t.Platform) + ":" + string(t.Unit), Name: t.UnitName, Unit: string(t.Unit)}
}

const tenantSelect = `
	SELECT p.id, p.name, u.id, u.name, count(DISTINCT s.id), COALESCE(t.limits, ''), p.limits, t.suspended_at, COALESCE(t.suspended_by, ''), COALESCE(t.why, ''), pu.area_path, pu.line_path, u.area_path, u.line_path
	  FROM site_platform sp JOIN platform p ON p.id = sp.platform_id JOIN unit pu ON pu.id = p.unit_id JOIN site s ON s.id = sp.site_id JOIN unit u ON u.id = s.unit_id
	  LEFT JOIN tenant t ON t.platform_id = p.id AND t.unit_id = u.id`

const tenantGroup = ` GROUP BY p.id, p.name, u.id, u.name, t.limits, p.limits, t.suspended_at, t.suspended_by, t.why, pu.area_path, pu.line_path, u.area_path, u.line_path`

func scanTenant(r db.Scanner) (Tenant, error) {
	var t Tenant
	var own, general string
	if err := r.Scan(&t.Platform, &t.PlatformName, &t.Unit, &t.UnitName, &t.Sites, &own, &general, &t.Suspended, &t.By, &t.Why, &t.operatorArea, &t.operatorLine, &t.areaPath, &t.linePath); err != nil {
		return t, err
	}
	t.Own = own != ""
	if own == "" {
		own = general
	}
	if own == "" {
		return t, nil
	}
	return t, json.Unmarshal([]byte(own), &t.Limits)
}

// uses fills in what the tenants use, in few statements for all.
func (s *Service) uses(ctx context.Context, q db.Querier, list []Tenant) error {
	if len(list) == 0 {
		return nil
	}
	units := make([]org.UnitID, len(list))
	for i, t := range list {
		units[i] = t.Unit
	}
	day := calendar.DateOf(s.db.Now()).Start()
	used := map[org.UnitID]map[string]int{}
	for _, u := range units {
		used[u] = map[string]int{}
	}
	type row struct {
		unit org.UnitID
		n    int64
	}
	for _, k := range []struct{ key, column, query string }{
		{"storage_mb", "a.unit_id", `SELECT a.unit_id, COALESCE(SUM(a.size), 0) FROM media_asset a WHERE %s GROUP BY a.unit_id`},
		{"items", "i.unit_id", `SELECT i.unit_id, count(*) FROM item i WHERE %s AND i.state <> 'undone' GROUP BY i.unit_id`},
		{"pages", "s.unit_id", `SELECT s.unit_id, count(*) FROM item_placement p JOIN site s ON s.id = p.site_id WHERE %s AND p.state = 'live' GROUP BY s.unit_id`},
		{"staff", "p.unit_id", `SELECT p.unit_id, count(DISTINCT p.person_id) FROM post p WHERE %s AND p.ended_at IS NULL GROUP BY p.unit_id`},
		{"uploads", "a.unit_id", `SELECT a.unit_id, count(*) FROM media_asset a WHERE %s GROUP BY a.unit_id`},
	} {
		var w db.Where
		cond, args := db.In(k.column, units)
		w.And(cond, args...)
		w.AndIf(k.key == "uploads", "a.created_at >= ?", day)
		rows, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
			var x row
			return x, r.Scan(&x.unit, &x.n)
		}, fmt.Sprintf(k.query, w.SQL()), w.Args()...)
		if err != nil {
			return fmt.Errorf("platform: use of %s: %w", k.key, err)
		}
		for _, x := range rows {
			n := x.n
			if k.key == "storage_mb" {
				n = (n + 1<<20 - 1) >> 20
			}
			used[x.unit][k.key] = int(n)
		}
	}
	for i := range list {
		for _, k := range LimitKinds {
			list[i].Uses = append(list[i].Uses, Use{k, used[list[i].Unit][k.Key], *list[i].Limits.Of(k.Key)})
		}
	}
	return nil
}

// Tenants of a platform with what they use, by name; those of the reader's
// scope, or all of them for who manages the platform.
func (s *Service) Tenants(ctx context.Context, scope authz.Scope, id ID, limit, offset int) ([]Tenant, int, error) {
	p, err := s.Platform(ctx, scope, id)
	if err != nil {
		return nil, 0, err
	}
	var w db.Where
	if !p.In(scope) {
		scope.Where(&w, "u")
	}
	w.And("p.id = ?", id)
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(DISTINCT s.unit_id) FROM site_platform sp JOIN platform p ON p.id = sp.platform_id JOIN site s ON s.id = sp.site_id JOIN unit u ON u.id = s.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, scanTenant, tenantSelect+` WHERE `+w.SQL()+tenantGroup+` ORDER BY u.area_path, u.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	return list, total, s.uses(ctx, s.db, list)
}

// Tenant of a platform, for its operator and for the resident itself.
func (s *Service) Tenant(ctx context.Context, scope authz.Scope, id ID, unit org.UnitID) (Tenant, error) {
	return s.tenant(ctx, s.db, scope, id, unit)
}

func (s *Service) tenant(ctx context.Context, q db.Querier, scope authz.Scope, id ID, unit org.UnitID) (Tenant, error) {
	t, err := db.One(ctx, q, scanTenant, tenantSelect+` WHERE p.id = $1 AND u.id = $2`+tenantGroup, id, unit)
	if db.None(err) || err == nil && !t.Managed(scope) && !scope.Covers(t.areaPath, t.linePath) {
		return Tenant{}, fault.Missing("进驻单位")
	}
	if err != nil {
		return t, err
	}
	list := []Tenant{t}
	err = s.uses(ctx, q, list)
	return list[0], err
}

// TenantOf is the tenancy of a unit in scope on a platform served here.
func (s *Service) TenantOf(ctx context.Context, scope authz.Scope, unit org.UnitID) (t Tenant, ok bool, err error) {
	t, err = db.One(ctx, s.db, scanTenant, tenantSelect+` WHERE u.id = $1 AND p.here AND p.retired_on IS NULL`+tenantGroup+` ORDER BY p.id LIMIT 1`, unit)
	if db.None(err) || err == nil && !t.Managed(scope) && !scope.Covers(t.areaPath, t.linePath) {
		return Tenant{}, false, nil
	}
	if err != nil {
		return t, false, err
	}
	list := []Tenant{t}
	err = s.uses(ctx, s.db, list)
	return list[0], err == nil, err
}

// change is an act of the platform's operator on one tenant.
func (s *Service) change(ctx context.Context, scope authz.Scope, id ID, unit org.UnitID, act string, do func(tx *db.Tx, t Tenant) (after any, err error)) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		t, err := s.tenant(ctx, tx, scope, id, unit)
		if err != nil {
			return err
		}
		if !t.Managed(scope) {
			return fault.New(fault.Forbidden, "只有“"+t.PlatformName+"”的运维管理方可以办理。")
		}
		if _, err := tx.Exec(ctx, `INSERT INTO tenant (platform_id, unit_id, limits, suspended_by, why, warned, updated_at) VALUES ($1, $2, '', '', '', '', $3) ON CONFLICT (platform_id, unit_id) DO NOTHING`, id, unit, tx.Now()); err != nil {
			return err
		}
		after, err := do(tx, t)
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: act, Basis: citation28, Target: t.target(), Before: map[string]any{"limits": t.Limits, "suspended": t.Suspended}, After: after})
	})
}

// SetLimits gives a tenant limits of its own; nil gives it those of the
// platform again.
func (s *Service) SetLimits(ctx context.Context, scope authz.Scope, id ID, unit org.UnitID, l *Limits) error {
	body := []byte{}
	if l != nil {
		if err := l.check(); err != nil {
			return err
		}
		var err error
		if body, err = json.Marshal(l); err != nil {
			return err
		}
	}
	return s.change(ctx, scope, id, unit, "platform.tenant.limits", func(tx *db.Tx, _ Tenant) (any, error) {
		_, err := tx.Exec(ctx, `UPDATE tenant SET limits = $3, warned = '', updated_at = $4 WHERE platform_id = $1 AND unit_id = $2`, id, unit, string(body), tx.Now())
		return l, err
	})
}

// Suspend keeps a tenant from entering new items and files; what is published
// stays, and withdrawing, correcting and answering go on.
func (s *Service) Suspend(ctx context.Context, scope authz.Scope, id ID, unit org.UnitID, why string) error {
	if why = strings.TrimSpace(why); len([]rune(why)) < 4 || len([]rune(why)) > 300 {
		return fault.New(fault.Invalid, "没有写明暂停的原因和依据。").On("why", "请用 4 到 300 个字写明原因和依据的细则条款")
	}
	return s.change(ctx, scope, id, unit, "platform.tenant.suspend", func(tx *db.Tx, t Tenant) (any, error) {
		if !t.Suspended.IsZero() {
			return nil, fault.New(fault.Conflict, t.UnitName+"已在暂停状态。")
		}
		actor, _ := audit.ActorFrom(ctx)
		if _, err := tx.Exec(ctx, `UPDATE tenant SET suspended_at = $3, suspended_by = $4, why = $5, updated_at = $3 WHERE platform_id = $1 AND unit_id = $2`, id, unit, tx.Now(), actor.Name, why); err != nil {
			return nil, err
		}
		_, err := notify.Send(ctx, tx, notify.Message{Key: "tenant:" + string(id) + ":" + string(unit) + ":suspend:" + tx.Now().Format(time.RFC3339Nano), Unit: string(unit), Link: t.Link(), Urgent: true,
			Title: "“" + t.PlatformName + "”暂停了本单位新增内容", Body: "原因：" + why + "。已公开的内容不受影响，撤稿、更正和答复照常办理。"})
		return why, err
	})
}

// Resume ends a suspension.
func (s *Service) Resume(ctx context.Context, scope authz.Scope, id ID, unit org.UnitID) error {
	return s.change(ctx, scope, id, unit, "platform.tenant.resume", func(tx *db.Tx, t Tenant) (any, error) {
		if t.Suspended.IsZero() {
			return nil, fault.New(fault.Conflict, t.UnitName+"没有被暂停。")
		}
		if _, err := tx.Exec(ctx, `UPDATE tenant SET suspended_at = NULL, suspended_by = '', why = '', updated_at = $3 WHERE platform_id = $1 AND unit_id = $2`, id, unit, tx.Now()); err != nil {
			return nil, err
		}
		_, err := notify.Send(ctx, tx, notify.Message{Key: "tenant:" + string(id) + ":" + string(unit) + ":resume:" + tx.Now().Format(time.RFC3339Nano), Unit: string(unit), Link: t.Link(), Title: "“" + t.PlatformName + "”恢复了本单位新增内容"})
		return "resumed", err
	})
}

// room is the tenancy of a unit with its uses; ok is false for a unit without
// sites on a platform served here, which no limit binds.
func (s *Service) room(ctx context.Context, q db.Querier, unit org.UnitID) (Tenant, bool, error) {
	t, err := db.One(ctx, q, scanTenant, tenantSelect+` WHERE u.id = $1 AND p.here AND p.retired_on IS NULL`+tenantGroup+` ORDER BY p.id LIMIT 1`, unit)
	if db.None(err) {
		return t, false, nil
	}
	if err != nil {
		return t, false, err
	}
	if t.Limits == (Limits{}) {
		return t, true, nil
	}
	list := []Tenant{t}
	err = s.uses(ctx, q, list)
	return list[0], err == nil, err
}

func (t Tenant) full(keys ...string) error {
	for _, u := range t.Uses {
		if u.Max > 0 && u.Used >= u.Max && slices.Contains(keys, u.Key) {
			return fault.Newf(fault.Refused, "本单位的%s已用 %d %s，达到“%s”的限额 %d %s；请清理不再需要的内容，或请平台运维管理方调整限额。", u.Name, u.Used, u.Unit, t.PlatformName, u.Max, u.Unit).
				Because(fault.Reason{ID: "S28.1.tenancy", Citation: citation28, Says: "平台运维管理细则规定的资源限额。"})
		}
	}
	return nil
}

func (t Tenant) halted() error {
	if t.Suspended.IsZero() {
		return nil
	}
	return fault.Newf(fault.Refused, "“%s”已暂停本单位新增内容，原因：%s。撤稿、更正和答复照常办理；恢复请联系平台运维管理方。", t.PlatformName, t.Why).
		Because(fault.Reason{ID: "S28.1.tenancy", Citation: citation28, Says: "平台运维管理细则规定的双方权责。"})
}

// MayCreate is asked before a unit enters one more item.
func (s *Service) MayCreate(ctx context.Context, tx *db.Tx, unit org.UnitID) error {
	t, ok, err := s.room(ctx, tx, unit)
	if err != nil || !ok {
		return err
	}
	if err := t.halted(); err != nil {
		return err
	}
	return t.full("items", "pages")
}

// MayKeep is asked before a unit keeps a file of so many bytes.
func (s *Service) MayKeep(ctx context.Context, tx *db.Tx, unit org.UnitID, bytes int64) error {
	t, ok, err := s.room(ctx, tx, unit)
	if err != nil || !ok {
		return err
	}
	if err := t.halted(); err != nil {
		return err
	}
	for i := range t.Uses {
		if t.Uses[i].Key == "storage_mb" {
			t.Uses[i].Used += int(bytes >> 20) // what is to come counts too
		}
	}
	return t.full("storage_mb", "uploads")
}

// MayAppoint is asked before a person gets a post at a unit: who has one there
// already takes no more room.
func (s *Service) MayAppoint(ctx context.Context, q db.Querier, unit org.UnitID, person org.PersonID) error {
	t, ok, err := s.room(ctx, q, unit)
	if err != nil || !ok {
		return err
	}
	n, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM post WHERE unit_id = $1 AND person_id = $2 AND ended_at IS NULL`, unit, person)
	if err != nil || n > 0 {
		return err
	}
	return t.full("staff")
}

// warn tells residents, once for each limit, that they have used 80 %.
func (s *Service) warn(ctx context.Context) (int, error) {
	list, err := db.All(ctx, s.db, scanTenant, tenantSelect+` WHERE p.here AND p.retired_on IS NULL AND (p.limits NOT IN ('', '{}') OR COALESCE(t.limits, '') NOT IN ('', '{}'))`+tenantGroup+` ORDER BY p.id, u.id LIMIT 5000`)
	if err != nil {
		return 0, err
	}
	n := 0
	for part := range slices.Chunk(list, 500) {
		if err := s.uses(ctx, s.db, part); err != nil {
			return n, err
		}
		for _, t := range part {
			var near []string
			var says []string
			for _, u := range t.Uses {
				if u.Key != "uploads" && u.Share() >= WarnShare {
					near = append(near, u.Key)
					says = append(says, fmt.Sprintf("%s %d/%d %s", u.Name, u.Used, u.Max, u.Unit))
				}
			}
			told, err := db.One(ctx, s.db, db.Value[string], `SELECT warned FROM tenant WHERE platform_id = $1 AND unit_id = $2`, t.Platform, t.Unit)
			if err != nil && !db.None(err) {
				return n, err
			}
			if now := strings.Join(near, ","); now != told {
				n++
				if err := s.db.Update(ctx, func(tx *db.Tx) error { return s.tellNear(ctx, tx, t, now, told, says) }); err != nil {
					return n, err
				}
			}
		}
	}
	return n, nil
}

func (s *Service) tellNear(ctx context.Context, tx *db.Tx, t Tenant, now, told string, says []string) error {
	if _, err := tx.Exec(ctx, `INSERT INTO tenant (platform_id, unit_id, limits, suspended_by, why, warned, updated_at) VALUES ($1, $2, '', '', '', $3, $4)
		ON CONFLICT (platform_id, unit_id) DO UPDATE SET warned = excluded.warned`, t.Platform, t.Unit, now, tx.Now()); err != nil {
		return err
	}
	more := slices.ContainsFunc(strings.Split(now, ","), func(k string) bool { return k != "" && !slices.Contains(strings.Split(told, ","), k) })
	if more {
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "tenant:" + string(t.Platform) + ":" + string(t.Unit) + ":near:" + tx.Now().Format(time.RFC3339Nano), Unit: string(t.Unit), Link: t.Link(),
			Title: "平台资源已用到 80% 以上", Body: strings.Join(says, "；") + "。请清理不再需要的内容，或请平台运维管理方调整限额。"}); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "platform.tenant.warn", Basis: citation28, Target: t.target(), After: now})
}
