-- +goose Up
-- Versions of apps and mini-programs with where each is had and its security
-- report. Article 7(3): no report, no release.
CREATE TABLE app_version (
    id          TEXT COLLATE "C" PRIMARY KEY,
    account_id  TEXT NOT NULL REFERENCES account (id),
    number      TEXT NOT NULL,
    released_on DATE NOT NULL,
    tester      TEXT NOT NULL DEFAULT '',
    tested_on   DATE,
    passed      BOOLEAN NOT NULL DEFAULT FALSE,
    note        TEXT NOT NULL DEFAULT '',
    case_id     TEXT NOT NULL DEFAULT '',
    created_at  TIMESTAMPTZ NOT NULL,
    UNIQUE (account_id, number)
);
CREATE INDEX app_version_account ON app_version (account_id, released_on);

CREATE TABLE app_download (
    version_id TEXT NOT NULL REFERENCES app_version (id),
    store      TEXT NOT NULL,
    url        TEXT NOT NULL,
    PRIMARY KEY (version_id, store)
);

-- +goose Down
DROP TABLE app_download;
DROP TABLE app_version;
