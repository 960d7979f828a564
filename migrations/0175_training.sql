-- +goose Up
-- Training. Article 31.
CREATE TABLE training_course (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    unit_id    TEXT NOT NULL REFERENCES unit (id),
    year       INTEGER NOT NULL,
    kind       TEXT NOT NULL, -- business, mandatory, media
    title      TEXT NOT NULL,
    held_on    DATE NOT NULL,
    place      TEXT NOT NULL DEFAULT '',
    teacher    TEXT NOT NULL DEFAULT '',
    outline    TEXT NOT NULL DEFAULT '',
    document   TEXT NOT NULL DEFAULT '', -- 必学内容: the document that includes it
    hours      INTEGER NOT NULL,          -- tenths of 学时
    state      TEXT NOT NULL, -- planned, held, cancelled
    code       TEXT NOT NULL DEFAULT '',
    code_until TIMESTAMPTZ,
    created_by TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    why        TEXT NOT NULL DEFAULT ''
);
CREATE INDEX training_course_unit ON training_course (unit_id, year);
CREATE INDEX training_course_year ON training_course (year, held_on);
CREATE UNIQUE INDEX training_course_code ON training_course (code) WHERE code <> '';

CREATE TABLE training_attendance (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    course_id   TEXT COLLATE "C" NOT NULL REFERENCES training_course (id),
    unit_id     TEXT NOT NULL REFERENCES unit (id),
    person_id   TEXT NOT NULL DEFAULT '',
    person_name TEXT NOT NULL,
    way         TEXT NOT NULL, -- code, list
    signed_at   TIMESTAMPTZ NOT NULL,
    certificate TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX training_attendance_once ON training_attendance (course_id, unit_id, person_name);
CREATE INDEX training_attendance_unit ON training_attendance (unit_id, course_id);
CREATE INDEX training_attendance_person ON training_attendance (person_id, signed_at) WHERE person_id <> '';

-- +goose Down
DROP TABLE training_attendance;
DROP TABLE training_course;
