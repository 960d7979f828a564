-- +goose Up
-- The turns of a month as they were published, kept when the roster is reopened.
-- Article 19(4).
CREATE TABLE duty_edition (
    id           TEXT COLLATE "C" PRIMARY KEY,
    roster_id    TEXT NOT NULL REFERENCES duty_roster (id),
    no           INTEGER NOT NULL,               -- 1, 2, … of the month
    turns        TEXT NOT NULL,                  -- JSON; its SHA-256 stands in the trail
    published_by TEXT NOT NULL,
    published_at TIMESTAMPTZ NOT NULL,
    reopened_by  TEXT NOT NULL,
    reopened_at  TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX duty_edition_no ON duty_edition (roster_id, no);

-- +goose Down
DROP TABLE duty_edition;
