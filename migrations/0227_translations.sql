-- +goose Up
-- Foreign-language versions, Article 17: which items are core and in which
-- languages they shall stand, who translated and who reviewed, from which
-- version.
CREATE TABLE item_core (
    item_id  TEXT COLLATE "C" NOT NULL REFERENCES item (id),
    language TEXT NOT NULL CHECK (language <> 'zh'),
    set_by   TEXT NOT NULL,
    set_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (item_id, language)
);
CREATE INDEX item_core_language ON item_core (language, item_id);

-- The last word on a translation: this version of the item was made from that
-- version of its source.
CREATE TABLE item_translation (
    item_id        TEXT COLLATE "C" PRIMARY KEY REFERENCES item (id),
    version_no     INTEGER NOT NULL,
    source_id      TEXT COLLATE "C" NOT NULL REFERENCES item (id),
    source_version INTEGER NOT NULL,
    translator     TEXT NOT NULL CHECK (translator <> ''),
    reviewer       TEXT NOT NULL CHECK (reviewer <> ''),
    recorded_by    TEXT NOT NULL,
    at             TIMESTAMPTZ NOT NULL,
    CHECK (translator <> reviewer),
    CHECK (item_id <> source_id),
    FOREIGN KEY (item_id, version_no) REFERENCES item_version (item_id, no),
    FOREIGN KEY (source_id, source_version) REFERENCES item_version (item_id, no)
);
CREATE INDEX item_translation_source ON item_translation (source_id);

-- +goose Down
DROP TABLE item_translation;
DROP TABLE item_core;
