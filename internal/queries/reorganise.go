package queries

import "zhengshu/internal/org"

// Reorganise is the saved filters' part in a reorganisation: those shared in a
// unit are shared in its successor. A filter holds up nothing, so no rehearsal
// counts it.
func Reorganise() org.Module {
	m := org.Carries("queries", org.Owned{Table: "saved_query"})
	m.Touched = nil
	return m
}
