package theme

import (
	"encoding/json"
	"time"
)

// Rendition is one item as the hotline and the terminals read it: plain words,
// so that three counters say the same.
type Rendition struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind"` // notice, policy, interpretation, guide, qa, organisation
	KindName  string    `json:"kind_name"`
	Title     string    `json:"title"`
	Number    string    `json:"doc_no,omitempty"`
	Issuer    string    `json:"issuer,omitempty"`
	Column    string    `json:"column"`
	Published time.Time `json:"published"`
	Updated   time.Time `json:"updated"`
	Validity  string    `json:"validity,omitempty"` // 有效, 已修改, 失效, 废止, 尚未生效
	EndsOn    string    `json:"ends_on,omitempty"`  // last day it holds, or on which it is open
	Contact   string    `json:"contact,omitempty"`  // telephone
	Unit      string    `json:"unit"`
	URL       string    `json:"url"`
	Summary   string    `json:"summary,omitempty"`
	Facts     []Fact    `json:"facts,omitempty"`
	Text      string    `json:"text"`
	Cut       bool      `json:"text_cut,omitempty"` // the text goes on at the address
}

// Hotline is the feed of the hotline and the terminals.
type Hotline struct {
	Version   string      `json:"version"`
	Site      string      `json:"site"`
	SiteCode  string      `json:"site_code"`
	Guide     string      `json:"guide"`
	Contact   string      `json:"contact,omitempty"`
	Updated   time.Time   `json:"updated"`
	Items     []Rendition `json:"items"`
	Truncated bool        `json:"truncated,omitempty"` // older items are not in it
}

// HotlineVersion is the version of the form. Fields are added within a version
// and never change their meaning.
const HotlineVersion = "1.0"

// HotlinePath is where its guide lies; the feed of version 1 is below.
const HotlinePath = "/hotline/"

// HotlineFeed is where the feed lies.
const HotlineFeed = HotlinePath + "v1/items.json"

// HotlineJSON writes the feed.
func HotlineJSON(s Site, items []Rendition, truncated bool) ([]byte, error) {
	h := Hotline{Version: HotlineVersion, Site: s.Name, SiteCode: s.SiteCode, Guide: s.Origin() + HotlinePath, Contact: s.Contact, Items: items, Truncated: truncated}
	for _, i := range items {
		if i.Updated.After(h.Updated) {
			h.Updated = i.Updated
		}
	}
	if h.Items == nil {
		h.Items = []Rendition{}
	}
	return json.Marshal(h)
}

// HotlineGuide is the description of the feed for those who connect to it.
type HotlineGuide struct {
	Feed    string
	Version string
	Fields  []Fact
	N       int
}

// HotlineGuideOf describes the feed.
func HotlineGuideOf(s Site, n int) HotlineGuide {
	return HotlineGuide{Feed: HotlineFeed, Version: HotlineVersion, N: n, Fields: []Fact{
		{"id", "稿件编号，不变"}, {"kind、kind_name", "类别：notice 通知公告、policy 政策文件、interpretation 政策解读、guide 办事服务、qa 问答、organisation 机构职能"}, {"title", "标题"}, {"doc_no、issuer", "发文字号、发文机关（文件才有）"},
		{"column", "所在栏目"}, {"published、updated", "发布时间、最近更新时间（RFC 3339，含时区）"}, {"validity", "有效性：有效、已修改、失效、废止、尚未生效（文件才有）"}, {"ends_on", "有效期或办理截止日期"},
		{"contact", "可以对外告知的电话"}, {"unit", "发布单位"}, {"url", "网页地址"}, {"summary", "摘要"}, {"facts", "本类信息的要素，名称和内容成对"}, {"text", "正文纯文字，段落之间换行"}, {"text_cut", "为 true 时正文过长已截断，全文见 url"}}}
}

// HotlineFrame is the frame of the guide.
func HotlineFrame(s Site) Frame {
	f := PlainFrame(s, "热线和自助终端数据接口", HotlinePath, "数据发布", "供政务服务热线、自助终端读取的同源信息：类别、有效性、联系电话和纯文字正文。")
	f.Class = "page-hotline"
	return f
}
