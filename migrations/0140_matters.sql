-- +goose Up
-- Every lifecycle of Articles 7 to 10: what was asked for and judged, windows
-- off the net, endings and their proofs, acts that need no approval.

-- What the rules said of an application, kept as it was when it was submitted
-- and again when it was decided: later facts must not rewrite the file.
CREATE TABLE matter_check (
    case_id    TEXT COLLATE "C" PRIMARY KEY REFERENCES approval_case (id),
    verdicts   TEXT NOT NULL, -- JSON
    checked_at TIMESTAMPTZ NOT NULL
);
INSERT INTO matter_check (case_id, verdicts, checked_at) SELECT case_id, verdicts, checked_at FROM opening_check;
DROP TABLE opening_check;
CREATE INDEX matter_case_subject ON approval_case (subject_id, state);

-- One row per thing a planned site, account or app needs or owes around its launch.
CREATE TABLE opening_item (
    object_kind   TEXT NOT NULL, -- site, account, app
    object_id     TEXT COLLATE "C" NOT NULL,
    kind          TEXT NOT NULL, -- basic_info_form, site_code, security_report, address, verification …
    value         TEXT NOT NULL DEFAULT '', -- number, code, domain, address
    on_date       DATE,                     -- of the document
    detail        TEXT NOT NULL DEFAULT '', -- the body that tested or issued
    passed        BOOLEAN NOT NULL DEFAULT FALSE, -- of a security report; of a statement: sealed
    attachment_id TEXT COLLATE "C" REFERENCES attachment (id),
    done_by       TEXT NOT NULL DEFAULT '',
    done_by_unit  TEXT COLLATE "C" NOT NULL DEFAULT '',
    done_at       TIMESTAMPTZ,
    PRIMARY KEY (object_kind, object_id, kind)
);
INSERT INTO opening_item (object_kind, object_id, kind, value, on_date, detail, passed, attachment_id, done_by, done_by_unit, done_at)
    SELECT 'site', site_id, kind, value, on_date, detail, passed, attachment_id, done_by, done_by_unit, done_at FROM launch_item;
DROP TABLE launch_item;

-- An act of a lifecycle that needs no approval: going offline, the report of an
-- emergency, the return, a release. Files belong to it.
CREATE TABLE matter_record (
    id          TEXT COLLATE "C" PRIMARY KEY,
    number      TEXT NOT NULL UNIQUE, -- BL-2026-0007
    matter      TEXT NOT NULL,
    object_kind TEXT NOT NULL,
    object_id   TEXT COLLATE "C" NOT NULL,
    form        TEXT NOT NULL, -- JSON
    person_id   TEXT COLLATE "C" NOT NULL,
    person_name TEXT NOT NULL,
    unit_name   TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL
);
CREATE INDEX matter_record_object ON matter_record (object_kind, object_id, at);

-- A window off the net, Article 8(1): approved and then used, lapsed or given
-- up; or an emergency, which has no approval. The year is charged by from_on.
CREATE TABLE offline_window (
    id            TEXT COLLATE "C" PRIMARY KEY,
    object_kind   TEXT NOT NULL,
    object_id     TEXT COLLATE "C" NOT NULL,
    case_id       TEXT COLLATE "C" NOT NULL DEFAULT '',
    cause         TEXT NOT NULL,
    emergency     TEXT NOT NULL DEFAULT '', -- force_majeure, ordered_shutdown
    state         TEXT NOT NULL,            -- approved, running, ended, unused
    planned_from  DATE,
    planned_until DATE,
    from_on       DATE, -- the actual first day; NULL charges no year
    until_on      DATE, -- the actual day of return
    report_number TEXT NOT NULL DEFAULT '', -- the supervisor's written report
    report_on     DATE,
    report_sealed BOOLEAN NOT NULL DEFAULT FALSE,
    report_scan   TEXT COLLATE "C" REFERENCES attachment (id),
    report_unit   TEXT COLLATE "C" NOT NULL DEFAULT '',
    created_at    TIMESTAMPTZ NOT NULL
);
CREATE INDEX offline_window_object ON offline_window (object_kind, object_id, created_at);
CREATE UNIQUE INDEX offline_window_open ON offline_window (object_kind, object_id) WHERE state IN ('approved', 'running');
CREATE INDEX offline_window_state ON offline_window (state, planned_until);

-- An ending on its way: exit from supervision or closure.
CREATE TABLE ending (
    id          TEXT COLLATE "C" PRIMARY KEY,
    object_kind TEXT NOT NULL,
    object_id   TEXT COLLATE "C" NOT NULL,
    matter      TEXT NOT NULL, -- exit, closure, merge
    case_id     TEXT COLLATE "C" NOT NULL,
    reason      TEXT NOT NULL DEFAULT '',
    document    TEXT NOT NULL DEFAULT '', -- of the State Council office, for an exit
    began_on    DATE NOT NULL,            -- the day of the consent
    into_id     TEXT COLLATE "C" NOT NULL DEFAULT '', -- the main account a merged one goes into
    state       TEXT NOT NULL,            -- open, done, kept
    ended_on    DATE
);
CREATE INDEX ending_object ON ending (object_kind, object_id, state);
CREATE UNIQUE INDEX ending_open ON ending (object_kind, object_id) WHERE state = 'open';

-- What proves an end that no register of another body answers for.
CREATE TABLE ending_proof (
    ending_id     TEXT COLLATE "C" NOT NULL REFERENCES ending (id),
    kind          TEXT NOT NULL, -- domain, mark, site_code, entrance, content …
    value         TEXT NOT NULL,
    on_date       DATE NOT NULL,
    attachment_id TEXT COLLATE "C" REFERENCES attachment (id),
    done_by       TEXT NOT NULL,
    done_at       TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (ending_id, kind)
);

-- An exception may end before its day.
ALTER TABLE rule_override ADD COLUMN ended_on DATE;
ALTER TABLE rule_override ADD COLUMN ended_by TEXT NOT NULL DEFAULT '';
ALTER TABLE rule_override ADD COLUMN end_reason TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE rule_override DROP COLUMN end_reason;
ALTER TABLE rule_override DROP COLUMN ended_by;
ALTER TABLE rule_override DROP COLUMN ended_on;
DROP TABLE ending_proof;
DROP TABLE ending;
DROP TABLE offline_window;
DROP TABLE matter_record;
CREATE TABLE launch_item (
    site_id       TEXT COLLATE "C" NOT NULL REFERENCES site (id),
    kind          TEXT NOT NULL,
    value         TEXT NOT NULL DEFAULT '',
    on_date       DATE,
    detail        TEXT NOT NULL DEFAULT '',
    passed        BOOLEAN NOT NULL DEFAULT FALSE,
    attachment_id TEXT COLLATE "C" REFERENCES attachment (id),
    done_by       TEXT NOT NULL DEFAULT '',
    done_by_unit  TEXT COLLATE "C" NOT NULL DEFAULT '',
    done_at       TIMESTAMPTZ,
    PRIMARY KEY (site_id, kind)
);
INSERT INTO launch_item (site_id, kind, value, on_date, detail, passed, attachment_id, done_by, done_by_unit, done_at)
    SELECT object_id, kind, value, on_date, detail, passed, attachment_id, done_by, done_by_unit, done_at FROM opening_item WHERE object_kind = 'site';
DROP TABLE opening_item;
DROP INDEX matter_case_subject;
CREATE TABLE opening_check (
    case_id    TEXT COLLATE "C" PRIMARY KEY REFERENCES approval_case (id),
    verdicts   TEXT NOT NULL,
    checked_at TIMESTAMPTZ NOT NULL
);
INSERT INTO opening_check (case_id, verdicts, checked_at) SELECT case_id, verdicts, checked_at FROM matter_check;
DROP TABLE matter_check;
