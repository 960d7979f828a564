package theme

import (
	"fmt"
	"html/template"
	"strings"
	"sync"
)

// kept are the parts of pages that are the same on many: the menu of a column,
// the foot. Drawing a page anew then costs what is its own.
type kept struct {
	mu     sync.RWMutex
	parts  map[part]template.HTML
	plates map[plateKey]*plate
}

type part struct {
	set        *template.Template
	name, slug string
	home       bool
}

// Keeping is the site as one release draws it: its parts are drawn once. The
// site must not change afterwards.
func (s Site) Keeping() Site {
	s.kept = &kept{parts: map[part]template.HTML{}, plates: map[plateKey]*plate{}}
	return s
}

// keptParts are the parts that the views of the house have drawn once.
var keptParts = strings.NewReplacer(`{{template "menu" .Frame}}`, `{{kept "menu" .Frame}}`, `{{template "foot" .Frame}}`, `{{kept "foot" .Frame}}`)

// keptOf gives the views of a theme of the house the function that draws a part
// which depends on the site, on the column and on whether the page is the home
// page, and on nothing else.
func keptOf(set *template.Template) func(name string, f Frame) (template.HTML, error) {
	draw := func(name string, f Frame) (template.HTML, error) {
		var b strings.Builder
		if err := set.ExecuteTemplate(&b, name, f); err != nil {
			return "", fmt.Errorf("theme: part %s: %w", name, err)
		}
		return template.HTML(b.String()), nil // escaped as it was drawn
	}
	return func(name string, f Frame) (template.HTML, error) {
		k := f.Site.kept
		if k == nil {
			return draw(name, f)
		}
		key := part{set, name, f.Column, f.Path == "/"}
		k.mu.RLock()
		h, ok := k.parts[key]
		k.mu.RUnlock()
		if ok {
			return h, nil
		}
		h, err := draw(name, f)
		if err == nil {
			k.mu.Lock()
			k.parts[key] = h
			k.mu.Unlock()
		}
		return h, err
	}
}
