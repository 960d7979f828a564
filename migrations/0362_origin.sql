-- +goose Up
-- Where a finding of a person was seen first: a line of a self-check, of a
-- judge's sheet, a test letter. Each becomes a finding once (Articles 29 and 30).
CREATE TABLE finding_origin (
    kind        TEXT NOT NULL,                   -- selfcheck, appraisal, blindtest
    origin_id   TEXT COLLATE "C" NOT NULL,
    object_kind TEXT NOT NULL CHECK (object_kind IN ('finding', 'point')),
    object_id   TEXT COLLATE "C" NOT NULL,
    name        TEXT NOT NULL,
    link        TEXT NOT NULL,
    filed_by    TEXT NOT NULL,
    filed_at    TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (kind, origin_id)
);
CREATE INDEX finding_origin_object ON finding_origin (object_kind, object_id);

-- +goose Down
DROP TABLE finding_origin;
