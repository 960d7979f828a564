package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"strings"
	"time"

	"github.com/emmansun/gmsm/sm3"
	"github.com/oklog/ulid/v2"

	"zhengshu/internal/db"
)

// Actor is who acts: a person, a named duty of the house, or a citizen.
type Actor struct {
	Kind string // person, system, citizen, token
	ID   string
	Name string
	Unit string // unit id of the post acted from, where there is one
}

type contextKey int

const (
	actorKey contextKey = iota
	requestKey
)

// WithActor puts the actor into the context.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey, a)
}

// System is the context of a named duty of the house itself: a sweep, an
// import, the demo.
func System(ctx context.Context, duty string) context.Context {
	name, ok := duties[duty]
	if !ok {
		name = duty
	}
	if strings.HasPrefix(duty, "job.") {
		name = "后台任务"
	}
	return WithActor(ctx, Actor{Kind: "system", ID: duty, Name: "系统（" + name + "）"})
}

// duties names what the house does by itself, for the readers of the trail.
var duties = map[string]string{
	"demo": "演示数据", "demo.populate": "演示数据", "import": "导入", "import.items": "稿件导入",
	"inspection.access": "可用性检查", "inspection.patrol": "每日巡检", "inspection.probe": "可用性监测", "inspection.run": "网站检查",
	"notice.watch": "公告查看", "closing.archive": "原站归档", "closing.silences": "中断核实",
	"library.cycles": "栏目更新时限", "library.placements_due": "定时上线", "columns.offered": "栏目订阅", "reposting.look": "转载核对", "obligation.sweep": "时限检查", "operator.sweep": "承办协议检查", "budget.sweep": "经费登记检查", "passage.declare": "流程登记",
	"annual.open": "年度报表", "annual.state": "年度报表公开", "appearance.sweep": "外观生效", "appearance.trouble": "外观停用", "approval.sweep": "审批时限", "assessment.retest": "整改复测", "assessment.sweep": "整改时限", "backup": "备份", "blindtest": "来信盲测",
	"closing.facts": "关停核实", "cutover.sweep": "存量清理时限", "demo.history": "演示数据", "duty.sweep": "值班安排", "hosts.look": "主机检查", "import.site": "站点导入", "impostor.candidates": "假冒线索", "impostor.watch": "假冒监测", "lexicon.second": "词库确认人",
	"inspection.batch": "巡检结果导入", "inspection.count": "访问统计", "inspection.decide": "可用性判定", "inspection.evidence": "证据到期清理", "inspection.plan": "巡检计划", "inspection.vantage": "监测点", "layout.sweep": "网站编排", "library.copies": "转载核对", "library.interpretations": "解读时限",
	"library.outlinks": "链接核对", "library.reviews": "审核时限", "library.tallies": "稿件统计", "library.validity": "文件时效", "lifecycle.carry": "机构调整接续", "lifecycle.sweep": "办理时限", "matrix": "两大矩阵", "media.clear": "媒体清理", "moveout": "整站移交", "movein": "存量迁入", "registry.intake": "台账导入",
	"newmedia.feeds": "账号更新监测", "newmedia.judge": "账号判定", "newmedia.stores": "客户端核对", "platform": "集约化平台", "province.recount": "期限重算", "publishing.promises": "发布承诺", "reconciliation.gone": "台账核对", "reconciliation.reality": "台账核对",
	"registry.domains": "域名到期", "registry.recertification": "台账年度核对", "security.cover": "安全检查安排", "security.hand_on": "安全检查承担单位", "vigil.sweep": "重要保障期",
}

// Citizen is the context of an act by a member of the public, who is not named.
func Citizen(ctx context.Context) context.Context {
	return WithActor(ctx, Actor{Kind: "citizen", ID: "public", Name: "公众"})
}

// ActorFrom is the actor in the context; ok is false when there is none.
func ActorFrom(ctx context.Context) (Actor, bool) {
	a, ok := ctx.Value(actorKey).(Actor)
	return a, ok
}

// PersonFrom is who acts, by id; ErrNoActor for nobody. A duty of the house has an
// id as well: where only a named person may act, look at the actor's Kind.
func PersonFrom(ctx context.Context) (Actor, error) {
	a, ok := ActorFrom(ctx)
	if !ok || a.ID == "" {
		return Actor{}, ErrNoActor
	}
	return a, nil
}

// WithRequest puts the request's trace number into the context.
func WithRequest(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey, id)
}

// Target is what was acted on; its name is copied, so the entry outlives it.
type Target struct {
	Kind string // table or thing: site, item, case
	ID   string
	Name string
	Unit string // the unit that owns it, where one does
}

// Entry is what the caller says of an act.
type Entry struct {
	Act    string // registry.site.add, approval.approve: package.thing.verb
	Target Target
	Basis  string // the article or case the act rests on, where there is one
	Before any    // JSON-encodable; nil for none
	After  any
}

// ErrNoActor is returned when neither a person nor a named duty acts.
var ErrNoActor = errors.New("audit: no actor in the context")

// Record writes the entry into tx and lets it commit.
func Record(ctx context.Context, tx *db.Tx, e Entry) error {
	return RecordAll(ctx, tx, []Entry{e})
}

var entryColumns = []string{"id", "at", "actor_kind", "actor_id", "actor_name", "actor_unit", "act",
	"target_kind", "target_id", "target_name", "unit_id", "basis", "before", "after", "request_id", "hash"}

// RecordAll writes the entries of one act on many things.
func RecordAll(ctx context.Context, tx *db.Tx, entries []Entry) error {
	a, ok := ActorFrom(ctx)
	if !ok {
		return ErrNoActor
	}
	req, _ := ctx.Value(requestKey).(string)
	rows := make([][]any, 0, len(entries))
	for _, e := range entries {
		before, err := encode(e.Before)
		if err != nil {
			return fmt.Errorf("audit: before of %s: %w", e.Act, err)
		}
		after, err := encode(e.After)
		if err != nil {
			return fmt.Errorf("audit: after of %s: %w", e.Act, err)
		}
		row := Row{
			ID: ulid.Make().String(), At: tx.Now(),
			Actor: a, Act: e.Act, Target: e.Target, Basis: e.Basis,
			Before: before, After: after, RequestID: req,
		}
		row.Hash = row.digest(algorithm)
		rows = append(rows, []any{row.ID, row.At, a.Kind, a.ID, a.Name, a.Unit, row.Act,
			row.Target.Kind, row.Target.ID, row.Target.Name, row.Target.Unit, row.Basis,
			row.Before, row.After, row.RequestID, row.Hash})
	}
	if len(rows) == 0 {
		return nil
	}
	if err := tx.InsertAll(ctx, "audit_entry", entryColumns, rows); err != nil {
		return fmt.Errorf("audit: record %s: %w", entries[0].Act, err)
	}
	tx.Audited()
	return nil
}

func encode(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	// NUL cannot be stored by PostgreSQL; its escape can.
	return strings.ReplaceAll(string(b), "\x00", ""), nil
}

// Row is one entry as stored.
type Row struct {
	ID        string
	At        time.Time
	Actor     Actor
	Act       string
	Target    Target
	Basis     string
	Before    string // JSON, empty for none
	After     string
	RequestID string
	Hash      string // algorithm:hex
}

// Algorithm names the digest of new entries.
type Algorithm string

// SHA256 is the default; SM3 (GB/T 32905) costs about twelve times as much and
// is used where a province asks for it.
const (
	SHA256 Algorithm = "sha256"
	SM3    Algorithm = "sm3"
)

var algorithm = SHA256

// Use sets the digest of new entries and links; called once at start.
func Use(a Algorithm) error {
	if a != SHA256 && a != SM3 {
		return fmt.Errorf("audit: unknown digest %q", a)
	}
	algorithm = a
	return nil
}

func newHash(a Algorithm) hash.Hash {
	if a == SM3 {
		return sm3.New()
	}
	return sha256.New()
}

// digest covers every field but the hash itself. Fields are length-prefixed by
// JSON, so no two rows share a text.
func (r Row) digest(a Algorithm) string {
	text, err := json.Marshal([]string{
		r.ID, r.At.UTC().Format(time.RFC3339Nano), r.Actor.Kind, r.Actor.ID, r.Actor.Name, r.Actor.Unit,
		r.Act, r.Target.Kind, r.Target.ID, r.Target.Name, r.Target.Unit, r.Basis, r.Before, r.After, r.RequestID,
	})
	if err != nil {
		return "" // a slice of strings always encodes
	}
	h := newHash(a)
	h.Write(text)
	return string(a) + ":" + hex.EncodeToString(h.Sum(nil))
}

func chain(a Algorithm, prev, entry string, seq int64) string {
	h := newHash(a)
	fmt.Fprintf(h, "%d\n%s\n%s", seq, prev, entry)
	return string(a) + ":" + hex.EncodeToString(h.Sum(nil))
}

func algorithmOf(hash string) Algorithm {
	name, _, _ := strings.Cut(hash, ":")
	return Algorithm(name)
}

func scanRow(s db.Scanner) (Row, error) {
	var r Row
	err := s.Scan(&r.ID, &r.At, &r.Actor.Kind, &r.Actor.ID, &r.Actor.Name, &r.Actor.Unit, &r.Act,
		&r.Target.Kind, &r.Target.ID, &r.Target.Name, &r.Target.Unit, &r.Basis, &r.Before, &r.After, &r.RequestID, &r.Hash)
	return r, err
}

const rowColumns = `e.id, e.at, e.actor_kind, e.actor_id, e.actor_name, e.actor_unit, e.act,
	e.target_kind, e.target_id, e.target_name, e.unit_id, e.basis, e.before, e.after, e.request_id, e.hash`

// Filter narrows Entries.
type Filter struct {
	ID                   string
	TargetKind, TargetID string
	ActorID              string
	Act                  string // prefix: registry.
	Text                 string // part of the actor's or the target's name
	From, Until          time.Time
	Limit, Offset        int // 50 when Limit is zero

	// Within keeps to the units a reader may see: the target's, else the
	// actor's. authz.Scope is one; nil is no limit.
	Within Reach
	// House lets entries through that belong to no unit: the house's own duties.
	House bool
}

// Reach narrows a statement to units by the columns area_path and line_path of
// the unit table's alias.
type Reach interface {
	Where(w *db.Where, alias string) *db.Where
}

// Entries are the newest entries that match f. Reading the trail needs
// authz.AuditRead; the history of one thing is shown with that thing.
func Entries(ctx context.Context, q db.Querier, f Filter) ([]Row, error) {
	var w db.Where
	join := ""
	if f.Within != nil {
		join = ` LEFT JOIN unit u ON u.id = CASE WHEN e.unit_id <> '' THEN e.unit_id ELSE e.actor_unit END`
		var in db.Where
		f.Within.Where(&in, "u")
		// First in the statement, so the condition's own numbers hold.
		for _, a := range in.Args() {
			w.Arg(a)
		}
		cond := in.SQL()
		if f.House {
			cond = "(" + cond + ") OR u.id IS NULL"
		}
		w.And(cond)
	}
	w.AndIf(f.ID != "", "e.id = ?", f.ID).
		AndIf(f.TargetKind != "", "e.target_kind = ?", f.TargetKind).
		AndIf(f.TargetID != "", "e.target_id = ?", f.TargetID).
		AndIf(f.ActorID != "", "e.actor_id = ?", f.ActorID).
		AndIf(f.Text != "", `(lower(e.actor_name) LIKE ? ESCAPE '\' OR lower(e.target_name) LIKE ? ESCAPE '\')`, db.Contains(f.Text), db.Contains(f.Text)).
		AndIf(f.Act != "", `e.act LIKE ? ESCAPE '\'`, strings.TrimPrefix(db.Contains(f.Act), "%")).
		AndIf(!f.From.IsZero(), "e.at >= ?", f.From).
		AndIf(!f.Until.IsZero(), "e.at < ?", f.Until)
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	return db.All(ctx, q, scanRow, `
		SELECT `+rowColumns+` FROM audit_entry e`+join+` WHERE `+w.SQL()+`
		 ORDER BY e.at DESC, e.id DESC LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
}
