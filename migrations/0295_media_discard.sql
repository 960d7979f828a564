-- +goose Up
-- Files taken out of the media library by a person: what is left of them in the
-- trail's words, and how far their bytes are on the way out. Article 27.
CREATE TABLE media_discard (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- of the asset
    unit_id     TEXT NOT NULL REFERENCES unit (id),
    kind        TEXT NOT NULL,
    name        TEXT NOT NULL,
    size        BIGINT NOT NULL, -- bytes of the original
    blob        TEXT COLLATE "C" NOT NULL,
    reason      TEXT NOT NULL,
    by_id       TEXT NOT NULL,
    by_name     TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    blobs       TEXT NOT NULL DEFAULT '', -- what was put away, a line each
    put_away_at TIMESTAMPTZ,
    ended_at    TIMESTAMPTZ,
    kept        BOOLEAN NOT NULL DEFAULT FALSE -- the same content is held by another record
);
CREATE INDEX media_discard_open ON media_discard (ended_at, at);
CREATE INDEX media_discard_unit ON media_discard (unit_id, at);
CREATE INDEX media_asset_blob ON media_asset (blob);
CREATE INDEX media_rendition_blob ON media_rendition (blob);
CREATE INDEX attachment_blob ON attachment (blob);

-- +goose Down
DROP INDEX attachment_blob;
DROP INDEX media_rendition_blob;
DROP INDEX media_asset_blob;
DROP TABLE media_discard;
