-- +goose Up
-- The 带班领导 of a turn, and who asked to hand that on. Article 19(4) asks for none.
ALTER TABLE duty_shift ADD COLUMN leader_id TEXT NOT NULL DEFAULT '';
ALTER TABLE duty_shift ADD COLUMN leader_name TEXT NOT NULL DEFAULT '';
ALTER TABLE duty_swap ADD COLUMN part TEXT NOT NULL DEFAULT 'duty'; -- duty, leader

-- +goose Down
ALTER TABLE duty_swap DROP COLUMN part;
ALTER TABLE duty_shift DROP COLUMN leader_name;
ALTER TABLE duty_shift DROP COLUMN leader_id;
