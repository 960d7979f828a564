package check

import (
	"maps"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/check/css"
	"zhengshu/internal/check/encoded"
	"zhengshu/internal/dom"
)

func (w *walker) frame(n *html.Node, st seenState) {
	src := dom.Attr(n, "src") + dom.Attr(n, "data")
	t := judge(w.p, w.l, src)
	if inner := dom.Attr(n, "srcdoc"); inner != "" || strings.HasPrefix(dom.Lowered(strings.TrimSpace(src)), "data:text/html") {
		t = w.carried(inner + encoded.DataText(src))
	}
	if !t.foreign {
		return
	}
	d := sized(n, w.sheet.Of(n).Decls)
	how := st.how
	switch {
	case how != "":
	case n.DataAtom == atom.Frame && noRoom(n):
		how = "框架没有尺寸"
	case css.Tiny(n, "width") || css.Tiny(n, "height") || d.AtMost("width", 2) || d.AtMost("height", 2):
		how = "尺寸为零"
	case t.bad != "":
		how = "疑似违规站点"
	case coversAll(d) || w.fillsCover(n, d):
		how = "盖住整个页面"
	case n.DataAtom == atom.Frame && w.onlyFrame(n), n.DataAtom == atom.Iframe && w.p.Text != "" && !longer(noBlanks(w.p.VisibleText), 20) && (dom.Attr(n, "width") == "100%" || d["width"] == "100%" || d["width"] == "100vw"):
		how = "整个页面都是站外内容"
	default:
		return
	}
	if t.trusted && t.bad == "" {
		return
	}
	w.view.frames = append(w.view.frames, sighting{detail: how + "，载入 " + t.host, where: place(n), sure: t.bad != ""})
}

// coversAll reports whether a frame so styled lies over the whole window.
func coversAll(d css.Decls) bool {
	full := func(p string) bool { return strings.HasPrefix(d[p], "100") && d[p] != "100px" }
	over, err := strconv.Atoi(d["z-index"])
	switch d["position"] {
	case "fixed":
		return full("width") && full("height") || d["inset"] == "0" || d["inset"] == "0px"
	case "absolute":
		tall := d.AtLeast("height", coverHeight) && d.AtMost("top", 0) && d.AtMost("left", 0)
		return full("width") && (full("height") && d["height"] == "100vh" || (full("height") || tall) && err == nil && over >= 99)
	}
	return false
}

// coverHeight is how many pixels high an element is that fills the windows most people have.
const coverHeight = 600

// sized are the declarations of an element with the measures its attributes give it.
func sized(n *html.Node, d css.Decls) css.Decls {
	out := d
	for _, k := range []string{"width", "height"} {
		v := strings.TrimSpace(dom.Attr(n, k))
		if v == "" || d[k] != "" {
			continue
		}
		if strings.Trim(v, "0123456789") == "" {
			v += "px"
		}
		if len(out) == len(d) {
			out = maps.Clone(d)
			if out == nil {
				out = css.Decls{}
			}
		}
		out[k] = v
	}
	return out
}

// fillsCover reports whether a frame fills an element around it that lies over the whole
// window.
func (w *walker) fillsCover(n *html.Node, d css.Decls) bool {
	if !strings.HasPrefix(d["width"], "100") || !strings.HasPrefix(d["height"], "100") {
		return false
	}
	up := n.Parent
	for range 3 {
		if up == nil || up.DataAtom == atom.Body {
			return false
		}
		if coversAll(w.sheet.Of(up).Decls) {
			return true
		}
		up = up.Parent
	}
	return false
}

// onlyFrame reports whether a page of frames shows nothing but this one.
func (w *walker) onlyFrame(frame *html.Node) bool {
	for _, n := range w.p.elements() {
		if n.DataAtom == atom.Frame && n != frame && !noRoom(n) {
			return false
		}
	}
	return true
}

// noRoom reports whether a frameset gives a frame no rows or columns.
func noRoom(frame *html.Node) bool {
	set := frame.Parent
	if set == nil || set.DataAtom != atom.Frameset {
		return false
	}
	at := 0
	for c := set.FirstChild; c != nil && c != frame && at < maxSightings; c = c.NextSibling {
		if c.DataAtom == atom.Frame || c.DataAtom == atom.Frameset {
			at++
		}
	}
	for _, k := range []string{"rows", "cols"} {
		if f := strings.SplitN(dom.Attr(set, k), ",", maxSightings+2); at < min(len(f), maxSightings) {
			if n, ok := css.Length(f[at]); ok && n <= 2 {
				return true
			}
		}
	}
	return false
}
