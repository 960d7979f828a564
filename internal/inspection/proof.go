package inspection

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/blob"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection/engine"
)

// Personal reports whether bytes that were kept are a text that shows personal data, or
// one that cannot be read: screens mask what they show of it, a file cannot.
func Personal(body []byte) bool {
	if !strings.HasPrefix(http.DetectContentType(body), "text/") {
		return false
	}
	p, err := check.ParsePage(body, "", "")
	return err != nil || len(check.Privacy(p.VisibleText)) > 0
}

// evidenceKind is how the trail names a look at a finding.
const evidenceKind = "evidence"

// digest is the hash of a look: of everything that was kept of it.
func (p Proof) digest() string {
	b, err := json.Marshal(struct {
		ID, Finding, Run, Look, Outcome, Says string
		At                                    string
		Took                                  int64
		Actor, URL                            string
		Status                                int
		Headers, Link                         string
		LinkStatus                            int
		LinkFinal, Ref, SHA256                string
		Size                                  int64
		Excerpt, Vantage, Edition, Screenshot string
		Boxes                                 []engine.Box
		Beside                                []engine.Beside `json:",omitempty"` // left out of older looks, whose hashes stand
		Unshot                                string          `json:",omitempty"`
	}{p.ID, string(p.Finding), string(p.Run), p.Look, p.Outcome, p.Says, p.At.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano), p.Took.Milliseconds(), p.Actor, p.URL, p.Status, p.Headers, p.Link, p.LinkStatus,
		p.LinkFinal, string(p.Ref), p.SHA256, p.Size, p.Excerpt, p.Vantage, p.Edition, string(p.Screenshot), p.Boxes, p.Beside, p.Unshot})
	if err != nil {
		return "" // strings and numbers always marshal
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// EvidenceDamage is one look at a finding, or what the finding says, that is not as it
// was kept.
type EvidenceDamage struct {
	Kind    string `json:"kind"`  // changed, removed, unknown, bytes
	Proof   string `json:"proof"` // empty: what the finding says
	Finding string `json:"finding"`
	Says    string `json:"says"`
}

// EvidenceReport is what VerifyEvidence found. Old counts looks kept before evidence
// was chained, OldFindings findings filed before what they say was, and not seen since:
// neither can be verified.
type EvidenceReport struct {
	Findings    int `json:"findings"`
	OldFindings int `json:"old_findings"`
	Proofs      int `json:"proofs"`
	Old         int `json:"old"`
	Bytes       int `json:"bytes"` // files read back
	// Cleared looks let go of their bytes when their time had passed.
	Cleared int              `json:"cleared"`
	Damage  []EvidenceDamage `json:"damage"`
}

const proofsAtOnce = 500

// VerifyEvidence holds what every finding says and every look at it against the hash in
// the trail and reads the bytes back. The chain of the trail itself is proved by audit.Verify.
func (s *Service) VerifyEvidence(ctx context.Context) (EvidenceReport, error) {
	rep := EvidenceReport{Damage: []EvidenceDamage{}}
	add := func(kind string, p Proof, says string, a ...any) {
		rep.Damage = append(rep.Damage, EvidenceDamage{kind, p.ID, string(p.Finding), fmt.Sprintf(says, a...)})
	}
	if err := s.verifyWords(ctx, &rep); err != nil {
		return rep, err
	}
	read := map[blob.Ref]error{}
	for after := ""; ; {
		list, err := db.All(ctx, s.db, scanProof, proofSelect+` WHERE id > $1 ORDER BY id LIMIT $2`, after, proofsAtOnce)
		if err != nil {
			return rep, err
		}
		if len(list) == 0 {
			break
		}
		kept, err := s.chained(ctx, after, list[len(list)-1].ID)
		if err != nil {
			return rep, err
		}
		var said []string
		for _, p := range list {
			if !p.Cleared.IsZero() {
				said = append(said, p.ID)
			}
		}
		if said, err = s.clearedIn(ctx, said); err != nil {
			return rep, err
		}
		for _, p := range list {
			after = p.ID
			rep.Proofs++
			hash, known := kept[p.ID]
			delete(kept, p.ID)
			switch {
			case !known && p.Hash == "":
				rep.Old++
			case !known:
				add("unknown", p, "证据 %s（问题 %s）在审计记录中没有登记，来历不明。", p.ID, p.Finding)
			case p.digest() != hash || p.Hash != hash:
				add("changed", p, "证据 %s（问题 %s）的内容与登记时的摘要不符，已被改动。", p.ID, p.Finding)
			}
			if !p.Cleared.IsZero() {
				if _, ok := slices.BinarySearch(said, p.ID); !ok {
					add("changed", p, "证据 %s（问题 %s）标为文件已清除，审计记录中没有登记。", p.ID, p.Finding)
				}
				rep.Cleared++
				continue
			}
			for _, ref := range p.Refs() {
				err, done := read[ref]
				if !done {
					err = s.readBack(ctx, ref)
					read[ref] = err
					rep.Bytes++
				}
				if ctx.Err() != nil {
					return rep, ctx.Err()
				}
				if err != nil {
					add("bytes", p, "证据 %s（问题 %s）的文件%s：%s。", p.ID, p.Finding, unreadable(err), ref)
				}
			}
		}
		for id := range kept {
			add("removed", Proof{ID: id}, "证据 %s 登记后被删除。", id)
		}
	}
	// What lies beyond the last row, or in an empty table.
	last, err := db.One(ctx, s.db, db.Value[string], `SELECT COALESCE(max(id), '') FROM finding_evidence`)
	if err != nil {
		return rep, err
	}
	gone, err := s.beyond(ctx, last)
	for _, id := range gone {
		add("removed", Proof{ID: id}, "证据 %s 登记后被删除。", id)
	}
	return rep, err
}

// chained are the hashes the trail holds of the looks after one id up to
// another.
func (s *Service) chained(ctx context.Context, after, to string) (map[string]string, error) {
	type row struct{ id, after string }
	rows, err := db.All(ctx, s.db, func(r db.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.id, &x.after)
	}, `SELECT target_id, after FROM audit_entry WHERE target_kind = $1 AND target_id > $2 AND target_id <= $3 AND act = $4`, evidenceKind, after, to, keepAct)
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.id] = hashIn(r.after)
	}
	return out, err
}

// hashIn reads the hash from what the trail says of a look; empty where it says
// none.
func hashIn(after string) string {
	var v struct {
		Hash string `json:"hash"`
	}
	if json.Unmarshal([]byte(after), &v) != nil {
		return ""
	}
	return v.Hash
}

func (s *Service) beyond(ctx context.Context, last string) ([]string, error) {
	return db.All(ctx, s.db, db.Value[string], `SELECT target_id FROM audit_entry WHERE target_kind = $1 AND target_id > $2 AND act = $3 ORDER BY target_id LIMIT 1000`, evidenceKind, last, keepAct)
}

// unreadable says what is wrong with bytes that readBack did not get.
func unreadable(err error) string {
	switch {
	case errors.Is(err, blob.ErrNotFound):
		return "缺失"
	case errors.Is(err, blob.ErrDamaged):
		return "内容与摘要不符，已被改动或损坏"
	}
	return "读不出来"
}

func (s *Service) readBack(ctx context.Context, ref blob.Ref) error {
	f, err := s.blobs.Open(ctx, ref)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, f)
	return errors.Join(err, f.Close())
}
