-- +goose Up
-- What a closing's open items are proved by (Article 8(3)): the portal that
-- answers for the old host, and what has arrived in the library of each column.

ALTER TABLE closing ADD COLUMN portal_id TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE closing ADD COLUMN handed_at TIMESTAMPTZ;
CREATE INDEX closing_portal ON closing (portal_id) WHERE portal_id <> '';

ALTER TABLE closing_column ADD COLUMN arrived INTEGER NOT NULL DEFAULT -1;
ALTER TABLE closing_column ADD COLUMN counted_at TIMESTAMPTZ;

ALTER TABLE closing_item ADD COLUMN seen TEXT NOT NULL DEFAULT '';
ALTER TABLE closing_item ADD COLUMN seen_at TIMESTAMPTZ;

-- Live items by the address they had at an old site: read by beginnings, so in
-- the order of bytes.
-- only: postgres
ALTER TABLE item_version ALTER COLUMN source_url TYPE TEXT COLLATE "C";
-- end only
CREATE INDEX item_version_from ON item_version (source_url) WHERE source_url <> '';

-- +goose Down
DROP INDEX item_version_from;
-- only: postgres
ALTER TABLE item_version ALTER COLUMN source_url TYPE TEXT COLLATE "default";
-- end only
ALTER TABLE closing_item DROP COLUMN seen_at;
ALTER TABLE closing_item DROP COLUMN seen;
ALTER TABLE closing_column DROP COLUMN counted_at;
ALTER TABLE closing_column DROP COLUMN arrived;
DROP INDEX closing_portal;
ALTER TABLE closing DROP COLUMN handed_at;
ALTER TABLE closing DROP COLUMN portal_id;
