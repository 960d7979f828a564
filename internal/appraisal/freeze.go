package appraisal

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
)

// window are the instants between which a run counts for the round.
func (r Round) window() (from, until time.Time, err error) {
	p, err := assessment.ParsePeriod(r.Period)
	if err != nil {
		return from, until, err
	}
	from = p.Start()
	if month := p.Last().AddDays(-31).Start(); month.Before(from) {
		from = month
	}
	return from, p.End(), nil
}

// Freeze works out every result of the sample under the round's pack and keeps
// it with what it rests on. A site that is being looked at right now stops it,
// unless leaveOut says that the unfinished run shall not count. A round that is
// frozen already comes back as it is: a second click freezes nothing anew.
func (s *Service) Freeze(ctx context.Context, scope authz.Scope, id string, leaveOut bool) (Round, error) {
	r, err := s.round(ctx, s.DB, scope, id)
	if err != nil {
		return r, err
	}
	if r.Frozen() {
		return r, nil
	}
	if r.State != Collecting {
		return r, fault.Newf(fault.Conflict, "这一轮现在是“%s”，不能冻结结果。", r.StateName())
	}
	pack, err := r.Pack()
	if err != nil {
		return r, err
	}
	// The scores are read before the transaction: they take seconds at the scale
	// of a province, and what is written is checked against the sample again.
	scores, on, err := s.scores(ctx, r)
	if err != nil {
		return r, err
	}
	again := false
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		again = false
		actor, err := audit.PersonFrom(ctx)
		if err != nil {
			return err
		}
		if r, err = s.round(ctx, tx, scope, id); err != nil {
			return err
		}
		if r.Frozen() {
			again = true
			return nil
		}
		if err := s.freezable(ctx, tx, &r, leaveOut); err != nil {
			return err
		}
		if r.Adoption, err = s.adoptionFor(ctx, tx, r.PackID, r.PackVersion, r.area, calendar.DateOf(tx.Now())); err != nil {
			return err
		}
		rows, hashes, err := s.frozenRows(ctx, tx, r, pack, scores, on)
		if err != nil {
			return err
		}
		if err := tx.InsertAll(ctx, "appraisal_result", []string{"object_id", "round_id", "facts", "result", "sha256"}, rows.results); err != nil {
			return err
		}
		for _, x := range rows.standing {
			if _, err := tx.Exec(ctx, `UPDATE appraisal_object SET verdict = $2, scored = $3, points = $4 WHERE id = $1`, x...); err != nil {
				return err
			}
		}
		r.SHA256, r.FrozenAt, r.FrozenBy = roundDigest(r, hashes), tx.Now(), actor.Name
		adoption, err := encode(r.Adoption)
		if err != nil {
			return err
		}
		left, err := encode(r.LeftOut)
		if err != nil {
			return err
		}
		if _, r.State, err = Machine.Take(ctx, tx, id, "freeze", passage.Note{Says: "摘要 " + r.SHA256[:16]}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE appraisal_round SET state = $2, frozen_at = $3, frozen_by = $4, sha256 = $5, adoption = $6, left_out = $7 WHERE id = $1`, id, r.State, r.FrozenAt, r.FrozenBy, r.SHA256, adoption, left); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "appraisal.round.freeze", Target: r.Target(), Basis: citation30,
			After: map[string]any{"sha256": r.SHA256, "results": len(hashes), "adoption": r.Adoption, "left_out": r.LeftOut}})
	})
	if again {
		return r, nil
	}
	return r, err
}

// freezable refuses what still stands in the way.
func (s *Service) freezable(ctx context.Context, tx *db.Tx, r *Round, leaveOut bool) error {
	if !Machine.Can(r.State, "freeze") {
		return fault.Newf(fault.Conflict, "这一轮现在是“%s”，不能冻结结果。可能刚被别人办理，请刷新后再看。", r.StateName())
	}
	pack, err := r.Pack()
	if err != nil {
		return err
	}
	n, err := s.differing(ctx, tx, pack, r.ID, true)
	if err != nil {
		return err
	}
	if n > 0 {
		open, err := s.differences(ctx, tx, pack, r.ID, differenceFilter{unruled: true, limit: 1})
		if err != nil {
			return err
		}
		return fault.Newf(fault.Refused, "有 %d 项两人评判不一致，尚未裁定（%s等），请先在“分歧”中裁定。", n, open[0].Object.Name+"“"+open[0].Indicator.Name+"”")
	}
	running, err := s.running(ctx, tx, r.ID)
	if err != nil {
		return err
	}
	r.LeftOut = nil
	for _, o := range running {
		r.LeftOut = append(r.LeftOut, o.Name)
	}
	if len(running) > 0 && !leaveOut {
		return fault.Newf(fault.Refused, "%s正在检查中。请等检查完成后再冻结，或选择“未完成的检查不计入”。", listed(r.LeftOut)).On("leave_out", "正在检查：请等待，或选择不计入")
	}
	return nil
}

// listed names the first few of a list.
func listed(names []string) string {
	if len(names) > 5 {
		return fmt.Sprintf("%s等 %d 个网站", strings.Join(names[:5], "、"), len(names))
	}
	return strings.Join(names, "、")
}

// scores are what assessment says of everything in the area at the check point,
// by kind and id.
func (s *Service) scores(ctx context.Context, r Round) (map[string]assessment.Score, calendar.Date, error) {
	p, err := assessment.ParsePeriod(r.Period)
	if err != nil {
		return nil, calendar.Date{}, err
	}
	on := p.Last()
	if today := calendar.DateOf(s.DB.Now()); on.After(today) {
		on = today
	}
	out := map[string]assessment.Score{}
	area, err := s.Org.Area(ctx, s.DB, r.Area)
	if err != nil {
		return nil, on, err
	}
	scope := authz.Area("appraisal.scores", area.Path)
	// Judged by the round's pack, whatever is in force today.
	pack, err := r.Pack()
	if err != nil {
		return nil, on, err
	}
	f := assessment.ScoreFilter{Trial: &pack}
	if r.Kind == Offices {
		offices, err := s.Assessment.ScoreOffices(ctx, s.DB, scope, p, f)
		for _, x := range offices {
			out["office "+x.ID] = x
		}
		return out, on, err
	}
	sites, err := s.Assessment.Scores(ctx, s.DB, scope, p, f)
	if err != nil {
		return nil, on, err
	}
	for _, x := range sites {
		out["site "+x.ID] = x
	}
	accounts, err := s.Assessment.ScoreAccounts(ctx, s.DB, scope, p, f)
	for _, x := range accounts {
		out["account "+x.ID] = x
	}
	return out, on, err
}

type frozenRows struct{ results, standing [][]any }

// frozenRows are the rows to be kept, and their hashes.
func (s *Service) frozenRows(ctx context.Context, tx *db.Tx, r Round, pack packs.Pack, scores map[string]assessment.Score, on calendar.Date) (rows frozenRows, hashes []sealed, err error) {
	objects, err := db.All(ctx, tx, scanObject, objectSelect+` WHERE o.round_id = $1 AND o.removed_at IS NULL ORDER BY o.id`, r.ID)
	if err != nil {
		return rows, nil, err
	}
	sheets, err := s.sheets(ctx, tx, r.ID, "")
	if err != nil {
		return rows, nil, err
	}
	ruled, err := s.rulings(ctx, tx, r.ID, "")
	if err != nil {
		return rows, nil, err
	}
	marks := map[string][]Mark{} // by object and indicator
	for _, h := range sheets {
		for indicator, m := range h.Marks {
			k := h.Object + " " + indicator
			marks[k] = append(marks[k], m)
		}
	}
	for _, g := range ruled {
		k := g.Object + " " + g.Indicator
		marks[k] = append(marks[k], g.Mark)
	}
	for _, o := range objects {
		sc, ran := scores[o.Kind+" "+o.Of]
		f := factsOf(pack, o, sc, ran, on, marks)
		facts, err := encode(f)
		if err != nil {
			return rows, nil, err
		}
		res := Evaluate(pack, r.Adopted(), f, nil)
		result, err := encode(res)
		if err != nil {
			return rows, nil, err
		}
		sha := digest(facts, result)
		rows.results = append(rows.results, []any{o.ID, r.ID, facts, result, sha})
		rows.standing = append(rows.standing, []any{o.ID, string(res.Verdict), res.Scored, int64(res.Points)})
		hashes = append(hashes, sealed{o.Kind, o.Of, sha})
	}
	return rows, hashes, nil
}

// factsOf puts together what speaks to an object.
func factsOf(pack packs.Pack, o Object, sc assessment.Score, scored bool, on calendar.Date, marks map[string][]Mark) Facts {
	f := Facts{Class: o.Class, Looked: scored && sc.Verdict != assessment.Untested,
		Object: Snapshot{Kind: o.Kind, ID: o.Of, Name: o.Name, Host: o.Host, Unit: o.Unit, UnitName: o.UnitNow, AreaCode: o.AreaCode, On: on, Ended: !scored}}
	lines := map[string]assessment.Line{}
	if scored {
		f.Class, f.NoServices = sc.Class, sc.Exempt != nil
		f.Object.Name, f.Object.Unit, f.Object.UnitName = sc.Name, sc.Unit, sc.UnitName
		if o.Kind == "site" {
			f.Object.Host = registry.ShownHost(sc.Host)
		}
		for _, l := range sc.Lines {
			lines[l.ID] = l
		}
	}
	for _, list := range [][]packs.Indicator{pack.Indicators, pack.Special} {
		for _, i := range list {
			if !i.Applies(f.Class) {
				continue
			}
			x := Seen{Indicator: i.ID, Marks: marks[o.ID+" "+i.ID]}
			slices.SortFunc(x.Marks, func(a, b Mark) int { return cmp.Compare(seat(a.Seat), seat(b.Seat)) })
			if len(x.Marks) > 0 && slices.ContainsFunc(x.Marks, func(m Mark) bool { return m.Outcome != packs.Untested }) {
				f.Looked = true
			}
			if o.Kind == "office" && i.Auto == packs.Manual {
				// No record of the house tells it: the marks alone do.
				if len(x.Marks) == 0 {
					x.Note = "没有人评判这一项"
				}
			} else if l, ok := lines[i.ID]; ok {
				x.Note = l.Note
				for _, seen := range l.Seen {
					x.Observations = append(x.Observations, kept(seen))
				}
				for _, a := range l.Findings {
					if a.ID != "" {
						x.Findings = append(x.Findings, string(a.ID))
					}
				}
			}
			f.Lines = append(f.Lines, x)
		}
	}
	return f
}

func seat(s string) int { return slices.Index([]string{"first", "second", "head"}, s) }

// storedRow is a frozen row as it lies in the database, with the standing beside it.
type storedRow struct {
	object                Object
	facts, result, sha256 string
}

func stored(ctx context.Context, q db.Querier, round string) ([]storedRow, error) {
	return db.All(ctx, q, func(x db.Scanner) (storedRow, error) {
		var f storedRow
		o := &f.object
		err := x.Scan(&o.ID, &o.Kind, &o.Of, &o.Name, &o.Standing.Verdict, &o.Standing.Scored, &o.Standing.Points, &f.facts, &f.result, &f.sha256)
		return f, err
	}, `SELECT o.id, o.kind, o.object_id, o.name, o.verdict, o.scored, o.points, x.facts, x.result, x.sha256 FROM appraisal_result x JOIN appraisal_object o ON o.id = x.object_id WHERE x.round_id = $1 ORDER BY o.id`, round)
}

// Damage is one row that no longer says what was frozen or decided.
type Damage struct {
	Object Object // empty: the round itself
	Says   string
}

// Rescored is what working a round out anew came to.
type Rescored struct {
	Rows   int
	SHA256 string // of the rows as they lay then
	Damage []Damage
	// Found is how much was damaged, At and By when and for whom it was looked: of
	// an act.
	Found int
	At    time.Time
	By    string
}

// Rescore works every result out anew from what is stored and compares: the
// result of each row with its facts, each row with its hash, all rows with the
// hash in the round and in the trail, and what stands with the decisions that
// moved it. A figure somebody edited by hand is named.
func (s *Service) Rescore(ctx context.Context, scope authz.Scope, id string) (Rescored, error) {
	r, err := s.round(ctx, s.DB, scope, id)
	if err != nil {
		return Rescored{}, err
	}
	return s.rescore(ctx, s.DB, r)
}

func (s *Service) rescore(ctx context.Context, q db.Querier, r Round) (Rescored, error) {
	if !r.Frozen() {
		return Rescored{}, fault.New(fault.Conflict, "这一轮还没有冻结，没有可以重算的结果。")
	}
	pack, err := r.Pack()
	if err != nil {
		return Rescored{}, err
	}
	rows, err := stored(ctx, q, r.ID)
	if err != nil {
		return Rescored{}, err
	}
	corrections, err := s.standingCorrections(ctx, q, r.ID)
	if err != nil {
		return Rescored{}, err
	}
	out := Rescored{Rows: len(rows)}
	var hashes []sealed
	for _, x := range rows {
		damage := func(says string) { out.Damage = append(out.Damage, Damage{x.object, says}) }
		var f Facts
		if err := json.Unmarshal([]byte(x.facts), &f); err != nil {
			damage("所依据的事实无法读取，已被改动")
			continue
		}
		plain := Evaluate(pack, r.Adopted(), f, nil)
		again, err := encode(plain)
		if err != nil {
			return out, err
		}
		sha := digest(x.facts, x.result)
		switch {
		case sha != x.sha256 && again != x.result:
			damage("结果与所依据的事实不符，重算得“" + plain.Standing().Says() + "”")
		case sha != x.sha256:
			damage("所依据的事实在冻结后被改动")
		case again != x.result:
			damage("结果与所依据的事实不符，且摘要也被改动")
		}
		hashes = append(hashes, sealed{x.object.Kind, x.object.Of, sha})
		want := plain.Standing()
		if c := corrections[x.object.ID]; len(c) > 0 {
			want = Evaluate(pack, r.Adopted(), f, c).Standing()
		}
		if want != x.object.Standing {
			damage("现行结果“" + x.object.Standing.Says() + "”没有依据：按冻结的事实和更正记录应为“" + want.Says() + "”")
		}
	}
	out.SHA256 = roundDigest(r, hashes)
	if out.SHA256 != r.SHA256 {
		out.Damage = append(out.Damage, Damage{Says: "全部结果的摘要与冻结时不同，有记录被改动、增加或删除"})
	}
	trail, err := audit.Entries(ctx, q, audit.Filter{TargetKind: "appraisal_round", TargetID: r.ID, Act: "appraisal.round.freeze", Limit: 1})
	if err != nil {
		return out, err
	}
	if len(trail) == 0 || !strings.Contains(trail[0].After, r.SHA256) {
		out.Damage = append(out.Damage, Damage{Says: "轮次的摘要与审计记录中冻结时的摘要不同"})
	}
	return out, nil
}

// OpenAppeals sends the results to the units and begins the window.
func (s *Service) OpenAppeals(ctx context.Context, scope authz.Scope, id string) (Round, error) {
	return s.move(ctx, scope, id, "appeal", "", func(tx *db.Tx, r *Round) (any, error) {
		r.AppealOn, r.AppealDays = calendar.DateOf(tx.Now()), s.Settings().AppealWorkdays
		due := s.AppealUntil(*r)
		if _, err := tx.Exec(ctx, `UPDATE appraisal_round SET appeal_on = $2, appeal_days = $3 WHERE id = $1`, id, r.AppealOn, r.AppealDays); err != nil {
			return nil, err
		}
		type told struct {
			unit string
			n    int
		}
		units, err := db.All(ctx, tx, func(x db.Scanner) (told, error) {
			var t told
			return t, x.Scan(&t.unit, &t.n)
		}, `SELECT unit_id, count(*) FROM appraisal_object WHERE round_id = $1 AND removed_at IS NULL GROUP BY unit_id ORDER BY unit_id`, id)
		if err != nil {
			return nil, err
		}
		var list []notify.Message
		for _, u := range units {
			list = append(list, notify.Message{Key: "appraisal:" + id + ":told:" + u.unit, Unit: u.unit, Title: r.Name + "的结果已送达", Link: "/console/results",
				Body: fmt.Sprintf("%s。有异议的请在%s前逐项申诉；没有异议的请确认。", r.about(u.n), due.On.Chinese())})
		}
		if err := notify.SendAll(ctx, tx, list); err != nil {
			return nil, err
		}
		return map[string]any{"until": due.On, "provisional": due.Provisional, "units": len(units)}, nil
	})
}

// about says what a unit's n results are about.
func (r Round) about(n int) string {
	if r.Kind == Offices {
		return "涉及本单位的监管工作"
	}
	return fmt.Sprintf("涉及本单位 %d 个网站和账号", n)
}

// AppealUntil is the last day for an appeal, counted with the holidays known
// today: provisional while the year has no notice.
func (s *Service) AppealUntil(r Round) calendar.Due {
	if r.AppealOn.IsZero() {
		return calendar.Due{}
	}
	return s.Days.Add(r.AppealOn, r.AppealDays)
}

// Decide ends the appeals: all answered, and the window over or every unit
// content.
func (s *Service) Decide(ctx context.Context, scope authz.Scope, id string) (Round, error) {
	return s.move(ctx, scope, id, "decide", "", func(tx *db.Tx, r *Round) (any, error) {
		waiting, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM appraisal_appeal WHERE round_id = $1 AND state = 'raised'`, id)
		if err != nil {
			return nil, err
		}
		if waiting > 0 {
			return nil, fault.Newf(fault.Refused, "还有 %d 件申诉没有答复，请先逐件答复。", waiting)
		}
		silent, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM appraisal_object o WHERE o.round_id = $1 AND o.removed_at IS NULL AND o.accepted_at IS NULL
			AND NOT EXISTS (SELECT 1 FROM appraisal_appeal p WHERE p.object_id = o.id AND p.state <> 'withdrawn')`, id)
		if err != nil {
			return nil, err
		}
		due := s.AppealUntil(*r)
		switch {
		case silent == 0:
		case due.Provisional:
			return nil, fault.Newf(fault.Refused, "申诉期（暂定至%s）跨入的年份还没有节假日安排，期限不能确定。请系统管理员登记该年的节假日安排后再裁定，或待各单位都确认结果（还有 %d 个对象未确认）。", due.On.Chinese(), silent)
		case !due.Missed(calendar.DateOf(tx.Now())):
			return nil, fault.Newf(fault.Refused, "申诉期至%s，还有 %d 个对象的单位没有确认结果，请期满后再裁定。", due.On.Chinese(), silent)
		}
		_, err = tx.Exec(ctx, `UPDATE appraisal_round SET decided_at = $2 WHERE id = $1`, id, tx.Now())
		return map[string]any{"silent": silent}, err
	})
}

// Publish makes the results those of the period. Values nobody has verified
// count only where the pack was adopted before the freeze; a round whose pack
// nobody has adopted is not published.
func (s *Service) Publish(ctx context.Context, scope authz.Scope, id string) (Round, error) {
	return s.move(ctx, scope, id, "publish", "", func(tx *db.Tx, r *Round) (any, error) {
		actor, err := audit.PersonFrom(ctx)
		if err != nil {
			return nil, err
		}
		a, err := s.adoptionFor(ctx, tx, r.PackID, r.PackVersion, r.area, calendar.DateOf(tx.Now()))
		if err != nil {
			return nil, err
		}
		if a.Label == "" && !r.Adopted() {
			return nil, fault.New(fault.Refused, "本轮所用的指标包还没有被省政府办公厅采用，不能公布。请报省政府办公厅在“考核指标”中采用；未核实的分值不计入公布的结果。").
				Because(fault.Reason{ID: "S29.1", Citation: citation29, Says: "省政府办公厅对全省政府网站与政务新媒体建设、运行、监管等工作，每月进行检查，每季度进行通报，每年度进行考核评估"})
		}
		again, err := s.rescore(ctx, tx, *r)
		if err != nil {
			return nil, err
		}
		if len(again.Damage) > 0 {
			d := again.Damage[0]
			return nil, fault.Newf(fault.Refused, "有 %d 处记录与冻结时不符，不能公布：%s%s。请在“重算核对”中查看。", len(again.Damage), d.Object.Name, d.Says)
		}
		r.PublishedAt, r.PublishedBy = tx.Now(), actor.Name
		_, err = tx.Exec(ctx, `UPDATE appraisal_round SET published_at = $2, published_by = $3 WHERE id = $1`, id, r.PublishedAt, r.PublishedBy)
		return map[string]any{"sha256": r.SHA256, "adoption": cmp.Or(r.Adoption.Label, a.Label)}, err
	})
}
