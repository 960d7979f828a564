package check

import (
	"math/rand/v2"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html/atom"

	"zhengshu/internal/check/checktest"
	"zhengshu/internal/check/seek"
	"zhengshu/internal/dom"
)

func TestDatesAreThoseOfThePattern(t *testing.T) {
	anywhere := regexp.MustCompile(strings.TrimPrefix(shownDate.String(), "^"))
	rng := rand.New(rand.NewPCG(2, 2))
	pieces := []string{"2", "20", "2018", "1999", "-", "年", "月", "日", "/", ".", "11", "09", "3", " ", ":", "10:30", "　", "第", "2026-03-20", "2018年11月9日", "二〇一八年", "五月", "十日"}
	for range checktest.Draws {
		text := checktest.Draw(rng, pieces, 10)
		// The first place where a date can be, by the pattern alone.
		want := anywhere.FindStringIndex(text)
		got := -1
		for off := fourDigits(text, 0); off >= 0; off = fourDigits(text, off+1) {
			if shownDate.MatchString(text[off:]) {
				got = off
				break
			}
		}
		if want == nil && got >= 0 || want != nil && got != want[0] {
			t.Fatalf("%q: at %d, want %v", text, got, want)
		}
		s, from, to := findStamp(text)
		if !s.zero() && (from < 0 || to > len(text) || from >= to || parseStamp(text[from:to]).date != s.date) {
			t.Fatalf("%q: %v at %d to %d", text, s, from, to)
		}
	}
}

func TestCharsetsAreThoseOfThePattern(t *testing.T) {
	whole := regexp.MustCompile(`(?i)<(?:meta|\?xml)[^>]{0,512}?(?:charset|encoding)\s*=\s*["']?\s*([a-z0-9_\-]{2,20})`)
	rng := rand.New(rand.NewPCG(3, 3))
	pieces := []string{"<meta ", "<META", "<?xml ", "<", ">", " charset=gbk", `encoding = "utf-8"`, "charset", "=", "gb2312", "'", " ", strings.Repeat("x", 300), strings.Repeat("县", 300), "content=", "\xff", "<p>", "charset=\"nonsense\""}
	for range checktest.Draws {
		text := []byte(checktest.Draw(rng, pieces, 12))
		want := ""
		for _, m := range whole.FindAllSubmatch(text, 8) {
			if want = knownCharset(string(m[1])); want != "" {
				break
			}
		}
		if got := saidCharset(text, ""); got != want {
			t.Fatalf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestWordsAreFoundWherePlainLoopsFindThem(t *testing.T) {
	words := []string{"时时彩", "赌场", "澳门赌场", "bet365", "bet", "娱乐城", "娱乐"}
	m := newMatcher(words)
	plain := func(text string) string {
		for i := range text {
			for _, w := range m.byHead[head(text[i:])] {
				if !strings.HasPrefix(text[i:], w) || w[0] < 0x80 && i > 0 && text[i-1] < 0x80 {
					continue
				}
				if end := i + len(w); w[len(w)-1] < 0x80 && end < len(text) && text[end] >= 'a' && text[end] <= 'z' {
					continue
				}
				return w
			}
		}
		return ""
	}
	rng := rand.New(rand.NewPCG(4, 4))
	pieces := append([]string{"时", "彩", "澳门", "b", "et", "365", "城", string(wall), "a", "政"}, words...)
	for range checktest.Draws {
		text := checktest.Draw(rng, pieces, 8)
		if got, want := m.first(text), plain(text); got != want {
			t.Fatalf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestBlanksAreSqueezedAsCharacterByCharacter(t *testing.T) {
	one := func(s string) string {
		var b strings.Builder
		gap := false
		for _, r := range s {
			if blank(r) {
				gap = true
				continue
			}
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(r)
		}
		return b.String()
	}
	rng := rand.New(rand.NewPCG(5, 5))
	pieces := []string{" ", " ", "\n", "\t", "\u3000", "\u00a0", "\u200b", "\ufeff", "政", "府", "a", ".", "\ufffd", "\u2028", "é", "𠀀", "\u0085", "\u00ad", "、", "“"}
	for range checktest.Draws {
		text := checktest.Draw(rng, pieces, 12)
		want := one(text)
		if got := squeeze(text); got != want {
			t.Fatalf("squeeze %q: %q, want %q", text, got, want)
		}
		if got := squeezedLen(text); got != utf8.RuneCountInString(want) {
			t.Fatalf("%q: %d characters, want %d", text, got, utf8.RuneCountInString(want))
		}
		var lines []string
		for line := range strings.Lines(text) {
			if line = one(line); line != "" {
				lines = append(lines, line)
			}
		}
		if got := noBlanks(text); got != strings.ReplaceAll(want, " ", "") || !sameBare(text, got) || sameBare(text, got+"a") || got != "" && sameBare(text, got[1:]) {
			t.Fatalf("%q without blanks: %q", text, got)
		}
		if got := bareOf(string(tidy([]byte(text)))); got != noBlanks(text) {
			t.Fatalf("%q tidied and without blanks: %q", text, got)
		}
		if got := string(tidy([]byte(text))); got != strings.Join(lines, "\n") {
			t.Fatalf("tidy %q: %q, want %q", text, got, lines)
		}
	}
}

func TestPlainAddressesLeadWhereParsedOnesDo(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	pieces := []string{"http://", "https://", "//", "/", "/", ".", "..", "a", "Zz", "p1", ".html", ".PDF", ".jpg", "www.x.gov.cn", "y.com", "Y.com", "127.0.0.1", ":80", ":", "?q=1", "#f", "%41", "%", "-", "_", "~", "@", " ", "县", "mailto:", "index.html"}
	bases := []string{"", "http://www.x.gov.cn", "http://www.x.gov.cn/index.html", "https://x.gov.cn:8443/a/b/c.html?d=1", "http://u:p@x.gov.cn/a/../b/", "http://x.gov.cn/县/%41/", "ftp://x.gov.cn/a/b", "http://X.gov.cn//a/b"}
	plain := 0
	for range checktest.Draws {
		p := &Page{}
		if base := bases[rng.IntN(len(bases))]; base != "" {
			p.base, _ = url.Parse(base)
		}
		href := strings.TrimSpace(checktest.Draw(rng, pieces, 5))
		if href == "" {
			continue
		}
		if host := hostOf(href); host != parsedHost(href) {
			t.Fatalf("host of %q: %q, want %q", href, host, parsedHost(href))
		}
		got, ok := p.plainTarget(href)
		if !ok {
			continue
		}
		plain++
		if want := p.parsedTarget(href); got != want {
			t.Fatalf("%q on %v: %q, want %q", href, p.base, got, want)
		}
	}
	if plain < checktest.Draws/20 {
		t.Fatalf("only %d of %d addresses were plain", plain, checktest.Draws)
	}
}

// A word that is looked for before a pattern is tried must stand in whatever
// the pattern matches.
func TestNoPatternMatchesWithoutItsWords(t *testing.T) {
	for _, c := range []struct {
		pattern *regexp.Regexp
		words   []string
		samples []string
	}{
		{floatScript, floatWords, []string{" floatAd(", " AdMove(", "moveAd", "floatImg", "piaofu", "floatad", "scrollX", "new  Floater(", "new Floaters", `addItem("a", 1,`}},
		{floatName, floatNames, []string{"piaofu", "piaochuang", "float-ad", "floatingWin", "float_layer", "couplet", "x-duilian"}},
		{titleName, titleWords, []string{"title", "art_title", "tit", "newsbt", "headline", "biaoti", "xl-tit2", "BT"}},
		{contentName, contentWords, []string{"UCAP-CONTENT", "ucapcontent", "TRS_Editor", "trs_preappend", "zoom", "zoomcon", "article", "news_content", "conter", "neirong", "zhengwen", "txt-article", "articlecon", "contentbox", "printcontent", "Zoom"}},
		{parkedWords, parkedSigns, []string{"This domain is for sale", "buy this domain", "Domain expired", "parked free", "域名正在出售", "该域名可转让", "域名已过期", "您访问的域名已到期", "网站暂时无法访问，未备案"}},
		{soft404Title, soft404Signs, []string{"404", "Error 404", "Not  Found", "x NOT FOUND", "页面不存在", "找不到该页", "无法找到", "您访问的页面", "页面已删除", "出错了", "系统错误", "错误提示", "文章不存在", "信息不存在", "内容不存在", "页面未找到"}},
	} {
		for _, s := range c.samples {
			if !c.pattern.MatchString(s) {
				t.Errorf("%s does not match %q", c.pattern, s)
			}
			if !seek.Any(dom.Lowered(s), c.words) {
				t.Errorf("%q holds none of %q", s, c.words)
			}
		}
	}
}

func TestEscapedCharactersAreSeenAsByTheirPatterns(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	pieces := []string{"&#", "&#x", "&#X", ";", `\u`, `\u{`, "}", "%u", "4e2d", "4E2D", "20013", "160", "2", "x", "f", "中"}
	for range checktest.Draws {
		text := checktest.Draw(rng, pieces, 8)
		n, _ := encodedHan(text)
		if got := hanEscaped(text); got != (n > 0) {
			t.Fatalf("%q: %v, the patterns find %d", text, got, n)
		}
	}
}

func TestEightBytesAreToldAsOneByOne(t *testing.T) {
	for b := range 256 {
		for at := range 8 {
			for _, beside := range []uint64{0, 0x41 * each, 0x7F * each, highest, 0xE4 * each, 0xFF * each} {
				x := beside&^(0xFF<<(8*at)) | uint64(b)<<(8*at)
				c := byte(b)
				if got, want := rareOf(x)>>(8*at)&0xFF == 0x80, c <= ' ' || c >= 0xC0 && (c < 0xE4 || c > 0xEE); got != want {
					t.Fatalf("byte %#x at %d of %#x: rare is %v", b, at, x, got)
				}
				if got, want := personal(x)>>(8*at)&0xFF == 0x80, c >= '0' && c <= '9' || c == '@' || c == 0xEF; got != want {
					t.Fatalf("byte %#x at %d of %#x: may begin a number is %v", b, at, x, got)
				}
				if got := eight([]byte{byte(x), byte(x >> 8), byte(x >> 16), byte(x >> 24), byte(x >> 32), byte(x >> 40), byte(x >> 48), byte(x >> 56)}, 0); got != x {
					t.Fatalf("%#x read as %#x", x, got)
				}
			}
		}
	}
	for r := range rune(0xE01F0) {
		if s := string(r); (blank(r) || unprintable(r)) && nextRare(s, 0) != 0 {
			t.Fatalf("%U takes no room and is passed over", r)
		}
	}
}

func TestNumbersAreFoundWhereverTheyStand(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	pieces := []string{"13800138000", "610113199003070015", "电话：", "029-87654321", "a@163.com", "＠", "１３８", "，", "、", "政府", "联系人", "\n", "\t", " ", "7", "X", "—", "身份证号"}
	for range checktest.Draws {
		text := checktest.Draw(rng, pieces, 10)
		want := Privacy("\n" + text)
		for n := range 9 {
			got := Privacy(strings.Repeat("文", n) + "\n" + text)
			for i := range got {
				got[i].Start, got[i].End = got[i].Start-n, got[i].End-n
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%q after %d characters: %+v, want %+v", text, n, got, want)
			}
		}
	}
}

func TestCellsAreCutAloneAsFromThePage(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	pieces := []string{"<p>", "</p>", "<td>", "<tr>", "<table>", "</table>", "<div id=zoom>", "</div>", "<br>", "<span>来源</span>", "<b>", "</b>", "<script>x</script>", "来源：", "某局", " ", "\n", "\u3000", "a b", "\u200b", "日期"}
	alike := 0
	for range checktest.Draws {
		p, err := ParsePage([]byte("<body>"+checktest.Draw(rng, pieces, 14)), "text/html; charset=utf-8", "")
		if err != nil {
			t.Fatal(err)
		}
		body := dom.Find(p.Root, atom.Body)
		got, want := cellsOf(body, p.content, p.VisibleText, new(room)), cellsOf(body, p.content, "", new(room))
		if !slices.Equal(got, want) {
			t.Fatalf("%q: %+v, want %+v", p.Text, got, want)
		}
		alike += len(got)
	}
	if alike < checktest.Draws {
		t.Errorf("%d cells were compared", alike)
	}
}

func TestNoWordOfThePageIsPassedOver(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 10))
	pieces := []string{"主", "办", "主办", "ICP", "Ｉ", "ＣＰ", " ", "\n", "，", ".", "政", "务", "一", "\u200b", "ic", "P", "<b>", "</b>", "</p><p>"}
	words := newMatcher([]string{"主办政务", "icp"})
	passed := 0
	for range checktest.Draws {
		p, err := ParsePage([]byte("<body>"+checktest.Draw(rng, pieces, 8)), "text/html; charset=utf-8", "")
		if err != nil {
			t.Fatal(err)
		}
		seen := p.look(words)
		for _, w := range []string{"主办", "ICP", "ＩＣＰ", "I", ".政务", "政务", "icP"} {
			if seen.may(w) {
				continue
			}
			if passed++; strings.Contains(p.VisibleText, w) || strings.Contains(p.bare(), w) {
				t.Fatalf("%q in %q is passed over", w, p.VisibleText)
			}
		}
		if plain := plainLetters(p.VisibleText); !seen.begun && !seen.dressed && words.within(strings.ReplaceAll(plain, string(wall), "")) {
			t.Fatalf("a word of the list in %q is passed over", p.VisibleText)
		}
	}
	if passed == 0 {
		t.Error("no word was passed over")
	}
}
