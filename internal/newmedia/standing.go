package newmedia

import (
	"context"
	"fmt"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/registry"
)

// Standing is what is known of an account on a day.
type Standing struct {
	// LastPost is the newest post proven; LookedOn the newest day on which
	// somebody, a feed or a list looked: silence is proven up to there.
	LastPost, LookedOn calendar.Date
	Source             string // of LastPost, in Chinese
	Interaction        string // yes, no; empty: nobody said
	InteractionOn      calendar.Date
	Client             bool   // a mobile client
	Unstated           bool   // the ledger does not say what it is for
	Usable             string // yes, no; empty: nobody tried
	UsableOn           calendar.Date
}

func (x *Standing) post(on calendar.Date, source string) {
	if on.After(x.LastPost) {
		x.LastPost, x.Source = on, source
	}
}

func (x *Standing) looked(on, until calendar.Date) {
	if on.After(until) {
		on = until
	}
	if on.After(x.LookedOn) {
		x.LookedOn = on
	}
}

// Standings are the accounts in scope as they stood on a day, by what was
// written down before an instant: feeds, files, receipts, lists of the national
// system, the ledger. It reads in a fixed number of statements.
func (s *Service) Standings(ctx context.Context, q db.Querier, scope authz.Scope, on calendar.Date, known time.Time) (map[registry.AccountID]Standing, error) {
	return s.standings(ctx, q, scope, "", on, known)
}

// standings is Standings of one account, or of all when only names none.
func (s *Service) standings(ctx context.Context, q db.Querier, scope authz.Scope, only registry.AccountID, on calendar.Date, known time.Time) (map[registry.AccountID]Standing, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.AndIf(only != "", "a.id = ?", only)
	// of narrows a statement whose arguments are args to that account.
	of := func(column string, args ...any) (string, []any) {
		if only == "" {
			return "", args
		}
		return fmt.Sprintf(" AND %s = $%d", column, len(args)+1), append(args, only)
	}
	type ledger struct {
		id       registry.AccountID
		platform string
		purpose  string
		last     calendar.Date
	}
	list, err := db.All(ctx, q, func(r db.Scanner) (ledger, error) {
		var x ledger
		err := r.Scan(&x.id, &x.platform, &x.purpose, &x.last)
		return x, err
	}, `SELECT a.id, a.platform, a.purpose, a.last_post_on FROM account a JOIN unit u ON u.id = a.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, err
	}
	out := make(map[registry.AccountID]*Standing, len(list))
	for _, x := range list {
		st := &Standing{Client: x.platform == "app", Unstated: unstated(x.purpose, x.platform)}
		out[x.id] = st
		if !x.last.IsZero() && !x.last.After(on) {
			st.post(x.last, "台账登记")
			st.looked(x.last, on)
		}
	}
	type row struct {
		id         registry.AccountID
		on, posted calendar.Date
		at         time.Time
		says       string
		usable     string
		told       bool
	}
	// When the ledger was last told: what it says was so on that day.
	cond, args := of("object_id", on.End())
	told, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.id, &x.at)
		return x, err
	}, `SELECT object_id, max(at) FROM record_change WHERE kind = 'account' AND field = 'last_post_on' AND at < $1`+cond+` GROUP BY object_id`, args...)
	if err != nil {
		return nil, err
	}
	for _, x := range told {
		if st := out[x.id]; st != nil && st.Source != "" {
			st.looked(calendar.DateOf(x.at), on)
		}
	}
	cond, args = of("account_id", on, known)
	posts, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.id, &x.posted, &x.at)
		return x, err
	}, `SELECT account_id, max(posted_on), max(taken_at) FROM account_post WHERE posted_on <= $1 AND taken_at < $2`+cond+` GROUP BY account_id`, args...)
	if err != nil {
		return nil, err
	}
	for _, x := range posts {
		if st := out[x.id]; st != nil {
			st.post(x.posted, "发布数据")
			st.looked(calendar.DateOf(x.at), on)
		}
	}
	cond, args = of("account_id")
	feeds, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.id, &x.at)
		return x, err
	}, `SELECT account_id, at FROM account_feed_look WHERE says = ''`+cond, args...)
	if err != nil {
		return nil, err
	}
	for _, x := range feeds {
		if st := out[x.id]; st != nil {
			st.looked(calendar.DateOf(x.at), on)
		}
	}
	cond, args = of("account_id", on, known)
	seen, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.id, &x.at, &x.posted)
		return x, err
	}, `SELECT account_id, at, last_post_on FROM account_sighting WHERE last_post_on IS NOT NULL AND last_post_on <= $1 AND at < $2`+cond, args...)
	if err != nil {
		return nil, err
	}
	for _, x := range seen {
		if st := out[x.id]; st != nil {
			st.post(x.posted, "名录比对")
			st.looked(calendar.DateOf(x.at), on)
		}
	}
	cond, args = of("account_id", on, on.AddDays(-receiptFor), known)
	receipts, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.id, &x.on, &x.posted, &x.says, &x.usable, &x.told)
		return x, err
	}, `SELECT account_id, seen_on, last_post, interaction, usable, told FROM account_receipt WHERE seen_on <= $1 AND seen_on >= $2 AND at < $3`+cond+` ORDER BY account_id, seen_on, at, id`, args...)
	if err != nil {
		return nil, err
	}
	for _, x := range receipts {
		st := out[x.id]
		if st == nil {
			continue
		}
		if !x.posted.IsZero() {
			st.post(x.posted, receiptSource(x.told))
			st.looked(x.on, on)
		}
		if x.says != "" {
			st.Interaction, st.InteractionOn = x.says, x.on
		}
		if x.usable != "" {
			st.Usable, st.UsableOn = x.usable, x.on
		}
	}
	held := make(map[registry.AccountID]Standing, len(out))
	for id, st := range out {
		held[id] = *st
	}
	return held, nil
}
