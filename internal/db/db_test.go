package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
)

func TestUpdateRefusesUnauditedWrites(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		insert := func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO transition (kind, from_state, act, to_state) VALUES ($1, $2, $3, $4)`, "k", "", "begin", "begun")
			return err
		}
		if err := d.Update(ctx, insert); !errors.Is(err, db.ErrUnaudited) {
			t.Fatalf("unaudited write gave %v, want ErrUnaudited", err)
		}
		n, err := db.One(ctx, d, db.Value[int], `SELECT count(*) FROM transition WHERE kind = 'k'`)
		if err != nil || n != 0 {
			t.Fatalf("after the refusal %d rows stand (%v), want 0", n, err)
		}
		if err := d.Update(ctx, func(tx *db.Tx) error { tx.Audited(); return insert(tx) }); err != nil {
			t.Fatalf("audited write: %v", err)
		}
		if err := d.Update(ctx, func(tx *db.Tx) error { tx.Audited(); return insert(tx) }); err == nil {
			t.Fatal("the same key twice was taken")
		} else if _, ok := db.UniqueViolation(err); !ok {
			t.Fatalf("the same key twice gave %v, want a unique violation", err)
		}
	})
}

func TestQuietIsAClosedList(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		err := d.Update(ctx, func(tx *db.Tx) error {
			_, err := tx.Quiet(ctx, `INSERT INTO transition (kind, from_state, act, to_state) VALUES ('k','','a','b')`)
			return err
		})
		if err == nil {
			t.Fatal("a table outside the list was written quietly")
		}
		err = d.Update(ctx, func(tx *db.Tx) error {
			_, err := tx.Quiet(ctx, `INSERT INTO lease (name, holder, until) VALUES ($1, $2, $3)`, "x", "me", tx.Now())
			return err
		})
		if err != nil {
			t.Fatalf("quiet write: %v", err)
		}
	})
}

func TestInstantsKeepTheirMicroseconds(t *testing.T) {
	at := time.Date(2026, 11, 23, 1, 2, 3, 456789000, time.UTC)
	dbtest.EachAt(t, func() time.Time { return at }, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		err := d.Update(ctx, func(tx *db.Tx) error {
			_, err := tx.Quiet(ctx, `INSERT INTO lease (name, holder, until) VALUES ($1, $2, $3)`, "x", "me", tx.Now())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := db.One(ctx, d, db.Value[time.Time], `SELECT until FROM lease WHERE name = $1 AND until <= $2`, "x", at)
		if err != nil || !got.Equal(at) {
			t.Fatalf("read %v (%v), want %v", got, err, at)
		}
		if _, err := db.One(ctx, d, db.Value[time.Time], `SELECT until FROM lease WHERE name = 'none'`); !errors.Is(err, sql.ErrNoRows) {
			t.Fatalf("no row gave %v, want sql.ErrNoRows", err)
		}
	})
}

func TestViewCannotWrite(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		err := d.View(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `DELETE FROM lease`)
			return err
		})
		if err == nil {
			t.Fatal("a read-only transaction wrote")
		}
	})
}

func TestQueryCannotWrite(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		err := d.Update(ctx, func(tx *db.Tx) error {
			_, err := tx.Query(ctx, `INSERT INTO lease (name, holder, until) VALUES ('x', 'me', $1) RETURNING name`, tx.Now())
			return err
		})
		if err == nil {
			t.Fatal("Query wrote past the audit guard")
		}
	})
}

func TestWhereInsideAnother(t *testing.T) {
	var none, in, w db.Where
	in.And("b = ?", 2).And("c IN (?, ?)", 3, 4)
	in.Arg("outside")
	w.And("a = ?", 1)
	w.Arg("between")
	w.And("EXISTS (SELECT 1 WHERE ?) OR d = ? OR ?", &in, 5, &none).And("e = ?", 6)
	if got, want := w.SQL(), "(a = $1) AND (EXISTS (SELECT 1 WHERE ((b = $3) AND (c IN ($4, $5)))) OR d = $6 OR TRUE) AND (e = $7)"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if want := []any{1, "between", 2, 3, 4, 5, 6}; !slices.Equal(w.Args(), want) {
		t.Errorf("arguments %v, want %v", w.Args(), want)
	}
}

func TestWhereNumbersItsArguments(t *testing.T) {
	var w db.Where
	w.And("a = ?", 1).AndIf(false, "b = ?", 2).And("c BETWEEN ? AND ?", 3, 4)
	limit := w.Arg(50)
	if got, want := w.SQL()+" LIMIT "+limit, "(a = $1) AND (c BETWEEN $2 AND $3) LIMIT $4"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(w.Args()) != 4 {
		t.Errorf("%d arguments, want 4", len(w.Args()))
	}
}

// More rows than one statement takes, some of them there before.
func TestInsertNewCountsWhatIsNew(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		columns := []string{"kind", "from_state", "act", "to_state"}
		rows := func(from, to int) (out [][]any) {
			for i := from; i < to; i++ {
				out = append(out, []any{"k", "", fmt.Sprint("act", i), "done"})
			}
			return out
		}
		err := d.Update(ctx, func(tx *db.Tx) error {
			tx.Audited()
			return tx.InsertAll(ctx, "transition", columns, rows(0, 1200))
		})
		if err != nil {
			t.Fatal(err)
		}
		err = d.Update(ctx, func(tx *db.Tx) error {
			tx.Audited()
			n, err := tx.InsertNew(ctx, "transition", columns, rows(100, 1300))
			if n != 100 {
				t.Errorf("%d rows are new, want 100", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := db.One(ctx, d, db.Value[int], `SELECT count(*) FROM transition WHERE kind = 'k'`); err != nil || n != 1300 {
			t.Errorf("%d rows stand (%v), want 1300", n, err)
		}
		if err := d.Update(ctx, func(tx *db.Tx) error {
			tx.Audited()
			_, err := tx.InsertNew(ctx, "transition", columns, [][]any{{"k", "a"}})
			return err
		}); err == nil {
			t.Error("a row with too few values was taken")
		}
	})
}
