-- +goose Up
-- When the DNS was last asked for a name that was given up.
CREATE TABLE reconciliation_gone (
    domain_id TEXT COLLATE "C" PRIMARY KEY REFERENCES domain (id),
    asked_at  TIMESTAMPTZ NOT NULL
);

-- +goose Down
DROP TABLE reconciliation_gone;
