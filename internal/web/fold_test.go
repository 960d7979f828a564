package web

import (
	"net/url"
	"testing"

	"zhengshu/internal/fault"
)

// A folded part of a long form opens where something is wrong or was typed; what
// lies below another field is filled and refused like any other.
func TestFoldedPartsOpenWhereSomethingIs(t *testing.T) {
	f := Form{Sections: []Section{{Legend: "甲", Folded: true, Fields: []Field{{Kind: Select, Name: "outcome", More: []Field{{Name: "hits"}, {Kind: Check, Name: "whole"}}}}}, {Legend: "乙", Folded: true, Fields: []Field{{Kind: Select, Name: "other"}}}, {Legend: "丙", Folded: true, Unfold: true}}}
	if f.Sections[0].Open() || f.Sections[1].Open() || !f.Sections[2].Open() {
		t.Error("an empty form stands open, or the part to begin with does not")
	}
	f.Fill(url.Values{"other": {"kept"}})
	if f.Sections[0].Open() || !f.Sections[1].Open() {
		t.Error("what was typed lies folded")
	}
	f.Wrong(fault.New(fault.Invalid, "有误").On("hits", "请填写处数"))
	if !f.Sections[0].Open() || !f.Sections[0].Fields[0].MoreOpen() || f.Field("hits").Error != "请填写处数" || f.Summary.Links[0].Href != "#"+f.Field("hits").ID() {
		t.Errorf("%+v", f.Summary)
	}
}

// A folded form is its legend until it is opened; refused, it stands open with
// what was typed.
func TestAFoldedFormOpensWhenRefused(t *testing.T) {
	f := Form{Folded: true, Sections: []Section{{Legend: "分派任务", Fields: []Field{{Name: "task", Label: "任务", Value: "已填的"}}}}}
	if f.Open() {
		t.Error("stands open before anything was wrong")
	}
	f.Fill(url.Values{"task": {"核对"}})
	f.Wrong(fault.New(fault.Conflict, "任务刚刚变了"))
	if !f.Open() || f.Field("task").Value != "核对" {
		t.Errorf("refused: %+v", f)
	}
}
