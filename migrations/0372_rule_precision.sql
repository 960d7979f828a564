-- +goose Up
-- How often each rule was right, counted as it happens. Moves are written beside
-- the act and folded into the counts by a periodic duty: two acts never wait for
-- each other over the count of one rule.

CREATE TABLE rule_move (
    id       TEXT COLLATE "C" PRIMARY KEY,
    check_id TEXT NOT NULL,
    raised   INTEGER NOT NULL DEFAULT 0,
    closed   INTEGER NOT NULL DEFAULT 0,
    disputed INTEGER NOT NULL DEFAULT 0,
    wrong    INTEGER NOT NULL DEFAULT 0,
    upheld   INTEGER NOT NULL DEFAULT 0,
    waiting  INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE rule_count (
    check_id TEXT COLLATE "C" PRIMARY KEY,
    raised   BIGINT NOT NULL,
    closed   BIGINT NOT NULL,
    disputed BIGINT NOT NULL,
    wrong    BIGINT NOT NULL,
    upheld   BIGINT NOT NULL,
    waiting  BIGINT NOT NULL
);

INSERT INTO rule_count (check_id, raised, closed, disputed, wrong, upheld, waiting)
SELECT f.check_id, f.n, f.closed, COALESCE(d.n, 0), COALESCE(d.wrong, 0), COALESCE(d.upheld, 0), COALESCE(d.waiting, 0)
  FROM (SELECT check_id, count(*) AS n, sum(CASE WHEN state = 'closed' AND closed_by <> 'dispute' THEN 1 ELSE 0 END) AS closed FROM finding GROUP BY check_id) f
  LEFT JOIN (SELECT check_id, count(*) AS n, sum(CASE WHEN verdict = 'false' THEN 1 ELSE 0 END) AS wrong, sum(CASE WHEN verdict = 'true' THEN 1 ELSE 0 END) AS upheld,
                    sum(CASE WHEN verdict = '' THEN 1 ELSE 0 END) AS waiting FROM finding_dispute GROUP BY check_id) d ON d.check_id = f.check_id;

-- +goose Down
DROP TABLE rule_count;
DROP TABLE rule_move;
