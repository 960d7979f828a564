-- +goose Up
-- Names with their dates, acts of reorganisation, and who follows whom: 机构调整, 行政区划调整. Articles 4, 8(2), 8(3), 33.
ALTER TABLE unit ADD COLUMN founded_on DATE;
ALTER TABLE unit ADD COLUMN zone_approved_on DATE; -- date of national_approval
ALTER TABLE area ADD COLUMN abolished_on DATE;

-- An abolished unit keeps its name; a new one may bear it.
DROP INDEX unit_name_in_area;
CREATE UNIQUE INDEX unit_name_in_area ON unit (area_id, name) WHERE abolished_on IS NULL;
CREATE INDEX unit_area ON unit (area_id, kind);

-- One act under one document.
CREATE TABLE reorganisation (
    id          TEXT COLLATE "C" PRIMARY KEY,
    kind        TEXT NOT NULL, -- rename, merge, split, abolish, restore, move, upgrade, area_rename, area_move, area_merge
    title       TEXT NOT NULL, -- what happened, in a sentence
    unit_id     TEXT COLLATE "C" REFERENCES unit (id),
    area_id     TEXT COLLATE "C" REFERENCES area (id),
    document    TEXT NOT NULL,
    document_on DATE,
    effective_on DATE NOT NULL,
    note        TEXT NOT NULL DEFAULT '',
    plan        TEXT NOT NULL, -- JSON, as it was decided
    touched     TEXT NOT NULL, -- JSON, the counts it carried
    undoes      TEXT COLLATE "C" REFERENCES reorganisation (id),
    done_by     TEXT NOT NULL,
    done_by_name TEXT NOT NULL,
    done_at     TIMESTAMPTZ NOT NULL
);
CREATE INDEX reorganisation_done ON reorganisation (done_at);
CREATE INDEX reorganisation_of ON reorganisation (unit_id);

-- Which units an act concerned: its part in the history of each.
CREATE TABLE reorganisation_unit (
    act_id     TEXT COLLATE "C" NOT NULL REFERENCES reorganisation (id),
    unit_id    TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
    part       TEXT NOT NULL, -- subject, ended, successor, founded
    PRIMARY KEY (act_id, unit_id)
);
CREATE INDEX reorganisation_unit_unit ON reorganisation_unit (unit_id);

-- Former names, of units and of areas.
CREATE TABLE unit_name (
    id         TEXT COLLATE "C" PRIMARY KEY,
    unit_id    TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
    name       TEXT NOT NULL,
    short_name TEXT NOT NULL DEFAULT '',
    initials   TEXT NOT NULL DEFAULT '',
    from_on    DATE,
    until_on   DATE NOT NULL,
    document   TEXT NOT NULL,
    act_id     TEXT COLLATE "C" NOT NULL REFERENCES reorganisation (id)
);
CREATE INDEX unit_name_unit ON unit_name (unit_id, until_on);
CREATE INDEX unit_name_name ON unit_name (name);

CREATE TABLE area_name (
    id         TEXT COLLATE "C" PRIMARY KEY,
    area_id    TEXT COLLATE "C" NOT NULL REFERENCES area (id),
    name       TEXT NOT NULL,
    until_on   DATE NOT NULL,
    document   TEXT NOT NULL,
    act_id     TEXT COLLATE "C" NOT NULL REFERENCES reorganisation (id)
);
CREATE INDEX area_name_area ON area_name (area_id, until_on);

-- Who takes over from whom; the main successor takes what nobody named.
CREATE TABLE unit_succession (
    unit_id      TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
    successor_id TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
    act_id       TEXT COLLATE "C" NOT NULL REFERENCES reorganisation (id),
    main         BOOLEAN NOT NULL,
    since_on     DATE NOT NULL,
    ended_on     DATE, -- the unit was restored
    PRIMARY KEY (unit_id, successor_id, act_id),
    CHECK (unit_id <> successor_id)
);
CREATE INDEX unit_succession_successor ON unit_succession (successor_id);

CREATE TABLE area_succession (
    area_id      TEXT COLLATE "C" PRIMARY KEY REFERENCES area (id),
    successor_id TEXT COLLATE "C" NOT NULL REFERENCES area (id),
    act_id       TEXT COLLATE "C" NOT NULL REFERENCES reorganisation (id),
    since_on     DATE NOT NULL,
    CHECK (area_id <> successor_id)
);

-- +goose Down
DROP TABLE area_succession;
DROP TABLE unit_succession;
DROP TABLE area_name;
DROP TABLE unit_name;
DROP TABLE reorganisation_unit;
DROP TABLE reorganisation;
DROP INDEX unit_area;
DROP INDEX unit_name_in_area;
CREATE UNIQUE INDEX unit_name_in_area ON unit (area_id, name);
ALTER TABLE area DROP COLUMN abolished_on;
ALTER TABLE unit DROP COLUMN zone_approved_on;
ALTER TABLE unit DROP COLUMN founded_on;
