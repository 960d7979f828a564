-- +goose Up
-- Which lap through its stratum a site was drawn in, so that one that comes later
-- joins the lap under way; and the sites a round was drawn from, so that it can be
-- drawn again when the ledger has moved on. Article 19(4).
ALTER TABLE patrol_pick ADD COLUMN lap INTEGER NOT NULL DEFAULT 0;
UPDATE patrol_pick SET lap = x.lap FROM (
    SELECT plan_id, round, site_id, ROW_NUMBER() OVER (PARTITION BY plan_id, site_id ORDER BY round) - 1 AS lap FROM patrol_pick
) x WHERE patrol_pick.plan_id = x.plan_id AND patrol_pick.round = x.round AND patrol_pick.site_id = x.site_id;

CREATE TABLE patrol_round (
    plan_id  TEXT COLLATE "C" NOT NULL REFERENCES patrol_plan (id),
    round    INTEGER NOT NULL,
    drawn_at TIMESTAMPTZ NOT NULL,
    frame    TEXT NOT NULL,                        -- JSON: the sites by stratum
    sha256   TEXT NOT NULL,                        -- of frame; the trail holds it too
    PRIMARY KEY (plan_id, round)
);

-- +goose Down
DROP TABLE patrol_round;
ALTER TABLE patrol_pick DROP COLUMN lap;
