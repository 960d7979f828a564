package authz

import (
	"context"
	"slices"
	"strings"
)

// Post is a role held at a unit, with the unit's place on both axes as org
// keeps it.
type Post struct {
	ID       string
	Role     Role
	UnitID   string
	UnitName string
	// AreaPath ends in the unit's own segment: /610000/610100/@01J…/.
	AreaPath string
	// LinePath is empty for units of no line.
	LinePath string
	// Office is true for the 办公厅（室） of a government: its area is what it
	// supervises. A department supervises its line.
	Office bool
	// Delegated is true for a post held for somebody else until a day; Via is
	// that person's name. A delegated post is not delegated further.
	Delegated bool
	Via       string
}

// Session is one signed-in person with the posts held at this moment.
type Session struct {
	PersonID string
	LoginID  string
	Login    string
	Name     string
	Posts    []Post
}

// May reports whether any post permits p.
func (s *Session) May(p Permission) bool {
	if p == Public {
		return true
	}
	if s == nil {
		return false
	}
	return p == SignedIn || slices.ContainsFunc(s.Posts, func(post Post) bool { return permits(post.Role, p) })
}

// MayAt reports whether a post at the unit itself permits p: what is a unit's
// own is not done for it by who supervises it.
func (s *Session) MayAt(p Permission, unit string) bool {
	return s != nil && slices.ContainsFunc(s.Posts, func(post Post) bool { return post.UnitID == unit && permits(post.Role, p) })
}

// UnitsFor are the units of the posts that permit p, each once, in the order of
// the posts.
func (s *Session) UnitsFor(p Permission) []string {
	var out []string
	if s == nil {
		return nil
	}
	for _, post := range s.Posts {
		if permits(post.Role, p) && !slices.Contains(out, post.UnitID) {
			out = append(out, post.UnitID)
		}
	}
	return out
}

// Via names those for whom alone the person may use p: through posts held as
// their deputy, and through no post of one's own. It is empty otherwise.
func (s *Session) Via(p Permission) string {
	if s == nil || p == Public || p == SignedIn {
		return ""
	}
	var names []string
	for _, post := range s.Posts {
		switch {
		case !permits(post.Role, p):
		case !post.Delegated:
			return ""
		case !slices.Contains(names, post.Via):
			names = append(names, post.Via)
		}
	}
	return strings.Join(names, "、")
}

// Holds reports whether any post has the role.
func (s *Session) Holds(r Role) bool {
	return s != nil && slices.ContainsFunc(s.Posts, func(p Post) bool { return p.Role == r })
}

// Unit is the unit of the first post, for pre-filled forms.
func (s *Session) Unit() (id, name string) {
	if s == nil || len(s.Posts) == 0 {
		return "", ""
	}
	return s.Posts[0].UnitID, s.Posts[0].UnitName
}

func permits(r Role, p Permission) bool {
	info, ok := Info(r)
	return ok && slices.Contains(info.Permits, p)
}

// ScopeFor is where the person may use p: the union over the posts that
// permit it. SignedIn gives the union over all posts.
func (s *Session) ScopeFor(p Permission) Scope {
	var sc Scope
	if s == nil {
		return sc
	}
	for _, post := range s.Posts {
		if p != SignedIn && !permits(post.Role, p) {
			continue
		}
		info, _ := Info(post.Role)
		sc.areas = append(sc.areas, post.AreaPath)
		switch {
		case info.reach == reachArea, info.reach == reachWide && post.Office:
			sc.areas = append(sc.areas, areaOf(post.AreaPath))
		case info.reach == reachWide && post.LinePath != "":
			sc.lines = append(sc.lines, areaOf(post.LinePath))
		}
	}
	return sc
}

type contextKey int

const (
	sessionKey contextKey = iota
	scopeKey
)

// WithSession puts the signed-in person into the context.
func WithSession(ctx context.Context, s *Session) context.Context {
	return context.WithValue(ctx, sessionKey, s)
}

// SessionFrom is the signed-in person, nil when nobody is.
func SessionFrom(ctx context.Context) *Session {
	s, _ := ctx.Value(sessionKey).(*Session)
	return s
}

// WithScope puts the scope of the route's permission into the context; the
// router alone calls it.
func WithScope(ctx context.Context, s Scope) context.Context {
	return context.WithValue(ctx, scopeKey, s)
}

// ScopeFrom is the scope of the route's permission; the empty scope, which
// covers nothing, when there is none.
func ScopeFrom(ctx context.Context) Scope {
	s, _ := ctx.Value(scopeKey).(Scope)
	return s
}
