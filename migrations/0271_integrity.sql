-- +goose Up
-- Tampering seen on hosted sites: bytes that the house did not publish
-- (Article 23). An alarm stays open until a later look finds the place sound.
CREATE TABLE tamper_alarm (
    id         TEXT COLLATE "C" PRIMARY KEY,
    site_id    TEXT COLLATE "C" REFERENCES site (id),   -- NULL: the folder as a whole
    place      TEXT COLLATE "C" NOT NULL,               -- address on the site, or file in the folder
    what       TEXT NOT NULL CHECK (what IN ('changed', 'missing', 'extra', 'replayed')),
    seen_by    TEXT NOT NULL CHECK (seen_by IN ('serving', 'disk', 'served', 'portal')),
    detail     TEXT NOT NULL,
    restored   BOOLEAN NOT NULL,
    first_at   TIMESTAMPTZ NOT NULL,
    last_at    TIMESTAMPTZ NOT NULL,
    times      INTEGER NOT NULL,
    settled_at TIMESTAMPTZ,
    settled_as TEXT NOT NULL DEFAULT ''
);
CREATE INDEX tamper_alarm_site ON tamper_alarm (site_id, last_at);
CREATE INDEX tamper_alarm_open ON tamper_alarm (last_at) WHERE settled_at IS NULL;

-- The last look at each site, from the disk and over the network.
CREATE TABLE tamper_look (
    site_id TEXT COLLATE "C" NOT NULL REFERENCES site (id),
    kind    TEXT NOT NULL CHECK (kind IN ('disk', 'served')),
    no      INTEGER NOT NULL,
    pages   INTEGER NOT NULL,
    checked INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    wrong   INTEGER NOT NULL,
    ipv6    TEXT NOT NULL,       -- yes, no, unknown: an address of the sixth version for the host
    says    TEXT NOT NULL,
    took_ms BIGINT NOT NULL,
    at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (site_id, kind)
);

-- +goose Down
DROP TABLE tamper_look;
DROP TABLE tamper_alarm;
