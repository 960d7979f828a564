package lookalike

import (
	"slices"
	"strings"
)

// Techniques, as reported.
const (
	TechniqueHyphen        = "suffix_hyphen"     // baishui-gov.cn, gov-baishui.com
	TechniqueMissingDot    = "missing_dot"       // www.baishuigov.cn
	TechniqueGovSubdomain  = "gov_as_subdomain"  // baishui.gov.cn.top
	TechniqueTLD           = "tld_swap"          // baishui.gov.cc, baishui.com
	TechniqueSecondLevel   = "second_level_swap" // baishui.com.cn
	TechniqueGovTypo       = "gov_typo"          // baishui.g0v.cn
	TechniqueRepetition    = "repetition"
	TechniqueOmission      = "omission"
	TechniqueTransposition = "transposition"
	TechniqueReplacement   = "replacement" // one other letter, beside a government word
	TechniqueIDN           = "idn_homoglyph"
	TechniqueASCII         = "ascii_homoglyph"
	TechniqueService       = "service_prefix" // zwfw-baishui.com
	TechniqueChinese       = "chinese_name"   // 白水县人民政府.com
)

// Verdict says what was seen in a host name.
type Verdict struct {
	Host      string `json:"host"` // as given
	Lookalike bool   `json:"lookalike"`
	// Imitates is the protected host; for a place whose host is not protected,
	// the host that its name suggests, with Listed false.
	Imitates  string `json:"imitates"`
	Technique string `json:"technique"`
	Listed    bool   `json:"-"`
}

type target struct {
	host   string
	listed bool
}

// Matcher holds the protected hosts. It is safe for concurrent use.
type Matcher struct {
	own     map[string]bool // protected hosts and the registered names above them
	targets []target
	exact   map[string]int32   // name as typed, and without its hyphens
	bones   map[string]int32   // strong skeleton
	deletes map[string][]int32 // every name with one letter left out: finds one slip without a scan
	names   []string           // name of targets[i]
	han     map[string]int32   // Chinese names
}

// New indexes the hosts to protect; entries that are addresses or no host are
// passed over. The divisions' names are always known, so that a county nobody
// listed is still recognised.
func New(protected []string) *Matcher {
	m := &Matcher{
		own: map[string]bool{}, exact: map[string]int32{}, bones: map[string]int32{},
		deletes: map[string][]int32{}, han: map[string]int32{},
	}
	for _, raw := range protected {
		n := parse(raw)
		if !n.ok {
			continue
		}
		m.own[n.host] = true
		if n.core == "gov" || n.core == "www" {
			continue // www.gov.hk: the name itself says nothing
		}
		m.own[n.registered()] = true
		m.add(n.core, target{n.host, true})
		if len(n.sub) > 0 && n.restricted() {
			if first := n.sub[len(n.sub)-1]; !generic[first] && len(first) >= 4 {
				m.add(first, target{n.host, true})
			}
		}
	}
	for _, p := range packs().places {
		t := target{p.pinyin + ".gov.cn", false}
		if len(p.pinyin) >= 5 {
			m.add(p.pinyin, t)
		}
		m.add(p.name, t)
	}
	return m
}

func (m *Matcher) add(label string, t target) {
	if len(label) < 2 || generic[label] {
		return
	}
	if hasHan(label) {
		if _, known := m.han[label]; !known {
			m.han[label] = int32(len(m.targets))
			m.targets = append(m.targets, t)
			m.names = append(m.names, label)
		}
		return
	}
	if _, known := m.exact[label]; known {
		return
	}
	id := int32(len(m.targets))
	m.targets = append(m.targets, t)
	m.names = append(m.names, label)
	m.exact[label] = id
	if bare := strings.ReplaceAll(label, "-", ""); bare != label {
		if _, known := m.exact[bare]; !known {
			m.exact[bare] = id
		}
	}
	if b := skeleton(label); len(b) >= 2 {
		if _, known := m.bones[b]; !known {
			m.bones[b] = id
		}
	}
	if len(label) >= 3 {
		for i := range len(label) {
			if i > 0 && label[i] == label[i-1] {
				continue
			}
			d := label[:i] + label[i+1:]
			m.deletes[d] = append(m.deletes[d], id)
		}
	}
}

// Check judges one host. It never fails: what is no host is no look-alike.
func (m *Matcher) Check(host string) Verdict {
	v := Verdict{Host: host}
	n := parse(host)
	if !n.ok || m.own[n.host] || m.own[n.registered()] || n.restricted() || packs().known[n.registered()] {
		return v
	}
	for h := n.host; ; {
		_, rest, found := strings.Cut(h, ".")
		if !found {
			break
		}
		if h = rest; m.own[h] {
			return v
		}
	}
	if id, technique, suggested := m.judge(n); technique != "" {
		v.Lookalike, v.Technique = true, technique
		if id >= 0 {
			v.Imitates, v.Listed = m.targets[id].host, m.targets[id].listed
		} else {
			v.Imitates = suggested
		}
	}
	return v
}

// judge returns the target (or −1 and the host that the name suggests) and the
// technique; an empty technique means no look-alike.
func (m *Matcher) judge(n name) (int32, string, string) {
	// 1. A whole government host inside another: x.gov.cn.top, x.gov-cn.com.
	all := append(slices.Clone(n.sub), n.core)
	sfx := strings.Split(n.suffix, ".")
	everything := append(slices.Clone(all), sfx...)
	for i := 1; i+1 < len(everything); i++ {
		gov := ascii(everything[i])
		if gov == "gov" && ascii(everything[i+1]) == "cn" && i+2 < len(everything) || gov == "gov-cn" || gov == "govcn" {
			if i < len(all) {
				return m.named(all[i-1], TechniqueGovSubdomain)
			}
		}
	}
	// The same with something made up behind it, below a name that is known:
	// x.gov.con.cn, x.gov.cn-login.com, x.gov-service.com, x.政务.com.
	for i := 1; i < len(all); i++ {
		label := ascii(all[i])
		c, rest := strip(label)
		worn := label == "gov" && i+1 < len(all) || c.gov && rest == "" || govHan[all[i]]
		if !worn || !n.sold() {
			continue
		}
		if id, ok := m.exact[ascii(all[i-1])]; ok && m.targets[id].listed && len(m.names[id]) >= 3 {
			return id, TechniqueGovSubdomain, ""
		}
	}
	// 2. gov kept, the top changed: x.gov.cc, x.gov.com, x.gov.com.cn.
	if n.core == "gov" && len(n.sub) > 0 && n.sold() {
		return m.named(n.sub[len(n.sub)-1], TechniqueTLD)
	}
	// 3. gov misspelt under .cn: x.g0v.cn, x.goov.cn.
	if n.commonCN() && len(n.sub) > 0 && govTypo(n.core) {
		label := n.sub[len(n.sub)-1]
		if skeleton(ascii(n.core)) == "gov" || ascii(n.core) != n.core {
			return m.named(label, TechniqueGovTypo)
		}
		if id, t := m.find(label, claim{gov: true}); t != "" {
			return id, TechniqueGovTypo, ""
		}
	}
	if n.commonCN() && len(n.sub) > 0 && besideGov(n.core) {
		if id, ok := m.exact[ascii(n.sub[len(n.sub)-1])]; ok && m.targets[id].listed && len(m.names[id]) >= 5 {
			return id, TechniqueGovTypo, ""
		}
	}
	// 4. The registered name itself.
	if id, t, s := m.label(n.core, n); t != "" {
		return id, t, s
	}
	// 5. The name with a government word below someone else's name: beijing-gov.evil.com.
	for _, l := range n.sub {
		if c, rest := strip(ascii(l)); c.gov && rest != "" {
			if id, ok := m.exact[rest]; ok && len(rest) >= 3 {
				return id, TechniqueGovSubdomain, ""
			}
		}
	}
	return -1, "", ""
}

// named is for names whose setting already claims to be government: whatever
// the label, it is a pretence; find only says whose.
func (m *Matcher) named(label, technique string) (int32, string, string) {
	if generic[label] {
		label = ""
	}
	if id, t := m.find(label, claim{gov: true}); t != "" {
		return id, technique, ""
	}
	if _, rest := strip(ascii(label)); rest != "" && rest != label {
		if id, ok := m.exact[rest]; ok {
			return id, technique, ""
		}
	}
	if label == "" {
		return -1, technique, "www.gov.cn"
	}
	return -1, technique, ascii(label) + ".gov.cn"
}

// label judges the registered label under an open suffix.
func (m *Matcher) label(core string, n name) (int32, string, string) {
	if hasHan(core) {
		return m.chinese(core, n)
	}
	forms := readings(core)
	idn := !isASCII(core)
	for _, f := range forms {
		c, rest := strip(f)
		c.near, c.idn = n.commonCN(), idn
		if rest == "" {
			continue
		}
		if id := m.dressed(rest); id >= 0 && !c.gov && n.sold() {
			return id, TechniqueService, ""
		}
		if !c.gov && !c.service && !idn && !n.sold() {
			continue
		}
		id, t := m.find(rest, c)
		if t == "" && c.gov && n.sold() && len(rest) >= 2 && !generic[rest] && (c.hyphen || c.near) {
			// A government word on a name that nobody listed is still a pretence.
			if n.suffix == "cn" || n.suffix == "com" || c.strong {
				id, t = -1, "exact"
			}
		}
		if t == "" {
			continue
		}
		switch {
		case idn:
			t = TechniqueIDN
		case t != "exact":
		case c.service && !c.plainGov:
			t = TechniqueService
		case c.gov && c.hyphen:
			t = TechniqueHyphen
		case c.gov:
			t = TechniqueMissingDot
		case strings.Contains(n.suffix, ".cn"):
			t = TechniqueSecondLevel
		default:
			t = TechniqueTLD
		}
		if id < 0 {
			return -1, t, rest + ".gov.cn"
		}
		return id, t, ""
	}
	if mixedScript(core) {
		// A label that mixes Latin with Cyrillic or Greek letters has no honest
		// use (UTS 39, "highly restrictive"); it is reported even when unlisted.
		return -1, TechniqueIDN, ascii(core) + ".gov.cn"
	}
	return -1, "", ""
}

// dressed returns the protected name of some length that wears a short word of
// government or of a service without a hyphen; −1 for none. Such words end many
// honest names too, so that the rest must be the very name.
func (m *Matcher) dressed(label string) int32 {
	for _, w := range shortWords {
		for _, rest := range []string{strings.TrimSuffix(label, w), strings.TrimPrefix(label, w)} {
			if id, ok := m.exact[rest]; ok && rest != label && len(rest) >= 5 && m.targets[id].listed {
				return id
			}
		}
	}
	return -1
}

// claim is what the words around a name pretend.
type claim struct {
	gov      bool // says government
	plainGov bool // by the letters gov
	strong   bool // by a word that only Chinese government uses
	service  bool // says service, login and the like
	hyphen   bool
	near     bool // under a suffix beside gov.cn
	idn      bool // was written in other letters
}

// find looks for the name that label is or nearly is. The technique "exact"
// means the very name.
func (m *Matcher) find(label string, c claim) (int32, string) {
	forms := readings(label)
	for _, f := range forms {
		if id, ok := m.exact[f]; ok {
			n := len(f)
			listed := m.targets[id].listed
			switch {
			case c.gov, c.idn && n >= 2, c.service && n >= 3, c.near && n >= 3 && listed, c.near && n >= 5, n >= 6 && listed:
				if f != label {
					return id, TechniqueIDN
				}
				return id, "exact"
			}
		}
	}
	for _, f := range forms {
		if id, t := m.slip(f, c); t != "" {
			return id, t
		}
	}
	return -1, ""
}

// slip looks one slip away. Listed names beat unlisted, then order of listing.
func (m *Matcher) slip(f string, c claim) (int32, string) {
	best, technique := int32(-1), ""
	take := func(id int32, t string) {
		if best < 0 || m.targets[id].listed && !m.targets[best].listed {
			best, technique = id, t
		}
	}
	// floor is the shortest name for which a slip of that weight counts.
	floor := func(id int32, bare int) bool {
		n := len(m.names[id])
		if !m.targets[id].listed {
			bare = max(bare, 5)
		}
		switch {
		case c.gov:
			return n >= 3
		case c.near:
			return n >= bare
		case c.service, c.idn:
			return n >= max(bare, 5)
		}
		return n >= 8 && m.targets[id].listed
	}
	if id, ok := m.bones[skeleton(f)]; ok && m.names[id] != f && floor(id, 3) {
		take(id, TechniqueASCII)
	}
	for _, g := range packs().glyphs {
		for from := 0; ; {
			i := strings.Index(f[from:], g.drawn)
			if i < 0 {
				break
			}
			i += from
			from = i + 1
			if id, ok := m.exact[f[:i]+g.meant+f[i+len(g.drawn):]]; ok && floor(id, 3) {
				take(id, TechniqueASCII)
			}
		}
	}
	for i := range len(f) { // one letter too many
		if i > 0 && f[i] == f[i-1] {
			if id, ok := m.exact[f[:i]+f[i+1:]]; ok && floor(id, 3) {
				take(id, TechniqueRepetition)
			}
		} else if c.gov {
			if id, ok := m.exact[f[:i]+f[i+1:]]; ok && len(m.names[id]) >= 5 {
				take(id, TechniqueReplacement)
			}
		}
		if i+1 < len(f) && f[i] != f[i+1] {
			if id, ok := m.exact[f[:i]+string([]byte{f[i+1], f[i]})+f[i+2:]]; ok && floor(id, 5) {
				take(id, TechniqueTransposition)
			}
		}
	}
	for _, id := range m.deletes[f] { // one letter too few
		if floor(id, 5) && len(f) >= 3 {
			take(id, TechniqueOmission)
		}
	}
	if (best < 0 || !m.targets[best].listed) && c.gov && len(f) >= 4 { // one letter replaced
		for i := range len(f) {
			for _, id := range m.deletes[f[:i]+f[i+1:]] {
				if nm := m.names[id]; len(nm) == len(f) && len(nm) >= 5 && nm[:i] == f[:i] && nm[i+1:] == f[i+1:] {
					take(id, TechniqueReplacement)
				}
			}
		}
	}
	return best, technique
}

// chinese judges a label in Chinese under a suffix open to all.
func (m *Matcher) chinese(core string, n name) (int32, string, string) {
	folded := foldHan(core)
	rest, gov := stripHan(folded)
	// 陕西.政务 is genuine, 陕西政务.cn is not: the dot is missing.
	for _, form := range hanForms(rest) {
		id, ok := m.han[form]
		if !ok {
			continue
		}
		same := form == core || form == rest && folded == core
		switch {
		case !same:
			if gov || m.targets[id].listed {
				return id, TechniqueIDN, ""
			}
		case gov:
			return id, TechniqueChinese, ""
		case m.targets[id].listed:
			return id, TechniqueTLD, ""
		}
	}
	if gov && n.commonCN() && rest != "" && strings.Contains(folded, "人民政府") {
		return -1, TechniqueChinese, rest + ".政务"
	}
	return -1, "", ""
}
