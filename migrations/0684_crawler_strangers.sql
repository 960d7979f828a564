-- +goose Up
-- Files that came signed by a key which is not known here: nothing of what stands in
-- them is read until a person says that the key is one of ours. Article 19(4).
CREATE TABLE crawler_stranger (
    key      TEXT COLLATE "C" PRIMARY KEY,      -- public, as it stands in a .pub file
    file     TEXT NOT NULL,                     -- the last one
    files    INTEGER NOT NULL,
    first_at TIMESTAMPTZ NOT NULL,
    last_at  TIMESTAMPTZ NOT NULL,
    refused  BOOLEAN NOT NULL DEFAULT FALSE     -- a person does not know it
);

-- +goose Down
DROP TABLE crawler_stranger;
