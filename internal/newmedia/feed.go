package newmedia

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"time"

	"golang.org/x/net/html/charset"

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

// ReadFeed reads RSS or Atom. Entries without a date that can be read are left
// out: a post without a day proves nothing.
func ReadFeed(b []byte) ([]Entry, error) {
	d := xml.NewDecoder(bytes.NewReader(b))
	d.CharsetReader = charset.NewReaderLabel
	d.Strict = false
	d.Entity = xml.HTMLEntity
	var out []Entry
	var e *Entry
	var date, field string
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
					return nil, fault.New(fault.Invalid, "这个网址返回的不是 RSS 或 Atom 订阅源。")
				}
			}
			field = name
			switch name {
			case "item", "entry":
				e, date = &Entry{}, ""
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
				e.Title = clip(e.Title+s, 200)
			case "link":
				if e.URL == "" {
					e.URL = s
				}
			case "pubdate", "published", "date":
				date = s
			case "updated":
				if date == "" {
					date = s
				}
			}
		case xml.EndElement:
			name := strings.ToLower(x.Name.Local)
			field = ""
			if e == nil || name != "item" && name != "entry" {
				continue
			}
			for _, layout := range feedTimes {
				at, err := time.ParseInLocation(layout, date, calendar.Shanghai)
				if err == nil {
					e.On = calendar.DateOf(at)
					break
				}
			}
			if !e.On.IsZero() && len(out) < maxEntries {
				if len(e.URL) > 500 {
					e.URL = ""
				}
				out = append(out, *e)
			}
			e = nil
		}
	}
	if root == "" {
		return nil, fault.New(fault.Invalid, "这个网址返回的不是 RSS 或 Atom 订阅源。")
	}
	return out, nil
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
