package web

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"

	"zhengshu/internal/fault"
)

// Upload is one file of a posted form.
type Upload struct {
	Name    string
	Content io.Reader
}

// Uploads are the files of a field, at most most; the caller calls done.
func Uploads(r *http.Request, field string, most int) (list []Upload, done func(), err error) {
	var open []io.Closer
	done = func() {
		for _, f := range open {
			_ = f.Close() // read only: nothing is lost
		}
	}
	if r.MultipartForm == nil {
		return nil, done, nil
	}
	for _, head := range r.MultipartForm.File[field] {
		if head.Size == 0 && head.Filename == "" {
			continue
		}
		if len(list) == most {
			done()
			return nil, func() {}, fault.Newf(fault.Invalid, "文件超过 %d 个，请合并后再上传。", most).On(field, "文件过多")
		}
		f, err := head.Open()
		if err != nil {
			done()
			return nil, func() {}, fault.New(fault.Invalid, "附件没有传完，可能是网络中断，请重新选择文件。").On(field, "请重新选择文件").From(err)
		}
		open, list = append(open, f), append(list, Upload{head.Filename, f})
	}
	return list, done, nil
}

// SendFile answers with a kept file, as a download that runs nothing.
func SendFile(w http.ResponseWriter, name, mediaType string, size int64, content io.Reader) error {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	if _, err := io.Copy(w, content); err != nil {
		return fmt.Errorf("send file: %w", err)
	}
	return nil
}
