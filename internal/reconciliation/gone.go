package reconciliation

import (
	"context"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/obligation"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// Reused is what the last holder owes when a name it gave up answers again. The
// days are the house's own, no article gives them.
var Reused = obligation.Kind{ID: "domain_reused", Name: "注销域名被重新使用的核实处置", Clause: "S10.1", Citation: sx2021.Instrument + " 第十条",
	Says: "核实已注销的域名被谁使用，按需要提醒公众并清理指向它的链接", Remind: []int{1, 0}, Escalate: 3}

// reusedWorkdays is how many working days the last holder has.
const reusedWorkdays = 5

// LookGone is the daily job over the names that were given up.
type LookGone struct{}

// Kind names the job.
func (LookGone) Kind() string { return "reconciliation.gone" }

const (
	// gonePause keeps the job from asking twice on one day.
	gonePause = 20 * time.Hour
	// goneMost bounds one round; the next takes the rest.
	goneMost = 2000
	// goneKept is how long an answer that did not change is not written again.
	goneKept = 7 * 24 * time.Hour
)

// gone is a given-up name with what was said of it last.
type gone struct {
	id    registry.DomainID
	host  string
	says  string
	at    time.Time
	alarm bool
}

const goneSelect = `SELECT d.id, d.host, d.last_seen, d.last_seen_at, d.last_seen_alarm FROM domain d LEFT JOIN reconciliation_gone g ON g.domain_id = d.id
	 WHERE d.state = 'cancelled' AND d.host <> '' AND d.watch_until >= $1`

func scanGone(r db.Scanner) (gone, error) {
	var g gone
	err := r.Scan(&g.id, &g.host, &g.says, &g.at, &g.alarm)
	return g, err
}

// LookGone asks the DNS for every given-up name under watch and keeps what it
// said. Only the DNS is asked: whoever holds the name now is never contacted. A
// name that answers again is told to who held it last, as an obligation. It
// returns how many were looked at.
func (s *Service) LookGone(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "reconciliation.gone")
	now := s.DB.Now()
	list, err := db.All(ctx, s.DB, scanGone, goneSelect+` AND (g.asked_at IS NULL OR g.asked_at <= $2) ORDER BY g.asked_at, d.id LIMIT $3`,
		calendar.DateOf(now), now.Add(-gonePause), goneMost)
	if err != nil {
		return 0, err
	}
	n := 0
	outside := s.Inspection.AsksOutside()
	for _, g := range list {
		seen := GoneSight{Host: g.host}
		switch {
		case reserved(g.host):
		case outside:
			if _, err := s.Inspection.AskOutside(ctx, GoneKind, string(g.id), false); err != nil {
				return n, err
			}
		default:
			seen = askGone(ctx, s.Client, g.host)
		}
		if ctx.Err() != nil {
			return n, ctx.Err()
		}
		if err := s.keepGone(ctx, g, seen); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// keepGone keeps what the DNS said of a given-up name, and that it was asked.
func (s *Service) keepGone(ctx context.Context, g gone, seen GoneSight) error {
	scope, now := authz.System("reconciliation.gone"), s.DB.Now()
	says, alive, ok := seen.says()
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Quiet(ctx, `INSERT INTO reconciliation_gone (domain_id, asked_at) VALUES ($1, $2) ON CONFLICT (domain_id) DO UPDATE SET asked_at = excluded.asked_at`, g.id, now); err != nil || !ok {
			return err
		}
		// What a person has seen stays until the name falls silent or a week is over.
		if g.alarm == alive && !g.at.IsZero() && now.Sub(g.at) < goneKept {
			return nil
		}
		if err := s.Registry.SeeTombstone(ctx, tx, scope, g.id, says, alive); err != nil {
			return err
		}
		return s.settleReused(ctx, tx, scope, g.id, says, alive)
	})
}

// reserved reports whether no DNS answers for the name: it is one of examples.
func reserved(host string) bool {
	return slices.ContainsFunc([]string{".example", ".test", ".invalid", ".localhost"}, func(end string) bool { return strings.HasSuffix(host, end) })
}

func (s *Service) settleReused(ctx context.Context, tx *db.Tx, scope authz.Scope, id registry.DomainID, says string, alive bool) error {
	d, err := s.Registry.Domain(ctx, tx, scope, id)
	if err != nil {
		return err
	}
	subject := obligation.Subject{Kind: "domain", ID: string(d.ID), Name: d.Shown}
	if !alive {
		_, err := s.Obligations.Discharge(ctx, tx, Reused.ID, subject, says)
		return err
	}
	return s.Obligations.Open(ctx, tx, obligation.Debt{Kind: Reused.ID, Unit: d.Unit, Subject: subject, Link: d.Link(), Due: s.Days.Add(calendar.DateOf(tx.Now()), reusedWorkdays)})
}

// seeCertificate keeps the certificate of a monitored site as it was seen, where
// the ledger holds none or one that was seen before: what a person entered is
// held against what is seen instead.
func (s *Service) seeCertificate(ctx context.Context, scope authz.Scope, f egress.TLSFacts, d registry.Domain) error {
	if !f.Used || f.Fault != "" || f.Issuer == "" || d.ID == "" || d.State == registry.DomainCancelled || !covers(f.Names, d.Host) ||
		(d.CertIssuer != "" || !d.CertExpiresOn.IsZero()) && d.CertSource != registry.Observed {
		return nil
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		until := calendar.DateOf(f.NotAfter)
		if d.CertIssuer == f.Issuer && d.CertExpiresOn == until {
			return nil
		}
		return s.Registry.SeeCertificate(ctx, tx, scope, d.ID, f.Issuer, until, "实际核对 "+calendar.DateOf(tx.Now()).String())
	})
}
