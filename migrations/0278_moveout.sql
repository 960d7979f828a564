-- +goose Up
-- Everything of one site, taken out as one archive.

CREATE TABLE move_out (
    id           TEXT COLLATE "C" PRIMARY KEY,
    site_id      TEXT COLLATE "C" NOT NULL REFERENCES site (id),
    unit_id      TEXT NOT NULL REFERENCES unit (id), -- the sponsor that asked
    person_id    TEXT NOT NULL REFERENCES person (id),
    person_name  TEXT NOT NULL,
    letters      BOOLEAN NOT NULL,
    state        TEXT NOT NULL, -- waiting, running, ready, failed, expired
    stage        TEXT NOT NULL, -- the part in hand
    done         INTEGER NOT NULL,
    total        INTEGER NOT NULL,
    parts        TEXT NOT NULL, -- JSON: finished parts, each a blob with its hash
    sha256       TEXT NOT NULL,
    size         BIGINT NOT NULL,
    failure      TEXT NOT NULL,
    asked_at     TIMESTAMPTZ NOT NULL,
    ready_at     TIMESTAMPTZ,
    expires_at   TIMESTAMPTZ,
    downloads    INTEGER NOT NULL
);
CREATE INDEX move_out_site ON move_out (site_id, asked_at);
CREATE INDEX move_out_unit ON move_out (unit_id, asked_at);
CREATE UNIQUE INDEX move_out_under_way ON move_out (site_id) WHERE state IN ('waiting', 'running');

-- +goose Down
DROP TABLE move_out;
