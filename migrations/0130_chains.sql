-- +goose Up
-- Chains in full: outside bodies, deputies, vacant posts, countersigning,
-- letters, several cases in one act. Articles 4, 5, 7, 8.

-- Where a case stands and by when, beside it: work lists and filters read
-- these instead of every step of every case.
ALTER TABLE approval_case ADD COLUMN at_unit TEXT COLLATE "C";
ALTER TABLE approval_case ADD COLUMN due_on DATE;
UPDATE approval_case
   SET at_unit = (SELECT t.unit_id FROM approval_step t WHERE t.case_id = approval_case.id AND t.no = approval_case.step_no),
       due_on = (SELECT t.due_on FROM approval_step t WHERE t.case_id = approval_case.id AND t.no = approval_case.step_no)
 WHERE state = 'in_review';
-- Since when nobody may decide where it waits, and the office above knows.
ALTER TABLE approval_case ADD COLUMN vacant_since TIMESTAMPTZ;
-- What people look for: title, number, applicant and its initials, lower case.
ALTER TABLE approval_case ADD COLUMN find TEXT NOT NULL DEFAULT '';
UPDATE approval_case SET find = lower(title || ' ' || number || ' ' || (SELECT u.name || ' ' || u.initials FROM unit u WHERE u.id = approval_case.unit_id));
-- Lists and counts read indexes alone: the form of a case may be long.
CREATE INDEX approval_case_opened ON approval_case (opened_at, id, unit_id, state, kind, find);
CREATE INDEX approval_case_at ON approval_case (at_unit, state, due_on, id, unit_id, applicant_id);
CREATE INDEX approval_case_due ON approval_case (state, due_on, id, unit_id, kind, find);
CREATE INDEX approval_case_count ON approval_case (unit_id, state, kind);
CREATE INDEX approval_case_by ON approval_case (applicant_id, opened_at, id, unit_id);
DROP INDEX approval_case_state;
CREATE INDEX approval_case_state ON approval_case (state, opened_at, id, unit_id, kind);
CREATE INDEX approval_case_vacant ON approval_case (vacant_since, id) WHERE vacant_since IS NOT NULL;
CREATE INDEX approval_opinion_person ON approval_opinion (person_id, act, case_id);

ALTER TABLE approval_step ADD COLUMN days INTEGER NOT NULL DEFAULT 0;          -- working days; 0 is the province's setting
ALTER TABLE approval_step ADD COLUMN for_name TEXT NOT NULL DEFAULT '';        -- decided in the place of
ALTER TABLE approval_step ADD COLUMN moved TEXT NOT NULL DEFAULT '';           -- the unit it stood at before that was abolished
ALTER TABLE approval_step ADD COLUMN body TEXT NOT NULL DEFAULT '';            -- external: the body that decides
ALTER TABLE approval_step ADD COLUMN asks TEXT NOT NULL DEFAULT '';            -- external: what its answer must bring, 网站标识码
ALTER TABLE approval_step ADD COLUMN ext_document TEXT NOT NULL DEFAULT '';    -- its answer: number of the document
ALTER TABLE approval_step ADD COLUMN ext_on DATE;
ALTER TABLE approval_step ADD COLUMN ext_value TEXT NOT NULL DEFAULT '';
ALTER TABLE approval_step ADD COLUMN ext_attachment TEXT NOT NULL DEFAULT '';
ALTER TABLE approval_step ADD COLUMN ext_refused BOOLEAN NOT NULL DEFAULT FALSE;

ALTER TABLE approval_opinion ADD COLUMN for_name TEXT NOT NULL DEFAULT '';
ALTER TABLE approval_opinion ADD COLUMN batch_id TEXT NOT NULL DEFAULT '';

-- What an office asked other units: 会签 (the step waits) or advice.
CREATE TABLE approval_request (
    id          TEXT COLLATE "C" PRIMARY KEY,
    case_id     TEXT COLLATE "C" NOT NULL REFERENCES approval_case (id),
    step_no     INTEGER NOT NULL,
    kind        TEXT NOT NULL,                     -- countersign, advice
    unit_id     TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
    asker_unit  TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
    asker_name  TEXT NOT NULL,
    question    TEXT NOT NULL,
    asked_at    TIMESTAMPTZ NOT NULL,
    due_on      DATE NOT NULL,
    state       TEXT NOT NULL,                     -- open, answered, waived, void
    stance      TEXT NOT NULL DEFAULT '',          -- support, remarks, none
    answer      TEXT NOT NULL DEFAULT '',          -- or why it was waived
    person_id   TEXT COLLATE "C" REFERENCES person (id),
    person_name TEXT NOT NULL DEFAULT '',
    for_name    TEXT NOT NULL DEFAULT '',
    ended_at    TIMESTAMPTZ
);
CREATE UNIQUE INDEX approval_request_once ON approval_request (case_id, unit_id) WHERE state = 'open';
CREATE INDEX approval_request_unit ON approval_request (unit_id, state, due_on);

-- Letters as they were issued: later wording must not rewrite them.
CREATE TABLE approval_letter (
    id         TEXT COLLATE "C" PRIMARY KEY,
    case_id    TEXT COLLATE "C" NOT NULL REFERENCES approval_case (id),
    number     TEXT NOT NULL UNIQUE,               -- TZ-2026-0001
    kind       TEXT NOT NULL,                      -- supplement, return, refusal, approval, withdrawal, ending
    issuer     TEXT NOT NULL,
    addressee  TEXT NOT NULL,
    signer     TEXT NOT NULL,
    text       TEXT NOT NULL,                      -- JSON, paragraphs
    issued_at  TIMESTAMPTZ NOT NULL
);
CREATE INDEX approval_letter_case ON approval_letter (case_id, issued_at);

-- Several cases of one kind decided in one act, after a sample was read.
CREATE TABLE approval_batch (
    id        TEXT COLLATE "C" PRIMARY KEY,
    number    TEXT NOT NULL UNIQUE,                -- PL-2026-0001
    kind      TEXT NOT NULL,
    act       TEXT NOT NULL,                       -- pass, approve
    person_id TEXT COLLATE "C" NOT NULL REFERENCES person (id),
    unit_id   TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
    opinion   TEXT NOT NULL DEFAULT '',
    made_at   TIMESTAMPTZ NOT NULL,
    ended_at  TIMESTAMPTZ
);
CREATE INDEX approval_batch_person ON approval_batch (person_id, made_at);
CREATE TABLE approval_batch_case (
    batch_id TEXT COLLATE "C" NOT NULL REFERENCES approval_batch (id),
    case_id  TEXT COLLATE "C" NOT NULL REFERENCES approval_case (id),
    seq      INTEGER NOT NULL,
    step_no  INTEGER NOT NULL,
    sampled  BOOLEAN NOT NULL,
    read_at  TIMESTAMPTZ,
    outcome  TEXT NOT NULL DEFAULT '',             -- done, left
    says     TEXT NOT NULL DEFAULT '',             -- why it was left out
    PRIMARY KEY (batch_id, case_id)
);

-- +goose Down
DROP TABLE approval_batch_case;
DROP TABLE approval_batch;
DROP TABLE approval_letter;
DROP TABLE approval_request;
ALTER TABLE approval_opinion DROP COLUMN batch_id;
ALTER TABLE approval_opinion DROP COLUMN for_name;
ALTER TABLE approval_step DROP COLUMN ext_refused;
ALTER TABLE approval_step DROP COLUMN ext_attachment;
ALTER TABLE approval_step DROP COLUMN ext_value;
ALTER TABLE approval_step DROP COLUMN ext_on;
ALTER TABLE approval_step DROP COLUMN ext_document;
ALTER TABLE approval_step DROP COLUMN asks;
ALTER TABLE approval_step DROP COLUMN body;
ALTER TABLE approval_step DROP COLUMN moved;
ALTER TABLE approval_step DROP COLUMN for_name;
ALTER TABLE approval_step DROP COLUMN days;
DROP INDEX approval_opinion_person;
DROP INDEX approval_case_vacant;
DROP INDEX approval_case_state;
CREATE INDEX approval_case_state ON approval_case (state, kind);
DROP INDEX approval_case_by;
DROP INDEX approval_case_count;
DROP INDEX approval_case_due;
DROP INDEX approval_case_at;
DROP INDEX approval_case_opened;
ALTER TABLE approval_case DROP COLUMN find;
ALTER TABLE approval_case DROP COLUMN vacant_since;
ALTER TABLE approval_case DROP COLUMN due_on;
ALTER TABLE approval_case DROP COLUMN at_unit;
