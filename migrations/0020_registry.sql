-- +goose Up
-- Sites, their columns, accounts. Articles 7 to 10, 19(1)-(2).

CREATE TABLE site (
    id             TEXT COLLATE "C" PRIMARY KEY,
    unit_id        TEXT NOT NULL REFERENCES unit (id), -- the sponsor, Article 6
    kind           TEXT NOT NULL,                      -- portal, department
    name           TEXT NOT NULL,
    host           TEXT NOT NULL DEFAULT '',           -- English domain, lower case, no scheme
    chinese_domain TEXT NOT NULL DEFAULT '',
    slug           TEXT NOT NULL DEFAULT '',           -- short name of a hosted site
    hosted         BOOLEAN NOT NULL DEFAULT FALSE,     -- published by this platform
    state          TEXT NOT NULL,
    site_code      TEXT NOT NULL DEFAULT '',
    icp            TEXT NOT NULL DEFAULT '',
    police_filing  TEXT NOT NULL DEFAULT '',
    party_gov_mark TEXT NOT NULL DEFAULT '',
    contact        TEXT NOT NULL DEFAULT '',           -- telephone shown to the public
    address        TEXT NOT NULL DEFAULT '',
    monitored      BOOLEAN NOT NULL DEFAULT FALSE,
    launched_on    DATE,
    source         TEXT NOT NULL DEFAULT '',           -- where the row came from
    source_ref     TEXT NOT NULL DEFAULT '',
    case_id        TEXT NOT NULL DEFAULT '',           -- the approval it rests on
    created_at     TIMESTAMPTZ NOT NULL,
    updated_at     TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX site_host ON site (host) WHERE host <> '';
CREATE UNIQUE INDEX site_slug ON site (slug) WHERE slug <> '';
CREATE INDEX site_unit ON site (unit_id, state);
CREATE INDEX site_state ON site (state, kind);

CREATE TABLE site_column (
    id          TEXT COLLATE "C" PRIMARY KEY,
    site_id     TEXT NOT NULL REFERENCES site (id),
    parent_id   TEXT REFERENCES site_column (id),
    slug        TEXT NOT NULL,
    name        TEXT NOT NULL,
    type        TEXT NOT NULL,        -- standard class word: 政务动态, 通知公告, 政策文件 …
    description TEXT NOT NULL,
    keywords    TEXT NOT NULL DEFAULT '',
    unit_id     TEXT NOT NULL REFERENCES unit (id),   -- the guaranteeing unit
    owner_id    TEXT NOT NULL REFERENCES person (id), -- 栏目责任人, Article 19(1)
    a_id        TEXT NOT NULL REFERENCES person (id), -- A 岗
    b_id        TEXT NOT NULL REFERENCES person (id), -- B 岗
    cycle_days  INTEGER NOT NULL CHECK (cycle_days > 0),
    position    INTEGER NOT NULL DEFAULT 0,
    closed_at   TIMESTAMPTZ,
    created_at  TIMESTAMPTZ NOT NULL,
    CHECK (a_id <> b_id),
    UNIQUE (site_id, slug)
);

CREATE TABLE account (
    id            TEXT COLLATE "C" PRIMARY KEY,
    unit_id       TEXT NOT NULL REFERENCES unit (id),
    platform      TEXT NOT NULL, -- weibo, wechat, douyin, toutiao, app …
    name          TEXT NOT NULL,
    url           TEXT NOT NULL DEFAULT '',
    platform_id   TEXT NOT NULL DEFAULT '', -- the platform's own permanent id
    purpose       TEXT NOT NULL DEFAULT '', -- 发布类, 服务类, 互动类
    verified_as   TEXT NOT NULL DEFAULT '',
    state         TEXT NOT NULL,
    source        TEXT NOT NULL DEFAULT '',
    created_at    TIMESTAMPTZ NOT NULL,
    updated_at    TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX account_key ON account (platform, url) WHERE url <> '';
CREATE INDEX account_unit ON account (unit_id);

-- +goose Down
DROP TABLE account;
DROP TABLE site_column;
DROP TABLE site;
