-- +goose Up
-- 集约化平台运维管理细则 and the sites that live under it. Article 28.

CREATE TABLE operating_rules (
    id              TEXT COLLATE "C" PRIMARY KEY,
    unit_id         TEXT NOT NULL REFERENCES unit (id), -- 平台运维管理方, the drafting party
    issuer_id       TEXT NOT NULL REFERENCES unit (id), -- the same-level supervisor
    platform        TEXT NOT NULL,
    title           TEXT NOT NULL,
    operator_duties TEXT NOT NULL,
    resident_duties TEXT NOT NULL,
    consulted_until DATE,
    number          TEXT NOT NULL,
    issued_on       DATE,
    file_id         TEXT REFERENCES attachment (id),
    file_name       TEXT NOT NULL,
    draft_id        TEXT REFERENCES attachment (id),
    draft_name      TEXT NOT NULL,
    state           TEXT NOT NULL, -- drafting, consulting, in_force, replaced
    created_at      TIMESTAMPTZ NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL
);
CREATE INDEX operating_rules_unit ON operating_rules (unit_id, state);
CREATE INDEX operating_rules_issuer ON operating_rules (issuer_id);
CREATE UNIQUE INDEX operating_rules_in_force ON operating_rules (unit_id) WHERE state = 'in_force';

CREATE TABLE resident (
    id           TEXT COLLATE "C" PRIMARY KEY,
    rules_id     TEXT NOT NULL REFERENCES operating_rules (id),
    unit_id      TEXT NOT NULL REFERENCES unit (id),
    asked_at     TIMESTAMPTZ,
    comment      TEXT NOT NULL,
    commented_at TIMESTAMPTZ,
    commented_by TEXT NOT NULL,
    verdict      TEXT NOT NULL, -- adopted, partly, not
    verdict_says TEXT NOT NULL,
    receipt_at   TIMESTAMPTZ,
    receipt_by   TEXT NOT NULL,
    urged_at     TIMESTAMPTZ,
    opened_on    DATE,
    extra_id     TEXT REFERENCES attachment (id),
    extra_name   TEXT NOT NULL
);
CREATE UNIQUE INDEX resident_once ON resident (rules_id, unit_id);
CREATE INDEX resident_unit ON resident (unit_id);

-- +goose Down
DROP TABLE resident;
DROP TABLE operating_rules;
