-- +goose Up
-- Protected periods (重要保障期): what was declared, the daily reports, the
-- recorded consents. Article 22; readings 21.

CREATE TABLE protected_period (
    id          TEXT COLLATE "C" PRIMARY KEY,
    unit_id     TEXT NOT NULL REFERENCES unit (id), -- the provincial office that declared it
    area_id     TEXT NOT NULL REFERENCES area (id),
    area_path   TEXT COLLATE "C" NOT NULL,
    area_name   TEXT NOT NULL,
    name        TEXT NOT NULL,
    reason      TEXT NOT NULL,
    document    TEXT NOT NULL,
    from_on     DATE NOT NULL,
    until_on    DATE NOT NULL,
    factor      INTEGER NOT NULL,               -- how many times tighter the probing is
    state       TEXT NOT NULL,                  -- declared, over, summarised
    person_id   TEXT NOT NULL,
    person_name TEXT NOT NULL,
    declared_at TIMESTAMPTZ NOT NULL,
    ended_why   TEXT NOT NULL DEFAULT '',
    summary     TEXT NOT NULL DEFAULT '',
    summary_by  TEXT NOT NULL DEFAULT '',
    summary_at  TIMESTAMPTZ,
    asked_on    DATE                            -- the last day whose reports were asked for
);
CREATE INDEX protected_period_state ON protected_period (state, from_on);

CREATE TABLE zero_report (
    id          TEXT COLLATE "C" PRIMARY KEY,
    period_id   TEXT NOT NULL REFERENCES protected_period (id),
    unit_id     TEXT NOT NULL REFERENCES unit (id),
    on_day      DATE NOT NULL,
    zero        BOOLEAN NOT NULL,               -- nothing happened
    says        TEXT NOT NULL,
    below_due   INTEGER NOT NULL,               -- units below that owed one then
    below_done  INTEGER NOT NULL,               -- of these, those that had reported
    below_events INTEGER NOT NULL,              -- of these, those with something to report
    person_id   TEXT NOT NULL,
    person_name TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX zero_report_once ON zero_report (period_id, on_day, unit_id);
CREATE INDEX zero_report_unit ON zero_report (unit_id);

CREATE TABLE vigil_consent (
    id          TEXT COLLATE "C" PRIMARY KEY,
    period_id   TEXT NOT NULL REFERENCES protected_period (id),
    object_kind TEXT NOT NULL,                  -- site, account, app
    object_id   TEXT NOT NULL,
    object_name TEXT NOT NULL,
    act         TEXT NOT NULL,                  -- offline, closure, redesign, theme
    document    TEXT NOT NULL,
    reason      TEXT NOT NULL,
    person_id   TEXT NOT NULL,
    person_name TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX vigil_consent_once ON vigil_consent (period_id, object_kind, object_id, act);

-- +goose Down
DROP TABLE vigil_consent;
DROP TABLE zero_report;
DROP TABLE protected_period;
