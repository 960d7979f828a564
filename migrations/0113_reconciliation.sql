-- +goose Up
-- The ledger held against a file of another body: the national reporting
-- system, a co-regulator. One run a file; one row a difference.
CREATE TABLE reconciliation_run (
    id         TEXT COLLATE "C" PRIMARY KEY,
    file_id    TEXT COLLATE "C" NOT NULL REFERENCES intake_file (id),
    kind       TEXT NOT NULL,          -- sites, accounts, apps
    source     TEXT NOT NULL,          -- whose list it is, in words
    file_name  TEXT NOT NULL,
    blob       TEXT NOT NULL,          -- names the file by its hash
    whole      BOOLEAN NOT NULL,       -- the file lists all of the area
    person_id  TEXT NOT NULL,
    unit_id    TEXT NOT NULL REFERENCES unit (id),
    at         TIMESTAMPTZ NOT NULL,
    read_rows  INTEGER NOT NULL,
    same       INTEGER NOT NULL,
    kept       INTEGER NOT NULL,       -- differences decided before
    there      INTEGER NOT NULL,
    here       INTEGER NOT NULL,
    differing  INTEGER NOT NULL
);
CREATE INDEX reconciliation_run_unit ON reconciliation_run (unit_id, at);

CREATE TABLE reconciliation_row (
    id         TEXT COLLATE "C" PRIMARY KEY,
    run_id     TEXT COLLATE "C" NOT NULL REFERENCES reconciliation_run (id),
    verdict    TEXT NOT NULL,          -- there, here, differs
    row        INTEGER NOT NULL,       -- of the file; 0 for what is only here
    object     TEXT NOT NULL,          -- site, account
    object_id  TEXT NOT NULL,
    name       TEXT NOT NULL,
    unit_id    TEXT NOT NULL,          -- the sponsor, where the ledger knows it
    field      TEXT NOT NULL,
    theirs     TEXT NOT NULL,
    ours       TEXT NOT NULL,
    decision   TEXT NOT NULL DEFAULT '', -- accepted, kept, asked, candidate
    reason     TEXT NOT NULL DEFAULT '',
    decided_by TEXT NOT NULL DEFAULT '',
    decided_at TIMESTAMPTZ
);
CREATE INDEX reconciliation_row_run ON reconciliation_row (run_id, verdict, field, decision);

-- What was decided to stay as it is: the same difference is not shown as new.
CREATE TABLE reconciliation_kept (
    object_id TEXT COLLATE "C" NOT NULL,
    field     TEXT NOT NULL,
    theirs    TEXT NOT NULL,
    reason    TEXT NOT NULL,
    person_id TEXT NOT NULL,
    at        TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (object_id, field, theirs)
);

-- When a site was last queued to be held against what is to be seen.
CREATE TABLE reconciliation_held (
    site_id   TEXT COLLATE "C" PRIMARY KEY,
    queued_at TIMESTAMPTZ NOT NULL
);

-- +goose Down
DROP TABLE reconciliation_held;
DROP TABLE reconciliation_kept;
DROP TABLE reconciliation_row;
DROP TABLE reconciliation_run;
