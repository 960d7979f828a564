package assessment

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/rules/packs"
)

// VersionID names a version of a pack that an office has drafted.
type VersionID string

// States of a version.
const (
	VersionDraft     = "draft"
	VersionSubmitted = "submitted"
	VersionAgreed    = "agreed"
	VersionAdopted   = "adopted"
	VersionEnded     = "ended"
	VersionDropped   = "dropped"
)

// VersionMachine is how a version of a pack moves: nobody judges by what one
// person alone has written.
var VersionMachine = passage.Machine{Kind: "scoring_pack", Noun: "指标包版本",
	States: map[string]string{VersionDraft: "起草中", VersionSubmitted: "待复核", VersionAgreed: "复核通过，待采用", VersionAdopted: "已采用", VersionEnded: "已停用", VersionDropped: "已作废"},
	Moves: []passage.Move{
		{From: "", Act: "draft", To: VersionDraft, Says: "起草", Permit: string(authz.PackDraft)},
		{From: VersionDraft, Act: "submit", To: VersionSubmitted, Says: "送复核", Guard: "指标齐全、合计相符、日期不重叠", Permit: string(authz.PackDraft)},
		{From: VersionDraft, Act: "drop", To: VersionDropped, Says: "作废", Permit: string(authz.PackDraft)},
		{From: VersionSubmitted, Act: "return", To: VersionDraft, Says: "退回修改", Guard: "写明意见", Permit: string(authz.PackDraft)},
		{From: VersionSubmitted, Act: "agree", To: VersionAgreed, Says: "复核通过", Guard: "不是起草人", Permit: string(authz.PackDraft)},
		{From: VersionAgreed, Act: "adopt", To: VersionAdopted, Says: "采用", Guard: "省政府办公厅，写明依据", Permit: string(authz.PackAdopt)},
		{From: VersionAgreed, Act: "drop", To: VersionDropped, Says: "作废", Permit: string(authz.PackDraft)},
		{From: VersionAdopted, Act: "end", To: VersionEnded, Says: "停用", Permit: string(authz.PackAdopt)},
	}}

// PackVersion is one version of a pack in the database.
type PackVersion struct {
	ID          VersionID
	Pack        packs.Pack
	Unit        org.UnitID
	UnitName    string // joined
	Content     []byte
	SHA256      string
	Note        string
	State       string
	Revision    int
	Author      string
	AuthorID    string
	Checker     string
	CheckerSays string
	CreatedAt   time.Time
	ChangedAt   time.Time
	SubmittedAt time.Time
	AgreedAt    time.Time
	EndedOn     calendar.Date
	areaPath    string
	linePath    string
}

// StateName is the state in Chinese.
func (v PackVersion) StateName() string { return VersionMachine.Name(v.State) }

// Link is its page in the console.
func (v PackVersion) Link() string { return "/console/packs/versions/" + string(v.ID) }

func (v PackVersion) target() audit.Target {
	return audit.Target{Kind: "scoring_pack", ID: string(v.ID), Name: fmt.Sprintf("%s 第%d版", v.Pack.Title, v.Pack.Version), Unit: string(v.Unit)}
}

const versionSelect = `
	SELECT v.id, v.unit_id, u.name, v.content, v.sha256, v.note, v.state, v.revision, v.author_name, COALESCE(v.author_id, ''), v.checker_name, v.checker_says,
	       v.created_at, v.changed_at, v.submitted_at, v.agreed_at, v.ended_on, u.area_path, u.line_path
	  FROM scoring_pack v JOIN unit u ON u.id = v.unit_id`

func scanVersion(r db.Scanner) (PackVersion, error) {
	var v PackVersion
	var content string
	if err := r.Scan(&v.ID, &v.Unit, &v.UnitName, &content, &v.SHA256, &v.Note, &v.State, &v.Revision, &v.Author, &v.AuthorID, &v.Checker, &v.CheckerSays,
		&v.CreatedAt, &v.ChangedAt, &v.SubmittedAt, &v.AgreedAt, &v.EndedOn, &v.areaPath, &v.linePath); err != nil {
		return v, err
	}
	v.Content = []byte(content)
	if packs.Digest(v.Content) != v.SHA256 {
		return v, fmt.Errorf("assessment: pack version %s is not what was written: its hash differs", v.ID)
	}
	var err error
	if v.Pack, err = packs.Parse(v.Content); err != nil {
		return v, fmt.Errorf("assessment: pack version %s: %w", v.ID, err)
	}
	return v, nil
}

// atHand are the shipped packs and the versions a second person has agreed to.
// One that was ended binds up to its last day. A shipped version of a number that the
// province had given to its own before does not stand beside it: what was judged by the
// number stays judged by the same words.
func (s *Service) atHand(ctx context.Context, q db.Querier) ([]packs.Pack, error) {
	list, err := db.All(ctx, q, scanVersion, versionSelect+` WHERE v.state IN ('agreed', 'adopted', 'ended') ORDER BY v.pack, v.version`)
	out := slices.Clone(s.packs)
	for _, v := range list {
		p := v.Pack
		if !v.EndedOn.IsZero() && (p.EffectiveTo.IsZero() || p.EffectiveTo.After(v.EndedOn)) {
			p.EffectiveTo = v.EndedOn
		}
		out = append(slices.DeleteFunc(out, func(o packs.Pack) bool { return o.ID == p.ID && o.Version == p.Version }), p)
	}
	return out, err
}

// Versions of packs that the reader's area is judged by, or may be; the newest
// first.
func (s *Service) Versions(ctx context.Context, q db.Querier, scope authz.Scope) ([]PackVersion, error) {
	list, err := db.All(ctx, q, scanVersion, versionSelect+` WHERE v.state <> 'dropped' ORDER BY v.pack, v.version DESC`)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(v PackVersion) bool { return !v.shown(scope) }), nil
}

// shown: what is only being drafted is seen by who may draft it; what was
// agreed to is public to the area it is for.
func (v PackVersion) shown(scope authz.Scope) bool {
	if scope.Covers(v.areaPath, v.linePath) {
		return true
	}
	area, _, _ := strings.Cut(v.areaPath, "@")
	return (v.State == VersionAgreed || v.State == VersionAdopted || v.State == VersionEnded) && scope.Reaches(area)
}

// Version in scope.
func (s *Service) Version(ctx context.Context, q db.Querier, scope authz.Scope, id VersionID) (PackVersion, error) {
	v, err := db.One(ctx, q, scanVersion, versionSelect+` WHERE v.id = $1`, id)
	if db.None(err) || err == nil && !v.shown(scope) {
		return PackVersion{}, fault.Missing("指标包版本")
	}
	return v, err
}

// VersionHistory is what became of a version in scope, and when.
func (s *Service) VersionHistory(ctx context.Context, scope authz.Scope, id VersionID) ([]passage.Step, error) {
	if _, err := s.Version(ctx, s.db, scope, id); err != nil {
		return nil, err
	}
	return VersionMachine.History(ctx, s.db, string(id))
}

// PackOf is a pack at hand by id and version: shipped, or agreed to.
func (s *Service) packOf(ctx context.Context, q db.Querier, id string, version int) (packs.Pack, error) {
	at, err := s.atHand(ctx, q)
	if err != nil {
		return packs.Pack{}, err
	}
	for _, p := range at {
		if p.ID == id && p.Version == version {
			return p, nil
		}
	}
	return packs.Pack{}, fault.Missing("指标包")
}

// Before is the version before another: the newest at hand of a lower number.
func (s *Service) Before(ctx context.Context, q db.Querier, scope authz.Scope, id string, version int) (packs.Pack, bool, error) {
	at, err := s.atHand(ctx, q)
	var best packs.Pack
	for _, p := range at {
		if p.ID == id && p.Version < version && p.Version > best.Version {
			best = p
		}
	}
	// The shipped ones are shared by everybody: what goes out is a copy.
	best.Indicators, best.Special = slices.Clone(best.Indicators), slices.Clone(best.Special)
	return best, best.Version > 0, err
}

// drafter is the person at work, who must hold a post at the office of a
// province: it decides what the province is assessed by (Article 29).
func (s *Service) drafter(ctx context.Context, tx *db.Tx, scope authz.Scope, unit org.UnitID) (audit.Actor, org.Unit, error) {
	actor, ok := audit.ActorFrom(ctx)
	if !ok {
		return actor, org.Unit{}, audit.ErrNoActor
	}
	u, err := s.org.UnitTx(ctx, tx, scope, unit)
	if err != nil {
		return actor, u, err
	}
	if u.Kind != org.Office || u.Level != org.Province {
		return actor, u, fault.Newf(fault.Refused, "考核指标由省政府办公厅制定，%s不能起草；有意见请报省政府办公厅。", u.Name).
			Because(fault.Reason{ID: "S29.1", Citation: articleTwentyNine, Says: "省政府办公厅对全省政府网站与政务新媒体建设、运行、监管等工作，每月进行检查，每季度进行通报，每年度进行考核评估"})
	}
	return actor, u, nil
}

const articleTwentyNine = "陕政公开办〔2021〕18号 第二十九条"

// Draft begins a version from another at hand, the newest when version is zero:
// the same values, the next number, to be changed one by one.
func (s *Service) Draft(ctx context.Context, scope authz.Scope, unit org.UnitID, pack string, version int, from calendar.Date, note string) (v PackVersion, err error) {
	note = strings.TrimSpace(note)
	var wrong fault.Fields
	wrong.Check(len([]rune(note)) >= 4 && len([]rune(note)) <= 500, "note", "没有写明起草缘由，请填写（4至500字）")
	wrong.Check(!from.IsZero(), "from", "没有填写生效日期，请填写")
	if err := wrong.Err(); err != nil {
		return v, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		at, err := s.atHand(ctx, tx)
		if err != nil {
			return err
		}
		var base packs.Pack
		for _, p := range at {
			if p.ID == pack && (version == 0 && p.Version > base.Version || version != 0 && p.Version == version) {
				base = p
			}
		}
		if base.Version == 0 {
			return fault.Missing("指标包")
		}
		last, err := db.One(ctx, tx, db.Value[int], `SELECT COALESCE(max(version), 0) FROM scoring_pack WHERE pack = $1 AND state <> 'dropped'`, pack)
		if err != nil {
			return err
		}
		for _, p := range s.packs {
			if p.ID == pack {
				last = max(last, p.Version)
			}
		}
		base.Version, base.EffectiveFrom, base.EffectiveTo = last+1, from, calendar.Date{}
		v, err = s.begin(ctx, tx, scope, unit, base, note)
		return err
	})
	return v, err
}

// Import takes a pack from a file as a draft, whole or not at all.
func (s *Service) Import(ctx context.Context, scope authz.Scope, unit org.UnitID, content []byte, note string) (v PackVersion, err error) {
	note = strings.TrimSpace(note)
	if n := len([]rune(note)); n < 4 || n > 500 {
		return v, fault.New(fault.Invalid, "没有写明导入缘由，请填写（4至500字）。").On("note", "没有写明导入缘由，请填写（4至500字）")
	}
	p, err := packs.Decode(content)
	if err != nil {
		return v, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if !slices.ContainsFunc(s.packs, func(o packs.Pack) bool { return o.ID == p.ID }) {
			return fault.Newf(fault.Invalid, "标识“%s”不是系统使用的指标包；请改为%s。", p.ID, strings.Join(s.packIDs(), "或")).On("id", "请核对标识")
		}
		others, err := s.others(ctx, tx, "", p.ID)
		if err != nil {
			return err
		}
		if wrong := p.Contradicts(others); len(wrong) > 0 {
			return &fault.Error{Kind: fault.Invalid, Says: "版本号或日期与已有版本冲突，请按提示修改文件。", Fields: wrong}
		}
		v, err = s.begin(ctx, tx, scope, unit, p, note)
		return err
	})
	return v, err
}

func (s *Service) packIDs() []string {
	var out []string
	for _, p := range s.packs {
		if !slices.Contains(out, p.ID) {
			out = append(out, p.ID)
		}
	}
	return out
}

func (s *Service) begin(ctx context.Context, tx *db.Tx, scope authz.Scope, unit org.UnitID, p packs.Pack, note string) (PackVersion, error) {
	actor, u, err := s.drafter(ctx, tx, scope, unit)
	if err != nil {
		return PackVersion{}, err
	}
	content, err := packs.Encode(p)
	if err != nil {
		return PackVersion{}, err
	}
	v := PackVersion{ID: VersionID(ulid.Make().String()), Pack: p, Unit: u.ID, UnitName: u.Name, Content: content, SHA256: packs.Digest(content), Note: note, Revision: 1, Author: actor.Name, CreatedAt: tx.Now(), ChangedAt: tx.Now(), areaPath: u.AreaPath, linePath: u.LinePath}
	if actor.Kind == "person" {
		v.AuthorID = actor.ID
	}
	if _, v.State, err = VersionMachine.Take(ctx, tx, string(v.ID), "draft", passage.Note{Says: note}); err != nil {
		return v, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO scoring_pack (id, pack, version, unit_id, content, sha256, note, state, revision, author_id, author_name, created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)`,
		v.ID, p.ID, p.Version, v.Unit, string(content), v.SHA256, note, v.State, v.Revision, db.Null(v.AuthorID), v.Author, v.CreatedAt)
	if _, dup := db.UniqueViolation(err); dup {
		return v, fault.Newf(fault.Conflict, "第%d版刚被别人起草，请刷新后在那一版上修改。", p.Version).From(err)
	}
	if err != nil {
		return v, err
	}
	if err := s.hand(ctx, tx, v.ID, v.AuthorID); err != nil {
		return v, err
	}
	return v, audit.Record(ctx, tx, audit.Entry{Act: "assessment.pack.draft", Basis: articleTwentyNine, Target: v.target(), After: map[string]any{"version": p.Version, "sha256": v.SHA256, "note": note}})
}

func (s *Service) hand(ctx context.Context, tx *db.Tx, id VersionID, person string) error {
	if person == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO scoring_pack_hand (pack_id, person_id) VALUES ($1, $2) ON CONFLICT (pack_id, person_id) DO NOTHING`, id, person)
	return err
}

// others are the versions beside which a draft's days must make sense: shipped,
// and all in the database but itself and what was dropped or ended.
func (s *Service) others(ctx context.Context, q db.Querier, but VersionID, pack string) ([]packs.Pack, error) {
	list, err := db.All(ctx, q, scanVersion, versionSelect+` WHERE v.pack = $1 AND v.id <> $2 AND v.state <> 'dropped' ORDER BY v.version`, pack, but)
	out := slices.DeleteFunc(slices.Clone(s.packs), func(p packs.Pack) bool { return p.ID != pack })
	for _, v := range list {
		p := v.Pack
		if !v.EndedOn.IsZero() {
			p.EffectiveTo = v.EndedOn
		}
		out = append(out, p)
	}
	return out, err
}

// Change rewrites a draft in scope as edit leaves it. revision is the one the
// person had before them: a draft changed meanwhile is a Conflict. What is only
// not yet complete may stay so until the draft is submitted.
func (s *Service) Change(ctx context.Context, scope authz.Scope, id VersionID, revision int, what string, edit func(*packs.Pack) error) (v PackVersion, err error) {
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if v, err = s.own(ctx, tx, scope, id); err != nil {
			return err
		}
		actor, _, err := s.drafter(ctx, tx, scope, v.Unit)
		if err != nil {
			return err
		}
		if v.State != VersionDraft {
			return fault.Newf(fault.Conflict, "这一版现在的状态是“%s”，不能修改；请退回修改或另起一版。", v.StateName())
		}
		if v.Revision != revision {
			return fault.Newf(fault.Conflict, "%s刚改过这一版，请刷新后在最新内容上修改。", v.Author)
		}
		kept := v.Pack
		p, err := packs.Parse(v.Content) // a copy of its own
		if err != nil {
			return err
		}
		if err := edit(&p); err != nil {
			return err
		}
		p.ID, p.Version = kept.ID, kept.Version
		content, err := packs.Encode(p)
		if err != nil {
			return err
		}
		if v.Pack, err = packs.Parse(content); err != nil {
			return err
		}
		changes := packs.Diff(kept, v.Pack)
		if len(changes) == 0 {
			return nil
		}
		v.Content, v.SHA256, v.Revision, v.Author, v.ChangedAt = content, packs.Digest(content), v.Revision+1, actor.Name, tx.Now()
		v.AuthorID = ""
		if actor.Kind == "person" {
			v.AuthorID = actor.ID
		}
		n, err := tx.Exec(ctx, `UPDATE scoring_pack SET content = $3, sha256 = $4, revision = revision + 1, author_id = $5, author_name = $6, changed_at = $7 WHERE id = $1 AND revision = $2 AND state = 'draft'`,
			id, revision, string(content), v.SHA256, db.Null(v.AuthorID), v.Author, v.ChangedAt)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "这一版刚被别人改过，请刷新后在最新内容上修改。")
		}
		if err := s.hand(ctx, tx, id, v.AuthorID); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "assessment.pack.change", Basis: articleTwentyNine, Target: v.target(), After: map[string]any{"what": what, "changes": changes, "sha256": v.SHA256}})
	})
	return v, err
}

// own is a version that the person's office keeps.
func (s *Service) own(ctx context.Context, q db.Querier, scope authz.Scope, id VersionID) (PackVersion, error) {
	v, err := db.One(ctx, q, scanVersion, versionSelect+` WHERE v.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(v.areaPath, v.linePath) {
		return PackVersion{}, fault.Missing("指标包版本")
	}
	return v, err
}

// Submit lays a draft before a second person: it must add up and its days must
// fit.
func (s *Service) Submit(ctx context.Context, scope authz.Scope, id VersionID) error {
	return s.move(ctx, scope, id, "submit", "", func(ctx context.Context, tx *db.Tx, v PackVersion, actor audit.Actor) error {
		if err := v.Pack.Check(); err != nil {
			return err
		}
		others, err := s.others(ctx, tx, id, v.Pack.ID)
		if err != nil {
			return err
		}
		if wrong := v.Pack.Contradicts(others); len(wrong) > 0 {
			return &fault.Error{Kind: fault.Invalid, Says: "日期与已有版本冲突，请按提示修改。", Fields: wrong}
		}
		_, err = tx.Exec(ctx, `UPDATE scoring_pack SET submitted_at = $2, checker_id = NULL, checker_name = '', checker_says = '' WHERE id = $1`, id, tx.Now())
		return err
	})
}

// Agree is the second person's word. Nobody who changed the draft may give it.
func (s *Service) Agree(ctx context.Context, scope authz.Scope, id VersionID, says string) error {
	return s.move(ctx, scope, id, "agree", says, func(ctx context.Context, tx *db.Tx, v PackVersion, actor audit.Actor) error {
		mine, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM scoring_pack_hand WHERE pack_id = $1 AND person_id = $2`, id, actor.ID)
		if err != nil {
			return err
		}
		if mine > 0 || actor.Kind != "person" {
			return fault.Newf(fault.Refused, "这一版由%s起草或修改过，须由另一人复核；请交其他负责考核的同志复核。", actor.Name)
		}
		if err := v.Pack.Check(); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE scoring_pack SET agreed_at = $2, checker_id = $3, checker_name = $4, checker_says = $5 WHERE id = $1`, id, tx.Now(), actor.ID, actor.Name, strings.TrimSpace(says))
		return err
	})
}

// Return gives a submitted version back to its author.
func (s *Service) Return(ctx context.Context, scope authz.Scope, id VersionID, says string) error {
	if n := len([]rune(strings.TrimSpace(says))); n < 4 || n > 500 {
		return fault.New(fault.Invalid, "没有写明退回意见，请填写（4至500字）。").On("says", "没有写明退回意见，请填写（4至500字）")
	}
	return s.move(ctx, scope, id, "return", says, func(ctx context.Context, tx *db.Tx, v PackVersion, actor audit.Actor) error {
		_, err := tx.Exec(ctx, `UPDATE scoring_pack SET checker_name = $2, checker_says = $3 WHERE id = $1`, id, actor.Name, strings.TrimSpace(says))
		return err
	})
}

// Drop gives up a version that nobody is judged by; its number may be used
// again.
func (s *Service) Drop(ctx context.Context, scope authz.Scope, id VersionID) error {
	return s.move(ctx, scope, id, "drop", "", nil)
}

// End stops an adopted version: today is the first day it no longer judges.
func (s *Service) End(ctx context.Context, scope authz.Scope, id VersionID, says string) error {
	if n := len([]rune(strings.TrimSpace(says))); n < 4 || n > 500 {
		return fault.New(fault.Invalid, "没有写明停用理由，请填写（4至500字）。").On("says", "没有写明停用理由，请填写（4至500字）")
	}
	return s.move(ctx, scope, id, "end", says, func(ctx context.Context, tx *db.Tx, v PackVersion, actor audit.Actor) error {
		_, err := tx.Exec(ctx, `UPDATE scoring_pack SET ended_on = $2 WHERE id = $1`, id, calendar.DateOf(tx.Now()).AddDays(-1))
		return err
	})
}

func (s *Service) move(ctx context.Context, scope authz.Scope, id VersionID, act, says string, then func(context.Context, *db.Tx, PackVersion, audit.Actor) error) error {
	says = strings.TrimSpace(says)
	if len([]rune(says)) > 500 {
		return fault.New(fault.Invalid, "意见超过500字，请缩短。").On("says", "意见超过500字，请缩短")
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		v, err := s.own(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		actor, _, err := s.drafter(ctx, tx, scope, v.Unit)
		if err != nil {
			return err
		}
		if !VersionMachine.Can(v.State, act) {
			return fault.Newf(fault.Conflict, "这一版现在的状态是“%s”，不能%s；可能刚被别人处理过，请刷新后再看。", v.StateName(), VersionMachine.ActName(act))
		}
		if then != nil {
			if err := then(ctx, tx, v, actor); err != nil {
				return err
			}
		}
		_, to, err := VersionMachine.Take(ctx, tx, string(id), act, passage.Note{Says: says})
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE scoring_pack SET state = $2 WHERE id = $1`, id, to); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "assessment.pack." + act, Basis: articleTwentyNine, Target: v.target(), After: map[string]string{"state": to, "says": says, "sha256": v.SHA256}})
	})
}
