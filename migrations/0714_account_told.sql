-- +goose Up
-- What programs tell of accounts, which ask the platforms themselves: posts, and what
-- a platform answered. Articles 9, 12(4), 14(1); V-M-2.1, V-M-3.1.
CREATE TABLE account_post_next (
    account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    key        TEXT COLLATE "C" NOT NULL,      -- its address, else day and title
    posted_on  DATE NOT NULL,
    title      TEXT NOT NULL DEFAULT '',
    url        TEXT NOT NULL DEFAULT '',
    original   TEXT NOT NULL DEFAULT '',       -- yes, no; empty: not told
    source     TEXT NOT NULL CHECK (source IN ('feed', 'file', 'api')),
    taken_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account_id, key)
);
INSERT INTO account_post_next (account_id, key, posted_on, title, url, original, source, taken_at)
    SELECT account_id, key, posted_on, title, url, original, source, taken_at FROM account_post;
DROP TABLE account_post;
ALTER TABLE account_post_next RENAME TO account_post;
CREATE INDEX account_post_on ON account_post (account_id, posted_on);
ALTER TABLE account_receipt ADD COLUMN told BOOLEAN NOT NULL DEFAULT FALSE; -- by a program

-- +goose Down
ALTER TABLE account_receipt DROP COLUMN told;
CREATE TABLE account_post_next (
    account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    key        TEXT COLLATE "C" NOT NULL,
    posted_on  DATE NOT NULL,
    title      TEXT NOT NULL DEFAULT '',
    url        TEXT NOT NULL DEFAULT '',
    original   TEXT NOT NULL DEFAULT '',
    source     TEXT NOT NULL CHECK (source IN ('feed', 'file')),
    taken_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account_id, key)
);
INSERT INTO account_post_next (account_id, key, posted_on, title, url, original, source, taken_at)
    SELECT account_id, key, posted_on, title, url, original, CASE source WHEN 'api' THEN 'file' ELSE source END, taken_at FROM account_post;
DROP TABLE account_post;
ALTER TABLE account_post_next RENAME TO account_post;
CREATE INDEX account_post_on ON account_post (account_id, posted_on);
