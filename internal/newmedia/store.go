package newmedia

import (
	"context"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/registry"
)

// A client that cannot be had is a veto (V-M-2.2). Where it is had stands with its
// newest version in the ledger; each address is asked for once a day.

// storeDays is how long a look at an address holds.
const storeDays = 1

type lookAtStores struct{}

// Kind names the job.
func (lookAtStores) Kind() string { return "newmedia.stores" }

// newest narrows app_version v to the newest version of its app.
const newest = `NOT EXISTS (SELECT 1 FROM app_version w WHERE w.account_id = v.account_id AND (w.released_on > v.released_on OR w.released_on = v.released_on AND w.id > v.id))`

// stores are where a client is had, with the last look at each.
func (s *Service) stores(ctx context.Context, q db.Querier, id registry.AccountID) ([]check.Store, error) {
	return db.All(ctx, q, func(r db.Scanner) (check.Store, error) {
		var x check.Store
		err := r.Scan(&x.Name, &x.URL, &x.State, &x.Says)
		return x, err
	}, `SELECT d.store, d.url, COALESCE(l.state, ''), COALESCE(l.says, '') FROM app_version v JOIN app_download d ON d.version_id = v.id
		  LEFT JOIN app_store_look l ON l.account_id = v.account_id AND l.url = d.url
		 WHERE v.account_id = $1 AND `+newest+` ORDER BY d.store`, id)
}

// LookAtStores asks for the download addresses whose turn it is and returns how
// many.
func (s *Service) LookAtStores(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "newmedia.stores")
	outside := 0 // what a crawler is waited for with stands in no round
	if s.Inspection.AsksOutside() {
		outside = 1
	}
	type row struct {
		id  registry.AccountID
		url string
	}
	list, err := db.All(ctx, s.DB, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.id, &x.url)
		return x, err
	}, `SELECT v.account_id, d.url FROM app_version v JOIN app_download d ON d.version_id = v.id JOIN account a ON a.id = v.account_id
		  LEFT JOIN app_store_look l ON l.account_id = v.account_id AND l.url = d.url
		 WHERE a.state = 'running' AND (l.at IS NULL OR l.at <= $1) AND ($3 = 0 OR NOT EXISTS (SELECT 1 FROM outside_ask k WHERE k.kind = '`+StoreKind+`' AND k.subject = v.account_id AND k.state = 'waiting')) AND `+newest+`
		 GROUP BY v.account_id, d.url ORDER BY v.account_id, d.url LIMIT $2`, s.DB.Now().AddDate(0, 0, -storeDays), aRound, outside)
	if err != nil {
		return 0, err
	}
	system := authz.System("newmedia.stores")
	for i, x := range list {
		if outside == 1 {
			if _, err := s.Inspection.AskOutside(ctx, StoreKind, string(x.id), false); err != nil {
				return i, err
			}
			continue
		}
		if err := s.lookAtStore(ctx, x.id, x.url); err != nil {
			return i, err
		}
		if i+1 == len(list) || list[i+1].id != x.id {
			if err := s.Judge(ctx, system, x.id); err != nil {
				return i, err
			}
		}
	}
	return len(list), nil
}

// lookAtStore asks for one address and keeps what came of it.
func (s *Service) lookAtStore(ctx context.Context, id registry.AccountID, address string) error {
	x, err := askStore(ctx, s.Links, address)
	if err != nil {
		return err
	}
	return s.keepStores(ctx, id, []StoreSight{x}, s.DB.Now(), "")
}

// keepStores keeps what was seen of download addresses; what was seen later already
// stays.
func (s *Service) keepStores(ctx context.Context, id registry.AccountID, list []StoreSight, at time.Time, from string) error {
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		for _, x := range list {
			if _, err := tx.Quiet(ctx, `INSERT INTO app_store_look (account_id, url, at, state, says, vantage, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $3)
				ON CONFLICT (account_id, url) DO UPDATE SET at = CASE WHEN app_store_look.at > excluded.at THEN app_store_look.at ELSE excluded.at END,
				    state = excluded.state, says = excluded.says, vantage = excluded.vantage, seen_at = excluded.seen_at
				 WHERE app_store_look.seen_at IS NULL OR app_store_look.seen_at <= excluded.seen_at`,
				id, x.URL, at, string(x.State), abridge.Cut(x.Says, 300), from); err != nil {
				return err
			}
		}
		return nil
	})
}

// storeState reads the verdict on a download address. Only what speaks against
// the address counts: a store that refuses machines is no failure of the client.
func storeState(v crawl.Verdict) check.LinkState {
	switch v {
	case crawl.Alive:
		return check.LinkAlive
	case crawl.Dead, crawl.Unreachable:
		return check.LinkDead
	}
	return check.LinkRefused
}
