package library

import (
	"context"
	"encoding/json"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
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
}

// Citation is what the result rests on.
func (r Result) Citation() string {
	switch {
	case strings.HasPrefix(r.Kind, "privacy."):
		return "第十九条（三） 严把保密关"
	case r.Kind == check.KindSensitive:
		return "第十二条（二）"
	}
	return "第十九条（三） 严把文字关"
}

// FieldName is the field in Chinese.
func (r Result) FieldName() string {
	if r.Field == "title" {
		return "标题"
	}
	if name, ok := strings.CutPrefix(r.Field, AnswerField("")); ok {
		for _, t := range Declared().Types {
			if q, ok := t.Question(name); ok {
				return q.Label
			}
		}
	}
	return "正文"
}

// severity of a kind: unmasked personal numbers block; wrong words and what may
// be personal need mending or a reason; style is advice.
func severity(kind string) check.Severity {
	switch kind {
	case check.KindIDCard, check.KindMobile, check.KindBankCard:
		return check.Serious
	case "wording.number", "wording.punctuation":
		return check.Advice
	}
	return check.Error
}

// Inspect says what the checks see in a title, a text and what the type asks
// beside them, before anything is saved. It takes no scope because it reads
// nothing.
func (s *Service) Inspect(title, text string, about ...Meta) []Result {
	out := []Result{}
	if s.inspect == nil {
		return out
	}
	type part struct{ field, text string }
	parts := []part{{"title", title}, {"text", text}}
	for _, m := range about {
		for _, q := range m.Type.Sort().Fields {
			switch q.Kind {
			case AskLine, AskLines, AskPhone:
				if a := m.Answers[q.Name]; a != "" {
					parts = append(parts, part{AnswerField(q.Name), a})
				}
			}
		}
	}
	for _, part := range parts {
		spans := s.inspect(part.text)
		if len(spans) == 0 {
			continue
		}
		runes := []rune(part.text)
		for _, sp := range spans {
			r := Result{Field: part.field, Kind: sp.Kind, Severity: severity(sp.Kind), Start: sp.Start, End: sp.End, Wrong: sp.Wrong, Right: sp.Right, Says: sp.Says}
			if strings.HasPrefix(sp.Kind, "privacy.") {
				r.Wrong = check.Mask(sp.Kind, sp.Wrong)
			}
			r.Near = near(runes, sp.Start, sp.End, r.Wrong)
			out = append(out, r)
		}
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
	// Another number may stand close by: masked as well.
	mask := func(s string) string {
		for _, sp := range check.Privacy(s) {
			s = strings.ReplaceAll(s, sp.Wrong, check.Mask(sp.Kind, sp.Wrong))
		}
		return oneLine(s)
	}
	return mask(string(text[from:start])) + "【" + wrong + "】" + mask(string(text[end:to]))
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

func (s *Service) keepResults(ctx context.Context, tx *db.Tx, id ItemID, sha string, list []Result) error {
	b, err := json.Marshal(list)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO item_check (item_id, sha256, results, serious, others, at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (item_id, sha256) DO UPDATE SET results = excluded.results, serious = excluded.serious, others = excluded.others, at = excluded.at`,
		id, sha, string(b), Count(list, check.Serious), len(list)-Count(list, check.Serious), tx.Now())
	return err
}

// Results are the stored results of a version of an item in scope.
func (s *Service) Results(ctx context.Context, scope authz.Scope, v Version) ([]Result, error) {
	if _, err := s.Item(ctx, scope, v.Item); err != nil {
		return nil, err
	}
	text, err := db.One(ctx, s.db, db.Value[string], `SELECT results FROM item_check WHERE item_id = $1 AND sha256 = $2`, v.Item, v.SHA256)
	if db.None(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []Result
	return out, json.Unmarshal([]byte(text), &out)
}

// unfit turns results into the refusal of a submission or release.
func unfit(list []Result, reason string) error {
	if n := Count(list, check.Serious); n > 0 {
		f := fault.Newf(fault.Refused, "检查发现 %d 处严重问题，改正后才能送审或发布。", n)
		for _, r := range list {
			if r.Severity == check.Serious {
				f.Because(fault.Reason{ID: r.Kind, Citation: r.Citation(), Says: r.FieldName() + " " + r.Near + "：" + r.Says})
			}
		}
		return f
	}
	if n := Count(list, check.Error); n > 0 && oneLine(reason) == "" {
		return fault.Newf(fault.Invalid, "检查还有 %d 处提示没有处理。", n).On("reason", "请改正，或逐项核对后写明保留的理由")
	}
	return nil
}
