package library

import (
	"context"
	"fmt"
	"slices"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/obligation"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
)

// release is what lets a version go live: a passed final review or a move-in.
type release struct {
	review    string
	moveIn    string
	published time.Time // first publication elsewhere, of what moves in
}

// PlacementsDue brings the scheduled placements of an item live when their
// time has come.
type PlacementsDue struct {
	Item ItemID `json:"item"`
}

// Kind is the job's name.
func (PlacementsDue) Kind() string { return "library.placements_due" }

// Register lets the workers bring scheduled placements live.
func Register(s *Service, w *jobs.Workers) {
	jobs.Handle(w, s.lookOutside)
	jobs.HandleTx(w, func(ctx context.Context, tx *db.Tx, a PlacementsDue) error {
		ctx = audit.System(ctx, "library.placements_due")
		it, _, err := s.LiveItem(ctx, tx, a.Item)
		if fault.Is(err, fault.NotFound) {
			return nil // withdrawn before its time
		}
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE item_placement SET state = 'live', live_at = $2, shown_at = $2 WHERE item_id = $1 AND state = 'scheduled' AND publish_at <= $2`, a.Item, tx.Now())
		if err != nil || n == 0 {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "library.placement.due", Target: it.Target(), After: map[string]any{"placements": n}}); err != nil {
			return err
		}
		return s.tell(ctx, tx, a.Item, false)
	})
	jobs.HandleTx(w, func(ctx context.Context, tx *db.Tx, a ValidityDue) error {
		return s.validityDue(audit.System(ctx, "library.validity"), tx, a.Item)
	})
}

// release makes the version the public one and its planned placements live.
func (s *Service) release(ctx context.Context, tx *db.Tx, it *Item, v Version, r release) error {
	if _, err := tx.Exec(ctx, `INSERT INTO item_release (item_id, version_no, review_id, move_in_id, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (item_id, version_no) DO NOTHING`,
		it.ID, v.No, db.Null(r.review), db.Null(r.moveIn), tx.Now()); err != nil {
		return fmt.Errorf("library: release: %w", err)
	}
	if v.Openness != "" && v.Openness != Open {
		return s.shelve(ctx, tx, it, v)
	}
	before := it.LiveVersion
	if _, err := tx.Exec(ctx, `INSERT INTO item_live (item_id, version_no) VALUES ($1, $2) ON CONFLICT (item_id) DO UPDATE SET version_no = excluded.version_no`, it.ID, v.No); err != nil {
		return fmt.Errorf("library: make live: %w", err)
	}
	first := r.published
	if first.IsZero() {
		first = tx.Now()
	}
	// 首发时间 is written once: the condition holds it whoever calls.
	if _, err := tx.Exec(ctx, `UPDATE item SET first_published_at = $2, published_at = $2 WHERE id = $1 AND first_published_at IS NULL`, it.ID, first); err != nil {
		return err
	}
	if it.FirstPublishedAt.IsZero() {
		it.FirstPublishedAt, it.PublishedAt = first, first
	}
	it.Stage, it.LiveVersion = "", v.No
	if before == 0 { // public again: how it had ended is past
		if err := undo(ctx, tx, it.ID, "重新公开", EndWithdrawn, EndRedirected); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `UPDATE item SET state = $2, stage = '', withdrawn_at = NULL, withdraw_reason = '', updated_at = $3 WHERE id = $1`, it.ID, it.State, tx.Now()); err != nil {
		return err
	}
	planned, err := db.All(ctx, tx, scanPlacement, placementSelect+` WHERE p.item_id = $1 AND p.state = 'planned'`, it.ID)
	if err != nil {
		return err
	}
	for _, p := range planned {
		if p.PublishAt.After(tx.Now()) {
			if _, err := tx.Exec(ctx, `UPDATE item_placement SET state = 'scheduled' WHERE id = $1`, p.ID); err != nil {
				return err
			}
			if err := jobs.Enqueue(ctx, tx, PlacementsDue{it.ID}, jobs.At(p.PublishAt)); err != nil {
				return err
			}
			continue
		}
		if _, err := tx.Exec(ctx, `UPDATE item_placement SET state = 'live', live_at = $2, shown_at = $3, ended_at = NULL, archived_at = NULL WHERE id = $1`, p.ID, tx.Now(), it.PublishedAt); err != nil {
			return err
		}
	}
	if r.moveIn == "" { // what moves in keeps the numbers it came with, or none
		if err := s.giveIndex(ctx, tx, *it, v); err != nil {
			return err
		}
	}
	if err := s.renewed(ctx, tx, *it, v, before); err != nil {
		return err
	}
	if err := s.settleWaivers(ctx, tx, *it); err != nil {
		return err
	}
	if err := s.offer(ctx, tx, it.ID); err != nil {
		return err
	}
	if before > 0 && before != v.No {
		if err := s.tellAdopters(ctx, tx, *it, fmt.Sprintf("v%d", v.No), "采用的稿件有新版本", fmt.Sprintf("发布了第 %d 版，本单位栏目已同步显示新版本。", v.No), false); err != nil {
			return err
		}
	}
	return s.tell(ctx, tx, it.ID, false)
}

// shelve keeps what passed its final review and is not for the public: it
// stands in the library and on no site.
func (s *Service) shelve(ctx context.Context, tx *db.Tx, it *Item, v Version) error {
	it.Stage = ""
	if _, err := tx.Exec(ctx, `UPDATE item SET state = $2, stage = '', withdrawn_at = NULL, withdraw_reason = '', updated_at = $3 WHERE id = $1`, it.ID, it.State, tx.Now()); err != nil {
		return err
	}
	if err := s.giveIndex(ctx, tx, *it, v); err != nil {
		return err
	}
	return s.settleValidity(ctx, tx, it.ID)
}

// renewed does what the release of a version does to the record of the item
// and to its places: year and validity, and, when its substance changed,
// the displayed time. A change of form moves nothing.
func (s *Service) renewed(ctx context.Context, tx *db.Tx, it Item, v Version, before int) error {
	if _, err := tx.Exec(ctx, `UPDATE item SET year = $2 WHERE id = $1`, it.ID, yearOf(it.Meta, it.FirstPublishedAt, it.CreatedAt)); err != nil {
		return err
	}
	if err := s.settleValidity(ctx, tx, it.ID); err != nil {
		return err
	}
	if err := s.settleTargets(ctx, tx, it.ID); err != nil {
		return err
	}
	change, err := changeSince(ctx, tx, it.ID, before, v.No)
	if err != nil || change != Substance {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE item_placement SET shown_at = $2 WHERE item_id = $1 AND state = 'live'`, it.ID, tx.Now())
	return err
}

// changeSince is what was said of the versions after the public one up to the
// one to be released: of substance when one of them is.
func changeSince(ctx context.Context, q db.Querier, id ItemID, live, no int) (ChangeKind, error) {
	if live == 0 {
		return "", nil
	}
	kinds, err := db.All(ctx, q, db.Value[ChangeKind], `SELECT DISTINCT change_kind FROM item_version WHERE item_id = $1 AND no > $2 AND no <= $3`, id, live, no)
	if err != nil || len(kinds) == 0 {
		return "", err
	}
	if slices.Contains(kinds, Substance) {
		return Substance, nil
	}
	if slices.Contains(kinds, Form) {
		return Form, nil
	}
	return "", nil
}

// ChangeSince is what the authors said of everything that would become public
// with the newest version of an item in scope; empty while nothing of it is.
func (s *Service) ChangeSince(ctx context.Context, scope authz.Scope, id ItemID) (ChangeKind, error) {
	it, err := s.Item(ctx, scope, id)
	if err != nil {
		return "", err
	}
	return changeSince(ctx, s.db, id, it.LiveVersion, it.Version)
}

// tell hands the change with every placement that readers see or saw.
func (s *Service) tell(ctx context.Context, tx *db.Tx, id ItemID, withdrawn bool) error {
	touched, err := db.All(ctx, tx, scanPlacement, placementSelect+` WHERE p.item_id = $1 AND p.live_at IS NOT NULL ORDER BY p.id`, id)
	if err != nil {
		return err
	}
	return s.tellOf(ctx, tx, id, touched, withdrawn)
}

// tellOf is tell of these placements alone, for what happens at one place: an
// item shown by hundreds of sites is not drawn anew everywhere when one more
// adopts it.
func (s *Service) tellOf(ctx context.Context, tx *db.Tx, id ItemID, touched []Placement, withdrawn bool) error {
	for _, p := range touched {
		ended := p.State == Ended && p.EndedAt.Equal(tx.Now())
		if p.State != Shown && !ended {
			continue
		}
		if err := s.renewCycle(ctx, tx, p.Column, ended); err != nil {
			return err
		}
	}
	return s.changed(ctx, tx, Change{Item: id, Placements: touched, Withdrawn: withdrawn})
}

// Withdraw takes an item from every place in one transaction (一处撤稿、处处
// 撤稿). Its versions and record stay.
func (s *Service) Withdraw(ctx context.Context, scope authz.Scope, id ItemID, reason string) (Item, error) {
	reason = manyLines(reason)
	if reason == "" || len([]rune(reason)) > 500 {
		return Item{}, fault.New(fault.Invalid, "撤稿要写明理由。").On("reason", "请写明撤稿理由，500 字以内")
	}
	var it Item
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		it, err = s.WithdrawTx(ctx, tx, scope, id, reason)
		return err
	})
	return it, err
}

// WithdrawTx is Withdraw in the transaction of another act: an emergency
// takedown by two persons.
func (s *Service) WithdrawTx(ctx context.Context, tx *db.Tx, scope authz.Scope, id ItemID, reason string) (Item, error) {
	it, err := s.ItemTx(ctx, tx, scope, id)
	if err != nil {
		return it, err
	}
	err = s.withdraw(ctx, tx, &it, reason)
	return it, err
}

// withdraw is Withdraw within a transaction.
func (s *Service) withdraw(ctx context.Context, tx *db.Tx, it *Item, reason string) error {
	if !it.Live() {
		return fault.New(fault.Conflict, "这篇稿件没有公开，不需要撤稿。请刷新后再看。")
	}
	before := it.State
	var err error
	if _, it.State, err = Machine.Take(ctx, tx, string(it.ID), "withdraw", passage.Note{Says: reason}); err != nil {
		return err
	}
	if err := s.tellAdopters(ctx, tx, *it, fmt.Sprintf("v%d:withdrawn", it.LiveVersion), "采用的稿件已撤稿", "已撤稿，各栏目同时撤下。理由："+reason+"。", true); err != nil {
		return err
	}
	if err := s.withdrawOffer(ctx, tx, it.ID, reason); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM item_live WHERE item_id = $1`, it.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM item_placement WHERE item_id = $1 AND state = 'planned' AND live_at IS NULL`, it.ID); err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE item_placement SET state = 'withdrawn', ended_at = $2, archived_at = NULL WHERE item_id = $1 AND (state <> 'withdrawn' OR archived_at IS NOT NULL)`, it.ID, tx.Now())
	if err != nil {
		return err
	}
	if err := s.settleTargets(ctx, tx, it.ID); err != nil {
		return err
	}
	it.Stage, it.LiveVersion, it.WithdrawnAt, it.WithdrawReason = "", 0, tx.Now(), reason
	if _, err := tx.Exec(ctx, `UPDATE item SET state = $2, stage = '', withdrawn_at = $3, withdraw_reason = $4, updated_at = $3 WHERE id = $1`, it.ID, it.State, tx.Now(), reason); err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Entry{Act: "library.item.withdraw", Basis: "第十九条（三）", Target: it.Target(), Before: before, After: map[string]any{"reason": reason, "placements": n}}); err != nil {
		return err
	}
	return s.tell(ctx, tx, it.ID, true)
}

// TakeDown ends one live placement on a site in scope; the item stays public
// elsewhere.
func (s *Service) TakeDown(ctx context.Context, scope authz.Scope, id PlacementID, reason string) error {
	if reason = oneLine(reason); reason == "" {
		return fault.New(fault.Invalid, "撤下要写明理由。").On("reason", "请写明撤下理由")
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		p, err := db.One(ctx, tx, scanPlacement, placementSelect+` WHERE p.id = $1`, id)
		if db.None(err) {
			return fault.Missing("位置")
		}
		if err != nil {
			return err
		}
		if _, err := s.registry.Column(ctx, tx, scope, p.Column); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `UPDATE item_placement SET state = 'withdrawn', ended_at = $2 WHERE id = $1 AND state IN ('live', 'scheduled')`, id, tx.Now())
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "这里已经撤下，请刷新后再看。")
		}
		target, err := placedTarget(ctx, tx, p.Item)
		if err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "library.placement.take_down", Target: target, After: map[string]any{"site": p.SiteName, "column": p.ColumnName, "reason": reason}}); err != nil {
			return err
		}
		if p.LiveAt.IsZero() {
			return nil // nobody saw it here
		}
		p.State, p.EndedAt = Ended, tx.Now()
		return s.tellOf(ctx, tx, p.Item, []Placement{p}, false)
	})
}

// SitesWith are the sites in scope where an item, of whatever unit, has a page
// or a time to come.
func (s *Service) SitesWith(ctx context.Context, q db.Querier, scope authz.Scope, id ItemID) ([]registry.Site, error) {
	var w db.Where
	scope.Where(&w, "su")
	w.And("p.item_id = ?", id)
	ids, err := db.All(ctx, q, db.Value[registry.SiteID], `SELECT DISTINCT p.site_id FROM item_placement p JOIN site st ON st.id = p.site_id JOIN unit su ON su.id = st.unit_id WHERE `+w.SQL()+` AND `+standsThere+` ORDER BY p.site_id`, w.Args()...)
	if err != nil {
		return nil, err
	}
	var out []registry.Site
	for _, site := range ids {
		st, err := s.registry.SiteTx(ctx, q, scope, site)
		if err != nil {
			return nil, err
		}
		out = append(out, st)
	}
	return out, nil
}

// placedTarget names the item of a place in the trail: a place has a title of its
// own only where one was given.
func placedTarget(ctx context.Context, q db.Querier, id ItemID) (audit.Target, error) {
	return db.One(ctx, q, func(r db.Scanner) (audit.Target, error) {
		t := audit.Target{Kind: "item", ID: string(id)}
		err := r.Scan(&t.Name, &t.Unit)
		return t, err
	}, `SELECT v.title, i.unit_id FROM item i JOIN item_version v ON v.item_id = i.id AND v.no = i.version WHERE i.id = $1`, id)
}

// standsThere is of a placement that has a page or will have one.
const standsThere = `(p.state IN ('live', 'scheduled') OR p.archived_at IS NOT NULL)`

// LeaveSiteTx ends every place of an item, of whatever unit, on a site in scope,
// archived pages too, in the transaction of another act: an emergency takedown
// by who adopted it. The item stays public elsewhere. It says how many ended.
func (s *Service) LeaveSiteTx(ctx context.Context, tx *db.Tx, scope authz.Scope, id ItemID, site registry.SiteID, reason string) (int, error) {
	st, err := s.registry.SiteTx(ctx, tx, scope, site)
	if err != nil {
		return 0, err
	}
	list, err := db.All(ctx, tx, scanPlacement, placementSelect+` WHERE p.item_id = $1 AND p.site_id = $2 AND `+standsThere+` ORDER BY p.id`, id, st.ID)
	if err != nil {
		return 0, err
	}
	target, err := placedTarget(ctx, tx, id)
	if err != nil {
		return 0, err
	}
	var seen []Placement
	for _, p := range list {
		if _, err := tx.Exec(ctx, `UPDATE item_placement SET state = 'withdrawn', ended_at = $2, archived_at = NULL WHERE id = $1`, p.ID, tx.Now()); err != nil {
			return 0, err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "library.placement.take_down", Target: target, After: map[string]any{"site": p.SiteName, "column": p.ColumnName, "reason": reason}}); err != nil {
			return 0, err
		}
		if !p.LiveAt.IsZero() {
			p.State, p.EndedAt, p.ArchivedAt = Ended, tx.Now(), time.Time{}
			seen = append(seen, p)
		}
	}
	if len(seen) > 0 {
		err = s.tellOf(ctx, tx, id, seen, false)
	}
	return len(list), err
}

// LinkInterpretation ties a policy file and one of its interpretations, both in
// scope, so that each page leads to the other. form is 文字, 图解, 视频 ….
func (s *Service) LinkInterpretation(ctx context.Context, scope authz.Scope, policy, interpretation ItemID, form string) error {
	return s.link(ctx, scope, policy, interpretation, form, Clause{})
}

func (s *Service) link(ctx context.Context, scope authz.Scope, policy, interpretation ItemID, form string, clause Clause) error {
	form = oneLine(form)
	return s.db.Update(ctx, func(tx *db.Tx) error {
		a, err := s.ItemTx(ctx, tx, scope, policy)
		if err != nil {
			return err
		}
		b, err := s.ItemTx(ctx, tx, scope, interpretation)
		if err != nil {
			return err
		}
		var f fault.Fields
		f.Check(a.Type == Policy, "policy", "请选择一份政策文件")
		f.Check(b.Type == Interpretation, "interpretation", "请选择一篇政策解读")
		f.Check(form != "" && len([]rune(form)) <= 20, "form", "请选择解读形式，例如文字、图解、视频")
		if err := f.Err(); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO item_link (policy_id, interpretation_id, form, created_at, clause, clause_name) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (policy_id, interpretation_id) DO UPDATE SET form = excluded.form, clause = excluded.clause, clause_name = excluded.clause_name`, policy, interpretation, form, tx.Now(), clause.Anchor, clause.Label); err != nil {
			return fmt.Errorf("library: link: %w", err)
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "library.item.link", Basis: "第十四条（三）", Target: a.Target(), After: map[string]any{"interpretation": b.ID, "title": b.Title, "form": form}}); err != nil {
			return err
		}
		if b.Live() {
			if err := s.settle(ctx, tx, policy, b); err != nil {
				return err
			}
		}
		for _, it := range []Item{a, b} {
			if it.Live() {
				if err := s.tell(ctx, tx, it.ID, false); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// readyForms are the forms of the interpretations that are public or wait for
// nothing but their own final review: they can go out in the same moment.
func readyForms(ctx context.Context, q db.Querier, policy ItemID) ([]string, error) {
	return db.All(ctx, q, db.Value[string], `
		SELECT k.form FROM item_link k JOIN item i ON i.id = k.interpretation_id LEFT JOIN item_live l ON l.item_id = i.id
		 WHERE k.policy_id = $1 AND (l.item_id IS NOT NULL OR (i.state = 'in_review' AND i.stage = 'final')) ORDER BY k.form`, policy)
}

// settleWaivers discharges what was waived once the interpretation is public.
func (s *Service) settleWaivers(ctx context.Context, tx *db.Tx, it Item) error {
	if it.Type != Interpretation {
		return nil
	}
	policies, err := db.All(ctx, tx, db.Value[ItemID], `SELECT policy_id FROM item_link WHERE interpretation_id = $1`, it.ID)
	if err != nil {
		return err
	}
	for _, id := range policies {
		if err := s.settle(ctx, tx, id, it); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) settle(ctx context.Context, tx *db.Tx, policy ItemID, by Item) error {
	if s.obligations == nil {
		return nil
	}
	if _, err := tx.Exec(ctx, `UPDATE interpretation_waiver SET settled_at = $2, settled_by = $3 WHERE item_id = $1 AND settled_at IS NULL`, policy, tx.Now(), by.Title); err != nil {
		return err
	}
	_, err := s.obligations.Discharge(ctx, tx, WaivedInterpretation.ID, obligation.Subject{Kind: "item", ID: string(policy)}, "已发布解读："+by.Title)
	return err
}

// Linked are the live items linked with an item, for both pages of Article
// 14(3): interpretations of a policy file, policy files of an interpretation.
// Public: what is live is public.
func (s *Service) Linked(ctx context.Context, q db.Querier, id ItemID) ([]Item, error) {
	return db.All(ctx, q, scanItem, `SELECT `+itemFields+`
		  FROM item i JOIN item_live l ON l.item_id = i.id JOIN item_version v ON v.item_id = i.id AND v.no = l.version_no JOIN unit u ON u.id = i.unit_id
		 WHERE i.id IN (SELECT interpretation_id FROM item_link WHERE policy_id = $1 UNION SELECT policy_id FROM item_link WHERE interpretation_id = $1)
		 ORDER BY i.published_at DESC, i.id`, id)
}
