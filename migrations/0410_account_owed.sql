-- +goose Up
-- What is owed of an account: the checks seen violated while its mending has been
-- owed, less those seen put right. Proof that has grown old puts nothing right.
ALTER TABLE account_sheet ADD COLUMN owed TEXT NOT NULL DEFAULT '';
UPDATE account_sheet SET owed =
    CASE WHEN stale = 'violated' THEN 'stale ' ELSE '' END ||
    CASE WHEN interaction = 'violated' THEN 'interaction ' ELSE '' END ||
    CASE WHEN subject = 'violated' THEN 'subject ' ELSE '' END ||
    CASE WHEN renamed = 'violated' THEN 'renamed ' ELSE '' END ||
    CASE WHEN usable = 'violated' THEN 'usable ' ELSE '' END
 WHERE wrong > 0;

-- +goose Down
ALTER TABLE account_sheet DROP COLUMN owed;
