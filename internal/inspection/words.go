package inspection

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
)

// What a finding itself says is hashed into the trail as its looks are, and again
// whenever a look changes it. Out of it stay what moves with every run (when it was
// last seen, how many pages show it) and the state, which its own history holds.

const wordsAct = "inspection.finding.words"

// digest is the hash of what the finding says.
func (f Finding) digest() string {
	b, err := json.Marshal(struct {
		ID, Site, Account, Check, Fingerprint, Severity, Clause, Says, URL, Place, Near, Wrong, Fix string
		OnHome                                                                                      bool
		FirstSeen                                                                                   string
	}{string(f.ID), string(f.Site), string(f.Account), f.Check, f.Fingerprint, string(f.Severity), f.Clause, f.Says, f.URL, f.Where, f.near, f.Wrong, f.Fix,
		f.OnHome, f.FirstSeen.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano)})
	if err != nil {
		return "" // strings always marshal
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Words is what the trail knows of what a finding says.
type Words struct {
	Altered bool   // it is not what was registered
	Old     bool   // filed before it was hashed, and not seen since
	Number  int64  // in the chain of the trail; zero until the sequencer has linked it
	Entry   string // of the trail that holds the hash
	Hash    string
}

// WordsOf holds what a finding in scope says against the trail.
func (s *Service) WordsOf(ctx context.Context, q db.Querier, scope authz.Scope, id FindingID) (Words, error) {
	f, err := s.Finding(ctx, q, scope, id)
	if err != nil {
		return Words{}, err
	}
	return wordsOf(ctx, q, f)
}

func wordsOf(ctx context.Context, q db.Querier, f Finding) (Words, error) {
	w, err := db.One(ctx, q, func(r db.Scanner) (Words, error) {
		var w Words
		var after string
		err := r.Scan(&w.Entry, &after, &w.Number)
		w.Hash = hashIn(after)
		return w, err
	}, `SELECT e.id, e.after, COALESCE(l.seq, 0) FROM audit_entry e LEFT JOIN audit_link l ON l.entry_id = e.id
	     WHERE e.target_kind = 'finding' AND e.target_id = $1 AND e.act = $2 ORDER BY e.at DESC, e.id DESC LIMIT 1`, f.ID, wordsAct)
	if db.None(err) {
		if f.hash != "" {
			return Words{Altered: true}, nil
		}
		began, err := wordsBegan(ctx, q)
		before := began.IsZero() || f.FirstSeen.Before(began)
		return Words{Old: before, Altered: !before}, err
	}
	if err != nil {
		return Words{}, err
	}
	w.Altered = f.hash != w.Hash || f.digest() != w.Hash
	return w, nil
}

// wordsBegan is when this house first hashed what a finding says: what was filed later
// and has no hash came in another way. Zero: it never did.
func wordsBegan(ctx context.Context, q db.Querier) (time.Time, error) {
	began, err := db.One(ctx, q, db.Value[time.Time], `SELECT at FROM audit_entry WHERE act = $1 AND target_kind = 'finding' ORDER BY at LIMIT 1`, wordsAct)
	if db.None(err) {
		return time.Time{}, nil
	}
	return began, err
}

// keepWords registers what a finding says now. What is not as it was registered before
// is not registered: a later look takes nothing over that somebody else wrote.
func keepWords(ctx context.Context, tx *db.Tx, was, now Finding) error {
	hash := now.digest()
	if hash == was.hash {
		return nil
	}
	if known, err := wordsOf(ctx, tx, was); err != nil || known.Altered {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE finding SET words_hash = $2 WHERE id = $1`, now.ID, hash); err != nil {
		return err
	}
	return recordWords(ctx, tx, now, hash)
}

func recordWords(ctx context.Context, tx *db.Tx, f Finding, hash string) error {
	return audit.Record(ctx, tx, audit.Entry{Act: wordsAct, Target: f.Target(), Basis: f.Clause, After: map[string]string{"hash": hash}})
}

// verifyWords holds what every finding says against the trail.
func (s *Service) verifyWords(ctx context.Context, rep *EvidenceReport) error {
	add := func(kind string, id FindingID, says string) {
		rep.Damage = append(rep.Damage, EvidenceDamage{Kind: kind, Finding: string(id), Says: fmt.Sprintf(says, id)})
	}
	began, err := wordsBegan(ctx, s.db)
	if err != nil {
		return err
	}
	const removed = "问题 %s 登记后被删除。"
	after := FindingID("")
	for {
		list, err := db.All(ctx, s.db, scanFinding, findingSelect+` WHERE f.id > $1 ORDER BY f.id LIMIT $2`, after, proofsAtOnce)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			break
		}
		last := list[len(list)-1].ID
		kept, err := s.wordsKept(ctx, after, last)
		if err != nil {
			return err
		}
		after = last
		for _, f := range list {
			rep.Findings++
			hash, known := kept[f.ID]
			delete(kept, f.ID)
			switch {
			case !known && f.hash == "" && (began.IsZero() || f.FirstSeen.Before(began)):
				rep.OldFindings++
			case !known:
				add("unknown", f.ID, "问题 %s 在审计记录中没有登记，来历不明。")
			case f.hash != hash || f.digest() != hash:
				add("changed", f.ID, "问题 %s 的内容（问题、程度、依据、网址、位置或整改要求）与登记时的摘要不符，已被改动。")
			}
		}
		for id := range kept {
			add("removed", id, removed)
		}
	}
	gone, err := db.All(ctx, s.db, db.Value[FindingID], `SELECT DISTINCT target_id FROM audit_entry WHERE target_kind = 'finding' AND target_id > $1 AND act = $2 ORDER BY target_id LIMIT 1000`, after, wordsAct)
	for _, id := range gone {
		add("removed", id, removed)
	}
	return err
}

// wordsKept are the latest hashes that the trail holds of what the findings after one
// id up to another say.
func (s *Service) wordsKept(ctx context.Context, after, to FindingID) (map[FindingID]string, error) {
	type row struct {
		id    FindingID
		after string
	}
	rows, err := db.All(ctx, s.db, func(r db.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.id, &x.after)
	}, `SELECT target_id, after FROM audit_entry WHERE target_kind = 'finding' AND target_id > $1 AND target_id <= $2 AND act = $3 ORDER BY at, id`, after, to, wordsAct)
	out := make(map[FindingID]string, len(rows))
	for _, r := range rows {
		out[r.id] = hashIn(r.after)
	}
	return out, err
}
