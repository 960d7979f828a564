package db

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// instantLayout is fixed-width, so text order is time order.
const instantLayout = "2006-01-02T15:04:05.000000Z"

// instant reads a TIMESTAMPTZ of PostgreSQL or the text SQLite keeps; NULL is
// the zero time.
type instant time.Time

func (t *instant) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*t = instant{}
	case time.Time:
		*t = instant(v.UTC())
	case string:
		return t.parse(v)
	case []byte:
		return t.parse(string(v))
	default:
		return fmt.Errorf("db: cannot read %T as an instant", src)
	}
	return nil
}

func (t *instant) parse(s string) error {
	v, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return fmt.Errorf("db: read instant: %w", err)
	}
	*t = instant(v.UTC())
	return nil
}

// bind turns Go values into what the driver stores: instants to the
// microsecond in UTC (text on SQLite), the zero instant and an empty Date as
// NULL, named strings as strings.
func bind(dialect Dialect, args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		switch v := a.(type) {
		case time.Time:
			switch {
			case v.IsZero():
				out[i] = nil
			case dialect == SQLite:
				out[i] = v.UTC().Format(instantLayout)
			default:
				out[i] = v.UTC().Truncate(time.Microsecond)
			}
		case driver.Valuer:
			val, err := v.Value()
			if err != nil {
				out[i] = v // the driver reports it with the statement
				continue
			}
			out[i] = val
		default:
			out[i] = a
		}
	}
	return out
}

// Null gives NULL for the empty string and s otherwise: for references that
// may be absent.
func Null[S ~string](s S) any {
	if s == "" {
		return nil
	}
	return string(s)
}

// Contains is the pattern for a lower-cased LIKE … ESCAPE '\' that finds s
// anywhere.
func Contains(s string) string {
	r := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
	return "%" + r.Replace(strings.ToLower(s)) + "%"
}

// Where collects conditions; each ? becomes the next $n.
type Where struct {
	parts []part
	args  []any
}

// part is one condition: its ? stand for args, which follow the first before
// values of the whole.
type part struct {
	cond   string
	args   []any
	before int
}

// And adds a condition with its arguments. An argument that is itself a Where
// stands for its conditions in parentheses.
func (w *Where) And(cond string, args ...any) *Where {
	var b strings.Builder
	var values []any
	n := 0
	for _, r := range cond {
		if r != '?' {
			b.WriteRune(r)
			continue
		}
		if n < len(args) {
			if in, ok := args[n].(*Where); ok {
				inner, more := in.inner()
				b.WriteString(inner)
				values = append(values, more...)
				n++
				continue
			}
			values = append(values, args[n])
		}
		b.WriteByte('?')
		n++
	}
	if n != len(args) {
		// A programming error that the statement's own test shows at once.
		b.WriteString(" /* arguments missing */ AND")
	}
	w.parts = append(w.parts, part{b.String(), values, len(w.args)})
	w.args = append(w.args, values...)
	return w
}

// inner is the conditions as they stand inside another's.
func (w *Where) inner() (cond string, args []any) {
	if len(w.parts) == 0 {
		return "TRUE", nil
	}
	conds := make([]string, len(w.parts))
	for i, p := range w.parts {
		conds[i] = "(" + p.cond + ")"
		args = append(args, p.args...)
	}
	return "(" + strings.Join(conds, " AND ") + ")", args
}

// AndIf adds the condition only when ok.
func (w *Where) AndIf(ok bool, cond string, args ...any) *Where {
	if ok {
		w.And(cond, args...)
	}
	return w
}

// Copy is the same conditions, to be gone on with apart.
func (w *Where) Copy() *Where {
	return &Where{parts: slices.Clone(w.parts), args: slices.Clone(w.args)}
}

// SQL is the condition, TRUE when there is none.
func (w *Where) SQL() string {
	if len(w.parts) == 0 {
		return "TRUE"
	}
	var b strings.Builder
	for i, p := range w.parts {
		if i > 0 {
			b.WriteString(" AND ")
		}
		b.WriteByte('(')
		n := p.before
		for _, r := range p.cond {
			if r == '?' {
				n++
				b.WriteString("$" + strconv.Itoa(n))
				continue
			}
			b.WriteRune(r)
		}
		b.WriteByte(')')
	}
	return b.String()
}

// Arg adds a value outside the conditions (LIMIT, OFFSET) and returns its $n.
func (w *Where) Arg(v any) string {
	w.args = append(w.args, v)
	return "$" + strconv.Itoa(len(w.args))
}

// Among is the list in brackets, for IN, within the conditions of w: ($4, $5).
func Among[T any](w *Where, list []T) string {
	marks := make([]string, len(list))
	for i, v := range list {
		marks[i] = w.Arg(v)
	}
	return "(" + strings.Join(marks, ", ") + ")"
}

// Args are the values in order.
func (w *Where) Args() []any { return w.args }
