package egress

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"time"
)

// Fault is what is wrong with a site's certificate or protocol version; empty means nothing is.
type Fault string

// The faults told apart.
const (
	Expired          Fault = "expired"
	NotYetValid      Fault = "not_yet_valid"
	WrongHost        Fault = "wrong_host"
	SelfSigned       Fault = "self_signed"
	UnknownAuthority Fault = "unknown_authority"
	OutdatedVersion  Fault = "outdated_version"
	OtherFault       Fault = "other"
)

// Says gives the sentence for a finding, without the host name it begins with.
func (f Fault) Says() string {
	switch f {
	case "":
		return ""
	case Expired:
		return "证书已过期，请及时更换证书。"
	case NotYetValid:
		return "证书尚未生效，请检查证书和服务器时间。"
	case WrongHost:
		return "证书与域名不符，请更换包含该域名的证书。"
	case SelfSigned:
		return "证书为自签名，浏览器不信任，请更换受信任机构签发的证书。"
	case UnknownAuthority:
		return "证书签发机构不受信任或证书链不完整，请补全证书链或更换证书。"
	case OutdatedVersion:
		return "加密协议版本过低，请启用 TLS 1.2 以上版本。"
	}
	return "证书未通过验证，请检查证书配置。"
}

// TLSFacts records the encryption of the connection that gave the final answer. Zero when there was none.
type TLSFacts struct {
	Used      bool
	Version   string // "TLS 1.3"
	Cipher    string
	Subject   string // common name of the leaf
	Issuer    string
	Names     []string // at most 100 of the leaf's names
	SHA256    string   // of the leaf, in hexadecimal digits: the same wherever it is shown
	NotBefore time.Time
	NotAfter  time.Time
	Fault     Fault
	// Chain are the certificates as they were shown, the leaf first; of a Handshake alone.
	Chain [][]byte `json:"-"`
	// Unrooted says that this machine knows no authority at all: who issued the
	// certificate was not looked at, and is no fault of the site.
	Unrooted bool `json:",omitempty"`
}

func (c *Client) facts(cs *tls.ConnectionState, host string) TLSFacts {
	if cs == nil {
		return TLSFacts{}
	}
	f := TLSFacts{Used: true, Version: tls.VersionName(cs.Version), Cipher: tls.CipherSuiteName(cs.CipherSuite)}
	if len(cs.PeerCertificates) > 0 {
		leaf := cs.PeerCertificates[0]
		f.Subject, f.Issuer = clip(leaf.Subject.CommonName), clip(leaf.Issuer.CommonName)
		sum := sha256.Sum256(leaf.Raw)
		f.SHA256 = hex.EncodeToString(sum[:])
		f.Names = leaf.DNSNames[:min(len(leaf.DNSNames), 100)]
		f.NotBefore, f.NotAfter = leaf.NotBefore.UTC(), leaf.NotAfter.UTC()
	}
	if f.Fault, _ = c.verify(*cs, host); f.Fault == UnknownAuthority && c.rootless() {
		f.Fault, f.Unrooted = "", true
	}
	return f
}

// rootless reports whether the machine has no certificates of authorities: a bare
// container has none, and would call every site's issuer unknown.
func (c *Client) rootless() bool {
	roots := c.p.Roots
	if roots == nil {
		var err error
		if roots, err = x509.SystemCertPool(); err != nil {
			return true
		}
	}
	return roots.Equal(x509.NewCertPool())
}

func (c *Client) verify(cs tls.ConnectionState, host string) (Fault, error) {
	if len(cs.PeerCertificates) == 0 {
		return OtherFault, errors.New("no certificate")
	}
	leaf := cs.PeerCertificates[0]
	between := x509.NewCertPool()
	for _, cert := range cs.PeerCertificates[1:] {
		between.AddCert(cert)
	}
	now := c.p.Now()
	_, err := leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: c.p.Roots, Intermediates: between, CurrentTime: now})
	if err == nil {
		if cs.Version < tls.VersionTLS12 {
			return OutdatedVersion, errors.New("tls version " + tls.VersionName(cs.Version))
		}
		return "", nil
	}
	var (
		invalid x509.CertificateInvalidError
		name    x509.HostnameError
		unknown x509.UnknownAuthorityError
	)
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		if now.Before(invalid.Cert.NotBefore) {
			return NotYetValid, err
		}
		return Expired, err
	case errors.As(err, &name):
		return WrongHost, err
	case errors.As(err, &unknown):
		if bytes.Equal(leaf.RawIssuer, leaf.RawSubject) {
			return SelfSigned, err
		}
		return UnknownAuthority, err
	}
	return OtherFault, err
}
