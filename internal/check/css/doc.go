// Package css reads the style sheets of a page: which declarations an element ends up
// with, and whether they keep it from a reader's eyes.
//
// It decides: which rule holds for an element (Sheet), what its declarations come to
// (Decls), whether and how they conceal it (Concealment), and what a length or a colour is.
// It does not decide whether what is concealed is wrong: package check does, which knows
// the page. It draws nothing and fetches nothing; what it cannot tell from the text, such
// as the width of a word, it takes to be seen.
package css
