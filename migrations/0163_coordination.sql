-- +goose Up
-- 协同工作: the log, the directory of media contacts, and the ledger shared
-- with co-regulators. Articles 5 and 20(1)-(2).

CREATE TABLE coordination_entry (
    id            TEXT COLLATE "C" PRIMARY KEY,
    unit_id       TEXT NOT NULL REFERENCES unit (id),
    partner       TEXT NOT NULL, -- publicity, cyberspace, establishment, police, telecom, news, media, convergence
    partner_name  TEXT NOT NULL,
    form          TEXT NOT NULL, -- meeting, notice, letter, consult
    title         TEXT NOT NULL,
    held_on       DATE NOT NULL,
    participants  TEXT NOT NULL,
    says          TEXT NOT NULL,
    result        TEXT NOT NULL,
    major         BOOLEAN NOT NULL, -- consult on a major response, S5.1
    follow_up     TEXT NOT NULL,
    follow_due    DATE,
    followed_at   TIMESTAMPTZ,
    followed_by   TEXT NOT NULL,
    follow_result TEXT NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL
);
CREATE INDEX coordination_entry_unit ON coordination_entry (unit_id, held_on);
CREATE INDEX coordination_entry_held ON coordination_entry (held_on, id);

CREATE TABLE media_contact (
    id         TEXT COLLATE "C" PRIMARY KEY,
    unit_id    TEXT NOT NULL REFERENCES unit (id),
    organ      TEXT NOT NULL,
    kind       TEXT NOT NULL, -- news, media, convergence
    person     TEXT NOT NULL,
    post       TEXT NOT NULL,
    phone      TEXT NOT NULL,
    email      TEXT NOT NULL,
    note       TEXT NOT NULL,
    ended_on   DATE,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX media_contact_unit ON media_contact (unit_id, organ);

CREATE TABLE ledger_share (
    id          TEXT COLLATE "C" PRIMARY KEY,
    unit_id     TEXT NOT NULL REFERENCES unit (id), -- who shares
    to_id       TEXT NOT NULL REFERENCES unit (id), -- the co-regulator
    list        TEXT NOT NULL,
    list_name   TEXT NOT NULL,
    area_id     TEXT NOT NULL,
    area_name   TEXT NOT NULL,
    state       TEXT NOT NULL, -- filter
    columns     TEXT NOT NULL, -- JSON list of column names
    purpose     TEXT NOT NULL,
    row_count   INTEGER NOT NULL,
    xlsx        TEXT NOT NULL, -- blob
    xlsx_size   BIGINT NOT NULL,
    csv         TEXT NOT NULL,
    csv_size    BIGINT NOT NULL,
    shared_by   TEXT NOT NULL,
    shared_at   TIMESTAMPTZ NOT NULL,
    opened_at   TIMESTAMPTZ, -- first download by the co-regulator
    receipt_at  TIMESTAMPTZ,
    receipt_by  TEXT NOT NULL,
    receipt_says TEXT NOT NULL
);
CREATE INDEX ledger_share_unit ON ledger_share (unit_id, shared_at);
CREATE INDEX ledger_share_to ON ledger_share (to_id, shared_at);

CREATE TABLE share_schedule (
    id         TEXT COLLATE "C" PRIMARY KEY,
    unit_id    TEXT NOT NULL REFERENCES unit (id),
    to_id      TEXT NOT NULL REFERENCES unit (id),
    list       TEXT NOT NULL,
    every      TEXT NOT NULL, -- month, year
    next_due   DATE NOT NULL,
    ended_on   DATE,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX share_schedule_once ON share_schedule (unit_id, to_id, list) WHERE ended_on IS NULL;
CREATE INDEX share_schedule_due ON share_schedule (next_due);

-- +goose Down
DROP TABLE share_schedule;
DROP TABLE ledger_share;
DROP TABLE media_contact;
DROP TABLE coordination_entry;
