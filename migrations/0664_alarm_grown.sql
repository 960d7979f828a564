-- +goose Up
-- Of how many sites those told of an alarm know: one that grows is told again. Article 19(4).
ALTER TABLE alarm ADD COLUMN sites_told INTEGER NOT NULL DEFAULT 1;
UPDATE alarm SET sites_told = (SELECT count(DISTINCT x.site_id) FROM alarm_site x WHERE x.alarm_id = alarm.id);

-- +goose Down
ALTER TABLE alarm DROP COLUMN sites_told;
