package demo

import (
	"bytes"
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/movein"
)

// rehearse leaves the city's editor a batch of files that was looked at and is
// not in the library yet.
func (d *province) rehearse(ctx context.Context) error {
	ctx, scope, err := d.scoped(ctx, "shibian", authz.ItemWrite)
	if err != nil {
		return err
	}
	have, err := d.MoveIn.Batches(ctx, scope, 1)
	if err != nil || len(have) > 0 {
		return err
	}
	_, session, err := d.as(ctx, "shibian")
	if err != nil {
		return err
	}
	files := []struct{ name, body string }{
		{"关于做好冬季供暖检查的通知（演示）.txt", "关于做好冬季供暖检查的通知（演示）\n\n各供热单位：\n\n为保障群众温暖过冬，现就做好冬季供暖检查通知如下。\n\n一、全面检修设备\n\n供热前完成管网和换热站检修，发现隐患立即整改。\n\n二、畅通服务渠道\n\n公布服务电话，安排专人值守。\n"},
		{"便民信息列表（演示）.csv", "信息标题,内容,发布时间,来源\n社区图书室周末开放（演示）,全市社区图书室周末照常开放。,2026-01-10,市文化和旅游局\n公园健身步道完成改造（演示）,三处公园健身步道完成改造，免费开放。,2026-01-12,市城管局\n待补正文的一条（演示）,,2026-01-13,市城管局\n"},
		{"旧公告（演示）.doc", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"},
	}
	sent := make([]movein.Sent, len(files))
	for i, f := range files {
		sent[i] = movein.Sent{Name: f.name, Size: int64(len(f.body)), Content: bytes.NewReader([]byte(f.body))}
	}
	unit := d.persons["shibian"].Unit
	_, err = d.MoveIn.Bring(ctx, session, scope, movein.Ask{Unit: unit}, sent)
	return err
}
