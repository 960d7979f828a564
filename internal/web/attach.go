package web

import (
	"io"
	"net/http"

	"zhengshu/internal/approval"
)

// UploadBody bounds the body of a form with one attachment.
const UploadBody = approval.MaxUpload + 1<<20

// Attachments are the files of a field as approval takes them, all of one kind;
// close them when done.
func Attachments(r *http.Request, kind, field string) (list []approval.Upload, closeAll func(), err error) {
	files, closeAll, err := Uploads(r, field)
	for _, f := range files {
		list = append(list, approval.Upload{Kind: kind, Field: f.Field, Name: f.Name, Content: f.Content})
	}
	return list, closeAll, err
}

// Attachment is the one file of a field, nil when none was chosen.
func Attachment(r *http.Request, field string) (*approval.Upload, func(), error) {
	list, done, err := Attachments(r, "", field)
	if err != nil || len(list) == 0 {
		return nil, done, err
	}
	return &list[0], done, nil
}

// SendAttachment answers with an attachment as the service of its owner opened
// it, or with why it did not.
func SendAttachment(w http.ResponseWriter, a approval.Attachment, content io.ReadCloser, err error) error {
	if err != nil {
		return err
	}
	defer content.Close()
	return SendFile(w, a.Name, a.MediaType, a.Size, content)
}

// Answer ends an act of a page that bears forms: with a receipt on the page
// behind to, or with the page read anew and the form as it was typed, where the
// person can mend what is wrong. form finds it on the page; where the page no
// longer has it, the fault stands by itself.
func (p *Page[T]) Answer(w http.ResponseWriter, r *http.Request, wrong error, to, said string, view func(*http.Request) (T, error), form func(*T) *Form) error {
	if wrong == nil {
		return Done(w, r, to, said)
	}
	if !Mendable(wrong) {
		return wrong
	}
	v, err := view(r)
	if err != nil {
		return err
	}
	f := form(&v)
	if f == nil || len(f.Buttons) == 0 {
		return wrong
	}
	f.Fill(r.PostForm)
	f.Wrong(wrong)
	return p.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
}
