package theme

import "time"

// Block is one column among what a band shows.
type Block struct {
	Column  Column
	Entries []Entry
}

// The kinds of band, as package layout names its blocks.
const (
	BandNotices     = "notices"
	BandLead        = "lead"
	BandPictures    = "pictures"
	BandList        = "list"
	BandColumns     = "columns"
	BandSearch      = "search"
	BandServices    = "services"
	BandInteraction = "interaction"
	BandIcons       = "icons"
	BandTopics      = "topics"
	BandLeaders     = "leaders"
	BandMatrix      = "matrix"
	BandFigures     = "figures"
	BandLinks       = "links"
	BandPicked      = "picked"
	BandWords       = "words"
)

// Band is one block of a composed page, filled with what it shows: each kind
// uses some of the fields. A band without content is not put on the page.
type Band struct {
	ID      string // of its element, unique on the page
	Kind    string
	Heading string
	Text    string
	More    string // where all of it is; "" for nowhere
	Lead    Entry
	Shots   []Entry // each with a picture
	Blocks  []Block // columns side by side
	Entries []Entry
	Briefs  bool
	Links   []Entrance
	Notices []Link
	Figures []Figure
	Topics  []TopicCard
}

// Entrance is a link with a drawing.
type Entrance struct {
	Text, Href, Note, Icon string
	First                  bool // the one that stands out
}

// Figure is a number with what it counts.
type Figure struct {
	Name, Href string
	N          int
}

// TopicCard leads to a topic.
type TopicCard struct {
	Title, Href, Intro, Ends string
	Picture                  *Picture
	Archived                 bool
}

// Elder is the topic's page in the elder layout.
func (c TopicCard) Elder() string { return ElderTopics(c.Href) }

// Home is the home page.
type Home struct {
	Bands   []Band
	Updated time.Time
}

// Class says how the page opens, for the look: with a headline or picture news,
// or plainly.
func (h Home) Class() string {
	for _, b := range h.Bands {
		if b.Kind == BandNotices {
			continue
		}
		if b.Kind == BandLead || b.Kind == BandColumns && len(b.Shots) > 0 {
			return ""
		}
		break
	}
	return " home-plain"
}

// HomeFrame is the frame of the home page.
func HomeFrame(s Site) Frame {
	languages := s.tongues()
	for i := range languages {
		languages[i].Twin = true
	}
	return Frame{
		Languages: languages,
		Site:      s, Path: "/", Elder: "/elder/", Feed: "/rss.xml", FeedTitle: s.Name, Class: "page-home",
		Tags: []Tag{{"Keywords", s.Name + ";政务公开;政策文件;政民互动"}, {"Description", s.Name + "：政务信息公开、政策文件和解读、政民互动。"}, {"Url", s.Origin() + "/"}},
		Data: []any{organisation(s), website(s)},
	}
}
