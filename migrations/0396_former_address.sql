-- +goose Up
-- Addresses of a site where no page stood any more when it came from another
-- house: they answer here as they did there.
CREATE TABLE site_former_address (
    site_id TEXT COLLATE "C" NOT NULL REFERENCES site (id),
    path    TEXT COLLATE "C" NOT NULL,
    target  TEXT NOT NULL,  -- where it leads; '' for gone
    message TEXT NOT NULL,  -- JSON: what readers are told of what is gone
    PRIMARY KEY (site_id, path)
);

-- +goose Down
DROP TABLE site_former_address;
