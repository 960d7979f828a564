// Package disclosure is the statutory disclosure of each unit (readings 19,
// Article 12): the catalogue of what 《政府信息公开条例》 articles 19 to 21 have a
// unit of its class make public, in which column it does so, and the clock of
// 20 working days of article 26 on what was made or changed.
//
// It decides: which entries bind which class of unit (the pack catalogue.json,
// each with its source and mark), how an entry stands (no column, empty column,
// disclosed, said to be none), when a registered piece is due and that its item
// going public ends the clock.
//
// It does not decide whether something may be public (the unit, and the review
// of the library), nor what a column looks like. Requests for disclosure are
// another matter.
package disclosure
