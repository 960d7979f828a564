-- +goose Up
-- Ground: the audit trail, leases, state machines. Article 19, 22.

-- The trail. Entries are written with the act and never changed; names are
-- copied, so an entry outlives what it tells of.
CREATE TABLE audit_entry (
    id          TEXT COLLATE "C" PRIMARY KEY,
    at          TIMESTAMPTZ NOT NULL,
    actor_kind  TEXT NOT NULL,
    actor_id    TEXT NOT NULL,
    actor_name  TEXT NOT NULL,
    actor_unit  TEXT NOT NULL,
    act         TEXT NOT NULL,
    target_kind TEXT NOT NULL,
    target_id   TEXT NOT NULL,
    target_name TEXT NOT NULL,
    unit_id     TEXT NOT NULL,
    basis       TEXT NOT NULL,
    before      TEXT NOT NULL,
    after       TEXT NOT NULL,
    request_id  TEXT NOT NULL,
    hash        TEXT NOT NULL
);
CREATE INDEX audit_entry_target ON audit_entry (target_kind, target_id, at);
CREATE INDEX audit_entry_at ON audit_entry (at);

-- The chain: one leased sequencer appends a link for each entry.
CREATE TABLE audit_link (
    seq        BIGINT PRIMARY KEY,
    entry_id   TEXT COLLATE "C" NOT NULL UNIQUE,
    entry_hash TEXT NOT NULL,
    hash       TEXT NOT NULL,
    linked_at  TIMESTAMPTZ NOT NULL
);

CREATE TABLE lease (
    name       TEXT PRIMARY KEY,
    holder     TEXT NOT NULL,
    until      TIMESTAMPTZ NOT NULL
);

-- State machines: a row of history must name a declared transition and must
-- begin where the row before it ended. Nothing can move past the table.
CREATE TABLE transition (
    kind       TEXT NOT NULL,
    from_state TEXT NOT NULL,
    act        TEXT NOT NULL,
    to_state   TEXT NOT NULL,
    PRIMARY KEY (kind, from_state, act, to_state)
);

CREATE TABLE passage (
    kind       TEXT NOT NULL,
    object_id  TEXT COLLATE "C" NOT NULL,
    seq        INTEGER NOT NULL CHECK (seq >= 1),
    prev_seq   INTEGER,
    from_state TEXT NOT NULL,
    act        TEXT NOT NULL,
    to_state   TEXT NOT NULL,
    at         TIMESTAMPTZ NOT NULL,
    actor_id   TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    note       TEXT NOT NULL,
    case_id    TEXT NOT NULL,
    PRIMARY KEY (kind, object_id, seq),
    UNIQUE (kind, object_id, seq, to_state),
    CHECK ((seq = 1 AND prev_seq IS NULL AND from_state = '') OR (seq > 1 AND prev_seq IS NOT NULL AND prev_seq = seq - 1)),
    FOREIGN KEY (kind, from_state, act, to_state) REFERENCES transition (kind, from_state, act, to_state),
    FOREIGN KEY (kind, object_id, prev_seq, from_state) REFERENCES passage (kind, object_id, seq, to_state)
);

-- +goose Down
DROP TABLE passage;
DROP TABLE transition;
DROP TABLE lease;
DROP TABLE audit_link;
DROP TABLE audit_entry;
