-- +goose Up
-- The places from which availability is probed, and their votes on each site
-- and interval (indicator V-W-2: a failure counts when a quorum saw it).
CREATE TABLE vantage (
    id         TEXT COLLATE "C" PRIMARY KEY,    -- own: this system itself
    name       TEXT NOT NULL,
    place      TEXT NOT NULL DEFAULT '',        -- room and line: 西安电信
    public_key TEXT NOT NULL DEFAULT '',        -- base64; empty for own
    line       TEXT NOT NULL DEFAULT '',        -- addresses of its own to test its line by, one a line
    by_file    BOOLEAN NOT NULL DEFAULT FALSE,  -- lists and batches go as files
    made_by    TEXT NOT NULL,
    made_at    TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ
);

-- On SQLite these stand in the file of probes (internal/inspection/probemigrations).
-- only: postgres
CREATE TABLE vantage_seen (
    vantage_id TEXT PRIMARY KEY,
    at         TIMESTAMPTZ NOT NULL,
    seq        BIGINT NOT NULL,
    line_ok    BOOLEAN NOT NULL,
    results    INTEGER NOT NULL,
    lost       INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE probe_vote (
    site_id    TEXT NOT NULL,
    slot       TIMESTAMPTZ NOT NULL,
    vantage_id TEXT NOT NULL,
    ok         BOOLEAN NOT NULL,
    kind       TEXT NOT NULL DEFAULT '',
    status     INTEGER NOT NULL DEFAULT 0,
    took_ms    BIGINT NOT NULL DEFAULT 0,
    verdict    TEXT NOT NULL DEFAULT '', -- open until decided; ok, failed, split, alone
    PRIMARY KEY (site_id, slot, vantage_id)
);
CREATE INDEX probe_vote_slot ON probe_vote (verdict, slot);
-- end only

-- +goose Down
-- only: postgres
DROP TABLE probe_vote;
DROP TABLE vantage_seen;
-- end only
DROP TABLE vantage;
