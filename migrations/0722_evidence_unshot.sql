-- +goose Up
-- Why a look at a finding has no picture of the page. Empty: there is one, none was looked for, or it was not noted. Article 19(4).
ALTER TABLE finding_evidence ADD COLUMN unshot TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE finding_evidence DROP COLUMN unshot;
