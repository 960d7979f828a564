package impostor

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"zhengshu/internal/abridge"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/likeness"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// A name says little about a fake: what stands on its page says more. Where a look
// finds the page, it is set beside the home page of the site it may pass itself off
// as. What is alike is shown to the person who verifies, and says which case to look
// at first; it decides nothing.

// Likeness is what a page has in common with the genuine one.
type Likeness struct {
	With  string   `json:"with"`            // address of the genuine page
	Score int      `json:"score"`           // 0 to 100: which case first
	Pack  string   `json:"pack,omitempty"`  // version of the weights
	Signs []Sign   `json:"signs,omitempty"` // all that were compared
	Why   string   `json:"why,omitempty"`   // why nothing was compared
	Logo  blob.Ref `json:"logo,omitempty"`  // of the suspected site
	Ours  blob.Ref `json:"ours,omitempty"`  // of the genuine one
}

// Sign is one thing that was compared.
type Sign struct {
	Name   string `json:"name"`
	Alike  bool   `json:"alike"`
	Fake   string `json:"fake"`   // what stands there
	Ours   string `json:"ours"`   // what stands on the genuine page
	Weight int    `json:"weight"` // of the score, where it is alike
}

// Alike counts the signs that are alike.
func (l Likeness) Alike() (n int) {
	for _, s := range l.Signs {
		if s.Alike {
			n++
		}
	}
	return n
}

// likenessPack is how much each sign weighs in the order of what waits, no measure of
// guilt, and from when on a sign counts as alike: texts, titles and menus in hundredths,
// a menu of so many words, so many links to the genuine site, pictures that differ in at
// most so many of 64 bits (other sizes and compressions of one stay far below). No source gives them: data with their mark, shown as 未核实.
type likenessPack struct {
	Version string `json:"version"`
	Source  string `json:"source"`
	Mark    string `json:"mark"`
	Weights struct {
		Code  int `json:"code"` // a copied site code, filing or mark is no accident
		Text  int `json:"text"`
		Logo  int `json:"logo"`
		Title int `json:"title"`
		Menu  int `json:"menu"`
		Icon  int `json:"icon"`
		Links int `json:"links"`
	} `json:"weights"`
	Alike struct {
		Text  int `json:"text_percent"`
		Title int `json:"title_percent"`
		Menu  int `json:"menu_percent"`
		Words int `json:"menu_words"`
		Links int `json:"links"`
		Bits  int `json:"look_bits"`
	} `json:"alike"`
}

//go:embed likeness.json
var likenessJSON []byte

// weights is the compiled-in pack; a test holds that it is readable and whole.
var weights = func() (p likenessPack) {
	if check.ReadPack(likenessJSON, &p) != nil {
		return likenessPack{}
	}
	return p
}()

// LikenessEdition names the pack that a score was made with, with what is not verified of
// it; of a score that was kept before packs had a version, version is empty.
func LikenessEdition(version string) string {
	name := "权重 " + version
	if version == "" {
		name = "权重"
	}
	if strings.HasPrefix(weights.Mark, "M") {
		name += "（没有出处，未核实）"
	}
	return name
}

// LogoSign is the name of the sign that pictures are kept for.
const LogoSign = "标志图片"

// side is one of the two pages, with its pictures.
type side struct {
	page *check.Page
	logo []byte
	icon []byte
}

// compare sets a page beside the genuine one.
func compare(fake, ours side, site registry.Site) (l Likeness) {
	l.Pack = weights.Version
	add := func(name string, alike bool, weight int, f, o string) {
		l.Signs = append(l.Signs, Sign{Name: name, Alike: alike, Fake: abridge.Text(f, 200), Ours: abridge.Text(o, 200), Weight: weight})
	}
	a, b := strings.TrimSpace(fake.page.Title), strings.TrimSpace(ours.page.Title)
	if a != "" && b != "" {
		add("标题", pairs(a, b) >= weights.Alike.Title, weights.Weights.Title, a, b)
	}
	if theirs, menu := menuOf(fake.page), menuOf(ours.page); len(menu) >= weights.Alike.Words {
		var both []string
		for _, w := range menu {
			if slices.Contains(theirs, w) {
				both = append(both, w)
			}
		}
		add("栏目和导航文字", 100*len(both) >= weights.Alike.Menu*len(menu), weights.Weights.Menu, fmt.Sprintf("相同 %d 个：%s", len(both), strings.Join(both[:min(len(both), 12)], "、")), fmt.Sprintf("共 %d 个：%s", len(menu), strings.Join(menu[:min(len(menu), 12)], "、")))
	}
	if x, y := likeness.Of("", fake.page.VisibleText), likeness.Of("", ours.page.VisibleText); !x.Empty() && !y.Empty() {
		n := int(100*x.Shared(y) + 0.5)
		add("页面文字", n >= weights.Alike.Text, weights.Weights.Text, fmt.Sprintf("约 %d%% 与官方网站相同", n), fmt.Sprintf("%d 字", len([]rune(ours.page.VisibleText))))
	}
	if len(fake.logo) > 0 && len(ours.logo) > 0 {
		add(LogoSign, alikeLooks(fake.logo, ours.logo), weights.Weights.Logo, size(fake.logo), size(ours.logo))
	}
	if len(fake.icon) > 0 && len(ours.icon) > 0 {
		add("浏览器标签图标", bytes.Equal(fake.icon, ours.icon) || alikeLooks(fake.icon, ours.icon), weights.Weights.Icon, size(fake.icon), size(ours.icon))
	}
	n, first := 0, ""
	for _, link := range fake.page.Links {
		if u, err := url.Parse(link.URL); err == nil && strings.EqualFold(u.Hostname(), site.Host) {
			n, first = n+1, cmp.Or(first, link.URL)
		}
	}
	add("指向官方网站的链接", n >= weights.Alike.Links, weights.Weights.Links, strings.TrimSpace(fmt.Sprintf("%d 个 %s", n, first)), site.Host)
	source := squeeze(fake.page.Text)
	for _, x := range []struct{ name, value string }{{"网站标识码", site.SiteCode}, {"ICP 备案号", site.ICP}, {"公安备案号", site.PoliceFiling}, {"党政机关网站标识", markID(site.PartyGovMark)}} {
		if len([]rune(x.value)) < 6 {
			continue
		}
		copied := strings.Contains(source, squeeze(x.value))
		stands := map[bool]string{true: "页面上有：" + x.value, false: "页面上没有"}[copied]
		add(x.name, copied, weights.Weights.Code, stands, x.value)
	}
	for _, s := range l.Signs {
		if s.Alike {
			l.Score = min(100, l.Score+s.Weight)
		}
	}
	return l
}

func size(b []byte) string { return fmt.Sprintf("%d 字节", len(b)) }

// squeeze leaves out blanks and writes in lower case.
func squeeze(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), "")) }

// markID is the part of the mark that is the site's own, where the ledger keeps its
// address.
func markID(mark string) string {
	if u, err := url.Parse(mark); err == nil && u.Query().Get("id") != "" {
		return u.Query().Get("id")
	}
	return mark
}

// pairs is how many of their pairs of characters two short texts share, in hundredths
// of both.
func pairs(a, b string) int {
	count := map[[2]rune]int{}
	x, y := []rune(squeeze(a)), []rune(squeeze(b))
	if len(x) < 2 || len(y) < 2 {
		return 0
	}
	for i := range len(x) - 1 {
		count[[2]rune{x[i], x[i+1]}]++
	}
	both := 0
	for i := range len(y) - 1 {
		if p := [2]rune{y[i], y[i+1]}; count[p] > 0 {
			count[p]--
			both++
		}
	}
	return 200 * both / (len(x) + len(y) - 2)
}

// menuOf are the short words that links of a page bear, each once.
func menuOf(p *check.Page) (out []string) {
	for _, l := range p.Links {
		w := squeeze(l.Text)
		if n := len([]rune(w)); n >= 2 && n <= 8 && !slices.Contains(out, w) {
			if out = append(out, w); len(out) == 300 {
				break
			}
		}
	}
	return out
}

// picturesOf are the addresses of the logo and of the icon of a page; empty where it
// names none.
func picturesOf(p *check.Page) (logo, icon string) {
	at, err := url.Parse(p.URL)
	if err != nil || p.Root == nil {
		return "", ""
	}
	whole := func(ref string) string {
		u, err := at.Parse(strings.TrimSpace(ref))
		if err != nil || u.Scheme != "http" && u.Scheme != "https" {
			return ""
		}
		return u.String()
	}
	for n := range p.Root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		attr := map[string]string{}
		for _, a := range n.Attr {
			attr[a.Key] = a.Val
		}
		switch n.Data {
		case "img":
			about := strings.ToLower(attr["src"] + " " + attr["class"] + " " + attr["id"] + " " + attr["alt"])
			for _, a := range n.Parent.Attr {
				if a.Key == "class" || a.Key == "id" {
					about += " " + strings.ToLower(a.Val)
				}
			}
			if logo == "" && attr["src"] != "" && (strings.Contains(about, "logo") || strings.Contains(about, "标志")) {
				logo = whole(attr["src"])
			}
		case "link":
			if icon == "" && slices.Contains(strings.Fields(strings.ToLower(attr["rel"])), "icon") {
				icon = whole(attr["href"])
			}
		}
	}
	return logo, cmp.Or(icon, whole("/favicon.ico"))
}

// beside reads what a page shows of pictures, each by one request of its host's turn.
func (s *Service) beside(ctx context.Context, page *check.Page) side {
	out := side{page: page}
	logo, icon := picturesOf(page)
	for _, x := range []struct {
		at   string
		into *[]byte
	}{{logo, &out.logo}, {icon, &out.icon}} {
		if x.at == "" {
			continue
		}
		resp, ok, _, err := s.Manners.Fetch(ctx, x.at, egress.Options{RecordTLSFault: true, MaxBody: maxPicture})
		if ok && err == nil && resp.Status == 200 && !strings.HasPrefix(strings.ToLower(resp.Header.Get("Content-Type")), "text/") {
			*x.into = resp.Body
		}
	}
	return out
}

// liken sets the page of a look beside the genuine site's; nothing where it is not
// known which that is. Pages that did not come are told, and never called unlike.
func (s *Service) liken(ctx context.Context, c Case, page *check.Page) (*Likeness, error) {
	if c.Of.Kind != sx2021.Site || c.Of.ID == "" {
		return nil, nil
	}
	site, err := s.Registry.Site(ctx, authz.System("impostor.look"), registry.SiteID(c.Of.ID))
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	with := "http://" + site.Host + "/"
	if s.Address != nil {
		with = s.Address(site)
	}
	l := Likeness{With: with}
	resp, ok, why, err := s.Manners.Fetch(ctx, with, egress.Options{RecordTLSFault: true, MaxBody: 1 << 20})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case !ok:
		l.Why = "官方网站没有打开，未能比对：" + why.Says()
		return &l, nil
	case err != nil || resp.Status != 200:
		l.Why = "官方网站没有打开，未能比对。"
		return &l, nil
	}
	genuine, err := check.ParsePage(resp.Body, resp.Header.Get("Content-Type"), cmp.Or(resp.Final, with))
	if err != nil {
		l.Why = "官方网站首页未能读取，没有比对。"
		return &l, nil
	}
	fake, ours := s.beside(ctx, page), s.beside(ctx, genuine)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	l = compare(fake, ours, site)
	l.With = with
	for _, x := range []struct {
		body []byte
		into *blob.Ref
	}{{fake.logo, &l.Logo}, {ours.logo, &l.Ours}} {
		if _, err := decoded(x.body); err != nil {
			continue // shown is what is a picture
		}
		if *x.into, err = s.Store.Put(ctx, bytes.NewReader(x.body)); err != nil {
			return nil, err
		}
	}
	return &l, nil
}

// Picture is a logo that was kept with a look at a case in scope, drawn anew: of the
// suspected site, or ours.
func (s *Service) Picture(ctx context.Context, scope authz.Scope, id, look string, ours bool) ([]byte, error) {
	if _, err := s.caseTx(ctx, s.DB, scope, id); err != nil {
		return nil, err
	}
	text, err := db.One(ctx, s.DB, db.Value[string], `SELECT likeness FROM impostor_look WHERE id = $1 AND impostor_id = $2`, look, id)
	if db.None(err) || err == nil && text == "" {
		return nil, fault.Missing("标志图片")
	}
	if err != nil {
		return nil, err
	}
	var l Likeness
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		return nil, fmt.Errorf("impostor: likeness of look %s: %w", look, err)
	}
	ref := l.Logo
	if ours {
		ref = l.Ours
	}
	if ref == "" {
		return nil, fault.Missing("标志图片")
	}
	r, err := s.Store.Open(ctx, ref)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	body, err := io.ReadAll(io.LimitReader(r, maxPicture+1))
	if err != nil {
		return nil, err
	}
	return Redrawn(body)
}
