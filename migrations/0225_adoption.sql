-- +goose Up
-- Adoption by reference: what may be adopted, whose leave was asked, what a
-- column asks for beforehand. Articles 19(2), 27; domain metadata C16.

-- What is public, as whoever looks for something to adopt finds it: the live
-- version's particulars in one row. The library writes it in the transaction
-- that makes a version live or withdraws it.
CREATE TABLE item_offer (
    item_id      TEXT COLLATE "C" PRIMARY KEY REFERENCES item (id),
    unit_id      TEXT NOT NULL REFERENCES unit (id),
    area_path    TEXT COLLATE "C" NOT NULL REFERENCES unit (area_path) ON UPDATE CASCADE,
    type         TEXT NOT NULL,
    category     TEXT NOT NULL,
    language     TEXT NOT NULL DEFAULT 'zh',
    share        TEXT NOT NULL DEFAULT 'unconditional',
    words        TEXT NOT NULL,           -- title and keywords in lower case
    published_at TIMESTAMPTZ NOT NULL     -- as displayed
);
INSERT INTO item_offer (item_id, unit_id, area_path, type, category, language, share, words, published_at)
SELECT i.id, i.unit_id, u.area_path, v.type, i.category, i.language, v.share, lower(v.title || ';' || v.keywords), i.published_at
  FROM item i JOIN item_live l ON l.item_id = i.id JOIN item_version v ON v.item_id = i.id AND v.no = l.version_no JOIN unit u ON u.id = i.unit_id
 WHERE i.published_at IS NOT NULL;
-- Each is walked from its newest end; the rest of the conditions are tested
-- inside it. 17 and 25 characters are the paths of a city and of a county.
CREATE INDEX item_offer_new ON item_offer (published_at DESC, item_id, type, category, language, share, area_path);
CREATE INDEX item_offer_type ON item_offer (type, published_at DESC, item_id, category, language, share, area_path);
CREATE INDEX item_offer_category ON item_offer (category, published_at DESC, item_id, type, language, share, area_path);
CREATE INDEX item_offer_unit ON item_offer (unit_id, published_at DESC, item_id, type, category, language, share);
CREATE INDEX item_offer_city ON item_offer (substr(area_path, 1, 17), published_at DESC, item_id, type, category, language, share);
CREATE INDEX item_offer_county ON item_offer (substr(area_path, 1, 25), published_at DESC, item_id, type, category, language, share);

-- The newest of a column, whatever is pinned.
CREATE INDEX item_placement_newest ON item_placement (column_id, state, shown_at);
-- What is planned on a site, by its time.
CREATE INDEX item_placement_planned ON item_placement (site_id, state, publish_at);

-- 有条件共享: the asker says where and why, the owner answers.
CREATE TABLE share_request (
    id            TEXT COLLATE "C" PRIMARY KEY,
    item_id       TEXT COLLATE "C" NOT NULL REFERENCES item (id),
    site_id       TEXT NOT NULL REFERENCES site (id),
    column_id     TEXT NOT NULL REFERENCES site_column (id),
    title         TEXT NOT NULL DEFAULT '',
    top           INTEGER NOT NULL DEFAULT 0,
    publish_at    TIMESTAMPTZ,
    reason        TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('asked', 'granted', 'refused', 'void')),
    asked_by      TEXT NOT NULL,
    asked_name    TEXT NOT NULL,
    asked_at      TIMESTAMPTZ NOT NULL,
    answered_by   TEXT NOT NULL DEFAULT '',
    answered_name TEXT NOT NULL DEFAULT '',
    answered_at   TIMESTAMPTZ,
    answer        TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX share_request_open ON share_request (item_id, column_id) WHERE state = 'asked';
CREATE INDEX share_request_item ON share_request (item_id, site_id, state);
CREATE INDEX share_request_site ON share_request (site_id, asked_at);
CREATE INDEX share_request_state ON share_request (state, asked_at);

-- What a column asks the library for. An empty condition asks for nothing.
CREATE TABLE column_subscription (
    id          TEXT COLLATE "C" PRIMARY KEY,
    site_id     TEXT NOT NULL REFERENCES site (id),
    column_id   TEXT NOT NULL REFERENCES site_column (id),
    type        TEXT NOT NULL DEFAULT '',
    category    TEXT NOT NULL DEFAULT '',
    area_id     TEXT REFERENCES area (id), -- the provider's area and below
    provider_id TEXT REFERENCES unit (id),
    keywords    TEXT NOT NULL DEFAULT '', -- any of these, separated by ;
    take        BOOLEAN NOT NULL DEFAULT FALSE, -- shown at once; otherwise proposed
    top         INTEGER NOT NULL DEFAULT 0,
    created_by  TEXT NOT NULL,
    created_name TEXT NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    ended_at    TIMESTAMPTZ,
    ended_why   TEXT NOT NULL DEFAULT ''
);
CREATE INDEX column_subscription_column ON column_subscription (column_id, ended_at);
CREATE INDEX column_subscription_match ON column_subscription (type, area_id, category) WHERE ended_at IS NULL;
CREATE INDEX column_subscription_provider ON column_subscription (provider_id);

-- What a subscription laid before a column.
CREATE TABLE column_proposal (
    column_id       TEXT NOT NULL REFERENCES site_column (id),
    item_id         TEXT COLLATE "C" NOT NULL REFERENCES item (id),
    subscription_id TEXT COLLATE "C" NOT NULL REFERENCES column_subscription (id),
    state           TEXT NOT NULL CHECK (state IN ('open', 'taken', 'declined', 'gone')),
    says            TEXT NOT NULL DEFAULT '',         -- why it was declined or could not be taken
    at              TIMESTAMPTZ NOT NULL,
    settled_by      TEXT NOT NULL DEFAULT '',
    settled_at      TIMESTAMPTZ,
    PRIMARY KEY (column_id, item_id)
);
CREATE INDEX column_proposal_open ON column_proposal (column_id, state, at);
CREATE INDEX column_proposal_item ON column_proposal (item_id, state);

-- +goose Down
DROP TABLE column_proposal;
DROP TABLE column_subscription;
DROP TABLE share_request;
DROP INDEX item_placement_planned;
DROP INDEX item_placement_newest;
DROP TABLE item_offer;
