package main

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"runtime/debug"
	"strings"

	"zhengshu/internal/app"
)

// storeFlags are the flags of every command that opens the store.
type storeFlags struct {
	data, dsn, blobs, copies *string
	own                      *addresses
}

// addresses is a flag of addresses parted by commas.
type addresses []netip.Addr

// Set reads the flag.
func (a *addresses) Set(s string) error {
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		at, err := netip.ParseAddr(part)
		if err != nil {
			return err
		}
		*a = append(*a, at)
	}
	return nil
}

// String is the flag as it is written.
func (a *addresses) String() string {
	if a == nil {
		return ""
	}
	var parts []string
	for _, at := range *a {
		parts = append(parts, at.String())
	}
	return strings.Join(parts, ",")
}

func (c *call) store() storeFlags {
	own := new(addresses)
	c.flags.Var(own, "own-addresses", "本平台的公网地址（本机网卡上的不必写），多个用逗号分开：指向这里而不是本平台承载的域名，巡检不访问")
	return storeFlags{
		own:    own,
		data:   c.flags.String("data", "data", "数据目录"),
		dsn:    c.flags.String("db", os.Getenv("ZHENGSHU_DB"), "PostgreSQL 地址，空为内嵌数据库（也可用环境变量 ZHENGSHU_DB）"),
		copies: c.flags.String("copies", os.Getenv("ZHENGSHU_COPIES"), "发布版本的副本：目录或 s3://主机:端口/桶名/前缀，供别处的门户使用和恢复被改动的文件（也可用环境变量 ZHENGSHU_COPIES；密钥同 --blobs）"),
		blobs:  c.flags.String("blobs", os.Getenv("ZHENGSHU_BLOBS"), "附件和图片存放的 S3 兼容对象存储 https://主机:端口/桶名/前缀，空为数据目录（也可用环境变量 ZHENGSHU_BLOBS；密钥只从环境变量 ZHENGSHU_BLOBS_KEY、ZHENGSHU_BLOBS_SECRET 读取）"),
	}
}

func (f storeFlags) config() app.Config {
	return app.Config{OwnAddresses: *f.own, Dir: *f.data, DSN: *f.dsn, Version: version(), Copies: *f.copies, Blobs: *f.blobs, BlobsKey: os.Getenv("ZHENGSHU_BLOBS_KEY"), BlobsSecret: os.Getenv("ZHENGSHU_BLOBS_SECRET")}
}

// with opens the house, runs fn and finishes its effects.
func (f storeFlags) with(ctx context.Context, fn func(h *app.House) error) error {
	return with(ctx, f.config(), fn)
}

func with(ctx context.Context, c app.Config, fn func(h *app.House) error) error {
	h, err := app.Open(ctx, c)
	if err != nil {
		return err
	}
	err = fn(h)
	if closing := h.Close(context.WithoutCancel(ctx)); closing != nil {
		return errors.Join(err, closing)
	}
	return err
}

// version is the module version or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "dev"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}
