-- +goose Up
-- The same fault under whatever number: asked for every finding that is new, so that
-- one which was put right and came back is told as one matter. Article 30.
CREATE INDEX finding_fingerprint ON finding (fingerprint, site_id, account_id);

-- +goose Down
DROP INDEX finding_fingerprint;
