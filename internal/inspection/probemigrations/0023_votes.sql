-- +goose Up
-- What each vantage saw of a site in an interval. On PostgreSQL the same tables
-- stand in the house database (migrations/0323).
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

-- +goose Down
DROP TABLE probe_vote;
DROP TABLE vantage_seen;
