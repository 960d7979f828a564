package db

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// most is the number of parameters of one statement: SQLite takes 32,766,
// PostgreSQL 65,535.
const most = 30_000

// InsertAll inserts the rows, as many to a statement as both databases take. A
// table of QuietTables is written quietly, any other asks for an audit entry.
func (tx *Tx) InsertAll(ctx context.Context, table string, columns []string, rows [][]any) error {
	_, err := tx.insert(ctx, table, columns, rows, "")
	return err
}

// InsertNew is InsertAll without the rows that a unique index has already; it
// returns how many are new.
func (tx *Tx) InsertNew(ctx context.Context, table string, columns []string, rows [][]any) (int64, error) {
	return tx.insert(ctx, table, columns, rows, " ON CONFLICT DO NOTHING")
}

func (tx *Tx) insert(ctx context.Context, table string, columns []string, rows [][]any, conflict string) (added int64, err error) {
	write := tx.Exec
	if _, quiet := QuietTables[table]; quiet {
		write = tx.Quiet
	}
	per := min(500, most/len(columns))
	for from := 0; from < len(rows); from += per {
		part := rows[from:min(len(rows), from+per)]
		var b strings.Builder
		b.WriteString("INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES ")
		args := make([]any, 0, len(part)*len(columns))
		for i, row := range part {
			if len(row) != len(columns) {
				return added, fmt.Errorf("db: insert into %s: %d values for %d columns", table, len(row), len(columns))
			}
			if i > 0 {
				b.WriteByte(',')
			}
			for j := range row {
				b.WriteByte("(,"[min(j, 1)])
				// SQLite keeps a list of the names of parameters that it goes
				// through for each of them: thousands of $n take seconds.
				if tx.Dialect() == SQLite {
					b.WriteByte('?')
				} else {
					b.WriteString("$" + strconv.Itoa(len(args)+j+1))
				}
			}
			b.WriteByte(')')
			args = append(args, row...)
		}
		n, err := write(ctx, b.String()+conflict, args...)
		if err != nil {
			return added, err
		}
		added += n
	}
	return added, nil
}

// In is the condition that column is one of the values; with none it holds
// nowhere.
func In[S ~string](column string, values []S) (cond string, args []any) {
	if len(values) == 0 {
		return "FALSE", nil
	}
	args = make([]any, len(values))
	for i, v := range values {
		args[i] = string(v)
	}
	return column + " IN (" + strings.Repeat("?,", len(values)-1) + "?)", args
}
