-- +goose Up
-- What is owed by the hour: the instant it is overdue; none for the end of the day (or the hour
-- of its kind). The second look at what one person took down is. Article 19(4).
ALTER TABLE obligation ADD COLUMN due_at TIMESTAMPTZ;

-- +goose Down
ALTER TABLE obligation DROP COLUMN due_at;
