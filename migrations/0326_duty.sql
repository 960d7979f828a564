-- +goose Up
-- 读网值班: rosters, shifts, swaps, hand-overs, the daily record, alarms,
-- incident rooms, emergency takedowns. Article 19(4).

CREATE TABLE duty_roster (
    id           TEXT COLLATE "C" PRIMARY KEY,
    unit_id      TEXT NOT NULL REFERENCES unit (id),
    month        TEXT COLLATE "C" NOT NULL,      -- 2026-12
    state        TEXT NOT NULL,                  -- draft, published
    published_by TEXT NOT NULL DEFAULT '',
    published_at TIMESTAMPTZ,
    made_at      TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX duty_roster_month ON duty_roster (unit_id, month);

CREATE TABLE duty_shift (
    id          TEXT COLLATE "C" PRIMARY KEY,
    roster_id   TEXT NOT NULL REFERENCES duty_roster (id),
    unit_id     TEXT NOT NULL REFERENCES unit (id),
    from_at     TIMESTAMPTZ NOT NULL,
    until_at    TIMESTAMPTZ NOT NULL,
    lead_id     TEXT NOT NULL,
    lead_name   TEXT NOT NULL,
    second_id   TEXT NOT NULL DEFAULT '',
    second_name TEXT NOT NULL DEFAULT '',
    asked       BOOLEAN NOT NULL DEFAULT FALSE    -- its hand-over was asked for
);
CREATE INDEX duty_shift_unit ON duty_shift (unit_id, from_at);
CREATE INDEX duty_shift_roster ON duty_shift (roster_id);
CREATE INDEX duty_shift_until ON duty_shift (asked, until_at);

CREATE TABLE duty_pattern (
    id       TEXT COLLATE "C" PRIMARY KEY,
    unit_id  TEXT NOT NULL REFERENCES unit (id),
    name     TEXT NOT NULL,
    slots    TEXT NOT NULL,                      -- JSON: a week of turns
    kept_by  TEXT NOT NULL,
    kept_at  TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX duty_pattern_name ON duty_pattern (unit_id, name);

CREATE TABLE duty_swap (
    id          TEXT COLLATE "C" PRIMARY KEY,
    shift_id    TEXT NOT NULL REFERENCES duty_shift (id),
    unit_id     TEXT NOT NULL REFERENCES unit (id),
    from_id     TEXT NOT NULL,
    from_name   TEXT NOT NULL,
    to_id       TEXT NOT NULL,
    to_name     TEXT NOT NULL,
    reason      TEXT NOT NULL,
    state       TEXT NOT NULL,                   -- asked, agreed, declined, withdrawn
    asked_at    TIMESTAMPTZ NOT NULL,
    answered_at TIMESTAMPTZ
);
CREATE INDEX duty_swap_unit ON duty_swap (unit_id, state);
CREATE UNIQUE INDEX duty_swap_open ON duty_swap (shift_id, from_id) WHERE state = 'asked';

CREATE TABLE duty_handover (
    id         TEXT COLLATE "C" PRIMARY KEY,
    unit_id    TEXT NOT NULL REFERENCES unit (id),
    shift_id   TEXT NOT NULL REFERENCES duty_shift (id), -- the turn that ends
    next_id    TEXT NOT NULL REFERENCES duty_shift (id), -- the turn that begins
    says       TEXT NOT NULL,
    open_text  TEXT NOT NULL,                    -- what was open, as it stood
    state      TEXT NOT NULL,                    -- given, taken
    giver_id   TEXT NOT NULL,
    giver      TEXT NOT NULL,
    given_at   TIMESTAMPTZ NOT NULL,
    taker_id   TEXT NOT NULL DEFAULT '',
    taker      TEXT NOT NULL DEFAULT '',
    taken_at   TIMESTAMPTZ
);
CREATE UNIQUE INDEX duty_handover_shift ON duty_handover (shift_id);
CREATE INDEX duty_handover_unit ON duty_handover (unit_id, given_at);

CREATE TABLE duty_record (
    id           TEXT COLLATE "C" PRIMARY KEY,
    unit_id      TEXT NOT NULL REFERENCES unit (id),
    on_day       DATE NOT NULL,
    state        TEXT NOT NULL,                  -- open, confirmed
    opened_by    TEXT NOT NULL,
    opened_at    TIMESTAMPTZ NOT NULL,           -- the queue was opened
    facts        TEXT NOT NULL DEFAULT '',       -- JSON: what the monitors said, as confirmed
    says         TEXT NOT NULL DEFAULT '',
    person_id    TEXT NOT NULL DEFAULT '',
    person_name  TEXT NOT NULL DEFAULT '',
    confirmed_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX duty_record_day ON duty_record (unit_id, on_day);

CREATE TABLE duty_look (
    record_id   TEXT NOT NULL REFERENCES duty_record (id),
    site_id     TEXT NOT NULL REFERENCES site (id),
    verdict     TEXT NOT NULL,                   -- pass, problem
    note        TEXT NOT NULL,
    finding_id  TEXT NOT NULL DEFAULT '',
    person_name TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (record_id, site_id)
);

CREATE TABLE incident (
    id          TEXT COLLATE "C" PRIMARY KEY,
    number      TEXT NOT NULL,
    unit_id     TEXT NOT NULL REFERENCES unit (id),
    title       TEXT NOT NULL,
    says        TEXT NOT NULL,
    state       TEXT NOT NULL,                   -- open, closing, closed
    opened_id   TEXT NOT NULL,
    opened_by   TEXT NOT NULL,
    opened_at   TIMESTAMPTZ NOT NULL,
    cause       TEXT NOT NULL DEFAULT '',
    lesson      TEXT NOT NULL DEFAULT '',
    proposer_id TEXT NOT NULL DEFAULT '',
    proposer    TEXT NOT NULL DEFAULT '',
    proposed_at TIMESTAMPTZ,
    closer      TEXT NOT NULL DEFAULT '',
    closed_at   TIMESTAMPTZ
);
CREATE UNIQUE INDEX incident_number ON incident (number);
CREATE INDEX incident_unit ON incident (unit_id, state, opened_at);

CREATE TABLE incident_entry (
    id          TEXT COLLATE "C" PRIMARY KEY,
    incident_id TEXT NOT NULL REFERENCES incident (id),
    kind        TEXT NOT NULL,                   -- note, join, leave, task, done, paper, alarm, takedown, closing
    says        TEXT NOT NULL,
    link        TEXT NOT NULL DEFAULT '',
    person_id   TEXT NOT NULL,
    person_name TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL
);
CREATE INDEX incident_entry_of ON incident_entry (incident_id, at, id);

CREATE TABLE incident_task (
    id          TEXT COLLATE "C" PRIMARY KEY,
    incident_id TEXT NOT NULL REFERENCES incident (id),
    says        TEXT NOT NULL,
    person_id   TEXT NOT NULL,
    person_name TEXT NOT NULL,
    made_at     TIMESTAMPTZ NOT NULL,
    done_at     TIMESTAMPTZ,
    done_by     TEXT NOT NULL DEFAULT '',
    result      TEXT NOT NULL DEFAULT ''
);
CREATE INDEX incident_task_of ON incident_task (incident_id, id);

CREATE TABLE incident_member (
    incident_id TEXT NOT NULL REFERENCES incident (id),
    person_id   TEXT NOT NULL,
    person_name TEXT NOT NULL,
    joined_at   TIMESTAMPTZ NOT NULL,
    left_at     TIMESTAMPTZ,
    PRIMARY KEY (incident_id, person_id)
);

CREATE TABLE incident_site (
    incident_id TEXT NOT NULL REFERENCES incident (id),
    site_id     TEXT NOT NULL REFERENCES site (id),
    PRIMARY KEY (incident_id, site_id)
);
CREATE INDEX incident_site_site ON incident_site (site_id);

CREATE TABLE alarm (
    id          TEXT COLLATE "C" PRIMARY KEY,
    unit_id     TEXT NOT NULL REFERENCES unit (id), -- whose duty it is
    cause       TEXT COLLATE "C" NOT NULL,          -- one alarm per cause
    title       TEXT NOT NULL,
    says        TEXT NOT NULL,
    state       TEXT NOT NULL,                      -- raised, taken, ended
    level       INTEGER NOT NULL,                   -- how far it has been told: 0 on duty, 1 next, 2 leader
    told        TEXT NOT NULL,                      -- who has been told, in words
    raised_at   TIMESTAMPTZ NOT NULL,
    next_at     TIMESTAMPTZ,                        -- when the next is told; none: no more
    taken_id    TEXT NOT NULL DEFAULT '',
    taken_by    TEXT NOT NULL DEFAULT '',
    taken_at    TIMESTAMPTZ,
    ended_at    TIMESTAMPTZ,
    ended_by    TEXT NOT NULL DEFAULT '',
    ended_why   TEXT NOT NULL DEFAULT '',
    incident_id TEXT REFERENCES incident (id)
);
CREATE UNIQUE INDEX alarm_standing ON alarm (cause) WHERE state <> 'ended';
CREATE INDEX alarm_unit ON alarm (unit_id, state, raised_at);
CREATE INDEX alarm_next ON alarm (state, next_at);
CREATE INDEX alarm_incident ON alarm (incident_id);

CREATE TABLE alarm_site (
    id         TEXT COLLATE "C" PRIMARY KEY,
    alarm_id   TEXT NOT NULL REFERENCES alarm (id),
    site_id    TEXT NOT NULL REFERENCES site (id),
    finding_id TEXT NOT NULL DEFAULT '',
    says       TEXT NOT NULL,
    since      TIMESTAMPTZ NOT NULL,
    ended_at   TIMESTAMPTZ
);
CREATE UNIQUE INDEX alarm_site_once ON alarm_site (alarm_id, site_id, finding_id);
CREATE INDEX alarm_site_finding ON alarm_site (finding_id);
CREATE INDEX alarm_site_site ON alarm_site (site_id);

CREATE TABLE takedown (
    id           TEXT COLLATE "C" PRIMARY KEY,
    unit_id      TEXT NOT NULL REFERENCES unit (id), -- whose item it is
    incident_id  TEXT REFERENCES incident (id),
    item_id      TEXT NOT NULL REFERENCES item (id),
    title        TEXT NOT NULL,
    reason       TEXT NOT NULL,
    state        TEXT NOT NULL,                      -- proposed, done, refused, withdrawn, alone, reviewed
    proposer_id  TEXT NOT NULL,
    proposer     TEXT NOT NULL,
    proposed_at  TIMESTAMPTZ NOT NULL,
    decider_id   TEXT NOT NULL DEFAULT '',
    decider      TEXT NOT NULL DEFAULT '',
    decided_at   TIMESTAMPTZ,
    opinion      TEXT NOT NULL DEFAULT '',
    down_at      TIMESTAMPTZ
);
CREATE INDEX takedown_unit ON takedown (unit_id, proposed_at);
CREATE UNIQUE INDEX takedown_open ON takedown (item_id) WHERE state = 'proposed';
CREATE INDEX takedown_incident ON takedown (incident_id);

-- +goose Down
DROP TABLE takedown;
DROP TABLE alarm_site;
DROP TABLE alarm;
DROP TABLE incident_site;
DROP TABLE incident_member;
DROP TABLE incident_task;
DROP TABLE incident_entry;
DROP TABLE incident;
DROP TABLE duty_look;
DROP TABLE duty_record;
DROP TABLE duty_handover;
DROP TABLE duty_swap;
DROP TABLE duty_pattern;
DROP TABLE duty_shift;
DROP TABLE duty_roster;
