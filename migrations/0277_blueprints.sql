-- +goose Up
-- Templates of sites, and what was made from one. Articles 25, 28.

CREATE TABLE blueprint (
    id         TEXT COLLATE "C" PRIMARY KEY,
    unit_id    TEXT NOT NULL REFERENCES unit (id),
    name       TEXT NOT NULL,
    says       TEXT NOT NULL,
    body       TEXT NOT NULL, -- JSON: columns, look, parts of other modules
    from_site  TEXT NOT NULL, -- the site it was made from; empty for none
    by_name    TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    retired_at TIMESTAMPTZ
);
CREATE INDEX blueprint_unit ON blueprint (unit_id);

-- +goose Down
DROP TABLE blueprint;
