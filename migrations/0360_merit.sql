-- +goose Up
-- 表扬和问责: what a body decided of a unit or a person, on which grounds
-- (Articles 8(1) and 30). A supervisor records it and imposes no 处分; a record is
-- checked by another person, corrected and never deleted.
CREATE TABLE merit (
    id           TEXT COLLATE "C" PRIMARY KEY,
    number       TEXT COLLATE "C" NOT NULL DEFAULT '',   -- JC-2026-0001, empty: kept before there were numbers
    sort         TEXT NOT NULL CHECK (sort IN ('commend', 'account')),
    kind         TEXT NOT NULL,                          -- of merit/kinds.json
    unit_id      TEXT COLLATE "C" NOT NULL REFERENCES unit (id), -- whom it is about
    office_id    TEXT COLLATE "C" NOT NULL REFERENCES unit (id), -- which office records it
    capacity     TEXT NOT NULL DEFAULT '',               -- leader, responsible, head, staff; empty: the unit itself
    person       TEXT NOT NULL DEFAULT '',
    measure      TEXT NOT NULL DEFAULT '',               -- in the words of the decision
    body         TEXT NOT NULL,                          -- the body that decided
    document     TEXT NOT NULL DEFAULT '',
    decided_on   DATE NOT NULL,
    says         TEXT NOT NULL DEFAULT '',
    withdrawn    BOOLEAN NOT NULL DEFAULT FALSE,         -- the body took its decision back
    state        TEXT NOT NULL,                          -- entered, returned, checked, corrected, dropped
    entered_id   TEXT COLLATE "C" NOT NULL DEFAULT '',
    entered_by   TEXT NOT NULL,
    entered_at   TIMESTAMPTZ NOT NULL,
    checked_by   TEXT NOT NULL DEFAULT '',
    checked_at   TIMESTAMPTZ,
    returned_why TEXT NOT NULL DEFAULT '',
    corrects_id  TEXT COLLATE "C" REFERENCES merit (id),
    why          TEXT NOT NULL DEFAULT ''                -- of a correction
);
CREATE INDEX merit_unit ON merit (unit_id, decided_on);
CREATE INDEX merit_office ON merit (office_id, state);
CREATE INDEX merit_decided ON merit (decided_on, id);
CREATE UNIQUE INDEX merit_number ON merit (number) WHERE number <> '';
CREATE UNIQUE INDEX merit_corrected_once ON merit (corrects_id) WHERE corrects_id IS NOT NULL AND state <> 'dropped';

-- What it rests on: an order, a finding, an inquiry, a bulletin.
CREATE TABLE merit_ground (
    merit_id  TEXT COLLATE "C" NOT NULL REFERENCES merit (id),
    kind      TEXT NOT NULL,
    object_id TEXT COLLATE "C" NOT NULL,
    name      TEXT NOT NULL,
    link      TEXT NOT NULL,
    PRIMARY KEY (merit_id, kind, object_id)
);
CREATE INDEX merit_ground_object ON merit_ground (kind, object_id);

-- What was recorded of an unapproved offline is a record like any other.
INSERT INTO merit (id, sort, kind, unit_id, office_id, capacity, person, measure, body, document, decided_on, state, entered_by, entered_at)
SELECT a.id, 'account', 'other_account', a.unit_id, i.office_id, 'head', a.person, a.measure, a.body, a.document, a.decided_on, 'checked', a.recorded_by, a.recorded_at
  FROM accountability a JOIN inquiry i ON i.id = a.inquiry_id;
INSERT INTO merit_ground (merit_id, kind, object_id, name, link)
SELECT a.id, 'inquiry', a.inquiry_id, i.object_name || '中断核实单', '/console/inquiries/' || a.inquiry_id
  FROM accountability a JOIN inquiry i ON i.id = a.inquiry_id;
UPDATE attachment SET owner_kind = 'merit', owner_id = (SELECT a.id FROM accountability a WHERE a.attachment_id = attachment.id)
 WHERE id IN (SELECT attachment_id FROM accountability WHERE attachment_id IS NOT NULL);
DROP TABLE accountability;

-- +goose Down
CREATE TABLE accountability (
    id         TEXT COLLATE "C" PRIMARY KEY,
    inquiry_id TEXT COLLATE "C" NOT NULL REFERENCES inquiry (id),
    unit_id    TEXT COLLATE "C" NOT NULL REFERENCES unit (id),
    person     TEXT NOT NULL,
    measure    TEXT NOT NULL,
    body       TEXT NOT NULL,
    document   TEXT NOT NULL DEFAULT '',
    decided_on DATE NOT NULL,
    attachment_id TEXT COLLATE "C" REFERENCES attachment (id),
    recorded_by TEXT NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX accountability_inquiry ON accountability (inquiry_id);
CREATE INDEX accountability_unit ON accountability (unit_id);
INSERT INTO accountability (id, inquiry_id, unit_id, person, measure, body, document, decided_on, recorded_by, recorded_at)
SELECT m.id, g.object_id, m.unit_id, m.person, m.measure, m.body, m.document, m.decided_on, m.entered_by, m.entered_at
  FROM merit m JOIN merit_ground g ON g.merit_id = m.id AND g.kind = 'inquiry' WHERE m.state = 'checked';
DROP TABLE merit_ground;
DROP TABLE merit;
