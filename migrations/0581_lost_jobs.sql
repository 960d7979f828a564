-- +goose Up
-- What lost its job before that ended it stood as under way for good: it ends here.
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
SELECT 1;
