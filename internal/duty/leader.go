package duty

import (
	"context"
	"fmt"
	"slices"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
)

// Leaders are who may lead a turn of the unit's duty as 带班领导: everybody who
// works there, since leading takes no act on the platform. Article 19(4) names
// persons on duty and no leader, and readings 21 doubles the roster only: a turn
// without one is lawful.
func (s *Service) Leaders(ctx context.Context, q db.Querier, scope authz.Scope, unit org.UnitID) ([]org.Person, error) {
	return s.Org.People(ctx, q, scope, unit)
}

// leader is the person chosen; none for an empty id.
func (s *Service) leader(ctx context.Context, q db.Querier, unit org.UnitID, id org.PersonID) (org.Person, error) {
	if id == "" {
		return org.Person{}, nil
	}
	people, err := s.Leaders(ctx, q, authz.System("duty.leader"), unit)
	if err != nil {
		return org.Person{}, err
	}
	i := slices.IndexFunc(people, func(p org.Person) bool { return p.ID == id })
	if i < 0 {
		return org.Person{}, fault.New(fault.Invalid, "所选带班领导不是本单位人员。").On("leader", "请从列表中选择")
	}
	return people[i], nil
}

// Leading gives the turns that begin on some days to a leader, or to none.
type Leading struct {
	Leader      org.PersonID // empty: nobody leads
	From, Until calendar.Date
}

// SetLeader names the 带班领导 of the turns of a roster in draft that begin on the
// days and have not ended.
func (s *Service) SetLeader(ctx context.Context, scope authz.Scope, unit org.UnitID, month string, n Leading) (Roster, error) {
	return s.change(ctx, scope, unit, month, "leader", n, func(tx *db.Tx, r *Roster) error {
		first, _ := monthFirst(month)
		var f fault.Fields
		f.Check(!n.From.IsZero() && MonthOf(n.From) == month, "leads_from", "请填写"+MonthName(month)+"内的日期")
		f.Check(!n.Until.IsZero() && !n.Until.Before(n.From) && n.Until.Before(first.AddMonths(1)), "leads_until", "请填写"+MonthName(month)+"内、不早于开始的日期")
		if err := f.Err(); err != nil {
			return err
		}
		p, err := s.leader(ctx, tx, unit, n.Leader)
		if err != nil {
			return err
		}
		from, until := n.From.Start(), n.Until.AddDays(1).Start()
		own := 0
		for _, x := range r.Shifts {
			if !x.From.Before(from) && x.From.Before(until) && x.Until.After(tx.Now()) && x.Has(string(p.ID)) {
				own++
			}
		}
		if own > 0 {
			return fault.New(fault.Invalid, fmt.Sprintf("%s是其中 %d 个班次的值班人员，不能同时带班。", p.Name, own)).On("leader", "请另选一人，或改动这些班次")
		}
		k, err := tx.Exec(ctx, `UPDATE duty_shift SET leader_id = $2, leader_name = $3 WHERE roster_id = $1 AND from_at >= $4 AND from_at < $5 AND until_at > $6`, r.ID, p.ID, p.Name, from, until, tx.Now())
		if err == nil && k == 0 {
			return fault.New(fault.Invalid, "这些天没有尚未结束的班次，请先排班。").On("leads_from", "请填写已排班的日期")
		}
		return err
	})
}
