package newmedia

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/registry"
)

// StoreKind names the looks at download addresses in the exchange with crawlers.
const StoreKind = "store"

// mostStores bounds the addresses of one client.
const mostStores = 50

// StoreAsk is which addresses are asked for.
type StoreAsk struct {
	URLs []string `json:"urls"`
}

// StoreSight is what came of one.
type StoreSight struct {
	URL   string          `json:"url"`
	State check.LinkState `json:"state"`
	Says  string          `json:"says,omitempty"`
}

// StoreLooker has a crawler ask for download addresses.
func StoreLooker(t inspection.Tools) inspection.Looker {
	return func(ctx context.Context, what json.RawMessage, _ func([]byte) (blob.Ref, error)) (any, error) {
		var a StoreAsk
		if err := json.Unmarshal(what, &a); err != nil || len(a.URLs) > mostStores {
			return nil, fault.New(fault.Invalid, "没有检测：交办的内容不能识别，请把外网巡检机程序更新到与主系统同一版本。").From(err)
		}
		out := make([]StoreSight, len(a.URLs))
		for i, u := range a.URLs {
			var err error
			if out[i], err = askStore(ctx, t.Links, u); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
}

// askStore asks for one address now, whatever was found before.
func askStore(ctx context.Context, links *crawl.LinkCheck, address string) (StoreSight, error) {
	res := links.Again(ctx, address, time.Now())
	return StoreSight{URL: address, State: storeState(res.Verdict), Says: res.Says}, ctx.Err()
}

// storeURLs are where the client of an account that is in use is had.
func (s *Service) storeURLs(ctx context.Context, id registry.AccountID) ([]string, error) {
	a, err := s.Registry.Account(ctx, s.DB, authz.System("newmedia.stores"), id)
	if err != nil || a.State != registry.Running {
		return nil, err
	}
	list, err := s.stores(ctx, s.DB, id)
	var out []string
	for _, x := range list[:min(len(list), mostStores)] {
		if !slices.Contains(out, x.URL) {
			out = append(out, x.URL)
		}
	}
	return out, err
}

func (s *Service) storesOf(ctx context.Context, subject string) (string, any, error) {
	urls, err := s.storeURLs(ctx, registry.AccountID(subject))
	if err == nil && len(urls) == 0 {
		err = fault.New(fault.Refused, "客户端没有登记下载地址，或已不在运行。")
	}
	if err != nil {
		return "", nil, err
	}
	u, err := url.Parse(urls[0])
	if err != nil {
		return "", nil, fault.New(fault.Refused, "客户端登记的下载地址不正确，请重新登记。").From(err)
	}
	return u.Host, StoreAsk{urls}, nil
}

// storeSubject is the client whose addresses have to be asked for again for a finding.
func (s *Service) storeSubject(ctx context.Context, f inspection.Finding) (string, error) {
	if f.Check != "account.usable" {
		return "", nil
	}
	urls, err := s.storeURLs(ctx, f.Account)
	if err != nil || len(urls) == 0 {
		return "", err
	}
	return string(f.Account), nil
}

// storesMissed keeps why the addresses were not asked for: that speaks against none.
func (s *Service) storesMissed(ctx context.Context, subject, says string) error {
	id := registry.AccountID(subject)
	urls, err := s.storeURLs(ctx, id)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		for _, u := range urls {
			// Nothing was seen: what was seen before, however late it comes, still counts as that.
			if _, err := tx.Quiet(ctx, `INSERT INTO app_store_look (account_id, url, at, state, says) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (account_id, url) DO UPDATE SET at = excluded.at, state = excluded.state, says = excluded.says, vantage = ''`,
				id, u, tx.Now(), string(check.LinkRefused), abridge.Cut(says, 300)); err != nil {
				return err
			}
		}
		return nil
	})
}

// takeStores takes in what a crawler was answered, and judges the account by it.
func (s *Service) takeStores(ctx context.Context, subject string, seen inspection.Seen, of *inspection.Finding) (engine.Look, error) {
	id := registry.AccountID(subject)
	urls, err := s.storeURLs(ctx, id)
	if err != nil {
		return engine.Look{}, err
	}
	list, err := readStores(seen.Body, urls)
	if err != nil {
		return engine.Look{}, err
	}
	if err := s.keepStores(ctx, id, list, seen.At, seen.Vantage); err != nil {
		return engine.Look{}, err
	}
	system := authz.System("newmedia.stores")
	if of == nil {
		return engine.Look{}, s.Judge(ctx, system, id)
	}
	a, err := s.Registry.Account(ctx, s.DB, system, id)
	if err != nil {
		return engine.Look{}, err
	}
	return s.judgeAgain(ctx, a, *of)
}

// readStores reads what a crawler says of the addresses that it was asked for.
func readStores(body []byte, urls []string) ([]StoreSight, error) {
	var list []StoreSight
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fault.New(fault.Invalid, "外网巡检机带回的下载地址检测结果不能识别，没有采用。请把它的程序更新到与主系统同一版本。").From(err)
	}
	if len(list) == 0 || len(list) > mostStores {
		return nil, fault.New(fault.Invalid, "外网巡检机带回的下载地址的数量不正确，没有采用。")
	}
	for i := range list {
		x := &list[i]
		if !slices.Contains(urls, x.URL) {
			return nil, fault.New(fault.Invalid, "外网巡检机带回的不是所交办的下载地址，没有采用。")
		}
		if x.State != check.LinkAlive && x.State != check.LinkDead && x.State != check.LinkRefused {
			return nil, fault.New(fault.Invalid, "外网巡检机带回的下载地址的状态不正确，没有采用。")
		}
		x.Says = abridge.Plain(x.Says, 300)
	}
	return list, nil
}
