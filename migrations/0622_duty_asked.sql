-- +goose Up
-- The days on which every duty was asked for its record. Who was not asked on such a
-- day kept no duty then.
CREATE TABLE duty_asked (
    on_day DATE PRIMARY KEY,
    at     TIMESTAMPTZ NOT NULL
);
INSERT INTO duty_asked (on_day, at) SELECT max(started_on), max(opened_at) FROM obligation WHERE kind = 'duty_record' AND started_on IS NOT NULL GROUP BY kind;

-- +goose Down
DROP TABLE duty_asked;
