package library

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/prose"
)

// Result is one thing the checks saw in a version, fit to be stored and shown:
// personal data in it are masked.
type Result struct {
	Field    string         `json:"field"` // title or text
	Kind     string         `json:"kind"`  // check id: privacy.id_card
	Severity check.Severity `json:"severity"`
	Start    int            `json:"start"` // in characters of the field
	End      int            `json:"end"`
	Wrong    string         `json:"wrong"` // masked where it is personal
	Right    []string       `json:"right"`
	Says     string         `json:"says"`
	Near     string         `json:"near"` // the words around it
	Sum      string         `json:"sum"`  // by which the same words are known, masked or not

	Reason   string `json:"-"` // why it stands, as somebody wrote
	ReasonBy string `json:"-"`
	Claimed  bool   `json:"-"` // reported as a false alarm, waits for a second person
}

// Citation is what the result rests on.
func (r Result) Citation() string {
	switch {
	case strings.HasPrefix(r.Kind, "privacy."):
		return "第十九条（三） 严把保密关"
	case strings.HasPrefix(r.Kind, check.KindSensitive), strings.HasPrefix(r.Kind, "content."), r.Kind == "item.advert_link", r.Kind == "item.map":
		return "第十二条（二）"
	case strings.HasPrefix(r.Kind, "interpretation."):
		return "第十四条（三）"
	case strings.HasPrefix(r.Kind, "link."), r.Kind == "item.link":
		return "第十九条（四）"
	}
	return "第十九条（三） 严把文字关"
}

// FieldName is the field in Chinese.
func (r Result) FieldName() string {
	switch r.Field {
	case "title":
		return "标题"
	case "text":
		return "正文"
	}
	if name, ok := strings.CutPrefix(r.Field, AnswerField("")); ok {
		for _, t := range Declared().Types {
			if q, ok := t.Question(name); ok {
				return q.Label
			}
		}
	}
	return r.Field
}

// severity of a kind: unmasked personal numbers block; wrong words and what may
// be personal need mending or a reason; style is advice.
func severity(kind string) check.Severity {
	switch kind {
	case check.KindIDCard, check.KindMobile, check.KindBankCard:
		return check.Serious
	case check.KindAddress, check.KindPlate, check.KindLandline, "wording.number", "wording.punctuation":
		return check.Advice
	}
	if strings.HasPrefix(kind, check.KindSensitive+".") {
		return check.Serious // from a list that two persons keep
	}
	return check.Error
}

// SeverityOf grades a kind of span as the library does.
func SeverityOf(kind string) check.Severity { return severity(kind) }

// inspectVersion reads a title, a text and what the type asks beside them.
func inspectVersion(by Inspector, m Meta, text string) []Result {
	out := append(inspectPart(by, "title", m.Title), inspectPart(by, "text", text)...)
	for _, q := range m.Type.Sort().Fields {
		switch q.Kind {
		case AskLine, AskLines, AskPhone:
			if a := m.Answers[q.Name]; a != "" {
				out = append(out, inspectPart(by, AnswerField(q.Name), a)...)
			}
		}
	}
	return out
}

func inspectPart(by Inspector, field, text string) []Result {
	out := []Result{}
	if by == nil {
		return out
	}
	spans := by(text)
	if len(spans) == 0 {
		return out
	}
	runes := []rune(strings.ReplaceAll(text, prose.LineBreak, "\n"))
	for _, sp := range spans {
		r := Result{Field: field, Kind: sp.Kind, Severity: severity(sp.Kind), Start: sp.Start, End: sp.End, Wrong: sp.Wrong, Right: sp.Right, Says: sp.Says, Sum: sumOf(sp.Kind, sp.Wrong)}
		if strings.HasPrefix(sp.Kind, "privacy.") {
			r.Wrong = check.Mask(sp.Kind, sp.Wrong)
		}
		r.Near = near(runes, sp.Start, sp.End, r.Wrong)
		out = append(out, r)
	}
	return out
}

// near is the place with some words on both sides, the wrong words as given.
func near(text []rune, start, end int, wrong string) string {
	const around = 12
	if start < 0 || end > len(text) || start > end {
		return wrong
	}
	from, to := max(0, start-around), min(len(text), end+around)
	// The paragraph bounds it: a remark keeps its reason when another changes.
	for i := start - 1; i >= from; i-- {
		if text[i] == '\n' {
			from = i + 1
			break
		}
	}
	if i := slices.Index(text[end:to], '\n'); i >= 0 {
		to = end + i
	}
	// Another number may stand close by: masked as well.
	mask := func(s string) string {
		for _, sp := range check.Privacy(s) {
			s = strings.ReplaceAll(s, sp.Wrong, check.Mask(sp.Kind, sp.Wrong))
		}
		return oneLine(s)
	}
	return mask(string(text[from:start])) + "【" + wrong + "】" + mask(string(text[end:to]))
}

// Mends reports whether Mend can put words in the place of what the result names.
func (r Result) Mends() bool {
	return len(r.Right) > 0 && r.Right[0] != "" && (r.Field == "title" || r.Field == "text")
}

// Mend puts words in the place of what a result of this very text names. It reports false
// where what stands there is not running text: a caption, a label.
func (r Result) Mend(w Writing, with string) (Writing, bool) {
	if r.Field == "text" {
		var ok bool
		w.Doc, ok = w.Doc.ReplaceAt(r.Start, r.End, with)
		return w, ok
	}
	title := []rune(w.Title)
	if r.Field != "title" || r.Start < 0 || r.Start >= r.End || r.End > len(title) {
		return w, false
	}
	w.Title = string(title[:r.Start]) + with + string(title[r.End:])
	return w, true
}

// Count counts the results of a severity.
func Count(list []Result, s check.Severity) int {
	n := 0
	for _, r := range list {
		if r.Severity == s {
			n++
		}
	}
	return n
}

// keepResults stores what reading the texts of a version gave, under the rules
// that read it, and the fate of every remark.
func (s *Service) keepResults(ctx context.Context, tx *db.Tx, id ItemID, sha string, e examined) error {
	b, err := json.Marshal(e.texts)
	if err != nil {
		return err
	}
	all := e.all()
	if _, err := tx.Exec(ctx, `
		INSERT INTO item_check (item_id, sha256, results, serious, others, at, rules) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (item_id, sha256) DO UPDATE SET results = excluded.results, serious = excluded.serious, others = excluded.others, at = excluded.at, rules = excluded.rules`,
		id, sha, string(b), Count(all, check.Serious), len(all)-Count(all, check.Serious), tx.Now(), e.edition); err != nil {
		return err
	}
	return keepRemarks(ctx, tx, id, all)
}

// Results are the results of a version of an item in scope as they stand now:
// without what the unit's allow list holds, with the reasons given.
func (s *Service) Results(ctx context.Context, scope authz.Scope, v Version) ([]Result, error) {
	it, err := s.Item(ctx, scope, v.Item)
	if err != nil {
		return nil, err
	}
	e, err := s.resultsOf(ctx, s.db, it, v)
	return e.stand, err
}

// Unanswered counts the remarks that need mending or a reason and have none.
func Unanswered(list []Result) int {
	n := 0
	for _, r := range list {
		if r.Severity == check.Error && r.Reason == "" {
			n++
		}
	}
	return n
}

// Unsettled counts the remarks that keep a version from going on: serious ones, and
// those without a reason.
func Unsettled(list []Result) int { return Count(list, check.Serious) + Unanswered(list) }

// unfit turns results into the refusal of a submission or an approval: serious
// ones block, each of the others needs its own reason.
func unfit(list []Result) error {
	if n := Count(list, check.Serious); n > 0 {
		f := fault.Newf(fault.Refused, "检查发现 %d 处严重问题，改正后才能送审或发布。", n)
		for _, r := range list {
			if r.Severity == check.Serious {
				f.Because(fault.Reason{ID: r.Kind, Citation: r.Citation(), Says: r.FieldName() + " " + r.Near + "：" + r.Says})
			}
		}
		return f
	}
	if n := Unanswered(list); n > 0 {
		f := fault.Newf(fault.Invalid, "检查还有 %d 处提示没有处理：请改正，或在“处理检查提示”页逐条写明保留的理由。", n)
		for _, r := range list {
			if r.Severity == check.Error && r.Reason == "" {
				f.Because(fault.Reason{ID: r.Kind, Citation: r.Citation(), Says: r.FieldName() + " " + r.Near + "：" + r.Says})
			}
		}
		return f
	}
	return nil
}
