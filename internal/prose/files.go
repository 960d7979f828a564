package prose

import "slices"

// Numbered recognises the number of an official document at the head of a
// paragraph: 第一条, 一、, （一）, 1., （1）. The level is one of LevelArticle to
// LevelFour; rest is the text after the number.
func Numbered(s string) (level, n int, rest string, ok bool) { return numbered(s) }

// Sources are the local paths of the files that the document shows or
// attaches, each once, in their order.
func (d Doc) Sources() []string {
	var out []string
	d.each(func(n Node) {
		for _, key := range []string{"src", "href"} {
			if s := n.Word(key); s != "" && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	})
	return out
}

// Refer is the document with the paths of its files replaced. A file that is
// given no path leaves its words behind: the description of a picture, the
// name of an attachment.
func (d Doc) Refer(to func(src string) string) Doc {
	var walk func(list []Node) []Node
	walk = func(list []Node) []Node {
		if list == nil {
			return nil
		}
		out := make([]Node, 0, len(list))
		for _, n := range list {
			key := map[string]string{Figure: "src", Attachment: "href"}[n.Type]
			if key == "" {
				n.Content = walk(n.Content)
				out = append(out, n)
				continue
			}
			src := to(n.Word(key))
			if !localPath(src) {
				words := "［图片］"
				if said := n.Described(); said != "" {
					words = "［图片：" + said + "］"
				}
				if n.Type == Attachment {
					words = "［附件：" + n.Word("name") + "］"
				}
				out = append(out, Node{Type: Paragraph, Content: []Node{{Type: TextNode, Text: words}}})
				continue
			}
			attrs := make(map[string]any, len(n.Attrs))
			for k, v := range n.Attrs {
				attrs[k] = v
			}
			attrs[key] = src
			n.Attrs = attrs
			out = append(out, n)
		}
		return out
	}
	return Doc{Content: walk(d.Content)}
}
