package inspection

import (
	"context"

	"zhengshu/internal/blob"
)

// A batch carries what was seen; nothing leaves it again.

func (c carrier) Discard(context.Context, blob.Ref) (bool, error) { return false, nil }

func (c carrier) Recall(context.Context, blob.Ref) error { return nil }

func (c carrier) Drop(context.Context, blob.Ref) error { return nil }
