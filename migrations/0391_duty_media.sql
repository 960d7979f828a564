-- +goose Up
-- What the monitors knew of accounts and clients when a day's record was
-- confirmed. Article 19(4) speaks of both, sites and new media.
ALTER TABLE duty_record ADD COLUMN media TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE duty_record DROP COLUMN media;
