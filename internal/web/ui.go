package web

import (
	"fmt"
	"html/template"
	"reflect"
	"strings"
	"sync"

	"github.com/jba/templatecheck"

	"zhengshu/assets"
	"zhengshu/internal/calendar"
)

// Component is something a view shows with {{ui .}}: a struct with a partial.
// The list is closed; a screen composes what is here.
type Component interface{ partial() string }

// Tone is the colour of a tag, an alert or an event. Colour never speaks
// alone: each has words.
type Tone string

// The tones.
const (
	Neutral Tone = ""
	Info    Tone = "info"
	Good    Tone = "good"
	Warn    Tone = "warn"
	Danger  Tone = "danger"
)

// Funcs are the functions of every view.
func Funcs() template.FuncMap {
	return template.FuncMap{
		"ui":        ui,                                                             // {{ui .Page.Table}}
		"form":      formHTML,                                                       // {{form .Frame .Page.Form}}
		"token":     func(f Frame) (template.HTML, error) { return ui(tokenOf(f)) }, // inside a hand-written form
		"heading":   func(s string) (template.HTML, error) { return ui(Heading{Title: s}) },
		"tag":       func(tone Tone, s string) (template.HTML, error) { return ui(Tag{Kind: tone, Text: s}) },
		"date":      func(d calendar.Date) string { return dateText(d) },
		"minute":    Minute,
		"took":      Took,
		"due":       func(on, today calendar.Date) (template.HTML, error) { return ui(DueTag(on, today)) },
		"remaining": Remaining,
		"bytes":     bytesText,
		"maskName":  MaskName,
		"maskPhone": MaskPhone,
		"maskID":    MaskID,
		"maskEmail": MaskEmail,
		"asset":     assetURL,
		"add":       func(a, b int) int { return a + b },
		"mod":       func(a, b int) int { return a % b },
	}
}

func dateText(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

var (
	partialsOnce sync.Once
	partials     *template.Template
)

// partialSet parses the partials at first use: they use Funcs, which use them.
func partialSet() *template.Template {
	partialsOnce.Do(func() {
		partials = template.Must(parsePartials())
	})
	return partials
}

func parsePartials() (*template.Template, error) {
	t, err := template.New("partials").Funcs(Funcs()).Option("missingkey=error").ParseFS(views, "partials/*.html")
	if err != nil {
		return nil, fmt.Errorf("partials: %w", err)
	}
	return t, nil
}

// ui renders a component. The template package escapes its fields; the result
// is trusted because it was made by a partial of ours.
func ui(c Component) (template.HTML, error) {
	if c == nil {
		return "", nil
	}
	if v := reflect.ValueOf(c); v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return "", nil
		}
		c = v.Elem().Interface().(Component) // partials are typed on the struct
	}
	var b strings.Builder
	if err := partialSet().ExecuteTemplate(&b, c.partial(), c); err != nil {
		return "", err
	}
	return template.HTML(b.String()), nil
}

// CheckPartials reports type errors of the partials: every component against
// its struct.
func CheckPartials() error {
	for _, c := range catalogue() {
		t, err := parsePartials()
		if err != nil {
			return err
		}
		sample := c.Samples[0]
		p := t.Lookup(sample.partial())
		if p == nil {
			return fmt.Errorf("%s has no partial %q", c.Name, sample.partial())
		}
		if err := templatecheck.CheckHTMLStrict(p, sample); err != nil {
			return fmt.Errorf("partial %s: %w", sample.partial(), err)
		}
	}
	return nil
}

// formToken is the hidden part of every form.
type formToken struct{ Token, Once string }

func (formToken) partial() string { return "token" }

func tokenOf(f Frame) formToken { return formToken{Token: f.FormToken, Once: f.Once} }

// formHTML renders a form, with the frame's token unless it only asks.
func formHTML(f Frame, form Form) (template.HTML, error) {
	b := boundForm{Form: form, Token: tokenOf(f)}
	b.Posts = form.Method != "get"
	return ui(b)
}

// boundForm is a form with its token, as the partial sees it.
type boundForm struct {
	Form
	Token formToken
	Posts bool
}

func (boundForm) partial() string { return "form" }

func assetURL(name string) string { return assets.URL(name) }
