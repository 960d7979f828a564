// Package integrityweb is the face of integrity: which hosted sites were looked
// at when, what did not fit, and the button for a look at once.
package integrityweb
