package sx2021

import (
	"zhengshu/internal/calendar"
	"zhengshu/internal/rules"
)

// The rules of Article 24. 「优先采购国产软硬件系统设备」 forbids nothing: it is
// shown as a share (Domestic).
var (
	AssetCertified = rule("S24.1.certified", "第二十四条", "使用的关键设备和安全专用产品要通过安全认证和安全检测")
	ServerAtHome   = rule("S24.2.server", "第二十四条", "所用服务器不得部署在境外")
	ProviderAtHome = rule("S24.2.provider", "第二十四条", "禁止使用境外机构提供的物理服务器和虚拟主机")
)

// Asset is one key device or security product.
type Asset struct {
	Certificate string // number of 安全认证 or 安全检测
	Expires     calendar.Date
	Domestic    bool
	Pieces      int
}

// CheckAsset says what a device or product lacks on the day.
func CheckAsset(a Asset, on calendar.Date) []rules.Breach {
	switch {
	case blank(a.Certificate):
		return []rules.Breach{AssetCertified.Breach("没有登记安全认证或安全检测证书，请补充证书编号和有效期。")}
	case !a.Expires.IsZero() && on.After(a.Expires):
		return []rules.Breach{AssetCertified.Breachf("证书已于%s到期，请更换证书或设备。", a.Expires.Chinese())}
	}
	return nil
}

// Domestic counts the domestic pieces among all: the figure behind 「优先采购国
// 产」.
func Domestic(list []Asset) (domestic, all int) {
	for _, a := range list {
		n := max(a.Pieces, 1)
		all += n
		if a.Domestic {
			domestic += n
		}
	}
	return domestic, all
}

// Hosting is where an object runs and who provides it. Nations are two-letter
// codes; CN is the mainland: 境外 includes 港澳台 for this purpose (readings 11).
type Hosting struct {
	Provider       string
	ProviderNation string
	ServerNation   string
}

// Mainland is the one nation code that is not 境外.
const Mainland = "CN"

// CheckHosting applies the last sentence of Article 24.
func CheckHosting(h Hosting) []rules.Breach {
	var out []rules.Breach
	if h.ServerNation != Mainland {
		out = append(out, ServerAtHome.Breach("服务器部署地在境外（含港澳台），请迁回境内。"))
	}
	if h.ProviderNation != Mainland {
		out = append(out, ProviderAtHome.Breach("服务商是境外机构（含港澳台），请更换为境内机构。"))
	}
	return out
}
