-- +goose Up
-- 存量认定: on what each object stands that was there before the system, and the plan for what Article 7 speaks against. Readings 10.
CREATE TABLE baseline (
    object_kind  TEXT NOT NULL, -- site, account, app
    object_id    TEXT COLLATE "C" NOT NULL,
    basis        TEXT NOT NULL, -- approval, filing, national, unknown
    document     TEXT NOT NULL DEFAULT '',
    document_on  DATE,
    offline_year INTEGER NOT NULL,           -- the year the use below belongs to
    offline_times INTEGER NOT NULL DEFAULT 0, -- temporary offline already used in that year
    offline_days INTEGER NOT NULL DEFAULT 0,
    note         TEXT NOT NULL DEFAULT '',
    confirmed_by TEXT NOT NULL,
    confirmed_by_name TEXT NOT NULL,
    confirmed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (object_kind, object_id),
    CHECK (offline_times >= 0 AND offline_days >= 0)
);

CREATE TABLE clearance (
    id          TEXT COLLATE "C" PRIMARY KEY,
    unit_id     TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
    object_kind TEXT NOT NULL,
    object_id   TEXT COLLATE "C" NOT NULL,
    object_name TEXT NOT NULL,
    rule_id     TEXT NOT NULL,
    says        TEXT NOT NULL,
    state       TEXT NOT NULL, -- listed, planned, cleared, kept
    way         TEXT NOT NULL DEFAULT '', -- close, merge, transfer, override
    plan        TEXT NOT NULL DEFAULT '',
    plan_by     DATE,
    evidence    TEXT NOT NULL DEFAULT '',
    found_at    TIMESTAMPTZ NOT NULL,
    ended_at    TIMESTAMPTZ
);
CREATE UNIQUE INDEX clearance_once ON clearance (object_kind, object_id, rule_id) WHERE ended_at IS NULL;
CREATE INDEX clearance_unit ON clearance (unit_id, state);
CREATE INDEX clearance_found ON clearance (found_at);

-- +goose Down
DROP TABLE clearance;
DROP TABLE baseline;
