package library

import "testing"

// GatherUpTo says, for one test, how many items of a column are gathered.
func GatherUpTo(t *testing.T, n int) {
	was := columnFirst
	columnFirst = n
	t.Cleanup(func() { columnFirst = was })
}
