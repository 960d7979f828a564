package js

import "testing"

// An address that a script puts together by taking signs out is still told, beside texts
// that are of too much effort.
func TestChangesAreFollowed(t *testing.T) {
	for src, want := range map[string]string{
		`x="hx-ttp://a.ex-ample/".replace(/-/g,"")`:                                           `x="hxttp://a.example/"`,
		`x="h#ttp".split("#").join("")`:                                                       `x="http"`,
		`function f(s){return s.replace(/q/g,"");} x=f("hqtqtp")`:                             `function f(s){return s.replace(/q/g,"");} x="http"`,
		`y.replace();x="hTtTtp".replace(/t(?=x)/g,"").split("T").join("")`:                    `y.replace();x="hTtTtp".replace(/t(?=x)/g,"").split("T").join("")`,
		`a="h-ttp";b=a.replace("-","")`:                                                       `a="h-ttp";b="http"`,
		`x="aaaa".replace(/(.{0,30}){0,30}z/g,"");y="h-t-t-p".replace(/-/g,"").split("z")[0]`: `x="aaaa".replace(/(.{0,30}){0,30}z/g,"");y="http".split("z")[0]`,
	} {
		if got, _ := changedTexts(src); got != want {
			t.Errorf("%s\n got %s\nwant %s", src, got, want)
		}
	}
	if _, turned := changedTexts(`x="moc.elpmaxe.a//:ptth".split("").reverse().join("")`); len(turned) != 1 || turned[0].text != "http://a.example.com" {
		t.Errorf("turned: %+v", turned)
	}
}
