package bench

import (
	"bytes"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/check/proofread"
	"zhengshu/internal/realdata"
)

var sink int

// BenchmarkCheckPage reads and checks every saved page. The peers read the same
// bytes without deciding anything: tokens alone, and the tree that every check
// needs.
func BenchmarkCheckPage(b *testing.B) {
	dir := realdata.Path(b, "03_html_pages", "pages checked a second")
	files, err := filepath.Glob(filepath.Join(dir, "pages", "*.html"))
	if err != nil || len(files) == 0 {
		b.Fatalf("no pages: %v", err)
	}
	var pages [][]byte
	for _, f := range files {
		pages = append(pages, readFile(b, f))
	}
	today := calendar.Today(calendar.System())
	race(b, float64(len(pages)), "pages",
		timed("", func() {
			for _, p := range pages {
				page, err := check.ParsePage(p, "", "http://www.example.gov.cn/a.html")
				if err != nil {
					b.Fatal(err)
				}
				sink += len(check.Run(check.Facts{Page: page, Today: today}))
			}
		}),
		timed("html_tokenise", func() {
			for _, p := range pages {
				for z := html.NewTokenizer(bytes.NewReader(p)); z.Next() != html.ErrorToken; {
					sink++
				}
			}
		}),
		timed("html_parse", func() {
			for _, p := range pages {
				if _, err := html.Parse(bytes.NewReader(p)); err != nil {
					b.Fatal(err)
				}
			}
		}),
	)
}

// BenchmarkPrivacy looks for personal data; the limit is how fast the memory
// can be read for one byte.
func BenchmarkPrivacy(b *testing.B) {
	text := sentences(b)
	raw := []byte(text)
	race(b, float64(len(text))/1e6, "MB",
		timed("", func() { sink += len(check.Privacy(text)) }),
		timed("memory_scan", func() { sink += bytes.Count(raw, []byte{'@'}) }),
		timed("rune_walk", func() {
			for _, r := range text {
				if r == '@' {
					sink++
				}
			}
		}),
	)
}

// BenchmarkPatterns looks for fifty thousand words of an operator's lists and for
// personal data, with the rules of grammar and without the language model. It
// fails below 60 MB a second of a core.
func BenchmarkPatterns(b *testing.B) {
	text := sentences(b)
	rs := []rune(text)
	o := proofread.Options{NoLikely: true}
	// Words that begin as the text does and end otherwise: the dearest to tell.
	for i := range 40_000 {
		at := i * 7 % (len(rs) - 8)
		o.Pairs = append(o.Pairs, proofread.Pair{Wrong: string(rs[at:at+2]) + "误" + strconv.Itoa(i), Right: []string{"正"}})
	}
	for i := range 10_000 {
		at := i * 13 % (len(rs) - 8)
		o.Sensitive = append(o.Sensitive, string(rs[at:at+3])+"敏"+strconv.Itoa(i))
	}
	p, err := proofread.New(o)
	if err != nil {
		b.Fatal(err)
	}
	r := race(b, float64(len(text))/1e6, "MB",
		timed("", func() { sink += len(p.Scan(text)) + len(check.Privacy(text)) }),
		timed("rune_walk", func() {
			for _, r := range text {
				if r == '@' {
					sink++
				}
			}
		}),
	)
	atLeast(b, "patterns and privacy: MB a second of a core", r.perCPU, 60)
}

// BenchmarkProofread reads official sentences for wrong words; the limits are as
// for BenchmarkPrivacy. It fails below 1 MB a second of a core.
func BenchmarkProofread(b *testing.B) {
	text := sentences(b)
	p, err := proofread.New(proofread.Options{})
	if err != nil {
		b.Fatal(err)
	}
	raw := []byte(text)
	r := race(b, float64(len(text))/1e6, "MB",
		timed("", func() { sink += len(p.Scan(text)) }),
		timed("memory_scan", func() { sink += bytes.Count(raw, []byte{'@'}) }),
		timed("rune_walk", func() {
			for _, r := range text {
				if r == '@' {
					sink++
				}
			}
		}),
	)
	atLeast(b, "proofreading: MB a second of a core", r.perCPU, 1)
}

// BenchmarkProofreadLong reads texts that make a careless scanner quadratic, long and
// short ones in turn, the same number of characters in all. It fails when one long text
// costs more than three times as much as the short ones.
func BenchmarkProofreadLong(b *testing.B) {
	const short, times = 1500, 8
	p, err := proofread.New(proofread.Options{Allow: []string{"人民"}})
	if err != nil {
		b.Fatal(err)
	}
	for _, unit := range []string{"的", "，", "“", "人民", "拔款", "《", "国办发[2021]5号"} {
		b.Run(unit, func(b *testing.B) {
			n := short / len([]rune(unit))
			one, long := strings.Repeat(unit, n), strings.Repeat(unit, n*times)
			r := race(b, float64(n*times*len([]rune(unit))), "chars",
				timed("", func() { sink += len(p.Scan(long)) }),
				timed("short_texts", func() {
					for range times {
						sink += len(p.Scan(one))
					}
				}),
			)
			atMost(b, "a long text of "+unit+" by short ones", r.times["short_texts"], 3)
		})
	}
}
