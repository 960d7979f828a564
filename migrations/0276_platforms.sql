-- +goose Up
-- 集约化平台 of province and cities, who lives on which, what each may use and
-- how sites that stand outside come in. Articles 22, 25, 26, 28.

CREATE TABLE platform (
    id         TEXT COLLATE "C" PRIMARY KEY,
    unit_id    TEXT NOT NULL REFERENCES unit (id), -- 平台运维管理方
    name       TEXT NOT NULL,
    level      TEXT NOT NULL, -- province, city
    here       BOOLEAN NOT NULL, -- this house serves it
    standard   TEXT NOT NULL, -- 标准体系
    technology TEXT NOT NULL, -- 技术平台
    security   TEXT NOT NULL, -- 安全防护
    operation  TEXT NOT NULL, -- 运维监管
    ipv6       TEXT NOT NULL, -- yes, no, unknown
    ipv6_note  TEXT NOT NULL,
    limits     TEXT NOT NULL, -- JSON: what a resident gets where nothing else is set
    retired_on DATE,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX platform_unit ON platform (unit_id);
CREATE UNIQUE INDEX platform_here ON platform (unit_id) WHERE here AND retired_on IS NULL;

CREATE TABLE site_platform ( -- no row: the site stands on no platform
    site_id     TEXT COLLATE "C" PRIMARY KEY REFERENCES site (id),
    platform_id TEXT COLLATE "C" NOT NULL REFERENCES platform (id),
    since       DATE NOT NULL,
    basis       TEXT NOT NULL,
    ipv6        TEXT NOT NULL, -- yes, no, unknown: whether its name has an IPv6 address
    ipv6_at     TIMESTAMPTZ
);
CREATE INDEX site_platform_platform ON site_platform (platform_id);

CREATE TABLE migration_plan (
    site_id      TEXT COLLATE "C" PRIMARY KEY REFERENCES site (id),
    platform_id  TEXT COLLATE "C" NOT NULL REFERENCES platform (id),
    responsible  TEXT NOT NULL,
    begin_on     DATE NOT NULL,
    due_on       DATE NOT NULL,
    note         TEXT NOT NULL,
    redirects    INTEGER NOT NULL, -- old addresses looked at
    redirected   INTEGER NOT NULL, -- of them led to the new ones
    pointing     TEXT NOT NULL,    -- yes, no, unknown
    pointing_says TEXT NOT NULL,
    looked_at    TIMESTAMPTZ,
    done_at      TIMESTAMPTZ,
    created_at   TIMESTAMPTZ NOT NULL,
    updated_at   TIMESTAMPTZ NOT NULL
);
CREATE INDEX migration_plan_due ON migration_plan (due_on) WHERE done_at IS NULL;

CREATE TABLE platform_day ( -- for the trend: how it stood at the end of a day
    on_date DATE NOT NULL,
    area_id TEXT COLLATE "C" NOT NULL REFERENCES area (id),
    sites   INTEGER NOT NULL,
    off     INTEGER NOT NULL,
    PRIMARY KEY (on_date, area_id)
);

CREATE TABLE tenant ( -- what the platform's operator set for one resident
    platform_id  TEXT COLLATE "C" NOT NULL REFERENCES platform (id),
    unit_id      TEXT NOT NULL REFERENCES unit (id),
    limits       TEXT NOT NULL, -- JSON; empty: the platform's own
    suspended_at TIMESTAMPTZ,
    suspended_by TEXT NOT NULL,
    why          TEXT NOT NULL,
    warned       TEXT NOT NULL, -- which limits were told of at 80 %
    updated_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (platform_id, unit_id)
);
CREATE INDEX tenant_unit ON tenant (unit_id);

-- +goose Down
DROP TABLE tenant;
DROP TABLE platform_day;
DROP TABLE migration_plan;
DROP TABLE site_platform;
DROP TABLE platform;
