-- +goose Up
-- 常用查询: conditions of a list kept under a name, by a person, for that person
-- or the whole unit; and the columns a person likes to see.
CREATE TABLE saved_query (
    id         TEXT COLLATE "C" PRIMARY KEY,
    list       TEXT NOT NULL,
    name       TEXT NOT NULL,
    query      TEXT NOT NULL, -- as in the address
    person_id  TEXT NOT NULL,
    unit_id    TEXT NOT NULL,
    shared     BOOLEAN NOT NULL DEFAULT FALSE,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (person_id, list, name)
);
CREATE INDEX saved_query_unit ON saved_query (unit_id, list);

CREATE TABLE list_columns (
    person_id TEXT NOT NULL,
    list      TEXT NOT NULL,
    columns   TEXT NOT NULL, -- keys, separated by commas
    PRIMARY KEY (person_id, list)
);

-- +goose Down
DROP TABLE list_columns;
DROP TABLE saved_query;
