-- +goose Up
-- Openings, the launch checklist, notices of opening, exceptions. Articles 7, 14 of the readings.

-- What the rules said of an application, kept as it was when it was submitted
-- and again when it was decided: later facts must not rewrite the file.
CREATE TABLE opening_check (
    case_id    TEXT COLLATE "C" PRIMARY KEY REFERENCES approval_case (id),
    verdicts   TEXT NOT NULL, -- JSON
    checked_at TIMESTAMPTZ NOT NULL
);

-- One row per thing a planned site needs or owes around its launch.
CREATE TABLE launch_item (
    site_id       TEXT COLLATE "C" NOT NULL REFERENCES site (id),
    kind          TEXT NOT NULL, -- basic_info_form, site_code, security_report, icp, chinese_domain, mark, police_filing, late_statement
    value         TEXT NOT NULL DEFAULT '', -- number, code or domain
    on_date       DATE,                     -- of the document
    detail        TEXT NOT NULL DEFAULT '', -- the body that tested or issued
    passed        BOOLEAN NOT NULL DEFAULT FALSE, -- of a security report; of a statement: sealed
    attachment_id TEXT COLLATE "C" REFERENCES attachment (id),
    done_by       TEXT NOT NULL DEFAULT '',
    done_by_unit  TEXT COLLATE "C" NOT NULL DEFAULT '',
    done_at       TIMESTAMPTZ,
    PRIMARY KEY (site_id, kind)
);

-- The notice of opening in each place it must hang, Article 7(4).
CREATE TABLE launch_notice (
    site_id     TEXT COLLATE "C" NOT NULL REFERENCES site (id),
    place       TEXT NOT NULL,
    url         TEXT NOT NULL,
    first_on    DATE NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (site_id, place)
);

-- The province's leave from a rule stated 原则上.
CREATE TABLE rule_override (
    id         TEXT COLLATE "C" PRIMARY KEY,
    rule_id    TEXT NOT NULL,
    unit_id    TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
    reason     TEXT NOT NULL,
    from_on    DATE NOT NULL,
    until_on   DATE NOT NULL,
    granted_by TEXT NOT NULL, -- person
    grantor    TEXT NOT NULL, -- unit's name at the time
    granted_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX rule_override_unit ON rule_override (unit_id, rule_id);

-- +goose Down
DROP TABLE rule_override;
DROP TABLE launch_notice;
DROP TABLE launch_item;
DROP TABLE opening_check;
