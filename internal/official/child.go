package official

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// oldFormats are what LibreOffice turns into a format that is read here.
var oldFormats = map[string]string{".doc": "docx", ".wps": "docx", ".rtf": "docx", ".odt": "docx", ".dot": "docx", ".xls": "xlsx", ".et": "xlsx", ".ods": "xlsx", ".ppt": "pdf", ".pptx": "pdf", ".dps": "pdf"}

// Bounds of the child.
const (
	childTime    = 90 * time.Second
	childCPU     = 60        // seconds
	childMemory  = 4_000_000 // kilobytes of addresses; the program maps much more than it uses
	childWrites  = 200_000   // blocks of 512 bytes in one file
	childTemp    = "zhengshu-convert-*"
	childProgram = "soffice"
)

// oneChild keeps conversions from filling the machine: one at a time.
var oneChild sync.Mutex

// child converts an old format in a child that has its own profile and
// folder, no network, and bounds on time, memory and disk, and reads what comes
// out. A program of a million lines reads bytes of strangers here; it gets
// nothing to do harm with.
func (w *wordReader) child(r io.ReaderAt, size int64, s source) error {
	name := s.name
	kind := strings.ToUpper(strings.TrimPrefix(path.Ext(name), "."))
	program, err := exec.LookPath(childProgram)
	if err != nil {
		return refuse(err, "附件“%s”是%s格式，本机没有安装 LibreOffice，没有检查其中的文字；请另存为 DOCX、XLSX 或 PDF，或人工核对。", name, kind)
	}
	oneChild.Lock()
	defer oneChild.Unlock()
	dir, err := os.MkdirTemp("", childTemp)
	if err != nil {
		return refuse(err, "附件“%s”没有检查其中的文字：临时目录不能写入；请管理员检查磁盘。", name)
	}
	defer os.RemoveAll(dir)
	ext := strings.ToLower(path.Ext(name))
	to := oldFormats[ext]
	from := filepath.Join(dir, "in"+ext)
	if err := copyOut(from, io.NewSectionReader(r, 0, size)); err != nil {
		return refuse(err, "附件“%s”没有检查其中的文字：临时目录不能写入；请管理员检查磁盘。", name)
	}
	ctx, cancel := context.WithTimeout(w.ctx, childTime)
	defer cancel()
	limits := fmt.Sprintf("ulimit -c 0; ulimit -t %d; ulimit -v %d; ulimit -f %d; exec \"$@\"", childCPU, childMemory, childWrites)
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", limits, "sh", program, "--headless", "--norestore", "--nolockcheck", "--nodefault", "-env:UserInstallation=file://"+filepath.Join(dir, "profile"),
		"--convert-to", to, "--outdir", dir, from)
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + dir, "TMPDIR=" + dir, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "SAL_DISABLE_OPENCL=1"}
	cmd.WaitDelay = 2 * time.Second
	if err := confine(cmd); err != nil {
		return refuse(err, "附件“%s”是%s格式，本机不能在断网的环境中打开它，没有检查其中的文字；请另存为 DOCX、XLSX 或 PDF，或人工核对。", name, kind)
	}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &capped{to: &said, left: 4 << 10}, &capped{to: &said, left: 4 << 10}
	err = cmd.Run()
	out, openErr := os.Open(filepath.Join(dir, "in."+to))
	if openErr != nil {
		cause := errors.Join(err, openErr, errors.New(strings.TrimSpace(said.String())))
		if ctx.Err() != nil {
			return refuse(cause, "附件“%s”在 %d 秒内没有打开，没有检查其中的文字；请另存为 DOCX、XLSX 或 PDF，或人工核对。", name, int(childTime.Seconds()))
		}
		return refuse(cause, "附件“%s”已损坏、加了密码或格式不符，没有检查其中的文字；请另存为 DOCX、XLSX 或 PDF 后重新上传。", name)
	}
	defer out.Close()
	info, err := out.Stat()
	if err != nil {
		return refuse(err, "附件“%s”没有检查其中的文字；请稍后重试。", name)
	}
	switch to {
	case "docx":
		return w.docx(out, info.Size(), s)
	case "xlsx":
		return w.xlsx(out, info.Size(), s)
	}
	return w.pdf(out, info.Size(), s)
}

func copyOut(name string, r io.Reader) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}

// capped keeps the beginning of what a child says.
type capped struct {
	to   *bytes.Buffer
	left int
}

func (c *capped) Write(p []byte) (int, error) {
	n := min(len(p), c.left)
	c.left -= n
	c.to.Write(p[:n])
	return len(p), nil
}
