package egress

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strconv"
	"time"
)

// ProbeResult is one probe of the indicator "站点无法访问" (V-W-2).
type ProbeResult struct {
	OK   bool
	Void bool // says nothing about the site (our policy refused, we were stopped, or it refuses us); not to be counted at all
	// Refused: the site answers and will not have us; whether its visitors can open
	// it could not be tested.
	Refused bool
	Kind    Kind   // of the failure; empty when OK or when the status is the failure
	Status  int    // of the first document; 0: none
	Says    string // why it failed, in Chinese
	At      time.Time
	Took    time.Duration
	Remote  netip.Addr // of the first host, where a connection was made
}

// Probe opens a home page as a visitor would: redirects followed, certificate verified, the first document read to its
// end within Policy.ProbeLimit. A failure is a DNS, TCP or TLS error, no complete first document in time, a status of
// 500 or above, or 4xx that is no refusal (see Refuses). Confirming a failure from a second vantage point and leaving out approved offline windows are
// the caller's part of the formula.
func (c *Client) Probe(ctx context.Context, rawURL string) ProbeResult {
	r, err := c.do(ctx, "GET", rawURL, Options{}, c.p.ProbeLimit)
	res := ProbeResult{Status: r.Status, At: r.Started, Took: r.Took}
	var e *Error
	if errors.As(err, &e) {
		res.Kind, res.Says = e.Kind, e.Says
		switch {
		case e.Kind == TooLarge && len(r.Body) > 0 && r.Status < 400:
			// More than our limit arrived in time: too large for us to read, yet it opened.
			res.OK, res.Kind, res.Says = true, "", ""
		case !e.Blames():
			res.Void = true
		}
		return res
	}
	res.judge()
	return res
}

// judge tells by the status whether a document that came opened.
func (r *ProbeResult) judge() {
	code := strconv.Itoa(r.Status)
	switch {
	case Refuses(r.Status):
		r.Refused, r.Void, r.Says = true, true, "网站拒绝平台的检测访问（状态码 "+code+"），未能检测，请将平台的检测地址加入网站防护的白名单，并人工打开查看。"
	case r.Status >= 400:
		r.Says = "首页返回状态码 " + code + "，未能正常打开，请检查网站服务。"
	default:
		r.OK = true
	}
}

// challenged is what a protection service in wide use answers until a visitor's browser has run its script.
const challenged = 521

// Refuses reports whether a status refuses whoever asks: something in front of the site turns machines away, and what
// its visitors see is not known. 405 and 412 say so too: they are no answer of a page to a plain GET, and firewalls send
// them.
func Refuses(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusPreconditionFailed, http.StatusTooManyRequests, http.StatusUnavailableForLegalReasons, challenged:
		return true
	}
	return false
}
