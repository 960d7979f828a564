-- +goose Up
-- A second look at a finding that this house cannot fetch itself: it goes to a
-- crawler on the other network as a small signed plan (外网巡检机), which answers with
-- a batch of its own. Article 19(4).
CREATE TABLE finding_errand (
    id           TEXT PRIMARY KEY,
    finding_id   TEXT NOT NULL REFERENCES finding (id),
    asked_by     TEXT NOT NULL,                       -- who waits for it
    asked_unit   TEXT NOT NULL DEFAULT '',
    asked_person TEXT NOT NULL DEFAULT '',
    asked_at     TIMESTAMPTZ NOT NULL,
    sent_at      TIMESTAMPTZ,                         -- put out as a file
    state        TEXT NOT NULL CHECK (state IN ('waiting', 'answered', 'unanswered', 'refused')),
    ended_at     TIMESTAMPTZ,
    says         TEXT NOT NULL DEFAULT ''             -- what came of it, in a sentence
);
CREATE UNIQUE INDEX finding_errand_waiting ON finding_errand (finding_id) WHERE state = 'waiting';
CREATE INDEX finding_errand_finding ON finding_errand (finding_id, asked_at);

-- +goose Down
DROP TABLE finding_errand;
