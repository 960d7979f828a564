-- +goose Up
-- A site lists the notices that hang, or hung, on it.
CREATE INDEX notice_place_site ON notice_place (site_id) WHERE site_id IS NOT NULL;

-- +goose Down
DROP INDEX notice_place_site;
