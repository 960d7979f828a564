-- +goose Up
-- Arrangements of holidays as editions: why one was entered over another, whether it corrects an
-- entry, when the running clocks were counted again by it, and which of them moved. Article 34.
ALTER TABLE holiday_notice ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE holiday_notice ADD COLUMN corrects BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE holiday_notice ADD COLUMN counted_at TIMESTAMPTZ;

CREATE TABLE holiday_move (
    notice_id     TEXT COLLATE "C" NOT NULL REFERENCES holiday_notice (id),
    obligation_id TEXT COLLATE "C" NOT NULL, -- those of the past may be gone
    unit_id       TEXT NOT NULL REFERENCES unit (id),
    kind          TEXT NOT NULL,
    subject       TEXT NOT NULL,
    link          TEXT NOT NULL,
    was_on        DATE NOT NULL,
    due_on        DATE NOT NULL,
    at            TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (notice_id, obligation_id)
);
CREATE INDEX holiday_move_unit ON holiday_move (unit_id);

-- +goose Down
DROP TABLE holiday_move;
ALTER TABLE holiday_notice DROP COLUMN counted_at;
ALTER TABLE holiday_notice DROP COLUMN corrects;
ALTER TABLE holiday_notice DROP COLUMN reason;
