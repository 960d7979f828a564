// Package reportingweb is the console's door of reporting: the quarterly
// bulletins, each number a link to its rows, and the document for download.
//
// It decides what is on a screen and which button is offered; which figures a
// bulletin has and what they count, package reporting decides.
package reportingweb
