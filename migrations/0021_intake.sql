-- +goose Up
-- Files that people bring to be taken into the ledger: looked at first (a dry
-- run), taken when confirmed. The bytes are in the blob store.
CREATE TABLE intake_file (
    id         TEXT COLLATE "C" PRIMARY KEY,
    person_id  TEXT NOT NULL,
    kind       TEXT NOT NULL, -- units, sites, accounts
    name       TEXT NOT NULL,
    size       BIGINT NOT NULL, -- bytes
    blob       TEXT NOT NULL,
    looked     TEXT NOT NULL, -- report of the dry run, JSON
    taken      TEXT NOT NULL DEFAULT '', -- report of the import, JSON
    created_at TIMESTAMPTZ NOT NULL,
    taken_at   TIMESTAMPTZ
);
CREATE INDEX intake_file_person ON intake_file (person_id, created_at);

-- +goose Down
DROP TABLE intake_file;
