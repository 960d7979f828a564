package egress

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"
)

// Kind names what went wrong, as a word that is stored and counted.
type Kind string

// The kinds of failure. RefusedAddress, NoWay, BadScheme and Cancelled are our own doing and say nothing about the site.
const (
	RefusedAddress   Kind = "refused_address"    // address, name or port outside the policy
	NoWay            Kind = "no_way"             // this machine has no way to the Internet, see Policy.NoWay
	DNS              Kind = "dns"                // the name does not resolve
	TCP              Kind = "tcp"                // no connection, or it was reset
	TLS              Kind = "tls"                // handshake or certificate
	Timeout          Kind = "timeout"            // total, first byte, or slower than the minimum speed
	TooLarge         Kind = "too_large"          // body or header over its limit
	BadScheme        Kind = "bad_scheme"         // not an http(s) address, or not an address at all
	RedirectLoop     Kind = "redirect_loop"      // a redirect to a URL already visited
	TooManyRedirects Kind = "too_many_redirects" // more than Policy.MaxRedirects
	Bomb             Kind = "bomb"               // decompresses beyond Policy.MaxRatio
	BadResponse      Kind = "bad_response"       // not HTTP, cut short, bad chunks, unknown encoding
	Cancelled        Kind = "cancelled"          // the caller stopped
)

// Error is the only error type the methods of Client return.
type Error struct {
	Kind Kind
	Host string // as it would be dialled: ASCII, lower case
	Says string // one Chinese sentence for the reader of a finding: what, why, what to do
	Err  error  // cause, in English, for the log; may be nil
	// Cookies says that a redirect loop or chain set cookies on its way. We keep none; a browser might well get through.
	Cookies bool
	// Ours says that this machine lacks what it takes to tell.
	Ours bool
}

func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("egress: %s: %q", e.Kind, e.Host)
	}
	return fmt.Sprintf("egress: %s: %q: %v", e.Kind, e.Host, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Blames reports whether the failure is the site's own, as opposed to a refusal or an interruption on our side.
func (e *Error) Blames() bool {
	switch e.Kind {
	case RefusedAddress, NoWay, BadScheme, Cancelled, TooManyRedirects: // browsers follow more redirects than we do
		return false
	}
	return !e.Cookies && !e.Ours
}

// Causes put on a request's context, told apart from the caller's own cancellation.
var errSlow = errors.New("slower than the minimum speed")

// limitError is the total time that was given and used up.
type limitError time.Duration

func (l limitError) Error() string {
	return "total time limit of " + time.Duration(l).String() + " reached"
}

func wrong(k Kind, host string, err error, says string, args ...any) *Error {
	return &Error{Kind: k, Host: clip(host), Says: fmt.Sprintf(says, args...), Err: err}
}

// clip keeps a hostile name from filling a sentence.
func clip(host string) string {
	if len(host) > 253 {
		return strings.ToValidUTF8(host[:250], "") + "…"
	}
	return host
}

// NobodyListens reports that a connection was refused at the port by an answer: it
// was no silence, and no network on the way said that it leads nowhere.
func (e *Error) NobodyListens() bool {
	return e.Kind == TCP && errors.Is(e.Err, syscall.ECONNREFUSED)
}

// Silent reports that nothing came back in time: the other end may be dead, or what
// lies between. It was no answer, not even one that nobody listens.
func (e *Error) Silent() bool {
	var ne net.Error
	return e.Kind == Timeout || e.Kind == TCP && errors.As(e.Err, &ne) && ne.Timeout()
}

// Unrouted reports that this machine has no way to the address, as one without IPv6
// has none to an IPv6 address: that says nothing about the site.
func (e *Error) Unrouted() bool { return e.Kind == TCP && unrouted(e.Err) }

func unrouted(err error) bool {
	for _, no := range []syscall.Errno{syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.EADDRNOTAVAIL, syscall.EAFNOSUPPORT} {
		if errors.Is(err, no) {
			return true
		}
	}
	return false
}

// classify turns whatever net/http returned into an Error.
func (c *Client) classify(ctx context.Context, host string, err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	host = clip(host)
	var limit limitError
	switch cause := context.Cause(ctx); {
	case errors.As(cause, &limit):
		return wrong(Timeout, host, cause, "%s 未能在 %s内完整返回，请检查服务器负载和网络后再试。", host, seconds(time.Duration(limit)))
	case errors.Is(cause, errSlow):
		return wrong(Timeout, host, cause, "%s 传输过慢（低于每秒 %d 字节），已中止，请检查服务器和带宽。", host, c.p.MinSpeed)
	case errors.Is(cause, context.DeadlineExceeded):
		return wrong(Timeout, host, cause, "%s 在限定时间内未完整返回，请检查服务器负载和网络后再试。", host)
	case cause != nil:
		return wrong(Cancelled, host, cause, "对 %s 的访问已由平台中止，未得出结论，可稍后重试。", host)
	}
	var ne net.Error
	switch {
	case errors.As(err, &ne) && ne.Timeout():
		return wrong(Timeout, host, err, "%s 在 %s内没有开始返回内容，请检查服务器是否正常响应。", host, seconds(c.p.FirstByte))
	case strings.Contains(err.Error(), "response headers exceeded"):
		return wrong(TooLarge, host, err, "%s 返回的响应头超过 %d KB，已中止，请检查服务器配置。", host, c.p.MaxHeader>>10)
	case resets(err):
		return wrong(TCP, host, err, "与 %s 的连接被对方中断，请检查服务器和防护设备。", host)
	}
	return wrong(BadResponse, host, err, "%s 返回的内容不完整或不符合 HTTP 规范，请检查服务器和中间设备的配置。", host)
}

func resets(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && !op.Timeout()
}

// Wall is the error of a redirect loop or chain that set cookies; kind is RedirectLoop or TooManyRedirects.
func Wall(kind Kind, host string) *Error {
	e := wrong(kind, host, errors.New("redirects depend on cookies"), "%s 的跳转依赖 Cookie，平台不保存 Cookie，未能核实，请人工打开确认。", clip(host))
	e.Cookies = true
	return e
}
