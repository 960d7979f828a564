-- +goose Up
-- The office above that is asked to confirm a pack of a unit where nobody but its
-- proposer may. Article 19(3).
ALTER TABLE lexicon_pack ADD COLUMN asked_unit_id TEXT REFERENCES unit (id);
CREATE INDEX lexicon_pack_asked ON lexicon_pack (asked_unit_id) WHERE asked_unit_id IS NOT NULL;

-- +goose Down
DROP INDEX lexicon_pack_asked;
ALTER TABLE lexicon_pack DROP COLUMN asked_unit_id;
