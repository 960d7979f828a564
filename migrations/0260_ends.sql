-- +goose Up
-- How an item ended for readers, five ends kept apart: withdrawn (410, with the
-- class of its reason), redirected (301 to what holds it now), gone (410, never
-- to return), replaced (the page stays and names its successor), archived (the
-- page stays, marked, out of the lists).
CREATE TABLE item_end (
    id          TEXT COLLATE "C" PRIMARY KEY,
    item_id     TEXT COLLATE "C" NOT NULL REFERENCES item (id),
    kind        TEXT NOT NULL CHECK (kind IN ('withdrawn', 'redirected', 'gone', 'replaced', 'archived')),
    class       TEXT NOT NULL DEFAULT '', -- of the reason, as readers are told
    target_id   TEXT COLLATE "C" REFERENCES item (id),
    reason      TEXT NOT NULL,            -- for the record, not for readers
    person_id   TEXT NOT NULL,
    person_name TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    undone_at   TIMESTAMPTZ,
    undone_by   TEXT NOT NULL DEFAULT '',
    undone_why  TEXT NOT NULL DEFAULT '',
    CHECK ((kind IN ('redirected', 'replaced')) = (target_id IS NOT NULL)),
    CHECK (target_id IS NULL OR target_id <> item_id)
);
CREATE INDEX item_end_item ON item_end (item_id, at);
CREATE INDEX item_end_target ON item_end (target_id) WHERE target_id IS NOT NULL;
-- An archived place is in no list and keeps its page.
ALTER TABLE item_placement ADD COLUMN archived_at TIMESTAMPTZ;
CREATE INDEX item_placement_archived ON item_placement (site_id, id) WHERE archived_at IS NOT NULL;

-- +goose Down
DROP INDEX item_placement_archived;
ALTER TABLE item_placement DROP COLUMN archived_at;
DROP TABLE item_end;
