package reporting

import (
	"context"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/rules/sx2021"
)

// countLate lists what the province consented to and was not launched within a
// year, as Article 7(4) wants it told: all that was past its year at the check
// point and not launched before the quarter began, with the state of the
// supervisor's written statement. What was given up is not late any more.
func (s *Service) countLate(ctx context.Context, scope authz.Scope, b Bulletin, c *Content) error {
	var w db.Where
	scope.Where(&w, "u")
	w.And("o.kind = 'launch'").And("o.due_on < ?", c.CheckPoint).And("o.state <> 'void'").And("(o.state = 'open' OR o.ended_at >= ?)", b.Period.Start())
	type late struct {
		Row
		stated bool
		after  bool
	}
	list, err := db.All(ctx, s.db, func(r db.Scanner) (late, error) {
		var l late
		var unit string
		var due calendar.Date
		var ended, done time.Time
		var st sx2021.WrittenReport
		err := r.Scan(&l.Kind, &l.ID, &l.Text, &l.Link, &unit, &due, &ended, &st.Number, &st.On, &st.Sealed, &st.Scan, &done)
		st.BySupervisor = !done.IsZero()
		l.Note = unit + "　应于" + due.Chinese() + "前上线"
		if at := calendar.DateOf(ended); !ended.IsZero() && !at.After(c.CheckPoint) {
			l.after, l.Note = true, l.Note+"，已于"+at.Chinese()+"上线"
		}
		switch missing := st.Missing(); {
		case done.IsZero():
			l.Note += "　没有书面声明"
		case missing != "":
			l.Note += "　书面声明不完整（" + missing + "）"
		default:
			l.stated, l.Note = true, l.Note+"　书面声明"+st.Number
		}
		return l, err
	}, `SELECT o.subject_kind, o.subject_id, o.subject_name, o.link, u.name, o.due_on, o.ended_at,
	       COALESCE(i.value, ''), i.on_date, COALESCE(i.passed, FALSE), i.attachment_id IS NOT NULL, i.done_at
	      FROM obligation o JOIN unit u ON u.id = o.unit_id LEFT JOIN opening_item i ON i.object_kind IN ('site', 'account', 'app') AND i.object_id = o.subject_id AND i.kind = 'late_statement'
	     WHERE `+w.SQL()+` ORDER BY o.due_on, o.id`, w.Args()...)
	if err != nil {
		return err
	}
	var all, stated, silent, after []Row
	for _, l := range list {
		all = append(all, l.Row)
		if l.after {
			after = append(after, l.Row)
		}
		if l.stated {
			stated = append(stated, l.Row)
		} else {
			silent = append(silent, l.Row)
		}
	}
	c.add("launch.late", SectionLaunch, "满1年未上线", "个", all)
	c.add("launch.after", SectionLaunch, "其中本季度已上线", "个", after)
	c.add("launch.stated", SectionLaunch, "主管单位已作出书面声明", "个", stated)
	c.add("launch.silent", SectionLaunch, "没有完整书面声明", "个", silent)
	return nil
}
