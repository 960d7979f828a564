-- +goose Up
-- What is seen of new-media accounts: posts from feeds and files, receipts of
-- persons, and how the checks stand. Articles 9, 12(4), 14(1); V-M-2.1, V-M-3.1.
CREATE TABLE account_post (
    account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    key        TEXT COLLATE "C" NOT NULL,      -- its address, else day and title
    posted_on  DATE NOT NULL,
    title      TEXT NOT NULL DEFAULT '',
    url        TEXT NOT NULL DEFAULT '',
    original   TEXT NOT NULL DEFAULT '',       -- yes, no; empty: not told
    source     TEXT NOT NULL CHECK (source IN ('feed', 'file')),
    taken_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account_id, key)
);
CREATE INDEX account_post_on ON account_post (account_id, posted_on);

CREATE TABLE account_receipt (
    id           TEXT COLLATE "C" PRIMARY KEY,
    account_id   TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    at           TIMESTAMPTZ NOT NULL,
    seen_on      DATE NOT NULL,
    link         TEXT NOT NULL DEFAULT '',
    last_post    DATE,
    last_own     DATE,                         -- newest original post
    interaction  TEXT NOT NULL DEFAULT '',     -- yes, no
    seen_name    TEXT NOT NULL DEFAULT '',
    seen_subject TEXT NOT NULL DEFAULT '',
    note         TEXT NOT NULL DEFAULT '',
    file_id      TEXT,
    file_name    TEXT NOT NULL DEFAULT '',
    person       TEXT NOT NULL
);
CREATE INDEX account_receipt_of ON account_receipt (account_id, at);

CREATE TABLE account_feed (
    account_id TEXT COLLATE "C" PRIMARY KEY REFERENCES account (id),
    url        TEXT NOT NULL,
    set_by     TEXT NOT NULL,
    set_at     TIMESTAMPTZ NOT NULL
);

-- How the last look at each feed went.
CREATE TABLE account_feed_look (
    account_id TEXT COLLATE "C" PRIMARY KEY REFERENCES account (id),
    at         TIMESTAMPTZ NOT NULL,
    posts      INTEGER NOT NULL,
    says       TEXT NOT NULL DEFAULT ''
);

-- How the checks stand: follows what is above and the ledger.
CREATE TABLE account_sheet (
    account_id  TEXT COLLATE "C" PRIMARY KEY REFERENCES account (id),
    at          TIMESTAMPTZ NOT NULL,
    stale       TEXT NOT NULL,
    original    TEXT NOT NULL,
    interaction TEXT NOT NULL,
    subject     TEXT NOT NULL,
    renamed     TEXT NOT NULL,
    wrong       INTEGER NOT NULL,
    last_post   DATE
);
CREATE INDEX account_sheet_wrong ON account_sheet (wrong DESC, account_id);

-- +goose Down
DROP TABLE account_sheet;
DROP TABLE account_feed_look;
DROP TABLE account_feed;
DROP TABLE account_receipt;
DROP TABLE account_post;
