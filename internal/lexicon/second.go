package lexicon

import (
	"context"
	"errors"
	"fmt"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
)

// seconds are the people of a unit who may confirm the pack: not who proposed it.
func (s *Service) seconds(ctx context.Context, q db.Querier, unit org.UnitID, p Pack) (out []org.PersonID, err error) {
	people, err := s.org.PeopleWith(ctx, q, unit, authz.LexiconManage)
	if err != nil {
		return nil, err
	}
	for _, person := range people {
		if string(person) == p.ByID {
			continue
		}
		posts, err := s.org.PostsOf(ctx, q, person)
		if err != nil {
			return nil, err
		}
		// A post that keeps the lists of its own unit only confirms none below.
		if p.In((&authz.Session{PersonID: string(person), Posts: posts}).ScopeFor(authz.LexiconManage)) {
			out = append(out, person)
		}
	}
	return out, nil
}

// whom finds who is asked for a pack where nobody else of its unit may confirm: the
// nearest office above that has somebody, and those people; where no office has, the
// unit itself. It is empty where the unit has its own second person.
func (s *Service) whom(ctx context.Context, q db.Querier, p Pack) (asked org.UnitID, people []org.PersonID, err error) {
	people, err = s.seconds(ctx, q, p.Unit, p)
	if err != nil || len(people) > 0 {
		return "", nil, err
	}
	at, err := s.org.UnitTx(ctx, q, authz.System("lexicon.second"), p.Unit)
	if err != nil {
		return "", nil, err
	}
	for {
		office, ok, err := s.org.Supervising(ctx, q, at)
		if err != nil {
			return "", nil, err
		}
		if !ok {
			return p.Unit, nil, nil
		}
		if people, err = s.seconds(ctx, q, office.ID, p); err != nil || len(people) > 0 {
			return office.ID, people, err
		}
		at = office
	}
}

// ask lets whoever is to confirm the pack know of it when that is not somebody of the
// unit: those find it among their work.
func (s *Service) ask(ctx context.Context, tx *db.Tx, p *Pack) error {
	asked, people, err := s.whom(ctx, tx, *p)
	if err != nil || asked == p.Asked {
		return err
	}
	p.Asked, p.AskedName = asked, ""
	if asked != "" {
		u, err := s.org.UnitTx(ctx, tx, authz.System("lexicon.second"), asked)
		if err != nil {
			return err
		}
		p.AskedName = u.Name
	}
	if _, err := tx.Exec(ctx, `UPDATE lexicon_pack SET asked_unit_id = $2 WHERE id = $1`, p.ID, db.Null(asked)); err != nil {
		return fmt.Errorf("lexicon: ask: %w", err)
	}
	m := notify.Message{Key: "lexicon:" + p.ID + ":asked:" + string(asked), Unit: string(asked), Link: p.Link(), Urgent: true}
	switch asked {
	case "":
	case p.Unit:
		m.Title, m.Body = "没有人可以确认："+p.title(), "除提出人"+p.ByName+"外，本单位和上级单位都没有维护词库的人员。请为另一人设置岗位，由其确认后启用。"
		_, err = notify.Send(ctx, tx, m)
	default:
		m.Title, m.Body = "请确认："+p.UnitName+p.title(), p.UnitName+"除提出人"+p.ByName+"外没有人可以确认严重类词条，请由贵单位确认或退回，并提醒该单位补充人员。"
		err = notify.SendTo(ctx, tx, people, m)
	}
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "lexicon.ask", Basis: basis, Target: p.target(), After: map[string]string{"asked": string(asked)}})
}

// Sweep asks anew where the people changed while a pack waited, and returns for how
// many. It may run at any time.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "lexicon.second")
	waiting, err := db.All(ctx, s.db, scanPack, packSelect+` WHERE p.state = $1 ORDER BY p.at, p.id LIMIT 500`, Proposed)
	if err != nil {
		return 0, err
	}
	n := 0
	var errs []error
	for _, p := range waiting {
		asked, _, err := s.whom(ctx, s.db, p)
		if err != nil || asked == p.Asked {
			errs = append(errs, err)
			continue
		}
		err = s.db.Update(ctx, func(tx *db.Tx) error {
			now, err := s.Pack(ctx, tx, authz.System("lexicon.second"), p.ID)
			if err != nil || now.State != Proposed {
				return err
			}
			return s.ask(ctx, tx, &now)
		})
		if err == nil {
			n++
		}
		errs = append(errs, err)
	}
	return n, errors.Join(errs...)
}
