-- +goose Up
-- 等级保护 records, key devices and security products, hosting. Articles 22, 24.

CREATE TABLE protection_grade (
    id          TEXT COLLATE "C" PRIMARY KEY,
    unit_id     TEXT NOT NULL REFERENCES unit (id),
    object_kind TEXT NOT NULL, -- site, app, account, platform
    object_id   TEXT NOT NULL, -- empty for a platform
    object_name TEXT NOT NULL,
    level       INTEGER NOT NULL,
    filing      TEXT NOT NULL,
    filed_on    DATE,
    assessed_on DATE,
    agency      TEXT NOT NULL,
    next_due    DATE,
    created_at  TIMESTAMPTZ NOT NULL,
    updated_at  TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX protection_grade_object ON protection_grade (object_kind, object_id) WHERE object_id <> '';
CREATE UNIQUE INDEX protection_grade_platform ON protection_grade (unit_id, object_name) WHERE object_id = '';
CREATE INDEX protection_grade_unit ON protection_grade (unit_id);
CREATE INDEX protection_grade_due ON protection_grade (next_due);

CREATE TABLE protection_assessment (
    id          TEXT COLLATE "C" PRIMARY KEY,
    grade_id    TEXT NOT NULL REFERENCES protection_grade (id),
    assessed_on DATE NOT NULL,
    agency      TEXT NOT NULL,
    result      TEXT NOT NULL,
    file_id     TEXT REFERENCES attachment (id),
    file_name   TEXT NOT NULL,
    added_by    TEXT NOT NULL,
    added_at    TIMESTAMPTZ NOT NULL
);
CREATE INDEX protection_assessment_of ON protection_assessment (grade_id, assessed_on);

CREATE TABLE security_asset (
    id          TEXT COLLATE "C" PRIMARY KEY,
    unit_id     TEXT NOT NULL REFERENCES unit (id),
    kind        TEXT NOT NULL, -- device, product
    name        TEXT NOT NULL,
    maker       TEXT NOT NULL,
    model       TEXT NOT NULL,
    pieces      INTEGER NOT NULL,
    domestic    BOOLEAN NOT NULL,
    proof       TEXT NOT NULL, -- certified, tested, empty
    certificate TEXT NOT NULL,
    expires_on  DATE,
    file_id     TEXT REFERENCES attachment (id),
    file_name   TEXT NOT NULL,
    retired_on  DATE,
    created_at  TIMESTAMPTZ NOT NULL,
    updated_at  TIMESTAMPTZ NOT NULL
);
CREATE INDEX security_asset_unit ON security_asset (unit_id, retired_on);
CREATE INDEX security_asset_expires ON security_asset (expires_on);

CREATE TABLE hosting (
    id              TEXT COLLATE "C" PRIMARY KEY,
    unit_id         TEXT NOT NULL REFERENCES unit (id),
    object_kind     TEXT NOT NULL,
    object_id       TEXT NOT NULL,
    object_name     TEXT NOT NULL,
    provider        TEXT NOT NULL,
    provider_nation TEXT NOT NULL, -- CN is the mainland
    form            TEXT NOT NULL, -- own, physical, virtual, cloud
    server_nation   TEXT NOT NULL,
    location        TEXT NOT NULL,
    contract        TEXT NOT NULL,
    from_on         DATE,
    until_on        DATE,
    file_id         TEXT REFERENCES attachment (id),
    file_name       TEXT NOT NULL,
    ended_on        DATE,
    created_at      TIMESTAMPTZ NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL
);
CREATE INDEX hosting_unit ON hosting (unit_id, ended_on);
CREATE INDEX hosting_object ON hosting (object_kind, object_id);
CREATE INDEX hosting_until ON hosting (until_on);

-- +goose Down
DROP TABLE hosting;
DROP TABLE security_asset;
DROP TABLE protection_assessment;
DROP TABLE protection_grade;
