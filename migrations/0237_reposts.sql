-- +goose Up
-- Whom an item may be reposted from, by editions of the list; Article 19(3).
ALTER TABLE repost_source ADD COLUMN category TEXT NOT NULL DEFAULT '';
ALTER TABLE repost_source ADD COLUMN edition TEXT NOT NULL DEFAULT '';   -- name of the edition it came with
ALTER TABLE repost_source ADD COLUMN frozen_on DATE;                     -- not from this day on
ALTER TABLE repost_source ADD COLUMN frozen_why TEXT NOT NULL DEFAULT '';

CREATE TABLE source_edition (
    id           TEXT COLLATE "C" PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    basis        TEXT NOT NULL,
    effective    DATE NOT NULL,
    sources      INTEGER NOT NULL,
    list_sha256  TEXT NOT NULL,
    person_name  TEXT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL
);

-- When what is reposted was first published.
ALTER TABLE item_version ADD COLUMN source_at TIMESTAMPTZ;

-- +goose Down
ALTER TABLE item_version DROP COLUMN source_at;
DROP TABLE source_edition;
ALTER TABLE repost_source DROP COLUMN frozen_why;
ALTER TABLE repost_source DROP COLUMN frozen_on;
ALTER TABLE repost_source DROP COLUMN edition;
ALTER TABLE repost_source DROP COLUMN category;
