-- +goose Up
-- How a record of the ledger came to say what it says: who, when, why, on which
-- approval, from which source. Written in the act's own transaction. The row
-- with an empty field is the entry of the record itself.
CREATE TABLE record_change (
    id         TEXT COLLATE "C" PRIMARY KEY,
    kind       TEXT NOT NULL, -- site, account, domain
    object_id  TEXT COLLATE "C" NOT NULL,
    act_id     TEXT COLLATE "C" NOT NULL, -- one for all fields changed at once
    field      TEXT NOT NULL,
    was        TEXT NOT NULL,
    now        TEXT NOT NULL,
    why        TEXT NOT NULL,
    case_id    TEXT NOT NULL,
    document   TEXT NOT NULL,
    source     TEXT NOT NULL, -- person, approval, import, observed, system
    source_ref TEXT NOT NULL,
    actor_id   TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    at         TIMESTAMPTZ NOT NULL
);
CREATE INDEX record_change_object ON record_change (kind, object_id, at);

-- Names an object had before.
CREATE TABLE object_name (
    id        TEXT COLLATE "C" PRIMARY KEY,
    kind      TEXT NOT NULL, -- site, account
    object_id TEXT COLLATE "C" NOT NULL,
    name      TEXT NOT NULL,
    from_on   DATE,
    until_on  DATE NOT NULL,
    document  TEXT NOT NULL,
    case_id   TEXT NOT NULL
);
CREATE INDEX object_name_object ON object_name (kind, object_id);
CREATE INDEX object_name_name ON object_name (name);

-- +goose Down
DROP TABLE object_name;
DROP TABLE record_change;
