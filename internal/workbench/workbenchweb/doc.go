// Package workbenchweb is the first screen of the console: what waits for the
// signed-in person, what they did and started, what they should read, and the
// messages.
//
// It adds up and shows; the modules behind workbench decide what waits.
package workbenchweb
