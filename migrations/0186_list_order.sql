-- +goose Up
-- The lists of the ledger stand in official order: by the place of the unit,
-- then by name. The place is kept beside each record so that one index gives
-- the order; a unit whose place changes carries it along.
ALTER TABLE account ADD COLUMN area_path TEXT COLLATE "C" REFERENCES unit (area_path) ON UPDATE CASCADE;
ALTER TABLE site ADD COLUMN area_path TEXT COLLATE "C" REFERENCES unit (area_path) ON UPDATE CASCADE;
ALTER TABLE domain ADD COLUMN area_path TEXT COLLATE "C" REFERENCES unit (area_path) ON UPDATE CASCADE;
UPDATE account SET area_path = (SELECT u.area_path FROM unit u WHERE u.id = account.unit_id);
UPDATE site SET area_path = (SELECT u.area_path FROM unit u WHERE u.id = site.unit_id);
UPDATE domain SET area_path = (SELECT u.area_path FROM unit u WHERE u.id = domain.unit_id);
CREATE INDEX account_listed ON account (area_path, platform, name, id, kind, state, unit_id);
CREATE INDEX account_of_kind ON account (kind, area_path, platform, name, id, state, unit_id);
CREATE INDEX account_of_platform ON account (platform, area_path, name, id, kind, state, unit_id);
CREATE INDEX site_listed ON site (area_path, kind DESC, name, id, state, unit_id);
CREATE INDEX domain_listed ON domain (area_path, host, id, state, kind, unit_id);

-- What was written last, so that a process learns what another has written.
ALTER TABLE ledger_text ADD COLUMN rev TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX ledger_text_rev ON ledger_text (rev, id);

-- +goose Down
DROP INDEX ledger_text_rev;
ALTER TABLE ledger_text DROP COLUMN rev;
DROP INDEX domain_listed;
DROP INDEX site_listed;
DROP INDEX account_of_platform;
DROP INDEX account_of_kind;
DROP INDEX account_listed;
ALTER TABLE domain DROP COLUMN area_path;
ALTER TABLE site DROP COLUMN area_path;
ALTER TABLE account DROP COLUMN area_path;
