-- +goose Up
-- Closing without loss, and disappearances nobody reported. Article 8(1) and (3).

CREATE TABLE closing (
    id          TEXT COLLATE "C" PRIMARY KEY,
    object_kind TEXT NOT NULL,
    object_id   TEXT COLLATE "C" NOT NULL,
    object_name TEXT NOT NULL,
    unit_id     TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
    case_id     TEXT COLLATE "C" NOT NULL DEFAULT '',
    host        TEXT NOT NULL DEFAULT '',        -- of the old site
    state       TEXT NOT NULL,
    opened_at   TIMESTAMPTZ NOT NULL,
    redirect_until DATE,                         -- the domain's cancellation date
    ended_at    TIMESTAMPTZ,
    ended_why   TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX closing_under_way ON closing (object_kind, object_id) WHERE state NOT IN ('closed', 'stopped');
CREATE INDEX closing_unit ON closing (unit_id, state);

CREATE TABLE closing_column (
    id         TEXT COLLATE "C" PRIMARY KEY,
    closing_id TEXT COLLATE "C" NOT NULL REFERENCES closing (id),
    name       TEXT NOT NULL,
    url        TEXT NOT NULL DEFAULT '',
    items      INTEGER NOT NULL DEFAULT -1,      -- as known; -1 unknown
    source     TEXT NOT NULL,                    -- ledger, inspection, hand
    decision   TEXT NOT NULL DEFAULT '',         -- migrate, archive, drop
    target     TEXT NOT NULL DEFAULT '',
    reason     TEXT NOT NULL DEFAULT '',
    decided_by TEXT NOT NULL DEFAULT '',
    decided_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX closing_column_once ON closing_column (closing_id, name, url);

CREATE TABLE closing_archive (
    id          TEXT COLLATE "C" PRIMARY KEY,
    closing_id  TEXT COLLATE "C" NOT NULL REFERENCES closing (id),
    state       TEXT NOT NULL,                   -- queued, running, done, failed
    start_url   TEXT NOT NULL,
    asked_by    TEXT NOT NULL,
    asked_at    TIMESTAMPTZ NOT NULL,
    started_at  TIMESTAMPTZ,
    finished_at TIMESTAMPTZ,
    pages       INTEGER NOT NULL DEFAULT 0,
    records     INTEGER NOT NULL DEFAULT 0,
    left_out    INTEGER NOT NULL DEFAULT 0,      -- addresses known but not fetched
    ref         TEXT NOT NULL DEFAULT '',
    size        BIGINT NOT NULL DEFAULT 0,
    checked_at  TIMESTAMPTZ,                     -- last time it was read back whole
    says        TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX closing_archive_under_way ON closing_archive (closing_id) WHERE state IN ('queued', 'running');
CREATE INDEX closing_archive_of ON closing_archive (closing_id, asked_at);

CREATE TABLE closing_redirect (
    closing_id TEXT COLLATE "C" NOT NULL REFERENCES closing (id),
    old_path   TEXT COLLATE "C" NOT NULL,
    answer     TEXT NOT NULL,                    -- redirect, archive, gone
    target     TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (closing_id, old_path)
);

CREATE TABLE closing_item (
    closing_id TEXT COLLATE "C" NOT NULL REFERENCES closing (id),
    kind       TEXT NOT NULL,                    -- content_migration, traffic, old_host, static_map
    state      TEXT NOT NULL,                    -- open, proved
    proof      TEXT NOT NULL DEFAULT '',
    attachment_id TEXT COLLATE "C" REFERENCES attachment (id),
    proved_by  TEXT NOT NULL DEFAULT '',
    proved_at  TIMESTAMPTZ,
    PRIMARY KEY (closing_id, kind)
);

-- A silence nobody announced: 核实单.
CREATE TABLE inquiry (
    id          TEXT COLLATE "C" PRIMARY KEY,
    object_kind TEXT NOT NULL,
    object_id   TEXT COLLATE "C" NOT NULL,
    object_name TEXT NOT NULL,
    unit_id     TEXT COLLATE "C" NOT NULL REFERENCES unit (id), -- sponsor, who answers
    office_id   TEXT COLLATE "C" REFERENCES unit (id),          -- supervisor, who decides
    down_since  TIMESTAMPTZ NOT NULL,
    hours       INTEGER NOT NULL,                -- when it was opened
    source      TEXT NOT NULL,                   -- probe, person
    back_at     TIMESTAMPTZ,                     -- when it was seen to answer again
    state       TEXT NOT NULL,
    opened_at   TIMESTAMPTZ NOT NULL,
    due_on      DATE NOT NULL,
    provisional BOOLEAN NOT NULL DEFAULT FALSE,
    answer      TEXT NOT NULL DEFAULT '',
    answered_by TEXT NOT NULL DEFAULT '',
    answered_at TIMESTAMPTZ,
    report_no   TEXT NOT NULL DEFAULT '',        -- of the supervisor's written report
    report_on   DATE,
    sealed      BOOLEAN NOT NULL DEFAULT FALSE,
    verdict     TEXT NOT NULL DEFAULT '',
    decided_by  TEXT NOT NULL DEFAULT '',
    decided_at  TIMESTAMPTZ
);
CREATE UNIQUE INDEX inquiry_outage ON inquiry (object_kind, object_id, down_since);
CREATE UNIQUE INDEX inquiry_under_way ON inquiry (object_kind, object_id) WHERE state IN ('open', 'answered');
CREATE INDEX inquiry_unit ON inquiry (unit_id, state);
CREATE INDEX inquiry_office ON inquiry (office_id, state);

-- 问责: who decided what. A supervisor imposes no 处分.
CREATE TABLE accountability (
    id         TEXT COLLATE "C" PRIMARY KEY,
    inquiry_id TEXT COLLATE "C" NOT NULL REFERENCES inquiry (id),
    unit_id    TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
    person     TEXT NOT NULL,                    -- 主办单位负责人
    measure    TEXT NOT NULL,
    body       TEXT NOT NULL,                    -- the body that decided
    document   TEXT NOT NULL DEFAULT '',
    decided_on DATE NOT NULL,
    attachment_id TEXT COLLATE "C" REFERENCES attachment (id),
    recorded_by TEXT NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX accountability_inquiry ON accountability (inquiry_id);
CREATE INDEX accountability_unit ON accountability (unit_id);

-- +goose Down
DROP TABLE accountability;
DROP TABLE inquiry;
DROP TABLE closing_item;
DROP TABLE closing_redirect;
DROP TABLE closing_archive;
DROP TABLE closing_column;
DROP TABLE closing;
