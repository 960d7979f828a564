package approval

import (
	"context"

	"zhengshu/internal/blob"
	"zhengshu/internal/db"
)

// Files of a record: what came with a form is looked at and kept before the
// transaction (it does not depend on the database), and put to its owner
// inside.

// TakeOne is Take of the one file of a form field, as a document of the kind;
// nil is none, and gives an attachment without a blob.
func TakeOne(ctx context.Context, store blob.Store, u *Upload, kind, field string) (Attachment, error) {
	if u == nil {
		return Attachment{}, nil
	}
	u.Kind, u.Field = kind, field
	return Take(ctx, store, *u)
}

// TakeAll is Take of each; the first that is refused refuses all.
func TakeAll(ctx context.Context, store blob.Store, list []Upload) ([]Attachment, error) {
	var out []Attachment
	for _, u := range list {
		a, err := Take(ctx, store, u)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// AttachTo puts what was taken to its owner; where nothing was, it does nothing.
func AttachTo(ctx context.Context, tx *db.Tx, ownerKind, ownerID string, a Attachment) (Attachment, error) {
	if a.Blob == "" {
		return a, nil
	}
	a.OwnerKind, a.OwnerID = ownerKind, ownerID
	return Attach(ctx, tx, a)
}

// AttachAll is AttachTo of each.
func AttachAll(ctx context.Context, tx *db.Tx, ownerKind, ownerID string, list []Attachment) error {
	for _, a := range list {
		if _, err := AttachTo(ctx, tx, ownerKind, ownerID, a); err != nil {
			return err
		}
	}
	return nil
}
