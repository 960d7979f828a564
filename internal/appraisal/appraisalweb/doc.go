// Package appraisalweb is the console's door to the rounds of assessment: the
// head's pages, the judge's sheet, the unit's own result with its appeal.
//
// It decides nothing: who may do what, and until when, is appraisal's.
package appraisalweb
