package org

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
)

// AppointGuard is asked before a person gets a role at a unit; its error
// refuses the post. Modules above register one at start.
type AppointGuard func(ctx context.Context, q db.Querier, person PersonID, unit Unit, role authz.Role) error

// OnAppoint registers a guard; at start, before anybody is appointed.
func (s *Service) OnAppoint(g AppointGuard) { s.guards = append(s.guards, g) }

func (s *Service) askGuards(ctx context.Context, q db.Querier, person PersonID, unit Unit, role authz.Role) error {
	for _, g := range s.guards {
		if err := g(ctx, q, person, unit, role); err != nil {
			return err
		}
	}
	return nil
}
