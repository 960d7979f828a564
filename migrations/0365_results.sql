-- +goose Up
-- Results of a round may be opened to everybody, and sent to each unit without
-- a bulletin. Articles 29 and 30.

ALTER TABLE appraisal_round ADD COLUMN public_on DATE; -- since when everybody may read its results
CREATE INDEX appraisal_round_public ON appraisal_round (public_on);

CREATE TABLE mailing_next (
    id          TEXT COLLATE "C" PRIMARY KEY,
    bulletin_id TEXT UNIQUE REFERENCES bulletin (id),        -- of a paper
    round_id    TEXT UNIQUE REFERENCES appraisal_round (id), -- or of a round
    unit_id     TEXT NOT NULL REFERENCES unit (id),          -- who sends
    template    TEXT NOT NULL,
    sent_by     TEXT NOT NULL,
    sent_at     TIMESTAMPTZ NOT NULL
);
INSERT INTO mailing_next (id, bulletin_id, unit_id, template, sent_by, sent_at) SELECT id, bulletin_id, unit_id, template, sent_by, sent_at FROM mailing;
CREATE TABLE mailing_letter_next (
    id         TEXT COLLATE "C" PRIMARY KEY,
    mailing_id TEXT NOT NULL REFERENCES mailing_next (id),
    unit_id    TEXT NOT NULL REFERENCES unit (id), -- who is written to
    content    TEXT NOT NULL,                      -- JSON: text and the unit's own rows
    state      TEXT NOT NULL,                      -- sent, failed, read
    failure    TEXT NOT NULL DEFAULT '',
    sent_at    TIMESTAMPTZ NOT NULL,
    sendings   INTEGER NOT NULL DEFAULT 1,
    read_at    TIMESTAMPTZ,
    read_by    TEXT NOT NULL DEFAULT '',
    UNIQUE (mailing_id, unit_id)
);
INSERT INTO mailing_letter_next (id, mailing_id, unit_id, content, state, failure, sent_at, sendings, read_at, read_by)
    SELECT id, mailing_id, unit_id, content, state, failure, sent_at, sendings, read_at, read_by FROM mailing_letter;
DROP TABLE mailing_letter;
DROP TABLE mailing;
ALTER TABLE mailing_next RENAME TO mailing;
ALTER TABLE mailing_letter_next RENAME TO mailing_letter;
CREATE INDEX mailing_unit ON mailing (unit_id);
CREATE INDEX mailing_letter_unit ON mailing_letter (unit_id, sent_at);

-- +goose Down
CREATE TABLE mailing_next (
    id          TEXT COLLATE "C" PRIMARY KEY,
    bulletin_id TEXT NOT NULL UNIQUE REFERENCES bulletin (id),
    unit_id     TEXT NOT NULL REFERENCES unit (id),
    template    TEXT NOT NULL,
    sent_by     TEXT NOT NULL,
    sent_at     TIMESTAMPTZ NOT NULL
);
INSERT INTO mailing_next (id, bulletin_id, unit_id, template, sent_by, sent_at) SELECT id, bulletin_id, unit_id, template, sent_by, sent_at FROM mailing WHERE bulletin_id IS NOT NULL;
CREATE TABLE mailing_letter_next (
    id         TEXT COLLATE "C" PRIMARY KEY,
    mailing_id TEXT NOT NULL REFERENCES mailing_next (id),
    unit_id    TEXT NOT NULL REFERENCES unit (id),
    content    TEXT NOT NULL,
    state      TEXT NOT NULL,
    failure    TEXT NOT NULL DEFAULT '',
    sent_at    TIMESTAMPTZ NOT NULL,
    sendings   INTEGER NOT NULL DEFAULT 1,
    read_at    TIMESTAMPTZ,
    read_by    TEXT NOT NULL DEFAULT '',
    UNIQUE (mailing_id, unit_id)
);
INSERT INTO mailing_letter_next (id, mailing_id, unit_id, content, state, failure, sent_at, sendings, read_at, read_by)
    SELECT l.id, l.mailing_id, l.unit_id, l.content, l.state, l.failure, l.sent_at, l.sendings, l.read_at, l.read_by FROM mailing_letter l JOIN mailing_next m ON m.id = l.mailing_id;
DROP TABLE mailing_letter;
DROP TABLE mailing;
ALTER TABLE mailing_next RENAME TO mailing;
ALTER TABLE mailing_letter_next RENAME TO mailing_letter;
CREATE INDEX mailing_unit ON mailing (unit_id);
CREATE INDEX mailing_letter_unit ON mailing_letter (unit_id, sent_at);
DROP INDEX appraisal_round_public;
ALTER TABLE appraisal_round DROP COLUMN public_on;
