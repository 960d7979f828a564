// Bundle turns assets/src/*.ts and what they import from node_modules into
// assets/built/*.js. Run it from the repository's root after
// `npm ci --ignore-scripts` in assets/. It fails when a script grows beyond
// its budget.
package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

// budgets are the largest gzipped sizes, in bytes, of the scripts by name.
var budgets = map[string]int{
	"console.js": 60 << 10,
	"editor.js":  180 << 10,
	"portal.js":  6 << 10,
	"charts.js":  200 << 10,
}

func main() {
	if err := run("assets"); err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

func run(root string) error {
	if _, err := os.Stat(filepath.Join(root, "node_modules")); err != nil {
		return errors.New("assets/node_modules is missing: run `npm ci --ignore-scripts` in assets/ first")
	}
	entries, err := filepath.Glob(filepath.Join(root, "src", "*.ts"))
	if err != nil {
		return err
	}
	result := api.Build(api.BuildOptions{
		EntryPoints:       entries,
		Outdir:            filepath.Join(root, "built"),
		Bundle:            true,
		Write:             true,
		Format:            api.FormatIIFE,
		Platform:          api.PlatformBrowser,
		Engines:           []api.Engine{{Name: api.EngineChrome, Version: "78"}},
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		Charset:           api.CharsetUTF8,
		LegalComments:     api.LegalCommentsInline,
		LogLevel:          api.LogLevelWarning,
	})
	if len(result.Errors) > 0 {
		return fmt.Errorf("%d errors", len(result.Errors))
	}
	for _, f := range result.OutputFiles {
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		if _, err := w.Write(f.Contents); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		name := filepath.Base(f.Path)
		fmt.Printf("%s %d bytes, %d gzipped\n", name, len(f.Contents), z.Len())
		if limit, ok := budgets[name]; ok && z.Len() > limit {
			return fmt.Errorf("%s is %d bytes gzipped, its budget is %d", name, z.Len(), limit)
		}
	}
	return auditor(root)
}

// auditor puts axe-core and its Chinese texts into one file that is not served.
func auditor(root string) error {
	from := filepath.Join(root, "node_modules", "axe-core")
	axe, err := os.ReadFile(filepath.Join(from, "axe.min.js"))
	if err != nil {
		return err
	}
	texts, err := os.ReadFile(filepath.Join(from, "locales", "zh_CN.json"))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.Write(axe)
	fmt.Fprintf(&b, "\n;axe.configure({locale: %s});\n", bytes.TrimSpace(texts))
	return os.WriteFile(filepath.Join(root, "built", "axe.audit"), b.Bytes(), 0o644)
}
