-- +goose Up
-- A finding is of a site or of an account; and the bytes that a feed was last
-- read from, as its proof. Articles 19(4) and 29; V-M-2.1, V-M-3.1.

-- only: postgres
ALTER TABLE finding ALTER COLUMN site_id DROP NOT NULL;
ALTER TABLE finding_false ALTER COLUMN site_id DROP NOT NULL;
-- end only
-- only: sqlite
DROP INDEX finding_standing;
DROP INDEX finding_site;
DROP INDEX finding_first;
DROP INDEX finding_ended;
DROP INDEX finding_waiting;
DROP INDEX finding_oldest;
ALTER TABLE finding ADD COLUMN of_site TEXT REFERENCES site (id);
UPDATE finding SET of_site = site_id;
ALTER TABLE finding DROP COLUMN site_id;
ALTER TABLE finding RENAME COLUMN of_site TO site_id;
CREATE UNIQUE INDEX finding_standing ON finding (site_id, fingerprint) WHERE state <> 'closed';
CREATE INDEX finding_site ON finding (site_id, state, severity);
CREATE INDEX finding_first ON finding (first_seen, site_id, closed_by);
CREATE INDEX finding_ended ON finding (closed_at, site_id, closed_by) WHERE state = 'closed';
CREATE INDEX finding_waiting ON finding (severity, first_seen, site_id, state) WHERE state <> 'closed';
CREATE INDEX finding_oldest ON finding (first_seen, site_id, severity) WHERE state <> 'closed';
DROP INDEX finding_false_site;
ALTER TABLE finding_false ADD COLUMN of_site TEXT REFERENCES site (id);
UPDATE finding_false SET of_site = site_id;
ALTER TABLE finding_false DROP COLUMN site_id;
ALTER TABLE finding_false RENAME COLUMN of_site TO site_id;
CREATE INDEX finding_false_site ON finding_false (site_id, check_id);
-- end only
ALTER TABLE finding ADD COLUMN account_id TEXT REFERENCES account (id) CHECK ((site_id IS NULL) <> (account_id IS NULL));
CREATE UNIQUE INDEX finding_account ON finding (account_id, fingerprint) WHERE state <> 'closed';
CREATE INDEX finding_account_state ON finding (account_id, state, severity);
-- The case stands in wrong: the same check may be false in one and true in the next.
ALTER TABLE finding_false ADD COLUMN account_id TEXT REFERENCES account (id) CHECK ((site_id IS NULL) <> (account_id IS NULL));
CREATE INDEX finding_false_account ON finding_false (account_id, check_id);

-- Of the last answer that was a feed: a look that failed leaves it as it is.
ALTER TABLE account_feed_look ADD COLUMN taken_at TIMESTAMPTZ;
ALTER TABLE account_feed_look ADD COLUMN status INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account_feed_look ADD COLUMN headers TEXT NOT NULL DEFAULT '';
ALTER TABLE account_feed_look ADD COLUMN ref TEXT NOT NULL DEFAULT '';
ALTER TABLE account_feed_look ADD COLUMN sha256 TEXT NOT NULL DEFAULT '';
ALTER TABLE account_feed_look ADD COLUMN size BIGINT NOT NULL DEFAULT 0;

-- +goose Down
-- The findings of accounts go with what belongs to them.
ALTER TABLE account_feed_look DROP COLUMN size;
ALTER TABLE account_feed_look DROP COLUMN sha256;
ALTER TABLE account_feed_look DROP COLUMN ref;
ALTER TABLE account_feed_look DROP COLUMN headers;
ALTER TABLE account_feed_look DROP COLUMN status;
ALTER TABLE account_feed_look DROP COLUMN taken_at;
DELETE FROM finding_false WHERE account_id IS NOT NULL;
DELETE FROM finding_dispute WHERE finding_id IN (SELECT id FROM finding WHERE account_id IS NOT NULL);
DELETE FROM finding_evidence WHERE finding_id IN (SELECT id FROM finding WHERE account_id IS NOT NULL);
DELETE FROM finding_own WHERE finding_id IN (SELECT id FROM finding WHERE account_id IS NOT NULL);
DELETE FROM confirmation WHERE finding_id IN (SELECT id FROM finding WHERE account_id IS NOT NULL);
DELETE FROM finding WHERE account_id IS NOT NULL;
DROP INDEX finding_false_account;
ALTER TABLE finding_false DROP COLUMN account_id;
DROP INDEX finding_account_state;
DROP INDEX finding_account;
ALTER TABLE finding DROP COLUMN account_id;
-- only: postgres
ALTER TABLE finding_false ALTER COLUMN site_id SET NOT NULL;
ALTER TABLE finding ALTER COLUMN site_id SET NOT NULL;
-- end only
