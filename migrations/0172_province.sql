-- +goose Up
-- The province's choices with their history, holiday notices, settings of the system. Articles 4, 7, 8, 34.
CREATE TABLE province_setting (
    id       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value    TEXT NOT NULL, -- JSON, all settings
    from_on  DATE NOT NULL,
    reason   TEXT NOT NULL,
    document TEXT NOT NULL DEFAULT '',
    unit_id  TEXT NOT NULL REFERENCES unit (id),
    set_by   TEXT NOT NULL,
    set_at   TIMESTAMPTZ NOT NULL
);
CREATE INDEX province_setting_from ON province_setting (from_on, set_at);

CREATE TABLE holiday_notice (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    year       INTEGER NOT NULL,
    body       TEXT NOT NULL, -- JSON of calendar.Notice
    entered_by TEXT NOT NULL,
    entered_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX holiday_notice_year ON holiday_notice (year, entered_at);

CREATE TABLE system_setting (
    id     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value  TEXT NOT NULL, -- JSON; secrets sealed
    set_by TEXT NOT NULL,
    set_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX system_setting_at ON system_setting (set_at);

-- +goose Down
DROP TABLE system_setting;
DROP TABLE holiday_notice;
DROP TABLE province_setting;
