package search

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/klauspost/compress/zstd"
	_ "modernc.org/sqlite" // FTS5
)

// MaxText bounds what of one text is indexed, in bytes.
const MaxText = 4 << 20

// Document is one thing that can be found.
type Document struct {
	Path      string // where it is on its site; the key
	Ref       string // its name for whoever asks: the import's, else the item's
	Title     string
	Number    string // 发文字号
	Kind      string // 政策文件, 政务动态 …
	Published time.Time
	Text      string // plain
	// Facets are what readers choose by, one value each: type, issuer, year ….
	Facets map[string]string
	Sum    string // of everything above, made by the caller: equal sums mean nothing to do
}

// mostTurns is how many changes are remembered by generation.
const mostTurns = 2000

const schema = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS doc (
	id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, ref TEXT NOT NULL, title TEXT NOT NULL, number TEXT NOT NULL,
	kind TEXT NOT NULL, published TEXT NOT NULL, sum TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS doc_number ON doc (number) WHERE number <> '';
CREATE TABLE IF NOT EXISTS facet (doc INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (doc, name)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS facet_value ON facet (name, value, doc);
CREATE TABLE IF NOT EXISTS turn (seq INTEGER PRIMARY KEY, generation TEXT NOT NULL, path TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS turn_generation ON turn (generation);
CREATE TABLE IF NOT EXISTS body (id INTEGER PRIMARY KEY, text BLOB NOT NULL);
CREATE VIRTUAL TABLE IF NOT EXISTS pair USING fts5 (title, number, text, content='', contentless_delete=1, tokenize='ascii');
CREATE VIRTUAL TABLE IF NOT EXISTS pair_count USING fts5vocab (pair, row);
`

// Writer changes an index file. One at a time; a reader of the same file waits
// for its commit.
type Writer struct {
	db *sql.DB
	z  *zstd.Encoder
}

// Edit opens the index file for writing and makes it when it is absent.
func Edit(file string) (*Writer, error) {
	d, err := open(file, "rwc")
	if err != nil {
		return nil, err
	}
	d.SetMaxOpenConns(1)
	if _, err := d.Exec(schema); err != nil {
		return nil, errors.Join(fmt.Errorf("search: %s: %w", file, err), d.Close())
	}
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return &Writer{d, z}, nil
}

func open(file, mode string) (*sql.DB, error) {
	q := url.Values{"mode": {mode}, "_pragma": {"busy_timeout(5000)", "mmap_size(268435456)"}}
	if mode != "ro" {
		q.Add("_pragma", "journal_mode(delete)")
		q.Add("_pragma", "synchronous(full)")
		q.Add("_pragma", "cache_size(-65536)")
	}
	// As a URL with a host the first folder of a relative path would be the host.
	return sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?"+q.Encode())
}

// Close ends the writing.
func (w *Writer) Close() error { return errors.Join(w.z.Close(), w.db.Close()) }

// Sums are the sums of all documents by path.
func (w *Writer) Sums(ctx context.Context) (map[string]string, error) {
	return (&Index{db: w.db}).sums(ctx)
}

// Apply puts documents in, takes paths out and records the generation, all or
// nothing.
func (w *Writer) Apply(ctx context.Context, generation string, put []Document, out []string) error {
	return w.apply(ctx, generation, put, out, nil, paths(put, out))
}

// paths are what a generation changes.
func paths(put []Document, out []string) []string {
	list := slices.Clone(out)
	for _, d := range put {
		list = append(list, d.Path)
	}
	return list
}

// turn is one path that a generation changed.
type turn struct{ generation, path string }

// apply is Apply; turns are the changes of generations in between, which the
// file then has too. A generation's own changes, and not those it catches up
// with, are remembered with it, so that the other file of a release can be
// brought up by what it lacks.
func (w *Writer) apply(ctx context.Context, generation string, put []Document, out []string, turns []turn, own []string) error {
	tx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	for _, t := range turns {
		if _, err := tx.ExecContext(ctx, `INSERT INTO turn (generation, path) VALUES (?, ?)`, t.generation, t.path); err != nil {
			return err
		}
	}
	if len(put)+len(out) <= mostTurns {
		if len(own) == 0 {
			own = []string{""} // that there was such a generation
		}
		for _, path := range own {
			if _, err := tx.ExecContext(ctx, `INSERT INTO turn (generation, path) VALUES (?, ?)`, generation, path); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM turn WHERE seq <= (SELECT MAX(seq) FROM turn) - ?`, 2*mostTurns); err != nil {
			return err
		}
	} else if _, err := tx.ExecContext(ctx, `DELETE FROM turn`); err != nil {
		return err
	}
	for _, p := range out {
		if err := drop(ctx, tx, p); err != nil {
			return err
		}
	}
	for _, d := range put {
		if err := drop(ctx, tx, d.Path); err != nil {
			return err
		}
		if err := w.insert(ctx, tx, d); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO meta (key, value) VALUES ('generation', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, generation); err != nil {
		return err
	}
	return tx.Commit()
}

func (w *Writer) insert(ctx context.Context, tx *sql.Tx, d Document) error {
	if len(d.Text) > MaxText {
		d.Text = d.Text[:MaxText]
	}
	r, err := tx.ExecContext(ctx, `INSERT INTO doc (path, ref, title, number, kind, published, sum) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		d.Path, d.Ref, d.Title, NormalNumber(d.Number), d.Kind, d.Published.UTC().Format(time.RFC3339), d.Sum)
	if err != nil {
		return err
	}
	id, err := r.LastInsertId()
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO body (id, text) VALUES (?, ?)`, id, w.z.EncodeAll([]byte(d.Text), nil)); err != nil {
		return err
	}
	for name, value := range d.Facets {
		if value == "" {
			continue
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO facet (doc, name, value) VALUES (?, ?, ?)`, id, name, value); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO pair (rowid, title, number, text) VALUES (?, ?, ?, ?)`, id, stream(d.Title), stream(d.Number), stream(d.Text))
	return err
}

// fill puts documents into an empty index; pause is called between the steps of
// what follows.
func (w *Writer) fill(ctx context.Context, pause func(), each func(put func(Document) error) error) error {
	tx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	set := func(what string, value int) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO pair (pair, rank) VALUES (?, ?)`, what, value)
		return err
	}
	// Large segments, merged once: merging as they come costs more.
	if err := errors.Join(set("automerge", 0), set("hashsize", filledBytes)); err != nil {
		return err
	}
	if err := each(func(d Document) error { return w.insert(ctx, tx, d) }); err != nil {
		return err
	}
	// Left as they are, the sixteenth small segment of a later change would have
	// all of them merged at once, for minutes, while a release waits.
	for n := -mergedPages; ; n = mergedPages {
		before, err := changes(ctx, tx)
		if err == nil {
			err = set("merge", n)
		}
		if err != nil {
			return err
		}
		if after, err := changes(ctx, tx); err != nil {
			return err
		} else if after-before < 2 { // as SQLite says that nothing is left to merge
			break
		}
		pause()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if err := errors.Join(set("automerge", 4), set("hashsize", 1<<20)); err != nil {
		return err
	}
	return tx.Commit()
}

// filledBytes of pairs are gathered in memory before they become a segment, while
// an index is filled.
var filledBytes = 64 << 20

// mergedPages are merged in one step of filling an index.
const mergedPages = 1000

func changes(ctx context.Context, tx *sql.Tx) (n int64, err error) {
	return n, tx.QueryRowContext(ctx, `SELECT total_changes()`).Scan(&n)
}

func drop(ctx context.Context, tx *sql.Tx, path string) error {
	var id int64
	switch err := tx.QueryRowContext(ctx, `SELECT id FROM doc WHERE path = ?`, path).Scan(&id); {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	for _, q := range []string{`DELETE FROM pair WHERE rowid = ?`, `DELETE FROM body WHERE id = ?`, `DELETE FROM facet WHERE doc = ?`, `DELETE FROM doc WHERE id = ?`} {
		if _, err := tx.ExecContext(ctx, q, id); err != nil {
			return err
		}
	}
	return nil
}
