-- +goose Up
-- One registration or deregistration with an outside body. Articles 5, 7(3), 8(3), 10.

CREATE TABLE filing (
    id              TEXT COLLATE "C" PRIMARY KEY,
    kind            TEXT NOT NULL,               -- mark, chinese_domain, icp, police_filing, english_domain, account, national_status, supervisor_filing
    act             TEXT NOT NULL,               -- register, change, cancel
    object_kind     TEXT NOT NULL,
    object_id       TEXT COLLATE "C" NOT NULL,
    object_name     TEXT NOT NULL,
    unit_id         TEXT COLLATE "C" NOT NULL REFERENCES unit (id), -- sponsor
    body_id         TEXT COLLATE "C" REFERENCES unit (id),          -- the body on this platform, if there is one
    body_name       TEXT NOT NULL,               -- outside body in words
    case_id         TEXT COLLATE "C" NOT NULL DEFAULT '',
    state           TEXT NOT NULL,
    number          TEXT NOT NULL DEFAULT '',
    was             TEXT NOT NULL DEFAULT '',    -- the number before a change or cancellation
    on_date         DATE,                        -- of the receipt
    note            TEXT NOT NULL DEFAULT '',
    attachment_id   TEXT COLLATE "C" REFERENCES attachment (id),
    words           TEXT NOT NULL DEFAULT '',    -- what is missing, as the body says
    recorded_by     TEXT NOT NULL DEFAULT '',
    recorded_at     TIMESTAMPTZ,
    acknowledged_by TEXT NOT NULL DEFAULT '',
    acknowledged_at TIMESTAMPTZ,
    in_ledger       BOOLEAN NOT NULL DEFAULT FALSE, -- the number went into the ledger
    opened_at       TIMESTAMPTZ NOT NULL,
    due_on          DATE,
    provisional     BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX filing_under_way ON filing (kind, act, object_kind, object_id, case_id) WHERE state IN ('open', 'submitted', 'returned');
CREATE INDEX filing_object ON filing (object_kind, object_id);
CREATE INDEX filing_unit ON filing (unit_id, state, due_on);
CREATE INDEX filing_body ON filing (body_id, state, due_on);
CREATE INDEX filing_state ON filing (state, due_on);

-- +goose Down
DROP TABLE filing;
