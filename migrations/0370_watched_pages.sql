-- +goose Up
-- What patrols last saw of pages whose look a person has confirmed, or may. The
-- baseline itself is set forward by a named person alone. Article 23(1).

ALTER TABLE page_baseline ADD COLUMN set_by_id TEXT NOT NULL DEFAULT '';
ALTER TABLE page_baseline ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE page_baseline ADD COLUMN size BIGINT NOT NULL DEFAULT 0;
ALTER TABLE page_baseline ADD COLUMN content_type TEXT NOT NULL DEFAULT '';
ALTER TABLE page_baseline ADD COLUMN seen_at TIMESTAMPTZ;
ALTER TABLE page_baseline ADD COLUMN sketch TEXT NOT NULL DEFAULT '';

CREATE TABLE page_watch (
    site_id      TEXT NOT NULL REFERENCES site (id),
    address      TEXT COLLATE "C" NOT NULL,
    added_by     TEXT NOT NULL DEFAULT '',       -- empty: the home page, which is always watched
    at           TIMESTAMPTZ,                    -- of the last look; none before the first
    run_id       TEXT REFERENCES inspection_run (id),
    ref          TEXT NOT NULL DEFAULT '',       -- the bytes, kept while they differ from the baseline
    sha256       TEXT NOT NULL DEFAULT '',
    size         BIGINT NOT NULL DEFAULT 0,
    content_type TEXT NOT NULL DEFAULT '',
    title        TEXT NOT NULL DEFAULT '',
    outcome      TEXT NOT NULL DEFAULT '',       -- kept, tolerated, violated against the baseline; empty: there was none
    grave        BOOLEAN NOT NULL DEFAULT FALSE,
    says         TEXT NOT NULL DEFAULT '',
    sketch       TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (site_id, address)
);

-- +goose Down
DROP TABLE page_watch;
ALTER TABLE page_baseline DROP COLUMN sketch;
ALTER TABLE page_baseline DROP COLUMN seen_at;
ALTER TABLE page_baseline DROP COLUMN content_type;
ALTER TABLE page_baseline DROP COLUMN size;
ALTER TABLE page_baseline DROP COLUMN title;
ALTER TABLE page_baseline DROP COLUMN set_by_id;
