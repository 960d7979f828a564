// Package js reads what the scripts of a page say they do, without running them.
//
// It decides: what a script comes to when its encodings are undone (Layers), where it
// sends a visitor and whom it asks for (Targets, AsksVisitor, AsksSpider), what it hides,
// shows and writes into the page (Hides, Shows, Makes, Puts). It does not decide whether
// that is wrong: package check does. What only running the script would tell, it does not
// know; all work on one script is bounded.
package js
