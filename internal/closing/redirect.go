package closing

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"path"
	"slices"
	"strings"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/official"
	"zhengshu/internal/rules/sx2021"
)

// Reply is what the old host answers at an address.
type Reply string

// The replies.
const (
	ToNew     Reply = "redirect" // it is now there
	ToArchive Reply = "archive"  // kept in the archive
	GoneReply Reply = "gone"     // dropped
)

// Replies is the closed list in screen order.
var Replies = []Reply{ToNew, ToArchive, GoneReply}

// Name is the reply in Chinese.
func (r Reply) Name() string {
	return map[Reply]string{ToNew: "跳转", ToArchive: "归档", GoneReply: "已停用"}[r]
}

// Redirect is one row of the map.
type Redirect struct {
	Old    string // path with query on the old host
	Reply  Reply
	Target string // of ToNew: the whole new address
}

// MaxRedirects is how many rows a map may have.
const MaxRedirects = 10_000

// oldPath brings an old address to its path on the old host; says is what is
// wrong with it.
func oldPath(s, host string) (p, says string) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", "旧网址没有填写"
	}
	u, err := url.Parse(s)
	if err != nil || len(s) > 500 || strings.ContainsAny(s, "\x00\r\n\\") {
		return "", "旧网址“" + abridge.Cut(s, 60) + "”无法识别"
	}
	if u.Host != "" && !sameHost(u.Hostname(), host) {
		return "", "旧网址不在 " + host + " 上"
	}
	if u.Host == "" && !strings.HasPrefix(s, "/") {
		return "", "旧网址应以 / 开头，或写完整网址"
	}
	p = u.EscapedPath()
	if p == "" {
		p = "/"
	}
	if clean := path.Clean(p); clean != p && clean+"/" != p {
		return "", "旧网址“" + abridge.Cut(s, 60) + "”含有 . 或 .. 等多余部分"
	}
	if u.RawQuery != "" {
		p += "?" + u.RawQuery
	}
	return p, ""
}

func sameHost(a, b string) bool {
	return b != "" && strings.TrimPrefix(strings.ToLower(a), "www.") == strings.TrimPrefix(strings.ToLower(b), "www.")
}

// CheckMap says what is wrong with a map, row by row (counted from 0), and brings
// its addresses to one form. Nothing may lead back to the old host: it ends with
// its domain.
func CheckMap(host string, rows []Redirect) ([]Redirect, map[int]string) {
	wrong := map[int]string{}
	out := slices.Clone(rows)
	at := map[string]int{}
	for i := range out {
		r := &out[i]
		var says string
		if r.Old, says = oldPath(r.Old, host); says != "" {
			wrong[i] = says
			continue
		}
		if first, dup := at[r.Old]; dup {
			wrong[i] = fmt.Sprintf("旧网址 %s 与第 %d 条重复", r.Old, first+1)
			continue
		}
		at[r.Old] = i
		r.Target = strings.TrimSpace(r.Target)
		switch {
		case !slices.Contains(Replies, r.Reply):
			wrong[i] = "处理方式应为 跳转、归档 或 已停用"
		case r.Reply != ToNew && r.Target != "":
			wrong[i] = "处理方式是“" + r.Reply.Name() + "”时不填新网址"
		case r.Reply == ToNew:
			u, err := url.Parse(r.Target)
			if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || len(r.Target) > 1000 || strings.ContainsAny(r.Target, "\x00\r\n") {
				wrong[i] = "新网址“" + abridge.Cut(r.Target, 60) + "”应是以 http:// 或 https:// 开头的完整网址"
			}
		}
	}
	for i, r := range out {
		if wrong[i] != "" || r.Reply != ToNew {
			continue
		}
		if says := backTo(host, out, at, i); says != "" {
			wrong[i] = says
		}
	}
	return out, wrong
}

// backTo follows a row whose target lies on the old host itself.
func backTo(host string, rows []Redirect, at map[string]int, i int) string {
	seen := map[int]bool{}
	for j := i; ; {
		u, err := url.Parse(rows[j].Target)
		if err != nil || !sameHost(u.Hostname(), host) {
			if j == i {
				return ""
			}
			return "新网址经旧网站再次跳转，请直接填写最终网址 " + abridge.Cut(rows[j].Target, 80)
		}
		seen[j] = true
		p, says := oldPath(rows[j].Target, host)
		next, ok := at[p]
		if says != "" || !ok || rows[next].Reply != ToNew {
			return "新网址仍在旧网站上，旧网站注销后打不开"
		}
		if seen[next] {
			return "跳转形成循环：" + rows[i].Old + " → " + p
		}
		j = next
	}
}

// header names of the columns of a map's file.
var redirectHeads = [3][]string{{"old", "旧网址", "old_path"}, {"answer", "处理方式", "处理"}, {"new", "新网址", "target"}}

func replyOf(word, target string) Reply {
	word = strings.TrimSpace(strings.ToLower(word))
	switch word {
	case "跳转", "redirect", "301":
		return ToNew
	case "归档", "archive":
		return ToArchive
	case "已停用", "停用", "舍弃", "gone", "410":
		return GoneReply
	case "":
		if strings.TrimSpace(target) != "" {
			return ToNew
		}
	}
	return Reply(word)
}

// ImportMap replaces the map of a closing by a file's rows, all or nothing:
// every wrong row is named, and then nothing is changed. A dry run changes
// nothing either way.
func (s *Service) ImportMap(ctx context.Context, scope authz.Scope, id ID, t *official.Table, dry bool) (intake.Report, error) {
	rep := intake.New(dry)
	c, err := s.Closing(ctx, s.db, scope, id)
	if err != nil {
		return rep, err
	}
	h := intake.ReadHeader(t)
	for _, names := range redirectHeads[:2] {
		if !h.Has(names...) {
			return rep, intake.Unknown(t, "跳转表要有 "+redirectHeads[0][1]+"、"+redirectHeads[1][1]+"、"+redirectHeads[2][1]+" 三列。")
		}
	}
	var rows []Redirect
	var numbers []int
	for r, err := range t.Rows() {
		if err != nil {
			return rep, err
		}
		if rep.Read++; rep.Read > MaxRedirects {
			return rep, fault.Newf(fault.Invalid, "跳转表超过 %d 条，请合并规则或只列有访问量的网址。", MaxRedirects)
		}
		target := h.Get(r, redirectHeads[2]...)
		rows = append(rows, Redirect{Old: h.Get(r, redirectHeads[0]...), Reply: replyOf(h.Get(r, redirectHeads[1]...), target), Target: target})
		numbers = append(numbers, r.Number)
	}
	if len(rows) == 0 {
		return rep, fault.New(fault.Invalid, "文件里没有一条网址，没有导入；请核对文件。").On("file", "文件里没有一条网址")
	}
	out, wrong := CheckMap(c.Host, rows)
	for i := range rows {
		if says := wrong[i]; says != "" {
			if err := rep.RefuseFault(numbers[i], fault.New(fault.Invalid, says+"，请改正。")); err != nil {
				return rep, err
			}
			continue
		}
		rep.Accepted++
	}
	if dry || len(wrong) > 0 {
		return rep, nil
	}
	return rep, s.putMap(ctx, scope, id, out)
}

func (s *Service) putMap(ctx context.Context, scope authz.Scope, id ID, rows []Redirect) error {
	return s.change(ctx, scope, id, func(tx *db.Tx, c Closing) error {
		if _, err := tx.Exec(ctx, `DELETE FROM closing_redirect WHERE closing_id = $1`, id); err != nil {
			return err
		}
		if err := insertMap(ctx, tx, id, rows); err != nil {
			return err
		}
		if err := s.redrawn(ctx, tx, c.portal); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "closing.map.replace", Target: c.Target(), Basis: sx2021.ClosureMigration.Citation, Before: c.Redirects, After: len(rows)})
	})
}

// insertMap writes rows, many a statement: ten thousand single ones keep
// everybody waiting.
func insertMap(ctx context.Context, tx *db.Tx, id ID, rows []Redirect) error {
	values := make([][]any, 0, len(rows))
	for _, r := range rows {
		values = append(values, []any{id, r.Old, r.Reply, r.Target})
	}
	return tx.InsertAll(ctx, "closing_redirect", []string{"closing_id", "old_path", "answer", "target"}, values)
}

// SetRedirect adds or changes one row of the map.
func (s *Service) SetRedirect(ctx context.Context, scope authz.Scope, id ID, r Redirect) error {
	c, err := s.Closing(ctx, s.db, scope, id)
	if err != nil {
		return err
	}
	out, wrong := CheckMap(c.Host, []Redirect{r})
	if says := wrong[0]; says != "" {
		field := "old"
		if strings.Contains(says, "新网址") {
			field = "target"
		}
		return fault.New(fault.Invalid, says+"，请改正。").On(field, says)
	}
	return s.change(ctx, scope, id, func(tx *db.Tx, c Closing) error {
		before, err := db.All(ctx, tx, scanRedirect, `SELECT old_path, answer, target FROM closing_redirect WHERE closing_id = $1 AND old_path = $2`, id, out[0].Old)
		if err != nil {
			return err
		}
		if len(before) == 0 && c.Redirects >= MaxRedirects {
			return fault.Newf(fault.Refused, "跳转表已有 %d 条，不能再加。", c.Redirects)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO closing_redirect (closing_id, old_path, answer, target) VALUES ($1, $2, $3, $4)
			ON CONFLICT (closing_id, old_path) DO UPDATE SET answer = excluded.answer, target = excluded.target`, id, out[0].Old, out[0].Reply, out[0].Target); err != nil {
			return err
		}
		if err := s.redrawn(ctx, tx, c.portal); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "closing.map.set", Target: c.Target(), Basis: sx2021.ClosureMigration.Citation, Before: before, After: out[0]})
	})
}

// Map of a closing in scope, by old address.
func (s *Service) Map(ctx context.Context, q db.Querier, scope authz.Scope, id ID, text string, limit, offset int) ([]Redirect, int, error) {
	if _, err := s.Closing(ctx, q, scope, id); err != nil {
		return nil, 0, err
	}
	var w db.Where
	w.And("closing_id = ?", id).AndIf(text != "", `(lower(old_path) LIKE ? ESCAPE '\' OR lower(target) LIKE ? ESCAPE '\')`, db.Contains(text), db.Contains(text))
	total, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM closing_redirect WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, q, scanRedirect, `SELECT old_path, answer, target FROM closing_redirect WHERE `+w.SQL()+` ORDER BY old_path LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	return list, total, err
}

func scanRedirect(r db.Scanner) (Redirect, error) {
	var x Redirect
	err := r.Scan(&x.Old, &x.Reply, &x.Target)
	return x, err
}

// MapSheet is the map as a table to save or to hand on, whole.
func (s *Service) MapSheet(ctx context.Context, scope authz.Scope, id ID) (official.Sheet, Closing, error) {
	c, err := s.Closing(ctx, s.db, scope, id)
	if err != nil {
		return official.Sheet{}, c, err
	}
	list, _, err := s.Map(ctx, s.db, scope, id, "", MaxRedirects, 0)
	if err != nil {
		return official.Sheet{}, c, err
	}
	rows := func(yield func([]any) bool) {
		for _, r := range list {
			if !yield([]any{r.Old, r.Reply.Name(), r.Target}) {
				return
			}
		}
	}
	return official.Sheet{Title: "跳转表", Columns: []official.Column{{Title: "旧网址", Width: 50}, {Title: "处理方式", Width: 10}, {Title: "新网址", Width: 60}}, Rows: iter.Seq[[]any](rows)}, c, nil
}

// SetRedirectUntil keeps the day the old host's domain is cancelled: redirects
// end then (readings 6).
func (s *Service) SetRedirectUntil(ctx context.Context, scope authz.Scope, id ID, on calendar.Date) error {
	if on.IsZero() {
		return fault.New(fault.Invalid, "请填写域名注销日期。").On("until", "请填写日期")
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.Closing(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if c.State == Stopped {
			return fault.New(fault.Conflict, "关停已终止，不用再登记。")
		}
		if _, err := tx.Exec(ctx, `UPDATE closing SET redirect_until = $2 WHERE id = $1`, id, on); err != nil {
			return err
		}
		if err := s.redrawn(ctx, tx, c.portal); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "closing.redirect_until", Target: c.Target(), Before: c.RedirectUntil, After: on})
	})
}
