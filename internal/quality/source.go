package quality

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"zhengshu/internal/fault"
)

// Bounds of what is read of a data set, in bytes.
const (
	maxFile = 64 << 20
	maxLine = 4 << 20
)

// measuring is one run.
type measuring struct {
	ctx    context.Context
	dir    string
	root   *os.Root
	named  int
	feeds  func([]byte) ([]Post, error)
	listed map[string]string // path → SHA-256, from the manifest
	seen   map[string]bool
	report Report
}

func (m *measuring) open(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fault.Newf(fault.Invalid, "数据目录 %s 打不开，请核对路径，它应当是含有 03_html_pages 等子目录的目录。", dir).From(err)
	}
	m.dir, m.root, m.seen = dir, root, map[string]bool{}
	b, err := m.bytes("MANIFEST.tsv")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	sum := sha256.Sum256(b)
	m.report.Manifest = hex.EncodeToString(sum[:])
	m.listed = map[string]string{}
	for line := range strings.Lines(string(b)) {
		if f := strings.Split(strings.TrimRight(line, "\r\n"), "\t"); len(f) == 4 {
			m.listed[f[0]] = f[3]
		}
	}
	m.report.Read = 0 // the manifest itself is no data
	return nil
}

// bytes reads one file within the data folder; the root keeps paths named in
// the data from leading outside it.
func (m *measuring) bytes(name string) ([]byte, error) {
	if err := m.ctx.Err(); err != nil {
		return nil, err
	}
	f, err := m.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil {
		return nil, fault.Newf(fault.Invalid, "数据文件 %s 打不开，请核对它是否在数据目录之内、是否可读。", name).From(err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fault.Newf(fault.Invalid, "数据文件 %s 读取中断，请核对后重试。", name).From(err)
	}
	if len(b) > maxFile {
		return nil, fault.Newf(fault.TooLarge, "数据文件 %s 超过 %d MB，请拆分后再测。", name, maxFile>>20)
	}
	if !m.seen[name] {
		m.seen[name] = true
		m.report.Read++
		if sum := sha256.Sum256(b); m.listed != nil && name != "MANIFEST.tsv" && m.listed[name] != hex.EncodeToString(sum[:]) {
			m.report.Differing = append(m.report.Differing, name)
		}
	}
	return b, nil
}

// page is a file that a row names. Its absence is damage and not a set left
// out, so the cause is not kept: it would read as fs.ErrNotExist.
func (m *measuring) page(name string) ([]byte, error) {
	b, err := m.bytes(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Newf(fault.Invalid, "数据集提到的文件 %s 不存在，请补齐后再测。", name)
	}
	return b, err
}

// leave books a set that is not there.
func (m *measuring) leave(name, what string) {
	m.report.LeftOut = append(m.report.LeftOut, name+" ("+what+")")
}

// name keeps an id as an example, up to the bound.
func (m *measuring) name(list *[]string, id string) {
	if len(*list) < m.named {
		*list = append(*list, id)
	}
}

// rowsOf calls each with every row of a JSON-lines file. A missing file gives
// fs.ErrNotExist.
func rowsOf[T any](m *measuring, name string, each func(T) error) error {
	b, err := m.bytes(name)
	if err != nil {
		return err
	}
	return rows(name, b, func(v T) error {
		if err := m.ctx.Err(); err != nil {
			return err
		}
		return each(v)
	})
}

func rows[T any](name string, b []byte, each func(T) error) error {
	sc := bufio.NewScanner(bytes.NewReader(b))
	sc.Buffer(nil, maxLine)
	n := 0
	for sc.Scan() {
		n++
		line := bytes.TrimSpace(bytes.TrimPrefix(sc.Bytes(), []byte("\ufeff")))
		if len(line) == 0 {
			continue
		}
		var v T
		if err := json.Unmarshal(line, &v); err != nil {
			return fault.Newf(fault.Invalid, "数据文件 %s 第 %d 行不是可以读懂的 JSON，请改正这一行。", name, n).From(err)
		}
		if err := each(v); err != nil {
			return err
		}
	}
	if err := sc.Err(); err != nil {
		return fault.Newf(fault.Invalid, "数据文件 %s 第 %d 行超过 %d MB，请改正这一行。", name, n+1, maxLine>>20).From(err)
	}
	return nil
}

// column is one column of a CSV file, without its blanks.
func column(name string, b []byte, head string) (out []string, err error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	at := -1
	for n := 1; ; n++ {
		row, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fault.Newf(fault.Invalid, "数据文件 %s 第 %d 行不是可以读懂的 CSV，请改正这一行。", name, n).From(err)
		}
		if n == 1 {
			for i, h := range row {
				if h == head {
					at = i
				}
			}
			if at < 0 {
				return nil, fault.Newf(fault.Invalid, "数据文件 %s 没有 %s 列，请核对表头。", name, head)
			}
			continue
		}
		if at < len(row) && row[at] != "" {
			out = append(out, row[at])
		}
	}
	return out, nil
}
