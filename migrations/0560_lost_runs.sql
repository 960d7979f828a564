-- +goose Up
-- Runs whose job was given up stood as being looked at, up to twelve hours. From now
-- on a run ends with its job; those that lost theirs before end here. A run that was
-- sent to a crawler, or waits to be, has no job.
UPDATE inspection_run SET state = 'failed', failure = '检查中断，没有完成，未检查的内容不作评判。请重新发起。', finished_at = COALESCE(started_at, asked_at)
 WHERE state IN ('queued', 'running') AND sent_at IS NULL AND spec NOT LIKE '%"remote":true%'
   AND NOT EXISTS (SELECT 1 FROM job j WHERE j.kind = 'inspection.run' AND j.state <> 'failed' AND j.args LIKE '%"' || inspection_run.id || '"%');

-- +goose Down
SELECT 1;
