package newmedia

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// What is wrong with an account is a finding like any other: found once, seen
// again while it stands, disputed, and closed by a later look.

// judged are the checks of an account, less what was confirmed false: a case that
// a person has judged asks nothing of anybody.
func (s *Service) judged(ctx context.Context, q db.Querier, a registry.Account, f check.AccountFacts) ([]check.Finding, error) {
	out := judgeFacts(f, calendar.DateOf(s.DB.Now()))
	if !slices.ContainsFunc(out, func(x check.Finding) bool { return x.Outcome == check.Violated }) {
		return out, nil
	}
	alarms, err := s.Inspection.FalseAlarms(ctx, q, authz.System("newmedia.judge"), a.ID)
	if err != nil {
		return nil, err
	}
	for i := range out {
		if x := &out[i]; x.Outcome == check.Violated && slices.Contains(alarms[x.Check], caseOf(x.Check, f)) {
			x.Outcome, x.Why, x.Fix = check.Tolerated, "同一情形已由主管单位确认为误报", ""
		}
	}
	return out, nil
}

// caseOf is what a check found wrong, by which a false alarm is known again: while
// nothing else is seen, the case is the same.
func caseOf(id string, f check.AccountFacts) string {
	switch id {
	case "account.stale":
		return "最近发布 " + f.LastPost.String()
	case "account.original":
		if f.LastOriginal.IsZero() {
			return "没有原创"
		}
		return "最近原创 " + f.LastOriginal.String()
	case "account.subject":
		return "显示“" + f.SeenSubject + "”，主办单位为“" + f.Sponsor + "”"
	case "account.renamed":
		return "显示“" + f.SeenName + "”，台账为“" + f.Name + "”"
	case "account.usable":
		if f.Usable == "no" {
			return "试用时不能使用"
		}
		return "下载地址打不开"
	}
	return "没有互动"
}

// file raises what is seen wrong and clears what is seen put right; what could not
// be tested moves nothing. A finding that stands is written anew once a day, or
// when what is seen has changed.
func (s *Service) file(ctx context.Context, tx *db.Tx, a registry.Account, f check.AccountFacts, by map[string]Receipt, findings []check.Finding, but string) error {
	system := authz.System("newmedia.judge")
	standing, err := s.Inspection.StandingOnAccount(ctx, tx, system, a.ID)
	if err != nil {
		return err
	}
	today := calendar.DateOf(tx.Now())
	for _, x := range findings {
		if x.Check == but {
			continue
		}
		i := slices.IndexFunc(standing, func(y inspection.Finding) bool { return y.Check == x.Check })
		switch {
		case x.Outcome == check.Violated:
			if i >= 0 && standing[i].Wrong == caseOf(x.Check, f) && calendar.DateOf(standing[i].LastSeen) == today {
				continue
			}
		case i >= 0 && (x.Outcome == check.Kept || x.Outcome == check.Tolerated):
		default:
			continue
		}
		e, err := s.evidence(ctx, tx, a, f, by, x.Check)
		if err != nil {
			return err
		}
		sg := engine.Sighting{Check: x.Check, Severity: x.Severity, Says: x.Says, Article: x.Article, URL: e.URL, Where: a.Name, Fix: x.Fix, Wrong: caseOf(x.Check, f), Pages: 1, Evidence: e}
		if x.Outcome == check.Violated {
			_, err = s.Inspection.RaiseOnAccount(ctx, tx, system, a.ID, sg)
		} else {
			sg.Says = clearedSays(x)
			_, err = s.Inspection.ClearOnAccount(ctx, tx, system, a.ID, sg)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func clearedSays(x check.Finding) string {
	if x.Outcome == check.Tolerated {
		return "不再要求：" + strings.TrimRight(x.Why, "。") + "。"
	}
	return "再次查看：" + strings.TrimRight(x.Says, "。") + "。"
}

// feedProof is the last answer of an account's feed.
type feedProof struct {
	url, headers, sha256 string
	from                 string
	ref                  blob.Ref
	status               int
	size                 int64
	at                   time.Time
}

// evidence is what a check of an account rests on: the file of a receipt, the
// bytes of a feed, the answers of download addresses; where there is none of
// these, what the ledger and imported lists say.
func (s *Service) evidence(ctx context.Context, q db.Querier, a registry.Account, f check.AccountFacts, by map[string]Receipt, id string) (engine.Evidence, error) {
	if r, ok := by[id]; ok {
		return s.receiptEvidence(ctx, q, a, r)
	}
	e := engine.Evidence{URL: a.URL, At: s.DB.Now()}
	switch id {
	case "account.usable":
		var lines []string
		for _, x := range f.Stores {
			lines = append(lines, x.Name+" "+x.URL+" "+x.Says)
		}
		from, err := db.One(ctx, q, db.Value[string], `SELECT COALESCE(max(vantage), '') FROM app_store_look WHERE account_id = $1`, a.ID)
		if err != nil {
			return e, err
		}
		e.Excerpt, e.Vantage = strings.Join(lines, "\n"), cmp.Or(from, s.Inspection.VantageName())
		if len(f.Stores) > 0 {
			e.URL = f.Stores[0].URL
		}
		return e, nil
	case "account.stale", "account.original":
	default:
		return e, nil
	}
	posts, err := s.newestPosts(ctx, q, a.ID)
	if err != nil {
		return e, err
	}
	var lines []string
	if id == "account.stale" && f.Source == "台账登记" {
		lines = append(lines, "台账登记的最近发布日期 "+a.LastPostOn.String()+"，来源："+a.LastPostSource)
	}
	for _, p := range posts {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", p.On, p.Title, p.URL)))
	}
	e.Excerpt = strings.Join(lines, "\n")
	feed, err := db.One(ctx, q, func(r db.Scanner) (feedProof, error) {
		var p feedProof
		return p, r.Scan(&p.url, &p.status, &p.headers, &p.ref, &p.sha256, &p.size, &p.at, &p.from)
	}, `SELECT f.url, l.status, l.headers, l.ref, l.sha256, l.size, l.taken_at, l.taken_from FROM account_feed f JOIN account_feed_look l ON l.account_id = f.account_id WHERE f.account_id = $1 AND l.ref <> ''`, a.ID)
	if db.None(err) {
		return e, nil
	}
	if err != nil {
		return e, err
	}
	e.URL, e.Status, e.Headers, e.Ref, e.SHA256, e.Size, e.At, e.Vantage = feed.url, feed.status, feed.headers, feed.ref, feed.sha256, feed.size, feed.at, cmp.Or(feed.from, s.Inspection.VantageName())
	return e, nil
}

func (s *Service) receiptEvidence(ctx context.Context, q db.Querier, a registry.Account, r Receipt) (engine.Evidence, error) {
	e := engine.Evidence{URL: r.Link, At: r.At, Excerpt: strings.Join(append([]string{r.by()}, r.Says()...), "\n")}
	if r.FileID == "" {
		return e, nil
	}
	file, err := approval.Attached(ctx, q, "account_receipt", string(a.ID), r.FileID)
	if err != nil {
		return e, err
	}
	e.Ref, e.SHA256, e.Size = file.Blob, file.Blob.Hash(), file.Size
	return e, nil
}

// by is who saw it, when and how.
func (r Receipt) by() string {
	if r.Told {
		return r.SeenOn.String() + " 由" + r.Person + "的程序查询平台接口得到"
	}
	return r.SeenOn.String() + " 由" + r.Person + "查看"
}

// Says is what a receipt tells, part by part, in Chinese.
func (r Receipt) Says() []string {
	var says []string
	if !r.LastPost.IsZero() {
		says = append(says, "最近发布 "+r.LastPost.String())
	}
	if !r.LastOwn.IsZero() {
		says = append(says, "最近原创 "+r.LastOwn.String())
	}
	switch r.Interaction {
	case "yes":
		says = append(says, "可以互动")
	case "no":
		says = append(says, "不能互动")
	}
	switch r.Usable {
	case "yes":
		says = append(says, "可以下载和使用")
	case "no":
		says = append(says, "无法下载或使用")
	}
	if r.SeenName != "" {
		says = append(says, "名称“"+r.SeenName+"”")
	}
	if r.SeenSubject != "" {
		says = append(says, "认证“"+r.SeenSubject+"”")
	}
	return says
}

// retest looks at an account again for one of its findings: what can be asked by
// machine is asked now, what only a person sees is read from the newest receipt.
func (s *Service) retest(ctx context.Context, scope authz.Scope, f inspection.Finding) (engine.Look, error) {
	begun := s.DB.Now()
	a, err := s.Registry.Account(ctx, s.DB, scope, f.Account)
	if err != nil {
		return engine.Look{}, err
	}
	if a.State != registry.Running {
		return engine.Look{}, fault.Newf(fault.Refused, "账号现在的状态是“%s”，不再检查。", a.StateName())
	}
	if err := s.ask(ctx, a, f.Check); err != nil {
		return engine.Look{}, err
	}
	look, err := s.judgeAgain(ctx, a, f)
	look.Took = s.DB.Now().Sub(begun)
	return look, err
}

// judgeAgain is the second look at an account for one of its findings, by what is known.
func (s *Service) judgeAgain(ctx context.Context, a registry.Account, f inspection.Finding) (look engine.Look, err error) {
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		facts, by, err := s.facts(ctx, tx, a)
		if err != nil {
			return err
		}
		look = engine.Look{Outcome: engine.Unknown, Says: "没有这项检查的最新情况，请在账号检查单登记看到的情况后再复测。"}
		for _, x := range judgeFacts(facts, calendar.DateOf(tx.Now())) {
			if x.Check != f.Check {
				continue
			}
			switch x.Outcome {
			case check.Violated:
				look.Outcome, look.Says = engine.Standing, x.Says
			case check.Kept, check.Tolerated:
				look.Outcome, look.Says = engine.Gone, clearedSays(x)
			}
		}
		if look.Evidence, err = s.evidence(ctx, tx, a, facts, by, f.Check); err != nil {
			return err
		}
		return s.judgeTx(ctx, tx, a, f.Check)
	})
	return look, err
}

// ask reads anew what a check of an account rests on and a machine can read.
func (s *Service) ask(ctx context.Context, a registry.Account, id string) error {
	switch id {
	case "account.stale", "account.original":
		address, err := s.feedAddress(ctx, a.ID)
		if err != nil || address == "" {
			return err
		}
		return s.readFeed(ctx, a.ID, address)
	case "account.usable":
		stores, err := s.stores(ctx, s.DB, a.ID)
		if err != nil {
			return err
		}
		for _, x := range stores {
			if err := s.lookAtStore(ctx, a.ID, x.URL); err != nil {
				return err
			}
		}
	}
	return nil
}

// ended brings the sheet up to date when an account ends: nothing is owed of it.
func (s *Service) ended(ctx context.Context, tx *db.Tx, o registry.Object) error {
	if o.Kind == sx2021.Site {
		return nil
	}
	a, err := s.Registry.Account(ctx, tx, authz.System("newmedia.judge"), registry.AccountID(o.ID))
	if err != nil {
		return err
	}
	return s.judgeTx(ctx, tx, a, "")
}

// findingMoved brings the sheet up to date when a finding of an account was judged
// false: what was owed for it is owed no more.
func (s *Service) findingMoved(ctx context.Context, tx *db.Tx, f inspection.Finding, act string) error {
	if f.Account == "" || act != "confirm_false" {
		return nil
	}
	a, err := s.Registry.Account(ctx, tx, authz.System("newmedia.judge"), f.Account)
	if err != nil {
		return err
	}
	return s.judgeTx(ctx, tx, a, f.Check)
}
