-- +goose Up
-- The item: one content in one language. Its versions say what it is; what
-- lists and counters need of the newest version is kept beside the item.

-- content_id is shared by the language versions of one content.
ALTER TABLE item ADD COLUMN content_id TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE item ADD COLUMN language TEXT NOT NULL DEFAULT 'zh';
-- The place of the unit, so that one index gives scope and order.
ALTER TABLE item ADD COLUMN area_path TEXT COLLATE "C" REFERENCES unit (area_path) ON UPDATE CASCADE;
-- Of the newest version.
ALTER TABLE item ADD COLUMN type TEXT NOT NULL DEFAULT '';
ALTER TABLE item ADD COLUMN category TEXT NOT NULL DEFAULT ''; -- code of the resource category
ALTER TABLE item ADD COLUMN year INTEGER NOT NULL DEFAULT 0;   -- written, else first published, else entered
-- in_force, pending, amended, expired, repealed; empty where it does not apply.
ALTER TABLE item ADD COLUMN validity TEXT NOT NULL DEFAULT '';
ALTER TABLE item ADD COLUMN validity_due DATE;                 -- the day it changes next
ALTER TABLE item ADD COLUMN live BOOLEAN NOT NULL DEFAULT FALSE; -- follows item_live
ALTER TABLE item ADD COLUMN index_no TEXT NOT NULL DEFAULT ''; -- given by the house at the first release

UPDATE item SET content_id = id,
       area_path = (SELECT u.area_path FROM unit u WHERE u.id = item.unit_id),
       type = (SELECT v.type FROM item_version v WHERE v.item_id = item.id AND v.no = item.version),
       live = EXISTS (SELECT 1 FROM item_live l WHERE l.item_id = item.id),
       year = CAST(substr(CAST(COALESCE((SELECT CAST(v.written AS TEXT) FROM item_version v WHERE v.item_id = item.id AND v.no = item.version),
                                        CAST(item.first_published_at AS TEXT), CAST(item.created_at AS TEXT)) AS TEXT), 1, 4) AS INTEGER);
UPDATE item SET category = CASE type WHEN 'news' THEN '0602' WHEN 'notice' THEN '0603' WHEN 'policy' THEN '0403' WHEN 'interpretation' THEN '05' WHEN 'overview' THEN '01'
       WHEN 'organisation' THEN '02' WHEN 'leader' THEN '03' WHEN 'disclosure' THEN '0703' WHEN 'data' THEN '08' WHEN 'guide' THEN '09' WHEN 'interaction' THEN '10'
       WHEN 'response' THEN '1101' ELSE '12' END,
       validity = CASE type WHEN 'policy' THEN 'in_force' ELSE '' END;

CREATE INDEX item_version_doc_no ON item_version (doc_no) WHERE doc_no <> '';
CREATE UNIQUE INDEX item_content_language ON item (content_id, language);
CREATE INDEX item_validity_due ON item (validity_due) WHERE validity_due IS NOT NULL;
-- Lists walk one of these in order and test the rest of the conditions inside it.
CREATE INDEX item_recent ON item (updated_at DESC, id DESC, area_path, type, category, state, validity, year, live);
CREATE INDEX item_of_area ON item (area_path, updated_at DESC, id DESC, type, category, state, validity, year, live);
CREATE INDEX item_of_type ON item (type, updated_at DESC, id DESC, area_path, category, state, validity, year, live);
CREATE INDEX item_of_category ON item (category, updated_at DESC, id DESC, area_path, type, state, validity, year, live);
CREATE INDEX item_of_state ON item (state, updated_at DESC, id DESC, area_path, type, category, validity, year, live);
CREATE INDEX item_of_year ON item (year, updated_at DESC, id DESC, area_path, type, category, state, validity, live);
CREATE INDEX item_of_validity ON item (validity, updated_at DESC, id DESC, area_path, type, category, state, year, live);

-- What domain standards ask beside the text.
ALTER TABLE item_version ADD COLUMN openness TEXT NOT NULL DEFAULT 'open' CHECK (openness IN ('open', 'on_request', 'withheld'));
ALTER TABLE item_version ADD COLUMN share TEXT NOT NULL DEFAULT 'unconditional' CHECK (share IN ('unconditional', 'conditional', 'none'));
ALTER TABLE item_version ADD COLUMN share_terms TEXT NOT NULL DEFAULT '';
ALTER TABLE item_version ADD COLUMN region TEXT NOT NULL DEFAULT '';        -- GB/T 2260, six digits
ALTER TABLE item_version ADD COLUMN co_issuers TEXT NOT NULL DEFAULT '';    -- separated by ;
ALTER TABLE item_version ADD COLUMN effective_on DATE;
ALTER TABLE item_version ADD COLUMN ends_on DATE;                           -- the last day it holds
ALTER TABLE item_version ADD COLUMN genre TEXT NOT NULL DEFAULT '';
ALTER TABLE item_version ADD COLUMN subject_words TEXT NOT NULL DEFAULT ''; -- separated by ;
ALTER TABLE item_version ADD COLUMN filing_no TEXT NOT NULL DEFAULT '';     -- of a normative document
ALTER TABLE item_version ADD COLUMN drafter TEXT NOT NULL DEFAULT '';
ALTER TABLE item_version ADD COLUMN answers TEXT NOT NULL DEFAULT '{}';     -- JSON: what its type asks
ALTER TABLE item_version ADD COLUMN change_kind TEXT NOT NULL DEFAULT '' CHECK (change_kind IN ('', 'form', 'substance')); -- said by the author of a revision

-- Index numbers: <code>/<yyyy>-<seq5>. One that was given is never given again.
CREATE TABLE index_authority (
    unit_id     TEXT COLLATE "C" PRIMARY KEY REFERENCES unit (id),
    code        TEXT COLLATE "C" NOT NULL UNIQUE, -- unified social credit code, or the house's own until it is recorded
    recorded    BOOLEAN NOT NULL DEFAULT FALSE,
    created_at  TIMESTAMPTZ NOT NULL
);
CREATE TABLE index_series (
    code TEXT COLLATE "C" NOT NULL,
    year INTEGER NOT NULL,
    last INTEGER NOT NULL CHECK (last BETWEEN 1 AND 99999),
    PRIMARY KEY (code, year)
);
CREATE TABLE index_number (
    number     TEXT COLLATE "C" PRIMARY KEY,
    content_id TEXT COLLATE "C" NOT NULL,
    given      BOOLEAN NOT NULL,                   -- by the house; otherwise as it was typed or came in
    at         TIMESTAMPTZ NOT NULL
);
CREATE INDEX index_number_content ON index_number (content_id);
INSERT INTO index_number (number, content_id, given, at)
SELECT v.index_no, min(i.content_id), FALSE, min(v.at) FROM item_version v JOIN item i ON i.id = v.item_id WHERE v.index_no <> '' GROUP BY v.index_no;

-- What amends or repeals what, from which day. The one that does it may stand
-- outside the library; then it is named.
CREATE TABLE item_effect (
    id            TEXT COLLATE "C" PRIMARY KEY,
    target_id     TEXT COLLATE "C" NOT NULL REFERENCES item (id),
    by_id         TEXT COLLATE "C" REFERENCES item (id),
    by_name       TEXT NOT NULL DEFAULT '',
    effect        TEXT NOT NULL CHECK (effect IN ('amends', 'repeals')),
    effective_on  DATE NOT NULL,
    note          TEXT NOT NULL DEFAULT '',        -- which clauses
    person_id     TEXT NOT NULL,
    person_name   TEXT NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    revoked_at    TIMESTAMPTZ,
    revoked_why   TEXT NOT NULL DEFAULT '',
    CHECK ((by_id IS NULL) = (by_name <> '')),
    CHECK (by_id IS NULL OR by_id <> target_id)
);
CREATE UNIQUE INDEX item_effect_once ON item_effect (target_id, by_id, effect) WHERE revoked_at IS NULL AND by_id IS NOT NULL;
CREATE INDEX item_effect_target ON item_effect (target_id);
CREATE INDEX item_effect_by ON item_effect (by_id);

-- How many items of each sort there are at each place. The database itself
-- writes every change down in the transaction that makes it; a duty of the
-- house folds the changes into the sums. A node that ends in @id/ is one unit,
-- any other is a place with everything below it, / is everything.
CREATE TABLE item_tally (
    node     TEXT COLLATE "C" NOT NULL,
    parent   TEXT COLLATE "C" NOT NULL,
    type     TEXT NOT NULL,
    category TEXT NOT NULL,
    state    TEXT NOT NULL,
    validity TEXT NOT NULL,
    year     INTEGER NOT NULL,
    live     BOOLEAN NOT NULL,
    n        INTEGER NOT NULL,
    PRIMARY KEY (node, type, category, state, validity, year, live)
);
CREATE INDEX item_tally_parent ON item_tally (parent, node, type, category, state, validity, year, live, n);
CREATE TABLE item_tally_change (
    area_path TEXT COLLATE "C" NOT NULL,
    type      TEXT NOT NULL,
    category  TEXT NOT NULL,
    state     TEXT NOT NULL,
    validity  TEXT NOT NULL,
    year      INTEGER NOT NULL,
    live      BOOLEAN NOT NULL,
    n         INTEGER NOT NULL
);
CREATE INDEX item_tally_change_area ON item_tally_change (area_path);
INSERT INTO item_tally_change (area_path, type, category, state, validity, year, live, n)
SELECT area_path, type, category, state, validity, year, live, count(*) FROM item GROUP BY area_path, type, category, state, validity, year, live;

-- only: postgres
-- +goose StatementBegin
CREATE FUNCTION item_tallied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.area_path IS NOT NULL THEN
        INSERT INTO item_tally_change (area_path, type, category, state, validity, year, live, n)
        VALUES (OLD.area_path, OLD.type, OLD.category, OLD.state, OLD.validity, OLD.year, OLD.live, -1);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.area_path IS NOT NULL THEN
        INSERT INTO item_tally_change (area_path, type, category, state, validity, year, live, n)
        VALUES (NEW.area_path, NEW.type, NEW.category, NEW.state, NEW.validity, NEW.year, NEW.live, 1);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER item_tally_made AFTER INSERT ON item FOR EACH ROW EXECUTE FUNCTION item_tallied();
CREATE TRIGGER item_tally_gone AFTER DELETE ON item FOR EACH ROW EXECUTE FUNCTION item_tallied();
CREATE TRIGGER item_tally_changed AFTER UPDATE ON item FOR EACH ROW
    WHEN ((OLD.area_path, OLD.type, OLD.category, OLD.state, OLD.validity, OLD.year, OLD.live) IS DISTINCT FROM (NEW.area_path, NEW.type, NEW.category, NEW.state, NEW.validity, NEW.year, NEW.live))
    EXECUTE FUNCTION item_tallied();

-- +goose StatementBegin
CREATE FUNCTION item_live_followed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        UPDATE item SET live = FALSE WHERE id = OLD.item_id AND live;
    ELSE
        UPDATE item SET live = TRUE WHERE id = NEW.item_id AND NOT live;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER item_live_followed AFTER INSERT OR DELETE ON item_live FOR EACH ROW EXECUTE FUNCTION item_live_followed();

-- +goose StatementBegin
CREATE FUNCTION item_first_published_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the first publication of item % is written once', OLD.id USING ERRCODE = 'integrity_constraint_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER item_first_published_kept BEFORE UPDATE OF first_published_at ON item FOR EACH ROW
    WHEN (OLD.first_published_at IS NOT NULL AND NEW.first_published_at IS DISTINCT FROM OLD.first_published_at)
    EXECUTE FUNCTION item_first_published_kept();

-- +goose StatementBegin
CREATE FUNCTION item_live_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM item_version v WHERE v.item_id = NEW.item_id AND v.no = NEW.version_no AND v.openness <> 'open') THEN
        RAISE EXCEPTION 'item % is not for the public', NEW.item_id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER item_live_is_open BEFORE INSERT OR UPDATE ON item_live FOR EACH ROW EXECUTE FUNCTION item_live_is_open();

-- +goose StatementBegin
CREATE FUNCTION index_never_reused() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an index number that was given stays given' USING ERRCODE = 'integrity_constraint_violation';
END $$;
-- +goose StatementEnd
CREATE TRIGGER index_number_kept BEFORE DELETE OR UPDATE ON index_number FOR EACH ROW EXECUTE FUNCTION index_never_reused();
CREATE TRIGGER index_series_kept BEFORE DELETE ON index_series FOR EACH ROW EXECUTE FUNCTION index_never_reused();
CREATE TRIGGER index_series_grows BEFORE UPDATE ON index_series FOR EACH ROW WHEN (NEW.last <= OLD.last OR NEW.code <> OLD.code OR NEW.year <> OLD.year) EXECUTE FUNCTION index_never_reused();
-- end only
-- only: sqlite
-- +goose StatementBegin
CREATE TRIGGER item_tally_made AFTER INSERT ON item WHEN NEW.area_path IS NOT NULL BEGIN
    INSERT INTO item_tally_change (area_path, type, category, state, validity, year, live, n)
    VALUES (NEW.area_path, NEW.type, NEW.category, NEW.state, NEW.validity, NEW.year, NEW.live, 1);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER item_tally_gone AFTER DELETE ON item WHEN OLD.area_path IS NOT NULL BEGIN
    INSERT INTO item_tally_change (area_path, type, category, state, validity, year, live, n)
    VALUES (OLD.area_path, OLD.type, OLD.category, OLD.state, OLD.validity, OLD.year, OLD.live, -1);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER item_tally_changed AFTER UPDATE ON item
    WHEN OLD.area_path IS NOT NEW.area_path OR OLD.type <> NEW.type OR OLD.category <> NEW.category OR OLD.state <> NEW.state OR OLD.validity <> NEW.validity
      OR OLD.year <> NEW.year OR OLD.live <> NEW.live BEGIN
    INSERT INTO item_tally_change (area_path, type, category, state, validity, year, live, n)
    SELECT OLD.area_path, OLD.type, OLD.category, OLD.state, OLD.validity, OLD.year, OLD.live, -1 WHERE OLD.area_path IS NOT NULL;
    INSERT INTO item_tally_change (area_path, type, category, state, validity, year, live, n)
    SELECT NEW.area_path, NEW.type, NEW.category, NEW.state, NEW.validity, NEW.year, NEW.live, 1 WHERE NEW.area_path IS NOT NULL;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER item_live_made AFTER INSERT ON item_live BEGIN
    UPDATE item SET live = TRUE WHERE id = NEW.item_id AND NOT live;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER item_live_gone AFTER DELETE ON item_live BEGIN
    UPDATE item SET live = FALSE WHERE id = OLD.item_id AND live;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER item_first_published_kept BEFORE UPDATE OF first_published_at ON item
    WHEN OLD.first_published_at IS NOT NULL AND NEW.first_published_at IS NOT OLD.first_published_at BEGIN
    SELECT RAISE(ABORT, 'the first publication of an item is written once');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER item_live_is_open BEFORE INSERT ON item_live
    WHEN EXISTS (SELECT 1 FROM item_version v WHERE v.item_id = NEW.item_id AND v.no = NEW.version_no AND v.openness <> 'open') BEGIN
    SELECT RAISE(ABORT, 'this item is not for the public');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER item_live_stays_open BEFORE UPDATE ON item_live
    WHEN EXISTS (SELECT 1 FROM item_version v WHERE v.item_id = NEW.item_id AND v.no = NEW.version_no AND v.openness <> 'open') BEGIN
    SELECT RAISE(ABORT, 'this item is not for the public');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER index_number_kept BEFORE DELETE ON index_number BEGIN
    SELECT RAISE(ABORT, 'an index number that was given stays given');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER index_number_stays BEFORE UPDATE ON index_number BEGIN
    SELECT RAISE(ABORT, 'an index number that was given stays given');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER index_series_kept BEFORE DELETE ON index_series BEGIN
    SELECT RAISE(ABORT, 'an index number that was given stays given');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER index_series_grows BEFORE UPDATE ON index_series WHEN NEW.last <= OLD.last OR NEW.code <> OLD.code OR NEW.year <> OLD.year BEGIN
    SELECT RAISE(ABORT, 'an index number that was given stays given');
END;
-- +goose StatementEnd
-- end only

-- +goose Down
-- only: postgres
DROP TRIGGER item_live_is_open ON item_live;
DROP TRIGGER item_live_followed ON item_live;
DROP TRIGGER item_first_published_kept ON item;
DROP TRIGGER item_tally_changed ON item;
DROP TRIGGER item_tally_gone ON item;
DROP TRIGGER item_tally_made ON item;
-- end only
-- only: sqlite
DROP TRIGGER item_live_stays_open;
DROP TRIGGER item_live_is_open;
DROP TRIGGER item_live_gone;
DROP TRIGGER item_live_made;
DROP TRIGGER item_first_published_kept;
DROP TRIGGER item_tally_changed;
DROP TRIGGER item_tally_gone;
DROP TRIGGER item_tally_made;
-- end only
DROP TABLE item_tally_change;
DROP TABLE item_tally;
DROP TABLE item_effect;
DROP TABLE index_number;
DROP TABLE index_series;
DROP TABLE index_authority;
-- only: postgres
DROP FUNCTION index_never_reused();
DROP FUNCTION item_live_is_open();
DROP FUNCTION item_first_published_kept();
DROP FUNCTION item_live_followed();
DROP FUNCTION item_tallied();
-- end only
ALTER TABLE item_version DROP COLUMN change_kind;
ALTER TABLE item_version DROP COLUMN answers;
ALTER TABLE item_version DROP COLUMN drafter;
ALTER TABLE item_version DROP COLUMN filing_no;
ALTER TABLE item_version DROP COLUMN subject_words;
ALTER TABLE item_version DROP COLUMN genre;
ALTER TABLE item_version DROP COLUMN ends_on;
ALTER TABLE item_version DROP COLUMN effective_on;
ALTER TABLE item_version DROP COLUMN co_issuers;
ALTER TABLE item_version DROP COLUMN region;
ALTER TABLE item_version DROP COLUMN share_terms;
ALTER TABLE item_version DROP COLUMN share;
ALTER TABLE item_version DROP COLUMN openness;
DROP INDEX item_of_validity;
DROP INDEX item_of_year;
DROP INDEX item_of_state;
DROP INDEX item_of_category;
DROP INDEX item_of_type;
DROP INDEX item_of_area;
DROP INDEX item_recent;
DROP INDEX item_validity_due;
DROP INDEX item_content_language;
DROP INDEX item_version_doc_no;
ALTER TABLE item DROP COLUMN index_no;
ALTER TABLE item DROP COLUMN live;
ALTER TABLE item DROP COLUMN validity_due;
ALTER TABLE item DROP COLUMN validity;
ALTER TABLE item DROP COLUMN year;
ALTER TABLE item DROP COLUMN category;
ALTER TABLE item DROP COLUMN type;
ALTER TABLE item DROP COLUMN area_path;
ALTER TABLE item DROP COLUMN language;
ALTER TABLE item DROP COLUMN content_id;
