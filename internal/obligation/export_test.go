package obligation

import (
	"context"
	"testing"

	"zhengshu/internal/audit"
)

// OpenRecurring is the part of the sweep that opens what has come round, for
// measuring it apart.
func (s *Service) OpenRecurring(t testing.TB) {
	t.Helper()
	if err := s.openRecurring(audit.System(context.Background(), "test")); err != nil {
		t.Fatal(err)
	}
}
