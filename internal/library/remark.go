package library

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/check/proofread"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/quality"
)

// mostRemarks are kept of one version: a list of a thousand numbers is one
// mistake.
const mostRemarks = 200

// keepRemarks notes what is new among an item's remarks and what is mended.
func keepRemarks(ctx context.Context, tx *db.Tx, id ItemID, list []Result) error {
	type known struct {
		remark string
		gone   time.Time
	}
	have, err := db.All(ctx, tx, func(r db.Scanner) (known, error) {
		var k known
		return k, r.Scan(&k.remark, &k.gone)
	}, `SELECT remark, gone_at FROM item_remark WHERE item_id = $1`, id)
	if err != nil {
		return err
	}
	if len(list) == 0 && len(have) == 0 {
		return nil
	}
	now := map[string]bool{}
	rows := [][]any{}
	for _, r := range list[:min(len(list), mostRemarks)] {
		key := r.Key()
		if now[key] {
			continue
		}
		now[key] = true
		if !slices.ContainsFunc(have, func(k known) bool { return k.remark == key }) {
			rows = append(rows, []any{id, key, r.Kind, r.Severity, tx.Now()})
		}
	}
	if _, err := tx.InsertNew(ctx, "item_remark", []string{"item_id", "remark", "kind", "severity", "first_at"}, rows); err != nil {
		return fmt.Errorf("library: remarks: %w", err)
	}
	for _, k := range have {
		var at any
		switch {
		case now[k.remark] == k.gone.IsZero():
			continue
		case !now[k.remark]:
			at = tx.Now()
		}
		if _, err := tx.Exec(ctx, `UPDATE item_remark SET gone_at = $3 WHERE item_id = $1 AND remark = $2`, id, k.remark, at); err != nil {
			return fmt.Errorf("library: remarks: %w", err)
		}
	}
	return nil
}

type given struct{ reason, by string }

func reasonsOf(ctx context.Context, q db.Querier, id ItemID) (map[string]given, error) {
	type row struct {
		key string
		given
	}
	list, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var v row
		return v, r.Scan(&v.key, &v.reason, &v.by)
	}, `SELECT remark, reason, person_name FROM item_remark WHERE item_id = $1 AND reason <> ''`, id)
	out := map[string]given{}
	for _, v := range list {
		out[v.key] = v.given
	}
	return out, err
}

// mayAnswer lets who writes the item, and who reviews it at its stage, speak
// about its remarks.
func (s *Service) mayAnswer(ctx context.Context, it Item) error {
	session := authz.SessionFrom(ctx)
	if session == nil {
		return fault.New(fault.SignIn, "请先登录。")
	}
	if session.ScopeFor(authz.ItemWrite).Covers(it.areaPath, it.linePath) {
		return nil
	}
	list, err := steps(ctx, s.db, it.ID, it.Round)
	if err != nil {
		return err
	}
	if s.MayReview(session, it, list) {
		return nil
	}
	return fault.New(fault.Forbidden, "只有本单位的采编人员和这一步的审核人可以处理检查提示。")
}

// remarkOf finds a remark of the newest version of an item in scope.
func (s *Service) remarksNow(ctx context.Context, scope authz.Scope, id ItemID) (Item, []Result, error) {
	it, err := s.Item(ctx, scope, id)
	if err != nil {
		return it, nil, err
	}
	if err := s.mayAnswer(ctx, it); err != nil {
		return it, nil, err
	}
	v, err := version(ctx, s.db, id, it.Version)
	if err != nil {
		return it, nil, err
	}
	e, err := s.resultsOf(ctx, s.db, it, v)
	return it, e.stand, err
}

// GiveReasons says why remarks on the newest version stand, by the key of each;
// an empty reason takes one back. Serious remarks take none.
func (s *Service) GiveReasons(ctx context.Context, scope authz.Scope, id ItemID, reasons map[string]string) (int, error) {
	it, list, err := s.remarksNow(ctx, scope, id)
	if err != nil {
		return 0, err
	}
	session := authz.SessionFrom(ctx)
	var wrong fault.Fields
	changed := []Result{}
	for _, r := range list {
		reason, ok := reasons[r.Key()]
		if reason = oneLine(reason); !ok || reason == r.Reason {
			continue
		}
		wrong.Check(len([]rune(reason)) <= 300, "reason-"+r.Key(), "理由请压缩到 300 字以内")
		wrong.Check(reason == "" || len([]rune(reason)) >= 4, "reason-"+r.Key(), "请写明具体理由，例如“引文原文如此”")
		wrong.Check(reason == "" || r.Severity != check.Serious, "reason-"+r.Key(), "严重问题不能凭理由保留，请改正；确系误报的，请按误报上报")
		r.Reason = reason
		changed = append(changed, r)
	}
	if err := wrong.Err(); err != nil || len(changed) == 0 {
		return 0, err
	}
	return len(changed), s.db.Update(ctx, func(tx *db.Tx) error {
		said := map[string]string{}
		for _, r := range changed {
			if _, err := tx.Exec(ctx, `
				INSERT INTO item_remark (item_id, remark, kind, severity, first_at, reason, person_id, person_name, reason_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $5)
				ON CONFLICT (item_id, remark) DO UPDATE SET reason = excluded.reason, person_id = excluded.person_id, person_name = excluded.person_name, reason_at = excluded.reason_at`,
				id, r.Key(), r.Kind, r.Severity, tx.Now(), r.Reason, session.PersonID, session.Name); err != nil {
				return fmt.Errorf("library: reason: %w", err)
			}
			said[r.Kind+" "+r.Near] = r.Reason
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.remark.reason", Basis: "第十九条（三）", Target: it.Target(), After: said})
	})
}

// Allowed is an entry of a unit's allow list.
type Allowed struct {
	ID            string
	Unit          org.UnitID
	UnitName      string // joined
	Kind          string
	Words         string // masked where they are personal
	Serious       bool   // holds only once a second person has confirmed it
	Near          string
	Item          ItemID
	ItemTitle     string // joined
	Reason        string
	PersonID      string
	PersonName    string
	CreatedAt     time.Time
	Until         calendar.Date // the last day it holds
	ConfirmedName string
	ConfirmedAt   time.Time
	RemovedName   string
	RemovedWhy    string
	RemovedAt     time.Time
	sum           string
}

// Standings of an entry.
const (
	inForce = 1 + iota
	claimed
	ended
)

func (a Allowed) standing(on calendar.Date) int {
	switch {
	case !a.RemovedAt.IsZero() || a.Until.Before(on):
		return ended
	case a.Serious && a.ConfirmedAt.IsZero():
		return claimed
	}
	return inForce
}

// State is where an entry stands on a day, in Chinese.
func (a Allowed) State(on calendar.Date) string {
	switch {
	case !a.RemovedAt.IsZero():
		return "已撤销"
	case a.Until.Before(on):
		return "已到期"
	case a.standing(on) == claimed:
		return "待他人确认"
	}
	return "有效"
}

// Open reports whether it may still be confirmed or removed.
func (a Allowed) Open(on calendar.Date) bool { return a.standing(on) != ended }

// Waits reports whether it waits for a second person.
func (a Allowed) Waits(on calendar.Date) bool { return a.standing(on) == claimed }

const allowedSelect = `
	SELECT a.id, a.unit_id, u.name, a.kind, a.words, a.serious, a.near, a.item_id, v.title, a.reason, a.person_id, a.person_name, a.created_at, a.until,
	       a.confirmed_name, a.confirmed_at, a.removed_name, a.removed_why, a.removed_at, a.words_sum
	  FROM allow_word a JOIN unit u ON u.id = a.unit_id JOIN item i ON i.id = a.item_id JOIN item_version v ON v.item_id = i.id AND v.no = i.version`

func scanAllowed(r db.Scanner) (Allowed, error) {
	var a Allowed
	return a, r.Scan(&a.ID, &a.Unit, &a.UnitName, &a.Kind, &a.Words, &a.Serious, &a.Near, &a.Item, &a.ItemTitle, &a.Reason, &a.PersonID, &a.PersonName, &a.CreatedAt, &a.Until,
		&a.ConfirmedName, &a.ConfirmedAt, &a.RemovedName, &a.RemovedWhy, &a.RemovedAt, &a.sum)
}

// allowedOn is how each entry of a unit's list stands on a day, by the sum of
// its words.
func (s *Service) allowedOn(ctx context.Context, q db.Querier, unit org.UnitID, on calendar.Date) (map[string]int, error) {
	list, err := db.All(ctx, q, func(r db.Scanner) (Allowed, error) {
		var a Allowed
		return a, r.Scan(&a.sum, &a.Serious, &a.ConfirmedAt, &a.Until)
	}, `SELECT words_sum, serious, confirmed_at, until FROM allow_word WHERE unit_id = $1 AND removed_at IS NULL AND until >= $2`, unit, on)
	out := map[string]int{}
	for _, a := range list {
		if st := a.standing(on); out[a.sum] == 0 || st == inForce {
			out[a.sum] = st
		}
	}
	return out, err
}

// FalseAlarm is a remark its reader holds to be wrong.
type FalseAlarm struct {
	Key    string // of the remark
	Reason string
	Until  calendar.Date // the last day it holds; zero: one year
}

// longestAllowance is how long an entry may hold without being looked at.
const longestAllowance = 366

// ReportFalseAlarm puts a remark on the allow list of the item's unit and
// counts it against its rule. A serious one holds once a second person has
// confirmed it (ConfirmAllowed).
func (s *Service) ReportFalseAlarm(ctx context.Context, scope authz.Scope, id ItemID, n FalseAlarm) (Allowed, error) {
	it, list, err := s.remarksNow(ctx, scope, id)
	if err != nil {
		return Allowed{}, err
	}
	session := authz.SessionFrom(ctx)
	i := slices.IndexFunc(list, func(r Result) bool { return r.Key() == n.Key })
	if i < 0 {
		return Allowed{}, fault.New(fault.Conflict, "这条提示已经不在了：稿件改过，或已列入放行清单。请刷新后再看。")
	}
	r := list[i]
	n.Reason = oneLine(n.Reason)
	today := calendar.DateOf(s.db.Now())
	if n.Until.IsZero() {
		n.Until = today.AddDays(longestAllowance - 1)
	}
	var f fault.Fields
	f.Check(len([]rune(n.Reason)) >= 4 && len([]rune(n.Reason)) <= 300, "reason-"+n.Key, "上报误报要写明理由，4 到 300 字，例如“固定用语，原文如此”")
	f.Check(!n.Until.Before(today) && !n.Until.After(today.AddDays(longestAllowance)), "until", "有效期最长一年，请改为一年以内的日期")
	if !slices.Contains([]string{"interpretation.missing", "interpretation.few"}, r.Kind) {
		f.Check(!r.Claimed, "reason-"+n.Key, "这条已经上报误报，正等待他人确认")
	} else {
		f.Add("reason-"+n.Key, "这是办理要求，不是误报；请关联解读，或在终审时批准缓发")
	}
	if err := f.Err(); err != nil {
		return Allowed{}, err
	}
	a := Allowed{ID: ulid.Make().String(), Unit: it.Unit, UnitName: it.UnitName, Kind: r.Kind, Words: r.Wrong, Serious: r.Severity == check.Serious, Near: r.Near, Item: id, ItemTitle: it.Title,
		Reason: n.Reason, PersonID: session.PersonID, PersonName: session.Name, Until: n.Until, sum: r.Sum}
	return a, s.db.Update(ctx, func(tx *db.Tx) error {
		a.CreatedAt = tx.Now()
		if _, err := tx.Exec(ctx, `
			INSERT INTO allow_word (id, unit_id, kind, words, words_sum, serious, near, item_id, reason, person_id, person_name, created_at, until)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			a.ID, a.Unit, a.Kind, a.Words, a.sum, a.Serious, a.Near, a.Item, a.Reason, a.PersonID, a.PersonName, a.CreatedAt, a.Until); err != nil {
			return fmt.Errorf("library: allow: %w", err)
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO item_remark (item_id, remark, kind, severity, first_at, false_alarm) VALUES ($1, $2, $3, $4, $5, TRUE)
			ON CONFLICT (item_id, remark) DO UPDATE SET false_alarm = TRUE`, id, n.Key, r.Kind, r.Severity, tx.Now()); err != nil {
			return fmt.Errorf("library: false alarm: %w", err)
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.allow.add", Basis: "第十九条（三）", Target: it.Target(), After: map[string]any{"kind": a.Kind, "words": a.Words, "reason": a.Reason, "until": a.Until}})
	})
}

// Allowed is one entry of a unit in scope.
func (s *Service) Allowed(ctx context.Context, scope authz.Scope, id string) (Allowed, error) {
	return s.entry(ctx, s.db, scope, id)
}

func (s *Service) entry(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Allowed, error) {
	a, err := db.One(ctx, q, scanAllowed, allowedSelect+` WHERE a.id = $1`, id)
	if db.None(err) {
		return a, fault.Missing("放行词")
	}
	if err != nil {
		return a, err
	}
	if _, err := s.org.UnitTx(ctx, q, scope, a.Unit); err != nil {
		return a, fault.Missing("放行词")
	}
	return a, nil
}

func (s *Service) allowed(ctx context.Context, tx *db.Tx, scope authz.Scope, id string) (Allowed, error) {
	a, err := s.entry(ctx, tx, scope, id)
	if err != nil {
		return a, err
	}
	if !a.Open(calendar.DateOf(tx.Now())) {
		return a, fault.New(fault.Conflict, "这一条已经撤销或到期，请刷新后再看。")
	}
	return a, nil
}

func (a Allowed) target() audit.Target {
	return audit.Target{Kind: "allow_word", ID: a.ID, Name: a.Words, Unit: string(a.Unit)}
}

// ConfirmAllowed lets a serious false alarm hold; never who reported it.
func (s *Service) ConfirmAllowed(ctx context.Context, scope authz.Scope, id string) error {
	session := authz.SessionFrom(ctx)
	if session == nil {
		return fault.New(fault.SignIn, "请先登录。")
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		a, err := s.allowed(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if !a.Waits(calendar.DateOf(tx.Now())) {
			return fault.New(fault.Conflict, "这一条不需要确认，请刷新后再看。")
		}
		if a.PersonID == session.PersonID {
			return fault.New(fault.Refused, "严重问题的误报要由上报人以外的人确认，请另一位终审人员办理。")
		}
		if _, err := tx.Exec(ctx, `UPDATE allow_word SET confirmed_id = $2, confirmed_name = $3, confirmed_at = $4 WHERE id = $1`, id, session.PersonID, session.Name, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.allow.confirm", Target: a.target(), After: map[string]any{"kind": a.Kind}})
	})
}

// RemoveAllowed ends an entry; the remark comes back at the next check.
func (s *Service) RemoveAllowed(ctx context.Context, scope authz.Scope, id, why string) error {
	if why = oneLine(why); why == "" || len([]rune(why)) > 300 {
		return fault.New(fault.Invalid, "撤销要写明理由。").On("why", "请写明撤销的理由，300 字以内")
	}
	_, name, err := writer(ctx)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		a, err := s.allowed(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE allow_word SET removed_name = $2, removed_why = $3, removed_at = $4 WHERE id = $1`, id, name, why, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.allow.remove", Target: a.target(), After: map[string]any{"why": why}})
	})
}

// AllowList are the entries of the units in scope, those that wait first, then
// newest; and how many there are. kind narrows them to one rule.
func (s *Service) AllowList(ctx context.Context, scope authz.Scope, kind string, limit, offset int) ([]Allowed, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.AndIf(kind != "", "a.kind = ?", kind)
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM allow_word a JOIN unit u ON u.id = a.unit_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, scanAllowed, allowedSelect+` WHERE `+w.SQL()+`
		ORDER BY CASE WHEN a.serious AND a.confirmed_at IS NULL AND a.removed_at IS NULL THEN 0 ELSE 1 END, a.created_at DESC, a.id DESC LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	return list, total, err
}

// RuleQuality is how each rule of the checks did in the whole house, worst
// first. Public: every unit may see how good the rules are.
func (s *Service) RuleQuality(ctx context.Context) ([]quality.Practice, error) {
	list, err := db.All(ctx, s.db, func(r db.Scanner) (quality.Practice, error) {
		var p quality.Practice
		return p, r.Scan(&p.Rule, &p.Seen, &p.Mended, &p.Kept, &p.FalseAlarms)
	}, `SELECT kind, count(*), sum(CASE WHEN gone_at IS NOT NULL AND NOT false_alarm THEN 1 ELSE 0 END),
	           sum(CASE WHEN reason <> '' AND gone_at IS NULL AND NOT false_alarm THEN 1 ELSE 0 END), sum(CASE WHEN false_alarm THEN 1 ELSE 0 END)
	      FROM item_remark GROUP BY kind`)
	slices.SortFunc(list, func(a, b quality.Practice) int {
		return cmp.Or(cmp.Compare(b.FalseAlarms, a.FalseAlarms), cmp.Compare(b.Seen, a.Seen), cmp.Compare(a.Rule, b.Rule))
	})
	return list, err
}

var kindNames = map[string]string{
	check.KindIDCard: "公民身份号码", check.KindMobile: "手机号码", check.KindBankCard: "银行卡号", check.KindEmail: "电子邮箱", check.KindPaper: "个人证件号码", check.KindAddress: "个人住址", check.KindPlate: "车辆号牌", check.KindLandline: "家庭电话", check.KindSensitive: "敏感词", check.KindSensitive + ".term": "规范表述", check.KindSensitive + ".post": "职务姓名", "wording.own": "词库易错写法",
	check.KindAdvertising: "商业广告", check.KindOffDuty: "与职能无关", check.KindUnreadable: "乱码和自造字",
	proofread.KindConfusion: "错别字", proofread.KindOmission: "漏字", proofread.KindRepeat: "多字", proofread.KindNumber: "数字用法", proofread.KindPunctuation: "标点", proofread.KindDate: "日期",
	proofread.KindDocNumber: "文内发文字号", "item.docno": "发文字号", "item.dates": "成文日期", "item.elements": "公文要素", "item.undescribed": "图片没有替代文字", "item.alt": "图片替代文字", "item.map": "地图审图号",
	"item.link": "链接写法", "item.advert_link": "商业链接", "item.attachment": "附件文字", "link.gone": "站内死链", "link.waiting": "站外链接待检测", "link.console": "内部链接", "link.dead": "站外死链", "link.wrong": "站外链接不符",
	"link.soft404": "站外出错页", "link.refused": "站外拒绝检查", "interpretation.missing": "缺少解读", "interpretation.few": "解读形式少",
}

// RuleName is a rule in Chinese.
func RuleName(kind string) string {
	if n := kindNames[kind]; n != "" {
		return n
	}
	return kind
}

// RuleKinds are the rules that have a name, in its order.
func RuleKinds() []string {
	return slices.SortedFunc(maps.Keys(kindNames), func(a, b string) int { return cmp.Compare(kindNames[a], kindNames[b]) })
}
