package rules

import (
	"fmt"
	"slices"
	"strings"
)

// Book is every rule in force here, by id. It is filled once, from the
// explicit list of each instrument (sx2021.Rules()), and never changes.
type Book struct {
	all  []Rule
	byID map[string]Rule
}

// NewBook joins the lists of the instruments, in the order given. It fails on
// a rule without words, citation or date, and on an id used twice.
func NewBook(lists ...[]Rule) (Book, error) {
	b := Book{byID: map[string]Rule{}}
	for _, r := range slices.Concat(lists...) {
		if w := r.wrong(); w != "" {
			return Book{}, fmt.Errorf("rules: %q: %s", r.ID, w)
		}
		if _, twice := b.byID[r.ID]; twice {
			return Book{}, fmt.Errorf("rules: %q stands in the book twice", r.ID)
		}
		b.byID[r.ID] = r
		b.all = append(b.all, r)
	}
	return b, nil
}

// All returns every rule in the order of the lists.
func (b Book) All() []Rule { return slices.Clone(b.all) }

// Rule returns the rule with this id, and whether there is one.
func (b Book) Rule(id string) (Rule, bool) {
	r, ok := b.byID[id]
	return r, ok
}

// Of returns the rules of a clause, in the order of the book: Of("S8.1a")
// gives S8.1a.once and S8.1a.days.
func (b Book) Of(clause string) []Rule {
	var out []Rule
	for _, r := range b.all {
		if r.Clause == clause || strings.HasPrefix(r.Clause, clause+".") {
			out = append(out, r)
		}
	}
	return out
}

// InPrinciple returns the rules the province may lift, in the order of the book.
func (b Book) InPrinciple() []Rule {
	var out []Rule
	for _, r := range b.all {
		if r.InPrinciple {
			out = append(out, r)
		}
	}
	return out
}
