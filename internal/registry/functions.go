package registry

import "slices"

// Function is one of the five main tasks of Article 3 and what carries it on a
// site.
type Function struct {
	Name string   // 信息发布
	By   []string // columns or doors that carry it; empty: missing
}

// Present reports whether anything carries the function.
func (f Function) Present() bool { return len(f.By) > 0 }

// functionTypes are the column classes that carry each task of Article 3:
// 「发布政府信息、开展政策解读、回应社会关切、提供利企便民服务、深化政民互动」.
var functionTypes = []struct {
	name  string
	types []string
	door  string // what a hosted site has of itself
}{
	{"发布政府信息", []string{"政务动态", "通知公告", "政策文件", "数据发布"}, ""},
	{"开展政策解读", []string{"政策解读"}, ""},
	{"回应社会关切", []string{"回应关切", "互动交流"}, "来信答复公开"},
	{"提供利企便民服务", []string{"办事服务"}, ""},
	{"深化政民互动", []string{"互动交流"}, "写信和查询"},
}

// Functions are the five tasks and what carries each on the site. A portal must
// carry all five.
func (s Site) Functions(columns []Column) []Function {
	out := make([]Function, len(functionTypes))
	for i, f := range functionTypes {
		out[i].Name = f.name
		for _, c := range columns {
			if slices.Contains(f.types, c.Type) {
				out[i].By = append(out[i].By, c.Name)
			}
		}
		if s.Hosted && f.door != "" {
			out[i].By = append(out[i].By, f.door)
		}
	}
	return out
}
