// Package letterspublic is the public's door of letters on a hosted site:
// guide, form, receipt, query, published replies, statistics, below /letters/.
//
// Every page works without script and without picture puzzles (ux.md D8): a
// hidden field, the time a form was open, a signed token and counters by
// address and telephone keep programs out. It decides what the public sees and
// types; package letters decides what may be taken and what is shown. The
// frame around each body is the site's own and is given by who mounts the door.
package letterspublic
