package registry

import (
	"context"

	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/obligation"
	"zhengshu/internal/rules/sx2021"
)

// The clocks of the ledger.
var (
	// DomainExpiry: a name that lapses is bought by others within hours.
	DomainExpiry = obligation.Kind{ID: "domain_expiry", Name: "域名续费", Clause: "S10.1", Citation: sx2021.Instrument + " 第十条",
		Says: "在域名到期前续费，或不再使用时办理注销", Remind: []int{90, 60, 30, 7}, Escalate: 1}
	// CertificateExpiry: browsers refuse the site the day its certificate ends.
	CertificateExpiry = obligation.Kind{ID: "certificate_expiry", Name: "证书更换", Clause: "S10.1", Citation: sx2021.Instrument + " 第十条",
		Says: "在数字证书到期前更换", Remind: []int{90, 60, 30, 7}, Escalate: 1}
	// Recertification: the holder confirms that its records are true, once a
	// year.
	Recertification = obligation.Kind{ID: "recertification", Name: "台账年度核对", Clause: "S10.4", Citation: sx2021.Instrument + " 第十条",
		Says: "逐条核对本单位的网站、账号和域名记录，确认无误或更正", Remind: []int{30, 7, 0}, Escalate: 5}
)

// Obligations are the clocks of the ledger.
func Obligations() []obligation.Kind {
	return []obligation.Kind{DomainExpiry, CertificateExpiry, Recertification}
}

// Clocks gives the ledger the clocks its records run under. Without them the
// ledger keeps records and opens no duty.
func (s *Service) Clocks(o *obligation.Service) { s.clocks = o }

// Govern gives the ledger the province's settings; the defaults stand until
// then.
func (s *Service) Govern(settings func() sx2021.Settings) { s.settings = settings }

// Settings are the province's settings as the ledger goes by them.
func (s *Service) Settings() sx2021.Settings { return s.settings() }

func (d Domain) subject() obligation.Subject {
	return obligation.Subject{Kind: "domain", ID: string(d.ID), Name: d.Shown}
}

// follow opens the clocks of a domain that have a date.
func (s *Service) follow(ctx context.Context, tx *db.Tx, d Domain) error {
	if s.clocks == nil || d.State == DomainCancelled {
		return nil
	}
	for _, c := range []struct {
		kind string
		on   calendar.Date
	}{{DomainExpiry.ID, d.ExpiresOn}, {CertificateExpiry.ID, d.CertExpiresOn}} {
		if c.on.IsZero() {
			continue
		}
		if err := s.clocks.Open(ctx, tx, obligation.Debt{Kind: c.kind, Unit: d.Unit, Subject: d.subject(), Link: d.Link(), Due: calendar.Due{On: c.on}}); err != nil {
			return err
		}
	}
	return nil
}

// refollow moves the clocks of a domain whose dates were changed from before
// to after: a later date is the evidence that the duty was done.
func (s *Service) refollow(ctx context.Context, tx *db.Tx, before, after Domain, w Why) error {
	if s.clocks == nil {
		return nil
	}
	for _, c := range []struct {
		kind     string
		was, now calendar.Date
	}{{DomainExpiry.ID, before.ExpiresOn, after.ExpiresOn}, {CertificateExpiry.ID, before.CertExpiresOn, after.CertExpiresOn}} {
		if c.was == c.now || c.was.IsZero() {
			continue
		}
		var err error
		if c.now.After(c.was) {
			_, err = s.clocks.Discharge(ctx, tx, c.kind, after.subject(), "到期日期由 "+c.was.String()+" 延至 "+c.now.String()+"。"+w.Document)
		} else {
			_, err = s.clocks.Annul(ctx, tx, c.kind, after.subject(), "到期日期更正。"+w.Says)
		}
		if err != nil {
			return err
		}
	}
	return s.follow(ctx, tx, after)
}

// unfollow ends the clocks of a domain that was given up.
func (s *Service) unfollow(ctx context.Context, tx *db.Tx, d Domain, why string) error {
	if s.clocks == nil {
		return nil
	}
	for _, kind := range []string{DomainExpiry.ID, CertificateExpiry.ID} {
		if _, err := s.clocks.Annul(ctx, tx, kind, d.subject(), "域名已注销："+why); err != nil {
			return err
		}
	}
	return nil
}
