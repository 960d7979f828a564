package registry

import (
	"context"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/org"
)

// Outside is one row of another body's list, by field.
type Outside struct {
	Row    int
	Values map[string]string // only fields the file has and fills in
}

// Outside reads a brought file as another body's list. Nothing of it is taken.
func (in *Intake) Outside(ctx context.Context, session *authz.Session, id string) (File, []Outside, error) {
	f, err := in.s.File(ctx, in.s.db, session, id)
	if err != nil {
		return f, nil, err
	}
	t, err := in.read(ctx, f)
	if err != nil {
		return f, nil, err
	}
	fields := FieldsOf(f.Kind)
	rep := intake.New(true)
	rows, err := readRows(t, fields, org.ImportOptions{SkipHidden: f.SkipHidden}, &rep, func(r *intake.Reader, n int) Outside {
		o := Outside{Row: n, Values: map[string]string{}}
		for _, field := range fields {
			if v := r.Get(field.Key); v != "" {
				o.Values[field.Key] = v
			}
		}
		return o
	})
	if err != nil {
		return f, nil, err
	}
	// A row that is lost would look as if the list did not have it.
	if n := len(rep.Refused); n > 0 {
		return f, nil, fault.Newf(fault.Invalid, "名单有 %d 行读不出来，没有核对；先改正第 %d 行：%s", n, rep.Refused[0].Row, rep.Refused[0].Says).On("file", "请改正后重新上传")
	}
	for i := range rows {
		v := rows[i].Values
		if v["host"] == "" && v["url"] != "" && f.Kind == SiteFile {
			v["host"] = v["url"]
		}
		if h, err := NormalizeHost(v["host"]); err == nil {
			v["host"] = h
		}
		if p := v["platform"]; p != "" {
			v["platform"] = platformOf(strings.ToLower(p))
		}
		if f.Kind == AppFile && v["platform"] == "" {
			v["platform"] = "app"
		}
		if c := v["chinese_domain"]; c != "" {
			v["chinese_domain"] = chineseOf(c).Shown
		}
		if c := v["site_code"]; c != "" {
			v["site_code"] = strings.ToLower(c)
		}
	}
	return f, rows, nil
}
