package org

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
)

// PeopleWith are the people who hold a post with the permission at the unit now,
// each once: whom to tell of what not everybody at the unit may open. It serves
// messages, which have no scope.
func (s *Service) PeopleWith(ctx context.Context, q db.Querier, unit UnitID, need authz.Permission) ([]PersonID, error) {
	holders, err := s.Holders(ctx, q, authz.System("org.tell"), unit, authz.With(need)...)
	var out []PersonID
	seen := map[PersonID]bool{}
	for _, h := range holders {
		if !seen[h.Person.ID] {
			seen[h.Person.ID] = true
			out = append(out, h.Person.ID)
		}
	}
	return out, err
}
