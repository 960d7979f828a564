package search

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// far is how many documents an index may lag behind before copying the file
// is cheaper than mending it.
const far = 300

// Sync makes the index file next hold what current holds, with documents put
// in and paths taken out, under the generation. current may be "" or absent:
// then next holds put alone. current is only read; a crash leaves next as it
// was or as wanted, and the call may be repeated.
func Sync(ctx context.Context, current, next, generation string, put []Document, out []string) error {
	if current == "" || !present(current) {
		return rebuild(ctx, next, generation, put)
	}
	x, err := Open(current)
	if err != nil {
		// Not an index: what it held is in the library, and a whole rebuild puts it again.
		return fmt.Errorf("search: read the current index: %w", err)
	}
	defer x.Close()
	touched := map[string]bool{}
	for _, d := range put {
		touched[d.Path] = true
	}
	for _, p := range out {
		touched[p] = true
	}
	if present(next) {
		if done, err := step(ctx, x, next, generation, put, out, touched); done || err != nil {
			return err
		}
		have, err := x.sums(ctx)
		if err != nil {
			return err
		}
		done, err := mend(ctx, x, have, next, generation, put, out, touched)
		if done || err != nil {
			return err
		}
	}
	if err := copyFile(current, next); err != nil {
		return err
	}
	w, err := Edit(next)
	if err != nil {
		return err
	}
	return errors.Join(w.Apply(ctx, generation, put, out), w.Close())
}

// step brings next up by the changes that current remembers since next's
// generation; done is false when it does not know that generation.
func step(ctx context.Context, x *Index, next, generation string, put []Document, out []string, touched map[string]bool) (bool, error) {
	w, err := Edit(next)
	if err != nil {
		return false, nil // copied over instead
	}
	defer w.Close()
	at, err := (&Index{db: w.db}).Generation(ctx)
	if err != nil || at == "" {
		return false, nil
	}
	turns, known, err := x.since(ctx, at)
	if err != nil || !known {
		return false, nil // an index of before turns were kept, or too far behind
	}
	own := paths(put, out)
	seen := map[string]bool{}
	for _, t := range turns {
		if t.path == "" || touched[t.path] || seen[t.path] {
			continue
		}
		seen[t.path] = true
		d, err := x.document(ctx, t.path)
		switch {
		case errors.Is(err, errAbsent):
			out = append(out, t.path)
		case err != nil:
			return false, err
		default:
			put = append(put, d)
		}
	}
	return true, w.apply(ctx, generation, put, out, turns, own)
}

// since are the changes after a generation; known is false when the file does
// not remember it.
func (x *Index) since(ctx context.Context, generation string) (turns []turn, known bool, err error) {
	var last sql.NullInt64
	if err := x.db.QueryRowContext(ctx, `SELECT MAX(seq) FROM turn WHERE generation = ?`, generation).Scan(&last); err != nil || !last.Valid {
		return nil, false, err
	}
	rows, err := x.db.QueryContext(ctx, `SELECT generation, path FROM turn WHERE seq > ? ORDER BY seq`, last.Int64)
	if err != nil {
		return nil, false, err
	}
	defer rows.Close()
	for rows.Next() {
		var t turn
		if err := rows.Scan(&t.generation, &t.path); err != nil {
			return nil, false, err
		}
		turns = append(turns, t)
	}
	return turns, true, rows.Err()
}

// Sums are the sums of all documents of an index file, by path.
func Sums(ctx context.Context, file string) (map[string]string, error) {
	x, err := Open(file)
	if err != nil {
		return nil, err
	}
	defer x.Close()
	return x.sums(ctx)
}

// Build makes an index in a folder of its own below dir, of documents given one
// by one: for more of them than memory should hold. pause is called now and
// then, for whoever is in a hurry.
func Build(ctx context.Context, dir string, pause func(), each func(put func(Document) error) error) (file string, err error) {
	dir, err = os.MkdirTemp(dir, ".index-*")
	if err != nil {
		return "", err
	}
	file = filepath.Join(dir, "search.db")
	w, err := Edit(file)
	if err == nil {
		err = errors.Join(w.fill(ctx, pause, each), w.Close())
	}
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return file, nil
}

// Take gives an index that was built its last changes and puts it in the place
// of next.
func Take(ctx context.Context, built, next, generation string, put []Document, out []string) error {
	w, err := Edit(built)
	if err != nil {
		return err
	}
	if err := errors.Join(w.Apply(ctx, generation, put, out), w.Close()); err != nil {
		return err
	}
	return take(built, next)
}

// Same reports whether the index file holds the documents already and none of
// the paths; with all, nothing else either.
func Same(ctx context.Context, file string, put []Document, out []string, all bool) (bool, error) {
	if file == "" || !present(file) {
		return false, nil
	}
	x, err := Open(file)
	if err != nil {
		return false, err
	}
	defer x.Close()
	if all {
		var n int
		if err := x.db.QueryRowContext(ctx, `SELECT count(*) FROM doc`).Scan(&n); err != nil || n != len(put) {
			return false, err
		}
	}
	sum := func(path string) (string, bool, error) {
		var s string
		err := x.db.QueryRowContext(ctx, `SELECT sum FROM doc WHERE path = ?`, path).Scan(&s)
		if errors.Is(err, sql.ErrNoRows) {
			return "", false, nil
		}
		return s, err == nil, err
	}
	for _, d := range put {
		if s, _, err := sum(d.Path); err != nil || d.Sum == "" || s != d.Sum {
			return false, err
		}
	}
	for _, p := range out {
		if _, ok, err := sum(p); err != nil || ok {
			return false, err
		}
	}
	return true, nil
}

// mend brings next up in place; done is false when it is too far behind or
// damaged.
func mend(ctx context.Context, x *Index, have map[string]string, next, generation string, put []Document, out []string, touched map[string]bool) (bool, error) {
	w, err := Edit(next)
	if err != nil {
		return false, nil // copied over instead
	}
	defer w.Close()
	sums, err := w.Sums(ctx)
	if err != nil {
		return false, nil
	}
	var missing []string
	for p, s := range have {
		if !touched[p] && sums[p] != s {
			missing = append(missing, p)
		}
	}
	for p := range sums {
		if _, ok := have[p]; !ok && !touched[p] {
			out = append(out, p)
		}
	}
	if len(missing) > far {
		return false, nil
	}
	for _, p := range missing {
		d, err := x.document(ctx, p)
		if err != nil {
			return false, err
		}
		put = append(put, d)
	}
	return true, w.Apply(ctx, generation, put, out)
}

func rebuild(ctx context.Context, next, generation string, put []Document) error {
	dir, err := os.MkdirTemp(filepath.Dir(next), ".index-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "search.db")
	w, err := Edit(file)
	if err != nil {
		return err
	}
	if err := errors.Join(w.Apply(ctx, generation, put, nil), w.Close()); err != nil {
		return err
	}
	return take(file, next)
}

// take renames a finished index into its place. A journal of the file that was
// there would be played into the new one.
func take(file, next string) error {
	if err := os.Remove(next + "-journal"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.Rename(file, next)
}

func copyFile(from, to string) error {
	tmp, err := Copy(from)
	if err != nil {
		return err
	}
	if err := take(tmp, to); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	return nil
}

// Copy copies an index that nobody writes, beside it, onto the disk.
func Copy(from string) (file string, err error) {
	in, err := os.Open(from)
	if err != nil {
		return "", err
	}
	defer in.Close()
	tmp, err := os.CreateTemp(filepath.Dir(from), ".index-*")
	if err != nil {
		return "", err
	}
	_, err = io.Copy(tmp, in)
	err = errors.Join(err, tmp.Chmod(0o644), tmp.Sync(), tmp.Close())
	if err != nil {
		return "", errors.Join(err, os.Remove(tmp.Name()))
	}
	return tmp.Name(), nil
}

// Place renames a copy into its place.
func Place(file, next string) error { return take(file, next) }

var errAbsent = errors.New("search: no document")

func present(file string) bool { _, err := os.Stat(file); return err == nil }

func (x *Index) sums(ctx context.Context) (map[string]string, error) {
	rows, err := x.db.QueryContext(ctx, `SELECT path, sum FROM doc`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var p, s string
		if err := rows.Scan(&p, &s); err != nil {
			return nil, err
		}
		out[p] = s
	}
	return out, rows.Err()
}

func (x *Index) document(ctx context.Context, path string) (Document, error) {
	d := Document{Path: path}
	var id int64
	var at string
	err := x.db.QueryRowContext(ctx, `SELECT id, ref, title, number, kind, published, sum FROM doc WHERE path = ?`, path).
		Scan(&id, &d.Ref, &d.Title, &d.Number, &d.Kind, &at, &d.Sum)
	if errors.Is(err, sql.ErrNoRows) {
		return d, fmt.Errorf("%w %s", errAbsent, path)
	}
	if err != nil {
		return d, err
	}
	if d.Published, err = time.Parse(time.RFC3339, at); err != nil {
		return d, err
	}
	if d.Facets, err = x.facets(ctx, id); err != nil {
		return d, err
	}
	d.Text, err = x.text(ctx, id)
	return d, err
}

// Generation is the generation recorded in the open file.
func (x *Index) Generation(ctx context.Context) (string, error) {
	var g string
	err := x.db.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = 'generation'`).Scan(&g)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return g, err
}
