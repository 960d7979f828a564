package publishing

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"maps"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/disclosure"
	"zhengshu/internal/library"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
)

const (
	jsonKind = "application/json; charset=utf-8"
	csvKind  = "text/csv; charset=utf-8"
	atomKind = "application/atom+xml; charset=utf-8"
	feedKind = "application/feed+json; charset=utf-8"

	mostPeople    = 200
	mostUnits     = 500
	mostReports   = 500
	mostSets      = 500
	partEntries   = 8
	shownValues   = 8 // of a facet before the rest is folded away
	fullEntries   = 10
	renditions    = 120 // of the hotline's feed
	rendEach      = 40  // of one column
	kioskEach     = 12
	renditionText = 4_000 // characters
	// Over so many files what can be chosen is looked up every so often, without
	// numbers: counting them must not hold an urgent notice up.
	countedUpTo  = 5_000
	countedEvery = 10 * time.Minute
)

// kinds says which page draws a column's own page, by the class of the column;
// a class that is not here has a list. 信息公开制度, 目录, 指南 and 依申请公开 are
// lists too: the section gathers them.
var kinds = map[string]func(d *drawing, ctx context.Context, c theme.Column, p theme.ColumnPage) error{
	"负责人信息": (*drawing).people, "机构职能": (*drawing).units, "信息公开年报": (*drawing).reports, "政策文件": (*drawing).holdings, "政策解读": (*drawing).holdings,
}

// people draws the people in charge in their order; who has left is in no list.
func (d *drawing) people(ctx context.Context, c theme.Column, p theme.ColumnPage) error {
	list, err := d.p.library.LiveItems(ctx, d.q, registry.ColumnID(c.ID), mostPeople, 0)
	if err != nil {
		return err
	}
	type placed struct {
		order int
		card  theme.PersonCard
	}
	var all []placed
	for _, e := range list {
		if e.Item.Type != library.Leader {
			continue
		}
		a := e.Item.Answers
		if until, err := calendar.ParseDate(a["until"]); err == nil && !until.IsZero() && !until.After(calendar.DateOf(d.e.now)) {
			continue
		}
		n, err := strconv.Atoi(a["order"])
		if err != nil {
			n = 1000 // without an order of one's own: after the others
		}
		all = append(all, placed{n, theme.PersonCard{Name: cmp.Or(a["name"], e.Title()), Post: a["post"], Href: Path(e.Item), Photo: localOr(a["photo"]), Duties: linesOf(a["duties"])}})
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.order, b.order) })
	page := theme.People{Column: c, Siblings: p.Siblings}
	for _, x := range all {
		page.People = append(page.People, x.card)
	}
	frame := theme.SectionFrame(d.site, c, "page-people")
	b, err := theme.PeoplePage.Draw(frame, page)
	if err := d.draw(c.Href(), htmlKind, b, err); err != nil {
		return err
	}
	b, err = theme.ElderPeoplePage.Draw(frame.Elderly(c.ElderHref()), page)
	return d.draw(c.ElderHref(), htmlKind, b, err)
}

func unitCard(title, href string, a library.Answers) theme.UnitCard {
	return theme.UnitCard{Name: cmp.Or(a["unit_name"], title), Href: href, Address: a["address"], Postcode: a["postcode"], Hours: a["hours"], Phone: a["phone"], Principal: a["principal"], Bodies: linesOf(a["bodies"])}
}

// units draws the units in one form. What is no unit's profile stands with its
// title and summary.
func (d *drawing) units(ctx context.Context, c theme.Column, p theme.ColumnPage) error {
	list, err := d.p.library.LiveItems(ctx, d.q, registry.ColumnID(c.ID), mostUnits, 0)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(list, func(e library.Entry) bool { return e.Item.Answers["address"] != "" }) {
		return d.listed(ctx, c, p)
	}
	page := theme.Units{Column: c, Siblings: p.Siblings}
	for _, e := range list {
		u := unitCard(e.Title(), Path(e.Item), e.Item.Answers)
		u.Duty = e.Item.Summary
		page.Units = append(page.Units, u)
	}
	frame := theme.SectionFrame(d.site, c, "page-units")
	b, err := theme.UnitsPage.Draw(frame, page)
	if err := d.draw(c.Href(), htmlKind, b, err); err != nil {
		return err
	}
	b, err = theme.ElderUnitsPage.Draw(frame.Elderly(c.ElderHref()), page)
	return d.draw(c.ElderHref(), htmlKind, b, err)
}

// reports draws the annual reports by the year they are about.
func (d *drawing) reports(ctx context.Context, c theme.Column, p theme.ColumnPage) error {
	list, err := d.p.library.LiveItems(ctx, d.q, registry.ColumnID(c.ID), mostReports, 0)
	if err != nil {
		return err
	}
	years := map[string][]theme.ReportRow{}
	for _, e := range list {
		y := cmp.Or(e.Item.Answers["report_year"], yearIn(e.Title()))
		years[y] = append(years[y], theme.ReportRow{Kind: e.Item.Answers["report_kind"], Title: e.Title(), Href: Path(e.Item), Issuer: e.Item.Issuer, At: e.Placement.ShownAt})
	}
	page := theme.Reports{Column: c, Siblings: p.Siblings}
	for _, y := range slices.Backward(slices.Sorted(maps.Keys(years))) {
		page.Years = append(page.Years, theme.ReportYear{Year: y, Rows: years[y]})
	}
	frame := theme.SectionFrame(d.site, c, "page-reports")
	b, err := theme.ReportsPage.Draw(frame, page)
	if err := d.draw(c.Href(), htmlKind, b, err); err != nil {
		return err
	}
	b, err = theme.ElderColumnPage.Draw(frame.Elderly(c.ElderHref()), p)
	return d.draw(c.ElderHref(), htmlKind, b, err)
}

// yearIn is the first year that stands in a title, “2025年度…”; "" for none.
func yearIn(title string) string {
	for i := range title {
		if y := title[i:]; len(y) >= 4 {
			if n, err := strconv.Atoi(y[:4]); err == nil && n >= 1980 && n <= 2100 {
				return y[:4]
			}
		}
	}
	return ""
}

// listed draws a column as its list.
func (d *drawing) listed(ctx context.Context, c theme.Column, p theme.ColumnPage) error {
	frame := theme.ColumnFrame(d.site, p)
	b, err := theme.ColumnListPage.Draw(frame, p)
	if err := d.draw(c.Href(), htmlKind, b, err); err != nil {
		return err
	}
	b, err = theme.ElderColumnPage.Draw(frame.Elderly(c.ElderHref()), p)
	return d.draw(c.ElderHref(), htmlKind, b, err)
}

// holdings draws the first page of a column with a catalogue: its newest
// entries and what can be chosen. Choices are answered by the portal from the
// release's own index.
func (d *drawing) holdings(ctx context.Context, c theme.Column, p theme.ColumnPage) error {
	cat, _ := theme.CatalogueOf(c.Type)
	columns := []registry.ColumnID{registry.ColumnID(c.ID)}
	for _, o := range d.site.Columns {
		if o.Type == c.Type && o.ID != c.ID {
			columns = append(columns, registry.ColumnID(o.ID))
		}
	}
	total, counts, err := d.held(ctx, c.Type, columns)
	if err != nil {
		return err
	}
	by := map[string]map[string]int{}
	for _, n := range counts {
		for name, value := range map[string]string{"issuer": n.Issuer, "topic": n.Topic, "genre": n.Genre, "year": yearName(n.Year), "state": n.Validity.Name()} {
			if by[name] == nil {
				by[name] = map[string]int{}
			}
			if value != "" {
				by[name][value] += n.N
			}
		}
	}
	if cat.Type == string(library.Interpretation) {
		by["form"] = map[string]int{}
		for _, f := range library.Interpretation.Sort().Fields {
			if f.Name == "form" {
				for _, o := range f.Options {
					by["form"][o] = 0 // how many is counted where it is asked
				}
			}
		}
	}
	if cat.Type == string(library.Interpretation) {
		if err := d.interpreted(ctx, p.Entries); err != nil {
			return err
		}
	}
	h := theme.Holdings{Column: c, Children: p.Children, Siblings: p.Siblings, Noun: cat.Noun, Total: total, Action: theme.FindPath(c), Entries: p.Entries, Older: p.Older, Oldest: p.Oldest}
	for _, a := range cat.Aspects {
		g := theme.FacetGroup{Name: a.Name, Label: a.Label}
		for _, v := range ordered(a.Name, by[a.Name]) {
			o := theme.FacetOption{Text: v, Href: theme.FindPath(c) + "?" + url.Values{a.Name: {v}}.Encode()}
			if total <= countedUpTo {
				o.N = by[a.Name][v]
			}
			if len(g.Options) < shownValues {
				g.Options = append(g.Options, o)
			} else if len(g.More) < 40 {
				g.More = append(g.More, o)
			}
		}
		if len(g.Options) > 0 {
			h.Groups = append(h.Groups, g)
		}
	}
	if cat.InForce && total > 0 {
		h.InForce = theme.FindPath(c) + "?" + url.Values{"state": theme.InForce}.Encode()
	}
	frame := theme.HoldingsFrame(d.site, h)
	b, err := theme.HoldingsPage.Draw(frame, h)
	if err := d.draw(c.Href(), htmlKind, b, err); err != nil {
		return err
	}
	b, err = theme.ElderColumnPage.Draw(frame.Elderly(c.ElderHref()), p)
	return d.draw(c.ElderHref(), htmlKind, b, err)
}

// interpreted names, in a list of interpretations, the files they speak of.
func (d *drawing) interpreted(ctx context.Context, entries []theme.Entry) error {
	var ids []library.ItemID
	for _, e := range entries {
		ids = append(ids, itemAt(e.Href))
	}
	of, err := d.p.library.Interpreted(ctx, d.q, registry.SiteID(d.site.ID), ids)
	for i, e := range entries {
		for _, it := range of[itemAt(e.Href)] {
			entries[i].Of = append(entries[i].Of, theme.Link{Text: it.Title, Href: Path(it)})
		}
	}
	return err
}

// tallied is what can be chosen in a large column, as it was looked up last.
type tallied struct {
	at     time.Time
	counts []library.PolicyCount
}

// counts is what can be chosen in columns of so many live items.
func (d *drawing) counts(ctx context.Context, columns []registry.ColumnID, total int) ([]library.PolicyCount, error) {
	if total <= countedUpTo {
		return d.p.library.PolicyCounts(ctx, d.q, columns)
	}
	key := columns[0]
	if v, ok := d.p.tallies.Load(key); ok && !d.e.fresh && !d.whole {
		if t, is := v.(tallied); is && d.e.now.Sub(t.at) < countedEvery {
			return t.counts, nil
		}
	}
	list, err := d.p.library.PolicyCounts(ctx, d.q, columns)
	if err == nil {
		d.p.tallies.Store(key, tallied{d.e.now, list})
	}
	return list, err
}

// holding is what the columns of a type hold together, counted once for a
// release.
type holding struct {
	total  int
	counts []library.PolicyCount
}

func (d *drawing) held(ctx context.Context, kind string, columns []registry.ColumnID) (int, []library.PolicyCount, error) {
	if h, ok := d.holds[kind]; ok {
		return h.total, h.counts, nil
	}
	var h holding
	for _, id := range columns {
		n, err := d.p.library.LiveIn(ctx, d.q, id)
		if err != nil {
			return 0, nil, err
		}
		h.total += n
	}
	var err error
	if h.counts, err = d.counts(ctx, columns, h.total); err != nil {
		return 0, nil, err
	}
	if d.holds == nil {
		d.holds = map[string]holding{}
	}
	d.holds[kind] = h
	return h.total, h.counts, nil
}

func yearName(y int) string {
	if y == 0 {
		return ""
	}
	return strconv.Itoa(y)
}

// ordered are the values of an aspect: years newest first, validity in its
// order, anything else most first.
func ordered(aspect string, n map[string]int) []string {
	list := slices.Sorted(maps.Keys(n))
	switch aspect {
	case "year":
		slices.Reverse(list)
	case "state":
		rank := func(s string) int {
			return slices.IndexFunc(library.Validities, func(v library.Validity) bool { return v.Name() == s })
		}
		slices.SortStableFunc(list, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
	default:
		slices.SortStableFunc(list, func(a, b string) int { return cmp.Compare(n[b], n[a]) })
	}
	return list
}

// facets are what an item is found by.
func facets(it library.Item, v library.Version, c theme.Column, archived bool) map[string]string {
	f := map[string]string{"type": string(v.Type), "column": c.Slug, "issuer": v.Issuer, "topic": v.Topic, "genre": v.Genre, "state": it.Validity.Name()}
	if it.Type == library.Interpretation {
		f["form"] = v.Answers["form"]
	}
	if y := v.Written; !y.IsZero() {
		f["year"] = strconv.Itoa(y.Year)
	} else if !it.FirstPublishedAt.IsZero() {
		f["year"] = strconv.Itoa(calendar.DateOf(it.FirstPublishedAt).Year)
	}
	if archived {
		f["archived"] = "已归档"
	}
	return f
}

// sumOfFacets tells an index that something of them changed.
func sumOfFacets(f map[string]string) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(f)) {
		b.WriteString(" " + k + "=" + f[k])
	}
	return b.String()
}

func linesOf(s string) []string {
	var out []string
	for l := range strings.SplitSeq(s, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// localOr is a path of this site, or nothing: an address elsewhere is not drawn
// as ours.
func localOr(path string) string {
	if p, ok := localFile(path); ok {
		return p
	}
	return ""
}

// ofType are the columns of a class in the order of the site.
func (d *drawing) ofType(class ...string) []theme.Column {
	var out []theme.Column
	for _, c := range d.site.Columns {
		if slices.Contains(class, c.Type) {
			out = append(out, c)
		}
	}
	return out
}

// gathered draws the sections that gather several columns and what other
// houses of the law say of the site. They are drawn at each release: few pages
// of few queries; a page that did not change is the same object.
func (d *drawing) gathered(ctx context.Context) error {
	if err := d.disclosure(ctx); err != nil {
		return err
	}
	if err := d.announcements(ctx); err != nil {
		return err
	}
	if err := d.openData(ctx); err != nil {
		return err
	}
	return d.rendered(ctx)
}

// itemAt is the item of a content page.
func itemAt(page string) library.ItemID {
	return library.ItemID(strings.ToUpper(strings.TrimSuffix(path.Base(page), ".html")))
}

// stale reports whether a gathered page has to be drawn: it is not there, the
// whole site is drawn, or a column it speaks of was touched.
func (d *drawing) stale(path string, touched func(theme.Column) bool) (bool, error) {
	if _, was, err := d.e.was(path); err != nil || !was || d.e.fresh || d.whole {
		return true, err
	}
	if _, nudged := d.columns[nudge]; nudged {
		return true, nil
	}
	for id := range d.columns {
		if c, ok := d.column(id); ok && touched(c) {
			return true, nil
		}
	}
	return false, nil
}

func (d *drawing) shows(path string) bool {
	return slices.ContainsFunc(d.site.Sections, func(l theme.Link) bool { return l.Href == path })
}

// without takes a section's pages out where it has nothing to show.
func (d *drawing) without(paths ...string) error {
	for _, p := range paths {
		if _, was, err := d.e.was(p); err != nil {
			return err
		} else if was && !d.e.fresh {
			d.e.drop(p)
		}
	}
	return nil
}

// The classes of column of the five parts.
const (
	guideClass   = "信息公开指南"
	systemClass  = "信息公开制度"
	reportClass  = "信息公开年报"
	requestClass = "依申请公开"
)

// disclosure draws the section of its five fixed parts.
func (d *drawing) disclosure(ctx context.Context) error {
	if !d.shows(theme.DisclosurePath) {
		return d.without(theme.DisclosurePath, "/elder"+theme.DisclosurePath)
	}
	var spoken map[registry.ColumnID]bool
	if d.p.config.StatutoryColumns != nil {
		var err error
		if spoken, err = d.p.config.StatutoryColumns(ctx, d.q, registry.SiteID(d.site.ID)); err != nil {
			return err
		}
	}
	if draw, err := d.stale(theme.DisclosurePath, func(c theme.Column) bool {
		return spoken[registry.ColumnID(c.ID)] || slices.Contains([]string{guideClass, systemClass, reportClass, requestClass}, c.Type)
	}); err != nil || !draw {
		return err
	}
	part := func(id, name, says string, class string) (theme.DisclosurePart, error) {
		p := theme.DisclosurePart{ID: id, Name: name, Says: says}
		for _, c := range d.ofType(class) {
			list, err := d.entries(ctx, c, partEntries, 0)
			if err != nil {
				return p, err
			}
			p.Entries = append(p.Entries, list...)
			if p.More.Href == "" && len(list) > 0 {
				p.More = theme.Link{Text: "进入“" + c.Name + "”", Href: c.Href()}
			}
		}
		return p, nil
	}
	guide, err := part("guide", "政府信息公开指南", "怎样查阅主动公开的信息，怎样申请公开。", guideClass)
	if err != nil {
		return err
	}
	system, err := part("system", "政府信息公开制度", "国家和本地关于政府信息公开的规定。", systemClass)
	if err != nil {
		return err
	}
	statutory := theme.DisclosurePart{ID: "statutory", Name: "法定主动公开内容", Says: "按《政府信息公开条例》第十九条至第二十一条列出的目录。"}
	if d.p.config.Statutory != nil {
		places, err := d.p.config.Statutory(ctx, d.q, registry.SiteID(d.site.ID))
		if err != nil {
			return err
		}
		for _, p := range places {
			r := theme.StatutoryRow{Name: p.Name, Article: p.Article, Text: p.Text, N: p.Items, Newest: p.Newest, Why: p.NoneWhy}
			switch p.State() {
			case disclosure.Disclosed:
				r.State = "disclosed"
				statutory.Disclosed++
				if c, ok := d.column(p.Column); ok {
					r.Link = theme.Link{Text: c.Name, Href: c.Href()}
				} else {
					r.Link.Text = "见" + p.SiteName
				}
			case disclosure.None:
				r.State = "none"
			default:
				r.State = "missing"
			}
			statutory.Statutory = append(statutory.Statutory, r)
		}
	}
	report, err := part("report", "政府信息公开年报", "每年1月31日前公布上一年度的报告。", reportClass)
	if err != nil {
		return err
	}
	request, err := part("request", "依申请公开", "主动公开以外的政府信息，可以向本机关申请公开。", requestClass)
	if err != nil {
		return err
	}
	request.Steps = []string{"先查阅主动公开的内容，确认没有公开。", "写明姓名或者名称、身份证明、联系方式，申请公开的信息名称、文号或者便于查询的其他特征，以及希望的提供形式。",
		"当面提交，或者邮寄到" + cmp.Or(d.site.Address, "本机关") + "，信封注明“政府信息公开申请”。", "能够当场答复的当场答复；不能当场答复的，自收到申请之日起20个工作日内答复。"}
	for _, g := range guide.Entries {
		request.Doors = append(request.Doors, theme.Link{Text: g.Title, Href: g.Href})
		break
	}
	if d.site.Doors.Letters != "" {
		request.Doors = append(request.Doors, theme.Link{Text: "写信询问怎样申请", Href: d.site.Doors.Letters})
	}
	page := theme.Disclosure{Parts: []theme.DisclosurePart{guide, system, statutory, report, request}}
	frame := theme.DisclosureFrame(d.site)
	b, err := theme.DisclosurePage.Draw(frame, page)
	if err := d.draw(theme.DisclosurePath, htmlKind, b, err); err != nil {
		return err
	}
	b, err = theme.ElderDisclosePage.Draw(frame.Elderly("/elder"+theme.DisclosurePath), page)
	return d.draw("/elder"+theme.DisclosurePath, htmlKind, b, err)
}

// announcements draws the notices of opening, offline and closing that hang, or
// hung, on this site.
func (d *drawing) announcements(ctx context.Context) error {
	if !d.shows(theme.AnnouncementsPath) || d.p.config.Announced == nil {
		return d.without(theme.AnnouncementsPath)
	}
	list, err := d.p.config.Announced(ctx, d.q, registry.SiteID(d.site.ID))
	if err != nil {
		return err
	}
	var page theme.Announcements
	for _, a := range list {
		if u, err := url.Parse(a.Href); err == nil && slices.Contains(d.site.Hosts, strings.ToLower(u.Hostname())) {
			a.Href = u.RequestURI()
		}
		if a.Ended == "" {
			page.Current = append(page.Current, a)
		} else {
			page.Past = append(page.Past, a)
		}
	}
	b, err := theme.AnnouncementsPage.Draw(theme.AnnouncementsFrame(d.site), page)
	return d.draw(theme.AnnouncementsPath, htmlKind, b, err)
}

// dataset is the open data of an item; nil for another type.
func (d *drawing) dataset(ctx context.Context, it library.Item, v library.Version) (*theme.Dataset, error) {
	if v.Type != library.Data {
		return nil, nil
	}
	a := v.Answers
	s := &theme.Dataset{ID: string(it.ID), Title: v.Title, About: v.Summary, Href: Path(it), Publisher: it.UnitName, Licence: a["licence"], Cycle: a["cycle"], Period: a["period"], Fields: a["dataset_fields"], Keywords: v.Keywords,
		Formats: linesOf(a["format"]), Issued: it.FirstPublishedAt, Changed: it.PublishedAt}
	if v.No > 1 && v.At.After(s.Changed) {
		s.Changed = v.At
	}
	if path := localOr(a["file"]); path != "" {
		f := theme.DataFile{Name: "数据文件", Href: path}
		if d.p.config.Look != nil {
			shown, ok, err := d.p.config.Look(ctx, d.q, path)
			if err != nil {
				return nil, err
			}
			if ok {
				f.Kind, f.Size, f.Hash = shown.Kind, shown.Size, shown.Hash
			}
		}
		f.Kind = cmp.Or(f.Kind, strings.Join(s.Formats, "、"))
		s.Downloads = append(s.Downloads, f)
	}
	return s, nil
}

// openData draws the list of open data with its catalogue for machines.
func (d *drawing) openData(ctx context.Context) error {
	paths := []string{theme.OpenDataPath, theme.OpenDataPath + "catalog.json", theme.OpenDataPath + "catalog.csv"}
	if !d.shows(theme.OpenDataPath) {
		return d.without(paths...)
	}
	if draw, err := d.stale(theme.OpenDataPath, func(c theme.Column) bool { return c.Type == "数据发布" }); err != nil || !draw {
		return err
	}
	var page theme.OpenData
	var ids []library.ItemID
	items := map[library.ItemID]library.Item{}
	for _, c := range d.ofType("数据发布") {
		list, err := d.p.library.LiveItems(ctx, d.q, registry.ColumnID(c.ID), mostSets, 0)
		if err != nil {
			return err
		}
		for _, e := range list {
			if _, seen := items[e.Item.ID]; !seen && e.Item.Type == library.Data {
				items[e.Item.ID] = e.Item
				ids = append(ids, e.Item.ID)
			}
		}
	}
	versions, err := d.p.library.LiveVersions(ctx, d.q, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		s, err := d.dataset(ctx, items[id], versions[id])
		if err != nil {
			return err
		}
		if s != nil {
			page.Sets = append(page.Sets, *s)
		}
	}
	b, err := theme.OpenDataPage.Draw(theme.OpenDataFrame(d.site, page), page)
	if err := d.draw(paths[0], htmlKind, b, err); err != nil {
		return err
	}
	b, err = catalogueJSON(d.site, page)
	if err := d.draw(paths[1], jsonKind, b, err); err != nil {
		return err
	}
	b, err = catalogueCSV(d.site, page)
	return d.draw(paths[2], csvKind, b, err)
}

// catalogueJSON is the catalogue in the words of DCAT.
func catalogueJSON(s theme.Site, o theme.OpenData) ([]byte, error) {
	type file struct {
		Title  string `json:"title"`
		URL    string `json:"downloadURL"`
		Format string `json:"format"`
		Size   string `json:"byteSize,omitempty"`
		Hash   string `json:"sha256,omitempty"`
	}
	type set struct {
		ID        string   `json:"identifier"`
		Title     string   `json:"title"`
		About     string   `json:"description,omitempty"`
		Publisher string   `json:"publisher"`
		Licence   string   `json:"license,omitempty"`
		Cycle     string   `json:"accrualPeriodicity,omitempty"`
		Period    string   `json:"temporal,omitempty"`
		Keywords  []string `json:"keyword,omitempty"`
		Issued    string   `json:"issued,omitempty"`
		Modified  string   `json:"modified,omitempty"`
		Page      string   `json:"landingPage"`
		Fields    []string `json:"fields,omitempty"`
		Files     []file   `json:"distribution"`
	}
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(calendar.Shanghai).Format(time.RFC3339)
	}
	out := struct {
		Title     string `json:"title"`
		Publisher string `json:"publisher"`
		Home      string `json:"homepage"`
		Language  string `json:"language"`
		Sets      []set  `json:"dataset"`
	}{s.Name + "开放数据目录", s.Sponsor, s.Origin() + theme.OpenDataPath, "zh-CN", []set{}}
	for _, d := range o.Sets {
		x := set{ID: d.ID, Title: d.Title, About: d.About, Publisher: d.Publisher, Licence: d.Licence, Cycle: d.Cycle, Period: d.Period, Issued: stamp(d.Issued), Modified: stamp(d.Changed), Page: s.Origin() + d.Href, Fields: linesOf(d.Fields), Files: []file{}}
		for k := range strings.SplitSeq(d.Keywords, ";") {
			if k = strings.TrimSpace(k); k != "" {
				x.Keywords = append(x.Keywords, k)
			}
		}
		for _, f := range d.Downloads {
			x.Files = append(x.Files, file{f.Name, s.Origin() + f.Href, f.Kind, f.Size, f.Hash})
		}
		out.Sets = append(out.Sets, x)
	}
	return json.Marshal(out)
}

// catalogueCSV is the catalogue as a table; the mark at its head lets
// spreadsheets read it as UTF-8.
func catalogueCSV(s theme.Site, o theme.OpenData) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	rows := [][]string{{"名称", "简介", "提供单位", "格式", "大小", "更新周期", "数据时段", "使用许可", "最近更新", "网页", "下载地址"}}
	for _, d := range o.Sets {
		size, file := "", ""
		for _, f := range d.Downloads {
			size, file = f.Size, s.Origin()+f.Href
		}
		rows = append(rows, []string{plainCell(d.Title), plainCell(d.About), plainCell(d.Publisher), strings.Join(d.Formats, "、"), size, d.Cycle, plainCell(d.Period), d.Licence, calendar.DateOf(d.Changed).String(), s.Origin() + d.Href, file})
	}
	if err := w.WriteAll(rows); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// plainCell keeps a spreadsheet from taking words for a formula.
func plainCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// read are the types that the hotline and the terminals read.
var read = []library.Type{library.Notice, library.Policy, library.Interpretation, library.Guide, library.QA, library.Organisation}

// rendered draws the feed of the hotline, its guide and the pages of the
// terminals, all from the same renditions. They change when an item of their
// types does.
func (d *drawing) rendered(ctx context.Context) error {
	if _, was, err := d.e.was(theme.HotlineFeed); err != nil {
		return err
	} else if was && !d.e.fresh && !d.whole && !slices.ContainsFunc(read, func(t library.Type) bool { return d.types[t] }) {
		return nil
	}
	type group struct {
		name  string
		types []library.Type
	}
	groups := []group{{"办事服务", []library.Type{library.Guide, library.QA}}, {"通知公告", []library.Type{library.Notice}}, {"政策文件", []library.Type{library.Policy}}, {"政策解读", []library.Type{library.Interpretation}}, {"办公地址和电话", []library.Type{library.Organisation}}}
	seen := map[library.ItemID]string{}
	var list []library.Entry
	for _, c := range d.site.Columns {
		if !slices.Contains([]string{"通知公告", "政策文件", "政策解读", "办事服务", "机构职能", "互动交流"}, c.Type) {
			continue
		}
		some, err := d.p.library.LiveItems(ctx, d.q, registry.ColumnID(c.ID), rendEach, 0)
		if err != nil {
			return err
		}
		for _, e := range some {
			if _, ok := seen[e.Item.ID]; !ok && slices.Contains(read, e.Item.Type) {
				seen[e.Item.ID] = c.Name
				list = append(list, e)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b library.Entry) int {
		return cmp.Or(b.Placement.ShownAt.Compare(a.Placement.ShownAt), cmp.Compare(a.Item.ID, b.Item.ID))
	})
	cut := len(list) > renditions
	list = list[:min(len(list), renditions)]
	ids := make([]library.ItemID, len(list))
	for i, e := range list {
		ids[i] = e.Item.ID
	}
	texts, err := d.p.library.LiveTexts(ctx, d.q, ids)
	if err != nil {
		return err
	}
	var all []theme.Rendition
	for _, e := range list {
		all = append(all, d.rendition(e, texts[e.Item.ID], seen[e.Item.ID]))
	}
	b, err := theme.HotlineJSON(d.site, all, cut)
	if err := d.draw(theme.HotlineFeed, jsonKind, b, err); err != nil {
		return err
	}
	b, err = theme.HotlinePage.Draw(theme.HotlineFrame(d.site), theme.HotlineGuideOf(d.site, len(all)))
	if err := d.draw(theme.HotlinePath, htmlKind, b, err); err != nil {
		return err
	}
	var page theme.Kiosk
	kept := map[string]bool{}
	for _, g := range groups {
		k := theme.KioskGroup{Name: g.name}
		for _, r := range all {
			if len(k.Entries) == kioskEach || !slices.Contains(g.types, library.Type(r.Kind)) || r.Validity == library.Repealed.Name() || r.Validity == library.Expired.Name() {
				continue
			}
			at := theme.KioskPath + strings.ToLower(r.ID) + ".html"
			kept[at] = true
			k.Entries = append(k.Entries, theme.Entry{Title: r.Title, Href: at, At: r.Published})
			if _, was, err := d.e.was(at); err != nil {
				return err
			} else if was && !d.e.fresh && !d.whole && !d.seen[library.ItemID(r.ID)] {
				continue
			}
			b, err := theme.KioskItemPage.Draw(theme.KioskFrame(d.site, r.Title, at), theme.KioskItemOf(r))
			if err := d.draw(at, htmlKind, b, err); err != nil {
				return err
			}
		}
		if len(k.Entries) > 0 {
			page.Groups = append(page.Groups, k)
		}
	}
	b, err = theme.KioskHomePage.Draw(theme.KioskFrame(d.site, "自助终端", theme.KioskPath), page)
	if err := d.draw(theme.KioskPath, htmlKind, b, err); err != nil {
		return err
	}
	if d.e.before == nil || d.e.fresh {
		return nil
	}
	_, hash, err := d.e.before.listOf(theme.KioskPath)
	if err != nil {
		return err
	}
	old, err := d.e.store.list(hash)
	if err != nil {
		return err
	}
	for path := range old { // what the terminal shows no more is not there
		if path != theme.KioskPath && !kept[path] {
			d.e.drop(path)
		}
	}
	return nil
}

func (d *drawing) rendition(e library.Entry, v library.LiveText, column string) theme.Rendition {
	it := e.Item
	text, cut := v.Text, false
	if r := []rune(text); len(r) > renditionText {
		text, cut = string(r[:renditionText]), true
	}
	r := theme.Rendition{ID: string(it.ID), Kind: string(it.Type), KindName: it.Type.Name(), Title: e.Title(), Number: it.DocNo, Issuer: it.Issuer, Column: column, Published: it.PublishedAt.In(calendar.Shanghai), Updated: it.PublishedAt.In(calendar.Shanghai),
		Validity: it.Validity.Name(), Contact: cmp.Or(it.Answers["contact"], it.Answers["phone"], d.site.Contact), Unit: it.UnitName, URL: d.site.Origin() + Path(it), Summary: it.Summary, Text: text, Cut: cut}
	if v.No > 1 && v.At.After(r.Updated) {
		r.Updated = v.At.In(calendar.Shanghai)
	}
	if !it.EndsOn.IsZero() {
		r.EndsOn = it.EndsOn.String()
	}
	r.EndsOn = cmp.Or(r.EndsOn, it.Answers["closes_on"], it.Answers["valid_until"])
	for _, q := range it.Type.Sort().Fields {
		if answer := it.Answers[q.Name]; q.Shown && answer != "" {
			r.Facts = append(r.Facts, theme.Fact{Name: q.Label, Value: strings.ReplaceAll(answer, "\n", "；")})
		}
	}
	return r
}

// feeds draws every form of a feed: RSS, Atom, JSON Feed and one with the whole
// texts of the newest.
func (d *drawing) feeds(ctx context.Context, f theme.FeedOf, full bool) error {
	b, err := theme.Feed(d.site, f.Title, f.Path, f.Description, f.Entries)
	if err := d.draw(f.RSS, rssKind, b, err); err != nil {
		return err
	}
	b, err = theme.AtomFeed(d.site, f, f.Atom())
	if err := d.draw(f.Atom(), atomKind, b, err); err != nil {
		return err
	}
	b, err = theme.JSONFeed(d.site, f)
	if err := d.draw(f.JSON(), feedKind, b, err); err != nil {
		return err
	}
	if !full {
		return nil
	}
	f.Entries = f.Entries[:min(len(f.Entries), fullEntries)]
	var ids []library.ItemID
	for _, e := range f.Entries {
		ids = append(ids, itemAt(e.Href))
	}
	versions, err := d.p.library.LiveVersions(ctx, d.q, ids)
	if err != nil {
		return err
	}
	f.Texts = map[string]string{}
	for _, e := range f.Entries {
		if v, ok := versions[itemAt(e.Href)]; ok {
			f.Texts[e.Href] = v.HTML
		}
	}
	b, err = theme.AtomFeed(d.site, f, f.Full())
	return d.draw(f.Full(), atomKind, b, err)
}
