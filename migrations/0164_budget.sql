-- +goose Up
-- Budget lines by unit, year and the four classes of Article 21; amounts in 分.

CREATE TABLE budget_line (
    id         TEXT COLLATE "C" PRIMARY KEY,
    unit_id    TEXT NOT NULL REFERENCES unit (id),
    year       INTEGER NOT NULL,
    class      TEXT NOT NULL, -- supervision, operation, security, training
    planned    BIGINT NOT NULL,
    approved   BIGINT NOT NULL,
    spent      BIGINT NOT NULL,
    document   TEXT NOT NULL,
    note       TEXT NOT NULL,
    file_id    TEXT REFERENCES attachment (id),
    file_name  TEXT NOT NULL,
    updated_by TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX budget_line_once ON budget_line (unit_id, year, class);
CREATE INDEX budget_line_year ON budget_line (year, class);

-- +goose Down
DROP TABLE budget_line;
