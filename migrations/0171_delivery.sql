-- +goose Up
-- Messages on their way out of the console: mail and webhooks. Articles 4, 19.
CREATE INDEX message_person ON message (person_id, at) WHERE person_id IS NOT NULL;

-- Messages that have not been handed to the outgoing channels yet.
CREATE TABLE message_wait (
    message_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES message (id)
);

CREATE TABLE notify_preference (
    person_id    TEXT NOT NULL PRIMARY KEY REFERENCES person (id),
    email        TEXT NOT NULL DEFAULT '',
    email_code   TEXT NOT NULL DEFAULT '', -- digest of the code that proves the address; empty: proven
    email_tries  INTEGER NOT NULL DEFAULT 0,
    mail         TEXT NOT NULL DEFAULT 'off', -- off, each, digest
    hook_url     TEXT NOT NULL DEFAULT '',
    hook_secret  TEXT NOT NULL DEFAULT '', -- sealed
    hook         TEXT NOT NULL DEFAULT 'off',
    quiet        BOOLEAN NOT NULL DEFAULT TRUE,
    urgent_only  BOOLEAN NOT NULL DEFAULT FALSE,
    changed_at   TIMESTAMPTZ NOT NULL
);

-- One outgoing message to one person by one channel; its id is the Message-ID
-- and the Idempotency-Key of every attempt.
CREATE TABLE delivery (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    message_id TEXT COLLATE "C" NOT NULL REFERENCES message (id),
    person_id  TEXT NOT NULL REFERENCES person (id),
    channel    TEXT NOT NULL, -- mail, hook
    batch      TEXT NOT NULL DEFAULT '', -- digest:2026-11-26, or empty
    state      TEXT NOT NULL, -- waiting, sending, sent, failed
    run_at     TIMESTAMPTZ NOT NULL,
    tries      INTEGER NOT NULL DEFAULT 0,
    sent_at    TIMESTAMPTZ,
    cause      TEXT NOT NULL DEFAULT '',
    UNIQUE (message_id, person_id, channel)
);
CREATE INDEX delivery_run ON delivery (run_at, id) WHERE state IN ('waiting', 'sending');
CREATE INDEX delivery_person ON delivery (person_id, run_at);

-- +goose Down
DROP TABLE delivery;
DROP TABLE notify_preference;
DROP TABLE message_wait;
DROP INDEX message_person;
