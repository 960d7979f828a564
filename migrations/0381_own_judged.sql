-- +goose Up
-- Above the province's office nobody in this house judges its own site: where
-- the province lets its own people do it, each sheet says why they did.
ALTER TABLE appraisal_sheet ADD COLUMN own_reason TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE appraisal_sheet DROP COLUMN own_reason;
