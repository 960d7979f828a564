-- +goose Up
-- A hand-over asked for where everybody of the next turn stood on the one before
-- could be signed by nobody. The sweep looks at those that stand open once more and
-- annuls them. Article 19(4).
UPDATE duty_shift SET asked = FALSE WHERE id IN (SELECT subject_id FROM obligation WHERE kind = 'duty_handover' AND subject_kind = 'duty_shift' AND state = 'open');

-- +goose Down
-- Looking once more changes nothing that is owed with reason.
SELECT 1;
