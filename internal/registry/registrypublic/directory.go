package registrypublic

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"zhengshu/internal/check/lookalike"
	"zhengshu/internal/registry"
)

// directory is the statement made ready for questions. It does not change.
type directory struct {
	registry.Directory
	body    []byte
	hash    string
	sign    string
	text    []string           // what entry i is searched by
	hosts   map[string]int     // host → entry
	zones   map[string]int     // registered domain → entry
	urls    map[string]int     // AddressKey of an account → entry
	retired map[string]bool    // given-up names, those of www without it too
	matcher *lookalike.Matcher // of every official host
	counts  map[string]int     // kind → number
	twice   []bool             // entry i is a site's own host as a domain
}

func newDirectory(body []byte, hash, sign string) (*directory, error) {
	d := &directory{body: body, hash: hash, sign: sign, hosts: map[string]int{}, zones: map[string]int{}, urls: map[string]int{}, retired: map[string]bool{}, counts: map[string]int{}}
	if err := json.Unmarshal(body, &d.Directory); err != nil {
		return nil, fmt.Errorf("registrypublic: directory: %w", err)
	}
	var protected []string
	sites := map[string]bool{}
	for i, l := range d.Entries {
		d.counts[l.Kind]++
		if l.Kind == "site" {
			sites[l.Address] = true
		}
		d.twice = append(d.twice, l.Kind == "domain" && sites[l.Address]) // sites stand first
		d.text = append(d.text, strings.ToLower(strings.Join([]string{l.Name, l.Address, l.Shown, l.Chinese, l.Platform, l.Account, l.Unit, l.Area, l.SiteCode}, "\n")))
		switch l.Kind {
		case "site", "domain":
			if _, known := d.hosts[l.Address]; !known {
				d.hosts[l.Address] = i
				protected = append(protected, l.Address)
			}
			if zone := zoneOf(l.Address); zone != "" {
				if _, known := d.zones[zone]; !known {
					d.zones[zone] = i
				}
			}
		default:
			if k := registry.AddressKey(l.Address); k != "" && l.Address != "" {
				d.urls[k] = i
			}
		}
	}
	for _, host := range d.Retired {
		d.retired[host] = true
		// People leave www out: the name without it was given up too.
		if zone := zoneOf(host); zone != "" {
			if _, held := d.zones[zone]; !held {
				d.retired[zone] = true
			}
		}
	}
	// Portals first: of several names in one zone the first is the one told.
	slices.SortStableFunc(protected, func(a, b string) int {
		return cmp.Compare(boolRank(!strings.HasPrefix(a, "www.")), boolRank(!strings.HasPrefix(b, "www.")))
	})
	d.matcher = lookalike.New(protected)
	return d, nil
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// zoneOf is the domain below which only its holder gives out names: the host
// without www, when that is no public suffix itself.
func zoneOf(host string) string {
	z := strings.TrimPrefix(host, "www.")
	if s, _ := publicsuffix.PublicSuffix(z); s == z || !strings.Contains(z, ".") {
		return ""
	}
	return z
}

// Standing is how an address stands to the directory.
type Standing string

// The standings.
const (
	Official  Standing = "official"  // listed
	Below     Standing = "below"     // under a listed domain
	Retired   Standing = "retired"   // given up
	Lookalike Standing = "lookalike" // like a listed one
	Unlisted  Standing = "unlisted"  // under a government suffix, not in this province's list
	Unknown   Standing = "unknown"
	Nonsense  Standing = "nonsense" // no address
)

// judge says how an address, as citizens paste it, stands.
func (d *directory) judge(address string) (Standing, registry.Listed, string) {
	address = strings.TrimSpace(address)
	if i, ok := d.urls[registry.AddressKey(address)]; ok {
		return Official, d.Entries[i], ""
	}
	host, err := registry.NormalizeHost(hostOf(address))
	if err != nil {
		return Nonsense, registry.Listed{}, ""
	}
	if i, ok := d.hosts[host]; ok {
		return Official, d.Entries[i], host
	}
	// The nearest zone above: the address is given out by its holder, or by
	// whoever took the name that was given up.
	for z := host; strings.Contains(z, "."); {
		i, held := d.zones[z]
		if d.retired[z] && (z == host || !held) {
			return Retired, registry.Listed{}, host
		}
		if held {
			return Below, d.Entries[i], host
		}
		_, z, _ = strings.Cut(z, ".")
	}
	if v := d.matcher.Check(host); v.Lookalike {
		if i, ok := d.hosts[v.Imitates]; ok {
			return Lookalike, d.Entries[i], host
		}
		return Lookalike, registry.Listed{}, host
	}
	if strings.HasSuffix(host, ".gov.cn") || registry.DomainKindOf(host) == registry.ChineseDomain {
		return Unlisted, registry.Listed{}, host
	}
	return Unknown, registry.Listed{}, host
}

// hostOf is the host in what people paste: with or without scheme, path, port
// or user.
func hostOf(s string) string {
	s = strings.NewReplacer("。", ".", "．", ".", "｡", ".").Replace(s)
	if _, rest, ok := strings.Cut(s, "://"); ok {
		s = rest
	}
	if i := strings.IndexAny(s, "/?#\\"); i >= 0 {
		s = s[:i]
	}
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		s = s[i+1:]
	}
	if name, _, ok := strings.Cut(s, ":"); ok {
		s = name
	}
	return s
}

// find lists the entries that hold every word of the question, at most limit
// after offset, and how many there are. Without a kind a site's own host is told
// once, with the site.
func (d *directory) find(question, kind string, limit, offset int) (out []registry.Listed, total int) {
	words := strings.Fields(strings.ToLower(question))
	for i, text := range d.text {
		if kind != "" && d.Entries[i].Kind != kind || kind == "" && d.twice[i] {
			continue
		}
		ok := true
		for _, w := range words {
			if !strings.Contains(text, w) {
				ok = false
				break
			}
		}
		if !ok {
			continue
		}
		if total++; total > offset && len(out) < limit {
			out = append(out, d.Entries[i])
		}
	}
	return out, total
}
