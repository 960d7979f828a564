package theme

import "time"

// Topic is the page of a topic (专题).
type Topic struct {
	Title    string
	Intro    string
	Banner   *Picture
	Ends     string    // 2026-12-31, while it runs
	Archived time.Time // zero while it runs
	Bands    []Band
}

// Topics is the list of a site's topics.
type Topics struct {
	Running  []TopicCard
	Archived []TopicCard
}

// TopicsPath is where the topics of a site are listed.
const TopicsPath = "/topics/"

// TopicFrame is the frame around a topic's page.
func TopicFrame(s Site, t Topic, path string) Frame {
	f := PlainFrame(s, t.Title, path, "专题", t.Intro)
	f.Crumbs = []Link{{Text: "专题", Href: TopicsPath}, {Text: t.Title}}
	f.Class, f.Feed, f.FeedTitle, f.Elder = "page-topic", path+"rss.xml", t.Title, ElderTopics(path)
	f.Data = []any{breadcrumb(s, f.Crumbs, path)}
	return f
}

// TopicsFrame is the frame around the list.
func TopicsFrame(s Site) Frame {
	f := PlainFrame(s, "专题", TopicsPath, "专题", s.Name+"正在进行和已经归档的专题。")
	f.Class, f.Elder = "page-topics", ElderTopics(TopicsPath)
	return f
}

// ElderTopics is the twin of a topic's page, or of their list, in the elder
// layout.
func ElderTopics(path string) string { return "/elder" + path }
