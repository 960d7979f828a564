package movein

import (
	"bytes"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"zhengshu/internal/abridge"
	"zhengshu/internal/check"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/library"
	"zhengshu/internal/official"
	"zhengshu/internal/prose"
)

// ListFields are what a spreadsheet may tell of each item.
var ListFields = []intake.Field{
	{Key: "title", Name: "标题", Names: []string{"信息标题", "文件名称", "文件标题", "名称", "题名", "信息名称"}, Need: true},
	{Key: "text", Name: "正文", Names: []string{"内容", "信息内容", "正文内容", "全文", "文章内容"}, Hint: "纯文字，或网页代码"},
	{Key: "type", Name: "信息类型", Names: []string{"类型", "体裁"}},
	{Key: "published", Name: "发布日期", Names: []string{"发布时间", "公开日期", "发布", "时间", "日期", "公开时间"}},
	{Key: "doc_no", Name: "发文字号", Names: []string{"文号", "文件编号", "文件字号"}},
	{Key: "index_no", Name: "索引号", Names: []string{"索取号", "信息索引号"}, Code: true},
	{Key: "issuer", Name: "发文机关", Names: []string{"发布机构", "发文单位", "发布机关", "制发机关", "公开机构"}},
	{Key: "written", Name: "成文日期", Names: []string{"成文时间", "发文日期", "生成日期", "制发日期"}},
	{Key: "source", Name: "来源", Names: []string{"信息来源", "稿源", "文章来源"}},
	{Key: "url", Name: "原文网址", Names: []string{"网址", "链接", "地址", "url", "信息链接"}, Code: true},
	{Key: "category", Name: "类别", Names: []string{"栏目", "所属栏目", "栏目名称", "分类"}},
	{Key: "topic", Name: "主题分类", Names: []string{"主题", "主题类别"}},
	{Key: "keywords", Name: "关键词", Names: []string{"主题词", "关键字"}},
	{Key: "summary", Name: "摘要", Names: []string{"内容摘要", "简介", "内容概述", "概述"}},
	{Key: "ref", Name: "编号", Names: []string{"id", "信息编号", "序列号", "文章id"}, Code: true},
}

// maxCell is the longest cell a spreadsheet program keeps.
const maxCell = 200 << 10

// readTable opens a spreadsheet.
func readTable(name string, body []byte) (*official.Table, error) {
	return official.ReadTable(bytes.NewReader(body), int64(len(body)), name, official.Limits{Cell: maxCell, Rows: 50_000})
}

// fromTable makes an item of each row. Rows that cannot be taken are notes of
// the file, with their number.
func fromTable(name string, body []byte, columns intake.Columns, each func(Found) error) (notes []string, err error) {
	t, err := readTable(name, body)
	if err != nil {
		return nil, err
	}
	notes = append(notes, t.Notes...)
	if columns == nil {
		columns = intake.Suggest(t.Header, ListFields)
	}
	if missing := columns.Missing(ListFields); len(missing) > 0 {
		return notes, fault.Newf(fault.Invalid, "表格“%s”里没有认出“%s”列，请核对列的对应。", name, strings.Join(missing, "”“")).On("columns", "请核对列的对应")
	}
	types := map[string]library.Type{}
	for _, t := range library.Types {
		types[t.Name()], types[string(t)] = t, t
	}
	reader := intake.NewReader(columns, ListFields)
	for row, err := range t.Rows() {
		if err != nil {
			return notes, err
		}
		reader.Next(row)
		if _, says, wrong := reader.Refused(); wrong {
			notes = append(notes, fmt.Sprintf("第 %d 行没有读取：%s", row.Number, says))
			continue
		}
		f := Found{Row: library.Row{Ref: reader.Get("ref"), Title: reader.Get("title"), Published: reader.Get("published"), DocNo: reader.Get("doc_no"), IndexNo: reader.Get("index_no"), Issuer: reader.Get("issuer"),
			Written: reader.Get("written"), Source: reader.Get("source"), URL: reader.Get("url"), Category: reader.Get("category"), Topic: reader.Get("topic"), Keywords: reader.Get("keywords"), Summary: reader.Get("summary")}}
		f.Notes = reader.Notes()
		if said := reader.Get("type"); said != "" {
			if f.Row.Type = string(types[said]); f.Row.Type == "" {
				f.note("信息类型“%s”不在列表里，按所选类型处理。", abridge.Cut(said, 20))
			}
		}
		// Lines within a cell are paragraphs: the reader of fields would join them.
		text := ""
		if i, ok := columns["text"]; ok && i < len(row.Cells) {
			text = strings.TrimSpace(row.Cells[i])
		}
		switch {
		case f.Row.Title == "" && text == "":
			continue
		case strings.Contains(text, "</") && strings.Contains(text, "<"):
			f.Row.HTML = text
		default:
			f.Row.Text = text
		}
		if f.Row.Text == "" && f.Row.HTML == "" && f.Row.Summary != "" {
			f.Row.Text = f.Row.Summary
			f.note("没有正文，暂以摘要为正文，请补充。")
		}
		if f.Row.Ref == "" && f.Row.URL != "" {
			f.Row.Ref = f.Row.URL
		}
		for i, n := range f.Notes {
			f.Notes[i] = fmt.Sprintf("第 %d 行：%s", row.Number, n)
		}
		if err := each(f); err != nil {
			return notes, err
		}
	}
	return notes, nil
}

// fromText makes an item of plain text: the first line is its title.
func fromText(name string, body []byte) (Found, error) {
	text, _, err := check.Decode(body, "text/plain")
	if err != nil {
		return Found{}, fault.New(fault.TooLarge, err.Error())
	}
	out := Found{}
	head, rest, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if head = strings.TrimSpace(strings.TrimLeft(head, "# ")); utf8.RuneCountInString(head) <= 100 && strings.TrimSpace(rest) != "" {
		out.Row.Title, text = head, rest
	} else {
		out.Row.Title = strings.TrimSuffix(path.Base(name), path.Ext(name))
		out.note("没有认出标题，暂用文件名，请核对。")
	}
	doc, err := prose.FromText(text)
	if err != nil {
		return out, err
	}
	if doc.Blank() {
		return out, fault.Newf(fault.Invalid, "文件“%s”里没有正文。", name)
	}
	out.Row.Text = strings.TrimSpace(text)
	return out, nil
}
