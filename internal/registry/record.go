package registry

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/rules/sx2021"
)

// PlanAccount enters a newly approved account or app as planned. Lifecycle
// calls it in the transaction of the last approval.
func (s *Service) PlanAccount(ctx context.Context, tx *db.Tx, a Account) (Account, error) {
	return s.enterAccount(ctx, tx, a, "plan", Why{Says: "开设申请获批", CaseID: a.CaseID})
}

// EnterAccount enters an account or app that already runs: cut-over of the
// ledger. w says on which basis it ran until now (readings 10).
func (s *Service) EnterAccount(ctx context.Context, tx *db.Tx, scope authz.Scope, a Account, w Why) (Account, error) {
	if _, err := s.org.UnitTx(ctx, tx, scope, a.Unit); err != nil {
		return Account{}, err
	}
	if err := w.check(); err != nil {
		return Account{}, err
	}
	if err := s.checkAccount(ctx, tx, scope, a.Unit, a.Platform, a.Fields()); err != nil {
		return Account{}, err
	}
	return s.enterAccount(ctx, tx, a, "enter", w)
}

func (s *Service) enterAccount(ctx context.Context, tx *db.Tx, a Account, act string, w Why) (Account, error) {
	if Platforms[a.Platform] == "" {
		return Account{}, fault.Newf(fault.Invalid, "平台“%s”无法识别，请从列表中选择。", a.Platform).On("platform", "请选择平台")
	}
	if strings.TrimSpace(a.Name) == "" {
		return Account{}, fault.New(fault.Invalid, "账号名称没有填写。").On("name", "请填写账号名称")
	}
	a.ID, a.Kind = AccountID(ulid.Make().String()), ObjectKindOf(a.Platform)
	a.CreatedAt, a.UpdatedAt = tx.Now(), tx.Now()
	var err error
	if _, a.State, err = AccountMachine.Take(ctx, tx, string(a.ID), act, passage.Note{Says: w.Says, CaseID: w.CaseID}); err != nil {
		return Account{}, err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO account (id, unit_id, kind, platform, name, handle, url, platform_id, purpose, verified_as, verified_type, a_id, b_id, leader_id,
		       followers, followers_on, followers_source, last_post_on, last_post_source, national_id, filed_on, main, necessity,
		       active_users, active_on, active_source, state, launched_on, case_id, source, source_ref, created_at, updated_at, area_path)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $32, (SELECT area_path FROM unit WHERE id = $2))`,
		a.ID, a.Unit, a.Kind, a.Platform, a.Name, a.Handle, a.URL, a.PlatformID, a.Purpose, a.VerifiedAs, a.VerifiedType, db.Null(a.A), db.Null(a.B), db.Null(a.Leader),
		a.Followers, a.FollowersOn, a.FollowersSource, a.LastPostOn, a.LastPostSource, a.NationalID, a.FiledOn, a.Main, a.Necessity,
		a.ActiveUsers, a.ActiveOn, a.ActiveSource, a.State, a.LaunchedOn, a.CaseID, a.Source, a.SourceRef, a.CreatedAt)
	if err := accountTaken(err, a); err != nil {
		return Account{}, err
	}
	if err := s.entered(ctx, tx, "account", string(a.ID), a.Name, w); err != nil {
		return Account{}, err
	}
	return a, audit.Record(ctx, tx, audit.Entry{Act: "registry.account." + act, Target: a.Target(), After: a})
}

// accountTaken says what a unique index refused.
func accountTaken(err error, a Account) error {
	where, dup := db.UniqueViolation(err)
	switch {
	case err == nil:
		return nil
	case !dup:
		return fmt.Errorf("registry: account: %w", err)
	case strings.Contains(where, "account_main") || strings.Contains(where, "account.unit_id"):
		return fault.New(fault.Refused, "这个单位已有主账号，一个单位只设一个主账号（第二十七条）；请先取消原来的主账号。").On("main", "已有主账号").From(err)
	case strings.Contains(where, "platform_id"):
		return fault.Newf(fault.Conflict, "平台内部标识“%s”已登记给另一个账号，请核对。", a.PlatformID).On("platform_id", "这个标识已登记").From(err)
	}
	return fault.Newf(fault.Conflict, "%s上的网址“%s”已在台账中登记，请核对。", Platforms[a.Platform], a.URL).On("url", "这个网址已登记").From(err)
}

// AccountFields are the fields of an account that staff fill in and mend.
type AccountFields struct {
	Name, Handle, URL, PlatformID, Purpose, VerifiedAs, VerifiedType string
	A, B, Leader                                                     org.PersonID
	NationalID                                                       string
	FiledOn                                                          calendar.Date
	Main                                                             bool
	Necessity                                                        string
}

// Fields are the account's fields that staff mend.
func (a Account) Fields() AccountFields {
	return AccountFields{Name: a.Name, Handle: a.Handle, URL: a.URL, PlatformID: a.PlatformID, Purpose: a.Purpose, VerifiedAs: a.VerifiedAs, VerifiedType: a.VerifiedType,
		A: a.A, B: a.B, Leader: a.Leader, NationalID: a.NationalID, FiledOn: a.FiledOn, Main: a.Main, Necessity: a.Necessity}
}

func (s *Service) checkAccount(ctx context.Context, q db.Querier, scope authz.Scope, unit org.UnitID, platform string, n AccountFields) error {
	var f fault.Fields
	f.Check(strings.TrimSpace(n.Name) != "", "name", "请填写账号名称")
	for _, t := range []struct {
		field, label, value string
		max                 int
	}{
		{"name", "账号名称", n.Name, 100}, {"handle", "账号标识", n.Handle, 100}, {"url", "网址", n.URL, 500}, {"platform_id", "平台内部标识", n.PlatformID, 200},
		{"verified_as", "认证主体", n.VerifiedAs, 100}, {"verified_type", "认证类型", n.VerifiedType, 40}, {"national_id", "全国信息报送系统编号", n.NationalID, 60}, {"necessity", "开设必要性说明", n.Necessity, 1000},
	} {
		f.Check(len([]rune(t.value)) <= t.max, t.field, fmt.Sprintf("%s最多 %d 个字", t.label, t.max))
	}
	f.Check(n.URL == "" || strings.HasPrefix(n.URL, "http://") || strings.HasPrefix(n.URL, "https://"), "url", "网址要以 http:// 或 https:// 开头")
	f.Check(n.Purpose == "" || slices.Contains(Purposes, n.Purpose), "purpose", "请从用途中选择")
	f.Check(n.A == "" || n.A != n.B, "b", "A 岗和 B 岗要由两个人担任（第十九条（二））")
	f.Check(ObjectKindOf(platform) != sx2021.App || strings.TrimSpace(n.Necessity) != "", "necessity", "移动客户端和小程序要写明开设必要性（第二十七条）")
	if err := f.Err(); err != nil {
		return err
	}
	for _, who := range []struct {
		field  string
		person org.PersonID
	}{{"a", n.A}, {"b", n.B}, {"leader", n.Leader}} {
		if who.person == "" {
			continue
		}
		if _, err := s.org.PersonByID(ctx, q, scope, who.person); err != nil {
			if !fault.Is(err, fault.NotFound) {
				return err
			}
			f.Add(who.field, "没有找到这个人，请从列表中选择")
		}
	}
	return f.Err()
}

// AccountDiff is what SetAccount would change, as the person reads it before
// saving.
func (s *Service) AccountDiff(ctx context.Context, q db.Querier, scope authz.Scope, id AccountID, n AccountFields) ([]Change, error) {
	a, err := s.Account(ctx, q, scope, id)
	if err != nil {
		return nil, err
	}
	list, err := s.accountPairs(ctx, q, scope, a, n)
	return asChanges(list), err
}

func asChanges(list []pair) []Change {
	var out []Change
	for _, p := range list {
		out = append(out, Change{Field: p.field, Was: p.was, Now: p.now})
	}
	return out
}

func (s *Service) accountPairs(ctx context.Context, q db.Querier, scope authz.Scope, a Account, n AccountFields) ([]pair, error) {
	name := func(id org.PersonID, known string, was org.PersonID) (string, error) {
		if id == "" || id == was {
			return known, nil
		}
		p, err := s.org.PersonByID(ctx, q, scope, id)
		return p.Name, err
	}
	none := func(id org.PersonID, name string) string {
		if id == "" {
			return ""
		}
		return name
	}
	an, err := name(n.A, a.AName, a.A)
	if err != nil {
		return nil, err
	}
	bn, err := name(n.B, a.BName, a.B)
	if err != nil {
		return nil, err
	}
	ln, err := name(n.Leader, a.LeaderName, a.Leader)
	if err != nil {
		return nil, err
	}
	return changedOf([]pair{
		{"name", a.Name, n.Name}, {"handle", a.Handle, n.Handle}, {"url", a.URL, n.URL}, {"platform_id", a.PlatformID, n.PlatformID}, {"purpose", a.Purpose, n.Purpose},
		{"verified_as", a.VerifiedAs, n.VerifiedAs}, {"verified_type", a.VerifiedType, n.VerifiedType},
		{"a", a.AName, none(n.A, an)}, {"b", a.BName, none(n.B, bn)}, {"leader", a.LeaderName, none(n.Leader, ln)},
		{"national_id", a.NationalID, n.NationalID}, {"filed_on", dateOr(a.FiledOn), dateOr(n.FiledOn)}, {"main", boolWord(a.Main), boolWord(n.Main)}, {"necessity", a.Necessity, n.Necessity},
	}), nil
}

// SetAccount replaces an account's fields; every changed one is kept with its
// value before and after, and a changed name stays as a former name. A zero
// seen skips the check that nobody changed it meanwhile.
func (s *Service) SetAccount(ctx context.Context, tx *db.Tx, scope authz.Scope, id AccountID, n AccountFields, w Why, seen time.Time) (Account, error) {
	a, err := s.Account(ctx, tx, scope, id)
	if err != nil {
		return Account{}, err
	}
	if !seen.IsZero() && !a.UpdatedAt.Equal(seen) {
		return Account{}, fault.New(fault.Conflict, "您打开表单后，这个账号已被别人修改。您填写的内容还在下面，请对照变更记录核对后再保存。")
	}
	if err := w.check(); err != nil {
		return Account{}, err
	}
	if err := s.checkAccount(ctx, tx, scope, a.Unit, a.Platform, n); err != nil {
		return Account{}, err
	}
	list, err := s.accountPairs(ctx, tx, scope, a, n)
	if err != nil || len(list) == 0 {
		return a, err
	}
	_, err = tx.Exec(ctx, `
		UPDATE account SET name = $2, handle = $3, url = $4, platform_id = $5, purpose = $6, verified_as = $7, verified_type = $8, a_id = $9, b_id = $10,
		       leader_id = $11, national_id = $12, filed_on = $13, main = $14, necessity = $15, updated_at = $16 WHERE id = $1`,
		id, n.Name, n.Handle, n.URL, n.PlatformID, n.Purpose, n.VerifiedAs, n.VerifiedType, db.Null(n.A), db.Null(n.B), db.Null(n.Leader), n.NationalID, n.FiledOn, n.Main, n.Necessity, tx.Now())
	if err := accountTaken(err, Account{Platform: a.Platform, URL: n.URL, PlatformID: n.PlatformID}); err != nil {
		return Account{}, err
	}
	if n.Name != a.Name {
		if err := s.keepName(ctx, tx, "account", string(id), a.Name, w); err != nil {
			return Account{}, err
		}
	}
	if err := s.keep(ctx, tx, "account", string(id), w, list...); err != nil {
		return Account{}, err
	}
	after, err := s.Account(ctx, tx, scope, id)
	if err != nil {
		return Account{}, err
	}
	return after, audit.Record(ctx, tx, audit.Entry{Act: "registry.account.change", Target: after.Target(), Basis: w.Document, Before: a, After: after})
}

// FileAccount keeps the day an account was filed with its supervisor and its
// number in the national system (Article 7(3)). Filing calls it.
func (s *Service) FileAccount(ctx context.Context, tx *db.Tx, scope authz.Scope, id AccountID, on calendar.Date, nationalID string, w Why) (Account, error) {
	a, err := s.Account(ctx, tx, scope, id)
	if err != nil {
		return Account{}, err
	}
	n := a.Fields()
	n.FiledOn = on
	if nationalID != "" {
		n.NationalID = nationalID
	}
	return s.SetAccount(ctx, tx, scope, id, n, w, time.Time{})
}

const accountSelect = `
	SELECT c.id, c.kind, c.unit_id, u.name, a.code, c.platform, c.name, c.handle, c.url, c.platform_id, c.purpose, c.verified_as, c.verified_type,
	       COALESCE(c.a_id, ''), COALESCE(pa.name, ''), COALESCE(c.b_id, ''), COALESCE(pb.name, ''), COALESCE(c.leader_id, ''), COALESCE(pl.name, ''),
	       c.followers, c.followers_on, c.followers_source, c.last_post_on, c.last_post_source, c.national_id, c.filed_on, c.main, c.necessity,
	       c.active_users, c.active_on, c.active_source, c.state, c.launched_on, c.case_id, c.source, c.source_ref, c.confirmed_on, c.created_at, c.updated_at,
	       u.area_path, u.line_path
	  FROM account c JOIN unit u ON u.id = c.unit_id JOIN area a ON a.id = u.area_id
	  LEFT JOIN person pa ON pa.id = c.a_id LEFT JOIN person pb ON pb.id = c.b_id LEFT JOIN person pl ON pl.id = c.leader_id`

func scanAccount(r db.Scanner) (Account, error) {
	var a Account
	err := r.Scan(&a.ID, &a.Kind, &a.Unit, &a.UnitName, &a.AreaCode, &a.Platform, &a.Name, &a.Handle, &a.URL, &a.PlatformID, &a.Purpose, &a.VerifiedAs, &a.VerifiedType,
		&a.A, &a.AName, &a.B, &a.BName, &a.Leader, &a.LeaderName,
		&a.Followers, &a.FollowersOn, &a.FollowersSource, &a.LastPostOn, &a.LastPostSource, &a.NationalID, &a.FiledOn, &a.Main, &a.Necessity,
		&a.ActiveUsers, &a.ActiveOn, &a.ActiveSource, &a.State, &a.LaunchedOn, &a.CaseID, &a.Source, &a.SourceRef, &a.ConfirmedOn, &a.CreatedAt, &a.UpdatedAt,
		&a.areaPath, &a.linePath)
	return a, err
}

// Account in scope.
func (s *Service) Account(ctx context.Context, q db.Querier, scope authz.Scope, id AccountID) (Account, error) {
	a, err := db.One(ctx, q, scanAccount, accountSelect+` WHERE c.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(a.areaPath, a.linePath) {
		return Account{}, fault.Missing("账号")
	}
	return a, err
}

// AccountsOf are the accounts and apps a unit sponsors, ended ones last.
func (s *Service) AccountsOf(ctx context.Context, q db.Querier, scope authz.Scope, unit org.UnitID) ([]Account, error) {
	if _, err := s.org.UnitTx(ctx, q, scope, unit); err != nil {
		return nil, err
	}
	return db.All(ctx, q, scanAccount, accountSelect+` WHERE c.unit_id = $1
		ORDER BY CASE WHEN c.state IN ('exited', 'closed') THEN 1 ELSE 0 END, CASE WHEN c.main THEN 0 ELSE 1 END, c.platform, c.name, c.id`, unit)
}

// Use is what a month's record says of an account or app.
type Use struct {
	Followers  int64         // below zero: not told
	LastPostOn calendar.Date // zero: not told
	Active     int64         // active users of the month; below zero: not told
	On         calendar.Date // the day it was counted
}

// RecordUse keeps followers, last post and active users as counted on a day,
// with their source. A machine that saw them says Source: Observed.
func (s *Service) RecordUse(ctx context.Context, tx *db.Tx, scope authz.Scope, id AccountID, use Use, w Why) (Account, error) {
	a, err := s.Account(ctx, tx, scope, id)
	if err != nil {
		return Account{}, err
	}
	today := calendar.DateOf(tx.Now())
	var f fault.Fields
	f.Check(!use.On.IsZero() && !use.On.After(today), "on", "统计日期没有填写，或晚于今天")
	f.Check(use.LastPostOn.IsZero() || !use.LastPostOn.After(today), "last_post_on", "最近发布日期不能晚于今天")
	f.Check(use.Followers < 1e12 && use.Active < 1e12, "followers", "人数超出范围，请核对")
	f.Check(use.Followers >= 0 || use.Active >= 0 || !use.LastPostOn.IsZero(), "followers", "请至少填写一项")
	if err := f.Err(); err != nil {
		return Account{}, err
	}
	if w.Says == "" {
		w.Says = "运行情况登记，统计日期 " + use.On.String()
	}
	before := a
	if use.Followers >= 0 {
		a.Followers, a.FollowersOn, a.FollowersSource = use.Followers, use.On, w.source()
	}
	if !use.LastPostOn.IsZero() {
		a.LastPostOn, a.LastPostSource = use.LastPostOn, w.source()
	}
	if use.Active >= 0 {
		a.ActiveUsers, a.ActiveOn, a.ActiveSource = use.Active, use.On, w.source()
	}
	if _, err := tx.Exec(ctx, `
		UPDATE account SET followers = $2, followers_on = $3, followers_source = $4, last_post_on = $5, last_post_source = $6, active_users = $7, active_on = $8,
		       active_source = $9, updated_at = $10 WHERE id = $1`,
		id, a.Followers, a.FollowersOn, a.FollowersSource, a.LastPostOn, a.LastPostSource, a.ActiveUsers, a.ActiveOn, a.ActiveSource, tx.Now()); err != nil {
		return Account{}, err
	}
	list := changedOf([]pair{
		{"followers", counted(before.Followers, before.FollowersOn), counted(a.Followers, a.FollowersOn)}, {"last_post_on", dateOr(before.LastPostOn), dateOr(a.LastPostOn)},
		{"active_users", counted(before.ActiveUsers, before.ActiveOn), counted(a.ActiveUsers, a.ActiveOn)},
	})
	if err := s.keep(ctx, tx, "account", string(id), w, list...); err != nil {
		return Account{}, err
	}
	return a, audit.Record(ctx, tx, audit.Entry{Act: "registry.account.use", Basis: "第二十七条", Target: a.Target(), After: use})
}

// counted is a number with the day it was counted; empty when never.
func counted(n int64, on calendar.Date) string {
	if on.IsZero() {
		return ""
	}
	return strconv.FormatInt(n, 10) + "（" + on.String() + "）"
}

// Sighting is what was seen of an account on its platform. It stands beside
// the ledger and never overwrites it.
type Sighting struct {
	At         time.Time
	Source     string
	PlatformID string
	Name       string
	VerifiedAs string
	Followers  int64
	LastPostOn calendar.Date
}

// Sight keeps what was seen of an account. The same as last time is kept once.
func (s *Service) Sight(ctx context.Context, tx *db.Tx, scope authz.Scope, id AccountID, n Sighting) error {
	a, err := s.Account(ctx, tx, scope, id)
	if err != nil {
		return err
	}
	last, err := lastSighting(ctx, tx, id)
	if err != nil {
		return err
	}
	if !last.At.IsZero() && last.PlatformID == n.PlatformID && last.Name == n.Name && last.VerifiedAs == n.VerifiedAs && last.Source == n.Source {
		return nil
	}
	if _, err := tx.Exec(ctx, `INSERT INTO account_sighting (id, account_id, at, source, platform_id, name, verified_as, followers, last_post_on) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		ulid.Make().String(), id, tx.Now(), n.Source, n.PlatformID, n.Name, n.VerifiedAs, n.Followers, n.LastPostOn); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "registry.account.sight", Target: a.Target(), After: n})
}

func lastSighting(ctx context.Context, q db.Querier, id AccountID) (Sighting, error) {
	v, err := db.One(ctx, q, func(r db.Scanner) (Sighting, error) {
		var n Sighting
		err := r.Scan(&n.At, &n.Source, &n.PlatformID, &n.Name, &n.VerifiedAs, &n.Followers, &n.LastPostOn)
		return n, err
	}, `SELECT at, source, platform_id, name, verified_as, followers, last_post_on FROM account_sighting WHERE account_id = $1 ORDER BY at DESC, id DESC LIMIT 1`, id)
	if db.None(err) {
		return Sighting{}, nil
	}
	return v, err
}

// LastSighting is what was last seen of an account in scope; zero when nothing.
func (s *Service) LastSighting(ctx context.Context, q db.Querier, scope authz.Scope, id AccountID) (Sighting, error) {
	if _, err := s.Account(ctx, q, scope, id); err != nil {
		return Sighting{}, err
	}
	return lastSighting(ctx, q, id)
}

// Strange says how the account as seen differs from the ledger: another
// permanent id behind the same address means somebody else holds the name.
func (a Account) Strange(seen Sighting) []string {
	var out []string
	if seen.At.IsZero() {
		return nil
	}
	if seen.PlatformID != "" && a.PlatformID != "" && seen.PlatformID != a.PlatformID {
		out = append(out, "同一网址上的平台内部标识是“"+seen.PlatformID+"”，台账是“"+a.PlatformID+"”：这个名称可能已被他人占用，请立即核实。")
	}
	if seen.Name != "" && !check.SameName(seen.Name, a.Name) {
		out = append(out, "平台上的名称是“"+seen.Name+"”，台账是“"+a.Name+"”：账号可能已改名，请核对后办理名称变更。")
	}
	if seen.VerifiedAs != "" && a.VerifiedAs != "" && !check.SameName(seen.VerifiedAs, a.VerifiedAs) {
		out = append(out, "平台上的认证主体是“"+seen.VerifiedAs+"”，台账是“"+a.VerifiedAs+"”，请核对。")
	}
	return out
}
