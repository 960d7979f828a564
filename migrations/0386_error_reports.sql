-- +goose Up
-- The list of 我为政府网站找错 as the national platform gives it out, and who
-- took it in for which place. 国办秘函〔2019〕19号, J-D-1.
CREATE TABLE error_report (
    number      TEXT COLLATE "C" PRIMARY KEY,   -- of the national platform
    site_id     TEXT NOT NULL REFERENCES site (id),
    received_on DATE NOT NULL,
    due_on      DATE,                           -- no day: nobody can tell
    last_on     DATE NOT NULL,                  -- due_on, else a month on
    answered_on DATE,
    kind        TEXT NOT NULL DEFAULT '',
    says        TEXT NOT NULL DEFAULT '',
    url         TEXT NOT NULL DEFAULT '',
    result      TEXT NOT NULL DEFAULT '',
    void        BOOLEAN NOT NULL DEFAULT FALSE, -- 重复, 无效: counts nowhere
    import_id   TEXT NOT NULL,
    first_at    TIMESTAMPTZ NOT NULL,           -- when the house heard of it,
    answered_at TIMESTAMPTZ                     -- and of its answer
);
CREATE INDEX error_report_received ON error_report (received_on, number);
CREATE INDEX error_report_site ON error_report (site_id, received_on);

CREATE TABLE error_report_import (
    id        TEXT COLLATE "C" PRIMARY KEY,
    unit_id   TEXT NOT NULL REFERENCES unit (id), -- the office that took it in
    taken_on  DATE NOT NULL,
    file      TEXT NOT NULL DEFAULT '',
    accepted  INTEGER NOT NULL,
    refused   INTEGER NOT NULL,
    taken_by  TEXT NOT NULL,
    at        TIMESTAMPTZ NOT NULL
);
CREATE INDEX error_report_import_unit ON error_report_import (unit_id, at);

-- +goose Down
DROP TABLE error_report_import;
DROP TABLE error_report;
