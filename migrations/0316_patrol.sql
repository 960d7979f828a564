-- +goose Up
-- Patrol plans, what they draw, and what a look is proved by. Articles 19(4), 23.

CREATE TABLE patrol_plan (
    id         TEXT COLLATE "C" PRIMARY KEY,
    unit_id    TEXT NOT NULL REFERENCES unit (id), -- that planned it; its area bounds the plan
    name       TEXT NOT NULL,
    area_id    TEXT NOT NULL,                      -- sites of this area and below
    levels     TEXT NOT NULL,                      -- JSON: province, city, county; empty for all
    kinds      TEXT NOT NULL,                      -- JSON: kinds of site; empty for all
    hosted     TEXT NOT NULL DEFAULT '',           -- '', only, not
    share      INTEGER NOT NULL,                   -- per cent of each stratum in a round
    cadence    TEXT NOT NULL,                      -- once, daily, weekly, monthly, quarterly
    spec       TEXT NOT NULL,                      -- JSON: what a run looks at and when
    seed       BIGINT NOT NULL,
    state      TEXT NOT NULL,                      -- active, paused, ended
    round      INTEGER NOT NULL DEFAULT 0,         -- rounds drawn
    next_on    DATE,                               -- of the next draw; none when there is none
    ends_on    DATE,
    made_by    TEXT NOT NULL,
    made_at    TIMESTAMPTZ NOT NULL
);
CREATE INDEX patrol_plan_state ON patrol_plan (state, next_on);
CREATE INDEX patrol_plan_unit ON patrol_plan (unit_id, made_at);

ALTER TABLE inspection_run ADD COLUMN plan_id TEXT REFERENCES patrol_plan (id);
ALTER TABLE inspection_run ADD COLUMN spec TEXT NOT NULL DEFAULT '{}';
ALTER TABLE inspection_run ADD COLUMN vantage TEXT NOT NULL DEFAULT '';
ALTER TABLE inspection_run ADD COLUMN edition TEXT NOT NULL DEFAULT '';
ALTER TABLE inspection_run ADD COLUMN bytes BIGINT NOT NULL DEFAULT 0;
ALTER TABLE inspection_run ADD COLUMN same INTEGER NOT NULL DEFAULT 0;
ALTER TABLE inspection_run ADD COLUMN sent_at TIMESTAMPTZ;
CREATE INDEX inspection_run_plan ON inspection_run (plan_id, id);
CREATE INDEX inspection_run_state ON inspection_run (state, asked_at);

-- The sample of a round, as it was drawn: it can be read back and drawn again.
CREATE TABLE patrol_pick (
    plan_id TEXT COLLATE "C" NOT NULL REFERENCES patrol_plan (id),
    round   INTEGER NOT NULL,
    site_id TEXT NOT NULL REFERENCES site (id),
    stratum TEXT NOT NULL,
    size    INTEGER NOT NULL,                      -- of the stratum then
    run_id  TEXT REFERENCES inspection_run (id),
    skipped TEXT NOT NULL DEFAULT '',              -- why it was not looked at
    PRIMARY KEY (plan_id, round, site_id)
);
CREATE INDEX patrol_pick_waiting ON patrol_pick (plan_id, round) WHERE run_id IS NULL AND skipped = '';

ALTER TABLE finding_evidence ADD COLUMN vantage TEXT NOT NULL DEFAULT '';
ALTER TABLE finding_evidence ADD COLUMN edition TEXT NOT NULL DEFAULT '';
ALTER TABLE finding_evidence ADD COLUMN screenshot TEXT NOT NULL DEFAULT '';
ALTER TABLE finding_evidence ADD COLUMN boxes TEXT NOT NULL DEFAULT '';
ALTER TABLE finding_evidence ADD COLUMN hash TEXT NOT NULL DEFAULT '';

-- What pages of sites that are not published here ought to look like. Only a
-- named person sets one forward.
CREATE TABLE page_baseline (
    site_id TEXT NOT NULL REFERENCES site (id),
    address TEXT COLLATE "C" NOT NULL,
    ref     TEXT NOT NULL,
    sha256  TEXT NOT NULL,
    set_by  TEXT NOT NULL,
    set_at  TIMESTAMPTZ NOT NULL,
    reason  TEXT NOT NULL,
    PRIMARY KEY (site_id, address)
);

-- +goose Down
DROP TABLE page_baseline;
ALTER TABLE finding_evidence DROP COLUMN hash;
ALTER TABLE finding_evidence DROP COLUMN boxes;
ALTER TABLE finding_evidence DROP COLUMN screenshot;
ALTER TABLE finding_evidence DROP COLUMN edition;
ALTER TABLE finding_evidence DROP COLUMN vantage;
DROP TABLE patrol_pick;
DROP INDEX inspection_run_state;
DROP INDEX inspection_run_plan;
ALTER TABLE inspection_run DROP COLUMN sent_at;
ALTER TABLE inspection_run DROP COLUMN same;
ALTER TABLE inspection_run DROP COLUMN bytes;
ALTER TABLE inspection_run DROP COLUMN edition;
ALTER TABLE inspection_run DROP COLUMN vantage;
ALTER TABLE inspection_run DROP COLUMN spec;
ALTER TABLE inspection_run DROP COLUMN plan_id;
DROP TABLE patrol_plan;
