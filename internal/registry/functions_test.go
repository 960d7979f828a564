package registry_test

import (
	"strings"
	"testing"

	"zhengshu/internal/registry"
)

func TestArticle3_FiveTasksOfASite(t *testing.T) {
	columns := []registry.Column{{Name: "要闻", Type: "政务动态"}, {Name: "解读", Type: "政策解读"}}
	for _, tt := range []struct {
		name    string
		site    registry.Site
		columns []registry.Column
		missing string
	}{
		{"nothing at all", registry.Site{}, nil, "发布政府信息 开展政策解读 回应社会关切 提供利企便民服务 深化政民互动"},
		{"a hosted site has its letters", registry.Site{Hosted: true}, columns, "提供利企便民服务"},
		{"elsewhere only columns count", registry.Site{}, columns, "回应社会关切 提供利企便民服务 深化政民互动"},
		{"all five", registry.Site{Hosted: true}, append(columns, registry.Column{Name: "办事", Type: "办事服务"}), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var missing []string
			for _, f := range tt.site.Functions(tt.columns) {
				if !f.Present() {
					missing = append(missing, f.Name)
				}
			}
			if got := strings.Join(missing, " "); got != tt.missing {
				t.Errorf("missing %q, want %q", got, tt.missing)
			}
		})
	}
}
