-- +goose Up
-- What the ledger is searched by, one row an object: names it has and had,
-- their pinyin and initials, numbers, addresses, lower case and half width. A
-- whole scan of it takes some 20 ms at 60,000 rows on both databases; it is
-- kept apart from the records so that nothing wider is read.
CREATE TABLE ledger_text (
    id   TEXT COLLATE "C" PRIMARY KEY,
    kind TEXT NOT NULL,        -- site, account, domain, unit
    text TEXT NOT NULL,        -- forms separated by line ends
    at   TIMESTAMPTZ NOT NULL, -- of the record it was made from
    made TEXT NOT NULL         -- of a unit: the names it was made from
);
CREATE INDEX unit_by_name ON unit (name);

-- +goose Down
DROP INDEX unit_by_name;
DROP TABLE ledger_text;
