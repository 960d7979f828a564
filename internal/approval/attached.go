package approval

import (
	"context"
	"io"

	"zhengshu/internal/blob"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
)

// Attached is one attachment of a record; the caller has checked the scope of
// its owner.
func Attached(ctx context.Context, q db.Querier, ownerKind, ownerID, id string) (Attachment, error) {
	a, err := db.One(ctx, q, scanAttachment, attachmentSelect+` WHERE id = $1 AND owner_kind = $2 AND owner_id = $3`, id, ownerKind, ownerID)
	if db.None(err) {
		return Attachment{}, fault.Missing("附件")
	}
	return a, err
}

// OpenAttached reads it from the store.
func OpenAttached(ctx context.Context, q db.Querier, store blob.Store, ownerKind, ownerID, id string) (Attachment, io.ReadCloser, error) {
	a, err := Attached(ctx, q, ownerKind, ownerID, id)
	if err != nil {
		return a, nil, err
	}
	r, err := store.Open(ctx, a.Blob)
	return a, r, err
}
