package theme

import (
	"strconv"
	"strings"
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
	Force      string `json:"legislationLegalForce,omitempty"`
	Image      string `json:"image,omitempty"`
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
		switch a.Policy.State {
		case "有效":
			d.Force = schemaOrg + "/InForce"
		case "已修改":
			d.Force = schemaOrg + "/PartiallyInForce"
		case "失效", "废止", "尚未生效":
			d.Force = schemaOrg + "/NotInForce"
		}
	case a.News:
		d.Type = "NewsArticle"
	}
	if strings.HasPrefix(a.Image, "/") {
		d.Image = s.Origin() + a.Image
	}
	return d
}

type personData struct {
	thing
	Job   string `json:"jobTitle"`
	Works thing  `json:"worksFor"`
	Image string `json:"image,omitempty"`
}

type serviceData struct {
	thing
	Provider thing       `json:"provider"`
	Channel  channelData `json:"availableChannel"`
}

type channelData struct {
	Type  string `json:"@type"`
	URL   string `json:"serviceUrl"`
	Phone string `json:"servicePhone,omitempty"`
}

type faqData struct {
	Context   string     `json:"@context"`
	Type      string     `json:"@type"`
	Questions []question `json:"mainEntity"`
}

type question struct {
	Type   string `json:"@type"`
	Name   string `json:"name"`
	Answer answer `json:"acceptedAnswer"`
}

type answer struct {
	Type string `json:"@type"`
	Text string `json:"text"`
}

type datasetData struct {
	thing
	About    string         `json:"description"`
	Licence  string         `json:"license,omitempty"`
	Issued   string         `json:"datePublished,omitempty"`
	Changed  string         `json:"dateModified,omitempty"`
	Creator  thing          `json:"creator"`
	Period   string         `json:"temporalCoverage,omitempty"`
	Files    []downloadData `json:"distribution,omitempty"`
	Keywords string         `json:"keywords,omitempty"`
}

type downloadData struct {
	Type   string `json:"@type"`
	Format string `json:"encodingFormat"`
	URL    string `json:"contentUrl"`
	Size   string `json:"contentSize,omitempty"`
}

type dataCatalogue struct {
	thing
	Sets []datasetData `json:"dataset"`
}

func dataset(s Site, d Dataset) datasetData {
	x := datasetData{thing: thing{Context: schemaOrg, Type: "Dataset", Name: d.Title, URL: s.Origin() + d.Href}, About: orElse(d.About, d.Title), Licence: d.Licence, Issued: stamp(d.Issued), Changed: stamp(d.Changed),
		Creator: thing{Type: "GovernmentOrganization", Name: orElse(d.Publisher, s.Sponsor)}, Period: d.Period, Keywords: semicolons(d.Keywords)}
	for _, f := range d.Downloads {
		x.Files = append(x.Files, downloadData{"DataDownload", f.Kind, s.Origin() + f.Href, f.Size})
	}
	return x
}

func catalogueData(s Site, o OpenData) dataCatalogue {
	c := dataCatalogue{thing: thing{Context: schemaOrg, Type: "DataCatalog", Name: "开放数据", URL: s.Origin() + OpenDataPath}, Sets: []datasetData{}}
	for _, d := range o.Sets {
		c.Sets = append(c.Sets, dataset(s, d))
	}
	return c
}

type mediaData struct {
	thing
	About    string      `json:"description,omitempty"`
	Content  string      `json:"contentUrl,omitempty"`
	Kind     string      `json:"encodingFormat,omitempty"`
	Thumb    string      `json:"thumbnailUrl,omitempty"`
	Duration string      `json:"duration,omitempty"`
	Uploaded string      `json:"uploadDate,omitempty"`
	Pictures []mediaData `json:"image,omitempty"`
}

// duration is 3:25 or 1:02:03 as ISO 8601 writes it; "" for anything else.
func duration(clock string) string {
	parts := strings.Split(clock, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return ""
	}
	out := "PT"
	for i, unit := range []string{"H", "M", "S"}[3-len(parts):] {
		n, err := strconv.Atoi(parts[i])
		if err != nil || n < 0 {
			return ""
		}
		if n > 0 || unit == "S" {
			out += itoa(n) + unit
		}
	}
	return out
}

// exhibits are what a page of pictures, film or sound shows.
func exhibits(s Site, a Article, url string) []any {
	var out []any
	if p := a.Player; p != nil {
		m := mediaData{thing: thing{Context: schemaOrg, Type: "VideoObject", Name: a.Title, URL: url}, About: orElse(a.Summary, p.Label), Content: s.Origin() + p.Src, Kind: p.Kind, Duration: duration(p.Duration), Uploaded: stamp(a.Published)}
		if p.Sound {
			m.Type = "AudioObject"
		}
		if p.Poster != "" {
			m.Thumb = s.Origin() + p.Poster
		}
		out = append(out, m)
	}
	if a.Pictured() {
		g := mediaData{thing: thing{Context: schemaOrg, Type: "ImageGallery", Name: a.Title, URL: url}}
		for _, p := range a.Plates {
			g.Pictures = append(g.Pictures, mediaData{thing: thing{Type: "ImageObject", Name: orElse(p.Caption, p.Picture.Alt)}, Content: s.Origin() + p.Picture.Src})
		}
		out = append(out, g)
	}
	return out
}

// articleThings is what a content page says to machines: the page, and what it
// is about.
func articleThings(s Site, a Article, path string) []any {
	out := []any{article(s, a, path)}
	url := s.Origin() + path
	switch {
	case a.Person != nil:
		p := personData{thing: thing{Context: schemaOrg, Type: "Person", Name: a.Person.Name, URL: url}, Job: a.Person.Post, Works: thing{Type: "GovernmentOrganization", Name: orElse(s.Sponsor, s.Name)}}
		if a.Person.Photo != "" {
			p.Image = s.Origin() + a.Person.Photo
		}
		out = append(out, p)
	case a.Unit != nil:
		out = append(out, thing{schemaOrg, "GovernmentOrganization", a.Unit.Name, url, a.Unit.Phone, a.Unit.Address})
	case a.Dataset != nil:
		out = append(out, dataset(s, *a.Dataset))
	case a.Question != "":
		out = append(out, faqData{schemaOrg, "FAQPage", []question{{"Question", a.Question, answer{"Answer", a.Answer}}}})
	case a.Service:
		out = append(out, serviceData{thing: thing{Context: schemaOrg, Type: "GovernmentService", Name: a.Title, URL: url}, Provider: thing{Type: "GovernmentOrganization", Name: orElse(s.Sponsor, s.Name)},
			Channel: channelData{"ServiceChannel", url, orElse(a.Phone, s.Contact)}})
	}
	return append(out, exhibits(s, a, url)...)
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
