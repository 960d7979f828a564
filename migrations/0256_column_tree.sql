-- +goose Up
-- The column tree is kept by people: a column that closes says why and into
-- which one it went, former names stay, and who handed a post to whom.
ALTER TABLE site_column ADD COLUMN merged_into TEXT REFERENCES site_column (id);
ALTER TABLE site_column ADD COLUMN closed_why TEXT NOT NULL DEFAULT '';
ALTER TABLE site_column ADD COLUMN rev INTEGER NOT NULL DEFAULT 1;
CREATE INDEX site_column_parent ON site_column (parent_id);
CREATE INDEX site_column_merged ON site_column (merged_into);

CREATE TABLE column_former_name (
    column_id  TEXT NOT NULL REFERENCES site_column (id),
    name       TEXT NOT NULL,
    until      TIMESTAMPTZ NOT NULL,
    by_name    TEXT NOT NULL,
    PRIMARY KEY (column_id, until)
);

CREATE TABLE column_handover (
    id        TEXT COLLATE "C" PRIMARY KEY,
    column_id TEXT NOT NULL REFERENCES site_column (id),
    post      TEXT NOT NULL CHECK (post IN ('owner', 'a', 'b', 'unit')),
    from_name TEXT NOT NULL,
    to_name   TEXT NOT NULL,
    why       TEXT NOT NULL,              -- 交接说明
    by_name   TEXT NOT NULL,
    at        TIMESTAMPTZ NOT NULL
);
CREATE INDEX column_handover_column ON column_handover (column_id, at);

-- +goose Down
DROP TABLE column_handover;
DROP TABLE column_former_name;
DROP INDEX site_column_merged;
DROP INDEX site_column_parent;
ALTER TABLE site_column DROP COLUMN rev;
ALTER TABLE site_column DROP COLUMN closed_why;
ALTER TABLE site_column DROP COLUMN merged_into;
