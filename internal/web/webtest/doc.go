// Package webtest helps the tests of screens: it reads every view against its
// type, renders every sample and looks it over, and walks through handlers as
// a signed-in person with a real router.
//
// It decides what is wrong with a page's markup (see Wrongs); contrast, focus
// order and size on screen need a browser.
package webtest
