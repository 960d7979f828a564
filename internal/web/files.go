package web

import (
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"

	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
)

// maxUploads is how many files one form may bring.
const maxUploads = 12

// Upload is a file that came with a form.
type Upload struct {
	Field, Name string
	Size        int64 // bytes
	Content     multipart.File
}

// Uploads are the files of the named fields; close them when done. The body was
// bounded by the route.
func Uploads(r *http.Request, fields ...string) (list []Upload, closeAll func(), err error) {
	return UploadsUpTo(r, maxUploads, fields...)
}

// UploadsUpTo is Uploads for forms that bring another number of files.
func UploadsUpTo(r *http.Request, most int, fields ...string) (list []Upload, closeAll func(), err error) {
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
			if len(list) == most {
				closeAll()
				return nil, func() {}, fault.Newf(fault.Invalid, "文件超过 %d 个，请合并后再上传。", most).On(name, "文件过多")
			}
			f, err := head.Open()
			if err != nil {
				closeAll()
				return nil, func() {}, fault.New(fault.Invalid, "附件没有传完，可能是网络中断，请重新选择文件。").On(name, "请重新选择文件").From(err)
			}
			list = append(list, Upload{name, head.Filename, head.Size, f})
		}
	}
	return list, closeAll, nil
}

// Typed is a field without the blanks around it.
func Typed(r *http.Request, name string) string { return strings.TrimSpace(r.PostFormValue(name)) }

// DayOf reads a date field; nothing typed is the zero date, and what is
// written but is no date is said on the field.
func DayOf(r *http.Request, name, what string) (calendar.Date, error) {
	s := Typed(r, name)
	if s == "" {
		return calendar.Date{}, nil
	}
	d, err := calendar.ParseLoose(s)
	if err != nil {
		return d, fault.New(fault.Invalid, what+"不能识别："+err.Error()+"。").On(name, err.Error()).From(err)
	}
	return d, nil
}

// SendFile sends a kept file as a download that no browser runs. size is in
// bytes, 0 when it is not known; mediaType may be empty.
func SendFile(w http.ResponseWriter, name, mediaType string, size int64, content io.Reader) error {
	if mediaType == "" {
		mediaType = "application/octet-stream"
	}
	w.Header().Set("Content-Type", mediaType)
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
