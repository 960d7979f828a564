-- +goose Up
-- An emergency takedown of what another unit published and a site here adopted
-- ends its places here alone; the item stays public elsewhere. unit_id is then
-- who adopted it, and two who adopted one item may each take it down.
ALTER TABLE takedown ADD COLUMN places TEXT NOT NULL DEFAULT ''; -- JSON: the sites; empty: from every page
DROP INDEX takedown_open;
CREATE UNIQUE INDEX takedown_open ON takedown (item_id, unit_id) WHERE state = 'proposed';

-- +goose Down
-- The shape before knows takedowns from every page alone, and one proposal of an
-- item at a time. A proposal for some sites would become one for all of them when
-- approved, and a second one of the same item cannot stand: these are withdrawn,
-- with the sites and the reason in their opinion and the move in their history.
-- Of what is left of one item the earliest stays open.
INSERT INTO passage (kind, object_id, seq, prev_seq, from_state, act, to_state, at, actor_id, actor_name, note, case_id)
SELECT p.kind, p.object_id, p.seq + 1, p.seq, 'proposed', 'withdraw', 'withdrawn', p.at, '', '数据库结构退回', '退回旧结构时撤回', ''
  FROM takedown t JOIN passage p ON p.kind = 'takedown' AND p.object_id = t.id AND p.to_state = 'proposed'
 WHERE t.state = 'proposed' AND (t.places <> '' OR EXISTS (SELECT 1 FROM takedown o WHERE o.item_id = t.item_id AND o.state = 'proposed' AND o.places = '' AND o.id < t.id))
   AND NOT EXISTS (SELECT 1 FROM passage q WHERE q.kind = p.kind AND q.object_id = p.object_id AND q.seq > p.seq);
UPDATE takedown SET state = 'withdrawn', opinion = '退回旧结构时撤回，需要的请重新提出。' || CASE WHEN places = '' THEN '' ELSE '原撤下范围：' || places END
 WHERE state = 'proposed' AND (places <> '' OR EXISTS (SELECT 1 FROM takedown o WHERE o.item_id = takedown.item_id AND o.state = 'proposed' AND o.places = '' AND o.id < takedown.id));
DROP INDEX takedown_open;
CREATE UNIQUE INDEX takedown_open ON takedown (item_id) WHERE state = 'proposed';
ALTER TABLE takedown DROP COLUMN places;
