package theme

import (
	"strconv"
	"time"

	"zhengshu/internal/calendar"
)

func itoa(n int) string { return strconv.Itoa(n) }

type thing struct {
	Context string `json:"@context,omitempty"`
	Type    string `json:"@type"`
	Name    string `json:"name,omitempty"`
	URL     string `json:"url,omitempty"`
	Phone   string `json:"telephone,omitempty"`
	Address string `json:"address,omitempty"`
}

type searchAction struct {
	Type   string `json:"@type"`
	Target string `json:"target"`
	Input  string `json:"query-input"`
}

type websiteData struct {
	thing
	Action *searchAction `json:"potentialAction,omitempty"`
}

type articleData struct {
	thing
	Headline   string `json:"headline"`
	Published  string `json:"datePublished"`
	Modified   string `json:"dateModified,omitempty"`
	Publisher  thing  `json:"publisher"`
	BasedOn    string `json:"isBasedOn,omitempty"`
	Identifier string `json:"legislationIdentifier,omitempty"`
	Dated      string `json:"legislationDate,omitempty"`
	Language   string `json:"inLanguage"`
}

type crumb struct {
	Type string `json:"@type"`
	At   int    `json:"position"`
	Name string `json:"name"`
	Item string `json:"item"`
}

type crumbList struct {
	Context string  `json:"@context"`
	Type    string  `json:"@type"`
	Items   []crumb `json:"itemListElement"`
}

const schemaOrg = "https://schema.org"

func organisation(s Site) thing {
	return thing{schemaOrg, "GovernmentOrganization", orElse(s.Sponsor, s.Name), s.Origin() + "/", s.Contact, s.Address}
}

func website(s Site) websiteData {
	d := websiteData{thing: thing{Context: schemaOrg, Type: "WebSite", Name: s.Name, URL: s.Origin() + "/"}}
	if s.Doors.Search != "" {
		d.Action = &searchAction{"SearchAction", s.Origin() + s.Doors.Search + "?q={q}", "required name=q"}
	}
	return d
}

func article(s Site, a Article, path string) articleData {
	d := articleData{
		thing: thing{Context: schemaOrg, Type: "Article", URL: s.Origin() + path}, Headline: a.Title, Published: stamp(a.Published), Modified: stamp(a.Updated),
		Publisher: thing{Type: "GovernmentOrganization", Name: orElse(s.Sponsor, s.Name)}, BasedOn: a.SourceURL, Language: orElse(a.Lang, "zh-CN"),
	}
	switch {
	case a.Policy != nil:
		d.Type, d.Identifier, d.Dated = "Legislation", a.Policy.Number, a.Policy.Written
	case a.News:
		d.Type = "NewsArticle"
	}
	return d
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(calendar.Shanghai).Format(time.RFC3339)
}

func breadcrumb(s Site, crumbs []Link, path string) crumbList {
	l := crumbList{schemaOrg, "BreadcrumbList", []crumb{{"ListItem", 1, "首页", s.Origin() + "/"}}}
	for _, c := range crumbs {
		href := c.Href
		if href == "" {
			href = path
		}
		l.Items = append(l.Items, crumb{"ListItem", len(l.Items) + 1, c.Text, s.Origin() + href})
	}
	return l
}
