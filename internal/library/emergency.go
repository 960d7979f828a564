package library

import (
	"context"
	"fmt"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/rules/sx2021"
)

// AfterReview is the clock of what went out by the emergency lane: somebody
// else looks at it afterwards.
var AfterReview = obligation.Kind{
	ID: "item_after_review", Name: "应急发布补审", Clause: "S19.3a", Citation: "陕政公开办〔2021〕18号 第十九条（三）",
	Says: "由作者和放行人以外的审核人员补审", Remind: []int{0}, Escalate: 1, Province: 3, Minutes: 10,
}

// Verdicts of an after-review.
const (
	Uphold = "uphold" // 补审通过
	Object = "object" // 补审不通过
)

// urgent is the route of the emergency lane: one reviewer now, all five gates.
func urgent() []Step {
	return []Step{{No: 1, Stage: string(sx2021.FinalReview), Permit: ByFinal, Needed: 1, Gates: true, Workdays: 1}}
}

// Emergency is one release by the emergency lane (应急通道).
type Emergency struct {
	Item       ItemID
	Title      string
	UnitName   string
	Round      int
	Version    int
	Reason     string
	Author     string
	Releaser   string
	ReleasedAt time.Time
	Due        calendar.Date // of the after-review; zero when none is open
	Verdict    string        // empty: not yet looked at again
	Opinion    string
	Reviewer   string
	ForName    string
	ReviewedAt time.Time
	authorID   string
	releaserID string
}

// Signed is who looked at it again.
func (e Emergency) Signed() string { return signed(e.Reviewer, e.ForName) }

// StateName says whether it was looked at again.
func (e Emergency) StateName() string {
	switch e.Verdict {
	case Uphold:
		return "补审通过"
	case Object:
		return "补审不通过"
	}
	return "待补审"
}

// Link is where it is looked at again.
func (e Emergency) Link() string { return "/console/items/" + string(e.Item) + "/after-review" }

const emergencySelect = `
	SELECT n.item_id, v.title, u.name, n.round, n.version_no, n.emergency, v.author_name, v.author_id, r.reviewer_name, r.reviewer_id, r.at,
	       (SELECT o.due_on FROM obligation o WHERE o.kind = 'item_after_review' AND o.subject_kind = 'item' AND o.subject_id = n.item_id AND o.state = 'open' AND o.period_key = CAST(n.round AS TEXT)),
	       coalesce(a.verdict, ''), coalesce(a.opinion, ''), coalesce(a.reviewer_name, ''), coalesce(a.for_name, ''), a.at
	  FROM item_submission n JOIN item i ON i.id = n.item_id JOIN unit u ON u.id = i.unit_id JOIN item_version v ON v.item_id = n.item_id AND v.no = n.version_no
	  JOIN item_review r ON r.item_id = n.item_id AND r.round = n.round AND r.stage = 'final' AND r.verdict = 'pass'
	  LEFT JOIN item_after_review a ON a.item_id = n.item_id AND a.round = n.round
	 WHERE n.emergency <> '' AND EXISTS (SELECT 1 FROM item_release x WHERE x.review_id = r.id)`

func scanEmergency(r db.Scanner) (Emergency, error) {
	var e Emergency
	return e, r.Scan(&e.Item, &e.Title, &e.UnitName, &e.Round, &e.Version, &e.Reason, &e.Author, &e.authorID, &e.Releaser, &e.releaserID, &e.ReleasedAt, &e.Due, &e.Verdict, &e.Opinion, &e.Reviewer, &e.ForName, &e.ReviewedAt)
}

// Emergencies are the releases by the emergency lane of units in scope, those
// that wait for their after-review first, and how many there are.
func (s *Service) Emergencies(ctx context.Context, scope authz.Scope, waiting bool, limit, offset int) ([]Emergency, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.AndIf(waiting, "a.verdict IS NULL")
	n, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM (`+emergencySelect+` AND `+w.SQL()+`) q`, w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.db, scanEmergency, emergencySelect+` AND `+w.SQL()+` ORDER BY CASE WHEN a.verdict IS NULL THEN 0 ELSE 1 END, r.at DESC, n.item_id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	return list, n, err
}

// EmergencyOf is the newest release of an item in scope by the emergency lane;
// ok is false when there is none.
func (s *Service) EmergencyOf(ctx context.Context, scope authz.Scope, id ItemID) (Emergency, bool, error) {
	if _, err := s.Item(ctx, scope, id); err != nil {
		return Emergency{}, false, err
	}
	return emergencyOf(ctx, s.db, id)
}

func emergencyOf(ctx context.Context, q db.Querier, id ItemID) (Emergency, bool, error) {
	e, err := db.One(ctx, q, scanEmergency, emergencySelect+` AND n.item_id = $1 ORDER BY n.round DESC LIMIT 1`, id)
	if db.None(err) {
		return e, false, nil
	}
	return e, err == nil, err
}

// MayReviewAfter reports whether the signed-in person may look at a release
// again: a reviewer over the item who neither wrote nor released it.
func (s *Service) MayReviewAfter(session *authz.Session, it Item, e Emergency) bool {
	_, ok := acting(session, it, authz.ItemFirstReview, authz.ItemFinalReview)
	return ok && e.Verdict == "" && session.PersonID != e.authorID && session.PersonID != e.releaserID
}

// ReviewAfter records the after-review of a release by the emergency lane. An
// objection withdraws nothing by itself: who may withdraw is told at once.
func (s *Service) ReviewAfter(ctx context.Context, scope authz.Scope, id ItemID, round int, verdict, opinion string) (Item, error) {
	session := authz.SessionFrom(ctx)
	if session == nil {
		return Item{}, fault.New(fault.SignIn, "请先登录。")
	}
	opinion = manyLines(opinion)
	var f fault.Fields
	f.Check(verdict == Uphold || verdict == Object, "verdict", "请选择补审通过或不通过")
	f.Check(verdict != Object || opinion != "", "opinion", "不通过要写明问题和处理意见")
	f.Check(len([]rune(opinion)) <= 2000, "opinion", "请压缩到 2000 字以内")
	if err := f.Err(); err != nil {
		return Item{}, err
	}
	var it Item
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if it, err = s.ItemTx(ctx, tx, scope, id); err != nil {
			return err
		}
		e, ok, err := emergencyOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if !ok || e.Round != round || e.Verdict != "" {
			return fault.New(fault.Conflict, "这次应急发布已经补审，或没有需要补审的内容。请刷新后再看。")
		}
		if session.PersonID == e.authorID || session.PersonID == e.releaserID {
			return fault.New(fault.Refused, "补审要由作者和放行人以外的审核人员办理（第十九条（三））。")
		}
		post, ok := acting(session, it, authz.ItemFirstReview, authz.ItemFinalReview)
		if !ok {
			return fault.Newf(fault.Forbidden, "补审由“%s”的审核人员办理。", it.UnitName)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO item_after_review (item_id, round, version_no, author_id, releaser_id, verdict, opinion, reviewer_id, reviewer_name, for_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			id, round, e.Version, e.authorID, e.releaserID, verdict, opinion, session.PersonID, session.Name, viaOf(post), tx.Now()); err != nil {
			if _, dup := db.UniqueViolation(err); dup {
				return fault.New(fault.Conflict, "这次应急发布刚被别人补审，请刷新后再看。").From(err)
			}
			return fmt.Errorf("library: after-review: %w", err)
		}
		e.Verdict, e.Reviewer, e.ForName = verdict, session.Name, viaOf(post)
		if _, err := s.obligations.DischargePeriod(ctx, tx, AfterReview.ID, it.subject(), fmt.Sprint(round), e.StateName()+"，"+e.Signed()); err != nil {
			return err
		}
		if verdict == Object {
			if _, err := notify.Send(ctx, tx, notify.Message{Key: fmt.Sprintf("item:%s:after:%d", id, round), Unit: string(it.Unit), Urgent: true, Title: "应急发布补审不通过：" + it.Title,
				Body: e.Signed() + "：" + opinion + " 请立即撤稿或更正。", Link: it.Link()}); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "library.item.after_review", Basis: "第十九条（三）", Target: it.Target(), After: map[string]any{"round": round, "verdict": verdict, "opinion": opinion, "for": e.ForName}})
	})
	return it, err
}

// oweAfterReview starts its clock, in the transaction of the release.
func (s *Service) oweAfterReview(ctx context.Context, tx *db.Tx, it Item) error {
	from, length, due, err := s.due(tx, s.settings().AfterReviewWorkdays)
	if err != nil {
		return err
	}
	return s.obligations.Open(ctx, tx, obligation.Debt{Kind: AfterReview.ID, Unit: it.Unit, Subject: it.subject(), Period: fmt.Sprint(it.Round), Link: it.Link() + "/after-review", Due: due, From: from, Length: length})
}
