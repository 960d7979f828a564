package db_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
)

// A statement is out while its rows are open: the same question asked meanwhile
// on the same connection has an answer of its own.
func TestTheSameQuestionInsideItself(t *testing.T) {
	d := dbtest.SQLite(t, time.Now)
	ctx := context.Background()
	const ask = `SELECT kind FROM transition WHERE kind LIKE $1 ORDER BY kind`
	for _, kind := range []string{"q1", "q2", "q3"} {
		if err := d.Update(ctx, func(tx *db.Tx) error {
			tx.Audited()
			_, err := tx.Exec(ctx, `INSERT INTO transition (kind, from_state, act, to_state) VALUES ($1, '', 'begin', 'begun')`, kind)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 { // the second time both statements are kept ones
		err := d.View(ctx, func(tx *db.Tx) error {
			outer, err := tx.Query(ctx, ask, "q%")
			if err != nil {
				return err
			}
			defer outer.Close()
			seen := ""
			for outer.Next() {
				kind, err := db.Value[string](outer)
				if err != nil {
					return err
				}
				inner, err := db.All(ctx, tx, db.Value[string], ask, kind)
				if err != nil {
					return err
				}
				seen += fmt.Sprint(kind, inner, " ")
			}
			if want := "q1[q1] q2[q2] q3[q3] "; seen != want {
				t.Errorf("seen %q, want %q", seen, want)
			}
			return outer.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// What was prepared before a table changed answers as the table is now, and a
// question that failed can be asked again.
func TestQuestionsOutliveAChangeOfTheirTable(t *testing.T) {
	d := dbtest.SQLite(t, time.Now)
	ctx := context.Background()
	width := func() int {
		rows, err := d.Query(ctx, `SELECT * FROM lease`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		if !rows.Next() {
			t.Fatal("no row")
		}
		n := 0
		for {
			n++
			into := make([]any, n)
			for i := range into {
				into[i] = new(any)
			}
			if rows.Scan(into...) == nil {
				return n
			}
			if n > 50 {
				t.Fatal("no width fits")
			}
		}
	}
	put := func(name string) error {
		return d.Update(ctx, func(tx *db.Tx) error {
			_, err := tx.Quiet(ctx, `INSERT INTO lease (name, holder, until) VALUES ($1, 'me', $2)`, name, tx.Now())
			return err
		})
	}
	if err := put("a"); err != nil {
		t.Fatal(err)
	}
	if put("a") == nil {
		t.Fatal("the same name twice was taken")
	}
	before := width()
	if _, err := d.Writer().ExecContext(ctx, `ALTER TABLE lease ADD COLUMN note TEXT NOT NULL DEFAULT ''`); err != nil {
		t.Fatal(err)
	}
	if after := width(); after != before+1 {
		t.Errorf("%d columns, want %d", after, before+1)
	}
	if err := put("b"); err != nil {
		t.Errorf("after a failure and a change: %v", err)
	}
}

// More questions than a connection keeps are all answered, and again.
func TestMoreQuestionsThanAreKept(t *testing.T) {
	d := dbtest.SQLite(t, time.Now)
	for range 2 {
		for i := range 700 {
			n, err := db.One(context.Background(), d, db.Value[int], fmt.Sprintf(`SELECT %d + $1`, i), 1)
			if err != nil || n != i+1 {
				t.Fatalf("question %d: %d (%v)", i, n, err)
			}
		}
	}
}
