package app

import (
	"context"
	"slices"
	"strings"

	"zhengshu/internal/blob"
	"zhengshu/internal/db"
)

// bytesIn are the columns that name bytes of the store, by the house's way of
// naming them: a new module is asked without being entered anywhere.
func bytesIn(c db.Column) bool {
	if strings.HasPrefix(c.Table, "media_") || c.Table == "finding_evidence" { // the media library asks itself; looks hold what evidence_blob names
		return false
	}
	return slices.Contains([]string{"blob", "ref", "xlsx", "list", "parts", "screenshot", "beside"}, c.Name) || sightOf(c) || strings.HasSuffix(c.Name, "_ref") || strings.HasSuffix(c.Name, "_blob")
}

// sightOf: what was seen of a host names its certificates.
func sightOf(c db.Column) bool { return c.Table == "host_seen" && c.Name == "seen" }

// holds reports whether any record outside the media library holds the content.
func (h *House) holds(ctx context.Context, q db.Querier, ref blob.Ref) (bool, error) {
	columns, err := h.DB.TextColumns(ctx)
	if err != nil {
		return false, err
	}
	for _, c := range columns {
		if !bytesIn(c) {
			continue
		}
		is, what := ` = $1`, string(ref)
		if c.Name == "parts" || c.Name == "beside" || sightOf(c) { // several in one
			is, what = ` LIKE $1`, "%"+ref.Hash()+"%"
		}
		held, err := db.One(ctx, q, db.Value[bool], `SELECT EXISTS (SELECT 1 FROM `+c.Table+` WHERE `+c.Name+is+`)`, what)
		if held || err != nil {
			return held, err
		}
	}
	return false, nil
}
