package main

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"zhengshu/internal/appearance"
	"zhengshu/internal/fault"
	"zhengshu/internal/publishing/theme"
)

// aboutFile is what a designer writes of a theme; sign turns it into the
// bundle's manifest.
const aboutFile = "about.json"

type about struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version string `json:"version"`
	Author  string `json:"author"`
	Licence string `json:"licence"`
}

var themeCommands = []command{
	{name: "theme new", args: "目录", says: "新建一个网站主题，附全部样例模板",
		help: `目录里会有 about.json（名称、版本、作者、许可）、theme.css、elder.css 和 views 下全部可以替换的模板。
不改的模板请删掉，主题会用系统自带的；模板只能用系统的数据和函数，不能有脚本和外部地址。`,
		run: newTheme},
	{name: "theme key", args: "私钥文件", says: "显示签名公钥；文件不存在时生成一把私钥",
		help: "私钥请妥善保管，不要放进主题目录。公钥报省政府办公厅登记后，才能安装这把私钥签名的主题。",
		run:  themeKey},
	{name: "theme sign", args: "目录 私钥文件 主题包.zip", says: "检查、打包并签名一个网站主题",
		help: "检查与安装时相同：签名之外的每一条都过了才打包。",
		run:  signTheme},
	{name: "theme check", args: "主题包.zip", says: "检查一个主题包，逐条说明在哪个文件第几行、怎样改",
		help: "标准输出是 JSON：标识、版本、公钥、是否通过、问题。退出码 3 表示有问题。",
		run:  checkTheme},
}

func newTheme(_ context.Context, c *call) error {
	if err := c.parse(1, 1); err != nil {
		return err
	}
	dir := c.args[0]
	if list, err := os.ReadDir(dir); err == nil && len(list) > 0 {
		return fault.Newf(fault.Conflict, "目录 %s 不是空的，请换一个。", dir)
	}
	words, err := json.MarshalIndent(about{ID: "my-theme", Name: "我的主题", Version: "1.0", Author: "作者单位", Licence: "政务内部使用"}, "", "  ")
	if err != nil {
		return err
	}
	files := map[string]string{aboutFile: string(words) + "\n",
		"theme.css": "/* 接在系统的样式后面。颜色用变量：--brand --brand-700 --brand-900 --brand-100 --brand-50 --link --mark；\n   图片放 img，写成 url(img/文件名)。 */\n",
		"elder.css": "/* 接在长辈版的样式后面。 */\n"}
	for _, name := range theme.Views() {
		text, _ := theme.Source(name) // the name is one of the list
		files["views/"+name] = text
	}
	for name, text := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(c.stderr, "已写好 %d 个文件。改 about.json，删掉不改的模板，再用 zhengshu theme sign 打包。\n", len(files))
	return nil
}

// themeSeed reads the private key of a file, making one where there is none.
func themeSeed(file string, create bool) (ed25519.PrivateKey, error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && create {
		_, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			return nil, err
		}
		f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return nil, err
		}
		_, err = fmt.Fprintln(f, hex.EncodeToString(key.Seed()))
		return key, errors.Join(err, f.Sync(), f.Close())
	}
	if err != nil {
		return nil, fault.Newf(fault.NotFound, "私钥文件 %s 打不开，请先用 zhengshu theme key 生成。", file).From(err)
	}
	seed, err := hex.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fault.Newf(fault.Invalid, "%s 不是主题签名的私钥文件。", file)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

func themeKey(_ context.Context, c *call) error {
	if err := c.parse(1, 1); err != nil {
		return err
	}
	key, err := themeSeed(c.args[0], true)
	if err != nil {
		return err
	}
	pub, _ := key.Public().(ed25519.PublicKey) // of an ed25519 key it always is
	_, err = fmt.Fprintln(c.stdout, base64.StdEncoding.EncodeToString(pub))
	return err
}

func signTheme(_ context.Context, c *call) error {
	if err := c.parse(3, 3); err != nil {
		return err
	}
	dir, out := c.args[0], c.args[2]
	key, err := themeSeed(c.args[1], false)
	if err != nil {
		return err
	}
	var a about
	files := map[string][]byte{}
	err = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		if name == aboutFile {
			if err := json.Unmarshal(b, &a); err != nil {
				return fault.Newf(fault.Invalid, "%s 不是 JSON，请对照 zhengshu theme new 生成的样例。", aboutFile).From(err)
			}
			return nil
		}
		files[name] = b
		return nil
	})
	if err != nil {
		return err
	}
	zip, err := theme.PackBundle(theme.BundleManifest{ID: a.ID, Name: a.Name, Version: a.Version, Author: a.Author, Licence: a.Licence}, files, key)
	if err == nil {
		var b *theme.Bundle
		if b, err = theme.ReadBundle(zip); err == nil {
			err = appearance.Examine(b)
		}
	}
	if refusal := new(theme.Refusal); errors.As(err, &refusal) {
		for _, w := range refusal.Wrongs {
			fmt.Fprintln(c.stderr, w)
		}
		return fault.Newf(fault.Refused, "有 %d 处不合格，没有打包。", len(refusal.Wrongs))
	}
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, zip, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(c.stderr, "已打包并签名：%s（%d 字节）。\n", out, len(zip))
	return nil
}

func checkTheme(_ context.Context, c *call) error {
	if err := c.parse(1, 1); err != nil {
		return err
	}
	st, err := os.Stat(c.args[0])
	if err != nil {
		return fault.Newf(fault.NotFound, "文件 %s 打不开。", c.args[0]).From(err)
	}
	if st.Size() > theme.MaxBundle {
		return fault.Newf(fault.TooLarge, "主题包不能超过 %d MB。", theme.MaxBundle>>20)
	}
	file, err := os.ReadFile(c.args[0])
	if err != nil {
		return err
	}
	type wrong struct {
		File  string `json:"file"`
		Line  int    `json:"line,omitempty"`
		Cause string `json:"cause"`
		Cure  string `json:"cure"`
	}
	report := struct {
		ID      string  `json:"id,omitempty"`
		Version string  `json:"version,omitempty"`
		Key     string  `json:"key,omitempty"`
		OK      bool    `json:"ok"`
		Wrongs  []wrong `json:"wrongs"`
	}{Wrongs: []wrong{}}
	b, err := theme.ReadBundle(file)
	if err == nil {
		report.ID, report.Version = b.ID, b.Version
		if b.Signed() {
			report.Key = b.KeyText()
		}
		err = appearance.Examine(b)
	}
	refusal := new(theme.Refusal)
	switch {
	case err == nil:
		report.OK = true
	case errors.As(err, &refusal):
		for _, w := range refusal.Wrongs {
			report.Wrongs = append(report.Wrongs, wrong{w.File, w.Line, w.Cause, w.Cure})
		}
	default:
		return err
	}
	e := json.NewEncoder(c.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(report); err != nil {
		return err
	}
	if !report.OK {
		return errPartial
	}
	return nil
}
