package prose

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of one document.
const (
	MaxBytes = 4 << 20 // of JSON, text or HTML read
	MaxDepth = 24      // of nodes within nodes
	MaxNodes = 200_000
)

// Names of nodes. Those TipTap has carry its names.
const (
	Paragraph      = "paragraph"
	Heading        = "heading"
	Clause         = "clause" // 第一条 一、 （一） 1. （1）: the number is data
	BulletList     = "bulletList"
	OrderedList    = "orderedList"
	ListItem       = "listItem"
	Blockquote     = "blockquote"
	Table          = "table"
	TableRow       = "tableRow"
	TableCell      = "tableCell"
	TableHeader    = "tableHeader"
	Figure         = "figure"
	Attachment     = "attachment"
	DocHead        = "docHead"        // 发文机关标志、发文字号、签发人
	Recipients     = "recipients"     // 主送
	AttachmentNote = "attachmentNote" // 附件说明
	Signature      = "signature"      // 落款
	Copies         = "copies"         // 抄送
	PolicyRef      = "policyRef"
	Callout        = "callout"
	Rule           = "horizontalRule"
	HardBreak      = "hardBreak"
	Footnote       = "footnote"
	TextNode       = "text"
)

// Names of marks.
const (
	Bold        = "bold"
	Italic      = "italic" // set in kaiti: Chinese has no italics
	Underline   = "underline"
	Superscript = "superscript"
	Subscript   = "subscript"
	LinkMark    = "link"
	Colour      = "colour"
	Comment     = "comment"
	Insertion   = "insertion"
	Deletion    = "deletion"
)

type attrKind int

const (
	word attrKind = iota
	flag
	number
)

// attr is one attribute a node or mark may carry.
type attr struct {
	kind     attrKind
	among    []string // allowed words; nil for any up to most characters
	least    int      // of a number
	most     int      // of a number, or characters of a word
	required bool
	proper   func(string) bool // further demand on a word that is not empty
	demand   string            // that demand in Chinese
}

// node is one row of the schema.
type node struct {
	name    string // 段落: for sentences
	content []string
	least   int // children
	attrs   map[string]attr
}

var (
	inline  = []string{TextNode, HardBreak, Footnote}
	blocks  = []string{Paragraph, Heading, Clause, BulletList, OrderedList, Blockquote, Table, Figure, Attachment, DocHead, Recipients, AttachmentNote, Signature, Copies, PolicyRef, Callout, Rule}
	simple  = []string{Paragraph, Heading, Clause, BulletList, OrderedList, Figure, Attachment}
	address = attr{most: 2000, proper: SafeHref, demand: "链接只能是 http、https、mailto、tel 或本站路径"}
	media   = attr{most: 2000, required: true, proper: localPath, demand: "图片和音视频要先上传到本系统，不能引用外部地址"}
	span    = attr{kind: number, least: 1, most: 100}
)

var nodes = map[string]node{
	"doc": {"文档", blocks, 1, nil},
	Paragraph: {"段落", inline, 0, map[string]attr{
		"indent2": {kind: flag}, "lead": {kind: flag}, "align": {among: []string{"left", "center", "right", "justify"}}}},
	Heading:     {"标题", inline, 0, map[string]attr{"level": {kind: number, least: 2, most: 4, required: true}}},
	Clause:      {"条款", inline, 0, map[string]attr{"level": {kind: number, least: 1, most: 5, required: true}, "number": {kind: number, least: 1, most: 9999, required: true}}},
	BulletList:  {"列表", []string{ListItem}, 1, nil},
	OrderedList: {"编号列表", []string{ListItem}, 1, map[string]attr{"start": {kind: number, least: 1, most: 9999}}},
	ListItem:    {"列表项", simple, 1, nil},
	Blockquote:  {"引文", simple, 1, nil},
	Callout:     {"提示框", simple, 1, map[string]attr{"kind": {among: []string{"note", "warning"}}}},
	Table: {"表格", []string{TableRow}, 1, map[string]attr{
		"caption": {most: 200}, "width": {among: []string{"full", "wide", "narrow"}}}},
	TableRow:    {"表格行", []string{TableCell, TableHeader}, 1, nil},
	TableCell:   {"单元格", append(slices.Clone(simple), Blockquote), 1, map[string]attr{"colspan": span, "rowspan": span}},
	TableHeader: {"表头单元格", simple, 1, map[string]attr{"colspan": span, "rowspan": span, "scope": {among: []string{"col", "row"}}}},
	Figure: {"图片或音视频", nil, 0, map[string]attr{
		"kind": {among: []string{"image", "video", "audio"}, required: true}, "src": media,
		"alt":     {most: 300, required: true, proper: said, demand: "要写替代文字，说明图中的内容"},
		"caption": {most: 300}, "source": {most: 200},
		"focal": {among: []string{"center", "top", "bottom", "left", "right"}}}},
	Attachment: {"附件", nil, 0, map[string]attr{
		"name": {most: 255, required: true, proper: said, demand: "要有文件名"}, "type": {most: 100}, "size": {kind: number, most: 1 << 40},
		"hash": {most: 128}, "href": media}},
	DocHead:        {"公文版头", nil, 0, map[string]attr{"issuer": {most: 100}, "docNo": {most: 60}, "signer": {most: 60}}},
	Recipients:     {"主送机关", inline, 0, nil},
	AttachmentNote: {"附件说明", inline, 0, nil},
	Signature:      {"落款", inline, 0, nil},
	Copies:         {"抄送机关", inline, 0, nil},
	PolicyRef:      {"政策引用", nil, 0, map[string]attr{"id": {most: 40, required: true, proper: plainID, demand: "编号无法识别"}, "title": {most: 200}}},
	Rule:           {"分隔线", nil, 0, nil},
	HardBreak:      {"换行", nil, 0, nil},
	Footnote:       {"脚注", nil, 0, map[string]attr{"text": {most: 2000, required: true}}},
	TextNode:       {"文字", nil, 0, nil},
}

var marks = map[string]map[string]attr{
	Bold: nil, Italic: nil, Underline: nil, Superscript: nil, Subscript: nil,
	LinkMark:  {"href": address.must()},
	Colour:    {"class": {among: []string{"red", "blue", "green"}, required: true}},
	Comment:   {"id": {most: 40, required: true, proper: plainID, demand: "编号无法识别"}},
	Insertion: {"by": {most: 60}}, Deletion: {"by": {most: 60}},
}

func (a attr) must() attr {
	a.required = true
	return a
}

func said(s string) bool { return strings.TrimSpace(s) != "" }

func plainID(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) < 0
}

// SafeHref reports whether an address may stand in a link: http, https,
// mailto, tel, a path of the same site or a fragment.
func SafeHref(s string) bool {
	if !plainAddress(s) {
		return false
	}
	if strings.HasPrefix(s, "#") {
		return true
	}
	if strings.HasPrefix(s, "/") {
		return localPath(s)
	}
	u, err := url.Parse(s)
	if err != nil {
		return false
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
		return u.Host != "" && u.User == nil
	case "mailto", "tel":
		return u.Opaque != ""
	}
	return false
}

// localPath is a path of the same site. A second slash would be another host.
func localPath(s string) bool {
	return plainAddress(s) && strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//")
}

// plainAddress refuses what browsers read differently than we do: spaces,
// control characters, backslashes.
func plainAddress(s string) bool {
	return s != "" && len(s) <= 2000 && utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool {
		return r <= ' ' || r == '\\' || r == 0x7f || r == '"' || r == '<' || r == '>' || r == '`'
	}) < 0
}
