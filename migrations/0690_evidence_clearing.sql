-- +goose Up
-- How long the bytes of evidence are kept: rows and hashes stay, the bytes of
-- findings closed long ago go in two steps. Articles 19(4) and 29.
ALTER TABLE finding_evidence ADD COLUMN cleared_at TIMESTAMPTZ; -- its bytes are no longer kept; not part of the hash
ALTER TABLE finding ADD COLUMN evidence_cleared_at TIMESTAMPTZ; -- of all its looks; NULL again when it is reopened
CREATE INDEX finding_clearing ON finding (evidence_cleared_at, closed_at);
CREATE TABLE evidence_discard (
    content     TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- the bytes on their way out
    at          TIMESTAMPTZ NOT NULL,
    put_away_at TIMESTAMPTZ
);
CREATE INDEX evidence_discard_at ON evidence_discard (at);

-- +goose Down
DROP TABLE evidence_discard;
DROP INDEX finding_clearing;
ALTER TABLE finding DROP COLUMN evidence_cleared_at;
ALTER TABLE finding_evidence DROP COLUMN cleared_at;
