package theme

import (
	"strings"
	"time"
)

// MatrixPath is where the page of the site's own area lies.
const MatrixPath = "/matrix/"

// Matrix is the page of the two matrices of one area (Article 11).
type Matrix struct {
	Path     string
	Area     string
	Sites    []MatrixSite
	Accounts []MatrixAccount
	Below    []MatrixArea
	Above    []Link
	Updated  time.Time
}

// MatrixSite is one official site.
type MatrixSite struct {
	Name, Unit, Host, Chinese, SiteCode, Line string
	Href                                      string // empty: nobody can go there
	Marked                                    bool   // holds the mark of a party or government organ
	Head                                      bool
}

// MatrixAccount is one official account or client.
type MatrixAccount struct {
	Name, Unit, Platform, Handle, VerifiedAs string
	Href                                     string // empty: nobody can go there
	Head                                     bool
}

// MatrixArea leads to the page of an area below.
type MatrixArea struct {
	Name, Href      string
	Sites, Accounts int
}

// MatrixFrame is the frame around it.
func MatrixFrame(s Site, m Matrix) Frame {
	f := PlainFrame(s, strings.TrimSpace(m.Area+"政府网站和政务新媒体矩阵"), m.Path, "机构职能", m.Area+"各级政府网站和政务新媒体的名称、网址、账号和主办单位，按地区列出。")
	f.Crumbs = append(append([]Link{}, m.Above...), Link{Text: f.Title})
	f.Class = "page-matrix"
	return f
}
