package library

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/prose"
)

// Examining is what the checks of the library are made with beside the reader
// of texts; given at start, each part may be missing.
type Examining struct {
	// Edition names the rules and lists that texts are read by: results of
	// another edition are not used again.
	Edition func() string
	// Reader reads for one unit, with the lists it keeps itself, and names the
	// edition of what it reads by; nil reads for all alike.
	Reader func(ctx context.Context, unit org.UnitID) (read Inspector, edition string, err error)
	// Words are the text of an attachment, by its hash and name, or what of it
	// could be read beside an error. An error is shown to the author: a sentence
	// in Chinese.
	Words func(ctx context.Context, hash, name string) (string, error)
	// Own says whether an address leads to a site hosted here, and to which
	// item; empty for a page that is no item.
	Own func(address string) (item ItemID, ours bool)
	// Fetch asks for an address outside, as the patrol does; why is the reason
	// where nothing can be said of it. Only the job uses it.
	Fetch func(ctx context.Context, l check.Link) (r check.LinkResult, why string, err error)
}

// ExamineWith completes the checks; at start.
func (s *Service) ExamineWith(e Examining) { s.examining = e }

func (s *Service) edition() string {
	if s.examining.Edition == nil {
		return check.Edition()
	}
	return s.examining.Edition()
}

// reader is what a unit's texts are read with, and its edition.
func (s *Service) reader(ctx context.Context, unit org.UnitID) (Inspector, string, error) {
	if s.examining.Reader == nil || s.inspect == nil {
		return s.inspect, s.edition(), nil
	}
	return s.examining.Reader(ctx, unit)
}

// examined are the conclusions of the checks on one version.
type examined struct {
	edition string
	texts   []Result // what reading the texts gave: kept and used again
	facts   []Result // what the rest of the version gives today
	stand   []Result // what stands of it in the item, with its reasons; filled by resultsOf
}

func (e examined) all() []Result { return slices.Concat(e.texts, e.facts) }

// readings remembers what was read in attachments: their content never
// changes, and a version saved ten times has the same list attached.
type readings struct {
	mu   sync.Mutex
	kept map[string][]Result
}

const mostReadings = 512

func (r *readings) get(key string) ([]Result, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.kept[key]
	return v, ok
}

func (r *readings) put(key string, v []Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.kept) >= mostReadings || r.kept == nil {
		r.kept = map[string][]Result{}
	}
	r.kept[key] = v
}

// read reads a title, a text, the answers and the words of the attachments.
func (s *Service) read(ctx context.Context, by Inspector, edition string, m Meta, doc prose.Doc) []Result {
	out := inspectVersion(by, m, doc.Lines())
	if by == nil || s.examining.Words == nil {
		return out
	}
	for _, a := range attachmentsOf(doc) {
		hash, name := a.Word("hash"), a.Word("name")
		key := edition + "|" + hash + "|" + name
		if hash != "" {
			if kept, ok := s.readings.get(key); ok {
				out = append(out, kept...)
				continue
			}
		}
		found := s.readAttachment(ctx, by, hash, name)
		if hash != "" && ctx.Err() == nil {
			s.readings.put(key, found)
		}
		out = append(out, found...)
	}
	return out
}

func (s *Service) readAttachment(ctx context.Context, by Inspector, hash, name string) []Result {
	field := "附件“" + name + "”"
	out := []Result{}
	words, err := s.examining.Words(ctx, hash, name) // with an error comes what could be read
	if err != nil {
		says := "附件“" + name + "”读不出来，没有检查其中的文字；请重新上传，或人工核对。"
		var f *fault.Error
		if errors.As(err, &f) {
			says = f.Says
		}
		out = findings(check.Run(check.Facts{Item: &check.Item{Unread: []string{says}}}))
	}
	for _, r := range inspectPart(by, field, words) {
		// A list of names is no prose: only what must not be public counts.
		if strings.HasPrefix(r.Kind, "privacy.") || strings.HasPrefix(r.Kind, check.KindSensitive) {
			out = append(out, r)
		}
	}
	return out
}

// examine concludes on a version: from what is kept of the same text by the
// same rules, or anew.
func (s *Service) examine(ctx context.Context, q db.Querier, unit org.UnitID, m Meta, doc prose.Doc, sha string) (examined, error) {
	by, edition, err := s.reader(ctx, unit)
	if err != nil {
		return examined{}, err
	}
	e := examined{edition: edition}
	kept, err := s.kept(ctx, q, sha, e.edition)
	if err != nil {
		return e, err
	}
	if e.texts = kept; kept == nil {
		e.texts = s.read(ctx, by, edition, m, doc)
	}
	e.facts = s.facts(m, doc)
	return e, nil
}

// kept are the stored results of the same text by the same rules, whatever
// item it stands in; nil for none.
func (s *Service) kept(ctx context.Context, q db.Querier, sha, edition string) ([]Result, error) {
	text, err := db.One(ctx, q, db.Value[string], `SELECT results FROM item_check WHERE sha256 = $1 AND rules = $2 LIMIT 1`, sha, edition)
	if db.None(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := []Result{}
	return out, json.Unmarshal([]byte(text), &out)
}

// facts are the checks on what is said about an item and what it holds beside
// words. They cost nothing and depend on the day, so they are never kept.
func (s *Service) facts(m Meta, doc prose.Doc) []Result {
	i := check.Item{Policy: m.Type == Policy, DocNo: m.DocNo, Issuer: m.Issuer, Written: m.Written, Links: linksOf(doc)}
	walk(doc.Content, func(n prose.Node) {
		if n.Type == prose.Figure && n.Word("kind") == "image" {
			i.Pictures = append(i.Pictures, check.Picture{Src: n.Word("src"), Alt: n.Word("alt"), Caption: n.Word("caption"), Source: n.Word("source")})
		}
	})
	return findings(check.Run(check.Facts{Item: &i, Today: calendar.DateOf(s.db.Now())}))
}

// findings turns conclusions of the table into results.
func findings(list []check.Finding) []Result {
	var out []Result
	for _, f := range check.Violations(list) {
		if c, ok := check.ByID(f.Check); !ok || !c.On(check.OnItem) {
			continue
		}
		out = append(out, Result{Field: f.Where, Kind: f.Check, Severity: f.Severity, Wrong: f.Says, Says: f.Says + f.Fix, Near: f.Where, Right: []string{}, Sum: sumOf(f.Check, f.Says+f.Where)})
	}
	return out
}

func walk(list []prose.Node, do func(prose.Node)) {
	for _, n := range list {
		do(n)
		walk(n.Content, do)
	}
}

func attachmentsOf(d prose.Doc) []prose.Node {
	var out []prose.Node
	walk(d.Content, func(n prose.Node) {
		if n.Type == prose.Attachment {
			out = append(out, n)
		}
	})
	return out
}

// linksOf are the links of a document; pieces of one link that differ in their
// looks are one.
func linksOf(d prose.Doc) []check.Link {
	var out []check.Link
	last := ""
	walk(d.Content, func(n prose.Node) {
		href := ""
		for _, m := range n.Marks {
			if m.Type == prose.LinkMark {
				href = m.Word("href")
			}
		}
		switch {
		case href == "":
			if n.Type != prose.TextNode || n.Text != "" {
				last = ""
			}
		case href == last:
			out[len(out)-1].Text += n.Text
		default:
			out = append(out, check.Link{Href: href, URL: href, Text: n.Text})
			last = href
		}
	})
	return out
}

// standing are the results that depend on what else is in the house: links to
// pages that are gone, what the job learnt of addresses outside, and the
// interpretation a policy file waits for. They are asked every time.
func (s *Service) standing(ctx context.Context, q db.Querier, id ItemID, m Meta, doc prose.Doc) ([]Result, error) {
	var out []Result
	add := func(kind string, sev check.Severity, field, says, near string) {
		out = append(out, Result{Field: field, Kind: kind, Severity: sev, Wrong: near, Says: says, Near: near, Right: []string{}, Sum: sumOf(kind, near)})
	}
	gone := func(target ItemID) (bool, error) {
		n, err := db.One(ctx, q, db.Value[int], `SELECT count(*) FROM item_live WHERE item_id = $1`, target)
		return n == 0, err
	}
	learnt, asked := map[string]check.Finding{}, map[string]bool{}
	if id != "" {
		type outlink struct{ href, state, says string }
		list, err := db.All(ctx, q, func(r db.Scanner) (outlink, error) {
			var o outlink
			return o, r.Scan(&o.href, &o.state, &o.says)
		}, `SELECT href, state, says FROM item_outlink WHERE item_id = $1`, id)
		if err != nil {
			return nil, err
		}
		for _, o := range list {
			if asked[o.href] = true; o.state != string(check.LinkAlive) {
				learnt[o.href] = check.Finding{Check: "link." + o.state, Says: o.says}
			}
		}
	}
	if s.examining.Fetch != nil {
		waiting := slices.DeleteFunc(s.outlinks(doc), func(l check.Link) bool { return asked[l.Href] })
		if n := len(waiting); n > 0 {
			add(linkWaiting, check.Advice, "链接", fmt.Sprintf("有 %d 个外部链接还没有检测。保存后由系统逐个打开，结果几分钟内显示在这里，请刷新查看。", n), waiting[0].Text+" "+waiting[0].Href)
		}
	}
	for _, l := range linksOf(doc) {
		if f, ok := learnt[l.Href]; ok {
			sev := check.Error
			if f.Check == "link."+string(check.LinkRefused) || f.Check == "link."+linkUntested {
				sev = check.Advice
			}
			add(f.Check, sev, "链接", f.Says, l.Text+" "+l.Href)
		}
		if strings.HasPrefix(l.Href, "/console/") {
			add("link.console", check.Error, "链接", "链接指向工作台，读者打不开，请改为公开页面的网址。", l.Text+" "+l.Href)
			continue
		}
		if s.examining.Own == nil {
			continue
		}
		target, ours := s.examining.Own(l.Href)
		if !ours || target == "" {
			continue
		}
		switch dead, err := gone(target); {
		case err != nil:
			return nil, err
		case dead:
			add("link.gone", check.Error, "链接", "链接指向的稿件没有公开或已撤稿，请修正或删除该链接。", l.Text+" "+l.Href)
		}
	}
	var refs []prose.Node
	walk(doc.Content, func(n prose.Node) {
		if n.Type == prose.PolicyRef {
			refs = append(refs, n)
		}
	})
	for _, n := range refs {
		switch dead, err := gone(ItemID(n.Word("id"))); {
		case err != nil:
			return nil, err
		case dead:
			add("link.gone", check.Error, "政策引用", "引用的政策文件没有公开或已撤稿，请核对。", n.Word("title"))
		}
	}
	if m.Type != Policy || !m.Important {
		return out, nil
	}
	var forms []string
	if id != "" {
		var err error
		if forms, err = readyForms(ctx, q, id); err != nil {
			return nil, err
		}
	}
	slices.Sort(forms)
	switch n := len(slices.Compact(forms)); {
	case n == 0:
		add("interpretation.missing", check.Advice, "政策解读", "重要政策文件要同步发布解读：终审时没有解读材料，也没有批准缓发的，不能发布（第十四条（三））。请先起草解读并关联。", "没有可以同步发布的解读")
	case n < s.settings().InterpretationForms:
		add("interpretation.few", check.Advice, "政策解读", fmt.Sprintf("解读只有 %d 种形式，应多角度、多形式（不少于 %d 种），请补充图解、视频等形式。", n, s.settings().InterpretationForms), strings.Join(forms, "、"))
	}
	return out, nil
}

// Check says what the checks see in a manuscript that is not saved, with all
// that saving would bring to light. id is empty for a new one; the unit's
// allow list counts.
func (s *Service) Check(ctx context.Context, scope authz.Scope, id ItemID, w Writing) ([]Result, error) {
	unit := w.Unit
	if id != "" {
		it, err := s.Item(ctx, scope, id)
		if err != nil {
			return nil, err
		}
		unit = it.Unit
	}
	w.Meta = w.tidy()
	m := rendered(w)
	e, err := s.examine(ctx, s.db, unit, w.Meta, w.Doc, m.sha)
	if err != nil {
		return nil, err
	}
	return s.weigh(ctx, s.db, id, unit, w.Meta, w.Doc, e)
}

// weigh leaves out what the unit's allow list holds, adds what stands around
// the item, and puts the reasons given beside the rest.
func (s *Service) weigh(ctx context.Context, q db.Querier, id ItemID, unit org.UnitID, m Meta, doc prose.Doc, e examined) ([]Result, error) {
	around, err := s.standing(ctx, q, id, m, doc)
	if err != nil {
		return nil, err
	}
	list := append(e.all(), around...)
	allowed, err := s.allowedOn(ctx, q, unit, calendar.DateOf(s.db.Now()))
	if err != nil {
		return nil, err
	}
	out := []Result{}
	for _, r := range list {
		switch allowed[r.Sum] {
		case inForce:
			continue
		case claimed:
			r.Claimed = true
		}
		out = append(out, r)
	}
	if id == "" {
		return out, nil
	}
	given, err := reasonsOf(ctx, q, id)
	if err != nil {
		return nil, err
	}
	for i := range out {
		if g, ok := given[out[i].Key()]; ok {
			out[i].Reason, out[i].ReasonBy = g.reason, g.by
		}
	}
	return out, nil
}

// resultsOf are the results of a stored version as they stand now.
func (s *Service) resultsOf(ctx context.Context, q db.Querier, it Item, v Version) (examined, error) {
	doc, err := prose.Parse([]byte(v.Doc))
	if err != nil {
		return examined{}, err
	}
	e, err := s.examine(ctx, q, it.Unit, v.Meta, doc, v.SHA256)
	if err != nil {
		return e, err
	}
	e.stand, err = s.weigh(ctx, q, it.ID, it.Unit, v.Meta, doc, e)
	return e, err
}

// sumOf knows words again without showing them.
func sumOf(kind, words string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + words))
	return hex.EncodeToString(sum[:12])
}

// Key names a remark of an item from version to version: the same words among
// the same words.
func (r Result) Key() string { return sumOf(r.Field+"\x00"+r.Sum, r.Near) }

// outside reports whether an address has to be asked for: it leads out of the house, or to
// a page of a site hosted here that is no item.
func (s *Service) outside(href string) bool {
	u, err := url.Parse(href)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	if s.examining.Own != nil {
		if item, ours := s.examining.Own(href); ours && item != "" {
			return false
		}
	}
	return true
}

var errNoFetch = errors.New("library: no way out is wired")
