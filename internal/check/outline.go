package check

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"zhengshu/internal/dom"

	"golang.org/x/net/html/atom"
)

// Outline is what tells the answer of a server from its other answers: title, words,
// and what it shows or leads to.
type Outline struct {
	Title string   `json:"title"`
	Text  string   `json:"text"`
	Refs  []string `json:"refs,omitempty"` // as the page writes them
	Bare  string   `json:"bare,omitempty"` // see Shell
}

// fewLetters is the number of letters below which the words of a page tell nothing.
const fewLetters = 20

// mostMounts are looked into: one within the other they would be read over and over.
const mostMounts = 4

// mounts are where frameworks put the page that their script makes.
var mounts = []string{"app", "root", "__nuxt", "__next", "___gatsby", "q-app", "main-app", "app-root", "react-root", "vue-app"}

// OutlineOf takes the outline of a page.
func OutlineOf(p *Page) Outline {
	o := Outline{Title: p.DocumentTitle(), Text: p.VisibleText}
	scripts, mount, met := false, false, 0
	for _, n := range p.elements() {
		key := ""
		switch n.DataAtom {
		case atom.Script:
			scripts = true
		case atom.A, atom.Area:
			key = "href"
		case atom.Img, atom.Iframe, atom.Frame, atom.Embed, atom.Video, atom.Audio, atom.Source:
			key = "src"
		case atom.Object:
			key = "data"
		}
		if key != "" {
			if v := dom.Attr(n, key); v != "" {
				o.Refs = append(o.Refs, v)
			}
		}
		if id := strings.ToLower(dom.Attr(n, "id")); !mount && met < mostMounts && (id != "" && slices.Contains(mounts, id) || n.Data == "app-root") {
			met++
			mount = utf8.RuneCountInString(lettersOf(nodeText(n))) < fewLetters
		}
	}
	switch letters := utf8.RuneCountInString(lettersOf(o.Text)); {
	case scripts && mount:
		o.Bare = "返回的是由脚本生成内容的页面框架"
	case letters < fewLetters:
		o.Bare = "返回的页面几乎没有文字"
	}
	return o
}

// Shell says why nothing can be told by the words of the page: a script is to fill
// it, or it has next to none; "" where they tell.
func (o Outline) Shell() string { return o.Bare }

// Like compares two answers, each with the address that was asked for. Figures, times
// of day, blanks and marks do not count, nor do the addresses themselves where a page
// repeats them, as often as the other does; all else must be the same. print names what is left of it.
func (o Outline) Like(at string, other Outline, otherAt string) (print string, same bool) {
	echoes := append(echoesOf(at), echoesOf(otherAt)...)
	slices.SortStableFunc(echoes, func(a, b string) int { return len(b) - len(a) })
	print = o.print(echoes)
	return print, print == other.print(echoes)
}

func (o Outline) print(echoes []string) string {
	var pairs []string
	for _, e := range echoes {
		pairs = append(pairs, e, "\x00")
	}
	without := strings.NewReplacer(pairs...)
	h := sha256.New()
	for _, part := range []string{o.Title, o.Text} {
		h.Write([]byte(lettersOf(without.Replace(part))))
		h.Write([]byte{1})
	}
	for _, ref := range o.Refs {
		h.Write([]byte(without.Replace(ref)))
		h.Write([]byte{1})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// shortEcho is the length in bytes below which a part of an address may be any word.
const shortEcho = 4

// echoesOf are the ways in which a page may repeat the address it was asked by.
func echoesOf(address string) (out []string) {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	base := path.Base(u.Path)
	for _, e := range []string{address, url.QueryEscape(address), u.Host + u.RequestURI(), u.RequestURI(), url.QueryEscape(u.RequestURI()), u.EscapedPath(), url.QueryEscape(u.Path), u.Path, strings.Trim(u.Path, "/"), base, strings.TrimSuffix(base, path.Ext(base))} {
		if len(e) >= shortEcho && !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out
}

// momentWords change with the hour and the day.
var momentWords = strings.NewReplacer("星期一", "", "星期二", "", "星期三", "", "星期四", "", "星期五", "", "星期六", "", "星期日", "", "星期天", "",
	"凌晨", "", "早上", "", "上午", "", "中午", "", "下午", "", "傍晚", "", "晚上", "")

// lettersOf are the letters of a text, and the places where an address stood.
func lettersOf(text string) string {
	return strings.Map(func(r rune) rune {
		if r == 0 || unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, momentWords.Replace(text))
}
