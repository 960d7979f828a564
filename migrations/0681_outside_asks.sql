-- +goose Up
-- What a crawler beyond the wall is asked to look at besides pages, where this house has
-- no way to the Internet: names and machines, feeds, the old hosts of closed sites.
-- Articles 8, 19(4), 22 to 24.
CREATE TABLE outside_ask (
    id       TEXT PRIMARY KEY,
    kind     TEXT NOT NULL,
    subject  TEXT NOT NULL,
    urgent   BOOLEAN NOT NULL DEFAULT FALSE,             -- a person waits
    asked_at TIMESTAMPTZ NOT NULL,
    sent_at  TIMESTAMPTZ,                                -- put out as a file
    state    TEXT NOT NULL CHECK (state IN ('waiting', 'answered', 'unanswered', 'refused')),
    ended_at TIMESTAMPTZ,
    says     TEXT NOT NULL DEFAULT '',                   -- why nothing came of it
    vantage  TEXT NOT NULL DEFAULT ''                    -- that answered
);
CREATE UNIQUE INDEX outside_ask_waiting ON outside_ask (kind, subject) WHERE state = 'waiting';
CREATE INDEX outside_ask_subject ON outside_ask (kind, subject, asked_at);

-- +goose Down
DROP TABLE outside_ask;
