package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"zhengshu/internal/app"
)

// several is a flag that may be given more than once, or with commas.
type several []string

func (s *several) String() string { return strings.Join(*s, ",") }

func (s *several) Set(v string) error {
	for one := range strings.SplitSeq(v, ",") {
		if one = strings.TrimSpace(one); one != "" {
			*s = append(*s, one)
		}
	}
	return nil
}

// reach are the flags that say how readers come to the portals.
type reachFlags struct {
	secured, trust, known         several
	certs, uploads                *string
	redirect, canonical, noLimits *bool
	logDays                       *int
}

func (c *call) reach() *reachFlags {
	f := &reachFlags{}
	c.flags.Var(&f.secured, "tls-addr", "HTTPS 的监听地址，可多次；要同时给 --certs")
	f.certs = c.flags.String("certs", "", "证书目录：成对的 名称.crt（或 .pem）和 名称.key，按域名选用，换了不用重启")
	f.redirect = c.flags.Bool("https-redirect", false, "普通地址上的访问转到 HTTPS")
	c.flags.Var(&f.trust, "trust-proxy", "前置代理的地址或网段，只信它们转告的读者地址，可多次")
	c.flags.Var(&f.known, "known", "监测巡检方的地址或网段，读取限额放宽，可多次")
	f.noLimits = c.flags.Bool("no-limits", false, "不限制单个读者的访问频率")
	f.canonical = c.flags.Bool("canonical", false, "用其他域名访问的转到网站的主域名")
	f.uploads = c.flags.String("uploads-host", "", "上传的附件另用的域名")
	f.logDays = c.flags.Int("access-log", 0, "保留访问日志的天数（网络安全法要求不少于六个月，由前置设备留存的可不开），0 为不记")
	return f
}

func (f *reachFlags) config() app.Reach {
	return app.Reach{Secured: f.secured, Certs: *f.certs, Redirect: *f.redirect, Trust: f.trust, Known: f.known, NoLimits: *f.noLimits, Canonical: *f.canonical, Uploads: *f.uploads, LogDays: *f.logDays}
}

var portalCommand = command{
	name: "portal", says: "只提供门户：按发布版本显示各网站，不连数据库，可以启动多个",
	help: `--releases 是平台数据目录下的 releases，或副本所在的 s3://主机:端口/桶名/前缀、file:///共享目录（密钥从环境变量 ZHENGSHU_BLOBS_KEY、ZHENGSHU_BLOBS_SECRET 读取；不加密的写 s3+http://）。
用副本时，--data 下缓存读过的页面；第一次连上时记住平台的公钥，以后换了公钥的一律拒绝。
/livez 说明进程在，/readyz 说明发布版本能否更新（存储连不上时是 degraded，照常显示最后的版本），/metrics 在 --ops 地址上。
写信、查询等要平台处理的功能在这里显示“暂时不能使用”。--batches 是访问统计和防篡改告警的签名文件的去处，由平台取走（平台一侧：数据目录下 exchange/visits；本机公钥 visits/portal.pub 要先放进平台的 keys/portals）。`,
	run: func(ctx context.Context, c *call) error {
		var listen several
		releases := c.flags.String("releases", "", "发布版本所在的目录或 s3:// 地址")
		data := c.flags.String("data", "portal", "本进程的目录：缓存、日志、当日统计的密钥")
		c.flags.Var(&listen, "addr", "监听地址，可多次；不写主机时 IPv4 和 IPv6 都听（默认 :8080）")
		ops := c.flags.String("ops", "", "运行指标的监听地址，空为不开")
		cache := c.flags.Int("cache-mb", 64, "内存里缓存页面的上限，MB")
		disk := c.flags.Int("disk-mb", 8192, "用对象存储时本机缓存的上限，MB")
		batches := c.flags.String("batches", "", "访问统计和告警的签名文件放到哪里，空为不统计")
		reach := c.reach()
		if err := c.parse(0, 0); err != nil {
			return err
		}
		if *releases == "" {
			return usage{"需要 --releases"}
		}
		if len(listen) == 0 && len(reach.secured) == 0 {
			listen = several{":8080"}
		}
		p, err := app.OpenPortals(ctx, app.PortalConfig{Releases: *releases, ReleaseKey: os.Getenv("ZHENGSHU_BLOBS_KEY"), Secret: os.Getenv("ZHENGSHU_BLOBS_SECRET"), Dir: *data, Addrs: listen, Reach: reach.config(), Ops: *ops,
			CacheBytes: int64(*cache) << 20, DiskBytes: int64(*disk) << 20, Batches: *batches, Version: version()})
		if err != nil {
			return err
		}
		return p.Serve(ctx, func(plain, secured []net.Addr) {
			for _, a := range plain {
				fmt.Fprintf(c.stderr, "门户正在监听 http://%s\n", a)
			}
			for _, a := range secured {
				fmt.Fprintf(c.stderr, "门户正在监听 https://%s\n", a)
			}
		})
	},
}

var verifySiteCommand = command{
	name: "verify site", args: "HOST", says: "从外面核对网站：显示的每个字节都是发布过的",
	help: `HOST 是 www.example.gov.cn，或 http://a.localhost:8080。取网站出示的发布清单（/.well-known/zhengshu/manifest），用平台公钥验签，再逐个地址取回比对 SHA-256。
--key 是公钥（平台 releases/release.pub 的内容或文件名）；不给时用网站自己出示的，只能证明前后一致。--least 是应有的最小版本号，用来发现被换回旧版本。
标准输出是 JSON：每处不一致的地址、类别（changed 内容不一致，missing 缺失，replayed 旧版本或别站版本）。
退出码：0 全部一致；3 有不一致；1 没有比对成功（打不开、没有清单）；64 用法不对。`,
	run: func(ctx context.Context, c *call) error {
		key := c.flags.String("key", "", "平台公钥，或存有公钥的文件")
		at := c.flags.String("at", "", "不按域名解析，改连这个 地址:端口")
		most := c.flags.Int("most", 0, "只抽查这么多个地址（首页必查），0 为全部")
		least := c.flags.Int("least", 0, "应有的最小版本号")
		if err := c.parse(1, 1); err != nil {
			return err
		}
		if b, err := os.ReadFile(*key); err == nil && *key != "" {
			*key = strings.TrimSpace(string(b))
		}
		l, err := app.VerifySite(ctx, c.args[0], *key, *at, *most, *least)
		if err != nil {
			return err
		}
		e := json.NewEncoder(c.stdout)
		e.SetIndent("", "  ")
		if err := e.Encode(l); err != nil {
			return err
		}
		fmt.Fprintf(c.stderr, "第 %d 版，%d 个地址，核对 %d 个，略过 %d 个，不一致 %d 处。%s\n", l.No, l.Pages, l.Checked, l.Skipped, len(l.Damage), l.Says)
		if len(l.Damage) > 0 {
			return errPartial
		}
		return nil
	},
}

var exportSiteCommand = command{
	name: "export site", args: "HOST 目录|文件.zip", says: "把网站导出为静态目录，任何网页服务器都能提供",
	help: `HOST 是网站域名（或短名）。目录应为空；含压缩好的页面、跳转（nginx、Apache、Caddy、_redirects）、撤下地址的清单和说明。不连数据库。`,
	run: func(ctx context.Context, c *call) error {
		data := c.flags.String("data", "data", "平台的数据目录")
		releases := c.flags.String("releases", "", "发布版本所在的目录，空为数据目录下的 releases")
		if err := c.parse(2, 2); err != nil {
			return err
		}
		if *releases == "" {
			*releases = filepath.Join(*data, "releases")
		}
		x, err := app.ExportSite(ctx, *releases, c.args[0], c.args[1])
		if err != nil {
			return err
		}
		e := json.NewEncoder(c.stdout)
		e.SetIndent("", "  ")
		return e.Encode(x)
	},
}
