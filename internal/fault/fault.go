// Package fault is the one error a person gets to see: what kind of wrong it
// is, a Chinese sentence that says what to do, the reasons in law, and the
// cause in English for the log.
//
// It decides nothing about pages or status codes beyond Kind.Status; the doors
// map a fault to a page or to application/problem+json in one place.
package fault

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"
)

// Kind groups faults by what the caller can do about them.
type Kind string

// The closed list of kinds.
const (
	Invalid     Kind = "invalid"     // the input is wrong: mend the named fields
	Refused     Kind = "refused"     // a rule forbids the act: see the reasons
	NotFound    Kind = "not_found"   // there is none, or it is out of scope
	Forbidden   Kind = "forbidden"   // the signed-in person lacks the permission
	SignIn      Kind = "sign_in"     // nobody is signed in
	Conflict    Kind = "conflict"    // somebody else changed it first
	TooLarge    Kind = "too_large"   // more bytes than the limit
	TooMany     Kind = "too_many"    // rate limit
	Unavailable Kind = "unavailable" // try again later
	Internal    Kind = "internal"    // ours to mend; the trace number helps
	Gone        Kind = "gone"        // it was there and was withdrawn
	Misdirected Kind = "misdirected" // this server does not serve that host
)

// Status is the HTTP status that states the kind.
func (k Kind) Status() int {
	switch k {
	case Invalid:
		return http.StatusUnprocessableEntity
	case Refused:
		return http.StatusConflict
	case NotFound:
		return http.StatusNotFound
	case Forbidden:
		return http.StatusForbidden
	case SignIn:
		return http.StatusUnauthorized
	case Conflict:
		return http.StatusConflict
	case TooLarge:
		return http.StatusRequestEntityTooLarge
	case TooMany:
		return http.StatusTooManyRequests
	case Unavailable:
		return http.StatusServiceUnavailable
	case Gone:
		return http.StatusGone
	case Misdirected:
		return http.StatusMisdirectedRequest
	}
	return http.StatusInternalServerError
}

// Reason is one clause or check that speaks against an act.
type Reason struct {
	ID       string `json:"id"`       // rule or check id: S8.1a.days
	Citation string `json:"citation"` // 陕政公开办〔2021〕18号 第八条（一）
	Says     string `json:"says"`     // the words a person reads
}

// Field is one wrong field of a form or row.
type Field struct {
	Name string `json:"name"` // form field name
	Says string `json:"says"` // field, cause and cure in one Chinese sentence
}

// Error is a fault. Says is public; Cause is for the log only.
type Error struct {
	Kind    Kind
	Says    string
	Fields  []Field
	Reasons []Reason
	Cause   error
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Kind))
	b.WriteString(": ")
	b.WriteString(e.Says)
	for _, f := range e.Fields {
		fmt.Fprintf(&b, " [%s: %s]", f.Name, f.Says)
	}
	for _, r := range e.Reasons {
		fmt.Fprintf(&b, " (%s: %s)", r.ID, r.Says)
	}
	if e.Cause != nil {
		b.WriteString(": ")
		b.WriteString(e.Cause.Error())
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Cause }

// New makes a fault of a kind with its public sentence.
func New(kind Kind, says string) *Error { return &Error{Kind: kind, Says: says} }

// Newf is New with a format; the arguments become public.
func Newf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Says: fmt.Sprintf(format, args...)}
}

// Because adds the reasons in law or check and returns e.
func (e *Error) Because(reasons ...Reason) *Error {
	e.Reasons = append(e.Reasons, reasons...)
	return e
}

// On adds one wrong field and returns e.
func (e *Error) On(name, says string) *Error {
	e.Fields = append(e.Fields, Field{Name: name, Says: says})
	return e
}

// From keeps the cause for the log and returns e.
func (e *Error) From(cause error) *Error {
	e.Cause = cause
	return e
}

// Alone is what the fault says where no form shows its wrong fields: a fault of
// Fields says what they say.
func (e *Error) Alone() string {
	if e.Says != seeFields {
		return e.Says
	}
	var says []string
	for _, f := range e.Fields {
		if f.Says != "" {
			says = append(says, strings.TrimRight(f.Says, "。"))
		}
	}
	if len(says) == 0 {
		return e.Says
	}
	return strings.Join(says, "；") + "。"
}

// Of returns the fault inside err. An error that is none becomes an Internal
// fault that hides its text from people.
func Of(err error) *Error {
	var f *Error
	if errors.As(err, &f) {
		return f
	}
	return &Error{Kind: Internal, Says: "系统出了问题，您填写的内容没有丢失；请稍后再试，仍不行请把页面下方的编号告诉管理员。", Cause: err}
}

// Is reports whether err is a fault of the kind.
func Is(err error, kind Kind) bool {
	var f *Error
	return errors.As(err, &f) && f.Kind == kind
}

// seeFields sends the reader to the fields.
const seeFields = "有内容需要改正，请按提示修改后再提交。"

// Fields collects wrong fields of one form; Err is nil when none was added.
type Fields struct{ list []Field }

// Add notes one wrong field.
func (f *Fields) Add(name, says string) { f.list = append(f.list, Field{Name: name, Says: says}) }

// Check notes the field unless ok.
func (f *Fields) Check(ok bool, name, says string) {
	if !ok {
		f.Add(name, says)
	}
}

// Text notes a text that must be there and is not, or that is longer than max
// characters; what names it in Chinese.
func (f *Fields) Text(name, what, value string, must bool, max int) {
	switch n := utf8.RuneCountInString(value); {
	case must && n == 0:
		f.Add(name, "请填写"+what)
	case n > max:
		f.Add(name, fmt.Sprintf("%s不超过 %d 字", what, max))
	}
}

// Reason notes a reason that is not there, or too short to be one; what names it
// in Chinese.
func (f *Fields) Reason(name, what, value string) {
	f.Text(name, what, value, true, 1000)
	if n := utf8.RuneCountInString(value); n > 0 && n < 4 {
		f.Add(name, what+"太短，请写明（4 至 1000 字）")
	}
}

// ReasonFor is Reason alone: the fault of a form that asks for nothing else.
func ReasonFor(name, what, value string) error {
	var f Fields
	f.Reason(name, what, value)
	return f.Err()
}

// Err is the Invalid fault that carries the fields, or nil.
func (f *Fields) Err() error {
	if len(f.list) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Says: seeFields, Fields: f.list}
}

// Missing is the fault for something absent or out of scope; what is a Chinese
// noun such as “站点”.
func Missing(what string) *Error {
	return New(NotFound, "没有找到这个"+what+"，它可能已被移走，或不在您的管辖范围内。")
}
