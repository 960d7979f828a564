// Package appearanceweb is the screens of how sites look: the themes and the
// keys that are trusted, a site's choice with its preview and history, periods
// of mourning, emergency front pages.
//
// It decides what a person sees of appearance, and nothing of the rules.
package appearanceweb
