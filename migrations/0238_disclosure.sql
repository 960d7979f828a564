-- +goose Up
-- Statutory disclosure: where each unit discloses each class of information,
-- and the clock of 20 working days. Article 12; 政府信息公开条例 19–21, 26.
CREATE TABLE disclosure_place (
    unit_id     TEXT NOT NULL REFERENCES unit (id),
    entry       TEXT NOT NULL,               -- of the catalogue
    column_id   TEXT REFERENCES site_column (id),
    none_why    TEXT NOT NULL DEFAULT '',    -- the unit has no such information: why
    person_id   TEXT NOT NULL,
    person_name TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (unit_id, entry),
    CHECK ((column_id IS NULL) <> (none_why = ''))
);

-- Information that was made or changed and must be public 20 working days later.
CREATE TABLE disclosure_due (
    id           TEXT COLLATE "C" PRIMARY KEY,
    unit_id      TEXT NOT NULL REFERENCES unit (id),
    entry        TEXT NOT NULL,
    title        TEXT NOT NULL,
    formed_on    DATE NOT NULL,
    due_on       DATE NOT NULL,
    item_id      TEXT COLLATE "C" REFERENCES item (id),
    disclosed_on DATE,
    person_id    TEXT NOT NULL,
    person_name  TEXT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL
);
CREATE INDEX disclosure_due_unit ON disclosure_due (unit_id, entry);
CREATE INDEX disclosure_due_item ON disclosure_due (item_id);

-- +goose Down
DROP TABLE disclosure_due;
DROP TABLE disclosure_place;
