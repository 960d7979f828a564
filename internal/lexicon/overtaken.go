package lexicon

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/check/proofread"
	"zhengshu/internal/fault"
)

// Overtaken are allowed words in force, of keepers in scope, that one person allowed
// when nothing serious or sensitive was in them and that hold such a word by now:
// they cover it no longer, until two persons allow them anew (Confirm). At most so
// many, in order of their words.
func (s *Service) Overtaken(ctx context.Context, scope authz.Scope, most int) ([]Entry, error) {
	list, _, err := s.Entries(ctx, scope, Filter{Kind: Allow, State: Active, Limit: mostEntries})
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(e Entry) bool { return e.Serious || e.Leaving != "" })
	if len(list) == 0 {
		return nil, nil
	}
	// Few words hold what any list questions; only for those it is asked whose list it is.
	grave, err := s.grave(ctx, s.db)
	if err != nil {
		return nil, err
	}
	var o proofread.Options
	for _, g := range grave {
		g.question(&o)
	}
	o.NoLikely = true
	p, err := proofread.New(o)
	if err != nil {
		return nil, err
	}
	var out []Entry
	for _, e := range list {
		if !covers(p, e.Words) {
			continue
		}
		u, err := s.org.UnitTx(ctx, s.db, authz.System("lexicon.overtaken"), e.Unit)
		if err != nil {
			return nil, err
		}
		one := []Entry{e}
		if err := s.weigh(ctx, s.db, u, one); err != nil {
			return nil, err
		}
		if one[0].Serious {
			if out = append(out, e); len(out) == most {
				break
			}
		}
	}
	return out, nil
}

// Confirm asks a second person for an allowed word that was overtaken: the same entry
// takes its own place when that person agrees.
func (s *Service) Confirm(ctx context.Context, scope authz.Scope, id, source string) (Pack, error) {
	e, err := s.Entry(ctx, scope, id)
	if err != nil {
		return Pack{}, err
	}
	if e.Kind != Allow || e.Serious || e.State != Active || e.Leaving != "" {
		return Pack{}, fault.Newf(fault.Conflict, "“%s”不需要确认，或者正在等待确认，请刷新后再看。", e.Words)
	}
	again := e
	again.Source, again.replaces = oneLine(source), e.ID
	if again.Source == "" {
		return Pack{}, fault.New(fault.Invalid, "允许使用这个词语会使其中严重类或敏感的词语不再提示，请写明依据或来源。").On("source", "请写明依据或来源")
	}
	return s.Make(ctx, scope, e.Unit, Change{Name: fmt.Sprintf("确认允许使用“%s”", e.Words), Source: again.Source, Add: []Entry{again}, Withdraw: []string{e.ID}, Note: "改由两人允许使用"})
}

// question adds to what a reader questions.
func (e Entry) question(o *proofread.Options) {
	if e.Kind == Sensitive {
		o.Sensitive = append(o.Sensitive, e.Words)
	} else {
		o.Pairs = append(o.Pairs, proofread.Pair{Wrong: e.Words, Right: e.Right, Kind: KindSerious})
	}
}

// covers reports whether a word holds what a reader calls serious or sensitive.
func covers(p *proofread.Proofreader, words string) bool {
	return slices.ContainsFunc(p.Scan(words), func(s check.Span) bool { return strings.HasPrefix(s.Kind, check.KindSensitive) })
}
