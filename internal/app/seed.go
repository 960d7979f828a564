package app

import (
	"context"

	"zhengshu/internal/demo"
)

// seed fills an empty house with the demo province, once.
func (h *House) seed(ctx context.Context) error {
	if !h.Config.Demo {
		return nil
	}
	return demo.Fill(ctx, demo.Services{DB: h.DB, Org: h.Org, Signin: h.Signin})
}
