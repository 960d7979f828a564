-- +goose Up
-- Whether a mobile client could be fetched and used when a person tried
-- (V-M-2.2): yes, no; empty: not tried.
ALTER TABLE account_receipt ADD COLUMN usable TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE account_receipt DROP COLUMN usable;
