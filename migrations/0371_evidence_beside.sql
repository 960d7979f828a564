-- +goose Up
-- Further answers that a finding rests on: the page as a search engine got it, or
-- as it was confirmed before. Article 23(1).
ALTER TABLE finding_evidence ADD COLUMN beside TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE finding_evidence DROP COLUMN beside;
