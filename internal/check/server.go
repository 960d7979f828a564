package check

import (
	"cmp"
	_ "embed"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"zhengshu/internal/calendar"
)

// Server is what was learnt of the machines and names behind a site. A nil part
// was not looked at, and Untold of a part says why it could not be.
type Server struct {
	Host   string
	Hosted bool // published by a platform, which Article 22 asks IPv6 of

	IPv6        *IPv6
	TLS         *TLS
	Names       *Names
	Where       *Where
	Hosting     *Hosting
	DomainUntil calendar.Date // of the ledger; zero: not on record
	Domain      bool          // the ledger was asked for DomainUntil
}

// IPv6 is what was seen of the sixth version.
type IPv6 struct {
	Untold string
	// Addresses reports an address of the sixth version for the host, Opens that
	// a page came over it; Reach is false where that could not be tried, and
	// Untried says why (empty: this machine has no line of the sixth version).
	Addresses, Opens, Reach bool
	Untried                 string
	// Shut is why no page came, Strange the title of the page that came where it
	// is another than the home page over the fourth version.
	Shut, Strange string
	// Second and Third are the site's own links on the home page and one level
	// below, and how many of them lead to a host that has such an address.
	Second, SecondOK, Third, ThirdOK int
	// SecondUntold and ThirdUntold are how many of them lead to a host whose name
	// was not told: neither supported nor unsupported.
	SecondUntold, ThirdUntold int
}

// TLS is what was seen of the encryption.
type TLS struct {
	Untold  string
	Offered bool
	Old     []string // versions below 1.2 that were accepted
	Weak    string   // the cipher that the server chose, where it is no longer safe
	Best    string
	Fault   string // of the certificate, in Chinese; empty: none
	Until   calendar.Date
	// Unproven is why it was not told whether its issuer is trusted.
	Unproven string `json:",omitempty"`
	// Cert tells the certificate apart from others, For is the name it is issued to.
	Cert string `json:",omitempty"`
	For  string `json:",omitempty"`
}

// Names is what the DNS said beside what the ledger expects.
type Names struct {
	Untold              string
	Found, Expected     []string // addresses
	Servers, ServersDue []string // name servers; nothing asked where ServersDue is empty
	// Blind is why this system asked no resolver itself: then what the others said
	// alone is judged, and nothing where they said nothing.
	Blind string `json:",omitempty"`
	// From is the machine elsewhere that asked, where this system did not itself.
	From string `json:",omitempty"`
	// Elsewhere is what resolvers at other places said. Spread reports that the ledger
	// knows of a network that delivers the site's content and answers by place.
	Elsewhere []Elsewhere `json:",omitempty"`
	Spread    bool        `json:",omitempty"`
}

// Elsewhere is what the resolver of one vantage said; Twice are those of its addresses
// that it had said before as well.
type Elsewhere struct {
	From         string
	Found, Twice []string
	Dialled      string
}

// Where is in which country the addresses of the host and of what its home page
// loads are. Country is empty where the data know no answer.
type Where struct {
	Untold string
	At     []Place
	Source string // of the data
	// Unknown are the hosts whose addresses could not be had, each with the reason.
	Unknown []string
}

// Place is one address. Borrowed says that it is of another's host, from which
// the home page takes scripts, styles or pictures.
type Place struct {
	Host, Address, Country string
	Borrowed               bool
}

// Hosting is the record of who hosts the site.
type Hosting struct {
	Recorded               bool
	Provider               string
	ProviderIn, ServerIn   string // nations as recorded, CN for the mainland
	ProviderName, ServerAt string // the same in Chinese
}

// Mainland is the only place that is not abroad for Article 24 (readings 11).
const Mainland = "CN"

// days before an expiry that are worth a word, and those that are late.
const (
	expirySoon = 30
	expiryNear = 90
)

// ipv6Pack is from which share on the inner links of a site support IPv6. One
// published page says so, and no instrument: data with its mark, shown as 未核实.
type ipv6Pack struct {
	Version string `json:"version"`
	Source  string `json:"source"`
	Mark    string `json:"mark"`
	// DeepPercent is held by the second level and by the third, each by itself.
	DeepPercent int `json:"deep_percent"`
}

//go:embed ipv6.json
var ipv6JSON []byte

// ipv6 is the compiled-in pack; a test holds that it is readable.
var ipv6 = func() (p ipv6Pack) {
	if !readPack(ipv6JSON, &p) {
		return ipv6Pack{}
	}
	return p
}()

var serverChecks = []Check{
	{
		ID: "host.ipv6", Articles: []string{"S22.2"}, Severity: Error, AppliesTo: []string{OnSite},
		Says:     Says{Fine: "首页支持 IPv6", Wrong: "首页不支持 IPv6", HowToFix: "请为域名增加 IPv6（AAAA）解析，并确认服务器、防护设备和内容分发节点都能以 IPv6 打开首页。"},
		Evidence: "域名解析结果和以 IPv6 打开首页的结果", run: ipv6Home,
	},
	{
		ID: "host.ipv6_deep", Articles: []string{"S22.2"}, Severity: Advice, AppliesTo: []string{OnSite}, Doubt: "支持率的参考标准只见于一处，未与正式文本核对",
		Says:     Says{Fine: "二、三级链接支持 IPv6", Wrong: "二、三级链接对 IPv6 的支持率偏低", HowToFix: "请为图片、附件、业务系统等子域名增加 IPv6 解析。"},
		Evidence: "首页和下一级页面中本站链接的域名解析结果", run: ipv6Deep,
	},
	{
		ID: "host.tls", Articles: []string{"S22.1"}, Severity: Error, AppliesTo: []string{OnSite},
		Says:     Says{Fine: "加密协议版本符合要求", Wrong: "加密协议不符合要求", HowToFix: "请启用 HTTPS，只保留 TLS 1.2 以上版本。"},
		Evidence: "各版本加密握手的结果", run: tlsVersions,
	},
	{
		ID: "host.certificate", Articles: []string{"S22.1"}, Severity: Error, AppliesTo: []string{OnSite},
		Says:     Says{Fine: "证书有效", Wrong: "证书需要处理", HowToFix: "请更换由受信任机构签发、包含本域名的证书，并登记新的到期日期。"},
		Evidence: "握手时得到的证书", run: certificate,
	},
	{
		ID: "host.domain_expiry", Articles: []string{"S23.2"}, Severity: Error, AppliesTo: []string{OnSite},
		Says:     Says{Fine: "域名在有效期内", Wrong: "域名即将到期或已经到期", HowToFix: "请立即续费；过期的域名可能被他人抢注，用来冒充本网站。"},
		Evidence: "域名台账登记的到期日期", run: domainExpiry,
	},
	{
		ID: "host.dns", Articles: []string{"S23.2"}, Severity: Serious, AppliesTo: []string{OnSite},
		Says:     Says{Fine: "域名解析与台账一致", Wrong: "域名解析与台账登记不一致，可能被劫持", HowToFix: "请立即核实：是调整了服务器的，更新域名台账登记的解析地址；不是的，联系注册服务机构恢复解析并更换账号密码。"},
		Evidence: "解析得到的地址和域名服务器", run: dnsDrift,
	},
	{
		ID: "host.abroad", Articles: []string{"S24.2"}, Severity: Serious, AppliesTo: []string{OnSite},
		Says:     Says{Fine: "服务器在境内", Wrong: "服务器位于境外", HowToFix: "请把服务器和所引用的资源迁回境内；港澳台地区按境外处理。"},
		Evidence: "解析得到的地址和地址库给出的国家或地区", run: serverAbroad,
	},
	{
		ID: "host.provider", Articles: []string{"S24.2"}, Severity: Serious, AppliesTo: []string{OnSite},
		Says:     Says{Fine: "托管服务商和服务器登记在境内", Wrong: "使用境外机构的服务器或虚拟主机", HowToFix: "请更换境内机构提供的服务器，并更新托管登记。"},
		Evidence: "托管登记", run: providerAbroad,
	},
}

func ipv6Home(c *Check, f *Facts) []Finding {
	if f.Server == nil || f.Server.IPv6 == nil {
		return nil
	}
	v := f.Server.IPv6
	out := c.fine(f.Server.Host)
	switch {
	case v.Untold != "":
		out = c.untested(v.Untold, f.Server.Host)
	case !v.Addresses:
		out = c.wrong("域名没有 IPv6 地址", f.Server.Host)
	case !v.Reach:
		out = c.untested("域名有 IPv6 地址，"+cmp.Or(v.Untried, "本机没有 IPv6 线路")+"，未实际打开", f.Server.Host)
	case !v.Opens && v.Shut != "":
		out = c.wrong("域名有 IPv6 地址，但以 IPv6 打不开首页（"+v.Shut+"）", f.Server.Host)
	case !v.Opens:
		out = c.wrong("域名有 IPv6 地址，但以 IPv6 打不开首页", f.Server.Host)
	case v.Strange != "":
		// That both show the same is asked for in one place only: advice.
		out = c.finding(Violated, "以 IPv6 打开的首页与以 IPv4 打开的不是同一个页面："+v.Strange+"（内容一致的要求未核实）。", f.Server.Host, "")
		out.Severity, out.Fix = Advice, "请核对域名的 IPv6 地址指向的服务器和站点设置，使两种方式打开的是同一个首页。"
	}
	// Article 22 asks it of 集约化平台; of the others it is good advice.
	if out.Outcome == Violated && !f.Server.Hosted {
		out.Severity = Advice
	}
	return []Finding{out}
}

func ipv6Deep(c *Check, f *Facts) []Finding {
	if f.Server == nil || f.Server.IPv6 == nil {
		return nil
	}
	v := f.Server.IPv6
	switch {
	case v.Untold != "":
		return []Finding{c.untested(v.Untold, f.Server.Host)}
	case v.Second+v.Third == 0:
		return []Finding{c.untested("没有取得本站的二、三级链接", f.Server.Host)}
	}
	detail := fmt.Sprintf("二级链接 %d 个中支持 %d 个，三级链接 %d 个中支持 %d 个", v.Second, v.SecondOK, v.Third, v.ThirdOK)
	untold := v.SecondUntold + v.ThirdUntold
	if untold > 0 {
		detail += fmt.Sprintf("，另有 %d 个的主机没有查到", untold)
	}
	short := func(ok, all int) bool { return ok*100 < ipv6.DeepPercent*all }
	switch {
	case short(v.SecondOK+v.SecondUntold, v.Second), short(v.ThirdOK+v.ThirdUntold, v.Third):
		// Too few even if all that was not told were supported.
		return []Finding{c.wrong(detail+fmt.Sprintf("，参考标准为 %d%%（未核实）", ipv6.DeepPercent), f.Server.Host)}
	case short(v.SecondOK, v.Second), short(v.ThirdOK, v.Third):
		return []Finding{c.untested(detail+"，不足以判断", f.Server.Host)}
	}
	return []Finding{c.fine(f.Server.Host)}
}

func tlsVersions(c *Check, f *Facts) []Finding {
	if f.Server == nil || f.Server.TLS == nil {
		return nil
	}
	v, out := f.Server.TLS, c.fine(f.Server.Host)
	switch {
	case v.Untold != "":
		out = c.untested(v.Untold, f.Server.Host)
	case !v.Offered:
		out = c.wrong("没有启用 HTTPS", f.Server.Host)
	case v.Best == "":
		out = c.wrong("不支持 TLS 1.2 以上版本", f.Server.Host)
	case len(v.Old) > 0:
		out = c.wrong("仍接受 "+strings.Join(v.Old, "、"), f.Server.Host)
		out.Severity = Advice
	case v.Weak != "" && !broken(v.Weak):
		// Weak by today's measure, and no browser minds.
		out = c.wrong("使用较弱的加密算法 "+v.Weak, f.Server.Host)
		out.Severity, out.Fix = Advice, "请把带 ECDHE 和 GCM 的加密算法排在前面。"
	case v.Weak != "":
		out = c.wrong("使用不安全的加密算法 "+v.Weak, f.Server.Host)
	}
	return []Finding{out}
}

// broken reports whether a cipher is one that browsers refuse.
func broken(cipher string) bool {
	return strings.Contains(cipher, "RC4") || strings.Contains(cipher, "3DES")
}

func certificate(c *Check, f *Facts) []Finding {
	if f.Server == nil || f.Server.TLS == nil {
		return nil
	}
	v := f.Server.TLS
	left := v.Until.Sub(f.Today)
	out := c.fine(f.Server.Host)
	switch {
	case v.Untold != "":
		out = c.untested(v.Untold, f.Server.Host)
	case !v.Offered:
		return []Finding{c.untested("没有启用 HTTPS", f.Server.Host)}
	case v.Fault != "":
		out = c.wrong(strings.TrimRight(v.Fault, "。"), f.Server.Host)
	case v.Until.IsZero() || f.Today.IsZero():
		out = c.untested("没有取得证书的有效期", f.Server.Host)
	case left < 0:
		out = c.wrong("已于 "+v.Until.String()+" 过期", f.Server.Host)
	case left <= expirySoon:
		out = c.wrong(fmt.Sprintf("还有 %d 天到期（%s）", left, v.Until), f.Server.Host)
		if left > 7 {
			out.Severity = Advice
		}
	case v.Unproven != "":
		out = c.untested(v.Unproven, f.Server.Host)
	}
	return []Finding{out}
}

func domainExpiry(c *Check, f *Facts) []Finding {
	if f.Server == nil || !f.Server.Domain {
		return nil
	}
	until := f.Server.DomainUntil
	left := until.Sub(f.Today)
	out := c.fine(f.Server.Host)
	switch {
	case until.IsZero() || f.Today.IsZero():
		out = c.untested("域名台账没有登记到期日期", f.Server.Host)
	case left < 0:
		out = c.wrong("已于 "+until.String()+" 到期", f.Server.Host)
		out.Severity = Serious
	case left <= expirySoon:
		out = c.wrong(fmt.Sprintf("还有 %d 天到期（%s）", left, until), f.Server.Host)
	case left <= expiryNear:
		out = c.wrong(fmt.Sprintf("还有 %d 天到期（%s）", left, until), f.Server.Host)
		out.Severity = Advice
	}
	return []Finding{out}
}

func dnsDrift(c *Check, f *Facts) []Finding {
	if f.Server == nil || f.Server.Names == nil {
		return nil
	}
	n := f.Server.Names
	var says []string
	if len(n.Expected) > 0 {
		if x := strange(n.Found, n.Expected); len(x) > 0 {
			says = append(says, "解析到未登记的地址 "+strings.Join(x, "、"))
		}
	}
	if len(n.ServersDue) > 0 {
		if x := strange(n.Servers, n.ServersDue); len(x) > 0 {
			says = append(says, "域名服务器换成了 "+strings.Join(x, "、"))
		}
	}
	there, doubt := driftElsewhere(n)
	switch {
	case n.Untold != "":
		return []Finding{c.untested(n.Untold, f.Server.Host)}
	case n.Blind != "" && len(n.Elsewhere) == 0:
		return []Finding{c.untested(n.Blind, f.Server.Host)}
	case len(says) > 0:
		return []Finding{c.wrong(strings.Join(append(says, there...), "；"), f.Server.Host)}
	case len(there) > 0:
		// One resolver out there says so, ours does not: its own fault as likely.
		ours := "本系统解析到的与台账一致"
		if n.From != "" {
			ours = "外网巡检机“" + n.From + "”解析到的与台账一致"
		}
		if n.Blind != "" {
			ours = "本系统没有自己的解析结果可比"
		}
		out := c.finding(Violated, strings.Join(there, "；")+"；"+ours+"。可能是当地的解析被劫持，也可能是没有登记的内容分发。", f.Server.Host, "")
		out.Severity, out.Fix = Error, "请在当地核实：是本单位使用的地址（如内容分发节点）的，补登域名台账的解析地址或允许的别名；不是的，请当地运营商和注册服务机构查处，恢复解析。"
		return []Finding{out}
	case doubt != "":
		return []Finding{c.untested(doubt, f.Server.Host)}
	case len(n.Expected) == 0 && (len(n.ServersDue) == 0 || n.Blind != ""):
		return []Finding{c.untested("域名台账没有登记应有的解析地址和域名服务器", f.Server.Host)}
	}
	return []Finding{c.fine(f.Server.Host)}
}

// strange are those found that were not due.
func strange(found, due []string) (out []string) {
	for _, a := range found {
		if !slices.ContainsFunc(due, func(d string) bool { return strings.EqualFold(strings.TrimSuffix(d, "."), strings.TrimSuffix(a, ".")) }) {
			out = append(out, a)
		}
	}
	return out
}

// driftElsewhere says where resolvers at other places lead to addresses that are not
// on record, and why it cannot be told where they only differ from ours: a network
// that delivers content answers by place, and that is no hijack.
func driftElsewhere(n *Names) (wrong []string, doubt string) {
	differ := func(e Elsewhere) string { return "“" + e.From + "”解析到 " + strings.Join(e.Found, "、") }
	for _, e := range n.Elsewhere {
		if len(n.Expected) == 0 {
			if n.Blind == "" && len(strange(e.Found, n.Found)) > 0 && doubt == "" {
				doubt = differ(e) + "，与本系统解析到的不同；台账没有登记应有的解析地址，分不清是内容分发还是劫持"
			}
			continue
		}
		x := strange(e.Found, n.Expected)
		if len(x) == 0 {
			continue
		}
		sure := strange(x, strange(x, e.Twice)) // of them, those that were said twice
		sure = slices.DeleteFunc(sure, func(a string) bool { return beside(a, n.Expected) })
		switch {
		case n.Spread:
			doubt = cmp.Or(doubt, differ(e)+"，不在台账登记的地址之列；台账登记了别名或内容分发，各地解析到的地址可以不同，不能据此判断")
		case len(sure) == 0:
			doubt = cmp.Or(doubt, differ(e)+"，不在台账登记的地址之列，只看到一次或与登记的地址同在一个网段，再看一次或补登后才能判断")
		default:
			says := "“" + e.From + "”两次解析到未登记的地址 " + strings.Join(sure, "、")
			if slices.Contains(sure, e.Dialled) {
				says += "（并已连到 " + e.Dialled + "）"
			}
			wrong = append(wrong, says)
		}
	}
	return wrong, doubt
}

// ToldOnce reports whether a resolver at another place led to an address that is not on
// record and had not led there before: the next telling proves it or takes it back.
func (n *Names) ToldOnce() bool {
	return n != nil && slices.ContainsFunc(n.Elsewhere, func(e Elsewhere) bool { return len(n.Strange(strange(e.Found, e.Twice))) > 0 })
}

// Strange are those of some addresses that are not on record, nor in the network of one
// that is; none where none is on record or a delivery network answers by place.
func (n *Names) Strange(addresses []string) []string {
	if n == nil || n.Spread || len(n.Expected) == 0 {
		return nil
	}
	return slices.DeleteFunc(strange(addresses, n.Expected), func(a string) bool { return beside(a, n.Expected) })
}

// beside reports whether an address lies in the network of one on record: the same 24
// bits of IPv4, 48 of IPv6. No source gives the lengths.
func beside(address string, due []string) bool {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	bits := 48
	if a.Is4() {
		bits = 24
	}
	net, err := a.Prefix(bits)
	return err == nil && slices.ContainsFunc(due, func(d string) bool {
		x, err := netip.ParseAddr(d)
		return err == nil && net.Contains(x)
	})
}

func serverAbroad(c *Check, f *Facts) []Finding {
	if f.Server == nil || f.Server.Where == nil {
		return nil
	}
	w := f.Server.Where
	if w.Untold != "" {
		return []Finding{c.untested(w.Untold, f.Server.Host)}
	}
	var abroad, unknown []string
	own := false
	for _, p := range w.At {
		switch p.Country {
		case Mainland:
		case "":
			unknown = append(unknown, p.Address)
		default:
			own = own || !p.Borrowed
			abroad = append(abroad, p.Host+"（"+p.Address+"，"+p.Country+"）")
		}
	}
	switch {
	case len(abroad) > 0:
		out := c.wrong(strings.Join(abroad, "、")+"，依据 "+w.Source, f.Server.Host)
		if !own {
			// The site's own servers are at home; what it takes from others is not.
			out.Severity = Error
		}
		return []Finding{out}
	case len(w.At) == 0:
		return []Finding{c.untested("没有取得服务器地址", f.Server.Host)}
	case len(unknown) > 0:
		return []Finding{c.untested("地址库没有 "+strings.Join(unknown, "、")+" 的归属", f.Server.Host)}
	case len(w.Unknown) > 0:
		return []Finding{c.untested("没有查到位置："+strings.Join(w.Unknown, "；"), f.Server.Host)}
	}
	return []Finding{c.fine(f.Server.Host)}
}

func providerAbroad(c *Check, f *Facts) []Finding {
	if f.Server == nil || f.Server.Hosting == nil {
		return nil
	}
	h := f.Server.Hosting
	if !h.Recorded {
		return []Finding{c.untested("没有登记托管服务商", f.Server.Host)}
	}
	var says []string
	if h.ProviderIn != Mainland {
		says = append(says, "服务商“"+h.Provider+"”属地为"+h.ProviderName)
	}
	if h.ServerIn != Mainland {
		says = append(says, "服务器登记在"+h.ServerAt)
	}
	if len(says) > 0 {
		return []Finding{c.wrong(strings.Join(says, "，"), f.Server.Host)}
	}
	return []Finding{c.fine(f.Server.Host)}
}
