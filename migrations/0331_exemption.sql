-- +goose Up
-- That a site has no outward services (没有对外服务职能), as its supervisor
-- recorded it: the service indicators are then not checked.
CREATE TABLE service_exemption (
    id          TEXT COLLATE "C" PRIMARY KEY,
    site_id     TEXT COLLATE "C" NOT NULL REFERENCES site (id),
    from_on     DATE NOT NULL,
    until_on    DATE,                            -- the last day; none while it holds
    basis       TEXT NOT NULL,
    person_id   TEXT REFERENCES person (id),
    person_name TEXT NOT NULL,
    unit_name   TEXT NOT NULL DEFAULT '',
    at          TIMESTAMPTZ NOT NULL,
    ended_name  TEXT NOT NULL DEFAULT '',
    ended_says  TEXT NOT NULL DEFAULT '',
    ended_at    TIMESTAMPTZ
);
CREATE UNIQUE INDEX service_exemption_open ON service_exemption (site_id) WHERE until_on IS NULL;
CREATE INDEX service_exemption_site ON service_exemption (site_id, from_on);

-- +goose Down
DROP TABLE service_exemption;
