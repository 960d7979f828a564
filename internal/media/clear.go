package media

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/sx2021"
)

// What no version of any item shows leaves in three steps. A person takes the
// record out, by name and with a reason. A day later the bytes are put away,
// where they are still read. Another day later they are dropped, unless a record
// holds the same content by then, whoever saved it: then they come back. Each
// step can be cut off anywhere and is done again by the next sweep.

// rest is how long each step waits for the one before: longer than any request
// between the saving of bytes and of the record that names them.
const rest = 24 * time.Hour

// MaxCleared is how many files are taken out at once.
const MaxCleared = 100

// SettingsFrom registers where the province's choices come from; at start.
func (s *Service) SettingsFrom(f func() sx2021.Settings) { s.settings = f }

// OnDrop registers who is asked whether a record outside the media library
// holds content, before its bytes go; at start.
func (s *Service) OnDrop(f func(ctx context.Context, q db.Querier, ref blob.Ref) (bool, error)) {
	s.holders = append(s.holders, f)
}

// UnusedDays is how long a file must have lain unused, in days, before it is
// listed to be cleared.
func (s *Service) UnusedDays() int { return s.settings().MediaUnusedDays }

// Clearable is a file that may be cleared.
type Clearable struct {
	Asset
	Unsent bool // a text that nobody has saved yet names it: it stays
}

// unused narrows to what no version shows and what came before the grace
// began.
func (s *Service) unused(w *db.Where, now time.Time) {
	w.And("a.created_at < ?", now.AddDate(0, 0, -s.UnusedDays())).
		And("NOT EXISTS (SELECT 1 FROM media_use m WHERE m.asset_id = a.id)")
}

// Unused are the files in scope that no version of any item shows and that lie
// there longer than UnusedDays, the oldest first; how many there are, and their
// bytes together.
func (s *Service) Unused(ctx context.Context, scope authz.Scope, limit, offset int) (list []Clearable, n int, bytes int64, err error) {
	var w db.Where
	scope.Where(&w, "u")
	s.unused(&w, s.db.Now())
	type sum struct {
		n     int
		bytes int64
	}
	all, err := db.One(ctx, s.db, func(r db.Scanner) (sum, error) {
		var v sum
		return v, r.Scan(&v.n, &v.bytes)
	}, `SELECT count(*), COALESCE(sum(a.size), 0) FROM `+assetFrom+` WHERE `+w.SQL(), w.Args()...)
	if err != nil || all.n == 0 {
		return nil, 0, 0, err
	}
	assets, err := db.All(ctx, s.db, scanAsset, assetSelect+` WHERE `+w.SQL()+` ORDER BY a.created_at, a.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	if err != nil {
		return nil, 0, 0, err
	}
	unsent, err := s.unsent(ctx, s.db)
	for _, a := range assets {
		list = append(list, Clearable{a, unsent[a.ID]})
	}
	return list, all.n, all.bytes, err
}

// inText finds the assets that a text names: by address, or by the line of a
// plain form.
var inText = regexp.MustCompile(`/media/([0-9a-z]{26})|【插入(?:图片|视频|音频|附件) ([0-9A-Za-z]{26})`)

// unsent are the assets that texts name which were kept and not saved yet.
func (s *Service) unsent(ctx context.Context, q db.Querier) (map[AssetID]bool, error) {
	texts, err := db.All(ctx, q, db.Value[string], `SELECT data FROM autosave WHERE data LIKE '%/media/%' OR data LIKE '%【插入%'
		UNION ALL SELECT data FROM autosave_past WHERE data LIKE '%/media/%' OR data LIKE '%【插入%'`)
	out := map[AssetID]bool{}
	for _, t := range texts {
		for _, m := range inText.FindAllStringSubmatch(t, -1) {
			out[AssetID(strings.ToUpper(m[1]+m[2]))] = true
		}
	}
	return out, err
}

// Clear takes files in scope out of the media library: all of them or none.
// The trail keeps what each was, who took it out and why.
func (s *Service) Clear(ctx context.Context, scope authz.Scope, ids []AssetID, reason string) (int, error) {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	reason = strings.TrimSpace(strings.ToValidUTF8(reason, ""))
	switch n := utf8.RuneCountInString(reason); {
	case len(ids) == 0:
		return 0, fault.New(fault.Invalid, "没有选择要清理的文件。").On("id", "请勾选要清理的文件")
	case len(ids) > MaxCleared:
		return 0, fault.Newf(fault.Invalid, "一次最多清理 %d 个文件，请分批选择。", MaxCleared).On("id", "请减少选择")
	case n == 0:
		return 0, fault.New(fault.Invalid, "没有填写清理的理由。").On("reason", "请填写理由，例：活动已结束，没有采用")
	case n > 200:
		return 0, fault.New(fault.Invalid, "理由超过 200 字。").On("reason", "请压缩到 200 字以内")
	}
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		unsent, err := s.unsent(ctx, tx)
		if err != nil {
			return err
		}
		for _, id := range ids {
			a, err := s.assetTx(ctx, tx, scope, id)
			if err != nil {
				return err
			}
			switch {
			case a.Uses > 0:
				return fault.Newf(fault.Conflict, "“%s”已有稿件用到，没有清理；请刷新列表后重新选择。", a.Name).On("id", "请去掉已有稿件用到的文件")
			case unsent[id]:
				return fault.Newf(fault.Conflict, "有人正在编辑的稿件插入了“%s”，没有清理；稿件保存或放弃后再处理。", a.Name).On("id", "请去掉正在编辑的稿件用到的文件")
			case !a.CreatedAt.Before(tx.Now().AddDate(0, 0, -s.UnusedDays())):
				return fault.Newf(fault.Refused, "“%s”入库不满 %d 天，还不能清理。", a.Name, s.UnusedDays()).On("id", "请去掉入库不久的文件")
			}
			if err := s.takeOut(ctx, tx, a, reason); err != nil {
				return err
			}
		}
		return nil
	})
	return len(ids), err
}

// takeOut removes the record of an asset and writes down what becomes of its
// bytes.
func (s *Service) takeOut(ctx context.Context, tx *db.Tx, a Asset, reason string) error {
	who, ok := audit.ActorFrom(ctx)
	if !ok {
		return audit.ErrNoActor
	}
	if _, err := tx.Exec(ctx, `UPDATE media_asset SET replaces = NULL WHERE replaces = $1`, a.ID); err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `DELETE FROM media_asset WHERE id = $1`, a.ID)
	if err != nil {
		return err
	}
	if n == 0 { // taken out by another at the same moment
		return fault.Missing("媒体文件")
	}
	if _, err := tx.Exec(ctx, `INSERT INTO media_discard (id, unit_id, kind, name, size, blob, reason, by_id, by_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		a.ID, a.Unit, a.Kind, a.Name, a.Size, a.Blob, reason, who.ID, who.Name, tx.Now()); err != nil {
		return fmt.Errorf("media: write discard: %w", err)
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "media.asset.remove", Basis: "第二十七条", Target: a.target(),
		Before: map[string]any{"name": a.Name, "sha256": a.Blob.Hash(), "size": a.Size, "uploaded": a.CreatedName}, After: map[string]any{"reason": reason}})
}

// Discard is a file that was taken out, and how far its bytes are.
type Discard struct {
	ID       AssetID
	Unit     org.UnitID
	UnitName string // joined
	Kind     Kind
	Name     string
	Size     int64 // bytes of the original
	Blob     blob.Ref
	Reason   string
	By       string
	At       time.Time
	PutAway  time.Time // still read until it is dropped
	Ended    time.Time
	Kept     bool // another record holds the same content: the bytes stay
	blobs    string
}

const discardSelect = `SELECT d.id, d.unit_id, u.name, d.kind, d.name, d.size, d.blob, d.reason, d.by_name, d.at, d.put_away_at, d.ended_at, d.kept, d.blobs FROM media_discard d JOIN unit u ON u.id = d.unit_id`

func scanDiscard(r db.Scanner) (Discard, error) {
	var d Discard
	return d, r.Scan(&d.ID, &d.Unit, &d.UnitName, &d.Kind, &d.Name, &d.Size, &d.Blob, &d.Reason, &d.By, &d.At, &d.PutAway, &d.Ended, &d.Kept, &d.blobs)
}

// Discards are the files in scope that were taken out, the last first.
func (s *Service) Discards(ctx context.Context, scope authz.Scope, limit int) ([]Discard, error) {
	var w db.Where
	scope.Where(&w, "u")
	return db.All(ctx, s.db, scanDiscard, discardSelect+` WHERE `+w.SQL()+` ORDER BY d.at DESC, d.id DESC LIMIT `+w.Arg(limit), w.Args()...)
}

// sweepPortion is how many files one sweep takes a step further.
const sweepPortion = 50

// SweepDiscards puts away and drops the bytes whose time has come; a duty of
// the house, idempotent.
func (s *Service) SweepDiscards(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "media.clear")
	due := s.db.Now().Add(-rest)
	list, err := db.All(ctx, s.db, scanDiscard, discardSelect+` WHERE d.ended_at IS NULL AND d.at <= $1 AND (d.put_away_at IS NULL OR d.put_away_at <= $1) ORDER BY d.at, d.id LIMIT $2`, due, sweepPortion)
	if err != nil {
		return 0, err
	}
	for i, d := range list {
		if d.PutAway.IsZero() {
			err = s.putAway(ctx, d)
		} else {
			err = s.drop(ctx, d)
		}
		if err != nil {
			return i, fmt.Errorf("media: clear %s: %w", d.ID, err)
		}
	}
	return len(list), nil
}

// held reports whether any record holds the content. What was made of an
// original alone does not hold it: it is gone with its original.
func (s *Service) held(ctx context.Context, ref, original blob.Ref) (bool, error) {
	n, err := db.One(ctx, s.db, db.Value[int], `SELECT (SELECT count(*) FROM media_asset WHERE blob = $1) + (SELECT count(*) FROM media_rendition WHERE blob = $1 AND original <> $2)`, ref, original)
	if err != nil || n > 0 {
		return n > 0, err
	}
	for _, f := range s.holders {
		if held, err := f(ctx, s.db, ref); held || err != nil {
			return held, err
		}
	}
	return false, nil
}

// Holds reports whether any record of the house holds the content.
func (s *Service) Holds(ctx context.Context, ref blob.Ref) (bool, error) {
	return s.held(ctx, ref, "")
}

// putAway is the second step.
func (s *Service) putAway(ctx context.Context, d Discard) error {
	if held, err := s.held(ctx, d.Blob, d.Blob); err != nil || held {
		if err != nil {
			return err
		}
		return s.end(ctx, d, true)
	}
	made, err := db.All(ctx, s.db, db.Value[blob.Ref], `SELECT blob FROM media_rendition WHERE original = $1 ORDER BY blob`, d.Blob)
	if err != nil {
		return err
	}
	var lines []string
	for _, ref := range slices.Compact(append([]blob.Ref{d.Blob}, made...)) {
		if held, err := s.held(ctx, ref, d.Blob); err != nil {
			return err
		} else if held {
			continue
		}
		if _, err := s.store.Discard(ctx, ref); err != nil {
			return err
		}
		lines = append(lines, string(ref))
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		// What was made is made anew when the same original comes again.
		if _, err := tx.Quiet(ctx, `DELETE FROM media_rendition WHERE original = $1`, d.Blob); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE media_discard SET put_away_at = $2, blobs = $3 WHERE id = $1`, d.ID, tx.Now(), strings.Join(lines, "\n")); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "media.bytes.put_away", Target: d.target(), After: map[string]any{"sha256": d.Blob.Hash(), "files": len(lines)}})
	})
}

// drop is the last step.
func (s *Service) drop(ctx context.Context, d Discard) error {
	kept, again := false, false
	for _, line := range strings.Fields(d.blobs) {
		ref := blob.Ref(line)
		held, err := s.held(ctx, ref, "")
		if err == nil && held {
			kept = kept || ref == d.Blob
			err = s.store.Recall(ctx, ref)
		} else if err == nil {
			// Bytes that stand at their place again without a record: an upload that
			// was given up, or a restored backup. They begin anew.
			var moved bool
			if moved, err = s.store.Discard(ctx, ref); err == nil && !moved {
				err = s.store.Drop(ctx, ref)
			}
			again = again || moved
		}
		if err != nil {
			return err
		}
	}
	if again {
		return s.db.Update(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE media_discard SET put_away_at = $2 WHERE id = $1`, d.ID, tx.Now()); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "media.bytes.put_away", Target: d.target(), After: map[string]any{"sha256": d.Blob.Hash()}})
		})
	}
	return s.end(ctx, d, kept)
}

func (s *Service) end(ctx context.Context, d Discard, kept bool) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE media_discard SET ended_at = $2, kept = $3 WHERE id = $1`, d.ID, tx.Now(), kept); err != nil {
			return err
		}
		act := "media.bytes.drop"
		if kept {
			act = "media.bytes.keep"
		}
		return audit.Record(ctx, tx, audit.Entry{Act: act, Target: d.target(), After: map[string]any{"sha256": d.Blob.Hash(), "size": d.Size}})
	})
}

func (d Discard) target() audit.Target {
	return audit.Target{Kind: "media", ID: string(d.ID), Name: d.Name, Unit: string(d.Unit)}
}
