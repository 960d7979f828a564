-- +goose Up
-- Runs over sites, what they found, and the proof. Articles 19(4), 23, 29.

CREATE TABLE inspection_run (
    id           TEXT COLLATE "C" PRIMARY KEY,
    site_id      TEXT NOT NULL REFERENCES site (id),
    kind         TEXT NOT NULL,                 -- patrol, manual
    state        TEXT NOT NULL,                 -- queued, running, done, failed
    asked_by     TEXT NOT NULL DEFAULT '',      -- who asked for it, by name
    asked_at     TIMESTAMPTZ NOT NULL,
    started_at   TIMESTAMPTZ,
    finished_at  TIMESTAMPTZ,
    start_url    TEXT NOT NULL DEFAULT '',
    pages        INTEGER NOT NULL DEFAULT 0,    -- visited
    links        INTEGER NOT NULL DEFAULT 0,    -- tested
    found        INTEGER NOT NULL DEFAULT 0,    -- findings seen, known ones included
    fresh        INTEGER NOT NULL DEFAULT 0,    -- findings not known before
    closed       INTEGER NOT NULL DEFAULT 0,    -- findings no longer there
    untested     TEXT NOT NULL DEFAULT '[]',    -- JSON: what was not looked at, and why
    failure      TEXT NOT NULL DEFAULT ''       -- why it broke off, for people
);
CREATE INDEX inspection_run_site ON inspection_run (site_id, asked_at);
CREATE INDEX inspection_run_last ON inspection_run (site_id, id);
CREATE UNIQUE INDEX inspection_run_under_way ON inspection_run (site_id) WHERE state IN ('queued', 'running');

CREATE TABLE finding (
    id              TEXT COLLATE "C" PRIMARY KEY,
    site_id         TEXT NOT NULL REFERENCES site (id),
    run_id          TEXT REFERENCES inspection_run (id), -- the run that saw it first; none for availability
    last_run_id     TEXT REFERENCES inspection_run (id),
    check_id        TEXT NOT NULL,
    fingerprint     TEXT COLLATE "C" NOT NULL,           -- the same defect through runs and retests
    severity        TEXT NOT NULL,                       -- serious, error, advice
    clause          TEXT NOT NULL DEFAULT '',            -- S7.3a, D-19, V-W-3
    says            TEXT NOT NULL,
    page_url        TEXT NOT NULL DEFAULT '',            -- the page it stands on
    place           TEXT NOT NULL DEFAULT '',            -- tag, link target, element, column
    wrong           TEXT NOT NULL DEFAULT '',            -- the wrong words, masked
    also            TEXT NOT NULL DEFAULT '[]',          -- JSON: further pages with the same defect, at most 20
    pages           INTEGER NOT NULL DEFAULT 1,          -- how many pages show it
    on_home         BOOLEAN NOT NULL DEFAULT FALSE,
    excerpt         TEXT NOT NULL DEFAULT '',
    fix             TEXT NOT NULL DEFAULT '',
    evidence_ref    TEXT NOT NULL DEFAULT '',
    evidence_sha256 TEXT NOT NULL DEFAULT '',
    first_seen      TIMESTAMPTZ NOT NULL,
    last_seen       TIMESTAMPTZ NOT NULL,
    state           TEXT NOT NULL,                       -- open, ordered, closed, disputed_false
    closed_at       TIMESTAMPTZ,
    closed_by       TEXT NOT NULL DEFAULT ''             -- evidence or run that closed it
);
CREATE UNIQUE INDEX finding_standing ON finding (site_id, fingerprint) WHERE state <> 'closed';
CREATE INDEX finding_site ON finding (site_id, state, severity);
CREATE INDEX finding_check ON finding (check_id, state);
CREATE INDEX finding_seen ON finding (last_seen);

-- Each look at a finding: when it was found, and every retest.
CREATE TABLE finding_evidence (
    id          TEXT COLLATE "C" PRIMARY KEY,
    finding_id  TEXT NOT NULL REFERENCES finding (id),
    run_id      TEXT REFERENCES inspection_run (id),
    look        TEXT NOT NULL,                  -- found, retest, patrol
    outcome     TEXT NOT NULL,                  -- standing, gone, untested
    says        TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    took_ms     BIGINT NOT NULL DEFAULT 0,
    actor       TEXT NOT NULL DEFAULT '',
    url         TEXT NOT NULL DEFAULT '',
    status      INTEGER NOT NULL DEFAULT 0,
    headers     TEXT NOT NULL DEFAULT '',
    link        TEXT NOT NULL DEFAULT '',       -- target asked, for findings about links
    link_status INTEGER NOT NULL DEFAULT 0,
    link_final  TEXT NOT NULL DEFAULT '',
    ref         TEXT NOT NULL DEFAULT '',
    sha256      TEXT NOT NULL DEFAULT '',
    size        BIGINT NOT NULL DEFAULT 0,
    excerpt     TEXT NOT NULL DEFAULT ''
);
CREATE INDEX finding_evidence_finding ON finding_evidence (finding_id, at, id);

-- On SQLite these stand in a file of their own (internal/inspection/probemigrations).
-- only: postgres
CREATE TABLE probe (
    site_id TEXT NOT NULL,
    at      TIMESTAMPTZ NOT NULL,
    ok      BOOLEAN NOT NULL,
    kind    TEXT NOT NULL DEFAULT '',
    status  INTEGER NOT NULL DEFAULT 0,
    took_ms BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (site_id, at)
);
CREATE INDEX probe_at ON probe (at);

CREATE TABLE probe_day (
    site_id  TEXT NOT NULL,
    day      DATE NOT NULL,
    probes   INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    took_ms  BIGINT NOT NULL DEFAULT 0,
    last_at  TIMESTAMPTZ NOT NULL,
    last_ok  BOOLEAN NOT NULL,
    last_ok_at TIMESTAMPTZ,
    PRIMARY KEY (site_id, day)
);

CREATE TABLE frontier (
    run_id  TEXT PRIMARY KEY,
    url     TEXT NOT NULL DEFAULT '',
    visited INTEGER NOT NULL DEFAULT 0,
    at      TIMESTAMPTZ NOT NULL
);
-- end only

-- +goose Down
-- only: postgres
DROP TABLE frontier;
DROP TABLE probe_day;
DROP TABLE probe;
-- end only
DROP TABLE finding_evidence;
DROP TABLE finding;
DROP TABLE inspection_run;
