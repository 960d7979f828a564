package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"strings"
	"sync"

	"zhengshu/internal/authz"
	"zhengshu/internal/media"
	"zhengshu/internal/prose"
)

// scene is a picture of a piece, drawn for it.
type scene struct {
	site  string
	of    string // words in the title of the piece
	name  string // of the file
	about media.About
	draw  func() image.Image
}

const pictureWidth, pictureHeight = 800, 500

func drawn(alt, caption string) media.About {
	return media.About{Alt: alt, Caption: caption, Source: "演示绘图", Copyright: "演示数据", FocalX: 50, FocalY: 60}
}

func view(l light, seed float64, over func(x, y float64) (float64, rgb)) func() image.Image {
	return func() image.Image { return scenery(pictureWidth, pictureHeight, l, seed, over) }
}

// scenes of the portals, in the order they are drawn.
var scenes = []scene{
	{"shaanxi", "政务公开工作推进会", "古塔晨光（演示）.jpg", drawn("晨光里，群山前立着一座古塔", "会议所在地的清晨"), view(dawn, 1.2, pagoda(0.24, 0.88, 0.44, hex(0x1a2740)))},
	{"shaanxi", "“一件事”集成办理", "傍晚的城区（演示）.jpg", drawn("傍晚，城区楼房的窗户亮起灯，远处是山", "傍晚的城区"), view(dusk, 2.2, town(3, hex(0x3a3550), hex(0xffd987), 0.35))},
	{"shaanxi", "森林防火", "秦岭晨雾（演示）.jpg", drawn("山谷起雾，一条河从林间流出", "林区晨雾"), view(mist, 0.3, river(1, hex(0x7fa3ad), hex(0xe4eef0)))},
	{"shaanxi", "农村公路养护", "梯田（演示）.jpg", drawn("晴天，山前的梯田黄绿相间", "公路沿线的梯田"), view(noon, 4.1, terraces(1, hex(0x8fae4b), hex(0xd9c25a)))},
	{"xian", "统一查询", "城市夜色（演示）.jpg", drawn("夜里，楼群亮着灯，前面是一座古塔的影子", "城市夜色"), view(night, 5.3, both(town(9, hex(0x16233f), hex(0xffd987), 0.5), pagoda(0.7, 0.92, 0.5, hex(0x0a1326))))},
	{"xian", "城市公园", "公园远山（演示）.jpg", drawn("晴天，远山下一条小河穿过公园", "公园里的小河"), view(noon, 2.7, river(2, hex(0x6f9fc0), hex(0xdceaf2)))},
	{"xian", "流动书车", "街区清晨（演示）.jpg", drawn("清晨的街区，楼房后面是群山", "清晨的街区"), view(dawn, 6.1, town(5, hex(0x5a6272), hex(0xffe2a6), 0.15))},
	foreignScene(wallPicture, "Lit windows of the town at dusk, mountains behind", "The town at dusk", scene{draw: view(dusk, 7.7, both(town(2, hex(0x3a3550), hex(0xffd987), 0.45), pagoda(0.3, 0.93, 0.46, hex(0x201a30))))}),
	foreignScene(riverside, "A river runs out of hills in the morning", "The river in the morning", scene{draw: view(dawn, 8.4, river(3, hex(0x8aa0b5), hex(0xf3e2c8)))}),
}

// paint draws the scenes beside the other work of the fill.
var paint = sync.OnceValues(func() ([][]byte, error) {
	out := make([][]byte, len(scenes))
	for i, s := range scenes {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, s.draw(), &jpeg.Options{Quality: 80}); err != nil {
			return nil, err
		}
		out[i] = b.Bytes()
	}
	return out, nil
})

// keepPictures brings the drawn pictures into the media libraries of the
// portals. The same content is never kept twice.
func (d *province) keepPictures(ctx context.Context) error {
	painted, err := paint()
	if err != nil {
		return err
	}
	for i, s := range scenes {
		at, scope, err := d.scoped(ctx, keeperOf(s.site), authz.ItemWrite)
		if err != nil {
			return err
		}
		if _, err := d.Media.Take(at, scope, d.sites[s.site].Unit, []media.Upload{{Name: s.name, Content: bytes.NewReader(painted[i])}}, s.about); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

func keeperOf(site string) string {
	for _, h := range hosted {
		if h.site.Slug == site {
			return h.keeper
		}
	}
	return ""
}

// pictured is the document of a piece that has a picture, which stands after
// the first paragraph; nil for a piece without.
func (d *province) pictured(ctx context.Context, site string, p piece) (json.RawMessage, error) {
	if p.form() != "text" {
		return nil, nil
	}
	for _, s := range scenes {
		if s.site != site || s.of == "" || !strings.Contains(p.title, s.of) {
			continue
		}
		at, scope, err := d.scoped(ctx, keeperOf(site), authz.ItemWrite)
		if err != nil {
			return nil, err
		}
		have, _, err := d.Media.Assets(at, scope, media.Filter{Text: s.name})
		if err != nil {
			return nil, err
		}
		if len(have) == 0 {
			return nil, fmt.Errorf("%s is not in the media library", s.name)
		}
		first, rest, _ := strings.Cut(p.text, "\n\n")
		doc, err := prose.FromText(first + "\n\n" + have[0].Line() + "\n\n" + rest)
		if err != nil {
			return nil, err
		}
		if doc, err = d.Media.Place(at, scope, doc); err != nil {
			return nil, err
		}
		return doc.JSON(), nil
	}
	return nil, nil
}
