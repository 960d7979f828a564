-- +goose Up
-- A fake that comes back is referred again: every referral has its letter and the
-- steps that followed it. Article 23(3).
CREATE TABLE impostor_step_next (
    id          TEXT PRIMARY KEY,
    impostor_id TEXT NOT NULL REFERENCES impostor (id),
    round       INTEGER NOT NULL,                     -- which referral of the case it belongs to, from 1
    party       TEXT NOT NULL CHECK (party IN ('cyberspace', 'telecom', 'police')),
    unit_id     TEXT REFERENCES unit (id),            -- the body here; NULL where it is not on the platform
    unit_name   TEXT NOT NULL,
    letter      TEXT NOT NULL DEFAULT '[]',           -- JSON: the letter to 网信 as it went out, by paragraph
    asked_on    DATE NOT NULL,
    due_on      DATE NOT NULL,
    provisional BOOLEAN NOT NULL DEFAULT FALSE,
    measure     TEXT NOT NULL DEFAULT '',             -- resolution, access, both, punished, none …
    result      TEXT NOT NULL DEFAULT '',
    result_on   DATE,
    document    TEXT NOT NULL DEFAULT '',             -- number of the reply
    file_id     TEXT,
    file_name   TEXT NOT NULL DEFAULT '',
    recorded_by TEXT NOT NULL DEFAULT '',
    recorded_at TIMESTAMPTZ,
    UNIQUE (impostor_id, round, party)
);
INSERT INTO impostor_step_next (id, impostor_id, round, party, unit_id, unit_name, letter, asked_on, due_on, provisional, measure, result, result_on, document, file_id, file_name, recorded_by, recorded_at)
    SELECT p.id, p.impostor_id, 1, p.party, p.unit_id, p.unit_name, CASE p.party WHEN 'cyberspace' THEN i.letter ELSE '[]' END, p.asked_on, p.due_on, p.provisional, p.measure, p.result, p.result_on, p.document, p.file_id, p.file_name, p.recorded_by, p.recorded_at
      FROM impostor_step p JOIN impostor i ON i.id = p.impostor_id;
DROP TABLE impostor_step;
ALTER TABLE impostor_step_next RENAME TO impostor_step;
CREATE INDEX impostor_step_unit ON impostor_step (unit_id, result_on);
ALTER TABLE impostor DROP COLUMN letter;

-- +goose Down
ALTER TABLE impostor ADD COLUMN letter TEXT NOT NULL DEFAULT '[]';
UPDATE impostor SET letter = COALESCE((SELECT p.letter FROM impostor_step p WHERE p.impostor_id = impostor.id AND p.party = 'cyberspace' ORDER BY p.round DESC LIMIT 1), '[]');
DELETE FROM impostor_step WHERE round < (SELECT max(p.round) FROM impostor_step p WHERE p.impostor_id = impostor_step.impostor_id);
CREATE TABLE impostor_step_next (
    id          TEXT PRIMARY KEY,
    impostor_id TEXT NOT NULL REFERENCES impostor (id),
    party       TEXT NOT NULL CHECK (party IN ('cyberspace', 'telecom', 'police')),
    unit_id     TEXT REFERENCES unit (id),
    unit_name   TEXT NOT NULL,
    asked_on    DATE NOT NULL,
    due_on      DATE NOT NULL,
    provisional BOOLEAN NOT NULL DEFAULT FALSE,
    measure     TEXT NOT NULL DEFAULT '',
    result      TEXT NOT NULL DEFAULT '',
    result_on   DATE,
    document    TEXT NOT NULL DEFAULT '',
    file_id     TEXT,
    file_name   TEXT NOT NULL DEFAULT '',
    recorded_by TEXT NOT NULL DEFAULT '',
    recorded_at TIMESTAMPTZ,
    UNIQUE (impostor_id, party)
);
INSERT INTO impostor_step_next SELECT id, impostor_id, party, unit_id, unit_name, asked_on, due_on, provisional, measure, result, result_on, document, file_id, file_name, recorded_by, recorded_at FROM impostor_step;
DROP TABLE impostor_step;
ALTER TABLE impostor_step_next RENAME TO impostor_step;
CREATE INDEX impostor_step_unit ON impostor_step (unit_id, result_on);
