package newmedia

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/registry"
)

// A feed is fetched by this house where it has a way, and by a crawler where it has
// none. What stands in it this house reads.

// FeedKind names the reading of feeds in the exchange with crawlers.
const FeedKind = "feed"

// maxFeed bounds the bytes of a feed.
const maxFeed = 4 << 20

// FeedAsk is which feed is read.
type FeedAsk struct {
	URL string `json:"url"`
}

// FeedSight is what came of it: Says why nothing did, or the answer with its bytes.
type FeedSight struct {
	URL     string   `json:"url"`
	Says    string   `json:"says,omitempty"`
	Status  int      `json:"status,omitempty"`
	Headers string   `json:"headers,omitempty"`
	Body    blob.Ref `json:"body,omitempty"`
}

// FeedLooker has a crawler fetch feeds.
func FeedLooker(t inspection.Tools) inspection.Looker {
	return func(ctx context.Context, what json.RawMessage, keep func([]byte) (blob.Ref, error)) (any, error) {
		var a FeedAsk
		if err := json.Unmarshal(what, &a); err != nil {
			return nil, fault.New(fault.Invalid, "没有读取：交办的内容不能识别，请把外网巡检机程序更新到与主系统同一版本。").From(err)
		}
		return fetchFeed(ctx, t.Manners, a.URL, keep)
	}
}

// fetchFeed asks for a feed and keeps its bytes.
func fetchFeed(ctx context.Context, m *crawl.Manners, address string, keep func([]byte) (blob.Ref, error)) (FeedSight, error) {
	out := FeedSight{URL: address}
	resp, ok, why, err := m.Fetch(ctx, address, egress.Options{Accept: "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, application/json;q=0.9", MaxBody: maxFeed})
	var e *egress.Error
	switch {
	case ctx.Err() != nil:
		return out, ctx.Err()
	case errors.As(err, &e):
		out.Says = e.Says
	case !ok:
		out.Says = why.Says()
	case err != nil:
		out.Says = "没有取得订阅源。"
	case resp.Status != 200:
		out.Says = "订阅源没有正常返回。"
	default:
		out.Status, out.Headers = resp.Status, abridge.Cut(engine.HeaderText(resp.Header), 8000)
		out.Body, err = keep(resp.Body)
		return out, err
	}
	return out, nil
}

// readFeed reads a feed now.
func (s *Service) readFeed(ctx context.Context, id registry.AccountID, address string) error {
	seen, err := fetchFeed(ctx, s.Manners, address, func(b []byte) (blob.Ref, error) { return s.Store.Put(ctx, bytes.NewReader(b)) })
	if err != nil {
		return err
	}
	return s.keepFeed(ctx, id, seen, s.DB.Now(), "")
}

// keepFeed keeps what a feed said, its posts and the bytes as proof.
func (s *Service) keepFeed(ctx context.Context, id registry.AccountID, seen FeedSight, at time.Time, from string) error {
	var entries []Entry
	size := 0
	if seen.Says == "" {
		f, err := s.Store.Open(ctx, seen.Body)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(io.LimitReader(f, maxFeed+1))
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		size = len(body)
		if size > maxFeed {
			seen.Says = "订阅源超过 4 MB，没有读取。"
		} else if entries, err = ReadFeed(body); err != nil {
			seen.Says = fault.Of(err).Says
		}
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Quiet(ctx, `INSERT INTO account_feed_look (account_id, at, posts, says, vantage) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account_id) DO UPDATE SET at = excluded.at, posts = excluded.posts, says = excluded.says, vantage = excluded.vantage`, id, at, len(entries), seen.Says, from); err != nil {
			return err
		}
		if seen.Says == "" {
			if _, err := tx.Quiet(ctx, `UPDATE account_feed_look SET taken_at = $2, status = $3, headers = $4, ref = $5, sha256 = $6, size = $7, taken_from = $8 WHERE account_id = $1`,
				id, at, seen.Status, seen.Headers, string(seen.Body), seen.Body.Hash(), size, cmp.Or(from, s.Inspection.VantageName())); err != nil {
				return err
			}
		}
		for _, e := range entries {
			if _, err := s.post(ctx, tx, id, e, "", byFeed); err != nil {
				return err
			}
		}
		return nil
	})
}

// feedAddress is where the posts of an account are read; empty: nowhere.
func (s *Service) feedAddress(ctx context.Context, id registry.AccountID) (string, error) {
	address, err := db.One(ctx, s.DB, db.Value[string], `SELECT f.url FROM account_feed f JOIN account a ON a.id = f.account_id WHERE f.account_id = $1 AND a.state = 'running'`, id)
	if db.None(err) {
		return "", nil
	}
	return address, err
}

// feedOf is what a crawler is told of an account's feed.
func (s *Service) feedOf(ctx context.Context, subject string) (string, any, error) {
	address, err := s.feedAddress(ctx, registry.AccountID(subject))
	if err == nil && address == "" {
		err = fault.New(fault.Refused, "账号没有登记订阅源，或已不在运行。")
	}
	if err != nil {
		return "", nil, err
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", nil, fault.New(fault.Refused, "账号登记的订阅源网址不正确，请重新登记。").From(err)
	}
	return u.Host, FeedAsk{address}, nil
}

// feedSubject is the account whose feed has to be read again for a finding.
func (s *Service) feedSubject(ctx context.Context, f inspection.Finding) (string, error) {
	if f.Check != "account.stale" && f.Check != "account.original" {
		return "", nil
	}
	address, err := s.feedAddress(ctx, f.Account)
	if err != nil || address == "" {
		return "", err
	}
	return string(f.Account), nil
}

// feedMissed keeps why a feed was not read.
func (s *Service) feedMissed(ctx context.Context, subject, says string) error {
	address, err := s.feedAddress(ctx, registry.AccountID(subject))
	if err != nil || address == "" {
		return err
	}
	return s.keepFeed(ctx, registry.AccountID(subject), FeedSight{URL: address, Says: says}, s.DB.Now(), "")
}

// takeFeed takes in what a crawler fetched, and judges the account by it.
func (s *Service) takeFeed(ctx context.Context, subject string, seen inspection.Seen, of *inspection.Finding) (engine.Look, error) {
	id := registry.AccountID(subject)
	address, err := s.feedAddress(ctx, id)
	if err != nil {
		return engine.Look{}, err
	}
	x, err := readFeedSight(seen.Body, address)
	if err != nil {
		return engine.Look{}, err
	}
	if last, err := db.One(ctx, s.DB, db.Value[time.Time], `SELECT at FROM account_feed_look WHERE account_id = $1 AND says = ''`, id); err == nil && last.After(seen.At) {
		return engine.Look{}, fault.New(fault.Conflict, "其后另有读取，没有采用这次的结果。")
	} else if err != nil && !db.None(err) {
		return engine.Look{}, err
	}
	err = s.keepFeed(ctx, id, x, seen.At, seen.Vantage)
	if errors.Is(err, blob.ErrNotFound) {
		return engine.Look{}, fault.New(fault.Invalid, "外网巡检机没有附上订阅源的内容，没有采用。").From(err)
	}
	if err != nil {
		return engine.Look{}, err
	}
	system := authz.System("newmedia.feeds")
	if of != nil {
		a, err := s.Registry.Account(ctx, s.DB, system, id)
		if err != nil {
			return engine.Look{}, err
		}
		return s.judgeAgain(ctx, a, *of)
	}
	return engine.Look{}, s.Judge(ctx, system, id)
}

// readFeedSight reads what a crawler says of the feed at an address.
func readFeedSight(body []byte, address string) (FeedSight, error) {
	var x FeedSight
	if err := json.Unmarshal(body, &x); err != nil {
		return x, fault.New(fault.Invalid, "外网巡检机带回的订阅源结果不能识别，没有采用。请把它的程序更新到与主系统同一版本。").From(err)
	}
	if x.Says, x.Headers = abridge.Plain(x.Says, 300), headerLines(x.Headers); x.Says != "" {
		x.Status, x.Headers, x.Body = 0, "", ""
	}
	switch {
	case address == "" || x.URL != address:
		return x, fault.New(fault.Invalid, "外网巡检机带回的订阅源不是所交办的网址，没有采用。")
	case x.Says == "" && x.Status != 200:
		return x, fault.New(fault.Invalid, "外网巡检机带回的订阅源结果没有正常的状态码，没有采用。")
	case x.Says == "":
		if _, err := blob.ParseRef(string(x.Body)); err != nil {
			return x, fault.New(fault.Invalid, "外网巡检机没有附上订阅源的内容，没有采用。").From(err)
		}
	}
	return x, nil
}

// headerLines are headers as another machine wrote them down.
func headerLines(s string) string {
	var b []byte
	for line := range bytes.Lines([]byte(abridge.Cut(s, 8000))) {
		b = append(append(b, abridge.Plain(string(line), 2000)...), '\n')
	}
	return string(bytes.TrimRight(b, "\n"))
}
