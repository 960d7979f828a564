package demo

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"

	"zhengshu/internal/authz"
	"zhengshu/internal/media"
	"zhengshu/internal/official"
)

// Files of the media library of the city's portal.
const (
	hallPicture = "便民服务中心示意图（演示）.jpg"
	districtMap = "服务网点分布图（演示）.png"
	hoursPaper  = "各区县便民服务中心办理时间表（演示）.docx"
)

// keepMedia brings a picture, a map that lacks its number and an attachment
// into the media library. The same content is never kept twice.
func (d *province) keepMedia(ctx context.Context) error {
	at, scope, err := d.scoped(ctx, "shibian", authz.ItemWrite)
	if err != nil {
		return err
	}
	var hall, plan bytes.Buffer
	if err := jpeg.Encode(&hall, drawHall(1200, 750), &jpeg.Options{Quality: 80}); err != nil {
		return err
	}
	if err := png.Encode(&plan, drawMap(1200, 900)); err != nil {
		return err
	}
	paper := official.Document{Title: "各区县便民服务中心办理时间表（演示）", Issuer: "市政府办公厅", Dated: d.today().Chinese()}
	paper.Paragraph("周一至周五 8:30 至 18:00，中午不休息；周六 9:00 至 12:00。本材料为演示数据。")
	var hours bytes.Buffer
	if _, err := paper.WriteTo(&hours); err != nil {
		return err
	}
	unit := d.sites["xian"].Unit
	for _, f := range []struct {
		name    string
		content []byte
		about   media.About
	}{
		{hallPicture, hall.Bytes(), media.About{Alt: "傍晚的便民服务中心，窗口亮着灯", Caption: "便民服务中心延长办事时间（示意图）", Source: "演示数据", Copyright: "演示数据", FocalX: 50, FocalY: 80}},
		{districtMap, plan.Bytes(), media.About{Alt: "服务网点在各区县的分布", Source: "演示数据", IsMap: true, FocalX: 50, FocalY: 50}},
		{hoursPaper, hours.Bytes(), media.About{Source: "市政府办公厅", FocalX: 50, FocalY: 50}},
	} {
		if have, _, err := d.Media.Assets(at, scope, media.Filter{Text: f.name, Unit: unit}); err != nil || len(have) > 0 {
			if err != nil {
				return err
			}
			continue // a document bears its hour and would be another content
		}
		if _, err := d.Media.Take(at, scope, unit, []media.Upload{{Name: f.name, Content: bytes.NewReader(f.content)}}, f.about); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return nil
}

// lines are the named files as they stand in a plain text.
func (d *province) lines(ctx context.Context, names []string) (string, error) {
	out := ""
	for _, n := range names {
		at, scope, err := d.scoped(ctx, "shibian", authz.ItemWrite)
		if err != nil {
			return "", err
		}
		list, _, err := d.Media.Assets(at, scope, media.Filter{Text: n})
		if err != nil {
			return "", err
		}
		if len(list) == 0 {
			return "", fmt.Errorf("%s is not in the media library", n)
		}
		out += "\n\n" + list[0].Line()
	}
	return out, nil
}

// drawHall draws an evening street with a lit building.
func drawHall(w, h int) image.Image {
	wall, lamp, roof := hex(0xe2dccf), hex(0xffd98a), hex(0x6b4a3a)
	hall := func(x, y float64) (float64, rgb) {
		switch {
		case y > 0.9:
			return 1, hex(0x4a4c52) // the street
		case x < 0.2 || x > 0.8 || y < 0.5:
			return 0, wall
		case y < 0.555:
			return 1, roof
		case y > 0.6 && y < 0.86 && math.Mod(x-0.2, 0.075) > 0.018 && math.Mod(x-0.2, 0.075) < 0.058 && math.Mod(y-0.6, 0.13) < 0.095:
			return 1, lamp
		case x > 0.465 && x < 0.535 && y > 0.73:
			return 1, hex(0xfff0c8) // the door
		}
		return 1, wall.to(rgb{}, 0.12*(y-0.5))
	}
	return scenery(w, h, dusk, 3.3, both(town(6, hex(0x3a3550), hex(0xffd987), 0.2), hall))
}

// drawMap draws a plan that is no real place.
func drawMap(w, h int) image.Image {
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	shades := []color.RGBA{{232, 240, 228, 255}, {244, 236, 220, 255}, {226, 234, 244, 255}, {242, 228, 230, 255}}
	for y := range h {
		for x := range w {
			a, b := (x+40*int(math.Sin(float64(y)/90)*2))/300, (y+40*int(math.Sin(float64(x)/110)*2))/300
			c := shades[((a+2*b)%4+4)%4]
			if x%300 < 4 || y%300 < 4 {
				c = color.RGBA{150, 150, 150, 255}
			}
			if dx, dy := x%300-150, y%300-150; dx*dx+dy*dy < 324 {
				c = color.RGBA{190, 40, 40, 255}
			}
			p.SetRGBA(x, y, c)
		}
	}
	return p
}
