-- +goose Up
-- Rounds of checking and assessing: the sample, the sheets of the judges, what
-- was frozen, appeals, corrections. Articles 29 and 30.

CREATE TABLE appraisal_round (
    id            TEXT COLLATE "C" PRIMARY KEY,
    number        TEXT NOT NULL UNIQUE,              -- quotable: KP-2026-0001
    name          TEXT NOT NULL,
    kind          TEXT NOT NULL,                     -- monthly, quarterly, annual
    period        TEXT COLLATE "C" NOT NULL,         -- 2026-Q3
    area_id       TEXT NOT NULL REFERENCES area (id),
    unit_id       TEXT NOT NULL REFERENCES unit (id), -- the office that holds it
    pack          TEXT NOT NULL,
    pack_version  INTEGER NOT NULL,
    pack_body     TEXT NOT NULL,                     -- JSON: the indicators as fixed at opening
    adoption      TEXT NOT NULL DEFAULT '',          -- JSON: who adopted the pack, as known at the freeze
    plan          TEXT NOT NULL,                     -- JSON: shares of the sample
    seed          BIGINT NOT NULL,
    state         TEXT NOT NULL,                     -- open, collecting, frozen, appealing, decided, published, withdrawn
    head_id       TEXT NOT NULL,
    head_name     TEXT NOT NULL,
    opened_at     TIMESTAMPTZ NOT NULL,
    collected_at  TIMESTAMPTZ,
    frozen_at     TIMESTAMPTZ,
    frozen_by     TEXT NOT NULL DEFAULT '',
    sha256        TEXT NOT NULL DEFAULT '',          -- over all frozen results
    left_out      TEXT NOT NULL DEFAULT '[]',        -- JSON: runs not finished at the freeze
    appeal_on     DATE,                              -- the window is counted from here
    appeal_days   INTEGER NOT NULL DEFAULT 0,        -- working days
    decided_at    TIMESTAMPTZ,
    published_at  TIMESTAMPTZ,
    published_by  TEXT NOT NULL DEFAULT ''
);
CREATE INDEX appraisal_round_unit ON appraisal_round (unit_id, opened_at);
CREATE INDEX appraisal_round_area ON appraisal_round (area_id, period, state);

CREATE TABLE appraisal_object (
    id            TEXT COLLATE "C" PRIMARY KEY,
    round_id      TEXT NOT NULL REFERENCES appraisal_round (id),
    kind          TEXT NOT NULL,                     -- site, account
    object_id     TEXT COLLATE "C" NOT NULL,
    name          TEXT NOT NULL,                     -- as drawn
    host          TEXT NOT NULL,
    class         TEXT NOT NULL,
    area_code     TEXT COLLATE "C" NOT NULL,
    unit_id       TEXT NOT NULL REFERENCES unit (id), -- who answers for it today
    unit_name     TEXT NOT NULL,                     -- who ran it when it was drawn
    stratum       TEXT NOT NULL,
    stratum_size  INTEGER NOT NULL,
    drawn         TEXT NOT NULL,                     -- lot, whole, named
    reason        TEXT NOT NULL DEFAULT '',          -- why named
    added_by      TEXT NOT NULL DEFAULT '',
    removed_at    TIMESTAMPTZ,
    removed_by    TEXT NOT NULL DEFAULT '',
    removed_why   TEXT NOT NULL DEFAULT '',
    verdict       TEXT NOT NULL DEFAULT '',          -- as it stands: frozen, then corrected
    scored        BOOLEAN NOT NULL DEFAULT FALSE,
    points        INTEGER NOT NULL DEFAULT 0,        -- hundredths
    accepted_at   TIMESTAMPTZ,                       -- the unit has nothing to object
    accepted_by   TEXT NOT NULL DEFAULT '',
    UNIQUE (round_id, kind, object_id)
);
CREATE INDEX appraisal_object_round ON appraisal_object (round_id, area_code, name);
CREATE INDEX appraisal_object_unit ON appraisal_object (unit_id, round_id);
CREATE INDEX appraisal_object_seen ON appraisal_object (object_id);

CREATE TABLE appraisal_sheet (
    id          TEXT COLLATE "C" PRIMARY KEY,
    round_id    TEXT NOT NULL REFERENCES appraisal_round (id),
    object_id   TEXT NOT NULL REFERENCES appraisal_object (id),
    seat        TEXT NOT NULL,                       -- first, second
    judge_id    TEXT NOT NULL,
    judge_name  TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    UNIQUE (object_id, seat),
    UNIQUE (object_id, judge_id)
);
CREATE INDEX appraisal_sheet_round ON appraisal_sheet (round_id, object_id);
CREATE INDEX appraisal_sheet_judge ON appraisal_sheet (judge_id, at);

CREATE TABLE appraisal_mark (
    sheet_id  TEXT NOT NULL REFERENCES appraisal_sheet (id),
    indicator TEXT COLLATE "C" NOT NULL,
    outcome   TEXT NOT NULL,                         -- kept, violated, untested
    hits      INTEGER NOT NULL DEFAULT 0,
    whole     BOOLEAN NOT NULL DEFAULT FALSE,
    earned    INTEGER NOT NULL DEFAULT 0,            -- hundredths, of a bonus
    says      TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (sheet_id, indicator)
);

-- The head's word where two judges differ on a serious line.
CREATE TABLE appraisal_ruling (
    id         TEXT COLLATE "C" PRIMARY KEY,
    round_id   TEXT NOT NULL REFERENCES appraisal_round (id),
    object_id  TEXT NOT NULL REFERENCES appraisal_object (id),
    indicator  TEXT COLLATE "C" NOT NULL,
    outcome    TEXT NOT NULL,
    says       TEXT NOT NULL,
    head_id    TEXT NOT NULL,
    head_name  TEXT NOT NULL,
    at         TIMESTAMPTZ NOT NULL,
    UNIQUE (object_id, indicator)
);
CREATE INDEX appraisal_ruling_round ON appraisal_ruling (round_id, object_id);

-- What was frozen, never written again.
CREATE TABLE appraisal_result (
    object_id TEXT COLLATE "C" PRIMARY KEY REFERENCES appraisal_object (id),
    round_id  TEXT NOT NULL REFERENCES appraisal_round (id),
    facts     TEXT NOT NULL,                         -- JSON: what was seen, and the object as it then was
    result    TEXT NOT NULL,                         -- JSON: what that came to under the round's pack
    sha256    TEXT NOT NULL
);
CREATE INDEX appraisal_result_round ON appraisal_result (round_id);

CREATE TABLE appraisal_appeal (
    id          TEXT COLLATE "C" PRIMARY KEY,
    round_id    TEXT NOT NULL REFERENCES appraisal_round (id),
    object_id   TEXT NOT NULL REFERENCES appraisal_object (id),
    unit_id     TEXT NOT NULL REFERENCES unit (id),
    indicator   TEXT COLLATE "C" NOT NULL,
    reason      TEXT NOT NULL,
    state       TEXT NOT NULL,                       -- raised, upheld, rejected, withdrawn
    person_id   TEXT NOT NULL,
    person_name TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    answer      TEXT NOT NULL DEFAULT '',
    answered_id TEXT NOT NULL DEFAULT '',
    answered_by TEXT NOT NULL DEFAULT '',
    answered_at TIMESTAMPTZ
);
CREATE INDEX appraisal_appeal_round ON appraisal_appeal (round_id, state, at);
CREATE INDEX appraisal_appeal_object ON appraisal_appeal (object_id, at);
CREATE UNIQUE INDEX appraisal_appeal_open ON appraisal_appeal (object_id, indicator) WHERE state = 'raised';

-- A decided result differs from the frozen one by these records alone: an
-- appeal upheld, or an erratum of two persons after publishing.
CREATE TABLE appraisal_correction (
    id           TEXT COLLATE "C" PRIMARY KEY,
    round_id     TEXT NOT NULL REFERENCES appraisal_round (id),
    object_id    TEXT NOT NULL REFERENCES appraisal_object (id),
    appeal_id    TEXT NOT NULL DEFAULT '',
    indicator    TEXT COLLATE "C" NOT NULL,
    outcome      TEXT NOT NULL,
    hits         INTEGER NOT NULL DEFAULT 0,
    whole        BOOLEAN NOT NULL DEFAULT FALSE,
    earned       INTEGER NOT NULL DEFAULT 0,
    reason       TEXT NOT NULL,
    state        TEXT NOT NULL,                      -- proposed, stands, refused
    was          TEXT NOT NULL DEFAULT '',           -- JSON: verdict and points before
    becomes      TEXT NOT NULL DEFAULT '',           -- JSON: verdict and points after
    proposed_id  TEXT NOT NULL,
    proposed_by  TEXT NOT NULL,
    proposed_at  TIMESTAMPTZ NOT NULL,
    confirmed_id TEXT NOT NULL DEFAULT '',
    confirmed_by TEXT NOT NULL DEFAULT '',
    confirmed_at TIMESTAMPTZ,
    seq          INTEGER NOT NULL DEFAULT 0          -- the order they stand in, per object
);
CREATE INDEX appraisal_correction_round ON appraisal_correction (round_id, proposed_at);
CREATE INDEX appraisal_correction_object ON appraisal_correction (object_id, seq);
CREATE UNIQUE INDEX appraisal_correction_open ON appraisal_correction (object_id, indicator) WHERE state = 'proposed';

-- +goose Down
DROP TABLE appraisal_correction;
DROP TABLE appraisal_appeal;
DROP TABLE appraisal_result;
DROP TABLE appraisal_ruling;
DROP TABLE appraisal_mark;
DROP TABLE appraisal_sheet;
DROP TABLE appraisal_object;
DROP TABLE appraisal_round;
