package lexicon

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
)

// Kind is the sort of an entry.
type Kind string

// The kinds.
const (
	Pair      Kind = "pair"      // 易错写法: a wrong form and its right one
	Term      Kind = "term"      // 规范表述: of the state, its institutions and territory
	Post      Kind = "post"      // 职务姓名: who holds a post from when to when
	Sensitive Kind = "sensitive" // 敏感词
	Allow     Kind = "allow"     // 允许使用: never questioned
)

// Kinds in the order of the screens.
func Kinds() []Kind { return []Kind{Pair, Term, Post, Sensitive, Allow} }

// Name is the kind in Chinese.
func (k Kind) Name() string {
	switch k {
	case Pair:
		return "易错写法"
	case Term:
		return "规范表述"
	case Post:
		return "职务姓名"
	case Sensitive:
		return "敏感词"
	case Allow:
		return "允许使用"
	}
	return string(k)
}

// KindOf reads a kind as people write it: its key or its name.
func KindOf(s string) (Kind, bool) {
	for _, k := range Kinds() {
		if s == string(k) || s == k.Name() {
			return k, true
		}
	}
	return "", false
}

// grave reports whether entries of the kind are of the serious class whatever
// their keeper says.
func (k Kind) grave() bool { return k == Term || k == Post }

// States of an entry.
const (
	Proposed  = "proposed"
	Active    = "active"
	Refused   = "refused"
	Withdrawn = "withdrawn"
)

// StateName is an entry's or pack's state in Chinese.
func StateName(s string) string {
	switch s {
	case Proposed:
		return "待确认"
	case Active, Confirmed:
		return "使用中"
	case Refused:
		return "未通过"
	case Withdrawn:
		return "已停用"
	}
	return s
}

// Entry is one line of a list.
type Entry struct {
	ID       string
	Unit     org.UnitID // its keeper
	UnitName string     // joined
	Pack     string     // by which it came
	Leaving  string     // the pack that takes it away, waiting or done
	Kind     Kind
	// Words is the wrong form, the post, or the word itself.
	Words string
	// Right are the right forms, best first; of a post its holder.
	Right []string
	// Near must stand within twenty characters for a wrong form to be wrong;
	// inside Unless it is innocent.
	Near, Unless []string
	// Serious entries come and go by two persons. Of an allowed word it says that it
	// covers what is serious or sensitive within it.
	Serious bool
	Wide    bool // for every unit of the keeper's area
	// From and Until bound the days on which it holds; zero is open.
	From, Until calendar.Date
	Source      string
	State       string
	At          time.Time
	areaPath    string
	linePath    string
	row         int             // of the file it was read from
	unsaid      map[string]bool // of the fields of a table, the cells that are empty
	replaces    string          // the entry in force that it takes the place of, by the same pack
}

// In reports whether the keeper lies in the scope.
func (e Entry) In(scope authz.Scope) bool {
	return e.areaPath != "" && scope.Covers(e.areaPath, e.linePath)
}

// Link is the page of the entry.
func (e Entry) Link() string { return "/console/lexicon/entries/" + e.ID }

// Holds reports whether the entry holds on a day; a zero day is any.
func (e Entry) Holds(day calendar.Date) bool {
	return day.IsZero() || (e.From.IsZero() || !day.Before(e.From)) && (e.Until.IsZero() || !day.After(e.Until))
}

// Term is the time the entry holds, in Chinese.
func (e Entry) Term() string {
	switch {
	case e.From.IsZero() && e.Until.IsZero():
		return "长期"
	case e.Until.IsZero():
		return e.From.String() + " 起"
	case e.From.IsZero():
		return "至 " + e.Until.String()
	}
	return e.From.String() + " 至 " + e.Until.String()
}

// key is what two entries in force may not share.
func (e Entry) key() string {
	from := ""
	if e.Kind == Post {
		from = strings.Join(e.Right, "、") + "|" + e.From.String()
	}
	return strings.Join([]string{string(e.Unit), string(e.Kind), e.Words, from}, "|")
}

// waiting is the key of an entry until the one it replaces has gone.
func (e Entry) waiting() string { return "replaces|" + e.replaces }

// Bounds of an entry, in characters.
const (
	mostWords   = 40
	mostForms   = 10
	mostSource  = 200
	mostEntries = 50_000 // in force for one keeper
)

// clean tidies an entry and says what is wrong with it.
func (e *Entry) clean() error {
	e.Words, e.Source = oneLine(e.Words), oneLine(e.Source)
	e.Right, e.Near, e.Unless = tidy(e.Right), tidy(e.Near), tidy(e.Unless)
	e.Serious = e.Serious || e.Kind.grave()
	var f fault.Fields
	_, known := KindOf(string(e.Kind))
	f.Check(known, "kind", "请选择词条类别")
	n := utf8.RuneCountInString(e.Words)
	f.Check(n >= 2 && n <= mostWords, "words", fmt.Sprintf("词语应为 2 至 %d 个字", mostWords))
	f.Check(utf8.RuneCountInString(e.Source) <= mostSource, "source", fmt.Sprintf("来源不超过 %d 字", mostSource))
	switch e.Kind {
	case Pair, Term:
		f.Check(len(e.Right) > 0, "right", "请填写正确写法")
		f.Check(!slices.Contains(e.Right, e.Words), "right", "正确写法与错误写法相同")
	case Post:
		f.Check(len(e.Right) == 1, "right", "请填写一位任职人的姓名")
		f.Check(!e.From.IsZero(), "from", "请填写任职开始日期")
	}
	if e.Serious {
		f.Check(e.Source != "", "source", "严重类词条请写明依据或来源")
	}
	for name, list := range map[string][]string{"right": e.Right, "near": e.Near, "unless": e.Unless} {
		f.Check(len(list) <= mostForms && !slices.ContainsFunc(list, func(s string) bool { return utf8.RuneCountInString(s) > mostWords }), name, fmt.Sprintf("最多 %d 个，每个不超过 %d 个字", mostForms, mostWords))
	}
	f.Check(e.Until.IsZero() || e.From.IsZero() || !e.Until.Before(e.From), "until", "结束日期早于开始日期")
	return f.Err()
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func tidy(list []string) []string {
	out := []string{}
	for _, s := range list {
		if s = oneLine(s); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// Split reads several forms as people write them: parted by 、 ; / or lines.
func Split(s string) []string {
	return tidy(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("、;；/／|\n\r", r) }))
}

// Pack is one change of a keeper's lists.
type Pack struct {
	ID          string
	Unit        org.UnitID
	UnitName    string
	No          int
	Name        string
	Source      string
	State       string
	Serious     int
	Added       int
	Withdrawn   int
	Digest      string
	ByID        string
	ByName      string
	At          time.Time
	DecidedID   string
	DecidedName string
	DecidedAt   time.Time
	Note        string
	// Asked is the office above that confirms it, since nobody of the unit but who
	// proposed it may; the unit itself where no office above has anybody.
	Asked     org.UnitID
	AskedName string // joined
	areaPath  string
	linePath  string
}

// In reports whether the keeper lies in the scope.
func (p Pack) In(scope authz.Scope) bool {
	return p.areaPath != "" && scope.Covers(p.areaPath, p.linePath)
}

// Link is the page of the pack.
func (p Pack) Link() string { return "/console/lexicon/packs/" + p.ID }

// Nobody reports whether there is nobody to confirm it.
func (p Pack) Nobody() bool { return p.Asked == p.Unit }

func (p Pack) title() string { return fmt.Sprintf("词库第 %d 版（%s）", p.No, p.Name) }

func (p Pack) target() audit.Target {
	return audit.Target{Kind: "lexicon_pack", ID: p.ID, Name: p.UnitName + p.title(), Unit: string(p.Unit)}
}

// Confirmed is the state of a pack in force.
const Confirmed = "confirmed"

// PackMachine is how packs move.
var PackMachine = passage.Machine{Kind: "lexicon_pack", Noun: "词库版本",
	States: map[string]string{Proposed: "待确认", Confirmed: "使用中", Refused: "未通过"},
	Moves: []passage.Move{
		{From: "", Act: "propose", To: Proposed, Says: "提出", Permit: string(authz.LexiconManage)},
		{From: "", Act: "enact", To: Confirmed, Says: "启用", Permit: string(authz.LexiconManage)},
		{From: Proposed, Act: "confirm", To: Confirmed, Says: "确认启用", Permit: string(authz.LexiconManage)},
		{From: Proposed, Act: "refuse", To: Refused, Says: "不予通过", Permit: string(authz.LexiconManage)},
	}}

const entrySelect = `SELECT e.id, e.unit_id, u.name, u.area_path, u.line_path, e.pack_id, COALESCE(e.leaving_id, ''), e.kind, e.words, e.rights, e.near, e.unless, e.serious, e.wide, e.from_day, e.until_day, e.source, e.state, e.at
  FROM lexicon_entry e JOIN unit u ON u.id = e.unit_id`

func scanEntry(r db.Scanner) (Entry, error) {
	var e Entry
	var rights, near, unless string
	if err := r.Scan(&e.ID, &e.Unit, &e.UnitName, &e.areaPath, &e.linePath, &e.Pack, &e.Leaving, &e.Kind, &e.Words, &rights, &near, &unless, &e.Serious, &e.Wide, &e.From, &e.Until, &e.Source, &e.State, &e.At); err != nil {
		return e, err
	}
	for _, x := range []struct {
		text string
		into *[]string
	}{{rights, &e.Right}, {near, &e.Near}, {unless, &e.Unless}} {
		if err := json.Unmarshal([]byte(x.text), x.into); err != nil {
			return e, fmt.Errorf("lexicon: entry %s: %w", e.ID, err)
		}
	}
	return e, nil
}

const packSelect = `SELECT p.id, p.unit_id, u.name, u.area_path, u.line_path, p.no, p.name, p.source, p.state, p.serious, p.added, p.withdrawn, p.digest, p.by_id, p.by_name, p.at, p.decided_id, p.decided_name, p.decided_at, p.note, COALESCE(p.asked_unit_id, ''), COALESCE(a.name, '')
  FROM lexicon_pack p JOIN unit u ON u.id = p.unit_id LEFT JOIN unit a ON a.id = p.asked_unit_id`

func scanPack(r db.Scanner) (Pack, error) {
	var p Pack
	err := r.Scan(&p.ID, &p.Unit, &p.UnitName, &p.areaPath, &p.linePath, &p.No, &p.Name, &p.Source, &p.State, &p.Serious, &p.Added, &p.Withdrawn, &p.Digest, &p.ByID, &p.ByName, &p.At, &p.DecidedID, &p.DecidedName, &p.DecidedAt, &p.Note, &p.Asked, &p.AskedName)
	return p, err
}
