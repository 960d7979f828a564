package lifecycle_test

import (
	"strings"
	"testing"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// Article 8(1): with leave a site is off the net from the act that takes it off to
// the one that brings it back, and no longer; an emergency is entered after it began,
// and counts from the start of its day.
func TestArticle08_1_AWindowIsFiledToTheInstant(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ref := h.site("citydept", registry.DepartmentSite)
		ctx, _ := h.as("citydept.clerk", authz.LaunchManage)
		filed := func(want int) lifecycle.FiledWindow {
			t.Helper()
			all, err := h.svc.Filed(ctx, authz.System("test"), []registry.SiteID{registry.SiteID(ref.ID)})
			list := all[registry.SiteID(ref.ID)]
			if err != nil || len(list) != want {
				t.Fatalf("%+v (%v), want %d", list, err, want)
			}
			return list[0]
		}
		h.climb(h.must(h.ask("citydept.clerk", lifecycle.OfflineMatter, ref, pause(h.day(0), h.day(10)))).Case)
		h.hang(ref, sx2021.OfflineNotice, calendar.DateOf(h.clock.Now()))
		off := h.clock.Now()
		h.must(h.ask("citydept.clerk", lifecycle.GoOfflineMatter, ref, nil))
		if w := filed(1); !w.From.Equal(off) || !w.Until.IsZero() || !strings.HasPrefix(w.Says, "批准的临时下线") {
			t.Errorf("off since %s: %+v", off, w)
		}
		h.clock.Advance(time.Hour)
		h.must(h.ask("citydept.clerk", lifecycle.ResumeMatter, ref, map[string]string{"checked": "yes", "result": "升级完成"}))
		if w := filed(1); !w.From.Equal(off) || !w.Until.Equal(h.clock.Now()) {
			t.Errorf("one hour from %s: %+v", off, w)
		}
		h.clock.Advance(dayLong)
		h.must(h.ask("citydept.clerk", lifecycle.EmergencyMatter, ref, map[string]string{"emergency": "force_majeure", "began": h.day(0), "cause": "机房断电"}))
		h.must(h.ask("city.chief", lifecycle.ReportMatter, ref, map[string]string{"number": "市政办函〔2026〕9号", "on": h.day(0), "sealed": "yes"}, "report"))
		if w := filed(2); !w.From.Equal(calendar.DateOf(h.clock.Now()).Start()) || !w.Until.IsZero() || w.Says != "已书面报备（市政办函〔2026〕9号）的紧急下线“机房断电”" {
			t.Errorf("an emergency: %+v", w)
		}
	})
}
