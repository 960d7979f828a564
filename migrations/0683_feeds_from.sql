-- +goose Up
-- From where a feed was read and a download address asked for last, and from where the answer came that is kept: a
-- crawler beyond the wall reads where this house has no way. Article 19(4).
ALTER TABLE account_feed_look ADD COLUMN vantage TEXT NOT NULL DEFAULT '';
ALTER TABLE account_feed_look ADD COLUMN taken_from TEXT NOT NULL DEFAULT '';
ALTER TABLE app_store_look ADD COLUMN vantage TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE app_store_look DROP COLUMN vantage;
ALTER TABLE account_feed_look DROP COLUMN taken_from;
ALTER TABLE account_feed_look DROP COLUMN vantage;
