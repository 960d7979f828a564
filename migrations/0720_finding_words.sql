-- +goose Up
-- What a finding says (words, severity, place, basis) is hashed into the trail, as each look at it is.
-- Empty: filed before, and not seen since. Article 19(4).
ALTER TABLE finding ADD COLUMN words_hash TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE finding DROP COLUMN words_hash;
