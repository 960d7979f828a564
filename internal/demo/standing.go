package demo

import (
	"context"
	"fmt"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
)

// indexCodes records what the city's index numbers begin with; the code says
// that it is made.
func (d *province) indexCodes(ctx context.Context) error {
	ctx, scope, err := d.scoped(ctx, "shibian", authz.ItemWrite)
	if err != nil {
		return err
	}
	unit := d.sites["xian"].Unit
	have, err := d.Library.IndexAuthority(ctx, scope, unit)
	if err != nil || have.Recorded {
		return err
	}
	return d.Library.RecordIndexCode(ctx, scope, unit, "11610100DEMA00001X")
}

// standing lets one of the city's documents be amended and another be repealed
// next month, so that the labels are seen.
func (d *province) standing(ctx context.Context) error {
	ctx, scope, err := d.scoped(ctx, "shizhong", authz.ItemFinalReview)
	if err != nil {
		return err
	}
	list, _, err := d.Library.Items(ctx, scope, library.Filter{Type: library.Policy, State: "live", Unit: d.sites["xian"].Unit, Limit: 100})
	if err != nil {
		return err
	}
	today := calendar.DateOf(d.DB.Now())
	for _, e := range []struct {
		of     string
		effect library.Effect
	}{
		{"日常监测", library.Effect{Effect: library.Amends, ByName: "《西安市人民政府办公厅关于修改部分文件的决定（演示）》", EffectiveOn: today.AddDays(-20), Note: "修改第二条、第四条"}},
		{"便民服务圈", library.Effect{Effect: library.Repeals, ByName: "《西安市人民政府办公厅关于宣布失效一批文件的决定（演示）》", EffectiveOn: today.AddDays(30)}},
	} {
		n := 0
		for _, it := range list {
			if !strings.Contains(it.Title, e.of) {
				continue
			}
			n++
			on, _, err := d.Library.Effects(ctx, scope, it.ID)
			if err != nil {
				return err
			}
			if len(on) > 0 {
				continue
			}
			e.effect.Target = it.ID
			if _, err := d.Library.AddEffect(ctx, scope, e.effect); err != nil && !fault.Is(err, fault.Conflict) {
				return err
			}
		}
		if n == 0 {
			return fmt.Errorf("demo: no document about %s", e.of)
		}
	}
	return nil
}
