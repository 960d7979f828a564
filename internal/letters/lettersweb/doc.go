// Package lettersweb is the console's door of letters: the queue, one letter
// with its acts, assigning, drafting, the statistics with the rows behind each
// figure.
//
// It decides what is on a screen and which button is offered; whether an act
// may happen is decided by package letters.
package lettersweb
