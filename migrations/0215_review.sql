-- +goose Up
-- The review of Article 19(3) as data: routes, gates stamped one by one,
-- opinions of other units, outside fact checks, comments in the text, the
-- emergency lane, packages and batches.

-- 审核流程: what an item of a level passes through. No row is ever changed: a
-- new version takes its place, and what is under way keeps its own (item_step).
CREATE TABLE review_route (
    id          TEXT COLLATE "C" PRIMARY KEY,
    unit_id     TEXT REFERENCES unit (id), -- empty: of the whole province
    level       TEXT NOT NULL CHECK (level IN ('ordinary', 'important')),
    version     INTEGER NOT NULL CHECK (version >= 1),
    reason      TEXT NOT NULL,
    person_id   TEXT NOT NULL,
    person_name TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX review_route_version ON review_route (level, coalesce(unit_id, ''), version);

CREATE TABLE review_route_step (
    route_id TEXT COLLATE "C" NOT NULL REFERENCES review_route (id),
    no       INTEGER NOT NULL,
    stage    TEXT NOT NULL CHECK (stage IN ('first', 'second', 'final')),
    permit   TEXT NOT NULL CHECK (permit IN ('first', 'final', 'either')), -- which reviewers
    needed   INTEGER NOT NULL CHECK (needed BETWEEN 1 AND 5),              -- how many must pass it
    gates    BOOLEAN NOT NULL,                                             -- its reviewers stamp gates
    workdays INTEGER NOT NULL CHECK (workdays BETWEEN 1 AND 30),
    PRIMARY KEY (route_id, no),
    UNIQUE (route_id, stage)
);

ALTER TABLE item_submission ADD COLUMN route_id TEXT REFERENCES review_route (id); -- empty: the house's own
ALTER TABLE item_submission ADD COLUMN emergency TEXT NOT NULL DEFAULT '';         -- why it takes the emergency lane
ALTER TABLE item_submission ADD COLUMN package_id TEXT NOT NULL DEFAULT '';

-- The route a submission goes by, copied: a route changed later changes nothing.
CREATE TABLE item_step (
    item_id      TEXT COLLATE "C" NOT NULL,
    round        INTEGER NOT NULL,
    no           INTEGER NOT NULL,
    stage        TEXT NOT NULL CHECK (stage IN ('first', 'second', 'final')),
    permit       TEXT NOT NULL CHECK (permit IN ('first', 'final', 'either')),
    needed       INTEGER NOT NULL CHECK (needed >= 1),
    gates        BOOLEAN NOT NULL,
    workdays     INTEGER NOT NULL,
    vacant_since TIMESTAMPTZ, -- nobody may act here, and the office above was told
    PRIMARY KEY (item_id, round, no),
    UNIQUE (item_id, round, stage),
    FOREIGN KEY (item_id, round) REFERENCES item_submission (item_id, round)
);
INSERT INTO item_step (item_id, round, no, stage, permit, needed, gates, workdays) SELECT item_id, round, 1, 'first', 'first', 1, TRUE, 1 FROM item_submission;
INSERT INTO item_step (item_id, round, no, stage, permit, needed, gates, workdays) SELECT item_id, round, 2, 'second', 'either', 1, TRUE, 1 FROM item_submission WHERE stages > 2;
INSERT INTO item_step (item_id, round, no, stage, permit, needed, gates, workdays) SELECT item_id, round, CASE WHEN stages > 2 THEN 3 ELSE 2 END, 'final', 'final', 1, TRUE, 1 FROM item_submission;

-- 政治关 法律关 政策关 保密关 文字关: each stamp is an act of its own by one who
-- did not write the version. The last stamp of a gate counts.
CREATE TABLE item_stamp (
    item_id     TEXT COLLATE "C" NOT NULL,
    round       INTEGER NOT NULL,
    version_no  INTEGER NOT NULL,
    gate        TEXT NOT NULL CHECK (gate IN ('political', 'legal', 'policy', 'secrecy', 'wording')),
    seq         INTEGER NOT NULL,
    passed      BOOLEAN NOT NULL,
    stage       TEXT NOT NULL,
    note        TEXT NOT NULL DEFAULT '',
    author_id   TEXT NOT NULL,
    person_id   TEXT NOT NULL,
    person_name TEXT NOT NULL,
    person_unit TEXT NOT NULL DEFAULT '',
    for_name    TEXT NOT NULL DEFAULT '', -- whose post it is, when a deputy stamps
    at          TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (item_id, round, gate, seq),
    CHECK (author_id <> person_id),
    FOREIGN KEY (item_id, round) REFERENCES item_submission (item_id, round),
    FOREIGN KEY (item_id, version_no, author_id) REFERENCES item_version (item_id, no, author_id)
);
INSERT INTO item_stamp (item_id, round, version_no, gate, seq, passed, stage, author_id, person_id, person_name, person_unit, at)
SELECT r.item_id, r.round, r.version_no, g.gate, 1, g.passed, r.stage, r.author_id, g.person_id, g.person_name, r.reviewer_unit, g.at
  FROM item_gate g JOIN item_review r ON r.id = g.review_id WHERE r.stage = 'final';
DROP TABLE item_gate;

-- Several persons may have to pass one stage: one row a stage and person.
-- only: postgres
ALTER TABLE item_review DROP CONSTRAINT item_review_item_id_round_stage_key;
ALTER TABLE item_review ADD CONSTRAINT item_review_person UNIQUE (item_id, round, stage, reviewer_id);
ALTER TABLE item_review ADD COLUMN for_name TEXT NOT NULL DEFAULT '';
ALTER TABLE item_review ADD COLUMN batch_id TEXT NOT NULL DEFAULT '';
-- end only
-- only: sqlite
PRAGMA defer_foreign_keys = ON;
CREATE TABLE item_review_kept AS SELECT * FROM item_review;
DROP TABLE item_review;
CREATE TABLE item_review (
    id            TEXT PRIMARY KEY,
    item_id       TEXT NOT NULL,
    round         INTEGER NOT NULL,
    version_no    INTEGER NOT NULL,
    stage         TEXT NOT NULL CHECK (stage IN ('first', 'second', 'final')),
    verdict       TEXT NOT NULL CHECK (verdict IN ('pass', 'return')),
    author_id     TEXT NOT NULL,
    reviewer_id   TEXT NOT NULL,
    reviewer_name TEXT NOT NULL,
    reviewer_unit TEXT NOT NULL DEFAULT '',
    opinion       TEXT NOT NULL DEFAULT '',
    reason        TEXT NOT NULL DEFAULT '',
    in_duty           BOOLEAN NOT NULL DEFAULT FALSE,
    source_known      BOOLEAN NOT NULL DEFAULT FALSE,
    nothing_sensitive BOOLEAN NOT NULL DEFAULT FALSE,
    nothing_secret    BOOLEAN NOT NULL DEFAULT FALSE,
    no_opinion        BOOLEAN NOT NULL DEFAULT FALSE,
    no_advertising    BOOLEAN NOT NULL DEFAULT FALSE,
    at            TIMESTAMPTZ NOT NULL,
    for_name      TEXT NOT NULL DEFAULT '',
    batch_id      TEXT NOT NULL DEFAULT '',
    UNIQUE (item_id, round, stage, reviewer_id),
    UNIQUE (id, item_id, version_no, stage, verdict),
    CHECK (stage <> 'final' OR author_id <> reviewer_id),
    CHECK (stage <> 'final' OR verdict <> 'pass' OR (in_duty AND source_known AND nothing_sensitive AND nothing_secret AND no_opinion AND no_advertising)),
    FOREIGN KEY (item_id, round) REFERENCES item_submission (item_id, round),
    FOREIGN KEY (item_id, version_no, author_id) REFERENCES item_version (item_id, no, author_id)
);
INSERT INTO item_review (id, item_id, round, version_no, stage, verdict, author_id, reviewer_id, reviewer_name, reviewer_unit, opinion, reason,
       in_duty, source_known, nothing_sensitive, nothing_secret, no_opinion, no_advertising, at)
SELECT id, item_id, round, version_no, stage, verdict, author_id, reviewer_id, reviewer_name, reviewer_unit, opinion, reason,
       in_duty, source_known, nothing_sensitive, nothing_secret, no_opinion, no_advertising, at FROM item_review_kept;
DROP TABLE item_review_kept;
CREATE INDEX item_review_reviewer ON item_review (reviewer_id, at);
-- end only

-- 意见征询 of another unit about an item, with its own clock. A required one
-- bars the final review while it is open.
CREATE TABLE item_consultation (
    id               TEXT COLLATE "C" PRIMARY KEY,
    item_id          TEXT COLLATE "C" NOT NULL REFERENCES item (id),
    version_no       INTEGER NOT NULL,              -- asked about
    unit_id          TEXT NOT NULL REFERENCES unit (id),
    asker_unit       TEXT NOT NULL REFERENCES unit (id),
    asker_id         TEXT NOT NULL,
    asker_name       TEXT NOT NULL,
    required         BOOLEAN NOT NULL,
    named            TEXT NOT NULL DEFAULT '',      -- as the item names the unit among those it involves
    question         TEXT NOT NULL DEFAULT '',
    asked_at         TIMESTAMPTZ NOT NULL,
    due_on           DATE NOT NULL,
    state            TEXT NOT NULL CHECK (state IN ('open', 'answered', 'waived')),
    stance           TEXT NOT NULL DEFAULT '' CHECK (stance IN ('', 'agree', 'disagree', 'suggest')),
    answer           TEXT NOT NULL DEFAULT '',      -- or why it was waived
    answered_version INTEGER NOT NULL DEFAULT 0,
    person_id        TEXT NOT NULL DEFAULT '',
    person_name      TEXT NOT NULL DEFAULT '',
    for_name         TEXT NOT NULL DEFAULT '',
    ended_at         TIMESTAMPTZ,
    CHECK (state <> 'answered' OR (stance <> '' AND person_id <> ''))
);
CREATE UNIQUE INDEX item_consultation_open ON item_consultation (item_id, unit_id) WHERE state = 'open';
CREATE INDEX item_consultation_unit ON item_consultation (unit_id, state, due_on);

-- 事实核查 by somebody outside: one link, one use, one version. Only the hash of
-- its token is kept.
CREATE TABLE item_fact_check (
    id          TEXT COLLATE "C" PRIMARY KEY,
    item_id     TEXT COLLATE "C" NOT NULL,
    version_no  INTEGER NOT NULL,
    token_hash  TEXT NOT NULL UNIQUE,
    invited     TEXT NOT NULL,
    question    TEXT NOT NULL DEFAULT '',
    person_id   TEXT NOT NULL,
    person_name TEXT NOT NULL,
    made_at     TIMESTAMPTZ NOT NULL,
    expires_at  TIMESTAMPTZ NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('open', 'answered', 'revoked')),
    verdict     TEXT NOT NULL DEFAULT '' CHECK (verdict IN ('', 'correct', 'wrong')),
    answer      TEXT NOT NULL DEFAULT '',
    answer_name TEXT NOT NULL DEFAULT '',
    answer_unit TEXT NOT NULL DEFAULT '',
    answered_at TIMESTAMPTZ,
    FOREIGN KEY (item_id, version_no) REFERENCES item_version (item_id, no)
);
CREATE INDEX item_fact_check_item ON item_fact_check (item_id, made_at);

-- 批注: anchored at a range of characters of a text block of a version; -1 is
-- the title. A suggested wording is taken over by the author in one act.
CREATE TABLE item_comment (
    id              TEXT COLLATE "C" PRIMARY KEY,
    item_id         TEXT COLLATE "C" NOT NULL,
    round           INTEGER NOT NULL,
    version_no      INTEGER NOT NULL,
    block           INTEGER NOT NULL CHECK (block >= -1),
    start_at        INTEGER NOT NULL CHECK (start_at >= 0),
    end_at          INTEGER NOT NULL,
    quote           TEXT NOT NULL,
    says            TEXT NOT NULL DEFAULT '',
    suggests        BOOLEAN NOT NULL,
    suggestion      TEXT NOT NULL DEFAULT '',
    stage           TEXT NOT NULL,
    person_id       TEXT NOT NULL,
    person_name     TEXT NOT NULL,
    for_name        TEXT NOT NULL DEFAULT '',
    at              TIMESTAMPTZ NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'declined')),
    settled_name    TEXT NOT NULL DEFAULT '',
    settled_why     TEXT NOT NULL DEFAULT '',
    settled_version INTEGER NOT NULL DEFAULT 0, -- made by taking it over
    settled_at      TIMESTAMPTZ,
    CHECK (end_at > start_at),
    FOREIGN KEY (item_id, round) REFERENCES item_submission (item_id, round),
    FOREIGN KEY (item_id, version_no) REFERENCES item_version (item_id, no)
);
CREATE INDEX item_comment_item ON item_comment (item_id, round);

-- 事后补审 of what went out by the emergency lane: by neither who wrote it nor
-- who released it.
CREATE TABLE item_after_review (
    item_id       TEXT COLLATE "C" NOT NULL,
    round         INTEGER NOT NULL,
    version_no    INTEGER NOT NULL,
    author_id     TEXT NOT NULL,
    releaser_id   TEXT NOT NULL,
    verdict       TEXT NOT NULL CHECK (verdict IN ('uphold', 'object')),
    opinion       TEXT NOT NULL DEFAULT '',
    reviewer_id   TEXT NOT NULL,
    reviewer_name TEXT NOT NULL,
    for_name      TEXT NOT NULL DEFAULT '',
    at            TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (item_id, round),
    CHECK (reviewer_id <> author_id AND reviewer_id <> releaser_id),
    FOREIGN KEY (item_id, round) REFERENCES item_submission (item_id, round),
    FOREIGN KEY (item_id, version_no, author_id) REFERENCES item_version (item_id, no, author_id)
);

-- 成套报审: policy, interpretation and pictures that go as one.
CREATE TABLE item_package (
    id          TEXT COLLATE "C" PRIMARY KEY,
    title       TEXT NOT NULL,
    unit_id     TEXT NOT NULL REFERENCES unit (id),
    person_id   TEXT NOT NULL,
    person_name TEXT NOT NULL,
    made_at     TIMESTAMPTZ NOT NULL,
    ended_at    TIMESTAMPTZ,
    outcome     TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'published', 'dissolved'))
);
CREATE INDEX item_package_unit ON item_package (unit_id, made_at);
CREATE TABLE item_package_item (
    package_id TEXT COLLATE "C" NOT NULL REFERENCES item_package (id),
    item_id    TEXT COLLATE "C" NOT NULL REFERENCES item (id),
    seq        INTEGER NOT NULL,
    ended      BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (package_id, item_id)
);
CREATE UNIQUE INDEX item_package_one ON item_package_item (item_id) WHERE ended = FALSE;

-- 批量审核: items of one type at one stage, decided with one opinion after a
-- sample was read.
CREATE TABLE item_batch (
    id        TEXT COLLATE "C" PRIMARY KEY,
    number    TEXT NOT NULL UNIQUE,
    type      TEXT NOT NULL,
    stage     TEXT NOT NULL,
    person_id TEXT NOT NULL,
    unit_id   TEXT NOT NULL REFERENCES unit (id),
    opinion   TEXT NOT NULL DEFAULT '',
    made_at   TIMESTAMPTZ NOT NULL,
    ended_at  TIMESTAMPTZ
);
CREATE TABLE item_batch_item (
    batch_id TEXT COLLATE "C" NOT NULL REFERENCES item_batch (id),
    item_id  TEXT COLLATE "C" NOT NULL REFERENCES item (id),
    seq      INTEGER NOT NULL,
    round    INTEGER NOT NULL,
    sampled  BOOLEAN NOT NULL,
    read_at  TIMESTAMPTZ,
    outcome  TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('', 'done', 'left')),
    says     TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (batch_id, item_id)
);

-- What a final review still lacks; while it lacks anything, the database
-- releases nothing on it, whoever asks.
CREATE VIEW item_review_gap AS
SELECT r.id AS review_id, 'gate ' || g.gate AS missing
  FROM item_review r CROSS JOIN (SELECT 'political' AS gate UNION ALL SELECT 'legal' UNION ALL SELECT 'policy' UNION ALL SELECT 'secrecy' UNION ALL SELECT 'wording') g
 WHERE NOT EXISTS (SELECT 1 FROM item_stamp s WHERE s.item_id = r.item_id AND s.round = r.round AND s.version_no = r.version_no AND s.gate = g.gate AND s.passed
                      AND NOT EXISTS (SELECT 1 FROM item_stamp l WHERE l.item_id = s.item_id AND l.round = s.round AND l.gate = s.gate AND l.seq > s.seq))
UNION ALL
SELECT r.id, 'step ' || t.stage FROM item_review r JOIN item_step t ON t.item_id = r.item_id AND t.round = r.round
 WHERE (SELECT count(DISTINCT p.reviewer_id) FROM item_review p WHERE p.item_id = r.item_id AND p.round = r.round AND p.version_no = r.version_no AND p.stage = t.stage AND p.verdict = 'pass') < t.needed
UNION ALL
SELECT r.id, 'route' FROM item_review r WHERE NOT EXISTS (SELECT 1 FROM item_step t WHERE t.item_id = r.item_id AND t.round = r.round)
UNION ALL
SELECT r.id, 'consultation ' || c.unit_id FROM item_review r JOIN item_consultation c ON c.item_id = r.item_id WHERE c.required AND c.state = 'open'
UNION ALL
SELECT r.id, 'author' FROM item_review r
 WHERE EXISTS (SELECT 1 FROM item_version v WHERE v.item_id = r.item_id AND v.author_id = r.reviewer_id AND v.no <= r.version_no
                  AND v.no > COALESCE((SELECT l.version_no FROM item_live l WHERE l.item_id = r.item_id), 0));

-- only: postgres
-- +goose StatementBegin
CREATE FUNCTION item_release_complete() RETURNS trigger AS $$
DECLARE missing TEXT;
BEGIN
    SELECT string_agg(g.missing, ', ') INTO missing FROM item_review_gap g WHERE g.review_id = NEW.review_id;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'item_release: the review lacks %', missing USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$ LANGUAGE plpgsql;
-- +goose StatementEnd
CREATE TRIGGER item_release_complete BEFORE INSERT ON item_release FOR EACH ROW EXECUTE FUNCTION item_release_complete();
-- end only
-- only: sqlite
-- +goose StatementBegin
CREATE TRIGGER item_release_complete BEFORE INSERT ON item_release WHEN NEW.review_id IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'item_release: the review is not complete') WHERE EXISTS (SELECT 1 FROM item_review_gap g WHERE g.review_id = NEW.review_id);
END;
-- +goose StatementEnd
-- end only

-- +goose Down
DROP TRIGGER item_release_complete
-- only: postgres
    ON item_release
-- end only
;
-- only: postgres
DROP FUNCTION item_release_complete();
-- end only
DROP VIEW item_review_gap;
DROP TABLE item_batch_item;
DROP TABLE item_batch;
DROP TABLE item_package_item;
DROP TABLE item_package;
DROP TABLE item_after_review;
DROP TABLE item_comment;
DROP TABLE item_fact_check;
DROP TABLE item_consultation;
CREATE TABLE item_gate (
    review_id   TEXT COLLATE "C" NOT NULL REFERENCES item_review (id),
    gate        TEXT NOT NULL CHECK (gate IN ('political', 'legal', 'policy', 'secrecy', 'wording')),
    passed      BOOLEAN NOT NULL,
    person_id   TEXT NOT NULL,
    person_name TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (review_id, gate)
);
INSERT INTO item_gate (review_id, gate, passed, person_id, person_name, at)
SELECT r.id, s.gate, s.passed, s.person_id, s.person_name, s.at FROM item_stamp s JOIN item_review r ON r.item_id = s.item_id AND r.round = s.round AND r.stage = 'final'
 WHERE NOT EXISTS (SELECT 1 FROM item_stamp l WHERE l.item_id = s.item_id AND l.round = s.round AND l.gate = s.gate AND l.seq > s.seq);
DROP TABLE item_stamp;
DROP TABLE item_step;
ALTER TABLE item_submission DROP COLUMN package_id;
ALTER TABLE item_submission DROP COLUMN emergency;
ALTER TABLE item_submission DROP COLUMN route_id;
DROP TABLE review_route_step;
DROP TABLE review_route;
