// Package packs holds scoring rules as dated data: 国办秘函〔2019〕19号 and its
// like. A pack is one JSON document, decoded strictly, in which every value
// carries its source and a mark of how far it is verified.
//
// It decides what a set of observations costs under a pack: vetoes, deductions,
// the exemption, the bonus, and the verdict (Score). It never decides what was
// observed, nor whether a suspicion is true: a machine's suspicion that wants
// a person's confirmation never vetoes, and what could not be tested never
// deducts. A result that rests on a value not yet verified says so.
//
// Points are integers in hundredths, exemptions exact fractions, rounded once.
package packs
