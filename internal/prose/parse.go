package prose

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"zhengshu/internal/fault"
)

// Doc is one document. The zero Doc is empty; make others with Parse,
// FromText or FromHTML.
type Doc struct{ Content []Node }

// Node is one node of the tree.
type Node struct {
	Type    string         `json:"type"`
	Attrs   map[string]any `json:"attrs,omitempty"` // string, bool or int, as the schema says
	Content []Node         `json:"content,omitempty"`
	Marks   []Mark         `json:"marks,omitempty"`
	Text    string         `json:"text,omitempty"`
}

// Mark is a property of a run of text.
type Mark struct {
	Type  string         `json:"type"`
	Attrs map[string]any `json:"attrs,omitempty"`
}

// Word is an attribute that is a string, empty when absent.
func (n Node) Word(name string) string { s, _ := n.Attrs[name].(string); return s }

// Number is an attribute that is a whole number, 0 when absent.
func (n Node) Number(name string) int { i, _ := n.Attrs[name].(int); return i }

// Flag is an attribute that is true or false.
func (n Node) Flag(name string) bool { b, _ := n.Attrs[name].(bool); return b }

// Word is an attribute of the mark, empty when absent.
func (m Mark) Word(name string) string { s, _ := m.Attrs[name].(string); return s }

// Blank reports whether the document says and shows nothing.
func (d Doc) Blank() bool {
	blank := true
	d.each(func(n Node) {
		switch n.Type {
		case TextNode:
			blank = blank && strings.TrimSpace(n.Text) == ""
		case Figure, Attachment, DocHead, PolicyRef:
			blank = false
		}
	})
	return blank
}

// Unsettled reports whether proposed changes or comments stand in the text.
func (d Doc) Unsettled() bool {
	found := false
	d.each(func(n Node) {
		for _, m := range n.Marks {
			found = found || m.Type == Insertion || m.Type == Deletion || m.Type == Comment
		}
	})
	return found
}

func (d Doc) each(do func(Node)) {
	var walk func([]Node)
	walk = func(list []Node) {
		for _, n := range list {
			do(n)
			walk(n.Content)
		}
	}
	walk(d.Content)
}

// JSON is the canonical form: the same document gives the same bytes.
func (d Doc) JSON() []byte {
	content := d.Content
	if len(content) == 0 {
		content = []Node{{Type: Paragraph}}
	}
	b, err := json.Marshal(Node{Type: "doc", Content: content})
	if err != nil { // attributes are words, flags and numbers only
		return []byte(`{"type":"doc","content":[{"type":"paragraph"}]}`)
	}
	return b
}

// Parse reads a document strictly: whatever the schema does not declare is
// refused with its path. Errors are fault.Invalid on the field "doc".
func Parse(data []byte) (Doc, error) {
	if len(data) > MaxBytes {
		return Doc{}, wrong("正文", fmt.Sprintf("超过 %d MB，请拆分或把图片改为上传", MaxBytes>>20))
	}
	if !utf8.Valid(data) {
		return Doc{}, wrong("正文", "不是 UTF-8 文字，请重新粘贴")
	}
	if err := depth(data); err != nil {
		return Doc{}, err
	}
	var root Node
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	dec.DisallowUnknownFields()
	if err := dec.Decode(&root); err != nil {
		return Doc{}, wrong("正文", "不是编辑器保存的格式，请刷新页面后重试").From(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return Doc{}, wrong("正文", "结尾有多余内容，请刷新页面后重试")
	}
	if root.Type != "doc" {
		return Doc{}, wrong("正文", "缺少文档根节点，请刷新页面后重试")
	}
	count := 0
	if err := validate(&root, "正文", &count, 0); err != nil {
		return Doc{}, err
	}
	return Doc{Content: root.Content}, nil
}

func wrong(path, says string) *fault.Error {
	return fault.New(fault.Invalid, path+"："+says+"。").On("doc", path+"："+says)
}

// depth refuses deep nesting before anything recursive reads the bytes.
func depth(data []byte) error {
	level, quoted, escaped := 0, false, false
	for _, c := range data {
		switch {
		case escaped:
			escaped = false
		case quoted:
			escaped, quoted = c == '\\', c != '"'
		case c == '"':
			quoted = true
		case c == '{' || c == '[':
			if level++; level > 3*MaxDepth {
				return wrong("正文", "嵌套太深，请简化表格和列表")
			}
		case c == '}' || c == ']':
			level--
		}
	}
	return nil
}

func validate(n *Node, path string, count *int, at int) error {
	if *count++; *count > MaxNodes {
		return wrong("正文", "内容块太多，请拆成几篇")
	}
	if at > MaxDepth {
		return wrong(path, "嵌套太深，请简化")
	}
	spec, ok := nodes[n.Type]
	if !ok || n.Type == "doc" && at > 0 {
		return wrong(path, fmt.Sprintf("不支持“%s”这种内容，请删除后重试", short(n.Type)))
	}
	if err := attributes(&n.Attrs, spec.attrs, path, spec.name); err != nil {
		return err
	}
	if n.Type == TextNode {
		if n.Text == "" {
			return wrong(path, "文字不能为空")
		}
		n.Text = clean(n.Text)
		if n.Text == "" {
			n.Text = "\u00a0" // only control characters: something must stay
		}
	} else if n.Text != "" {
		return wrong(path, spec.name+"不能直接带文字")
	}
	if len(n.Marks) > 0 && !slices.Contains(inline, n.Type) {
		return wrong(path, spec.name+"不能带字符格式")
	}
	for i := range n.Marks {
		m := &n.Marks[i]
		attrs, ok := marks[m.Type]
		if !ok {
			return wrong(path, fmt.Sprintf("不支持“%s”这种字符格式", short(m.Type)))
		}
		if slices.ContainsFunc(n.Marks[:i], func(o Mark) bool { return o.Type == m.Type }) {
			return wrong(path, "同一种字符格式出现两次")
		}
		if err := attributes(&m.Attrs, attrs, path, "字符格式"); err != nil {
			return err
		}
	}
	if len(n.Content) < spec.least {
		return wrong(path, spec.name+"里没有内容，请填写或删除")
	}
	if len(n.Content) == 0 {
		n.Content = nil
	}
	ordinals := map[string]int{}
	for i := range n.Content {
		c := &n.Content[i]
		name := nodes[c.Type].name
		if name == "" {
			name = "内容"
		}
		ordinals[name]++
		below := path + " › 第" + strconv.Itoa(ordinals[name]) + "个" + name
		if nodes[c.Type].name != "" && !slices.Contains(spec.content, c.Type) {
			return wrong(below, name+"不能放在"+spec.name+"里")
		}
		if err := validate(c, below, count, at+1); err != nil {
			return err
		}
	}
	return nil
}

// attributes checks and narrows the attributes; null is the same as absent,
// as editors write it.
func attributes(have *map[string]any, spec map[string]attr, path, name string) error {
	for k, v := range *have {
		a, ok := spec[k]
		if !ok {
			return wrong(path, fmt.Sprintf("%s不能带属性“%s”", name, short(k)))
		}
		switch v := v.(type) {
		case nil:
			delete(*have, k)
		case bool:
			if a.kind != flag {
				return wrong(path, fmt.Sprintf("属性“%s”的值不对", k))
			}
			if !v {
				delete(*have, k)
			}
		case json.Number:
			i, err := strconv.Atoi(v.String())
			if a.kind != number || err != nil || i < a.least || i > a.most {
				return wrong(path, fmt.Sprintf("属性“%s”应是 %d 到 %d 的整数", k, a.least, a.most))
			}
			(*have)[k] = i
		case string:
			if err := a.word(v); err != "" || a.kind != word {
				if err == "" {
					err = "值不对"
				}
				return wrong(path, fmt.Sprintf("属性“%s”%s", k, err))
			}
			if v == "" {
				delete(*have, k)
			} else {
				(*have)[k] = clean(v)
			}
		default:
			return wrong(path, fmt.Sprintf("属性“%s”的值不对", k))
		}
	}
	for k, a := range spec {
		if _, ok := (*have)[k]; a.required && !ok {
			says := a.demand
			if says == "" {
				says = "缺少属性“" + k + "”"
			}
			return wrong(path, name+says)
		}
	}
	if len(*have) == 0 {
		*have = nil
	}
	return nil
}

func (a attr) word(v string) string {
	switch {
	case v == "":
		return ""
	case a.among != nil && !slices.Contains(a.among, v):
		return "只能是 " + strings.Join(a.among, "、") + " 之一"
	case a.among == nil && utf8.RuneCountInString(v) > a.most:
		return fmt.Sprintf("超过 %d 字", a.most)
	case a.proper != nil && !a.proper(v):
		return "不合要求：" + a.demand
	}
	return ""
}

// clean drops control characters, which neither database nor reader can use,
// and turns line ends within a run into spaces: a break is a node.
func clean(s string) string {
	if strings.IndexFunc(s, control) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case control(r):
			return -1
		}
		return r
	}, s)
}

// control leaves U+FFFD alone: it stands where a character was, and the checks
// name it. It names the marks that turn the direction of text (U+202A–202E,
// U+2066–2069): with them a text can read otherwise than it is stored.
func control(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == 0xfeff || r == 0x200b || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

func short(s string) string {
	r := []rune(clean(s))
	if len(r) > 20 {
		return string(r[:20]) + "…"
	}
	return string(r)
}
