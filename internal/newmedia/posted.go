package newmedia

import (
	"context"
	"iter"
	"strings"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/official"
	"zhengshu/internal/registry"
)

// Posted is one post of an account, in the words of the table or the program that
// tells it.
type Posted struct {
	Account  string // its address, permanent id or name
	On       string // the day, as 2026-11-23, or the instant
	Title    string
	URL      string
	Original string // 是, 否; empty: not told
}

// Where posts are told of (account_post.source).
const (
	byFeed = "feed"
	byFile = "file"
	byAPI  = "api"
)

// MostPosted is how many posts a program may tell at a time.
const MostPosted = 5000

// told is a post with its row.
type told struct {
	row int // 1 is the first line of a table, or the first of a list
	Posted
}

// Import reads a table of posts as a platform or a monitor exports it. Rows name
// the account by its address, permanent id or name; those out of scope are
// refused like unknown ones.
func (s *Service) Import(ctx context.Context, scope authz.Scope, t *official.Table) (intake.Report, error) {
	h := intake.ReadHeader(t)
	who, on := []string{"账号网址", "平台内部标识", "账号名称", "账号", "account", "url"}, []string{"发布日期", "发布时间", "日期", "date"}
	if !h.Has(who...) || !h.Has(on...) {
		return intake.New(false), fault.New(fault.Invalid, "表头没有账号或发布日期。请有“账号网址”（或“平台内部标识”“账号名称”）和“发布日期”两列，可以再有“标题”“网址”“是否原创”。").On("file", "缺少列")
	}
	return s.take(ctx, scope, byFile, func(yield func(told, error) bool) {
		for row, err := range t.Rows() {
			if err != nil {
				yield(told{}, err)
				return
			}
			p := Posted{On: h.Get(row, on...), Title: h.Get(row, "标题", "title"), URL: h.Get(row, "网址", "链接", "link"), Original: h.Get(row, "是否原创", "原创", "original")}
			for _, name := range who {
				if p.Account = h.Get(row, name); p.Account != "" {
					break
				}
			}
			if !yield(told{row.Number, p}, nil) {
				return
			}
		}
	})
}

// TakePosts takes the posts that a program tells, at most MostPosted, as Import does
// the rows of a table; their row is their place in the list, from 1.
func (s *Service) TakePosts(ctx context.Context, scope authz.Scope, list []Posted) (intake.Report, error) {
	if len(list) > MostPosted {
		return intake.New(false), fault.Newf(fault.Invalid, "一次报送了 %d 条发布数据，最多 %d 条，请分几次报送。", len(list), MostPosted).On("posts", "请分几次报送")
	}
	return s.take(ctx, scope, byAPI, func(yield func(told, error) bool) {
		for i, p := range list {
			for _, text := range []*string{&p.Account, &p.On, &p.Title, &p.URL} {
				*text = strings.TrimSpace(abridge.Plain(*text, 1000))
			}
			if !yield(told{i + 1, p}, nil) {
				return
			}
		}
	})
}

// take keeps the posts that can be told apart, refuses the others with the reason, and
// judges the accounts anew. Told again, nothing is kept twice.
func (s *Service) take(ctx context.Context, scope authz.Scope, source string, rows iter.Seq2[told, error]) (intake.Report, error) {
	rep := intake.New(false)
	known := map[string]registry.AccountID{}
	touched := map[registry.AccountID]bool{}
	err := s.DB.Update(ctx, func(tx *db.Tx) error {
		rep = intake.New(false)
		clear(touched)
		for p, err := range rows {
			if err != nil {
				return err
			}
			if p.Account == "" {
				rep.Refuse(p.row, "账号", "没有写明账号，请填写账号网址、平台内部标识或账号名称")
				continue
			}
			d, err := dayOf(p.On)
			if err != nil {
				rep.Refuse(p.row, "发布日期", "发布日期“"+abridge.Cut(p.On, 30)+"”不能识别，应为 2026-11-23 这样的日期")
				continue
			}
			id, ok := known[p.Account]
			if !ok {
				if id, err = s.accountOf(ctx, tx, scope, p.Account); err != nil {
					return err
				}
				known[p.Account] = id
			}
			if id == "" {
				rep.Refuse(p.row, "账号", "台账中没有账号“"+abridge.Cut(p.Account, 60)+"”，或不止一个同名账号，请改用账号网址")
				continue
			}
			if d.After(calendar.DateOf(tx.Now())) {
				rep.Refuse(p.row, "发布日期", "发布日期“"+abridge.Cut(p.On, 30)+"”晚于今天，请核对年份")
				continue
			}
			fresh, err := s.post(ctx, tx, id, Entry{d, p.Title, p.URL}, originalOf(p.Original), source)
			switch {
			case err != nil:
				return err
			case fresh:
				rep.Accepted++
			default:
				rep.Unchanged++
			}
			touched[id] = true
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "newmedia.import", Basis: MendDue.Citation, Target: audit.Target{Kind: "account_post", Name: "账号发布数据"}, After: map[string]any{"source": source, "rows": rep.Accepted, "accounts": len(touched)}})
	})
	if err != nil {
		return rep, err
	}
	for id := range touched {
		if err := s.Judge(ctx, scope, id); err != nil {
			return rep, err
		}
	}
	return rep, nil
}

// dayOf is the legal day of what a table or a program calls a day or an instant.
func dayOf(says string) (calendar.Date, error) {
	if t, err := time.Parse(time.RFC3339, says); err == nil {
		return calendar.DateOf(t), nil
	}
	return calendar.ParseLoose(says)
}

// originalOf reads what is said of a post being the account's own.
func originalOf(says string) string {
	switch says {
	case "是", "原创", "yes", "1", "true":
		return "yes"
	case "否", "转载", "no", "0", "false":
		return "no"
	}
	return ""
}

// accountOf is the account in scope that a key names: its address, permanent id or
// name; empty where none or several do.
func (s *Service) accountOf(ctx context.Context, q db.Querier, scope authz.Scope, key string) (registry.AccountID, error) {
	if key == "" {
		return "", nil
	}
	var w db.Where
	scope.Where(&w, "u")
	w.And("a.state NOT IN ('exited', 'closed', 'struck')").And("a.url = ? OR a.platform_id = ? OR a.name = ?", key, key, key)
	ids, err := db.All(ctx, q, db.Value[registry.AccountID], `SELECT a.id FROM account a JOIN unit u ON u.id = a.unit_id WHERE `+w.SQL()+` LIMIT 2`, w.Args()...)
	if err != nil || len(ids) != 1 {
		return "", err
	}
	return ids[0], nil
}
