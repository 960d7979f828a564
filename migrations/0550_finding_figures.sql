-- +goose Up
-- Figures of findings count those of accounts and apps beside those of sites, and
-- are answered by an index alone. Articles 19(4) and 30.
DROP INDEX finding_first;
CREATE INDEX finding_first ON finding (first_seen, site_id, closed_by, account_id);
DROP INDEX finding_ended;
CREATE INDEX finding_ended ON finding (closed_at, site_id, closed_by, account_id) WHERE state = 'closed';
DROP INDEX finding_waiting;
CREATE INDEX finding_waiting ON finding (severity, first_seen, site_id, state, account_id) WHERE state <> 'closed';
DROP INDEX finding_oldest;
CREATE INDEX finding_oldest ON finding (first_seen, site_id, severity, account_id) WHERE state <> 'closed';

-- +goose Down
DROP INDEX finding_oldest;
CREATE INDEX finding_oldest ON finding (first_seen, site_id, severity) WHERE state <> 'closed';
DROP INDEX finding_waiting;
CREATE INDEX finding_waiting ON finding (severity, first_seen, site_id, state) WHERE state <> 'closed';
DROP INDEX finding_ended;
CREATE INDEX finding_ended ON finding (closed_at, site_id, closed_by) WHERE state = 'closed';
DROP INDEX finding_first;
CREATE INDEX finding_first ON finding (first_seen, site_id, closed_by);
