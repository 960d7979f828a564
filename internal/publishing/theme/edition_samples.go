package theme

// foreigners are the columns of a sampled edition.
var foreigners = []Column{
	{ID: "en", Slug: "en", Name: "Sample County Government", Type: "概况信息", Description: "A sample of a government portal in English.", Keywords: "government"},
	{ID: "en-news", Parent: "en", Slug: "en-news", Name: "News", Type: "政务动态", Description: "What the government is doing", Keywords: "news"},
	{ID: "en-city", Parent: "en", Slug: "en-city", Name: "The County", Type: "概况信息", Description: "Where it is and how it is governed", Keywords: "county"},
}

func foreignLines(n int) []Entry {
	titles := []string{"Heating season begins on 15 November", "New bus lines to the county hospital", "The county library stays open on Sundays, with a reading corner for children and books in five languages"}
	var out []Entry
	for i := range n {
		out = append(out, Entry{Title: titles[i%len(titles)], Href: "/en/content/202603/" + itoa(i) + ".html", At: sampleAt.AddDate(0, 0, -i), Brief: "Heating companies publish their telephone numbers."})
	}
	return out
}

// editionSamples are one of every kind of page of an edition.
func editionSamples() []Sample {
	in := func(draw func(Site, Edition) ([]byte, error)) func(Site) ([]byte, error) {
		return func(s Site) ([]byte, error) {
			s.Foreign = foreigners
			e, _ := s.Edition("en")
			return draw(s, e)
		}
	}
	return []Sample{
		{Key: "edition-home", Name: "外文版首页", View: "edition_home.html", Draw: in(func(s Site, e Edition) ([]byte, error) {
			return EditionHomePage.Draw(EditionHomeFrame(s, e), EditionHome{Lead: foreignLines(1)[0], Blocks: []Block{{e.Columns[0], foreignLines(5)}, {e.Columns[1], nil}}})
		})},
		{Key: "edition-column", Name: "外文版栏目页", View: "edition_column.html", Draw: in(func(s Site, e Edition) ([]byte, error) {
			return DrawColumn(s, ColumnPage{Column: e.Columns[0], Entries: foreignLines(6), Page: 2, Newer: e.Columns[0].Href(), Older: ArchivePath(e.Columns[0], 1)})
		})},
		{Key: "edition-article", Name: "外文版文章页", View: "edition_article.html", Draw: in(func(s Site, e Edition) ([]byte, error) {
			a := Article{Title: foreignLines(1)[0].Title, Column: e.Columns[0], Published: sampleAt, Source: s.Sponsor, Related: []Link{{"New bus lines", "/en/content/202603/2.html"}}}
			a.Write("<p>Heating companies are to finish their repairs before the season begins.</p><p>They publish a telephone number that is answered day and night.</p>")
			return DrawArticle(s, a, "en", "/en/content/202603/1.html", "", []Tongue{{Lang: "zh", Href: "/content/202603/1.html"}})
		})},
		{Key: "edition-message", Name: "外文版提示页", View: "edition_message.html", Draw: in(func(s Site, _ Edition) ([]byte, error) {
			return DrawMessage(s, MessageFor(404, ""), "/en/x")
		})},
	}
}
