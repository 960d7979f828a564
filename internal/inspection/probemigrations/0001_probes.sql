-- +goose Up
-- Probes and the place of running crawls, in a file of their own: losing them
-- costs a week of statistics, never a record. On PostgreSQL the same tables
-- stand in the house database (migrations/0070).

CREATE TABLE probe (
    site_id TEXT NOT NULL,
    at      TIMESTAMPTZ NOT NULL,
    ok      BOOLEAN NOT NULL,
    kind    TEXT NOT NULL DEFAULT '', -- of the failure, as egress names it
    status  INTEGER NOT NULL DEFAULT 0,
    took_ms BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (site_id, at)
);
CREATE INDEX probe_at ON probe (at);

CREATE TABLE probe_day (
    site_id  TEXT NOT NULL,
    day      DATE NOT NULL,           -- in Asia/Shanghai
    probes   INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    took_ms  BIGINT NOT NULL DEFAULT 0, -- sum over the probes that succeeded
    last_at  TIMESTAMPTZ NOT NULL,
    last_ok  BOOLEAN NOT NULL,
    last_ok_at TIMESTAMPTZ,
    PRIMARY KEY (site_id, day)
);

CREATE TABLE frontier (
    run_id  TEXT PRIMARY KEY,
    url     TEXT NOT NULL DEFAULT '', -- visited last
    visited INTEGER NOT NULL DEFAULT 0,
    at      TIMESTAMPTZ NOT NULL
);

-- +goose Down
DROP TABLE frontier;
DROP TABLE probe_day;
DROP TABLE probe;
