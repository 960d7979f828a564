-- +goose Up
-- How like the genuine site a suspected fake is, seen at a look: what is alike, with
-- the words and pictures of both. It orders what waits to be verified; it decides
-- nothing. Article 23(3).
ALTER TABLE impostor_look ADD COLUMN likeness TEXT NOT NULL DEFAULT '';
ALTER TABLE impostor ADD COLUMN alike INTEGER NOT NULL DEFAULT -1;

-- +goose Down
ALTER TABLE impostor DROP COLUMN alike;
ALTER TABLE impostor_look DROP COLUMN likeness;
