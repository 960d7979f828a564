package signin

import (
	"context"
	"crypto/rand"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
)

// First admits the security administrator of a house in which nobody has a login yet:
// logins are made by security administrators, so the first is made where the house
// stands. The password is told this once and changed at the first sign-in; whoever
// holds it sets up a second factor then. The context carries the actor.
func (s *Service) First(ctx context.Context, scope authz.Scope, unit, person, name string) (l Login, password string, err error) {
	for password = rand.Text(); CheckPassword(name, password) != nil && len([]rune(name)) > 1; {
		password = rand.Text()
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM login`)
		if err != nil {
			return err
		}
		if n > 0 {
			return fault.New(fault.Refused, "系统里已有登录账号；以后的账号由安全管理员在“登录账号”中建立。")
		}
		tidy, _ := org.Tidy(unit)
		u, err := s.org.UnitByName(ctx, tx, scope, tidy)
		if fault.Is(err, fault.NotFound) {
			return fault.Newf(fault.NotFound, "没有名为“%s”的单位，请填写全称；还没有单位的，先用 import units 导入。", unit).On("unit", "请核对单位名称").From(err)
		}
		if err != nil {
			return err
		}
		if u.Kind != org.Office { // of another unit one manages that unit alone
			return fault.Newf(fault.Invalid, "%s不是政府办公厅（室）。请填写最上一级办公厅的全称，在那里才能为各单位建立账号。", u.Name).On("unit", "请改为政府办公厅（室）")
		}
		p, err := s.org.AddPerson(ctx, tx, scope, org.Person{Unit: u.ID, Name: person})
		if err != nil {
			return err
		}
		if err := s.org.Appoint(ctx, tx, scope, p.ID, u.ID, authz.SecurityAdmin); err != nil {
			return err
		}
		l, err = s.CreateLogin(ctx, tx, scope, p.ID, name, password, SecondFactor{})
		return err
	})
	return l, password, err
}
