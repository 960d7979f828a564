package app

import (
	"context"
	"net/url"
	"strings"

	"zhengshu/internal/db"
	"zhengshu/internal/matrix"
	"zhengshu/internal/matrix/matrixweb"
	"zhengshu/internal/obligation"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

// Estate are the modules over all sites and accounts together: the two
// matrices (Article 11).
type Estate struct {
	Matrix *matrix.Service
}

// wireEstate makes the services; after publishing.
func (h *House) wireEstate() {
	h.Matrix = matrix.New(matrix.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Obligations: h.Obligations, Settings: h.Province.Settings})
	h.Matrix.OnChanged(h.Publisher.MatrixChanged)
	h.Publisher.OnMatrix(h.matrixPages)
}

func estateObligations() []obligation.Kind {
	return matrix.Obligations()
}

func (h *House) sweepEstate(ctx context.Context) error {
	_, err := h.Matrix.Sweep(ctx)
	return err
}

func (h *House) estateDoors() []web.Route {
	return matrixweb.New(h.DB, h.Matrix, h.Org).Routes()
}

// matrixPages are the public pages of the matrices as the theme draws them. A
// demonstration leads nowhere outside itself.
func (h *House) matrixPages(ctx context.Context, q db.Querier, site registry.SiteID) ([]theme.Matrix, error) {
	pages, err := h.Matrix.Pages(ctx, q, site)
	if err != nil {
		return nil, err
	}
	out := make([]theme.Matrix, len(pages))
	for i, p := range pages {
		m := theme.Matrix{Path: p.Path, Area: p.Area, Updated: p.Updated}
		for _, a := range p.Above {
			m.Above = append(m.Above, theme.Link{Text: a.Name, Href: a.Path})
		}
		for _, s := range p.Sites {
			m.Sites = append(m.Sites, theme.MatrixSite{Name: s.Name, Unit: s.Unit, Host: registry.ShownHost(s.Address), Chinese: s.Chinese, SiteCode: s.SiteCode, Line: s.Line, Marked: s.Mark, Head: s.Head, Href: h.outward("https://" + s.Address + "/")})
		}
		for _, a := range p.Accounts {
			m.Accounts = append(m.Accounts, theme.MatrixAccount{Name: a.Name, Unit: a.Unit, Platform: a.Platform, Handle: a.Handle, VerifiedAs: a.VerifiedAs, Head: a.Head, Href: h.outward(a.Address)})
		}
		for _, b := range p.Below {
			m.Below = append(m.Below, theme.MatrixArea{Name: b.Name, Href: b.Path, Sites: b.Sites, Accounts: b.Accounts})
		}
		out[i] = m
	}
	return out, nil
}

// outward is an address of the web that a page may lead to; empty for any
// other, and in a demonstration for everything that is not one of its portals.
func (h *House) outward(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	if h.Demo {
		if !strings.HasSuffix(u.Hostname(), ".localhost") {
			return ""
		}
		return h.origin(registry.Site{Host: u.Hostname()}) + u.Path
	}
	return address
}
