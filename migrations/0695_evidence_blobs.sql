-- +goose Up
-- Which look holds which bytes, so that whoever lets go of bytes asks an index and does not
-- read every look; and what keeps the evidence of a finding beyond its days by the word of a
-- person. Articles 19(4) and 29.
CREATE TABLE evidence_blob (
    evidence_id TEXT COLLATE "C" NOT NULL, -- no reference: bytes stay held when somebody removes the look
    blob        TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (evidence_id, blob)
);
INSERT INTO evidence_blob (evidence_id, blob) SELECT id, ref FROM finding_evidence WHERE ref <> '' AND cleared_at IS NULL;
INSERT INTO evidence_blob (evidence_id, blob) SELECT id, screenshot FROM finding_evidence WHERE screenshot <> '' AND cleared_at IS NULL ON CONFLICT DO NOTHING;
-- only: sqlite
INSERT INTO evidence_blob (evidence_id, blob)
    SELECT DISTINCT e.id, json_extract(x.value, '$.blob') FROM finding_evidence e, json_each(e.beside) x
     WHERE e.beside <> '' AND e.cleared_at IS NULL AND COALESCE(json_extract(x.value, '$.blob'), '') <> '' ON CONFLICT DO NOTHING;
-- end only
-- only: postgres
INSERT INTO evidence_blob (evidence_id, blob)
    SELECT DISTINCT e.id, x.value ->> 'blob' FROM (SELECT id, beside FROM finding_evidence WHERE beside <> '' AND cleared_at IS NULL) e, json_array_elements(e.beside::json) x
     WHERE COALESCE(x.value ->> 'blob', '') <> '' ON CONFLICT DO NOTHING;
-- end only
CREATE INDEX evidence_blob_blob ON evidence_blob (blob);
CREATE INDEX finding_evidence_ref ON finding (evidence_ref);
CREATE INDEX outside_ask_ended ON outside_ask (ended_at);
CREATE TABLE evidence_preserve (
    id         TEXT COLLATE "C" PRIMARY KEY,
    finding_id TEXT COLLATE "C" NOT NULL REFERENCES finding (id),
    reason     TEXT NOT NULL,
    by_id      TEXT NOT NULL,
    by_name    TEXT NOT NULL,
    at         TIMESTAMPTZ NOT NULL,
    ended_at   TIMESTAMPTZ,
    ended_by   TEXT NOT NULL DEFAULT '',
    ended_why  TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX evidence_preserve_standing ON evidence_preserve (finding_id) WHERE ended_at IS NULL;
CREATE INDEX evidence_preserve_finding ON evidence_preserve (finding_id, at);

-- +goose Down
DROP TABLE evidence_preserve;
DROP INDEX outside_ask_ended;
DROP INDEX finding_evidence_ref;
DROP TABLE evidence_blob;
