-- +goose Up
-- Policy files and their interpretations, to the clause, and the waivers.
-- Article 14(3).
ALTER TABLE item_link ADD COLUMN clause TEXT NOT NULL DEFAULT '';      -- anchor of the clause interpreted; empty: the whole file
ALTER TABLE item_link ADD COLUMN clause_name TEXT NOT NULL DEFAULT ''; -- 第三条

CREATE INDEX item_version_important ON item_version (item_id, no) WHERE important AND type = 'policy';

-- What was let out before its interpretation: by whom, why, due when.
CREATE TABLE interpretation_waiver (
    item_id     TEXT COLLATE "C" NOT NULL,
    version_no  INTEGER NOT NULL,
    person_id   TEXT NOT NULL,
    person_name TEXT NOT NULL,
    reason      TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    due_on      DATE NOT NULL,
    alarm_on    DATE NOT NULL,      -- three working days later still nothing: everybody is told
    alarmed_at  TIMESTAMPTZ,
    settled_at  TIMESTAMPTZ,
    settled_by  TEXT NOT NULL DEFAULT '', -- title of the interpretation
    PRIMARY KEY (item_id, version_no),
    FOREIGN KEY (item_id, version_no) REFERENCES item_version (item_id, no)
);

-- +goose Down
DROP TABLE interpretation_waiver;
DROP INDEX item_version_important;
ALTER TABLE item_link DROP COLUMN clause_name;
ALTER TABLE item_link DROP COLUMN clause;
