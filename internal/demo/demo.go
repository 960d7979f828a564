package demo

import (
	"context"

	"zhengshu/internal/audit"
	"zhengshu/internal/db"
	"zhengshu/internal/org"
	"zhengshu/internal/signin"
)

// Services are the doors the demo acts through.
type Services struct {
	DB     *db.DB
	Org    *org.Service
	Signin *signin.Service
}

// Fill lays the demo province into an empty house; a house with units is left
// as it is.
func Fill(ctx context.Context, s Services) error {
	n, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM unit`)
	if err != nil || n > 0 {
		return err
	}
	ctx = audit.System(ctx, "demo")
	_, err = lay(ctx, s)
	return err
}
