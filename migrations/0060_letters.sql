-- +goose Up
-- Letters of citizens, their answers, what is published of them. Articles
-- 14(1), 19(5). Everything a person wrote or said of themselves is sealed with
-- the house key; only released, de-identified text stands here in the clear.

CREATE TABLE letter (
    id              TEXT COLLATE "C" PRIMARY KEY,
    number          TEXT NOT NULL UNIQUE,                 -- quotable: LX-2026-0001
    site_id         TEXT NOT NULL REFERENCES site (id),
    unit_id         TEXT NOT NULL REFERENCES unit (id),   -- receives and owes the answer: the site's sponsor
    handler_unit_id TEXT NOT NULL REFERENCES unit (id),   -- at work on it; the receiver until assigned
    handler_id      TEXT REFERENCES person (id),
    type            TEXT NOT NULL CHECK (type IN ('consult', 'suggest', 'complain', 'help', 'report', 'other')),
    title_sealed    TEXT NOT NULL,
    body_sealed     TEXT NOT NULL,
    name_sealed     TEXT NOT NULL,
    phone_sealed    TEXT NOT NULL,
    email_sealed    TEXT NOT NULL,
    author_mac      TEXT NOT NULL,                        -- keyed digest of the telephone
    text_mac        TEXT NOT NULL,                        -- keyed digest of the text: the same letter from many hands
    query_mac       TEXT NOT NULL UNIQUE,                 -- keyed digest of query code and last four figures
    public_consent  BOOLEAN NOT NULL,
    state           TEXT NOT NULL,
    due_on          DATE NOT NULL,
    provisional     BOOLEAN NOT NULL,
    received_at     TIMESTAMPTZ NOT NULL,
    received_on     DATE NOT NULL,                        -- the legal day of it
    accepted_at     TIMESTAMPTZ,
    answered_at     TIMESTAMPTZ,
    answered_on     DATE,
    ended_at        TIMESTAMPTZ,
    reason          TEXT NOT NULL DEFAULT '',             -- why not accepted, or which way it belongs: told to the writer
    proposed_by     TEXT NOT NULL DEFAULT '',             -- who proposed not to accept it
    updated_at      TIMESTAMPTZ NOT NULL
);
CREATE INDEX letter_unit ON letter (unit_id, state, due_on);
CREATE INDEX letter_handler ON letter (handler_unit_id, state, due_on);
CREATE INDEX letter_author ON letter (author_mac, received_at);
CREATE INDEX letter_text ON letter (text_mac, received_at);
CREATE INDEX letter_site ON letter (site_id, received_at);

-- One row a draft; the reviewer is never who drafted it.
CREATE TABLE letter_answer (
    letter_id     TEXT COLLATE "C" NOT NULL REFERENCES letter (id),
    round         INTEGER NOT NULL CHECK (round >= 1),
    text_sealed   TEXT NOT NULL,               -- the answer and the text proposed for the public
    sha256        TEXT NOT NULL,               -- of what the reviewer saw
    drafter_id    TEXT NOT NULL,
    drafter_name  TEXT NOT NULL,
    at            TIMESTAMPTZ NOT NULL,
    reviewer_id   TEXT NOT NULL DEFAULT '',
    reviewer_name TEXT NOT NULL DEFAULT '',
    verdict       TEXT NOT NULL DEFAULT '' CHECK (verdict IN ('', 'pass', 'return')),
    opinion       TEXT NOT NULL DEFAULT '',
    reviewed_at   TIMESTAMPTZ,
    PRIMARY KEY (letter_id, round),
    UNIQUE (letter_id, round, verdict),
    CHECK (reviewer_id = '' OR reviewer_id <> drafter_id),
    CHECK (verdict = '' OR reviewer_id <> '')
);

-- What the public reads: only text of a passed draft.
CREATE TABLE letter_reply (
    letter_id    TEXT COLLATE "C" PRIMARY KEY REFERENCES letter (id),
    round        INTEGER NOT NULL,
    verdict      TEXT NOT NULL DEFAULT 'pass' CHECK (verdict = 'pass'),
    title        TEXT NOT NULL,
    body         TEXT NOT NULL,
    answer       TEXT NOT NULL,
    published_at TIMESTAMPTZ NOT NULL,
    taken_down_at TIMESTAMPTZ,
    FOREIGN KEY (letter_id, round, verdict) REFERENCES letter_answer (letter_id, round, verdict)
);
CREATE INDEX letter_reply_published ON letter_reply (published_at);

-- 「每日登录」: the day on which the unit's queue was opened.
CREATE TABLE letter_opening (
    unit_id   TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
    opened_on DATE NOT NULL,
    person_id TEXT NOT NULL,
    at        TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (unit_id, opened_on)
);

-- +goose Down
DROP TABLE letter_opening;
DROP TABLE letter_reply;
DROP TABLE letter_answer;
DROP TABLE letter;
