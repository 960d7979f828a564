// Package noticeweb is the face of notice: the tracker of notices hung and not
// hung, and the page of one notice with its days and what proves them.
//
// It shows what the daily look saw and lets the publisher's people register
// addresses and keep screenshots; it judges nothing itself.
package noticeweb
