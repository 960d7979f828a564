-- +goose Up
-- What is new on a site, whatever its columns: the site's own feed.
CREATE INDEX item_placement_fresh ON item_placement (site_id, shown_at, id) WHERE state = 'live';

-- +goose Down
DROP INDEX item_placement_fresh;
