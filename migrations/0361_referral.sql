-- +goose Up
-- 移送协同监管单位: what the checks find and another body is to deal with, by
-- batch and receiver. A batch is a shared list with its receipt (ledger_share);
-- here stand its number and letter, and the result of each row. Articles 5 and
-- 20(1).
CREATE TABLE referral (
    share_id       TEXT COLLATE "C" PRIMARY KEY REFERENCES ledger_share (id),
    number         TEXT COLLATE "C" NOT NULL UNIQUE,   -- YS-2026-0001
    party          TEXT NOT NULL,                      -- publicity, cyberspace, establishment, police, telecom
    addressee      TEXT NOT NULL,                      -- as the letter names it
    letter         TEXT NOT NULL,                      -- JSON: by paragraph, as it went out
    due_on         DATE NOT NULL,
    provisional    BOOLEAN NOT NULL DEFAULT FALSE,
    receipt_number TEXT NOT NULL DEFAULT '',           -- theirs
    receipt_signer TEXT NOT NULL DEFAULT '',
    receipt_on     DATE,
    urged_on       DATE,
    urged_by       TEXT NOT NULL DEFAULT '',
    urgings        INTEGER NOT NULL DEFAULT 0,
    closed_at      TIMESTAMPTZ
);
CREATE INDEX referral_open ON referral (closed_at, due_on);

CREATE TABLE referral_row (
    id          TEXT COLLATE "C" PRIMARY KEY,
    share_id    TEXT COLLATE "C" NOT NULL REFERENCES referral (share_id),
    seq         INTEGER NOT NULL,
    kind        TEXT NOT NULL,                         -- finding, order, impostor
    object_id   TEXT COLLATE "C" NOT NULL,
    matter      TEXT NOT NULL,                         -- of coordination/matters.json
    name        TEXT NOT NULL,
    says        TEXT NOT NULL,
    place       TEXT NOT NULL DEFAULT '',
    link        TEXT NOT NULL,
    unit_id     TEXT COLLATE "C" NOT NULL REFERENCES unit (id), -- whose site or account it is
    unit_name   TEXT NOT NULL,
    outcome     TEXT NOT NULL DEFAULT '',              -- done, unfounded, returned, empty: under way
    result      TEXT NOT NULL DEFAULT '',
    result_on   DATE,
    document    TEXT NOT NULL DEFAULT '',
    answered_by TEXT NOT NULL DEFAULT '',
    answered_at TIMESTAMPTZ,
    UNIQUE (share_id, seq)
);
CREATE UNIQUE INDEX referral_row_under_way ON referral_row (kind, object_id) WHERE outcome = '';
CREATE INDEX referral_row_object ON referral_row (kind, object_id);

-- +goose Down
DROP TABLE referral_row;
DROP TABLE referral;
