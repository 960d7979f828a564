-- +goose Up
-- What the ledger keeps of an account or app. Articles 7(3), 9, 19, 27; 国办发〔2018〕123号.
ALTER TABLE account ADD COLUMN handle TEXT NOT NULL DEFAULT '';          -- the name in addresses: @handle, 微信号
ALTER TABLE account ADD COLUMN verified_type TEXT NOT NULL DEFAULT '';   -- 政府机关, 事业单位 …
ALTER TABLE account ADD COLUMN a_id TEXT REFERENCES person (id);         -- A 岗
ALTER TABLE account ADD COLUMN b_id TEXT REFERENCES person (id);         -- B 岗
ALTER TABLE account ADD COLUMN leader_id TEXT REFERENCES person (id);    -- the responsible leader
ALTER TABLE account ADD COLUMN followers BIGINT NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN followers_on DATE;                        -- NULL: never recorded
ALTER TABLE account ADD COLUMN followers_source TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN last_post_on DATE;
ALTER TABLE account ADD COLUMN last_post_source TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN national_id TEXT NOT NULL DEFAULT '';     -- in the national reporting system
ALTER TABLE account ADD COLUMN filed_on DATE;
ALTER TABLE account ADD COLUMN main BOOLEAN NOT NULL DEFAULT FALSE;      -- 主账号, one a unit
ALTER TABLE account ADD COLUMN necessity TEXT NOT NULL DEFAULT '';       -- why an app is needed
ALTER TABLE account ADD COLUMN active_users BIGINT NOT NULL DEFAULT 0;   -- in the month of active_on
ALTER TABLE account ADD COLUMN active_on DATE;                           -- NULL: never recorded
ALTER TABLE account ADD COLUMN active_source TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN source_ref TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN confirmed_on DATE;
ALTER TABLE site ADD COLUMN confirmed_on DATE;
CREATE UNIQUE INDEX account_main ON account (unit_id) WHERE main AND state <> 'exited' AND state <> 'closed';
CREATE UNIQUE INDEX account_platform_id ON account (platform, platform_id) WHERE platform_id <> '' AND state <> 'exited' AND state <> 'closed';
CREATE INDEX account_name ON account (name);
CREATE INDEX account_active ON account (kind, active_users);

-- What somebody or some machine saw on the platform: one row a look that
-- brought something new. It never overwrites the ledger.
CREATE TABLE account_sighting (
    id           TEXT COLLATE "C" PRIMARY KEY,
    account_id   TEXT NOT NULL REFERENCES account (id),
    at           TIMESTAMPTZ NOT NULL,
    source       TEXT NOT NULL,
    platform_id  TEXT NOT NULL,
    name         TEXT NOT NULL,
    verified_as  TEXT NOT NULL,
    followers    BIGINT NOT NULL,
    last_post_on DATE
);
CREATE INDEX account_sighting_account ON account_sighting (account_id, at);

-- +goose Down
DROP TABLE account_sighting;
DROP INDEX account_active;
DROP INDEX account_name;
DROP INDEX account_platform_id;
DROP INDEX account_main;
ALTER TABLE site DROP COLUMN confirmed_on;
ALTER TABLE account DROP COLUMN confirmed_on;
ALTER TABLE account DROP COLUMN source_ref;
ALTER TABLE account DROP COLUMN active_source;
ALTER TABLE account DROP COLUMN active_on;
ALTER TABLE account DROP COLUMN active_users;
ALTER TABLE account DROP COLUMN necessity;
ALTER TABLE account DROP COLUMN main;
ALTER TABLE account DROP COLUMN filed_on;
ALTER TABLE account DROP COLUMN national_id;
ALTER TABLE account DROP COLUMN last_post_source;
ALTER TABLE account DROP COLUMN last_post_on;
ALTER TABLE account DROP COLUMN followers_source;
ALTER TABLE account DROP COLUMN followers_on;
ALTER TABLE account DROP COLUMN followers;
ALTER TABLE account DROP COLUMN leader_id;
ALTER TABLE account DROP COLUMN b_id;
ALTER TABLE account DROP COLUMN a_id;
ALTER TABLE account DROP COLUMN verified_type;
ALTER TABLE account DROP COLUMN handle;
