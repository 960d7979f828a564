package registry

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

//go:embed platforms/platforms.json
var platformPack []byte

// MiniApp is the platform of 小程序.
const MiniApp = "miniapp"

// Platform is a platform an account may stand on, as the pack describes it.
// Patterns tell what an address or a handle looks like today; one that does not
// fit is advice, never a refusal, because platforms change them.
type Platform struct {
	ID                 string   `json:"id"`
	Name               string   `json:"name"`
	Group              string   `json:"group"`
	Handle             string   `json:"handle"` // what the platform calls its handle
	HandlePattern      string   `json:"handle_pattern"`
	URLs               []string `json:"urls"`         // patterns; the groups id and handle are read from the address
	Canonical          string   `json:"canonical"`    // address made from {id}; empty when none can be made
	PermanentID        string   `json:"permanent_id"` // what the platform calls the id that never changes
	PermanentIDPattern string   `json:"permanent_id_pattern"`
	Forms              []string `json:"forms,omitempty"` // 订阅号, 服务号
	Purposes           []string `json:"purposes"`
	Comments           bool     `json:"comments"`
	Messages           bool     `json:"messages"`
	Verification       []string `json:"verification"`
	// Seen is V where bulletins name the platform, D where its place in the
	// list is our own decision.
	Seen string `json:"seen"`

	handle, id *regexp.Regexp
	urls       []*regexp.Regexp
}

// PlatformPack is the list with its source and confidence mark: the patterns
// are not verified against the platforms' own documents.
type PlatformPack struct {
	Source    string     `json:"source"`
	Mark      string     `json:"mark"`
	Platforms []Platform `json:"platforms"`
}

var platformList, platformIndex, Platforms = mustPlatforms()

// mustPlatforms reads the embedded pack; a test reads the same bytes, so a
// broken one does not ship. Platforms are the names by id.
func mustPlatforms() (PlatformPack, map[string]Platform, map[string]string) {
	p, err := ReadPlatforms(platformPack)
	if err != nil {
		panic(err)
	}
	index, names := map[string]Platform{}, map[string]string{}
	for _, v := range p.Platforms {
		index[v.ID], names[v.ID] = v, v.Name
	}
	return p, index, names
}

// AllPlatforms is the pack in force, in screen order.
func AllPlatforms() PlatformPack { return platformList }

// PlatformOf describes a platform; ok is false for an unknown one.
func PlatformOf(id string) (Platform, bool) {
	p, ok := platformIndex[id]
	return p, ok
}

// ReadPlatforms reads a pack strictly: unknown fields, double ids, names or
// patterns that do not compile are errors.
func ReadPlatforms(b []byte) (PlatformPack, error) {
	var p PlatformPack
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return PlatformPack{}, fmt.Errorf("registry: platforms: %w", err)
	}
	if p.Source == "" || !slices.Contains([]string{"V", "D", "M+", "M-"}, p.Mark) {
		return PlatformPack{}, fmt.Errorf("registry: platforms: no source or mark")
	}
	seen := map[string]bool{}
	for i := range p.Platforms {
		v := &p.Platforms[i]
		if v.ID == "" || v.Name == "" || v.Group == "" || seen[v.ID] || seen["="+v.Name] {
			return PlatformPack{}, fmt.Errorf("registry: platform %d %q: id, name or group is missing or stands twice", i+1, v.ID)
		}
		seen[v.ID], seen["="+v.Name] = true, true
		for _, u := range v.Purposes {
			if !slices.Contains(Purposes, u) {
				return PlatformPack{}, fmt.Errorf("registry: platform %s: purpose %q is unknown", v.ID, u)
			}
		}
		var err error
		compile := func(s string) *regexp.Regexp {
			if s == "" || err != nil {
				return nil
			}
			var r *regexp.Regexp
			if r, err = regexp.Compile(s); err != nil {
				err = fmt.Errorf("registry: platform %s: %w", v.ID, err)
			}
			return r
		}
		v.handle, v.id = compile(v.HandlePattern), compile(v.PermanentIDPattern)
		for _, u := range v.URLs {
			v.urls = append(v.urls, compile(u))
		}
		if err != nil {
			return PlatformPack{}, err
		}
	}
	return p, nil
}

// Purposes are what an account is for (domain.md: 发布, 服务, 互动).
var Purposes = []string{"发布", "服务", "互动"}

// Read takes the permanent id and the handle out of an address, as far as the
// patterns tell them. ok is false when the address does not look like one of
// the platform's; a platform without patterns knows nothing.
func (p Platform) Read(address string) (id, handle string, ok bool) {
	if len(p.urls) == 0 {
		return "", "", true
	}
	for _, r := range p.urls {
		m := r.FindStringSubmatch(address)
		if m == nil {
			continue
		}
		if i := r.SubexpIndex("id"); i > 0 {
			id = m[i]
		}
		if i := r.SubexpIndex("handle"); i > 0 {
			handle = m[i]
		}
		return id, handle, true
	}
	return "", "", false
}

// Address is the canonical address of a permanent id, "" when none can be made.
func (p Platform) Address(id string) string {
	if p.Canonical == "" || id == "" {
		return ""
	}
	return strings.ReplaceAll(p.Canonical, "{id}", id)
}

// Advice says what does not look like the platform's own: for a person to look
// at again.
func (p Platform) Advice(a Account) []string {
	var out []string
	id, _, ok := p.Read(a.URL)
	if a.URL != "" && !ok {
		out = append(out, "网址“"+a.URL+"”不像"+p.Name+"的账号网址，请核对。")
	}
	if a.PlatformID != "" && p.id != nil && !p.id.MatchString(a.PlatformID) {
		out = append(out, p.PermanentID+"“"+a.PlatformID+"”不像"+p.Name+"的格式，请核对。")
	}
	if id != "" && a.PlatformID != "" && id != a.PlatformID {
		out = append(out, "网址中的标识是“"+id+"”，台账中的"+p.PermanentID+"是“"+a.PlatformID+"”，两者不同，请核对。")
	}
	if a.Handle != "" && p.handle != nil && !p.handle.MatchString(a.Handle) {
		out = append(out, p.Handle+"“"+a.Handle+"”不像"+p.Name+"的格式，请核对。")
	}
	return out
}
