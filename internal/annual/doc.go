// Package annual keeps the annual forms of Article 19(6): 政府网站工作年度报表 of each
// site and 政府网站监管年度报表 of each supervisor (国办函〔2018〕12号), and the twin of
// both for the new media of a unit.
//
// It decides what a form asks (cells are versioned data), what of it this house
// counts itself and from which rows, what a person types instead and on which
// source, which figures contradict one another, and the way of a form: filled
// in, sent to the office above, returned or approved, published, its address
// written back into the national system. A figure that is sent is kept with its
// rows and a SHA-256; a published form is corrected by a further edition with a
// reason, never silently.
//
// It does not decide a verdict on a site or what a bulletin says (assessment,
// reporting), how letters or visits are counted (letters, visits), nor how a
// document is laid out (official). What nobody counted is missing, not nought.
package annual
