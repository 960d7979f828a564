package theme

import "strings"

// Message is a page that says why something is not there.
type Message struct {
	Status  int
	Heading string
	Says    string
	Links   []Link
	Facts   []Fact // of a page that was taken down
}

// Ended is the message at the address of something that was public: who took
// it down, when, and the class of the reason where one was given; forGood at
// an address that is never used again.
func Ended(unit, on, class string, forGood bool) Message {
	m := MessageFor(410, "")
	if forGood {
		m.Heading, m.Says = "这个网址已经停用", "这个网址不再使用，也不会再有内容。"
		return m
	}
	for _, f := range []Fact{{"撤下单位", unit}, {"撤下日期", on}, {"原因类别", class}} {
		if f.Value != "" {
			m.Facts = append(m.Facts, f)
		}
	}
	return m
}

// MessageFor is the message of a status. says replaces the usual sentence,
// for the notice of a site that is offline.
func MessageFor(status int, says string) Message {
	m := Message{Status: status, Links: []Link{{"网站地图", "/map.html"}}}
	switch status {
	case 403:
		m.Heading, m.Says = "不能这样访问", "服务器没有接受这次访问。请从首页重新进入；多次出现请打电话告诉我们。"
	case 404:
		m.Heading, m.Says = "没有找到这个页面", "网址可能有误，或者页面已经移走。请核对网址，或者从首页、网站地图查找。"
	case 410:
		m.Heading, m.Says = "这条信息已经撤下", "发布单位已撤下这条信息，本站不再提供。"
	case 503:
		m.Status, m.Heading, m.Says, m.Links = 0, "网站暂停服务", "网站正在维护，请稍后再来。", nil
	default:
		m.Heading, m.Says = "页面暂时打不开", "服务器出了问题，我们会尽快处理。请过几分钟再试。"
	}
	if says != "" {
		m.Says = says
	}
	return m
}

// MessageFrame is the frame of a message.
func MessageFrame(s Site, m Message, path string) Frame {
	f := PlainFrame(s, m.Heading, path, "", "")
	f.NoIndex, f.Crumbs, f.Class = true, nil, "page-message"
	return f
}

// DrawMessage draws the message that stands at an address, in the elder layout
// for a reader who was in it.
func DrawMessage(s Site, m Message, path string) ([]byte, error) {
	if e, ok := s.editionAt(path); ok {
		return drawEditionMessage(s, e, m, path)
	}
	f := MessageFrame(s, m, path)
	if path == "/elder" || strings.HasPrefix(path, "/elder/") {
		f.Class = "elder page-message"
		return elderMessagePage.Draw(f, m)
	}
	return MessagePage.Draw(f, m)
}
