-- +goose Up
-- The posts the regulation names, apart from login roles. Articles 7(2), 18, 19(1), 19(2).
ALTER TABLE person ADD COLUMN phone TEXT NOT NULL DEFAULT '';
ALTER TABLE person ADD COLUMN initials TEXT NOT NULL DEFAULT '';
ALTER TABLE person ADD COLUMN left_reason TEXT NOT NULL DEFAULT '';

CREATE TABLE named_post (
    id          TEXT COLLATE "C" PRIMARY KEY,
    unit_id     TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
    person_id   TEXT COLLATE "C" NOT NULL REFERENCES person (id),
    kind        TEXT NOT NULL, -- principal, leader_in_charge, overall, chief_editor, liaison, post_a, post_b
    object_kind TEXT NOT NULL DEFAULT '', -- site, account, app: of post_a and post_b
    object_id   TEXT COLLATE "C" NOT NULL DEFAULT '',
    object_name TEXT NOT NULL DEFAULT '',
    phone       TEXT NOT NULL DEFAULT '', -- of the post (专岗)
    document    TEXT NOT NULL DEFAULT '', -- of the appointment
    since_on    DATE NOT NULL,
    ended_on    DATE,
    ended_why   TEXT NOT NULL DEFAULT '',
    created_at  TIMESTAMPTZ NOT NULL
);
-- One person leads, one is in charge (Article 18).
CREATE UNIQUE INDEX named_post_one ON named_post (unit_id, kind)
    WHERE ended_on IS NULL AND kind IN ('principal', 'leader_in_charge', 'overall', 'chief_editor');
CREATE UNIQUE INDEX named_post_object ON named_post (object_kind, object_id, kind)
    WHERE ended_on IS NULL AND object_id <> '';
-- A and B are two people.
CREATE UNIQUE INDEX named_post_ab ON named_post (object_kind, object_id, person_id)
    WHERE ended_on IS NULL AND object_id <> '';
CREATE INDEX named_post_person ON named_post (person_id, ended_on);
CREATE INDEX named_post_unit ON named_post (unit_id, ended_on);

-- +goose Down
DROP TABLE named_post;
ALTER TABLE person DROP COLUMN left_reason;
ALTER TABLE person DROP COLUMN initials;
ALTER TABLE person DROP COLUMN phone;
