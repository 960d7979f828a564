-- +goose Up
-- How hosted sites are read: sums that portals bring in signed batches. Nothing
-- of a single reader is kept.
CREATE TABLE visit_batch (
    id       TEXT COLLATE "C" PRIMARY KEY,
    portal   TEXT NOT NULL,          -- its public key
    from_at  TIMESTAMPTZ NOT NULL,
    to_at    TIMESTAMPTZ NOT NULL,
    dropped  BIGINT NOT NULL,
    taken_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX visit_batch_taken ON visit_batch (taken_at);

CREATE TABLE visit_day (
    site_id   TEXT COLLATE "C" NOT NULL REFERENCES site (id),
    day       DATE NOT NULL,
    views     BIGINT NOT NULL,
    visitors  BIGINT NOT NULL,       -- estimate, distinct within the day
    machines  BIGINT NOT NULL,
    requests  BIGINT NOT NULL,
    not_found BIGINT NOT NULL,
    failed    BIGINT NOT NULL,
    searches  BIGINT NOT NULL,
    phones    BIGINT NOT NULL,
    bytes     BIGINT NOT NULL,
    sketch    BYTEA NOT NULL,        -- of the visitors; emptied after three days
    PRIMARY KEY (site_id, day)
);
CREATE INDEX visit_day_day ON visit_day (day);

-- kind: page, missing, referrer
CREATE TABLE visit_part (
    site_id TEXT COLLATE "C" NOT NULL REFERENCES site (id),
    day     DATE NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN ('page', 'missing', 'referrer')),
    name    TEXT COLLATE "C" NOT NULL,
    hits    BIGINT NOT NULL,
    PRIMARY KEY (site_id, kind, day, name)
);
CREATE INDEX visit_part_day ON visit_part (day);

-- +goose Down
DROP TABLE visit_part;
DROP TABLE visit_day;
DROP TABLE visit_batch;
