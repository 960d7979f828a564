-- +goose Up
-- Rectification orders, adopted scoring packs, quarterly bulletins. Articles 29, 30.

CREATE TABLE rectify_order (
    id             TEXT COLLATE "C" PRIMARY KEY,
    number         TEXT NOT NULL UNIQUE,               -- quotable: ZG-2026-0001
    site_id        TEXT NOT NULL REFERENCES site (id),
    unit_id        TEXT NOT NULL REFERENCES unit (id), -- who must put it right: the sponsor
    issuer_unit_id TEXT REFERENCES unit (id),          -- the supervisor it came from
    issuer_id      TEXT REFERENCES person (id),
    issuer_name    TEXT NOT NULL,
    says           TEXT NOT NULL DEFAULT '',           -- the supervisor's words
    severity       TEXT NOT NULL,                      -- the worst of its findings
    days           INTEGER NOT NULL,                   -- working days allowed
    issued_at      TIMESTAMPTZ NOT NULL,
    due_on         DATE NOT NULL,
    provisional    BOOLEAN NOT NULL DEFAULT FALSE,
    state          TEXT NOT NULL,                      -- issued, answered, closed, reopened
    read_at        TIMESTAMPTZ,                        -- first opened by the unit
    read_by        TEXT NOT NULL DEFAULT '',
    answered_at    TIMESTAMPTZ,
    closed_at      TIMESTAMPTZ,
    reopened_at    TIMESTAMPTZ,
    reopenings     INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX rectify_order_unit ON rectify_order (unit_id, state, due_on);
CREATE INDEX rectify_order_site ON rectify_order (site_id, issued_at);
CREATE INDEX rectify_order_issued ON rectify_order (issued_at);

CREATE TABLE order_finding (
    order_id     TEXT COLLATE "C" NOT NULL REFERENCES rectify_order (id),
    finding_id   TEXT COLLATE "C" NOT NULL REFERENCES finding (id),
    added_at     TIMESTAMPTZ NOT NULL,
    confirmed_at TIMESTAMPTZ,                  -- accepted by a person where no machine can look
    confirmed_by TEXT NOT NULL DEFAULT '',
    reason       TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (order_id, finding_id)
);
CREATE INDEX order_finding_finding ON order_finding (finding_id);

CREATE TABLE order_answer (
    id          TEXT COLLATE "C" PRIMARY KEY,
    order_id    TEXT NOT NULL REFERENCES rectify_order (id),
    says        TEXT NOT NULL,
    person_id   TEXT REFERENCES person (id),
    person_name TEXT NOT NULL,
    unit_name   TEXT NOT NULL DEFAULT '',
    at          TIMESTAMPTZ NOT NULL
);
CREATE INDEX order_answer_order ON order_answer (order_id, at);

-- A suspicion of the machine that a person has found true: without this row it
-- never vetoes (国办秘函〔2019〕19号: serious misstatement is a person's decision).
CREATE TABLE confirmation (
    finding_id  TEXT COLLATE "C" NOT NULL REFERENCES finding (id),
    indicator   TEXT NOT NULL,
    person_id   TEXT REFERENCES person (id),
    person_name TEXT NOT NULL,
    reason      TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (finding_id, indicator)
);

CREATE TABLE pack_adoption (
    id          TEXT COLLATE "C" PRIMARY KEY,
    pack        TEXT NOT NULL,
    version     INTEGER NOT NULL,
    unit_id     TEXT NOT NULL REFERENCES unit (id), -- the provincial office
    label       TEXT NOT NULL,                      -- 正式采用, 演示采用
    basis       TEXT NOT NULL DEFAULT '',           -- the document or reason
    adopted_by  TEXT NOT NULL,
    adopted_on  DATE NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    UNIQUE (pack, version, unit_id)
);

CREATE TABLE bulletin (
    id           TEXT COLLATE "C" PRIMARY KEY,
    area_id      TEXT NOT NULL REFERENCES area (id),
    unit_id      TEXT NOT NULL REFERENCES unit (id), -- the office that composes it
    period       TEXT NOT NULL,                      -- 2026-Q3
    state        TEXT NOT NULL,                      -- draft, frozen, issued
    number       TEXT NOT NULL DEFAULT '',           -- 发文字号, given at issue
    composed_by  TEXT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    frozen_at    TIMESTAMPTZ,
    issued_on    DATE,
    content      TEXT NOT NULL DEFAULT '',           -- JSON: figures and their rows as frozen
    sha256       TEXT NOT NULL DEFAULT '',           -- of content
    UNIQUE (area_id, period)
);
CREATE INDEX bulletin_unit ON bulletin (unit_id, period);

-- +goose Down
DROP TABLE bulletin;
DROP TABLE pack_adoption;
DROP TABLE confirmation;
DROP TABLE order_answer;
DROP TABLE order_finding;
DROP TABLE rectify_order;
