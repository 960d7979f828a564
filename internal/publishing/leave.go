package publishing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"zhengshu/internal/publishing/theme"
)

// A link out of a text to a site that is not a government's goes by a page of
// the release that names where it leads (网页设计规范: 离开提示). Each address
// has its own page, so that no address can be put in by a stranger, and it works
// without script, without a portal and without the database.

const (
	leavePrefix = "/leave/"
	maxLeave    = 2000 // characters of an address
)

// LeavePath is the page of notice before an address; "" for what is no address
// of the web.
func LeavePath(address string) string {
	u, err := url.Parse(address)
	if err != nil || len(address) > maxLeave || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return ""
	}
	h := sha256.Sum256([]byte(u.String()))
	return leavePrefix + hex.EncodeToString(h[:12]) + ".html"
}

// government reports whether a host is a government's by its name.
func government(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, end := range []string{"gov.cn", "xn--zfr164b", "政务"} {
		if host == end || strings.HasSuffix(host, "."+end) {
			return true
		}
	}
	return false
}

// leaves draws the page of notice for an address outside and returns where it
// lies; "" for an address that needs none.
func (d *drawing) leaves(ctx context.Context, address string) (string, error) {
	page := LeavePath(address)
	if page == "" {
		return "", nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", nil //nolint:nilerr // LeavePath has read it: there is none
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	ours, known := d.hosts[host]
	if !known {
		if ours = government(host) || slices.Contains(d.site.Hosts, host); !ours {
			if ours, err = d.p.registry.KnowsHost(ctx, d.q, host); err != nil {
				return "", err
			}
		}
		if d.hosts == nil {
			d.hosts = map[string]bool{}
		}
		d.hosts[host] = ours
	}
	if ours {
		return "", nil
	}
	b, err := theme.LeavePage.Draw(theme.LeaveFrame(d.site, page), theme.Leave{Address: u.String(), Host: u.Hostname()})
	return page, d.draw(page, htmlKind, b, err)
}

// outward leads the links of a text that go out by their pages of notice. The
// text is prose's own: attributes are quoted and escaped.
func (d *drawing) outward(ctx context.Context, body string) (string, error) {
	if !strings.Contains(body, `href="http`) {
		return body, nil
	}
	var out strings.Builder
	z := html.NewTokenizer(strings.NewReader(body))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return out.String(), nil
		}
		raw := string(z.Raw())
		if kind == html.StartTagToken {
			if t := z.Token(); t.Data == "a" {
				for _, a := range t.Attr {
					if a.Key != "href" {
						continue
					}
					page, err := d.leaves(ctx, a.Val)
					if err != nil {
						return "", err
					}
					if page != "" {
						raw = strings.Replace(raw, `href="`+html.EscapeString(a.Val)+`"`, `href="`+page+`"`, 1)
					}
				}
			}
		}
		out.WriteString(raw)
	}
}
