-- +goose Up
-- Checks before submit and at each approval: results with the edition of the
-- rules that gave them, each remark with its fate, the units' allow lists, and
-- the index of near copies. Articles 12(2), 19(3), 27.

-- Results hold for a text and the rules that read it; others are read again.
ALTER TABLE item_check ADD COLUMN rules TEXT NOT NULL DEFAULT '';

-- A remark is a place in an item seen to be wrong, by field, kind, words and
-- what stands around them, so that it keeps its reason from version to version.
CREATE TABLE item_remark (
    item_id     TEXT COLLATE "C" NOT NULL REFERENCES item (id),
    remark      TEXT COLLATE "C" NOT NULL,
    kind        TEXT NOT NULL,
    severity    TEXT NOT NULL,
    first_at    TIMESTAMPTZ NOT NULL,
    gone_at     TIMESTAMPTZ,                 -- mended: the newest version has it no more
    reason      TEXT NOT NULL DEFAULT '',    -- why it stands
    person_id   TEXT NOT NULL DEFAULT '',
    person_name TEXT NOT NULL DEFAULT '',
    reason_at   TIMESTAMPTZ,
    false_alarm BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (item_id, remark)
);
CREATE INDEX item_remark_kind ON item_remark (kind);

-- What a unit does not want to be asked about again (误报). Personal numbers
-- stand masked, with a hash to know them by. What lifts a serious remark waits
-- for a second person.
CREATE TABLE allow_word (
    id             TEXT COLLATE "C" PRIMARY KEY,
    unit_id        TEXT NOT NULL REFERENCES unit (id),
    kind           TEXT NOT NULL,
    words          TEXT NOT NULL,
    words_sum      TEXT NOT NULL,
    serious        BOOLEAN NOT NULL,
    near           TEXT NOT NULL DEFAULT '',
    item_id        TEXT COLLATE "C" NOT NULL REFERENCES item (id),
    reason         TEXT NOT NULL,
    person_id      TEXT NOT NULL,
    person_name    TEXT NOT NULL,
    created_at     TIMESTAMPTZ NOT NULL,
    until          DATE NOT NULL,            -- the last day it holds
    confirmed_id   TEXT NOT NULL DEFAULT '',
    confirmed_name TEXT NOT NULL DEFAULT '',
    confirmed_at   TIMESTAMPTZ,
    removed_name   TEXT NOT NULL DEFAULT '',
    removed_why    TEXT NOT NULL DEFAULT '',
    removed_at     TIMESTAMPTZ,
    CHECK (confirmed_id = '' OR confirmed_id <> person_id)
);
CREATE INDEX allow_word_unit ON allow_word (unit_id, kind, words_sum);

-- What a job learnt of the addresses outside that a version leads to.
CREATE TABLE item_outlink (
    item_id TEXT COLLATE "C" NOT NULL REFERENCES item (id),
    href    TEXT NOT NULL,
    state   TEXT NOT NULL,                   -- alive, dead, wrong, refused, soft404
    says    TEXT NOT NULL DEFAULT '',
    at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (item_id, href)
);

CREATE TABLE likeness (
    id     TEXT COLLATE "C" PRIMARY KEY,
    sketch TEXT NOT NULL
);

-- One row for each band of a signature and one for the title.
CREATE TABLE likeness_band (
    key BIGINT NOT NULL,
    id  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (key, id)
);

-- +goose Down
DROP TABLE likeness_band;
DROP TABLE likeness;
DROP TABLE item_outlink;
DROP TABLE allow_word;
DROP TABLE item_remark;
ALTER TABLE item_check DROP COLUMN rules;
