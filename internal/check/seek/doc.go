// Package seek finds words in long Chinese texts.
//
// It decides where a word stands, as strings.Index does and faster in such texts. It does
// not decide what a word is or means.
package seek
