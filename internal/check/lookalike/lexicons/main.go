// Command lexicons derives the look-alike packs from reference data: the pinyin
// of divisions (for places whose host nobody protected) and glyph tables.
//
//	go run ./internal/check/lookalike/lexicons -data DIR
//
// DIR is the folder holding 01_divisions and 09_lookalike. Only facts are
// written: names, their pinyin, and which characters are drawn alike. The
// labelled hosts of 09_lookalike are a test set and are not read.
package main

import (
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mozillazg/go-pinyin"
)

// inputs are the only files read, relative to the data folder.
var inputs = []string{
	"01_divisions/china_3level.csv",
	"01_divisions/shaanxi_special.csv",
	"09_lookalike/latin_glyphs.json",
	"09_lookalike/similar_hanzi.csv",
	"09_lookalike/cjk_lookalikes.csv",
}

type pack struct {
	ID        string              `json:"id"`
	Version   string              `json:"version"`
	Source    string              `json:"source"`
	Effective string              `json:"effective"`
	Places    []string            `json:"places,omitempty"`
	Glyphs    map[string][]string `json:"glyphs,omitempty"`
	Unicode   map[string]string   `json:"unicode,omitempty"`
	Hanzi     map[string]string   `json:"hanzi,omitempty"`
}

func main() {
	data := flag.String("data", "", "folder of reference data")
	out := flag.String("out", "internal/check/lookalike/packs", "folder of packs")
	flag.Parse()
	if err := run(*data, *out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(data, out string) error {
	places := pack{
		ID: "lookalike-places", Version: "2026.11", Effective: "2023-06-30",
		Source: "National Bureau of Statistics divisions 2023 (china-division, WTFPL); pinyin by go-pinyin",
	}
	rows, err := readCSV(filepath.Join(data, inputs[0]))
	if err != nil {
		return err
	}
	extra, err := readCSV(filepath.Join(data, inputs[1]))
	if err != nil {
		return err
	}
	set := map[string]bool{}
	for _, r := range append(rows, extra...) {
		for _, c := range r {
			if strings.IndexFunc(c, func(r rune) bool { return r < 0x4e00 || r > 0x9fff }) < 0 && len([]rune(c)) >= 2 {
				for _, line := range placeLines(c) {
					set[line] = true
				}
			}
		}
	}
	set["陕西 shaanxi"] = true // the official spelling that tells it from 山西
	places.Places = slices.Sorted(maps.Keys(set))

	glyphs := pack{
		ID: "lookalike-glyphs", Version: "2026.11", Effective: "2026-11-01",
		Source:  "dnstwist (Apache-2.0); Unicode character data (Unicode licence); pairs seen by eye",
		Unicode: map[string]string{}, Hanzi: map[string]string{},
	}
	b, err := os.ReadFile(filepath.Join(data, inputs[2]))
	if err != nil {
		return err
	}
	var latin struct {
		ASCII   map[string][]string `json:"ascii"`
		Unicode map[string][]string `json:"unicode"`
	}
	if err := json.Unmarshal(b, &latin); err != nil {
		return err
	}
	glyphs.Glyphs = latin.ASCII
	for base, forms := range latin.Unicode {
		for _, f := range forms {
			glyphs.Unicode[f] = base
		}
	}
	for _, name := range inputs[3:] {
		pairs, err := readCSV(filepath.Join(data, name))
		if err != nil {
			return err
		}
		for _, p := range pairs {
			if a, b := []rune(p[0]), []rune(p[1]); len(a) == 1 && len(b) == 1 {
				glyphs.Hanzi[p[0]] += p[1]
				if strings.HasSuffix(name, "similar_hanzi.csv") {
					glyphs.Hanzi[p[1]] += p[0]
				}
			}
		}
	}
	for name, p := range map[string]pack{"places.json": places, "glyphs.json": glyphs} {
		b, err := json.MarshalIndent(p, "", " ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(out, name), append(b, '\n'), 0o644); err != nil {
			return err
		}
	}
	return nil
}

var suffixes = []string{
	"特别行政区", "维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "自治州", "自治县", "自治旗",
	"开发区", "示范区", "新区", "林区", "地区", "矿区", "省", "市", "区", "县", "旗", "盟",
}

// peoples are dropped with the suffix, as hosts drop them: 恩施土家族苗族自治州 is enshi.
var peoples = []string{
	"布依族", "土家族", "蒙古族", "哈尼族", "彝族", "藏族", "苗族", "回族", "壮族", "傣族", "侗族", "瑶族", "白族", "黎族",
	"羌族", "朝鲜族", "傈僳族", "景颇族", "满族", "水族", "仡佬族", "畲族", "各族", "柯尔克孜", "哈萨克", "蒙古", "土族", "撒拉族",
	"东乡族", "保安族", "裕固族", "哈萨克族", "拉祜族", "佤族", "纳西族", "布朗族", "独龙族", "怒族", "普米族", "毛南族", "仫佬族", "鄂温克族", "达斡尔族", "鄂伦春",
}

func placeLines(name string) []string {
	forms := []string{name}
	stem := name
	for _, s := range suffixes {
		if t, ok := strings.CutSuffix(stem, s); ok && len([]rune(t)) >= 2 {
			stem = t
			break
		}
	}
	for cut := true; cut; {
		cut = false
		for _, p := range peoples {
			if t, ok := strings.CutSuffix(stem, p); ok && len([]rune(t)) >= 2 {
				stem, cut = t, true
			}
		}
	}
	if stem != name {
		forms = append(forms, stem)
	}
	var lines []string
	for _, f := range forms {
		for _, py := range readings(f) {
			lines = append(lines, f+" "+py)
		}
	}
	return lines
}

// twoReadings are the characters that place names really read in two ways.
const twoReadings = "长重朝乐单都行会曾车尉蔚盛盂澄莘番涡泌洪枞歙黟"

// readings joins the usual reading of each character, and the second one where
// place names use it; four forms at most.
func readings(s string) []string {
	a := pinyin.NewArgs()
	a.Heteronym = true
	out := []string{""}
	runes := []rune(s)
	for i, syl := range pinyin.Pinyin(s, a) {
		uniq := slices.Compact(slices.Clone(syl))
		if n := min(len(uniq), 2); n > 0 && strings.ContainsRune(twoReadings, runes[i]) {
			uniq = uniq[:n]
		} else {
			uniq = uniq[:min(n, 1)]
		}
		var next []string
		for _, u := range uniq {
			for _, o := range out {
				next = append(next, o+strings.ReplaceAll(u, "ü", "v"))
			}
		}
		if len(next) > 4 {
			next = next[:4]
		}
		out = next
	}
	return out
}

func readCSV(name string) ([][]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return rows[1:], nil
}
