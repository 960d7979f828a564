package internal_test

import (
	"context"
	"testing"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/db"
	"zhengshu/internal/passage"
	"zhengshu/internal/rules/packs"
)

// scoringPack is a draft that lies with the county's office, as none may begin
// one: only the province's office drafts, and what lies elsewhere is still kept
// from a neighbour.
func (n *neighbourhood) scoringPack(t testing.TB, c *county, version int) string {
	t.Helper()
	p := must(packs.Embedded())(t)[0]
	p.Version, p.Title = version, c.mark+"考核指标"
	content := must(packs.Encode(p))(t)
	ctx := audit.System(context.Background(), "test")
	id := ulid.Make().String()
	err := n.h.DB.Update(ctx, func(tx *db.Tx) error {
		if _, _, err := assessment.VersionMachine.Take(ctx, tx, id, "draft", passage.Note{Says: c.mark}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO scoring_pack (id, pack, version, unit_id, content, sha256, note, state, author_name, created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'draft', $7, $8, $8)`,
			id, p.ID, p.Version, c.office.ID, string(content), packs.Digest(content), c.mark, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "assessment.pack.draft", Target: audit.Target{Kind: "scoring_pack", ID: id, Name: p.Title, Unit: string(c.office.ID)}})
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}
