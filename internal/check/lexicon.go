package check

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"zhengshu/internal/check/seek"
)

// Lexicon holds the words and host marks that turn a concealment into a
// finding. An operator adds its own lists; the built-in one is kept small.
type Lexicon struct {
	// Version and Source say where a list comes from.
	Version string `json:"version"`
	Source  string `json:"source"`
	// Words are spam phrases that have no business in a link or title of a
	// government page, whatever stands around them.
	Words []string `json:"words"`
	// Shady are words that official texts use too (“赌博”, “贷款”). They count
	// only in a link that leaves government, or in hidden text, and never
	// beside a word of Lawful.
	Shady []string `json:"shady"`
	// Lawful words show that a text speaks against the thing (“打击”).
	Lawful []string `json:"lawful"`
	// Labels are parts of host names (between dots, hyphens and digits) that
	// spam hosts carry.
	Labels []string `json:"labels"`
	// WeakLabels are parts that honest hosts carry as well. They count beside
	// another sign only, or with the digits spam hosts are fond of.
	WeakLabels []string `json:"weak_labels"`
	// Trusted are registrable domains of well-known services and state media
	// that menus and share bars link to.
	Trusted []string `json:"trusted"`
	// Hosts are hosts known to be bad; none are built in.
	Hosts []string `json:"hosts"`

	once  sync.Once
	words *matcher
	shady *matcher
	// speaksAgainst is Lawful in both scripts.
	speaksAgainst []string
	labels        map[string]bool
	weak          map[string]bool
	trusted       map[string]bool
	hosts         map[string]bool
}

//go:embed lexicon.json
var lexiconJSON []byte

var builtin = sync.OnceValue(func() *Lexicon {
	l := &Lexicon{}
	if err := json.Unmarshal(lexiconJSON, l); err != nil {
		// The file is compiled in and read by a test; it cannot be malformed
		// in a binary that passed it.
		return &Lexicon{}
	}
	return l
})

// BuiltinLexicon returns a copy of the built-in lists, to be extended.
func BuiltinLexicon() *Lexicon {
	b := builtin()
	return &Lexicon{
		Version: b.Version, Source: b.Source,
		Words: append([]string(nil), b.Words...), Shady: append([]string(nil), b.Shady...), Lawful: append([]string(nil), b.Lawful...),
		Labels: append([]string(nil), b.Labels...), WeakLabels: append([]string(nil), b.WeakLabels...), Trusted: append([]string(nil), b.Trusted...), Hosts: append([]string(nil), b.Hosts...),
	}
}

func (l *Lexicon) build() {
	l.once.Do(func() {
		l.words, l.shady = newMatcher(bothScripts(l.Words)), newMatcher(bothScripts(l.Shady))
		l.speaksAgainst = bothScripts(l.Lawful)
		set := func(ss []string) map[string]bool {
			m := make(map[string]bool, len(ss))
			for _, s := range ss {
				m[strings.ToLower(s)] = true
			}
			return m
		}
		l.labels, l.weak, l.trusted, l.hosts = set(l.Labels), set(l.WeakLabels), set(l.Trusted), set(l.Hosts)
	})
}

// spam returns the first spam phrase in text, read through tricks of writing.
func (l *Lexicon) spam(text string) string {
	l.build()
	return l.words.first(plainLetters(text))
}

// suspicious returns the first word of either list in text, unless the text
// speaks against it.
func (l *Lexicon) suspicious(text string) string {
	l.build()
	plain := plainLetters(text)
	if w := l.words.first(plain); w != "" && !l.lawful(plain) {
		return w
	}
	if w := l.shady.first(plain); w != "" && !l.lawful(plain) {
		return w
	}
	return ""
}

// mostCounted bounds how many phrases of one text are counted.
const mostCounted = 200

// counted is how many different spam phrases a text has, and how often any.
func (l *Lexicon) counted(plain string) (different, times int) {
	l.build()
	met := map[string]bool{}
	for times < mostCounted {
		w := l.words.first(plain)
		if w == "" {
			break
		}
		met[w] = true
		times++
		plain = plain[strings.Index(plain, w)+len(w):]
	}
	return len(met), times
}

// against is how often a text speaks against such things. Words that any page has in its
// foot say nothing.
func (l *Lexicon) against(plain string) (times int) {
	l.build()
	for _, w := range l.speaksAgainst {
		switch w {
		case "管理", "办法", "规定", "条例", "提醒", "法院", "公安", "检察", "举报", "违法":
			continue
		}
		if times += strings.Count(plain, w); times > mostCounted {
			break
		}
	}
	return times
}

func (l *Lexicon) lawful(plain string) bool { return seek.Any(plain, l.speaksAgainst) }

// inTraditional writes the characters of the lists in the traditional script.
var inTraditional = strings.NewReplacer(strings.Split("万 萬 专 專 丝 絲 严 嚴 丰 豐 举 舉 乐 樂 买 買 乱 亂 亚 亞 产 產 仑 侖 优 優 会 會 伟 偉 传 傳 伦 倫 体 體 侦 偵 册 冊 写 寫 军 軍 凤 鳳 凭 憑 减 減 击 擊 别 別 办 辦 务 務 动 動 单 單 卖 賣 发 發 听 聽 园 園 围 圍 国 國 图 圖 团 團 场 場 坛 壇 处 處 头 頭 奖 獎 妇 婦 娱 娛 宝 寶 尔 爾 币 幣 庄 莊 开 開 强 強 弹 彈 戏 戲 户 戶 扑 撲 扫 掃 报 報 换 換 摄 攝 无 無 时 時 机 機 条 條 极 極 枪 槍 检 檢 楼 樓 欢 歡 气 氣 测 測 点 點 爱 愛 猎 獵 现 現 电 電 监 監 盘 盤 码 碼 积 積 窃 竊 竞 競 约 約 级 級 线 線 练 練 结 結 绝 絕 缔 締 网 網 罚 罰 职 職 联 聯 肾 腎 艳 豔 艺 藝 苏 蘇 范 範 荡 蕩 药 藥 裤 褲 观 觀 规 規 视 視 誉 譽 讯 訊 论 論 证 證 诈 詐 话 話 诱 誘 说 說 调 調 谨 謹 货 貨 购 購 贱 賤 贷 貸 费 費 资 資 赌 賭 赔 賠 赚 賺 赛 賽 赢 贏 车 車 转 轉 轮 輪 载 載 运 運 违 違 针 針 钢 鋼 钱 錢 银 銀 门 門 间 間 阳 陽 隐 隱 项 項 预 預 频 頻 颜 顏 额 額 飞 飛 马 馬 骗 騙 骚 騷 鱼 魚 鸡 雞 黄 黃 龙 龍", " ")...)

// bothScripts adds to a list its words in the traditional script.
func bothScripts(words []string) []string {
	out := slices.Clone(words)
	for _, w := range words {
		if t := inTraditional.Replace(w); t != w {
			out = append(out, t)
		}
	}
	return out
}

// digits spam hosts are fond of.
var luckyDigits = map[string]bool{"88": true, "66": true, "99": true, "77": true, "55": true, "365": true, "777": true, "888": true, "666": true, "999": true, "168": true, "518": true, "1688": true, "8888": true, "6666": true, "28": true, "58": true, "365365": true}

// shadyHost returns the part that makes a host look like a spam host, strong
// when it is a sign by itself.
func (l *Lexicon) shadyHost(host string) (part string, strong bool) {
	l.build()
	host = strings.ToLower(host)
	if l.hosts[host] || l.hosts[siteOf(host)] {
		return host, true
	}
	for p := range strings.FieldsFuncSeq(host, func(r rune) bool { return r == '.' || r == '-' || r == '_' }) {
		letters := strings.Trim(p, "0123456789")
		switch digits := strings.Trim(p, "abcdefghijklmnopqrstuvwxyz"); {
		case l.labels[letters]:
			return p, true
		case l.weak[letters] && luckyDigits[digits]:
			return p, true
		case l.weak[letters]:
			part = p
		}
	}
	return part, false
}

func (l *Lexicon) trustedHost(host string) bool {
	l.build()
	return l.trusted[siteOf(host)] || l.trusted[host]
}

// wall stands for whatever parts two phrases, so that no word is found across
// a comma.
const wall = '\u01C1'

// plainLetters undoes the usual ways of writing a word so that a scan misses
// it: full-width, circled and mathematical forms, blanks and signs between the
// characters, upper case.
// Sentence punctuation becomes a wall.
func plainLetters(s string) string { return plainText(s, false) }

// plainText is plainLetters for running text when spaces part words there.
func plainText(s string, spaces bool) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		if n := commonRow(s[i:]); n > 0 {
			b.WriteString(s[i : i+n])
			i += n
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		switch {
		case r >= 'Ａ' && r <= 'Ｚ', r >= 'ａ' && r <= 'ｚ', r >= '０' && r <= '９':
			r -= 0xFEE0
		case r >= 'Ⓐ' && r <= 'ⓩ':
			r = 'a' + (r-'Ⓐ')%26
		case r >= '①' && r <= '⑨':
			r = '1' + r - '①'
		case r >= mathLetters && r < mathLetters+13*52:
			r = 'a' + (r-mathLetters)%26
		case r >= mathDigits && r < mathDigits+5*10:
			r = '0' + (r-mathDigits)%10
		}
		switch {
		case r >= 'A' && r <= 'Z':
			b.WriteRune(r + 32)
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', han(r):
			b.WriteRune(r)
		case spaces && (r == ' ' || r == '\u00A0' || r == '\u3000'):
			b.WriteRune(wall)
		case !cutSign(r):
			b.WriteRune(wall)
		}
	}
	return b.String()
}

// Letters and digits of mathematics, bold and slanted, alphabet after alphabet.
const (
	mathLetters = '\U0001D400'
	mathDigits  = '\U0001D7CE'
)

// commonRow is how many bytes at the front are characters of U+4E00 to U+9FFF,
// told by their first bytes.
func commonRow(s string) int {
	n := 0
	for n+2 < len(s) && s[n] >= 0xE4 && s[n] <= 0xE9 && (s[n] != 0xE4 || s[n+1] >= 0xB8) {
		n += 3
	}
	return n
}

// matcher finds the first of many words in a text: the words stand under their
// first two characters, so a text costs a look at a bit a character, and a
// look-up where one may begin.
type matcher struct {
	byHead map[string][]string
	begins [1 << 10]uint64
}

// beginBit is the bit of begins for a word's first two characters.
func beginBit(a, b rune) (word int, bit uint64) {
	h := (uint32(a)*0x9E3779B1 ^ uint32(b)*0x85EBCA77) >> 16
	return int(h >> 6), 1 << (h & 63)
}

func newMatcher(words []string) *matcher {
	m := &matcher{byHead: map[string][]string{}}
	for _, w := range words {
		w = plainLetters(w)
		if h := head(w); h != "" {
			m.byHead[h] = append(m.byHead[h], w)
			a, n := utf8.DecodeRuneInString(h)
			b, _ := utf8.DecodeRuneInString(h[n:])
			word, bit := beginBit(a, b)
			m.begins[word] |= bit
		}
	}
	return m
}

// head returns the first two characters of s, or "" when it has fewer.
func head(s string) string {
	n := 0
	for i := range s {
		if n == 2 {
			return s[:i]
		}
		n++
	}
	if n == 2 {
		return s
	}
	return ""
}

// within reports whether a text has one of the words, whatever stands beside it.
func (m *matcher) within(plain string) bool {
	var last rune
	before := 0
	for i, r := range plain {
		at := before
		word, bit := beginBit(last, r)
		last, before = r, i
		if i == 0 || m.begins[word]&bit == 0 {
			continue
		}
		for _, w := range m.byHead[plain[at:i+utf8.RuneLen(r)]] {
			if strings.HasPrefix(plain[at:], w) {
				return true
			}
		}
	}
	return false
}

func (m *matcher) first(plain string) string {
	var last rune // the character before, and where it stands
	before := 0
	for i, r := range plain {
		at := before
		word, bit := beginBit(last, r)
		last, before = r, i
		if i == 0 || m.begins[word]&bit == 0 {
			continue
		}
		for _, w := range m.byHead[plain[at:i+utf8.RuneLen(r)]] {
			if !strings.HasPrefix(plain[at:], w) {
				continue
			}
			// Latin words match whole: “bet” is not in “alphabet”.
			if c := w[0]; c < 0x80 && at > 0 && plain[at-1] < 0x80 {
				continue
			}
			if end := at + len(w); w[len(w)-1] < 0x80 && end < len(plain) && plain[end] >= 'a' && plain[end] <= 'z' {
				continue
			}
			return w
		}
	}
	return ""
}
