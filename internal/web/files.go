package web

import (
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"

	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
)

// Sent is a file that came with a form.
type Sent struct {
	Field, Name string
	Size        int64
	Content     multipart.File
}

// FilesOf are the files of the named fields; close them when done. The body was
// bounded by the route.
func FilesOf(r *http.Request, fields ...string) (list []Sent, closeAll func(), err error) {
	closeAll = func() {
		for _, f := range list {
			_ = f.Content.Close() // read-only
		}
	}
	if r.MultipartForm == nil {
		return nil, closeAll, nil
	}
	for _, name := range fields {
		for _, head := range r.MultipartForm.File[name] {
			if head.Size == 0 && head.Filename == "" {
				continue
			}
			f, err := head.Open()
			if err != nil {
				closeAll()
				return nil, func() {}, fault.New(fault.Invalid, "附件没有传完，可能是网络中断，请重新选择文件。").On(name, "请重新选择文件").From(err)
			}
			list = append(list, Sent{name, head.Filename, head.Size, f})
		}
	}
	return list, closeAll, nil
}

// DateIn reads a date field; what is written but is no date is said on the field.
func DateIn(r *http.Request, name, what string) (calendar.Date, error) {
	s := r.FormValue(name)
	if s == "" {
		return calendar.Date{}, nil
	}
	d, err := calendar.ParseLoose(s)
	if err != nil {
		return d, fault.New(fault.Invalid, what+"“"+s+"”不是日期，应像 2026-03-01。").On(name, "请填写日期，如 2026-03-01")
	}
	return d, nil
}

// Send hands out a file, never shown inside the console.
func Send(w http.ResponseWriter, name, media string, size int64, content io.Reader) error {
	if media == "" {
		media = "application/octet-stream"
	}
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	if size > 0 {
		w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	w.Header().Set("Cache-Control", "no-store")
	if _, err := io.Copy(w, content); err != nil {
		return fmt.Errorf("web: send %s: %w", name, err)
	}
	return nil
}
