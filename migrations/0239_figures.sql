-- +goose Up
-- What went live on a site in a month: 首发比例, originals, non-text share.
CREATE INDEX item_placement_live ON item_placement (site_id, live_at);

-- +goose Down
DROP INDEX item_placement_live;
