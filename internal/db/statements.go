package db

import (
	"container/list"
	"context"
	"database/sql/driver"
	"fmt"
)

// keptStatements bounds the prepared statements a SQLite connection keeps. The
// house has some hundreds of statements; a list that a person filters makes
// more of them, and the longest unused one goes first.
const keptStatements = 256

// longestKept is the length of text beyond which a statement is not kept: the
// program of a bulk insert is large, and no second one has as many rows.
const longestKept = 8 << 10

// keeping is a connector whose connections keep their prepared statements, as
// pgx does on PostgreSQL: for a short question the parser and the planner of
// SQLite take longer than the answer.
type keeping struct{ driver.Connector }

// lite is what SQLite's driver gives as a connection.
type lite interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// liteStatement is what it gives as a prepared statement.
type liteStatement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

func (k keeping) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	l, ok := c.(lite)
	if !ok {
		return nil, fmt.Errorf("db: connection is a %T", c)
	}
	return &connection{lite: l, kept: map[string]*list.Element{}}, nil
}

// connection is used by one goroutine at a time, as database/sql promises; the
// rows of an earlier question may still be open at the next.
type connection struct {
	lite
	kept map[string]*list.Element // idle statements by their text
	used list.List                // the same, the last used first
}

type idle struct {
	text string
	stmt liteStatement
}

// take gives the statement out: while it is out, nobody else gets it.
func (c *connection) take(ctx context.Context, text string) (liteStatement, error) {
	if e := c.kept[text]; e != nil {
		delete(c.kept, text)
		return c.used.Remove(e).(idle).stmt, nil
	}
	s, err := c.lite.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	stmt, ok := s.(liteStatement)
	if !ok {
		_ = s.Close() // it was never used
		return nil, fmt.Errorf("db: statement is a %T", s)
	}
	return stmt, nil
}

// give takes the statement back for the next who asks the same.
func (c *connection) give(text string, s liteStatement) error {
	if c.kept[text] != nil { // two were out at once
		return s.Close()
	}
	c.kept[text] = c.used.PushFront(idle{text, s})
	if c.used.Len() <= keptStatements {
		return nil
	}
	old := c.used.Remove(c.used.Back()).(idle)
	delete(c.kept, old.text)
	return old.stmt.Close()
}

func (c *connection) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if !keeps(query) {
		return c.lite.ExecContext(ctx, query, args)
	}
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	r, err := s.ExecContext(ctx, args)
	if err != nil {
		_ = s.Close() // says what the statement's own failure said
		return nil, err
	}
	return r, c.give(query, s)
}

func (c *connection) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if !keeps(query) {
		return c.lite.QueryContext(ctx, query, args)
	}
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	r, err := s.QueryContext(ctx, args)
	if err != nil {
		_ = s.Close() // says what the statement's own failure said
		return nil, err
	}
	return &answer{Rows: r, done: func() error { return c.give(query, s) }}, nil
}

// Close lets the statements go before their connection.
func (c *connection) Close() error {
	for e := c.used.Front(); e != nil; e = e.Next() {
		_ = e.Value.(idle).stmt.Close() // the connection's own end tells what is wrong
	}
	c.used.Init()
	clear(c.kept)
	return c.lite.Close()
}

// keeps reports whether a text is a question or a change of rows; definitions,
// pragmas and scripts are said once.
func keeps(query string) bool {
	return len(query) <= longestKept && (reads.MatchString(query) || writes.MatchString(query))
}

// answer gives its statement back when it is closed.
type answer struct {
	driver.Rows
	done func() error
}

func (a *answer) Close() error {
	err := a.Rows.Close()
	if done := a.done; done != nil {
		a.done = nil
		if e := done(); err == nil {
			err = e
		}
	}
	return err
}
