package inspectionweb_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"zhengshu/internal/authz"
)

// TestArticle23_1_ABaselineIsConfirmedOnItsScreen walks from the site to a
// confirmed baseline, through each refusal.
func TestArticle23_1_ABaselineIsConfirmedOnItsScreen(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		site := "/console/inspection/sites/" + string(h.site.ID)
		h.walk.Post(site+"/run", nil).Want(http.StatusSeeOther)
		h.work()
		list := h.walk.Get(site + "/baselines").Want(http.StatusOK)
		if !strings.Contains(list.Body, "待确认基线") {
			t.Error("the home page is not offered")
		}
		path := list.Attr(".table tbody th a", "href")
		page := h.walk.Get(path).Want(http.StatusOK)
		if !strings.Contains(page.Body, "还没有基线") || !strings.Contains(page.Body, "办事指南") || strings.Contains(page.Body, "<script>alert(") {
			t.Error("what was seen is not shown as text")
		}
		bytes := h.walk.Do(httptest.NewRequest(http.MethodGet, page.Attr("a[download]", "href"), nil)).Want(http.StatusOK)
		if ct := bytes.Header.Get("Content-Type"); ct != "application/octet-stream" || !strings.Contains(bytes.Body, "from the site") {
			t.Errorf("bytes as %s", ct)
		}
		form := url.Values{"address": {page.Attr("input[name=address]", "value")}, "sha256": {page.Attr("input[name=sha256]", "value")}, "reason": {"好"}}
		if refused := h.walk.Post(site+"/baseline", form).Want(http.StatusUnprocessableEntity); refused.Text("textarea") != "好" || len(refused.All(".field-error")) != 1 {
			t.Error("the reason was lost")
		}
		stale := url.Values{"address": form["address"], "sha256": {strings.Repeat("0", 64)}, "reason": {"首次确认，已核对"}}
		if refused := h.walk.Post(site+"/baseline", stale).Want(http.StatusUnprocessableEntity); !strings.Contains(refused.Body, "重新查看") {
			t.Error("a stale look was not refused in words")
		}
		form.Set("reason", "首次确认，已与主办单位核对")
		a := h.walk.Post(site+"/baseline", form).Want(http.StatusSeeOther)
		if done := h.walk.Get(a.Location()).Want(http.StatusOK); !strings.Contains(done.Body, "张三") || !strings.Contains(done.Body, "与基线一致") || len(done.All("textarea")) != 0 {
			t.Error("the baseline does not stand")
		}
		// Twice does no harm.
		h.walk.Post(site+"/baseline", form).Want(http.StatusUnprocessableEntity)
		if refused := h.walk.Post(site+"/baselines", url.Values{"address": {"http://www.elsewhere.gov.cn/"}}).Want(http.StatusUnprocessableEntity); len(refused.All(".field-error")) != 1 {
			t.Error("a page of another site was not refused at its field")
		}
		h.walk.Post(site+"/baselines", url.Values{"address": {"http://www.yanta.gov.cn/a.html"}}).Want(http.StatusSeeOther)
		h.walk.Post(site+"/baseline/end", url.Values{"address": {"http://www.yanta.gov.cn/a.html"}}).Want(http.StatusSeeOther)
		h.walk.Post(site+"/baseline/end", url.Values{"address": {form.Get("address")}}).Want(http.StatusUnprocessableEntity)
		h.walk.Get(site + "/baseline?address=none").Want(http.StatusNotFound)
		h.walk.Gate.Session.Posts[0].Role = authz.Reviewer
		h.walk.Get(site + "/baselines").Want(http.StatusOK)
		h.walk.Post(site+"/baseline", form).Want(http.StatusForbidden)
	})
}
