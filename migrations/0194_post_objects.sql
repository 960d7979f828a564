-- +goose Up
-- Who holds the posts of an object, asked by its id alone; Article 19(2).
CREATE INDEX named_post_of_object ON named_post (object_id, kind, ended_on);

-- +goose Down
DROP INDEX named_post_of_object;
