-- +goose Up
-- The two matrices of Article 11 as data: where each running object of the
-- ledger stands. media_matrix_node is derived and can be made anew at any time.

CREATE TABLE media_matrix_place ( -- what a person decided instead of the derived place
    object_kind TEXT NOT NULL, -- site, account, app
    object_id   TEXT COLLATE "C" NOT NULL,
    area_id     TEXT COLLATE "C" REFERENCES area (id), -- set: the object heads the matrix of the area
    parent_kind TEXT NOT NULL,
    parent_id   TEXT COLLATE "C" NOT NULL,
    reason      TEXT NOT NULL,
    by_name     TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (object_kind, object_id)
);
CREATE UNIQUE INDEX media_matrix_head ON media_matrix_place (area_id, (CASE WHEN object_kind = 'site' THEN 'sites' ELSE 'accounts' END)) WHERE area_id IS NOT NULL;

CREATE TABLE media_matrix_node (
    object_kind TEXT NOT NULL,
    object_id   TEXT COLLATE "C" NOT NULL,
    matrix      TEXT NOT NULL, -- sites, accounts
    area_id     TEXT COLLATE "C" NOT NULL REFERENCES area (id), -- of the object's unit
    standing    TEXT NOT NULL, -- head, derived, placed, missing
    parent_kind TEXT NOT NULL,
    parent_id   TEXT COLLATE "C" NOT NULL,
    gap_id      TEXT COLLATE "C" NOT NULL, -- of a missing one: the area whose head is missing
    since       TIMESTAMPTZ NOT NULL,
    unit_id     TEXT NOT NULL,             -- these two of the object's unit, for the list
    area_path   TEXT COLLATE "C" NOT NULL,
    placed      INTEGER NOT NULL,          -- 0 for a missing one: those come first
    PRIMARY KEY (object_kind, object_id)
);
CREATE INDEX media_matrix_node_listed ON media_matrix_node (matrix, placed, area_path, object_id, standing, unit_id);
CREATE INDEX media_matrix_node_parent ON media_matrix_node (parent_id, parent_kind);
CREATE INDEX media_matrix_node_area ON media_matrix_node (area_id, matrix, standing);
CREATE INDEX media_matrix_node_standing ON media_matrix_node (matrix, standing);

CREATE TABLE media_matrix_gap ( -- an area without a head, and the clock that runs for it
    matrix  TEXT NOT NULL,
    area_id TEXT COLLATE "C" NOT NULL REFERENCES area (id),
    unit_id TEXT NOT NULL REFERENCES unit (id), -- the office that is to name one
    since   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (matrix, area_id)
);

-- +goose Down
DROP TABLE media_matrix_gap;
DROP TABLE media_matrix_node;
DROP TABLE media_matrix_place;
