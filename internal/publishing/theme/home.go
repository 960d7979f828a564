package theme

import "time"

// Block is one column on the home page.
type Block struct {
	Column  Column
	Entries []Entry
}

// Home is the home page.
type Home struct {
	Lead    Entry   // the headline; empty for none
	Shots   []Entry // picture news, each with a picture
	Main    []Block
	Policy  []Block
	Others  []Block
	Updated time.Time
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
