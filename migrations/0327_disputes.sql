-- +goose Up
-- Disputed findings with one person who answers by a day, and what was
-- confirmed false and is not raised again. Article 19(4).

CREATE TABLE finding_dispute (
    id          TEXT COLLATE "C" PRIMARY KEY,
    finding_id  TEXT NOT NULL REFERENCES finding (id),
    unit_id     TEXT NOT NULL REFERENCES unit (id), -- the office that answers
    check_id    TEXT NOT NULL,
    reason      TEXT NOT NULL,
    raised_id   TEXT NOT NULL,
    raised_by   TEXT NOT NULL,
    raised_at   TIMESTAMPTZ NOT NULL,
    person_id   TEXT NOT NULL,                      -- who answers
    person_name TEXT NOT NULL,
    due_on      DATE NOT NULL,
    provisional BOOLEAN NOT NULL,
    verdict     TEXT NOT NULL DEFAULT '',           -- true, false, gone; empty: waits
    answer      TEXT NOT NULL DEFAULT '',
    answered_by TEXT NOT NULL DEFAULT '',
    answered_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX finding_dispute_open ON finding_dispute (finding_id) WHERE verdict = '';
CREATE INDEX finding_dispute_finding ON finding_dispute (finding_id, raised_at);
CREATE INDEX finding_dispute_unit ON finding_dispute (unit_id, verdict, due_on);
CREATE INDEX finding_dispute_check ON finding_dispute (check_id, verdict);

CREATE TABLE finding_false (
    id          TEXT COLLATE "C" PRIMARY KEY,
    site_id     TEXT NOT NULL REFERENCES site (id),
    check_id    TEXT NOT NULL,
    edition     TEXT NOT NULL,                      -- of the rules that were wrong
    fingerprint TEXT COLLATE "C" NOT NULL,
    wrong       TEXT NOT NULL,                      -- the words, where words are the pattern
    finding_id  TEXT NOT NULL REFERENCES finding (id),
    at          TIMESTAMPTZ NOT NULL,
    held        INTEGER NOT NULL DEFAULT 0          -- how often it was not raised since
);
CREATE INDEX finding_false_site ON finding_false (site_id, check_id);

-- +goose Down
DROP TABLE finding_false;
DROP TABLE finding_dispute;
