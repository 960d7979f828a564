-- +goose Up
-- The media library: pictures, video, audio and attachments of units. Article 27.
CREATE TABLE media_asset (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    unit_id     TEXT NOT NULL REFERENCES unit (id),
    kind        TEXT NOT NULL, -- picture, video, audio, attachment
    name        TEXT NOT NULL, -- of the file as it came
    media_type  TEXT NOT NULL,
    size        BIGINT NOT NULL, -- bytes
    blob        TEXT NOT NULL, -- the original, sha256:…
    width       INTEGER NOT NULL DEFAULT 0, -- as seen, after orientation
    height      INTEGER NOT NULL DEFAULT 0,
    frames      INTEGER NOT NULL DEFAULT 0,
    alt         TEXT NOT NULL DEFAULT '',
    caption     TEXT NOT NULL DEFAULT '',
    source      TEXT NOT NULL DEFAULT '',
    copyright   TEXT NOT NULL DEFAULT '',
    is_map      BOOLEAN NOT NULL DEFAULT FALSE,
    map_no      TEXT NOT NULL DEFAULT '', -- 审图号
    focal_x     INTEGER NOT NULL DEFAULT 50, -- hundredths of the width
    focal_y     INTEGER NOT NULL DEFAULT 50,
    noted       TEXT NOT NULL DEFAULT '', -- what was found in the file, separated by ;
    replaces    TEXT COLLATE "C" REFERENCES media_asset (id),
    created_by  TEXT NOT NULL,
    created_name TEXT NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    updated_at  TIMESTAMPTZ NOT NULL,
    CHECK (focal_x BETWEEN 0 AND 100 AND focal_y BETWEEN 0 AND 100)
);
CREATE INDEX media_asset_unit ON media_asset (unit_id, created_at);
CREATE INDEX media_asset_created ON media_asset (created_at, id);
CREATE INDEX media_asset_replaces ON media_asset (replaces);
CREATE UNIQUE INDEX media_asset_content ON media_asset (unit_id, blob);

-- Which versions of an item show an asset.
CREATE TABLE media_use (
    asset_id    TEXT COLLATE "C" NOT NULL REFERENCES media_asset (id),
    item_id     TEXT COLLATE "C" NOT NULL REFERENCES item (id),
    version_no  INTEGER NOT NULL,
    PRIMARY KEY (asset_id, item_id, version_no)
);
CREATE INDEX media_use_item ON media_use (item_id, version_no);

-- What was made of an original, once.
CREATE TABLE media_rendition (
    original    TEXT COLLATE "C" NOT NULL, -- blob of the original
    spec        TEXT COLLATE "C" NOT NULL, -- w480, thumb-50-50
    blob        TEXT NOT NULL,
    media_type  TEXT NOT NULL,
    width       INTEGER NOT NULL,
    height      INTEGER NOT NULL,
    size        BIGINT NOT NULL,
    made_at     TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (original, spec)
);

-- +goose Down
DROP TABLE media_rendition;
DROP TABLE media_use;
DROP TABLE media_asset;
