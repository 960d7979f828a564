-- +goose Up
-- 工作通知 and guidance documents. Article 4.
CREATE TABLE guidance (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number      TEXT NOT NULL,
    title       TEXT NOT NULL,
    body        TEXT NOT NULL,
    kind        TEXT NOT NULL, -- notice, document
    unit_id     TEXT NOT NULL REFERENCES unit (id), -- the issuer
    audience    TEXT NOT NULL, -- in words
    fields      TEXT NOT NULL, -- JSON, what is to be returned
    wants_file  BOOLEAN NOT NULL DEFAULT FALSE,
    due_on      DATE,
    receivers   INTEGER NOT NULL,
    issued_at   TIMESTAMPTZ NOT NULL,
    issued_by   TEXT NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    withdrawn_why TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX guidance_number ON guidance (unit_id, number);
CREATE INDEX guidance_issued ON guidance (unit_id, issued_at);
CREATE INDEX guidance_kind ON guidance (kind, issued_at);

CREATE TABLE guidance_receipt (
    guidance_id TEXT COLLATE "C" NOT NULL REFERENCES guidance (id),
    unit_id     TEXT NOT NULL REFERENCES unit (id),
    state       TEXT NOT NULL, -- sent, signed, returned, accepted, withdrawn
    signed_at   TIMESTAMPTZ,
    signed_by   TEXT NOT NULL DEFAULT '',
    returned_at TIMESTAMPTZ,
    returned_by TEXT NOT NULL DEFAULT '',
    answers     TEXT NOT NULL DEFAULT '',
    remark      TEXT NOT NULL DEFAULT '', -- why it was sent back
    PRIMARY KEY (guidance_id, unit_id)
);
CREATE INDEX guidance_receipt_unit ON guidance_receipt (unit_id, guidance_id);
CREATE INDEX guidance_receipt_state ON guidance_receipt (guidance_id, state);

CREATE TABLE guidance_question (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    guidance_id TEXT COLLATE "C" NOT NULL REFERENCES guidance (id),
    unit_id     TEXT NOT NULL REFERENCES unit (id),
    text        TEXT NOT NULL,
    asked_by    TEXT NOT NULL,
    asked_at    TIMESTAMPTZ NOT NULL,
    answer      TEXT NOT NULL DEFAULT '',
    answered_by TEXT NOT NULL DEFAULT '',
    answered_at TIMESTAMPTZ
);
CREATE INDEX guidance_question_of ON guidance_question (guidance_id, asked_at);

-- +goose Down
DROP TABLE guidance_question;
DROP TABLE guidance_receipt;
DROP TABLE guidance;
