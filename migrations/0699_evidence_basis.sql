-- +goose Up
-- On what basis evidence is kept beyond its days: the document that asks for it. Empty: kept before it was asked for.
ALTER TABLE evidence_preserve ADD COLUMN basis TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE evidence_preserve DROP COLUMN basis;
