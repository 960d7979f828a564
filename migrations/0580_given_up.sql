-- +goose Up
-- What a job was to do ends with that job from now on, and says so.
-- An order: why its last retest ended before it had looked at everything, and whether
-- the retest is a job's, which ends it, or was asked for by a person who waits.
ALTER TABLE rectify_order ADD COLUMN retest_broken TEXT NOT NULL DEFAULT '';
ALTER TABLE rectify_order ADD COLUMN retest_alone BOOLEAN NOT NULL DEFAULT FALSE;
-- Which beginning of work on a batch a job ends, as of a file of the ledger.
ALTER TABLE move_in_batch ADD COLUMN begun TEXT NOT NULL DEFAULT '';
-- What lost its job before ends here.
UPDATE closing_archive SET state = 'failed', says = '归档中断，没有完成，请重新归档。', finished_at = COALESCE(started_at, asked_at)
 WHERE state IN ('queued', 'running')
   AND NOT EXISTS (SELECT 1 FROM job j WHERE j.kind = 'closing.archive' AND j.state <> 'failed' AND j.args LIKE '%"' || closing_archive.id || '"%');
UPDATE move_out SET state = 'failed', failure = '导出中断，没有完成，请重新导出。'
 WHERE state IN ('waiting', 'running')
   AND NOT EXISTS (SELECT 1 FROM job j WHERE j.kind = 'moveout.work' AND j.state <> 'failed' AND j.args LIKE '%"' || move_out.id || '"%');
UPDATE move_in_batch SET state = CASE state WHEN 'looking' THEN 'brought' WHEN 'taking' THEN 'looked' ELSE 'taken' END, failure = '处理中断，没有完成，请再办理一次。'
 WHERE state IN ('looking', 'taking', 'undoing')
   AND NOT EXISTS (SELECT 1 FROM job j WHERE j.kind = 'movein.batch' AND j.state <> 'failed' AND j.args LIKE '%"' || move_in_batch.id || '"%');
UPDATE intake_file SET state = CASE state WHEN 'looking' THEN 'brought' WHEN 'taking' THEN 'looked' ELSE 'taken' END, failure = '处理中断，没有完成，请再办理一次。'
 WHERE state IN ('looking', 'taking', 'undoing')
   AND NOT EXISTS (SELECT 1 FROM job j WHERE j.kind = 'registry.intake' AND j.state <> 'failed' AND j.args LIKE '%"' || intake_file.id || '"%');

-- +goose Down
ALTER TABLE move_in_batch DROP COLUMN begun;
ALTER TABLE rectify_order DROP COLUMN retest_alone;
ALTER TABLE rectify_order DROP COLUMN retest_broken;
