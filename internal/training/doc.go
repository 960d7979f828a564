// Package training is Article 31: every supervisor and sponsor holds at least
// one business training a year; the work is part of what cadres must learn; and
// editors are encouraged to learn the media trade.
//
// It decides who owes a training, when one counts (held, with somebody there),
// and who was there: by a code shown in the room for some minutes, or by the
// organiser's list. It does not judge what was taught.
package training
