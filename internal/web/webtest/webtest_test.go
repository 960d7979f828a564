package webtest

import (
	"strings"
	"testing"
)

func TestPages(t *testing.T) { CheckPages(t) }

func TestWrongs(t *testing.T) {
	const good = `<html lang="zh-CN"><h1>标题</h1>`
	for _, tt := range []struct{ name, page, want string }{
		{"a sound page", good + `<label for="a">名称</label><input id="a" name="a"><a href="#a">去</a>`, ""},
		{"inline style", good + `<p style="color:red">x</p>`, "style attribute"},
		{"inline handler", good + `<p onclick="x()">x</p>`, "inline handler"},
		{"htmx handler", good + `<p hx-on:click="x()">x</p>`, "inline handler"},
		{"inline script", good + `<script>x()</script>`, "script with a body"},
		{"style element", good + `<style>p{}</style>`, "style element"},
		{"script link", good + `<a href="javascript:x()">x</a>`, "leads to a script"},
		{"no label", good + `<input name="a">`, "no label"},
		{"label around", good + `<label>名称<input name="a"></label>`, ""},
		{"hidden needs none", good + `<input type="hidden" name="a">`, ""},
		{"label of nothing", good + `<label for="z">名称</label>`, "not on the page"},
		{"no alt", good + `<img src="/a.png">`, "lacks alt"},
		{"empty alt is a statement", good + `<img src="/a.png" alt="">`, ""},
		{"doubled id", good + `<p id="a"></p><p id="a"></p>`, "twice"},
		{"no h1", `<html lang="zh-CN"><h2>x</h2>`, "0 h1"},
		{"two h1", good + `<h1>x</h1>`, "2 h1"},
		{"empty link", good + `<a href="/x"></a>`, "has no text"},
		{"empty button", good + `<button></button>`, "has no text"},
		{"table without caption", good + `<table><tr><td>x</td></tr></table>`, "lacks a caption"},
		{"fieldset without legend", good + `<fieldset>x</fieldset>`, "lacks a legend"},
		{"post without token", good + `<form method="post"></form>`, "without token"},
		{"positive tabindex", good + `<p tabindex="3">x</p>`, "positive tabindex"},
		{"no language", `<html class="x"><h1>x</h1>`, "no language"},
		{"refused address", good + `<a href="#ZgotmplZ">x</a>`, ""},
		{"refused value", good + `<p class="ZgotmplZ">x</p>`, "ZgotmplZ"},
		{"missing value", good + `<p>&lt;no value&gt;</p>`, "no value"},
		{"wrong format", good + `<p>%!d(string=x)</p>`, "left in the page"},
		{"a percent sign is fine", good + `<p>完成100%！</p>`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Join(Wrongs([]byte(tt.page)), "; ")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("Wrongs: %q, want %q", got, tt.want)
			}
		})
	}
}
