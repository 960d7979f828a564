// Package impostorweb is the console's door to the fakes: what looks like a
// protected name, the cases, their verification, referral and results.
//
// It decides nothing: who may do which step, and by when, is impostor's.
package impostorweb
