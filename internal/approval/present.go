package approval

import (
	"context"
	"maps"
	"slices"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
)

// Fact is one line of an application as people read it.
type Fact struct{ Section, Name, Text string }

// Verdict is what one rule says of the application.
type Verdict struct {
	OK       bool
	Lifted   bool // it speaks against it, and the province granted an exception
	Rule     string
	Citation string
	Says     string // the statutory words
	Note     string // what was met and what to do
}

// Presentation is an application as the module that owns its form shows it.
type Presentation struct {
	KindName string // 开设网站申请
	Facts    []Fact
	Verdicts []Verdict
	// Judged says of which moment the verdicts are: 按当前台账核对.
	Judged string
	// Amend is the page where a returned application is amended.
	Amend string
	// Result is the page of what an approval brought about, its name, and what
	// comes next in words.
	Result, ResultName, ResultSays string
	// Short are the materials still missing, by name: they are marked as a risk.
	Short []string
	// Papers are what the matter calls its kinds of paper.
	Papers map[string]string
	// Related are the records the case is about or brought about.
	Related []Related
}

// Related is one record beside a case, with its page and how it stands.
type Related struct{ Name, Text, Href, State string }

// Presenter shows the form of one kind of case. The caller has checked the
// scope of the case.
type Presenter func(ctx context.Context, c Case) (Presentation, error)

// OnShown registers how the cases of a kind are shown; once, at start.
func (s *Service) OnShown(kind string, p Presenter) { s.presenters[kind] = p }

// NameKind registers what a kind of case is called in filters and lists; once,
// at start.
func (s *Service) NameKind(kind, name string) { s.names[kind] = name }

// KindName is the kind in Chinese.
func (s *Service) KindName(kind string) string {
	if n := s.names[kind]; n != "" {
		return n
	}
	return "其他事项"
}

// Kinds are the named kinds, sorted by identifier. It takes no scope: the list
// is declared.
func (s *Service) Kinds() []string { return slices.Sorted(maps.Keys(s.names)) }

// Present shows the form of a case in scope.
func (s *Service) Present(ctx context.Context, scope authz.Scope, id CaseID) (Presentation, error) {
	c, err := s.caseTx(ctx, s.db, scope, id)
	if err != nil {
		return Presentation{}, err
	}
	p, ok := s.presenters[c.Kind]
	if !ok {
		return Presentation{}, fault.New(fault.Unavailable, "这类审批事项的表单暂时无法显示，请联系系统管理员。")
	}
	return p(ctx, c)
}
