-- +goose Up
-- When a run that was sent to a crawler was told as unanswered (巡检程序未回传); its
-- answer may still come. Article 19(4).
ALTER TABLE inspection_run ADD COLUMN unanswered_at TIMESTAMPTZ;

-- +goose Down
ALTER TABLE inspection_run DROP COLUMN unanswered_at;
