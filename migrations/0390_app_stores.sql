-- +goose Up
-- Whether a client can be had and used (V-M-2.2), also as its download addresses
-- answer.
ALTER TABLE account_sheet ADD COLUMN usable TEXT NOT NULL DEFAULT '';

CREATE TABLE app_store_look (
    account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    url        TEXT NOT NULL,
    at         TIMESTAMPTZ NOT NULL,
    state      TEXT NOT NULL,
    says       TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (account_id, url)
);

-- +goose Down
DROP TABLE app_store_look;
ALTER TABLE account_sheet DROP COLUMN usable;
