-- +goose Up
-- Blind test letters: a campaign, its letters, the marks of two, and the mark by
-- which a letter leaves the statistics of its unit. Articles 19(5) and 30.

CREATE TABLE blind_campaign (
    id           TEXT COLLATE "C" PRIMARY KEY,
    number       TEXT NOT NULL UNIQUE,               -- quotable: MC-2026-0001
    name         TEXT NOT NULL,
    period       TEXT COLLATE "C" NOT NULL,          -- 2026-Q3
    area_id      TEXT NOT NULL REFERENCES area (id),
    unit_id      TEXT NOT NULL REFERENCES unit (id), -- the office that holds it
    share        INTEGER NOT NULL,                   -- per cent of the portals
    seed         BIGINT NOT NULL,
    stock        INTEGER NOT NULL,                   -- version of the stock of texts
    days         INTEGER NOT NULL,                   -- working days for the answer
    persona      TEXT NOT NULL,                      -- sealed: who the letters are from
    state        TEXT NOT NULL,                      -- planned, running, closed, cancelled
    head_id      TEXT NOT NULL,
    head_name    TEXT NOT NULL,
    made_at      TIMESTAMPTZ NOT NULL,
    started_at   TIMESTAMPTZ,
    closed_at    TIMESTAMPTZ,
    closed_by    TEXT NOT NULL DEFAULT ''
);
CREATE INDEX blind_campaign_unit ON blind_campaign (unit_id, made_at);
CREATE INDEX blind_campaign_area ON blind_campaign (area_id, period, state);

CREATE TABLE blind_letter (
    id          TEXT COLLATE "C" PRIMARY KEY,
    campaign_id TEXT NOT NULL REFERENCES blind_campaign (id),
    site_id     TEXT NOT NULL REFERENCES site (id),
    site_name   TEXT NOT NULL,
    unit_id     TEXT NOT NULL REFERENCES unit (id),
    area_name   TEXT NOT NULL,
    area_code   TEXT COLLATE "C" NOT NULL,
    way         TEXT NOT NULL,                       -- hosted, manual
    text_id     TEXT NOT NULL,                       -- of the stock
    title       TEXT NOT NULL,
    body        TEXT NOT NULL,
    persona_no  INTEGER NOT NULL,
    token       TEXT NOT NULL DEFAULT '',            -- of the site's own form, while it waits to go
    token_at    TIMESTAMPTZ,
    letter_id   TEXT NOT NULL DEFAULT '',            -- of the letters, of a hosted site
    number      TEXT NOT NULL DEFAULT '',            -- as the site numbered it
    sent_to     TEXT NOT NULL DEFAULT '',            -- where, by hand
    sent_on     DATE,
    sent_by     TEXT NOT NULL DEFAULT '',
    answered_on DATE,
    answer      TEXT NOT NULL DEFAULT '',            -- sealed
    recorded_by TEXT NOT NULL DEFAULT '',
    recorded_id TEXT NOT NULL DEFAULT '',
    state       TEXT NOT NULL,                       -- planned, sent, answered, lapsed, void
    why         TEXT NOT NULL DEFAULT ''             -- of void
);
CREATE INDEX blind_letter_campaign ON blind_letter (campaign_id, area_code, site_name);
CREATE INDEX blind_letter_unit ON blind_letter (unit_id, campaign_id);
CREATE INDEX blind_letter_site ON blind_letter (site_id);
CREATE INDEX blind_letter_state ON blind_letter (state);

CREATE TABLE blind_mark (
    letter_id   TEXT NOT NULL REFERENCES blind_letter (id),
    seat        TEXT NOT NULL,                       -- first, second, head
    marker_id   TEXT NOT NULL,
    marker_name TEXT NOT NULL,
    on_point    BOOLEAN NOT NULL,
    complete    BOOLEAN NOT NULL,
    says        TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (letter_id, seat),
    UNIQUE (letter_id, marker_id)
);
CREATE INDEX blind_mark_marker ON blind_mark (marker_id, at);

-- The sender is opened by two.
CREATE TABLE blind_opening (
    id          TEXT COLLATE "C" PRIMARY KEY,
    campaign_id TEXT NOT NULL REFERENCES blind_campaign (id),
    reason      TEXT NOT NULL,
    asked_id    TEXT NOT NULL,
    asked_by    TEXT NOT NULL,
    asked_at    TIMESTAMPTZ NOT NULL,
    agreed_id   TEXT NOT NULL DEFAULT '',
    agreed_by   TEXT NOT NULL DEFAULT '',
    agreed_at   TIMESTAMPTZ
);
CREATE INDEX blind_opening_campaign ON blind_opening (campaign_id, asked_at);

ALTER TABLE letter ADD COLUMN withdrawn_on DATE;
ALTER TABLE letter ADD COLUMN withdrawn_why TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE letter DROP COLUMN withdrawn_why;
ALTER TABLE letter DROP COLUMN withdrawn_on;
DROP TABLE blind_opening;
DROP TABLE blind_mark;
DROP TABLE blind_letter;
DROP TABLE blind_campaign;
