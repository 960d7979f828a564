package newmedia

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"io"
	"strings"
	"time"

	"golang.org/x/net/html/charset"

	"zhengshu/internal/abridge"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
)

// maxEntries bounds the posts read from one feed.
const maxEntries = 500

// Entry is one post of a feed.
type Entry struct {
	On    calendar.Date
	Title string
	URL   string
}

var feedTimes = []string{time.RFC1123Z, time.RFC1123, time.RFC3339, time.RFC822Z, time.RFC822, "Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05 MST", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02"}

// ReadFeed reads RSS, Atom or JSON Feed. Entries without a date that can be read are
// left out: a post without a day proves nothing.
func ReadFeed(b []byte) ([]Entry, error) {
	if text := bytes.TrimSpace(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))); bytes.HasPrefix(text, []byte("{")) {
		return readJSONFeed(text)
	}
	d := xml.NewDecoder(bytes.NewReader(b))
	d.CharsetReader = charset.NewReaderLabel
	d.Strict = false
	d.Entity = xml.HTMLEntity
	var out []Entry
	var e *Entry
	var date, changed, field string
	root := ""
	for {
		t, err := d.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fault.New(fault.Invalid, "订阅源的内容不完整或不是 RSS、Atom，不能识别。").From(err)
		}
		switch x := t.(type) {
		case xml.StartElement:
			name := strings.ToLower(x.Name.Local)
			if root == "" {
				if root = name; root != "rss" && root != "feed" && root != "rdf" {
					return nil, fault.New(fault.Invalid, "这个网址返回的不是 RSS、Atom 或 JSON Feed 订阅源。")
				}
			}
			field = name
			switch name {
			case "item", "entry":
				e, date, changed = &Entry{}, "", ""
			case "link":
				for _, a := range x.Attr {
					if e != nil && strings.EqualFold(a.Name.Local, "href") && e.URL == "" {
						e.URL = strings.TrimSpace(a.Value)
					}
				}
			}
		case xml.CharData:
			if e == nil {
				continue
			}
			s := strings.TrimSpace(string(x))
			if s == "" {
				continue
			}
			switch field {
			case "title":
				e.Title = abridge.Cut(e.Title+s, 200)
			case "link":
				if e.URL == "" {
					e.URL = s
				}
			case "pubdate", "published", "date", "issued":
				date = s
			case "updated", "modified":
				changed = s // counts where the first day is not told
			}
		case xml.EndElement:
			name := strings.ToLower(x.Name.Local)
			field = ""
			if e == nil || name != "item" && name != "entry" {
				continue
			}
			if e.dated(date, changed) && len(out) < maxEntries {
				out = append(out, *e)
			}
			e = nil
		}
	}
	if root == "" {
		return nil, fault.New(fault.Invalid, "这个网址返回的不是 RSS、Atom 或 JSON Feed 订阅源。")
	}
	return out, nil
}

// dated gives the entry its day: of publication, else of its last change. It
// reports whether there is one.
func (e *Entry) dated(published, changed string) bool {
	if len(e.URL) > 500 {
		e.URL = ""
	}
	for _, s := range []string{published, changed} {
		for _, layout := range feedTimes {
			if at, err := time.ParseInLocation(layout, strings.TrimSpace(s), calendar.Shanghai); err == nil {
				e.On = calendar.DateOf(at)
				return !e.On.IsZero()
			}
		}
	}
	return false
}

// readJSONFeed reads JSON Feed 1.0 and 1.1.
func readJSONFeed(b []byte) ([]Entry, error) {
	var feed struct {
		Version string `json:"version"`
		Items   []struct {
			Title     string `json:"title"`
			Summary   string `json:"summary"`
			URL       string `json:"url"`
			Published string `json:"date_published"`
			Modified  string `json:"date_modified"`
		} `json:"items"`
	}
	if err := json.Unmarshal(b, &feed); err != nil {
		return nil, fault.New(fault.Invalid, "订阅源的内容不完整，不能识别。").From(err)
	}
	if !strings.Contains(feed.Version, "jsonfeed.org/version/") {
		return nil, fault.New(fault.Invalid, "这个网址返回的不是 RSS、Atom 或 JSON Feed 订阅源。")
	}
	var out []Entry
	for _, x := range feed.Items {
		// A NUL is a letter of JSON and of no database.
		text := func(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\x00", "")) }
		e := Entry{Title: abridge.Cut(text(cmp.Or(x.Title, x.Summary)), 200), URL: text(x.URL)}
		if e.dated(x.Published, x.Modified) && len(out) < maxEntries {
			out = append(out, e)
		}
	}
	return out, nil
}
