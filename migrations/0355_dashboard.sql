-- +goose Up
-- Sums kept for the dashboards, counted again from the rows by one duty: nothing
-- is decided by them. Articles 29 and 30.

-- Findings of a unit's sites, and its orders, by calendar month.
CREATE TABLE dashboard_month (
    unit_id    TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
    month      TEXT COLLATE "C" NOT NULL, -- 2026-11
    found      INTEGER NOT NULL,
    mended     INTEGER NOT NULL,
    issued     INTEGER NOT NULL, -- orders sent in the month
    missed     INTEGER NOT NULL, -- orders due in the month and not closed by their day
    counted_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (month, unit_id)
);

-- The days of an order's life, as dates and as working days between them.
CREATE TABLE dashboard_order (
    order_id     TEXT COLLATE "C" PRIMARY KEY REFERENCES rectify_order (id),
    unit_id      TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
    month        TEXT COLLATE "C" NOT NULL, -- of its issue
    due_month    TEXT COLLATE "C" NOT NULL,
    closed_month TEXT COLLATE "C" NOT NULL, -- empty while it is open
    findings     INTEGER NOT NULL,
    late         BOOLEAN NOT NULL,          -- closed after its day, or open behind it
    issue_days   INTEGER NOT NULL,          -- from the first sight of its oldest finding
    read_days    INTEGER,                   -- from the issue; none: not yet
    answer_days  INTEGER,
    retest_days  INTEGER,
    close_days   INTEGER
);
CREATE INDEX dashboard_order_month ON dashboard_order (month, unit_id, late);
CREATE INDEX dashboard_order_due ON dashboard_order (due_month, late, unit_id);
CREATE INDEX dashboard_order_closed ON dashboard_order (closed_month, late, unit_id);

-- What a site would come to if it were drawn: the last day of each month, and
-- today in the running one.
CREATE TABLE dashboard_verdict (
    site_id   TEXT COLLATE "C" NOT NULL REFERENCES site (id),
    month     TEXT COLLATE "C" NOT NULL,
    verdict   TEXT NOT NULL, -- qualified, unqualified, untested
    says      TEXT NOT NULL, -- the first reason, in words
    judged_on DATE NOT NULL,
    PRIMARY KEY (month, site_id)
);

-- How often each check has found something at a unit's sites in twelve months.
CREATE TABLE dashboard_rule (
    check_id TEXT COLLATE "C" NOT NULL,
    unit_id  TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
    raised   INTEGER NOT NULL,
    mended   INTEGER NOT NULL,
    refuted  INTEGER NOT NULL, -- confirmed false
    PRIMARY KEY (check_id, unit_id)
);

-- What a unit was asked for in a month, and by whom.
CREATE TABLE dashboard_burden (
    month    TEXT COLLATE "C" NOT NULL,
    unit_id  TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
    kind     TEXT COLLATE "C" NOT NULL, -- order, return, notice, confirm
    asker_id TEXT COLLATE "C" NOT NULL, -- the asking unit; empty: the law itself
    n        INTEGER NOT NULL,
    minutes  INTEGER NOT NULL,          -- estimated
    PRIMARY KEY (month, unit_id, kind, asker_id)
);

CREATE INDEX dashboard_burden_sums ON dashboard_burden (month, kind, unit_id, n, minutes);

-- When a person last looked at the morning page, and the time before.
CREATE TABLE dashboard_look (
    person_id TEXT COLLATE "C" PRIMARY KEY REFERENCES person (id),
    at        TIMESTAMPTZ NOT NULL,
    before_at TIMESTAMPTZ
);

CREATE INDEX finding_first ON finding (first_seen, site_id, closed_by);
CREATE INDEX finding_ended ON finding (closed_at, site_id, closed_by) WHERE state = 'closed';
CREATE INDEX finding_waiting ON finding (severity, first_seen, site_id, state) WHERE state <> 'closed';
CREATE INDEX finding_oldest ON finding (first_seen, site_id, severity) WHERE state <> 'closed';
CREATE INDEX rectify_order_waiting ON rectify_order (due_on, unit_id, issued_at) WHERE state <> 'closed';
CREATE INDEX obligation_opened ON obligation (opened_at, kind, unit_id);
CREATE INDEX guidance_at ON guidance (issued_at);
CREATE INDEX letter_received ON letter (received_on, unit_id);

-- +goose Down
DROP INDEX letter_received;
DROP INDEX guidance_at;
DROP INDEX obligation_opened;
DROP INDEX rectify_order_waiting;
DROP INDEX finding_oldest;
DROP INDEX finding_waiting;
DROP INDEX finding_ended;
DROP INDEX finding_first;
DROP TABLE dashboard_look;
DROP TABLE dashboard_burden;
DROP TABLE dashboard_rule;
DROP TABLE dashboard_verdict;
DROP TABLE dashboard_order;
DROP TABLE dashboard_month;
