// Package errorreportweb is the screen of the list of 我为政府网站找错: how each
// report stands, and taking the national platform's list in.
//
// It decides nothing; package errorreport does.
package errorreportweb
