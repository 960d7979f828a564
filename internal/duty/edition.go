package duty

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
)

// Edition is a month's turns as they stood, published, when the roster was
// reopened: it never changes again.
type Edition struct {
	No                      int
	PublishedBy, ReopenedBy string
	PublishedAt, ReopenedAt time.Time
	Shifts                  []Shift
}

// EditionLink is the page of one edition.
func (r Roster) EditionLink(no int) string { return r.Link() + "/editions/" + strconv.Itoa(no) }

// keepEdition keeps a published roster before it is changed and returns what the
// trail says of it.
func keepEdition(ctx context.Context, tx *db.Tx, r Roster, by string) (map[string]any, error) {
	body, err := json.Marshal(r.Shifts)
	if err != nil {
		return nil, fmt.Errorf("duty: edition of %s: %w", r.ID, err)
	}
	no, err := db.One(ctx, tx, db.Value[int], `SELECT COALESCE(MAX(no), 0) + 1 FROM duty_edition WHERE roster_id = $1`, r.ID)
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO duty_edition (id, roster_id, no, turns, published_by, published_at, reopened_by, reopened_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		ulid.Make().String(), r.ID, no, string(body), r.PublishedBy, r.PublishedAt, by, tx.Now()); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	return map[string]any{"edition": no, "turns": len(r.Shifts), "sha256": hex.EncodeToString(sum[:])}, nil
}

const editionSelect = `SELECT no, turns, published_by, published_at, reopened_by, reopened_at FROM duty_edition`

func scanEdition(r db.Scanner) (Edition, error) {
	var e Edition
	var body string
	err := r.Scan(&e.No, &body, &e.PublishedBy, &e.PublishedAt, &e.ReopenedBy, &e.ReopenedAt)
	if err == nil {
		err = json.Unmarshal([]byte(body), &e.Shifts)
	}
	return e, err
}

// Edition is one of a roster in scope, with the roster as it is now.
func (s *Service) Edition(ctx context.Context, scope authz.Scope, unit org.UnitID, month string, no int) (Edition, Roster, error) {
	r, err := s.Roster(ctx, scope, unit, month)
	if err != nil {
		return Edition{}, r, err
	}
	e, err := db.One(ctx, s.DB, scanEdition, editionSelect+` WHERE roster_id = $1 AND no = $2`, r.ID, no)
	if db.None(err) {
		err = fault.Missing("这一版值班表")
	}
	return e, r, err
}

// Change is one act on a month's roster, as people read it.
type Change struct {
	At        time.Time
	Who, Does string
	Text      string
}

// mostChanges bounds how much of a month's history is read at once, the latest of
// it.
const mostChanges = 100

// does are the acts on a roster in words.
var does = map[string]string{"fill": "按轮班编排", "apply_pattern": "按周模板编排", "set_shift": "改动班次", "drop_shift": "删除班次", "leader": "安排带班领导", "publish": "公布", "reopen": "调整", "keep_pattern": "存为周模板"}

// History is what became of a month's roster in scope: the editions it had, the
// latest first, and who changed what, swaps among it.
func (s *Service) History(ctx context.Context, scope authz.Scope, unit org.UnitID, month string) (editions []Edition, changes []Change, err error) {
	r, err := s.Roster(ctx, scope, unit, month)
	if err != nil || r.ID == "" {
		return nil, nil, err
	}
	if editions, err = db.All(ctx, s.DB, scanEdition, editionSelect+` WHERE roster_id = $1 ORDER BY no DESC`, r.ID); err != nil {
		return nil, nil, err
	}
	rows, err := audit.Entries(ctx, s.DB, audit.Filter{TargetKind: "duty_roster", TargetID: r.ID, Act: "duty.roster.", Limit: mostChanges})
	if err != nil {
		return nil, nil, err
	}
	for _, x := range rows {
		name, ok := does[x.Act[len("duty.roster."):]]
		if !ok {
			continue
		}
		changes = append(changes, Change{At: x.At, Who: x.Actor.Name, Does: name, Text: turned(x.Before, x.After)})
	}
	swaps, err := db.All(ctx, s.DB, func(row db.Scanner) (Change, error) {
		var w Swap
		c := Change{Does: "换班"}
		err := row.Scan(&c.At, &w.Part, &w.FromName, &w.ToName, &w.Shift.From, &w.Shift.Until)
		c.Who, c.Text = w.ToName, w.Shift.Span()+w.noun()+"："+w.FromName+" 换为 "+w.ToName
		return c, err
	}, `SELECT w.answered_at, w.part, w.from_name, w.to_name, x.from_at, x.until_at FROM duty_swap w JOIN duty_shift x ON x.id = w.shift_id
	     WHERE x.roster_id = $1 AND w.state = 'agreed' ORDER BY w.answered_at DESC, w.id LIMIT 100`, r.ID)
	if err != nil {
		return nil, nil, err
	}
	changes = append(changes, swaps...)
	slices.SortStableFunc(changes, func(a, b Change) int { return cmp.Compare(b.At.UnixNano(), a.At.UnixNano()) })
	return editions, changes[:min(len(changes), mostChanges)], nil
}

// turned says what one turn was and became, from an entry of the trail; "" where
// the act was not on one turn.
func turned(before, after string) string {
	was, is := turnOf(before), turnOf(after)
	switch {
	case was == "":
		return is
	case is == "" || was == is:
		return "原为 " + was
	}
	return "原为 " + was + "，改为 " + is
}

func turnOf(body string) string {
	var x Shift
	if json.Unmarshal([]byte(body), &x) != nil || x.From.IsZero() || x.LeadName == "" {
		return ""
	}
	return x.Span() + " " + x.Manned()
}

// Manned is who stands on the turn and who leads it, in words.
func (s Shift) Manned() string {
	if s.LeaderName == "" {
		return s.Names()
	}
	return s.Names() + "（带班 " + s.LeaderName + "）"
}
