-- +goose Up
-- 重要转载: what the province marks is reposted by every named site and account
-- within 24 hours. Article 19(3); 国办发〔2017〕47号.
CREATE TABLE repost_call (
    id          TEXT COLLATE "C" PRIMARY KEY,
    unit_id     TEXT NOT NULL REFERENCES unit (id), -- the office that marked it
    title       TEXT NOT NULL,
    source      TEXT NOT NULL,
    source_url  TEXT NOT NULL DEFAULT '',
    item_id     TEXT COLLATE "C" REFERENCES item (id), -- when it is in the library: may be adopted
    audience    TEXT NOT NULL,                         -- in words
    note        TEXT NOT NULL DEFAULT '',
    issued_at   TIMESTAMPTZ NOT NULL,
    due_at      TIMESTAMPTZ NOT NULL,
    issued_by   TEXT NOT NULL,
    revoked_at  TIMESTAMPTZ,
    revoked_why TEXT NOT NULL DEFAULT ''
);
CREATE INDEX repost_call_issued ON repost_call (unit_id, issued_at);
CREATE INDEX repost_call_item ON repost_call (item_id) WHERE item_id IS NOT NULL;
CREATE INDEX repost_call_source ON repost_call (source_url) WHERE source_url <> '';

CREATE TABLE repost_duty (
    call_id     TEXT COLLATE "C" NOT NULL REFERENCES repost_call (id),
    object_kind TEXT NOT NULL CHECK (object_kind IN ('site', 'account')),
    object_id   TEXT COLLATE "C" NOT NULL,
    object_name TEXT NOT NULL,
    unit_id     TEXT NOT NULL REFERENCES unit (id),
    state       TEXT NOT NULL CHECK (state IN ('owed', 'given', 'done', 'void')),
    found_by    TEXT NOT NULL DEFAULT '' CHECK (found_by IN ('', 'adoption', 'address', 'person')),
    address     TEXT NOT NULL DEFAULT '',
    given_at    TIMESTAMPTZ,
    given_by    TEXT NOT NULL DEFAULT '',
    looked_at   TIMESTAMPTZ,
    looks       INTEGER NOT NULL DEFAULT 0,
    shown_at    TIMESTAMPTZ,             -- as the page says
    found_at    TIMESTAMPTZ,             -- what the hours are counted by
    late        BOOLEAN NOT NULL DEFAULT FALSE,
    says        TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (call_id, object_kind, object_id),
    CHECK (state <> 'done' OR (found_at IS NOT NULL AND found_by <> ''))
);
CREATE INDEX repost_duty_unit ON repost_duty (unit_id, state);
CREATE INDEX repost_duty_object ON repost_duty (object_kind, object_id, state);
CREATE INDEX repost_duty_state ON repost_duty (call_id, state, late);

-- +goose Down
DROP TABLE repost_duty;
DROP TABLE repost_call;
