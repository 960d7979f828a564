-- +goose Up
-- Clocks that explain themselves, holders, what returns every quarter and year, feeds. Articles 4, 18, 23, 31.
ALTER TABLE obligation ADD COLUMN person_id TEXT NOT NULL DEFAULT '';  -- A 岗, empty: the unit
ALTER TABLE obligation ADD COLUMN deputy_id TEXT NOT NULL DEFAULT '';  -- B 岗
ALTER TABLE obligation ADD COLUMN started_on DATE;                     -- the day the period began
ALTER TABLE obligation ADD COLUMN length TEXT NOT NULL DEFAULT '';     -- 20wd, 30d, 1m, 1y; empty: a fixed day
ALTER TABLE obligation ADD COLUMN paused_on DATE;                      -- stands still since
ALTER TABLE obligation ADD COLUMN looked_at TIMESTAMPTZ;               -- when the sweep last did something
ALTER TABLE obligation ADD COLUMN province_at TIMESTAMPTZ;             -- when the province was told
ALTER TABLE obligation ADD COLUMN wound INTEGER NOT NULL DEFAULT 0;    -- how often the clock was set back under it
CREATE INDEX obligation_late ON obligation (state, unit_id, kind, due_on);
CREATE INDEX obligation_due ON obligation (state, due_on, id);
CREATE INDEX obligation_kind ON obligation (state, kind, due_on, id);
CREATE INDEX obligation_period ON obligation (kind, period_key, unit_id);
CREATE INDEX obligation_person ON obligation (person_id, state, due_on) WHERE person_id <> '';
CREATE INDEX obligation_looked ON obligation (looked_at) WHERE state = 'open';
CREATE INDEX obligation_provisional ON obligation (provisional, id) WHERE state = 'open';

-- What happened to a clock after it was opened.
CREATE TABLE obligation_event (
    obligation_id TEXT COLLATE "C" NOT NULL REFERENCES obligation (id),
    seq           INTEGER NOT NULL,
    act           TEXT NOT NULL, -- extend, pause, resume, recount, hand, move, urge
    due_from      DATE,
    due_to        DATE,
    basis         TEXT NOT NULL DEFAULT '',
    says          TEXT NOT NULL DEFAULT '',
    person_name   TEXT NOT NULL DEFAULT '',
    at            TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (obligation_id, seq)
);

-- How far the calendar has opened what returns.
CREATE TABLE recurring_period (
    kind       TEXT NOT NULL,
    period_key TEXT NOT NULL,
    looked_on  DATE NOT NULL,
    PRIMARY KEY (kind, period_key)
);

-- A person's own calendar address; the token itself is not kept.
CREATE TABLE calendar_feed (
    person_id  TEXT NOT NULL PRIMARY KEY REFERENCES person (id),
    hash       TEXT NOT NULL UNIQUE,
    created_at TIMESTAMPTZ NOT NULL
);

-- +goose Down
DROP TABLE calendar_feed;
DROP TABLE recurring_period;
DROP TABLE obligation_event;
DROP INDEX obligation_provisional;
DROP INDEX obligation_looked;
DROP INDEX obligation_person;
DROP INDEX obligation_period;
DROP INDEX obligation_kind;
DROP INDEX obligation_due;
DROP INDEX obligation_late;
ALTER TABLE obligation DROP COLUMN wound;
ALTER TABLE obligation DROP COLUMN province_at;
ALTER TABLE obligation DROP COLUMN looked_at;
ALTER TABLE obligation DROP COLUMN paused_on;
ALTER TABLE obligation DROP COLUMN length;
ALTER TABLE obligation DROP COLUMN started_on;
ALTER TABLE obligation DROP COLUMN deputy_id;
ALTER TABLE obligation DROP COLUMN person_id;
