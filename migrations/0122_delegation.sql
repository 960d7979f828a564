-- +goose Up
-- Leave, deputies with an end date, hand-over from A to B. Articles 3, 18, 19(2).
CREATE TABLE delegation (
    id         TEXT COLLATE "C" PRIMARY KEY,
    from_id    TEXT COLLATE "C" NOT NULL REFERENCES person (id),
    to_id      TEXT COLLATE "C" NOT NULL REFERENCES person (id),
    from_on    DATE NOT NULL,
    until_on   DATE NOT NULL,
    reason     TEXT NOT NULL,
    made_by    TEXT NOT NULL,
    made_by_name TEXT NOT NULL,
    made_at    TIMESTAMPTZ NOT NULL,
    ended_at   TIMESTAMPTZ, -- before its date
    ended_by_name TEXT NOT NULL DEFAULT '',
    ended_why  TEXT NOT NULL DEFAULT '',
    CHECK (from_id <> to_id)
);
CREATE INDEX delegation_from ON delegation (from_id, until_on);
CREATE INDEX delegation_to ON delegation (to_id, until_on);

CREATE TABLE delegated_post (
    delegation_id TEXT COLLATE "C" NOT NULL REFERENCES delegation (id),
    post_id       TEXT COLLATE "C" NOT NULL REFERENCES post (id),
    PRIMARY KEY (delegation_id, post_id)
);
CREATE INDEX delegated_post_post ON delegated_post (post_id);

CREATE TABLE absence (
    id         TEXT COLLATE "C" PRIMARY KEY,
    person_id  TEXT COLLATE "C" NOT NULL REFERENCES person (id),
    kind       TEXT NOT NULL, -- annual, sick, trip, study, other
    from_on    DATE NOT NULL,
    until_on   DATE NOT NULL,
    note       TEXT NOT NULL DEFAULT '',
    delegation_id TEXT COLLATE "C" REFERENCES delegation (id),
    made_by_name TEXT NOT NULL,
    made_at    TIMESTAMPTZ NOT NULL,
    ended_at   TIMESTAMPTZ -- back early, or entered by mistake
);
CREATE INDEX absence_person ON absence (person_id, until_on);

-- What moved from whom to whom, for good.
CREATE TABLE hand_over (
    id         TEXT COLLATE "C" PRIMARY KEY,
    from_id    TEXT COLLATE "C" NOT NULL REFERENCES person (id),
    to_id      TEXT COLLATE "C" NOT NULL REFERENCES person (id),
    unit_id    TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
    reason     TEXT NOT NULL,
    list       TEXT NOT NULL, -- JSON, what moved
    rows_moved INTEGER NOT NULL,
    done_by_name TEXT NOT NULL,
    done_at    TIMESTAMPTZ NOT NULL
);
CREATE INDEX hand_over_from ON hand_over (from_id, done_at);
CREATE INDEX hand_over_to ON hand_over (to_id, done_at);

-- +goose Down
DROP TABLE hand_over;
DROP TABLE absence;
DROP TABLE delegated_post;
DROP TABLE delegation;
