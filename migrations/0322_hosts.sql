-- +goose Up
-- The last look at the names and machines behind each site: IPv6, encryption,
-- certificate, domain, DNS, where the servers stand. Articles 22 to 24.
CREATE TABLE host_look (
    site_id  TEXT COLLATE "C" PRIMARY KEY REFERENCES site (id),
    at       TIMESTAMPTZ NOT NULL,
    facts    TEXT NOT NULL,               -- JSON: check.Server
    ipv6     TEXT NOT NULL DEFAULT '',    -- outcome of each check, '' where not looked at
    tls      TEXT NOT NULL DEFAULT '',
    cert     TEXT NOT NULL DEFAULT '',
    domain   TEXT NOT NULL DEFAULT '',
    dns      TEXT NOT NULL DEFAULT '',
    abroad   TEXT NOT NULL DEFAULT '',
    provider TEXT NOT NULL DEFAULT '',
    wrong    INTEGER NOT NULL DEFAULT 0,
    took_ms  BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX host_look_at ON host_look (at);

-- +goose Down
DROP TABLE host_look;
