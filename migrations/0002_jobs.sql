-- +goose Up
-- Durable work: a row is inserted with the act that asks for it, and goes when
-- the work is done. Work that spent its attempts stays as failed.
CREATE TABLE job (
    id           TEXT COLLATE "C" PRIMARY KEY,
    queue        TEXT NOT NULL,
    kind         TEXT NOT NULL,
    args         TEXT NOT NULL,
    unique_key   TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'failed')),
    run_at       TIMESTAMPTZ NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    attempt      INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    holder       TEXT NOT NULL,
    held_until   TIMESTAMPTZ,
    last_error   TEXT NOT NULL,
    failed_at    TIMESTAMPTZ
);
CREATE INDEX job_due ON job (state, run_at, id);
CREATE INDEX job_unique ON job (kind, unique_key, state) WHERE unique_key <> '';

-- When each periodic kind fires next: whoever moves the instant forward fires.
CREATE TABLE job_period (
    kind    TEXT PRIMARY KEY,
    next_at TIMESTAMPTZ NOT NULL
);

-- +goose Down
DROP TABLE job_period;
DROP TABLE job;
