package lexicon

import (
	"context"
	"fmt"

	"zhengshu/internal/db"
	"zhengshu/internal/org"
)

// Reorganise is the lists' part in a reorganisation: entries in force or waiting
// go to who follows the unit, unless it has the same already; the packs stay as
// the record of who made them. Of a post each holder goes by himself.
func Reorganise() org.Module {
	m := org.Carries("lexicon", org.Owned{Table: "lexicon_entry", Kind: "lexicon_entry", Noun: "词库词条", Name: "words", Note: "rights", Link: "'/console/lexicon/entries/' || id",
		Where: `state IN ('proposed', 'active')`, Unless: `EXISTS (SELECT 1 FROM lexicon_entry o WHERE o.unit_id = $2 AND o.kind = lexicon_entry.kind AND o.words = lexicon_entry.words AND o.state IN ('proposed', 'active')
			AND (o.kind <> 'post' OR o.rights = lexicon_entry.rights AND o.from_day = lexicon_entry.from_day))`})
	carry := m.Carry
	m.Carry = func(ctx context.Context, tx *db.Tx, c org.Carrying) error {
		if err := carry(ctx, tx, c); err != nil {
			return err
		}
		return rekey(ctx, tx, c.From)
	}
	return m
}

// rekey gives entries that left a unit the key of where they are now: what two of
// that unit may not share is told by it.
func rekey(ctx context.Context, tx *db.Tx, from org.UnitID) error {
	gone, err := db.All(ctx, tx, scanEntry, entrySelect+` WHERE e.state IN ('proposed', 'active') AND e.unit_id <> $1 AND e.live_key LIKE $2`, from, string(from)+"|%")
	if err != nil {
		return fmt.Errorf("lexicon: entries carried on: %w", err)
	}
	for _, e := range gone {
		if _, err := tx.Exec(ctx, `UPDATE lexicon_entry SET live_key = $2 WHERE id = $1`, e.ID, e.key()); err != nil {
			return fmt.Errorf("lexicon: entry carried on: %w", err)
		}
	}
	return nil
}
