package internal_test

import (
	"bytes"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/library"
	"zhengshu/internal/media"
	"zhengshu/internal/prose"
)

// shelve puts an attachment into the county's media library and into a draft,
// so that no act can delete it.
func (n *neighbourhood) shelve(c *county) {
	editor := c.people[authz.Editor]
	scope := editor.ScopeFor(authz.ItemWrite)
	a := must(n.h.Media.Take(as(editor), scope, c.office.ID, []media.Upload{{Name: c.mark + "附件.pdf", Content: bytes.NewReader(append(bytes.Clone(pdf), c.mark...))}}, media.About{Source: c.mark, FocalX: 50, FocalY: 50}))(n.t)[0]
	doc := must(n.h.Media.Place(as(editor), scope, must(prose.FromText(a.Line()))(n.t)))(n.t)
	it := must(n.h.Library.Create(as(editor), scope, library.Writing{Meta: library.Meta{Type: library.News, Origin: library.Original, Title: c.mark + "附件稿", Source: c.mark}, Doc: doc, Unit: c.office.ID}))(n.t)
	if n := must(db.One(as(editor), n.h.DB, db.Value[int], `SELECT count(*) FROM media_use WHERE item_id = $1`, it.ID))(n.t); n != 1 {
		panic("the draft uses no asset")
	}
	c.ids["/console/media/{id}"] = []string{string(a.ID)}
	c.ids["/console/media-files/{file}"] = []string{strings.TrimPrefix(a.Src(), media.Prefix)}
	c.own = append(c.own, string(a.ID), strings.TrimPrefix(a.Src(), media.Prefix), string(it.ID))
}
