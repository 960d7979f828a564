// Package porch is what the public doors within a portal have alike: their
// bodies are drawn in the site's own frame, one page says what went wrong, and
// who asks too often waits a minute.
//
// It decides how a body reaches the frame and who counts as one asker. It does
// not decide what a page says, what is public, or the limits of the portal
// itself (portal).
package porch
