-- +goose Up
-- Annual forms (年度报表, 国办函〔2018〕12号, Article 19(6)): one row for each
-- edition of a form, what was typed into its cells, and who sent it which way.

CREATE TABLE annual_form (
    id            TEXT COLLATE "C" PRIMARY KEY,
    kind          TEXT NOT NULL CHECK (kind IN ('site', 'supervision', 'media')),
    year          INTEGER NOT NULL,                    -- reported on
    object_id     TEXT COLLATE "C" NOT NULL,           -- the site, else the unit
    object_name   TEXT NOT NULL,
    unit_id       TEXT NOT NULL REFERENCES unit (id),  -- fills it in
    reviewer_id   TEXT NOT NULL REFERENCES unit (id),  -- the office it goes to
    edition       INTEGER NOT NULL,                    -- 1; 2 and more correct a published one
    why           TEXT NOT NULL DEFAULT '',            -- of a later edition
    definition    TEXT NOT NULL,                       -- id of the cells
    version       INTEGER NOT NULL,                    -- of the cells
    state         TEXT NOT NULL,
    due_on        DATE,                                -- to be public by; NULL: begun before its time
    opened_at     TIMESTAMPTZ NOT NULL,
    submitted_id  TEXT NOT NULL DEFAULT '',
    submitted_by  TEXT NOT NULL DEFAULT '',
    submitted_at  TIMESTAMPTZ,
    returned_why  TEXT NOT NULL DEFAULT '',
    approved_by   TEXT NOT NULL DEFAULT '',
    approved_at   TIMESTAMPTZ,
    content       TEXT NOT NULL DEFAULT '',            -- JSON: the cells as submitted
    sha256        TEXT NOT NULL DEFAULT '',            -- of content
    rows_ref      TEXT NOT NULL DEFAULT '',            -- blob of the rows behind the cells as submitted
    published_by  TEXT NOT NULL DEFAULT '',
    published_at  TIMESTAMPTZ,
    published_on  DATE,
    address       TEXT NOT NULL DEFAULT '',            -- written back into the national system
    address_on    DATE,
    address_by    TEXT NOT NULL DEFAULT '',
    address_seen  TEXT NOT NULL DEFAULT '',            -- what a look at the address told
    UNIQUE (kind, object_id, year, edition)
);
CREATE INDEX annual_form_year ON annual_form (year, kind, state);
CREATE INDEX annual_form_unit ON annual_form (unit_id, year);
CREATE INDEX annual_form_reviewer ON annual_form (reviewer_id, year, kind);

CREATE TABLE annual_cell (
    form_id  TEXT COLLATE "C" NOT NULL REFERENCES annual_form (id),
    cell     TEXT COLLATE "C" NOT NULL,
    value    TEXT NOT NULL DEFAULT '',  -- empty: only a remark
    source   TEXT NOT NULL DEFAULT '',  -- where a typed value comes from
    why      TEXT NOT NULL DEFAULT '',  -- it stands instead of what was counted
    counted  TEXT NOT NULL DEFAULT '',  -- what was counted when it was typed
    remark   TEXT NOT NULL DEFAULT '',
    kept_by  TEXT NOT NULL,
    kept_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (form_id, cell)
);

-- +goose Down
DROP TABLE annual_cell;
DROP TABLE annual_form;
