-- +goose Up
-- Accounts and apps pass through the same lifecycles as sites. Articles 2, 7, 8.
ALTER TABLE account ADD COLUMN kind TEXT NOT NULL DEFAULT 'account'; -- account, app
ALTER TABLE account ADD COLUMN case_id TEXT NOT NULL DEFAULT '';     -- the approval it rests on
ALTER TABLE account ADD COLUMN launched_on DATE;                     -- the day it opened formally
UPDATE account SET kind = 'app' WHERE platform IN ('app', 'miniapp');
CREATE INDEX account_state ON account (state, kind);

-- +goose Down
DROP INDEX account_state;
ALTER TABLE account DROP COLUMN launched_on;
ALTER TABLE account DROP COLUMN case_id;
ALTER TABLE account DROP COLUMN kind;
