package registry

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
)

// The places a value of the ledger comes from.
const (
	ByPerson   = "person"
	ByApproval = "approval"
	ByImport   = "import"
	Observed   = "observed"
	BySystem   = "system"
)

var sourceNames = map[string]string{ByPerson: "人工填写", ByApproval: "审批结果", ByImport: "文件导入", Observed: "系统观测", BySystem: "系统登记"}

// SourceName is the source in Chinese.
func SourceName(source string) string {
	if n := sourceNames[source]; n != "" {
		return n
	}
	return source
}

// Why is what every change of a record says of itself.
type Why struct {
	Says     string // the reason, in words
	CaseID   string // the approval it rests on
	Document string // number or name of the paper it rests on
	Source   string // ByPerson when empty; ByApproval when only CaseID is given
	Ref      string // file name, row, check run
}

// MaxWhy bounds a reason, in characters.
const MaxWhy = 300

// check refuses a change of the ledger by a person that says no reason.
func (w Why) check() error {
	var f fault.Fields
	f.Check(strings.TrimSpace(w.Says) != "" || w.CaseID != "", "why", "请写明变更原因，例如“更正录入错误”或依据的文件")
	f.Check(len([]rune(w.Says)) <= MaxWhy, "why", "变更原因最多 "+strconv.Itoa(MaxWhy)+" 个字")
	f.Check(len([]rune(w.Document)) <= 100, "document", "依据文件最多 100 个字")
	return f.Err()
}

func (w Why) source() string {
	switch {
	case w.Source != "":
		return w.Source
	case w.CaseID != "":
		return ByApproval
	}
	return ByPerson
}

// Change is one field of a record before and after.
type Change struct {
	Act       string // one for all fields changed at once
	Field     string // "" for the entry of the record
	Was, Now  string
	Why       string
	CaseID    string
	Document  string
	Source    string
	SourceRef string
	Actor     string
	At        time.Time
}

// FieldName is the field in Chinese.
func (c Change) FieldName() string { return FieldName(c.Field) }

// fieldNames are the fields of records as screens name them.
var fieldNames = map[string]string{
	"": "登记", "name": "名称", "unit": "主办单位", "host": "英文域名", "chinese_domain": "中文域名", "site_code": "政府网站标识码", "icp": "ICP备案编号",
	"police_filing": "公安备案编号", "party_gov_mark": "党政机关网站标识", "contact": "联系方式", "address": "办公地址", "slug": "站点简称", "hosted": "由本平台承载",
	"monitored": "监测", "confirmed_on": "核对确认", "platform": "平台", "handle": "账号标识", "url": "网址", "platform_id": "平台内部标识", "purpose": "用途",
	"verified_as": "认证主体", "verified_type": "认证类型", "a": "A 岗", "b": "B 岗", "leader": "分管领导", "followers": "关注人数", "last_post_on": "最近发布日期",
	"national_id": "全国信息报送系统编号", "filed_on": "备案日期", "main": "主账号", "necessity": "开设必要性", "active_users": "月活跃用户", "version": "版本",
	"shown": "域名", "kind": "域名类别", "site": "所属网站", "registrar": "注册服务机构", "registered_on": "注册日期", "expires_on": "到期日期", "ns": "域名服务器",
	"addresses": "解析地址", "cname": "允许的别名", "cert_issuer": "证书颁发机构", "cert_expires_on": "证书到期日期", "case": "批准事项", "watch_until": "跟踪至",
}

// FieldName is a field of a record in Chinese; a field nobody named is shown as
// it is.
func FieldName(field string) string {
	if n, ok := fieldNames[field]; ok {
		return n
	}
	return field
}

// pair is one field with its two values; equal ones are no change.
type pair struct{ field, was, now string }

func changedOf(list []pair) []pair {
	return slices.DeleteFunc(slices.Clone(list), func(p pair) bool { return p.was == p.now })
}

func dateOr(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

func boolWord(b bool) string {
	if b {
		return "是"
	}
	return "否"
}

// keep writes the changed fields of a record in the act's transaction.
func (s *Service) keep(ctx context.Context, tx *db.Tx, kind, id string, w Why, list ...pair) error {
	actor, ok := audit.ActorFrom(ctx)
	if !ok {
		return audit.ErrNoActor
	}
	tx.AfterCommit(s.forget)
	act := ulid.Make().String()
	for _, p := range list {
		if _, err := tx.Exec(ctx, `
			INSERT INTO record_change (id, kind, object_id, act_id, field, was, now, why, case_id, document, source, source_ref, actor_id, actor_name, at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
			ulid.Make().String(), kind, id, act, p.field, p.was, p.now, w.Says, w.CaseID, w.Document, w.source(), w.Ref, actor.ID, actor.Name, tx.Now()); err != nil {
			return err
		}
	}
	return nil
}

// forget drops what was worked out over the whole ledger.
func (s *Service) forget() {
	s.mu.Lock()
	s.book, s.guard = nil, nil
	s.mu.Unlock()
}

// entered writes that a record came into the ledger.
func (s *Service) entered(ctx context.Context, tx *db.Tx, kind, id, shown string, w Why) error {
	return s.keep(ctx, tx, kind, id, w, pair{"", "", shown})
}

const changeSelect = `SELECT act_id, field, was, now, why, case_id, document, source, source_ref, actor_name, at FROM record_change`

func scanChange(r db.Scanner) (Change, error) {
	var c Change
	err := r.Scan(&c.Act, &c.Field, &c.Was, &c.Now, &c.Why, &c.CaseID, &c.Document, &c.Source, &c.SourceRef, &c.Actor, &c.At)
	return c, err
}

// maxHistory bounds the changes a record's page shows.
const maxHistory = 500

// changes of a record, newest first. The caller has checked its scope.
func changes(ctx context.Context, q db.Querier, kind, id string) ([]Change, error) {
	return db.All(ctx, q, scanChange, changeSelect+` WHERE kind = $1 AND object_id = $2 ORDER BY at DESC, id DESC LIMIT $3`, kind, id, maxHistory)
}

// History of a site, account or app in scope, newest first, at most 500
// changes.
func (s *Service) History(ctx context.Context, q db.Querier, scope authz.Scope, ref Ref) ([]Change, error) {
	if _, err := s.Object(ctx, q, scope, ref); err != nil {
		return nil, err
	}
	return changes(ctx, q, auditKind(ref.Kind), ref.ID)
}

// Origin is where a field's present value comes from.
type Origin struct {
	Source, Ref, CaseID, Actor string
	At                         time.Time
}

// Origins are the sources of a record's fields, from its history: the last
// change of each, and under "" the entry of the record, which stands for every
// field that never changed.
func Origins(history []Change) map[string]Origin {
	out := map[string]Origin{}
	for _, c := range history { // newest first
		if _, later := out[c.Field]; !later {
			out[c.Field] = Origin{c.Source, c.SourceRef, c.CaseID, c.Actor, c.At}
		}
	}
	return out
}

// FormerName is a name an object had.
type FormerName struct {
	Name     string
	From     calendar.Date // zero when unknown
	Until    calendar.Date
	Document string
	CaseID   string
}

// keepName keeps the name an object had until now.
func (s *Service) keepName(ctx context.Context, tx *db.Tx, kind, id, name string, w Why) error {
	from, err := db.One(ctx, tx, db.Value[calendar.Date], `SELECT max(until_on) FROM object_name WHERE kind = $1 AND object_id = $2`, kind, id)
	if err != nil && !db.None(err) {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO object_name (id, kind, object_id, name, from_on, until_on, document, case_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		ulid.Make().String(), kind, id, name, from, calendar.DateOf(tx.Now()), w.Document, w.CaseID)
	return err
}

// FormerNames of a site, account or app in scope, latest first.
func (s *Service) FormerNames(ctx context.Context, q db.Querier, scope authz.Scope, ref Ref) ([]FormerName, error) {
	if _, err := s.Object(ctx, q, scope, ref); err != nil {
		return nil, err
	}
	return db.All(ctx, q, func(r db.Scanner) (FormerName, error) {
		var n FormerName
		err := r.Scan(&n.Name, &n.From, &n.Until, &n.Document, &n.CaseID)
		return n, err
	}, `SELECT name, from_on, until_on, document, case_id FROM object_name WHERE kind = $1 AND object_id = $2 ORDER BY until_on DESC, id DESC`, auditKind(ref.Kind), ref.ID)
}

// Rename gives an object another name and keeps the former one. Lifecycle
// calls it when a renaming is approved; a correction is SetIdentifiers or
// SetAccount.
func (s *Service) Rename(ctx context.Context, tx *db.Tx, scope authz.Scope, ref Ref, name string, w Why) (Object, error) {
	o, err := s.Object(ctx, tx, scope, ref)
	if err != nil {
		return Object{}, err
	}
	name = strings.TrimSpace(name)
	if name == "" || len([]rune(name)) > 100 {
		return Object{}, fault.New(fault.Invalid, "新名称应为 1 到 100 个字。").On("name", "请填写新名称")
	}
	if err := w.check(); err != nil {
		return Object{}, err
	}
	if name == o.Name {
		return o, nil
	}
	before := o.Name
	if _, err := tx.Exec(ctx, `UPDATE `+tableOf(ref)+` SET name = $2, updated_at = $3 WHERE id = $1`, ref.ID, name, tx.Now()); err != nil {
		return Object{}, err
	}
	if err := s.keepName(ctx, tx, auditKind(ref.Kind), ref.ID, before, w); err != nil {
		return Object{}, err
	}
	if err := s.keep(ctx, tx, auditKind(ref.Kind), ref.ID, w, pair{"name", before, name}); err != nil {
		return Object{}, err
	}
	o.Name = name
	return o, audit.Record(ctx, tx, audit.Entry{Act: "registry." + auditKind(o.Kind) + ".change", Target: o.Target(), Basis: w.Document,
		Before: map[string]any{"Name": before}, After: map[string]any{"Name": name, "why": w.Says, "case": w.CaseID}})
}

func tableOf(ref Ref) string {
	if auditKind(ref.Kind) == "site" {
		return "site"
	}
	return "account"
}
