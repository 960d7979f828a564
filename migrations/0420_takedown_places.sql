-- +goose Up
-- An emergency takedown of what another unit published and a site here adopted
-- ends its places here alone; the item stays public elsewhere. unit_id is then
-- who adopted it, and two who adopted one item may each take it down.
ALTER TABLE takedown ADD COLUMN places TEXT NOT NULL DEFAULT ''; -- JSON: the sites; empty: from every page
DROP INDEX takedown_open;
CREATE UNIQUE INDEX takedown_open ON takedown (item_id, unit_id) WHERE state = 'proposed';

-- +goose Down
DROP INDEX takedown_open;
CREATE UNIQUE INDEX takedown_open ON takedown (item_id) WHERE state = 'proposed';
ALTER TABLE takedown DROP COLUMN places;
