// Package workbench says what waits for a person: one inbox for every module
// (工作台: 待办, 已办, 我发起, 抄送).
//
// Modules offer their part as a Source; this package only merges and sorts. It
// decides no deadline and performs no act.
package workbench

import (
	"cmp"
	"context"
	"slices"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
)

// Tab is one of the inbox's fixed tabs.
type Tab string

// The tabs.
const (
	ToDo    Tab = "todo"    // 待办
	Done    Tab = "done"    // 已办
	Started Tab = "started" // 我发起
	Copied  Tab = "copied"  // 抄送
)

// Task is one row of the inbox.
type Task struct {
	Key     string // stable across reads: case:01J…
	Kind    string // 审批, 审稿, 来信, 时限, 整改
	Title   string
	From    string // unit or person it came from
	At      time.Time
	Due     calendar.Due // zero for none
	State   string       // in words
	Link    string
	Act     string // the verb on the button: 去审核
	Minutes int    // usual time it takes, for “约 12 分钟”
}

// Source is a module's part of the inbox for the signed-in person.
type Source interface {
	Tasks(ctx context.Context, session *authz.Session, tab Tab, limit int) ([]Task, error)
}

// Service merges the sources.
type Service struct{ sources []Source }

// New makes the service.
func New(sources ...Source) *Service { return &Service{sources: sources} }

// Tasks of the tab: what is due first comes first in 待办, the newest first
// elsewhere. It takes the session: an inbox is its reader's own.
func (s *Service) Tasks(ctx context.Context, session *authz.Session, tab Tab, limit int) ([]Task, error) {
	var all []Task
	for _, src := range s.sources {
		some, err := src.Tasks(ctx, session, tab, limit)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.SortStableFunc(all, func(a, b Task) int {
		if tab != ToDo {
			return b.At.Compare(a.At)
		}
		return cmp.Or(compareDue(a.Due, b.Due), a.At.Compare(b.At), cmp.Compare(a.Key, b.Key))
	})
	if len(all) > limit {
		all = all[:limit]
	}
	return all, nil
}

// compareDue puts what has a due date before what has none.
func compareDue(a, b calendar.Due) int {
	switch {
	case a.On.IsZero() && b.On.IsZero():
		return 0
	case a.On.IsZero():
		return 1
	case b.On.IsZero():
		return -1
	}
	return cmp.Or(a.On.Compare(b.On), a.Ends().Compare(b.Ends()))
}
