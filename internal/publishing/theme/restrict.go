package theme

import (
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"text/template/parse"
	"unicode"

	"zhengshu/internal/abridge"
)

// Wrong is one reason why a bundle is refused: where, why, and what to do.
type Wrong struct {
	File  string
	Line  int // 0: the whole file
	Cause string
	Cure  string
}

// String is the reason as a sentence.
func (w Wrong) String() string {
	at := w.File
	if w.Line > 0 {
		at += fmt.Sprintf(" 第 %d 行", w.Line)
	}
	if at != "" {
		at += "："
	}
	return at + w.Cause + "。" + w.Cure + "。"
}

// Refusal is why a bundle is not taken.
type Refusal struct{ Wrongs []Wrong }

// Error lists the reasons.
func (r *Refusal) Error() string {
	var all []string
	for _, w := range r.Wrongs {
		all = append(all, w.String())
	}
	return "theme: bundle refused: " + strings.Join(all, " ")
}

func refuse(file string, line int, cause, cure string) error {
	return &Refusal{[]Wrong{{file, line, cause, cure}}}
}

// mostWrongs are told at once.
const mostWrongs = 20

// Limits of the views of a bundle.
const (
	maxView   = 64 << 10
	maxDepth  = 40      // of nested blocks
	maxAction = 2000    // bytes between {{ and }}
	maxSteps  = 200_000 // nodes of a page with every template put where it is called
)

// allowed are the functions of views beside those of the package: nothing that
// makes text of any length or steps out of a context.
var allowed = []string{"and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len", "index"}

// closed are methods of the values that are not for views.
var closed = []string{"Dress", "Dressed", "Files", "Check", "MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText", "MarshalBinary", "UnmarshalBinary", "GobEncode", "GobDecode"}

// views are a bundle's views being looked over.
type overlook struct {
	wrongs []Wrong
	texts  map[string]string        // file → text
	trees  map[string]*parse.Tree   // templates by name, the base's below the bundle's
	file   map[string]string        // template → file of the bundle; "" for the base's
	named  map[string][]*parse.Tree // every template of a name, wherever it stands
}

func (o *overlook) wrong(file string, pos parse.Pos, cause, cure string) {
	line := 0
	if text, ok := o.texts[file]; ok && int(pos) <= len(text) {
		line = 1 + strings.Count(text[:pos], "\n")
	}
	w := Wrong{file, line, cause, cure}
	if len(o.wrongs) < mostWrongs && !slices.Contains(o.wrongs, w) {
		o.wrongs = append(o.wrongs, w)
	}
}

var (
	actionRun   = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	parseLine   = regexp.MustCompile(`^template: ([^:]+):(\d+):(?:\d+:)? (.*)$`)
	unknownFunc = regexp.MustCompile(`function "([^"]+)" not defined`)
)

// restrict holds the views of a bundle, by file name, against the closed list
// of what a template may do. It runs nothing.
func restrict(given map[string]string) []Wrong {
	o := &overlook{texts: map[string]string{}, trees: map[string]*parse.Tree{}, file: map[string]string{}, named: map[string][]*parse.Tree{}}
	known := map[string]any{}
	for name := range funcs {
		known[name] = true
	}
	for _, name := range allowed {
		known[name] = true
	}
	base := baseViews()
	type read struct {
		file  string // of the bundle; "" for the base's
		trees map[string]*parse.Tree
	}
	parsed := map[string]read{} // the views that stand, by file name
	parts := func(name, text, file string) {
		trees, err := parse.Parse(name, text, "{{", "}}", known)
		if err != nil {
			says, line := err.Error(), 0
			if m := parseLine.FindStringSubmatch(says); m != nil {
				says = m[3]
				_, _ = fmt.Sscan(m[2], &line) // digits by the expression
			}
			cause, cure := "模板写法有误（"+says+"）", "请改正这一行的写法"
			if m := unknownFunc.FindStringSubmatch(says); m != nil {
				cause, cure = "用了不允许的函数 "+m[1], "只能用："+strings.Join(functions(), "、")
			}
			o.wrongs = append(o.wrongs, Wrong{file, line, cause, cure})
			return
		}
		if outer := trees[name]; outer != nil && file != "" && !parse.IsEmptyTree(outer.Root) {
			o.wrong(file, 0, "有内容写在 define 之外", "请把内容放进 {{define \"content\"}} … {{end}}")
		}
		delete(trees, name)
		parsed[name] = read{file, trees}
	}
	for _, name := range base {
		if _, ok := given[name]; !ok {
			parts(name, baseView(name), "")
		}
	}
	for _, name := range sortedKeys(given) {
		text := given[name]
		file := "views/" + name
		o.texts[file] = text
		switch {
		case !slices.Contains(base, name):
			o.wrong(file, 0, "不在可以替换的模板之列", "可以替换的有："+strings.Join(base, "、"))
			continue
		case len(text) > maxView:
			o.wrong(file, 0, fmt.Sprintf("模板有 %d 字节，超过 %d 字节", len(text), maxView), "请拆分或精简")
			continue
		}
		if at := actionRun.FindAllStringIndex(text, -1); slices.ContainsFunc(at, func(r []int) bool { return r[1]-r[0] > maxAction || strings.Count(text[r[0]:r[1]], "(") > 32 }) {
			o.wrong(file, 0, "有一处 {{…}} 过长或括号嵌套过深", "请拆成几步")
			continue
		}
		parts(name, text, file)
		if r, ok := parsed[name]; ok && !strings.HasPrefix(name, "_") && r.trees["content"] == nil {
			o.wrong(file, 0, "没有定义 content，页面会缺少正文", "请加上 {{define \"content\"}} … {{end}}")
		}
	}
	for _, name := range base {
		for n, t := range baseTrees(name, known) {
			o.named[n] = append(o.named[n], t)
		}
		if r := parsed[name]; r.file != "" {
			for n, t := range r.trees {
				o.named[n] = append(o.named[n], t)
			}
		}
	}
	for _, name := range sortedKeys(parsed) {
		if r := parsed[name]; r.file != "" {
			for _, t := range sortedKeys(r.trees) {
				o.nodes(r.file, r.trees[t].Root, 0)
				o.markup(r.file, r.trees[t].Root)
			}
		}
	}
	if len(o.wrongs) > 0 {
		return o.wrongs
	}
	lay := func(r read) {
		for name, t := range r.trees {
			o.trees[name], o.file[name] = t, r.file
		}
	}
	for _, page := range base {
		if strings.HasPrefix(page, "_") {
			continue
		}
		clear(o.trees)
		clear(o.file)
		for _, name := range base {
			if strings.HasPrefix(name, "_") {
				lay(read{"", baseTrees(name, known)})
			}
		}
		for _, name := range base {
			if strings.HasPrefix(name, "_") && parsed[name].file != "" {
				lay(parsed[name])
			}
		}
		lay(parsed[page])
		o.calls()
	}
	return o.wrongs
}

// baseTrees are the templates of a base view; they stay below those of a
// bundle's view of the same name.
func baseTrees(name string, known map[string]any) map[string]*parse.Tree {
	trees, err := parse.Parse(name, baseView(name), "{{", "}}", known)
	if err != nil {
		panic("theme: " + err.Error()) // read by every test
	}
	delete(trees, name)
	return trees
}

func functions() []string {
	out := slices.Clone(allowed)
	for name := range funcs {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// calls refuses recursion, templates that are not there and pages that grow
// without measure by calls within calls.
func (o *overlook) calls() {
	const open, done = 1, 2
	state, size := map[string]int{}, map[string]int{}
	var stack []string
	wrong := func(name string, pos parse.Pos, cause, cure string) {
		file := o.file[name]
		for i := len(stack) - 1; file == "" && i >= 0; i-- { // in the base, by way of the bundle
			file, pos = o.file[stack[i]], 0
		}
		o.wrong(file, pos, cause, cure)
	}
	var visit func(name string) int
	visit = func(name string) int {
		if state[name] == done {
			return size[name]
		}
		state[name] = open
		stack = append(stack, name)
		defer func() { stack = stack[:len(stack)-1] }()
		n := 0
		eachList(o.trees[name].Root, func(_ parse.Node, l *parse.ListNode) {
			for _, node := range l.Nodes {
				n++
				call, ok := node.(*parse.TemplateNode)
				if !ok {
					continue
				}
				switch {
				case o.trees[call.Name] == nil:
					wrong(name, call.Pos, "用了没有定义的模板 "+call.Name, "请定义它，或者改用已有的模板")
				case state[call.Name] == open:
					wrong(name, call.Pos, "模板 "+call.Name+" 直接或间接调用了自己", "请去掉循环调用；列表用 range")
				default:
					n += visit(call.Name)
				}
			}
		})
		if n > maxSteps {
			wrong(name, 0, "模板层层调用，展开后过大", "请减少调用的层数")
			n = maxSteps
		}
		state[name], size[name] = done, n
		return n
	}
	for _, name := range sortedKeys(o.trees) {
		visit(name)
	}
}

// nodes looks over what a template does.
func (o *overlook) nodes(file string, l *parse.ListNode, depth int) {
	if l == nil {
		return
	}
	if depth > maxDepth {
		o.wrong(file, l.Pos, fmt.Sprintf("嵌套超过 %d 层", maxDepth), "请减少嵌套")
		return
	}
	branch := func(n *parse.BranchNode) {
		o.pipe(file, n.Pipe)
		o.nodes(file, n.List, depth+1)
		o.nodes(file, n.ElseList, depth+1)
	}
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.TextNode, *parse.CommentNode:
		case *parse.ActionNode:
			o.pipe(file, n.Pipe)
		case *parse.TemplateNode:
			if n.Pipe != nil {
				o.pipe(file, n.Pipe)
			}
		case *parse.IfNode:
			branch(&n.BranchNode)
		case *parse.WithNode:
			branch(&n.BranchNode)
		case *parse.RangeNode:
			if overField(n) == nil {
				o.wrong(file, n.Pos, "range 的对象是 "+clip(n.Pipe.String())+"，不是字段", "range 只能遍历页面数据里的列表，不能遍历数字、函数结果或文字")
			}
			branch(&n.BranchNode)
		case *parse.BreakNode, *parse.ContinueNode:
		default:
			o.wrong(file, n.Position(), "用了不支持的写法 "+clip(n.String()), "请改用 if、with、range、template")
		}
	}
}

func clip(s string) string { return abridge.Text(s, 60) }

// pipe looks over the functions and fields of a pipeline. Unknown functions
// were refused by the parser.
func (o *overlook) pipe(file string, p *parse.PipeNode) {
	if p == nil {
		return
	}
	if len(p.Cmds) > 8 {
		o.wrong(file, p.Pos, "一处取值用了太多步骤", "请分开写")
	}
	for _, c := range p.Cmds {
		for _, a := range c.Args {
			o.arg(file, a)
		}
	}
}

func (o *overlook) arg(file string, a parse.Node) {
	names := func(ident []string, pos parse.Pos) {
		for _, name := range ident {
			if slices.Contains(closed, name) {
				o.wrong(file, pos, "用了不给模板用的 "+name, "请改用页面数据里的字段")
			}
		}
	}
	switch a := a.(type) {
	case *parse.FieldNode:
		names(a.Ident, a.Pos)
	case *parse.VariableNode:
		names(a.Ident[1:], a.Pos)
	case *parse.ChainNode:
		names(a.Field, a.Pos)
		o.arg(file, a.Node)
	case *parse.PipeNode:
		o.pipe(file, a)
	case *parse.StringNode:
		if len(a.Text) > 500 {
			o.wrong(file, a.Pos, "引号里的文字过长", "请写在 {{…}} 外面")
		}
	case *parse.NumberNode, *parse.BoolNode, *parse.DotNode, *parse.NilNode, *parse.IdentifierNode:
	default:
		o.wrong(file, a.Position(), "用了不支持的写法 "+clip(a.String()), "请改用字段、文字或数字")
	}
}

// Elements and attributes that a bundle may not write. Pages need no script,
// and everything a page shows comes from the site itself.
var (
	badElements = []string{"script", "style", "iframe", "object", "embed", "applet", "base", "frame", "frameset", "noscript", "template", "portal", "animate", "animatemotion", "animatetransform", "set", "foreignobject", "math", "xmp", "plaintext", "noembed", "noframes", "listing"}
	badNames    = []string{"style", "srcdoc", "ping", "manifest", "background", "xlink:href"}
	// Official addresses of the foot (网站标识、备案、找错).
	officialHosts = []string{"bszs.conac.cn", "beian.miit.gov.cn", "beian.mps.gov.cn", "www.beian.gov.cn", "zfwzgl.www.gov.cn"}
	outside       = regexp.MustCompile(`^(?:[a-z][a-z0-9+.-]*:|//|\\\\|/\\|\\/)`)
)

// lexer follows the HTML of a template through its branches, with an action
// for a piece of a value.
type lexer struct {
	at    byte // see below
	tag   string
	name  string
	value []string // variants of the attribute's value so far
	glue  bool     // a name ended where a block began: only space, / or > may follow
	// inside counts the templates that are followed inside a value.
	inside int
}

const (
	inText    = 't'
	inOpen    = '<' // after <
	inTag     = 'n' // element name
	inAttrs   = 'a' // between attributes
	inName    = 'm' // attribute name
	inEquals  = '=' // after =
	inDouble  = '"'
	inSingle  = '\''
	inBare    = 'b' // value without quotes
	inComment = 'c'
	inBang    = '!' // <!… and <?…
)

// markup refuses what a template's HTML may not contain. It follows the text
// through every branch, so that no name is put together from two pieces.
func (o *overlook) markup(file string, root *parse.ListNode) {
	end := o.follow(file, root, lexer{at: inText})
	if end.at != inText {
		o.wrong(file, root.Pos, "模板结束时标签没有闭合", "请补上标签的结尾，一个标签不能分在两个模板里")
	}
}

func (o *overlook) follow(file string, l *parse.ListNode, s lexer) lexer {
	if l == nil {
		return s
	}
	branch := func(pos parse.Pos, body, other *parse.ListNode) {
		if s.at == inTag || s.at == inName {
			o.finishName(file, &s, pos)
			s.at, s.glue = inAttrs, true
		}
		if s.at == inOpen || s.at == inEquals || s.at == inBare || s.at == inComment || s.at == inBang {
			o.wrong(file, pos, "标签没有写完就开始了 {{if}} 或 {{range}}", "请把整个标签或整个带引号的属性值放在分支里")
			s.at = inText
			return
		}
		a, b := o.follow(file, body, s), o.follow(file, other, s)
		for _, x := range []*lexer{&a, &b} {
			if x.at == inTag || x.at == inName {
				o.finishName(file, x, pos)
				x.at, x.glue = inAttrs, true
			}
		}
		if a.at != b.at || a.at != inText && a.tag != b.tag || (a.at == inDouble || a.at == inSingle) && a.name != b.name {
			o.wrong(file, pos, "分支两边的标签没有同样闭合", "请让 {{if}}、{{else}}、{{range}} 的每一边都从哪里开始就在哪里结束")
			s = lexer{at: inText}
			return
		}
		a.glue = a.glue || b.glue
		for _, v := range b.value {
			if !slices.Contains(a.value, v) {
				a.value = append(a.value, v)
			}
		}
		if len(a.value) > 64 {
			o.wrong(file, pos, "一个属性值里分支太多", "请把属性值写得简单些")
			a.value = a.value[:1]
		}
		s = a
	}
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.TextNode:
			o.lex(file, string(n.Text), n.Pos, &s)
		case *parse.ActionNode:
			if len(n.Pipe.Decl) > 0 {
				continue // says nothing
			}
			switch s.at {
			case inText:
			case inDouble, inSingle:
				for i := range s.value {
					s.value[i] += "\x00"
				}
			default:
				o.wrong(file, n.Pos, "{{…}} 写在标签名、属性名或没有引号的属性值里", "请只在文字和带引号的属性值里取值")
			}
		case *parse.TemplateNode:
			switch s.at {
			case inText:
			case inTag, inName, inAttrs:
				if s.at != inAttrs {
					o.finishName(file, &s, n.Pos)
					s.at, s.glue = inAttrs, true
				}
				s = o.within(file, n, s)
			case inDouble, inSingle:
				s = o.within(file, n, s)
			default:
				o.wrong(file, n.Pos, "在标签里调用了模板 "+n.Name, "请只在标签之外，或者带引号的属性值里调用模板")
			}
		case *parse.BreakNode, *parse.ContinueNode:
			if s.at != inText {
				o.wrong(file, n.Position(), "在标签里中断了循环", "请写完标签再中断")
			}
		case *parse.IfNode:
			branch(n.Pos, n.List, n.ElseList)
		case *parse.WithNode:
			branch(n.Pos, n.List, n.ElseList)
		case *parse.RangeNode:
			branch(n.Pos, n.List, n.ElseList)
		}
	}
	return s
}

// within follows a template that is called inside a tag or an attribute's value:
// it may say attributes or words there, and may not end what it stands in.
func (o *overlook) within(file string, n *parse.TemplateNode, s lexer) lexer {
	s.inside++
	out := s
	out.value = nil
	for _, t := range o.named[n.Name] {
		if s.inside > 4 {
			break
		}
		in := s
		in.value = slices.Clone(s.value)
		end := o.follow(file, t.Root, in)
		if end.at == inTag || end.at == inName {
			o.finishName(file, &end, n.Pos)
			end.at, end.glue = inAttrs, true
		}
		if end.at != s.at || end.tag != s.tag || s.at != inAttrs && end.name != s.name {
			o.wrong(file, n.Pos, "标签里调用的模板 "+n.Name+" 改变了标签", "在标签里调用的模板只能是属性，在属性值里只能是文字")
		}
		out.glue = out.glue || end.glue
		for _, v := range end.value {
			if len(out.value) < 64 && !slices.Contains(out.value, v) {
				out.value = append(out.value, v)
			}
		}
	}
	if s.inside > 4 || len(o.named[n.Name]) == 0 {
		o.wrong(file, n.Pos, "标签里不能调用模板 "+n.Name, "请直接取值")
	}
	out.inside--
	return out
}

func (o *overlook) finishName(file string, s *lexer, pos parse.Pos) {
	switch s.at {
	case inTag:
		if slices.Contains(badElements, strings.TrimPrefix(s.tag, "/")) {
			o.wrong(file, pos, "含有 <"+s.tag+"> 标签", "主题里不能有脚本、样式块和嵌入内容；样式写进 theme.css")
		}
	case inName:
		n := strings.ToLower(s.name)
		switch {
		case strings.HasPrefix(n, "on"):
			o.wrong(file, pos, "含有 "+clip(n)+"= 事件属性", "主题里不能有脚本，请去掉这个属性")
		case slices.Contains(badNames, n):
			o.wrong(file, pos, "含有 "+n+"= 属性", "样式请写进 theme.css，其他用法请去掉")
		}
	}
}

func (o *overlook) finishValue(file string, s *lexer, pos parse.Pos) {
	n := strings.ToLower(s.name)
	for _, v := range s.value {
		o.attribute(file, s.tag, n, v, pos)
	}
	s.value, s.name = nil, ""
}

func (o *overlook) attribute(file, tag, name, value string, pos parse.Pos) {
	v := strings.ToLower(strings.Map(func(r rune) rune {
		if r != 0 && (unicode.IsSpace(r) || unicode.IsControl(r)) {
			return -1
		}
		return r
	}, html.UnescapeString(value)))
	switch {
	case strings.HasPrefix(name, "xmlns"):
	case tag == "meta" && name == "http-equiv" && v != "x-ua-compatible":
		o.wrong(file, pos, "含有 http-equiv="+clip(value), "请去掉；页面的跳转和安全策略由系统决定")
	case strings.Contains(v, "javascript:") || strings.Contains(v, "vbscript:") || strings.Contains(v, "data:"):
		o.wrong(file, pos, name+" 里有 javascript: 或 data: 地址", "请改用本站的地址；图片放进主题包的 img 目录")
	case outside.MatchString(v) && addressed(name):
		if strings.HasPrefix(v, "tel:") || strings.HasPrefix(v, "mailto:") {
			return
		}
		if rest, ok := strings.CutPrefix(v, "https://"); ok {
			host, _, _ := strings.Cut(rest, "/")
			if slices.Contains(officialHosts, host) && tag == "a" {
				return
			}
		}
		o.wrong(file, pos, name+" 指向外部地址 "+clip(strings.ReplaceAll(value, "\x00", "…")), "主题只能用本站的地址和主题包里的文件；外部链接由各站点在内容里添加")
	}
}

// addressed says whether an attribute can hold an address.
func addressed(name string) bool {
	switch name {
	case "href", "src", "srcset", "action", "formaction", "poster", "cite", "data", "content", "longdesc", "usemap", "imagesrcset", "codebase", "classid", "profile", "archive", "fill", "mask", "filter", "clip-path":
		return true
	}
	return false
}

func (o *overlook) lex(file, text string, start parse.Pos, s *lexer) {
	space := func(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }
	add := func(c byte) {
		for i := range s.value {
			s.value[i] += string(rune(c))
		}
	}
	from := 0 // of a run inside a quoted value
	flush := func(to int) {
		for i := range s.value {
			s.value[i] += text[from:to]
		}
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		pos := start + parse.Pos(i)
		if s.glue {
			if !space(c) && c != '/' && c != '>' {
				o.wrong(file, pos, "标签名或属性名被分支拆开", "请把整个名字写在一起，后面留一个空格")
			}
			s.glue = false
		}
		switch s.at {
		case inText:
			if c == '<' {
				s.at = inOpen
			}
		case inOpen:
			switch {
			case strings.HasPrefix(text[i:], "!--"):
				s.at = inComment
				i += 2
			case c == '!' || c == '?':
				s.at = inBang
			case c == '/' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
				s.at, s.tag, s.name, s.value = inTag, strings.ToLower(string(rune(c))), "", nil
			case c == '<':
			default:
				s.at = inText
			}
		case inComment:
			if strings.HasPrefix(text[i:], "-->") {
				s.at = inText
				i += 2
			}
		case inBang:
			if c == '>' {
				s.at = inText
			}
		case inTag:
			switch {
			case space(c) || c == '>' || c == '/' && s.tag != "/":
				o.finishName(file, s, pos)
				s.at = inAttrs
				if c == '>' {
					s.at = inText
				}
			default:
				s.tag += strings.ToLower(string(rune(c)))
			}
		case inAttrs:
			switch {
			case c == '>':
				s.at = inText
			case space(c) || c == '/':
			default:
				s.at, s.name = inName, string(rune(c))
			}
		case inName:
			switch {
			case c == '=':
				o.finishName(file, s, pos)
				s.at, s.value = inEquals, []string{""}
			case space(c) || c == '/' || c == '>':
				o.finishName(file, s, pos)
				s.at = inAttrs
				if c == '>' {
					s.at = inText
				}
			default:
				s.name += string(rune(c))
			}
		case inEquals:
			switch {
			case space(c):
			case c == '"' || c == '\'':
				s.at, from = c, i+1
			case c == '>':
				s.at = inText
			default:
				s.at = inBare
				add(c)
			}
		case inBare:
			if space(c) || c == '>' {
				o.finishValue(file, s, pos)
				s.at = inAttrs
				if c == '>' {
					s.at = inText
				}
			} else {
				add(c)
			}
		case inDouble, inSingle:
			if c == s.at {
				flush(i)
				o.finishValue(file, s, pos)
				s.at = inAttrs
			}
		}
	}
	if s.at == inDouble || s.at == inSingle {
		flush(len(text))
	}
	if s.at == inOpen || s.at == inEquals {
		o.wrong(file, start+parse.Pos(len(text)), "标签没有写完就开始了 {{…}}", "请把标签名、属性名和引号写完整再取值")
		s.at = inText
	}
}

var (
	cssComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	cssEscape  = regexp.MustCompile(`\\([0-9a-fA-F]{1,6})[ \t\n\f]?|\\([^\n0-9a-fA-F])`)
	cssURL     = regexp.MustCompile(`url\(\s*(["']?)([^"')]*)["']?\s*\)`)
	cssString  = regexp.MustCompile(`(?s)"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'`)
)

// sheet holds a style sheet of a bundle against the rules: every address is a
// file of the bundle.
func sheet(file, text string, has func(string) bool) []Wrong {
	var out []Wrong
	wrong := func(line int, cause, cure string) {
		if len(out) < mostWrongs {
			out = append(out, Wrong{file, line, cause, cure})
		}
	}
	// Comments go, their lines stay.
	plain := cssComment.ReplaceAllStringFunc(text, func(c string) string { return strings.Repeat("\n", strings.Count(c, "\n")) })
	if strings.Contains(plain, "/*") {
		wrong(0, "注释没有结束", "请补上 */")
	}
	plain = cssEscape.ReplaceAllStringFunc(plain, func(e string) string {
		m := cssEscape.FindStringSubmatch(e)
		if m[1] == "" {
			return m[2]
		}
		var r rune
		_, _ = fmt.Sscanf(m[1], "%x", &r) // digits by the expression
		if r < ' ' || r > unicode.MaxRune {
			r = '\uFFFD'
		}
		return string(r)
	})
	for i, line := range strings.Split(strings.ToLower(plain), "\n") {
		for _, m := range cssURL.FindAllStringSubmatch(line, -1) {
			if p := strings.TrimSpace(m[2]); !has(p) {
				wrong(i+1, "url("+clip(p)+") 不是主题包里的文件", "请把图片放进 img、字体放进 font 目录，写成 url(img/文件名)")
			}
		}
		rest := cssURL.ReplaceAllString(line, "")
		for _, bad := range []struct{ text, cause string }{{"@import", "含有 @import"}, {"url(", "url( 没有在同一行写完"}, {"src(", "含有 src("}, {"image-set(", "含有 image-set("}, {"expression(", "含有 expression("}, {"javascript:", "含有 javascript:"}, {"-moz-binding", "含有 -moz-binding"}, {"behavior:", "含有 behavior:"}, {"@namespace", "含有 @namespace"}, {"<", "含有 < 字符"}} {
			if strings.Contains(rest, bad.text) {
				wrong(i+1, bad.cause, "样式表里只能用主题包里的文件，不能引入外部内容和脚本")
			}
		}
		if strings.Contains(rest, "//") {
			wrong(i+1, "含有外部地址或 // ", "样式表里不能有外部地址；注释请用 /* */")
		}
	}
	bare := cssString.ReplaceAllString(plain, "")
	if strings.Count(bare, "{") != strings.Count(bare, "}") {
		wrong(0, "花括号不配对", "请检查每条规则的 { 和 }")
	}
	for _, m := range cssRule.FindAllStringSubmatchIndex(strings.ToLower(bare), -1) {
		selector, says := bare[m[2]:m[3]], strings.ToLower(bare[m[4]:m[5]])
		// Paper is no screen: what a mark does in print is the theme's own affair.
		if name := cssKept.FindString(selector); name != "" && cssHides.MatchString(says) && !strings.Contains(strings.ToLower(bare[:m[0]]), "@media print") {
			wrong(1+strings.Count(bare[:m[2]], "\n"), "隐藏了 "+name, "公告、紧急公告横条、演示提示和页脚的标识必须看得见，请去掉这条样式")
		}
	}
	return out
}

var (
	cssRule = regexp.MustCompile(`([^{}]*)\{([^{}]*)\}`)
	// cssKept are the classes of what no theme may hide.
	cssKept  = regexp.MustCompile(`\.(?:emergency-bar|demo-bar|notices|foot|foot-mark|foot-text|foot-links|elder-notices|elder-switch)\b(?:-?[\w-]+)?`)
	cssHides = regexp.MustCompile(`(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0?\.?0*\s*(?:;|!|$)|font-size\s*:\s*0|content-visibility\s*:\s*hidden|clip-path\s*:)`)
)
