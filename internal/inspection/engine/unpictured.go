package engine

import "strings"

// Why there is no picture, for people: what follows “没有截图：”.
const (
	whyPersonal    = "页面含有个人信息"
	whyAboutPerson = "问题涉及个人信息"
	whyInFile      = "问题在文件里，不在网页上"
	whyUnseen      = "这类问题在页面画面上看不到"
	whyNotKept     = "本次检查不留存证据"
	whyKnown       = "问题此前已经查到，没有再次截图"
	whyNoPage      = "没有取得这个页面"
	whyNotHTML     = "文件不是网页"
	whyNotDrawn    = "浏览器没有画出这个位置"
	whyMost        = "本次检查的截图已达上限，复测时补拍"
	whySlow        = "浏览器没有在时限内画完"
)

// Unpicturable says why no picture is kept of what a check finds; "" where one may be.
func Unpicturable(check string) string {
	switch family, _, _ := strings.Cut(check, "."); family {
	case "privacy":
		return whyAboutPerson
	case "attachment":
		return whyInFile
	case "rendered":
		return ""
	}
	if _, ok := markOf(Sighting{Check: check}); !ok {
		return whyUnseen
	}
	return ""
}

// unpictured says why a finding of the run has no picture.
func (n *inspector) unpictured(s Sighting) string {
	v := n.visits[s.URL]
	switch why := Unpicturable(s.Check); {
	case why != "":
		return why
	case n.store == nil:
		return whyNotKept
	case n.o.Known[n.prints.of(&s)]:
		return whyKnown
	case v == nil || v.sum == "":
		return whyNoPage
	case !isHTML(v.contentType, nil):
		return whyNotHTML
	case n.unshot[s.URL] != "":
		return n.unshot[s.URL]
	case n.o.Browser == nil:
		return noBrowser
	case n.undrawn != "":
		return n.undrawn
	}
	return whyMost
}

// unpictured notes why there is no picture, where there is none.
func (e *Evidence) unpictured(why string) {
	if e.Screenshot == "" {
		e.Unshot = strings.TrimSuffix(why, "。")
	}
}
