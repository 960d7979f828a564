-- +goose Up
-- How a hosted site looks: one of the theme's two brands, and the mourning mode.

CREATE TABLE site_look (
    site_id    TEXT COLLATE "C" PRIMARY KEY REFERENCES site (id),
    brand      TEXT NOT NULL CHECK (brand IN ('blue', 'red')),
    grey       BOOLEAN NOT NULL DEFAULT FALSE,
    updated_at TIMESTAMPTZ NOT NULL
);

-- +goose Down
DROP TABLE site_look;
