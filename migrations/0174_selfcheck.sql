-- +goose Up
-- Quarterly security self-check. Article 23(1).
CREATE TABLE selfcheck (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    unit_id      TEXT NOT NULL REFERENCES unit (id),
    period_key   TEXT NOT NULL,
    pack_id      TEXT NOT NULL,
    pack_version INTEGER NOT NULL,
    state        TEXT NOT NULL, -- filling, submitted, confirmed
    answers      TEXT NOT NULL, -- JSON
    summary      TEXT NOT NULL DEFAULT '',
    filled_by_id TEXT NOT NULL DEFAULT '',
    filled_by    TEXT NOT NULL DEFAULT '',
    submitted_at TIMESTAMPTZ,
    leader       TEXT NOT NULL DEFAULT '', -- 分管领导 who confirmed
    leader_title TEXT NOT NULL DEFAULT '',
    confirmed_by TEXT NOT NULL DEFAULT '',
    confirmed_at TIMESTAMPTZ,
    returned_why TEXT NOT NULL DEFAULT '',
    UNIQUE (unit_id, period_key)
);
CREATE INDEX selfcheck_period ON selfcheck (period_key, state);

CREATE TABLE selfcheck_problem (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    selfcheck_id TEXT COLLATE "C" NOT NULL REFERENCES selfcheck (id),
    item_id      TEXT NOT NULL,
    says         TEXT NOT NULL,
    due_on       DATE NOT NULL,
    done_at      TIMESTAMPTZ,
    done_by      TEXT NOT NULL DEFAULT '',
    evidence     TEXT NOT NULL DEFAULT ''
);
CREATE INDEX selfcheck_problem_of ON selfcheck_problem (selfcheck_id);

-- +goose Down
DROP TABLE selfcheck_problem;
DROP TABLE selfcheck;
