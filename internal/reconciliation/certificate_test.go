package reconciliation_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/inspection"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/reconciliation"
	"zhengshu/internal/registry"
)

// authority issues certificates.
type authority struct {
	name string
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t *testing.T, name string) authority {
	t.Helper()
	a := authority{name: name}
	a.cert, a.key = a.sign(t, &x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, time.Now().AddDate(10, 0, 0))
	return a
}

// sign makes a certificate, of the authority itself while it has none.
func (a authority) sign(t *testing.T, c *x509.Certificate, until time.Time) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.SerialNumber, c.NotBefore, c.NotAfter = big.NewInt(time.Now().UnixNano()), time.Now().AddDate(-1, 0, 0), until
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return made, key
}

func (a authority) issue(t *testing.T, until time.Time, hosts ...string) *tls.Certificate {
	t.Helper()
	c, key := a.sign(t, &x509.Certificate{Subject: pkix.Name{CommonName: hosts[0]}, DNSNames: hosts}, until)
	return &tls.Certificate{Certificate: [][]byte{c.Raw}, PrivateKey: key}
}

// The certificate a site shows is entered where the ledger has none, followed
// while it is one that was seen, and held against one that a person entered.
func TestTheCertificateIsHeldAgainstTheLedger(t *testing.T) {
	ours, strange := newAuthority(t, "测试 CA"), newAuthority(t, "陌生 CA")
	roots := x509.NewCertPool()
	roots.AddCert(ours.cert)
	until := time.Now().AddDate(0, 3, 0)
	each(t, func(t *testing.T, h *house) {
		h.enter(t)
		site, err := h.registry.SiteByHost(h.ctx, h.db, system, "www.yanta.gov.cn")
		if err != nil {
			t.Fatal(err)
		}
		if err := h.db.Update(h.ctx, func(tx *db.Tx) error { return h.registry.SetMonitored(h.ctx, tx, system, site.ID, true) }); err != nil {
			t.Fatal(err)
		}
		shown := ours.issue(t, until, "*.yanta.gov.cn")
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, `<!doctype html><title>雁塔区人民政府</title>`)
		}))
		server.TLS = &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return shown, nil }}
		server.StartTLS()
		t.Cleanup(server.Close)
		at := netip.MustParseAddrPort(server.Listener.Addr().String())
		client := egress.New(egress.Policy{Allow: []netip.AddrPort{at}, Ports: []uint16{at.Port()}, Resolver: resolver{at.Addr(), h.silent}, Roots: roots})
		t.Cleanup(client.Close)
		days, err := calendar.Published()
		if err != nil {
			t.Fatal(err)
		}
		secure := reconciliation.New(reconciliation.Parts{DB: h.db, Registry: h.registry, Intake: h.intake, Inspection: h.inspect,
			Obligations: obligation.New(h.db, org.New(h.db), reconciliation.Obligations()...), Days: days, Client: client, Manners: crawl.NewManners(client, crawl.Courtesy{Delay: -1})})
		scheme := "https"
		h.inspect.OriginFrom(func(s registry.Site) string { return fmt.Sprintf("%s://%s:%d", scheme, s.Host, at.Port()) })
		hold := func() reconciliation.Outcome {
			t.Helper()
			client.Close() // each look shakes hands anew
			list, err := secure.Hold(h.ctx, system, site.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range list {
				if o.Check == reconciliation.CheckCertificate {
					return o
				}
			}
			t.Fatalf("the certificate was not looked at: %+v", list)
			return reconciliation.Outcome{}
		}
		ledger := func() registry.Domain {
			t.Helper()
			d, _, err := h.registry.MainDomains(h.ctx, h.db, system, site.ID)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		standing := func() int {
			t.Helper()
			_, n, err := h.inspect.Findings(h.ctx, h.db, system, inspection.FindingFilter{Family: "ledger", State: "standing", Text: "证书"})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		enter := func(issuer string, expires calendar.Date) {
			t.Helper()
			if err := h.db.Update(h.ctx, func(tx *db.Tx) error {
				n := ledger().Fields()
				n.CertIssuer, n.CertExpiresOn = issuer, expires
				_, err := h.registry.SetDomain(h.ctx, tx, system, ledger().ID, n, registry.Why{Says: "更换证书"}, time.Time{})
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		wants := func(what string, o reconciliation.Outcome, void, wrong bool, says string) {
			t.Helper()
			if o.Void != void || o.Wrong != wrong || !strings.Contains(o.Says, says) {
				t.Errorf("%s: %+v, want %s", what, o, says)
			}
		}

		// One that nobody vouches for is not entered.
		good := shown
		shown = strange.issue(t, until, "www.yanta.gov.cn")
		wants("a stranger's", hold(), true, false, "没有登记证书")
		if d := ledger(); d.CertIssuer != "" || !d.CertExpiresOn.IsZero() {
			t.Errorf("a stranger's certificate is in the ledger: %+v", d)
		}
		shown = good
		wants("the first", hold(), true, false, "已记入")
		if d := ledger(); d.CertIssuer != "测试 CA" || d.CertExpiresOn != calendar.DateOf(until) || d.CertSource != registry.Observed {
			t.Errorf("entered %q %s %s", d.CertIssuer, d.CertExpiresOn, d.CertSource)
		}
		wants("the same", hold(), false, false, "与网站一致")
		// Renewed: what was seen before is followed, without a finding.
		later := until.AddDate(0, 3, 0)
		shown = ours.issue(t, later, "www.yanta.gov.cn")
		wants("a renewed one", hold(), false, false, calendar.DateOf(later).String())
		if d := ledger(); d.CertExpiresOn != calendar.DateOf(later) || standing() != 0 {
			t.Errorf("after the renewal %s, %d findings", d.CertExpiresOn, standing())
		}
		// What a person entered stands, and what is seen is held against it.
		enter("别家 CA", calendar.DateOf(later))
		wants("another issuer", hold(), false, true, "颁发机构是“测试 CA”，台账登记的是“别家 CA”")
		if d := ledger(); d.CertIssuer != "别家 CA" || standing() != 1 {
			t.Errorf("the ledger says %s, %d findings", d.CertIssuer, standing())
		}
		enter("测试 ca", calendar.DateOf(until))
		wants("another day", hold(), false, true, "到期日期是 "+calendar.DateOf(later).String())
		enter("测试 CA", calendar.DateOf(later))
		wants("as entered", hold(), false, false, "与台账一致")
		if standing() != 0 {
			t.Errorf("%d findings stand though it is as entered", standing())
		}
		shown = ours.issue(t, later, "www.yanliang.gov.cn")
		wants("another site's", hold(), false, true, "不包含域名 www.yanta.gov.cn")
		// In clear only, though the ledger has a certificate.
		plain := httptest.NewServer(server.Config.Handler)
		t.Cleanup(plain.Close)
		at = netip.MustParseAddrPort(plain.Listener.Addr().String())
		client = egress.New(egress.Policy{Allow: []netip.AddrPort{at}, Ports: []uint16{at.Port()}, Resolver: resolver{at.Addr(), h.silent}, Roots: roots})
		t.Cleanup(client.Close)
		secure.Client, secure.Manners, scheme = client, crawl.NewManners(client, crawl.Courtesy{Delay: -1}), "http"
		wants("in clear", hold(), false, true, "没有使用加密连接")
		if standing() != 1 {
			t.Errorf("%d findings stand, want the one", standing())
		}
	})
}
