// Package mediaweb is the media library's screens: the grid, uploading, the
// page of an asset, the page to choose one for a text, and the addresses under
// which texts in the console show their pictures. It decides nothing: media
// does.
package mediaweb
