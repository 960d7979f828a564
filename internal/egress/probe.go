package egress

import (
	"context"
	"errors"
	"strconv"
	"time"
)

// ProbeResult is one probe of the indicator "站点无法访问" (V-W-2).
type ProbeResult struct {
	OK     bool
	Void   bool   // says nothing about the site (our policy refused, or we were stopped); not to be counted at all
	Kind   Kind   // of the failure; empty when OK or when the status is the failure
	Status int    // of the first document; 0: none
	Says   string // why it failed, in Chinese
	At     time.Time
	Took   time.Duration
}

// Probe opens a home page as a visitor would: redirects followed, certificate verified, the first document read to its
// end within Policy.ProbeLimit. A failure is a DNS, TCP or TLS error, no complete first document in time, a status of
// 500 or above, or 4xx. Confirming a failure from a second vantage point and leaving out approved offline windows are
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
	if r.Status >= 400 {
		res.Says = "首页返回状态码 " + strconv.Itoa(r.Status) + "，未能正常打开，请检查网站服务。"
		return res
	}
	res.OK = true
	return res
}
