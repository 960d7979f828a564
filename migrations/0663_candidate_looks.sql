-- +goose Up
-- What the monitor saw at the one look at a name like a protected one that resolves, and
-- how like the genuine page it is; alike -1: not compared. Article 23(3).
ALTER TABLE impostor_candidate ADD COLUMN looked_at TIMESTAMPTZ;
ALTER TABLE impostor_candidate ADD COLUMN outcome TEXT NOT NULL DEFAULT '';
ALTER TABLE impostor_candidate ADD COLUMN says TEXT NOT NULL DEFAULT '';
ALTER TABLE impostor_candidate ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE impostor_candidate ADD COLUMN status INTEGER NOT NULL DEFAULT 0;
ALTER TABLE impostor_candidate ADD COLUMN ref TEXT NOT NULL DEFAULT '';
ALTER TABLE impostor_candidate ADD COLUMN sha256 TEXT NOT NULL DEFAULT '';
ALTER TABLE impostor_candidate ADD COLUMN likeness TEXT NOT NULL DEFAULT '';
ALTER TABLE impostor_candidate ADD COLUMN alike INTEGER NOT NULL DEFAULT -1;

-- +goose Down
ALTER TABLE impostor_candidate DROP COLUMN alike;
ALTER TABLE impostor_candidate DROP COLUMN likeness;
ALTER TABLE impostor_candidate DROP COLUMN sha256;
ALTER TABLE impostor_candidate DROP COLUMN ref;
ALTER TABLE impostor_candidate DROP COLUMN status;
ALTER TABLE impostor_candidate DROP COLUMN title;
ALTER TABLE impostor_candidate DROP COLUMN says;
ALTER TABLE impostor_candidate DROP COLUMN outcome;
ALTER TABLE impostor_candidate DROP COLUMN looked_at;
