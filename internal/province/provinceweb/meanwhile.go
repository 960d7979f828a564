package provinceweb

import (
	"net/url"
	"slices"
	"strings"

	"zhengshu/internal/fault"
	"zhengshu/internal/web"
)

// baseField names the edition that a form was opened on.
const baseField = "edition"

// word is what a field of a form says, the same for a form as it is drawn and as it is
// posted.
func words(f web.Form) (said map[string]string, labels map[string]string, checks map[string]bool) {
	said, labels, checks = map[string]string{}, map[string]string{}, map[string]bool{}
	for _, s := range f.Sections {
		for _, x := range s.Fields {
			switch {
			case x.Name == baseField || x.Kind == web.Password:
				continue
			case x.Kind == web.Check:
				checks[x.Name] = true
				if x.Checked {
					said[x.Name] = "true"
				}
			default:
				said[x.Name] = plain(x.Value)
			}
			labels[x.Name] = x.Label
		}
	}
	return said, labels, checks
}

func plain(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }

// meanwhile lays what a person typed into a form over what another saved after it was
// opened: was and now are the form as it was opened and as it would be now. What the
// person left as it was follows the other; what both changed stays as it was typed. It
// returns the names of what the other changed.
func meanwhile(posted url.Values, was, now web.Form) (changed []string) {
	before, _, checks := words(was)
	after, _, also := words(now)
	for name := range also {
		checks[name] = true
	}
	names := map[string]bool{}
	for _, m := range []map[string]string{before, after} {
		for name := range m {
			names[name] = true
		}
	}
	for name := range names {
		if before[name] == after[name] {
			continue
		}
		changed = append(changed, name)
		typed := plain(posted.Get(name))
		if checks[name] && posted.Has(name) {
			typed = "true"
		}
		switch {
		case typed != before[name]:
		case after[name] == "":
			posted.Del(name)
			if !checks[name] {
				posted.Set(name, "")
			}
		default:
			posted.Set(name, after[name])
		}
	}
	slices.Sort(changed)
	return changed
}

// namedChanges are so many of what another changed that are named.
const namedChanges = 5

// stale says that another saved after the form was opened, and what.
func stale(what string, changed []string, says func(name string) string) error {
	var list []string
	for _, name := range changed {
		if s := says(name); s != "" {
			list = append(list, s)
		}
	}
	named := ""
	if more := len(list) - namedChanges; more > 0 {
		list = append(list[:namedChanges], "等")
	}
	if len(list) > 0 {
		named = "：" + strings.Join(list, "、")
	}
	return fault.New(fault.Conflict, "您打开表单后，"+what+"已被别人修改"+named+"。您填写的内容还在下面，没有改的已换成最新的，请核对后再保存。")
}
