-- +goose Up
-- The yearly check of 网信 over the government sites of an area: plan, a sheet
-- for each site by the five named layers, holes until they are retested.
-- Article 23(1).
CREATE TABLE security_plan (
    id         TEXT COLLATE "C" PRIMARY KEY,
    unit_id    TEXT NOT NULL REFERENCES unit (id), -- the 网信 body
    year       INTEGER NOT NULL,
    area_id    TEXT COLLATE "C" NOT NULL REFERENCES area (id), -- with everything below it
    title      TEXT NOT NULL,
    note       TEXT NOT NULL DEFAULT '',
    begins_on  DATE NOT NULL,
    due_on     DATE NOT NULL,
    state      TEXT NOT NULL,                      -- open, finished
    made_by    TEXT NOT NULL,
    made_at    TIMESTAMPTZ NOT NULL,
    summary    TEXT NOT NULL DEFAULT '',
    ended_at   TIMESTAMPTZ,
    UNIQUE (unit_id, year)
);
CREATE INDEX security_plan_year ON security_plan (year);

CREATE TABLE security_sheet (
    id         TEXT COLLATE "C" PRIMARY KEY,
    plan_id    TEXT COLLATE "C" NOT NULL REFERENCES security_plan (id),
    site_id    TEXT NOT NULL REFERENCES site (id),
    state      TEXT NOT NULL CHECK (state IN ('todo', 'checked')),
    checked_on DATE,
    checker    TEXT NOT NULL DEFAULT '',           -- who looked: persons, or the agency
    method     TEXT NOT NULL DEFAULT '',           -- remote, onsite, scan, papers
    layers     TEXT NOT NULL DEFAULT '{}',         -- JSON: layer → verdict and note
    summary    TEXT NOT NULL DEFAULT '',
    kept_by    TEXT NOT NULL DEFAULT '',
    kept_at    TIMESTAMPTZ,
    number     TEXT NOT NULL DEFAULT '',           -- of the order last issued: AQ-2026-0001
    ordered_at TIMESTAMPTZ,
    ordered_by TEXT NOT NULL DEFAULT '',
    UNIQUE (plan_id, site_id)
);
CREATE INDEX security_sheet_site ON security_sheet (site_id);
CREATE INDEX security_sheet_state ON security_sheet (plan_id, state);

CREATE TABLE security_hole (
    id          TEXT COLLATE "C" PRIMARY KEY,
    sheet_id    TEXT COLLATE "C" NOT NULL REFERENCES security_sheet (id),
    site_id     TEXT NOT NULL REFERENCES site (id),
    layer       TEXT NOT NULL CHECK (layer IN ('network', 'database', 'firewall', 'system', 'server')),
    severity    TEXT NOT NULL CHECK (severity IN ('serious', 'error', 'advice')),
    title       TEXT NOT NULL,
    says        TEXT NOT NULL,
    fix         TEXT NOT NULL DEFAULT '',
    state       TEXT NOT NULL,                     -- found, ordered, mended, closed
    found_at    TIMESTAMPTZ NOT NULL,
    found_by    TEXT NOT NULL,
    number      TEXT NOT NULL DEFAULT '',          -- of the order
    due_on      DATE,
    mended_at   TIMESTAMPTZ,
    mended_by   TEXT NOT NULL DEFAULT '',
    mended_as   TEXT NOT NULL DEFAULT '',
    retested_at TIMESTAMPTZ,
    retested_by TEXT NOT NULL DEFAULT '',
    retest_says TEXT NOT NULL DEFAULT '',
    closed_at   TIMESTAMPTZ
);
CREATE INDEX security_hole_sheet ON security_hole (sheet_id, state);
CREATE INDEX security_hole_site ON security_hole (site_id, state);
CREATE INDEX security_hole_due ON security_hole (state, due_on);

-- +goose Down
DROP TABLE security_hole;
DROP TABLE security_sheet;
DROP TABLE security_plan;
