package inspection

import (
	"context"
	"errors"
	"fmt"
	"io"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
)

// maxKept bounds what is read back into memory, in bytes: a page of another site is
// fetched with a smaller limit.
const maxKept = 16 << 20

const damagedAct = "inspection.evidence.damaged"

// errCleared says that bytes were let go when their time had passed.
var errCleared = fault.New(fault.Gone, "这份证据的文件已按保存期限清除，散列仍在链上；时间、网址、状态码等记录在问题页面照常可查。")

// EvidenceBytes are bytes that a look at a finding in scope kept, whole and checked
// against their hash. Those that are not as they were kept, or gone, are told once to who
// looks after the system.
func (s *Service) EvidenceBytes(ctx context.Context, scope authz.Scope, id FindingID, p Proof, ref blob.Ref) ([]byte, error) {
	f, err := s.Finding(ctx, s.db, scope, id)
	switch {
	case err != nil:
		return nil, err
	case p.Finding != f.ID || ref == "":
		return nil, fault.Missing("证据")
	case !p.Cleared.IsZero():
		return nil, errCleared
	}
	size := int64(0)
	if ref == p.Ref {
		size = p.Size
	}
	return s.readKept(ctx, ref, size, fmt.Sprintf("证据 %s（问题 %s）", p.ID, f.ID), "复测取得新的证据", audit.Target{Kind: evidenceKind, ID: p.ID, Name: string(f.ID), Unit: string(f.Unit)})
}

// readKept reads what was kept for what; size is what it was, where that is known, and
// cure what else helps where it cannot be had back.
func (s *Service) readKept(ctx context.Context, ref blob.Ref, size int64, what, cure string, t audit.Target) ([]byte, error) {
	b, err := s.readWhole(ctx, ref)
	if err == nil || !errors.Is(err, blob.ErrDamaged) && !errors.Is(err, blob.ErrNotFound) {
		return b, err
	}
	says := fmt.Sprintf("%s的文件%s：登记的 SHA-256 是 %s。", what, unreadable(err), ref.Hash())
	if now, serr := s.blobs.Stat(ctx, ref); size > 0 && serr == nil {
		says += fmt.Sprintf("登记时 %d 字节，现有 %d 字节。", size, now)
	}
	says += "它不能作为依据，由系统管理员从备份恢复；恢复不了的，" + cure + "。"
	if err := s.tellDamage(ctx, ref, says, err, t); err != nil {
		return nil, err
	}
	kind := fault.Conflict // it is there, and is another
	if errors.Is(err, blob.ErrNotFound) {
		kind = fault.Gone
	}
	return nil, fault.New(kind, says).From(err)
}

func (s *Service) readWhole(ctx context.Context, ref blob.Ref) ([]byte, error) {
	f, err := s.blobs.Open(ctx, ref)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxKept+1))
	if err = errors.Join(err, f.Close()); err == nil && len(b) > maxKept {
		err = fault.Newf(fault.TooLarge, "文件超过 %d MB，不能在页面上打开，请联系系统管理员。", maxKept>>20)
	}
	return b, err
}

// tellDamage writes into the trail that bytes are not as they were kept, and tells who
// looks after the system; once of the same bytes.
func (s *Service) tellDamage(ctx context.Context, ref blob.Ref, says string, cause error, t audit.Target) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		told, err := db.One(ctx, tx, db.Value[bool], `SELECT EXISTS (SELECT 1 FROM audit_entry WHERE target_kind = $1 AND target_id = $2 AND act = $3 AND after LIKE $4)`, t.Kind, t.ID, damagedAct, "%"+ref.Hash()+"%")
		if err != nil || told {
			return err
		}
		keepers, err := org.Keepers(ctx, tx)
		if err != nil {
			return err
		}
		for _, k := range keepers {
			if _, err := notify.Send(ctx, tx, notify.Message{Key: "damaged:" + t.ID + ":" + ref.Hash() + ":" + string(k.Person.ID), Unit: string(k.Person.Unit), Person: string(k.Person.ID), Urgent: true,
				Title: "证据文件损坏或缺失", Body: says + "请运行 zhengshu verify evidence 核对全部证据。"}); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: damagedAct, Basis: "第十九条（四）", Target: t, After: map[string]string{"sha256": ref.Hash(), "says": unreadable(cause)}})
	})
}
