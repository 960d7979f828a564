-- +goose Up
-- When the ledger was last touched, in one step: what is worked out over all of
-- it is kept until then.
CREATE INDEX account_touched ON account (updated_at);
CREATE INDEX site_touched ON site (updated_at);
CREATE INDEX domain_touched ON domain (updated_at);

-- +goose Down
DROP INDEX domain_touched;
DROP INDEX site_touched;
DROP INDEX account_touched;
