package js

import (
	"regexp"
	"strings"

	"zhengshu/internal/check/css"
	"zhengshu/internal/check/seek"
)

// Hides returns the ids and classes ("#id", ".class") a script hides
// when it runs, outside any function a click would call.
func Hides(text string) []string {
	var out []string
	for _, m := range hideByID.FindAllStringSubmatch(text, 64) {
		prop := m[2] + m[3]
		value := m[4] + m[5] + m[6]
		rules := strings.ToLower(prop) + ":" + value
		switch prop {
		case "cssText", "":
			rules = value
		case "fontSize":
			rules = "font-size:" + value
		case "textIndent":
			rules = "text-indent:" + value
		case "zIndex":
			rules = "position:absolute;z-index:" + value
		case "left", "top":
			rules = "position:absolute;" + rules
		case "height":
			rules = "overflow:hidden;" + rules
		}
		if how, _ := css.Parse(rules).Concealment(); how != "" {
			out = append(out, "#"+m[1])
		}
	}
	if strings.Contains(text, "getElementById") && seek.Any(text, attrWords) {
		for _, m := range hideByAttr.FindAllStringSubmatch(text, 64) {
			how, _ := css.Parse(m[3] + m[4]).Concealment()
			if style := strings.Contains(m[0], "setAttribute") && m[2] == ""; !style || how != "" {
				out = append(out, "#"+m[1])
			}
		}
	}
	if !seek.Any(text, hideWords) {
		return out
	}
	for met := 0; met < 64; {
		i := strings.IndexByte(text, '(')
		if i < 0 {
			break
		}
		// The pattern begins with the name of what is called.
		called := text[:i]
		text = text[i:]
		if called = strings.TrimRight(called, scriptBlanks); !asksForElements(called) {
			text = text[1:]
			continue
		}
		m := hideByQuery.FindStringSubmatchIndex(text)
		if m == nil {
			text = text[1:]
			continue
		}
		sel := ""
		if m[2] >= 0 {
			sel = text[m[2]:m[3]]
		} else {
			sel = text[m[4]:m[5]]
		}
		if sel = strings.TrimSpace(sel); sel != "" && !strings.ContainsAny(sel, "{};") {
			out = append(out, sel)
		}
		text = text[m[1]:]
		met++
	}
	return out
}

// HidesByStyle reports whether what a script gives to the style of an element hides it:
// the property, then its value in one of several kinds of quotation.
func HidesByStyle(given []string) bool {
	rules := given[0] + ":" + strings.Join(given[1:], "")
	if given[0] == "cssText" || given[0] == "" {
		rules = strings.Join(given[1:], "")
	}
	how, _ := css.Parse("position:absolute;overflow:hidden;" + hyphened(rules)).Concealment()
	return how != ""
}

// hyphened writes the names of properties as style sheets do.
func hyphened(rules string) string {
	return camel.ReplaceAllStringFunc(rules, func(c string) string { return "-" + strings.ToLower(c) })
}

// Shows returns the ids and classes that a script shows, at whatever moment.
func Shows(text string) (out []string) {
	if !seek.Any(text, showWords) {
		return nil
	}
	for _, m := range showByQuery.FindAllStringSubmatch(text, 64) {
		out = append(out, m[1])
	}
	for _, m := range showByID.FindAllStringSubmatch(text, 64) {
		out = append(out, "#"+m[1])
	}
	// Tabs: the id is made of a word and a number.
	if showsNumbered.MatchString(text) {
		for _, m := range idOfNumber.FindAllStringSubmatch(text, 16) {
			out = append(out, "#"+m[1]+"+")
		}
	}
	return out
}

var (
	idOfNumber    = regexp.MustCompile(`(?:getElementById\s*\(\s*["']|(?:\$|jQuery)\s*\(\s*["']#)([\w\-]{2,40})["']\s*\+`)
	showsNumbered = regexp.MustCompile(`\.\s*display\s*=\s*(?:["'](?:block|["'])|[^"'\n;]{1,60}\?)|\.\s*(?:show|fadeIn|slideDown|slideToggle)\s*\(`)

	showWords   = []string{"show", "oggle", "slideDown", "fadeIn", "display", "visib", "classList", "addClass", "removeClass"}
	showByQuery = regexp.MustCompile(`(?:\$|jQuery|querySelector(?:All)?|\.(?:next|nextAll|find|children|siblings))\s*\(\s*["'](?:[^"'\n]{0,60}[\s>])?([#.][\w\-]+)["']\s*\)(?:\s*\.\s*(?:stop|eq|find|siblings|next|delay)\s*\([^()\n]{0,40}\)){0,3}\s*\.\s*(?:show|toggle\s*\(\s*(?:\)|["'\d]|function)|slideDown|slideToggle|fadeIn|fadeToggle|toggleClass|removeClass|style\s*\.\s*display\s*=\s*["'](?:block|flex|inline|grid|["'])|classList\s*\.\s*(?:toggle|remove)|css\s*\(\s*["']display["']\s*,\s*["'](?:block|flex|inline))`)
	showByID    = regexp.MustCompile(`getElementById\s*\(\s*["']([\w\-]+)["']\s*\)\s*\.\s*(?:style\s*\.\s*(?:display\s*=\s*(?:["'](?:block|flex|inline|grid|["'])|[^"'\n;=]{1,60}\?)|visibility\s*=\s*["']visible)|hidden\s*=\s*(?:false|!1)|classList\s*\.\s*(?:toggle|remove)|showModal)`)

	// hideByTag hides an element by its number among those of a tag, hideBeside the one
	// beside or around the script.
	HideByTag  = regexp.MustCompile(`getElementsByTagName\s*\(\s*["'](\w+)["']\s*\)\s*(?:\[\s*(\d{1,4})\s*\]|\.\s*item\s*\(\s*\d{1,4}\s*\))\s*\.\s*style\s*(?:\.\s*(\w+)\s*)?\+?=\s*(?:"([^"\n]*)"|'([^'\n]*)')`)
	HideBeside = regexp.MustCompile(`currentScript\s*\.\s*(previousElementSibling|previousSibling|parentNode|parentElement)\s*\.\s*style\s*(?:\.\s*(\w+)\s*)?\+?=\s*(?:"([^"\n]*)"|'([^'\n]*)')`)
)

var (
	hideWords = []string{"hide", "css", "style", "fadeOut", "slideUp", "toggle"}
	attrWords = []string{"hidden", "setAttribute"} // toggleAttribute of hidden among them
)

// Classes returns the classes a script gives to elements: by a selector of
// theirs.
func Classes(text string) (out [][2]string) {
	if !seek.Any(text, []string{"className", "classList", "addClass"}) {
		return nil
	}
	for _, m := range hideByClass.FindAllStringSubmatch(text, 64) {
		out = append(out, [2]string{"#" + m[1], m[2]})
	}
	for _, m := range classByQuery.FindAllStringSubmatch(text, 64) {
		out = append(out, [2]string{m[1], m[2]})
	}
	return out
}

var (
	classByQuery = regexp.MustCompile(`(?:querySelector(?:All)?|\$|jQuery)\s*\(\s*["']([#.][\w\-]+)["']\s*\)\s*\.\s*(?:className\s*=|classList\s*\.\s*add\s*\(|addClass\s*\()\s*["']([\w\-]+)["']`)

	// heldAs is an element that a script gives a name.
	heldAs = regexp.MustCompile(`(?:^|[^\w$.])([A-Za-z_$][\w$]*)\s*=\s*(document\s*\.\s*(?:getElementById|querySelector)\s*\(\s*["'][#.]?[\w\-]+["']\s*\)|(?:\$|jQuery)\s*\(\s*["'][#.][\w\-]+["']\s*\))\s*[;,\n}]`)
	// byClass, byAll and eachOf are other ways to say which element is meant.
	byClass = regexp.MustCompile(`getElementsByClassName\s*\(\s*["']([\w\-]+)["']\s*\)\s*(?:\[\s*\d+\s*\]|\.\s*item\s*\(\s*\d+\s*\))`)
	byAll   = regexp.MustCompile(`document\s*\.\s*all\s*(?:\.\s*([A-Za-z_][\w\-]*)|[\[(]\s*["']([\w\-]+)["']\s*[\])])\s*\.\s*(style|hidden|className|setAttribute)`)
	eachOf  = regexp.MustCompile(`querySelectorAll\s*\(\s*(["'][#.][\w\-]+["'])\s*\)\s*\.\s*forEach\s*\(\s*(?:function\s*\(\s*(\w+)[^)]*\)\s*\{|\(?\s*(\w+)\s*\)?\s*=>\s*\{?)\s*(\w+)\s*\.`)

	styleGiven = regexp.MustCompile(`Object\s*\.\s*assign\s*\(\s*([^;{}]{1,120}?)\s*\.\s*style\s*,\s*\{`)

	undoByID    = regexp.MustCompile(`(?:getElementById\s*\(\s*["']([\w\-]+)["']\s*\)|(?:querySelector|\$|jQuery)\s*\(\s*["']([#.][\w\-]+)["']\s*\))\s*\.\s*(?:(remove\s*\(\s*\))|(empty\s*\(\s*\)|html\s*\(\s*["']{2}\s*\)|(?:inner|outer)HTML\s*=\s*["']{2})|style\s*\.\s*setProperty\s*\(\s*["']([\w\-]+)["']\s*,\s*["']([^"'\n]*)["']|css\s*\(\s*\{([^{}]*)\}|css\s*\(\s*["']([\w\-]+)["']\s*,\s*["']?([^"'()\n]*)["']?\s*\)|attr\s*\(\s*["'](style|hidden)["']\s*,\s*["']([^"'\n]*)["'])`)
	removeChild = regexp.MustCompile(`removeChild\s*\(\s*(?:document\s*\.\s*)?(?:getElementById\s*\(\s*["']([\w\-]+)["']\s*\)|querySelector\s*\(\s*["']([#.][\w\-]+)["']\s*\))`)
	camel       = regexp.MustCompile(`[A-Z]`)
	quotedCSS   = regexp.MustCompile(`"((?:[^"\\\n]|\\.)*\{(?:[^"\\\n]|\\.)*\}(?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*\{(?:[^'\\\n]|\\.)*\}(?:[^'\\\n]|\\.)*)'|` + "`([^`]*\\{[^`]*\\}[^`]*)`")
)

// Named puts elements in the places of the names that a script gives them, and says
// in one way which element is meant.
func Named(text string) string {
	if strings.Contains(text, "getElementsByClassName") {
		text = byClass.ReplaceAllString(text, `querySelector(".$1")`)
	}
	if strings.Contains(text, "document.all") {
		text = byAll.ReplaceAllString(text, `document.getElementById("$1$2").$3`)
	}
	if strings.Contains(text, "Object.assign") {
		text = styleGiven.ReplaceAllString(text, `$1.css({`)
	}
	if strings.Contains(text, "forEach") {
		text = eachOf.ReplaceAllStringFunc(text, func(s string) string {
			m := eachOf.FindStringSubmatch(s)
			if m[2]+m[3] != m[4] {
				return s
			}
			return "querySelector(" + m[1] + ")."
		})
	}
	if !seek.Any(text, []string{"getElementById", "querySelector", "$(", "jQuery("}) {
		return text
	}
	for _, m := range heldAs.FindAllStringSubmatch(text, 16) {
		uses, err := regexp.Compile(`(^|[^\w$.])` + regexp.QuoteMeta(m[1]) + `(\s*\.\s*(?:style|hidden|className|classList|setAttribute|remove|innerHTML|outerHTML|hide|css|addClass|attr|empty|html)\b|\s*\))`)
		if err == nil {
			text = uses.ReplaceAllString(text, "${1}"+strings.ReplaceAll(m[2], "$", "$$")+"${2}")
		}
	}
	return text
}

// Undone returns the ids and classes of what a script takes off the page, or
// hides in ways that hiddenByScript does not know.
func Undone(text string) (out []string) {
	if !seek.Any(text, []string{"remove", "empty(", "html(", "HTML", "setProperty", "css(", "attr("}) {
		return nil
	}
	for _, m := range undoByID.FindAllStringSubmatch(text, 64) {
		sel := m[2]
		if m[1] != "" {
			sel = "#" + m[1]
		}
		rules := ""
		switch {
		case m[3] != "":
			out = append(out, sel)
		case m[4] != "":
			// What is named again is filled anew.
			if strings.Count(text, sel[1:]) == 1 {
				out = append(out, sel)
			}
		case m[5] != "":
			rules = m[5] + ":" + m[6]
		case m[7] != "":
			rules = strings.NewReplacer(`"`, "", "'", "", ",", ";").Replace(m[7])
		case m[8] != "":
			rules = m[8] + ":" + m[9]
		case m[10] == "hidden":
			out = append(out, sel)
		case m[10] == "style":
			rules = m[11]
		}
		if rules == "" {
			continue
		}
		rules = camel.ReplaceAllStringFunc(rules, func(c string) string { return "-" + strings.ToLower(c) })
		if how, _ := css.Parse("position:absolute;overflow:hidden;" + rules).Concealment(); how != "" {
			out = append(out, sel)
		}
	}
	for _, m := range removeChild.FindAllStringSubmatch(text, 64) {
		if m[1] != "" {
			out = append(out, "#"+m[1])
		} else {
			out = append(out, m[2])
		}
	}
	return out
}

// Styles returns the style sheets that a script adds to the page.
func Styles(text string) (out []string) {
	if !strings.Contains(text, "insertRule") && !strings.Contains(text, `createElement("style")`) && !strings.Contains(text, `createElement('style')`) {
		return nil
	}
	for _, m := range quotedCSS.FindAllStringSubmatch(text, 64) {
		out = append(out, m[1]+m[2]+m[3])
	}
	return out
}
